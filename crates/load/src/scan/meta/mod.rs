//! What a footer says, column by column: one that can't be read is in nobody's way.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use polars::prelude::{PlSmallStr, Schema, TimeUnit};

use super::thrift::{Reader, STRUCTURE};
use super::types::{Element, Form, Meaning, Stored, group_named, readable};

/// Structs within structs that are looked into.
const DEPTH: usize = 64;
/// Columns of a struct that an error names.
const NAMED: usize = 8;

/// A column, or a field of a struct at any depth.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    /// Of a field of structs with points between the names.
    pub name: PlSmallStr,
    pub stored: Stored,
    pub form: Form,
    /// From the outermost struct to the values: whether they may be missing.
    pub optional: Vec<bool>,
    /// Its place among the chunks of a row group.
    place: usize,
}

impl Column {
    #[cfg(test)]
    pub fn plain(name: &str, stored: Stored, form: Form) -> Self {
        Self { name: name.into(), stored, form, optional: vec![true], place: 0 }
    }

    /// Whether it is a field of a struct.
    pub fn is_nested(&self) -> bool {
        self.optional.len() > 1
    }
}

/// The values of a column in a row group.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chunk {
    /// Where its pages are in the file.
    pub bytes: Range<u64>,
    /// The first page of values, and the dictionary before it.
    pub data: u64,
    pub dictionary: Option<u64>,
    pub codec: i64,
    pub values: u64,
    /// Bytes once it is decompressed.
    pub unpacked: u64,
    /// Of whole numbers, days and times: the least and the greatest.
    pub range: Option<(i64, i64)>,
    pub nulls: Option<u64>,
}

/// Some rows of a file.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub rows: u64,
    /// Of each column, or why there is none.
    pub chunks: Vec<Result<Chunk, &'static str>>,
}

/// A footer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Meta {
    /// What can be read.
    pub columns: Vec<Column>,
    /// The other columns, with their types in words.
    pub refused: BTreeMap<PlSmallStr, String>,
    /// Names that several columns have.
    pub repeated: BTreeSet<PlSmallStr>,
    pub groups: Vec<Group>,
}

impl Meta {
    /// Reads the structure of a footer, without the length and the magic bytes behind it.
    ///
    /// # Errors
    /// What is wrong, in words that follow "the file is no readable Parquet file".
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let (mut elements, mut groups) = (Vec::new(), Vec::new());
        Reader::new(bytes)
            .structure(|reader, id, kind| {
                match id {
                    2 => reader.list(kind, STRUCTURE, |reader, _| {
                        elements.push(element(reader)?);
                        Some(())
                    })?,
                    4 => reader.list(kind, STRUCTURE, |reader, _| {
                        groups.push(group(reader)?);
                        Some(())
                    })?,
                    _ => return Some(false),
                }
                Some(true)
            })
            .ok_or("its footer is damaged")?;
        let mut tree = Tree { elements: &elements, next: 0, leaves: 0, meta: Self::default() };
        tree.root().ok_or("the schema in its footer is damaged")?;
        let (leaves, mut meta) = (tree.leaves, tree.meta);
        meta.groups = groups;
        for (number, group) in meta.groups.iter_mut().enumerate() {
            if group.chunks.len() != leaves {
                let found = group.chunks.len();
                return Err(format!(
                    "its footer is damaged: row group {number} has {found} columns, the schema {leaves}"
                ));
            }
            group.chunks = meta.columns.iter().map(|c| group.chunks[c.place].clone()).collect();
            group.unsigned(&meta.columns);
        }
        meta.resolve_names();
        Ok(meta)
    }

    pub fn rows(&self) -> u64 {
        self.groups.iter().map(|group| group.rows).sum()
    }

    /// The columns that can be read, with their types in frames.
    pub fn schema(&self) -> Schema {
        self.columns.iter().map(|column| (column.name.clone(), column.form.dtype())).collect()
    }

    /// The names of the columns of some form.
    fn of_form(&self, form: Form) -> BTreeSet<PlSmallStr> {
        let columns = self.columns.iter().filter(|column| column.form == form);
        columns.map(|column| column.name.clone()).collect()
    }

    /// The names of times that are stored in 12 bytes.
    pub fn int96(&self) -> BTreeSet<PlSmallStr> {
        self.of_form(Form::Int96)
    }

    /// The names of UUIDs.
    pub fn uuids(&self) -> BTreeSet<PlSmallStr> {
        self.of_form(Form::Uuid)
    }

    /// Rows of each row group.
    pub fn groups_of(&self) -> impl Iterator<Item = u64> {
        self.groups.iter().map(|group| group.rows)
    }

    /// Why a column can't be read although its type could be, and in which row group.
    pub fn fault(&self, name: &str) -> Option<(usize, &'static str)> {
        let place = self.find(name)?;
        let chunks = self.groups.iter().map(|group| group.chunks[place].as_ref().err());
        chunks.enumerate().find_map(|(group, fault)| Some((group, *fault?)))
    }

    /// Marks chunks that lie behind the end of the file, which has so many bytes.
    pub fn bound(&mut self, size: u64) {
        for chunk in self.groups.iter_mut().flat_map(|group| &mut group.chunks) {
            if chunk.as_ref().is_ok_and(|chunk| chunk.bytes.end > size) {
                *chunk = Err("its values lie behind the end of the file");
            }
        }
    }

    /// The place of a column among those that can be read.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// Forgets columns.
    pub fn keep(&mut self, is_kept: impl Fn(&PlSmallStr) -> bool) {
        let kept: Vec<_> = self.columns.iter().map(|column| is_kept(&column.name)).collect();
        let mut flags = kept.iter();
        self.columns.retain(|_| flags.next() == Some(&true));
        for group in &mut self.groups {
            let mut flags = kept.iter();
            group.chunks.retain(|_| flags.next() == Some(&true));
            group.chunks.shrink_to_fit();
        }
    }

    /// Two columns of one name can't be told apart; a field of a struct gives way to a column.
    fn resolve_names(&mut self) {
        let mut seen: BTreeMap<PlSmallStr, (usize, usize)> = BTreeMap::new();
        for column in &self.columns {
            let (plain, nested) = seen.entry(column.name.clone()).or_default();
            *if column.is_nested() { nested } else { plain } += 1;
        }
        for name in self.refused.keys() {
            if let Some((plain, _)) = seen.get_mut(name) {
                *plain += 1;
            }
        }
        let twice = |(plain, nested): (usize, usize)| plain > 1 || (plain == 0 && nested > 1);
        let names = seen.iter().filter(|(_, counts)| twice(**counts));
        self.repeated.extend(names.map(|(name, _)| name.clone()));
        for name in &self.repeated {
            self.refused.remove(name);
        }
        let drop: Vec<_> = (self.columns.iter())
            .map(|c| {
                let (plain, _) = seen[&c.name];
                self.repeated.contains(&c.name) || (c.is_nested() && plain > 0)
            })
            .collect();
        let mut flags = drop.iter();
        self.columns.retain(|_| flags.next() == Some(&false));
        for group in &mut self.groups {
            let mut flags = drop.iter();
            group.chunks.retain(|_| flags.next() == Some(&false));
        }
    }
}

