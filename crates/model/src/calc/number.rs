//! Decimals as they are typed, kept exactly.

use std::fmt;

/// A decimal: `digits` × 10^-`places`, in its shortest form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    /// All digits, as one whole number.
    pub digits: i128,
    /// How many of them stand behind the point.
    pub places: u8,
}

/// What a number counts, and so which numbers can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// People, orders, answers: whole and not below zero.
    Count,
    /// Money, or units of a product: not below zero.
    Amount,
    /// 0 to 1, or 0% to 100%.
    Share,
    /// 1 to this.
    Whole(u32),
}

/// Digits before the point and behind it: products of two such numbers, and sums of many, stay
/// within 128 bits.
const MAX_DIGITS: usize = 18;
const MAX_PLACES: usize = 9;

const NOT_A_NUMBER: &str = "not a number; write it like 1200, 1_200 or 1200.50";

impl Kind {
    /// Reads a number.
    ///
    /// # Errors
    ///
    /// Why it is none of this kind, and what to give.
    pub fn parse(self, text: &str) -> Result<Number, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("a number is missing".to_owned());
        }
        let (body, percent) = match text.strip_suffix('%') {
            Some(body) if self == Self::Share => (body.trim_end(), 2),
            _ => (text, 0),
        };
        let (body, is_negative) = body.strip_prefix('-').map_or((body, false), |rest| (rest, true));
        let (whole, fraction) = body.split_once('.').unwrap_or((body, "0"));
        let (Some(whole), Some(fraction)) = (digits(whole), digits(fraction)) else {
            return Err(NOT_A_NUMBER.to_owned());
        };
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        if whole.len() > MAX_DIGITS || fraction.len() + percent > MAX_PLACES {
            return Err(format!(
                "too long; give at most {MAX_DIGITS} digits before the point and {MAX_PLACES} \
                 behind it, two fewer in percent"
            ));
        }
        let value = format!("0{whole}{fraction}").parse().map_err(|_| NOT_A_NUMBER.to_owned())?;
        let number = Number::new(value, fraction.len() + percent);
        if is_negative && number.digits > 0 {
            return Err("it cannot be below 0; leave the sign away".to_owned());
        }
        self.check(number).map_or(Ok(number), Err)
    }

    /// Why a number that is not below zero cannot be.
    fn check(self, number: Number) -> Option<String> {
        match self {
            Self::Amount => None,
            Self::Count => (number.places > 0).then(|| "it counts; give a whole number".to_owned()),
            Self::Share => (number.digits > 10_i128.pow(number.places.into())).then(|| {
                "a share is at most 1, which is 100%; write 5 percent as 0.05 or 5%".to_owned()
            }),
            Self::Whole(max) => {
                let is_within = number.places == 0 && (1..=max.into()).contains(&number.digits);
                (!is_within).then(|| format!("give a whole number from 1 to {max}"))
            }
        }
    }
}

/// The digits of a text that has nothing else but underscores between them.
fn digits(text: &str) -> Option<String> {
    let parts = || text.split('_');
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    parts().all(are_digits).then(|| parts().collect())
}

impl Number {
    fn new(mut digits: i128, places: usize) -> Self {
        let mut places = u8::try_from(places).unwrap_or(u8::MAX);
        while places > 0 && digits % 10 == 0 {
            (digits, places) = (digits / 10, places - 1);
        }
        Self { digits, places }
    }

    /// The digits with so many places, at least its own.
    #[must_use]
    pub fn at(self, places: u8) -> i128 {
        self.digits * 10_i128.pow((places - self.places).into())
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = 10_i128.pow(self.places.into());
        write!(f, "{}", self.digits / unit)?;
        if self.places > 0 {
            write!(f, ".{:0width$}", self.digits % unit, width = self.places.into())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_can_be() {
        for (kind, text, expected) in [
            (Kind::Count, "1000", "1000"),
            (Kind::Count, "1_000_000", "1000000"),
            (Kind::Count, "1000.00", "1000"),
            (Kind::Count, "-0", "0"),
            (Kind::Count, " 007 ", "7"),
            (Kind::Count, "999999999999999999", "999999999999999999"),
            (Kind::Amount, "0.10", "0.1"),
            (Kind::Amount, "12_345.67", "12345.67"),
            (Kind::Amount, "0.000000001", "0.000000001"),
            (Kind::Share, "1", "1"),
            (Kind::Share, "0.05", "0.05"),
            (Kind::Share, "5%", "0.05"),
            (Kind::Share, "2.5 %", "0.025"),
            (Kind::Share, "100%", "1"),
            (Kind::Whole(366), "366", "366"),
        ] {
            assert_eq!(kind.parse(text).map(|n| n.to_string()).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn numbers_that_cannot_be() {
        for (kind, text, expected) in [
            (Kind::Count, "", "missing"),
            (Kind::Count, "many", "not a number"),
            (Kind::Count, "NaN", "not a number"),
            (Kind::Amount, "inf", "not a number"),
            (Kind::Amount, "1e6", "not a number"),
            (Kind::Amount, "1,000", "not a number"),
            (Kind::Amount, ".5", "not a number"),
            (Kind::Amount, "5.", "not a number"),
            (Kind::Amount, "1__0", "not a number"),
            (Kind::Amount, "--5", "not a number"),
            (Kind::Amount, "+5", "not a number"),
            (Kind::Amount, "٣", "not a number"),
            (Kind::Amount, "5%", "not a number"),
            (Kind::Amount, "-0.01", "below 0"),
            (Kind::Count, "1.5", "whole number"),
            (Kind::Count, "1000000000000000000", "too long"),
            (Kind::Amount, "0.0000000001", "too long"),
            (Kind::Share, "0.00000001%", "too long"),
            (Kind::Share, "1.01", "at most 1"),
            (Kind::Share, "5", "0.05 or 5%"),
            (Kind::Whole(366), "0", "from 1 to 366"),
            (Kind::Whole(366), "367", "from 1 to 366"),
            (Kind::Whole(366), "1.5", "from 1 to 366"),
        ] {
            let error = kind.parse(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn common_places() {
        let number = Kind::Amount.parse("12.5").unwrap();
        assert_eq!((number.at(1), number.at(3)), (125, 12_500));
    }
}
