//! A pipeline file as a tree of values, each with its place; overrides are merged into it.

use std::path::Path;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, Place};
use super::substituted::Expanded;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// Where its key stands, or within a list the value itself.
    pub at: Place,
    pub value: Value,
    /// Whether `${NAME}` in its texts stands for an environment variable.
    pub expand: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    /// A date without a time, as `YYYY-MM-DD`.
    Date(String),
    /// A number out of range or a time: what is in no setting, as it is written.
    Other(String),
    List(Vec<Node>),
    Table(Table),
}

/// Keys in the order of the file.
pub(super) type Table = Vec<(String, Node)>;

impl Value {
    /// The value as an error message shows it.
    pub fn describe(&self) -> String {
        match self {
            Self::Text(text) if text.trim().is_empty() => "an empty text".to_owned(),
            Self::Text(text) => format!("the text {text:?}"),
            Self::Integer(number) => format!("the number {number}"),
            Self::Float(number) => format!("the number {number:?}"),
            Self::Boolean(value) => value.to_string(),
            Self::Date(date) => format!("the date {date}"),
            Self::Other(text) => text.clone(),
            Self::List(items) if items.is_empty() => "an empty list".to_owned(),
            Self::List(_) => "a list".to_owned(),
            Self::Table(_) => "a table".to_owned(),
        }
    }
}

/// A setting from the command line. It replaces what the pipeline file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// As the user typed it, for messages: `--set name=x`.
    shown: Arc<str>,
    keys: Vec<String>,
    value: Given,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Given {
    /// TOML, or a text where it is none.
    Toml(String),
    /// A text as it is.
    Text(String),
    /// A list of texts as they are.
    Texts(Vec<String>),
}

impl Override {
    /// The argument of `--set`: a dotted key, `=`, and a value in TOML; what is not TOML is
    /// taken as a text, so that quotes are rarely needed. Relative paths are relative to the
    /// pipeline file's folder, as they are in it.
    ///
    /// # Errors
    /// [`ConfigError::Override`] where there is no key or no `=`.
    pub fn parse(argument: &str) -> Result<Self, ConfigError> {
        let shown: Arc<str> = format!("--set {argument}").into();
        let parsed = argument.split_once('=').and_then(|(key, value)| {
            let keys = dotted(key)?;
            Some(Self { shown: shown.clone(), keys, value: Given::Toml(value.trim().to_owned()) })
        });
        parsed.ok_or(ConfigError::Override { at: Place::Argument(shown) })
    }

    /// A flag of its own, such as `--as-of 2025-01-01`, that sets the dotted `key` to `value` as
    /// it stands, without expanding `${NAME}`.
    #[must_use]
    pub fn flag(flag: &str, key: &str, value: &str) -> Self {
        Self::literal(format!("{flag} {value}"), key, Given::Text(value.to_owned()))
    }

    /// A flag such as `--select a,b` that sets the dotted `key` to a list of texts.
    #[must_use]
    pub fn flag_list(flag: &str, key: &str, values: &[String]) -> Self {
        let shown = format!("{flag} {}", values.join(","));
        Self::literal(shown, key, Given::Texts(values.to_vec()))
    }

    fn literal(shown: String, key: &str, value: Given) -> Self {
        Self { shown: shown.into(), keys: key.split('.').map(str::to_owned).collect(), value }
    }

    fn node(&self) -> Node {
        let at = Place::Argument(self.shown.clone());
        let literal = |text: &String| Node {
            at: at.clone(),
            value: Value::Text(text.clone()),
            expand: false,
        };
        let value = match &self.value {
            Given::Toml(text) => match DeValue::parse(text) {
                Ok(value) => convert(value.into_inner(), &|_| at.clone()),
                Err(_) => Value::Text(text.clone()),
            },
            Given::Text(text) => return literal(text),
            Given::Texts(texts) => Value::List(texts.iter().map(literal).collect()),
        };
        Node { at, value, expand: true }
    }
}

/// The parts of a dotted TOML key; `None` where it is none.
fn dotted(key: &str) -> Option<Vec<String>> {
    let document = format!("{} = 0", key.trim());
    let mut table = DeTable::parse(&document).ok()?.into_inner();
    let mut keys = Vec::new();
    while let Some((key, value)) = table.into_iter().next() {
        keys.push(key.into_inner().into_owned());
        match value.into_inner() {
            DeValue::Table(inner) => table = inner,
            _ => return Some(keys),
        }
    }
    None
}

