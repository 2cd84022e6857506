use kohort_inputs::Touch;
use kohort_model::{Basis, Context};

use super::people::{BASKET, PAY, Person, VIEW, context, does, in_cart, lines, table, touch};
use crate::{CARTS, LOST_SALES};

fn of_all(people: &[Person], columns: &str) -> Vec<String> {
    lines(&table(&CARTS, context(), people), ("segment", "all"), columns)
}

/// The first row.
fn first(person: Person, columns: &str) -> String {
    of_all(&[person], columns).remove(0)
}

#[test]
fn what_becomes_of_a_cart() {
    let e = in_cart;
    let cases = [
        ("purchased", vec![e(0, 1, BASKET, None), e(0, 2, PAY, None)], "1 1 0 0"),
        ("the window's end counts", vec![e(0, 1, VIEW, None), e(0, 25, PAY, None)], "1 1 0 0"),
        ("too late", vec![e(0, 1, VIEW, None), e(0, 26, PAY, None)], "1 0 0 1"),
        ("at once", vec![e(0, 1, PAY, None)], "1 1 0 0"),
        (
            "left and taken up again",
            vec![e(0, 1, BASKET, None), e(0, 40, BASKET, None), e(0, 90, VIEW, None)],
            "1 0 0 1",
        ),
        (
            "purchased after a second start is too late",
            vec![e(0, 1, BASKET, None), e(0, 40, BASKET, None), e(0, 41, PAY, None)],
            "1 0 0 1",
        ),
        ("two carts", vec![e(0, 1, BASKET, None), e(1, 1, BASKET, None)], "2 0 0 2"),
        ("another cart's purchase", vec![e(0, 1, BASKET, None), e(1, 2, PAY, None)], "2 1 0 1"),
        ("the window is over", vec![e(0, 695, BASKET, None)], "1 0 0 1"),
        ("the window is open", vec![e(0, 696, BASKET, None)], "1 0 1 0"),
        ("purchased in an open window", vec![e(0, 700, PAY, None)], "1 1 0 0"),
        (
            "on two devices",
            vec![e(0, 1, BASKET, None), Touch { visitor: 2, ..e(0, 9, PAY, None) }],
            "1 1 0 0",
        ),
    ];
    for (name, touches, expected) in cases {
        let found = first(does(touches), "created purchased open abandoned");
        assert_eq!(found, expected, "{name}");
    }
    assert!(of_all(&[does(vec![touch(1, VIEW)])], "created").is_empty());
}

#[test]
fn values_of_carts() {
    let e = in_cart;
    // created, purchased, abandoned, without
    let cases = [
        ("the newest", vec![e(0, 1, VIEW, Some(5)), e(0, 2, BASKET, Some(7))], "7 0 7 0"),
        ("that is known", vec![e(0, 1, VIEW, Some(5)), e(0, 2, BASKET, None)], "5 0 5 0"),
        (
            "of one instant the later step's",
            vec![e(0, 1, VIEW, Some(9)), e(0, 1, BASKET, Some(7))],
            "7 0 7 0",
        ),
        ("of one step the larger", vec![e(0, 1, VIEW, Some(9)), e(0, 1, VIEW, Some(7))], "9 0 9 0"),
        ("up to the purchase", vec![e(0, 1, PAY, Some(5)), e(0, 2, BASKET, Some(7))], "5 5 0 0"),
        (
            "up to the window's end",
            vec![e(0, 1, VIEW, Some(5)), e(0, 25, VIEW, Some(6)), e(0, 26, VIEW, Some(7))],
            "6 0 6 0",
        ),
        ("none", vec![e(0, 1, VIEW, None)], "0 0 0 1"),
        ("none in time", vec![e(0, 1, VIEW, None), e(0, 26, VIEW, Some(7))], "0 0 0 1"),
    ];
    for (name, touches, expected) in cases {
        let columns = "created_value purchased_value abandoned_value without_value";
        assert_eq!(first(does(touches), columns), expected, "{name}");
    }
}

