//! The ids of a batch.

use kohort_model::{Cells, ValueKind};

use super::Columns;
use crate::columns::ids::{IdBuffer, Ids};
use crate::columns::{Flaws, Reason, flags};
use crate::error::LoadError;

/// Room for the ids of one batch, used again and again.
#[derive(Default)]
pub(super) struct KeyBuffers {
    /// By the places of the columns in the declaration.
    columns: Vec<KeyBuffer>,
}

#[derive(Default)]
struct KeyBuffer {
    ids: IdBuffer,
    known: Vec<u8>,
    kept: Vec<u8>,
}

/// The ids of one batch, by column.
pub(super) struct RowKeys<'a> {
    columns: Vec<RowKey<'a>>,
}

/// The ids of a column.
struct RowKey<'a> {
    place: usize,
    ids: Ids<'a>,
    /// 1 where the row has one; `None` where every row does.
    known: Option<Vec<u8>>,
}

impl KeyBuffers {
    /// Rows that lack an id which they need get a flaw.
    pub fn read<'a>(
        &mut self,
        columns: &Columns<'a>,
        flaws: &mut Flaws,
        file: usize,
    ) -> Result<RowKeys<'a>, LoadError> {
        let input = columns.input;
        self.columns.resize_with(input.source.spec.columns.len(), KeyBuffer::default);
        let mut keys = RowKeys { columns: Vec::new() };
        for (place, column, kind) in columns.mapped() {
            let (ValueKind::Id(ids), Some(of)) = (kind, input.ids_of(place)) else { continue };
            let buffer = &mut self.columns[place];
            let known = if ids.missing.is_some() {
                flaws.mark_nulls(column, Reason::NullId.at(place));
                None
            } else {
                flags::known(column, &mut buffer.known);
                Some(std::mem::take(&mut buffer.known))
            };
            let ids = buffer.ids.read(column, of);
            let ids = ids.map_err(|wrong| input.negative_id(place, &wrong, file))?;
            keys.columns.push(RowKey { place, ids, known });
        }
        Ok(keys)
    }

    /// Only the ids of rows without a flaw.
    pub fn keep<'a>(&mut self, keys: RowKeys<'a>, flaws: &Flaws) -> RowKeys<'a> {
        let keep = |RowKey { place, ids, known }: RowKey<'a>| {
            let buffer = &mut self.columns[place];
            let known = known.map(|known| {
                let mut kept = std::mem::take(&mut buffer.kept);
                flaws.kept(&known, &mut kept);
                buffer.known = known;
                kept
            });
            RowKey { place, ids: buffer.ids.keep(ids, flaws), known }
        };
        RowKeys { columns: keys.columns.into_iter().map(keep).collect() }
    }

    /// Takes the room back.
    pub fn recycle(&mut self, keys: RowKeys<'_>) {
        for RowKey { place, ids, known } in keys.columns {
            let buffer = &mut self.columns[place];
            buffer.ids.recycle(ids);
            if let Some(known) = known {
                buffer.kept = std::mem::replace(&mut buffer.known, known);
            }
        }
    }
}

impl RowKeys<'_> {
    /// The ids of a column.
    pub fn cells(&self, place: usize) -> Option<Cells<'_>> {
        let key = self.columns.iter().find(|key| key.place == place)?;
        Some(match &key.known {
            Some(known) => Cells::OptionalIds(key.ids.keys(), known),
            None => Cells::Ids(key.ids.keys()),
        })
    }
}
