//! Mapped values: SQL texts as expressions over the columns of a file.

use kohort_expr::{Columns, Mapped, ParseError, Program, Type, Zones};
use kohort_model::Input;
use polars::prelude::{Column, DataType, NamedFrom, PlSmallStr, Scalar, Schema, Series};

use crate::checks::Must;
use crate::error::LoadError;
use crate::files::Partition;
use crate::share::IdForm;
use crate::source::{Content, CurrencySource, Source};

/// What a mapped value is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Whose row it is: a customer, or of touchpoints and identities a visitor.
    Customer,
    /// The customer of a visitor.
    Other,
    /// The id of an order, a subscription, an opportunity, an invoice or a cart.
    Order,
    Time,
    Amount,
    Interval,
    Trial,
    /// When a subscription ended, an opportunity was decided or an invoice paid.
    Ended,
    /// When a subscription was cancelled or an invoice is due.
    Cancelled,
    Involuntary,
    Updated,
    Status,
    Reason,
    Variant,
    Score,
    Units,
    Currency,
    /// A text that becomes a code: a segment, or another text at its place.
    Segment(usize),
    Filter,
    /// What is checked of a value, at its place in [`Source::checks`].
    Check(usize),
}

impl Role {
    /// Whether its columns must be in every file: what would then be missing changes what a row
    /// is, rather than what is known of it.
    fn required(self, input: Input) -> bool {
        match self {
            Self::Customer
            | Self::Other
            | Self::Order
            | Self::Time
            | Self::Amount
            | Self::Interval
            | Self::Ended
            | Self::Score
            | Self::Units => true,
            Self::Status => input == Input::Opportunities,
            Self::Segment(WHAT) => matches!(input, Input::Touchpoints | Input::Engagement),
            _ => false,
        }
    }

    /// Whether it is a number.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Amount | Self::Score | Self::Units)
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

