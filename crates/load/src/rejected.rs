//! The second look at files with rejected rows.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::mpsc::sync_channel;
use std::{panic, thread};

use kohort_model::{EventBatch, Id, IdSpace, IdType, InputSpec, Keys, ValueKind};
use polars::prelude::DataFrame;

use crate::batch::{Batcher, Selection};
use crate::codes::Dictionaries;
use crate::columns::ids::integer_text;
use crate::columns::shown::{bytes_text, named, shown};
use crate::columns::time::Now;
use crate::contract::Opened;
use crate::error::LoadError;
use crate::frame::Rows;
use crate::mapping::Role;
use crate::quiet::QUERY_THREAD;
use crate::read::start;
use crate::sink::{LoadReport, Sink};

/// A rejected row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedDetail {
    /// The file.
    pub file: PathBuf,
    /// Its place in the file; the first row is 0.
    pub row: u64,
    /// Key of the mapped value that was wrong.
    pub column: String,
    /// Why the row was rejected.
    pub reason: &'static str,
    /// The value; `None` where it is NULL.
    pub value: Option<String>,
}

impl RejectedDetail {
    /// The row as people count: the first one is 1.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.row + 1
    }
}

/// The reason of rows of an order whose lines differ in status.
const MIXED_STATUS: &str = "mixed_status";

impl Opened {
    /// The rejected rows behind a report, in order of file and row, at most `cap_per_reason` of each
    /// reason. `mixed` are orders (customer, order) all rows of which are rejected, because their
    /// statuses differ. Reads affected files again, and no others.
    ///
    /// # Errors
    /// As [`Opened::read`].
    pub fn rejected(
        &self,
        report: &LoadReport,
        mixed: &[(Id, Id)],
        cap_per_reason: usize,
    ) -> Result<Vec<RejectedDetail>, LoadError> {
        let mut needs = report.needs;
        needs.order_ids |= !mixed.is_empty();
        let selection = Selection::new(self, needs, |role| !matches!(role, Role::Check(_)));
        let mut orders: HashMap<Id, HashSet<Id>> = HashMap::new();
        for (customer, order) in mixed {
            orders.entry(customer.clone()).or_default().insert(order.clone());
        }
        let now = Now::new(report.now, &self.zones.business);
        let look = Look { selection, now, mixed: orders };
        let cap = u64::try_from(cap_per_reason).unwrap_or(u64::MAX);
        let mut room: BTreeMap<_, _> =
            report.rejected.iter().map(|(reason, rows)| (&**reason, cap.min(*rows))).collect();
        if !mixed.is_empty() {
            room.insert(MIXED_STATUS, cap);
        }
        let affected = |file: usize| {
            let report = &report.files[file];
            report.rows > 0 && (report.rejected_rows() > 0 || !mixed.is_empty())
        };
        let mut details = Vec::new();
        for file in (0..self.files.len()).filter(|file| affected(*file)) {
            for rows in self.looks(file) {
                if room.values().all(|left| *left == 0) {
                    break;
                }
                look.run(self, &rows, &mut |detail| {
                    if take(&mut room, detail.reason) {
                        details.push(detail);
                    }
                    room.values().any(|left| *left > 0)
                })?;
            }
        }
        Ok(details)
    }

    /// The text of the id of whose rows they are, a customer or a visitor.
    #[must_use]
    pub fn owner_text(&self, id: &Id) -> String {
        text(id, self.owner_ids())
    }

    /// The text of an id of another column, by its place.
    #[must_use]
    pub fn id_text(&self, place: usize, id: &Id) -> String {
        text(id, self.ids_of(place).unwrap_or(IdType::Binary))
    }
}

/// Integers as they were read, bytes as UTF-8 or else in hexadecimal digits.
fn text(id: &Id, ids: IdType) -> String {
    match id {
        Id::Integer(mapped) => integer_text(ids, *mapped),
        Id::Bytes(bytes) => bytes_text(bytes),
    }
}

/// Takes one of the places that are left for a reason.
fn take(room: &mut BTreeMap<&str, u64>, reason: &str) -> bool {
    match room.get_mut(reason) {
        Some(left) if *left > 0 => {
            *left -= 1;
            true
        }
        _ => false,
    }
}

struct Look {
    selection: Selection,
    now: Now,
    /// Orders by customer.
    mixed: HashMap<Id, HashSet<Id>>,
}

