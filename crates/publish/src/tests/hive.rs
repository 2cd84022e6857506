//! Tables that are divided by the values of a column.

use std::fs;
use std::path::Path;

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::{cast, concat_batches, filter_record_batch};
use arrow::datatypes::DataType;
use kohort_model::{Column, Day, Scale, Table, TableSchema, keys};
use kohort_store::Store;

use super::{EXAMPLE, begin, cents, example, id, meta, record, row, tree};
use crate::layout::write_table;
use crate::{Layout, Output, PublishError, PublishedRun, PublishedTable, RowSink, Staging};

fn hive(column: &str) -> Layout {
    Layout::Hive { partition_by: column.to_owned() }
}

fn all_rows(table: &PublishedTable) -> RecordBatch {
    let batches: Vec<_> = table.batches().unwrap().map(Result::unwrap).collect();
    concat_batches(table.schema(), &batches).unwrap()
}

/// Many rows in the order of their key, which plain bytes have too.
fn many() -> Table {
    let mut table = Table::new(&EXAMPLE, cents());
    for grain in ["day", "month", "quarter"] {
        for value in [None, Some(""), Some("a/b"), Some("Österreich")] {
            for day in -30..30 {
                for k in 0..70 {
                    table.push(row(grain, value, day, k));
                }
            }
        }
    }
    table
}

/// The rows of each value of a column, values in the order in which they first come.
fn regrouped(rows: &RecordBatch, column: &str) -> RecordBatch {
    let values = cast(rows.column_by_name(column).unwrap(), &DataType::Utf8).unwrap();
    let values: Vec<_> = values.as_string::<i32>().iter().collect();
    let mut seen = Vec::new();
    for value in &values {
        if !seen.contains(value) {
            seen.push(*value);
        }
    }
    let groups = seen.iter().map(|group| {
        let is_in = values.iter().map(|value| Some(value == group)).collect();
        filter_record_batch(rows, &is_in).unwrap()
    });
    concat_batches(&rows.schema(), &groups.collect::<Vec<_>>()).unwrap()
}

/// A table as it comes back from a run in a layout, with its record and the files.
fn published(table: &Table, layout: Layout) -> (PublishedTable, crate::TableRecord, Vec<String>) {
    let root = tempfile::tempdir().unwrap();
    let staging = begin(root.path(), 1).in_layout(layout);
    let written = staging.write_table(table, &meta()).unwrap();
    staging.commit(&record(&id(1)), 7).unwrap();
    let run = PublishedRun::open(root.path()).unwrap();
    assert_eq!(run.tables().unwrap(), [table.schema().name]);
    let read = run.table(table.schema().name).unwrap();
    let files = tree(&root.path().join("runs").join(id(1).as_str()));
    // What is read stays there.
    let _ = root.keep();
    (read, written, files)
}

#[test]
fn divided_tables_read_like_whole_ones() {
    let (example, many) = (example(), many());
    for table in [&example, &many] {
        let (plain, plain_record, _) = published(table, Layout::Files);
        let expected = all_rows(&plain);
        // (column, files of the example, files of the many)
        let cases = [("grain", 1, 3), ("segment_value", 3, 4), ("period", 3, 60), ("k", 3, 70)];
        for (column, few, more) in cases {
            let (divided, record, files) = published(table, hive(column));
            let parts = files.iter().filter(|file| file.ends_with("/part-0.parquet")).count();
            assert_eq!(parts, if table.rows() == example.rows() { few } else { more }, "{column}");
            assert_eq!(divided.schema(), plain.schema(), "{column}");
            assert_eq!(divided.rows(), plain.rows(), "{column}");
            assert_eq!(all_rows(&divided), regrouped(&expected, column), "{column}");
            assert_eq!((record.rows, &record.digest), (plain_record.rows, &plain_record.digest));
            if column == "grain" {
                assert_eq!(all_rows(&divided), expected, "the first column keeps the order");
            }
        }
    }
}

#[test]
fn folders_are_named_after_values() {
    let (_, record, files) = published(&example(), hive("segment_value"));
    let expected = [
        "example/",
        "example/segment_value=/",
        "example/segment_value=/part-0.parquet",
        "example/segment_value=__HIVE_DEFAULT_PARTITION__/",
        "example/segment_value=__HIVE_DEFAULT_PARTITION__/part-0.parquet",
        "example/segment_value=Österreich/",
        "example/segment_value=Österreich/part-0.parquet",
        "run.json",
    ];
    assert_eq!(files, expected);
    let (divided, _, _) = published(&example(), hive("segment_value"));
    let part = |name: &str| divided.path().join(name).join("part-0.parquet");
    let bytes = |name| part(name).metadata().unwrap().len();
    let all = ["segment_value=", "segment_value=__HIVE_DEFAULT_PARTITION__"].map(bytes);
    assert_eq!(record.bytes, all.iter().sum::<u64>() + bytes("segment_value=Österreich"));
    // A part by itself has no such column, as engines expect.
    let alone = PublishedTable::open_file(&part("segment_value=")).unwrap();
    assert!(alone.schema().column_with_name("segment_value").is_none());
    assert_eq!(alone.rows(), 1);
    // The folder is a table by itself.
    assert_eq!(PublishedTable::open_file(divided.path()).unwrap().rows(), 4);
}

