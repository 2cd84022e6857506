//! Formats of times, for `STRPTIME` and `STRFTIME`, with DuckDB's specifiers.

use std::ops::RangeInclusive;

use crate::calendar::{
    HOUR_MICROS, MINUTE_MICROS, Part, SECOND_MICROS, day_number, extract, in_years, make_date,
    midnight,
};
use crate::stamp::{Shift, Unreadable, offset_text, push_number};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
/// Letters of a short name.
const SHORT: usize = 3;

/// What a specifier stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Year,
    YearOfCentury,
    Month,
    MonthName,
    ShortMonthName,
    Day,
    DayOfYear,
    WeekdayName,
    ShortWeekdayName,
    Weekday,
    IsoWeekday,
    Hour,
    Hour12,
    HalfDay,
    Minute,
    Second,
    Millis,
    Micros,
    Nanos,
    Offset,
    ZoneName,
    WeekFromSunday,
    WeekFromMonday,
    IsoYear,
    IsoWeek,
}

/// Specifiers; a `-` before the letter of a number leaves out the zeros before it.
const FIELDS: [(char, Field); 26] = [
    ('Y', Field::Year),
    ('y', Field::YearOfCentury),
    ('m', Field::Month),
    ('B', Field::MonthName),
    ('b', Field::ShortMonthName),
    ('h', Field::ShortMonthName),
    ('d', Field::Day),
    ('j', Field::DayOfYear),
    ('A', Field::WeekdayName),
    ('a', Field::ShortWeekdayName),
    ('w', Field::Weekday),
    ('u', Field::IsoWeekday),
    ('H', Field::Hour),
    ('I', Field::Hour12),
    ('p', Field::HalfDay),
    ('M', Field::Minute),
    ('S', Field::Second),
    ('g', Field::Millis),
    ('f', Field::Micros),
    ('n', Field::Nanos),
    ('z', Field::Offset),
    ('Z', Field::ZoneName),
    ('U', Field::WeekFromSunday),
    ('W', Field::WeekFromMonday),
    ('G', Field::IsoYear),
    ('V', Field::IsoWeek),
];
/// Fields that can do without their zeros.
const UNPADDED: &str = "dHIjmMSy";
/// All that a message lists.
const KNOWN: &str = "%Y %y %m %b %B %d %j %a %A %H %I %p %M %S %f %g %n %z %Z %c %x %X %T %w %u %U \
                     %W %G %V %% and, without zeros before, %-d %-m %-y %-H %-I %-M %-S %-j";

#[derive(Clone, Debug, PartialEq, Eq)]
enum Item {
    /// One or more blanks.
    Blanks(String),
    Literal(String),
    Field {
        field: Field,
        padded: bool,
    },
}

/// A compiled format.
#[derive(Clone, Debug)]
pub struct Format {
    items: Vec<Item>,
}

impl Format {
    /// Compiles a pattern, for reading, for writing or for both.
    ///
    /// # Errors
    ///
    /// Names the specifier that is unknown and lists those that are not.
    pub fn compile(pattern: &str) -> Result<Self, String> {
        if pattern.trim_ascii().is_empty() {
            return Err("a format cannot be empty".to_owned());
        }
        let mut format = Self { items: Vec::new() };
        let mut rest = pattern.chars();
        while let Some(letter) = rest.next() {
            if letter != '%' {
                format.push_literal(letter);
                continue;
            }
            let (padded, letter) = match rest.next() {
                Some('-') => (false, rest.next()),
                letter => (true, letter),
            };
            format.push(letter, padded)?;
        }
        Ok(format)
    }

    fn push(&mut self, letter: Option<char>, padded: bool) -> Result<(), String> {
        let unknown = || {
            let dash = if padded { "" } else { "-" };
            let letter = letter.map(String::from).unwrap_or_default();
            format!("%{dash}{letter} is no specifier; there are {KNOWN}")
        };
        let letter = letter.ok_or_else(unknown)?;
        if !padded && !UNPADDED.contains(letter) {
            return Err(unknown());
        }
        let long = match letter {
            '%' => {
                self.push_literal('%');
                return Ok(());
            }
            'c' => "%Y-%m-%d %H:%M:%S",
            'x' => "%Y-%m-%d",
            'X' | 'T' => "%H:%M:%S",
            _ => "",
        };
        if !long.is_empty() {
            self.items.append(&mut Self::compile(long)?.items);
            return Ok(());
        }
        let known = FIELDS.iter().find(|(known, _)| *known == letter).ok_or_else(unknown)?;
        self.items.push(Item::Field { field: known.1, padded });
        Ok(())
    }

