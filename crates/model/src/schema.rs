//! The columns of result tables, with units and meaning.

use std::fmt;
use std::sync::Arc;

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// UTF-8 text.
    Text,
    /// A day.
    Date,
    /// A 32-bit integer.
    Int32,
    /// A 64-bit integer: a count.
    Int64,
    /// A 64-bit float: a rate or an average.
    Float64,
    /// `Decimal(38, scale)` of the pipeline's currency.
    Money,
    /// True or false.
    Boolean,
    /// An id, in the form that the source has it.
    Id,
}

/// The form of ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum IdType {
    /// 64-bit integers with a sign.
    #[default]
    Signed,
    /// 64-bit integers without one.
    Unsigned,
    /// UTF-8 text.
    Text,
    /// Bytes.
    Binary,
}

/// One id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Id {
    /// An integer, mapped so that the order of the unsigned numbers is the order of the ids.
    Integer(u64),
    /// Text or bytes.
    Bytes(Arc<[u8]>),
}

impl fmt::Display for Id {
    /// Integers with their sign, and texts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(id) => write!(f, "{}", (id ^ (1 << 63)).cast_signed()),
            Self::Bytes(bytes) => write!(f, "{}", String::from_utf8_lossy(bytes)),
        }
    }
}

/// What a column counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// No unit: names, flags.
    None,
    /// A calendar day.
    Day,
    /// Whole periods of the row's grain.
    Periods,
    /// People with at least one order.
    Customers,
    /// Orders.
    Orders,
    /// Churn events, returns: one person may have several.
    Events,
    /// Attempts to buy.
    Attempts,
    /// Cohorts.
    Cohorts,
    /// The pipeline's currency, whole units with decimals.
    Currency,
    /// A share: 1.0 is all.
    Ratio,
    /// Days of 24 hours on the calendar.
    Days,
    /// Months on the calendar.
    Months,
    /// Time between two purchases of a customer.
    Gaps,
    /// Campaign messages.
    Contacts,
    /// People, customers or not.
    People,
    /// Visitors of a funnel.
    Visitors,
    /// Carts.
    Carts,
    /// Goods.
    Goods,
    /// Rows of returned goods.
    Returns,
    /// Invoices.
    Invoices,
    /// Answers with a score.
    Answers,
    /// Time on the clock.
    Seconds,
    /// Points of a score from -100 to 100.
    Points,
    /// Customer-periods.
    Observations,
    /// What a signal counts in.
    Level,
    /// Customers or orders, as the row says.
    Baskets,
}

impl Unit {
    /// The unit as `kohort schema` and the Parquet metadata print it; money is printed as the
    /// pipeline's currency where one is known.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Day => "day",
            Self::Periods => "periods",
            Self::Customers => "customers",
            Self::Orders => "orders",
            Self::Events => "events",
            Self::Attempts => "attempts",
            Self::Cohorts => "cohorts",
            Self::Currency => "currency",
            Self::Ratio => "ratio",
            Self::Days => "days",
            Self::Months => "months",
            Self::Gaps => "gaps",
            Self::Contacts => "contacts",
            Self::People => "people",
            Self::Visitors => "visitors",
            Self::Carts => "carts",
            Self::Goods => "units",
            Self::Returns => "returns",
            Self::Invoices => "invoices",
            Self::Answers => "answers",
            Self::Seconds => "seconds",
            Self::Points => "points",
            Self::Observations => "observations",
            Self::Level => "level",
            Self::Baskets => "baskets",
        }
    }
}

/// One column of a result table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name, in `snake_case`.
    pub name: &'static str,
    /// Its type.
    pub ty: ColumnType,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// What it counts in.
    pub unit: Unit,
    /// One sentence: what it means, with the formula of a rate.
    pub description: &'static str,
}

impl Column {
    const fn new(name: &'static str, ty: ColumnType, unit: Unit, text: &'static str) -> Self {
        Self { name, ty, nullable: false, unit, description: text }
    }

