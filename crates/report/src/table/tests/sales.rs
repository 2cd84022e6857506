//! Tables about what was nearly sold, what came back, what is sold together, and what tells it all.

use super::layouts::{ALL, MONTH, counts_or_null, everybody, integers, numbers};
use super::*;

/// Rows of a source, buyer and breakdown: `(source, buyer, breakdown, value)`.
type Attempt = (&'static str, &'static str, &'static str, Option<&'static str>);

fn several_sources() -> Vec<Column> {
    let [jan, feb, mar] = MONTHS;
    let december = jan - 31;
    let rows: [Attempt; 14] = [
        ("carts", "prospect", "total", None),
        ("carts", "prospect", "reason", Some("unknown")),
        ("carts", "prospect", "stage", Some("pick")),
        ("carts", "prospect", "stage", Some("book")),
        ("carts", "customer", "total", None),
        ("opportunities", "customer", "total", None),
        ("opportunities", "customer", "competitor", Some("(none)")),
        ("opportunities", "customer", "competitor", Some("Acme")),
        ("opportunities", "customer", "reason", Some("price")),
        ("opportunities", "customer", "reason", Some("unknown")),
        ("opportunities", "customer", "stage", Some("offer")),
        ("opportunities", "customer", "total", None),
        ("opportunities", "customer", "reason", Some("price")),
        ("opportunities", "customer", "stage", Some("offer")),
    ];
    let period = [jan, feb, feb, feb, december, feb, feb, feb, feb, feb, feb, mar, mar, mar];
    let is_complete = period.map(|day| day != mar);
    let lost = [9, 9, 9, 5, 0, 4, 1, 3, 3, 1, 4, 2, 2, 2];
    let value = [900, 900, 900, 500, 0, 40_000, 10_000, 30_000, 15_000, 25_000, 40_000, 5, 5, 5];
    let stopped = [0, 0, 4, 5, 0, 0, 0, 0, 0, 0, 4, 0, 0, 2];
    let mut columns = vec![words("source", rows.map(|row| Some(row.0)))];
    columns.extend(everybody(period));
    columns.extend([
        words("buyer", rows.map(|row| Some(row.1))),
        words("breakdown", rows.map(|row| Some(row.2))),
        words("breakdown_value", rows.map(|row| row.3)),
        counts("attempts", lost.map(|lost| lost * 2)),
        counts("lost", lost),
        counts("stopped", stopped),
        counts("recovered", [0; 14]),
        money("lost_value", value),
        money("stopped_value", stopped.map(|stopped: i64| i128::from(stopped) * 100)),
        money("recovered_value", [0; 14]),
        money("net_lost_value", value),
        flags("is_complete", is_complete),
    ]);
    columns
}

