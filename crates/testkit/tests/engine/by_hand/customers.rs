//! `customers` and `clv_holdout`.

use kohort_testkit::{Activity, Lifetime};

use super::*;

#[test]
fn one_row_each() {
    // a: order days 01-01, 01-05, 01-13; gaps 4 and 8; the last known day is 01-31.
    let rows = "customer day        value
                a        2024-01-01 100
                a        2024-01-05 30
                a        2024-01-05 20
                a        2024-01-07 -25
                a        2024-01-13 250
                b        2024-01-10 1000
                nobody   2024-01-10 -5";
    let sales = months("2024-02-01", 90);
    check(
        rows,
        &sales,
        "customers",
        "customer_id status first_order last_order orders order_days revenue refunds refund_value \
             average_order_value frequency recency_days age_days monetary mean_gap_days \
             median_gap_days days_since_last overdue_ratio lapses entered_existing
         a at_risk 2024-01-01 2024-01-13 4 3 375 1 25 1 2 12 30 1.5 6 6 18 3 0 false
         b at_risk 2024-01-10 2024-01-10 1 1 1000 0 0 10 0 0 21 - - - 21 3.5 0 false",
    );
    // Where refunds are activity, they are orders and refunds; of the repeat days of a the values are
    // 50, -25 and 250.
    check(
        rows,
        &Settings { activity: Activity::Any, ..sales },
        "customers",
        "customer_id orders order_days revenue refunds refund_value average_order_value frequency \
             recency_days monetary mean_gap_days median_gap_days
         a           5 4 375  1 25 0.75  3 12 0.916667 4 4
         b           1 1 1000 0 0  10    0 0  -        - -
         nobody      1 1 -5   1 5  -0.05 0 0  -        - -",
    );
}

#[test]
fn what_a_customer_is_at_the_end() {
    // W = 30, as_of 04-01, and who is seen before 02-19 may be older than the history. The gaps of
    // active are 4, 6, 10 and 10, those of others 40, 45 and 60: the median is 8 of active, which has
    // enough of its own, and 10 of everybody.
    let rows = "customer day        value
                active   2024-02-20 1
                active   2024-02-24 1
                active   2024-03-01 1
                active   2024-03-11 1
                active   2024-03-21 1
                again    2024-01-20 1
                again    2024-03-05 1
                back     2024-01-20 1
                back     2024-03-20 1
                early    2024-02-18 1
                lapsed   2024-01-21 1
                lapsed   2024-03-01 1
                late     2024-03-02 1
                new      2024-03-31 1
                overdue  2024-03-11 1
                past     2024-02-19 1";
    let columns = "customer_id status days_since_last overdue_ratio lapses entered_existing";
    check(
        rows,
        &Settings { history_start: Some(day("2024-01-20")), ..months("2024-04-01", 30) },
        "customers",
        &format!(
            "{columns}
             active  active   10 1.25 0 false
             again   at_risk  26 2.6  1 true
             back    won_back 11 1.1  1 true
             early   lapsed   42 4.2  1 true
             lapsed  lapsed   30 3    2 true
             late    at_risk  29 2.9  0 false
             new     new      0  0    0 false
             overdue at_risk  20 2    0 false
             past    lapsed   41 4.1  1 false"
        ),
    );
    // Back for 30 days, for 31 and for 41: who is back for more than W is like all others.
    check(
        "customer day        value
         edge     2024-01-20 1
         edge     2024-03-02 1
         edge     2024-03-20 1
         past     2024-01-20 1
         past     2024-03-01 1
         past     2024-03-20 1
         stays    2024-01-20 1
         stays    2024-02-20 1
         stays    2024-03-05 1
         stays    2024-03-25 1",
        &months("2024-04-01", 30),
        "customers",
        "customer_id status days_since_last overdue_ratio lapses
         edge  won_back 11 0.366667 1
         past  active   11 0.366667 1
         stays active   6  0.3 1",
    );
    // Nobody has a gap: nobody is overdue.
    check(
        "customer day value\n a 2024-03-11 1",
        &months("2024-04-01", 30),
        "customers",
        &format!("{columns}\n a new 20 - 0 false"),
    );
}

#[test]
fn peers_are_those_of_the_first_segment() {
    // By name that is country; de has gaps of 4 and 10, fr none, everybody 4, 10, 20.
    let rows = "customer day        value tier country plan
                a        2024-01-01 1     -    de      x
                a        2024-01-05 1     -    fr      x
                b        2024-01-01 1     -    de      y
                b        2024-01-11 1     -    de      y
                c        2024-01-11 1     -    fr      y
                d        2024-01-01 1     -    es      y
                d        2024-01-21 1     -    es      y";
    let settings = Settings {
        segments: vec![
            ("tier", SegmentAt::First),
            ("country", SegmentAt::First),
            ("a_plan", SegmentAt::Order),
        ],
        ..months("2024-02-01", 90)
    };
    check(
        rows,
        &settings,
        "customers",
        "customer_id overdue_ratio segment_country segment_tier
         a           3.714286      de              (none)
         b           2.857143      de              (none)
         c           2             fr              (none)
         d           0.5           es              (none)",
    );
}

#[test]
fn quintiles_have_ties() {
    // Worse by orders: 0, 0, 0, 3, 4 of 5.
    check(
        "customer day        value
         1        2024-01-05 1
         2        2024-01-04 2
         3        2024-01-03 3
         4        2024-01-02 4
         4        2024-01-02 4
         5        2024-01-01 5
         5        2024-01-01 5
         5        2024-01-01 -20
         5        2024-01-01 5",
        &months("2024-02-01", 90),
        "customers",
        "customer_id recency_quintile frequency_quintile monetary_quintile
         1           5                1                  2
         2           4                1                  3
         3           3                1                  4
         4           2                4                  5
         5           1                5                  1",
    );
}

#[test]
fn repeat_orders_by_step() {
    // The first activity is on 01-01; 3 whole weeks make a calibration of 1.
    let rows = "customer day        value
                a        2024-01-01 1
                a        2024-01-02 1
                a        2024-01-07 1
                a        2024-01-07 1
                a        2024-01-08 1
                b        2024-01-07 1
                b        2024-01-23 1
                late     2024-01-08 1
                late     2024-01-09 1";
    let columns =
        "step step_start is_holdout customers actual_orders actual_cumulative is_complete";
    let of_model = |settings: &Settings| {
        let tables = reference(parse_rows(rows), settings).tables;
        assert_eq!(tables["clv_holdout"].len() % 3, 0);
        pick(&tables["clv_holdout"], &[("model", "mbg_nbd")])
    };
    assert_text(
        &of_model(&months("2024-01-24", 90)),
        &format!(
            "{columns}
             1 2024-01-01 false 2 2 2 true
             2 2024-01-08 true  2 1 3 true
             3 2024-01-15 true  2 0 3 true
             4 2024-01-22 true  2 1 4 false"
        ),
    );
    let lifetime =
        Lifetime { calibration_end: Some(day("2024-01-09")), unit_days: 3, at_risk_ratio: 2.0 };
    assert_text(
        &of_model(&Settings { lifetime, ..months("2024-01-10", 90) }),
        &format!(
            "{columns}
             1 2024-01-01 false 1 1 1 true
             2 2024-01-04 false 1 0 1 true
             3 2024-01-07 true  3 3 4 true"
        ),
    );
}
