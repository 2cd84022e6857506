//! What is looked up in other tables, as tables: an expression, and its value in each of four rows.

#![expect(clippy::unwrap_used, reason = "a test that can not go on fails")]

use std::sync::Arc;

use kohort_expr::{
    Columns, Key, Lookup, LookupColumn, Mapped, Program, Repeated, Type, UnknownKeys, Zones,
};
use polars::prelude::{
    DataFrame, DataType, Int128Chunked, IntoSeries, NamedFrom, NewChunkedArray, Series, TimeUnit,
    TimeZone,
};

/// Four rows; a key that is not there, a NULL, and one that is there twice.
fn frame() -> DataFrame {
    let decimals = |digits: [Option<i128>; 4]| {
        let digits = Int128Chunked::from_slice_options("d".into(), &digits);
        digits.into_decimal_unchecked(9, 1).into_series()
    };
    let columns = vec![
        Series::new("sku".into(), [Some("A-1"), Some("Z-9"), None, Some("B-2")]).into(),
        Series::new("shop".into(), [Some(7_i32), Some(8), None, Some(-40)]).into(),
        decimals([Some(70), Some(75), None, Some(-400)]).into(),
        Series::new("u".into(), [u64::MAX, 7, 8, 9]).into(),
        Series::new("x".into(), [7.0, 8.0, 9.0, 10.0]).into(),
        Series::new("n".into(), [1_i64, 2, 3, 4]).into(),
        Series::new("code".into(), ["A-1", "12,5", "A-1", "A-1"]).into(),
    ];
    DataFrame::new(4, columns).unwrap()
}

fn table(name: &str, keys: Series, columns: Vec<Series>) -> Result<Arc<Lookup>, Repeated> {
    let declared = columns.iter().map(|values| {
        let column = LookupColumn { dtype: values.dtype().clone(), is_wall: false };
        (values.name().clone(), column)
    });
    let ty = Type::of(keys.dtype()).unwrap();
    let lookup = Lookup::new(name, ty, declared.collect(), true);
    assert!(!lookup.is_filled());
    let columns = columns.into_iter().map(|values| (values.name().clone(), values));
    lookup.fill(keys, columns.collect())?;
    Ok(Arc::new(lookup))
}

/// Products by text, shops by integers that lie near together, plans by integers that do not, and digits
/// beyond 64 bits.
fn lookups() -> Vec<Arc<Lookup>> {
    let prices = Int128Chunked::from_slice_options("price".into(), &[Some(1999), None, Some(5)]);
    let micros = [Some(1_710_037_800_000_000_i64), None, Some(0)];
    let sold = Series::new("sold".into(), micros);
    let sold = sold.cast(&DataType::Datetime(TimeUnit::Microseconds, None)).unwrap();
    let mut seen =
        sold.cast(&DataType::Datetime(TimeUnit::Milliseconds, Some(TimeZone::UTC))).unwrap();
    seen.rename("seen".into());
    let products = vec![
        Series::new("category".into(), [Some("a kind with a long name"), Some("toys"), None]),
        prices.into_decimal_unchecked(9, 2).into_series(),
        Series::new("shop".into(), [Some(8_i64), None, Some(9)]),
        Series::new("is_test".into(), [Some(false), Some(true), None]),
        Series::new("weight".into(), [Some(0.5), None, Some(2.0)]),
        Series::new("since".into(), [Some(19_782_i32), None, Some(0)]).into_date(),
        sold,
        seen,
        Series::full_null("nothing".into(), 3, &DataType::Null),
        Series::new("blob".into(), [Some(b"a".as_slice()), None, Some(b"b")]),
    ];
    let keys = Series::new("".into(), [Some("A-1"), Some("B-2"), None]);
    let digits = [Some(i128::from(u64::MAX)), Some(7), Some(10_i128.pow(30))];
    let digits = Int128Chunked::from_slice_options("".into(), &digits);
    let digits = digits.into_decimal_unchecked(38, 0).into_series();
    let of_three = |texts: [&str; 3]| vec![Series::new("name".into(), texts)];
    vec![
        table("products", keys, products).unwrap(),
        table("shops", Series::new("".into(), [9_i64, 7, 8]), of_three(["nine", "seven", "eight"]))
            .unwrap(),
        table("far", Series::new("".into(), [7_i64, -40, i64::MAX]), of_three(["a", "b", "c"]))
            .unwrap(),
        table("digits", digits, of_three(["most", "seven", "more"])).unwrap(),
    ]
}

