//! Side events: what inputs beside the history tell of the people of a partition.

use std::cmp::Ordering;

use kohort_inputs::INPUTS;
use kohort_model::{
    DayOf, Id, IdSpace, Input, InputSpec, ItemLists, ItemRows, NoItems, Row, Settles, ValueKind,
};

use crate::TimelineError;
use crate::census::{LeftOut, NotTaken};
use crate::counting::counting_sort;
use crate::ids::{Numbering, to_u32};
use crate::layout::{ANSWERS, KeyType, Layout, Stream, VISITS};
use crate::prepare::Window;
use crate::rows::{Packed, SHARED, ranked_ids};
use crate::slots::SlotMap;

/// The rows of inputs beside the history, by number of person; no input without a row.
#[derive(Default)]
pub(crate) struct SideRows {
    rows: Vec<(&'static InputSpec, ItemRows)>,
}

/// Rows of one input, by whom they are: places in them, and where those of each person begin and end.
type Standing = (Vec<u32>, Vec<u32>);

/// How many there are of whom rows tell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    /// People, customers first.
    pub people: usize,
    /// The same with the answers without a customer, each one more.
    pub all: usize,
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
            let of_nobody = match spec.input {
                VISITS => streams[Stream::Anonymous.place()].rows(),
                ANSWERS => streams[Stream::Nameless.place()].rows(),
                _ => 0,
            };
            let has_more = of_nobody > 0;
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

    /// Adds what visitors did who are nobody, as people after all customers, and then what nobody knows who
    /// answered.
    pub fn with_others(
        &mut self,
        streams: &Streams<'_>,
        slots: &SlotMap,
        customers: usize,
        left_out: &mut LeftOut,
    ) -> Told {
        let people = self.with_visitors(streams, slots, customers);
        Told { people, all: people + self.with_nameless(streams, slots, people, left_out) }
    }

    /// Adds answers without a customer, each as one more after `people`; gives their number.
    fn with_nameless(
        &mut self,
        streams: &Streams<'_>,
        slots: &SlotMap,
        people: usize,
        left_out: &mut LeftOut,
    ) -> usize {
        let nameless = &streams[Stream::Nameless.place()];
        let Some((spec, rows)) = self.rows.iter_mut().find(|(spec, _)| spec.input == ANSWERS)
        else {
            return 0;
        };
        let mut numbering = Packed::numbering(&[nameless], KeyType::Integers);
        let mut more = nameless.items(&mut numbering, spec, slots);
        let not_taken = &mut left_out.further[ANSWERS as usize];
        let until = rows.until.0;
        not_taken.after_as_of += more.keep(|more, i| more.days[i] < until);
        // What else an answer tells has no meaning without the person.
        let score = spec.find(|kind| kind == ValueKind::Score);
        not_taken.anonymous += more
            .keep(|more, i| score.is_some_and(|score| Row::new(more, i).score(score).is_some()));
        let count = more.people.len();
        more.people = (people..people + count).map(|person| to_u32(person as u64)).collect();
        rows.append(more);
        count
    }

