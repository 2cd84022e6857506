//! A block as bytes.

use kohort_inputs::spec;
use kohort_model::{Day, Input, InputSpec};

use super::bytes::{Reader, Writer};
use super::check::Inspector;
use super::codes::{KeptTexts, NewCodes};
use crate::TimelineError;
use crate::chunk::repack;
use crate::lane::Taken;
use crate::layout::{Cell, Layout, Stream};
use crate::shared::{Seen, Shared, Totals, first_of};
use crate::store::PARTITIONS;

/// A kept block, its rows still packed.
pub struct Block<'a> {
    input: Input,
    totals: Totals,
    /// By list of texts, in order of the codes.
    texts: Vec<Vec<(u32, &'a str)>>,
    stretches: Vec<Stretch<'a>>,
}

/// The chunks of one partition's stream.
struct Stretch<'a> {
    stream: Stream,
    partition: usize,
    chunks: &'a [u8],
}

/// A range of days, two numbers more than nothing where there is one.
fn put_range(writer: &mut Writer, range: Option<(Day, Day)>) {
    writer.number(range.is_some().into());
    for day in range.into_iter().flat_map(|(first, last)| [first, last]) {
        writer.signed(day.0.into());
    }
}

/// Which of an input's lists of texts is the one of which first days are noted.
pub(super) fn dated_texts(spec: &InputSpec) -> Option<usize> {
    let place = spec.place(spec.first_days_of?)?;
    spec.texts().position(|(text, _)| text == place)
}

pub(super) fn encode(taken: &Taken, texts: &KeptTexts) -> Vec<u8> {
    let mut writer = Writer::default();
    let Totals { seen, first_days, negative_attempts, ignored } = &taken.totals;
    put_range(&mut writer, seen.activity);
    put_range(&mut writer, seen.any);
    writer.number(seen.newest.len() as u64);
    for ((_, place), day) in &seen.newest {
        writer.number(*place as u64);
        writer.signed(day.0.into());
    }
    writer.number(seen.future.len() as u64);
    for (day, _, place) in &seen.future {
        writer.number(*place as u64);
        writer.signed(day.0.into());
    }
    seen.further.iter().for_each(|range| put_range(&mut writer, *range));
    writer.number(first_days.len() as u64);
    for day in first_days {
        writer.signed(day.0.into());
    }
    writer.number(*negative_attempts);
    writer.number(*ignored);
    writer.number(texts.len() as u64);
    for texts in texts {
        writer.number(texts.len() as u64);
        for (code, text) in texts {
            writer.number((*code).into());
            writer.bytes(text.as_bytes());
        }
    }
    for (stream, chunks) in &taken.chunks {
        let stretches: Vec<_> = chunks.chunk_by(|(a, _), (b, _)| a == b).collect();
        writer.number(stream.place() as u64);
        writer.number(stretches.len() as u64);
        for stretch in &stretches {
            writer.number(stretch[0].0 as u64);
            writer.number(stretch.iter().map(|(_, chunk)| chunk.len() as u64).sum());
        }
    }
    let size = taken.chunks.iter().flat_map(|(_, chunks)| chunks).map(|(_, chunk)| chunk.len());
    writer.0.reserve_exact(size.sum());
    for (_, chunk) in taken.chunks.iter().flat_map(|(_, chunks)| chunks) {
        writer.0.extend_from_slice(chunk);
    }
    writer.0
}

