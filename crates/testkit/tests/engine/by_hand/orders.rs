//! Orders.

use super::*;
use kohort_testkit::{Activity, Id, Row, RowsMode};

#[test]
fn a_gap_of_exactly_w_is_no_lapse() {
    check(
        "customer day        value
         exact    2024-01-05 1
         exact    2024-02-04 1
         longer   2024-01-05 1
         longer   2024-02-05 1",
        &months("2024-03-01", 30),
        "customer_retention",
        "period     opening new returned churned closing kept lost buyers is_complete
         2024-01-01 0       2   0        0       2       0    0    2      true
         2024-02-01 2       0   1        1       2       2    0    2      true",
    );
}

#[test]
fn who_leaves_and_returns_within_a_period_does_both() {
    let rows = "customer day        value
                a        2024-01-01 1
                a        2024-01-20 1";
    let cases = [
        // The second spell begins on the 27th: as_of decides whether that is known.
        ("2024-01-27", "0 1 1 1 1 1 false"),
        ("2024-01-28", "0 1 1 2 0 0 false"),
        ("2024-02-01", "0 1 1 2 0 0 true"),
        // The first begins on the 8th.
        ("2024-01-08", "0 1 0 0 1 1 false"),
        ("2024-01-09", "0 1 0 1 0 0 false"),
    ];
    for (as_of, expected) in cases {
        let columns = "opening new returned churned closing new_at_close is_complete";
        let expected = format!("{columns}\n{expected}");
        check(rows, &months(as_of, 7), "customer_retention", &expected);
    }
}

#[test]
fn retention_and_lifecycle() {
    check(
        "customer day        value
         stays    2024-01-10 1
         stays    2024-02-10 1
         stays    2024-03-10 1
         leaves   2024-01-01 1
         back     2024-01-02 1
         back     2024-03-20 1
         brief    2024-02-01 1",
        &months("2024-04-01", 31),
        "customer_retention",
        "period     opening new returned churned closing new_at_close kept lost
         2024-01-01 0       3   0        0       3       3            0    0
         2024-02-01 3       1   0        2       2       1            1    2
         2024-03-01 2       0   1        1       2       0            1    1",
    );
    check(
        "customer day        value
         a        2024-01-31 1
         b        2024-01-31 1
         c        2024-01-31 1
         c        2024-02-29 1
         d        2024-02-03 1",
        &months("2024-04-01", 28),
        "customer_retention",
        "opening closing new_at_close kept lost retention_rate kept_rate churn_rate \
             annualised_churn_rate
         0       3       3            0    0    -              -         -          -
         3       2       1            1    2    0.333333       0.333333  0.666667   -
         2       0       0            0    2    0              0         1          -",
    );
    check(
        "customer day        value
         a        2024-01-10 1
         a        2024-02-10 1
         a        2024-02-11 1
         b        2024-01-10 1
         b        2024-03-10 1
         c        2024-02-10 1",
        &months("2024-04-01", 90),
        "customer_retention",
        "period     buyers lifecycle_new lifecycle_returning lifecycle_resurrected lifecycle_dormant
         2024-01-01 2      2             0                   0                     0
         2024-02-01 2      1             1                   0                     1
         2024-03-01 1      0             0                   1                     2",
    );
}

#[test]
fn a_refund_before_the_first_order() {
    let rows = "customer day        value
                a        2024-01-10 -100
                a        2024-02-01 -50
                a        2024-02-03 500
                nobody   2024-02-03 -70";
    let sales = months("2024-03-01", 90);
    check(
        rows,
        &sales,
        "cohort_retention",
        "cohort     k active orders revenue
         2024-02-01 0 1      1      450",
    );
    check(
        rows,
        &sales,
        "revenue_churn",
        "period     opening_revenue opening_credits new_revenue closing_revenue is_complete
         2024-02-01 0               100             450         450             false",
    );
    let Reference { left_out, omissions, .. } = reference(parse_rows(rows), &sales);
    assert_eq!(left_out, BTreeMap::from([("refund_without_order", 1)]));
    let expected = [(("cohort_retention", "refunds_before_cohort"), 1)];
    assert_eq!(omissions, BTreeMap::from(expected));

    let any = Settings { activity: Activity::Any, ..sales };
    check(
        rows,
        &any,
        "cohort_retention",
        "cohort     k cohort_size active orders repurchased_by revenue revenue_retention_rate
         2024-01-01 0 1           1      1      0              -100    -
         2024-01-01 1 1           1      2      1              450     -
         2024-02-01 0 1           1      1      0              -70     -",
    );
    assert_eq!(reference(parse_rows(rows), &any).left_out, BTreeMap::new());
}

