//! The command line.
#![expect(
    clippy::doc_markdown,
    clippy::doc_link_with_quotes,
    reason = "these comments are the help texts, which are shown as they are"
)]

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, value_parser};
use clap_complete::Shell;
use kohort_model::Grain;
use kohort_report::Format;

use crate::calc::args::CalcArgs;

/// Retention, churn, revenue churn and lost sales from an order history.
///
/// Kohort reads orders from Parquet, computes the tables that a pipeline file asks for, and writes
/// them back as Parquet.
#[derive(Debug, Parser)]
#[command(name = "kohort", version, arg_required_else_help = true, after_help = EXIT_CODES)]
#[command(max_term_width = 100, disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,

    /// Messages as lines of text or as JSON objects [default: bars on a terminal, else text]
    #[arg(long, value_name = "FORMAT", global = true, help_heading = "Messages")]
    pub log_format: Option<LogFormat>,

    /// Only warnings and errors on stderr
    #[arg(short, long, global = true, help_heading = "Messages")]
    pub quiet: bool,

    /// Also what a run does in detail: its plan, files and queries
    #[arg(short, long, global = true, conflicts_with = "quiet", help_heading = "Messages")]
    pub verbose: bool,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  the run failed
  2  the command line or the pipeline file is wrong
  3  a data check failed; nothing was published
  4  published, but a rate is beyond its threshold (--fail-on-alert); runs differ (--exit-code)
  130, 143  a run was stopped by SIGINT or SIGTERM

Data goes to stdout, messages to stderr. NO_COLOR=1 turns colours and progress bars off.";

#[derive(Debug, Subcommand)]
pub enum Command {
    Run(RunArgs),
    Check(CheckArgs),
    Show(ShowArgs),
    Diff(DiffArgs),
    Runs(RunsArgs),
    Publish(PublishArgs),
    Gc(GcArgs),
    Retry(RetryArgs),
    Schema(SchemaArgs),
    Sample(SampleArgs),
    Calc(CalcArgs),
    Completions(CompletionsArgs),
}

/// Compute the tables of a pipeline file and publish them
///
/// The tables go to OUTPUT/runs/RUN/TABLE.parquet, together with run.json, which says what
/// was read, left out and written. OUTPUT/current then leads to the new run, in one step: a run
/// that fails, is killed or does not pass its checks leaves it as it was.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kohort run pipelines/sample.toml
  kohort run pipelines/sample.toml --select cohort_retention --as-of 2024-07-01
  kohort run pipelines/sample.toml --select '*churn*,+scorecard'
  kohort run pipelines/sample.toml --set customers.lapse_after_days=60 --dry-run")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub struct RunArgs {
    /// Pipeline file
    pub file: PathBuf,

    /// First day that is not known yet, instead of calendar.as_of
    #[arg(long, value_name = "DATE")]
    pub as_of: Option<String>,

    /// Only these tables, instead of outputs.tables: names or patterns such as 'cohort_*'
    ///
    /// With + in front also the tables that they are made of: +alerts is alerts, scorecard, and all
    /// that the scorecard takes its rates from.
    #[arg(long, value_name = "TABLE,...", value_delimiter = ',')]
    pub select: Vec<String>,

    /// Folder or URL to publish to, instead of outputs.path
    #[arg(long, value_name = "DIR|URL")]
    pub output: Option<String>,

    /// Threads at work [default: one per processor]
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,

    /// Memory to stay within, such as 4GiB or 500MB; beyond it data goes to disk for a while
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub memory_limit: Option<u64>,

    #[command(flatten)]
    pub overrides: Overrides,

    /// Read every file again, whatever earlier runs kept of it, and compute the tables even if
    /// nothing has changed
    #[arg(long)]
    pub full_refresh: bool,

    /// Measure the lapse window anew where lapse_after_days is "auto"; other runs keep the one of
    /// the run before
    #[arg(long)]
    pub recalibrate: bool,

    /// Print what the run would do, and end: files to decode, tables, expected memory
    ///
    /// The plan goes to stdout, with --log-format json as a JSON object. Neither data is read nor
    /// anything touched.
    #[arg(long, conflicts_with = "fail_on_alert")]
    pub dry_run: bool,

    /// Wait while another run holds the output or the state folder, rather than fail
    #[arg(long)]
    pub wait: bool,

    /// Publish, then exit with 4 if the newest complete period of a rate is beyond its threshold
    ///
    /// Thresholds are in the section alerts of the pipeline file; built in is monthly churn: with
    /// subscriptions above 7 %, with orders above what is usual in its own past.
    #[arg(long)]
    pub fail_on_alert: bool,
}

