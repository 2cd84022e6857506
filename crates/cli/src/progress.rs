//! The stages of a run as they happen.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use kohort_pipeline::Event;

use crate::messages::{Messages, Reader};
use kohort_report::number::count;

/// How often a log says how far a stage is.
const LOG_EVERY: Duration = Duration::from_secs(10);

/// Turns the events of a run into bars or log lines.
pub struct Progress<'a> {
    messages: &'a Messages,
    /// The stage at work; stages follow one another.
    stage: Mutex<Option<Stage>>,
}

struct Stage {
    name: &'static str,
    total: Option<u64>,
    unit: &'static str,
    bar: Option<ProgressBar>,
    logged: Instant,
}

impl<'a> Progress<'a> {
    pub fn new(messages: &'a Messages) -> Self {
        Self { messages, stage: Mutex::new(None) }
    }

    /// Takes note of an event, from any thread.
    pub fn observe(&self, event: Event) {
        // What a thread left here when it panicked is only a bar.
        let mut stage = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::StageStarted { stage: name, total, unit } => {
                *stage = Some(self.start(name, total, unit));
            }
            Event::Advanced { stage: name, done } => {
                if let Some(stage) = stage.as_mut().filter(|stage| stage.name == name) {
                    stage.advance(done);
                }
            }
            Event::StageFinished { stage: name, elapsed } => {
                if let Some(bar) = stage.take().and_then(|stage| stage.bar) {
                    bar.finish_and_clear();
                }
                if matches!(self.messages.reader(), Reader::Log(_)) {
                    tracing::info!(stage = name, seconds = elapsed.as_secs_f64(), "stage finished");
                }
            }
            Event::RunStarted { run_id, pipeline } => self.messages.begin_run(&run_id, &pipeline),
            // Nothing to see yet.
            Event::Begun { .. } => {}
            Event::Detail(text) => self.messages.detail(text),
            Event::Warning(text) => self.messages.warn(&text),
        }
    }

    fn start(&self, name: &'static str, total: Option<u64>, unit: &'static str) -> Stage {
        let bar = match self.messages.reader() {
            Reader::Terminal if !self.messages.is_quiet() => {
                let bar = ProgressBar::no_length().with_style(style(total.is_some()));
                bar.set_prefix(name);
                bar.set_message(unit);
                if let Some(total) = total {
                    bar.set_length(total);
                }
                let bar = self.messages.bars().add(bar);
                bar.enable_steady_tick(Duration::from_millis(100));
                Some(bar)
            }
            Reader::Terminal => None,
            Reader::Log(_) => {
                tracing::info!(stage = name, total, unit, "stage started");
                None
            }
        };
        Stage { name, total, unit, bar, logged: Instant::now() }
    }
}

impl Stage {
    fn advance(&mut self, done: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(done);
        } else if self.logged.elapsed() >= LOG_EVERY {
            self.logged = Instant::now();
            tracing::info!(
                stage = self.name,
                done,
                total = self.total,
                unit = self.unit,
                "at work"
            );
        }
    }
}

fn style(has_total: bool) -> ProgressStyle {
    let template = if has_total {
        "{prefix:10} {bar:30} {percent:>3} %  {counted} {msg}  {elapsed}"
    } else {
        "{prefix:10} {spinner} {counted} {msg}  {elapsed}"
    };
    ProgressStyle::with_template(template)
        .expect("the template is a constant, which a test draws")
        .with_key("counted", |state: &indicatif::ProgressState, to: &mut dyn std::fmt::Write| {
            // A bar that cannot be drawn stops nobody.
            let _ = to.write_str(&count(state.pos()));
        })
        .progress_chars("━╸ ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_are_right() {
        for has_total in [true, false] {
            style(has_total);
        }
    }
}
