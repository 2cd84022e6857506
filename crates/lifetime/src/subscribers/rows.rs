//! The rows.

use std::sync::Arc;

use kohort_model::{Block, Context, CustomerTable, Day, Spell, Table, average};

use super::outlook::{Expected, Outlook};
use super::schema::SCHEMA;
use crate::clv::whole_months;
use crate::risk::{Levels, Rhythm, Risk, RiskModel};
use crate::settings::AtRisk;
use crate::status::Status;

/// What of a subscriber more than one column needs, or is found by the way.
struct Row {
    customer: usize,
    status: Status,
    first_paid: Day,
    last_paid: Day,
    active_days: u32,
    tenure_months: u32,
    /// Minor units.
    mrr: i128,
    lapses: usize,
    expected: Expected,
    risk: Option<Risk>,
}

impl Row {
    /// So many months of what is paid now, in whole currency units.
    fn value(&self, months: Option<f64>, context: &Context) -> Option<f64> {
        Some(average(self.mrr, 1, context.scale)? * months?)
    }
}

/// What has to be known about everybody before a subscriber's row can be written.
pub(super) struct SubscriberRows {
    pub context: Arc<Context>,
    pub outlook: Outlook,
    /// `None` where there is no model of leaving.
    pub risk: Option<RiskModel>,
    pub at_risk: AtRisk,
    /// Days over which a signal is added up.
    pub window_days: u32,
}

impl SubscriberRows {
    /// `None` for whoever never paid.
    fn row(&self, block: &Block<'_>, customer: usize, levels: &mut Levels) -> Option<Row> {
        let context = &*self.context;
        let (as_of, last_known) = (context.as_of, context.as_of.plus(-1));
        let spells = block.spells.of(customer);
        let (first, last) = (spells.first()?, spells.last()?);
        let is_lapsed = last.end < as_of;
        let active = |spell: &Spell| spell.end.min(as_of).0.abs_diff(spell.start.0);
        let tenure_months = whole_months(last.start, if is_lapsed { last.end } else { last_known });
        let risk = self.risk.as_ref().filter(|_| !is_lapsed).map(|model| {
            levels.read(block, customer, context);
            model.at_the_end(block, customer, levels, &mut Rhythm::default())
        });
        let status = match risk {
            _ if is_lapsed => Status::Lapsed,
            Some(risk) if risk.score >= self.at_risk.score => Status::AtRisk,
            _ if tenure_months > 0 => Status::Active,
            _ if spells.len() > 1 => Status::WonBack,
            _ => Status::New,
        };
        Some(Row {
            customer,
            status,
            first_paid: first.start,
            last_paid: last.end.min(as_of).plus(-1),
            active_days: spells.iter().map(active).sum(),
            tenure_months,
            mrr: block.rates.on(customer, last_known),
            lapses: spells.iter().filter(|spell| spell.end < as_of).count(),
            expected: if is_lapsed { Expected::default() } else { self.outlook.of(tenure_months) },
            risk,
        })
    }
}

impl CustomerTable for SubscriberRows {
    fn table(&self) -> Table {
        self.context.customer_table(&SCHEMA)
    }

    fn list(&self, block: &Block<'_>, into: &mut Table) {
        let context = &*self.context;
        let statuses = Status::texts();
        let drivers = self.risk.as_ref().map(RiskModel::drivers).unwrap_or_default();
        let mut levels = Levels::new(self.window_days);
        let rows = (0..block.len()).filter_map(|customer| self.row(block, customer, &mut levels));
        let rows: Vec<Row> = rows.collect();
        let risks = || rows.iter().map(|row| row.risk);
        let expected = || rows.iter().map(|row| row.expected);
        let mut fill = into
            .fill()
            .column("customer_id", rows.iter().map(|row| block.ids.of(row.customer)))
            .column("status", rows.iter().map(|row| Arc::clone(&statuses[row.status as usize])))
            .column("first_paid", rows.iter().map(|row| row.first_paid))
            .column("last_paid", rows.iter().map(|row| row.last_paid))
            .column("active_days", rows.iter().map(|row| row.active_days))
            .column("tenure_months", rows.iter().map(|row| row.tenure_months))
            .column("mrr", rows.iter().map(|row| row.mrr))
            .column("lapses", rows.iter().map(|row| row.lapses))
            .column("expected_months", expected().map(|e| e.months))
            .column(
                "expected_value",
                rows.iter().map(|row| row.value(row.expected.months, context)),
            )
            .column("residual_months", expected().map(|e| e.residual_months))
            .column("clv", rows.iter().map(|row| row.value(row.expected.residual_months, context)))
            .column("risk_score", risks().map(|risk| risk.map(|risk| risk.score)))
            .column("risk_driver", risks().map(|risk| Some(Arc::clone(&drivers[risk?.driver?]))));
        for group in block.groups.iter().skip(1) {
            let values = rows.iter().map(|row| &context.slots[group.slot(row.customer)].value);
            fill = fill.further(values.cloned());
        }
        fill.finish();
    }
}
