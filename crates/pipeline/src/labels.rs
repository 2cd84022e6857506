//! The texts of further inputs, put in the order of the tables.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kohort_inputs::{INPUTS, spec};
use kohort_load::{LoadReport, Opened};
use kohort_model::{
    Day, Engagement, Funnel, Goods, Input, NOT_LISTED, Presence, Sales, Text, TextOrder,
};
use kohort_timeline::{SlotMap, Survey, TextPlaces};

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

    /// The texts of a column by code; none without the input.
    fn texts(self, input: Input, column: usize) -> &'a [String] {
        self.of(input).map_or(&[], |report| report.texts_of(column))
    }
}

/// The lists of the texts of all inputs beside the history: sorted, or as a setting lists them.
#[derive(Default)]
pub(crate) struct TextLists {
    /// By input and column; those that columns share are here with each.
    lists: BTreeMap<(Input, usize), Arc<TextList>>,
    /// What the codes of each column mean.
    places: Vec<(Input, usize, TextPlaces)>,
}

#[derive(Default)]
struct TextList {
    texts: Vec<Arc<str>>,
    /// How many of them a setting lists, which come first.
    listed: usize,
}

/// A column of texts.
type TextColumn = (Input, usize, Text);

impl TextLists {
    /// Of everything that was read; `more` are texts that a column's list has beside those of rows.
    fn new(pipeline: &Pipeline, reports: Reports<'_>, more: &[(Input, &str, Vec<&str>)]) -> Self {
        let mut lists = Self::default();
        let mut shared: BTreeMap<&str, Vec<TextColumn>> = BTreeMap::new();
        for spec in INPUTS.into_iter().filter(|spec| !spec.is_history) {
            for (place, text) in spec.texts() {
                let column = (spec.input, place, text);
                match text.shared {
                    Some(name) => shared.entry(name).or_default().push(column),
                    None => lists.add(pipeline, reports, more, &[column]),
                }
            }
        }
        for columns in shared.values() {
            lists.add(pipeline, reports, more, columns);
        }
        lists
    }

    /// Adds the list of columns that share it.
    fn add(
        &mut self,
        pipeline: &Pipeline,
        reports: Reports<'_>,
        more: &[(Input, &str, Vec<&str>)],
        columns: &[TextColumn],
    ) {
        let Some((_, _, text)) = columns.first() else { return };
        let mut found: BTreeSet<&str> = BTreeSet::new();
        for (input, place, text) in columns {
            let column = &spec(*input).columns[*place];
            found.extend(reports.texts(*input, *place).iter().map(String::as_str));
            let own = more.iter().filter(|(of, name, _)| of == input && *name == column.name);
            found.extend(own.flat_map(|(.., texts)| texts));
            if column.presence != Presence::Required {
                found.insert(text.missing);
            }
        }
        let (listed, others): (&[String], Vec<&str>) = match text.order {
            TextOrder::Sorted => (&[], found.into_iter().collect()),
            TextOrder::MissingLast => {
                let others = found.iter().filter(|other| **other != text.missing);
                let last = found.get(text.missing).into_iter();
                (&[], others.chain(last).copied().collect())
            }
            TextOrder::ListedFirst(key) => {
                let listed = pipeline.listed(key);
                let is_other = |other: &&str| listed.iter().all(|listed| listed != other);
                (listed, found.into_iter().filter(is_other).collect())
            }
            TextOrder::ListedOnly(key) => (pipeline.listed(key), Vec::new()),
        };
        let texts: Vec<&str> = listed.iter().map(String::as_str).chain(others).collect();
        let places: BTreeMap<&str, u32> = texts.iter().copied().zip(0..).collect();
        let place_of = |text: &str| places.get(text).copied().unwrap_or(NOT_LISTED);
        for (input, column, text) in columns {
            let by_code = reports.texts(*input, *column).iter().map(|text| place_of(text));
            let missing = place_of(text.missing);
            let places = TextPlaces { by_code: by_code.collect(), missing };
            self.places.push((*input, *column, places));
        }
        let texts = texts.iter().map(|text| Arc::from(*text)).collect();
        let list = Arc::new(TextList { texts, listed: listed.len() });
        for (input, column, _) in columns {
            self.lists.insert((*input, *column), Arc::clone(&list));
        }
    }

