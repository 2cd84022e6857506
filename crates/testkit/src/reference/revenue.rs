//! `revenue_churn`, `revenue_movements` and `revenue_events`.

use kohort_model::{Basis, Day, Grain, Id};

use super::people::{Person, Role};
use super::periods::{Period, period_of, starts_before};
use super::{Frame, average, nearest, ratio, row, segment_value};
use crate::compare::NaiveRow;

/// A customer in the two windows of a row.
struct Compared {
    /// Revenue in the previous window, zero where it is below.
    before: i128,
    /// The same in the current window.
    now: i128,
    /// What is below zero, as a positive amount.
    credit_before: i128,
    credit_now: i128,
    /// Whether the first order of positive value lies in the current window.
    is_new: bool,
}

/// The windows of the row of a period.
#[derive(Clone, Copy)]
struct Windows {
    previous: Period,
    current: Period,
    is_complete: bool,
}

fn windows(frame: &Frame<'_>, grain: Grain, period: Period) -> Windows {
    let (calendar, w) = (frame.settings.calendar, frame.settings.revenue_window(grain));
    let current_start = starts_before(calendar, grain, period.start, w - 1);
    let previous_start = starts_before(calendar, grain, current_start, w);
    let known_from = frame.settings.history_start.or_else(|| {
        let earliest = frame.groups[0].first_activity()?;
        Some(period_of(calendar, grain, earliest).start)
    });
    // Of subscriptions only the close of the period w earlier is looked at.
    let compared_from = match frame.settings.basis {
        Basis::Orders => previous_start,
        Basis::Subscriptions => starts_before(calendar, grain, period.start, w),
    };
    Windows {
        previous: Period { start: previous_start, end: current_start },
        current: Period { start: current_start, end: period.end },
        is_complete: frame.is_complete(period)
            && known_from.is_some_and(|from| from <= compared_from),
    }
}

fn compare(frame: &Frame<'_>, person: &Person, windows: Windows) -> Compared {
    let Windows { previous, current, .. } = windows;
    let (before, now, first_paid) = match frame.settings.basis {
        Basis::Orders => {
            let paid = person.events.iter().filter(|e| e.role == Role::Order && e.value > 0);
            let revenue = |window: Period| person.revenue(window.start, window.end);
            (revenue(previous), revenue(current), paid.map(|e| e.day).min())
        }
        Basis::Subscriptions => {
            let close = |window: Period| person.monthly(window.last_known(frame.as_of));
            (close(previous), close(current), Some(person.first_day()))
        }
    };
    Compared {
        before: before.max(0),
        now: now.max(0),
        credit_before: (-before).max(0),
        credit_now: (-now).max(0),
        is_new: first_paid.is_some_and(|day| current.holds(day)),
    }
}

pub(super) fn revenue_movements(frame: &Frame<'_>) -> Vec<NaiveRow> {
    let mut rows = Vec::new();
    let everybody = &frame.groups[0];
    for grain in frame.grains() {
        for period in frame.periods(grain, everybody.first_activity()) {
            let windows = windows(frame, grain, period);
            // People stand in order of their ids.
            for person in everybody.customers() {
                let Compared { before, now, is_new, .. } = compare(frame, person, windows);
                let movement = match (before, now) {
                    (0, 0) => continue,
                    (0, _) if is_new => "new",
                    (0, _) => "reactivated",
                    (_, 0) => "churned",
                    _ if now > before => "expansion",
                    _ if now < before => "contraction",
                    _ => "unchanged",
                };
                let mut row = row! {
                    grain: grain.name(),
                    period: period.start,
                    customer_id: Id::from(&person.id),
                    movement: movement,
                    opening_revenue: before,
                    closing_revenue: now,
                    change: now - before,
                    is_complete: windows.is_complete,
                };
                row.extend(frame.first_segments(person));
                rows.push(row);
            }
        }
    }
    rows
}

