//! The codes of a batch's texts: those of an input's columns, then those of its segments.

use crate::batch::{Columns, Plain};
use crate::columns::Flaws;
use crate::columns::text::{Codes, Dictionary, TooMany};
use crate::contract::Opened;
use crate::error::LoadError;
use crate::mapping::Role;

/// The texts behind the codes of one pass, by list.
#[derive(Debug)]
pub(crate) struct Dictionaries {
    lists: Vec<(Role, Dictionary)>,
}

impl Dictionaries {
    pub fn new(input: &Opened) -> Self {
        let lists = input.source.texts().into_iter();
        let list = |(role, missing, names, limit)| (role, Dictionary::new(missing, names, limit));
        Self { lists: lists.map(list).collect() }
    }
}

/// The texts behind the codes of an input's batches, by list: those of the columns of texts in the order
/// of its declaration, then those of the segments. They grow while it is read.
#[derive(Debug)]
pub struct Texts {
    pub(crate) dictionaries: Dictionaries,
}

impl Opened {
    /// No texts yet.
    #[must_use]
    pub fn texts(&self) -> Texts {
        Texts { dictionaries: Dictionaries::new(self) }
    }

    /// The code of a text of a list that an earlier read found.
    ///
    /// # Errors
    /// [`LoadError::SegmentValues`] where there are too many.
    ///
    /// # Panics
    /// Where there is no such list.
    pub fn code(&self, texts: &Texts, list: usize, text: &str) -> Result<u32, LoadError> {
        let (role, dictionary) = &texts.dictionaries.lists[list];
        dictionary.code_of_name(text).map_err(|TooMany| self.too_many_values(*role))
    }
}

impl Texts {
    /// The text of a code of a list; `None` where there is no such code.
    #[must_use]
    pub fn text(&self, list: usize, code: u32) -> Option<String> {
        self.dictionaries.lists.get(list).and_then(|(_, dictionary)| dictionary.text(code))
    }

    /// The texts of the columns of an input by place and code, and those of the segments.
    pub(crate) fn into_lists(self) -> (TextsOfColumns, Vec<Vec<String>>) {
        let (mut of_columns, mut of_segments) = (Vec::new(), Vec::new());
        for (role, dictionary) in self.dictionaries.lists {
            match role {
                Role::Column(place) => of_columns.push((place, dictionary.into_texts())),
                _ => of_segments.push(dictionary.into_texts()),
            }
        }
        (of_columns, of_segments)
    }
}

/// Texts by code, by the place of their column.
pub(crate) type TextsOfColumns = Vec<(usize, Vec<String>)>;

/// One reader's codes.
pub(crate) struct TextCodes<'a> {
    lists: Vec<(Role, Codes<'a>)>,
}

impl<'a> TextCodes<'a> {
    pub fn new(dictionaries: &'a Dictionaries) -> Self {
        let lists = dictionaries.lists.iter();
        Self { lists: lists.map(|(role, texts)| (*role, Codes::new(texts))).collect() }
    }

    pub fn read(
        &mut self,
        columns: &Columns<'_>,
        flaws: &Flaws,
        plain: &mut Plain,
    ) -> Result<(), LoadError> {
        plain.segments.resize_with(columns.input.source.segments.len(), Vec::new);
        for (role, codes) in &mut self.lists {
            let Some(column) = columns.get(*role) else { continue };
            let into = match role {
                Role::Column(place) => &mut plain.columns[*place].codes,
                Role::Segment(segment) => &mut plain.segments[*segment],
                _ => continue,
            };
            let read = codes.read(column, flaws, into);
            read.map_err(|TooMany| columns.input.too_many_values(*role))?;
        }
        Ok(())
    }
}
