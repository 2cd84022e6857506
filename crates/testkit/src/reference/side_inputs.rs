//! What stands beside the basis, by person: what people did, owe, bought and gave back.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use kohort_model::{Day, Input, Kind};

use super::FurtherLeftOut;
use super::orders::{or_none, or_unknown};
use super::visitors::{Who, known_touches};
use crate::history::{
    Answer, Engagement, History, Id, Invoice, Opportunity, OrderLine, Payment, Return, Touchpoint,
    UNDATED_DAY,
};
use crate::settings::Settings;

/// What the further inputs tell of one person before `as_of`.
#[derive(Clone, Debug, Default)]
pub(super) struct Further {
    pub touches: Vec<Touchpoint>,
    /// Those that stand, without ignored ones; what is closed on or after `as_of` is open. Won and
    /// lost ones have a day on which they were closed.
    pub opportunities: Vec<Opportunity>,
    pub lines: Vec<OrderLine>,
    pub returns: Vec<Return>,
    /// Those that stand, each with the day on which it is due; what is paid on or after `as_of` is
    /// not. Where there are payments, it is paid on the day on which these reach its amount.
    pub invoices: Vec<Invoice>,
    /// Those of such invoices.
    pub payments: Vec<Payment>,
    pub engagement: Vec<Engagement>,
    /// Answers with a score.
    pub scores: Vec<Answer>,
    /// Days and reasons of answers that say why a sale was lost.
    pub lost_answers: Vec<(Day, String)>,
}

/// What is known of each person whom a further input names.
pub(super) fn by_person(
    history: &History,
    settings: &Settings,
    as_of: Day,
    left_out: &mut FurtherLeftOut,
) -> BTreeMap<Who, Further> {
    let mut of = BTreeMap::<Who, Further>::new();
    let customer = |id: &Id| Who::Customer(id.clone());
    for (who, touch) in known_touches(history, as_of) {
        if settings.steps.contains(&&*touch.step) {
            of.entry(who).or_default().touches.push(touch);
        } else {
            leave_out(left_out, Input::Touchpoints, "other_step", 1);
        }
    }
    known(Input::Touchpoints, history.touchpoints.as_ref(), left_out, |touch| touch.day < as_of);
    for sale in opportunities(history, settings, as_of, left_out) {
        of.entry(customer(&sale.buyer)).or_default().opportunities.push(sale);
    }
    let mut owed = invoices(history, settings, as_of, left_out);
    let paid = known(Input::Payments, history.payments.as_ref(), left_out, |p| p.day < as_of);
    let (paid, lost): (Vec<_>, Vec<_>) =
        paid.into_iter().partition(|payment| owed.iter().any(|invoice| is_of(payment, invoice)));
    leave_out(left_out, Input::Payments, "without_invoice", lost.len());
    if history.payments.is_some() {
        for invoice in &mut owed {
            invoice.paid = paid_on(invoice, &paid);
        }
    }
    for payment in paid {
        of.entry(customer(&payment.customer)).or_default().payments.push(payment);
    }
    for invoice in owed {
        of.entry(customer(&invoice.customer)).or_default().invoices.push(invoice);
    }
    for line in known(Input::OrderLines, history.order_lines.as_ref(), left_out, |l| l.day < as_of)
    {
        of.entry(customer(&line.customer)).or_default().lines.push(line);
    }
    for goods in known(Input::Returns, history.returns.as_ref(), left_out, |r| r.day < as_of) {
        of.entry(customer(&goods.customer)).or_default().returns.push(goods);
    }
    for event in known(Input::Engagement, history.engagement.as_ref(), left_out, |e| e.day < as_of)
    {
        of.entry(customer(&event.customer)).or_default().engagement.push(event);
    }
    // Those that come too late are counted with the reasons that they give.
    let answers = history.surveys.iter().flatten().filter(|answer| answer.day < as_of);
    for (number, answer) in answers.enumerate() {
        let who = answer.customer.as_ref().map_or(Who::Nobody(number), customer);
        if answer.score.is_some() {
            of.entry(who.clone()).or_default().scores.push(answer.clone());
        }
        match (&answer.lost_reason, &answer.customer) {
            (Some(reason), Some(_)) if !reason.is_empty() && reason != "unknown" => {
                let told = (answer.day, reason.clone());
                of.entry(who).or_default().lost_answers.push(told);
            }
            (_, None) if answer.score.is_none() => {
                leave_out(left_out, Input::Surveys, "anonymous", 1);
            }
            _ => {}
        }
    }
    of
}

