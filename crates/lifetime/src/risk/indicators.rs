//! `churn_indicators`: the measure and its rows.

use std::ops::Range;
use std::sync::Arc;

use kohort_model::{
    Block, Context, Finished, Grid, Group, Input, Measure, MeasureSpec, Series, Table, Tally,
    merge_as, rate, row,
};

use super::classes::{class, lower_bound};
use super::leaving::Leaving;
use super::levels::Levels;
use super::observed::{complete, known, observed};
use super::odds::{FORMULAS, auc, odds_ratio};
use super::schema::{SCHEMA, TABLE};
use crate::settings::{AT_RISK, AtRisk, INDICATORS, window_days};

/// The declaration.
pub static CHURN_INDICATORS: MeasureSpec = MeasureSpec {
    tables: &[TABLE],
    reads: SIGNALS,
    settings: &[&INDICATORS, &AT_RISK],
    formulas: FORMULAS,
    start: |context, settings| {
        let (at_risk, window_days) = (AtRisk::of(settings), window_days(settings));
        Box::new(ChurnIndicators::new(context, at_risk, window_days))
    },
    ..MeasureSpec::PLAIN
};

/// The inputs that tell of signals.
pub(crate) const SIGNALS: &[Input] =
    &[Input::Engagement, Input::Invoices, Input::Payments, Input::Returns, Input::Surveys];

/// What is counted of a signal: at place 0 of those that stayed, at place 1 of those that churned.
#[derive(Clone, Debug, Default)]
struct Tallied {
    /// Observations by class of their level.
    classes: Vec<[u64; 2]>,
    /// Sums of their levels in hundredths.
    levels: [i128; 2],
}

impl Tallied {
    fn count(&mut self, stretch: &Stretch) {
        let class = class(stretch.level);
        if self.classes.len() <= class {
            self.classes.resize(class + 1, [0; 2]);
        }
        let numbers = [stretch.stayed, stretch.churned];
        for (own, more) in self.classes[class].iter_mut().zip(numbers) {
            *own += more;
        }
        for (own, more) in self.levels.iter_mut().zip(numbers) {
            *own += i128::from(stretch.level) * i128::from(more);
        }
    }
}

impl Tally for Tallied {
    fn add(&mut self, other: &Self) {
        if self.classes.len() < other.classes.len() {
            self.classes.resize(other.classes.len(), [0; 2]);
        }
        for (own, more) in self.classes.iter_mut().flatten().zip(other.classes.iter().flatten()) {
            *own += more;
        }
        self.levels.iter_mut().zip(other.levels).for_each(|(own, more)| *own += more);
    }
}

/// Observations of one customer that follow each other and are of one level.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    signal: usize,
    level: u64,
    stayed: u64,
    churned: u64,
}

/// The fold behind the table.
struct ChurnIndicators {
    context: Arc<Context>,
    at_risk: AtRisk,
    window_days: u32,
    /// By grain and signal the periods that count for it.
    counted: Vec<Vec<Range<usize>>>,
    /// By place of the signal.
    cells: Grid<Tallied>,
    leaving: Leaving,
    /// The customer at hand.
    levels: Levels,
    stretches: Vec<Stretch>,
}

impl ChurnIndicators {
    /// Nothing counted yet.
    fn new(context: Arc<Context>, at_risk: AtRisk, window_days: u32) -> Self {
        let engagement = &context.engagement;
        let counted = context.periods.iter().map(|periods| {
            let complete = complete(&context, periods, 0);
            let known_from = engagement.known_from.iter();
            known_from.map(|from| known(&complete, periods, *from, window_days)).collect()
        });
        Self {
            counted: counted.collect(),
            cells: Grid::new(&context),
            leaving: Leaving::new(Arc::clone(&context), at_risk, window_days),
            context,
            at_risk,
            levels: Levels::new(window_days),
            window_days,
            stretches: Vec::new(),
        }
    }

    /// Lists what is observed of the customer at hand by the periods of a grain.
    fn observe(&mut self, block: &Block<'_>, customer: usize, grain: usize) {
        let periods = &self.context.periods[grain];
        self.stretches.clear();
        for (signal, counted) in self.counted[grain].iter().enumerate() {
            let mut level = self.levels.of(signal);
            for spell in block.spells.of(customer) {
                let (Range { start: mut p, end }, churns) = observed(*spell, periods, counted);
                while p < end {
                    let (level, next) = level.stretch(p, end, periods);
                    let churned = u64::from(churns && next == end);
                    let stayed = (next - p) as u64 - churned;
                    self.stretches.push(Stretch { signal, level, stayed, churned });
                    p = next;
                }
            }
        }
    }
}

