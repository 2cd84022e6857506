//! Typed and strict reading of the tree: every wrong key and value is told with its place.

use std::borrow::Cow;
use std::cell::RefCell;
use std::ops::{RangeBounds, RangeInclusive};
use std::path::{Component, Path, PathBuf};

use chrono::NaiveDate;
use kohort_model::Day;
use kohort_publish::is_url;

use super::conflict::Conflict;
use super::error::{ConfigError, Hint, Place};
use super::keys;
use super::substituted::Substituted;
use super::tree::{ExpandError, Node, Table, Value, expand};

/// What every mapped value must be.
pub(super) const EXPRESSION: &str = "an SQL expression over the source's columns";

/// What reading a value needs besides the tree.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    /// The value of an environment variable.
    pub environment: &'a dyn Fn(&str) -> Option<String>,
    /// Where relative paths start, absolute and without links.
    pub folder: &'a Path,
    /// What the environment has said so far.
    pub substituted: &'a RefCell<Substituted>,
}

impl Reader<'_> {
    /// A path that may be a pattern; what its folder is called is none.
    fn pattern(&self, path: &str) -> PathBuf {
        let folder = glob::Pattern::escape(&self.folder.to_string_lossy());
        Reader { folder: Path::new(&folder), ..*self }.absolute(path)
    }

    /// What is no URL starts in the folder.
    fn absolute(&self, path: &str) -> PathBuf {
        if is_url(path) {
            return path.into();
        }
        let mut absolute = self.folder.to_owned();
        let mut in_folder = true;
        for component in Path::new(path).components() {
            match component {
                Component::CurDir => {}
                // The folder has no links in it, so its parent is the name before. What the path
                // itself goes through may be a link, whose parent only the system knows.
                Component::ParentDir if in_folder => {
                    absolute.pop();
                }
                other => {
                    in_folder = false;
                    absolute.push(other);
                }
            }
        }
        absolute
    }
}

/// A table of the pipeline file; an absent one has no keys.
pub(super) struct Section<'a> {
    reader: Reader<'a>,
    /// Dotted name; empty for the top level.
    name: String,
    at: Place,
    entries: &'a [(String, Node)],
}

/// A value that stands in the file or was given on the command line.
pub(super) struct Item<'a> {
    reader: Reader<'a>,
    /// Dotted key.
    pub key: String,
    node: &'a Node,
}

impl<'a> Section<'a> {
    /// The whole file.
    pub fn root(root: &'a Node, reader: Reader<'a>) -> Result<Self, ConfigError> {
        let Value::Table(entries) = &root.value else { unreachable!("a document is a table") };
        let section = Self { reader, name: String::new(), at: root.at.clone(), entries };
        section.known_only()
    }

    /// The table of this name with fixed keys.
    pub fn table(&self, key: &'static str) -> Result<Self, ConfigError> {
        self.open_table(key)?.known_only()
    }

    /// The table of this name, whose keys the user chooses.
    pub fn open_table(&self, key: &'static str) -> Result<Self, ConfigError> {
        match self.get(key) {
            Some(item) => item.open_table("a table"),
            None => Ok(Self {
                reader: self.reader,
                name: self.dotted(key),
                at: self.at.clone(),
                entries: &[],
            }),
        }
    }

    /// The table of this name with fixed keys, if it is there.
    pub fn optional_table(&self, key: &'static str) -> Result<Option<Self>, ConfigError> {
        self.get(key).map(|_| self.table(key)).transpose()
    }

    /// Where it stands; where the table around it does, if it is absent.
    pub fn at(&self) -> Place {
        self.at.clone()
    }

