use std::collections::HashMap;
use std::fs::File;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int32Array, Int64Array,
    RecordBatch, StringArray,
};
use arrow::datatypes::{Field, Schema};
use kohort_model::view::Percent;
use parquet::arrow::ArrowWriter;

use super::*;
use crate::Format;

mod layouts;
mod sales;

/// A column: name, unit, values.
type Column = (&'static str, &'static str, ArrayRef);

fn words<const N: usize>(name: &'static str, values: [Option<&str>; N]) -> Column {
    (name, "", Arc::new(StringArray::from(values.to_vec())))
}

fn days<const N: usize>(name: &'static str, values: [i32; N]) -> Column {
    (name, "day", Arc::new(Date32Array::from(values.to_vec())))
}

fn counts<const N: usize>(name: &'static str, values: [i64; N]) -> Column {
    (name, "customers", Arc::new(Int64Array::from(values.to_vec())))
}

fn rates<const N: usize>(name: &'static str, values: [Option<f64>; N]) -> Column {
    (name, "ratio", Arc::new(Float64Array::from(values.to_vec())))
}

fn money<const N: usize>(name: &'static str, cents: [i128; N]) -> Column {
    let values = Decimal128Array::from(cents.to_vec());
    (name, "GBP", Arc::new(values.with_precision_and_scale(38, 2).unwrap()))
}

fn flags<const N: usize>(name: &'static str, values: [bool; N]) -> Column {
    (name, "", Arc::new(BooleanArray::from(values.to_vec())))
}

/// A published table, until the folder is dropped.
fn publish(
    table: &str,
    key: &str,
    columns: Vec<Column>,
) -> (tempfile::TempDir, std::path::PathBuf) {
    let fields: Vec<_> = columns
        .iter()
        .map(|(name, unit, array)| {
            let units = Some(*unit).filter(|unit| !unit.is_empty());
            let units = units.map(|unit| ("unit".to_owned(), unit.to_owned()));
            Field::new(*name, array.data_type().clone(), true)
                .with_metadata(units.into_iter().collect())
        })
        .collect();
    let notes = [("table", table), ("key", key), ("as_of", "2024-03-15")];
    let notes = notes.map(|(key, value)| (format!("kohort.{key}"), value.to_owned()));
    let schema = Arc::new(Schema::new(fields).with_metadata(HashMap::from(notes)));
    let arrays = columns.into_iter().map(|(_, _, array)| array).collect();
    let batch = RecordBatch::try_new(schema.clone(), arrays).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("{table}.parquet"));
    let mut writer = ArrowWriter::try_new(File::create(&path).unwrap(), schema, None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    (folder, path)
}

/// Days since 1970-01-01 of the first days of January to March 2024.
const MONTHS: [i32; 3] = [19723, 19754, 19783];

fn cohort_retention() -> Vec<Column> {
    let [jan, feb, mar] = MONTHS;
    let all = Some("all");
    let country = Some("country");
    let month = Some("month");
    vec![
        words("grain", [month, month, month, month, month, month, month, month, Some("year")]),
        words("segment", [all, all, all, all, all, all, country, country, all]),
        words("segment_value", [None, None, None, None, None, None, Some("FR"), Some("GB"), None]),
        days("cohort", [jan, jan, jan, feb, feb, mar, mar, mar, jan]),
        ("k", "periods", Arc::new(Int32Array::from(vec![0, 1, 2, 0, 1, 0, 0, 0, 0]))),
        counts("cohort_size", [1200, 1200, 1200, 900, 900, 50, 20, 30, 2150]),
        counts("active", [1200, 300, 150, 900, 9, 50, 20, 30, 2150]),
        rates(
            "retention_rate",
            [
                Some(1.0),
                Some(0.25),
                Some(0.125),
                Some(1.0),
                Some(0.01),
                Some(1.0),
                Some(1.0),
                Some(1.0),
                Some(1.0),
            ],
        ),
        money("revenue", [1_234_567, 100, -50, 0, 1, 2, 1, 1, 9]),
        flags("is_truncated", [true, true, true, false, false, false, false, false, true]),
        flags("is_complete", [true, true, false, true, false, false, false, false, false]),
    ]
}

fn customer_retention() -> Vec<Column> {
    vec![
        words("grain", [Some("month"); 3]),
        words("segment", [Some("all"); 3]),
        words("segment_value", [None; 3]),
        days("period", MONTHS),
        counts("opening", [0, 1200, 15_000]),
        counts("closing", [1200, 15_000, 9]),
        rates("retention_rate", [None, Some(0.5), Some(1.0)]),
        counts("lifecycle_new", [3, 4, 5]),
        flags("is_complete", [true, true, false]),
    ]
}

