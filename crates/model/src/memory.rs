//! The limit of memory, as what grows during a fold asks for it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a run may take more memory. Once it may not, it never may again: what was counted or
/// listed since is not whole, and nothing comes of it. By default there is no limit.
#[derive(Clone, Default)]
pub struct MemoryGuard(Option<Arc<Guard>>);

struct Guard {
    is_over: Box<dyn Fn() -> bool + Send + Sync>,
    was_over: AtomicBool,
}

impl MemoryGuard {
    /// A guard that calls `is_over` to learn whether the process holds more than it may. It is called
    /// some thousand times in a run.
    #[must_use]
    pub fn new(is_over: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        let was_over = AtomicBool::new(false);
        Self(Some(Arc::new(Guard { is_over: Box::new(is_over), was_over })))
    }

    /// Whether the limit is passed now, or was before.
    #[must_use]
    pub fn is_over(&self) -> bool {
        let Some(guard) = &self.0 else { return false };
        if !guard.was_over.load(Ordering::Relaxed) && (guard.is_over)() {
            guard.was_over.store(true, Ordering::Relaxed);
        }
        self.was_over()
    }

    /// Whether the limit was passed when it was last looked at.
    #[must_use]
    pub fn was_over(&self) -> bool {
        self.0.as_ref().is_some_and(|guard| guard.was_over.load(Ordering::Relaxed))
    }
}

impl fmt::Debug for MemoryGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryGuard").field("was_over", &self.was_over()).finish_non_exhaustive()
    }
}

/// Guards do not bear on what they guard: tables of two runs are equal whatever their limits.
impl PartialEq for MemoryGuard {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
