//! `churn_reasons`.

use super::*;

const COLUMNS: &str = "period source reason cause churned churned_total churned_share revenue_lost \
                       revenue_lost_total revenue_lost_share with_notice mean_notice_days";

#[test]
fn cancellations_tell_why() {
    check(
        "subscriptions:
         customer subscription started    ended      value reason cause       cancelled
         a        x            2024-01-05 2024-02-10 50    price  voluntary   2024-02-01
         b        x            2024-01-05 2024-02-20 30    price  voluntary   2024-02-23
         c        x            2024-01-05 2024-02-25 20    -      involuntary -
         d        x            2024-01-05 2024-02-25 100   moved  voluntary   -
         d        y            2024-01-05 -          10    -      unknown     -
         e        x            2024-01-05 2024-04-01 10    price  voluntary   -
         f        x            2024-01-05 2024-02-10 100   price  involuntary -
         surveys:
         customer day        reason
         a        2024-02-10 boring",
        &subscribed("2024-04-01", 0),
        "churn_reasons",
        // Who keeps a subscription has not left, nor has who leaves on as_of, and answers do not
        // count beside a reason; 9 days before and 3 after make 3 on average.
        &format!(
            "{COLUMNS} is_complete
             2024-02-01 cancellation price   involuntary 1 4 0.25 100 200 0.5 0 - true
             2024-02-01 cancellation price   voluntary   2 4 0.5  80  200 0.4 2 3 true
             2024-02-01 none         unknown involuntary 1 4 0.25 20  200 0.1 0 - true"
        ),
    );
}

#[test]
fn several_subscriptions_end_on_one_day() {
    let cases = [
        // Reasons as texts, then the cause, then the earlier notice.
        ("b voluntary -", "a involuntary 2024-02-01", "cancellation a involuntary 1 9"),
        ("a involuntary -", "a voluntary 2024-02-01", "cancellation a voluntary 1 9"),
        ("a voluntary 2024-02-05", "a voluntary 2024-02-01", "cancellation a voluntary 1 9"),
        ("a voluntary -", "a voluntary 2024-02-01", "cancellation a voluntary 1 9"),
        // Unknown comes last.
        ("- voluntary 2024-02-01", "z unknown -", "cancellation z unknown 0 -"),
        ("- voluntary 2024-02-01", "\"\" involuntary -", "none unknown voluntary 1 9"),
    ];
    for (one, other, expected) in cases {
        let history = format!(
            "subscriptions:
             customer subscription started ended value reason cause cancelled
             a x 2024-01-05 2024-02-10 50 {one}
             a y 2024-01-05 2024-02-10 50 {other}"
        );
        let columns = "source reason cause with_notice mean_notice_days";
        let settings = subscribed("2024-03-01", 0);
        check(&history, &settings, "churn_reasons", &format!("{columns}\n{expected}"));
    }
}

#[test]
fn only_the_span_that_stands_at_the_end_tells() {
    check(
        // The older row was replaced; a trial has no say; the customer left with a free plan.
        "subscriptions:
         customer subscription started    ended      value reason
         a        x            2024-01-05 2024-02-10 50    old
         a        x            2024-01-20 2024-02-10 60    young
         a        t            2024-01-20 2024-02-10 0     a
         b        x            2024-01-05 2024-03-10 50    later
         b        x            2024-02-20 -          0     -",
        &subscribed("2024-03-01", 0),
        "churn_reasons",
        "source       reason  churned revenue_lost
         cancellation young   1       60
         none         unknown 1       50",
    );
}

#[test]
fn answers_speak_where_cancellations_are_silent() {
    let cases = [
        // (day and reason of answers, source, reason); the churn event is on the 10th.
        (vec!["2024-02-05 a"], "survey a"),
        (vec!["2024-02-04 a"], "none unknown"),
        (vec!["2024-02-15 a"], "survey a"),
        (vec!["2024-02-16 a"], "none unknown"),
        (vec!["2024-02-09 a", "2024-02-11 b"], "survey b"),
        (vec!["2024-02-11 b", "2024-02-11 a"], "survey a"),
        (vec!["2024-02-09 a", "2024-02-16 b"], "survey a"),
        (vec!["2024-02-09 a", "2024-02-11 -"], "survey a"),
        (vec!["2024-02-09 a", "2024-02-11 unknown"], "survey a"),
        (vec!["2024-02-11 \"\""], "none unknown"),
    ];
    for (answers, expected) in cases {
        let answers = answers.join("\na ");
        let history = format!(
            "subscriptions:
             customer subscription started    ended      value cause     cancelled
             a        x            2024-01-05 2024-02-10 50    voluntary 2024-02-08
             surveys:
             customer day reason
             b 2024-02-10 other
             a {answers}"
        );
        let settings = Settings { survey_window_days: 5, ..subscribed("2024-03-01", 0) };
        // The cause and the notice are those of the subscription.
        let expected = format!("source reason cause mean_notice_days\n{expected} voluntary 2");
        check(&history, &settings, "churn_reasons", &expected);
    }
}

#[test]
fn who_stops_ordering_may_say_why() {
    // The last order is on 02-01, the churn event on 03-02.
    let history = |said: &str| {
        format!(
            "customer day        value
             a        2024-01-02 1000
             a        2024-01-03 300
             a        2024-01-02 -7
             a        2024-01-31 -100
             a        2024-02-01 50
             a        2024-02-02 -3
             b        2024-01-20 10
             b        2024-01-19 -50
             c        2023-11-01 4
             c        2024-01-01 5
             surveys:
             customer day reason
             a {said} price"
        )
    };
    let settings = Settings { survey_window_days: 5, ..months("2024-03-15", 30) };
    // Orders and refunds from 01-03 to 02-01; below zero is no loss; c leaves twice.
    let cases = [
        // Around the last order and the churn event.
        ("2024-01-26", "none unknown"),
        ("2024-01-27", "survey price"),
        ("2024-03-07", "survey price"),
        ("2024-03-08", "none unknown"),
    ];
    for (said, why) in cases {
        let expected = format!(
            "period source reason cause churned revenue_lost revenue_lost_share with_notice
             2023-12-01 none unknown unknown 1 4 1 0
             2024-01-01 none unknown unknown 1 5 1 0
             2024-02-01 none unknown unknown 1 0 - 0
             2024-03-01 {why} unknown 1 250 1 0"
        );
        check(&history(said), &settings, "churn_reasons", &expected);
    }
    // An answer on as_of is not known yet, and without answers there is no table.
    let reference_of = |text: &str| reference(parse_history(text), &settings);
    let late = reference_of(&history("2024-03-15"));
    assert_eq!(late.further_left_out, FurtherLeftOut::from([(("surveys", "after_as_of"), 1)]));
    assert!(pick(&late.tables["churn_reasons"], &[("source", "survey")]).is_empty());
    assert!(
        !reference_of("customer day value\n a 2024-01-02 1").tables.contains_key("churn_reasons")
    );
}
