//! Blocks of a few people by hand, and the tables that come of them as lines of text.

use std::sync::Arc;

use kohort_inputs::{Answer, Contact, Prospect};
use kohort_model::{
    Attempts, Basis, Block, BlockItems, Calendar, Cancellations, Cause, Context, Day, Grain, Group,
    IdType, Ids, ItemLists, Measure, MeasureSpec, Periods, Rates, Scale, SettingValue, Settings,
    Slot, Spell, Spells, Table, Track, Values, Visits, Weekday, WinBack,
};

use crate::{CHURN_REASONS, WIN_BACK};

/// The frame of the tests: week `n` holds the days from 7n to 7n + 6, and the last known day, 29,
/// lies in week 4; W is 5 days.
pub fn context(basis: Basis) -> Context {
    let calendar = Calendar { week_start: Weekday::Thursday, fiscal_year_start: 1 };
    let as_of = Day(30);
    let slot = |segment: &str, value: Option<&str>| Slot {
        segment: segment.into(),
        value: value.map(Into::into),
    };
    Context {
        as_of,
        history_start: None,
        first_activity: Some(Day(0)),
        basis,
        lapse_days: if basis == Basis::Orders { 5 } else { 0 },
        periods: vec![Periods::new(&calendar, Grain::Week, Day(0), as_of)],
        revenue_windows: vec![1],
        max_k: vec![None],
        slots: vec![slot("all", None), slot("country", Some("AT"))],
        first_segments: vec!["country".into()],
        reasons: Vec::new(),
        cancel_reasons: texts(&["unknown", "price", "moved"]),
        survey_reasons: texts(&["quality", "unknown", "delivery", "price"]),
        win_back: WinBack {
            has_prospects: true,
            has_contacts: true,
            campaigns: texts(&["spring", "autumn"]),
            strategies: texts(&["mail"]),
        },
        scale: Scale::new(0).unwrap(),
        ids: IdType::Signed,
        ..Context::default()
    }
}

fn texts(texts: &[&str]) -> Vec<Arc<str>> {
    texts.iter().map(|text| Arc::from(*text)).collect()
}

/// What is known of a person; days rise.
#[derive(Clone, Default)]
pub struct Person {
    pub orders: Vec<(i32, i64)>,
    pub refunds: Vec<(i32, i64)>,
    /// Start, end, value a month of what is paid, instead of orders.
    pub paid: Vec<(i32, i32, i64)>,
    /// Day, reason, cause and day of cancellation of each subscription's end.
    pub ends: Vec<(i32, u32, Cause, Option<i32>)>,
    pub first_seen: Option<i32>,
    pub contacts: Vec<Contact>,
    pub answers: Vec<(i32, u32)>,
}

/// A person with an order of value 10 on each of the days.
pub fn buys(days: &[i32]) -> Person {
    Person { orders: days.iter().map(|day| (*day, 10)).collect(), ..Person::default() }
}

/// The end of a contract that is open.
pub const OPEN: i32 = Day::MAX.0;

impl Person {
    fn spells(&self, lapse_days: i32) -> Vec<Spell> {
        let mut spells: Vec<Spell> = Vec::new();
        let orders = self.orders.iter().map(|(day, _)| (*day, day + lapse_days));
        for (start, end) in orders.chain(self.paid.iter().map(|(start, end, _)| (*start, *end))) {
            match spells.last_mut() {
                Some(spell) if start <= spell.end.0 => spell.end = Day(end),
                _ => spells.push(Spell { start: Day(start), end: Day(end) }),
            }
        }
        spells
    }

    fn activity(&self) -> Vec<(i32, i64)> {
        let starts = self.paid.iter().map(|(start, _, value)| (*start, *value));
        self.orders.iter().copied().chain(starts).collect()
    }

