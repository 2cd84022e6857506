//! Codes of texts change from one run to the next; those of kept blocks are changed along.

/// The texts of a block: by column, in order of the codes that it has.
pub type KeptTexts = Vec<Vec<(u32, String)>>;

/// For each column of texts, by the code in a block the code that the text has now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCodes {
    columns: Vec<Vec<u32>>,
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

    /// The new code; of a column or code that the block does not name, the old one.
    pub(super) fn of(&self, column: usize, code: u32) -> u32 {
        let codes = self.columns.get(column);
        codes.and_then(|codes| codes.get(code as usize)).copied().unwrap_or(code)
    }
}

/// The texts of many blocks, by code. Blocks that one run kept agree on their codes; they then keep
/// them, as long as every code is still in use.
#[derive(Debug, Default)]
pub struct Codes<'a> {
    /// By column and code, as the first block has it.
    texts: Vec<Vec<Option<&'a str>>>,
    /// The same, as they are now.
    codes: Vec<Vec<u32>>,
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
        for (column, texts) in blocks.flat_map(|texts| texts.iter().enumerate()) {
            if all.texts.len() <= column {
                all.texts.resize(column + 1, Vec::new());
            }
            for (old, text) in texts {
                let known = &mut all.texts[column];
                let place = *old as usize;
                if known.len() <= place {
                    known.resize(place + 1, None);
                }
                known[place].get_or_insert(text);
            }
        }
        for (column, texts) in all.texts.iter().enumerate() {
            let of = |text: Option<&str>| text.map_or(Ok(0), |text| code(column, text));
            all.codes.push(texts.iter().copied().map(of).collect::<Result<_, _>>()?);
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
        for (column, texts) in texts.iter().enumerate() {
            let mut codes: Vec<u32> = Vec::new();
            for (old, text) in texts {
                let place = *old as usize;
                let is_first = self.texts[column][place] == Some(text.as_str());
                let now = if is_first { self.codes[column][place] } else { code(column, text)? };
                new.are_same &= now == *old;
                // Between them are codes that the block does not have.
                codes.resize(place, 0);
                codes.push(now);
            }
            new.columns.push(codes);
        }
        Ok(new)
    }
}
