//! From a history to tables through the engine.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};

use kohort_model::{
    Basis, Cell, Context, Day, Finished, Grain, IdType, Input, Ledger, Measure, Periods, SegmentAt,
    Spill, Table, TableSchema, WinBack,
};
use kohort_testkit::reference::in_order_of_names;
use kohort_testkit::strategies::Case;
use kohort_testkit::{
    Activity, Columns, History, Id, LapseDays, NaiveRow, Row, RowsMode, Settings, cell, table_rows,
};
use kohort_timeline::{
    FoldOptions, Gathered, Gatherer, KeyType, Layout, LeftOut, Resolve, SegmentValues, SlotMap,
    Survey, TimelineError,
};
use rayon::{ThreadPool, ThreadPoolBuilder};

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
    pub notes_left_out: Option<BTreeMap<&'static str, u64>>,
    pub tables: Vec<Table>,
    /// Rows of each ledger, sorted by key.
    pub ledgers: Vec<(&'static TableSchema, Vec<NaiveRow>)>,
}

fn measures(context: &Arc<Context>, has_surveys: bool) -> Vec<Box<dyn Measure>> {
    let context = || Arc::clone(context);
    let mut measures: Vec<Box<dyn Measure>> = vec![
        Box::new(kohort_cohorts::Cohorts::new(context())),
        Box::new(kohort_churn::CustomerRetention::new(context())),
        Box::new(kohort_churn::WinBack::new(context())),
        Box::new(kohort_revenue::RevenueChurn::new(context())),
        Box::new(kohort_revenue::RevenueMovements::new(context())),
    ];
    if context().basis == Basis::Subscriptions || has_surveys {
        measures.push(Box::new(kohort_churn::ChurnReasons::new(context())));
    }
    if context().basis == Basis::Orders {
        measures.push(Box::new(kohort_lost_sales::LostSales::new(context())));
        measures.push(Box::new(kohort_lifetime::PurchaseGaps::new(context())));
        measures.push(Box::new(kohort_lifetime::Loyalty::new(context())));
        measures.push(Box::new(kohort_lifetime::Customers::new(context())));
        measures.push(Box::new(kohort_lifetime::ClvModels::new(context())));
    }
    measures
}

