//! What measures are told of further inputs, from the texts of their codes.

use std::collections::BTreeSet;
use std::sync::Arc;

use kohort_model::{Day, Engagement, Funnel, Goods, Input, Sales};
use kohort_testkit::{Columns, History, Settings};
use kohort_timeline::{Labels, Survey};

const MICROS_PER_HOUR: i64 = 3_600_000_000;

type Texts = Vec<Arc<str>>;

/// What is told of further inputs, and what their codes mean.
#[derive(Default)]
pub struct Further {
    pub labels: Labels,
    pub funnel: Funnel,
    pub sales: Sales,
    pub goods: Goods,
    pub engagement: Engagement,
}

/// Texts sorted, each once.
fn sorted(texts: impl IntoIterator<Item = Arc<str>>) -> Texts {
    texts.into_iter().collect::<BTreeSet<_>>().into_iter().collect()
}

/// Where each text stands among all.
fn places(texts: &[Arc<str>], all: &[Arc<str>]) -> Vec<u32> {
    texts.iter().map(|text| place(text, all).expect("it is among all")).collect()
}

fn place(text: &str, all: &[Arc<str>]) -> Option<u32> {
    all.iter().position(|other| **other == *text).map(|place| u32::try_from(place).expect("few"))
}

fn own(texts: &[&'static str]) -> Texts {
    texts.iter().copied().map(Arc::from).collect()
}

/// The texts of the codes of an input's column, and those of its reasons.
fn texts(inputs: &[(Input, Columns)], input: Input, column: usize) -> Texts {
    let columns = inputs.iter().find(|(i, _)| *i == input).map(|(_, columns)| columns);
    columns.map(|columns| columns.segment_codes[column].texts.clone()).unwrap_or_default()
}

fn reasons(inputs: &[(Input, Columns)], input: Input) -> Texts {
    let columns = inputs.iter().find(|(i, _)| *i == input).map(|(_, columns)| columns);
    columns.map(|columns| columns.reason_codes.texts.clone()).unwrap_or_default()
}

impl Further {
    pub fn new(history: &History, settings: &Settings, inputs: &[(Input, Columns)]) -> Self {
        let mut labels = Labels::default();
        let steps = own(&settings.steps);
        let found = texts(inputs, Input::Touchpoints, 0);
        labels.steps = found.iter().map(|text| place(text, &steps)).collect();
        let funnel = Funnel { steps, as_of_micros: i64::MAX };
        let sales = sales(history, settings, inputs, &mut labels);
        let goods = goods(history, inputs, &mut labels);
        let engagement = engagement(history, inputs, &mut labels);
        Self { labels, funnel, sales, goods, engagement }
    }

    /// The same, now that `as_of` is known.
    pub fn at(mut self, as_of: Day, survey: &Survey) -> Self {
        self.funnel.as_of_micros = i64::from(as_of.0) * 24 * MICROS_PER_HOUR;
        let told = &mut self.engagement;
        // Kinds that nobody has heard of by then are no signals yet.
        let kinds = || self.labels.signals.iter().zip(&survey.kinds);
        let of_kinds = |signal| kinds().any(|(own, first)| *own == signal && *first < as_of);
        let derived = [
            (told.late_payments, Input::Invoices),
            (told.product_returns, Input::Returns),
            (told.low_scores, Input::Surveys),
        ];
        for (signal, known_from) in (0..).zip(&mut told.known_from) {
            let kinds = of_kinds(signal).then_some(Input::Engagement);
            let others = derived.iter().filter(|(own, _)| *own == Some(signal)).map(|(_, i)| *i);
            let first = |input: Input| survey.further[input as usize].map(|(first, _)| first);
            let firsts: Option<Vec<_>> = kinds.into_iter().chain(others).map(first).collect();
            // Where one of several inputs has no row, nothing is known.
            let latest = firsts.and_then(|firsts| firsts.into_iter().max());
            *known_from = latest.filter(|first| *first < as_of);
        }
        self
    }
}

fn sales(
    history: &History,
    settings: &Settings,
    inputs: &[(Input, Columns)],
    labels: &mut Labels,
) -> Sales {
    let mapped = history.mapped();
    let found = texts(inputs, Input::Opportunities, 0);
    let mut stages = own(&settings.stages);
    let others = sorted(found.iter().filter(|text| !stages.contains(text)).cloned());
    stages.extend(others);
    let found_reasons = reasons(inputs, Input::Opportunities);
    let all_reasons = sorted(found_reasons.iter().cloned().chain(own(&["unknown"])));
    let found_competitors = texts(inputs, Input::Opportunities, 1);
    let competitors = sorted(found_competitors.iter().cloned());
    labels.stages = places(&found, &stages);
    labels.sale_reasons = places(&found_reasons, &all_reasons);
    labels.competitors = places(&found_competitors, &competitors);
    Sales {
        has_carts: mapped.carts,
        has_opportunities: history.opportunities.is_some(),
        has_stages: mapped.stages,
        has_competitors: mapped.competitors,
        stages,
        listed_stages: settings.stages.len(),
        reasons: all_reasons,
        competitors,
    }
}

fn goods(history: &History, inputs: &[(Input, Columns)], labels: &mut Labels) -> Goods {
    let mapped = history.mapped();
    let (of_lines, of_returns) =
        (texts(inputs, Input::OrderLines, 0), texts(inputs, Input::Returns, 0));
    let found = of_lines.iter().chain(&of_returns).cloned();
    let products = sorted(found.chain(own(&["(none)"])));
    let of_categories = texts(inputs, Input::OrderLines, 1);
    let categories = sorted(of_categories.iter().cloned().chain(own(&["(none)"])));
    let found_reasons = reasons(inputs, Input::Returns);
    let all_reasons = sorted(found_reasons.iter().cloned().chain(own(&["unknown"])));
    labels.products = places(&of_lines, &products);
    labels.returned_products = places(&of_returns, &products);
    labels.categories = places(&of_categories, &categories);
    labels.return_reasons = places(&found_reasons, &all_reasons);
    Goods {
        products,
        categories,
        reasons: all_reasons,
        has_products: mapped.products,
        has_returned_products: mapped.returned_products,
        has_categories: mapped.categories,
        has_reasons: mapped.return_reasons,
    }
}

fn engagement(history: &History, inputs: &[(Input, Columns)], labels: &mut Labels) -> Engagement {
    let derived = [
        ("late_payments", history.invoices.is_some()),
        ("product_returns", history.returns.is_some()),
        ("low_scores", history.mapped().scores),
    ];
    let kinds = texts(inputs, Input::Engagement, 0);
    let names = derived.iter().filter(|(_, is_there)| *is_there).map(|(name, _)| Arc::from(*name));
    let signals = sorted(kinds.iter().cloned().chain(names));
    labels.signals = places(&kinds, &signals);
    let derived = derived.map(|(name, is_there)| place(name, &signals).filter(|_| is_there));
    let [late_payments, product_returns, low_scores] = derived;
    Engagement {
        late_payments,
        product_returns,
        low_scores,
        known_from: vec![None; signals.len()],
        signals,
    }
}
