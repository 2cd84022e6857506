//! The levels of one customer's signals.

use kohort_inputs::{Invoice, Return, Score, Signal};
use kohort_model::{Block, Context, Day, Periods};

/// What an event counts that has no value of its own, in hundredths.
const ONE: i64 = 100;
/// The highest of the low scores.
const LOW_SCORE: u8 = 6;

/// From a day on, what is added up over the window before the day is more by `by`.
#[derive(Clone, Copy, Debug)]
struct Change {
    signal: u32,
    from: Day,
    by: i64,
}

/// The changes of one customer's levels.
///
/// The level of a signal on day s is the sum of its values, in hundredths, in the `window_days` days
/// before s; s itself is not among them.
#[derive(Clone, Debug)]
pub(crate) struct Levels {
    /// Days over which a signal is added up, at least 1.
    window_days: u32,
    /// By signal, then day.
    changes: Vec<Change>,
    /// Of one customer day and value of what is a signal as it stands, by signal, then day; room to sort in.
    by_signal: Vec<(Day, i64)>,
    /// Where those of each signal end.
    ends: Vec<usize>,
}

impl Levels {
    /// Of nobody yet.
    pub fn new(window_days: u32) -> Self {
        Self { window_days, changes: Vec::new(), by_signal: Vec::new(), ends: Vec::new() }
    }

    /// Takes the customer at hand: `customer` of the block.
    pub fn read(&mut self, block: &Block<'_>, customer: usize, context: &Context) {
        let (engagement, terms_days) = (&context.engagement, context.terms_days);
        self.changes.clear();
        let window = i64::from(self.window_days);
        self.count_signals(block.items::<Signal>(customer));
        let in_order = self.changes.len();
        if let Some(place) = engagement.product_returns {
            for returned in block.items::<Return>(customer) {
                self.count(place, returned.day, returned.day.plus(window), ONE);
            }
        }
        if let Some(place) = engagement.low_scores {
            let scores = block.items::<Score>(customer).iter();
            for Score { day, .. } in scores.filter(|given| given.score <= LOW_SCORE) {
                self.count(place, *day, day.plus(window), ONE);
            }
        }
        if let Some(place) = engagement.late_payments {
            // A credit note is no debt, and nothing is late before it is there.
            for invoice in block.items::<Invoice>(customer).iter().filter(|i| i.amount >= 0) {
                let due = invoice.due_after(terms_days);
                let first_late = due.plus(1).max(invoice.issued);
                match invoice.paid {
                    Some(paid) if paid <= first_late => {}
                    Some(paid) => {
                        self.count(place, first_late, paid.plus(window - 1), ONE);
                    }
                    None => self.changes.push(Change {
                        signal: place,
                        from: first_late.plus(1),
                        by: ONE,
                    }),
                }
            }
        }
        if self.changes.len() > in_order {
            // Stable, as that is quick where most are in order.
            self.changes.sort_by_key(|change| (change.signal, change.from));
        }
    }

    /// Adds what is in the order of days; the changes are then by signal and day.
    fn count_signals(&mut self, signals: &[Signal]) {
        let Self { window_days, changes, by_signal, ends } = self;
        ends.clear();
        for signal in signals {
            let place = signal.signal as usize + 1;
            if ends.len() <= place {
                ends.resize(place + 1, 0);
            }
            ends[place] += 1;
        }
        for place in 1..ends.len() {
            ends[place] += ends[place - 1];
        }
        by_signal.clear();
        by_signal.resize(signals.len(), (Day(0), 0));
        for Signal { day, signal, value } in signals {
            let place = &mut ends[*signal as usize];
            by_signal[*place] = (*day, *value);
            *place += 1;
        }
        let over = i64::from(*window_days) + 1;
        let mut begin = 0;
        for (signal, end) in (0..).zip(ends) {
            let own = &by_signal[begin..*end];
            begin = *end;
            let change = |from, by| Change { signal, from, by };
            let mut leaving =
                own.iter().map(|(day, value)| change(day.plus(over), -value)).peekable();
            for (day, value) in own {
                let from = day.plus(1);
                changes
                    .extend(std::iter::from_fn(|| leaving.next_if(|change| change.from <= from)));
                changes.push(change(from, *value));
            }
            changes.extend(leaving);
        }
    }

    /// Adds a value that windows have in view from the day after `first` to `last`.
    fn count(&mut self, signal: u32, first: Day, last: Day, by: i64) {
        self.changes.push(Change { signal, from: first.plus(1), by });
        self.changes.push(Change { signal, from: last.plus(1), by: -by });
    }

    /// Whether every level is 0 on every day.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The level of a signal, day after day.
    pub fn of(&self, signal: usize) -> Walk<'_> {
        let place = |change: &Change| change.signal as usize;
        let first = self.changes.partition_point(|change| place(change) < signal);
        let own = self.changes[first..].partition_point(|change| place(change) == signal);
        Walk { changes: &self.changes[first..first + own], sum: 0 }
    }
}

/// The level of one signal on days that rise.
#[derive(Clone, Debug)]
pub(crate) struct Walk<'a> {
    /// Those to come.
    changes: &'a [Change],
    sum: i128,
}

impl Walk<'_> {
    /// The level in hundredths on a day that is not before the one asked for last.
    pub fn on(&mut self, day: Day) -> u64 {
        while let Some((change, later)) = self.changes.split_first()
            && change.from <= day
        {
            self.sum += i128::from(change.by);
            self.changes = later;
        }
        u64::try_from(self.sum).unwrap_or(u64::MAX)
    }

    /// The level at the start of period `p`, and the period, `until` at the latest, up to which it
    /// stays the same.
    pub fn stretch(&mut self, p: usize, until: usize, periods: &Periods) -> (u64, usize) {
        let level = self.on(periods.start(p));
        let next = self.changes.first();
        let end = next.map_or(until, |change| periods.of(change.from.plus(-1)) + 1);
        (level, end.min(until))
    }
}
