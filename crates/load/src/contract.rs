//! Opening: which files there are, what they hold, and whether the mapped values fit them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use kohort_expr::{DAY_MICROS, Lookup, Mapped, Type, Zones};
use kohort_model::{Day, IdType, Input, Switch, ValueKind};
use polars::prelude::{DataType, Expr, PlSmallStr, Schema};

use crate::checks::{Mistyped, mistyped};
use crate::columns::status::Statuses;
use crate::columns::time::Clock;
use crate::currency::Rates;
use crate::distinct::Firsts;
use crate::error::LoadError;
use crate::files::{self, Partition, SourceFile};
use crate::find::find;
use crate::footer::Footer;
use crate::forms::Forms;
use crate::lookup::Lookups;
use crate::mapping::{Constant, Mapping, Role, constant, partition_type};
use crate::share::IdForm;
use crate::source::{CurrencySource, Source};
use crate::texts_seen::Watched;

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
    pub(crate) zones: Zones,
    /// With `deduplicate` which rows are the first of their kind, once that was looked up.
    pub(crate) firsts: OnceLock<Firsts>,
    pub(crate) notes: Vec<String>,
    pub(crate) statuses: Option<Statuses>,
    pub(crate) rates: Option<Rates>,
    /// The values whose texts are counted.
    pub(crate) watched: Vec<Watched>,
    /// Those of the pipeline.
    pub(crate) lookups: Lookups,
    mistyped: Vec<Mistyped>,
}

/// Columns that an error lists at most.
const LISTED: usize = 30;

/// What reading a file needs to know beside its path.
#[derive(Debug)]
pub(crate) struct Detail {
    pub footer: Footer,
    /// Columns that mapped values name but the file does not hold.
    pub constants: Vec<Constant>,
    /// The mapped values over its columns, in their order.
    pub mapped: Arc<Vec<Mapped>>,
    /// What the scan is asked of the filter.
    pub pushed: Option<Expr>,
    /// What is asked of the rows that the scan gives.
    pub residual: Option<Mapped>,
    /// Ranges of rows to read at once.
    pub pieces: Vec<Range<u64>>,
}