/// The tree of a pipeline file's `text`; `file` is how messages name it.
pub(super) fn parse(text: &str, file: &Path) -> Result<Node, ConfigError> {
    let file: Arc<str> = file.display().to_string().into();
    let line_starts: Vec<usize> =
        std::iter::once(0).chain(text.match_indices('\n').map(|(i, _)| i + 1)).collect();
    let place = |offset: usize| Place::File {
        file: file.clone(),
        line: u32::try_from(line_starts.partition_point(|start| *start <= offset)).ok(),
    };
    let (table, errors) = DeTable::parse_recoverable(text);
    let offset = |error: &toml::de::Error| error.span().map_or(text.len(), |span| span.start);
    // One mistake may look like several; the first is the cause of the others.
    if let Some(error) = errors.iter().min_by_key(|error| offset(error)) {
        let (at, reason) = (place(offset(error)), error.message().to_owned());
        return Err(ConfigError::Syntax { at, reason });
    }
    Ok(Node {
        at: Place::File { file: file.clone(), line: None },
        value: convert(DeValue::Table(table.into_inner()), &place),
        expand: true,
    })
}

fn convert(value: DeValue<'_>, place: &impl Fn(usize) -> Place) -> Value {
    let node = |offset, value: Spanned<DeValue<'_>>| Node {
        at: place(offset),
        value: convert(value.into_inner(), place),
        expand: true,
    };
    match value {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| Value::Other(format!("the number {number}")), Value::Integer),
        DeValue::Float(number) => (number.as_str().parse())
            .map_or_else(|_| Value::Other(format!("the number {number}")), Value::Float),
        DeValue::Boolean(value) => Value::Boolean(value),
        DeValue::Datetime(time) if time.time.is_none() => Value::Date(time.to_string()),
        DeValue::Datetime(time) => Value::Other(format!("the time {time}")),
        DeValue::Array(items) => {
            Value::List(items.into_iter().map(|item| node(item.span().start, item)).collect())
        }
        DeValue::Table(table) => Value::Table(
            table
                .into_iter()
                .map(|(key, value)| {
                    let offset = key.span().start;
                    (key.into_inner().into_owned(), node(offset, value))
                })
                .collect(),
        ),
    }
}

/// Puts the override's value where its key says; tables on the way are made where missing.
pub(super) fn set(root: &mut Node, argument: &Override) {
    let mut node = root;
    for key in &argument.keys {
        if !matches!(node.value, Value::Table(_)) {
            // What stands there is replaced: the message about it names this argument then.
            node.value = Value::Table(Table::new());
            node.at = Place::Argument(argument.shown.clone());
        }
        let Value::Table(table) = &mut node.value else { unreachable!("made a table above") };
        let index = table.iter().position(|(name, _)| name == key).unwrap_or_else(|| {
            let at = Place::Argument(argument.shown.clone());
            table.push((key.clone(), Node { at, value: Value::Table(Table::new()), expand: true }));
            table.len() - 1
        });
        node = &mut table[index].1;
    }
    *node = argument.node();
}

/// `text` with every `${NAME}` and `${NAME:-default}` replaced by the environment's value; the
/// default stands where the variable is unset or empty. `$${` gives `${`.
pub(super) fn expand(
    text: &str,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Expanded, ExpandError> {
    let mut values = Vec::new();
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        if rest[..start].ends_with('$') {
            expanded.push_str(&rest[..start - 1]);
            expanded.push_str("${");
            rest = &rest[start + 2..];
            continue;
        }
        expanded.push_str(&rest[..start]);
        let (inside, after) = rest[start + 2..].split_once('}').ok_or(ExpandError::NoName)?;
        let (name, default) = match inside.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (inside, None),
        };
        let is_name = !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_name {
            return Err(ExpandError::NoName);
        }
        let start = expanded.len();
        match (environment(name), default) {
            (Some(value), default) if default.is_none() || !value.is_empty() => {
                expanded.push_str(&value);
                values.push((start..expanded.len(), name.to_owned()));
            }
            (_, Some(default)) => expanded.push_str(default),
            (_, None) => return Err(ExpandError::Unset(name.to_owned())),
        }
        rest = after;
    }
    expanded.push_str(rest);
    Ok(Expanded { text: expanded, values })
}

/// Why a text cannot be expanded.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ExpandError {
    /// The variable of this name is not set and has no default.
    Unset(String),
    /// `${` without a name or without its end.
    NoName,
}
