use kohort_model::Day;
use kohort_publish::diff::{Change, Counts, FileRows, Value, What};

use super::largest::Largest;
use super::{sentence, text};

fn decimal(minor_units: i128) -> Value {
    Value::Decimal { minor_units, places: 2 }
}

#[test]
fn values() {
    // (value, as a key, as a number)
    let cases = [
        (Value::Null, "–", "–"),
        (Value::Boolean(true), "true", "yes"),
        (Value::Integer(1_234_567), "1234567", "1,234,567"),
        (decimal(-123_456), "-1234.56", "-1,234.56"),
        (Value::Date(Day(0)), "1970-01-01", "1970-01-01"),
        (Value::Bytes(vec![10, 11]), "0a0b", "0a0b"),
        (Value::Float(0.0), "0.0", "0"),
        (Value::Float(1.0 / 3.0), "0.3333333333333333", "0.333333"),
        (Value::Float(0.5), "0.5", "0.5"),
        (Value::Float(100.0), "100.0", "100"),
        (Value::Float(-123_456.789), "-123456.789", "-123,457"),
        (Value::Float(12_345_678.9), "12345678.9", "12,345,679"),
        (Value::Float(0.000_012_345_678), "1.2345678e-5", "0.0000123457"),
        (Value::Float(5.551e-17), "5.551e-17", "5.55e-17"),
    ];
    for (value, as_key, as_number) in cases {
        assert_eq!(text::key(&value), as_key);
        assert_eq!(text::value(&value), as_number);
    }
}

#[test]
fn changes_have_a_sign() {
    for (change, expected) in [
        (Some(Value::Integer(1000)), "+1,000"),
        (Some(Value::Integer(-1)), "-1"),
        (Some(decimal(5)), "+0.05"),
        (None, "–"),
    ] {
        assert_eq!(text::change(change.as_ref()), expected);
    }
    for (share, expected) in [
        (Some(0.1), "+10.0"),
        (Some(-12.345), "-1,234.5"),
        (Some(0.000_012), "+0.0012"),
        (Some(f64::INFINITY), "–"),
        (None, "–"),
    ] {
        assert_eq!(text::percent(share), expected);
    }
    for ((older, newer), expected) in
        [((0, 12), "+12"), ((1200, 0), "-1,200"), ((3, 4), "3 → 4"), ((0, 0), "+0")]
    {
        assert_eq!(text::rows(FileRows { older, newer }), expected);
    }
}

#[test]
fn the_largest_are_kept() {
    let change = |(place, old, new): (usize, Value, Value)| Change {
        key: [Value::Integer(i128::try_from(place).unwrap())].into(),
        is_closed: true,
        what: What::Cell { column: "a".into(), old, new },
    };
    let int = Value::Integer;
    let changes = [
        (0, int(100), int(101)),
        (1, int(100), int(50)),
        (2, int(0), int(1)),
        (3, int(10), int(15)),
        (4, int(100), int(150)),
        (5, int(0), int(2)),
        (6, Value::Null, int(2)),
        (7, int(200), int(202)),
        (8, int(100), int(99)),
    ];
    let all = [6, 5, 2, 1, 4, 3, 7, 0, 8];
    for room in [1, 3, 8, 9, 20] {
        let mut largest = Largest::new(room);
        changes.iter().cloned().map(change).for_each(|change| largest.offer(change));
        let kept: Vec<_> = largest.into_sorted().iter().map(|c| c.key[0].to_string()).collect();
        let expected: Vec<_> = all.iter().take(room).map(ToString::to_string).collect();
        assert_eq!(kept, expected, "room for {room}");
    }
}

#[test]
fn one_sentence() {
    let counts = |changed, added, removed, cells| Counts { changed, added, removed, cells };
    for (counts, expected) in [
        (counts(0, 0, 0, 0), "nothing that was closed has changed"),
        (counts(1, 0, 1, 2), "the runs differ: 2 cells changed, 0 rows added, 1 row removed"),
    ] {
        assert_eq!(sentence(counts), expected);
    }
}
