//! Rows that are rejected, their counts and their details.

use std::collections::BTreeMap;

use kohort_inputs::spec;
use kohort_load::{Id, advice, open};
use kohort_model::Input;
use polars::prelude::{Column, TimeUnit};

use crate::support::{
    ALL, Folder, Maps as _, NOW, Nothing, dates, days, decimals, ints, read, text, times,
    with_plain,
};

fn counts(expected: &[(&str, u64)]) -> BTreeMap<String, u64> {
    expected.iter().map(|(reason, rows)| ((*reason).to_owned(), *rows)).collect()
}

#[test]
fn every_reason_and_its_rows() {
    let folder = Folder::new();
    let at = [
        "2024-01-01",
        "2024-01-02",
        "",
        "2024-01-04",
        "2024-01-05",
        "2099-01-01",
        "2024-01-07",
        "",
    ];
    folder.write(
        "a.parquet",
        vec![
            Column::new(
                "id".into(),
                [Some(1), None, Some(3), Some(4), Some(5), Some(6), Some(7), None],
            ),
            dates("at", &at),
            decimals(
                "amount",
                15,
                2,
                &[Some(100), Some(200), Some(300), None, Some(500), Some(600), Some(700), None],
            ),
            text(
                "status",
                &[
                    Some("done"),
                    Some("done"),
                    Some("done"),
                    Some("done"),
                    Some("Done"),
                    Some("done"),
                    None,
                    None,
                ],
            ),
            text(
                "order",
                &[Some("a"), Some("b"), Some("c"), Some("d"), Some("e"), Some("f"), None, None],
            ),
        ],
    );
    folder.write(
        "b.parquet",
        vec![
            ints("id", &[8]),
            dates("at", &["2024-01-08"]),
            decimals("amount", 15, 2, &[Some(800)]),
            text("status", &[Some("open")]),
            text("order", &[Some("h")]),
        ],
    );
    let mut source = folder.source(&["*.parquet"]);
    source.map_status("status", "status");
    source.map("order_id", "\"order\"");
    let orders = open(source).unwrap();
    let (report, lines) = read(&orders).unwrap();
    assert_eq!(lines, ["1 2024-01-01 100 order=a", "8 2024-01-08 800 order=h kind=2"]);
    let expected = [
        ("in_future", 1),
        ("null_customer_id", 2),
        ("null_order_id", 1),
        ("null_time", 1),
        ("unknown_status", 1),
        ("unreadable_amount", 1),
    ];
    assert_eq!(report.rejected, counts(&expected));
    let files: Vec<_> = report.files.iter().map(|file| (file.rows, file.rejected_rows())).collect();
    assert_eq!(files, [(8, 7), (1, 0)]);
    let details = orders.rejected(&report, &[], 100).unwrap();
    let expected = [
        "a.parquet 1 customer_id null_customer_id NULL",
        "a.parquet 2 ordered_at null_time NULL",
        "a.parquet 3 amount unreadable_amount NULL",
        "a.parquet 4 status unknown_status Done",
        "a.parquet 5 ordered_at in_future 2099-01-01",
        "a.parquet 6 order_id null_order_id NULL",
        "a.parquet 7 customer_id null_customer_id NULL",
    ];
    assert_eq!(folder.rejected(&details), expected);
    let capped = orders.rejected(&report, &[], 1).unwrap();
    assert_eq!(folder.rejected(&capped), expected[..6]);
    assert!(orders.rejected(&report, &[], 0).unwrap().is_empty());
}

#[test]
fn floats_that_are_no_amounts() {
    let folder = Folder::new();
    let amounts = [1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 2.0];
    let [at, _] = crate::support::plain(5);
    let columns = vec![ints("id", &[1, 2, 3, 4, 5]), at, Column::new("amount".into(), amounts)];
    folder.write("a.parquet", columns);
    let orders = open(folder.source(&["a.parquet"])).unwrap();
    let (report, lines) = read(&orders).unwrap();
    assert_eq!(lines, ["1 2024-01-01 100", "5 2024-01-05 200"]);
    assert_eq!(report.rejected, counts(&[("unreadable_amount", 3)]));
    let details = orders.rejected(&report, &[], 100).unwrap();
    let expected = [
        "a.parquet 1 amount unreadable_amount NaN",
        "a.parquet 2 amount unreadable_amount inf",
        "a.parquet 3 amount unreadable_amount -inf",
    ];
    assert_eq!(folder.rejected(&details), expected);
}

