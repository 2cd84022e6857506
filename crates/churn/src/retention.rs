//! The measure and its table.

use std::sync::Arc;

use kohort_model::formulas::{annualised, churn_rate, kept_rate, retention_rate};
use kohort_model::{
    Block, Column, Context, Extent, Finished, Grid, Measure, Periods, Places, Slot, Spell, Table,
    TableSchema, Tally, Unit, keys, merge_as,
};

/// The table's columns.
pub static SCHEMA: TableSchema = TableSchema {
    name: "customer_retention",
    description: "Who stayed, who left and who joined, period by period",
    columns: &[
        keys::GRAIN,
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        keys::PERIOD,
        Column::count("opening", Unit::Customers, "active at the end of the day before the period"),
        Column::count("new", Unit::Customers, "customers whose first order lies in the period"),
        Column::count(
            "entered_existing",
            Unit::Customers,
            "customers first seen in the period, within one lapse window of history_start",
        ),
        Column::count("returned", Unit::Events, "orders in the period that end a lapse spell"),
        Column::count("churned", Unit::Events, "churn events in the period"),
        Column::count(
            "closing",
            Unit::Customers,
            "active at the end of the period's last known day",
        ),
        Column::count("new_at_close", Unit::Customers, "of new, those active at the close"),
        Column::count(
            "entered_existing_at_close",
            Unit::Customers,
            "of entered_existing, those active at the close",
        ),
        Column::count("kept", Unit::Customers, "active at the opening and at the close"),
        Column::count("lost", Unit::Customers, "opening - kept"),
        Column::rate(
            "retention_rate",
            "(closing - new_at_close - entered_existing_at_close) / opening",
        ),
        Column::rate("kept_rate", "kept / opening"),
        Column::rate("churn_rate", "lost / opening"),
        Column::rate("annualised_churn_rate", "1 - (1 - churn_rate) ^ periods per year"),
        Column::count("buyers", Unit::Customers, "customers with an order in the period"),
        Column::count(
            "lifecycle_new",
            Unit::Customers,
            "buyers whose first order lies in the period, entered_existing excepted",
        ),
        Column::count(
            "lifecycle_returning",
            Unit::Customers,
            "buyers who also ordered in the period before",
        ),
        Column::count(
            "lifecycle_resurrected",
            Unit::Customers,
            "buyers who ordered earlier, but not in the period before",
        ),
        Column::count(
            "lifecycle_dormant",
            Unit::Customers,
            "customers who ordered in the period before and not in this one",
        ),
        keys::IS_COMPLETE,
    ],
    key: &["grain", "segment", "segment_value", "period"],
    revisable: &[],
};

#[derive(Clone, Copy, Debug, Default)]
struct Tallied {
    /// Change of the number of openings against the period before.
    opening_change: i64,
    /// Active at the end of the last known day: the closing state of the last period.
    active_at_end: u64,
    new: u64,
    entered_existing: u64,
    returned: u64,
    churned: u64,
    new_at_close: u64,
    entered_existing_at_close: u64,
    lost: u64,
    returning: u64,
    resurrected: u64,
    dormant: u64,
}

impl Tally for Tallied {
    fn add(&mut self, other: &Self) {
        self.opening_change += other.opening_change;
        self.active_at_end += other.active_at_end;
        self.new += other.new;
        self.entered_existing += other.entered_existing;
        self.returned += other.returned;
        self.churned += other.churned;
        self.new_at_close += other.new_at_close;
        self.entered_existing_at_close += other.entered_existing_at_close;
        self.lost += other.lost;
        self.returning += other.returning;
        self.resurrected += other.resurrected;
        self.dormant += other.dormant;
    }
}

/// The fold behind `customer_retention`.
pub struct CustomerRetention {
    context: Arc<Context>,
    /// By period, and one place more for what ends after the last.
    cells: Grid<Tallied>,
}

impl CustomerRetention {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(context: Arc<Context>) -> Self {
        let cells = Grid::new(&context);
        Self { context, cells }
    }
}

impl Measure for CustomerRetention {
    fn fresh(&self) -> Box<dyn Measure> {
        Box::new(Self::new(Arc::clone(&self.context)))
    }

    fn fold(&mut self, block: &Block<'_>) {
        let Self { context, cells } = self;
        for customer in 0..block.len() {
            let spells = block.spells.of(customer);
            if spells.is_empty() {
                continue;
            }
            for group in block.groups {
                let slot = group.slot(customer);
                for (g, periods) in context.periods.iter().enumerate() {
                    let cells = cells.at_least(slot, g, periods.len() + 1);
                    count_spells(spells, context, periods, cells);
                    let visits = block.visits[g].of(customer);
                    count_lifecycle(visits.map(|(period, ..)| period), cells);
                }
            }
        }
    }

