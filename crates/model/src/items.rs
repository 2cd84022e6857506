//! Items: what an input tells of people, row by row, as measures see it.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::{Day, Input, Kind, NEVER, NO_SCORE, NO_VALUE, UNDATED};

/// The rows of an input in one partition, by number of person.
#[derive(Clone, Debug, Default)]
pub struct ItemRows {
    /// Whose row each is.
    pub people: Vec<u32>,
    /// The day of each row.
    pub days: Vec<i32>,
    /// Microseconds that order the rows; empty where days are all that is known.
    pub instants: Vec<i64>,
    /// The visitor of each row, a number that no other has; empty unless visitors made the rows.
    pub visitors: Vec<u64>,
    /// By the places of the columns in the input's declaration.
    pub columns: Vec<ItemColumn>,
    /// The exclusive end of what is known.
    pub until: Day,
}

/// A column of rows.
#[derive(Clone, Debug, Default)]
pub struct ItemColumn {
    /// One a row, empty where the column is not carried: days, numbers, codes of texts, and ids as
    /// numbers whose unsigned order is that of the ids.
    pub values: Vec<i64>,
    /// 1 where the row has the id and 0 where not; empty where every row has it.
    pub known: Vec<u8>,
    /// The value of rows that do not carry it; of texts the place of the one for what is missing.
    pub default: i64,
    /// By code the place of the text in its list, [`NOT_LISTED`] of texts that have none.
    pub places: Arc<[u32]>,
}

impl ItemRows {
    /// Drops the rows that are not to be kept; gives their number.
    pub fn keep(&mut self, is_kept: impl Fn(&Self, usize) -> bool) -> u64 {
        let rows = self.people.len();
        // Mostly all of them are.
        let Some(first) = (0..rows).find(|row| !is_kept(self, *row)) else { return 0 };
        let kept = |row| row < first || row > first && is_kept(self, row);
        let kept: Vec<bool> = (0..rows).map(kept).collect();
        retain(&mut self.people, &kept);
        retain(&mut self.days, &kept);
        retain(&mut self.instants, &kept);
        retain(&mut self.visitors, &kept);
        for column in &mut self.columns {
            retain(&mut column.values, &kept);
            retain(&mut column.known, &kept);
        }
        (rows - self.people.len()) as u64
    }

    /// Gives a row another value in a column, be that carried or not.
    pub fn set(&mut self, column: usize, row: usize, value: i64) {
        let (rows, column) = (self.people.len(), &mut self.columns[column]);
        if column.values.is_empty() {
            column.values = vec![column.default; rows];
        }
        column.values[row] = value;
    }

    /// Adds rows with the same columns.
    pub fn append(&mut self, mut other: Self) {
        self.people.append(&mut other.people);
        self.days.append(&mut other.days);
        self.instants.append(&mut other.instants);
        self.visitors.append(&mut other.visitors);
        for (own, other) in self.columns.iter_mut().zip(&mut other.columns) {
            own.values.append(&mut other.values);
            own.known.append(&mut other.known);
        }
    }
}

/// Keeps the values of rows that are kept, where there are values.
fn retain<T>(values: &mut Vec<T>, kept: &[bool]) {
    let mut kept = kept.iter();
    values.retain(|_| kept.next().copied().unwrap_or(false));
}

/// The place of a text that is not in the list of those that count.
pub const NOT_LISTED: u32 = u32::MAX;

/// A row of an input.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    rows: &'a ItemRows,
    at: usize,
}

impl<'a> Row<'a> {
    /// The row at a place.
    #[inline]
    #[must_use]
    pub fn new(rows: &'a ItemRows, at: usize) -> Self {
        Self { rows, at }
    }

    /// Its day.
    #[inline]
    #[must_use]
    pub fn day(self) -> Day {
        Day(self.rows.days[self.at])
    }

    /// Whether it is of no day.
    #[inline]
    #[must_use]
    pub fn is_undated(self) -> bool {
        self.rows.days[self.at] == UNDATED
    }

