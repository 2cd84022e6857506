//! `nps`, `receivables`, `product_returns`, `cross_sell` and `cross_sell_customers`.

use super::*;

/// Somebody who ordered, as every history needs.
const A_CUSTOMER: &str = "customer day        value
                          a        2024-01-10 100\n";

#[test]
fn the_last_score_of_a_period_counts() {
    check(
        &format!(
            "{A_CUSTOMER}
             surveys:
             customer day              score
             a        2024-01-05T10:00 3
             a        2024-01-20T10:00 9
             b        2024-01-20T10:00 10
             b        2024-01-20T10:00 7
             c        2024-01-31       0
             d        2024-01-15       10
             d        2024-01-16       -
             d        2024-03-01       10
             d        2024-03-15       0"
        ),
        &months("2024-03-15", 90),
        "nps",
        "period responses promoters passives detractors nps nps_standard_error is_complete
         2024-01-01 4 2 1 1 25  41.45781 true
         2024-02-01 0 0 0 0 -   -         true
         2024-03-01 1 1 0 0 100 0         false",
    );
}

#[test]
fn a_score_stands_under_every_value_of_its_customer() {
    let history = "customer day        value country
                   a        2024-01-10 1     DE
                   a        2024-01-11 1     FR
                   surveys:
                   customer day        score
                   a        2024-01-05 9
                   b        2024-02-05 0";
    let columns = "segment segment_value period responses promoters";
    let of_all = "all - 2024-01-01 1 1
                  all - 2024-02-01 1 0";
    let cases = [
        (
            SegmentAt::Order,
            "country (none) 2024-02-01 1 0
             country DE     2024-01-01 1 1
             country DE     2024-02-01 0 0
             country FR     2024-01-01 1 1
             country FR     2024-02-01 0 0",
        ),
        (
            SegmentAt::First,
            "country (none) 2024-02-01 1 0
             country DE     2024-01-01 1 1
             country DE     2024-02-01 0 0",
        ),
    ];
    for (at, expected) in cases {
        let settings = Settings { segments: vec![("country", at)], ..months("2024-03-01", 90) };
        check(history, &settings, "nps", &format!("{columns}\n{of_all}\n{expected}"));
    }
}

#[test]
fn who_owes_what() {
    let history = format!(
        "{A_CUSTOMER}
         invoices:
         customer id issued     due        paid       amount
         a        1  2024-01-05 2024-01-20 2024-02-10 100
         a        2  2024-01-31 -          -          200
         b        3  2024-02-10 2024-02-20 2024-02-15 50
         b        4  2024-02-20 2024-02-10 -          60
         c        5  2024-01-10 -          2024-03-05 -80
         c        6  2024-02-01 2024-02-29 2024-03-11 30
         c        7  2024-03-11 -          -          30"
    );
    let settings = months("2024-03-11", 90);
    check(
        &history,
        &settings,
        "receivables",
        // Of 290 in February, 140 are from then and 150 half of January's.
        "period days opening_receivables receivables open_invoices credit_sales invoices dso \
             dso_average dso_countback best_possible_dso
         2024-01-01 31 0   300 2 300 2 31        15.5      31   20.666667
         2024-02-01 29 300 290 3 140 3 60.071429 61.107143 44.5 47.642857
         2024-03-01 10 290 290 3 0   0 -         -         54.5 -",
    );
    check(
        &history,
        &settings,
        "receivables",
        "period paid mean_days_to_pay paid_late late_share mean_days_late current overdue_1_30 \
             open_credits customers_in_credit is_complete
         2024-01-01 0 -    0 -   -  200 100 80 1 true
         2024-02-01 2 20.5 1 0.5 21 230 60  80 1 true
         2024-03-01 0 -    0 -   -  0   290 0  0 false",
    );
}

#[test]
fn receivables_by_age() {
    // As many days late as stand beside the amounts, on 04-30.
    check(
        &format!(
            "{A_CUSTOMER}
             invoices:
             customer issued     due        amount
             a        2024-01-01 2024-04-30 1
             a        2024-01-01 2024-04-29 10
             a        2024-01-01 2024-03-31 100
             a        2024-01-01 2024-03-30 1000
             a        2024-01-01 2024-03-01 10000
             a        2024-01-01 2024-02-29 100000
             a        2024-01-01 2024-01-31 1000000
             a        2024-01-01 2024-01-30 10000000"
        ),
        &Settings { grains: vec![Grain::Year], ..months("2024-05-01", 90) },
        "receivables",
        "days receivables current overdue_1_30 overdue_31_60 overdue_61_90 overdue_over_90
         121  11111111    1       110          11000         1100000       10000000",
    );
}

