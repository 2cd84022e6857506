//! The choices of a pipeline that change what the tables say.

use std::collections::BTreeMap;

use kohort_model::{Calendar, Day, Grain, Scale, SegmentAt};

/// The lapse window W.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LapseDays {
    /// That many days, at least 1.
    Fixed(u32),
    /// The 90th percentile (nearest rank) of the gaps between activity days.
    Auto,
}

/// Which events make a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// Orders.
    Sales,
    /// Orders and refunds.
    Any,
}

/// What a row of the input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowsMode {
    /// An order.
    Rows,
    /// A line of an order.
    Lines,
    /// A version of an order, of which the one updated last stands.
    Latest,
}

/// Everything that the tables depend on, beside the rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The grains asked for, without repetition.
    pub grains: Vec<Grain>,
    /// Start of weeks and fiscal years.
    pub calendar: Calendar,
    /// Exclusive end of what is known; `None`: the day after the newest order.
    pub as_of: Option<Day>,
    /// Where the extract starts, if the business is older.
    pub history_start: Option<Day>,
    /// W.
    pub lapse_days: LapseDays,
    /// Which events make a customer.
    pub activity: Activity,
    /// Days after a lost order within which a purchase recovers it.
    pub recovery_window_days: u32,
    /// Revenue windows in periods, at least 1; one period for a grain that is not here.
    pub revenue_windows: BTreeMap<Grain, u32>,
    /// Largest `k` of cohort tables, instead of the grain's default.
    pub max_k: BTreeMap<Grain, u32>,
    /// Name of each entry of a row's segments, and which orders give its value.
    pub segments: Vec<(&'static str, SegmentAt)>,
    /// What a row is.
    pub rows: RowsMode,
    /// Decimal places of money.
    pub scale: Scale,
}

impl Default for Settings {
    /// Months, W = 90, sales, a recovery window of 30 days, cents; no segments.
    fn default() -> Self {
        Self {
            grains: vec![Grain::Month],
            calendar: Calendar::default(),
            as_of: None,
            history_start: None,
            lapse_days: LapseDays::Fixed(90),
            activity: Activity::Sales,
            recovery_window_days: 30,
            revenue_windows: BTreeMap::new(),
            max_k: BTreeMap::new(),
            segments: Vec::new(),
            rows: RowsMode::Rows,
            scale: Scale::new(2).expect("2 is a scale"),
        }
    }
}

impl Settings {
    /// The revenue window of `grain` in periods.
    #[must_use]
    pub fn revenue_window(&self, grain: Grain) -> u32 {
        self.revenue_windows.get(&grain).copied().unwrap_or(1)
    }

    /// The `k` at which cohort tables of `grain` end.
    #[must_use]
    pub fn max_k(&self, grain: Grain) -> Option<u32> {
        self.max_k.get(&grain).copied().or(grain.default_max_k())
    }
}
