//! The pipeline: its file, the plan that follows from it, and the run.

mod config;
mod error;
mod events;
mod memory;
mod plan;
mod run;
mod tables;

pub use config::{
    Activity, ConfigError, Conflict, Currency, GrainSettings, Hint, Lapse, OrdersInput, Override,
    Pipeline, Place, Rows, Segment, StatusLists, TABLE_NAMES,
};
pub use error::{Rejections, RunError};
pub use events::Event;
pub use plan::{CheckReport, check};
pub use run::{RunOptions, RunSummary, run};
pub use tables::schemas;
