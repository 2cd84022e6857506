//! Opening: which files there are, what they hold, and whether the mapped values fit them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use kohort_model::{Day, IdType, Input};
use polars::prelude::{DataType, Expr, PlSmallStr, Schema};

use crate::checks::{Mistyped, mistyped};
use crate::columns::amount::is_number;
use crate::columns::ids::is_bytes;
use crate::columns::is_integer;
use crate::columns::status::Statuses;
use crate::columns::time::Clock;
use crate::currency::Rates;
use crate::error::{LoadError, TypeIn};
use crate::files::{self, Partition, SourceFile};
use crate::footer::Footer;
use crate::mapping::{Mapping, Role, constant, partition_type, quoted};
use crate::share::IdForm;
use crate::source::{Content, CurrencySource, Source};
use crate::zone::{DAY_MICROS, Zone};

/// Rows that one query reads: enough that its plan costs nothing beside them.
const PIECE_ROWS: u64 = 1 << 19;

/// An input whose contract holds.
#[derive(Debug)]
pub struct Opened {
    pub(crate) source: Source,
    pub(crate) files: Vec<SourceFile>,
    pub(crate) details: Vec<Detail>,
    pub(crate) mappings: Vec<Mapping>,
    /// Of the mapped ids.
    pub(crate) ids: Vec<IdForm>,
    pub(crate) clock: Clock,
    pub(crate) zone: Zone,
    pub(crate) statuses: Option<Statuses>,
    pub(crate) rates: Option<Rates>,
    mistyped: Vec<Mistyped>,
}

/// Columns that an error lists at most.
const LISTED: usize = 30;

/// What reading a file needs to know beside its path.
#[derive(Debug)]
pub(crate) struct Detail {
    pub footer: Footer,
    /// Columns that mapped values name but the file does not hold.
    pub constants: Vec<Expr>,
    /// Of the mapped values, in their order.
    pub types: Arc<Vec<DataType>>,
    /// Ranges of rows to read at once.
    pub pieces: Vec<Range<u64>>,
}

impl Opened {
    /// Which input it is.
    #[must_use]
    pub fn input(&self) -> Input {
        self.source.input()
    }

    /// The files, sorted by path.
    #[must_use]
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// Whether the time is a timestamp, so that events of one day have an order of their own.
    #[must_use]
    pub fn has_instants(&self) -> bool {
        self.clock != Clock::Date
    }

    /// The microseconds at which a day begins on the clock of this input's instants: of timestamps
    /// with a zone in UTC, of others on the wall clock. A midnight that clocks skip is the moment at
    /// which they do.
    #[must_use]
    pub fn midnight(&self, day: Day) -> i64 {
        match self.clock {
            Clock::Zoned => self.zone.midnight(day),
            Clock::Date | Clock::Naive => i64::from(day.0).saturating_mul(DAY_MICROS),
        }
    }

    /// Whether customers, or the visitors of touchpoints and identities, are integers:
    /// [`kohort_model::Keys::Integers`] in every batch.
    #[must_use]
    pub fn has_integer_customers(&self) -> bool {
        self.has_integers(Role::Customer)
    }

    /// Whether the customers of touchpoints and identities are integers; false where they are not
    /// mapped.
    #[must_use]
    pub fn has_integer_others(&self) -> bool {
        self.has_integers(Role::Other)
    }

    /// Whether ids of orders, subscriptions, opportunities, invoices or carts are integers; false
    /// where they are not mapped.
    #[must_use]
    pub fn has_integer_orders(&self) -> bool {
        self.has_integers(Role::Order)
    }

    /// The form of customer ids, which all inputs of [`crate::open_all`] share; of touchpoints and
    /// identities that of the visitors, which those two share.
    #[must_use]
    pub fn customer_ids(&self) -> IdType {
        self.id_type(Role::Customer).unwrap_or_default()
    }

    fn has_integers(&self, role: Role) -> bool {
        self.id_type(role).is_some_and(|ids| !is_bytes(ids))
    }

    /// Key, expression and type of every mapped value, as in the first file.
    #[must_use]
    pub fn columns(&self) -> Vec<(String, String, String)> {
        let types = self.details.first().map(|detail| detail.types.iter()).into_iter().flatten();
        (self.mappings.iter().zip(types))
            .filter(|(mapping, _)| !matches!(mapping.role, Role::Check(_)))
            .map(|(mapping, ty)| (mapping.key.clone(), mapping.text.clone(), ty.to_string()))
            .collect()
    }

