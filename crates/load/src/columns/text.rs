//! Texts as codes.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use polars::prelude::Series;

use super::Flaws;

/// The texts of one column and their codes, shared by all readers. Which text gets which code
/// depends on who comes first.
#[derive(Debug)]
pub(crate) struct Dictionary {
    /// What a missing text is called.
    missing: &'static str,
    /// Other names for some texts.
    names: BTreeMap<String, String>,
    limit: u32,
    texts: Mutex<Texts>,
}

#[derive(Debug, Default)]
struct Texts {
    codes: HashMap<String, u32>,
    by_code: Vec<String>,
}

/// More texts than allowed.
#[derive(Debug)]
pub(crate) struct TooMany;

impl Dictionary {
    pub fn new(missing: &'static str, names: BTreeMap<String, String>, limit: u32) -> Self {
        Self { missing, names, limit, texts: Mutex::default() }
    }

    /// The texts by their codes.
    pub fn into_texts(self) -> Vec<String> {
        self.texts.into_inner().unwrap_or_else(PoisonError::into_inner).by_code
    }

    fn code(&self, text: &str) -> Result<u32, TooMany> {
        let name = match self.names.get(text) {
            Some(name) => name,
            None if text.is_empty() => self.missing,
            None => text,
        };
        self.code_of_name(name)
    }

    /// The text of a code.
    pub fn text(&self, code: u32) -> Option<String> {
        let texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        texts.by_code.get(code as usize).cloned()
    }

    /// The code of a text that is reported as it is.
    pub fn code_of_name(&self, name: &str) -> Result<u32, TooMany> {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(code) = texts.codes.get(name) {
            return Ok(*code);
        }
        let next = u32::try_from(texts.by_code.len()).map_err(|_| TooMany)?;
        if next >= self.limit {
            return Err(TooMany);
        }
        texts.codes.insert(name.to_owned(), next);
        texts.by_code.push(name.to_owned());
        Ok(next)
    }
}

const SLOTS: usize = 256;
/// No view of 12 bytes or less has a length like this, and a longer one has other bits.
const NO_VIEW: (u128, u32) = (u128::MAX, 0);

/// One reader's view of a dictionary: codes it has seen are found without the lock.
#[derive(Debug)]
pub(crate) struct Codes<'a> {
    dictionary: &'a Dictionary,
    /// Texts that lie inside their view, by its bits, and for those that come often a slot.
    short: HashMap<u128, u32>,
    short_slots: [(u128, u32); SLOTS],
    /// Longer texts. Their views are the same for the same text only within a batch, if at all.
    long: HashMap<Box<str>, u32>,
    long_slots: [(u128, u32); SLOTS],
}

impl<'a> Codes<'a> {
    pub fn new(dictionary: &'a Dictionary) -> Self {
        Self {
            dictionary,
            short: HashMap::new(),
            short_slots: [NO_VIEW; SLOTS],
            long: HashMap::new(),
            long_slots: [NO_VIEW; SLOTS],
        }
    }

    /// The code of each row; any where the row has a flaw.
    pub fn read(
        &mut self,
        column: &Series,
        flaws: &Flaws,
        into: &mut Vec<u32>,
    ) -> Result<(), TooMany> {
        into.clear();
        self.long_slots = [NO_VIEW; SLOTS];
        let texts = column.str().expect("segments are read as text").downcast_as_array();
        let nulls = (column.null_count() > 0).then(|| column.is_null());
        for (row, view) in texts.views().iter().enumerate() {
            if flaws.is_marked(row) {
                into.push(0);
                continue;
            }
            if nulls.as_ref().is_some_and(|nulls| nulls.get(row) == Some(true)) {
                into.push(self.dictionary.code("")?);
                continue;
            }
            let bits = view.as_u128();
            let slot = slot(bits);
            let slots = if view.is_inline() { &mut self.short_slots } else { &mut self.long_slots };
            if slots[slot].0 != bits {
                let code = if view.is_inline() {
                    match self.short.entry(bits) {
                        Entry::Occupied(code) => *code.get(),
                        Entry::Vacant(entry) => {
                            *entry.insert(self.dictionary.code(texts.value(row))?)
                        }
                    }
                } else {
                    known(&mut self.long, texts.value(row), self.dictionary)?
                };
                slots[slot] = (bits, code);
            }
            into.push(slots[slot].1);
        }
        Ok(())
    }
}

/// A longer text's code, found without a copy of the text.
fn known(
    codes: &mut HashMap<Box<str>, u32>,
    text: &str,
    dictionary: &Dictionary,
) -> Result<u32, TooMany> {
    if let Some(code) = codes.get(text) {
        return Ok(*code);
    }
    let code = dictionary.code(text)?;
    codes.insert(text.into(), code);
    Ok(code)
}

/// The upper bits of a multiplication with the golden ratio.
#[expect(clippy::cast_possible_truncation, reason = "the halves are mixed, and 8 bits are left")]
fn slot(bits: u128) -> usize {
    let mixed = (bits as u64 ^ (bits >> 64) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 56) as usize
}
