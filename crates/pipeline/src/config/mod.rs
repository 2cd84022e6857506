//! The pipeline file: TOML in, plain settings out, with every default filled in, every path
//! absolute and every `${NAME}` replaced.

mod calendar;
mod customers;
mod error;
mod further;
mod inputs;
mod keys;
mod measures;
mod orders;
mod section;
mod segments;
mod settings;
mod subscriptions;
mod tables;
mod tree;
mod window;

#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use kohort_model::{Basis, Calendar, Day, Gaps, Grain, Lifetime, Loyalty};

pub use customers::{Activity, Lapse};
pub use error::{ConfigError, Conflict, Hint, Lack, Place};
pub use further::{ContactsInput, ProspectsInput, SurveysInput, Variant};
pub use inputs::{BasisInput, Currency};
pub use orders::{OrdersInput, Rows, StatusLists};
use section::{Item, Reader, Section};
pub use segments::Segment;
pub use subscriptions::SubscriptionsInput;
pub use tables::TABLE_NAMES;
pub use tree::Override;

/// A pipeline file, checked and complete. Settings that its history has no use for are at their
/// defaults.
#[derive(Clone, Debug)]
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
    /// Exclusive end of what is known; `None` for the day after the newest event.
    pub as_of: Option<Day>,
    /// Where the extract starts, if the business is older. Before `as_of`.
    pub history_start: Option<Day>,
    /// Days after which a customer has left: of orders those since the last; of subscriptions
    /// those between two that are overlooked.
    pub lapse_after: Lapse,
    /// Which events keep a customer active.
    pub activity: Activity,
    /// The history that makes customers of people.
    pub basis: BasisInput,
    /// When people were first seen.
    pub prospects: Option<ProspectsInput>,
    /// Messages to win people back.
    pub contacts: Option<ContactsInput>,
    /// Why people left, in their own words.
    pub surveys: Option<SurveysInput>,
    /// Break-downs, sorted by name.
    pub segments: Vec<Segment>,
    /// Most values that one segment may have, 1 to 65535; more end the run.
    pub max_segment_values: u32,
    /// Days after which a prospect counts as inactive, at least 1; `None` for the lapse window,
    /// where that is still to be measured.
    pub prospect_after_days: Option<u32>,
    /// Days within which a return belongs to the last contact before it.
    pub attribution_window_days: u32,
    /// Days before and after a churn event within which an answer tells its reason.
    pub survey_window_days: u32,
    /// Reason of leaving as found in the inputs → reason to report, sorted by the former.
    pub churn_reasons: Vec<(String, String)>,
    /// Days after a lost order within which a purchase recovers it.
    pub recovery_window_days: u32,
    /// Reason of a lost order as found in the input → reason to report, sorted by the former.
    pub reasons: Vec<(String, String)>,
    /// What the tables of purchase gaps are told.
    pub gaps: Gaps,
    /// What `loyalty` is told.
    pub loyalty: Loyalty,
    /// What the models of lifetime value are told.
    pub lifetime: Lifetime,
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
        let inputs = root.table("inputs")?;
        let segments = root.open_table("segments")?;
        let revenue = root.table("revenue")?;
        let win_back = root.table("win_back")?;
        let churn_reasons = root.table("churn_reasons")?;
        let lost_sales = root.table("lost_sales")?;
        let purchase_gaps = root.table("purchase_gaps")?;
        let loyalty = root.table("loyalty")?;
        let lifetime = root.table("lifetime")?;
        let outputs = root.table("outputs")?;
        let checks = root.table("checks")?;

        let unique_order_ids = flag(&checks, "unique_order_ids")?;
        let basis = inputs::read_basis(&inputs, unique_order_ids.as_ref())?;
        let prospects = further::read_prospects(&inputs)?;
        let contacts = further::read_contacts(&inputs)?;
        let surveys = further::read_surveys(&inputs)?;
        let lapse_after = customers::lapse_after(&customers, basis.basis())?;
        if basis.basis() == Basis::Subscriptions {
            nothing_of_orders(&root, &customers, unique_order_ids.as_ref())?;
        }
        let (as_of, history_start) = calendar::known_days(&calendar)?;
        let plan = inputs.table("subscriptions")?.get("plan");
        let (segments, max_segment_values) = segments::read(&segments, plan.as_ref())?;
        let name = match root.get("name") {
            Some(item) => item.text("a text, the pipeline's name")?,
            None => absolute.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        };
        let output = outputs.need("path", "the folder that the tables are written to")?;
        Ok(Self {
            file: absolute.to_owned(),
            name,
            timezone: calendar::timezone(&calendar)?,
            calendar: calendar::read(&calendar)?,
            grains: calendar::grains(&calendar, &revenue)?,
            as_of,
            history_start,
            lapse_after,
            activity: customers::activity(&customers)?,
            segments,
            max_segment_values,
            prospect_after_days: measures::prospect_after_days(
                &win_back,
                basis.basis(),
                lapse_after,
            )?,
            attribution_window_days: win_back.days_or("attribution_window_days", 30)?,
            survey_window_days: churn_reasons.days_or("survey_window_days", 90)?,
            churn_reasons: measures::churn_reasons(&churn_reasons, &basis, surveys.is_some())?,
            recovery_window_days: lost_sales.days_or("recovery_window_days", 30)?,
            reasons: measures::lost_reasons(&lost_sales, &basis)?,
            gaps: measures::gaps(&purchase_gaps)?,
            loyalty: measures::loyalty(&loyalty)?,
            lifetime: measures::lifetime(&lifetime, &customers, (as_of, history_start))?,
            output: output.path("a path to a folder")?,
            tables: tables::read(&outputs, &basis, surveys.as_ref())?,
            max_rejected: match checks.get("max_rejected") {
                Some(item) => {
                    item.number(0.0..=1.0, "a share of the rows from 0 to 1, such as 0.01")?
                }
                None => 0.01,
            },
            unique_order_ids: unique_order_ids.is_some(),
            basis,
            prospects,
            contacts,
            surveys,
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

/// That nothing is set which only orders have a use for.
fn nothing_of_orders(
    root: &Section<'_>,
    customers: &Section<'_>,
    unique_order_ids: Option<&Item<'_>>,
) -> Result<(), ConfigError> {
    let settings = ["activity", "at_risk_ratio"].map(|key| customers.get(key));
    let tables = ["lost_sales", "purchase_gaps", "loyalty", "lifetime"].map(|key| root.get(key));
    match settings.iter().chain(&tables).flatten().chain(unique_order_ids).next() {
        Some(item) => Err(item.conflict(Conflict::OrdersOnly)),
        None => Ok(()),
    }
}
