//! Inputs beside the history, the settings of their tables, and alerts.

use kohort_scorecard::Beyond;

use crate::tables::{metrics, tables};

use super::mistakes::errors_in;
use super::*;

const TOUCHPOINTS: &str = r#"inputs.touchpoints={ path = "t", visitor_id = "v", occurred_at = "o", step = "s", cart_id = "b" }"#;
const STEPS: &str = r#"funnel.steps=["visit", "purchase"]"#;
const IDENTITIES: &str = r#"inputs.identities={ path = "i", visitor_id = "v", customer_id = "c" }"#;
const OPPORTUNITIES: &str = r#"inputs.opportunities={ path = "o", buyer = "b", created_at = "t", outcome = "s", value = "a" }"#;
const ORDER_LINES: &str = r#"inputs.order_lines={ path = "l", customer_id = "c", order_id = "o", ordered_at = "t", value = "a", product = "p" }"#;
const RETURNS: &str = r#"inputs.returns={ path = "r", customer_id = "c", order_id = "o", returned_at = "t", value = "a" }"#;
const INVOICES: &str = r#"inputs.invoices={ path = "n", customer_id = "c", invoiced_at = "t", amount = "a", paid_at = "p" }"#;
const ENGAGEMENT: &str =
    r#"inputs.engagement={ path = "e", customer_id = "c", occurred_at = "t", kind = "k" }"#;
const SCORES: &str =
    r#"inputs.surveys={ path = "s", customer_id = "c", answered_at = "t", score = "n" }"#;

/// Every key of the inputs beside the history and of their tables.
const EVERY_KEY: &str = r#"
[customers]
at_risk_score = 0.25
[inputs.surveys]
path = "surveys.parquet"
customer_id = "c"
answered_at = "at"
score = "points"
[inputs.touchpoints]
path = "${DATA}/touches"
visitor_id = "cookie"
occurred_at = "at"
step = "event"
cart_id = "cart"
value = "worth"
customer_id = "login"
where = "NOT bot"
[inputs.identities]
path = ["ids/a.parquet", "ids/b.parquet"]
visitor_id = "cookie"
customer_id = "c"
where = "sure"
[inputs.opportunities]
path = "deals.parquet"
opportunity_id = "deal"
buyer = "account"
created_at = "opened"
closed_at = "closed"
outcome = "state"
won = ["signed", "won"]
lost = "lost"
open = ["open", "on hold"]
ignored = ["test"]
stage = "stage"
value = "amount"
reason = "why"
competitor = "rival"
where = "amount > 0"
[inputs.order_lines]
path = "lines.parquet"
customer_id = "c"
order_id = "o"
ordered_at = "at"
product = "sku"
category = "kind"
units = "n"
value = "price * n"
where = "n > 0"
[inputs.returns]
path = "returns.parquet"
customer_id = "c"
order_id = "o"
returned_at = "at"
product = "sku"
units = "n"
value = "refund"
reason = "why"
where = "accepted"
[inputs.invoices]
path = "invoices.parquet"
customer_id = "c"
invoice_id = "number"
invoiced_at = "at"
due_at = "due"
paid_at = "paid"
amount = "total"
where = "NOT void"
[inputs.engagement]
path = "events.parquet"
customer_id = "c"
occurred_at = "at"
kind = "event"
value = "minutes"
where = "event <> 'ping'"
[lost_sales]
recovery_window_days = 60
stages = ["qualified", "offer", "contract"]
reasons = { "too dear" = "price" }
[funnel]
steps = ["visit", "cart", "purchase"]
window_hours = 24
[carts]
window_hours = 1
[product_returns]
window_days = 14
reasons = { "wrong size" = "size" }
[receivables]
terms_days = 0
[churn_indicators]
window_days = 7
[cross_sell]
min_support = 0
max_items = 50
[alerts.nps]
below = 0
[alerts.churn_rate]
above = 0.05
grain = "month"
"#;

