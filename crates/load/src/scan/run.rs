//! Some row groups that are read together.

use parquet::file::reader::ChunkReader;

use super::meta::{Chunk, Column, Group};
use super::pages::{self, Needs, Trouble};
use super::second::{self, BATCH, Frames};
use super::source::Fetched;
use super::types::Form;
use super::{Query, ScanError, written};

/// Bytes, once decompressed, of the rows that are decoded at once page by page.
const BATCH_BYTES: u64 = 32 << 20;

/// Texts of a dictionary that are looked up for each row rather than read for each.
const FEW_TEXTS: u64 = 256;

/// Row groups that are read together.
pub(super) struct Run<'a> {
    /// The number of the first of them in the file.
    pub first: usize,
    pub groups: &'a [Group],
    /// Rows of the piece before them.
    pub before: u64,
}

impl<'a> Run<'a> {
    pub fn rows(&self) -> u64 {
        self.groups.iter().map(|group| group.rows).sum()
    }

    /// The chunks of the columns that are decoded, by row group.
    pub fn chunks(&self, query: &Query<'_, '_>) -> Result<Vec<Vec<&'a Chunk>>, ScanError> {
        let mut all = Vec::with_capacity(self.groups.len());
        for (number, group) in self.groups.iter().enumerate() {
            let mut chunks = Vec::with_capacity(query.places.len());
            for (place, column) in query.places.iter().zip(&query.columns) {
                chunks.push(group.chunks[*place].as_ref().map_err(|reason| {
                    self.trouble(number, column, Trouble::Unknown((*reason).to_owned()))
                })?);
            }
            all.push(chunks);
        }
        Ok(all)
    }

    pub fn trouble(&self, group: usize, column: &Column, trouble: Trouble) -> ScanError {
        let (column, row_group) = (column.name.to_string(), self.first + group);
        match trouble {
            Trouble::Damage(reason) => ScanError::Damaged { column, row_group, reason },
            Trouble::Unknown(reason) => ScanError::Unreadable { column, row_group, reason },
        }
    }

    pub fn footer(
        &self,
        reader: written::Reader,
        query: &Query<'_, '_>,
        chunks: &[Vec<&Chunk>],
        place: &dyn Fn(u64) -> u64,
    ) -> Vec<u8> {
        let groups: Vec<_> = self.groups.iter().zip(chunks.iter().cloned()).collect();
        written::footer(reader, &query.columns, &groups, place)
    }

    /// Looks at all pages: who can decode them, and which columns have few texts, all in dictionaries.
    pub fn check(
        &self,
        query: &Query<'_, '_>,
        chunks: &[Vec<&Chunk>],
        fetched: &Fetched,
    ) -> Result<(Needs, Vec<bool>), ScanError> {
        let mut needs = Needs::Engine;
        let mut few: Vec<bool> =
            query.columns.iter().map(|column| column.form == Form::Text).collect();
        for (number, (group, chunks)) in self.groups.iter().zip(chunks).enumerate() {
            for ((chunk, column), few) in chunks.iter().zip(&query.columns).zip(&mut few) {
                let found = pages::check(fetched.slice(&chunk.bytes), chunk, column, group.rows);
                let found = found.map_err(|trouble| self.trouble(number, column, trouble))?;
                needs = needs.max(found.needs);
                *few &= found.dictionary.is_some_and(|values| values <= FEW_TEXTS);
            }
        }
        Ok((needs, few))
    }

    /// The first column that can't be decoded by itself.
    pub fn damage<P: ChunkReader + 'static>(
        &self,
        query: &Query<'_, '_>,
        chunks: &[Vec<&Chunk>],
        place: &dyn Fn(u64) -> u64,
        pages: &dyn Fn() -> P,
    ) -> Option<ScanError> {
        for (number, (group, chunks)) in self.groups.iter().zip(chunks).enumerate() {
            for (chunk, column) in chunks.iter().zip(&query.columns) {
                let single = [*column];
                let footer = written::footer(
                    written::Reader::Second,
                    &single,
                    &[(group, vec![*chunk])],
                    place,
                );
                let rows = batch(group.rows, &[vec![*chunk]]);
                let frames = Frames { columns: &single, few: &[false], rows };
                let read = second::read(&footer, pages(), &frames, &mut |_| Ok(true));
                if let Err(reason) = read {
                    return Some(self.trouble(number, column, Trouble::Damage(reason)));
                }
            }
        }
        None
    }
}

/// Rows to decode at once, so that they are no more than so many bytes.
pub(super) fn batch(rows: u64, chunks: &[Vec<&Chunk>]) -> usize {
    let bytes =
        chunks.iter().flatten().fold(0, |sum: u64, chunk| sum.saturating_add(chunk.unpacked));
    let of_row = (bytes / rows.max(1)).max(1);
    usize::try_from(BATCH_BYTES / of_row).unwrap_or(BATCH).clamp(1, BATCH)
}
