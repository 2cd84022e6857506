//! The choices of a pipeline that change what the tables say.

use std::collections::BTreeMap;

use kohort_model::{Basis, Calendar, Day, Grain, Scale, SegmentAt};

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

/// Who counts as loyal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loyalty {
    /// Days that the trailing window goes back from a period's end.
    pub window_days: u32,
    /// Orders in the window that make a customer loyal.
    pub orders: u32,
}

/// How gaps between purchases are broken down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gaps {
    /// The last gap of a customer that has rows of its own.
    pub max_number: u32,
    /// Days of a histogram's bucket.
    pub bucket_days: u32,
}

/// Steps of the holdout, and who is at risk.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lifetime {
    /// Days of the models' unit of time.
    pub unit_days: u32,
    /// Exclusive end of what the models of `clv_holdout` see; `None` for the middle of the history.
    pub calibration_end: Option<Day>,
    /// An `overdue_ratio` from which an active customer is at risk.
    pub at_risk_ratio: f64,
}

/// Everything that the tables depend on, beside the rows.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The grains asked for, without repetition.
    pub grains: Vec<Grain>,
    /// Start of weeks and fiscal years.
    pub calendar: Calendar,
    /// Exclusive end of what is known; `None`: the day after the newest order or, of subscriptions,
    /// the newest day in a span; without a history after the newest day of all inputs.
    pub as_of: Option<Day>,
    /// The day of the run, after which no day of a span gives `as_of`; `None`: later than all.
    pub run_day: Option<Day>,
    /// Where the extract starts, if the business is older.
    pub history_start: Option<Day>,
    /// What makes a customer, where there is a history.
    pub basis: Basis,
    /// Whether there is one; without it nobody is a customer, and nothing lapses.
    pub has_history: bool,
    /// W of orders.
    pub lapse_days: LapseDays,
    /// W of subscriptions: unpaid days between paid ones that are no end.
    pub reactivation_gap_days: u32,
    /// Which events make a customer.
    pub activity: Activity,
    /// Days after a lost order within which a purchase recovers it.
    pub recovery_window_days: u32,
    /// Revenue windows in periods, at least 1; one period for a grain that is not here.
    pub revenue_windows: BTreeMap<Grain, u32>,
    /// Largest `k` of cohort tables, instead of the grain's default.
    pub max_k: BTreeMap<Grain, u32>,
    /// Days after which a prospect without activity is inactive.
    pub prospect_after_days: u32,
    /// Days within which a return belongs to the last contact before it.
    pub attribution_window_days: u32,
    /// Days before and after a churn event within which an answer tells its reason.
    pub survey_window_days: u32,
    /// Days after a lost sale within which an answer tells its reason.
    pub lost_survey_window_days: u32,
    /// Steps of the funnel, in order.
    pub steps: Vec<&'static str>,
    /// Hours within which a path of the funnel gets on.
    pub window_hours: u32,
    /// Hours within which a cart is purchased.
    pub cart_window_hours: u32,
    /// Stages of opportunities, in order.
    pub stages: Vec<&'static str>,
    /// Days after a period from which its returns are all there.
    pub return_window_days: u32,
    /// Whether a row of invoices is a line, where the input says of which.
    pub invoice_lines: bool,
    /// Days after which an invoice is due that does not say.
    pub terms_days: u32,
    /// Days before a period over which a signal is added up.
    pub indicator_window_days: u32,
    /// Share of the baskets from which a pair of items is listed.
    pub min_support: f64,
    /// How many items are paired.
    pub max_items: usize,
    /// Of `loyalty`.
    pub loyalty: Loyalty,
    /// Of `purchase_gaps` and its histogram.
    pub gaps: Gaps,
    /// Of `customers` and `clv_holdout`.
    pub lifetime: Lifetime,
    /// Name of each entry of a row's segments, and which orders or spans give its value.
    pub segments: Vec<(&'static str, SegmentAt)>,
    /// What a row is.
    pub rows: RowsMode,
    /// Decimal places of money.
    pub scale: Scale,
}

impl Default for Settings {
    /// Months, orders, W = 90, sales, windows of 30 (recovery, attribution), 90 (prospects, surveys)
    /// and 365 days (loyalty, of three orders), ten gaps, buckets of a week, cents; no segments. A
    /// visit, a cart and a purchase make the funnel, of a week and for carts of a day; all else of
    /// the further inputs is as docs/inputs.md has it.
    fn default() -> Self {
        Self {
            grains: vec![Grain::Month],
            calendar: Calendar::default(),
            as_of: None,
            run_day: None,
            history_start: None,
            basis: Basis::Orders,
            has_history: true,
            lapse_days: LapseDays::Fixed(90),
            reactivation_gap_days: 0,
            activity: Activity::Sales,
            recovery_window_days: 30,
            revenue_windows: BTreeMap::new(),
            max_k: BTreeMap::new(),
            prospect_after_days: 90,
            attribution_window_days: 30,
            survey_window_days: 90,
            lost_survey_window_days: 90,
            steps: vec!["visit", "cart", "purchase"],
            window_hours: 168,
            cart_window_hours: 24,
            stages: Vec::new(),
            return_window_days: 30,
            invoice_lines: false,
            terms_days: 30,
            indicator_window_days: 30,
            min_support: 0.001,
            max_items: 500,
            loyalty: Loyalty { window_days: 365, orders: 3 },
            gaps: Gaps { max_number: 10, bucket_days: 7 },
            lifetime: Lifetime { unit_days: 7, calibration_end: None, at_risk_ratio: 2.0 },
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
