//! The record of a run, `run.json`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use kohort_model::{Day, Grain};
use serde::{Deserialize, Serialize};

use crate::RunId;

/// The version of [`RunRecord`] that this kohort writes, and the newest that it reads. A field
/// that is added does not change it.
pub const RECORD_VERSION: u32 = 1;

/// A run: what it read, left out and wrote, and what it took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// [`RECORD_VERSION`].
    pub record_version: u32,
    /// Name of the run's folder.
    pub run_id: RunId,
    /// Version of kohort.
    pub kohort_version: String,
    /// Name of the pipeline.
    pub pipeline: String,
    /// BLAKE3 of the pipeline with all its settings, in hexadecimal.
    pub pipeline_digest: String,
    /// BLAKE3 of all that decides what is in the tables, the identities of the files among it, in
    /// hexadecimal: a run that would have the same has nothing to do.
    #[serde(default)]
    pub fingerprint: Option<String>,
    /// When the run began.
    #[serde(with = "moment")]
    pub started_at: DateTime<Utc>,
    /// When its tables were ready to be published.
    #[serde(with = "moment")]
    pub finished_at: DateTime<Utc>,
    /// Exclusive end of what is known.
    #[serde(with = "day")]
    pub as_of: Day,
    /// The key of the pipeline file that said so, or whose column has the day before: `calendar.as_of`,
    /// `inputs.orders.ordered_at`; `None` where it is the day of the run, as no row has a day, and in
    /// records that do not tell.
    #[serde(default)]
    pub as_of_from: Option<String>,
    /// What made people customers, `orders` or `subscriptions`; `none` where nothing did. Records without it are of orders.
    #[serde(default = "orders")]
    pub basis: String,
    /// Lapse window W in days; with subscriptions the longest stretch of unpaid days that is
    /// bridged, `reactivation_gap_days`.
    pub lapse_after_days: u32,
    /// Whether W was found from the gaps between orders (`lapse_after_days = "auto"`).
    pub lapse_is_auto: bool,
    /// The grains, finest first.
    #[serde(with = "grains")]
    pub grains: Vec<Grain>,
    /// What was read.
    pub inputs: Vec<InputRecord>,
    /// What values were looked up in, by name.
    #[serde(default)]
    pub lookups: Vec<LookupRecord>,
    /// Rows of new, changed and vanished files in periods that were closed when the current run
    /// before this one was published.
    #[serde(default)]
    pub late: Vec<LateRows>,
    /// What it held.
    pub events: EventCounts,
    /// The model of leaving, where a table uses one.
    #[serde(default)]
    pub risk_model: Option<RiskRecord>,
    /// What was written.
    pub tables: Vec<TableRecord>,
    /// The newest values that are beyond a threshold; `None` where nothing asked for them.
    #[serde(default)]
    pub alerts: Option<Vec<AlertRecord>>,
    /// How many checks there were, by what came of them.
    #[serde(default)]
    pub checks: CheckCounts,
    /// What the reader of the tables should know: what was assumed of the inputs, rounded or passed
    /// over, and checks of severity `warn` that do not hold.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// How long each stage took, in order.
    pub timings: Vec<Timing>,
    /// Most memory that the process held, where the system says.
    pub peak_memory_bytes: Option<u64>,
    /// Threads at work.
    pub threads: u32,
    /// The memory limit of the run, where it had one.
    pub memory_limit_bytes: Option<u64>,
    /// What went to disk to stay within it.
    pub spilled_bytes: u64,
}

/// One input. Rows that are neither filtered, rejected nor left out are in tables.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputRecord {
    /// Its name in the pipeline file, such as `orders`.
    pub input: String,
    /// Its files in the order in which they were found.
    pub files: Vec<FileRecord>,
    /// How many of them were not read, because what an earlier run kept of them was there.
    #[serde(default)]
    pub files_reused: u64,
    /// First day of the rows that were rejected because they are in the future, where there are any.
    #[serde(default, with = "optional_day")]
    pub future_from: Option<Day>,
    /// Rows that this run read: not those of files that were known from earlier, nor of files whose
    /// folders alone show that `where` lets none through. Older records count the rows of all files
    /// here.
    pub rows_read: u64,
    /// Rows that `where` kept out, of those of all files.
    pub rows_filtered: u64,
    /// Rows whose amount had more decimal places than the input's `scale` keeps and was rounded to it.
    #[serde(default)]
    pub rounded_amounts: u64,
    /// Rows that could not be used, by reason.
    pub rejected: BTreeMap<String, u64>,
    /// Rows and events that are fine but do not count, by reason.
    pub left_out: BTreeMap<String, u64>,
    /// Of rows that count, days of another column than the row's that lie on or after `as_of` and are taken as not there yet, by
    /// column.
    #[serde(default)]
    pub days_after_as_of: BTreeMap<String, u64>,
}

