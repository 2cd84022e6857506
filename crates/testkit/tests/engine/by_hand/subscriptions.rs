//! Subscriptions.

use super::*;

const CUSTOMERS: &str = "period opening new returned churned closing kept";
const REVENUE: &str = "period opening_revenue new_revenue reactivated_revenue expansion_revenue \
                       contraction_revenue churned_revenue closing_revenue";

#[test]
fn how_long_subscribers_stay() {
    // as_of 05-01; gaps of up to 5 days are bridged. edge began on 03-30: a month is over on 04-30,
    // which is known; late on 03-31: its month is over on 04-30 too, as April has no 31st, and that of
    // whole on 05-01, which is not. of of_plans the two subscriptions are one customer.
    let history = "subscriptions:
                   customer subscription started    ended      value
                   back     x            2024-01-10 2024-02-15 50
                   back     x            2024-04-05 -          40
                   bridged  x            2024-01-01 2024-02-01 10
                   bridged  x            2024-02-06 -          20
                   edge     x            2024-03-30 -          1
                   ended    x            2024-01-15 2024-03-15 7
                   ends     x            2024-01-15 2024-05-01 8
                   late     x            2024-03-31 -          2
                   new      x            2024-04-30 -          3
                   of_plans x            2024-02-01 2024-03-01 5
                   of_plans y            2024-02-10 2024-06-01 6
                   whole    x            2024-04-01 -          4";
    check(
        history,
        &subscribed("2024-05-01", 5),
        "subscribers",
        "customer_id status first_paid last_paid active_days tenure_months mrr lapses
         back     won_back 2024-01-10 2024-04-30 62  0 40 1
         bridged  active   2024-01-01 2024-04-30 121 3 20 0
         edge     active   2024-03-30 2024-04-30 32  1 1  0
         ended    lapsed   2024-01-15 2024-03-14 60  2 0  1
         ends     active   2024-01-15 2024-04-30 107 3 8  0
         late     active   2024-03-31 2024-04-30 31  1 2  0
         new      new      2024-04-30 2024-04-30 1   0 3  0
         of_plans active   2024-02-01 2024-04-30 90  2 6  0
         whole    new      2024-04-01 2024-04-30 30  0 4  0",
    );
}

#[test]
fn what_goes_and_comes_back_is_churned_and_reactivated() {
    let history = "subscriptions:
                   customer subscription started    ended      value
                   a        x            2024-01-10 2024-02-15 50
                   a        x            2024-04-05 -          50";
    let settings = subscribed("2024-05-01", 0);
    check(
        history,
        &settings,
        "revenue_churn",
        &format!(
            "{REVENUE} is_complete
             2024-01-01 0  50 0  0 0 0  50 false
             2024-02-01 50 0  0  0 0 50 0  true
             2024-03-01 0  0  0  0 0 0  0  true
             2024-04-01 0  0  50 0 0 0  50 true"
        ),
    );
    check(
        history,
        &settings,
        "customer_retention",
        &format!(
            "{CUSTOMERS} buyers lifecycle_new lifecycle_returning lifecycle_resurrected
             2024-01-01 0 1 0 0 1 0 1 1 0 0
             2024-02-01 1 0 0 1 0 0 1 0 1 0
             2024-03-01 0 0 0 0 0 0 0 0 0 0
             2024-04-01 0 0 1 0 1 0 1 0 0 1"
        ),
    );
    check(
        history,
        &settings,
        "revenue_movements",
        "period     customer_id movement    opening_revenue closing_revenue change is_complete
         2024-01-01 a           new         0               50              50     false
         2024-02-01 a           churned     50              0               -50    true
         2024-04-01 a           reactivated 0               50              50     true",
    );
    check(
        history,
        &settings,
        "cohort_retention",
        "cohort     k active on_or_after repurchased_by orders revenue cumulative_revenue
         2024-01-01 0 1      1           0              1      50      50
         2024-01-01 1 1      1           0              0      0       50
         2024-01-01 2 0      1           0              0      0       50
         2024-01-01 3 1      1           0              0      50      100",
    );
}