fn lost_sales() -> Vec<Column> {
    let [jan, feb, _] = MONTHS;
    let (customer, prospect) = (Some("customer"), Some("prospect"));
    let (total, reason) = (Some("total"), Some("reason"));
    vec![
        words("source", [Some("orders"); 6]),
        words("grain", [Some("month"); 6]),
        words("segment", [Some("all"); 6]),
        words("segment_value", [None; 6]),
        days("period", [jan, jan, jan, jan, feb, feb]),
        words("buyer", [customer, customer, customer, prospect, customer, customer]),
        words("breakdown", [total, reason, reason, total, total, reason]),
        words("breakdown_value", [None, Some("price"), Some("stock"), None, None, Some("stock")]),
        counts("lost", [5, 2, 3, 0, 1, 1]),
        counts("recovered", [1, 1, 0, 0, 0, 0]),
        money("lost_value", [50_000, 20_000, 30_000, 0, 123, 123]),
        money("recovered_value", [1_000, 1_000, 0, 0, 0, 0]),
        money("net_lost_value", [49_000, 19_000, 30_000, 0, 123, 123]),
        flags("is_complete", [true, true, true, true, false, false]),
    ]
}

/// What `flags`, pairs of a name and a value as the command line has them, ask for, and of how many rows.
fn query(flags: &[&str]) -> (Query, Option<usize>) {
    let (mut query, mut rows) = (Query::default(), None);
    for flag in flags.chunks(2) {
        match *flag {
            ["--grain", grain] => query.grain = Some(grain.parse().unwrap()),
            ["--segment", segment] => query.segment = Some(segment.to_owned()),
            ["--column", columns] => {
                query.columns = columns.split(',').map(str::to_owned).collect();
            }
            ["--rows", number] => rows = Some(number.parse().unwrap()),
            _ => panic!("{flag:?}"),
        }
    }
    (query, rows)
}

/// What is drawn of a table, then what is said about the rest.
/// The declared view of a table; of an unknown one every column.
fn view(table: &str) -> View {
    let of_measures = kohort_measures::tables();
    let all = of_measures.chain([&kohort_scorecard::SCORECARD, &kohort_scorecard::ALERTS]);
    let found = all.into_iter().find(|spec| spec.schema.name == table);
    let view = found.map_or(View::PLAIN, |spec| spec.view);
    let (is_metric, metric_exceeds) = (kohort_measures::is_share, kohort_measures::exceeds);
    View { percent: Percent { is_metric, metric_exceeds, ..view.percent }, ..view }
}

fn draw(table: &str, key: &str, columns: Vec<Column>, flags: &[&str]) -> String {
    let (_folder, path) = publish(table, key, columns);
    let (query, rows) = query(flags);
    let source = Source::find(&path, None).unwrap();
    match super::draw(&source, &query, view(table), Canvas { width: 70, in_colour: false, rows }) {
        Ok(Picture { text, left_out }) if left_out.is_empty() => text,
        Ok(Picture { text, left_out }) => format!("{text}left out: {}", left_out.join("; ")),
        Err(error) => format!("error: {error}"),
    }
}

const COHORT_KEY: &str = "grain,segment,segment_value,cohort,k";

