//! Stderr, where messages go: plain sentences and bars on a terminal, log lines elsewhere.

use std::fmt::{self, Display};
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, OnceLock};

use indicatif::MultiProgress;
use serde_json::json;
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::{Format, Json, JsonFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use crate::args::LogFormat;

/// Who reads stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// A person at a terminal: bars while it works, then a summary.
    Terminal,
    /// A file or another program: one line per message, with its time.
    Log(LogFormat),
}

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Volume {
    /// Warnings and errors.
    Quiet,
    /// What whoever waits wants to know.
    Normal,
    /// Also what whoever looks for a fault wants to know.
    Verbose,
}

/// How messages reach their reader. It is also where `tracing` events of all crates go.
#[derive(Clone)]
pub struct Messages {
    reader: Reader,
    volume: Volume,
    /// Properties of a JSON object that name the run at work, in every line of it.
    run: Arc<OnceLock<String>>,
    /// The bars of a run; whoever writes a line moves them out of the way.
    bars: MultiProgress,
}

impl Messages {
    /// Without a format: bars on a terminal that may be decorated, else text.
    pub fn new(format: Option<LogFormat>, volume: Volume) -> Self {
        let reader = match format {
            Some(format) => Reader::Log(format),
            None if io::stderr().is_terminal() && !no_color() => Reader::Terminal,
            None => Reader::Log(LogFormat::Text),
        };
        let messages = Self { reader, volume, run: Arc::default(), bars: MultiProgress::new() };
        messages.subscribe();
        messages
    }

    /// Who reads them.
    pub fn reader(&self) -> Reader {
        self.reader
    }

    /// Whether only warnings and errors are told.
    pub fn is_quiet(&self) -> bool {
        self.volume == Volume::Quiet
    }

    /// From here on everything that is told is of this run.
    pub fn begin_run(&self, run_id: &str, pipeline: &str) {
        let object = json!({ "run_id": run_id, "pipeline": pipeline }).to_string();
        // A process is one run.
        self.run.get_or_init(|| object.trim_matches(['{', '}']).to_owned());
        match self.reader {
            Reader::Terminal => self.detail(format_args!("run {run_id} of {pipeline}")),
            Reader::Log(LogFormat::Text) => tracing::info!(run_id, pipeline, "run started"),
            Reader::Log(LogFormat::Json) => tracing::info!("run started"),
        }
    }

    /// Where the bars are drawn.
    pub fn bars(&self) -> &MultiProgress {
        &self.bars
    }

    /// A line for whoever waits, unless it is quiet. A machine gets it as a record.
    pub fn say(&self, text: impl Display) {
        match self.reader {
            _ if self.is_quiet() => {}
            Reader::Log(LogFormat::Json) => tracing::info!("{text}"),
            _ => self.line(&format!("{text}")),
        }
    }

    /// What whoever looks for a fault wants to know.
    pub fn detail(&self, text: impl Display) {
        match self.reader {
            _ if self.volume != Volume::Verbose => {}
            Reader::Log(_) => tracing::debug!("{text}"),
            Reader::Terminal => self.line(&format!("{text}")),
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
        // What the libraries say of their own insides helps nobody here.
        let (own, others) = match self.volume {
            Volume::Quiet => (LevelFilter::WARN, LevelFilter::WARN),
            Volume::Normal => (LevelFilter::INFO, LevelFilter::INFO),
            Volume::Verbose => (LevelFilter::DEBUG, LevelFilter::INFO),
        };
        let levels = Targets::new().with_default(others).with_target("kohort", own);
        let to_bars = BesideBars(self.bars.clone());
        let builder = tracing_subscriber::fmt()
            .with_max_level(own)
            .with_target(false)
            .with_ansi(false)
            .with_writer(to_bars);
        let done = match self.reader {
            Reader::Terminal => builder.without_time().finish().with(levels).try_init(),
            Reader::Log(LogFormat::Text) => builder.finish().with(levels).try_init(),
            Reader::Log(LogFormat::Json) => {
                let lines = tracing_subscriber::fmt::format().with_target(false).json();
                let lines = OfRun { lines: lines.flatten_event(true), run: Arc::clone(&self.run) };
                let builder = builder.fmt_fields(JsonFields::new()).event_format(lines);
                builder.finish().with(levels).try_init()
            }
        };
        debug_assert!(done.is_ok(), "a process has one subscriber");
    }
}

/// JSON lines that begin with the run that they are of.
struct OfRun {
    lines: Format<Json>,
    run: Arc<OnceLock<String>>,
}

impl<S, N> FormatEvent<S, N> for OfRun
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let Some(run) = self.run.get() else {
            return self.lines.format_event(context, writer, event);
        };
        let mut line = String::new();
        self.lines.format_event(context, Writer::new(&mut line), event)?;
        write!(writer, "{{{run},{}", line.trim_start_matches('{'))
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
