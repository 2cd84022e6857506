//! Mapped values: SQL texts as expressions over the columns of a file.

use std::sync::Arc;

use kohort_expr::{Columns, Lookup, Mapped, ParseError, Program, Type, Zones};
use kohort_model::{Input, NumberUnit, ValueKind};
use polars::prelude::{Column, DataType, NamedFrom, PlSmallStr, Scalar, Schema, Series};

use crate::checks::Must;
use crate::error::LoadError;
use crate::files::Partition;
use crate::source::{CurrencySource, Source};

/// What a mapped value is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A column of the input, by its place in the declaration.
    Column(usize),
    /// The currency of the row's amount.
    Currency,
    /// A segment.
    Segment(usize),
    Filter,
    /// What is checked of a value, at its place in [`Source::checks`].
    Check(usize),
}

/// One mapped value.
#[derive(Debug)]
pub(crate) struct Mapping {
    pub role: Role,
    /// What its values are, where it is a column of the input.
    pub kind: Option<ValueKind>,
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

impl Mapping {
    /// Every mapped value of a source, parsed.
    pub fn all(source: &Source) -> Result<Vec<Self>, LoadError> {
        let input = source.input();
        let name = |key: &str| match input {
            Input::Orders => key.to_owned(),
            _ => format!("inputs.{}.{key}", input.name()),
        };
        let mut mappings = Vec::new();
        for (place, column) in source.spec.columns.iter().enumerate() {
            let Some(mapped) = source.column(column.name) else { continue };
            let (role, key) = (Role::Column(place), column.name.to_owned());
            let parsed =
                Self::parse(role, Some(column.kind), (key, name(column.name)), &mapped.expr)?;
            let may_be_constant =
                column.may_be_constant || !(parsed.is_id() || parsed.is_time_of_row());
            let parsed = if may_be_constant { parsed } else { parsed.by_row()? };
            let (required, scale) = (column.is_in_every_file, scale(column.kind, source));
            mappings.push(Self { required, scale, ..parsed });
        }
        if let CurrencySource::Column { expr, .. } = &source.currency {
            let key = "currency".to_owned();
            let names = (key, name("currency"));
            mappings.push(Self::parse(Role::Currency, None, names, expr)?);
        }
        if let Some(filter) = &source.filter {
            let names = ("where".to_owned(), name("where"));
            mappings.push(Self::parse(Role::Filter, None, names, filter)?);
        }
        for (index, segment) in source.segments.iter().enumerate() {
            let key = format!("segments.{}", segment.name);
            let names = (key.clone(), key);
            mappings.push(Self::parse(Role::Segment(index), None, names, &segment.expr)?);
        }
        for (index, check) in source.checks.iter().enumerate() {
            let names = (check.key.clone(), check.key.clone());
            let parsed = Self::parse(Role::Check(index), None, names, &check.expr)?.by_row()?;
            let as_text = matches!(check.must, Must::BeOneOf(_));
            mappings.push(Self { as_text, ..parsed });
        }
        Ok(mappings)
    }

    /// The same, which depends on the row.
    fn by_row(self) -> Result<Self, LoadError> {
        if self.columns().is_empty() {
            return Err(LoadError::Constant { key: self.name, expression: self.text });
        }
        Ok(self)
    }

    /// Whether it says when a row is of.
    fn is_time_of_row(&self) -> bool {
        matches!(self.kind, Some(ValueKind::Time(_)))
    }

    /// Whether it is an id.
    pub fn is_id(&self) -> bool {
        matches!(self.kind, Some(ValueKind::Id(_)))
    }

    /// Whether it is a number.
    pub fn is_number(&self) -> bool {
        matches!(self.kind, Some(ValueKind::Number(_) | ValueKind::Score))
    }

    /// Whether it is read as text.
    pub fn is_text(&self) -> bool {
        use ValueKind as Kind;
        let is_text = matches!(
            self.kind,
            Some(Kind::Text(_) | Kind::Listed(_) | Kind::Status(_) | Kind::Interval)
        );
        is_text || matches!(self.role, Role::Segment(_) | Role::Currency)
    }

    /// Whether it is true or false.
    pub fn is_condition(&self) -> bool {
        let is_condition = matches!(self.kind, Some(ValueKind::Trial | ValueKind::Involuntary));
        is_condition || self.role == Role::Filter
    }

    /// Whether it is a day or a moment.
    pub fn is_time(&self) -> bool {
        use ValueKind as Kind;
        matches!(self.kind, Some(Kind::Time(_) | Kind::Day(_) | Kind::End | Kind::Update))
    }

    /// `names` are its key, and that with its section as messages have it.
    fn parse(
        role: Role,
        kind: Option<ValueKind>,
        (key, name): (String, String),
        text: &str,
    ) -> Result<Self, LoadError> {
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
        let (required, scale, as_text) = (false, None, false);
        let parsed = Self { role, kind, key, name, text, program, required, scale, as_text };
        Ok(Self { as_text: parsed.is_text(), ..parsed })
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
        lookups: &[Arc<Lookup>],
    ) -> Result<Mapped, String> {
        let columns = Columns { schema, zones, is_wall, lookups };
        if self.role == Role::Filter {
            return self.program.bind_condition(&columns);
        }
        let mapped = self.program.bind(&columns)?;
        if self.as_text {
            return mapped.as_text();
        }
        if self.is_time() {
            return mapped.as_instant();
        }
        if self.is_id() {
            return Ok(mapped.as_id());
        }
        let mapped = if self.is_condition() { mapped.as_type(Type::Bool) } else { mapped };
        Ok(match self.scale {
            Some(scale) => mapped.at_scale(scale),
            None => mapped,
        })
    }
}

/// Decimal places to which a quotient is rounded at once; `None` where something else is done with
/// it before it is rounded.
fn scale(kind: ValueKind, source: &Source) -> Option<u16> {
    let ValueKind::Number(number) = kind else { return None };
    let is_converted =
        source.interval().is_some() || matches!(source.currency, CurrencySource::Column { .. });
    let is_later = number.unit == NumberUnit::Money && is_converted;
    (!is_later).then(|| source.scale_of(number).places().into())
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