#[test]
fn windows_of_revenue_compare_two_closes() {
    let settings =
        Settings { revenue_windows: [(Grain::Month, 2)].into(), ..subscribed("2024-07-01", 0) };
    // Gone for a month, it is not missed; gone for two, it is missed and then reactivated.
    check(
        "subscriptions:
         customer subscription started    ended      value
         a        x            2024-01-10 2024-02-15 50
         a        x            2024-03-05 2024-04-05 60
         a        x            2024-06-01 -          60",
        &settings,
        "revenue_churn",
        &format!(
            "{REVENUE} is_complete
             2024-01-01 0  50 0  0  0 0  50 false
             2024-02-01 0  0  0  0  0 0  0  false
             2024-03-01 50 0  0  10 0 0  60 true
             2024-04-01 0  0  0  0  0 0  0  true
             2024-05-01 60 0  0  0  0 60 0  true
             2024-06-01 0  0  60 0  0 0  60 true"
        ),
    );
    // The first paid day lies in the window, though not in its last period.
    check(
        "subscriptions:
         customer subscription started    ended      value
         a        x            2024-01-10 -          50
         b        x            2024-03-10 2024-03-20 7
         b        x            2024-04-10 -          7",
        &Settings { as_of: Some(day("2024-06-01")), ..settings },
        "revenue_churn",
        "period     new_revenue reactivated_revenue
         2024-01-01 50          0
         2024-02-01 50          0
         2024-03-01 0           0
         2024-04-01 7           0
         2024-05-01 0           7",
    );
}

#[test]
fn nothing_fakes_churn_at_the_end() {
    let history = "subscriptions:
                   customer subscription started    ended      value
                   open     x            2024-01-10 -          50
                   ends     x            2024-01-15 2024-03-20 70";
    // The end on the last known day is known, and what is open stays.
    let settings = Settings { as_of: None, ..subscribed("2024-01-01", 0) };
    assert_eq!(reference(parse_history(history), &settings).as_of, day("2024-03-21"));
    check(
        history,
        &settings,
        "customer_retention",
        &format!(
            "{CUSTOMERS} is_complete
             2024-01-01 0 2 0 0 2 0 true
             2024-02-01 2 0 0 0 2 2 true
             2024-03-01 2 0 0 1 1 1 false"
        ),
    );
    // An end on as_of has not happened yet.
    for as_of in ["2024-03-20", "2024-03-02"] {
        let expected = format!("{CUSTOMERS}\n 2024-03-01 2 0 0 0 2 2");
        let tables = reference(parse_history(history), &subscribed(as_of, 0)).tables;
        let of_march = pick(&tables["customer_retention"], &[("period", "2024-03-01")]);
        assert_text(&of_march, &expected);
    }
    // Periods after the last start have rows, with what happens there.
    check(
        history,
        &subscribed("2024-05-15", 0),
        "revenue_churn",
        "period     opening_revenue churned_revenue closing_revenue is_complete
         2024-01-01 0   0  120 false
         2024-02-01 120 0  120 true
         2024-03-01 120 70 50  true
         2024-04-01 50  0  50  true
         2024-05-01 50  0  50  false",
    );
}

#[test]
fn the_newest_day_before_the_run_gives_as_of() {
    let history = parse_history(
        "subscriptions:
         customer subscription started    ended      cancelled  value
         a        x            2024-01-10 2024-12-31 2024-02-03 50
         b        x            2024-06-01 -          -          50",
    );
    let cases = [
        (None, "2025-01-01"),
        (Some("2024-12-31"), "2025-01-01"),
        (Some("2024-12-30"), "2024-06-02"),
        (Some("2024-05-31"), "2024-02-04"),
    ];
    for (run_day, expected) in cases {
        let run_day = run_day.map(day);
        let settings = Settings { as_of: None, run_day, ..subscribed("2024-01-01", 0) };
        assert_eq!(reference(&history, &settings).as_of, day(expected), "run on {run_day:?}");
    }
}

