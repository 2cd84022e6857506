//! Errors of a run or a check.

use std::collections::BTreeMap;
use std::fmt;

use kohort_cache::CacheError;
use kohort_checks::{Finding, Kind};
use kohort_inputs::spec;
use kohort_load::{LoadError, RejectedDetail, advice};
use kohort_model::{Day, Input, shown, shown_path};
use kohort_publish::PublishError;
use kohort_timeline::TimelineError;

use crate::TooLarge;

/// The cause, in full.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The input can't be read as the pipeline file says.
    #[error("{0}")]
    Load(#[from] LoadError),
    /// The orders can't be put together.
    #[error("{0}")]
    Timeline(#[from] TimelineError),
    /// The tables can't be published.
    #[error("{0}")]
    Publish(#[from] PublishError),
    /// The folder of what is kept between runs can't be used.
    #[error("{0}")]
    Cache(#[from] CacheError),
    /// More rows were rejected than the pipeline allows.
    #[error("{0}")]
    TooManyRejected(Box<Rejections>),
    /// Something does not hold that must.
    #[error("{0}")]
    ChecksFailed(Box<FailedChecks>),
    /// Counters or tables that memory does not hold.
    #[error("{0}")]
    TooLarge(Box<TooLarge>),
    /// `lapse_after_days = "auto"` without a repeat purchase.
    #[error(
        "lapse_after_days = \"auto\" needs the gaps between purchases, and no customer bought on \
         two days; set a number of days in [customers]"
    )]
    NoGaps,
    /// `as_of` is not after any row.
    #[error(
        "calendar.as_of = {as_of} leaves no row to know of: it is the first day that is not known, and \
         the first row of {} is of {first}; set it to a later day, or leave it out to know all rows",
        input.name()
    )]
    KnownTooEarly {
        /// The history.
        input: Input,
        /// The end of what is known.
        as_of: Day,
        /// The day of its first accepted row.
        first: Day,
    },
    /// `history_start` is after every row.
    #[error(
        "calendar.history_start = {start} leaves no row to know of: the last row of {} is of {last}; set \
         it to an earlier day, or leave it out to know all rows",
        input.name()
    )]
    KnownTooLate {
        /// The history.
        input: Input,
        /// The start of what is known.
        start: Day,
        /// The day of its last accepted row.
        last: Day,
    },
    /// Threads can't be started.
    #[error("cannot start {threads} threads: {cause}; ask for fewer with --threads")]
    Threads {
        /// How many were asked for.
        threads: usize,
        /// What the system says.
        cause: rayon::ThreadPoolBuildError,
    },
}

impl RunError {
    /// 1 the run failed, 2 the pipeline file does not fit its input, 3 a data check failed.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::TooManyRejected(_) | Self::ChecksFailed(_) => 3,
            Self::Timeline(error) if error.is_check() => 3,
            Self::Load(error) if error.is_check() => 3,
            Self::Load(error) if error.is_mapping() => 2,
            Self::KnownTooEarly { .. } | Self::KnownTooLate { .. } => 2,
            _ => 1,
        }
    }
}

/// The checks for which a run ends.
#[derive(Debug)]
pub struct FailedChecks {
    /// Those of severity `error` that do not hold, at least one.
    pub findings: Vec<Finding>,
}

impl fmt::Display for FailedChecks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.findings.len() {
            1 => write!(f, "1 check failed; nothing was published:")?,
            failed => write!(f, "{failed} checks failed; nothing was published:")?,
        }
        for finding in &self.findings {
            write!(f, "\n  {}", shown(&finding.to_string()))?;
        }
        let has_severity =
            |kind| !matches!(kind, Kind::EmptyInput | Kind::UnknownKeys | Kind::UnknownValues);
        let are_keys = self.findings.iter().all(|finding| finding.kind == Kind::UnknownKeys);
        f.write_str(if are_keys {
            "\nCorrect the lookup, the input or the pipeline file, or set unknown_keys of the lookup to \
             \"warn\""
        } else if self.findings.iter().any(|finding| has_severity(finding.kind)) {
            "\nCorrect the input, change what [checks] allows, or publish all the same with \
             severity = \"warn\" there"
        } else {
            "\nCorrect the pipeline file or the input, or change what [checks] allows with \
             unknown_values or allow_empty"
        })
    }
}

/// The rejected rows of a run that ends for them.
#[derive(Debug)]
pub struct Rejections {
    /// Where they are.
    pub input: Input,
    /// Rejected rows.
    pub rejected: u64,
    /// Rows that could have been rejected.
    pub rows: u64,
    /// The share that is allowed.
    pub allowed: f64,
    /// Rejected rows by reason.
    pub reasons: BTreeMap<String, u64>,
    /// Some of them.
    pub examples: Vec<RejectedDetail>,
}

impl fmt::Display for Rejections {
    #[expect(clippy::cast_precision_loss, reason = "shown with two decimals")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = 100.0 * self.rejected as f64 / self.rows.max(1) as f64;
        write!(
            f,
            "{} of {} rows of {} were rejected ({share:.2} %), and [checks] max_rejected allows {:.2} %; \
             nothing was published. By reason:",
            self.rejected,
            self.rows,
            self.input.name(),
            100.0 * self.allowed,
        )?;
        for (reason, rows) in &self.reasons {
            write!(f, " {reason} {rows};")?;
        }
        write!(f, " the first of them (rows count from 1):")?;
        for detail in &self.examples {
            let value = shown(detail.value.as_deref().unwrap_or("NULL"));
            let (file, row) = (shown_path(&detail.file), detail.number());
            write!(f, "\n  {file} row {row}: {} = {value} ({})", detail.column, detail.reason)?;
        }
        for reason in self.reasons.keys() {
            if let Some(advice) = advice(spec(self.input), reason) {
                write!(f, "\n{reason}: {advice}")?;
            }
        }
        write!(f, "\nCorrect the rows, leave them out with where, or raise max_rejected")
    }
}
