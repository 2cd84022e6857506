//! What the lanes of a gathering share.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use kohort_model::{Day, Input};

use crate::layout::Layout;
use crate::store::Store;

/// Days by input and place of the column.
pub(crate) type Newest = BTreeMap<(Input, usize), Day>;

/// Notes a day of a column, of which the newest counts.
pub(crate) fn newest_of(newest: &mut Newest, column: (Input, usize), day: Day) {
    let own = newest.entry(column).or_insert(day);
    *own = day.max(*own);
}

/// The days that a lane has seen of what it let through.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// First and last day of activity.
    pub activity: Option<(Day, Day)>,
    /// First and last day of any order.
    pub any: Option<(Day, Day)>,
    /// The newest day of each column that tells what is known beside the days of rows, up to the day of the
    /// run: of a subscription's start, end and cancellation, and of what happened to rows of further inputs.
    pub newest: Newest,
    /// The days of such columns after that of the run.
    pub future: BTreeSet<(Day, Input, usize)>,
    /// First and last day of each further input, by [`Input`] as a number.
    pub further: [Option<(Day, Day)>; Input::ALL.len()],
}

pub(crate) fn extend(range: &mut Option<(Day, Day)>, (first, last): (Day, Day)) {
    *range = Some(range.map_or((first, last), |(a, b)| (a.min(first), b.max(last))));
}

/// What all lanes add to.
pub(crate) struct Shared {
    pub layout: Layout,
    pub store: Store,
    totals: Mutex<AllTotals>,
}

/// Notes a day of the thing at `place`, of which the first counts; what has none has the last of all.
pub(crate) fn first_of(days: &mut Vec<Day>, place: usize, day: Day) {
    if days.len() <= place {
        days.resize(place + 1, Day::MAX);
    }
    days[place] = days[place].min(day);
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Totals {
    pub seen: Seen,
    /// By the code of a text of which this is looked up: the first day.
    pub first_days: Vec<Day>,
    pub negative_attempts: u64,
    pub ignored: u64,
}

/// What all lanes have seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct AllTotals {
    pub seen: Seen,
    /// By [`Input`] as a number: as [`Totals::first_days`].
    pub first_days: [Vec<Day>; Input::ALL.len()],
    pub negative_attempts: u64,
    pub ignored: u64,
}

impl Shared {
    pub fn new(layout: Layout, store: Store) -> Self {
        Self { layout, store, totals: Mutex::default() }
    }

    /// Adds what a lane has seen.
    pub fn close(&self, input: Input, own: &Totals) {
        let Totals { seen, first_days, negative_attempts, ignored } = own;
        let mut totals = self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        let all = &mut totals.seen;
        for (all, own) in [(&mut all.activity, seen.activity), (&mut all.any, seen.any)] {
            if let Some(days) = own {
                extend(all, days);
            }
        }
        // What was in the future when it was kept may be known by now.
        let today = self.layout.today;
        let known = seen.future.iter().take_while(|(day, ..)| *day <= today);
        let known = known.map(|(day, input, place)| ((*input, *place), *day));
        for (column, day) in seen.newest.iter().map(|(column, day)| (*column, *day)).chain(known) {
            newest_of(&mut all.newest, column, day);
        }
        for (all, own) in all.further.iter_mut().zip(seen.further) {
            if let Some(days) = own {
                extend(all, days);
            }
        }
        for (code, day) in first_days.iter().enumerate() {
            first_of(&mut totals.first_days[input as usize], code, *day);
        }
        totals.negative_attempts += negative_attempts;
        totals.ignored += ignored;
    }

    pub fn totals(&self) -> AllTotals {
        self.totals.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
