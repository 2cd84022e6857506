//! Regular expressions, by the crate `regex`: linear in the text, so without references back and
//! without looking around.

use std::borrow::Cow;

use regex::{Captures, Regex, RegexBuilder};

/// Bytes that a compiled expression, and the states that its matching keeps, may take.
const MAX_BYTES: usize = 1 << 20;

/// What the letters behind a pattern ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `i`: without regard to case.
    pub case_insensitive: bool,
    /// `g`: everywhere, not only the first place; of replacing only.
    pub global: bool,
    /// `s`: the dot stands for a line's end, too.
    pub dot_all: bool,
}

impl Flags {
    /// Reads letters; the last of `i` and `c` counts.
    ///
    /// # Errors
    ///
    /// Names a letter that is unknown, or that databases read differently.
    pub fn parse(letters: &str) -> Result<Self, String> {
        let mut flags = Self::default();
        for letter in letters.chars() {
            match letter {
                'i' => flags.case_insensitive = true,
                'c' => flags.case_insensitive = false,
                'g' => flags.global = true,
                's' => flags.dot_all = true,
                _ => return Err(format!("'{letter}' is no option; there are i, c, s and g")),
            }
        }
        Ok(flags)
    }
}

/// A compiled expression.
#[derive(Clone, Debug)]
pub struct Pattern {
    regex: Regex,
}

impl Pattern {
    /// Compiles an expression. `\d` stands for 0 to 9 and `\w` for letters of all alphabets; the
    /// dot stands for a line's end only if `flags` say so.
    ///
    /// # Errors
    ///
    /// Says in one line what is wrong with it, or that it is too large.
    pub fn compile(pattern: &str, flags: Flags) -> Result<Self, String> {
        RegexBuilder::new(&ascii_digits(pattern))
            .case_insensitive(flags.case_insensitive)
            .dot_matches_new_line(flags.dot_all)
            .size_limit(MAX_BYTES)
            .dfa_size_limit(MAX_BYTES)
            .build()
            .map(|regex| Self { regex })
            .map_err(|error| format!("'{pattern}' is no regular expression: {}", reason(&error)))
    }

    /// How many groups in parentheses there are.
    #[must_use]
    pub fn groups(&self) -> usize {
        self.regex.captures_len() - 1
    }

    /// Whether it is found anywhere in a text.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// What a group matched where the expression is found first, group 0 being all of it; empty
    /// where it is not found or the group is none.
    #[must_use]
    pub fn extract<'a>(&self, text: &'a str, group: usize) -> &'a str {
        let found = if group == 0 {
            self.regex.find(text)
        } else {
            self.regex.captures(text).and_then(|captures| captures.get(group))
        };
        found.map_or("", |found| found.as_str())
    }

    /// A text with the first place, or all of them, replaced.
    #[must_use]
    pub fn replace<'a>(&self, text: &'a str, with: &Replacement, global: bool) -> Cow<'a, str> {
        let limit = usize::from(!global);
        self.regex.replacen(text, limit, |captures: &Captures<'_>| with.expand(captures))
    }
}

/// `\d` by its ASCII digits, as both `PostgreSQL` and DuckDB understand it.
fn ascii_digits(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern.chars();
    while let Some(letter) = rest.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        match rest.next() {
            Some('d') => out.push_str("[0-9]"),
            Some('D') => out.push_str("[^0-9]"),
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    out
}

/// The crate draws the pattern with an arrow below it; its last line says what is wrong.
fn reason(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(limit) => format!("it takes more than {limit} bytes"),
        error => {
            let text = error.to_string();
            let line = text.lines().last().unwrap_or_default();
            line.trim_start_matches("error: ").to_owned()
        }
    }
}

/// What a match is replaced with: texts and groups of the match.
#[derive(Clone, Debug)]
pub struct Replacement {
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Group(usize),
}

impl Replacement {
    /// Compiles a replacement, in which `\1` to `\9` stand for groups of the pattern, `\&` for all
    /// of the match and `\\` for a backslash.
    ///
    /// # Errors
    ///
    /// Says which group the pattern does not have, or that something else follows a backslash.
    pub fn compile(with: &str, pattern: &Pattern) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut rest = with.chars();
        while let Some(letter) = rest.next() {
            if letter != '\\' {
                text.push(letter);
                continue;
            }
            let group = match rest.next() {
                Some('\\') => {
                    text.push('\\');
                    continue;
                }
                Some('&') => 0,
                Some(digit @ '1'..='9') => digit.to_digit(10).unwrap_or_default() as usize,
                _ => {
                    return Err(format!(
                        "'{with}' has a backslash that is not followed by a digit from 1, by & \
                         for all of the match or by another backslash"
                    ));
                }
            };
            if group > pattern.groups() {
                let groups = pattern.groups();
                return Err(format!("'{with}' has \\{group}, but the pattern has {groups} groups"));
            }
            parts.push(Part::Text(std::mem::take(&mut text)));
            parts.push(Part::Group(group));
        }
        parts.push(Part::Text(text));
        Ok(Self { parts })
    }

    fn expand(&self, captures: &Captures<'_>) -> String {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Group(group) => {
                    out.push_str(captures.get(*group).map_or("", |found| found.as_str()));
                }
            }
        }
        out
    }
}

#[cfg(test)]
mod tests;
