//! Two runs side by side.

mod files;
mod values;

use std::collections::BTreeMap;
use std::path::Path;
use std::slice;

use kohort_model::{Cell, Column, Day, Grain, Id, IdType, Scale, Table, TableSchema, Unit, keys};

use super::{begin, cents, id, meta, record, text};
use crate::diff::{
    Change, Comparison, Counts, Scope, TableDifference, TablePair, Unlike, Value, What,
};
use crate::{PublishError, PublishedRun, RunRecord, TableRecord};

static NUMBERS: TableSchema = TableSchema {
    name: "numbers",
    description: "",
    columns: &[
        keys::GRAIN,
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        keys::PERIOD,
        Column::count("customers", Unit::Customers, ""),
        Column::money("revenue", ""),
        Column::rate("rate", ""),
        Column::text("later", "").or_null(),
        keys::IS_COMPLETE,
    ],
    key: &["grain", "segment", "segment_value", "period"],
    revisable: &["later"],
};

/// As of a day, without periods.
static PEOPLE: TableSchema = TableSchema {
    name: "people",
    description: "",
    columns: &[keys::CUSTOMER_ID, Column::count("orders", Unit::Orders, "")],
    key: &["customer_id"],
    revisable: &[],
};

/// Two days that runs know, the first days that they do not.
const JUNE: &str = "2024-06-01";
const JULY: &str = "2024-07-01";

fn day(text: &str) -> Day {
    text.parse::<chrono::NaiveDate>().unwrap().into()
}

/// A row of [`NUMBERS`] from words: segment, value, period by month, customers, cents, rate, later;
/// an empty period is complete before `JUNE`.
fn row(line: &str) -> [Cell; 9] {
    let words: Vec<_> = line.split_whitespace().collect();
    let or_null = |word: &str| (word != "-").then(|| text(word));
    let period = day(&format!("{}-01", words[2]));
    [
        "month".into(),
        Cell::Text(text(words[0])),
        or_null(words[1]).into(),
        period.into(),
        words[3].parse::<i64>().unwrap().into(),
        words[4].parse::<i128>().unwrap().into(),
        (words[5] != "-").then(|| words[5].parse::<f64>().unwrap()).into(),
        or_null(words[6]).into(),
        (period.plus_months(1) <= day(JUNE)).into(),
    ]
}

fn numbers(lines: &[&str]) -> Table {
    let mut table = Table::new(&NUMBERS, cents());
    for line in lines {
        table.push(row(line));
    }
    table
}

fn people(form: IdType, ids: impl IntoIterator<Item = (Id, i64)>) -> Table {
    let mut table = Table::of_ids(&PEOPLE, cents(), form, Vec::new());
    for (id, orders) in ids {
        table.push([Cell::Id(id), orders.into()]);
    }
    table
}

/// A run with these tables; its digests are forgotten, so that tables are read.
fn published(
    root: &Path,
    second: u32,
    tables: &[Table],
    edit: impl Fn(&mut RunRecord),
) -> PublishedRun {
    let staging = begin(root, second);
    let mut record = RunRecord {
        as_of: day(JUNE),
        basis: "orders".to_owned(),
        inputs: Vec::new(),
        ..record(&id(second))
    };
    for table in tables {
        staging.write_table(table, &meta()).unwrap();
    }
    edit(&mut record);
    staging.commit(&record, 7).unwrap();
    PublishedRun::open(root.join("runs").join(id(second).as_str())).unwrap()
}

fn compared(
    (older, newer): (&Table, &Table),
    as_of: &str,
    scope: Scope,
) -> (Vec<String>, TableDifference) {
    let root = tempfile::tempdir().unwrap();
    let older_run = published(root.path(), 1, slice::from_ref(older), |_| {});
    let newer_run = published(root.path(), 2, slice::from_ref(newer), |run| run.as_of = day(as_of));
    let comparison = Comparison::new(older_run, newer_run).unwrap();
    let pair = comparison.table(older.schema().name).unwrap().unwrap();
    let mut lines = Vec::new();
    let found = pair.compare(scope, |change| -> Result<(), PublishError> {
        lines.push(line(&change));
        Ok(())
    });
    (lines, found.unwrap())
}

