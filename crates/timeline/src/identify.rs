//! Who visitors are: what they did goes from the partition of the visitor to that of the customer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kohort_inputs::spec;
use kohort_model::{Day, IdSpace, Input, ValueKind};
use rayon::ThreadPool;

use crate::chunk::signed;
use crate::ids::to_u32;
use crate::layout::{Cell, IDENTITIES, Stream, VISITS, Word};
use crate::rows::Packed;
use crate::shared::Shared;
use crate::stages::{Owners, SORTED_ROWS, Stages};
use crate::store::PARTITIONS;
use crate::threads::each_partition;
use crate::values::Values;
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
    let days = visits.words(visits.columns.words.iter().position(|word| word.cell == Cell::Day));
    let is_known = |row: &u32| signed(days[*row as usize]) < as_of.0.into();
    let known: Vec<u32> = (0..to_u32(days.len() as u64)).filter(is_known).collect();
    let mut whose = customers(&visits, VISITS);
    let by_visitor = by_visitor(
        numbering.count(),
        named.iter().zip(customers(&identities, IDENTITIES)),
        (&visits, &visitors, &known, &whose),
    );
    for row in known.iter().map(|row| *row as usize) {
        whose[row] = whose[row].or(by_visitor[visitors[row] as usize]);
    }

    // Small in every partition, so that they pack well.
    let in_partition: Vec<u64> = visitors.iter().map(|visitor| u64::from(*visitor)).collect();
    let numbers: Vec<u64> =
        in_partition.iter().map(|visitor| visitor * PARTITIONS as u64 + index as u64).collect();
    let sources: Vec<Source<'_>> =
        touches.columns.words[1..].iter().map(|word| Source::of(*word, &visits)).collect();
    let (of_customers, of_others): (Vec<u32>, Vec<u32>) =
        known.iter().partition(|row| whose[**row as usize].is_some());
    let (mut integers, mut bytes) = (Vec::new(), Vec::new());
    let owners = match layout.customers {
        KeyType::Integers => {
            integers.extend(whose.iter().map(|customer| match customer {
                Some(Customer::Integer(id)) => *id,
                _ => 0,
            }));
            Owners::Integers(&integers)
        }
        KeyType::Bytes => {
            bytes.extend(whose.iter().map(|customer| match customer {
                Some(Customer::Bytes(id)) => *id,
                _ => &[],
            }));
            Owners::Bytes(&bytes)
        }
    };
    for (stages, rows, owners) in [
        (touches, of_customers, owners),
        (anonymous, of_others, Owners::Numbers(index, &in_partition)),
    ] {
        let others = sources.iter().map(|source| source.values(&numbers));
        let values: Vec<_> = std::iter::once(owners.values()).chain(others).collect();
        for rows in rows.chunks(SORTED_ROWS as usize) {
            stages.extend(shared, (owners, rows), &values)?;
        }
    }
    Ok((visitors.len() - known.len()) as u64)
}

/// Who each visitor is: of several customers that an input names the smallest, else that of the visitor's
/// earliest event before the end of what is known.
fn by_visitor<'a, 'n>(
    visitors: usize,
    named: impl Iterator<Item = (&'n u32, Option<Customer<'a>>)>,
    (visits, visitor_of, known, own): (&Packed<'a>, &[u32], &[u32], &[Option<Customer<'a>>]),
) -> Vec<Option<Customer<'a>>> {
    let mut customer_of: Vec<Option<Customer<'a>>> = vec![None; visitors];
    for (visitor, customer) in named {
        let smallest = &mut customer_of[*visitor as usize];
        *smallest = [*smallest, customer].into_iter().flatten().min();
    }
    let words = &visits.columns.words;
    let instants = visits.words(words.iter().position(|word| word.cell == Cell::Instant));
    let mut by_event: Vec<Option<(i64, Customer<'a>)>> = vec![None; visitors];
    for row in known.iter().map(|row| *row as usize) {
        if let Some(customer) = own[row] {
            let first = &mut by_event[visitor_of[row] as usize];
            let told = (signed(instants[row]), customer);
            *first = Some(first.map_or(told, |first| first.min(told)));
        }
    }
    let told = by_event.into_iter().map(|told| told.map(|(_, customer)| customer));
    customer_of.into_iter().zip(told).map(|(named, told)| named.or(told)).collect()
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

    fn values<'s>(&'s self, numbers: &'s [u64]) -> Values<'s> {
        match self {
            Self::Words(words) => Values::Integers(words),
            Self::Bytes(ids) => Values::Bytes(ids),
            Self::Visitor => Values::Integers(numbers),
        }
    }
}

/// The customer that each row of an input of visitors names, if it does.
fn customers<'a>(rows: &Packed<'a>, input: Input) -> Vec<Option<Customer<'a>>> {
    let is_customer = |kind| matches!(kind, ValueKind::Id(ids) if ids.of == IdSpace::Customer);
    let column = spec(input).find(is_customer);
    let Some((column, id)) = column.and_then(|column| Some((column, rows.id(column)?))) else {
        return vec![None; rows.rows()];
    };
    let own = rows.columns.ids[id];
    let mut customers: Vec<Option<Customer<'a>>> = match own.held {
        KeyType::Bytes => rows.bytes(id).into_iter().map(|id| Some(Customer::Bytes(id))).collect(),
        KeyType::Integers => {
            rows.words(Some(own.word)).into_iter().map(|id| Some(Customer::Integer(id))).collect()
        }
    };
    let known = rows.words(rows.columns.find(Cell::Known, Some(column)));
    for (customer, known) in customers.iter_mut().zip(known) {
        *customer = customer.filter(|_| known != 0);
    }
    customers
}
