use kohort_model::{Basis, Cause};

use super::people::{OPEN, Person, buys, context, lines, table};
use crate::CHURN_REASONS;

/// Codes of answers and of cancellations in the tests' frame.
const QUALITY: u32 = 0;
const NO_ANSWER: u32 = 1;
const DELIVERY: u32 = 2;
const NO_REASON: u32 = 0;
const PRICE: u32 = 1;
const MOVED: u32 = 2;

fn rows(basis: Basis, people: &[Person], columns: &str) -> Vec<String> {
    lines(&table(&CHURN_REASONS, context(basis), people), ("segment", "all"), columns)
}

#[test]
fn answers_around_the_last_order_and_the_churn_event() {
    // The last order lies on day 10, the churn event on day 15, and answers count 3 days around.
    let cases = [
        (vec![], "none unknown"),
        (vec![(6, QUALITY)], "none unknown"),
        (vec![(7, QUALITY)], "survey quality"),
        (vec![(18, QUALITY)], "survey quality"),
        (vec![(19, QUALITY)], "none unknown"),
        (vec![(8, QUALITY), (12, DELIVERY), (19, QUALITY)], "survey delivery"),
        (vec![(12, DELIVERY), (12, QUALITY)], "survey delivery"),
        (vec![(8, DELIVERY), (12, QUALITY)], "survey quality"),
        (vec![(12, DELIVERY), (12, NO_ANSWER)], "survey delivery"),
        (vec![(8, QUALITY), (12, NO_ANSWER)], "survey quality"),
        (vec![(12, NO_ANSWER)], "none unknown"),
    ];
    for (answers, expected) in cases {
        let people = [Person { answers: answers.clone(), ..buys(&[10]) }];
        let found = rows(Basis::Orders, &people, "source reason cause");
        assert_eq!(found, [format!("{expected} unknown")], "{answers:?}");
    }
}

#[test]
fn what_the_last_orders_were_worth() {
    type Events<'a> = &'a [(i32, i64)];
    // W is 5 days: of a last order on day 10 the days from 6 to 10.
    let cases: [(Events, Events, &str); 4] = [
        (&[(10, 7)], &[], "2 7"),
        (&[(1, 1), (5, 2), (6, 4), (10, 8)], &[], "2 12"),
        (&[(6, 40), (10, 80)], &[(5, -1), (6, -2), (10, -4), (11, -8)], "2 114"),
        (&[(10, 7)], &[(10, -9)], "2 0"),
    ];
    for (orders, refunds, expected) in cases {
        let (orders, refunds) = (orders.to_vec(), refunds.to_vec());
        let people = [Person { orders, refunds, ..Person::default() }];
        assert_eq!(rows(Basis::Orders, &people, "period revenue_lost"), [expected]);
    }
}

#[test]
fn cancellations_come_before_answers() {
    let (voluntary, involuntary, unknown) = (Cause::Voluntary, Cause::Involuntary, Cause::Unknown);
    let cases = [
        ("as cancelled", vec![(10, MOVED, voluntary, Some(4))], "cancellation moved voluntary 1 6"),
        ("afterwards", vec![(10, PRICE, voluntary, Some(12))], "cancellation price voluntary 1 -2"),
        (
            "no reason",
            vec![(10, NO_REASON, involuntary, Some(9))],
            "survey quality involuntary 1 1",
        ),
        ("no end on the day", vec![(9, PRICE, voluntary, None)], "survey quality unknown 0 -"),
        (
            "of several reasons the first",
            vec![
                (10, NO_REASON, voluntary, None),
                (10, PRICE, unknown, None),
                (10, MOVED, unknown, None),
            ],
            "cancellation moved unknown 0 -",
        ),
        (
            "then of causes",
            vec![(10, PRICE, unknown, Some(1)), (10, PRICE, involuntary, None)],
            "cancellation price involuntary 0 -",
        ),
        (
            "then of days",
            vec![
                (10, PRICE, unknown, None),
                (10, PRICE, unknown, Some(7)),
                (10, PRICE, unknown, Some(6)),
            ],
            "cancellation price unknown 1 4",
        ),
    ];
    for (name, ends, expected) in cases {
        let people = [Person {
            paid: vec![(0, 8, 20), (8, 10, 30)],
            ends,
            answers: vec![(13, QUALITY), (14, DELIVERY)],
            ..Person::default()
        }];
        let found = rows(
            Basis::Subscriptions,
            &people,
            "source reason cause with_notice mean_notice_days revenue_lost",
        );
        assert_eq!(found, [format!("{expected} 30")], "{name}");
    }
}

#[test]
fn shares_of_a_period() {
    let paid = |value, end, ends| Person { paid: vec![(0, end, value)], ends, ..Person::default() };
    let end = |reason, cause, cancelled| vec![(8, reason, cause, cancelled)];
    let people = [
        paid(10, 8, end(PRICE, Cause::Voluntary, Some(4))),
        paid(30, 8, end(PRICE, Cause::Voluntary, Some(1))),
        paid(20, 8, end(PRICE, Cause::Involuntary, None)),
        paid(20, 8, end(NO_REASON, Cause::Voluntary, None)),
        Person { answers: vec![(8, DELIVERY)], ..paid(20, 8, Vec::new()) },
        paid(50, OPEN, Vec::new()),
        paid(50, 30, vec![(30, PRICE, Cause::Voluntary, None)]),
    ];
    let columns = "period source reason cause churned churned_total churned_share revenue_lost \
                   revenue_lost_total revenue_lost_share with_notice mean_notice_days is_complete";
    let found = rows(Basis::Subscriptions, &people, columns);
    assert_eq!(
        found,
        [
            "1 cancellation price involuntary 1 5 0.2 20 100 0.2 0 - true",
            "1 cancellation price voluntary 2 5 0.4 40 100 0.4 2 5.5 true",
            "1 none unknown voluntary 1 5 0.2 20 100 0.2 0 - true",
            "1 survey delivery unknown 1 5 0.2 20 100 0.2 0 - true",
        ]
    );
}

#[test]
fn every_churn_event_counts() {
    let people = [buys(&[0, 8, 25]), buys(&[22])];
    let found = rows(Basis::Orders, &people, "period churned churned_share revenue_lost_share");
    assert_eq!(found, ["0 1 1 1", "1 1 1 1", "3 1 1 1"]);
}
