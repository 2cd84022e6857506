//! `purchase_gaps` and `purchase_gap_histogram`: how long between purchases.

mod rows;
mod schema;

use std::sync::Arc;

use kohort_model::{
    Block, Context, Day, DayCounts, Finished, Grid, Measure, MeasureSpec, Requires, Setting,
    SettingKind, Settings, SettingsSection, Tally, merge_as,
};

use rows::{Counts, Rows, length};
use schema::{GAPS, HISTOGRAM};

/// The declaration.
pub static PURCHASE_GAPS: MeasureSpec = MeasureSpec {
    tables: schema::TABLES,
    settings: &[&SECTION],
    formulas: schema::FORMULAS,
    start: |context, settings| Box::new(PurchaseGaps::new(context, Options::of(settings))),
    ..MeasureSpec::PLAIN
};

static SECTION: SettingsSection = SettingsSection {
    name: "purchase_gaps",
    meaning: "How gaps between purchases are broken down.",
    requires: Requires::ORDERS,
    keys: &[
        Setting::new(
            "max_gap_number",
            SettingKind::whole(10, 1..=1000, "gaps"),
            "The largest gap number with rows of its own; later ones count in the rows of all.",
            "max_gap_number = 5",
        ),
        Setting::new(
            "bucket_days",
            SettingKind::days(7),
            "The width of the buckets of `purchase_gap_histogram`.",
            "bucket_days = 30",
        ),
    ],
};

/// The settings.
#[derive(Clone, Copy, Debug)]
struct Options {
    /// Gaps of larger number stand in the rows of all numbers only; at least 1.
    max_number: u32,
    /// Days of a histogram's bucket, at least 1.
    bucket_days: u32,
}

impl Options {
    fn of(settings: &Settings) -> Self {
        Self {
            max_number: settings.whole(&SECTION, "max_gap_number"),
            bucket_days: settings.whole(&SECTION, "bucket_days"),
        }
    }
}

/// The fold behind both tables of gaps.
///
/// Gaps are kept apart by the number of gaps before them, from 0; those of `max_number` and more
/// share one place.
struct PurchaseGaps {
    context: Arc<Context>,
    options: Options,
    /// Lengths of the gaps that ended, by the period in which they start, then by number.
    ended: Grid<Vec<DayCounts>>,
    /// Lengths so far of the open gaps, by slot, then by number. The length tells on which day such
    /// a gap started, so that one count serves every grain.
    open: Vec<Vec<DayCounts>>,
    /// The order days of the customer at hand, each once.
    days: Vec<i32>,
}

impl PurchaseGaps {
    /// Nothing counted yet.
    fn new(context: Arc<Context>, options: Options) -> Self {
        let ended = Grid::new(&context);
        let open = vec![Vec::new(); context.slots.len()];
        Self { context, options, ended, open, days: Vec::new() }
    }
}

impl Measure for PurchaseGaps {
    fn fresh(&self) -> Box<dyn Measure> {
        Box::new(Self::new(Arc::clone(&self.context), self.options))
    }

    fn fold(&mut self, block: &Block<'_>) {
        let Self { context, options, ended, open, days } = self;
        let most = options.max_number as usize;
        for customer in 0..block.len() {
            days.clear();
            days.extend(block.activity.of(customer).0.iter().map(|day| day.0));
            days.dedup();
            let Some(last) = days.last() else { continue };
            let (last_number, lasted) = ((days.len() - 1).min(most), length(*last, context));
            for group in block.groups {
                let slot = group.slot(customer);
                at(&mut open[slot], last_number).push(lasted);
                for (g, periods) in context.periods.iter().enumerate() {
                    for (number, gap) in days.windows(2).enumerate() {
                        let p = periods.of(Day(gap[0]));
                        let cell = &mut ended.at_least(slot, g, p + 1)[p];
                        at(cell, number.min(most)).push(gap[0].abs_diff(gap[1]));
                    }
                }
            }
        }
    }

    fn merge(&mut self, other: Box<dyn Measure>) {
        let other = merge_as::<Self>(other);
        self.ended.merge(other.ended);
        self.open.add(&other.open);
    }

    fn finish(self: Box<Self>) -> Finished {
        let context = &*self.context;
        let mut tables = [context.table(&GAPS), context.table(&HISTOGRAM)];
        let open: Vec<Vec<Counts>> = self
            .open
            .iter()
            .map(|numbers| numbers.iter().map(DayCounts::counts).collect())
            .collect();
        for series in context.series() {
            let rows = Rows { context, series, options: self.options };
            rows.write(&mut tables, self.ended.get(series.s, series.g), &open[series.s]);
        }
        Vec::from(tables).into()
    }
}

/// The counts of a number, with as many places as that takes.
fn at(numbers: &mut Vec<DayCounts>, number: usize) -> &mut DayCounts {
    if numbers.len() <= number {
        numbers.reserve_exact(number + 1 - numbers.len());
        numbers.resize(number + 1, DayCounts::default());
    }
    &mut numbers[number]
}
