//! Types of values, and the type that two of them have in common.

use std::fmt;

use polars::prelude::{DataType, TimeUnit, TimeZone};

/// Digits that 64 bits hold whatever they are.
pub(crate) const NARROW: u16 = 18;
/// Digits that 128 bits hold whatever they are.
pub(crate) const WIDE: u16 = 38;

/// The digits of an exact number, an integer or a decimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exact {
    /// An upper bound of all of its digits; above 38 a value may not fit, and each operation looks.
    pub digits: u16,
    /// Those behind the point, at most 38.
    pub scale: u16,
}

impl Exact {
    pub(crate) const fn new(digits: u16, scale: u16) -> Self {
        Self { digits, scale }
    }

    /// Digits before the point.
    pub(crate) fn whole(self) -> u16 {
        self.digits.saturating_sub(self.scale)
    }

    /// The smallest that holds both.
    pub(crate) fn common(self, other: Self) -> Self {
        let scale = self.scale.max(other.scale);
        Self { digits: self.whole().max(other.whole()) + scale, scale }
    }

    pub(crate) fn is_narrow(self) -> bool {
        self.digits <= NARROW
    }
}

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// NULL of no type, which is NULL of every type.
    Null,
    /// True or false.
    Bool,
    /// An integer or a decimal.
    Exact(Exact),
    /// The quotient of exact numbers, kept as one.
    Fraction,
    /// A float of 64 bits.
    Double,
    /// Text.
    Text,
    /// Bytes, which are handed on and compared with nothing.
    Binary,
    /// Days.
    Date,
    /// Microseconds of a wall clock.
    Timestamp,
    /// Microseconds in UTC.
    Instant,
    /// A span of months, days and microseconds, as a constant.
    Interval,
}

impl Type {
    pub(crate) const fn exact(digits: u16, scale: u16) -> Self {
        Self::Exact(Exact::new(digits, scale))
    }

    /// The type of values of a column; `None` where nothing can be done with them.
    #[must_use]
    pub fn of(dtype: &DataType) -> Option<Self> {
        use DataType as D;
        Some(match dtype {
            D::Null => Self::Null,
            D::Boolean => Self::Bool,
            D::Int8 | D::UInt8 => Self::exact(3, 0),
            D::Int16 | D::UInt16 => Self::exact(5, 0),
            D::Int32 | D::UInt32 => Self::exact(10, 0),
            D::Int64 => Self::exact(19, 0),
            // 19 digits without places stand for 64 bits, beyond which a decimal of 19 digits may be.
            D::UInt64 | D::Decimal(19, 0) => Self::exact(20, 0),
            D::Decimal(digits, scale) => {
                Self::exact(u16::try_from(*digits).ok()?, u16::try_from(*scale).ok()?)
            }
            D::Float32 | D::Float64 => Self::Double,
            D::String => Self::Text,
            D::Binary => Self::Binary,
            D::Date => Self::Date,
            D::Datetime(_, None) => Self::Timestamp,
            D::Datetime(_, Some(_)) => Self::Instant,
            _ => return None,
        })
    }

    /// The type of a column of such values, as they are handed on.
    #[must_use]
    pub fn dtype(self) -> DataType {
        match self {
            Self::Null => DataType::Null,
            Self::Bool => DataType::Boolean,
            Self::Exact(Exact { digits: 0..=19, scale: 0 }) => DataType::Int64,
            Self::Exact(Exact { scale, .. }) => DataType::Decimal(38, scale.into()),
            Self::Fraction => DataType::Decimal(38, FRACTION_SCALE.into()),
            Self::Double => DataType::Float64,
            Self::Text | Self::Interval => DataType::String,
            Self::Binary => DataType::Binary,
            Self::Date => DataType::Date,
            Self::Timestamp => DataType::Datetime(TimeUnit::Microseconds, None),
            Self::Instant => DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)),
        }
    }

    /// Whether it is a number.
    #[must_use]
    pub fn is_number(self) -> bool {
        matches!(self, Self::Exact(_) | Self::Fraction | Self::Double)
    }

    /// Whether it is a day or a moment.
    #[must_use]
    pub fn is_time(self) -> bool {
        matches!(self, Self::Date | Self::Timestamp | Self::Instant)
    }

    /// Whether it is a whole number.
    #[must_use]
    pub fn is_whole(self) -> bool {
        matches!(self, Self::Exact(Exact { scale: 0, .. }))
    }

    /// The type that values of two types have as columns of one, in which every value of either is; `None`
    /// where there is none.
    #[must_use]
    pub fn in_common(self, other: Self) -> Option<Self> {
        let common = self.common(other)?;
        Self::of(&common.dtype())
    }

    /// The type of a choice between values of two types, or of their comparison; `None` where there
    /// is none.
    pub(crate) fn common(self, other: Self) -> Option<Self> {
        Some(match (self, other) {
            (a, b) if a == b => a,
            (Self::Null, other) | (other, Self::Null) => other,
            (Self::Exact(a), Self::Exact(b)) => Self::Exact(a.common(b)),
            (Self::Double, other) | (other, Self::Double) if other.is_number() => Self::Double,
            (Self::Fraction, other) | (other, Self::Fraction) if other.is_number() => {
                Self::Fraction
            }
            (Self::Instant, other) | (other, Self::Instant) if other.is_time() => Self::Instant,
            (Self::Timestamp, other) | (other, Self::Timestamp) if other.is_time() => {
                Self::Timestamp
            }
            _ => return None,
        })
    }
}

/// Decimal places of a quotient that is handed on where nobody says how many are wanted.
pub(crate) const FRACTION_SCALE: u16 = 18;

/// As SQL calls it.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Bool => f.write_str("BOOLEAN"),
            Self::Exact(Exact { scale: 0, digits: ..=19 }) => f.write_str("BIGINT"),
            Self::Exact(Exact { digits, scale }) => {
                write!(f, "DECIMAL({}, {scale})", digits.min(&WIDE))
            }
            Self::Fraction => f.write_str("DECIMAL"),
            Self::Double => f.write_str("DOUBLE"),
            Self::Text => f.write_str("VARCHAR"),
            Self::Binary => f.write_str("BLOB"),
            Self::Date => f.write_str("DATE"),
            Self::Timestamp => f.write_str("TIMESTAMP"),
            Self::Instant => f.write_str("TIMESTAMPTZ"),
            Self::Interval => f.write_str("INTERVAL"),
        }
    }
}