    /// Whether it is a day or a moment.
    pub fn is_time(self) -> bool {
        matches!(self, Self::Time | Self::Ended | Self::Cancelled | Self::Updated)
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
    pub program: Program,
    /// Whether its columns must be in every file.
    pub required: bool,
    /// Decimal places to which a quotient is rounded.
    scale: Option<u16>,
    /// Whether its text is what counts.
    as_text: bool,
}

/// Role, key and text of a value that may be mapped.
type Entry<'a> = (Role, &'static str, Option<&'a String>);

/// The values of a source but for its segments.
fn entries(source: &Source) -> Vec<Entry<'_>> {
    let time = source.time.as_ref();
    let amount = |key| (Role::Amount, key, source.amount().map(|(expr, _)| expr));
    let reason = source.reason().map(|reason| &reason.expr);
    let customer = match &source.content {
        Content::Touchpoints(_) | Content::Identities(_) => "visitor_id",
        Content::Opportunities(_) => "buyer",
        _ => "customer_id",
    };
    let mut entries = vec![(Role::Customer, customer, Some(&source.customer_id))];
    match &source.content {
        Content::Orders(orders) => entries.extend([
            (Role::Order, "order_id", orders.order_id.as_ref()),
            (Role::Time, "ordered_at", time),
            amount("amount"),
            (Role::Updated, "updated_at", orders.updated_at.as_ref()),
            (Role::Status, "status", orders.status.as_ref().map(|status| &status.expr)),
            (Role::Reason, "lost_reason", reason),
        ]),
        Content::Subscriptions(subscriptions) => entries.extend([
            (Role::Order, "subscription_id", Some(&subscriptions.subscription_id)),
            (Role::Time, "started_at", time),
            (Role::Ended, "ended_at", subscriptions.ended_at.as_ref()),
            amount("amount"),
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
        Content::Surveys(surveys) => entries.extend([
            (Role::Time, "answered_at", time),
            (Role::Reason, "reason", reason),
            (Role::Score, "score", surveys.score.as_ref()),
        ]),
        Content::Touchpoints(touchpoints) => entries.extend([
            (Role::Time, "occurred_at", time),
            (Role::Segment(WHAT), "step", Some(&touchpoints.step)),
            (Role::Order, "cart_id", touchpoints.cart_id.as_ref()),
            amount("value"),
            (Role::Other, "customer_id", touchpoints.customer_id.as_ref()),
        ]),
        Content::Identities(identities) => {
            entries.push((Role::Other, "customer_id", Some(&identities.customer_id)));
        }
        Content::Opportunities(opportunities) => entries.extend([
            (Role::Order, "opportunity_id", opportunities.opportunity_id.as_ref()),
            (Role::Time, "created_at", time),
            (Role::Ended, "closed_at", opportunities.closed_at.as_ref()),
            (Role::Status, "outcome", Some(&opportunities.outcome.expr)),
            (Role::Segment(STAGE), "stage", opportunities.stage.as_ref()),
            amount("value"),
            (Role::Reason, "reason", reason),
            (Role::Segment(COMPETITOR), "competitor", opportunities.competitor.as_ref()),
        ]),
        Content::OrderLines(lines) => entries.extend([
            (Role::Order, "order_id", Some(&lines.order_id)),
            (Role::Time, "ordered_at", time),
            (Role::Segment(PRODUCT), "product", lines.product.as_ref()),
            (Role::Segment(CATEGORY), "category", lines.category.as_ref()),
            (Role::Units, "units", lines.units.as_ref()),
            amount("value"),
        ]),
        Content::Returns(returns) => entries.extend([
            (Role::Order, "order_id", Some(&returns.order_id)),
            (Role::Time, "returned_at", time),
            (Role::Segment(PRODUCT), "product", returns.product.as_ref()),
            (Role::Units, "units", returns.units.as_ref()),
            amount("value"),
            (Role::Reason, "reason", reason),
        ]),
        Content::Invoices(invoices) => entries.extend([
            (Role::Order, "invoice_id", invoices.invoice_id.as_ref()),
            (Role::Time, "invoiced_at", time),
            (Role::Cancelled, "due_at", invoices.due_at.as_ref()),
            (Role::Ended, "paid_at", Some(&invoices.paid_at)),
            amount("amount"),
        ]),
        Content::Engagement(engagement) => entries.extend([
            (Role::Time, "occurred_at", time),
            (Role::Segment(WHAT), "kind", Some(&engagement.kind)),
            amount("value"),
        ]),
    }
    let currency = source.money().and_then(|money| match &money.currency {
        CurrencySource::Fixed(_) => None,
        CurrencySource::Column { expr, .. } => Some(expr),
    });
    entries.push((Role::Currency, "currency", currency));
    entries.push((Role::Filter, "where", source.filter.as_ref()));
    entries
}

/// Places of the codes of contacts.
const CAMPAIGN: usize = 0;
const STRATEGY: usize = 1;
/// Of touchpoints the step, of engagement the kind.
pub(crate) const WHAT: usize = 0;
/// Of opportunities.
pub(crate) const STAGE: usize = 0;
const COMPETITOR: usize = 1;
/// Of lines of orders, and the first of returns.
pub(crate) const PRODUCT: usize = 0;
const CATEGORY: usize = 1;

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
                let parsed = Self::parse(role, key.to_owned(), name(key), text)?;
                let scale = scale(role, source);
                mappings.push(Self { required: role.required(input), scale, ..parsed });
            }
        }
        for (index, segment) in source.segments().iter().enumerate() {
            let key = format!("segments.{}", segment.name);
            mappings.push(Self::parse(Role::Segment(index), key.clone(), key, &segment.expr)?);
        }
        for (index, check) in source.checks.iter().enumerate() {
            let (role, key) = (Role::Check(index), &check.key);
            let parsed = Self::parse(role, key.clone(), key.clone(), &check.expr)?;
            let as_text = matches!(check.must, Must::BeOneOf(_));
            mappings.push(Self { as_text, ..parsed });
        }
        Ok(mappings)
    }

    fn parse(role: Role, key: String, name: String, text: &str) -> Result<Self, LoadError> {
        let text = text.to_owned();
        let program = match Program::parse(&text) {
            Ok(program) => program,
            Err(ParseError::NotRowWise) => {
                return Err(LoadError::NotRowWise { key: name, expression: text });
            }
            Err(ParseError::Syntax(reason)) => {
                return Err(LoadError::Syntax { key: name, expression: text, reason });
            }
        };
        let per_row = matches!(
            role,
            Role::Customer | Role::Other | Role::Order | Role::Time | Role::Check(_)
        );
        if per_row && program.columns().is_empty() {
            return Err(LoadError::Constant { key: name, expression: text });
        }
        let as_text = role.is_text();
        Ok(Self { role, key, name, text, program, required: false, scale: None, as_text })
    }

    /// The columns that it names.
    pub fn columns(&self) -> &[PlSmallStr] {
        self.program.columns()
    }

    /// The value over the columns of a file.
    ///
    /// # Errors
    /// In a sentence what does not fit.
    pub fn bind(
        &self,
        schema: &Schema,
        zones: &Zones,
        is_wall: &dyn Fn(&str) -> bool,
    ) -> Result<Mapped, String> {
        let columns = Columns { schema, zones, is_wall };
        if self.role == Role::Filter {
            return self.program.bind_condition(&columns);
        }
        let mapped = self.program.bind(&columns)?;
        if self.as_text {
            return mapped.as_text();
        }
        if self.role.is_time() {
            return mapped.as_instant();
        }
        if IdForm::ROLES.contains(&self.role) {
            return Ok(mapped.as_id());
        }
        let mapped = if self.role.is_condition() { mapped.as_type(Type::Bool) } else { mapped };
        Ok(match self.scale {
            Some(scale) => mapped.at_scale(scale),
            None => mapped,
        })
    }
}