/// Whether a payment is of an invoice.
pub(super) fn is_of(payment: &Payment, invoice: &Invoice) -> bool {
    payment.customer == invoice.customer && Some(&payment.invoice) == invoice.id.as_ref()
}

/// What is left of an invoice at the end of a day, which is not before its own.
pub(super) fn left(invoice: &Invoice, payments: &[Payment], day: Day) -> i128 {
    let own = payments.iter().filter(|payment| is_of(payment, invoice) && payment.day <= day);
    i128::from(invoice.amount) - own.map(|payment| i128::from(payment.amount)).sum::<i128>()
}

/// The first day at whose end nothing is left of an invoice.
fn paid_on(invoice: &Invoice, payments: &[Payment]) -> Option<Day> {
    let own = payments.iter().filter(|payment| is_of(payment, invoice));
    let days: BTreeSet<_> = own.map(|payment| payment.day.max(invoice.issued)).collect();
    days.into_iter()
        .chain([invoice.issued])
        .filter(|day| {
            let left = left(invoice, payments, *day);
            if invoice.amount < 0 { left >= 0 } else { left <= 0 }
        })
        .min()
}

/// The day after the newest day of all rows, the days on which they were paid or decided included: up to the
/// day of the run, as others may be planned.
pub(super) fn resolve_as_of(history: &History, settings: &Settings) -> Day {
    fn days<T>(rows: Option<&Vec<T>>, day: impl Fn(&T) -> Day) -> Vec<Day> {
        rows.into_iter().flatten().map(day).collect()
    }
    let rows = [
        days(history.prospects.as_ref(), |row| row.day),
        days(history.contacts.as_ref(), |row| row.day),
        days(history.surveys.as_ref(), |row| row.day),
        days(history.touchpoints.as_ref(), |row| row.day),
        days(history.opportunities.as_ref(), |row| row.created),
        days(history.order_lines.as_ref(), |row| row.day),
        days(history.returns.as_ref(), |row| row.day),
        days(history.invoices.as_ref(), |row| row.issued),
        days(history.payments.as_ref(), |row| row.day),
        days(history.engagement.as_ref(), |row| row.day),
    ];
    let paid = history.invoices.iter().flatten().filter_map(|row| row.paid);
    let is_decided = |row: &&Opportunity| matches!(row.outcome, Kind::Completed | Kind::Lost);
    let closed = history.opportunities.iter().flatten().filter(is_decided);
    let later = paid.chain(closed.filter_map(|row| row.closed));
    let later = later.filter(|day| settings.run_day.is_none_or(|run_day| *day <= run_day));
    let newest = rows.into_iter().flatten().filter(|day| *day != UNDATED_DAY).chain(later).max();
    settings.as_of.unwrap_or(newest.unwrap_or_default().plus(1))
}

/// Adds `n` to what of an input is left out for `reason`.
pub(super) fn leave_out(
    left_out: &mut FurtherLeftOut,
    input: Input,
    reason: &'static str,
    n: usize,
) {
    if n > 0 {
        *left_out.entry((input.name(), reason)).or_default() += n as u64;
    }
}

/// The rows of an input that are known, the others counted.
fn known<T: Clone>(
    input: Input,
    rows: Option<&Vec<T>>,
    left_out: &mut FurtherLeftOut,
    is_known: impl Fn(&T) -> bool,
) -> Vec<T> {
    let all = rows.map(Vec::as_slice).unwrap_or_default();
    let known: Vec<_> = all.iter().filter(|row| is_known(row)).cloned().collect();
    leave_out(left_out, input, "after_as_of", all.len() - known.len());
    known
}

/// Of the rows with one id the largest by `rank`, and rows without an id.
fn standing<T: Clone, I: Ord, K: Ord>(
    rows: &[T],
    id: impl Fn(&T) -> Option<I>,
    rank: impl Fn(&T) -> K,
) -> Vec<T> {
    let ids: BTreeSet<_> = rows.iter().filter_map(&id).collect();
    let of_id = |wanted: I| {
        let all = rows.iter().filter(|row| id(row).as_ref() == Some(&wanted));
        all.max_by_key(|row| rank(row)).cloned()
    };
    let without = rows.iter().filter(|row| id(row).is_none()).cloned();
    without.chain(ids.into_iter().filter_map(of_id)).collect()
}

