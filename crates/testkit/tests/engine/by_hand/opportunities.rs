//! `lost_sales`.

use super::*;

fn sales(history: &str, settings: &Settings, wanted: &[(&str, &str)]) -> Vec<NaiveRow> {
    pick(&reference(parse_history(history), settings).tables["lost_sales"], wanted)
}

#[test]
fn opportunities_reach_the_stages_before_their_own() {
    // Each value is a power of two: the sum tells whose it is.
    let history = "opportunities:
         buyer created    outcome stage reason value
         1     2024-01-05 won     offer -      10
         2     2024-01-05 lost    demo  price  20
         3     2024-01-05 lost    offer -      40
         4     2024-01-05 open    trial -      80
         5     2024-01-05 lost    trial price  160
         6     2024-01-05 won     trial -      320
         7     2024-01-05 lost    -     -      640
         8     2024-01-05 open    demo  -      1280";
    let listed = Settings { stages: vec!["offer", "demo"], ..months("2024-02-01", 30) };
    assert_text(
        &sales(history, &listed, &[("buyer", "prospect")]),
        // Of all that was decided a third is won, of offers and trials a half, of demos two thirds.
        "source        breakdown breakdown_value attempts won open lost stopped attempted_value \
             lost_value stopped_value expected_lost_value
         opportunities total  -       8 2 2 4 - 2550 860 -   287
         opportunities reason price   2 - - 2 - 180  180 -   60
         opportunities reason unknown 2 - - 2 - 680  680 -   227
         opportunities stage  offer   5 2 1 2 1 1670 60  40  30
         opportunities stage  demo    4 2 1 1 1 1630 20  20  13
         opportunities stage  (none)  1 0 0 1 1 640  640 640 0
         opportunities stage  trial   3 1 1 1 1 560  160 160 80",
    );
    // Without a list each reaches its own stage alone.
    assert_text(
        &sales(
            history,
            &months("2024-02-01", 30),
            &[("buyer", "prospect"), ("breakdown", "stage")],
        ),
        "breakdown_value attempts won open lost stopped attempted_value
         (none)          1        0   0    1    1       640
         demo            2        0   1    1    1       1300
         offer           2        1   0    1    1       50
         trial           3        1   1    1    1       560",
    );
}

#[test]
fn lost_opportunities_have_a_reason_and_a_competitor() {
    // Of those that were lost on one day the last by value is recovered. A quarter is won.
    let rows = sales(
        "orders:
         customer day        value
         1        2024-01-11 5
         opportunities:
         buyer created    closed     outcome reason competitor value
         1     2024-01-05 2024-01-10 lost    price  acme       10
         1     2024-01-05 2024-01-10 lost    -      acme       20
         1     2024-01-05 2024-01-10 lost    -      -          40
         1     2024-01-05 2024-01-10 won     -      -          80
         1     2024-01-05 -          open    -      -          160",
        &months("2024-03-01", 30),
        &[("source", "opportunities"), ("buyer", "prospect"), ("period", "2024-01-01")],
    );
    assert_text(
        &rows,
        "breakdown breakdown_value attempts won open lost recovered conversion_rate \
             attempted_value won_value lost_value recovered_value net_lost_value \
             expected_lost_value
         total      -       5 1 1 3 1 0.25 310 80 70 40 30 8
         competitor (none)  1 - - 1 1 -    40  -  40 40 0  0
         competitor acme    2 - - 2 0 -    30  -  30 0  30 8
         reason     price   1 - - 1 0 -    10  -  10 0  10 3
         reason     unknown 2 - - 2 1 -    60  -  60 40 20 5",
    );
}

#[test]
fn complete_periods_tell_what_share_is_won() {
    // Of February, which as_of cuts, nothing counts for the share.
    let cases = [
        ("2024-02-05 lost 10", "10 -"),
        ("2024-01-05 open 5\n1 2024-02-05 lost 10", "10 -"),
        ("2024-01-05 lost 5\n1 2024-02-05 lost 10", "10 0"),
        ("2024-01-05 won 5\n1 2024-01-05 lost 5\n1 2024-02-05 lost 11", "11 6"),
        ("2024-01-05 won 5\n1 2024-02-05 won 5\n1 2024-02-05 lost 11", "11 11"),
    ];
    for (rows, expected) in cases {
        let history = format!("opportunities:\nbuyer created outcome value\n1 {rows}");
        let wanted = [("period", "2024-02-01"), ("buyer", "prospect"), ("breakdown", "total")];
        let rows = sales(&history, &months("2024-02-10", 30), &wanted);
        assert_text(&rows, &format!("net_lost_value expected_lost_value\n{expected}"));
    }
}

