//! `win_back`: who came back.

mod contacts;
mod table;

use std::sync::Arc;

use kohort_inputs::{Contact, Prospect};
use kohort_model::{
    Basis, Block, Context, Day, DayCounts, Finished, Grid, Group, Input, Measure, MeasureSpec,
    Periods, Places, Requires, Setting, SettingKind, Settings, SettingsSection, Source,
    WholeDefault, merge_as, tally,
};

use crate::by_key::ByKey;
use crate::lapse::{lapses, value_between};
use contacts::{Breakdown, ContactCounter, Responses};

/// The declaration.
pub static WIN_BACK: MeasureSpec = MeasureSpec {
    tables: &[table::TABLE],
    reads: &[Input::Prospects, Input::Contacts],
    settings: &[&SECTION],
    formulas: table::FORMULAS,
    start: |context, settings| {
        let windows = Windows::of(settings, &context);
        Box::new(WinBack::new(context, windows))
    },
    ..MeasureSpec::PLAIN
};

static SECTION: SettingsSection = SettingsSection {
    name: "win_back",
    meaning: "Who counts as inactive, and which contact brought a customer back.",
    requires: Requires::HISTORY,
    keys: &[
        Setting::new(
            "prospect_after_days",
            SettingKind::Whole {
                default: WholeDefault::Derived(
                    "with orders the lapse window, with subscriptions `90`",
                ),
                range: 1..=36_500,
                unit: "days",
            },
            "Days after which a person who was seen and never bought counts as inactive.",
            "prospect_after_days = 60",
        ),
        Setting::new(
            "attribution_window_days",
            SettingKind::days_from_0(30),
            "Who returns at most so many days after a contact is put down to it.",
            "attribution_window_days = 14",
        )
        .only_with(Requires(&[Source::Input(Input::Contacts)])),
    ],
};

/// The settings.
#[derive(Clone, Copy)]
struct Windows {
    /// Days after which a prospect without an order counts as inactive.
    prospect_after_days: u32,
    /// Days within which a return belongs to the last contact before it.
    attribution_days: u32,
}

impl Windows {
    fn of(settings: &Settings, context: &Context) -> Self {
        let prospect_after = settings.whole_or_derived(&SECTION, "prospect_after_days");
        Self {
            prospect_after_days: prospect_after.unwrap_or(match context.basis {
                Basis::Orders => context.lapse_days,
                Basis::Subscriptions => 90,
            }),
            attribution_days: settings.whole(&SECTION, "attribution_window_days"),
        }
    }
}

/// What is counted of who had left.
#[derive(Clone, Debug, Default)]
struct Tallied {
    /// Whether the period holds somebody's first activity.
    has_first: bool,
    /// Change of the number of lapsed customers at the opening against the period before.
    lapsed_change: i64,
    /// The same of prospects who are inactive.
    prospects_change: i64,
    won_back: u64,
    won_back_revenue: i128,
    days_lapsed: DayCounts,
    spells_again: u64,
    prospects_reactivated: u64,
}

tally!(Tallied {
    has_first,
    lapsed_change,
    prospects_change,
    won_back,
    won_back_revenue,
    days_lapsed,
    spells_again,
    prospects_reactivated
});

/// The fold behind the table.
struct WinBack {
    context: Arc<Context>,
    windows: Windows,
    /// By period, and one place more for what changes after the last.
    cells: Grid<Tallied>,
    /// By period, and one place more for what lies in none.
    contacted: Grid<ByKey<Breakdown, Responses>>,
    counter: ContactCounter,
}

impl WinBack {
    /// Nothing counted yet.
    fn new(context: Arc<Context>, windows: Windows) -> Self {
        let (cells, contacted) = (Grid::new(&context), Grid::new(&context));
        let counter = ContactCounter::new(windows.attribution_days);
        Self { context, windows, cells, contacted, counter }
    }
}

impl Measure for WinBack {
    fn fresh(&self) -> Box<dyn Measure> {
        Box::new(Self::new(Arc::clone(&self.context), self.windows))
    }

