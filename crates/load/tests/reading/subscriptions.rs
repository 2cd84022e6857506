//! Subscriptions: spans, prices by the month, and what is wrong with some.

use std::collections::BTreeMap;
use std::fs;

use kohort_load::{CurrencySource, LoadReport, Needs, Source, open};
use kohort_model::Scale;
use polars::prelude::{Column, DataType, TimeUnit};

use crate::support::{
    ALL, Folder, Maps as _, NOW, Nothing, cast, dates, days, decimals, ints, lines, read, segment,
    text, times,
};

/// Columns `id`, `sub`, `at` and `amount` for `rows` rows: customers 1, 2, 3 and so on with one
/// subscription each, from 2024-01-01 on for 12.00.
pub fn plain(rows: usize) -> Vec<Column> {
    let id: Vec<_> = (1..).take(rows).collect();
    vec![
        ints("id", &id),
        ints("sub", &id),
        dates("at", &vec!["2024-01-01"; rows]),
        decimals("amount", 15, 2, &vec![Some(1200); rows]),
    ]
}

pub fn folder(columns: Vec<Column>) -> Folder {
    let folder = Folder::new();
    folder.write("a.parquet", columns);
    folder
}

pub fn replace(columns: &mut [Column], column: Column) {
    let place = columns.iter().position(|other| other.name() == column.name());
    columns[place.unwrap()] = column;
}

pub fn rejected(folder: &Folder, source: Source) -> (LoadReport, Vec<String>, Vec<String>) {
    let input = open(source).unwrap();
    let (report, lines) = read(&input).unwrap();
    let details = input.rejected(&report, &[], 100).unwrap();
    (report, lines, folder.rejected(&details))
}

#[test]
fn all_that_a_row_may_have() {
    let mut columns = plain(4);
    columns.push(dates("ended", &["", "2024-03-01", "2024-01-01", "9999-12-31"]));
    columns.push(dates("cancelled", &["", "2024-02-01", "", "2023-12-31"]));
    columns.push(Column::new("forced".into(), [None, Some(false), Some(true), None]));
    columns.push(text("why", &[None, Some("too dear"), Some(""), Some("late")]));
    columns.push(text("plan", &[Some("basic"), Some("plus"), None, Some("")]));
    columns.push(dates("changed", &["1970-01-02", "", "1969-12-31", "1970-01-01"]));
    let folder = folder(columns);
    let mut source = folder.subscriptions(&["a.parquet"]);
    let bare = [
        "1 2024-01-01 1200 order=1",
        "2 2024-01-01 1200 order=2",
        "3 2024-01-01 1200 order=3",
        "4 2024-01-01 1200 order=4",
    ];
    assert_eq!(lines(source.clone()), bare);
    source.map("ended_at", "ended");
    source.map("cancelled_at", "cancelled");
    source.map("involuntary", "forced");
    let names = [("too dear".to_owned(), "price".to_owned())].into();
    source.map("cancel_reason", "why").names = names;
    source.segments = vec![segment("plan", "\"plan\"")];
    source.map("updated_at", "changed");
    let expected = [
        "1 2024-01-01 1200 order=1 ended=never cancelled=never cause=Unknown \
         updated=86400000000 reason=unknown basic",
        "2 2024-01-01 1200 order=2 ended=2024-03-01 cancelled=2024-02-01 cause=Voluntary \
         updated=-9223372036854775808 reason=price plus",
        "3 2024-01-01 1200 order=3 ended=2024-01-01 cancelled=never cause=Involuntary \
         updated=-86400000000 reason=unknown (none)",
        "4 2024-01-01 1200 order=4 ended=never cancelled=2023-12-31 cause=Unknown updated=0 \
         reason=late (none)",
    ];
    assert_eq!(lines(source), expected);
}

#[test]
fn ids_are_always_read() {
    let mut columns = plain(2);
    replace(&mut columns, Column::new("sub".into(), [Some("x"), None]));
    let folder = folder(columns);
    let input = open(folder.subscriptions(&["a.parquet"])).unwrap();
    let needs = Needs { order_ids: false, ..ALL };
    let (report, _) = input.read(needs, NOW, 1, &|_| (), &|| Nothing).unwrap();
    assert_eq!(report.rejected, BTreeMap::from([("null_subscription_id".to_owned(), 1)]));
}