    /// Microseconds that order it within its day; 0 where days are all that is known.
    #[inline]
    #[must_use]
    pub fn instant(self) -> i64 {
        self.rows.instants.get(self.at).copied().unwrap_or_default()
    }

    /// Who did it, of rows that visitors made.
    #[inline]
    #[must_use]
    pub fn visitor(self) -> u64 {
        self.rows.visitors.get(self.at).copied().unwrap_or_default()
    }

    /// The exclusive end of what is known.
    #[inline]
    #[must_use]
    pub fn until(self) -> Day {
        self.rows.until
    }

    #[inline]
    fn column(self, column: usize) -> &'a ItemColumn {
        &self.rows.columns[column]
    }

    #[inline]
    fn value(self, column: usize) -> i64 {
        let column = self.column(column);
        column.values.get(self.at).copied().unwrap_or(column.default)
    }

    /// The day that a column has, if it has one.
    #[inline]
    #[must_use]
    pub fn date(self, column: usize) -> Option<Day> {
        let day = i32::try_from(self.value(column)).unwrap_or(NEVER);
        (day != NEVER).then_some(Day(day))
    }

    /// The number that a column has.
    #[inline]
    #[must_use]
    pub fn number(self, column: usize) -> i64 {
        self.value(column)
    }

    /// The number that a column has, if it has one.
    #[inline]
    #[must_use]
    pub fn known_number(self, column: usize) -> Option<i64> {
        Some(self.value(column)).filter(|value| *value != NO_VALUE)
    }

    /// The place of a column's text in its list.
    #[inline]
    #[must_use]
    pub fn text(self, column: usize) -> u32 {
        let own = self.column(column);
        let code = own.values.get(self.at).and_then(|code| usize::try_from(*code).ok());
        match code {
            Some(code) => own.places.get(code).copied().unwrap_or_default(),
            None => u32::try_from(own.default).unwrap_or_default(),
        }
    }

    /// The place of a column's text in a list that need not have it.
    #[inline]
    #[must_use]
    pub fn listed(self, column: usize) -> Option<u32> {
        Some(self.text(column)).filter(|place| *place != NOT_LISTED)
    }

    /// The id that a column has, if it has one: a number in the order of the ids.
    #[inline]
    #[must_use]
    pub fn id(self, column: usize) -> Option<u64> {
        let own = self.column(column);
        let is_known = own.known.get(self.at).is_none_or(|known| *known != 0);
        own.values.get(self.at).filter(|_| is_known).map(|id| id.cast_unsigned())
    }

    /// What became of it by a column of statuses.
    #[inline]
    #[must_use]
    pub fn status(self, column: usize) -> Kind {
        let status = usize::try_from(self.value(column)).unwrap_or_default();
        Kind::ALL.get(status).copied().unwrap_or(Kind::Completed)
    }

    /// Whether a column is true.
    #[inline]
    #[must_use]
    pub fn flag(self, column: usize) -> bool {
        self.value(column) != 0
    }

    /// The score that a column has, if it has one.
    #[inline]
    #[must_use]
    pub fn score(self, column: usize) -> Option<u8> {
        u8::try_from(self.value(column)).ok().filter(|score| *score != NO_SCORE)
    }
}

/// Why a row makes no item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoItem {
    /// Its status is of no interest.
    Ignored,
    /// Its text is none of those that count.
    NotListed,
    /// It is of no day, and open.
    Undated,
    /// It lacks what such items are made of; nobody counts these.
    Lacking,
}

/// What a row of an input says, as measures see it.
pub trait Item: Copy + Send + Sync + 'static {
    /// The input whose rows they are made of.
    const INPUT: Input;
    /// Whether a person has only the first of them.
    const ONLY_FIRST: bool = false;
    /// What orders the items of a person.
    type Order: Ord;

    /// What a row says.
    ///
    /// # Errors
    /// Why it says nothing.
    fn read(row: Row<'_>) -> Result<Self, NoItem>;

    /// Where the item stands among those of a person.
    fn order(&self, row: Row<'_>) -> Self::Order;
}

/// Rows that make no item, by why.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoItems {
    /// Those of a status of no interest.
    pub ignored: u64,
    /// Those whose text is none of those that count.
    pub not_listed: u64,
    /// Those of no day.
    pub undated: u64,
}

