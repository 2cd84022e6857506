//! What is known of people beside their orders: when they were first seen, contacts, answers.

use kohort_model::{Contact, Contacts, Day, Surveys};

use crate::counting::counting_sort;
use crate::rows::Rows;

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
    /// The items that `item` gives for the rows, those of a person in order of `key`.
    fn new<K: Ord>(
        rows: &Rows,
        people: usize,
        item: impl Fn(usize) -> T,
        key: impl Fn(&T) -> K,
    ) -> Self {
        if rows.len() == 0 {
            return Self::default();
        }
        let (order, offsets) = counting_sort(rows.len(), people, |i| rows.ids[i] as usize);
        let mut items: Vec<T> = order.iter().map(|i| item(*i as usize)).collect();
        for pair in offsets.windows(2) {
            items[pair[0] as usize..pair[1] as usize].sort_unstable_by_key(&key);
        }
        Self { offsets, items }
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
            picked.offsets.push(crate::ids::to_u32(picked.items.len() as u64));
        }
        picked
    }

    /// The offsets of the people from `first` to `last`, exclusive.
    fn slice(&self, first: usize, last: usize) -> &[u32] {
        if self.offsets.is_empty() { &[] } else { &self.offsets[first..=last] }
    }
}

/// The notes on the people of a partition.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notes {
    /// Empty where no row tells of anybody.
    pub first_seen: Vec<Option<Day>>,
    pub contacts: Grouped<Contact>,
    pub surveys: Grouped<(Day, u32)>,
}

impl Notes {
    /// From the rows of each input; `ranks` are the places of campaigns, strategies and answers.
    pub fn new(
        people: usize,
        prospects: &Rows,
        contacts: &Rows,
        surveys: &Rows,
        ranks: &[Vec<u32>; 3],
    ) -> Self {
        let mut first_seen = Vec::new();
        if prospects.len() > 0 {
            first_seen.resize(people, None);
            for (id, day) in prospects.ids.iter().zip(&prospects.days) {
                let seen: &mut Option<Day> = &mut first_seen[*id as usize];
                *seen = Some(seen.map_or(Day(*day), |earlier| earlier.min(Day(*day))));
            }
        }
        let [campaigns, strategies, answers] = ranks;
        let place = |ranks: &Vec<u32>, code: u32| ranks.get(code as usize).copied();
        let contact = |i: usize| Contact {
            day: Day(contacts.days[i]),
            is_holdout: contacts.kinds[i] != 0,
            campaign: contacts.segments[0][i],
            strategy: contacts.segments[1][i],
        };
        let contacts = Grouped::new(contacts, people, contact, |c| {
            (c.day, c.is_holdout, place(campaigns, c.campaign), place(strategies, c.strategy))
        });
        let answer = |i: usize| (Day(surveys.days[i]), surveys.reasons[i]);
        let surveys =
            Grouped::new(surveys, people, answer, |(day, reason)| (*day, place(answers, *reason)));
        Self { first_seen, contacts, surveys }
    }

    /// Whether anything is known of a person.
    pub fn has(&self, person: usize) -> bool {
        self.first_seen.get(person).is_some_and(Option::is_some)
            || !self.contacts.of(person).is_empty()
            || !self.surveys.of(person).is_empty()
    }

    /// The notes on each of `people`, who may be there several times.
    pub fn pick(&self, people: &[u32]) -> Self {
        let seen = |person: &u32| self.first_seen[*person as usize];
        let none = self.first_seen.is_empty();
        Self {
            first_seen: if none { Vec::new() } else { people.iter().map(seen).collect() },
            contacts: self.contacts.pick(people),
            surveys: self.surveys.pick(people),
        }
    }

    pub fn first_seen(&self, first: usize, last: usize) -> &[Option<Day>] {
        if self.first_seen.is_empty() { &[] } else { &self.first_seen[first..last] }
    }

    pub fn contacts(&self, first: usize, last: usize) -> Contacts<'_> {
        Contacts { offsets: self.contacts.slice(first, last), contacts: &self.contacts.items }
    }

    pub fn surveys(&self, first: usize, last: usize) -> Surveys<'_> {
        Surveys { offsets: self.surveys.slice(first, last), answers: &self.surveys.items }
    }
}