impl Look {
    /// Hands over the rejected rows of a query until enough were found.
    fn run(
        &self,
        input: &Opened,
        query: &Rows,
        found: &mut dyn FnMut(RejectedDetail) -> bool,
    ) -> Result<(), LoadError> {
        let scan = input.scan(query, &self.selection);
        let dictionaries = Dictionaries::new(input);
        let mut batcher = Batcher::new(input, &self.selection, &dictionaries, self.now);
        let (sender, receiver) = sync_channel(0);
        thread::scope(|scope| {
            let scanning = start(scope, QUERY_THREAD, move || {
                scan.stream(true, move |frame| sender.send(frame).is_ok())
            });
            let mut result = Ok(());
            for frame in &receiver {
                match self.frame(frame, query, &mut batcher, found) {
                    Ok(true) => (),
                    Ok(false) => break,
                    Err(error) => {
                        result = Err(error);
                        break;
                    }
                }
            }
            drop(receiver);
            let scanned = scanning.join().unwrap_or_else(|panic| panic::resume_unwind(panic));
            result.and(scanned.map_err(|error| input.failed(query.file, error)))
        })
    }

    /// Whether to go on.
    fn frame(
        &self,
        frame: DataFrame,
        query: &Rows,
        batcher: &mut Batcher<'_>,
        found: &mut dyn FnMut(RejectedDetail) -> bool,
    ) -> Result<bool, LoadError> {
        let input = batcher.input;
        let spec = input.source.spec;
        let is_status = |kind| matches!(kind, ValueKind::Status(_));
        let status = spec.find(is_status).map_or(Role::Filter, Role::Column);
        let mut matches = Matches { spec, wanted: &self.mixed, rows: Vec::new() };
        let firsts = if input.source.deduplicate { Some(input.firsts(1)?) } else { None };
        let taken = batcher.push(frame, query, firsts, &mut matches)?;
        let columns = taken.columns(&self.selection, input);
        let mut rows: Vec<_> = (batcher
            .flaws
            .iter()
            .map(|(row, flaw)| (row, flaw.name(input.source.spec), flaw.role)))
        .collect();
        let mut kept = (0..taken.rows()).filter(|row| !batcher.flaws.is_marked(*row));
        let mut next = 0;
        for index in matches.rows {
            // Batches hold the kept rows in their order.
            rows.extend(kept.nth(index - next).map(|row| (row, MIXED_STATUS, status)));
            next = index + 1;
        }
        rows.sort_unstable_by_key(|(row, ..)| *row);
        for (row, reason, role) in rows {
            let mapping = input.mapping(role);
            let value = match (batcher.flaws.failure(row), mapping) {
                // What could not be computed is told by what it is computed from.
                (Some(failure), Some(mapping)) => {
                    Some(named(&taken.frame, mapping.columns(), row, failure))
                }
                _ => columns.get(role).and_then(|column| shown(column, row)),
            };
            let detail = RejectedDetail {
                file: input.files[query.file].path.clone(),
                row: taken.place(row),
                column: mapping.map(|m| m.key.clone()).unwrap_or_default(),
                reason,
                value,
            };
            if !found(detail) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Finds the accepted rows of some orders.
struct Matches<'a> {
    spec: &'static InputSpec,
    wanted: &'a HashMap<Id, HashSet<Id>>,
    rows: Vec<usize>,
}

impl Sink for Matches<'_> {
    type Error = Infallible;

    fn push(&mut self, _part: usize, batch: &EventBatch<'_>) -> Result<(), Infallible> {
        let is_own = |kind| matches!(kind, ValueKind::Id(ids) if ids.of == IdSpace::Own);
        let orders = batch.ids(self.spec.find(is_own)).filter(|_| !self.wanted.is_empty());
        let ids = batch.ids(Some(self.spec.owner())).zip(orders);
        let Some((customers, orders)) = ids else { return Ok(()) };
        self.rows.extend((0..batch.rows).filter(|row| {
            let wanted = self.wanted.get(&id(customers, *row));
            wanted.is_some_and(|wanted| wanted.contains(&id(orders, *row)))
        }));
        Ok(())
    }
}

fn id(keys: Keys<'_>, row: usize) -> Id {
    match keys {
        Keys::Integers(ids) => Id::Integer(ids[row]),
        Keys::Bytes(ids) => Id::Bytes(ids[row].into()),
    }
}