/// Decimal places to which a quotient is rounded at once; `None` where something else is done with
/// it before it is rounded.
fn scale(role: Role, source: &Source) -> Option<u16> {
    let is_converted = source.input() == Input::Subscriptions
        || source.money().is_some_and(|m| matches!(m.currency, CurrencySource::Column { .. }));
    match role {
        Role::Amount if !is_converted => source.amount().map(|(_, scale)| scale.places().into()),
        Role::Units => Some(0),
        _ => None,
    }
}

/// A column that a file does not hold itself: the value of a folder, or NULL of a type, in every row.
pub(crate) fn constant(name: &PlSmallStr, value: &Partition, dtype: &DataType) -> Constant {
    let single = match value {
        Partition::Null => Series::full_null(name.clone(), 1, dtype),
        Partition::Integer(value) => Series::new(name.clone(), [*value]),
        Partition::Date(day) => Series::new(name.clone(), [*day]).into_date(),
        Partition::Text(text) => Series::new(name.clone(), [text.as_str()]),
    };
    // What the files call a number may be one of another width.
    let single = single.cast(dtype).unwrap_or_else(|_| Series::full_null(name.clone(), 1, dtype));
    Constant { single }
}

/// See [`constant`].
#[derive(Clone, Debug)]
pub(crate) struct Constant {
    single: Series,
}

impl Constant {
    pub fn name(&self) -> &PlSmallStr {
        self.single.name()
    }

    pub fn dtype(&self) -> &DataType {
        self.single.dtype()
    }

    /// The same value for some rows.
    pub fn column(&self, rows: usize) -> Column {
        match self.single.get(0) {
            Ok(value) if !value.is_null() => {
                let scalar = Scalar::new(self.dtype().clone(), value.into_static());
                Column::new_scalar(self.name().clone(), scalar, rows)
            }
            _ => Column::full_null(self.name().clone(), rows, self.dtype()),
        }
    }
}

/// The type of a folder's value.
pub(crate) fn partition_type(value: &Partition) -> DataType {
    match value {
        Partition::Integer(_) => DataType::Int64,
        Partition::Date(_) => DataType::Date,
        Partition::Null | Partition::Text(_) => DataType::String,
    }
}
