use std::path::{Path, PathBuf};
use std::{fs, io};

use kohort_model::Table;

use crate::disk::{self, at};
use crate::lock::Lock;
use crate::rows::ROOM;
use crate::{
    Output, PublishError, RejectedRow, RowSink, RunId, RunRecord, SpillFile, TableMeta,
    TableRecord, parquet_file, rejected,
};

/// A run at work. It holds the lock of its output; what it wrote is removed when it is dropped
/// without a commit.
#[derive(Debug)]
pub struct Staging {
    output: Output,
    id: RunId,
    folder: PathBuf,
    /// Dropped last: the output is free once nothing of the run is left.
    _lock: Lock,
}

/// A run that readers see.
#[derive(Debug)]
pub struct Published {
    /// Its folder, `OUTPUT/runs/<run id>`.
    pub folder: PathBuf,
    /// Why older runs are still there, where they could not be removed.
    pub prune_error: Option<PublishError>,
}

impl Staging {
    pub(crate) fn new(output: Output, id: RunId, lock: Lock) -> Result<Self, PublishError> {
        let folder = output.staging_folder().join(id.as_str());
        // From here on the drop cleans up.
        let staging = Self { output, id, folder, _lock: lock };
        disk::create_folder(&staging.folder)?;
        Ok(staging)
    }

    /// The folder in which the run gathers its files, `OUTPUT/.staging/<run id>`.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes a table to `<table>.parquet` and flushes it to disk. Equal tables of equal meta
    /// give equal bytes. Several tables may be written at once.
    ///
    /// # Errors
    /// [`PublishError::Write`] where the disk refuses, [`PublishError::Encode`] where Parquet does.
    pub fn write_table(
        &self,
        table: &Table,
        meta: &TableMeta,
    ) -> Result<TableRecord, PublishError> {
        parquet_file::write(self.table_path(table), table, Some(meta))
    }

    /// Begins a table that may be larger than memory, its rows handed on in any order: `shape`,
    /// without its rows, says what the table is. Equal tables of equal meta give equal bytes,
    /// those of [`Staging::write_table`].
    ///
    /// # Errors
    /// [`PublishError::Write`] where the disk refuses.
    ///
    /// # Panics
    /// Where the table has no key.
    pub fn begin_rows(&self, shape: &Table, meta: &TableMeta) -> Result<RowSink, PublishError> {
        RowSink::new(self.table_path(shape), shape, meta, self.spill()?, ROOM)
    }

    fn table_path(&self, table: &Table) -> PathBuf {
        self.folder.join(format!("{}.parquet", table.schema().name))
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
        parquet_file::write(path, &rejected::table(input, rows), None)?;
        disk::sync_folder(&folder)
    }

    /// An unnamed file on the output's disk, for what does not fit into memory.
    ///
    /// # Errors
    /// [`PublishError::Write`] where it cannot be made.
    pub fn spill(&self) -> Result<SpillFile, PublishError> {
        at(&self.folder, SpillFile::new(&self.folder))
    }

    /// Writes `record` as `run.json`, flushes everything to disk and makes the run current; then
    /// removes old runs, so that `keep` stay with this one among them.
    ///
    /// # Errors
    /// [`PublishError::Write`] where the disk refuses. `current` is then as it was, and nothing of
    /// the run is left.
    pub fn commit(self, record: &RunRecord, keep: usize) -> Result<Published, PublishError> {
        disk::write_file(&self.folder.join("run.json"), &record.to_json())?;
        disk::sync_folder(&self.folder)?;
        let folder = self.output.run_folder(&self.id);
        let before = fs::read_link(self.output.current_link()).ok();
        at(&folder, fs::rename(&self.folder, &folder))?;
        if let Err(error) = self.make_current() {
            self.withdraw(before.as_deref());
            return Err(error);
        }
        Ok(Published { folder, prune_error: self.prune(keep).err() })
    }

    fn make_current(&self) -> Result<(), PublishError> {
        disk::sync_folder(&self.output.runs_folder())?;
        self.point_current_at(&self.link_target())?;
        disk::sync_folder(self.output.root())
    }

    /// What `current` holds once the run is published: relative, so that the output can be moved.
    fn link_target(&self) -> PathBuf {
        Path::new("runs").join(self.id.as_str())
    }

    /// A link cannot be changed in place, but another can be renamed over it in one step.
    fn point_current_at(&self, target: &Path) -> Result<(), PublishError> {
        let link = self.output.staging_folder().join("current");
        let current = self.output.current_link();
        let _ = fs::remove_file(&link);
        at(&link, disk::link_folder(target, &link))?;
        at(&current, fs::rename(&link, &current))
    }

    /// Takes the run back after a failed [`Staging::make_current`], as far as the disk allows. A
    /// run that `current` still points to stays: a link to nothing would be worse.
    fn withdraw(&self, before: Option<&Path>) {
        let current = self.output.current_link();
        let is_current = || fs::read_link(&current).is_ok_and(|t| t == self.link_target());
        if is_current() {
            let _ = match before {
                Some(target) => self.point_current_at(target),
                None => at(&current, fs::remove_file(&current)),
            };
        }
        if !is_current() {
            let _ = disk::remove_folder(&self.output.run_folder(&self.id));
        }
    }

    fn prune(&self, keep: usize) -> Result<(), PublishError> {
        let mut others = self.output.runs()?;
        others.retain(|id| *id != self.id);
        let surplus = (others.len() + 1).saturating_sub(keep).min(others.len());
        for id in &others[..surplus] {
            let path = self.output.run_folder(id);
            // First out of sight as a whole: nobody finds a run with half of its tables.
            let aside = self.output.staging_folder().join(id.as_str());
            let removed: io::Result<()> =
                fs::rename(&path, &aside).and_then(|()| disk::remove_folder(&aside));
            removed.map_err(|cause| PublishError::Prune { path, cause })?;
        }
        Ok(())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // Whatever is staged is of this run, which holds the lock. What cannot be removed now goes
        // when the next run begins.
        let _ = disk::remove_folder(&self.output.staging_folder());
        // Goes only where it is empty.
        let _ = fs::remove_dir(self.output.runs_folder());
    }
}
