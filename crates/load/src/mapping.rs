//! Mapped values: SQL texts as expressions over the columns of a file.

use std::path::Path;

use kohort_model::Input;
use polars::prelude::{
    DataFrame, DataType, Expr, IntoLazy, LiteralValue, NULL, PlSmallStr, Scalar, Schema, col, lit,
};

use crate::error::LoadError;
use crate::files::Partition;
use crate::quiet::quietly;
use crate::source::{Content, CurrencySource, Source};

/// What a mapped value is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Customer,
    /// The id of an order or a subscription.
    Order,
    Time,
    Amount,
    Interval,
    Trial,
    Ended,
    Cancelled,
    Involuntary,
    Updated,
    Status,
    Reason,
    Variant,
    Currency,
    /// A text that becomes a code: a segment, or of contacts campaign and strategy.
    Segment(usize),
    Filter,
}

impl Role {
    /// Whether its columns must be in every file: what would then be missing changes what a row
    /// is, rather than what is known of it.
    fn required(self) -> bool {
        matches!(
            self,
            Self::Customer | Self::Order | Self::Time | Self::Amount | Self::Interval | Self::Ended
        )
    }

    /// Whether it is read as text.
    pub fn is_text(self) -> bool {
        matches!(
            self,
            Self::Interval
                | Self::Status
                | Self::Reason
                | Self::Variant
                | Self::Currency
                | Self::Segment(_)
        )
    }

    /// Whether it is true or false.
    pub fn is_condition(self) -> bool {
        matches!(self, Self::Trial | Self::Involuntary | Self::Filter)
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
    /// Its key in the input's section of the pipeline file.
    pub key: String,
    /// The key as messages have it, with its section unless that is the orders'.
    pub name: String,
    /// Its text.
    pub text: String,
    pub expr: Expr,
    /// The columns that it names.
    pub columns: Vec<PlSmallStr>,
}

/// Role, key and text of a value that may be mapped.
type Entry<'a> = (Role, &'static str, Option<&'a String>);

/// The values of a source but for its segments.
fn entries(source: &Source) -> Vec<Entry<'_>> {
    let time = Some(&source.time);
    let amount = (Role::Amount, "amount", source.money().map(|money| &money.amount));
    let reason = source.reason().map(|reason| &reason.expr);
    let mut entries = vec![(Role::Customer, "customer_id", Some(&source.customer_id))];
    match &source.content {
        Content::Orders(orders) => entries.extend([
            (Role::Order, "order_id", orders.order_id.as_ref()),
            (Role::Time, "ordered_at", time),
            amount,
            (Role::Updated, "updated_at", orders.updated_at.as_ref()),
            (Role::Status, "status", orders.status.as_ref().map(|status| &status.expr)),
            (Role::Reason, "lost_reason", reason),
        ]),
        Content::Subscriptions(subscriptions) => entries.extend([
            (Role::Order, "subscription_id", Some(&subscriptions.subscription_id)),
            (Role::Time, "started_at", time),
            (Role::Ended, "ended_at", subscriptions.ended_at.as_ref()),
            amount,
            (Role::Interval, "interval", subscriptions.interval.as_ref()),
            (Role::Trial, "trial", subscriptions.trial.as_ref()),
            (Role::Cancelled, "cancelled_at", subscriptions.cancelled_at.as_ref()),
            (Role::Reason, "cancel_reason", reason),
            (Role::Involuntary, "involuntary", subscriptions.involuntary.as_ref()),
        ]),
        Content::Prospects => entries.push((Role::Time, "first_seen_at", time)),
        Content::Contacts(contacts) => entries.extend([
            (Role::Time, "contacted_at", time),
            (Role::Segment(CAMPAIGN), "campaign", contacts.campaign.as_ref()),
            (Role::Segment(STRATEGY), "strategy", contacts.strategy.as_ref()),
            (Role::Variant, "variant", contacts.variant.as_ref().map(|variant| &variant.expr)),
        ]),
        Content::Surveys(_) => {
            entries.extend([(Role::Time, "answered_at", time), (Role::Reason, "reason", reason)]);
        }
    }
    let currency = source.money().and_then(|money| match &money.currency {
        CurrencySource::Fixed(_) => None,
        CurrencySource::Column { expr, .. } => Some(expr),
    });
    entries.push((Role::Currency, "currency", currency));
    entries.push((Role::Filter, "where", source.filter.as_ref()));
    entries
}

/// Places of a contact's codes.
const CAMPAIGN: usize = 0;
const STRATEGY: usize = 1;

impl Mapping {
    /// Every mapped value of a source, parsed.
    pub fn all(source: &Source) -> Result<Vec<Self>, LoadError> {
        let input = source.input();
        let name = |key: &str| match input {
            Input::Orders => key.to_owned(),
            _ => format!("inputs.{}.{key}", input.name()),
        };
        let mut mappings = Vec::new();
        for (role, key, text) in entries(source) {
            if let Some(text) = text {
                mappings.push(Self::parse(role, key.to_owned(), name(key), text)?);
            }
        }
        for (index, segment) in source.segments().iter().enumerate() {
            let key = format!("segments.{}", segment.name);
            mappings.push(Self::parse(Role::Segment(index), key.clone(), key, &segment.expr)?);
        }
        Ok(mappings)
    }

    fn parse(role: Role, key: String, name: String, text: &str) -> Result<Self, LoadError> {
        let text = text.to_owned();
        let expr = match quietly(|| polars::sql::sql_expr(&text)) {
            Ok(expr) => expr,
            // A word of SQL, such as `interval` or `end`, that is a column here.
            Err(_) if is_plain(&text) => col(text.as_str()),
            Err(reason) => return Err(LoadError::Syntax { key: name, expression: text, reason }),
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
            return Err(LoadError::NotRowWise { key: name, expression: text });
        }
        let columns = expr.clone().meta().root_names();
        let per_row = matches!(role, Role::Customer | Role::Order | Role::Time);
        if per_row && columns.is_empty() {
            return Err(LoadError::Constant { key: name, expression: text });
        }
        Ok(Self { role, key, name, text, expr, columns })
    }

    /// Whether its columns must be in every file.
    pub fn required(&self) -> bool {
        self.role.required()
    }

    /// The type that it has over columns of a schema.
    pub fn dtype(&self, schema: &Schema, path: &Path) -> Result<DataType, LoadError> {
        let failed = |reason| LoadError::Expression {
            key: self.name.clone(),
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
                Err(LoadError::NotRowWise { key: self.name.clone(), expression: self.text.clone() })
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
    if is_plain(name) { name.to_owned() } else { format!("{name:?}") }
}

fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
