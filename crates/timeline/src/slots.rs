//! Where the values of segments count.

use std::sync::Arc;

use kohort_model::{Input, SegmentAt, Slot};

use crate::ids::to_u32;

/// A segment and the texts of its value codes, each once.
#[derive(Clone, Debug)]
pub struct SegmentValues {
    /// The segment's name.
    pub name: Arc<str>,
    /// Which order gives a customer's value.
    pub at: SegmentAt,
    /// The text of each code.
    pub texts: Vec<Arc<str>>,
}

/// What the codes of a column of texts mean.
#[derive(Clone, Debug, Default)]
pub struct TextPlaces {
    /// By code, the place of its text in the list of all; [`kohort_model::NOT_LISTED`] of a text that
    /// is not in it.
    pub by_code: Arc<[u32]>,
    /// The place of the text for what is missing: that of every row where the column is not mapped.
    pub missing: u32,
}

/// The value of a segment where it is missing.
const NONE: &str = "(none)";

/// The value code of someone whom no event gives a value.
pub(crate) const NO_CODE: u32 = u32::MAX;

/// Which slot of the results a segment's value codes mean.
#[derive(Clone, Debug, Default)]
pub struct SlotMap {
    at: Vec<SegmentAt>,
    /// Slot of each code, one vector a segment.
    slots: Vec<Vec<u32>>,
    /// Place of each code's text in order, one vector a segment; the reasons' last.
    rank: Vec<Vec<u32>>,
    /// The same with the text for what is missing last: `(none)`, and `unknown` of the reasons.
    missing_last: Vec<Vec<u32>>,
    /// Slot of `(none)`, one a segment; that of everybody where no code has that text.
    none: Vec<u32>,
    /// By [`Input`] as a number and place of the column.
    texts: Vec<Vec<TextPlaces>>,
}

impl SlotMap {
    /// Gives every value of every segment a slot: everybody first, then by segment name and
    /// value. `reasons` are the texts of the reason codes.
    #[must_use]
    pub fn new(segments: &[SegmentValues], reasons: &[Arc<str>]) -> (Self, Vec<Slot>) {
        let mut slots = vec![Slot { segment: "all".into(), value: None }];
        let mut map = Self {
            at: segments.iter().map(|segment| segment.at).collect(),
            slots: vec![Vec::new(); segments.len()],
            none: vec![0; segments.len()],
            rank: segments.iter().map(|segment| rank(&segment.texts)).collect(),
            ..Self::default()
        };
        map.rank.push(rank(reasons));
        let texts = segments.iter().map(|segment| (&*segment.texts, NONE));
        let texts = texts.chain([(reasons, "unknown")]).zip(&map.rank);
        map.missing_last = texts.map(|((texts, text), rank)| last(text, texts, rank)).collect();
        let mut by_name: Vec<usize> = (0..segments.len()).collect();
        by_name.sort_by_key(|s| &segments[*s].name);
        for s in by_name {
            let SegmentValues { name, texts, .. } = &segments[s];
            let base = slots.len();
            map.slots[s] = map.rank[s].iter().map(|place| to_u32(base as u64) + place).collect();
            let none = texts.iter().position(|text| &**text == NONE);
            map.none[s] = none.map_or(0, |code| map.slots[s][code]);
            let mut sorted: Vec<_> = texts.clone();
            sorted.sort_unstable();
            slots.extend(
                sorted
                    .into_iter()
                    .map(|text| Slot { segment: Arc::clone(name), value: Some(text) }),
            );
        }
        (map, slots)
    }

    /// The same with what the codes of a column of another input mean.
    #[must_use]
    pub fn with_texts(mut self, input: Input, column: usize, places: TextPlaces) -> Self {
        let (input, columns) = (input as usize, &mut self.texts);
        columns.resize(columns.len().max(input + 1), Vec::new());
        let own = &mut columns[input];
        own.resize(own.len().max(column + 1), TextPlaces::default());
        own[column] = places;
        self
    }

    /// What the codes of a column mean.
    pub(crate) fn texts(&self, input: Input, column: usize) -> Option<&TextPlaces> {
        self.texts.get(input as usize)?.get(column)
    }

    /// The place of each code's text among all in order, one vector a segment; the reasons' last.
    pub(crate) fn rank(&self) -> &[Vec<u32>] {
        &self.rank
    }

    /// The same where what is missing comes last.
    pub(crate) fn missing_last(&self) -> &[Vec<u32>] {
        &self.missing_last
    }

    /// The place of a reason among all, `unknown` last.
    pub(crate) fn reason(&self, code: u32) -> u32 {
        let reasons = self.missing_last.last();
        reasons.and_then(|places| places.get(code as usize)).copied().unwrap_or(u32::MAX)
    }

    /// The segments of a kind, by number.
    pub(crate) fn at(&self, at: SegmentAt) -> impl Iterator<Item = usize> {
        self.at.iter().enumerate().filter(move |(_, own)| **own == at).map(|(segment, _)| segment)
    }

    /// The slots of value codes of a segment; of those without a code that of `(none)`.
    pub(crate) fn of(&self, segment: usize, codes: &[u32]) -> Vec<u32> {
        let (slots, none) = (&self.slots[segment], self.none[segment]);
        codes.iter().map(|code| slots.get(*code as usize).copied().unwrap_or(none)).collect()
    }
}

/// The places of texts, of which `text` comes last.
fn last(text: &str, texts: &[Arc<str>], rank: &[u32]) -> Vec<u32> {
    let places = rank.iter().zip(texts);
    places.map(|(place, own)| if **own == *text { u32::MAX } else { *place }).collect()
}

/// The place of each text among all in order.
fn rank(texts: &[Arc<str>]) -> Vec<u32> {
    let mut sorted: Vec<usize> = (0..texts.len()).collect();
    sorted.sort_by_key(|i| &texts[*i]);
    let mut rank = vec![0; texts.len()];
    sorted.iter().enumerate().for_each(|(place, i)| rank[*i] = to_u32(place as u64));
    rank
}
