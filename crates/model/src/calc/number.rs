//! Decimals as they are typed, kept exactly.

use std::fmt;

use super::error::{Either, NumberError, Possible};
use super::locale::{Locale, Mark};
use super::numeral::{Digits, NOT_A_NUMBER, Reading, read};

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

/// What may stand before an amount or behind it, longer ones first.
const CURRENCIES: &[&str] =
    &["CHF", "DKK", "EUR", "GBP", "ISK", "NOK", "SEK", "USD", "kr.", "kr", "Fr.", "€", "$", "£"];

impl Kind {
    /// Reads a number. Without a locale it has to be clear what its marks mean.
    ///
    /// # Errors
    ///
    /// Why it is none of this kind, or which two it can be, and what to give.
    pub fn parse(self, text: &str, locale: Option<&Locale>) -> Result<Number, NumberError> {
        let text = text.trim();
        if text.is_empty() {
            return Err("a number is missing".into());
        }
        let (body, percent) = match text.strip_suffix('%') {
            Some(body) if self == Self::Share => (body.trim_end(), 2),
            _ => (text, 0),
        };
        let (body, currency) = without_currency(body);
        if let Some(currency) = currency.filter(|_| self != Self::Amount) {
            return Err(format!("it is no money; leave {currency} away").into());
        }
        let body = without_dash(body);
        let unsigned = body.strip_prefix(['-', '−']);
        let (body, is_negative) = (unsigned.unwrap_or(&*body), unsigned.is_some());
        let number = |digits: Digits| self.number(&digits, percent, is_negative);
        match read(body, self.counts(), locale)? {
            Reading::One(digits) => Ok(number(digits)?),
            Reading::Either { mark, grouped, decimal } => {
                match (number(grouped), number(decimal)) {
                    (Ok(grouped), Ok(decimal)) => Err(either(mark, grouped, decimal)),
                    (Ok(only), Err(_)) | (Err(_), Ok(only)) => Ok(only),
                    (Err(_), Err(why)) => Err(why.into()),
                }
            }
        }
    }

    /// Reads numbers with `;`, or a comma and a space, between them. A comma alone stands between
    /// numbers where it can't be part of one.
    ///
    /// # Errors
    ///
    /// As [`Kind::parse`], of the first number that is none.
    pub fn parse_list(
        self,
        text: &str,
        locale: Option<&Locale>,
    ) -> Result<Vec<Number>, NumberError> {
        let all = |parts: Vec<&str>| -> Result<Vec<_>, _> {
            parts.into_iter().map(|part| self.parse(part, locale)).collect()
        };
        let separated = text.replace(", ", ";");
        if separated.contains(';') {
            return all(separated.split(';').collect());
        }
        let begins_decimals = locale.is_some_and(|locale| locale.decimal == Mark::Comma);
        if begins_decimals || !text.contains(',') {
            return all(vec![text]);
        }
        let parts: Vec<_> = text.split(',').collect();
        // Nobody begins a number with 0 and goes on, but many group digits.
        let is_group = |part: &&str| part.len() > 1 && part.starts_with('0') && !part.contains('.');
        let list = if parts[1..].iter().any(is_group) {
            Err("put ; between the numbers of a list, or repeat the option".into())
        } else {
            all(parts)
        };
        // Nobody writes more than three digits behind a comma and means decimals by it.
        let is_short = text.rsplit(',').next().is_some_and(|last| last.trim().len() <= 3);
        match (list, self.parse(text, locale)) {
            (Ok(list), Ok(number)) if is_short => {
                let one = Possible::new(vec![number], "it is part of one number");
                Err(either_list(list, vec![one], locale))
            }
            (Ok(list), Err(NumberError::Either(either))) => {
                Err(either_list(list, either.possible, locale))
            }
            (Ok(list), _) => Ok(list),
            (Err(_), Ok(number)) => Ok(vec![number]),
            (Err(_), Err(NumberError::Either(either))) => Err(NumberError::Either(either)),
            (Err(error), Err(_)) => Err(error),
        }
    }

