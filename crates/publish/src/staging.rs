//! Runs at work: what they have written, and the step that makes it current.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs, thread};

use chrono::Utc;
use kohort_disk::{self as disk, Lock, Registered, SpillFile, UNFINISHED, at};
use kohort_model::Table;

use crate::layout::{Layout, Place, write_table};
use crate::names::{RECORD, link_target};
use crate::own::{self, Own};
use crate::pointer::Pointer;
use crate::remote::Remote;
use crate::rows::ROOM;
use crate::{
    Attempt, Output, PublishError, RejectedRow, RowSink, RunId, RunRecord, TableMeta, TableRecord,
    rejected,
};

/// A run at work. It holds the lock of its output, where that is a folder; what it wrote is removed
/// when it is dropped without a commit.
#[derive(Debug)]
pub struct Staging {
    output: Output,
    id: RunId,
    /// What goes when the run ends.
    root: PathBuf,
    folder: PathBuf,
    layout: Layout,
    _unfinished: Registered<'static>,
    /// Dropped last: the output is free once nothing of the run is left.
    claim: Claim,
}

/// What a run has of its output.
#[derive(Debug)]
pub(crate) enum Claim {
    /// The lock of a folder.
    Folder { _lock: Lock },
    /// Nothing of a store: who publishes first has it.
    Store(Box<OnStore>),
}

/// What was current when the run began: readers see the run only if that still is.
#[derive(Debug)]
pub(crate) struct OnStore {
    pub remote: Remote,
    pub before: Option<Pointer>,
}

/// A run that readers see.
#[derive(Debug)]
pub struct Published {
    /// Its folder, `OUTPUT/runs/<run id>`.
    pub folder: PathBuf,
    /// Why older runs are still there, where they could not be removed.
    pub prune_error: Option<PublishError>,
}

impl Output {
    /// Locks the output, clears what killed runs left behind and opens a folder for run `id`. While
    /// another run holds the output: fails, or where `on_wait` is there waits until it ends; it is
    /// called with a sentence that says so, at once and then each minute.
    ///
    /// An output on an object store is not locked. What is current is remembered instead, and the
    /// commit fails where it is something else by then. Before the first run it is tried whether the
    /// store has the conditional writes that this takes.
    ///
    /// # Errors
    /// [`PublishError::Disk`]; [`PublishError::RunExists`]; [`PublishError::CurrentInTheWay`];
    /// what the operating system or the store says.
    pub fn begin(
        &self,
        id: &RunId,
        on_wait: Option<&dyn Fn(&str)>,
    ) -> Result<Staging, PublishError> {
        // All that a commit needs is looked at now: an hour later would be a pity.
        if let Some(remote) = self.remote()? {
            let before = remote.pointer()?;
            if remote.has_run(id)? {
                return Err(PublishError::RunExists { path: self.run_folder(id) });
            }
            // Where it was written once it was tried before.
            if before.as_ref().is_none_or(|before| before.says.write == 0) {
                remote.try_conditions(&format!("runs/{id}/.conditions"))?;
            }
            let claim = Claim::Store(Box::new(OnStore { remote, before }));
            return Staging::new(self.clone(), id.clone(), claim);
        }
        let lock = self.lock(&format!("run {id}"), on_wait)?;
        self.current()?;
        own::create_folder(&self.runs_folder())?;
        let published = self.run_folder(id);
        if published.symlink_metadata().is_ok() {
            return Err(PublishError::RunExists { path: published });
        }
        let staging = self.staging_folder();
        at(&staging, own::of_staging(&staging).and_then(Own::remove))?;
        Staging::new(self.clone(), id.clone(), Claim::Folder { _lock: lock })
    }
}

impl Staging {
    pub(crate) fn new(output: Output, id: RunId, claim: Claim) -> Result<Self, PublishError> {
        let root = match &claim {
            Claim::Folder { .. } => output.staging_folder(),
            Claim::Store(_) => at(&env::temp_dir(), disk::temporary_folder())?.keep(),
        };
        let (staged, of, run) = (root.clone(), output.clone(), id.clone());
        let unfinished = UNFINISHED.register(move || {
            clear(&staged, &of);
            Attempt::forget(&of, &run);
        });
        let folder = root.join(id.as_str());
        // From here on the drop cleans up.
        let layout = Layout::default();
        let staging = Self { output, id, root, folder, layout, _unfinished: unfinished, claim };
        disk::create_folder(&staging.root)?;
        at(&staging.folder, fs::create_dir(&staging.folder))?;
        Ok(staging)
    }

    /// The same run, whose tables are to lie in `layout`; without it each is one file.
    #[must_use]
    pub fn in_layout(mut self, layout: Layout) -> Self {
        self.layout = layout;
        self
    }

    /// The run.
    #[must_use]
    pub fn id(&self) -> &RunId {
        &self.id
    }

    /// The folder in which the run gathers its files: `OUTPUT/.staging/<run id>`, or where the
    /// output is on an object store one of the system's folder for temporary files.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes a table as the layout has it and flushes it to disk. Equal tables of equal meta
    /// give equal bytes. Several tables may be written at once.
    ///
    /// # Errors
    /// [`PublishError::Disk`] where the disk refuses, [`PublishError::Encode`] where Parquet does.
    pub fn write_table(
        &self,
        table: &Table,
        meta: &TableMeta,
    ) -> Result<TableRecord, PublishError> {
        write_table(self.place(table), table, Some(meta))
    }

