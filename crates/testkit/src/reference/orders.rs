//! From rows to events: what an order is, and what is left out.

use std::collections::{BTreeMap, BTreeSet};

use kohort_model::{Day, Kind};

use super::people::{Event, Role};
use crate::history::Row;
use crate::settings::{Activity, RowsMode, Settings};

/// Counts of what is left out, by reason; reasons without any are not in it.
pub(super) type LeftOut = BTreeMap<&'static str, u64>;

/// Adds `n` to what is left out for `reason`.
pub(super) fn leave_out(left_out: &mut LeftOut, reason: &'static str, n: usize) {
    if n > 0 {
        *left_out.entry(reason).or_default() += n as u64;
    }
}

/// The orders of `rows`, each as one row.
fn orders(rows: &[Row], mode: RowsMode, left_out: &mut LeftOut) -> Vec<Row> {
    if mode == RowsMode::Rows {
        return rows.to_vec();
    }
    let ids: BTreeSet<_> = rows.iter().map(|r| (&r.customer, &r.order)).collect();
    let mut orders = Vec::new();
    for id in ids {
        let of_id: Vec<_> = rows.iter().filter(|r| (&r.customer, &r.order) == id).collect();
        if mode == RowsMode::Latest {
            let latest = of_id.iter().max_by_key(|r| (r.updated, r.instant, r.value));
            orders.extend(latest.map(|r| (*r).clone()));
            leave_out(left_out, "superseded", of_id.len() - 1);
        } else if of_id.iter().any(|r| r.kind != of_id[0].kind) {
            leave_out(left_out, "mixed_status", of_id.len());
        } else {
            let earliest = of_id.iter().map(|r| r.instant).min();
            let at_earliest = || of_id.iter().filter(|r| Some(r.instant) == earliest);
            let mut order = (*of_id.iter().min_by_key(|r| r.instant).expect("a line")).clone();
            order.value = of_id.iter().map(|r| r.value).sum();
            order.reason = smallest(at_earliest().map(|r| reason(r)), "unknown");
            for (s, segment) in order.segments.iter_mut().enumerate() {
                *segment = smallest(at_earliest().map(|r| segment_value(r, s)), "(none)");
            }
            orders.push(order);
        }
    }
    orders
}

/// The smallest of some texts, of which the one for what is missing comes last.
fn smallest(texts: impl Iterator<Item = String>, missing: &str) -> Option<String> {
    texts.min_by_key(|text| (text == missing, text.clone()))
}

/// The reason of a row.
fn reason(row: &Row) -> String {
    or_unknown(row.reason.as_ref())
}

/// The value of segment `s` of a row.
fn segment_value(row: &Row, s: usize) -> String {
    or_none(row.segments[s].as_ref())
}

/// A reason, `unknown` where none is given.
pub(super) fn or_unknown(reason: Option<&String>) -> String {
    reason.filter(|text| !text.is_empty()).cloned().unwrap_or_else(|| "unknown".to_owned())
}

/// A value, `(none)` where it is missing.
pub(super) fn or_none(value: Option<&String>) -> String {
    value.cloned().unwrap_or_else(|| "(none)".to_owned())
}

/// The day after the newest order of the known history, as which with `activity = "any"` a refund
/// counts too; after the newest event of any kind, if there is no order.
pub(super) fn resolve_as_of(rows: &[Row], settings: &Settings) -> Day {
    let any = settings.activity == Activity::Any;
    let mut orders = orders(rows, settings.rows, &mut LeftOut::new());
    orders.retain(|r| settings.history_start.is_none_or(|start| start <= r.day));
    let newest =
        |which: &dyn Fn(&Row) -> bool| orders.iter().filter(|r| which(r)).map(|r| r.day).max();
    let order = newest(&|r| r.kind == Kind::Completed && (any || r.value >= 0));
    let event = newest(&|r| match r.kind {
        Kind::Completed => true,
        Kind::Lost | Kind::Open => r.value >= 0,
        Kind::Ignored => false,
    });
    settings.as_of.unwrap_or(order.or(event).unwrap_or_default().plus(1))
}

/// The orders of `rows` that count. What is no order at all comes before where it would lie.
pub(super) fn events(
    rows: &[Row],
    settings: &Settings,
    as_of: Day,
    left_out: &mut LeftOut,
) -> Vec<Event> {
    let mut events = Vec::new();
    for order in orders(rows, settings.rows, left_out) {
        let role = match order.kind {
            Kind::Completed if order.value >= 0 => Ok(Role::Order),
            Kind::Completed => Ok(Role::Refund),
            Kind::Ignored => Err("ignored"),
            Kind::Lost | Kind::Open if order.value < 0 => Err("negative_attempt"),
            Kind::Lost => Ok(Role::Lost),
            Kind::Open => Ok(Role::Open),
        };
        let role = role.and_then(|role| match order.day {
            day if settings.history_start.is_some_and(|start| day < start) => {
                Err("before_history_start")
            }
            day if day >= as_of => Err("after_as_of"),
            _ => Ok(role),
        });
        match role {
            Err(reason) => leave_out(left_out, reason, 1),
            Ok(role) => events.push(event(order, role)),
        }
    }
    events
}

fn event(order: Row, role: Role) -> Event {
    Event {
        day: order.day,
        instant: order.instant,
        role,
        value: order.value.into(),
        // Nobody asks why an order was not lost.
        reason: if role >= Role::Lost { reason(&order) } else { String::new() },
        segments: (0..order.segments.len()).map(|s| segment_value(&order, s)).collect(),
        customer: order.customer,
        order: order.order,
    }
}
