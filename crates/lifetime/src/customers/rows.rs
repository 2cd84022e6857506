//! The rows.

use std::cmp::Reverse;
use std::sync::Arc;

use kohort_model::formulas::mean_days_between_purchases;
use kohort_model::{Block, Context, CustomerTable, Table, average};

use super::facts::{Facts, gaps, median};
use super::measure::first_segment;
use super::outlook::{Expected, Outlook};
use super::quintiles::Quintiles;
use super::schema::SCHEMA;
use crate::clv::Minor;
use crate::risk::{Levels, Rhythm, Risk, RiskModel};
use crate::settings::AtRisk;
use crate::status::Status;

/// What of a customer more than one column needs, or is found by the way.
struct Row {
    customer: usize,
    facts: Facts,
    median_gap: Option<f64>,
    overdue: Option<f64>,
    lapses: usize,
    status: Status,
    expected: Expected,
    risk: Option<Risk>,
}

/// Room for what a customer at hand takes.
struct Room {
    gaps: Vec<u32>,
    levels: Levels,
    rhythm: Rhythm,
}

/// What has to be known about everybody before a customer's row can be written.
pub(crate) struct CustomerRows {
    pub context: Arc<Context>,
    pub recency: Quintiles<Reverse<u32>>,
    pub frequency: Quintiles<u32>,
    pub monetary: Quintiles<Minor>,
    /// Median gap of everybody, at place 0, and of each slot of the first segment.
    pub medians: Vec<Option<f64>>,
    pub outlook: Outlook,
    pub at_risk: AtRisk,
    /// Days over which a signal is added up.
    pub window_days: u32,
    /// `None` where there is no model of leaving.
    pub risk: Option<RiskModel>,
}

impl CustomerRows {
    /// `None` for a prospect.
    fn row(&self, block: &Block<'_>, customer: usize, room: &mut Room) -> Option<Row> {
        let context = &*self.context;
        let facts = Facts::of(block, customer, context)?;
        room.gaps.clear();
        room.gaps.extend(gaps(block, customer));
        let median_gap = median(&mut room.gaps);
        let segment = first_segment(context).map(|place| &block.groups[place]);
        let slot = segment.map(|group| group.slot(customer));
        let overdue = self.overdue_ratio(&facts, median_gap, slot);
        let spells = block.spells.of(customer);
        let lapses = spells.iter().filter(|spell| spell.end < context.as_of).count();
        let order_days = facts.days.repeats + 1;
        let is_lapsed = lapses == spells.len();
        let risk = self.risk.as_ref().filter(|_| !is_lapsed).map(|model| {
            room.levels.read(block, customer, context);
            model.at_the_end(block, customer, &room.levels, &mut room.rhythm)
        });
        let status = if is_lapsed {
            Status::Lapsed
        } else {
            // Back for less than the lapse window.
            let came_back = spells[1..].last().map(|spell| spell.start);
            let is_won_back =
                came_back.is_some_and(|day| day.plus(context.lapse_days.into()) >= context.as_of);
            self.status(risk, overdue, is_won_back, order_days)
        };
        let expected = self.outlook.of(&facts.days, context);
        Some(Row { customer, facts, median_gap, overdue, lapses, status, expected, risk })
    }

    /// Days since the last order over the median gap: the customer's own, from two gaps on, or
    /// that of those like it.
    fn overdue_ratio(&self, facts: &Facts, own: Option<f64>, slot: Option<usize>) -> Option<f64> {
        let own = own.filter(|_| facts.days.repeats >= 2);
        let like_it = || slot.and_then(|slot| self.medians[slot]);
        let median = own.or_else(like_it).or(self.medians[0])?;
        Some(f64::from(facts.days_since_last()) / median)
    }

    /// Of an active customer.
    fn status(
        &self,
        risk: Option<Risk>,
        overdue: Option<f64>,
        is_won_back: bool,
        days: u32,
    ) -> Status {
        let is_at_risk = match risk {
            Some(risk) => risk.score >= self.at_risk.score,
            None => overdue.is_some_and(|ratio| ratio >= self.at_risk.ratio),
        };
        if is_at_risk {
            Status::AtRisk
        } else if is_won_back {
            Status::WonBack
        } else if days == 1 {
            Status::New
        } else {
            Status::Active
        }
    }
}

impl CustomerTable for CustomerRows {
    fn table(&self) -> Table {
        self.context.customer_table(&SCHEMA)
    }

    fn list(&self, block: &Block<'_>, into: &mut Table) {
        let context = &*self.context;
        let statuses = Status::texts();
        let drivers = self.risk.as_ref().map(RiskModel::drivers).unwrap_or_default();
        let mut room = Room {
            gaps: Vec::new(),
            levels: Levels::new(self.window_days),
            rhythm: Rhythm::default(),
        };
        let rows = (0..block.len()).filter_map(|customer| self.row(block, customer, &mut room));
        let rows: Vec<Row> = rows.collect();
        let days = || rows.iter().map(|row| &row.facts.days);
        let facts = || rows.iter().map(|row| &row.facts);
        let expected = || rows.iter().map(|row| row.expected);
        let risks = || rows.iter().map(|row| row.risk);
        let scale = context.scale;
        let mut fill = into
            .fill()
            .column("customer_id", rows.iter().map(|row| block.ids.of(row.customer)))
            .column("status", rows.iter().map(|row| Arc::clone(&statuses[row.status as usize])))
            .column("first_order", days().map(|d| d.first))
            .column("last_order", days().map(|d| d.first.plus(d.recency.into())))
            .column("orders", facts().map(|f| f.orders))
            .column("order_days", days().map(|d| d.repeats + 1))
            .column("revenue", facts().map(|f| f.revenue))
            .column("refunds", facts().map(|f| f.refunds))
            .column("refund_value", facts().map(|f| f.refund_value))
            .column(
                "average_order_value",
                facts().map(|f| average(f.order_value, f.orders.into(), scale)),
            )
            .column("frequency", days().map(|d| d.repeats))
            .column("recency_days", days().map(|d| d.recency))
            .column("age_days", days().map(|d| d.age))
            .column("monetary", days().map(|d| average(d.repeat_value, d.repeats.into(), scale)))
            .column(
                "mean_gap_days",
                days().map(|d| mean_days_between_purchases(d.recency.into(), d.repeats.into())),
            )
            .column("median_gap_days", rows.iter().map(|row| row.median_gap))
            .column("days_since_last", facts().map(Facts::days_since_last))
            .column("overdue_ratio", rows.iter().map(|row| row.overdue))
            .column(
                "recency_quintile",
                facts().map(|f| self.recency.of(Reverse(f.days_since_last()))),
            )
            .column("frequency_quintile", facts().map(|f| self.frequency.of(f.orders)))
            .column("monetary_quintile", facts().map(|f| self.monetary.of(f.revenue.into())))
            .column("lapses", rows.iter().map(|row| row.lapses))
            .column("entered_existing", days().map(|d| context.enters_existing(d.first)))
            .column("probability_alive", expected().map(|e| e.alive))
            .column("expected_orders", expected().map(|e| e.orders))
            .column("expected_value", expected().map(|e| e.value))
            .column("clv", expected().map(|e| e.discounted_value))
            .column("risk_score", risks().map(|risk| risk.map(|risk| risk.score)))
            .column("risk_driver", risks().map(|risk| Some(Arc::clone(&drivers[risk?.driver?]))));
        for group in block.groups.iter().skip(1) {
            let values = rows.iter().map(|row| &context.slots[group.slot(row.customer)].value);
            fill = fill.further(values.cloned());
        }
        fill.finish();
    }
}