pub fn run(case: &Case, shape: Shape) -> Run {
    let (history, settings) = &in_order_of_names(case.history.clone(), &case.settings);
    let basis = match settings.basis {
        Basis::Orders => Input::Orders,
        Basis::Subscriptions => Input::Subscriptions,
    };
    let inputs = Columns::of(history, basis, settings.segments.len());
    let gathered = gather(history, settings, &inputs, shape).expect("batches are taken");
    let pool = ThreadPoolBuilder::new().num_threads(shape.threads).build().expect("threads");

    let of = |input: Input| inputs.iter().find(|(i, _)| *i == input).map(|(_, columns)| columns);
    let texts = |input, place: usize| {
        of(input).map(|columns| columns.segment_codes[place].texts.clone()).unwrap_or_default()
    };
    let (campaigns, strategies) = (texts(Input::Contacts, 0), texts(Input::Contacts, 1));
    let survey_reasons =
        of(Input::Surveys).map(|columns| columns.reason_codes.texts.clone()).unwrap_or_default();
    let columns = &inputs[0].1;
    let segments: Vec<_> = (settings.segments.iter().zip(&columns.segment_codes))
        .map(|((name, at), codes)| SegmentValues {
            name: Arc::from(*name),
            at: *at,
            texts: codes.texts.clone(),
        })
        .collect();
    let reasons = columns.reason_codes.texts.clone();
    let (slot_map, slots) = SlotMap::new(&segments, &reasons);
    let slot_map = slot_map.with_notes(&campaigns, &strategies, &survey_reasons);
    let survey = gathered
        .survey(&pool, &slot_map, settings.lapse_days == LapseDays::Auto)
        .expect("a survey");
    let (as_of, lapse_days) = frame(settings, &survey);
    let (Some(as_of), Some(lapse_days)) = (as_of, lapse_days) else {
        return Run {
            as_of,
            lapse_days,
            left_out: None,
            notes_left_out: None,
            tables: Vec::new(),
            ledgers: Vec::new(),
        };
    };

    let grains = &settings.grains;
    let first_event = survey.events.map(|(first, _)| first);
    let first = first_event.into_iter().chain(settings.history_start).min().unwrap_or(as_of);
    let periods = |grain| Periods::new(&settings.calendar, grain, first, as_of);
    let context = Arc::new(Context {
        as_of,
        history_start: settings.history_start,
        first_activity: survey.activity.map(|(first, _)| first).filter(|first| *first < as_of),
        basis: settings.basis,
        lapse_days,
        recovery_window_days: settings.recovery_window_days,
        periods: grains.iter().map(|grain| periods(*grain)).collect(),
        revenue_windows: grains.iter().map(|grain| settings.revenue_window(*grain)).collect(),
        max_k: grains.iter().map(|grain| settings.max_k(*grain)).collect(),
        slots,
        first_segments: (settings.segments.iter())
            .filter(|(_, at)| *at == SegmentAt::First)
            .map(|(name, _)| Arc::from(*name))
            .collect(),
        cancel_reasons: reasons.clone(),
        reasons,
        survey_reasons,
        survey_window_days: settings.survey_window_days,
        win_back: WinBack {
            prospect_after_days: settings.prospect_after_days,
            attribution_window_days: settings.attribution_window_days,
            campaigns,
            strategies,
            has_prospects: history.prospects.is_some(),
            has_contacts: history.contacts.is_some(),
        },
        loyalty: settings.loyalty,
        gaps: settings.gaps,
        lifetime: settings.lifetime,
        scale: settings.scale,
        ids: if has_texts(history) { IdType::Text } else { IdType::Signed },
    });
    let options =
        FoldOptions { context: &context, slots: &slot_map, keep: true, progress: &|_| () };
    let measures = measures(&context, history.surveys.is_some());
    let folded = gathered.fold(&pool, &options, measures).expect("a fold");
    let mut all = Finished::default();
    for measure in folded.measures {
        let Finished { tables, ledgers } = measure.finish();
        all.tables.extend(tables);
        all.ledgers.extend(ledgers);
    }
    Run {
        as_of: Some(as_of),
        lapse_days: Some(lapse_days),
        left_out: Some(counts(&folded.census.left_out)),
        notes_left_out: Some(notes(&folded.census.left_out)),
        tables: all.tables,
        ledgers: list(&gathered, &pool, &options, &all.ledgers),
    }
}

fn gather(
    history: &History,
    settings: &Settings,
    inputs: &[(Input, Columns)],
    shape: Shape,
) -> Result<Gathered, TimelineError> {
    let budget = shape.budget.unwrap_or(usize::MAX);
    let spill = shape.budget.map(|_| Box::new(Memory::default()) as Box<dyn Spill>);
    let gather = Gatherer::new(layout(history, settings), budget, spill);
    for (input, columns) in inputs {
        let mut lanes: Vec<_> = (0..shape.lanes).map(|_| gather.lane(*input)).collect();
        let mut next = 0;
        columns.for_batches(shape.batch, |batch| {
            next = (next + 1) % shape.lanes;
            lanes[next].push(batch)
        })?;
        for lane in lanes {
            lane.close()?;
        }
    }
    Ok(gather.finish())
}

/// `as_of` and W.
fn frame(settings: &Settings, survey: &Survey) -> (Option<Day>, Option<u32>) {
    match settings.basis {
        Basis::Orders => {
            let newest = survey.activity.or(survey.events).map(|(_, last)| last.plus(1));
            let lapse_days = match settings.lapse_days {
                LapseDays::Fixed(days) => Some(days),
                LapseDays::Auto => survey.lapse_days(),
            };
            (settings.as_of.or(newest), lapse_days)
        }
        Basis::Subscriptions => {
            let newest = survey.newest.map(|last| last.plus(1));
            (settings.as_of.or(newest), Some(settings.reactivation_gap_days))
        }
    }
}

