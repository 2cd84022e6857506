//! What a batch has beside ids and the times of its rows.

use kohort_model::{Cells, Day, Kind, NEVER, Scale, Switch, UNDATED, ValueKind};
use polars::prelude::Series;

use super::Columns;
use crate::columns::amount::{self, AmountError, Prices, Rule};
use crate::columns::score::scores;
use crate::columns::time::{TimeBuffer, updates};
use crate::columns::{Flaws, Reason, flags};
use crate::currency::Converter;
use crate::error::LoadError;
use crate::mapping::Role;

/// Values by row, used again and again.
#[derive(Default)]
pub(crate) struct Plain {
    /// By the places of the columns in the declaration.
    pub columns: Vec<PlainColumn>,
    pub segments: Vec<Vec<u32>>,
}

/// The values of a column; those that it does not have are empty.
#[derive(Default)]
pub(crate) struct PlainColumn {
    pub days: Vec<i32>,
    pub numbers: Vec<i64>,
    pub codes: Vec<u32>,
    pub small: Vec<u8>,
}

impl PlainColumn {
    /// The values that a column of the kind has, if it has any; its ids and the times of the rows are
    /// elsewhere.
    pub fn cells(&self, kind: ValueKind) -> Option<Cells<'_>> {
        let cells = match kind {
            ValueKind::Day(_) | ValueKind::End => Cells::Days(&self.days),
            ValueKind::Number(_) | ValueKind::Update => Cells::Numbers(&self.numbers),
            ValueKind::Text(_) => Cells::Codes(&self.codes),
            ValueKind::Listed(_)
            | ValueKind::Status(_)
            | ValueKind::Score
            | ValueKind::Involuntary => Cells::Small(&self.small),
            ValueKind::Id(_) | ValueKind::Time(_) | ValueKind::Interval | ValueKind::Trial => {
                return None;
            }
        };
        Some(cells).filter(|cells| !cells.is_empty())
    }
}

impl Plain {
    /// The entries of rows without a flaw.
    pub fn kept(&self, flaws: &Flaws, into: &mut Self) {
        into.columns.resize_with(self.columns.len(), PlainColumn::default);
        for (own, into) in self.columns.iter().zip(&mut into.columns) {
            flaws.kept(&own.days, &mut into.days);
            flaws.kept(&own.numbers, &mut into.numbers);
            flaws.kept(&own.codes, &mut into.codes);
            flaws.kept(&own.small, &mut into.small);
        }
        into.segments.resize_with(self.segments.len(), Vec::new);
        for (codes, into) in self.segments.iter().zip(&mut into.segments) {
            flaws.kept(codes, into);
        }
    }

    /// Makes room for the columns of an input.
    pub fn begin(&mut self, columns: &Columns<'_>) {
        let count = columns.input.source.spec.columns.len();
        self.columns.resize_with(count, PlainColumn::default);
    }

    /// Days beside those of the rows. An end before the row's day, of which there is one where rows have
    /// ends, is a flaw.
    pub fn read_days(
        &mut self,
        columns: &Columns<'_>,
        times: &mut TimeBuffer,
        starts: &[i32],
        flaws: &mut Flaws,
    ) {
        let zone = &columns.input.zones.business;
        for (place, column, kind) in columns.mapped() {
            if !matches!(kind, ValueKind::Day(_) | ValueKind::End) {
                continue;
            }
            let days = &mut self.columns[place].days;
            times.optional_days((column, place), zone, flaws, days);
            if kind == ValueKind::End {
                if columns.input.source.is_on(Switch::InclusiveEnds) {
                    days.iter_mut().for_each(next_day);
                }
                for (row, (start, end)) in starts.iter().zip(&*days).enumerate() {
                    if end < start {
                        flaws.mark(starts.len(), row, Reason::EndBeforeStart.at(place));
                    }
                }
            }
        }
    }

