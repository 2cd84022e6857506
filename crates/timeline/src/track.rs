//! The timelines of one partition: owned tracks, and how a permutation brings rows into one.

use kohort_model::{Attempts, Day, Id, ItemLists, Track};

use crate::counting::counting_sort;
use crate::rows::Rows;
use crate::slots::NO_CODE;
use crate::spans::Spans;

/// Events of one kind, customer after customer, each customer's in order of time.
#[derive(Clone, Debug, Default)]
pub(crate) struct OwnedTrack {
    /// One more than there are customers.
    pub offsets: Vec<u32>,
    pub days: Vec<Day>,
    pub values: Vec<i64>,
    /// Empty where days are all that is known.
    pub instants: Vec<i64>,
    /// One a segment, empty where there are none.
    pub segments: Vec<Vec<u32>>,
    /// Attempts only.
    pub lost: Vec<bool>,
    /// Attempts only.
    pub reasons: Vec<u32>,
}

impl OwnedTrack {
    /// No event of `customers` people; `segments` is their number.
    pub fn none(customers: usize, segments: usize) -> Self {
        Self {
            offsets: vec![0; customers + 1],
            segments: vec![Vec::new(); segments],
            ..Self::default()
        }
    }

    pub fn range(&self, customer: usize) -> std::ops::Range<usize> {
        self.offsets[customer] as usize..self.offsets[customer + 1] as usize
    }

    /// What orders the events within a customer: the instant, or the day where there is none.
    #[inline]
    pub fn time(&self, event: usize) -> i64 {
        self.instants.get(event).copied().unwrap_or_else(|| i64::from(self.days[event].0))
    }

    pub fn len(&self) -> usize {
        self.days.len()
    }

    /// The customers from `first` to `last`, exclusive.
    pub fn slice(&self, first: usize, last: usize) -> Track<'_> {
        Track { offsets: &self.offsets[first..=last], days: &self.days, values: &self.values }
    }

    /// The events `picked`, which are in order of customer and time; `offsets` says whose is which.
    pub fn pick(&self, picked: &[u32], offsets: Vec<u32>) -> Self {
        Self {
            offsets,
            days: take(&self.days, picked),
            values: take(&self.values, picked),
            instants: take(&self.instants, picked),
            segments: self.segments.iter().map(|codes| take(codes, picked)).collect(),
            lost: take(&self.lost, picked),
            reasons: take(&self.reasons, picked),
        }
    }
}

/// `from` at the places `picked`; empty where `from` is.
fn take<T: Copy>(from: &[T], picked: &[u32]) -> Vec<T> {
    if from.is_empty() { Vec::new() } else { picked.iter().map(|i| from[*i as usize]).collect() }
}

/// All that is known of the customers of a partition.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timelines {
    pub customers: usize,
    /// How many of them are people; the others, who come last, are answers without a customer.
    pub people: usize,
    /// Whether refunds are among the activity.
    pub any_activity: bool,
    pub activity: OwnedTrack,
    pub refunds: OwnedTrack,
    pub attempts: OwnedTrack,
    /// One an attempt: activity events before it.
    pub after: Vec<u32>,
    /// One an attempt: whether activity lies at an earlier instant.
    pub by_customer: Vec<bool>,
    /// One a customer: activity events at its first instant.
    pub at_first_instant: Vec<u32>,
    /// Where the customers have subscriptions.
    pub spans: Option<Spans>,
    pub items: ItemLists,
    /// One a customer, in a pass that writes rows of customers.
    pub ids: Vec<Id>,
}

impl Timelines {
    /// Puts tracks of the same customers together and places the attempts among the activity.
    pub fn new(
        customers: usize,
        any_activity: bool,
        activity: OwnedTrack,
        refunds: OwnedTrack,
        attempts: OwnedTrack,
        items: ItemLists,
    ) -> Self {
        let mut after = Vec::with_capacity(attempts.len());
        let mut by_customer = Vec::with_capacity(attempts.len());
        let mut at_first_instant = Vec::with_capacity(customers);
        for customer in 0..customers {
            let events = activity.range(customer);
            let first = activity.time_of_first(&events);
            let leading = events.clone().take_while(|e| Some(activity.time(*e)) == first).count();
            at_first_instant.push(crate::ids::to_u32(leading as u64));
            let mut next = events.clone();
            for attempt in attempts.range(customer) {
                let time = attempts.time(attempt);
                while next.start < next.end && activity.time(next.start) <= time {
                    next.start += 1;
                }
                after.push(crate::ids::to_u32((next.start - events.start) as u64));
                by_customer.push(first.is_some_and(|first| first < time));
            }
        }
        Self {
            customers,
            people: customers,
            any_activity,
            activity,
            refunds,
            attempts,
            after,
            by_customer,
            at_first_instant,
            spans: None,
            items,
            ids: Vec::new(),
        }
    }

    /// The timelines of customers with subscriptions.
    pub fn of_spans(customers: usize, spans: Spans, items: ItemLists) -> Self {
        let none = || OwnedTrack::none(customers, spans.segments.len());
        let new = Self::new(customers, false, spans.activity(), none(), none(), items);
        Self { spans: Some(spans), ..new }
    }

    pub fn attempts(&self, first: usize, last: usize) -> Attempts<'_> {
        Attempts {
            track: self.attempts.slice(first, last),
            lost: &self.attempts.lost,
            reasons: &self.attempts.reasons,
            after: &self.after,
            by_customer: &self.by_customer,
        }
    }

    /// The code of `segment` for each customer: that of the first activity, or of the first
    /// attempt of someone without any, or [`NO_CODE`].
    pub fn first_segment(&self, segment: usize) -> Vec<u32> {
        let first = |track: &OwnedTrack, customer: usize| {
            track.range(customer).next().map(|event| track.segments[segment][event])
        };
        (0..self.customers)
            .map(|c| {
                first(&self.activity, c).or_else(|| first(&self.attempts, c)).unwrap_or(NO_CODE)
            })
            .collect()
    }
}

impl OwnedTrack {
    fn time_of_first(&self, events: &std::ops::Range<usize>) -> Option<i64> {
        (!events.is_empty()).then(|| self.time(events.start))
    }
}

/// Sorts rows into a track by (customer, day, instant, kind, order id, value, reason, segment
/// texts): nothing of it follows the order in which rows came.
pub(crate) fn sort_track(rows: &Rows, customers: usize, rank: &[Vec<u32>]) -> OwnedTrack {
    let (mut order, offsets) = counting_sort(rows.len(), customers, |i| rows.ids[i] as usize);
    for pair in offsets.windows(2) {
        let own = &mut order[pair[0] as usize..pair[1] as usize];
        if own.len() > 1 {
            own.sort_unstable_by(|a, b| rows.compare(*a as usize, *b as usize, rank));
        }
    }
    let lost = |i: &u32| rows.kinds[*i as usize] == kohort_model::Kind::Lost as u8;
    OwnedTrack {
        offsets,
        days: order.iter().map(|i| Day(rows.days[*i as usize])).collect(),
        values: take(&rows.values, &order),
        instants: take(&rows.instants, &order),
        segments: rows.segments.iter().map(|codes| take(codes, &order)).collect(),
        lost: if rows.kinds.is_empty() { Vec::new() } else { order.iter().map(lost).collect() },
        reasons: take(&rows.reasons, &order),
    }
}
