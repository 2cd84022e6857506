//! The reference over random histories.

use std::collections::{BTreeMap, BTreeSet};

use kohort_checks::identities;
use kohort_model::{
    BY_PERIOD, Basis, Cell, ColumnType, Day, Grain, Kind, Omission, SegmentAt, Table, TableSpec,
};
use kohort_testkit::strategies::{Case, cases, subscription_cases};
use kohort_testkit::{
    Activity, NaiveRow, Reference, RowsMode, Settings, Sorted, cell, parse_history, pick,
    reference, render_history,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

/// The rows of the reference as a table; `None` where it leaves columns to the engine.
fn table(spec: &TableSpec, rows: &[NaiveRow]) -> Option<Table> {
    let mut table = Table::new(spec.schema, Settings::default().scale);
    let mut fill = table.fill();
    for column in spec.schema.columns {
        let has = |row: &NaiveRow| row.iter().any(|(name, _)| name == column.name);
        if column.ty == ColumnType::Id || !rows.iter().all(has) {
            return None;
        }
        fill = fill.column(column.name, rows.iter().map(|row| cell(row, column.name).clone()));
    }
    fill.finish();
    Some(table)
}

/// Whether two rows are of one period of one segment value.
fn is_one_period(a: &NaiveRow, b: &NaiveRow) -> bool {
    BY_PERIOD.iter().all(|name| cell(a, name) == cell(b, name))
}

/// Whether two rows are of one segment value.
fn is_one_value(a: &NaiveRow, b: &NaiveRow) -> bool {
    ["segment", "segment_value"].iter().all(|name| cell(a, name) == cell(b, name))
}

fn date(row: &NaiveRow, name: &str) -> Day {
    match cell(row, name) {
        Cell::Date(day) => *day,
        other => panic!("{other:?} is no day"),
    }
}

/// A count, or money in minor units.
fn number(row: &NaiveRow, name: &str) -> i128 {
    match cell(row, name) {
        Cell::Int(count) => (*count).into(),
        Cell::Money(units) => *units,
        other => panic!("{other:?} is no number"),
    }
}

fn all_cases() -> BoxedStrategy<Case> {
    prop_oneof![cases(), subscription_cases()].boxed()
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn identities_hold(case in all_cases()) {
        let Case { history, settings } = case;
        let tables = reference(&history, &settings).tables;
        let tables: Vec<Table> =
            kohort_measures::tables().filter_map(|spec| table(spec, tables.get(spec.schema.name)?)).collect();
        let first = settings.segments.iter().filter(|(_, at)| *at == SegmentAt::First);
        let segments: Vec<&str> = first.map(|(name, _)| *name).collect();
        let all = identities(&tables, kohort_measures::tables(), settings.basis, &segments);
        prop_assert_eq!(all.into_iter().find(|identity| identity.broken > 0), None);
    }

    #[test]
    fn gaps_of_every_number_add_up(case in cases()) {
        let Case { history, mut settings } = case;
        settings.gaps.max_number = 1000;
        let tables = reference(&history, &settings).tables;
        if let Some(rows) = tables.get("purchase_gaps") {
            for name in ["gaps", "open"] {
                let of = |row: &NaiveRow| match cell(row, name) {
                    Cell::Int(count) => *count,
                    other => panic!("{other:?} is no count"),
                };
                for of_period in rows.chunk_by(is_one_period) {
                    let sum: i64 = of_period[1..].iter().map(of).sum();
                    prop_assert_eq!(sum, of(&of_period[0]), "{}", name);
                }
            }
        }
    }

    #[test]
    fn revenue_events_add_up_to_longer_periods(case in subscription_cases()) {
        let Case { history, mut settings } = case;
        settings.grains = Grain::ALL.to_vec();
        let Reference { tables, .. } = reference(&history, &settings);
        let Some(events) = tables.get("revenue_events") else { return Ok(()) };
        let closings = &tables["revenue_churn"];
        prop_assert_eq!(events.len(), closings.len());
        for (event, close) in events.iter().zip(closings) {
            for name in ["grain", "segment_value", "period", "closing_revenue"] {
                prop_assert_eq!(cell(event, name), cell(close, name));
            }
        }
        let nested = [
            (Grain::Week, Grain::Day),
            (Grain::Month, Grain::Day),
            (Grain::Quarter, Grain::Month),
            (Grain::Year, Grain::Month),
            (Grain::Year, Grain::Quarter),
        ];
        for (long, short) in nested {
            let of = |grain: Grain| pick(events, &[("grain", grain.name())]);
            let (long, short) = (of(long), of(short));
            for (place, row) in long.iter().enumerate() {
                let next = long.get(place + 1).filter(|next| is_one_value(row, next));
                let end = next.map(|next| date(next, "period"));
                let within: Vec<_> = (short.iter())
                    .filter(|part| is_one_value(row, part))
                    .filter(|part| date(row, "period") <= date(part, "period"))
                    .filter(|part| end.is_none_or(|end| date(part, "period") < end))
                    .collect();
                let (Some(first), Some(last)) = (within.first(), within.last()) else {
                    panic!("{row:?} has no parts")
                };
                prop_assert_eq!(cell(row, "opening_revenue"), cell(first, "opening_revenue"));
                prop_assert_eq!(cell(row, "closing_revenue"), cell(last, "closing_revenue"));
                for movement in ["new", "reactivated", "expansion", "contraction", "churned"] {
                    for name in [format!("{movement}_revenue"), format!("{movement}_events")] {
                        let sum: i128 = within.iter().map(|part| number(part, &name)).sum();
                        prop_assert_eq!(number(row, &name), sum, "{}", name);
                    }
                }
            }
        }
    }

    #[test]
    fn all_revenue_is_accounted_for(case in cases()) {
        let Case { history, mut settings } = case;
        settings.rows = RowsMode::Rows;
        settings.revenue_windows = BTreeMap::new();
        let reference = reference(&history, &settings);
        let is_activity =
            |value: i64| value >= 0 || settings.activity == Activity::Any;
        let sold: Vec<_> = (history.rows.iter())
            .filter(|r| r.kind == Kind::Completed && r.day < reference.as_of)
            .filter(|r| settings.history_start.is_none_or(|start| start <= r.day))
            .collect();
        let customers: BTreeSet<_> =
            sold.iter().filter(|r| is_activity(r.value)).map(|r| &r.customer).collect();
        let Some(table) = reference.tables.get("revenue_churn") else { return Ok(()) };
        for grain in &settings.grains {
            let of_all = pick(table, &[("segment", "all"), ("grain", grain.name())]);
            let Some(Cell::Date(first)) = of_all.first().map(|r| cell(r, "period")) else {
                continue;
            };
            let total: i128 = (sold.iter())
                .filter(|r| customers.contains(&r.customer) && *first <= r.day)
                .map(|r| i128::from(r.value))
                .sum();
            let money = |row: &NaiveRow, name| match cell(row, name) {
                Cell::Money(units) => *units,
                other => panic!("{other:?} is no money"),
            };
            let less_credits =
                |row| money(row, "closing_revenue") - money(row, "closing_credits");
            prop_assert_eq!(of_all.iter().map(less_credits).sum::<i128>(), total);
        }
    }

    #[test]
    fn the_order_of_rows_does_not_matter(case in all_cases()) {
        let Case { history, settings } = case;
        let tables = reference(&history, &settings);
        prop_assert_eq!(tables, reference(history.reordered(&Sorted), &settings));
    }

    #[test]
    fn a_span_may_be_written_twice(case in subscription_cases()) {
        let Case { mut history, settings } = case;
        let whole = reference(&history, &settings);
        let settings = Settings { as_of: Some(whole.as_of), ..settings };
        // But for discounts, of which each counts.
        let charge = history.spans.iter().find(|span| span.value >= 0).cloned();
        let Some(span) = charge else { return Ok(()) };
        history.spans.push(span);
        let twice = reference(&history, &settings);
        prop_assert_eq!(&whole.tables, &twice.tables);
    }

    #[test]
    fn a_history_can_be_pasted(case in all_cases()) {
        let Case { history, settings } = case;
        let names: Vec<_> = settings.segments.iter().map(|(name, _)| *name).collect();
        prop_assert_eq!(parse_history(&render_history(&history, &names)), history);
    }
}

/// Reasons for which rows of a basis are left out.
fn left_out(basis: Basis) -> &'static [&'static str] {
    match basis {
        Basis::Orders => &[
            "after_as_of",
            "before_history_start",
            "ignored",
            "mixed_status",
            "negative_attempt",
            "refund_without_order",
            "superseded",
        ],
        Basis::Subscriptions => &["after_as_of", "empty_span", "superseded", "unpaid"],
    }
}

