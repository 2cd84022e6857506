//! The columns of a frame, and where its rows come from.

use kohort_model::{Day, Input, Scale};
use polars::prelude::{DataFrame, Series};

use super::Selection;
use crate::columns::amount::AmountError;
use crate::columns::ids::Negative;
use crate::columns::shown::shown;
use crate::columns::values;
use crate::contract::Opened;
use crate::error::LoadError;
use crate::frame::{Rows, place};
use crate::mapping::{Mapping, Role};

/// Where the rows of a frame come from.
#[derive(Clone, Copy)]
pub(crate) enum Origin<'a> {
    File(usize),
    Places(&'a [i64]),
}

impl<'a> Origin<'a> {
    /// Of a frame whose columns are one chunk each.
    pub fn new(query: &Rows, frame: &'a DataFrame) -> Self {
        if let Rows::Piece(file, _) = query {
            return Self::File(*file);
        }
        let places = frame.columns().last().and_then(|column| column.i64().ok());
        let places = places.expect("such a query ends with the places");
        Self::Places(values!(places))
    }

    pub fn file(&self, row: usize) -> usize {
        match self {
            Self::File(file) => *file,
            Self::Places(places) => place(places[row]).0,
        }
    }

    /// Place of a row in its file, where the query has it.
    pub fn row(&self, row: usize) -> Option<u64> {
        match self {
            Self::File(_) => None,
            Self::Places(places) => Some(place(places[row]).1),
        }
    }
}

/// The columns of a frame by their roles.
pub(crate) struct Columns<'a> {
    pub frame: &'a DataFrame,
    pub selection: &'a Selection,
    pub input: &'a Opened,
}

impl<'a> Columns<'a> {
    pub fn get(&self, role: Role) -> Option<&'a Series> {
        let mut selected = self.selection.mappings.iter();
        let index = selected.position(|index| self.input.mappings[*index].role == role)?;
        Some(self.frame.columns()[index].as_materialized_series())
    }
}

impl Opened {
    pub(crate) fn mapping(&self, role: Role) -> Option<&Mapping> {
        self.mappings.iter().find(|mapping| mapping.role == role)
    }

    pub(super) fn negative_id(
        &self,
        role: Role,
        wrong: &Negative,
        origin: &Origin<'_>,
    ) -> LoadError {
        let mapping = self.mapping(role);
        LoadError::NegativeId {
            key: mapping.map(|mapping| mapping.name.clone()).unwrap_or_default(),
            expression: mapping.map(|mapping| mapping.text.clone()).unwrap_or_default(),
            value: wrong.id,
            path: self.files[origin.file(wrong.row)].path.clone(),
            unsigned_in: self.unsigned_in(role),
        }
    }

    pub(super) fn wrong_amount(
        &self,
        error: AmountError,
        amounts: &Series,
        scale: Scale,
        origin: &Origin<'_>,
    ) -> LoadError {
        match error {
            AmountError::Overflow(row) => LoadError::AmountOverflow {
                value: shown(amounts, row).unwrap_or_default(),
                path: self.files[origin.file(row)].path.clone(),
                scale: scale.places(),
            },
            AmountError::NoRate { row, currency, day } => LoadError::NoRate {
                currency: currency.unwrap_or_else(|| "NULL".to_owned()),
                day: Day(day),
                what: match self.input() {
                    Input::Subscriptions => "a subscription",
                    _ => "an order",
                },
                path: self.files[origin.file(row)].path.clone(),
                rates: self.rates.as_ref().map(|rates| rates.path().to_owned()).unwrap_or_default(),
            },
        }
    }

    pub(crate) fn too_many_values(&self, index: usize) -> LoadError {
        let what = match self.source.segments().get(index) {
            Some(segment) => format!("segment {}", segment.name),
            None => self.mapping(Role::Segment(index)).map(|m| m.name.clone()).unwrap_or_default(),
        };
        LoadError::SegmentValues { what, limit: self.source.max_segment_values }
    }
}
