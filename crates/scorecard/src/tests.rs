//! Small tables by hand, and the lines that come of them.

use kohort_model::{Basis, Column, Day, Grain, Scale, Table, TableSchema, Unit, Values, keys};

use crate::{
    Alert, Beyond, Side, Threshold, alerts, built_in, latest_alerts, metrics, over_built_in,
};

/// The scorecard of all headline rates.
fn scorecard(scale: Scale, tables: &[Table], thresholds: &[Threshold]) -> Table {
    crate::scorecard(scale, &metrics(kohort_measures::tables()), tables, thresholds)
}

const fn count(name: &'static str) -> Column {
    Column::count(name, Unit::Customers, "").or_null()
}

static RETENTION: TableSchema = TableSchema {
    name: "customer_retention",
    description: "",
    columns: &[
        keys::GRAIN,
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        keys::PERIOD,
        count("opening"),
        count("closing"),
        count("new_at_close"),
        count("entered_existing_at_close"),
        count("kept"),
        count("lost"),
        Column::rate("retention_rate", ""),
        Column::rate("kept_rate", ""),
        Column::rate("churn_rate", ""),
        Column::rate("annualised_churn_rate", ""),
        count("yearly_opening"),
        count("yearly_kept"),
        count("yearly_buyers"),
        Column::rate("yearly_kept_rate", ""),
        Column::rate("yearly_buyer_rate", ""),
        keys::IS_COMPLETE,
    ],
    key: &["grain", "segment", "segment_value", "period"],
    revisable: &[],
};

static LOST_SALES: TableSchema = TableSchema {
    name: "lost_sales",
    description: "",
    columns: &[
        Column::text("source", ""),
        keys::GRAIN,
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        keys::PERIOD,
        Column::text("buyer", ""),
        Column::text("breakdown", ""),
        count("won"),
        count("lost"),
        keys::IS_COMPLETE,
    ],
    key: &["source", "grain", "segment", "segment_value", "period", "buyer", "breakdown"],
    revisable: &[],
};

static FUNNEL: TableSchema = TableSchema {
    name: "funnel",
    description: "",
    columns: &[
        keys::GRAIN,
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        keys::PERIOD,
        count("entered"),
        count("converted"),
        count("visitors"),
        Column::rate("overall_conversion_rate", ""),
        keys::IS_COMPLETE,
    ],
    key: &["grain", "segment", "segment_value", "period"],
    revisable: &[],
};

static RETURNS: TableSchema = TableSchema {
    name: "product_returns",
    description: "",
    columns: &[
        keys::GRAIN,
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        keys::PERIOD,
        Column::text("attribution", ""),
        Column::text("breakdown", ""),
        count("sold_units"),
        count("returned_units"),
        Column::rate("unit_return_rate", ""),
        Column::flag("is_mature", ""),
        keys::IS_COMPLETE,
    ],
    key: &["grain", "segment", "segment_value", "period", "attribution", "breakdown"],
    revisable: &[],
};

static REVENUE: TableSchema = TableSchema {
    name: "revenue_churn",
    description: "",
    columns: &[
        keys::GRAIN,
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        keys::PERIOD,
        Column::money("opening_revenue", ""),
        Column::money("new_revenue", ""),
        Column::money("reactivated_revenue", ""),
        Column::money("expansion_revenue", ""),
        Column::money("contraction_revenue", ""),
        Column::money("churned_revenue", ""),
        Column::rate("gross_revenue_churn_rate", ""),
        Column::rate("net_revenue_churn_rate", ""),
        Column::rate("gross_revenue_retention", ""),
        Column::rate("net_revenue_retention", ""),
        Column::rate("existing_customer_growth_rate", ""),
        Column::rate("quick_ratio", ""),
        Column::money("closing_revenue", ""),
        Column::count("closing_customers", Unit::Customers, ""),
        Column::average("average_revenue_per_customer", ""),
        keys::IS_COMPLETE,
    ],
    key: &["grain", "segment", "segment_value", "period"],
    revisable: &[],
};

