//! Pipelines without orders and subscriptions.

use super::*;

/// Months of histories without orders.
fn alone() -> Settings {
    Settings { has_history: false, ..Settings::default() }
}

/// What a history without orders says, which has these tables and no others.
#[track_caller]
fn tables_of(history: &str, settings: &Settings, tables: &[&str]) -> Reference {
    let found = reference(parse_history(history), settings);
    assert_eq!(found.tables.keys().copied().collect::<Vec<_>>(), tables);
    found
}

#[test]
fn the_newest_day_of_all_inputs_ends_what_is_known() {
    let invoice = |paid: &str| {
        format!("invoices:\ncustomer issued due paid amount\n1 2024-02-01 2024-03-31 {paid} 5")
    };
    let sale = |outcome: &str| {
        format!("opportunities:\nbuyer created closed outcome\n1 2024-01-05 2024-03-01 {outcome}")
    };
    let undated = "opportunities:\nbuyer created outcome\n1 - open\n1 2024-01-05 open".to_owned();
    let run_day = Some(day("2024-04-15"));
    for (history, expected) in [
        // A due date is a term, not a day on which something happened.
        (invoice("-"), "2024-02-02"),
        (invoice("2024-02-10"), "2024-02-11"),
        (invoice("2024-04-15"), "2024-04-16"),
        // What is paid after the day of the run is planned.
        (invoice("2024-04-16"), "2024-02-02"),
        // Of open ones it is hoped that they are decided then.
        (sale("won"), "2024-03-02"),
        (sale("lost"), "2024-03-02"),
        (sale("open"), "2024-01-06"),
        (sale("ignored"), "2024-01-06"),
        (undated, "2024-01-06"),
        (format!("{}\n{}", invoice("2024-02-10"), sale("won")), "2024-03-02"),
        (format!("surveys:\ncustomer day score\n1 2024-03-05 7\n{}", sale("won")), "2024-03-06"),
        (format!("prospects:\ncustomer day\n1 2024-03-07\n{}", sale("won")), "2024-03-08"),
    ] {
        let settings = Settings { run_day, ..alone() };
        let found = reference(parse_history(&history), &settings);
        assert_eq!(found.as_of, day(expected), "{history}");
    }
}

#[test]
fn invoices_alone() {
    let history = "invoices:
         customer id issued     due        paid       amount
         a        1  2024-01-05 2024-01-20 2024-02-10 100
         b        2  2024-02-01 2024-03-31 -          200";
    let found = tables_of(history, &alone(), &["receivables"]);
    assert_eq!((found.as_of, found.lapse_days), (day("2024-02-11"), Some(0)));
    assert_text(
        &found.tables["receivables"],
        "period days opening_receivables receivables open_invoices credit_sales invoices paid paid_late \
             current overdue_1_30 is_complete
         2024-01-01 31 0   100 1 100 1 0 0 0   100 true
         2024-02-01 10 100 200 1 200 1 1 1 200 0   false",
    );
    // The payment is left out, and counted.
    let cut = Settings { as_of: Some(day("2024-02-05")), ..alone() };
    let found = tables_of(history, &cut, &["receivables"]);
    assert_eq!(found.further_left_out, [(("invoices", "later"), 1)].into());
    assert_text(
        &pick(&found.tables["receivables"], &[("period", "2024-02-01")]),
        "receivables paid overdue_1_30\n300 0 100",
    );
}

#[test]
fn answers_alone() {
    let history = "surveys:
         customer day        score
         a        2024-01-05 9
         b        2024-01-20 10
         c        2024-02-03 0";
    let found = tables_of(history, &alone(), &["nps"]);
    assert_text(
        &found.tables["nps"],
        "period     responses promoters detractors nps  is_complete
         2024-01-01 2         2         0          100  true
         2024-02-01 1         0         1          -100 false",
    );
}

