//! Subscriptions, day by day: which span stands on each day, and what is paid.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use kohort_model::{Cause, Day};

use super::orders::{LeftOut, leave_out, or_none, or_unknown};
use super::people::{Event, Person, Role};
use super::side_inputs::Further;
use crate::history::{Id, Row, Span};
use crate::settings::Settings;

/// A span of a subscription with its texts as tables have them.
#[derive(Clone, Debug)]
pub(super) struct Term {
    pub customer: Id,
    pub subscription: Id,
    pub started: Day,
    pub ended: Option<Day>,
    /// What it costs, of which discounts are taken off.
    pub price: i128,
    /// What is paid.
    pub value: i128,
    pub reason: String,
    pub cause: Cause,
    pub cancelled: Option<Day>,
    pub segments: Vec<String>,
}

impl Term {
    fn new(span: &Span) -> Self {
        Self {
            customer: span.customer.clone(),
            subscription: span.subscription.clone(),
            started: span.started,
            ended: span.ended,
            price: span.value.into(),
            value: span.value.into(),
            reason: or_unknown(span.reason.as_ref()),
            cause: span.cause,
            cancelled: span.cancelled,
            segments: span.segments.iter().map(|value| or_none(value.as_ref())).collect(),
        }
    }

    fn covers(&self, day: Day) -> bool {
        self.started <= day && self.ended.is_none_or(|end| day < end)
    }

    /// Reasons in their order, `unknown` last; then causes, then days of notice, none last.
    pub fn by_reason(&self) -> impl Ord + '_ {
        let notice = (self.cancelled.is_none(), self.cancelled);
        (self.reason == "unknown", &self.reason, self.cause, notice)
    }

    /// Of spans of one subscription that start on one day the largest counts, and of those that count
    /// and cover a day the largest stands. One that has an end is larger than an open one.
    fn rank(&self) -> impl Ord + '_ {
        let segments: Vec<_> = self.segments.iter().map(|own| (own == "(none)", own)).collect();
        (
            self.started,
            self.ended.is_some(),
            self.ended,
            self.price,
            Reverse((self.by_reason(), segments)),
        )
    }

    /// Whether no other of these spans of its subscription starts on its day and is larger.
    fn counts_among<'a>(&self, mut of_subscription: impl Iterator<Item = &'a Rc<Self>>) -> bool {
        of_subscription.all(|other| other.started != self.started || other.rank() <= self.rank())
    }
}

/// A span that stands on a day.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    pub day: Day,
    pub term: Rc<Term>,
}

/// What somebody pays, or pays under one segment value.
#[derive(Clone, Debug)]
pub(super) struct Subscriber {
    /// The spans that stand, by day and subscription; unpaid ones too.
    pub standing: Vec<Standing>,
    /// Unpaid days between paid ones that are no end.
    gap: i64,
    /// Monthly recurring revenue of each active day, paid or bridged.
    pub monthly: BTreeMap<Day, i128>,
}

impl Subscriber {
    fn new(standing: Vec<Standing>, gap: i64) -> Self {
        let mut paid = BTreeMap::<Day, i128>::new();
        for Standing { day, term } in standing.iter().filter(|s| s.term.value > 0) {
            *paid.entry(*day).or_default() += term.value;
        }
        let mut monthly = paid.clone();
        for ((day, value), next) in paid.iter().zip(paid.keys().skip(1)) {
            let unpaid_days = day.0 + 1..next.0;
            if i64::from(next.0 - day.0 - 1) <= gap {
                monthly.extend(unpaid_days.map(|bridged| (Day(bridged), *value)));
            }
        }
        Self { standing, gap, monthly }
    }

    /// The values of segment `s` that stand on some day.
    pub fn values(&self, s: usize) -> BTreeSet<&str> {
        self.standing.iter().map(|standing| &*standing.term.segments[s]).collect()
    }

    /// Only the spans of one value of segment `s`, on the days on which they stand.
    pub fn of_value(&self, s: usize, value: &str) -> Self {
        let is_of_value = |standing: &&Standing| standing.term.segments[s] == value;
        Self::new(self.standing.iter().filter(is_of_value).cloned().collect(), self.gap)
    }

    /// The first paid day of each subscription.
    pub fn events(&self) -> Vec<Event> {
        let paid: Vec<_> = self.standing.iter().filter(|s| s.term.value > 0).collect();
        let ids: BTreeSet<_> = paid.iter().map(|s| &s.term.subscription).collect();
        let first = |id| {
            let of_id = paid.iter().filter(|s| &s.term.subscription == id);
            of_id.min_by_key(|s| s.day).map(|s| event(s.day, &s.term))
        };
        ids.into_iter().filter_map(first).collect()
    }
}

fn event(day: Day, term: &Term) -> Event {
    Event {
        customer: term.customer.clone(),
        order: Some(term.subscription.clone()),
        day,
        instant: Row::new(term.customer.clone(), day, 0).instant,
        role: Role::Order,
        value: term.value,
        reason: String::new(),
        segments: term.segments.clone(),
    }
}