/// What a random history should reach often enough for a mistake in it to be found.
fn reach(basis: Basis, cases: &impl Strategy<Value = Case>) {
    const CASES: usize = 400;
    let mut runner = TestRunner::deterministic();
    let mut reached = BTreeMap::<String, usize>::new();
    reached.extend(left_out(basis).iter().map(|reason| (format!("left out: {reason}"), 0)));
    for table in kohort_measures::tables() {
        let name = |omission: &Omission| format!("{} {}", table.schema.name, omission.name);
        reached.extend(table.omissions.iter().map(|omission| (name(omission), 0)));
    }
    for _ in 0..CASES {
        let Case { history, settings } = cases.new_tree(&mut runner).expect("a case").current();
        let reference = reference(&history, &settings);
        let mut seen: BTreeSet<String> =
            reference.left_out.keys().map(|reason| format!("left out: {reason}")).collect();
        seen.extend(reference.omissions.keys().map(|(table, name)| format!("{table} {name}")));
        seen.extend(
            reference.further_left_out.keys().map(|(input, reason)| format!("{reason} of {input}")),
        );
        for (name, rows) in &reference.tables {
            for (column, cell) in rows.iter().flatten() {
                let column = format!("{name}.{column}");
                if is_something(cell) {
                    seen.insert(column);
                } else {
                    reached.entry(column).or_default();
                }
            }
        }
        for what in seen {
            *reached.entry(what).or_default() += 1;
        }
    }
    // Subscriptions give nothing back and buy on no day, and nobody cancels an order.
    let never: &[&str] = match basis {
        Basis::Orders => &[
            "churn_reasons.with_notice",
            "churn_reasons.mean_notice_days",
            "customer_retention.annualised_churn_rate",
        ],
        Basis::Subscriptions => &[
            "revenue_churn.opening_credits",
            "revenue_churn.closing_credits",
            "cohort_retention refunds_before_cohort",
            "customer_retention.yearly_buyers",
            "customer_retention.yearly_buyer_rate",
        ],
    };
    reached.retain(|what, _| !never.contains(&what.as_str()));
    let seldom: Vec<_> = reached.iter().filter(|(_, n)| **n < CASES / 40).collect();
    assert_eq!(seldom, [], "reached in fewer than one in 40 cases");
}

#[test]
fn the_edges_of_orders_are_reached() {
    reach(Basis::Orders, &cases());
}

#[test]
fn the_edges_of_subscriptions_are_reached() {
    reach(Basis::Subscriptions, &subscription_cases());
}

/// Neither NULL nor zero nor false.
fn is_something(cell: &Cell) -> bool {
    match cell {
        Cell::Null | Cell::Int(0) | Cell::Money(0) | Cell::Bool(false) => false,
        Cell::Float(x) => *x != 0.0,
        _ => true,
    }
}