    fn push_literal(&mut self, letter: char) {
        match self.items.last_mut() {
            Some(Item::Blanks(text)) if letter.is_ascii_whitespace() => text.push(letter),
            Some(Item::Literal(text)) if !letter.is_ascii_whitespace() => text.push(letter),
            _ if letter.is_ascii_whitespace() => self.items.push(Item::Blanks(letter.into())),
            _ => self.items.push(Item::Literal(letter.into())),
        }
    }

    fn has(&self, wanted: &[Field]) -> bool {
        self.items
            .iter()
            .any(|item| matches!(item, Item::Field { field, .. } if wanted.contains(field)))
    }

    /// Whether texts of this format have an offset or a zone, so that what is read are instants.
    #[must_use]
    pub fn has_offset(&self) -> bool {
        self.has(&[Field::Offset, Field::ZoneName])
    }

    /// Whether texts of this format can be read.
    ///
    /// # Errors
    ///
    /// Names the specifiers that only write, or that contradict each other.
    pub fn readable(&self) -> Result<(), String> {
        use Field::{Day, DayOfYear, IsoWeek, IsoWeekday, IsoYear, Month, MonthName};
        use Field::{ShortMonthName, WeekFromMonday, WeekFromSunday, Weekday};
        if self.has(&[IsoYear, IsoWeek, IsoWeekday, Weekday, WeekFromMonday, WeekFromSunday]) {
            return Err("%G %V %u %w %U and %W can be written, not read".to_owned());
        }
        if self.has(&[DayOfYear]) && self.has(&[Day, Month, MonthName, ShortMonthName]) {
            return Err("a format has %j or month and day, not both".to_owned());
        }
        Ok(())
    }

    /// Reads a text: microseconds of the wall clock or, if [`Format::has_offset`], of UTC.
    ///
    /// All of the text has to match, blanks around it aside; blanks in the format stand for one or
    /// more, numbers may lack the zeros before them, names are read in any case, and a weekday is
    /// not compared with the date. What the format does not have is that of 1900-01-01 00:00:00.
    ///
    /// # Errors
    ///
    /// See [`Unreadable`]; never [`Unreadable::Offset`].
    pub fn parse(&self, text: &str) -> Result<i64, Unreadable> {
        let mut found = Found::default();
        let mut rest = text.trim_ascii();
        for (place, item) in self.items.iter().enumerate() {
            match item {
                Item::Blanks(_) => {
                    let behind = rest.trim_ascii_start();
                    // Blanks at the ends were taken away.
                    let inner = place > 0 && place + 1 < self.items.len();
                    if inner && behind.len() == rest.len() {
                        return Err(Unreadable::Malformed);
                    }
                    rest = behind;
                }
                Item::Literal(literal) => {
                    rest = rest.strip_prefix(literal.as_str()).ok_or(Unreadable::Malformed)?;
                }
                Item::Field { field, .. } => rest = found.take(*field, rest)?,
            }
        }
        if rest.is_empty() { found.micros() } else { Err(Unreadable::Malformed) }
    }

    /// Appends a wall clock. Offset and name of its zone are those of an instant; of a wall clock
    /// without one they are 0 and empty.
    pub fn write(&self, wall: i64, offset_seconds: i32, zone_name: &str, out: &mut String) {
        for item in &self.items {
            match item {
                Item::Blanks(text) | Item::Literal(text) => out.push_str(text),
                Item::Field { field: Field::Offset, .. } => offset_text(offset_seconds, out),
                Item::Field { field: Field::ZoneName, .. } => out.push_str(zone_name),
                Item::Field { field, padded } => write_field(*field, *padded, wall, out),
            }
        }
    }
}