    /// Those of [`Source::checks`] that are about types and do not hold, in their order.
    #[must_use]
    pub fn mistyped(&self) -> &[Mistyped] {
        &self.mistyped
    }

    pub(crate) fn open(source: Source) -> Result<Self, LoadError> {
        let mappings = Mapping::all(&source)?;
        let found = files::expand(&source.paths)?;
        let (files, footers) = files::open(&found)?;
        let rates = match source.money().map(|money| &money.currency) {
            Some(CurrencySource::Column { rates, .. }) => Some(Rates::read(rates)?),
            _ => None,
        };
        let mut contract = Contract {
            mappings: &mappings,
            deduplicate: source.deduplicate,
            files: &files,
            shapes: Vec::new(),
        };
        let folders = files::partitions(found.iter().map(|found| &*found.path));
        let details = contract.details(footers, &folders)?;
        let types = |role| {
            let index = mappings.iter().position(|mapping| mapping.role == role)?;
            Some((&mappings[index], details.iter().map(|d| &d.types[index]).collect::<Vec<_>>()))
        };
        let mut ids = Vec::new();
        for role in IdForm::ROLES {
            if let Some((mapping, types)) = types(role) {
                let of = id_type(mapping, &types, &files)?;
                ids.push(IdForm { role, of, unsigned_by: None });
            }
        }
        let clocks = |role| types(role).map(|(mapping, types)| clock(mapping, &types, &files));
        let clock = clocks(Role::Time).transpose()?.unwrap_or(Clock::Date);
        for role in [Role::Updated, Role::Ended, Role::Cancelled] {
            clocks(role).transpose()?;
        }
        for mapping in &mappings {
            let Some((_, types)) = types(mapping.role) else { continue };
            check(mapping, &types, &files)?;
        }
        let statuses = match &source.content {
            Content::Orders(orders) => orders.status.as_ref().map(Statuses::new),
            Content::Opportunities(opportunities) => Some(Statuses::new(&opportunities.outcome)),
            _ => None,
        };
        let mistyped = mistyped(&source.checks, &mappings, (&files, &details), &folders);
        Ok(Self {
            statuses,
            mistyped,
            zone: Zone::new(source.timezone),
            source,
            files,
            details,
            mappings,
            ids,
            clock,
            rates,
        })
    }
}

struct Contract<'a> {
    mappings: &'a [Mapping],
    deduplicate: bool,
    files: &'a [SourceFile],
    /// Schemas that were looked at, and the types of the mapped values over them.
    shapes: Vec<(Schema, Arc<Vec<DataType>>)>,
}