/// Settings on the command line that replace those of a pipeline file.
#[derive(Debug, Args)]
pub struct Overrides {
    /// Replace a setting of the pipeline file; may be given several times
    ///
    /// KEY is dotted, VALUE is TOML, or text where it is none, for example
    /// --set calendar.week_start=sunday or --set 'calendar.grains=["month", "week"]'.
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

/// Check that a pipeline file fits its input, without reading the data
///
/// Reads the pipeline file and the schemas and footers of the input files, and prints which
/// column or expression is taken for what. With --data also how many rows have the statuses,
/// variants, steps, stages and reasons that the file names, and which others there are.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Pipeline file
    pub file: PathBuf,

    /// Also read the data, as far as it takes to count the rows of each text that the file names
    ///
    /// Exits with 3 if no row has one and checks.unknown_values is "error".
    #[arg(long)]
    pub data: bool,

    #[command(flatten)]
    pub overrides: Overrides,
}

/// Show a published table in the terminal, or write it as CSV or JSON
///
/// Tables with a row per cohort and period appear as a heatmap, the others as text. Rates are in
/// percent; a star marks what later orders can still change. What does not fit is left out, and
/// stderr says so. CSV and JSON have every row and column, exact to the last digit.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kohort show data/out/sample                      lists the tables
  kohort show data/out/sample cohort_retention
  kohort show data/out/sample cohort_retention --grain week --column active
  kohort show data/out/sample customer_retention --segment country=GB
  kohort show data/out/sample lost_sales --format csv > lost_sales.csv")]
pub struct ShowArgs {
    /// Output folder or URL, run as OUTPUT/RUN or OUTPUT~1, pipeline file, or a .parquet file
    #[arg(value_name = "DIR|FILE")]
    pub path: PathBuf,

    /// Name of the table; left out, the tables are listed
    pub table: Option<String>,

    /// For reading, or every row and column for other programs
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: ShowFormat,

    /// Put an apostrophe before texts of CSV that a spreadsheet would take for a formula: those that
    /// begin with =, +, -, @, a tab or a carriage return; numbers stay as they are
    #[arg(long)]
    pub guard: bool,

    /// Only rows of this grain: day, week, month, quarter or year [default for tables: month, if
    /// it is there]
    #[arg(long, value_name = "GRAIN", value_parser = parse_grain)]
    pub grain: Option<Grain>,

    /// Only rows of this segment, or of one of its values [default for tables: all, everybody]
    #[arg(long, value_name = "NAME[=VALUE]")]
    pub segment: Option<String>,

    /// Columns to show; a heatmap takes one [default: those that matter most]
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub column: Vec<String>,

    /// Most cohorts, periods or steps to show, the last ones; of a table with rows for each
    /// customer, rows; only for tables
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..))]
    pub rows: Option<u32>,
}

/// Compare two runs: which published numbers of closed periods changed, and which files brought it
///
/// Closed are the rows whose period was complete in the older run, but for the columns that later
/// orders revise (kohort schema names them). Tables without periods count where both runs have the
/// same as_of. Input files are compared as well: late ones have rows of months that were closed,
/// corrected ones are not what they were, deleted ones are gone; each changed period names the files
/// with rows in its months. CSV and JSON have every difference in a row of its own: table, key,
/// kind (changed, added or removed), is_closed, column, old, new and change, exact to the last digit.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kohort diff data/out/sample~1 data/out/sample          the current run and the one before it
  kohort diff data/out/sample~7 data/out/sample customer_retention
  kohort diff yesterday today --format csv > restated.csv
  kohort diff data/out/sample~1 data/out/sample --exit-code --quiet || alert")]
