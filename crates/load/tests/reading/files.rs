//! Globs, folders, and files that differ.

use std::fs;

use kohort_load::{LoadError, Sink, open};
use kohort_model::EventBatch;
use polars::prelude::{Column, DataType};

use crate::support::{
    ALL, Folder, Maps as _, NOW, cast, dates, decimals, ints, lines, plain, read, segment, text,
    with_plain,
};

#[test]
fn patterns_folders_and_files() {
    let folder = Folder::new();
    let names = ["a/1.parquet", "a/b/2.PARQUET", "c/3.parquet", "c/_tmp/4.parquet", "c/.5.parquet"];
    for (n, name) in (1..).zip(names) {
        folder.write(name, with_plain(vec![ints("id", &[n])]));
    }
    fs::write(folder.path("c/_SUCCESS"), "").unwrap();
    fs::write(folder.path("c/notes.txt"), "").unwrap();
    fs::copy(folder.path("a/1.parquet"), folder.path("c/odd.name")).unwrap();
    let cases: [(&[&str], &[&str]); 7] = [
        (&["a"], &["a/1.parquet", "a/b/2.PARQUET"]),
        (&["a/*.parquet"], &["a/1.parquet"]),
        (&["*"], &["a/1.parquet", "a/b/2.PARQUET", "c/3.parquet", "c/odd.name"]),
        (&["**/*.parquet"], &["a/1.parquet", "c/3.parquet", "c/_tmp/4.parquet"]),
        (&["c", "a/1.parquet", "a/1.parquet"], &["a/1.parquet", "c/3.parquet", "c/odd.name"]),
        (&["c/odd.name"], &["c/odd.name"]),
        (&["a/[1-9].parquet"], &["a/1.parquet"]),
    ];
    for (paths, expected) in cases {
        let orders = open(folder.source(paths)).unwrap();
        let found: Vec<_> = orders.files().iter().map(|file| file.path.clone()).collect();
        let expected: Vec<_> = expected.iter().map(|name| folder.path(name)).collect();
        assert_eq!(found, expected, "{paths:?}");
    }
}

#[test]
fn folders_become_columns() {
    let folder = Folder::new();
    let parts = [
        "year=2023/country=UK/a.parquet",
        "year=2024/country=UK/b.parquet",
        "year=2024/country=__HIVE_DEFAULT_PARTITION__/c.parquet",
    ];
    for (n, name) in (1..).zip(parts) {
        folder.write(name, with_plain(vec![ints("id", &[n])]));
    }
    let mut source = folder.source(&["."]);
    source.segments = vec![segment("country", "country"), segment("year", "\"year\" + 1")];
    let all = lines(source.clone());
    let expected =
        ["1 2024-01-01 100 UK 2024", "2 2024-01-01 100 UK 2025", "3 2024-01-01 100 (none) 2025"];
    assert_eq!(all, expected);
    source.filter = Some("\"year\" = 2024 AND id > 2".to_owned());
    assert_eq!(lines(source.clone()), expected[2..]);
    source.filter = Some("\"year\" = 2024".to_owned());
    let (report, found) = read(&open(source).unwrap()).unwrap();
    assert_eq!(found, expected[1..]);
    let filtered: Vec<_> = report.files.iter().map(|file| file.filtered).collect();
    assert_eq!(filtered, [1, 0, 0]);
}

#[test]
fn order_of_columns_and_missing_columns() {
    let folder = Folder::new();
    let [at, amount] = plain(2);
    let country = text("country", &[Some("UK"), Some("FR")]);
    folder.write("a.parquet", vec![ints("id", &[1, 2]), at.clone(), amount.clone(), country]);
    folder
        .write("b.parquet", vec![amount.clone(), ints("other", &[0, 0]), at, ints("id", &[3, 4])]);
    let mut source = folder.source(&["*.parquet"]);
    source.segments = vec![segment("country", "country")];
    source.filter = Some("country IS NULL OR country = 'UK'".to_owned());
    let expected = ["1 2024-01-01 100 UK", "3 2024-01-01 100 (none)", "4 2024-01-02 200 (none)"];
    assert_eq!(lines(source.clone()), expected);
    source.map("amount", "other + 1");
    assert_eq!(
        folder.error(source),
        "amount = \"other + 1\" names the column \"other\", which DIR/a.parquet does not have; its \
         columns are at, country, amount, id"
    );
}

#[test]
fn amounts_of_two_types_add_up() {
    let folder = Folder::new();
    let [at, amount] = plain(1);
    folder.write("a.parquet", vec![ints("id", &[1]), at.clone(), amount]);
    folder.write(
        "b.parquet",
        vec![ints("id", &[2]), at.clone(), decimals("amount", 10, 3, &[Some(1500)])],
    );
    let id = cast(&ints("id", &[3]), &DataType::Int32);
    folder.write("c.parquet", vec![id, at, Column::new("amount".into(), [2.5])]);
    let expected = ["1 2024-01-01 100", "2 2024-01-01 150", "3 2024-01-01 250"];
    assert_eq!(lines(folder.source(&["*.parquet"])), expected);
}

