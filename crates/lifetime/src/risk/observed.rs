//! Which customer-periods are observations.

use std::ops::Range;

use kohort_model::{Context, Day, Periods, Spell};

/// The complete periods from `first` on; there is no hole between them.
pub(crate) fn complete(context: &Context, periods: &Periods, first: usize) -> Range<usize> {
    let mut complete = (first..periods.len()).filter(|p| context.is_complete(periods, *p));
    complete.next().map_or(0..0, |from| from..complete.next_back().unwrap_or(from) + 1)
}

/// Of a range of periods those whose window lies on or after the day from which a signal is known;
/// none where it is not known at all.
pub(crate) fn known(
    range: &Range<usize>,
    periods: &Periods,
    known_from: Option<Day>,
    window_days: u32,
) -> Range<usize> {
    let Some(known_from) = known_from else { return 0..0 };
    let is_unknown = |p: &usize| periods.start(*p).plus(-i64::from(window_days)) < known_from;
    range.start + range.clone().take_while(is_unknown).count()..range.end
}

/// Of `counted`, a range of complete periods, those at whose opening the spell lasts, and whether
/// it ends in the last of them.
#[inline]
pub(crate) fn observed(
    spell: Spell,
    periods: &Periods,
    counted: &Range<usize>,
) -> (Range<usize>, bool) {
    // An end on the first day of a period is a churn event in it.
    let (start, end) = (periods.of(spell.start) + 1, periods.of(spell.end) + 1);
    (start.max(counted.start)..end.min(counted.end), end <= counted.end)
}
