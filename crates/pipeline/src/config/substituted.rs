//! What `${NAME}` stood for: wherever a text leaves, the name stands there and not the value.

use std::borrow::Cow;
use std::ops::Range;

/// A shorter text would be found in any other.
const SHORTEST: usize = 3;
/// From so many bytes on a text is unlikely to be found by chance.
const LONG: usize = 8;
/// What may stand beside a short value.
const EDGES: &str = "/\\:;=@?&\"'`()<>|";

/// A text of the pipeline file in which the names of variables are replaced by their values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Expanded {
    /// The text.
    pub text: String,
    /// Where values stand in it, and their variables, in order.
    pub values: Vec<(Range<usize>, String)>,
}

impl Expanded {
    /// A part of the text, with the names in place of the values that lie in it.
    fn named(&self, part: Range<usize>) -> String {
        let mut named = String::new();
        let mut at = part.start;
        let inside = |value: &Range<usize>| value.start >= part.start && value.end <= part.end;
        for (value, name) in self.values.iter().filter(|(value, _)| inside(value)) {
            named.push_str(&self.text[at..value.start]);
            named.push_str(&reference(name));
            at = value.end;
        }
        named + &self.text[at..part.end]
    }
}

fn reference(name: &str) -> String {
    format!("${{{name}}}")
}

/// The values that a pipeline file has from the environment, and the texts that they are part of.
#[derive(Clone, Debug, Default)]
pub struct Substituted(
    /// The longest text first.
    Vec<Known>,
);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Known {
    text: String,
    /// The same with the names in it.
    named: String,
}

impl Substituted {
    /// Takes note of the values of a text.
    pub(super) fn note(&mut self, expanded: &Expanded) {
        let text = &expanded.text;
        let Some((last, _)) = expanded.values.last() else { return };
        for (value, name) in &expanded.values {
            self.add(&text[value.clone()], &reference(name));
            // Messages and records also name the store alone, or what lies in it.
            let rest =
                text[value.clone()].split_once("://").and_then(|(_, rest)| rest.split_once('/'));
            if let Some((_, path)) = rest {
                self.add(&text[value.start..value.end - path.len()], &reference(name));
                self.add(path, &reference(name));
            }
            // The folder or file of whose name it is a part.
            let start = text[..value.start].rfind('/').map_or(0, |slash| slash + 1);
            let end = text[value.end..].find('/').map_or(text.len(), |slash| value.end + slash);
            self.add(&text[start..end], &expanded.named(start..end));
        }
        // What a pattern begins with is part of every path that it matches.
        let end = text[last.end..].find(['*', '?', '[']).map_or(text.len(), |at| last.end + at);
        self.add(&text[..end], &expanded.named(0..end));
        self.0.sort_by_key(|known| std::cmp::Reverse(known.text.len()));
    }

    fn add(&mut self, text: &str, named: &str) {
        let trimmed = text.trim_end_matches('/');
        let named = if text.len() == trimmed.len() { named } else { named.trim_end_matches('/') };
        let known = Known { text: trimmed.to_owned(), named: named.to_owned() };
        if known.text.len() >= SHORTEST && !self.0.contains(&known) {
            self.0.push(known);
        }
    }

    /// Adds what another pipeline has.
    pub fn join(&mut self, other: &Self) {
        let new: Vec<_> = other.0.iter().filter(|known| !self.0.contains(known)).cloned().collect();
        self.0.extend(new);
        self.0.sort_by_key(|known| std::cmp::Reverse(known.text.len()));
    }

    /// A text with `${NAME}` in place of each value. One of fewer than 8 characters, and a word or a
    /// number of any length, is replaced only where it stands by itself, as the name of a folder does;
    /// one of fewer than 3 only in the setting that it is a part of.
    #[must_use]
    pub fn hide<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.replaced(text, |_| true)
    }

    /// As [`Substituted::hide`] for a line that has names and numbers of others in it: only values that
    /// could not stand there by chance are replaced.
    #[must_use]
    pub fn hide_distinct<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.replaced(text, Known::is_distinct)
    }

    fn replaced<'t>(&self, text: &'t str, counts: impl Fn(&Known) -> bool) -> Cow<'t, str> {
        let mut hidden = String::new();
        let mut copied = 0;
        let mut at = 0;
        let known: Vec<_> =
            self.0.iter().filter(|known| counts(known) && text.contains(&known.text)).collect();
        while let Some(next) = text[at..].chars().next().filter(|_| !known.is_empty()) {
            let Some(found) = known.iter().find(|known| known.is_at(text, at)) else {
                at += next.len_utf8();
                continue;
            };
            hidden.push_str(&text[copied..at]);
            hidden.push_str(&found.named);
            at += found.text.len();
            copied = at;
        }
        if copied == 0 { text.into() } else { (hidden + &text[copied..]).into() }
    }
}

