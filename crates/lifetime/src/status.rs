//! Where a customer stands at the end of what is known.

use std::sync::Arc;

/// The statuses in the order in which they are asked for: the first that applies counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Lapsed,
    AtRisk,
    WonBack,
    New,
    Active,
}

impl Status {
    /// The text of each, in texts of the caller's own: threads that share one wait for each other to
    /// count its users.
    pub fn texts() -> [Arc<str>; 5] {
        ["lapsed", "at_risk", "won_back", "new", "active"].map(Arc::from)
    }
}
