//! From lanes to partitions, and what is known of them before the first fold.

use std::sync::{Arc, Mutex, PoisonError};

use kohort_model::Spill;

use crate::lane::{Lane, Seen, extend};
use crate::layout::Layout;
use crate::store::Store;

/// What all lanes add to.
pub(crate) struct Shared {
    pub layout: Layout,
    pub store: Store,
    totals: Mutex<Totals>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    pub seen: Seen,
    pub negative_attempts: u64,
    pub ignored: u64,
}

impl Shared {
    pub fn close(&self, seen: Seen, negative_attempts: u64, ignored: u64) {
        let mut totals = self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        let all = &mut totals.seen;
        for (all, own) in [(&mut all.activity, seen.activity), (&mut all.any, seen.any)] {
            if let Some(days) = own {
                extend(all, days);
            }
        }
        totals.negative_attempts += negative_attempts;
        totals.ignored += ignored;
    }

    pub fn totals(&self) -> Totals {
        *self.totals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes batches from any number of lanes.
pub struct Gatherer {
    shared: Arc<Shared>,
}

impl Gatherer {
    /// A gatherer for rows of `layout` that holds up to `budget` bytes and hands what is over it
    /// to `spill`; without a spill it holds everything.
    #[must_use]
    pub fn new(layout: Layout, budget: usize, spill: Option<Box<dyn Spill>>) -> Self {
        let store = Store::new(budget, spill);
        Self { shared: Arc::new(Shared { layout, store, totals: Mutex::default() }) }
    }

    /// A new way in, for one thread.
    #[must_use]
    pub fn lane(&self) -> Lane {
        Lane::new(Arc::clone(&self.shared))
    }

    /// The partitions, once every lane is closed.
    #[must_use]
    pub fn finish(self) -> Gathered {
        Gathered { shared: self.shared }
    }
}

/// Gathered events, ready to be folded.
pub struct Gathered {
    pub(crate) shared: Arc<Shared>,
}

impl Gathered {
    /// Bytes that went to disk.
    #[must_use]
    pub fn spilled_bytes(&self) -> u64 {
        self.shared.store.spilled_bytes()
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.shared.layout
    }
}
