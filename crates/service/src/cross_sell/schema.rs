//! The columns of both tables.

use kohort_model::{Column, TableSchema, Unit, keys};

const LEVEL: Column = Column::text("level", "category or product: what an item is");

/// The table's columns.
pub static CROSS_SELL: TableSchema = TableSchema {
    name: "cross_sell",
    description: "What goes with what: pairs of items that are bought together, or one after the other",
    columns: &[
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        LEVEL,
        Column::text(
            "relation",
            "customer (both bought by one), next (the customer's first item, and the first other \
             one in a later order) or order (both in one)",
        ),
        Column::text("item", "one item; of next the first"),
        Column::text("other_item", "another one; of next the one that followed"),
        Column::count("baskets", Unit::Baskets, "customers, or with relation order orders, in all"),
        Column::count(
            "with_item",
            Unit::Baskets,
            "of baskets, those with item; of next those whose first is item",
        ),
        Column::count(
            "with_other",
            Unit::Baskets,
            "of baskets, those with other_item; of next those whose next is other_item",
        ),
        Column::count(
            "with_both",
            Unit::Baskets,
            "of baskets, those with both; of next those who went from item to other_item",
        ),
        Column::rate("support", "with_both / baskets"),
        Column::rate("confidence", "with_both / with_item"),
        Column::float(
            "lift",
            Unit::Ratio,
            "with_both * baskets / (with_item * with_other): above 1 they go together",
        )
        .or_null(),
    ],
    key: &["segment", "segment_value", "level", "relation", "item", "other_item"],
    revisable: &[],
};

/// The table's columns.
pub static CROSS_SELL_CUSTOMERS: TableSchema = TableSchema {
    name: "cross_sell_customers",
    description: "Who buys more than one thing, buys it again, and at which price",
    columns: &[
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        LEVEL,
        Column::text("item", "the item, NULL for all together").or_null(),
        Column::count("customers", Unit::Customers, "who bought it; of all anything"),
        Column::count(
            "with_others",
            Unit::Customers,
            "of customers, those who bought another item as well; of all two or more",
        ),
        Column::rate("with_others_rate", "with_others / customers"),
        Column::count(
            "repeat_purchases",
            Unit::Orders,
            "orders with the item, of customers with an earlier order with it",
        ),
        Column::count(
            "upgrades",
            Unit::Orders,
            "of repeat_purchases, those at a higher unit price than the order with it before",
        ),
        Column::count(
            "downgrades",
            Unit::Orders,
            "of repeat_purchases, those at a lower unit price than the order with it before",
        ),
        Column::rate("upgrade_rate", "upgrades / repeat_purchases"),
    ],
    key: &["segment", "segment_value", "level", "item"],
    revisable: &[],
};