impl Meta {
    /// First and last day of a column of days or times since 1970-01-01, as they are stored, of each
    /// group with values; `None` where the footer does not say, or of another column.
    pub fn days(&self, name: &str) -> Option<Vec<(i32, i32)>> {
        let place = self.find(name)?;
        let per_day = match self.columns.get(place)?.form {
            Form::Date => 1,
            Form::Timestamp(TimeUnit::Milliseconds, _) => 86_400_000,
            Form::Timestamp(TimeUnit::Microseconds, _) => 86_400_000_000,
            Form::Timestamp(TimeUnit::Nanoseconds, _) => 86_400_000_000_000,
            _ => return None,
        };
        let mut days = Vec::with_capacity(self.groups.len());
        for group in &self.groups {
            let chunk = group.chunks.get(place)?.as_ref().ok()?;
            if chunk.nulls == Some(chunk.values) {
                continue;
            }
            let (first, last) = chunk.range?;
            let day = |value: i64| i32::try_from(value.div_euclid(per_day)).ok();
            days.push((day(first)?, day(last)?));
        }
        Some(days)
    }
}

impl Group {
    /// Ranges are read as of numbers with a sign; of others only those that are the same.
    fn unsigned(&mut self, columns: &[Column]) {
        for (chunk, column) in self.chunks.iter_mut().zip(columns) {
            let Ok(chunk) = chunk else { continue };
            let is_plain = match column.form {
                Form::Integer(_, true) | Form::Date | Form::Timestamp(..) => true,
                Form::Integer(_, false) => {
                    chunk.range.is_some_and(|(least, most)| 0 <= least && least <= most)
                }
                _ => false,
            };
            if !is_plain {
                chunk.range = None;
            }
        }
    }
}

/// Walks the schema, which lists each group before its columns.
struct Tree<'a> {
    elements: &'a [Element],
    next: usize,
    leaves: usize,
    meta: Meta,
}

