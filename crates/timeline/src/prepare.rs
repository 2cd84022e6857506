//! From the packed rows of a partition to its timelines.

use kohort_model::{Day, Id, Kind};

use crate::census::LeftOut;
use crate::counted_rows::Ends;
use crate::ids::{Numbering, to_u32};
use crate::layout::{DAY, Layout, Resolve, Stream, VALUE};
use crate::pass::Pass;
use crate::resolve::{Repeats, resolve};
use crate::rows::{Packed, Rows};
use crate::side_events::SideRows;
use crate::slots::SlotMap;
use crate::spans::Spans;
use crate::store::Store;
use crate::track::{OwnedTrack, Timelines, sort_track};
use crate::{TimelineError, chunk};

/// The days that are known: from the first, included, to the last, excluded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub from: Day,
    pub until: Day,
}

impl Window {
    pub fn new(history_start: Option<Day>, as_of: Option<Day>) -> Self {
        Self { from: history_start.unwrap_or(Day(i32::MIN)), until: as_of.unwrap_or(Day(i32::MAX)) }
    }

    /// Drops the rows outside, and counts them.
    fn keep(self, rows: Rows, left_out: &mut LeftOut) -> Rows {
        let early = rows.days.iter().filter(|d| **d < self.from.0).count();
        let late = rows.days.iter().filter(|d| **d >= self.until.0).count();
        if early + late == 0 {
            return rows;
        }
        left_out.before_history_start += early as u64;
        left_out.after_as_of += late as u64;
        rows.pick(&places(&rows, |i| (self.from.0..self.until.0).contains(&rows.days[i])))
    }
}

fn places(rows: &Rows, keep: impl Fn(usize) -> bool) -> Vec<u32> {
    (0..rows.len()).filter(|i| keep(*i)).map(|i| to_u32(i as u64)).collect()
}

/// A partition's timelines, and what did not get into them.
pub(crate) struct Prepared {
    pub timelines: Timelines,
    pub left_out: LeftOut,
    pub repeats: Repeats,
    pub ends: Ends,
}

/// Reads partition `index` and sorts its events into timelines.
pub(crate) fn prepare(
    store: &Store,
    layout: &Layout,
    index: usize,
    pass: Pass,
    slots: &SlotMap,
) -> Result<Prepared, TimelineError> {
    let window = pass.window;
    let stretches: Vec<_> =
        Stream::ALL.into_iter().map(|s| pass.read(store, index, s)).collect::<Result<_, _>>()?;
    let packed = |stream: Stream| Packed::new(&stretches[stream.place()], layout, stream);
    let streams = Stream::ALL.map(packed);
    let [main, side, ..] = &streams;
    let mut left_out = LeftOut::default();
    let mut repeats = Repeats::default();

    let of_customers: Vec<&Packed<'_>> = (Stream::ALL.iter().zip(&streams))
        .filter(|(stream, _)| stream.is_of_customers())
        .map(|(_, packed)| packed)
        .collect();
    let mut numbering = Packed::numbering(&of_customers, layout.customers);

    // Everybody is numbered before anything is sorted by number.
    let mut side_rows = SideRows::new(&streams, &mut numbering, slots, window, &mut left_out);
    let rank = slots.rank();
    let (activity, refunds, attempts);
    let told;
    if layout.resolve == Resolve::Spans {
        let rows = main.unpack(&mut numbering);
        let told = side_rows.with_others(&streams, slots, numbering.count(), &mut left_out);
        let customers = told.all;
        let (spans, ends) = Spans::new(&rows, customers, window.until, slots, &mut left_out);
        let id = |person: usize| ids(&numbering, index, customers)[person].clone();
        let items = side_rows.items(customers, layout, &mut left_out, id)?;
        let mut timelines = Timelines::of_spans(customers, spans, items);
        timelines.people = told.people;
        if pass.with_ids {
            timelines.ids = ids(&numbering, index, customers);
        }
        return Ok(Prepared { timelines, left_out, repeats, ends });
    }
    if layout.is_resolved() {
        let rows = main.unpack(&mut numbering);
        told = side_rows.with_others(&streams, slots, numbering.count(), &mut left_out);
        let customers = told.all;
        let rows =
            resolve(rows, layout, slots, &mut left_out, &mut repeats, |row| main.keys(index, row))?;
        let tracks = by_track(&rows, layout.any_activity, &mut left_out);
        let [a, r, t] = tracks.map(|track| window.keep(track, &mut left_out));
        activity = sort_track(&a, customers, rank);
        refunds = sort_track(&r, customers, rank);
        attempts = sort_track(&t, customers, rank);
    } else {
        let ids = main.ids(&mut numbering);
        let rest = side.unpack(&mut numbering);
        told = side_rows.with_others(&streams, slots, numbering.count(), &mut left_out);
        let customers = told.all;
        let tracks = by_track(&rest, false, &mut left_out);
        let [_, r, t] = tracks.map(|track| window.keep(track, &mut left_out));
        refunds = sort_track(&r, customers, rank);
        attempts = sort_track(&t, customers, rank);
        activity = match day_range(main) {
            Some(days) if main.columns.width() == VALUE + 1 => {
                sort_by_counting(main, &ids, customers, days, window, &mut left_out)
            }
            _ => {
                let rows = main.unpack(&mut numbering);
                sort_track(&window.keep(rows, &mut left_out), customers, rank)
            }
        };
    }
    let customers = told.all;
    left_out.refund_without_order = (0..customers)
        .filter(|c| activity.range(*c).is_empty())
        .map(|c| refunds.range(c).len() as u64)
        .sum();
    if layout.resolve != Resolve::Unique {
        repeats = Repeats { rows: 0, example: None, ..repeats };
    }
    let id = |person: usize| ids(&numbering, index, customers)[person].clone();
    let items = side_rows.items(customers, layout, &mut left_out, id)?;
    let any_activity = layout.any_activity;
    let mut timelines = Timelines::new(customers, any_activity, activity, refunds, attempts, items);
    timelines.people = told.people;
    if pass.with_ids {
        timelines.ids = ids(&numbering, index, customers);
    }
    Ok(Prepared { timelines, left_out, repeats, ends: Ends::default() })
}

