//! Lookups: files of keys, in which mapped values look others up. They are opened as inputs are, and read
//! whole before any input is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use chrono_tz::Tz;
use kohort_expr::{
    Columns, Lookup, LookupColumn, Mapped, ParseError, Program, Type, Zones, quoted,
};
use polars::prelude::{DataType, Expr, PlSmallStr, Schema};

use crate::contract::{Opened, nearest_first};
use crate::error::{LoadError, TypeIn};
use crate::files::{self, Partition, SourceFile};
use crate::find::find;
use crate::footer::Footer;
use crate::mapping::{Constant, Mapping, constant, partition_type};

mod read;

pub use read::LookupReport;

/// A lookup: where it lies and by what its rows are known.
#[derive(Clone, Debug)]
pub struct LookupSource {
    /// Its name in the pipeline file, a word.
    pub name: String,
    /// As those of [`crate::Source`].
    pub paths: Vec<String>,
    /// SQL expression of a row's key, an integer or a text.
    pub key: String,
    /// Only rows for which it is true are read.
    pub filter: Option<String>,
    /// Whether keys that it does not have are counted.
    pub is_counted: bool,
    /// Business-local time.
    pub timezone: Tz,
    /// In which zone timestamps without one are, in `key` and `filter`.
    pub naive_times: Option<Tz>,
}

impl LookupSource {
    /// A key of it as messages have it.
    fn dotted(&self, key: &str) -> String {
        format!("lookups.{}.{key}", self.name)
    }
}

/// The lookups of a pipeline.
#[derive(Clone, Debug, Default)]
pub struct Lookups(Vec<Arc<OpenedLookup>>);

/// A lookup whose files were looked at.
#[derive(Debug)]
pub struct OpenedLookup {
    source: LookupSource,
    files: Vec<SourceFile>,
    details: Vec<Detail>,
    notes: Vec<String>,
    table: Arc<Lookup>,
    /// Columns that can't be looked up, and why.
    refused: BTreeMap<PlSmallStr, String>,
    /// The columns that mapped values name.
    used: Mutex<BTreeSet<PlSmallStr>>,
    read: OnceLock<LookupReport>,
}

/// What reading a file needs to know beside its path.
#[derive(Debug)]
struct Detail {
    footer: Footer,
    /// Columns that the file does not hold itself.
    constants: Vec<Constant>,
    schema: Schema,
    key: Mapped,
    /// What the scan is asked of the filter, and what the rows that it gives.
    pushed: Option<Expr>,
    residual: Option<Mapped>,
}

impl Lookups {
    /// Opens lookups: finds their files and reads their footers.
    ///
    /// # Errors
    /// What [`LoadError`] says of paths, files, columns and types.
    pub fn open(sources: Vec<LookupSource>) -> Result<Self, LoadError> {
        let opened = sources.into_iter().map(|source| OpenedLookup::open(source).map(Arc::new));
        opened.collect::<Result<_, _>>().map(Self)
    }

    /// Every lookup.
    pub fn iter(&self) -> impl Iterator<Item = &OpenedLookup> {
        self.0.iter().map(Arc::as_ref)
    }

    /// Those in which expressions of some inputs look values up.
    pub fn used_by(&self, inputs: &[Opened]) -> Vec<Arc<OpenedLookup>> {
        let uses = |lookup: &&Arc<OpenedLookup>| {
            let mut named = inputs.iter().flat_map(Opened::looked_up);
            named.any(|(name, _)| name == lookup.name())
        };
        self.0.iter().filter(uses).map(Arc::clone).collect()
    }

    pub(crate) fn tables(&self) -> Vec<Arc<Lookup>> {
        self.0.iter().map(|lookup| Arc::clone(&lookup.table)).collect()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&OpenedLookup> {
        self.iter().find(|lookup| lookup.name() == name)
    }

    /// Notes what mapped values look up.
    ///
    /// # Errors
    /// What there is no lookup or no column of.
    pub(crate) fn name(&self, mappings: &[Mapping]) -> Result<(), LoadError> {
        for mapping in mappings {
            for (name, column) in mapping.program.lookups() {
                let lookup = self.get(name).ok_or_else(|| LoadError::UnknownLookup {
                    key: mapping.name.clone(),
                    expression: mapping.text.clone(),
                    lookup: name.clone(),
                    known: self.iter().map(|lookup| lookup.name().to_owned()).collect(),
                })?;
                lookup.name_column(mapping, column)?;
            }
        }
        Ok(())
    }

    /// That something is looked up in each of them.
    pub(crate) fn check_used(&self) -> Result<(), LoadError> {
        let is_used = |lookup: &OpenedLookup| {
            !lookup.used.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
        };
        match self.iter().find(|lookup| !is_used(lookup)) {
            Some(lookup) => Err(LoadError::UnusedLookup { lookup: lookup.name().to_owned() }),
            None => Ok(()),
        }
    }
}

impl OpenedLookup {
    /// Its name in the pipeline file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.source.name
    }

