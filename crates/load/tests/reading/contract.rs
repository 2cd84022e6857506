//! What opening refuses, and in which words.

use kohort_load::{Source, open};
use polars::prelude::{Column, DataType, TimeUnit};

use crate::support::{
    Folder, Maps as _, cast, dates, ints, read, segment, text, times, with_plain,
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
            |s| s.set("customer_id", "CustomerName"),
            "customer_id = \"CustomerName\" names the column \"CustomerName\", which DIR/a.parquet does \
             not have; its columns are \"Customer Name\", ",
        ),
        (
            |s| s.set("amount", "amuont * 2"),
            "amount = \"amuont * 2\" names the column \"amuont\", which DIR/a.parquet does not have; its \
             columns are amount, ",
        ),
        (
            |s| s.segments = vec![segment("land", "land")],
            "segments.land = \"land\" names the column \"land\", which DIR/a.parquet does not have; its \
             columns are ",
        ),
        (
            |s| s.filter = Some("nope > 1".to_owned()),
            "where = \"nope > 1\" names the column \"nope\", which DIR/a.parquet does not have; its \
             columns are ",
        ),
        (
            |s| s.set("customer_id", "Customer Name"),
            "customer_id = \"Customer Name\" is no valid SQL expression: nothing is expected where \
             \"Name\" stands; a column whose name is not a plain word stands in double quotes",
        ),
        (|s| s.set("amount", "amount *"), "amount = \"amount *\" is no valid SQL expression: "),
        (
            |s| s.set("amount", "SUM(amount)"),
            "amount = \"SUM(amount)\" does not give one value for each row on its own; aggregates, \
             windows and * have no place in a mapping",
        ),
        (
            |s| s.set("amount", "SUM(amount) OVER (PARTITION BY id)"),
            "amount = \"SUM(amount) OVER (PARTITION BY id)\" does not give one value for each row on its \
             own; aggregates, windows and * have no place in a mapping",
        ),
        (
            |s| s.set("customer_id", "1"),
            "customer_id = \"1\" names no column, so every row would have the same value",
        ),
        (
            |s| s.set("customer_id", "score"),
            "customer_id = \"score\" is of type f64 in DIR/a.parquet; an id is an integer, text or \
             binary: use CAST(score AS BIGINT) or CAST(score AS VARCHAR)",
        ),
        (
            |s| s.set("order_id", "paid"),
            "order_id = \"paid\" is of type bool in DIR/a.parquet; an id is an integer, text or binary: \
             use CAST(paid AS BIGINT) or CAST(paid AS VARCHAR)",
        ),
        (
            |s| s.set("ordered_at", "day"),
            "ordered_at = \"day\" is of type str in DIR/a.parquet; a time is a date or a timestamp: use \
             CAST(day AS DATE), of texts with an offset CAST(day AS TIMESTAMPTZ), and for other notations \
             STRPTIME(day, '%d/%m/%Y %H:%M')",
        ),
        (
            |s| s.set("ordered_at", "id"),
            "ordered_at = \"id\" is of type i64 in DIR/a.parquet; a time is a date or a timestamp: use \
             TO_TIMESTAMP(id) of seconds since 1970, EPOCH_MS(id) of milliseconds",
        ),
        (
            |s| s.set("updated_at", "day"),
            "updated_at = \"day\" is of type str in DIR/a.parquet; a time is a date or a timestamp: use \
             CAST(day AS DATE), of texts with an offset CAST(day AS TIMESTAMPTZ), and for other notations \
             STRPTIME(day, '%d/%m/%Y %H:%M')",
        ),
        (
            |s| s.set("amount", "day"),
            "amount = \"day\" is of type str in DIR/a.parquet; an amount is a decimal, an integer or a \
             float: use CAST(day AS DECIMAL(38, 2))",
        ),
        (
            |s| s.set("amount", "paid"),
            "amount = \"paid\" is of type bool in DIR/a.parquet; an amount is a decimal, an integer or a \
             float",
        ),
        (
            |s| s.filter = Some("id".to_owned()),
            "where = \"id\" can't be computed from the columns of DIR/a.parquet: a condition is true or \
             false, and this is of type BIGINT",
        ),
        (
            |s| s.set("amount", "amount * at"),
            "amount = \"amount * at\" can't be computed from the columns of DIR/a.parquet: ",
        ),
        (
            |s| s.paths.push("/nowhere/*.parquet".to_owned()),
            "no Parquet file matches /nowhere/*.parquet; check inputs.orders.path",
        ),
        (|s| s.paths.push("/nowhere/a**b".to_owned()), "/nowhere/a**b is no valid pattern: "),
        (|s| s.set("customer_id", "*"), "customer_id = \"*\" is no valid SQL expression: "),
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
    source.segments = vec![segment("country", "country")];
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
            |s| s.set("customer_id", "CAST(\"Customer Name\" AS BIGINT)"),
            ["customer_id", "unreadable_value", "Customer Name = 'x' (not readable)"],
        ),
        (
            |s| s.set("ordered_at", "CAST(\"Customer Name\" AS DATE)"),
            ["ordered_at", "unreadable_time", "Customer Name = 'x' (not readable)"],
        ),
        (
            |s| s.set("amount", "score / (id - 1)"),
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
            |s| {
                s.map("updated_at", "CAST(CONCAT(day, 'Z') AS TIMESTAMP)");
            },
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
        source.map("order_id", "id");
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
    source.map_status("status", "paid");
    let orders = open(source.clone()).unwrap();
    assert!(!orders.has_instants());
    assert_eq!(orders.ids_of(0), Some(kohort_model::IdType::Signed));
    assert_eq!(orders.files()[0].rows, 1);
    source.map("ordered_at", "CAST(at AS TIMESTAMP)");
    source.map("customer_id", "\"Customer Name\"");
    let orders = open(source).unwrap();
    assert!(orders.has_instants());
    assert_eq!(orders.ids_of(0), Some(kohort_model::IdType::Text));
}