    /// Adds what visitors did who are nobody, as people after all customers; gives the number of all.
    fn with_visitors(&mut self, streams: &Streams<'_>, slots: &SlotMap, customers: usize) -> usize {
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

    /// What they tell of each person; `id` gives that of a customer.
    pub fn items(
        mut self,
        people: usize,
        layout: &Layout,
        left_out: &mut LeftOut,
        id: impl Fn(usize) -> Id,
    ) -> Result<ItemLists, TimelineError> {
        let mut standing = Vec::with_capacity(self.rows.len());
        for (spec, rows) in &mut self.rows {
            let not_taken = &mut left_out.further[spec.input as usize];
            let by_person = counting_sort(rows.people.len(), people, |i| rows.people[i] as usize);
            standing.push(if layout.items[spec.input as usize].are_lines() {
                joined(spec, rows, by_person, &id)?
            } else {
                latest(spec, rows, by_person, &mut not_taken.superseded)
            });
        }
        self.settle(layout, &mut standing, left_out);
        let mut lists = ItemLists::default();
        let all = self.rows.iter().zip(&standing);
        for ((spec, rows), (order, offsets)) in all.filter(|((_, rows), _)| !rows.people.is_empty())
        {
            let not_taken = &mut left_out.further[spec.input as usize];
            not_taken.later += later(spec, rows, order);
            for (place, kind) in spec.items.iter().enumerate() {
                let mut none = NoItems::default();
                let list = kind.make(rows, (order, offsets), &mut none);
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
        Ok(lists)
    }

    /// Lets rows change those of the input beside which they stand, and takes out those that belong to none.
    fn settle(&mut self, layout: &Layout, standing: &mut [Standing], left_out: &mut LeftOut) {
        for spec in INPUTS {
            let (Some(settles), Some((other, _))) = (&spec.settles, spec.beside) else { continue };
            if layout.items[spec.input as usize].is_nothing() {
                continue;
            }
            let find = |input: Input| self.rows.iter().position(|(spec, _)| spec.input == input);
            let (own, other) = (find(spec.input), find(other));
            let not_taken = &mut left_out.further[spec.input as usize];
            // An input without rows in this partition settles too: what is nothing is paid at once.
            let mut settling = match own {
                Some(own) => std::mem::take(&mut self.rows[own].1),
                None => ItemRows::default(),
            };
            let of_others = other.map(|other| {
                let (spec, rows) = &mut self.rows[other];
                (&**spec, rows, &standing[other])
            });
            let of_own = own.map(|own| &standing[own]);
            let kept = settle(settles, (spec, &mut settling, of_own), of_others, not_taken);
            if let Some(own) = own {
                self.rows[own].1 = settling;
                standing[own] = kept;
            }
        }
    }
}

/// Lets each row of `others` be changed by the rows of the same person and id; gives the rows that have one.
fn settle(
    settles: &Settles,
    (spec, rows, standing): (&InputSpec, &mut ItemRows, Option<&Standing>),
    others: Option<(&InputSpec, &mut ItemRows, &Standing)>,
    not_taken: &mut NotTaken,
) -> Standing {
    let of = |standing: &Standing, person: usize| {
        let (order, offsets) = standing;
        let bounds = offsets.get(person).zip(offsets.get(person + 1));
        let bounds = bounds.map_or(0..0, |(from, to)| *from as usize..*to as usize);
        order[bounds].to_vec()
    };
    let mut others = others;
    let people = standing.or(others.as_ref().map(|(.., standing)| *standing));
    let people = people.map_or(0, |(_, offsets)| offsets.len() - 1);
    let id = spec.place(settles.by).expect("a column of its own");
    let (mut kept, mut ends) = (Vec::new(), vec![0]);
    for person in 0..people {
        let mut own = standing.map(|standing| of(standing, person)).unwrap_or_default();
        own.sort_by_key(|row| Row::new(rows, *row as usize).id(id));
        let before = kept.len();
        if let Some((spec, others, standing)) = &mut others {
            let other_id = spec.place(settles.by).expect("a column of the other input");
            for other in of(standing, person) {
                let wanted = Row::new(others, other as usize).id(other_id);
                let place = |row: &u32| Row::new(rows, *row as usize).id(id);
                let first = own.partition_point(|row| place(row) < wanted);
                let count = own[first..].partition_point(|row| place(row) == wanted);
                let matched = &own[first..first + count];
                (settles.settle)(others, other as usize, rows, matched);
                kept.extend_from_slice(matched);
            }
        }
        not_taken.unmatched += (own.len() - (kept.len() - before)) as u64;
        ends.push(to_u32(kept.len() as u64));
    }
    (kept, ends)
}

/// The ids that several inputs share, by input and column: numbers that are equal where the ids are.
fn shared_ids(streams: &Streams<'_>) -> Vec<(Input, usize, Vec<i64>)> {
    SHARED.into_iter().flat_map(|space| ids_of_space(streams, space)).collect()
}

fn ids_of_space(streams: &Streams<'_>, space: IdSpace) -> Vec<(Input, usize, Vec<i64>)> {
    let mut columns = Vec::new();
    for spec in INPUTS {
        let stream = &streams[Stream::of(spec.input).place()];
        for (place, column) in spec.columns.iter().enumerate() {
            let is_shared = matches!(column.kind, ValueKind::Id(ids) if ids.of == space);
            if is_shared && stream.id(place).is_some() && stream.rows() > 0 {
                columns.push((spec.input, stream, place));
            }
        }
    }
    let of: Vec<_> = columns.iter().map(|(_, stream, place)| (*stream, *place)).collect();
    let ids = ranked_ids(&of);
    columns.into_iter().zip(ids).map(|((input, _, place), ids)| (input, place, ids)).collect()
}

/// Of each person's rows the first with each id, which stands for all of them.
fn joined(
    spec: &InputSpec,
    rows: &mut ItemRows,
    (order, offsets): Standing,
    customer: &impl Fn(usize) -> Id,
) -> Result<Standing, TimelineError> {
    let by = spec.lines.as_ref().and_then(|lines| Some((spec.place(lines.by)?, lines.join?)));
    let Some((id, join)) = by.filter(|(id, _)| !rows.columns[*id].values.is_empty()) else {
        return Ok((order, offsets));
    };
    let id_of = |rows: &ItemRows, row: u32| Row::new(rows, row as usize).id(id);
    let (mut kept, mut ends) = (Vec::with_capacity(order.len()), vec![0]);
    for (person, pair) in offsets.windows(2).enumerate() {
        let mut own = order[pair[0] as usize..pair[1] as usize].to_vec();
        own.sort_by_key(|row| id_of(rows, *row));
        let mut rest = &own[..];
        while let Some(first) = rest.first() {
            let wanted = id_of(rows, *first);
            let (lines, others) =
                rest.split_at(rest.partition_point(|row| id_of(rows, *row) == wanted));
            if lines.len() > 1 {
                let (input, one) = (spec.input.name(), spec.lines.as_ref().map_or("", |l| l.one));
                let overflow = |sum| TimelineError::LineOverflow {
                    input,
                    one,
                    customer: customer(person),
                    sum,
                };
                join(rows, lines).map_err(overflow)?;
            }
            kept.push(*first);
            rest = others;
        }
        ends.push(to_u32(kept.len() as u64));
    }
    Ok((kept, ends))
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
    (order, offsets): Standing,
    superseded: &mut u64,
) -> Standing {
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