#[test]
fn revenue_that_goes_and_comes_back() {
    let rows = "customer day        value
                a        2024-01-10 50
                a        2024-03-10 50";
    let columns = "window_periods opening_revenue new_revenue reactivated_revenue \
                   churned_revenue closing_revenue unchanged_customers is_complete";
    let cases = [
        (
            1,
            "1 0  50 0  0  50 0 false
             1 50 0  0  50 0  0 true
             1 0  0  50 0  50 0 true
             1 50 0  0  50 0  0 true",
        ),
        (
            2,
            "2 0  50 0  0  50 0 false
             2 0  50 0  0  50 0 false
             2 50 0  0  0  50 1 false
             2 50 0  0  0  50 1 true",
        ),
    ];
    for (window, expected) in cases {
        let settings = Settings {
            revenue_windows: [(Grain::Month, window)].into(),
            ..months("2024-05-01", 90)
        };
        check(rows, &settings, "revenue_churn", &format!("{columns}\n{expected}"));
    }
}

#[test]
fn movements_of_revenue() {
    // In February: up 1000 -> 1501, down 1000 -> 400, gone 250, new 300, a free order, a credit.
    check(
        "customer day        value
         up       2024-01-10 1000
         up       2024-02-10 1501
         down     2024-01-10 1000
         down     2024-02-10 700
         down     2024-02-11 -300
         gone     2024-01-10 250
         new      2024-02-10 300
         free     2024-01-10 0
         free     2024-02-10 0
         credit   2024-01-10 80
         credit   2024-02-10 -50
         same     2024-01-10 7
         same     2024-02-10 7",
        &months("2024-03-01", 90),
        "revenue_churn",
        "opening_revenue new_revenue expansion_revenue contraction_revenue churned_revenue \
             closing_revenue opening_credits closing_credits
         0    2337 0   0   0   2337 0 0
         2337 300  501 600 330 2208 0 50",
    );
    check(
        "customer day        value
         up       2024-01-10 1000
         up       2024-02-10 1500
         down     2024-01-10 1000
         down     2024-02-10 350",
        &months("2024-03-01", 90),
        "revenue_churn",
        "opening_customers expansion_customers contraction_customers closing_customers \
             gross_revenue_churn_rate net_revenue_churn_rate \
             net_revenue_churn_rate_with_reactivation gross_revenue_retention \
             net_revenue_retention existing_customer_growth_rate quick_ratio lost_revenue \
             average_revenue_per_customer
         0 0 0 2 -     -     -     -     -     -      -        0 10
         2 1 1 2 0.325 0.075 0.075 0.675 0.925 -0.075 0.769231 7 9.25",
    );
}

#[test]
fn a_purchase_recovers_the_latest_lost_order_before_it() {
    check(
        "customer day        value status    reason
         a        2024-01-01 100   lost      price
         a        2024-01-05 200   lost      stock
         a        2024-01-06 40    open      -
         a        2024-01-10 300   completed -
         a        2024-01-20 70    lost      price
         a        2024-02-25 10    completed -",
        &months("2024-03-01", 90),
        "lost_sales",
        "period buyer breakdown breakdown_value attempts won open lost recovered recovery_open \
             conversion_rate attempted_value won_value lost_value recovered_value net_lost_value \
             expected_lost_value
         2024-01-01 customer total  -     1 0 0 1 0 0 0        70  0   70  0   70  35
         2024-01-01 customer reason price 1 - - 1 0 0 -        70  -   70  0   70  35
         2024-01-01 prospect total  -     4 1 1 2 1 0 0.333333 640 300 300 200 100 33
         2024-01-01 prospect reason price 1 - - 1 0 0 -        100 -   100 0   100 33
         2024-01-01 prospect reason stock 1 - - 1 1 0 -        200 -   200 200 0   0
         2024-02-01 customer total  -     1 1 0 0 0 0 1        10  10  0   0   0   0
         2024-02-01 prospect total  -     0 0 0 0 0 0 -        0   0   0   0   0   0",
    );
}