#[test]
fn a_heatmap() {
    let show = |flags: &[&str]| draw("cohort_retention", COHORT_KEY, cohort_retention(), flags);
    insta::assert_snapshot!(show(&[]), @r#"
    cohort_retention by month, as of 2024-03-15, everybody: retention_rate in %

    cohort      customers     0     1     2
    2024-01-01~     1,200   100  25.0  12.5*
    2024-02-01        900   100   1.0*
    2024-03-01         50   100*
    * not complete yet   ~ may hold customers from before the history starts
    left out: by year (--grain); by country (--segment)
    "#);
    insta::assert_snapshot!(show(&["--column", "revenue", "--rows", "2"]), @r#"
    cohort_retention by month, as of 2024-03-15, everybody: revenue

    cohort     customers     0     1
    2024-02-01       900  0.00  0.01*
    2024-03-01        50  0.02*
    * not complete yet
    left out: by year (--grain); by country (--segment); 1 earlier cohort (--rows 3)
    "#);
    insta::assert_snapshot!(show(&["--segment", "country"]), @r#"
    cohort_retention by month, as of 2024-03-15, country FR: retention_rate in %

    cohort     customers    0
    2024-03-01        20  100*
    * not complete yet

    cohort_retention by month, as of 2024-03-15, country GB: retention_rate in %

    cohort     customers    0
    2024-03-01        30  100*
    * not complete yet
    left out: by year (--grain); by all (--segment)
    "#);
    insta::assert_snapshot!(show(&["--segment", "country=GB", "--grain", "month"]), @r#"
    cohort_retention by month, as of 2024-03-15, country GB: retention_rate in %

    cohort     customers    0
    2024-03-01        30  100*
    * not complete yet
    left out: by year (--grain); by all (--segment)
    "#);
}

#[test]
fn a_table() {
    let key = "grain,segment,segment_value,period";
    let show = |flags: &[&str]| draw("customer_retention", key, customer_retention(), flags);
    insta::assert_snapshot!(show(&[]), @r"
    customer_retention by month, as of 2024-03-15, everybody

    period       opening  closing
    ───────────  ───────  ───────
    2024-01-01         0    1,200
    2024-02-01     1,200   15,000
    2024-03-01*   15,000        9
    * not complete yet
    left out: columns retention_rate, lifecycle_new (--column)
    ");
    insta::assert_snapshot!(show(&["--column", "lifecycle_new", "--rows", "1"]), @r#"
    customer_retention by month, as of 2024-03-15, everybody

                 lifecycle_
    period              new
    ───────────  ──────────
    2024-03-01*           5
    * not complete yet
    left out: 2 earlier periods (--rows 3); columns opening, closing, retention_rate (--column)
    "#);
}

#[test]
fn lost_sales_with_reasons() {
    let key = "source,grain,segment,segment_value,period,buyer,breakdown,breakdown_value";
    insta::assert_snapshot!(draw("lost_sales", key, lost_sales(), &[]), @r#"
    lost_sales by month, as of 2024-03-15, everybody

                                                        net_lost_
    period       buyer     lost  recovered  lost_value      value
    ───────────  ────────  ────  ─────────  ──────────  ─────────
    2024-01-01   customer     5          1      500.00     490.00
    2024-01-01   prospect     0          0        0.00       0.00
    2024-02-01*  customer     1          0        1.23       1.23
    * not complete yet

    reasons, over the periods above

                                         recovered_  net_lost_
    reason  lost  recovered  lost_value       value      value
    ──────  ────  ─────────  ──────────  ──────────  ─────────
    stock      4          0      301.23        0.00     301.23
    price      2          1      200.00       10.00     190.00
    left out: columns recovered_value (--column)
    "#);
}

#[test]
fn a_file_of_another_origin() {
    let columns = vec![words("name", [Some("a\tb"), None]), counts("n", [-1000, 2])];
    insta::assert_snapshot!(draw("other", "", columns, &[]), @r#"
    other, as of 2024-03-15

    name       n
    ────  ──────
    a\tb  -1,000
    –          2
    "#);
}

#[test]
fn an_empty_table() {
    let columns = vec![words("grain", []), words("segment", []), days("period", [])];
    insta::assert_snapshot!(draw("customer_retention", "", columns, &[]), @"customer_retention, as of 2024-03-15: no rows");
}

#[test]
fn wrong_names() {
    let show = |flags: &[&str]| draw("cohort_retention", COHORT_KEY, cohort_retention(), flags);
    let cases: [&[&str]; 7] = [
        &["--grain", "week"],
        &["--segment", "city"],
        &["--segment", "country=DE"],
        &["--segment", "all=x"],
        &["--column", "retention"],
        &["--column", "active,revenue"],
        &["--column", "is_complete"],
    ];
    insta::assert_snapshot!(cases.map(show).join("\n"), @r#"
    error: there is no grain "week"; there is month, year
    error: there is no segment "city"; there is all, country
    error: there is no segment value "DE"; there is FR, GB
    error: there is no segment value "x"; there is none in this table
    error: there is no column "retention"; there is grain, segment, segment_value, cohort, k, cohort_size, active, retention_rate, revenue, is_truncated, is_complete
    error: a heatmap shows one column; name one with --column
    error: a heatmap shows numbers, and is_complete is none; name another --column
    "#);
}

#[test]
fn csv_and_json_are_exact() {
    let (_folder, path) = publish("lost_sales", "", lost_sales());
    let export = |format, flags: &[&str]| {
        let source = Source::find(&path, None).unwrap();
        let mut text = Vec::new();
        super::export(&source, &query(flags).0, format, Guard::Off, &mut text).unwrap();
        String::from_utf8(text).unwrap()
    };
    insta::assert_snapshot!(export(Format::Csv, &[]), @r#"
    source,grain,segment,segment_value,period,buyer,breakdown,breakdown_value,lost,recovered,lost_value,recovered_value,net_lost_value,is_complete
    orders,month,all,,2024-01-01,customer,total,,5,1,500.00,10.00,490.00,true
    orders,month,all,,2024-01-01,customer,reason,price,2,1,200.00,10.00,190.00,true
    orders,month,all,,2024-01-01,customer,reason,stock,3,0,300.00,0.00,300.00,true
    orders,month,all,,2024-01-01,prospect,total,,0,0,0.00,0.00,0.00,true
    orders,month,all,,2024-02-01,customer,total,,1,0,1.23,0.00,1.23,false
    orders,month,all,,2024-02-01,customer,reason,stock,1,0,1.23,0.00,1.23,false
    "#);
    insta::assert_snapshot!(
        export(Format::Json, &["--column", "breakdown_value,lost_value,period,lost"]), @r#"[{"breakdown_value":null,"lost_value":500.00,"period":"2024-01-01","lost":5},{"breakdown_value":"price","lost_value":200.00,"period":"2024-01-01","lost":2},{"breakdown_value":"stock","lost_value":300.00,"period":"2024-01-01","lost":3},{"breakdown_value":null,"lost_value":0.00,"period":"2024-01-01","lost":0},{"breakdown_value":null,"lost_value":1.23,"period":"2024-02-01","lost":1},{"breakdown_value":"stock","lost_value":1.23,"period":"2024-02-01","lost":1}]"#);
}
