//! Functions on texts. Lengths and places count characters (code points), never bytes.

use std::borrow::Cow;

/// Bytes that padding and repeating may make of one value.
pub const MAX_BYTES: usize = 64 * 1024;

/// Why a function of a text has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// A part of a text that is less than no character long.
    #[error("a part of a text cannot have a negative length")]
    NegativeLength,
    /// Field 0 of a text that is split.
    #[error("the fields of a split text are counted from 1, or from -1 at its end")]
    NoField,
    /// More than [`MAX_BYTES`].
    #[error("a padded or repeated text would have more than 64 KiB")]
    TooLong,
}

/// Small letters. Like `PostgreSQL` and DuckDB it makes one character of one, without regard to
/// those around it: `Σ` is `σ` at the end of a word as well, `İ` is `i`.
#[must_use]
pub fn lower(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(text.to_ascii_lowercase())
        } else {
            Cow::Borrowed(text)
        };
    }
    Cow::Owned(text.chars().map(lower_char).collect())
}

/// The small letter of a character.
pub(crate) fn lower_char(letter: char) -> char {
    letter.to_lowercase().next().unwrap_or(letter)
}

/// Capital letters, one character for one: `ß` stays as it is, as in `PostgreSQL`; DuckDB makes
/// `ẞ` of it.
#[must_use]
pub fn upper(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return if text.bytes().any(|byte| byte.is_ascii_lowercase()) {
            Cow::Owned(text.to_ascii_uppercase())
        } else {
            Cow::Borrowed(text)
        };
    }
    Cow::Owned(text.chars().map(upper_char).collect())
}

fn upper_char(letter: char) -> char {
    let mut capitals = letter.to_uppercase();
    match (capitals.next(), capitals.next()) {
        (Some(capital), None) => capital,
        // Greek letters with an iota below: in one character the iota is below the capital, too.
        _ => match letter {
            '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => {
                char::from_u32(u32::from(letter) + 8).unwrap_or(letter)
            }
            '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => {
                char::from_u32(u32::from(letter) + 9).unwrap_or(letter)
            }
            _ => letter,
        },
    }
}

/// A text without the characters of `set` at both ends; without a set these are blanks, and only
/// blanks.
#[must_use]
pub fn trim<'a>(text: &'a str, set: Option<&str>) -> &'a str {
    rtrim(ltrim(text, set), set)
}

/// [`trim`] at the start only.
#[must_use]
pub fn ltrim<'a>(text: &'a str, set: Option<&str>) -> &'a str {
    set.map_or_else(
        || text.trim_start_matches(' '),
        |set| text.trim_start_matches(|letter| set.contains(letter)),
    )
}

/// [`trim`] at the end only.
#[must_use]
pub fn rtrim<'a>(text: &'a str, set: Option<&str>) -> &'a str {
    set.map_or_else(
        || text.trim_end_matches(' '),
        |set| text.trim_end_matches(|letter| set.contains(letter)),
    )
}

/// How many characters a text has.
#[must_use]
pub fn length(text: &str) -> usize {
    text.chars().count()
}

/// Where a character begins, counted from 0; the text's end where there are fewer.
fn place(text: &str, characters: usize) -> usize {
    if characters >= text.len() {
        return text.len();
    }
    if text.is_ascii() {
        return characters;
    }
    text.char_indices().nth(characters).map_or(text.len(), |(at, _)| at)
}

/// Where the last so many characters begin.
fn place_from_end(text: &str, characters: usize) -> usize {
    if characters >= text.len() {
        return 0;
    }
    if text.is_ascii() {
        return text.len() - characters;
    }
    let before = characters.checked_sub(1);
    before.map_or(text.len(), |n| text.char_indices().rev().nth(n).map_or(0, |(at, _)| at))
}

/// A count of characters; negative ones are none.
fn count(characters: i64) -> usize {
    usize::try_from(characters.max(0)).unwrap_or(usize::MAX)
}

/// `len` characters from the `start`th on, or all. As in `PostgreSQL` places before 1 are counted
/// though nothing stands there, so that 2 characters from 0 are the first.
///
/// # Errors
///
/// [`TextError::NegativeLength`].
pub fn substr(text: &str, start: i64, len: Option<i64>) -> Result<&str, TextError> {
    let skipped = start.saturating_sub(1);
    let rest = &text[place(text, count(skipped))..];
    let Some(len) = len else { return Ok(rest) };
    if len < 0 {
        return Err(TextError::NegativeLength);
    }
    let len = len.saturating_add(skipped.min(0));
    Ok(&rest[..place(rest, count(len))])
}