#[test]
fn touchpoints_alone() {
    let history = "touchpoints:
         visitor day              step     value
         a       2024-01-05T10:00 visit    -
         a       2024-01-05T10:01 cart     70
         a       2024-01-05T10:02 purchase 70
         b       2024-01-20T10:00 visit    -";
    // A week after its start b's path is not over.
    let found = tables_of(history, &alone(), &["funnel"]);
    assert_text(
        &found.tables["funnel"],
        "step     entered converted dropped visitors
         visit    2       1         0       2
         cart     1       1         0       2
         purchase 1       -         -       2",
    );
}

#[test]
fn carts_alone() {
    // A day after it was put together the cart is lost; for thirty more it may be bought.
    let history = "touchpoints:
         visitor day        step  cart value
         a       2024-01-05 cart  c1   50
         b       2024-01-20 visit -    -";
    let found = tables_of(history, &alone(), &["carts", "funnel", "lost_sales"]);
    assert_text(
        &found.tables["carts"],
        "created purchased open abandoned recovered recovery_open abandoned_value
         1       0         0    1         0         1             50",
    );
    assert_text(
        &pick(&found.tables["lost_sales"], &[("breakdown", "total")]),
        "source buyer    attempts won open lost recovery_open lost_value
         carts  customer 0        0   0    0    0             0
         carts  prospect 1        0   0    1    1             50",
    );
}

#[test]
fn opportunities_alone() {
    // Number 4 is open and nobody knows since when; number 5 was so until it got a day. The won one recovers
    // nothing.
    let history = "opportunities:
         buyer id created    closed     outcome value updated
         1     1  2024-01-05 2024-01-20 lost    100   0
         1     2  2024-01-10 2024-02-01 won     300   0
         2     3  2024-01-15 2024-06-30 open    50    0
         2     4  -          -          open    70    0
         2     5  -          -          open    20    1
         2     5  2024-01-20 2024-01-31 lost    20    2";
    let run_day = Some(day("2024-03-01"));
    let settings = Settings { run_day, ..alone() };
    let found = tables_of(history, &settings, &["lost_sales"]);
    let left_out = [(("opportunities", "superseded"), 1), (("opportunities", "undated"), 1)];
    assert_eq!((found.as_of, found.further_left_out), (day("2024-02-02"), left_out.into()));
    assert_text(
        &pick(&found.tables["lost_sales"], &[("breakdown", "total"), ("buyer", "prospect")]),
        // A third of what was decided is won.
        "period     attempts won open lost recovered recovery_open attempted_value won_value lost_value \
             expected_lost_value
         2024-01-01 4        1   1    2    0         2             470             300       120 40
         2024-02-01 0        0   0    0    0         0             0               0         0   0",
    );
    // Two were decided later: they are open, and counted as such.
    let cut = Settings { as_of: Some(day("2024-01-31")), ..settings };
    let found = tables_of(history, &cut, &["lost_sales"]);
    let left_out = [left_out[0], left_out[1], (("opportunities", "later"), 2)];
    assert_eq!(found.further_left_out, left_out.into());
    assert_text(
        &pick(&found.tables["lost_sales"], &[("breakdown", "total"), ("buyer", "prospect")]),
        "attempts won open lost\n4 0 3 1",
    );
}

#[test]
fn lines_alone() {
    let history = "order_lines:
         customer order day        product value
         a        1     2024-01-05 x       100
         a        1     2024-01-05 y       50
         returns:
         customer order day        product value
         a        1     2024-01-09 x       100";
    let tables = ["cross_sell", "cross_sell_customers", "product_returns"];
    let found = tables_of(history, &alone(), &tables);
    assert_eq!(found.as_of, day("2024-01-10"));
    assert_text(
        &pick(
            &found.tables["product_returns"],
            &[("attribution", "order_date"), ("breakdown", "total")],
        ),
        "sold_units returned_units sold_value returned_value\n2 1 150 100",
    );
}