    /// The value of `key`, if it is set.
    pub fn get(&self, key: &str) -> Option<Item<'a>> {
        self.items().find(|(name, _)| *name == key).map(|(_, item)| item)
    }

    /// The value of `key`; `meaning` says what it is and why it is needed.
    pub fn need(
        &self,
        key: &'static str,
        meaning: impl Into<Cow<'static, str>>,
    ) -> Result<Item<'a>, ConfigError> {
        self.get(key).ok_or_else(|| ConfigError::Missing {
            at: self.at.clone(),
            key,
            table: self.name.clone(),
            meaning: meaning.into(),
        })
    }

    /// The SQL expression at `key`, if it is set.
    pub fn expression(&self, key: &str) -> Result<Option<String>, ConfigError> {
        self.get(key).map(|item| item.text(EXPRESSION)).transpose()
    }

    /// The number of days at `key`, from 0 to 36500, or the default.
    pub fn days_or(&self, key: &str, default: u32) -> Result<u32, ConfigError> {
        self.integer_or(key, default, 0..=36_500, "a whole number of days from 0 to 36500")
    }

    /// The texts at `key`, different ones and at least one, if it is set.
    pub fn texts(
        &self,
        key: &str,
        allowed: &'static str,
    ) -> Result<Option<Vec<String>>, ConfigError> {
        let texts = self.get(key).map(|item| item.texts(allowed)).transpose()?;
        Ok(texts.map(|texts| texts.into_iter().map(|(text, _)| text).collect()))
    }

    /// That the table of this name, whose settings would have no effect, is not there.
    pub fn unused(&self, key: &str, conflict: Conflict) -> Result<(), ConfigError> {
        self.get(key).map_or(Ok(()), |item| Err(item.conflict(conflict)))
    }

    /// The whole number at `key`, or the default.
    pub fn integer_or(
        &self,
        key: &str,
        default: u32,
        range: RangeInclusive<u32>,
        allowed: &'static str,
    ) -> Result<u32, ConfigError> {
        self.get(key).map_or(Ok(default), |item| item.integer(range, allowed))
    }

    /// Every key with its value, in the order of the file.
    pub fn items(&self) -> impl Iterator<Item = (&'a str, Item<'a>)> {
        self.entries.iter().map(|(name, node)| {
            (name.as_str(), Item { reader: self.reader, key: self.dotted(name), node })
        })
    }

    fn dotted(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }

    fn known_only(self) -> Result<Self, ConfigError> {
        let keys = keys::of(&self.name);
        self.only(keys)
    }

    fn only(self, known: &'static [&'static str]) -> Result<Self, ConfigError> {
        for (key, node) in self.entries {
            if !known.contains(&key.as_str()) {
                let elsewhere = keys::tables().find(|(_, keys)| keys.contains(&key.as_str()));
                let own = known.iter().find(|own| ends_with(own, key));
                let hint = match (own, elsewhere) {
                    (Some(own), _) => Hint::Nearest(own),
                    (None, Some((table, _))) => Hint::Elsewhere(table),
                    (None, None) => nearest(key, known),
                };
                return Err(ConfigError::UnknownKey {
                    at: node.at.clone(),
                    key: key.clone(),
                    table: self.name,
                    hint,
                    known,
                });
            }
        }
        Ok(self)
    }
}

impl<'a> Item<'a> {
    /// Where it stands.
    pub fn at(&self) -> Place {
        self.node.at.clone()
    }

    /// That it does not go with another setting.
    pub fn conflict(&self, conflict: Conflict) -> ConfigError {
        ConfigError::Conflict { at: self.at(), key: self.key.clone(), conflict }
    }

    /// That it is not `allowed`.
    pub fn wrong(&self, allowed: impl Into<Cow<'static, str>>) -> ConfigError {
        self.wrong_node(self.node, allowed)
    }

    fn wrong_node(&self, node: &Node, allowed: impl Into<Cow<'static, str>>) -> ConfigError {
        let (found, allowed) = (node.value.describe(), allowed.into());
        ConfigError::Value { at: node.at.clone(), key: self.key.clone(), found, allowed }
    }

