//! Findings of checks: what they have in common.

use kohort_checks::{Finding, Kind, Severity, Status};

/// A finding of which nothing is said yet.
pub(crate) fn bare(kind: Kind, severity: Severity, status: Status) -> Finding {
    Finding {
        kind,
        input: None,
        table: None,
        subject: None,
        severity,
        status,
        observed: None,
        allowed: None,
        rows: None,
        failing: None,
        detail: None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "what is compared with a limit is no exact number")]
pub(crate) fn as_float(number: u64) -> f64 {
    number as f64
}
