//! When customers are active and what they pay: what follows from timelines once W and `as_of` are
//! known.

use kohort_model::{Basis, Cancellations, Cause, Context, Day, Rates, Spell, Spells};

use crate::ids::to_u32;
use crate::spans::{Span, Spans};
use crate::track::{OwnedTrack, Timelines};

/// Spells, and for subscriptions rates and ends, of the customers of a partition.
#[derive(Debug, Default)]
pub(crate) struct Frame {
    spell_offsets: Vec<u32>,
    spells: Vec<Spell>,
    rate_offsets: Vec<u32>,
    rate_days: Vec<Day>,
    rates: Vec<i128>,
    end_offsets: Vec<u32>,
    end_days: Vec<Day>,
    reasons: Vec<u32>,
    causes: Vec<Cause>,
    cancelled: Vec<Option<Day>>,
}

impl Frame {
    pub fn new(timelines: &Timelines, context: &Context) -> Self {
        let mut frame = Self::default();
        match (&timelines.spans, context.basis) {
            (Some(spans), Basis::Subscriptions) => frame.of_spans(spans, context.lapse_days),
            _ => frame.of_orders(&timelines.activity, timelines.customers, context.lapse_days),
        }
        frame
    }

    /// Active for W days after each order; an order W days after the one before it still belongs
    /// to its spell.
    fn of_orders(&mut self, activity: &OwnedTrack, customers: usize, lapse_days: u32) {
        self.spell_offsets.reserve(customers + 1);
        self.spell_offsets.push(0);
        // Whether an order begins a spell is as good as random: each writes the spell before it, and where that
        // goes on it is written over.
        self.spells.resize(activity.len(), Spell { start: Day(0), end: Day(0) });
        let ends = |day: Day| Day(day.0.saturating_add_unsigned(lapse_days));
        let mut count = 0;
        for customer in 0..customers {
            let mut days = activity.days[activity.range(customer)].iter();
            if let Some(first) = days.next() {
                let mut spell = Spell { start: *first, end: ends(*first) };
                for day in days {
                    self.spells[count] = spell;
                    let is_new = *day > spell.end;
                    count += usize::from(is_new);
                    spell.start = if is_new { *day } else { spell.start };
                    spell.end = ends(*day);
                }
                self.spells[count] = spell;
                count += 1;
            }
            self.spell_offsets.push(to_u32(count as u64));
        }
        self.spells.truncate(count);
    }

    fn of_spans(&mut self, spans: &Spans, bridge_days: u32) {
        self.spell_offsets.push(0);
        self.rate_offsets.push(0);
        self.end_offsets.push(0);
        let mut changes = Vec::new();
        let mut ends = Vec::new();
        for customer in 0..spans.offsets.len() - 1 {
            let own = &spans.stretches[spans.range(customer)];
            changes.clear();
            for span in own.iter().filter(|span| span.value > 0) {
                changes.push((span.start, i128::from(span.value)));
                changes.push((span.end, -i128::from(span.value)));
            }
            self.step(&mut changes, i64::from(bridge_days));
            self.end(own, &mut ends);
            self.spell_offsets.push(to_u32(self.spells.len() as u64));
            self.rate_offsets.push(to_u32(self.rates.len() as u64));
            self.end_offsets.push(to_u32(self.end_days.len() as u64));
        }
    }

    /// Adds the steps and the spells of a customer whose monthly revenue changes so.
    fn step(&mut self, changes: &mut [(Day, i128)], bridge_days: i64) {
        changes.sort_unstable_by_key(|(day, _)| *day);
        let mut rate = 0;
        // The day on which the customer stopped paying, if not yet known to be the end.
        let mut open: Option<Day> = None;
        let first_spell = self.spells.len();
        for of_day in changes.chunk_by(|a, b| a.0 == b.0) {
            let day = of_day[0].0;
            let before = rate;
            rate += of_day.iter().map(|(_, change)| change).sum::<i128>();
            if rate == before {
                continue;
            }
            if rate == 0 {
                open = Some(day);
                continue;
            }
            let bridged = open.take().filter(|end| {
                let is_bridged = end.plus(bridge_days) >= day;
                if !is_bridged {
                    self.close(*end);
                }
                is_bridged
            });
            if before == 0 && bridged.is_none() {
                self.spells.push(Spell { start: day, end: Day(i32::MAX) });
            }
            // A bridged gap carries the rate before it, which may be the one after it too.
            if bridged.is_none() || self.rates.last() != Some(&rate) {
                self.rate_days.push(day);
                self.rates.push(rate);
            }
        }
        if let Some(end) = open.filter(|_| self.spells.len() > first_spell) {
            self.close(end);
        }
    }

    /// Ends the last spell.
    fn close(&mut self, end: Day) {
        self.rate_days.push(end);
        self.rates.push(0);
        if let Some(spell) = self.spells.last_mut() {
            spell.end = end;
        }
    }

    /// Adds the ends of a customer's paid subscriptions.
    fn end(&mut self, spans: &[Span], ends: &mut Vec<(Day, usize)>) {
        ends.clear();
        let ended = spans.iter().enumerate().filter(|(_, s)| s.value > 0 && s.ending.is_some());
        ends.extend(ended.map(|(place, span)| (span.end, place)));
        ends.sort_unstable();
        for (day, place) in ends.iter() {
            if let Some(ending) = spans[*place].ending {
                self.end_days.push(*day);
                self.reasons.push(ending.reason);
                self.causes.push(ending.cause);
                self.cancelled.push(ending.cancelled);
            }
        }
    }

    pub fn spells(&self, first: usize, last: usize) -> Spells<'_> {
        Spells { offsets: &self.spell_offsets[first..=last], spells: &self.spells }
    }

    pub fn rates(&self, first: usize, last: usize) -> Rates<'_> {
        let offsets = slice(&self.rate_offsets, first, last);
        Rates { offsets, days: &self.rate_days, values: &self.rates }
    }

    pub fn cancellations(&self, first: usize, last: usize) -> Cancellations<'_> {
        Cancellations {
            offsets: slice(&self.end_offsets, first, last),
            days: &self.end_days,
            reasons: &self.reasons,
            causes: &self.causes,
            cancelled: &self.cancelled,
        }
    }
}

/// The offsets of some customers; none where nobody has any.
fn slice(offsets: &[u32], first: usize, last: usize) -> &[u32] {
    if offsets.is_empty() { offsets } else { &offsets[first..=last] }
}