fn write_field(field: Field, padded: bool, wall: i64, out: &mut String) {
    let get = |part| extract(part, wall);
    let (value, width) = match field {
        Field::Year => (get(Part::Year), 4),
        Field::IsoYear => (get(Part::IsoYear), 4),
        Field::YearOfCentury => (get(Part::Year).rem_euclid(100), 2),
        Field::Month => (get(Part::Month), 2),
        Field::MonthName => return out.push_str(name(&MONTHS, get(Part::Month) - 1)),
        Field::ShortMonthName => {
            return out.push_str(&name(&MONTHS, get(Part::Month) - 1)[..SHORT]);
        }
        Field::Day => (get(Part::Day), 2),
        Field::DayOfYear => (get(Part::DayOfYear), 3),
        Field::WeekdayName => return out.push_str(name(&WEEKDAYS, get(Part::DayOfWeek))),
        Field::ShortWeekdayName => {
            return out.push_str(&name(&WEEKDAYS, get(Part::DayOfWeek))[..SHORT]);
        }
        Field::Weekday => (get(Part::DayOfWeek), 1),
        Field::IsoWeekday => (get(Part::IsoDayOfWeek), 1),
        Field::Hour => (get(Part::Hour), 2),
        Field::Hour12 => ((get(Part::Hour) + 11) % 12 + 1, 2),
        Field::HalfDay => return out.push_str(if get(Part::Hour) < 12 { "AM" } else { "PM" }),
        Field::Minute => (get(Part::Minute), 2),
        Field::Second => (get(Part::Second), 2),
        Field::Millis => (wall.rem_euclid(SECOND_MICROS) / 1_000, 3),
        Field::Micros => (wall.rem_euclid(SECOND_MICROS), 6),
        Field::Nanos => (wall.rem_euclid(SECOND_MICROS) * 1_000, 9),
        Field::WeekFromSunday => ((get(Part::DayOfYear) + 6 - get(Part::DayOfWeek)) / 7, 2),
        Field::WeekFromMonday => ((get(Part::DayOfYear) + 7 - get(Part::IsoDayOfWeek)) / 7, 2),
        Field::IsoWeek => (get(Part::Week), 2),
        Field::Offset | Field::ZoneName => return,
    };
    push_number(value, if padded { width } else { 1 }, out);
}