/// The ids of a partition by number; visitors who are nobody have one that nothing looks at.
fn ids(numbering: &Numbering<'_>, partition: usize, people: usize) -> Vec<Id> {
    let mut ids = numbering.ids(partition);
    ids.resize(people, Id::Integer(0));
    ids
}

/// Splits rows into activity, refunds and attempts.
fn by_track(rows: &Rows, any_activity: bool, left_out: &mut LeftOut) -> [Rows; 3] {
    let mut tracks = [Vec::new(), Vec::new(), Vec::new()];
    for i in 0..rows.len() {
        let (kind, place) = (rows.kinds[i], to_u32(i as u64));
        if kind == Kind::Completed as u8 {
            tracks[usize::from(rows.values[i] < 0 && !any_activity)].push(place);
        } else if kind == Kind::Ignored as u8 {
            left_out.ignored += 1;
        } else if rows.values[i] < 0 {
            left_out.negative_attempt += 1;
        } else {
            tracks[2].push(place);
        }
    }
    // In the side stream nothing completed is activity: what is not negative would be in main.
    tracks.map(|picked| rows.pick(&picked))
}

/// First day and number of days, where counting them pays.
fn day_range(main: &Packed<'_>) -> Option<(i64, usize)> {
    let (first, last) = main.range(DAY)?;
    let count = usize::try_from(last - first).ok()? + 1;
    (count <= 4 * main.rows() + 4096).then(|| (chunk::signed(first), count))
}

/// Two counting sorts, by day and then by customer, of rows that have nothing else.
fn sort_by_counting(
    main: &Packed<'_>,
    ids: &[u32],
    customers: usize,
    (first_day, day_count): (i64, usize),
    window: Window,
    left_out: &mut LeftOut,
) -> OwnedTrack {
    let first_word = chunk::ordered(first_day);
    let mut day_offsets = vec![0_u32; day_count + 1];
    let bucket = |word: u64| usize::try_from(word).expect("less than the count of days");
    main.for_each(DAY, first_word, |day| day_offsets[bucket(day) + 1] += 1);
    for day in 0..day_count {
        day_offsets[day + 1] += day_offsets[day];
    }

    let mut next = day_offsets.clone();
    let mut places = Vec::with_capacity(ids.len());
    main.for_each(DAY, first_word, |day| {
        let place = &mut next[bucket(day)];
        places.push(*place);
        *place += 1;
    });
    // Customer and value side by side: a row in no order is one cache line, not two.
    let mut by_day = vec![(0_u32, 0_i64); ids.len()];
    let mut rows = places.iter().zip(ids);
    main.for_each(VALUE, 0, |value| {
        if let Some((place, id)) = rows.next() {
            by_day[*place as usize] = (*id, chunk::signed(value));
        }
    });

    let bucket_of = |day: Day| {
        let days = i64::from(day.0) - first_day;
        usize::try_from(days.max(0)).map_or(day_count, |days| days.min(day_count))
    };
    let known = bucket_of(window.from)..bucket_of(window.until).max(bucket_of(window.from));
    let rows = day_offsets[known.start] as usize..day_offsets[known.end] as usize;
    left_out.before_history_start += rows.start as u64;
    left_out.after_as_of += (ids.len() - rows.end) as u64;

    let mut offsets = vec![0_u32; customers + 1];
    for (id, _) in &by_day[rows.clone()] {
        offsets[*id as usize + 1] += 1;
    }
    for customer in 0..customers {
        offsets[customer + 1] += offsets[customer];
    }
    let mut next = offsets.clone();
    let mut days = vec![Day(0); rows.len()];
    let mut values = vec![0_i64; rows.len()];
    let base = i32::try_from(first_day).expect("days came as 32 bits");
    for (day, bounds) in (base..).zip(day_offsets.windows(2)).skip(known.start).take(known.len()) {
        let of_day = bounds[0] as usize..bounds[1] as usize;
        for (id, value) in &by_day[of_day] {
            let place = &mut next[*id as usize];
            days[*place as usize] = Day(day);
            values[*place as usize] = *value;
            *place += 1;
        }
    }
    OwnedTrack { offsets, days, values, ..OwnedTrack::default() }
}
