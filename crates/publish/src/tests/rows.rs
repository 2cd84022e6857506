//! Tables of one row a customer, at once and row by row.

use std::fs::{self, File, OpenOptions};
use std::path::Path;
use std::thread;

use arrow::datatypes::DataType;
use arrow::util::pretty::pretty_format_batches;
use kohort_disk::SpillFile;
use kohort_model::{Column, Day, Grain, Id, IdType, Scale, Table, TableSchema, Unit, keys};
use parquet::file::reader::FileReader;
use parquet::file::serialized_reader::SerializedFileReader;

use super::layout::{all_rows, written};
use super::{begin, cents, meta, text};
use crate::rows::ROOM;
use crate::{DiskError, PublishError, RowSink, Staging, TableRecord, digest};

/// A row for each grain, period and customer.
static MOVES: TableSchema = TableSchema {
    name: "moves",
    description: "who moved",
    columns: &[
        keys::GRAIN,
        keys::PERIOD,
        Column::id("customer_id", "who"),
        Column::count("orders", Unit::Orders, "orders"),
        Column::money("revenue", "what they paid"),
        Column::average("average", "revenue / orders"),
        keys::IS_COMPLETE,
    ],
    key: &["grain", "period", "customer_id"],
    revisable: &[],
};

/// The same without a grain, and with a key that is not the first column.
static CUSTOMERS: TableSchema = TableSchema {
    name: "customers",
    description: "who they are",
    columns: &[
        Column::text("status", "what became of them").or_null(),
        Column::id("customer_id", "who"),
    ],
    key: &["customer_id"],
    revisable: &["status"],
};

/// Numbers without a pattern.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.roll(i + 1));
        }
    }
}

fn bytes(id: &[u8]) -> Id {
    Id::Bytes(id.into())
}

fn signed(id: i64) -> Id {
    Id::Integer(id.cast_unsigned() ^ (1 << 63))
}

/// `n` ids, some of them extreme, in order.
fn ids(form: IdType, n: usize) -> Vec<Id> {
    let mut dice = Dice(7);
    let mut any = || (dice.roll(1 << 31) as u64) << 33 | dice.roll(1 << 31) as u64;
    let mut ids: Vec<Id> = match form {
        IdType::Signed => [i64::MIN, -1, 0, 1, i64::MAX].map(signed).into(),
        IdType::Unsigned => [0, 1, u64::MAX].map(Id::Integer).into(),
        IdType::Text => {
            ["", "Z", "a", "zu viel", "Österreich", "日本"].map(|id| bytes(id.as_bytes())).into()
        }
        IdType::Binary => [&b""[..], b"\0", b"\0\xff", b"\xff"].map(bytes).into(),
    };
    while ids.len() < n {
        ids.push(match form {
            IdType::Signed | IdType::Unsigned => Id::Integer(any()),
            IdType::Text => bytes(format!("ü{:x}", any()).as_bytes()),
            IdType::Binary => bytes(&any().to_be_bytes()[..]),
        });
    }
    ids.sort_unstable();
    ids.dedup();
    ids
}

type Row = (Grain, i32, Id);

/// How rows are handed on: room in memory, rows of a part, threads.
type Try = (usize, usize, usize);

/// Rows in the order of their key.
fn rows(form: IdType, customers: usize, grains: &[Grain]) -> Vec<Row> {
    let ids = ids(form, customers);
    let periods = grains.iter().flat_map(|grain| [-40, 0, 7].map(|day| (*grain, day)));
    periods.flat_map(|(grain, day)| ids.iter().map(move |id| (grain, day, id.clone()))).collect()
}

fn empty(form: IdType) -> Table {
    Table::of_ids(&MOVES, cents(), form, vec![text("segment_country"), text("segment_device")])
}

fn add((grain, day, id): &Row, to: &mut Table) {
    // Any values, but always the same of one row.
    let hash = blake3::hash(format!("{grain:?} {day} {id:?}").as_bytes());
    let n = i64::from_le_bytes(hash.as_bytes()[..8].try_into().unwrap());
    #[expect(clippy::cast_precision_loss, reason = "any value will do")]
    to.push_with(
        [
            grain.name().into(),
            Day(*day).into(),
            id.clone().into(),
            (n % 50).into(),
            i128::from(n).into(),
            (n % 3 > 0).then_some(n as f64 / 7.0).into(),
            (n % 2 == 0).into(),
        ],
        [
            ["GB", "Ö", ""].get(usize::from(hash.as_bytes()[9] % 4)).map(|country| text(country)),
            None,
        ],
    );
}

