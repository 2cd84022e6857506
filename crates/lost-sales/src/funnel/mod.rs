//! `funnel`: where visitors stop.

mod paths;
mod table;

use kohort_inputs::Touch;
use kohort_model::{
    Block, Context, DayCounts, Grid, GridMeasure, Gridded, Input, MeasureSpec, Places, Requires,
    Series, Setting, SettingKind, SettingsSection, Source, Table, TableSchema, tally,
};

use self::paths::{Finder, Path, furthest};
use self::table::SCHEMA;
use crate::settings::{Hours, window_hours};

/// The declaration.
pub static FUNNEL: MeasureSpec = MeasureSpec {
    tables: &[table::TABLE],
    reads: &[Input::Touchpoints, Input::Identities],
    settings: &[&SECTION],
    formulas: table::FORMULAS,
    start: |context, settings| {
        let window = Hours(settings.whole(&SECTION, "window_hours"));
        let (finder, paths) = (Finder::default(), Vec::new());
        GridMeasure::start(context, Funnel { window, finder, paths })
    },
    ..MeasureSpec::PLAIN
};

const TOUCHPOINTS: Requires = Requires(&[Source::Input(Input::Touchpoints)]);

static SECTION: SettingsSection = SettingsSection {
    name: "funnel",
    meaning: "The steps on the way to a purchase.",
    requires: TOUCHPOINTS,
    keys: &[
        Setting::new(
            "steps",
            SettingKind::Texts {
                count: 2..=100,
                is_needed: true,
                allowed: "a list of 2 to 100 steps in order, the last of them the purchase, such as \
                          [\"visit\", \"cart\", \"purchase\"]",
            },
            "The steps in order, as `step` has them; the last is the purchase.",
            "steps = [\"visit\", \"cart\", \"purchase\"]",
        ),
        window_hours(
            168,
            "Hours after its first step in which a path may reach further ones.",
            "window_hours = 72",
        ),
    ],
};

const SECOND_MICROS: i64 = 1_000_000;

/// Paths by the period in which they start, then by step.
#[derive(Clone)]
struct Funnel {
    window: Hours,
    finder: Finder,
    /// Those of the visitor at hand.
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

tally!(Step { lost_value, entered, dropped, open, dropped_without_value, seconds });

impl Gridded for Funnel {
    type Tally = Vec<Step>;

    const TABLES: &'static [&'static TableSchema] = &[&SCHEMA];

    fn fold(&mut self, context: &Context, block: &Block<'_>, cells: &mut Grid<Vec<Step>>) {
        let Self { window, finder, paths } = self;
        let funnel = &context.funnel;
        let steps = funnel.steps.len();
        for person in 0..block.len() {
            for touches in block.items::<Touch>(person).chunk_by(|a, b| a.visitor == b.visitor) {
                let events = finder.link(touches, steps, window.micros());
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

    fn write(
        &self,
        context: &Context,
        series: Series<'_>,
        cells: &Places<Vec<Step>>,
        tables: &mut [Table],
    ) {
        table::write(&mut tables[0], context, series, cells, self.window);
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