#[test]
fn lost_sales_of_several_sources() {
    let key = "source,grain,segment,segment_value,period,buyer,breakdown,breakdown_value";
    insta::assert_snapshot!(draw("lost_sales", key, several_sources(), &[]), @r#"
    lost_sales by month, as of 2024-03-15, everybody

                                                            net_lost_
    source         period       buyer     lost  lost_value      value
    ─────────────  ───────────  ────────  ────  ──────────  ─────────
    carts          2024-01-01   prospect     9        9.00       9.00
    opportunities  2024-02-01   customer     4      400.00     400.00
    opportunities  2024-03-01*  customer     2        0.05       0.05
    * not complete yet

    reasons, over the periods above

                                                         recovered_
    source         reason   lost  recovered  lost_value       value
    ─────────────  ───────  ────  ─────────  ──────────  ──────────
    carts          unknown     9          0        9.00        0.00
    opportunities  unknown     1          0      250.00        0.00
    opportunities  price       5          0      150.05        0.00

    stages, over the periods above

                                                   stopped_  stopped_
    source         stage  attempts  lost  stopped   share %     value
    ─────────────  ─────  ────────  ────  ───────  ────────  ────────
    carts          pick         18     9        4      22.2      4.00
    carts          book         10     5        5      50.0      5.00
    opportunities  offer        12     6        6      50.0      6.00

    competitors, over the periods above

                                                            recovered_
    source         competitor  lost  recovered  lost_value       value
    ─────────────  ──────────  ────  ─────────  ──────────  ──────────
    opportunities  Acme           3          0      300.00        0.00
    opportunities  (none)         1          0      100.00        0.00
    left out: 1 earlier period (--rows 4); 1 column of reasons (a wider terminal, or --format csv); 1 column of competitors (a wider terminal, or --format csv); columns attempts, stopped, recovered, stopped_value, recovered_value (--column)
    "#);
    let asked = draw("lost_sales", key, several_sources(), &["--column", "lost", "--rows", "1"]);
    insta::assert_snapshot!(asked, @r#"
    lost_sales by month, as of 2024-03-15, everybody

    source         period       buyer     lost
    ─────────────  ───────────  ────────  ────
    opportunities  2024-03-01*  customer     2
    * not complete yet

    reasons, over the periods above

                                                        recovered_
    source         reason  lost  recovered  lost_value       value
    ─────────────  ──────  ────  ─────────  ──────────  ──────────
    opportunities  price      2          0        0.05        0.00

    stages, over the periods above

                                                   stopped_  stopped_
    source         stage  attempts  lost  stopped   share %     value
    ─────────────  ─────  ────────  ────  ───────  ────────  ────────
    opportunities  offer         4     2        2      50.0      2.00
    left out: 3 earlier periods (--rows 4); 1 column of reasons (a wider terminal, or --format csv); 7 columns (--column; kohort schema names them)
    "#);
}

fn funnel() -> Vec<Column> {
    let [jan, feb, mar] = MONTHS;
    let mut columns = everybody([jan, jan, feb, feb, mar, mar]);
    let (visit, buy) = (Some("visit"), Some("buy"));
    columns.extend([
        integers("step_number", [1, 2, 1, 2, 1, 2].map(Some)),
        words("step", [visit, buy, visit, buy, visit, buy]),
        counts("entered", [100, 10, 2_000, 500, 50, 5]),
        counts_or_null("converted", [Some(10), None, Some(500), None, Some(5), None]),
        counts_or_null("dropped", [Some(90), None, Some(1_500), None, Some(15), None]),
        rates("step_conversion_rate", [Some(0.1), None, Some(0.25), None, Some(0.25), None]),
        numbers("median_seconds", "s", [Some(90.5), None, Some(1_200.0), None, Some(1.0), None]),
        counts("visitors", [100, 100, 2_000, 2_000, 50, 50]),
        rates("overall_conversion_rate", [1.0, 0.1, 1.0, 0.25, 1.0, 0.1].map(Some)),
        flags("is_complete", [true, true, true, true, false, false]),
    ]);
    columns
}

#[test]
fn steps_of_the_way() {
    let key = "grain,segment,segment_value,period,step_number";
    insta::assert_snapshot!(draw("funnel", key, funnel(), &[]), @r#"
    funnel by month, as of 2024-03-15, everybody

    steps, in the last complete period: 2024-02-01

                                              step_     overall_
                                        conversion_  conversion_   median_
    step   entered  converted  dropped       rate %       rate %   seconds
    ─────  ───────  ─────────  ───────  ───────────  ───────────  ────────
    visit    2,000        500    1,500         25.0        100.0  1,200.00
    buy        500          –        –            –         25.0         –

    who reached the last step, by period

                                       overall_
                                    conversion_
    period       visitors  entered       rate %
    ───────────  ────────  ───────  ───────────
    2024-01-01        100       10         10.0
    2024-02-01      2,000      500         25.0
    2024-03-01*        50        5         10.0
    * not complete yet
    left out: other rows and columns (--column, or --format csv)
    "#);
    let asked = draw("funnel", key, funnel(), &["--column", "step,dropped", "--rows", "2"]);
    insta::assert_snapshot!(asked, @r#"
    funnel by month, as of 2024-03-15, everybody

    period       step_number  step   dropped
    ───────────  ───────────  ─────  ───────
    2024-03-01*            1  visit       15
    2024-03-01*            2  buy          –
    * not complete yet
    left out: 4 earlier rows (--rows 6); 6 columns (--column; kohort schema names them)
    "#);
}

#[test]
fn returns_of_what_was_ordered() {
    let [jan, feb, _] = MONTHS;
    let (order, back) = (Some("order_date"), Some("return_date"));
    let (total, category, reason) = (Some("total"), Some("category"), Some("reason"));
    let mut columns = everybody([jan, jan, jan, jan, feb, feb, feb]);
    columns.extend([
        words("attribution", [order, order, order, back, order, order, order]),
        words("breakdown", [total, category, reason, total, total, category, category]),
        words(
            "breakdown_value",
            [None, Some("tea"), Some("damaged"), None, None, Some("cups"), Some("tea")],
        ),
        counts("sold_units", [100, 100, 100, 100, 50, 10, 40]),
        counts("returned_units", [5, 5, 2, 77, 2, 1, 1]),
        counts("returned_orders", [5, 5, 2, 77, 2, 1, 1]),
        rates("unit_return_rate", [0.05, 0.05, 0.02, 0.77, 0.04, 0.1, 0.025].map(Some)),
        money("sold_value", [10_000, 10_000, 10_000, 10_000, 9_000, 5_000, 4_000]),
        money("returned_value", [500, 500, 200, 7_700, 3_100, 3_000, 100]),
        flags("is_mature", [true, true, true, true, false, false, false]),
        flags("is_complete", [true; 7]),
    ]);
    let key = "grain,segment,segment_value,period,attribution,breakdown,breakdown_value";
    insta::assert_snapshot!(draw("product_returns", key, columns, &[]), @r#"
    product_returns by month, as of 2024-03-15, everybody

                                          returned_  unit_return_
    period       attribution  sold_units      units        rate %
    ───────────  ───────────  ──────────  ─────────  ────────────
    2024-01-01   order_date          100          5           5.0
    2024-02-01*  order_date           50          2           4.0
    * not complete yet

    categories, over the periods above

                          returned_  unit_return_              returned_
    category  sold_units      units        rate %  sold_value      value
    ────────  ──────────  ─────────  ────────────  ──────────  ─────────
    cups              10          1          10.0       50.00      30.00
    tea              140          6           4.3      140.00       6.00

    reasons, over the periods above

                                              returned_
             returned_  returned_  returned_     value_
    reason      orders      units      value    share %
    ───────  ─────────  ─────────  ─────────  ─────────
    damaged          2          2       2.00      100.0
    left out: 1 column of categories (a wider terminal, or --format csv); columns sold_value, returned_value, returned_orders, is_mature (--column)
    "#);
}

#[test]
fn signals_that_tell_most() {
    let signals = [Some("late"), Some("minutes"), Some("new"), Some("opens")];
    let columns = vec![
        words("grain", [MONTH; 4]),
        words("segment", [ALL; 4]),
        words("segment_value", [None; 4]),
        words("signal", signals),
        rates("odds_ratio", [Some(3.25), Some(0.05), None, Some(1.01)]),
        rates("auc", [Some(0.625), Some(0.2), None, Some(0.5)]),
    ];
    let key = "grain,segment,segment_value,signal";
    insta::assert_snapshot!(draw("churn_indicators", key, columns, &["--rows", "3"]), @r#"
    churn_indicators by month, as of 2024-03-15, everybody: auc farthest from 0.5 first

    signal    auc  odds_ratio
    ───────  ────  ──────────
    minutes  0.20        0.05
    late     0.62        3.25
    opens    0.50        1.01
    left out: 1 row (--rows 4)
    "#);
}

#[test]
fn pairs_that_go_together() {
    let (category, product) = (Some("category"), Some("product"));
    let (order, next) = (Some("order"), Some("next"));
    let (care, cups, tea, mug) = (Some("care"), Some("cups"), Some("tea"), Some("mug"));
    let pairs = |segment, values: [Option<&str>; 8]| {
        vec![
            words("segment", [Some(segment); 8]),
            words("segment_value", values),
            words(
                "level",
                [category, category, category, category, category, category, product, product],
            ),
            words("relation", [next, next, order, order, order, order, order, order]),
            words("item", [cups, tea, care, cups, cups, tea, mug, tea]),
            words("other_item", [tea, cups, cups, care, tea, cups, tea, mug]),
            counts("with_both", [3, 4, 9, 9, 20, 20, 2, 2]),
            rates("support", [0.03, 0.04, 0.09, 0.09, 0.2, 0.2, 0.02, 0.02].map(Some)),
            rates("lift", [0.5, 2.0, 1.25, 1.25, 1.5, 1.5, 12.0, 12.0].map(Some)),
        ]
    };
    let key = "segment,segment_value,level,relation,item,other_item";
    let show = |columns, flags: &[&str]| draw("cross_sell", key, columns, flags);
    insta::assert_snapshot!(show(pairs("all", [None; 8]), &[]), @r#"
    cross_sell, as of 2024-03-15, everybody

    pairs in one order (each once), highest lift first

    level     item  other_item   lift  with_both  support %
    ────────  ────  ──────────  ─────  ─────────  ─────────
    category  cups  tea          1.50         20       20.0
    category  care  cups         1.25          9        9.0
    product   mug   tea         12.00          2        2.0

    pairs of a first item and the next, highest lift first

    level     item  other_item  lift  with_both  support %
    ────────  ────  ──────────  ────  ─────────  ─────────
    category  tea   cups        2.00          4        4.0
    category  cups  tea         0.50          3        3.0
    left out: other rows and columns (--column, or --format csv)
    "#);
    let (fr, gb) = (Some("FR"), Some("GB"));
    let values = [fr, fr, fr, fr, gb, gb, gb, gb];
    let countries = show(pairs("country", values), &["--segment", "country", "--rows", "1"]);
    insta::assert_snapshot!(countries, @r#"
    cross_sell, as of 2024-03-15, country FR

    pairs in one order (each once), highest lift first

    level     item  other_item  lift  with_both  support %
    ────────  ────  ──────────  ────  ─────────  ─────────
    category  care  cups        1.25          9        9.0

    cross_sell, as of 2024-03-15, country GB

    pairs in one order (each once), highest lift first

    level     item  other_item   lift  with_both  support %
    ────────  ────  ──────────  ─────  ─────────  ─────────
    category  cups  tea          1.50         20       20.0
    product   mug   tea         12.00          2        2.0
    left out: pairs of a first item and the next (--segment NAME=VALUE); pairs of one customer (each once) (--segment NAME=VALUE); other rows and columns (--column, or --format csv)
    "#);
}

fn rates_of_all<const N: usize>(metric: [&'static str; N], period: [i32; N]) -> Vec<Column> {
    let mut columns = vec![words("metric", metric.map(Some))];
    columns.extend(everybody(period));
    columns
}

#[test]
fn the_last_complete_rates() {
    let [jan, feb, mar] = MONTHS;
    let metric = ["churn_rate", "churn_rate", "churn_rate", "dso", "nps", "quick_ratio"];
    let mut columns = rates_of_all(metric, [jan, feb, mar, feb, mar, jan]);
    let values = [0.05, 0.0825, 0.01, 25.5, -10.0, 1.25].map(Some);
    let ok = Some("ok");
    columns.extend([
        numbers("value", "", values),
        numbers("previous_value", "", [None, Some(0.05), Some(0.0825), Some(1_024.0), None, None]),
        numbers("threshold", "", [Some(0.07), Some(0.07), Some(0.07), Some(30.0), None, None]),
        words("status", [ok, Some("act"), None, ok, None, None]),
        flags("is_complete", [true, true, false, true, false, true]),
    ]);
    let key = "metric,grain,segment,segment_value,period";
    insta::assert_snapshot!(draw("scorecard", key, columns, &[]), @r#"
    scorecard by month, as of 2024-03-15, everybody

    the last complete period of each

                                      previous_
    metric       period        value      value  threshold  status
    ───────────  ───────────  ──────  ─────────  ─────────  ──────
    churn_rate   2024-02-01    8.2 %      5.0 %      7.0 %  act
    dso          2024-02-01    25.50   1,024.00      30.00  ok
    nps          2024-03-01*  -10.00          –          –  –
    quick_ratio  2024-01-01     1.25          –          –  –
    * not complete yet
    left out: other rows and columns (--column, or --format csv)
    "#);
}

#[test]
fn the_latest_alerts() {
    let [jan, feb, mar] = MONTHS;
    let key = "metric,grain,segment,segment_value,period";
    let alerts = |segment: [&'static str; 3], value| {
        let mut columns = rates_of_all(["churn_rate", "dso", "nps"], [jan, mar, feb]);
        columns.retain(|(name, ..)| !name.starts_with("segment"));
        columns.insert(2, words("segment", segment.map(Some)));
        columns.insert(3, words("segment_value", value));
        columns.extend([
            numbers("value", "", [Some(0.08), Some(44.0), Some(-1.5)]),
            numbers("change", "", [Some(0.01), None, Some(-3.0)]),
            flags("is_latest", [false, true, true]),
        ]);
        columns
    };
    insta::assert_snapshot!(draw("alerts", key, alerts(["all"; 3], [None; 3]), &["--rows", "2"]), @r"
    alerts by month, as of 2024-03-15, everybody: latest period first

    metric  period      value  is_latest  change
    ──────  ──────────  ─────  ─────────  ──────
    dso     2024-03-01  44.00  yes             –
    nps     2024-02-01  -1.50  yes         -3.00
    left out: 1 row (--rows 3)
    ");
    // Without one of everybody those of the first segment.
    let segments = alerts(["country", "country", "plan"], [Some("FR"), Some("GB"), Some("S")]);
    insta::assert_snapshot!(draw("alerts", key, segments, &[]), @r"
    alerts by month, as of 2024-03-15, country: latest period first

                segment_
    metric      value     period      value  is_latest  change
    ──────────  ────────  ──────────  ─────  ─────────  ──────
    dso         GB        2024-03-01  44.00  yes             –
    churn_rate  FR        2024-01-01  8.0 %  no          1.0 %
    left out: by plan (--segment)
    ");
}

#[test]
fn customers_at_risk() {
    let columns = vec![
        words("customer_id", [Some("a"), Some("b")]),
        money("revenue", [100, 200]),
        rates("risk_score", [Some(0.125), None]),
        words("risk_driver", [Some("recency"), None]),
    ];
    insta::assert_snapshot!(draw("customers", "customer_id", columns, &[]), @r#"
    customers, as of 2024-03-15: highest revenue first

    customer_id  revenue  risk_score %  risk_driver
    ───────────  ───────  ────────────  ───────────
    b               2.00             –  –
    a               1.00          12.5  recency
    "#);
}
