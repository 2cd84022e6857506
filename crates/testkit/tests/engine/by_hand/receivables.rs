//! `receivables`.

use super::service::{A_CUSTOMER, IN_COUNTRIES, by_country};
use super::*;

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
    // On 04-30 those of a are overdue by 0, 1, 30, 31, 60, 61, 90 and 91 days. One of b is paid
    // before it is overdue by 31 days, the other is by 40 when it is written.
    let history = format!(
        "{A_CUSTOMER}
         invoices:
         customer issued     due        paid       amount
         a        2024-01-01 2024-04-30 -          1
         a        2024-01-01 2024-04-29 -          10
         a        2024-01-01 2024-03-31 -          100
         a        2024-01-01 2024-03-30 -          1000
         a        2024-01-01 2024-03-01 -          10000
         a        2024-01-01 2024-02-29 -          100000
         a        2024-01-01 2024-01-31 -          1000000
         a        2024-01-01 2024-01-30 -          10000000
         b        2024-01-01 2024-01-10 2024-02-10 100000000
         b        2024-04-10 2024-03-01 -          100000000"
    );
    check(
        &history,
        &months("2024-05-01", 90),
        "receivables",
        "period receivables current overdue_1_30 overdue_31_60 overdue_61_90 overdue_over_90
         2024-01-01 111111111 1111111 110000000 0         0        0
         2024-02-01 11111111  111111  11000000  0         0        0
         2024-03-01 11111111  111     11000     1100000   10000000 0
         2024-04-01 111111111 1       110       100011000 1100000  10000000",
    );
    check(
        &history,
        &Settings { grains: vec![Grain::Year], ..months("2024-05-01", 90) },
        "receivables",
        "days overdue_31_60 overdue_61_90\n 121 100011000 1100000",
    );
}

#[test]
fn what_is_open_at_each_close() {
    check(
        &format!(
            "{IN_COUNTRIES}
             invoices:
             customer issued     due        paid       amount
             x        2023-01-01 2023-01-31 2023-01-11 100
             # On the last day of January: no longer open at its end.
             x        2023-01-06 2023-01-21 2023-01-31 50
             # On the first day of February, one day late.
             x        2023-01-11 2023-01-31 2023-02-01 200
             x        2023-01-31 2023-03-02 -          400
             y        2023-02-10 2023-03-12 2023-02-10 800
             y        2023-02-28 2023-02-28 2023-03-12 1600"
        ),
        &by_country(months("2023-03-22", 90)),
        "receivables",
        "segment_value period opening_receivables receivables open_invoices credit_sales invoices \
             dso dso_average dso_countback best_possible_dso paid mean_days_to_pay mean_days_late
         - 2023-01-01 0    600  2 750  4 24.8      12.4      24.8      24.8      2 17.5 10
         - 2023-02-01 600  2000 2 2400 2 23.333333 15.166667 23.333333 23.333333 2 10.5 1
         - 2023-03-01 2000 400  1 0    0 -         -         25.666667 -         1 12   12
         a 2023-01-01 0    600  2 750  4 24.8      12.4      24.8      24.8      2 17.5 10
         a 2023-02-01 600  400  1 0    0 -         -         44.533333 -         1 21   1
         a 2023-03-01 400  400  1 0    0 -         -         65.533333 -         0 -    -
         b 2023-02-01 0    1600 1 2400 2 18.666667 9.333333  18.666667 18.666667 1 0    -
         b 2023-03-01 1600 0    0 0    0 -         -         0         -         1 12   12",
    );
}

#[test]
fn days_of_sales_that_are_owed_by_the_week() {
    // Open at the last close are 212 of invoices of 70, 80 and 100, the newest last.
    check(
        &format!(
            "{A_CUSTOMER}
             invoices:
             customer issued     due        paid       amount
             a        2024-01-01 2024-01-15 2024-01-16 38
             a        2024-01-01 2024-01-15 -          32
             a        2024-01-08 2024-01-15 -          80
             a        2024-01-15 2024-01-15 -          100"
        ),
        &Settings { grains: vec![Grain::Week], ..months("2024-01-22", 90) },
        "receivables",
        "period     credit_sales receivables dso    dso_average dso_countback
         2024-01-01 70           70          7      3.5         7
         2024-01-08 80           150         13.125 9.625       14
         2024-01-15 100          212         14.84  12.67       17.2",
    );
}

