//! What holds in every table, over people made up at random.

use std::collections::BTreeMap;

use kohort_inputs::{Opportunity, Outcome, Touch};
use kohort_model::{Day, Table};

use super::people::{Person, column, context, table, touch};
use crate::{CARTS, FUNNEL, LOST_SALES};

/// Numbers that look like chance, the same in every run (Knuth's MMIX generator).
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: u32) -> u32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(self.0 >> 33).unwrap() % n
    }

    fn day(&mut self, from: i32) -> i32 {
        from + i32::try_from(self.below(30 - u32::try_from(from).unwrap())).unwrap()
    }

    fn maybe<T>(&mut self, value: T) -> Option<T> {
        (self.below(3) > 0).then_some(value)
    }

    fn many<T>(&mut self, at_most: u32, mut one: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.below(at_most + 1)).map(|_| one(self)).collect()
    }

    fn person(&mut self) -> Person {
        let mut orders = self.many(4, |c| (c.day(0), i64::from(c.below(100))));
        orders.sort_unstable();
        let mut attempts =
            self.many(3, |c| (c.day(0), c.below(2) == 0, c.below(3), i64::from(c.below(100))));
        attempts.sort_unstable();
        let touches = self.many(25, |c| {
            let (cart, value) = (c.below(4), i64::from(c.below(50)));
            Touch {
                visitor: c.below(3).into(),
                cart: c.maybe(cart),
                value: c.maybe(value),
                ..touch(c.below(720).into(), c.below(3))
            }
        });
        let mut opportunities = self.many(5, |c| {
            let created = c.day(0);
            Opportunity {
                created: Day(created),
                decided: Day(c.day(created)),
                outcome: [Outcome::Won, Outcome::Lost, Outcome::Open][c.below(3) as usize],
                value: c.below(100).into(),
                stage: c.below(5),
                reason: c.below(2),
                competitor: c.below(2),
            }
        });
        opportunities.sort_by_key(|o| (o.created, o.decided));
        Person { orders, attempts, touches, opportunities }
    }
}

fn people() -> Vec<Person> {
    let mut chance = Chance(1);
    (0..400).map(|_| chance.person()).collect()
}

/// The columns named as numbers, NULL as `None`.
fn numbers<const N: usize>(table: &Table, names: [&str; N]) -> Vec<[Option<i128>; N]> {
    let columns = names.map(|name| column(table, name));
    (0..table.rows()).map(|row| std::array::from_fn(|c| columns[c][row].parse().ok())).collect()
}

#[test]
fn every_visitor_of_a_step_converts_drops_or_is_open() {
    let table = table(&FUNNEL, context(), &people());
    let rows =
        numbers(&table, ["step_number", "entered", "converted", "dropped", "open", "visitors"]);
    assert!(rows.iter().any(|row| row[3] > Some(10)) && rows.iter().any(|row| row[4] > Some(0)));
    for steps in rows.chunks(3) {
        assert_eq!(steps[0][1], steps[0][5]);
        for pair in steps.windows(2) {
            let [_, entered, converted, dropped, open, _] = pair[0].map(Option::unwrap);
            assert_eq!(entered, converted + dropped + open);
            assert_eq!(Some(converted), pair[1][1]);
        }
        assert_eq!(steps[2].map(|v| v.is_some()), [true, true, false, false, false, true]);
    }
}

#[test]
fn every_cart_is_purchased_open_or_abandoned() {
    let people = people();
    let carts = table(&CARTS, context(), &people);
    let names = ["created", "purchased", "open", "abandoned", "recovered", "recovery_open"];
    for row in numbers(&carts, names) {
        let [created, purchased, open, abandoned, recovered, recovery_open] =
            row.map(Option::unwrap);
        assert_eq!(created, purchased + open + abandoned);
        assert!(recovered + recovery_open <= abandoned);
    }
    // `lost_sales` tells the same, of both buyers together.
    let sales = table(&LOST_SALES, context(), &people);
    let total = |table: &Table, names: [&str; 4], is_wanted: &dyn Fn(usize) -> bool| {
        let rows = numbers(table, names).into_iter().enumerate().filter(|(row, _)| is_wanted(*row));
        rows.fold([0; 4], |sum, (_, row)| std::array::from_fn(|i| sum[i] + row[i].unwrap()))
    };
    let (source, breakdown) = (column(&sales, "source"), column(&sales, "breakdown"));
    let of_carts = |row: usize| source[row] == "carts" && breakdown[row] == "total";
    assert_eq!(
        total(&carts, ["created", "abandoned", "recovered", "created_value"], &|_| true),
        total(&sales, ["attempts", "lost", "recovered", "attempted_value"], &of_carts)
    );
}

#[test]
fn the_lost_ones_add_up() {
    let table = table(&LOST_SALES, context(), &people());
    let key = ["source", "segment", "segment_value", "period", "buyer"].map(|k| column(&table, k));
    let breakdowns = column(&table, "breakdown");
    let names =
        ["attempts", "won", "open", "lost", "lost_value", "recovered", "stopped", "stopped_value"];
    let mut sums: BTreeMap<(Vec<&str>, &str), [i128; 8]> = BTreeMap::new();
    for (row, values) in numbers(&table, names).into_iter().enumerate() {
        let place = (key.iter().map(|k| k[row].as_str()).collect(), breakdowns[row].as_str());
        let sum = sums.entry(place).or_default();
        sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += value.unwrap_or(0));
        let [attempts, won, open, lost, ..] = values.map(|value| value.unwrap_or(0));
        assert_eq!(attempts, won + open + lost);
        assert_eq!(values[6].is_some(), breakdowns[row] == "stage");
    }
    for ((key, _), total) in sums.iter().filter(|((_, breakdown), _)| *breakdown == "total") {
        let of = |breakdown| sums.get(&(key.clone(), breakdown)).copied().unwrap_or_default();
        let [_, _, _, lost, lost_value, recovered, ..] = *total;
        assert_eq!(of("reason")[3..6], [lost, lost_value, recovered], "{key:?}");
        if key[0] == "opportunities" {
            assert_eq!(of("competitor")[3..6], [lost, lost_value, recovered], "{key:?}");
        }
        if key[0] != "orders" {
            assert_eq!(of("stage")[6..], [lost, lost_value], "{key:?}");
        }
    }
    let sources: Vec<&str> = sums.keys().map(|(key, _)| key[0]).collect();
    assert!(["carts", "opportunities", "orders"].iter().all(|source| sources.contains(source)));
}

#[test]
fn rows_stand_in_order_of_their_key() {
    let people = people();
    let tables = [
        table(&FUNNEL, context(), &people),
        table(&CARTS, context(), &people),
        table(&LOST_SALES, context(), &people),
    ];
    for table in tables {
        // Totals first; stages have an order of their own.
        let keys = table.schema().key.iter().filter(|name| **name != "breakdown_value");
        let keys: Vec<Vec<String>> = keys.map(|name| column(&table, name)).collect();
        let rank = |text: &String| match text.as_str() {
            "-" | "all" | "total" => String::new(),
            _ => text.clone(),
        };
        let rows: Vec<Vec<String>> =
            (0..table.rows()).map(|row| keys.iter().map(|k| rank(&k[row])).collect()).collect();
        assert!(rows.is_sorted(), "{}", table.schema().name);
    }
}
