//! The reference over random histories.

use std::collections::{BTreeMap, BTreeSet};

use kohort_model::{Cell, Kind, SegmentAt};
use kohort_testkit::strategies::{Case, cases};
use kohort_testkit::{Activity, RowsMode, cell, identities, pick, reference};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn identities_hold(case in cases()) {
        let tables = reference(&case.rows, &case.settings).tables;
        for (name, rows) in &tables {
            identities::of_table(name, rows).map_err(TestCaseError::fail)?;
            for (segment, at) in &case.settings.segments {
                if *at == SegmentAt::First {
                    identities::segments_add_up(rows, identities::key(name), segment)
                        .map_err(TestCaseError::fail)?;
                }
            }
        }
    }

    #[test]
    fn all_revenue_is_accounted_for(case in cases()) {
        let Case { rows, mut settings } = case;
        settings.rows = RowsMode::Rows;
        settings.revenue_windows = BTreeMap::new();
        let reference = reference(&rows, &settings);
        let is_activity =
            |value: i64| value >= 0 || settings.activity == Activity::Any;
        let sold: Vec<_> = (rows.iter())
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
            identities::revenue_total(&of_all, total).map_err(TestCaseError::fail)?;
        }
    }

    #[test]
    fn the_order_of_rows_does_not_matter(case in cases()) {
        let Case { mut rows, settings } = case;
        let tables = reference(&rows, &settings);
        rows.reverse();
        prop_assert_eq!(&tables, &reference(&rows, &settings));
        rows.sort();
        prop_assert_eq!(tables, reference(&rows, &settings));
    }
}

/// What a random history should reach often enough for a mistake in it to be found.
#[test]
fn the_edges_are_reached() {
    const CASES: usize = 400;
    let mut runner = TestRunner::deterministic();
    let mut reached = BTreeMap::<String, usize>::new();
    let reasons = [
        "after_as_of",
        "before_history_start",
        "ignored",
        "mixed_status",
        "negative_attempt",
        "refund_before_cohort",
        "refund_without_order",
        "superseded",
    ];
    reached.extend(reasons.map(|reason| (format!("left out: {reason}"), 0)));
    for _ in 0..CASES {
        let case = cases().new_tree(&mut runner).expect("a case").current();
        let reference = reference(&case.rows, &case.settings);
        let mut seen: BTreeSet<String> =
            reference.left_out.keys().map(|reason| format!("left out: {reason}")).collect();
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
    let seldom: Vec<_> = reached.iter().filter(|(_, n)| **n < CASES / 40).collect();
    assert_eq!(seldom, [], "reached in fewer than one in 40 cases");
}

/// Neither NULL nor zero nor false.
fn is_something(cell: &Cell) -> bool {
    match cell {
        Cell::Null | Cell::Int(0) | Cell::Money(0) | Cell::Bool(false) => false,
        Cell::Float(x) => *x != 0.0,
        _ => true,
    }
}
