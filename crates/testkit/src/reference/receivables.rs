//! `receivables`.

use kohort_model::Day;

use super::people::Group;
use super::periods::Period;
use super::{Frame, ratio, row, segment_value, share};
use crate::compare::NaiveRow;
use crate::history::Invoice;

pub(super) fn receivables(frame: &Frame<'_>) -> Vec<NaiveRow> {
    let mut rows = Vec::new();
    for (grain, group) in frame.grains_and_groups() {
        let all: Vec<_> = group.people.iter().flat_map(|p| &p.further.invoices).collect();
        let periods = frame.periods(grain, all.iter().map(|i| i.issued).min());
        let is_invoice = |i: &&&Invoice| i.amount >= 0;
        let invoices: Vec<_> = all.iter().filter(is_invoice).copied().collect();
        let sales: Vec<_> = (periods.iter())
            .map(|p| sum(invoices.iter().filter(|i| p.holds(i.issued)).copied()))
            .collect();
        for (p, period) in periods.iter().copied().enumerate() {
            let (opening, close) = (period.start.plus(-1), period.last_known(frame.as_of));
            let days = period.known_days(frame.as_of).count();
            let open = |day: Day| invoices.iter().filter(move |i| is_open(i, day)).copied();
            let overdue = |from: i32, to: i32| {
                sum(open(close).filter(|i| (from..=to).contains(&(close.0 - due(i).0))))
            };
            let receivables = sum(open(close));
            let current = overdue(i32::MIN, 0);
            let in_days = |money: i128| ratio(money * days as i128, sales[p]);
            let paid_in = |i: &&&Invoice| i.paid.is_some_and(|day| period.holds(day));
            let paid: Vec<_> = invoices.iter().filter(paid_in).copied().collect();
            let late: Vec<_> = paid.iter().filter(|i| i.paid > i.due).copied().collect();
            let days_from = |since: fn(&Invoice) -> Day, of: &[&Invoice]| {
                let days = |i: &&Invoice| i.paid.map_or(0, |paid| i128::from(paid.0 - since(i).0));
                ratio(of.iter().map(days).sum(), of.len() as i128)
            };
            let credits = all.iter().filter(|i| i.amount < 0 && is_open(i, close)).copied();
            rows.push(row! {
                grain: grain.name(),
                segment: group.segment,
                segment_value: segment_value(group),
                period: period.start,
                days: days,
                opening_receivables: sum(open(opening)),
                receivables: receivables,
                open_invoices: open(close).count(),
                credit_sales: sales[p],
                invoices: invoices.iter().filter(|i| period.holds(i.issued)).count(),
                dso: in_days(receivables),
                dso_average: in_days(sum(open(opening)) + receivables).map(|twice| twice / 2.0),
                dso_countback: countback(receivables, &periods[..=p], &sales[..=p], frame.as_of),
                best_possible_dso: in_days(current),
                paid: paid.len(),
                mean_days_to_pay: days_from(|i| i.issued, &paid),
                paid_late: late.len(),
                late_share: share(late.len(), paid.len()),
                mean_days_late: days_from(due, &late),
                current: current,
                overdue_1_30: overdue(1, 30),
                overdue_31_60: overdue(31, 60),
                overdue_61_90: overdue(61, 90),
                overdue_over_90: overdue(91, i32::MAX),
                open_credits: -sum(credits),
                customers_in_credit: customers_in_credit(group, close),
                is_complete: frame.is_complete(period),
            });
        }
    }
    rows
}

fn is_open(invoice: &Invoice, day: Day) -> bool {
    invoice.issued <= day && invoice.paid.is_none_or(|paid| paid > day)
}

fn due(invoice: &Invoice) -> Day {
    invoice.due.expect("a known invoice has a day on which it is due")
}

fn sum<'a>(invoices: impl Iterator<Item = &'a Invoice>) -> i128 {
    invoices.map(|i| i128::from(i.amount)).sum()
}

/// The days of the newest sales that make up the receivables at the close of the last period.
#[expect(clippy::cast_precision_loss, reason = "the nearest float of small integers")]
fn countback(receivables: i128, periods: &[Period], sales: &[i128], as_of: Day) -> Option<f64> {
    let (mut missing, mut days) = (receivables, 0.0);
    for (period, sales) in periods.iter().zip(sales).rev() {
        if missing == 0 {
            break;
        }
        let all = period.known_days(as_of).count() as f64;
        let needed = missing.min(*sales);
        days += if needed < missing { all } else { all * (needed as f64 / *sales as f64) };
        missing -= needed;
    }
    (missing == 0).then_some(days)
}

/// Those to whom more is owed than they owe.
fn customers_in_credit(group: &Group, close: Day) -> usize {
    let balance = |invoices: &[Invoice]| sum(invoices.iter().filter(|i| is_open(i, close)));
    group.people.iter().filter(|p| balance(&p.further.invoices) < 0).count()
}
