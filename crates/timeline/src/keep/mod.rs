//! What a part of an input leaves in the partitions, kept from one run to the next.
//!
//! A part is what can change for itself: a file. Its rows are packed apart from those of other
//! parts, in *blocks*: bytes that hold the chunks of every partition, what the lanes saw in passing,
//! and the texts behind the codes. A block is put back into the partitions without a look at its
//! rows, unless its texts have other codes by now.

mod block;
mod bytes;
mod check;
mod codes;
mod held;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kohort_inputs::spec;
use kohort_model::{Day, EventBatch, Input, InputSpec};

use crate::lane::Lane;
use crate::layout::Layout;
use crate::shared::Shared;
use crate::{Gatherer, TimelineError};

pub use block::Block;
pub use codes::{Codes, KeptTexts, NewCodes};
use held::Held;

/// Rows that are packed at once: more pack no better, and wait in memory meanwhile.
const BLOCK_ROWS: usize = 1 << 18;

/// The version of the blocks' form.
pub const BLOCK_VERSION: u32 = 3;

/// Where blocks go.
pub trait Keep: Sync {
    /// Keeps one more block of a part. `days` are how many of its rows each day has, in days since
    /// 1970-01-01.
    ///
    /// # Errors
    /// What the disk says.
    fn keep(&self, part: usize, days: &BTreeMap<i32, u64>, block: &[u8]) -> io::Result<()>;
}

/// The text of a code of one of the lists of texts: of the input's columns of texts, in the order of its
/// declaration, then of the segments.
pub type TextOf<'a> = dyn Fn(usize, u32) -> String + Sync + 'a;

/// Gathers the rows of one input part by part and keeps a block of each on the way. Several threads
/// may push at once.
pub struct Keeper<'a> {
    shared: Arc<Shared>,
    input: Input,
    text: &'a TextOf<'a>,
    keep: &'a dyn Keep,
    parts: Mutex<BTreeMap<usize, Arc<Mutex<Held>>>>,
    /// At nobody's use at the moment.
    lanes: Mutex<Vec<Lane>>,
    spare: Mutex<Vec<Held>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Gatherer {
    /// A way in for rows of `input` that keeps them; `text` tells what their codes mean.
    #[must_use]
    pub fn keeper<'a>(&self, input: Input, text: &'a TextOf<'a>, keep: &'a dyn Keep) -> Keeper<'a> {
        Keeper {
            shared: Arc::clone(&self.shared),
            input,
            text,
            keep,
            parts: Mutex::default(),
            lanes: Mutex::default(),
            spare: Mutex::default(),
        }
    }

    /// The block of rows of `input` that `bytes` are; `None` where they are none. Whatever they hold,
    /// what is accepted can be restored and folded.
    #[must_use]
    pub fn block<'b>(&self, input: Input, bytes: &'b [u8]) -> Option<Block<'b>> {
        Block::read(bytes, &self.shared.layout, input)
    }

    /// Puts a block back, as if its rows had been pushed.
    ///
    /// # Errors
    /// [`TimelineError::Spill`] where the disk refuses what is over the budget.
    pub fn restore(&self, block: &Block<'_>, codes: &NewCodes) -> Result<(), TimelineError> {
        block.restore(&self.shared, codes)
    }
}

impl Layout {
    /// What decides which bytes a block has: where two texts are equal, blocks of one layout are
    /// blocks of the other.
    #[must_use]
    pub fn form(&self) -> String {
        // The day of the run and the end of what is known come in when blocks are read.
        let form = Self { as_of: None, today: Day(0), ..*self };
        format!("{BLOCK_VERSION} {form:?}")
    }
}

impl Keeper<'_> {
    /// Takes rows of a part.
    ///
    /// # Errors
    /// As [`Lane::push`]; [`TimelineError::Keep`] where a block cannot be kept.
    pub fn push(&self, part: usize, batch: &EventBatch<'_>) -> Result<(), TimelineError> {
        let held = {
            let mut parts = lock(&self.parts);
            let new = || Arc::new(Mutex::new(lock(&self.spare).pop().unwrap_or_default()));
            Arc::clone(parts.entry(part).or_insert_with(new))
        };
        let mut held = lock(&held);
        let full = if held.takes(batch) && held.rows() + batch.rows <= BLOCK_ROWS {
            None
        } else {
            Some(std::mem::replace(&mut *held, lock(&self.spare).pop().unwrap_or_default()))
        };
        held.extend(batch);
        drop(held);
        full.map_or(Ok(()), |full| self.pack(part, full))
    }

    /// Packs what is left of a part, all of whose rows were pushed.
    ///
    /// # Errors
    /// As [`Keeper::push`].
    pub fn finish(&self, part: usize) -> Result<(), TimelineError> {
        let held = lock(&self.parts).remove(&part);
        // Its rows were pushed, so nobody else has hold of it.
        let held = held.and_then(Arc::into_inner).map(Mutex::into_inner);
        match held.map(|held| held.unwrap_or_else(PoisonError::into_inner)) {
            Some(held) if held.rows() > 0 => self.pack(part, held),
            _ => Ok(()),
        }
    }

    fn pack(&self, part: usize, mut held: Held) -> Result<(), TimelineError> {
        let lane = lock(&self.lanes).pop();
        let mut lane =
            lane.unwrap_or_else(|| Lane::that_keeps(Arc::clone(&self.shared), self.input));
        let used = held.with_batch(|batch| {
            lane.push(batch)?;
            Ok::<_, TimelineError>(used_codes(spec(self.input), batch))
        })?;
        let taken = lane.take_kept()?;
        lock(&self.lanes).push(lane);
        let days = held.days_seen(spec(self.input).time());
        held.clear();
        lock(&self.spare).push(held);
        let texts = used.into_iter().enumerate().map(|(column, codes)| {
            codes.into_iter().map(|code| (code, (self.text)(column, code))).collect()
        });
        let bytes = block::encode(&taken, &texts.collect());
        self.keep.keep(part, &days, &bytes).map_err(TimelineError::Keep)?;
        for (stream, chunks) in taken.chunks {
            let width = self.shared.layout.columns(stream).width();
            for (partition, chunk) in chunks {
                self.shared.store.push(partition, (stream, width), chunk)?;
            }
        }
        self.shared.close(self.input, &taken.totals);
        Ok(())
    }
}

/// The codes of a batch, by list of texts.
fn used_codes(spec: &InputSpec, batch: &EventBatch<'_>) -> Vec<BTreeSet<u32>> {
    let columns = spec.texts().map(|(place, _)| batch.codes(Some(place)));
    columns.chain(batch.segments.iter().copied()).map(distinct).collect()
}

fn distinct(codes: &[u32]) -> BTreeSet<u32> {
    let mut found = BTreeSet::new();
    let mut last = None;
    let mut seen = Vec::new();
    for code in codes {
        if last == Some(*code) {
            continue;
        }
        last = Some(*code);
        let place = *code as usize;
        if seen.len() <= place {
            seen.resize(place + 1, false);
        }
        if !seen[place] {
            seen[place] = true;
            found.insert(*code);
        }
    }
    found
}
