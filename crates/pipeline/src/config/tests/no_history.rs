//! Pipelines that follow neither orders nor subscriptions.

use crate::tables::tables;

use super::mistakes::errors_in;
use super::*;

/// What one has beside its inputs.
const ALONE: &str = "[outputs]\npath = 'out'\n";
/// The smallest one.
const BILLS: &str = r#"
[inputs.invoices]
path = "bills.parquet"
customer_id = "c"
invoiced_at = "t"
paid_at = "p"
amount = "a"

[outputs]
path = "out"
"#;
const TOUCHPOINTS: &str =
    r#"inputs.touchpoints={ path = "t", visitor_id = "v", occurred_at = "o", step = "s" }"#;
const CART_IDS: &str = "inputs.touchpoints.cart_id=b";
const STEPS: &str = r#"funnel.steps=["visit", "purchase"]"#;
const OPPORTUNITIES: &str = r#"inputs.opportunities={ path = "o", buyer = "b", created_at = "t", outcome = "s", value = "a" }"#;
const ORDER_LINES: &str = r#"inputs.order_lines={ path = "l", customer_id = "c", order_id = "o", ordered_at = "t", value = "a", product = "p" }"#;
const RETURNS: &str = r#"inputs.returns={ path = "r", customer_id = "c", order_id = "o", returned_at = "t", value = "a" }"#;
const ENGAGEMENT: &str =
    r#"inputs.engagement={ path = "e", customer_id = "c", occurred_at = "t", kind = "k" }"#;
const SCORES: &str =
    r#"inputs.surveys={ path = "s", customer_id = "c", answered_at = "t", score = "n" }"#;

#[test]
fn tables_follow_from_the_inputs() {
    for (arguments, expected) in [
        (&[SCORES][..], "nps scorecard alerts"),
        (&[TOUCHPOINTS, STEPS], "funnel scorecard alerts"),
        (&[TOUCHPOINTS, CART_IDS, STEPS], "lost_sales funnel carts scorecard alerts"),
        (&[OPPORTUNITIES], "lost_sales scorecard alerts"),
        (&[ORDER_LINES], "cross_sell cross_sell_customers scorecard alerts"),
        (
            &[ORDER_LINES, RETURNS],
            "product_returns cross_sell cross_sell_customers scorecard alerts",
        ),
        (&[SCORES, ENGAGEMENT, OPPORTUNITIES], "lost_sales nps scorecard alerts"),
    ] {
        let pipeline = read(ALONE, &sets(arguments)).unwrap();
        assert_eq!(pipeline.tables.join(" "), expected, "{arguments:?}");
        assert_eq!(pipeline.basis.basis(), None);
    }
}

