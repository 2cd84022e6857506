//! Who visitors are: what they did goes from the partition of the visitor to that of the customer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kohort_model::{Day, known};
use rayon::ThreadPool;

use crate::ids::{partition_of_bytes, partition_of_integer};
use crate::lane::{Stages, Word};
use crate::layout::Stream;
use crate::rows::Packed;
use crate::shared::Shared;
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
        if self.layout().further.visitors.is_none() {
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
    let read = [Stream::Visits, Stream::Identities].map(|s| shared.store.take(index, s));
    let [visits, identities] = read;
    let (visits, identities) = (visits?, identities?);
    let visits = Packed::new(&visits, layout, Stream::Visits);
    let identities = Packed::new(&identities, layout, Stream::Identities);
    let streams = [&visits, &identities];
    let mut numbering = Packed::numbering(&streams, visits.columns.keys.customer);
    let named = identities.unpack(&mut numbering);
    let carts = visits.order_bytes();
    let rows = if carts.is_empty() {
        visits.unpack(&mut numbering)
    } else {
        visits.unpack_but_orders(&mut numbering)
    };

    // Of several that an input names the smallest, else that of the earliest event.
    let mut customer_of: BTreeMap<u32, Customer<'_>> = BTreeMap::new();
    for (visitor, customer) in named.ids.iter().zip(customers(&identities)) {
        let own = customer_of.entry(*visitor).or_insert(customer);
        *own = customer.min(*own);
    }
    let own = customers(&visits);
    let is_known = |i: &usize| rows.days[*i] < as_of.0;
    let mut by_event: BTreeMap<u32, (i64, Customer<'_>)> = BTreeMap::new();
    for i in (0..rows.len()).filter(is_known) {
        if rows.kinds[i] & known::CUSTOMER != 0 {
            let told = (rows.instants[i], own[i]);
            let first = by_event.entry(rows.ids[i]).or_insert(told);
            *first = told.min(*first);
        }
    }
    for (visitor, (_, customer)) in by_event {
        customer_of.entry(visitor).or_insert(customer);
    }

    let mut late = 0;
    for i in 0..rows.len() {
        if !is_known(&i) {
            late += 1;
            continue;
        }
        let number = (index as u64) << 32 | u64::from(rows.ids[i]);
        let own = (rows.kinds[i] & known::CUSTOMER != 0).then(|| own[i]);
        let customer = own.or_else(|| customer_of.get(&rows.ids[i]).copied());
        let (stages, partition, customer) = match customer {
            Some(Customer::Integer(id)) => {
                let (partition, rest) = partition_of_integer(id);
                (&mut *touches, partition, Word::Integer(rest))
            }
            Some(Customer::Bytes(id)) => (&mut *touches, partition_of_bytes(id), Word::Bytes(id)),
            None => (&mut *anonymous, index, Word::Integer(number)),
        };
        let cart = match carts.get(i) {
            Some(bytes) => Word::Bytes(bytes),
            None => Word::Integer(rows.orders.get(i).copied().unwrap_or_default()),
        };
        stages.add_touch(shared, (partition, customer), cart, number, (&rows, i))?;
    }
    Ok(late)
}

/// The customer that each row names, be it known or not.
fn customers<'a>(rows: &Packed<'a>) -> Vec<Customer<'a>> {
    let (words, bytes) = rows.others();
    let customer = |word: u64| match rows.columns.keys.other {
        Some(KeyType::Bytes) => {
            Customer::Bytes(bytes[usize::try_from(word).expect("a rank just given")])
        }
        _ => Customer::Integer(word),
    };
    words.into_iter().map(customer).collect()
}
