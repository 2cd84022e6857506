//! Delta Lake tables of what is current.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use chrono::{DateTime, Utc};
use kohort_model::{Cell, Column, Id, IdType, Scale, Table, TableSchema};
use serde_json::{Value, json};

use super::{begin, cents, example, id, meta, publish, record, tree};
use crate::layout::delta::{is_there, sync, sync_at};
use crate::{Layout, Output, PublishError, PublishedRun, RunId};

/// Another shape of the example: a table of one column.
static NARROW: TableSchema = TableSchema {
    name: "example",
    description: "what an example answers",
    columns: &[Column::id("customer_id", "who")],
    key: &["customer_id"],
    revisable: &[],
};

fn now() -> DateTime<Utc> {
    "2026-11-22T02:00:00Z".parse().unwrap()
}

fn publish_table(root: &Path, second: u32, table: &Table, layout: Layout) {
    let staging = begin(root, second).in_layout(layout);
    let mut record = record(&id(second));
    record.tables.push(staging.write_table(table, &meta()).unwrap());
    staging.commit(&record, 7).unwrap();
}

fn synced(root: &Path, keep: usize) -> Result<(), PublishError> {
    sync_at(&Output::at(root), &PublishedRun::open(root).unwrap(), keep, now())
}

/// The versions in the log of the example.
fn versions(root: &Path) -> Vec<Vec<Value>> {
    let mut versions = Vec::new();
    while let Ok(text) = fs::read_to_string(entry(root, versions.len())) {
        versions.push(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect());
    }
    versions
}

fn folder(root: &Path) -> PathBuf {
    root.join("delta/example")
}

fn entry(root: &Path, version: usize) -> PathBuf {
    folder(root).join(format!("_delta_log/{version:020}.json"))
}

/// The runs that the versions are of, by the second of their ids; `-` for versions of others.
fn runs(root: &Path) -> String {
    let second = |version: &Vec<Value>| match version[0]["commitInfo"]["runId"].as_str() {
        Some(run) => run[13..15].to_owned(),
        None => "-".to_owned(),
    };
    versions(root).iter().map(second).collect::<Vec<_>>().join(" ")
}