fn cents() -> Scale {
    Scale::new(2).unwrap()
}

/// Grain, segment value, period, lost of 10 000, the churn rate, whether it is complete.
type Churn = (&'static str, Option<&'static str>, i32, i64, Option<f64>, bool);

fn retention(rows: &[Churn]) -> Table {
    let mut table = Table::new(&RETENTION, cents());
    for (grain, value, period, lost, churn_rate, is_complete) in rows.iter().copied() {
        table.push([
            grain.into(),
            if value.is_none() { "all" } else { "country" }.into(),
            value.into(),
            Day(period).into(),
            10_000_i64.into(),
            (10_030 - lost).into(),
            20_i64.into(),
            10_i64.into(),
            (10_000 - lost).into(),
            lost.into(),
            churn_rate.map(|rate| 1.0 - rate).into(),
            churn_rate.map(|rate| 1.0 - rate).into(),
            churn_rate.into(),
            churn_rate.map(|rate| 2.0 * rate).into(),
            4_000_i64.into(),
            3_000_i64.into(),
            2_000_i64.into(),
            0.75.into(),
            0.5.into(),
            is_complete.into(),
        ]);
    }
    table
}

fn text(values: &Values, row: usize) -> String {
    fn one<T: ToString>(value: Option<&T>) -> String {
        value.map_or_else(|| "-".to_owned(), T::to_string)
    }
    match values {
        Values::Text(v) => one(v[row].as_ref()),
        Values::Date(v) => v[row].unwrap().0.to_string(),
        Values::Float64(v) => one(v[row].map(|v| (v * 1e6).round() / 1e6).as_ref()),
        Values::Money(v) => one(v[row].as_ref()),
        Values::Boolean(v) => one(v[row].as_ref()),
        other => panic!("{other:?}"),
    }
}

/// The first line names columns, the others are the rows of a metric.
#[track_caller]
fn assert_rows(table: &Table, metric: &str, expected: &str) {
    let mut expected = expected.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let columns = expected.next().unwrap();
    let columns: Vec<_> = columns.iter().map(|name| table.column(name).unwrap()).collect();
    let metrics = table.column("metric").unwrap();
    let rows = (0..table.rows()).filter(|row| text(metrics, *row) == metric);
    let found = rows.map(|row| columns.iter().map(|values| text(values, row)).collect::<Vec<_>>());
    assert_eq!(found.collect::<Vec<_>>(), expected.collect::<Vec<_>>(), "{metric}");
}

fn threshold(metric: &str, grain: Option<Grain>, beyond: Beyond) -> Threshold {
    Threshold { metric: metric.to_owned(), grain, beyond }
}

#[test]
fn built_in_thresholds_are_of_metrics() {
    let metrics = metrics(kohort_measures::tables());
    let is_known = |name: &str| metrics.iter().any(|metric| metric.headline.name == name);
    for basis in [Basis::Orders, Basis::Subscriptions] {
        assert!(built_in(basis).iter().all(|threshold| is_known(&threshold.metric)));
    }
}

