//! The same rows give the same tables and counts, in whatever order they stand, in however many files,
//! for any number of threads and any limit of memory.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, Decimal128Array, RecordBatch, StringArray, TimestampMicrosecondArray,
    UInt32Array,
};
use arrow::compute::{concat_batches, take_record_batch};
use arrow::datatypes::{Decimal128Type, Int64Type, TimestampMicrosecondType};
use serde_json::{Value, json};

use crate::support::parquet::{batch, read, write};
use crate::support::shell::Folder;

const FILES: [usize; 3] = [1, 7, 50];
const THREADS: [usize; 3] = [1, 2, 8];
/// Far below what the rows take, so that nearly all of them go to disk.
const LIMITS: [&str; 2] = ["", "--memory-limit 1MiB"];

/// What every pipeline here has; the columns are those of `kohort sample`.
pub const COMMON: &str = r#"
[inputs.orders]
path = "set by each run"
customer_id = "customer_id"
order_id = "order_id"
ordered_at = "ordered_at"
amount = "amount"
status = "status"
completed = ["completed", "refunded"]
lost = ["payment_failed", "cancelled", "out_of_stock", "abandoned"]
open = ["pending"]
ignored = ["test", "tests"]
lost_reason = "lost_reason"

[outputs]
path = "out"

[checks]
max_rejected = 0.1
"#;

#[test]
fn orders_with_integer_ids() {
    let pipeline = r#"
        calendar = { timezone = "Europe/London", grains = ["month", "week"] }
        segments = { country = "country" }
        lost_sales.reasons = { "too expensive" = "price" }
    "#;
    let run = check(pipeline, "", &sample());
    assert_some(
        &run["rejected"],
        &["in_future", "null_customer_id", "null_time", "unknown_status"],
    );
    assert_some(&run["left_out"], &["ignored"]);
}

#[test]
fn orders_with_text_ids_and_segments_of_each_order() {
    let pipeline = r#"
        calendar = { grains = ["quarter", "month"] }
        customers = { lapse_after_days = "auto", activity = "any" }
        segments = { channel = { column = "channel", at = "order" }, device = "device" }
    "#;
    let run = check(pipeline, "", &with_text_ids(&sample()));
    assert_some(&run, &["lapse_after_days"]);
}

#[test]
fn lines() {
    let pipeline = r#"
        calendar = { grains = ["month"] }
        segments = { device = "device" }
    "#;
    let run = check(pipeline, "rows = \"lines\"", &in_lines(&sample()));
    assert_some(&run["rejected"], &["mixed_status"]);
}

#[test]
fn dates_without_order_ids() {
    // On one day many rows of a customer tie.
    let pipeline = r#"
        calendar = { grains = ["week"] }
        segments = { channel = "channel", device = "device" }
    "#;
    let pipeline = pipeline.to_owned() + COMMON;
    let pipeline = pipeline
        .replace("order_id = \"order_id\"", "")
        .replace("= \"ordered_at\"", "= \"CAST(ordered_at AS DATE)\"")
        .replace("\"customer_id\"", "\"customer_id % 500\"");
    check_whole(&pipeline, &sample());
}

#[test]
fn rows_that_repeat() {
    let rows = sample();
    let count = u32::try_from(rows.num_rows()).unwrap();
    let indices: UInt32Array =
        (0..count).flat_map(|row| [row].repeat(1 + row as usize % 3)).collect();
    let pipeline = r#"
        calendar = { grains = ["month"] }
        segments = { country = "country" }
    "#;
    let rows = take_record_batch(&rows, &indices).unwrap();
    let run = check(pipeline, "deduplicate = true", &rows);
    assert_some(&run["left_out"], &["duplicates"]);
}

#[test]
fn versions_of_orders() {
    let pipeline = r#"
        calendar = { grains = ["month"], history_start = 2023-03-01, as_of = 2024-10-15 }
        revenue.window = "3 months"
        segments = { country = "country" }
    "#;
    let run = check(pipeline, "updated_at = \"updated_at\"", &in_versions(&sample()));
    assert_some(&run["left_out"], &["superseded", "before_history_start", "after_as_of"]);
}

#[test]
fn customers_one_by_one() {
    let pipeline = r#"
        calendar = { grains = ["month"] }
        segments = { country = "country" }
        outputs.tables = ["customers", "revenue_movements", "purchase_gap_histogram"]
    "#;
    let common = COMMON.replace("[outputs]\npath = \"out\"", "").trim_start().to_owned();
    check_whole(&format!("{pipeline}\noutputs.path = \"out\"\n{common}"), &sample());
}

