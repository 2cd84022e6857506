//! Rows that a table does not count.

use super::*;

#[test]
fn what_each_table_leaves_out() {
    // W = 30: a leaves on 02-09, is back on 03-20, and leaves on 04-19. n is no customer. Of a's contacts
    // one comes before the first order, and two while a is active; those on the days of the churn
    // event and of the return are in the spell. Answers are near a churn event from ten days before
    // the last order to ten days after the event: that of 03-01 is not. w never visits.
    let history = "customer day        value
                   a        2023-12-20 -10
                   a        2024-01-10 100
                   a        2024-03-20 50
                   contacts:
                   customer day        campaign
                   a        2024-01-05 x
                   a        2024-01-20 x
                   a        2024-02-09 x
                   a        2024-03-20 x
                   a        2024-03-21 x
                   n        2024-01-05 x
                   surveys:
                   customer day        reason score
                   a        2024-01-12 price  9
                   a        2024-03-01 price  -
                   a        2024-03-02 -      7
                   a        2024-04-29 stock  3
                   n        2024-01-12 price  5
                   touchpoints:
                   visitor day        step     cart
                   v       2024-01-05 visit    -
                   v       2024-01-06 cart     k
                   w       2024-01-06 cart     l
                   w       2024-01-07 purchase -
                   engagement:
                   customer day        kind
                   a        2024-01-11 login
                   n        2024-01-11 login
                   n        2024-01-12 login";
    let settings = Settings { survey_window_days: 10, ..months("2024-05-01", 30) };
    let omissions = reference(parse_history(history), &settings).omissions;
    let expected = [
        (("carts", "events_without_cart"), 2),
        (("churn_indicators", "engagement_of_no_customer"), 2),
        (("churn_reasons", "answers_near_no_churn_event"), 2),
        (("cohort_retention", "refunds_before_cohort"), 1),
        (("funnel", "events_without_first_step"), 2),
        (("nps", "answers_without_score"), 1),
        (("win_back", "contacts_before_first_activity"), 2),
        (("win_back", "contacts_while_active"), 2),
    ];
    assert_eq!(omissions, BTreeMap::from(expected));
}

#[test]
fn segments_count_no_row_again() {
    let settings = Settings {
        segments: vec![("plan", SegmentAt::Order)],
        survey_window_days: 10,
        ..subscribed("2024-05-01", 0)
    };
    let history = "subscriptions:
                   customer subscription started    ended      value plan
                   a        x            2024-01-10 2024-02-10 50    s
                   a        y            2024-01-15 2024-02-10 50    l
                   surveys:
                   customer day        reason
                   a        2024-02-20 price
                   a        2024-02-21 price";
    let omissions = reference(parse_history(history), &settings).omissions;
    assert_eq!(omissions, BTreeMap::from([(("churn_reasons", "answers_near_no_churn_event"), 1)]));
}
