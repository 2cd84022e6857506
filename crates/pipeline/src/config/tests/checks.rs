use kohort_checks::Severity;
use kohort_load::ValueType;
use kohort_model::Input;

use super::mistakes::errors_in;
use super::*;
use crate::config::{ColumnRule, FreshnessRule, RowRule};

#[test]
fn what_must_hold() {
    let pipeline = small(&[
        PROSPECTS,
        "inputs.orders.order_id=o",
        "checks.max_rejected=0.5",
        "checks.unique_order_ids.severity=warn",
        "checks.identities=true",
        "checks.columns.prospects.c={ max_null_share = 0, severity = \"warn\" }",
        "checks.columns.orders={ z = { type = \"date\" }, a = { accepted = [\"x\", \"y\"] } }",
        "checks.columns.orders.\"Ship To\"={ type = \"text\", accepted = \"x\", max_other_share = 0.5 }",
        "checks.columns.orders.size={ column = \"LENGTH(a)\", max_null_share = 1 }",
        "checks.rows.prospects={ max_growth = 3, severity = \"warn\" }",
        "checks.rows.orders={ max_drop = 0.2, max_growth = 0.5 }",
        "checks.freshness.orders.max_age_days=2",
    ]);
    let checks = &pipeline.checks;
    assert_eq!(checks.max_rejected.to_bits(), 0.5_f64.to_bits());
    assert_eq!(checks.unique_order_ids, Some(Severity::Warn));
    assert_eq!(checks.identities, Some(Severity::Error));
    let rule = |input, name: &str| ColumnRule {
        input,
        name: name.to_owned(),
        column: name.to_owned(),
        ty: None,
        max_null_share: None,
        accepted: None,
        severity: Severity::Error,
    };
    let accepted = |texts: &[&str], share| {
        Some((texts.iter().map(|text| (*text).to_owned()).collect(), share))
    };
    let expected = [
        ColumnRule {
            column: "\"Ship To\"".to_owned(),
            ty: Some(ValueType::Text),
            accepted: accepted(&["x"], 0.5),
            ..rule(Input::Orders, "Ship To")
        },
        ColumnRule { accepted: accepted(&["x", "y"], 0.0), ..rule(Input::Orders, "a") },
        ColumnRule {
            column: "LENGTH(a)".to_owned(),
            max_null_share: Some(1.0),
            ..rule(Input::Orders, "size")
        },
        ColumnRule { ty: Some(ValueType::Date), ..rule(Input::Orders, "z") },
        ColumnRule {
            max_null_share: Some(0.0),
            severity: Severity::Warn,
            ..rule(Input::Prospects, "c")
        },
    ];
    assert_eq!(checks.columns, expected);
    let (max_drop, severity) = (Some(0.2), Severity::Error);
    let of_orders = RowRule { input: Input::Orders, max_drop, max_growth: Some(0.5), severity };
    let (input, severity) = (Input::Prospects, Severity::Warn);
    let of_prospects = RowRule { input, max_drop: None, max_growth: Some(3.0), severity };
    assert_eq!(checks.rows, [of_orders, of_prospects]);
    let (max_age_days, severity) = (2, Severity::Error);
    let fresh = FreshnessRule { input: Input::Orders, max_age_days, severity };
    assert_eq!(checks.freshness, [fresh]);
    assert!(checks.depend_on_today());

    let settings = listed(&pipeline);
    let of_checks: Vec<_> = settings.lines().filter(|line| line.starts_with("checks.")).collect();
    insta::assert_snapshot!(of_checks.join("\n"), @r#"
    checks.max_rejected: 0.5
    checks.unique_order_ids: true
    checks.unique_order_ids.severity: warn
    checks.identities.severity: error
    checks.columns.orders.Ship To.column: "Ship To"
    checks.columns.orders.Ship To.type: text
    checks.columns.orders.Ship To.accepted: ["x"]
    checks.columns.orders.Ship To.max_other_share: 0.5
    checks.columns.orders.Ship To.severity: error
    checks.columns.orders.a.column: a
    checks.columns.orders.a.accepted: ["x", "y"]
    checks.columns.orders.a.max_other_share: 0
    checks.columns.orders.a.severity: error
    checks.columns.orders.size.column: LENGTH(a)
    checks.columns.orders.size.max_null_share: 1
    checks.columns.orders.size.severity: error
    checks.columns.orders.z.column: z
    checks.columns.orders.z.type: date
    checks.columns.orders.z.severity: error
    checks.columns.prospects.c.column: c
    checks.columns.prospects.c.max_null_share: 0
    checks.columns.prospects.c.severity: warn
    checks.rows.orders.max_drop: 0.2
    checks.rows.orders.max_growth: 0.5
    checks.rows.orders.severity: error
    checks.rows.prospects.max_growth: 3
    checks.rows.prospects.severity: warn
    checks.freshness.orders.max_age_days: 2
    checks.freshness.orders.severity: error
    "#);
}

#[test]
fn what_is_looked_at_unasked() {
    let found = |pipeline: &Pipeline| {
        let Checks { unknown_values, allow_empty, earliest, .. } = &pipeline.checks;
        (*unknown_values, *allow_empty, earliest.map(|day| day.to_string()))
    };
    assert_eq!(found(&small(&[])), (Severity::Warn, false, None));
    let pipeline = small(&[
        "checks.unknown_values=error",
        "checks.allow_empty=true",
        "checks.earliest=2010-01-31",
    ]);
    assert_eq!(found(&pipeline), (Severity::Error, true, Some("2010-01-31".to_owned())));
    let settings = listed(&pipeline);
    for line in
        ["checks.unknown_values: error", "checks.allow_empty: true", "checks.earliest: 2010-01-31"]
    {
        assert!(settings.lines().any(|found| found == line), "{line}");
    }
}

#[test]
fn the_table_stands_where_checks_are_declared() {
    let has_table = |set: &str| small(&[set]).tables.contains(&"checks");
    let declared = [
        "checks.identities=true",
        "checks.identities.severity=warn",
        "checks.unknown_values=error",
        "checks.earliest=2010-01-31",
        "checks.columns.orders.a.type=text",
        "checks.rows.orders.max_drop=0.5",
        "checks.freshness.orders.max_age_days=1",
        "outputs.tables=checks",
    ];
    for set in declared {
        assert!(has_table(set), "{set}");
    }
    for set in [
        "checks.max_rejected=0.5",
        "checks.unknown_values=warn",
        "checks.allow_empty=true",
        "checks.unique_order_ids=false",
        "checks.identities=false",
    ] {
        assert!(!has_table(set), "{set}");
    }
    assert!(small(&[]).offered_tables().contains(&"checks"));
}

#[test]
fn wrong_checks() {
    let found = errors_in(
        SMALL,
        &[
            &["checks.unique_order_ids=yes"],
            &["checks.unique_order_ids.severity=fatal"],
            &["checks.unique_order_ids.severity=warn"],
            &["checks.unknown_values=true"],
            &["checks.unknown_values=warning"],
            &["checks.allow_empty=1"],
            &["checks.earliest=2010"],
            &["checks.earliest=2024-01-01", "calendar.as_of=2024-01-01"],
            &["checks.identities=1"],
            &["checks.identities.level=warn"],
            &["checks.columns=orders"],
            &["checks.columns.ordres.a.type=text"],
            &["checks.columns.invoices.a.type=text"],
            &["checks.columns.orders=a"],
            &["checks.columns.orders.a=text"],
            &["checks.columns.orders.a={}"],
            &["checks.columns.orders.a.severity=warn"],
            &["checks.columns.orders.a.type=string"],
            &["checks.columns.orders.a.max_null_share=1.5"],
            &["checks.columns.orders.a.accepted=[]"],
            &["checks.columns.orders.a.accepted=[\"x\", \"x\"]"],
            &["checks.columns.orders.a.max_other_share=0.1"],
            &["checks.columns.orders.a={ type = \"text\", column = 1 }"],
            &["checks.rows.orders={}"],
            &["checks.rows.orders.max_drop=2"],
            &["checks.rows.orders.max_growth=-1"],
            &["checks.rows.orders.max=1"],
            &["checks.freshness.orders={}"],
            &["checks.freshness.orders.max_age_days=1.5"],
            &["checks.freshness.orders={ max_age_days = 1, severity = \"none\" }"],
        ],
    );
    insta::assert_snapshot!(found, @r#"
    --set checks.unique_order_ids=yes: checks.unique_order_ids is the text "yes"; it must be true, false or a table such as { severity = "warn" }
    --set checks.unique_order_ids.severity=fatal: checks.unique_order_ids.severity is "fatal". Allowed: warn, error
    shop.toml:2: [inputs.orders] needs "order_id": [checks] unique_order_ids looks for repeated ones
    --set checks.unknown_values=true: checks.unknown_values is true; it must be "warn" or "error"
    --set checks.unknown_values=warning: checks.unknown_values is "warning"; did you mean "warn"? Allowed: warn, error
    --set checks.allow_empty=1: checks.allow_empty is the number 1; it must be true or false
    --set checks.earliest=2010: checks.earliest is the number 2010; it must be a date such as 2025-01-31
    --set checks.earliest=2024-01-01: checks.earliest is not before calendar.as_of, so no day would be known
    --set checks.identities=1: checks.identities is the number 1; it must be true, false or a table such as { severity = "warn" }
    --set checks.identities.level=warn: unknown key "level" in [checks.identities]. Keys there: severity
    --set checks.columns=orders: checks.columns is the text "orders"; it must be a table
    --set checks.columns.ordres.a.type=text: checks.columns.ordres is "ordres"; did you mean "orders"? Allowed: orders, subscriptions, prospects, contacts, surveys, touchpoints, identities, opportunities, order_lines, returns, invoices, payments, engagement
    --set checks.columns.invoices.a.type=text: checks.columns.invoices is about an input that this pipeline does not have; add it to [inputs] or remove it
    --set checks.columns.orders=a: checks.columns.orders is the text "a"; it must be a table of columns such as { country = { type = "text" } }
    --set checks.columns.orders.a=text: checks.columns.orders.a is the text "text"; it must be a table such as { max_null_share = 0.01 }
    --set checks.columns.orders.a={}: [checks.columns.orders.a] needs "type": the type of every file; or max_null_share, or accepted
    --set checks.columns.orders.a.severity=warn: [checks.columns.orders.a] needs "type": the type of every file; or max_null_share, or accepted
    --set checks.columns.orders.a.type=string: checks.columns.orders.a.type is "string". Allowed: text, integer, decimal, float, boolean, date, timestamp
    --set checks.columns.orders.a.max_null_share=1.5: checks.columns.orders.a.max_null_share is the number 1.5; it must be a share of the rows from 0 to 1, such as 0.01
    --set checks.columns.orders.a.accepted=[]: checks.columns.orders.a.accepted is an empty list; it must be a list of texts such as ["DE", "GB"]
    --set checks.columns.orders.a.accepted=["x", "x"]: "x" stands in checks.columns.orders.a.accepted twice; remove one
    --set checks.columns.orders.a.max_other_share=0.1: checks.columns.orders.a.max_other_share is about texts that are not accepted, but accepted is not set; list it or remove this
    --set checks.columns.orders.a={ type = "text", column = 1 }: checks.columns.orders.a.column is the number 1; it must be an SQL expression over the source's columns
    --set checks.rows.orders={}: [checks.rows.orders] needs "max_drop": the largest share of the last run's rows by which they may be fewer; or max_growth, that by which they may be more
    --set checks.rows.orders.max_drop=2: checks.rows.orders.max_drop is the number 2; it must be a share of the rows from 0 to 1, such as 0.01
    --set checks.rows.orders.max_growth=-1: checks.rows.orders.max_growth is the number -1; it must be a share of the last run's rows from 0 on, such as 3
    --set checks.rows.orders.max=1: unknown key "max" in [checks.rows.orders]; did you mean "max_drop"? Keys there: max_drop, max_growth, severity
    --set checks.freshness.orders={}: [checks.freshness.orders] needs "max_age_days": how many days old the newest row may be
    --set checks.freshness.orders.max_age_days=1.5: checks.freshness.orders.max_age_days is the number 1.5; it must be a whole number of days from 0 to 36500
    --set checks.freshness.orders={ max_age_days = 1, severity = "none" }: checks.freshness.orders.severity is "none". Allowed: warn, error
    "#);
    let visitors = [
        r#"inputs.touchpoints={ path = "t", visitor_id = "v", occurred_at = "o", step = "s" }"#,
        r#"inputs.identities={ path = "i", visitor_id = "v", customer_id = "c" }"#,
        r#"funnel.steps=["a", "b"]"#,
        "checks.freshness.identities.max_age_days=1",
    ];
    insta::assert_snapshot!(errors_in(SMALL, &[&visitors]), @"--set checks.freshness.identities.max_age_days=1: checks.freshness.identities asks how old the newest row is, but the rows of this input have no time; remove it");
}

#[test]
fn alerts_need_the_inputs_of_their_metric() {
    let touchpoints = r#"inputs.touchpoints={ path = "t", visitor_id = "v", occurred_at = "o", step = "s", cart_id = "c" }"#;
    let steps = r#"funnel.steps=["a", "b"]"#;
    let opportunities = r#"inputs.opportunities={ path = "o", buyer = "c", created_at = "t", outcome = "s", value = "v" }"#;
    let scores =
        r#"inputs.surveys={ path = "s", customer_id = "c", answered_at = "t", score = "n" }"#;
    let invoices = r#"inputs.invoices={ path = "i", customer_id = "c", invoiced_at = "t", paid_at = "p", amount = "a" }"#;
    let lines = r#"inputs.order_lines={ path = "l", customer_id = "c", order_id = "o", ordered_at = "t", product = "p", value = "v" }"#;
    let returns = r#"inputs.returns={ path = "r", customer_id = "c", order_id = "o", returned_at = "t", value = "v" }"#;
    for (metric, what, inputs) in [
        (
            "carts_conversion_rate",
            "needs [inputs.touchpoints] with cart_id",
            &[touchpoints, steps][..],
        ),
        ("cart_abandonment_rate", "needs [inputs.touchpoints] with cart_id", &[touchpoints, steps]),
        ("funnel_conversion_rate", "needs [inputs.touchpoints]", &[touchpoints, steps]),
        ("opportunities_conversion_rate", "needs [inputs.opportunities]", &[opportunities]),
        ("nps", "needs [inputs.surveys] with score", &[scores]),
        ("dso", "needs [inputs.invoices]", &[invoices]),
        ("unit_return_rate", "needs [inputs.returns]", &[lines, returns]),
    ] {
        let alert = format!("alerts.{metric}.above=0.5");
        let error = read(SMALL, &sets(&[&alert])).unwrap_err().to_string();
        let expected = format!("--set {alert}: alerts.{metric} {what}; metrics of this pipeline: ");
        let metrics = error.strip_prefix(&expected).unwrap_or_else(|| panic!("{error}"));
        assert!(!metrics.split(", ").any(|other| other == metric), "{error}");
        for offered in metrics.split(", ") {
            small(&[&format!("alerts.{offered}.above=0.5")]);
        }
        small(&[&[alert.as_str()], inputs].concat());
    }
    let alerts =
        ["alerts.loyal_customer_rate.below=0.1", "alerts.orders_conversion_rate.below=0.1"];
    insta::assert_snapshot!(errors_in(SUBSCRIBERS, &[&alerts[..1], &alerts[1..]]), @r"
    --set alerts.loyal_customer_rate.below=0.1: alerts.loyal_customer_rate is about orders, but this pipeline follows subscriptions; metrics of this pipeline: annualised_churn_rate, arpa, arr, churn_rate, existing_customer_growth_rate, gross_revenue_churn_rate, gross_revenue_retention, kept_rate, mrr, net_revenue_churn_rate, net_revenue_retention, quick_ratio, reactivation_rate, retention_rate, win_back_rate, yearly_kept_rate
    --set alerts.orders_conversion_rate.below=0.1: alerts.orders_conversion_rate is about orders, but this pipeline follows subscriptions; metrics of this pipeline: annualised_churn_rate, arpa, arr, churn_rate, existing_customer_growth_rate, gross_revenue_churn_rate, gross_revenue_retention, kept_rate, mrr, net_revenue_churn_rate, net_revenue_retention, quick_ratio, reactivation_rate, retention_rate, win_back_rate, yearly_kept_rate
    ");
}