impl Detail {
    /// The types of the mapped values.
    pub fn types(&self) -> impl Iterator<Item = DataType> + '_ {
        self.mapped.iter().map(Mapped::dtype)
    }
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
            Clock::Zoned => self.zones.business.midnight(day),
            Clock::Date | Clock::Naive => i64::from(day.0).saturating_mul(DAY_MICROS),
        }
    }

    /// First and last day of the rows, by what the footers say of the column that holds their times;
    /// days as they are stored, in UTC. `None` where an expression makes them of something else, or
    /// a footer says nothing.
    #[must_use]
    pub fn stored_days(&self) -> Option<(Day, Day)> {
        self.stored_days_of(self.source.spec.time()?)
    }

    /// The same of another column of days, by its place.
    #[must_use]
    pub fn stored_days_of(&self, place: usize) -> Option<(Day, Day)> {
        let mapping = self.mapping(Role::Column(place))?;
        let [column] = mapping.program.columns() else { return None };
        if mapping.text.trim_matches('"') != column.as_str() {
            return None;
        }
        let with_rows = self.files.iter().zip(&self.details).filter(|(file, _)| file.rows > 0);
        let days: Option<Vec<_>> =
            with_rows.map(|(_, detail)| detail.footer.meta.days(column)).collect();
        let (first, last): (Vec<_>, Vec<_>) = days?.into_iter().flatten().unzip();
        Some((Day(first.into_iter().min()?), Day(last.into_iter().max()?)))
    }

    /// Whether its rows are read in a way that is not so in every pipeline.
    #[must_use]
    pub fn is_on(&self, switch: Switch) -> bool {
        self.source.is_on(switch)
    }

    /// Whether a column of the declaration is mapped.
    #[must_use]
    pub fn maps(&self, place: usize) -> bool {
        self.mapping(Role::Column(place)).is_some()
    }

    /// The form of the ids of a column, which all inputs of [`crate::open_all`] share that have the same
    /// ids; `None` of a column that is not mapped or holds no ids.
    #[must_use]
    pub fn ids_of(&self, place: usize) -> Option<IdType> {
        self.id_type(Role::Column(place))
    }

    /// The form of the ids of whose rows they are: customers or visitors.
    #[must_use]
    pub fn owner_ids(&self) -> IdType {
        self.ids_of(self.source.spec.owner()).unwrap_or_default()
    }

    /// Key, expression and type of every mapped value, as in the first file.
    #[must_use]
    pub fn columns(&self) -> Vec<(String, String, String)> {
        let types = self.details.first().into_iter().flat_map(Detail::types);
        (self.mappings.iter().zip(types))
            .filter(|(mapping, _)| !matches!(mapping.role, Role::Check(_)))
            .map(|(mapping, ty)| (mapping.key.clone(), mapping.text.clone(), ty.to_string()))
            .collect()
    }

    /// What whoever reads the tables should know of how the files were found and are read, a sentence
    /// each.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Those of [`Source::checks`] that are about types and do not hold, in their order.
    #[must_use]
    pub fn mistyped(&self) -> &[Mistyped] {
        &self.mistyped
    }

    /// Whether mapped values look something up in the lookup of this name.
    #[must_use]
    pub fn looks_up_in(&self, lookup: &str) -> bool {
        self.looked_up().iter().any(|(name, _)| *name == lookup)
    }

    /// The columns of lookups that mapped values name, each once: lookup and column.
    pub(crate) fn looked_up(&self) -> BTreeSet<(&str, &str)> {
        let named = self.mappings.iter().flat_map(|mapping| mapping.program.lookups());
        named.map(|(lookup, column)| (lookup.as_str(), column.as_str())).collect()
    }

    pub(crate) fn open(source: Source, lookups: &Lookups) -> Result<Self, LoadError> {
        let mappings = Mapping::all(&source)?;
        lookups.name(&mappings)?;
        let (found, notes) =
            find(&source.paths, &format!("inputs.{}.path", source.spec.input.name()))?;
        let mut notes: Vec<String> = notes.iter().map(ToString::to_string).collect();
        let (files, footers) = files::open(&found)?;
        let rates = match &source.currency {
            CurrencySource::Column { rates, .. } => Some(Rates::read(rates)?),
            CurrencySource::Fixed(_) => None,
        };
        let zones = Zones::new(source.timezone, source.naive_times);
        let mut contract = Contract {
            mappings: &mappings,
            deduplicate: source.deduplicate,
            zones: &zones,
            files: &files,
            lookups: lookups.tables(),
            shapes: Vec::new(),
        };
        let folders = files::partitions(found.iter().map(|found| &*found.path));
        let drafts = contract.drafts(footers, &folders)?;
        let mut shapes = contract.shapes;
        let types = |place: usize| {
            drafts.iter().map(|draft| shapes[draft.shape].mapped[place].dtype()).collect()
        };
        let forms = Forms::of(&mappings, &types, &files)?;
        for shape in &mut shapes {
            shape.settle(&mappings, &forms);
        }
        let details = details(drafts, &shapes, &mappings);
        notes.extend(assumed(&source, &mappings, (&files, &details)));
        let status = source.columns.iter();
        let mut status = status.filter(|c| matches!(c.column.kind, ValueKind::Status(_)));
        let statuses = status.next().map(|column| Statuses::new(&column.lists));
        let watched = Watched::all(&source);
        let mistyped = mistyped(&source.checks, &mappings, (&files, &details), &folders);
        Ok(Self {
            statuses,
            watched,
            lookups: lookups.clone(),
            mistyped,
            zones,
            firsts: OnceLock::new(),
            notes,
            source,
            files,
            details,
            mappings,
            ids: forms.ids,
            clock: forms.clock,
            rates,
        })
    }
}

/// What is taken as UTC although nothing says so.
fn assumed(
    source: &Source,
    mappings: &[Mapping],
    (files, details): (&[SourceFile], &[Detail]),
) -> Option<String> {
    let is_used = |name: &PlSmallStr| mappings.iter().any(|m| m.columns().contains(name));
    let has = |detail: &Detail| detail.footer.int96.iter().any(is_used);
    let first = details.iter().position(has)?;
    let name = source.input().name();
    match source.naive_times {
        Some(_) => None,
        None => Some(format!(
            "INT96 times, as in {}, are taken as UTC, which is what Spark and Hive write; set \
             timezone under [inputs.{name}] where they are of another zone",
            files[first].path.display()
        )),
    }
}

