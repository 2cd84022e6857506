//! The keys of the inputs: their columns with the lists of texts of those, and what any input may have.

use kohort_model::{InputColumn, InputSpec, TextList};

use super::Key;

/// A key of an input.
#[derive(Clone, Copy, Debug)]
pub enum InputKey {
    /// A column.
    Column(&'static InputColumn),
    /// A list of texts of a column.
    List(&'static TextList, &'static InputColumn),
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
            Self::Other(key) => key.name,
        }
    }
}

/// The keys of an input, in the order in which messages and pages list them.
#[must_use]
pub fn of_input(spec: &'static InputSpec) -> Vec<InputKey> {
    let mut keys = vec![InputKey::Other(&PATH)];
    for column in spec.columns.iter().chain(spec.segments) {
        keys.push(InputKey::Column(column));
        keys.extend(column.kind.lists().iter().map(|list| InputKey::List(list, column)));
    }
    keys.extend(spec.has_lines.then_some(InputKey::Other(&ROWS)));
    keys.extend(OF_ALL.iter().map(InputKey::Other));
    if spec.is_history {
        keys.extend(OF_HISTORIES.iter().map(InputKey::Other));
    }
    keys
}

static PATH: Key = Key {
    name: "path",
    ty: "path, or list of paths",
    default: "required",
    meaning: "The Parquet files that hold HOLDS: a file, a folder, a glob, a URL of an object store, or a list of them; relative to the pipeline file.",
    example: "path = \"orders/**/*.parquet\"",
};

static ROWS: Key = Key {
    name: "rows",
    ty: "`\"orders\"` or `\"lines\"`",
    default: "`\"orders\"`",
    meaning: "Whether each row is an order, or a line and all lines of one `order_id` are one order.",
    example: "rows = \"lines\"",
};

static OF_ALL: [Key; 2] = [
    Key {
        name: "where",
        ty: "SQL expression",
        default: "all rows",
        meaning: "A condition: only rows for which it is true count; rows for which it is false or NULL are filtered out.",
        example: "where = \"NOT is_test\"",
    },
    Key {
        name: "timezone",
        ty: "time zone",
        default: "`[calendar] naive_times`, else `[calendar] timezone`",
        meaning: "The zone of timestamps without a zone in this input alone.",
        example: "timezone = \"America/New_York\"",
    },
];

static OF_HISTORIES: [Key; 4] = [
    Key {
        name: "scale",
        ty: "integer, 0 to 18",
        default: "`2`",
        meaning: "The decimal places of money: 2 for cents.",
        example: "scale = 2",
    },
    Key {
        name: "currency",
        ty: "ISO 4217 code; with `rates` an SQL expression",
        default: "none: amounts have no currency name",
        meaning: "The currency of all amounts; with `rates` the expression that gives the currency of each row.",
        example: "currency = \"USD\"",
    },
    Key {
        name: "rates",
        ty: "path",
        default: "none: nothing is converted",
        meaning: "A CSV or Parquet file on this machine with the columns `date`, `currency` and `rate`: one unit of the currency in units of the currency of the tables, from that day on.",
        example: "rates = \"rates.csv\"",
    },
    Key {
        name: "deduplicate",
        ty: "boolean",
        default: "`false`",
        meaning: "Whether rows that equal an earlier row in all columns of the input count once.",
        example: "deduplicate = true",
    },
];
