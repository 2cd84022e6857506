//! Mapped values: SQL texts as expressions over the columns of a file.

use std::path::Path;

use polars::prelude::{
    DataFrame, DataType, Expr, IntoLazy, LiteralValue, NULL, PlSmallStr, Scalar, Schema, lit,
};

use crate::error::LoadError;
use crate::files::Partition;
use crate::quiet::quietly;
use crate::source::{CurrencySource, OrdersSource};

/// What a mapped value is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Customer,
    Order,
    Time,
    Amount,
    Updated,
    Status,
    Reason,
    Currency,
    Segment(usize),
    Filter,
}

impl Role {
    /// Whether its columns must be in every file.
    fn required(self) -> bool {
        matches!(self, Self::Customer | Self::Order | Self::Time | Self::Amount)
    }

    /// Whether it is read as text.
    pub fn is_text(self) -> bool {
        matches!(self, Self::Status | Self::Reason | Self::Currency | Self::Segment(_))
    }

    /// Name of its column in what the engine hands over.
    pub fn alias(self) -> PlSmallStr {
        match self {
            Self::Segment(index) => format!("segment {index}").into(),
            role => format!("{role:?}").into(),
        }
    }
}

/// One mapped value.
#[derive(Debug)]
pub(crate) struct Mapping {
    pub role: Role,
    /// Its key in the pipeline file.
    pub key: String,
    /// Its text.
    pub text: String,
    pub expr: Expr,
    /// The columns that it names.
    pub columns: Vec<PlSmallStr>,
}

impl Mapping {
    /// Every mapped value of a source, parsed.
    pub fn all(source: &OrdersSource) -> Result<Vec<Self>, LoadError> {
        let status = source.status.as_ref().map(|status| &status.expr);
        let currency = match &source.currency {
            CurrencySource::Fixed(_) => None,
            CurrencySource::Column { expr, .. } => Some(expr),
        };
        let named = [
            (Role::Customer, "customer_id", Some(&source.customer_id)),
            (Role::Order, "order_id", source.order_id.as_ref()),
            (Role::Time, "ordered_at", Some(&source.ordered_at)),
            (Role::Amount, "amount", Some(&source.amount)),
            (Role::Updated, "updated_at", source.updated_at.as_ref()),
            (Role::Status, "status", status),
            (Role::Reason, "lost_reason", source.lost_reason.as_ref()),
            (Role::Currency, "currency", currency),
            (Role::Filter, "where", source.filter.as_ref()),
        ];
        let named =
            named.into_iter().filter_map(|(role, key, text)| Some((role, key.to_owned(), text?)));
        let segments = source.segments.iter().enumerate().map(|(index, segment)| {
            (Role::Segment(index), format!("segments.{}", segment.name), &segment.expr)
        });
        named.chain(segments).map(|(role, key, text)| Self::parse(role, key, text)).collect()
    }

    fn parse(role: Role, key: String, text: &str) -> Result<Self, LoadError> {
        let text = text.to_owned();
        let expr = match quietly(|| polars::sql::sql_expr(&text)) {
            Ok(expr) => expr,
            Err(reason) => return Err(LoadError::Syntax { key, expression: text, reason }),
        };
        let single = |part: &Expr| {
            !matches!(
                part,
                Expr::Agg(_)
                    | Expr::Len
                    | Expr::Over { .. }
                    | Expr::Sort { .. }
                    | Expr::SortBy { .. }
                    | Expr::Gather { .. }
                    | Expr::Filter { .. }
                    | Expr::Slice { .. }
                    | Expr::Explode { .. }
                    | Expr::Selector(_)
                    | Expr::SubPlan(..)
            )
        };
        if !expr.into_iter().all(single) {
            return Err(LoadError::NotRowWise { key, expression: text });
        }
        let columns = expr.clone().meta().root_names();
        let per_row = matches!(role, Role::Customer | Role::Order | Role::Time);
        if per_row && columns.is_empty() {
            return Err(LoadError::Constant { key, expression: text });
        }
        Ok(Self { role, key, text, expr, columns })
    }

    /// Whether its columns must be in every file.
    pub fn required(&self) -> bool {
        self.role.required()
    }

    /// The type that it has over columns of a schema.
    pub fn dtype(&self, schema: &Schema, path: &Path) -> Result<DataType, LoadError> {
        let failed = |reason| LoadError::Expression {
            key: self.key.clone(),
            expression: self.text.clone(),
            path: path.to_owned(),
            reason,
        };
        // Two rows, so that an expression which gives one value for all of them stands out.
        let columns = self.columns.iter();
        let fields = columns.filter_map(|name| Some((name.clone(), schema.get(name)?.clone())));
        let columns: Schema = fields.collect();
        let sample = DataFrame::full_null(&columns, 2).lazy();
        let found = quietly(|| sample.select([self.expr.clone()]).collect()).map_err(failed)?;
        let constant = self.columns.is_empty() && found.height() == 1;
        match found.columns() {
            [column] if constant || column.len() == 2 => Ok(column.dtype().clone()),
            _ => {
                Err(LoadError::NotRowWise { key: self.key.clone(), expression: self.text.clone() })
            }
        }
    }

    /// The expression that the engine evaluates, under the alias of its role.
    pub fn select(&self, dtype: &DataType) -> Expr {
        let expr = self.expr.clone();
        let text = self.role.is_text() && *dtype != DataType::String;
        let expr = if text { expr.cast(DataType::String) } else { expr };
        expr.alias(self.role.alias())
    }
}

/// A column that a file does not hold itself: the value of a folder, or NULL of a type.
pub(crate) fn constant(name: &str, value: &Partition, dtype: &DataType) -> Expr {
    let value = match value {
        Partition::Null => lit(NULL),
        Partition::Integer(value) => lit(*value),
        Partition::Date(day) => {
            Expr::Literal(LiteralValue::Scalar(Scalar::from(*day))).cast(DataType::Date)
        }
        Partition::Text(text) => lit(text.as_str()),
    };
    value.cast(dtype.clone()).alias(name)
}

/// The type of a folder's value.
pub(crate) fn partition_type(value: &Partition) -> DataType {
    match value {
        Partition::Integer(_) => DataType::Int64,
        Partition::Date(_) => DataType::Date,
        Partition::Null | Partition::Text(_) => DataType::String,
    }
}

/// A column as a mapped value has it: in double quotes unless its name is a plain word.
pub(crate) fn quoted(name: &str) -> String {
    let plain = !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain { name.to_owned() } else { format!("{name:?}") }
}
