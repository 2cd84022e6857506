use std::sync::Arc;

use kohort_inputs::Line;
use kohort_model::{Context, Day, Finished, Goods, Grain, Measure, Table, Values};

use super::CrossSell;
use super::counted::Threshold;
use crate::tests::{Person, assert_overall, assert_text, context, fold};

const BAGS: u32 = 1;
const CAPS: u32 = 2;
const HATS: u32 = 3;

fn frame(goods: Goods) -> Context {
    let texts = |texts: &[&str]| texts.iter().map(|text| Arc::from(*text)).collect();
    let goods = Goods {
        products: texts(&["p0", "p1", "p2", "p3"]),
        categories: texts(&["(none)", "bags", "caps", "hats"]),
        ..goods
    };
    Context { goods, ..context(0, 60, Grain::Month) }
}

fn categories() -> Context {
    frame(Goods { has_categories: true, ..Goods::default() })
}

/// Every pair that two baskets have.
const ALL: Threshold = Threshold { min_support: 0.0, max_items: 500 };

/// Order, day and category of each line of one unit at 1.00, in the order of blocks.
fn buys(slot: u32, lines: &[(u32, i32, u32)]) -> Person {
    let line = |(order, day, category): &(u32, i32, u32)| Line {
        order: *order,
        day: Day(*day),
        product: 3 - category,
        category: *category,
        units: 1,
        value: 100,
    };
    Person { slot, lines: lines.iter().map(line).collect(), ..Person::default() }
}

/// What comes of everybody at once, and of one after the other.
fn finish(mut whole: Box<dyn Measure>, people: &[Person]) -> [Finished; 2] {
    let mut merged = whole.fresh();
    fold(&mut *whole, people);
    for person in people.iter().rev() {
        let mut part = merged.fresh();
        fold(&mut *part, std::slice::from_ref(person));
        merged.merge(part);
    }
    [whole.finish(), merged.finish()]
}

/// `cross_sell` and `cross_sell_customers`, which are the same for any split of the people.
fn tables(context: Context, threshold: Threshold, people: &[Person]) -> [Table; 2] {
    let [whole, merged] = finish(Box::new(CrossSell::new(Arc::new(context), threshold)), people);
    let customers = [&whole, &merged].map(|finished| finished.tables[0].clone());
    assert_eq!(customers[0], customers[1]);
    let mut pairs: Vec<_> = [whole, merged]
        .into_iter()
        .flat_map(|mut finished| finish(finished.second_pass.remove(0), people))
        .map(|mut finished| finished.tables.remove(0))
        .collect();
    assert!(pairs.iter().all(|table| *table == pairs[0]));
    let [customers, _] = customers;
    [pairs.remove(0), customers]
}

#[test]
fn pairs_by_hand() {
    let people = [
        buys(1, &[(0, 0, HATS), (1, 5, CAPS), (2, 9, CAPS), (2, 9, HATS)]),
        buys(1, &[(0, 0, CAPS), (0, 0, HATS), (1, 3, BAGS)]),
        buys(2, &[(0, 0, HATS), (1, 2, CAPS)]),
        buys(2, &[(0, 0, BAGS)]),
        Person { slot: 2, ..Person::default() },
    ];
    let [pairs, customers] = tables(categories(), ALL, &people);
    assert_text(
        &pairs,
        "segment segment_value level    relation item other_item baskets with_item with_other with_both support confidence lift
         all     -             category customer caps hats       4       3         3          3         0.75    1          1.3333
         all     -             category customer hats caps       4       3         3          3         0.75    1          1.3333
         all     -             category next     hats caps       4       2         2          2         0.5     1          2
         all     -             category order    caps hats       8       4         4          2         0.25    0.5        1
         all     -             category order    hats caps       8       4         4          2         0.25    0.5        1
         kind    a             category customer caps hats       2       2         2          2         1       1          1
         kind    a             category customer hats caps       2       2         2          2         1       1          1
         kind    a             category order    caps hats       5       3         3          2         0.4     0.6667     1.1111
         kind    a             category order    hats caps       5       3         3          2         0.4     0.6667     1.1111",
    );
    assert_text(
        &customers,
        "segment segment_value level    item customers with_others with_others_rate repeat_purchases upgrades downgrades upgrade_rate
         all     -             category -    4         3           0.75             2                0        0          0
         all     -             category bags 2         1           0.5              0                0        0          -
         all     -             category caps 3         3           1                1                0        0          0
         all     -             category hats 3         3           1                1                0        0          0
         kind    a             category -    2         2           1                2                0        0          0
         kind    a             category bags 1         1           1                0                0        0          -
         kind    a             category caps 2         2           1                1                0        0          0
         kind    a             category hats 2         2           1                1                0        0          0
         kind    b             category -    2         1           0.5              0                0        0          -
         kind    b             category bags 1         0           0                0                0        0          -
         kind    b             category caps 1         1           1                0                0        0          -
         kind    b             category hats 1         1           1                0                0        0          -",
    );
}

/// `item > other_item` of everybody's rows of a relation.
fn of_relation(table: &Table, wanted: &str) -> Vec<String> {
    let [segments, relations, items, others] =
        ["segment", "relation", "item", "other_item"].map(|name| match table.column(name) {
            Some(Values::Text(texts)) => texts,
            other => panic!("{other:?}"),
        });
    let text = |texts: &[Option<Arc<str>>], row: usize| texts[row].as_deref().unwrap().to_owned();
    let rows = (0..table.rows())
        .filter(|row| text(segments, *row) == "all" && text(relations, *row) == wanted);
    rows.map(|row| format!("{} > {}", text(items, row), text(others, row))).collect()
}

