//! Codes of texts change from one run to the next; those of kept blocks are changed along.

use rustc_hash::FxHashMap;

/// The texts of a block: by column, in order of the codes that it has.
pub type KeptTexts = Vec<Vec<(u32, String)>>;

/// For each column of texts, by the code in a block the code that the text has now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCodes {
    columns: Vec<FxHashMap<u32, u32>>,
    are_same: bool,
}

impl Default for NewCodes {
    /// Those of a block without texts.
    fn default() -> Self {
        Self { columns: Vec::new(), are_same: true }
    }
}

impl NewCodes {
    /// Whether no code is another one now.
    pub(super) fn are_same(&self) -> bool {
        self.are_same
    }

    /// The new code; of a column or code that the block does not name, the first.
    pub(super) fn of(&self, column: usize, code: u32) -> u32 {
        self.columns.get(column).and_then(|codes| codes.get(&code)).copied().unwrap_or(0)
    }
}

/// The texts of many blocks, by code. Blocks that one run kept agree on their codes; they then keep
/// them, as long as every code is still in use.
#[derive(Debug, Default)]
pub struct Codes<'a> {
    columns: Vec<Column<'a>>,
}

/// What the codes of a column mean. What a block says of them may be of any size, so nothing is as
/// long as the largest code.
#[derive(Clone, Debug, Default)]
struct Column<'a> {
    /// By code the text as the first block has it, and its code now.
    known: FxHashMap<u32, (&'a str, u32)>,
    /// All codes.
    codes: Vec<u32>,
}

impl<'a> Codes<'a> {
    /// Gives every text of the blocks a code. `code` is told a column and a text.
    ///
    /// # Errors
    /// Those of `code`.
    pub fn new<E>(
        blocks: impl Iterator<Item = &'a KeptTexts>,
        code: &mut dyn FnMut(usize, &str) -> Result<u32, E>,
    ) -> Result<Self, E> {
        let mut all = Self::default();
        for (place, texts) in blocks.flat_map(|texts| texts.iter().enumerate()) {
            if all.columns.len() <= place {
                all.columns.resize(place + 1, Column::default());
            }
            let Column { known, codes } = &mut all.columns[place];
            for (old, text) in texts {
                known.entry(*old).or_insert_with(|| {
                    codes.push(*old);
                    (text, *old)
                });
            }
        }
        // In their order, so that they come out as they are.
        for (place, Column { known, codes }) in all.columns.iter_mut().enumerate() {
            codes.sort_unstable();
            for old in codes {
                if let Some((text, now)) = known.get_mut(old) {
                    *now = code(place, text)?;
                }
            }
        }
        Ok(all)
    }

    /// What becomes of the codes of one of the blocks.
    ///
    /// # Errors
    /// Those of `code`.
    pub fn of<E>(
        &self,
        texts: &KeptTexts,
        code: &mut dyn FnMut(usize, &str) -> Result<u32, E>,
    ) -> Result<NewCodes, E> {
        let mut new = NewCodes { columns: Vec::with_capacity(texts.len()), are_same: true };
        for (place, texts) in texts.iter().enumerate() {
            let mut codes = FxHashMap::default();
            for (old, text) in texts {
                let known = self.columns.get(place).and_then(|column| column.known.get(old));
                let now = match known {
                    Some((first, now)) if first == text => *now,
                    _ => code(place, text)?,
                };
                new.are_same &= now == *old;
                codes.insert(*old, now);
            }
            new.columns.push(codes);
        }
        Ok(new)
    }
}
