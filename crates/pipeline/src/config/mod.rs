//! The pipeline file: TOML in, plain settings out, with every default filled in, every path
//! absolute and every `${NAME}` replaced.

mod error;
mod orders;
mod section;
mod settings;
mod tree;
mod window;

#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use kohort_model::{Calendar, Day, Grain, SegmentAt, Weekday};

pub use error::{ConfigError, Conflict, Hint, Place};
pub use orders::{Currency, OrdersInput, Rows, StatusLists};
use section::{Item, Reader, Section, nearest};
pub use tree::Override;

/// The result tables, in the order in which they are computed and listed.
pub const TABLE_NAMES: [&str; 5] =
    ["cohort_retention", "cohort_curve", "customer_retention", "revenue_churn", "lost_sales"];

/// A pipeline file, checked and complete.
#[derive(Clone, Debug, PartialEq)]
pub struct Pipeline {
    /// The pipeline file, absolute.
    pub file: PathBuf,
    /// `name`; the file's name without its extension where it has none.
    pub name: String,
    /// Where a day begins.
    pub timezone: Tz,
    /// How days form periods.
    pub calendar: Calendar,
    /// The grains asked for, finest first, each once, at least one.
    pub grains: Vec<GrainSettings>,
    /// Exclusive end of what is known; `None` for the day after the newest order.
    pub as_of: Option<Day>,
    /// Where the extract starts, if the business is older. Before `as_of`.
    pub history_start: Option<Day>,
    /// Days without an order after which a customer has left.
    pub lapse_after: Lapse,
    /// Which events keep a customer active.
    pub activity: Activity,
    /// The order history.
    pub orders: OrdersInput,
    /// Break-downs, sorted by name.
    pub segments: Vec<Segment>,
    /// Most values that one segment may have, 1 to 65535; more end the run.
    pub max_segment_values: u32,
    /// Days after a lost order within which a purchase recovers it.
    pub recovery_window_days: u32,
    /// Reason as found in the input → reason to report, sorted by the former.
    pub reasons: Vec<(String, String)>,
    /// The folder of the runs, absolute.
    pub output: PathBuf,
    /// The tables to compute, some of [`TABLE_NAMES`], in that order.
    pub tables: Vec<&'static str>,
    /// Share of the rows, 0 to 1, that may be rejected; more end the run.
    pub max_rejected: f64,
    /// Whether a repeated order id of a customer ends the run.
    pub unique_order_ids: bool,
}

/// What is set for each grain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GrainSettings {
    /// The grain.
    pub grain: Grain,
    /// Window of `revenue_churn` in periods, at least 1.
    pub revenue_window: u32,
    /// Largest `k` of `cohort_retention`.
    pub max_k: Option<u32>,
}

/// The lapse window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lapse {
    /// So many days, at least 1.
    Days(u32),
    /// The 90th percentile of the gaps between purchases.
    Auto,
}

/// Which events keep a customer active.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// Orders.
    Sales,
    /// Orders and refunds.
    Any,
}

/// A break-down of every table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Its name in the tables.
    pub name: String,
    /// SQL expression over the source's columns.
    pub column: String,
    /// Which order gives a customer's value.
    pub at: SegmentAt,
}

impl Pipeline {
    /// Reads and checks a pipeline file. `overrides` replace what it says, the last one last.
    ///
    /// # Errors
    /// A [`ConfigError`] for the first thing that is wrong.
    pub fn read(file: &Path, overrides: &[Override]) -> Result<Self, ConfigError> {
        let unreadable = |cause| ConfigError::Unreadable { file: file.to_owned(), cause };
        let text = fs::read_to_string(file).map_err(unreadable)?;
        let folder = file.parent().filter(|folder| *folder != Path::new(""));
        let folder = folder.unwrap_or(Path::new(".")).canonicalize().map_err(unreadable)?;
        let absolute = folder.join(file.file_name().unwrap_or_default());
        Self::parse(&text, file, &absolute, overrides, &|name| std::env::var(name).ok())
    }

