//! Drives every measure over every block, partition by partition, on all threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kohort_model::{Block, Context, Day, Group, Measure, SegmentAt, Slot};
use rayon::ThreadPool;

use crate::ids::{OwnedKey, to_u32};
use crate::lane::extend;
use crate::prepare::{Prepared, Window, prepare};
use crate::resolve::Repeats;
use crate::split::split;
use crate::store::PARTITIONS;
use crate::track::Timelines;
use crate::visits::OwnedVisits;
use crate::{Gathered, TimelineError};

/// Events of one block: what its columns take fits a core's second cache beside the states.
const BLOCK_EVENTS: usize = 32 * 1024;
/// Customers of one block, where each has few events.
const BLOCK_CUSTOMERS: usize = 8 * 1024;

/// Which slot of the results a segment's value codes mean.
#[derive(Clone, Debug, Default)]
pub struct SlotMap {
    at: Vec<SegmentAt>,
    /// Slot of each code, one vector a segment.
    slots: Vec<Vec<u32>>,
    /// Place of each code's text in order, one vector a segment; the reasons' last.
    rank: Vec<Vec<u32>>,
}

impl SlotMap {
    /// Gives every value of every segment a slot: everybody first, then by segment name and
    /// value. `segments` are name, place and the texts of the codes; `reasons` those of the
    /// reason codes.
    #[must_use]
    pub fn new(
        segments: &[(Arc<str>, SegmentAt, Vec<Arc<str>>)],
        reasons: &[Arc<str>],
    ) -> (Self, Vec<Slot>) {
        let mut slots = vec![Slot { segment: "all".into(), value: None }];
        let mut map = Self {
            at: segments.iter().map(|(_, at, _)| *at).collect(),
            slots: vec![Vec::new(); segments.len()],
            rank: segments.iter().map(|(_, _, texts)| rank(texts)).collect(),
        };
        map.rank.push(rank(reasons));
        let mut by_name: Vec<usize> = (0..segments.len()).collect();
        by_name.sort_by_key(|s| &segments[*s].0);
        for s in by_name {
            let (name, _, texts) = &segments[s];
            let base = slots.len();
            map.slots[s] = map.rank[s].iter().map(|place| to_u32(base as u64) + place).collect();
            let mut sorted: Vec<_> = texts.clone();
            sorted.sort_unstable();
            slots.extend(
                sorted
                    .into_iter()
                    .map(|text| Slot { segment: Arc::clone(name), value: Some(text) }),
            );
        }
        (map, slots)
    }

    pub(crate) fn rank(&self) -> &[Vec<u32>] {
        &self.rank
    }
}

/// The place of each text among all in order.
fn rank(texts: &[Arc<str>]) -> Vec<u32> {
    let mut sorted: Vec<usize> = (0..texts.len()).collect();
    sorted.sort_by_key(|i| &texts[*i]);
    let mut rank = vec![0; texts.len()];
    sorted.iter().enumerate().for_each(|(place, i)| rank[*i] = to_u32(place as u64));
    rank
}

/// Rows and events that stand in no table, by the reason that `METRICS.md` gives them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Orders of an ignored status.
    pub ignored: u64,
    /// Orders on or after `as_of`.
    pub after_as_of: u64,
    /// Orders before the known history.
    pub before_history_start: u64,
    /// Lost or open orders of negative value.
    pub negative_attempt: u64,
    /// Refunds of people without an order.
    pub refund_without_order: u64,
    /// Refunds in a period before the customer's first order, in the finest grain.
    pub refund_before_cohort: u64,
    /// Rows of an order that a later one replaces.
    pub superseded: u64,
    /// Lines of orders whose lines differ in status: rejected rows.
    pub mixed_status: u64,
}

/// How many people and events were folded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// People with activity.
    pub customers: u64,
    /// People with attempts only.
    pub prospects: u64,
    /// Completed orders of zero or more.
    pub orders: u64,
    /// Completed orders below zero.
    pub refunds: u64,
    /// Lost orders.
    pub lost: u64,
    /// Open orders.
    pub open: u64,
    /// What stands in no table.
    pub left_out: LeftOut,
}

macro_rules! add_fields {
    ($to:expr, $from:expr; $($field:ident),+) => { $($to.$field += $from.$field;)+ };
}

impl LeftOut {
    fn add(&mut self, other: &Self) {
        add_fields!(self, other; ignored, after_as_of, before_history_start, negative_attempt,
            refund_without_order, refund_before_cohort, superseded, mixed_status);
    }
}

impl Census {
    fn add(&mut self, other: &Self) {
        add_fields!(self, other; customers, prospects, orders, refunds, lost, open);
        self.left_out.add(&other.left_out);
    }
}

