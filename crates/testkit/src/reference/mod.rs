//! Every table by definition, as docs/concepts.md and docs/tables have it: slow, and meant to be read.
//!
//! Nothing is carried from one customer, period or day to the next: each cell of a table asks its
//! question of the whole history again.

mod carts;
mod churn;
mod churn_indicators;
mod churn_reasons;
mod cohorts;
mod cross_sell;
mod customers;
mod funnel;
mod gaps;
mod holdout;
mod lost_sales;
mod loyalty;
mod notes;
mod nps;
mod omissions;
mod opportunities;
mod orders;
mod people;
mod periods;
mod product_returns;
mod receivables;
mod revenue;
mod side_inputs;
mod subscribers;
mod subscriptions;
mod visitors;
mod win_back;

use std::collections::{BTreeMap, BTreeSet};

use kohort_model::{Basis, Cell, Day, Grain, Input, SegmentAt};

use crate::compare::NaiveRow;
use crate::history::{History, Id, Row, Span};
use crate::settings::{Activity, LapseDays, Settings};
use notes::Notes;
use orders::{LeftOut, leave_out};
use people::{Event, Group, Person, Role};
use periods::Period;
use side_inputs::Further;
use visitors::Who;

/// A row from `column: value` pairs.
macro_rules! row {
    ($($column:ident: $value:expr),+ $(,)?) => {
        vec![$((stringify!($column).into(), kohort_model::Cell::from($value))),+]
    };
}
use row;

/// What the engine is compared with.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// Exclusive end of what is known.
    pub as_of: Day,
    /// W in days. With [`LapseDays::Auto`] and no customer who came on two days there is none,
    /// and a run fails.
    pub lapse_days: Option<u32>,
    /// Rows of each table, sorted by key; no table where there is no W.
    pub tables: BTreeMap<&'static str, Vec<NaiveRow>>,
    /// Rows, orders and events of the basis left out, by reason; reasons without any are not in
    /// it.
    pub left_out: BTreeMap<&'static str, u64>,
    /// Rows of the further inputs left out.
    pub further_left_out: FurtherLeftOut,
    /// Rows that a table does not count.
    pub omissions: Omissions,
}

/// Rows, by table and name; those without any are not in it.
pub type Omissions = BTreeMap<(&'static str, &'static str), u64>;

/// Rows of the further inputs, by input and reason; those without any are not in it.
pub type FurtherLeftOut = BTreeMap<(&'static str, &'static str), u64>;

/// The tables of a history. `customers` is without the columns of models, and `clv_holdout` without
/// what they expect.
///
/// # Panics
/// Where a row has fewer segment values than the settings have segments.
#[must_use]
pub fn reference(history: impl Into<History>, settings: &Settings) -> Reference {
    let (history, settings) = &in_order_of_names(history.into(), settings);
    let mut left_out = LeftOut::new();
    let (as_of, mut everybody) = match settings.basis {
        _ if !settings.has_history => (side_inputs::resolve_as_of(history, settings), Vec::new()),
        Basis::Orders => {
            let as_of = orders::resolve_as_of(&history.rows, settings);
            let events = orders::events(&history.rows, settings, as_of, &mut left_out);
            let everybody = people(&events, settings);
            leave_out_refunds(&everybody, &mut left_out);
            (as_of, everybody)
        }
        Basis::Subscriptions => {
            let as_of = subscriptions::resolve_as_of(&history.spans, settings);
            let gap = settings.reactivation_gap_days;
            (as_of, subscriptions::people(&history.spans, gap.into(), as_of, &mut left_out))
        }
    };
    let lapse_days = match (settings.basis, settings.lapse_days) {
        _ if !settings.has_history => Some(0),
        (Basis::Subscriptions, _) => Some(settings.reactivation_gap_days),
        (Basis::Orders, LapseDays::Fixed(days)) => Some(days),
        (Basis::Orders, LapseDays::Auto) => ninetieth_percentile_of_gaps(&everybody),
    };
    let (notes, mut further_left_out) = Notes::known(history, as_of);
    let further = side_inputs::by_person(history, settings, as_of, &mut further_left_out);
    let visitors = add_further(&mut everybody, further, settings);
    let made = lapse_days.map(|w| {
        let groups = groups(everybody, visitors, settings);
        let frame = Frame { history, settings, as_of, w: w.into(), groups, notes };
        (tables(&frame), omissions::omissions(&frame))
    });
    let (tables, mut omissions) = made.unwrap_or_default();
    omissions.retain(|(table, _), _| tables.contains_key(table));
    Reference { as_of, lapse_days, tables, left_out, further_left_out, omissions }
}

