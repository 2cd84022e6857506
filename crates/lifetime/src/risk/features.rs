//! What the model of leaving knows of a customer on a day.

use std::sync::Arc;

use kohort_model::{Basis, Context, Day};

use super::rhythm::Rhythm;

/// Classes of recency: tenths of the lapse window.
const TENTHS: u32 = 10;
/// The highest of the logarithms of orders and tenure.
const HIGHEST: u32 = 7;
/// A customer's first days count as one step of tenure.
const TENURE_DAYS: u32 = 30;
/// The highest class of a customer who is overdue.
const MOST_OVERDUE: u32 = 3;
/// The first bit of orders, of tenure, of how overdue the customer is and of the signals' classes.
const BITS: [u32; 4] = [4, 7, 10, 12];
/// Bits of a class, and of recency.
const CLASS_BITS: u32 = 4;
/// How many signals take part at most.
pub(crate) const MOST_SIGNALS: usize = 12;
/// What silence drives, in the order of the drivers.
const SILENCES: [&str; 2] = ["recency", "overdue"];
/// Bits of all features but the signals'.
pub(crate) const PLAIN_BITS: u32 = BITS[3];

/// Recency, orders, tenure, how overdue, and the signals' classes of a customer on one day, in one
/// number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Features(pub u64);

/// The class of the signal that takes part at `place`, where features have it.
pub(crate) fn signal_bits(place: usize, class: u32) -> u64 {
    u64::from(class) << (PLAIN_BITS as usize + CLASS_BITS as usize * place)
}

impl Features {
    /// On `day`, of a customer with activity on the days `before`, of which there is one at least,
    /// in this `rhythm`, which subscriptions do not have; `signals` are the [`signal_bits`].
    pub fn new(before: &[Day], rhythm: &Rhythm, day: Day, signals: u64, context: &Context) -> Self {
        let (Some(first), Some(last)) = (before.first(), before.last()) else {
            return Self(signals);
        };
        let opening = day.plus(-1);
        let days_since = |from: &Day| opening.0.abs_diff(from.0);
        let silence = days_since(last);
        let (recency, overdue) = match context.basis {
            Basis::Orders => {
                let tenths = silence * TENTHS / context.lapse_days.max(1);
                (tenths.min(TENTHS - 1), rhythm.overdue_class(silence).min(MOST_OVERDUE))
            }
            Basis::Subscriptions => (0, 0),
        };
        let orders = before.len().ilog2().min(HIGHEST);
        let tenure = (1 + days_since(first) / TENURE_DAYS).ilog2().min(HIGHEST);
        Self(
            u64::from(recency)
                | u64::from(orders) << BITS[0]
                | u64::from(tenure) << BITS[1]
                | u64::from(overdue) << BITS[2]
                | signals,
        )
    }

    /// Whether the customer has been silent for longer than the usual gap.
    pub fn is_overdue(self) -> bool {
        self.bits(BITS[2], 3) > 0
    }

    fn bits(self, from: u32, mask: u64) -> u8 {
        u8::try_from(self.0 >> from & mask).unwrap_or(u8::MAX)
    }
}

/// The columns of the model of leaving: the intercept; with orders one of each tenth of recency and
/// of each class of the overdue but the first; orders; tenure; of each signal whether it is there,
/// and its class.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    has_silence: bool,
    /// Names of the signals that take part.
    signals: Vec<Arc<str>>,
}

/// The column before those of the overdue.
const LAST_TENTH: usize = TENTHS as usize - 1;

impl Shape {
    pub fn new(basis: Basis, signals: Vec<Arc<str>>) -> Self {
        Self { has_silence: basis == Basis::Orders, signals }
    }

    /// The column of orders, after the intercept and those of silence.
    fn orders(&self) -> usize {
        if self.has_silence { 1 + LAST_TENTH + MOST_OVERDUE as usize } else { 1 }
    }

    /// How many columns there are.
    pub fn width(&self) -> usize {
        self.orders() + 2 + 2 * self.signals.len()
    }

    /// Lists the columns of `features` that are not 0, rising, with their values.
    #[inline]
    pub fn terms(&self, features: Features, into: &mut Vec<(usize, u8)>) {
        into.clear();
        into.push((0, 1));
        if self.has_silence {
            let silence = [(0, features.bits(0, 15)), (LAST_TENTH, features.bits(BITS[2], 3))];
            let there = silence.into_iter().filter(|(_, class)| *class > 0);
            into.extend(there.map(|(before, class)| (before + usize::from(class), 1)));
        }
        let orders = self.orders();
        let numbers = [features.bits(BITS[0], 7), features.bits(BITS[1], 7)];
        into.extend((orders..).zip(numbers).filter(|(_, value)| *value > 0));
        let mut classes = features.0 >> PLAIN_BITS;
        let mut column = orders + 2;
        while classes > 0 {
            let class = u8::try_from(classes & 15).unwrap_or(u8::MAX);
            if class > 0 {
                into.extend([(column, 1), (column + 1, class)]);
            }
            classes >>= CLASS_BITS;
            column += 2;
        }
    }

    /// The place, among the drivers, of a column; `None` of the intercept, orders and tenure.
    pub fn driver(&self, column: usize) -> Option<usize> {
        let orders = self.orders();
        match column {
            0 => None,
            _ if column < orders => Some(usize::from(column > LAST_TENTH)),
            _ => Some(2 + column.checked_sub(orders + 2)? / 2),
        }
    }