    fn list(&self, input: Input, column: &str) -> Option<&TextList> {
        let place = spec(input).place(column)?;
        self.lists.get(&(input, place)).map(AsRef::as_ref)
    }

    /// The texts of a column, in the order of the tables.
    pub fn of(&self, input: Input, column: &str) -> Vec<Arc<str>> {
        self.list(input, column).map(|list| list.texts.clone()).unwrap_or_default()
    }

    /// How many of them a setting lists.
    fn listed(&self, input: Input, column: &str) -> usize {
        self.list(input, column).map_or(0, |list| list.listed)
    }

    /// What the codes of a column mean.
    fn by_code(&self, input: Input, column: &str) -> &[u32] {
        let place = spec(input).place(column);
        let own = self.places.iter().find(|(of, at, _)| *of == input && Some(*at) == place);
        own.map_or(&[], |(.., places)| &places.by_code)
    }

    /// The map with what the codes of all columns mean.
    pub fn with(&self, slots: SlotMap) -> SlotMap {
        self.places.iter().fold(slots, |slots, (input, column, places)| {
            slots.with_texts(*input, *column, places.clone())
        })
    }
}

/// What measures are told of inputs beside the history.
#[derive(Default)]
pub(crate) struct Told {
    pub lists: TextLists,
    pub funnel: Funnel,
    pub sales: Sales,
    pub goods: Goods,
    pub engagement: Engagement,
}

impl Told {
    pub fn new(pipeline: &Pipeline, reports: Reports<'_>) -> Self {
        let maps = |input, column| reports.of(input).is_some() && pipeline.maps(input, column);
        let derived = [
            (LATE_PAYMENTS, reports.of(Input::Invoices).is_some()),
            (PRODUCT_RETURNS, reports.of(Input::Returns).is_some()),
            (LOW_SCORES, maps(Input::Surveys, "score")),
        ];
        let derived: Vec<&str> =
            derived.iter().filter(|(_, is_there)| *is_there).map(|(name, _)| *name).collect();
        let more = [(Input::Engagement, "kind", derived.clone())];
        let lists = TextLists::new(pipeline, reports, &more);
        let funnel = Funnel {
            steps: lists.of(Input::Touchpoints, "step"),
            // Known once the frame is.
            as_of_micros: i64::MAX,
        };
        let sales = Sales {
            has_carts: maps(Input::Touchpoints, "cart_id"),
            has_opportunities: reports.of(Input::Opportunities).is_some(),
            has_stages: maps(Input::Opportunities, "stage"),
            has_competitors: maps(Input::Opportunities, "competitor"),
            stages: lists.of(Input::Opportunities, "stage"),
            listed_stages: lists.listed(Input::Opportunities, "stage"),
            reasons: lists.of(Input::Opportunities, "reason"),
            competitors: lists.of(Input::Opportunities, "competitor"),
        };
        let goods = Goods {
            products: lists.of(Input::OrderLines, "product"),
            categories: lists.of(Input::OrderLines, "category"),
            reasons: lists.of(Input::Returns, "reason"),
            has_products: maps(Input::OrderLines, "product"),
            has_returned_products: maps(Input::Returns, "product"),
            has_categories: maps(Input::OrderLines, "category"),
            has_reasons: maps(Input::Returns, "reason"),
        };
        let signals = lists.of(Input::Engagement, "kind");
        let place = |name: &str| {
            let place = signals.iter().position(|signal| &**signal == name);
            let place = place.filter(|_| derived.contains(&name));
            place.and_then(|place| u32::try_from(place).ok())
        };
        let engagement = Engagement {
            late_payments: place(LATE_PAYMENTS),
            product_returns: place(PRODUCT_RETURNS),
            low_scores: place(LOW_SCORES),
            // Known once the frame is.
            known_from: vec![None; signals.len()],
            signals,
        };
        Self { lists, funnel, sales, goods, engagement }
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
        let first_days = &survey.first_days[Input::Engagement as usize];
        let kinds = self.lists.by_code(Input::Engagement, "kind");
        for (signal, first) in kinds.iter().zip(first_days) {
            // Kinds that nobody has heard of by then are no signals yet.
            if *first < as_of {
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
