//! Who will leave: `churn_indicators`, signal by signal, and the model of leaving, which knows them
//! all and gives `customers` its scores.

mod classes;
mod features;
mod fit;
mod indicators;
mod leaving;
mod levels;
mod missing;
mod model;
mod observed;
mod odds;
mod rhythm;
mod schema;
#[cfg(test)]
mod tests;

pub use indicators::CHURN_INDICATORS;
pub(crate) use indicators::SIGNALS;
pub(crate) use leaving::Leaving;
pub(crate) use levels::Levels;
pub(crate) use model::{Risk, RiskModel};
pub(crate) use rhythm::Rhythm;
