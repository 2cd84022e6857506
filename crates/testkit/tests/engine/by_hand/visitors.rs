//! `funnel`, `carts`, and who visitors are.

use super::*;

const STEPS: &str = "step_number entered converted dropped open median_seconds visitors lost_value \
                     dropped_without_value";

#[test]
fn paths_stop_where_nothing_follows_in_time() {
    check(
        // A week after its start b's path is over; those of d and f are under way, the latter up to
        // as_of.
        "touchpoints:
         visitor day              step     value
         a       2024-01-05T10:00 visit    -
         a       2024-01-05T10:01 cart     70
         a       2024-01-12T10:00 purchase 90
         b       2024-01-05T10:00 visit    -
         b       2024-01-05T10:03 cart     50
         b       2024-01-12T10:01 purchase 50
         c       2024-01-06       visit    -
         c       2024-01-06       look     10
         d       2024-01-30       visit    20
         e       2024-01-24T23:59:59.999999 visit -
         f       2024-01-25       visit    -",
        &months("2024-02-01", 30),
        "funnel",
        &format!(
            "{STEPS}
             1 6 2 2 2 120    6 0  2
             2 2 1 1 0 604740 6 50 0
             3 1 - - - -      6 -  -"
        ),
    );
}

#[test]
fn a_visitor_counts_once_a_period() {
    // Days of 2024; both visitors are one customer.
    let cases = [
        // Steps of one instant come in their order, whatever the order of the rows.
        ("a 01-05 purchase, a 01-05 cart, a 01-05 visit", "1 1 1"),
        ("a 01-05 visit, a 01-06 purchase, a 01-06 cart", "1 1 1"),
        ("a 01-05 visit, a 01-06 cart, a 01-07 cart, a 01-08 purchase, a 01-09 purchase", "1 1 1"),
        // A step before its time leads nowhere, and none can be left out, the first least of all.
        ("a 01-05 visit, a 01-06 purchase, a 01-07 cart", "1 1 0"),
        ("a 01-05 cart, a 01-06 visit", "1 0 0"),
        ("a 01-05 visit, a 01-06 purchase", "1 0 0"),
        ("a 01-05 cart, a 01-06 purchase", ""),
        // The path that gets furthest counts, be it the second or the first one.
        ("a 01-05 visit, a 01-20 visit, a 01-20 cart", "1 1 0"),
        ("a 01-05 visit, a 01-05 cart, a 01-20 visit", "1 1 0"),
        // When the first week is over, the second path is still on its way.
        ("a 01-01 visit, a 01-05 visit, a 01-10 cart, a 01-11 purchase", "1 1 1"),
        // It is visitors who have paths, not customers.
        ("a 01-05 visit, b 01-06 cart", "1 0 0"),
        ("a 01-05 visit, a 01-06 cart, b 01-05 visit, b 01-06 cart, b 01-07 purchase", "2 2 1"),
        // A path belongs to the period of its start.
        ("a 01-31 visit, a 02-01 cart, a 02-02 purchase", "1 1 1"),
    ];
    for (touches, expected) in cases {
        let history = format!(
            "identities:\nvisitor customer\na 1\nb 1\ntouchpoints:\nvisitor day step\n{}",
            touches.replace(", ", "\n").replace(" 0", " 2024-0")
        );
        let tables = reference(parse_history(&history), &months("2024-03-01", 30)).tables;
        let january = pick(&tables["funnel"], &[("period", "2024-01-01")]);
        let entered = expected.replace(' ', "\n");
        assert_text(&january, &format!("entered\n{entered}"));
    }
}

