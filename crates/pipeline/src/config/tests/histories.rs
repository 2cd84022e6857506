//! Pipelines that follow subscriptions, further inputs, and the tables that each pipeline offers.

use super::mistakes::errors_in;
use super::*;

fn subscribers(arguments: &[&str]) -> Pipeline {
    read(SUBSCRIBERS, &sets(arguments)).unwrap_or_else(|error| panic!("{arguments:?}: {error}"))
}

#[test]
fn every_key_of_subscriptions() {
    let text = r#"
[customers]
reactivation_gap_days = 14
[inputs.subscriptions]
path = "${DATA}/contracts"
subscription_id = "contract"
customer_id = "customer"
started_at = "from_day"
ended_at = "to_day"
ended_at_inclusive = true
amount = "price"
discounts = true
updated_at = "changed"
interval = "CASE WHEN months = 12 THEN 'year' ELSE 'month' END"
plan = "tariff"
cancelled_at = "notice"
cancel_reason = "why"
involuntary = "dunned"
trial = "price = 0"
where = "NOT test"
scale = 0
currency = "cur"
rates = "rates.csv"
deduplicate = true
[segments]
region = { column = "r", at = "order" }
[win_back]
prospect_after_days = 1
[churn_reasons]
reasons = { "Too dear" = "price" }
[outputs]
path = "out"
tables = ["revenue_movements", "clv_models"]
"#;
    let pipeline = read(text, &[]).unwrap();
    insta::assert_snapshot!(listed(&pipeline), @r#"
    name: shop
    calendar.timezone: UTC
    calendar.week_start: monday
    calendar.fiscal_year_start: 1
    calendar.grains: ["month"]
    revenue.window.month: 1
    customers.reactivation_gap_days: 14
    inputs.subscriptions.path: ["/data/contracts"]
    inputs.subscriptions.customer_id: customer
    inputs.subscriptions.subscription_id: contract
    inputs.subscriptions.started_at: from_day
    inputs.subscriptions.ended_at: to_day
    inputs.subscriptions.amount: price
    inputs.subscriptions.interval: CASE WHEN months = 12 THEN 'year' ELSE 'month' END
    inputs.subscriptions.updated_at: changed
    inputs.subscriptions.cancelled_at: notice
    inputs.subscriptions.cancel_reason: why
    inputs.subscriptions.involuntary: dunned
    inputs.subscriptions.trial: price = 0
    inputs.subscriptions.ended_at_inclusive: true
    inputs.subscriptions.discounts: true
    inputs.subscriptions.where: NOT test
    inputs.subscriptions.scale: 0
    inputs.subscriptions.currency: cur
    inputs.subscriptions.rates: /home/shop/rates.csv
    inputs.subscriptions.deduplicate: true
    segments.max_segment_values: 1000
    segments.plan.column: tariff
    segments.plan.at: first
    segments.region.column: r
    segments.region.at: order
    win_back.prospect_after_days: 1
    churn_reasons.reasons."Too dear": price
    customers.at_risk_score: 0.5
    lifetime.horizon_months: 12
    lifetime.annual_discount_rate: 0.1
    alerts.churn_rate.above: 0.07
    alerts.churn_rate.grain: month
    outputs.path: /home/shop/out
    outputs.tables: ["revenue_movements", "clv_models"]
    checks.max_rejected: 0.01
    "#);
    assert_eq!(pipeline.basis.basis(), Some(Basis::Subscriptions));
    assert_eq!(pipeline.basis.scale().places(), 0);
    assert!(matches!(pipeline.basis.currency(), Currency::Converted { .. }));
    let input = pipeline.input(Input::Subscriptions).unwrap();
    assert_eq!(input.paths, [Path::new("/data/contracts")]);
}

#[test]
fn a_plan_is_a_segment() {
    let short = subscribers(&["inputs.subscriptions.plan=p"]);
    let long = subscribers(&["segments.plan={ column = \"p\", at = \"first\" }"]);
    assert_eq!(short.segments, long.segments);
    assert_eq!(short.digest(), long.digest());
    // Of orders it is a segment like any other.
    assert_eq!(small(&["segments.plan=p"]).segments, long.segments);
}

#[test]
fn tables_follow_from_the_inputs() {
    let reasons = ["inputs.subscriptions.cancel_reason=why"];
    let involuntary = ["inputs.subscriptions.involuntary=dunned"];
    let cases = vec![
        ("orders", small(&[])),
        ("orders and surveys", small(&[SURVEYS])),
        ("subscriptions", subscribers(&[])),
        ("subscriptions with reasons", subscribers(&reasons)),
        ("subscriptions with causes", subscribers(&involuntary)),
        ("subscriptions and surveys", subscribers(&[SURVEYS])),
    ];
    let line =
        |(inputs, pipeline): (&str, Pipeline)| format!("{inputs}: {}", pipeline.tables.join(" "));
    let found: Vec<_> = cases.into_iter().map(line).collect();
    insta::assert_snapshot!(found.join("\n"), @r#"
    orders: cohort_retention cohort_curve customer_retention revenue_churn win_back lost_sales purchase_gaps purchase_gap_histogram loyalty clv_models clv_holdout scorecard alerts
    orders and surveys: cohort_retention cohort_curve customer_retention revenue_churn win_back churn_reasons lost_sales purchase_gaps purchase_gap_histogram loyalty clv_models clv_holdout scorecard alerts
    subscriptions: cohort_retention cohort_curve customer_retention revenue_churn revenue_events win_back clv_models scorecard alerts
    subscriptions with reasons: cohort_retention cohort_curve customer_retention revenue_churn revenue_events win_back churn_reasons clv_models scorecard alerts
    subscriptions with causes: cohort_retention cohort_curve customer_retention revenue_churn revenue_events win_back churn_reasons clv_models scorecard alerts
    subscriptions and surveys: cohort_retention cohort_curve customer_retention revenue_churn revenue_events win_back churn_reasons clv_models scorecard alerts
    "#);
    // What is not computed by itself may be asked for.
    let asked = "outputs.tables=[\"churn_reasons\", \"revenue_movements\"]";
    assert_eq!(subscribers(&[asked]).tables, ["revenue_movements", "churn_reasons"]);
    assert_eq!(small(&["outputs.tables=customers"]).tables, ["customers"]);
}

#[test]
fn settings_that_say_nothing_are_harmless() {
    small(&["churn_reasons.reasons={}", "churn_indicators={}"]);
    subscribers(&["win_back.prospect_after_days=1", "checks.unique_order_ids=false"]);
}

#[test]
fn wrong_subscriptions() {
    let found = errors_in(
        SUBSCRIBERS,
        &[
            &["inputs.orders.path=x"],
            &["inputs.subscription.path=x"],
            &["inputs.subscriptions.path=3"],
            &["inputs.subscriptions.amount=3"],
            &["inputs.subscriptions.plan="],
            &["inputs.subscriptions.plan=p", "segments.plan=q"],
            &["inputs.subscriptions.scale=19"],
            &["inputs.subscriptions.currency=cur"],
            &["inputs.subscriptions.rates=rates.csv"],
            &["inputs.subscriptions.deduplicate=1"],
            &["inputs.subscriptions.ended_at_inclusive=yes"],
            &["inputs.subscriptions.discounts=1"],
            &["inputs.subscriptions.ordered_at=day"],
            &["inputs.subscriptions.canceled_at=day"],
            &["customers.reactivation_gap_days=-1"],
            &["customers.reactivation_gap_days=auto"],
            &["customers.reactivation_days=3"],
            &["customers.lapse_after_days=90"],
            &["customers.activity=any"],
            &["customers.at_risk_ratio=3"],
            &["lost_sales.recovery_window_days=3"],
            &["purchase_gaps.bucket_days=3"],
            &["loyalty.orders=3"],
            &["lifetime.model=bg_nbd"],
            &["checks.unique_order_ids=true"],
            &["churn_reasons.reasons.x=y"],
            &["outputs.tables=[\"win_back\", \"lost_sales\"]"],
            &["outputs.tables=customers"],
            &["outputs.tables=churn_reason"],
        ],
    );
    insta::assert_snapshot!(found, @r#"
    --set inputs.orders.path=x: inputs.orders is a second history, but a pipeline follows orders or subscriptions; keep one of [inputs.orders] and [inputs.subscriptions] and write a second pipeline file for the other
    --set inputs.subscription.path=x: unknown key "subscription" in [inputs]; did you mean "subscriptions"? Keys there: orders, subscriptions, prospects, contacts, surveys, touchpoints, identities, opportunities, order_lines, returns, invoices, payments, engagement
    --set inputs.subscriptions.path=3: inputs.subscriptions.path is the number 3; it must be a path, or a list of paths, to files, folders or globs
    --set inputs.subscriptions.amount=3: inputs.subscriptions.amount is the number 3; it must be an SQL expression over the source's columns
    --set inputs.subscriptions.plan=: inputs.subscriptions.plan is an empty text; it must be an SQL expression over the source's columns
    --set inputs.subscriptions.plan=p: inputs.subscriptions.plan makes a segment named plan, but [segments] has one too; remove one of them
    --set inputs.subscriptions.scale=19: inputs.subscriptions.scale is the number 19; it must be a number of decimal places from 0 to 18
    --set inputs.subscriptions.currency=cur: inputs.subscriptions.currency is not a code of three capital letters such as GBP; for a column of currencies set rates too, to a table of date, currency and rate
    --set inputs.subscriptions.rates=rates.csv: inputs.subscriptions.rates converts amounts, but currency does not stand beside it to say from which; set it to the column that holds each row's currency
    --set inputs.subscriptions.deduplicate=1: inputs.subscriptions.deduplicate is the number 1; it must be true or false
    --set inputs.subscriptions.ended_at_inclusive=yes: inputs.subscriptions.ended_at_inclusive is the text "yes"; it must be true or false
    --set inputs.subscriptions.discounts=1: inputs.subscriptions.discounts is the number 1; it must be true or false
    --set inputs.subscriptions.ordered_at=day: unknown key "ordered_at" in [inputs.subscriptions]; it belongs in [inputs.orders]. Keys there: path, customer_id, subscription_id, started_at, ended_at, ended_at_inclusive, amount, discounts, interval, updated_at, cancelled_at, cancel_reason, involuntary, trial, plan, where, timezone, scale, currency, rates, deduplicate
    --set inputs.subscriptions.canceled_at=day: unknown key "canceled_at" in [inputs.subscriptions]; did you mean "cancelled_at"? Keys there: path, customer_id, subscription_id, started_at, ended_at, ended_at_inclusive, amount, discounts, interval, updated_at, cancelled_at, cancel_reason, involuntary, trial, plan, where, timezone, scale, currency, rates, deduplicate
    --set customers.reactivation_gap_days=-1: customers.reactivation_gap_days is the number -1; it must be a whole number of days from 0 to 36500
    --set customers.reactivation_gap_days=auto: customers.reactivation_gap_days is the text "auto"; it must be a whole number of days from 0 to 36500
    --set customers.reactivation_days=3: unknown key "reactivation_days" in [customers]; did you mean "reactivation_gap_days"? Keys there: lapse_after_days, activity, reactivation_gap_days, at_risk_ratio, at_risk_score, risk_window
    --set customers.lapse_after_days=90: customers.lapse_after_days is for orders, but a subscriber leaves on the first day that is not paid; remove it, or set reactivation_gap_days to overlook short gaps
    --set customers.activity=any: customers.activity is for orders, but this pipeline follows subscriptions; remove it
    --set customers.at_risk_ratio=3: customers.at_risk_ratio is about orders, but this pipeline follows subscriptions; remove it
    --set lost_sales.recovery_window_days=3: lost_sales needs [inputs.opportunities], or [inputs.touchpoints] with cart_id; add it, or remove the setting
    --set purchase_gaps.bucket_days=3: purchase_gaps is about orders, but this pipeline follows subscriptions; remove it
    --set loyalty.orders=3: loyalty is about orders, but this pipeline follows subscriptions; remove it
    --set lifetime.model=bg_nbd: lifetime.model is about orders, but this pipeline follows subscriptions; remove it
    --set checks.unique_order_ids=true: checks.unique_order_ids is for orders, but this pipeline follows subscriptions; remove it
    --set churn_reasons.reasons.x=y: churn_reasons.reasons needs [inputs.surveys] with reason, or [inputs.subscriptions] with cancel_reason; add it, or remove the setting
    --set outputs.tables=["win_back", "lost_sales"]: outputs.tables has "lost_sales", which needs [inputs.opportunities], or [inputs.touchpoints] with cart_id; this pipeline offers TABLES
    --set outputs.tables=customers: outputs.tables has "customers", which is about orders, but this pipeline follows subscriptions; this pipeline offers TABLES
    --set outputs.tables=churn_reason: outputs.tables is "churn_reason"; did you mean "churn_reasons"? Allowed: EVERY TABLE
    "#);
    let of_orders = errors_in(SMALL, &[&["customers.reactivation_gap_days=0"]]);
    insta::assert_snapshot!(of_orders, @r#"--set customers.reactivation_gap_days=0: customers.reactivation_gap_days is for subscriptions, but this pipeline follows orders; remove it, or set lapse_after_days to say when a customer has left"#);
}

#[test]
fn what_subscriptions_are_missing() {
    let lines: Vec<_> = SUBSCRIBERS.lines().collect();
    // Not line 6, ended_at, which may be left out.
    let found = (2..9).filter(|line| *line != 6).map(|line| {
        let without: Vec<_> = [&lines[..line], &lines[line + 1..]].concat();
        read(&without.join("\n"), &[]).unwrap_err().to_string()
    });
    insta::assert_snapshot!(found.collect::<Vec<_>>().join("\n"), @r#"
    shop.toml:2: [inputs.subscriptions] needs "path": a file, folder or glob that holds the subscriptions
    shop.toml:2: [inputs.subscriptions] needs "subscription_id": an SQL expression that tells which subscription, within its customer
    shop.toml:2: [inputs.subscriptions] needs "customer_id": an SQL expression that tells who pays
    shop.toml:2: [inputs.subscriptions] needs "started_at": an SQL expression that tells the first day that is paid
    shop.toml:2: [inputs.subscriptions] needs "amount": an SQL expression that tells the price of one interval; 0 pays nothing and so ends the subscription
    shop.toml:2: [inputs.subscriptions] needs "interval": an SQL expression that tells how often the amount is paid: month, 3 months, yearly, P1Y and other usual names
    "#);
}

#[test]
fn what_is_said_of_ends_needs_ends() {
    let text = SUBSCRIBERS.replace("ended_at = \"to_day\"\n", "");
    assert!(read(&text, &sets(&["inputs.subscriptions.ended_at_inclusive=false"])).is_ok());
    let found = errors_in(&text, &[&["inputs.subscriptions.ended_at_inclusive=true"]]);
    insta::assert_snapshot!(found, @"--set inputs.subscriptions.ended_at_inclusive=true: inputs.subscriptions.ended_at_inclusive says how inputs.subscriptions.ended_at is read, which is not set; set it to the column that holds it, or remove this");
    // What is false and what is not said are the same settings.
    let digest = |more: &[&str]| read(SUBSCRIBERS, &sets(more)).unwrap().digest();
    let inclusive = "inputs.subscriptions.ended_at_inclusive=";
    let [is_off, is_on] = ["false", "true"].map(|value| digest(&[&format!("{inclusive}{value}")]));
    assert_eq!(is_off, digest(&[]));
    assert_ne!(is_on, digest(&[]));
}

#[test]
fn one_history() {
    let both =
        read(&format!("{SUBSCRIBERS}\n{}", SMALL.replace("[outputs]\npath = \"out\"", "")), &[]);
    insta::assert_snapshot!(both.unwrap_err(), @r#"shop.toml:15: inputs.orders is a second history, but a pipeline follows orders or subscriptions; keep one of [inputs.orders] and [inputs.subscriptions] and write a second pipeline file for the other"#);
    let both = format!("{SMALL}\n{}", SUBSCRIBERS.replace("[outputs]\npath = \"out\"", ""));
    insta::assert_snapshot!(read(&both, &[]).unwrap_err(), @r#"shop.toml:12: inputs.subscriptions is a second history, but a pipeline follows orders or subscriptions; keep one of [inputs.orders] and [inputs.subscriptions] and write a second pipeline file for the other"#);
    let neither = read("[inputs.surveys]\n[outputs]\npath = 'out'", &[]);
    insta::assert_snapshot!(neither.unwrap_err(), @r#"shop.toml:1: [inputs.surveys] needs "path": a file, folder or glob that holds the answers"#);
}

#[test]
fn wrong_further_inputs() {
    let found = errors_in(
        SMALL,
        &[
            &["inputs.prospects.path=x"],
            &["inputs.prospects={}"],
            &["inputs.prospects=x"],
            &[PROSPECTS, "inputs.prospects.first_seen_at=1"],
            &[PROSPECTS, "inputs.prospects.first_seen=x"],
            &[PROSPECTS, "inputs.prospects.campaign=x"],
            &["inputs.prospects={ path = \"p\", customer_id = \"c\" }"],
            &["inputs.contacts={}"],
            &["inputs.contacts={ path = \"p\" }"],
            &["inputs.contacts={ path = \"p\", customer_id = \"c\" }"],
            &[CONTACTS, "inputs.contacts.variant=v"],
            &[CONTACTS, "inputs.contacts.holdout=control"],
            &[CONTACTS, "inputs.contacts.variant=v", "inputs.contacts.holdout=[]"],
            &[CONTACTS, "inputs.contacts.variant=v", "inputs.contacts.holdout=[\"a\", \"a\"]"],
            &[CONTACTS, "inputs.contacts.campaing=x"],
            &["inputs.surveys={}"],
            &["inputs.surveys={ path = \"p\", customer_id = \"c\" }"],
            &["inputs.surveys={ path = \"p\", customer_id = \"c\", answered_at = \"t\" }"],
            &[SURVEYS, "inputs.surveys.where=true"],
            &["inputs.survey.path=x"],
        ],
    );
    insta::assert_snapshot!(found, @r#"
    --set inputs.prospects.path=x: [inputs.prospects] needs "customer_id": an SQL expression that tells who was seen
    --set inputs.prospects={}: [inputs.prospects] needs "path": a file, folder or glob that holds the people who were seen
    --set inputs.prospects=x: inputs.prospects is the text "x"; it must be a table
    --set inputs.prospects.first_seen_at=1: inputs.prospects.first_seen_at is the number 1; it must be an SQL expression over the source's columns
    --set inputs.prospects.first_seen=x: unknown key "first_seen" in [inputs.prospects]; did you mean "first_seen_at"? Keys there: path, customer_id, first_seen_at, where, timezone
    --set inputs.prospects.campaign=x: unknown key "campaign" in [inputs.prospects]; it belongs in [inputs.contacts]. Keys there: path, customer_id, first_seen_at, where, timezone
    --set inputs.prospects={ path = "p", customer_id = "c" }: [inputs.prospects] needs "first_seen_at": an SQL expression that tells when the person was first seen; of several rows the earliest counts
    --set inputs.contacts={}: [inputs.contacts] needs "path": a file, folder or glob that holds the messages
    --set inputs.contacts={ path = "p" }: [inputs.contacts] needs "customer_id": an SQL expression that tells to whom the message was
    --set inputs.contacts={ path = "p", customer_id = "c" }: [inputs.contacts] needs "contacted_at": an SQL expression that tells when it was sent or, of the holdout, withheld
    --set inputs.contacts={ path = "k", customer_id = "c", contacted_at = "t" }: [inputs.contacts] needs "holdout": the variants that were withheld to compare with, such as ["control"]
    --set inputs.contacts.holdout=control: inputs.contacts.holdout lists texts of inputs.contacts.variant, which is not set; set it to the column that holds them, or remove the list
    --set inputs.contacts.holdout=[]: inputs.contacts.holdout is an empty list; it must be a list of texts such as ["control"]
    --set inputs.contacts.holdout=["a", "a"]: "a" stands in inputs.contacts.holdout twice; remove one
    --set inputs.contacts.campaing=x: unknown key "campaing" in [inputs.contacts]; did you mean "campaign"? Keys there: path, customer_id, contacted_at, campaign, strategy, variant, holdout, where, timezone
    --set inputs.surveys={}: [inputs.surveys] needs "path": a file, folder or glob that holds the answers
    --set inputs.surveys={ path = "p", customer_id = "c" }: [inputs.surveys] needs "answered_at": an SQL expression that tells when it was answered, or one day for all such as DATE '2024-06-30'; for reasons the day counts, for scores the instant orders them
    --set inputs.surveys={ path = "p", customer_id = "c", answered_at = "t" }: [inputs.surveys] needs "reason": an SQL expression that tells why the person left; or set lost_reason or score
    --set inputs.surveys.where=true: inputs.surveys.where is true; it must be an SQL expression over the source's columns
    --set inputs.survey.path=x: unknown key "survey" in [inputs]; did you mean "surveys"? Keys there: orders, subscriptions, prospects, contacts, surveys, touchpoints, identities, opportunities, order_lines, returns, invoices, payments, engagement
    "#);
}
