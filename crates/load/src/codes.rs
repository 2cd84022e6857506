//! The codes of a batch's texts: segments, reasons, and what else inputs have.

use crate::batch::{Columns, Plain};
use crate::columns::Flaws;
use crate::columns::text::{Codes, Dictionary, TooMany};
use crate::contract::Opened;
use crate::error::LoadError;
use crate::mapping::Role;

/// The texts behind the codes of one pass.
#[derive(Debug)]
pub(crate) struct Dictionaries {
    pub segments: Vec<Dictionary>,
    pub reasons: Dictionary,
}

impl Dictionaries {
    pub fn new(input: &Opened) -> Self {
        let source = &input.source;
        let segment = |index| Dictionary::new("(none)", [].into(), source.limit(index));
        let names = source.reason().map(|reason| reason.names.clone()).unwrap_or_default();
        Self {
            segments: (0..source.codes()).map(segment).collect(),
            reasons: Dictionary::new("unknown", names, u32::MAX),
        }
    }
}

/// The texts behind the codes of an input's batches: [`kohort_model::EventBatch::segments`], then the
/// reasons. They grow while it is read.
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

    /// The code of a text that an earlier read found: of one of the segments, or at the number of
    /// segments of a reason.
    ///
    /// # Errors
    /// [`LoadError::SegmentValues`] where there are too many.
    pub fn code(&self, texts: &Texts, column: usize, text: &str) -> Result<u32, LoadError> {
        let Dictionaries { segments, reasons } = &texts.dictionaries;
        let code = segments.get(column).unwrap_or(reasons).code_of_name(text);
        code.map_err(|TooMany| self.too_many_values(column))
    }
}

impl Texts {
    /// The text of a code of a column; `None` where there is no such code.
    #[must_use]
    pub fn text(&self, column: usize, code: u32) -> Option<String> {
        let Dictionaries { segments, reasons } = &self.dictionaries;
        segments.get(column).unwrap_or(reasons).text(code)
    }

    /// The texts of the segments by code, and those of the reasons.
    pub(crate) fn into_lists(self) -> (Vec<Vec<String>>, Vec<String>) {
        let Dictionaries { segments, reasons } = self.dictionaries;
        (segments.into_iter().map(Dictionary::into_texts).collect(), reasons.into_texts())
    }
}

/// One reader's codes.
pub(crate) struct TextCodes<'a> {
    segments: Vec<Codes<'a>>,
    reasons: Codes<'a>,
}

impl<'a> TextCodes<'a> {
    pub fn new(dictionaries: &'a Dictionaries) -> Self {
        Self {
            segments: dictionaries.segments.iter().map(Codes::new).collect(),
            reasons: Codes::new(&dictionaries.reasons),
        }
    }

    pub fn read(
        &mut self,
        columns: &Columns<'_>,
        flaws: &Flaws,
        plain: &mut Plain,
    ) -> Result<(), LoadError> {
        if let Some(column) = columns.get(Role::Reason) {
            let read = self.reasons.read(column, flaws, &mut plain.reasons);
            read.expect("four billion reasons fit no memory");
        }
        plain.segments.resize_with(self.segments.len(), Vec::new);
        for (index, (codes, into)) in self.segments.iter_mut().zip(&mut plain.segments).enumerate()
        {
            let role = Role::Segment(index);
            let read = match columns.get(role) {
                Some(column) => codes.read(column, flaws, into),
                None if columns.input.mapping(role).is_none() => codes.missing(columns.rows, into),
                None => Ok(()),
            };
            read.map_err(|TooMany| columns.input.too_many_values(index))?;
        }
        Ok(())
    }
}