/// `all - 2024-01-01 customers: 3 > 4, +1`.
fn line(change: &Change) -> String {
    let key = change.key.iter().filter(|value| **value != Value::Text("month".to_owned()));
    let key: Vec<_> =
        key.map(|v| if *v == Value::Null { "-".to_owned() } else { v.to_string() }).collect();
    let star = if change.is_closed { "" } else { "*" };
    let what = match &change.what {
        What::Cell { column, old, new } => {
            let change = old.change(new).unwrap_or(Value::Null);
            format!("{column}: {} > {} ({})", old.json(), new.json(), change.json())
        }
        other => other.name().to_owned(),
    };
    format!("{} {what}{star}", key.join(" "))
}

/// A name, rows of the older and of the newer run, `as_of` of the newer, and what differs.
type Case<'a> = (&'a str, &'a [&'a str], &'a [&'a str], &'a str, &'a [&'a str]);

#[test]
fn numbers_of_closed_periods() {
    const APRIL: &str = "all - 2024-04 3 1000 0.5 -";
    const MAY: &str = "all - 2024-05 4 2000 0.25 -";
    // Cut by both as_of.
    const OPEN: &str = "all - 2024-06 5 3000 - -";
    let cases: [Case; 13] = [
        ("nothing", &[APRIL, MAY], &[APRIL, MAY], JULY, &[]),
        ("no rows", &[], &[], JULY, &[]),
        (
            "a count and what follows from it",
            &[APRIL, MAY],
            &[APRIL, "all - 2024-05 5 2000 0.2 -"],
            JULY,
            &[
                "all - 2024-05-01 customers: 4 > 5 (1)",
                "all - 2024-05-01 rate: 0.25 > 0.2 (-0.04999999999999999)",
            ],
        ),
        (
            "money, digit by digit",
            &["all - 2024-04 3 -100000000000000000000000000000000001 0.5 -"],
            &["all - 2024-04 3 99 0.5 -"],
            JULY,
            &["all - 2024-04-01 revenue: -1000000000000000000000000000000000.01 > 0.99 \
               (1000000000000000000000000000000001.00)"],
        ),
        (
            "a float's last bit",
            &["all - 2024-04 3 1000 0.3 -"],
            &["all - 2024-04 3 1000 0.30000000000000004 -"],
            JULY,
            &["all - 2024-04-01 rate: 0.3 > 0.30000000000000004 (5.551115123125783e-17)"],
        ),
        (
            "NULL and a value",
            &[APRIL, "all - 2024-05 4 2000 - -"],
            &["all - 2024-04 3 1000 - -", MAY],
            JULY,
            &[
                "all - 2024-04-01 rate: 0.5 > null (null)",
                "all - 2024-05-01 rate: null > 0.25 (null)",
            ],
        ),
        ("an open period", &[MAY, OPEN], &[MAY, "all - 2024-06 6 3000 - -"], JULY, &[]),
        ("one more period", &[APRIL, MAY], &[APRIL, MAY, OPEN], JULY, &[]),
        (
            "rows that one run has",
            &[APRIL, MAY],
            &["all - 2024-03 1 1 - -", MAY],
            JULY,
            &["all - 2024-03-01 added", "all - 2024-04-01 removed"],
        ),
        (
            "segments in the order of people, NULL as a key",
            &["all - 2024-05 1 1 - -", "age old 2024-05 2 1 - -", "age young 2024-05 3 1 - -"],
            &["all - 2024-05 2 1 - -", "age - 2024-05 1 1 - -", "age young 2024-05 4 1 - -"],
            JULY,
            &[
                "age - 2024-05-01 added",
                "age old 2024-05-01 removed",
                "age young 2024-05-01 customers: 3 > 4 (1)",
                "all - 2024-05-01 customers: 1 > 2 (1)",
            ],
        ),
        ("what later orders revise", &[MAY], &["all - 2024-05 4 2000 0.25 yes"], JULY, &[]),
        (
            "what later orders revise, on the same day",
            &[MAY],
            &["all - 2024-05 4 2000 0.25 yes"],
            JUNE,
            &["all - 2024-05-01 later: null > \"yes\" (null)"],
        ),
        ("everything gone", &[APRIL, OPEN], &[], JULY, &["all - 2024-04-01 removed"]),
    ];
    for (case, older, newer, as_of, expected) in cases {
        let (lines, found) = compared((&numbers(older), &numbers(newer)), as_of, Scope::Closed);
        assert_eq!(lines, expected, "{case}");
        let Counts { added, removed, cells, .. } = found.closed;
        assert_eq!(added + removed + cells, lines.len() as u64, "{case}");
        assert_eq!(found.periods.values().sum::<u64>(), lines.len() as u64, "{case}");
        assert_eq!(found.rows, older.len() as u64, "{case}");
    }
}

#[test]
fn open_periods_are_counted_and_told_on_request() {
    let older = numbers(&["all - 2024-05 4 2000 0.25 -", "all - 2024-06 5 3000 - -"]);
    let newer = numbers(&[
        "all - 2024-05 4 2001 0.25 yes",
        "all - 2024-06 6 3000 0.5 -",
        "all - 2024-07 1 1 - -",
    ]);
    let closed = Counts { changed: 1, cells: 1, ..Counts::default() };
    let open = Counts { changed: 2, added: 1, cells: 3, ..Counts::default() };
    let in_may = "all - 2024-05-01 revenue: 20.00 > 20.01 (0.01)";
    let others = [
        "all - 2024-05-01 later: null > \"yes\" (null)*",
        "all - 2024-06-01 customers: 5 > 6 (1)*",
        "all - 2024-06-01 rate: null > 0.5 (null)*",
        "all - 2024-07-01 added*",
    ];
    for (scope, expected, months) in [
        (Scope::Closed, vec![in_may], vec![("2024-05-01", 1)]),
        (
            Scope::All,
            [in_may].into_iter().chain(others).collect(),
            vec![("2024-05-01", 2), ("2024-06-01", 2), ("2024-07-01", 1)],
        ),
    ] {
        let (lines, found) = compared((&older, &newer), JULY, scope);
        assert_eq!(lines, expected);
        assert_eq!((found.closed, found.open), (closed, open));
        let months = months.into_iter().map(|(month, n)| ((Grain::Month, day(month)), n));
        assert_eq!(found.periods, months.collect());
    }
}

#[test]
fn a_table_without_periods_is_closed_on_its_day() {
    let ids = |orders: [i64; 3]| {
        let ids = [b"", &b"a"[..], b"\xff"].map(|id| Id::Bytes(id.into()));
        people(IdType::Binary, ids.into_iter().zip(orders))
    };
    let (older, newer) = (ids([1, 2, 3]), ids([1, 2, 4]));
    for (as_of, scope, expected) in [
        (JUNE, Scope::Closed, "ff orders: 3 > 4 (1)"),
        (JULY, Scope::All, "ff orders: 3 > 4 (1)*"),
        (JULY, Scope::Closed, ""),
    ] {
        let (lines, _) = compared((&older, &newer), as_of, scope);
        assert_eq!(lines.concat(), expected, "{as_of} {scope:?}");
    }
}

#[test]
fn rows_that_later_orders_bring_are_open() {
    static GAPS: TableSchema = TableSchema {
        name: "gaps",
        description: "",
        columns: &[
            keys::GRAIN,
            keys::PERIOD,
            Column::int("days_from", Unit::Days, ""),
            Column::int("days_to", Unit::Days, ""),
            Column::count("gaps", Unit::Gaps, ""),
            keys::IS_COMPLETE,
        ],
        key: &["grain", "period", "days_from"],
        revisable: &["gaps"],
    };
    let gaps = |days: &[i64]| {
        let mut table = Table::new(&GAPS, cents());
        for days in days {
            let period = day("2024-05-01").into();
            let days = Cell::Int(*days);
            table.push(["month".into(), period, days.clone(), days, 1_i64.into(), true.into()]);
        }
        table
    };
    for (as_of, closed) in [(JUNE, 1), (JULY, 0)] {
        let (_, found) = compared((&gaps(&[1]), &gaps(&[1, 2])), as_of, Scope::Closed);
        assert_eq!((found.closed.added, found.open.added), (closed, 1 - closed), "{as_of}");
    }
}

#[test]
fn tables_of_many_batches_meet() {
    let signed = |id: i64| Id::Integer(id.cast_unsigned() ^ (1 << 63));
    let everybody = |step: usize, orders: fn(i64) -> i64| {
        people(IdType::Signed, (-20_000..20_000).step_by(step).map(|id| (signed(id), orders(id))))
    };
    let older = everybody(1, |_| 7);
    let newer = everybody(1, |id| if id % 1000 == 0 { 8 } else { 7 });
    let (lines, found) = compared((&older, &newer), JUNE, Scope::Closed);
    assert_eq!(found.closed, Counts { changed: 40, cells: 40, ..Counts::default() });
    assert_eq!(lines[19..21], ["-1000 orders: 7 > 8 (1)", "0 orders: 7 > 8 (1)"]);

    // Every third is gone, and none of the others is taken for another.
    let some = everybody(3, |_| 7);
    let (_, found) = compared((&older, &some), JUNE, Scope::Closed);
    assert_eq!(found.closed, Counts { removed: 26_666, ..Counts::default() });
    let (_, found) = compared((&some, &older), JUNE, Scope::Closed);
    assert_eq!(found.closed, Counts { added: 26_666, ..Counts::default() });

    // Not in the order of the key.
    let mixed = |money: i64| {
        let mut table = Table::new(&NUMBERS, cents());
        for segment in ["all", "age"] {
            for value in 0..10_000 {
                let line = format!("{segment} {value} 2024-05 1 {money} - -");
                table.push(row(&line));
            }
        }
        table
    };
    let (_, found) = compared((&mixed(1), &mixed(2)), JULY, Scope::Closed);
    assert_eq!(found.closed, Counts { changed: 20_000, cells: 20_000, ..Counts::default() });
}

/// The pair of a table of two runs, or why there is none.
fn pair(root: &Path, older: &Table, newer: &Table) -> Result<TablePair, Unlike> {
    let older_run = published(root, 1, slice::from_ref(older), |_| {});
    let newer_run = published(root, 2, slice::from_ref(newer), |_| {});
    Comparison::new(older_run, newer_run).unwrap().table(older.schema().name).unwrap()
}

#[test]
fn tables_that_are_not_alike() {
    const fn other(columns: &'static [Column], key: &'static [&'static str]) -> TableSchema {
        TableSchema { name: "people", description: "", columns, key, revisable: &[] }
    }
    const ORDERS: Column = Column::count("orders", Unit::Orders, "");
    static NO_KEY: TableSchema = other(&[keys::CUSTOMER_ID, ORDERS], &[]);
    static OTHER_KEY: TableSchema =
        other(&[keys::CUSTOMER_ID, keys::SEGMENT, ORDERS], &["customer_id", "segment"]);
    static MORE: TableSchema = other(
        &[Column::rate("orders", ""), keys::CUSTOMER_ID, Column::money("spent", "")],
        &["customer_id"],
    );
    let plain = people(IdType::Signed, []);
    let empty = |schema| Table::new(schema, cents());
    let both = |a: &str, b: &str| Unlike::Keys { older: a.to_owned(), newer: b.to_owned() };
    let id = Unlike::KeyColumn { column: "customer_id".to_owned() };
    let cases = [
        ("alike", plain.clone(), Ok("")),
        ("no key", empty(&NO_KEY), Err(Unlike::NoKey)),
        ("another key", empty(&OTHER_KEY), Err(both("customer_id", "customer_id, segment"))),
        ("ids of another form", people(IdType::Text, []), Err(id)),
        ("other columns", empty(&MORE), Ok("orders spent")),
    ];
    for (case, newer, expected) in cases {
        let root = tempfile::tempdir().unwrap();
        let found = pair(root.path(), &plain, &newer).map(|pair| pair.not_compared().join(" "));
        assert_eq!(found, expected.map(str::to_owned), "{case}");
    }
    let root = tempfile::tempdir().unwrap();
    let whole_units = Table::new(&NUMBERS, Scale::new(0).unwrap());
    assert_eq!(pair(root.path(), &numbers(&[]), &whole_units).unwrap().not_compared(), ["revenue"]);
}

#[test]
fn a_grain_that_is_none() {
    let mut odd = Table::new(&NUMBERS, cents());
    let mut cells = row("all - 2024-05 1 1 - -");
    cells[0] = "fortnight".into();
    odd.push(cells);
    let root = tempfile::tempdir().unwrap();
    let pair = pair(root.path(), &odd, &odd).unwrap();
    let found = pair.compare(Scope::All, |_| Ok::<(), PublishError>(()));
    let error = found.unwrap_err().to_string();
    assert!(error.contains("no grain is named \"fortnight\""), "{error}");
}

#[test]
fn equal_digests_spare_the_reading() {
    let root = tempfile::tempdir().unwrap();
    let same = |run: &mut RunRecord| {
        let digest = "00".to_owned();
        let (name, files) = ("numbers".to_owned(), BTreeMap::new());
        let left_out = BTreeMap::new();
        run.tables = vec![TableRecord { name, rows: 1, bytes: 1, digest, files, left_out }];
    };
    let older = published(root.path(), 1, &[numbers(&["all - 2024-05 1 1 - -"])], same);
    let newer = published(root.path(), 2, &[numbers(&["all - 2024-05 2 1 - -"])], same);
    let pair = Comparison::new(older, newer).unwrap().table("numbers").unwrap().unwrap();
    let found =
        pair.compare(Scope::All, |_| panic!("nothing differs")).map_err(|e: PublishError| e);
    assert_eq!(found.unwrap(), TableDifference { rows: 1, ..TableDifference::default() });
}

#[test]
fn tables_of_two_runs() {
    let root = tempfile::tempdir().unwrap();
    let older = published(root.path(), 1, &[numbers(&[]), people(IdType::Text, [])], |_| {});
    let newer = published(root.path(), 2, &[numbers(&[])], |_| {});
    let none = published(root.path(), 3, &[], |_| {});
    let tables = |one: &PublishedRun, other: &PublishedRun| {
        let (both, one) = Comparison::new(one.clone(), other.clone()).unwrap().tables().unwrap();
        format!("{} | {}", both.join(" "), one.join(" "))
    };
    assert_eq!(tables(&older, &newer), "numbers | people");
    assert_eq!(tables(&newer, &older), "numbers | people");
    assert_eq!(tables(&newer, &newer), "numbers | ");
    assert_eq!(tables(&older, &none), " | numbers people");
    let missing = Comparison::new(older, newer).unwrap().table("people").map(|_| ());
    assert!(matches!(missing, Err(PublishError::UnknownTable { .. })));
}

#[test]
fn doubts() {
    type Edit = fn(&mut RunRecord);
    let cases: [(Edit, &str); 6] = [
        (|_| {}, ""),
        (|run| run.as_of = day(JULY), ""),
        (
            |run| run.kohort_version = "0.0.1".to_owned(),
            "the runs are of kohort 0.1.0 and 0.0.1: what a number means may have changed",
        ),
        (
            |run| {
                run.pipeline_digest = "11".to_owned();
                run.lapse_after_days = 5;
            },
            "the runs have different pipeline settings: what a number means may have changed",
        ),
        (
            |run| run.lapse_after_days = 5,
            "the lapse window, found from the data, was 61 days and is 5 days",
        ),
        (
            |run| run.as_of = day("2024-05-01"),
            "the run given first is as of 2024-06-01, the second as of 2024-05-01; name the older \
             one first",
        ),
    ];
    for (edit, expected) in cases {
        let root = tempfile::tempdir().unwrap();
        let of_0_1 = |run: &mut RunRecord| run.kohort_version = "0.1.0".to_owned();
        let older = published(root.path(), 1, &[], of_0_1);
        let newer = published(root.path(), 2, &[], |run| {
            of_0_1(run);
            edit(run);
        });
        let doubts = Comparison::new(older, newer).unwrap().doubts();
        let texts: Vec<_> = doubts.iter().map(ToString::to_string).collect();
        assert_eq!(texts.join("; "), expected);
    }
}
