//! Related businesses have related tables: what is true of one follows from the other, without
//! anybody knowing what is right of either.
//!
//! Of businesses that `kohort sample` makes up, with the pipelines at the top of the repository and
//! every table that they can have. That the order of rows and their split into files change nothing
//! is in `determinism`. `KOHORT_SEEDS=50` tries as many businesses of each kind.

mod business;
mod tables;

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::support::shell::tell;
use business::{Business, Case, Kind};
use tables::{Column, EXACT, Table, Tables, Value, When, assert_add_up, assert_same};

const KINDS: [Kind; 3] = [Kind::Shop, Kind::Subscriptions, Kind::Everything];

/// In the middle of a month, with windows that are still open and rows that come later.
const AS_OF: &str = "2024-11-20";
const AS_OF_DAY: i32 = 20_047;

/// After so many years each day is the same day of the week again, and leap years are the same.
const DAYS_OF_28_YEARS: i32 = 28 * 365 + 7;

/// Checks a relation of businesses of each kind; `check` gives the cells that it has compared.
fn each_business(relation: &str, check: impl Fn(Case) -> usize) {
    let seeds = std::env::var("KOHORT_SEEDS").map_or(1, |seeds| seeds.parse().unwrap());
    let (mut cases, mut cells) = (0, 0);
    for seed in 1..=seeds {
        for kind in KINDS {
            let case = Case { kind, seed };
            let found = check(case);
            assert!(found > 5_000, "{case}: only {found} cells to compare");
            cases += 1;
            cells += found;
        }
    }
    tell(&format!("{relation}: {cells} cells of {cases} businesses"));
}

#[test]
fn businesses_without_a_customer_in_common_add_up() {
    each_business("add up", |case| {
        let sample = |seed| Business::sample(Case { seed, ..case }).with("calendar.as_of", AS_OF);
        let one = sample(case.seed);
        let other = sample(case.seed + 1_000)
            .with_customers(|id| id + 1_000_000_000)
            .with_visitors(|id| format!("another {id}"));
        // Both know the same time, and begin on the same day.
        let both = one.clone().and(&other);
        let one = one.and(&both.first_rows(1));
        let other = other.and(&both.first_rows(2));
        let whole = one.clone().and(&other);
        assert_add_up(&case, &whole.run().0, &[one.run().0, other.run().0], not_additive)
    });
}

/// What of a business stands under a condition, under its contrary, and where that is unknown.
#[test]
fn conditions_on_customers_part_a_business() {
    const OF_CUSTOMER: &str = "NULLIF(customer_id % 3, 0) = 1";
    each_business("parts by a condition", |case| {
        // A visitor may be a customer without its events telling.
        let sample = Business::sample(case)
            .without(&["touchpoints", "identities"], &["funnel", "carts"])
            .with("calendar.as_of", AS_OF);
        let firsts = [1, 2, 3].map(|id| sample.first_rows(id));
        let whole = firsts.iter().fold(sample, Business::and);
        let part = |condition: &str| {
            let inputs = whole.inputs.keys();
            let part = inputs.fold(whole.clone(), |part, input| {
                let id = if input == "opportunities" { "buyer" } else { "customer_id" };
                let condition = condition.replace("customer_id", id);
                part.with(&format!("inputs.{input}.where"), condition)
            });
            part.run()
        };
        let (tables, record) = whole.run();
        let parts = three(OF_CUSTOMER).map(|condition| part(&condition));
        assert_rows_add_up(&case, &record, parts.each_ref().map(|(_, record)| record));
        assert_add_up(&case, &tables, &parts.map(|(tables, _)| tables), not_additive)
    });
}

/// The three conditions of which one is true, whatever the row (Rigger and Su 2020).
fn three(condition: &str) -> [String; 3] {
    [condition.to_owned(), format!("NOT ({condition})"), format!("({condition}) IS NULL")]
}

#[test]
fn conditions_on_rows_part_the_rows() {
    let case = Case { kind: Kind::Shop, seed: 1 };
    let whole = Business::sample(case)
        .with("calendar.as_of", AS_OF)
        .with("calendar.history_start", "2023-02-15")
        .with("outputs.tables", vec!["customer_retention"]);
    let (_, record) = whole.run();
    for condition in [
        "country = 'GB'",
        "country IN ('GB', NULL)",
        "country NOT IN ('DE', 'FR') AND lost_reason <> 'card declined'",
        "lost_reason LIKE '%e%' OR amount > 40",
        "amount BETWEEN 10 AND CASE WHEN country = 'DE' THEN 20 END",
        "ordered_at >= '2023-06-01' AND ordered_at < '2024-02-10 12:00:00'",
        "customer_id % 2 = 0 AND status <> '???'",
        "country IS DISTINCT FROM 'GB'",
        "ordered_at > '2098-01-01'",
    ] {
        let parts = three(condition)
            .map(|condition| whole.clone().with("inputs.orders.where", condition).run().1);
        assert_rows_add_up(&condition, &record, parts.each_ref());
    }
}

