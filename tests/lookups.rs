//! Lookups in runs: from night to night, on any number of threads, and where they do not fit.

use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Decimal128Array, Int64Array, StringArray};
use serde_json::{Value, json};

use crate::support::parquet::{batch, write};
use crate::support::shell::Folder;

const PIPELINE: &str = r#"
[calendar]
as_of = 2024-06-01

[inputs.orders]
path = "orders"
customer_id = "customer"
ordered_at = "day"
amount = "COALESCE(LOOKUP(products.price, sku), 0)"

[inputs.prospects]
path = "prospects.parquet"
customer_id = "customer"
first_seen_at = "day"

[lookups.products]
path = "products"
key = "sku"

[segments]
kind = "LOOKUP(products.kind, sku)"

[outputs]
path = "out"
tables = ["cohort_retention", "lost_sales", "win_back", "checks"]
"#;

/// Orders of some customers, one a day, of articles 0 to 4.
fn orders(folder: &Folder, file: &str, customers: std::ops::Range<i64>) {
    let rows: Vec<i64> =
        customers.flat_map(|customer| (0..20).map(move |n| customer * 20 + n)).collect();
    let day = |row: &i64| 19_723 + i32::try_from(row * 7 % 150).unwrap();
    let columns: [(&str, ArrayRef); 3] = [
        ("customer", Arc::new(rows.iter().map(|row| row / 20).collect::<Int64Array>())),
        ("day", Arc::new(Date32Array::from_iter_values(rows.iter().map(day)))),
        (
            "sku",
            Arc::new(rows.iter().map(|row| Some(format!("A{}", row % 5))).collect::<StringArray>()),
        ),
    ];
    write(&folder.path(&format!("orders/{file}.parquet")), &batch(columns));
}

/// Articles by number: price, kind, and a text that nothing looks up.
fn products(folder: &Folder, file: &str, articles: &[(i64, i64, &str, &str)]) {
    let each = |text: fn(&(i64, i64, &str, &str)) -> String| -> ArrayRef {
        Arc::new(articles.iter().map(|article| Some(text(article))).collect::<StringArray>())
    };
    let columns: [(&str, ArrayRef); 4] = [
        ("sku", each(|(sku, ..)| format!("A{sku}"))),
        ("price", Arc::new(articles.iter().map(|(_, price, ..)| *price).collect::<Int64Array>())),
        ("kind", each(|(_, _, kind, _)| (*kind).to_owned())),
        ("note", each(|(.., note)| (*note).to_owned())),
    ];
    write(&folder.path(&format!("products/{file}.parquet")), &batch(columns));
}

const ARTICLES: [(i64, i64, &str, &str); 5] = [
    (0, 5, "food", ""),
    (1, 7, "toys", ""),
    (2, 9, "food", ""),
    (3, 11, "toys", ""),
    (4, 13, "tools", ""),
];

fn shop() -> Folder {
    let folder = Folder::new();
    folder.write("pipeline.toml", PIPELINE);
    for file in 0..3 {
        orders(&folder, &format!("{file}"), file * 10..file * 10 + 10);
    }
    let columns: [(&str, ArrayRef); 2] = [
        ("customer", Arc::new(Int64Array::from(vec![1, 500]))),
        ("day", Arc::new(Date32Array::from(vec![19_700, 19_800]))),
    ];
    write(&folder.path("prospects.parquet"), &batch(columns));
    products(&folder, "a", &ARTICLES);
    folder
}

/// By input how many files were reused, and whether the tables are those of a run that keeps nothing.
fn night(folder: &Folder) -> Vec<(String, u64)> {
    folder.kohort_succeeds("run pipeline.toml --quiet");
    folder.kohort_succeeds("run pipeline.toml --quiet --output whole --set state.keep=false");
    assert_eq!(folder.digests(), folder.digests_in("whole"));
    let record = folder.record();
    assert_eq!(record["warnings"], folder.record_in("whole")["warnings"]);
    let inputs = record["inputs"].as_array().unwrap().iter();
    let reused = |input: &Value| {
        (input["input"].as_str().unwrap().to_owned(), input["files_reused"].as_u64().unwrap())
    };
    inputs.map(reused).collect()
}