    /// What may drive a customer's probability of leaving: silence, and signals. Orders and tenure
    /// describe the customer and can't be acted upon. A signal with the name of a silence is named by its
    /// input too.
    pub fn drivers(&self) -> Vec<Arc<str>> {
        let of_signal = |name: &Arc<str>| match &**name {
            own if SILENCES.contains(&own) => Arc::from(format!("engagement: {own}")),
            other => Arc::from(other),
        };
        SILENCES.map(Arc::from).into_iter().chain(self.signals.iter().map(of_signal)).collect()
    }

    /// Names of the columns: `recency.1` is that of the second tenth of the lapse window, and of a
    /// signal `.any` tells whether it is there.
    pub fn names(&self) -> Vec<String> {
        let mut names = vec!["intercept".to_owned()];
        if self.has_silence {
            names.extend((1..TENTHS).map(|tenth| format!("recency.{tenth}")));
            names.extend((1..=MOST_OVERDUE).map(|class| format!("overdue.{class}")));
        }
        names.extend(["orders".to_owned(), "tenure".to_owned()]);
        for signal in &self.signals {
            names.extend([format!("{signal}.any"), format!("{signal}.class")]);
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_of_a_history() {
        // Activity days, day, W; terms of recency, the overdue, orders and tenure.
        type Case<'a> = (&'a [i32], i32, u32, &'a [(usize, u8)]);
        let cases: [Case<'_>; 10] = [
            (&[0], 1, 90, &[(0, 1)]),
            (&[0], 9, 90, &[(0, 1)]),
            (&[0], 10, 90, &[(0, 1), (1, 1)]),
            (&[0], 90, 90, &[(0, 1), (9, 1), (14, 1)]),
            (&[0, 30], 31, 90, &[(0, 1), (13, 1), (14, 1)]),
            // A third of W since the last, four orders, 90 days since the first; gaps of 88 and 1.
            (&[0, 0, 88, 89], 91, 3, &[(0, 1), (3, 1), (13, 2), (14, 2)]),
            (&[0; 300], 40_000, 90, &[(0, 1), (9, 1), (13, 7), (14, 7)]),
            // Silent for 10, 11 and 41 days where 10 are usual.
            (&[0, 10, 20], 31, 90, &[(0, 1), (1, 1), (13, 1), (14, 1)]),
            (&[0, 10, 20], 32, 90, &[(0, 1), (1, 1), (10, 1), (13, 1), (14, 1)]),
            (&[0, 10, 20], 62, 90, &[(0, 1), (4, 1), (12, 1), (13, 1), (14, 1)]),
        ];
        for (days, day, lapse_days, expected) in cases {
            let context = Context { lapse_days, ..Context::default() };
            let days: Vec<Day> = days.iter().map(|day| Day(*day)).collect();
            let mut rhythm = Rhythm::default();
            rhythm.extend(&days);
            let features = Features::new(&days, &rhythm, Day(day), 0, &context);
            assert!(features.0 < 1 << PLAIN_BITS);
            let mut terms = Vec::new();
            Shape::new(Basis::Orders, Vec::new()).terms(features, &mut terms);
            assert_eq!(terms, expected, "{days:?} on {day}");
            let is_overdue = terms.iter().any(|(column, _)| (10..13).contains(column));
            assert_eq!(features.is_overdue(), is_overdue, "{days:?} on {day}");
        }
    }

    #[test]
    fn no_two_drivers_have_one_name() {
        let signals = ["overdue", "recency", "visits"].map(Arc::from).to_vec();
        let drivers = Shape::new(Basis::Orders, signals).drivers();
        let expected =
            ["recency", "overdue", "engagement: overdue", "engagement: recency", "visits"];
        assert_eq!(drivers, expected.map(Arc::from));
    }

    #[test]
    fn columns_have_names_and_drivers() {
        let signals: Vec<Arc<str>> = (0..MOST_SIGNALS).map(|n| format!("s{n}").into()).collect();
        for (basis, silence) in [(Basis::Orders, 9 + 3), (Basis::Subscriptions, 0)] {
            let shape = Shape::new(basis, signals.clone());
            assert_eq!(shape.width(), 1 + silence + 2 + 24);
            let (names, drivers) = (shape.names(), shape.drivers());
            assert_eq!((names.len(), drivers.len()), (shape.width(), 14));
            for (column, name) in names.iter().enumerate() {
                let driver = shape.driver(column).map(|place| &*drivers[place]);
                let expected = name.split_once('.').map(|(driver, _)| driver);
                assert_eq!(driver, expected, "{name}");
            }
            let last = signal_bits(MOST_SIGNALS - 1, 15);
            // A key has room for three bits more.
            assert!(last.leading_zeros() >= 3);
            let mut terms = Vec::new();
            let plain = 9 | 7 << BITS[0] | 5 << BITS[1] | 2 << BITS[2];
            shape.terms(Features(plain | signal_bits(0, 3) | last), &mut terms);
            let found: Vec<_> = terms.iter().map(|(c, value)| (&*names[*c], *value)).collect();
            let silent = [("recency.9", 1), ("overdue.2", 1)].into_iter();
            let own = [("orders", 7), ("tenure", 5)];
            let of_signals = [("s0.any", 1), ("s0.class", 3), ("s11.any", 1), ("s11.class", 15)];
            let expected = [("intercept", 1)].into_iter();
            let expected = expected.chain(silent.filter(|_| silence > 0)).chain(own);
            assert_eq!(found, expected.chain(of_signals).collect::<Vec<_>>());
        }
    }
}