/// The mapped values over columns of some types.
struct Shape {
    schema: Schema,
    /// Columns whose instants are a wall clock's.
    walls: BTreeSet<PlSmallStr>,
    mapped: Arc<Vec<Mapped>>,
}

impl Shape {
    /// Gives columns of type NULL the types that other files have.
    fn settle(&mut self, mappings: &[Mapping], forms: &Forms) {
        if !self.mapped.iter().any(|mapped| mapped.ty() == Type::Null) {
            return;
        }
        let settled = mappings.iter().zip(&*self.mapped).map(|(mapping, mapped)| {
            let ty = match mapping.role {
                role if mapping.is_time() => Some(forms.clock_of(role).ty()),
                _ if mapping.is_number() => Type::of(&DataType::Int64),
                role if mapping.is_id() => Type::of(forms.id_of(role)),
                _ => None,
            };
            ty.map_or_else(|| mapped.clone(), |ty| mapped.clone().as_type(ty))
        });
        self.mapped = Arc::new(settled.collect());
    }
}

/// A file before it is known what all files have in common.
struct Draft {
    footer: Footer,
    constants: Vec<Constant>,
    shape: usize,
}

fn details(drafts: Vec<Draft>, shapes: &[Shape], mappings: &[Mapping]) -> Vec<Detail> {
    let filter = mappings.iter().position(|mapping| mapping.role == Role::Filter);
    let detail = |draft: Draft| {
        let Draft { footer, constants, shape } = draft;
        let Shape { schema, mapped, .. } = &shapes[shape];
        let is_pushed = |name: &str| footer.columns.contains(name) && !footer.uuids.contains(name);
        let (pushed, residual) =
            filter.map_or((None, None), |filter| mapped[filter].split(schema, &is_pushed));
        let pieces = footer.pieces(PIECE_ROWS);
        Detail { footer, constants, mapped: Arc::clone(mapped), pushed, residual, pieces }
    };
    drafts.into_iter().map(detail).collect()
}

struct Contract<'a> {
    mappings: &'a [Mapping],
    deduplicate: bool,
    zones: &'a Zones,
    files: &'a [SourceFile],
    lookups: Vec<Arc<Lookup>>,
    shapes: Vec<Shape>,
}

