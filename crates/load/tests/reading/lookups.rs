//! Values that are looked up in other files: what is found, what is refused, and what is counted.

use std::collections::BTreeSet;

use kohort_load::{Key, LoadError, LookupSource, Lookups, Opened, Source, open_all, open_with};
use polars::prelude::{Column, DataType, TimeUnit};

use crate::support::{
    ALL, Folder, Maps as _, cast, dates, decimals, ints, read, segment, text, times, with_plain,
};

/// Five orders of articles, the fourth of one that is nowhere and the fifth of none.
fn folder() -> Folder {
    let folder = Folder::new();
    let mut columns = with_plain(vec![ints("id", &[1, 2, 3, 4, 5])]);
    columns.push(text("sku", &[Some("A"), Some("B"), Some("A"), Some("X"), None]));
    columns.push(ints("shop", &[7, 8, 9, 7, 7]));
    folder.write("a.parquet", columns);
    folder.write("products.parquet", products(&["B", "A"], &["toys", "food"]));
    folder
}

fn products(skus: &[&str], categories: &[&str]) -> Vec<Column> {
    let texts = |texts: &[&str]| -> Vec<Option<String>> {
        texts.iter().map(|text| Some((*text).to_owned())).collect()
    };
    let price: Vec<_> = (1..).take(skus.len()).map(|n| Some(250 * n)).collect();
    vec![
        Column::new("sku".into(), texts(skus)),
        Column::new("category".into(), texts(categories)),
        decimals("price", 9, 2, &price),
    ]
}

fn lookup(folder: &Folder, name: &str, key: &str) -> LookupSource {
    LookupSource {
        name: name.to_owned(),
        paths: vec![folder.text(&format!("{name}*.parquet"))],
        key: key.to_owned(),
        filter: None,
        is_counted: true,
        timezone: chrono_tz::UTC,
        naive_times: None,
    }
}

/// The orders with a segment of what is looked up.
fn source(folder: &Folder, expr: &str) -> Source {
    let mut source = folder.source(&["a.parquet"]);
    source.segments = vec![segment("s", expr)];
    source
}

fn opened(source: Source, lookups: Vec<LookupSource>) -> Result<Opened, LoadError> {
    let lookups = Lookups::open(lookups)?;
    let mut inputs = open_all(vec![source], &lookups)?;
    Ok(inputs.pop().unwrap())
}

/// Customer and segment of each row.
fn segments(folder: &Folder, expr: &str, lookups: Vec<LookupSource>) -> Vec<String> {
    let (_, lines) = read(&opened(source(folder, expr), lookups).unwrap()).unwrap();
    let short = |line: &String| {
        let mut words = line.split(' ');
        format!("{} {}", words.next().unwrap(), words.nth(2).unwrap())
    };
    lines.iter().map(short).collect()
}

#[test]
fn values_of_the_row_with_the_key() {
    let folder = folder();
    let products = || vec![lookup(&folder, "products", "sku")];
    let found = segments(&folder, "LOOKUP(products.category, sku)", products());
    assert_eq!(found, ["1 food", "2 toys", "3 food", "4 (none)", "5 (none)"]);
    let found = segments(&folder, "LOOKUP(products.price, sku)", products());
    assert_eq!(found, ["1 5.00", "2 2.50", "3 5.00", "4 (none)", "5 (none)"]);
    // Amounts, and a filter that no scan is asked.
    let mut orders = source(&folder, "LOOKUP(products.category, sku)");
    orders.set("amount", "amount * COALESCE(LOOKUP(products.price, sku), 1)");
    orders.filter = Some("LOOKUP(products.category, sku) IS DISTINCT FROM 'toys'".to_owned());
    let (report, lines) = read(&opened(orders, products()).unwrap()).unwrap();
    assert_eq!(
        lines,
        [
            "1 2024-01-01 500 food",
            "3 2024-01-03 1500 food",
            "4 2024-01-04 400 (none)",
            "5 2024-01-05 500 (none)"
        ]
    );
    assert_eq!(report.filtered(), 1);
}

