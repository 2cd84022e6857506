//! What the model of leaving is fitted to: customer-months by their features.

use std::ops::Range;
use std::sync::Arc;

use kohort_model::{Block, Context, Counted, Day, Grain, Periods, RiskFit};

use super::classes::coarse_class;
use super::features::{Features, MOST_SIGNALS, PLAIN_BITS, Shape, signal_bits};
use super::fit::{Cell, fit};
use super::levels::Levels;
use super::model::{RiskModel, risk_fit};
use super::observed::{complete, known, observed};

/// Whether an observation churned, and whether its month is held out: the low bits of its key.
const CHURNED: u64 = 1;
const HELD_OUT: u64 = 2;
const KEY_BITS: u32 = 2;
/// Keys of observations without any signal lie below it.
const PLAIN: u64 = 1 << (KEY_BITS + PLAIN_BITS);

/// The months of a run, and what the model looks at in them.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    months: Periods,
    /// Months that count.
    used: Range<usize>,
    /// Of them, the first that the model is judged on.
    held_out: usize,
    /// Places of the signals that take part.
    signals: Vec<usize>,
}

impl Frame {
    fn new(context: &Context, window_days: u32) -> Self {
        let engagement = &context.engagement;
        let first = context.first_activity.unwrap_or(context.as_of);
        let months = Periods::new(&context.calendar, Grain::Month, first, context.as_of);
        // An input without a row tells nothing, and is no reason to know nothing.
        let places = engagement.known_from.iter().enumerate();
        let places = places.filter_map(|(place, from)| Some((place, (*from)?))).take(MOST_SIGNALS);
        let (signals, known_from): (Vec<usize>, Vec<Day>) = places.unzip();
        let mut used = complete(context, &months, 1);
        if let Some(latest) = known_from.into_iter().max() {
            used = known(&used, &months, Some(latest), window_days);
        }
        let held_out = used.end - used.len().div_ceil(5);
        Self { months, used, held_out, signals }
    }

    /// The first day of the first month that the model is judged on; `None` where no month counts.
    pub fn held_out_from(&self) -> Option<Day> {
        (!self.used.is_empty()).then(|| self.months.start(self.held_out))
    }

    /// The features of a customer's signals on a day.
    pub fn signals_at(&self, day: Day, levels: &Levels) -> u64 {
        let classes = self.signals.iter().enumerate();
        let bits = classes.map(|(k, signal)| {
            let level = levels.of(*signal).on(day);
            signal_bits(k, coarse_class(level))
        });
        bits.sum()
    }
}

/// The fold behind the model of leaving.
///
/// As every measure's state it is made of integers.
pub(crate) struct Leaving {
    context: Arc<Context>,
    frame: Frame,
    /// Observations without any signal, by key: all there are where no input tells of signals.
    plain: Vec<u64>,
    /// The others.
    others: Counted<u64>,
    /// The customer at hand: by month that counts the features of its signals; 0 in between.
    signals: Vec<u64>,
}

impl Leaving {
    /// Nothing counted yet; signals are added up over `window_days` days.
    pub fn new(context: Arc<Context>, window_days: u32) -> Self {
        let frame = Frame::new(&context, window_days);
        Self {
            plain: vec![0; 1 << (KEY_BITS + PLAIN_BITS)],
            others: Counted::default(),
            signals: vec![0; frame.used.len()],
            context,
            frame,
        }
    }

    /// Counts the months of a customer, whose levels these are.
    pub fn count(&mut self, block: &Block<'_>, customer: usize, levels: &Levels) {
        if !levels.is_empty() {
            self.classify(block, customer, levels);
        }
        let Self { context, frame: Frame { months, used, held_out, .. }, .. } = self;
        let (days, _) = block.activity.of(customer);
        let mut before = 0;
        for spell in block.spells.of(customer) {
            let (active, churns) = observed(*spell, months, used);
            for month in active.clone() {
                let opening = months.start(month);
                before += days[before..].iter().take_while(|day| **day < opening).count();
                let signals = std::mem::take(&mut self.signals[month - used.start]);
                let features = Features::new(&days[..before], opening, signals, context);
                let churned = if churns && month + 1 == active.end { CHURNED } else { 0 };
                let held_out = if month >= *held_out { HELD_OUT } else { 0 };
                let key = features.0 << KEY_BITS | held_out | churned;
                match usize::try_from(key) {
                    Ok(place) if key < PLAIN => self.plain[place] += 1,
                    _ => self.others.push(key),
                }
            }
        }
    }

    /// Writes down the signals of the months in which the customer is active.
    fn classify(&mut self, block: &Block<'_>, customer: usize, levels: &Levels) {
        let Frame { months, used, signals, .. } = &self.frame;
        for (k, signal) in signals.iter().enumerate() {
            let mut level = levels.of(*signal);
            for spell in block.spells.of(customer) {
                let (Range { start: mut month, end }, _) = observed(*spell, months, used);
                while month < end {
                    let (level, next) = level.stretch(month, end, months);
                    let bits = signal_bits(k, coarse_class(level));
                    let stretch = month - used.start..next - used.start;
                    self.signals[stretch].iter_mut().for_each(|signals| *signals |= bits);
                    month = next;
                }
            }
        }
    }

    /// Adds what `other` has counted.
    pub fn merge(&mut self, other: Self) {
        self.plain.iter_mut().zip(other.plain).for_each(|(own, more)| *own += more);
        self.others.merge(other.others);
    }

    /// The model fitted to all months, with how well it does fitted to the earlier ones only; `None`
    /// where too few customers churned or stayed.
    pub fn finish(self) -> (Option<RiskModel>, Option<RiskFit>) {
        let plain = (0..).zip(self.plain).filter(|(_, n)| *n > 0);
        let counts: Vec<(u64, u64)> = plain.chain(self.others.into_counts()).collect();
        let cells = |keep: &dyn Fn(u64) -> bool| cells(counts.iter().filter(|(key, _)| keep(*key)));
        let names = &self.context.engagement.signals;
        let names = self.frame.signals.iter().map(|place| Arc::clone(&names[*place])).collect();
        let shape = Shape::new(self.context.basis, names);
        let all = cells(&|_| true);
        let (Some(coefficients), Some(held_out_from)) =
            (fit(&shape, &all), self.frame.held_out_from())
        else {
            return (None, None);
        };
        let (earlier, later) =
            (cells(&|key| key & HELD_OUT == 0), cells(&|key| key & HELD_OUT > 0));
        let model = RiskModel::new(self.context, self.frame, shape, coefficients, &all);
        let risk_fit = risk_fit(&model, held_out_from, &earlier, &later);
        (Some(model), Some(risk_fit))
    }
}

/// Equal features together, in the order of the keys, which rise.
fn cells<'a>(counts: impl Iterator<Item = &'a (u64, u64)>) -> Vec<Cell> {
    let mut cells: Vec<Cell> = Vec::new();
    for (key, n) in counts {
        let features = Features(key >> KEY_BITS);
        if cells.last().is_none_or(|last| last.features != features) {
            cells.push(Cell { features, stayed: 0, churned: 0 });
        }
        if let Some(last) = cells.last_mut() {
            *(if key & CHURNED > 0 { &mut last.churned } else { &mut last.stayed }) += n;
        }
    }
    cells
}
