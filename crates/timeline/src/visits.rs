//! The activity of a block by period: looked up once for all measures.

use kohort_model::{Day, Periods, Rates, Spells, Track, Visits};

use crate::ids::to_u32;

/// The columns of [`Visits`], reused from block to block; they may be longer than the visits are many.
#[derive(Default)]
pub(crate) struct OwnedVisits {
    offsets: Vec<u32>,
    periods: Vec<u32>,
    orders: Vec<u32>,
    values: Vec<i128>,
}

impl OwnedVisits {
    pub fn fill(&mut self, activity: Track<'_>, periods: &Periods) {
        self.offsets.clear();
        self.offsets.push(0);
        self.make_room(activity.events());
        // Whether an order lies in the period of the one before it is as good as random: each writes its visit, and
        // where that goes on it is written over.
        let mut count = 0;
        for customer in 0..activity.offsets.len() - 1 {
            let (days, values) = activity.of(customer);
            let mut events = days.iter().zip(values);
            if let Some((day, value)) = events.next() {
                let (mut period, mut orders, mut sum) = (periods.of(*day), 1, i128::from(*value));
                self.set(count, period, orders, sum);
                for (day, value) in events {
                    let next = periods.of(*day);
                    let is_new = next != period;
                    count += usize::from(is_new);
                    period = next;
                    orders = if is_new { 1 } else { orders + 1 };
                    sum = i128::from(*value) + if is_new { 0 } else { sum };
                    self.set(count, period, orders, sum);
                }
                count += 1;
            }
            self.offsets.push(to_u32(count as u64));
        }
    }

    /// Room for as many visits.
    fn make_room(&mut self, visits: usize) {
        if self.periods.len() < visits {
            self.periods.resize(visits, 0);
            self.orders.resize(visits, 0);
            self.values.resize(visits, 0);
        }
    }

    #[inline]
    fn set(&mut self, place: usize, period: usize, orders: u32, sum: i128) {
        self.periods[place] = to_u32(period as u64);
        self.orders[place] = orders;
        self.values[place] = sum;
    }

    /// The periods in which the customers have an active day before `as_of`, how many
    /// subscriptions began in each, and what they pay a month at its close.
    pub fn fill_recurring(
        &mut self,
        activity: Track<'_>,
        spells: Spells<'_>,
        rates: Rates<'_>,
        periods: &Periods,
        as_of: Day,
    ) {
        self.offsets.clear();
        self.periods.clear();
        self.orders.clear();
        self.values.clear();
        self.offsets.push(0);
        for customer in 0..activity.offsets.len() - 1 {
            let mut starts = activity.of(customer).0.iter().map(|day| periods.of(*day)).peekable();
            let mut next = 0;
            for spell in spells.of(customer) {
                let last_day = spell.end.min(as_of).plus(-1);
                for period in next.max(periods.of(spell.start))..=periods.of(last_day) {
                    let begun = std::iter::from_fn(|| starts.next_if(|p| *p <= period)).count();
                    let close = periods.end(period).min(as_of).plus(-1);
                    self.push(period, to_u32(begun as u64), rates.on(customer, close));
                    next = period + 1;
                }
            }
            self.offsets.push(to_u32(self.periods.len() as u64));
        }
    }

    #[inline]
    fn push(&mut self, period: usize, orders: u32, sum: i128) {
        self.periods.push(to_u32(period as u64));
        self.orders.push(orders);
        self.values.push(sum);
    }

    pub fn as_visits(&self) -> Visits<'_> {
        let Self { offsets, periods, orders, values } = self;
        let count = offsets.last().map_or(0, |count| *count as usize);
        let (periods, orders) = (&periods[..count], &orders[..count]);
        Visits { offsets, periods, orders, values: &values[..count] }
    }
}