#[test]
fn every_key_of_further_inputs() {
    let pipeline = read(&format!("{SMALL}{EVERY_KEY}"), &[]).unwrap();
    insta::assert_snapshot!(listed(&pipeline), @r#"
    name: shop
    calendar.timezone: UTC
    calendar.week_start: monday
    calendar.fiscal_year_start: 1
    calendar.grains: ["month"]
    revenue.window.month: 12
    customers.lapse_after_days: 90
    customers.activity: sales
    inputs.orders.path: ["/home/shop/orders/*.parquet"]
    inputs.orders.customer_id: customer
    inputs.orders.ordered_at: day
    inputs.orders.amount: price * units
    inputs.orders.rows: orders
    inputs.orders.scale: 2
    inputs.orders.deduplicate: false
    inputs.surveys.path: ["/home/shop/surveys.parquet"]
    inputs.surveys.customer_id: c
    inputs.surveys.answered_at: at
    inputs.surveys.score: points
    inputs.touchpoints.path: ["/data/touches"]
    inputs.touchpoints.visitor_id: cookie
    inputs.touchpoints.occurred_at: at
    inputs.touchpoints.step: event
    inputs.touchpoints.cart_id: cart
    inputs.touchpoints.value: worth
    inputs.touchpoints.customer_id: login
    inputs.touchpoints.where: NOT bot
    inputs.identities.path: ["/home/shop/ids/a.parquet", "/home/shop/ids/b.parquet"]
    inputs.identities.visitor_id: cookie
    inputs.identities.customer_id: c
    inputs.identities.where: sure
    inputs.opportunities.path: ["/home/shop/deals.parquet"]
    inputs.opportunities.buyer: account
    inputs.opportunities.opportunity_id: deal
    inputs.opportunities.created_at: opened
    inputs.opportunities.closed_at: closed
    inputs.opportunities.outcome: state
    inputs.opportunities.won: ["signed", "won"]
    inputs.opportunities.lost: ["lost"]
    inputs.opportunities.open: ["open", "on hold"]
    inputs.opportunities.ignored: ["test"]
    inputs.opportunities.stage: stage
    inputs.opportunities.value: amount
    inputs.opportunities.reason: why
    inputs.opportunities.competitor: rival
    inputs.opportunities.where: amount > 0
    inputs.order_lines.path: ["/home/shop/lines.parquet"]
    inputs.order_lines.customer_id: c
    inputs.order_lines.order_id: o
    inputs.order_lines.ordered_at: at
    inputs.order_lines.product: sku
    inputs.order_lines.category: kind
    inputs.order_lines.units: n
    inputs.order_lines.value: price * n
    inputs.order_lines.where: n > 0
    inputs.returns.path: ["/home/shop/returns.parquet"]
    inputs.returns.customer_id: c
    inputs.returns.order_id: o
    inputs.returns.returned_at: at
    inputs.returns.product: sku
    inputs.returns.units: n
    inputs.returns.value: refund
    inputs.returns.reason: why
    inputs.returns.where: accepted
    inputs.invoices.path: ["/home/shop/invoices.parquet"]
    inputs.invoices.customer_id: c
    inputs.invoices.invoice_id: number
    inputs.invoices.invoiced_at: at
    inputs.invoices.due_at: due
    inputs.invoices.paid_at: paid
    inputs.invoices.amount: total
    inputs.invoices.where: NOT void
    inputs.engagement.path: ["/home/shop/events.parquet"]
    inputs.engagement.customer_id: c
    inputs.engagement.occurred_at: at
    inputs.engagement.kind: event
    inputs.engagement.value: minutes
    inputs.engagement.where: event <> 'ping'
    segments.max_segment_values: 1000
    lost_sales.recovery_window_days: 60
    lost_sales.stages: ["qualified", "offer", "contract"]
    lost_sales.reasons."too dear": price
    carts.window_hours: 1
    funnel.steps: ["visit", "cart", "purchase"]
    funnel.window_hours: 24
    purchase_gaps.max_gap_number: 10
    purchase_gaps.bucket_days: 7
    loyalty.window_days: 365
    loyalty.orders: 3
    product_returns.window_days: 14
    product_returns.reasons."wrong size": size
    receivables.terms_days: 0
    churn_indicators.window_days: 7
    customers.at_risk_ratio: 2
    customers.at_risk_score: 0.25
    customers.risk_window: lapse
    lifetime.model: bg_nbd
    lifetime.unit_days: 7
    lifetime.horizon_units: 52
    lifetime.annual_discount_rate: 0.1
    cross_sell.min_support: 0
    cross_sell.max_items: 50
    alerts.churn_rate.above: 0.05
    alerts.churn_rate.grain: month
    alerts.nps.below: 0
    outputs.path: /home/shop/out
    outputs.tables: ["cohort_retention", "cohort_curve", "customer_retention", "revenue_churn", "win_back", "lost_sales", "funnel", "carts", "purchase_gaps", "purchase_gap_histogram", "loyalty", "product_returns", "receivables", "nps", "churn_indicators", "clv_models", "clv_holdout", "cross_sell", "cross_sell_customers", "scorecard", "alerts"]
    checks.max_rejected: 0.01
    checks.unique_order_ids: false
    "#);
}

#[test]
fn defaults_of_further_inputs() {
    let all = [
        TOUCHPOINTS,
        STEPS,
        IDENTITIES,
        OPPORTUNITIES,
        ORDER_LINES,
        RETURNS,
        INVOICES,
        ENGAGEMENT,
        SCORES,
    ];
    let pipeline = small(&all);
    assert_eq!(pipeline.listed("funnel.steps"), ["visit", "purchase"]);
    let outcome = pipeline.input(Input::Opportunities).unwrap().column("outcome").unwrap();
    let list = |(key, texts): (_, &[&str])| ListedTexts {
        key,
        texts: texts.iter().map(|text| (*text).to_owned()).collect(),
        is_given: false,
    };
    let lists = [("won", &["won"][..]), ("lost", &["lost"]), ("open", &["open"]), ("ignored", &[])];
    assert_eq!((&*outcome.expression, &outcome.lists), ("s", &lists.map(list).to_vec()));
    let settings = pipeline.settings();
    let sections =
        ["lost_sales", "carts", "product_returns", "receivables", "churn_", "cross_sell", "alerts"];
    let is_setting = |key: &str| sections.iter().any(|section| key.starts_with(section));
    let listed: Vec<_> = settings
        .iter()
        .filter(|(key, _)| is_setting(key))
        .map(|(key, value)| format!("{key}: {value}"))
        .collect();
    insta::assert_snapshot!(listed.join("\n"), @r"
    lost_sales.recovery_window_days: 30
    carts.window_hours: 24
    product_returns.window_days: 30
    receivables.terms_days: 30
    churn_indicators.window_days: 30
    cross_sell.min_support: 0.001
    cross_sell.max_items: 500
    alerts.churn_rate.unusual: above
    alerts.churn_rate.grain: month
    ");
    assert_eq!(
        pipeline.tables.len(),
        tables().count() - 7,
        "all but those on request, reasons, checks and those of subscriptions"
    );
    assert!(pipeline.maps(Input::Touchpoints, "cart_id"));
    assert_eq!(["score", "reason"].map(|c| pipeline.maps(Input::Surveys, c)), [true, false]);
    // Without the inputs nothing is listed.
    assert_eq!(small(&[]).listed("funnel.steps"), [""; 0]);
}

#[test]
fn tables_of_further_inputs() {
    let no_carts =
        r#"inputs.touchpoints={ path = "t", visitor_id = "v", occurred_at = "o", step = "s" }"#;
    let cases: [(&str, &[&str]); 9] = [
        ("nothing", &[]),
        ("touchpoints", &[no_carts, STEPS]),
        ("carts", &[TOUCHPOINTS, STEPS]),
        ("opportunities", &[OPPORTUNITIES]),
        ("lines of orders", &[ORDER_LINES]),
        ("lines and returns", &[ORDER_LINES, RETURNS]),
        ("invoices", &[INVOICES]),
        ("engagement", &[ENGAGEMENT]),
        ("scores", &[SCORES]),
    ];
    let found = cases.map(|(inputs, arguments)| {
        let pipeline = read(SUBSCRIBERS, &sets(arguments)).unwrap();
        let history = read(SUBSCRIBERS, &[]).unwrap().tables;
        let is_more = |table: &&&str| inputs == "nothing" || !history.contains(table);
        let more: Vec<_> = pipeline.tables.iter().filter(is_more).copied().collect();
        format!("{inputs}: {}", more.join(" "))
    });
    insta::assert_snapshot!(found.join("\n"), @r#"
    nothing: cohort_retention cohort_curve customer_retention revenue_churn revenue_events win_back clv_models scorecard alerts
    touchpoints: funnel
    carts: lost_sales funnel carts
    opportunities: lost_sales
    lines of orders: cross_sell cross_sell_customers
    lines and returns: product_returns churn_indicators cross_sell cross_sell_customers
    invoices: receivables churn_indicators
    engagement: churn_indicators
    scores: nps churn_indicators
    "#);
    // Those on request are offered, too.
    let offered = small(&[]).offered_tables();
    let is_asked_for = |table: &&&str| !small(&[]).tables.contains(table);
    let on_request: Vec<_> = offered.iter().filter(is_asked_for).copied().collect();
    assert_eq!(on_request, ["cohort_order_values", "revenue_movements", "customers", "checks"]);
}

#[test]
fn invoices_in_lines_payments_and_answers() {
    let bare = r#"inputs.invoices={ path = "n", customer_id = "c", invoiced_at = "t", amount = "a", invoice_id = "n" }"#;
    let payments = r#"inputs.payments={ path = "m", customer_id = "c", invoice_id = "n", paid_at = "t", amount = "a" }"#;
    let lines = "inputs.invoices.rows=lines";
    let nameless = r#"inputs.surveys={ path = "s", answered_at = "t", score = "n" }"#;
    let pipeline = small(&[bare, payments, lines, nameless]);
    let invoices = pipeline.input(Input::Invoices).unwrap();
    assert!(invoices.are_lines && invoices.column("paid_at").is_none());
    assert!(!small(&[INVOICES]).input(Input::Invoices).unwrap().are_lines);
    let found = errors_in(
        SMALL,
        &[
            &[payments],
            &[bare],
            &[INVOICES, payments],
            &[bare, payments, "inputs.invoices.paid_at=p"],
            &[INVOICES, lines],
            &[INVOICES, "inputs.invoices.rows=orders"],
            &[INVOICES, "inputs.invoices.invoice_id=n", lines, "inputs.invoices.updated_at=u"],
            &[nameless, "inputs.surveys.reason=r"],
            &[nameless, "inputs.surveys.lost_reason=r"],
            &["inputs.surveys={ path = \"s\", customer_id = \"c\", answered_at = \"t\" }"],
            &["inputs.surveys={ path = \"s\", customer_id = \"c\", score = \"t\" }"],
            &[SCORES, "lost_sales.survey_window_days=9"],
        ],
    );
    insta::assert_snapshot!(found, @r#"
    --set inputs.payments={ path = "m", customer_id = "c", invoice_id = "n", paid_at = "t", amount = "a" }: inputs.payments tells what was paid of invoices, but no input has them; add [inputs.invoices] or remove it
    --set inputs.invoices={ path = "n", customer_id = "c", invoiced_at = "t", amount = "a", invoice_id = "n" }: [inputs.invoices] needs "paid_at": an SQL expression that tells when it was paid; or add [inputs.payments]
    --set inputs.invoices={ path = "n", customer_id = "c", invoiced_at = "t", amount = "a", paid_at = "p" }: inputs.invoices.paid_at tells the same as [inputs.payments], and both can't hold; remove one of them
    --set inputs.invoices.paid_at=p: inputs.invoices.paid_at tells the same as [inputs.payments], and both can't hold; remove one of them
    --set inputs.invoices={ path = "n", customer_id = "c", invoiced_at = "t", amount = "a", paid_at = "p" }: [inputs.invoices] needs "invoice_id": with rows = "lines" it tells which lines are one invoice
    --set inputs.invoices.rows=orders: inputs.invoices.rows is "orders". Allowed: invoices, lines
    --set inputs.invoices.updated_at=u: inputs.invoices.updated_at picks the latest row of an invoice, so it needs rows = "invoices"; with rows = "lines" all rows of an invoice count
    --set inputs.surveys.reason=r: inputs.surveys.reason has no use without inputs.surveys.customer_id, which is not set; set that one too, or remove this
    --set inputs.surveys.lost_reason=r: inputs.surveys.lost_reason has no use without inputs.surveys.customer_id, which is not set; set that one too, or remove this
    --set inputs.surveys={ path = "s", customer_id = "c", answered_at = "t" }: [inputs.surveys] needs "reason": an SQL expression that tells why the person left; or set lost_reason or score
    --set inputs.surveys={ path = "s", customer_id = "c", score = "t" }: [inputs.surveys] needs "answered_at": an SQL expression that tells when it was answered, or one day for all such as DATE '2024-06-30'; for reasons the day counts, for scores the instant orders them
    --set lost_sales.survey_window_days=9: lost_sales.survey_window_days needs [inputs.surveys] with lost_reason; add it, or remove the setting
    "#);
}

#[test]
fn wrong_further_settings() {
    let found = errors_in(
        SMALL,
        &[
            // What has no effect.
            &[IDENTITIES],
            &[RETURNS],
            &["funnel.window_hours=24"],
            &["carts.window_hours=24"],
            &["product_returns.window_days=30"],
            &[ORDER_LINES, "product_returns.window_days=30"],
            &[ORDER_LINES, RETURNS, "product_returns.reasons.x=y"],
            &["receivables.terms_days=30"],
            &["cross_sell.max_items=10"],
            &["lost_sales.stages=[\"offer\"]"],
            &[OPPORTUNITIES, "lost_sales.stages=[\"offer\"]"],
            &[OPPORTUNITIES, "lost_sales.reasons.x=y"],
            &[SCORES, "churn_reasons.reasons.x=y"],
            &["alerts.churn_rate={ above = 0.1, below = 0.2 }"],
            &["alerts.churn_rate={ above = 0.1, grain = \"week\" }"],
            // What is missing.
            &[TOUCHPOINTS],
            &["inputs.touchpoints={}"],
            &["inputs.touchpoints={ path = \"t\", visitor_id = \"v\", occurred_at = \"o\" }"],
            &["inputs.opportunities={ path = \"o\", buyer = \"b\", created_at = \"t\" }"],
            &["inputs.order_lines={ path = \"l\", customer_id = \"c\" }"],
            &["inputs.order_lines={ path = \"l\", customer_id = \"c\", order_id = \"o\", \
               ordered_at = \"t\", value = \"a\" }"],
            &["inputs.invoices={ path = \"n\", customer_id = \"c\", invoiced_at = \"t\" }"],
            &[INVOICES, "inputs.invoices.updated_at=u"],
            &[OPPORTUNITIES, "inputs.opportunities.updated_at=u"],
            &["inputs.engagement={ path = \"e\", customer_id = \"c\", occurred_at = \"t\" }"],
            &["alerts.churn_rate={}"],
            // What cannot be.
            &[TOUCHPOINTS, "funnel.steps=visit"],
            &[TOUCHPOINTS, "funnel.steps=[\"visit\", \"visit\"]"],
            &[TOUCHPOINTS, STEPS, "funnel.window_hours=0"],
            &[TOUCHPOINTS, STEPS, "carts.window_hours=876001"],
            &[OPPORTUNITIES, "inputs.opportunities.lost=[\"gone\", \"won\"]"],
            &[OPPORTUNITIES, "inputs.opportunities.won=lost"],
            &[OPPORTUNITIES, "inputs.opportunities.completed=won"],
            &[INVOICES, "receivables.terms_days=-1"],
            &["churn_indicators.window_days=0"],
            &[ORDER_LINES, "cross_sell.min_support=1.5"],
            &[ORDER_LINES, "cross_sell.max_items=1"],
            &["customers.at_risk_score=0"],
            &["customers.at_risk_score=50"],
            &["alerts.churn_rate=0.05"],
            &["alerts.churn_rate.above=5%"],
            &["alerts.churn_rate.above=inf"],
            &["alerts.churn_rate={ above = 0.1, grain = \"monthly\" }"],
            &["alerts.churn_rate.over=0.1"],
            &["alerts.churnrate.above=0.1"],
            &["alerts.x.above=0.1"],
        ],
    );
    insta::assert_snapshot!(found, @r#"
    --set inputs.identities={ path = "i", visitor_id = "v", customer_id = "c" }: inputs.identities tells which visitors are customers, but no input tells of visitors; add [inputs.touchpoints] or remove it
    --set inputs.returns={ path = "r", customer_id = "c", order_id = "o", returned_at = "t", value = "a" }: inputs.returns tells what came back of orders, but no input tells what was in them; add [inputs.order_lines] or remove it
    --set funnel.window_hours=24: funnel needs [inputs.touchpoints]; add it, or remove the setting
    --set carts.window_hours=24: carts needs [inputs.touchpoints] with cart_id; add it, or remove the setting
    --set product_returns.window_days=30: product_returns needs [inputs.returns]; add it, or remove the setting
    --set product_returns.window_days=30: product_returns needs [inputs.returns]; add it, or remove the setting
    --set product_returns.reasons.x=y: product_returns.reasons needs [inputs.returns] with reason; add it, or remove the setting
    --set receivables.terms_days=30: receivables needs [inputs.invoices]; add it, or remove the setting
    --set cross_sell.max_items=10: cross_sell needs [inputs.order_lines]; add it, or remove the setting
    --set lost_sales.stages=["offer"]: lost_sales.stages needs [inputs.opportunities] with stage; add it, or remove the setting
    --set lost_sales.stages=["offer"]: lost_sales.stages needs [inputs.opportunities] with stage; add it, or remove the setting
    --set lost_sales.reasons.x=y: lost_sales.reasons needs [inputs.orders] with lost_reason, [inputs.opportunities] with reason, or [inputs.surveys] with lost_reason; add it, or remove the setting
    --set churn_reasons.reasons.x=y: churn_reasons.reasons needs [inputs.surveys] with reason; add it, or remove the setting
    --set alerts.churn_rate={ above = 0.1, below = 0.2 }: alerts.churn_rate.below stands beside above, but only one side can be bad; remove one of them
    --set alerts.churn_rate={ above = 0.1, grain = "week" }: alerts.churn_rate.grain is not in calendar.grains, so no table has rows of it; add it there or choose another
    shop.toml: [funnel] needs "steps": a list of 2 to 100 steps in order, the last of them the purchase, such as ["visit", "cart", "purchase"]
    --set inputs.touchpoints={}: [inputs.touchpoints] needs "path": a file, folder or glob that holds what visitors did
    --set inputs.touchpoints={ path = "t", visitor_id = "v", occurred_at = "o" }: [inputs.touchpoints] needs "step": an SQL expression that tells what was done; texts that are not in [funnel] steps do not count
    --set inputs.opportunities={ path = "o", buyer = "b", created_at = "t" }: [inputs.opportunities] needs "outcome": an SQL expression that tells what became of it, sorted by the lists won, lost, open and ignored
    --set inputs.order_lines={ path = "l", customer_id = "c" }: [inputs.order_lines] needs "order_id": an SQL expression that tells which lines are one order, within the customer
    --set inputs.order_lines={ path = "l", customer_id = "c", order_id = "o", ordered_at = "t", value = "a" }: [inputs.order_lines] needs "product": an SQL expression that tells what was bought; or set category
    --set inputs.invoices={ path = "n", customer_id = "c", invoiced_at = "t" }: [inputs.invoices] needs "paid_at": an SQL expression that tells when it was paid; or add [inputs.payments]
    --set inputs.invoices={ path = "n", customer_id = "c", invoiced_at = "t", amount = "a", paid_at = "p" }: [inputs.invoices] needs "invoice_id": with updated_at it tells which rows are one
    --set inputs.opportunities={ path = "o", buyer = "b", created_at = "t", outcome = "s", value = "a" }: [inputs.opportunities] needs "opportunity_id": with updated_at it tells which rows are one
    --set inputs.engagement={ path = "e", customer_id = "c", occurred_at = "t" }: [inputs.engagement] needs "kind": an SQL expression that tells what was done; each text is a signal of churn_indicators
    --set alerts.churn_rate={}: [alerts.churn_rate] needs "above": the value above which it is bad; or below, the one below which it is; or unusual, the side on which it leaves the range of its own past
    --set funnel.steps=visit: funnel.steps is the text "visit"; it must be a list of 2 to 100 steps in order, the last of them the purchase, such as ["visit", "cart", "purchase"]
    --set funnel.steps=["visit", "visit"]: "visit" stands in funnel.steps twice; remove one
    --set funnel.window_hours=0: funnel.window_hours is the number 0; it must be a whole number of hours from 1 to 876000
    --set carts.window_hours=876001: carts.window_hours is the number 876001; it must be a whole number of hours from 1 to 876000
    --set inputs.opportunities.lost=["gone", "won"]: "won" stands in lost, but also in won; a status means one thing
    --set inputs.opportunities.won=lost: "lost" stands in won, but also in lost; a status means one thing
    --set inputs.opportunities.completed=won: unknown key "completed" in [inputs.opportunities]; it belongs in [inputs.orders]. Keys there: path, buyer, opportunity_id, created_at, closed_at, outcome, won, lost, open, ignored, stage, value, reason, competitor, updated_at, where, timezone
    --set receivables.terms_days=-1: receivables.terms_days is the number -1; it must be a whole number of days from 0 to 36500
    --set churn_indicators.window_days=0: churn_indicators.window_days is the number 0; it must be a whole number of days from 1 to 36500
    --set cross_sell.min_support=1.5: cross_sell.min_support is the number 1.5; it must be a share from 0 to 1, such as 0.001
    --set cross_sell.max_items=1: cross_sell.max_items is the number 1; it must be a whole number of items from 2 to 10000
    --set customers.at_risk_score=0: customers.at_risk_score is the number 0; it must be a probability above 0 up to 1, such as 0.5
    --set customers.at_risk_score=50: customers.at_risk_score is the number 50; it must be a probability above 0 up to 1, such as 0.5
    --set alerts.churn_rate=0.05: alerts.churn_rate is the number 0.05; it must be a table such as { above = 0.05 }
    --set alerts.churn_rate.above=5%: alerts.churn_rate.above is the text "5%"; it must be a number such as 0.05
    --set alerts.churn_rate.above=inf: alerts.churn_rate.above is the number inf; it must be a number such as 0.05
    --set alerts.churn_rate={ above = 0.1, grain = "monthly" }: alerts.churn_rate.grain is "monthly"; did you mean "month"? Allowed: day, week, month, quarter, year
    --set alerts.churn_rate.over=0.1: unknown key "over" in [alerts.churn_rate]. Keys there: above, below, unusual, grain
    --set alerts.churnrate.above=0.1: alerts.churnrate is "churnrate"; did you mean "churn_rate"? Allowed: annualised_churn_rate, arpa, arr, cart_abandonment_rate, cart_recovery_rate, carts_conversion_rate, churn_rate, dso, existing_customer_growth_rate, funnel_conversion_rate, gross_revenue_churn_rate, gross_revenue_retention, kept_rate, late_share, loyal_customer_rate, mrr, net_revenue_churn_rate, net_revenue_retention, nps, opportunities_conversion_rate, orders_conversion_rate, quick_ratio, reactivation_rate, repeat_purchase_ratio, retention_rate, unit_return_rate, win_back_rate, yearly_buyer_rate, yearly_kept_rate
    --set alerts.x.above=0.1: alerts.x is "x". Allowed: annualised_churn_rate, arpa, arr, cart_abandonment_rate, cart_recovery_rate, carts_conversion_rate, churn_rate, dso, existing_customer_growth_rate, funnel_conversion_rate, gross_revenue_churn_rate, gross_revenue_retention, kept_rate, late_share, loyal_customer_rate, mrr, net_revenue_churn_rate, net_revenue_retention, nps, opportunities_conversion_rate, orders_conversion_rate, quick_ratio, reactivation_rate, repeat_purchase_ratio, retention_rate, unit_return_rate, win_back_rate, yearly_buyer_rate, yearly_kept_rate
    "#);
}

#[test]
fn tables_that_lack_an_input() {
    let asked =
        tables().map(|table| format!("outputs.tables={}", table.schema.name)).collect::<Vec<_>>();
    let cases: Vec<[&str; 1]> = asked.iter().map(|argument| [argument.as_str()]).collect();
    let cases: Vec<&[&str]> = cases.iter().map(<[&str; 1]>::as_slice).collect();
    let lacks = |text| {
        let lines = errors_in(text, &cases);
        let lines = lines.lines().filter(|line| !line.ends_with("is right"));
        let lines = lines.map(|line| line.split(';').next().unwrap().to_owned());
        lines.collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(lacks(SMALL), @r#"
    --set outputs.tables=revenue_events: outputs.tables has "revenue_events", which is about subscriptions, but this pipeline follows orders
    --set outputs.tables=churn_reasons: outputs.tables has "churn_reasons", which needs [inputs.surveys] with reason
    --set outputs.tables=funnel: outputs.tables has "funnel", which needs [inputs.touchpoints]
    --set outputs.tables=carts: outputs.tables has "carts", which needs [inputs.touchpoints] with cart_id
    --set outputs.tables=product_returns: outputs.tables has "product_returns", which needs [inputs.returns]
    --set outputs.tables=receivables: outputs.tables has "receivables", which needs [inputs.invoices]
    --set outputs.tables=nps: outputs.tables has "nps", which needs [inputs.surveys] with score
    --set outputs.tables=churn_indicators: outputs.tables has "churn_indicators", which needs [inputs.engagement], [inputs.invoices], [inputs.returns], or [inputs.surveys] with score
    --set outputs.tables=subscribers: outputs.tables has "subscribers", which is about subscriptions, but this pipeline follows orders
    --set outputs.tables=cross_sell: outputs.tables has "cross_sell", which needs [inputs.order_lines]
    --set outputs.tables=cross_sell_customers: outputs.tables has "cross_sell_customers", which needs [inputs.order_lines]
    "#);
    insta::assert_snapshot!(lacks(SUBSCRIBERS), @r#"
    --set outputs.tables=cohort_order_values: outputs.tables has "cohort_order_values", which is about orders, but this pipeline follows subscriptions
    --set outputs.tables=lost_sales: outputs.tables has "lost_sales", which needs [inputs.opportunities], or [inputs.touchpoints] with cart_id
    --set outputs.tables=funnel: outputs.tables has "funnel", which needs [inputs.touchpoints]
    --set outputs.tables=carts: outputs.tables has "carts", which needs [inputs.touchpoints] with cart_id
    --set outputs.tables=purchase_gaps: outputs.tables has "purchase_gaps", which is about orders, but this pipeline follows subscriptions
    --set outputs.tables=purchase_gap_histogram: outputs.tables has "purchase_gap_histogram", which is about orders, but this pipeline follows subscriptions
    --set outputs.tables=loyalty: outputs.tables has "loyalty", which is about orders, but this pipeline follows subscriptions
    --set outputs.tables=product_returns: outputs.tables has "product_returns", which needs [inputs.returns]
    --set outputs.tables=receivables: outputs.tables has "receivables", which needs [inputs.invoices]
    --set outputs.tables=nps: outputs.tables has "nps", which needs [inputs.surveys] with score
    --set outputs.tables=churn_indicators: outputs.tables has "churn_indicators", which needs [inputs.engagement], [inputs.invoices], [inputs.returns], or [inputs.surveys] with score
    --set outputs.tables=customers: outputs.tables has "customers", which is about orders, but this pipeline follows subscriptions
    --set outputs.tables=clv_holdout: outputs.tables has "clv_holdout", which is about orders, but this pipeline follows subscriptions
    --set outputs.tables=cross_sell: outputs.tables has "cross_sell", which needs [inputs.order_lines]
    --set outputs.tables=cross_sell_customers: outputs.tables has "cross_sell_customers", which needs [inputs.order_lines]
    "#);
}

#[test]
fn lost_sales_of_subscribers() {
    let window = "lost_sales.recovery_window_days=3";
    for arguments in [&[OPPORTUNITIES, window][..], &[TOUCHPOINTS, STEPS, window]] {
        let pipeline = read(SUBSCRIBERS, &sets(arguments)).unwrap();
        assert!(pipeline.tables.contains(&"lost_sales"), "{arguments:?}");
        assert!(listed(&pipeline).contains("lost_sales.recovery_window_days: 3"));
    }
    let reasons = [OPPORTUNITIES, "inputs.opportunities.reason=why", "lost_sales.reasons.x=y"];
    let pipeline = read(SUBSCRIBERS, &sets(&reasons)).unwrap();
    assert_eq!(pipeline.renamed("lost_sales.reasons"), [("x".to_owned(), "y".to_owned())]);
}

#[test]
fn alerts_replace_what_is_built_in() {
    let alerts = |arguments: &[&str]| small(arguments).alerts;
    let built_in = alerts(&[]);
    assert_eq!(built_in, kohort_scorecard::built_in(Basis::Orders));
    let spelled_out = ["alerts.churn_rate={ unusual = \"above\", grain = \"month\" }"];
    assert_eq!(small(&spelled_out).digest(), small(&[]).digest());
    let [alert] = &alerts(&["alerts.churn_rate.below=-1"])[..] else { panic!("one metric") };
    assert_eq!((alert.grain, alert.beyond), (None, Beyond::Below(-1.0)));
    let all = metrics();
    // One is of orders with a status, the others of subscriptions alone.
    let others = ["orders_conversion_rate", "annualised_churn_rate", "mrr", "arr", "arpa"];
    let is_offered = |name: &&str| !others.contains(name);
    let names: Vec<_> = all.iter().map(|metric| metric.headline.name).filter(is_offered).collect();
    let all: Vec<_> = names.iter().map(|name| format!("alerts.{name}.above=1")).collect();
    let mut all: Vec<_> = all.iter().map(String::as_str).collect();
    all.reverse();
    all.extend([TOUCHPOINTS, STEPS, OPPORTUNITIES, ORDER_LINES, RETURNS, INVOICES, SCORES]);
    let metrics: Vec<_> = alerts(&all).into_iter().map(|alert| alert.metric).collect();
    assert_eq!(metrics, names);
}

#[test]
fn every_input_with_times_may_say_in_which_zone_they_are() {
    let tables = [
        PROSPECTS,
        CONTACTS,
        SURVEYS,
        TOUCHPOINTS,
        STEPS,
        OPPORTUNITIES,
        ORDER_LINES,
        RETURNS,
        INVOICES,
        ENGAGEMENT,
    ];
    let zones: Vec<_> = (Input::ALL.into_iter())
        .filter(|i| !matches!(i, Input::Subscriptions | Input::Identities | Input::Payments))
        .map(|input| format!("inputs.{}.timezone=Asia/Tokyo", input.name()))
        .collect();
    let zones: Vec<_> = zones.iter().map(String::as_str).collect();
    let pipeline = small(&[&tables[..], &zones[..]].concat());
    let named: Vec<_> = pipeline.inputs.iter().filter_map(|input| input.timezone).collect();
    assert_eq!(named, vec![Tz::Asia__Tokyo; zones.len()]);
    let found = errors_in(
        SMALL,
        &[
            &[TOUCHPOINTS, STEPS, IDENTITIES, "inputs.identities.timezone=UTC"],
            &[INVOICES, "inputs.invoices.timezone=Europe/Pari"],
        ],
    );
    insta::assert_snapshot!(found, @r#"
    --set inputs.identities.timezone=UTC: inputs.identities.timezone tells in which zone times are, but the rows of this input have no time; remove it
    --set inputs.invoices.timezone=Europe/Pari: inputs.invoices.timezone is "Europe/Pari"; did you mean "Europe/Paris"? It is a name of the IANA database such as UTC, Europe/London or America/New_York
    "#);
}
