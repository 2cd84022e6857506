//! Rows of customers by hand.

use std::sync::Arc;

use kohort_model::{Context, Day, Grain, SettingValue, Settings, Table, Values};

use super::CUSTOMERS;
use crate::settings::LIFETIME;
use crate::tests::{Person, assert_text, cdnow, context, finish, orders, set, show};

/// The rows of all people.
fn list(context: Context, people: &[Person]) -> Table {
    list_with(&Settings::default(), context, people)
}

fn list_with(settings: &Settings, context: Context, people: &[Person]) -> Table {
    let context = Arc::new(context);
    let finished = finish((CUSTOMERS.start)(Arc::clone(&context), settings), &context, people);
    assert_eq!((finished.tables.len(), finished.customer_tables.len()), (0, 1));
    let rows = &finished.customer_tables[0];
    let mut table = rows.table();
    show(&context, people, |block| rows.list(block, &mut table));
    table
}

#[test]
fn histories_in_numbers() {
    let person = |orders: &[(i32, i64)], refunds: &[(i32, i64)]| Person {
        orders: orders.to_vec(),
        refunds: refunds.to_vec(),
        slot: 1,
        ..Person::default()
    };
    let people = [
        // Two orders of one day are one order day.
        person(&[(0, 100), (0, 200)], &[]),
        person(&[(5, 100)], &[(5, -30), (7, -100)]),
        person(&[(1, 100), (11, 300), (11, 100), (41, 500)], &[(50, -100)]),
        // A prospect with a refund has no row.
        person(&[], &[(8, -10)]),
        // A refund that counts as activity.
        person(&[(0, 300), (2, -100)], &[]),
    ];
    let table = list(context(0, 101, Grain::Month), &people);
    assert_text(
        &table,
        "customer_id first_order last_order orders order_days revenue refunds refund_value average_order_value segment_kind
         Integer(1)  0           0          2      1          300     0       0            1.5                 a
         Integer(2)  5           5          1      1          -30     2       130          1                   a
         Integer(3)  1           41         4      3          900     1       100          2.5                 a
         Integer(5)  0           2          2      2          200     1       100          1                   a",
    );
    assert_text(
        &table,
        "customer_id frequency recency_days age_days monetary mean_gap_days median_gap_days days_since_last
         Integer(1)  0         0            100      -        -             -               100
         Integer(2)  0         0            95       -        -             -               95
         Integer(3)  2         40           99       4.5      20            20              59
         Integer(5)  1         2            100      -1       2             2               98",
    );
}

#[test]
fn statuses() {
    // Up to day 199, W = 90.
    let people = [
        orders(&[109]),
        orders(&[110]),
        // Came back after a lapse spell, and is overdue again.
        orders(&[10, 20, 30, 150]),
        // Gaps of 91 days are lapses, gaps of 90 are none.
        orders(&[10, 101, 192]),
        orders(&[10, 100, 190]),
        // Twice the median gap is at risk.
        orders(&[179, 184, 189]),
        orders(&[180, 185, 190]),
        orders(&[10, 20, 30]),
    ];
    let mut context = context(0, 200, Grain::Month);
    context.history_start = Some(Day(20));
    let table = list(context, &people);
    assert_text(
        &table,
        "customer_id status   days_since_last overdue_ratio lapses entered_existing
         Integer(1)  lapsed   90              9             1      true
         Integer(2)  at_risk  89              8.9           0      false
         Integer(3)  at_risk  49              4.9           1      true
         Integer(4)  won_back 7               0.0769        2      true
         Integer(5)  active   9               0.1           0      true
         Integer(6)  at_risk  10              2             0      false
         Integer(7)  active   9               1.8           0      false
         Integer(8)  lapsed   169             16.9          1      true",
    );
    let table = list(crate::tests::context(0, 200, Grain::Month), &[orders(&[199])]);
    assert_text(&table, "status days_since_last entered_existing\nnew 0 false");
}

