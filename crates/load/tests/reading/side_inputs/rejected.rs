//! What is wrong with some rows.

use std::collections::BTreeMap;

use kohort_load::{Needs, open};
use kohort_model::Input;

use super::{source, table};
use crate::support::{ALL, Folder, NOW, Nothing, read};

/// An input, its rows, and those that are accepted and rejected.
const CASES: [(Input, &str, &[&str], &[&str]); 9] = [
    (
        Input::Surveys,
        "id:int at:date    why score:float
         -      2024-01-01 -   11
         2      2024-01-01 -   7.5
         3      2024-01-01 -   11
         4      2024-01-01 -   -1
         5      2024-01-01 -   nan
         6      2099-01-01 -   11
         7      2099-01-01 -   1
         8      2024-01-01 -   -0.0
         -      2024-01-01 -   7
         9      -          -   7",
        &["8 2024-01-01 score=0 reason=unknown", "2024-01-01 score=7 reason=unknown"],
        &[
            "0 score score_out_of_range 11.0",
            "1 score score_out_of_range 7.5",
            "2 score score_out_of_range 11.0",
            "3 score score_out_of_range -1.0",
            "4 score score_out_of_range NaN",
            "5 score score_out_of_range 11.0",
            "6 answered_at in_future 2099-01-01",
            "9 answered_at null_time NULL",
        ],
    ),
    (
        Input::Touchpoints,
        "id at:date      step cart:int value:float who:int
         -  -            view -        -           -
         v1 -            view -        nan         -
         v2 +10000-01-01 view -        -           -
         v3 2024-01-01   view -        nan         -
         v4 2024-01-01   view -        -inf        -
         v5 2024-01-01   view -        -0.001      -
         v6 2024-01-01   view -        -1e300      -
         v7 2099-01-01   view -        -           -
         v8 2024-01-01   view 1        -0.0        3",
        &["v8 2024-01-01 0 order=1 other=3 view"],
        &[
            "0 visitor_id null_visitor_id NULL",
            "1 occurred_at null_time NULL",
            "2 occurred_at unreadable_time +10000-01-01",
            "3 value unreadable_amount NaN",
            "4 value unreadable_amount -inf",
            "5 value negative_amount -0.001",
            "6 value negative_amount -1e300",
            "7 occurred_at in_future 2099-01-01",
        ],
    ),
    (
        Input::Identities,
        "id who:int
         -  -
         v1 -
         v2 5",
        &["v2 other=5"],
        &["0 visitor_id null_visitor_id NULL", "1 customer_id null_customer_id NULL"],
    ),
    (
        Input::Opportunities,
        "id:int deal at:date    closed:date  outcome   stage value:money why  rival
         -      -    2024-01-01 -            done      -     1.00        -    -
         2      -    -          -            done      -     1.00        -    -
         3      d3   -          +10000-01-01 done      -     1.00        -    -
         4      d4   2024-01-01 +10000-01-01 done      -     -           -    -
         5      d5   2024-01-01 -            won       -     -           -    -
         6      d6   2024-01-01 -            won       -     -0.01       -    -
         7      d7   2024-01-01 -            won       -     1.00        -    -
         8      d8   2024-01-01 2024-01-01   -         -     1.00        -    -
         9      d9   2099-01-01 -            ''        -     1.00        -    -
         10     d10  2099-01-01 -            -         -     1.00        -    -
         11     d11  2024-01-01 -            -         -     1.00        -    -
         12     d12  2024-01-01 -            done      -     1.00        -    -
         13     d13  -          -            -         -     1.00        -    -
         14     d14  -          2024-01-01   -         -     1.00        -    -",
        &[
            // What is open need not have a day.
            "13 undated 100 order=d13 kind=2 closed=never reason=unknown (none) (none)",
            "11 2024-01-01 100 order=d11 kind=2 closed=never reason=unknown (none) (none)",
            "12 2024-01-01 100 order=d12 closed=never reason=unknown (none) (none)",
        ],
        &[
            "0 buyer null_customer_id NULL",
            "1 opportunity_id null_order_id NULL",
            "2 created_at null_time NULL",
            "3 closed_at unreadable_time +10000-01-01",
            "4 value unreadable_amount NULL",
            "5 value negative_amount -0.01",
            "6 outcome unknown_status won",
            "7 outcome unknown_status NULL",
            "8 outcome unknown_status ",
            "9 created_at in_future 2099-01-01",
            "13 created_at null_time NULL",
        ],
    ),
    (
        Input::OrderLines,
        "id:int order:int at:date    product category units:float value:money
         -      -         2024-01-01 cup     -        1           1.00
         2      -         -          cup     -        1           1.00
         3      30        -          cup     -        nan         1.00
         4      40        2024-01-01 cup     -        nan         -
         5      50        2024-01-01 cup     -        nan         -1.00
         6      60        2024-01-01 cup     -        -0.4        -1.00
         7      70        2024-01-01 cup     -        -0.4        1.00
         8      80        2099-01-01 cup     -        1           1.00
         9      90        2024-01-01 cup     -        0.4         1.00",
        &["9 2024-01-01 100 order=90 units=0 cup (none)"],
        &[
            "0 customer_id null_customer_id NULL",
            "1 order_id null_order_id NULL",
            "2 ordered_at null_time NULL",
            "3 units unreadable_amount NaN",
            "4 units unreadable_amount NaN",
            "5 units negative_amount -0.4",
            "6 units negative_amount -0.4",
            "7 ordered_at in_future 2099-01-01",
        ],
    ),
    (
        Input::Returns,
        "id:int order:int at:date    product units:int value:money why
         1      -         2024-01-01 cup     1         1.00        -
         2      20        2024-01-01 cup     -1        1.00        -
         3      30        2024-01-01 cup     1         -1.00       -
         4      40        2099-01-01 cup     1         1.00        -",
        &[],
        &[
            "0 order_id null_order_id NULL",
            "1 units negative_amount -1",
            "2 value negative_amount -1.00",
            "3 returned_at in_future 2099-01-01",
        ],
    ),
    (
        Input::Invoices,
        "id:int bill:int at:date    due:date     paid:date    value:money
         1      -        2024-01-01 -            -            1.00
         2      20       2024-01-01 +10000-01-01 +10000-01-01 1.00
         3      30       2024-01-01 +10000-01-01 -            -
         4      40       2024-01-01 -            -            -
         5      50       2099-01-01 -            -            1.00
         6      60       2024-01-02 2023-01-01   2023-01-01   -1.00",
        &["6 2024-01-02 -100 order=60 due=2023-01-01 paid=2023-01-01"],
        &[
            "0 invoice_id null_order_id NULL",
            "1 due_at unreadable_time +10000-01-01",
            "2 due_at unreadable_time +10000-01-01",
            "3 amount unreadable_amount NULL",
            "4 invoiced_at in_future 2099-01-01",
        ],
    ),
    (
        Input::Payments,
        "id:int bill:int at:date    value:money
         -      10       2024-01-01 1.00
         2      -        2024-01-01 1.00
         3      30       -          1.00
         4      40       2024-01-01 -
         5      50       2099-01-01 1.00
         6      60       2024-01-01 -1.00",
        &["6 2024-01-01 -100 order=60"],
        &[
            "0 customer_id null_customer_id NULL",
            "1 invoice_id null_order_id NULL",
            "2 paid_at null_time NULL",
            "3 amount unreadable_amount NULL",
            "4 paid_at in_future 2099-01-01",
        ],
    ),
    (
        Input::Engagement,
        "id:int at:date    kind  value:float
         -      2024-01-01 login 1
         2      2024-01-01 login -inf
         3      2024-01-01 login -0.001
         4      2099-01-01 login 1
         5      2024-01-01 login -",
        &["5 2024-01-01 100 login"],
        &[
            "0 customer_id null_customer_id NULL",
            "1 value unreadable_amount -inf",
            "2 value negative_amount -0.001",
            "3 occurred_at in_future 2099-01-01",
        ],
    ),
];