/// Rows by person: places in the rows, and where those of each person begin and end.
pub type ByPerson<'a> = (&'a [u32], &'a [u32]);

/// A kind of items that an input has.
#[derive(Clone, Copy)]
pub struct ItemKind {
    make: fn(&ItemRows, ByPerson<'_>, &mut NoItems) -> Arc<dyn AnyList>,
}

impl ItemKind {
    /// The kind of a type.
    #[must_use]
    pub const fn of<T: Item>() -> Self {
        Self { make: make::<T> }
    }

    /// The items that rows make, each person's in their order.
    #[must_use]
    pub fn make(
        &self,
        rows: &ItemRows,
        people: ByPerson<'_>,
        none: &mut NoItems,
    ) -> Arc<dyn AnyList> {
        (self.make)(rows, people, none)
    }
}

fn make<T: Item>(
    rows: &ItemRows,
    (order, offsets): ByPerson<'_>,
    none: &mut NoItems,
) -> Arc<dyn AnyList> {
    let mut list = List { offsets: Vec::with_capacity(offsets.len()), items: Vec::new() };
    list.offsets.push(0);
    if !T::ONLY_FIRST {
        list.items.reserve_exact(order.len());
    }
    let mut own = Sorter::<T>::default();
    for pair in offsets.windows(2) {
        own.clear();
        for place in &order[pair[0] as usize..pair[1] as usize] {
            let row = Row::new(rows, *place as usize);
            match T::read(row) {
                Ok(item) => own.push(item, item.order(row)),
                Err(NoItem::Ignored) => none.ignored += 1,
                Err(NoItem::NotListed) => none.not_listed += 1,
                Err(NoItem::Undated) => none.undated += 1,
                Err(NoItem::Lacking) => {}
            }
        }
        own.append_to(&mut list.items);
        list.offsets.push(count(list.items.len()));
    }
    Arc::new(list)
}

/// The items of one person on their way into their order; room that is used again.
struct Sorter<T: Item> {
    items: Vec<T>,
    /// Where each stands, and its place in `items`.
    keys: Vec<(T::Order, u32)>,
    /// Whether they came in their order, as they do from files that are sorted by time.
    are_sorted: bool,
}

impl<T: Item> Default for Sorter<T> {
    fn default() -> Self {
        Self { items: Vec::new(), keys: Vec::new(), are_sorted: true }
    }
}

impl<T: Item> Sorter<T> {
    fn clear(&mut self) {
        self.items.clear();
        self.keys.clear();
        self.are_sorted = true;
    }

    #[inline]
    fn push(&mut self, item: T, order: T::Order) {
        self.are_sorted &= self.keys.last().is_none_or(|(last, _)| *last <= order);
        self.keys.push((order, count(self.items.len())));
        self.items.push(item);
    }

    /// Adds those that a person has, in their order, equals as they came.
    fn append_to(&mut self, list: &mut Vec<T>) {
        let kept = if T::ONLY_FIRST { self.items.len().min(1) } else { self.items.len() };
        if self.are_sorted {
            list.extend_from_slice(&self.items[..kept]);
            return;
        }
        // Stable, and quick where the items are some runs one after the other.
        self.keys.sort_by(|(a, _), (b, _)| a.cmp(b));
        list.extend(self.keys[..kept].iter().map(|(_, place)| self.items[*place as usize]));
    }
}

fn count(items: usize) -> u32 {
    u32::try_from(items).expect("a partition has fewer rows than 32 bits count")
}

/// Items of one type by person.
#[derive(Clone, Debug)]
struct List<T> {
    /// Where each person's begin, and the end: one more entry than people.
    offsets: Vec<u32>,
    items: Vec<T>,
}

impl<T> List<T> {
    fn of(&self, person: usize) -> &[T] {
        match self.offsets.get(person..=person + 1) {
            Some(bounds) => &self.items[bounds[0] as usize..bounds[1] as usize],
            None => &[],
        }
    }
}

/// Items of some type by person.
pub trait AnyList: Send + Sync {
    /// How many there are.
    fn items(&self) -> usize;

