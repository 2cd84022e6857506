//! One check and what came of it.

use std::fmt;

use kohort_model::Input;

/// What a check looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Whether years lie between the oldest rows of an input and the others.
    Earliest,
    /// Whether no row of an input was accepted.
    EmptyInput,
    /// Days since the newest event of an input.
    Freshness,
    /// A rule within a table or between two.
    Identity,
    /// Share of the values that are NULL.
    NullShare,
    /// Share of the values that are none of the accepted ones.
    OtherShare,
    /// Share of the rows that were rejected.
    RejectedShare,
    /// By how much the rows of an input became fewer since the last run.
    RowDrop,
    /// By how much they became more.
    RowGrowth,
    /// The type of a value in every file.
    Type,
    /// Whether an order id of a customer stands in several rows.
    UniqueOrderIds,
    /// Rows in which a lookup lacks the key that is looked for.
    UnknownKeys,
    /// Texts that a list of the pipeline file names and no row has.
    UnknownValues,
}

impl Kind {
    /// Its name in the table `checks`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Earliest => "earliest",
            Self::EmptyInput => "empty_input",
            Self::Freshness => "freshness",
            Self::Identity => "identity",
            Self::NullShare => "null_share",
            Self::OtherShare => "other_share",
            Self::RejectedShare => "rejected_share",
            Self::RowDrop => "row_drop",
            Self::RowGrowth => "row_growth",
            Self::Type => "type",
            Self::UniqueOrderIds => "unique_order_ids",
            Self::UnknownKeys => "unknown_keys",
            Self::UnknownValues => "unknown_values",
        }
    }
}

/// What follows from a check that does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// It is told, and the run goes on.
    Warn,
    /// Nothing is published.
    Error,
}

impl Severity {
    /// Both, by their names in the pipeline file.
    pub const ALL: [(&'static str, Self); 2] = [("warn", Self::Warn), ("error", Self::Error)];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// What came of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It holds.
    Pass,
    /// It does not hold, and its severity is [`Severity::Warn`].
    Warn,
    /// It does not hold, and its severity is [`Severity::Error`].
    Fail,
    /// The run had nothing to look at.
    Skipped,
}

impl Status {
    /// That of a check of a severity, where it `holds` or not.
    #[must_use]
    pub fn of(holds: bool, severity: Severity) -> Self {
        match (holds, severity) {
            (true, _) => Self::Pass,
            (false, Severity::Warn) => Self::Warn,
            (false, Severity::Error) => Self::Fail,
        }
    }

    /// Its name in the table `checks`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Skipped => "skipped",
        }
    }
}

/// A check and what came of it: a row of the table `checks`.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What it looks at.
    pub kind: Kind,
    /// The input, where it is about one.
    pub input: Option<Input>,
    /// The table, where it is about one.
    pub table: Option<&'static str>,
    /// The column as the pipeline file names it, the list's dotted key, or the rule; `None` where it is
    /// about all rows.
    pub subject: Option<String>,
    /// What follows where it does not hold.
    pub severity: Severity,
    /// What came of it.
    pub status: Status,
    /// What was found: a share (1.0 is all), days, rows or texts, as the kind has it.
    pub observed: Option<f64>,
    /// The most that may be found, in the same unit.
    pub allowed: Option<f64>,
    /// Rows that were looked at.
    pub rows: Option<u64>,
    /// Of them, those for which it does not hold.
    pub failing: Option<u64>,
    /// What there is to say of it in words: of one that does not hold always, of others where
    /// something is unusual.
    pub detail: Option<String>,
}

impl fmt::Display for Finding {
    /// The check and what there is to say of it, on one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.name())?;
        match (self.input.map(Input::name).or(self.table), &self.subject) {
            // A rule has blanks in it.
            (Some(of), Some(rule)) if self.kind == Kind::Identity => write!(f, " of {of}: {rule}")?,
            // Of a lookup the input says who looks.
            (Some(of), Some(key)) if self.kind == Kind::UnknownKeys => {
                write!(f, " of {key} in {of}")?;
            }
            // A dotted key says of what it is.
            (_, Some(key)) if self.kind == Kind::UnknownValues => write!(f, " of {key}")?,
            (Some(of), Some(subject)) => write!(f, " of {of}.{subject}")?,
            (Some(of), None) => write!(f, " of {of}")?,
            (None, _) => {}
        }
        match &self.detail {
            Some(detail) => write!(f, ": {detail}"),
            None => Ok(()),
        }
    }
}

/// How many checks there were by what came of them. Those that were skipped count nowhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Those that hold.
    pub passed: u64,
    /// Those of severity `warn` that do not.
    pub warned: u64,
    /// Those of severity `error` that do not.
    pub failed: u64,
}

impl Counts {
    /// Of some findings.
    #[must_use]
    pub fn of(findings: &[Finding]) -> Self {
        let count = |status| findings.iter().filter(|f| f.status == status).count() as u64;
        Self {
            passed: count(Status::Pass),
            warned: count(Status::Warn),
            failed: count(Status::Fail),
        }
    }
}
