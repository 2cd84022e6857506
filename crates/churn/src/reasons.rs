//! `churn_reasons`: why they left.

use std::collections::BTreeMap;
use std::sync::Arc;

use kohort_model::{
    Basis, Block, Cause, Column, Context, Day, Finished, Grid, Measure, Periods, Slot, Table,
    TableSchema, Tally, Unit, keys, merge_as, rate,
};

use crate::by_key::ByKey;
use crate::lapse::{lapses, value_between};

/// The table's columns.
pub static SCHEMA: TableSchema = TableSchema {
    name: "churn_reasons",
    description: "Why customers left, and what that cost",
    columns: &[
        keys::GRAIN,
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        Column::date("period", "first day of the period of the churn event"),
        Column::text("source", "cancellation, survey, or none where nobody said"),
        Column::text("reason", "the reason; unknown where nobody said"),
        Column::text("cause", "voluntary, involuntary (a payment failed) or unknown"),
        Column::count("churned", Unit::Events, "churn events"),
        Column::count(
            "churned_total",
            Unit::Events,
            "churn events of the period and segment value, whatever the reason",
        ),
        Column::rate("churned_share", "churned / churned_total"),
        Column::money(
            "revenue_lost",
            "monthly recurring revenue before the end; of orders the value in the last lapse window",
        ),
        Column::money(
            "revenue_lost_total",
            "revenue_lost of the period and segment value, whatever the reason",
        ),
        Column::rate("revenue_lost_share", "revenue_lost / revenue_lost_total"),
        Column::count(
            "with_notice",
            Unit::Events,
            "of churned, those whose subscription has a day of cancellation",
        ),
        Column::float(
            "mean_notice_days",
            Unit::Days,
            "mean of days from cancellation to churn event over with_notice",
        )
        .or_null(),
        keys::IS_COMPLETE,
    ],
    key: &["grain", "segment", "segment_value", "period", "source", "reason", "cause"],
    revisable: &[
        "churned",
        "churned_share",
        "revenue_lost",
        "revenue_lost_share",
        "with_notice",
        "mean_notice_days",
    ],
};

/// The reason of those who gave none.
const UNKNOWN: &str = "unknown";

/// Who told the reason, with its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Told {
    Cancellation(u32),
    Nobody,
    Survey(u32),
}

/// What is counted of churn events.
#[derive(Clone, Copy, Debug, Default)]
struct Lost {
    churned: u64,
    revenue: i128,
    with_notice: u64,
    notice_days: i64,
}

impl Tally for Lost {
    fn add(&mut self, other: &Self) {
        self.churned += other.churned;
        self.revenue += other.revenue;
        self.with_notice += other.with_notice;
        self.notice_days += other.notice_days;
    }
}

type Reason = (Told, Cause);

/// The fold behind `churn_reasons`.
pub struct ChurnReasons {
    context: Arc<Context>,
    cells: Grid<ByKey<Reason, Lost>>,
    events: Vec<(Day, Reason, Lost)>,
}

impl ChurnReasons {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(context: Arc<Context>) -> Self {
        let cells = Grid::new(&context);
        Self { context, cells, events: Vec::new() }
    }
}

impl Measure for ChurnReasons {
    fn fresh(&self) -> Box<dyn Measure> {
        Box::new(Self::new(Arc::clone(&self.context)))
    }

    fn fold(&mut self, block: &Block<'_>) {
        let Self { context, cells, events } = self;
        for customer in 0..block.len() {
            events.clear();
            let churned = lapses(block.spells.of(customer), context.as_of).map(|lapse| lapse.from);
            events.extend(churned.map(|day| event(block, customer, day, context)));
            if events.is_empty() {
                continue;
            }
            for group in block.groups {
                let slot = group.slot(customer);
                for (g, periods) in context.periods.iter().enumerate() {
                    let cells = cells.at_least(slot, g, periods.len());
                    for (day, reason, lost) in events.iter() {
                        cells[periods.of(*day)].at(*reason).add(lost);
                    }
                }
            }
        }
    }

    fn merge(&mut self, other: Box<dyn Measure>) {
        self.cells.merge(merge_as::<Self>(other).cells);
    }

    fn finish(self: Box<Self>) -> Finished {
        let context = &*self.context;
        let mut table = context.table(&SCHEMA);
        for (g, periods) in context.periods.iter().enumerate() {
            for (s, slot) in context.slots.iter().enumerate() {
                for (p, cell) in self.cells.get(s, g).iter().enumerate() {
                    write_period(&mut table, context, slot, (periods, p), cell);
                }
            }
        }
        vec![table].into()
    }
}

