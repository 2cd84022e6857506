//! Runs of this process that are not published yet: a process that is told to end takes back what they
//! have on disk.

use std::collections::BTreeMap;
use std::fmt;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

/// Every run of this process.
pub static UNFINISHED: Unfinished = Unfinished::new();

/// What became of the runs of a process that is about to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Abandoned {
    /// Nothing of them is left on disk, and none can be published any more.
    TakenBack,
    /// One is published already.
    Published,
}

/// Takes back what the runs of this process have on disk and keeps them from being published; for
/// a process that ends next, as a run that goes on would wait forever. `None` while one is being
/// published, which takes a moment.
#[must_use]
pub fn try_abandon() -> Option<Abandoned> {
    UNFINISHED.try_abandon()
}

/// Has `callback` called if the process is told to end, by [`try_abandon`], before the answer is dropped.
/// It must be quick.
#[must_use]
pub fn on_abandon(callback: impl FnOnce() + Send + 'static) -> Registered<'static> {
    UNFINISHED.register(callback)
}

/// Removes what a run has on disk.
type TakeBack = Box<dyn FnOnce() + Send>;

/// Runs that are at work.
pub struct Unfinished(Mutex<Runs>);

impl Default for Unfinished {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unfinished")
    }
}

struct Runs {
    next: u64,
    at_work: BTreeMap<u64, TakeBack>,
    is_published: bool,
}

impl Unfinished {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Mutex::new(Runs { next: 0, at_work: BTreeMap::new(), is_published: false }))
    }

    /// Has `take_back` called if the process is told to end before the answer is dropped.
    #[must_use]
    pub fn register(&self, take_back: impl FnOnce() + Send + 'static) -> Registered<'_> {
        let mut runs = self.lock();
        let number = runs.next;
        runs.next += 1;
        runs.at_work.insert(number, Box::new(take_back));
        Registered { of: self, number }
    }

    /// While the answer is held a run is being published, which is not to be disturbed.
    #[must_use]
    pub fn publishing(&self) -> Publishing<'_> {
        Publishing(self.lock())
    }

    fn try_abandon(&self) -> Option<Abandoned> {
        let mut runs = match self.0.try_lock() {
            Ok(runs) => runs,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        if runs.is_published {
            return Some(Abandoned::Published);
        }
        // What is on disk was registered last, and goes first.
        for take_back in mem::take(&mut runs.at_work).into_values().rev() {
            take_back();
        }
        // Locked for good: whatever run comes here now waits for the end of the process.
        mem::forget(runs);
        Some(Abandoned::TakenBack)
    }

    fn lock(&self) -> MutexGuard<'_, Runs> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A run at work, until it is dropped.
pub struct Registered<'a> {
    of: &'a Unfinished,
    number: u64,
}

impl fmt::Debug for Registered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Registered").field(&self.number).finish()
    }
}

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        self.of.lock().at_work.remove(&self.number);
    }
}

/// A run that is being published.
pub struct Publishing<'a>(MutexGuard<'a, Runs>);

impl Publishing<'_> {
    /// Notes that readers see it.
    pub fn done(mut self) {
        self.0.is_published = true;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn what_is_unfinished_is_taken_back_once() {
        let runs = Unfinished::new();
        let taken = Arc::new(AtomicU32::new(0));
        let add = |number: u32| {
            let taken = Arc::clone(&taken);
            move || {
                taken.fetch_add(number, Ordering::SeqCst);
            }
        };
        let one = runs.register(add(1));
        drop(runs.register(add(10)));
        let hundred = runs.register(add(100));
        let publishing = runs.publishing();
        assert_eq!(runs.try_abandon(), None);
        drop(publishing);
        assert_eq!(runs.try_abandon(), Some(Abandoned::TakenBack));
        assert_eq!(taken.load(Ordering::SeqCst), 101);
        assert_eq!(runs.try_abandon(), None, "it is locked for good");
        // Their drop would wait for the end of the process.
        mem::forget((one, hundred));
    }

    #[test]
    fn what_is_published_stays() {
        let runs = Unfinished::new();
        let run = runs.register(|| panic!("it is not taken back"));
        runs.publishing().done();
        assert_eq!(runs.try_abandon(), Some(Abandoned::Published));
        drop(run);
    }
}
