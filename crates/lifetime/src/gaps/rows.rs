//! The rows of both tables.

use std::sync::Arc;

use kohort_model::{Context, DayCounts, Places, Series, Table, mean_days, percentile_days, row};

use super::Options;
use super::schema::{GAPS, HISTOGRAM};

/// Days with how many gaps have that length, rising.
pub(super) type Counts = Vec<(u32, u64)>;

/// Days from the order day `start` to the last known one.
pub(super) fn length(start: i32, context: &Context) -> u32 {
    start.abs_diff(context.as_of.0 - 1)
}

/// What the rows of a series share.
pub(super) struct Rows<'a> {
    pub context: &'a Context,
    pub series: Series<'a>,
    pub options: Options,
}

impl Rows<'_> {
    /// The rows of both tables, from lengths of ended gaps by period and number, and of open ones by
    /// number.
    pub fn write(&self, tables: &mut [Table; 2], ended: &Places<Vec<DayCounts>>, open: &[Counts]) {
        let Self { context, series: Series { periods, .. }, options } = self;
        let most = options.max_number as usize;
        let mut has_begun = false;
        for p in 0..periods.len() {
            let ended = ended.get(p).map_or(&[][..], Vec::as_slice);
            let last_day = periods.end(p).min(context.as_of).0 - 1;
            let lengths = length(last_day, context)..=length(periods.start(p).0, context);
            let numbers: Vec<(Counts, Counts)> = (0..ended.len().max(open.len()))
                .map(|number| {
                    let ended = ended.get(number).map(DayCounts::counts).unwrap_or_default();
                    let open = open.get(number).map_or(&[][..], Vec::as_slice);
                    let from = open.partition_point(|(days, _)| days < lengths.start());
                    let to = open.partition_point(|(days, _)| days <= lengths.end());
                    (ended, open[from..to].to_vec())
                })
                .collect();
            // Every order day opens a gap, so that the first gap starts with the first activity.
            let is_there = |(ended, open): &(Counts, Counts)| !ended.is_empty() || !open.is_empty();
            has_begun |= numbers.iter().any(is_there);
            if has_begun {
                let all = (
                    sum(numbers.iter().map(|(ended, _)| ended)),
                    sum(numbers.iter().map(|(_, open)| open)),
                );
                self.write_gaps(tables, p, None, &all);
                for (number, gaps) in numbers.iter().enumerate().take(most) {
                    if is_there(gaps) {
                        self.write_gaps(tables, p, Some(number + 1), gaps);
                    }
                }
            }
        }
    }

    fn write_gaps(
        &self,
        [table, histogram]: &mut [Table; 2],
        p: usize,
        number: Option<usize>,
        (ended, open): &(Counts, Counts),
    ) {
        let Series { periods, slot, .. } = self.series;
        let is_complete = self.context.is_complete(periods, p);
        let total = |counts: &Counts| counts.iter().map(|(_, n)| n).sum::<u64>();
        let percentile = |percent| percentile_days(ended, percent);
        table.push(row!(GAPS {
            grain: periods.grain.name(),
            segment: Arc::clone(&slot.segment),
            segment_value: slot.value.clone(),
            period: periods.start(p),
            gap_number: number,
            gaps: total(ended),
            open: total(open),
            mean_days: mean_days(ended),
            p25_days: percentile(25),
            median_days: percentile(50),
            p75_days: percentile(75),
            p90_days: percentile(90),
            km_median_days: kaplan_meier_median(ended, open),
            is_complete: is_complete,
        }));
        let width = self.options.bucket_days;
        for (days_from, gaps, open) in buckets(ended, open, width) {
            histogram.push(row!(HISTOGRAM {
                grain: periods.grain.name(),
                segment: Arc::clone(&slot.segment),
                segment_value: slot.value.clone(),
                period: periods.start(p),
                gap_number: number,
                days_from: days_from,
                days_to: u64::from(days_from) + u64::from(width) - 1,
                gaps: gaps,
                open: open,
                is_complete: is_complete,
            }));
        }
    }
}

/// All counts in one.
fn sum<'a>(parts: impl Iterator<Item = &'a Counts>) -> Counts {
    let mut all: Counts = parts.flatten().copied().collect();
    all.sort_unstable();
    all.dedup_by(|later, first| {
        let same = later.0 == first.0;
        first.1 += if same { later.1 } else { 0 };
        same
    });
    all
}

/// The smallest number of days at which the product-limit estimate (Kaplan and Meier 1958) of
/// the share of gaps that last longer is at most one half; `None` where it stays above. Open gaps
/// are censored: they are at risk up to and with the days that they have lasted.
#[expect(clippy::cast_precision_loss, reason = "fewer gaps than a float holds exactly")]
fn kaplan_meier_median(ended: &[(u32, u64)], open: &[(u32, u64)]) -> Option<f64> {
    let mut at_risk: u64 = ended.iter().chain(open).map(|(_, n)| n).sum();
    let mut open = open.iter().peekable();
    let mut lasting = 1.0;
    for (days, gaps) in ended {
        while let Some((_, censored)) = open.next_if(|(lasted, _)| lasted < days) {
            at_risk -= censored;
        }
        lasting *= 1.0 - *gaps as f64 / at_risk as f64;
        if lasting <= 0.5 + 1e-12 {
            return Some(f64::from(*days));
        }
        at_risk -= gaps;
    }
    None
}

/// First length, ended and open gaps of each bucket that is not empty.
fn buckets(ended: &[(u32, u64)], open: &[(u32, u64)], width: u32) -> Vec<(u32, u64, u64)> {
    let ended = ended.iter().map(|(days, n)| (days / width * width, *n, 0));
    let mut all: Vec<_> =
        ended.chain(open.iter().map(|(days, n)| (days / width * width, 0, *n))).collect();
    all.sort_unstable_by_key(|(days_from, ..)| *days_from);
    all.dedup_by(|later, first| {
        let same = later.0 == first.0;
        if same {
            first.1 += later.1;
            first.2 += later.2;
        }
        same
    });
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_with_open_gaps() {
        type Case<'a> = (&'a [(u32, u64)], &'a [(u32, u64)], Option<f64>);
        let cases: [Case<'_>; 8] = [
            (&[], &[], None),
            (&[], &[(9, 4)], None),
            (&[(5, 1)], &[], Some(5.0)),
            // 2/3, then 1/3.
            (&[(10, 1), (20, 1)], &[(89, 1)], Some(20.0)),
            // Open after 10 days is at risk on day 10 (3/4), and not on day 20 (0).
            (&[(10, 1), (20, 1)], &[(10, 1), (15, 1)], Some(20.0)),
            // Exactly one half, and just above it.
            (&[(7, 2)], &[(7, 2)], Some(7.0)),
            (&[(7, 2)], &[(7, 3)], None),
            // 5/6 × 3/5 is one half but for rounding.
            (&[(1, 1), (2, 2)], &[(9, 3)], Some(2.0)),
        ];
        for (ended, open, expected) in cases {
            let found = kaplan_meier_median(ended, open);
            assert_eq!(found, expected, "{ended:?} and open {open:?}");
        }
    }
}