impl Contract<'_> {
    fn details(
        &mut self,
        footers: Vec<Footer>,
        partitions: &[BTreeMap<String, Partition>],
    ) -> Result<Vec<Detail>, LoadError> {
        // The type of each column in the first file that has it, for those that lack it.
        let mut known: BTreeMap<PlSmallStr, DataType> = BTreeMap::new();
        for (footer, folders) in footers.iter().zip(partitions) {
            for (name, dtype) in footer.columns.iter() {
                known.entry(name.clone()).or_insert_with(|| dtype.clone());
            }
            for (name, value) in folders {
                known.entry(name.into()).or_insert_with(|| partition_type(value));
            }
        }
        let named: BTreeSet<_> =
            self.mappings.iter().flat_map(|mapping| mapping.columns.iter().cloned()).collect();
        let mut details = Vec::with_capacity(footers.len());
        for ((file, footer), folders) in self.files.iter().zip(footers).zip(partitions) {
            self.check_unreadable(file, &footer)?;
            let constants = self.constants(file, &footer, folders, &known)?;
            let mut schema = (*footer.columns).clone();
            schema.extend(constants.iter().map(|(name, _, dtype)| (name.clone(), dtype.clone())));
            let mut footer = footer;
            if !self.deduplicate {
                footer.keep(&named);
            }
            details.push(Detail {
                types: self.types(&schema, &file.path)?,
                pieces: footer.pieces(PIECE_ROWS),
                constants: constants.iter().map(|(n, value, t)| constant(n, value, t)).collect(),
                footer,
            });
        }
        Ok(details)
    }

    /// A column of a type that can't be read is in nobody's way unless something needs it.
    fn check_unreadable(&self, file: &SourceFile, footer: &Footer) -> Result<(), LoadError> {
        let error = |(column, found): (&PlSmallStr, &String), advice| LoadError::ColumnType {
            column: column.to_string(),
            path: file.path.clone(),
            found: found.clone(),
            advice,
        };
        let mut named = self.mappings.iter().flat_map(|mapping| &mapping.columns);
        if let Some(column) = named.find_map(|name| footer.unreadable.get_key_value(name)) {
            return Err(error(column, "write it as text, a number or a time, or map another one"));
        }
        match footer.unreadable.first_key_value().filter(|_| self.deduplicate) {
            Some(column) => Err(error(
                column,
                "deduplicate compares all columns: write the file without it, or leave \
                 deduplicate out",
            )),
            None => Ok(()),
        }
    }

    /// The columns that mapped values name and the file does not hold.
    fn constants(
        &self,
        file: &SourceFile,
        footer: &Footer,
        folders: &BTreeMap<String, Partition>,
        known: &BTreeMap<PlSmallStr, DataType>,
    ) -> Result<Vec<(PlSmallStr, Partition, DataType)>, LoadError> {
        let mut constants: Vec<(PlSmallStr, Partition, DataType)> = Vec::new();
        for (mapping, name) in
            self.mappings.iter().flat_map(|m| m.columns.iter().map(move |c| (m, c)))
        {
            let there = footer.columns.contains(name);
            if there || constants.iter().any(|(other, ..)| other == name) {
                continue;
            }
            let folder = folders.get(name.as_str());
            let (value, dtype) = match (folder, known.get(name.as_str())) {
                (Some(value), Some(dtype)) => (value.clone(), dtype.clone()),
                (None, Some(dtype)) if !mapping.required => (Partition::Null, dtype.clone()),
                _ => return Err(unknown(mapping, name, file, footer, folders)),
            };
            constants.push((name.clone(), value, dtype));
        }
        if self.deduplicate {
            // Rows are equal only where their folders are.
            for (name, value) in folders {
                let there = footer.columns.contains(name.as_str());
                if !there && constants.iter().all(|(other, ..)| other.as_str() != name) {
                    let dtype = known.get(name.as_str()).cloned().unwrap_or(DataType::String);
                    constants.push((name.into(), value.clone(), dtype));
                }
            }
        }
        Ok(constants)
    }

    fn types(&mut self, schema: &Schema, path: &Path) -> Result<Arc<Vec<DataType>>, LoadError> {
        if let Some((_, types)) = self.shapes.iter().find(|(known, _)| known == schema) {
            return Ok(Arc::clone(types));
        }
        let types = self.mappings.iter().map(|mapping| mapping.dtype(schema, path));
        let types = Arc::new(types.collect::<Result<Vec<_>, _>>()?);
        self.shapes.push((schema.clone(), Arc::clone(&types)));
        Ok(types)
    }
}

fn unknown(
    mapping: &Mapping,
    column: &str,
    file: &SourceFile,
    footer: &Footer,
    folders: &BTreeMap<String, Partition>,
) -> LoadError {
    let names = footer.columns.iter_names().chain(footer.unreadable.keys());
    let names = names.map(PlSmallStr::as_str);
    let names = names.chain(folders.keys().map(String::as_str));
    let wanted = column.to_lowercase();
    let mut columns: Vec<_> = names
        .map(|name| (strsim::jaro_winkler(&wanted, &name.to_lowercase()), quoted(name)))
        .collect();
    columns.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let mut columns: Vec<_> = columns.into_iter().map(|(_, name)| name).collect();
    let more = columns.len().saturating_sub(LISTED);
    if more > 0 {
        columns.truncate(LISTED);
        columns.push(format!("and {more} more"));
    }
    LoadError::UnknownColumn {
        key: mapping.name.clone(),
        expression: mapping.text.clone(),
        column: column.to_owned(),
        path: file.path.clone(),
        columns: columns.into(),
    }
}

fn wrong_type(mapping: &Mapping, found: &DataType, file: &SourceFile, advice: String) -> LoadError {
    LoadError::Type {
        key: mapping.name.clone(),
        expression: mapping.text.clone(),
        path: file.path.clone(),
        found: found.to_string(),
        advice,
    }
}