#[test]
fn one_of_two_subscriptions_ends() {
    let history = "subscriptions:
                   customer subscription started    ended      value
                   a        x            2024-01-01 -          100
                   a        y            2024-01-01 2024-02-10 50";
    let settings = subscribed("2024-03-01", 0);
    check(
        history,
        &settings,
        "revenue_churn",
        &format!(
            "{REVENUE} contraction_customers
             2024-01-01 0   150 0 0 0  0 150 0
             2024-02-01 150 0   0 0 50 0 100 1"
        ),
    );
    let expected = format!("{CUSTOMERS}\n 2024-01-01 0 1 0 0 1 0\n 2024-02-01 1 0 0 0 1 1");
    check(history, &settings, "customer_retention", &expected);
}

#[test]
fn an_end_and_a_start_on_one_day() {
    let history = "subscriptions:
                   customer subscription started    ended      value
                   a        x            2024-01-05 2024-02-10 100
                   a        y            2024-02-10 -          100";
    let settings = subscribed("2024-03-01", 0);
    let expected = format!("{CUSTOMERS}\n 2024-01-01 0 1 0 0 1 0\n 2024-02-01 1 0 0 0 1 1");
    check(history, &settings, "customer_retention", &expected);
    check(
        history,
        &settings,
        "revenue_churn",
        "period     churned_revenue unchanged_customers closing_revenue
         2024-01-01 0               0                   100
         2024-02-01 0               1                   100",
    );
    check(
        history,
        &settings,
        "cohort_retention",
        "k active orders repurchased_by\n 0 1 1 0\n 1 1 1 1",
    );
}

#[test]
fn a_gap_is_bridged_or_not() {
    let history = "subscriptions:
                   customer subscription started    ended      value
                   seven    x            2024-01-05 2024-01-20 50
                   seven    x            2024-01-27 -          50
                   eight    x            2024-01-05 2024-01-20 50
                   eight    y            2024-01-28 -          50";
    for (as_of, is_complete) in [("2024-02-07", false), ("2024-02-08", true)] {
        let tables = reference(parse_history(history), &subscribed(as_of, 7)).tables;
        let of_january = pick(&tables["customer_retention"], &[("period", "2024-01-01")]);
        let expected = format!("{CUSTOMERS} is_complete\n2024-01-01 0 2 1 1 2 0 {is_complete}");
        assert_text(&of_january, &expected);
    }
    // While the gap is open it is an end.
    let expected = format!("{CUSTOMERS}\n2024-01-01 0 2 0 2 0 0");
    check(history, &subscribed("2024-01-27", 7), "customer_retention", &expected);
    let expected = format!("{CUSTOMERS}\n2024-01-01 0 2 0 1 1 0");
    check(history, &subscribed("2024-01-28", 7), "customer_retention", &expected);
}

#[test]
fn a_bridge_carries_what_was_paid_before_it() {
    // The bridge spans the whole of February.
    let history = "subscriptions:
                   customer subscription started    ended      value
                   a        x            2024-01-05 2024-01-28 50
                   a        x            2024-03-03 -          80";
    let settings = subscribed("2024-05-06", 35);
    check(
        history,
        &settings,
        "revenue_churn",
        &format!(
            "{REVENUE} is_complete
             2024-01-01 0  50 0 0  0 0 50 false
             2024-02-01 50 0  0 0  0 0 50 true
             2024-03-01 50 0  0 30 0 0 80 true
             2024-04-01 80 0  0 0  0 0 80 false
             2024-05-01 80 0  0 0  0 0 80 false"
        ),
    );
    check(
        history,
        &settings,
        "cohort_retention",
        "k active orders revenue cumulative_revenue
         0 1      1      50      50
         1 1      0      50      100
         2 1      0      80      180
         3 1      0      80      260
         4 1      0      80      340",
    );
}

#[test]
fn who_joins_and_leaves_within_a_month() {
    let history = "subscriptions:
                   customer subscription started    ended      value
                   brief    x            2024-01-05 2024-01-20 50
                   empty    x            2024-01-05 2024-01-05 70
                   stays    x            2024-01-05 -          20";
    let settings = subscribed("2024-02-01", 0);
    check(
        history,
        &settings,
        "customer_retention",
        "opening new churned closing new_at_close buyers\n 0 2 1 1 1 2",
    );
    check(
        history,
        &settings,
        "revenue_churn",
        "opening_revenue new_revenue new_customers churned_revenue closing_revenue\n 0 20 1 0 20",
    );
    check(history, &settings, "cohort_retention", "cohort_size active revenue\n 2 2 20");
    let left_out = reference(parse_history(history), &settings).left_out;
    assert_eq!(left_out, BTreeMap::from([("empty_span", 1)]));
}