#[test]
fn subscriptions_and_all_that_stands_beside_them() {
    let made = Folder::new();
    made.kohort_succeeds("sample subscriptions --subscriptions --customers 6000");
    let at = made.path("subscriptions").display().to_string();
    let pipeline = format!(
        r#"
        calendar = {{ grains = ["month", "week"], as_of = 2024-12-15 }}
        customers.reactivation_gap_days = 14
        win_back.attribution_window_days = 60
        segments = {{ country = "country", plan = {{ column = "plan", at = "order" }} }}
        outputs = {{ path = "out", tables = ["cohort_retention", "customer_retention",
            "revenue_churn", "revenue_movements", "win_back", "churn_reasons", "clv_models"] }}

        [inputs.subscriptions]
        path = "set by each run"
        subscription_id = "subscription_id"
        customer_id = "customer_id"
        started_at = "started_at"
        ended_at = "ended_at"
        amount = "amount"
        interval = "interval"
        trial = "trial"
        cancelled_at = "cancelled_at"
        cancel_reason = "cancel_reason"
        involuntary = "involuntary"

        [inputs.prospects]
        path = "{at}/prospects.parquet"
        customer_id = "customer_id"
        first_seen_at = "first_seen_at"

        [inputs.contacts]
        path = "{at}/contacts.parquet"
        customer_id = "customer_id"
        contacted_at = "contacted_at"
        campaign = "campaign"
        strategy = "strategy"
        variant = "variant"
        holdout = ["holdout"]

        [inputs.surveys]
        path = "{at}/surveys.parquet"
        customer_id = "customer_id"
        answered_at = "answered_at"
        reason = "reason"
    "#
    );
    let run = check_whole(&pipeline, &read(&made.path("subscriptions/subscriptions.parquet")));
    assert_some(&run["left_out"], &["after_as_of", "unpaid"]);
    assert_some(&run["events"], &["subscriptions", "contacts", "surveys"]);
}

/// Asserts that the rows were of the kind that is to be tested.
#[track_caller]
fn assert_some(counts: &Value, names: &[&str]) {
    assert!(names.iter().all(|name| counts[name].as_u64() > Some(0)), "{names:?} of {counts}");
}

/// Runs a pipeline of its own settings, those of its orders and the common ones, see [`check_whole`].
fn check(pipeline: &str, orders: &str, rows: &RecordBatch) -> Value {
    let common = COMMON.replace("[outputs]", &format!("{orders}\n\n[outputs]"));
    check_whole(&format!("{pipeline}\n{common}"), rows)
}

/// Runs a pipeline over the rows, cut in every way, and each table by itself; gives what all runs
/// found.
fn check_whole(pipeline: &str, rows: &RecordBatch) -> Value {
    let folder = Folder::new();
    folder.write("pipeline.toml", pipeline);
    let has_orders = pipeline.contains("[inputs.orders]");
    let input = if has_orders { "orders" } else { "subscriptions" };
    let path = format!("inputs.{input}.path");
    let mut first = None;
    for files in FILES {
        let input = format!("in_{files}");
        write_files(&folder, &input, files, rows);
        for threads in THREADS {
            for limit in LIMITS {
                // What is kept for the next run takes another way into the partitions.
                let keeps = threads != 2;
                let run = format!("--set {path}={input} --threads {threads} {limit}");
                let more = format!("--full-refresh --set state.keep={keeps}");
                folder.kohort_succeeds(&format!("run pipeline.toml --quiet {run} {more}"));
                let spilled = folder.record()["spilled_bytes"].as_u64().unwrap();
                assert_eq!(spilled > 0, !limit.is_empty(), "{run}: {spilled} bytes on disk");
                let found = outcome(&folder);
                assert_eq!(&found, first.get_or_insert_with(|| found.clone()), "{run}");
            }
        }
    }
    for table in folder.digests() {
        let run = format!("--set {path}=in_7 --select {}", table.0);
        folder.kohort_succeeds(&format!("run pipeline.toml --quiet {run}"));
        assert_eq!(folder.digests(), [table]);
    }
    first.unwrap()
}

/// All of a run that must not depend on how it was done.
fn outcome(folder: &Folder) -> Value {
    let record = folder.record();
    let input = &record["inputs"][0];
    let files = input["files"].as_array().unwrap().iter();
    // What a run held of memory does depend on its limit.
    let warnings = record["warnings"].as_array().unwrap().iter();
    let warnings: Vec<_> =
        warnings.filter(|text| !text.as_str().unwrap().contains(" the --memory-limit ")).collect();
    json!({
        "tables": folder.digests(),
        "as_of": record["as_of"],
        "lapse_after_days": record["lapse_after_days"],
        "events": record["events"],
        "rows": files.map(|file| file["rows"].as_u64().unwrap()).sum::<u64>(),
        "rounded_amounts": input["rounded_amounts"],
        "rejected": input["rejected"],
        "left_out": input["left_out"],
        "warnings": warnings,
    })
}

/// Writes the rows to some files of a folder, in an order that differs from one number of files to the
/// next.
pub fn write_files(folder: &Folder, name: &str, files: usize, rows: &RecordBatch) {
    let shuffled = shuffled(rows.num_rows(), files as u64);
    let of_file = shuffled.len().div_ceil(files);
    for (file, rows_of_file) in shuffled.chunks(of_file).enumerate() {
        let rows = take_record_batch(rows, &UInt32Array::from(rows_of_file.to_vec())).unwrap();
        write(&folder.path(&format!("{name}/{file:02}.parquet")), &rows);
    }
}

