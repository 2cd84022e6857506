//! Rows of subscriptions as exports have them: copies and states of one subscription.

use super::*;

const CUSTOMERS: &str = "period opening new returned churned closing kept";
const REVENUE: &str = "period opening_revenue new_revenue reactivated_revenue expansion_revenue \
                       contraction_revenue churned_revenue closing_revenue";

#[test]
fn who_is_cancelled_in_a_later_copy_leaves() {
    // Ten are copied while they run; four of them are copied again with their end.
    let open = (0..10).map(|c| format!("{c} {c} 2024-01-01 - 50"));
    let ended = (0..4).map(|c| format!("{c} {c} 2024-01-01 2024-02-10 50"));
    let rows: Vec<_> = open.chain(ended).collect();
    let header = "subscriptions:\ncustomer subscription started ended value";
    let history = format!("{header}\n{}", rows.join("\n"));
    let settings = subscribed("2024-03-01", 0);
    let expected = format!("{CUSTOMERS}\n 2024-01-01 0 10 0 0 10 0\n 2024-02-01 10 0 0 4 6 6");
    check(&history, &settings, "customer_retention", &expected);
    let left_out = reference(parse_history(&history), &settings).left_out;
    assert_eq!(left_out, BTreeMap::from([("superseded", 4)]));
}

#[test]
fn of_rows_with_updates_the_latest_counts() {
    // a was cancelled and took that back; the end of b came forward; c was cancelled on its first day;
    // of d two rows are the latest, one of them with an end; the rows of e start on two days.
    let history = "subscriptions:
                   customer subscription started    ended      value updated
                   a        x            2024-01-05 -          1     1
                   a        x            2024-01-05 2024-02-10 1     2
                   a        x            2024-01-05 -          1     3
                   b        x            2024-01-05 2024-02-20 10    1
                   b        x            2024-01-05 2024-02-10 10    2
                   c        x            2024-01-05 -          100   1
                   c        x            2024-01-05 2024-01-05 100   2
                   d        x            2024-01-05 2024-02-20 2000  1
                   d        x            2024-01-05 -          3000  2
                   d        x            2024-01-05 2024-02-15 1000  2
                   e        x            2024-01-05 -          10000 5
                   e        x            2024-02-10 -          15000 1";
    let settings = subscribed("2024-03-01", 0);
    check(
        history,
        &settings,
        "revenue_churn",
        &format!(
            "{REVENUE}
             2024-01-01 0     11011 0 0    0 0    11011
             2024-02-01 11011 0     0 5000 0 1010 15001"
        ),
    );
    let left_out = reference(parse_history(history), &settings).left_out;
    assert_eq!(left_out, BTreeMap::from([("superseded", 6), ("empty_span", 1)]));
}

#[test]
fn of_equal_rows_the_smaller_segment_value_counts() {
    // A missing one comes last, though `(` comes before letters.
    let cases =
        [("b", "a", "a"), ("-", "a", "a"), ("~", "-", "~"), ("-", "-", "(none)"), ("A", "a", "A")];
    for (one, other, expected) in cases {
        for at in [SegmentAt::First, SegmentAt::Order] {
            let history = format!(
                "subscriptions:
                 customer subscription started    ended      value plan
                 c        x            2024-01-05 2024-02-10 100   {one}
                 c        x            2024-01-05 2024-02-10 100   {other}"
            );
            let settings = Settings { segments: vec![("plan", at)], ..subscribed("2024-02-01", 0) };
            let expected = format!("segment segment_value new\n all - 1\n plan {expected} 1");
            check(&history, &settings, "customer_retention", &expected);
        }
    }
}

#[test]
fn discounts_are_taken_off_what_begins_on_their_day() {
    // A discount is one of its own subscription, though another is dearer; else of the dearest that
    // begins on its day, of equal ones that of the smaller id. It is as long as the price is, whatever its
    // own end, and leaves nothing where it is larger. Where nothing begins on its day it is none.
    let history = "subscriptions:
                   customer subscription started    ended      value
                   own      x            2024-01-05 2024-02-10 100
                   own      y            2024-01-05 -          200
                   own      x            2024-01-05 -          -30
                   other    x            2024-01-05 -          100
                   other    y            2024-01-05 2024-02-10 200
                   other    c            2024-01-05 2024-01-05 -30
                   tie      x            2024-01-05 2024-02-10 10
                   tie      y            2024-01-05 -          10
                   tie      c            2024-01-05 -          -3
                   below    x            2024-01-05 -          50
                   below    x            2024-01-05 -          -30
                   below    x            2024-01-05 -          -30
                   late     x            2024-01-05 -          40
                   late     x            2024-01-06 -          -5
                   nobody   x            2024-01-05 -          -5
                   change   x            2024-01-05 -          500
                   change   x            2024-02-10 -          500
                   change   x            2024-02-10 -          -100
                   change   x            2024-03-01 -          -1";
    let settings = subscribed("2024-03-01", 0);
    check(
        history,
        &settings,
        "revenue_churn",
        &format!(
            "{REVENUE}
             2024-01-01 0    1097 0 0 0   0 1097
             2024-02-01 1097 0    0 0 347 0 750"
        ),
    );
    let expected = format!("{CUSTOMERS}\n 2024-01-01 0 5 0 0 5 0\n 2024-02-01 5 0 0 0 5 5");
    check(history, &settings, "customer_retention", &expected);
    let left_out = reference(parse_history(history), &settings).left_out;
    let expected = [("after_as_of", 1), ("unmatched_discount", 2), ("unpaid", 1)];
    assert_eq!(left_out, BTreeMap::from(expected));
}

#[test]
fn discounts_have_states_of_their_own() {
    // Of the discounts the latest counts, and it replaces no price; nor does one of another time.
    let history = "subscriptions:
                   customer subscription started    ended      value updated
                   a        x            2024-01-05 -          100   1
                   a        x            2024-01-05 -          -10   1
                   a        x            2024-01-05 -          -20   2
                   b        x            2024-01-05 -          50    1
                   b        x            2024-01-05 -          60    2
                   b        y            2024-01-05 -          -1    0";
    let settings = subscribed("2024-02-01", 0);
    let expected = format!("{REVENUE}\n 2024-01-01 0 139 0 0 0 0 139");
    check(history, &settings, "revenue_churn", &expected);
    let left_out = reference(parse_history(history), &settings).left_out;
    assert_eq!(left_out, BTreeMap::from([("superseded", 2)]));
}
