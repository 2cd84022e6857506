//! Rows of a part that are not yet a block.

use std::collections::BTreeMap;
use std::sync::Arc;

use kohort_inputs::spec;
use kohort_model::{EventBatch, Input, InputSpec};

use super::TextOf;
use super::codes::KeptTexts;
use super::days::DayCounts;
use crate::TimelineError;
use crate::lane::{Lane, Taken};
use crate::shared::Shared;

/// Batches of one part, scattered and packed as they come.
pub(super) struct OpenBlock {
    spec: &'static InputSpec,
    lane: Lane,
    rows: usize,
    days: DayCounts,
    /// One a list of texts.
    codes: Vec<CodesSeen>,
}

/// What there is to know of a block when it is closed.
pub(super) struct Closed {
    pub taken: Taken,
    /// How many rows each day has.
    pub days: BTreeMap<i32, u64>,
    pub texts: KeptTexts,
}

impl OpenBlock {
    pub fn new(shared: Arc<Shared>, input: Input) -> Self {
        let (lane, spec) = (Lane::that_keeps(shared, input), spec(input));
        Self { spec, lane, rows: 0, days: DayCounts::default(), codes: Vec::new() }
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Takes rows.
    ///
    /// # Errors
    /// As [`Lane::push`].
    pub fn push(&mut self, batch: &EventBatch<'_>) -> Result<(), TimelineError> {
        self.lane.push(batch)?;
        self.rows += batch.rows;
        match batch.days(self.spec.time()) {
            // Without a column of days all are of day 0.
            [] if batch.rows > 0 => self.days.add(0, batch.rows),
            days => self.days.add_each(days),
        }
        let columns = self.spec.texts().map(|(place, _)| batch.codes(Some(place)));
        for (list, codes) in columns.chain(batch.segments.iter().copied()).enumerate() {
            if self.codes.len() <= list {
                self.codes.push(CodesSeen::default());
            }
            self.codes[list].see(codes);
        }
        Ok(())
    }

    /// Gives what was pushed, and is empty from then on; `text` tells what codes mean.
    ///
    /// # Errors
    /// As [`Lane::take_kept`].
    pub fn close(&mut self, text: &TextOf<'_>) -> Result<Closed, TimelineError> {
        self.rows = 0;
        let texts_of = |(list, seen): (usize, &mut CodesSeen)| {
            seen.take().into_iter().map(|code| (code, text(list, code))).collect()
        };
        let texts = self.codes.iter_mut().enumerate().map(texts_of).collect();
        Ok(Closed { taken: self.lane.take_kept()?, days: self.days.take(), texts })
    }
}

/// The codes of a list of texts that rows have.
#[derive(Default)]
struct CodesSeen {
    /// By code: whether it was found.
    is_found: Vec<bool>,
    found: Vec<u32>,
}

impl CodesSeen {
    fn see(&mut self, codes: &[u32]) {
        for same in codes.chunk_by(|a, b| a == b) {
            let place = same[0] as usize;
            if self.is_found.len() <= place {
                self.is_found.resize(place + 1, false);
            }
            if !std::mem::replace(&mut self.is_found[place], true) {
                self.found.push(same[0]);
            }
        }
    }

    /// In order; none is seen from then on.
    fn take(&mut self) -> Vec<u32> {
        self.found.iter().for_each(|code| self.is_found[*code as usize] = false);
        self.found.sort_unstable();
        std::mem::take(&mut self.found)
    }
}
