//! What can be wrong with a pipeline file, in the words that the user reads.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use kohort_load::StoreError;
use kohort_model::Grain;

use super::conflict::{Conflict, Unmet};
use super::substituted::Substituted;

/// Where a setting stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the pipeline file.
    File {
        /// Its path, as the user gave it.
        file: Arc<str>,
        /// The line, from 1; `None` where the setting is missing.
        line: Option<u32>,
    },
    /// On the command line, as the user typed it: `--set calendar.week_start=sunday`.
    Argument(Arc<str>),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, line: Some(line) } => write!(f, "{file}:{line}"),
            Self::File { file, line: None } => f.write_str(file),
            Self::Argument(text) => f.write_str(text),
        }
    }
}

/// What was probably meant by a name that does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// No name is near.
    None,
    /// A name that is spelled almost like it.
    Nearest(&'static str),
    /// The table of the pipeline file in which such a key exists.
    Elsewhere(&'static str),
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("."),
            Self::Nearest(name) => write!(f, "; did you mean {name:?}?"),
            Self::Elsewhere(table) => write!(f, "; it belongs {}.", InTable(table)),
        }
    }
}

/// Where a key stands: the dotted name of a table; empty for the top level.
struct InTable<'a>(&'a str);

impl fmt::Display for InTable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            "" => f.write_str("at the top level"),
            name => write!(f, "in [{name}]"),
        }
    }
}

