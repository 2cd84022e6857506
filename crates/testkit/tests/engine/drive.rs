//! From rows to tables through the engine.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};

use kohort_model::{Context, Day, Measure, Periods, Spill, Table};
use kohort_testkit::strategies::Case;
use kohort_testkit::{Activity, Columns, Id, LapseDays, Row, RowsMode};
use kohort_timeline::{
    FoldOptions, Gatherer, KeyType, Layout, LeftOut, Resolve, SegmentValues, SlotMap,
};
use rayon::ThreadPoolBuilder;

/// How the work is cut, which no table shows.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Rows of a batch.
    pub batch: usize,
    /// Lanes that take batches in turn.
    pub lanes: usize,
    pub threads: usize,
    /// Bytes held in memory; `None` holds everything.
    pub budget: Option<usize>,
}

/// What a run says.
pub struct Run {
    /// `None` where no activity is known that would tell.
    pub as_of: Option<Day>,
    pub lapse_days: Option<u32>,
    /// `None` where there is nothing to fold by.
    pub left_out: Option<BTreeMap<&'static str, u64>>,
    pub tables: Vec<Table>,
}

fn measures(context: &Arc<Context>) -> Vec<Box<dyn Measure>> {
    vec![
        Box::new(kohort_cohorts::Cohorts::new(Arc::clone(context))),
        Box::new(kohort_churn::CustomerRetention::new(Arc::clone(context))),
        Box::new(kohort_revenue::RevenueChurn::new(Arc::clone(context))),
        Box::new(kohort_lost_sales::LostSales::new(Arc::clone(context))),
    ]
}

pub fn run(case: &Case, shape: Shape) -> Run {
    let Case { rows, settings } = case;
    let columns = Columns::new(rows, settings.segments.len());
    let budget = shape.budget.unwrap_or(usize::MAX);
    let spill = shape.budget.map(|_| Box::new(Memory::default()) as Box<dyn Spill>);
    let gather = Gatherer::new(layout(case), budget, spill);
    let mut lanes: Vec<_> = (0..shape.lanes).map(|_| gather.lane()).collect();
    let mut next = 0;
    let pushed = columns.for_batches(shape.batch, |batch| {
        next = (next + 1) % shape.lanes;
        lanes[next].push(batch)
    });
    pushed.expect("batches are taken");
    for lane in lanes {
        lane.close().expect("a lane closes");
    }
    let gathered = gather.finish();

    let pool = ThreadPoolBuilder::new().num_threads(shape.threads).build().expect("threads");
    let segments: Vec<_> = (settings.segments.iter().zip(&columns.segment_codes))
        .map(|((name, at), codes)| SegmentValues {
            name: Arc::from(*name),
            at: *at,
            texts: codes.texts.clone(),
        })
        .collect();
    let reasons = columns.reason_codes.texts.clone();
    let (slot_map, slots) = SlotMap::new(&segments, &reasons);
    let survey = gathered
        .survey(&pool, &slot_map, settings.lapse_days == LapseDays::Auto)
        .expect("a survey");
    let lapse_days = match settings.lapse_days {
        LapseDays::Fixed(days) => Some(days),
        LapseDays::Auto => survey.lapse_days(),
    };
    let newest = survey.activity.or(survey.events);
    let as_of = settings.as_of.or(newest.map(|(_, last)| last.plus(1)));
    let (Some(as_of), Some(lapse_days)) = (as_of, lapse_days) else {
        return Run { as_of, lapse_days, left_out: None, tables: Vec::new() };
    };

    let grains = &settings.grains;
    let first_event = survey.events.map(|(first, _)| first);
    let first = first_event.into_iter().chain(settings.history_start).min().unwrap_or(as_of);
    let periods = |grain| Periods::new(&settings.calendar, grain, first, as_of);
    let context = Arc::new(Context {
        as_of,
        history_start: settings.history_start,
        first_activity: survey.activity.map(|(first, _)| first),
        lapse_days,
        recovery_window_days: settings.recovery_window_days,
        periods: grains.iter().map(|grain| periods(*grain)).collect(),
        revenue_windows: grains.iter().map(|grain| settings.revenue_window(*grain)).collect(),
        max_k: grains.iter().map(|grain| settings.max_k(*grain)).collect(),
        slots,
        reasons,
        scale: settings.scale,
    });
    let options = FoldOptions { context: &context, slots: &slot_map, progress: &|_| () };
    let folded = gathered.fold(&pool, &options, measures(&context)).expect("a fold");
    Run {
        as_of: Some(as_of),
        lapse_days: Some(lapse_days),
        left_out: Some(counts(&folded.census.left_out)),
        tables: folded.measures.into_iter().flat_map(Measure::finish).collect(),
    }
}

fn layout(case: &Case) -> Layout {
    let Case { rows, settings } = case;
    let type_of = |id: &Id| match id {
        Id::Integer(_) => KeyType::Integers,
        Id::Text(_) => KeyType::Bytes,
    };
    let first = rows.first();
    let is_midnight = |r: &Row| Row::new(r.customer.clone(), r.day, 0).instant == r.instant;
    Layout {
        customers: first.map_or(KeyType::Integers, |r| type_of(&r.customer)),
        orders: first.and_then(|r| r.order.as_ref()).map(type_of),
        resolve: match settings.rows {
            RowsMode::Rows => Resolve::Rows,
            RowsMode::Lines => Resolve::Lines,
            RowsMode::Latest => Resolve::Latest,
        },
        instants: !rows.iter().all(is_midnight),
        reasons: true,
        segments: settings.segments.len(),
        any_activity: settings.activity == Activity::Any,
        history_start: settings.history_start,
        as_of: settings.as_of,
    }
}

/// By the names of METRICS.md, without those of which there are none.
fn counts(left_out: &LeftOut) -> BTreeMap<&'static str, u64> {
    let LeftOut {
        ignored,
        after_as_of,
        before_history_start,
        negative_attempt,
        refund_without_order,
        refund_before_cohort,
        mixed_status,
        superseded,
    } = *left_out;
    let counts = [
        ("ignored", ignored),
        ("after_as_of", after_as_of),
        ("before_history_start", before_history_start),
        ("negative_attempt", negative_attempt),
        ("refund_without_order", refund_without_order),
        ("refund_before_cohort", refund_before_cohort),
        ("mixed_status", mixed_status),
        ("superseded", superseded),
    ];
    counts.into_iter().filter(|(_, n)| *n > 0).collect()
}

/// A disk that is none.
#[derive(Default)]
struct Memory(Mutex<Vec<u8>>);

impl Spill for Memory {
    fn append(&self, bytes: &[u8]) -> io::Result<u64> {
        let mut held = self.0.lock().expect("no thread failed");
        let at = held.len() as u64;
        held.extend_from_slice(bytes);
        Ok(at)
    }

    fn read(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        let held = self.0.lock().expect("no thread failed");
        let from = usize::try_from(offset).map_err(io::Error::other)?;
        let bytes = held.get(from..from + into.len());
        into.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}