    /// Periods with activity and the value of each.
    fn visits(&self, context: &Context) -> Vec<(u32, i128)> {
        let periods = &context.periods[0];
        let visited = (0..periods.len()).filter_map(|p| {
            let (start, close) = (periods.start(p).0, periods.end(p).min(context.as_of).0);
            let orders = self.orders.iter().filter(|(day, _)| (start..close).contains(day));
            let paid = self.paid.iter().filter(|(from, until, _)| *from < close && *until > start);
            let at_close = paid.clone().filter(|(_, until, _)| *until >= close);
            let is_visited = orders.clone().count() + paid.count() > 0;
            let value: i64 = orders.map(|(_, value)| value).sum();
            let mrr: i64 = at_close.map(|(.., value)| value).sum();
            is_visited.then(|| (u32::try_from(p).unwrap(), i128::from(value + mrr)))
        });
        visited.collect()
    }

    fn rates(&self) -> Vec<(Day, i128)> {
        let steps = self.paid.iter().flat_map(|(start, end, value)| [(start, *value), (end, 0)]);
        let mut rates: Vec<_> = steps.map(|(day, value)| (Day(*day), i128::from(value))).collect();
        // Where one contract follows another on its last day, the later step holds.
        rates.reverse();
        rates.dedup_by_key(|(day, _)| *day);
        rates.reverse();
        rates
    }
}

/// Lists of several people in one: where each begins, and what they hold.
fn lists<T>(of: impl Iterator<Item = Vec<T>>) -> (Vec<u32>, Vec<T>) {
    let (mut offsets, mut all) = (vec![0], Vec::new());
    for list in of {
        all.extend(list);
        offsets.push(u32::try_from(all.len()).unwrap());
    }
    (offsets, all)
}

/// Events with a value.
struct Events {
    offsets: Vec<u32>,
    days: Vec<Day>,
    values: Vec<i64>,
}

impl Events {
    fn new(of: impl Iterator<Item = Vec<(i32, i64)>>) -> Self {
        let (offsets, events) = lists(of);
        let (days, values) = events.into_iter().map(|(day, value)| (Day(day), value)).unzip();
        Self { offsets, days, values }
    }

    fn track(&self) -> Track<'_> {
        Track { offsets: &self.offsets, days: &self.days, values: &self.values }
    }
}

/// Shows the people to a measure; everybody who ever bought lives in Austria.
fn fold(measure: &mut dyn Measure, context: &Context, people: &[Person]) {
    let activity = Events::new(people.iter().map(Person::activity));
    let refunds = Events::new(people.iter().map(|p| p.refunds.clone()));
    let none = Events::new(people.iter().map(|_| Vec::new()));
    let lapse_days = i32::try_from(context.lapse_days).unwrap();
    let (spell_offsets, spells) = lists(people.iter().map(|p| p.spells(lapse_days)));
    let (visit_offsets, visits) = lists(people.iter().map(|p| p.visits(context)));
    let (periods, values): (Vec<u32>, Vec<i128>) = visits.into_iter().unzip();
    let orders = vec![1; periods.len()];
    let (rate_offsets, rates) = lists(people.iter().map(Person::rates));
    let (rate_days, rate_values): (Vec<Day>, Vec<i128>) = rates.into_iter().unzip();
    let (end_offsets, ends) = lists(people.iter().map(|p| p.ends.clone()));
    let end_days: Vec<Day> = ends.iter().map(|end| Day(end.0)).collect();
    let reasons: Vec<u32> = ends.iter().map(|end| end.1).collect();
    let causes: Vec<Cause> = ends.iter().map(|end| end.2).collect();
    let cancelled: Vec<Option<Day>> = ends.iter().map(|end| end.3.map(Day)).collect();
    let seen = |p: &Person| {
        let days = p.first_seen.iter().map(|day| Prospect { first_seen: Day(*day) });
        days.collect::<Vec<_>>()
    };
    let answers = |p: &Person| {
        let answers = p.answers.iter();
        answers.map(|(day, reason)| Answer { day: Day(*day), reason: *reason }).collect::<Vec<_>>()
    };
    let items = ItemLists::default()
        .with(&people.iter().map(seen).collect::<Vec<_>>())
        .with(&people.iter().map(|p| p.contacts.clone()).collect::<Vec<_>>())
        .with(&people.iter().map(answers).collect::<Vec<_>>());
    let slots: Vec<u32> = people.iter().map(|p| u32::from(!p.activity().is_empty())).collect();
    measure.fold(&Block {
        ids: Ids::None,
        activity: activity.track(),
        visits: &[Visits {
            offsets: &visit_offsets,
            periods: &periods,
            orders: &orders,
            values: &values,
        }],
        at_first_instant: &[],
        has_negative_activity: false,
        refunds: refunds.track(),
        attempts: Attempts {
            track: none.track(),
            lost: &[],
            reasons: &[],
            after: &[],
            by_customer: &[],
        },
        spells: Spells { offsets: &spell_offsets, spells: &spells },
        rates: Rates { offsets: &rate_offsets, days: &rate_days, values: &rate_values },
        cancellations: Cancellations {
            offsets: &end_offsets,
            days: &end_days,
            reasons: &reasons,
            causes: &causes,
            cancelled: &cancelled,
        },
        items: BlockItems { all: Some(&items), first: 0 },
        groups: &[Group::All(0), Group::Slots(&slots)],
    });
}

