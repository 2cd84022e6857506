//! What was gathered, partition by partition, in memory up to a budget and on disk past it.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use kohort_model::Spill;

use crate::TimelineError;
use crate::chunk::{Chunk, repack};
use crate::layout::Stream;

/// Number of partitions: enough that one fits a core's cache at tens of millions of rows.
pub(crate) const PARTITIONS: usize = 256;

/// Chunks of fewer rows are put together: what stands before the columns of a chunk would weigh more
/// than its rows.
const SMALL: usize = 48;
/// Rows from which small chunks become one.
const ENOUGH: usize = 240;

#[derive(Default)]
struct Share {
    chunks: Vec<Box<[u8]>>,
    /// Small chunks, one after the other, and their rows.
    small: Vec<u8>,
    small_rows: usize,
    spilled: Vec<(u64, usize)>,
}

impl Share {
    /// Takes packed chunks; gives the bytes that are held from now on beyond those before.
    fn add(&mut self, packed: Box<[u8]>, width: usize) -> isize {
        let (first, rest) = Chunk::split(&packed);
        if !rest.is_empty() || first.rows() >= SMALL {
            let grown = packed.len().cast_signed();
            self.chunks.push(packed);
            return grown;
        }
        self.small.extend_from_slice(&packed);
        self.small_rows += first.rows();
        if self.small_rows < ENOUGH {
            return packed.len().cast_signed();
        }
        let mut merged = Vec::new();
        repack(&self.small, width, |_, _| (), &mut merged);
        let before = self.small.len() - packed.len();
        let grown = merged.len().cast_signed() - before.cast_signed();
        self.chunks.push(merged.into());
        self.small.clear();
        self.small_rows = 0;
        grown
    }

    fn take_held(&mut self) -> Vec<Box<[u8]>> {
        let mut chunks = std::mem::take(&mut self.chunks);
        if !self.small.is_empty() {
            chunks.push(std::mem::take(&mut self.small).into());
            self.small_rows = 0;
        }
        chunks
    }
}

#[derive(Default)]
struct Partition {
    shares: [Share; Stream::COUNT],
}

impl Partition {
    fn share(&mut self, stream: Stream) -> &mut Share {
        &mut self.shares[stream.place()]
    }
}

/// The partitions and the bytes they hold.
pub(crate) struct Store {
    partitions: Vec<Mutex<Partition>>,
    spill: Option<Box<dyn Spill>>,
    budget: usize,
    held: AtomicUsize,
    spilled: AtomicU64,
    /// Held by the thread that empties the partitions.
    spilling: Mutex<()>,
}

/// A panic of another thread is passed on by its join; what it left is not used then.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store {
    /// A store that spills once it holds more than `budget` bytes; without a spill it never does.
    pub fn new(budget: usize, spill: Option<Box<dyn Spill>>) -> Self {
        Self {
            partitions: (0..PARTITIONS).map(|_| Mutex::default()).collect(),
            spill,
            budget,
            held: AtomicUsize::new(0),
            spilled: AtomicU64::new(0),
            spilling: Mutex::new(()),
        }
    }

    /// Takes packed chunks, one after the other; the stream's rows have `width` columns.
    pub fn push(
        &self,
        partition: usize,
        (stream, width): (Stream, usize),
        packed: Box<[u8]>,
    ) -> Result<(), TimelineError> {
        let grown = lock(&self.partitions[partition]).share(stream).add(packed, width);
        let grown = grown.cast_unsigned();
        let held = self.held.fetch_add(grown, Ordering::Relaxed).wrapping_add(grown);
        if held > self.budget && self.spill.is_some() {
            self.empty()?;
        }
        Ok(())
    }

    /// Writes what is held to disk, one stretch a partition and stream.
    fn empty(&self) -> Result<(), TimelineError> {
        let _one_at_a_time = lock(&self.spilling);
        let Some(spill) =
            self.spill.as_ref().filter(|_| self.held.load(Ordering::Relaxed) > self.budget)
        else {
            return Ok(());
        };
        let mut stretch = Vec::new();
        for partition in &self.partitions {
            for stream in Stream::ALL {
                let chunks = lock(partition).share(stream).take_held();
                if chunks.is_empty() {
                    continue;
                }
                stretch.clear();
                for chunk in chunks {
                    stretch.extend_from_slice(&chunk);
                }
                let offset = spill.append(&stretch)?;
                lock(partition).share(stream).spilled.push((offset, stretch.len()));
                self.held.fetch_sub(stretch.len(), Ordering::Relaxed);
                self.spilled.fetch_add(stretch.len() as u64, Ordering::Relaxed);
            }
        }
        Ok(())
    }

    /// All packed chunks of one partition's stream; spilled ones are read back.
    pub fn read(&self, partition: usize, stream: Stream) -> Result<Vec<Box<[u8]>>, TimelineError> {
        let (mut stretches, spilled) = {
            let mut partition = lock(&self.partitions[partition]);
            let share = partition.share(stream);
            let mut chunks = share.chunks.clone();
            chunks.extend((!share.small.is_empty()).then(|| share.small.as_slice().into()));
            (chunks, share.spilled.clone())
        };
        self.read_spilled(&spilled, &mut stretches)?;
        Ok(stretches)
    }

    /// As [`Store::read`], and gives up the memory.
    pub fn take(&self, partition: usize, stream: Stream) -> Result<Vec<Box<[u8]>>, TimelineError> {
        let mut share = std::mem::take(lock(&self.partitions[partition]).share(stream));
        let mut stretches = share.take_held();
        self.read_spilled(&share.spilled, &mut stretches)?;
        Ok(stretches)
    }

    fn read_spilled(
        &self,
        spilled: &[(u64, usize)],
        stretches: &mut Vec<Box<[u8]>>,
    ) -> Result<(), TimelineError> {
        for (offset, len) in spilled {
            let mut bytes = vec![0; *len].into_boxed_slice();
            let spill = self.spill.as_ref().expect("only a spill gives offsets");
            spill.read(*offset, &mut bytes)?;
            stretches.push(bytes);
        }
        Ok(())
    }

    /// Bytes written to disk so far.
    pub fn spilled_bytes(&self) -> u64 {
        self.spilled.load(Ordering::Relaxed)
    }
}