const SOLD_AND_RETURNED: &str = "order_lines:
     customer order day        product category units value
     a        1     2024-01-31 shoe    wear     2     100
     a        1     2024-02-01 hat     wear     1     30
     a        2     2024-02-10 shoe    wear     1     50
     b        1     2024-02-05 pen     desk     4     8
     b        1     2024-02-05 pen     art      1     2
     returns:
     customer order day        product reason units value
     a        1     2024-02-15 shoe    small  1     50
     a        1     2024-02-20 hat     -      1     30
     a        2     2024-02-12 hat     \"\"   1     5
     b        1     2024-03-01 pen     broken 2     4
     c        9     2024-03-10 pen     broken 1     2";

const OF_RETURNS: &str = "sold_units sold_orders sold_value returned_units returned_orders \
                          returned_value unit_return_rate order_return_rate value_return_rate \
                          unmatched";

#[test]
fn what_came_back_and_when_it_was_sold() {
    let history = format!("{A_CUSTOMER}{SOLD_AND_RETURNED}");
    let tables = reference(parse_history(&history), &months("2024-04-15", 90)).tables;
    assert_text(
        &pick(&tables["product_returns"], &[("breakdown", "total")]),
        &format!(
            "period attribution {OF_RETURNS} is_mature is_complete
             2024-01-01 order_date  3 1 130 2 1 80 0.666667 1 0.615385 - true  true
             2024-01-01 return_date 3 1 130 0 0 0  0        0 0        0 true  true
             2024-02-01 order_date  6 2 60  3 2 9  0.5      1 0.15     - true  true
             2024-02-01 return_date 6 2 60  3 2 85 0.5      1 1.416667 0 true  true
             2024-03-01 order_date  0 0 0   0 0 0  -        - -        - false true
             2024-03-01 return_date 0 0 0   3 2 6  -        - -        1 true  true
             2024-04-01 order_date  0 0 0   0 0 0  -        - -        - false false
             2024-04-01 return_date 0 0 0   0 0 0  -        - -        0 false false"
        ),
    );
    let february = [("period", "2024-02-01"), ("attribution", "order_date")];
    assert_text(
        &pick(&tables["product_returns"], &february),
        // A hat was not in that order; of both categories of the pen art comes first.
        &format!(
            "breakdown breakdown_value {OF_RETURNS}
             total    -       6 2 60 3 2 9 0.5      1   0.15     -
             category (none)  0 0 0  1 1 5 -        -   -        -
             category art     1 1 2  2 1 4 2        1   2        -
             category desk    4 1 8  0 0 0 0        0   0        -
             category wear    1 1 50 0 0 0 0        0   0        -
             product  hat     0 0 0  1 1 5 -        -   -        -
             product  pen     5 1 10 2 1 4 0.4      1   0.4      -
             product  shoe    1 1 50 0 0 0 0        0   0        -
             reason   broken  6 2 60 2 1 4 0.333333 0.5 0.066667 -
             reason   unknown 6 2 60 1 1 5 0.166667 0.5 0.083333 -"
        ),
    );
}

#[test]
fn returns_are_broken_down_by_what_is_mapped() {
    let cases = [
        ("product x", "order a", "total"),
        ("product x", "product x", "total product"),
        ("category x", "reason x", "total category reason"),
        // Of which category the returned product is, nobody knows.
        ("category x", "product x", "total category category"),
    ];
    for (of_line, of_return, expected) in cases {
        let [(line, sold), (back, given)] =
            [of_line, of_return].map(|pair| pair.split_once(' ').unwrap());
        let (back, given) = if back == "order" { ("units", "1") } else { (back, given) };
        let history = format!(
            "{A_CUSTOMER}
             order_lines:
             customer order day {line} value
             a 1 2024-01-10 {sold} 5
             returns:
             customer order day {back} value
             a 1 2024-01-11 {given} 5"
        );
        let tables = reference(parse_history(&history), &months("2024-02-01", 90)).tables;
        let by_day = pick(&tables["product_returns"], &[("attribution", "return_date")]);
        let expected = expected.replace(' ', "\n");
        assert_text(&by_day, &format!("breakdown\n{expected}"));
    }
}

const BASKETS: &str = "order_lines:
     customer order day        product
     a        1     2024-01-01 x
     a        1     2024-01-01 y
     a        2     2024-01-05 z
     b        1     2024-01-02 x
     b        2     2024-01-03 x
     b        2     2024-01-03 z
     c        1     2024-01-01 y
     c        2     2024-01-09 x
     d        1     2024-01-01 z
     e        1     2024-02-01 x
     e        1     2024-02-01 y";

