//! The texts of mapped values that the pipeline names some of, and how many rows have each.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use polars::prelude::Series;

use crate::batch::Columns;
use crate::contract::Opened;
use crate::mapping::Role;
use crate::sink::{FileReport, LoadReport};
use crate::source::{Needs, Source};

/// Texts that nothing names of which rows are counted: the first of them in order, so that neither
/// threads nor files decide which these are.
const MOST_OTHERS: usize = 200;
/// Characters of such a text that are kept.
const LONGEST_OTHER: usize = 80;

/// A mapped value and the texts of it that are named.
#[derive(Clone, Debug)]
pub(crate) struct Watched {
    pub role: Role,
    named: BTreeSet<String>,
}

/// The rows of each text of a mapped value. Adding these up gives the same in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextsSeen {
    /// Rows of the texts that are named; those without a row are left out.
    pub named: BTreeMap<String, u64>,
    /// Rows of others, the first 200 in order. Of longer texts the first 80 characters.
    pub others: BTreeMap<String, u64>,
}

impl TextsSeen {
    /// Whether there may be other texts beyond those that are listed.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.others.len() >= MOST_OTHERS
    }

    /// Rows of all texts in one list, as [`Opened::sorted_out`] takes it.
    #[must_use]
    pub fn all(&self) -> BTreeMap<String, u64> {
        let all = self.named.iter().chain(&self.others);
        all.map(|(text, rows)| (text.clone(), *rows)).collect()
    }

    /// Adds the rows of another part of the same value.
    pub fn add(&mut self, other: &Self) {
        for (text, rows) in &other.named {
            *self.named.entry(text.clone()).or_default() += rows;
        }
        for (text, rows) in &other.others {
            self.add_other(text, *rows);
        }
    }

    /// A text that goes never belongs to those that stay in the end: there are as many before it.
    fn add_other(&mut self, text: &str, rows: u64) {
        if let Some(sum) = self.others.get_mut(text) {
            *sum += rows;
            return;
        }
        if self.is_full() {
            match self.others.last_key_value() {
                Some((last, _)) if text < last.as_str() => self.others.pop_last(),
                _ => return,
            };
        }
        self.others.insert(text.to_owned(), rows);
    }
}

impl Watched {
    /// The values of a source of which some texts are named, in a fixed order.
    pub fn all(source: &Source) -> Vec<Self> {
        let named = source.named_texts().into_iter();
        named
            .map(|(role, texts)| Self { role, named: texts.into_iter().cloned().collect() })
            .collect()
    }

    /// Rows by text, as [`TextsSeen::all`] gives them.
    pub fn sorted_out(&self, all: &BTreeMap<String, u64>) -> TextsSeen {
        let mut seen = TextsSeen::default();
        for (text, rows) in all {
            self.see(&mut seen, text, *rows);
        }
        seen
    }

    fn see(&self, seen: &mut TextsSeen, text: &str, rows: u64) {
        if self.named.contains(text) {
            *seen.named.entry(text.to_owned()).or_default() += rows;
        } else {
            match text.char_indices().nth(LONGEST_OTHER) {
                Some((end, _)) => seen.add_other(&format!("{}…", &text[..end]), rows),
                None => seen.add_other(text, rows),
            }
        }
    }

    /// The texts of a column.
    fn of(&self, column: &Series) -> TextsSeen {
        let mut seen = TextsSeen::default();
        each_text(column, |text, rows| self.see(&mut seen, text, rows));
        seen
    }
}

/// The texts of each watched value in a frame, rejected rows included; none of a value that is not read.
pub(crate) fn count(columns: &Columns<'_>) -> Vec<TextsSeen> {
    let of = |watched: &Watched| {
        let column = columns.get(watched.role);
        column.map(|column| watched.of(column)).unwrap_or_default()
    };
    columns.input.watched.iter().map(of).collect()
}

/// Adds what was seen of each value.
pub(crate) fn add_all(into: &mut Vec<TextsSeen>, seen: &[TextsSeen]) {
    into.resize_with(into.len().max(seen.len()), TextsSeen::default);
    into.iter_mut().zip(seen).for_each(|(all, own)| all.add(own));
}

