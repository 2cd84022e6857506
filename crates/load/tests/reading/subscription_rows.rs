//! Rows of subscriptions as exports have them: inclusive ends, free plans, discounts.

use kohort_load::open;
use kohort_model::Switch;
use polars::prelude::{Column, TimeUnit};

use crate::subscriptions::{folder, plain, rejected, replace};
use crate::support::{Maps as _, dates, decimals, lines, read, text, times};

/// The ends of rows that start on 2024-01-01.
fn ends(ended: Column, switches: &[Switch]) -> Vec<String> {
    let mut columns = plain(ended.len());
    columns.push(ended);
    let folder = folder(columns);
    let mut source = folder.subscriptions(&["a.parquet"]);
    source.map("ended_at", "ended");
    source.switches = switches.to_vec();
    let end = |line: &String| line.rsplit_once("ended=").unwrap().1.to_owned();
    lines(source).iter().map(end).collect()
}

#[test]
fn an_end_may_be_the_last_day() {
    let late = |texts: &[&str]| times("ended", TimeUnit::Microseconds, None, texts);
    let cases: [(Column, [&[&str]; 2]); 3] = [
        (
            dates("ended", &["2024-01-31", "2024-01-01", "2024-12-31", "", "9999-12-31"]),
            [
                &["2024-01-31", "2024-01-01", "2024-12-31", "never", "never"],
                &["2024-02-01", "2024-01-02", "2025-01-01", "never", "never"],
            ],
        ),
        (
            late(&["2024-01-31 23:59:59", "2024-01-31 00:00:00", "2024-02-29 09:59:59.999"]),
            [
                &["2024-01-31", "2024-01-31", "2024-02-29"],
                &["2024-02-01", "2024-02-01", "2024-03-01"],
            ],
        ),
        // What ended on the day before it started, lasted no day.
        (dates("ended", &["2023-12-31"]), [&[], &["2024-01-01"]]),
    ];
    for (ended, [exclusive, inclusive]) in cases {
        let shown = format!("{ended:?}");
        if !exclusive.is_empty() {
            assert_eq!(ends(ended.clone(), &[]), exclusive, "{shown}");
        }
        assert_eq!(ends(ended, &[Switch::InclusiveEnds]), inclusive, "{shown}");
    }
}

#[test]
fn an_end_before_the_start_is_one_with_either_meaning() {
    let mut columns = plain(2);
    columns.push(dates("ended", &["2023-12-31", "2023-12-30"]));
    let folder = folder(columns);
    let mut source = folder.subscriptions(&["a.parquet"]);
    source.map("ended_at", "ended");
    let early = |row| format!("a.parquet {row} ended_at end_before_start 2023-12-3{}", 1 - row);
    assert_eq!(rejected(&folder, source.clone()).2, [early(0), early(1)]);
    source.switches = vec![Switch::InclusiveEnds];
    assert_eq!(rejected(&folder, source).2, [early(1)]);
}

#[test]
fn what_costs_nothing_needs_no_interval() {
    let every = [None, Some("once"), Some(""), Some("month"), None, None];
    for amount in [
        decimals("amount", 15, 2, &[Some(0), Some(0), Some(0), Some(0), Some(1), None]),
        Column::new(
            "amount".into(),
            [Some(0.0), Some(-0.0), Some(0.0), Some(0.0), Some(0.01), None],
        ),
    ] {
        let mut columns = plain(6);
        replace(&mut columns, amount);
        columns.push(text("every", &every));
        let folder = folder(columns);
        let mut source = folder.subscriptions(&["a.parquet"]);
        source.map("interval", "every");
        let (_, lines, details) = rejected(&folder, source);
        let free = [1, 2, 3, 4].map(|id| format!("{id} 2024-01-01 0 order={id}"));
        assert_eq!(lines, free);
        let expected = [
            "a.parquet 4 interval unknown_interval NULL",
            "a.parquet 5 amount unreadable_amount NULL",
        ];
        assert_eq!(details, expected);
    }
}

#[test]
fn prices_below_zero_are_discounts_where_that_is_said() {
    let mut columns = plain(4);
    let amount = [Some(1200), Some(-1200), Some(-100), Some(-1)];
    replace(&mut columns, decimals("amount", 15, 2, &amount));
    columns.push(text("every", &[Some("year"), Some("year"), Some("once"), Some("year")]));
    let folder = folder(columns);
    let mut source = folder.subscriptions(&["a.parquet"]);
    source.map("interval", "every");
    let (.., details) = rejected(&folder, source.clone());
    let expected = [
        "a.parquet 1 amount negative_amount -12.00",
        "a.parquet 2 amount negative_amount -1.00",
        "a.parquet 3 amount negative_amount -0.01",
    ];
    assert_eq!(details, expected);
    source.switches = vec![Switch::Discounts];
    let (_, lines, details) = rejected(&folder, source);
    let expected =
        ["2 2024-01-01 -100 order=2", "4 2024-01-01 ? order=4", "1 2024-01-01 100 order=1"];
    let mut found = lines;
    found.sort_by_key(|line| expected.iter().position(|known| known == line));
    assert_eq!(found, expected);
    assert_eq!(details, ["a.parquet 2 interval unknown_interval once"]);
}

#[test]
fn what_is_kept_follows_from_the_switches() {
    let folder = folder(plain(1));
    let form = |switches: &[Switch]| {
        let mut source = folder.subscriptions(&["a.parquet"]);
        source.switches = switches.to_vec();
        let input = open(source).unwrap();
        assert_eq!(read(&input).unwrap().0.rows(), 1);
        input.form(crate::support::ALL)
    };
    let forms = [form(&[]), form(&[Switch::InclusiveEnds]), form(&[Switch::Discounts])];
    assert!(forms[0] != forms[1] && forms[0] != forms[2] && forms[1] != forms[2]);
}
