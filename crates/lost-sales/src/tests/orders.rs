use super::people::{Person, context, in_cart, lines, table};
use crate::LOST_SALES;

/// Codes of reasons, which are not sorted.
const STOCK: u32 = 0;
const PAYMENT: u32 = 1;

#[test]
fn rows_of_orders() {
    let people = [
        Person {
            orders: vec![(3, 10), (3, 20), (5, 40), (12, 80)],
            attempts: vec![
                (2, true, STOCK, 100),
                (4, true, PAYMENT, 200),
                (6, true, STOCK, 400),
                (6, false, STOCK, 800),
            ],
            ..Person::default()
        },
        Person { attempts: vec![(1, true, PAYMENT, 1000)], ..Person::default() },
    ];
    let table = table(&LOST_SALES, context(), &people);
    let columns = "source buyer breakdown breakdown_value attempts won open lost stopped recovered \
                   recovery_open conversion_rate attempted_value won_value lost_value \
                   stopped_value recovered_value net_lost_value expected_lost_value";
    assert_eq!(
        lines(&table, ("segment period", "all 0"), columns),
        [
            "orders customer total - 4 1 1 2 - 1 0 0.3333 1440 40 600 - 200 400 200",
            "orders customer reason payment 1 - - 1 - 1 0 - 200 - 200 - 200 0 0",
            "orders customer reason stock 1 - - 1 - 0 0 - 400 - 400 - 0 400 200",
            "orders prospect total - 4 2 0 2 - 1 0 0.5 1130 30 1100 - 100 1000 500",
            "orders prospect reason payment 1 - - 1 - 0 0 - 1000 - 1000 - 0 1000 500",
            "orders prospect reason stock 1 - - 1 - 1 0 - 100 - 100 - 100 0 0",
        ]
    );
}

#[test]
fn sources_stand_in_order() {
    let mut person = Person {
        orders: vec![(3, 10)],
        touches: vec![in_cart(0, 500, 0, None)],
        ..Person::default()
    };
    person.attempts.push((20, true, STOCK, 10));
    let table = table(&LOST_SALES, context(), &[person]);
    let rows = lines(&table, ("segment breakdown buyer", "all total customer"), "source period");
    let expected = ["carts 2", "carts 3", "carts 4"].into_iter();
    let orders = ["orders 0", "orders 1", "orders 2", "orders 3", "orders 4"];
    assert_eq!(rows, expected.chain(orders).collect::<Vec<_>>());
}
