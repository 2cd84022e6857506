//! Every table by definition, as METRICS.md has it: slow, and meant to be read.
//!
//! Nothing is carried from one customer, period or day to the next: each cell of a table asks its
//! question of the whole history again.

mod churn;
mod cohorts;
mod lost_sales;
mod orders;
mod people;
mod periods;
mod revenue;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use kohort_model::{Day, Grain, SegmentAt};

use crate::compare::NaiveRow;
use crate::rows::Row;
use crate::settings::{Activity, LapseDays, Settings};
use orders::{LeftOut, leave_out};
use people::{Event, Group, Person, Role};
use periods::Period;

/// A row from `column: value` pairs.
macro_rules! row {
    ($($column:ident: $value:expr),+ $(,)?) => {
        vec![$((stringify!($column), kohort_model::Cell::from($value))),+]
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
    /// Rows, orders and events left out, by reason; reasons without any are not in it.
    pub left_out: BTreeMap<&'static str, u64>,
}

/// The tables of a history.
///
/// # Panics
/// Where a row has fewer segment values than the settings have segments.
#[must_use]
pub fn reference(rows: &[Row], settings: &Settings) -> Reference {
    let (rows, settings) = &in_order_of_names(rows, settings);
    let as_of = orders::resolve_as_of(rows, settings);
    let mut left_out = LeftOut::new();
    let events = orders::events(rows, settings, as_of, &mut left_out);
    let everybody = people(&events, settings);
    leave_out_refunds(&everybody, settings, &mut left_out);
    let lapse_days = match settings.lapse_days {
        LapseDays::Fixed(days) => Some(days),
        LapseDays::Auto => ninetieth_percentile_of_gaps(&everybody),
    };
    let mut tables = BTreeMap::new();
    if let Some(w) = lapse_days {
        let frame = Frame { settings, as_of, w: w.into(), groups: groups(everybody, settings) };
        let cohort_retention = cohorts::cohort_retention(&frame);
        tables.insert("cohort_curve", cohorts::cohort_curve(&cohort_retention));
        tables.insert("cohort_retention", cohort_retention);
        tables.insert("customer_retention", churn::customer_retention(&frame));
        tables.insert("revenue_churn", revenue::revenue_churn(&frame));
        tables.insert("lost_sales", lost_sales::lost_sales(&frame));
    }
    Reference { as_of, lapse_days, tables, left_out }
}

/// The same with the segments in order of their names, as ties and tables have them.
fn in_order_of_names(rows: &[Row], settings: &Settings) -> (Vec<Row>, Settings) {
    let mut order: Vec<_> = (0..settings.segments.len()).collect();
    order.sort_by_key(|s| settings.segments[*s].0);
    let segments = order.iter().map(|s| settings.segments[*s]).collect();
    let sorted = |row: &Row| Row {
        segments: order.iter().map(|s| row.segments[*s].clone()).collect(),
        ..row.clone()
    };
    (rows.iter().map(sorted).collect(), Settings { segments, ..settings.clone() })
}

/// One person a customer id, with all events.
fn people(events: &[Event], settings: &Settings) -> Vec<Person> {
    let ids: BTreeSet<_> = events.iter().map(|e| &e.customer).collect();
    let events_of = |id| events.iter().filter(|e| &e.customer == id).cloned().collect();
    let refunds_count = settings.activity == Activity::Any;
    ids.into_iter().map(|id| Person { events: events_of(id), refunds_count }).collect()
}

/// Counts the refunds that stand in no table, or not in every one.
fn leave_out_refunds(everybody: &[Person], settings: &Settings, left_out: &mut LeftOut) {
    for person in everybody {
        let refunds = person.events.iter().filter(|e| e.role == Role::Refund);
        if !person.is_customer() {
            leave_out(left_out, "refund_without_order", refunds.count());
        } else if let Some(grain) = settings.grains.iter().min() {
            let cohort = periods::period_of(settings.calendar, *grain, person.first_day());
            let before = refunds.filter(|e| e.day < cohort.start).count();
            leave_out(left_out, "refund_before_cohort", before);
        }
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
fn groups(everybody: Vec<Person>, settings: &Settings) -> Vec<Group> {
    let mut groups = Vec::new();
    for (s, (segment, at)) in settings.segments.iter().enumerate() {
        let values: BTreeSet<_> =
            everybody.iter().flat_map(|p| &p.events).map(|e| &e.segments[s]).collect();
        for value in values {
            let people = match at {
                SegmentAt::First => (everybody.iter())
                    .filter(|p| p.first_value(s) == Some(value))
                    .cloned()
                    .collect(),
                SegmentAt::Order => (everybody.iter())
                    .map(|person| Person {
                        events: (person.events.iter())
                            .filter(|e| &e.segments[s] == value)
                            .cloned()
                            .collect(),
                        ..*person
                    })
                    .collect(),
            };
            groups.push(Group { segment, value: Some(value.clone()), people });
        }
    }
    groups.insert(0, Group { segment: "all", value: None, people: everybody });
    groups
}

/// What every table needs to know.
struct Frame<'a> {
    settings: &'a Settings,
    as_of: Day,
    /// The lapse window in days.
    w: i64,
    groups: Vec<Group>,
}

impl Frame<'_> {
    /// Each grain, finest first, with each group.
    fn grains_and_groups(&self) -> impl Iterator<Item = (Grain, &Group)> {
        let grains: BTreeSet<_> = self.settings.grains.iter().copied().collect();
        grains.into_iter().flat_map(|grain| self.groups.iter().map(move |group| (grain, group)))
    }

    /// The periods that have rows where the first event lies on `first`.
    fn periods(&self, grain: Grain, first: Option<Day>) -> Vec<Period> {
        let periods = |first| periods::periods(self.settings.calendar, grain, first, self.as_of);
        first.map(periods).unwrap_or_default()
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
        period.end <= self.as_of && !self.is_unsettled(period.start)
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