/// Prices by the month of amounts with intervals.
fn months(amount: Column, intervals: &[&str], scale: u8) -> Vec<i64> {
    let mut columns = plain(amount.len());
    let intervals: Vec<_> = intervals.iter().map(|interval| Some(*interval)).collect();
    replace(&mut columns, amount);
    columns.push(text("every", &intervals));
    let folder = folder(columns);
    let mut source = folder.subscriptions(&["a.parquet"]);
    source.map("interval", "every");
    source.scale = Scale::new(scale).unwrap();
    let value = |line: &String| line.split(' ').nth(2).unwrap().parse().unwrap();
    lines(source).iter().map(value).collect()
}

#[test]
fn prices_by_the_month_are_rounded_once() {
    let (m, q, y) = ("month", "quarter", "year");
    let decimal = |places, digits: &[i128]| {
        let digits: Vec<_> = digits.iter().map(|digits| Some(*digits)).collect();
        decimals("amount", 38, places, &digits)
    };
    let cases: [(Column, &[&str], u8, &[i64]); 11] = [
        (decimal(2, &[10_000, 10_000, 10_000]), &[m, q, y], 2, &[10_000, 3333, 833]),
        (decimal(2, &[100, 5, 6, 0, 1, 2]), &[q, y, y, y, q, q], 2, &[33, 0, 1, 0, 0, 1]),
        // 0.0599 is less than half a cent a month, although it is 0.06 in cents.
        (decimal(4, &[599, 600, 12_350]), &[y, y, m], 2, &[0, 1, 124]),
        (decimal(1, &[600, 1]), &[y, y], 2, &[500, 1]),
        (decimal(0, &[100, 7]), &[y, q], 0, &[8, 2]),
        (ints("amount", &[100, 1, 1]), &[y, q, m], 2, &[833, 33, 100]),
        (cast(&ints("amount", &[100, 1]), &DataType::UInt8), &[y, q], 3, &[8333, 333]),
        (decimal(2, &[1200, 1200, 1200]), &["12 months", "Annually", "P3M"], 2, &[100, 100, 400]),
        // 12 * 365 / 12 / 7, and half of it.
        (decimal(2, &[1200, 1200, 1200]), &["daily", "1 week", "P2W"], 2, &[36_500, 5214, 2607]),
        // As a float 1.14 is 113.99999999999999 cents.
        (Column::new("amount".into(), [1.14, 0.06, 99.99]), &[y, y, m], 2, &[10, 1, 9999]),
        (Column::new("amount".into(), [1.14_f32, 0.06]), &[y, y], 2, &[10, 1]),
    ];
    for (amount, intervals, scale, expected) in cases {
        let shown = format!("{amount:?}");
        assert_eq!(months(amount, intervals, scale), expected, "{shown} by {intervals:?}");
    }
}

#[test]
fn prices_that_do_not_fit() {
    let check = "does not fit into 64 bits at scale = 2; check the column, or lower the scale";
    let monthly = "does not fit into 64 bits at scale = 2 once it is that of a month; check the column, or \
                   lower the scale";
    let large = i64::MAX / 100;
    let cases = [
        (ints("amount", &[i64::MAX]), "month", "9223372036854775807", check),
        (Column::new("amount".into(), [1e300]), "month", "1e300", check),
        // Of a day thirty times as much and more.
        (ints("amount", &[large]), "day", "92233720368547758", monthly),
        (ints("amount", &[i64::MAX]), "day", "9223372036854775807", check),
    ];
    for (amount, interval, value, expected) in cases {
        let mut columns = plain(1);
        replace(&mut columns, amount);
        columns.push(text("every", &[Some(interval)]));
        let folder = folder(columns);
        let mut source = folder.subscriptions(&["a.parquet"]);
        source.map("interval", "every");
        let message = folder.error(source);
        assert_eq!(message, format!("the amount {value} in DIR/a.parquet {expected}"));
    }
}

