//! Drives every measure over every block, partition by partition, on all threads.

use std::sync::atomic::{AtomicU64, Ordering};

use kohort_model::{
    Block, BlockItems, Context, CustomerTable, Day, Group, Ids, Measure, SegmentAt, Table,
};
use rayon::ThreadPool;

use crate::census::Census;
use crate::frame::Frame;
use crate::pass::{Inputs, Pass};
use crate::prepare::{Prepared, Window, prepare};
use crate::slots::SlotMap;
use crate::split::split;
use crate::store::PARTITIONS;
use crate::threads::each_partition;
use crate::track::Timelines;
use crate::visits::OwnedVisits;
use crate::{Gathered, TimelineError};

/// How large blocks are.
#[derive(Clone, Copy)]
struct Cut {
    events: usize,
    /// Where each has few events.
    customers: usize,
}

/// What the columns of a block take fits a core's second cache beside the states.
const COUNTED: Cut = Cut { events: 32 * 1024, customers: 8 * 1024 };
/// Rows take far more than the events that they are made of, and are to fit it too.
const LISTED: Cut = Cut { events: 4 * 1024, customers: 2 * 1024 };
/// Blocks after which the limit of memory is looked at, beside the end of each partition.
const GUARDED_BLOCKS: usize = 16;
/// Rows of a customer table that are handed on at once: few, as a row is wide and each thread has as many.
const LEDGER_ROWS: usize = 8 * 1024;

/// The frame of a fold.
pub struct FoldOptions<'a> {
    /// What every measure knows.
    pub context: &'a Context,
    /// Where segment values count.
    pub slots: &'a SlotMap,
    /// Inputs beside the history that somebody looks at.
    pub reads: Inputs,
    /// Inputs that somebody looks at in a later pass; `None` where there is none. What no later pass needs is
    /// given up.
    pub keeps: Option<Inputs>,
    /// Called with the number of partitions done.
    pub progress: &'a (dyn Fn(u64) + Sync),
}

/// The measures with everything counted.
pub struct Folded {
    /// In the order in which they were given.
    pub measures: Vec<Box<dyn Measure>>,
    /// Who was counted.
    pub census: Census,
    /// By slot: the first day of activity; `None` where nobody is in it.
    pub first_days: Vec<Option<Day>>,
}

/// What a thread has counted.
struct Counted {
    measures: Vec<Box<dyn Measure>>,
    census: Census,
    first_days: Vec<Option<Day>>,
}

impl Counted {
    fn new(measures: &[Box<dyn Measure>], slots: usize) -> Self {
        let measures = measures.iter().map(|measure| measure.fresh()).collect();
        Self { measures, census: Census::default(), first_days: vec![None; slots] }
    }

    fn fold(&mut self, block: &Block<'_>) {
        for customer in 0..block.len() {
            if let Some(first) = block.activity.of(customer).0.first() {
                for group in block.groups {
                    let day = &mut self.first_days[group.slot(customer)];
                    *day = Some(day.map_or(*first, |day| day.min(*first)));
                }
            }
        }
        for measure in &mut self.measures {
            measure.fold(block);
        }
    }
}

impl Gathered {
    /// Number of partitions, the unit of progress.
    pub const PARTITIONS: u64 = PARTITIONS as u64;

    /// Shows every block to every measure and merges what the threads have counted.
    ///
    /// # Errors
    /// [`TimelineError::AmountOverflow`] as the lines have it, [`TimelineError::Spill`] as the
    /// disk has it, [`TimelineError::OverMemory`] as the context's guard has it.
    pub fn fold(
        &self,
        pool: &ThreadPool,
        options: &FoldOptions<'_>,
        measures: Vec<Box<dyn Measure>>,
    ) -> Result<Folded, TimelineError> {
        let layout = *self.layout();
        let context = options.context;
        let window = Window::new(layout.history_start, Some(context.as_of));
        let FoldOptions { reads, keeps, .. } = *options;
        let pass = Pass { window, reads, keeps, with_ids: false };
        let done = AtomicU64::new(0);
        let slots = context.slots.len();
        let fresh = || Counted::new(&measures, slots);
        let states = std::iter::repeat_with(fresh).take(pool.current_num_threads()).collect();
        let parts = each_partition(pool, states, |counted: &mut Counted, index| {
            let Prepared { timelines, left_out, .. } =
                prepare(&self.shared.store, &layout, index, pass, options.slots)?;
            counted.census.left_out.add(&left_out);
            counted.census.count(&timelines);
            show(&timelines, options, counted);
            if context.memory.is_over() {
                return Err(TimelineError::OverMemory);
            }
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            (options.progress)(done);
            Ok::<(), TimelineError>(())
        })?;
        let totals = self.shared.totals();
        let mut census = Census::default();
        census.left_out.ignored = totals.ignored;
        census.left_out.negative_attempt = totals.negative_attempts;
        let mut merged = measures;
        let mut first_days: Vec<Option<Day>> = vec![None; slots];
        for part in parts {
            census.add(&part.census);
            for (first, own) in first_days.iter_mut().zip(part.first_days) {
                *first = [*first, own].into_iter().flatten().min();
            }
            merged.iter_mut().zip(part.measures).for_each(|(all, own)| all.merge(own));
        }
        Ok(Folded { measures: merged, census, first_days })
    }

