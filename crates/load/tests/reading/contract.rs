//! What opening refuses, and in which words.

use kohort_load::{Source, open};
use polars::prelude::{Column, DataType, TimeUnit};

use crate::support::{
    Folder, Parts as _, cast, dates, ints, read, segment, status, text, times, with_plain,
};

fn folder() -> Folder {
    let folder = Folder::new();
    let mut columns = with_plain(vec![ints("id", &[1])]);
    columns.push(text("Customer Name", &[Some("x")]));
    columns.push(Column::new("score".into(), [0.5]));
    columns.push(Column::new("paid".into(), [true]));
    columns.push(text("day", &[Some("2024-01-01")]));
    folder.write("a.parquet", columns);
    folder
}

type Change = fn(&mut Source);

#[test]
fn mapped_values_that_do_not_fit() {
    let columns = "\"Customer Name\", amount, at, day, id, paid, score";
    let cases: [(Change, &str); 21] = [
        (
            |s| s.customer_id = "CustomerName".to_owned(),
            "customer_id = \"CustomerName\" names the column \"CustomerName\", which DIR/a.parquet does \
             not have; its columns are \"Customer Name\", ",
        ),
        (
            |s| s.orders().money.amount = "amuont * 2".to_owned(),
            "amount = \"amuont * 2\" names the column \"amuont\", which DIR/a.parquet does not have; its \
             columns are amount, ",
        ),
        (
            |s| s.orders().segments = vec![segment("land", "land")],
            "segments.land = \"land\" names the column \"land\", which DIR/a.parquet does not have; its \
             columns are ",
        ),
        (
            |s| s.filter = Some("nope > 1".to_owned()),
            "where = \"nope > 1\" names the column \"nope\", which DIR/a.parquet does not have; its \
             columns are ",
        ),
        (
            |s| s.customer_id = "Customer Name".to_owned(),
            "customer_id = \"Customer Name\" is no valid SQL expression: nothing is expected where \
             \"Name\" stands; a column whose name is not a plain word stands in double quotes",
        ),
        (
            |s| s.orders().money.amount = "amount *".to_owned(),
            "amount = \"amount *\" is no valid SQL expression: ",
        ),
        (
            |s| s.orders().money.amount = "SUM(amount)".to_owned(),
            "amount = \"SUM(amount)\" does not give one value for each row on its own; aggregates, \
             windows and * have no place in a mapping",
        ),
        (
            |s| s.orders().money.amount = "SUM(amount) OVER (PARTITION BY id)".to_owned(),
            "amount = \"SUM(amount) OVER (PARTITION BY id)\" does not give one value for each row on its \
             own; aggregates, windows and * have no place in a mapping",
        ),
        (
            |s| s.customer_id = "1".to_owned(),
            "customer_id = \"1\" names no column, so every row would have the same value",
        ),
        (
            |s| s.customer_id = "score".to_owned(),
            "customer_id = \"score\" is of type f64 in DIR/a.parquet; an id is an integer, text or \
             binary: use CAST(score AS BIGINT) or CAST(score AS VARCHAR)",
        ),
        (
            |s| s.orders().order_id = Some("paid".to_owned()),
            "order_id = \"paid\" is of type bool in DIR/a.parquet; an id is an integer, text or binary: \
             use CAST(paid AS BIGINT) or CAST(paid AS VARCHAR)",
        ),
        (
            |s| s.time = Some("day".to_owned()),
            "ordered_at = \"day\" is of type str in DIR/a.parquet; a time is a date or a timestamp: use \
             CAST(day AS DATE), of texts with an offset CAST(day AS TIMESTAMPTZ), and for other notations \
             STRPTIME(day, '%d/%m/%Y %H:%M')",
        ),
        (
            |s| s.time = Some("id".to_owned()),
            "ordered_at = \"id\" is of type i64 in DIR/a.parquet; a time is a date or a timestamp: use \
             TO_TIMESTAMP(id) of seconds since 1970, EPOCH_MS(id) of milliseconds",
        ),
        (
            |s| s.orders().updated_at = Some("day".to_owned()),
            "updated_at = \"day\" is of type str in DIR/a.parquet; a time is a date or a timestamp: use \
             CAST(day AS DATE), of texts with an offset CAST(day AS TIMESTAMPTZ), and for other notations \
             STRPTIME(day, '%d/%m/%Y %H:%M')",
        ),
        (
            |s| s.orders().money.amount = "day".to_owned(),
            "amount = \"day\" is of type str in DIR/a.parquet; an amount is a decimal, an integer or a \
             float: use CAST(day AS DECIMAL(38, 2))",
        ),
        (
            |s| s.orders().money.amount = "paid".to_owned(),
            "amount = \"paid\" is of type bool in DIR/a.parquet; an amount is a decimal, an integer or a \
             float",
        ),
        (
            |s| s.filter = Some("id".to_owned()),
            "where = \"id\" can't be computed from the columns of DIR/a.parquet: a condition is true or \
             false, and this is of type BIGINT",
        ),
        (
            |s| s.orders().money.amount = "amount * at".to_owned(),
            "amount = \"amount * at\" can't be computed from the columns of DIR/a.parquet: ",
        ),
        (
            |s| s.paths.push("/nowhere/*.parquet".to_owned()),
            "no Parquet file matches /nowhere/*.parquet; check the input's path",
        ),
        (|s| s.paths.push("/nowhere/a**b".to_owned()), "/nowhere/a**b is no valid pattern: "),
        (|s| s.customer_id = "*".to_owned(), "customer_id = \"*\" is no valid SQL expression: "),
    ];
    for (change, expected) in cases {
        let folder = folder();
        let mut source = folder.source(&["a.parquet"]);
        change(&mut source);
        let message = folder.error(source);
        if let Some(start) = expected.strip_suffix(' ') {
            assert!(message.starts_with(start), "{message}\n{expected}");
            if message.contains("its columns are") {
                let found = message.split("its columns are ").nth(1).unwrap();
                let mut found: Vec<_> = found.split(", ").collect();
                found.sort_unstable();
                assert_eq!(found.join(", "), columns);
            }
        } else {
            assert_eq!(message, expected);
        }
    }
}