/// The types that a single file decides about.
fn check(mapping: &Mapping, types: &[&DataType], files: &[SourceFile]) -> Result<(), LoadError> {
    let fits = |dtype: &DataType| match mapping.role {
        role if role.is_number() => is_number(dtype),
        role if role.is_condition() => dtype.is_bool(),
        role if role.is_text() => !dtype.is_nested() && *dtype != DataType::Binary,
        _ => true,
    };
    let wrong = types.iter().zip(files).find(|(dtype, _)| !fits(dtype));
    let Some((found, file)) = wrong else { return Ok(()) };
    let advice = match (mapping.role, found) {
        (role, found) if role.is_number() => {
            let (what, cast) = match role {
                Role::Score => ("a score", "INTEGER"),
                Role::Units => ("a number of units", "BIGINT"),
                _ => ("an amount", "DECIMAL(38, 2)"),
            };
            let advice = format!("{what} is a decimal, an integer or a float");
            match found {
                DataType::String => format!("{advice}: use CAST({} AS {cast})", mapping.text),
                _ => advice,
            }
        }
        (role, _) if role.is_condition() => "a condition is true or false".to_owned(),
        _ => "it needs a value that can be written as text".to_owned(),
    };
    Err(wrong_type(mapping, found, file, advice))
}

/// One property that all files share; an error names the first file that differs.
fn shared<T: Copy + PartialEq>(
    mapping: &Mapping,
    found: &[(T, &DataType)],
    files: &[SourceFile],
    advice: &str,
) -> Result<Option<T>, LoadError> {
    let Some((first, first_type)) = found.first() else { return Ok(None) };
    let Some(other) = found.iter().position(|(property, _)| property != first) else {
        return Ok(Some(*first));
    };
    Err(LoadError::MixedTypes {
        key: mapping.name.clone(),
        expression: mapping.text.clone(),
        first: Box::new(TypeIn { found: first_type.to_string(), path: files[0].path.clone() }),
        second: Box::new(TypeIn {
            found: found[other].1.to_string(),
            path: files[other].path.clone(),
        }),
        advice: advice.to_owned(),
    })
}

fn id_type(
    mapping: &Mapping,
    types: &[&DataType],
    files: &[SourceFile],
) -> Result<IdType, LoadError> {
    let text = &mapping.text;
    let mut found = Vec::with_capacity(types.len());
    for (dtype, file) in types.iter().zip(files) {
        let bytes = match dtype {
            DataType::String | DataType::Binary => true,
            dtype if is_integer(dtype) => false,
            _ => {
                let advice = format!(
                    "an id is an integer, text or binary: use CAST({text} AS BIGINT) or \
                     CAST({text} AS VARCHAR)"
                );
                return Err(wrong_type(mapping, dtype, file, advice));
            }
        };
        found.push((bytes, *dtype));
    }
    let advice = format!("make them one with CAST({text} AS VARCHAR)");
    let any = |wanted| types.iter().any(|dtype| **dtype == wanted);
    Ok(match shared(mapping, &found, files, &advice)? {
        Some(true) if any(DataType::Binary) => IdType::Binary,
        Some(true) => IdType::Text,
        _ if any(DataType::UInt64) => IdType::Unsigned,
        _ => IdType::Signed,
    })
}

fn clock(mapping: &Mapping, types: &[&DataType], files: &[SourceFile]) -> Result<Clock, LoadError> {
    let text = &mapping.text;
    let mut found = Vec::with_capacity(types.len());
    for (dtype, file) in types.iter().zip(files) {
        let Some(clock) = Clock::of(dtype) else {
            let advice = if **dtype == DataType::String {
                format!(
                    "a time is a date or a timestamp: use CAST({text} AS DATE), or for other \
                     notations STRPTIME({text}, '%d/%m/%Y %H:%M')"
                )
            } else {
                format!(
                    "a time is a date or a timestamp: of seconds since 1970 \
                     CAST({text} * 1000000 AS TIMESTAMP) makes one"
                )
            };
            return Err(wrong_type(mapping, dtype, file, advice));
        };
        found.push((clock, *dtype));
    }
    // A cast of a timestamp with a zone gives the day in UTC.
    let zoned = found.iter().any(|(clock, _)| *clock == Clock::Zoned);
    let day = if zoned { format!("STRFTIME({text}, '%Y-%m-%d')") } else { text.clone() };
    let advice = format!("make them one with CAST({day} AS DATE)");
    Ok(shared(mapping, &found, files, &advice)?.unwrap_or(Clock::Date))
}
