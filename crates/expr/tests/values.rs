//! What expressions give, as tables: an expression, and its value in each of three rows.

#![expect(clippy::unwrap_used, reason = "a test that can not go on fails")]

use kohort_expr::{Columns, Mapped, Program, Zones};
use polars::prelude::{
    Column, DataFrame, DataType, Int128Chunked, IntoSeries, NamedFrom, NewChunkedArray, Series,
    TimeUnit, TimeZone,
};

fn decimals(name: &str, scale: usize, digits: [Option<i128>; 3]) -> Column {
    let digits = Int128Chunked::from_slice_options(name.into(), &digits);
    digits.into_decimal_unchecked(12, scale).into_series().into()
}

/// Three rows; the second is NULL nearly everywhere.
fn frame() -> DataFrame {
    let times = |name: &str, zone| {
        // 2024-01-31 23:30, 2024-03-10 02:30 and 0001-01-01 on a clock in UTC.
        let micros = [
            Some(1_706_743_800_000_000_i64),
            Some(1_710_037_800_000_000),
            Some(-62_135_596_800_000_000),
        ];
        Series::new(name.into(), micros)
            .cast(&DataType::Datetime(TimeUnit::Microseconds, zone))
            .unwrap()
    };
    let columns = vec![
        Series::new("i".into(), [Some(-7_i16), None, Some(32_767)]).into(),
        Series::new("u".into(), [Some(u64::MAX), Some(0), Some(3)]).into(),
        Series::new("l".into(), [Some(i64::MIN), None, Some(i64::MAX)]).into(),
        decimals("price", 2, [Some(30), None, Some(-5)]),
        decimals("net", 3, [Some(125), None, Some(-2_675)]),
        Series::new("x".into(), [Some(2.5), None, Some(f64::NAN)]).into(),
        Series::new("s".into(), [Some("12,50"), None, Some("0.005")]).into(),
        Series::new("status".into(), [Some("paid"), None, Some("test")]).into(),
        Series::new("b".into(), [Some(true), None, Some(false)]).into(),
        Series::new("day".into(), [Some(19_753_i32), None, Some(19_782)]).into_date().into(),
        times("wall", None).into(),
        times("at", Some(TimeZone::UTC)).into(),
        Series::new("o".into(), ["2024-01-31T23:30:00-05:00", "2024-01-31 23:30", "20240131"])
            .into(),
        Series::new("Größe".into(), ["S", "M", "L"]).into(),
        Series::new("end".into(), [1_i64, 2, 3]).into(),
        Series::new("customer.id".into(), [1_i64, 2, 3]).into(),
        Series::full_null("nothing".into(), 3, &DataType::Null).into(),
    ];
    DataFrame::new(3, columns).unwrap()
}

fn bound(text: &str, frame: &DataFrame) -> Result<Mapped, String> {
    let zones = Zones::new(chrono_tz::America::New_York, None);
    let columns =
        Columns { schema: frame.schema(), zones: &zones, is_wall: &|_| false, lookups: &[] };
    Program::parse(text).map_err(|error| error.to_string())?.bind(&columns)
}