/// The rows of each ledger, put together from the parts.
fn list(
    gathered: &Gathered,
    pool: &ThreadPool,
    options: &FoldOptions<'_>,
    ledgers: &[Box<dyn Ledger>],
) -> Vec<(&'static TableSchema, Vec<NaiveRow>)> {
    let rows: Vec<Mutex<Vec<NaiveRow>>> = ledgers.iter().map(|_| Mutex::default()).collect();
    let listed = gathered.list(pool, options, ledgers, |ledger, part| {
        rows[ledger].lock().expect("no thread failed").extend(table_rows(&part));
        Ok::<(), TimelineError>(())
    });
    listed.expect("a list");
    let sorted = |(schema, rows): (&'static TableSchema, Mutex<Vec<NaiveRow>>)| {
        let mut rows = rows.into_inner().expect("no thread failed");
        rows.sort_by_key(|row| {
            schema.key.iter().map(|name| sortable(cell(row, name))).collect::<Vec<_>>()
        });
        (schema, rows)
    };
    ledgers.iter().map(|ledger| ledger.table().schema()).zip(rows).map(sorted).collect()
}

/// A key's cell, so that its order is that of the cells.
fn sortable(cell: &Cell) -> (u64, Option<kohort_model::Id>) {
    match cell {
        Cell::Text(text) => {
            let grain: Grain = text.parse().expect("the only text in a ledger's key is a grain");
            (grain as u64, None)
        }
        Cell::Date(day) => (u64::from(day.0.cast_unsigned() ^ (1 << 31)), None),
        Cell::Id(id) => (0, Some(id.clone())),
        other => panic!("{other:?} is in a ledger's key"),
    }
}

/// Whether customers have texts as ids.
fn has_texts(history: &History) -> bool {
    let rows = history.rows.iter().map(|row| &row.customer);
    let mut ids = rows.chain(history.spans.iter().map(|span| &span.customer));
    ids.next().is_some_and(|id| matches!(id, Id::Text(_)))
}

fn layout(history: &History, settings: &Settings) -> Layout {
    let type_of = |id: &Id| match id {
        Id::Integer(_) => KeyType::Integers,
        Id::Text(_) => KeyType::Bytes,
    };
    let History { rows, spans, prospects, contacts, surveys } = history;
    let customers = rows.iter().map(|row| &row.customer);
    let customers = customers.chain(spans.iter().map(|span| &span.customer));
    let customers = customers.chain(prospects.iter().flatten().map(|p| &p.customer));
    let customers = customers.chain(contacts.iter().flatten().map(|c| &c.customer));
    let mut customers = customers.chain(surveys.iter().flatten().map(|a| &a.customer));
    let orders = match settings.basis {
        Basis::Orders => rows.first().and_then(|row| row.order.as_ref()),
        Basis::Subscriptions => spans.first().map(|span| &span.subscription),
    };
    let is_midnight = |r: &Row| Row::new(r.customer.clone(), r.day, 0).instant == r.instant;
    let is_contractual = settings.basis == Basis::Subscriptions;
    Layout {
        customers: customers.next().map_or(KeyType::Integers, type_of),
        orders: orders.map(type_of).or(is_contractual.then_some(KeyType::Integers)),
        resolve: match (settings.basis, settings.rows) {
            (Basis::Subscriptions, _) => Resolve::Spans,
            (_, RowsMode::Rows) => Resolve::Rows,
            (_, RowsMode::Lines) => Resolve::Lines,
            (_, RowsMode::Latest) => Resolve::Latest,
        },
        instants: !is_contractual && !rows.iter().all(is_midnight),
        reasons: true,
        causes: is_contractual,
        cancelled: is_contractual,
        segments: settings.segments.len(),
        any_activity: settings.activity == Activity::Any && !is_contractual,
        history_start: settings.history_start,
        as_of: settings.as_of,
        today: settings.run_day.unwrap_or(Day(i32::MAX)),
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
        empty_span,
        unpaid,
        ..
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
        ("empty_span", empty_span),
        ("unpaid", unpaid),
    ];
    counts.into_iter().filter(|(_, n)| *n > 0).collect()
}

/// The same of the further inputs, by their names.
fn notes(left_out: &LeftOut) -> BTreeMap<&'static str, u64> {
    let counts = [
        ("prospects", left_out.late_prospects),
        ("contacts", left_out.late_contacts),
        ("surveys", left_out.late_answers),
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