    /// A text that is never NULL.
    #[must_use]
    pub const fn text(name: &'static str, description: &'static str) -> Self {
        Self::new(name, ColumnType::Text, Unit::None, description)
    }

    /// A day that is never NULL.
    #[must_use]
    pub const fn date(name: &'static str, description: &'static str) -> Self {
        Self::new(name, ColumnType::Date, Unit::Day, description)
    }

    /// An id that is never NULL.
    #[must_use]
    pub const fn id(name: &'static str, description: &'static str) -> Self {
        Self::new(name, ColumnType::Id, Unit::None, description)
    }

    /// A float with a unit.
    #[must_use]
    pub const fn float(name: &'static str, unit: Unit, description: &'static str) -> Self {
        Self::new(name, ColumnType::Float64, unit, description)
    }

    /// A number of periods.
    #[must_use]
    pub const fn periods(name: &'static str, description: &'static str) -> Self {
        Self::new(name, ColumnType::Int32, Unit::Periods, description)
    }

    /// A 32-bit integer with a unit.
    #[must_use]
    pub const fn int(name: &'static str, unit: Unit, description: &'static str) -> Self {
        Self::new(name, ColumnType::Int32, unit, description)
    }

    /// A 64-bit count.
    #[must_use]
    pub const fn count(name: &'static str, unit: Unit, description: &'static str) -> Self {
        Self::new(name, ColumnType::Int64, unit, description)
    }

    /// Money.
    #[must_use]
    pub const fn money(name: &'static str, description: &'static str) -> Self {
        Self::new(name, ColumnType::Money, Unit::Currency, description)
    }

    /// A rate; NULL where its denominator is not above zero.
    #[must_use]
    pub const fn rate(name: &'static str, description: &'static str) -> Self {
        Self::new(name, ColumnType::Float64, Unit::Ratio, description).or_null()
    }

    /// Money per head; NULL where there is no head.
    #[must_use]
    pub const fn average(name: &'static str, description: &'static str) -> Self {
        Self::new(name, ColumnType::Float64, Unit::Currency, description).or_null()
    }

    /// True or false.
    #[must_use]
    pub const fn flag(name: &'static str, description: &'static str) -> Self {
        Self::new(name, ColumnType::Boolean, Unit::None, description)
    }

    /// The same column, nullable.
    #[must_use]
    pub const fn or_null(mut self) -> Self {
        self.nullable = true;
        self
    }
}

/// The columns that open every table.
pub mod keys {
    use super::Column;

    /// The period's length.
    pub const GRAIN: Column =
        Column::text("grain", "length of the period: day, week, month, quarter or year");
    /// The segment's name.
    pub const SEGMENT: Column = Column::text("segment", "name of the segment, `all` for everybody");
    /// The segment's value.
    pub const SEGMENT_VALUE: Column =
        Column::text("segment_value", "value of the segment, NULL for everybody").or_null();
    /// The period's first day.
    pub const PERIOD: Column = Column::date("period", "first day of the period");
    /// The customer's id.
    pub const CUSTOMER_ID: Column = Column::id("customer_id", "who, as the input has the id");
    /// Whether later data can still change the row.
    pub const IS_COMPLETE: Column = Column::flag(
        "is_complete",
        "whether the period is over at as_of and lies within the known history",
    );
}

/// The schema of a result table.
#[derive(Debug, PartialEq, Eq)]
pub struct TableSchema {
    /// Its name in `snake_case`, also that of the file.
    pub name: &'static str,
    /// One sentence: which question it answers.
    pub description: &'static str,
    /// The columns in order.
    pub columns: &'static [Column],
    /// Names of the columns that identify a row; rows are sorted by them.
    pub key: &'static [&'static str],
    /// Names of the columns that later orders revise even in complete periods.
    pub revisable: &'static [&'static str],
}
