//! Tables of a few invoices by hand. January holds the days 0 to 30, February 31 to 58, March 59
//! to 89.

use kohort_inputs::Invoice;
use kohort_model::{Day, Grain};

use super::RECEIVABLES;
use crate::tests::{Person, assert_overall, assert_text, context, table};

fn invoice(issued: i32, due: i32, paid: Option<i32>, amount: i64) -> Invoice {
    Invoice { issued: Day(issued), due: Some(Day(due)), paid: paid.map(Day), amount }
}

fn owes(slot: u32, invoices: &[Invoice]) -> Person {
    Person { slot, invoices: invoices.to_vec(), ..Person::default() }
}

#[test]
fn what_is_open_at_each_close() {
    let people = [
        owes(
            1,
            &[
                invoice(0, 30, Some(10), 100),
                // Paid on the last day of January: no longer open at its end.
                invoice(5, 20, Some(30), 50),
                // Paid on the first day of February, one day late.
                invoice(10, 30, Some(31), 200),
                invoice(30, 60, None, 400),
            ],
        ),
        owes(2, &[invoice(40, 70, Some(40), 800), invoice(58, 58, Some(70), 1_600)]),
        owes(2, &[]),
    ];
    let found = table(&RECEIVABLES, context(0, 80, Grain::Month), &people);
    assert_text(
        &found,
        "segment_value period days opening_receivables receivables open_invoices credit_sales invoices paid is_complete
         -             0      31   0                   600         2             750          4        2    true
         -             31     28   600                 2000        2             2400         2        2    true
         -             59     21   2000                400         1             0            0        1    false
         a             0      31   0                   600         2             750          4        2    true
         a             31     28   600                 400         1             0            0        1    true
         a             59     21   400                 400         1             0            0        0    false
         b             31     28   0                   1600        1             2400         2        1    true
         b             59     21   1600                0           0             0            0        1    false",
    );
    assert_text(
        &found,
        "segment_value period dso     dso_average dso_countback best_possible_dso mean_days_to_pay paid_late late_share mean_days_late
         -             0      24.8    12.4        24.8          24.8              17.5             1         0.5        10
         -             31     23.3333 15.1667     23.3333       23.3333           10.5             1         0.5        1
         -             59     -       -           25.6667       -                 12               1         1          12
         a             0      24.8    12.4        24.8          24.8              17.5             1         0.5        10
         a             31     -       -           44.5333       -                 21               1         1          1
         a             59     -       -           65.5333       -                 -                0         -          -
         b             31     18.6667 9.3333      18.6667       18.6667           0                0         0          -
         b             59     -       -           0             -                 12               1         1          12",
    );
}

#[test]
fn ages() {
    // At the closes 30, 58 and 89 they are overdue by:
    let ages = [
        (0, 1_000, 1),           // nothing
        (0, 89, 10),             // -, -, 0
        (0, 58, 100),            // -, 0, 31
        (0, 57, 1_000),          // -, 1, 32
        (0, 29, 10_000),         // 1, 29, 60
        (0, 28, 100_000),        // 2, 30, 61
        (5, 0, 1_000_000),       // 30, 58, 89
        (5, -1, 10_000_000),     // 31, 59, 90
        (5, -2, 100_000_000),    // 32, 60, 91
        (30, 30, 1_000_000_000), // 0, 28, 59
    ];
    let invoices = ages.map(|(issued, due, amount)| invoice(issued, due, None, amount));
    // Paid before it is overdue by 31 days.
    let paid = invoice(0, 10, Some(45), 7);
    let people = [owes(1, &invoices), owes(2, &[paid])];
    let found = table(&RECEIVABLES, context(0, 90, Grain::Month), &people);
    assert_overall(
        &found,
        "period current    overdue_1_30 overdue_31_60 overdue_61_90 overdue_over_90 receivables
         0      1000001111 1110007      110000000     0             0               1111111118
         31     111        1000111000   111000000     0             0               1111111111
         59     11         0            1000011100    11100000      100000000       1111111111",
    );
}

#[test]
fn days_of_sales_that_are_owed() {
    // Open at the close of March are 212 of invoices of 70, 80 and 100, the newest last, on
    // calendar months and on weeks of Mondays, days 4, 11 and 18.
    let of = |days: [i32; 3]| {
        let [old, middle, new] = days;
        let paid = Some(new + 1);
        [owes(
            1,
            &[
                invoice(old, new, paid, 38),
                invoice(old, new, None, 32),
                invoice(middle, new, None, 80),
                invoice(new, new, None, 100),
            ],
        )]
    };
    let months = table(&RECEIVABLES, context(0, 90, Grain::Month), &of([3, 31, 59]));
    assert_overall(
        &months,
        "period credit_sales receivables dso   dso_average dso_countback
         0      70           70          31    15.5        31
         31     80           150         52.5  38.5        59
         59     100          212         65.72 56.11       73.1714",
    );
    let weeks = table(&RECEIVABLES, context(4, 25, Grain::Week), &of([4, 11, 18]));
    assert_overall(
        &weeks,
        "period credit_sales receivables dso    dso_average dso_countback
         4      70           70          7      3.5         7
         11     80           150         13.125 9.625       14
         18     100          212         14.84  12.67       17.2",
    );
}

#[test]
fn credit_notes_are_not_netted() {
    let people = [
        // In credit in January and, by the unpaid rest, again at the close of March.
        owes(
            1,
            &[
                invoice(10, 10, Some(70), -50),
                invoice(20, 50, Some(65), 49),
                invoice(40, 70, Some(60), 30),
                invoice(75, 75, None, -1),
            ],
        ),
        // Exactly as much as it owes.
        owes(2, &[invoice(35, 60, None, 80), invoice(36, 36, None, -80)]),
        // Written and paid out at once: nothing is ever open.
        owes(2, &[invoice(5, 5, Some(5), -7)]),
    ];
    let found = table(&RECEIVABLES, context(0, 90, Grain::Month), &people);
    assert_text(
        &found,
        "segment_value period receivables open_invoices credit_sales invoices paid paid_late open_credits customers_in_credit
         -             0      49          1             49           1        0    0         50           1
         -             31     159         3             110          2        0    0         130          0
         -             59     80          1             0            0        2    1         81           1
         a             0      49          1             49           1        0    0         50           1
         a             31     79          2             30           1        0    0         50           0
         a             59     0           0             0            0        2    1         1            1
         b             0      0           0             0            0        0    0         0            0
         b             31     80          1             80           1        0    0         80           0
         b             59     80          1             0            0        0    0         80           0",
    );
}

#[test]
fn the_state_follows_the_days() {
    // Days 7 to 12; the last period is not over until it is.
    let people = [
        owes(1, &[invoice(7, 8, Some(11), 5), invoice(9, 9, Some(9), 6)]),
        owes(2, &[invoice(8, 38, None, -4), invoice(10, 11, None, 3)]),
    ];
    let found = table(&RECEIVABLES, context(7, 13, Grain::Day), &people);
    assert_overall(
        &found,
        "period days opening_receivables receivables current overdue_1_30 open_credits customers_in_credit dso dso_countback
         7      1    0                   5           5       0            0            0                   1   1
         8      1    5                   5           5       0            4            1                   -   2
         9      1    5                   5           0       5            4            1                   0.8333 0.8333
         10     1    5                   8           3       5            4            1                   2.6667 1.8333
         11     1    8                   3           3       0            4            1                   -   2
         12     1    3                   3           0       3            4            1                   -   3",
    );
}
