//! `customer_retention`: the customers of a year ago.

use super::*;

const YEARLY: &str =
    "period yearly_opening yearly_kept yearly_buyers yearly_kept_rate yearly_buyer_rate";

/// What is said of the year up to the close of some months.
fn years(history: &str, settings: &Settings, months: &[&str], expected: &str) {
    let tables = reference(parse_history(history), settings).tables;
    let rows: Vec<_> = months
        .iter()
        .flat_map(|month| pick(&tables["customer_retention"], &[("period", month)]))
        .collect();
    assert_text(&rows, &format!("{YEARLY}\n{expected}"));
}

/// Active for 31 days after each order: a, b, c and d at the end of January 2024, b and d still at
/// the end of February, e up to 30 January.
const SHOP: &str = "customer day        value
                    a        2024-01-20 1
                    a        2025-01-10 1
                    b        2024-01-31 1
                    c        2024-01-05 1
                    c        2024-06-01 1
                    d        2024-01-31 1
                    d        2025-02-01 1
                    e        2023-12-31 1";

#[test]
fn who_is_left_of_a_year_ago_and_who_bought_since() {
    let settings = months("2025-03-01", 31);
    let of = ["2024-11-01", "2024-12-01", "2025-01-01", "2025-02-01"];
    years(
        SHOP,
        &settings,
        &of,
        // In the year up to January a and c bought, and a is active again; d came a day later.
        "2024-11-01 0 0 0 -    -
         2024-12-01 1 0 0 0    0
         2025-01-01 4 1 2 0.25 0.5
         2025-02-01 2 1 1 0.5  0.5",
    );
    // Who was active before 15 January 2024 cannot be known.
    let late = Settings { history_start: Some(day("2023-12-15")), ..settings };
    years(
        SHOP,
        &late,
        &of[1..],
        "2024-12-01 - - - -    -
         2025-01-01 4 1 2 0.25 0.5
         2025-02-01 2 1 1 0.5  0.5",
    );
}

#[test]
fn a_year_begins_on_28_february_where_it_has_no_29() {
    // The last known day is 28 February 2024: the year is that from 28 February 2023 on.
    for (ordered, opening) in [("2023-01-28", 0), ("2023-01-29", 1), ("2023-02-28", 0)] {
        years(
            &format!("customer day value\n a {ordered} 1"),
            &months("2024-02-29", 30),
            &["2024-02-01"],
            &format!("2024-02-01 {opening} 0 0 {0} {0}", if opening == 0 { "-" } else { "0" }),
        );
    }
}

#[test]
fn a_year_without_orders_within_a_long_lapse_window() {
    // x is active up to 4 April 2023, y to 2 February 2024; w and z never lapse before 2024-07-01.
    years(
        "customer day        value
         w        2022-06-01 1
         w        2023-07-05 1
         x        2022-03-01 1
         y        2022-12-30 1
         z        2022-12-01 1
         z        2023-12-20 1",
        &months("2024-07-01", 400),
        &["2023-06-01", "2023-12-01", "2024-06-01"],
        // Of w and x, w is active at the end of June, and neither bought since a year ago. Of all
        // four, x has left by the end of 2023, and w and z bought in it. Of w, y and z of June 2023,
        // y has left, and w bought on 5 July.
        "2023-06-01 2 1 0 0.5      0
         2023-12-01 4 3 2 0.75     0.5
         2024-06-01 3 2 2 0.666667 0.666667",
    );
}

#[test]
fn subscribers_of_a_year_ago() {
    let history = "subscriptions:
                   customer subscription started    ended      value
                   a        1            2023-01-10 2023-09-01 1
                   b        1            2023-01-10 -          1";
    years(
        history,
        &subscribed("2024-03-01", 0),
        &["2023-12-01", "2024-01-01"],
        "2023-12-01 0 0 - -   -
         2024-01-01 2 1 - 0.5 -",
    );
    let tables = reference(parse_history(history), &subscribed("2024-03-01", 0)).tables;
    let september = pick(&tables["customer_retention"], &[("period", "2023-09-01")]);
    // 1 - 0.5 ^ 12.
    assert_text(&september, "churn_rate annualised_churn_rate\n 0.5 0.999756");
}
