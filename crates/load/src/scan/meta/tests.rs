use super::super::thrift::{I32, I64, Writer};
use super::*;

/// What is wrong with the chunk of a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wrong {
    Nothing,
    DictionaryAtZero,
    Negative,
    Elsewhere,
    Encrypted,
    NoPlace,
}

/// A footer of columns of 64-bit integers with these names and meanings.
fn footer(columns: &[(&str, i64, Wrong)]) -> Vec<u8> {
    let mut to = Writer::default();
    to.begin();
    to.list(2, STRUCTURE, columns.len() + 1);
    to.begin();
    to.text(4, "schema");
    to.integer(5, I32, i64::try_from(columns.len()).unwrap());
    to.end();
    for (name, meaning, _) in columns {
        to.begin();
        to.integer(1, I32, 2);
        to.integer(3, I32, 1);
        to.text(4, name);
        if *meaning > 0 {
            to.structure(10);
            to.structure(*meaning);
            to.end();
            to.end();
        }
        to.end();
    }
    to.list(4, STRUCTURE, 1);
    to.begin();
    to.list(1, STRUCTURE, columns.len());
    for (_, _, wrong) in columns {
        to.begin();
        if *wrong == Wrong::Elsewhere {
            to.text(1, "other.parquet");
        }
        if *wrong != Wrong::NoPlace {
            to.structure(3);
            to.integer(5, I64, 7);
            to.integer(7, I64, 50);
            to.integer(9, I64, if *wrong == Wrong::Negative { -1 } else { 100 });
            if *wrong == Wrong::DictionaryAtZero {
                to.integer(11, I64, 0);
            }
            to.end();
        }
        if *wrong == Wrong::Encrypted {
            to.structure(8);
            to.end();
        }
        to.end();
    }
    to.integer(3, I64, 7);
    to.end();
    to.end();
    to.bytes
}

#[test]
fn a_column_that_can_not_be_read_is_in_nobodys_way() {
    let bytes = footer(&[
        ("good", 0, Wrong::Nothing),
        ("variant", 16, Wrong::Nothing),
        ("newer", 77, Wrong::Nothing),
        ("null", 11, Wrong::Nothing),
        ("zero", 0, Wrong::DictionaryAtZero),
        ("twice", 0, Wrong::Nothing),
        ("twice", 16, Wrong::Nothing),
        ("negative", 0, Wrong::Negative),
        ("elsewhere", 0, Wrong::Elsewhere),
        ("encrypted", 0, Wrong::Encrypted),
        ("nowhere", 0, Wrong::NoPlace),
    ]);
    let mut meta = Meta::read(&bytes).unwrap();
    assert_eq!(meta.rows(), 7);
    let refused: Vec<_> = meta.refused.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
    let expected = [("newer", "unknown to this version (number 77)"), ("variant", "VARIANT")];
    assert_eq!(refused, expected);
    assert_eq!(meta.repeated, BTreeSet::from(["twice".into()]));
    let faults = [
        ("good", None),
        ("null", None),
        ("zero", None),
        ("negative", Some((0, "its place in the footer is damaged"))),
        ("elsewhere", Some((0, "its values are in another file"))),
        ("encrypted", Some((0, "it is encrypted"))),
        ("nowhere", Some((0, "the footer does not say where its values are"))),
    ];
    let names: Vec<_> = meta.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, faults.map(|(name, _)| name));
    for (name, expected) in faults {
        assert_eq!(meta.fault(name), expected, "{name}");
    }
    let zero = meta.groups[0].chunks[meta.find("zero").unwrap()].clone().unwrap();
    assert_eq!((zero.bytes, zero.dictionary), (100..150, None));
    meta.bound(149);
    assert_eq!(meta.fault("good"), Some((0, "its values lie behind the end of the file")));
    meta.keep(|name| name == "zero");
    assert_eq!((meta.columns.len(), meta.groups[0].chunks.len()), (1, 1));

    // No part of it is a footer.
    for length in 0..bytes.len() {
        assert!(Meta::read(&bytes[..length]).is_err(), "{length}");
    }
}
