//! What is counted of columns that must hold something.

use kohort_load::{ColumnCheck, LoadError, Mistyped, Must, Source, ValueType, open};

use crate::support::{Folder, dates, ints, plain, read, text, with_plain};

fn check(expr: &str, must: Must) -> ColumnCheck {
    ColumnCheck { key: format!("checks.columns.orders.{expr}"), expr: expr.to_owned(), must }
}

fn one_of(texts: &[&str]) -> Must {
    Must::BeOneOf(texts.iter().map(|text| (*text).to_owned()).collect())
}

/// Two files, of which the second has no country.
fn folder() -> Folder {
    let folder = Folder::new();
    let country =
        text("country", &[Some("GB"), None, Some("DE"), Some("fr"), Some(""), None, None]);
    let id = text("id", &[Some("a"), Some("b"), None, Some("a"), Some("b"), Some("c"), Some("a")]);
    folder.write("a.parquet", with_plain(vec![id, country]));
    folder.write("b.parquet", with_plain(vec![text("id", &[Some("a"), Some("b")])]));
    folder
}

/// Rows that fail each check, by file.
fn failing(source: Source) -> Vec<Vec<u64>> {
    let (report, _) = read(&open(source).unwrap()).unwrap();
    report.files.into_iter().map(|file| file.checks).collect()
}

#[test]
fn failing_rows_are_counted_by_file() {
    let folder = folder();
    let checks = vec![
        check("country", Must::BeSet),
        check("country", Must::BeOfType(ValueType::Text)),
        check("country", one_of(&["GB", "DE"])),
        check("UPPER(country)", one_of(&["GB", "DE", "FR"])),
        check("amount", one_of(&["1", "2", "3"])),
    ];
    let source = Source { checks, ..folder.source(&["*.parquet"]) };
    // The one row without a customer is rejected, and is looked at all the same.
    assert_eq!(failing(source.clone()), [[3, 0, 2, 1, 4], [2, 0, 0, 0, 0]]);
    let filtered = Source { filter: Some("amount > 2".to_owned()), ..source.clone() };
    assert_eq!(failing(filtered), [[2, 0, 2, 1, 4], [0; 5]]);
    // The last row of the second file stands in the first, too.
    let distinct = Source { deduplicate: true, ..source };
    assert_eq!(failing(distinct), [[3, 0, 2, 1, 4], [1, 0, 0, 0, 0]]);
    assert_eq!(failing(folder.source(&["*.parquet"])), [[0; 0], [0; 0]]);
}

#[test]
fn types_are_those_of_every_file() {
    let folder = folder();
    let types = |wanted: &[(&str, ValueType)]| {
        let checks = wanted.iter().map(|(expr, ty)| check(expr, Must::BeOfType(*ty)));
        let source = Source { checks: checks.collect(), ..folder.source(&["*.parquet"]) };
        open(source).unwrap().mistyped().to_vec()
    };
    let fits = [
        ("id", ValueType::Text),
        ("amount", ValueType::Integer),
        ("at", ValueType::Date),
        ("CAST(amount AS DOUBLE)", ValueType::Float),
        ("amount > 1", ValueType::Boolean),
        ("CAST(amount AS DECIMAL(9, 2))", ValueType::Decimal),
        ("CAST(at AS TIMESTAMP)", ValueType::Timestamp),
    ];
    assert_eq!(types(&fits), []);
    let found = types(&[
        ("id", ValueType::Text),
        ("amount", ValueType::Decimal),
        ("country", ValueType::Text),
        ("at", ValueType::Timestamp),
    ]);
    let wrong = |check, files, rows, name: &str, found: Option<&str>| Mistyped {
        check,
        files,
        rows,
        path: folder.path(name),
        found: found.map(str::to_owned),
    };
    let expected = [
        wrong(1, 2, 9, "a.parquet", Some("i64")),
        wrong(2, 1, 2, "b.parquet", None),
        wrong(3, 2, 9, "a.parquet", Some("date")),
    ];
    assert_eq!(found, expected);
}

#[test]
fn folders_are_columns() {
    let folder = Folder::new();
    folder.write("country=GB/a.parquet", with_plain(vec![ints("id", &[1, 2])]));
    folder.write("country=XX/a.parquet", with_plain(vec![ints("id", &[1, 2, 3])]));
    let checks =
        vec![check("country", Must::BeOfType(ValueType::Text)), check("country", one_of(&["GB"]))];
    let source = Source { checks, ..folder.source(&["country=*/a.parquet"]) };
    assert_eq!(open(source.clone()).unwrap().mistyped(), []);
    assert_eq!(failing(source), [[0, 0], [0, 3]]);
}

#[test]
fn what_cannot_be_checked() {
    let folder = Folder::new();
    let [at, amount] = plain(1);
    let other = [ints("weight", &[5]), dates("sent", &["2024-01-01"])];
    folder.write("a.parquet", [ints("id", &[1]), at, amount].into_iter().chain(other).collect());
    let error = |expr: &str| {
        let checks = vec![check(expr, Must::BeSet)];
        open(Source { checks, ..folder.source(&["a.parquet"]) }).unwrap_err()
    };
    let cases = [
        (
            "wieght",
            "checks.columns.orders.wieght = \"wieght\" names the column \"wieght\", which \
             DIR/a.parquet does not have; its columns are weight, sent, id, amount, at",
        ),
        (
            "1",
            "checks.columns.orders.1 = \"1\" names no column, so every row would have the same value",
        ),
        (
            "MAX(amount)",
            "checks.columns.orders.MAX(amount) = \"MAX(amount)\" does not give one value for each row \
             on its own; aggregates, windows and * have no place in a mapping",
        ),
    ];
    for (expr, expected) in cases {
        assert_eq!(folder.message(&error(expr)), expected);
    }
    assert!(error("wieght").is_check());
    assert!(!error("1").is_check());
    assert!(matches!(error("LOWER(sent)"), LoadError::Expression { .. }));
}
