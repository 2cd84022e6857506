//! Texts of others as messages show them: what would move a cursor or turn a line around is written
//! out, as `\u{1b}`.

use std::borrow::Cow;
use std::path::Path;

/// A text on one line. Control characters, line breaks among them, and marks that change the direction
/// of writing are escaped as in the source of a program.
#[must_use]
pub fn shown(text: &str) -> Cow<'_, str> {
    escaped(text, written)
}

/// A path on one line; what is no UTF-8 in it is replaced.
#[must_use]
pub fn shown_path(path: &Path) -> String {
    shown(&path.to_string_lossy()).into_owned()
}

/// As [`shown`], for a picture or a table: line breaks stay as they are.
#[must_use]
pub fn shown_text(text: &str) -> Cow<'_, str> {
    escaped(text, |c| if c == '\n' { c.into() } else { written(c) })
}

/// As [`shown`], within the strings of a JSON text, where backslashes begin JSON's own escapes.
#[must_use]
pub fn shown_json(text: &str) -> Cow<'_, str> {
    escaped(text, |c| format!("\\u{:04x}", u32::from(c)))
}

fn written(c: char) -> String {
    c.escape_default().to_string()
}

fn escaped(text: &str, escape: impl Fn(char) -> String) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return text.into();
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_unsafe(c) {
            safe.push_str(&escape(c));
        } else {
            safe.push(c);
        }
    }
    safe.into()
}

/// Whether a terminal would obey a character rather than show it: C0, DEL and C1, separators of lines,
/// and the marks, embeddings, overrides and isolates of text that runs in both directions.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_on_one_line() {
        for (text, expected) in [
            ("plain – ünï, \\ and \"", "plain – ünï, \\ and \""),
            ("\u{1b}[2J\u{7}", "\\u{1b}[2J\\u{7}"),
            ("a\nb\r\tc\0", "a\\nb\\r\\tc\\u{0}"),
            ("\u{7f}\u{80}\u{9b}31m", "\\u{7f}\\u{80}\\u{9b}31m"),
            ("\u{202e}cod.exe\u{2066}\u{2069}", "\\u{202e}cod.exe\\u{2066}\\u{2069}"),
            ("\u{200e}\u{200f}\u{61c}\u{2028}", "\\u{200e}\\u{200f}\\u{61c}\\u{2028}"),
            // Joiners are part of words and of pictures.
            ("\u{200d}\u{200c}", "\u{200d}\u{200c}"),
        ] {
            assert_eq!(shown(text), expected);
            assert_eq!(shown(&shown(text)), expected, "once is enough");
        }
        assert_eq!(shown_path(Path::new("/a\n/\u{1b}")), "/a\\n/\\u{1b}");
    }

    #[test]
    fn texts_of_several_lines() {
        assert_eq!(shown_text("a\n\u{1b}b\r\n"), "a\n\\u{1b}b\\r\n");
        assert_eq!(shown_json("{\"a\":\"\u{202e}\u{9b}\"}"), "{\"a\":\"\\u202e\\u009b\"}");
    }
}
