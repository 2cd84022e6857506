use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type};
use arrow::util::pretty::pretty_format_batches;
use kohort_model::{Cell, Column, Day, Id, IdType, Scale, Table, TableSchema, Unit, Values};
use parquet::basic::Compression;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::FileReader;
use parquet::file::serialized_reader::{ReadOptionsBuilder, SerializedFileReader};
use tempfile::TempDir;

use super::{EXAMPLE, begin, cents, example, meta, row, text};
use crate::layout::write_table;
use crate::{PublishError, PublishedTable, RejectedRow, TableRecord, digest};

pub(super) fn written(table: &Table) -> (TempDir, PublishedTable) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.parquet");
    let record = write_table(path.clone(), table, Some(&meta())).unwrap();
    let expected = TableRecord {
        name: table.schema().name.to_owned(),
        rows: table.rows() as u64,
        bytes: path.metadata().unwrap().len(),
        digest: digest(table),
        files: [("table.parquet".to_owned(), blake3_of(&path))].into(),
        left_out: BTreeMap::new(),
    };
    assert_eq!(record, expected);
    let read = PublishedTable::open_file(&path).unwrap();
    (folder, read)
}

/// BLAKE3 of a file, as `b3sum` writes it.
pub(super) fn blake3_of(path: &Path) -> String {
    blake3::hash(&std::fs::read(path).unwrap()).to_string()
}

pub(super) fn all_rows(table: &PublishedTable) -> RecordBatch {
    let schema = table.schema().clone();
    let batches: Vec<_> = table.batches().unwrap().map(Result::unwrap).collect();
    concat_batches(&schema, &batches).unwrap()
}

/// The values of `batch` as those of a result table.
fn values(batch: &RecordBatch) -> Vec<Values> {
    let column = |array: &dyn Array| match array.data_type() {
        DataType::Utf8 => {
            Values::Text(array.as_string::<i32>().iter().map(|t| t.map(text)).collect())
        }
        DataType::Date32 => {
            Values::Date(array.as_primitive::<Date32Type>().iter().map(|d| d.map(Day)).collect())
        }
        DataType::Int32 => Values::Int32(array.as_primitive::<Int32Type>().iter().collect()),
        DataType::Int64 => Values::Int64(array.as_primitive::<Int64Type>().iter().collect()),
        DataType::Float64 => Values::Float64(array.as_primitive::<Float64Type>().iter().collect()),
        DataType::Decimal128(..) => {
            Values::Money(array.as_primitive::<Decimal128Type>().iter().collect())
        }
        DataType::Boolean => Values::Boolean(array.as_boolean().iter().collect()),
        other => panic!("a column of type {other}"),
    };
    batch.columns().iter().map(|array| column(array)).collect()
}

#[test]
fn columns_say_what_they_are() {
    let (_folder, table) = written(&example());
    let money = DataType::Decimal128(38, 2);
    let expected = [
        ("grain", DataType::Utf8, false, None),
        ("segment_value", DataType::Utf8, true, None),
        ("period", DataType::Date32, false, Some("day")),
        ("k", DataType::Int32, false, Some("periods")),
        ("customers", DataType::Int64, false, Some("customers")),
        ("revenue", money.clone(), false, Some("GBP")),
        ("expected", money, true, Some("GBP")),
        ("rate", DataType::Float64, true, Some("ratio")),
        ("is_complete", DataType::Boolean, false, None),
    ];
    assert_eq!(table.schema().fields().len(), expected.len());
    for (field, (name, ty, nullable, unit)) in table.schema().fields().iter().zip(expected) {
        assert_eq!((field.name().as_str(), field.data_type()), (name, &ty));
        assert_eq!(field.is_nullable(), nullable, "{name}");
        assert_eq!(field.metadata().get("unit").map(String::as_str), unit, "{name}");
        let column = EXAMPLE.columns.iter().find(|column| column.name == name).unwrap();
        assert_eq!(field.metadata()["description"], column.description);
    }
}

#[test]
fn files_say_what_holds_for_them() {
    let expected = [
        ("kohort.version", env!("CARGO_PKG_VERSION")),
        ("kohort.table", "example"),
        ("kohort.description", "what an example answers"),
        ("kohort.key", "grain,segment_value,period,k"),
        ("kohort.revisable", "customers,rate"),
        ("kohort.as_of", "2024-10-04"),
        ("kohort.lapse_after_days", "90"),
        ("kohort.currency", "GBP"),
        (
            "kohort.segments",
            "country: a customer counts in one value, that of the first order; \
             device: each (customer, value) counts as a customer of its own, so values do not \
             add up to the overall rows",
        ),
    ];
    let (_folder, table) = written(&example());
    let metadata = table.schema().metadata();
    assert_eq!(metadata.len(), expected.len());
    for (key, value) in expected {
        assert_eq!(metadata.get(key).map(String::as_str), Some(value), "{key}");
    }
}

