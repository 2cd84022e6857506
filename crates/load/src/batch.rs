//! From a frame of the engine to a batch of plain slices.

use kohort_model::{Day, EventBatch, Input, NEVER, Scale};
use polars::prelude::{DataFrame, Series};

use crate::codes::{Dictionaries, TextCodes};
use crate::columns::amount::{self, AmountError};
use crate::columns::ids::{IdBuffer, Ids, Negative};
use crate::columns::shown::shown;
use crate::columns::time::{Now, TimeBuffer, updates};
use crate::columns::{Flaws, Reason, flags, values};
use crate::contract::Opened;
use crate::currency::Converter;
use crate::error::LoadError;
use crate::frame::{Rows, place};
use crate::mapping::{Mapping, Role};
use crate::sink::Sink;
use crate::source::{ContactsSource, Content, Needs};

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
        let subscriptions = input.input() == Input::Subscriptions;
        let wanted = |role| match role {
            Role::Filter => false,
            Role::Order => (needs.order_ids || subscriptions) && admits(role),
            Role::Reason => needs.reasons && admits(role),
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
    customers: IdBuffer,
    orders: IdBuffer,
    times: TimeBuffer,
    spans: Spans,
    plain: Plain,
    kept: Kept,
}

/// What a batch has beside ids and times.
#[derive(Default)]
pub(crate) struct Plain {
    values: Vec<i64>,
    kinds: Vec<u8>,
    updated: Vec<i64>,
    pub reasons: Vec<u32>,
    pub segments: Vec<Vec<u32>>,
    ends: Vec<i32>,
    cancelled: Vec<i32>,
    causes: Vec<u8>,
}

impl Plain {
    /// The entries of rows without a flaw.
    fn kept(&self, flaws: &Flaws, into: &mut Self) {
        flaws.kept(&self.values, &mut into.values);
        flaws.kept(&self.kinds, &mut into.kinds);
        flaws.kept(&self.updated, &mut into.updated);
        flaws.kept(&self.reasons, &mut into.reasons);
        flaws.kept(&self.ends, &mut into.ends);
        flaws.kept(&self.cancelled, &mut into.cancelled);
        flaws.kept(&self.causes, &mut into.causes);
        into.segments.resize_with(self.segments.len(), Vec::new);
        for (codes, into) in self.segments.iter().zip(&mut into.segments) {
            flaws.kept(codes, into);
        }
    }
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

        let column = columns.one(Role::Customer);
        flaws.mark_nulls(column, Reason::NullCustomerId);
        let negative = |role| move |wrong| input.negative_id(role, &wrong, &origin);
        let customers = buffers.customers.read(column, input.customer_ids);
        let mut customers = customers.map_err(negative(Role::Customer))?;
        let mut order_ids = None;
        if let (Some(of), Some(column)) = (input.order_ids, columns.get(Role::Order)) {
            let null = match input.input() {
                Input::Subscriptions => Reason::NullSubscriptionId,
                _ => Reason::NullOrderId,
            };
            flaws.mark_nulls(column, null);
            let ids = buffers.orders.read(column, of);
            order_ids = Some(ids.map_err(negative(Role::Order))?);
        }
        let times = columns.one(Role::Time);
        let (mut days, mut instants) = buffers.times.read(times, &input.zone, self.now, flaws);
        let plain = &mut buffers.plain;
        if let (Some(column), Some(statuses)) = (columns.get(Role::Status), &input.statuses) {
            statuses.read(column, flaws, &mut plain.kinds);
        }
        if let (Some(column), Content::Contacts(ContactsSource { variant: Some(variant), .. })) =
            (columns.get(Role::Variant), &input.source.content)
        {
            flags::holdouts(column, &variant.holdout, &mut plain.kinds);
        }
        let mut months = None;
        if input.input() == Input::Subscriptions {
            buffers.spans.read(&columns, days, flaws, plain);
            months = Some(buffers.spans.months.as_slice());
        }
        if let (Some(column), Some(money)) = (columns.get(Role::Amount), input.source.money()) {
            let currencies = columns.get(Role::Currency).zip(self.converter.as_mut());
            let (scale, into) = (money.scale, &mut plain.values);
            let read = if currencies.is_none() && months.is_none() {
                amount::minor_units(column, scale, flaws, into)
            } else {
                amount::converted(column, currencies, days, months, scale, flaws, into)
            };
            read.map_err(|error| input.wrong_amount(error, column, scale, &origin))?;
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
            customers = buffers.customers.keep(customers, flaws);
            order_ids = order_ids.map(|ids| buffers.orders.keep(ids, flaws));
            flaws.kept(days, &mut kept.days);
            flaws.kept(instants, &mut kept.instants);
            buffers.plain.kept(flaws, &mut kept.plain);
            (days, instants, plain) = (&kept.days, &kept.instants, &kept.plain);
        }
        if !days.is_empty() {
            let segments: Vec<&[u32]> = plain.segments.iter().map(Vec::as_slice).collect();
            let batch = EventBatch {
                customers: customers.keys(),
                days,
                values: &plain.values,
                kinds: &plain.kinds,
                instants,
                orders: order_ids.as_ref().map(Ids::keys),
                updated: &plain.updated,
                reasons: &plain.reasons,
                segments: &segments,
                ends: &plain.ends,
                cancelled: &plain.cancelled,
                causes: &plain.causes,
            };
            sink.push(&batch).map_err(|error| LoadError::Sink(Box::new(error)))?;
        }
        buffers.customers.recycle(customers);
        if let Some(ids) = order_ids {
            buffers.orders.recycle(ids);
        }
        Ok(())
    }
}