#[test]
fn funnels_have_rows_up_to_the_last_period() {
    let settings = months("2024-04-08", 30);
    let history = "touchpoints:
         visitor day        step
         a       2024-01-05 visit
         a       2024-01-05 cart
         a       2024-02-05 visit";
    check(
        history,
        &settings,
        "funnel",
        "period     step     entered converted dropped visitors step_conversion_rate \
             overall_conversion_rate is_complete
         2024-01-01 visit    1 1 0 1 1 1 true
         2024-01-01 cart     1 0 1 1 0 1 true
         2024-01-01 purchase 0 - - 1 - 0 true
         2024-02-01 visit    1 0 1 1 0 1 true
         2024-02-01 cart     0 0 0 1 - 0 true
         2024-02-01 purchase 0 - - 1 - 0 true
         2024-03-01 visit    0 0 0 0 - - true
         2024-03-01 cart     0 0 0 0 - - true
         2024-03-01 purchase 0 - - 0 - - true
         2024-04-01 visit    0 0 0 0 - - false
         2024-04-01 cart     0 0 0 0 - - false
         2024-04-01 purchase 0 - - 0 - - false",
    );
    // An hour more makes the week eight days, so that the paths of March are not over.
    let longer = Settings { window_hours: 169, ..settings };
    let funnel = &reference(parse_history(history), &longer).tables["funnel"];
    let march = pick(funnel, &[("period", "2024-03-01"), ("step_number", "1")]);
    assert_text(&march, "is_complete\nfalse");
}

/// Days up to `as_of`, on each of which something else happens.
fn days(as_of: &str) -> Settings {
    Settings { grains: vec![Grain::Day], ..months(as_of, 30) }
}

#[test]
fn the_newest_value_of_a_path_is_lost() {
    let history = "touchpoints:
         visitor day        step     value
         a       2024-01-01 visit    5
         a       2024-01-01 cart     7
         b       2024-01-02 visit    5
         b       2024-01-02 cart     -
         c       2024-01-03 visit    5
         c       2024-01-03 cart     0
         d       2024-01-04 visit    -
         d       2024-01-04 cart     -
         # Beside the path.
         e       2024-01-05 visit    5
         e       2024-01-05 cart     -
         e       2024-01-06 cart     9
         # Nothing is lost of who gets through.
         f       2024-01-06 visit    5
         f       2024-01-06 cart     -
         f       2024-01-06 purchase 9
         # Of two paths that get equally far the earlier one.
         g       2024-01-07       visit 5
         g       2024-01-07       cart  7
         g       2024-01-07T01:00 visit 5
         g       2024-01-07T01:00 cart  8";
    let funnel = &reference(parse_history(history), &days("2024-02-01")).tables["funnel"];
    assert_text(
        &pick(funnel, &[("step", "cart"), ("entered", "1")]),
        "period     lost_value dropped_without_value
         2024-01-01 7          0
         2024-01-02 5          0
         2024-01-03 0          0
         2024-01-04 0          1
         2024-01-05 5          0
         2024-01-06 0          0
         2024-01-07 7          0",
    );
}

#[test]
fn the_median_of_whole_seconds() {
    let history = "touchpoints:
         visitor day                        step
         a       2024-01-01                 visit
         a       2024-01-01                 cart
         b       2024-01-02                 visit
         b       2024-01-02T00:00:01.999999 cart
         c       2024-01-03                 visit
         c       2024-01-03T00:00:09        cart
         d       2024-01-03                 visit
         d       2024-01-03T00:00:01        cart
         e       2024-01-03                 visit
         e       2024-01-03T00:00:04        cart";
    let funnel = &reference(parse_history(history), &days("2024-01-04")).tables["funnel"];
    assert_text(&pick(funnel, &[("step", "visit")]), "median_seconds\n0\n1\n4");
}

#[test]
fn visitors_are_customers_whom_something_names() {
    let settings =
        Settings { segments: vec![("tier", SegmentAt::First)], ..months("2024-02-01", 30) };
    check(
        // a by its earliest event; b as the input has it, the smallest; c's own second event is
        // somebody else's.
        "orders:
         customer day        value tier
         1        2024-01-01 10    gold
         2        2024-01-01 10    iron
         3        2024-01-01 10    lead
         touchpoints:
         visitor day              step  customer
         a       2024-01-05       visit -
         a       2024-01-06       visit 1
         a       2024-01-07       visit 2
         b       2024-01-05       visit -
         b       2024-01-06       cart  3
         d       2024-01-06       visit -
         identities:
         visitor customer
         b       3
         b       2",
        &settings,
        "funnel",
        "segment segment_value step_number entered
         all  -      1 4
         all  -      2 0
         all  -      3 0
         tier (none) 1 1
         tier (none) 2 0
         tier (none) 3 0
         tier gold   1 1
         tier gold   2 0
         tier gold   3 0
         tier iron   1 2
         tier iron   2 0
         tier iron   3 0",
    );
}

const FATES: &str = "created purchased open abandoned recovered recovery_open created_value \
                     recovered_value without_value";

