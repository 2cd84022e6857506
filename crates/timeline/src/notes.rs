//! What is known of people beside their orders, by person and in order.

use kohort_model::{
    Contact, Day, Input, Invoice, Items, Line, NEVER, NO_SCORE, NO_VALUE, Opportunity, Return,
    Signal, Touch, known,
};

use crate::census::LeftOut;
use crate::counting::counting_sort;
use crate::ids::to_u32;
use crate::prepare::Window;
use crate::rows::Rows;
use crate::slots::SlotMap;
use crate::standing;

/// Items by person; without offsets where there is no item at all.
#[derive(Clone, Debug)]
pub(crate) struct Grouped<T> {
    pub offsets: Vec<u32>,
    pub items: Vec<T>,
}

impl<T> Default for Grouped<T> {
    fn default() -> Self {
        Self { offsets: Vec::new(), items: Vec::new() }
    }
}

impl<T: Copy> Grouped<T> {
    /// What `item` makes of the rows, where it makes something, those of a person in order of `key`.
    pub fn new<K: Ord>(
        rows: &Rows,
        people: usize,
        key: impl Fn(usize) -> K,
        item: impl Fn(usize) -> Option<T>,
    ) -> Self {
        Self::chosen(rows, people, |own| own.sort_by_cached_key(|i| key(*i as usize)), item)
    }

    /// The same of the rows that `arrange` puts first in order; it may leave some out.
    pub fn chosen(
        rows: &Rows,
        people: usize,
        mut arrange: impl FnMut(&mut Vec<u32>),
        item: impl Fn(usize) -> Option<T>,
    ) -> Self {
        if rows.len() == 0 {
            return Self::default();
        }
        let (order, offsets) = counting_sort(rows.len(), people, |i| rows.ids[i] as usize);
        let mut grouped = Self { offsets: vec![0], items: Vec::with_capacity(rows.len()) };
        let mut own = Vec::new();
        for pair in offsets.windows(2) {
            own.clear();
            own.extend_from_slice(&order[pair[0] as usize..pair[1] as usize]);
            if !own.is_empty() {
                arrange(&mut own);
            }
            grouped.items.extend(own.iter().filter_map(|i| item(*i as usize)));
            grouped.offsets.push(to_u32(grouped.items.len() as u64));
        }
        grouped
    }

    fn of(&self, person: usize) -> &[T] {
        match self.offsets.get(person..=person + 1) {
            Some(bounds) => &self.items[bounds[0] as usize..bounds[1] as usize],
            None => &[],
        }
    }

    /// The items of each of `people`, who may be there several times.
    fn pick(&self, people: &[u32]) -> Self {
        if self.items.is_empty() {
            return Self::default();
        }
        let mut picked = Self { offsets: vec![0], items: Vec::new() };
        for person in people {
            picked.items.extend_from_slice(self.of(*person as usize));
            picked.offsets.push(to_u32(picked.items.len() as u64));
        }
        picked
    }

    /// Those of the people from `first` to `last`, exclusive.
    pub fn slice(&self, first: usize, last: usize) -> Items<'_, T> {
        let offsets = if self.offsets.is_empty() { &[] } else { &self.offsets[first..=last] };
        Items { offsets, items: &self.items }
    }
}

/// The rows of further inputs of a partition, by number of person.
#[derive(Default)]
pub(crate) struct NoteRows {
    pub prospects: Rows,
    pub contacts: Rows,
    pub surveys: Rows,
    /// Orders are the carts', as ranks.
    pub touches: Rows,
    pub opportunities: Rows,
    /// Orders are ranks, here and of returns: one rank is one order.
    pub lines: Rows,
    pub returns: Rows,
    pub invoices: Rows,
    pub signals: Rows,
}

/// The notes on the people of a partition.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notes {
    /// Empty where no row tells of anybody.
    pub first_seen: Vec<Option<Day>>,
    pub contacts: Grouped<Contact>,
    pub surveys: Grouped<(Day, u32)>,
    pub scores: Grouped<(Day, u8)>,
    pub touches: Grouped<Touch>,
    pub opportunities: Grouped<Opportunity>,
    pub lines: Grouped<Line>,
    pub returns: Grouped<Return>,
    pub invoices: Grouped<Invoice>,
    pub signals: Grouped<Signal>,
}

/// Calls a macro with every list of items.
macro_rules! each_list {
    ($call:ident) => {
        $call!(contacts, surveys, scores, touches, opportunities, lines, returns, invoices, signals)
    };
}

impl Notes {
    /// From the rows of each input.
    pub fn new(
        people: usize,
        rows: &NoteRows,
        slots: &SlotMap,
        window: Window,
        terms_days: u32,
        left_out: &mut LeftOut,
    ) -> Self {
        Self {
            first_seen: first_seen(people, &rows.prospects),
            contacts: contacts(people, &rows.contacts, slots),
            surveys: surveys(people, &rows.surveys, slots),
            scores: scores(people, &rows.surveys),
            touches: touches(people, &rows.touches, slots, left_out),
            opportunities: standing::opportunities(
                people,
                &rows.opportunities,
                slots,
                window.until,
                left_out,
            ),
            lines: lines(people, &rows.lines, slots),
            returns: returns(people, &rows.returns, slots),
            invoices: standing::invoices(
                people,
                &rows.invoices,
                window.until,
                terms_days,
                left_out,
            ),
            signals: signals(people, &rows.signals, slots),
        }
    }

    /// Whether anything is known of a person.
    pub fn has(&self, person: usize) -> bool {
        macro_rules! any {
            ($($list:ident),+) => { false $(|| !self.$list.of(person).is_empty())+ };
        }
        self.first_seen.get(person).is_some_and(Option::is_some) || each_list!(any)
    }

