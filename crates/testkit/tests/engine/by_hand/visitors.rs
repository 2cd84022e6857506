//! `funnel`, `carts`, and who visitors are.

use super::*;

const STEPS: &str = "step_number entered converted dropped open median_seconds visitors lost_value \
                     dropped_without_value";

#[test]
fn paths_stop_where_nothing_follows_in_time() {
    check(
        // A week after its start b's path is over; that of d is under way.
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
         d       2024-01-30       visit    20",
        &months("2024-02-01", 30),
        "funnel",
        &format!(
            "{STEPS}
             1 4 2 1 1 120    4 0  1
             2 2 1 1 0 604740 4 50 0
             3 1 - - - -      4 -  -"
        ),
    );
}

#[test]
fn a_visitor_counts_once_a_period() {
    let cases = [
        // Steps of one instant come in their order, whatever the order of the rows.
        ("a 2024-01-05 purchase 9\na 2024-01-05 cart -\na 2024-01-05 visit -", "1 1 1"),
        // The second path gets further.
        ("a 2024-01-05 visit -\na 2024-01-20 visit -\na 2024-01-20T01:00 cart 5", "1 1 0"),
        // A cart before the visit leads nowhere.
        ("a 2024-01-05 cart -\na 2024-01-06 visit -", "1 0 0"),
    ];
    for (touches, expected) in cases {
        let history = format!("touchpoints:\nvisitor day step value\n{touches}");
        let tables = reference(parse_history(&history), &months("2024-03-01", 30)).tables;
        let january = pick(&tables["funnel"], &[("period", "2024-01-01")]);
        let entered = expected.split(' ').collect::<Vec<_>>().join("\n");
        assert_text(&january, &format!("entered\n{entered}"));
    }
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
fn a_purchase_recovers_the_last_cart_before_it() {
    let cases = [
        // Lost on the 6th; a day on which somebody orders counts if it is later.
        ("a 2024-01-05 cart x 9", "1 2024-01-06", "1 0"),
        ("a 2024-01-05 cart x 9", "1 2024-01-07", "1 1"),
        ("a 2024-01-05 cart x 9", "1 2024-02-05", "1 1"),
        ("a 2024-01-05 cart x 9", "1 2024-02-06", "1 0"),
        // Of two that are lost on one day the later one.
        ("a 2024-01-05 cart x 9\na 2024-01-05 cart y 9", "1 2024-01-08", "2 1"),
        // An order on the day on which y is lost is after x alone.
        ("a 2024-01-05 cart x 9\na 2024-01-06 cart y 9", "1 2024-01-07", "2 1"),
        // A purchase between the windows' ends recovers the first, whichever cart it is of.
        (
            "a 2024-01-05T09:00 cart x 9\na 2024-01-05T11:00 cart y 9\na 2024-01-06T10:00 purchase z 1",
            "1 2023-01-01",
            "2 1",
        ),
    ];
    for (touches, order, expected) in cases {
        let history = format!(
            "orders:\ncustomer day value\n{order} 5\n\
             touchpoints:\nvisitor day step cart value\n{touches}\n\
             identities:\nvisitor customer\na 1"
        );
        let tables = reference(parse_history(&history), &months("2024-06-01", 30)).tables;
        let january = pick(&tables["carts"], &[("period", "2024-01-01")]);
        assert_text(&january, &format!("abandoned recovered\n{expected}"));
    }
}
