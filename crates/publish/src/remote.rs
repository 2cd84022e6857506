//! Outputs on object stores, which have neither links nor a rename.
//!
//! ```text
//! OUTPUT/current.json                which run readers see: a pointer, written last
//! OUTPUT/runs/<run id>/<table>.parquet
//! OUTPUT/runs/<run id>/run.json      written last of the run's files: with it the run is whole
//! ```
//!
//! Nobody holds a lock. The pointer is written under the condition that it is what it was when the
//! run began, so that of two runs at once one is published and the other fails.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::slice;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use kohort_store::{Condition, Object, Store, StoreError};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use crate::disk::{self, at};
use crate::output::RECORD;
use crate::unfinished::{Publishing, UNFINISHED};
use crate::{PublishError, RECORD_VERSION, RunId};

const POINTER: &str = "current.json";

/// Bytes of an object that are in memory while it is fetched.
const PIECE: u64 = 16 << 20;

/// How old the newest file of half a run must be before it counts as left behind: whoever writes a
/// run uploads it within minutes.
const LEFT_BEHIND: TimeDelta = TimeDelta::days(1);

/// A folder of a store.
#[derive(Clone, Debug)]
pub(crate) struct Remote {
    store: Store,
    /// Without a slash at its end.
    folder: String,
}

/// What the pointer says.
#[derive(Debug)]
pub(crate) struct Pointer {
    pub id: RunId,
    object: Object,
}

/// The content of the pointer.
#[derive(Deserialize, Serialize)]
struct PointerFile {
    record_version: u32,
    run_id: RunId,
}

/// A run in a store.
#[derive(Debug)]
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
        Self { store, folder: folder.trim_end_matches('/').to_owned() }
    }

    /// A folder in this one.
    pub fn below(&self, name: &str) -> Self {
        Self { store: self.store.clone(), folder: self.key(name) }
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
        Ok(self.store.get(&self.key(name))?.map(|(bytes, _)| bytes.into()))
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

    /// Which run is current, `None` where none is.
    pub fn pointer(&self) -> Result<Option<Pointer>, PublishError> {
        let Some((bytes, object)) = self.store.get(&self.key(POINTER))? else { return Ok(None) };
        let path = || PathBuf::from(&object.url);
        let file: PointerFile = serde_json::from_slice(&bytes)
            .map_err(|cause| PublishError::Pointer { path: path(), cause })?;
        if file.record_version > RECORD_VERSION {
            let (found, known) = (file.record_version, RECORD_VERSION);
            return Err(PublishError::RecordVersion { path: path(), found, known });
        }
        Ok(Some(Pointer { id: file.run_id, object }))
    }

    /// Makes a run current, unless another became so since `before` was looked up.
    pub fn point_at(&self, id: &RunId, before: Option<&Pointer>) -> Result<(), PublishError> {
        let file = PointerFile { record_version: RECORD_VERSION, run_id: id.clone() };
        let condition =
            before.map_or(Condition::New, |pointer| Condition::Replaces(&pointer.object));
        match self.store.put_if(&self.key(POINTER), disk::json(&file).into(), condition) {
            Ok(_) => Ok(()),
            Err(StoreError::Conflict { .. }) => Err(PublishError::Outrun {
                output: self.url("").into(),
                current: self.pointer()?.map(|pointer| pointer.id),
            }),
            Err(error) => Err(error.into()),
        }
    }

    /// Uploads the files of a run and makes it current, unless another became so since `before` was
    /// looked up.
    pub fn commit(
        &self,
        id: &RunId,
        folder: &Path,
        before: Option<&Pointer>,
    ) -> Result<(), PublishError> {
        let publishing = match self.upload(id, folder) {
            Ok(publishing) => publishing,
            Err(error) => {
                self.withdraw(id);
                return Err(error);
            }
        };
        let pointed = self.point_at(id, before);
        match &pointed {
            Ok(()) => publishing.done(),
            Err(PublishError::Outrun { .. }) => self.withdraw(id),
            // The store does not say what came of the pointer. It may lead here in a moment, and a
            // run too many is better than a pointer to nothing.
            Err(_) => {}
        }
        pointed
    }

    fn upload(&self, id: &RunId, folder: &Path) -> Result<Publishing<'static>, PublishError> {
        let put = |name: &str| {
            self.store.put_file(&self.key(&format!("runs/{id}/{name}")), &folder.join(name))
        };
        let files = disk::files(folder)?;
        files.iter().filter(|name| *name != RECORD).try_for_each(|name| put(name))?;
        let publishing = UNFINISHED.publishing();
        put(RECORD)?;
        Ok(publishing)
    }

    /// Takes the files of a run back, as far as the store allows. What stays is removed by a later
    /// run.
    fn withdraw(&self, id: &RunId) {
        let _ = self.run(id).and_then(|run| self.remove(&run));
    }

    /// Whether there is anything of a run.
    pub fn has_run(&self, id: &RunId) -> Result<bool, PublishError> {
        Ok(!self.run(id)?.objects.is_empty())
    }

    /// The runs that are whole, oldest first.
    pub fn runs(&self) -> Result<Vec<RemoteRun>, PublishError> {
        Ok(self.all_runs()?.into_iter().filter(RemoteRun::is_whole).collect())
    }

    /// Removes runs older than `current`, so that `keep` stay with that among them, and what killed
    /// runs left.
    pub fn prune(
        &self,
        current: &RunId,
        keep: usize,
        now: DateTime<Utc>,
    ) -> Result<(), PublishError> {
        // One that began later may be about to become current.
        let (mut older, halves): (Vec<_>, Vec<_>) = (self.all_runs()?.into_iter())
            .filter(|run| run.id < *current)
            .partition(RemoteRun::is_whole);
        older.truncate((older.len() + 1).saturating_sub(keep).min(older.len()));
        let left_behind = halves.iter().filter(|run| run.is_left_behind(now));
        older.iter().chain(left_behind).try_for_each(|run| self.remove(run))
    }

    /// What killed runs left behind.
    pub fn left_behind(
        &self,
        current: Option<&RunId>,
        now: DateTime<Utc>,
    ) -> Result<Vec<RemoteRun>, PublishError> {
        let mut runs = self.all_runs()?;
        runs.retain(|run| !run.is_whole() && run.is_left_behind(now) && Some(&run.id) != current);
        Ok(runs)
    }

    /// Removes the files of a run, `run.json` first: what goes on then is no run any more.
    pub fn remove(&self, run: &RemoteRun) -> Result<(), PublishError> {
        let keys = run.objects.iter().map(|object| object.key.clone());
        let (record, others): (Vec<_>, Vec<_>) = keys.partition(|key| run.is_record(key));
        let removed = self.store.delete(&record).and_then(|()| self.store.delete(&others));
        removed.map_err(|error| PublishError::Prune {
            path: self.url(&format!("runs/{}", run.id)).into(),
            cause: io::Error::other(error),
        })
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

    fn is_left_behind(&self, now: DateTime<Utc>) -> bool {
        let newest = self.objects.iter().map(|object| object.modified).max();
        newest.is_some_and(|newest| now - newest > LEFT_BEHIND)
    }
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
