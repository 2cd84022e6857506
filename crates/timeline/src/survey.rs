//! What the frame of the tables depends on.

use std::collections::BTreeMap;

use kohort_model::{Day, Id, Input};
use rayon::ThreadPool;

use crate::counted_rows::Ends;
use crate::ids::to_u32;
use crate::pass::{Inputs, Pass};
use crate::prepare::{Window, prepare};
use crate::resolve::Repeats;
use crate::shared::{AllTotals, Seen, extend};
use crate::slots::SlotMap;
use crate::threads::each_partition;
use crate::track::Timelines;
use crate::{Gathered, TimelineError};

/// What is known of the gathered events before the tables' frame is set.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// First and last day of activity within the known days.
    pub activity: Option<(Day, Day)>,
    /// First and last day of any event within the known days.
    pub events: Option<(Day, Day)>,
    /// By input and place of the column: the newest day, up to that of the run, of a subscription's start,
    /// end and cancellation, and of what happened to rows of further inputs ([`kohort_model::InputSpec::event_day`]).
    pub newest: BTreeMap<(Input, usize), Day>,
    /// First and last day of the rows of each further input, by [`Input`] as a number.
    pub further: [Option<(Day, Day)>; Input::ALL.len()],
    /// By [`Input`] as a number, of the texts of which it is looked up: the first day of each, by its
    /// code; [`Day::MAX`] of a code without a row.
    pub first_days: [Vec<Day>; Input::ALL.len()],
    /// Days between consecutive activity days of a customer: how many gaps of each length,
    /// where they were asked for.
    pub gaps: Vec<u64>,
    /// How the ends of subscriptions lie to the starts that follow.
    pub ends: Ends,
    /// Orders whose lines differ in status, in order of their ids; the first hundred.
    pub mixed: Vec<(Id, Id)>,
    /// Of rows that are to be unique, those beyond the first of each order.
    pub repeated: u64,
    /// The first such order, by customer and id.
    pub repeated_order: Option<(Id, Id)>,
}

impl Gathered {
    /// Looks for what the frame of the tables depends on. Timelines are only built where rows
    /// have to be resolved first or `gaps` are asked for.
    ///
    /// # Errors
    /// [`TimelineError::AmountOverflow`] as the rows have it, [`TimelineError::Spill`] as the disk
    /// has it.
    pub fn survey(
        &self,
        pool: &ThreadPool,
        slots: &SlotMap,
        gaps: bool,
    ) -> Result<Survey, TimelineError> {
        let layout = *self.layout();
        if !layout.is_resolved() && !gaps {
            let AllTotals { seen, first_days, .. } = self.shared.totals();
            let Seen { activity, any: events, further, newest, .. } = seen;
            let found =
                Survey { activity, events, newest, further, first_days, ..Survey::default() };
            return Ok(found);
        }
        let window = Window::new(layout.history_start, layout.as_of);
        let (reads, keeps) = (Inputs::default(), Some(Inputs::ALL));
        let pass = Pass { window, reads, keeps, with_ids: false };
        let states: Vec<(Survey, Repeats)> = vec![Default::default(); pool.current_num_threads()];
        let parts = each_partition(pool, states, |found, index| {
            let prepared = prepare(&self.shared.store, &layout, index, pass, slots)?;
            found.0.look_at(&prepared.timelines, gaps);
            found.0.ends.add(prepared.ends);
            found.0.mixed.extend(prepared.repeats.mixed);
            found.1.rows += prepared.repeats.rows;
            let examples = [found.1.example.take(), prepared.repeats.example];
            found.1.example = examples.into_iter().flatten().min();
            Ok::<(), TimelineError>(())
        })?;
        let AllTotals { seen: Seen { newest, further, .. }, first_days, .. } = self.shared.totals();
        let found = Survey { newest, further, first_days, ..Survey::default() };
        let mut all = (found, Repeats::default());
        for (survey, repeats) in parts {
            all.0.merge(survey);
            all.1.rows += repeats.rows;
            all.1.example = [all.1.example, repeats.example].into_iter().flatten().min();
        }
        let (mut survey, repeats) = all;
        (survey.repeated, survey.repeated_order) = (repeats.rows, repeats.example);
        survey.mixed.sort_unstable();
        survey.mixed.truncate(100);
        Ok(survey)
    }
}

impl Survey {
    /// The newest day that is known of an input beside the days of its rows, and the place of its column: of
    /// equal ones the first.
    #[must_use]
    pub fn newest_of(&self, input: Input) -> Option<(Day, usize)> {
        let own = self.newest.range((input, 0)..=(input, usize::MAX));
        own.map(|((_, place), day)| (*day, *place)).rev().max_by_key(|(day, _)| *day)
    }

    /// That no order id of a customer is repeated, of rows that are to be unique.
    ///
    /// # Errors
    /// [`TimelineError::RepeatedOrder`] where one is.
    pub fn unique(&self) -> Result<(), TimelineError> {
        let Some((customer, order)) = self.repeated_order.clone() else { return Ok(()) };
        Err(TimelineError::RepeatedOrder { customer, order, repeated: self.repeated })
    }

    fn look_at(&mut self, timelines: &Timelines, gaps: bool) {
        let Timelines { activity, refunds, attempts, .. } = timelines;
        for day in &activity.days {
            extend(&mut self.activity, (*day, *day));
        }
        for day in activity.days.iter().chain(&refunds.days).chain(&attempts.days) {
            extend(&mut self.events, (*day, *day));
        }
        if gaps {
            for customer in 0..timelines.customers {
                for pair in activity.days[activity.range(customer)].windows(2) {
                    let gap = usize::try_from(pair[1].0 - pair[0].0).expect("days rise");
                    if gap > 0 {
                        self.gaps.resize(self.gaps.len().max(gap + 1), 0);
                        self.gaps[gap] += 1;
                    }
                }
            }
        }
    }

    fn merge(&mut self, other: Self) {
        for (own, other) in [(&mut self.activity, other.activity), (&mut self.events, other.events)]
        {
            if let Some(days) = other {
                extend(own, days);
            }
        }
        self.gaps.resize(self.gaps.len().max(other.gaps.len()), 0);
        self.gaps.iter_mut().zip(&other.gaps).for_each(|(all, own)| *all += own);
        self.mixed.extend(other.mixed);
        self.ends.add(other.ends);
    }

    /// The 90th percentile (nearest rank) of the gaps, in days; `None` where there is no gap.
    #[must_use]
    pub fn lapse_days(&self) -> Option<u32> {
        let total: u64 = self.gaps.iter().sum();
        let rank = (u128::from(total) * 9).div_ceil(10);
        let mut seen = 0_u128;
        self.gaps.iter().enumerate().find_map(|(gap, count)| {
            seen += u128::from(*count);
            (seen >= rank && seen > 0).then(|| to_u32(gap as u64))
        })
    }
}
