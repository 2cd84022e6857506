//! Warnings of fits that have no maximum.

use kohort_model::{Slot, TableWarning, shown};

use crate::models::Missing;

/// Fits that a warning names one by one.
const NAMED: usize = 4;

/// The fits behind a table, and those without a maximum.
#[derive(Debug, Default)]
pub(crate) struct Fits {
    all: usize,
    missing: Vec<String>,
}

impl Fits {
    /// Counts the fit of a model to the customers of a slot.
    pub fn count(&mut self, model: &str, slot: &Slot, missing: Option<Missing>) {
        self.all += 1;
        let Some(missing) = missing else { return };
        let value = slot.value.as_deref().map(|value| format!(" {}", shown(value)));
        let value = value.unwrap_or_default();
        let segment = shown(&slot.segment);
        self.missing.push(format!("{model} of {segment}{value}: {}", missing.reason()));
    }

    /// The warning, if a fit is missing; `so` says what that does to the table.
    pub fn warning(&self, table: &'static str, so: &str) -> Option<TableWarning> {
        if self.missing.is_empty() {
            return None;
        }
        let (missing, all) = (self.missing.len(), self.all);
        let named = self.missing[..missing.min(NAMED)].join("; ");
        let more = match missing.saturating_sub(NAMED) {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        let text = format!("{missing} of {all} fits have no maximum, {so} ({named}{more})");
        Some(TableWarning { table, text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_are_named_and_all_are_counted() {
        let slot =
            |value: Option<&str>| Slot { segment: "kind".into(), value: value.map(Into::into) };
        let cases: [(&[Option<Missing>], Option<&str>); 3] = [
            (&[None, None], None),
            (
                &[None, Some(Missing::NoRepeats)],
                Some(
                    "1 of 2 fits have no maximum, so it is (m of kind 1: nobody ordered on a second day)",
                ),
            ),
            (
                &[Some(Missing::Flat); 6],
                Some(
                    "6 of 6 fits have no maximum, so it is (m of kind: other parameters are as \
                     likely; m of kind 1: other parameters are as likely; m of kind 2: other \
                     parameters are as likely; m of kind 3: other parameters are as likely; and 2 \
                     more)",
                ),
            ),
        ];
        for (missing, expected) in cases {
            let mut fits = Fits::default();
            for (number, missing) in missing.iter().enumerate() {
                let number = number.to_string();
                fits.count("m", &slot((number != "0").then_some(&number)), *missing);
            }
            let warning = fits.warning("table", "so it is");
            assert_eq!(warning.map(|warning| warning.text).as_deref(), expected);
        }
    }
}