    /// What a row is in a few words, in true and false, or in a small number. Days are read before.
    pub fn read_small(&mut self, columns: &Columns<'_>, flaws: &mut Flaws) {
        let input = columns.input;
        for (place, column, kind) in columns.mapped() {
            let mut small = std::mem::take(&mut self.columns[place].small);
            match kind {
                ValueKind::Status(texts) => {
                    let mut days = input.source.spec.columns.iter().zip(&self.columns);
                    let end = days.find(|(column, _)| matches!(column.kind, ValueKind::Day(_)));
                    let ends = end.map_or(&[][..], |(_, column)| &column.days);
                    let is_open = |row: usize| {
                        texts.is_open_without_end && ends.get(row).is_none_or(|end| *end == NEVER)
                    };
                    if let Some(statuses) = &input.statuses {
                        statuses.read((column, place), is_open, flaws, &mut small);
                    }
                }
                ValueKind::Listed(_) => {
                    let mapped = input.source.column(input.source.spec.columns[place].name);
                    let lists = mapped.map_or(&[][..], |mapped| &mapped.lists);
                    flags::listed(column, lists.first().map_or(&[], Vec::as_slice), &mut small);
                }
                ValueKind::Score => scores(column, place, flaws, &mut small),
                ValueKind::Involuntary => flags::causes(column, &mut small),
                _ => {}
            }
            self.columns[place].small = small;
        }
    }

    /// Only what is open may be of no day. Statuses are read before.
    pub fn check_undated(&self, columns: &Columns<'_>, days: &[i32], flaws: &mut Flaws) {
        let spec = columns.input.source.spec;
        let status = spec.find(|kind| matches!(kind, ValueKind::Status(_)));
        let (Some(time), Some(status)) = (spec.time().filter(|_| spec.may_be_undated), status)
        else {
            return;
        };
        // Where every row is completed there are none.
        let is_open = |row: usize| {
            self.columns[status].small.get(row).is_some_and(|kind| *kind == Kind::Open as u8)
        };
        for row in (0..days.len()).filter(|row| days[*row] == UNDATED && !is_open(*row)) {
            flaws.mark(days.len(), row, Reason::NullTime.at(time));
        }
    }

    /// Numbers, money first. Gives how many rows had amounts that were rounded.
    pub fn read_numbers(
        &mut self,
        columns: &Columns<'_>,
        (days, prices): (&[i32], Option<Prices<'_>>),
        mut converter: Option<&mut Converter<'_>>,
        (file, flaws): (usize, &mut Flaws),
    ) -> Result<u64, LoadError> {
        let (input, mut rounded) = (columns.input, 0);
        for is_money in [true, false] {
            for (place, column, kind) in columns.mapped() {
                let ValueKind::Number(number) = kind else { continue };
                if is_money == is_whole(kind) {
                    continue;
                }
                let scale = input.source.scale_of(number);
                let currencies = columns.get(Role::Currency).filter(|_| is_money);
                let currencies = currencies.zip(converter.as_deref_mut());
                let prices = prices.filter(|_| is_money);
                let into = &mut self.columns[place].numbers;
                let read = if currencies.is_none() && prices.is_none() {
                    amount::minor_units(column, scale, Rule::of(number, place), flaws, into)
                } else {
                    let of = (scale, place);
                    amount::converted(column, currencies, days, prices, of, flaws, into)
                };
                read.map_err(|error| wrong(columns, error, (column, scale), file))?;
                if is_money {
                    rounded += amount::rounded_rows(column, scale, flaws);
                }
            }
        }
        Ok(rounded)
    }

    /// When rows were last changed.
    pub fn read_updates(&mut self, columns: &Columns<'_>) {
        for (place, column, kind) in columns.mapped() {
            if kind == ValueKind::Update {
                updates(column, &mut self.columns[place].numbers);
            }
        }
    }
}

/// The day after one that comes, of days that are known the last at most.
fn next_day(day: &mut i32) {
    if *day < Day::MAX.0 {
        *day += 1;
    }
}

/// Whether numbers are those of goods rather than amounts.
pub(super) fn is_whole(kind: ValueKind) -> bool {
    use kohort_model::NumberUnit;
    matches!(kind, ValueKind::Number(number) if number.unit == NumberUnit::Units)
}

fn wrong(
    columns: &Columns<'_>,
    error: AmountError,
    (column, scale): (&Series, Scale),
    file: usize,
) -> LoadError {
    columns.input.wrong_amount(error, column, scale, file)
}