#[test]
fn the_next_item_lies_in_a_later_order() {
    for (name, lines, expected) in [
        ("one order", &[(0, 0, CAPS), (0, 0, HATS)][..], &[][..]),
        ("the same again", &[(0, 0, HATS), (1, 1, HATS)], &[]),
        ("the smaller text", &[(0, 0, CAPS), (0, 0, HATS), (1, 1, HATS)], &["caps > hats"]),
        (
            "none of the first order",
            &[(7, 0, HATS), (3, 1, HATS), (7, 2, BAGS), (3, 3, CAPS)],
            &["hats > caps"],
        ),
        (
            "order by order",
            &[(1, 0, HATS), (2, 1, HATS), (3, 2, CAPS), (2, 4, BAGS)],
            &["hats > bags"],
        ),
        ("by time", &[(9, 0, HATS), (8, 1, BAGS), (7, 2, CAPS)], &["hats > bags"]),
    ] {
        let [pairs, _] = tables(categories(), ALL, &[buys(1, lines), buys(2, lines)]);
        assert_eq!(of_relation(&pairs, "next"), expected, "{name}");
    }
}

#[test]
fn the_most_frequent_items_are_paired() {
    // Hats have three customers, bags and caps two each; of orders caps have the most.
    let people = [
        buys(1, &[(0, 0, BAGS), (0, 0, CAPS), (0, 0, HATS), (1, 1, CAPS), (2, 2, CAPS)]),
        buys(1, &[(0, 0, BAGS), (0, 0, CAPS), (0, 0, HATS), (1, 1, CAPS), (2, 2, CAPS)]),
        buys(2, &[(0, 0, HATS)]),
    ];
    let all = "bags > caps, bags > hats, caps > bags, caps > hats, hats > bags, hats > caps";
    for (max_items, customer, order, next) in [
        (3, all, all, "bags > caps"),
        (2, "bags > hats, hats > bags", "caps > hats, hats > caps", ""),
    ] {
        let [pairs, _] = tables(categories(), Threshold { max_items, ..ALL }, &people);
        for (relation, expected) in [("customer", customer), ("order", order), ("next", next)] {
            let found = of_relation(&pairs, relation).join(", ");
            assert_eq!(found, expected, "{max_items} {relation}");
        }
    }
}

#[test]
fn support() {
    for (with, baskets, min_support, expected) in [
        (2, 4, 0.5, true),
        (2, 5, 0.5, false),
        (1, 1, 0.0, false),
        (2, 1_000_000, 0.0, true),
        (2, 2000, 0.001, true),
        (2, 2001, 0.001, false),
    ] {
        let threshold = Threshold { min_support, ..ALL };
        assert_eq!(threshold.is_met(with, baskets), expected, "{with} of {baskets}");
    }
    let twice = buys(1, &[(0, 0, BAGS), (0, 0, HATS)]);
    let people = [twice.clone(), twice, buys(1, &[(0, 0, HATS)]), buys(1, &[(0, 0, HATS)])];
    for (min_support, expected) in [(0.5, 2), (0.51, 0)] {
        let [pairs, _] = tables(categories(), Threshold { min_support, ..ALL }, &people);
        assert_eq!(of_relation(&pairs, "order").len(), expected, "{min_support}");
    }
}

#[test]
fn unit_prices() {
    let line = |order: u32, units: i64, value: i64| Line {
        order,
        day: Day(i32::try_from(order).unwrap()),
        product: 1,
        category: 0,
        units,
        value,
    };
    for (_, lines, upgrades, downgrades) in [
        ("equal thirds", vec![line(0, 3, 100), line(1, 6, 200)], 0, 0),
        ("up", vec![line(0, 3, 100), line(1, 6, 201)], 1, 0),
        ("down", vec![line(0, 3, 100), line(1, 6, 199)], 0, 1),
        ("up and down", vec![line(0, 1, 1), line(1, 1, 2), line(2, 1, 1)], 1, 1),
        ("without units", vec![line(0, 1, 1), line(1, 0, 9), line(2, 1, 2)], 0, 0),
        ("two lines of an order", vec![line(0, 1, 30), line(1, 1, 0), line(1, 1, 61)], 1, 0),
        ("for nothing", vec![line(0, 1, 0), line(1, 2, 0)], 0, 0),
        ("large", vec![line(0, i64::MAX, i64::MAX - 1), line(1, i64::MAX, i64::MAX)], 1, 0),
    ] {
        let repeats = lines.last().unwrap().order;
        let context = frame(Goods { has_products: true, ..Goods::default() });
        let [_, customers] =
            tables(context, ALL, &[Person { slot: 1, lines, ..Person::default() }]);
        let rate = f64::from(upgrades) / f64::from(repeats);
        let numbers = format!("{repeats} {upgrades} {downgrades} {rate}");
        let expected = format!(
            "level item repeat_purchases upgrades downgrades upgrade_rate
             product - {numbers}
             product p1 {numbers}"
        );
        assert_overall(&customers, &expected);
    }
}

#[test]
fn levels_that_lines_tell_of() {
    let person = buys(1, &[(0, 0, HATS)]);
    for (has_categories, has_products, expected) in [
        (false, false, ""),
        (true, false, "category -\ncategory hats"),
        (false, true, "product -\nproduct p0"),
        (true, true, "category -\ncategory hats\nproduct -\nproduct p0"),
    ] {
        let goods = Goods { has_categories, has_products, ..Goods::default() };
        let [pairs, customers] = tables(frame(goods), ALL, std::slice::from_ref(&person));
        assert_overall(&customers, &format!("level item\n{expected}"));
        assert_eq!(pairs.rows(), 0);
    }
}