impl Contract<'_> {
    fn drafts(
        &mut self,
        footers: Vec<Footer>,
        partitions: &[BTreeMap<String, Partition>],
    ) -> Result<Vec<Draft>, LoadError> {
        // The type of each column in the first file that has it, for those that lack it.
        let mut known: BTreeMap<PlSmallStr, DataType> = BTreeMap::new();
        let mut know = |name: PlSmallStr, dtype: DataType| {
            let first = known.entry(name).or_insert(DataType::Null);
            if *first == DataType::Null {
                *first = dtype;
            }
        };
        for (footer, folders) in footers.iter().zip(partitions) {
            for (name, dtype) in footer.columns.iter() {
                know(name.clone(), dtype.clone());
            }
            for (name, value) in folders {
                know(name.into(), partition_type(value));
            }
        }
        let named: BTreeSet<_> =
            self.mappings.iter().flat_map(|mapping| mapping.columns().iter().cloned()).collect();
        let mut drafts = Vec::with_capacity(footers.len());
        for ((file, footer), folders) in self.files.iter().zip(footers).zip(partitions) {
            self.check_unreadable(file, &footer)?;
            let constants = self.constants(file, &footer, folders, &known)?;
            let mut schema = (*footer.columns).clone();
            let types = constants.iter().map(|c| (c.name().clone(), c.dtype().clone()));
            schema.extend(types);
            let mut footer = footer;
            if !self.deduplicate {
                footer.keep(&named);
            }
            let shape = self.shape(schema, &footer.int96, &file.path)?;
            drafts.push(Draft { footer, constants, shape });
        }
        Ok(drafts)
    }

    /// A column of a type that can't be read is in nobody's way unless something needs it.
    fn check_unreadable(&self, file: &SourceFile, footer: &Footer) -> Result<(), LoadError> {
        let error = |(column, found): (&PlSmallStr, &String), advice| LoadError::ColumnType {
            column: column.to_string(),
            path: file.path.clone(),
            found: found.clone(),
            advice,
        };
        for name in self.mappings.iter().flat_map(Mapping::columns) {
            footer.check(name, &file.path)?;
        }
        if let Some(column) = footer.repeated.first().filter(|_| self.deduplicate) {
            let (column, path) = (column.to_string(), file.path.clone());
            return Err(LoadError::RepeatedColumn { column, path });
        }
        // Of a struct the fields are compared.
        let mut others = footer.unreadable.iter().filter(|(_, found)| !found.starts_with("STRUCT"));
        match others.next().filter(|_| self.deduplicate) {
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
    ) -> Result<Vec<Constant>, LoadError> {
        let mut constants: Vec<Constant> = Vec::new();
        for (mapping, name) in
            self.mappings.iter().flat_map(|m| m.columns().iter().map(move |c| (m, c)))
        {
            let there = footer.columns.contains(name);
            if there || constants.iter().any(|other| other.name() == name) {
                continue;
            }
            let folder = folders.get(name.as_str());
            let (value, dtype) = match (folder, known.get(name.as_str())) {
                (Some(value), Some(dtype)) => (value.clone(), dtype.clone()),
                (None, Some(dtype)) if !mapping.required => (Partition::Null, dtype.clone()),
                _ => return Err(unknown(mapping, name, file, footer, folders)),
            };
            constants.push(constant(name, &value, &dtype));
        }
        if self.deduplicate {
            // Rows are equal only where their folders are.
            for (name, value) in folders {
                let there = footer.columns.contains(name.as_str());
                if !there && constants.iter().all(|other| other.name().as_str() != name) {
                    let dtype = known.get(name.as_str()).cloned().unwrap_or(DataType::String);
                    constants.push(constant(&name.into(), value, &dtype));
                }
            }
        }
        Ok(constants)
    }

    /// The place of the mapped values over columns of such types.
    fn shape(
        &mut self,
        schema: Schema,
        walls: &BTreeSet<PlSmallStr>,
        path: &Path,
    ) -> Result<usize, LoadError> {
        let known = |shape: &Shape| shape.schema == schema && shape.walls == *walls;
        if let Some(place) = self.shapes.iter().position(known) {
            return Ok(place);
        }
        let is_wall = |name: &str| walls.contains(name);
        let mapped = self.mappings.iter().map(|mapping| {
            mapping.bind(&schema, self.zones, &is_wall, &self.lookups).map_err(|reason| {
                LoadError::Expression {
                    key: mapping.name.clone(),
                    expression: mapping.text.clone(),
                    path: path.to_owned(),
                    reason,
                }
            })
        });
        let mapped = Arc::new(mapped.collect::<Result<Vec<_>, _>>()?);
        self.shapes.push(Shape { schema, walls: walls.clone(), mapped });
        Ok(self.shapes.len() - 1)
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
    LoadError::UnknownColumn {
        key: mapping.name.clone(),
        expression: mapping.text.clone(),
        column: column.to_owned(),
        path: file.path.clone(),
        columns: nearest_first(column, names),
    }
}

/// Names of columns as expressions have them, the most similar one first.
pub(crate) fn nearest_first<'a>(
    wanted: &str,
    names: impl Iterator<Item = &'a str>,
) -> Box<[String]> {
    let wanted = wanted.to_lowercase();
    let mut columns: Vec<_> = names
        .map(|name| {
            (strsim::jaro_winkler(&wanted, &name.to_lowercase()), kohort_expr::quoted(name))
        })
        .collect();
    columns.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let mut columns: Vec<_> = columns.into_iter().map(|(_, name)| name).collect();
    let more = columns.len().saturating_sub(LISTED);
    if more > 0 {
        columns.truncate(LISTED);
        columns.push(format!("and {more} more"));
    }
    columns.into()
}