/// Each row stands in one part: is kept there, and rejected or left out as it is of all.
#[track_caller]
fn assert_rows_add_up(case: &dyn std::fmt::Display, whole: &Json, parts: [&Json; 3]) {
    for (at, input) in whole["inputs"].as_array().unwrap().iter().enumerate() {
        let name = &input["input"];
        let number = |input: &Json, field: &str| input[field].as_u64().unwrap();
        let rows = number(input, "rows_read");
        let kept = parts.map(|part| {
            let input = &part["inputs"][at];
            let files = input["files"].as_array().unwrap();
            let rows: u64 = files.iter().map(|file| number(file, "rows")).sum();
            rows - number(input, "rows_filtered")
        });
        assert_eq!(kept.iter().sum::<u64>(), rows, "{case}: rows of {name} kept {kept:?}");
        for field in ["rejected", "left_out"] {
            let mut sums = BTreeMap::new();
            for reasons in parts.map(|part| part["inputs"][at][field].as_object().unwrap()) {
                for (reason, rows) in reasons {
                    *sums.entry(reason).or_default() += rows.as_u64().unwrap();
                }
            }
            let of_all = input[field].as_object().unwrap().iter();
            let of_all: BTreeMap<_, _> =
                of_all.map(|(k, rows)| (k, rows.as_u64().unwrap())).collect();
            // Of a person's refunds, it depends on the orders that are there as well.
            let is_of_row = |reason: &&String| !reason.starts_with("refund_");
            sums.retain(|reason, rows: &mut u64| is_of_row(reason) && *rows > 0);
            let of_all: BTreeMap<_, _> = of_all
                .into_iter()
                .filter(|(reason, rows)| is_of_row(reason) && *rows > 0)
                .collect();
            assert_eq!(sums, of_all, "{case}: {field} of {name}");
        }
    }
}

#[test]
fn dates_of_28_years_earlier_give_the_tables_of_then() {
    each_business("28 years earlier", |case| {
        // Clocks were changed on other days then.
        let now = Business::sample(case).with("calendar.timezone", "UTC");
        let mut then = now.clone().days_earlier(DAYS_OF_28_YEARS);
        if now.pipeline["calendar"].get("as_of").is_some() {
            assert_eq!(now.pipeline["calendar"]["as_of"].as_str(), Some("2025-01-01"));
            then = then.with("calendar.as_of", "1997-01-01");
        }
        let ((now, _), (then, _)) = (now.run(), then.run());
        let expected = map(now, |_, _, row, at| match row[at] {
            Value::Day(day) => Value::Day(day - DAYS_OF_28_YEARS),
            _ => row[at].clone(),
        });
        assert_same(&case, &expected, &then, EXACT)
    });
}

#[test]
fn amounts_three_times_as_large_give_three_times_the_money() {
    each_business("amounts", |case| {
        // Prices of a year come to whole cents a month.
        let once = Business::sample(case).times(12);
        let thrice = once.clone().times(3);
        let ((once, _), (thrice, _)) = (once.run(), thrice.run());
        let expected = map(once, three_times);
        assert_same(&case, &expected, &thrice, &|table, column| match (table, column) {
            // Rounded to whole units, and to whole cents.
            ("revenue_churn", "lost_revenue") | ("lost_sales", "expected_lost_value") => 1.0,
            // From a search for the most likely parameters, which ends where it is near enough.
            ("clv_models", "standard_error") => 1e-2,
            ("clv_models", _) | ("customers" | "subscribers", "expected_value" | "clv") => 1e-4,
            // A difference of two numbers that are much larger.
            ("scorecard", "change") => 1e-9,
            // Divided once, and then multiplied.
            _ => 1e-15,
        })
    });
}

