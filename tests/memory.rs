//! Runs that would take more memory than they may: they end before they do, or say that they did.

use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Int64Array, StringArray};

use crate::support::parquet::{batch, write};
use crate::support::shell::{Done, Folder};

const PIPELINE: &str = r#"
[calendar]
grains = ["day"]

[inputs.orders]
path = "orders.parquet"
customer_id = "customer"
ordered_at = "day"
amount = "amount"

[segments]
shop = "shop"

[outputs]
path = "out"
tables = ["cohort_retention", "customer_retention", "revenue_churn"]
"#;

/// Days since 1970-01-01.
const YEAR_1: i32 = -719_162;
const IN_2020: i32 = 18_262;

/// Orders of so many shops over four years, and on one more day.
fn orders(shops: i64, further: Option<i32>) -> Folder {
    let folder = Folder::new();
    let rows = || 0..6000_i64;
    let days = rows().map(|i| IN_2020 + i32::try_from(i * 7919 % 1461).unwrap());
    let numbers = |of: fn(i64) -> i64| -> ArrayRef {
        Arc::new(rows().map(of).chain(further.map(|_| 1)).collect::<Int64Array>())
    };
    let names = rows().map(|i| Some(format!("shop {}", i % shops)));
    let names = names.chain(further.map(|_| Some("shop 0".to_owned())));
    let columns: [(&str, ArrayRef); 4] = [
        ("customer", numbers(|i| i % 1500)),
        ("amount", numbers(|i| i % 90)),
        ("day", Arc::new(Date32Array::from_iter_values(days.chain(further)))),
        ("shop", Arc::new(names.collect::<StringArray>())),
    ];
    write(&folder.path("orders.parquet"), &batch(columns));
    folder.write("pipeline.toml", PIPELINE);
    folder
}

/// The run came to nothing, and says why in these words.
#[track_caller]
fn assert_refused(folder: &Folder, done: &Done, words: &[&str]) {
    assert_eq!(done.code, Some(1), "{}", done.stderr);
    for word in words {
        assert!(done.stderr.contains(word), "{word} in\n{}", done.stderr);
    }
    assert_eq!(folder.current(), None);
}

#[test]
fn tables_that_memory_does_not_hold() {
    let year_1 = ["738885 days from 0001-01-01 on", "[checks] earliest", "--memory-limit"];
    let shops = ["1461 days from 2020-01-01 on", "600 values of segments, 600 of them of shop"];
    for (shops, further, limit, words) in
        [(1, Some(YEAR_1), "256MiB", &year_1[..]), (600, None, "300MiB", &shops[..])]
    {
        let folder = orders(shops, further);
        let done =
            folder.kohort(&format!("run pipeline.toml -q --threads 2 --memory-limit {limit}"));
        assert_refused(&folder, &done, words);
    }
}

#[test]
fn a_day_centuries_before_all_others_costs_its_rows_alone() {
    let tables = |further| {
        let folder = orders(600, further);
        folder.kohort_succeeds("run pipeline.toml -q --set calendar.grains=[\"year\"]");
        folder.record()["peak_memory_bytes"].as_u64()
    };
    let (without, with) = (tables(None), tables(Some(YEAR_1)));
    // Counters for 2,020 years of 600 shops would be half a gigabyte for each table.
    if let Some((without, with)) = without.zip(with) {
        assert!(with < without + (128 << 20), "{with} bytes, and without it {without}");
    }
}

#[test]
fn memory_that_the_system_does_not_give() {
    let folder = orders(300, None);
    for (log, start) in [("text", "error: memory ran out: "), ("json", "{\"level\":\"ERROR\",")] {
        let run = format!("run pipeline.toml -q --threads 1 --log-format {log}");
        // In kibibytes, of address space.
        let done = folder.shell(&format!("ulimit -v 1200000; exec kohort {run}"));
        let told = done.stderr.lines().any(|line| line.starts_with(start));
        assert!(told, "{}", done.stderr);
        assert_refused(&folder, &done, &["run with fewer --threads"]);
    }
    folder.kohort_succeeds("run pipeline.toml -q --set calendar.grains=[\"month\"]");
}

#[test]
fn a_limit_that_was_passed_is_a_warning() {
    let folder = orders(1, None);
    let done = folder.kohort_succeeds("run pipeline.toml -q --memory-limit 1MiB");
    let warnings = folder.record()["warnings"].to_string();
    for told in [&done.stderr, &warnings] {
        assert!(told.contains("more than the --memory-limit of 1 MiB"), "{told}");
    }
    folder.kohort_succeeds("run pipeline.toml -q --full-refresh --memory-limit 8GiB");
    assert_eq!(folder.record()["warnings"].to_string(), "[]");
}
