//! The measure: attempts, and which lost ones were made good.

use std::sync::Arc;

use kohort_model::{Block, Context, Finished, Grid, Measure, Periods, merge_as};

use crate::table;
use crate::tally::{Attempted, BUYERS, CUSTOMER, Lost, PROSPECT};

/// The fold behind `lost_sales`.
pub struct LostSales {
    context: Arc<Context>,
    /// By period, each as prospect and as customer.
    cells: Grid<Attempted>,
    fates: Vec<Lost>,
}

impl LostSales {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(context: Arc<Context>) -> Self {
        let cells = Grid::new(&context);
        Self { context, cells, fates: Vec::new() }
    }
}

impl Measure for LostSales {
    fn fresh(&self) -> Box<dyn Measure> {
        Box::new(Self::new(Arc::clone(&self.context)))
    }

    fn fold(&mut self, block: &Block<'_>) {
        let Self { context, cells, fates } = self;
        for customer in 0..block.len() {
            fates_of(block, customer, context, fates);
            for group in block.groups {
                let slot = group.slot(customer);
                for (g, periods) in context.periods.iter().enumerate() {
                    let cells = cells.at_least(slot, g, periods.len() * BUYERS.len());
                    let place = |day, buyer| periods.of(day) * BUYERS.len() + buyer;
                    count_won(block, customer, g, periods, cells);
                    let track = block.attempts.track;
                    let own =
                        track.offsets[customer] as usize..track.offsets[customer + 1] as usize;
                    for (attempt, fate) in own.zip(fates.iter()) {
                        let buyer =
                            if block.attempts.by_customer[attempt] { CUSTOMER } else { PROSPECT };
                        let cell = &mut cells[place(track.days[attempt], buyer)];
                        if block.attempts.lost[attempt] {
                            let reason = block.attempts.reasons.get(attempt).copied().unwrap_or(0);
                            cell.lose(reason, fate);
                        } else {
                            cell.open += 1;
                            cell.open_value += i128::from(track.values[attempt]);
                        }
                    }
                }
            }
        }
    }

    fn merge(&mut self, other: Box<dyn Measure>) {
        self.cells.merge(merge_as::<Self>(other).cells);
    }

    fn finish(self: Box<Self>) -> Finished {
        vec![table::write(&self.context, &self.cells)].into()
    }
}

/// Counts what was bought: as a prospect at the first instant, as a customer later.
fn count_won(
    block: &Block<'_>,
    customer: usize,
    grain: usize,
    periods: &Periods,
    cells: &mut [Attempted],
) {
    let place = |period: usize, buyer| period * BUYERS.len() + buyer;
    for (period, orders, value) in block.visits[grain].of(customer) {
        let cell = &mut cells[place(period, CUSTOMER)];
        cell.won += orders;
        cell.won_value += value;
    }
    let leading = block.at_first_instant[customer] as usize;
    let (days, values) = block.activity.of(customer);
    for (i, (day, value)) in days.iter().zip(values).enumerate() {
        let value = i128::from(*value);
        let is_first = i < leading;
        if !is_first && !block.has_negative_activity {
            break;
        }
        if is_first || value < 0 {
            let cell = &mut cells[place(periods.of(*day), CUSTOMER)];
            cell.won -= 1;
            cell.won_value -= value;
        }
        if is_first && value >= 0 {
            let cell = &mut cells[place(periods.of(*day), PROSPECT)];
            cell.won += 1;
            cell.won_value += value;
        }
    }
}

/// What became of each attempt of a customer; nothing for those that are open.
///
/// A purchase recovers at most the latest lost attempt before it, so an attempt is recovered by
/// the first purchase after it if that comes before the next lost attempt.
fn fates_of(block: &Block<'_>, customer: usize, context: &Context, into: &mut Vec<Lost>) {
    into.clear();
    let attempts = &block.attempts;
    let own =
        attempts.track.offsets[customer] as usize..attempts.track.offsets[customer + 1] as usize;
    let (days, values) = block.activity.of(customer);
    let window = i64::from(context.recovery_window_days);
    for attempt in own.clone() {
        if !attempts.lost[attempt] {
            into.push(Lost::default());
            continue;
        }
        let value = i128::from(attempts.track.values[attempt]);
        let deadline = attempts.track.days[attempt].plus(window);
        let next_lost = (attempt + 1..own.end).find(|next| attempts.lost[*next]);
        let until = next_lost.map_or(days.len(), |next| attempts.after[next] as usize);
        let purchase = (attempts.after[attempt] as usize..until).find(|event| values[*event] >= 0);
        let recovered = purchase.is_some_and(|event| days[event] <= deadline);
        into.push(Lost {
            value,
            recovered_value: if recovered { value } else { 0 },
            attempts: 1,
            recovered: u64::from(recovered),
            recovery_open: u64::from(!recovered && deadline >= context.as_of),
        });
    }
}