pub(super) fn revenue_churn(frame: &Frame<'_>) -> Vec<NaiveRow> {
    let mut rows = Vec::new();
    for (grain, group) in frame.grains_and_groups() {
        let w = frame.settings.revenue_window(grain);
        for period in frame.periods(grain, group.first_activity()) {
            let windows = windows(frame, grain, period);
            let customers: Vec<_> = group.customers().map(|p| compare(frame, p, windows)).collect();

            // The money and the customers of a movement.
            let sum = |of: &dyn Fn(&Compared) -> i128| customers.iter().map(of).sum::<i128>();
            let movement = |which: &dyn Fn(&Compared) -> bool| {
                let moved: Vec<_> = customers.iter().filter(|c| which(c)).collect();
                let money: i128 = moved.iter().map(|c| (c.now - c.before).abs()).sum();
                (money, moved.len())
            };
            let (new, new_customers) = movement(&|c| c.before == 0 && c.now > 0 && c.is_new);
            let (reactivated, reactivated_customers) =
                movement(&|c| c.before == 0 && c.now > 0 && !c.is_new);
            let (expansion, expansion_customers) = movement(&|c| c.before > 0 && c.now > c.before);
            let (contraction, contraction_customers) = movement(&|c| c.now > 0 && c.now < c.before);
            let (churned, churned_customers) = movement(&|c| c.before > 0 && c.now == 0);
            let (_, unchanged_customers) = movement(&|c| c.before > 0 && c.now == c.before);
            let (opening, closing) = (sum(&|c| c.before), sum(&|c| c.now));
            let closing_customers = customers.iter().filter(|c| c.now > 0).count();
            let left = churned + contraction;
            rows.push(row! {
                grain: grain.name(),
                segment: group.segment,
                segment_value: segment_value(group),
                period: period.start,
                window_periods: w,
                opening_revenue: opening,
                new_revenue: new,
                reactivated_revenue: reactivated,
                expansion_revenue: expansion,
                contraction_revenue: contraction,
                churned_revenue: churned,
                closing_revenue: closing,
                opening_credits: sum(&|c| c.credit_before),
                closing_credits: sum(&|c| c.credit_now),
                opening_customers: customers.iter().filter(|c| c.before > 0).count(),
                new_customers: new_customers,
                reactivated_customers: reactivated_customers,
                expansion_customers: expansion_customers,
                contraction_customers: contraction_customers,
                churned_customers: churned_customers,
                unchanged_customers: unchanged_customers,
                closing_customers: closing_customers,
                gross_revenue_churn_rate: ratio(left, opening),
                net_revenue_churn_rate: ratio(left - expansion, opening),
                net_revenue_churn_rate_with_reactivation:
                    ratio(left - expansion - reactivated, opening),
                gross_revenue_retention: ratio(opening - left, opening),
                net_revenue_retention: ratio(opening - left + expansion, opening),
                existing_customer_growth_rate: ratio(reactivated + expansion - left, opening),
                quick_ratio: ratio(new + reactivated + expansion, left),
                lost_revenue: i64::try_from(nearest(left, frame.settings.scale.unit()))
                    .expect("the revenue of a small history"),
                average_revenue_per_customer: average(closing, closing_customers, frame),
                is_complete: windows.is_complete,
            });
        }
    }
    rows
}

pub(super) fn revenue_events(frame: &Frame<'_>) -> Vec<NaiveRow> {
    let mut rows = Vec::new();
    for (grain, group) in frame.grains_and_groups() {
        let monthly = |day: Day| group.customers().map(|p| p.monthly(day)).sum::<i128>();
        for period in frame.periods(grain, group.first_activity()) {
            // What each customer paid a month on a day, on the next, and whether that is the first.
            let mut events = Vec::new();
            for day in period.known_days(frame.as_of) {
                let of =
                    |p: &Person| (p.monthly(day.plus(-1)), p.monthly(day), p.first_day() == day);
                events.extend(group.customers().map(of).filter(|(before, now, _)| before != now));
            }
            let movement = |which: &dyn Fn(i128, i128, bool) -> bool| {
                let moved: Vec<_> =
                    events.iter().filter(|(b, n, first)| which(*b, *n, *first)).collect();
                let money: i128 = moved.iter().map(|(b, n, _)| (n - b).abs()).sum();
                (money, moved.len())
            };
            let (new, new_events) = movement(&|b, _, first| b == 0 && first);
            let (reactivated, reactivated_events) = movement(&|b, _, first| b == 0 && !first);
            let (expansion, expansion_events) = movement(&|b, n, _| b > 0 && n > b);
            let (contraction, contraction_events) = movement(&|b, n, _| n > 0 && n < b);
            let (churned, churned_events) = movement(&|_, n, _| n == 0);
            let opening = monthly(period.start.plus(-1));
            let left = churned + contraction;
            rows.push(row! {
                grain: grain.name(),
                segment: group.segment,
                segment_value: segment_value(group),
                period: period.start,
                opening_revenue: opening,
                new_revenue: new,
                reactivated_revenue: reactivated,
                expansion_revenue: expansion,
                contraction_revenue: contraction,
                churned_revenue: churned,
                closing_revenue: monthly(period.last_known(frame.as_of)),
                new_events: new_events,
                reactivated_events: reactivated_events,
                expansion_events: expansion_events,
                contraction_events: contraction_events,
                churned_events: churned_events,
                gross_revenue_churn_rate: ratio(left, opening),
                net_revenue_churn_rate: ratio(left - expansion, opening),
                net_revenue_churn_rate_with_reactivation:
                    ratio(left - expansion - reactivated, opening),
                is_complete: frame.is_complete(period),
            });
        }
    }
    rows
}
