//! Texts that the pipeline file names, and whether rows have them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use kohort_checks::{Finding, Kind, Severity, Status};
use kohort_load::ValueTexts;
use kohort_model::{Input, TextOrder, ValueKind};

use crate::{Pipeline, currencies};

/// Texts of rows that a message lists at most.
const SHOWN: usize = 5;

/// A list of texts in the pipeline file, each of which is looked for in rows.
pub(crate) struct List<'a> {
    /// Dotted key.
    pub key: String,
    pub texts: Vec<&'a str>,
    /// Where the texts are looked for: the key of a mapped value, by input.
    pub values: Vec<(Input, &'static str)>,
    /// Whether it is in the file; a default has nothing that could be misspelled.
    is_given: bool,
}

/// Every list that names something: those of the inputs, then the names that settings give reasons.
pub(crate) fn lists(pipeline: &Pipeline) -> Vec<List<'_>> {
    let mut all: Vec<List<'_>> = Vec::new();
    let mut renamed: Vec<List<'_>> = Vec::new();
    for (input, mapped) in
        pipeline.inputs.iter().flat_map(|i| i.columns.iter().map(move |c| (i, c)))
    {
        let value = (input.spec.input, mapped.column.name);
        all.extend(mapped.lists.iter().map(|list| List {
            key: format!("inputs.{}.{}", input.spec.input.name(), list.key),
            texts: list.texts.iter().map(String::as_str).collect(),
            values: vec![value],
            is_given: list.is_given,
        }));
        let ValueKind::Text(text) = mapped.column.kind else { continue };
        if let TextOrder::ListedFirst(key) | TextOrder::ListedOnly(key) = text.order {
            let texts = pipeline.listed(key).iter().map(String::as_str).collect();
            all.push(List { key: key.to_owned(), texts, values: vec![value], is_given: true });
        }
        let Some(key) = text.renamed_by else { continue };
        if let Some(list) = renamed.iter_mut().find(|list| list.key == key) {
            list.values.push(value);
            continue;
        }
        let texts = pipeline.renamed(key).iter().map(|(found, _)| found.as_str()).collect();
        renamed.push(List { key: key.to_owned(), texts, values: vec![value], is_given: true });
    }
    all.extend(renamed);
    all.retain(|list| !list.texts.is_empty());
    all
}

/// The texts that the rows of an input have, and how many rows were looked at for them.
pub(crate) struct Found {
    pub input: Input,
    pub rows: u64,
    pub values: Vec<ValueTexts>,
}

/// What came of each list that is in the file.
pub(crate) fn findings(pipeline: &Pipeline, found: &[Found]) -> Vec<Finding> {
    let severity = pipeline.checks.unknown_values;
    let given = lists(pipeline).into_iter().filter(|list| list.is_given);
    let given = given.map(|list| finding(&list, found, severity));
    given.chain(currencies::finding(pipeline)).collect()
}

fn finding(list: &List<'_>, found: &[Found], severity: Severity) -> Finding {
    let inputs: BTreeSet<Input> = list.values.iter().map(|(input, _)| *input).collect();
    let finding = Finding {
        kind: Kind::UnknownValues,
        input: inputs.first().copied().filter(|_| inputs.len() == 1),
        table: None,
        subject: Some(list.key.clone()),
        severity,
        status: Status::Skipped,
        observed: None,
        allowed: Some(0.0),
        rows: None,
        failing: None,
        detail: None,
    };
    let Some(seen) = Seen::of(list, found) else {
        let detail = Some("no table of this run reads what the texts are looked for in".to_owned());
        return Finding { detail, ..finding };
    };
    if seen.rows == 0 {
        let detail = Some("there is no row".to_owned());
        return Finding { detail, ..finding };
    }
    let unknown = seen.unknown(list);
    let count = u32::try_from(unknown.len()).unwrap_or(u32::MAX);
    Finding {
        status: Status::of(unknown.is_empty(), severity),
        observed: Some(count.into()),
        rows: Some(seen.rows),
        detail: (!unknown.is_empty()).then(|| seen.sentence(list, &unknown)),
        ..finding
    }
}

