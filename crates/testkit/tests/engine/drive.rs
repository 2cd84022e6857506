//! From a history to tables through the engine.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};

use kohort_measures::MEASURES;
use kohort_model::{
    Basis, Cell, Cells, Context, CustomerTable, Day, EventBatch, Finished, Grain, IdType, Input,
    Measure, MemoryGuard, OmissionCounter, Omitted, Periods, RiskFit, SegmentAt, SettingValue,
    Source, Spill, Table, TableSchema, TableSpec, WinBack,
};
use kohort_testkit::reference::{FurtherLeftOut, Omissions, in_order_of_names};
use kohort_testkit::strategies::Case;
use kohort_testkit::{Columns, History, LapseDays, NaiveRow, Settings, cell, table_rows};
use kohort_timeline::{
    Block, Codes, FoldOptions, Gathered, Gatherer, Inputs, Keep, LeftOut, NotTaken, SegmentValues,
    SlotMap, Survey, TimelineError,
};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::labels::Further;
use crate::layout::{has_texts, layout};

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
    /// Whether the rows go through blocks that are kept, under other codes than those of now.
    pub kept: bool,
}

/// What a run says.
pub struct Run {
    /// `None` where no activity is known that would tell.
    pub as_of: Option<Day>,
    pub lapse_days: Option<u32>,
    /// `None` where there is nothing to fold by.
    pub left_out: Option<BTreeMap<&'static str, u64>>,
    pub further_left_out: Option<FurtherLeftOut>,
    pub omissions: Option<Omissions>,
    pub tables: Vec<Table>,
    /// Rows of each customer table, sorted by key.
    pub customer_tables: Vec<(&'static TableSchema, Vec<NaiveRow>)>,
    /// The model of leaving, where there is one.
    pub risk: Option<RiskFit>,
}

/// Every measure whose tables the inputs offer.
fn measures(
    context: &Arc<Context>,
    history: &History,
    settings: &Settings,
) -> Vec<Box<dyn Measure>> {
    let basis = Some(settings.basis).filter(|_| settings.has_history);
    let has = |source: &Source| has_source(history, basis, *source);
    let has_history = settings.has_history;
    let is_offered =
        |table: &TableSpec| table.requires.is_met(has) && (has_history || !table.needs_history);
    let settings = of_measures(settings);
    let offered = MEASURES.iter().filter(|spec| spec.tables.iter().any(is_offered));
    let mut measures: Vec<_> =
        offered.map(|spec| (spec.start)(Arc::clone(context), &settings)).collect();
    let tables = kohort_measures::tables().filter(|table| is_offered(table));
    measures.push(Box::new(OmissionCounter::new(Arc::clone(context), &settings, tables)));
    measures
}

/// Whether the history of a case has an input, and this column of it.
fn has_source(history: &History, basis: Option<Basis>, source: Source) -> bool {
    let (Source::Input(input) | Source::Column(input, _)) = source;
    let has_input = match input {
        Input::Orders => basis == Some(Basis::Orders),
        Input::Subscriptions => basis == Some(Basis::Subscriptions),
        Input::Prospects => history.prospects.is_some(),
        Input::Contacts => history.contacts.is_some(),
        Input::Surveys => history.surveys.is_some(),
        Input::Touchpoints => history.touchpoints.is_some(),
        Input::Identities => history.identities.is_some(),
        Input::Opportunities => history.opportunities.is_some(),
        Input::OrderLines => history.order_lines.is_some(),
        Input::Returns => history.order_lines.is_some() && history.returns.is_some(),
        Input::Invoices => history.invoices.is_some(),
        Input::Payments => history.invoices.is_some() && history.payments.is_some(),
        Input::Engagement => history.engagement.is_some(),
    };
    let mapped = history.mapped();
    has_input
        && match source {
            Source::Column(Input::Touchpoints, "cart_id") => mapped.carts,
            Source::Column(Input::Surveys, "score") => mapped.scores,
            Source::Column(..) | Source::Input(_) => true,
        }
}

/// The settings of measures.
fn of_measures(settings: &Settings) -> kohort_model::Settings {
    let whole = |number: u32| SettingValue::Whole(number);
    let calibration_end = settings.lifetime.calibration_end.map(SettingValue::Day);
    let given = [
        ("lost_sales.recovery_window_days", whole(settings.recovery_window_days)),
        ("lost_sales.survey_window_days", whole(settings.lost_survey_window_days)),
        ("churn_reasons.survey_window_days", whole(settings.survey_window_days)),
        ("win_back.prospect_after_days", whole(settings.prospect_after_days)),
        ("win_back.attribution_window_days", whole(settings.attribution_window_days)),
        ("funnel.window_hours", whole(settings.window_hours)),
        ("carts.window_hours", whole(settings.cart_window_hours)),
        ("product_returns.window_days", whole(settings.return_window_days)),
        ("churn_indicators.window_days", whole(settings.indicator_window_days)),
        ("cross_sell.min_support", SettingValue::Number(settings.min_support)),
        ("cross_sell.max_items", whole(u32::try_from(settings.max_items).expect("few items"))),
        ("loyalty.window_days", whole(settings.loyalty.window_days)),
        ("loyalty.orders", whole(settings.loyalty.orders)),
        ("purchase_gaps.max_gap_number", whole(settings.gaps.max_number)),
        ("purchase_gaps.bucket_days", whole(settings.gaps.bucket_days)),
        ("lifetime.unit_days", whole(settings.lifetime.unit_days)),
        ("customers.at_risk_ratio", SettingValue::Number(settings.lifetime.at_risk_ratio)),
    ];
    let mut all = kohort_model::Settings::default();
    let more = calibration_end.map(|end| ("lifetime.calibration_end", end));
    for (key, value) in given.into_iter().chain(more) {
        let (section, key) = key.split_once('.').expect("a dotted key");
        all.set(kohort_measures::section(section).expect("a section"), key, value);
    }
    all
}

pub fn run(case: &Case, shape: Shape) -> Run {
    let (history, mut settings) = in_order_of_names(case.history.clone(), &case.settings);
    settings.grains.sort_unstable();
    let (history, settings) = (&history, &settings);
    let mut inputs = inputs(history, settings);
    let gathered = gather(history, settings, &mut inputs, shape).expect("batches are taken");
    let pool = ThreadPoolBuilder::new().num_threads(shape.threads).build().expect("threads");
    fold_all(history, settings, &inputs, (&gathered, &pool), i32::MAX).expect("tables")
}

/// The columns of every input, the history's first.
pub fn inputs(history: &History, settings: &Settings) -> Vec<(Input, Columns)> {
    let basis = match settings.basis {
        Basis::Orders => Input::Orders,
        Basis::Subscriptions => Input::Subscriptions,
    };
    Columns::of(history, basis, settings.segments.len())
}

/// What comes of gathered rows; nothing where the tables would have more than `most_days` days.
pub fn fold_all(
    history: &History,
    settings: &Settings,
    inputs: &[(Input, Columns)],
    (gathered, pool): (&Gathered, &ThreadPool),
    most_days: i32,
) -> Result<Run, TimelineError> {
    let columns = &inputs[0].1;
    let segments: Vec<_> = (settings.segments.iter().zip(columns.segment_codes()))
        .map(|((name, at), codes)| SegmentValues {
            name: Arc::from(*name),
            at: *at,
            texts: with_none(codes.texts.clone(), inputs.len() > 1),
        })
        .collect();
    let reasons = columns.codes[0].texts.clone();
    let (slot_map, slots) = SlotMap::new(&segments, &reasons);
    let told = Further::new(history, settings, inputs);
    let slot_map = told.labels.with(slot_map);
    let survey = gathered.survey(
        pool,
        &slot_map,
        settings.has_history && settings.lapse_days == LapseDays::Auto,
    )?;
    let (as_of, lapse_days) = frame(settings, &survey);
    let first = as_of.map(|as_of| first_day(settings, &survey, as_of));
    let is_short = |first: &Day| as_of.is_some_and(|as_of| as_of.0 - first.0 <= most_days);
    let (Some(as_of), Some(lapse_days), Some(first)) = (as_of, lapse_days, first.filter(is_short))
    else {
        return Ok(Run {
            as_of,
            lapse_days,
            left_out: None,
            further_left_out: None,
            omissions: None,
            tables: Vec::new(),
            customer_tables: Vec::new(),
            risk: None,
        });
    };

    let grains = &settings.grains;
    let told = told.at(as_of, &survey);
    let [campaigns, strategies] = told.contacts;
    let periods = |grain| Periods::new(&settings.calendar, grain, first, as_of);
    let context = Arc::new(Context {
        as_of,
        history_start: settings.history_start,
        first_activity: survey.activity.map(|(first, _)| first).filter(|first| *first < as_of),
        basis: settings.basis,
        lapse_days,
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
        survey_reasons: told.answers,
        win_back: WinBack {
            campaigns,
            strategies,
            has_prospects: history.prospects.is_some(),
            has_contacts: history.contacts.is_some(),
        },
        funnel: told.funnel,
        sales: told.sales,
        goods: told.goods,
        terms_days: settings.terms_days,
        engagement: told.engagement,
        calendar: settings.calendar,
        scale: settings.scale,
        ids: if has_texts(history) { IdType::Text } else { IdType::Signed },
        memory: MemoryGuard::default(),
    });
    let options = FoldOptions {
        context: &context,
        slots: &slot_map,
        reads: Inputs::ALL,
        keeps: Some(Inputs::ALL),
        progress: &|_| (),
    };
    let (all, left_out) = fold(gathered, pool, (&options, &context), (history, settings))?;
    Ok(Run {
        as_of: Some(as_of),
        lapse_days: Some(lapse_days),
        left_out: Some(counts(&left_out)),
        further_left_out: Some(further(&left_out)),
        omissions: Some(omissions(&all.omitted)),
        tables: all.tables,
        customer_tables: list(gathered, pool, &options, &all.customer_tables)?,
        risk: all.risk,
    })
}

/// Everything that comes of the measures, and what stands nowhere.
fn fold(
    gathered: &Gathered,
    pool: &ThreadPool,
    (options, context): (&FoldOptions<'_>, &Arc<Context>),
    (history, settings): (&History, &Settings),
) -> Result<(Finished, LeftOut), TimelineError> {
    let mut late_touches = 0;
    if history.touchpoints.is_some() {
        late_touches = gathered.identify(pool, context.as_of)?;
    }
    let folded = gathered.fold(pool, options, measures(context, history, settings))?;
    let mut left_out = folded.census.left_out;
    left_out.further[Input::Touchpoints as usize].after_as_of += late_touches;
    let mut all = finish(folded.measures);
    let again = std::mem::take(&mut all.second_pass);
    if !again.is_empty() {
        let more = gathered.fold(pool, options, again)?;
        all.tables.extend(finish(more.measures).tables);
    }
    Ok((all, left_out))
}

/// The day with which the periods begin.
fn first_day(settings: &Settings, survey: &Survey, as_of: Day) -> Day {
    let of_tables = [
        Input::Surveys,
        Input::Touchpoints,
        Input::Opportunities,
        Input::OrderLines,
        Input::Returns,
        Input::Invoices,
        Input::Engagement,
    ];
    let first = |days: Option<(Day, Day)>| days.map(|(first, _)| first);
    let further = of_tables.into_iter().filter_map(|input| first(survey.further[input as usize]));
    let known = further.filter(|first| *first < as_of);
    let all = first(survey.events).into_iter().chain(settings.history_start).chain(known);
    all.min().unwrap_or(as_of)
}

/// Everything that comes of measures.
fn finish(measures: Vec<Box<dyn Measure>>) -> Finished {
    let mut all = Finished::default();
    for measure in measures {
        let Finished { tables, customer_tables, second_pass, risk, omitted, warnings } =
            measure.finish();
        all.tables.extend(tables);
        all.customer_tables.extend(customer_tables);
        all.second_pass.extend(second_pass);
        all.risk = all.risk.or(risk);
        all.omitted.extend(omitted);
        all.warnings.extend(warnings);
    }
    all
}

/// The values of a segment; with further inputs there may be people whom nothing gives one.
fn with_none(mut texts: Vec<Arc<str>>, has_further: bool) -> Vec<Arc<str>> {
    if has_further && texts.iter().all(|text| &**text != "(none)") {
        texts.push("(none)".into());
    }
    texts
}

fn gather(
    history: &History,
    settings: &Settings,
    inputs: &mut [(Input, Columns)],
    shape: Shape,
) -> Result<Gathered, TimelineError> {
    let budget = shape.budget.unwrap_or(usize::MAX);
    let spill = shape.budget.map(|_| Box::new(Memory::default()) as Box<dyn Spill>);
    let gather = Gatherer::new(layout(history, settings), budget, spill);
    for (input, columns) in inputs {
        if shape.kept {
            let blocks = keep(history, settings, (*input, columns), shape.batch)?;
            let all = restore(&gather, (*input, columns), &blocks)?;
            assert!(all, "what was kept is damaged");
            continue;
        }
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

/// Keeps the rows of an input in blocks, those of three parts in turn and with the codes of texts in
/// reverse.
pub fn keep(
    history: &History,
    settings: &Settings,
    (input, columns): (Input, &Columns),
    batch_rows: usize,
) -> Result<Vec<Vec<u8>>, TimelineError> {
    let texts: Vec<&[Arc<str>]> = columns.codes.iter().map(|codes| &*codes.texts).collect();
    let reversed = |column: usize, codes: &[u32]| -> Vec<u32> {
        let last = u32::try_from(texts[column].len()).expect("few texts").wrapping_sub(1);
        codes.iter().map(|code| last - code).collect()
    };
    let kept = Blocks::default();
    let text =
        |column: usize, code: u32| texts[column][reversed(column, &[code])[0] as usize].to_string();
    let before = Gatherer::new(layout(history, settings), usize::MAX, None);
    let keeper = before.keeper(input, &text, &kept);
    let mut next = 0;
    columns.for_batches(batch_rows, |batch| {
        let own = |place: usize| match (columns.list_of(place), batch.columns[place]) {
            (Some(list), Some(Cells::Codes(codes))) => reversed(list, codes),
            _ => Vec::new(),
        };
        let codes: Vec<Vec<u32>> = (0..batch.columns.len()).map(own).collect();
        let mut changed = batch.columns.to_vec();
        for (cells, codes) in changed.iter_mut().zip(&codes) {
            if matches!(cells, Some(Cells::Codes(_))) {
                *cells = Some(Cells::Codes(codes));
            }
        }
        let lists = texts.len() - batch.segments.len();
        let segments: Vec<Vec<u32>> =
            (lists..).zip(batch.segments).map(|(list, codes)| reversed(list, codes)).collect();
        let segments: Vec<&[u32]> = segments.iter().map(Vec::as_slice).collect();
        next = (next + 1) % 3;
        keeper.push(next, &EventBatch { columns: &changed, segments: &segments, ..*batch })
    })?;
    (0..3).try_for_each(|part| keeper.finish(part))?;
    Ok(kept.0.into_inner().expect("no thread failed"))
}

/// Puts the blocks of an input back; texts that it does not have are added. Whether all were blocks.
pub fn restore(
    gather: &Gatherer,
    (input, columns): (Input, &mut Columns),
    blocks: &[Vec<u8>],
) -> Result<bool, TimelineError> {
    let blocks: Option<Vec<_>> = blocks.iter().map(|bytes| gather.block(input, bytes)).collect();
    let Some(blocks) = blocks else { return Ok(false) };
    let of_blocks: Vec<_> = blocks.iter().map(Block::texts).collect();
    let mut code = |column: usize, text: &str| Ok(columns.codes[column].code(text));
    let all = Codes::new::<TimelineError>(of_blocks.iter(), &mut code)?;
    for (block, texts) in blocks.iter().zip(&of_blocks) {
        gather.restore(block, &all.of(texts, &mut code)?)?;
    }
    Ok(true)
}

/// Blocks in memory.
#[derive(Default)]
struct Blocks(Mutex<Vec<Vec<u8>>>);

impl Keep for Blocks {
    fn keep(&self, _part: usize, _days: &BTreeMap<i32, u64>, block: &[u8]) -> io::Result<()> {
        self.0.lock().expect("no thread failed").push(block.to_vec());
        Ok(())
    }
}

/// `as_of` and W.
fn frame(settings: &Settings, survey: &Survey) -> (Option<Day>, Option<u32>) {
    match settings.basis {
        _ if !settings.has_history => {
            let of_rows = survey.further.iter().flatten().map(|(_, last)| *last);
            let newest = of_rows.chain(survey.newest.values().copied()).max();
            (settings.as_of.or(newest.map(|last| last.plus(1))), Some(0))
        }
        Basis::Orders => {
            let newest = survey.activity.or(survey.events).map(|(_, last)| last.plus(1));
            let lapse_days = match settings.lapse_days {
                LapseDays::Fixed(days) => Some(days),
                LapseDays::Auto => survey.lapse_days(),
            };
            (settings.as_of.or(newest), lapse_days)
        }
        Basis::Subscriptions => {
            let newest = survey.newest_of(Input::Subscriptions).map(|(last, _)| last.plus(1));
            (settings.as_of.or(newest), Some(settings.reactivation_gap_days))
        }
    }
}

/// The rows of each customer table, put together from the parts.
fn list(
    gathered: &Gathered,
    pool: &ThreadPool,
    options: &FoldOptions<'_>,
    customer_tables: &[Box<dyn CustomerTable>],
) -> Result<Vec<(&'static TableSchema, Vec<NaiveRow>)>, TimelineError> {
    let rows: Vec<Mutex<Vec<NaiveRow>>> =
        customer_tables.iter().map(|_| Mutex::default()).collect();
    gathered.list(pool, options, customer_tables, |place, part| {
        rows[place].lock().expect("no thread failed").extend(table_rows(&part));
        Ok::<(), TimelineError>(())
    })?;
    let sorted = |(schema, rows): (&'static TableSchema, Mutex<Vec<NaiveRow>>)| {
        let mut rows = rows.into_inner().expect("no thread failed");
        rows.sort_by_key(|row| {
            schema.key.iter().map(|name| sortable(cell(row, name))).collect::<Vec<_>>()
        });
        (schema, rows)
    };
    Ok(customer_tables.iter().map(|table| table.table().schema()).zip(rows).map(sorted).collect())
}

/// A key's cell, so that its order is that of the cells.
fn sortable(cell: &Cell) -> (u64, Option<kohort_model::Id>) {
    match cell {
        Cell::Text(text) => {
            let grain: Grain =
                text.parse().expect("the only text in the key of a customer table is a grain");
            (grain as u64, None)
        }
        Cell::Date(day) => (u64::from(day.0.cast_unsigned() ^ (1 << 31)), None),
        Cell::Id(id) => (0, Some(id.clone())),
        other => panic!("{other:?} is in the key of a customer table"),
    }
}

/// By the names of docs/concepts.md, without those of which there are none.
fn counts(left_out: &LeftOut) -> BTreeMap<&'static str, u64> {
    let LeftOut {
        ignored,
        after_as_of,
        before_history_start,
        negative_attempt,
        refund_without_order,
        mixed_status,
        superseded,
        empty_span,
        unpaid,
        unmatched_discount,
        ..
    } = *left_out;
    let counts = [
        ("ignored", ignored),
        ("after_as_of", after_as_of),
        ("before_history_start", before_history_start),
        ("negative_attempt", negative_attempt),
        ("refund_without_order", refund_without_order),
        ("mixed_status", mixed_status),
        ("superseded", superseded),
        ("empty_span", empty_span),
        ("unpaid", unpaid),
        ("unmatched_discount", unmatched_discount),
    ];
    counts.into_iter().filter(|(_, n)| *n > 0).collect()
}

/// The same of the further inputs.
fn further(left_out: &LeftOut) -> FurtherLeftOut {
    let mut all = FurtherLeftOut::new();
    for (input, counts) in Input::ALL.into_iter().zip(&left_out.further) {
        let NotTaken {
            after_as_of,
            superseded,
            ignored,
            other_step,
            unmatched,
            anonymous,
            undated,
            later,
        } = *counts;
        let reasons = [
            ("after_as_of", after_as_of),
            ("superseded", superseded),
            ("ignored", ignored),
            ("other_step", other_step),
            ("without_invoice", unmatched),
            ("anonymous", anonymous),
            ("undated", undated),
            ("later", later),
        ];
        for (reason, n) in reasons {
            if n > 0 {
                all.insert((input.name(), reason), n);
            }
        }
    }
    all
}

/// By table and name, without those of which there are none.
fn omissions(omitted: &[Omitted]) -> Omissions {
    let some = omitted.iter().filter(|omitted| omitted.rows > 0);
    some.map(|omitted| ((omitted.table, omitted.name), omitted.rows)).collect()
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