#[test]
fn the_recovery_window() {
    let cases = [
        // (day of the purchase, as_of, recovered, recovery_open)
        ("2024-01-31", "2024-04-01", 1, 0),
        ("2024-02-01", "2024-04-01", 0, 0),
        ("2024-01-01T00:00", "2024-04-01", 0, 0),
        ("2024-01-01T12:00", "2024-04-01", 0, 0),
        ("2024-01-01T12:01", "2024-04-01", 1, 0),
        ("2024-04-01", "2024-01-31", 0, 1),
        ("2024-04-01", "2024-02-01", 0, 0),
    ];
    for (bought, as_of, recovered, open) in cases {
        let rows = format!(
            "customer day value status
             a 2024-01-01T12:00 100 lost
             a {bought} 100 completed"
        );
        let tables = reference(parse_rows(&rows), &months(as_of, 90)).tables;
        let lost = pick(&tables["lost_sales"], &[("breakdown", "reason")]);
        let expected = format!("lost recovered recovery_open\n 1 {recovered} {open}");
        assert_text(&lost, &expected);
    }
}

#[test]
fn a_history_that_starts_late() {
    let rows = "customer day        value
                early    2024-01-10 5
                early    2024-01-20 5
                near     2024-02-13 5
                new      2024-02-14 5";
    let settings = Settings { history_start: Some(day("2024-01-15")), ..months("2024-04-01", 30) };
    check(
        rows,
        &settings,
        "customer_retention",
        "period opening new entered_existing churned closing new_at_close \
             entered_existing_at_close retention_rate buyers lifecycle_new is_complete
         2024-01-01 0 0 1 0 1 0 1 - 1 0 false
         2024-02-01 1 1 1 1 2 1 1 0 2 1 false
         2024-03-01 2 0 0 2 0 0 0 0 0 0 true",
    );
    check(
        rows,
        &settings,
        "cohort_retention",
        "cohort     k cohort_size is_truncated is_complete
         2024-01-01 0 1           true         false
         2024-01-01 1 1           true         false
         2024-01-01 2 1           true         true
         2024-02-01 0 2           true         false
         2024-02-01 1 2           true         true",
    );
    check(rows, &settings, "cohort_curve", "k");
    check(
        rows,
        &settings,
        "revenue_churn",
        "period     closing_revenue is_complete
         2024-01-01 5               false
         2024-02-01 10              false
         2024-03-01 0               true",
    );
    let reference = reference(parse_rows(rows), &settings);
    assert_eq!(reference.left_out, BTreeMap::from([("before_history_start", 1)]));
}

#[test]
fn the_curve_is_the_mean_of_complete_cohorts() {
    let rows = "customer day        value
                a        2024-01-10 100
                a        2024-02-10 50
                b        2024-02-10 100
                c        2024-02-10 100
                c        2024-03-10 300
                d        2024-02-10 -5
                d        2024-02-11 0
                e        2024-03-10 700";
    let settings = months("2024-03-15", 90);
    check(
        rows,
        &settings,
        "cohort_retention",
        "cohort     k cohort_size active on_or_after repurchased_by revenue cumulative_revenue \
             revenue_per_active revenue_per_cohort_customer revenue_retention_rate is_complete
         2024-01-01 0 1 1 1 0 100 100 1   1        1        true
         2024-01-01 1 1 1 1 1 50  150 0.5 0.5      0.5      true
         2024-01-01 2 1 0 0 1 0   150 -   0        0        false
         2024-02-01 0 3 3 3 0 195 195 0.65 0.65    1        true
         2024-02-01 1 3 1 1 1 300 495 3   1        1.538462 false
         2024-03-01 0 1 1 1 0 700 700 7   7        1        false",
    );
    check(
        rows,
        &settings,
        "cohort_curve",
        "k cohorts customers active retention_rate mean_retention_rate revenue base_revenue \
             revenue_retention_rate
         0 2 4 4 1 1 295 295 1
         1 1 1 1 1 1 50  100 0.5",
    );
    check(
        rows,
        &months("2024-04-01", 90),
        "cohort_curve",
        "k cohorts customers active retention_rate mean_retention_rate revenue base_revenue
         0 3 5 5 1   1        995 995
         1 2 4 2 0.5 0.666667 350 295
         2 1 1 0 0   0        0   100",
    );
    let settings = Settings { max_k: [(Grain::Month, 0)].into(), ..settings };
    check(rows, &settings, "cohort_curve", "k cohorts\n 0 2");
}

