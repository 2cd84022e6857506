//! What the marks between digits mean.
//!
//! `docs/calculator.md` has the rules as a table.

use super::locale::{Locale, Mark};

/// The digits of a number before and behind what begins its decimals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Digits {
    pub whole: String,
    pub fraction: String,
}

/// What a text of digits and marks can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    One(Digits),
    /// A comma or point before three digits, which groups or begins the decimals.
    Either {
        mark: Mark,
        grouped: Digits,
        decimal: Digits,
    },
}

pub(super) const NOT_A_NUMBER: &str =
    "not a number; write it like 1200, 1 200, 1_200, 1200.50 or 49,90";

/// Digits between two marks that group.
const GROUP: usize = 3;

/// What stands between groups of digits and nowhere else.
fn is_space(c: char) -> bool {
    // A space, and those that keep a number on a line: no-break, figure, thin, narrow no-break.
    matches!(c, ' ' | '\u{a0}' | '\u{2007}' | '\u{2009}' | '\u{202f}')
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’')
}

/// Reads digits with marks between them; `counts` is of what has no decimals.
pub(super) fn read(text: &str, counts: bool, locale: Option<&Locale>) -> Result<Reading, String> {
    let is_known = |c: char| {
        c.is_ascii_digit() || c == ',' || c == '.' || c == '_' || is_space(c) || is_apostrophe(c)
    };
    let ends = |text: &str| text.ends_with(|c: char| c.is_ascii_digit());
    if !text.chars().all(is_known) || !text.starts_with(|c: char| c.is_ascii_digit()) || !ends(text)
    {
        return Err(NOT_A_NUMBER.to_owned());
    }
    match locale {
        Some(locale) => in_locale(text, counts, locale).map(Reading::One),
        None => anywhere(text, counts),
    }
}

/// By what comma and point mean in a place.
fn in_locale(text: &str, counts: bool, locale: &Locale) -> Result<Digits, String> {
    let Locale { name, decimal, .. } = *locale;
    let (begins, groups) = (decimal.name(), decimal.other().name());
    let refused = || {
        let way = locale.shown("1,200.50");
        format!(
            "with --locale {name} a {begins} begins the decimals and a {groups} groups the digits \
             before it by three; write it like {way}"
        )
    };
    let (whole, fraction) = halves(text, decimal).map_err(|()| refused())?;
    let digits = digits(whole, fraction, Some(decimal.other())).map_err(|_| refused())?;
    if counts && looks_grouped(whole, fraction) {
        return Err(format!(
            "with --locale {name} a {begins} begins the decimals, and what counts has none; write \
             {}{} or {}",
            digits.whole, digits.fraction, digits.whole
        ));
    }
    Ok(digits)
}

/// By what is left to be meant, wherever it was typed.
fn anywhere(text: &str, counts: bool) -> Result<Reading, String> {
    let number = |mark: Mark| text.matches(mark.sign()).count();
    let one = |whole, fraction, group| digits(whole, fraction, group).map(Reading::One);
    let last = text.rfind([',', '.']).map(|at| &text[at..]);
    let mark = match last {
        None => return one(text, "", None),
        Some(last) if last.starts_with(',') => Mark::Comma,
        Some(_) => Mark::Point,
    };
    if number(mark.other()) > 0 {
        // Of two kinds the last one begins the decimals.
        let (whole, fraction) = halves(text, mark).map_err(|()| NOT_A_NUMBER.to_owned())?;
        return one(whole, fraction, Some(mark.other()));
    }
    if number(mark) > 1 {
        return one(text, "", Some(mark));
    }
    let (whole, fraction) = halves(text, mark).map_err(|()| NOT_A_NUMBER.to_owned())?;
    if !looks_grouped(whole, fraction) {
        return one(whole, fraction, None);
    }
    let grouped = digits(text, "", Some(mark))?;
    if counts {
        return Ok(Reading::One(grouped));
    }
    Ok(Reading::Either { mark, grouped, decimal: digits(whole, fraction, None)? })
}

/// Whether what stands before and behind a mark may as well be groups of digits.
fn looks_grouped(whole: &str, fraction: &str) -> bool {
    let are_digits = whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit());
    are_digits
        && !whole.starts_with('0')
        && (1..=GROUP).contains(&whole.len())
        && fraction.len() == GROUP
}

/// What stands before the one mark of a text and behind it; nothing behind where there is none.
fn halves(text: &str, mark: Mark) -> Result<(&str, &str), ()> {
    let Some((whole, fraction)) = text.split_once(mark.sign()) else { return Ok((text, "")) };
    let is_one = !fraction.is_empty() && !fraction.contains(mark.sign());
    is_one.then_some((whole, fraction)).ok_or(())
}

/// The digits alone; `group` is the mark that may stand between groups of three before the decimals,
/// beside those that always may.
fn digits(whole: &str, fraction: &str, group: Option<Mark>) -> Result<Digits, String> {
    let fraction = if fraction.is_empty() { "0" } else { fraction };
    let fraction = apart(fraction, |c| c == '_').ok_or(NOT_A_NUMBER)?.concat();
    Ok(Digits { whole: ungrouped(whole, group)?, fraction })
}

/// The digits of a whole number.
fn ungrouped(whole: &str, group: Option<Mark>) -> Result<String, String> {
    if let Some(parts) = apart(whole, |c| c == '_') {
        return Ok(parts.concat());
    }
    let is_mark = |c| group.is_some_and(|mark| c == mark.sign());
    let parts = apart(whole, is_space)
        .or_else(|| apart(whole, is_apostrophe))
        .or_else(|| apart(whole, is_mark))
        .ok_or(NOT_A_NUMBER)?;
    if parts[0].len() <= GROUP && parts[1..].iter().all(|part| part.len() == GROUP) {
        return Ok(parts.concat());
    }
    Err("what stands between its marks are not groups of three digits; write it like 1200 or \
         1 200"
        .to_owned())
}

/// The runs of digits of a text that has nothing else between them; there is one at least.
fn apart(text: &str, is_between: impl Fn(char) -> bool) -> Option<Vec<&str>> {
    let parts: Vec<_> = text.split(is_between).collect();
    let are_digits = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    parts.iter().all(are_digits).then_some(parts)
}
