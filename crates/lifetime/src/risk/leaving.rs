//! What the model of leaving is fitted to: customer-months by their features.

use std::ops::Range;
use std::sync::Arc;

use kohort_model::{Basis, Block, Context, Counted, Day, Grain, Periods, RiskFit, TableWarning};

use super::classes::coarse_class;
use super::features::{Features, MOST_SIGNALS, PLAIN_BITS, Shape, signal_bits};
use super::fit::{Cell, fit, totals};
use super::levels::Levels;
use super::missing::missing;
use super::model::{RiskModel, risk_fit};
use super::observed::{complete, known, observed};
use super::rhythm::Rhythm;
use crate::settings::AtRisk;

/// Whether an observation left: the lowest bit of its key.
const LEFT: u64 = 1;
/// Whether its month is held out, or what came of it is known only in the months that are.
const HELD_OUT: u64 = 2;
const BETWEEN: u64 = 4;
const KEY_BITS: u32 = 3;
/// Keys of observations without any signal lie below it.
const PLAIN: u64 = 1 << (KEY_BITS + PLAIN_BITS);

/// The months of a run, and what the model looks at in them.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    months: Periods,
    /// Months that count.
    used: Range<usize>,
    /// Of them, the first that the model is judged on, and the first of which it is not known
    /// before that what came.
    held_out: usize,
    between: usize,
    /// Places of the signals that take part.
    signals: Vec<usize>,
    /// The signal known last of all, where earlier months would count without it.
    cut: Option<Cut>,
}

/// What cuts the months: a signal, the day from which it is known, and whether it leaves no month of some.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    pub signal: usize,
    pub from: Day,
    pub leaves_none: bool,
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
        if context.basis == Basis::Orders {
            used.end = first_unknown(&months, &used, context.lapse_days, context.as_of);
        }
        // Of equals the first.
        let mut cut = None;
        let latest = signals.iter().zip(known_from).rev().max_by_key(|(_, from)| *from);
        if let Some((signal, from)) = latest {
            let left = known(&used, &months, Some(from), window_days);
            let leaves_none = left.is_empty();
            cut = (left != used).then_some(Cut { signal: *signal, from, leaves_none });
            used = left;
        }
        let held_out = used.end - used.len().div_ceil(5);
        let between = match context.basis {
            Basis::Subscriptions => held_out,
            Basis::Orders => {
                let before = used.start..held_out;
                first_unknown(&months, &before, context.lapse_days, months.start(held_out))
            }
        };
        Self { months, used, held_out, between, signals, cut }
    }

    /// In which part of the months one lies, as bits of a key.
    fn part(&self, month: usize) -> u64 {
        match month {
            _ if month >= self.held_out => HELD_OUT,
            _ if month >= self.between => BETWEEN,
            _ => 0,
        }
    }

    /// The first day of the first month that the model is judged on; `None` where no month counts.
    pub fn held_out_from(&self) -> Option<Day> {
        (!self.used.is_empty()).then(|| self.months.start(self.held_out))
    }

    /// The first month that counts; `None` where none does.
    pub(super) fn first(&self) -> Option<Day> {
        (!self.used.is_empty()).then(|| self.months.start(self.used.start))
    }

    pub(super) fn cut(&self) -> Option<Cut> {
        self.cut
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

/// The first of some months whose first `days` days are not over on `until`.
fn first_unknown(months: &Periods, of: &Range<usize>, days: u32, until: Day) -> usize {
    let is_over = |month: &usize| months.start(*month).plus(days.into()) <= until;
    of.start + of.clone().take_while(is_over).count()
}

/// The fold behind the model of leaving.
///
/// As every measure's state it is made of integers.
pub(crate) struct Leaving {
    context: Arc<Context>,
    frame: Frame,
    at_risk: AtRisk,
    /// Observations without any signal, by key: all there are where no input tells of signals.
    plain: Vec<u64>,
    /// The others.
    others: Counted<u64>,
    /// The customer at hand: by month that counts the features of its signals; 0 in between.
    signals: Vec<u64>,
    /// Of the same the gaps so far.
    rhythm: Rhythm,
    /// Whether anybody is active at `as_of`, and so would have a score.
    is_needed: bool,
    window_days: u32,
}

/// The model fitted to all months, how well it does fitted to the earlier ones only, or why there is none.
#[derive(Default)]
pub(crate) struct Fitted {
    pub model: Option<RiskModel>,
    pub fit: Option<RiskFit>,
    /// Why there is no model; `None` where there is one, or where no customer is active to be scored.
    pub missing: Option<String>,
}

impl Fitted {
    /// What the reader of a table with the model's scores should know.
    pub fn warning(&mut self, table: &'static str) -> Option<TableWarning> {
        self.missing.take().map(|text| TableWarning { table, text })
    }
}

impl Leaving {
    /// Nothing counted yet; signals are added up over `window_days` days.
    pub fn new(context: Arc<Context>, at_risk: AtRisk, window_days: u32) -> Self {
        let frame = Frame::new(&context, window_days);
        Self {
            plain: vec![0; 1 << (KEY_BITS + PLAIN_BITS)],
            others: Counted::default(),
            signals: vec![0; frame.used.len()],
            rhythm: Rhythm::default(),
            is_needed: false,
            context,
            frame,
            at_risk,
            window_days,
        }
    }

    /// Counts the months of a customer, whose levels these are.
    pub fn count(&mut self, block: &Block<'_>, customer: usize, levels: &Levels) {
        if !levels.is_empty() {
            self.classify(block, customer, levels);
        }
        let last = block.spells.of(customer).last();
        self.is_needed |= last.is_some_and(|last| last.end >= self.context.as_of);
        let Self { context, frame, at_risk, rhythm, .. } = self;
        let (months, used) = (&frame.months, &frame.used);
        let (days, _) = block.activity.of(customer);
        rhythm.clear();
        let mut before = 0;
        for spell in block.spells.of(customer) {
            let (active, churns) = observed(*spell, months, used);
            for month in active.clone() {
                let opening = months.start(month);
                let passed = days[before..].iter().take_while(|day| **day < opening).count();
                let has_left = match context.basis {
                    Basis::Orders => {
                        rhythm.extend(&days[before..before + passed]);
                        let silent = at_risk.silent_days(rhythm, context);
                        let next = days.get(before + passed);
                        next.is_none_or(|next| *next >= opening.plus(silent.into()))
                    }
                    Basis::Subscriptions => churns && month + 1 == active.end,
                };
                before += passed;
                let signals = std::mem::take(&mut self.signals[month - used.start]);
                let features = Features::new(&days[..before], rhythm, opening, signals, context);
                let left = if has_left { LEFT } else { 0 };
                let key = features.0 << KEY_BITS | frame.part(month) | left;
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
        self.is_needed |= other.is_needed;
    }

    /// Fits the model; there is none where too few customers churned or stayed.
    pub fn finish(self) -> Fitted {
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
            let why = || missing(&self.context, &self.frame, totals(&all), self.window_days);
            return Fitted { missing: self.is_needed.then(why), ..Fitted::default() };
        };
        let earlier = cells(&|key| key & (BETWEEN | HELD_OUT) == 0);
        let later = cells(&|key| key & HELD_OUT > 0 && !Features(key >> KEY_BITS).is_overdue());
        let model = RiskModel::new(self.context, self.frame, shape, coefficients, &all);
        let risk_fit = risk_fit(&model, held_out_from, &earlier, &later);
        Fitted { model: Some(model), fit: Some(risk_fit), missing: None }
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
            *(if key & LEFT > 0 { &mut last.churned } else { &mut last.stayed }) += n;
        }
    }
    cells
}
