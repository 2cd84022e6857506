//! The texts of further inputs, put in the order of the tables.

use std::collections::BTreeMap;
use std::sync::Arc;

use kohort_load::{LoadReport, Opened};
use kohort_model::{Day, Engagement, Funnel, Goods, Input, Sales};
use kohort_timeline::{Labels, Survey};

use crate::Pipeline;

/// What was read of each input.
#[derive(Clone, Copy)]
pub(crate) struct Reports<'a> {
    pub inputs: &'a [Opened],
    pub reports: &'a [LoadReport],
}

impl<'a> Reports<'a> {
    pub fn opened(self, input: Input) -> Option<&'a Opened> {
        self.inputs.iter().find(|opened| opened.input() == input)
    }

    pub fn of(self, input: Input) -> Option<&'a LoadReport> {
        let place = self.inputs.iter().position(|opened| opened.input() == input);
        place.map(|place| &self.reports[place])
    }

    /// The texts of a column of codes; none without the input.
    fn texts(self, input: Input, place: usize) -> &'a [String] {
        self.of(input)
            .and_then(|report| report.segment_values.get(place))
            .map_or(&[], Vec::as_slice)
    }

    fn reasons(self, input: Input) -> &'a [String] {
        self.of(input).map_or(&[], |report| &report.reasons)
    }
}

/// Texts sorted, each once, and for each of the lists that they come from where its texts are.
fn merged<const N: usize>(lists: [&[String]; N], more: &[&str]) -> (Vec<Arc<str>>, [Vec<u32>; N]) {
    let found = lists.iter().flat_map(|list| list.iter().map(String::as_str));
    let mut sorted: Vec<&str> = found.chain(more.iter().copied()).collect();
    sorted.sort_unstable();
    sorted.dedup();
    let places = lists.map(|list| places(list, &sorted));
    (sorted.into_iter().map(Arc::from).collect(), places)
}

/// Where each text stands among `sorted`, which has it.
fn places(texts: &[String], sorted: &[&str]) -> Vec<u32> {
    let place = |text: &String| sorted.partition_point(|other| *other < text.as_str());
    texts.iter().map(|text| number(place(text))).collect()
}

fn number(place: usize) -> u32 {
    u32::try_from(place).expect("codes of texts have 32 bits")
}

/// What measures are told of further inputs, and how the kernel gets there from the codes.
#[derive(Default)]
pub(crate) struct Further {
    pub labels: Labels,
    pub funnel: Funnel,
    pub sales: Sales,
    pub goods: Goods,
    pub engagement: Engagement,
}

impl Further {
    pub fn new(pipeline: &Pipeline, reports: Reports<'_>) -> Self {
        let mut further = Self::default();
        further.visitors(pipeline, reports);
        further.opportunities(pipeline, reports);
        further.goods(pipeline, reports);
        further.signals(pipeline, reports);
        further
    }

    fn visitors(&mut self, pipeline: &Pipeline, reports: Reports<'_>) {
        let steps = pipeline.listed("funnel.steps");
        let step = |text: &String| steps.iter().position(|step| step == text).map(number);
        self.labels.steps = reports.texts(Input::Touchpoints, 0).iter().map(step).collect();
        self.funnel = Funnel {
            steps: steps.iter().map(|step| Arc::from(&**step)).collect(),
            // Known once the frame is.
            as_of_micros: i64::MAX,
        };
        let has_carts = pipeline.maps(Input::Touchpoints, "cart_id");
        self.sales.has_carts = has_carts && reports.of(Input::Touchpoints).is_some();
    }

    fn opportunities(&mut self, pipeline: &Pipeline, reports: Reports<'_>) {
        if reports.of(Input::Opportunities).is_none() {
            return;
        }
        let maps = |column| pipeline.maps(Input::Opportunities, column);
        let found = reports.texts(Input::Opportunities, 0);
        let listed = pipeline.listed("lost_sales.stages");
        let mut others: Vec<&String> = found.iter().filter(|text| !listed.contains(text)).collect();
        others.sort_unstable();
        let stages: Vec<&String> = listed.iter().chain(others).collect();
        let by_text: BTreeMap<&String, usize> =
            stages.iter().enumerate().map(|(place, text)| (*text, place)).collect();
        self.labels.stages = found.iter().map(|text| number(by_text[text])).collect();
        let (reasons, [of_reasons]) = merged([reports.reasons(Input::Opportunities)], &["unknown"]);
        let (competitors, [of_competitors]) = merged([reports.texts(Input::Opportunities, 1)], &[]);
        self.labels.sale_reasons = if maps("reason") {
            of_reasons
        } else {
            // Without a mapped reason every row has this one.
            vec![number(reasons.partition_point(|reason| &**reason < "unknown"))]
        };
        self.labels.competitors = of_competitors;
        self.sales = Sales {
            has_carts: self.sales.has_carts,
            has_opportunities: true,
            has_stages: maps("stage"),
            has_competitors: maps("competitor"),
            stages: stages.into_iter().map(|text| Arc::from(&**text)).collect(),
            listed_stages: listed.len(),
            reasons,
            competitors,
        };
    }

