//! From a frame of the engine to a batch of plain slices.

use kohort_model::{Day, OrderBatch};
use polars::prelude::{DataFrame, Series};

use crate::columns::amount::{self, AmountError};
use crate::columns::ids::{IdBuffer, Ids, Negative};
use crate::columns::shown::shown;
use crate::columns::text::{Codes, Dictionary, TooMany};
use crate::columns::time::{Now, TimeBuffer, updates};
use crate::columns::{Flaws, Reason, values};
use crate::contract::Orders;
use crate::currency::Converter;
use crate::error::LoadError;
use crate::frame::{Rows, place};
use crate::mapping::{Mapping, Role};
use crate::sink::Sink;
use crate::source::Needs;

/// Which mapped values one pass reads.
#[derive(Clone, Debug)]
pub(crate) struct Selection {
    pub needs: Needs,
    /// Indices of mapped values, in the order of the columns that the engine hands over.
    pub mappings: Vec<usize>,
}

impl Selection {
    /// Of all mapped values those that a role test admits.
    pub fn new(mappings: &[Mapping], needs: Needs, admits: impl Fn(Role) -> bool) -> Self {
        let wanted = |role| match role {
            Role::Filter => false,
            Role::Order => needs.order_ids && admits(role),
            Role::Reason => needs.reasons && admits(role),
            role => admits(role),
        };
        let indices = mappings.iter().enumerate();
        let mappings = indices.filter(|(_, m)| wanted(m.role)).map(|(index, _)| index).collect();
        Self { needs, mappings }
    }
}

/// The texts behind the codes of one pass.
#[derive(Debug)]
pub(crate) struct Dictionaries {
    pub segments: Vec<Dictionary>,
    pub reasons: Dictionary,
}

impl Dictionaries {
    pub fn new(orders: &Orders) -> Self {
        let source = &orders.source;
        let segment = |_| Dictionary::new("(none)", [].into(), source.max_segment_values);
        Self {
            segments: source.segments.iter().map(segment).collect(),
            reasons: Dictionary::new("unknown", source.reasons.clone(), u32::MAX),
        }
    }
}

/// Turns frames into batches; one a thread, with buffers that it uses again and again.
pub(crate) struct Batcher<'a> {
    pub orders: &'a Orders,
    selection: &'a Selection,
    now: Now,
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
    plain: Plain,
    kept: Kept,
}

/// What a batch has beside ids and times.
#[derive(Default)]
struct Plain {
    values: Vec<i64>,
    kinds: Vec<u8>,
    updated: Vec<i64>,
    reasons: Vec<u32>,
    segments: Vec<Vec<u32>>,
}

