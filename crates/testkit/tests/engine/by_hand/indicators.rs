//! `churn_indicators`.

use super::*;

/// Subscribers who all started with the year; of February those churned who are said to leave.
fn subscribers(leaving: &[&str], staying: &[&str]) -> String {
    let mut lines = vec!["subscriptions:\ncustomer subscription started ended value".to_owned()];
    let line = |who: &&str, ended: &str| format!("{who} s 2024-01-01 {ended} 10");
    lines.extend(leaving.iter().map(|who| line(who, "2024-02-10")));
    lines.extend(staying.iter().map(|who| line(who, "-")));
    lines.join("\n") + "\n"
}

#[test]
fn what_tells_who_leaves() {
    // The window of February is 01-02 to 01-31. In classes, leave 0, 2.24 and 2.56, and stay 0,
    // 3.2 and 6.4: of nine pairs two and a half are right.
    check(
        &format!(
            "{}engagement:
             customer day        kind  value
             a        2024-01-01 login 1000
             b        2024-01-02 login 300
             b        2024-02-01 login 900
             c        2024-01-15 login 50
             c        2024-01-31 login 300
             e        2024-01-20 login 250
             f        2024-01-20 login 700",
            subscribers(&["a", "b", "e"], &["c", "d", "f"])
        ),
        &subscribed("2024-03-01", 0),
        "churn_indicators",
        "grain signal observations churned with_signal mean_level_churned mean_level_stayed \
             threshold exposed exposed_churned unexposed unexposed_churned odds_ratio \
             odds_ratio_low odds_ratio_high auc
         month login 6 3 4 1.833333 3.5 2.56 3 1 3 2 0.25 0.008387 7.451854 0.277778",
    );
}

#[test]
fn levels_are_compared_in_classes() {
    // Hundredths, and the smallest level of the class above.
    let cases = [
        (0, "0.01"),
        (6, "0.07"),
        (7, "0.08"),
        (8, "0.1"),
        (9, "0.1"),
        (10, "0.12"),
        (15, "0.16"),
        (16, "0.2"),
        (100, "1.12"),
        (1000, "10.24"),
    ];
    for (level, threshold) in cases {
        let history = format!(
            "{}engagement:
             customer day kind value
             other 2024-01-01 login 100
             a 2024-01-15 login {level}",
            subscribers(&[], &["a"])
        );
        let columns = "threshold exposed mean_level_churned odds_ratio odds_ratio_low auc";
        let expected = format!("{columns}\n{threshold} 0 - - - -");
        check(&history, &subscribed("2024-03-01", 0), "churn_indicators", &expected);
    }
}

#[test]
fn other_inputs_give_signals() {
    let cases = [
        // (input, columns, rows, signal, level); the window is 01-02 to 01-31.
        ("invoices", "issued due paid amount", "2024-01-01 2024-01-10 - 5", "late_payments 1"),
        ("invoices", "issued due paid amount", "2024-01-01 2024-01-30 - 5", "late_payments 1"),
        ("invoices", "issued due paid amount", "2024-01-01 2024-01-31 - 5", "late_payments 0"),
        (
            "invoices",
            "issued due paid amount",
            "2024-01-01 2024-01-01 2024-01-02 5",
            "late_payments 0",
        ),
        (
            "invoices",
            "issued due paid amount",
            "2024-01-01 2024-01-01 2024-01-03 5",
            "late_payments 1",
        ),
        ("invoices", "issued due paid amount", "2024-01-01 2024-01-10 - -5", "late_payments 0"),
        // Late on 01-01 alone.
        (
            "invoices",
            "issued due paid amount",
            "2023-12-01 2023-12-31 2024-01-02 5",
            "late_payments 0",
        ),
        // It was due before there was one.
        ("invoices", "issued due paid amount", "2024-01-31 2024-01-10 - 5", "late_payments 1"),
        ("invoices", "issued due paid amount", "2024-02-01 2024-01-10 - 5", "late_payments 0"),
        ("returns", "order day units", "1 2024-01-02 5\n a 1 2024-01-02 5", "product_returns 2"),
        ("returns", "order day units", "1 2024-01-01 5\n a 1 2024-02-01 5", "product_returns 0"),
        ("surveys", "day score", "2024-01-02 6\n a 2024-01-02 7", "low_scores 1"),
        ("surveys", "day score", "2024-01-31 6\n a 2024-01-01 6\n a 2024-02-01 6", "low_scores 1"),
    ];
    for (input, columns, row, expected) in cases {
        let other = match input {
            "invoices" => "2023-12-01 - - 1",
            "returns" => "1 2023-12-01 1",
            _ => "2023-12-01 0",
        };
        // Returns are of what was bought.
        let lines = match input {
            "returns" => "order_lines:\ncustomer order day product\nother 1 2023-12-01 x\n",
            _ => "",
        };
        let history = format!(
            "{}{lines}{input}:\ncustomer {columns}\nother {other}\na {row}",
            subscribers(&[], &["a"])
        );
        let expected = format!("signal mean_level_stayed\n{expected}");
        check(&history, &subscribed("2024-03-01", 0), "churn_indicators", &expected);
    }
}

