//! The engine against the reference, over random histories.

mod balance;
mod by_hand;
mod drive;
mod hostile;
mod labels;
mod layout;

use drive::{Run, Shape, run};
use kohort_testkit::strategies::{Case, cases, side_cases, subscription_cases};
use kohort_testkit::{NaiveRow, Reference, Reversed, diff, reference, table_rows, without};
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
    prop_oneof![2 => cases(), 2 => subscription_cases(), 1 => side_cases()].boxed()
}

/// What only the engine says: the fitted models and what follows from them.
const OF_MODELS: [&str; 9] = [
    "probability_alive",
    "expected_orders",
    "expected_value",
    "expected_months",
    "residual_months",
    "clv",
    "expected_cumulative",
    "risk_score",
    "risk_driver",
];

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn everything_is_as_the_reference_has_it(case in any_case()) {
        let expected = reference(case.history.clone(), &case.settings);
        let differs = differs(&case, &expected);
        prop_assert!(differs.is_none(), "{}", differs.unwrap_or_default());
    }

    #[test]
    fn how_the_work_is_cut_shows_nowhere(case in any_case(), shape in shapes()) {
        let Run {
            as_of,
            lapse_days,
            left_out,
            further_left_out,
            omissions,
            tables,
            customer_tables,
            risk,
        } = run(&case, PLAIN);
        let history = case.history.clone().reordered(&Reversed);
        let other = run(&Case { history, ..case }, shape);
        prop_assert_eq!(as_of, other.as_of);
        prop_assert_eq!(lapse_days, other.lapse_days);
        prop_assert_eq!(left_out, other.left_out);
        prop_assert_eq!(further_left_out, other.further_left_out);
        prop_assert_eq!(omissions, other.omissions);
        prop_assert_eq!(tables, other.tables);
        prop_assert_eq!(customer_tables, other.customer_tables);
        prop_assert_eq!(risk, other.risk);
    }
}

/// What the engine says otherwise than the reference.
fn differs(case: &Case, expected: &Reference) -> Option<String> {
    let run = run(case, PLAIN);
    let frame = (run.as_of.unwrap_or(expected.as_of), run.lapse_days);
    if frame != (expected.as_of, expected.lapse_days) {
        return Some(format!("as_of and lapse days are {frame:?}"));
    }
    let left_out = (
        run.left_out.unwrap_or_else(|| expected.left_out.clone()),
        run.further_left_out.unwrap_or_else(|| expected.further_left_out.clone()),
    );
    if (&left_out.0, &left_out.1) != (&expected.left_out, &expected.further_left_out) {
        return Some(format!("left out is {left_out:?}"));
    }
    if let Some(omissions) = run.omissions.filter(|found| *found != expected.omissions) {
        return Some(format!("the tables leave out {omissions:?}"));
    }
    // With a model of leaving the status of customers is not that of their gaps.
    if run.risk.is_some() {
        return None;
    }
    let tables = run.tables.iter().map(|table| (table.schema(), table_rows(table)));
    let tables: Vec<_> = tables.chain(run.customer_tables).collect();
    let is_there = |name: &str| tables.iter().any(|(schema, _)| schema.name == name);
    let is_missing = |(name, rows): &(&&str, &Vec<_>)| !rows.is_empty() && !is_there(name);
    if let Some((name, _)) = expected.tables.iter().find(is_missing) {
        return Some(format!("{name} is missing"));
    }
    tables.into_iter().find_map(|(schema, rows)| {
        let Some(expected) = expected.tables.get(schema.name) else {
            let is_of_models = ["clv_models", "clv_holdout"].contains(&schema.name);
            return (!is_of_models).then(|| format!("{} is not expected", schema.name));
        };
        let differs = diff(&comparable(rows, expected), expected, schema.key);
        differs.map(|differs| format!("{}: {differs}", schema.name))
    })
}

/// The rows in the columns that the reference has.
fn comparable(rows: Vec<NaiveRow>, expected: &[NaiveRow]) -> Vec<NaiveRow> {
    let known = |name: &str| expected.first().is_none_or(|row| row.iter().any(|(n, _)| n == name));
    let unknown: Vec<&str> = OF_MODELS.into_iter().filter(|name| !known(name)).collect();
    let has = |name: &&str| rows.first().is_some_and(|row| row.iter().any(|(n, _)| n == name));
    let unknown: Vec<&str> = unknown.into_iter().filter(has).collect();
    without(rows, &unknown)
}