pub struct DiffArgs {
    /// The older run: OUTPUT for its current run, OUTPUT~N for the Nth before that, OUTPUT/RUN, or
    /// the folder of a run; OUTPUT is a folder, a URL or a pipeline file
    #[arg(value_name = "OLDER")]
    pub older: PathBuf,

    /// The newer run
    #[arg(value_name = "NEWER")]
    pub newer: PathBuf,

    /// Name of the table; left out, all that both runs have
    pub table: Option<String>,

    /// For reading, or every difference for other programs
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: ShowFormat,

    /// Also rows of periods that were not complete, columns that later orders revise, and tables
    /// without periods
    #[arg(long)]
    pub all: bool,

    /// Most rows of each list; only for tables [default: 20]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..))]
    pub rows: Option<u32>,

    /// Exit with 4 if there is a difference
    #[arg(long)]
    pub exit_code: bool,
}

/// List the runs of an output, newest first
///
/// Also lists a run that began and did not succeed. With CSV and JSON every column: run,
/// status (current, kept, failed or unfinished, which is at work or killed; on an object store also
/// unpublished, which is whole and never became current), started_at, as_of, seconds, rows_in (of
/// all files of its inputs, read anew or known from earlier), orders, tables, bytes of all its
/// files, error.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kohort runs data/out/sample
  kohort runs pipelines/sample.toml --format json
  kohort runs s3://bucket/retention")]
pub struct RunsArgs {
    /// Output folder or URL, or pipeline file
    #[arg(value_name = "DIR|URL|FILE")]
    pub path: PathBuf,

    /// For reading, or for other programs
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: ShowFormat,
}

/// Make an older run current again
///
/// Readers see it from then on, in one step. Newer runs stay; the next `kohort run` publishes
/// another one.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kohort publish data/out/sample~1                     the one before the current one
  kohort publish data/out/sample/20260102T030405Z-0abc
  kohort publish pipelines/sample.toml~1")]
pub struct PublishArgs {
    /// OUTPUT/RUN, or OUTPUT~N for the Nth run before the current one; OUTPUT is a folder, a URL
    /// or a pipeline file
    pub run: PathBuf,
}

/// Remove old runs of an output
///
/// The current run stays, however old it is. What killed runs left behind goes too. A run does the
/// same when it is published: outputs.keep_runs in the pipeline file, usually 7, says how many stay.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kohort gc data/out/sample --keep 3 --dry-run
  kohort gc s3://bucket/retention --keep 30")]
pub struct GcArgs {
    /// Output folder or URL, or pipeline file
    #[arg(value_name = "DIR|URL|FILE")]
    pub path: PathBuf,

    /// Runs to keep, the newest ones
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..))]
    pub keep: u32,

    /// Say what would be removed, remove nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Run again what failed or was killed
///
/// Starts the last run of the output again, with the same pipeline file and flags and in the same
/// folder; what it had gathered is not read again. Where the last run succeeded there is
/// nothing to do. The note of the run in the output, .attempt.json, is taken at its word only where
/// it is of a run of a pipeline file that publishes there.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kohort retry data/out/sample
  kohort retry pipelines/sample.toml")]
pub struct RetryArgs {
    /// Output folder or URL, or pipeline file
    #[arg(value_name = "DIR|URL|FILE")]
    pub path: PathBuf,
}

/// Print the result tables, or the columns of one with type, unit and meaning
///
/// For run.json, the record that lies beside the tables of a run, it is its JSON Schema.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// Name of the table, run.json or pipeline.toml; left out, the tables are listed
    pub table: Option<String>,
    /// What is written: text for people, JSON for programs, Markdown for pages
    #[arg(long, value_enum, default_value_t = SchemaFormat::Text)]
    pub format: SchemaFormat,
}

