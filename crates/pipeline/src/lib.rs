//! The pipeline: its file, the plan that follows from it, and the run.

mod config;
mod error;
mod events;
mod frame;
mod labels;
mod memory;
mod plan;
mod record;
mod run;
mod sources;
mod tables;

pub use config::{
    Activity, BasisInput, ConfigError, Conflict, ContactsInput, Currency, EngagementInput,
    FunnelSettings, GrainSettings, Hint, IdentitiesInput, InvoicesInput, Lack, Lapse,
    OpportunitiesInput, OrderLinesInput, OrdersInput, Override, Pipeline, Place, ProspectsInput,
    ReturnsInput, Rows, Segment, StatusLists, SubscriptionsInput, SurveysInput, TABLE_NAMES,
    TouchpointsInput, Variant,
};
pub use error::{Rejections, RunError};
pub use events::Event;
pub use kohort_scorecard::Alert;
pub use plan::{CheckReport, CheckedInput, check};
pub use run::{RunOptions, RunSummary, run};
pub use tables::schemas;