/// What is known of the gathered events before the tables' frame is set.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// First and last day of activity within the known days.
    pub activity: Option<(Day, Day)>,
    /// First and last day of any event within the known days.
    pub events: Option<(Day, Day)>,
    /// Days between consecutive activity days of a customer: how many gaps of each length,
    /// where they were asked for.
    pub gaps: Vec<u64>,
    /// Orders whose lines differ in status, in order of their ids; the first hundred.
    pub mixed: Vec<(OwnedKey, OwnedKey)>,
}

/// The frame of a fold.
pub struct FoldOptions<'a> {
    /// What every measure knows.
    pub context: &'a Context,
    /// Where segment values count.
    pub slots: &'a SlotMap,
    /// Called with the number of partitions done.
    pub progress: &'a (dyn Fn(u64) + Sync),
}

/// The measures with everything counted.
pub struct Folded {
    /// In the order in which they were given.
    pub measures: Vec<Box<dyn Measure>>,
    /// Who was counted.
    pub census: Census,
}

impl Gathered {
    /// Number of partitions, the unit of progress.
    pub const PARTITIONS: u64 = PARTITIONS as u64;

    /// Looks for what the frame of the tables depends on. Timelines are only built where rows
    /// have to be resolved first or `gaps` are asked for.
    ///
    /// # Errors
    /// [`TimelineError::RepeatedOrder`] and [`TimelineError::AmountOverflow`] as the rows have
    /// it, [`TimelineError::Spill`] as the disk has it.
    pub fn survey(
        &self,
        pool: &ThreadPool,
        slots: &SlotMap,
        gaps: bool,
    ) -> Result<Survey, TimelineError> {
        let layout = *self.layout();
        if !layout.is_resolved() && !gaps {
            let seen = self.shared.totals().seen;
            return Ok(Survey { activity: seen.activity, events: seen.any, ..Survey::default() });
        }
        let window = Window::new(layout.history_start, layout.as_of);
        let parts = self.each_partition(pool, |found: &mut (Survey, Repeats), index| {
            let prepared = prepare(&self.shared.store, &layout, index, window, slots, false)?;
            found.0.look_at(&prepared.timelines, gaps);
            found.0.mixed.extend(prepared.repeats.mixed);
            found.1.rows += prepared.repeats.rows;
            let examples = [found.1.example.take(), prepared.repeats.example];
            found.1.example = examples.into_iter().flatten().min();
            Ok(())
        })?;
        let mut all = (Survey::default(), Repeats::default());
        for (survey, repeats) in parts {
            all.0.merge(survey);
            all.1.rows += repeats.rows;
            all.1.example = [all.1.example, repeats.example].into_iter().flatten().min();
        }
        let (mut survey, repeats) = all;
        if let Some((customer, order)) = repeats.example {
            return Err(TimelineError::RepeatedOrder { customer, order, repeated: repeats.rows });
        }
        survey.mixed.sort_unstable();
        survey.mixed.truncate(100);
        Ok(survey)
    }

    /// Shows every block to every measure and merges what the threads have counted.
    ///
    /// # Errors
    /// [`TimelineError::AmountOverflow`] as the lines have it, [`TimelineError::Spill`] as the
    /// disk has it.
    pub fn fold(
        self,
        pool: &ThreadPool,
        options: &FoldOptions<'_>,
        measures: Vec<Box<dyn Measure>>,
    ) -> Result<Folded, TimelineError> {
        let layout = *self.layout();
        let context = options.context;
        let window = Window::new(layout.history_start, Some(context.as_of));
        let done = AtomicUsize::new(0);
        let fresh = || measures.iter().map(|m| m.fresh()).collect::<Vec<_>>();
        let states: Vec<(Vec<Box<dyn Measure>>, Census)> =
            (0..pool.current_num_threads()).map(|_| (fresh(), Census::default())).collect();
        let parts = self.each_partition_with(pool, states, |(measures, census), index| {
            let Prepared { timelines, left_out, .. } =
                prepare(&self.shared.store, &layout, index, window, options.slots, true)?;
            census.left_out.add(&left_out);
            census.count(&timelines, context);
            show(&timelines, options, measures);
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            (options.progress)(done as u64);
            Ok(())
        })?;
        let totals = self.shared.totals();
        let mut census = Census::default();
        census.left_out.ignored = totals.ignored;
        census.left_out.negative_attempt = totals.negative_attempts;
        let mut merged = measures;
        for (part, counted) in parts {
            census.add(&counted);
            merged.iter_mut().zip(part).for_each(|(all, own)| all.merge(own));
        }
        Ok(Folded { measures: merged, census })
    }

    fn each_partition<S: Default + Send>(
        &self,
        pool: &ThreadPool,
        work: impl Fn(&mut S, usize) -> Result<(), TimelineError> + Sync,
    ) -> Result<Vec<S>, TimelineError> {
        let states = (0..pool.current_num_threads()).map(|_| S::default()).collect();
        self.each_partition_with(pool, states, work)
    }

