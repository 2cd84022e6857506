//! What a sample looks like from outside: read back from its files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::Path;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Decimal128Type, Int64Type, TimestampMicrosecondType};
use chrono::{DateTime, NaiveDate, NaiveDateTime};
use kohort_sample::{MAX_CUSTOMERS, SampleError, SampleOptions, SampleReport, generate};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tempfile::TempDir;

/// A row of a sample's files.
#[derive(Debug, Clone)]
struct Row {
    file: String,
    order_id: String,
    customer_id: Option<i64>,
    ordered_at: Option<NaiveDateTime>,
    cents: i128,
    status: String,
    lost_reason: Option<String>,
    country: Option<String>,
    channel: String,
    device: String,
}

impl Row {
    fn is_dirty(&self) -> bool {
        let in_future = |at: NaiveDateTime| at.format("%Y").to_string() == "2099";
        self.customer_id.is_none() || self.ordered_at.is_none_or(in_future) || self.status == "???"
    }

    fn is_lost(&self) -> bool {
        LOST.contains(&self.status.as_str())
    }

    fn time(&self) -> NaiveDateTime {
        self.ordered_at.expect("only dirty rows have no time")
    }
}

const LOST: [&str; 4] = ["payment_failed", "cancelled", "out_of_stock", "abandoned"];

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn options(customers: u32, months: u32) -> SampleOptions {
    SampleOptions { customers, months, ..SampleOptions::default() }
}

fn sample(options: &SampleOptions) -> (TempDir, SampleReport, Vec<Row>) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let report = generate(dir.path(), options).expect("a sample");
    let rows = report.files.iter().flat_map(|file| read(file)).collect();
    (dir, report, rows)
}

fn read(path: &Path) -> Vec<Row> {
    let file = File::open(path).expect("a file of the report");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file)
        .and_then(ParquetRecordBatchReaderBuilder::build)
        .expect("a Parquet file");
    let mut rows = Vec::new();
    for batch in reader {
        let batch = batch.expect("a readable batch");
        let text = |name: &str, row: usize| {
            let column = batch.column_by_name(name).expect(name).as_string::<i32>();
            column.is_valid(row).then(|| column.value(row).to_owned())
        };
        let customers = batch.column(1).as_primitive::<Int64Type>();
        let times = batch.column(2).as_primitive::<TimestampMicrosecondType>();
        let amounts = batch.column(3).as_primitive::<Decimal128Type>();
        for row in 0..batch.num_rows() {
            rows.push(Row {
                file: path.file_stem().expect("a name").display().to_string(),
                order_id: text("order_id", row).expect("an order id"),
                customer_id: customers.is_valid(row).then(|| customers.value(row)),
                ordered_at: times.is_valid(row).then(|| {
                    let at = DateTime::from_timestamp_micros(times.value(row));
                    at.expect("a time within the calendar").naive_utc()
                }),
                cents: amounts.value(row),
                status: text("status", row).expect("a status"),
                lost_reason: text("lost_reason", row),
                country: text("country", row),
                channel: text("channel", row).expect("a channel"),
                device: text("device", row).expect("a device"),
            });
        }
    }
    rows
}

/// Clean rows by customer, in order of time.
fn histories(rows: &[Row]) -> BTreeMap<i64, Vec<&Row>> {
    let mut histories: BTreeMap<i64, Vec<&Row>> = BTreeMap::new();
    for row in rows.iter().filter(|row| !row.is_dirty()) {
        let customer = row.customer_id.expect("only dirty rows have no customer");
        histories.entry(customer).or_default().push(row);
    }
    histories
}

fn count(rows: &[Row], wanted: impl Fn(&Row) -> bool) -> u64 {
    rows.iter().filter(|row| wanted(row)).count() as u64
}

#[expect(clippy::cast_precision_loss, reason = "counts of a small sample")]
fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

fn assert_between(what: &str, value: f64, least: f64, most: f64) {
    assert!((least..=most).contains(&value), "{what}: {value:.4} is not within {least} to {most}");
}

#[test]
fn seed_decides_every_byte() {
    let bytes = |seed| {
        let (_dir, report, _) = sample(&SampleOptions { seed, ..options(500, 6) });
        let read = |file| fs::read(file).expect("a file of the report");
        report.files.iter().map(read).collect::<Vec<_>>()
    };
    let first = bytes(42);
    assert!(first == bytes(42), "the same seed gives the same bytes");
    assert!(first != bytes(43), "another seed gives another shop");
}

