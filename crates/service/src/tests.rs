//! People by hand, and tables as text.

use std::sync::Arc;

use kohort_inputs::{Invoice, Line, Return, Score};
use kohort_model::{
    Block, BlockItems, Calendar, Context, Day, Grain, Group, ItemLists, Measure, MeasureSpec,
    Periods, Scale, Settings, Slot, Table, Track, Values,
};

/// Everybody's slot and those of two values `a` and `b` of a segment `kind`; days count from
/// 1970-01-01, a Thursday, and money has two decimals.
pub(crate) fn context(first: i32, as_of: i32, grain: Grain) -> Context {
    let value = |value: &str| Slot { segment: "kind".into(), value: Some(value.into()) };
    Context {
        as_of: Day(as_of),
        periods: vec![Periods::new(&Calendar::default(), grain, Day(first), Day(as_of))],
        slots: vec![Slot { segment: "all".into(), value: None }, value("a"), value("b")],
        first_segments: vec!["kind".into()],
        scale: Scale::new(2).unwrap(),
        ..Context::default()
    }
}

/// What inputs tell of a person without orders.
#[derive(Clone, Debug, Default)]
pub(crate) struct Person {
    /// The slot of the segment's value, 1 or 2.
    pub slot: u32,
    pub scores: Vec<(Day, u8)>,
    pub invoices: Vec<Invoice>,
    pub lines: Vec<Line>,
    pub returns: Vec<Return>,
}

pub(crate) fn fold(measure: &mut dyn Measure, people: &[Person]) {
    let nothing = vec![0; people.len() + 1];
    let scores = |p: &Person| {
        p.scores.iter().map(|(day, score)| Score { day: *day, score: *score }).collect::<Vec<_>>()
    };
    let items = ItemLists::default()
        .with(&people.iter().map(scores).collect::<Vec<_>>())
        .with(&people.iter().map(|p| p.invoices.clone()).collect::<Vec<_>>())
        .with(&people.iter().map(|p| p.lines.clone()).collect::<Vec<_>>())
        .with(&people.iter().map(|p| p.returns.clone()).collect::<Vec<_>>());
    let slots: Vec<u32> = people.iter().map(|person| person.slot).collect();
    measure.fold(&Block {
        activity: Track { offsets: &nothing, days: &[], values: &[] },
        items: BlockItems { all: Some(&items), first: 0 },
        groups: &[Group::All(0), Group::Slots(&slots)],
        ..Block::default()
    });
}

/// The first table of a measure with its default settings over these people.
pub(crate) fn table(measure: &MeasureSpec, context: Context, people: &[Person]) -> Table {
    table_with(measure, &Settings::default(), context, people)
}

/// The first table of a measure over these people, which is the same for any split of them.
pub(crate) fn table_with(
    measure: &MeasureSpec,
    settings: &Settings,
    context: Context,
    people: &[Person],
) -> Table {
    let mut whole = (measure.start)(Arc::new(context), settings);
    let mut merged = whole.fresh();
    fold(&mut *whole, people);
    for person in people.iter().rev() {
        let mut part = merged.fresh();
        fold(&mut *part, std::slice::from_ref(person));
        merged.merge(part);
    }
    let [whole, merged] = [whole, merged].map(|measure| measure.finish().tables.remove(0));
    assert_eq!(whole, merged);
    whole
}

fn cell(values: &Values, row: usize) -> String {
    fn text<T: ToString>(value: Option<T>) -> String {
        value.map_or("-".to_owned(), |value| value.to_string())
    }
    match values {
        Values::Text(v) => text(v[row].as_deref()),
        Values::Date(v) => text(v[row].map(|day| day.0)),
        Values::Int32(v) => text(v[row]),
        Values::Int64(v) => text(v[row]),
        Values::Float64(v) => text(v[row].map(|x| (x * 1e4).round() / 1e4)),
        Values::Money(v) => text(v[row]),
        Values::Boolean(v) => text(v[row]),
        Values::Id(_) => panic!("no table of this crate has ids"),
    }
}

/// Asserts that a table reads as `expected`, whose first line names the columns to look at and
/// whose every further one is a row. NULL is `-`, a date its number, a float has four decimals.
#[track_caller]
pub(crate) fn assert_text(table: &Table, expected: &str) {
    assert_rows(table, expected, |_| true);
}

/// The same for the rows of everybody only.
#[track_caller]
pub(crate) fn assert_overall(table: &Table, expected: &str) {
    let segments = place(table, "segment");
    assert_rows(table, expected, |row| cell(&table.columns()[segments], row) == "all");
}

fn place(table: &Table, name: &str) -> usize {
    table.schema().columns.iter().position(|column| column.name == name).expect(name)
}

#[track_caller]
fn assert_rows(table: &Table, expected: &str, is_wanted: impl Fn(usize) -> bool) {
    let expected: Vec<String> = expected
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|line| !line.is_empty())
        .collect();
    let chosen: Vec<usize> = expected[0].split(' ').map(|name| place(table, name)).collect();
    let row = |row| {
        let cells: Vec<String> = chosen.iter().map(|c| cell(&table.columns()[*c], row)).collect();
        cells.join(" ")
    };
    let found: Vec<String> = (0..table.rows()).filter(|row| is_wanted(*row)).map(row).collect();
    assert_eq!(found.join("\n"), expected[1..].join("\n"), "of {}", expected[0]);
}