#[test]
fn several_files_of_several_types() {
    let folder = folder();
    // Folders are columns; widths may differ. A column that a file lacks can't be looked up.
    let shops = |name: &str, columns: Vec<Column>| folder.write(name, columns);
    shops(
        "shops/land=de/a.parquet",
        vec![cast(&ints("shop", &[7]), &DataType::Int16), text("name", &[Some("seven")])],
    );
    shops(
        "shops/land=fr/b.parquet",
        vec![ints("shop", &[8]), text("name", &[None]), ints("floor", &[2])],
    );
    let lookup = || {
        vec![LookupSource { paths: vec![folder.text("shops")], ..lookup(&folder, "shops", "shop") }]
    };
    for (expr, expected) in [
        ("LOOKUP(shops.land, shop)", ["1 de", "2 fr", "3 (none)", "4 de", "5 de"]),
        ("LOOKUP(shops.name, shop)", ["1 seven", "2 (none)", "3 (none)", "4 seven", "5 seven"]),
    ] {
        assert_eq!(segments(&folder, expr, lookup()), expected, "{expr}");
    }
    let error = opened(source(&folder, "LOOKUP(shops.floor, shop)"), lookup()).unwrap_err();
    let LoadError::LookupColumn { column, reason, .. } = error else { panic!("{error}") };
    assert!(column == "floor" && reason.ends_with("a.parquet does not"), "{reason}");
}

#[test]
fn keys_and_filters_of_the_lookup_are_expressions() {
    let folder = folder();
    folder.write(
        "prices.parquet",
        vec![
            text("code", &[Some(" a"), Some("b "), Some("A"), None]),
            text("price", &[Some("1"), Some("2"), Some("3"), Some("4")]),
            dates("until", &["", "", "2023-12-31", ""]),
            times("at", TimeUnit::Milliseconds, None, &["2024-01-01 10:00:00", "", "", ""]),
        ],
    );
    let prices = || LookupSource {
        filter: Some("until IS NULL".to_owned()),
        ..lookup(&folder, "prices", "UPPER(TRIM(code))")
    };
    let found = segments(&folder, "LOOKUP(prices.price, sku)", vec![prices()]);
    assert_eq!(found, ["1 1", "2 2", "3 1", "4 (none)", "5 (none)"]);
    let lookups = Lookups::open(vec![prices()]).unwrap();
    open_with(source(&folder, "LOOKUP(prices.at, sku)"), &lookups).unwrap();
    let found: Vec<_> = lookups.iter().map(|lookup| lookup.read(None).unwrap()).collect();
    assert_eq!(
        found.iter().map(|found| (found.rows, found.without_key)).collect::<Vec<_>>(),
        [(2, 1)]
    );
}

#[test]
fn one_row_counts_once_where_a_key_is_not_there() {
    let folder = folder();
    let of = |change: &dyn Fn(&mut Source)| {
        let mut orders = source(&folder, "LOOKUP(products.category, sku)");
        change(&mut orders);
        let (report, _) =
            read(&opened(orders, vec![lookup(&folder, "products", "sku")]).unwrap()).unwrap();
        let unknown = report.unknown_keys();
        unknown.get("products").map(|keys| (keys.rows, keys.first.clone())).unwrap_or_default()
    };
    let x = BTreeSet::from([Key::Text("X".to_owned())]);
    assert_eq!(of(&|_| ()), (1, x.clone()));
    // Two values, and the filter: of rows that it leaves out, too, if all else in it lets them through.
    assert_eq!(of(&|s| s.set("amount", "LOOKUP(products.price, sku)")), (1, x.clone()));
    let filter = |filter: &'static str| of(&move |s| s.filter = Some(filter.to_owned()));
    assert_eq!(filter("LOOKUP(products.category, sku) = 'food'"), (1, x.clone()));
    assert_eq!(filter("LOOKUP(products.category, sku) = 'food' AND id > 1"), (1, x.clone()));
    assert_eq!(filter("LOOKUP(products.category, sku) = 'food' AND id <> 4"), (0, BTreeSet::new()));
    assert_eq!(
        filter("LOOKUP(products.category, sku) = 'food' AND id % 4 <> 0"),
        (0, BTreeSet::new())
    );
    assert_eq!(filter("LOOKUP(products.category, sku) IS NULL"), (1, x));
    // A lookup whose keys nobody counts.
    let ignoring = LookupSource { is_counted: false, ..lookup(&folder, "products", "sku") };
    let orders = opened(source(&folder, "LOOKUP(products.category, sku)"), vec![ignoring]).unwrap();
    assert!(read(&orders).unwrap().0.unknown_keys().is_empty());
}

/// Files whose folders alone show that no row passes are not read, unless a key is missed there.
#[test]
fn folders_rule_out_by_what_is_looked_up() {
    let folder = folder();
    for shop in ["de", "fr", "xx"] {
        folder.write(&format!("in/shop={shop}/a.parquet"), with_plain(vec![ints("id", &[1, 2])]));
    }
    folder.write(
        "lands.parquet",
        vec![text("code", &[Some("de"), Some("fr")]), text("zone", &[Some("eu"), Some("x")])],
    );
    let mut orders = folder.source(&["in"]);
    orders.filter = Some("LOOKUP(lands.zone, shop) = 'eu'".to_owned());
    let orders = opened(orders, vec![lookup(&folder, "lands", "code")]).unwrap();
    let (report, lines) = read(&orders).unwrap();
    assert_eq!(lines.len(), 2);
    let read: Vec<_> = report.files.iter().map(|file| file.read).collect();
    assert_eq!((read, orders.to_read()), (vec![2, 0, 2], vec![true, false, true]));
    assert_eq!(report.unknown_keys()["lands"].rows, 2);
}