/// What the rows have in which the texts of a list are looked for.
struct Seen<'a> {
    rows: u64,
    values: Vec<(Input, &'a ValueTexts)>,
}

impl<'a> Seen<'a> {
    /// `None` where one of the values was not read, so that nobody knows.
    fn of(list: &List<'_>, found: &'a [Found]) -> Option<Self> {
        let mut seen = Self { rows: 0, values: Vec::new() };
        for (input, key) in &list.values {
            let found = found.iter().find(|found| found.input == *input)?;
            let value = found.values.iter().find(|value| value.key == *key)?;
            seen.rows += found.rows;
            seen.values.push((*input, value));
        }
        Some(seen)
    }

    fn unknown<'t>(&self, list: &List<'t>) -> Vec<&'t str> {
        let has = |text: &str| self.values.iter().any(|(_, v)| v.texts.named.contains_key(text));
        list.texts.iter().copied().filter(|text| !has(text)).collect()
    }

    /// That no row has the `unknown` texts, and which ones are there.
    fn sentence(&self, list: &List<'_>, unknown: &[&str]) -> String {
        let columns = self.values.iter().map(|(input, value)| {
            let of =
                if self.values.len() > 1 { format!(" of {}", input.name()) } else { String::new() };
            format!("{}{of}", Column(value))
        });
        let columns: Vec<_> = columns.collect();
        let texts = one_of(unknown.iter().map(|text| format!("{text:?}")));
        format!(
            "no row has {texts} in {}; {}; correct {}, or take out what is there no more",
            columns.join(" or "),
            self.there(unknown),
            list.key,
        )
    }

    /// The texts that are there, those before all that nothing names and that are like the unknown ones.
    fn there(&self, unknown: &[&str]) -> String {
        let sum = |of: fn(&ValueTexts) -> &BTreeMap<String, u64>| {
            let mut all: BTreeMap<&str, u64> = BTreeMap::new();
            for (text, rows) in self.values.iter().flat_map(|(_, value)| of(value)) {
                *all.entry(text).or_default() += rows;
            }
            all
        };
        let (others, named) = (sum(|value| &value.texts.others), sum(|value| &value.texts.named));
        let are_named = others.is_empty();
        let likeness = |text: &str| {
            let text = text.to_lowercase();
            let each = unknown.iter().map(|u| strsim::jaro_winkler(&u.to_lowercase(), &text));
            each.fold(0.0, f64::max)
        };
        let there = if are_named { named } else { others };
        let mut there: Vec<_> =
            there.into_iter().map(|(text, rows)| (likeness(text), rows, text)).collect();
        there.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)).then(a.2.cmp(b.2)));
        let more = there.len().saturating_sub(SHOWN);
        let mut shown: Vec<String> = there
            .iter()
            .take(SHOWN)
            .map(|(_, rows, text)| format!("{text:?} ({})", counted(*rows)))
            .collect();
        if more > 0 {
            shown.push(format!("and {more} more"));
        }
        match (shown.is_empty(), are_named) {
            (true, _) => "every row has NULL there".to_owned(),
            (false, true) => format!("all that is there is named already: {}", shown.join(", ")),
            (false, false) => format!("there are {}", shown.join(", ")),
        }
    }
}

/// Where a value comes from, in words.
struct Column<'a>(&'a ValueTexts);

impl fmt::Display for Column<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ValueTexts { key, expr, .. } = self.0;
        if expr.chars().all(|c| c.is_alphanumeric() || c == '_') {
            write!(f, "column {expr:?}")
        } else {
            write!(f, "{key} = {expr:?}")
        }
    }
}

/// `1204` as `1,204 rows`.
fn counted(rows: u64) -> String {
    if rows == 1 {
        return "1 row".to_owned();
    }
    let digits = rows.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{grouped} rows")
}

