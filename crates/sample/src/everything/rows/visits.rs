//! Who looks at what in the shop's pages.

use super::MONEY;
use crate::columns::{Column, ids, money, some_texts, texts, times};
use crate::table::Row;
use crate::write::customer_id;

/// A browser that visits, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Visitor(u64);

impl Visitor {
    pub fn of_person(person: u32, device: u64) -> Self {
        Self(u64::from(person) * 2 + device)
    }

    /// Beyond the numbers of all persons.
    pub fn anonymous(number: u64) -> Self {
        Self((1 << 40) + number)
    }

    /// As it stands in a cookie: no two are the same, for this is the last step of `SplitMix64`
    /// (Steele, Lea and Flood 2014), which can be undone.
    fn id(self) -> String {
        let mut z = self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        format!("{:016x}", z ^ (z >> 31))
    }
}

/// In the order in which they are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Visit,
    Search,
    Product,
    Cart,
    Checkout,
    Purchase,
}

#[derive(Debug)]
pub(crate) struct Touch {
    pub visitor: Visitor,
    pub at: i64,
    pub step: Step,
    /// Number of the cart, counted across the file.
    pub cart: Option<i64>,
    pub cents: Option<i64>,
    /// The person, if logged in.
    pub person: Option<u32>,
}

#[derive(Debug)]
pub(crate) struct Identity {
    pub visitor: Visitor,
    pub person: u32,
}

impl Row for Touch {
    const FILE: &'static str = "touchpoints.parquet";
    const DISTINCT: &'static str = "occurred_at";

    fn columns(rows: &[Self]) -> Vec<Column> {
        let step = |row: &Self| match row.step {
            Step::Visit => "visit",
            Step::Search => "search",
            Step::Product => "product",
            Step::Cart => "cart",
            Step::Checkout => "checkout",
            Step::Purchase => "purchase",
        };
        vec![
            texts("visitor_id", rows, |row| row.visitor.id()),
            times("occurred_at", rows, |row| row.at),
            texts("step", rows, step),
            some_texts("cart_id", rows, |row| row.cart.map(|number| format!("C{number:08}"))),
            money("value", rows, &MONEY, |row| row.cents).nullable(),
            ids("customer_id", rows, |row| row.person.map(customer_id)).nullable(),
        ]
    }
}

impl Row for Identity {
    const FILE: &'static str = "identities.parquet";
    const DISTINCT: &'static str = "visitor_id";

    fn columns(rows: &[Self]) -> Vec<Column> {
        vec![
            texts("visitor_id", rows, |row| row.visitor.id()),
            ids("customer_id", rows, |row| customer_id(row.person)),
        ]
    }
}
