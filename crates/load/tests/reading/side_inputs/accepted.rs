//! What becomes of rows with which nothing is wrong.

use kohort_load::open;
use kohort_model::{Day, Input};
use polars::prelude::{Column, DataType, TimeUnit};

use super::{source, table, table_of};
use crate::support::{
    Folder, Maps as _, cast, dates, decimals, ints, lines, read, times, with_plain,
};

#[test]
fn all_that_a_row_may_have() {
    let cases: [(Input, &[&str]); 9] = [
        (
            Input::Surveys,
            &[
                "1 2024-01-01 score=10 reason=price",
                "2 2024-01-02 reason=unknown",
                "3 2024-01-03 score=0 reason=slow",
            ],
        ),
        (
            Input::Touchpoints,
            &[
                "v1 2024-01-01 ? view",
                "v1 2024-01-02 1050 order=7 cart",
                "v2 2024-01-03 0 order=7 other=11 checkout",
                "v3 2024-01-04 ? other=-12 (none)",
            ],
        ),
        (Input::Identities, &["v1 other=5", "v2 other=-6"]),
        (
            Input::Opportunities,
            &[
                "1 2024-01-01 10000 order=d1 closed=2024-02-01 reason=unknown offer (none)",
                "2 2024-01-02 5000 order=d2 kind=1 closed=2024-02-02 reason=price offer Acme",
                "3 2024-01-03 0 order=d3 kind=2 closed=never reason=unknown (none) (none)",
                "4 2024-01-04 100 order=d4 kind=2 closed=2099-01-01 reason=late (none) (none)",
                "5 2024-01-05 100 order=d5 kind=3 closed=never reason=unknown first (none)",
            ],
        ),
        (
            Input::OrderLines,
            &[
                "1 2024-01-01 300 order=10 units=1 cup (none)",
                "1 2024-01-01 1000 order=10 units=3 tea drinks",
                "2 2024-01-02 0 order=20 units=0 (none) (none)",
            ],
        ),
        (
            Input::Returns,
            &[
                "1 2024-01-01 300 order=10 reason=price units=1 cup",
                "2 2024-01-02 0 order=20 reason=unknown units=4 (none)",
            ],
        ),
        (
            Input::Invoices,
            &[
                "1 2024-01-01 10000 order=10 due=2024-01-31 paid=2024-01-15",
                "2 2024-01-02 -500 order=20 due=never paid=never",
                "3 2024-01-03 700 order=30 due=2099-01-01 paid=2099-02-01",
            ],
        ),
        (Input::Payments, &["1 2024-01-01 10000 order=10", "1 2024-01-02 -500 order=10"]),
        (
            Input::Engagement,
            &["1 2024-01-01 1 login", "2 2024-01-02 100 (none)", "3 2024-01-03 1200 (none)"],
        ),
    ];
    for (input, expected) in cases {
        let folder = Folder::new();
        folder.write("a.parquet", table_of(input));
        assert_eq!(lines(source(&folder, "a.parquet", input, true)), expected);
    }
}

#[test]
fn answers_of_nobody_and_of_one_day() {
    let folder = Folder::new();
    let words = "id:int at:date    score:int lost
                 1      2024-01-01 10        dear
                 -      -          0         -";
    folder.write("a.parquet", table(words));
    let mut source = folder.source_of(&["a.parquet"], Input::Surveys);
    source.set("score", "score");
    source.map("lost_reason", "lost").names = [("dear".to_owned(), "price".to_owned())].into();
    for (at, first, second) in [
        (
            "DATE '2024-06-30'",
            "1 2024-06-30 score=10 reason=price",
            "2024-06-30 score=0 reason=unknown",
        ),
        (
            "COALESCE(at, DATE '2024-06-30')",
            "1 2024-01-01 score=10 reason=price",
            "2024-06-30 score=0 reason=unknown",
        ),
    ] {
        source.set("answered_at", at);
        assert_eq!(lines(source.clone()), [first, second], "{at}");
    }
    source.unmap("customer_id");
    source.unmap("lost_reason");
    assert_eq!(lines(source), ["2024-01-01 score=10", "2024-06-30 score=0"]);
}

