//! Tables of a few orders by hand. January holds the days 0 to 30, February 31 to 58, March 59 to
//! 89.

use std::sync::Arc;

use kohort_inputs::{Line, Return};
use kohort_model::{Context, Day, Grain};

use super::PRODUCT_RETURNS;
use crate::tests::{Person, assert_overall, assert_text, table};

const CAP: u32 = 1;
const COAT: u32 = 2;
const SOCK: u32 = 3;

const NONE: u32 = 0;
const HATS: u32 = 1;
const WEAR: u32 = 2;

const BROKEN: u32 = 0;
const SIZE: u32 = 1;
const UNKNOWN: u32 = 2;

/// Months from January on, with products, categories and reasons.
fn context(as_of: i32) -> Context {
    let texts = |texts: &[&str]| texts.iter().map(|text| Arc::from(*text)).collect();
    let mut context = crate::tests::context(0, as_of, Grain::Month);
    context.goods.products = texts(&["(none)", "cap", "coat", "sock"]);
    context.goods.categories = texts(&["(none)", "hats", "wear"]);
    context.goods.reasons = texts(&["broken", "size", "unknown"]);
    context.goods.has_products = true;
    context.goods.has_returned_products = true;
    context.goods.has_categories = true;
    context.goods.has_reasons = true;
    context
}

fn line(order: u32, day: i32, product: u32, category: u32, units: i64, value: i64) -> Line {
    Line { order, day: Day(day), product, category, units, value }
}

fn back(order: u32, day: i32, product: u32, reason: u32, units: i64, value: i64) -> Return {
    Return { order, day: Day(day), product, reason, units, value }
}

fn person(slot: u32, lines: &[Line], returns: &[Return]) -> Person {
    Person { slot, lines: lines.to_vec(), returns: returns.to_vec(), ..Person::default() }
}

#[test]
fn returns_by_their_order_and_by_themselves() {
    let people = [
        person(
            1,
            &[
                line(0, 5, CAP, HATS, 2, 2_000),
                line(0, 5, COAT, WEAR, 1, 5_000),
                line(1, 40, CAP, HATS, 1, 1_000),
            ],
            &[
                back(0, 20, CAP, SIZE, 1, 1_000),
                back(0, 35, COAT, BROKEN, 1, 5_000),
                back(0, 36, CAP, BROKEN, 1, 1_000),
            ],
        ),
        // Of order 7 no line is known.
        person(2, &[line(0, 33, SOCK, WEAR, 10, 3_000)], &[back(7, 70, SOCK, UNKNOWN, 3, 900)]),
        person(2, &[], &[]),
    ];
    let found = table(&PRODUCT_RETURNS, context(85), &people);
    assert_overall(
        &found,
        "period attribution breakdown breakdown_value sold_units sold_orders sold_value returned_units returned_orders returned_value unmatched
         0      order_date  total     -               3          1           7000       3              1               7000           -
         0      order_date  category  hats            2          1           2000       2              1               2000           -
         0      order_date  category  wear            1          1           5000       1              1               5000           -
         0      order_date  product   cap             2          1           2000       2              1               2000           -
         0      order_date  product   coat            1          1           5000       1              1               5000           -
         0      order_date  reason    broken          3          1           7000       2              1               6000           -
         0      order_date  reason    size            3          1           7000       1              1               1000           -
         0      return_date total     -               3          1           7000       1              1               1000           0
         0      return_date category  hats            2          1           2000       1              1               1000           -
         0      return_date category  wear            1          1           5000       0              0               0              -
         0      return_date product   cap             2          1           2000       1              1               1000           -
         0      return_date product   coat            1          1           5000       0              0               0              -
         0      return_date reason    size            3          1           7000       1              1               1000           -
         31     order_date  total     -               11         2           4000       0              0               0              -
         31     order_date  category  hats            1          1           1000       0              0               0              -
         31     order_date  category  wear            10         1           3000       0              0               0              -
         31     order_date  product   cap             1          1           1000       0              0               0              -
         31     order_date  product   sock            10         1           3000       0              0               0              -
         31     return_date total     -               11         2           4000       2              1               6000           0
         31     return_date category  hats            1          1           1000       1              1               1000           -
         31     return_date category  wear            10         1           3000       1              1               5000           -
         31     return_date product   cap             1          1           1000       1              1               1000           -
         31     return_date product   coat            0          0           0          1              1               5000           -
         31     return_date product   sock            10         1           3000       0              0               0              -
         31     return_date reason    broken          11         2           4000       2              1               6000           -
         59     order_date  total     -               0          0           0          0              0               0              -
         59     return_date total     -               0          0           0          3              1               900            1
         59     return_date category  (none)          0          0           0          3              1               900            -
         59     return_date product   sock            0          0           0          3              1               900            -
         59     return_date reason    unknown         0          0           0          3              1               900            -",
    );
}

