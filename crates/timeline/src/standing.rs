//! Opportunities and invoices, of which the newest row stands.

use std::cmp::Reverse;

use kohort_model::{Day, Input, Invoice, Kind, Opportunity, Outcome};

use crate::census::LeftOut;
use crate::notes::{Grouped, day};
use crate::rows::Rows;
use crate::slots::SlotMap;

/// Keeps of one person's rows the last of each id by `newest`, where there are ids, and counts the
/// others.
fn keep_newest<K: Ord>(
    rows: &Rows,
    own: &mut Vec<u32>,
    superseded: &mut u64,
    newest: impl Fn(usize) -> K,
) {
    if rows.orders.is_empty() || own.len() < 2 {
        return;
    }
    let id = |i: u32| rows.orders[i as usize];
    own.sort_by_cached_key(|i| (id(*i), Reverse(newest(*i as usize))));
    let before = own.len();
    own.dedup_by_key(|i| id(*i));
    *superseded += (before - own.len()) as u64;
}

/// The opportunities of each person as they stood before `until`.
pub(crate) fn opportunities(
    people: usize,
    rows: &Rows,
    slots: &SlotMap,
    until: Day,
    left_out: &mut LeftOut,
) -> Grouped<Opportunity> {
    let labels = slots.labels();
    let place = |places: &[u32], code: u32| places.get(code as usize).copied().unwrap_or(0);
    let opportunity = |i: usize| {
        let created = Day(rows.days[i]);
        let closed = day(rows.ends[i]);
        let is_decided = closed.is_none_or(|closed| closed < until);
        let outcome = match rows.kinds[i] {
            kind if kind == Kind::Completed as u8 && is_decided => Outcome::Won,
            kind if kind == Kind::Lost as u8 && is_decided => Outcome::Lost,
            kind if kind == Kind::Ignored as u8 => return None,
            _ => Outcome::Open,
        };
        Some(Opportunity {
            created,
            decided: closed.unwrap_or(created).max(created),
            outcome,
            value: rows.values[i],
            stage: place(&labels.stages, rows.segments[0][i]),
            reason: place(&labels.sale_reasons, rows.reasons[i]),
            competitor: place(&labels.competitors, rows.segments[1][i]),
        })
    };
    let texts = |i: usize| {
        let codes = [rows.segments[0][i], rows.segments[1][i]];
        let places = [place(&labels.stages, codes[0]), place(&labels.competitors, codes[1])];
        (places[0], place(&labels.sale_reasons, rows.reasons[i]), places[1])
    };
    let newest = |i: usize| {
        (day(rows.ends[i]), rows.days[i], rows.values[i], Reverse((rows.kinds[i], texts(i))))
    };
    let not_taken = &mut left_out.further[Input::Opportunities as usize];
    let arrange = |own: &mut Vec<u32>| {
        keep_newest(rows, own, &mut not_taken.superseded, newest);
        let ignored = own.iter().filter(|i| rows.kinds[**i as usize] == Kind::Ignored as u8);
        not_taken.ignored += ignored.count() as u64;
        own.sort_by_cached_key(|i| {
            let i = *i as usize;
            let decided = opportunity(i).map(|o| (o.created, o.decided));
            let id = rows.orders.get(i).copied();
            (decided, id, rows.kinds[i], rows.values[i], texts(i))
        });
    };
    Grouped::chosen(rows, people, arrange, opportunity)
}

/// The invoices of each person as they stood before `until`.
pub(crate) fn invoices(
    people: usize,
    rows: &Rows,
    until: Day,
    terms_days: u32,
    left_out: &mut LeftOut,
) -> Grouped<Invoice> {
    let invoice = |i: usize| {
        let issued = Day(rows.days[i]);
        Invoice {
            issued,
            due: day(rows.cancelled[i]).unwrap_or_else(|| issued.plus(terms_days.into())),
            paid: day(rows.ends[i]).filter(|paid| *paid < until).map(|paid| paid.max(issued)),
            amount: rows.values[i],
        }
    };
    let newest =
        |i: usize| (day(rows.ends[i]), rows.days[i], rows.values[i], day(rows.cancelled[i]));
    let superseded = &mut left_out.further[Input::Invoices as usize].superseded;
    let arrange = |own: &mut Vec<u32>| {
        keep_newest(rows, own, superseded, newest);
        own.sort_by_cached_key(|i| {
            let own = invoice(*i as usize);
            (own.issued, own.due, own.paid, own.amount)
        });
    };
    Grouped::chosen(rows, people, arrange, |i| Some(invoice(i)))
}
