//! From a frame of the engine to a batch of plain slices.

use std::collections::BTreeMap;

use kohort_expr::{Evaluated, Failure, UnknownKeys};
use kohort_model::{Cells, Day, EventBatch, Switch, UNDATED, ValueKind};
use polars::prelude::{BooleanChunked, DataFrame, NewChunkedArray, PlSmallStr, Series};

use crate::checks;
use crate::codes::{Dictionaries, TextCodes};
use crate::columns::amount::Prices;
use crate::columns::interval::{Paid, paid};
use crate::columns::shown::shown;
use crate::columns::time::{Known, Now, TimeBuffer};
use crate::columns::{Flaws, values};
use crate::contract::Opened;
use crate::currency::Converter;
use crate::days_seen::DaysSeen;
use crate::distinct::Firsts;
use crate::error::LoadError;
use crate::frame::{PLACE, Rows};
use crate::mapping::{Mapping, Role};
use crate::sink::Sink;
use crate::source::Needs;

mod columns;
mod keys;
mod plain;
mod unknown;

pub(crate) use columns::Columns;
use keys::KeyBuffers;
pub(crate) use plain::Plain;
use unknown::Unknown;

/// Which mapped values one pass reads.
#[derive(Clone, Debug)]
pub(crate) struct Selection {
    pub needs: Needs,
    /// Indices of mapped values, in the order of the columns that the engine hands over.
    pub mappings: Vec<usize>,
}

impl Selection {
    /// Of all mapped values those that a role test admits.
    pub fn new(input: &Opened, needs: Needs, admits: impl Fn(Role) -> bool) -> Self {
        let wanted = |role| match role {
            Role::Filter => false,
            Role::Column(place) => input.source.is_needed(place, needs) && admits(role),
            Role::Check(check) => input.source.checks[check].must.is_counted() && admits(role),
            role => admits(role),
        };
        let indices = input.mappings.iter().enumerate();
        let mappings = indices.filter(|(_, m)| wanted(m.role)).map(|(index, _)| index).collect();
        Self { needs, mappings }
    }
}

/// Turns frames into batches; one a thread, with buffers that it uses again and again.
pub(crate) struct Batcher<'a> {
    pub input: &'a Opened,
    selection: &'a Selection,
    /// When rows can be.
    known: Known,
    codes: TextCodes<'a>,
    converter: Option<Converter<'a>>,
    /// What was wrong with the rows of the last frame.
    pub flaws: Flaws,
    /// The days of its other rows, where rows have a time.
    pub days: DaysSeen,
    buffers: Buffers,
}

#[derive(Default)]
struct Buffers {
    keys: KeyBuffers,
    times: TimeBuffer,
    other_times: TimeBuffer,
    /// How often the price of each row is paid.
    paid: Vec<Paid>,
    plain: Plain,
    kept: Kept,
}

/// The entries of rows without a flaw, of a batch that has rows with one.
#[derive(Default)]
struct Kept {
    days: Vec<i32>,
    instants: Vec<i64>,
    plain: Plain,
}

impl<'a> Batcher<'a> {
    pub fn new(
        input: &'a Opened,
        selection: &'a Selection,
        dictionaries: &'a Dictionaries,
        now: Now,
    ) -> Self {
        Self {
            input,
            selection,
            known: Known {
                earliest: input.source.earliest.unwrap_or(Day::MIN),
                until: (!input.source.spec.may_be_planned).then_some(now),
            },
            codes: TextCodes::new(dictionaries),
            converter: input.rates.as_ref().map(Converter::new),
            flaws: Flaws::default(),
            days: DaysSeen::default(),
            buffers: Buffers::default(),
        }
    }

    /// Tells how many rows of a frame fail each check: check and rows.
    pub fn checked(&self, taken: &Taken, told: &mut dyn FnMut(usize, u64)) {
        checks::count(&taken.columns(self.selection, self.input), told);
    }

    /// Hands the accepted rows of a query's frame to the sink. The reasons of the others are in
    /// `flaws` until the next frame. `firsts` says which rows are no duplicates.
    pub fn push<S: Sink>(
        &mut self,
        frame: DataFrame,
        query: &Rows,
        firsts: Option<&Firsts>,
        sink: &mut S,
    ) -> Result<Taken, LoadError> {
        let mut taken = self.look(frame, query, firsts)?;
        self.days = DaysSeen::default();
        self.read(&mut taken, query.file, sink)?;
        Ok(taken)
    }