#[test]
fn carts_have_a_day() {
    check(
        // x is bought at the last moment, y a microsecond too late, which recovers it; z was just
        // left; w has no value.
        "touchpoints:
         visitor day                        step     cart value
         a       2024-01-05T10:00           cart     x    70
         a       2024-01-06T10:00           purchase x    80
         b       2024-01-05T10:00           cart     y    50
         b       2024-01-06T10:00:00.000001 purchase y    55
         c       2024-01-31T00:00           cart     z    20
         d       2024-01-08                 visit    w    -",
        &months("2024-02-01", 30),
        "carts",
        &format!("{FATES} is_complete\n4 1 1 2 1 1 150 50 1 false"),
    );
}

#[test]
fn what_becomes_of_a_cart() {
    check(
        "touchpoints:
         visitor day              step     cart value customer
         # What is in no cart makes none.
         a       2023-12-31       visit    -    9     -
         # What follows the purchase adds nothing to it.
         a       2024-01-01       purchase a    5     -
         a       2024-01-01T01:00 cart     a    7     -
         # Taken up again when its day was over.
         a       2024-01-02       cart     b    3     -
         a       2024-01-04       cart     b    30    -
         a       2024-01-04T01:00 purchase b    30    -
         # One cart on two devices, and one id that is in use by two people.
         b       2024-01-03       cart     a    4     1
         c       2024-01-03T08:00 purchase a    -     1
         d       2024-01-04       cart     a    1     -
         e       2024-01-04       cart     a    2     -
         # The newest value, which at one instant is that of the later step, then the larger one.
         f       2024-01-05       visit    a    5     -
         f       2024-01-05T01:00 cart     a    -     -
         f       2024-01-06       visit    b    9     -
         f       2024-01-06       cart     b    7     -
         f       2024-01-07       visit    c    9     -
         f       2024-01-07       visit    c    7     -
         # It counts up to the end of the window.
         f       2024-01-08       visit    d    5     -
         f       2024-01-09       visit    d    6     -
         f       2024-01-09T00:01 visit    d    7     -
         f       2024-01-09       visit    e    -     -
         f       2024-01-10T00:01 visit    e    7     -
         # Another cart's purchase.
         g       2024-01-10       cart     a    1     -
         g       2024-01-10T01:00 purchase b    2     -
         # Over just before as_of, or not yet, unless it is purchased.
         g       2024-01-11T23:59:59.999999 cart c 1  -
         g       2024-01-12       cart     d    1     -
         g       2024-01-12       purchase e    2     -",
        &days("2024-01-13"),
        "carts",
        "period     created purchased open abandoned created_value purchased_value \
             abandoned_value without_value
         2024-01-01 1 1 0 0 5 5 0 0
         2024-01-02 1 0 0 1 3 0 3 0
         2024-01-03 1 1 0 0 4 4 0 0
         2024-01-04 2 0 0 2 3 0 3 0
         2024-01-05 1 0 0 1 5 0 5 0
         2024-01-06 1 0 0 1 7 0 7 0
         2024-01-07 1 0 0 1 9 0 9 0
         2024-01-08 1 0 0 1 6 0 6 0
         2024-01-09 1 0 0 1 0 0 0 1
         2024-01-10 2 1 0 1 3 2 1 0
         2024-01-11 1 0 0 1 1 0 1 0
         2024-01-12 2 1 1 0 3 2 0 0",
    );
}

#[test]
fn rates_and_periods_of_carts() {
    let settings = months("2024-04-02", 30);
    let history = "orders:
         customer day        value
         1        2024-01-20 5
         touchpoints:
         visitor day        step     cart value customer
         a       2024-01-05 cart     a    10    1
         b       2024-01-05 purchase b    20    -
         c       2024-01-05 visit    c    -     -
         d       2024-01-05 visit    d    40    -
         e       2024-01-05 visit    e    80    -
         f       2024-04-01 visit    f    160   -";
    check(
        history,
        &settings,
        "carts",
        "period     created abandoned recovered abandonment_rate recovery_rate created_value \
             recovered_value is_complete
         2024-01-01 5       4         1         0.8              0.25          150 10 true
         2024-02-01 0       0         0         -                -             0   0  true
         2024-03-01 0       0         0         -                -             0   0  true
         2024-04-01 1       0         0         -                -             160 0  false",
    );
    // A day and an hour make two days, so that the carts of March are not over.
    let longer = Settings { cart_window_hours: 25, ..settings };
    let carts = &reference(parse_history(history), &longer).tables["carts"];
    assert_text(&pick(carts, &[("period", "2024-03-01")]), "is_complete\nfalse");
}