impl Measure for ChurnIndicators {
    fn fresh(&self) -> Box<dyn Measure> {
        Box::new(Self::new(Arc::clone(&self.context), self.at_risk, self.window_days))
    }

    fn fold(&mut self, block: &Block<'_>) {
        // Other blocks show the same customers again, split by segment.
        let is_everybody = matches!(block.groups.first(), Some(Group::All(_)));
        let signals = self.context.engagement.signals.len();
        for customer in 0..block.len() {
            if block.spells.of(customer).is_empty() {
                continue;
            }
            self.levels.read(block, customer, &self.context);
            if is_everybody {
                self.leaving.count(block, customer, &self.levels);
            }
            for grain in 0..self.counted.len() {
                self.observe(block, customer, grain);
                for group in block.groups {
                    let cells = self.cells.at_least(group.slot(customer), grain, signals);
                    self.stretches.iter().for_each(|s| cells[s.signal].count(s));
                }
            }
        }
    }

    fn merge(&mut self, other: Box<dyn Measure>) {
        let other = *merge_as::<Self>(other);
        self.cells.merge(other.cells);
        self.leaving.merge(other.leaving);
    }

    fn finish(self: Box<Self>) -> Finished {
        let context = &*self.context;
        let mut table = context.table(&SCHEMA);
        for series in context.series() {
            let cells = self.cells.get(series.s, series.g);
            for (cell, signal) in cells.iter().zip(&context.engagement.signals) {
                write_row(&mut table, series, signal, cell);
            }
        }
        let risk = self.leaving.finish().fit;
        Finished { tables: vec![table], risk, ..Finished::default() }
    }
}

fn write_row(
    table: &mut Table,
    Series { periods, slot, .. }: Series<'_>,
    signal: &Arc<str>,
    cell: &Tallied,
) {
    let sum = |classes: &[[u64; 2]], of: usize| classes.iter().map(|n| n[of]).sum::<u64>();
    let (stayed, churned) = (sum(&cell.classes, 0), sum(&cell.classes, 1));
    let observations = stayed + churned;
    if observations == 0 {
        return;
    }
    let with_signal = observations - cell.classes[0].iter().sum::<u64>();
    let mut up_to = 0;
    let below = cell.classes.iter().take_while(|numbers| {
        let before = up_to;
        up_to += numbers.iter().sum::<u64>();
        2 * before < observations
    });
    // Those up to the median's and it.
    let low = below.count();
    let [unexposed_stayed, unexposed_churned] = [0, 1].map(|of| sum(&cell.classes[..low], of));
    let exposed_churned = churned - unexposed_churned;
    let exposed_stayed = stayed - unexposed_stayed;
    let odds = odds_ratio([exposed_churned, exposed_stayed, unexposed_churned, unexposed_stayed]);
    let mean = |of: usize, n: u64| rate(cell.levels[of], 100 * i128::from(n));
    table.push(row!(SCHEMA {
        grain: periods.grain.name(),
        segment: Arc::clone(&slot.segment),
        segment_value: slot.value.clone(),
        signal: Arc::clone(signal),
        observations: observations,
        churned: churned,
        with_signal: with_signal,
        mean_level_churned: mean(1, churned),
        mean_level_stayed: mean(0, stayed),
        threshold: level(lower_bound(low)),
        exposed: exposed_churned + exposed_stayed,
        exposed_churned: exposed_churned,
        unexposed: unexposed_churned + unexposed_stayed,
        unexposed_churned: unexposed_churned,
        odds_ratio: odds.map(|odds| odds.value),
        odds_ratio_low: odds.map(|odds| odds.low),
        odds_ratio_high: odds.map(|odds| odds.high),
        auc: auc(cell.classes.iter().map(|[stayed, churned]| (*churned, *stayed))),
    }));
}

/// Hundredths in whole units.
#[expect(clippy::cast_precision_loss, reason = "a bound of classes has few digits")]
fn level(hundredths: u128) -> f64 {
    hundredths as f64 / 100.0
}
