//! Reasons of `lost_sales` that answers tell.

use super::*;

const COLUMNS: &str = "breakdown_value lost lost_value";

fn reasons(history: &str, source: &str) -> Vec<NaiveRow> {
    let settings = Settings { lost_survey_window_days: 10, ..months("2024-03-01", 90) };
    let reference = reference(parse_history(history), &settings);
    pick(&reference.tables["lost_sales"], &[("source", source), ("breakdown", "reason")])
}

#[test]
fn answers_speak_where_orders_are_silent() {
    // The value of each is a power of two: the sum tells whose it is.
    let history = "customer day        value status reason
         a        2024-01-05 1     lost   -
         # What the row says holds.
         a        2024-01-06 2     lost   moved
         # The answer of another day is about this one.
         a        2024-01-20 4     lost   -
         b        2024-01-05 8     lost   -
         c        2024-01-05 16    lost   -
         d        2024-01-05 32    lost   -
         e        2024-01-05 64    lost   \"\"
         f        2024-01-05 128   lost   unknown
         surveys:
         customer day        lost_reason reason
         a        2024-01-04 early       -
         a        2024-01-06 price       -
         a        2024-01-08 late        -
         a        2024-01-21 stock       -
         # Ten days later, and eleven.
         b        2024-01-15 size        -
         c        2024-01-16 size        -
         # The smaller text of one day.
         d        2024-01-05 z           -
         d        2024-01-05 colour      -
         e        2024-01-06 -           -
         e        2024-01-07 unknown     -
         e        2024-01-08 price       -
         # Why it left is another question, and nobody knows who the last one is.
         f        2024-01-06 -           price
         -        2024-01-06 price       -";
    assert_text(
        &reasons(history, "orders"),
        &format!(
            "{COLUMNS}
             colour  1 32
             moved   1 2
             price   2 65
             size    1 8
             stock   1 4
             unknown 2 144"
        ),
    );
    let left_out = reference(parse_history(history), &months("2024-03-01", 90)).further_left_out;
    assert_eq!(left_out, FurtherLeftOut::from([(("surveys", "anonymous"), 1)]));
}

#[test]
fn answers_about_opportunities_and_carts() {
    let history = "orders:
         surveys:
         customer day        lost_reason
         a        2024-01-09 early
         a        2024-01-12 stock
         # From the day on which the cart was left, a day before it was lost, to ten days after that.
         b        2024-01-05 shipping
         c        2024-01-16 price
         d        2024-01-17 price
         opportunities:
         buyer created    closed     outcome reason value
         a     2024-01-01 2024-01-10 lost    -      1
         a     2024-01-01 2024-01-11 lost    price  2
         touchpoints:
         visitor day              step cart value customer
         b       2024-01-05T10:00 cart b    1     b
         c       2024-01-05T10:00 cart c    2     c
         d       2024-01-05T10:00 cart d    4     d
         # Who did this is not known, and so is not why.
         a       2024-01-09T10:00 cart e    8     -";
    assert_text(&reasons(history, "opportunities"), &format!("{COLUMNS}\nprice 1 2\nstock 1 1"));
    assert_text(
        &reasons(history, "carts"),
        &format!("{COLUMNS}\nprice 1 2\nshipping 1 1\nunknown 2 12"),
    );
}
