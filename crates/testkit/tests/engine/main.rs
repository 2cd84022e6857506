//! The engine against the reference, over random histories.

mod drive;

use drive::{Run, Shape, run};
use kohort_testkit::strategies::cases;
use kohort_testkit::{diff, reference, table_rows};
use proptest::prelude::*;
use proptest::sample::select;

/// Everything at once, in memory.
const PLAIN: Shape = Shape { batch: 1000, lanes: 1, threads: 1, budget: None };

fn shapes() -> impl Strategy<Value = Shape> {
    let budget = select(vec![None, Some(0), Some(200)]);
    (1..=7_usize, 1..=3_usize, 1..=2_usize, budget)
        .prop_map(|(batch, lanes, threads, budget)| Shape { batch, lanes, threads, budget })
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn the_frame_is_that_of_the_reference(case in cases()) {
        let expected = reference(&case.rows, &case.settings);
        let run = run(&case, PLAIN);
        prop_assert_eq!(run.lapse_days, expected.lapse_days);
        if let Some(as_of) = run.as_of {
            prop_assert_eq!(as_of, expected.as_of);
        }
        if let Some(left_out) = run.left_out {
            prop_assert_eq!(left_out, expected.left_out);
        }
    }

    #[test]
    fn the_tables_are_those_of_the_reference(case in cases()) {
        let expected = reference(&case.rows, &case.settings).tables;
        for table in run(&case, PLAIN).tables {
            let schema = table.schema();
            let differs = diff(&table_rows(&table), &expected[schema.name], schema.key);
            prop_assert!(differs.is_none(), "{}: {}", schema.name, differs.unwrap_or_default());
        }
    }

    #[test]
    fn how_the_work_is_cut_shows_nowhere(mut case in cases(), shape in shapes()) {
        let Run { as_of, lapse_days, left_out, tables } = run(&case, PLAIN);
        case.rows.reverse();
        let other = run(&case, shape);
        prop_assert_eq!(as_of, other.as_of);
        prop_assert_eq!(lapse_days, other.lapse_days);
        prop_assert_eq!(left_out, other.left_out);
        prop_assert_eq!(tables, other.tables);
    }
}
