//! The input files of two runs.

use kohort_model::Grain;

use super::{day, published};
use crate::diff::{Comparison, FileChange, suspects};
use crate::{FileRecord, InputRecord, RunRecord};

/// A file from words: path, rows, identity, then months with their rows.
fn file(line: &str) -> FileRecord {
    let words: Vec<_> = line.split_whitespace().collect();
    let months = words[3..].iter().map(|word| word.split_once('=').unwrap());
    FileRecord {
        path: words[0].to_owned(),
        rows: words[1].parse().unwrap(),
        bytes: 100,
        identity: (words[2] != "-").then(|| words[2].to_owned()),
        rows_by_month: months.map(|(m, rows)| (m.to_owned(), rows.parse().unwrap())).collect(),
        ..FileRecord::default()
    }
}

fn files(older: &[&str], newer: &[&str], edit: impl Fn(&mut RunRecord)) -> Vec<FileChange> {
    let root = tempfile::tempdir().unwrap();
    let with = |files: &[&str], run: &mut RunRecord| {
        let files = files.iter().map(|line| file(line)).collect();
        run.inputs =
            vec![InputRecord { input: "orders".to_owned(), files, ..InputRecord::default() }];
        edit(run);
    };
    let older = published(root.path(), 1, &[], |run| with(older, run));
    let newer = published(root.path(), 2, &[], |run| with(newer, run));
    Comparison::new(older, newer).unwrap().files()
}

/// A name, files of the older and of the newer run, and what differs.
type Case<'a> = (&'a str, &'a [&'a str], &'a [&'a str], &'a [&'a str]);

#[test]
fn files_that_changed() {
    let cases: [Case; 9] = [
        ("none", &["a 5 01 2024-05=5"], &["a 5 01 2024-05=5"], &[]),
        ("late", &[], &["a 5 01 2024-05=3 2024-06=2"], &["a late 0>5 closed 0>3 2024-05"]),
        ("new", &[], &["a 5 01 2024-06=5"], &["a new 0>5 closed 0>0"]),
        (
            "corrected, with as many rows",
            &["a 5 01 2024-05=5"],
            &["a 5 02 2024-05=5"],
            &["a corrected 5>5 closed 5>5 2024-05"],
        ),
        (
            "corrected, to another month",
            &["a 5 01 2024-05=5"],
            &["a 4 02 2024-04=1 2024-06=3"],
            &["a corrected 5>4 closed 5>1 2024-04 2024-05"],
        ),
        ("grown", &["a 1 01 2024-06=1"], &["a 2 02 2024-06=2"], &["a changed 1>2 closed 0>0"]),
        ("deleted", &["a 5 01 2024-05=5"], &[], &["a deleted 5>0 closed 5>0 2024-05"]),
        ("without identities", &["a 5 - 2024-05=5"], &["a 5 01 2024-05=5"], &[]),
        (
            "not counted",
            &["a 5 -", "b 0 -", "c 7 01 2024-05=7"],
            &["a 6 -", "b 1 01 2024-06=1", "c 7 02"],
            &["a changed 5>6 ?", "b changed 0>1 closed 0>0", "c changed 7>7 ?"],
        ),
    ];
    for (case, older, newer, expected) in cases {
        let found: Vec<_> = files(older, newer, |_| {}).iter().map(file_line).collect();
        assert_eq!(found, expected, "{case}");
    }
    // The last days may yet be bridged.
    let of_subscriptions = |run: &mut RunRecord| run.basis = "subscriptions".to_owned();
    let found = files(&[], &["a 5 01 2024-03=2 2024-04=3"], of_subscriptions);
    assert_eq!(file_line(&found[0]), "a late 0>5 closed 0>2 2024-03");
}

fn file_line(file: &FileChange) -> String {
    let months: Vec<_> = file.closed_months.iter().cloned().collect();
    let closed = file.closed_rows().map(|rows| format!("closed {}>{}", rows.older, rows.newer));
    let closed = closed.unwrap_or("?".to_owned());
    let text =
        format!("{} {} {}>{} {closed} ", file.path, file.fate, file.rows.older, file.rows.newer);
    (text + &months.join(" ")).trim_end().to_owned()
}

#[test]
fn files_behind_a_period() {
    let newer = ["a 5 01 2024-02=5", "b 5 01 2024-02=2 2024-05=3", "c 1 01 2024-06=1"];
    let known = files(&[], &newer, |_| {});
    let uncounted = files(&[], &[newer[0], newer[1], "d 3 -"], |_| {});
    let cases = [
        (&known, Grain::Month, "2024-02-01", "a b"),
        (&known, Grain::Month, "2024-05-01", "b"),
        (&known, Grain::Week, "2024-04-29", "b"),
        (&known, Grain::Week, "2024-01-29", "a b"),
        (&known, Grain::Day, "2024-02-29", "a b"),
        (&known, Grain::Quarter, "2024-04-01", "b c"),
        (&known, Grain::Year, "2024-01-01", "a b c"),
        // Nothing in it, but before.
        (&known, Grain::Month, "2024-03-01", "a b"),
        // Nothing before it either.
        (&known, Grain::Month, "2024-01-01", "a b c"),
        (&uncounted, Grain::Month, "2024-05-01", "b d"),
        (&uncounted, Grain::Month, "2024-03-01", "d"),
    ];
    for (files, grain, start, expected) in cases {
        let found: Vec<_> =
            suspects(files, (grain, day(start))).iter().map(|file| file.path.clone()).collect();
        assert_eq!(found.join(" "), expected, "{grain:?} {start}");
    }
}
