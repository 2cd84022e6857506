//! The pipeline: its file, the plan that follows from it, and the run.

mod config;
mod error;
mod events;
mod frame;
mod memory;
mod plan;
mod record;
mod run;
mod sources;
mod tables;

pub use config::{
    Activity, BasisInput, ConfigError, Conflict, ContactsInput, Currency, GrainSettings, Hint,
    Lack, Lapse, OrdersInput, Override, Pipeline, Place, ProspectsInput, Rows, Segment,
    StatusLists, SubscriptionsInput, SurveysInput, TABLE_NAMES, Variant,
};
pub use error::{Rejections, RunError};
pub use events::Event;
pub use plan::{CheckReport, CheckedInput, check};
pub use run::{RunOptions, RunSummary, run};
pub use tables::schemas;