/// The day after the newest day in a span that is not after the day of the run.
pub(super) fn resolve_as_of(spans: &[Span], settings: &Settings) -> Day {
    let days = spans.iter().flat_map(|s| [Some(s.started), s.ended, s.cancelled]).flatten();
    let newest = days.filter(|day| settings.run_day.is_none_or(|run| *day <= run)).max();
    settings.as_of.unwrap_or(newest.unwrap_or_default().plus(1))
}

/// Whether another row of the same subscription and start was changed later.
fn is_outdated(span: &Span, spans: &[Span]) -> bool {
    let start = |s: &Span| (s.customer.clone(), s.subscription.clone(), s.started, s.value < 0);
    spans.iter().any(|other| start(other) == start(span) && other.updated > span.updated)
}

/// The subscription of which a discount is one: its own where that begins on the day, else of those of the
/// customer that do the dearest, of equal ones the one of the smallest id.
fn discounted<'a>(discount: &Span, terms: &'a [Rc<Term>]) -> Option<&'a Id> {
    let of_day =
        terms.iter().filter(|t| t.customer == discount.customer && t.started == discount.started);
    let counting: Vec<_> = of_day
        .filter(|t| t.counts_among(terms.iter().filter(|other| is_of_one(t, other))))
        .collect();
    let dearest = counting.iter().max_by_key(|t| (t.price, Reverse(&t.subscription)));
    let own = counting.iter().find(|t| t.subscription == discount.subscription);
    own.or(dearest).map(|t| &t.subscription)
}

fn is_of_one(a: &Term, b: &Term) -> bool {
    (&a.customer, &a.subscription) == (&b.customer, &b.subscription)
}

/// The terms with what discounts leave of their prices.
fn less(terms: &[Rc<Term>], discounts: &[&Span], left_out: &mut LeftOut) -> Vec<Rc<Term>> {
    let mut off: BTreeMap<(&Id, &Id, Day), i128> = BTreeMap::new();
    for discount in discounts {
        match discounted(discount, terms) {
            Some(id) => {
                let start = (&discount.customer, id, discount.started);
                *off.entry(start).or_default() += i128::from(discount.value);
            }
            None => leave_out(left_out, "unmatched_discount", 1),
        }
    }
    let less = |term: &Rc<Term>| {
        let off = off.get(&(&term.customer, &term.subscription, term.started)).unwrap_or(&0);
        Rc::new(Term { value: (term.price + off).max(0), ..(**term).clone() })
    };
    terms.iter().map(less).collect()
}

/// One person a customer id, in order of ids, with what stands on each day before `as_of`.
pub(super) fn people(spans: &[Span], gap: i64, as_of: Day, left_out: &mut LeftOut) -> Vec<Person> {
    let (mut terms, mut discounts) = (Vec::new(), Vec::new());
    for span in spans {
        if span.started >= as_of {
            leave_out(left_out, "after_as_of", 1);
        } else if is_outdated(span, spans) {
            leave_out(left_out, "superseded", 1);
        } else if span.value < 0 {
            discounts.push(span);
        } else if span.ended == Some(span.started) {
            leave_out(left_out, "empty_span", 1);
        } else {
            terms.push(Rc::new(Term::new(span)));
        }
    }
    let terms = less(&terms, &discounts, left_out);
    let mut standing = Vec::new();
    let subscriptions: BTreeSet<_> = terms.iter().map(|t| (&t.customer, &t.subscription)).collect();
    for id in subscriptions {
        let of_id = || terms.iter().filter(|t| (&t.customer, &t.subscription) == id);
        let counting: Vec<_> = of_id().filter(|t| t.counts_among(of_id())).collect();
        let first = of_id().map(|t| t.started).min().unwrap_or(as_of);
        for day in (first.0..as_of.0).map(Day) {
            // Of equal ones the last, which is one all the same.
            let stands = counting.iter().filter(|t| t.covers(day)).max_by_key(|t| t.rank());
            standing.extend(stands.map(|term| Standing { day, term: Rc::clone(*term) }));
        }
    }
    for term in &terms {
        if !standing.iter().any(|s| Rc::ptr_eq(&s.term, term)) {
            leave_out(left_out, "superseded", 1);
        } else if term.value == 0 {
            leave_out(left_out, "unpaid", 1);
        }
    }
    let ids: BTreeSet<_> = terms.iter().map(|t| &t.customer).collect();
    let person = |id: &Id| {
        let of_id = standing.iter().filter(|s| &s.term.customer == id);
        let subscriber = Subscriber::new(of_id.cloned().collect(), gap);
        Person {
            id: id.clone(),
            events: subscriber.events(),
            refunds_count: false,
            subscriber: Some(subscriber),
            further: Further::default(),
        }
    };
    ids.into_iter().map(person).collect()
}
