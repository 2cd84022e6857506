//! All partitions on all threads.

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::ThreadPool;

use crate::store::PARTITIONS;

/// One state a thread; each takes the next partition until none is left.
pub(crate) fn each_partition<S: Send, E: Send>(
    pool: &ThreadPool,
    states: Vec<S>,
    work: impl Fn(&mut S, usize) -> Result<(), E> + Sync,
) -> Result<Vec<S>, E> {
    let next = AtomicUsize::new(0);
    let (next, work) = (&next, &work);
    let mut results: Vec<Option<Result<S, E>>> = states.iter().map(|_| None).collect();
    pool.scope(|scope| {
        for (mut state, result) in states.into_iter().zip(&mut results) {
            scope.spawn(move |_| {
                let all = std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed))
                    .take_while(|index| *index < PARTITIONS)
                    .try_for_each(|index| work(&mut state, index));
                *result = Some(all.map(|()| state));
            });
        }
    });
    results.into_iter().flatten().collect()
}