impl<'a> Block<'a> {
    /// The block of rows of `input` that `bytes` are; `None` where they are none. What a digest would
    /// find, such as values that were changed to others, goes unnoticed here.
    pub(super) fn read(bytes: &'a [u8], layout: &Layout, input: Input) -> Option<Self> {
        let mut reader = Reader(bytes);
        let range = |reader: &mut Reader<'a>| -> Option<Option<(Day, Day)>> {
            match reader.number()? {
                0 => Some(None),
                _ => Some(Some((Day(reader.day()?), Day(reader.day()?)))),
            }
        };
        let mut seen =
            Seen { activity: range(&mut reader)?, any: range(&mut reader)?, ..Seen::default() };
        for _ in 0..reader.count()? {
            let (place, day) = (usize::try_from(reader.number()?).ok()?, Day(reader.day()?));
            seen.newest.insert((input, place), day);
        }
        for _ in 0..reader.count()? {
            let (place, day) = (usize::try_from(reader.number()?).ok()?, Day(reader.day()?));
            seen.future.insert((day, input, place));
        }
        for further in &mut seen.further {
            *further = range(&mut reader)?;
        }
        let mut first_days = Vec::new();
        for _ in 0..reader.count()? {
            first_days.push(Day(reader.day()?));
        }
        let (negative_attempts, ignored) = (reader.number()?, reader.number()?);
        let totals = Totals { seen, first_days, negative_attempts, ignored };
        let mut texts = Vec::new();
        for _ in 0..reader.count()? {
            let mut column: Vec<(u32, &str)> = Vec::new();
            for _ in 0..reader.count()? {
                let code = u32::try_from(reader.number()?).ok()?;
                let follows = column.last().is_none_or(|(last, _)| *last < code);
                let text = std::str::from_utf8(reader.bytes()?).ok()?;
                column.push(follows.then_some((code, text))?);
            }
            texts.push(column);
        }
        let mut lengths = Vec::new();
        for stream in [Stream::of(input), Stream::beside(input)] {
            (reader.number()? == stream.place() as u64).then_some(())?;
            for _ in 0..reader.count()? {
                let partition = usize::try_from(reader.number()?).ok()?;
                let length = usize::try_from(reader.number()?).ok()?;
                lengths.push((stream, (partition < PARTITIONS).then_some(partition)?, length));
            }
        }
        let mut rest = reader.0;
        let mut inspector = Inspector::new(layout, input, &totals, &texts)?;
        let mut stretches = Vec::with_capacity(lengths.len());
        for (stream, partition, length) in lengths {
            let chunks;
            (chunks, rest) = rest.split_at_checked(length)?;
            inspector.stretch(stream, chunks)?;
            stretches.push(Stretch { stream, partition, chunks });
        }
        let is_whole = rest.is_empty() && inspector.finish();
        is_whole.then_some(Self { input, totals, texts, stretches })
    }

    /// The texts behind its codes, by list: of the input's columns of texts, then of the segments.
    #[must_use]
    pub fn texts(&self) -> KeptTexts {
        let owned = |(code, text): &(u32, &str)| (*code, (*text).to_owned());
        self.texts.iter().map(|texts| texts.iter().map(owned).collect()).collect()
    }

    pub(super) fn restore(&self, shared: &Shared, codes: &NewCodes) -> Result<(), TimelineError> {
        let mut first_days = Vec::new();
        let dated = dated_texts(spec(self.input)).unwrap_or_default();
        for (code, day) in (0..).zip(&self.totals.first_days) {
            if *day < Day::MAX {
                first_of(&mut first_days, codes.of(dated, code) as usize, *day);
            }
        }
        shared.close(self.input, &Totals { first_days, ..self.totals.clone() });
        for Stretch { stream, partition, chunks } in &self.stretches {
            let columns = shared.layout.columns(*stream);
            let texts = |word: usize| match columns.words[word].cell {
                Cell::Code(texts) => Some(texts),
                _ => None,
            };
            let has_codes = (0..columns.width()).any(|word| texts(word).is_some());
            let packed = if codes.are_same() || !has_codes {
                (*chunks).into()
            } else {
                let change = |word: usize, values: &mut [u64]| {
                    let Some(texts) = texts(word) else { return };
                    for value in values {
                        let code = u32::try_from(*value).unwrap_or(u32::MAX);
                        *value = codes.of(texts, code).into();
                    }
                };
                let mut changed = Vec::new();
                repack(chunks, columns.width(), change, &mut changed);
                changed.into()
            };
            shared.store.push(*partition, (*stream, columns.width()), packed)?;
        }
        Ok(())
    }
}
