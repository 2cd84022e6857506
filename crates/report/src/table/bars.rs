//! A histogram: a bar for each bucket.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::frame::Frame;
use crate::grid::{Align, Grid, length};
use crate::number::group;

/// Buckets that have a line of their own; where there are more, the longest ones share the last.
const MOST: i128 = 24;
/// Places of the longest bar.
const PLACES: RangeInclusive<usize> = 8..=60;
/// Eighths of a place.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    gaps: i128,
    open: i128,
}

/// `gaps` and `open` by length, summed over the rows, and a bar for the gaps.
pub fn bars(rows: &Frame, width: usize) -> Grid {
    let mut buckets: BTreeMap<i128, Bucket> = BTreeMap::new();
    let mut days = 1;
    for row in 0..rows.len() {
        let Some(from) = rows.integer("days_from", row) else { continue };
        days = rows.integer("days_to", row).map_or(1, |to| (to - from + 1).max(1));
        let bucket = buckets.entry(from).or_default();
        bucket.gaps += rows.integer("gaps", row).unwrap_or(0);
        bucket.open += rows.integer("open", row).unwrap_or(0);
    }
    let end = buckets.last_key_value().map_or(0, |(from, _)| from + days);
    let rest = if end > MOST * days { (MOST - 1) * days } else { end };
    let mut lines: Vec<(String, Bucket)> = Vec::new();
    let mut from = 0;
    while from < rest {
        let name =
            if days == 1 { from.to_string() } else { format!("{from}–{}", from + days - 1) };
        lines.push((name, buckets.get(&from).copied().unwrap_or_default()));
        from += days;
    }
    let most = lines.iter().map(|(_, bucket)| bucket.gaps).max().unwrap_or(0);
    if rest < end {
        let add = |sum: Bucket, (_, bucket): (&i128, &Bucket)| Bucket {
            gaps: sum.gaps + bucket.gaps,
            open: sum.open + bucket.open,
        };
        lines.push((format!("{rest}+"), buckets.range(rest..).fold(Bucket::default(), add)));
    }

    let mut grid = Grid::new([
        ("days", Align::Right),
        ("gaps", Align::Right),
        ("open", Align::Right),
        ("", Align::Left),
    ]);
    let counts = |bucket: &Bucket| [bucket.gaps, bucket.open].map(|n| group(&n.to_string()));
    let text = |(name, bucket): &(String, Bucket)| {
        let [gaps, open] = counts(bucket);
        length(name).max(4) + length(&gaps).max(4) + length(&open).max(4) + 6
    };
    let left = lines.iter().map(text).max().unwrap_or(0);
    let places = width.saturating_sub(left).clamp(*PLACES.start(), *PLACES.end());
    let last = lines.len() - usize::from(rest < end);
    for (i, (name, bucket)) in lines.into_iter().enumerate() {
        let [gaps, open] = counts(&bucket);
        // Next to the others a bar of many buckets would look like a peak.
        let bar = if i < last { bar(bucket.gaps, most, places) } else { String::new() };
        grid.row([name, gaps, open, bar]);
    }
    grid
}

/// A line whose length is the part of `number` in `most`; what is not zero can be seen.
fn bar(number: i128, most: i128, places: usize) -> String {
    if number <= 0 || most <= 0 {
        return String::new();
    }
    let eighths = number * (places as i128) * 8 / most;
    let eighths = usize::try_from(eighths).unwrap_or(0).max(1);
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths() {
        for (number, most, expected) in [
            (0, 0, String::new()),
            (0, 9, String::new()),
            (1, 1000, "▏".to_owned()),
            (1, 100, "▌".to_owned()),
            (3, 100, "█▌".to_owned()),
            (9, 9, "█".repeat(50)),
        ] {
            assert_eq!(bar(number, most, 50), expected, "{number} of {most}");
        }
    }
}