#[test]
fn who_bought_on_an_earlier_day_is_a_customer() {
    // Each source starts with the period of its first attempt.
    let rows = sales(
        "orders:
         customer day        value
         1        2024-01-04 10
         2        2023-12-04 20
         touchpoints:
         visitor day        step cart value customer
         a       2024-01-03 cart x    1     1
         a       2024-01-04 cart y    2     1
         a       2024-01-05 cart z    4     1
         opportunities:
         buyer created    outcome value
         1     2024-01-03 open    1
         1     2024-01-04 open    2
         1     2024-01-05 open    4",
        &months("2024-02-01", 30),
        &[("breakdown", "total")],
    );
    assert_text(
        &rows,
        "source        period     buyer    attempts attempted_value
         carts         2024-01-01 customer 1        4
         carts         2024-01-01 prospect 2        3
         opportunities 2024-01-01 customer 1        4
         opportunities 2024-01-01 prospect 2        3
         orders        2023-12-01 customer 0        0
         orders        2023-12-01 prospect 1        20
         orders        2024-01-01 customer 0        0
         orders        2024-01-01 prospect 1        10",
    );
}

#[test]
fn orders_are_attempts_of_prospects_until_the_first_is_there() {
    // Both orders of the first instant are those of a prospect. What a lost on 7 January comes
    // back a day too late. Over both months a half is won, of customers as of prospects.
    let rows = sales(
        "customer day        value status    reason
         a        2024-01-03 100   lost      stock
         a        2024-01-04 10    completed -
         a        2024-01-04 20    completed -
         a        2024-01-05 200   lost      payment
         a        2024-01-06 40    completed -
         a        2024-01-07 400   lost      stock
         a        2024-01-07 800   open      -
         a        2024-02-07 80    completed -
         b        2024-01-02 1000  lost      payment",
        &months("2024-03-01", 30),
        &[("period", "2024-01-01")],
    );
    assert_text(
        &rows,
        "buyer breakdown breakdown_value attempts won open lost stopped recovered recovery_open \
             conversion_rate attempted_value won_value lost_value stopped_value recovered_value \
             net_lost_value expected_lost_value
         customer total  -       4 1 1 2 - 1 0 0.333333 1440 40 600  - 200 400  200
         customer reason payment 1 - - 1 - 1 0 -        200  -  200  - 200 0    0
         customer reason stock   1 - - 1 - 0 0 -        400  -  400  - 0   400  200
         prospect total  -       4 2 0 2 - 1 0 0.5      1130 30 1100 - 100 1000 500
         prospect reason payment 1 - - 1 - 0 0 -        1000 -  1000 - 0   1000 500
         prospect reason stock   1 - - 1 - 1 0 -        100  -  100  - 100 0    0",
    );
}

#[test]
fn the_latest_row_of_an_opportunity_stands() {
    let cases = [
        // Closed later; closed at all; of equals the larger value, then won.
        ("1 2024-01-02 2024-01-05 lost 5\n1 2024-01-02 2024-01-06 won 4", "1 0 0 4"),
        ("1 2024-01-02 - open 5\n1 2024-01-02 2024-01-06 lost 4", "0 0 1 4"),
        ("1 2024-01-02 2024-01-05 won 4\n1 2024-01-02 2024-01-05 lost 5", "0 0 1 5"),
        ("1 2024-01-02 2024-01-05 lost 4\n1 2024-01-02 2024-01-05 won 4", "1 0 0 4"),
        // Closed when nothing is known any more: not yet.
        ("1 2024-01-02 2024-02-01 won 4", "0 1 0 4"),
    ];
    for (rows, expected) in cases {
        let history = format!(
            "opportunities:\nbuyer created closed outcome value id\n{}",
            rows.replace('\n', " 7\n") + " 7"
        );
        let wanted = [("buyer", "prospect"), ("breakdown", "total")];
        let rows = sales(&history, &months("2024-02-01", 30), &wanted);
        assert_text(&rows, &format!("won open lost attempted_value\n{expected}"));
    }
}