#[test]
fn monthly_churn_of_more_than_seven_percent() {
    let table = retention(&[
        ("week", None, 0, 800, Some(0.08), true),
        ("month", None, 0, 701, Some(0.0701), true),
        ("month", None, 31, 700, Some(0.07), true),
        ("month", None, 59, 0, None, true),
        ("month", None, 90, 900, Some(0.09), false),
        ("month", Some("AT"), 90, 900, Some(0.09), true),
    ]);
    let scorecard = scorecard(cents(), &[table], &built_in(Basis::Subscriptions));
    assert_rows(
        &scorecard,
        "churn_rate",
        "grain segment_value period value  numerator denominator unit  previous_value change  threshold direction status is_complete
         week  -             0      0.08   80000     1000000     ratio -              -       -         -         -      true
         month -             0      0.0701 70100     1000000     ratio -              -       0.07      above     act    true
         month -             31     0.07   70000     1000000     ratio 0.0701         -0.0001 0.07      above     ok     true
         month -             59     -      0         1000000     ratio 0.07           -       0.07      above     -      true
         month -             90     0.09   90000     1000000     ratio -              -       0.07      above     -      false
         month AT            90     0.09   90000     1000000     ratio -              -       0.07      above     act    true",
    );
    let alerts = alerts(&scorecard);
    assert_rows(
        &alerts,
        "churn_rate",
        "grain segment segment_value period value  numerator denominator previous_value change threshold direction status is_latest
         month all     -             0      0.0701 70100     1000000     -              -      0.07      above     act    false
         month country AT            90     0.09   90000     1000000     -              -      0.07      above     act    true",
    );
    assert_eq!(alerts.rows(), 2);
    let expected = Alert {
        metric: "churn_rate".into(),
        grain: "month".into(),
        segment: "country".into(),
        segment_value: Some("AT".into()),
        period: Day(90),
        value: 0.09,
        threshold: 0.07,
        direction: "above".into(),
        status: "act".into(),
    };
    assert_eq!(latest_alerts(&alerts), [expected]);
}

#[test]
fn an_alert_is_the_latest_until_a_complete_period_has_a_value() {
    let table = retention(&[
        ("month", None, 0, 900, Some(0.09), true),
        ("month", None, 31, 800, Some(0.08), true),
        ("month", None, 59, 0, None, true),
        ("month", None, 90, 100, Some(0.01), false),
        ("month", Some("AT"), 0, 900, Some(0.09), true),
        ("month", Some("AT"), 31, 100, Some(0.01), true),
    ]);
    let alerts = alerts(&scorecard(cents(), &[table], &built_in(Basis::Subscriptions)));
    assert_rows(
        &alerts,
        "churn_rate",
        "segment_value period previous_value change is_latest
         -             0      -              -      false
         -             31     0.09           -0.01  true
         AT            0      -              -      false",
    );
}

#[test]
fn thresholds_of_the_pipeline() {
    let table = || {
        retention(&[
            ("week", None, 0, 300, Some(0.03), true),
            ("month", None, 0, 800, Some(0.08), true),
            ("month", None, 31, 300, Some(0.03), true),
        ])
    };
    let status = |pipeline: Vec<Threshold>, metric: &str, expected: &str| {
        let scorecard =
            scorecard(cents(), &[table()], &over_built_in(pipeline, Basis::Subscriptions));
        assert_rows(&scorecard, metric, expected);
    };
    status(
        vec![threshold("churn_rate", None, Beyond::Above(0.02))],
        "churn_rate",
        "grain threshold direction status
         week  0.02      above     act
         month 0.02      above     act
         month 0.02      above     act",
    );
    let kept = vec![threshold("kept_rate", Some(Grain::Month), Beyond::Below(0.97))];
    status(
        kept.clone(),
        "kept_rate",
        "grain value threshold direction status
         week  0.97  -         -         -
         month 0.92  0.97      below     act
         month 0.97  0.97      below     ok",
    );
    status(
        kept,
        "churn_rate",
        "grain threshold status
         week  -         -
         month 0.07      act
         month 0.07      ok",
    );
    status(
        vec![threshold("churn_rate", Some(Grain::Week), Beyond::Above(0.5))],
        "churn_rate",
        "grain threshold status
         week  0.5       ok
         month -         -
         month -         -",
    );
}