/// The earlier stage, those that the settings do not list by text, then the smaller reason and
/// competitor.
pub(super) fn by_texts(sale: &Opportunity, settings: &Settings) -> impl Ord + use<> {
    let stage = or_none(sale.stage.as_ref());
    let place = settings.stages.iter().position(|listed| *listed == stage);
    let (reason, competitor) =
        (or_unknown(sale.reason.as_ref()), or_none(sale.competitor.as_ref()));
    (place.is_none(), place, stage, reason, competitor)
}

fn opportunities(
    history: &History,
    settings: &Settings,
    as_of: Day,
    left_out: &mut FurtherLeftOut,
) -> Vec<Opportunity> {
    let rows = known(Input::Opportunities, history.opportunities.as_ref(), left_out, |sale| {
        sale.created < as_of
    });
    let id = |sale: &Opportunity| Some((sale.buyer.clone(), sale.id.clone()?));
    let stands = standing(&rows, id, |sale| {
        // Outcomes are in the order won, lost, open, ignored.
        let last = Reverse((sale.outcome, by_texts(sale, settings)));
        (sale.updated, sale.closed, sale.created, sale.value, last)
    });
    leave_out(left_out, Input::Opportunities, "superseded", rows.len() - stands.len());
    let mut known = Vec::new();
    for mut sale in stands {
        if sale.outcome == Kind::Ignored {
            leave_out(left_out, Input::Opportunities, "ignored", 1);
        } else if sale.created == UNDATED_DAY {
            leave_out(left_out, Input::Opportunities, "undated", 1);
        } else {
            if sale.closed.is_some_and(|day| day >= as_of) {
                let is_decided = matches!(sale.outcome, Kind::Completed | Kind::Lost);
                leave_out(left_out, Input::Opportunities, "later", usize::from(is_decided));
                sale.outcome = Kind::Open;
            }
            if matches!(sale.outcome, Kind::Completed | Kind::Lost) {
                sale.closed = sale.closed.max(Some(sale.created));
            }
            known.push(sale);
        }
    }
    known
}

/// Invoices from their lines, and rows without an id.
fn of_lines(rows: &[Invoice]) -> Vec<Invoice> {
    let ids: BTreeSet<_> =
        rows.iter().filter_map(|row| Some((&row.customer, row.id.as_ref()?))).collect();
    let of_id = |(customer, id): (&Id, &Id)| {
        let is_own = |row: &&Invoice| row.customer == *customer && row.id.as_ref() == Some(id);
        let lines: Vec<_> = rows.iter().filter(is_own).collect();
        let days = |of: fn(&Invoice) -> Option<Day>| lines.iter().filter_map(move |line| of(line));
        let is_paid = lines.iter().all(|line| line.paid.is_some());
        Invoice {
            issued: days(|line| Some(line.issued)).min().expect("an invoice has a line"),
            due: days(|line| line.due).max(),
            paid: days(|line| line.paid).max().filter(|_| is_paid),
            amount: lines.iter().map(|line| line.amount).sum(),
            ..lines[0].clone()
        }
    };
    let without = rows.iter().filter(|row| row.id.is_none()).cloned();
    without.chain(ids.into_iter().map(of_id)).collect()
}

fn invoices(
    history: &History,
    settings: &Settings,
    as_of: Day,
    left_out: &mut FurtherLeftOut,
) -> Vec<Invoice> {
    let rows = known(Input::Invoices, history.invoices.as_ref(), left_out, |invoice| {
        invoice.issued < as_of
    });
    let id = |invoice: &Invoice| Some((invoice.customer.clone(), invoice.id.clone()?));
    let due =
        |invoice: &Invoice| invoice.due.unwrap_or(invoice.issued.plus(settings.terms_days.into()));
    let stands = if settings.invoice_lines {
        of_lines(&rows)
    } else {
        let stands = standing(&rows, id, |i| (i.updated, i.paid, i.issued, i.amount, i.due));
        leave_out(left_out, Input::Invoices, "superseded", rows.len() - stands.len());
        stands
    };
    let later = stands.iter().filter(|i| i.paid.is_some_and(|day| day >= as_of)).count();
    leave_out(left_out, Input::Invoices, "later", later);
    let known = |invoice: Invoice| Invoice {
        due: Some(due(&invoice)),
        paid: invoice.paid.filter(|day| *day < as_of).map(|day| day.max(invoice.issued)),
        ..invoice
    };
    stands.into_iter().map(known).collect()
}