    /// Whether a person has any.
    fn has(&self, person: usize) -> bool;

    /// Those of each of `people`, who may be there several times.
    fn pick(&self, people: &[u32]) -> Arc<dyn AnyList>;

    /// As what it is.
    fn as_any(&self) -> &dyn Any;
}

impl<T: Item> AnyList for List<T> {
    fn items(&self) -> usize {
        self.items.len()
    }

    fn has(&self, person: usize) -> bool {
        !self.of(person).is_empty()
    }

    fn pick(&self, people: &[u32]) -> Arc<dyn AnyList> {
        let mut picked = Self { offsets: vec![0], items: Vec::new() };
        for person in people {
            picked.items.extend_from_slice(self.of(*person as usize));
            picked.offsets.push(count(picked.items.len()));
        }
        Arc::new(picked)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The items of people, whatever inputs tell of them.
#[derive(Clone, Default)]
pub struct ItemLists {
    /// By [`Input`] as a number, one a kind of items; none where no row tells anything.
    lists: Vec<Vec<Arc<dyn AnyList>>>,
}

impl fmt::Debug for ItemLists {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let items = self.lists.iter().map(|lists| lists.iter().map(|list| list.items()).sum());
        f.debug_list().entries(items.collect::<Vec<usize>>()).finish()
    }
}

impl ItemLists {
    /// Adds a list of items of an input.
    pub fn add(&mut self, input: Input, list: Arc<dyn AnyList>) {
        let place = input as usize;
        if self.lists.len() <= place {
            self.lists.resize(place + 1, Vec::new());
        }
        self.lists[place].push(list);
    }

    /// The same with items of one more type, person by person.
    #[must_use]
    pub fn with<T: Item>(mut self, of_people: &[Vec<T>]) -> Self {
        let mut list = List { offsets: vec![0], items: Vec::new() };
        for items in of_people {
            list.items.extend_from_slice(items);
            list.offsets.push(count(list.items.len()));
        }
        self.add(T::INPUT, Arc::new(list));
        self
    }

    /// How many items of an input there are, of the first of their kinds.
    #[must_use]
    pub fn count(&self, input: Input) -> usize {
        let lists = self.lists.get(input as usize);
        lists.and_then(|lists| lists.first()).map_or(0, |list| list.items())
    }

    /// Whether anything is known of a person.
    #[must_use]
    pub fn has(&self, person: usize) -> bool {
        self.lists.iter().flatten().any(|list| list.has(person))
    }

    /// The items of each of `people`, who may be there several times.
    #[must_use]
    pub fn pick(&self, people: &[u32]) -> Self {
        let pick = |lists: &Vec<Arc<dyn AnyList>>| {
            lists.iter().map(|list| list.pick(people)).collect::<Vec<_>>()
        };
        Self { lists: self.lists.iter().map(pick).collect() }
    }

    /// The items of a type that a person has, in their order.
    #[must_use]
    pub fn of<T: Item>(&self, person: usize) -> &[T] {
        let lists = self.lists.get(T::INPUT as usize).map_or(&[][..], Vec::as_slice);
        let list = lists.iter().find_map(|list| list.as_any().downcast_ref::<List<T>>());
        list.map_or(&[], |list| list.of(person))
    }
}

/// The items of the people of a block.
#[derive(Clone, Copy, Debug, Default)]
pub struct BlockItems<'a> {
    /// Those of all people; `None` where there are none.
    pub all: Option<&'a ItemLists>,
    /// The number of the block's first person.
    pub first: usize,
}
