//! `revenue_events`: recurring revenue that came, grew, shrank and left, day by day.

use std::sync::Arc;

use kohort_model::view::{Exceeds, FEW_PERIODS, Percent};
use kohort_model::{
    Block, Column, Context, Grid, GridMeasure, Gridded, Identities, MeasureSpec, Places, Requires,
    Series, SumsOf, Table, TableSchema, TableSpec, Unit, View, keys, row,
};

use crate::churn::{GROSS_CHURN_RATE, MOVEMENTS, NET_CHURN_RATE, NET_CHURN_RATE_WITH_REACTIVATION};
use crate::movement::Movements;
use crate::rates::ChurnRates;

/// The declaration.
pub static REVENUE_EVENTS: MeasureSpec = MeasureSpec {
    tables: &[TableSpec {
        requires: Requires::SUBSCRIPTIONS,
        view: View {
            columns: &[
                "opening_revenue",
                "closing_revenue",
                "gross_revenue_churn_rate",
                "net_revenue_churn_rate",
                "net_revenue_churn_rate_with_reactivation",
            ],
            panels: &[MOVEMENTS],
            rows: FEW_PERIODS,
            percent: Percent {
                exceeds: &[
                    exceeds("gross_revenue_churn_rate"),
                    exceeds("net_revenue_churn_rate"),
                    exceeds("net_revenue_churn_rate_with_reactivation"),
                ],
                ..Percent::ALL
            },
            ..View::PLAIN
        },
        identities: IDENTITIES,
        ..TableSpec::of(&SCHEMA)
    }],
    start: |context, _| GridMeasure::start(context, RevenueEvents),
    ..MeasureSpec::PLAIN
};

const fn exceeds(column: &'static str) -> Exceeds {
    Exceeds {
        column,
        why: "what was won within the period was lost again; revenue_churn is without that",
    }
}

const IDENTITIES: Identities = Identities {
    sums: &[
        SumsOf::period("", "revenue_churn", "", &[("closing_revenue", "closing_revenue")]),
        // Whoever begins, stops and begins again to pay joins, leaves and returns.
        SumsOf::period(
            "",
            "customer_retention",
            "",
            &[
                ("new_events", "new + entered_existing"),
                ("reactivated_events", "returned"),
                ("churned_events", "churned"),
            ],
        ),
        SumsOf::period("", "churn_reasons", "", &[("churned_revenue", "revenue_lost")]),
    ],
    ..Identities::by_grain(&[
        "closing_revenue = opening_revenue + new_revenue + reactivated_revenue + expansion_revenue \
         - contraction_revenue - churned_revenue",
        "next.opening_revenue = closing_revenue",
    ])
};

static SCHEMA: TableSchema = TableSchema {
    name: "revenue_events",
    description: "Which recurring revenue came, grew, shrank and left, day by day",
    columns: &[
        keys::GRAIN,
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        keys::PERIOD,
        Column::money(
            "opening_revenue",
            "monthly recurring revenue at the end of the day before the period",
        ),
        Column::money(
            "new_revenue",
            "sum, over the customers whose first paid day lies in the period, of the monthly \
             recurring revenue of that day",
        ),
        Column::money(
            "reactivated_revenue",
            "sum, over the other days on which a customer begins to pay, of the monthly recurring \
             revenue of that day",
        ),
        Column::money(
            "expansion_revenue",
            "sum, over days and customers who pay on the day before too, of what they pay a month more \
             than then",
        ),
        Column::money(
            "contraction_revenue",
            "sum, over days and customers who still pay, of what they pay a month less than on the \
             day before",
        ),
        Column::money(
            "churned_revenue",
            "sum, over churn events, of the monthly recurring revenue of the day before",
        ),
        Column::money(
            "closing_revenue",
            "monthly recurring revenue at the end of the period's last known day; equals opening + \
             new + reactivated + expansion - contraction - churned",
        ),
        Column::count("new_events", Unit::Events, "events behind new_revenue"),
        Column::count("reactivated_events", Unit::Events, "events behind reactivated_revenue"),
        Column::count("expansion_events", Unit::Events, "events behind expansion_revenue"),
        Column::count("contraction_events", Unit::Events, "events behind contraction_revenue"),
        Column::count("churned_events", Unit::Events, "events behind churned_revenue"),
        GROSS_CHURN_RATE,
        NET_CHURN_RATE,
        NET_CHURN_RATE_WITH_REACTIVATION,
        keys::IS_COMPLETE,
    ],
    key: &["grain", "segment", "segment_value", "period"],
    revisable: &[],
};

/// Movements from each day to the next: an event is one customer on one day.
#[derive(Clone, Copy)]
struct RevenueEvents;

impl Gridded for RevenueEvents {
    type Tally = Movements;

    const TABLES: &'static [&'static TableSchema] = &[&SCHEMA];
    const HAS_EACH_PERIOD: bool = true;

    fn fold(&mut self, context: &Context, block: &Block<'_>, cells: &mut Grid<Movements>) {
        for customer in 0..block.len() {
            // What changes on as_of or later has not happened yet.
            let steps = block.rates.of(customer).take_while(|(day, _)| *day < context.as_of);
            for (g, periods) in context.periods.iter().enumerate() {
                for group in block.groups {
                    let slot = group.slot(customer);
                    let (mut before, mut is_new) = (0, true);
                    for (day, now) in steps.clone() {
                        let period = periods.of(day);
                        cells.at_least(slot, g, period + 1)[period].count(before, now, is_new);
                        (before, is_new) = (now, false);
                    }
                }
            }
        }
    }

    fn write(
        &self,
        context: &Context,
        Series { periods, slot, .. }: Series<'_>,
        cells: &Places<Movements>,
        tables: &mut [Table],
    ) {
        let Some(first) = cells.iter().position(|m| m.new_customers > 0) else { return };
        let mut opening = 0;
        for p in first..periods.len() {
            let m = cells.get(p).copied().unwrap_or_default();
            let (closing, rates) = (opening + m.change(), ChurnRates::of(opening, &m));
            tables[0].push(row!(SCHEMA {
                grain: periods.grain.name(),
                segment: Arc::clone(&slot.segment),
                segment_value: slot.value.clone(),
                period: periods.start(p),
                opening_revenue: opening,
                new_revenue: m.new,
                reactivated_revenue: m.reactivated,
                expansion_revenue: m.expansion,
                contraction_revenue: m.contraction,
                churned_revenue: m.churned,
                closing_revenue: closing,
                new_events: m.new_customers,
                reactivated_events: m.reactivated_customers,
                expansion_events: m.expansion_customers,
                contraction_events: m.contraction_customers,
                churned_events: m.churned_customers,
                gross_revenue_churn_rate: rates.gross,
                net_revenue_churn_rate: rates.net,
                net_revenue_churn_rate_with_reactivation: rates.net_with_reactivation,
                is_complete: context.is_complete(periods, p),
            }));
            opening = closing;
        }
    }
}