/// The seconds of the runs whose files are there.
fn parts(root: &Path) -> String {
    let name = |name: &String| {
        let run = name.strip_prefix("part-")?.strip_suffix(".parquet")?;
        run.parse::<RunId>().ok().map(|run| run.as_str()[13..15].to_owned())
    };
    tree(&folder(root)).iter().filter_map(name).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_log_says_what_the_protocol_asks_for() {
    let root = tempfile::tempdir().unwrap();
    publish(root.path(), 1);
    synced(root.path(), 7).unwrap();
    publish(root.path(), 2);
    synced(root.path(), 7).unwrap();
    let size = |second| {
        let name = format!("part-{}.parquet", id(second));
        folder(root.path()).join(name).metadata().unwrap().len()
    };
    let (first, second) = (size(1), size(2));
    let commit = |run: &str, bytes: u64, digest: &str| {
        format!(
            r#"{{"commitInfo":{{"timestamp":1795312800000,"operation":"WRITE","operationParameters":{{"mode":"Overwrite","partitionBy":"[]"}},"operationMetrics":{{"numFiles":"1","numOutputRows":"4","numOutputBytes":"{bytes}"}},"isBlindAppend":false,"engineInfo":"kohort/{}","runId":"{run}","schemaDigest":"{digest}"}}}}"#,
            crate::KOHORT_VERSION
        )
    };
    let add = |run: &str, bytes: u64| {
        format!(
            r#"{{"add":{{"path":"part-{run}.parquet","partitionValues":{{}},"size":{bytes},"modificationTime":1795311891250,"dataChange":true,"stats":"{{\"numRecords\":4}}"}}}}"#
        )
    };
    let field = |name: &str, ty: &str, nullable: bool, comment: &str, unit: &str| {
        let unit =
            if unit.is_empty() { String::new() } else { format!(r#","kohort.unit":"{unit}""#) };
        format!(
            r#"{{"name":"{name}","type":"{ty}","nullable":{nullable},"metadata":{{"comment":"{comment}"{unit}}}}}"#
        )
    };
    let columns = [
        field(
            "grain",
            "string",
            false,
            "length of the period: day, week, month, quarter or year",
            "",
        ),
        field("segment_value", "string", true, "value of the segment, NULL for everybody", ""),
        field("period", "date", false, "first day of the period", "day"),
        field("k", "integer", false, "periods since", "periods"),
        field("customers", "long", false, "people", "customers"),
        field("revenue", "decimal(38,2)", false, "revenue of the period", "GBP"),
        field("expected", "decimal(38,2)", true, "revenue to come", "GBP"),
        field("rate", "double", true, "customers / all", "ratio"),
        field(
            "is_complete",
            "boolean",
            false,
            "whether the period is over at as_of and lies within the known history",
            "",
        ),
    ];
    let schema = format!(r#"{{"type":"struct","fields":[{}]}}"#, columns.join(","));
    let digest = blake3::hash(schema.as_bytes()).to_string();
    let (one, two) = ("20261122T014401Z-0000", "20261122T014402Z-0000");
    let text = fs::read_to_string(entry(root.path(), 0)).unwrap();
    let table_id = versions(root.path())[0][2]["metaData"]["id"].as_str().unwrap().to_owned();
    let meta_data = format!(
        r#"{{"metaData":{{"id":"{table_id}","name":"example","description":"what an example answers","format":{{"provider":"parquet","options":{{}}}},"partitionColumns":[],"configuration":{{}},"createdTime":1795312800000,"schemaString":{}}}}}"#,
        Value::from(schema)
    );
    let protocol = r#"{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}"#;
    let lines = [commit(one, first, &digest), protocol.into(), meta_data, add(one, first)];
    assert_eq!(text.lines().collect::<Vec<_>>(), lines);
    let groups: Vec<_> = table_id.split('-').map(str::len).collect();
    assert_eq!((groups, &table_id[14..15]), (vec![8, 4, 4, 4, 12], "8"));

    let text = fs::read_to_string(entry(root.path(), 1)).unwrap();
    let remove = format!(
        r#"{{"remove":{{"path":"part-{one}.parquet","deletionTimestamp":1795312800000,"dataChange":true,"extendedFileMetadata":true,"partitionValues":{{}},"size":{first}}}}}"#
    );
    let lines = [commit(two, second, &digest), remove, add(two, second)];
    assert_eq!(text.lines().collect::<Vec<_>>(), lines);
    let expected = [
        "_delta_log/",
        "_delta_log/00000000000000000000.json",
        "_delta_log/00000000000000000001.json",
        "part-20261122T014401Z-0000.parquet",
        "part-20261122T014402Z-0000.parquet",
    ];
    assert_eq!(tree(&folder(root.path())), expected);
}

#[test]
fn each_run_that_becomes_current_is_a_version_once() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let output = Output::at(root);
    assert!(!is_there(&output));
    publish(root, 1);
    // One that was killed before its run was added, and two that were not.
    for (second, expected) in [(2, "02"), (3, "02 03"), (4, "02 03 04")] {
        publish(root, second);
        for _ in 0..3 {
            sync(&output, &PublishedRun::open(root).unwrap(), 7).unwrap();
            assert_eq!(runs(root), expected);
        }
    }
    assert!(is_there(&output));
    // Killed after the file was laid there, or while it was copied or the entry was written.
    publish(root, 5);
    let current = PublishedRun::open(root).unwrap();
    let part = folder(root).join(format!("part-{}.parquet", id(5)));
    fs::hard_link(current.table("example").unwrap().path(), part).unwrap();
    fs::write(folder(root).join(".part.tmp"), "half").unwrap();
    let half = folder(root).join("_delta_log/.entry.tmp");
    fs::write(&half, "{\"commitInfo\":").unwrap();
    synced(root, 7).unwrap();
    assert_eq!(runs(root), "02 03 04 05");
    assert!(!half.exists());
    // A run that is not current any more changes nothing.
    let old = PublishedRun::open(output.run_folder(&id(1))).unwrap();
    sync(&output, &old, 7).unwrap();
    assert_eq!(runs(root), "02 03 04 05");
    // One that is made current again is the newest version.
    output.make_current(&id(3)).unwrap();
    synced(root, 7).unwrap();
    assert_eq!(runs(root), "02 03 04 05 03");
    let actions = versions(root).pop().unwrap();
    assert_eq!(actions[1]["remove"]["path"], format!("part-{}.parquet", id(5)));
    assert_eq!(actions[2]["add"]["path"], format!("part-{}.parquet", id(3)));
}

#[test]
fn files_stay_for_as_many_versions_as_runs_are_kept() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let cases = [
        (1, 3, "01"),
        (2, 3, "01 02"),
        (3, 3, "01 02 03"),
        (4, 3, "02 03 04"),
        (5, usize::MAX, "02 03 04 05"),
        (6, 2, "05 06"),
        (7, 0, "07"),
    ];
    for (second, keep, expected) in cases {
        publish(root, second);
        // Not a file of a run.
        fs::write(folder(root).join("part-1.parquet"), "").ok();
        synced(root, keep).unwrap();
        assert_eq!(parts(root), expected, "run {second}");
    }
    assert!(folder(root).join("part-1.parquet").is_file());
}

#[test]
fn other_columns_are_told() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    publish(root, 1);
    synced(root, 7).unwrap();
    let new = Table::new(&NARROW, Scale::new(0).unwrap());
    publish_table(root, 2, &new, Layout::Delta);
    synced(root, 7).unwrap();
    // What another program sets of the table stays.
    let mut set = versions(root)[1][1]["metaData"].clone();
    set["configuration"]["delta.appendOnly"] = "false".into();
    fs::write(entry(root, 2), format!("{}\n", json!({ "metaData": set }))).unwrap();
    publish_table(root, 3, &new, Layout::Delta);
    synced(root, 7).unwrap();
    publish(root, 4);
    synced(root, 7).unwrap();
    let found = versions(root);
    let meta_data =
        |version: usize| found[version].iter().find_map(|action| action.get("metaData"));
    assert_eq!(runs(root), "01 02 - 03 04");
    assert_eq!(meta_data(3), None, "the columns are the same");
    let ids = [0, 1, 4].map(|version| meta_data(version).unwrap()["id"].clone());
    assert!(ids.iter().all(|id| *id == ids[0]));
    let schemas = [0, 1, 4].map(|version| meta_data(version).unwrap()["schemaString"].clone());
    assert_eq!(schemas[0], schemas[2]);
    let narrow = r#"{"type":"struct","fields":[{"name":"customer_id","type":"long","nullable":false,"metadata":{"comment":"who"}}]}"#;
    assert_eq!(schemas[1], narrow);
    assert_eq!(meta_data(4).unwrap()["configuration"], json!({ "delta.appendOnly": "false" }));
}

#[test]
fn what_others_add_is_replaced() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    publish(root, 1);
    synced(root, 7).unwrap();
    let add = |path: &str| {
        json!({ "add": {
            "path": path, "partitionValues": {}, "size": 7, "modificationTime": 1, "dataChange": false
        } })
    };
    let remove = json!({ "remove": {
        "path": format!("part-{}.parquet", id(1)), "deletionTimestamp": 1, "dataChange": false
    } });
    let lines = |actions: &[Value]| {
        let lines: Vec<String> = actions.iter().map(ToString::to_string).collect();
        lines.join("\n")
    };
    let info = json!({ "commitInfo": { "operation": "OPTIMIZE", "engineInfo": "other" } });
    fs::write(entry(root, 1), lines(&[info, remove, add("a.parquet"), add("b.parquet")])).unwrap();
    let more = [json!({ "txn": { "appId": "x", "version": 1 } }), add("c.parquet")];
    fs::write(entry(root, 2), lines(&more)).unwrap();
    // The table has the rows of the run still, as far as Kohort can tell.
    synced(root, 7).unwrap();
    assert_eq!(versions(root).len(), 3);
    publish(root, 2);
    synced(root, 7).unwrap();
    let actions = versions(root).pop().unwrap();
    let mut removed: Vec<_> = actions.iter().filter_map(|a| a["remove"]["path"].as_str()).collect();
    removed.sort_unstable();
    assert_eq!(removed, ["a.parquet", "b.parquet", "c.parquet"]);
}

