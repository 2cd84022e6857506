//! The keys of the inputs: their columns with the lists of texts of those, and what any input may have.

use kohort_model::{InputColumn, InputSpec, InputSwitch, Lines, TextList};

use super::Key;

/// A key of an input.
#[derive(Clone, Copy, Debug)]
pub enum InputKey {
    /// A column.
    Column(&'static InputColumn),
    /// A list of texts of a column.
    List(&'static TextList, &'static InputColumn),
    /// What it says of all rows.
    Switch(&'static InputSwitch),
    /// What a row is.
    Rows(&'static Lines),
    /// Any other; `HOLDS` in its meaning stands for what the files hold.
    Other(&'static Key),
}

impl InputKey {
    /// The key.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Column(column) => column.name,
            Self::List(list, _) => list.key,
            Self::Switch(switch) => switch.name,
            Self::Rows(_) => "rows",
            Self::Other(key) => key.name,
        }
    }
}

/// The keys of an input, in the order in which messages and pages list them.
#[must_use]
pub fn of_input(spec: &'static InputSpec) -> Vec<InputKey> {
    let mut keys: Vec<_> = FIRST.iter().map(InputKey::Other).collect();
    for column in spec.columns.iter().chain(spec.segments) {
        keys.push(InputKey::Column(column));
        keys.extend(column.kind.lists().iter().map(|list| InputKey::List(list, column)));
        let of_column = spec.switches.iter().filter(|switch| switch.column == column.name);
        keys.extend(of_column.map(InputKey::Switch));
    }
    keys.extend(spec.lines.iter().map(InputKey::Rows));
    let of_history = if spec.is_history { OF_HISTORIES } else { &[] };
    keys.extend(OF_ALL.iter().chain(of_history).map(InputKey::Other));
    keys
}

/// Of every input, before its columns.
static FIRST: &[Key] = keys! {
    "path": "path, or list of paths", "required",
        "The Parquet files that hold HOLDS: a file, a folder, a glob, a URL of an object store, or a list of them; relative to the pipeline file.",
        "path = \"orders/**/*.parquet\"";
};

/// Of every input, after its columns.
static OF_ALL: &[Key] = keys! {
    "where": "SQL expression", "all rows",
        "A condition: only rows for which it is true count; rows for which it is false or NULL are filtered out.",
        "where = \"NOT is_test\"";
    "timezone": "time zone", "`[calendar] naive_times`, else `[calendar] timezone`",
        "The zone of timestamps without a zone in this input alone.",
        "timezone = \"America/New_York\"";
};

static OF_HISTORIES: &[Key] = keys! {
    "scale": "integer, 0 to 18", "`2`",
        "The decimal places of money: 2 for cents.",
        "scale = 2";
    "currency": "ISO 4217 code; with `rates` an SQL expression", "none: amounts have no currency name",
        "The currency of all amounts; with `rates` the expression that gives the currency of each row.",
        "currency = \"USD\"";
    "rates": "path", "none: nothing is converted",
        "A CSV or Parquet file on this machine with the columns `date`, `currency` and `rate`: one unit of the currency in units of the currency of the tables, from that day on.",
        "rates = \"rates.csv\"";
    "deduplicate": "boolean", "`false`",
        "Whether rows that equal an earlier row in all columns of the input count once.",
        "deduplicate = true";
};
