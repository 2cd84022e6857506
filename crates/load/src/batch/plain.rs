//! What a batch has beside ids and times.

use kohort_model::{Input, NEVER, NO_SCORE, NO_VALUE};

use super::Columns;
use crate::columns::amount::Rule;
use crate::columns::score::scores;
use crate::columns::time::TimeBuffer;
use crate::columns::{Flaws, Reason, flags};
use crate::mapping::Role;
use crate::source::{ContactsSource, Content};

/// Values by row, used again and again.
#[derive(Default)]
pub(crate) struct Plain {
    pub values: Vec<i64>,
    pub kinds: Vec<u8>,
    pub updated: Vec<i64>,
    pub reasons: Vec<u32>,
    pub segments: Vec<Vec<u32>>,
    pub ends: Vec<i32>,
    pub cancelled: Vec<i32>,
    pub causes: Vec<u8>,
    pub units: Vec<i64>,
}

impl Plain {
    /// The entries of rows without a flaw.
    pub fn kept(&self, flaws: &Flaws, into: &mut Self) {
        flaws.kept(&self.values, &mut into.values);
        flaws.kept(&self.kinds, &mut into.kinds);
        flaws.kept(&self.updated, &mut into.updated);
        flaws.kept(&self.reasons, &mut into.reasons);
        flaws.kept(&self.ends, &mut into.ends);
        flaws.kept(&self.cancelled, &mut into.cancelled);
        flaws.kept(&self.causes, &mut into.causes);
        flaws.kept(&self.units, &mut into.units);
        into.segments.resize_with(self.segments.len(), Vec::new);
        for (codes, into) in self.segments.iter().zip(&mut into.segments) {
            flaws.kept(codes, into);
        }
    }

    /// The kinds of rows, as the input has them. Ends are read before.
    pub fn read_kinds(&mut self, columns: &Columns<'_>, flaws: &mut Flaws) {
        let rows = columns.rows;
        let Self { kinds, ends, .. } = self;
        match &columns.input.source.content {
            Content::Orders(_) | Content::Opportunities(_) => {
                let statuses = columns.get(Role::Status).zip(columns.input.statuses.as_ref());
                let is_open = |row: usize| ends.get(row) == Some(&NEVER);
                if let Some((column, statuses)) = statuses {
                    statuses.read(column, is_open, flaws, kinds);
                }
            }
            Content::Contacts(ContactsSource { variant: Some(variant), .. }) => {
                if let Some(column) = columns.get(Role::Variant) {
                    flags::holdouts(column, &variant.holdout, kinds);
                }
            }
            Content::Surveys(_) => match columns.get(Role::Score) {
                Some(column) => scores(column, flaws, kinds),
                None => fill(kinds, rows, NO_SCORE),
            },
            Content::Touchpoints(_) | Content::Identities(_) => {
                flags::names(rows, columns.get(Role::Order), columns.get(Role::Other), kinds);
            }
            _ => (),
        }
    }
}

/// One value for every row.
pub(super) fn fill<T: Copy>(values: &mut Vec<T>, rows: usize, value: T) {
    values.clear();
    values.resize(rows, value);
}

/// What becomes of an input's amounts, but for those of subscriptions, which have rules of their own.
/// Where no amount is mapped, each row has what NULL stands for.
pub(super) fn amounts(input: Input) -> Rule {
    match input {
        Input::Touchpoints => Rule { null: Some(NO_VALUE), ..Rule::NOT_NEGATIVE },
        // One, with two decimal places.
        Input::Engagement => Rule { null: Some(100), ..Rule::NOT_NEGATIVE },
        Input::Opportunities | Input::OrderLines | Input::Returns => Rule::NOT_NEGATIVE,
        _ => Rule::SIGNED,
    }
}

/// What rows have that end, or are for some time.
#[derive(Default)]
pub(super) struct Spans {
    times: TimeBuffer,
    /// Months that the price of each subscription is paid for, 0 of a trial.
    pub months: Vec<u8>,
}

impl Spans {
    pub fn read(
        &mut self,
        columns: &Columns<'_>,
        days: &[i32],
        flaws: &mut Flaws,
        into: &mut Plain,
    ) {
        let Plain { ends, cancelled, causes, .. } = into;
        let (zone, input) = (&columns.input.zones.business, columns.input.input());
        if let Some(column) = columns.get(Role::Ended) {
            self.times.optional_days(column, zone, Reason::UnreadableEnd, flaws, ends);
        } else if matches!(input, Input::Subscriptions | Input::Opportunities) {
            fill(ends, days.len(), NEVER);
        }
        if let Some(column) = columns.get(Role::Cancelled) {
            let unreadable = Reason::UnreadableCancellation;
            self.times.optional_days(column, zone, unreadable, flaws, cancelled);
        }
        if input != Input::Subscriptions {
            return;
        }
        for (row, (start, end)) in days.iter().zip(&*ends).enumerate() {
            if end < start {
                flaws.mark(days.len(), row, Reason::EndBeforeStart);
            }
        }
        if let Some(column) = columns.get(Role::Involuntary) {
            flags::causes(column, causes);
        }
        let (intervals, trials) = (columns.get(Role::Interval), columns.get(Role::Trial));
        flags::months(days.len(), intervals, trials, flaws, &mut self.months);
    }
}