fn table(form: IdType, rows: &[Row]) -> Table {
    let mut table = empty(form);
    for row in rows {
        add(row, &mut table);
    }
    table
}

fn sink(staging: &Staging, form: IdType, room: usize) -> RowSink {
    let path = staging.folder().join("moves.parquet");
    RowSink::new(path, &empty(form), &meta(), staging.spill().unwrap(), room)
}

/// Hands the rows on, shuffled and in parts of up to `part` rows.
fn push(sink: &RowSink, form: IdType, rows: &[Row], part: usize, threads: usize) {
    let mut dice = Dice(part as u64);
    let mut rows = rows.to_vec();
    dice.shuffle(&mut rows);
    thread::scope(|scope| {
        for rows in rows.chunks(rows.len().div_ceil(threads).max(1)) {
            scope.spawn(move || {
                for rows in rows.chunks(part) {
                    sink.push(table(form, rows)).unwrap();
                }
            });
        }
    });
}

fn contents(staging: &Staging) -> Vec<u8> {
    fs::read(staging.folder().join("moves.parquet")).unwrap()
}

#[test]
fn rows_in_any_order_give_the_sorted_table() {
    use Grain::{Day, Month, Quarter, Week, Year};
    let all = &[Day, Week, Month, Quarter, Year][..];
    // (form of the ids, customers, grains, tries)
    let cases: [(_, _, _, &[Try]); 7] = [
        (IdType::Signed, 0, &[][..], &[(0, 1, 1), (ROOM, 1, 1)]),
        (IdType::Signed, 700, all, &[(ROOM, 100, 1), (0, 1000, 1), (60_000, 17, 4)]),
        (IdType::Unsigned, 700, &[Month], &[(ROOM, 1, 1), (0, 3000, 1), (0, 1, 4)]),
        (IdType::Text, 700, &[Week, Month], &[(ROOM, 1, 4), (0, 999, 1), (90_000, 64, 4)]),
        (IdType::Binary, 700, &[Day, Year], &[(ROOM, 64, 1), (0, 1200, 4)]),
        // Several batches of the file, and blocks of a run.
        (IdType::Signed, 23_000, &[Quarter], &[(0, 7000, 1), (ROOM, 69_000, 1), (1 << 20, 300, 4)]),
        (IdType::Text, 12_000, &[Month, Quarter], &[(0, 40_000, 1), (1 << 20, 5000, 4)]),
    ];
    for (form, customers, grains, tries) in cases {
        let root = tempfile::tempdir().unwrap();
        let staging = begin(root.path(), 0);
        let rows = rows(form, customers, grains);
        let expected = table(form, &rows);
        let record = staging.write_table(&expected, &meta()).unwrap();
        assert_eq!(record.digest, digest(&expected));
        let file = contents(&staging);
        for (room, part, threads) in tries {
            let case = format!("{form:?} {customers} {grains:?}: {room} {part} {threads}");
            let sink = sink(&staging, form, *room);
            push(&sink, form, &rows, *part, *threads);
            assert_eq!(sink.spilled_bytes() > 0, *room < ROOM && !rows.is_empty(), "{case}");
            assert_eq!(sink.finish().unwrap(), record, "{case}");
            assert!(contents(&staging) == file, "{case}");
        }
    }
}

#[test]
fn rows_declare_the_order_that_holds() {
    use Grain::{Day, Month, Quarter, Week, Year};
    let plain = Some(vec![0, 1, 2]);
    let cases = [
        (vec![Month], plain.clone()),
        (vec![Day, Week, Year], plain.clone()),
        (vec![Day, Month, Quarter, Year], plain),
        (vec![Week, Month], None),
        (vec![Week, Quarter], None),
    ];
    for (grains, expected) in cases {
        let root = tempfile::tempdir().unwrap();
        let staging = begin(root.path(), 0);
        let sink = staging.begin_rows(&empty(IdType::Text), &meta()).unwrap();
        push(&sink, IdType::Text, &rows(IdType::Text, 9, &grains), 5, 1);
        sink.finish().unwrap();
        let file = File::open(staging.folder().join("moves.parquet")).unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        let declared = reader.metadata().row_group(0).sorting_columns();
        let declared = declared.map(|all| all.iter().map(|c| c.column_idx).collect::<Vec<_>>());
        assert_eq!(declared, expected, "{grains:?}");
    }
}