#[test]
fn what_is_not_mapped() {
    let cases: [(Input, &[&str]); 9] = [
        (Input::Surveys, &["1 2024-01-01 score=10", "2 2024-01-02", "3 2024-01-03 score=0"]),
        (
            Input::Touchpoints,
            &[
                "v1 2024-01-01 view",
                "v1 2024-01-02 cart",
                "v2 2024-01-03 checkout",
                "v3 2024-01-04 (none)",
            ],
        ),
        (Input::Identities, &["v1 other=5", "v2 other=-6"]),
        (
            Input::Opportunities,
            &[
                "1 2024-01-01 10000",
                "2 2024-01-02 5000 kind=1",
                "3 2024-01-03 0 kind=2",
                "4 2024-01-04 100 kind=2",
                "5 2024-01-05 100 kind=3",
            ],
        ),
        (
            Input::OrderLines,
            &["1 2024-01-01 300 order=10", "1 2024-01-01 1000 order=10", "2 2024-01-02 0 order=20"],
        ),
        (Input::Returns, &["1 2024-01-01 300 order=10", "2 2024-01-02 0 order=20"]),
        (
            Input::Invoices,
            &[
                "1 2024-01-01 10000 paid=2024-01-15",
                "2 2024-01-02 -500 paid=never",
                "3 2024-01-03 700 paid=2099-02-01",
            ],
        ),
        (Input::Payments, &["1 2024-01-01 10000 order=10", "1 2024-01-02 -500 order=10"]),
        (Input::Engagement, &["1 2024-01-01 login", "2 2024-01-02 (none)", "3 2024-01-03 (none)"]),
    ];
    for (input, expected) in cases {
        let folder = Folder::new();
        folder.write("a.parquet", table_of(input));
        assert_eq!(lines(source(&folder, "a.parquet", input, false)), expected);
    }
    let folder = Folder::new();
    folder.write("a.parquet", table_of(Input::Surveys));
    let mut source = folder.source_of(&["a.parquet"], Input::Surveys);
    source.map("reason", "why");
    let expected = ["1 2024-01-01 reason=dear", "2 2024-01-02 reason=unknown"];
    assert_eq!(lines(source)[..2], expected);
}

#[test]
fn numbers_of_any_type() {
    let units = |column: Column| {
        let folder = Folder::new();
        let mut columns = table_of(Input::Returns);
        columns.retain(|column| column.name() != "units");
        columns.push(column);
        folder.write("a.parquet", columns);
        let lines = lines(source(&folder, "a.parquet", Input::Returns, true));
        let units = |line: &String| line.split("units=").nth(1).unwrap().to_owned();
        lines.iter().map(units).collect::<Vec<_>>()
    };
    let scores = |column: Column| {
        let folder = Folder::new();
        folder.write("a.parquet", with_plain(vec![ints("id", &[1, 2, 3]), column]));
        let input = open(source(&folder, "a.parquet", Input::Surveys, false)).unwrap();
        let (report, lines) = read(&input).unwrap();
        assert_eq!(report.rejected.get("score_out_of_range"), Some(&1));
        lines
            .iter()
            .map(|line| line.split(' ').nth(2).unwrap_or("-").to_owned())
            .collect::<Vec<_>>()
    };
    let cases = [
        (decimals("units", 5, 1, &[Some(15), None]), ["2 cup", "1 (none)"]),
        (Column::new("units".into(), [Some(2.5_f32), None]), ["3 cup", "1 (none)"]),
        (cast(&ints("units", &[7, 255]), &DataType::UInt8), ["7 cup", "255 (none)"]),
        (Column::new("units".into(), [None::<i64>, None]), ["1 cup", "1 (none)"]),
    ];
    for (column, expected) in cases {
        assert_eq!(units(column.clone()), expected, "{column:?}");
    }
    let cases = [
        decimals("score", 38, 37, &[Some(7 * 10_i128.pow(37)), None, Some(1)]),
        decimals("score", 38, 0, &[Some(7), None, Some(i128::from(u64::MAX))]),
        Column::new("score".into(), [Some(7_i8), None, Some(-1)]),
        Column::new("score".into(), [Some(7_u64), None, Some(u64::MAX)]),
        Column::new("score".into(), [Some(7_f32), None, Some(6.5)]),
    ];
    for column in cases {
        assert_eq!(scores(column.clone()), ["score=7", "-"], "{column:?}");
    }
}

#[test]
fn numbers_that_do_not_fit() {
    let folder = Folder::new();
    let mut columns = table_of(Input::Returns);
    columns.retain(|column| column.name() != "units");
    columns.push(Column::new("units".into(), [None, Some(1e19)]));
    folder.write("a.parquet", columns);
    assert_eq!(
        folder.error(source(&folder, "a.parquet", Input::Returns, true)),
        "the amount 1e19 in DIR/a.parquet does not fit into 64 bits at scale = 0; check the column, or \
         lower the scale"
    );
}

#[test]
fn days_begin_on_the_clock_of_the_instants() {
    let at = |zone| times("at", TimeUnit::Milliseconds, zone, &["2024-06-30 23:30:00"]);
    let cases = [
        (at(Some("UTC")), "2024-06-30 23:00:00"),
        (at(None), "2024-07-01 00:00:00"),
        (dates("at", &["2024-07-01"]), "2024-07-01 00:00:00"),
    ];
    for (at, expected) in cases {
        let folder = Folder::new();
        folder.write("a.parquet", vec![ints("id", &[1]), at]);
        let mut source = folder.source_of(&["a.parquet"], Input::Prospects);
        source.timezone = chrono_tz::Europe::London;
        let day = Day::from(chrono::NaiveDate::from_ymd_opt(2024, 7, 1).unwrap());
        let micros = open(source).unwrap().midnight(day);
        let begins = chrono::DateTime::from_timestamp_micros(micros).unwrap();
        assert_eq!(begins.format("%Y-%m-%d %H:%M:%S").to_string(), expected);
    }
}
