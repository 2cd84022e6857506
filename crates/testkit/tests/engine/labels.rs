//! What measures are told of further inputs, from the texts of their codes.

use std::collections::BTreeSet;
use std::sync::Arc;

use kohort_inputs::spec;
use kohort_model::{Day, Engagement, Funnel, Goods, Input, NOT_LISTED, Sales};
use kohort_testkit::{Columns, History, Settings};
use kohort_timeline::{SlotMap, Survey, TextPlaces};

const MICROS_PER_HOUR: i64 = 3_600_000_000;

type Texts = Vec<Arc<str>>;

/// What is told of further inputs, and what their codes mean.
#[derive(Default)]
pub struct Further {
    pub labels: Labels,
    /// Campaigns and strategies.
    pub contacts: [Texts; 2],
    /// Reasons of surveys, `unknown` last.
    pub answers: Texts,
    pub funnel: Funnel,
    pub sales: Sales,
    pub goods: Goods,
    pub engagement: Engagement,
}

/// What the codes of each column of texts mean.
#[derive(Default)]
pub struct Labels(Vec<(Input, &'static str, TextPlaces)>);

impl Labels {
    /// Of a column whose texts stand at these places among `all`; `missing` is the text of what is not
    /// there.
    fn add(
        &mut self,
        (input, column): (Input, &'static str),
        by_code: Vec<u32>,
        (missing, all): (&str, &[Arc<str>]),
    ) {
        let (by_code, missing) = (by_code.into(), place(missing, all).unwrap_or(NOT_LISTED));
        self.0.push((input, column, TextPlaces { by_code, missing }));
    }

    fn by_code(&self, input: Input) -> &[u32] {
        self.0.iter().find(|(of, ..)| *of == input).map_or(&[], |(.., places)| &places.by_code)
    }

    pub fn with(&self, slots: SlotMap) -> SlotMap {
        self.0.iter().fold(slots, |slots, (input, column, places)| {
            let column = spec(*input).place(column).expect("a column of the input");
            slots.with_texts(*input, column, places.clone())
        })
    }
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

/// The texts of the codes of an input's column.
pub fn texts(inputs: &[(Input, Columns)], input: Input, column: &str) -> Texts {
    let columns = inputs.iter().find(|(i, _)| *i == input).map(|(_, columns)| columns);
    columns.map(|columns| columns.texts_of(column).to_vec()).unwrap_or_default()
}

impl Further {
    pub fn new(history: &History, settings: &Settings, inputs: &[(Input, Columns)]) -> Self {
        let mut labels = Labels::default();
        let steps = own(&settings.steps);
        let found = texts(inputs, Input::Touchpoints, "step");
        let of_steps = found.iter().map(|text| place(text, &steps).unwrap_or(NOT_LISTED));
        labels.add((Input::Touchpoints, "step"), of_steps.collect(), ("(none)", &steps));
        let funnel = Funnel { steps, as_of_micros: i64::MAX };
        let contacts = ["campaign", "strategy"].map(|column| {
            let found = texts(inputs, Input::Contacts, column);
            let all = sorted(found.iter().cloned());
            labels.add((Input::Contacts, column), places(&found, &all), ("(none)", &all));
            all
        });
        let found = texts(inputs, Input::Surveys, "reason");
        let is_known = |text: &&Arc<str>| ***text != *"unknown";
        let mut answers = sorted(found.iter().filter(is_known).cloned());
        answers.push("unknown".into());
        labels.add((Input::Surveys, "reason"), places(&found, &answers), ("unknown", &answers));
        let sales = sales(history, settings, inputs, &mut labels);
        let goods = goods(history, inputs, &mut labels);
        let engagement = engagement(history, inputs, &mut labels);
        Self { labels, contacts, answers, funnel, sales, goods, engagement }
    }

    /// The same, now that `as_of` is known.
    pub fn at(mut self, as_of: Day, survey: &Survey) -> Self {
        self.funnel.as_of_micros = i64::from(as_of.0) * 24 * MICROS_PER_HOUR;
        let told = &mut self.engagement;
        // Kinds that nobody has heard of by then are no signals yet.
        let first_days = &survey.first_days[Input::Engagement as usize];
        let kinds = || self.labels.by_code(Input::Engagement).iter().zip(first_days);
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
    let found = texts(inputs, Input::Opportunities, "stage");
    let mut stages = own(&settings.stages);
    let others = sorted(found.iter().filter(|text| !stages.contains(text)).cloned());
    stages.extend(others);
    let found_reasons = texts(inputs, Input::Opportunities, "reason");
    let answered = texts(inputs, Input::Surveys, "lost_reason");
    let told = found_reasons.iter().chain(&answered).cloned();
    let all_reasons = sorted(told.chain(own(&["unknown"])));
    labels.add(
        (Input::Surveys, "lost_reason"),
        places(&answered, &all_reasons),
        ("unknown", &all_reasons),
    );
    let found_competitors = texts(inputs, Input::Opportunities, "competitor");
    let competitors = sorted(found_competitors.iter().cloned());
    let of = |column| (Input::Opportunities, column);
    labels.add(of("stage"), places(&found, &stages), ("(none)", &stages));
    labels.add(of("reason"), places(&found_reasons, &all_reasons), ("unknown", &all_reasons));
    let of_competitors = places(&found_competitors, &competitors);
    labels.add(of("competitor"), of_competitors, ("(none)", &competitors));
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
        (texts(inputs, Input::OrderLines, "product"), texts(inputs, Input::Returns, "product"));
    let found = of_lines.iter().chain(&of_returns).cloned();
    let products = sorted(found.chain(own(&["(none)"])));
    let of_categories = texts(inputs, Input::OrderLines, "category");
    let categories = sorted(of_categories.iter().cloned().chain(own(&["(none)"])));
    let found_reasons = texts(inputs, Input::Returns, "reason");
    let all_reasons = sorted(found_reasons.iter().cloned().chain(own(&["unknown"])));
    let (lines, returns) = (Input::OrderLines, Input::Returns);
    labels.add((lines, "product"), places(&of_lines, &products), ("(none)", &products));
    labels.add((returns, "product"), places(&of_returns, &products), ("(none)", &products));
    labels.add((lines, "category"), places(&of_categories, &categories), ("(none)", &categories));
    labels.add(
        (returns, "reason"),
        places(&found_reasons, &all_reasons),
        ("unknown", &all_reasons),
    );
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
    let kinds = texts(inputs, Input::Engagement, "kind");
    let names = derived.iter().filter(|(_, is_there)| *is_there).map(|(name, _)| Arc::from(*name));
    let signals = sorted(kinds.iter().cloned().chain(names));
    labels.add((Input::Engagement, "kind"), places(&kinds, &signals), ("(none)", &signals));
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
