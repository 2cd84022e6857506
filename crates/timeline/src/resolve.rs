//! From rows to orders: lines are summed, of repeated rows the latest stands.

use std::cmp::Reverse;

use kohort_model::Id;

use crate::TimelineError;
use crate::census::LeftOut;
use crate::ids::to_u32;
use crate::layout::{Layout, Resolve};
use crate::rows::Rows;
use crate::slots::SlotMap;

/// How many orders of mixed status are named.
const NAMED_ORDERS: usize = 100;

/// What the rows of a partition say against the pipeline file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Repeats {
    /// Rows beyond the first of an order.
    pub rows: u64,
    /// The first such order.
    pub example: Option<(Id, Id)>,
    /// Orders whose lines have different statuses, the first of them.
    pub mixed: Vec<(Id, Id)>,
}

/// One row an order. `keys` gives the ids of a row as they came.
pub(crate) fn resolve(
    rows: Rows,
    layout: &Layout,
    slots: &SlotMap,
    left_out: &mut LeftOut,
    found: &mut Repeats,
    keys: impl Fn(usize) -> (Id, Id),
) -> Result<Rows, TimelineError> {
    let mut order: Vec<u32> = (0..rows.len()).map(|i| to_u32(i as u64)).collect();
    let id = |i: u32| (rows.ids[i as usize], rows.orders[i as usize]);
    order.sort_unstable_by_key(|i| id(*i));
    let groups = order.chunk_by(|a, b| id(*a) == id(*b));
    match layout.resolve {
        // Spans are painted over one another instead.
        Resolve::Rows | Resolve::Spans => Ok(rows),
        Resolve::Unique => {
            for group in groups.filter(|group| group.len() > 1) {
                found.rows += group.len() as u64 - 1;
                let key = keys(group[0] as usize);
                if found.example.as_ref().is_none_or(|example| key < *example) {
                    found.example = Some(key);
                }
            }
            Ok(rows)
        }
        Resolve::Latest => {
            let latest = |group: &[u32]| {
                let standing = group.iter().copied().max_by(|a, b| {
                    let (a, b) = (*a as usize, *b as usize);
                    let key = |i: usize| {
                        let instant = rows.instants.get(i).copied().unwrap_or_default();
                        (
                            rows.updated[i],
                            instant,
                            rows.days[i],
                            rows.values[i],
                            Reverse(rows.kinds[i]),
                        )
                    };
                    key(a).cmp(&key(b)).then_with(|| rows.compare_texts(b, a, slots.rank()))
                });
                standing.expect("a group has rows")
            };
            let picked: Vec<u32> = groups.map(latest).collect();
            left_out.superseded += (rows.len() - picked.len()) as u64;
            Ok(rows.pick(&picked))
        }
        Resolve::Lines => {
            let mut orders =
                Lines { rows: &rows, rank: slots.missing_last(), orders: rows.pick(&[]) };
            let mut mixed = Vec::new();
            for group in groups {
                let kind = rows.kinds[group[0] as usize];
                if group.iter().any(|i| rows.kinds[*i as usize] != kind) {
                    left_out.mixed_status += group.len() as u64;
                    mixed.push(group[0]);
                } else {
                    orders.push(group, &keys)?;
                }
            }
            let mut named: Vec<_> =
                mixed.iter().take(NAMED_ORDERS).map(|i| keys(*i as usize)).collect();
            found.mixed.append(&mut named);
            Ok(orders.orders)
        }
    }
}

struct Lines<'a> {
    rows: &'a Rows,
    /// Of texts; the missing ones come last.
    rank: &'a [Vec<u32>],
    orders: Rows,
}

impl Lines<'_> {
    /// Adds the order whose lines are `group`.
    fn push(
        &mut self,
        group: &[u32],
        keys: &impl Fn(usize) -> (Id, Id),
    ) -> Result<(), TimelineError> {
        let (rows, orders) = (self.rows, &mut self.orders);
        let at = |i: u32| i as usize;
        let sum: i128 = group.iter().map(|i| i128::from(rows.values[at(*i)])).sum();
        let value = i64::try_from(sum).map_err(|_| {
            let (customer, order) = keys(at(group[0]));
            TimelineError::AmountOverflow { customer, order, sum }
        })?;
        let time = |i: u32| (rows.days[at(i)], rows.instants.get(at(i)).copied());
        let earliest = group.iter().map(|i| time(*i)).min().expect("a group has lines");
        let smallest = |codes: &[u32], rank: &[u32]| {
            let lines = group.iter().filter(|i| time(**i) == earliest).map(|i| codes[at(*i)]);
            lines.min_by_key(|code| rank[*code as usize]).expect("one line is the earliest")
        };
        let first = at(group[0]);
        orders.ids.push(rows.ids[first]);
        orders.orders.push(rows.orders[first]);
        orders.kinds.push(rows.kinds[first]);
        orders.values.push(value);
        orders.days.push(earliest.0);
        orders.instants.extend(earliest.1);
        let segments = rows.segments.iter().zip(self.rank);
        for ((codes, rank), own) in segments.zip(&mut orders.segments) {
            own.push(smallest(codes, rank));
        }
        if let Some(rank) = self.rank.get(rows.segments.len())
            && !rows.reasons.is_empty()
        {
            orders.reasons.push(smallest(&rows.reasons, rank));
        }
        Ok(())
    }
}
