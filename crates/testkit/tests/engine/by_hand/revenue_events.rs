//! Recurring revenue day by day.

use super::*;

const MONEY: &str = "period opening_revenue new_revenue reactivated_revenue expansion_revenue \
                     contraction_revenue churned_revenue closing_revenue";
const EVENTS: &str =
    "new_events reactivated_events expansion_events contraction_events churned_events";

#[test]
fn what_comes_and_goes_within_a_period_is_seen() {
    let history = "subscriptions:
                   customer subscription started    ended      value
                   a        x            2024-01-05 2024-01-20 50
                   a        x            2024-01-25 2024-03-10 60
                   a        x            2024-03-10 -          80
                   b        x            2024-01-01 -          10
                   b        y            2024-02-10 2024-02-20 20
                   c        x            2024-03-05 2024-03-25 7
                   d        x            2024-01-02 2024-01-03 3
                   d        x            2024-03-20 -          4";
    let settings =
        Settings { grains: vec![Grain::Month, Grain::Quarter], ..subscribed("2024-04-01", 0) };
    check(
        history,
        &settings,
        "revenue_events",
        &format!(
            "grain {MONEY} {EVENTS} is_complete
             month   2024-01-01 0  63 60 0  0  53 70 3 1 0 0 2 true
             month   2024-02-01 70 0  0  20 20 0  70 0 0 1 1 0 true
             month   2024-03-01 70 7  4  20 0  7  94 1 1 1 0 1 true
             quarter 2024-01-01 0  70 64 40 20 60 94 4 2 2 1 3 true"
        ),
    );
    // 20 / 70 and 20 - 20; 7 / 70, less 20, less 4 more.
    check(
        history,
        &settings,
        "revenue_events",
        "grain   period     gross_revenue_churn_rate net_revenue_churn_rate \
                            net_revenue_churn_rate_with_reactivation
         month   2024-01-01 -        -         -
         month   2024-02-01 0.285714 0         0
         month   2024-03-01 0.1      -0.185714 -0.242857
         quarter 2024-01-01 -        -         -",
    );
    // From close to close there is nothing of a's first weeks, of b's y, of c and of d's first day.
    check(
        history,
        &settings,
        "revenue_churn",
        &format!(
            "grain {MONEY} net_revenue_churn_rate_with_reactivation
             month   2024-01-01 0  70 0 0  0 0 70 -
             month   2024-02-01 70 0  0 0  0 0 70 0
             month   2024-03-01 70 0  4 20 0 0 94 -0.342857
             quarter 2024-01-01 0  94 0 0  0 0 94 -"
        ),
    );
}

#[test]
fn a_bridged_gap_is_no_event_and_an_end_on_as_of_has_not_happened() {
    // Bridged days carry what was paid before them, so the step up comes after them.
    check(
        "subscriptions:
         customer subscription started    ended      value
         a        x            2024-01-10 2024-01-30 50
         a        x            2024-02-04 -          70
         b        x            2024-01-15 2024-03-01 30
         c        x            2024-01-20 2024-01-25 5
         c        x            2024-01-31 -          5",
        &subscribed("2024-03-01", 5),
        "revenue_events",
        &format!(
            "{MONEY} {EVENTS}
             2024-01-01 0  85 5 0  0 5 85  3 1 0 0 1
             2024-02-01 85 0  0 20 0 0 105 0 0 1 0 0"
        ),
    );
}

#[test]
fn the_events_of_one_day_are_one() {
    // One subscription for another at the same price is nothing, at a lower price a contraction; y
    // that lasts no day is nothing either.
    check(
        "subscriptions:
         customer subscription started    ended      value
         a        x            2024-01-01 2024-02-10 100
         a        y            2024-02-10 2024-02-20 100
         a        z            2024-02-20 -          70
         b        x            2024-01-01 -          10
         b        y            2024-02-05 2024-02-05 90",
        &subscribed("2024-03-01", 0),
        "revenue_events",
        &format!(
            "{MONEY} {EVENTS}
             2024-01-01 0   110 0 0 0  0 110 2 0 0 0 0
             2024-02-01 110 0   0 0 30 0 80  0 0 0 1 0"
        ),
    );
}

#[test]
fn a_change_of_plan_leaves_one_plan_and_begins_another() {
    let settings =
        Settings { segments: vec![("plan", SegmentAt::Order)], ..subscribed("2024-03-01", 0) };
    check(
        "subscriptions:
         customer subscription started    ended      value plan
         a        x            2024-01-01 2024-02-10 50    small
         a        x            2024-02-10 -          70    large",
        &settings,
        "revenue_events",
        &format!(
            "segment segment_value {MONEY}
             all  -     2024-01-01 0  50 0 0  0 0  50
             all  -     2024-02-01 50 0  0 20 0 0  70
             plan large 2024-02-01 0  70 0 0  0 0  70
             plan small 2024-01-01 0  50 0 0  0 0  50
             plan small 2024-02-01 50 0  0 0  0 50 0"
        ),
    );
}
