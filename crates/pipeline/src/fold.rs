//! The fold: every measure over every timeline, within memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use kohort_model::{
    Context, Day, Extent, Finished, Grain, Measure, MeasureSpec, OmissionCounter, Passes, TableSpec,
};
use kohort_timeline::{Census, FoldOptions, Folded, Gathered, Inputs, SlotMap, TimelineError};

use crate::RunError;
use crate::memory::{Ceiling, TooLarge};
use crate::plan::Plan;
use crate::run::Run;

/// What a fold needs beside what was gathered.
#[derive(Clone, Copy)]
struct Folding<'a> {
    slots: &'a SlotMap,
    /// Its guard is that of the ceiling.
    context: &'a Arc<Context>,
    ceiling: Ceiling,
    /// Names of the tables that are asked for.
    tables: &'a [&'static str],
}

/// What came of all folds.
pub(crate) struct Counted {
    pub context: Arc<Context>,
    pub finished: Finished,
    pub census: Census,
}

impl Run<'_> {
    /// All tables of the measures, wanted or not.
    pub(crate) fn fold(
        &mut self,
        gathered: &Gathered,
        plan: &Plan,
        slots: &SlotMap,
        mut context: Context,
        memory_limit: Option<u64>,
    ) -> Result<Counted, RunError> {
        let ceiling = Ceiling::now(memory_limit, self.threads);
        context.memory = ceiling.guard();
        let context = Arc::new(context);
        let folding = Folding { slots, context: &context, ceiling, tables: &self.pipeline.tables };
        let settings = &self.pipeline.measures;
        let start = |measure: &&MeasureSpec| (measure.start)(Arc::clone(&context), settings);
        let mut measures: Vec<_> = plan.measures.iter().map(start).collect();
        let is_written = |table: &&TableSpec| folding.tables.contains(&table.schema.name);
        let written = plan.measures.iter().flat_map(|measure| measure.tables).filter(is_written);
        measures.push(Box::new(OmissionCounter::new(Arc::clone(&context), settings, written)));
        // The rows of everybody are certain before anything is counted.
        let of_all: Vec<Option<Day>> = context.first_activity.into_iter().map(Some).collect();
        folding.check(&measures, &of_all)?;
        let listed = plan.read_by(Passes::ThenRows);
        let again = plan.read_by(Passes::Two);
        let later = [listed, again].into_iter().flatten().reduce(Inputs::and);
        let (mut finished, census) =
            self.fold_once("fold", gathered, folding, (measures, Inputs::ALL, later))?;
        let measures = std::mem::take(&mut finished.second_pass);
        if !measures.is_empty() {
            let reads = again.unwrap_or(Inputs::ALL);
            let (more, _) =
                self.fold_once("fold again", gathered, folding, (measures, reads, listed))?;
            finished.tables.extend(more.tables);
            finished.warnings.extend(more.warnings);
        }
        Ok(Counted { context, finished, census })
    }

    /// With measures come the inputs that they look at, and those that later passes do, if there are some.
    fn fold_once(
        &mut self,
        stage: &'static str,
        gathered: &Gathered,
        folding: Folding<'_>,
        (measures, reads, keeps): (Vec<Box<dyn Measure>>, Inputs, Option<Inputs>),
    ) -> Result<(Finished, Census), RunError> {
        let Folding { slots, context, .. } = folding;
        self.stage(stage, Some(Gathered::PARTITIONS), "partitions", |run, progress| {
            let options = FoldOptions { context, slots, reads, keeps, progress };
            let folded = gathered.fold(&run.pool, &options, measures);
            let Folded { measures, census, first_days } = folded.map_err(|error| match error {
                TimelineError::OverMemory => folding.too_large(None),
                error => error.into(),
            })?;
            folding.check(&measures, &first_days)?;
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
            // Tables take no more rows from then on.
            if context.memory.was_over() {
                return Err(folding.too_large(None));
            }
            Ok((all, census))
        })
    }
}

impl Folding<'_> {
    /// That the tables of slots with these first days fit into what is left.
    fn check(
        &self,
        measures: &[Box<dyn Measure>],
        first_days: &[Option<Day>],
    ) -> Result<(), RunError> {
        let extent = Extent { context: self.context, first_days };
        let bytes = measures.iter().map(|measure| measure.expected_bytes(&extent));
        let needed: u64 = bytes.fold(0, u64::saturating_add);
        match self.ceiling.left() {
            Some(left) if needed > left => Err(self.too_large(Some(needed))),
            _ => Ok(()),
        }
    }

    fn too_large(&self, needed: Option<u64>) -> RunError {
        let context = self.context;
        let mut values: BTreeMap<&str, usize> = BTreeMap::new();
        for slot in context.slots.iter().filter(|slot| slot.value.is_some()) {
            *values.entry(&slot.segment).or_default() += 1;
        }
        let largest = values.into_iter().max_by_key(|(_, values)| *values);
        let finest = context.periods.first();
        RunError::TooLarge(Box::new(TooLarge {
            tables: self.tables.to_vec(),
            needed,
            ceiling: self.ceiling,
            first_day: context.first_activity.unwrap_or(context.as_of),
            grain: finest.map_or(Grain::Day, |periods| periods.grain),
            periods: finest.map_or(0, kohort_model::Periods::len),
            slots: context.slots.len(),
            segment: largest.map(|(name, values)| (name.to_owned(), values)),
        }))
    }
}