    /// The table, whose keys the user chooses; `allowed` says what may stand here.
    pub fn open_table(&self, allowed: &'static str) -> Result<Section<'a>, ConfigError> {
        let entries: &Table = match &self.node.value {
            Value::Table(entries) => entries,
            _ => return Err(self.wrong(allowed)),
        };
        Ok(Section { reader: self.reader, name: self.key.clone(), at: self.at(), entries })
    }

    /// The table with the keys `known`, whose name the user chooses; `allowed` as in `open_table`.
    pub fn named_table(
        &self,
        known: &'static [&'static str],
        allowed: &'static str,
    ) -> Result<Section<'a>, ConfigError> {
        self.open_table(allowed)?.only(known)
    }

    /// Whether a table stands here.
    pub fn is_table(&self) -> bool {
        matches!(self.node.value, Value::Table(_))
    }

    /// Whether a text stands here.
    pub fn is_text(&self) -> bool {
        matches!(self.node.value, Value::Text(_))
    }

    /// A text that is not empty; `allowed` says what it holds.
    pub fn text(&self, allowed: impl Into<Cow<'static, str>>) -> Result<String, ConfigError> {
        self.node_text(self.node, allowed)
    }

    fn node_text(
        &self,
        node: &Node,
        allowed: impl Into<Cow<'static, str>>,
    ) -> Result<String, ConfigError> {
        let Value::Text(text) = &node.value else { return Err(self.wrong_node(node, allowed)) };
        let text = if node.expand {
            let expanded = expand(text, self.reader.environment).map_err(|error| {
                let (at, key) = (node.at.clone(), self.key.clone());
                match error {
                    ExpandError::Unset(variable) => {
                        ConfigError::UnsetVariable { at, key, variable }
                    }
                    ExpandError::NoName => ConfigError::BadVariable { at, key },
                }
            })?;
            self.reader.substituted.borrow_mut().note(&expanded);
            expanded.text
        } else {
            text.clone()
        };
        if text.trim().is_empty() { Err(self.wrong_node(node, allowed)) } else { Ok(text) }
    }

    /// A list of different texts that is not empty, each with its place; a single text is a list of one.
    pub fn texts(
        &self,
        allowed: impl Into<Cow<'static, str>> + Clone,
    ) -> Result<Vec<(String, Place)>, ConfigError> {
        let nodes = match &self.node.value {
            Value::List(items) if !items.is_empty() => items.as_slice(),
            Value::Text(_) => std::slice::from_ref(self.node),
            _ => return Err(self.wrong(allowed)),
        };
        let mut texts: Vec<(String, Place)> = Vec::with_capacity(nodes.len());
        for node in nodes {
            let found = self.node_text(node, allowed.clone())?;
            let at = node.at.clone();
            // Before anything repeats it.
            self.check_url(&found, &at)?;
            if texts.iter().any(|(text, _)| *text == found) {
                return Err(ConfigError::Twice { at, key: self.key.clone(), found });
            }
            texts.push((found, at));
        }
        Ok(texts)
    }

    /// A path, made absolute, or a URL.
    pub fn path(&self, allowed: &'static str) -> Result<PathBuf, ConfigError> {
        let text = self.text(allowed)?;
        self.check_url(&text, &self.node.at)?;
        Ok(self.reader.absolute(&text))
    }

    /// A path on this machine, made absolute.
    pub fn local_path(&self, allowed: &'static str) -> Result<PathBuf, ConfigError> {
        let path = self.path(allowed)?;
        if path.to_str().is_some_and(is_url) { Err(self.wrong(allowed)) } else { Ok(path) }
    }

    /// Whether a URL could be one, with nothing secret in it.
    fn check_url(&self, text: &str, at: &Place) -> Result<(), ConfigError> {
        if !is_url(text) {
            return Ok(());
        }
        kohort_load::check_url(text).map_err(|cause| {
            let at = match at {
                Place::Argument(shown) => Place::Argument(kohort_load::scrub(shown).into()),
                file @ Place::File { .. } => file.clone(),
            };
            ConfigError::Url { at, key: self.key.clone(), cause }
        })
    }

    /// A list of different paths that is not empty, made absolute.
    pub fn paths(&self, allowed: &'static str) -> Result<Vec<PathBuf>, ConfigError> {
        let texts = self.texts(allowed)?;
        Ok(texts.iter().map(|(text, _)| self.reader.pattern(text)).collect())
    }

    /// One of the choices, which go by name.
    pub fn choice<T: Copy>(
        &self,
        choices: &[(&'static str, T)],
        allowed: impl Into<Cow<'static, str>>,
    ) -> Result<T, ConfigError> {
        self.choose(&self.text(allowed)?, self.at(), choices)
    }

    /// A list of different choices that is not empty, in the order of `choices`.
    pub fn choices<T: Copy>(
        &self,
        choices: &[(&'static str, T)],
        allowed: &'static str,
    ) -> Result<Vec<T>, ConfigError> {
        let texts = self.texts(allowed)?;
        for (text, at) in &texts {
            self.choose(text, at.clone(), choices)?;
        }
        let chosen = |name: &str| texts.iter().any(|(text, _)| text == name);
        Ok(choices.iter().filter(|(name, _)| chosen(name)).map(|(_, choice)| *choice).collect())
    }

    /// The choice named `text`, which stands at `at`.
    pub fn choose<T: Copy>(
        &self,
        text: &str,
        at: Place,
        choices: &[(&'static str, T)],
    ) -> Result<T, ConfigError> {
        choices.iter().find(|(name, _)| *name == text).map(|(_, choice)| *choice).ok_or_else(|| {
            let known: Box<[_]> = choices.iter().map(|(name, _)| *name).collect();
            let hint = nearest(text, &known);
            ConfigError::UnknownName {
                at,
                key: self.key.clone(),
                found: text.to_owned(),
                hint,
                known,
            }
        })
    }

    /// A whole number in a range.
    pub fn integer(
        &self,
        range: RangeInclusive<u32>,
        allowed: impl Into<Cow<'static, str>>,
    ) -> Result<u32, ConfigError> {
        match self.node.value {
            Value::Integer(number) => {
                u32::try_from(number).ok().filter(|number| range.contains(number))
            }
            _ => None,
        }
        .ok_or_else(|| self.wrong(allowed))
    }

    /// A finite number in a range.
    pub fn number(
        &self,
        range: impl RangeBounds<f64>,
        allowed: &'static str,
    ) -> Result<f64, ConfigError> {
        let number = match self.node.value {
            #[expect(clippy::cast_precision_loss, reason = "no setting has so many digits")]
            Value::Integer(number) => number as f64,
            Value::Float(number) => number,
            _ => f64::NAN,
        };
        let fits = number.is_finite() && range.contains(&number);
        if fits { Ok(number) } else { Err(self.wrong(allowed)) }
    }

    /// `true` or `false`.
    pub fn boolean(&self) -> Result<bool, ConfigError> {
        match self.node.value {
            Value::Boolean(value) => Ok(value),
            _ => Err(self.wrong("true or false")),
        }
    }

    /// A day, with or without quotes.
    pub fn day(&self) -> Result<Day, ConfigError> {
        let allowed = "a date such as 2025-01-31";
        let text = match &self.node.value {
            Value::Date(date) => date.clone(),
            _ => self.text(allowed)?,
        };
        // chrono also reads "2025-1-5" and "+12025-01-05", which are no dates of TOML.
        let day: Option<Day> =
            (text.len() == 10).then(|| text.parse::<NaiveDate>().ok().map(Day::from)).flatten();
        day.filter(|day| (Day::MIN..=Day::MAX).contains(day)).ok_or_else(|| self.wrong(allowed))
    }
}

/// Whether a key ends with some words, as `survey_window_days` does with `window_days`.
fn ends_with(key: &str, words: &str) -> bool {
    let before = key.strip_suffix(words).filter(|_| words.contains('_'));
    before.is_some_and(|before| before.ends_with('_'))
}

/// The known name that `name` is most like, if it is like one.
pub(super) fn nearest(name: &str, known: &[&'static str]) -> Hint {
    let name = name.to_lowercase();
    known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(&name, &candidate.to_lowercase()), *candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map_or(Hint::None, |(_, candidate)| Hint::Nearest(candidate))
}
