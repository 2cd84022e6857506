//! What the models expect of customers.

use std::sync::Arc;

use kohort_model::{Context, Grain, SettingValue, Table, Values};

use super::CUSTOMERS;
use crate::settings::LIFETIME;
use crate::tests::{Person, cdnow, context, finish, set, show};

/// The rows of all people, with what is expected of the next 39 weeks.
fn list(context: &Context, people: &[Person]) -> Table {
    let settings = set(&LIFETIME, &[("horizon_units", SettingValue::Whole(39))]);
    let measure = (CUSTOMERS.start)(Arc::new(context.clone()), &settings);
    let rows = finish(measure, context, people).customer_tables.remove(0);
    let mut table = rows.table();
    show(context, people, |block| rows.list(block, &mut table));
    table
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
    let people = cdnow();
    let table = list(&context, &people);
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
    let table = list(&context, &free);
    assert!(float(&table, "probability_alive", 0) > 0.0);
    for name in ["expected_value", "clv"] {
        assert_eq!(*column(&table, name), Values::Float64(vec![None; free.len()]), "{name}");
    }
}