#[test]
fn prices_are_converted_at_the_start() {
    let mut columns = plain(4);
    replace(&mut columns, dates("at", &["2024-01-01", "2024-01-03", "2024-01-03", "2024-01-01"]));
    columns.push(text("every", &[Some("year"), Some("year"), Some("month"), Some("quarter")]));
    columns.push(text("currency", &[Some("EUR"), Some("EUR"), Some("EUR"), Some("GBP")]));
    let folder = folder(columns);
    let rates =
        "date,currency,rate\n2024-01-01,GBP,1\n2024-01-01,EUR,0.8649\n2024-01-03,EUR,0.87\n";
    fs::write(folder.path("rates.csv"), rates).unwrap();
    let mut source = folder.subscriptions(&["a.parquet"]);
    source.map("interval", "every");
    source.currency =
        CurrencySource::Column { expr: "currency".to_owned(), rates: folder.path("rates.csv") };
    let expected = [
        "1 2024-01-01 86 order=1",
        "4 2024-01-01 400 order=4",
        "2 2024-01-03 87 order=2",
        "3 2024-01-03 1044 order=3",
    ];
    assert_eq!(lines(source.clone()), expected);
    source.filter = Some("id = 3".to_owned());
    let early = "date,currency,rate\n2024-01-04,EUR,0.87\n";
    fs::write(folder.path("rates.csv"), early).unwrap();
    assert_eq!(
        folder.error(source),
        "no rate for EUR on 2024-01-03 (a subscription in DIR/a.parquet); DIR/rates.csv needs a row \
         of that currency dated on or before that day, also for the currency of the report (rate 1); there \
         are rates of EUR"
    );
}

#[test]
fn trials_are_free_whatever_they_say() {
    let mut columns = plain(6);
    let amount = [Some(1200), None, Some(-5), Some(10_i128.pow(30)), Some(1200), Some(1200)];
    replace(&mut columns, decimals("amount", 38, 2, &amount));
    columns
        .push(text("every", &[Some("year"), None, Some("week"), None, Some("year"), Some("year")]));
    let trial = [Some(true), Some(true), Some(true), Some(true), Some(false), None];
    columns.push(Column::new("free".into(), trial));
    let folder = folder(columns);
    let mut source = folder.subscriptions(&["a.parquet"]);
    source.map("interval", "every");
    source.map("trial", "free");
    let values: Vec<_> =
        lines(source).iter().map(|line| line.split(' ').nth(2).unwrap().to_owned()).collect();
    assert_eq!(values, ["0", "0", "0", "0", "100", "100"]);
}

#[test]
fn every_clock_has_its_own_type() {
    let seconds = |zone, at| times("", TimeUnit::Milliseconds, zone, &[at]);
    let date = |at| dates("", &[at]);
    let london = chrono_tz::Europe::London;
    let new_york = chrono_tz::America::New_York;
    // In summer 23:30 in UTC is the next day in London.
    let late = "2024-06-30 23:30:00";
    let cases = [
        (
            london,
            seconds(Some("UTC"), late),
            date("2024-07-01"),
            seconds(None, late),
            ["2024-07-01", "2024-07-01", "2024-06-30"],
        ),
        (
            london,
            date("2024-06-30"),
            seconds(Some("UTC"), late),
            seconds(Some("UTC"), late),
            ["2024-06-30", "2024-07-01", "2024-07-01"],
        ),
        (
            new_york,
            seconds(None, late),
            seconds(None, late),
            date("2024-01-31"),
            ["2024-06-30", "2024-06-30", "2024-01-31"],
        ),
        (
            new_york,
            seconds(Some("Asia/Tokyo"), "2024-07-01 03:59:59"),
            seconds(Some("UTC"), "2024-07-01 04:00:00"),
            seconds(Some("UTC"), ""),
            ["2024-06-30", "2024-07-01", "never"],
        ),
    ];
    for (timezone, start, end, cancelled, [start_day, end_day, cancelled_day]) in cases {
        let mut columns = plain(1);
        replace(&mut columns, start.with_name("at".into()));
        columns.push(end.with_name("ended".into()));
        columns.push(cancelled.with_name("cancelled".into()));
        let folder = folder(columns);
        let mut source = folder.subscriptions(&["a.parquet"]);
        source.timezone = timezone;
        source.map("ended_at", "ended");
        source.map("cancelled_at", "cancelled");
        let input = open(source).unwrap();
        let (report, found) = read(&input).unwrap();
        assert_eq!(report.rejected, BTreeMap::new());
        let found: Vec<_> = found[0].split(' ').filter(|part| !part.starts_with("at=")).collect();
        let expected =
            format!("1 {start_day} 1200 order=1 ended={end_day} cancelled={cancelled_day}");
        assert_eq!(found.join(" "), expected);
    }
}

