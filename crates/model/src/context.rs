//! What every measure knows before the first timeline comes.

use std::sync::Arc;

use crate::{Calendar, Day, IdType, MemoryGuard, Periods, Scale, Table, TableSchema};

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Basis {
    /// Orders: active for W days after each.
    #[default]
    Orders,
    /// Subscriptions: active while one is paid.
    Subscriptions,
}

/// Prospects and contacts.
#[derive(Clone, Debug, Default)]
pub struct WinBack {
    /// Whether an input tells when people were first seen.
    pub has_prospects: bool,
    /// Whether an input tells of campaign messages.
    pub has_contacts: bool,
    /// Text of each campaign's code.
    pub campaigns: Vec<Arc<str>>,
    /// Text of each strategy's code.
    pub strategies: Vec<Arc<str>>,
}

/// Touchpoints.
#[derive(Clone, Debug, Default)]
pub struct Funnel {
    /// The steps in order; two or more where there are touchpoints.
    pub steps: Vec<Arc<str>>,
    /// `as_of` on the clock of the touches: nothing at or after it is known.
    pub as_of_micros: i64,
}

/// Carts and opportunities.
#[expect(clippy::struct_excessive_bools, reason = "each column is mapped or not")]
#[derive(Clone, Debug, Default)]
pub struct Sales {
    /// Whether touchpoints name carts.
    pub has_carts: bool,
    /// Whether there are opportunities.
    pub has_opportunities: bool,
    /// Whether opportunities name their stage.
    pub has_stages: bool,
    /// Whether opportunities name who got them instead.
    pub has_competitors: bool,
    /// Stages of opportunities: first those that the pipeline lists, in its order, then all others
    /// that were found, sorted.
    pub stages: Vec<Arc<str>>,
    /// How many of the stages the pipeline lists.
    pub listed_stages: usize,
    /// Why opportunities were lost, sorted, each once.
    pub reasons: Vec<Arc<str>>,
    /// Who got them instead, sorted, each once.
    pub competitors: Vec<Arc<str>>,
}

/// Lines of orders, and returns.
#[expect(clippy::struct_excessive_bools, reason = "each column is mapped or not")]
#[derive(Clone, Debug, Default)]
pub struct Goods {
    /// Products of lines and returns, sorted, each once.
    pub products: Vec<Arc<str>>,
    /// Categories of lines, sorted, each once, `(none)` among them.
    pub categories: Vec<Arc<str>>,
    /// Why goods came back, sorted, each once.
    pub reasons: Vec<Arc<str>>,
    /// Whether lines name their product.
    pub has_products: bool,
    /// Whether returns name their product.
    pub has_returned_products: bool,
    /// Whether lines name their category.
    pub has_categories: bool,
    /// Whether returns have a reason.
    pub has_reasons: bool,
}

/// Signals: what may show who leaves.
#[derive(Clone, Debug, Default)]
pub struct Engagement {
    /// Every signal, sorted, each once: kinds of engagement, and those that follow.
    pub signals: Vec<Arc<str>>,
    /// First day, before `as_of`, from which each signal is known.
    pub known_from: Vec<Option<Day>>,
    /// Place of the signal of late payments, where there are invoices.
    pub late_payments: Option<u32>,
    /// Place of the signal of returned goods, where there are returns.
    pub product_returns: Option<u32>,
    /// Place of the signal of low scores, where there are scores.
    pub low_scores: Option<u32>,
}

/// The frame in which timelines are folded. By default nothing is known.
#[derive(Clone, Debug, Default)]
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
    /// Prospects and contacts.
    pub win_back: WinBack,
    /// Touchpoints.
    pub funnel: Funnel,
    /// Carts and opportunities.
    pub sales: Sales,
    /// Lines of orders, and returns.
    pub goods: Goods,
    /// Days after which an invoice without a due date is due.
    pub terms_days: u32,
    /// Signals.
    pub engagement: Engagement,
    /// The calendar of the periods.
    pub calendar: Calendar,
    /// Decimal places of money.
    pub scale: Scale,
    /// The form of customer ids.
    pub ids: IdType,
    /// The limit of memory, for states and tables.
    pub memory: MemoryGuard,
}

impl Context {
    /// An empty table, which takes no more rows once the limit of memory is passed.
    #[must_use]
    pub fn table(&self, schema: &'static TableSchema) -> Table {
        Table::new(schema, self.scale).guarded(self.memory.clone())
    }

    /// An empty table for a table with a row for each customer, with a column `segment_<name>` for each segment of
    /// `at = "first"`.
    #[must_use]
    pub fn customer_table(&self, schema: &'static TableSchema) -> Table {
        let more = self.first_segments.iter().map(|name| format!("segment_{name}").into());
        Table::of_ids(schema, self.scale, self.ids, more.collect())
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
