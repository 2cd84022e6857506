//! Tables whose rows are not simply those of the last periods.

use super::*;

pub const MONTH: Option<&str> = Some("month");
pub const ALL: Option<&str> = Some("all");

pub fn integers<const N: usize>(name: &'static str, values: [Option<i32>; N]) -> Column {
    (name, "", Arc::new(Int32Array::from(values.to_vec())))
}

pub fn counts_or_null<const N: usize>(name: &'static str, values: [Option<i64>; N]) -> Column {
    (name, "customers", Arc::new(Int64Array::from(values.to_vec())))
}

pub fn numbers<const N: usize>(
    name: &'static str,
    unit: &'static str,
    values: [Option<f64>; N],
) -> Column {
    (name, unit, Arc::new(Float64Array::from(values.to_vec())))
}

/// The key columns of rows about everybody by month.
pub fn everybody<const N: usize>(period: [i32; N]) -> Vec<Column> {
    vec![
        words("grain", [MONTH; N]),
        words("segment", [ALL; N]),
        words("segment_value", [None; N]),
        days("period", period),
    ]
}

fn win_back() -> Vec<Column> {
    let [jan, feb, _] = MONTHS;
    let (total, campaign, strategy) = (Some("total"), Some("campaign"), Some("strategy"));
    let mut columns = everybody([jan, jan, jan, feb, feb, feb]);
    columns.extend([
        words("breakdown", [total, campaign, strategy, total, campaign, strategy]),
        words(
            "breakdown_value",
            [None, Some("winter"), Some("call"), None, Some("spring"), Some("call")],
        ),
        counts_or_null("lapsed_opening", [Some(400), None, None, Some(500), None, None]),
        counts_or_null("won_back", [Some(20), None, None, Some(30), None, None]),
        rates("win_back_rate", [Some(0.05), None, None, Some(0.06), None, None]),
        counts_or_null("reactivated", [None; 6]),
        counts("contacted", [200, 200, 200, 300, 300, 300]),
        counts("converted", [20, 20, 20, 60, 60, 60]),
        counts("holdout", [50, 50, 50, 50, 50, 50]),
        counts("holdout_converted", [4, 4, 4, 4, 4, 4]),
        rates("uplift", [Some(0.02), Some(0.02), Some(0.02), Some(0.12), Some(0.12), Some(0.12)]),
        rates("uplift_low", [-0.09, -0.09, -0.09, 0.01, 0.01, 0.01].map(Some)),
        rates("uplift_high", [0.08, 0.08, 0.08, 0.18, 0.18, 0.18].map(Some)),
        flags("is_complete", [true; 6]),
        flags("attribution_is_complete", [true, true, true, false, false, false]),
    ]);
    columns
}