#[test]
fn monthly_churn_of_orders_is_held_to_its_past() {
    // The middle of the first eight is 0.05, and each of them is 0.02 from its neighbours: up to
    // 0.05 + 2.66 x 0.02 = 0.1032 is usual. With the ninth, 0.1, the steps are seven of 0.02 and one
    // of 0.04, 0.0225 on average, and the middle is 0.5 / 9; with the tenth 0.28 / 9 and 0.07.
    let values = [0.04, 0.06, 0.04, 0.06, 0.04, 0.06, 0.04, 0.06, 0.1, 0.2, 0.3];
    let rows: Vec<_> = (0..11)
        .zip(values)
        .map(|(p, churn)| ("month", None, 30 * p, 0, Some(churn), p < 10))
        .collect();
    let table = retention(&rows);
    let scorecard = scorecard(cents(), &[table], &built_in(Basis::Orders));
    assert_rows(
        &scorecard,
        "churn_rate",
        "period value threshold direction status  is_complete
         0      0.04  -         -         -       true
         30     0.06  -         -         -       true
         60     0.04  -         -         -       true
         90     0.06  -         -         -       true
         120    0.04  -         -         -       true
         150    0.06  -         -         -       true
         180    0.04  -         -         -       true
         210    0.06  -         -         -       true
         240    0.1   0.1032    above     ok      true
         270    0.2   0.115406  above     unusual true
         300    0.3   0.152756  above     -       false",
    );
    assert_rows(&alerts(&scorecard), "churn_rate", "period status is_latest\n270 unusual true");
}

#[test]
fn sides_of_what_is_usual() {
    let past = [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.6];
    // The middle is 0.5125, and it reaches 2.66 x 0.1 / 7 = 0.038 far.
    let cases = [
        (Side::Above, 0.56, "above unusual"),
        (Side::Above, 0.4, "above ok"),
        (Side::Below, 0.4, "below unusual"),
        (Side::Below, 0.56, "below ok"),
        (Side::Either, 0.56, "above unusual"),
        (Side::Either, 0.4, "below unusual"),
        (Side::Either, 0.5, "below ok"),
    ];
    for (side, value, expected) in cases {
        let limit = Beyond::Unusual(side).limit(Some(value), &past).unwrap();
        let found = format!("{} {}", limit.direction(), limit.status(value));
        assert_eq!(found, expected, "{side:?} {value}");
    }
    // What never changed is usual, whatever its sum is rounded to.
    let constant = Beyond::Unusual(Side::Either).limit(Some(0.1), &[0.1; 9]).unwrap();
    assert_eq!(constant.status(0.1), "ok");
    assert!(Beyond::Unusual(Side::Above).limit(Some(0.1), &[0.1; 7]).is_none());
}