    /// How a number of this kind, or a list of them, is named in usage texts.
    #[must_use]
    pub fn value_name(self, is_list: bool) -> &'static str {
        let (one, several) = match self {
            Self::Count => ("COUNT", "COUNT;..."),
            Self::Amount => ("AMOUNT", "AMOUNT;..."),
            Self::Share => ("SHARE", "SHARE;..."),
            Self::Whole(_) => ("N", "N;..."),
        };
        if is_list { several } else { one }
    }

    /// What is asked for, in words.
    #[must_use]
    pub fn about(self) -> String {
        match self {
            Self::Count => "a whole number".to_owned(),
            Self::Amount => "an amount".to_owned(),
            Self::Share => "a share, such as 5% or 0.05".to_owned(),
            Self::Whole(max) => format!("a whole number from 1 to {max}"),
        }
    }

    /// Whether it has no decimals.
    fn counts(self) -> bool {
        matches!(self, Self::Count | Self::Whole(_))
    }

    /// The number of these digits, if it can be one of this kind.
    fn number(self, digits: &Digits, percent: usize, is_negative: bool) -> Result<Number, String> {
        let whole = digits.whole.trim_start_matches('0');
        let fraction = digits.fraction.trim_end_matches('0');
        if whole.len() > MAX_DIGITS || fraction.len() + percent > MAX_PLACES {
            return Err(format!(
                "too long; give at most {MAX_DIGITS} digits before the point and {MAX_PLACES} \
                 behind it, two fewer in percent"
            ));
        }
        let value = format!("0{whole}{fraction}").parse().map_err(|_| NOT_A_NUMBER)?;
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

/// A number without the name or sign of a currency at one of its ends, and that.
fn without_currency(text: &str) -> (&str, Option<&'static str>) {
    let is_it = |part: Option<&str>, name: &str| part.is_some_and(|p| p.eq_ignore_ascii_case(name));
    for name in CURRENCIES {
        if is_it(text.get(..name.len()), name) {
            return (text[name.len()..].trim_start(), Some(name));
        }
        let at = text.len().saturating_sub(name.len());
        if is_it(text.get(at..), name) {
            return (text[..at].trim_end(), Some(name));
        }
    }
    (text, None)
}

/// An amount such as `49:-` or `49,-` with its decimals in digits.
fn without_dash(text: &str) -> std::borrow::Cow<'_, str> {
    let Some(rest) = text.strip_suffix(['-', '–', '—']) else { return text.into() };
    match rest.strip_suffix(':') {
        Some(whole) => whole.into(),
        None if rest.ends_with([',', '.']) => format!("{rest}00").into(),
        None => text.into(),
    }
}

/// That a mark may group digits or begin the decimals.
fn either(mark: Mark, grouped: Number, decimal: Number) -> NumberError {
    let name = mark.name();
    let places = match mark {
        Mark::Comma => "en or sv",
        Mark::Point => "de or en",
    };
    NumberError::Either(Either {
        possible: vec![
            Possible::new(vec![grouped], format!("the {name} groups thousands")),
            Possible::new(vec![decimal], format!("the {name} begins the decimals")),
        ],
        or: format!(", or say with --locale, such as {places}, what a {name} means"),
    })
}

/// That commas may stand between numbers or be part of one.
fn either_list(list: Vec<Number>, ones: Vec<Possible>, locale: Option<&Locale>) -> NumberError {
    let or = match locale {
        None => ", or say with --locale, such as en or sv, what a comma means",
        Some(_) => "",
    };
    let list = Possible::new(list, "the comma stands between numbers");
    let possible = std::iter::once(list).chain(ones).collect();
    NumberError::Either(Either { possible, or: or.to_owned() })
}

impl Number {
    /// 0.
    pub const ZERO: Self = Self { digits: 0, places: 0 };

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

    /// A text that is read as this number and no other: with three decimals the point could group.
    #[must_use]
    pub fn plain(self) -> String {
        let end = if self.places == 3 { "0" } else { "" };
        format!("{self}{end}")
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
mod tests;
