//! The table's columns and rows.

use std::sync::Arc;

use kohort_model::{
    Cell, Column, Context, Grid, Periods, Slot, Table, TableSchema, Unit, div_round_half_away,
    keys, rate,
};

use crate::tally::{Attempted, BUYERS, Lost};

/// The table's columns.
pub static SCHEMA: TableSchema = TableSchema {
    name: "lost_sales",
    description: "What was nearly sold: who did not buy, why, what it was worth and what came back",
    columns: &[
        Column::text("source", "where the attempts come from: orders"),
        keys::GRAIN,
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        Column::date("period", "first day of the period of the attempt"),
        Column::text("buyer", "customer where an order came at an earlier instant, else prospect"),
        Column::text("breakdown", "total, or reason for the lost attempts of one reason"),
        Column::text("breakdown_value", "the reason; NULL on total rows").or_null(),
        Column::count("attempts", Unit::Attempts, "won + lost + open; on reason rows lost"),
        Column::count("won", Unit::Attempts, "completed; NULL on reason rows").or_null(),
        Column::count("open", Unit::Attempts, "not decided yet; NULL on reason rows").or_null(),
        Column::count("lost", Unit::Attempts, "lost"),
        Column::count(
            "recovered",
            Unit::Attempts,
            "lost, but the same buyer's next attempt was won within the recovery window",
        ),
        Column::count(
            "recovery_open",
            Unit::Attempts,
            "lost, and the recovery window has not elapsed",
        ),
        Column::rate("conversion_rate", "won / (won + lost); NULL on reason rows"),
        Column::money("attempted_value", "value of the attempts"),
        Column::money("won_value", "value of the won ones; NULL on reason rows").or_null(),
        Column::money("lost_value", "value of the lost ones"),
        Column::money("recovered_value", "value of the lost ones that were recovered"),
        Column::money("net_lost_value", "lost_value - recovered_value"),
        Column::money(
            "expected_lost_value",
            "estimate: net_lost_value x won / (won + lost) of the complete periods",
        )
        .or_null(),
        keys::IS_COMPLETE,
    ],
    key: &[
        "source",
        "grain",
        "segment",
        "segment_value",
        "period",
        "buyer",
        "breakdown",
        "breakdown_value",
    ],
    revisable: &[
        "recovered",
        "recovery_open",
        "recovered_value",
        "net_lost_value",
        "expected_lost_value",
    ],
};

/// What all rows of one buyer, slot and grain share.
struct Rows<'a> {
    context: &'a Context,
    slot: &'a Slot,
    periods: &'a Periods,
    /// Won, and won + lost, of the complete periods.
    converted: [(u64, u64); BUYERS.len()],
}

/// The table from its counts.
pub(crate) fn write(context: &Context, cells: &Grid<Attempted>) -> Table {
    let mut table = Table::new(&SCHEMA, context.scale);
    let mut reasons: Vec<usize> = (0..context.reasons.len()).collect();
    reasons.sort_by_key(|reason| &context.reasons[*reason]);
    for (g, periods) in context.periods.iter().enumerate() {
        for (s, slot) in context.slots.iter().enumerate() {
            let cells = cells.get(s, g);
            let Some(first) = cells.iter().position(|cell| cell.attempts() > 0) else { continue };
            let rows =
                Rows { context, slot, periods, converted: converted(context, periods, cells) };
            for p in first / BUYERS.len()..periods.len() {
                for (buyer, cell) in cells[p * BUYERS.len()..].iter().take(BUYERS.len()).enumerate()
                {
                    rows.total(&mut table, p, buyer, cell);
                    for reason in &reasons {
                        let lost = cell.by_reason.get(*reason).filter(|lost| lost.attempts > 0);
                        if let Some(lost) = lost {
                            rows.reason(&mut table, p, buyer, &context.reasons[*reason], lost);
                        }
                    }
                }
            }
        }
    }
    table
}

fn converted(
    context: &Context,
    periods: &Periods,
    cells: &[Attempted],
) -> [(u64, u64); BUYERS.len()] {
    let mut converted = [(0, 0); BUYERS.len()];
    for (place, cell) in cells.iter().enumerate() {
        let (p, buyer) = (place / BUYERS.len(), place % BUYERS.len());
        if context.is_complete(periods, p) {
            converted[buyer].0 += cell.won;
            converted[buyer].1 += cell.won + cell.lost.attempts;
        }
    }
    converted
}

impl Rows<'_> {
    fn total(&self, table: &mut Table, p: usize, buyer: usize, cell: &Attempted) {
        let conversion = rate(cell.won.into(), (cell.won + cell.lost.attempts).into());
        let attempted = cell.won_value + cell.open_value + cell.lost.value;
        let own = [cell.won.into(), cell.open.into(), conversion.into(), cell.won_value.into()];
        self.push(table, p, buyer, Cell::Null, (cell.attempts(), attempted), own, &cell.lost);
    }

    fn reason(&self, table: &mut Table, p: usize, buyer: usize, reason: &Arc<str>, lost: &Lost) {
        let name = Cell::Text(Arc::clone(reason));
        let own = [Cell::Null, Cell::Null, Cell::Null, Cell::Null];
        self.push(table, p, buyer, name, (lost.attempts, lost.value), own, lost);
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one row, named at both callers")]
    fn push(
        &self,
        table: &mut Table,
        p: usize,
        buyer: usize,
        reason: Cell,
        (attempts, attempted_value): (u64, i128),
        [won, open, conversion, won_value]: [Cell; 4],
        lost: &Lost,
    ) {
        let net = lost.value - lost.recovered_value;
        table.push([
            "orders".into(),
            self.periods.grain.name().into(),
            Arc::clone(&self.slot.segment).into(),
            self.slot.value.clone().into(),
            self.periods.start(p).into(),
            BUYERS[buyer].into(),
            if reason == Cell::Null { "total" } else { "reason" }.into(),
            reason,
            attempts.into(),
            won,
            open,
            lost.attempts.into(),
            lost.recovered.into(),
            lost.recovery_open.into(),
            conversion,
            attempted_value.into(),
            won_value,
            lost.value.into(),
            lost.recovered_value.into(),
            net.into(),
            expected(net, self.converted[buyer]).into(),
            self.context.is_complete(self.periods, p).into(),
        ]);
    }
}

/// `net × won / decided`, rounded half away from zero; `None` where nothing was decided.
fn expected(net: i128, (won, decided): (u64, u64)) -> Option<i128> {
    if decided == 0 {
        return None;
    }
    let (won, decided) = (i128::from(won), i128::from(decided));
    // The product leaves 128 bits only beyond 10^28 minor units; whole parts first is then exact
    // enough to the unit.
    Some(match net.checked_mul(won) {
        Some(product) => div_round_half_away(product, decided),
        None => net / decided * won + div_round_half_away(net % decided * won, decided),
    })
}
