//! Lists that say what the texts of a column mean, as those of a status.

use kohort_model::TextList;

use super::error::{ConfigError, Place};
use super::section::Section;

/// A list in the pipeline file of texts that a column may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedTexts {
    /// Its key in the input's table.
    pub key: &'static str,
    /// The texts, each once.
    pub texts: Vec<String>,
    /// Whether it stands in the file; otherwise these are the default.
    pub is_given: bool,
}

/// Reads the lists of a column in their order; no text stands in two.
pub(super) fn read_lists(
    table: &Section<'_>,
    declared: &[TextList],
) -> Result<Vec<ListedTexts>, ConfigError> {
    for list in declared.iter().filter(|list| list.is_needed) {
        table.need(list.key, format!("{}, such as {}", list.meaning, list.example))?;
    }
    let mut seen: Vec<(String, Option<Place>, &'static str)> = Vec::new();
    let mut lists = Vec::new();
    for &TextList { key, by_default, example, .. } in declared {
        let item = table.get(key);
        let is_given = item.is_some();
        let texts = match item {
            Some(item) => {
                let texts = item.texts(format!("a list of texts such as {example}"))?.into_iter();
                texts.map(|(text, at)| (text, Some(at))).collect()
            }
            None => by_default.iter().map(|text| ((*text).to_owned(), None)).collect::<Vec<_>>(),
        };
        let mut list = ListedTexts { key, texts: Vec::new(), is_given };
        for (text, at) in texts {
            if let Some((_, earlier, first)) = seen.iter().find(|(earlier, ..)| *earlier == text) {
                // A default has no place: the text that was given beside it is the second one.
                let (at, first, second) = match (at, earlier) {
                    (Some(at), _) => (at, *first, key),
                    (None, earlier) => (earlier.clone().unwrap_or(table.at()), key, *first),
                };
                return Err(ConfigError::StatusTwice { at, text, first, second });
            }
            seen.push((text.clone(), at, key));
            list.texts.push(text);
        }
        lists.push(list);
    }
    Ok(lists)
}
