//! `nps`, `product_returns`, `cross_sell` and `cross_sell_customers`.

use super::*;

/// Somebody who ordered, as every history needs.
pub(super) const A_CUSTOMER: &str = "customer day        value
                          a        2024-01-10 100\n";

/// Those of x are in country a, those of y and z in b.
pub(super) const IN_COUNTRIES: &str = "customer day        value country
                                       x        2023-01-05 1     a
                                       y        2023-01-05 1     b
                                       z        2023-01-05 1     b\n";

pub(super) fn by_country(settings: Settings) -> Settings {
    Settings { segments: vec![("country", SegmentAt::First)], ..settings }
}

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
fn classes_of_scores() {
    let scores: Vec<_> = (0..=10).map(|score| format!("p{score} 2024-01-05 {score}")).collect();
    let scores = scores.join("\n");
    check(
        &format!("{A_CUSTOMER} surveys:\n customer day score\n {scores}"),
        &months("2024-02-01", 90),
        "nps",
        // 100 × (2 - 7) / 11, and 100 × √((9 - 25 / 11) / 11²).
        "responses promoters passives detractors nps nps_standard_error
         11 2 2 7 -45.454545 23.579079",
    );
}

#[test]
fn anonymous_scores_are_people_each() {
    // One of three in February gave no score, and one came too late; a counts once.
    let history = format!(
        "{A_CUSTOMER}
         surveys:
         customer day              score
         a        2024-01-05T10:00 0
         a        2024-01-06T10:00 9
         -        2024-01-06T10:00 9
         -        2024-01-06T10:00 9
         -        2024-01-06T10:00 0
         -        2024-02-01T10:00 -
         -        2024-02-02T10:00 7
         -        2024-03-01T10:00 7"
    );
    let settings = months("2024-03-01", 90);
    let expected = "period responses promoters passives detractors nps
                    2024-01-01 4 3 0 1 50
                    2024-02-01 1 0 1 0 0";
    check(&history, &settings, "nps", expected);
    let left_out = reference(parse_history(&history), &settings).further_left_out;
    let expected = [(("surveys", "after_as_of"), 1), (("surveys", "anonymous"), 1)];
    assert_eq!(left_out, FurtherLeftOut::from(expected));
}

