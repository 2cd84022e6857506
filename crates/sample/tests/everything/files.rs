//! The files by themselves and among each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use arrow::datatypes::{DataType, TimeUnit};
use chrono::NaiveDate;
use kohort_sample::{MAX_CUSTOMERS, SampleError, SampleOptions, generate_everything};

use crate::rows::{DAY, DEFAULT, END, FIRST, Sample};

const FILES: [&str; 11] = [
    "orders",
    "order_lines",
    "returns",
    "touchpoints",
    "identities",
    "opportunities",
    "invoices",
    "surveys",
    "engagement",
    "contacts",
    "prospects",
];

fn options(customers: u32, seed: u64) -> SampleOptions {
    SampleOptions { customers, seed, ..SampleOptions::for_everything() }
}

#[test]
fn seed_decides_every_byte() {
    let bytes = |seed| {
        let sample = Sample::make(&options(300, seed));
        let files = sample.report.files.iter();
        files.map(|file| fs::read(file).expect("a file of the report")).collect::<Vec<_>>()
    };
    let first = bytes(42);
    assert!(first == bytes(42), "the same seed gives the same bytes");
    let other = bytes(43);
    for (name, (one, other)) in FILES.iter().zip(first.iter().zip(&other)) {
        assert!(one != other, "another seed gives another {name}");
    }
}

#[test]
fn a_customer_is_the_same_in_a_larger_shop() {
    let (small, large) = (Sample::make(&options(100, 7)), Sample::make(&options(200, 7)));
    for name in FILES.iter().filter(|name| **name != "touchpoints") {
        let small = small.file(name);
        assert!(large.file(name).0.slice(0, small.len()) == small.0, "{name}");
    }
}

#[test]
fn columns_are_those_of_the_inputs() {
    let kind = |kind: &DataType| match kind {
        DataType::Timestamp(TimeUnit::Microsecond, None) => "time",
        DataType::Date32 => "day",
        DataType::Decimal128(18, 2) => "money",
        DataType::Utf8 => "text",
        DataType::Int64 => "int",
        DataType::Int32 => "score",
        DataType::Float64 => "float",
        other => panic!("{other}"),
    };
    for (file, expected) in [
        (
            "orders",
            "customer_id int, order_id int, ordered_at time, amount money, status text, \
             lost_reason text, country text, channel text",
        ),
        (
            "order_lines",
            "customer_id int, order_id int, ordered_at time, product text, category text, \
             units int, value money",
        ),
        (
            "returns",
            "customer_id int, order_id int, returned_at time, product text, units int, \
             value money, reason text",
        ),
        (
            "touchpoints",
            "visitor_id text, occurred_at time, step text, cart_id text, value money, \
             customer_id int",
        ),
        ("identities", "visitor_id text, customer_id int"),
        (
            "opportunities",
            "opportunity_id int, buyer int, created_at day, closed_at day, outcome text, \
             stage text, value money, reason text, competitor text",
        ),
        (
            "invoices",
            "invoice_id int, customer_id int, invoiced_at day, due_at day, paid_at day, \
             amount money",
        ),
        ("surveys", "customer_id int, answered_at day, score score, reason text"),
        ("engagement", "customer_id int, occurred_at time, kind text, value float"),
        (
            "contacts",
            "customer_id int, contacted_at day, campaign text, strategy text, variant text",
        ),
        ("prospects", "customer_id int, first_seen_at day"),
    ] {
        let schema = DEFAULT.file(file).0.schema();
        let columns = schema.fields().iter();
        let found: Vec<_> =
            columns.map(|field| format!("{} {}", field.name(), kind(field.data_type()))).collect();
        assert_eq!(found.join(", "), expected, "{file}");
    }
}

#[test]
fn the_report_counts_what_is_written() {
    let Sample { dir, report, files } = &*DEFAULT;
    let paths = FILES.map(|name| dir.path().join(format!("{name}.parquet")));
    assert_eq!(report.files, paths);
    assert_eq!(fs::read_dir(dir.path()).expect("the folder").count(), 11, "nothing else is left");
    let size = |path| fs::metadata(path).expect("a file").len();
    assert_eq!(report.bytes, paths.iter().map(size).sum::<u64>());
    assert_eq!(report.rows, files.values().map(|rows| rows.len() as u64).sum::<u64>());

    let people = files["prospects"].len() as u64;
    for (what, counted, reported) in [
        ("asked for", 8_000, report.customers),
        ("customers", DEFAULT.purchases().len() as u64, report.customers),
        ("prospects", people - report.customers, report.prospects),
        ("orders", files["orders"].len() as u64, report.orders),
        ("lines", files["order_lines"].len() as u64, report.lines),
        ("returns", files["returns"].len() as u64, report.returns),
        ("touchpoints", files["touchpoints"].len() as u64, report.touchpoints),
        ("identities", files["identities"].len() as u64, report.identities),
        ("opportunities", files["opportunities"].len() as u64, report.opportunities),
        ("invoices", files["invoices"].len() as u64, report.invoices),
        ("surveys", files["surveys"].len() as u64, report.surveys),
        ("engagement", files["engagement"].len() as u64, report.engagement),
        ("contacts", files["contacts"].len() as u64, report.contacts),
    ] {
        assert_eq!(counted, reported, "{what}");
    }
}