#[test]
fn purchases_that_recover_carts() {
    let e = in_cart;
    // A cart of day 0 is lost on day 1 and can be recovered up to day 6.
    let one = || vec![e(0, 1, BASKET, Some(10))];
    let with = |touch: Touch| [one(), vec![touch]].concat();
    // Created on days 0 and 3, so lost on days 1 and 4.
    let two = || [one(), vec![e(1, 73, BASKET, Some(20))]].concat();
    let same_day = || [one(), vec![e(1, 9, BASKET, Some(20))]].concat();
    let cases: [(&str, Vec<Touch>, &[i32], &str); 20] = [
        ("never", one(), &[], "0 0 0"),
        ("on the day of the loss", one(), &[1], "0 0 0"),
        ("on the day after", one(), &[2], "1 0 10"),
        ("on the last day", one(), &[6], "1 0 10"),
        ("too late", one(), &[7], "0 0 0"),
        ("before and too late", one(), &[0, 1, 7], "0 0 0"),
        ("an event of the cart", with(e(0, 26, PAY, None)), &[], "1 0 10"),
        ("of another cart", with(e(7, 26, PAY, None)), &[], "1 0 10"),
        ("without a cart", with(touch(26, PAY)), &[], "1 0 10"),
        ("of another visitor", with(Touch { visitor: 9, ..touch(26, PAY) }), &[], "1 0 10"),
        ("in the window", with(touch(25, PAY)), &[], "0 0 0"),
        ("of another step", with(touch(26, BASKET)), &[], "0 0 0"),
        ("on the last day, an event", with(touch(6 * 24 + 23, PAY)), &[], "1 0 10"),
        ("too late, an event", with(touch(7 * 24, PAY)), &[], "0 0 0"),
        ("one purchase, two losses", two(), &[5], "1 0 20"),
        ("on the day of the next loss", two(), &[4], "1 0 10"),
        ("one after each loss", two(), &[3, 5], "2 0 30"),
        ("losses of one day", same_day(), &[2, 3], "1 0 20"),
        ("between losses of one day", [same_day(), vec![touch(30, PAY)]].concat(), &[], "1 0 10"),
        (
            "at the end of the next window",
            [same_day(), vec![touch(33, PAY)]].concat(),
            &[3],
            "2 0 30",
        ),
    ];
    for (name, touches, days, expected) in cases {
        let found = first(does(touches).buying(days), "recovered recovery_open recovered_value");
        assert_eq!(found, expected, "{name}");
    }
    // Lost on day 25, with days up to 30 to come back; on day 24 with days up to 29.
    for (hour, expected) in [(24 * 24 + 1, "0 1 0"), (23 * 24 + 1, "0 0 0")] {
        let found =
            first(does(vec![e(0, hour, VIEW, None)]), "recovered recovery_open recovered_value");
        assert_eq!(found, expected, "{hour}");
    }
}

#[test]
fn rates_and_periods_of_carts() {
    let e = in_cart;
    let touches = vec![
        e(0, 170, BASKET, Some(10)),
        e(1, 171, PAY, Some(20)),
        e(2, 172, VIEW, None),
        e(3, 173, VIEW, Some(40)),
        e(4, 174, VIEW, Some(80)),
        e(5, 690, VIEW, Some(160)),
    ];
    assert_eq!(
        of_all(
            &[does(touches).buying(&[9])],
            "period created abandoned recovered abandonment_rate recovery_rate created_value is_complete",
        ),
        [
            "1 5 4 1 0.8 0.25 150 true",
            "2 0 0 0 - - 0 true",
            "3 0 0 0 - - 0 true",
            "4 1 1 0 1 0 160 false",
        ]
    );
    let late = Context { as_of: kohort_model::Day(28), ..context() };
    let found = table(&CARTS, late, &[does(vec![e(0, 500, VIEW, None)])]);
    let found = lines(&found, ("segment", "all"), "period is_complete");
    assert_eq!(found[..2], ["2 true", "3 false"], "the window of week 3 is not over");
}

#[test]
fn carts_among_lost_sales() {
    let e = in_cart;
    let people = [
        // Enters at the second step, and gets no further; lost on day 1 and recovered.
        does(vec![e(0, 1, BASKET, Some(10)), e(0, 3, VIEW, None)]).buying(&[3]),
        // Skips a step.
        does(vec![e(0, 1, VIEW, Some(20)), e(0, 2, PAY, None)]),
        // Turns back.
        does(vec![e(0, 1, VIEW, Some(40)), e(0, 2, BASKET, None), e(0, 3, VIEW, None)]),
        // What comes after the window does not count.
        does(vec![e(0, 1, VIEW, Some(80)), e(0, 30, BASKET, Some(90))]),
    ];
    let context = Context { basis: Basis::Subscriptions, lapse_days: 0, ..context() };
    let table = table(&LOST_SALES, context, &people);
    let columns = "source breakdown breakdown_value attempts won open lost stopped recovered \
                   conversion_rate attempted_value won_value lost_value stopped_value \
                   net_lost_value expected_lost_value";
    assert_eq!(
        lines(&table, ("segment period buyer", "all 0 prospect"), columns),
        [
            "carts total - 4 1 0 3 - 1 0.25 150 20 130 - 120 30",
            "carts reason unknown 3 - - 3 - 1 - 130 - 130 - 120 30",
            "carts stage view 3 1 0 2 1 0 0.3333 140 20 120 80 120 40",
            "carts stage basket 3 1 0 2 2 1 0.3333 70 20 50 50 40 13",
            "carts stage pay 1 1 0 0 0 0 1 20 20 0 0 0 0",
        ]
    );
    let customers = lines(&table, ("segment buyer", "all customer"), "period breakdown attempts");
    assert_eq!(customers, ["0 total 0", "1 total 0", "2 total 0", "3 total 0", "4 total 0"]);
    // With subscriptions nothing is told of orders.
    assert!(lines(&table, ("source", "orders"), "period").is_empty());
}