#[test]
fn settings_of_a_pipeline_of_invoices() {
    let money = ["money.scale=0", "money.currency=JPY"];
    insta::assert_snapshot!(listed(&read(BILLS, &sets(&money)).unwrap()), @r#"
    name: shop
    calendar.timezone: UTC
    calendar.week_start: monday
    calendar.fiscal_year_start: 1
    calendar.grains: ["month"]
    inputs.invoices.path: ["/home/shop/bills.parquet"]
    inputs.invoices.customer_id: c
    inputs.invoices.invoiced_at: t
    inputs.invoices.paid_at: p
    inputs.invoices.amount: a
    money.scale: 0
    money.currency: JPY
    segments.max_segment_values: 1000
    receivables.terms_days: 30
    outputs.path: /home/shop/out
    outputs.tables: ["receivables", "scorecard", "alerts"]
    checks.max_rejected: 0.01
    "#);
}

#[test]
fn tables_that_need_a_history() {
    let asked: Vec<_> =
        tables().map(|table| format!("outputs.tables={}", table.schema.name)).collect();
    let cases: Vec<[&str; 1]> = asked.iter().map(|argument| [argument.as_str()]).collect();
    let cases: Vec<&[&str]> = cases.iter().map(<[&str; 1]>::as_slice).collect();
    let found = errors_in(BILLS, &cases);
    let found = found.lines().filter(|line| !line.ends_with("is right"));
    let found: Vec<_> = found.map(|line| line.split_once(": ").unwrap().1).collect();
    insta::assert_snapshot!(found.join("\n"), @r#"
    outputs.tables has "cohort_retention", which needs [inputs.orders], or [inputs.subscriptions]; this pipeline offers TABLES
    outputs.tables has "cohort_curve", which needs [inputs.orders], or [inputs.subscriptions]; this pipeline offers TABLES
    outputs.tables has "cohort_order_values", which needs [inputs.orders]; this pipeline offers TABLES
    outputs.tables has "customer_retention", which needs [inputs.orders], or [inputs.subscriptions]; this pipeline offers TABLES
    outputs.tables has "revenue_churn", which needs [inputs.orders], or [inputs.subscriptions]; this pipeline offers TABLES
    outputs.tables has "revenue_movements", which needs [inputs.orders], or [inputs.subscriptions]; this pipeline offers TABLES
    outputs.tables has "revenue_events", which needs [inputs.subscriptions]; this pipeline offers TABLES
    outputs.tables has "win_back", which needs [inputs.orders], or [inputs.subscriptions]; this pipeline offers TABLES
    outputs.tables has "churn_reasons", which needs [inputs.subscriptions], or [inputs.orders] and beside it [inputs.surveys] with reason; this pipeline offers TABLES
    outputs.tables has "lost_sales", which needs [inputs.orders], [inputs.opportunities], or [inputs.touchpoints] with cart_id; this pipeline offers TABLES
    outputs.tables has "funnel", which needs [inputs.touchpoints]; this pipeline offers TABLES
    outputs.tables has "carts", which needs [inputs.touchpoints] with cart_id; this pipeline offers TABLES
    outputs.tables has "purchase_gaps", which needs [inputs.orders]; this pipeline offers TABLES
    outputs.tables has "purchase_gap_histogram", which needs [inputs.orders]; this pipeline offers TABLES
    outputs.tables has "loyalty", which needs [inputs.orders]; this pipeline offers TABLES
    outputs.tables has "product_returns", which needs [inputs.returns]; this pipeline offers TABLES
    outputs.tables has "nps", which needs [inputs.surveys] with score; this pipeline offers TABLES
    outputs.tables has "churn_indicators", which needs [inputs.orders], or [inputs.subscriptions]; this pipeline offers TABLES
    outputs.tables has "customers", which needs [inputs.orders]; this pipeline offers TABLES
    outputs.tables has "subscribers", which needs [inputs.subscriptions]; this pipeline offers TABLES
    outputs.tables has "clv_models", which needs [inputs.orders], or [inputs.subscriptions]; this pipeline offers TABLES
    outputs.tables has "clv_holdout", which needs [inputs.orders]; this pipeline offers TABLES
    outputs.tables has "cross_sell", which needs [inputs.order_lines]; this pipeline offers TABLES
    outputs.tables has "cross_sell_customers", which needs [inputs.order_lines]; this pipeline offers TABLES
    "#);
    let found = errors_in(
        ALONE,
        &[
            &[],
            &[r#"inputs.prospects={ path = "p", customer_id = "c", first_seen_at = "t" }"#],
            &[ENGAGEMENT, SURVEYS],
            &[SCORES, "outputs.tables=churn_indicators"],
            &[SURVEYS, "outputs.tables=churn_reasons"],
            &[ENGAGEMENT, "outputs.tables=churn_reasons"],
            &[TOUCHPOINTS, STEPS, "outputs.tables=churn_indicators"],
        ],
    );
    insta::assert_snapshot!(found, @r#"
    shop.toml: a pipeline has inputs; add [inputs.orders] or [inputs.subscriptions], or what there is without them, such as [inputs.invoices]
    shop.toml:1: no table can be made of prospects alone; add [inputs.orders] or [inputs.subscriptions], or an input that has tables of its own, such as [inputs.invoices]
    shop.toml:1: no table can be made of surveys and engagement alone; add [inputs.orders] or [inputs.subscriptions], or an input that has tables of its own, such as [inputs.invoices]
    --set outputs.tables=churn_indicators: outputs.tables has "churn_indicators", which needs [inputs.orders], or [inputs.subscriptions]; this pipeline offers TABLES
    --set outputs.tables=churn_reasons: outputs.tables has "churn_reasons", which needs [inputs.orders], or [inputs.subscriptions]; this pipeline offers TABLES
    --set outputs.tables=churn_reasons: outputs.tables has "churn_reasons", which needs [inputs.subscriptions], or [inputs.orders] and beside it [inputs.surveys] with reason; this pipeline offers TABLES
    --set outputs.tables=churn_indicators: outputs.tables has "churn_indicators", which needs [inputs.orders], or [inputs.subscriptions], and beside it [inputs.engagement], [inputs.invoices], [inputs.returns], or [inputs.surveys] with score; this pipeline offers TABLES
    "#);
}

#[test]
fn settings_that_need_a_history() {
    let found = errors_in(
        BILLS,
        &[
            &["customers.lapse_after_days=30"],
            &["customers.reactivation_gap_days=3"],
            &["customers.at_risk_score=0.5"],
            &["segments.country=c"],
            &["segments.max_segment_values=5"],
            &["calendar.max_k=3"],
            &["revenue.window=12 months"],
            &["win_back.prospect_after_days=3"],
            &["churn_reasons.survey_window_days=3"],
            &["churn_indicators.window_days=3"],
            &["lifetime.unit_days=3"],
            &["lost_sales.recovery_window_days=3"],
            &["checks.unique_order_ids=true"],
            &["alerts.churn_rate.above=0.1"],
            &["alerts.orders_conversion_rate.above=0.1"],
            &["alerts.dso.above=60"],
            &["money.scale=19"],
            &["money.currency=pound"],
            &["money.rates=rates.csv"],
        ],
    );
    insta::assert_snapshot!(found, @r#"
    --set customers.lapse_after_days=30: customers needs [inputs.orders], or [inputs.subscriptions]; add it, or remove the setting
    --set customers.reactivation_gap_days=3: customers needs [inputs.orders], or [inputs.subscriptions]; add it, or remove the setting
    --set customers.at_risk_score=0.5: customers needs [inputs.orders], or [inputs.subscriptions]; add it, or remove the setting
    --set segments.country=c: segments.country needs [inputs.orders], or [inputs.subscriptions]; add it, or remove the setting
    ["segments.max_segment_values=5"] is right
    --set calendar.max_k=3: calendar.max_k needs [inputs.orders], or [inputs.subscriptions]; add it, or remove the setting
    --set revenue.window=12 months: revenue needs [inputs.orders], or [inputs.subscriptions]; add it, or remove the setting
    --set win_back.prospect_after_days=3: win_back needs [inputs.orders], or [inputs.subscriptions]; add it, or remove the setting
    --set churn_reasons.survey_window_days=3: churn_reasons needs [inputs.orders], or [inputs.subscriptions]; add it, or remove the setting
    --set churn_indicators.window_days=3: churn_indicators needs [inputs.orders], or [inputs.subscriptions]; add it, or remove the setting
    --set lifetime.unit_days=3: lifetime needs [inputs.orders], or [inputs.subscriptions]; add it, or remove the setting
    --set lost_sales.recovery_window_days=3: lost_sales needs [inputs.orders], [inputs.opportunities], or [inputs.touchpoints] with cart_id; add it, or remove the setting
    --set checks.unique_order_ids=true: checks.unique_order_ids needs [inputs.orders]; add it, or remove the setting
    --set alerts.churn_rate.above=0.1: alerts.churn_rate needs [inputs.orders], or [inputs.subscriptions]; metrics of this pipeline: dso, late_share
    --set alerts.orders_conversion_rate.above=0.1: alerts.orders_conversion_rate needs [inputs.orders] with status; metrics of this pipeline: dso, late_share
    ["alerts.dso.above=60"] is right
    --set money.scale=19: money.scale is the number 19; it must be a number of decimal places from 0 to 18
    --set money.currency=pound: money.currency is the text "pound"; it must be a code of three capital letters such as "GBP"
    --set money.rates=rates.csv: unknown key "rates" in [money]; it belongs in [inputs.orders]. Keys there: scale, currency
    "#);
    let found = errors_in(SMALL, &[&["money.scale=2"], &["money={}"]]);
    insta::assert_snapshot!(found, @r"
    --set money.scale=2: money is for pipelines without orders and subscriptions; set scale and currency under the history's own section and remove this
    --set money={}: money is for pipelines without orders and subscriptions; set scale and currency under the history's own section and remove this
    ");
}
