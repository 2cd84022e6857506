//! Reading: from files, and from what is kept of them, to partitions.

use std::collections::BTreeMap;
use std::error::Error;

use kohort_cache::{CacheError, Segment, Share, State};
use kohort_load::{FileReport, LoadReport, Opened, Reading, Sink, Texts};
use kohort_model::{Day, EventBatch};
use kohort_timeline::{Codes, Gatherer, Keeper, KeptTexts, Lane, NewCodes, TimelineError};
use rayon::ThreadPool;
use rayon::prelude::*;

use crate::RunError;
use crate::plan::Plan;
use crate::row_cache::{Blocks, Collect, holds, not_kept, reports};
use crate::warnings::Warnings;

/// What reading needs beside the inputs.
pub(crate) struct Reader<'a> {
    pub plan: &'a Plan,
    /// By input and part.
    pub keys: &'a [Vec<String>],
    pub pool: &'a ThreadPool,
    pub threads: usize,
    /// Bytes that the run may take; `None` without a limit.
    pub memory_limit: Option<u64>,
    /// The moment of the run in microseconds since 1970-01-01 UTC.
    pub now: i64,
    /// Its business-local day.
    pub today: Day,
    pub progress: &'a (dyn Fn(u64) + Sync),
    pub warnings: &'a Warnings<'a>,
}

/// Why there is nothing to go on with.
pub(crate) enum ReadError {
    /// A kept block is not what was kept.
    Damaged,
    Run(RunError),
}

impl<E: Into<RunError>> From<E> for ReadError {
    fn from(error: E) -> Self {
        Self::Run(error.into())
    }
}

/// What was read of every input.
#[derive(Default)]
pub(crate) struct ReadInputs {
    pub reports: Vec<LoadReport>,
    /// By input: the shares of its parts; none where nothing is kept.
    pub shares: Vec<Vec<Share>>,
    /// By input: files that were not read.
    pub reused: Vec<u64>,
}