    /// The notes on each of `people`, who may be there several times.
    pub fn pick(&self, people: &[u32]) -> Self {
        let seen = |person: &u32| self.first_seen[*person as usize];
        let none = self.first_seen.is_empty();
        let first_seen = if none { Vec::new() } else { people.iter().map(seen).collect() };
        macro_rules! picked {
            ($($list:ident),+) => { Self { first_seen, $($list: self.$list.pick(people)),+ } };
        }
        each_list!(picked)
    }

    pub fn first_seen(&self, first: usize, last: usize) -> &[Option<Day>] {
        if self.first_seen.is_empty() { &[] } else { &self.first_seen[first..last] }
    }
}

fn first_seen(people: usize, rows: &Rows) -> Vec<Option<Day>> {
    let mut first_seen = Vec::new();
    if rows.len() > 0 {
        first_seen.resize(people, None);
        for (id, day) in rows.ids.iter().zip(&rows.days) {
            let seen: &mut Option<Day> = &mut first_seen[*id as usize];
            *seen = Some(seen.map_or(Day(*day), |earlier| earlier.min(Day(*day))));
        }
    }
    first_seen
}

/// The place of a code's text, where there are several.
fn place(places: &[u32], code: u32) -> u32 {
    places.get(code as usize).copied().unwrap_or(0)
}

fn contacts(people: usize, rows: &Rows, slots: &SlotMap) -> Grouped<Contact> {
    let [campaigns, strategies, _] = slots.notes();
    let contact = |i: usize| Contact {
        day: Day(rows.days[i]),
        is_holdout: rows.kinds[i] != 0,
        campaign: rows.segments[0][i],
        strategy: rows.segments[1][i],
    };
    let key = |i: usize| {
        let c = contact(i);
        (c.day, c.is_holdout, place(campaigns, c.campaign), place(strategies, c.strategy))
    };
    Grouped::new(rows, people, key, |i| Some(contact(i)))
}

fn surveys(people: usize, rows: &Rows, slots: &SlotMap) -> Grouped<(Day, u32)> {
    let [.., answers] = slots.notes();
    let key = |i: usize| (rows.days[i], place(answers, rows.reasons[i]));
    Grouped::new(rows, people, key, |i| Some((Day(rows.days[i]), rows.reasons[i])))
}

fn scores(people: usize, rows: &Rows) -> Grouped<(Day, u8)> {
    if rows.kinds.iter().all(|score| *score == NO_SCORE) {
        return Grouped::default();
    }
    let key = |i: usize| (rows.days[i], rows.instants[i], std::cmp::Reverse(rows.kinds[i]));
    let score =
        |i: usize| (rows.kinds[i] != NO_SCORE).then_some((Day(rows.days[i]), rows.kinds[i]));
    Grouped::new(rows, people, key, score)
}

fn touches(people: usize, rows: &Rows, slots: &SlotMap, left_out: &mut LeftOut) -> Grouped<Touch> {
    let touch = |i: usize| {
        let step = slots.labels().steps.get(rows.segments[0][i] as usize).copied().flatten()?;
        let has_cart = rows.kinds[i] & known::CART != 0;
        Some(Touch {
            visitor: rows.visitors[i],
            at: rows.instants[i],
            day: Day(rows.days[i]),
            step,
            cart: rows.orders.get(i).filter(|_| has_cart).map(|cart| to_u32(*cart)),
            value: Some(rows.values[i]).filter(|value| *value != NO_VALUE),
        })
    };
    let key = |i: usize| touch(i).map(|t| (t.visitor, t.at, t.step, t.cart, t.value));
    let touches = Grouped::new(rows, people, key, touch);
    let other_steps = rows.len() - touches.items.len();
    left_out.further[Input::Touchpoints as usize].other_step += other_steps as u64;
    touches
}

fn lines(people: usize, rows: &Rows, slots: &SlotMap) -> Grouped<Line> {
    let labels = slots.labels();
    let line = |i: usize| Line {
        order: to_u32(rows.orders[i]),
        day: Day(rows.days[i]),
        product: place(&labels.products, rows.segments[0][i]),
        category: place(&labels.categories, rows.segments[1][i]),
        units: rows.units[i],
        value: rows.values[i],
    };
    let key = |i: usize| {
        let l = line(i);
        (l.day, rows.instants[i], l.order, l.category, l.product, l.units, l.value)
    };
    Grouped::new(rows, people, key, |i| Some(line(i)))
}

fn returns(people: usize, rows: &Rows, slots: &SlotMap) -> Grouped<Return> {
    let labels = slots.labels();
    let goods = |i: usize| Return {
        order: to_u32(rows.orders[i]),
        day: Day(rows.days[i]),
        product: place(&labels.returned_products, rows.segments[0][i]),
        reason: place(&labels.return_reasons, rows.reasons[i]),
        units: rows.units[i],
        value: rows.values[i],
    };
    let key = |i: usize| {
        let r = goods(i);
        (r.day, r.order, r.product, r.reason, r.units, r.value)
    };
    Grouped::new(rows, people, key, |i| Some(goods(i)))
}

fn signals(people: usize, rows: &Rows, slots: &SlotMap) -> Grouped<Signal> {
    let signal = |i: usize| Signal {
        day: Day(rows.days[i]),
        signal: place(&slots.labels().signals, rows.segments[0][i]),
        value: rows.values[i],
    };
    let key = |i: usize| {
        let s = signal(i);
        (s.day, s.signal, s.value)
    };
    Grouped::new(rows, people, key, |i| Some(signal(i)))
}

/// A day that may never come.
pub(crate) fn day(day: i32) -> Option<Day> {
    (day != NEVER).then_some(Day(day))
}
