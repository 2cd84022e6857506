//! What can go wrong between a path and a batch.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use kohort_model::{Day, Input};
use kohort_store::StoreError;

/// Why an input could not be opened or read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A pattern, folder or file that stands for nothing.
    #[error("no Parquet file matches {pattern}; check {key}")]
    NoMatch {
        /// The path as the pipeline has it.
        pattern: String,
        /// The dotted key of the path.
        key: String,
    },
    /// A glob that can't be parsed.
    #[error("{pattern} is no valid pattern: {source}")]
    Pattern {
        /// The path as the pipeline has it.
        pattern: String,
        /// What is wrong with it.
        source: glob::PatternError,
    },
    /// A file or folder that the system does not hand out.
    #[error("can't read {path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file without a readable footer.
    #[error(
        "{path} is no readable Parquet file ({reason}); it may be cut short or still being \
         written: write it again, or leave it out of the input's path"
    )]
    NotParquet {
        /// The file.
        path: PathBuf,
        /// What the reader says.
        reason: String,
    },
    /// A file of another format.
    #[error("{path} is {format}, not Parquet; {advice}")]
    OtherFormat {
        /// The file.
        path: PathBuf,
        /// What it is, with an article.
        format: &'static str,
        /// What to do.
        advice: String,
    },
    /// Something that has a path and is not a file: a pipe, a socket or a device.
    #[error("{path} is {found}; the path of an input names Parquet files or folders of them")]
    NoFile {
        /// The path.
        path: PathBuf,
        /// What it is, with an article.
        found: &'static str,
    },
    /// A file that only who has its keys can read.
    #[error("{path} is encrypted, so that it can't be read; write it again without encryption")]
    Encrypted {
        /// The file.
        path: PathBuf,
    },
    /// A mapped column whose name another column of the file has too.
    #[error(
        "{path} has more than one column {column:?}, so that it is not clear which is meant; \
         write the file again with different names"
    )]
    RepeatedColumn {
        /// The name.
        column: String,
        /// The file.
        path: PathBuf,
    },
    /// A mapped value that is not SQL.
    #[error("{key} = {expression:?} is no valid SQL expression: {reason}")]
    Syntax {
        /// Key of the mapping.
        key: String,
        /// Its text.
        expression: String,
        /// What the parser says.
        reason: String,
    },
    /// A mapped value that names a column which is not there.
    #[error(
        "{key} = {expression:?} names the column {column:?}, which {path} does not have; its \
         columns are {}", .columns.join(", ")
    )]
    UnknownColumn {
        /// Key of the mapping.
        key: String,
        /// Its text.
        expression: String,
        /// The column that is missing.
        column: String,
        /// The file that lacks it.
        path: PathBuf,
        /// The columns that the file has, the most similar name first.
        columns: Box<[String]>,
    },
    /// A mapped value that names a lookup which is not declared.
    #[error(
        "{key} = {expression:?} looks something up in {lookup:?}, which is no lookup; {}",
        if known.is_empty() {
            format!("declare it as [lookups.{lookup}]")
        } else {
            format!("there are {}", known.join(", "))
        }
    )]
    UnknownLookup {
        /// Key of the mapping.
        key: String,
        /// Its text.
        expression: String,
        /// What there is no lookup of.
        lookup: String,
        /// Every lookup.
        known: Box<[String]>,
    },
    /// A mapped value that names a column which a lookup does not have.
    #[error(
        "{key} = {expression:?} looks up {column:?}, which the lookup {lookup} does not have; its columns \
         are {}", .columns.join(", ")
    )]
    UnknownLookupColumn {
        /// Key of the mapping.
        key: String,
        /// Its text.
        expression: String,
        /// The lookup.
        lookup: String,
        /// The column that is missing.
        column: String,
        /// The columns that there are, the most similar name first.
        columns: Box<[String]>,
    },
    /// A column of a lookup that can't be looked up.
    #[error("the column {column:?} of the lookup {lookup} can't be looked up: {reason}")]
    LookupColumn {
        /// The lookup.
        lookup: String,
        /// The column.
        column: String,
        /// Why.
        reason: String,
    },
    /// A lookup in which no mapped value looks anything up.
    #[error(
        "nothing is looked up in lookups.{lookup}; use it in an expression as LOOKUP({lookup}.column, key), \
         or remove it"
    )]
    UnusedLookup {
        /// The lookup.
        lookup: String,
    },
    /// Two rows of a lookup with one key.
    #[error(
        "the lookup {lookup} has the key {key:?} twice, in row {} of {} and in row {} of {}; a key leads to \
         one row: remove one of them, or leave it out with where under [lookups.{lookup}]",
        .rows[0].1, .rows[0].0.display(), .rows[1].1, .rows[1].0.display()
    )]
    RepeatedKey {
        /// The lookup.
        lookup: String,
        /// The key.
        key: String,
        /// Files and rows; the first row is 1.
        rows: Box<[(PathBuf, u64); 2]>,
    },
    /// A row of a lookup whose key or filter can't be computed.
    #[error("{key} = {expression:?} can't be computed in row {row} of {path}: {value}")]
    LookupRow {
        /// Key of the pipeline file.
        key: String,
        /// Its text.
        expression: String,
        /// The file.
        path: PathBuf,
        /// The row; the first is 1.
        row: u64,
        /// What it is computed from, and what is wrong.
        value: String,
    },
    /// A lookup that memory does not hold.
    #[error(
        "the lookup {lookup} is held whole, and its first {rows} rows need {} MiB of the {} MiB that lookups \
         may take; raise --memory-limit, look up fewer columns, or leave rows out with where under \
         [lookups.{lookup}]", .needed.div_ceil(1 << 20), .most >> 20
    )]
    LookupTooLarge {
        /// The lookup.
        lookup: String,
        /// Rows that were read.
        rows: u64,
        /// Bytes that they need.
        needed: u64,
        /// Bytes that there are.
        most: u64,
    },
    /// A mapped value that must depend on the row and does not.
    #[error("{key} = {expression:?} names no column, so every row would have the same value")]
    Constant {
        /// Key of the mapping.
        key: String,
        /// Its text.
        expression: String,
    },
    /// An aggregate, a window or a wildcard where a value per row is needed.
    #[error(
        "{key} = {expression:?} does not give one value for each row on its own; aggregates, \
         windows and * have no place in a mapping"
    )]
    NotRowWise {
        /// Key of the mapping.
        key: String,
        /// Its text.
        expression: String,
    },
    /// A mapped value that does not fit the types of the columns.
    #[error("{key} = {expression:?} can't be computed from the columns of {path}: {reason}")]
    Expression {
        /// Key of the mapping.
        key: String,
        /// Its text.
        expression: String,
        /// The file.
        path: PathBuf,
        /// What the engine says.
        reason: String,
    },
    /// A column of a type that can't be read.
    #[error("the column {column:?} of {path} is of type {found}, which can't be read; {advice}")]
    ColumnType {
        /// The column.
        column: String,
        /// The file.
        path: PathBuf,
        /// Its type in the file.
        found: String,
        /// What to do.
        advice: &'static str,
    },
    /// A mapped value of a type that its key can't take.
    #[error("{key} = {expression:?} is of type {found} in {path}; {advice}")]
    Type {
        /// Key of the mapping.
        key: String,
        /// Its text.
        expression: String,
        /// The file.
        path: PathBuf,
        /// The type it has.
        found: String,
        /// What to do.
        advice: String,
    },
    /// A mapped value that is one type in one file and another in the next.
    #[error("{key} = {expression:?} is of type {first} but {second}; {advice}")]
    MixedTypes {
        /// Key of the mapping.
        key: String,
        /// Its text.
        expression: String,
        /// In the first file.
        first: Box<TypeIn>,
        /// In the first file that differs.
        second: Box<TypeIn>,
        /// What to do.
        advice: String,
    },
    /// Ids that are integers in one input and text or binary in another.
    #[error(
        "{} but {}, so that no {what} could be found in both; make them one with {advice}",
        .inputs[0], .inputs[1]
    )]
    MixedIds {
        /// Whose ids they are, such as `customer`.
        what: &'static str,
        /// Two inputs that differ.
        inputs: Box<[IdsIn; 2]>,
        /// What to write for the integers.
        advice: String,
    },
    /// A negative id where some file has ids of the type `UInt64`.
    #[error(
        "{key} is {value} in {path}, but of type UInt64 in {unsigned_in}; negative and such large \
         ids can't be compared: use CAST({expression} AS VARCHAR)"
    )]
    NegativeId {
        /// Key of the mapping.
        key: String,
        /// Its text.
        expression: String,
        /// The id.
        value: i64,
        /// The file.
        path: PathBuf,
        /// Where they are of that type: another file of this input, or another input.
        unsigned_in: String,
    },
    /// An amount whose minor units do not fit into 64 bits.
    #[error(
        "the amount {value} in {path} does not fit into 64 bits at scale = {scale}{}; check the \
         column, or lower the scale",
        if *is_monthly { " once it is that of a month" } else { "" }
    )]
    AmountOverflow {
        /// The amount in whole units.
        value: String,
        /// The file.
        path: PathBuf,
        /// Decimal places of the minor unit.
        scale: u8,
        /// Whether it would fit as it is paid.
        is_monthly: bool,
    },
    /// More distinct values of a segment, or of another text that becomes a code, than allowed.
    #[error(
        "{what} has more than max_segment_values = {limit} values; group them in its expression, \
         or raise max_segment_values"
    )]
    SegmentValues {
        /// What has them, such as `segment country`.
        what: String,
        /// The limit.
        limit: u32,
    },
    /// More rows than `deduplicate` can tell apart within the memory limit.
    #[error(
        "deduplicate of the {rows} rows of {} needs up to {} MiB, and the memory limit is {} MiB; \
         raise --memory-limit, or leave deduplicate out", .input.name(), .needed >> 20, .limit >> 20
    )]
    TooManyToTellApart {
        /// The input.
        input: Input,
        /// Its rows.
        rows: u64,
        /// Bytes that are needed if all of them differ.
        needed: u64,
        /// Bytes that there are.
        limit: u64,
    },
    /// A currency that has no rate on the day of an amount.
    #[error(
        "no rate for {currency} on {day} ({what} in {path}); {rates} needs a row of that \
         currency dated on or before that day, also for the currency of the report (rate 1); there are \
         rates of {}",
        if known.is_empty() { "no currency".to_owned() } else { known.join(", ") }
    )]
    NoRate {
        /// The currency; `NULL` where the row has none.
        currency: String,
        /// The day of the order, or on which the subscription started.
        day: Day,
        /// What has the amount.
        what: &'static str,
        /// Its file.
        path: PathBuf,
        /// The file of rates.
        rates: PathBuf,
        /// Every currency in it.
        known: Box<[String]>,
    },
    /// A file of rates that can't be used.
    #[error(
        "the rates in {path} can't be used: {reason}; it needs the columns date, currency, rate"
    )]
    Rates {
        /// The file of rates.
        path: PathBuf,
        /// What is wrong, and in which row.
        reason: String,
    },
    /// A file that is not what it was when it was opened.
    #[error("{path} changed while it was read; run again once nothing writes to it")]
    FileChanged {
        /// The file.
        path: PathBuf,
    },
    /// A column whose values are stored where or how nothing here can read them.
    #[error(
        "the column {column:?} of {path} can't be read (row group {row_group}): {reason}; write \
         the file again, or map another column"
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// Which of the file's row groups; the first is 0.
        row_group: usize,
        /// Why it can't be read.
        reason: String,
    },
    /// A column whose values are not what was written.
    #[error(
        "{path} is damaged in column {column:?} (row group {row_group}); write it again, or leave \
         it out of the input's path"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// Which of the file's row groups; the first is 0.
        row_group: usize,
        /// What is wrong, in the words of whoever noticed.
        #[source]
        reason: ReaderText,
    },
    /// A file whose data can't be decoded.
    #[error("reading {path} failed: {reason}")]
    Read {
        /// The file, or the first of several that are read as one.
        path: PathBuf,
        /// What the engine says.
        reason: String,
    },
    /// An object store that does not find or hand out what a URL stands for.
    #[error(transparent)]
    Store(StoreError),
    /// The sink refused a batch.
    #[error(transparent)]
    Sink(Box<dyn Error + Send + Sync>),
}