/// What is said of the carts of January and of what customer 1, who is visitors a and b, bought on
/// days of 2024.
fn carts_of_one(touches: &str, bought: &str, settings: &Settings) -> Vec<NaiveRow> {
    let orders: Vec<_> = bought.split_whitespace().map(|day| format!("1 2024-{day} 5")).collect();
    let orders = orders.join("\n");
    let history = format!(
        "orders:\ncustomer day value\n{orders}\n\
         identities:\nvisitor customer\na 1\nb 1\n\
         touchpoints:\nvisitor day step cart value\n{}",
        touches.replace(", ", "\n").replace(" 0", " 2024-0")
    );
    let tables = reference(parse_history(&history), settings).tables;
    pick(&tables["carts"], &[("period", "2024-01-01")])
}

#[test]
fn a_purchase_recovers_the_last_cart_before_it() {
    // The first cart is lost on the 6th, and can be recovered up to 5 February.
    let one = "a 01-05 cart x 1";
    let two = "a 01-05 cart x 1, a 01-08 cart y 2";
    let same_day = "a 01-05T09:00 cart x 1, a 01-05T11:00 cart y 2";
    let cases = [
        // A day on which somebody orders counts if it is later.
        (one, "", "01-06", "1 0 0"),
        (one, "", "01-07", "1 1 1"),
        (one, "", "02-05", "1 1 1"),
        (one, "", "02-06", "1 0 0"),
        (one, "", "01-05 01-06 02-06", "1 0 0"),
        // A purchase counts if it comes after the window, whichever cart it is of and whoever's.
        (one, "a 01-06 purchase - -", "", "1 0 0"),
        (one, "a 01-06T00:01 purchase - -", "", "1 1 1"),
        (one, "b 01-06T00:01 purchase - -", "", "1 1 1"),
        (one, "a 01-06T00:01 purchase z 4", "", "1 1 1"),
        (one, "a 01-06T00:01 purchase x 4", "", "1 1 1"),
        (one, "a 01-06T00:01 cart - -", "", "1 0 0"),
        (one, "a 02-05T23:59 purchase - -", "", "1 1 1"),
        (one, "a 02-06 purchase - -", "", "1 0 0"),
        // An order on the day on which y is lost, the 9th, is after x alone.
        (two, "", "01-09", "2 1 1"),
        (two, "", "01-10", "2 1 2"),
        (two, "", "01-08 01-10", "2 2 3"),
        // Of two that are lost on one day the later one, be its id the smaller one.
        (same_day, "", "01-07 01-08", "2 1 2"),
        ("a 01-05T09:00 cart y 1, a 01-05T11:00 cart x 2", "", "01-07", "2 1 2"),
        ("a 01-05 cart y 1, a 01-05 cart x 2", "", "01-07", "2 1 1"),
        // A purchase between the windows' ends, the second included, recovers the first.
        (same_day, "a 01-06T10:00 purchase z 4", "", "2 1 1"),
        (same_day, "a 01-06T11:00 purchase - -", "01-07", "2 2 3"),
    ];
    for (carts, purchase, bought, expected) in cases {
        let touches = [carts, purchase].join(", ");
        let january = carts_of_one(&touches, bought, &months("2024-06-01", 30));
        assert_text(&january, &format!("abandoned recovered recovered_value\n{expected}"));
    }
    for (as_of, open) in [("2024-02-05", 1), ("2024-02-06", 0)] {
        let january = carts_of_one(one, "", &months(as_of, 30));
        assert_text(&january, &format!("abandoned recovered recovery_open\n1 0 {open}"));
    }
    // An hour more than a day makes two: lost on the 7th.
    let longer = Settings { cart_window_hours: 25, ..months("2024-06-01", 30) };
    for (bought, recovered) in [("01-07", 0), ("01-08", 1)] {
        let january = carts_of_one(one, bought, &longer);
        assert_text(&january, &format!("abandoned recovered\n1 {recovered}"));
    }
}