#[test]
fn what_is_not_known_is_not_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.parquet");
    let plain = crate::TableMeta { currency: None, segments: Vec::new(), ..meta() };
    write_table(path.clone(), &example(), Some(&plain)).unwrap();
    let table = PublishedTable::open_file(&path).unwrap();
    assert!(!table.schema().metadata().contains_key("kohort.currency"));
    assert!(!table.schema().metadata().contains_key("kohort.segments"));
    let revenue = table.schema().field_with_name("revenue").unwrap();
    assert_eq!(revenue.metadata()["unit"], "currency");
}

#[test]
fn readers_can_skip() {
    let (_folder, table) = written(&example());
    let options = ReadOptionsBuilder::new().with_page_index().build();
    let file = File::open(table.path()).unwrap();
    let reader = SerializedFileReader::new_with_options(file, options).unwrap();
    let metadata = reader.metadata();
    assert!(metadata.column_index().is_some());
    assert!(metadata.offset_index().is_some());
    let nulls = [0, 2, 0, 0, 0, 0, 3, 2, 0];
    for (column, nulls) in metadata.row_group(0).columns().iter().zip(nulls) {
        let name = column.column_path().string();
        assert!(matches!(column.compression(), Compression::ZSTD(_)), "{name}");
        let statistics = column.statistics().unwrap();
        assert_eq!(statistics.null_count_opt(), Some(nulls), "{name}");
        assert!(statistics.min_bytes_opt().is_some() && statistics.max_bytes_opt().is_some());
    }
}

/// The declared order of a file with these rows, as column numbers.
fn declared(rows: &[(&'static str, Option<&'static str>, i32, u32)]) -> Option<Vec<i32>> {
    let mut table = Table::new(&EXAMPLE, cents());
    for (grain, value, day, k) in rows {
        table.push(row(grain, *value, *day, *k));
    }
    let (_folder, table) = written(&table);
    let reader = SerializedFileReader::new(File::open(table.path()).unwrap()).unwrap();
    let columns = reader.metadata().row_group(0).sorting_columns()?;
    assert!(columns.iter().all(|column| column.nulls_first && !column.descending));
    Some(columns.iter().map(|column| column.column_idx).collect())
}

#[test]
fn files_declare_the_order_that_holds() {
    let all = Some(vec![0, 1, 2, 3]);
    let cases = [
        ("one row", vec![("month", None, 0, 0)], all.clone()),
        ("NULL first", vec![("month", None, 9, 9), ("month", Some(""), 0, 0)], all.clone()),
        ("equal rows", vec![("month", None, 0, 0), ("month", None, 0, 0)], all),
        ("k falls", vec![("month", None, 0, 1), ("month", None, 0, 0)], Some(vec![0, 1, 2])),
        (
            "k falls, then the day in another value",
            vec![("month", None, 0, 1), ("month", None, 0, 0), ("year", None, -1, 0)],
            Some(vec![0, 1, 2]),
        ),
        (
            "values as people read them",
            vec![("day", Some("b"), 0, 0), ("day", Some("a"), 0, 0)],
            Some(vec![0]),
        ),
        ("finest grain first", vec![("week", None, 0, 0), ("month", None, 0, 0)], None),
    ];
    for (case, rows, expected) in cases {
        assert_eq!(declared(&rows), expected, "{case}");
    }
}

#[test]
fn values_come_back() {
    let mut sparse = Table::new(&EXAMPLE, Scale::new(0).unwrap());
    // More rows than a slice, a page and a row group hold.
    for i in 0..300_000 {
        let value = (i % 1000 == 999).then_some("rare");
        sparse.push(row("day", value, i, u32::from(i % 5000 == 1)));
    }
    let cases =
        [("a few", example()), ("none", Table::new(&EXAMPLE, cents())), ("mostly NULL", sparse)];
    for (case, table) in cases {
        let (_folder, read) = written(&table);
        assert_eq!(read.rows(), table.rows() as u64, "{case}");
        let batch = all_rows(&read);
        assert!(values(&batch) == table.columns(), "{case}");
    }
}

#[test]
fn big_tables_have_several_row_groups() {
    let mut table = Table::new(&EXAMPLE, cents());
    for i in 0..=1 << 18 {
        table.push(row("day", None, i, 0));
    }
    let (_folder, read) = written(&table);
    let reader = SerializedFileReader::new(File::open(read.path()).unwrap()).unwrap();
    let groups: Vec<_> =
        reader.metadata().row_groups().iter().map(RowGroupMetaData::num_rows).collect();
    assert_eq!(groups, [1 << 18, 1]);
}

#[test]
fn equal_tables_give_equal_files() {
    let files = [(); 2].map(|()| {
        let (_folder, table) = written(&example());
        std::fs::read(table.path()).unwrap()
    });
    assert!(files[0] == files[1]);
}

