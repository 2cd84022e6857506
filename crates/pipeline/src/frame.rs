//! What every measure is told: settings of the pipeline and findings of the run.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use kohort_load::{LoadReport, Opened};
use kohort_model::{Basis, Context, Input, Periods, SegmentAt, Slot, WinBack};
use kohort_timeline::{SegmentValues, SlotMap, Survey};

use crate::Pipeline;
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
}

impl Found {
    pub fn new(pipeline: &Pipeline, inputs: &[Opened], reports: &[LoadReport]) -> Self {
        let report_of = |input: Input| {
            let place = inputs.iter().position(|opened| opened.input() == input);
            place.map(|place| &reports[place])
        };
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
        let history = &reports[0];
        let segments: Vec<_> = (pipeline.segments.iter())
            .zip(&history.segment_values)
            .map(|(segment, values)| SegmentValues {
                name: Arc::from(&*segment.name),
                at: segment.at,
                texts: texts(values),
            })
            .collect();
        let of_history = reasons(Some(history));
        let survey_reasons = reasons(report_of(Input::Surveys));
        let (campaigns, strategies) = (label(0).unwrap_or_default(), label(1).unwrap_or_default());
        let (slots, names) = SlotMap::new(&segments, &of_history);
        Self {
            slots: slots.with_notes(&campaigns, &strategies, &survey_reasons),
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

    /// The frame in which timelines are folded.
    pub fn context(
        self,
        pipeline: &Pipeline,
        survey: &Survey,
        lapse_days: u32,
        inputs: &[Opened],
        started_at: DateTime<Utc>,
    ) -> (SlotMap, Context) {
        let basis = pipeline.basis.basis();
        // Without any event there is nothing to know, up to the day of the run.
        let newest = match basis {
            Basis::Orders => survey.activity.or(survey.events).map(|(_, last)| last),
            Basis::Subscriptions => survey.newest,
        };
        let newest = newest.map(|last| last.plus(1));
        let as_of = pipeline.as_of.or(newest).unwrap_or_else(|| today(pipeline, started_at));
        // Rows start with the first activity; the windows before it reach back to the known
        // history.
        let first_event = survey.events.map(|(first, _)| first);
        let first = first_event.into_iter().chain(pipeline.history_start).min().unwrap_or(as_of);
        let grains = &pipeline.grains;
        let context = Context {
            as_of,
            history_start: pipeline.history_start,
            first_activity: survey.activity.map(|(first, _)| first).filter(|first| *first < as_of),
            basis,
            lapse_days,
            recovery_window_days: pipeline.recovery_window_days,
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
            survey_window_days: pipeline.survey_window_days,
            win_back: WinBack {
                prospect_after_days: pipeline.prospect_after_days.unwrap_or(lapse_days),
                attribution_window_days: pipeline.attribution_window_days,
                campaigns: self.campaigns,
                strategies: self.strategies,
                has_prospects: self.has_prospects,
                has_contacts: self.has_contacts,
            },
            loyalty: pipeline.loyalty,
            gaps: pipeline.gaps,
            lifetime: pipeline.lifetime,
            scale: pipeline.basis.scale(),
            ids: inputs[0].customer_ids(),
        };
        (self.slots, context)
    }
}

fn texts(texts: &[String]) -> Vec<Arc<str>> {
    texts.iter().map(|text| Arc::from(&**text)).collect()
}
