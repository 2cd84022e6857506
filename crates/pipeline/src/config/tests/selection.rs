use super::mistakes::errors_in;
use super::*;
use crate::tables::{made_of, tables};

/// What comes of `outputs.tables` in a pipeline of orders alone.
fn selected(texts: &[&str]) -> Vec<&'static str> {
    let argument = format!("outputs.tables={texts:?}");
    small(&[&argument]).tables
}

#[test]
fn names_patterns_and_what_tables_are_made_of() {
    let scorecard =
        ["customer_retention", "revenue_churn", "win_back", "lost_sales", "loyalty", "scorecard"];
    let with_alerts = [&scorecard[..], &["alerts"]].concat();
    let cases: [(&[&str], &[&str]); 14] = [
        (&["lost_sales", "cohort_curve"], &["cohort_curve", "lost_sales"]),
        (&["cohort_*"], &["cohort_retention", "cohort_curve", "cohort_order_values"]),
        (&["*churn*"], &["revenue_churn"]),
        (&["?oyalty", "[lw]o*"], &["lost_sales", "loyalty"]),
        // What has to be asked for is asked for by a pattern, too.
        (
            &["*s"],
            &[
                "cohort_order_values",
                "revenue_movements",
                "lost_sales",
                "purchase_gaps",
                "customers",
                "clv_models",
                "alerts",
                "checks",
            ],
        ),
        (&["purchase_gap*", "purchase_gaps"], &["purchase_gaps", "purchase_gap_histogram"]),
        (&["+cohort_curve"], &["cohort_curve"]),
        (&["+cohort_[rc]*"], &["cohort_retention", "cohort_curve"]),
        (&["scorecard"], &["scorecard"]),
        (&["+scorecard"], &scorecard),
        (&["+alerts"], &with_alerts),
        (&["+scorecard", "alerts"], &with_alerts),
        (&["+al*"], &with_alerts),
        (&["+score*", "win_back"], &scorecard),
    ];
    for (texts, expected) in cases {
        assert_eq!(selected(texts), expected, "{texts:?}");
    }
    assert_eq!(selected(&["*"]), small(&[]).offered_tables());
}

#[test]
fn what_selects_nothing() {
    let found = errors_in(
        SMALL,
        &[
            &["outputs.tables=cohorts_*"],
            &["outputs.tables=[\"cohort_curve\", \"carts*\"]"],
            &["outputs.tables=+fun*"],
            &["outputs.tables=+funnel"],
            &["outputs.tables=+scorecrad"],
            &["outputs.tables=+"],
            &["outputs.tables=[\"cohort_[\"]"],
            &["outputs.tables=[\"*churn*\", \"*churn*\"]"],
        ],
    );
    insta::assert_snapshot!(found, @r#"
    --set outputs.tables=cohorts_*: outputs.tables has "cohorts_*", which matches no table; this pipeline offers TABLES
    --set outputs.tables=["cohort_curve", "carts*"]: outputs.tables has "carts*", which matches no table; this pipeline offers TABLES
    --set outputs.tables=+fun*: outputs.tables has "fun*", which matches no table; this pipeline offers TABLES
    --set outputs.tables=+funnel: outputs.tables has "funnel", which needs [inputs.touchpoints]; this pipeline offers TABLES
    --set outputs.tables=+scorecrad: outputs.tables is "scorecrad"; did you mean "scorecard"? Allowed: EVERY TABLE
    --set outputs.tables=+: outputs.tables is "". Allowed: EVERY TABLE
    --set outputs.tables=["cohort_["]: outputs.tables has "cohort_[", which is no pattern (invalid range pattern); write one such as *churn*
    --set outputs.tables=["*churn*", "*churn*"]: "*churn*" stands in outputs.tables twice; remove one
    "#);
}

#[test]
fn tables_that_are_made_of_others() {
    let made = tables().filter(|table| !made_of(table.schema.name).is_empty());
    let made: Vec<_> = made.map(|table| table.schema.name).collect();
    assert_eq!(made, ["scorecard", "alerts"]);
}