#[test]
fn periods_of_scores_are_complete_as_elsewhere() {
    let scores = "surveys:
                  customer day        score
                  a        2024-01-06 9
                  a        2024-03-02 9";
    // January and February start within 40 days of the history's start.
    let settings = Settings { history_start: Some(day("2024-01-01")), ..months("2024-04-01", 40) };
    check(
        &format!("{A_CUSTOMER}{scores}"),
        &settings,
        "nps",
        "period     responses is_complete
         2024-01-01 1         false
         2024-02-01 0         false
         2024-03-01 1         true",
    );
    // A gap at the end of March may still be bridged.
    check(
        &format!(
            "subscriptions:
             customer subscription started    ended value
             a        1            2023-12-15 -     1
             {scores}"
        ),
        &subscribed("2024-04-01", 1),
        "nps",
        "period     responses is_complete
         2024-01-01 1         true
         2024-02-01 0         true
         2024-03-01 1         false",
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

const SOLD_AND_RETURNED: &str = "order_lines:
     customer order day        product category units value
     a        1     2024-01-31 shoe    wear     2     100
     a        1     2024-02-11 hat     wear     1     30
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
    let by_return = |period| [("period", period), ("attribution", "return_date")];
    let moved = "breakdown breakdown_value sold_units sold_orders sold_value returned_units \
                 returned_orders returned_value unmatched";
    assert_text(
        &pick(&tables["product_returns"], &by_return("2024-02-01")),
        // The hat of the order of January was one of wear.
        &format!(
            "{moved}
             total    -       6 2 60 3 2 85 0
             category (none)  0 0 0  1 1 5  -
             category art     1 1 2  0 0 0  -
             category desk    4 1 8  0 0 0  -
             category wear    1 1 50 2 1 80 -
             product  hat     0 0 0  2 2 35 -
             product  pen     5 1 10 0 0 0  -
             product  shoe    1 1 50 1 1 50 -
             reason   small   6 2 60 1 1 50 -
             reason   unknown 6 2 60 2 2 35 -"
        ),
    );
    assert_text(
        &pick(&tables["product_returns"], &by_return("2024-03-01")),
        // What nobody is known to have ordered is of no category.
        &format!(
            "{moved}
             total    -      0 0 0 3 2 6 1
             category (none) 0 0 0 1 1 2 -
             category art    0 0 0 2 1 4 -
             product  pen    0 0 0 3 2 6 -
             reason   broken 0 0 0 3 2 6 -"
        ),
    );
}

#[test]
fn returns_of_segments() {
    check(
        &format!(
            "{IN_COUNTRIES}
             order_lines:
             customer order day        product units value
             x        1     2023-01-06 cap     4     4000
             x        2     2023-01-06 coat    4     6000
             y        1     2023-03-02 cap     0     0
             returns:
             customer order day        units value
             x        1     2023-02-01 1     1000
             # It comes first, and tells from when on there are rows.
             y        9     2023-02-10 1     500"
        ),
        &by_country(months("2023-03-27", 90)),
        "product_returns",
        "segment_value period attribution unit_return_rate order_return_rate value_return_rate \
             unmatched is_mature is_complete
         - 2023-01-01 order_date  0.125 0.5 0.1 - true  true
         - 2023-01-01 return_date 0     0   0   0 true  true
         - 2023-02-01 order_date  -     -   -   - false true
         - 2023-02-01 return_date -     -   -   1 true  true
         - 2023-03-01 order_date  -     0   -   - false false
         - 2023-03-01 return_date -     0   -   0 false false
         a 2023-01-01 order_date  0.125 0.5 0.1 - true  true
         a 2023-01-01 return_date 0     0   0   0 true  true
         a 2023-02-01 order_date  -     -   -   - false true
         a 2023-02-01 return_date -     -   -   0 true  true
         a 2023-03-01 order_date  -     -   -   - false false
         a 2023-03-01 return_date -     -   -   0 false false
         b 2023-02-01 order_date  -     -   -   - false true
         b 2023-02-01 return_date -     -   -   1 true  true
         b 2023-03-01 order_date  -     0   -   - false false
         b 2023-03-01 return_date -     0   -   0 false false",
    );
}

#[test]
fn a_window_that_ends_with_the_known_days_is_over() {
    let history = format!(
        "{A_CUSTOMER}
         order_lines:
         customer order day        product value
         a        1     2024-01-05 cap     1
         returns:"
    );
    // 30 days after January are over with 03-01.
    for (as_of, is_mature) in [("2024-03-01", false), ("2024-03-02", true)] {
        let tables = reference(parse_history(&history), &months(as_of, 90)).tables;
        let january = [("period", "2024-01-01"), ("attribution", "order_date")];
        let january = pick(&tables["product_returns"], &january);
        assert_text(&january, &format!("breakdown is_mature\n total {is_mature}"));
    }
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
fn what_goes_with_what_in_a_country() {
    let history = format!(
        "customer day        value country
         a        2024-01-10 1     DE
         b        2024-01-10 1     DE
         c        2024-01-10 1     FR
         d        2024-01-10 1     FR
         e        2024-01-10 1     FR
         # Without a line.
         f        2024-01-10 1     FR
         {BASKETS}"
    );
    let tables = reference(parse_history(&history), &by_country(months("2024-06-01", 90))).tables;
    let of = |table| pick(&tables[table], &[("segment", "country")]);
    assert_text(
        &of("cross_sell"),
        "segment_value relation item other_item baskets with_item with_other with_both lift
         DE customer x z 2 2 2 2 1
         DE customer z x 2 2 2 2 1
         DE next     x z 2 2 2 2 1
         FR customer x y 3 2 2 2 1.5
         FR customer y x 3 2 2 2 1.5",
    );
    assert_text(
        &of("cross_sell_customers"),
        "segment_value item customers with_others with_others_rate repeat_purchases upgrade_rate
         DE - 2 2 1        1 0
         DE x 2 2 1        1 0
         DE y 1 1 1        0 -
         DE z 2 2 1        0 -
         FR - 3 2 0.666667 0 -
         FR x 2 2 1        0 -
         FR y 2 2 1        0 -
         FR z 1 0 0        0 -",
    );
}

#[test]
fn pairs_are_of_frequent_items() {
    let history = format!("{A_CUSTOMER}{BASKETS}");
    let settings = months("2024-06-01", 90);
    let support = |min_support| Settings { min_support, ..settings.clone() };
    let two = Settings { max_items: 2, ..settings.clone() };
    let x_and_y = "customer x y\n customer y x";
    let with_z = "customer x y\n customer x z\n customer y x\n customer z x\n next x z";
    let cases = [
        // Of eight orders 0.4 are more than three, of five customers just two.
        (support(0.4), with_z),
        (support(0.41), x_and_y),
        (support(0.6), x_and_y),
        (support(0.61), ""),
        // Of y and z, which three customers and three orders have, y comes first.
        (two, &format!("{x_and_y}\n order x y\n order y x")),
    ];
    for (settings, expected) in cases {
        check(&history, &settings, "cross_sell", &format!("relation item other_item\n{expected}"));
    }
}

#[test]
fn each_relation_has_its_own_most_frequent_items() {
    // Most customers have h and then b, as its text is smaller, but most orders c and then h.
    let history = format!(
        "{A_CUSTOMER}
         order_lines:
         customer order day        product
         m        1     2024-01-01 b
         m        1     2024-01-01 c
         m        1     2024-01-01 h
         m        2     2024-01-02 c
         m        3     2024-01-03 c
         n        1     2024-01-01 b
         n        1     2024-01-01 c
         n        1     2024-01-01 h
         n        2     2024-01-02 c
         n        3     2024-01-03 c
         o        1     2024-01-01 h"
    );
    let all = ["b c", "b h", "c b", "c h", "h b", "h c"];
    let cases =
        [(500, &all[..], &["b c"][..], &all[..]), (2, &["b h", "h b"], &[], &["c h", "h c"])];
    for (max_items, customer, next, order) in cases {
        let settings = Settings { max_items, ..months("2024-06-01", 90) };
        let tables = reference(parse_history(&history), &settings).tables;
        for (relation, expected) in [("customer", customer), ("next", next), ("order", order)] {
            let found = pick(&tables["cross_sell"], &[("relation", relation)]);
            assert_text(&found, &format!("item other_item\n{}", expected.join("\n")));
        }
    }
}

#[test]
fn from_the_first_item_to_the_next() {
    let cases = [
        // (order, day, product and category of each line, the pair and how often)
        ("1 2024-01-01 b K\n 1 2024-01-01 a L\n 2 2024-01-02 c M", "b c 2"),
        ("1 2024-01-01 b K\n 1 2024-01-01 a K\n 2 2024-01-02 c M", "a c 2"),
        ("10 2024-01-01 a K\n 9 2024-01-01 b L\n 10 2024-01-02 c M", "b a 2"),
        ("1 2024-01-01T12:00 a K\n 2 2024-01-01T11:00 b L\n 1 2024-01-01T10:00 c M", "c b 2"),
        // Not by number.
        ("9 2024-01-01 a K\n 8 2024-01-02 b K\n 7 2024-01-03 c K", "a b 2"),
        // In one order, and the same again.
        ("1 2024-01-01 a K\n 1 2024-01-01 b K", ""),
        ("1 2024-01-01 a K\n 2 2024-01-02 a K", ""),
        // A later line of the first order is in no later order.
        ("7 2024-01-01 a K\n 3 2024-01-02 a K\n 7 2024-01-03 c K\n 3 2024-01-04 b K", "a b 2"),
        // What was in the first order has to be bought again.
        ("1 2024-01-01 a K\n 1 2024-01-01 b K\n 2 2024-01-02 a K\n 3 2024-01-03 b K", "a b 2"),
        // The order that began first is the next, though b was not yet in it.
        ("1 2024-01-01 a K\n 3 2024-01-02 a K\n 2 2024-01-03 c K\n 3 2024-01-04 b K", "a b 2"),
        ("1 2024-01-01 - K\n 2 2024-01-02 a K", "(none) a 2"),
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
        assert_text(&next, &format!("item other_item with_both\n{expected}"));
    }
}

#[test]
fn who_pays_more_for_the_same() {
    let large = i64::MAX;
    // x costs 10 each; nobody knows; 10; 11; less; as much. Of the others no price is rounded.
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
             b        7     2024-01-01 y        1     1
             c        1     2024-01-01 thirds   3     100
             c        2     2024-01-02 thirds   6     200
             c        1     2024-01-01 more     3     100
             c        2     2024-01-02 more     6     201
             c        1     2024-01-01 less     3     100
             c        2     2024-01-02 less     6     199
             c        1     2024-01-01 free     1     0
             c        2     2024-01-02 free     2     0
             c        1     2024-01-01 large    {large} {}
             c        2     2024-01-02 large    {large} {large}",
            large - 1
        ),
        &months("2024-06-01", 90),
        "cross_sell_customers",
        "level item customers with_others repeat_purchases upgrades downgrades upgrade_rate
         category -      3 1 10 3 2 0.3
         category free   1 1 1  0 0 0
         category large  1 1 1  1 0 1
         category less   1 1 1  0 1 0
         category more   1 1 1  1 0 1
         category thirds 1 1 1  0 0 0
         category x      1 0 5  1 1 0.2
         category y      1 0 0  0 0 -",
    );
}

#[test]
fn items_are_what_is_mapped() {
    let cases = [
        ("category", "hats", "category -\n category hats"),
        ("product", "p", "product -\n product p"),
        ("category product", "hats p", "category -\n category hats\n product -\n product p"),
    ];
    for (columns, cells, expected) in cases {
        let history = format!(
            "{A_CUSTOMER}
             order_lines:
             customer order day {columns} value
             a 1 2024-01-01 {cells} 5"
        );
        let expected = format!("level item\n {expected}");
        check(&history, &months("2024-06-01", 90), "cross_sell_customers", &expected);
    }
}