/// A mapped value of which the pipeline names some texts, and the texts that rows have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueTexts {
    /// Its key in the input's section of the pipeline file.
    pub key: String,
    /// SQL expression.
    pub expr: String,
    /// Its texts.
    pub texts: TextsSeen,
}

impl Opened {
    /// The texts of each value of which the pipeline names some, as far as they were read. Rows are those
    /// that the filter lets through and that equal no other, rejected ones included.
    #[must_use]
    pub fn texts_seen(&self, report: &LoadReport) -> Vec<ValueTexts> {
        self.texts_of(&report.files, report.needs)
    }

    /// The same of what [`Opened::count_texts`] found.
    #[must_use]
    pub fn counted_texts(&self, files: &[FileReport]) -> Vec<ValueTexts> {
        self.texts_of(files, Needs { order_ids: false, instants: false, reasons: true })
    }

    fn texts_of(&self, files: &[FileReport], needs: Needs) -> Vec<ValueTexts> {
        let is_read = |role| match role {
            Role::Column(place) => self.source.is_needed(place, needs),
            _ => true,
        };
        let watched = self.watched.iter().enumerate().filter(|(_, watched)| is_read(watched.role));
        let found = watched.filter_map(|(place, watched)| {
            let mapping = self.mapping(watched.role)?;
            let mut texts = TextsSeen::default();
            files.iter().filter_map(|file| file.texts.get(place)).for_each(|own| texts.add(own));
            Some(ValueTexts { key: mapping.key.clone(), expr: mapping.text.clone(), texts })
        });
        found.collect()
    }

    /// What was seen of a file, from rows by text of each value, as [`TextsSeen::all`] gives them.
    #[must_use]
    pub fn sorted_out(&self, all: &[BTreeMap<String, u64>]) -> Vec<TextsSeen> {
        self.watched.iter().zip(all).map(|(watched, all)| watched.sorted_out(all)).collect()
    }
}

/// Views that are counted without a look at their texts.
const SLOTS: usize = 256;
/// Slots that are tried for a view.
const TRIES: usize = 8;
/// No view of 12 bytes or less has a length like this, and a longer one has other bits.
const NO_VIEW: u128 = u128::MAX;

/// Rows by view. Views are equal where short texts are, and often where long ones are; as columns that are
/// watched have few texts, nearly every row finds its own in a slot.
struct Slots {
    views: [u128; SLOTS],
    /// The first row of each.
    firsts: [usize; SLOTS],
    rows: [u64; SLOTS],
}

impl Slots {
    fn new() -> Self {
        Self { views: [NO_VIEW; SLOTS], firsts: [0; SLOTS], rows: [0; SLOTS] }
    }

    /// Counts a row; false where there is no slot for its view.
    #[inline]
    fn count(&mut self, view: u128, row: usize) -> bool {
        let place = first_slot(view);
        if self.views[place] == view {
            self.rows[place] += 1;
            return true;
        }
        self.find(place, view, row)
    }

    #[cold]
    fn find(&mut self, first: usize, view: u128, row: usize) -> bool {
        for place in (first..first + TRIES).map(|place| place % SLOTS) {
            if self.views[place] == NO_VIEW {
                (self.views[place], self.firsts[place]) = (view, row);
            }
            if self.views[place] == view {
                self.rows[place] += 1;
                return true;
            }
        }
        false
    }
}

