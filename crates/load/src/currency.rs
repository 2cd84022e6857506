//! Dated rates, as exact decimals.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use kohort_model::{Day, Interval, Scale, div_round_half_away, rescale};
use polars::prelude::{Column, DataType, ParquetReader, PolarsResult, SerReader};

use crate::error::LoadError;
use crate::quiet::quietly;

/// One unit of a currency in units of the report's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    digits: i128,
    places: u32,
}

impl Rate {
    /// Parses `1.0867`; no sign, no exponent. At most 18 digits after the point and 36 in all.
    fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let fraction = fraction.trim_end_matches('0');
        let digits = format!("{whole}{fraction}");
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !plain || digits.len() > 36 || fraction.len() > 18 {
            return None;
        }
        let digits: i128 = digits.parse().ok()?;
        let places = u32::try_from(fraction.len()).ok()?;
        (digits > 0).then_some(Self { digits, places })
    }

    /// What is not converted.
    pub const ONE: Self = Self { digits: 1, places: 0 };

    /// What `amount` of `places` decimal places, which is paid `every` so often, is a month, in minor
    /// units of `scale` and rounded half away from zero; `None` where it does not fit.
    pub fn of(self, amount: i128, places: u32, scale: Scale, every: Interval) -> Option<i64> {
        let product = amount.checked_mul(self.digits)?;
        let (from, to) = (places + self.places, u32::from(scale.places()));
        let minor = if every == Interval::Months(1) {
            rescale(product, from, to)?
        } else {
            let shift = |places: u32| 10_i128.checked_pow(places);
            let (times, over) = every.monthly();
            let product = product.checked_mul(times.into())?;
            let numerator = product.checked_mul(shift(to.saturating_sub(from))?)?;
            let denominator = shift(from.saturating_sub(to))?.checked_mul(over.into())?;
            div_round_half_away(numerator, denominator)
        };
        i64::try_from(minor).ok()
    }
}

/// The rates of an input.
#[derive(Debug)]
pub(crate) struct Rates {
    path: PathBuf,
    /// By currency: first day and rate, ascending.
    currencies: BTreeMap<String, Vec<(i32, Rate)>>,
}

impl Rates {
    /// Reads a CSV file, or by its name a Parquet file.
    pub fn read(path: &Path) -> Result<Self, LoadError> {
        let parquet = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("parquet"));
        let rows = if parquet { parquet_rows(path)? } else { csv_rows(path)? };
        let wrong = |reason: String| LoadError::Rates { path: path.to_owned(), reason };
        let mut currencies: BTreeMap<String, Vec<(i32, Rate)>> = BTreeMap::new();
        for (number, [date, currency, rate]) in (1..).zip(&rows) {
            let day = NaiveDate::parse_from_str(date, "%Y-%m-%d").map_err(|_| {
                wrong(format!("row {number} has the date {date:?}, not one like 2024-02-29"))
            })?;
            let rate = Rate::parse(rate).ok_or_else(|| {
                wrong(format!("row {number} has the rate {rate:?}, not a decimal above zero"))
            })?;
            if currency.is_empty() {
                return Err(wrong(format!("row {number} has no currency")));
            }
            currencies.entry(currency.clone()).or_default().push((Day::from(day).0, rate));
        }
        for (currency, rates) in &mut currencies {
            rates.sort_by_key(|(day, _)| *day);
            if let Some(pair) = rates.windows(2).find(|pair| pair[0].0 == pair[1].0) {
                return Err(wrong(format!("{currency} has two rates on {}", Day(pair[0].0))));
            }
        }
        Ok(Self { path: path.to_owned(), currencies })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The currencies, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.currencies.keys().map(String::as_str)
    }
}

/// One reader's way into the rates, which remembers the last currency.
#[derive(Debug)]
pub(crate) struct Converter<'a> {
    rates: &'a Rates,
    last: Option<(&'a str, &'a [(i32, Rate)])>,
}

impl<'a> Converter<'a> {
    pub fn new(rates: &'a Rates) -> Self {
        Self { rates, last: None }
    }

    /// The rate on a day, in days since 1970-01-01: the last one before or on it.
    pub fn rate(&mut self, currency: &str, day: i32) -> Option<Rate> {
        if self.last.is_none_or(|(name, _)| name != currency) {
            let (name, rates) = self.rates.currencies.get_key_value(currency)?;
            self.last = Some((name, rates));
        }
        let (_, rates) = self.last?;
        let next = rates.partition_point(|(first, _)| *first <= day);
        Some(rates[next.checked_sub(1)?].1)
    }
}

const COLUMNS: [&str; 3] = ["date", "currency", "rate"];