/// What a schema is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaFormat {
    /// Lines
    Text,
    /// Everything that is declared of the tables
    Json,
    /// Tables of columns, or of keys
    Markdown,
}

/// Make up a shop's order history to try things on
///
/// Writes DIR/orders/MONTH.parquet, or with --subscriptions the files of a subscription business:
/// DIR/subscriptions.parquet, prospects.parquet, contacts.parquet, surveys.parquet and, of a shop
/// whose customers come back, orders.parquet. With --everything it is a shop that feeds every other
/// input as well: DIR/orders.parquet, order_lines.parquet, returns.parquet, touchpoints.parquet,
/// identities.parquet, opportunities.parquet, invoices.parquet, surveys.parquet,
/// engagement.parquet, contacts.parquet and prospects.parquet. The same options make the same files.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kohort sample data/sample
  kohort sample data/subscriptions --subscriptions --customers 100000
  kohort sample data/everything --everything")]
pub struct SampleArgs {
    /// Folder to write to
    pub dir: PathBuf,

    /// Make up a subscription business instead: contracts, win-back campaigns, exit surveys
    #[arg(long)]
    pub subscriptions: bool,

    /// Make up a shop with every input instead: also visits, carts, order lines, returns, invoices,
    /// opportunities, surveys and engagement
    #[arg(long, conflicts_with = "subscriptions")]
    pub everything: bool,

    /// People who buy at least once [default: 20000; with every input 8000]
    #[arg(long, value_name = "N")]
    pub customers: Option<u32>,

    /// Length of the history in months [default: 24; of a subscription business 36]
    #[arg(long, value_name = "N")]
    pub months: Option<u32>,

    /// Another seed makes another shop [default: 42]
    #[arg(long, value_name = "S")]
    pub seed: Option<u64>,
}

/// Print a completion script for a shell
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  kohort completions bash > ~/.local/share/bash-completion/completions/kohort")]
pub struct CompletionsArgs {
    /// The shell
    pub shell: Shell,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    // One line of text per message.
    Text,
    // One JSON object per line.
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ShowFormat {
    // For reading.
    Table,
    // Comma-separated values with a header.
    Csv,
    // An array of objects.
    Json,
}

impl ShowFormat {
    /// The form for other programs, if it is one.
    pub fn for_programs(self) -> Option<Format> {
        match self {
            Self::Table => None,
            Self::Csv => Some(Format::Csv),
            Self::Json => Some(Format::Json),
        }
    }
}

fn parse_grain(text: &str) -> Result<Grain, String> {
    text.parse().map_err(|error: kohort_model::UnknownGrain| error.to_string())
}

/// `4GiB` as bytes.
fn parse_size(text: &str) -> Result<u64, String> {
    const UNITS: [(&str, u64); 9] = [
        ("B", 1),
        ("KB", 1_000),
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
        ("TB", 1_000_000_000_000),
        ("KiB", 1 << 10),
        ("MiB", 1 << 20),
        ("GiB", 1 << 30),
        ("TiB", 1 << 40),
    ];
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let unit = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit.trim()));
    let size = match (number.parse::<u64>(), unit) {
        (Ok(number), Some((_, bytes))) => number.checked_mul(*bytes).filter(|size| *size > 0),
        _ => None,
    };
    size.ok_or_else(|| "give a whole number and a unit, such as 4GiB or 500MB".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn sizes() {
        for (text, expected) in [
            ("4GiB", Some(4 << 30)),
            ("500MB", Some(500_000_000)),
            ("500 mb", Some(500_000_000)),
            ("1024B", Some(1024)),
            ("1TiB", Some(1 << 40)),
            ("4", None),
            ("GiB", None),
            ("0GiB", None),
            ("1.5GiB", None),
            ("-1GiB", None),
            ("99999999999TiB", None),
        ] {
            assert_eq!(parse_size(text).ok(), expected, "{text}");
        }
    }
}