    /// Its key as the pipeline file has it.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.source.key
    }

    /// The files, sorted by path.
    #[must_use]
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// The columns that mapped values name.
    #[must_use]
    pub fn used(&self) -> Vec<String> {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.iter().map(ToString::to_string).collect()
    }

    /// Its key as the pipeline file has it, then the columns that are used, each with its type.
    #[must_use]
    pub fn columns(&self) -> Vec<(String, String)> {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let column = |name: &PlSmallStr| {
            let dtype = self.table.column(name).map(|column| column.dtype.to_string());
            (name.to_string(), dtype.unwrap_or_default())
        };
        let key = (self.source.key.clone(), self.table.key().dtype().to_string());
        std::iter::once(key).chain(used.iter().map(column)).collect()
    }

    /// What whoever reads the tables should know of how the files were found, a sentence each.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let used = self.used();
        let is_assumed = |name: &PlSmallStr| used.iter().any(|used| used == name.as_str());
        let int96 = self.details.iter().any(|detail| detail.footer.int96.iter().any(is_assumed));
        let assumed = int96.then(|| {
            "INT96 times are taken as UTC, which is what Spark and Hive write, unless the input that looks \
             them up names another zone"
                .to_owned()
        });
        self.notes.iter().cloned().chain(assumed).collect()
    }

    fn open(source: LookupSource) -> Result<Self, LoadError> {
        let key = parsed(&source, "key", &source.key)?;
        if key.columns().is_empty() {
            let (key, expression) = (source.dotted("key"), source.key);
            return Err(LoadError::Constant { key, expression });
        }
        let filter = source.filter.as_ref();
        let filter = filter.map(|filter| parsed(&source, "where", filter)).transpose()?;
        let (found, notes) = find(&source.paths, &source.dotted("path"))?;
        let (files, footers) = files::open(&found)?;
        let folders = files::partitions(found.iter().map(|found| &*found.path));
        let mut refused = BTreeMap::new();
        let types = types(&files, &footers, &folders, &mut refused);
        let mut details = Vec::with_capacity(files.len());
        for ((file, footer), folders) in files.iter().zip(footers).zip(&folders) {
            let opening =
                Opening { source: &source, types: &types, key: &key, filter: filter.as_ref() };
            details.push(opening.detail(file, footer, folders)?);
        }
        let keys = key_type(&source, &files, &details)?;
        for detail in &mut details {
            // NULL of no type has that of the others.
            let key = detail.key.clone().as_common(keys);
            detail.key = key.map_err(|reason| {
                expression(&source, "key", &source.key, &files[0].path, reason)
            })?;
        }
        let is_wall = |name: &PlSmallStr| {
            let mut having = details.iter().filter(|d| d.footer.columns.contains(name));
            having.all(|detail| detail.footer.int96.contains(name))
        };
        let column = |(name, dtype): (&PlSmallStr, &DataType)| {
            (name.clone(), LookupColumn { dtype: dtype.clone(), is_wall: is_wall(name) })
        };
        let columns = types.iter().map(column).collect();
        let table = Lookup::new(&source.name, keys, columns, source.is_counted);
        Ok(Self {
            files,
            details,
            notes: notes.iter().map(ToString::to_string).collect(),
            table: Arc::new(table),
            refused,
            used: Mutex::default(),
            read: OnceLock::new(),
            source,
        })
    }

    fn name_column(&self, mapping: &Mapping, column: &str) -> Result<(), LoadError> {
        if let Some(reason) = self.refused.get(column) {
            let (lookup, column) = (self.source.name.clone(), column.to_owned());
            return Err(LoadError::LookupColumn { lookup, column, reason: reason.clone() });
        }
        if self.table.column(column).is_err() {
            return Err(LoadError::UnknownLookupColumn {
                key: mapping.name.clone(),
                expression: mapping.text.clone(),
                lookup: self.source.name.clone(),
                column: column.to_owned(),
                columns: nearest_first(column, self.table.column_names()),
            });
        }
        self.used.lock().unwrap_or_else(PoisonError::into_inner).insert(column.into());
        Ok(())
    }
}

