//! From lanes to partitions, and what is known of them before the first fold.

use std::sync::Arc;

use kohort_model::{Input, Spill};

use crate::lane::Lane;
use crate::layout::Layout;
use crate::shared::Shared;
use crate::store::Store;

/// Takes batches from any number of lanes.
pub struct Gatherer {
    pub(crate) shared: Arc<Shared>,
}

impl Gatherer {
    /// A gatherer for rows of `layout` that holds up to `budget` bytes and hands what is over it
    /// to `spill`; without a spill it holds everything.
    #[must_use]
    pub fn new(layout: Layout, budget: usize, spill: Option<Box<dyn Spill>>) -> Self {
        let store = Store::new(budget, spill);
        Self { shared: Arc::new(Shared::new(layout, store)) }
    }

    /// A new way in for rows of `input`, for one thread.
    #[must_use]
    pub fn lane(&self, input: Input) -> Lane {
        Lane::new(Arc::clone(&self.shared), input)
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