fn bound(text: &str, frame: &DataFrame, lookups: &[Arc<Lookup>]) -> Result<Mapped, String> {
    let zones = Zones::new(chrono_tz::UTC, Some(chrono_tz::America::New_York));
    let columns = Columns { schema: frame.schema(), zones: &zones, is_wall: &|_| false, lookups };
    Program::parse(text).map_err(|error| error.to_string())?.bind(&columns)
}

/// The values of the rows as texts, ` | ` between them.
fn values(text: &str, frame: &DataFrame, lookups: &[Arc<Lookup>]) -> String {
    let mapped = match bound(text, frame, lookups).and_then(Mapped::as_text) {
        Ok(mapped) => mapped,
        Err(reason) => return format!("refused: {reason}"),
    };
    let result = mapped.evaluate(frame);
    let texts = result.values.str().unwrap();
    let mut rows: Vec<_> = texts.iter().map(|text| text.unwrap_or("NULL").to_owned()).collect();
    for (row, failure) in result.failures {
        rows[row] = format!("!{failure}");
    }
    rows.join(" | ")
}

fn check(cases: &[(&str, &str)]) {
    let (frame, lookups) = (frame(), lookups());
    let wrong: Vec<_> = cases
        .iter()
        .map(|(text, expected)| (text, values(text, &frame, &lookups), expected))
        .filter(|(_, found, expected)| found != *expected)
        .map(|(text, found, expected)| format!("{text}\n   gives {found}\n   not   {expected}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn values_of_every_type() {
    check(&[
        ("LOOKUP(products.category, sku)", "a kind with a long name | NULL | NULL | toys"),
        ("lookup(products.\"category\", sku)", "a kind with a long name | NULL | NULL | toys"),
        ("LOOKUP(products.price, sku)", "19.99 | NULL | NULL | NULL"),
        ("n * LOOKUP(products.price, sku)", "19.99 | NULL | NULL | NULL"),
        ("LOOKUP(products.shop, sku)", "8 | NULL | NULL | NULL"),
        ("LOOKUP(products.is_test, sku)", "false | NULL | NULL | true"),
        ("LOOKUP(products.is_test, sku) IS NOT TRUE", "true | true | true | false"),
        ("LOOKUP(products.weight, sku)", "0.5 | NULL | NULL | NULL"),
        ("LOOKUP(products.since, sku)", "2024-02-29 | NULL | NULL | NULL"),
        // 02:30 of a night in which the clocks of New York skip that hour.
        ("LOOKUP(products.sold, sku)", "2024-03-10 07:30:00+00 | NULL | NULL | NULL"),
        ("LOOKUP(products.seen, sku)", "2024-03-10 02:30:00+00 | NULL | NULL | NULL"),
        ("LOOKUP(products.nothing, sku)", "NULL | NULL | NULL | NULL"),
        // The row of the lookup that has no key is never found.
        ("COALESCE(LOOKUP(products.price, sku), 0.05)", "19.99 | 0.05 | 0.05 | 0.05"),
    ]);
}

#[test]
fn keys_of_every_form() {
    check(&[
        ("LOOKUP(shops.name, shop)", "seven | eight | NULL | NULL"),
        ("LOOKUP(shops.name, 8)", "eight | eight | eight | eight"),
        ("LOOKUP(shops.name, '9')", "nine | nine | nine | nine"),
        ("LOOKUP(shops.name, NULL)", "NULL | NULL | NULL | NULL"),
        ("LOOKUP(shops.name, u)", "NULL | seven | eight | nine"),
        // 7.0 is 7, and 7.5 is none of them.
        ("LOOKUP(shops.name, d)", "seven | NULL | NULL | NULL"),
        ("LOOKUP(shops.name, n + 6)", "seven | eight | nine | NULL"),
        ("LOOKUP(far.name, shop)", "a | NULL | NULL | b"),
        ("LOOKUP(far.name, d)", "a | NULL | NULL | b"),
        ("LOOKUP(far.name, 9223372036854775807)", "c | c | c | c"),
        ("LOOKUP(digits.name, u)", "most | seven | NULL | NULL"),
        ("LOOKUP(digits.name, 1000000000000000000000000000000)", "more | more | more | more"),
        ("LOOKUP(products.category, 'B-2')", "toys | toys | toys | toys"),
        ("LOOKUP(products.category, UPPER(sku))", "a kind with a long name | NULL | NULL | toys"),
        ("LOOKUP(shops.name, LOOKUP(products.shop, sku))", "eight | NULL | NULL | NULL"),
        (
            "LOOKUP(shops.name, CAST(code AS BIGINT))",
            "!not readable | !not readable | !not readable | !not readable",
        ),
        ("LOOKUP(shops.name, CAST(x AS BIGINT))", "seven | eight | nine | NULL"),
    ]);
}

#[test]
fn calls_that_are_refused() {
    let how = "the first argument of LOOKUP is a column of a lookup, and the second the key that is looked \
               for: LOOKUP(products.category, sku)";
    let refused = format!("refused: {how}");
    check(&[
        ("LOOKUP(category, sku)", &refused),
        ("LOOKUP('products.category', sku)", &refused),
        ("LOOKUP(sku)", &refused),
        ("LOOKUP(products.category)", &refused),
        ("LOOKUP(products.category, sku, n)", &refused),
        (
            "LOOKUP(nope.category, sku)",
            "refused: there is no lookup \"nope\"; it is declared as [lookups.nope]",
        ),
        (
            "LOOKUP(shops.nam, shop)",
            "refused: the lookup shops has no column \"nam\"; its columns are name",
        ),
        (
            "LOOKUP(products.blob, sku)",
            "refused: nothing can be done with products.blob, which is of type binary",
        ),
        (
            "LOOKUP(shops.name, sku)",
            "refused: the keys of the lookup shops are of type BIGINT, and what is looked for is of type \
             VARCHAR: use CAST(x AS BIGINT)",
        ),
        (
            "LOOKUP(products.price, n)",
            "refused: the keys of the lookup products are of type VARCHAR, and what is looked for is of \
             type BIGINT: use CAST(x AS VARCHAR)",
        ),
        (
            "LOOKUP(shops.name, x)",
            "refused: the keys of the lookup shops are of type BIGINT, and what is looked for is of type \
             DOUBLE: use CAST(x AS BIGINT)",
        ),
        (
            "LOOKUP(products.category, sku) + 1",
            "refused: + is for numbers, and these are of the types VARCHAR and BIGINT: use CAST(x AS \
             DECIMAL(38, 2)) of the text",
        ),
    ]);
}

/// Rows in which a key is missed, and the first keys.
type Missed = (&'static [usize], &'static [&'static str]);

#[test]
fn keys_that_are_not_there_are_counted_where_a_row_takes_the_value() {
    let none: Missed = (&[], &[]);
    let cases: [(&str, &str, Missed); 12] = [
        ("LOOKUP(products.price, sku)", "products", (&[1], &["Z-9"])),
        ("LOOKUP(shops.name, shop)", "shops", (&[3], &["-40"])),
        ("LOOKUP(shops.name, d)", "shops", (&[1, 3], &["-40", "7.5"])),
        ("LOOKUP(shops.name, 100 - n)", "shops", (&[0, 1, 2, 3], &["96", "97", "98", "99"])),
        ("LOOKUP(shops.name, 1)", "shops", (&[0, 1, 2, 3], &["1"])),
        ("LOOKUP(shops.name, LOOKUP(products.shop, sku))", "products", (&[1], &["Z-9"])),
        ("LOOKUP(shops.name, LOOKUP(products.shop, sku))", "shops", none),
        ("CASE WHEN n > 2 THEN LOOKUP(products.category, sku) ELSE 'x' END", "products", none),
        (
            "CASE WHEN n > 2 THEN 'x' ELSE LOOKUP(products.category, sku) END",
            "products",
            (&[1], &["Z-9"]),
        ),
        (
            "COALESCE(CAST(shop AS VARCHAR), LOOKUP(products.category, 'Q'))",
            "products",
            (&[2], &["Q"]),
        ),
        // What else there is decides about the first two rows.
        ("LOOKUP(products.is_test, code) AND n > 2", "products", none),
        ("LOOKUP(products.is_test, code) OR n > 2", "products", (&[1], &["12,5"])),
    ];
    let (frame, lookups) = (frame(), lookups());
    for (text, lookup, (rows, keys)) in cases {
        let found = bound(text, &frame, &lookups).unwrap().evaluate(&frame).missed;
        let missed = found.iter().find(|missed| missed.lookup == lookup);
        let at: Vec<_> = missed.iter().flat_map(|missed| &missed.rows).enumerate().collect();
        let at: Vec<_> = at.into_iter().filter(|(_, is)| **is).map(|(row, _)| row).collect();
        let first: Vec<_> = missed.iter().flat_map(|missed| &missed.keys.first).collect();
        let first: Vec<_> = first.iter().map(ToString::to_string).collect();
        assert_eq!((&*at, first), (rows, keys.iter().map(ToString::to_string).collect()), "{text}");
        assert_eq!(missed.map_or(0, kohort_expr::Missed::count), rows.len() as u64, "{text}");
    }
}

#[test]
fn a_key_stands_in_one_row() {
    let integers = |keys: &[Option<i64>]| Series::new("".into(), keys);
    let cases = [
        (Series::new("".into(), [Some("a"), None, Some("b"), None, Some("a")]), "a", [0, 4]),
        (integers(&[Some(1), None, Some(2), None, Some(2)]), "2", [2, 4]),
        (integers(&[Some(i64::MIN), Some(0), Some(i64::MIN)]), "-9223372036854775808", [0, 2]),
    ];
    for (keys, key, rows) in cases {
        let repeated = table("t", keys, Vec::new()).unwrap_err();
        assert_eq!((&*repeated.key.to_string(), repeated.rows), (key, rows));
    }
}

#[test]
fn the_first_of_many_keys_stay_in_any_order() {
    let keys = || (0..40).map(|n| Key::Integer((n * 7) % 40 - 3));
    let (mut up, mut down) = (UnknownKeys::default(), UnknownKeys::default());
    keys().for_each(|key| up.see(key));
    keys().rev().for_each(|key| down.see(key));
    assert_eq!(up, down);
    assert_eq!(
        up.first.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["-3", "-2", "-1", "0", "1"]
    );
    let mut both = UnknownKeys { rows: 2, ..UnknownKeys::default() };
    both.merge(&UnknownKeys { rows: 40, ..up.clone() });
    assert_eq!((both.rows, both.first), (42, up.first));
}

/// More texts than a stretch of rows has, half of which are there.
#[test]
fn many_texts() {
    let texts: Vec<String> = (0..20_000).map(|n| format!("customer number {n}")).collect();
    let known: Vec<&str> = texts.iter().step_by(2).map(String::as_str).collect();
    let places: Vec<i64> = (0..20_000).step_by(2).collect();
    let keys = Series::new("".into(), known);
    let lookups = [table("t", keys, vec![Series::new("place".into(), places)]).unwrap()];
    let frame = DataFrame::new(20_000, vec![Series::new("k".into(), texts).into()]).unwrap();
    let found = bound("LOOKUP(t.place, k)", &frame, &lookups).unwrap().evaluate(&frame);
    let found: Vec<_> = found.values.i64().unwrap().iter().collect();
    let expected: Vec<_> = (0..20_000).map(|n| (n % 2 == 0).then_some(n)).collect();
    assert_eq!(found, expected);
}

/// A scan is asked nothing that has to be looked up, and the rest of a filter stays as it is.
#[test]
fn filters_are_parted() {
    let (frame, lookups) = (frame(), lookups());
    let zones = Zones::new(chrono_tz::UTC, None);
    let columns =
        Columns { schema: frame.schema(), zones: &zones, is_wall: &|_| false, lookups: &lookups };
    let text = "LOOKUP(products.is_test, sku) IS NOT TRUE AND n > 1";
    let filter = Program::parse(text).unwrap().bind_condition(&columns).unwrap();
    let (pushed, rest) = filter.split(frame.schema(), &|_| true);
    assert_eq!(pushed.unwrap().to_string(), "[(col(\"n\")) > (1)]");
    let rest = rest.unwrap();
    assert_eq!(rest.columns(), ["sku"]);
    let kept: Vec<_> = rest.passing(&frame).kept.iter().collect();
    assert_eq!(kept, [Some(true), Some(true), Some(true), Some(false)]);
    let named = Program::parse(text).unwrap();
    assert_eq!(named.lookups(), [("products".to_owned(), "is_test".to_owned())]);
}