/// Why a pipeline file cannot be used. Every text begins with the place.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the pipeline file {}: {cause}", file.display())]
    Unreadable {
        /// The file, as the user gave it.
        file: PathBuf,
        /// What the operating system said.
        cause: io::Error,
    },
    /// The file is not TOML.
    #[error("{at}: this is not TOML: {reason}")]
    Syntax {
        /// The line.
        at: Place,
        /// What the parser said.
        reason: String,
    },
    /// `--set` without a key or without a value.
    #[error("{at}: give a dotted key and a value, as in --set calendar.week_start=sunday")]
    Override {
        /// The argument.
        at: Place,
    },
    /// A key that does not exist.
    #[error("{at}: unknown key {key:?} {}{hint} Keys there: {}", InTable(table), known.join(", "))]
    UnknownKey {
        /// The key's line.
        at: Place,
        /// The key.
        key: String,
        /// The dotted name of the table it stands in; empty for the top level.
        table: String,
        /// What was probably meant.
        hint: Hint,
        /// Every key of that table.
        known: &'static [&'static str],
    },
    /// A key that must be there.
    #[error("{at}: [{table}] needs {key:?}: {meaning}")]
    Missing {
        /// The file.
        at: Place,
        /// The key.
        key: &'static str,
        /// The dotted name of the table it belongs in.
        table: String,
        /// What it says and why it is needed.
        meaning: Cow<'static, str>,
    },
    /// Neither orders nor subscriptions.
    #[error(
        "{at}: a pipeline has inputs; add [inputs.orders] or [inputs.subscriptions], or what there is \
         without them, such as [inputs.invoices]"
    )]
    NoInputs {
        /// Where they belong.
        at: Place,
    },
    /// A value of the wrong type or outside what is possible.
    #[error("{at}: {key} is {found}; it must be {allowed}")]
    Value {
        /// The value's line.
        at: Place,
        /// The dotted key.
        key: String,
        /// What stands there, with its type.
        found: String,
        /// What may stand there.
        allowed: Cow<'static, str>,
    },
    /// A text that is none of those that are allowed.
    #[error("{at}: {key} is {found:?}{hint} Allowed: {}", known.join(", "))]
    UnknownName {
        /// The value's line.
        at: Place,
        /// The dotted key.
        key: String,
        /// The text.
        found: String,
        /// What was probably meant.
        hint: Hint,
        /// Every text that is allowed.
        known: Box<[&'static str]>,
    },
    /// A URL that is none, or has a password in it.
    #[error("{at}: {key}: {cause}")]
    Url {
        /// The value's line.
        at: Place,
        /// The dotted key.
        key: String,
        /// What is wrong with it.
        cause: StoreError,
    },
    /// A text that stands twice where each may stand once.
    #[error("{at}: {found:?} stands in {key} twice; remove one")]
    Twice {
        /// The second one's line.
        at: Place,
        /// The dotted key of the list.
        key: String,
        /// The text.
        found: String,
    },
    /// A timezone that is not in the IANA database.
    #[error(
        "{at}: {key} is {found:?}{hint} It is a name of the IANA database such as UTC, \
         Europe/London or America/New_York"
    )]
    UnknownTimezone {
        /// The value's line.
        at: Place,
        /// The dotted key.
        key: String,
        /// The text.
        found: String,
        /// What was probably meant.
        hint: Hint,
    },
    /// `${NAME}` of an environment variable that is not there.
    #[error(
        "{at}: {key} uses ${{{variable}}}, but the environment variable {variable} is not set; \
         set it or give a default as in ${{{variable}:-default}}"
    )]
    UnsetVariable {
        /// The value's line.
        at: Place,
        /// The dotted key.
        key: String,
        /// The variable.
        variable: String,
    },
    /// `${` that names no variable.
    #[error(
        "{at}: {key} holds a ${{ that names no environment variable; write ${{NAME}} or \
         ${{NAME:-default}}, or $${{ for the two characters themselves"
    )]
    BadVariable {
        /// The value's line.
        at: Place,
        /// The dotted key.
        key: String,
    },
    /// A segment whose name cannot be one.
    #[error(
        "{at}: no segment can be named {name:?}: a name is made of letters, digits and \
         underscores, begins with a letter and is not \"all\", which stands for everybody"
    )]
    SegmentName {
        /// The key's line.
        at: Place,
        /// The name.
        name: String,
    },
    /// A lookup whose name cannot be one.
    #[error(
        "{at}: no lookup can be named {name:?}: a name is made of letters, digits and underscores, and \
         begins with a letter"
    )]
    LookupName {
        /// The key's line.
        at: Place,
        /// The name.
        name: String,
    },
    /// One status text in two lists.
    #[error("{at}: {text:?} stands in {second}, but also in {first}; a status means one thing")]
    StatusTwice {
        /// The second one's line.
        at: Place,
        /// The status.
        text: String,
        /// The earlier list.
        first: &'static str,
        /// The later list.
        second: &'static str,
    },
    /// A key that has no effect, or a contradictory one, without or beside another.
    #[error("{at}: {key} {conflict}")]
    Conflict {
        /// The key's line.
        at: Place,
        /// The dotted key.
        key: String,
        /// What it does not go with.
        conflict: Conflict,
    },
    /// Inputs of which no table can be made.
    #[error(
        "{at}: no table can be made of {inputs} alone; add [inputs.orders] or [inputs.subscriptions], or \
         an input that has tables of its own, such as [inputs.invoices]"
    )]
    NoTables {
        /// Where the inputs are.
        at: Place,
        /// Their names.
        inputs: String,
    },
    /// A table that cannot be made of the pipeline's inputs.
    #[error("{at}: {key} has {table:?}, which {lack}; this pipeline offers {}", offered.join(", "))]
    NotOffered {
        /// The value's line.
        at: Place,
        /// The dotted key of the list.
        key: String,
        /// The table.
        table: String,
        /// What it would need.
        lack: Unmet,
        /// Every table that can be made of them.
        offered: Box<[&'static str]>,
    },
    /// An alert on a metric that cannot be computed from the pipeline's inputs.
    #[error("{at}: {key} {lack}; metrics of this pipeline: {}", offered.join(", "))]
    AlertOfNothing {
        /// The alert's line.
        at: Place,
        /// The dotted key.
        key: String,
        /// What it would need.
        lack: Unmet,
        /// Every metric that can be computed from them.
        offered: Box<[&'static str]>,
    },
    /// A pattern that no table matches.
    #[error(
        "{at}: {key} has {pattern:?}, which matches no table; this pipeline offers {}",
        offered.join(", ")
    )]
    NoTable {
        /// The value's line.
        at: Place,
        /// The dotted key of the list.
        key: String,
        /// The pattern.
        pattern: String,
        /// Every table that can be made of the pipeline's inputs.
        offered: Box<[&'static str]>,
    },
    /// A pattern that is none.
    #[error(
        "{at}: {key} has {pattern:?}, which is no pattern ({reason}); write one such as *churn*"
    )]
    TablePattern {
        /// The value's line.
        at: Place,
        /// The dotted key of the list.
        key: String,
        /// The text.
        pattern: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A revenue window that is not a whole number of periods.
    #[error(
        "{at}: {key} is {window:?}, which is not a whole number of {}; \
         write {} or another number of them",
        names(grains, "s"),
        examples(grains)
    )]
    Window {
        /// The value's line.
        at: Place,
        /// The dotted key.
        key: String,
        /// The window.
        window: String,
        /// The grains that it does not fit.
        grains: Vec<Grain>,
    },
    /// A revenue window for a grain that is not asked for.
    #[error("{at}: {key} sets a window, but {:?} is not in calendar.grains", grain.name())]
    WindowWithoutGrain {
        /// The key's line.
        at: Place,
        /// The dotted key.
        key: String,
        /// The grain.
        grain: Grain,
    },
}

impl ConfigError {
    /// The error with the names of variables in place of their values.
    pub(super) fn hiding(mut self, substituted: &Substituted) -> Self {
        // What else there is stands in the file as it is told.
        let (Self::Value { found: text, .. }
        | Self::UnknownName { found: text, .. }
        | Self::Twice { found: text, .. }
        | Self::UnknownTimezone { found: text, .. }
        | Self::StatusTwice { text, .. }
        | Self::NotOffered { table: text, .. }
        | Self::NoTable { pattern: text, .. }
        | Self::TablePattern { pattern: text, .. }
        | Self::Window { window: text, .. }
        | Self::Url { cause: StoreError::Url { url: text, .. }, .. }) = &mut self
        else {
            return self;
        };
        *text = substituted.hide(text).into_owned();
        self
    }
}

fn names(grains: &[Grain], plural: &str) -> String {
    let names: Vec<_> = grains.iter().map(|grain| format!("{}{plural}", grain.name())).collect();
    names.join(" or ")
}

fn examples(grains: &[Grain]) -> String {
    let names: Vec<_> = grains.iter().map(|grain| format!("\"1 {}\"", grain.name())).collect();
    names.join(" or ")
}