impl InputRecord {
    /// Rows of all its files, whether or not this run has read them.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.files.iter().map(|file| file.rows).sum()
    }

    /// Files of which this run has read rows.
    pub fn files_read(&self) -> impl Iterator<Item = &FileRecord> {
        self.files.iter().filter(|file| file.rows_read > 0)
    }
}

/// One file of an input.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// Path or URL; `${NAME}` where the pipeline file has it from the environment.
    pub path: String,
    /// Its rows.
    pub rows: u64,
    /// Those of them that this run read: all or none.
    #[serde(default)]
    pub rows_read: u64,
    /// Its size.
    pub bytes: u64,
    /// When it was last changed, in microseconds since 1970-01-01 UTC, where that is known.
    pub modified_us: Option<i64>,
    /// Rows of it that could not be used.
    pub rejected: u64,
    /// What differs between any two states of the file, in hexadecimal, where that is known.
    #[serde(default)]
    pub identity: Option<String>,
    /// Rows of it that were accepted, by the month of their business-local day, such as `2024-01`.
    /// Empty where they were not counted.
    #[serde(default)]
    pub rows_by_month: BTreeMap<String, u64>,
}

/// A lookup: files of keys, in which mapped values were looked up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookupRecord {
    /// Its name in the pipeline file.
    pub lookup: String,
    /// Its files, sorted by path.
    pub files: Vec<FileRecord>,
    /// The columns that were looked up, sorted.
    pub columns: Vec<String>,
    /// Rows that could be found.
    pub rows: u64,
    /// Rows without a key, which never are.
    pub rows_without_key: u64,
    /// What differs between any two states of these columns, in hexadecimal, whatever the order of rows.
    pub digest: String,
}

/// Rows of new, changed and vanished files in a period that was closed when the run before this
/// one was published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateRows {
    /// Name of the input.
    pub input: String,
    /// Length of the period.
    pub grain: String,
    /// Its first day.
    #[serde(with = "day")]
    pub period: Day,
    /// Rows that are there now and were not before; those of a changed file count as new.
    pub rows_added: u64,
    /// Rows that were there before and are not any more; those that a changed file had count too.
    pub rows_removed: u64,
}

/// The newest value of a rate, which is beyond its threshold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlertRecord {
    /// The rate.
    pub metric: String,
    /// Length of the period.
    pub grain: String,
    /// Its first day.
    #[serde(with = "day")]
    pub period: Day,
    /// Segment, `all` for everybody.
    pub segment: String,
    /// Value of the segment.
    pub segment_value: Option<String>,
    /// The rate's value.
    pub value: f64,
    /// Which side is bad, `above` or `below`.
    pub direction: String,
    /// What it is beyond.
    pub threshold: f64,
    /// `act` where that is a limit, `unusual` where it is the end of the usual range of its past.
    #[serde(default = "act")]
    pub status: String,
}

/// What every alert was in records without a status.
fn act() -> String {
    "act".to_owned()
}

/// How many checks there were, by what came of them; those that had nothing to look at count nowhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckCounts {
    /// Those that hold.
    pub passed: u64,
    /// Those of severity `warn` that do not.
    pub warned: u64,
    /// Those of severity `error` that do not: 0 in a published run.
    pub failed: u64,
}