    /// One state a thread; each takes the next partition until none is left.
    fn each_partition_with<S: Send>(
        &self,
        pool: &ThreadPool,
        states: Vec<S>,
        work: impl Fn(&mut S, usize) -> Result<(), TimelineError> + Sync,
    ) -> Result<Vec<S>, TimelineError> {
        let next = AtomicUsize::new(0);
        let (next, work) = (&next, &work);
        let mut results: Vec<Option<Result<S, TimelineError>>> =
            states.iter().map(|_| None).collect();
        pool.scope(|scope| {
            for (mut state, result) in states.into_iter().zip(&mut results) {
                scope.spawn(move |_| {
                    let all = std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed))
                        .take_while(|index| *index < PARTITIONS)
                        .try_for_each(|index| work(&mut state, index));
                    *result = Some(all.map(|()| state));
                });
            }
        });
        results.into_iter().flatten().collect()
    }
}

/// Cuts timelines into blocks and shows them.
fn show(timelines: &Timelines, options: &FoldOptions<'_>, measures: &mut [Box<dyn Measure>]) {
    let FoldOptions { context, slots, .. } = options;
    let by_first: Vec<Vec<u32>> = (slots.at.iter().enumerate())
        .filter(|(_, at)| **at == SegmentAt::First)
        .map(|(s, _)| slots_of(&timelines.first_segment(s), &slots.slots[s]))
        .collect();
    for_each_block(timelines, context, |first, last, block| {
        let by_first = by_first.iter().map(|slots| Group::Slots(&slots[first..last]));
        let groups: Vec<_> = std::iter::once(Group::All(0)).chain(by_first).collect();
        measures.iter_mut().for_each(|m| m.fold(&Block { groups: &groups, ..*block }));
    });
    for (s, _) in slots.at.iter().enumerate().filter(|(_, at)| **at == SegmentAt::Order) {
        let (own, codes) = split(timelines, s);
        let own_slots = slots_of(&codes, &slots.slots[s]);
        for_each_block(&own, context, |first, last, block| {
            let groups = [Group::Slots(&own_slots[first..last])];
            measures.iter_mut().for_each(|m| m.fold(&Block { groups: &groups, ..*block }));
        });
    }
}

fn slots_of(codes: &[u32], slots: &[u32]) -> Vec<u32> {
    // Numbers that are nobody's have code 0, which a segment without any value does not have.
    codes.iter().map(|code| slots.get(*code as usize).copied().unwrap_or(0)).collect()
}

fn for_each_block(
    timelines: &Timelines,
    context: &Context,
    mut each: impl FnMut(usize, usize, &Block<'_>),
) {
    let offsets = &timelines.activity.offsets;
    let mut owned: Vec<OwnedVisits> = context.periods.iter().map(|_| Default::default()).collect();
    let mut first = 0;
    while first < timelines.customers {
        let limit = offsets[first] as usize + BLOCK_EVENTS;
        let mut last = (first + BLOCK_CUSTOMERS).min(timelines.customers);
        while last > first + 1 && offsets[last] as usize > limit {
            last = first + (last - first).div_ceil(2);
        }
        let activity = timelines.activity.slice(first, last);
        for (visits, periods) in owned.iter_mut().zip(&context.periods) {
            visits.fill(activity, periods);
        }
        let visits: Vec<_> = owned.iter().map(OwnedVisits::as_visits).collect();
        let block = Block {
            activity,
            visits: &visits,
            at_first_instant: &timelines.at_first_instant[first..last],
            has_negative_activity: timelines.any_activity,
            refunds: timelines.refunds.slice(first, last),
            attempts: timelines.attempts(first, last),
            groups: &[],
        };
        each(first, last, &block);
        first = last;
    }
}

impl Census {
    fn count(&mut self, timelines: &Timelines, context: &Context) {
        let Timelines { activity, refunds, attempts, .. } = timelines;
        for customer in 0..timelines.customers {
            let is_customer = !activity.range(customer).is_empty();
            self.customers += u64::from(is_customer);
            self.prospects += u64::from(!is_customer && !attempts.range(customer).is_empty());
            let refunds_of = refunds.range(customer);
            if let (true, false, [periods, ..]) =
                (is_customer, refunds_of.is_empty(), &context.periods[..])
            {
                let cohort =
                    periods.start(periods.of(activity.days[activity.range(customer).start]));
                let early = refunds_of.filter(|r| refunds.days[*r] < cohort).count();
                self.left_out.refund_before_cohort += early as u64;
            }
        }
        // With `activity = "any"` refunds are among the activity.
        let below_zero = activity.values.iter().filter(|value| **value < 0).count();
        self.orders += (activity.len() - below_zero) as u64;
        self.refunds += (refunds.len() + below_zero) as u64;
        let lost = attempts.lost.iter().filter(|lost| **lost).count();
        self.lost += lost as u64;
        self.open += (attempts.len() - lost) as u64;
    }
}

impl Survey {
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
