//! The pipeline: its file, the plan that follows from it, and the run.

mod accepted;
mod checks;
mod config;
mod count;
mod currencies;
mod dry_run;
mod error;
mod events;
mod findings;
mod fold;
mod frame;
mod labels;
mod listed;
mod lookups;
mod memory;
mod notifications;
mod plan;
mod previous_run;
mod read;
mod record;
pub mod reference;
mod row_cache;
mod run;
mod sources;
mod tables;
mod verbose;
mod warnings;

pub use config::{
    Activity, Checks, ColumnRule, ConfigError, Conflict, Currency, FreshnessRule, GrainSettings,
    Hint, History, Lapse, ListedTexts, MappedColumn, MappedInput, MappedLookup, Override, Pipeline,
    Place, RecordSettings, RowRule, Rows, Segment, Substituted, Unmet,
};
pub use count::{CheckedText, CheckedValue};
pub use dry_run::{Planned, PlannedFile, PlannedInput, PlannedLookup, RunPlan, plan};
pub use error::{FailedChecks, Rejections, RunError};
pub use events::Event;
pub use kohort_measures::{exceeds, formulas, is_share, reads};
pub use kohort_scorecard::Alert;
pub use memory::TooLarge;
pub use plan::{CheckReport, CheckedInput, CheckedLookup, check};
pub use run::{RunOptions, RunSummary, run};
pub use tables::{schemas, table, tables};