impl Known {
    fn is_distinct(&self) -> bool {
        let is_word = self.text.chars().all(char::is_alphabetic);
        // Or a day, of which messages have many.
        let is_number = self.text.chars().all(|c| c.is_ascii_digit() || ".-:".contains(c));
        self.text.len() >= LONG && !is_word && !is_number
    }

    fn is_at(&self, text: &str, at: usize) -> bool {
        if !text[at..].starts_with(&self.text) {
            return false;
        }
        let is_edge = |c: Option<char>| c.is_some_and(|c| EDGES.contains(c));
        let before = text[..at].chars().next_back();
        let after = text[at + self.text.len()..].chars().next();
        let begins = is_edge(before) || is_edge(self.text.chars().next());
        // A path may end a sentence, or a part of one.
        let ends = after
            .is_none_or(|c| EDGES.contains(c) || begins && (c.is_whitespace() || ".,".contains(c)));
        self.is_distinct() || (begins || before.is_none()) && ends
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::expand;
    use super::*;

    fn substituted(texts: &[&str]) -> Substituted {
        let environment = |name: &str| {
            let value = match name {
                "LAKE" => "s3://lake-eu/shop",
                "DATA" => "/data",
                "ENV" => "prod",
                "YEAR" => "2024",
                "DAY" => "2024-04-01",
                "TABLE" => "customers",
                "LAND" => "GB",
                "SALT" => "k3y/with:signs",
                _ => return None,
            };
            Some(value.to_owned())
        };
        let mut substituted = Substituted::default();
        for text in texts {
            substituted.note(&expand(text, &environment).unwrap());
        }
        substituted
    }

    #[test]
    fn names_stand_in_place_of_values() {
        for (setting, text, expected) in [
            (
                "${LAKE}/orders/*.parquet",
                "no s3://lake-eu/shop/orders/a b",
                "no ${LAKE}/orders/a b",
            ),
            ("${LAKE}/orders", "can't reach s3://lake-eu: no key", "can't reach ${LAKE}: no key"),
            (
                "${DATA}/orders",
                "\"/data/orders/a.parquet\" is cut",
                "\"${DATA}/orders/a.parquet\" is cut",
            ),
            ("${DATA}/", "cannot read /data.", "cannot read ${DATA}."),
            ("${DATA}/", "/database is another", "/database is another"),
            ("s3://b-${ENV}/*/x", "s3://b-prod/1/x", "s3://b-${ENV}/1/x"),
            ("in/${ENV}/x", "the products of /w/in/prod/x", "the products of /w/in/${ENV}/x"),
            (
                "in/${YEAR}/x",
                "2024 rows as of 2024-01-01, /w/in/2024/y",
                "2024 rows as of 2024-01-01, /w/in/${YEAR}/y",
            ),
            ("${DAY}", "as of 2024-04-01: /w/2024-04-01/y", "as of 2024-04-01: /w/${DAY}/y"),
            ("in/${TABLE}", "3 customers in /w/in/customers", "3 customers in /w/in/${TABLE}"),
            ("shop of ${LAND}", "shop of GB in GB", "shop of ${LAND} in GB"),
            ("${ENV:-x}-${LAND}", "prod-GB", "${ENV}-${LAND}"),
            ("${NONE:-/data/x}", "/data/x", "/data/x"),
            ("token ${SALT}", "xk3y/with:signsx", "x${SALT}x"),
            ("$${ENV}", "${ENV} prod", "${ENV} prod"),
        ] {
            assert_eq!(substituted(&[setting]).hide(text), expected, "{setting}");
        }
    }

    #[test]
    fn lines_of_others_keep_what_stands_there_by_chance() {
        let all = substituted(&["${LAKE}/${YEAR}/${TABLE}", "${ENV}"]);
        let line = "{\"rows\":2024,\"customers\":2,\"at\":\"s3://lake-eu/shop\"}";
        let hidden = "{\"rows\":2024,\"customers\":2,\"at\":\"${LAKE}\"}";
        assert_eq!(all.hide_distinct(line), hidden);
        let mut joined = substituted(&["${DATA}"]);
        joined.join(&all);
        assert_eq!(joined.hide("/data and s3://lake-eu/shop"), "${DATA} and ${LAKE}");
    }
}
