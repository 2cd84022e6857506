//! The table's columns and rows.

use std::sync::Arc;

use kohort_model::formulas::{reactivation_rate, win_back_rate};
use kohort_model::{
    Cell, Column, Context, Grid, Periods, Places, Slot, Table, TableSchema, Unit, keys,
};

use super::Tallied;
use super::contacts::{Breakdown, Responses};
use crate::by_key::ByKey;
use crate::newcombe::Share;

/// The table's columns.
pub static SCHEMA: TableSchema = TableSchema {
    name: "win_back",
    description: "Who came back: of those who had left, and of everybody who was silent",
    columns: &[
        keys::GRAIN,
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        keys::PERIOD,
        Column::text("breakdown", "total, or campaign or strategy for the contacts of one"),
        Column::text("breakdown_value", "the campaign or strategy; NULL on total rows").or_null(),
        Column::count(
            "lapsed_opening",
            Unit::Customers,
            "customers who had left by the end of the day before the period",
        )
        .or_null(),
        Column::count(
            "won_back",
            Unit::Customers,
            "of lapsed_opening, those who bought again in the period",
        )
        .or_null(),
        Column::rate("win_back_rate", "won_back / lapsed_opening"),
        Column::money(
            "won_back_revenue",
            "of won_back, from the day of return to the period's end",
        )
        .or_null(),
        Column::float(
            "median_days_lapsed",
            Unit::Days,
            "median of won_back's days from churn event to return",
        )
        .or_null(),
        Column::count(
            "spells_again",
            Unit::Events,
            "churn events in the period of customers who had left before",
        )
        .or_null(),
        Column::count(
            "inactive_opening",
            Unit::People,
            "lapsed_opening, and prospects seen long ago who had not bought yet; NULL in segments",
        )
        .or_null(),
        Column::count(
            "reactivated",
            Unit::People,
            "won_back, and those of the prospects in inactive_opening who bought in the period",
        )
        .or_null(),
        Column::rate("reactivation_rate", "reactivated / inactive_opening"),
        Column::count("contacts", Unit::Contacts, "contacts in the period, withheld ones included")
            .or_null(),
        Column::count(
            "contacted",
            Unit::Events,
            "lapse spells whose last contact in the period was sent",
        )
        .or_null(),
        Column::count(
            "converted",
            Unit::Events,
            "of contacted, those that ended in the attribution window of that contact, the last of all",
        )
        .or_null(),
        Column::count(
            "holdout",
            Unit::Events,
            "lapse spells whose last contact in the period was withheld, to compare with",
        )
        .or_null(),
        Column::count("holdout_converted", Unit::Events, "of holdout, as converted").or_null(),
        Column::count(
            "attribution_open",
            Unit::Events,
            "of contacted and holdout, not ended, and the attribution window has not elapsed",
        )
        .or_null(),
        Column::rate("conversion_rate", "converted / contacted"),
        Column::rate("holdout_conversion_rate", "holdout_converted / holdout"),
        Column::float("uplift", Unit::Ratio, "conversion_rate - holdout_conversion_rate")
            .or_null(),
        Column::float("uplift_low", Unit::Ratio, "lower end of uplift's 95 % interval (Newcombe)")
            .or_null(),
        Column::float("uplift_high", Unit::Ratio, "upper end of uplift's 95 % interval (Newcombe)")
            .or_null(),
        keys::IS_COMPLETE,
        Column::flag(
            "attribution_is_complete",
            "whether the period is complete and the attribution window of its last day is over",
        )
        .or_null(),
    ],
    key: &["grain", "segment", "segment_value", "period", "breakdown", "breakdown_value"],
    revisable: &[
        "converted",
        "holdout_converted",
        "attribution_open",
        "conversion_rate",
        "holdout_conversion_rate",
        "uplift",
        "uplift_low",
        "uplift_high",
        "attribution_is_complete",
    ],
};

/// What the rows of one slot and grain share.
struct Rows<'a> {
    context: &'a Context,
    slot: &'a Slot,
    periods: &'a Periods,
}

/// The table from its counts.
pub(super) fn write(
    context: &Context,
    cells: &Grid<Tallied>,
    contacted: &Grid<ByKey<Breakdown, Responses>>,
) -> Table {
    let mut table = context.table(&SCHEMA);
    for (g, periods) in context.periods.iter().enumerate() {
        for (s, slot) in context.slots.iter().enumerate() {
            let rows = Rows { context, slot, periods };
            rows.write(&mut table, cells.get(s, g), contacted.get(s, g));
        }
    }
    table
}