#[test]
fn the_first_order_gives_the_segment() {
    let cases = [
        // Integers as numbers, texts as bytes, then the smaller value, then the smaller text.
        ("9 5 b", "10 5 a", "b"),
        ("x9 5 b", "x10 5 a", "a"),
        ("1 5 a", "1 4 b", "b"),
        ("1 5 b", "1 5 a", "a"),
        ("1 5 -", "1 5 a", "(none)"),
    ];
    for (one, other, expected) in cases {
        let rows = format!(
            "customer day order value country
             c 2024-01-01 {one}
             c 2024-01-01 {other}
             c 2023-12-31T23:59 0 -1 zz"
        );
        let settings =
            Settings { segments: vec![("country", SegmentAt::First)], ..months("2024-02-01", 90) };
        let expected = format!("segment segment_value new\n all - 1\n country {expected} 1");
        check(&rows, &settings, "customer_retention", &expected);
    }
}

#[test]
fn segments_of_orders_make_customers_of_their_own() {
    let rows = "customer day        value status    country
                a        2024-01-10 100   completed de
                a        2024-02-10 50    completed -
                a        2024-02-11 9     lost      de
                a        2024-02-12 -20   completed fr
                p        2024-02-13 8     lost      -
                p        2024-02-14 8     open      de";
    let settings = |at| Settings { segments: vec![("country", at)], ..months("2024-03-01", 90) };
    check(
        rows,
        &settings(SegmentAt::Order),
        "revenue_churn",
        "segment segment_value period     new_revenue contraction_revenue churned_revenue
         all     -             2024-01-01 100         0                   0
         all     -             2024-02-01 0           70                  0
         country (none)        2024-02-01 50          0                   0
         country de            2024-01-01 100         0                   0
         country de            2024-02-01 0           0                   100",
    );
    let totals = |at| {
        let tables = reference(parse_rows(rows), &settings(at)).tables;
        pick(&tables["lost_sales"], &[("breakdown", "total"), ("period", "2024-02-01")])
    };
    assert_text(
        &totals(SegmentAt::Order),
        "segment segment_value buyer    attempts won open lost
         all     -             customer 2        1   0    1
         all     -             prospect 2        0   1    1
         country (none)        customer 0        0   0    0
         country (none)        prospect 2        1   0    1
         country de            customer 1        0   0    1
         country de            prospect 1        0   1    0",
    );
    assert_text(
        &totals(SegmentAt::First),
        "segment segment_value buyer    attempts won open lost
         all     -             customer 2        1   0    1
         all     -             prospect 2        0   1    1
         country (none)        customer 0        0   0    0
         country (none)        prospect 2        0   1    1
         country de            customer 2        1   0    1
         country de            prospect 0        0   0    0",
    );
}

#[test]
fn the_earliest_lines_give_segment_and_reason() {
    // Two earliest lines and a later one; the texts of each pair are looked at on their own, and a
    // missing one comes last, though `(` comes before letters.
    let cases = [
        ("b a", "c d", "b a"),
        ("b c", "a d", "a c"),
        ("- a", "b -", "b a"),
        ("Z -", "- Y", "Z Y"),
        ("- -", "- -", "(none) unknown"),
        ("- -", "~ ~", "~ ~"),
        ("unknown (none)", "v -", "unknown (none)"),
    ];
    for (one, other, expected) in cases {
        let rows = format!(
            "customer order day        value status country reason
             c        1     2024-01-05 10    lost   {one}
             c        1     2024-01-05 10    lost   {other}
             c        1     2024-01-06 10    lost   A       A"
        );
        let settings = Settings {
            rows: RowsMode::Lines,
            segments: vec![("country", SegmentAt::Order)],
            ..months("2024-02-01", 90)
        };
        let (country, reason) = expected.split_once(' ').expect("two texts");
        let columns = "segment segment_value breakdown_value lost lost_value";
        let tables = reference(parse_rows(&rows), &settings).tables;
        let found = pick(&tables["lost_sales"], &[("buyer", "prospect"), ("segment", "country")]);
        let found = pick(&found, &[("breakdown", "reason")]);
        let expected = format!("{columns}\n country {country} {reason} 1 30");
        assert_text(&found, &expected);
    }
}

