//! `purchase_gaps`, its histogram, and `loyalty`.

use kohort_testkit::{Activity, Gaps, Loyalty};

use super::*;

#[test]
fn gaps_start_in_a_period() {
    // Gaps of a: 10, 20, 31 days, then open for 29; of b: 10 days, then open for 50.
    let rows = "customer day        value
                a        2024-01-01 1
                a        2024-01-01 1
                a        2024-01-11 1
                a        2024-01-31 1
                a        2024-03-02 1
                b        2024-01-31 1
                b        2024-02-10 1
                b        2024-02-11 -1";
    check(
        rows,
        &Settings { gaps: Gaps { max_number: 2, bucket_days: 10 }, ..months("2024-04-01", 90) },
        "purchase_gaps",
        "period gap_number gaps open mean_days p25_days median_days p75_days p90_days \
             km_median_days is_complete
         2024-01-01 - 4 0 17.75 10   15 22.75 27.7 10 true
         2024-01-01 1 2 0 10    10   10 10    10   10 true
         2024-01-01 2 1 0 20    20   20 20    20   20 true
         2024-02-01 - 0 1 -     -    -  -     -    -  true
         2024-02-01 2 0 1 -     -    -  -     -    -  true
         2024-03-01 - 0 1 -     -    -  -     -    -  true",
    );
    check(
        rows,
        &Settings { gaps: Gaps { max_number: 1, bucket_days: 10 }, ..months("2024-04-01", 90) },
        "purchase_gap_histogram",
        "period     gap_number days_from days_to gaps open
         2024-01-01 -          10        19      2    0
         2024-01-01 -          20        29      1    0
         2024-01-01 -          30        39      1    0
         2024-01-01 1          10        19      2    0
         2024-02-01 -          50        59      0    1
         2024-03-01 -          20        29      0    1",
    );
}

#[test]
fn rows_of_a_segment_start_with_its_first_activity() {
    // Of the second week two days are known: the open gaps have lasted 3 days and 1 day.
    check(
        "customer day        value kind
         a        2024-01-01 1     x
         a        2024-01-07 1     x
         b        2024-01-09 1     y",
        &Settings {
            grains: vec![Grain::Week],
            segments: vec![("kind", SegmentAt::First)],
            ..months("2024-01-10", 90)
        },
        "purchase_gaps",
        "segment_value period     gap_number gaps open km_median_days is_complete
         -             2024-01-01 -          1    1    6              true
         -             2024-01-01 1          1    0    6              true
         -             2024-01-01 2          0    1    -              true
         -             2024-01-08 -          0    1    -              false
         -             2024-01-08 1          0    1    -              false
         x             2024-01-01 -          1    1    6              true
         x             2024-01-01 1          1    0    6              true
         x             2024-01-01 2          0    1    -              true
         x             2024-01-08 -          0    0    -              false
         y             2024-01-08 -          0    1    -              false
         y             2024-01-08 1          0    1    -              false",
    );
}

#[test]
fn open_gaps_count_as_long_as_they_lasted() {
    let cases: [(&[i64], &[i64], &str); 7] = [
        // (gaps that ended, gaps open for so long, the median)
        (&[5, 10], &[], "5"),
        (&[5, 10, 20], &[], "10"),
        (&[5, 10], &[30], "10"),
        (&[5, 10], &[30, 30], "10"),
        (&[5], &[30, 30], "-"),
        // Those that were open before say nothing: 1 of 1.
        (&[20], &[10, 10], "20"),
        // One that was open just as long was at risk: 1 - 1/4, then 1 - 2/3.
        (&[5, 10, 10], &[10], "10"),
    ];
    for (ended, open, expected) in cases {
        let (first, as_of) = (day("2024-02-01"), day("2024-06-01"));
        let mut rows = vec!["customer day value".to_owned()];
        for (c, days) in ended.iter().enumerate() {
            rows.push(format!("e{c} {first} 1\ne{c} {} 1", first.plus(*days)));
        }
        for (c, days) in open.iter().enumerate() {
            rows.push(format!("o{c} {} 1", as_of.plus(-1 - *days)));
        }
        let settings = Settings { grains: vec![Grain::Year], ..months("2024-06-01", 90) };
        let tables = reference(parse_rows(&rows.join("\n")), &settings).tables;
        let gaps = pick(&tables["purchase_gaps"], &[("gap_number", "1")]);
        let expected =
            format!("gaps open km_median_days\n{} {} {expected}", ended.len(), open.len());
        assert_text(&gaps, &expected);
    }
}

#[test]
fn who_buys_again() {
    // A window of 31 days: on 02-29 it starts on 01-30.
    let rows = "customer day        value
                a        2024-01-10 100
                a        2024-01-10 50
                a        2024-02-01 30
                b        2024-01-29 10
                b        2024-02-29 20
                b        2024-02-29 -15
                c        2024-01-30 5
                c        2024-02-10 5
                c        2024-02-20 0";
    let settings =
        Settings { loyalty: Loyalty { window_days: 31, orders: 3 }, ..months("2024-03-11", 90) };
    let columns = "period buyers repeat_buyers repeat_purchase_ratio window_buyers \
                   window_repeat_buyers window_repeat_purchase_ratio loyal loyal_customer_rate \
                   orders orders_per_customer order_revenue average_order_value returning_revenue \
                   returning_revenue_share is_complete";
    check(
        rows,
        &settings,
        "loyalty",
        &format!(
            "{columns}
             2024-01-01 3 1 0.333333 3 1 0.333333 0 0        4 1.333333 165 0.4125 0  0 true
             2024-02-01 3 3 1        3 1 0.333333 1 0.333333 4 1.333333 55  0.1375 55 1 true
             2024-03-01 0 0 -        2 1 0.5      0 0        0 -        0   -      0  - false"
        ),
    );
    // Refunds are activity; the window of February starts before the history.
    let any = Settings {
        activity: Activity::Any,
        history_start: Some(day("2024-01-31")),
        lapse_days: LapseDays::Fixed(1),
        ..settings
    };
    check(
        rows,
        &any,
        "loyalty",
        "period     buyers repeat_buyers orders order_revenue returning_revenue is_complete
         2024-02-01 3      2             5      40            0                 false
         2024-03-01 0      0             0      0             0                 false",
    );
}
