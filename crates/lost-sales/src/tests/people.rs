//! Blocks of a few people by hand, and the tables that come of them as lines of text.

use std::sync::Arc;

use kohort_inputs::{Opportunity, Touch};
use kohort_model::{
    Attempts, Block, BlockItems, Calendar, Context, Day, Funnel, Grain, Group, ItemLists, Measure,
    MeasureSpec, Periods, Sales, Scale, SettingValue, Settings, Slot, Table, Track, Values, Visits,
    Weekday,
};

pub const HOUR: i64 = 3_600_000_000;
const AS_OF: i32 = 30;

/// Codes of the tests' steps.
pub const VIEW: u32 = 0;
pub const BASKET: u32 = 1;
pub const PAY: u32 = 2;

/// The frame of the tests: week `n` holds the days from 7n to 7n + 6, and the last known day, 29,
/// lies in week 4. A path has 48 hours, a cart 24, and a purchase recovers for 5 days.
pub fn context() -> Context {
    let calendar = Calendar { week_start: Weekday::Thursday, fiscal_year_start: 1 };
    let as_of = Day(AS_OF);
    let slot = |segment: &str, value: Option<&str>| Slot {
        segment: segment.into(),
        value: value.map(Into::into),
    };
    Context {
        as_of,
        lapse_days: 5,
        periods: vec![Periods::new(&calendar, Grain::Week, Day(0), as_of)],
        slots: vec![
            slot("all", None),
            slot("country", Some("(none)")),
            slot("country", Some("AT")),
        ],
        reasons: texts(&["stock", "payment", "unknown"]),
        funnel: Funnel {
            steps: texts(&["view", "basket", "pay"]),
            as_of_micros: i64::from(AS_OF) * 24 * HOUR,
        },
        sales: Sales {
            has_carts: true,
            has_opportunities: true,
            has_stages: true,
            has_competitors: true,
            stages: texts(&["talk", "offer", "deal", "(none)", "fair"]),
            listed_stages: 3,
            reasons: texts(&["price", "unknown"]),
            competitors: texts(&["(none)", "Acme"]),
        },
        scale: Scale::new(0).unwrap(),
        ..Context::default()
    }
}

pub fn texts(texts: &[&str]) -> Vec<Arc<str>> {
    texts.iter().map(|text| Arc::from(*text)).collect()
}

/// An event of the first visitor, without cart and value.
pub fn touch(hour: i64, step: u32) -> Touch {
    let day = Day(i32::try_from(hour.div_euclid(24)).unwrap());
    Touch { visitor: 1, at: hour * HOUR, day, step, cart: None, value: None }
}

/// An event with a cart.
pub fn in_cart(cart: u32, hour: i64, step: u32, value: Option<i64>) -> Touch {
    Touch { cart: Some(cart), value, ..touch(hour, step) }
}

/// What is known of a person; orders and attempts rise by day.
#[derive(Clone, Default)]
pub struct Person {
    pub orders: Vec<(i32, i64)>,
    /// Day, whether lost, reason and value of orders that did not come about.
    pub attempts: Vec<(i32, bool, u32, i64)>,
    /// In any order.
    pub touches: Vec<Touch>,
    /// In order of created day, then decided day.
    pub opportunities: Vec<Opportunity>,
}

/// A person with these events.
pub fn does(touches: Vec<Touch>) -> Person {
    Person { touches, ..Person::default() }
}

impl Person {
    /// The same with an order of value 10 on each of the days.
    pub fn buying(self, days: &[i32]) -> Self {
        Self { orders: days.iter().map(|day| (*day, 10)).collect(), ..self }
    }

    fn touches(&self) -> Vec<Touch> {
        let mut touches = self.touches.clone();
        touches.sort_by_key(|t| (t.visitor, t.at, t.step, t.cart, t.value));
        touches
    }

    /// Orders on the first day.
    fn leading(&self) -> u32 {
        let leading = self.orders.iter().filter(|order| order.0 == self.orders[0].0);
        u32::try_from(leading.count()).unwrap()
    }

