//! Errors of a command, and its exit codes.

use std::io;
use std::path::PathBuf;

use kohort_model::calc::CalcError;
use kohort_model::shown;
use kohort_pipeline::{Alert, ConfigError, RunError};
use kohort_publish::PublishError;
use kohort_publish::diff::Counts;
use kohort_report::ReportError;
use kohort_report::diff::sentence;
use kohort_sample::SampleError;

/// Every text is complete: the cause is part of it.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The pipeline file or an override.
    #[error("{0}")]
    Config(#[from] ConfigError),
    /// The run or the check.
    #[error("{0}")]
    Run(#[from] RunError),
    /// Reading what was published.
    #[error("{0}")]
    Publish(#[from] PublishError),
    /// Making a sample.
    #[error("{0}")]
    Sample(#[from] SampleError),
    /// Numbers that no formula takes.
    #[error("{0}")]
    Calc(#[from] CalcError),
    /// Stdin cannot be read.
    #[error("cannot read answers from stdin: {0}")]
    Stdin(io::Error),
    /// Rates beyond their thresholds, found by a run that did all that was asked.
    #[error("{}", list(.0))]
    Alerts(Vec<Alert>),
    /// Two runs are not the same, found by a comparison that should say so.
    #[error("{}", sentence(*counts))]
    Differences {
        /// How many differences there are.
        counts: Counts,
    },
    /// `--guard` without CSV.
    #[error("--guard goes with --format csv; only spreadsheets take a text for a formula")]
    GuardOfCsv,
    /// `--rows` with CSV or JSON.
    #[error("--rows goes with --format table; CSV and JSON have every row")]
    RowsOfTable,
    /// A report that cannot be made.
    #[error("{0}")]
    Report(ReportError),
    /// Signals cannot be listened for.
    #[error("cannot listen for signals: {0}; see to the cause and run again")]
    Signals(io::Error),
    /// Stdout cannot be written to.
    #[error("cannot write to stdout: {0}")]
    Stdout(#[from] io::Error),
    /// A note of a run that is not taken at its word.
    #[error(
        "the run in {} is not started again: {reason}; type its command yourself",
        note.display()
    )]
    Note {
        /// The note.
        note: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A run that should be started again, and cannot.
    #[error("cannot start the run again in {}: {cause}; type its command yourself", folder.display())]
    Again {
        /// Where it was started.
        folder: PathBuf,
        /// What the operating system said.
        cause: io::Error,
    },
    /// A relative path that leads nowhere, because the working directory is gone.
    #[error("cannot resolve the path {}: {cause}", path.display())]
    Path {
        /// The path as given.
        path: PathBuf,
        /// What the operating system said.
        cause: io::Error,
    },
}

impl CliError {
    /// 1 the run failed, 2 usage or pipeline file, 3 a data check failed, 4 a rate is beyond its
    /// threshold or runs differ.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Run(error) => error.exit_code(),
            Self::Alerts(_) | Self::Differences { .. } => 4,
            Self::Config(_)
            | Self::Calc(_)
            | Self::RowsOfTable
            | Self::GuardOfCsv
            | Self::Report(
                ReportError::Unknown { .. }
                | ReportError::OneColumn
                | ReportError::NotANumber { .. },
            )
            | Self::Publish(
                PublishError::UnknownTable { .. }
                | PublishError::UnknownRun { .. }
                | PublishError::NoOutput { .. },
            ) => 2,
            Self::Publish(_)
            | Self::Sample(_)
            | Self::Report(_)
            | Self::Signals(_)
            | Self::Stdout(_)
            | Self::Stdin(_)
            | Self::Note { .. }
            | Self::Again { .. }
            | Self::Path { .. } => 1,
        }
    }
}

impl From<ReportError> for CliError {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::Publish(error) => Self::Publish(error),
            ReportError::Write(error) => Self::Stdout(error),
            error => Self::Report(error),
        }
    }
}

impl CliError {
    /// The message, line by line. Few errors have several lines, and what they take from data is on one:
    /// any other line break is part of a name.
    pub fn lines(&self) -> Vec<String> {
        let text = self.to_string();
        match self {
            Self::Alerts(_)
            | Self::Run(RunError::TooManyRejected(_) | RunError::ChecksFailed(_)) => {
                text.lines().map(str::to_owned).collect()
            }
            _ => vec![text],
        }
    }
}

/// Alerts that a message shows.
const SHOWN: usize = 10;

/// One line for each, the first ones.
fn list(alerts: &[Alert]) -> String {
    let line = |alert: &Alert| {
        let segment = match &alert.segment_value {
            Some(value) => format!(", {} {}", alert.segment, shown(value)),
            None => String::new(),
        };
        let usual = if &*alert.status == "unusual" { ", the end of its usual range" } else { "" };
        format!(
            "\n  {} of the {} from {}{segment}: {:.4}, {} {}{usual}",
            alert.metric, alert.grain, alert.period, alert.value, alert.direction, alert.threshold
        )
    };
    let lines: String = alerts.iter().take(SHOWN).map(line).collect();
    let more = match alerts.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!("\n  and {more} more, in the table alerts"),
    };
    let rates =
        if alerts.len() == 1 { "1 rate is" } else { &format!("{} rates are", alerts.len()) };
    format!("{rates} beyond the threshold; the tables are published{lines}{more}")
}