#[test]
fn what_goes_with_what() {
    let history = format!("{A_CUSTOMER}{BASKETS}");
    let settings = months("2024-06-01", 90);
    check(
        &history,
        &settings,
        "cross_sell",
        "level relation item other_item baskets with_item with_other with_both support confidence \
             lift
         product customer x y 5 4 3 3 0.6  0.75     1.25
         product customer x z 5 4 3 2 0.4  0.5      0.833333
         product customer y x 5 3 4 3 0.6  1        1.25
         product customer z x 5 3 4 2 0.4  0.666667 0.833333
         product next     x z 5 3 2 2 0.4  0.666667 1.666667
         product order    x y 8 5 3 2 0.25 0.4      1.066667
         product order    y x 8 3 5 2 0.25 0.666667 1.066667",
    );
    check(
        &history,
        &settings,
        "cross_sell_customers",
        "level item customers with_others with_others_rate repeat_purchases
         product - 5 4 0.8      1
         product x 4 4 1        1
         product y 3 3 1        0
         product z 3 2 0.666667 0",
    );
}

#[test]
fn pairs_are_of_frequent_items() {
    let history = format!("{A_CUSTOMER}{BASKETS}");
    let settings = months("2024-06-01", 90);
    // Half of five customers are three, half of eight orders four.
    let half = Settings { min_support: 0.5, ..settings.clone() };
    // Of y and z, which three customers and three orders have, y comes first.
    let two = Settings { max_items: 2, ..settings };
    let cases = [
        (half, "customer x y\n customer y x"),
        (two, "customer x y\n customer y x\n order x y\n order y x"),
    ];
    for (settings, expected) in cases {
        check(&history, &settings, "cross_sell", &format!("relation item other_item\n{expected}"));
    }
}

#[test]
fn from_the_first_item_to_the_next() {
    let cases = [
        // (order, day, product and category of each line, the pair)
        ("1 2024-01-01 b K\n 1 2024-01-01 a L\n 2 2024-01-02 c M", "b c"),
        ("1 2024-01-01 b K\n 1 2024-01-01 a K\n 2 2024-01-02 c M", "a c"),
        ("10 2024-01-01 a K\n 9 2024-01-01 b L\n 10 2024-01-02 c M", "b a"),
        ("1 2024-01-01T12:00 a K\n 2 2024-01-01T11:00 b L\n 1 2024-01-01T10:00 c M", "c b"),
        // What was in the first order has to be bought again.
        ("1 2024-01-01 a K\n 1 2024-01-01 b K\n 2 2024-01-02 a K\n 3 2024-01-03 b K", "a b"),
        // The order that began first is the next, though b was not yet in it.
        ("1 2024-01-01 a K\n 3 2024-01-02 a K\n 2 2024-01-03 c K\n 3 2024-01-04 b K", "a b"),
        ("1 2024-01-01 - K\n 2 2024-01-02 a K", "(none) a"),
    ];
    for (lines, expected) in cases {
        let of = |who: &str| {
            lines.split('\n').map(|line| format!("{who} {line}")).collect::<Vec<_>>().join("\n")
                + "\n"
        };
        let history = format!(
            "{A_CUSTOMER}
             order_lines:
             customer order day product category
             {}{}",
            of("m"),
            of("n")
        );
        let tables = reference(parse_history(&history), &months("2024-06-01", 90)).tables;
        let next = pick(&tables["cross_sell"], &[("level", "product"), ("relation", "next")]);
        assert_text(&next, &format!("item other_item with_both\n{expected} 2"));
    }
}

#[test]
fn who_pays_more_for_the_same() {
    // 10 each; nobody knows; 10; 11; less; as much.
    check(
        &format!(
            "{A_CUSTOMER}
             order_lines:
             customer order day        category units value
             a        1     2024-01-01 x        2     20
             a        2     2024-01-02 x        0     5
             a        3     2024-01-03 x        1     10
             a        4     2024-01-04 x        1     12
             a        4     2024-01-05 x        1     10
             a        5     2024-01-06 x        3     32
             a        6     2024-01-07 x        3     32
             b        7     2024-01-01 y        1     1"
        ),
        &months("2024-06-01", 90),
        "cross_sell_customers",
        "level item customers with_others repeat_purchases upgrades downgrades upgrade_rate
         category - 2 0 5 1 1 0.2
         category x 1 0 5 1 1 0.2
         category y 1 0 0 0 0 -",
    );
}