#[test]
fn times_out_of_reach() {
    let folder = Folder::new();
    let id = ints("id", &[1, 2, 3, 4, 5]);
    let amount = ints("amount", &[1, 1, 1, 1, 1]);
    let far = [Some(-719_162), Some(-719_163), Some(2_932_896), Some(2_932_897), Some(i32::MAX)];
    folder.write("a.parquet", vec![id.clone(), days("at", &far), amount.clone()]);
    let orders = open(folder.source(&["a.parquet"])).unwrap();
    let (report, lines) = read(&orders).unwrap();
    assert_eq!(lines, ["1 0001-01-01 100"]);
    assert_eq!(report.rejected, counts(&[("in_future", 1), ("unreadable_time", 3)]));
    let details = orders.rejected(&report, &[], 100).unwrap();
    let expected = [
        "a.parquet 1 ordered_at unreadable_time 0000-12-31",
        "a.parquet 2 ordered_at in_future 9999-12-31",
        "a.parquet 3 ordered_at unreadable_time +10000-01-01",
        "a.parquet 4 ordered_at unreadable_time day 2147483647",
    ];
    assert_eq!(folder.rejected(&details), expected);

    let stamps = Column::new("raw".into(), [0, i64::MAX, i64::MIN, 253_402_300_800_000, 1]);
    for zone in [None, Some("UTC")] {
        let typed = times("at", TimeUnit::Milliseconds, zone, &["2024-01-01 00:00:00"]);
        let at = stamps.cast(typed.dtype()).unwrap().with_name("at".into());
        folder.write("b.parquet", vec![id.clone(), at, amount.clone()]);
        let orders = open(folder.source(&["b.parquet"])).unwrap();
        let (report, lines) = read(&orders).unwrap();
        assert_eq!(lines.len(), 2, "{zone:?}");
        assert_eq!(report.rejected, counts(&[("unreadable_time", 3)]), "{zone:?}");
    }
}

#[test]
fn the_future_begins_after_the_moment_of_the_run() {
    // It is 2026-01-01 00:00:00 UTC, and still the evening before in New York.
    let cases = [
        (None, chrono_tz::UTC, "2026-01-01 00:00:00", 0),
        (None, chrono_tz::UTC, "2026-01-01 00:00:01", 1),
        (None, chrono_tz::America::New_York, "2025-12-31 19:00:00", 0),
        (None, chrono_tz::America::New_York, "2025-12-31 19:00:01", 1),
        (Some("UTC"), chrono_tz::America::New_York, "2026-01-01 00:00:00", 0),
        (Some("UTC"), chrono_tz::America::New_York, "2026-01-01 00:00:01", 1),
    ];
    for (zone, timezone, at, rejected) in cases {
        let folder = Folder::new();
        let at_column = times("at", TimeUnit::Microseconds, zone, &[at]);
        folder.write("a.parquet", vec![ints("id", &[1]), at_column, ints("amount", &[1])]);
        let mut source = folder.source(&["a.parquet"]);
        source.timezone = timezone;
        let (report, _) = read(&open(source).unwrap()).unwrap();
        assert_eq!(report.rejected_rows(), rejected, "{at} {zone:?} {timezone}");
    }
    for (timezone, day, rejected) in [
        (chrono_tz::UTC, "2026-01-01", 0),
        (chrono_tz::UTC, "2026-01-02", 1),
        (chrono_tz::America::New_York, "2026-01-01", 1),
        (chrono_tz::America::New_York, "2025-12-31", 0),
    ] {
        let folder = Folder::new();
        let columns = vec![ints("id", &[1]), dates("at", &[day]), ints("amount", &[1])];
        folder.write("a.parquet", columns);
        let mut source = folder.source(&["a.parquet"]);
        source.timezone = timezone;
        let (report, _) = read(&open(source).unwrap()).unwrap();
        assert_eq!(report.rejected_rows(), rejected, "{day} {timezone}");
    }
}