    /// Period, orders and value of each period with orders.
    fn visits(&self, periods: &Periods) -> Vec<(u32, u32, i128)> {
        let of = |p: usize| self.orders.iter().filter(move |order| periods.of(Day(order.0)) == p);
        let visited = (0..periods.len()).filter(|p| of(*p).next().is_some());
        let visits = visited.map(|p| {
            let value: i64 = of(p).map(|order| order.1).sum();
            let [p, orders] = [p, of(p).count()].map(|n| u32::try_from(n).unwrap());
            (p, orders, i128::from(value))
        });
        visits.collect()
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

/// Shows the people to a measure; everybody who ever bought lives in Austria.
fn fold(measure: &mut dyn Measure, context: &Context, people: &[Person]) {
    let (order_offsets, orders) = lists(people.iter().map(|p| p.orders.clone()));
    let (order_days, order_values): (Vec<Day>, Vec<i64>) =
        orders.into_iter().map(|(day, value)| (Day(day), value)).unzip();
    let leading: Vec<u32> = people.iter().map(Person::leading).collect();
    let (visit_offsets, visits) = lists(people.iter().map(|p| p.visits(&context.periods[0])));
    let visited: Vec<u32> = visits.iter().map(|visit| visit.0).collect();
    let visit_orders: Vec<u32> = visits.iter().map(|visit| visit.1).collect();
    let visit_values: Vec<i128> = visits.iter().map(|visit| visit.2).collect();
    let (attempt_offsets, attempts) = lists(people.iter().map(|p| p.attempts.clone()));
    let attempt_days: Vec<Day> = attempts.iter().map(|a| Day(a.0)).collect();
    let lost: Vec<bool> = attempts.iter().map(|a| a.1).collect();
    let reasons: Vec<u32> = attempts.iter().map(|a| a.2).collect();
    let attempt_values: Vec<i64> = attempts.iter().map(|a| a.3).collect();
    let before = |p: &Person, day: i32| p.orders.iter().filter(|order| order.0 < day).count();
    let of_attempts = |of: &dyn Fn(&Person, i32) -> usize| -> Vec<u32> {
        let of = people.iter().flat_map(|p| p.attempts.iter().map(move |a| of(p, a.0)));
        of.map(|n| u32::try_from(n).unwrap()).collect()
    };
    let after = of_attempts(&|p, day| before(p, day + 1));
    let by_customer: Vec<bool> = of_attempts(&before).into_iter().map(|n| n > 0).collect();
    let items = ItemLists::default()
        .with(&people.iter().map(Person::touches).collect::<Vec<_>>())
        .with(&people.iter().map(|p| p.opportunities.clone()).collect::<Vec<_>>());
    let slots: Vec<u32> = people.iter().map(|p| 1 + u32::from(!p.orders.is_empty())).collect();
    measure.fold(&Block {
        activity: Track { offsets: &order_offsets, days: &order_days, values: &order_values },
        visits: &[Visits {
            offsets: &visit_offsets,
            periods: &visited,
            orders: &visit_orders,
            values: &visit_values,
        }],
        at_first_instant: &leading,
        attempts: Attempts {
            track: Track {
                offsets: &attempt_offsets,
                days: &attempt_days,
                values: &attempt_values,
            },
            lost: &lost,
            reasons: &reasons,
            after: &after,
            by_customer: &by_customer,
        },
        items: BlockItems { all: Some(&items), first: 0 },
        groups: &[Group::All(0), Group::Slots(&slots)],
        ..Block::default()
    });
}

/// Settings of a measure: the windows of the frame.
pub fn settings(measure: &MeasureSpec) -> Settings {
    let mut settings = Settings::default();
    for (section, key, number) in [
        ("funnel", "window_hours", 48),
        ("carts", "window_hours", 24),
        ("lost_sales", "recovery_window_days", 5),
    ] {
        for own in measure.settings.iter().filter(|own| own.name == section) {
            settings.set(own, key, SettingValue::Whole(number));
        }
    }
    settings
}

/// The table of a measure over these people, which is the same for any split of them.
pub fn table(measure: &MeasureSpec, context: Context, people: &[Person]) -> Table {
    table_with(measure, &settings(measure), context, people)
}

/// The same with settings of its own.
pub fn table_with(
    measure: &MeasureSpec,
    settings: &Settings,
    context: Context,
    people: &[Person],
) -> Table {
    let context = Arc::new(context);
    let mut whole = (measure.start)(Arc::clone(&context), settings);
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

/// The columns named, one text a row, of the rows where the columns named first hold `texts`;
/// periods as numbers of their week, NULL as `-`.
pub fn lines(table: &Table, (names, texts): (&str, &str), columns: &str) -> Vec<String> {
    let of = |names: &str| -> Vec<String> {
        let columns: Vec<Vec<String>> = names.split(' ').map(|name| column(table, name)).collect();
        let row =
            |row: usize| columns.iter().map(|c| c[row].as_str()).collect::<Vec<_>>().join(" ");
        (0..table.rows()).map(row).collect()
    };
    let rows = of(names).into_iter().zip(of(columns));
    rows.filter(|(found, _)| found == texts).map(|(_, row)| row).collect()
}

/// A column's values as texts.
pub fn column(table: &Table, name: &str) -> Vec<String> {
    fn all<T: ToString>(values: &[Option<T>]) -> Vec<String> {
        values.iter().map(|v| v.as_ref().map_or("-".to_owned(), T::to_string)).collect()
    }
    let place = table.schema().columns.iter().position(|column| column.name == name);
    match &table.columns()[place.unwrap()] {
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
