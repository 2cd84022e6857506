//! What a sample of subscriptions looks like from outside: read back from its files, and held
//! against what is planted in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::Path;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, Decimal128Type, Int64Type};
use chrono::{Datelike, Days, Months, NaiveDate};
use kohort_sample::{
    MAX_CUSTOMERS, PLANTED, SampleError, SampleOptions, SubscriptionReport, generate_subscriptions,
};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tempfile::TempDir;

const FILES: [&str; 5] = ["subscriptions", "prospects", "contacts", "surveys", "orders"];
const GAP: Days = Days::new(14);

/// A row of `subscriptions.parquet`.
#[derive(Debug, Clone)]
struct Span {
    subscription: String,
    customer: i64,
    started: NaiveDate,
    ended: Option<NaiveDate>,
    cents: i128,
    interval: String,
    plan: String,
    country: Option<String>,
    cancelled: Option<NaiveDate>,
    reason: Option<String>,
    is_involuntary: bool,
    is_trial: bool,
}

/// A row of `contacts.parquet`.
#[derive(Debug)]
struct Contact {
    customer: i64,
    at: NaiveDate,
    campaign: String,
    strategy: String,
    variant: String,
}

/// Without a gap of more than a fortnight.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Spell {
    started: NaiveDate,
    ended: Option<NaiveDate>,
}

/// A sample's files, read back.
struct Sample {
    dir: TempDir,
    report: SubscriptionReport,
    spans: Vec<Span>,
    seen: BTreeMap<i64, NaiveDate>,
    contacts: Vec<Contact>,
    answers: Vec<(i64, NaiveDate, String)>,
    orders: BTreeMap<i64, Vec<(NaiveDate, i128)>>,
}