#[test]
fn row_numbers_count_filtered_rows() {
    let folder = Folder::new();
    let id = Column::new("id".into(), [Some(1), None, Some(3), None, Some(5), None, Some(7)]);
    folder.write("a.parquet", with_plain(vec![id]));
    let mut source = folder.source(&["a.parquet"]);
    source.filter = Some("amount > 3".to_owned());
    let orders = open(source).unwrap();
    let (report, lines) = read(&orders).unwrap();
    assert_eq!(lines, ["5 2024-01-05 500", "7 2024-01-07 700"]);
    assert_eq!((report.rows(), report.filtered(), report.rejected_rows()), (7, 3, 2));
    let details = orders.rejected(&report, &[], 10).unwrap();
    let expected = [
        "a.parquet 3 customer_id null_customer_id NULL",
        "a.parquet 5 customer_id null_customer_id NULL",
    ];
    assert_eq!(folder.rejected(&details), expected);
}

#[test]
fn lines_of_mixed_status_are_found_again() {
    let folder = Folder::new();
    for (name, ids, orders) in [
        ("a.parquet", [Some(1), Some(2), None, Some(1)], ["x", "x", "y", "y"]),
        ("b.parquet", [Some(1), Some(3), Some(1), Some(1)], ["x", "x", "x", "z"]),
    ] {
        let mut columns = with_plain(vec![Column::new("id".into(), ids)]);
        columns.push(text("order", &orders.map(Some)));
        columns.push(text("status", &["done", "open", "cancelled", "done"].map(Some)));
        folder.write(name, columns);
    }
    let mut source = folder.source(&["*.parquet"]);
    source.map_status("status", "status");
    source.map("order_id", "\"order\"");
    let orders = open(source).unwrap();
    let (report, _) = read(&orders).unwrap();
    let order = (Id::Integer(1 ^ (1 << 63)), Id::Bytes(b"x".as_slice().into()));
    let details = orders.rejected(&report, &[order], 10).unwrap();
    let expected = [
        "a.parquet 0 status mixed_status done",
        "a.parquet 2 customer_id null_customer_id NULL",
        "b.parquet 0 status mixed_status done",
        "b.parquet 2 status mixed_status cancelled",
    ];
    assert_eq!(folder.rejected(&details), expected);
}

#[test]
fn what_is_not_needed_is_not_rejected() {
    let folder = Folder::new();
    let mut columns = with_plain(vec![ints("id", &[1])]);
    columns.push(text("order", &[None]));
    folder.write("a.parquet", columns);
    let mut source = folder.source(&["a.parquet"]);
    source.map("order_id", "\"order\"");
    let orders = open(source).unwrap();
    let (report, _) = read(&orders).unwrap();
    assert_eq!(report.rejected, counts(&[("null_order_id", 1)]));
    let needs = kohort_load::Needs { order_ids: false, ..ALL };
    let (report, _) = orders.read(needs, NOW, 1, &|_| (), &|| Nothing).unwrap();
    assert_eq!(report.rejected, counts(&[]));
}

#[test]
fn some_reasons_come_with_advice() {
    for (input, reason, expected) in [
        (Input::Subscriptions, "unknown_interval", Some("an interval is day, week,")),
        (Input::Subscriptions, "negative_amount", Some("a row below zero is a discount")),
        (Input::Returns, "negative_amount", Some("the value of a return is what was given back")),
        (Input::OrderLines, "negative_amount", Some("the value of a line is what is paid for it")),
        (Input::Opportunities, "negative_amount", None),
        (Input::Subscriptions, "null_time", None),
    ] {
        let found = advice(spec(input), reason);
        let is_right = match (&found, expected) {
            (Some(found), Some(start)) => found.starts_with(start),
            (found, expected) => found.is_none() && expected.is_none(),
        };
        assert!(is_right, "{}: {reason}: {found:?}", input.name());
    }
}
