//! Timelines by (customer, segment value), for segments that look at each order.

use crate::counting::counting_sort;
use crate::ids::to_u32;
use crate::slots::NO_CODE;
use crate::spans::Spans;
use crate::track::{OwnedTrack, Timelines};

/// The same events with every (customer, value of `segment`) as a customer of its own, and each
/// one's value code.
pub(crate) fn split(timelines: &Timelines, segment: usize) -> (Timelines, Vec<u32>) {
    if let Some(spans) = &timelines.spans {
        return split_spans(timelines, spans, segment);
    }
    let tracks = [&timelines.activity, &timelines.refunds, &timelines.attempts];
    let mut owners: [Vec<u32>; 3] = tracks.map(|track| vec![0; track.len()]);
    let mut codes_of_owner = Vec::new();
    let mut customer_of_owner = Vec::new();
    let mut own: Vec<u32> = Vec::new();
    for customer in 0..timelines.customers {
        own.clear();
        for (track, owners) in tracks.iter().zip(&mut owners) {
            for event in track.range(customer) {
                let code = track.segments[segment][event];
                let place = own.iter().position(|c| *c == code).unwrap_or_else(|| {
                    own.push(code);
                    own.len() - 1
                });
                owners[event] = to_u32((codes_of_owner.len() + place) as u64);
            }
        }
        if own.is_empty() && timelines.items.has(customer) {
            own.push(NO_CODE);
        }
        codes_of_owner.extend_from_slice(&own);
        customer_of_owner.resize(codes_of_owner.len(), to_u32(customer as u64));
    }
    let customers = codes_of_owner.len();
    let [activity, refunds, attempts] =
        [0, 1, 2].map(|t| regroup(tracks[t], &owners[t], customers));
    let any_activity = timelines.any_activity;
    let items = timelines.items.pick(&customer_of_owner);
    (Timelines::new(customers, any_activity, activity, refunds, attempts, items), codes_of_owner)
}

/// The same of subscriptions, whose spans have the values.
fn split_spans(timelines: &Timelines, spans: &Spans, segment: usize) -> (Timelines, Vec<u32>) {
    let codes = &spans.segments[segment];
    let mut owners = vec![0; codes.len()];
    let (mut codes_of_owner, mut customer_of_owner) = (Vec::new(), Vec::new());
    let mut own: Vec<u32> = Vec::new();
    for customer in 0..timelines.customers {
        own.clear();
        for span in spans.range(customer) {
            let place = own.iter().position(|code| *code == codes[span]).unwrap_or_else(|| {
                own.push(codes[span]);
                own.len() - 1
            });
            owners[span] = to_u32((codes_of_owner.len() + place) as u64);
        }
        if own.is_empty() && timelines.items.has(customer) {
            own.push(NO_CODE);
        }
        codes_of_owner.extend_from_slice(&own);
        customer_of_owner.resize(codes_of_owner.len(), to_u32(customer as u64));
    }
    let customers = codes_of_owner.len();
    let items = timelines.items.pick(&customer_of_owner);
    let spans = spans.regroup(&owners, customers);
    (Timelines::of_spans(customers, spans, items), codes_of_owner)
}

/// The track with the events of each new owner together, still in order of time.
fn regroup(track: &OwnedTrack, owners: &[u32], customers: usize) -> OwnedTrack {
    let (order, offsets) = counting_sort(owners.len(), customers, |i| owners[i] as usize);
    track.pick(&order, offsets)
}
