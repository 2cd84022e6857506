//! The table's rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use kohort_model::formulas::conversion_rate;
use kohort_model::{
    Context, Grid, Periods, Places, Series, Table, Tally, div_round_half_away, row,
};

use super::Counted;
use super::schema::SCHEMA;
use crate::tally::{Attempted, BUYERS, Decided, Lost, Reached};

/// The table from its counts.
pub(super) fn write(context: &Context, counted: &Counted) -> Table {
    let sales = &context.sales;
    let unknown: [Arc<str>; 1] = ["unknown".into()];
    let carts = Source {
        name: "carts",
        reasons: &unknown,
        competitors: &[],
        stages: &context.funnel.steps,
    };
    let opportunities = Source {
        name: "opportunities",
        reasons: &sales.reasons,
        competitors: &sales.competitors,
        stages: &sales.stages,
    };
    let orders =
        Source { name: "orders", reasons: &context.reasons, competitors: &[], stages: &[] };
    let mut table = context.table(&SCHEMA);
    carts.write(context, &counted.carts, &mut table);
    opportunities.write(context, &counted.opportunities, &mut table);
    orders.write(context, &counted.orders, &mut table);
    table
}

/// A source and the texts of its codes.
struct Source<'a> {
    name: &'static str,
    reasons: &'a [Arc<str>],
    competitors: &'a [Arc<str>],
    stages: &'a [Arc<str>],
}

impl Source<'_> {
    fn write(&self, context: &Context, cells: &Grid<Attempted>, table: &mut Table) {
        for series in context.series() {
            let cells = cells.get(series.s, series.g);
            let Some(first) = cells.iter().position(|cell| cell.total.attempts() > 0) else {
                continue;
            };
            let complete = complete(context, series.periods, cells);
            for p in first / BUYERS.len()..series.periods.len() {
                for (b, buyer) in BUYERS.into_iter().enumerate() {
                    let key = Key { context, source: self.name, series, p, buyer };
                    let cell = &cells[p * BUYERS.len() + b];
                    self.rows(&key, cell, &complete[b], table);
                }
            }
        }
    }

    /// The rows of one period and buyer, of whom `complete` counts the complete periods.
    fn rows(&self, key: &Key<'_>, cell: &Attempted, complete: &Attempted, table: &mut Table) {
        let of_all = &complete.total;
        key.push(table, ("total", None), &Row::total(&cell.total), of_all);
        for (competitor, lost) in self.competitors.iter().zip(&cell.by_competitor) {
            if lost.attempts > 0 {
                key.push(table, ("competitor", Some(competitor)), &Row::lost(lost), of_all);
            }
        }
        let own = self.reasons.iter().zip(&cell.by_reason);
        let mut by_reason = BTreeMap::<&Arc<str>, Lost>::new();
        for (reason, lost) in own.chain(key.context.sales.reasons.iter().zip(&cell.by_answer)) {
            by_reason.entry(reason).or_default().add(lost);
        }
        for (reason, lost) in by_reason.iter().filter(|(_, lost)| lost.attempts > 0) {
            key.push(table, ("reason", Some(*reason)), &Row::lost(lost), of_all);
        }
        for (code, (stage, reached)) in self.stages.iter().zip(&cell.by_stage).enumerate() {
            if reached.all.attempts() > 0 {
                // A period that is not complete may know stages that no complete one has.
                let of_stage = complete.by_stage.get(code).map_or_else(Decided::default, |s| s.all);
                key.push(table, ("stage", Some(stage)), &Row::stage(reached), &of_stage);
            }
        }
    }
}

/// What was counted of each kind of buyer in all complete periods.
fn complete(
    context: &Context,
    periods: &Periods,
    cells: &Places<Attempted>,
) -> [Attempted; BUYERS.len()] {
    let mut complete = [Attempted::default(), Attempted::default()];
    for (place, cell) in cells.iter().enumerate() {
        let (p, buyer) = (place / BUYERS.len(), place % BUYERS.len());
        if context.is_complete(periods, p) {
            complete[buyer].add(cell);
        }
    }
    complete
}

/// What a row counts.
struct Row<'a> {
    /// All attempts; `None` where only the lost ones have a place.
    all: Option<&'a Decided>,
    lost: &'a Lost,
    stopped: Option<(u64, i128)>,
}

impl<'a> Row<'a> {
    fn total(all: &'a Decided) -> Self {
        Self { all: Some(all), lost: &all.lost, stopped: None }
    }

    fn lost(lost: &'a Lost) -> Self {
        Self { all: None, lost, stopped: None }
    }

    fn stage(reached: &'a Reached) -> Self {
        let stopped = Some((reached.stopped, reached.stopped_value));
        Self { all: Some(&reached.all), lost: &reached.all.lost, stopped }
    }
}

/// What the rows of one period and buyer share.
struct Key<'a> {
    context: &'a Context,
    source: &'static str,
    series: Series<'a>,
    p: usize,
    buyer: &'static str,
}

impl Key<'_> {
    /// Adds a row; `complete` counts what tells which share of its like is won.
    fn push(
        &self,
        table: &mut Table,
        (breakdown, value): (&'static str, Option<&Arc<str>>),
        Row { all, lost, stopped }: &Row<'_>,
        complete: &Decided,
    ) {
        let Self { context, source, series: Series { periods, slot, .. }, p, buyer } = *self;
        let net = lost.value - lost.recovered_value;
        let conversion = all.and_then(|d| conversion_rate(d.won.into(), d.lost.attempts.into()));
        table.push(row!(SCHEMA {
            source: source,
            grain: periods.grain.name(),
            segment: Arc::clone(&slot.segment),
            segment_value: slot.value.clone(),
            period: periods.start(p),
            buyer: buyer,
            breakdown: breakdown,
            breakdown_value: value.cloned(),
            attempts: all.map_or(lost.attempts, Decided::attempts),
            won: all.map(|d| d.won),
            open: all.map(|d| d.open),
            lost: lost.attempts,
            stopped: stopped.map(|(stopped, _)| stopped),
            recovered: lost.recovered,
            recovery_open: lost.recovery_open,
            conversion_rate: conversion,
            attempted_value: all.map_or(lost.value, Decided::value),
            won_value: all.map(|d| d.won_value),
            lost_value: lost.value,
            stopped_value: stopped.map(|(_, value)| value),
            recovered_value: lost.recovered_value,
            net_lost_value: net,
            expected_lost_value: expected(net, complete.won, complete.lost.attempts),
            is_complete: context.is_complete(periods, p),
        }));
    }
}

/// `net × won / (won + lost)`, rounded half away from zero; `None` where nothing was decided.
pub(super) fn expected(net: i128, won: u64, lost: u64) -> Option<i128> {
    let won = i128::from(won);
    let decided = won + i128::from(lost);
    if decided == 0 {
        return None;
    }
    // The product leaves 128 bits only beyond 10^28 minor units; whole parts first is then exact
    // enough to the unit.
    Some(match net.checked_mul(won) {
        Some(product) => div_round_half_away(product, decided),
        None => net / decided * won + div_round_half_away(net % decided * won, decided),
    })
}