impl Rows<'_> {
    fn write(
        &self,
        table: &mut Table,
        cells: &Places<Tallied>,
        contacted: &Places<ByKey<Breakdown, Responses>>,
    ) {
        let Some(first) = cells.iter().position(|cell| cell.has_first) else { return };
        let (mut lapsed, mut prospects) = (0, 0);
        for (p, cell) in cells.iter().enumerate().take(self.periods.len()) {
            lapsed += cell.lapsed_change;
            prospects += cell.prospects_change;
            if p < first {
                continue;
            }
            let contacted = contacted.get(p);
            let total = contacted.and_then(|by_row| by_row.get(&Breakdown::Total)).copied();
            let returns = self.returns(cell, lapsed, prospects);
            self.push(table, p, ("total", None), returns, &total.unwrap_or_default());
            let mut rows: Vec<_> = contacted
                .into_iter()
                .flat_map(ByKey::iter)
                .filter_map(|(row, contacted)| Some((self.breakdown(*row)?, contacted)))
                .collect();
            rows.sort_by_key(|(breakdown, _)| *breakdown);
            for ((breakdown, value), contacted) in rows {
                let returns = [const { Cell::Null }; 9];
                self.push(table, p, (breakdown, Some(value)), returns, contacted);
            }
        }
    }

    /// Name and value of a row that is no total one; `None` too where the input has no such text.
    fn breakdown(&self, row: Breakdown) -> Option<(&'static str, &Arc<str>)> {
        let win_back = &self.context.win_back;
        let (name, texts, code) = match row {
            Breakdown::Total => return None,
            Breakdown::Campaign(code) => ("campaign", &win_back.campaigns, code),
            Breakdown::Strategy(code) => ("strategy", &win_back.strategies, code),
        };
        texts.get(code as usize).map(|text| (name, text))
    }

    /// The columns from `lapsed_opening` to `reactivation_rate`.
    fn returns(&self, cell: &Tallied, lapsed: i64, prospects: i64) -> [Cell; 9] {
        // A prospect has no segment value.
        let knows_prospects = self.context.win_back.has_prospects && self.slot.value.is_none();
        let inactive = knows_prospects.then_some(lapsed + prospects);
        let reactivated = knows_prospects.then_some(cell.won_back + cell.prospects_reactivated);
        let reactivation =
            reactivated.zip(inactive).and_then(|(n, of)| reactivation_rate(n.into(), of.into()));
        [
            lapsed.into(),
            cell.won_back.into(),
            win_back_rate(cell.won_back.into(), lapsed.into()).into(),
            cell.won_back_revenue.into(),
            cell.days_lapsed.percentile(50).into(),
            cell.spells_again.into(),
            inactive.into(),
            reactivated.into(),
            reactivation.into(),
        ]
    }

    /// The columns from `contacts` to `uplift_high`.
    fn contacts(&self, of: &Responses) -> [Cell; 11] {
        if !self.context.win_back.has_contacts {
            return [const { Cell::Null }; 11];
        }
        let converted = Share { n: of.converted, of: of.contacted };
        let holdout = Share { n: of.holdout_converted, of: of.holdout };
        let uplift = converted.minus(holdout);
        [
            of.contacts.into(),
            of.contacted.into(),
            of.converted.into(),
            of.holdout.into(),
            of.holdout_converted.into(),
            of.attribution_open.into(),
            converted.rate().into(),
            holdout.rate().into(),
            uplift.map(|uplift| uplift.value).into(),
            uplift.map(|uplift| uplift.low).into(),
            uplift.map(|uplift| uplift.high).into(),
        ]
    }

    fn push(
        &self,
        table: &mut Table,
        p: usize,
        (breakdown, value): (&'static str, Option<&Arc<str>>),
        returns: [Cell; 9],
        contacted: &Responses,
    ) {
        let Self { context, slot, periods } = self;
        let [
            lapsed,
            won_back,
            win_back_rate,
            revenue,
            median,
            again,
            inactive,
            active,
            reactivation,
        ] = returns;
        let [
            contacts,
            sent,
            converted,
            holdout,
            withheld_converted,
            open,
            conversion,
            baseline,
            uplift,
            low,
            high,
        ] = self.contacts(contacted);
        let is_complete = context.is_complete(periods, p);
        let window = i64::from(context.win_back.attribution_window_days);
        let is_attributed = is_complete && periods.end(p).plus(window) <= context.as_of;
        table.push([
            periods.grain.name().into(),
            Arc::clone(&slot.segment).into(),
            slot.value.clone().into(),
            periods.start(p).into(),
            breakdown.into(),
            value.cloned().into(),
            lapsed,
            won_back,
            win_back_rate,
            revenue,
            median,
            again,
            inactive,
            active,
            reactivation,
            contacts,
            sent,
            converted,
            holdout,
            withheld_converted,
            open,
            conversion,
            baseline,
            uplift,
            low,
            high,
            is_complete.into(),
            context.win_back.has_contacts.then_some(is_attributed).into(),
        ]);
    }
}
