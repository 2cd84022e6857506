//! Patterns of `LIKE` and `ILIKE`.

use std::borrow::Cow;

use crate::text::{lower, lower_char};

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Like {
    shape: Shape,
    case_insensitive: bool,
}

#[derive(Clone, Debug)]
enum Shape {
    /// `abc`
    Equals(String),
    /// `abc%`
    Starts(String),
    /// `%abc`
    Ends(String),
    /// `%abc%`
    Contains(String),
    /// Whatever else: what stands before the first `%`, between them and behind the last.
    Pieces { first: Piece, middle: Vec<Piece>, last: Option<Piece> },
}

/// A stretch of a pattern without `%`.
#[derive(Clone, Debug)]
enum Piece {
    Literal(String),
    /// `None` stands for any one character.
    Wild(Vec<Option<char>>),
}

impl Like {
    /// Compiles a pattern, in which `%` stands for any characters and `_` for one. What follows
    /// the character `escape` stands for itself. Without regard to case, both sides are compared
    /// in small letters, see [`lower`].
    ///
    /// # Errors
    ///
    /// Says so where the pattern has a backslash and no `escape` is given, as `PostgreSQL` takes it
    /// for one and DuckDB does not, and where the pattern ends with the `escape`.
    pub fn compile(
        pattern: &str,
        case_insensitive: bool,
        escape: Option<char>,
    ) -> Result<Self, String> {
        if escape.is_none() && pattern.contains('\\') {
            return Err(format!(
                "'{pattern}' has a backslash, which databases read differently; say which \
                 character escapes, as in LIKE '50!%' ESCAPE '!'"
            ));
        }
        let mut pieces = vec![Vec::new()];
        let mut rest = pattern.chars();
        while let Some(letter) = rest.next() {
            let wanted = if Some(letter) == escape {
                let escaped = rest.next();
                Some(escaped.ok_or_else(|| format!("'{pattern}' ends with its escape"))?)
            } else if letter == '%' {
                pieces.push(Vec::new());
                continue;
            } else {
                (letter != '_').then_some(letter)
            };
            if let Some(piece) = pieces.last_mut() {
                piece.push(if case_insensitive { wanted.map(lower_char) } else { wanted });
            }
        }
        Ok(Self { shape: Shape::of(pieces), case_insensitive })
    }

    /// Whether all of a text matches. The time is at most that of the text's length by the
    /// pattern's.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let text = if self.case_insensitive { lower(text) } else { Cow::Borrowed(text) };
        match &self.shape {
            Shape::Equals(part) => *text == **part,
            Shape::Starts(part) => text.starts_with(&**part),
            Shape::Ends(part) => text.ends_with(&**part),
            Shape::Contains(part) => text.contains(&**part),
            Shape::Pieces { first, middle, last } => {
                pieces_match(&text, first, middle, last.as_ref()).unwrap_or(false)
            }
        }
    }
}

/// Each piece where it is found first: were it taken later, less would be left for the next.
fn pieces_match(text: &str, first: &Piece, middle: &[Piece], last: Option<&Piece>) -> Option<bool> {
    let mut rest = first.after_start(text)?;
    let Some(last) = last else { return Some(rest.is_empty()) };
    for piece in middle {
        rest = piece.after_first(rest)?;
    }
    Some(last.ends(rest))
}

impl Shape {
    fn of(pieces: Vec<Vec<Option<char>>>) -> Self {
        let ends = pieces.len();
        let mut pieces: Vec<Piece> = pieces
            .into_iter()
            .enumerate()
            // Nothing between two % is as one of them.
            .filter(|(at, piece)| *at == 0 || at + 1 == ends || !piece.is_empty())
            .map(|(_, piece)| Piece::of(piece))
            .collect();
        match &mut pieces[..] {
            [Piece::Literal(part)] => return Self::Equals(std::mem::take(part)),
            [Piece::Literal(start), Piece::Literal(end)] if end.is_empty() => {
                return Self::Starts(std::mem::take(start));
            }
            [Piece::Literal(start), Piece::Literal(end)] if start.is_empty() => {
                return Self::Ends(std::mem::take(end));
            }
            [Piece::Literal(start), Piece::Literal(part), Piece::Literal(end)]
                if start.is_empty() && end.is_empty() =>
            {
                return Self::Contains(std::mem::take(part));
            }
            _ => {}
        }
        let last = if pieces.len() > 1 { pieces.pop() } else { None };
        let mut pieces = pieces.into_iter();
        let first = pieces.next().unwrap_or_else(|| Piece::Literal(String::new()));
        Self::Pieces { first, middle: pieces.collect(), last }
    }
}

impl Piece {
    fn of(letters: Vec<Option<char>>) -> Self {
        letters
            .iter()
            .copied()
            .collect::<Option<String>>()
            .map_or(Self::Wild(letters), Self::Literal)
    }

    /// What is left of a text behind the piece at its start.
    fn after_start<'a>(&self, text: &'a str) -> Option<&'a str> {
        match self {
            Self::Literal(part) => text.strip_prefix(&**part),
            Self::Wild(letters) => {
                let mut rest = text.chars();
                let matches = |wanted: &Option<char>| {
                    rest.next().is_some_and(|letter| wanted.is_none_or(|wanted| wanted == letter))
                };
                letters.iter().all(matches).then_some(rest.as_str())
            }
        }
    }

    /// What is left of a text behind the first place at which the piece is found.
    fn after_first<'a>(&self, text: &'a str) -> Option<&'a str> {
        match self {
            Self::Literal(part) => text.find(&**part).map(|at| &text[at + part.len()..]),
            Self::Wild(_) => {
                let mut starts = text.char_indices().map(|(at, _)| &text[at..]);
                starts.find_map(|start| self.after_start(start))
            }
        }
    }

    fn ends(&self, text: &str) -> bool {
        match self {
            Self::Literal(part) => text.ends_with(&**part),
            Self::Wild(letters) => {
                let mut rest = text.chars().rev();
                letters.iter().rev().all(|wanted| {
                    rest.next().is_some_and(|letter| wanted.is_none_or(|wanted| wanted == letter))
                })
            }
        }
    }
}

#[cfg(test)]
mod tests;
