//! From a frame of the engine to a batch of plain slices.

use kohort_model::{EventBatch, Input, Scale};
use polars::prelude::DataFrame;

use crate::checks;
use crate::codes::{Dictionaries, TextCodes};
use crate::columns::Flaws;
use crate::columns::amount::{self, Rule};
use crate::columns::ids::Ids;
use crate::columns::time::{Now, TimeBuffer, updates};
use crate::contract::Opened;
use crate::currency::Converter;
use crate::error::LoadError;
use crate::frame::Rows;
use crate::mapping::Role;
use crate::sink::Sink;
use crate::source::Needs;

mod columns;
mod keys;
mod plain;

pub(crate) use columns::{Columns, Origin};
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
    /// After which nothing can have happened yet.
    now: Option<Now>,
    codes: TextCodes<'a>,
    converter: Option<Converter<'a>>,
    /// What was wrong with the rows of the last frame.
    pub flaws: Flaws,
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
            // A subscription that starts later is sold already.
            now: (!subscriptions).then_some(now),
            codes: TextCodes::new(dictionaries),
            converter: input.rates.as_ref().map(Converter::new),
            flaws: Flaws::default(),
            buffers: Buffers::default(),
        }
    }

    /// Tells how many rows of a query's frame fail each check: file, check and rows.
    pub fn checked(
        &self,
        frame: &DataFrame,
        query: &Rows,
        told: &mut dyn FnMut(usize, usize, u64),
    ) {
        let columns = Columns { frame, selection: self.selection, input: self.input };
        checks::count(&columns, &Origin::new(query, frame), told);
    }

    /// Hands the accepted rows of a query's frame to the sink. The reasons of the others are in
    /// `flaws` until the next frame.
    pub fn push<S: Sink>(
        &mut self,
        frame: &mut DataFrame,
        query: &Rows,
        sink: &mut S,
    ) -> Result<(), LoadError> {
        if frame.max_n_chunks() > 1 {
            frame.rechunk_mut();
        }
        let origin = Origin::new(query, frame);
        let columns = Columns { frame, selection: self.selection, input: self.input };
        let Self { flaws, buffers, .. } = self;
        let input = self.input;
        flaws.clear();

        let mut keys = buffers.keys.read(&columns, flaws, &origin)?;
        let (mut days, mut instants) = match columns.get(Role::Time) {
            Some(column) => buffers.times.read(column, &input.zone, self.now, flaws),
            None => buffers.times.none(frame.height()),
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
            read.map_err(|error| input.wrong_amount(error, column, scale, &origin))?;
        } else if let Some(null) = rule.null {
            plain::fill(&mut plain.values, days.len(), null);
        }
        if let Some(column) = columns.get(Role::Units) {
            let whole = Scale::default();
            let read = amount::minor_units(column, whole, Rule::UNITS, flaws, &mut plain.units);
            read.map_err(|error| input.wrong_amount(error, column, whole, &origin))?;
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
            sink.push(query.part(), &batch).map_err(|error| LoadError::Sink(Box::new(error)))?;
        }
        buffers.keys.recycle(keys);
        Ok(())
    }
}