#[test]
fn money_beyond_38_digits_is_an_error() {
    static MONEY: TableSchema = TableSchema {
        name: "money",
        description: "",
        columns: &[Column::money("value", "")],
        key: &[],
        revisable: &[],
    };
    let mut table = Table::new(&MONEY, cents());
    table.push([10_i128.pow(38).into()]);
    let folder = tempfile::tempdir().unwrap();
    let error = write_table(folder.path().join("money.parquet"), &table, None);
    assert!(matches!(error, Err(PublishError::Encode { .. })), "{error:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_named() {
    let error = write_table(PathBuf::from("/dev/full"), &example(), None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot write /dev/full: No space left on device (os error 28); \
         free some space or choose another --output"
    );
}

#[test]
fn digests_know_every_value() {
    static OTHER_NAME: TableSchema = TableSchema {
        name: "pair",
        description: "of other columns",
        columns: &[Column::text("a", "").or_null(), Column::text("c", "").or_null()],
        key: &[],
        revisable: &[],
    };
    static PAIR: TableSchema = TableSchema {
        name: "pair",
        description: "",
        columns: &[Column::text("a", "").or_null(), Column::text("b", "").or_null()],
        key: &[],
        revisable: &[],
    };
    static MONEY: TableSchema = TableSchema {
        name: "pair",
        description: "",
        columns: &[Column::money("a", "")],
        key: &[],
        revisable: &[],
    };
    static COUNT: TableSchema = TableSchema {
        name: "pair",
        description: "",
        columns: &[Column::count("a", Unit::None, "")],
        key: &[],
        revisable: &[],
    };
    static ID: TableSchema = TableSchema {
        name: "pair",
        description: "",
        columns: &[Column::id("id", "")],
        key: &["id"],
        revisable: &[],
    };
    let pair = |schema, rows: &[[Option<&'static str>; 2]]| {
        let mut table = Table::new(schema, cents());
        for row in rows {
            table.push(row.map(Cell::from));
        }
        digest(&table)
    };
    let one = |schema, scale, cell: Cell| {
        let mut table = Table::new(schema, Scale::new(scale).unwrap());
        table.push([cell]);
        digest(&table)
    };
    let id = |ids, id| {
        let mut table = Table::of_ids(&ID, cents(), ids, Vec::new());
        table.push([Cell::Id(id)]);
        digest(&table)
    };
    let more = |names: &[&'static str]| {
        let names = names.iter().copied().map(text).collect();
        digest(&Table::of_ids(&ID, cents(), IdType::Text, names))
    };
    let digests = [
        pair(&PAIR, &[]),
        pair(&PAIR, &[[None, None]]),
        pair(&PAIR, &[[None, None], [None, None]]),
        pair(&PAIR, &[[Some(""), None]]),
        pair(&PAIR, &[[None, Some("")]]),
        pair(&PAIR, &[[Some("ab"), Some("c")]]),
        pair(&PAIR, &[[Some("a"), Some("bc")]]),
        pair(&PAIR, &[[Some("a"), None], [Some("b"), None]]),
        pair(&PAIR, &[[Some("b"), None], [Some("a"), None]]),
        pair(&OTHER_NAME, &[[Some("ab"), Some("c")]]),
        one(&MONEY, 2, 1_i128.into()),
        one(&MONEY, 0, 1_i128.into()),
        one(&COUNT, 0, 1_i64.into()),
        id(IdType::Signed, Id::Integer(7)),
        id(IdType::Unsigned, Id::Integer(7)),
        id(IdType::Text, Id::Bytes(b"7".as_slice().into())),
        id(IdType::Binary, Id::Bytes(b"7".as_slice().into())),
        more(&[]),
        more(&["b"]),
        more(&["b", "c"]),
        more(&["bc"]),
    ];
    for (i, a) in digests.iter().enumerate() {
        for (j, b) in digests.iter().enumerate() {
            assert_eq!(a == b, i == j, "digests {i} and {j}");
        }
    }
    // Written down, so that a new version cannot change it unseen.
    assert_eq!(
        digest(&example()),
        "a9d82efca670d9fd35b92e4b8fd3ce7d3e3523d6510b95b3d1a1991c8e46632a"
    );
}

#[test]
fn rejected_rows_are_documented() {
    let root = tempfile::tempdir().unwrap();
    let staging = begin(root.path(), 0);
    let rejected = |row, value: Option<&str>| RejectedRow {
        file: text("orders/a.parquet"),
        row,
        column: text("ordered_at"),
        reason: text("in_future"),
        value: value.map(text),
    };
    let rows = [rejected(Some(7), Some("2999-01-01")), rejected(None, None)];
    staging.write_rejected("orders", &rows).unwrap();
    staging.write_rejected("returns", &[]).unwrap();
    let path = staging.folder().join("rejected/orders.parquet");
    let table = PublishedTable::open_file(&path).unwrap();
    assert!(table.schema().fields().iter().all(|f| f.metadata().contains_key("description")));
    assert_eq!(
        pretty_format_batches(&[all_rows(&table)]).unwrap().to_string(),
        "\
+--------+------------------+-----+------------+-----------+------------+
| input  | file             | row | column     | reason    | value      |
+--------+------------------+-----+------------+-----------+------------+
| orders | orders/a.parquet | 7   | ordered_at | in_future | 2999-01-01 |
| orders | orders/a.parquet |     | ordered_at | in_future |            |
+--------+------------------+-----+------------+-----------+------------+"
    );
    let none = staging.folder().join("rejected/returns.parquet");
    assert_eq!(PublishedTable::open_file(&none).unwrap().rows(), 0);
}