/// The values of the rows as texts, ` | ` between them.
fn values(text: &str, frame: &DataFrame) -> String {
    let mapped = match bound(text, frame).and_then(Mapped::as_text) {
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
    let frame = frame();
    let wrong: Vec<_> = cases
        .iter()
        .map(|(text, expected)| (text, values(text, &frame), expected))
        .filter(|(_, found, expected)| found != *expected)
        .map(|(text, found, expected)| format!("{text}\n   gives {found}\n   not   {expected}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn numbers() {
    check(&[
        ("i * i", "49 | NULL | 1073676289"),
        ("-i", "7 | NULL | -32767"),
        ("-l", "9223372036854775808 | NULL | -9223372036854775807"),
        ("u + 1", "18446744073709551616 | 1 | 4"),
        ("u - l", "27670116110564327423 | NULL | -9223372036854775804"),
        ("price * (1 - 0.05)", "0.2850 | NULL | -0.0475"),
        ("price / 100", "0.0030 | NULL | -0.0005"),
        ("ROUND(price / 3, 4)", "0.1000 | NULL | -0.0167"),
        ("price / 3 * 3 = price", "true | NULL | true"),
        ("i / 0", "!division by zero | NULL | !division by zero"),
        ("i % 4", "-3 | NULL | 3"),
        ("i // 2", "-3 | NULL | 16383"),
        ("ROUND(net, 2)", "0.13 | NULL | -2.68"),
        ("CAST(net AS DECIMAL(9, 2))", "0.13 | NULL | -2.68"),
        ("CAST(net AS INTEGER)", "0 | NULL | -3"),
        ("ROUND(l, -3)", "-9223372036854776000 | NULL | 9223372036854776000"),
        ("FLOOR(net)", "0 | NULL | -3"),
        ("CEIL(net)", "1 | NULL | -2"),
        ("TRUNC(net, 1)", "0.1 | NULL | -2.6"),
        ("CAST(x AS INTEGER)", "2 | NULL | !out of range"),
        ("CAST(i AS UBIGINT)", "!out of range | NULL | 32767"),
        ("CAST(u AS BIGINT)", "!out of range | 0 | 3"),
        ("1e2 * i", "-700 | NULL | 3276700"),
        ("x > 100", "false | NULL | true"),
        ("GREATEST(price, net, 0)", "0.300 | 0.000 | 0.000"),
        ("COALESCE(i, 2.5)", "-7.0 | 2.5 | 32767.0"),
        ("NULLIF(i, -7)", "NULL | NULL | 32767"),
        ("i + '2'", "-5 | NULL | 32769"),
        ("i + nothing", "NULL | NULL | NULL"),
    ]);
}

#[test]
fn conditions() {
    check(&[
        ("i IN (-7, 1)", "true | NULL | false"),
        ("i IN (1, NULL)", "NULL | NULL | NULL"),
        ("i NOT IN (1, NULL, -7)", "false | NULL | NULL"),
        ("price IN (0.3, 1.000)", "true | NULL | false"),
        ("status IN ('paid', 'shipped')", "true | NULL | false"),
        ("day IN ('2024-01-31', DATE '2024-02-29')", "true | NULL | true"),
        ("b IS TRUE", "true | false | false"),
        ("b IS NOT TRUE", "false | true | true"),
        ("b IS NOT FALSE", "true | true | false"),
        ("b IS UNKNOWN", "false | true | false"),
        ("NOT b", "false | NULL | true"),
        ("b AND i > 0", "false | NULL | false"),
        ("b OR i > 0", "true | NULL | true"),
        ("b AND CAST(s AS DECIMAL(9, 2)) > 0", "!not readable | NULL | false"),
        ("b OR CAST(s AS DECIMAL(9, 2)) > 0", "true | NULL | true"),
        ("i IS DISTINCT FROM -7", "false | true | true"),
        ("(b IS DISTINCT FROM TRUE) AND i > 0", "false | NULL | true"),
        ("i BETWEEN -7 AND 0", "true | NULL | false"),
        ("CASE WHEN s LIKE '%,%' THEN 0 ELSE CAST(s AS DECIMAL(9, 2)) END", "0.00 | NULL | 0.01"),
        ("CASE status WHEN 'paid' THEN 1 WHEN 'test' THEN 2 END", "1 | NULL | 2"),
        ("TRY_CAST(s AS DECIMAL(9, 2))", "NULL | NULL | 0.01"),
        ("CAST(s AS DECIMAL(9, 2))", "!not readable | NULL | 0.01"),
        ("IF(b, 'yes', 'no')", "yes | no | no"),
        ("IF(i = -7, 'yes', 'no')", "yes | no | no"),
        ("IF(i = -7 OR b, 'yes', 'no')", "yes | no | no"),
        ("COALESCE(i = -7, FALSE)", "true | false | false"),
    ]);
}

#[test]
fn times() {
    check(&[
        ("CAST(at AS DATE)", "2024-01-31 | 2024-03-09 | 0000-12-31"),
        (
            "wall AT TIME ZONE 'UTC'",
            "2024-01-31 18:30:00-05 | 2024-03-09 21:30:00-05 | 0000-12-31 19:03:58-04:56:02",
        ),
        (
            "CAST(wall AT TIME ZONE 'America/New_York' AS TIMESTAMP)",
            "2024-01-31 23:30:00 | 2024-03-10 03:30:00 | 0001-01-01 00:00:00",
        ),
        ("wall >= '2024-02-01'", "false | true | false"),
        ("wall < DATE '2024-02-01'", "true | false | true"),
        ("day = '2024-01-31'", "true | NULL | false"),
        ("day + 1", "2024-02-01 | NULL | 2024-03-01"),
        ("day + INTERVAL '1 month'", "2024-02-29 | NULL | 2024-03-29"),
        ("day - DATE '2024-01-01'", "30 | NULL | 59"),
        ("DATE_TRUNC('month', day)", "2024-01-01 | NULL | 2024-02-01"),
        ("EXTRACT(month FROM at)", "1 | 3 | 12"),
        ("YEAR(day)", "2024 | NULL | 2024"),
        (
            "CAST(o AS DATE)",
            "!has an offset from UTC: use TIMESTAMPTZ | 2024-01-31 | !not readable",
        ),
        (
            "CAST(o AS TIMESTAMPTZ)",
            "2024-01-31 23:30:00-05 | 2024-01-31 23:30:00-05 | !not readable",
        ),
        ("STRPTIME(o, '%Y%m%d')", "!not readable | !not readable | 2024-01-31 00:00:00"),
        ("TRY_STRPTIME(o, '%Y%m%d')", "NULL | NULL | 2024-01-31 00:00:00"),
        ("TO_TIMESTAMP(i)", "1969-12-31 18:59:53-05 | NULL | 1970-01-01 04:06:07-05"),
        ("EPOCH_MS(u)", "!out of range | 1969-12-31 19:00:00-05 | 1969-12-31 19:00:00.003-05"),
        ("STRFTIME(day, '%d.%m.%y')", "31.01.24 | NULL | 29.02.24"),
        ("DATE_DIFF('month', day, DATE '2024-03-01')", "2 | NULL | 1"),
    ]);
}

#[test]
fn texts_and_names() {
    check(&[
        ("STRPOS(status, 'a')", "2 | NULL | 0"),
        ("SUBSTRING(status FROM 2 FOR 2)", "ai | NULL | es"),
        ("status || '-' || i", "paid--7 | NULL | test-32767"),
        ("CONCAT(status, '-', i)", "paid--7 | - | test-32767"),
        ("REGEXP_REPLACE(s, '[0-9]+', '#')", "#,50 | NULL | #.005"),
        ("s LIKE '1!2%' ESCAPE '!'", "true | NULL | false"),
        ("UPPER(status)", "PAID | NULL | TEST"),
        ("SPLIT_PART(s, ',', 2)", "50 | NULL | "),
        ("Größe", "S | M | L"),
        ("\"Größe\" = 'S'", "true | false | false"),
        ("end", "1 | 2 | 3"),
        ("customer.id + 1", "2 | 3 | 4"),
        ("\"end\" * 2", "2 | 4 | 6"),
    ]);
}

#[test]
fn what_is_refused_says_why() {
    let frame = frame();
    let cases = [
        ("CURRENT_DATE", "differs from run to run"),
        ("day > NOW()", "NOW differs from run to run"),
        ("RANDOM()", "differs from run to run"),
        ("SUM(i)", "does not give one value for each row"),
        ("i > (SELECT 1)", "a query within the expression"),
        ("FLOR(x)", "there is no function FLOR; near to it are FLOOR"),
        ("i + s", "use CAST(x AS DECIMAL(38, 2)) of the text"),
        ("status > 5", "use CAST(x AS BIGINT) of the text"),
        ("i = 'seven'", "'seven' is no BIGINT"),
        ("day > '2024-13-01'", "'2024-13-01' is no DATE"),
        ("DATE '2024-13-01' < day", "'2024-13-01' is no DATE"),
        ("CAST(i AS TIMESTAMP)", "TO_TIMESTAMP(x) makes one of seconds since 1970"),
        ("wall AT TIME ZONE 'Mars'", "\"Mars\" is no time zone"),
        ("status LIKE 'a\\_b'", "ESCAPE"),
        ("LPAD(status)", "the call is LPAD(text, n, fill), and it has 1 arguments"),
        ("CAST(i AS MONEY)", "nothing is cast to MONEY; the types are SMALLINT"),
        ("Order Date", "stands in double quotes"),
        ("b IS DISTINCT FROM TRUE AND i > 0", "beside AND and OR it stands in parentheses"),
        ("wall - wall", "use DATE_DIFF('day', a, b)"),
        ("i BETWEEN SYMMETRIC 1 AND 2", "BETWEEN LEAST(a, b) AND GREATEST(a, b)"),
    ];
    for (text, expected) in cases {
        let reason = bound(text, &frame).map(|mapped| mapped.ty().to_string()).unwrap_err();
        assert!(reason.contains(expected), "{text}: {reason}");
        let shows_a_tree = ["Ident", "Span", "BinaryOp"].iter().any(|word| reason.contains(word));
        assert!(!shows_a_tree, "{text}: {reason}");
    }
}

#[test]
fn long_expressions_neither_overflow_nor_take_long() {
    let frame = frame();
    let many = |count: usize, term: &dyn Fn(usize) -> String, between: &str| {
        (0..count).map(term).collect::<Vec<_>>().join(between)
    };
    let or = many(10_000, &|n| format!("i = -{}", 9_000 - n.min(9_000)), " OR ");
    assert_eq!(values(&or, &frame), "true | NULL | false");
    let sum = many(500, &|_| "price".to_owned(), " + ");
    assert_eq!(values(&sum, &frame), "150.00 | NULL | -25.00");
    let list = many(10_000, &|n| n.to_string(), ", ");
    assert_eq!(values(&format!("u IN ({list})"), &frame), "false | true | true");
    let branches = many(3_000, &|n| format!("WHEN i = {n} THEN 'v{n}'"), " ");
    assert_eq!(values(&format!("CASE {branches} ELSE 'none' END"), &frame), "none | none | none");
    let nested = format!("{}i{}", "(".repeat(5_000), ")".repeat(5_000));
    assert!(values(&nested, &frame).starts_with("refused: more than"));
    let long = " ".repeat(2 << 20);
    assert!(values(&format!("i{long}+ 1"), &frame).starts_with("refused: it has more than"));
}
