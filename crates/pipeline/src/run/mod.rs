//! The run: its stages, one after the other.
//!
//! Each stage is a struct that holds what is known by then, and has a method that leads to the next one:
//!
//! ```text
//! Opened ─gather─▶ Gathered ─survey─▶ Surveyed ─fold─▶ Folded ─check─▶ Checked ─publish─▶ Published
//! ```

mod checked;
mod folded;
mod gathered;
mod opened;
mod options;
mod published;
mod rejected;
mod shared;
mod summary;
mod surveyed;

use chrono::Utc;
use kohort_notify::Notifier;
use kohort_publish::RunId;

use crate::{Event, Pipeline, RunError, notifications};
use opened::{Begun, begin};
pub use options::RunOptions;
pub(crate) use shared::Run;
pub use summary::RunSummary;

/// Runs a pipeline and publishes its tables. `observe` is called from several threads.
///
/// # Errors
/// The first [`RunError`]; then nothing is published and what was current stays so, unless it is
/// the Delta tables that cannot follow.
pub fn run(
    pipeline: &Pipeline,
    options: &RunOptions,
    observe: &(dyn Fn(Event) + Sync),
) -> Result<RunSummary, RunError> {
    let started_at = Utc::now();
    let id = RunId::at(started_at);
    let name = pipeline.substituted.hide(&pipeline.name).into_owned();
    observe(Event::RunStarted { run_id: id.to_string(), pipeline: name });
    let warn = |text| observe(Event::Warning(text));
    let settings = notifications::settings(pipeline);
    let mut notifier = Notifier::begin(settings, &id, started_at, &warn);
    let result = Run::new(pipeline, options, id, started_at, observe)
        .and_then(|run| through_all_stages(run, &mut notifier));
    notifications::end(notifier, &result);
    result
}

fn through_all_stages(
    mut run: Run<'_>,
    notifier: &mut Notifier<'_>,
) -> Result<RunSummary, RunError> {
    let opened = match begin(&mut run, notifier)? {
        Begun::Opened(opened) => opened,
        Begun::Unchanged(summary) => return Ok(*summary),
    };
    let gathered = opened.gather(&mut run)?;
    let surveyed = gathered.survey(&mut run)?;
    let folded = surveyed.fold(&mut run)?;
    let checked = folded.check(&mut run)?;
    let published = checked.publish(run)?;
    Ok(published.into_summary())
}