fn csv_rows(path: &Path) -> Result<Vec<[String; 3]>, LoadError> {
    let wrong = |reason: String| LoadError::Rates { path: path.to_owned(), reason };
    let file =
        File::open(path).map_err(|source| LoadError::Io { path: path.to_owned(), source })?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(file);
    let header = reader.headers().map_err(|error| wrong(error.to_string()))?.clone();
    let find = |name| {
        let column = header.iter().position(|found| found == name);
        column.ok_or_else(|| wrong(format!("there is no column {name}")))
    };
    let places = [find(COLUMNS[0])?, find(COLUMNS[1])?, find(COLUMNS[2])?];
    let row = |record: Result<csv::StringRecord, csv::Error>| {
        let record = record.map_err(|error| wrong(error.to_string()))?;
        Ok(places.map(|place| record.get(place).unwrap_or_default().to_owned()))
    };
    reader.records().map(row).collect()
}

fn parquet_rows(path: &Path) -> Result<Vec<[String; 3]>, LoadError> {
    let file =
        File::open(path).map_err(|source| LoadError::Io { path: path.to_owned(), source })?;
    let columns = quietly(|| {
        let frame = ParquetReader::new(file).finish()?;
        COLUMNS.iter().map(|name| texts(frame.column(name)?)).collect::<PolarsResult<Vec<_>>>()
    })
    .map_err(|reason| LoadError::Rates { path: path.to_owned(), reason })?;
    let rows = columns.first().map_or(0, Vec::len);
    Ok((0..rows).map(|row| [0, 1, 2].map(|column| columns[column][row].clone())).collect())
}

/// The shortest decimals that stand for the floats; the engine's own texts have exponents.
fn texts(column: &Column) -> PolarsResult<Vec<String>> {
    let text = |float: Option<String>| float.unwrap_or_default();
    Ok(match column.dtype() {
        DataType::Float64 => column.f64()?.iter().map(|x| text(x.map(|x| x.to_string()))).collect(),
        DataType::Float32 => column.f32()?.iter().map(|x| text(x.map(|x| x.to_string()))).collect(),
        _ => {
            let column = column.cast(&DataType::String)?;
            column.str()?.iter().map(|x| text(x.map(str::to_owned))).collect()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_decimals() {
        let rate = |digits, places| Some(Rate { digits, places });
        let cases = [
            ("1", rate(1, 0)),
            ("1.0867", rate(10_867, 4)),
            ("0.0070", rate(7, 3)),
            (".5", rate(5, 1)),
            ("2.", rate(2, 0)),
            ("", None),
            ("0", None),
            ("-1.5", None),
            ("1e3", None),
            ("1,5", None),
            ("0.1234567890123456789", None),
        ];
        for (text, expected) in cases {
            assert_eq!(Rate::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn products_are_rounded_once() {
        let cents = Scale::new(2).unwrap();
        let months = [
            ("1", 12_345, 2, 1, Some(12_345)),
            ("0.5", 1, 2, 1, Some(1)),
            ("0.5", -1, 2, 1, Some(-1)),
            ("1.0867", 1999, 2, 1, Some(2172)),
            ("0.00005", 9_999, 0, 1, Some(50)),
            ("1", 12_345, 3, 1, Some(1235)),
            ("100", i128::from(i64::MAX), 2, 1, None),
            ("1", 10_000, 2, 12, Some(833)),
            ("1", 100, 2, 3, Some(33)),
            ("1", 6, 2, 12, Some(1)),
            ("1", 1, 0, 12, Some(8)),
            // 0.0599 / 12 is below half a cent, 0.06 / 12 is not.
            ("1", 599, 4, 12, Some(0)),
            ("0.5", 12, 2, 12, Some(1)),
            ("0.5", 11, 2, 12, Some(0)),
            ("100", i128::from(i64::MAX), 2, 12, None),
        ];
        let months = months.map(|(rate, amount, places, months, expected)| {
            (rate, amount, places, Interval::Months(months), expected)
        });
        let days = [
            // 12.00 * 365 / 12, and a seventh of that.
            ("1", 1200, 2, Interval::Days(1), Some(36_500)),
            ("1", 1200, 2, Interval::Days(7), Some(5214)),
            ("1", -1200, 2, Interval::Days(7), Some(-5214)),
            // 10.00 * 365 / 12 / 30 = 10.138…, at 0.5 half of it.
            ("1", 10, 0, Interval::Days(30), Some(1014)),
            ("0.5", 10, 0, Interval::Days(30), Some(507)),
            ("1", i128::MAX / 400, 0, Interval::Days(1), None),
        ];
        for (rate, amount, places, every, expected) in months.into_iter().chain(days) {
            let found = Rate::parse(rate).unwrap().of(amount, places, cents, every);
            assert_eq!(found, expected, "{amount} at {rate}, {every:?}");
        }
    }
}