#[test]
fn a_customer_is_the_same_in_a_larger_shop() {
    let told = |customers| {
        let (_dir, _, rows) = sample(&options(customers, 12));
        let histories = histories(&rows);
        let first = histories.into_iter().take(100);
        first
            .map(|(customer, rows)| {
                let events = rows.iter().map(|row| (row.time(), row.cents, row.status.clone()));
                (customer, events.collect::<Vec<_>>())
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(told(200), told(400));
}

#[test]
fn default_shop_is_lifelike() {
    let (_dir, report, rows) = sample(&SampleOptions::default());
    assert_eq!(report.files.len(), 24);
    assert_eq!(report.customers, 20_000);
    assert!(report.bytes < 4 << 20, "{} bytes", report.bytes);
    assert_between("rows", share(report.rows, 1_000), 80.0, 130.0);

    let clean = report.rows - report.dirty;
    for (what, part, whole, least, most) in [
        ("dirty", report.dirty, report.rows, 0.001, 0.004),
        ("test", report.test, clean, 0.0005, 0.002),
        ("open", report.open, clean, 0.0003, 0.01),
        ("lost", report.lost, clean, 0.10, 0.20),
        ("refunds", report.refunds, report.orders, 0.02, 0.04),
        ("prospects", report.prospects, report.customers, 0.07, 0.09),
    ] {
        assert_between(what, share(part, whole), least, most);
    }

    let distinct = |text: fn(&Row) -> Option<&str>| {
        let texts: BTreeSet<_> = rows.iter().map(|row| text(row).unwrap_or("NULL")).collect();
        texts.into_iter().collect::<Vec<_>>().join(" ")
    };
    for (text, expected) in [
        (
            distinct(|row| Some(&row.status)),
            "??? abandoned cancelled completed out_of_stock payment_failed pending refunded test",
        ),
        (distinct(|row| row.country.as_deref()), "DE FR GB IE NL NULL US"),
        (distinct(|row| Some(&row.channel)), "affiliate direct email referral search social"),
        (distinct(|row| Some(&row.device)), "desktop mobile tablet"),
    ] {
        assert_eq!(text, expected);
    }
    for reason in [
        None,
        Some("too expensive"),
        Some("found cheaper elsewhere"),
        Some("card declined"),
        Some("out of stock"),
        Some("delivery too slow"),
    ] {
        let lost = count(&rows, |row| row.is_lost() && row.lost_reason.as_deref() == reason);
        assert!(lost > 100, "{lost} orders lost with the reason {reason:?}");
    }
}

#[test]
fn rows_keep_their_promises() {
    let (_dir, report, rows) = sample(&options(5_000, 24));
    let ids: BTreeSet<_> = rows.iter().map(|row| &row.order_id).collect();
    assert_eq!(ids.len(), rows.len(), "order ids are unique");
    assert_eq!(rows[0].order_id, "R00000001");

    for row in &rows {
        match row.status.as_str() {
            "refunded" => assert!(row.cents < 0, "{row:?}"),
            "???" => {}
            _ => assert!(row.cents > 0, "{row:?}"),
        }
        assert!(row.is_lost() || row.lost_reason.is_none() || row.is_dirty(), "{row:?}");
        if !row.is_dirty() {
            assert_eq!(row.time().format("%Y-%m").to_string(), row.file);
        }
    }
    let clean: Vec<Row> = rows.iter().filter(|row| !row.is_dirty()).cloned().collect();
    assert!(clean.is_sorted_by_key(Row::time), "files are in order of time");

    for (what, counted, reported) in [
        ("rows", rows.len() as u64, report.rows),
        ("dirty", count(&rows, Row::is_dirty), report.dirty),
        ("orders", count(&clean, |row| row.status == "completed"), report.orders),
        ("refunds", count(&clean, |row| row.status == "refunded"), report.refunds),
        ("lost", count(&clean, Row::is_lost), report.lost),
        ("open", count(&clean, |row| row.status == "pending"), report.open),
        ("test", count(&clean, |row| row.status == "test"), report.test),
    ] {
        assert_eq!(counted, reported, "{what}");
    }
    for (what, dirty) in [
        ("no customer", count(&rows, |row| row.customer_id.is_none())),
        ("no time", count(&rows, |row| row.ordered_at.is_none())),
        ("unknown status", count(&rows, |row| row.status == "???")),
        (
            "in the future",
            count(&rows, |row| row.ordered_at.is_some_and(|at| at.date() >= day("2099-01-01"))),
        ),
    ] {
        assert!(dirty > 0, "no row with {what}");
    }
}

#[test]
fn people_come_stay_and_leave() {
    let (_dir, report, rows) = sample(&options(10_000, 24));
    let histories = histories(&rows);

    // By month since the first order: customers who bought, and customers seen for that long.
    let (mut bought, mut seen) = ([0_u64; 24], [0_u64; 24]);
    let (mut customers, mut prospects, mut repeaters, mut lost, mut recovered) = (0, 0, 0, 0, 0);
    let mut joined = BTreeMap::new();
    let month =
        |row: &Row| row.time().date().signed_duration_since(day("2023-01-01")).num_days() / 31;
    for rows in histories.values() {
        let orders: Vec<_> = rows.iter().filter(|row| row.status == "completed").collect();
        if let Some(first) = orders.first() {
            customers += 1;
            repeaters += u64::from(orders.len() > 1);
            *joined.entry(first.file.clone()).or_insert(0) += 1;
            let age = |at: i64| usize::try_from(at - month(first)).expect("not before the first");
            let active: BTreeSet<_> = orders.iter().map(|row| age(month(row))).collect();
            for k in 0..age(24).min(24) {
                seen[k] += 1;
                bought[k] += u64::from(active.contains(&k));
            }
        } else if rows.iter().all(|row| row.is_lost() || row.status == "test") {
            prospects += 1;
        }
        let is_attempt = |row: &&&Row| row.is_lost() || row.status == "completed";
        let attempts: Vec<_> = rows.iter().filter(is_attempt).collect();
        for pair in attempts.windows(2).filter(|pair| pair[0].is_lost()) {
            let days = (pair[1].time() - pair[0].time()).num_days();
            recovered += u64::from(pair[1].status == "completed" && days <= 30);
        }
        lost += attempts.iter().filter(|row| row.is_lost()).count() as u64;
    }
    assert_eq!((customers, prospects), (report.customers, report.prospects));
    assert_eq!(joined.len(), 24, "customers join in every month");
    let november = joined["2023-11"];
    let february = joined["2023-02"];
    assert!(november > february * 3 / 2, "seasons: {joined:?}");
    assert!(joined["2024-11"] > november, "growth: {joined:?}");

    assert_between("repeat customers", share(repeaters, customers), 0.45, 0.70);
    assert_between("recovered losses", share(recovered, lost), 0.25, 0.60);
    let retention = |k: usize| share(bought[k], seen[k]);
    let curve = [1, 3, 6, 12, 18].map(retention);
    assert!(curve.is_sorted_by(|a, b| a > b), "retention falls: {curve:?}");
    let (early, late) = (curve[0] - curve[1], curve[3] - curve[4]);
    assert!(early > 2.0 * late, "and bends: {curve:?}");
    assert_between("retention after a month", curve[0], 0.15, 0.45);
    assert_between("retention after a year", curve[3], 0.04, 0.20);
}

#[test]
fn baskets_drift_both_ways() {
    let (_dir, _, rows) = sample(&options(5_000, 24));
    let (mut grown, mut shrunk) = (0, 0);
    for rows in histories(&rows).values() {
        let orders: Vec<_> = rows.iter().filter(|row| row.status == "completed").collect();
        if orders.len() >= 10 {
            let (early, late) = orders.split_at(orders.len() / 2);
            let mean = |orders: &[&&Row]| {
                orders.iter().map(|row| row.cents).sum::<i128>() / orders.len() as i128
            };
            let (early, late) = (mean(early), mean(late));
            grown += u32::from(late * 4 > early * 5);
            shrunk += u32::from(late * 5 < early * 4);
        }
    }
    assert!(grown > 50 && shrunk > 50, "{grown} grew, {shrunk} shrank");
}

#[test]
fn small_shops_work() {
    for (customers, months, end, files) in [
        (0, 3, "2025-01-01", "2024-10 2024-11 2024-12"),
        (0, 1, "2024-03-01", "2024-02"),
        (1, 1, "2025-01-01", "2024-12"),
        (50, 1, "2024-03-31", "2024-02 2024-03"),
        (50, 2, "2024-03-15", "2024-01 2024-02 2024-03"),
        (10, 1, "1970-02-01", "1970-01"),
        (10, 1, "2099-01-01", "2098-12"),
    ] {
        let (_dir, report, rows) =
            sample(&SampleOptions { end: day(end), ..options(customers, months) });
        let case = format!("{customers} customers, {months} months until {end}");
        let names = report.files.iter().filter_map(|file| file.file_stem());
        let names: Vec<_> = names.map(|name| name.display().to_string()).collect();
        assert_eq!(names.join(" "), files, "{case}");
        assert_eq!(report.customers, u64::from(customers), "{case}");
        assert_eq!(report.rows, rows.len() as u64, "{case}");
        assert!(report.orders >= report.customers, "{case}");
        for row in rows.iter().filter(|row| !row.is_dirty()) {
            assert!(row.time().date() < day(end), "{case}: {row:?}");
        }
    }
}

#[test]
fn a_second_sample_replaces_the_first() {
    let (dir, _, _) = sample(&options(50, 2));
    let again = generate(dir.path(), &options(80, 2)).expect("a second sample");
    assert_eq!(again.customers, 80);
    let files = fs::read_dir(dir.path().join("orders")).expect("the folder");
    assert_eq!(files.count(), 2, "nothing else is left behind");
}

#[test]
fn wrong_options_are_named() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let period = "ask for at least 1 month, a start on or after 1970-01-01 \
                  and an end on or before 2099-01-01";
    for (customers, months, end, expected) in [
        (1, 0, "2025-01-01", format!("no sample of 0 months can end on 2025-01-01: {period}")),
        (1, 661, "2025-01-01", format!("no sample of 661 months can end on 2025-01-01: {period}")),
        (
            1,
            u32::MAX,
            "2025-01-01",
            format!("no sample of 4294967295 months can end on 2025-01-01: {period}"),
        ),
        (1, 1, "2099-01-02", format!("no sample of 1 months can end on 2099-01-02: {period}")),
        (
            MAX_CUSTOMERS + 1,
            1,
            "2025-01-01",
            "no sample of 1000000001 customers: ask for at most 1000000000".to_owned(),
        ),
    ] {
        let options = SampleOptions { end: day(end), ..options(customers, months) };
        let error = generate(dir.path(), &options).expect_err("a refusal");
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn unusable_folders_are_named() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let in_the_way = dir.path().join("file");
    fs::write(&in_the_way, "not a folder").expect("a file");
    let error = generate(&in_the_way, &options(1, 1)).expect_err("a refusal");
    assert!(matches!(error, SampleError::Folder { .. }), "{error:?}");
    let text = error.to_string();
    let folder = in_the_way.join("orders");
    assert!(text.starts_with(&format!("cannot use the folder {}: ", folder.display())), "{text}");
    assert!(text.ends_with("; choose a folder that can be written to"), "{text}");

    // A folder that has the name of a file of the sample.
    let orders = dir.path().join("orders");
    fs::create_dir_all(orders.join("2024-12.parquet").join("inside")).expect("a folder");
    let error = generate(dir.path(), &options(1, 1)).expect_err("a refusal");
    assert!(matches!(error, SampleError::File { .. }), "{error:?}");
    let text = error.to_string();
    let file = orders.join("2024-12.parquet");
    assert!(text.starts_with(&format!("cannot write {}: ", file.display())), "{text}");
    assert_eq!(fs::read_dir(&orders).expect("the folder").count(), 1, "no unfinished file stays");
}

#[test]
fn files_of_another_sample_are_not_mixed_in() {
    let (dir, _, _) = sample(&options(10, 3));
    let other = dir.path().join("orders").join("2024-10.parquet");
    let error = generate(dir.path(), &options(10, 2)).expect_err("a refusal");
    assert!(matches!(error, SampleError::OtherFile { .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        format!(
            "{} is not part of this sample and would be read along with it; \
             remove it or choose another folder",
            other.display()
        )
    );
}