/// What the inputs held once orders were put together and repeated rows resolved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventCounts {
    /// Completed orders of zero or more.
    pub orders: u64,
    /// Completed orders below zero.
    pub refunds: u64,
    /// Lost orders.
    pub lost: u64,
    /// Orders that are not decided yet.
    pub open: u64,
    /// People with at least one activity event.
    pub customers: u64,
    /// People who only ever tried.
    pub prospects: u64,
    /// Campaign messages.
    #[serde(default)]
    pub contacts: u64,
    /// Answers of people who were asked.
    #[serde(default)]
    pub surveys: u64,
    /// Subscriptions with a span that counts.
    #[serde(default)]
    pub subscriptions: u64,
    /// Touchpoints of the funnel's steps.
    #[serde(default)]
    pub touchpoints: u64,
    /// Opportunities.
    #[serde(default)]
    pub opportunities: u64,
    /// Opportunities that are open at `as_of`, those without a day of creation included.
    #[serde(default)]
    pub open_opportunities: u64,
    /// Lines of orders.
    #[serde(default)]
    pub order_lines: u64,
    /// Rows of returned goods.
    #[serde(default)]
    pub returns: u64,
    /// Invoices and credit notes.
    #[serde(default)]
    pub invoices: u64,
    /// Payments of invoices.
    #[serde(default)]
    pub payments: u64,
    /// Of the answers, those without a customer.
    #[serde(default)]
    pub anonymous_answers: u64,
    /// Signals of engagement.
    #[serde(default)]
    pub engagement: u64,
}

/// A model of who leaves, fitted on earlier months and judged on later ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RiskRecord {
    /// First day of the first month that it was judged on.
    #[serde(with = "day")]
    pub held_out_from: Day,
    /// Customer-months that it was fitted on.
    pub fitted: u64,
    /// Of them, those in which the customer left.
    pub fitted_churned: u64,
    /// Customer-months that it was judged on.
    pub held_out: u64,
    /// Of them, those in which the customer left.
    pub held_out_churned: u64,
    /// Probability that of two customers the one that left had the higher score.
    pub auc: Option<f64>,
    /// By classes of the probability, each a tenth wide.
    pub calibration: Vec<Calibration>,
    /// Value of each coefficient of the model behind the scores, fitted on all months.
    pub coefficients: BTreeMap<String, f64>,
}

/// What was expected of customers of like probability, and what came.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Customer-months.
    pub observations: u64,
    /// The sum of their probabilities.
    pub expected: f64,
    /// Those in which the customer left.
    pub churned: u64,
}

/// One table of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableRecord {
    /// Its name, also that of its file without `.parquet`.
    pub name: String,
    /// Its rows.
    pub rows: u64,
    /// Size of its file.
    pub bytes: u64,
    /// [`crate::digest()`] of its values.
    pub digest: String,
    /// BLAKE3 of what each of its files holds, in hexadecimal, by its path from the run's folder.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// Rows of inputs that are fine and that it does not count, by reason; reasons without one are not
    /// listed.
    #[serde(default)]
    pub left_out: BTreeMap<String, u64>,
}

/// How long a stage took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// Name of the stage.
    pub stage: String,
    /// Wall time in seconds.
    pub seconds: f64,
}

fn orders() -> String {
    "orders".to_owned()
}

impl RunRecord {
    /// The text of `run.json`.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        json(self)
    }
}

pub(crate) mod moment {
    use chrono::{DateTime, SecondsFormat, Utc};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(moment: &DateTime<Utc>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&moment.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<DateTime<Utc>, D::Error> {
        let text = String::deserialize(from)?;
        DateTime::parse_from_rfc3339(&text).map(DateTime::into).map_err(D::Error::custom)
    }
}

mod day {
    use chrono::NaiveDate;
    use kohort_model::Day;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
    pub fn serialize<S: Serializer>(day: &Day, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(day)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Day, D::Error> {
        let text = String::deserialize(from)?;
        text.parse::<NaiveDate>().map(Day::from).map_err(D::Error::custom)
    }
}

mod optional_day {
    use chrono::NaiveDate;
    use kohort_model::Day;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    #[expect(
        clippy::ref_option,
        clippy::trivially_copy_pass_by_ref,
        reason = "serde asks for a reference"
    )]
    pub fn serialize<S: Serializer>(day: &Option<Day>, to: S) -> Result<S::Ok, S::Error> {
        day.map(|day| day.to_string()).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Day>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        let parsed = text.map(|text| text.parse::<NaiveDate>().map(Day::from)).transpose();
        parsed.map_err(D::Error::custom)
    }
}

mod grains {
    use kohort_model::Grain;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(grains: &[Grain], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(grains.iter().map(|grain| grain.name()))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Grain>, D::Error> {
        let names = Vec::<String>::deserialize(from)?;
        names.iter().map(|name| name.parse().map_err(D::Error::custom)).collect()
    }
}

/// A value as readable JSON that ends with a line.
pub(crate) fn json(value: &impl Serialize) -> Vec<u8> {
    let mut json = serde_json::to_vec_pretty(value).expect("it has text keys only");
    json.push(b'\n');
    json
}