/// What a cell is if every amount is three times as large.
fn three_times(name: &str, table: &Table, row: &[Value], at: usize) -> Value {
    let text = |column: &str| match &row[table.place(column)] {
        Value::Text(text) => text.as_str(),
        other => panic!("{column} of {name} is {other}"),
    };
    let is_money = match (name, table.columns[at].name.as_str()) {
        // Numerators and denominators are money, or counts in a column of money.
        ("scorecard" | "alerts", "numerator" | "denominator") => {
            let metric = text("metric");
            let is_numerator = table.columns[at].name == "numerator";
            metric.contains("revenue")
                || ["existing_customer_growth_rate", "quick_ratio"].contains(&metric)
                || metric == "arpa" && is_numerator
        }
        ("scorecard", "value" | "previous_value" | "change") => text("unit") == "currency",
        // A mean value is drawn from a distribution with this scale, and its logarithm is in the
        // likelihood of each customer.
        ("clv_models", "estimate" | "standard_error") => text("parameter") == "gamma",
        ("clv_models", "mean") => text("model") == "gamma_gamma",
        ("clv_models", "log_likelihood") if text("model") == "gamma_gamma" => {
            let (Value::Float(bits), Value::Number(customers)) =
                (&row[at], &row[table.place("customers")])
            else {
                return row[at].clone();
            };
            #[expect(clippy::cast_precision_loss, reason = "some hundreds")]
            let customers = *customers as f64;
            return Value::float(f64::from_bits(*bits) - customers * 3.0_f64.ln());
        }
        _ => table.columns[at].is_money,
    };
    match &row[at] {
        Value::Number(number) if is_money => Value::Number(number * 3),
        Value::Float(bits) if is_money => Value::float(f64::from_bits(*bits) * 3.0),
        cell => cell.clone(),
    }
}

#[test]
fn other_ids_change_nothing_but_the_ids() {
    each_business("ids", |case| {
        let named = Business::sample(case);
        // Another order, of ids far apart, below zero too; that of orders decides which is first.
        let number = |id: i64| id.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64.cast_signed());
        let text = |id: i128| format!("customer {id} of the business");
        let numbered = named
            .clone()
            .with_customers(number)
            .with_visitors(|id| id.chars().rev().collect())
            .with_things_in_the_same_order();
        let texts = named.clone().with_customers_as_text(|id| text(id.into()));
        let tables = named.run().0;
        let expected = |id: &dyn Fn(i128) -> Value| {
            map(tables.clone(), |_, table, row, at| match row[at] {
                Value::Number(number) if table.columns[at].name == "customer_id" => id(number),
                _ => row[at].clone(),
            })
        };
        let of_number = |id: i128| Value::Number(number(i64::try_from(id).unwrap()).into());
        let cells = assert_same(&case, &expected(&of_number), &numbered.run().0, EXACT);
        let of_text = |id| Value::text(text(id));
        cells + assert_same(&case, &expected(&of_text), &texts.run().0, EXACT)
    });
}

#[test]
fn what_comes_after_as_of_changes_nothing() {
    each_business("after as_of", |case| {
        let later = Business::sample(case).with("calendar.as_of", AS_OF);
        let before = later.clone().before(AS_OF_DAY);
        assert_same(&case, &before.run().0, &later.run().0, EXACT)
    });
}

/// A segment with one value for all, at the first order or at each, is everybody; and neither it nor
/// a grain less changes what else there is.
#[test]
fn a_segment_of_one_value_is_everybody() {
    each_business("one value", |case| {
        // Some alerts ask for a grain.
        let two = Business::sample(case)
            .without(&[], &["alerts"])
            .with("calendar.grains", vec!["month", "quarter"]);
        let mut one = two.clone().without(&[], &["segments"]);
        one = one.with("calendar.grains", vec!["month"]);
        for at in ["first", "order"] {
            one = one.with(&format!("segments.{at}.column"), "'x'");
            one = one.with(&format!("segments.{at}.at"), at);
        }
        let (two, one) = (of_months(two.run().0), of_months(one.run().0));
        let all = of_segment(&one, "all", &Value::Null);
        let cells = assert_same(&case, &of_segment(&two, "all", &Value::Null), &all, EXACT);
        let (all, x) = (in_segments(all), Value::text("x"));
        let of = |at| assert_same(&case, &all, &in_segments(of_segment(&one, at, &x)), EXACT);
        cells + of("first") + of("order")
    });
}

/// The rows of months, where a table has grains.
fn of_months(tables: Tables) -> Tables {
    only(tables, |_, table, row| {
        !table.has("grain") || row[table.place("grain")] == Value::text("month")
    })
}

/// The rows of a value of a segment as if they were everybody's, and where a table has no segments all
/// rows, without what tells of segments.
fn of_segment(tables: &Tables, segment: &str, value: &Value) -> Tables {
    let tables = only(tables.clone(), |_, table, row| {
        !table.has("segment")
            || row[table.place("segment")] == Value::text(segment)
                && row[table.place("segment_value")] == *value
    });
    let tables = map(tables, |_, table, row, at| match table.columns[at].name.as_str() {
        "segment" => Value::text("all"),
        "segment_value" => Value::Null,
        _ => row[at].clone(),
    });
    without(tables, |name, column| {
        // Compared with what is usual in the first segment.
        name == "customers" && (column.name == "overdue_ratio" || column.name == "status")
            || !column.is_key && column.name.starts_with("segment_")
    })
}

