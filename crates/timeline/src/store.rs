//! What was gathered, partition by partition, in memory up to a budget and on disk past it.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use kohort_model::Spill;

use crate::TimelineError;
use crate::layout::Stream;

/// Number of partitions: enough that one fits a core's cache at tens of millions of rows.
pub(crate) const PARTITIONS: usize = 256;

#[derive(Default)]
struct Share {
    chunks: Vec<Box<[u8]>>,
    spilled: Vec<(u64, usize)>,
}

#[derive(Default)]
struct Partition {
    shares: [Share; Stream::COUNT],
}

impl Partition {
    fn share(&mut self, stream: Stream) -> &mut Share {
        &mut self.shares[stream as usize]
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

    pub fn push(
        &self,
        partition: usize,
        stream: Stream,
        packed: Box<[u8]>,
    ) -> Result<(), TimelineError> {
        let held = self.held.fetch_add(packed.len(), Ordering::Relaxed) + packed.len();
        lock(&self.partitions[partition]).share(stream).chunks.push(packed);
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
                let chunks = std::mem::take(&mut lock(partition).share(stream).chunks);
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
            (share.chunks.clone(), share.spilled.clone())
        };
        self.read_spilled(&spilled, &mut stretches)?;
        Ok(stretches)
    }

    /// As [`Store::read`], and gives up the memory.
    pub fn take(&self, partition: usize, stream: Stream) -> Result<Vec<Box<[u8]>>, TimelineError> {
        let share = std::mem::take(lock(&self.partitions[partition]).share(stream));
        let mut stretches = share.chunks;
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