    /// Begins a table that may be larger than memory, its rows handed on in any order: `shape`,
    /// without its rows, says what the table is. Equal tables of equal meta give equal bytes,
    /// those of [`Staging::write_table`].
    ///
    /// # Errors
    /// [`PublishError::Disk`] where the disk refuses.
    ///
    /// # Panics
    /// Where the table has no key.
    pub fn begin_rows(&self, shape: &Table, meta: &TableMeta) -> Result<RowSink, PublishError> {
        Ok(RowSink::new(self.place(shape), shape, meta, self.spill()?, ROOM))
    }

    fn place(&self, table: &Table) -> Place {
        Place::for_table(table.schema(), &self.folder, &self.layout)
    }

    /// Writes the details of rejected rows of `input` to `rejected/<input>.parquet`, in the order
    /// given, and flushes them to disk.
    ///
    /// # Errors
    /// As [`Staging::write_table`].
    pub fn write_rejected(&self, input: &str, rows: &[RejectedRow]) -> Result<(), PublishError> {
        let folder = self.folder.join("rejected");
        disk::create_folder(&folder)?;
        let path = folder.join(format!("{input}.parquet"));
        write_table(path, &rejected::table(input, rows), None)?;
        Ok(disk::sync_folder(&folder)?)
    }

    /// An unnamed file on the disk of [`Staging::folder`], for what does not fit into memory.
    ///
    /// # Errors
    /// [`PublishError::Disk`] where it cannot be made.
    pub fn spill(&self) -> Result<SpillFile, PublishError> {
        Ok(at(&self.folder, SpillFile::new(&self.folder))?)
    }

    /// Writes `record` as `run.json`, flushes everything to disk or to the store and makes the run
    /// current; then removes old runs, so that `keep` stay with this one among them.
    ///
    /// # Errors
    /// [`PublishError::Disk`] where the disk refuses; [`PublishError::Outrun`] where another run
    /// became current on the store, [`PublishError::Cleared`] where somebody removed this one; what
    /// the store says. `current` is then as it was, and nothing of the run is left, as far as that can
    /// be removed. [`PublishError::Unsettled`] where the store is silent about the pointer: the run is
    /// there, and may be current.
    pub fn commit(self, record: &RunRecord, keep: usize) -> Result<Published, PublishError> {
        disk::write_file(&self.folder.join(RECORD), &record.to_json())?;
        disk::sync_folder(&self.folder)?;
        let pruned = match &self.claim {
            Claim::Folder { .. } => {
                self.publish()?;
                self.prune(keep)
            }
            Claim::Store(store) => {
                let OnStore { remote, before } = &**store;
                remote.commit(&self.id, &self.folder, before.as_ref())?;
                remote.prune(&self.id, keep, Utc::now())
            }
        };
        Ok(Published { folder: self.output.run_folder(&self.id), prune_error: pruned.err() })
    }

    fn publish(&self) -> Result<(), PublishError> {
        let folder = self.output.run_folder(&self.id);
        let publishing = UNFINISHED.publishing();
        at(&folder, fs::rename(&self.folder, &folder))?;
        if let Err(error) = self.make_current() {
            self.withdraw();
            return Err(error);
        }
        publishing.done();
        Ok(())
    }

    fn make_current(&self) -> Result<(), PublishError> {
        disk::sync_folder(&self.output.runs_folder())?;
        self.output.swap_current(&link_target(&self.id))
    }

    /// Takes the run back after a failed [`Staging::make_current`], as far as the disk allows. A
    /// run that `current` still points to stays: a link to nothing would be worse.
    fn withdraw(&self) {
        let current = fs::read_link(self.output.current_link());
        let is_current = current.is_ok_and(|target| target == link_target(&self.id));
        // A power cut may still bring back what was not flushed.
        if !is_current && disk::sync_folder(self.output.root()).is_ok() {
            // From where it came, and where it is cleared.
            let _ = fs::rename(self.output.run_folder(&self.id), &self.folder)
                .and_then(|()| disk::sync(&self.output.runs_folder()));
        }
    }

    fn prune(&self, keep: usize) -> Result<(), PublishError> {
        let mut others = self.output.own_runs()?;
        others.retain(|id| *id != self.id);
        let surplus = (others.len() + 1).saturating_sub(keep).min(others.len());
        others[..surplus].iter().try_for_each(|id| self.output.remove_run(id))
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        clear(&self.root, &self.output);
    }
}

/// How often what threads still write to is removed, and how long they are waited for in between.
const ATTEMPTS: u32 = 50;
const PAUSE: Duration = Duration::from_millis(5);

/// Removes what a run that has the claim to the output staged in `root`.
fn clear(root: &Path, output: &Output) {
    // Again where a thread wrote meanwhile. What cannot be removed now goes when the next run begins.
    for _ in 0..ATTEMPTS {
        if own::of_staging(root).and_then(Own::remove).is_ok() {
            break;
        }
        thread::sleep(PAUSE);
    }
    if !output.is_remote() {
        // Goes only where it is empty.
        let _ = fs::remove_dir(output.runs_folder());
    }
}
