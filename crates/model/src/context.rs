//! What every measure knows before the first timeline comes.

use std::sync::Arc;

use crate::{Block, Day, IdType, Periods, Scale, Table, TableSchema};

/// Which of a customer's orders gives its value for a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentAt {
    /// The first: each customer stands in exactly one value.
    First,
    /// Each: every (customer, value) is a customer of its own.
    Order,
}

/// One value of one segment, or everybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The segment's name; `all` for everybody.
    pub segment: Arc<str>,
    /// The value; `None` for everybody.
    pub value: Option<Arc<str>>,
}

/// What makes somebody a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Orders: active for W days after each.
    Orders,
    /// Subscriptions: active while one is paid.
    Subscriptions,
}

/// What `win_back` is told.
#[derive(Clone, Debug, Default)]
pub struct WinBack {
    /// Whether an input tells when people were first seen.
    pub has_prospects: bool,
    /// Whether an input tells of campaign messages.
    pub has_contacts: bool,
    /// Days after which a prospect without an order counts as inactive.
    pub prospect_after_days: u32,
    /// Days within which a return belongs to the last contact before it.
    pub attribution_window_days: u32,
    /// Text of each campaign's code.
    pub campaigns: Vec<Arc<str>>,
    /// Text of each strategy's code.
    pub strategies: Vec<Arc<str>>,
}

/// What `loyalty` is told.
#[derive(Clone, Copy, Debug, Default)]
pub struct Loyalty {
    /// Days that the trailing window goes back from a period's end, at least 1.
    pub window_days: u32,
    /// Orders in the window that make a customer loyal, at least 1.
    pub orders: u32,
}

/// What `purchase_gaps` is told.
#[derive(Clone, Copy, Debug, Default)]
pub struct Gaps {
    /// Gaps of larger number stand in the rows of all numbers only; at least 1.
    pub max_number: u32,
    /// Days of a histogram's bucket, at least 1.
    pub bucket_days: u32,
}

/// A model of when customers order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Model {
    BgNbd,
    MbgNbd,
    ParetoNbd,
}

/// What the models of lifetime value are told.
#[derive(Clone, Copy, Debug)]
pub struct Lifetime {
    /// The model behind the columns of `customers`.
    pub model: Model,
    /// Days of the models' unit of time, at least 1.
    pub unit_days: u32,
    /// Units that are looked ahead, at least 1.
    pub horizon_units: u32,
    /// Discount a year: 0.1 is a tenth.
    pub annual_discount_rate: f64,
    /// Exclusive end of what the models of `clv_holdout` see; `None` for the middle of the history.
    pub calibration_end: Option<Day>,
    /// An `overdue_ratio` from which an active customer is at risk.
    pub at_risk_ratio: f64,
}

impl Default for Lifetime {
    fn default() -> Self {
        Self {
            model: Model::BgNbd,
            unit_days: 7,
            horizon_units: 52,
            annual_discount_rate: 0.1,
            calibration_end: None,
            at_risk_ratio: 2.0,
        }
    }
}

/// The frame in which timelines are folded.
#[derive(Clone, Debug)]
pub struct Context {
    /// Exclusive end of what is known.
    pub as_of: Day,
    /// Where the extract starts, if the business is older.
    pub history_start: Option<Day>,
    /// The day of the earliest activity event; `None` where there is none.
    pub first_activity: Option<Day>,
    /// What makes somebody a customer.
    pub basis: Basis,
    /// Lapse window W in days, at least 1; of subscriptions the longest gap between two that is
    /// no end, which may be 0.
    pub lapse_days: u32,
    /// Days after a lost order within which a purchase recovers it.
    pub recovery_window_days: u32,
    /// The periods of each grain asked for, finest grain first, all from the day of the earliest
    /// event of any kind on, or from `history_start` if that is earlier.
    pub periods: Vec<Periods>,
    /// Revenue window in periods, one entry a grain, each at least 1.
    pub revenue_windows: Vec<u32>,
    /// Largest `k` of cohort tables, one entry a grain.
    pub max_k: Vec<Option<u32>>,
    /// Everybody first, then by segment and value.
    pub slots: Vec<Slot>,
    /// Names of the segments of `at = "first"`, in the order of a block's groups after the first.
    pub first_segments: Vec<Arc<str>>,
    /// Text of each reason code of lost orders.
    pub reasons: Vec<Arc<str>>,
    /// Text of each reason code of ended subscriptions.
    pub cancel_reasons: Vec<Arc<str>>,
    /// Text of each reason code of surveys.
    pub survey_reasons: Vec<Arc<str>>,
    /// Days before and after a churn event within which an answer tells its reason.
    pub survey_window_days: u32,
    /// What `win_back` is told.
    pub win_back: WinBack,
    /// What `loyalty` is told.
    pub loyalty: Loyalty,
    /// What `purchase_gaps` is told.
    pub gaps: Gaps,
    /// What the models of lifetime value are told.
    pub lifetime: Lifetime,
    /// Decimal places of money.
    pub scale: Scale,
    /// The form of customer ids.
    pub ids: IdType,
}

impl Context {
    /// An empty table for a ledger, with a column `segment_<name>` for each segment of
    /// `at = "first"`.
    #[must_use]
    pub fn ledger_table(&self, schema: &'static TableSchema) -> Table {
        let more = self.first_segments.iter().map(|name| format!("segment_{name}").into());
        Table::of_ids(schema, self.scale, self.ids, more.collect())
    }

    /// The values of a customer for the segments of `at = "first"`, as a ledger's further columns
    /// have them.
    pub fn first_segment_values(
        &self,
        block: &Block<'_>,
        customer: usize,
    ) -> impl Iterator<Item = Option<Arc<str>>> {
        let groups = block.groups.iter().skip(1);
        groups.map(move |group| self.slots[group.slot(customer)].value.clone())
    }

    /// `history_start` + W: who was first seen before it may have been a customer earlier.
    #[must_use]
    pub fn settled_from(&self) -> Option<Day> {
        self.history_start.map(|start| start.plus(i64::from(self.lapse_days)))
    }

    /// Whether a customer first seen on `day` enters as existing.
    #[inline]
    #[must_use]
    pub fn enters_existing(&self, day: Day) -> bool {
        self.settled_from().is_some_and(|settled| day < settled)
    }

    /// Whether period `p` is complete: over, not within W of the extract's start, and with
    /// subscriptions so long over that no gap at its end can still be bridged.
    #[must_use]
    pub fn is_complete(&self, periods: &Periods, p: usize) -> bool {
        let open_days = match self.basis {
            Basis::Orders => 0,
            Basis::Subscriptions => i64::from(self.lapse_days),
        };
        periods.end(p).plus(open_days) <= self.as_of && !self.enters_existing(periods.start(p))
    }
}