#[test]
fn a_change_of_plan_in_mid_month() {
    let with_end = "subscriptions:
                    customer subscription started    ended      value plan
                    a        x            2024-01-05 2024-02-15 100   basic
                    a        x            2024-02-15 -          150   pro";
    let without_end = with_end.replace("2024-02-15 100", "-          100");
    let settings = |at| Settings { segments: vec![("plan", at)], ..subscribed("2024-03-01", 0) };
    for history in [with_end, &without_end] {
        check(
            history,
            &settings(SegmentAt::First),
            "revenue_churn",
            &format!(
                "segment segment_value {REVENUE}
                 all  -     2024-01-01 0   100 0 0  0 0 100
                 all  -     2024-02-01 100 0   0 50 0 0 150
                 plan basic 2024-01-01 0   100 0 0  0 0 100
                 plan basic 2024-02-01 100 0   0 50 0 0 150"
            ),
        );
        // Each plan has its own customers.
        check(
            history,
            &settings(SegmentAt::Order),
            "revenue_churn",
            &format!(
                "segment segment_value {REVENUE}
                 all  -     2024-01-01 0   100 0 0  0 0   100
                 all  -     2024-02-01 100 0   0 50 0 0   150
                 plan basic 2024-01-01 0   100 0 0  0 0   100
                 plan basic 2024-02-01 100 0   0 0  0 100 0
                 plan pro   2024-02-01 0   150 0 0  0 0   150"
            ),
        );
        check(
            history,
            &settings(SegmentAt::First),
            "revenue_movements",
            "period     movement  change segment_plan
             2024-01-01 new       100    basic
             2024-02-01 expansion 50     basic",
        );
    }
}

#[test]
fn a_yearly_plan_pays_every_month() {
    // 1200 a year.
    let tables = reference(
        parse_history(
            "subscriptions:
             customer subscription started    ended      value
             a        x            2023-01-15 2024-01-15 100",
        ),
        &subscribed("2024-02-01", 0),
    )
    .tables;
    let rows = &tables["revenue_churn"];
    assert_eq!(rows.len(), 13);
    assert_eq!(pick(rows, &[("closing_revenue", "100")]).len(), 12);
    let of_end = pick(rows, &[("period", "2024-01-01")]);
    assert_text(&of_end, "opening_revenue churned_revenue closing_revenue\n 100 100 0");
}

#[test]
fn an_upgrade_and_a_second_subscription_in_one_month() {
    let history = "subscriptions:
                   customer subscription started    ended      value
                   a        x            2024-01-05 2024-02-10 100
                   a        x            2024-02-10 -          200
                   a        y            2024-02-20 -          50";
    let settings = subscribed("2024-03-01", 0);
    check(
        history,
        &settings,
        "revenue_churn",
        &format!(
            "{REVENUE} expansion_customers
             2024-01-01 0   100 0 0   0 0 100 0
             2024-02-01 100 0   0 150 0 0 250 1"
        ),
    );
    check(history, &settings, "cohort_retention", "k orders repurchased_by\n 0 1 0\n 1 1 1");
}

#[test]
fn overlapping_rows_of_one_subscription() {
    // Twice the same row; then a promotion inside a span, after which the span stands again; then
    // rows that start together, of which one counts: the one that has an end, of several the one that
    // ends last, then the dearer one.
    let history = "subscriptions:
                   customer subscription started    ended      value
                   twice    x            2024-01-05 -          100
                   twice    x            2024-01-05 -          100
                   inside   x            2024-01-05 2024-03-10 10
                   inside   x            2024-02-05 2024-02-20 30
                   longer   x            2024-01-05 2024-03-10 1
                   longer   x            2024-01-05 2024-03-09 9
                   dearer   x            2024-01-05 -          2
                   dearer   x            2024-01-05 -          3
                   ended    x            2024-01-05 -          500
                   ended    x            2024-01-05 2024-02-15 5
                   free     x            2024-01-05 -          0";
    for (as_of, inside, ended) in
        [("2024-02-01", 10, 5), ("2024-02-20", 30, 0), ("2024-02-21", 10, 0)]
    {
        let reference = reference(parse_history(history), &subscribed(as_of, 0));
        let closing = format!("closing_revenue\n{}", 100 + inside + 1 + 3 + ended);
        let rows = &reference.tables["revenue_churn"];
        assert_text(&rows[rows.len() - 1..].to_vec(), &closing);
        let mut left_out = BTreeMap::from([("superseded", 4), ("unpaid", 1)]);
        left_out.extend((as_of == "2024-02-01").then_some(("after_as_of", 1)));
        assert_eq!(reference.left_out, left_out);
    }
}