#[test]
fn what_is_kept_holds_as_long_as_the_lookup_holds_the_same() {
    let folder = shop();
    let reused = |orders: u64, prospects: u64| {
        [("orders".to_owned(), orders), ("prospects".to_owned(), prospects)]
    };
    assert_eq!(night(&folder), reused(0, 0));
    let record = folder.record();
    let lookup = &record["lookups"][0];
    assert_eq!(
        json!([lookup["lookup"], lookup["columns"], lookup["rows"], lookup["rows_without_key"]]),
        json!(["products", ["kind", "price"], 5, 0])
    );
    assert_eq!(lookup["files"].as_array().unwrap().len(), 1);
    assert_eq!(record["warnings"], json!([]));

    // The same articles in another order, in two files, with another note: nothing is to be done.
    let mut others = ARTICLES.map(|(sku, price, kind, _)| (sku, price, kind, "new"));
    others.reverse();
    products(&folder, "a", &others[..2]);
    products(&folder, "b", &others[2..]);
    let before = folder.current();
    folder.kohort_succeeds("run pipeline.toml --quiet");
    assert_eq!(folder.current(), before, "nothing was published");

    orders(&folder, "3", 30..40);
    assert_eq!(night(&folder), reused(3, 1));

    // Another price: orders look prices up, prospects do not.
    others[0].1 = 1_000;
    products(&folder, "a", &others[..2]);
    let plan = folder.kohort_succeeds("run pipeline.toml --dry-run --log-format json");
    let plan: Value = serde_json::from_str(&plan.stdout).unwrap();
    let reasons: Vec<_> = plan["inputs"][0]["decode_files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| &f["reason"])
        .collect();
    assert_eq!(reasons, ["read in another way than before"; 4]);
    assert_eq!(
        (&plan["lookups"][0]["lookup"], &plan["lookups"][0]["rows"]),
        (&json!("products"), &json!(5))
    );
    assert_eq!(night(&folder), reused(0, 1));
    let diff = folder.kohort_succeeds("diff out~1 out");
    let doubt = "the lookup products holds something else: rows of files that have not changed may have changed \
                 with it";
    assert!(
        diff.stdout.contains(doubt) || diff.stderr.contains(doubt),
        "{}{}",
        diff.stdout,
        diff.stderr
    );

    // An article less: of each customer four orders have no price, and that is known of kept files, too.
    products(&folder, "b", &others[2..4]);
    assert_eq!(night(&folder), reused(0, 1));
    let warned = |orders: u64| {
        format!(
            "the check unknown_keys of lookups.products in orders: {orders} rows look for a key that it does not \
             have, and what is looked up is NULL there; the first of the keys in order: \"A0\"; add them to it, or \
             set unknown_keys = \"ignore\" under [lookups.products]"
        )
    };
    let has = |text: String| folder.record()["warnings"].as_array().unwrap().contains(&json!(text));
    assert!(has(warned(160)), "{}", folder.record()["warnings"]);
    orders(&folder, "4", 40..50);
    assert_eq!(night(&folder), reused(4, 1));
    assert!(has(warned(200)), "{}", folder.record()["warnings"]);
}

#[test]
fn kept_rows_follow_what_an_expression_may_show() {
    let folder = shop();
    let pipeline = PIPELINE
        .replace("LOOKUP(products.kind, sku)", "CAST(LOOKUP(products.price, sku) AS VARCHAR)");
    folder.write("pipeline.toml", &pipeline);
    night(&folder);
    // The same prices, of another type.
    let prices = ARTICLES.map(|(_, price, ..)| i128::from(price) * 100);
    let prices = Decimal128Array::from_iter_values(prices).with_precision_and_scale(10, 2).unwrap();
    let skus = ARTICLES.map(|(sku, ..)| Some(format!("A{sku}")));
    let columns: [(&str, ArrayRef); 2] =
        [("sku", Arc::new(skus.into_iter().collect::<StringArray>())), ("price", Arc::new(prices))];
    write(&folder.path("products/a.parquet"), &batch(columns));
    assert_eq!(night(&folder), [("orders".to_owned(), 0), ("prospects".to_owned(), 1)]);
}

#[test]
fn keys_that_are_not_there_are_counted_once_they_are_asked_for() {
    let folder = shop();
    products(&folder, "a", &ARTICLES[1..]);
    folder.kohort_succeeds("run pipeline.toml --quiet --set lookups.products.unknown_keys=ignore");
    let done = folder.kohort("run pipeline.toml --quiet --set lookups.products.unknown_keys=error");
    assert_eq!(done.code, Some(3), "{}", done.stderr);
    let advice = "set unknown_keys of the lookup to \"warn\"";
    assert!(done.stderr.contains("120 rows") && done.stderr.contains(advice), "{}", done.stderr);
}

#[test]
fn threads_and_files_make_no_difference() {
    let folder = shop();
    products(&folder, "a", &ARTICLES[1..]);
    let found = [1, 2, 8].map(|threads| {
        folder.kohort_succeeds(&format!(
            "run pipeline.toml --quiet --full-refresh --threads {threads}"
        ));
        let record = folder.record();
        (folder.digests(), record["warnings"].clone(), record["lookups"][0]["digest"].clone())
    });
    assert!(found.windows(2).all(|pair| pair[0] == pair[1]), "{found:?}");
}

#[test]
fn lookups_that_end_a_run() {
    let folder = shop();
    let run = |more: &str| {
        let done = folder.kohort(&format!("run pipeline.toml --quiet {more}"));
        (
            done.code.unwrap(),
            done.stderr
                .replace(&format!("{}/", folder.path("").canonicalize().unwrap().display()), ""),
        )
    };
    let ends = |more: &str, code: i32, text: &str| {
        let (found, message) = run(more);
        assert!(found == code && message.contains(text), "{more}: {found} {message}");
    };
    ends("--set segments.kind=sku", 0, "");
    ends(
        "--set segments.kind=sku --set inputs.orders.amount='1.00'",
        2,
        "nothing is looked up in lookups.products",
    );
    ends(
        "--set lookups.products.key=nope",
        2,
        "names the column \"nope\", which products/a.parquet does not have",
    );
    ends("--set lookups.more.key=sku", 2, "[lookups.more] needs \"path\"");
    products(&folder, "a", &ARTICLES[1..]);
    ends(
        "--set lookups.products.unknown_keys=error",
        3,
        "unknown_keys of lookups.products in orders: 120 rows look for a key that it does not have",
    );
    let sku: ArrayRef = Arc::new(StringArray::from(vec!["A9"]));
    write(&folder.path("products/b.parquet"), &batch([("sku", sku)]));
    ends("", 2, "products/a.parquet has it but products/b.parquet does not");
    products(&folder, "b", &ARTICLES[..2]);
    ends(
        "",
        3,
        "the lookup products has the key \"A1\" twice, in row 1 of products/a.parquet and in row 2 of \
         products/b.parquet",
    );
    ends("--dry-run", 3, "the lookup products has the key \"A1\" twice");
    assert_eq!(folder.kohort("check pipeline.toml").code, Some(0), "no data is read");
    assert_eq!(folder.kohort("check pipeline.toml --data").code, Some(3));
}

#[test]
fn check_tells_what_is_looked_up() {
    let folder = shop();
    let told = folder.kohort_succeeds("check pipeline.toml").stdout;
    let (_, lookups) = told.split_once("lookups.products: ").unwrap();
    let (lookup, _) = lookups.split_once("\n\n").unwrap();
    let (first, columns) = lookup.split_once('\n').unwrap();
    assert!(first.starts_with("5 rows in 1 file, "), "{told}");
    let columns: Vec<Vec<_>> =
        columns.lines().skip(2).map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(columns, [["sku", "str"], ["kind", "str"], ["price", "i64"]], "{told}");
}
