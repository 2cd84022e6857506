use super::*;
use crate::tables::tables;

/// What is wrong with the smallest pipeline file after each list of overrides.
fn errors(cases: &[&[&str]]) -> String {
    errors_in(SMALL, cases)
}

/// What is wrong with a pipeline file after each list of overrides; instead of lists of tables, what
/// they list.
pub(super) fn errors_in(text: &str, cases: &[&[&str]]) -> String {
    let error = |case: &&[&str]| match read(text, &sets(case)) {
        Ok(_) => format!("{case:?} is right"),
        Err(error) => without_lists_of_tables(&error.to_string()),
    };
    cases.iter().map(error).collect::<Vec<_>>().join("\n")
}

pub(super) fn without_lists_of_tables(error: &str) -> String {
    let every: Vec<_> = tables().map(|table| table.schema.name).collect();
    let error = error.replace(&every.join(", "), "EVERY TABLE");
    match error.split_once("this pipeline offers ") {
        Some((before, _)) => format!("{before}this pipeline offers TABLES"),
        None => error,
    }
}

#[test]
fn what_is_secret_in_a_url_is_not_repeated() {
    let found = errors(&[
        &["inputs.orders.path=s3://me:hush@bucket/orders"],
        &["inputs.orders.path=[\"s3://bucket/a?sig=hush\", \"s3://bucket/a?sig=hush\"]"],
        &["inputs.orders.path=https://host/orders.parquet?token=hush"],
        &["inputs.orders.path=gs://bucket//orders"],
        &["outputs.path=s3://me:hush@bucket/tables"],
        &["inputs.orders.rates=s3://bucket/rates.csv", "inputs.orders.currency=currency"],
    ]);
    insta::assert_snapshot!(found, @r#"
    --set inputs.orders.path=s3://bucket/orders: inputs.orders.path: a URL of s3:// holds a password or a query; what is secret has no place in it: credentials are taken from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (with AWS_SESSION_TOKEN where there is one), the place from AWS_REGION and AWS_ENDPOINT_URL (with AWS_ALLOW_HTTP=true where it is not https)
    --set inputs.orders.path=["s3://bucket/a?***", "s3://bucket/a?***"]: inputs.orders.path: a URL of s3:// holds a password or a query; what is secret has no place in it: credentials are taken from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (with AWS_SESSION_TOKEN where there is one), the place from AWS_REGION and AWS_ENDPOINT_URL (with AWS_ALLOW_HTTP=true where it is not https)
    --set inputs.orders.path=https://host/orders.parquet?***: inputs.orders.path: a URL of https:// holds a password or a query; what is secret has no place in it: objects of web servers are read without credentials; what needs some belongs in an object store, such as s3:// with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment
    --set inputs.orders.path=gs://bucket//orders: inputs.orders.path: gs://bucket//orders is no URL of an object: its path has an empty part, . or ..
    --set outputs.path=s3://bucket/tables: outputs.path: a URL of s3:// holds a password or a query; what is secret has no place in it: credentials are taken from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (with AWS_SESSION_TOKEN where there is one), the place from AWS_REGION and AWS_ENDPOINT_URL (with AWS_ALLOW_HTTP=true where it is not https)
    --set inputs.orders.rates=s3://bucket/rates.csv: inputs.orders.rates is the text "s3://bucket/rates.csv"; it must be a path to a Parquet or CSV file of date, currency and rate on this machine, not a URL
    "#);
}

#[test]
fn wrong_calendar_and_customers() {
    let found = errors(&[
        &["name=3"],
        &["name="],
        &["name=${NOT_THERE}/x"],
        &["name=${"],
        &["name=${a b}"],
        &["calendar=3"],
        &["calendar.timezone=Europe/Londn"],
        &["calendar.timezone=CEST"],
        &["calendar.naive_times=Europe/Londn"],
        &["calendar.naive_times=+01:00"],
        &["calendar.naive_time=UTC"],
        &["inputs.orders.naive_times=UTC"],
        &["inputs.orders.timezone=America/NewYork"],
        &["inputs.orders.timezone=1"],
        &["calendar.week_start=mondey"],
        &["calendar.fiscal_year_start=13"],
        &["calendar.fiscal_year_start=april"],
        &["calendar.grains=[]"],
        &["calendar.grains=[1]"],
        &["calendar.grains=[\"month\", \"month\"]"],
        &["calendar.grains=fortnight"],
        &["calendar.as_of=2025-02-30"],
        &["calendar.as_of=2025-01-01T00:00:00"],
        &["calendar.as_of=2025-1-1"],
        &["calendar.as_of=2025-01-01", "calendar.history_start=2025-01-01"],
        &["calendar.max_k=-1"],
        &["calendar.max_k=99999999999999999999"],
        &["customers.lapse_after_days=0"],
        &["customers.lapse_after_days=1.5"],
        &["customers.lapse_after_days=automatic"],
        &["customers.activity=order"],
        &["customers.lapse_days=3"],
        &["customers.at_risk_ratio=0"],
        &["customers.at_risk_ratio=inf"],
        &["customers.at_risk_ratio=often"],
        &["customers.risk_ratio=2"],
    ]);
    insta::assert_snapshot!(found, @r#"
    --set name=3: name is the number 3; it must be a text, the pipeline's name
    --set name=: name is an empty text; it must be a text, the pipeline's name
    --set name=${NOT_THERE}/x: name uses ${NOT_THERE}, but the environment variable NOT_THERE is not set; set it or give a default as in ${NOT_THERE:-default}
    --set name=${: name holds a ${ that names no environment variable; write ${NAME} or ${NAME:-default}, or $${ for the two characters themselves
    --set name=${a b}: name holds a ${ that names no environment variable; write ${NAME} or ${NAME:-default}, or $${ for the two characters themselves
    --set calendar=3: calendar is the number 3; it must be a table
    --set calendar.timezone=Europe/Londn: calendar.timezone is "Europe/Londn"; did you mean "Europe/London"? It is a name of the IANA database such as UTC, Europe/London or America/New_York
    --set calendar.timezone=CEST: calendar.timezone is "CEST"; did you mean "CET"? It is a name of the IANA database such as UTC, Europe/London or America/New_York
    --set calendar.naive_times=Europe/Londn: calendar.naive_times is "Europe/Londn"; did you mean "Europe/London"? It is a name of the IANA database such as UTC, Europe/London or America/New_York
    --set calendar.naive_times=+01:00: calendar.naive_times is "+01:00". It is a name of the IANA database such as UTC, Europe/London or America/New_York
    --set calendar.naive_time=UTC: unknown key "naive_time" in [calendar]; did you mean "naive_times"? Keys there: timezone, naive_times, week_start, fiscal_year_start, grains, as_of, history_start, max_k
    --set inputs.orders.naive_times=UTC: unknown key "naive_times" in [inputs.orders]; it belongs in [calendar]. Keys there: path, customer_id, order_id, ordered_at, amount, updated_at, status, completed, lost, open, ignored, lost_reason, rows, where, timezone, scale, currency, rates, deduplicate
    --set inputs.orders.timezone=America/NewYork: inputs.orders.timezone is "America/NewYork"; did you mean "America/New_York"? It is a name of the IANA database such as UTC, Europe/London or America/New_York
    --set inputs.orders.timezone=1: inputs.orders.timezone is the number 1; it must be the name of a timezone, such as "Europe/London"
    --set calendar.week_start=mondey: calendar.week_start is "mondey"; did you mean "monday"? Allowed: monday, tuesday, wednesday, thursday, friday, saturday, sunday
    --set calendar.fiscal_year_start=13: calendar.fiscal_year_start is the number 13; it must be the number of a month, 1 for January to 12 for December
    --set calendar.fiscal_year_start=april: calendar.fiscal_year_start is the text "april"; it must be the number of a month, 1 for January to 12 for December
    --set calendar.grains=[]: calendar.grains is an empty list; it must be a list of grains such as ["month", "week"]
    --set calendar.grains=[1]: calendar.grains is the number 1; it must be a list of grains such as ["month", "week"]
    --set calendar.grains=["month", "month"]: "month" stands in calendar.grains twice; remove one
    --set calendar.grains=fortnight: calendar.grains is "fortnight". Allowed: day, week, month, quarter, year
    --set calendar.as_of=2025-02-30: calendar.as_of is the text "2025-02-30"; it must be a date such as 2025-01-31
    --set calendar.as_of=2025-01-01T00:00:00: calendar.as_of is the time 2025-01-01T00:00:00; it must be a date such as 2025-01-31
    --set calendar.as_of=2025-1-1: calendar.as_of is the text "2025-1-1"; it must be a date such as 2025-01-31
    --set calendar.history_start=2025-01-01: calendar.history_start is not before calendar.as_of, so no day would be known
    --set calendar.max_k=-1: calendar.max_k is the number -1; it must be a whole number of periods from 0 to 100000
    --set calendar.max_k=99999999999999999999: calendar.max_k is the number 99999999999999999999; it must be a whole number of periods from 0 to 100000
    --set customers.lapse_after_days=0: customers.lapse_after_days is the number 0; it must be a whole number of days from 1 to 36500, or "auto"
    --set customers.lapse_after_days=1.5: customers.lapse_after_days is the number 1.5; it must be a whole number of days from 1 to 36500, or "auto"
    --set customers.lapse_after_days=automatic: customers.lapse_after_days is the text "automatic"; it must be a whole number of days from 1 to 36500, or "auto"
    --set customers.activity=order: customers.activity is "order". Allowed: sales, any
    --set customers.lapse_days=3: unknown key "lapse_days" in [customers]; did you mean "lapse_after_days"? Keys there: lapse_after_days, activity, reactivation_gap_days, at_risk_ratio, at_risk_score, risk_window
    --set customers.at_risk_ratio=0: customers.at_risk_ratio is the number 0; it must be a number above 0, such as 2
    --set customers.at_risk_ratio=inf: customers.at_risk_ratio is the number inf; it must be a number above 0, such as 2
    --set customers.at_risk_ratio=often: customers.at_risk_ratio is the text "often"; it must be a number above 0, such as 2
    --set customers.risk_ratio=2: unknown key "risk_ratio" in [customers]; did you mean "at_risk_ratio"? Keys there: lapse_after_days, activity, reactivation_gap_days, at_risk_ratio, at_risk_score, risk_window
    "#);
}

#[test]
fn wrong_orders() {
    let found = errors(&[
        &["inputs.orders.path=[]"],
        &["inputs.orders.amount=1"],
        &["inputs.orders.rows=line"],
        &["inputs.orders.rows=lines"],
        &["inputs.orders.rows=lines", "inputs.orders.order_id=o", "inputs.orders.updated_at=u"],
        &["inputs.orders.updated_at=u"],
        &["checks.unique_order_ids=true"],
        &["checks.unique_order_ids=true", "inputs.orders.rows=lines", "inputs.orders.order_id=o"],
        &["inputs.orders.completed=[\"paid\"]"],
        &["inputs.orders.status=s"],
        &["inputs.orders.status=s", "inputs.orders.completed=[]"],
        &["inputs.orders.status=s", "inputs.orders.completed=[\"a\", \"a\"]"],
        &["inputs.orders.status=s", "inputs.orders.completed=a", "inputs.orders.open=[\"a\"]"],
        &["inputs.orders.lost_reason=r"],
        &["inputs.orders.scale=19"],
        &["inputs.orders.currency=Currency"],
        &["inputs.orders.rates=rates.csv"],
        &["inputs.orders.deduplicate=yes"],
    ]);
    insta::assert_snapshot!(found, @r#"
    --set inputs.orders.path=[]: inputs.orders.path is an empty list; it must be a path, or a list of paths, to files, folders or globs
    --set inputs.orders.amount=1: inputs.orders.amount is the number 1; it must be an SQL expression over the source's columns
    --set inputs.orders.rows=line: inputs.orders.rows is "line"; did you mean "lines"? Allowed: orders, lines
    shop.toml:2: [inputs.orders] needs "order_id": with rows = "lines" it tells which lines are one order
    --set inputs.orders.updated_at=u: inputs.orders.updated_at picks the latest row of an order, so it needs rows = "orders"; with rows = "lines" all rows of an order count
    shop.toml:2: [inputs.orders] needs "order_id": with updated_at it tells which rows are one order
    shop.toml:2: [inputs.orders] needs "order_id": [checks] unique_order_ids looks for repeated ones
    --set checks.unique_order_ids=true: checks.unique_order_ids makes a repeated order id an error, so it needs rows = "orders"; with rows = "lines" the lines of an order share its id
    --set inputs.orders.completed=["paid"]: inputs.orders.completed lists texts of inputs.orders.status, which is not set; set it to the column that holds them, or remove the list
    shop.toml:2: [inputs.orders] needs "completed": the statuses that mean sold, such as ["paid", "shipped"]
    --set inputs.orders.completed=[]: inputs.orders.completed is an empty list; it must be a list of texts such as ["paid", "shipped"]
    --set inputs.orders.completed=["a", "a"]: "a" stands in inputs.orders.completed twice; remove one
    --set inputs.orders.open=["a"]: "a" stands in open, but also in completed; a status means one thing
    --set inputs.orders.lost_reason=r: inputs.orders.lost_reason says why an order was lost, but inputs.orders.lost is not set, so none is; list the statuses that mean lost, or remove lost_reason
    --set inputs.orders.scale=19: inputs.orders.scale is the number 19; it must be a number of decimal places from 0 to 18
    --set inputs.orders.currency=Currency: inputs.orders.currency is not a code of three capital letters such as GBP; for a column of currencies set rates too, to a table of date, currency and rate
    --set inputs.orders.rates=rates.csv: inputs.orders.rates converts amounts, but currency does not stand beside it to say from which; set it to the column that holds each row's currency
    --set inputs.orders.deduplicate=yes: inputs.orders.deduplicate is the text "yes"; it must be true or false
    "#);
}

#[test]
fn wrong_outputs_and_measures() {
    let found = errors(&[
        &["segments.all=x"],
        &["segments.\"2nd\"=x"],
        &["segments.country=3"],
        &["segments.country.at=first"],
        &["segments.country={column=\"c\", at=\"last\"}"],
        &["segments.max_segment_values=65536"],
        &["revenue.window=3"],
        &["revenue.window=a month"],
        &["revenue.window=0 months"],
        &["revenue.window=9999999999 months"],
        &["revenue.window=100001 months"],
        &["revenue.window={ month = \"100001 months\" }"],
        &["revenue.window=1 week"],
        &["calendar.grains=[\"week\", \"day\"]", "revenue.window=1 month"],
        &["revenue.window={ month = \"1 week\" }"],
        &["revenue.window={ month = \"soon\" }"],
        &["revenue.window={ week = \"1 week\" }"],
        &["revenue.window={ weak = \"1 week\" }"],
        &["lost_sales.recovery_window_days=-1"],
        &["lost_sales.reasons={ \"too expensive\" = \"price\" }"],
        &["lost_sales.reasons=price"],
        &["lost_sales.reasons.x=1", "inputs.orders.status=s", "inputs.orders.completed=c"],
        &["outputs.path=[\"a\"]"],
        &["outputs.tables=[\"customer_retension\"]"],
        &["checks.max_rejected=1.5"],
        &["checks.max_rejected=1%"],
        &["checks.unique_order_ids=1"],
        &["retention=3"],
    ]);
    insta::assert_snapshot!(found, @r#"
    --set segments.all=x: no segment can be named "all": a name is made of letters, digits and underscores, begins with a letter and is not "all", which stands for everybody
    --set segments."2nd"=x: no segment can be named "2nd": a name is made of letters, digits and underscores, begins with a letter and is not "all", which stands for everybody
    --set segments.country=3: segments.country is the number 3; it must be an SQL expression, or a table such as { column = "country", at = "first" }
    --set segments.country.at=first: [segments.country] needs "column": an SQL expression that gives the value
    --set segments.country={column="c", at="last"}: segments.country.at is "last". Allowed: first, order
    --set segments.max_segment_values=65536: segments.max_segment_values is the number 65536; it must be a whole number from 1 to 65535
    --set revenue.window=3: revenue.window is the number 3; it must be a text such as "1 month" or "12 months", or a table such as { month = "12 months", week = "4 weeks" }
    --set revenue.window=a month: revenue.window is the text "a month"; it must be a text such as "1 month" or "12 months", or a table such as { month = "12 months", week = "4 weeks" }
    --set revenue.window=0 months: revenue.window is the text "0 months"; it must be a text such as "1 month" or "12 months", or a table such as { month = "12 months", week = "4 weeks" }
    --set revenue.window=9999999999 months: revenue.window is the text "9999999999 months"; it must be at most 100000 days, weeks, months, quarters or years long
    --set revenue.window=100001 months: revenue.window is the text "100001 months"; it must be at most 100000 days, weeks, months, quarters or years long
    --set revenue.window={ month = "100001 months" }: revenue.window.month is the text "100001 months"; it must be at most 100000 days, weeks, months, quarters or years long
    --set revenue.window=1 week: revenue.window is "1 week", which is not a whole number of months; write "1 month" or another number of them
    --set revenue.window=1 month: revenue.window is "1 month", which is not a whole number of days or weeks; write "1 day" or "1 week" or another number of them
    --set revenue.window={ month = "1 week" }: revenue.window.month is "1 week", which is not a whole number of months; write "1 month" or another number of them
    --set revenue.window={ month = "soon" }: revenue.window.month is the text "soon"; it must be a text such as "12 months"
    --set revenue.window={ week = "1 week" }: revenue.window.week sets a window, but "week" is not in calendar.grains
    --set revenue.window={ weak = "1 week" }: revenue.window.weak is "weak"; did you mean "week"? Allowed: day, week, month, quarter, year
    --set lost_sales.recovery_window_days=-1: lost_sales.recovery_window_days is the number -1; it must be a whole number of days from 0 to 36500
    --set lost_sales.reasons={ "too expensive" = "price" }: lost_sales.reasons needs [inputs.orders] with lost_reason, [inputs.opportunities] with reason, or [inputs.surveys] with lost_reason; add it, or remove the setting
    --set lost_sales.reasons=price: lost_sales.reasons is the text "price"; it must be a table of texts
    --set lost_sales.reasons.x=1: lost_sales.reasons.x is the number 1; it must be a text, the reason to report
    --set outputs.path=["a"]: outputs.path is a list; it must be a path or URL of a folder
    --set outputs.tables=["customer_retension"]: outputs.tables is "customer_retension"; did you mean "customer_retention"? Allowed: EVERY TABLE
    --set checks.max_rejected=1.5: checks.max_rejected is the number 1.5; it must be a share of the rows from 0 to 1, such as 0.01
    --set checks.max_rejected=1%: checks.max_rejected is the text "1%"; it must be a share of the rows from 0 to 1, such as 0.01
    --set checks.unique_order_ids=1: checks.unique_order_ids is the number 1; it must be true, false or a table such as { severity = "warn" }
    --set retention=3: unknown key "retention" at the top level. Keys there: name, calendar, customers, inputs, lookups, money, segments, revenue, win_back, churn_reasons, lost_sales, carts, funnel, purchase_gaps, loyalty, product_returns, receivables, churn_indicators, lifetime, cross_sell, alerts, outputs, checks, records, state
    "#);
}

#[test]
fn wrong_settings_of_tables() {
    let found = errors(&[
        &["win_back.prospect_after_days=0"],
        &["win_back.prospect_after_days=auto"],
        &["win_back.attribution_window_days=36501"],
        &["win_back.attribution_window=30"],
        &["churn_reasons.survey_window_days=-1"],
        &["churn_indicators.window_days=30"],
        &["win_back.attribution_window_days=30"],
        &["churn_reasons.survey_window_days=30"],
        &["churn_reasons.survey_days=30"],
        &["churn_reasons.window_days=30"],
        &["churn_reasons.reasons={ \"Too dear\" = \"price\" }"],
        &["churn_reasons.reasons={ \"Too dear\" = \"price\" }", CONTACTS],
        &["churn_reasons.reasons={ \"Too dear\" = 1 }", SURVEYS],
        &["purchase_gaps.max_gap_number=0"],
        &["purchase_gaps.max_gap_number=1001"],
        &["purchase_gaps.bucket_days=0"],
        &["purchase_gaps.bucket=7"],
        &["loyalty.window_days=0"],
        &["loyalty.orders=0"],
        &["loyalty.order=3"],
        &["lifetime.model=bgnbd"],
        &["lifetime.model=gamma_gamma"],
        &["lifetime.unit_days=0"],
        &["lifetime.horizon_units=0"],
        &["lifetime.horizon_days=365"],
        &["lifetime.annual_discount_rate=10"],
        &["lifetime.annual_discount_rate=-0.1"],
        &["lifetime.annual_discount_rate=nan"],
        &["lifetime.annual_discount_rate=10%"],
        &["lifetime.discount_rate=0.1"],
        &["lifetime.calibration_end=2024"],
        &["lifetime.calibration_end=2024-01-01", "calendar.as_of=2024-01-01"],
        &["lifetime.calibration_end=2024-01-01", "calendar.history_start=2024-01-01"],
        &["winback.attribution_window_days=30"],
        &["outputs.tables=[\"cohort_curve\", \"loyal\"]"],
        &["outputs.tables=[\"cohort_curve\", \"churn_reasons\"]"],
    ]);
    insta::assert_snapshot!(found, @r#"
    --set win_back.prospect_after_days=0: win_back.prospect_after_days is the number 0; it must be a whole number of days from 1 to 36500
    --set win_back.prospect_after_days=auto: win_back.prospect_after_days is the text "auto"; it must be a whole number of days from 1 to 36500
    --set win_back.attribution_window_days=36501: win_back.attribution_window_days is the number 36501; it must be a whole number of days from 0 to 36500
    --set win_back.attribution_window=30: unknown key "attribution_window" in [win_back]; did you mean "attribution_window_days"? Keys there: prospect_after_days, attribution_window_days
    --set churn_reasons.survey_window_days=-1: churn_reasons.survey_window_days is the number -1; it must be a whole number of days from 0 to 36500
    --set churn_indicators.window_days=30: churn_indicators.window_days needs [inputs.engagement], [inputs.invoices], [inputs.returns], or [inputs.surveys] with score; add it, or remove the setting
    --set win_back.attribution_window_days=30: win_back.attribution_window_days needs [inputs.contacts]; add it, or remove the setting
    --set churn_reasons.survey_window_days=30: churn_reasons.survey_window_days needs [inputs.surveys] with reason; add it, or remove the setting
    --set churn_reasons.survey_days=30: unknown key "survey_days" in [churn_reasons]; did you mean "survey_window_days"? Keys there: survey_window_days, reasons
    --set churn_reasons.window_days=30: unknown key "window_days" in [churn_reasons]; did you mean "survey_window_days"? Keys there: survey_window_days, reasons
    --set churn_reasons.reasons={ "Too dear" = "price" }: churn_reasons.reasons needs [inputs.surveys] with reason; add it, or remove the setting
    --set churn_reasons.reasons={ "Too dear" = "price" }: churn_reasons.reasons needs [inputs.surveys] with reason; add it, or remove the setting
    --set churn_reasons.reasons={ "Too dear" = 1 }: churn_reasons.reasons.Too dear is the number 1; it must be a text, the reason to report
    --set purchase_gaps.max_gap_number=0: purchase_gaps.max_gap_number is the number 0; it must be a whole number of gaps from 1 to 1000
    --set purchase_gaps.max_gap_number=1001: purchase_gaps.max_gap_number is the number 1001; it must be a whole number of gaps from 1 to 1000
    --set purchase_gaps.bucket_days=0: purchase_gaps.bucket_days is the number 0; it must be a whole number of days from 1 to 36500
    --set purchase_gaps.bucket=7: unknown key "bucket" in [purchase_gaps]; did you mean "bucket_days"? Keys there: max_gap_number, bucket_days
    --set loyalty.window_days=0: loyalty.window_days is the number 0; it must be a whole number of days from 1 to 36500
    --set loyalty.orders=0: loyalty.orders is the number 0; it must be a whole number of orders from 1 to 100000
    --set loyalty.order=3: unknown key "order" in [loyalty]; did you mean "orders"? Keys there: window_days, orders
    --set lifetime.model=bgnbd: lifetime.model is "bgnbd"; did you mean "bg_nbd"? Allowed: bg_nbd, mbg_nbd, pareto_nbd
    --set lifetime.model=gamma_gamma: lifetime.model is "gamma_gamma". Allowed: bg_nbd, mbg_nbd, pareto_nbd
    --set lifetime.unit_days=0: lifetime.unit_days is the number 0; it must be a whole number of days from 1 to 36500
    --set lifetime.horizon_units=0: lifetime.horizon_units is the number 0; it must be a whole number of units from 1 to 10000
    --set lifetime.horizon_days=365: unknown key "horizon_days" in [lifetime]; did you mean "horizon_units"? Keys there: model, unit_days, horizon_units, horizon_months, annual_discount_rate, calibration_end
    --set lifetime.annual_discount_rate=10: lifetime.annual_discount_rate is the number 10; it must be a share from 0 to below 10, such as 0.1
    --set lifetime.annual_discount_rate=-0.1: lifetime.annual_discount_rate is the number -0.1; it must be a share from 0 to below 10, such as 0.1
    --set lifetime.annual_discount_rate=nan: lifetime.annual_discount_rate is the number NaN; it must be a share from 0 to below 10, such as 0.1
    --set lifetime.annual_discount_rate=10%: lifetime.annual_discount_rate is the text "10%"; it must be a share from 0 to below 10, such as 0.1
    --set lifetime.discount_rate=0.1: unknown key "discount_rate" in [lifetime]; did you mean "annual_discount_rate"? Keys there: model, unit_days, horizon_units, horizon_months, annual_discount_rate, calibration_end
    --set lifetime.calibration_end=2024: lifetime.calibration_end is the number 2024; it must be a date such as 2025-01-31
    --set lifetime.calibration_end=2024-01-01: lifetime.calibration_end is not between calendar.history_start and calendar.as_of, so there would be nothing to fit models to before it, or nothing to test them on after it
    --set lifetime.calibration_end=2024-01-01: lifetime.calibration_end is not between calendar.history_start and calendar.as_of, so there would be nothing to fit models to before it, or nothing to test them on after it
    --set winback.attribution_window_days=30: unknown key "winback" at the top level; did you mean "win_back"? Keys there: name, calendar, customers, inputs, lookups, money, segments, revenue, win_back, churn_reasons, lost_sales, carts, funnel, purchase_gaps, loyalty, product_returns, receivables, churn_indicators, lifetime, cross_sell, alerts, outputs, checks, records, state
    --set outputs.tables=["cohort_curve", "loyal"]: outputs.tables is "loyal"; did you mean "loyalty"? Allowed: EVERY TABLE
    --set outputs.tables=["cohort_curve", "churn_reasons"]: outputs.tables has "churn_reasons", which needs [inputs.surveys] with reason; this pipeline offers TABLES
    "#);
}

#[test]
fn mistakes_in_the_file_name_the_line() {
    let cases = [
        "nmae = \"x\"",
        "name = \"x\nname2 = 3",
        "name =",
        "name = \"a\"\nname = \"b\"",
        "[calendar\n",
        "[calender]\ngrains = [\"week\"]",
        "[calendar]\nlapse_after_days = 3",
        "[calendar]\ntables = []\nas_off = 3",
        "[calendar]\ngrains = [\n  \"month\",\n  \"weak\",\n]",
        "[calendar]\n\nweek_start = 1",
        "[segments.country]\ncol = \"x\"",
        "[segments]\na = 'x'\nb = { column = 'b', at = 'lst' }",
        "[inputs.order]\npath = \"x\"",
        "[lost_sales]\nrecovery_window = 3",
    ];
    let found = cases.map(|mistake| {
        let error = read(&format!("{mistake}\n{SMALL}"), &[]).unwrap_err();
        format!("{mistake}\n{error}")
    });
    insta::assert_snapshot!(found.join("\n\n"), @r#"
    nmae = "x"
    shop.toml:1: unknown key "nmae" at the top level; did you mean "name"? Keys there: name, calendar, customers, inputs, lookups, money, segments, revenue, win_back, churn_reasons, lost_sales, carts, funnel, purchase_gaps, loyalty, product_returns, receivables, churn_indicators, lifetime, cross_sell, alerts, outputs, checks, records, state

    name = "x
    name2 = 3
    shop.toml:1: this is not TOML: invalid basic string, expected `"`

    name =
    shop.toml:1: this is not TOML: string values must be quoted, expected literal string

    name = "a"
    name = "b"
    shop.toml:2: this is not TOML: duplicate key

    [calendar

    shop.toml:1: this is not TOML: unclosed table, expected `]`

    [calender]
    grains = ["week"]
    shop.toml:1: unknown key "calender" at the top level; did you mean "calendar"? Keys there: name, calendar, customers, inputs, lookups, money, segments, revenue, win_back, churn_reasons, lost_sales, carts, funnel, purchase_gaps, loyalty, product_returns, receivables, churn_indicators, lifetime, cross_sell, alerts, outputs, checks, records, state

    [calendar]
    lapse_after_days = 3
    shop.toml:2: unknown key "lapse_after_days" in [calendar]; it belongs in [customers]. Keys there: timezone, naive_times, week_start, fiscal_year_start, grains, as_of, history_start, max_k

    [calendar]
    tables = []
    as_off = 3
    shop.toml:2: unknown key "tables" in [calendar]; it belongs in [outputs]. Keys there: timezone, naive_times, week_start, fiscal_year_start, grains, as_of, history_start, max_k

    [calendar]
    grains = [
      "month",
      "weak",
    ]
    shop.toml:4: calendar.grains is "weak"; did you mean "week"? Allowed: day, week, month, quarter, year

    [calendar]

    week_start = 1
    shop.toml:3: calendar.week_start is the number 1; it must be a weekday such as "monday"

    [segments.country]
    col = "x"
    shop.toml:2: unknown key "col" in [segments.country]; did you mean "column"? Keys there: column, at

    [segments]
    a = 'x'
    b = { column = 'b', at = 'lst' }
    shop.toml:3: segments.b.at is "lst". Allowed: first, order

    [inputs.order]
    path = "x"
    shop.toml:1: unknown key "order" in [inputs]; did you mean "orders"? Keys there: orders, subscriptions, prospects, contacts, surveys, touchpoints, identities, opportunities, order_lines, returns, invoices, payments, engagement

    [lost_sales]
    recovery_window = 3
    shop.toml:2: unknown key "recovery_window" in [lost_sales]; did you mean "recovery_window_days"? Keys there: recovery_window_days, survey_window_days, stages, reasons
    "#);
}

#[test]
fn what_is_missing() {
    let cases = [
        "",
        "[inputs]",
        "[inputs.prospects]\npath = 'x'",
        "[inputs.orders]",
        "\n[inputs.orders]\npath = 'x'",
        "[inputs.orders]\npath = 'x'\ncustomer_id = 'x'",
        "[inputs.orders]\npath = 'x'\ncustomer_id = 'x'\nordered_at = 'x'",
        "[inputs.orders]\npath = 'x'\ncustomer_id = 'x'\nordered_at = 'x'\namount = 'x'",
    ];
    let messages = cases.map(|text| read(text, &[]).unwrap_err().to_string());
    insta::assert_snapshot!(messages.join("\n"), @r#"
    shop.toml: a pipeline has inputs; add [inputs.orders] or [inputs.subscriptions], or what there is without them, such as [inputs.invoices]
    shop.toml:1: a pipeline has inputs; add [inputs.orders] or [inputs.subscriptions], or what there is without them, such as [inputs.invoices]
    shop.toml:1: [inputs.prospects] needs "customer_id": an SQL expression that tells who was seen
    shop.toml:1: [inputs.orders] needs "path": a file, folder or glob that holds the orders
    shop.toml:2: [inputs.orders] needs "customer_id": an SQL expression that tells who ordered
    shop.toml:1: [inputs.orders] needs "ordered_at": an SQL expression that tells when it was placed
    shop.toml:1: [inputs.orders] needs "amount": an SQL expression that tells the value of the row, discounts taken off; below zero a refund
    shop.toml: [outputs] needs "path": the folder that the tables are written to
    "#);
}

#[test]
fn an_override_needs_a_key_and_a_value() {
    for argument in ["", "name", "=x", ".=x", "a..b=x", "a b=x", "#a=b"] {
        let message = Override::parse(argument).unwrap_err().to_string();
        let expected = "give a dotted key and a value, as in --set calendar.week_start=sunday";
        assert_eq!(message, format!("--set {argument}: {expected}"));
    }
}

#[test]
fn a_file_that_is_not_there() {
    let error = Pipeline::read(Path::new("no/such.toml"), &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot read the pipeline file no/such.toml: No such file or directory (os error 2)"
    );
}