/// Windows of a few days: 7 until a prospect is inactive, 4 of attribution, 3 of surveys.
fn settings() -> Settings {
    let mut settings = Settings::default();
    for (measure, key, days) in [
        (&WIN_BACK, "prospect_after_days", 7),
        (&WIN_BACK, "attribution_window_days", 4),
        (&CHURN_REASONS, "survey_window_days", 3),
    ] {
        settings.set(measure.settings[0], key, SettingValue::Whole(days));
    }
    settings
}

/// The table of a measure over these people, which is the same for any split of them.
pub fn table(measure: &MeasureSpec, context: Context, people: &[Person]) -> Table {
    let context = Arc::new(context);
    let mut whole = (measure.start)(Arc::clone(&context), &settings());
    fold(&mut *whole, &context, people);
    let mut merged = whole.fresh();
    for person in people {
        let mut part = merged.fresh();
        fold(&mut *part, &context, std::slice::from_ref(person));
        merged.merge(part);
    }
    let [whole, merged] = [whole, merged].map(|measure| measure.finish().tables.remove(0));
    assert_eq!(whole, merged);
    whole
}

/// The columns named, a line a row, of the rows where `column` holds `text`; periods as numbers of
/// their week, NULL as `-`.
pub fn lines(table: &Table, (column, text): (&str, &str), columns: &str) -> Vec<String> {
    let of = |name: &str| {
        let place = table.schema().columns.iter().position(|column| column.name == name);
        texts_of(&table.columns()[place.unwrap()])
    };
    let wanted = of(column);
    let columns: Vec<_> = columns.split(' ').map(of).collect();
    let rows = (0..table.rows()).filter(|row| wanted[*row] == text);
    rows.map(|row| columns.iter().map(|c| c[row].as_str()).collect::<Vec<_>>().join(" ")).collect()
}

fn texts_of(values: &Values) -> Vec<String> {
    fn all<T: ToString>(values: &[Option<T>]) -> Vec<String> {
        values.iter().map(|v| v.as_ref().map_or("-".to_owned(), T::to_string)).collect()
    }
    match values {
        Values::Text(values) => all(values),
        Values::Date(days) => days.iter().map(|day| (day.unwrap().0 / 7).to_string()).collect(),
        Values::Int32(values) => all(values),
        Values::Int64(values) => all(values),
        Values::Float64(values) => {
            let rounded = values.iter().map(|v| v.map(|v| (v * 1e4).round() / 1e4));
            all(&rounded.collect::<Vec<_>>())
        }
        Values::Money(values) => all(values),
        Values::Boolean(values) => all(values),
        Values::Id(_) => panic!("no table of this crate has ids"),
    }
}