fn parsed(source: &LookupSource, key: &str, text: &str) -> Result<Program, LoadError> {
    let (key, expression) = (source.dotted(key), text.to_owned());
    match Program::parse(text) {
        Ok(program) if program.lookups().is_empty() => Ok(program),
        Ok(_) => {
            let reason = "a lookup looks nothing up itself".to_owned();
            Err(LoadError::Syntax { key, expression, reason })
        }
        Err(ParseError::NotRowWise) => Err(LoadError::NotRowWise { key, expression }),
        Err(ParseError::Syntax(reason)) => Err(LoadError::Syntax { key, expression, reason }),
    }
}

fn expression(
    source: &LookupSource,
    key: &str,
    text: &str,
    path: &Path,
    reason: String,
) -> LoadError {
    let (key, expression, path) = (source.dotted(key), text.to_owned(), path.to_owned());
    LoadError::Expression { key, expression, path, reason }
}

/// The types that columns of all files have in common; other columns are refused.
fn types(
    files: &[SourceFile],
    footers: &[Footer],
    folders: &[BTreeMap<String, Partition>],
    refused: &mut BTreeMap<PlSmallStr, String>,
) -> BTreeMap<PlSmallStr, DataType> {
    let mut types: BTreeMap<PlSmallStr, (DataType, &Path)> = BTreeMap::new();
    for ((file, footer), folders) in files.iter().zip(footers).zip(folders) {
        for (name, found) in &footer.unreadable {
            let path = file.path.display();
            refused.insert(name.clone(), format!("it is of type {found} in {path}"));
        }
        for name in &footer.repeated {
            let path = file.path.display();
            refused.insert(name.clone(), format!("{path} has more than one column of this name"));
        }
        let of_file = footer.columns.iter().map(|(name, dtype)| (name.clone(), dtype.clone()));
        let of_folders = folders.iter().filter(|(name, _)| !footer.columns.contains(name.as_str()));
        let of_folders = of_folders.map(|(name, value)| (name.into(), partition_type(value)));
        for (name, dtype) in of_file.chain(of_folders) {
            let Some((first, path)) = types.get(&name) else {
                types.insert(name, (dtype, &file.path));
                continue;
            };
            let path = *path;
            if let Some(common) = common(first, &dtype) {
                types.insert(name, (common, path));
                continue;
            }
            let first = TypeIn { found: first.to_string(), path: path.to_path_buf() };
            let second = TypeIn { found: dtype.to_string(), path: file.path.clone() };
            refused.entry(name).or_insert(format!("it is of type {first} but {second}"));
        }
    }
    for ((file, footer), folders) in files.iter().zip(footers).zip(folders) {
        let is_missing = |name: &PlSmallStr| {
            !footer.columns.contains(name) && !folders.contains_key(name.as_str())
        };
        for (name, (_, other)) in types.iter().filter(|(name, _)| is_missing(name)) {
            let (other, path) = (other.display(), file.path.display());
            refused.entry(name.clone()).or_insert(format!("{other} has it but {path} does not"));
        }
    }
    let types = types.into_iter().filter(|(name, _)| !refused.contains_key(name));
    types.map(|(name, (dtype, _))| (name, dtype)).collect()
}

/// The type of columns that have either type.
fn common(a: &DataType, b: &DataType) -> Option<DataType> {
    match (a, b) {
        (a, b) if a == b => Some(a.clone()),
        (DataType::Null, other) | (other, DataType::Null) => Some(other.clone()),
        (a, b) => Some(Type::of(a)?.in_common(Type::of(b)?)?.dtype()),
    }
}