#[test]
fn a_purchase_recovers_the_last_opportunity_before_it() {
    // Days of 2024. What is lost on the 10th can be recovered up to 9 February.
    let one = "1 01-05 01-10 lost 1";
    let same_day = "1 01-05 01-10 lost 1, 1 01-06 01-10 lost 2";
    // In the order in which they were lost, not created.
    let two = "1 01-05 01-12 lost 1, 1 01-06 01-10 lost 2";
    let cases = [
        (one, "01-10", "2024-06-01", "1 0 0 0"),
        (one, "01-11", "2024-06-01", "1 1 0 1"),
        (one, "02-09", "2024-06-01", "1 1 0 1"),
        (one, "02-10", "2024-06-01", "1 0 0 0"),
        ("1 01-05 - lost 1", "01-06", "2024-06-01", "1 1 0 1"),
        // One that is not recovered can still be on the last day of its window.
        (one, "", "2024-02-09", "1 0 1 0"),
        (one, "", "2024-02-10", "1 0 0 0"),
        (same_day, "01-11 01-12", "2024-06-01", "2 1 0 2"),
        (two, "01-12", "2024-06-01", "2 1 0 2"),
        (two, "01-13", "2024-06-01", "2 1 0 1"),
        // Another one that is won is no purchase, and one that is open no loss.
        ("1 01-05 01-10 lost 1, 1 01-11 01-11 won 2", "", "2024-06-01", "1 0 0 0"),
        ("1 01-05 01-10 lost 1, 1 01-11 - open 2", "01-12", "2024-06-01", "1 1 0 1"),
    ];
    for (rows, bought, as_of, expected) in cases {
        let orders = bought.split_whitespace().map(|day| format!("1 2024-{day} 5\n"));
        let history = format!(
            "orders:\ncustomer day value\n{}opportunities:\nbuyer created closed outcome value\n{}",
            orders.collect::<String>(),
            rows.replace(", ", "\n").replace(" 0", " 2024-0")
        );
        let wanted = [
            ("source", "opportunities"),
            ("buyer", "prospect"),
            ("breakdown", "total"),
            ("period", "2024-01-01"),
        ];
        let rows = sales(&history, &months(as_of, 30), &wanted);
        let columns = "lost recovered recovery_open recovered_value";
        assert_text(&rows, &format!("{columns}\n{expected}"));
    }
}

#[test]
fn carts_stop_at_a_step() {
    // x is taken up at the second step, y leaves it out, z goes back, and w gets on when its day
    // is over. With subscriptions nothing is told of orders.
    check(
        "subscriptions:
         customer subscription started    value
         1        1            2023-12-01 5
         touchpoints:
         visitor day              step     cart value
         a       2024-01-05T10:00 cart     x    70
         a       2024-01-05T12:00 visit    x    70
         b       2024-01-05       visit    y    10
         b       2024-01-05T01:00 purchase y    10
         c       2024-01-05       visit    z    20
         c       2024-01-05T01:00 cart     z    -
         c       2024-01-05T02:00 visit    z    -
         d       2024-01-05       visit    w    40
         d       2024-01-06T01:00 cart     w    80",
        &subscribed("2024-02-01", 0),
        "lost_sales",
        "source buyer breakdown breakdown_value attempts won open lost stopped attempted_value \
             lost_value stopped_value expected_lost_value
         carts customer total  -        0 0 0 0 - 0   0   -  -
         carts prospect total  -        4 1 0 3 - 140 130 -  33
         carts prospect reason unknown  3 - - 3 - 130 130 -  33
         carts prospect stage  visit    3 1 0 2 1 70  60  40 20
         carts prospect stage  cart     3 1 0 2 2 100 90  90 30
         carts prospect stage  purchase 1 1 0 0 0 10  0   0  0",
    );
}

#[test]
fn of_rows_with_updates_the_latest_counts() {
    // 1 was lost and is open again; 2 was won for more, and then for less.
    let history = "opportunities:
                   buyer id created    closed     outcome value updated
                   a     1  2024-01-05 2024-01-10 lost    10    1
                   a     1  2024-01-05 -          open    10    2
                   a     2  2024-01-05 2024-01-12 won     40    1
                   a     2  2024-01-05 2024-01-11 won     20    2";
    let wanted = [("source", "opportunities"), ("buyer", "prospect"), ("breakdown", "total")];
    assert_text(
        &sales(history, &months("2024-02-01", 30), &wanted),
        "attempts won open lost won_value\n 2 1 1 0 20",
    );
}