impl From<StoreError> for LoadError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Changed { url } => Self::FileChanged { path: url.into() },
            error => Self::Store(error),
        }
    }
}

impl LoadError {
    /// Whether the input does not have what the pipeline file maps.
    #[must_use]
    pub fn is_mapping(&self) -> bool {
        matches!(
            self,
            Self::Pattern { .. }
                | Self::Syntax { .. }
                | Self::UnknownColumn { .. }
                | Self::UnknownLookup { .. }
                | Self::UnknownLookupColumn { .. }
                | Self::LookupColumn { .. }
                | Self::UnusedLookup { .. }
                | Self::Constant { .. }
                | Self::NotRowWise { .. }
                | Self::Expression { .. }
                | Self::ColumnType { .. }
                | Self::Type { .. }
                | Self::MixedTypes { .. }
                | Self::MixedIds { .. }
                | Self::Store(
                    StoreError::Url { .. } | StoreError::Secret { .. } | StoreError::Listing { .. }
                )
        )
    }

    /// Whether the data broke a check, rather than that it could not be read.
    #[must_use]
    pub fn is_check(&self) -> bool {
        match self {
            Self::SegmentValues { .. }
            | Self::NoRate { .. }
            | Self::RepeatedKey { .. }
            | Self::LookupRow { .. } => true,
            // A column that must be there, and that no file has.
            Self::UnknownColumn { key, .. } => key.starts_with("checks."),
            _ => false,
        }
    }
}

/// What a reader says of values that it can't decode, in its own words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ReaderText(pub String);

/// A type and the file that has it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found} in {path}")]
pub struct TypeIn {
    /// The type.
    pub found: String,
    /// The file.
    pub path: PathBuf,
}

/// Ids of an input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("inputs.{}.{key} = {expression:?} is of type {found}", .input.name())]
pub struct IdsIn {
    /// The input.
    pub input: Input,
    /// Key of the mapping.
    pub key: String,
    /// Text of the mapping.
    pub expression: String,
    /// The type, in the first file of the input.
    pub found: TypeIn,
}