    fn expected_bytes(&self, extent: &Extent<'_>) -> u64 {
        extent.each_period(&SCHEMA)
    }

    fn merge(&mut self, other: Box<dyn Measure>) {
        self.cells.merge(merge_as::<Self>(other).cells);
    }

    fn finish(self: Box<Self>) -> Finished {
        let context = &*self.context;
        let mut table = context.table(&SCHEMA);
        for (g, periods) in context.periods.iter().enumerate() {
            for (s, slot) in context.slots.iter().enumerate() {
                write_slot(&mut table, context, slot, periods, self.cells.get(s, g));
            }
        }
        vec![table].into()
    }
}

/// Movements between active and lapsed.
fn count_spells(
    spells: &[Spell],
    context: &Context,
    periods: &Periods,
    cells: &mut Places<Tallied>,
) {
    let last = periods.len() - 1;
    for (i, spell) in spells.iter().enumerate() {
        let (from, to) = (periods.of(spell.start), periods.of(spell.end).min(last));
        // Active at the end of the day before each period that starts after the spell's first
        // day and by its end.
        cells[from + 1].opening_change += 1;
        cells[to + 1].opening_change -= 1;
        if i > 0 {
            cells[from].returned += 1;
        } else {
            let at_close = u64::from(is_active_at_close(spells, from, context, periods));
            let cell = &mut cells[from];
            if context.enters_existing(spell.start) {
                cell.entered_existing += 1;
                cell.entered_existing_at_close += at_close;
            } else {
                cell.new += 1;
                cell.new_at_close += at_close;
            }
        }
        if spell.end < context.as_of {
            cells[to].churned += 1;
            if from < to && !is_active_at_close(&spells[i + 1..], to, context, periods) {
                cells[to].lost += 1;
            }
        } else {
            cells[last].active_at_end += 1;
        }
    }
}

/// Whether the last of the leading spells that start in period `p` lasts to its close.
fn is_active_at_close(spells: &[Spell], p: usize, context: &Context, periods: &Periods) -> bool {
    let close = periods.end(p).min(context.as_of);
    let in_period = spells.iter().take_while(|spell| spell.start < close);
    in_period.last().is_some_and(|spell| spell.end >= close)
}

/// Buyers by what they did in the period before; `visits` are the periods with orders.
fn count_lifecycle(mut visits: impl Iterator<Item = usize>, cells: &mut Places<Tallied>) {
    let Some(mut before) = visits.next() else { return };
    for period in visits {
        if period == before + 1 {
            cells[period].returning += 1;
        } else {
            cells[period].resurrected += 1;
            cells[before + 1].dormant += 1;
        }
        before = period;
    }
    cells[before + 1].dormant += 1;
}

fn write_slot(
    table: &mut Table,
    context: &Context,
    slot: &Slot,
    periods: &Periods,
    cells: &Places<Tallied>,
) {
    let is_first = |cell: &Tallied| cell.new + cell.entered_existing > 0;
    let Some(first) = cells.iter().position(is_first) else { return };
    let mut opening = 0_i64;
    for p in first..periods.len() {
        let cell = &cells[p];
        opening += cell.opening_change;
        let closing = if p + 1 == periods.len() {
            i64::try_from(cell.active_at_end).unwrap_or(i64::MAX)
        } else {
            opening + cells[p + 1].opening_change
        };
        let lost = i64::try_from(cell.lost).unwrap_or(i64::MAX);
        let new = cell.new_at_close + cell.entered_existing_at_close;
        let churn = churn_rate(opening.into(), lost.into());
        let per_year = periods.grain.periods_per_year();
        table.push([
            periods.grain.name().into(),
            Arc::clone(&slot.segment).into(),
            slot.value.clone().into(),
            periods.start(p).into(),
            opening.into(),
            cell.new.into(),
            cell.entered_existing.into(),
            cell.returned.into(),
            cell.churned.into(),
            closing.into(),
            cell.new_at_close.into(),
            cell.entered_existing_at_close.into(),
            (opening - lost).into(),
            lost.into(),
            retention_rate(opening.into(), closing.into(), new.into()).into(),
            kept_rate(opening.into(), lost.into()).into(),
            churn.into(),
            churn.map(|rate| annualised(rate, per_year)).into(),
            (cell.new + cell.entered_existing + cell.returning + cell.resurrected).into(),
            cell.new.into(),
            cell.returning.into(),
            cell.resurrected.into(),
            cell.dormant.into(),
            context.is_complete(periods, p).into(),
        ]);
    }
}