#[test]
fn of_two_writers_one_is_first() {
    let root = tempfile::tempdir().unwrap();
    publish(root.path(), 1);
    let run = PublishedRun::open(root.path()).unwrap();
    let output = Output::at(root.path());
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| sync(&output, &run, 7).unwrap());
        }
    });
    assert_eq!(runs(root.path()), "01");
    let path = entry(Path::new("OUT"), 3);
    assert_eq!(
        PublishError::DeltaConflict { path }.to_string(),
        "OUT/delta/example/_delta_log/00000000000000000003.json was written by another program just \
         then, and so were those before it; Kohort alone should write it"
    );
}

#[test]
fn logs_that_cannot_be_continued_are_refused() {
    let newer = json!({ "protocol": { "minReaderVersion": 3, "minWriterVersion": 7 } });
    let cases = [
        (
            newer.to_string(),
            "the Delta table with the log ROOT/delta/example/_delta_log asks for reader version 3 \
             and writer version 7, and this kohort writes 1 and 2; drop the features that another \
             program added, or move the table's folder away",
        ),
        (
            "{\"add\":".to_owned(),
            "cannot read ROOT/delta/example/_delta_log/00000000000000000001.json as an entry of a \
             Delta log: EOF while parsing a value at line 1 column 7; move the table's folder away \
             and run `kohort run` again to begin a new one",
        ),
    ];
    for (line, expected) in cases {
        let root = tempfile::tempdir().unwrap();
        publish(root.path(), 1);
        synced(root.path(), 7).unwrap();
        fs::write(entry(root.path(), 1), line).unwrap();
        publish(root.path(), 2);
        let error = synced(root.path(), 7).unwrap_err().to_string();
        assert_eq!(error.replace(root.path().to_str().unwrap(), "ROOT"), expected);
    }
    let root = tempfile::tempdir().unwrap();
    let hive = Layout::Hive { partition_by: "grain".to_owned() };
    publish_table(root.path(), 1, &example(), hive);
    let error = synced(root.path(), 7).unwrap_err();
    assert!(matches!(error, PublishError::DeltaOfParts { .. }), "{error}");
}

#[test]
fn unsigned_ids_become_decimals() {
    let mut table = Table::of_ids(&NARROW, cents(), IdType::Unsigned, Vec::new());
    for id in [0, 1 << 63, u64::MAX] {
        table.push([Cell::Id(Id::Integer(id))]);
    }
    let root = tempfile::tempdir().unwrap();
    publish_table(root.path(), 1, &table, Layout::Delta);
    synced(root.path(), 7).unwrap();
    let schema = versions(root.path())[0][2]["metaData"]["schemaString"].clone();
    assert!(schema.as_str().unwrap().contains("\"decimal(20,0)\""), "{schema}");
    let part = folder(root.path()).join(format!("part-{}.parquet", id(1)));
    let read = crate::PublishedTable::open_file(&part).unwrap();
    let batches: Vec<_> = read.batches().unwrap().map(Result::unwrap).collect();
    let printed = arrow::util::pretty::pretty_format_batches(&batches).unwrap().to_string();
    for id in ["| 0 ", "| 9223372036854775808 ", "| 18446744073709551615 |"] {
        assert!(printed.contains(id), "{printed}");
    }
}
