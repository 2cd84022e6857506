//! What the lanes of a gathering share.

use std::sync::{Mutex, PoisonError};

use kohort_model::Day;

use crate::layout::Layout;
use crate::store::Store;

/// The days that a lane has seen of what it let through.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    /// First and last day of activity.
    pub activity: Option<(Day, Day)>,
    /// First and last day of any order.
    pub any: Option<(Day, Day)>,
    /// The newest day of a subscription's start, end or cancellation, up to the day of the run.
    pub newest: Option<Day>,
}

pub(crate) fn extend(range: &mut Option<(Day, Day)>, (first, last): (Day, Day)) {
    *range = Some(range.map_or((first, last), |(a, b)| (a.min(first), b.max(last))));
}

/// What all lanes add to.
pub(crate) struct Shared {
    pub layout: Layout,
    pub store: Store,
    totals: Mutex<Totals>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    pub seen: Seen,
    pub negative_attempts: u64,
    pub ignored: u64,
}

impl Shared {
    pub fn new(layout: Layout, store: Store) -> Self {
        Self { layout, store, totals: Mutex::default() }
    }

    pub fn close(&self, seen: Seen, negative_attempts: u64, ignored: u64) {
        let mut totals = self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        let all = &mut totals.seen;
        for (all, own) in [(&mut all.activity, seen.activity), (&mut all.any, seen.any)] {
            if let Some(days) = own {
                extend(all, days);
            }
        }
        all.newest = all.newest.max(seen.newest);
        totals.negative_attempts += negative_attempts;
        totals.ignored += ignored;
    }

    pub fn totals(&self) -> Totals {
        *self.totals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