/// `a, b or c`.
fn one_of(texts: impl Iterator<Item = String>) -> String {
    let mut texts: Vec<String> = texts.collect();
    match (texts.pop(), texts.is_empty()) {
        (None, _) => String::new(),
        (Some(last), true) => last,
        (Some(last), false) => format!("{} or {last}", texts.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use kohort_load::TextsSeen;

    use super::*;

    fn value(key: &str, expr: &str, named: &[(&str, u64)], others: &[(&str, u64)]) -> ValueTexts {
        let rows = |of: &[(&str, u64)]| of.iter().map(|(t, n)| ((*t).to_owned(), *n)).collect();
        let texts = TextsSeen { named: rows(named), others: rows(others) };
        ValueTexts { key: key.to_owned(), expr: expr.to_owned(), texts }
    }

    fn judged(texts: &[&str], found: &[Found]) -> (Status, Option<String>) {
        let values = vec![(Input::Contacts, "variant"), (Input::Surveys, "reason")];
        let values = values.into_iter().take(found.len().max(1)).collect();
        let list = List { key: "a.list".to_owned(), texts: texts.to_vec(), values, is_given: true };
        let finding = finding(&list, found, Severity::Warn);
        (finding.status, finding.detail)
    }

    #[test]
    fn what_no_row_has_is_told_with_what_rows_have() {
        let of = |values| Found { input: Input::Contacts, rows: 9, values: vec![values] };
        let arm = |named: &[(&str, u64)], others: &[(&str, u64)]| {
            of(value("variant", "arm", named, others))
        };
        let many: Vec<_> = ["a", "b", "c", "d", "e", "f", "g"].map(|text| (text, 1)).into();
        let tail = "; correct a.list, or take out what is there no more";
        for (texts, found, expected) in [
            (&["a"][..], arm(&[("a", 2)], &[]), ""),
            (
                &["kontroll"],
                arm(&[], &[("kontrolle", 1204), ("mail", 1)]),
                r#"no row has "kontroll" in column "arm"; there are "kontrolle" (1,204 rows), "mail" (1 row)"#,
            ),
            (
                &["x", "mail", "y"],
                arm(&[("mail", 1_000_000)], &[]),
                r#"no row has "x" or "y" in column "arm"; all that is there is named already: "mail" (1,000,000 rows)"#,
            ),
            (&["x"], arm(&[], &[]), r#"no row has "x" in column "arm"; every row has NULL there"#),
            (
                &["G"],
                of(value("variant", "LOWER(arm)", &[], &many)),
                "no row has \"G\" in variant = \"LOWER(arm)\"; there are \"g\" (1 row), \"a\" (1 row), \
                 \"b\" (1 row), \"c\" (1 row), \"d\" (1 row), and 2 more",
            ),
        ] {
            let expected = (!expected.is_empty()).then(|| format!("{expected}{tail}"));
            let status = Status::of(expected.is_none(), Severity::Warn);
            assert_eq!(judged(texts, &[found]), (status, expected), "{texts:?}");
        }
    }

    #[test]
    fn every_place_is_looked_at() {
        let contacts = || Found {
            input: Input::Contacts,
            rows: 2,
            values: vec![value("variant", "arm", &[], &[("b", 2)])],
        };
        let surveys = |named: &[(&str, u64)]| Found {
            input: Input::Surveys,
            rows: 3,
            values: vec![value("reason", "why", named, &[("b", 1)])],
        };
        let unread = Found { input: Input::Surveys, rows: 3, values: Vec::new() };
        assert_eq!(judged(&["a"], &[contacts(), surveys(&[("a", 1)])]).0, Status::Pass);
        assert_eq!(judged(&["a"], &[contacts(), unread]).0, Status::Skipped);
        assert_eq!(judged(&["a"], &[]).0, Status::Skipped);
        let empty = Found { rows: 0, ..contacts() };
        assert_eq!(judged(&["a"], &[empty]).0, Status::Skipped);
        let (status, detail) = judged(&["a"], &[contacts(), surveys(&[])]);
        assert_eq!(status, Status::Warn);
        let start = "no row has \"a\" in column \"arm\" of contacts or column \"why\" of surveys; there are \
                     \"b\" (3 rows); ";
        assert!(detail.as_ref().is_some_and(|d| d.starts_with(start)), "{detail:?}");
    }
}
