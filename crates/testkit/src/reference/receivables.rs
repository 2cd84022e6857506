//! `receivables`.

use kohort_model::Day;

use super::people::{Group, Person};
use super::periods::Period;
use super::side_inputs::left;
use super::{Frame, ratio, row, segment_value, share};
use crate::compare::NaiveRow;
use crate::history::{Invoice, Payment};

/// An invoice, and what was paid of it and others where payments are an input of their own.
#[derive(Clone, Copy)]
struct Owed<'a> {
    invoice: &'a Invoice,
    payments: Option<&'a [Payment]>,
}

impl Owed<'_> {
    /// What is not paid yet at the end of a day; of another sign than the amount where more was paid.
    fn left(&self, day: Day) -> i128 {
        let Self { invoice, payments } = self;
        match payments {
            _ if day < invoice.issued => 0,
            Some(payments) => left(invoice, payments, day),
            None if invoice.paid.is_some_and(|paid| paid <= day) => 0,
            None => invoice.amount.into(),
        }
    }

    /// What is open: nothing where more was paid.
    fn open(&self, day: Day) -> i128 {
        if self.invoice.amount < 0 { self.left(day).min(0) } else { self.left(day).max(0) }
    }

    fn is_open(&self, day: Day) -> bool {
        let Invoice { issued, paid, .. } = self.invoice;
        match self.payments {
            Some(_) => self.open(day) != 0,
            None => *issued <= day && paid.is_none_or(|paid| paid > day),
        }
    }
}

/// The invoices of people.
fn owed<'a>(frame: &Frame<'_>, people: &'a [Person]) -> Vec<Owed<'a>> {
    let has_payments = frame.history.payments.is_some();
    let of_person = |person: &'a Person| {
        let payments = has_payments.then_some(&person.further.payments[..]);
        person.further.invoices.iter().map(move |invoice| Owed { invoice, payments })
    };
    people.iter().flat_map(of_person).collect()
}

pub(super) fn receivables(frame: &Frame<'_>) -> Vec<NaiveRow> {
    let mut rows = Vec::new();
    for (grain, group) in frame.grains_and_groups() {
        let all = owed(frame, &group.people);
        let periods = frame.periods(grain, all.iter().map(|i| i.invoice.issued).min());
        let owed: Vec<_> = all.iter().filter(|i| i.invoice.amount >= 0).collect();
        let invoices: Vec<_> = owed.iter().map(|i| i.invoice).collect();
        let sales: Vec<_> = (periods.iter())
            .map(|p| sum(invoices.iter().filter(|i| p.holds(i.issued)).copied()))
            .collect();
        for (p, period) in periods.iter().copied().enumerate() {
            let (opening, close) = (period.start.plus(-1), period.last_known(frame.as_of));
            let days = period.known_days(frame.as_of).count();
            let open_of = |day: Day| owed.iter().map(|i| i.open(day)).sum::<i128>();
            let overdue = |from: i32, to: i32| {
                let days = |i: &&&Owed| close.0 - due(i.invoice).0;
                let of_age = owed.iter().filter(|i| (from..=to).contains(&days(i)));
                of_age.map(|i| i.open(close)).sum::<i128>()
            };
            let receivables = open_of(close);
            let current = overdue(i32::MIN, 0);
            let in_days = |money: i128| ratio(money * days as i128, sales[p]);
            let paid_in = |i: &&&Invoice| i.paid.is_some_and(|day| period.holds(day));
            let paid: Vec<_> = invoices.iter().filter(paid_in).copied().collect();
            let late: Vec<_> = paid.iter().filter(|i| i.paid > i.due).copied().collect();
            let days_from = |since: fn(&Invoice) -> Day, of: &[&Invoice]| {
                let days = |i: &&Invoice| i.paid.map_or(0, |paid| i128::from(paid.0 - since(i).0));
                ratio(of.iter().map(days).sum(), of.len() as i128)
            };
            let credits = all.iter().filter(|i| i.invoice.amount < 0).map(|i| i.open(close));
            let overpaid = all.iter().map(|i| (i.left(close) - i.open(close)).abs());
            rows.push(row! {
                grain: grain.name(),
                segment: group.segment,
                segment_value: segment_value(group),
                period: period.start,
                days: days,
                opening_receivables: open_of(opening),
                receivables: receivables,
                open_invoices: owed.iter().filter(|i| i.is_open(close)).count(),
                credit_sales: sales[p],
                invoices: invoices.iter().filter(|i| period.holds(i.issued)).count(),
                dso: in_days(receivables),
                dso_average: in_days(open_of(opening) + receivables).map(|twice| twice / 2.0),
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
                open_credits: -credits.sum::<i128>(),
                customers_in_credit: customers_in_credit(frame, group, close),
                overpaid: overpaid.sum::<i128>(),
                is_complete: frame.is_complete(period),
            });
        }
    }
    rows
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
fn customers_in_credit(frame: &Frame<'_>, group: &Group, close: Day) -> usize {
    let balance = |person: &Person| {
        let owed = owed(frame, std::slice::from_ref(person));
        owed.iter().map(|i| i.open(close)).sum::<i128>()
    };
    group.people.iter().filter(|person| balance(person) < 0).count()
}
