//! What the texts of a status mean: of an order, or of what became of an opportunity.

use super::error::{ConfigError, Place};
use super::section::Section;

/// A status and what its texts mean. No text stands in two lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusLists {
    /// SQL expression of the status.
    pub column: String,
    /// Sold, or won; at least one text.
    pub completed: Vec<String>,
    /// Nearly sold.
    pub lost: Vec<String>,
    /// Not decided yet.
    pub open: Vec<String>,
    /// Never counted.
    pub ignored: Vec<String>,
    /// Which of the lists, in this order, stand in the pipeline file; the others have their defaults.
    pub given: [bool; 4],
}

/// Reads the lists at four `keys`, in the order of the fields; where a key is not set, the texts
/// `by_default` are its list.
pub(super) fn read_lists(
    table: &Section<'_>,
    column: String,
    keys: [&'static str; 4],
    by_default: [&[&str]; 4],
    allowed: &'static str,
) -> Result<StatusLists, ConfigError> {
    let mut seen: Vec<(String, Option<Place>, &'static str)> = Vec::new();
    let mut lists = [const { Vec::new() }; 4];
    for ((list, key), by_default) in lists.iter_mut().zip(keys).zip(by_default) {
        let texts = match table.get(key) {
            Some(item) => {
                item.texts(allowed)?.into_iter().map(|(text, at)| (text, Some(at))).collect()
            }
            None => by_default.iter().map(|text| ((*text).to_owned(), None)).collect::<Vec<_>>(),
        };
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
            list.push(text);
        }
    }
    let [completed, lost, open, ignored] = lists;
    let given = keys.map(|key| table.get(key).is_some());
    Ok(StatusLists { column, completed, lost, open, ignored, given })
}