impl Plain {
    /// The entries of rows without a flaw.
    fn kept(&self, flaws: &Flaws, into: &mut Self) {
        flaws.kept(&self.values, &mut into.values);
        flaws.kept(&self.kinds, &mut into.kinds);
        flaws.kept(&self.updated, &mut into.updated);
        flaws.kept(&self.reasons, &mut into.reasons);
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
        orders: &'a Orders,
        selection: &'a Selection,
        dictionaries: &'a Dictionaries,
        now: Now,
    ) -> Self {
        let scale = orders.source.scale;
        Self {
            orders,
            selection,
            now,
            codes: TextCodes {
                segments: dictionaries.segments.iter().map(Codes::new).collect(),
                reasons: Codes::new(&dictionaries.reasons),
            },
            converter: orders.rates.as_ref().map(|rates| Converter::new(rates, scale)),
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
        let columns = Columns { frame, selection: self.selection, orders: self.orders };
        let Self { flaws, buffers, .. } = self;
        let orders = self.orders;
        flaws.clear();

        let column = columns.one(Role::Customer);
        flaws.mark_nulls(column, Reason::NullCustomerId);
        let negative = |role| move |wrong| orders.negative_id(role, &wrong, &origin);
        let customers = buffers.customers.read(column, orders.customer_ids);
        let mut customers = customers.map_err(negative(Role::Customer))?;
        let mut order_ids = None;
        if let (Some(scheme), Some(column)) = (orders.order_ids, columns.get(Role::Order)) {
            flaws.mark_nulls(column, Reason::NullOrderId);
            let ids = buffers.orders.read(column, scheme);
            order_ids = Some(ids.map_err(negative(Role::Order))?);
        }
        let times = columns.one(Role::Time);
        let (mut days, mut instants) = buffers.times.read(times, &orders.zone, self.now, flaws);
        if let (Some(column), Some(statuses)) = (columns.get(Role::Status), &orders.statuses) {
            statuses.read(column, flaws, &mut buffers.plain.kinds);
        }
        let amounts = columns.one(Role::Amount);
        let scale = orders.source.scale;
        let read = match (columns.get(Role::Currency), &mut self.converter) {
            (Some(currencies), Some(converter)) => amount::converted(
                amounts,
                currencies,
                days,
                converter,
                flaws,
                &mut buffers.plain.values,
            ),
            _ => amount::minor_units(amounts, scale, flaws, &mut buffers.plain.values),
        };
        read.map_err(|error| orders.wrong_amount(error, amounts, &origin))?;
        if let Some(column) = columns.get(Role::Updated) {
            updates(column, &mut buffers.plain.updated);
        }
        self.codes.read(&columns, flaws, &mut buffers.plain)?;

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
            let batch = OrderBatch {
                customers: customers.keys(),
                days,
                values: &plain.values,
                kinds: &plain.kinds,
                instants,
                orders: order_ids.as_ref().map(Ids::keys),
                updated: &plain.updated,
                reasons: &plain.reasons,
                segments: &segments,
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

/// One reader's codes of reasons and segments.
struct TextCodes<'a> {
    segments: Vec<Codes<'a>>,
    reasons: Codes<'a>,
}

impl TextCodes<'_> {
    fn read(
        &mut self,
        columns: &Columns<'_>,
        flaws: &Flaws,
        plain: &mut Plain,
    ) -> Result<(), LoadError> {
        if let Some(column) = columns.get(Role::Reason) {
            let read = self.reasons.read(column, flaws, &mut plain.reasons);
            read.expect("four billion reasons fit no memory");
        }
        plain.segments.resize_with(self.segments.len(), Vec::new);
        for (index, (codes, into)) in self.segments.iter_mut().zip(&mut plain.segments).enumerate()
        {
            if let Some(column) = columns.get(Role::Segment(index)) {
                let read = codes.read(column, flaws, into);
                read.map_err(|TooMany| columns.orders.too_many_values(index))?;
            }
        }
        Ok(())
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
    pub orders: &'a Orders,
}

impl<'a> Columns<'a> {
    pub fn get(&self, role: Role) -> Option<&'a Series> {
        let mut selected = self.selection.mappings.iter();
        let index = selected.position(|index| self.orders.mappings[*index].role == role)?;
        Some(self.frame.columns()[index].as_materialized_series())
    }

    /// The column of a role that every query reads.
    fn one(&self, role: Role) -> &'a Series {
        self.get(role).expect("customer, time and amount are always mapped and selected")
    }
}

impl Orders {
    pub(crate) fn mapping(&self, role: Role) -> Option<&Mapping> {
        self.mappings.iter().find(|mapping| mapping.role == role)
    }

    fn negative_id(&self, role: Role, wrong: &Negative, origin: &Origin<'_>) -> LoadError {
        let mapping = self.mapping(role);
        LoadError::NegativeId {
            key: mapping.map(|mapping| mapping.key.clone()).unwrap_or_default(),
            expression: mapping.map(|mapping| mapping.text.clone()).unwrap_or_default(),
            value: wrong.id,
            path: self.files[origin.file(wrong.row)].path.clone(),
        }
    }

    fn wrong_amount(&self, error: AmountError, amounts: &Series, origin: &Origin<'_>) -> LoadError {
        match error {
            AmountError::Overflow(row) => LoadError::AmountOverflow {
                value: shown(amounts, row).unwrap_or_default(),
                path: self.files[origin.file(row)].path.clone(),
                scale: self.source.scale.places(),
            },
            AmountError::NoRate { row, currency, day } => LoadError::NoRate {
                currency: currency.unwrap_or_else(|| "NULL".to_owned()),
                day: Day(day),
                path: self.files[origin.file(row)].path.clone(),
                rates: self.rates.as_ref().map(|rates| rates.path().to_owned()).unwrap_or_default(),
            },
        }
    }

    fn too_many_values(&self, segment: usize) -> LoadError {
        LoadError::SegmentValues {
            segment: self.source.segments[segment].name.clone(),
            limit: self.source.max_segment_values,
        }
    }
}