#[test]
fn what_was_divided() {
    let mut revenue = Table::new(&REVENUE, cents());
    let mut fill = revenue.fill().column("grain", ["month"]).column("segment", ["all"]);
    fill = fill.column("segment_value", [None::<&'static str>]).column("period", [Day(0)]);
    for (column, value) in REVENUE.columns[4..10].iter().zip([1000, 1, 20, 300, 4000, 50_000]) {
        fill = fill.column(column.name, [i128::from(value)]);
    }
    for (column, value) in REVENUE.columns[10..16].iter().zip([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]) {
        fill = fill.column(column.name, [value]);
    }
    fill = fill.column("closing_revenue", [123_456_i128]).column("closing_customers", [12_u32]);
    fill.column("average_revenue_per_customer", [7.0]).column("is_complete", [true]).finish();
    let retention = retention(&[("month", None, 0, 800, Some(0.08), true)]);
    let scorecard = scorecard(cents(), &[revenue, retention], &[]);
    for (metric, value, numerator, denominator) in [
        ("annualised_churn_rate", 0.16, "-", "-"),
        ("churn_rate", 0.08, "80000", "1000000"),
        ("kept_rate", 0.92, "920000", "1000000"),
        ("retention_rate", 0.92, "920000", "1000000"),
        ("yearly_kept_rate", 0.75, "300000", "400000"),
        ("yearly_buyer_rate", 0.5, "200000", "400000"),
        ("gross_revenue_churn_rate", 1.0, "54000", "1000"),
        ("net_revenue_churn_rate", 2.0, "53700", "1000"),
        ("gross_revenue_retention", 3.0, "-53000", "1000"),
        ("net_revenue_retention", 4.0, "-52700", "1000"),
        ("existing_customer_growth_rate", 5.0, "-53680", "1000"),
        ("quick_ratio", 6.0, "321", "54000"),
        ("arpa", 7.0, "123456", "1200"),
        ("arr", 14_814.72, "-", "-"),
        ("mrr", 1_234.56, "-", "-"),
    ] {
        let expected = format!("value numerator denominator\n{value} {numerator} {denominator}");
        assert_rows(&scorecard, metric, &expected);
    }
    assert_eq!(scorecard.rows(), 15);
}

#[test]
fn both_buyers_are_one() {
    let mut table = Table::new(&LOST_SALES, cents());
    for (source, value, period, buyer, breakdown, won, lost) in [
        ("carts", None, 0, "customer", "total", Some(0), 0),
        ("carts", None, 0, "prospect", "total", Some(0), 0),
        ("orders", None, 0, "customer", "total", Some(1), 1),
        ("orders", None, 0, "customer", "reason", None, 1),
        ("orders", None, 0, "prospect", "total", Some(0), 1),
        ("orders", None, 31, "customer", "total", Some(3), 0),
        ("orders", None, 31, "prospect", "total", Some(0), 1),
        ("orders", Some("AT"), 31, "customer", "total", Some(2), 0),
        ("orders", Some("AT"), 31, "prospect", "total", Some(0), 0),
    ] {
        table.push([
            source.into(),
            "month".into(),
            if value.is_none() { "all" } else { "country" }.into(),
            value.into(),
            Day(period).into(),
            buyer.into(),
            breakdown.into(),
            won.map(i64::from).into(),
            i64::from(lost).into(),
            true.into(),
        ]);
    }
    let scorecard = scorecard(cents(), &[table], &[]);
    assert_rows(
        &scorecard,
        "carts_conversion_rate",
        "value numerator denominator
         -     0         0",
    );
    assert_rows(
        &scorecard,
        "orders_conversion_rate",
        "segment_value period value    numerator denominator previous_value change
         -             0      0.333333 100       300         -              -
         -             31     0.75     300       400         0.333333       0.416667
         AT            31     1        200       200         -              -",
    );
    let Some(Values::Float64(values)) = scorecard.column("value") else { panic!() };
    assert_eq!(values[1], Some(1.0 / 3.0));
    assert_eq!(scorecard.rows(), 4);
}

#[test]
fn rows_that_matter() {
    let mut funnel = Table::new(&FUNNEL, cents());
    for (entered, converted, rate) in [(8, Some(4), 1.0), (4, Some(2), 0.5), (2, None::<i64>, 0.25)]
    {
        funnel.push([
            "month".into(),
            "all".into(),
            None::<&'static str>.into(),
            Day(0).into(),
            i64::from(entered).into(),
            converted.into(),
            8_i64.into(),
            rate.into(),
            true.into(),
        ]);
    }
    let mut returns = Table::new(&RETURNS, cents());
    for (attribution, breakdown, returned, rate, is_mature) in [
        ("order_date", "total", 5, 0.5, false),
        ("order_date", "product", 4, 0.4, false),
        ("return_date", "total", 3, 0.3, true),
    ] {
        returns.push([
            "month".into(),
            "all".into(),
            None::<&'static str>.into(),
            Day(0).into(),
            attribution.into(),
            breakdown.into(),
            10_i64.into(),
            i64::from(returned).into(),
            rate.into(),
            is_mature.into(),
            true.into(),
        ]);
    }
    let thresholds = [threshold("unit_return_rate", None, Beyond::Above(0.1))];
    let scorecard = scorecard(cents(), &[returns, funnel], &thresholds);
    assert_rows(
        &scorecard,
        "funnel_conversion_rate",
        "value numerator denominator is_complete
         0.25  200       800         true",
    );
    assert_rows(
        &scorecard,
        "unit_return_rate",
        "value numerator denominator threshold status is_complete
         0.5   500       1000        0.1       -      false",
    );
    let Some(Values::Text(metrics)) = scorecard.column("metric") else { panic!() };
    assert!(metrics.is_sorted());
    assert_eq!(scorecard.rows(), 2);
}