/// The numbers below `n` in an order that looks like none (Fisher and Yates, with the generator of
/// Knuth's MMIX).
fn shuffled(n: usize, seed: u64) -> Vec<u32> {
    let mut numbers: Vec<u32> = (0..u32::try_from(n).unwrap()).collect();
    let mut state = seed;
    for last in (1..n).rev() {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let other = usize::try_from(state >> 33).unwrap() % (last + 1);
        numbers.swap(last, other);
    }
    numbers
}

/// All rows of a shop that `kohort sample` makes up.
pub fn sample() -> RecordBatch {
    let folder = Folder::new();
    folder.kohort_succeeds("sample shop --customers 3000");
    let files = folder.names("shop/orders");
    let months: Vec<_> =
        files.iter().map(|file| read(&folder.path(&format!("shop/orders/{file}")))).collect();
    concat_batches(&months[0].schema(), &months).unwrap()
}

/// The rows with another column of that name, or with one more.
fn with(rows: &RecordBatch, name: &str, values: ArrayRef) -> RecordBatch {
    let schema = rows.schema();
    let names = schema.fields().iter().map(|field| field.name().as_str());
    let others = names.zip(rows.columns().iter().cloned()).filter(|(other, _)| *other != name);
    batch(others.chain([(name, values)]))
}

/// Long texts, some equal in their first and last bytes.
pub fn with_text_ids(rows: &RecordBatch) -> RecordBatch {
    let ids = rows.column_by_name("customer_id").unwrap().as_primitive::<Int64Type>();
    let text = |id: i64| format!("customer {id} of the shop");
    let texts: StringArray = ids.iter().map(|id| id.map(text)).collect();
    with(rows, "customer_id", Arc::new(texts))
}

/// Each row as one to three lines of the same sum, a second apart; now and then the second line is of
/// another status.
fn in_lines(rows: &RecordBatch) -> RecordBatch {
    let lines_of = |row: u32| 1 + row % 3;
    let of_row: Vec<(u32, u32)> = (0..u32::try_from(rows.num_rows()).unwrap())
        .flat_map(|row| (0..lines_of(row)).map(move |line| (row, line)))
        .collect();
    let indices: UInt32Array = of_row.iter().map(|(row, _)| *row).collect();
    let rows = take_record_batch(rows, &indices).unwrap();
    let amounts = rows.column_by_name("amount").unwrap().as_primitive::<Decimal128Type>();
    let first = |amount: i128, row: u32| amount - 100 * i128::from(lines_of(row) - 1);
    let amounts: Decimal128Array = amounts
        .iter()
        .zip(&of_row)
        .map(|(amount, (row, line))| amount.map(|a| if *line == 0 { first(a, *row) } else { 100 }))
        .collect();
    let amounts = amounts.with_precision_and_scale(12, 2).unwrap();
    let status = rows.column_by_name("status").unwrap().as_string::<i32>();
    let status: StringArray = status
        .iter()
        .zip(&of_row)
        .map(
            |(status, (row, line))| if row % 97 == 1 && *line == 1 { Some("test") } else { status },
        )
        .collect();
    let times =
        rows.column_by_name("ordered_at").unwrap().as_primitive::<TimestampMicrosecondType>();
    let times: TimestampMicrosecondArray = times
        .iter()
        .zip(&of_row)
        .map(|(time, (_, line))| time.map(|time| time + i64::from(*line) * 1_000_000))
        .collect();
    let rows = with(&rows, "amount", Arc::new(amounts));
    with(&with(&rows, "status", Arc::new(status)), "ordered_at", Arc::new(times))
}

/// Each row twice: as an order that is not decided yet, without a time of update or an hour before the
/// other, and as what became of it.
fn in_versions(rows: &RecordBatch) -> RecordBatch {
    let count = u32::try_from(rows.num_rows()).unwrap();
    let indices: UInt32Array = (0..count).chain(0..count).collect();
    let is_last = |at: usize| at >= count as usize;
    let rows = take_record_batch(rows, &indices).unwrap();
    let status = rows.column_by_name("status").unwrap().as_string::<i32>();
    let status: StringArray = (status.iter().enumerate())
        .map(|(at, status)| if is_last(at) { status } else { Some("pending") })
        .collect();
    let times =
        rows.column_by_name("ordered_at").unwrap().as_primitive::<TimestampMicrosecondType>();
    let updates: TimestampMicrosecondArray = (times.iter().enumerate())
        .map(|(at, time)| match time {
            Some(time) if is_last(at) => Some(time + 3_600_000_000),
            time => time.filter(|_| at % 2 == 0),
        })
        .collect();
    with(&with(&rows, "status", Arc::new(status)), "updated_at", Arc::new(updates))
}
