//! What follows from a pipeline file: what to read, what to carry, what to compute.

use std::path::PathBuf;
use std::slice;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use kohort_cache::State;
use kohort_checks::{Finding, Status};
use kohort_inputs::spec;
use kohort_load::{Lookups, Needs, Opened, OpenedLookup};
use kohort_model::{Basis, Day, IdSpace, IdType, Input, MeasureSpec, Passes, Switch, ValueKind};
use kohort_notify::LineageTarget;
use kohort_publish::Output;
use kohort_timeline::{Carried, Inputs, KeyType, Layout, Resolve};

use crate::checks::{contract, fail};
use crate::count::{CheckedValue, checked_values};
use crate::frame::customer_ids;
use crate::lookups::read_all;
use crate::sources::{lookup_sources, sources};
use crate::tables::measures;
use crate::{Activity, Pipeline, Rows, RunError, RunOptions};

/// Opened inputs and what to make of them.
pub(crate) struct Plan {
    /// Those that a selected table needs; orders or subscriptions, where there are some, first.
    pub inputs: Vec<Opened>,
    /// Those in which these look values up, all of which were read.
    pub lookups: Vec<Arc<OpenedLookup>>,
    pub needs: Needs,
    pub layout: Layout,
    pub measures: Vec<&'static MeasureSpec>,
}

impl Plan {
    /// What a run with some options does that begins `now`.
    pub fn new(
        pipeline: &Pipeline,
        now: DateTime<Utc>,
        options: &RunOptions,
    ) -> Result<Self, RunError> {
        let (mut inputs, lookups) = open(pipeline)?;
        let measures = measures(&pipeline.tables, &pipeline.offered_tables(), options.alerts);
        let history = pipeline.basis.input();
        let maps = |column| history.is_some_and(|input| pipeline.maps(input, column));
        let (needs, resolve) = match pipeline.basis.basis() {
            Some(Basis::Orders) => {
                let unique = pipeline.checks.unique_order_ids.is_some();
                let resolve = match (pipeline.basis.rows(), maps("updated_at"), unique) {
                    (Rows::Lines, ..) => Resolve::Lines,
                    (Rows::Orders, true, _) => Resolve::Latest,
                    (Rows::Orders, false, true) => Resolve::Unique,
                    (Rows::Orders, false, false) => Resolve::Rows,
                };
                let attempts = measures.iter().any(|measure| measure.carries.attempts);
                let has_segments = !pipeline.segments.is_empty();
                let has_lost = has_lost(pipeline);
                let is_resolved = resolve != Resolve::Rows;
                let needs = Needs {
                    order_ids: is_resolved || has_segments || (attempts && has_lost),
                    instants: attempts || has_segments || is_resolved,
                    reasons: attempts && has_lost && maps("lost_reason"),
                };
                (needs, resolve)
            }
            Some(Basis::Subscriptions) => {
                let reasons =
                    maps("cancel_reason") && measures.iter().any(|measure| measure.carries.endings);
                (Needs { order_ids: true, instants: false, reasons }, Resolve::Spans)
            }
            // As of orders, of which there are none.
            None => (Needs { order_ids: false, instants: false, reasons: false }, Resolve::Rows),
        };
        let opened = history.and_then(|history| inputs.iter().find(|o| o.input() == history));
        let customers = customer_ids(&inputs);
        let layout = Layout {
            customers: key_type(customers),
            text_customers: customers == IdType::Text,
            orders: opened.and_then(order_ids).filter(|_| needs.order_ids).map(key_type),
            resolve,
            instants: needs.instants && opened.is_some_and(Opened::has_instants),
            reasons: needs.reasons,
            updates: history == Some(Input::Subscriptions) && maps("updated_at"),
            inclusive_ends: opened.is_some_and(|opened| opened.is_on(Switch::InclusiveEnds)),
            causes: maps("involuntary"),
            cancelled: maps("cancelled_at"),
            segments: pipeline.segments.len(),
            any_activity: pipeline.activity == Activity::Any,
            history_start: pipeline.history_start,
            as_of: pipeline.as_of,
            today: today(pipeline, now),
            items: carried(pipeline, &inputs),
        };
        let is_needed = |input: Input| {
            Some(input) == history || measures.iter().any(|measure| measure.reads.contains(&input))
        };
        inputs.retain(|opened| is_needed(opened.input()));
        let lookups = lookups.used_by(&inputs);
        read_all(&lookups, options.memory_limit)?;
        Ok(Self { inputs, lookups, needs, layout, measures })
    }

