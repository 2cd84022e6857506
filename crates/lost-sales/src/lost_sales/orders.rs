//! Orders as attempts.

use kohort_inputs::Outcome;
use kohort_model::{Block, Context, Grid, Periods, Places, Tally};

use super::answers::Answers;
use crate::recovery::Recovery;
use crate::tally::{Attempted, BUYERS, CUSTOMER, Lost, PROSPECT};

/// Counts the orders of a person. `fates` is room to work in.
pub(super) fn count(
    block: &Block<'_>,
    person: usize,
    context: &Context,
    (recovery, answers): (&Recovery<'_>, Answers<'_>),
    fates: &mut Vec<Lost>,
    into: &mut Grid<Attempted>,
) {
    fates_of(block, person, recovery, fates);
    let attempts = &block.attempts;
    let offsets = attempts.track.offsets;
    let own = offsets[person] as usize..offsets[person + 1] as usize;
    for group in block.groups {
        let slot = group.slot(person);
        for (g, periods) in context.periods.iter().enumerate() {
            let cells = into.at_least(slot, g, periods.len() * BUYERS.len());
            count_won(block, person, g, periods, cells);
            for (attempt, fate) in own.clone().zip(fates.iter()) {
                let buyer = if attempts.by_customer[attempt] { CUSTOMER } else { PROSPECT };
                let day = attempts.track.days[attempt];
                let period = periods.of(day);
                let cell = &mut cells[period * BUYERS.len() + buyer];
                if attempts.lost[attempt] {
                    let code = attempts.reasons.get(attempt).copied().unwrap_or(0);
                    cell.total.lost.add(fate);
                    cell.reason(answers.of_order(code, day)).add(fate);
                } else {
                    cell.total.count(Outcome::Open, attempts.track.values[attempt], fate);
                }
            }
        }
    }
}

/// Counts what was bought: as a prospect at the first instant, as a customer later.
fn count_won(
    block: &Block<'_>,
    person: usize,
    grain: usize,
    periods: &Periods,
    cells: &mut Places<Attempted>,
) {
    let place = |period: usize, buyer| period * BUYERS.len() + buyer;
    for (period, orders, value) in block.visits[grain].of(person) {
        let cell = &mut cells[place(period, CUSTOMER)].total;
        cell.won += orders;
        cell.won_value += value;
    }
    let leading = block.at_first_instant[person] as usize;
    let (days, values) = block.activity.of(person);
    for (i, (day, value)) in days.iter().zip(values).enumerate() {
        let value = i128::from(*value);
        let is_first = i < leading;
        if !is_first && !block.has_negative_activity {
            break;
        }
        if is_first || value < 0 {
            let cell = &mut cells[place(periods.of(*day), CUSTOMER)].total;
            cell.won -= 1;
            cell.won_value -= value;
        }
        if is_first && value >= 0 {
            let cell = &mut cells[place(periods.of(*day), PROSPECT)].total;
            cell.won += 1;
            cell.won_value += value;
        }
    }
}

/// What became of each attempt of a person; nothing for those that are open.
///
/// A purchase recovers at most the latest lost attempt before it, so an attempt is recovered by
/// the first purchase after it if that comes before the next lost attempt.
fn fates_of(block: &Block<'_>, person: usize, recovery: &Recovery<'_>, into: &mut Vec<Lost>) {
    into.clear();
    let attempts = &block.attempts;
    let offsets = attempts.track.offsets;
    let own = offsets[person] as usize..offsets[person + 1] as usize;
    let (days, values) = block.activity.of(person);
    for attempt in own.clone() {
        if !attempts.lost[attempt] {
            into.push(Lost::default());
            continue;
        }
        let lost_on = attempts.track.days[attempt];
        let next_lost = (attempt + 1..own.end).find(|next| attempts.lost[*next]);
        let until = next_lost.map_or(days.len(), |next| attempts.after[next] as usize);
        let purchase = (attempts.after[attempt] as usize..until).find(|event| values[*event] >= 0);
        let is_recovered = purchase.is_some_and(|event| days[event] <= recovery.deadline(lost_on));
        into.push(recovery.fate(lost_on, attempts.track.values[attempt], is_recovered));
    }
}