/// Adds to people what further inputs tell of them, and people of whom nothing else is known. Gives
/// the visitors who are no customers.
fn add_further(
    everybody: &mut Vec<Person>,
    further: BTreeMap<Who, Further>,
    settings: &Settings,
) -> Vec<Person> {
    let mut visitors = Vec::new();
    for (who, further) in further {
        let is_visitor = !matches!(who, Who::Customer(_));
        let id = match who {
            Who::Customer(id) | Who::Visitor(id) => id,
            Who::Nobody(number) => Id::Integer(number as u64),
        };
        if let Some(person) = everybody.iter_mut().find(|p| !is_visitor && p.id == id) {
            person.further = further;
        } else {
            let to = if is_visitor { &mut visitors } else { &mut *everybody };
            to.push(Person { further, ..person(&id, &[], settings) });
        }
    }
    everybody.sort_by(|a, b| a.id.cmp(&b.id));
    visitors
}

/// The tables of a history of orders or subscriptions.
fn tables_of_customers(frame: &Frame<'_>) -> BTreeMap<&'static str, Vec<NaiveRow>> {
    let cohort_retention = cohorts::cohort_retention(frame);
    let mut tables = BTreeMap::from([
        ("cohort_curve", cohorts::cohort_curve(&cohort_retention)),
        ("cohort_retention", cohort_retention),
        ("customer_retention", churn::customer_retention(frame)),
        ("revenue_churn", revenue::revenue_churn(frame)),
        ("revenue_movements", revenue::revenue_movements(frame)),
        ("win_back", win_back::win_back(frame)),
    ]);
    let basis = frame.settings.basis;
    if basis == Basis::Subscriptions {
        tables.insert("revenue_events", revenue::revenue_events(frame));
    }
    if basis == Basis::Subscriptions || frame.notes.answers.is_some() {
        tables.insert("churn_reasons", churn_reasons::churn_reasons(frame));
    }
    if basis == Basis::Orders {
        tables.extend([
            ("cohort_order_values", cohorts::cohort_order_values(frame)),
            ("clv_holdout", holdout::clv_holdout(frame)),
            ("customers", customers::customers(frame)),
            ("loyalty", loyalty::loyalty(frame)),
            ("purchase_gap_histogram", gaps::purchase_gap_histogram(frame)),
            ("purchase_gaps", gaps::purchase_gaps(frame)),
        ]);
    }
    if basis == Basis::Subscriptions {
        tables.insert("subscribers", subscribers::subscribers(frame));
    }
    tables
}

fn tables(frame: &Frame<'_>) -> BTreeMap<&'static str, Vec<NaiveRow>> {
    let has_history = frame.settings.has_history;
    let mut tables = if has_history { tables_of_customers(frame) } else { BTreeMap::new() };
    let has_orders = has_history && frame.settings.basis == Basis::Orders;
    let (history, mapped) = (frame.history, frame.history.mapped());
    if has_orders || mapped.carts || history.opportunities.is_some() {
        tables.insert("lost_sales", lost_sales::lost_sales(frame));
    }
    if history.touchpoints.is_some() {
        tables.insert("funnel", funnel::funnel(frame));
    }
    if mapped.carts {
        tables.insert("carts", carts::carts(frame));
    }
    if mapped.scores {
        tables.insert("nps", nps::nps(frame));
    }
    if history.invoices.is_some() {
        tables.insert("receivables", receivables::receivables(frame));
    }
    if history.order_lines.is_some() {
        tables.insert("cross_sell", cross_sell::cross_sell(frame));
        tables.insert("cross_sell_customers", cross_sell::cross_sell_customers(frame));
    }
    // An input of returns needs the lines that they are of.
    let has_returns = history.order_lines.is_some() && history.returns.is_some();
    if has_returns {
        tables.insert("product_returns", product_returns::product_returns(frame));
    }
    let has_signals = history.engagement.is_some() || has_returns;
    if has_history && (has_signals || history.invoices.is_some() || mapped.scores) {
        tables.insert("churn_indicators", churn_indicators::churn_indicators(frame));
    }
    tables
}

/// The same with the segments in order of their names, as ties and tables have them.
///
/// # Panics
/// Where a row has fewer segment values than the settings have segments.
#[must_use]
pub fn in_order_of_names(mut history: History, settings: &Settings) -> (History, Settings) {
    let mut order: Vec<_> = (0..settings.segments.len()).collect();
    order.sort_by_key(|s| settings.segments[*s].0);
    let sorted = |values: &[Option<String>]| order.iter().map(|s| values[*s].clone()).collect();
    for Row { segments, .. } in &mut history.rows {
        *segments = sorted(segments);
    }
    for Span { segments, .. } in &mut history.spans {
        *segments = sorted(segments);
    }
    let segments = order.iter().map(|s| settings.segments[*s]).collect();
    (history, Settings { segments, ..settings.clone() })
}

/// One person a customer id, in order of ids, with all events.
fn people(events: &[Event], settings: &Settings) -> Vec<Person> {
    let ids: BTreeSet<_> = events.iter().map(|e| &e.customer).collect();
    ids.into_iter().map(|id| person(id, events, settings)).collect()
}

/// The person of an id, with the events that are its own.
fn person(id: &Id, events: &[Event], settings: &Settings) -> Person {
    Person {
        id: id.clone(),
        events: events.iter().filter(|e| e.customer == *id).cloned().collect(),
        refunds_count: settings.activity == Activity::Any,
        subscriber: None,
        further: Further::default(),
    }
}

/// Counts the refunds that stand in no table.
fn leave_out_refunds(everybody: &[Person], left_out: &mut LeftOut) {
    for person in everybody.iter().filter(|person| !person.is_customer()) {
        let refunds = person.events.iter().filter(|e| e.role == Role::Refund);
        leave_out(left_out, "refund_without_order", refunds.count());
    }
}

/// Nearest rank: the smallest gap that at least 90 in 100 of them do not exceed.
fn ninetieth_percentile_of_gaps(everybody: &[Person]) -> Option<u32> {
    let mut gaps = Vec::new();
    for person in everybody {
        let days: Vec<_> = person.activity_days().into_iter().collect();
        gaps.extend(days.windows(2).map(|pair| pair[1].0 - pair[0].0));
    }
    let share_within = |gap: i32| gaps.iter().filter(|g| **g <= gap).count() * 100 / gaps.len();
    let smallest = gaps.iter().copied().filter(|gap| share_within(*gap) >= 90).min()?;
    u32::try_from(smallest).ok()
}

/// Everybody first, then each value of each segment, by name.
fn groups(everybody: Vec<Person>, visitors: Vec<Person>, settings: &Settings) -> Vec<Group> {
    let mut groups = Vec::new();
    let people: Vec<_> = everybody.into_iter().chain(visitors).collect();
    for (s, (segment, at)) in settings.segments.iter().enumerate() {
        let values: BTreeSet<_> = match at {
            SegmentAt::First => people.iter().map(|p| p.first_value(s)).collect(),
            SegmentAt::Order => people.iter().flat_map(|p| p.values(s)).collect(),
        };
        for value in values {
            let is_of_value = |p: &&Person| match at {
                SegmentAt::First => p.first_value(s) == value,
                SegmentAt::Order => p.values(s).contains(value),
            };
            let of_value = |p: &Person| match at {
                SegmentAt::First => p.clone(),
                SegmentAt::Order => p.of_value(s, value),
            };
            let people = people.iter().filter(is_of_value).map(of_value).collect();
            groups.push(Group { segment, value: Some(value.to_owned()), people });
        }
    }
    groups.insert(0, Group { segment: "all", value: None, people });
    groups
}

/// What every table needs to know.
struct Frame<'a> {
    /// Everything that was read, also what is left out.
    history: &'a History,
    settings: &'a Settings,
    as_of: Day,
    /// The lapse window in days.
    w: i64,
    groups: Vec<Group>,
    notes: Notes,
}

impl Frame<'_> {
    /// Each grain, finest first.
    fn grains(&self) -> BTreeSet<Grain> {
        self.settings.grains.iter().copied().collect()
    }

    /// Each grain, finest first, with each group.
    fn grains_and_groups(&self) -> impl Iterator<Item = (Grain, &Group)> {
        (self.grains().into_iter())
            .flat_map(|grain| self.groups.iter().map(move |group| (grain, group)))
    }

    /// The periods that have rows where the first event lies on `first`.
    fn periods(&self, grain: Grain, first: Option<Day>) -> Vec<Period> {
        let periods = |first| periods::periods(self.settings.calendar, grain, first, self.as_of);
        first.map(periods).unwrap_or_default()
    }

    /// The first day, before `as_of`, of all rows of a further input.
    fn first_day_of(&self, input: Input) -> Option<Day> {
        fn days<T>(rows: Option<&Vec<T>>, day: impl Fn(&T) -> Day) -> Vec<Day> {
            rows.into_iter().flatten().map(day).collect()
        }
        let history = self.history;
        let days = match input {
            Input::Surveys => days(history.surveys.as_ref(), |row| row.day),
            Input::Returns => days(history.returns.as_ref(), |row| row.day),
            Input::Invoices => days(history.invoices.as_ref(), |row| row.issued),
            Input::Engagement => days(history.engagement.as_ref(), |row| row.day),
            other => panic!("{other:?} tells no signal"),
        };
        days.into_iter().filter(|day| *day < self.as_of).min()
    }

    /// Whether `day` is before `history_start` + W.
    fn is_unsettled(&self, day: Day) -> bool {
        self.settings.history_start.is_some_and(|start| day < start.plus(self.w))
    }

    /// Whether the customer, first seen near the start of the extract, enters as existing.
    fn enters_existing(&self, customer: &Person) -> bool {
        self.is_unsettled(customer.first_day())
    }

    fn is_complete(&self, period: Period) -> bool {
        let open_days = match self.settings.basis {
            Basis::Orders => 0,
            Basis::Subscriptions => self.w,
        };
        period.end.plus(open_days) <= self.as_of && !self.is_unsettled(period.start)
    }

    /// Orders and refunds in the period; of subscriptions the monthly recurring revenue at its
    /// close.
    fn revenue(&self, person: &Person, period: Period) -> i128 {
        match self.settings.basis {
            Basis::Orders => person.revenue(period.start, period.end),
            Basis::Subscriptions => person.monthly(period.last_known(self.as_of)),
        }
    }

    /// The columns `segment_<name>`: the customer's values of the segments of `at = "first"`.
    fn first_segments(&self, customer: &Person) -> NaiveRow {
        (self.settings.segments.iter().enumerate())
            .filter(|(_, (_, at))| *at == SegmentAt::First)
            .map(|(s, (name, _))| {
                let value = std::sync::Arc::<str>::from(customer.first_value(s));
                (format!("segment_{name}").into(), Cell::from(value))
            })
            .collect()
    }
}