    fn fold(&mut self, block: &Block<'_>) {
        let Self { context, windows, cells, contacted, counter } = self;
        for person in 0..block.len() {
            let (spells, contacts) = (block.spells.of(person), block.items::<Contact>(person));
            let first_seen = block.items::<Prospect>(person).first().map(|seen| seen.first_seen);
            for group in block.groups {
                // Who never bought has no segment value.
                let is_overall = matches!(group, Group::All(_));
                if spells.is_empty() && !is_overall {
                    continue;
                }
                let slot = group.slot(person);
                for (g, periods) in context.periods.iter().enumerate() {
                    if !spells.is_empty() {
                        let cells = cells.at_least(slot, g, periods.len() + 1);
                        count_returns(block, person, g, context, cells);
                    }
                    if let (true, Some(seen)) = (is_overall, first_seen) {
                        let inactive_after = seen.plus(windows.prospect_after_days.into());
                        let first_activity = spells.first().map(|spell| spell.start);
                        let cells = cells.at_least(slot, g, periods.len() + 1);
                        count_prospect(inactive_after, first_activity, periods, cells);
                    }
                    if !contacts.is_empty() {
                        let cells = contacted.at_least(slot, g, periods.len() + 1);
                        counter.count(contacts, spells, context, periods, cells);
                    }
                }
            }
        }
    }

    fn merge(&mut self, other: Box<dyn Measure>) {
        let other = merge_as::<Self>(other);
        self.cells.merge(other.cells);
        self.contacted.merge(other.contacted);
    }

    fn finish(self: Box<Self>) -> Finished {
        vec![table::write(&self.context, self.windows, &self.cells, &self.contacted)].into()
    }
}

/// Counts who had left and who came back.
fn count_returns(
    block: &Block<'_>,
    customer: usize,
    grain: usize,
    context: &Context,
    cells: &mut Places<Tallied>,
) {
    let periods = &context.periods[grain];
    let spells = block.spells.of(customer);
    if let Some(first) = spells.first() {
        cells[periods.of(first.start)].has_first = true;
    }
    for (earlier, lapse) in lapses(spells, context.as_of).enumerate() {
        let left = periods.of(lapse.from);
        cells[left].spells_again += u64::from(earlier > 0);
        // Lapsed at the end of the day before each period that starts after the churn event and by
        // the day of return.
        cells[left + 1].lapsed_change += 1;
        let Some(back) = lapse.back else { continue };
        let returned = periods.of(back);
        cells[returned + 1].lapsed_change -= 1;
        if left < returned {
            let close = periods.end(returned).min(context.as_of);
            let refunds = value_between(&block.refunds, customer, back, close);
            let cell = &mut cells[returned];
            cell.won_back += 1;
            cell.won_back_revenue += value_of_visit(block, customer, grain, returned) + refunds;
            cell.days_lapsed.push(back.0.abs_diff(lapse.from.0));
        }
    }
}

/// Value of a customer's activity in a period. Who was lapsed when it began had none in it before
/// the return.
fn value_of_visit(block: &Block<'_>, customer: usize, grain: usize, period: usize) -> i128 {
    let visits = &block.visits[grain];
    let own = visits.offsets[customer] as usize..visits.offsets[customer + 1] as usize;
    let place = visits.periods[own.clone()].binary_search_by_key(&period, |p| *p as usize);
    place.map_or(0, |place| visits.values[own.start + place])
}

/// Counts a person as an inactive prospect in the periods that start after the day
/// `inactive_after`, up to the one with the first activity.
fn count_prospect(
    inactive_after: Day,
    first_activity: Option<Day>,
    periods: &Periods,
    cells: &mut Places<Tallied>,
) {
    let is_before = inactive_after < periods.start(0);
    let from = if is_before { 0 } else { periods.of(inactive_after) + 1 };
    let bought = first_activity.map(|day| periods.of(day));
    if from >= periods.len() || bought.is_some_and(|bought| bought < from) {
        return;
    }
    cells[from].prospects_change += 1;
    if let Some(bought) = bought {
        cells[bought + 1].prospects_change -= 1;
        cells[bought].prospects_reactivated += 1;
    }
}
