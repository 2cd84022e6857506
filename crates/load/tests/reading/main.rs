//! Reading small files that polars itself wrote.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod checks;
mod contract;
mod files;
mod hostile;
mod lookups;
mod money;
mod people;
mod rejects;
mod seen;
mod side_inputs;
mod subscription_rows;
mod subscriptions;
mod support;
mod types;
