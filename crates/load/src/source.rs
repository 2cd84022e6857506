//! What to read: the inputs of a pipeline, resolved.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono_tz::Tz;
use kohort_model::{
    Day, Input, InputColumn, InputSpec, Number, NumberUnit, Presence, Scale, Switch, Text,
    ValueKind,
};

use crate::checks::ColumnCheck;
use crate::mapping::Role;

/// An input: where it lies and how its columns become events. Every mapped value is an SQL
/// expression over the columns of a row.
#[derive(Clone, Debug)]
pub struct Source {
    /// How the input declares itself.
    pub spec: &'static InputSpec,
    /// Absolute globs, folders (read recursively) and files. Folders named `key=value` become
    /// columns, unless the file has a column of that name.
    pub paths: Vec<String>,
    /// The columns that are mapped, in the order of the declaration; that which says whose row it is
    /// among them.
    pub columns: Vec<SourceColumn>,
    /// The segments, in the order of [`kohort_model::EventBatch::segments`].
    pub segments: Vec<SegmentSource>,
    /// How rows are read, beside what is so in every pipeline.
    pub switches: Vec<Switch>,
    /// Only rows for which it is true are read.
    pub filter: Option<String>,
    /// Count rows that are equal in every column once. All distinct rows are then held in
    /// memory while they are read.
    pub deduplicate: bool,
    /// The most distinct values that a segment or another text that becomes a code may have, unless the
    /// declaration says that there are as many as there are.
    pub max_segment_values: u32,
    /// Minor units of money.
    pub scale: Scale,
    /// In what the amounts of money are.
    pub currency: CurrencySource,
    /// Business-local time.
    pub timezone: Tz,
    /// In which zone timestamps without one are; where nothing is said those of INT96 columns are in
    /// UTC and all others in business-local time.
    pub naive_times: Option<Tz>,
    /// The first day that a row can be of; one before it is rejected.
    pub earliest: Option<Day>,
    /// What must hold beside.
    pub checks: Vec<ColumnCheck>,
}

/// A column of an input, and where its values come from.
#[derive(Clone, Debug)]
pub struct SourceColumn {
    /// How it is declared.
    pub column: &'static InputColumn,
    /// SQL expression.
    pub expr: String,
    /// The lists that say what its texts mean: of a status those of completed, lost, open and ignored,
    /// of a listed one those for which it is true.
    pub lists: Vec<Vec<String>>,
    /// The texts that somebody asks for, whose rows are counted.
    pub named: Vec<String>,
    /// Texts by the text that they stand for, as reasons have them; others are kept as they are.
    pub names: BTreeMap<String, String>,
}

impl SourceColumn {
    /// A column of which nothing is said but where its values come from.
    #[must_use]
    pub fn new(column: &'static InputColumn, expr: &str) -> Self {
        Self {
            column,
            expr: expr.to_owned(),
            lists: Vec::new(),
            named: Vec::new(),
            names: BTreeMap::new(),
        }
    }

    /// Its texts of which the pipeline names some.
    fn texts(&self) -> Vec<&String> {
        let lists = self.lists.iter().flatten();
        lists.chain(&self.named).chain(self.names.keys()).collect()
    }
}

/// In what the amounts are.
#[derive(Clone, Debug)]
pub enum CurrencySource {
    /// All in one currency, whose code may be given.
    Fixed(Option<String>),
    /// Each row in its own, converted by the rate of its day.
    Column {
        /// SQL expression.
        expr: String,
        /// Parquet or CSV with the columns date, currency and rate: one unit of the currency
        /// is `rate` units of the report's. A rate holds from its date until the next one.
        rates: PathBuf,
    },
}

/// A breakdown.
#[derive(Clone, Debug)]
pub struct SegmentSource {
    /// Name in the tables.
    pub name: String,
    /// SQL expression; its text is the value, and NULL or the empty text is `(none)`.
    pub expr: String,
}

/// What the selected measures need of a history beside customer, day and value. Of other inputs all that
/// is mapped is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// Ids that need not be mapped.
    pub order_ids: bool,
    /// Instants, where the time is a timestamp.
    pub instants: bool,
    /// Reasons, where they are mapped.
    pub reasons: bool,
}

impl Source {
    /// Which input it is.
    #[must_use]
    pub fn input(&self) -> Input {
        self.spec.input
    }

    /// The column of this name, where it is mapped.
    pub(crate) fn column(&self, name: &str) -> Option<&SourceColumn> {
        self.columns.iter().find(|mapped| mapped.column.name == name)
    }

    /// Whether rows are read in a way that is not so in every pipeline.
    pub(crate) fn is_on(&self, switch: Switch) -> bool {
        self.switches.contains(&switch)
    }

    /// The place of the column that says how often amounts are paid, as those of subscriptions.
    pub(crate) fn interval(&self) -> Option<usize> {
        self.spec.find(|kind| kind == ValueKind::Interval)
    }

    /// Decimal places of numbers.
    pub(crate) fn scale_of(&self, number: Number) -> Scale {
        match number.unit {
            NumberUnit::Money => self.scale,
            NumberUnit::Hundredths => Scale::new(2).unwrap_or_default(),
            NumberUnit::Units => Scale::default(),
        }
    }

    /// Whether a column is read where a history does not need everything that is mapped.
    pub(crate) fn is_needed(&self, place: usize, needs: Needs) -> bool {
        let column = &self.spec.columns[place];
        match column.kind {
            ValueKind::Id(_) if self.spec.is_history && column.presence == Presence::Optional => {
                needs.order_ids
            }
            ValueKind::Text(Text { renamed_by: Some(_), .. }) => needs.reasons,
            _ => true,
        }
    }

    /// The values of which the pipeline names some texts, and these; in the order of the declaration.
    pub(crate) fn named_texts(&self) -> Vec<(Role, Vec<&String>)> {
        let mut named = Vec::new();
        for (place, column) in self.spec.columns.iter().enumerate() {
            let texts = self.column(column.name).map(SourceColumn::texts).unwrap_or_default();
            if !texts.is_empty() {
                named.push((Role::Column(place), texts));
            }
        }
        named
    }

    /// The values whose texts become codes, and for each what is missing is called, the names that some
    /// have instead, and how many there may be. These are the lists of texts of an input.
    pub(crate) fn texts(&self) -> Vec<(Role, &'static str, BTreeMap<String, String>, u32)> {
        let of_columns = self.spec.texts().map(|(place, text)| {
            let mapped = self.column(self.spec.columns[place].name);
            let names = mapped.map(|mapped| mapped.names.clone()).unwrap_or_default();
            let limit = if text.is_unlimited { u32::MAX } else { self.max_segment_values };
            (Role::Column(place), text.missing, names, limit)
        });
        let of_segments = (0..self.segments.len()).map(|segment| {
            (Role::Segment(segment), "(none)", BTreeMap::new(), self.max_segment_values)
        });
        of_columns.chain(of_segments).collect()
    }
}