    fn goods(&mut self, pipeline: &Pipeline, reports: Reports<'_>) {
        let maps = |input, column| reports.of(input).is_some() && pipeline.maps(input, column);
        let (products, [of_lines, of_returns]) = merged(
            [reports.texts(Input::OrderLines, 0), reports.texts(Input::Returns, 0)],
            &["(none)"],
        );
        let (categories, [of_categories]) =
            merged([reports.texts(Input::OrderLines, 1)], &["(none)"]);
        let (reasons, [of_reasons]) = merged([reports.reasons(Input::Returns)], &["unknown"]);
        let has_reasons = maps(Input::Returns, "reason");
        let unknown = number(reasons.partition_point(|reason| &**reason < "unknown"));
        self.labels.products = of_lines;
        self.labels.returned_products = of_returns;
        self.labels.categories = of_categories;
        self.labels.return_reasons = if has_reasons { of_reasons } else { vec![unknown] };
        self.goods = Goods {
            products,
            categories,
            reasons,
            has_products: maps(Input::OrderLines, "product"),
            has_returned_products: maps(Input::Returns, "product"),
            has_categories: maps(Input::OrderLines, "category"),
            has_reasons,
        };
    }

    fn signals(&mut self, pipeline: &Pipeline, reports: Reports<'_>) {
        let has_scores = pipeline.maps(Input::Surveys, "score");
        let derived = [
            (LATE_PAYMENTS, Input::Invoices, true),
            (PRODUCT_RETURNS, Input::Returns, true),
            (LOW_SCORES, Input::Surveys, has_scores),
        ];
        let is_there = |input: Input, also: bool| also && reports.of(input).is_some();
        let names = derived.iter().filter(|(_, input, also)| is_there(*input, *also));
        let names: Vec<&str> = names.map(|(name, ..)| *name).collect();
        let (signals, [of_kinds]) = merged([reports.texts(Input::Engagement, 0)], &names);
        let place = |name: &str| {
            let place = signals.iter().position(|signal| &**signal == name).map(number);
            place.filter(|_| names.contains(&name))
        };
        self.labels.signals = of_kinds;
        self.engagement = Engagement {
            late_payments: place(LATE_PAYMENTS),
            product_returns: place(PRODUCT_RETURNS),
            low_scores: place(LOW_SCORES),
            // Known once the frame is.
            known_from: vec![None; signals.len()],
            signals,
        };
    }

    /// The same, now that `as_of` is known.
    pub fn at(mut self, as_of: Day, survey: &Survey, reports: Reports<'_>) -> Self {
        if let Some(touchpoints) = reports.opened(Input::Touchpoints) {
            self.funnel.as_of_micros = touchpoints.midnight(as_of);
        }
        let first = |input: Input| {
            let days = survey.further[input as usize];
            days.map(|(first, _)| first).filter(|first| *first < as_of)
        };
        let derived = [
            (self.engagement.late_payments, Input::Invoices),
            (self.engagement.product_returns, Input::Returns),
            (self.engagement.low_scores, Input::Surveys),
        ];
        let mut inputs = vec![Vec::new(); self.engagement.signals.len()];
        for (kind, signal) in self.labels.signals.iter().enumerate() {
            // Kinds that nobody has heard of by then are no signals yet.
            if survey.kinds.get(kind).is_some_and(|first| *first < as_of) {
                inputs[*signal as usize].push(Input::Engagement);
            }
        }
        for (signal, input) in derived {
            if let Some(signal) = signal {
                inputs[signal as usize].push(input);
            }
        }
        // Of several inputs the one that begins last.
        let known_from = |inputs: Vec<Input>| {
            let firsts: Option<Vec<Day>> = inputs.into_iter().map(first).collect();
            firsts.and_then(|firsts| firsts.into_iter().max())
        };
        self.engagement.known_from = inputs.into_iter().map(known_from).collect();
        self
    }
}

const LATE_PAYMENTS: &str = "late_payments";
const PRODUCT_RETURNS: &str = "product_returns";
const LOW_SCORES: &str = "low_scores";