#[test]
fn credit_notes_are_not_netted() {
    check(
        &format!(
            "{IN_COUNTRIES}
             invoices:
             customer issued     due        paid       amount
             # In credit in January and, by the unpaid rest, again at the close of March.
             x        2023-01-11 2023-01-11 2023-03-12 -50
             x        2023-01-21 2023-02-20 2023-03-07 49
             x        2023-02-10 2023-03-12 2023-03-02 30
             x        2023-03-17 2023-03-17 -          -1
             # Exactly as much as it owes.
             y        2023-02-05 2023-03-02 -          80
             y        2023-02-06 2023-02-06 -          -80
             # Written and paid out at once: nothing is ever open.
             z        2023-01-06 2023-01-06 2023-01-06 -7"
        ),
        &by_country(months("2023-04-01", 90)),
        "receivables",
        "segment_value period receivables open_invoices credit_sales invoices paid paid_late \
             open_credits customers_in_credit
         - 2023-01-01 49  1 49  1 0 0 50  1
         - 2023-02-01 159 3 110 2 0 0 130 0
         - 2023-03-01 80  1 0   0 2 1 81  1
         a 2023-01-01 49  1 49  1 0 0 50  1
         a 2023-02-01 79  2 30  1 0 0 50  0
         a 2023-03-01 0   0 0   0 2 1 1   1
         b 2023-01-01 0   0 0   0 0 0 0   0
         b 2023-02-01 80  1 80  1 0 0 80  0
         b 2023-03-01 80  1 0   0 0 0 80  0",
    );
}

#[test]
fn what_is_owed_follows_the_days() {
    check(
        &format!(
            "{A_CUSTOMER}
             invoices:
             customer issued     due        paid       amount
             a        2024-01-08 2024-01-09 2024-01-12 5
             a        2024-01-10 2024-01-10 2024-01-10 6
             b        2024-01-09 2024-02-08 -          -4
             b        2024-01-11 2024-01-12 -          3"
        ),
        &Settings { grains: vec![Grain::Day], ..months("2024-01-14", 90) },
        "receivables",
        "period days opening_receivables receivables current overdue_1_30 open_credits \
             customers_in_credit dso dso_countback
         2024-01-08 1 0 5 5 0 0 0 1        1
         2024-01-09 1 5 5 5 0 4 1 -        2
         2024-01-10 1 5 5 0 5 4 1 0.833333 0.833333
         2024-01-11 1 5 8 3 5 4 1 2.666667 1.833333
         2024-01-12 1 8 3 3 0 4 1 -        2
         2024-01-13 1 3 3 0 3 4 1 -        3",
    );
}

#[test]
fn of_rows_with_updates_the_latest_counts() {
    // The payment of 1 bounced, and 2 was corrected to less, paid earlier.
    let history = format!(
        "{A_CUSTOMER}
         invoices:
         customer id issued     paid       amount updated
         a        1  2024-01-05 2024-01-20 100    1
         a        1  2024-01-05 -          100    2
         a        2  2024-01-05 2024-01-25 10     1
         a        2  2024-01-05 2024-01-15 7      2"
    );
    let settings = months("2024-02-01", 90);
    let expected = "period receivables open_invoices credit_sales invoices paid mean_days_to_pay
                    2024-01-01 100 1 107 2 1 10";
    check(&history, &settings, "receivables", expected);
    let left_out = reference(parse_history(&history), &settings).further_left_out;
    assert_eq!(left_out, FurtherLeftOut::from([(("invoices", "superseded"), 2)]));
}

