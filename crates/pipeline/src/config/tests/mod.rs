use std::path::Path;

use super::*;

mod checks;
mod histories;
mod hostile;
mod lookups;
mod mistakes;
mod no_history;
mod outputs;
mod places;
mod records;
mod selection;
mod side_inputs;

/// The smallest pipeline file that follows orders; the tests add to it.
const SMALL: &str = r#"
[inputs.orders]
path = "orders/*.parquet"
customer_id = "customer"
ordered_at = "day"
amount = "price * units"

[outputs]
path = "out"
"#;

/// The smallest one that follows subscriptions.
const SUBSCRIBERS: &str = r#"
[inputs.subscriptions]
path = "contracts.parquet"
subscription_id = "contract"
customer_id = "customer"
started_at = "from_day"
ended_at = "to_day"
amount = "price"
interval = "'month'"

[outputs]
path = "out"
"#;

/// Every further input, as overrides.
const PROSPECTS: &str =
    r#"inputs.prospects={ path = "p", customer_id = "c", first_seen_at = "f" }"#;
const CONTACTS: &str = r#"inputs.contacts={ path = "k", customer_id = "c", contacted_at = "t" }"#;
const SURVEYS: &str =
    r#"inputs.surveys={ path = "s", customer_id = "c", answered_at = "t", reason = "r" }"#;