#[test]
fn contacts_are_summed_but_not_their_intervals() {
    let key = "grain,segment,segment_value,period,breakdown,breakdown_value";
    insta::assert_snapshot!(draw("win_back", key, win_back(), &[]), @r#"
    win_back by month, as of 2024-03-15, everybody

                lapsed_            win_back_
    period      opening  won_back     rate %  contacted  uplift %
    ──────────  ───────  ────────  ─────────  ─────────  ────────
    2024-01-01      400        20        5.0        200       2.0
    2024-02-01      500        30        6.0        300      12.0

    campaigns, over the periods above

                                                  holdout_
                         conversion_           conversion_
    campaign  contacted       rate %  holdout       rate %  uplift %
    ────────  ─────────  ───────────  ───────  ───────────  ────────
    spring*         300         20.0       50          8.0      12.0
    winter          200         10.0       50          8.0       2.0
    * may still convert

    strategies, over the periods above

                                                  holdout_
                         conversion_           conversion_
    strategy  contacted       rate %  holdout       rate %  uplift %
    ────────  ─────────  ───────────  ───────  ───────────  ────────
    call*           500         16.0      100          8.0       8.0
    * may still convert
    left out: 2 columns of campaigns (a wider terminal, or --format csv); uplift_low, uplift_high where strategies sum several rows (--format csv); 7 columns (--column; kohort schema names them)
    "#);
}

fn churn_reasons(segment: &'static str, values: [Option<&str>; 5]) -> Vec<Column> {
    let [jan, feb, _] = MONTHS;
    let (price, other) = (Some("price"), Some("other"));
    let (voluntary, involuntary) = (Some("voluntary"), Some("involuntary"));
    let survey = Some("survey");
    vec![
        words("grain", [MONTH; 5]),
        words("segment", [Some(segment); 5]),
        words("segment_value", values),
        days("period", [jan, jan, feb, feb, feb]),
        words("source", [survey; 5]),
        words("reason", [other, price, other, price, price]),
        words("cause", [voluntary, voluntary, voluntary, involuntary, voluntary]),
        counts("churned", [1, 2, 3, 4, 10]),
        counts("churned_total", [3, 3, 17, 17, 17]),
        money("revenue_lost", [1_000_000, 2_000, 0, 3_000, 995_000]),
        flags("is_complete", [true, true, false, false, false]),
    ]
}

const REASONS_KEY: &str = "grain,segment,segment_value,period,source,reason,cause";

#[test]
fn reasons_are_summed() {
    let show =
        |flags: &[&str]| draw("churn_reasons", REASONS_KEY, churn_reasons("all", [None; 5]), flags);
    insta::assert_snapshot!(show(&[]), @r#"
    churn_reasons by month, as of 2024-03-15, everybody

    reasons, over 2 periods from 2024-01-01 to 2024-02-01*

                     churned_                    revenue_
    reason  churned   share %  revenue_lost  lost_share %
    ──────  ───────  ────────  ────────────  ────────────
    other         4      20.0     10,000.00          50.0
    price        16      80.0     10,000.00          50.0

    causes, over 2 periods from 2024-01-01 to 2024-02-01*

                          churned_                    revenue_
    cause        churned   share %  revenue_lost  lost_share %
    ───────────  ───────  ────────  ────────────  ────────────
    voluntary         16      80.0     19,970.00          99.9
    involuntary        4      20.0         30.00           0.1

    sources, over 2 periods from 2024-01-01 to 2024-02-01*

                     churned_                    revenue_
    source  churned   share %  revenue_lost  lost_share %
    ──────  ───────  ────────  ────────────  ────────────
    survey       20     100.0     20,000.00         100.0
    * not complete yet
    left out: the rows behind the sums (--column, or --format csv)
    "#);
    insta::assert_snapshot!(show(&["--column", "churned", "--rows", "2"]), @r#"
    churn_reasons by month, as of 2024-03-15, everybody

    period       source  reason  cause        churned
    ───────────  ──────  ──────  ───────────  ───────
    2024-02-01*  survey  price   involuntary        4
    2024-02-01*  survey  price   voluntary         10
    * not complete yet
    left out: 3 earlier rows (--rows 5); columns churned_total, revenue_lost (--column)
    "#);
}

#[test]
fn reasons_of_each_value() {
    let (fr, gb) = (Some("FR"), Some("GB"));
    let columns = churn_reasons("country", [fr, fr, gb, gb, gb]);
    let shown = draw("churn_reasons", REASONS_KEY, columns, &["--segment", "country"]);
    insta::assert_snapshot!(shown, @r#"
    churn_reasons by month, as of 2024-03-15, country FR

    reasons, over the period 2024-01-01

                     churned_                    revenue_
    reason  churned   share %  revenue_lost  lost_share %
    ──────  ───────  ────────  ────────────  ────────────
    other         1      33.3     10,000.00          99.8
    price         2      66.7         20.00           0.2

    churn_reasons by month, as of 2024-03-15, country GB

    reasons, over the period 2024-02-01*

                     churned_                    revenue_
    reason  churned   share %  revenue_lost  lost_share %
    ──────  ───────  ────────  ────────────  ────────────
    price        14      82.4      9,980.00         100.0
    other         3      17.6          0.00           0.0
    * not complete yet
    left out: causes (--segment NAME=VALUE); sources (--segment NAME=VALUE); the rows behind the sums (--column, or --format csv)
    "#);
}

#[test]
fn more_columns_stand_below() {
    let [jan, feb, _] = MONTHS;
    let columns = || {
        vec![
            words("grain", [MONTH; 2]),
            words("segment", [Some("all"); 2]),
            words("segment_value", [None; 2]),
            days("period", [jan, feb]),
            money("opening_revenue", [0, 10_000]),
            money("new_revenue", [10_000, 500]),
            money("churned_revenue", [0, 4_000]),
            money("closing_revenue", [10_000, 6_500]),
            money("closing_credits", [0, 0]),
            flags("is_complete", [true, false]),
        ]
    };
    let key = "grain,segment,segment_value,period";
    insta::assert_snapshot!(draw("revenue_churn", key, columns(), &[]), @r"
    revenue_churn by month, as of 2024-03-15, everybody

                 opening_  closing_
    period        revenue   revenue
    ───────────  ────────  ────────
    2024-01-01       0.00    100.00
    2024-02-01*    100.00     65.00
    * not complete yet

    movements from opening to closing

                              churned_
    period       new_revenue   revenue
    ───────────  ───────────  ────────
    2024-01-01        100.00      0.00
    2024-02-01*         5.00     40.00
    * not complete yet
    left out: columns closing_credits (--column)
    ");
    let asked = ["--column", "closing_revenue"];
    insta::assert_snapshot!(draw("revenue_churn", key, columns(), &asked), @r"
    revenue_churn by month, as of 2024-03-15, everybody

                 closing_
    period        revenue
    ───────────  ────────
    2024-01-01     100.00
    2024-02-01*     65.00
    * not complete yet
    left out: columns opening_revenue, new_revenue, churned_revenue, closing_credits (--column)
    ");
}

fn revenue_movements() -> Vec<Column> {
    let [jan, feb, mar] = MONTHS;
    vec![
        words("grain", [MONTH; 6]),
        days("period", [jan, feb, feb, feb, feb, mar]),
        ("customer_id", "", Arc::new(Int64Array::from(vec![1001, 1001, 1002, 1003, 1004, 1001]))),
        words("movement", ["new", "churned", "new", "unchanged", "new", "new"].map(Some)),
        money("change", [900, -900, 500, 0, 500, 9_999]),
        words("segment_country", [Some("GB"), Some("GB"), None, Some("FR"), None, Some("GB")]),
        flags("is_complete", [true, true, true, true, true, false]),
    ]
}

#[test]
fn customers_that_weigh_most() {
    let show =
        |table, flags: &[&str]| draw(table, "grain,period,customer_id", revenue_movements(), flags);
    insta::assert_snapshot!(show("revenue_movements", &["--rows", "3"]), @r#"
    revenue_movements by month, as of 2024-03-15: largest change first

                                               segment_
    period      customer_id  movement  change  country
    ──────────  ───────────  ────────  ──────  ────────
    2024-02-01         1001  churned    -9.00  GB
    2024-02-01         1002  new         5.00  –
    2024-02-01         1004  new         5.00  –
    left out: 1 row (--rows 4); 2 other periods (--format csv)
    "#);
    insta::assert_snapshot!(show("revenue_movements", &["--grain", "month"]), @r#"
    revenue_movements by month, as of 2024-03-15: largest change first

                                                segment_
    period      customer_id  movement   change  country
    ──────────  ───────────  ─────────  ──────  ────────
    2024-02-01         1001  churned     -9.00  GB
    2024-02-01         1002  new          5.00  –
    2024-02-01         1004  new          5.00  –
    2024-02-01         1003  unchanged    0.00  FR
    left out: 2 other periods (--format csv)
    "#);
    let columns = vec![
        words("customer_id", [Some("a"), Some("b"), Some("c")]),
        money("revenue", [-50_000, 100, 123_456]),
        rates("probability_alive", [None; 3]),
    ];
    insta::assert_snapshot!(draw("customers", "customer_id", columns, &[]), @r#"
    customers, as of 2024-03-15: highest revenue first

    customer_id   revenue
    ───────────  ────────
    c            1,234.56
    b                1.00
    a             -500.00
    left out: columns probability_alive (--column)
    "#);
    let none = vec![words("customer_id", []), money("revenue", [])];
    insta::assert_snapshot!(draw("customers", "customer_id", none, &[]), @"customers, as of 2024-03-15: no rows");
}

fn purchase_gaps() -> Vec<Column> {
    let [jan, feb, mar] = MONTHS;
    let (one, two) = (Some(1), Some(2));
    let mut columns = everybody([jan, jan, jan, feb, feb, feb, mar, mar, mar]);
    columns.extend([
        integers("gap_number", [one, two, None, one, two, None, one, two, None]),
        counts("gaps", [90, 60, 150, 40, 60, 100, 1, 1, 2]),
        counts("open", [10, 0, 10, 60, 0, 60, 50, 50, 100]),
        numbers(
            "km_median_days",
            "days",
            [Some(30.0), Some(20.0), Some(28.5), None, Some(20.0), Some(40.0), None, None, None],
        ),
        flags("is_complete", [true, true, true, true, true, true, false, false, false]),
    ]);
    columns
}

#[test]
fn gaps_by_number() {
    let key = "grain,segment,segment_value,period,gap_number";
    insta::assert_snapshot!(draw("purchase_gaps", key, purchase_gaps(), &[]), @r#"
    purchase_gaps by month, as of 2024-03-15, everybody

                             km_median_
    period       gaps  open        days
    ───────────  ────  ────  ──────────
    2024-01-01    150    10       28.50
    2024-02-01    100    60       40.00
    2024-03-01*     2   100           –
    * not complete yet

    by number, of the last complete period with a km_median_days of gap 1: 2024-01-01

                            km_median_
    gap_number  gaps  open        days
    ──────────  ────  ────  ──────────
             1    90    10       30.00
             2    60     0       20.00
    "#);
    let last = draw("purchase_gaps", key, purchase_gaps(), &["--rows", "1"]);
    insta::assert_snapshot!(last, @r#"
    purchase_gaps by month, as of 2024-03-15, everybody

                             km_median_
    period       gaps  open        days
    ───────────  ────  ────  ──────────
    2024-03-01*     2   100           –
    * not complete yet
    left out: 2 earlier periods (--rows 3)
    "#);
}

fn purchase_gap_histogram(longest: i32) -> Vec<Column> {
    let [jan, feb, _] = MONTHS;
    let mut columns = everybody([jan, jan, jan, feb, feb]);
    let from = [0, 0, 14, 0, longest];
    columns.extend([
        integers("gap_number", [Some(1), None, None, None, None]),
        integers("days_from", from.map(Some)),
        integers("days_to", from.map(|from| Some(from + 6))),
        counts("gaps", [7, 7, 1_200, 3, 90]),
        counts("open", [0, 0, 0, 0, 2]),
        flags("is_complete", [true, true, true, true, true]),
    ]);
    columns
}

#[test]
fn gaps_as_bars() {
    let show = |longest, flags: &[&str]| {
        let key = "grain,segment,segment_value,period,gap_number,days_from";
        draw("purchase_gap_histogram", key, purchase_gap_histogram(longest), flags)
    };
    insta::assert_snapshot!(show(28, &[]), @r#"
    purchase_gap_histogram by month, as of 2024-03-15, everybody: gaps, over 2 periods from 2024-01-01 to 2024-02-01

     days   gaps  open
    ─────  ─────  ────  ──────────────────────────────────────────────────
      0–6     10     0  ▍
     7–13      0     0
    14–20  1,200     0  ██████████████████████████████████████████████████
    21–27      0     0
    28–34     90     2  ███▊
    left out: the rows behind the sums (--column, or --format csv)
    "#);
    insta::assert_snapshot!(show(161, &["--rows", "1"]), @r#"
    purchase_gap_histogram by month, as of 2024-03-15, everybody: gaps, over the period 2024-02-01

       days  gaps  open
    ───────  ────  ────  ─────────────────────────────────────────────────
        0–6     3     0  █▋
       7–13     0     0
      14–20     0     0
      21–27     0     0
      28–34     0     0
      35–41     0     0
      42–48     0     0
      49–55     0     0
      56–62     0     0
      63–69     0     0
      70–76     0     0
      77–83     0     0
      84–90     0     0
      91–97     0     0
     98–104     0     0
    105–111     0     0
    112–118     0     0
    119–125     0     0
    126–132     0     0
    133–139     0     0
    140–146     0     0
    147–153     0     0
    154–160     0     0
    161–167    90     2  █████████████████████████████████████████████████
    left out: 1 earlier period (--rows 2); the rows behind the sums (--column, or --format csv)
    "#);
    insta::assert_snapshot!(show(7 * 500, &[]), @r#"
    purchase_gap_histogram by month, as of 2024-03-15, everybody: gaps, over 2 periods from 2024-01-01 to 2024-02-01

       days   gaps  open
    ───────  ─────  ────  ─────────────────────────────────────────────────
        0–6     10     0  ▍
       7–13      0     0
      14–20  1,200     0  █████████████████████████████████████████████████
      21–27      0     0
      28–34      0     0
      35–41      0     0
      42–48      0     0
      49–55      0     0
      56–62      0     0
      63–69      0     0
      70–76      0     0
      77–83      0     0
      84–90      0     0
      91–97      0     0
     98–104      0     0
    105–111      0     0
    112–118      0     0
    119–125      0     0
    126–132      0     0
    133–139      0     0
    140–146      0     0
    147–153      0     0
    154–160      0     0
       161+     90     2
    left out: the rows behind the sums (--column, or --format csv)
    "#);
    insta::assert_snapshot!(show(28, &["--column", "gaps", "--rows", "2"]), @r#"
    purchase_gap_histogram by month, as of 2024-03-15, everybody

    period      gap_number  days_from  gaps
    ──────────  ──────────  ─────────  ────
    2024-02-01           –          0     3
    2024-02-01           –         28    90
    left out: 3 earlier rows (--rows 5); columns days_to, open (--column)
    "#);
}

#[test]
fn models_side_by_side() {
    let (bg, pareto) = (Some("bg_nbd"), Some("pareto_nbd"));
    let steps = [1, 2, 3, 1, 2, 3].map(Some);
    let [jan, feb, mar] = MONTHS;
    let columns = vec![
        words("segment", [ALL; 6]),
        words("segment_value", [None; 6]),
        words("model", [bg, bg, bg, pareto, pareto, pareto]),
        integers("step", steps),
        days("step_start", [jan, feb, mar, jan, feb, mar]),
        counts("customers", [10, 20, 20, 10, 20, 20]),
        counts("actual_cumulative", [5, 15, 1_017, 5, 15, 1_017]),
        numbers("expected_orders", "days", [5.0, 9.0, 1_010.5, 6.0, 9.5, 1_000.0].map(Some)),
        numbers(
            "expected_cumulative",
            "days",
            [Some(5.0), Some(14.0), Some(1_024.5), None, None, None],
        ),
        flags("is_complete", [true, true, false, true, true, false]),
    ];
    let key = "segment,segment_value,model,step";
    insta::assert_snapshot!(draw("clv_holdout", key, columns.clone(), &["--rows", "2"]), @r#"
    clv_holdout, as of 2024-03-15, everybody

                                                expected_    expected_
                                     actual_  cumulative_  cumulative_
    step  step_start   customers  cumulative       bg_nbd   pareto_nbd
    ────  ───────────  ─────────  ──────────  ───────────  ───────────
       2  2024-02-01          20          15        14.00            –
       3  2024-03-01*         20       1,017     1,024.50            –
    * not complete yet
    left out: 1 earlier step (--rows 3); columns expected_orders (--column)
    "#);
    let asked = draw("clv_holdout", key, columns, &["--column", "expected_orders"]);
    insta::assert_snapshot!(asked, @r#"
    clv_holdout, as of 2024-03-15, everybody

           expected_   expected_
          orders_bg_     orders_
    step         nbd  pareto_nbd
    ────  ──────────  ──────────
       1        5.00        6.00
       2        9.00        9.50
       3    1,010.50    1,000.00
    left out: columns step_start, customers, actual_cumulative, expected_cumulative (--column)
    "#);
}

#[test]
fn parameters_of_models() {
    let columns = vec![
        words("segment", [ALL; 2]),
        words("segment_value", [None; 2]),
        words("model", [Some("bg_nbd"); 2]),
        words("parameter", [Some("alpha"), Some("r")]),
        numbers("estimate", "", [Some(4.413_55), Some(0.242_6)]),
        numbers("standard_error", "", [Some(0.378_2), None]),
        flags("is_converged", [true, false]),
    ];
    let key = "segment,segment_value,model,parameter";
    insta::assert_snapshot!(draw("clv_models", key, columns, &[]), @r#"
    clv_models, as of 2024-03-15, everybody

                                 standard_
    model   parameter  estimate      error  is_converged
    ──────  ─────────  ────────  ─────────  ────────────
    bg_nbd  alpha        4.4135     0.3782  yes
    bg_nbd  r            0.2426          –  no
    "#);
}