#[test]
fn no_rows_and_row_groups() {
    let folder = Folder::new();
    folder.write("a.parquet", with_plain(vec![ints("id", &[])]));
    let (report, found) = read(&open(folder.source(&["a.parquet"])).unwrap()).unwrap();
    assert!(found.is_empty());
    assert_eq!((report.rows(), report.files.len()), (0, 1));
    folder.write("b.parquet", with_plain(vec![ints("id", &(0..700).collect::<Vec<_>>())]));
    assert_eq!(lines(folder.source(&["*.parquet"])).len(), 700);
    let mut source = folder.source(&["*.parquet"]);
    source.filter = Some("id >= 690".to_owned());
    assert_eq!(lines(source.clone()).len(), 10);
    source.filter = Some("id < 0".to_owned());
    let (report, found) = read(&open(source).unwrap()).unwrap();
    assert!(found.is_empty());
    assert_eq!((report.rows(), report.filtered()), (700, 700));
}

#[test]
fn duplicates_count_once() {
    let folder = Folder::new();
    let at = ["2024-01-01", "2024-01-01", "2024-01-01", "2024-01-02", ""];
    for name in ["a.parquet", "b.parquet"] {
        let columns = vec![
            ints("id", &[1, 1, 1, 1, 1]),
            dates("at", &at),
            ints("amount", &[1, 1, 2, 1, 1]),
            text("note", &[None, None, None, None, Some("x")]),
        ];
        folder.write(name, columns);
    }
    let [at, amount] = plain(1);
    folder.write("c.parquet", vec![ints("id", &[1]), at, amount, ints("extra", &[1])]);
    let mut source = folder.source(&["*.parquet"]);
    source.deduplicate = true;
    let orders = open(source.clone()).unwrap();
    let (report, found) = read(&orders).unwrap();
    let expected = ["1 2024-01-01 100", "1 2024-01-01 100", "1 2024-01-01 200", "1 2024-01-02 100"];
    assert_eq!(found, expected);
    let files: Vec<_> =
        report.files.iter().map(|f| (f.rows, f.duplicates, f.rejected_rows())).collect();
    assert_eq!(files, [(5, 1, 1), (5, 5, 0), (1, 0, 0)]);
    let details = orders.rejected(&report, &[], 10).unwrap();
    assert_eq!(folder.rejected(&details), ["a.parquet 4 ordered_at null_time NULL"]);
    source.filter = Some("amount = 2".to_owned());
    let (report, found) = read(&open(source).unwrap()).unwrap();
    assert_eq!(found, ["1 2024-01-01 200"]);
    let files: Vec<_> = report.files.iter().map(|f| (f.rows, f.filtered, f.duplicates)).collect();
    assert_eq!(files, [(5, 4, 0), (5, 4, 1), (1, 1, 0)]);
}

#[test]
fn duplicates_of_different_folders_are_none() {
    let folder = Folder::new();
    for name in ["shop=1/a.parquet", "shop=2/b.parquet"] {
        folder.write(name, with_plain(vec![ints("id", &[1])]));
    }
    let mut source = folder.source(&["."]);
    source.deduplicate = true;
    assert_eq!(lines(source), ["1 2024-01-01 100", "1 2024-01-01 100"]);
}

#[test]
fn files_that_are_no_parquet() {
    let folder = Folder::new();
    let whole = folder.write("whole.parquet", with_plain(vec![ints("id", &[1, 2, 3])]));
    let bytes = fs::read(&whole).unwrap();
    let advice = "it may be cut short or still being written: write it again, or leave it out of \
                  the input's path";
    for (name, content) in
        [("empty", &[][..]), ("cut", &bytes[..bytes.len() - 9]), ("text", b"id,at,amount\n1,2,3\n")]
    {
        fs::write(folder.path(name), content).unwrap();
        let message = folder.error(folder.source(&[name]));
        assert!(
            message.starts_with(&format!("DIR/{name} is no readable Parquet file (")),
            "{message}"
        );
        assert!(message.ends_with(advice), "{message}");
    }
    let mut damaged = bytes.clone();
    damaged[4..bytes.len() / 3].fill(0xff);
    fs::write(folder.path("damaged"), damaged).unwrap();
    let message = folder.error(folder.source(&["damaged"]));
    assert_eq!(
        message,
        "DIR/damaged is damaged in column \"amount\" (row group 0); write it again, or leave it out \
         of the input's path"
    );
}

#[test]
fn files_that_change() {
    let folder = Folder::new();
    let path = folder.write("a.parquet", with_plain(vec![ints("id", &[1, 2, 3])]));
    let orders = open(folder.source(&["a.parquet"])).unwrap();
    folder.write("a.parquet", with_plain(vec![ints("id", &[1, 2, 3, 4])]));
    let error = read(&orders).unwrap_err();
    let expected = "DIR/a.parquet changed while it was read; run again once nothing writes to it";
    assert_eq!(folder.message(&error), expected);
    let orders = open(folder.source(&["a.parquet"])).unwrap();
    fs::remove_file(path).unwrap();
    let error = read(&orders).unwrap_err();
    assert_eq!(folder.message(&error), expected);
}

#[derive(Debug, thiserror::Error)]
#[error("the disk is full")]
struct Full;

struct Refuses;

impl Sink for Refuses {
    type Error = Full;

    fn push(&mut self, _part: usize, _: &EventBatch<'_>) -> Result<(), Full> {
        Err(Full)
    }
}

#[test]
fn a_sink_that_refuses_ends_the_read() {
    let folder = Folder::new();
    for name in ["a.parquet", "b.parquet", "c.parquet"] {
        folder.write(name, with_plain(vec![ints("id", &(0..100).collect::<Vec<_>>())]));
    }
    let orders = open(folder.source(&["*.parquet"])).unwrap();
    let error = orders.read(ALL, NOW, 2, &|_| (), &|| Refuses).map(|_| ()).unwrap_err();
    assert!(matches!(error, LoadError::Sink(_)));
    assert_eq!(error.to_string(), "the disk is full");
}
