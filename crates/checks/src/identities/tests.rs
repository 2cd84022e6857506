use kohort_model::{Cell, Column, Day, Scale, TableSchema, Unit, keys};

use super::*;

static RECEIVABLES: TableSchema = TableSchema {
    name: "receivables",
    description: "",
    columns: &[
        keys::GRAIN,
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        keys::PERIOD,
        Column::int("days", Unit::Days, ""),
        Column::money("opening_receivables", ""),
        Column::money("receivables", ""),
        Column::money("current", ""),
        Column::money("overdue_1_30", ""),
        Column::money("overdue_31_60", ""),
        Column::money("overdue_61_90", ""),
        Column::money("overdue_over_90", ""),
        Column::money("open_credits", ""),
        Column::money("overpaid", ""),
        Column::count("paid", Unit::Invoices, ""),
        Column::count("paid_late", Unit::Invoices, "").or_null(),
        Column::float("dso", Unit::Days, "").or_null(),
    ],
    key: &["grain", "segment", "segment_value", "period"],
    revisable: &[],
};

/// Of each row the segment value, the day, what was and what is owed, and what of it is current.
fn receivables(rows: &[(Option<&'static str>, i32, i128, i128, i128)]) -> Table {
    let mut table = Table::new(&RECEIVABLES, Scale::default());
    for (value, day, opening, owed, current) in rows.iter().copied() {
        let segment: Cell = if value.is_some() { "country".into() } else { "all".into() };
        table.push([
            "day".into(),
            segment,
            value.into(),
            Day(day).into(),
            1_u32.into(),
            opening.into(),
            owed.into(),
            current.into(),
            0_i128.into(),
            0_i128.into(),
            0_i128.into(),
            0_i128.into(),
            0_i128.into(),
            0_i128.into(),
            2_u32.into(),
            Cell::Null,
            Some(0.5).into(),
        ]);
    }
    table
}

/// Those that do not hold, as lines.
fn broken(table: Table, segments: &[&str]) -> Vec<String> {
    let all = identities(&[table], kohort_measures::tables(), Basis::Orders, segments);
    let broken = all.into_iter().filter(|identity| identity.broken > 0);
    broken
        .map(|i| format!("{} {}/{}: {}", i.rule, i.broken, i.rows, i.example.unwrap_or_default()))
        .collect()
}

#[test]
fn what_does_not_hold_is_named() {
    type Row = (Option<&'static str>, i32, i128, i128, i128);
    let cases: [(&[Row], &[&str]); 5] = [
        (&[(None, 0, 0, 5, 5), (None, 1, 5, 6, 6), (Some("DE"), 0, 0, 5, 5)], &[]),
        (
            &[(None, 0, 0, 5, 5), (None, 1, 5, 6, 4), (None, 2, 6, 7, 8)],
            &["receivables = current + overdue_1_30 + overdue_31_60 + overdue_61_90 + \
               overdue_over_90 2/3: grain day, segment all, segment_value NULL, period 1970-01-02 (6 \
               and 4)"],
        ),
        // Two groups: the first row of the second does not go on from the last of the first.
        (
            &[(None, 0, 0, 5, 5), (None, 1, 4, 6, 6), (Some("DE"), 0, 0, 5, 5)],
            &["next.opening_receivables = receivables 1/1: grain day, segment all, segment_value \
               NULL, period 1970-01-01 (4 and 5)"],
        ),
        (
            &[(None, 0, 0, 5, 5), (None, 0, 5, 5, 5)],
            &[
                "one row for each grain, segment, segment_value, period 1/2: grain day, segment all, \
               segment_value NULL, period 1970-01-01",
            ],
        ),
        (&[], &[]),
    ];
    for (rows, expected) in cases {
        assert_eq!(broken(receivables(rows), &[]), expected, "{rows:?}");
    }
}

#[test]
fn floats_are_numbers() {
    for (dso, expected) in [(f64::NAN, 1), (f64::INFINITY, 1), (0.0, 0)] {
        let mut table = receivables(&[(None, 0, 0, 5, 5)]);
        let mut row: Vec<Cell> = vec!["day".into(), "all".into(), Cell::Null, Day(1).into()];
        row.extend([1_u32.into(), 5_i128.into(), 5_i128.into(), 5_i128.into()]);
        row.extend([(); 6].map(|()| 0_i128.into()));
        row.extend([2_u32.into(), Cell::Null, Some(dso).into()]);
        table.push::<17>(row.try_into().expect("seventeen cells"));
        let found = broken(table, &[]);
        assert_eq!(found.len(), expected, "{found:?}");
        assert!(found.iter().all(|line| line.contains("1970-01-02 (dso)")), "{found:?}");
    }
}

#[test]
fn values_of_a_segment_add_up() {
    let (de, gb) = (Some("DE"), Some("GB"));
    let whole = [(None, 0, 0, 5, 5), (None, 1, 5, 5, 5), (de, 0, 0, 5, 5), (de, 1, 5, 4, 4)];
    let rule = "the values of segment country add up to all";
    let found = broken(receivables(&whole), &["country"]);
    let of = "grain day, segment all, segment_value NULL, period 1970-01-02 (receivables)";
    assert_eq!(found, [format!("{rule} 1/2: {of}")]);
    let alone = [(None, 0, 0, 5, 5), (gb, 0, 0, 5, 5), (gb, 3, 5, 5, 5)];
    let found = broken(receivables(&alone), &["country"]);
    assert_eq!(found, [format!("{rule} 1/2: no row of all for grain day, period 1970-01-04")]);
    assert_eq!(broken(receivables(&alone), &[]), [""; 0]);
}

#[test]
fn rules_say_what_they_mean() {
    let table = receivables(&[(None, 0, 0, 5, 5), (None, 1, 5, 6, 7), (Some("DE"), 1, 1, 6, 6)]);
    // Of each rule how often it applies, and how often it holds.
    let cases = [
        ("receivables = current", (3, 2)),
        ("receivables != current", (3, 1)),
        ("receivables < current", (3, 1)),
        ("receivables <= current", (3, 3)),
        ("receivables >= current", (3, 2)),
        ("receivables > 5", (3, 2)),
        ("receivables - current + 1 = 0", (3, 1)),
        ("receivables = current where segment is all", (2, 1)),
        ("receivables = current where segment is not all", (1, 1)),
        ("receivables = 6 where segment is all and current > 5", (1, 1)),
        // Of the two rows of all, and of no other group.
        ("next.opening_receivables = receivables", (1, 1)),
        ("next.receivables - receivables = 2", (1, 0)),
        ("paid_late <= paid", (3, 3)),
        ("paid_late is set", (3, 0)),
        ("paid_late is not set", (3, 3)),
        ("segment_value is set exactly where segment is country", (3, 3)),
        ("segment_value is set exactly where receivables = 6", (3, 2)),
        ("dso <= 0", (3, 0)),
        ("dso = dso", (3, 3)),
    ];
    for (text, expected) in cases {
        let rule = Rule::parse(text, &table);
        let mut found = (0, 0);
        rule.apply(table.rows(), same_group(&table, BY_GRAIN), |_, _, holds| {
            found.0 += 1;
            found.1 += u32::from(holds);
        });
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
#[should_panic(expected = "receivables has no column recievables")]
fn a_rule_names_columns_that_are_there() {
    Rule::parse("recievables = current", &receivables(&[]));
}
