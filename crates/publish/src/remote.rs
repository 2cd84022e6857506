//! Outputs on object stores, which have neither links nor a rename.
//!
//! ```text
//! OUTPUT/current.json                which run readers see: a pointer, written last
//! OUTPUT/runs/<run id>/<table>.parquet
//! OUTPUT/runs/<run id>/run.json      written last of the run's files: with it the run is whole
//! ```
//!
//! Nobody holds a lock. The pointer is written under the condition that it names the run that it named
//! when the run began, so that of two runs at once one is published and the other fails. No run is
//! removed before the pointer says so (see `pointer`): then it can't become current any more. What an
//! answer leaves open is taken for the worst: a run that may be current stays.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::slice;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use kohort_disk::{self as disk, Publishing, UNFINISHED, at};
use kohort_store::{Condition, Object, Store, StoreError};
use tempfile::TempDir;

use crate::names::{RECORD, table_of_part};
use crate::pointer::{Content, Next, Pointer, RunStatus};
use crate::{PublishError, RunId, RunRecord};

/// Bytes of an object that are in memory while it is fetched.
const PIECE: u64 = 16 << 20;

/// How old the newest file of a run that never became current must be before it counts as left behind:
/// whoever writes a run uploads it within minutes.
const LEFT_BEHIND: TimeDelta = TimeDelta::days(1);

/// A folder of a store.
#[derive(Clone, Debug)]
pub(crate) struct Remote {
    store: Store,
    /// Without a slash at its end.
    folder: String,
    /// Keeps the process from ending while it publishes.
    publishing: fn() -> Publishing<'static>,
}

/// A run in a store.
#[derive(Clone, Debug)]
pub(crate) struct RemoteRun {
    pub id: RunId,
    /// Bytes of all its files.
    pub bytes: u64,
    objects: Vec<Object>,
}

impl Remote {
    pub fn open(url: &str) -> Result<Self, PublishError> {
        let (store, key) = Store::open(url)?;
        Ok(Self::new(store, &key))
    }

    pub fn new(store: Store, folder: &str) -> Self {
        let folder = folder.trim_end_matches('/').to_owned();
        Self { store, folder, publishing: || UNFINISHED.publishing() }
    }

    /// The same folder, for one of several processes in a test.
    #[cfg(test)]
    pub fn of_process(self, publishing: fn() -> Publishing<'static>) -> Self {
        Self { publishing, ..self }
    }

    /// A folder in this one.
    pub fn below(&self, name: &str) -> Self {
        Self { folder: self.key(name), ..self.clone() }
    }

    /// The URL of a name in the folder, or of the folder where it is empty.
    pub fn url(&self, name: &str) -> String {
        self.store.url(self.key(name).trim_end_matches('/'))
    }

    fn key(&self, name: &str) -> String {
        match self.folder.as_str() {
            "" => name.to_owned(),
            folder => format!("{folder}/{name}"),
        }
    }

    /// A file of the folder, `None` where there is none.
    pub fn get(&self, name: &str) -> Result<Option<Vec<u8>>, PublishError> {
        Ok(self.get_object(name)?.map(|(bytes, _)| bytes))
    }

    pub fn get_object(&self, name: &str) -> Result<Option<(Vec<u8>, Object)>, PublishError> {
        Ok(self.store.get(&self.key(name))?.map(|(bytes, object)| (bytes.into(), object)))
    }

    /// Writes an object to a file, piece by piece.
    fn fetch(&self, object: &Object, path: &Path) -> Result<(), PublishError> {
        let mut file = at(path, File::create(path))?;
        let mut start = 0;
        while start < object.size {
            let end = object.size.min(start + PIECE);
            for bytes in self.store.get_ranges(object, slice::from_ref(&(start..end)))? {
                at(path, file.write_all(&bytes))?;
            }
            start = end;
        }
        Ok(())
    }

    /// Whether the folder has a file of this name.
    pub fn has(&self, name: &str) -> Result<bool, PublishError> {
        Ok(self.store.head(&self.key(name))?.is_some())
    }