/// The text of a group's `segment_value`.
fn segment_value(group: &Group) -> Option<std::sync::Arc<str>> {
    group.value.as_deref().map(Into::into)
}

/// Minor units per head, in whole currency units.
#[expect(clippy::cast_precision_loss, reason = "the nearest float of small integers")]
fn average(minor_units: i128, heads: usize, frame: &Frame<'_>) -> Option<f64> {
    let unit = 10_f64.powi(frame.settings.scale.places().into());
    (heads > 0).then(|| minor_units as f64 / (heads as f64 * unit))
}

/// `numerator / denominator`, where that is above zero.
#[expect(clippy::cast_precision_loss, reason = "the nearest float of small integers")]
fn ratio(numerator: i128, denominator: i128) -> Option<f64> {
    (denominator > 0).then(|| numerator as f64 / denominator as f64)
}

/// `numerator / denominator` of counts.
fn share(numerator: usize, denominator: usize) -> Option<f64> {
    ratio(numerator as i128, denominator as i128)
}

/// The integer nearest to `numerator / denominator`, of two equally near ones the one farther
/// from zero.
fn nearest(numerator: i128, denominator: i128) -> i128 {
    let magnitude = (2 * numerator.abs() + denominator) / (2 * denominator);
    magnitude * numerator.signum()
}