/// The first `n` characters; of a negative number, all but so many at the end.
#[must_use]
pub fn left(text: &str, n: i64) -> &str {
    if n < 0 {
        return &text[..place_from_end(text, count(n.saturating_neg()))];
    }
    &text[..place(text, count(n))]
}

/// The last `n` characters; of a negative number, all but so many at the start.
#[must_use]
pub fn right(text: &str, n: i64) -> &str {
    if n < 0 {
        return &text[place(text, count(n.saturating_neg()))..];
    }
    &text[place_from_end(text, count(n))..]
}

/// The `n`th of the fields between separators, counted from the end where `n` is negative; empty
/// where there are fewer. A text without the separator, or with an empty one, is a single field.
///
/// # Errors
///
/// [`TextError::NoField`] for field 0.
pub fn split_part<'a>(text: &'a str, separator: &str, n: i64) -> Result<&'a str, TextError> {
    let skipped = usize::try_from(n.unsigned_abs()).unwrap_or(usize::MAX);
    let skipped = skipped.checked_sub(1).ok_or(TextError::NoField)?;
    let field = if separator.is_empty() {
        (skipped == 0).then_some(text)
    } else if n > 0 {
        text.split(separator).nth(skipped)
    } else {
        // Separators are found from the start, also where they overlap.
        let fields = text.split(separator).count();
        fields.checked_sub(skipped + 1).and_then(|place| text.split(separator).nth(place))
    };
    Ok(field.unwrap_or_default())
}

/// A text with all of `from` replaced; an empty one is found nowhere.
#[must_use]
pub fn replace<'a>(text: &'a str, from: &str, to: &str) -> Cow<'a, str> {
    if from.is_empty() || !text.contains(from) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace(from, to))
}

/// The place of the character at which `part` is found first, counted from 1; 0 where it is not.
#[must_use]
pub fn strpos(text: &str, part: &str) -> usize {
    text.find(part).map_or(0, |at| length(&text[..at]) + 1)
}

/// Whether a text begins with another.
#[must_use]
pub fn starts_with(text: &str, start: &str) -> bool {
    text.starts_with(start)
}

/// Whether a text ends with another.
#[must_use]
pub fn ends_with(text: &str, end: &str) -> bool {
    text.ends_with(end)
}

/// Whether another text is found in a text.
#[must_use]
pub fn contains(text: &str, part: &str) -> bool {
    text.contains(part)
}

/// Appends a text's characters in the reverse order.
pub fn reverse(text: &str, out: &mut String) {
    out.extend(text.chars().rev());
}

/// Appends a text of `n` characters: cut at its end, or with `fill` repeated before it. An empty
/// `fill` leaves a shorter text as it is, as in `PostgreSQL`.
///
/// # Errors
///
/// [`TextError::TooLong`], and nothing is appended.
pub fn lpad(text: &str, n: i64, fill: &str, out: &mut String) -> Result<(), TextError> {
    let missing = missing(text, n, fill)?;
    out.extend(fill.chars().cycle().take(missing));
    out.push_str(left(text, n.max(0)));
    Ok(())
}

/// [`lpad`] with what fills behind the text.
///
/// # Errors
///
/// [`TextError::TooLong`], and nothing is appended.
pub fn rpad(text: &str, n: i64, fill: &str, out: &mut String) -> Result<(), TextError> {
    let missing = missing(text, n, fill)?;
    out.push_str(left(text, n.max(0)));
    out.extend(fill.chars().cycle().take(missing));
    Ok(())
}

/// How many characters a text lacks.
fn missing(text: &str, n: i64, fill: &str) -> Result<usize, TextError> {
    let missing = count(n).saturating_sub(length(text));
    if missing == 0 || fill.is_empty() {
        return Ok(0);
    }
    let rounds = missing.div_ceil(length(fill));
    let bytes = rounds.saturating_mul(fill.len()).saturating_add(text.len());
    if bytes > MAX_BYTES { Err(TextError::TooLong) } else { Ok(missing) }
}

/// Appends a text `n` times.
///
/// # Errors
///
/// [`TextError::TooLong`], and nothing is appended.
pub fn repeat(text: &str, n: i64, out: &mut String) -> Result<(), TextError> {
    let times = count(n);
    if times.saturating_mul(text.len()) > MAX_BYTES {
        return Err(TextError::TooLong);
    }
    if !text.is_empty() {
        (0..times).for_each(|_| out.push_str(text));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
