//! Histories by hand, and tables as text.

use kohort_model::{
    Attempts, Basis, Block, Calendar, Cancellations, Context, Day, Finished, Grain, Group, Id,
    IdType, Ids, Measure, Periods, Rates, Scale, SettingValue, Settings, SettingsSection, Slot,
    Spell, Spells, Table, Track, Values, Visits, WinBack,
};

/// Everybody's slot and those of two values `a` and `b` of a segment `kind`; days count from
/// 1970-01-01, a Thursday, and money has two decimals.
pub(crate) fn context(first: i32, as_of: i32, grain: Grain) -> Context {
    let value = |value: &str| Slot { segment: "kind".into(), value: Some(value.into()) };
    Context {
        as_of: Day(as_of),
        history_start: None,
        first_activity: Some(Day(first)),
        basis: Basis::Orders,
        lapse_days: 90,
        periods: vec![Periods::new(&Calendar::default(), grain, Day(first), Day(as_of))],
        revenue_windows: vec![1],
        max_k: vec![None],
        slots: vec![Slot { segment: "all".into(), value: None }, value("a"), value("b")],
        first_segments: vec!["kind".into()],
        reasons: Vec::new(),
        cancel_reasons: Vec::new(),
        survey_reasons: Vec::new(),
        win_back: WinBack::default(),
        scale: Scale::new(2).unwrap(),
        ids: IdType::Signed,
        ..Context::default()
    }
}

/// One customer's history.
#[derive(Clone, Debug, Default)]
pub(crate) struct Person {
    /// Day and minor units of each order.
    pub orders: Vec<(i32, i64)>,
    pub refunds: Vec<(i32, i64)>,
    /// The slot of the segment's value.
    pub slot: u32,
    /// Of subscriptions the spells; with orders they follow from these.
    pub spells: Vec<Spell>,
}

/// A customer of value `a` with an order of one whole unit on each day.
pub(crate) fn orders(days: &[i32]) -> Person {
    let orders = days.iter().map(|day| (*day, 100)).collect();
    Person { orders, slot: 1, ..Person::default() }
}

/// People with the order days, and values, that the CDNOW sample has in its first 39 weeks, days
/// 0 to 272: each one's repeat days follow the first at once, but for the last.
pub(crate) fn cdnow() -> Vec<Person> {
    let lines = |text: &'static str| {
        let lines = text.lines().filter(|line| !line.starts_with('#')).skip(1);
        lines.map(|line| line.split(',').map(|n| n.parse().unwrap()).collect::<Vec<i32>>())
    };
    let size = |n: i32| usize::try_from(n).unwrap();
    let mut people = Vec::new();
    for row in lines(include_str!("models/testdata/cdnow_histories.csv")) {
        let [repeats, recency, age, customers] = row[..] else { panic!("{row:?}") };
        let first = 272 - age;
        let repeated = (1..repeats).map(|day| first + day).chain([first + recency]);
        let days = [first].into_iter().chain(repeated.take(size(repeats)));
        let orders = days.map(|day| (day, 0)).collect();
        let person = Person { orders, slot: 1, ..Person::default() };
        people.extend(std::iter::repeat_n(person, size(customers)));
    }
    // Of those with equally many repeat days it does not matter who spent what.
    let mut spends = Vec::new();
    for row in lines(include_str!("models/testdata/cdnow_spend.csv")) {
        let [repeats, total, customers] = row[..] else { panic!("{row:?}") };
        spends.extend(std::iter::repeat_n((size(repeats), total), size(customers)));
    }
    spends.sort_unstable();
    people.sort_by_key(|person| person.orders.len());
    let with_repeats = people.iter_mut().filter(|person| person.orders.len() > 1);
    for (person, (repeats, total)) in with_repeats.zip(spends) {
        assert_eq!(person.orders.len(), repeats + 1);
        person.orders[1].1 = total.into();
    }
    people
}

fn offsets(lengths: impl Iterator<Item = usize>) -> Vec<u32> {
    let mut end = 0;
    let ends = lengths.map(|len| {
        end += u32::try_from(len).unwrap();
        end
    });
    [0].into_iter().chain(ends).collect()
}

struct Events {
    offsets: Vec<u32>,
    days: Vec<Day>,
    values: Vec<i64>,
}

impl Events {
    fn new<'a>(of: impl Iterator<Item = &'a Vec<(i32, i64)>> + Clone) -> Self {
        Self {
            offsets: offsets(of.clone().map(Vec::len)),
            days: of.clone().flatten().map(|(day, _)| Day(*day)).collect(),
            values: of.flatten().map(|(_, value)| *value).collect(),
        }
    }

    fn track(&self) -> Track<'_> {
        Track { offsets: &self.offsets, days: &self.days, values: &self.values }
    }
}