/// Tells texts of a column and their rows; one text may come several times, in any order.
fn each_text(column: &Series, mut told: impl FnMut(&str, u64)) {
    let Ok(texts) = column.str() else { return };
    let texts = texts.downcast_as_array();
    let mut slots = Slots::new();
    let mut crowded: HashMap<&str, u64> = HashMap::new();
    let mut count = |row: usize, view: u128| {
        if !slots.count(view, row) {
            *crowded.entry(texts.value(row)).or_default() += 1;
        }
    };
    let views = texts.views();
    if column.null_count() == 0 {
        views.iter().enumerate().for_each(|(row, view)| count(row, view.as_u128()));
    } else {
        let there = column.is_not_null();
        let rows = there.downcast_as_array().values().true_idx_iter();
        rows.for_each(|row| count(row, views[row].as_u128()));
    }
    for place in (0..SLOTS).filter(|place| slots.rows[*place] > 0) {
        told(texts.value(slots.firsts[place]), slots.rows[place]);
    }
    #[expect(clippy::iter_over_hash_type, reason = "rows are added up, in whatever order")]
    for (text, rows) in crowded {
        told(text, rows);
    }
}

/// The upper bits of a multiplication with the golden ratio.
#[expect(clippy::cast_possible_truncation, reason = "the halves are mixed, and 8 bits are left")]
fn first_slot(view: u128) -> usize {
    let mixed = (view as u64 ^ (view >> 64) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 56) as usize
}

#[cfg(test)]
mod tests {
    use polars::prelude::{NewChunkedArray, StringChunked};

    use super::*;

    fn watched(named: &[&str]) -> Watched {
        let named = named.iter().map(|text| (*text).to_owned()).collect();
        Watched { role: Role::Column(0), named }
    }

    fn column(texts: &[Option<&str>]) -> Series {
        StringChunked::from_slice_options("".into(), texts).into()
    }

    fn shown(rows: &BTreeMap<String, u64>) -> String {
        let shown: Vec<_> = rows.iter().map(|(text, rows)| format!("{text:?} {rows}")).collect();
        shown.join(", ")
    }

    #[test]
    fn rows_are_counted_by_text() {
        let long = "a text that lies outside of its view";
        let longer = "ä".repeat(81);
        let cases: [(&[Option<&str>], &str, &str); 5] = [
            (&[], "", ""),
            (&[None, None], "", ""),
            (&[Some("sold"), Some("lost"), None, Some("sold")], r#""sold" 2"#, r#""lost" 1"#),
            (
                &[Some(long), Some(""), Some(long)],
                "",
                r#""" 1, "a text that lies outside of its view" 2"#,
            ),
            (
                &[Some(&longer), Some(&longer[..160])],
                "",
                &format!("{0:?} 1, \"{1}…\" 1", &longer[..160], &longer[..160]),
            ),
        ];
        for (texts, named, others) in cases {
            let seen = watched(&["sold", "never"]).of(&column(texts));
            assert_eq!((&*shown(&seen.named), &*shown(&seen.others)), (named, others), "{texts:?}");
        }
    }

    #[test]
    fn which_others_are_kept_depends_on_no_order() {
        let texts: Vec<String> = (0..1500).map(|n| format!("text {}", n * 7919 % 1009)).collect();
        let texts: Vec<Option<&str>> = texts.iter().map(|text| Some(text.as_str())).collect();
        let watched = watched(&["text 999", "text 1", "no text"]);
        let whole = watched.of(&column(&texts));
        assert_eq!(whole.others.len(), MOST_OTHERS);
        assert_eq!(shown(&whole.named), r#""text 1" 2, "text 999" 1"#);
        let mut expected: BTreeMap<String, u64> = BTreeMap::new();
        for text in texts.iter().flatten() {
            *expected.entry((*text).to_owned()).or_default() += 1;
        }
        expected.retain(|text, _| !watched.named.contains(text));
        let expected: Vec<_> = expected.into_iter().take(MOST_OTHERS).collect();
        assert_eq!(whole.others.clone().into_iter().collect::<Vec<_>>(), expected);
        for size in [1, 7, 499] {
            let mut parts: Vec<_> =
                texts.chunks(size).map(|part| watched.of(&column(part))).collect();
            for reversed in [false, true] {
                if reversed {
                    parts.reverse();
                }
                let mut sum = TextsSeen::default();
                for part in &parts {
                    sum.add(&watched.sorted_out(&part.all()));
                }
                assert_eq!(sum, whole, "{size}, {reversed}");
            }
        }
    }
}