/// What is kept of an input is used again as long as the columns that it looks up hold the same.
#[test]
fn the_form_of_an_input_follows_what_its_lookups_hold() {
    let folder = folder();
    let form = |expr: &str| {
        let lookups = Lookups::open(vec![lookup(&folder, "products", "sku")]).unwrap();
        let orders = open_with(source(&folder, expr), &lookups).unwrap();
        assert!(lookups.iter().all(|lookup| lookup.read(None).is_ok()));
        orders.form(ALL)
    };
    let category = "LOOKUP(products.category, sku)";
    let first = form(category);
    // Other rows first, prices that nothing looks up, another place in files.
    folder.write("products.parquet", products(&["A", "B"], &["food", "toys"]));
    assert_eq!(form(category), first);
    folder.write("products.parquet", products(&["A"], &["food"]));
    assert_ne!(form(category), first);
    folder.write("products2.parquet", products(&["B"], &["toys"]));
    assert_eq!(form(category), first);
    folder.write("products2.parquet", products(&["B"], &["tools"]));
    assert_ne!(form(category), first);
}

/// Name, key, expression, and what else is changed of a lookup; and the message.
type Case = (&'static str, &'static str, &'static str, fn(&mut LookupSource), &'static str);

fn assert_refused(folder: &Folder, cases: &[Case]) {
    let mut wrong = Vec::new();
    for (name, key, expr, change, expected) in cases {
        let mut lookup = lookup(folder, name, key);
        change(&mut lookup);
        let failed = opened(source(folder, expr), vec![lookup]);
        let failed = failed.and_then(|orders| read(&orders).map(drop)).unwrap_err();
        let message = folder.message(&failed);
        if !message.starts_with(expected) {
            wrong.push(format!("{message}\nnot {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// An expression over [`products`].
const PLAIN: &str = "LOOKUP(products.category, sku)";

#[test]
fn expressions_that_do_not_fit() {
    let cases: [Case; 10] = [
        (
            "products",
            "sku",
            "LOOKUP(product.category, sku)",
            |_| (),
            "segments.s = \"LOOKUP(product.category, sku)\" looks something up in \"product\", which is no \
             lookup; there are products",
        ),
        (
            "products",
            "sku",
            "LOOKUP(products.categry, sku)",
            |_| (),
            "segments.s = \"LOOKUP(products.categry, sku)\" looks up \"categry\", which the lookup products \
             does not have; its columns are category, price, sku",
        ),
        (
            "products",
            "sku",
            "LOOKUP(products.category, shop)",
            |_| (),
            "segments.s = \"LOOKUP(products.category, shop)\" can't be computed from the columns of \
             DIR/a.parquet: the keys of the lookup products are of type VARCHAR, and what is looked for is \
             of type BIGINT: use CAST(x AS VARCHAR)",
        ),
        (
            "products",
            "sku",
            "sku",
            |_| (),
            "nothing is looked up in lookups.products; use it in an expression as LOOKUP(products.column, \
             key), or remove it",
        ),
        (
            "products",
            "skuu",
            PLAIN,
            |_| (),
            "lookups.products.key = \"skuu\" names the column \"skuu\", which DIR/products.parquet does not \
             have; its columns are sku, category, price",
        ),
        (
            "products",
            "price",
            PLAIN,
            |_| (),
            "lookups.products.key = \"price\" is of type DECIMAL(9, 2) in DIR/products.parquet; keys are \
             whole numbers or texts: use CAST(x AS BIGINT) or CAST(x AS VARCHAR)",
        ),
        (
            "products",
            "'A'",
            PLAIN,
            |_| (),
            "lookups.products.key = \"'A'\" names no column, so every row would have the same value",
        ),
        (
            "products",
            "LOOKUP(products.sku, sku)",
            PLAIN,
            |_| (),
            "lookups.products.key = \"LOOKUP(products.sku, sku)\" is no valid SQL expression: a lookup looks \
             nothing up itself",
        ),
        (
            "products",
            "sku",
            PLAIN,
            |l| l.filter = Some("price".to_owned()),
            "lookups.products.where = \"price\" can't be computed from the columns of DIR/products.parquet: a \
             condition is true or false, and this is of type DECIMAL(9, 2)",
        ),
        (
            "products",
            "sku",
            PLAIN,
            |l| l.paths[0] = l.paths[0].replace("products", "none"),
            "no Parquet file matches DIR/none*.parquet; check lookups.products.path",
        ),
    ];
    assert_refused(&folder(), &cases);
}

#[test]
fn rows_that_do_not_fit() {
    let folder = folder();
    folder.write("twice1.parquet", products(&["A", "B"], &["a", "b"]));
    folder.write("twice2.parquet", products(&["C", "D", "B"], &["c", "d", "e"]));
    folder.write("mixed1.parquet", vec![text("sku", &[Some("A")]), ints("a", &[1])]);
    folder.write("mixed2.parquet", vec![ints("sku", &[1]), text("a", &[Some("x")])]);
    folder.write("texts.parquet", vec![text("sku", &[Some("1"), Some("b")]), ints("a", &[1, 2])]);
    let cases: [Case; 6] = [
        (
            "twice",
            "sku",
            "LOOKUP(twice.category, sku)",
            |_| (),
            "the lookup twice has the key \"B\" twice, in row 2 of DIR/twice1.parquet and in row 3 of \
             DIR/twice2.parquet; a key leads to one row: remove one of them, or leave it out with where \
             under [lookups.twice]",
        ),
        (
            "twice",
            "sku",
            "LOOKUP(twice.category, sku)",
            |l| l.filter = Some("category <> 'c'".to_owned()),
            "the lookup twice has the key \"B\" twice, in row 2 of DIR/twice1.parquet and in row 3 of ",
        ),
        (
            "mixed",
            "sku",
            "LOOKUP(mixed.a, sku)",
            |_| (),
            "lookups.mixed.key = \"sku\" is of type VARCHAR in DIR/mixed1.parquet but BIGINT in \
             DIR/mixed2.parquet; use CAST(x AS VARCHAR)",
        ),
        (
            "mixed",
            "CAST(sku AS VARCHAR)",
            "LOOKUP(mixed.a, sku)",
            |_| (),
            "the column \"a\" of the lookup mixed can't be looked up: it is of type i64 in DIR/mixed1.parquet \
             but str in DIR/mixed2.parquet",
        ),
        (
            "texts",
            "CAST(sku AS BIGINT)",
            "LOOKUP(texts.a, shop)",
            |_| (),
            "lookups.texts.key = \"CAST(sku AS BIGINT)\" can't be computed in row 2 of DIR/texts.parquet: sku \
             = 'b' (not readable)",
        ),
        (
            "texts",
            "sku",
            "LOOKUP(texts.a, sku)",
            |l| l.filter = Some("CAST(sku AS BIGINT) > 0".to_owned()),
            "lookups.texts.where = \"CAST(sku AS BIGINT) > 0\" can't be computed in row 2 of \
             DIR/texts.parquet: sku = 'b' (not readable)",
        ),
    ];
    assert_refused(&folder, &cases);
}

#[test]
fn a_lookup_is_held_within_a_limit() {
    let folder = folder();
    let lookups = Lookups::open(vec![lookup(&folder, "products", "sku")]).unwrap();
    open_with(source(&folder, "LOOKUP(products.category, sku)"), &lookups).unwrap();
    for products in lookups.iter() {
        let message = folder.message(&products.read(Some(10)).unwrap_err());
        let (starts, says) = (
            "the lookup products is held whole, and its first ",
            " MiB of the 0 MiB that lookups may take; ",
        );
        assert!(message.starts_with(starts) && message.contains(says), "{message}");
        assert_eq!(products.read(Some(1 << 20)).unwrap().rows, 2);
    }
}

/// Values that can't be computed of what is looked up are rejected, and shown with what it was looked up by.
#[test]
fn rejected_rows_are_looked_up_again() {
    let folder = folder();
    folder.write(
        "prices.parquet",
        vec![text("sku", &[Some("A"), Some("B")]), text("price", &[Some("1,5"), Some("2")])],
    );
    let mut orders = source(&folder, "'x'");
    orders.set("amount", "amount * CAST(LOOKUP(prices.price, sku) AS DECIMAL(9, 2))");
    let orders = opened(orders, vec![lookup(&folder, "prices", "sku")]).unwrap();
    let (report, lines) = read(&orders).unwrap();
    assert_eq!(lines.len(), 1);
    let rejected = folder.rejected(&orders.rejected(&report, &[], 10).unwrap());
    assert_eq!(
        rejected,
        [
            "a.parquet 0 amount unreadable_amount amount = 1, sku = 'A' (not readable)",
            "a.parquet 2 amount unreadable_amount amount = 3, sku = 'A' (not readable)",
            "a.parquet 3 amount unreadable_amount NULL",
            "a.parquet 4 amount unreadable_amount NULL",
        ]
    );
}