/// The churn event of a customer on `day`.
fn event(block: &Block<'_>, customer: usize, day: Day, context: &Context) -> (Day, Reason, Lost) {
    let (since, revenue, ended) = match context.basis {
        Basis::Orders => {
            let window = -i64::from(context.lapse_days);
            let last_order = day.plus(window);
            let (from, until) = (last_order.plus(window + 1), last_order.plus(1));
            let value = |track| value_between(track, customer, from, until);
            let revenue = value(&block.activity) + value(&block.refunds);
            (last_order, revenue.max(0), None)
        }
        Basis::Subscriptions => {
            let revenue = block.rates.on(customer, day.plus(-1));
            (day, revenue, ended_on(block, customer, day, context))
        }
    };
    let cause = ended.map_or(Cause::Unknown, |end| block.cancellations.causes[end]);
    let reason = ended.map(|end| block.cancellations.reasons[end]);
    let told = match reason.filter(|code| text(&context.cancel_reasons, *code) != UNKNOWN) {
        Some(code) => Told::Cancellation(code),
        None => answer(block.surveys.of(customer), since, day, context)
            .map_or(Told::Nobody, Told::Survey),
    };
    let notice = ended.and_then(|end| block.cancellations.cancelled[end]);
    let lost = Lost {
        churned: 1,
        revenue,
        with_notice: u64::from(notice.is_some()),
        notice_days: notice.map_or(0, |cancelled| i64::from(day.0) - i64::from(cancelled.0)),
    };
    (day, (told, cause), lost)
}

/// The text of a code; an input without reasons has none.
fn text(reasons: &[Arc<str>], code: u32) -> &str {
    reasons.get(code as usize).map_or(UNKNOWN, |text| text)
}

/// Of the subscriptions that end on `day`, the place of the one that says why: the first by reason
/// (unknown last), cause and day of cancellation (none last).
fn ended_on(block: &Block<'_>, customer: usize, day: Day, context: &Context) -> Option<usize> {
    let ends = &block.cancellations;
    ends.on(customer, day).min_by_key(|end| {
        let reason = text(&context.cancel_reasons, ends.reasons[*end]);
        let cancelled = ends.cancelled[*end];
        (reason == UNKNOWN, reason, ends.causes[*end], cancelled.is_none(), cancelled)
    })
}

/// The reason in the latest answer that gives one, of one day the first: from
/// `survey_window_days` before `from` to as many after `until`.
fn answer(answers: &[(Day, u32)], from: Day, until: Day, context: &Context) -> Option<u32> {
    let window = i64::from(context.survey_window_days);
    let (from, until) = (from.plus(-window), until.plus(window));
    let first = answers.partition_point(|(day, _)| *day < from);
    let last = answers.partition_point(|(day, _)| *day <= until);
    let mut told = (answers[first..last].iter().rev())
        .filter(|(_, code)| text(&context.survey_reasons, *code) != UNKNOWN);
    let (latest, code) = told.next()?;
    // Answers of one day come in order of their texts.
    Some(told.take_while(|(day, _)| day == latest).last().map_or(*code, |(_, code)| *code))
}

fn write_period(
    table: &mut Table,
    context: &Context,
    slot: &Slot,
    (periods, p): (&Periods, usize),
    cell: &ByKey<Reason, Lost>,
) {
    let mut total = Lost::default();
    let mut rows = BTreeMap::<_, Lost>::new();
    for ((told, cause), lost) in cell.iter() {
        total.add(lost);
        rows.entry((texts(*told, context), cause_name(*cause))).or_default().add(lost);
    }
    for (((source, reason), cause), lost) in rows {
        table.push([
            periods.grain.name().into(),
            Arc::clone(&slot.segment).into(),
            slot.value.clone().into(),
            periods.start(p).into(),
            source.into(),
            Arc::<str>::from(reason).into(),
            cause.into(),
            lost.churned.into(),
            total.churned.into(),
            rate(lost.churned.into(), total.churned.into()).into(),
            lost.revenue.into(),
            total.revenue.into(),
            rate(lost.revenue, total.revenue).into(),
            lost.with_notice.into(),
            rate(lost.notice_days.into(), lost.with_notice.into()).into(),
            context.is_complete(periods, p).into(),
        ]);
    }
}

/// Source and reason.
fn texts(told: Told, context: &Context) -> (&'static str, &str) {
    match told {
        Told::Cancellation(code) => ("cancellation", text(&context.cancel_reasons, code)),
        Told::Nobody => ("none", UNKNOWN),
        Told::Survey(code) => ("survey", text(&context.survey_reasons, code)),
    }
}

fn cause_name(cause: Cause) -> &'static str {
    match cause {
        Cause::Voluntary => "voluntary",
        Cause::Involuntary => "involuntary",
        Cause::Unknown => UNKNOWN,
    }
}