#[test]
fn an_end_in_the_last_year_is_none() {
    use chrono_tz::{America::New_York, Europe::Berlin, Pacific::Kiritimati, UTC};
    let at = |zone, at| times("ended", TimeUnit::Microseconds, zone, &[at]);
    let utc = Some("UTC");
    let last = "9999-12-31 23:59:59.999999";
    let cases = [
        (Berlin, None, at(utc, last), "never"),
        (Kiritimati, None, at(utc, last), "never"),
        (Berlin, Some(UTC), at(None, last), "never"),
        (Berlin, None, at(None, last), "never"),
        // Of a clock that is behind.
        (UTC, Some(New_York), at(None, last), "never"),
        (Kiritimati, Some(New_York), at(None, last), "never"),
        (New_York, None, at(utc, "9999-01-01 00:00:00"), "never"),
        (Berlin, None, at(utc, "9998-12-31 23:30:00"), "never"),
        (UTC, None, at(utc, "9998-12-31 23:59:59"), "9998-12-31"),
        (New_York, None, at(utc, "9998-12-31 23:59:59"), "9998-12-31"),
        (UTC, None, at(None, "+10000-01-01 00:00:00"), "unreadable"),
        (Berlin, None, at(utc, "+10000-01-03 00:00:00"), "unreadable"),
        (UTC, None, days("ended", &[Some(2_932_897)]), "unreadable"),
    ];
    for (timezone, naive_times, ended, expected) in cases {
        let shown = format!("{ended:?} in {timezone}, {naive_times:?}");
        let mut columns = plain(1);
        columns.push(ended);
        let folder = folder(columns);
        for column in ["ended_at", "cancelled_at"] {
            let mut source = folder.subscriptions(&["a.parquet"]);
            (source.timezone, source.naive_times) = (timezone, naive_times);
            source.map(column, "ended");
            let (report, lines) = read(&open(source).unwrap()).unwrap();
            let name = column.trim_end_matches("_at");
            let found = lines.first().map(|line| line.rsplit(&format!("{name}=")).next().unwrap());
            assert_eq!(found.unwrap_or("unreadable"), expected, "{column} {shown}");
            let rejected = u64::from(expected == "unreadable");
            assert_eq!(report.rejected_rows(), rejected, "{column} {shown}");
        }
    }
}

