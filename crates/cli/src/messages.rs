//! Stderr, where messages go: plain sentences and bars on a terminal, log lines elsewhere.
//!
//! All that the command says goes through here, and nothing goes on as it came: a message is a line, what a
//! terminal would obey is escaped, and the names of environment variables replace their values.

use std::fmt::{self, Display};
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use indicatif::MultiProgress;
use kohort_model::{shown, shown_json, shown_text};
use kohort_pipeline::Substituted;
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

/// How much is said.
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
    /// What pipeline files have from the environment.
    substituted: Arc<RwLock<Substituted>>,
}

impl Messages {
    /// Without a format: bars on a terminal that may be decorated, else text.
    pub fn new(format: Option<LogFormat>, volume: Volume) -> Self {
        let reader = match format {
            Some(format) => Reader::Log(format),
            None if io::stderr().is_terminal() && !no_color() => Reader::Terminal,
            None => Reader::Log(LogFormat::Text),
        };
        let (run, bars, substituted) = (Arc::default(), MultiProgress::new(), Arc::default());
        let messages = Self { reader, volume, run, bars, substituted };
        messages.subscribe();
        messages
    }

    /// Who reads them.
    pub fn reader(&self) -> Reader {
        self.reader
    }

    /// Whether only warnings and errors are shown.
    pub fn is_quiet(&self) -> bool {
        self.volume == Volume::Quiet
    }

    /// From here on no message has a value that the pipeline has from the environment.
    pub fn hide(&self, pipeline: &Substituted) {
        self.substituted.write().unwrap_or_else(PoisonError::into_inner).join(pipeline);
    }

    /// A text with the names of variables in place of their values.
    pub fn hidden(&self, text: impl Display) -> String {
        let substituted = self.substituted.read().unwrap_or_else(PoisonError::into_inner);
        substituted.hide(&text.to_string()).into_owned()
    }

    /// From here on every message is of this run.
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
            Reader::Log(LogFormat::Json) => tracing::info!("{}", self.hidden(text)),
            _ => self.lines([text]),
        }
    }

    /// A question, after which an answer is typed: the line goes on as it ends here. It is asked also
    /// where it is quiet, as the command waits for it.
    pub fn ask(&self, text: &str) {
        match self.reader {
            Reader::Log(LogFormat::Json) if text.trim().is_empty() => {}
            Reader::Log(LogFormat::Json) => tracing::warn!("{}", self.hidden(text.trim())),
            _ => {
                let text = shown_text(&self.hidden(text)).into_owned();
                self.bars.suspend(|| io::stderr().write_all(text.as_bytes()).unwrap_or_default());
            }
        }
    }

    /// As [`Messages::say`] in several lines, which a machine gets as one record.
    pub fn say_lines<'t>(&self, lines: impl Iterator<Item = &'t str>) {
        match self.reader {
            _ if self.is_quiet() => {}
            Reader::Log(LogFormat::Json) => self.say(lines.collect::<Vec<_>>().join("\n")),
            _ => self.lines(lines),
        }
    }

    /// What whoever looks for a fault wants to know.
    pub fn detail(&self, text: impl Display) {
        match self.reader {
            _ if self.volume != Volume::Verbose => {}
            Reader::Log(format) => tracing::debug!("{}", self.of_event(format, text)),
            Reader::Terminal => self.lines([text]),
        }
    }

    /// What did not go as it should, although the command goes on.
    pub fn warn(&self, text: &str) {
        match self.reader {
            Reader::Log(format) => tracing::warn!("{}", self.of_event(format, text)),
            Reader::Terminal => self.lines([format_args!("warning: {text}")]),
        }
    }

    /// Why the command ends, in a line or several.
    pub fn error(&self, lines: &[String]) {
        if self.reader == Reader::Log(LogFormat::Json) {
            tracing::error!("{}", self.hidden(lines.join("\n")));
        } else {
            let begins = |at| if at == 0 { "error: " } else { "" };
            let lines = lines.iter().enumerate();
            self.lines(lines.map(|(at, line)| format!("{}{line}", begins(at))));
        }
    }

    /// The one way of a text to a person.
    fn lines<T: Display>(&self, lines: impl IntoIterator<Item = T>) {
        let lines = lines.into_iter().map(|line| shown(&self.hidden(line)).into_owned() + "\n");
        let text: String = lines.collect();
        // Where stderr is gone nobody reads any more.
        self.bars.suspend(|| io::stderr().write_all(text.as_bytes()).unwrap_or_default());
    }

    /// The text of an event. JSON has escapes of its own; those of a log are ours rather than those of
    /// whoever writes it.
    fn of_event(&self, format: LogFormat, text: impl Display) -> String {
        let text = self.hidden(text);
        if format == LogFormat::Json { text } else { shown(&text).into_owned() }
    }

    fn subscribe(&self) {
        // What the libraries say of their own insides helps nobody here.
        let (own, others) = match self.volume {
            Volume::Quiet => (LevelFilter::WARN, LevelFilter::WARN),
            Volume::Normal => (LevelFilter::INFO, LevelFilter::INFO),
            Volume::Verbose => (LevelFilter::DEBUG, LevelFilter::INFO),
        };
        let levels = Targets::new().with_default(others).with_target("kohort", own);
        let to_bars = BesideBars(self.clone());
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

/// Writes log lines to stderr above the bars; each comes in one piece, with its end. Those of other
/// crates, and the fields of all, have not been looked at before.
#[derive(Clone)]
struct BesideBars(Messages);

impl Write for BesideBars {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let Messages { reader, bars, substituted, .. } = &self.0;
        let text = String::from_utf8_lossy(line.strip_suffix(b"\n").unwrap_or(line));
        let substituted = substituted.read().unwrap_or_else(PoisonError::into_inner);
        let text = substituted.hide_distinct(&text);
        let text = match reader {
            Reader::Log(LogFormat::Json) => shown_json(&text),
            Reader::Terminal | Reader::Log(LogFormat::Text) => shown(&text),
        };
        let text = format!("{text}\n");
        bars.suspend(|| io::stderr().write_all(text.as_bytes())).map(|()| line.len())
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
