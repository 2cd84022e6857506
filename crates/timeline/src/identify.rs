//! Who visitors are: what they did goes from the partition of the visitor to that of the customer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kohort_inputs::spec;
use kohort_model::{Day, IdSpace, Input, ValueKind};
use rayon::ThreadPool;

use crate::chunk::signed;
use crate::ids::{partition_of_bytes, partition_of_integer};
use crate::layout::{Cell, IDENTITIES, Stream, VISITS, Word};
use crate::rows::Packed;
use crate::shared::Shared;
use crate::stages::Stages;
use crate::threads::each_partition;
use crate::{Gathered, KeyType, TimelineError};

/// A customer's id as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Customer<'a> {
    Integer(u64),
    Bytes(&'a [u8]),
}

impl Gathered {
    /// Hands what visitors did before `as_of` on to the customers that they are, each visitor
    /// without one to a person of its own. Gives the number of rows on or after `as_of`, which are
    /// dropped. To be called once, before the fold.
    ///
    /// # Errors
    /// [`TimelineError::Spill`] as the disk has it.
    pub fn identify(&self, pool: &ThreadPool, as_of: Day) -> Result<u64, TimelineError> {
        if self.layout().items[VISITS as usize].is_nothing() {
            return Ok(0);
        }
        let late = AtomicU64::new(0);
        let layout = self.layout();
        let new = |_| [Stream::Touches, Stream::Anonymous].map(|s| Stages::new(s, layout));
        let states = (0..pool.current_num_threads()).map(new).collect();
        let done = each_partition(pool, states, |stages, index| {
            late.fetch_add(hand_on(&self.shared, index, as_of, stages)?, Ordering::Relaxed);
            Ok::<(), TimelineError>(())
        })?;
        for mut stages in done.into_iter().flatten() {
            stages.seal_all(&self.shared)?;
        }
        Ok(late.into_inner())
    }
}

fn hand_on(
    shared: &Arc<Shared>,
    index: usize,
    as_of: Day,
    [touches, anonymous]: &mut [Stages; 2],
) -> Result<u64, TimelineError> {
    let layout = &shared.layout;
    let [visits, identities] = [VISITS, IDENTITIES].map(Stream::Of);
    let held = [visits, identities].map(|stream| shared.store.take(index, stream));
    let [of_visits, of_identities] = held;
    let (of_visits, of_identities) = (of_visits?, of_identities?);
    let visits = Packed::new(&of_visits, layout, visits);
    let identities = Packed::new(&of_identities, layout, identities);
    let streams = [&visits, &identities];
    let mut numbering = Packed::numbering(&streams, visits.columns.owner());
    let named = identities.ids(&mut numbering);
    let visitors = visits.ids(&mut numbering);
    let word = |cell| visits.words(visits.columns.words.iter().position(|word| word.cell == cell));
    let (days, instants) = (word(Cell::Day), word(Cell::Instant));

    // Of several that an input names the smallest, else that of the earliest event.
    let mut customer_of: BTreeMap<u32, Customer<'_>> = BTreeMap::new();
    for (visitor, customer) in named.iter().zip(customers(&identities, IDENTITIES)) {
        let Some(customer) = customer else { continue };
        let own = customer_of.entry(*visitor).or_insert(customer);
        *own = customer.min(*own);
    }
    let own = customers(&visits, VISITS);
    let is_known = |i: &usize| signed(days[*i]) < as_of.0.into();
    let mut by_event: BTreeMap<u32, (i64, Customer<'_>)> = BTreeMap::new();
    for i in (0..visitors.len()).filter(is_known) {
        if let Some(customer) = own[i] {
            let told = (signed(instants[i]), customer);
            let first = by_event.entry(visitors[i]).or_insert(told);
            *first = told.min(*first);
        }
    }
    for (visitor, (_, customer)) in by_event {
        customer_of.entry(visitor).or_insert(customer);
    }

    let sources: Vec<Source<'_>> =
        touches.columns.words.iter().map(|word| Source::of(*word, &visits)).collect();
    let mut late = 0;
    for i in 0..visitors.len() {
        if !is_known(&i) {
            late += 1;
            continue;
        }
        let number = (index as u64) << 32 | u64::from(visitors[i]);
        let customer = own[i].or_else(|| customer_of.get(&visitors[i]).copied());
        let (stages, partition) = match customer {
            Some(Customer::Integer(id)) => (&mut *touches, partition_of_integer(id).0),
            Some(Customer::Bytes(id)) => (&mut *touches, partition_of_bytes(id)),
            None => (&mut *anonymous, index),
        };
        stages.add(shared, partition, |word, heap| match (word, &sources[word], customer) {
            (0, _, Some(Customer::Integer(id))) => partition_of_integer(id).1,
            (0, _, Some(Customer::Bytes(id))) => put(id, heap),
            (0, _, None) | (_, Source::Visitor, _) => number,
            (_, Source::Words(words), _) => words[i],
            (_, Source::Bytes(bytes), _) => put(bytes[i], heap),
        })?;
    }
    Ok(late)
}

/// Where the words of a row come from that is handed on.
enum Source<'a> {
    Words(Vec<u64>),
    /// Ids.
    Bytes(Vec<&'a [u8]>),
    /// The number of the visitor.
    Visitor,
}

impl<'a> Source<'a> {
    fn of(word: Word, visits: &Packed<'a>) -> Self {
        let Word { cell, column } = word;
        if cell == Cell::Visitor {
            return Self::Visitor;
        }
        let id = column.filter(|_| cell == Cell::Id).and_then(|column| visits.id(column));
        match id.filter(|id| visits.columns.ids[*id].held == KeyType::Bytes) {
            Some(id) => Self::Bytes(visits.bytes(id)),
            None => Self::Words(visits.words(visits.columns.find(cell, column))),
        }
    }
}

/// Puts bytes on the heap; the word that stands in the row is their length.
fn put(bytes: &[u8], heap: &mut Vec<u8>) -> u64 {
    heap.extend_from_slice(bytes);
    bytes.len() as u64
}

/// The customer that each row of an input of visitors names, if it does.
fn customers<'a>(rows: &Packed<'a>, input: Input) -> Vec<Option<Customer<'a>>> {
    let is_customer = |kind| matches!(kind, ValueKind::Id(ids) if ids.of == IdSpace::Customer);
    let column = spec(input).find(is_customer);
    let Some((column, id)) = column.and_then(|column| Some((column, rows.id(column)?))) else {
        return vec![None; rows.rows()];
    };
    let (words, bytes) = rows.ranked(id);
    let known = rows.words(rows.columns.find(Cell::Known, Some(column)));
    let customer = |(row, word): (usize, u64)| {
        let is_known = known.get(row).is_none_or(|known| *known != 0);
        is_known.then(|| match rows.columns.ids[id].held {
            KeyType::Bytes => {
                Customer::Bytes(bytes[usize::try_from(word).expect("a rank just given")])
            }
            KeyType::Integers => Customer::Integer(word),
        })
    };
    words.into_iter().enumerate().map(customer).collect()
}