#[test]
fn what_is_overdue() {
    let value = |days: &[i32], slot| Person { slot, ..orders(days) };
    let people = [
        // Gaps of 10, 20 and 6 days of value `a`: the median is 10.
        value(&[0, 10, 30], 1),
        value(&[0, 6], 1),
        value(&[8], 1),
        // No gap of value `b`: everybody's median.
        value(&[8], 2),
    ];
    let table = list(context(0, 41, Grain::Month), &people);
    assert_text(
        &table,
        "customer_id median_gap_days days_since_last overdue_ratio segment_kind
         Integer(1)  15              10              0.6667        a
         Integer(2)  6               34              3.4           a
         Integer(3)  -               32              3.2           a
         Integer(4)  -               32              3.2           b",
    );
    let lonely = list(context(0, 41, Grain::Month), &[orders(&[3])]);
    assert_text(&lonely, "status overdue_ratio\nnew -");
}

#[test]
fn quintiles_with_ties() {
    let person =
        |orders: &[(i32, i64)]| Person { orders: orders.to_vec(), slot: 1, ..Person::default() };
    let people = [
        person(&[(40, 100)]),
        person(&[(40, 300), (40, 100)]),
        person(&[(30, 200)]),
        person(&[(20, 500)]),
        person(&[(10, 900), (11, 100), (12, 100)]),
    ];
    let table = list(context(0, 41, Grain::Month), &people);
    assert_text(
        &table,
        "customer_id recency_quintile frequency_quintile monetary_quintile
         Integer(1)  4                1                  1
         Integer(2)  4                4                  3
         Integer(3)  3                1                  2
         Integer(4)  2                1                  4
         Integer(5)  1                5                  5",
    );
}

fn column<'a>(table: &'a Table, name: &str) -> &'a Values {
    let at = table.schema().columns.iter().position(|column| column.name == name).unwrap();
    &table.columns()[at]
}

fn float(table: &Table, name: &str, row: usize) -> f64 {
    let Values::Float64(values) = column(table, name) else { panic!("{name} is no float") };
    values[row].unwrap()
}

#[test]
fn what_is_expected_of_a_published_history() {
    let context = context(0, 273, Grain::Year);
    let settings = set(&LIFETIME, &[("horizon_units", SettingValue::Whole(39))]);
    let people = cdnow();
    let table = list_with(&settings, context.clone(), &people);
    // Fader, Hardie and Lee 2005: x = 2, t_x = 30.43 and T = 38.86 weeks.
    let is_it = |person: &Person| {
        let days: Vec<i32> = person.orders.iter().map(|(day, _)| *day).collect();
        days.len() == 3 && (days[0], days[2]) == (0, 213)
    };
    let row = people.iter().position(is_it).unwrap();
    let (orders, value) =
        (float(&table, "expected_orders", row), float(&table, "expected_value", row));
    assert!((orders - 1.226).abs() < 5e-4, "{orders}");
    // Discounted from the end of each of 39 weeks.
    let share = float(&table, "clv", row) / value;
    assert!(1.1_f64.powf(-39.0 * 7.0 / 365.0) < share && share < 1.1_f64.powf(-7.0 / 365.0));
    // Without a repeat day the population's mean, 6.25 × 15.44 / (3.74 - 1), stands for the value.
    let row = people.iter().position(|person| person.orders.len() == 1).unwrap();
    let mean = float(&table, "expected_value", row) / float(&table, "expected_orders", row);
    assert!((mean / 35.22 - 1.0).abs() < 1e-2, "{mean}");
    // No value is known of customers who pay nothing.
    let mut free = people;
    free.iter_mut().flat_map(|person| &mut person.orders).for_each(|order| order.1 = 0);
    let table = list_with(&settings, context, &free);
    assert!(float(&table, "probability_alive", 0) > 0.0);
    for name in ["expected_value", "clv"] {
        assert_eq!(*column(&table, name), Values::Float64(vec![None; free.len()]), "{name}");
    }
}