    /// What is read of an input.
    pub fn needs_of(&self, input: Input) -> Needs {
        match input {
            input if spec(input).is_history => self.needs,
            _ => Needs { order_ids: true, instants: true, reasons: true },
        }
    }

    /// The inputs beside the history that measures with these passes read in the later pass; `None` where no
    /// measure has such passes.
    pub fn read_by(&self, passes: Passes) -> Option<Inputs> {
        let measures = self.measures.iter().filter(|measure| measure.passes == passes);
        measures.map(|measure| Inputs::of(measure.reads.iter().copied())).reduce(Inputs::and)
    }
}

/// Whether some status means that an order is lost.
fn has_lost(pipeline: &Pipeline) -> bool {
    let status = pipeline.input(Input::Orders).and_then(|orders| orders.column("status"));
    status.is_some_and(|status| status.lists.iter().any(|l| l.key == "lost" && !l.texts.is_empty()))
}

/// Every input, whose columns have the types that they must have, and every lookup.
fn open(pipeline: &Pipeline) -> Result<(Vec<Opened>, Lookups), RunError> {
    let lookups = Lookups::open(lookup_sources(pipeline))?;
    let inputs = kohort_load::open_all(sources(pipeline), &lookups)?;
    contract(pipeline, &inputs)?;
    Ok((inputs, lookups))
}

/// Which columns are carried of each input beside the history: those that are mapped.
fn carried(pipeline: &Pipeline, inputs: &[Opened]) -> [Carried; Input::ALL.len()] {
    let mut carried = [Carried::default(); Input::ALL.len()];
    for opened in inputs {
        let spec = spec(opened.input());
        let of_input = &mut carried[spec.input as usize];
        for place in (0..spec.columns.len()).filter(|place| opened.maps(*place)) {
            *of_input = of_input.with(place, opened.ids_of(place).map(key_type));
        }
        if !spec.is_history && pipeline.input(spec.input).is_some_and(|mapped| mapped.are_lines) {
            *of_input = of_input.as_lines();
        }
    }
    carried
}

/// The form of the ids of a history's orders or subscriptions, where they are mapped.
pub(crate) fn order_ids(history: &Opened) -> Option<IdType> {
    history.ids_of(order_column(history)?)
}

/// The place of the column that has them.
pub(crate) fn order_column(history: &Opened) -> Option<usize> {
    let is_own = |kind| matches!(kind, ValueKind::Id(ids) if ids.of == IdSpace::Own);
    spec(history.input()).find(is_own)
}

/// How ids are held.
fn key_type(ids: IdType) -> KeyType {
    match ids {
        IdType::Signed | IdType::Unsigned => KeyType::Integers,
        IdType::Text | IdType::Binary => KeyType::Bytes,
    }
}

/// The business-local day of `now`.
pub(crate) fn today(pipeline: &Pipeline, now: DateTime<Utc>) -> Day {
    Day::from(now.with_timezone(&pipeline.timezone).date_naive())
}

/// What a pipeline's inputs look like, from schemas and footers alone.
#[derive(Debug)]
pub struct CheckReport {
    /// Each input.
    pub inputs: Vec<CheckedInput>,
    /// Each lookup.
    pub lookups: Vec<CheckedLookup>,
    /// The tables that a run would write.
    pub tables: Vec<&'static str>,
    /// The texts that rows have where the pipeline file names some; none where nothing was read.
    pub values: Vec<CheckedValue>,
    /// What the pipeline file names and no row has, in sentences without a full stop.
    pub warnings: Vec<String>,
    failed: Vec<Finding>,
}

impl CheckReport {
    /// That all that was looked for is there, as far as it must be.
    ///
    /// # Errors
    /// [`RunError::ChecksFailed`] with all that is not.
    pub fn verdict(&self) -> Result<(), RunError> {
        fail(self.failed.clone())
    }
}