fn read(text: &str, overrides: &[Override]) -> Result<Pipeline, ConfigError> {
    let environment = |name: &str| match name {
        "DATA" => Some("/data".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    };
    let (file, absolute) = (Path::new("shop.toml"), Path::new("/home/shop/shop.toml"));
    Pipeline::parse(text, file, absolute, overrides, &environment)
}

fn sets(arguments: &[&str]) -> Vec<Override> {
    arguments.iter().map(|argument| Override::parse(argument).unwrap()).collect()
}

fn small(arguments: &[&str]) -> Pipeline {
    read(SMALL, &sets(arguments)).unwrap_or_else(|error| panic!("{arguments:?}: {error}"))
}

fn orders(pipeline: &Pipeline) -> &MappedInput {
    pipeline.input(Input::Orders).unwrap()
}

fn listed(pipeline: &Pipeline) -> String {
    let settings = pipeline.settings();
    let lines: Vec<_> = settings.iter().map(|(key, value)| format!("{key}: {value}")).collect();
    lines.join("\n")
}

#[test]
fn defaults() {
    let pipeline = small(&[]);
    assert_eq!(pipeline.file, Path::new("/home/shop/shop.toml"));
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
    segments.max_segment_values: 1000
    lost_sales.recovery_window_days: 30
    purchase_gaps.max_gap_number: 10
    purchase_gaps.bucket_days: 7
    loyalty.window_days: 365
    loyalty.orders: 3
    customers.at_risk_ratio: 2
    customers.at_risk_score: 0.5
    customers.risk_window: lapse
    lifetime.model: bg_nbd
    lifetime.unit_days: 7
    lifetime.horizon_units: 52
    lifetime.annual_discount_rate: 0.1
    alerts.churn_rate.unusual: above
    alerts.churn_rate.grain: month
    outputs.path: /home/shop/out
    outputs.tables: ["cohort_retention", "cohort_curve", "customer_retention", "revenue_churn", "win_back", "lost_sales", "purchase_gaps", "purchase_gap_histogram", "loyalty", "clv_models", "clv_holdout", "scorecard", "alerts"]
    checks.max_rejected: 0.01
    checks.unique_order_ids: false
    "#);
    let pipeline = read(SUBSCRIBERS, &[]).unwrap();
    insta::assert_snapshot!(listed(&pipeline), @r#"
    name: shop
    calendar.timezone: UTC
    calendar.week_start: monday
    calendar.fiscal_year_start: 1
    calendar.grains: ["month"]
    revenue.window.month: 1
    customers.reactivation_gap_days: 0
    inputs.subscriptions.path: ["/home/shop/contracts.parquet"]
    inputs.subscriptions.customer_id: customer
    inputs.subscriptions.subscription_id: contract
    inputs.subscriptions.started_at: from_day
    inputs.subscriptions.ended_at: to_day
    inputs.subscriptions.amount: price
    inputs.subscriptions.interval: 'month'
    inputs.subscriptions.scale: 2
    inputs.subscriptions.deduplicate: false
    segments.max_segment_values: 1000
    customers.at_risk_score: 0.5
    lifetime.horizon_months: 12
    lifetime.annual_discount_rate: 0.1
    alerts.churn_rate.above: 0.07
    alerts.churn_rate.grain: month
    outputs.path: /home/shop/out
    outputs.tables: ["cohort_retention", "cohort_curve", "customer_retention", "revenue_churn", "revenue_events", "win_back", "clv_models", "scorecard", "alerts"]
    checks.max_rejected: 0.01
    "#);
}

#[test]
fn every_key() {
    let text = r#"
name = "shop of ${NAME:-all}"
[calendar]
timezone = "Europe/London"
naive_times = "UTC"
week_start = "sunday"
fiscal_year_start = 4
grains = ["year", "week", "month"]
as_of = 2025-01-01
history_start = "2020-02-29"
max_k = 24
[customers]
lapse_after_days = "auto"
activity = "any"
at_risk_ratio = 1.5
[inputs.orders]
path = ["${DATA}/a/*.parquet", "../b"]
customer_id = "c"
order_id = "o"
ordered_at = "t"
amount = "a"
rows = "orders"
updated_at = "u"
status = "s"
completed = ["paid", "shipped"]
lost = ["failed"]
open = "pending"
ignored = ["test"]
lost_reason = "r"
where = "s <> '$${x}'"
scale = 3
currency = "cur"
rates = "rates.csv"
deduplicate = true
[inputs.prospects]
path = "prospects.parquet"
customer_id = "c"
first_seen_at = "seen"
where = "seen > '2000-01-01'"
[inputs.contacts]
path = "contacts.parquet"
customer_id = "c"
contacted_at = "sent"
campaign = "camp"
strategy = "strat"
variant = "v"
holdout = ["control", "nobody"]
where = "bounced IS NULL"
[inputs.surveys]
path = ["surveys/a.parquet", "surveys/b.parquet"]
customer_id = "c"
answered_at = "at"
reason = "why"
where = "why <> ''"
timezone = "America/New_York"
[segments]
max_segment_values = 50
country = { column = "Country", at = "order" }
basket = "CASE WHEN a > 100 THEN 'big' ELSE 'small' END"
[revenue]
window = { month = "1 quarter", week = "14 days" }
[lost_sales]
recovery_window_days = 7
reasons = { "too expensive" = "price", "broken" = "product" }
[win_back]
prospect_after_days = 45
attribution_window_days = 0
[churn_reasons]
survey_window_days = 14
reasons = { "Too dear" = "price" }
[purchase_gaps]
max_gap_number = 3
bucket_days = 30
[loyalty]
window_days = 180
orders = 5
[lifetime]
model = "pareto_nbd"
unit_days = 1
horizon_units = 365
annual_discount_rate = 0
calibration_end = 2024-01-01
[outputs]
path = "/out/./shop"
tables = ["clv_holdout", "customers", "churn_reasons", "lost_sales", "cohort_curve"]
[checks]
max_rejected = 0
unique_order_ids = true
"#;
    insta::assert_snapshot!(listed(&read(text, &[]).unwrap()), @r#"
    name: shop of all
    calendar.timezone: Europe/London
    calendar.naive_times: UTC
    calendar.week_start: sunday
    calendar.fiscal_year_start: 4
    calendar.grains: ["week", "month", "year"]
    calendar.as_of: 2025-01-01
    calendar.history_start: 2020-02-29
    calendar.max_k.week: 24
    revenue.window.week: 2
    calendar.max_k.month: 24
    revenue.window.month: 3
    calendar.max_k.year: 24
    revenue.window.year: 1
    customers.lapse_after_days: auto
    customers.activity: any
    inputs.orders.path: ["/data/a/*.parquet", "/home/b"]
    inputs.orders.customer_id: c
    inputs.orders.order_id: o
    inputs.orders.ordered_at: t
    inputs.orders.amount: a
    inputs.orders.updated_at: u
    inputs.orders.status: s
    inputs.orders.completed: ["paid", "shipped"]
    inputs.orders.lost: ["failed"]
    inputs.orders.open: ["pending"]
    inputs.orders.ignored: ["test"]
    inputs.orders.lost_reason: r
    inputs.orders.rows: orders
    inputs.orders.where: s <> '${x}'
    inputs.orders.scale: 3
    inputs.orders.currency: cur
    inputs.orders.rates: /home/shop/rates.csv
    inputs.orders.deduplicate: true
    inputs.prospects.path: ["/home/shop/prospects.parquet"]
    inputs.prospects.customer_id: c
    inputs.prospects.first_seen_at: seen
    inputs.prospects.where: seen > '2000-01-01'
    inputs.contacts.path: ["/home/shop/contacts.parquet"]
    inputs.contacts.customer_id: c
    inputs.contacts.contacted_at: sent
    inputs.contacts.campaign: camp
    inputs.contacts.strategy: strat
    inputs.contacts.variant: v
    inputs.contacts.holdout: ["control", "nobody"]
    inputs.contacts.where: bounced IS NULL
    inputs.surveys.path: ["/home/shop/surveys/a.parquet", "/home/shop/surveys/b.parquet"]
    inputs.surveys.customer_id: c
    inputs.surveys.answered_at: at
    inputs.surveys.reason: why
    inputs.surveys.where: why <> ''
    inputs.surveys.timezone: America/New_York
    segments.max_segment_values: 50
    segments.basket.column: CASE WHEN a > 100 THEN 'big' ELSE 'small' END
    segments.basket.at: first
    segments.country.column: Country
    segments.country.at: order
    win_back.prospect_after_days: 45
    win_back.attribution_window_days: 0
    churn_reasons.survey_window_days: 14
    churn_reasons.reasons."Too dear": price
    lost_sales.recovery_window_days: 7
    lost_sales.reasons."broken": product
    lost_sales.reasons."too expensive": price
    purchase_gaps.max_gap_number: 3
    purchase_gaps.bucket_days: 30
    loyalty.window_days: 180
    loyalty.orders: 5
    customers.at_risk_ratio: 1.5
    customers.at_risk_score: 0.5
    customers.risk_window: lapse
    lifetime.model: pareto_nbd
    lifetime.unit_days: 1
    lifetime.horizon_units: 365
    lifetime.annual_discount_rate: 0
    lifetime.calibration_end: 2024-01-01
    alerts.churn_rate.unusual: above
    alerts.churn_rate.grain: month
    outputs.path: /out/shop
    outputs.tables: ["cohort_curve", "churn_reasons", "lost_sales", "customers", "clv_holdout"]
    checks.max_rejected: 0
    checks.unique_order_ids: true
    "#);
}

#[test]
fn the_digest_is_of_the_settings() {
    let tables = small(&[]).tables;
    let spelled_out = format!("# a comment\nname = 'shop'\n{SMALL}\ntables = {tables:?}");
    assert_eq!(read(&spelled_out, &[]).unwrap().digest(), small(&[]).digest());
    for setting in
        ["inputs.orders.scale=3", "inputs.orders.timezone=UTC", "calendar.naive_times=UTC"]
    {
        assert_ne!(small(&[setting]).digest(), small(&[]).digest(), "{setting}");
    }
    assert_eq!(small(&["inputs.orders.scale=2"]).digest(), small(&[]).digest());
}

#[test]
fn zones_of_times_without_one() {
    // Settings, and the zones of orders and of contacts.
    let cases: [(&[&str], [Option<Tz>; 2]); 5] = [
        (&[], [None, None]),
        (&["calendar.timezone=Europe/London"], [None, None]),
        (&["calendar.naive_times=UTC"], [Some(Tz::UTC), Some(Tz::UTC)]),
        (
            &["calendar.naive_times=UTC", "inputs.orders.timezone=America/New_York"],
            [Some(Tz::America__New_York), Some(Tz::UTC)],
        ),
        (&["inputs.contacts.timezone=Asia/Tokyo"], [None, Some(Tz::Asia__Tokyo)]),
    ];
    for (settings, expected) in cases {
        let pipeline = small(&[&[CONTACTS][..], settings].concat());
        let found: Vec<_> =
            crate::sources::sources(&pipeline).iter().map(|source| source.naive_times).collect();
        assert_eq!(found, expected, "{settings:?}");
    }
}

#[test]
fn overrides() {
    let name = |argument: &str| small(&[argument]).name;
    for (argument, expected) in [
        ("name=plain", "plain"),
        ("name = spaced out ", "spaced out"),
        ("name=\"quoted\"", "quoted"),
        ("name='single'", "single"),
        ("name=a = b # c", "a = b # c"),
        ("name=[not a list", "[not a list"),
        ("\"name\"=key", "key"),
        ("name=${DATA}", "/data"),
        ("name=${NO:-x}${EMPTY:-y}${EMPTY}", "xy"),
        ("name=$${DATA} $5 ${DATA}$", "${DATA} $5 /data$"),
    ] {
        assert_eq!(name(argument), expected, "{argument}");
    }
    let pipeline = small(&[
        "calendar.grains=week",
        "calendar.grains=[\"day\", \"week\"]",
        "calendar.as_of=2024-02-29",
        "customers.lapse_after_days=30",
        "inputs.orders.status=s",
        "inputs.orders.completed=[\"paid\"]",
        "inputs.orders.lost=failed",
        "inputs.orders.lost_reason=reason",
        "lost_sales.reasons.\"too expensive\"=price",
        "segments.country=Country",
        "segments.country={column=\"Land\", at=\"order\"}",
    ]);
    let grains: Vec<_> = pipeline.grains.iter().map(|g| (g.grain, g.max_k)).collect();
    assert_eq!(grains, [(Grain::Day, Some(400)), (Grain::Week, Some(400))]);
    assert_eq!(pipeline.as_of.unwrap().to_string(), "2024-02-29");
    assert_eq!(pipeline.lapse_after, Lapse::Days(30));
    assert_eq!(orders(&pipeline).column("status").unwrap().lists[1].texts, ["failed"]);
    assert_eq!(
        pipeline.renamed("lost_sales.reasons"),
        [("too expensive".to_owned(), "price".to_owned())]
    );
    assert_eq!(pipeline.segments[0].column, "Land");
}

#[test]
fn flags_are_taken_as_they_stand() {
    let pipeline = read(
        SMALL,
        &[
            Override::flag("--as-of", "calendar.as_of", "2024-03-01"),
            Override::flag("--output", "outputs.path", "/tmp/${DATA}/o"),
            Override::flag_list(
                "--select",
                "outputs.tables",
                &["revenue_churn".to_owned(), "cohort_curve".to_owned()],
            ),
        ],
    )
    .unwrap();
    assert_eq!(pipeline.as_of.unwrap().to_string(), "2024-03-01");
    assert_eq!(pipeline.output, Path::new("/tmp/${DATA}/o"));
    assert_eq!(pipeline.tables, ["cohort_curve", "revenue_churn"]);

    let wrong = |argument| {
        mistakes::without_lists_of_tables(&read(SMALL, &[argument]).unwrap_err().to_string())
    };
    insta::assert_snapshot!(
        wrong(Override::flag("--as-of", "calendar.as_of", "yesterday")), @r#"--as-of yesterday: calendar.as_of is the text "yesterday"; it must be a date such as 2025-01-31"#);
    insta::assert_snapshot!(
        wrong(Override::flag_list("--select", "outputs.tables", &["lost_sale".to_owned()])), @r#"--select lost_sale: outputs.tables is "lost_sale"; did you mean "lost_sales"? Allowed: EVERY TABLE"#);
}

#[test]
fn windows() {
    let all = "calendar.grains=[\"day\", \"week\", \"month\", \"quarter\", \"year\"]";
    for (window, expected) in [
        // A year, where nothing is said or what is said does not fit.
        ("", [365, 52, 12, 4, 1]),
        ("1 month", [365, 52, 1, 4, 1]),
        ("1 day", [1, 52, 12, 4, 1]),
        ("28 days", [28, 4, 12, 4, 1]),
        ("2 weeks", [14, 2, 12, 4, 1]),
        ("1 quarter", [365, 52, 3, 1, 1]),
        ("12 months", [365, 52, 12, 4, 1]),
        ("2 years", [365, 52, 24, 8, 2]),
        ("18 months", [365, 52, 18, 6, 1]),
        ("{ day = \"7 days\", year = \"2 years\" }", [7, 52, 12, 4, 2]),
        ("{ month = \"1 month\", week = \"4 weeks\" }", [365, 4, 1, 4, 1]),
    ] {
        let set = format!("revenue.window={window}");
        let arguments = [all, &set];
        let pipeline = small(if window.is_empty() { &arguments[..1] } else { &arguments });
        let found: Vec<_> = pipeline.grains.iter().map(|grain| grain.revenue_window).collect();
        assert_eq!(found, expected, "{window}");
    }
}

#[test]
fn the_pipelines_of_the_repository_are_right() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../pipelines");
    for entry in fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().path();
        if file.is_dir() {
            continue;
        }
        if let Err(error) = Pipeline::read(&file, &[]) {
            panic!("{error}");
        }
    }
}

#[test]
fn paths_are_relative_to_the_files_folder() {
    let folder = tempfile::tempdir().unwrap();
    let real = folder.path().canonicalize().unwrap();
    fs::create_dir(real.join("pipelines")).unwrap();
    fs::write(real.join("pipelines/shop.toml"), SMALL).unwrap();
    let file = folder.path().join("pipelines/../pipelines/shop.toml");
    for (path, expected) in [
        ("../data/*.parquet", real.join("data/*.parquet")),
        ("../../x", real.parent().unwrap().join("x")),
        ("./a/../b/", real.join("pipelines/a/../b")),
        ("/data", "/data".into()),
    ] {
        let argument = Override::parse(&format!("inputs.orders.path={path}")).unwrap();
        let pipeline = Pipeline::read(&file, &[argument]).unwrap();
        assert_eq!(orders(&pipeline).paths, [expected], "{path}");
    }
}