/// What is left when some rows of a customer's subscriptions are read as spells.
fn spells<'a>(spans: impl IntoIterator<Item = &'a Span>) -> BTreeMap<i64, Vec<Spell>> {
    let mut spells: BTreeMap<i64, Vec<Spell>> = BTreeMap::new();
    for span in spans.into_iter().filter(|span| !span.is_trial) {
        let spells = spells.entry(span.customer).or_default();
        match spells.last_mut() {
            Some(last) if last.ended.is_none_or(|ended| span.started <= ended + GAP) => {
                last.ended = last.ended.zip(span.ended).map(|(one, other)| one.max(other));
            }
            _ => spells.push(Spell { started: span.started, ended: span.ended }),
        }
    }
    spells
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn options(customers: u32, seed: u64) -> SampleOptions {
    SampleOptions { customers, seed, ..SampleOptions::for_subscriptions() }
}

/// The text of a column, its dates, ..., by row.
struct Rows(RecordBatch);

impl Rows {
    fn read(path: &Path) -> impl Iterator<Item = Self> {
        let file = File::open(path).expect("a file of the report");
        let reader = ParquetRecordBatchReaderBuilder::try_new(file)
            .and_then(ParquetRecordBatchReaderBuilder::build)
            .expect("a Parquet file");
        reader.map(|batch| Self(batch.expect("a readable batch")))
    }

    fn column(&self, name: &str) -> &dyn Array {
        self.0.column_by_name(name).expect(name)
    }

    fn text(&self, name: &str, row: usize) -> Option<String> {
        let column = self.column(name).as_string::<i32>();
        column.is_valid(row).then(|| column.value(row).to_owned())
    }

    fn day(&self, name: &str, row: usize) -> Option<NaiveDate> {
        let column = self.column(name).as_primitive::<Date32Type>();
        column.is_valid(row).then(|| column.value_as_date(row).expect("a day of the calendar"))
    }

    fn id(&self, row: usize) -> i64 {
        self.column("customer_id").as_primitive::<Int64Type>().value(row)
    }

    fn cents(&self, row: usize) -> i128 {
        self.column("amount").as_primitive::<Decimal128Type>().value(row)
    }

    fn flag(&self, name: &str, row: usize) -> bool {
        self.column(name).as_boolean().value(row)
    }

    fn each(path: &Path, mut read: impl FnMut(&Self, usize)) {
        for rows in Self::read(path) {
            (0..rows.0.num_rows()).for_each(|row| read(&rows, row));
        }
    }
}

fn sample(options: &SampleOptions) -> Sample {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let report = generate_subscriptions(dir.path(), options).expect("a sample");
    let [spans_file, seen_file, contacts_file, answers_file, orders_file] =
        FILES.map(|name| dir.path().join(format!("{name}.parquet")));
    let (mut spans, mut contacts, mut answers) = (Vec::new(), Vec::new(), Vec::new());
    let mut seen = BTreeMap::new();
    let mut orders: BTreeMap<i64, Vec<_>> = BTreeMap::new();
    Rows::each(&spans_file, |rows, row| {
        spans.push(Span {
            subscription: rows.text("subscription_id", row).expect("an id"),
            customer: rows.id(row),
            started: rows.day("started_at", row).expect("a start"),
            ended: rows.day("ended_at", row),
            cents: rows.cents(row),
            interval: rows.text("interval", row).expect("an interval"),
            plan: rows.text("plan", row).expect("a plan"),
            country: rows.text("country", row),
            cancelled: rows.day("cancelled_at", row),
            reason: rows.text("cancel_reason", row),
            is_involuntary: rows.flag("involuntary", row),
            is_trial: rows.flag("trial", row),
        });
    });
    Rows::each(&seen_file, |rows, row| {
        let first = seen.insert(rows.id(row), rows.day("first_seen_at", row).expect("a day"));
        assert_eq!(first, None, "everybody is first seen once");
    });
    Rows::each(&contacts_file, |rows, row| {
        contacts.push(Contact {
            customer: rows.id(row),
            at: rows.day("contacted_at", row).expect("a day"),
            campaign: rows.text("campaign", row).expect("a campaign"),
            strategy: rows.text("strategy", row).expect("a strategy"),
            variant: rows.text("variant", row).expect("a variant"),
        });
    });
    Rows::each(&answers_file, |rows, row| {
        let at = rows.day("answered_at", row).expect("a day");
        answers.push((rows.id(row), at, rows.text("reason", row).expect("a reason")));
    });
    Rows::each(&orders_file, |rows, row| {
        let order = (rows.day("ordered_at", row).expect("a day"), rows.cents(row));
        orders.entry(rows.id(row)).or_default().push(order);
    });
    Sample { dir, report, spans, seen, contacts, answers, orders }
}

#[expect(clippy::cast_precision_loss, reason = "counts of a sample")]
fn float(count: usize) -> f64 {
    count as f64
}

/// A share of `n`, within four standard errors.
fn assert_share(what: &str, part: usize, n: usize, expected: f64) {
    let (share, n) = (float(part) / float(n), float(n));
    let error = (expected * (1.0 - expected) / n).sqrt();
    assert!(
        (share - expected).abs() < 4.0 * error,
        "{what}: {share:.4} of {n}, planted {expected:.4} ± {error:.4}"
    );
}

fn assert_near(what: &str, value: f64, expected: f64, tolerance: f64) {
    assert!(
        (value - expected).abs() < tolerance,
        "{what}: {value:.4}, planted {expected:.4} ± {tolerance:.4}"
    );
}

#[test]
fn seed_decides_every_byte() {
    let bytes = |seed| {
        let sample = sample(&options(500, seed));
        let files = &sample.report.files;
        files.iter().map(|file| fs::read(file).expect("a file of the report")).collect::<Vec<_>>()
    };
    let first = bytes(42);
    assert!(first == bytes(42), "the same seed gives the same bytes");
    let other = bytes(43);
    for (name, (one, other)) in FILES.iter().zip(first.iter().zip(&other)) {
        assert!(one != other, "another seed gives another {name}");
    }
}

#[test]
fn a_customer_is_the_same_in_a_larger_business() {
    let told = |customers| {
        let sample = sample(&options(customers, 42));
        let spans: Vec<_> = sample.spans.iter().take(200).map(|span| format!("{span:?}")).collect();
        let orders: Vec<_> = sample.orders.into_iter().take(100).collect();
        (spans, orders)
    };
    assert!(told(200) == told(400));
}

#[test]
fn the_report_counts_what_is_written() {
    let Sample { dir, report, spans, seen, contacts, answers, orders } = sample(&options(5_000, 1));
    let paths = FILES.map(|name| dir.path().join(format!("{name}.parquet")));
    assert_eq!(report.files, paths);
    assert_eq!(fs::read_dir(dir.path()).expect("the folder").count(), 5, "nothing else is left");
    let size = |path| fs::metadata(path).expect("a file").len();
    assert_eq!(report.bytes, paths.iter().map(size).sum::<u64>());

    let payers = spells(&spans).len() as u64;
    let order_rows = orders.values().map(Vec::len).sum::<usize>() as u64;
    for (what, counted, reported) in [
        ("asked for", 5_000, report.customers),
        ("customers", payers, report.customers),
        ("prospects", seen.len() as u64 - payers, report.prospects),
        ("spans", spans.len() as u64, report.spans),
        ("contacts", contacts.len() as u64, report.contacts),
        ("surveys", answers.len() as u64, report.surveys),
        ("orders", order_rows, report.orders),
        ("shoppers", orders.len() as u64, report.customers),
        (
            "rows",
            report.spans + seen.len() as u64 + report.contacts + report.surveys + report.orders,
            report.rows,
        ),
    ] {
        assert_eq!(counted, reported, "{what}");
    }
    assert_share("prospects", seen.len() - 5_000, seen.len(), 0.2);
}

#[test]
fn spans_keep_their_promises() {
    let Sample { spans, seen, .. } = sample(&options(5_000, 2));
    let (first_day, end) = (day("2022-01-01"), day("2025-01-01"));
    let prices: BTreeMap<_, _> = [
        (("basic", "month"), 990),
        (("basic", "quarter"), 2_790),
        (("basic", "year"), 9_900),
        (("plus", "month"), 1_990),
        (("plus", "quarter"), 5_490),
        (("plus", "year"), 19_900),
        (("pro", "month"), 4_990),
        (("pro", "quarter"), 13_990),
        (("pro", "year"), 49_900),
    ]
    .into();
    for span in &spans {
        assert!((first_day..end).contains(&span.started), "{span:?}");
        assert!(span.ended.is_none_or(|ended| ended > span.started), "{span:?}");
        let is_known = span.ended.is_none_or(|ended| ended < end);
        assert!(is_known || span.is_trial || span.cancelled.is_some_and(|at| at < end), "{span:?}");
        assert_eq!(span.cents, prices[&(span.plan.as_str(), span.interval.as_str())], "{span:?}");
        assert!(seen[&span.customer] <= span.started, "{span:?}");
        if let Some(cancelled) = span.cancelled {
            let notice = span.ended.expect("a cancelled span ends") - cancelled;
            assert!((0..=20).contains(&notice.num_days()), "{span:?}");
            assert!(span.started <= cancelled, "{span:?}");
            assert!(!span.is_trial, "{span:?}");
        } else {
            assert!(span.reason.is_none() && !span.is_involuntary, "{span:?}");
        }
    }
    let order = |span: &Span| (span.customer, span.started);
    assert!(spans.is_sorted_by_key(order), "by customer and time");

    let count = |wanted: &dyn Fn(&Span) -> bool| spans.iter().filter(|span| wanted(span)).count();
    for (what, found) in [
        ("open", count(&|span| span.ended.is_none())),
        ("cancelled but not ended", count(&|span| span.ended.is_some_and(|ended| ended >= end))),
        ("involuntary", count(&|span| span.is_involuntary)),
        ("too expensive", count(&|span| span.reason.as_deref() == Some("too_expensive"))),
        ("on a break", count(&|span| span.reason.as_deref() == Some("taking_a_break"))),
        ("no reason", count(&|span| span.cancelled.is_some() && span.reason.is_none())),
        ("yearly", count(&|span| span.interval == "year")),
        ("no country", count(&|span| span.country.is_none())),
    ] {
        assert!(found > 20, "{what}: {found}");
    }
}

#[test]
fn trials_precede_the_first_payment() {
    let Sample { spans, .. } = sample(&options(5_000, 3));
    let mut by_customer: BTreeMap<i64, Vec<&Span>> = BTreeMap::new();
    for span in &spans {
        by_customer.entry(span.customer).or_default().push(span);
    }
    let (mut tried, mut paid, mut only_tried) = (0, 0, 0);
    for spans in by_customer.values() {
        let is_trial = spans[0].is_trial;
        assert!(spans[1..].iter().all(|span| !span.is_trial), "{spans:?}");
        if let Some(second) = spans.get(1).filter(|_| is_trial) {
            assert_eq!(spans[0].ended, Some(second.started), "{spans:?}");
            assert_eq!(spans[0].subscription, second.subscription, "{spans:?}");
            assert_eq!(second.started - spans[0].started, chrono::Duration::days(14));
        }
        tried += usize::from(is_trial && spans.len() > 1);
        only_tried += usize::from(is_trial && spans.len() == 1);
        paid += usize::from(spans.iter().any(|span| !span.is_trial));
    }
    assert!(tried * 4 > paid && tried * 3 < paid, "{tried} of {paid} tried first");
    assert!(only_tried > 200, "{only_tried} only tried");
}

#[test]
fn subscriptions_change_pause_and_come_in_pairs() {
    let Sample { spans, .. } = sample(&options(5_000, 4));
    let mut by_subscription: BTreeMap<&str, Vec<&Span>> = BTreeMap::new();
    for span in spans.iter().filter(|span| !span.is_trial) {
        by_subscription.entry(&span.subscription).or_default().push(span);
    }
    let (mut up, mut down, mut to_year, mut mid_month) = (0, 0, 0, 0);
    let (mut pauses, mut breaks) = (0, 0);
    for pair in by_subscription.values().flat_map(|spans| spans.windows(2)) {
        let [one, next] = pair else { unreachable!("windows of two") };
        let ended = one.ended.expect("only the last span of a subscription is open");
        let same = one.plan == next.plan && one.interval == next.interval;
        match (next.started - ended).num_days() {
            0 => {
                assert!(!same && one.cancelled.is_none(), "{pair:?}");
                up += usize::from(next.plan > one.plan);
                down += usize::from(next.plan < one.plan);
                to_year += usize::from(next.interval != one.interval);
                mid_month += usize::from(next.started.day() != 1);
            }
            3..=12 => pauses += usize::from(one.cancelled.is_none() && same),
            32..=75 => breaks += usize::from(one.reason.as_deref() == Some("taking_a_break")),
            gap => panic!("a gap of {gap} days: {pair:?}"),
        }
    }
    let both = |one: &Span, other: &Span| {
        one.customer == other.customer
            && one.subscription != other.subscription
            && one.ended.is_none_or(|ended| other.started < ended)
    };
    let pairs = spans.windows(2).filter(|pair| both(&pair[0], &pair[1])).count();
    for (what, found) in [
        ("upgrades", up),
        ("downgrades", down),
        ("to a year", to_year),
        ("mid-month", mid_month),
        ("pauses", pauses),
        ("breaks", breaks),
        ("second subscriptions", pairs),
    ] {
        assert!(found > 50, "{what}: {found}");
    }
}

#[test]
fn first_spells_end_as_planted() {
    let Sample { spans, .. } = sample(&options(20_000, 42));
    let end = day("2025-01-01");
    // By month of a customer's own: those who could leave at its end, and those who did.
    let (mut at_risk, mut left) = ([0; 36], [0; 36]);
    for spells in spells(&spans).values() {
        let Spell { started, ended } = spells[0];
        let ended = ended.filter(|ended| *ended < end);
        for month in 1_u32.. {
            let boundary = started + Months::new(month);
            // A payment that fails on the day of the end is not known before.
            if boundary >= end {
                assert_eq!(ended, None, "a spell of whole months from {started}");
                break;
            }
            let k = month as usize - 1;
            at_risk[k] += 1;
            if let Some(ended) = ended.filter(|ended| *ended <= boundary) {
                assert_eq!(ended, boundary, "a spell of whole months from {started}");
                left[k] += 1;
                break;
            }
        }
        for pair in spells.windows(2) {
            let gap = pair[1].started - pair[0].ended.expect("only the last spell is open");
            assert!(gap.num_days() >= 31, "{pair:?}");
        }
    }
    let (alpha, beta) = (PLANTED.churn.alpha, PLANTED.churn.beta);
    let mut months = 0.0;
    let mut survival = [1.0; 2];
    for k in 0..24 {
        let planted = alpha / (alpha + beta + months);
        assert_share(&format!("left after month {}", k + 1), left[k], at_risk[k], planted);
        survival[0] *= 1.0 - float(left[k]) / float(at_risk[k]);
        survival[1] *= 1.0 - planted;
        months += 1.0;
    }
    assert_near("survival of two years", survival[0], survival[1], 0.02);
}

#[test]
fn campaigns_win_back_as_planted() {
    let Sample { spans, contacts, .. } = sample(&options(20_000, 42));
    let win_back = PLANTED.win_back;
    let window = Days::new(u64::from(win_back.window_days));
    let end = day("2025-01-01");
    let spells = spells(&spans);
    let mut last_of: BTreeMap<i64, NaiveDate> = BTreeMap::new();
    // By variant: contacted and returned.
    let mut told: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut strategies = BTreeSet::new();
    for contact in &contacts {
        let spells = &spells[&contact.customer];
        let before = spells.iter().rfind(|spell| spell.started <= contact.at);
        let lapsed = before.and_then(|spell| spell.ended).expect("a customer who has lapsed");
        assert!((31..=365).contains(&(contact.at - lapsed).num_days()), "{contact:?}");
        if let Some(last) = last_of.insert(contact.customer, contact.at) {
            assert!(contact.at > last + window, "{contact:?} within the window of {last}");
        }
        assert_eq!(contact.campaign, contact.at.format("win-back %Y-%m").to_string());
        strategies.insert(contact.strategy.as_str());
        if contact.at + window < end {
            let back =
                |spell: &Spell| spell.started > contact.at && spell.started < contact.at + window;
            let (contacted, returned) = told.entry(&contact.variant).or_default();
            *contacted += 1;
            *returned += usize::from(spells.iter().any(back));
        }
    }
    assert_eq!(strategies.into_iter().collect::<Vec<_>>(), ["call", "discount", "news"]);
    assert_eq!(told.keys().copied().collect::<Vec<_>>(), ["holdout", "treatment"]);

    let (holdout, holdout_back) = told["holdout"];
    let (treated, treated_back) = told["treatment"];
    assert_share("held out", holdout, holdout + treated, win_back.holdout_share);
    assert_share("holdout", holdout_back, holdout, win_back.holdout_return);
    let treated_return = win_back.holdout_return + win_back.uplift;
    assert_share("treatment", treated_back, treated, treated_return);
    let uplift = float(treated_back) / float(treated) - float(holdout_back) / float(holdout);
    assert_near("uplift", uplift, win_back.uplift, 0.02);
}

#[test]
fn surveys_ask_those_who_left_without_a_reason() {
    let Sample { spans, answers, .. } = sample(&options(5_000, 5));
    for (customer, at, reason) in &answers {
        let is_asked = |span: &&Span| {
            let days = span.ended.map(|ended| (*at - ended).num_days());
            let is_left = span.customer == *customer && span.cancelled.is_some();
            is_left && span.reason.is_none() && days.is_some_and(|days| (1..=12).contains(&days))
        };
        assert!(spans.iter().any(|span| is_asked(&span)), "{customer} at {at}: {reason}");
    }
    let reasons: BTreeSet<_> = answers.iter().map(|(_, _, reason)| reason.as_str()).collect();
    assert_eq!(
        reasons.into_iter().collect::<Vec<_>>(),
        [
            "Customer service",
            "Found something better",
            "Missing features",
            "No longer needed",
            "Other",
            "Too expensive"
        ]
    );
}

#[test]
fn shoppers_buy_as_planted() {
    let Sample { orders, .. } = sample(&options(20_000, 42));
    let end = day("2025-01-01");
    let weeks = |from: NaiveDate| f64::from(end.to_epoch_days() - from.to_epoch_days()) / 7.0;
    let planted = PLANTED.purchases;
    let (mut none, mut one) = ((0, 0.0), (0, 0.0));
    for orders in orders.values() {
        assert!(orders.is_sorted_by(|a, b| a.0 < b.0), "one order a day at most: {orders:?}");
        let t = weeks(orders[0].0);
        none.0 += usize::from(orders.len() == 1);
        one.0 += usize::from(orders.len() == 2);
        // P(X(t) = 0) and P(X(t) = 1), equation 8 of Fader, Hardie and Lee 2005.
        let idle = (planted.alpha / (planted.alpha + t)).powf(planted.r);
        none.1 += idle;
        one.1 += (planted.b * planted.r * idle * t / (planted.alpha + t)
            + planted.a * (1.0 - idle))
            / (planted.a + planted.b);
    }
    let n = orders.len();
    assert_share("no repeat purchase", none.0, n, none.1 / float(n));
    assert_share("one repeat purchase", one.0, n, one.1 / float(n));
    let many = orders.values().filter(|orders| orders.len() > 10).count();
    assert!(many > n / 100, "{many} customers with more than ten orders");

    let (p, q, gamma) = (PLANTED.spend.p, PLANTED.spend.q, PLANTED.spend.gamma);
    let units =
        |order: &(NaiveDate, i128)| float(usize::try_from(order.1).expect("no refunds")) / 100.0;
    let firsts: Vec<f64> = orders.values().map(|orders| units(&orders[0])).collect();
    let mean = firsts.iter().sum::<f64>() / float(n);
    assert_near("mean order", mean, p * gamma / (q - 1.0), 1.0);
    // E[z₁ z₂] of two orders of one customer is p² E[1/ν²] = p² γ² / ((q − 1) (q − 2)).
    let products: Vec<f64> = orders
        .values()
        .filter(|orders| orders.len() > 1)
        .map(|orders| units(&orders[0]) * units(&orders[1]))
        .collect();
    let product = products.iter().sum::<f64>() / float(products.len());
    let planted = (p * gamma).powi(2) / ((q - 1.0) * (q - 2.0));
    assert_near("two orders of a customer", product / planted, 1.0, 0.1);
}

#[test]
fn small_businesses_work() {
    for (customers, months, end) in [
        (0, 3, "2025-01-01"),
        (1, 1, "2025-01-01"),
        (50, 1, "2024-03-31"),
        (50, 2, "2024-03-15"),
        (50, 30, "2024-02-29"),
        (10, 1, "1970-02-01"),
        (10, 120, "2099-01-01"),
    ] {
        let options = SampleOptions { end: day(end), months, ..options(customers, 42) };
        let sample = sample(&options);
        let case = format!("{customers} customers, {months} months until {end}");
        assert_eq!(sample.report.customers, u64::from(customers), "{case}");
        assert_eq!(spells(&sample.spans).len(), customers as usize, "{case}");
        assert_eq!(sample.orders.len(), customers as usize, "{case}");
        let starts = sample.spans.iter().map(|span| span.started);
        let seen = sample.seen.values().copied();
        let contacts = sample.contacts.iter().map(|contact| contact.at);
        let answers = sample.answers.iter().map(|(_, at, _)| *at);
        let orders = sample.orders.values().flatten().map(|(at, _)| *at);
        let mut days = starts.chain(seen).chain(contacts).chain(answers).chain(orders);
        let known = day(end) - Months::new(months)..day(end);
        assert!(days.all(|at| known.contains(&at)), "{case}");
    }
}

#[test]
fn a_second_sample_replaces_the_first() {
    let sample = sample(&options(50, 42));
    let again = generate_subscriptions(sample.dir.path(), &options(80, 42)).expect("a second");
    assert_eq!(again.customers, 80);
    assert_eq!(fs::read_dir(sample.dir.path()).expect("the folder").count(), 5);
}

#[test]
fn refusals_are_named() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let refuse = |dir: &Path, options: &SampleOptions| {
        generate_subscriptions(dir, options).expect_err("a refusal")
    };
    let error = refuse(dir.path(), &SampleOptions { months: 0, ..options(1, 1) });
    assert!(matches!(error, SampleError::Period { months: 0, .. }), "{error:?}");
    let error = refuse(dir.path(), &options(MAX_CUSTOMERS + 1, 1));
    assert!(matches!(error, SampleError::TooManyCustomers { .. }), "{error:?}");

    let in_the_way = dir.path().join("file");
    fs::write(&in_the_way, "not a folder").expect("a file");
    let error = refuse(&in_the_way, &options(1, 1));
    assert!(matches!(error, SampleError::Folder { .. }), "{error:?}");

    // A folder that has the name of a file of the sample.
    let folder = dir.path().join("business");
    let file = folder.join("contacts.parquet");
    fs::create_dir_all(file.join("inside")).expect("a folder");
    let error = refuse(&folder, &options(1, 1));
    assert!(matches!(error, SampleError::File { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.starts_with(&format!("cannot write {}: ", file.display())), "{text}");
    let hidden = fs::read_dir(&folder).expect("the folder").filter(|entry| {
        let name = entry.as_ref().expect("an entry").file_name();
        name.to_string_lossy().starts_with('.')
    });
    assert_eq!(hidden.count(), 0, "no unfinished file stays");
}