/// One input.
#[derive(Debug)]
pub struct CheckedInput {
    /// Its name in the pipeline file.
    pub input: &'static str,
    /// Number of files.
    pub files: usize,
    /// Rows in them.
    pub rows: u64,
    /// Their size.
    pub bytes: u64,
    /// Key, expression and type of every mapped value.
    pub columns: Vec<(String, String, String)>,
    /// What is assumed of it, or passed over in it, in sentences without a full stop.
    pub notes: Vec<String>,
}

/// One lookup.
#[derive(Debug)]
pub struct CheckedLookup {
    /// Its name in the pipeline file.
    pub lookup: String,
    /// Number of files.
    pub files: usize,
    /// Rows in them.
    pub rows: u64,
    /// Their size.
    pub bytes: u64,
    /// Its key, then every column that is looked up, each with its type.
    pub columns: Vec<(String, String)>,
    /// What is assumed of it, or passed over in it, in sentences without a full stop.
    pub notes: Vec<String>,
}

/// Looks whether a run may write where the pipeline has it write.
pub(crate) fn check_folders(pipeline: &Pipeline) -> Result<(), RunError> {
    let records = &pipeline.records;
    let lineage = records.lineage.iter().filter_map(|target| match target {
        LineageTarget::File(path) => Some(path),
        LineageTarget::Endpoint(_) => None,
    });
    // A run may have been told of there before it published anything.
    let told: Vec<PathBuf> = lineage.chain(&records.prometheus).cloned().collect();
    let beside = |other: Option<&PathBuf>| [&told[..], other.map_or(&[], slice::from_ref)].concat();
    Output::at(&pipeline.output).check(&beside(pipeline.state.as_ref()))?;
    if let Some(state) = &pipeline.state {
        State::check(state, &beside(Some(&pipeline.output)))?;
    }
    Ok(())
}

/// Checks that the inputs have what the pipeline file maps. No data is read, unless `data` asks for the
/// rows of the texts that the file names and for the keys of lookups.
///
/// # Errors
/// [`RunError::Load`] for the first thing that does not fit, [`RunError::ChecksFailed`] for columns of
/// another type than `[checks]` asks for, [`RunError::Publish`] where a run must not write to the output
/// or the state.
pub fn check(pipeline: &Pipeline, data: bool) -> Result<CheckReport, RunError> {
    let (opened, lookups) = open(pipeline)?;
    if data {
        read_all(&lookups.used_by(&opened), None)?;
    }
    let (values, findings) =
        if data { checked_values(pipeline, &opened)? } else { (Vec::new(), Vec::new()) };
    let (failed, warned): (Vec<_>, Vec<_>) =
        findings.into_iter().partition(|finding| finding.status == Status::Fail);
    let warned = warned.iter().filter(|finding| finding.status == Status::Warn);
    let hide = |text: &str| pipeline.substituted.hide(text).into_owned();
    let column = |(key, text, ty): (String, String, String)| (key, hide(&text), ty);
    let checked = |opened: Opened| {
        let files = opened.files();
        CheckedInput {
            input: opened.input().name(),
            files: files.len(),
            rows: files.iter().map(|file| file.rows).sum(),
            bytes: files.iter().map(|file| file.size).sum(),
            columns: opened.columns().into_iter().map(column).collect(),
            notes: opened.notes().iter().map(|note| hide(note)).collect(),
        }
    };
    let checked_lookup = |lookup: &OpenedLookup| CheckedLookup {
        lookup: lookup.name().to_owned(),
        files: lookup.files().len(),
        rows: lookup.files().iter().map(|file| file.rows).sum(),
        bytes: lookup.files().iter().map(|file| file.size).sum(),
        columns: lookup.columns().into_iter().map(|(text, ty)| (hide(&text), ty)).collect(),
        notes: lookup.notes().iter().map(|note| hide(note)).collect(),
    };
    check_folders(pipeline)?;
    Ok(CheckReport {
        lookups: lookups.iter().map(checked_lookup).collect(),
        inputs: opened.into_iter().map(checked).collect(),
        tables: pipeline.tables.clone(),
        values,
        warnings: warned.map(ToString::to_string).collect(),
        failed,
    })
}