#[test]
fn ids_come_back_in_their_form() {
    let text = |id: &str| bytes(id.as_bytes());
    let cases = [
        (
            DataType::Int64,
            IdType::Signed,
            [i64::MIN, -1, i64::MAX].map(signed),
            ["-9223372036854775808", "-1", "9223372036854775807"],
        ),
        (
            DataType::UInt64,
            IdType::Unsigned,
            [0, 1 << 63, u64::MAX].map(Id::Integer),
            ["0", "9223372036854775808", "18446744073709551615"],
        ),
        (DataType::Utf8, IdType::Text, ["Z", "a", "Ö"].map(text), ["Z", "a", "Ö"]),
        (
            DataType::Binary,
            IdType::Binary,
            [&b"\0"[..], b"a", b"\xff\x01"].map(bytes),
            ["00", "61", "ff01"],
        ),
    ];
    for (ty, form, ids, expected) in cases {
        let mut table =
            Table::of_ids(&CUSTOMERS, Scale::new(0).unwrap(), form, vec![super::text("segment_x")]);
        for (id, segment) in ids.into_iter().zip([None, Some("ä"), Some("")]) {
            table.push_with([None::<&str>.into(), id.into()], [segment.map(super::text)]);
        }
        let (_folder, read) = written(&table);
        let schema = read.schema().clone();
        let field = schema.field(1);
        assert_eq!((field.data_type(), field.is_nullable()), (&ty, false));
        let field = schema.field(2);
        assert_eq!((field.name().as_str(), field.data_type()), ("segment_x", &DataType::Utf8));
        assert!(field.is_nullable() && field.metadata().contains_key("description"));
        let printed = pretty_format_batches(&[all_rows(&read)]).unwrap().to_string();
        let rows: Vec<Vec<&str>> = (printed.lines().skip(3))
            .map(|line| line.split('|').map(str::trim).filter(|cell| !cell.is_empty()).collect())
            .collect();
        assert_eq!(rows[0], [expected[0]], "{printed}");
        assert_eq!(rows[1], [expected[1], "ä"], "{printed}");
        assert_eq!(rows[2], [expected[2]], "{printed}");
    }
}

#[test]
#[should_panic(expected = "rows are of one table")]
fn rows_of_another_table_are_a_mistake() {
    let root = tempfile::tempdir().unwrap();
    let staging = begin(root.path(), 0);
    let sink = staging.begin_rows(&empty(IdType::Signed), &meta()).unwrap();
    let _ = sink.push(Table::new(&CUSTOMERS, cents()));
}

/// What comes of a table whose rows all go to `spill` and whose file is `path`.
fn refused(path: &Path, spill: SpillFile) -> String {
    let publish = || -> Result<TableRecord, PublishError> {
        let sink = RowSink::new(path.to_owned(), &empty(IdType::Signed), &meta(), spill, 0);
        sink.push(table(IdType::Signed, &rows(IdType::Signed, 9, &[Grain::Week])))?;
        sink.finish()
    };
    let error = publish().unwrap_err();
    assert!(matches!(error, PublishError::Disk(DiskError::Write { .. })), "{error}");
    error.to_string().replace(path.to_str().unwrap(), "PATH")
}

#[test]
#[cfg(target_os = "linux")]
fn disks_that_refuse_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let spill = || SpillFile::new(folder.path()).unwrap();
    let full = "cannot write PATH: No space left on device (os error 28); \
                free some space or choose another --output";
    let full_disk = OpenOptions::new().read(true).write(true).open("/dev/full").unwrap();
    assert_eq!(refused(&folder.path().join("moves"), SpillFile::over(full_disk)), full);
    assert_eq!(refused(Path::new("/dev/full"), spill()), full);
    // What is written cannot be read back.
    let blind = OpenOptions::new().write(true).open("/dev/null").unwrap();
    assert_eq!(
        refused(&folder.path().join("moves"), SpillFile::over(blind)),
        "cannot write PATH: Bad file descriptor (os error 9); \
         see to the cause or choose another --output"
    );
    assert_eq!(
        refused(&folder.path().join("missing/moves"), spill()),
        "cannot write PATH: No such file or directory (os error 2); \
         see to the cause or choose another --output"
    );
}
