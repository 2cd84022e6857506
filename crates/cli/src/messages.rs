//! Stderr, where messages go: plain sentences and bars on a terminal, log lines elsewhere.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use indicatif::MultiProgress;
use tracing::Level;
use tracing_subscriber::fmt::MakeWriter;

use crate::args::LogFormat;

/// Who reads stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// A person at a terminal: bars while it works, then a summary.
    Terminal,
    /// A file or another program: one line per message, with its time.
    Log(LogFormat),
}

/// How messages reach their reader. It is also where `tracing` events of all crates go.
pub struct Messages {
    reader: Reader,
    is_quiet: bool,
    /// The bars of a run; whoever writes a line moves them out of the way.
    bars: MultiProgress,
}

impl Messages {
    /// Without a format: bars on a terminal that may be decorated, else text.
    pub fn new(format: Option<LogFormat>, is_quiet: bool) -> Self {
        let reader = match format {
            Some(format) => Reader::Log(format),
            None if io::stderr().is_terminal() && !no_color() => Reader::Terminal,
            None => Reader::Log(LogFormat::Text),
        };
        let messages = Self { reader, is_quiet, bars: MultiProgress::new() };
        messages.subscribe();
        messages
    }

    /// Who reads them.
    pub fn reader(&self) -> Reader {
        self.reader
    }

    /// Whether only warnings and errors are told.
    pub fn is_quiet(&self) -> bool {
        self.is_quiet
    }

    /// Where the bars are drawn.
    pub fn bars(&self) -> &MultiProgress {
        &self.bars
    }

    /// A line for whoever waits, unless it is quiet. A machine gets it as a record.
    pub fn say(&self, text: impl Display) {
        match self.reader {
            _ if self.is_quiet => {}
            Reader::Log(LogFormat::Json) => tracing::info!("{text}"),
            _ => self.line(&format!("{text}")),
        }
    }

    /// What did not go as it should, although the command goes on.
    pub fn warn(&self, text: &str) {
        match self.reader {
            Reader::Log(_) => tracing::warn!("{text}"),
            Reader::Terminal => self.line(&format!("warning: {text}")),
        }
    }

    /// Why the command ends.
    pub fn error(&self, error: &dyn Display) {
        match self.reader {
            Reader::Log(LogFormat::Json) => tracing::error!("{error}"),
            _ => self.line(&format!("error: {error}")),
        }
    }

    fn line(&self, text: &str) {
        // Where stderr is gone there is nobody left to tell.
        self.bars.suspend(|| writeln!(io::stderr(), "{text}").unwrap_or_default());
    }

    fn subscribe(&self) {
        let level = if self.is_quiet { Level::WARN } else { Level::INFO };
        let to_bars = BesideBars(self.bars.clone());
        let builder = tracing_subscriber::fmt()
            .with_max_level(level)
            .with_target(false)
            .with_ansi(false)
            .with_writer(to_bars);
        let done = match self.reader {
            Reader::Terminal => builder.without_time().try_init(),
            Reader::Log(LogFormat::Text) => builder.try_init(),
            Reader::Log(LogFormat::Json) => builder.json().flatten_event(true).try_init(),
        };
        debug_assert!(done.is_ok(), "a process has one subscriber");
    }
}

/// Whether colours and movement are unwelcome (<https://no-color.org>).
pub fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// Writes log lines to stderr above the bars.
#[derive(Clone)]
struct BesideBars(MultiProgress);

impl Write for BesideBars {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.suspend(|| io::stderr().write_all(line)).map(|()| line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

impl<'a> MakeWriter<'a> for BesideBars {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