fn name(names: &[&'static str], at: i64) -> &'static str {
    // Every name is longer than a short one.
    usize::try_from(at).ok().and_then(|at| names.get(at)).copied().unwrap_or("???")
}

/// What was read so far.
struct Found {
    year: i64,
    month: i64,
    day: i64,
    day_of_year: Option<i64>,
    hour: i64,
    afternoon: Option<bool>,
    minute: i64,
    second: i64,
    micros: i64,
    shift: Option<Shift>,
}

impl Default for Found {
    fn default() -> Self {
        Self {
            year: 1900,
            month: 1,
            day: 1,
            day_of_year: None,
            hour: 0,
            afternoon: None,
            minute: 0,
            second: 0,
            micros: 0,
            shift: None,
        }
    }
}

impl Found {
    /// Reads a field at the start of a text and returns the rest.
    fn take<'a>(&mut self, field: Field, text: &'a str) -> Result<&'a str, Unreadable> {
        let mut rest = text;
        match field {
            Field::Year => self.year = number_in(&mut rest, 4, 1..=9999)?,
            Field::YearOfCentury => {
                let year = number_in(&mut rest, 2, 0..=99)?;
                self.year = if year < 69 { 2000 + year } else { 1900 + year };
            }
            Field::Month => self.month = number_in(&mut rest, 2, 1..=12)?,
            Field::MonthName => self.month = one_of(&MONTHS, usize::MAX, &mut rest)? + 1,
            Field::ShortMonthName => self.month = one_of(&MONTHS, SHORT, &mut rest)? + 1,
            Field::Day => self.day = number_in(&mut rest, 2, 1..=31)?,
            Field::DayOfYear => self.day_of_year = Some(number_in(&mut rest, 3, 1..=366)?),
            Field::WeekdayName => _ = one_of(&WEEKDAYS, usize::MAX, &mut rest)?,
            Field::ShortWeekdayName => _ = one_of(&WEEKDAYS, SHORT, &mut rest)?,
            Field::Hour => self.hour = number_in(&mut rest, 2, 0..=23)?,
            Field::Hour12 => self.hour = number_in(&mut rest, 2, 1..=12)?,
            Field::HalfDay => self.afternoon = Some(one_of(&["AM", "PM"], 2, &mut rest)? == 1),
            Field::Minute => self.minute = number_in(&mut rest, 2, 0..=59)?,
            Field::Second => self.second = number_in(&mut rest, 2, 0..=59)?,
            Field::Millis => self.micros = fraction(&mut rest, 3)?,
            Field::Micros => self.micros = fraction(&mut rest, 6)?,
            Field::Nanos => self.micros = fraction(&mut rest, 9)?,
            Field::Offset => self.shift = Some(offset(&mut rest, "")?),
            Field::ZoneName => self.shift = Some(offset(&mut rest, "/_")?),
            // Formats with the others are not readable.
            _ => return Err(Unreadable::Malformed),
        }
        Ok(rest)
    }

    fn micros(&self) -> Result<i64, Unreadable> {
        let date = match self.day_of_year {
            None => make_date(self.year, self.month, self.day),
            Some(day) => make_date(self.year, 1, 1)
                .and_then(|first| i32::try_from(i64::from(first) + day - 1).ok())
                .filter(|_| day <= 365 + i64::from(self.is_leap_year())),
        };
        let hour = match self.afternoon {
            None => self.hour,
            Some(_) if self.hour > 12 => return Err(Unreadable::Range),
            Some(afternoon) => self.hour % 12 + if afternoon { 12 } else { 0 },
        };
        let day = date.ok_or(Unreadable::Range)?;
        let time = hour * HOUR_MICROS + self.minute * MINUTE_MICROS + self.second * SECOND_MICROS;
        let wall = midnight(day) + time + self.micros;
        let micros = self.shift.map_or(wall, |shift| shift.utc(wall));
        in_years(micros).ok_or(Unreadable::Range)
    }

    fn is_leap_year(&self) -> bool {
        day_number(self.year + 1, 1, 1) - day_number(self.year, 1, 1) == 366
    }
}

/// A number of one to so many digits at the start of a text, and how many they are.
fn number(text: &mut &str, most: usize) -> Result<(i64, u32), Unreadable> {
    let (mut value, mut count) = (0, 0);
    for byte in text.bytes().take(most).take_while(u8::is_ascii_digit) {
        value = value * 10 + i64::from(byte - b'0');
        count += 1;
    }
    if count == 0 {
        return Err(Unreadable::Malformed);
    }
    *text = &text[count as usize..];
    Ok((value, count))
}

/// A number of one to so many digits, in a range.
fn number_in(text: &mut &str, most: usize, range: RangeInclusive<i64>) -> Result<i64, Unreadable> {
    let value = number(text, most)?.0;
    if range.contains(&value) { Ok(value) } else { Err(Unreadable::Range) }
}

/// Microseconds of a fraction of one to so many digits; those behind the sixth are cut.
fn fraction(text: &mut &str, most: usize) -> Result<i64, Unreadable> {
    let (value, count) = number(text, most)?;
    Ok(if count > 6 { value / 10_i64.pow(count - 6) } else { value * 10_i64.pow(6 - count) })
}

/// The place of the name that a text begins with; names are cut to so many letters.
fn one_of(names: &[&str], letters: usize, text: &mut &str) -> Result<i64, Unreadable> {
    for (name, place) in names.iter().zip(0..) {
        let name = name.get(..letters).unwrap_or(name);
        if text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)) {
            *text = &text[name.len()..];
            return Ok(place);
        }
    }
    Err(Unreadable::Malformed)
}

/// An offset or, if its letters are given, the name of a zone at the start of a text.
fn offset(text: &mut &str, name: &str) -> Result<Shift, Unreadable> {
    let belongs = |c: char| {
        let in_offset = c.is_ascii_digit() || "+-:Zz".contains(c);
        in_offset || (!name.is_empty() && (c.is_ascii_alphabetic() || name.contains(c)))
    };
    let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
    let (shift, rest) = text.split_at(end);
    *text = rest;
    Shift::read(shift)
}

#[cfg(test)]
mod tests;
