//! What is written, how it becomes visible, and how it is read back.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use kohort_model::{
    Cell, Column, ColumnType, Day, Grain, Scale, SegmentAt, Table, TableSchema, Unit, keys,
};

use crate::{
    CheckCounts, EventCounts, FileRecord, InputRecord, KOHORT_VERSION, Output, RECORD_VERSION,
    RunId, RunRecord, Staging, TableMeta, Timing,
};

mod attempts;
mod delta;
mod diff;
#[cfg(unix)]
mod foreign;
mod history;
mod hive;
pub(crate) mod hostile;
mod lanes;
mod layout;
mod lying;
mod reading;
mod records;
mod rows;
mod runs;
mod stores;

#[global_allocator]
static ALLOCATOR: kohort_testkit::hostile::Watched = kohort_testkit::hostile::Watched;

/// Every type of column, with and without NULL.
static EXAMPLE: TableSchema = TableSchema {
    name: "example",
    description: "what an example answers",
    columns: &[
        keys::GRAIN,
        keys::SEGMENT_VALUE,
        keys::PERIOD,
        Column::periods("k", "periods since"),
        Column::count("customers", Unit::Customers, "people"),
        Column::money("revenue", "revenue of the period"),
        Column {
            name: "expected",
            ty: ColumnType::Money,
            nullable: true,
            unit: Unit::Currency,
            description: "revenue to come",
        },
        Column::rate("rate", "customers / all"),
        keys::IS_COMPLETE,
    ],
    key: &["grain", "segment_value", "period", "k"],
    revisable: &["customers", "rate"],
};

fn cents() -> Scale {
    Scale::new(2).unwrap()
}

fn meta() -> TableMeta {
    TableMeta {
        as_of: Day(20_000),
        lapse_after_days: 90,
        currency: Some("GBP".to_owned()),
        segments: vec![
            ("country".to_owned(), SegmentAt::First),
            ("device".to_owned(), SegmentAt::Order),
        ],
    }
}

fn row(grain: &'static str, value: Option<&'static str>, day: i32, k: u32) -> [Cell; 9] {
    [
        grain.into(),
        value.into(),
        Day(day).into(),
        k.into(),
        i64::MAX.into(),
        (-1_i128 - i128::from(k)).into(),
        (k == 1).then_some(10_i128.pow(38) - 1).into(),
        (k > 0).then_some(0.1 + 0.2).into(),
        (k > 0).into(),
    ]
}

fn example() -> Table {
    let mut table = Table::new(&EXAMPLE, cents());
    table.push(row("month", None, -1, 0));
    table.push(row("month", None, 31, 1));
    table.push(row("month", Some(""), 0, 0));
    table.push(row("month", Some("Österreich"), 0, 2));
    table
}

fn record(id: &RunId) -> RunRecord {
    let moment = "2026-11-22T01:44:51.25Z".parse().unwrap();
    RunRecord {
        record_version: RECORD_VERSION,
        run_id: id.clone(),
        kohort_version: KOHORT_VERSION.to_owned(),
        pipeline: "shop".to_owned(),
        pipeline_digest: "00ff".to_owned(),
        fingerprint: None,
        started_at: moment,
        finished_at: moment,
        as_of: Day(20_000),
        as_of_from: None,
        basis: "subscriptions".to_owned(),
        lapse_after_days: 61,
        lapse_is_auto: true,
        grains: vec![Grain::Week, Grain::Month],
        lookups: Vec::new(),
        inputs: vec![InputRecord {
            input: "orders".to_owned(),
            files: vec![FileRecord {
                path: "orders/a.parquet".to_owned(),
                rows: 12,
                rows_read: 12,
                bytes: 345,
                modified_us: None,
                rejected: 2,
                ..FileRecord::default()
            }],
            rows_read: 12,
            rows_filtered: 1,
            rejected: BTreeMap::from([("in_future".to_owned(), 2)]),
            left_out: BTreeMap::from([("ignored".to_owned(), 1)]),
            ..InputRecord::default()
        }],
        late: Vec::new(),
        events: EventCounts { orders: 7, refunds: 1, customers: 3, ..EventCounts::default() },
        risk_model: None,
        tables: Vec::new(),
        alerts: None,
        checks: CheckCounts::default(),
        warnings: Vec::new(),
        timings: vec![Timing { stage: "read".to_owned(), seconds: 0.125 }],
        peak_memory_bytes: Some(1 << 30),
        threads: 2,
        memory_limit_bytes: None,
        spilled_bytes: 0,
    }
}

/// A run that starts `second` seconds into a certain minute.
fn id(second: u32) -> RunId {
    format!("20261122T0144{second:02}Z-0000").parse().unwrap()
}

fn begin(root: &Path, second: u32) -> Staging {
    Output::at(root).begin(&id(second), None).unwrap()
}

fn publish(root: &Path, second: u32) {
    let staging = begin(root, second);
    let mut record = record(&id(second));
    record.tables.push(staging.write_table(&example(), &meta()).unwrap());
    let published = staging.commit(&record, 7).unwrap();
    assert!(published.prune_error.is_none());
    assert_eq!(published.folder, Output::at(root).run_folder(&id(second)));
}

/// Every file, folder and link below `root`, sorted; folders end in a slash.
fn tree(root: &Path) -> Vec<String> {
    fn walk(folder: &Path, prefix: &str, into: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
            if entry.file_type().unwrap().is_dir() {
                walk(&entry.path(), &format!("{name}/"), into);
                into.push(format!("{name}/"));
            } else {
                into.push(name);
            }
        }
    }
    let mut found = Vec::new();
    walk(root, "", &mut found);
    found.sort_unstable();
    found
}

fn text(text: &str) -> Arc<str> {
    text.into()
}
