//! What every measure is told: settings of the pipeline and findings of the run.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use kohort_inputs::spec;
use kohort_load::Opened;
use kohort_model::{Basis, Context, Day, Input, MemoryGuard, Periods, SegmentAt, Slot, WinBack};
use kohort_timeline::{SegmentValues, SlotMap, Survey};

use crate::Pipeline;
use crate::labels::{Reports, Told};
use crate::plan::today;

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
        let history = &read.reports[0];
        let has_further = read.inputs.len() > 1;
        let segments: Vec<_> = (pipeline.segments.iter())
            .zip(&history.segment_values)
            .map(|(segment, values)| SegmentValues {
                name: Arc::from(&*segment.name),
                at: segment.at,
                texts: with_none(texts(values), has_further),
            })
            .collect();
        let mut of_history: Vec<Arc<str>> =
            history.texts.iter().flat_map(|(_, reasons)| texts(reasons)).collect();
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

    /// The exclusive end of what is known.
    pub fn as_of(pipeline: &Pipeline, survey: &Survey, started_at: DateTime<Utc>) -> Day {
        // Without any event there is nothing to know, up to the day of the run.
        let newest = match pipeline.basis.basis() {
            Basis::Orders => survey.activity.or(survey.events).map(|(_, last)| last),
            Basis::Subscriptions => survey.newest,
        };
        let newest = newest.map(|last| last.plus(1));
        pipeline.as_of.or(newest).unwrap_or_else(|| today(pipeline, started_at))
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
            basis: pipeline.basis.basis(),
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
            ids: read.inputs[0].owner_ids(),
            memory: MemoryGuard::default(),
        };
        (self.slots, context)
    }
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