/// What only subscriptions have, used again and again.
#[derive(Default)]
struct Spans {
    times: TimeBuffer,
    /// Months that each price is paid for, 0 of a trial.
    months: Vec<u8>,
}

impl Spans {
    fn read(&mut self, columns: &Columns<'_>, days: &[i32], flaws: &mut Flaws, into: &mut Plain) {
        let Plain { ends, cancelled, causes, .. } = into;
        let zone = &columns.input.zone;
        if let Some(column) = columns.get(Role::Ended) {
            self.times.optional_days(column, zone, Reason::UnreadableEnd, flaws, ends);
            for (row, (start, end)) in days.iter().zip(&*ends).enumerate() {
                if end < start {
                    flaws.mark(days.len(), row, Reason::EndBeforeStart);
                }
            }
        } else {
            ends.clear();
            ends.resize(days.len(), NEVER);
        }
        if let Some(column) = columns.get(Role::Cancelled) {
            let unreadable = Reason::UnreadableCancellation;
            self.times.optional_days(column, zone, unreadable, flaws, cancelled);
        }
        if let Some(column) = columns.get(Role::Involuntary) {
            flags::causes(column, causes);
        }
        let (intervals, trials) = (columns.get(Role::Interval), columns.get(Role::Trial));
        flags::months(days.len(), intervals, trials, flaws, &mut self.months);
    }
}

/// Where the rows of a frame come from.
#[derive(Clone, Copy)]
pub(crate) enum Origin<'a> {
    File(usize),
    Places(&'a [i64]),
}

impl<'a> Origin<'a> {
    /// Of a frame whose columns are one chunk each.
    pub fn new(query: &Rows, frame: &'a DataFrame) -> Self {
        if let Rows::Piece(file, _) = query {
            return Self::File(*file);
        }
        let places = frame.columns().last().and_then(|column| column.i64().ok());
        let places = places.expect("such a query ends with the places");
        Self::Places(values!(places))
    }

    pub fn file(&self, row: usize) -> usize {
        match self {
            Self::File(file) => *file,
            Self::Places(places) => place(places[row]).0,
        }
    }

    /// Place of a row in its file, where the query has it.
    pub fn row(&self, row: usize) -> Option<u64> {
        match self {
            Self::File(_) => None,
            Self::Places(places) => Some(place(places[row]).1),
        }
    }
}

/// The columns of a frame by their roles.
pub(crate) struct Columns<'a> {
    pub frame: &'a DataFrame,
    pub selection: &'a Selection,
    pub input: &'a Opened,
}

impl<'a> Columns<'a> {
    pub fn get(&self, role: Role) -> Option<&'a Series> {
        let mut selected = self.selection.mappings.iter();
        let index = selected.position(|index| self.input.mappings[*index].role == role)?;
        Some(self.frame.columns()[index].as_materialized_series())
    }

    /// The column of a role that every query reads.
    fn one(&self, role: Role) -> &'a Series {
        self.get(role).expect("customer and time are always mapped and selected")
    }
}

impl Opened {
    pub(crate) fn mapping(&self, role: Role) -> Option<&Mapping> {
        self.mappings.iter().find(|mapping| mapping.role == role)
    }

    fn negative_id(&self, role: Role, wrong: &Negative, origin: &Origin<'_>) -> LoadError {
        let mapping = self.mapping(role);
        LoadError::NegativeId {
            key: mapping.map(|mapping| mapping.name.clone()).unwrap_or_default(),
            expression: mapping.map(|mapping| mapping.text.clone()).unwrap_or_default(),
            value: wrong.id,
            path: self.files[origin.file(wrong.row)].path.clone(),
            unsigned_in: self.unsigned_in(role),
        }
    }

    fn wrong_amount(
        &self,
        error: AmountError,
        amounts: &Series,
        scale: Scale,
        origin: &Origin<'_>,
    ) -> LoadError {
        match error {
            AmountError::Overflow(row) => LoadError::AmountOverflow {
                value: shown(amounts, row).unwrap_or_default(),
                path: self.files[origin.file(row)].path.clone(),
                scale: scale.places(),
            },
            AmountError::NoRate { row, currency, day } => LoadError::NoRate {
                currency: currency.unwrap_or_else(|| "NULL".to_owned()),
                day: Day(day),
                what: match self.input() {
                    Input::Subscriptions => "a subscription",
                    _ => "an order",
                },
                path: self.files[origin.file(row)].path.clone(),
                rates: self.rates.as_ref().map(|rates| rates.path().to_owned()).unwrap_or_default(),
            },
        }
    }

    pub(crate) fn too_many_values(&self, index: usize) -> LoadError {
        let what = match self.source.segments().get(index) {
            Some(segment) => format!("segment {}", segment.name),
            None => self.mapping(Role::Segment(index)).map(|m| m.name.clone()).unwrap_or_default(),
        };
        LoadError::SegmentValues { what, limit: self.source.max_segment_values }
    }
}