#[test]
fn few_orders_are_dirty() {
    let orders = DEFAULT.file("orders");
    let statuses = orders.texts("status");
    let mut dirty = 0;
    for (row, (customer, at)) in
        orders.some_ids("customer_id").iter().zip(orders.some_times("ordered_at")).enumerate()
    {
        let damages = [customer.is_none(), at.is_none(), statuses[row] == "???"];
        let damages = damages.into_iter().filter(|is_damaged| *is_damaged).count();
        assert!(damages <= 1, "row {row}");
        dirty += damages as u64;
    }
    assert_eq!(dirty, DEFAULT.report.dirty);
    assert!(dirty > 50 && dirty * 200 < DEFAULT.report.orders, "{dirty} dirty rows");
    let ids: BTreeSet<_> = orders.ids("order_id").into_iter().collect();
    assert_eq!(ids.len(), orders.len(), "no id twice");
    let statuses: BTreeSet<_> = statuses.into_iter().collect();
    let expected = ["???", "cancelled", "completed", "payment_failed", "pending", "refunded"];
    assert_eq!(statuses.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn everybody_is_known_and_everything_lies_within_the_history() {
    let sample = &*DEFAULT;
    let prospects = sample.file("prospects");
    let seen: BTreeMap<_, _> =
        prospects.ids("customer_id").into_iter().zip(prospects.days("first_seen_at")).collect();
    assert_eq!(seen.len(), prospects.len(), "everybody is first seen once");
    let days = |file, column: &str| sample.file(file).days(column).into_iter().map(Some).collect();
    for (file, who, when) in [
        ("orders", "customer_id", sample.file("orders").some_times("ordered_at")),
        ("order_lines", "customer_id", sample.file("order_lines").some_times("ordered_at")),
        ("returns", "customer_id", sample.file("returns").some_times("returned_at")),
        ("touchpoints", "customer_id", sample.file("touchpoints").some_times("occurred_at")),
        ("opportunities", "buyer", days("opportunities", "created_at")),
        ("opportunities", "buyer", sample.file("opportunities").some_days("closed_at")),
        ("invoices", "customer_id", days("invoices", "invoiced_at")),
        ("invoices", "customer_id", sample.file("invoices").some_days("paid_at")),
        ("surveys", "customer_id", days("surveys", "answered_at")),
        ("engagement", "customer_id", sample.file("engagement").some_times("occurred_at")),
        ("contacts", "customer_id", days("contacts", "contacted_at")),
        ("prospects", "customer_id", days("prospects", "first_seen_at")),
    ] {
        let people = sample.file(file).some_ids(who);
        let known = people.into_iter().zip(when).filter_map(|(who, at)| at.map(|at| (who, at)));
        for (who, at) in known {
            assert!((FIRST..END).contains(&at), "{file}: {at}");
            // A visit begins before it is in the day of the first sight.
            let seen = who.map_or(at, |who| seen[&who]);
            assert!(at >= seen - DAY, "{file}: {who:?} at {at}, first seen at {seen}");
        }
    }
    let identities = sample.file("identities");
    assert!(identities.ids("customer_id").iter().all(|customer| seen.contains_key(customer)));
    let touchpoints = sample.file("touchpoints");
    let visitors: BTreeSet<_> = touchpoints.texts("visitor_id").into_iter().collect();
    let known: BTreeSet<_> = identities.texts("visitor_id").into_iter().collect();
    assert_eq!(known.len(), identities.len(), "a visitor is one person");
    assert!(visitors.len() > known.len() * 4, "most visitors are unknown");
}

#[test]
fn lines_returns_refunds_and_purchases_go_with_orders() {
    let sample = &*DEFAULT;
    let orders = sample.file("orders");
    let (amounts, statuses) = (orders.cents("amount"), orders.texts("status"));
    let customers = orders.some_ids("customer_id");
    // By status: customer, time and amount.
    let mut by_status: BTreeMap<_, BTreeMap<_, i128>> = BTreeMap::new();
    for (row, at) in orders.some_times("ordered_at").into_iter().enumerate() {
        if let (Some(customer), Some(at)) = (customers[row], at) {
            let cents = amounts[row].expect("an amount");
            *by_status.entry(statuses[row]).or_default().entry((customer, at)).or_default() +=
                cents;
        }
    }
    let lines = sample.file("order_lines");
    let mut sums: BTreeMap<_, i128> = BTreeMap::new();
    let line_of = lines.ids("customer_id").into_iter().zip(lines.times("ordered_at"));
    for (order, cents) in line_of.zip(lines.cents("value")) {
        *sums.entry(order).or_default() += cents.expect("a value");
    }
    assert!(sums == by_status["completed"], "lines add up to orders");

    let returns = sample.file("returns");
    let mut refunds: BTreeMap<_, i128> = BTreeMap::new();
    let baskets = sample.baskets();
    let (products, units) = (returns.texts("product"), returns.ids("units"));
    let (customers, ids) = (returns.ids("customer_id"), returns.ids("order_id"));
    let values = returns.cents("value");
    for (row, at) in returns.times("returned_at").into_iter().enumerate() {
        let cents = values[row].expect("a value");
        assert!(cents > 0);
        *refunds.entry((customers[row], at)).or_default() -= cents;
        let lines = &baskets[&(customers[row], ids[row])];
        let line = lines.iter().find(|line| line.product == products[row]);
        let line = line.expect("what came back was bought");
        assert!((1..=line.units).contains(&units[row]), "{row}");
        assert!((1..=29).contains(&((at - line.at) / DAY)), "{row}");
    }
    assert!(refunds == by_status["refunded"], "returns add up to refunds");

    let touchpoints = sample.file("touchpoints");
    let steps = touchpoints.texts("step");
    let values = touchpoints.cents("value");
    let times = touchpoints.times("occurred_at");
    let customers = touchpoints.some_ids("customer_id");
    let carts = touchpoints.some_texts("cart_id");
    let mut purchases = 0;
    for row in 0..touchpoints.len() {
        let is_cart = matches!(steps[row], "cart" | "checkout" | "purchase");
        assert_eq!(carts[row].is_some(), is_cart, "row {row}");
        assert!(values[row].is_none() || is_cart, "row {row}");
        purchases += usize::from(steps[row] == "purchase");
        if let ("purchase", Some(customer)) = (steps[row], customers[row]) {
            let order = (customer, times[row]);
            let placed = ["completed", "pending"].map(|status| by_status[status].get(&order));
            let amount = placed.into_iter().flatten().next().expect("an order at that time");
            assert!(values[row].is_none_or(|value| value == *amount), "row {row}");
        }
    }
    assert_eq!(purchases, by_status["completed"].len() + by_status["pending"].len());
}

#[test]
fn small_shops_work() {
    for (customers, months, end) in [
        (0, 3, "2025-01-01"),
        (1, 1, "2025-01-01"),
        (50, 1, "2024-03-31"),
        (50, 2, "2024-03-15"),
        (50, 30, "2024-02-29"),
        (10, 1, "1970-02-01"),
        (10, 120, "2099-01-01"),
    ] {
        let end: NaiveDate = end.parse().expect("a date");
        let options = SampleOptions { end, months, ..options(customers, 42) };
        let sample = Sample::make(&options);
        let case = format!("{customers} customers, {months} months until {end}");
        assert_eq!(sample.report.customers, u64::from(customers), "{case}");
        assert_eq!(sample.purchases().len(), customers as usize, "{case}");
    }
}

#[test]
fn refusals_are_named() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let refuse = |dir: &Path, options: &SampleOptions| {
        generate_everything(dir, options).expect_err("a refusal")
    };
    let error = refuse(dir.path(), &SampleOptions { months: 0, ..options(1, 1) });
    assert!(matches!(error, SampleError::Period { months: 0, .. }), "{error:?}");
    let error = refuse(dir.path(), &options(MAX_CUSTOMERS + 1, 1));
    assert!(matches!(error, SampleError::TooManyCustomers { .. }), "{error:?}");
    let in_the_way = dir.path().join("file");
    fs::write(&in_the_way, "not a folder").expect("a file");
    let error = refuse(&in_the_way, &options(1, 1));
    assert!(matches!(error, SampleError::Folder { .. }), "{error:?}");
}
