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
