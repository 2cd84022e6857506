//! Opportunities, and which lost ones a purchase recovered.

use kohort_model::{Day, Kind};

use super::Frame;
use super::people::Person;
use super::side_inputs::by_texts;
use crate::history::Opportunity;

/// An opportunity, and whether the buyer bought later.
pub(super) struct Sale<'a> {
    pub row: &'a Opportunity,
    pub is_recovered: bool,
    /// Lost, and a purchase may still recover it.
    pub is_recoverable: bool,
}

impl Sale<'_> {
    /// The day on which it was lost, if it was.
    fn lost(&self) -> Option<Day> {
        self.row.closed.filter(|_| self.row.outcome == Kind::Lost)
    }
}

/// The opportunities of a person.
pub(super) fn opportunities_of<'a>(frame: &Frame<'_>, person: &'a Person) -> Vec<Sale<'a>> {
    let sale = |row| Sale { row, is_recovered: false, is_recoverable: false };
    let mut sales: Vec<_> = person.further.opportunities.iter().map(sale).collect();
    sales.sort_by_key(|Sale { row, .. }| {
        let texts = by_texts(row, frame.settings);
        (row.closed, row.created, row.id.clone(), row.value, texts)
    });
    let window = frame.settings.recovery_window_days.into();
    for day in person.activity_days() {
        // A purchase recovers at most the last that was lost before it.
        let before = sales.iter_mut().filter(|s| s.lost().is_some_and(|lost| lost < day));
        if let Some(last) = before.last() {
            last.is_recovered |= last.lost().is_some_and(|lost| day <= lost.plus(window));
        }
    }
    for sale in &mut sales {
        let is_in_time = |lost: Day| lost.plus(window) >= frame.as_of;
        sale.is_recoverable = !sale.is_recovered && sale.lost().is_some_and(is_in_time);
    }
    sales
}