/// Without what is different in the rows of segments, whose value is that of an order: people without
/// any have another one, or none.
fn in_segments(mut tables: Tables) -> Tables {
    tables.retain(|name, table| {
        table.has("segment") && !["funnel", "carts", "lost_sales"].contains(&name.as_str())
    });
    let metrics = ["funnel_", "cart", "orders_", "opportunities_", "reactivation_"];
    let tables = only(tables, |name, table, row| match name {
        "scorecard" | "alerts" => match &row[table.place("metric")] {
            Value::Text(metric) => !metrics.iter().any(|start| metric.starts_with(start)),
            _ => true,
        },
        _ => true,
    });
    let of_people = ["inactive_opening", "reactivated", "reactivation_rate", "contacts"];
    without(tables, |name, column| name == "win_back" && of_people.contains(&column.name.as_str()))
}

/// The tables with each cell made anew of its table, its row and its place there.
fn map(tables: Tables, cell: impl Fn(&str, &Table, &[Value], usize) -> Value) -> Tables {
    let of = |(name, table): (String, Table)| {
        let table = table.map(|table, row, at| cell(&name, table, row, at));
        (name, table)
    };
    tables.into_iter().map(of).collect()
}

/// The tables with some of their rows.
fn only(tables: Tables, is_kept: impl Fn(&str, &Table, &[Value]) -> bool) -> Tables {
    let of = |(name, mut table): (String, Table)| {
        let mut rows = std::mem::take(&mut table.rows);
        rows.retain(|_, row| is_kept(&name, &table, row));
        table.rows = rows;
        (name, table)
    };
    tables.into_iter().map(of).collect()
}

/// The tables without some of their columns.
fn without(tables: Tables, is_left_out: impl Fn(&str, &Column) -> bool) -> Tables {
    let of = |(name, table): (String, Table)| {
        let table = table.without(|column| is_left_out(&name, column));
        (name, table)
    };
    tables.into_iter().map(of).collect()
}

/// What does not add up over customers, though it is a count or money, of customers whatever it is:
/// the table, its columns (none are all of them), when they do, and why not otherwise.
const NOT_ADDITIVE: [(&str, &[&str], When, &str); 14] = [
    ("revenue_churn", &["window_periods"], When::Never, "a size, the same in every part"),
    ("purchase_gap_histogram", &["days_to"], When::Never, "a size, the same in every part"),
    ("receivables", &["days"], When::Never, "a size, the same in every part"),
    ("clv_models", &["unit_days"], When::Never, "a size, the same in every part"),
    ("cohort_curve", &["cohorts"], When::Never, "parts have customers in the same cohorts"),
    ("revenue_churn", &["lost_revenue"], When::Never, "rounded to whole units"),
    ("lost_sales", &["expected_lost_value"], When::Never, "of the part's own conversion"),
    (
        "churn_indicators",
        &["exposed", "exposed_churned", "unexposed", "unexposed_churned"],
        When::Never,
        "the threshold is the part's own median",
    ),
    ("alerts", &[], When::Never, "only what is beyond its threshold has a row"),
    (
        "customers",
        &[
            "status",
            "overdue_ratio",
            "recency_quintile",
            "frequency_quintile",
            "monetary_quintile",
            "probability_alive",
            "expected_orders",
            "expected_value",
            "clv",
            "risk_score",
            "risk_driver",
        ],
        When::Never,
        "found by comparison with the other customers",
    ),
    (
        "subscribers",
        &[
            "status",
            "expected_months",
            "expected_value",
            "residual_months",
            "clv",
            "risk_score",
            "risk_driver",
        ],
        When::Never,
        "found by comparison with the other customers",
    ),
    (
        "churn_reasons",
        &["churned_total", "revenue_lost_total"],
        When::InRowsOfAll { of: "" },
        "told in the rows of all reasons, and not every part has each",
    ),
    (
        "product_returns",
        &["sold_units", "sold_orders", "sold_value"],
        When::InRowsOfAll { of: "reason" },
        "told in the rows of all reasons, and not every part has each",
    ),
    (
        "cross_sell",
        &[],
        When::InRowsOfAll { of: "" },
        "a pair in only one basket of a part has no row there",
    ),
];

fn not_additive(table: &str, column: &str) -> Option<When> {
    let is_it = |(of, columns, ..): &&(&str, &[&str], When, &str)| {
        *of == table && (columns.is_empty() || columns.contains(&column))
    };
    NOT_ADDITIVE.iter().find(is_it).map(|(_, _, when, _)| *when)
}