    /// `file` is how messages name it, `absolute` where it is; its folder has no links in it.
    fn parse(
        text: &str,
        file: &Path,
        absolute: &Path,
        overrides: &[Override],
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let mut tree = tree::parse(text, file)?;
        for argument in overrides {
            tree::set(&mut tree, argument);
        }
        let reader = Reader { environment, folder: absolute.parent().unwrap_or(absolute) };
        let root = Section::root(&tree, reader)?;
        let calendar = root.table("calendar")?;
        let customers = root.table("customers")?;
        let inputs = root.table("inputs")?.table("orders")?;
        let segments = root.open_table("segments")?;
        let revenue = root.table("revenue")?;
        let lost_sales = root.table("lost_sales")?;
        let outputs = root.table("outputs")?;
        let checks = root.table("checks")?;

        let unique_order_ids = flag(&checks, "unique_order_ids")?;
        let orders = orders::read(&inputs, unique_order_ids.is_some())?;
        if let Some(item) = unique_order_ids.as_ref().filter(|_| orders.rows == Rows::Lines) {
            return Err(item.conflict(Conflict::UniqueLines));
        }
        let (as_of, history_start) = known_days(&calendar)?;
        let (segments, max_segment_values) = read_segments(&segments)?;
        let name = match root.get("name") {
            Some(item) => item.text("a text, the pipeline's name")?,
            None => absolute.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        };
        let output = outputs.need("path", "the folder that the tables are written to")?;
        Ok(Self {
            file: absolute.to_owned(),
            name,
            timezone: timezone(&calendar)?,
            calendar: read_calendar(&calendar)?,
            grains: read_grains(&calendar, &revenue)?,
            as_of,
            history_start,
            lapse_after: lapse_after(&customers)?,
            activity: match customers.get("activity") {
                Some(item) => item.choice(
                    &[("sales", Activity::Sales), ("any", Activity::Any)],
                    "\"sales\" or \"any\"",
                )?,
                None => Activity::Sales,
            },
            segments,
            max_segment_values,
            recovery_window_days: match lost_sales.get("recovery_window_days") {
                Some(item) => item.integer(0..=36_500, "a whole number of days from 0 to 36500")?,
                None => 30,
            },
            reasons: read_reasons(&lost_sales, &orders)?,
            output: output.path("a path to a folder")?,
            tables: read_tables(&outputs)?,
            max_rejected: match checks.get("max_rejected") {
                Some(item) => item.share("a share of the rows from 0 to 1, such as 0.01")?,
                None => 0.01,
            },
            unique_order_ids: unique_order_ids.is_some(),
            orders,
        })
    }

    /// The settings of `grain`, if it is asked for.
    #[must_use]
    pub fn grain(&self, grain: Grain) -> Option<&GrainSettings> {
        self.grains.iter().find(|settings| settings.grain == grain)
    }
}

/// The key's item where it is set to true.
fn flag<'a>(section: &Section<'a>, key: &str) -> Result<Option<Item<'a>>, ConfigError> {
    match section.get(key) {
        Some(item) => Ok(item.boolean()?.then_some(item)),
        None => Ok(None),
    }
}

fn timezone(calendar: &Section<'_>) -> Result<Tz, ConfigError> {
    let Some(item) = calendar.get("timezone") else { return Ok(Tz::UTC) };
    let found = item.text("the name of a timezone, such as \"Europe/London\"")?;
    found.parse().map_err(|_| {
        let names: Vec<_> = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).collect();
        let hint = nearest(&found, &names);
        ConfigError::UnknownTimezone { at: item.at(), key: item.key, found, hint }
    })
}

fn read_calendar(calendar: &Section<'_>) -> Result<Calendar, ConfigError> {
    let mut read = Calendar::default();
    if let Some(item) = calendar.get("week_start") {
        let weekdays = Weekday::ALL.map(|day| (day.name(), day));
        read.week_start = item.choice(&weekdays, "a weekday such as \"monday\"")?;
    }
    if let Some(item) = calendar.get("fiscal_year_start") {
        let allowed = "the number of a month, 1 for January to 12 for December";
        read.fiscal_year_start = item.integer(1..=12, allowed)?;
    }
    Ok(read)
}