#[test]
fn lines_are_one_invoice() {
    // 1 is of 100, due on the day that one line names, and paid with its last line; 2 is not all paid, and
    // due on 03-01; 3 has a discount.
    let history = format!(
        "{A_CUSTOMER}
         invoices:
         customer id issued     due        paid       amount
         a        1  2024-01-05 2024-01-20 2024-02-01 60
         a        1  2024-01-06 -          2024-02-10 40
         a        2  2024-01-31 -          2024-02-05 70
         a        2  2024-01-31 -          -          30
         b        1  2024-02-10 -          2024-02-10 50
         b        1  2024-02-10 -          2024-02-12 -10"
    );
    let settings = Settings { invoice_lines: true, ..months("2024-03-01", 90) };
    check(
        &history,
        &settings,
        "receivables",
        "period receivables open_invoices credit_sales invoices paid mean_days_to_pay paid_late \
             mean_days_late current overdue_1_30 open_credits
         2024-01-01 200 2 200 2 0 -  0 -  100 100 0
         2024-02-01 100 1 40  1 2 19 1 21 100 0   0",
    );
    let left_out = reference(parse_history(&history), &settings).further_left_out;
    assert_eq!(left_out, FurtherLeftOut::new());
}

#[test]
fn what_is_open_is_what_payments_leave() {
    let history = format!(
        "{A_CUSTOMER}
         invoices:
         customer id issued     due        amount
         a        1  2024-01-05 2024-01-20 100
         a        2  2024-01-31 -          200
         b        1  2024-02-10 2024-02-20 50
         c        9  2024-01-10 -          -80
         payments:
         customer id day        amount
         a        1  2024-01-15 40
         # All of it is paid, after 36 days and 21 late.
         a        1  2024-02-10 60
         a        2  2024-02-01 50
         # Paid on its day, of which the first payment counts too, and 5 beyond it.
         b        1  2024-02-01 20
         b        1  2024-02-10 35
         c        9  2024-02-20 -30
         c        9  2024-03-02 -50
         # Of no invoice: b has no 2, and d none at all.
         b        2  2024-02-01 7
         d        1  2024-02-01 7
         b        1  2024-03-11 1"
    );
    let settings = months("2024-03-11", 90);
    check(
        &history,
        &settings,
        "receivables",
        "period opening_receivables receivables open_invoices credit_sales invoices paid \
             mean_days_to_pay paid_late mean_days_late current overdue_1_30
         2024-01-01 0   260 2 300 2 0 -  0 -  200 60
         2024-02-01 260 150 1 50  1 2 18 1 21 150 0
         2024-03-01 150 150 1 0   0 0 -  0 -  0   150",
    );
    check(
        &history,
        &settings,
        "receivables",
        "period open_credits customers_in_credit overpaid
         2024-01-01 80 1 0
         2024-02-01 50 1 5
         2024-03-01 0  0 5",
    );
    let left_out = reference(parse_history(&history), &settings).further_left_out;
    let expected = [(("payments", "after_as_of"), 1), (("payments", "without_invoice"), 2)];
    assert_eq!(left_out, FurtherLeftOut::from(expected));
}

#[test]
fn payments_that_are_taken_back_open_an_invoice_again() {
    // It was paid once, on 01-10; one of nothing is paid at once.
    let history = format!(
        "{A_CUSTOMER}
         invoices:
         customer id issued     due        amount
         a        1  2024-01-05 2024-02-04 100
         a        2  2024-01-05 2024-02-04 0
         payments:
         customer id day        amount
         a        1  2024-01-10 100
         a        1  2024-02-05 -100
         a        1  2024-03-01 100"
    );
    check(
        &history,
        &months("2024-04-01", 90),
        "receivables",
        "period receivables open_invoices paid mean_days_to_pay overdue_1_30 overpaid
         2024-01-01 0   0 2 2.5 0   0
         2024-02-01 100 1 0 -   100 0
         2024-03-01 0   0 0 -   0   0",
    );
}
