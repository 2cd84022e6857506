//! The declaration of columns of texts: what is missing, the order, and the lists of the pipeline file that name
//! some.

/// Texts of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// What NULL and the empty text are called.
    pub missing: &'static str,
    /// The setting that gives some texts other names, if one does.
    pub renamed_by: Option<&'static str>,
    /// Whether there may be more texts than `max_segment_values`.
    pub is_unlimited: bool,
    /// The name of the list that columns of several inputs share; `None` of a list of its own.
    pub shared: Option<&'static str>,
    /// In which order tables have them.
    pub order: TextOrder,
}

/// In which order tables have the texts of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextOrder {
    /// By their bytes.
    Sorted,
    /// By their bytes, but the text for what is missing last.
    MissingLast,
    /// First those that this setting lists, then all others by their bytes.
    ListedFirst(&'static str),
    /// As this setting lists them; a row of another text stands in no table.
    ListedOnly(&'static str),
}

/// A list in the pipeline file that names texts of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextList {
    /// Its key.
    pub key: &'static str,
    /// What it lists.
    pub meaning: &'static str,
    /// A list as a pipeline file may have it.
    pub example: &'static str,
    /// Whether it has to be there where the column is mapped.
    pub is_needed: bool,
    /// The texts where it is not there.
    pub by_default: &'static [&'static str],
}

/// The lists in the pipeline file that sort the texts of a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusTexts {
    /// Of what is completed, lost, open and ignored.
    pub lists: [TextList; 4],
    /// Whether a row is open whose status and day of the end are NULL; another one without a status is
    /// rejected.
    pub is_open_without_end: bool,
}

impl TextList {
    /// A list that need not be there, and then has no texts.
    #[must_use]
    pub const fn new(key: &'static str, meaning: &'static str, example: &'static str) -> Self {
        Self { key, meaning, example, is_needed: false, by_default: &[] }
    }

    /// The same that has to be there.
    #[must_use]
    pub const fn needed(self) -> Self {
        Self { is_needed: true, ..self }
    }

    /// The same that has these texts where it is not there.
    #[must_use]
    pub const fn or(self, by_default: &'static [&'static str]) -> Self {
        Self { by_default, ..self }
    }
}
