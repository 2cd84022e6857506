//! Second stage: the rows of the inputs are gathered by customer.

use std::sync::atomic::{AtomicU64, Ordering};

use kohort_cache::{Share, State};
use kohort_model::Spill;
use kohort_publish::LateRows;
use kohort_timeline::{Gathered as Rows, Gatherer};

use super::opened::{Inputs, Opened};
use super::shared::Run;
use crate::labels::Reports;
use crate::lookups::bytes;
use crate::memory::gather_budget;
use crate::read::{ReadError, ReadInputs, Reader};
use crate::row_cache::{late_rows, open_state};
use crate::{Event, RunError, dry_run, verbose};

/// Rows by customer, and what became of each input.
pub(super) struct Gathered {
    pub opened: Opened,
    pub read: ReadInputs,
    /// Rows that came to closed periods, or went from them, since the previous run.
    pub late: Vec<LateRows>,
    pub rows: Rows,
}

impl Gathered {
    /// What became of the rows, by input.
    pub fn reports(&self) -> Reports<'_> {
        Reports { inputs: &self.opened.inputs.plan.inputs, reports: &self.read.reports }
    }
}

impl Opened {
    /// Reads the inputs; what the cache has of them is put back instead.
    pub fn gather(self, run: &mut Run<'_>) -> Result<Gathered, RunError> {
        let Inputs { plan, parts, previous, .. } = &self.inputs;
        run.warnings.warn_of_assumptions(&plan.inputs);
        run.warnings.warn_of_lookups(&plan.lookups);
        let files = plan.inputs.iter().flat_map(kohort_load::Opened::files);
        let rows = files.map(|file| file.rows).sum();
        let mut state = run
            .locking(|on_wait| open_state(run.pipeline, parts, &run.id, on_wait, &run.warnings))?;
        let old: Vec<_> = state.iter().flat_map(State::shares).cloned().collect();
        if let Some(state) = state.as_mut().filter(|_| run.options.full_refresh) {
            state.clear();
        }
        self.report_what_is_read(run, &old);
        let (read, rows) = run.stage("read", Some(rows), "rows", |run, advance| {
            self.read(run, state.as_mut(), advance)
        })?;
        let new: Vec<_> = read.shares.iter().flatten().cloned().collect();
        let known = previous.record().filter(|_| !old.is_empty());
        let late = known.map(|known| late_rows(run.pipeline, known, &old, &new));
        Ok(Gathered { opened: self, read, late: late.unwrap_or_default(), rows })
    }

    fn report_what_is_read(&self, run: &Run<'_>, shares: &[Share]) {
        let lookups = self.inputs.plan.lookups.iter();
        let lookups = lookups.flat_map(|lookup| verbose::of_lookup(lookup));
        lookups.for_each(|line| (run.observe)(Event::Detail(line)));
        let now = run.started_at.timestamp_micros();
        for (opened, keys) in self.inputs.plan.inputs.iter().zip(&self.inputs.parts.keys) {
            let known = if run.options.full_refresh { &[][..] } else { shares };
            let planned = dry_run::of_input(opened, keys, known, (now, run.today));
            let lines = verbose::of_input(opened, &planned).into_iter();
            lines.for_each(|line| (run.observe)(Event::Detail(line)));
        }
    }

    /// Reads everything; a second time without the cache, where that is damaged.
    fn read(
        &self,
        run: &Run<'_>,
        mut state: Option<&mut State>,
        advance: &(dyn Fn(u64) + Sync),
    ) -> Result<(ReadInputs, Rows), RunError> {
        let memory_limit = run.options.memory_limit;
        let done = AtomicU64::new(0);
        let reader = Reader {
            plan: &self.inputs.plan,
            keys: &self.inputs.parts.keys,
            pool: &run.pool,
            threads: run.threads,
            memory_limit,
            now: run.started_at.timestamp_micros(),
            today: run.today,
            progress: &|rows| advance(done.fetch_add(rows, Ordering::Relaxed) + rows),
            warnings: &run.warnings,
        };
        loop {
            let spill = match memory_limit {
                Some(_) => Some(Box::new(self.staging.spill()?) as Box<dyn Spill>),
                None => None,
            };
            let lookups = bytes(&self.inputs.plan.lookups);
            let budget = gather_budget(memory_limit.map(|limit| limit.saturating_sub(lookups)));
            let gatherer = Gatherer::new(self.inputs.plan.layout, budget, spill);
            match reader.read(&gatherer, state.as_deref_mut()) {
                Ok(read) => return Ok((read, gatherer.finish())),
                Err(ReadError::Run(error)) => return Err(error),
                Err(ReadError::Damaged) => {
                    done.store(0, Ordering::Relaxed);
                    if let Some(state) = &mut state {
                        state.clear();
                    }
                    let text = "what was kept of the inputs is damaged; everything is read again";
                    run.warnings.warn(text.to_owned());
                }
            }
        }
    }
}