#[test]
fn every_reason_and_its_rows() {
    for (input, words, accepted, rejected) in CASES {
        let folder = Folder::new();
        folder.write("a.parquet", table(words));
        let input = open(source(&folder, "a.parquet", input, true)).unwrap();
        let (report, lines) = read(&input).unwrap();
        assert_eq!(lines, accepted);
        let details = input.rejected(&report, &[], 100).unwrap();
        let expected: Vec<_> = rejected.iter().map(|line| format!("a.parquet {line}")).collect();
        assert_eq!(folder.rejected(&details), expected);
    }
}

#[test]
fn ids_are_always_read() {
    let needs = Needs { order_ids: false, ..ALL };
    for (input, words) in [
        (Input::Opportunities, "id:int deal at:date closed:date outcome stage value:int why rival"),
        (Input::Invoices, "id:int bill at:date due:date paid:date value:int"),
    ] {
        let folder = Folder::new();
        let row = "1 - 2024-01-01 - - - 1 - -".split(' ').take(words.split(' ').count());
        folder
            .write("a.parquet", table(&format!("{words}\n{}", row.collect::<Vec<_>>().join(" "))));
        let input = open(source(&folder, "a.parquet", input, true)).unwrap();
        let (report, _) = input.read(needs, NOW, 1, &|_| (), &|| Nothing).unwrap();
        assert_eq!(report.rejected, BTreeMap::from([("null_order_id".to_owned(), 1)]));
    }
}
