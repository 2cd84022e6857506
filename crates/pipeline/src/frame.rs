//! What every measure is told: settings of the pipeline and findings of the run.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use kohort_load::{LoadReport, Opened};
use kohort_model::{Basis, Context, Day, Input, MemoryGuard, Periods, SegmentAt, Slot, WinBack};
use kohort_timeline::{SegmentValues, SlotMap, Survey};

use crate::Pipeline;
use crate::labels::{Further, Reports};
use crate::plan::today;

/// The texts that were found while reading.
pub(crate) struct Found {
    pub slots: SlotMap,
    pub names: Vec<Slot>,
    lost_reasons: Vec<Arc<str>>,
    cancel_reasons: Vec<Arc<str>>,
    survey_reasons: Vec<Arc<str>>,
    campaigns: Vec<Arc<str>>,
    strategies: Vec<Arc<str>>,
    has_prospects: bool,
    has_contacts: bool,
    further: Further,
}

impl Found {
    pub fn new(pipeline: &Pipeline, read: Reports<'_>) -> Self {
        let report_of = |input: Input| read.of(input);
        let reasons = |report: Option<&LoadReport>| {
            let mut reasons = report.map(|report| texts(&report.reasons)).unwrap_or_default();
            if reasons.is_empty() {
                // Without a mapped reason every event has this one.
                reasons.push(Arc::from("unknown"));
            }
            reasons
        };
        let label = |place: usize| {
            let report = report_of(Input::Contacts);
            report.and_then(|report| report.segment_values.get(place)).map(|l| texts(l))
        };
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
        let of_history = reasons(Some(history));
        let survey_reasons = reasons(report_of(Input::Surveys));
        let (campaigns, strategies) = (label(0).unwrap_or_default(), label(1).unwrap_or_default());
        let (slots, names) = SlotMap::new(&segments, &of_history);
        let further = Further::new(pipeline, read);
        let labels = further.labels.clone();
        Self {
            slots: slots.with_notes(&campaigns, &strategies, &survey_reasons).with_labels(labels),
            further,
            names,
            lost_reasons: of_history.clone(),
            cancel_reasons: of_history,
            survey_reasons,
            campaigns,
            strategies,
            has_prospects: report_of(Input::Prospects).is_some(),
            has_contacts: report_of(Input::Contacts).is_some(),
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
        let further = self.further.at(as_of, survey, read);
        // Rows start with the first activity; the windows before it reach back to the known
        // history.
        let first_event = survey.events.map(|(first, _)| first);
        let first_further = read.inputs.iter().map(Opened::input).filter(|i| sets_frame(*i));
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
            survey_reasons: self.survey_reasons,
            win_back: WinBack {
                campaigns: self.campaigns,
                strategies: self.strategies,
                has_prospects: self.has_prospects,
                has_contacts: self.has_contacts,
            },
            funnel: further.funnel,
            sales: further.sales,
            goods: further.goods,
            engagement: further.engagement,
            calendar: pipeline.calendar,
            scale: pipeline.basis.scale(),
            ids: read.inputs[0].customer_ids(),
            memory: MemoryGuard::default(),
        };
        (self.slots, context)
    }
}

/// Whether tables of its own begin with the input's first day.
fn sets_frame(input: Input) -> bool {
    match input {
        Input::Orders
        | Input::Subscriptions
        | Input::Prospects
        | Input::Contacts
        | Input::Identities => false,
        Input::Surveys
        | Input::Touchpoints
        | Input::Opportunities
        | Input::OrderLines
        | Input::Returns
        | Input::Invoices
        | Input::Engagement => true,
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