#[test]
fn other_tables_stay_whole() {
    // Columns that a table has not, that are no part of its key, or that cannot name folders.
    for column in ["segment", "customers", "rate", "is_complete"] {
        let (_, _, files) = published(&example(), hive(column));
        assert_eq!(files, ["example.parquet", "run.json"], "{column}");
    }
    let (read, _, files) = published(&Table::new(&EXAMPLE, cents()), hive("grain"));
    assert_eq!(files, ["example.parquet", "run.json"], "no rows");
    assert_eq!((read.rows(), read.schema().fields().len()), (0, EXAMPLE.columns.len()));
}

#[test]
fn divided_tables_come_back_from_stores() {
    let output = Output::in_store(Store::in_memory(), "a/out");
    let staging = output.begin(&id(1), None).unwrap().in_layout(hive("segment_value"));
    staging.write_table(&example(), &meta()).unwrap();
    staging.commit(&record(&id(1)), 7).unwrap();
    let run = output.run(&id(1)).unwrap();
    assert_eq!(run.tables().unwrap(), ["example"]);
    let table = run.table("example").unwrap();
    drop(run);
    let batches = table.batches().unwrap();
    drop(table);
    let rows: usize = batches.map(|batch| batch.unwrap().num_rows()).sum();
    assert_eq!(rows, 4);
}

fn sink(staging: &Staging) -> RowSink {
    staging.begin_rows(&Table::new(&EXAMPLE, cents()), &meta()).unwrap()
}

#[test]
fn rows_in_any_order_give_the_same_files() {
    let contents = |root: &Path| {
        let folder = root.join(".staging").join(id(1).as_str());
        let files = tree(&folder).into_iter().filter(|file| file.ends_with(".parquet"));
        files.map(|file| (fs::read(folder.join(&file)).unwrap(), file)).collect::<Vec<_>>()
    };
    for column in ["grain", "segment_value", "period", "k", "segment"] {
        let root = tempfile::tempdir().unwrap();
        let staging = begin(root.path(), 1).in_layout(hive(column));
        let record = staging.write_table(&many(), &meta()).unwrap();
        let expected = contents(root.path());
        let streamed = sink(&staging);
        streamed.push(many()).unwrap();
        assert_eq!(streamed.finish().unwrap(), record, "{column}");
        assert!(contents(root.path()) == expected, "{column}");
    }
}

/// A row for each of very many values.
static VALUES: TableSchema = TableSchema {
    name: "values",
    description: "what there is",
    columns: &[keys::PERIOD, Column::periods("k", "periods since")],
    key: &["period"],
    revisable: &[],
};

#[test]
fn too_many_values_are_refused() {
    let table = |values| {
        let mut table = Table::new(&VALUES, Scale::new(0).unwrap());
        (0..values).for_each(|day| table.push([Day(day).into(), 1_u32.into()]));
        table
    };
    let (read, _, _) = published(&table(500), hive("period"));
    assert_eq!(read.rows(), 500);
    let root = tempfile::tempdir().unwrap();
    let staging = begin(root.path(), 1).in_layout(hive("period"));
    let error = staging.write_table(&table(501), &meta()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "table values has more than 500 values of period, each of which would be a folder; set \
         outputs.partition_by to a column of fewer values, or outputs.format to \"parquet\""
    );
    drop(staging);
    assert_eq!(tree(root.path()), [".lock"]);
}

#[test]
fn damaged_parts_are_named() {
    type Break = fn(&Path);
    let cases: [(&str, Break, &str); 4] = [
        (
            "a part of another program",
            |folder| {
                fs::create_dir(folder.join("grain=year")).unwrap();
                let plain = folder.join("grain=year/part-0.parquet");
                write_table(plain, &example(), None).unwrap();
            },
            "grain=year/part-0.parquet as Parquet: Parquet error: its metadata kohort.partition \
             are missing;",
        ),
        (
            "another name",
            |folder| fs::rename(folder.join("grain=month"), folder.join("month=grain")).unwrap(),
            "month=grain/part-0.parquet as Parquet: Parquet error: folder \"month=grain\" names no \
             value of grain (Utf8);",
        ),
        (
            "half a file",
            |folder| fs::write(folder.join("grain=month/part-0.parquet"), "PAR1").unwrap(),
            "grain=month/part-0.parquet as Parquet: ",
        ),
        (
            "a part of another table",
            |folder| {
                fs::create_dir(folder.join("period=2024-01-01")).unwrap();
                let (other, _, _) = published(&example(), hive("period"));
                let part = other.path().join("period=1970-01-01/part-0.parquet");
                fs::copy(part, folder.join("period=2024-01-01/part-0.parquet")).unwrap();
            },
            "as Parquet: Parquet error: its columns are not those of the table's other files;",
        ),
    ];
    for (case, break_it, expected) in cases {
        let (table, _, _) = published(&example(), hive("grain"));
        break_it(table.path());
        let error = PublishedTable::open_file(table.path()).unwrap_err();
        assert!(matches!(error, PublishError::Damaged { .. }), "{case}: {error}");
        assert!(error.to_string().contains(expected), "{case}: {error}");
    }
    let folder = tempfile::tempdir().unwrap();
    assert!(PublishedTable::open_file(folder.path()).is_err(), "an empty folder");
}
