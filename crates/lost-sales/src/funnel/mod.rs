//! `funnel`: where visitors stop.

mod paths;
mod table;

use std::sync::Arc;

use kohort_model::{Block, Context, DayCounts, Finished, Grid, Measure, Tally, Touch, merge_as};

use self::paths::{Finder, Path, furthest};
pub use self::table::FUNNEL;

const SECOND_MICROS: i64 = 1_000_000;

/// The fold behind `funnel`.
pub struct Funnel {
    context: Arc<Context>,
    /// By period, then by step.
    cells: Grid<Vec<Step>>,
    finder: Finder,
    paths: Vec<Path>,
}

/// The visitors who reached a step.
#[derive(Clone, Debug, Default)]
struct Step {
    lost_value: i128,
    entered: u64,
    dropped: u64,
    open: u64,
    dropped_without_value: u64,
    /// Whole seconds to the next step, which are counted as days are.
    seconds: DayCounts,
}

impl Tally for Step {
    fn add(&mut self, other: &Self) {
        self.lost_value += other.lost_value;
        self.entered += other.entered;
        self.dropped += other.dropped;
        self.open += other.open;
        self.dropped_without_value += other.dropped_without_value;
        self.seconds.add(&other.seconds);
    }
}

impl Funnel {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(context: Arc<Context>) -> Self {
        let cells = Grid::new(&context);
        Self { context, cells, finder: Finder::default(), paths: Vec::new() }
    }
}

impl Measure for Funnel {
    fn fresh(&self) -> Box<dyn Measure> {
        Box::new(Self::new(Arc::clone(&self.context)))
    }

    fn fold(&mut self, block: &Block<'_>) {
        let Self { context, cells, finder, paths } = self;
        let funnel = &context.funnel;
        let steps = funnel.steps.len();
        for person in 0..block.len() {
            for touches in block.touches.of(person).chunk_by(|a, b| a.visitor == b.visitor) {
                let events = finder.link(touches, steps, funnel.window_micros);
                paths.clear();
                paths.extend(events.paths());
                for (g, periods) in context.periods.iter().enumerate() {
                    let period = |path: &Path| periods.of(path.day);
                    for of_period in paths.chunk_by(|a, b| period(a) == period(b)) {
                        let Some(path) = furthest(of_period) else { continue };
                        let is_over = events.end(path) < funnel.as_of_micros;
                        for group in block.groups {
                            let slot = group.slot(person);
                            let cell = cells.at_least(slot, g, periods.len()).at(period(&path));
                            cell.resize(steps, Step::default());
                            count(events.of(path), is_over, cell);
                        }
                    }
                }
            }
        }
    }

    fn merge(&mut self, other: Box<dyn Measure>) {
        self.cells.merge(merge_as::<Self>(other).cells);
    }

    fn finish(self: Box<Self>) -> Finished {
        vec![table::write(&self.context, &self.cells)].into()
    }
}

/// Counts a path, of which the events are given that reach its steps.
fn count<'a>(events: impl Iterator<Item = &'a Touch>, is_over: bool, steps: &mut [Step]) {
    let mut before: Option<(&mut Step, &Touch)> = None;
    let mut value = None;
    let mut further = steps.iter_mut();
    for (touch, step) in events.zip(&mut further) {
        step.entered += 1;
        value = touch.value.or(value);
        if let Some((before, from)) = before.replace((step, touch)) {
            before.seconds.push(seconds(touch.at - from.at));
        }
    }
    let Some((last, _)) = before.filter(|_| further.len() > 0) else { return };
    if is_over {
        last.dropped += 1;
        last.lost_value += i128::from(value.unwrap_or(0));
        last.dropped_without_value += u64::from(value.is_none());
    } else {
        last.open += 1;
    }
}

/// Whole seconds, rounded down.
fn seconds(micros: i64) -> u32 {
    u32::try_from(micros / SECOND_MICROS).unwrap_or(u32::MAX)
}