#[test]
fn every_reason_and_its_rows() {
    let id = [None, Some(2), Some(3), Some(4), Some(5), Some(6), Some(7), Some(8), Some(9)];
    let sub = [1, 0, 3, 4, 5, 6, 7, 8, 9].map(|sub| (sub > 0).then_some(sub));
    let amount = [1200, 1200, 1200, 1200, 0, -1, 1200, 1200, 1200];
    let amount = amount.map(|amount| (amount != 0).then_some(amount));
    let every = ["year", "year", "year", "year", "year", "year", "biweekly", "", "year"];
    let every = every.map(|every| (!every.is_empty()).then_some(every));
    let far = [None, None, None, Some(2_932_897), None, None, None, None, Some(19_722)];
    let columns = vec![
        Column::new("id".into(), id),
        Column::new("sub".into(), sub),
        dates(
            "at",
            &[
                "2024-01-01",
                "2024-01-01",
                "",
                "2024-01-01",
                "2024-01-01",
                "2024-01-01",
                "2024-01-01",
                "2024-01-01",
                "2024-01-01",
            ],
        ),
        decimals("amount", 15, 4, &amount),
        text("every", &every),
        days("ended", &far),
    ];
    let folder = folder(columns);
    let far = [Some(2_932_897), Some(-719_163), None];
    let mut columns = plain(3);
    columns.push(text("every", &[Some("month"), Some("month"), Some("month")]));
    columns.push(dates("ended", &["", "", "2024-01-02"]));
    columns.push(days("cancelled", &far));
    folder.write("b.parquet", columns);
    let mut source = folder.subscriptions(&["*.parquet"]);
    source.map("interval", "every");
    source.map("ended_at", "ended");
    source.map("cancelled_at", "cancelled");
    let (report, lines, details) = rejected(&folder, source);
    assert_eq!(lines, ["3 2024-01-01 1200 order=3 ended=2024-01-02 cancelled=never"]);
    let expected = [
        ("end_before_start", 1),
        ("negative_amount", 1),
        ("null_customer_id", 1),
        ("null_subscription_id", 1),
        ("null_time", 1),
        ("unknown_interval", 2),
        ("unreadable_amount", 1),
        ("unreadable_time", 3),
    ];
    assert_eq!(report.rejected, expected.map(|(reason, rows)| (reason.to_owned(), rows)).into());
    let expected = [
        "a.parquet 0 customer_id null_customer_id NULL",
        "a.parquet 1 subscription_id null_subscription_id NULL",
        "a.parquet 2 started_at null_time NULL",
        "a.parquet 3 ended_at unreadable_time +10000-01-01",
        "a.parquet 4 amount unreadable_amount NULL",
        "a.parquet 5 amount negative_amount -0.0001",
        "a.parquet 6 interval unknown_interval biweekly",
        "a.parquet 7 interval unknown_interval NULL",
        "a.parquet 8 ended_at end_before_start 2023-12-31",
        "b.parquet 0 cancelled_at unreadable_time +10000-01-01",
        "b.parquet 1 cancelled_at unreadable_time 0000-12-31",
    ];
    assert_eq!(details, expected);
}

#[test]
fn of_several_reasons_the_first_counts() {
    let mut columns = plain(3);
    replace(&mut columns, decimals("amount", 15, 2, &[None, Some(-1), Some(1)]));
    columns.push(text("every", &[None, None, None]));
    columns.push(dates("ended", &["2023-12-31"; 3]));
    let folder = folder(columns);
    let mut source = folder.subscriptions(&["a.parquet"]);
    source.map("interval", "every");
    source.map("ended_at", "ended");
    let (.., details) = rejected(&folder, source);
    let expected = [
        "a.parquet 0 amount unreadable_amount NULL",
        "a.parquet 1 amount negative_amount -0.01",
        "a.parquet 2 interval unknown_interval NULL",
    ];
    assert_eq!(details, expected);
}

#[test]
fn a_start_to_come_is_a_booking() {
    let mut columns = plain(1);
    replace(&mut columns, dates("at", &["2030-01-01"]));
    let folder = folder(columns);
    let expected = ["1 2030-01-01 1200 order=1"];
    assert_eq!(lines(folder.subscriptions(&["a.parquet"])), expected);
}