    /// Lists every customer in every customer table. `take` gets the place of the table and some thousand
    /// rows, in no order, and is called from several threads.
    ///
    /// # Errors
    /// As [`Gathered::fold`], and what `take` says.
    pub fn list<E: From<TimelineError> + Send>(
        &self,
        pool: &ThreadPool,
        options: &FoldOptions<'_>,
        customer_tables: &[Box<dyn CustomerTable>],
        take: impl Fn(usize, Table) -> Result<(), E> + Sync,
    ) -> Result<(), E> {
        let layout = *self.layout();
        let window = Window::new(layout.history_start, Some(options.context.as_of));
        let FoldOptions { reads, keeps, .. } = *options;
        let pass = Pass { window, reads, keeps, with_ids: true };
        let done = AtomicU64::new(0);
        let states = vec![(); pool.current_num_threads()];
        each_partition(pool, states, |(), index| {
            let Prepared { timelines, .. } =
                prepare(&self.shared.store, &layout, index, pass, options.slots)?;
            let mut tables: Vec<Table> = customer_tables.iter().map(|rows| rows.table()).collect();
            let mut failure = None;
            show_whole(&timelines, options, LISTED, |block| {
                for (place, (rows, table)) in customer_tables.iter().zip(&mut tables).enumerate() {
                    rows.list(block, table);
                    if table.rows() >= LEDGER_ROWS && failure.is_none() {
                        let full = std::mem::replace(table, rows.table());
                        failure = take(place, full).err();
                    }
                }
            });
            if let Some(error) = failure {
                return Err(error);
            }
            for (place, table) in tables.into_iter().enumerate().filter(|(_, t)| t.rows() > 0) {
                take(place, table)?;
            }
            (options.progress)(done.fetch_add(1, Ordering::Relaxed) + 1);
            Ok::<(), E>(())
        })?;
        Ok(())
    }
}

/// Cuts timelines into blocks and shows them.
fn show(timelines: &Timelines, options: &FoldOptions<'_>, counted: &mut Counted) {
    let FoldOptions { context, slots, .. } = options;
    show_whole(timelines, options, COUNTED, |block| counted.fold(block));
    for segment in slots.at(SegmentAt::Order) {
        let (own, codes) = split(timelines, segment);
        let own_slots = slots.of(segment, &codes);
        for_each_block(&own, context, COUNTED, |first, last, block| {
            let groups = [Group::Slots(&own_slots[first..last])];
            counted.fold(&Block { groups: &groups, ..*block });
        });
    }
}

/// Shows customers as they are, by what does not take them apart.
fn show_whole(
    timelines: &Timelines,
    options: &FoldOptions<'_>,
    cut: Cut,
    mut show: impl FnMut(&Block<'_>),
) {
    let FoldOptions { context, slots, .. } = options;
    let by_first: Vec<Vec<u32>> = (slots.at(SegmentAt::First))
        .map(|segment| slots.of(segment, &timelines.first_segment(segment)))
        .collect();
    for_each_block(timelines, context, cut, |first, last, block| {
        let by_first = by_first.iter().map(|slots| Group::Slots(&slots[first..last]));
        let groups: Vec<_> = std::iter::once(Group::All(0)).chain(by_first).collect();
        show(&Block { groups: &groups, ..*block });
    });
}

fn for_each_block(
    timelines: &Timelines,
    context: &Context,
    cut: Cut,
    mut each: impl FnMut(usize, usize, &Block<'_>),
) {
    let frame = Frame::new(timelines, context);
    let offsets = &timelines.activity.offsets;
    let mut owned: Vec<OwnedVisits> =
        context.periods.iter().map(|_| OwnedVisits::default()).collect();
    let mut first = 0;
    let mut blocks = 0;
    while first < timelines.customers {
        blocks += 1;
        // Whoever asked for the blocks finds out too.
        if blocks % GUARDED_BLOCKS == 0 && context.memory.is_over() {
            return;
        }
        let limit = offsets[first] as usize + cut.events;
        let mut last = (first + cut.customers).min(timelines.customers);
        while last > first + 1 && offsets[last] as usize > limit {
            last = first + (last - first).div_ceil(2);
        }
        let activity = timelines.activity.slice(first, last);
        let (spells, rates) = (frame.spells(first, last), frame.rates(first, last));
        for (visits, periods) in owned.iter_mut().zip(&context.periods) {
            if timelines.spans.is_some() {
                visits.fill_recurring(activity, spells, rates, periods, context.as_of);
            } else {
                visits.fill(activity, periods);
            }
        }
        let visits: Vec<_> = owned.iter().map(OwnedVisits::as_visits).collect();
        let ids = if timelines.ids.is_empty() {
            Ids::None
        } else {
            Ids::Known(&timelines.ids[first..last])
        };
        let block = Block {
            ids,
            activity,
            visits: &visits,
            at_first_instant: &timelines.at_first_instant[first..last],
            has_negative_activity: timelines.any_activity,
            refunds: timelines.refunds.slice(first, last),
            attempts: timelines.attempts(first, last),
            spells,
            rates,
            cancellations: frame.cancellations(first, last),
            items: BlockItems { all: Some(&timelines.items), first },
            groups: &[],
        };
        each(first, last, &block);
        first = last;
    }
}
