//! People and what they did, with every question about them answered from the list of events.

use std::collections::BTreeSet;

use kohort_model::Day;

use super::periods::Period;
use super::side_inputs::Further;
use super::subscriptions::Subscriber;
use crate::history::Id;

/// What an event is, in the order of the kinds of one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    Order,
    Refund,
    Lost,
    Open,
}

/// An order, refund or attempt before `as_of`. The first paid day of a subscription is an order.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub customer: Id,
    pub order: Option<Id>,
    pub day: Day,
    pub instant: i64,
    pub role: Role,
    pub value: i128,
    pub reason: String,
    /// In order of the segments' names.
    pub segments: Vec<String>,
}

/// One person, or with `at = "order"` one person's events of one segment value. Days asked about
/// are known ones, before `as_of`.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub id: Id,
    pub events: Vec<Event>,
    /// Whether refunds are activity.
    pub refunds_count: bool,
    /// What is paid on which day, where the basis is subscriptions.
    pub subscriber: Option<Subscriber>,
    /// What the further inputs tell, whatever the segment value.
    pub further: Further,
}

impl Person {
    /// The events that make a customer.
    pub fn activity(&self) -> impl Iterator<Item = &Event> {
        let refunds = self.refunds_count;
        (self.events.iter())
            .filter(move |e| e.role == Role::Order || (refunds && e.role == Role::Refund))
    }

    /// The first order, by (instant, order id, value, reason, segment values).
    pub fn first_order(&self) -> Option<&Event> {
        self.activity().min_by_key(|e| (e.instant, &e.order, e.value, &e.reason, &e.segments))
    }

    /// The day of the first order; of people who have one.
    pub fn first_day(&self) -> Day {
        self.first_order().expect("a customer has a first order").day
    }

    pub fn is_customer(&self) -> bool {
        self.first_order().is_some()
    }

    pub fn activity_days(&self) -> BTreeSet<Day> {
        self.activity().map(|e| e.day).collect()
    }

    /// Whether a day of activity, of subscriptions an active day, lies in the period.
    pub fn is_active_in(&self, period: Period) -> bool {
        match &self.subscriber {
            None => self.activity().any(|e| period.holds(e.day)),
            Some(subscriber) => subscriber.monthly.range(period.start..period.end).next().is_some(),
        }
    }

    /// Whether such a day is not before `from`.
    pub fn is_active_on_or_after(&self, from: Day) -> bool {
        match &self.subscriber {
            None => self.activity().any(|e| from <= e.day),
            Some(subscriber) => subscriber.monthly.range(from..).next().is_some(),
        }
    }

    /// Whether an activity day lies in `(day - w, day]`; of subscriptions, whether the day is paid or
    /// bridged.
    pub fn is_active_at_end_of(&self, day: Day, w: i64) -> bool {
        match &self.subscriber {
            None => self.activity().any(|e| day.plus(-w) < e.day && e.day <= day),
            Some(subscriber) => subscriber.monthly.contains_key(&day),
        }
    }

    /// Whether the customer leaves on `day`: it is W days after an activity day, and nothing
    /// followed until now; of subscriptions, the first day that is not active after one that is.
    pub fn churns_on(&self, day: Day, w: i64) -> bool {
        if self.subscriber.is_some() {
            let is_active = |day| self.is_active_at_end_of(day, w);
            return is_active(day.plus(-1)) && !is_active(day);
        }
        let left = day.plus(-w);
        let any = |which: &dyn Fn(Day) -> bool| self.activity().any(|e| which(e.day));
        any(&|d| d == left) && !any(&|d| left < d && d <= day)
    }

    /// Whether `day` is an activity day that ends a lapse spell.
    pub fn returns_on(&self, day: Day, w: i64) -> bool {
        if self.subscriber.is_some() {
            let is_active = |day| self.is_active_at_end_of(day, w);
            return self.first_day() < day && is_active(day) && !is_active(day.plus(-1));
        }
        let before = self.activity().map(|e| e.day).filter(|d| *d < day).max();
        self.activity().any(|e| e.day == day) && before.is_some_and(|d| d.plus(w) < day)
    }

    /// The churn events before `as_of`.
    pub fn churn_events(&self, as_of: Day, w: i64) -> Vec<Day> {
        let days = (self.first_day().0..as_of.0).map(Day);
        days.filter(|day| self.churns_on(*day, w)).collect()
    }

    /// Monthly recurring revenue on a day.
    pub fn monthly(&self, day: Day) -> i128 {
        let subscriber = self.subscriber.as_ref();
        subscriber.and_then(|s| s.monthly.get(&day)).copied().unwrap_or_default()
    }

    /// Orders and refunds on the days of `[from, to)`.
    pub fn revenue(&self, from: Day, to: Day) -> i128 {
        (self.events.iter())
            .filter(|e| matches!(e.role, Role::Order | Role::Refund))
            .filter(|e| from <= e.day && e.day < to)
            .map(|e| e.value)
            .sum()
    }

    /// Orders of zero or more, lost and open ones, in order.
    pub fn attempts(&self) -> Vec<&Event> {
        let mut attempts: Vec<_> = self.events.iter().filter(|e| e.role != Role::Refund).collect();
        attempts.sort_by_key(|e| (e.instant, e.role, &e.order, e.value, &e.reason, &e.segments));
        attempts
    }

    /// The values of segment `s` in which the person stands with `at = "order"`.
    pub fn values(&self, s: usize) -> BTreeSet<&str> {
        let values: BTreeSet<_> = match &self.subscriber {
            None => self.events.iter().map(|e| &*e.segments[s]).collect(),
            Some(subscriber) => subscriber.values(s),
        };
        if values.is_empty() { BTreeSet::from(["(none)"]) } else { values }
    }

    /// What the person did under one value of segment `s`.
    pub fn of_value(&self, s: usize, value: &str) -> Self {
        let subscriber = self.subscriber.as_ref().map(|subscriber| subscriber.of_value(s, value));
        let events = match &subscriber {
            None => self.events.iter().filter(|e| e.segments[s] == value).cloned().collect(),
            Some(subscriber) => subscriber.events(),
        };
        Self { id: self.id.clone(), events, subscriber, ..self.clone() }
    }

    /// The value of segment `s` by which the person stands in one of them.
    pub fn first_value(&self, s: usize) -> &str {
        let event = self.first_order().or_else(|| self.attempts().first().copied());
        event.map_or("(none)", |event| &event.segments[s])
    }
}

/// Everybody, or the people of one value of one segment.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub segment: &'static str,
    pub value: Option<String>,
    pub people: Vec<Person>,
}

impl Group {
    pub fn customers(&self) -> impl Iterator<Item = &Person> {
        self.people.iter().filter(|p| p.is_customer())
    }

    /// Day of the first activity; `None` where there are no customers.
    pub fn first_activity(&self) -> Option<Day> {
        self.customers().map(Person::first_day).min()
    }
}