#[test]
fn what_a_row_is() {
    let rows = "customer order day              updated value status    reason country
                a        1     2024-01-31T23:00 2       100   completed -      b
                a        1     2024-02-01T09:00 1       50    completed -      a
                a        2     2024-02-10       1       70    open      -      c
                a        2     2024-02-10       2       80    completed -      c
                b        1     2024-02-20       1       5     lost      y      z
                b        1     2024-02-20       1       6     lost      x      y";
    let settings = |rows| Settings {
        rows,
        segments: vec![("country", SegmentAt::Order)],
        ..months("2024-03-01", 90)
    };
    let columns = "segment_value period breakdown_value attempts attempted_value";
    let cases = [
        (
            RowsMode::Rows,
            vec![],
            "a 2024-02-01 - 1 50
             b 2024-01-01 - 1 100
             b 2024-02-01 - 0 0
             c 2024-02-01 - 2 150
             y 2024-02-01 - 1 6
             y 2024-02-01 x 1 6
             z 2024-02-01 - 1 5
             z 2024-02-01 y 1 5",
        ),
        (
            RowsMode::Lines,
            vec![("mixed_status", 2)],
            "b 2024-01-01 - 1 150
             b 2024-02-01 - 0 0
             y 2024-02-01 - 1 11
             y 2024-02-01 x 1 11",
        ),
        (
            RowsMode::Latest,
            vec![("superseded", 3)],
            "b 2024-01-01 - 1 100
             b 2024-02-01 - 0 0
             c 2024-02-01 - 1 80
             y 2024-02-01 - 1 6
             y 2024-02-01 x 1 6",
        ),
    ];
    for (mode, left_out, expected) in cases {
        let reference = reference(parse_rows(rows), &settings(mode));
        let prospects =
            pick(&reference.tables["lost_sales"], &[("segment", "country"), ("buyer", "prospect")]);
        assert_text(&prospects, &format!("{columns}\n{expected}"));
        assert_eq!(reference.left_out, left_out.into_iter().collect(), "{mode:?}");
    }
}

#[test]
fn what_is_left_out_is_counted() {
    let rows = parse_rows(
        "customer day        value status
         a        2024-01-01 100   completed
         a        2024-01-02 100   ignored
         a        2024-01-03 -1    lost
         a        2024-01-03 -1    open
         a        2024-01-04 100   completed
         a        2024-01-05 100   lost",
    );
    let cases = [
        (None, vec![("after_as_of", 1), ("ignored", 1), ("negative_attempt", 2)], "2024-01-05"),
        (
            Some("2023-12-01"),
            vec![("after_as_of", 3), ("ignored", 1), ("negative_attempt", 2)],
            "2023-12-01",
        ),
    ];
    for (as_of, left_out, resolved) in cases {
        let settings = Settings { as_of: as_of.map(day), ..Settings::default() };
        let reference = reference(&rows, &settings);
        assert_eq!(reference.left_out, left_out.into_iter().collect(), "as_of {as_of:?}");
        assert_eq!(reference.as_of, day(resolved));
    }
}

#[test]
fn the_automatic_lapse_window() {
    let cases: [(&[i32], _); 6] = [
        (&[], None),
        (&[0, 0], None),
        (&[4], Some(4)),
        (&[5, 3], Some(5)),
        (&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], Some(9)),
        (&[11, 1, 2, 3, 0, 4, 5, 6, 7, 8, 9, 10], Some(10)),
    ];
    for (gaps, expected) in cases {
        let mut day = day("2024-01-01");
        let mut rows = vec![Row::new(Id::Integer(1), day, 1)];
        for gap in gaps {
            day = day.plus(i64::from(*gap));
            rows.push(Row::new(Id::Integer(1), day, 1));
        }
        let settings = Settings { lapse_days: LapseDays::Auto, ..Settings::default() };
        let reference = reference(&rows, &settings);
        assert_eq!(reference.lapse_days, expected, "gaps {gaps:?}");
        assert_eq!(reference.tables.is_empty(), expected.is_none());
    }
}

#[test]
fn grains_are_sorted_and_cut_by_as_of() {
    let settings = Settings {
        grains: vec![Grain::Year, Grain::Week, Grain::Quarter],
        ..months("2024-01-09", 90)
    };
    check(
        "customer day        value
         a        2023-12-31 1",
        &settings,
        "customer_retention",
        "grain   period     new is_complete
         week    2023-12-25 1   true
         week    2024-01-01 0   true
         week    2024-01-08 0   false
         quarter 2023-10-01 1   true
         quarter 2024-01-01 0   false
         year    2023-01-01 1   true
         year    2024-01-01 0   false",
    );
}

#[test]
fn no_rows_give_empty_tables() {
    let reference = reference(History::default(), &Settings::default());
    assert_eq!(reference.tables.len(), 13);
    assert!(reference.tables.values().all(Vec::is_empty));
}