#[test]
fn mapped_values_that_do_not_fit() {
    type Change = fn(&mut Source);
    let cases: [(Change, &str); 9] = [
        (
            |s| s.set("started_at", "sub"),
            "inputs.subscriptions.started_at = \"sub\" is of type i64 in DIR/a.parquet; a time is a \
             date or a timestamp: use TO_TIMESTAMP(sub) of seconds since 1970, EPOCH_MS(sub) of milliseconds",
        ),
        (
            |s| s.set("ended_at", "plan"),
            "inputs.subscriptions.ended_at = \"plan\" is of type str in DIR/a.parquet; a time is a date \
             or a timestamp: use CAST(plan AS DATE), of texts with an offset CAST(plan AS TIMESTAMPTZ), and \
             for other notations STRPTIME(plan, '%d/%m/%Y %H:%M')",
        ),
        (
            |s| s.set("cancelled_at", "amount"),
            "inputs.subscriptions.cancelled_at = \"amount\" is of type decimal[15,2] in DIR/a.parquet; a \
             time is a date or a timestamp: use TO_TIMESTAMP(amount) of \
             seconds since 1970, EPOCH_MS(amount) of milliseconds",
        ),
        (
            |s| s.set("trial", "plan"),
            "inputs.subscriptions.trial = \"plan\" is of type str in DIR/a.parquet; a condition is true \
             or false",
        ),
        (
            |s| s.set("involuntary", "sub"),
            "inputs.subscriptions.involuntary = \"sub\" is of type i64 in DIR/a.parquet; a condition is \
             true or false",
        ),
        (
            |s| s.set("subscription_id", "'x'"),
            "inputs.subscriptions.subscription_id = \"'x'\" names no column, so every row would have \
             the same value",
        ),
        (
            |s| s.filter = Some("plan".to_owned()),
            "inputs.subscriptions.where = \"plan\" can't be computed from the columns of DIR/a.parquet: a \
             condition is true or false, and this is of type VARCHAR",
        ),
        (
            |s| s.set("amount", "SUM(amount)"),
            "inputs.subscriptions.amount = \"SUM(amount)\" does not give one value for each row on its \
             own; aggregates, windows and * have no place in a mapping",
        ),
        (
            |s| s.segments = vec![segment("plan", "plan + ")],
            "segments.plan = \"plan + \" is no valid SQL expression: ",
        ),
    ];
    for (change, expected) in cases {
        let mut columns = plain(1);
        columns.push(text("plan", &[Some("basic")]));
        let folder = folder(columns);
        let mut source = folder.subscriptions(&["a.parquet"]);
        change(&mut source);
        let message = folder.error(source);
        if expected.ends_with(' ') {
            assert!(message.starts_with(expected), "{message}\n{expected}");
        } else {
            assert_eq!(message, expected);
        }
    }
}

#[test]
fn columns_that_one_file_lacks() {
    let folder = folder(plain(1));
    let mut columns = plain(1);
    columns.push(text("every", &[Some("year")]));
    columns.push(dates("ended", &["2024-02-01"]));
    columns.push(dates("cancelled", &["2024-02-01"]));
    columns.push(Column::new("flag".into(), [true]));
    columns.push(text("why", &[Some("price")]));
    folder.write("b.parquet", columns);
    let mut source = folder.subscriptions(&["*.parquet"]);
    source.map("cancelled_at", "cancelled");
    source.map("involuntary", "flag");
    source.map("trial", "flag");
    source.map("cancel_reason", "why");
    let expected = [
        "1 2024-01-01 0 order=1 cancelled=2024-02-01 cause=Involuntary reason=price",
        "1 2024-01-01 1200 order=1 cancelled=never cause=Unknown reason=unknown",
    ];
    assert_eq!(lines(source.clone()), expected);
    let lacking = "which DIR/a.parquet does not have; its columns are ";
    source.map("ended_at", "ended");
    let message = folder.error(source.clone());
    let start = "inputs.subscriptions.ended_at = \"ended\" names the column \"ended\", ";
    assert!(message.starts_with(&format!("{start}{lacking}")), "{message}");
    source.unmap("ended_at");
    source.map("interval", "every");
    let message = folder.error(source);
    let start = "inputs.subscriptions.interval = \"every\" names the column \"every\", ";
    assert!(message.starts_with(&format!("{start}{lacking}")), "{message}");
}

#[test]
fn constants_serve_as_intervals() {
    let folder = folder(plain(3));
    let mut source = folder.subscriptions(&["a.parquet"]);
    source.map("interval", "'year'");
    source.filter = Some("id > 1".to_owned());
    let expected = ["2 2024-01-01 100 order=2", "3 2024-01-01 100 order=3"];
    assert_eq!(lines(source), expected);
}
