//! Rows in few bytes, and what they are when they come back.

use kohort_disk::SpillFile;
use kohort_model::{Cell, Column, Id, IdType, Table, TableSchema};

use super::{begin, cents, meta, text};
use crate::RowSink;
use crate::part::{float, from_float, from_money, from_signed, money, signed};

/// A row for each name, with money that may be missing.
static NAMES: TableSchema = TableSchema {
    name: "names",
    description: "who they are",
    columns: &[
        Column::text("status", "what became of them").or_null(),
        Column::id("customer_id", "who"),
        Column::money("revenue", "what they paid").or_null(),
        Column::average("average", "revenue / orders").or_null(),
    ],
    key: &["status", "customer_id"],
    revisable: &[],
};

#[test]
fn numbers_come_back_and_keep_their_order() {
    let integers = [i64::MIN, -2, -1, 0, 1, i64::MAX];
    assert_eq!(integers.map(|n| from_signed(signed(n))), integers);
    assert!(integers.map(signed).is_sorted());
    let floats = [f64::NEG_INFINITY, -1.5, -0.0, 0.0, f64::MIN_POSITIVE, 2.0, f64::INFINITY];
    assert_eq!(floats.map(|n| from_float(float(n)).to_bits()), floats.map(f64::to_bits));
    assert!(floats.map(float).is_sorted());
    let long = i128::from(i64::MAX);
    for n in [i128::MIN, -long - 2, -long - 1, -1, 0, 1, long, long + 1, 1 << 64, i128::MAX] {
        let (low, high) = money(n);
        assert_eq!(from_money(low, high), n, "{n}");
        assert_eq!(high == 0, i64::try_from(n).is_ok(), "{n}");
    }
}

/// Rows in the order of their key: texts that are many, ids that begin alike, money beyond 64 bits.
fn names(rows: usize) -> Vec<[Cell; 4]> {
    let row = |n: usize| {
        let status = (n >= 3).then(|| text(&format!("status {:05}", n / 2)));
        let id = Id::Bytes(format!("https://example.com/customers/{n:08}").into_bytes().into());
        let value = (!n.is_multiple_of(3)).then_some((i128::try_from(n).unwrap() - 9) << (n % 100));
        let average =
            (!n.is_multiple_of(4)).then_some(1.0 / f64::from(u8::try_from(n % 7).unwrap()));
        [status.into(), id.into(), value.into(), average.filter(|v| v.is_finite()).into()]
    };
    (0..rows).map(row).collect()
}

#[test]
fn rows_beyond_codes_and_words_are_sorted_and_whole() {
    // (rows, room, rows of a part)
    for (rows, room, part) in [(1, 0, 1), (100, 0, 7), (12_000, 100_000, 999), (9_000, 1 << 30, 50)]
    {
        let root = tempfile::tempdir().unwrap();
        let staging = begin(root.path(), 0);
        let rows = names(rows);
        let table = |rows: &mut dyn Iterator<Item = &[Cell; 4]>| {
            let mut table = Table::of_ids(&NAMES, cents(), IdType::Text, Vec::new());
            rows.for_each(|row| table.push(row.clone()));
            table
        };
        let expected = staging.write_table(&table(&mut rows.iter()), &meta()).unwrap();
        let path = staging.folder().join("names.parquet");
        let file = std::fs::read(&path).unwrap();
        let spill = SpillFile::new(root.path()).unwrap();
        let shape = table(&mut [].iter());
        let sink = RowSink::new(path.clone(), &shape, &meta(), spill, room);
        // Every seventh row, and each of the others later.
        let places = (0..7).flat_map(|first| (first..rows.len()).step_by(7)).collect::<Vec<_>>();
        for places in places.rchunks(part) {
            sink.push(table(&mut places.iter().map(|place| &rows[*place]))).unwrap();
        }
        let case = format!("{} {room} {part}", rows.len());
        assert_eq!(sink.finish().unwrap(), expected, "{case}");
        assert!(std::fs::read(&path).unwrap() == file, "{case}");
    }
}
