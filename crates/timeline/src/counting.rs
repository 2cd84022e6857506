//! Sorting by small numbers.

/// The places of `n` items in order of a small number, stable, and where each number begins.
pub(crate) fn counting_sort(
    n: usize,
    buckets: usize,
    bucket: impl Fn(usize) -> usize,
) -> (Vec<u32>, Vec<u32>) {
    let mut offsets = vec![0_u32; buckets + 1];
    (0..n).for_each(|i| offsets[bucket(i) + 1] += 1);
    for b in 0..buckets {
        offsets[b + 1] += offsets[b];
    }
    let mut next = offsets.clone();
    let mut order = vec![0_u32; n];
    for i in 0..n {
        let place = &mut next[bucket(i)];
        order[*place as usize] = crate::ids::to_u32(i as u64);
        *place += 1;
    }
    (order, offsets)
}