fn known_days(calendar: &Section<'_>) -> Result<(Option<Day>, Option<Day>), ConfigError> {
    let as_of = calendar.get("as_of").map(|item| item.day()).transpose()?;
    let Some(item) = calendar.get("history_start") else { return Ok((as_of, None)) };
    let history_start = item.day()?;
    match as_of {
        Some(as_of) if as_of <= history_start => Err(item.conflict(Conflict::NothingKnown)),
        _ => Ok((as_of, Some(history_start))),
    }
}

fn read_grains(
    calendar: &Section<'_>,
    revenue: &Section<'_>,
) -> Result<Vec<GrainSettings>, ConfigError> {
    let grains = match calendar.get("grains") {
        Some(item) => {
            let choices = Grain::ALL.map(|grain| (grain.name(), grain));
            item.choices(&choices, "a list of grains such as [\"month\", \"week\"]")?
        }
        None => vec![Grain::Month],
    };
    let max_k = match calendar.get("max_k") {
        Some(item) => {
            Some(item.integer(0..=100_000, "a whole number of periods from 0 to 100000")?)
        }
        None => None,
    };
    let windows = window::read(revenue, &grains)?;
    let settings = grains.into_iter().zip(windows).map(|(grain, revenue_window)| GrainSettings {
        grain,
        revenue_window,
        max_k: max_k.or(grain.default_max_k()),
    });
    Ok(settings.collect())
}

fn lapse_after(customers: &Section<'_>) -> Result<Lapse, ConfigError> {
    let Some(item) = customers.get("lapse_after_days") else { return Ok(Lapse::Days(90)) };
    let allowed = "a whole number of days from 1 to 36500, or \"auto\"";
    match item.text(allowed) {
        Ok(text) if text == "auto" => Ok(Lapse::Auto),
        Ok(_) => Err(item.wrong(allowed)),
        Err(_) => item.integer(1..=36_500, allowed).map(Lapse::Days),
    }
}

fn read_segments(table: &Section<'_>) -> Result<(Vec<Segment>, u32), ConfigError> {
    let expression = "an SQL expression over the source's columns";
    let (mut segments, mut max_values) = (Vec::new(), 1000);
    for (name, item) in table.items() {
        if name == "max_segment_values" {
            max_values = item.integer(1..=65_535, "a whole number from 1 to 65535")?;
            continue;
        }
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_name || name == "all" {
            return Err(ConfigError::SegmentName { at: item.at(), name: name.to_owned() });
        }
        let (column, at) = match item.segment_table()? {
            None => (item.text(expression)?, SegmentAt::First),
            Some(settings) => {
                let column = settings.need("column", "an SQL expression that gives the value")?;
                let at = match settings.get("at") {
                    Some(at) => at.choice(
                        &[("first", SegmentAt::First), ("order", SegmentAt::Order)],
                        "\"first\" or \"order\"",
                    )?,
                    None => SegmentAt::First,
                };
                (column.text(expression)?, at)
            }
        };
        segments.push(Segment { name: name.to_owned(), column, at });
    }
    segments.sort_by(|a, b| a.name.cmp(&b.name));
    Ok((segments, max_values))
}

fn read_reasons(
    lost_sales: &Section<'_>,
    orders: &OrdersInput,
) -> Result<Vec<(String, String)>, ConfigError> {
    let mut reasons = Vec::new();
    for (found, item) in lost_sales.open_table("reasons")?.items() {
        reasons.push((found.to_owned(), item.text("a text, the reason to report")?));
    }
    reasons.sort();
    match lost_sales.get("reasons").filter(|_| !reasons.is_empty()) {
        Some(item) if orders.lost_reason.is_none() => {
            Err(item.conflict(Conflict::ReasonsWithoutReason))
        }
        _ => Ok(reasons),
    }
}

fn read_tables(outputs: &Section<'_>) -> Result<Vec<&'static str>, ConfigError> {
    match outputs.get("tables") {
        Some(item) => {
            let choices = TABLE_NAMES.map(|name| (name, name));
            item.choices(&choices, "a list of tables such as [\"cohort_retention\"]")
        }
        None => Ok(TABLE_NAMES.to_vec()),
    }
}
