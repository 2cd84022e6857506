use kohort_model::Basis;

use super::people::{OPEN, Person, buys, context, lines, table};
use crate::CUSTOMER_RETENTION;

#[test]
fn spells_become_movements() {
    let contract = |paid: &[(i32, i32, i64)]| Person { paid: paid.to_vec(), ..Person::default() };
    let cases = [
        (
            Basis::Orders,
            vec![buys(&[0, 5, 11])],
            vec!["0 0 1 0 0 1", "1 1 0 1 1 1", "2 1 0 0 1 0", "3 0 0 0 0 0", "4 0 0 0 0 0"],
        ),
        (
            Basis::Subscriptions,
            vec![contract(&[(1, OPEN, 9)]), contract(&[(8, 9, 5), (29, 30, 5)])],
            vec!["0 0 1 0 0 1", "1 1 1 0 1 1", "2 1 0 0 0 1", "3 1 0 0 0 1", "4 1 0 1 0 2"],
        ),
    ];
    for (basis, people, expected) in cases {
        let found = table(&CUSTOMER_RETENTION, context(basis), &people);
        let found =
            lines(&found, ("segment", "all"), "period opening new returned churned closing");
        assert_eq!(found, expected, "{basis:?}");
    }
}