#[test]
fn a_customer_who_left_before_the_window() {
    let history = "subscriptions:
                   customer subscription started    ended      value
                   left     x            2024-01-10 2024-02-10 50
                   early    x            2024-02-20 -          20
                   new      x            2024-03-08 -          30";
    let settings =
        Settings { history_start: Some(day("2024-03-01")), ..subscribed("2024-05-08", 7) };
    check(
        history,
        &settings,
        "customer_retention",
        "period     opening new entered_existing churned closing is_complete
         2024-01-01 0       0   1                0       1       false
         2024-02-01 1       0   1                1       1       false
         2024-03-01 1       1   0                0       2       false
         2024-04-01 2       0   0                0       2       true
         2024-05-01 2       0   0                0       2       false",
    );
    check(
        history,
        &settings,
        "cohort_retention",
        "cohort     k cohort_size active is_truncated is_complete
         2024-01-01 0 1           1      true         false
         2024-01-01 1 1           1      true         false
         2024-01-01 2 1           0      true         false
         2024-01-01 3 1           0      true         true
         2024-01-01 4 1           0      true         false
         2024-02-01 0 1           1      true         false
         2024-02-01 1 1           1      true         false
         2024-02-01 2 1           1      true         true
         2024-02-01 3 1           1      true         false
         2024-03-01 0 1           1      true         false
         2024-03-01 1 1           1      true         true
         2024-03-01 2 1           1      true         false",
    );
    // The month before is the first known one.
    let settings = Settings { as_of: Some(day("2024-06-01")), ..settings };
    check(
        history,
        &settings,
        "revenue_churn",
        "period     opening_revenue churned_revenue closing_revenue is_complete
         2024-01-01 0  0  50 false
         2024-02-01 50 50 20 false
         2024-03-01 20 0  50 false
         2024-04-01 50 0  50 true
         2024-05-01 50 0  50 false",
    );
}

#[test]
fn the_first_paid_day_gives_the_segment() {
    // A trial first, then of two subscriptions on one day that of the smaller id.
    let cases = [("9", "10", "b"), ("x9", "x10", "c")];
    for (one, other, expected) in cases {
        let history = format!(
            "subscriptions:
             customer subscription started    ended      value plan
             a        0{one}       2024-01-01 2024-01-08 0     trial
             a        {one}        2024-01-08 -          5     b
             a        {other}      2024-01-08 -          7     c"
        );
        let settings =
            Settings { segments: vec![("plan", SegmentAt::First)], ..subscribed("2024-02-01", 0) };
        let expected = format!("segment segment_value new\n all - 1\n plan {expected} 1");
        check(&history, &settings, "customer_retention", &expected);
    }
}

#[test]
fn a_trial_is_no_activity() {
    let history = "subscriptions:
                   customer subscription started    ended      value
                   a        x            2024-01-01 2024-01-15 0
                   a        x            2024-01-15 2024-03-01 50
                   a        x            2024-03-01 -          0
                   never    x            2024-01-01 -          0";
    let settings = subscribed("2024-04-01", 0);
    let expected = format!(
        "{CUSTOMERS}
         2024-01-01 0 1 0 0 1 0
         2024-02-01 1 0 0 0 1 1
         2024-03-01 1 0 0 1 0 0"
    );
    check(history, &settings, "customer_retention", &expected);
    let left_out = reference(parse_history(history), &settings).left_out;
    assert_eq!(left_out, BTreeMap::from([("unpaid", 3)]));
}