impl Tree<'_> {
    fn root(&mut self) -> Option<()> {
        let children = self.elements.first()?.children;
        self.next = 1;
        for _ in 0..children {
            self.column("", &[], DEPTH)?;
        }
        (self.next == self.elements.len()).then_some(())
    }

    /// A column or a struct at the top or in structs.
    fn column(&mut self, outer: &str, optional: &[bool], depth: usize) -> Option<()> {
        let elements = self.elements;
        let element = elements.get(self.next)?;
        let name = if outer.is_empty() {
            element.name.clone()
        } else {
            format!("{outer}.{}", element.name)
        };
        let optional: Vec<_> = optional.iter().copied().chain([element.repetition == 1]).collect();
        let refuse = |meta: &mut Meta, found: String| {
            if meta.refused.insert(name.as_str().into(), found).is_some() {
                meta.repeated.insert(name.as_str().into());
            }
        };
        if element.stored.is_some() || element.children == 0 {
            let place = self.leaves;
            self.next += 1;
            self.leaves += usize::from(element.stored.is_some());
            match readable(element) {
                _ if element.stored.is_none() => refuse(&mut self.meta, "STRUCT".to_owned()),
                _ if element.repetition == 2 => refuse(&mut self.meta, "LIST".to_owned()),
                Ok((stored, form)) => {
                    let name = name.as_str().into();
                    self.meta.columns.push(Column { name, stored, form, optional, place });
                }
                Err(found) => refuse(&mut self.meta, found),
            }
            return Some(());
        }
        let kind = group_named(element);
        if kind != "STRUCT" || depth == 0 {
            refuse(&mut self.meta, kind.to_owned());
            return self.pass();
        }
        let before = self.meta.columns.len();
        self.next += 1;
        for _ in 0..element.children {
            self.column(&name, &optional, depth - 1)?;
        }
        let fields = self.meta.columns[before..].iter().map(|column| column.name.as_str());
        let found = match fields.take(NAMED).collect::<Vec<_>>() {
            fields if fields.is_empty() => "STRUCT".to_owned(),
            fields => format!("STRUCT with the fields {}", fields.join(", ")),
        };
        if outer.is_empty() {
            refuse(&mut self.meta, found);
        }
        Some(())
    }

    /// Passes over an element and all below it.
    fn pass(&mut self) -> Option<()> {
        let mut open = 1;
        while open > 0 {
            let element = self.elements.get(self.next)?;
            self.next += 1;
            let is_leaf = element.stored.is_some() || element.children == 0;
            self.leaves += usize::from(element.stored.is_some());
            open = (open - 1) + if is_leaf { 0 } else { element.children };
        }
        Some(())
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn element(reader: &mut Reader<'_>) -> Option<Element> {
    let mut element = Element::default();
    let (mut converted, mut logical) = (Meaning::None, Meaning::None);
    reader.structure(|reader, id, kind| {
        match id {
            1 => element.stored = Some(reader.integer(kind)?),
            2 => element.length = reader.integer(kind)?,
            3 => element.repetition = reader.integer(kind)?,
            4 => element.name = text(reader.bytes(kind)?),
            5 => element.children = usize::try_from(reader.integer(kind)?).ok()?,
            6 => converted = Meaning::converted(reader.integer(kind)?),
            7 => element.scale = reader.integer(kind)?,
            8 => element.digits = reader.integer(kind)?,
            10 if kind == STRUCTURE => logical = meaning(reader, &mut element)?,
            _ => return Some(false),
        }
        Some(true)
    })?;
    element.meaning = if logical == Meaning::None { converted } else { logical };
    Some(element)
}

/// The newer kind of meaning: a structure with one field, whose id says which it is.
fn meaning(reader: &mut Reader<'_>, element: &mut Element) -> Option<Meaning> {
    let mut found = Meaning::None;
    reader.structure(|reader, id, kind| {
        found = match id {
            1 | 4 | 12 => Meaning::Text,
            2 => Meaning::Map,
            3 => Meaning::List,
            5 => Meaning::Decimal,
            6 => Meaning::Date,
            7 => Meaning::Time,
            8 => Meaning::Timestamp(TimeUnit::Microseconds, false),
            10 => Meaning::Integer(0, false),
            11 => Meaning::Null,
            13 => Meaning::Binary,
            14 => Meaning::Uuid,
            15 => Meaning::Float16,
            16 => Meaning::Variant,
            17 => Meaning::Geometry,
            18 => Meaning::Geography,
            other => Meaning::Unknown(other),
        };
        if kind != STRUCTURE || !matches!(id, 5 | 8 | 10) {
            return Some(false);
        }
        reader.structure(|reader, id, kind| {
            match (&mut found, id) {
                (Meaning::Decimal, 1) => element.scale = reader.integer(kind)?,
                (Meaning::Decimal, 2) => element.digits = reader.integer(kind)?,
                (Meaning::Timestamp(_, is_moment), 1) => *is_moment = Reader::truth(kind)?,
                (Meaning::Timestamp(unit, _), 2) if kind == STRUCTURE => *unit = units(reader)?,
                (Meaning::Integer(bits, _), 1) => *bits = reader.integer(kind)?.try_into().ok()?,
                (Meaning::Integer(_, sign), 2) => *sign = Reader::truth(kind)?,
                _ => return Some(false),
            }
            Some(true)
        })?;
        Some(true)
    })?;
    Some(found)
}

fn units(reader: &mut Reader<'_>) -> Option<TimeUnit> {
    let mut unit = None;
    reader.structure(|_, id, _| {
        unit = Some(match id {
            1 => TimeUnit::Milliseconds,
            2 => TimeUnit::Microseconds,
            3 => TimeUnit::Nanoseconds,
            _ => return None,
        });
        Some(false)
    })?;
    unit
}

fn group(reader: &mut Reader<'_>) -> Option<Group> {
    let mut group = Group { rows: 0, chunks: Vec::new() };
    reader.structure(|reader, id, kind| {
        match id {
            1 => reader.list(kind, STRUCTURE, |reader, _| {
                group.chunks.push(chunk(reader)?);
                Some(())
            })?,
            3 => group.rows = u64::try_from(reader.integer(kind)?).ok()?,
            _ => return Some(false),
        }
        Some(true)
    })?;
    Some(group)
}

fn chunk(reader: &mut Reader<'_>) -> Option<Result<Chunk, &'static str>> {
    let (mut found, mut is_elsewhere, mut is_encrypted) = (None, false, false);
    reader.structure(|reader, id, kind| {
        match id {
            1 => is_elsewhere = !reader.bytes(kind)?.is_empty(),
            3 if kind == STRUCTURE => found = Some(values(reader)?),
            8 => {
                is_encrypted = true;
                return Some(false);
            }
            _ => return Some(false),
        }
        Some(true)
    })?;
    Some(match found {
        _ if is_encrypted => Err("it is encrypted"),
        _ if is_elsewhere => Err("its values are in another file"),
        Some(found) => found,
        None => Err("the footer does not say where its values are"),
    })
}

/// The part of a chunk that says where the values are, or that they can't be there.
fn values(reader: &mut Reader<'_>) -> Option<Result<Chunk, &'static str>> {
    let mut chunk = Chunk::default();
    let (mut length, mut data, mut dictionary) = (0, 0, None);
    let (mut values, mut unpacked) = (0, 0);
    reader.structure(|reader, id, kind| {
        match id {
            4 => chunk.codec = reader.integer(kind)?,
            5 => values = reader.integer(kind)?,
            6 => unpacked = reader.integer(kind)?,
            7 => length = reader.integer(kind)?,
            9 => data = reader.integer(kind)?,
            11 => dictionary = Some(reader.integer(kind)?),
            12 if kind == STRUCTURE => (chunk.range, chunk.nulls) = statistics(reader)?,
            _ => return Some(false),
        }
        Some(true)
    })?;
    // Some writers put 0 where there is no dictionary, or one at the place of the first page.
    let dictionary = dictionary.filter(|at| 0 < *at && *at < data);
    let place = || {
        let start = u64::try_from(dictionary.unwrap_or(data)).ok()?;
        chunk.bytes = start..start.checked_add(u64::try_from(length).ok()?)?;
        chunk.data = u64::try_from(data).ok()?;
        chunk.dictionary = dictionary.and_then(|at| u64::try_from(at).ok());
        chunk.values = u64::try_from(values).ok()?;
        chunk.unpacked = u64::try_from(unpacked).unwrap_or(u64::MAX);
        Some(chunk)
    };
    Some(place().ok_or("its place in the footer is damaged"))
}

/// The least and the greatest value, where they are numbers, and how many are NULL.
type Statistics = (Option<(i64, i64)>, Option<u64>);

fn statistics(reader: &mut Reader<'_>) -> Option<Statistics> {
    let (mut least, mut most, mut nulls) = (None, None, None);
    let (mut old_least, mut old_most) = (None, None);
    reader.structure(|reader, id, kind| {
        match id {
            1 => old_most = number(reader.bytes(kind)?),
            2 => old_least = number(reader.bytes(kind)?),
            3 => nulls = u64::try_from(reader.integer(kind)?).ok(),
            5 => most = number(reader.bytes(kind)?),
            6 => least = number(reader.bytes(kind)?),
            _ => return Some(false),
        }
        Some(true)
    })?;
    let range = least.zip(most).or(old_least.zip(old_most));
    Some((range.filter(|(least, most)| least <= most), nulls))
}

fn number(bytes: &[u8]) -> Option<i64> {
    if let Ok(bytes) = bytes.try_into() {
        return Some(i64::from(i32::from_le_bytes(bytes)));
    }
    bytes.try_into().ok().map(i64::from_le_bytes)
}

#[cfg(test)]
mod tests;