#[test]
fn signals_of_one_name_are_added_up() {
    let history = |engagement: &str| {
        format!(
            "{}engagement:
             customer day kind value
             a {engagement} other 100
             a 2024-02-10 low_scores 50
             surveys:
             customer day score
             other 2023-12-01 9
             a 2024-02-20 0",
            subscribers(&[], &["a"])
        )
    };
    let columns = "signal observations mean_level_stayed";
    let cases = [
        // February and March, of which only the window of March (01-31 on) has something.
        ("2024-01-02", "low_scores 2 0.75\n other 2 0.5"),
        // Nobody knows what engaged people before 01-03.
        ("2024-01-03", "low_scores 1 1.5\n other 1 0"),
    ];
    for (engagement, expected) in cases {
        let (history, settings) = (history(engagement), subscribed("2024-04-01", 0));
        check(&history, &settings, "churn_indicators", &format!("{columns}\n{expected}"));
    }
}

#[test]
fn who_is_observed_and_who_churned() {
    // a is there when February begins, and leaves on that day; b leaves in March; c is not there when
    // the month begins that it starts with, and leaves on the first of March; d stays; e comes and
    // goes between two openings; f leaves in May, which is not over.
    let history = "subscriptions:
                   customer subscription started    ended      value
                   a        x            2023-01-04 2023-02-01 10
                   b        x            2023-01-01 2023-03-02 10
                   c        x            2023-02-01 2023-03-01 10
                   d        x            2023-01-06 -          10
                   e        x            2023-02-02 2023-02-10 10
                   f        x            2023-03-02 2023-05-06 10
                   engagement:
                   customer day        kind  value
                   a        2023-01-31 click 500
                   a        2023-02-01 click 900
                   b        2023-01-02 click 200
                   b        2023-02-28 click 100
                   c        2023-01-03 click 100
                   d        2023-04-01 click 5000
                   e        2023-02-03 click 100
                   e        2023-05-11 later 100";
    // Before February the levels are 5 (a), 2 (b) and 0 (d), before March 1 (b) and twice 0 (c, d),
    // before April twice 0 (d, f). Nobody knows of what begins with as_of.
    check(
        history,
        &subscribed("2023-05-11", 0),
        "churn_indicators",
        "signal observations churned with_signal mean_level_churned mean_level_stayed threshold \
             exposed exposed_churned unexposed unexposed_churned odds_ratio auc
         click  8 3 3 2 0.4 0.01 3 2 5 1 8 0.733333",
    );
    let cases = [
        // April is complete when a gap at its end cannot be bridged any more, and February when it
        // does not begin within so many days of the history.
        (None, 10, "8 3 3"),
        (None, 11, "6 3 3"),
        (Some("2023-01-21"), 11, "6 3 3"),
        (Some("2023-01-21"), 12, "3 2 1"),
    ];
    for (start, gap, expected) in cases {
        let history_start = start.map(day);
        let settings = Settings { history_start, ..subscribed("2023-05-11", gap) };
        let expected = format!("observations churned with_signal\n{expected}");
        check(history, &settings, "churn_indicators", &expected);
    }
}

#[test]
fn an_observation_is_a_customer_at_an_opening() {
    // W is 31 days: a leaves on 02-10, b was there when March began and leaves in it, but the month
    // is not over.
    check(
        "customer day        value country
         a        2024-01-10 1     DE
         b        2024-01-20 1     DE
         b        2024-02-10 1     FR
         engagement:
         customer day        kind
         b        2023-12-01 visit
         b        2024-01-31 visit",
        &Settings { segments: vec![("country", SegmentAt::Order)], ..months("2024-03-20", 31) },
        "churn_indicators",
        "segment segment_value observations churned with_signal
         all     -  2 1 1
         country DE 2 2 1",
    );
}