#[test]
fn rates_by_segment_and_when_they_are_mature() {
    let mut context = context(85);
    context.goods.has_categories = false;
    context.goods.has_reasons = false;
    // Products are in the lines only.
    context.goods.has_returned_products = false;
    let people = [
        person(
            1,
            &[line(0, 5, CAP, NONE, 4, 4_000), line(1, 5, COAT, NONE, 4, 6_000)],
            &[back(0, 31, 0, UNKNOWN, 1, 1_000)],
        ),
        // The return comes first, and tells from when on there are rows.
        person(2, &[line(0, 60, CAP, NONE, 0, 0)], &[back(9, 40, 0, UNKNOWN, 1, 500)]),
    ];
    let found = table(&PRODUCT_RETURNS, context, &people);
    assert_text(
        &found,
        "segment_value period attribution breakdown unit_return_rate order_return_rate value_return_rate unmatched is_mature is_complete
         -             0      order_date  total     0.125            0.5               0.1               -         true      true
         -             0      return_date total     0                0                 0                 0         true      true
         -             31     order_date  total     -                -                 -                 -         false     true
         -             31     return_date total     -                -                 -                 1         true      true
         -             59     order_date  total     -                0                 -                 -         false     false
         -             59     return_date total     -                0                 -                 0         false     false
         a             0      order_date  total     0.125            0.5               0.1               -         true      true
         a             0      return_date total     0                0                 0                 0         true      true
         a             31     order_date  total     -                -                 -                 -         false     true
         a             31     return_date total     -                -                 -                 0         true      true
         a             59     order_date  total     -                -                 -                 -         false     false
         a             59     return_date total     -                -                 -                 0         false     false
         b             31     order_date  total     -                -                 -                 -         false     true
         b             31     return_date total     -                -                 -                 1         true      true
         b             59     order_date  total     -                0                 -                 -         false     false
         b             59     return_date total     -                0                 -                 0         false     false",
    );
}

#[test]
fn a_window_that_ends_with_the_known_days_is_over() {
    let people = [person(1, &[line(0, 5, CAP, HATS, 1, 1)], &[])];
    for (as_of, is_mature) in [(60, false), (61, true)] {
        let mut context = context(as_of);
        context.goods.has_categories = false;
        context.goods.has_products = false;
        let found = table(&PRODUCT_RETURNS, context, &people);
        let rows = format!(
            "period attribution  is_mature
             0      order_date  {is_mature}
             0      return_date true
             31     order_date  false
             31     return_date true
             59     order_date  false
             59     return_date false"
        );
        assert_overall(&found, &rows);
    }
}

#[test]
fn an_order_is_dated_by_its_first_line_and_a_return_goes_to_its_product() {
    let people = [
        person(
            1,
            &[
                // Lines of two orders in turn, by instant.
                line(1, 10, SOCK, WEAR, 1, 10),
                line(0, 20, SOCK, WEAR, 1, 100),
                line(1, 40, SOCK, HATS, 1, 1_000),
                line(0, 41, CAP, HATS, 1, 10_000),
            ],
            &[
                // Of the order's two categories of the product the first.
                back(1, 50, SOCK, SIZE, 1, 1),
                // The order has no such product.
                back(0, 50, COAT, SIZE, 1, 2),
                back(0, 51, CAP, SIZE, 1, 4),
            ],
        ),
        // The numbers of orders are a person's own.
        person(2, &[line(0, 25, SOCK, NONE, 1, 8)], &[back(0, 52, SOCK, SIZE, 1, 8)]),
    ];
    let found = table(&PRODUCT_RETURNS, context(59), &people);
    assert_overall(
        &found,
        "period attribution breakdown breakdown_value sold_units sold_orders sold_value returned_orders returned_value
         0      order_date  total     -               5          3           11118      3               15
         0      order_date  category  (none)          1          1           8          2               10
         0      order_date  category  hats            2          2           11000      2               5
         0      order_date  category  wear            2          2           110        0               0
         0      order_date  product   cap             1          1           10000      1               4
         0      order_date  product   coat            0          0           0          1               2
         0      order_date  product   sock            4          3           1118       2               9
         0      order_date  reason    size            5          3           11118      3               15
         0      return_date total     -               5          3           11118      0               0
         0      return_date category  (none)          1          1           8          0               0
         0      return_date category  hats            2          2           11000      0               0
         0      return_date category  wear            2          2           110        0               0
         0      return_date product   cap             1          1           10000      0               0
         0      return_date product   sock            4          3           1118       0               0
         31     order_date  total     -               0          0           0          0               0
         31     return_date total     -               0          0           0          3               15
         31     return_date category  (none)          0          0           0          2               10
         31     return_date category  hats            0          0           0          2               5
         31     return_date product   cap             0          0           0          1               4
         31     return_date product   coat            0          0           0          1               2
         31     return_date product   sock            0          0           0          2               9
         31     return_date reason    size            0          0           0          3               15",
    );
}