#[test]
fn files_that_do_not_agree() {
    let unsigned = cast(&ints("id", &[1]), &DataType::UInt64);
    let at = |column| [column, ints("id", &[1])];
    let times = |zone| times("at", TimeUnit::Microseconds, zone, &["2024-01-01 00:00:00"]);
    let cases = [
        (
            vec![text("id", &[Some("x")]), dates("at", &["2024-01-01"])],
            "customer_id = \"id\" is of type i64 in DIR/a.parquet but str in DIR/b.parquet; make them one \
             with CAST(id AS VARCHAR)",
        ),
        (
            at(times(None)).into(),
            "ordered_at = \"at\" is of type date in DIR/a.parquet but datetime[μs] in DIR/b.parquet; make \
             them one with CAST(at AS DATE)",
        ),
        (
            at(times(Some("UTC"))).into(),
            "ordered_at = \"at\" is of type date in DIR/a.parquet but datetime[μs, UTC] in DIR/b.parquet; \
             make them one with CAST(at AS DATE)",
        ),
    ];
    for (mut columns, expected) in cases {
        let folder = folder();
        columns.push(ints("amount", &[1]));
        folder.write("b.parquet", columns);
        assert_eq!(folder.error(folder.source(&["*.parquet"])), expected);
    }
    let folder = Folder::new();
    folder.write("a.parquet", with_plain(vec![ints("id", &[-1])]));
    folder.write("b.parquet", with_plain(vec![unsigned]));
    assert_eq!(
        folder.error(folder.source(&["*.parquet"])),
        "customer_id is -1 in DIR/a.parquet, but of type UInt64 in another file of this input; negative \
         and such large ids can't be compared: use CAST(id AS VARCHAR)"
    );
}

#[test]
fn too_many_segment_values() {
    let folder = Folder::new();
    let mut columns = with_plain(vec![ints("id", &[1, 2, 3, 4])]);
    columns.push(text("country", &[Some("UK"), Some("FR"), None, Some("UK")]));
    folder.write("a.parquet", columns);
    let mut source = folder.source(&["a.parquet"]);
    source.orders().segments = vec![segment("country", "country")];
    source.max_segment_values = 3;
    assert_eq!(crate::support::lines(source.clone()).len(), 4);
    source.max_segment_values = 2;
    assert_eq!(
        folder.error(source),
        "segment country has more than max_segment_values = 2 values; group them in its expression, or \
         raise max_segment_values"
    );
}

#[test]
fn values_that_can_not_be_computed_reject_their_row() {
    type Change = fn(&mut Source);
    // Key, reason and value of the rejected row.
    let cases: [(Change, [&str; 3]); 5] = [
        (
            |s| s.customer_id = "CAST(\"Customer Name\" AS BIGINT)".to_owned(),
            ["customer_id", "unreadable_value", "Customer Name = 'x' (not readable)"],
        ),
        (
            |s| s.time = Some("CAST(\"Customer Name\" AS DATE)".to_owned()),
            ["ordered_at", "unreadable_time", "Customer Name = 'x' (not readable)"],
        ),
        (
            |s| s.orders().money.amount = "score / (id - 1)".to_owned(),
            ["amount", "unreadable_amount", "score = 0.5, id = 1 (division by zero)"],
        ),
        (
            |s| {
                s.filter = Some(
                    "CAST(day AS TIMESTAMP) > DATE '2023-01-01' AND 1 / (id - 1) > 0".to_owned(),
                );
            },
            ["where", "unreadable_value", "day = '2024-01-01', id = 1 (division by zero)"],
        ),
        (
            |s| s.orders().updated_at = Some("CAST(CONCAT(day, 'Z') AS TIMESTAMP)".to_owned()),
            [
                "updated_at",
                "unreadable_time",
                "day = '2024-01-01' (has an offset from UTC: use TIMESTAMPTZ)",
            ],
        ),
    ];
    for (change, [key, reason, value]) in cases {
        let folder = folder();
        let mut source = folder.source(&["a.parquet"]);
        source.orders().order_id = Some("id".to_owned());
        change(&mut source);
        let orders = open(source).unwrap();
        let (report, _) = read(&orders).unwrap();
        let rejected = orders.rejected(&report, &[], 10).unwrap();
        let found: Vec<_> = rejected
            .iter()
            .map(|row| [&*row.column, row.reason, row.value.as_deref().unwrap_or("NULL")])
            .collect();
        assert_eq!(found, [[key, reason, value]]);
    }
}

#[test]
fn what_an_open_input_knows() {
    let folder = folder();
    let mut source = folder.source(&["a.parquet"]);
    source.orders().status = Some(status("paid"));
    let orders = open(source.clone()).unwrap();
    assert!(!orders.has_instants());
    assert!(orders.has_integer_customers());
    assert_eq!(orders.files()[0].rows, 1);
    source.time = Some("CAST(at AS TIMESTAMP)".to_owned());
    source.customer_id = "\"Customer Name\"".to_owned();
    let orders = open(source).unwrap();
    assert!(orders.has_instants());
    assert!(!orders.has_integer_customers());
}