impl Reader<'_> {
    /// Reads all inputs; what `state` has of them is put back instead. Whether or not that succeeds,
    /// what was read to its end is kept, and what nothing has a use for any more is not. Where nothing
    /// can be kept, that is a warning.
    pub fn read(
        &self,
        gatherer: &Gatherer,
        mut state: Option<&mut State>,
    ) -> Result<ReadInputs, ReadError> {
        let mut read = ReadInputs::default();
        let blocks = state.as_deref().map(|state| Blocks::new(state.segment()));
        let mut failure = None;
        for (opened, keys) in self.plan.inputs.iter().zip(self.keys) {
            let kept = state.as_deref().zip(blocks.as_ref());
            let mut shares = Vec::new();
            let result = self.input(gatherer, opened, keys, kept, &mut shares);
            read.shares.push(shares);
            match result {
                Ok((report, reused)) => {
                    read.reports.push(report);
                    read.reused.push(reused);
                }
                Err(error) => {
                    failure = Some(error);
                    break;
                }
            }
        }
        if let Some((state, blocks)) = state.as_mut().zip(blocks) {
            let saved = blocks.finish().and_then(|segment| match segment {
                Some(segment) => self.save(state, segment, &read, failure.is_some()),
                None => Ok(()),
            });
            if let Err(error) = saved {
                self.warnings.warn(not_kept(&error));
            }
        }
        failure.map_or(Ok(read), Err)
    }

    fn save(
        &self,
        state: &mut State,
        segment: Segment,
        read: &ReadInputs,
        has_failed: bool,
    ) -> Result<(), CacheError> {
        let mut shares: BTreeMap<&str, &Share> = BTreeMap::new();
        let is_read = |name: &str| self.plan.inputs.iter().any(|o| o.input().name() == name);
        let before: Vec<Share> = state.shares().cloned().collect();
        // Inputs that this run has no use for, and all of them where it came to nothing.
        for share in before.iter().filter(|share| has_failed || !is_read(&share.input)) {
            shares.insert(&share.key, share);
        }
        for share in read.shares.iter().flatten() {
            shares.insert(&share.key, share);
        }
        let is_as_before = shares.len() == before.len()
            && before.iter().all(|share| shares.get(&*share.key) == Some(&share));
        if is_as_before {
            return Ok(());
        }
        state.save(shares.into_values().cloned().collect(), segment)
    }

    /// Reads one input; its shares are in `shares` even where that fails.
    fn input(
        &self,
        gatherer: &Gatherer,
        opened: &Opened,
        keys: &[String],
        kept: Option<(&State, &Blocks)>,
        shares: &mut Vec<Share>,
    ) -> Result<(LoadReport, u64), ReadError> {
        let (needs, input) = (self.plan.needs_of(opened.input()), opened.input());
        let texts = opened.texts();
        let reading = Reading {
            needs,
            now: self.now,
            threads: self.threads,
            memory_limit: self.memory_limit,
            known: &[],
            texts: &texts,
            progress: self.progress,
            done: &|_, _| Ok(()),
        };
        let Some((state, blocks)) = kept else {
            let (files, lanes) = opened.read_parts(&reading, &|| ToLane(gatherer.lane(input)))?;
            for ToLane(lane) in lanes {
                lane.close()?;
            }
            return Ok((LoadReport::new(files, texts, needs, self.now), 0));
        };
        let share =
            |key: &String| state.share(key).filter(|share| holds(share, self.now, self.today));
        let known: Vec<Option<&Share>> = keys.iter().map(share).collect();
        let has_files = |(part, share): (usize, Option<&Share>)| {
            share.is_none_or(|share| share.files.len() == opened.files_of(part).len())
        };
        if !known.iter().copied().enumerate().all(has_files) {
            return Err(ReadError::Damaged);
        }
        let live: Vec<&Share> = known.iter().flatten().copied().collect();
        self.restore(gatherer, opened, &texts, state, &live)?;

        let collect = Collect::new(blocks);
        let known_reports: Vec<_> =
            known.iter().map(|share| share.map(|share| reports(opened, share))).collect();
        let result = {
            let text = |column: usize, code: u32| texts.text(column, code).unwrap_or_default();
            let keeper = gatherer.keeper(input, &text, &collect);
            let done = |part: usize, files: &[FileReport]| {
                let finished = keeper.finish(part);
                finished.map_err(|error| Box::new(error) as Box<dyn Error + Send + Sync>)?;
                collect.done(part, files);
                Ok(())
            };
            let reading = Reading { known: &known_reports, done: &done, ..reading };
            opened.read_parts(&reading, &|| ToKeeper(&keeper)).map(|(files, _)| files)
        };
        let mut of_parts: BTreeMap<usize, Share> =
            collect.into_shares(opened, keys, self.now).into_iter().collect();
        let reused = known.iter().enumerate().filter_map(|(part, share)| Some((part, (*share)?)));
        of_parts.extend(reused.map(|(part, share)| (part, share.clone())));
        shares.extend(of_parts.into_values());
        let files = result?;
        let reused = live.iter().map(|share| share.files.len() as u64).sum();
        Ok((LoadReport::new(files, texts, needs, self.now), reused))
    }

    /// Puts kept shares back into the partitions, and their texts among those of the input.
    fn restore(
        &self,
        gatherer: &Gatherer,
        opened: &Opened,
        texts: &Texts,
        state: &State,
        shares: &[&Share],
    ) -> Result<(), ReadError> {
        let blocks: Vec<_> = shares.iter().flat_map(|share| &share.blocks).collect();
        let put_back = |block: &_, codes: Option<&NewCodes>| {
            let bytes = state.read(block).ok_or(ReadError::Damaged)?;
            let block = gatherer.block(opened.input(), &bytes).ok_or(ReadError::Damaged)?;
            let own = block.texts();
            match codes {
                None if own.iter().any(|texts| !texts.is_empty()) => Ok(own),
                None => {
                    gatherer.restore(&block, &NewCodes::default())?;
                    Ok(KeptTexts::new())
                }
                Some(codes) => {
                    gatherer.restore(&block, codes)?;
                    Ok(KeptTexts::new())
                }
            }
        };
        let found: Vec<KeptTexts> = self.pool.install(|| {
            blocks.par_iter().map(|block| put_back(block, None)).collect::<Result<_, ReadError>>()
        })?;
        let mut code = |column: usize, text: &str| opened.code(texts, column, text);
        let codes = Codes::new(found.iter(), &mut code)?;
        let mut waiting = Vec::new();
        for (block, texts) in blocks.into_iter().zip(&found).filter(|(_, t)| !t.is_empty()) {
            waiting.push((block, codes.of(texts, &mut code)?));
        }
        self.pool.install(|| {
            waiting.par_iter().try_for_each(|(block, codes)| put_back(block, Some(codes)).map(drop))
        })
    }
}

/// Rows behind which nobody keeps anything.
struct ToLane(Lane);

impl Sink for ToLane {
    type Error = TimelineError;

    fn push(&mut self, _part: usize, batch: &EventBatch<'_>) -> Result<(), TimelineError> {
        self.0.push(batch)
    }
}

/// Rows that are kept.
struct ToKeeper<'a, 'k>(&'a Keeper<'k>);

impl Sink for ToKeeper<'_, '_> {
    type Error = TimelineError;

    fn push(&mut self, part: usize, batch: &EventBatch<'_>) -> Result<(), TimelineError> {
        self.0.push(part, batch)
    }
}