    /// The accepted and the rejected rows of a query's frame, without a look at what is wrong with them.
    pub fn look(
        &mut self,
        frame: DataFrame,
        query: &Rows,
        firsts: Option<&Firsts>,
    ) -> Result<Taken, LoadError> {
        self.flaws.clear();
        self.take(self.input.completed(frame, query.file), query, firsts)
    }

    /// The rows of a frame that the filter lets through, and their mapped values.
    fn take(
        &mut self,
        frame: DataFrame,
        query: &Rows,
        firsts: Option<&Firsts>,
    ) -> Result<Taken, LoadError> {
        let (input, file) = (self.input, query.file);
        let detail = &input.details[file];
        let (mut frame, mut duplicates) = (frame, 0);
        if let Some(firsts) = firsts {
            let is_first = |row: &i64| firsts.is_first(file, row.cast_unsigned());
            let kept: Vec<bool> = places(&frame).iter().map(is_first).collect();
            let passing = detail.residual.as_ref().map(|filter| filter.passing(&frame).kept);
            let counts = |row: usize| passing.as_ref().is_none_or(|p| p.get(row) == Some(true));
            duplicates = (0..kept.len()).filter(|row| !kept[*row] && counts(*row)).count() as u64;
            frame = filtered(&frame, &BooleanChunked::from_slice(PlSmallStr::EMPTY, &kept))
                .map_err(|reason| input.not_evaluated(file, reason))?;
        }
        let mut unknown = Unknown::default();
        if let Some(filter) = &detail.residual {
            let passing = filter.passing(&frame);
            unknown.of_filter(passing.missed, &passing.kept);
            if passing.kept.sum() != u32::try_from(frame.height()).ok() {
                frame = filtered(&frame, &passing.kept)
                    .map_err(|reason| input.not_evaluated(file, reason))?;
            }
            for (row, failure) in passing.failures {
                self.flaws.fail(frame.height(), row, (Role::Filter, None), failure);
            }
        }
        let mut values = Vec::with_capacity(self.selection.mappings.len());
        let mut rounded = 0;
        for index in &self.selection.mappings {
            let Mapping { role, kind, .. } = input.mappings[*index];
            let is_number = matches!(kind, Some(ValueKind::Number(_)));
            let Evaluated { values: series, failures, rounded: of, missed } =
                detail.mapped[*index].evaluate(&frame);
            unknown.join(missed);
            values.push(series);
            if is_number && !kind.is_some_and(plain::is_whole) {
                rounded += of;
            }
            if matches!(role, Role::Check(_)) {
                continue;
            }
            for (row, failure) in failures {
                if failure == Failure::Overflow && is_number {
                    return Err(input.too_large(role, &frame, row, file));
                }
                self.flaws.fail(frame.height(), row, (role, kind), failure);
            }
        }
        Ok(Taken { frame, values, duplicates, rounded, unknown_keys: unknown.finish() })
    }