fn spells(person: &Person, lapse_days: u32) -> Vec<Spell> {
    if !person.spells.is_empty() {
        return person.spells.clone();
    }
    let mut spells = Vec::<Spell>::new();
    for (day, _) in &person.orders {
        let end = Day(*day).plus(lapse_days.into());
        match spells.last_mut() {
            Some(spell) if Day(*day) <= spell.end => spell.end = end,
            _ => spells.push(Spell { start: Day(*day), end }),
        }
    }
    spells
}

/// Shows the people as one block, with ids from 1.
pub(crate) fn show(context: &Context, people: &[Person], each: impl FnOnce(&Block<'_>)) {
    let activity = Events::new(people.iter().map(|person| &person.orders));
    let refunds = Events::new(people.iter().map(|person| &person.refunds));
    let nothing = vec![0; people.len() + 1];
    let no_events = Track { offsets: &nothing, days: &[], values: &[] };
    let by_period: Vec<Vec<(u32, u32, i128)>> = people
        .iter()
        .map(|person| {
            let period = |day: i32| u32::try_from(context.periods[0].of(Day(day))).unwrap();
            let runs = person.orders.chunk_by(|a, b| period(a.0) == period(b.0));
            runs.map(|run| {
                let value = run.iter().map(|(_, value)| i128::from(*value)).sum();
                (period(run[0].0), u32::try_from(run.len()).unwrap(), value)
            })
            .collect()
        })
        .collect();
    let visit_offsets = offsets(by_period.iter().map(Vec::len));
    let periods: Vec<u32> = by_period.iter().flatten().map(|visit| visit.0).collect();
    let orders: Vec<u32> = by_period.iter().flatten().map(|visit| visit.1).collect();
    let values: Vec<i128> = by_period.iter().flatten().map(|visit| visit.2).collect();
    let visits =
        [Visits { offsets: &visit_offsets, periods: &periods, orders: &orders, values: &values }];
    let by_person: Vec<_> = people.iter().map(|p| spells(p, context.lapse_days)).collect();
    let spell_offsets = offsets(by_person.iter().map(Vec::len));
    let ids: Vec<Id> = (1..=people.len() as u64).map(Id::Integer).collect();
    let slots: Vec<u32> = people.iter().map(|person| person.slot).collect();
    each(&Block {
        ids: Ids::Known(&ids),
        activity: activity.track(),
        visits: &visits,
        at_first_instant: &[],
        has_negative_activity: false,
        refunds: refunds.track(),
        attempts: Attempts {
            track: no_events,
            lost: &[],
            reasons: &[],
            after: &[],
            by_customer: &[],
        },
        spells: Spells { offsets: &spell_offsets, spells: &by_person.concat() },
        rates: Rates { offsets: &nothing, days: &[], values: &[] },
        cancellations: Cancellations {
            offsets: &nothing,
            days: &[],
            reasons: &[],
            causes: &[],
            cancelled: &[],
        },
        groups: &[Group::All(0), Group::Slots(&slots)],
        ..Block::default()
    });
}

/// What comes of a measure that saw half of the people, merged with one that saw the others.
pub(crate) fn finish(
    mut measure: Box<dyn Measure>,
    context: &Context,
    people: &[Person],
) -> Finished {
    let (some, others) = people.split_at(people.len() / 2);
    let mut other = measure.fresh();
    show(context, some, |block| measure.fold(block));
    show(context, others, |block| other.fold(block));
    measure.merge(other);
    measure.finish()
}

/// Some keys of a section, set.
pub(crate) fn set(section: &'static SettingsSection, keys: &[(&str, SettingValue)]) -> Settings {
    let mut settings = Settings::default();
    for (key, value) in keys {
        settings.set(section, key, value.clone());
    }
    settings
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
        Values::Id(_) => panic!("no table that is looked at has ids"),
    }
}

/// Asserts that a table reads as `expected`, whose first line names the columns to look at and
/// whose every further one is a row. NULL is `-`, a date its number, a float has four decimals.
#[track_caller]
pub(crate) fn assert_text(table: &Table, expected: &str) {
    let expected: Vec<String> = expected
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|line| !line.is_empty())
        .collect();
    let columns = table.schema().columns;
    let chosen: Vec<usize> = expected[0]
        .split(' ')
        .map(|name| columns.iter().position(|own| own.name == name).expect(name))
        .collect();
    let row = |row| {
        let cells: Vec<String> = chosen.iter().map(|c| cell(&table.columns()[*c], row)).collect();
        cells.join(" ")
    };
    let found: Vec<String> = (0..table.rows()).map(row).collect();
    assert_eq!(found.join("\n"), expected[1..].join("\n"), "of {}", expected[0]);
}
