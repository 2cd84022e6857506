//! How often something is paid, and what that makes a month.

/// Every so many months or days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interval {
    /// Months, at least one.
    Months(u32),
    /// Days, at least one.
    Days(u32),
}

/// The names of intervals that a number may stand before.
static UNITS: &[(&str, Interval)] = &[
    ("day", Interval::Days(1)),
    ("week", Interval::Days(7)),
    ("fortnight", Interval::Days(14)),
    ("mon", Interval::Months(1)),
    ("month", Interval::Months(1)),
    ("quarter", Interval::Months(3)),
    ("year", Interval::Months(12)),
];

/// The words for intervals. `biweekly`, `bimonthly` and `biannual` are not among them: some mean every
/// second one by it, and others twice.
static WORDS: &[(&str, Interval)] = &[
    ("daily", Interval::Days(1)),
    ("weekly", Interval::Days(7)),
    ("fortnightly", Interval::Days(14)),
    ("monthly", Interval::Months(1)),
    ("quarterly", Interval::Months(3)),
    ("half-yearly", Interval::Months(6)),
    ("semiannual", Interval::Months(6)),
    ("semiannually", Interval::Months(6)),
    ("yearly", Interval::Months(12)),
    ("annual", Interval::Months(12)),
    ("annually", Interval::Months(12)),
];

/// The letters of durations of ISO 8601.
static LETTERS: &[(&str, Interval)] = &[
    ("d", Interval::Days(1)),
    ("w", Interval::Days(7)),
    ("m", Interval::Months(1)),
    ("y", Interval::Months(12)),
];

impl Interval {
    /// The texts that are read, as messages list them.
    pub const TEXTS: &str = "day, week, fortnight, month, quarter or year, a number of these such as 3 months, \
                             daily, weekly, fortnightly, monthly, quarterly, half-yearly, semiannual, \
                             semiannually, yearly, annual or annually, or a duration such as P1M, P2W or P1Y";

    /// The interval that a text names, in capital letters or small ones; `None` where it names none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        let word = find(WORDS, &text).or_else(|| find(UNITS, &text));
        word.or_else(|| duration(&text)).or_else(|| counted(&text))
    }

    /// What a price is multiplied with, and then divided by, to be that of a month: a year has twelve
    /// months, or 365 days.
    #[must_use]
    pub fn monthly(self) -> (u32, u32) {
        match self {
            Self::Months(months) => (1, months),
            Self::Days(days) => (365, 12 * days),
        }
    }

    /// So many of these.
    fn times(self, count: u16) -> Option<Self> {
        let count = u32::from(count);
        (count > 0).then_some(match self {
            Self::Months(months) => Self::Months(months * count),
            Self::Days(days) => Self::Days(days * count),
        })
    }
}

fn find(names: &[(&str, Interval)], text: &str) -> Option<Interval> {
    names.iter().find(|(name, _)| *name == text).map(|(_, interval)| *interval)
}

/// `3 months`, `1 year`, `2-week`.
fn counted(text: &str) -> Option<Interval> {
    let (count, unit) = split(text)?;
    let unit = unit.trim_start_matches([' ', '-', '_']);
    find(UNITS, unit.strip_suffix('s').unwrap_or(unit))?.times(count)
}

/// `p1m`, `p2w`.
fn duration(text: &str) -> Option<Interval> {
    let (count, letter) = split(text.strip_prefix('p')?)?;
    find(LETTERS, letter)?.times(count)
}

/// A number and what stands behind it.
fn split(text: &str) -> Option<(u16, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (count, rest) = text.split_at(digits);
    Some((count.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_have_many_names() {
        let (months, days) = (Interval::Months, Interval::Days);
        for (texts, expected) in [
            (
                "month|Monthly|MONTH| month |1 month|1 months|1 mon|mon|P1M|1month|p1m|1_month",
                months(1),
            ),
            ("quarter|quarterly|3 months|3 mons|P3M|1 quarter|3-month", months(3)),
            ("half-yearly|semiannual|semiannually|6 months|2 quarters", months(6)),
            ("year|yearly|annual|annually|12 months|1 year|P1Y|P12M|4 quarters", months(12)),
            ("2 years|24 months|P2Y", months(24)),
            ("week|weekly|7 days|1 week|P1W|P7D", days(7)),
            ("fortnight|fortnightly|2 weeks|14 days|P2W|1 fortnight", days(14)),
            ("day|daily|1 day|1 days|P1D|DAY", days(1)),
            ("65535 years", months(786_420)),
        ] {
            for text in texts.split('|') {
                assert_eq!(Interval::parse(text), Some(expected), "{text:?}");
            }
        }
    }

    #[test]
    fn other_texts_are_none() {
        for text in [
            "",
            " ",
            "0 months",
            "P0M",
            "months",
            "1",
            "-1 month",
            "1.5 months",
            "P",
            "P1",
            "PM",
            "P1M1D",
            "PT1M",
            "biweekly",
            "bimonthly",
            "biannual",
            "once",
            "m",
            "65536 days",
            "1 monthly",
            "mönth",
        ] {
            assert_eq!(Interval::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn messages_list_what_is_read() {
        let listed: Vec<_> = Interval::TEXTS.split(", ").flat_map(|t| t.split(" or ")).collect();
        for (name, _) in UNITS.iter().chain(WORDS).filter(|(name, _)| *name != "mon") {
            assert!(listed.contains(name), "{name}");
        }
        for example in ["3 months", "P1M", "P2W", "P1Y"] {
            assert!(Interval::TEXTS.contains(example) && Interval::parse(example).is_some());
        }
    }

    #[test]
    fn a_month_is_a_twelfth_of_a_year() {
        for (text, expected) in [
            ("month", (1, 1)),
            ("quarter", (1, 3)),
            ("year", (1, 12)),
            ("day", (365, 12)),
            ("week", (365, 84)),
            ("365 days", (365, 4380)),
        ] {
            assert_eq!(Interval::parse(text).map(Interval::monthly), Some(expected), "{text}");
        }
    }
}
