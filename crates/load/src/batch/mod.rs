//! From a frame of the engine to a batch of plain slices.

use kohort_expr::{Evaluated, Failure};
use kohort_model::{Day, EventBatch, Input, Scale};
use polars::prelude::{BooleanChunked, DataFrame, NewChunkedArray, PlSmallStr, Series};

use crate::checks;
use crate::codes::{Dictionaries, TextCodes};
use crate::columns::amount::{self, Rule};
use crate::columns::ids::Ids;
use crate::columns::shown::shown;
use crate::columns::time::{Known, Now, TimeBuffer, updates};
use crate::columns::{Flaws, values};
use crate::contract::Opened;
use crate::currency::Converter;
use crate::days_seen::DaysSeen;
use crate::distinct::Firsts;
use crate::error::LoadError;
use crate::frame::{PLACE, Rows};
use crate::mapping::Role;
use crate::sink::Sink;
use crate::source::Needs;

mod columns;
mod keys;
mod plain;

pub(crate) use columns::Columns;
use keys::KeyBuffers;
pub(crate) use plain::Plain;
use plain::Spans;

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
        let order_ids = needs.order_ids || input.input() != Input::Orders;
        let wanted = |role| match role {
            Role::Filter => false,
            Role::Order => order_ids && admits(role),
            Role::Reason => needs.reasons && admits(role),
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
    spans: Spans,
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
        let subscriptions = input.input() == Input::Subscriptions;
        Self {
            input,
            selection,
            known: Known {
                earliest: input.source.earliest.unwrap_or(Day::MIN),
                // A subscription that starts later is sold already.
                until: (!subscriptions).then_some(now),
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
        if let Some(filter) = &detail.residual {
            let passing = filter.passing(&frame);
            if passing.kept.sum() != u32::try_from(frame.height()).ok() {
                frame = filtered(&frame, &passing.kept)
                    .map_err(|reason| input.not_evaluated(file, reason))?;
            }
            for (row, failure) in passing.failures {
                self.flaws.fail(frame.height(), row, Role::Filter, failure);
            }
        }
        let mut values = Vec::with_capacity(self.selection.mappings.len());
        let mut rounded = 0;
        for index in &self.selection.mappings {
            let role = input.mappings[*index].role;
            let Evaluated { values: series, failures, rounded: of } =
                detail.mapped[*index].evaluate(&frame);
            values.push(series);
            if role == Role::Amount {
                rounded += of;
            }
            if matches!(role, Role::Check(_)) {
                continue;
            }
            for (row, failure) in failures {
                if failure == Failure::Overflow && matches!(role, Role::Amount | Role::Units) {
                    return Err(input.too_large(role, &frame, row, file));
                }
                self.flaws.fail(frame.height(), row, role, failure);
            }
        }
        Ok(Taken { frame, values, duplicates, rounded })
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
        let columns = Columns { values: series, rows, selection: self.selection, input };

        let mut keys = buffers.keys.read(&columns, flaws, file)?;
        let (mut days, mut instants) = match columns.get(Role::Time) {
            Some(column) => buffers.times.read(column, &input.zones.business, *known, flaws),
            None => buffers.times.none(rows),
        };
        let plain = &mut buffers.plain;
        buffers.spans.read(&columns, days, flaws, plain);
        plain.read_kinds(&columns, flaws);
        let rule = plain::amounts(input.input());
        if let Some((column, (_, scale))) = columns.get(Role::Amount).zip(input.source.amount()) {
            let months = &*buffers.spans.months;
            let months = (input.input() == Input::Subscriptions).then_some(months);
            let currencies = columns.get(Role::Currency).zip(self.converter.as_mut());
            let into = &mut plain.values;
            let read = if currencies.is_none() && months.is_none() {
                amount::minor_units(column, scale, rule, flaws, into)
            } else {
                amount::converted(column, currencies, days, months, scale, flaws, into)
            };
            read.map_err(|error| input.wrong_amount(error, column, scale, file))?;
            *rounded += amount::rounded_rows(column, scale, flaws);
        } else if let Some(null) = rule.null {
            plain::fill(&mut plain.values, days.len(), null);
        }
        if let Some(column) = columns.get(Role::Units) {
            let whole = Scale::default();
            let read = amount::minor_units(column, whole, Rule::UNITS, flaws, &mut plain.units);
            read.map_err(|error| input.wrong_amount(error, column, whole, file))?;
        }
        if let Some(column) = columns.get(Role::Updated) {
            updates(column, &mut plain.updated);
        }
        self.codes.read(&columns, flaws, plain)?;

        if !self.selection.needs.instants {
            instants = &[];
        }
        let mut plain = &buffers.plain;
        if flaws.any() {
            let kept = &mut buffers.kept;
            keys = buffers.keys.keep(keys, flaws);
            flaws.kept(days, &mut kept.days);
            flaws.kept(instants, &mut kept.instants);
            plain.kept(flaws, &mut kept.plain);
            (days, instants, plain) = (&kept.days, &kept.instants, &kept.plain);
        }
        if !days.is_empty() {
            if columns.get(Role::Time).is_some() {
                self.days.see(days);
            }
            let segments: Vec<&[u32]> = plain.segments.iter().map(Vec::as_slice).collect();
            let batch = EventBatch {
                customers: keys.customers.keys(),
                days,
                values: &plain.values,
                kinds: &plain.kinds,
                instants,
                orders: keys.orders.as_ref().map(Ids::keys),
                others: keys.others.as_ref().map(Ids::keys),
                updated: &plain.updated,
                reasons: &plain.reasons,
                segments: &segments,
                ends: &plain.ends,
                cancelled: &plain.cancelled,
                causes: &plain.causes,
                units: &plain.units,
            };
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
}

impl Taken {
    pub fn rows(&self) -> usize {
        self.frame.height()
    }

    pub fn columns<'a>(&'a self, selection: &'a Selection, input: &'a Opened) -> Columns<'a> {
        Columns { values: &self.values, rows: self.rows(), selection, input }
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
            Role::Amount => self.source.amount().map_or(0, |(_, scale)| scale.places()),
            _ => 0,
        };
        LoadError::AmountOverflow {
            value: value.collect::<Vec<_>>().join(", "),
            path: self.files[file].path.clone(),
            scale,
        }
    }
}