    pub fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), PublishError> {
        Ok(self.store.put(&self.key(name), bytes.into())?)
    }

    pub fn put_if(
        &self,
        name: &str,
        bytes: Vec<u8>,
        condition: Condition<'_>,
    ) -> Result<Object, StoreError> {
        self.store.put_if(&self.key(name), bytes.into(), condition)
    }

    pub fn delete(&self, name: &str) -> Result<(), PublishError> {
        Ok(self.store.delete(&[self.key(name)])?)
    }

    /// Every file below the folder, sorted, as paths from there.
    pub fn files(&self) -> Result<Vec<String>, PublishError> {
        let objects = self.store.list(&self.folder)?;
        Ok(objects.iter().filter_map(|object| self.name(object)).map(str::to_owned).collect())
    }

    fn name<'a>(&self, object: &'a Object) -> Option<&'a str> {
        object.key.strip_prefix(&self.folder).map(|name| name.trim_start_matches('/'))
    }

    /// Makes a run that is there current, unless another became so since the pointer was `seen`.
    pub fn point_at(&self, id: &RunId, seen: Option<&Pointer>) -> Result<(), PublishError> {
        let next = |now: Option<&Content>| match now.map(|now| now.status(id)) {
            Some(RunStatus::Current) => Ok(Next::Keep),
            Some(RunStatus::Removed) => Err(self.cleared(id)),
            _ => self.succeed(id, seen, now),
        };
        self.publish(id, seen, &next)
    }

    /// Uploads the files of a run and makes it current, unless another became so since the pointer was
    /// `seen`.
    pub fn commit(
        &self,
        id: &RunId,
        folder: &Path,
        seen: Option<&Pointer>,
    ) -> Result<(), PublishError> {
        let files = disk::files(folder)?;
        self.upload(id, folder, &files)?;
        let publishing = (self.publishing)();
        let next = |now: Option<&Content>| match now.map(|now| now.status(id)) {
            // Where the answer was lost, and others have written since, it may be history by now.
            Some(RunStatus::Current | RunStatus::Earlier) => Ok(Next::Keep),
            Some(RunStatus::Removed) => Err(self.cleared(id)),
            _ => {
                // Others wrote. That a run was removed is forgotten after a day, and this one may have
                // slept that long.
                let is_new = now.map(|now| now.write) != seen.map(|seen| seen.says.write);
                if is_new && !self.has_all(id, folder, &files)? {
                    return Err(self.cleared(id));
                }
                self.succeed(id, seen, now)
            }
        };
        let put = self.put_file(id, folder, RECORD);
        match put.and_then(|()| self.publish(id, seen, &next)) {
            Ok(()) => {
                publishing.done();
                Ok(())
            }
            Err(error) => {
                let may_be_current = matches!(
                    error,
                    PublishError::Unsettled { .. }
                        | PublishError::Store(StoreError::Unconditional { .. })
                );
                if !may_be_current {
                    self.withdraw(id);
                }
                Err(error)
            }
        }
    }

    /// The pointer to a run, where no other became current since it was `seen`.
    fn succeed(
        &self,
        id: &RunId,
        seen: Option<&Pointer>,
        now: Option<&Content>,
    ) -> Result<Next, PublishError> {
        if now.map(|now| &now.run_id) == seen.map(|seen| &seen.says.run_id) {
            return Ok(Next::Write(Content::with_current(now, id)));
        }
        let current = now.map(|now| now.run_id.clone());
        Err(PublishError::Outrun { output: self.url("").into(), current })
    }

    fn publish(
        &self,
        id: &RunId,
        seen: Option<&Pointer>,
        next: &dyn Fn(Option<&Content>) -> Result<Next, PublishError>,
    ) -> Result<(), PublishError> {
        let is_in = |content: &Content| content.status(id) != RunStatus::Unpublished;
        match self.rewrite(seen, next, &is_in) {
            Ok(_) => Ok(()),
            Err(
                error @ (PublishError::Outrun { .. }
                | PublishError::Cleared { .. }
                | PublishError::Store(StoreError::Unconditional { .. })),
            ) => Err(error),
            // The pointer may lead to the run, or do so in a moment.
            Err(cause) => Err(PublishError::Unsettled {
                id: id.clone(),
                output: self.url("").into(),
                cause: Box::new(cause),
            }),
        }
    }

    fn cleared(&self, id: &RunId) -> PublishError {
        PublishError::Cleared { id: id.clone(), output: self.url("").into() }
    }

    /// Uploads all files of a run but its record, without which it is none; all or nothing, as far as
    /// the store allows.
    fn upload(&self, id: &RunId, folder: &Path, files: &[String]) -> Result<(), PublishError> {
        let mut others = files.iter().filter(|name| *name != RECORD);
        others.try_for_each(|name| self.put_file(id, folder, name)).inspect_err(|_| {
            let keys: Vec<_> = files.iter().map(|name| self.key(&in_run(id, name))).collect();
            // What stays is removed by a later run.
            let _ = self.store.delete(&keys);
        })
    }

    fn put_file(&self, id: &RunId, folder: &Path, name: &str) -> Result<(), PublishError> {
        Ok(self.store.put_file(&self.key(&in_run(id, name)), &folder.join(name))?)
    }

    /// Whether all files of a folder are there as files of a run.
    fn has_all(&self, id: &RunId, folder: &Path, files: &[String]) -> Result<bool, PublishError> {
        for name in files {
            let path = folder.join(name);
            let size = at(&path, path.metadata())?.len();
            let found = self.store.head(&self.key(&in_run(id, name)))?;
            if found.is_none_or(|found| found.size != size) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Takes the files of a run back that is not current, as far as the store allows. What stays is
    /// removed by a later run.
    fn withdraw(&self, id: &RunId) {
        let _ = self.run(id).and_then(|run| self.remove(&[run], Utc::now()));
    }

    /// Whether there is anything of a run.
    pub fn has_run(&self, id: &RunId) -> Result<bool, PublishError> {
        Ok(!self.run(id)?.objects.is_empty())
    }

    /// Fails where a table of a run lacks a file.
    pub fn check_whole(&self, id: &RunId, record: &RunRecord) -> Result<(), PublishError> {
        let run = self.run(id)?;
        let folder = self.below(&format!("runs/{id}"));
        for table in &record.tables {
            let is_of_table = |name: &str| {
                name.strip_suffix(".parquet").is_some_and(|file| file == table.name)
                    || table_of_part(name) == Some(&table.name)
            };
            let objects = run.objects.iter();
            let files = objects.filter(|object| folder.name(object).is_some_and(is_of_table));
            if files.map(|object| object.size).sum::<u64>() != table.bytes {
                let (folder, table) = (folder.url("").into(), table.name.clone());
                return Err(PublishError::Incomplete { folder, table });
            }
        }
        Ok(())
    }

    /// The runs that are whole, published or not, oldest first.
    pub fn runs(&self) -> Result<Vec<RemoteRun>, PublishError> {
        Ok(self.all_runs()?.into_iter().filter(RemoteRun::is_whole).collect())
    }

    /// The runs that are whole, oldest first, but those that are about to be removed.
    pub fn kept(&self) -> Result<Vec<(RemoteRun, RunStatus)>, PublishError> {
        // A run that becomes current meanwhile is seen to be, in this order.
        let (runs, pointer) = (self.runs()?, self.pointer()?);
        let status = |id: &RunId| {
            pointer.as_ref().map_or(RunStatus::Unpublished, |pointer| pointer.says.status(id))
        };
        let runs = runs.into_iter().map(|run| (status(&run.id), run));
        Ok(runs.filter(|(s, _)| *s != RunStatus::Removed).map(|(s, run)| (run, s)).collect())
    }

    /// Removes published runs older than `current`, so that `keep` stay with that among them, and what
    /// killed runs left.
    pub fn prune(
        &self,
        current: &RunId,
        keep: usize,
        now: DateTime<Utc>,
    ) -> Result<(), PublishError> {
        let runs = self.all_runs()?;
        let Some(pointer) = self.pointer()? else { return Ok(()) };
        let is_there = |id: &&RunId| runs.iter().any(|run| run.id == **id && run.is_whole());
        let mut surplus: BTreeSet<_> =
            pointer.says.earlier().filter(|id| *id < current).filter(is_there).collect();
        for _ in 1..keep {
            surplus.pop_last();
        }
        let is_surplus = |run: &RemoteRun| surplus.contains(&run.id);
        let doomed: Vec<_> = (runs.iter())
            .filter(|run| is_surplus(run) || run.is_left_behind(&pointer.says, now))
            .cloned()
            .collect();
        self.remove(&doomed, now).map(|_| ())
    }

    /// What is there of runs that never became current, and won't any more.
    pub fn left_behind(&self, now: DateTime<Utc>) -> Result<Vec<RemoteRun>, PublishError> {
        let mut runs = self.all_runs()?;
        let Some(pointer) = self.pointer()? else { return Ok(Vec::new()) };
        runs.retain(|run| run.is_left_behind(&pointer.says, now));
        Ok(runs)
    }

    /// Removes the files of runs, but of those that are current by now; gives whose it removed. Where
    /// nothing is published nothing is, as a run may be about to become current.
    pub fn remove(
        &self,
        runs: &[RemoteRun],
        now: DateTime<Utc>,
    ) -> Result<BTreeSet<RunId>, PublishError> {
        let Some(first) = runs.first() else { return Ok(BTreeSet::new()) };
        let failed = |run: &RemoteRun, cause: io::Error| PublishError::Prune {
            path: self.url(&format!("runs/{}", run.id)).into(),
            cause,
        };
        let doomed =
            self.doom(runs, now).map_err(|error| failed(first, io::Error::other(error)))?;
        for run in runs.iter().filter(|run| doomed.contains(&run.id)) {
            // Without its record, which a listing may not have, it is no run any more.
            let record = self.key(&in_run(&run.id, RECORD));
            let others: Vec<_> = run.objects.iter().map(|object| object.key.clone()).collect();
            let removed = self.store.delete(slice::from_ref(&record));
            removed
                .and_then(|()| self.store.delete(&others))
                .map_err(|error| failed(run, io::Error::other(error)))?;
        }
        Ok(doomed)
    }

    /// Has the pointer say of runs that they are removed; gives those of which it does.
    fn doom(
        &self,
        runs: &[RemoteRun],
        now: DateTime<Utc>,
    ) -> Result<BTreeSet<RunId>, PublishError> {
        let ids = |are: RunStatus, says: &Content| -> BTreeSet<RunId> {
            let ids = runs.iter().map(|run| &run.id);
            ids.filter(|id| says.status(id) == are).cloned().collect()
        };
        let next = |says: Option<&Content>| {
            let Some(says) = says else { return Ok(Next::Keep) };
            let mut open = ids(RunStatus::Earlier, says);
            open.extend(ids(RunStatus::Unpublished, says));
            Ok(if open.is_empty() { Next::Keep } else { Next::Write(says.without(&open, now)) })
        };
        let is_in = |says: &Content| {
            [RunStatus::Earlier, RunStatus::Unpublished].iter().all(|s| ids(*s, says).is_empty())
        };
        let says = self.rewrite(self.pointer()?.as_ref(), &next, &is_in)?;
        Ok(says.map_or_else(BTreeSet::new, |says| ids(RunStatus::Removed, &says)))
    }

    fn run(&self, id: &RunId) -> Result<RemoteRun, PublishError> {
        let objects = self.store.list(&self.key(&format!("runs/{id}")))?;
        Ok(RemoteRun::new(id.clone(), objects))
    }

    fn all_runs(&self) -> Result<Vec<RemoteRun>, PublishError> {
        let runs = self.below("runs");
        let mut found: BTreeMap<RunId, Vec<Object>> = BTreeMap::new();
        for object in self.store.list(&runs.folder)? {
            let name = runs.name(&object).and_then(|name| name.split_once('/'));
            // What has another name is not ours to list, nor to remove.
            if let Some(id) = name.and_then(|(id, _)| id.parse().ok()) {
                found.entry(id).or_default().push(object);
            }
        }
        Ok(found.into_iter().map(|(id, objects)| RemoteRun::new(id, objects)).collect())
    }
}

impl RemoteRun {
    fn new(id: RunId, objects: Vec<Object>) -> Self {
        let bytes = objects.iter().map(|object| object.size).sum();
        Self { id, bytes, objects }
    }

    fn is_record(&self, key: &str) -> bool {
        key.ends_with(&format!("runs/{}/{RECORD}", self.id))
    }

    fn is_whole(&self) -> bool {
        self.objects.iter().any(|object| self.is_record(&object.key))
    }

    fn is_left_behind(&self, pointer: &Content, now: DateTime<Utc>) -> bool {
        let newest = self.objects.iter().map(|object| object.modified).max();
        match pointer.status(&self.id) {
            RunStatus::Current | RunStatus::Earlier => false,
            // Who began to remove it did not come to the end.
            RunStatus::Removed => true,
            RunStatus::Unpublished => newest.is_some_and(|newest| now - newest > LEFT_BEHIND),
        }
    }
}

/// The path of a file of a run from the output.
fn in_run(id: &RunId, name: &str) -> String {
    format!("runs/{id}/{name}")
}

/// The files of a folder in a store, brought to a folder of this machine when they are asked for.
#[derive(Debug)]
pub(crate) struct Mirror {
    remote: Remote,
    /// Locked while a file is fetched.
    local: Mutex<TempDir>,
}

impl Mirror {
    pub fn new(remote: Remote) -> Result<Self, PublishError> {
        let local = at(&std::env::temp_dir(), disk::temporary_folder())?;
        Ok(Self { remote, local: Mutex::new(local) })
    }

    pub fn remote(&self) -> &Remote {
        &self.remote
    }

    /// Where the file `name` is on this machine; `None` where there is none.
    pub fn file(&self, name: &str) -> Result<Option<PathBuf>, PublishError> {
        let local = self.local.lock().unwrap_or_else(PoisonError::into_inner);
        let path = local.path().join(name);
        if !path.is_file() {
            let Some(object) = self.remote.store.head(&self.remote.key(name))? else {
                return Ok(None);
            };
            if let Some(folder) = path.parent() {
                disk::create_folder(folder)?;
            }
            // Under its name it is whole.
            let part = path.with_extension("part");
            self.remote.fetch(&object, &part)?;
            at(&path, fs::rename(&part, &path))?;
        }
        Ok(Some(path))
    }
}
