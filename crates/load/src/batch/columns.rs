//! The columns of a frame, and where its rows come from.

use kohort_model::{Day, Scale, ValueKind};
use polars::prelude::Series;

use super::Selection;
use crate::columns::amount::AmountError;
use crate::columns::ids::Negative;
use crate::columns::shown::shown;
use crate::contract::Opened;
use crate::currency::Rates;
use crate::error::LoadError;
use crate::mapping::{Mapping, Role};

/// The mapped values of a frame by their roles.
pub(crate) struct Columns<'a> {
    pub values: &'a [Series],
    pub selection: &'a Selection,
    pub input: &'a Opened,
}

impl<'a> Columns<'a> {
    pub fn get(&self, role: Role) -> Option<&'a Series> {
        let mut selected = self.selection.mappings.iter();
        let index = selected.position(|index| self.input.mappings[*index].role == role)?;
        self.values.get(index)
    }

    /// The columns of the declaration that are read: place, values and kind.
    pub fn mapped(&self) -> impl Iterator<Item = (usize, &'a Series, ValueKind)> + use<'a, '_> {
        let selected = self.selection.mappings.iter().zip(self.values);
        selected.filter_map(|(index, values)| {
            let mapping = &self.input.mappings[*index];
            match (mapping.role, mapping.kind) {
                (Role::Column(place), Some(kind)) => Some((place, values, kind)),
                _ => None,
            }
        })
    }

    /// The column of a kind that is read, and its place.
    pub fn find(&self, is: impl Fn(ValueKind) -> bool) -> Option<(&'a Series, usize)> {
        let found = self.mapped().find(|(_, _, kind)| is(*kind));
        found.map(|(place, values, _)| (values, place))
    }
}

impl Opened {
    pub(crate) fn mapping(&self, role: Role) -> Option<&Mapping> {
        self.mappings.iter().find(|mapping| mapping.role == role)
    }

    pub(super) fn negative_id(&self, place: usize, wrong: &Negative, file: usize) -> LoadError {
        let role = Role::Column(place);
        let mapping = self.mapping(role);
        LoadError::NegativeId {
            key: mapping.map(|mapping| mapping.name.clone()).unwrap_or_default(),
            expression: mapping.map(|mapping| mapping.text.clone()).unwrap_or_default(),
            value: wrong.id,
            path: self.files[file].path.clone(),
            unsigned_in: self.unsigned_in(role),
        }
    }

    pub(super) fn wrong_amount(
        &self,
        error: AmountError,
        amounts: &Series,
        scale: Scale,
        file: usize,
    ) -> LoadError {
        match error {
            AmountError::Overflow { row, is_monthly } => LoadError::AmountOverflow {
                value: shown(amounts, row).unwrap_or_default(),
                path: self.files[file].path.clone(),
                scale: scale.places(),
                is_monthly,
            },
            AmountError::NoRate { currency, day } => LoadError::NoRate {
                currency: currency.unwrap_or_else(|| "NULL".to_owned()),
                day: Day(day),
                what: if self.source.interval().is_some() { "a subscription" } else { "an order" },
                path: self.files[file].path.clone(),
                rates: self.rates.as_ref().map(|rates| rates.path().to_owned()).unwrap_or_default(),
                known: self.rates.iter().flat_map(Rates::names).map(str::to_owned).collect(),
            },
        }
    }

    pub(crate) fn too_many_values(&self, role: Role) -> LoadError {
        let what = match role {
            Role::Segment(index) => format!("segment {}", self.source.segments[index].name),
            role => self.mapping(role).map(|mapping| mapping.name.clone()).unwrap_or_default(),
        };
        LoadError::SegmentValues { what, limit: self.source.max_segment_values }
    }
}
