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
mod days;
mod open;

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kohort_model::{Day, EventBatch, Input};

use crate::layout::Layout;
use crate::shared::Shared;
use crate::{Gatherer, TimelineError};

pub use block::Block;
pub use codes::{Codes, KeptTexts, NewCodes};
use open::{Closed, OpenBlock};

/// Rows of a block: more pack no better, and wait in memory meanwhile.
const BLOCK_ROWS: usize = 1 << 18;

/// The version of the blocks' form.
pub const BLOCK_VERSION: u32 = 4;

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
    /// By part: one for each thread that pushed rows of it at once.
    parts: Mutex<BTreeMap<usize, Arc<Mutex<Vec<OpenBlock>>>>>,
    /// Empty ones, to be used again.
    spare: Mutex<Vec<OpenBlock>>,
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
    /// As [`Lane::push`](crate::Lane::push); [`TimelineError::Keep`] where a block cannot be kept.
    pub fn push(&self, part: usize, batch: &EventBatch<'_>) -> Result<(), TimelineError> {
        let waiting = Arc::clone(lock(&self.parts).entry(part).or_default());
        let mut open = lock(&waiting).pop();
        if let Some(full) = open.take_if(|open| open.rows() + batch.rows > BLOCK_ROWS) {
            self.keep(part, full)?;
        }
        let spare = || lock(&self.spare).pop();
        let new = || OpenBlock::new(Arc::clone(&self.shared), self.input);
        let mut open = open.or_else(spare).unwrap_or_else(new);
        open.push(batch)?;
        lock(&waiting).push(open);
        Ok(())
    }

    /// Keeps what is left of a part, all of whose rows were pushed.
    ///
    /// # Errors
    /// As [`Keeper::push`].
    pub fn finish(&self, part: usize) -> Result<(), TimelineError> {
        let Some(waiting) = lock(&self.parts).remove(&part) else { return Ok(()) };
        let waiting = std::mem::take(&mut *lock(&waiting));
        let mut filled = waiting.into_iter().filter(|open| open.rows() > 0);
        filled.try_for_each(|open| self.keep(part, open))
    }

    fn keep(&self, part: usize, mut open: OpenBlock) -> Result<(), TimelineError> {
        let Closed { taken, days, texts } = open.close(self.text)?;
        lock(&self.spare).push(open);
        let bytes = block::encode(&taken, &texts);
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
