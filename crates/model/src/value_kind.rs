//! The kinds of values that inputs share, and what is said of a kind.

use crate::input::{IdSpace, InputIds, Number, NumberUnit, Precision, ValueKind};
use crate::texts::{Text, TextList, TextOrder};

impl ValueKind {
    /// What the reference calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Id(_) => "id",
            Self::Time(Precision::Instant) | Self::Update => "time",
            Self::Time(Precision::Day) | Self::Day(_) | Self::End => "day",
            Self::Number(Number { unit: NumberUnit::Money, .. }) => "money",
            Self::Number(Number { unit: NumberUnit::Hundredths, .. }) => "level",
            Self::Number(Number { unit: NumberUnit::Units, .. }) => "count",
            Self::Text(_) | Self::Listed(_) | Self::Status(_) | Self::Interval => "text",
            Self::Score => "score",
            Self::Trial | Self::Involuntary => "flag",
        }
    }

    /// The lists in the pipeline file that name its texts.
    #[must_use]
    pub const fn lists(&self) -> &[TextList] {
        match self {
            Self::Listed(list) => std::slice::from_ref(list),
            Self::Status(status) => &status.lists,
            _ => &[],
        }
    }

    /// The ids of customers; `missing` is the reason for which a row without one is rejected.
    pub const CUSTOMER: Self =
        Self::Id(InputIds { of: IdSpace::Customer, missing: Some("null_customer_id") });
    /// Customers that a row need not name.
    pub const CUSTOMER_OR_NULL: Self = Self::Id(InputIds { of: IdSpace::Customer, missing: None });
    /// The ids of visitors.
    pub const VISITOR: Self =
        Self::Id(InputIds { of: IdSpace::Visitor, missing: Some("null_visitor_id") });
    /// The ids of orders that lines and returns share.
    pub const ORDER: Self =
        Self::Id(InputIds { of: IdSpace::Order, missing: Some("null_order_id") });
    /// The ids of invoices that invoices and payments share.
    pub const INVOICE: Self =
        Self::Id(InputIds { of: IdSpace::Invoice, missing: Some("null_order_id") });
    /// Money that may be below zero.
    pub const MONEY: Self =
        Self::Number(Number { unit: NumberUnit::Money, may_be_negative: true, null: None });
    /// Money that must not be below zero.
    pub const PRICE: Self =
        Self::Number(Number { unit: NumberUnit::Money, may_be_negative: false, null: None });
    /// Whole numbers of goods, one where it is not said.
    pub const UNITS: Self =
        Self::Number(Number { unit: NumberUnit::Units, may_be_negative: false, null: Some(1) });
    /// Texts, `(none)` where there is none.
    pub const TEXT: Self = Self::Text(Text {
        missing: "(none)",
        renamed_by: None,
        is_unlimited: false,
        shared: None,
        order: TextOrder::Sorted,
    });
    /// Products, of which there are as many as there are, the same in every input.
    pub const PRODUCT: Self = Self::Text(Text {
        missing: "(none)",
        renamed_by: None,
        is_unlimited: true,
        shared: Some("products"),
        order: TextOrder::Sorted,
    });
    /// Reasons in words, `unknown` where there is none; a setting gives some another name.
    #[must_use]
    pub const fn reason(renamed_by: &'static str) -> Self {
        Self::Text(Text {
            missing: "unknown",
            renamed_by: Some(renamed_by),
            is_unlimited: true,
            shared: None,
            order: TextOrder::Sorted,
        })
    }

    /// The same texts in a list that columns of several inputs share.
    #[must_use]
    pub const fn shared(self, name: &'static str) -> Self {
        match self {
            Self::Text(text) => Self::Text(Text { shared: Some(name), ..text }),
            other => other,
        }
    }

    /// The same texts in another order; anything else is what it is.
    #[must_use]
    pub const fn ordered(self, order: TextOrder) -> Self {
        match self {
            Self::Text(text) => Self::Text(Text { order, ..text }),
            other => other,
        }
    }
}