/// The type that keys have in all files: whole numbers or texts.
fn key_type(
    source: &LookupSource,
    files: &[SourceFile],
    details: &[Detail],
) -> Result<Type, LoadError> {
    let mut keys: Option<(Type, &SourceFile)> = None;
    for (file, detail) in files.iter().zip(details) {
        let ty = detail.key.ty();
        let type_in =
            |ty: Type, file: &SourceFile| TypeIn { found: ty.to_string(), path: file.path.clone() };
        let is_key = matches!(ty, Type::Text | Type::Null) || ty.is_whole();
        if !is_key {
            return Err(LoadError::Type {
                key: source.dotted("key"),
                expression: source.key.clone(),
                path: file.path.clone(),
                found: ty.to_string(),
                advice:
                    "keys are whole numbers or texts: use CAST(x AS BIGINT) or CAST(x AS VARCHAR)"
                        .to_owned(),
            });
        }
        keys = match keys {
            _ if ty == Type::Null => keys,
            None => Some((ty, file)),
            Some((first, of)) => match first.in_common(ty) {
                Some(common) => Some((common, of)),
                None => {
                    return Err(LoadError::MixedTypes {
                        key: source.dotted("key"),
                        expression: source.key.clone(),
                        first: Box::new(type_in(first, of)),
                        second: Box::new(type_in(ty, file)),
                        advice: "use CAST(x AS VARCHAR)".to_owned(),
                    });
                }
            },
        };
    }
    Ok(keys.map_or(Type::Text, |(ty, _)| ty))
}

struct Opening<'a> {
    source: &'a LookupSource,
    types: &'a BTreeMap<PlSmallStr, DataType>,
    key: &'a Program,
    filter: Option<&'a Program>,
}

impl Opening<'_> {
    fn detail(
        &self,
        file: &SourceFile,
        footer: Footer,
        folders: &BTreeMap<String, Partition>,
    ) -> Result<Detail, LoadError> {
        let Self { source, types, key, filter } = self;
        let mut constants = Vec::new();
        for (name, dtype) in types.iter().filter(|(name, _)| !footer.columns.contains(name)) {
            let value = folders.get(name.as_str()).cloned().unwrap_or(Partition::Null);
            constants.push(constant(name, &value, dtype));
        }
        let mut schema = (*footer.columns).clone();
        schema.extend(constants.iter().map(|c| (c.name().clone(), c.dtype().clone())));
        let programs = std::iter::once(("key", &source.key, *key));
        let programs = programs
            .chain(source.filter.iter().zip(*filter).map(|(text, filter)| ("where", text, filter)));
        for (of, text, program) in programs {
            for name in program.columns() {
                footer.check(name, &file.path)?;
                if !schema.contains(name) {
                    return Err(LoadError::UnknownColumn {
                        key: source.dotted(of),
                        expression: text.clone(),
                        column: name.to_string(),
                        path: file.path.clone(),
                        columns: nearest_first(name, schema.iter_names().map(PlSmallStr::as_str)),
                    });
                }
            }
        }
        let zones = Zones::new(source.timezone, source.naive_times);
        let is_wall = |name: &str| footer.int96.contains(name);
        let columns = Columns { schema: &schema, zones: &zones, is_wall: &is_wall, lookups: &[] };
        let wrong = |of: &str, text: &str, reason| expression(source, of, text, &file.path, reason);
        let key = key.bind(&columns).map_err(|reason| wrong("key", &source.key, reason))?;
        let (mut pushed, mut residual) = (None, None);
        if let Some((filter, text)) = filter.zip(source.filter.as_ref()) {
            let filter =
                filter.bind_condition(&columns).map_err(|reason| wrong("where", text, reason))?;
            let is_pushed =
                |name: &str| footer.columns.contains(name) && !footer.uuids.contains(name);
            (pushed, residual) = filter.split(&schema, &is_pushed);
        }
        Ok(Detail { footer, constants, schema, key, pushed, residual })
    }
}

impl Detail {
    /// A column of the file, as one of a type.
    fn column(
        &self,
        source: &LookupSource,
        name: &str,
        dtype: &DataType,
    ) -> Result<Mapped, String> {
        let zones = Zones::new(source.timezone, None);
        let columns =
            Columns { schema: &self.schema, zones: &zones, is_wall: &|_| false, lookups: &[] };
        let program = Program::parse(&quoted(name)).map_err(|error| error.to_string())?;
        let mapped = program.bind(&columns)?;
        match Type::of(dtype) {
            Some(ty) if self.schema.get(name) != Some(dtype) => mapped.as_type(ty).as_common(ty),
            _ => Ok(mapped),
        }
    }
}
