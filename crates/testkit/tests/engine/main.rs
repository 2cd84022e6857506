//! The engine against the reference, over random histories.

mod balance;
mod drive;
mod hostile;
mod labels;
mod layout;

use drive::{Run, Shape, run};
use kohort_testkit::strategies::{Case, cases, subscription_cases};
use kohort_testkit::{NaiveRow, Reversed, diff, reference, table_rows, without};
use proptest::prelude::*;
use proptest::sample::select;

#[global_allocator]
static ALLOCATOR: kohort_testkit::hostile::Watched = kohort_testkit::hostile::Watched;

/// Everything at once, in memory.
const PLAIN: Shape = Shape { batch: 1000, lanes: 1, threads: 1, budget: None, kept: false };

fn shapes() -> impl Strategy<Value = Shape> {
    let budget = select(vec![None, Some(0), Some(200)]);
    (1..=7_usize, 1..=3_usize, 1..=2_usize, budget, any::<bool>()).prop_map(
        |(batch, lanes, threads, budget, kept)| Shape { batch, lanes, threads, budget, kept },
    )
}

fn any_case() -> BoxedStrategy<Case> {
    prop_oneof![cases(), subscription_cases()].boxed()
}

/// What only the engine says: the fitted models and what follows from them.
const OF_MODELS: [&str; 7] = [
    "probability_alive",
    "expected_orders",
    "expected_value",
    "clv",
    "expected_cumulative",
    "risk_score",
    "risk_driver",
];

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn the_frame_is_that_of_the_reference(case in any_case()) {
        let expected = reference(case.history.clone(), &case.settings);
        let run = run(&case, PLAIN);
        prop_assert_eq!(run.lapse_days, expected.lapse_days);
        if let Some(as_of) = run.as_of {
            prop_assert_eq!(as_of, expected.as_of);
        }
        if let Some(left_out) = run.left_out {
            prop_assert_eq!(left_out, expected.left_out);
        }
        if let Some(left_out) = run.further_left_out {
            prop_assert_eq!(left_out, expected.further_left_out);
        }
    }

    #[test]
    fn the_tables_are_those_of_the_reference(case in any_case()) {
        let expected = reference(case.history.clone(), &case.settings).tables;
        let run = run(&case, PLAIN);
        // With a model of leaving the status of customers is not that of their gaps.
        prop_assume!(run.risk.is_none());
        let tables = run.tables.iter().map(|table| (table.schema(), table_rows(table)));
        for (schema, rows) in tables.chain(run.customer_tables) {
            let Some(expected) = expected.get(schema.name) else {
                prop_assert!(["clv_models", "clv_holdout"].contains(&schema.name), "{}", schema.name);
                continue;
            };
            let differs = diff(&comparable(rows, expected), expected, schema.key);
            prop_assert!(differs.is_none(), "{}: {}", schema.name, differs.unwrap_or_default());
        }
    }

    #[test]
    fn how_the_work_is_cut_shows_nowhere(case in any_case(), shape in shapes()) {
        let Run { as_of, lapse_days, left_out, further_left_out, tables, customer_tables, risk } =
            run(&case, PLAIN);
        let history = case.history.clone().reordered(&Reversed);
        let other = run(&Case { history, ..case }, shape);
        prop_assert_eq!(as_of, other.as_of);
        prop_assert_eq!(lapse_days, other.lapse_days);
        prop_assert_eq!(left_out, other.left_out);
        prop_assert_eq!(further_left_out, other.further_left_out);
        prop_assert_eq!(tables, other.tables);
        prop_assert_eq!(customer_tables, other.customer_tables);
        prop_assert_eq!(risk, other.risk);
    }
}

/// The rows in the columns that the reference has.
fn comparable(rows: Vec<NaiveRow>, expected: &[NaiveRow]) -> Vec<NaiveRow> {
    let known = |name: &str| expected.first().is_none_or(|row| row.iter().any(|(n, _)| n == name));
    let unknown: Vec<&str> = OF_MODELS.into_iter().filter(|name| !known(name)).collect();
    let has = |name: &&str| rows.first().is_some_and(|row| row.iter().any(|(n, _)| n == name));
    let unknown: Vec<&str> = unknown.into_iter().filter(has).collect();
    without(rows, &unknown)
}