    /// Reads the mapped values and hands them on.
    fn read<S: Sink>(
        &mut self,
        taken: &mut Taken,
        file: usize,
        sink: &mut S,
    ) -> Result<(), LoadError> {
        let Self { flaws, buffers, known, .. } = self;
        let input = self.input;
        let Taken { frame, values: series, rounded, .. } = taken;
        let rows = frame.height();
        let columns = Columns { values: series, selection: self.selection, input };

        let mut keys = buffers.keys.read(&columns, flaws, file)?;
        let time = columns.find(|kind| matches!(kind, ValueKind::Time(_)));
        let (mut days, mut instants) = match time {
            Some(time) => {
                let known = (*known, input.source.spec.may_be_undated);
                buffers.times.read(time, &input.zones.business, known, flaws)
            }
            None => (&[][..], &[][..]),
        };
        let plain = &mut buffers.plain;
        plain.begin(&columns);
        plain.read_days(&columns, &mut buffers.other_times, days, flaws);
        let prices = input.source.interval().map(|interval| {
            let find = |of| columns.find(|kind| kind == of).map(|(column, _)| column);
            let (intervals, trials) = (find(ValueKind::Interval), find(ValueKind::Trial));
            paid(rows, intervals, trials, &mut buffers.paid);
            let has_discounts = input.source.is_on(Switch::Discounts);
            Prices { paid: &buffers.paid, interval, has_discounts }
        });
        plain.read_small(&columns, flaws);
        plain.check_undated(&columns, days, flaws);
        let converter = self.converter.as_mut();
        *rounded += plain.read_numbers(&columns, (days, prices), converter, (file, flaws))?;
        plain.read_updates(&columns);
        self.codes.read(&columns, flaws, plain)?;

        if !self.selection.needs.instants {
            instants = &[];
        }
        let (mut plain, mut left) = (&buffers.plain, rows);
        if flaws.any() {
            let kept = &mut buffers.kept;
            left = (0..rows).filter(|row| !flaws.is_marked(*row)).count();
            keys = buffers.keys.keep(keys, flaws);
            flaws.kept(days, &mut kept.days);
            flaws.kept(instants, &mut kept.instants);
            plain.kept(flaws, &mut kept.plain);
            (days, instants, plain) = (&kept.days, &kept.instants, &kept.plain);
        }
        if left > 0 {
            if time.is_some() {
                if input.source.spec.may_be_undated {
                    let dated = days.iter().copied().filter(|day| *day != UNDATED);
                    self.days.see(&dated.collect::<Vec<_>>());
                } else {
                    self.days.see(days);
                }
            }
            let spec = input.source.spec;
            let cells = |place: usize| match spec.columns[place].kind {
                ValueKind::Id(_) => keys.cells(place),
                ValueKind::Time(_) => time.map(|_| Cells::Days(days)),
                kind if input.maps(place) => plain.columns[place].cells(kind),
                _ => None,
            };
            let columns: Vec<_> = (0..spec.columns.len()).map(cells).collect();
            let segments: Vec<&[u32]> = plain.segments.iter().map(Vec::as_slice).collect();
            let batch = EventBatch { rows: left, columns: &columns, instants, segments: &segments };
            sink.push(input.part_of(file), &batch)
                .map_err(|error| LoadError::Sink(Box::new(error)))?;
        }
        buffers.keys.recycle(keys);
        Ok(())
    }
}

/// The rows of a frame that the filter lets through.
pub(crate) struct Taken {
    /// The columns of the file.
    pub frame: DataFrame,
    /// The mapped values, in the order of the selection.
    values: Vec<Series>,
    /// Rows that were left out because they equal an earlier one.
    pub duplicates: u64,
    /// Rows whose amount was rounded.
    pub rounded: u64,
    /// By lookup the rows in which it lacks a key.
    pub unknown_keys: BTreeMap<String, UnknownKeys>,
}

impl Taken {
    pub fn rows(&self) -> usize {
        self.frame.height()
    }

    pub fn columns<'a>(&'a self, selection: &'a Selection, input: &'a Opened) -> Columns<'a> {
        Columns { values: &self.values, selection, input }
    }

    /// Place of a row in its file, where the query has it.
    pub fn place(&self, row: usize) -> u64 {
        places(&self.frame).get(row).map_or(0, |place| place.cast_unsigned())
    }
}

/// The places of a frame's rows in their file, where the query has them.
fn places(frame: &DataFrame) -> &[i64] {
    let places = frame.column(PLACE).ok().and_then(|column| column.i64().ok());
    places.map_or(&[], |places| values!(places))
}

fn filtered(frame: &DataFrame, kept: &BooleanChunked) -> Result<DataFrame, String> {
    let mut kept = frame.filter_seq(kept).map_err(|error| error.to_string())?;
    if kept.max_n_chunks() > 1 {
        kept.rechunk_mut();
    }
    Ok(kept)
}

impl Opened {
    /// A frame that could not be filtered, which memory alone can be the reason of.
    fn not_evaluated(&self, file: usize, reason: String) -> LoadError {
        LoadError::Read { path: self.files[file].path.clone(), reason }
    }

    /// An amount of more digits than any number has.
    fn too_large(&self, role: Role, frame: &DataFrame, row: usize, file: usize) -> LoadError {
        let columns = self.mapping(role).map_or(&[][..], |mapping| mapping.columns());
        let value = columns.iter().filter_map(|name| {
            let series = frame.column(name).ok()?.as_materialized_series();
            Some(format!("{name} = {}", shown(series, row).unwrap_or_else(|| "NULL".to_owned())))
        });
        let scale = match role {
            Role::Column(place) => match self.source.spec.columns[place].kind {
                ValueKind::Number(number) => self.source.scale_of(number).places(),
                _ => 0,
            },
            _ => 0,
        };
        LoadError::AmountOverflow {
            value: value.collect::<Vec<_>>().join(", "),
            path: self.files[file].path.clone(),
            scale,
            is_monthly: false,
        }
    }
}
