//! What every measure is told: settings of the pipeline and findings of the run.

use std::sync::Arc;

use kohort_inputs::spec;
use kohort_load::Opened;
use kohort_model::{
    Basis, Context, Day, IdSpace, IdType, Input, MemoryGuard, Periods, SegmentAt, Slot, ValueKind,
    WinBack,
};
use kohort_timeline::{SegmentValues, SlotMap, Survey};

use crate::Pipeline;
use crate::labels::{Reports, Told};

/// The texts that were found while reading.
pub(crate) struct Found {
    pub slots: SlotMap,
    pub names: Vec<Slot>,
    lost_reasons: Vec<Arc<str>>,
    cancel_reasons: Vec<Arc<str>>,
    has_prospects: bool,
    has_contacts: bool,
    told: Told,
}

impl Found {
    pub fn new(pipeline: &Pipeline, read: Reports<'_>) -> Self {
        let history = pipeline.basis.input().and_then(|input| read.of(input));
        let has_further = read.inputs.len() > 1;
        let segments: Vec<_> = (pipeline.segments.iter())
            .zip(history.map_or(&[][..], |history| &history.segment_values))
            .map(|(segment, values)| SegmentValues {
                name: Arc::from(&*segment.name),
                at: segment.at,
                texts: with_none(texts(values), has_further),
            })
            .collect();
        let mut of_history: Vec<Arc<str>> =
            history.iter().flat_map(|h| &h.texts).flat_map(|(_, reasons)| texts(reasons)).collect();
        if of_history.is_empty() {
            // Without a mapped reason every event has this one.
            of_history.push(Arc::from("unknown"));
        }
        let (slots, names) = SlotMap::new(&segments, &of_history);
        let told = Told::new(pipeline, read);
        Self {
            slots: told.lists.with(slots),
            told,
            names,
            lost_reasons: of_history.clone(),
            cancel_reasons: of_history,
            has_prospects: read.of(Input::Prospects).is_some(),
            has_contacts: read.of(Input::Contacts).is_some(),
        }
    }

    /// The frame in which timelines are folded.
    pub fn context(
        self,
        pipeline: &Pipeline,
        survey: &Survey,
        lapse_days: u32,
        read: Reports<'_>,
        as_of: Day,
    ) -> (SlotMap, Context) {
        let told = self.told.at(as_of, survey, read);
        // Rows start with the first activity; the windows before it reach back to the known
        // history.
        let first_event = survey.events.map(|(first, _)| first);
        let first_further = read.inputs.iter().map(Opened::input).filter(|i| spec(*i).sets_frame);
        let first_further = first_further
            .filter_map(|input| survey.further[input as usize])
            .map(|(first, _)| first)
            .filter(|first| *first < as_of);
        let first = first_event.into_iter().chain(pipeline.history_start).chain(first_further);
        let first = first.min().unwrap_or(as_of);
        let grains = &pipeline.grains;
        let context = Context {
            as_of,
            history_start: pipeline.history_start,
            first_activity: survey.activity.map(|(first, _)| first).filter(|first| *first < as_of),
            basis: pipeline.basis.basis().unwrap_or_default(),
            lapse_days,
            periods: (grains.iter())
                .map(|g| Periods::new(&pipeline.calendar, g.grain, first, as_of))
                .collect(),
            revenue_windows: grains.iter().map(|g| g.revenue_window).collect(),
            max_k: grains.iter().map(|g| g.max_k).collect(),
            slots: self.names,
            first_segments: (pipeline.segments.iter())
                .filter(|segment| segment.at == SegmentAt::First)
                .map(|segment| Arc::from(&*segment.name))
                .collect(),
            reasons: self.lost_reasons,
            cancel_reasons: self.cancel_reasons,
            survey_reasons: told.lists.of(Input::Surveys, "reason"),
            win_back: WinBack {
                campaigns: told.lists.of(Input::Contacts, "campaign"),
                strategies: told.lists.of(Input::Contacts, "strategy"),
                has_prospects: self.has_prospects,
                has_contacts: self.has_contacts,
            },
            funnel: told.funnel,
            sales: told.sales,
            goods: told.goods,
            terms_days: kohort_inputs::terms_days(&pipeline.measures),
            engagement: told.engagement,
            calendar: pipeline.calendar,
            scale: pipeline.basis.scale(),
            ids: customer_ids(read.inputs),
            memory: MemoryGuard::default(),
        };
        (self.slots, context)
    }
}

/// The form of the ids of customers, which all inputs share; any where none names customers.
pub(crate) fn customer_ids(inputs: &[Opened]) -> IdType {
    let of_input = |opened: &Opened| {
        let columns = spec(opened.input()).columns.iter().enumerate();
        let is_customer = |kind| matches!(kind, ValueKind::Id(ids) if ids.of == IdSpace::Customer);
        let mut columns = columns.filter(|(_, column)| is_customer(column.kind));
        columns.find_map(|(place, _)| opened.ids_of(place))
    };
    inputs.iter().find_map(of_input).unwrap_or_default()
}

/// The exclusive end of what is known, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AsOf {
    pub day: Day,
    /// The dotted key of the pipeline file that says it, or whose column has the newest day; `None` where it is
    /// the day of the run, as nothing has a day.
    pub from: Option<String>,
}

impl AsOf {
    /// As the pipeline file has it, else the day after the newest one: that of the history, without one that of
    /// the `inputs` that are read.
    pub fn new(pipeline: &Pipeline, survey: &Survey, inputs: &[Opened], today: Day) -> Self {
        if let Some(day) = pipeline.as_of {
            return Self { day, from: Some("calendar.as_of".to_owned()) };
        }
        let newest = match pipeline.basis.basis() {
            Some(Basis::Orders) => {
                let days = survey.activity.or(survey.events);
                days.zip(spec(Input::Orders).time())
                    .map(|((_, last), place)| (last, Input::Orders, place))
            }
            Some(Basis::Subscriptions) => of_column(survey, Input::Subscriptions),
            None => {
                let all = inputs.iter().filter_map(|opened| newest(survey, opened.input()));
                // Of equal ones the first.
                all.rev().max_by_key(|(day, ..)| *day)
            }
        };
        match newest {
            Some((last, input, place)) => {
                let column = spec(input).columns[place].name;
                let from = Some(format!("inputs.{}.{column}", input.name()));
                Self { day: last.plus(1), from }
            }
            // Without any event there is nothing to know, up to the day of the run.
            None => Self { day: today, from: None },
        }
    }
}

/// A day with its input and the place of its column.
type DayOfColumn = (Day, Input, usize);

/// The newest day of an input beside the history, of its rows or of what happened to them later.
fn newest(survey: &Survey, input: Input) -> Option<DayOfColumn> {
    let of_rows = survey.further[input as usize].zip(spec(input).time());
    let of_rows = of_rows.map(|((_, last), place)| (last, input, place));
    let of_events = of_column(survey, input);
    of_events.filter(|later| of_rows.is_none_or(|of_rows| of_rows.0 < later.0)).or(of_rows)
}

fn of_column(survey: &Survey, input: Input) -> Option<DayOfColumn> {
    survey.newest_of(input).map(|(day, place)| (day, input, place))
}

/// The values of a segment; with further inputs there may be people whom nothing gives one.
fn with_none(mut texts: Vec<Arc<str>>, has_further: bool) -> Vec<Arc<str>> {
    if has_further && texts.iter().all(|text| &**text != "(none)") {
        texts.push(Arc::from("(none)"));
    }
    texts
}

fn texts(texts: &[String]) -> Vec<Arc<str>> {
    texts.iter().map(|text| Arc::from(&**text)).collect()
}
