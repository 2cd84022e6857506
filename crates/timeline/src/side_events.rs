//! Side events: what inputs beside the history tell of the people of a partition.

use std::cmp::Ordering;

use kohort_inputs::INPUTS;
use kohort_model::{
    DayOf, IdSpace, Input, InputSpec, ItemLists, ItemRows, NoItems, Row, ValueKind,
};

use crate::census::LeftOut;
use crate::counting::counting_sort;
use crate::ids::{Numbering, to_u32};
use crate::layout::{KeyType, Stream, VISITS};
use crate::prepare::Window;
use crate::rows::{Packed, ranked_ids};
use crate::slots::SlotMap;

/// The rows of inputs beside the history, by number of person; no input without a row.
#[derive(Default)]
pub(crate) struct SideRows {
    rows: Vec<(&'static InputSpec, ItemRows)>,
}

/// The packed rows of a partition, by stream.
pub(crate) type Streams<'a> = [Packed<'a>; Stream::COUNT];

impl SideRows {
    /// The rows before the end of what is known, but for those of visitors who are nobody.
    pub fn new<'a>(
        streams: &Streams<'a>,
        numbering: &mut Numbering<'a>,
        slots: &SlotMap,
        window: Window,
        left_out: &mut LeftOut,
    ) -> Self {
        let mut side = Self::default();
        let orders = shared_ids(streams);
        for spec in INPUTS {
            let stream =
                if spec.input == VISITS { Stream::Touches } else { Stream::of(spec.input) };
            let packed = &streams[stream.place()];
            let of_nobody = &streams[Stream::Anonymous.place()];
            let has_more = spec.input == VISITS && of_nobody.rows() > 0;
            if spec.items.is_empty() || packed.rows() == 0 && !has_more {
                continue;
            }
            let mut rows = packed.items(numbering, spec, slots);
            rows.until = window.until;
            for (_, column, ids) in orders.iter().filter(|(input, ..)| *input == spec.input) {
                rows.columns[*column].values.clone_from(ids);
            }
            // What visitors did was looked at when it was handed on.
            if spec.input != VISITS {
                let late = rows.keep(|rows, i| rows.days[i] < window.until.0);
                left_out.further[spec.input as usize].after_as_of += late;
            }
            side.rows.push((spec, rows));
        }
        side
    }

    /// Adds what visitors did who are nobody, as people after all customers; gives the number of all.
    pub fn with_visitors(
        &mut self,
        streams: &Streams<'_>,
        slots: &SlotMap,
        customers: usize,
    ) -> usize {
        let [touches, anonymous] =
            [Stream::Touches, Stream::Anonymous].map(|s| &streams[s.place()]);
        let mut numbering = Packed::numbering(&[anonymous], KeyType::Integers);
        let visits = self.rows.iter_mut().find(|(spec, _)| spec.input == VISITS);
        if let Some((spec, rows)) = visits {
            let mut more = anonymous.items(&mut numbering, spec, slots);
            more.people.iter_mut().for_each(|id| *id += to_u32(customers as u64));
            // One after the other, as the rows are.
            for (place, column) in spec.columns.iter().enumerate() {
                let is_own = matches!(column.kind, ValueKind::Id(ids) if ids.of == IdSpace::Own);
                let has_ids = [touches, anonymous].iter().any(|s| s.id(place).is_some());
                if is_own && has_ids {
                    let ids = ranked_ids(&[touches, anonymous].map(|stream| (stream, place)));
                    rows.columns[place].values = ids.concat();
                    more.columns[place].values.clear();
                }
            }
            rows.append(more);
        }
        customers + numbering.count()
    }

    /// What they tell of each person.
    pub fn items(self, people: usize, left_out: &mut LeftOut) -> ItemLists {
        let mut lists = ItemLists::default();
        for (spec, rows) in self.rows.iter().filter(|(_, rows)| !rows.people.is_empty()) {
            let not_taken = &mut left_out.further[spec.input as usize];
            let (order, offsets) =
                counting_sort(rows.people.len(), people, |i| rows.people[i] as usize);
            let (order, offsets) = latest(spec, rows, order, offsets, &mut not_taken.superseded);
            not_taken.later += later(spec, rows, &order);
            for (place, kind) in spec.items.iter().enumerate() {
                let mut none = NoItems::default();
                let list = kind.make(rows, (&order, &offsets), &mut none);
                if list.items() > 0 {
                    lists.add(spec.input, list);
                }
                if place == 0 {
                    not_taken.ignored += none.ignored;
                    not_taken.other_step += none.not_listed;
                    not_taken.undated += none.undated;
                }
            }
        }
        lists
    }
}

/// The ids that several inputs share, by input and column: numbers that are equal where the ids are.
fn shared_ids(streams: &Streams<'_>) -> Vec<(Input, usize, Vec<i64>)> {
    let mut columns = Vec::new();
    for spec in INPUTS {
        let stream = &streams[Stream::of(spec.input).place()];
        for (place, column) in spec.columns.iter().enumerate() {
            let is_shared = matches!(column.kind, ValueKind::Id(ids) if ids.of == IdSpace::Order);
            if is_shared && stream.id(place).is_some() && stream.rows() > 0 {
                columns.push((spec.input, stream, place));
            }
        }
    }
    let of: Vec<_> = columns.iter().map(|(_, stream, place)| (*stream, *place)).collect();
    let ids = ranked_ids(&of);
    columns.into_iter().zip(ids).map(|((input, _, place), ids)| (input, place, ids)).collect()
}

/// How many of the rows have a day of something that happened on or after the end of what is known.
fn later(spec: &InputSpec, rows: &ItemRows, order: &[u32]) -> u64 {
    let Some((place, of)) = spec.event_day() else { return 0 };
    let status = spec.find(|kind| matches!(kind, ValueKind::Status(_)));
    let status = status.filter(|_| of == DayOf::Decision);
    let is_later = |row: &&u32| {
        let row = Row::new(rows, **row as usize);
        let is_late = row.date(place).is_some_and(|day| day >= row.until());
        is_late && status.is_none_or(|status| row.status(status).is_decided())
    };
    order.iter().filter(is_later).count() as u64
}

/// Of each person's rows the latest with each id, where the input has ids; counts the others.
fn latest(
    spec: &InputSpec,
    rows: &ItemRows,
    order: Vec<u32>,
    offsets: Vec<u32>,
    superseded: &mut u64,
) -> (Vec<u32>, Vec<u32>) {
    let by = spec.latest.as_ref().and_then(|latest| Some((spec.place(latest.by)?, latest.order)));
    let Some((id, newer)) = by.filter(|(id, _)| !rows.columns[*id].values.is_empty()) else {
        return (order, offsets);
    };
    let (mut kept, mut ends) = (Vec::with_capacity(order.len()), vec![0]);
    let mut own = Vec::new();
    for pair in offsets.windows(2) {
        own.clear();
        own.extend_from_slice(&order[pair[0] as usize..pair[1] as usize]);
        if own.len() > 1 {
            let row = |i: u32| Row::new(rows, i as usize);
            own.sort_by(|a, b| {
                let by_id = row(*a).id(id).cmp(&row(*b).id(id));
                by_id.then_with(|| newer(row(*b), row(*a)))
            });
            let before = own.len();
            own.dedup_by(|b, a| row(*a).id(id).cmp(&row(*b).id(id)) == Ordering::Equal);
            *superseded += (before - own.len()) as u64;
        }
        kept.extend_from_slice(&own);
        ends.push(to_u32(kept.len() as u64));
    }
    (kept, ends)
}
