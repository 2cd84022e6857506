//! The log of a Delta Lake table: what Kohort reads of it and adds to it.
//!
//! <https://github.com/delta-io/delta/blob/master/PROTOCOL.md>, reader version 1, writer version 2.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use kohort_disk::{self as disk, at};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tempfile::TempPath;

use crate::error::reading;
use crate::{KOHORT_VERSION, PublishError, RunId, own};

/// The versions of the protocol that Kohort writes by. Tables that ask for more are left alone.
pub(super) const PROTOCOL: Protocol = Protocol { min_reader_version: 1, min_writer_version: 2 };

/// Versions are signed numbers of 64 bits elsewhere, and one is to follow.
const LAST_VERSION: u64 = i64::MAX.cast_unsigned();

/// What the engine of our entries is called, before its version.
const ENGINE: &str = "kohort/";

/// One line of an entry: exactly one of these, or something that Kohort has no use for.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Action {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit_info: Option<CommitInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<Protocol>,
    /// As it is: what others set of a table stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meta_data: Option<Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remove: Option<Remove>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub add: Option<Add>,
}

/// Who wrote an entry, and why.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct CommitInfo {
    /// Milliseconds since 1970.
    pub timestamp: i64,
    pub operation: String,
    pub operation_parameters: Map<String, Value>,
    pub operation_metrics: Map<String, Value>,
    pub is_blind_append: bool,
    pub engine_info: String,
    /// The run whose rows the table has from here on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
    /// BLAKE3 of the columns of the run, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema_digest: Option<String>,
}

impl CommitInfo {
    /// That a run replaced all rows.
    pub fn overwrite(
        run: &RunId,
        schema_digest: String,
        timestamp: i64,
        rows: u64,
        bytes: u64,
    ) -> Self {
        let map = |pairs: &[(&str, String)]| {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), value.clone().into())).collect()
        };
        Self {
            timestamp,
            operation: "WRITE".to_owned(),
            operation_parameters: map(&[
                ("mode", "Overwrite".to_owned()),
                ("partitionBy", "[]".to_owned()),
            ]),
            operation_metrics: map(&[
                ("numFiles", "1".to_owned()),
                ("numOutputRows", rows.to_string()),
                ("numOutputBytes", bytes.to_string()),
            ]),
            is_blind_append: false,
            engine_info: format!("{ENGINE}{KOHORT_VERSION}"),
            run_id: Some(run.clone()),
            schema_digest: Some(schema_digest),
        }
    }

    /// The run and the columns of an entry of ours.
    fn ours(&self) -> Option<(RunId, String)> {
        let is_ours = self.engine_info.starts_with(ENGINE);
        Some((self.run_id.clone()?, self.schema_digest.clone()?)).filter(|_| is_ours)
    }
}

/// What a program has to understand to work with the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Protocol {
    pub min_reader_version: u32,
    pub min_writer_version: u32,
}

/// A file that is part of the table from here on.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Add {
    /// From the table's folder.
    pub path: String,
    #[serde(default)]
    pub partition_values: Map<String, Value>,
    pub size: u64,
    pub modification_time: i64,
    pub data_change: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stats: Option<String>,
}

impl Add {
    /// That the file is no part of the table any more.
    pub fn removed(&self, timestamp: i64) -> Remove {
        Remove {
            path: self.path.clone(),
            deletion_timestamp: Some(timestamp),
            data_change: true,
            extended_file_metadata: true,
            partition_values: Some(self.partition_values.clone()),
            size: Some(self.size),
        }
    }
}

/// A file that is no part of the table from here on.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Remove {
    pub path: String,
    pub deletion_timestamp: Option<i64>,
    pub data_change: bool,
    #[serde(default)]
    pub extended_file_metadata: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partition_values: Option<Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
}

/// The folder of a table's log.
pub(super) struct Log {
    folder: PathBuf,
}

/// What a log says of the newest version, as far back as the last entry of a run.
#[derive(Debug, Default)]
pub(super) struct Newest {
    /// `None` where the table is new.
    pub version: Option<u64>,
    /// The run whose rows it has, and the digest of that run's columns.
    pub run: Option<(RunId, String)>,
    /// Its files.
    pub files: Vec<Add>,
}

impl Log {
    /// The log of the table in `folder`.
    pub fn in_folder(folder: &Path) -> Self {
        Self { folder: folder.join("_delta_log") }
    }

    /// What is known of the newest version.
    pub fn newest(&self) -> Result<Newest, PublishError> {
        let mut newest = Newest { version: self.version()?, ..Newest::default() };
        let mut known = BTreeSet::new();
        for version in (0..newest.version.map_or(0, |last| last + 1)).rev() {
            for action in self.read(version)? {
                newest.run = newest.run.or_else(|| action.commit_info.as_ref()?.ours());
                if let Some(protocol) = action.protocol {
                    self.understood(protocol)?;
                }
                if let Some(add) = action.add
                    && known.insert(add.path.clone())
                {
                    newest.files.push(add);
                }
                known.extend(action.remove.map(|remove| remove.path));
            }
            // A run replaces all that was there before it.
            if newest.run.is_some() {
                break;
            }
        }
        Ok(newest)
    }

    /// The newest description of the table.
    pub fn meta_data(&self) -> Result<Option<Map<String, Value>>, PublishError> {
        for version in (0..self.version()?.map_or(0, |last| last + 1)).rev() {
            let mut actions = self.read(version)?.into_iter();
            if let Some(meta_data) = actions.find_map(|action| action.meta_data) {
                return Ok(Some(meta_data));
            }
        }
        Ok(None)
    }

    /// The files that the last `versions` before and with `newest` added.
    pub fn recent(&self, newest: u64, versions: u64) -> Result<BTreeSet<String>, PublishError> {
        let mut paths = BTreeSet::new();
        for version in (newest + 1).saturating_sub(versions.max(1))..=newest {
            let actions = self.read(version)?.into_iter();
            paths.extend(actions.filter_map(|action| Some(action.add?.path)));
        }
        Ok(paths)
    }

    /// Those of the files that versions of Kohort added, up to `newest` and as far back as the log can
    /// be read.
    pub fn added(&self, newest: u64, wanted: &BTreeSet<String>) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for version in (0..=newest).rev() {
            if found.len() == wanted.len() {
                break;
            }
            let Ok(actions) = self.read(version) else { break };
            let info = actions.iter().find_map(|action| action.commit_info.as_ref());
            if info.and_then(CommitInfo::ours).is_some() {
                let added = actions.into_iter().filter_map(|action| Some(action.add?.path));
                found.extend(added.filter(|path| wanted.contains(path)));
            }
        }
        found
    }

    /// Whether there is a log.
    pub fn is_there(&self) -> bool {
        self.folder.is_dir()
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Adds a version, unless it is there already: then gives `false`.
    pub fn append(&self, version: u64, actions: &[Action]) -> Result<bool, PublishError> {
        own::create_folder(&self.folder)?;
        let mut lines = Vec::new();
        for action in actions {
            serde_json::to_writer(&mut lines, action).expect("an action has text keys only");
            lines.push(b'\n');
        }
        // Readers see all of an entry or none, and of two writers one is refused.
        let staged = self.folder.join(".entry.tmp");
        disk::write_file(&staged, &lines)?;
        let entry = self.entry(version);
        match at(&staged, TempPath::try_from_path(&staged))?.persist_noclobber(&entry) {
            Err(refused) if refused.error.kind() == io::ErrorKind::AlreadyExists => {
                return Ok(false);
            }
            named => at(&entry, named.map_err(|refused| refused.error))?,
        }
        disk::sync_folder(&self.folder)?;
        Ok(true)
    }

    /// The file of a version.
    pub fn entry(&self, version: u64) -> PathBuf {
        self.folder.join(format!("{version:020}.json"))
    }

    /// The newest version, where there is one.
    fn version(&self) -> Result<Option<u64>, PublishError> {
        let list = || -> io::Result<Option<u64>> {
            let mut newest = None;
            for entry in fs::read_dir(&self.folder)? {
                let name = entry?.file_name();
                let version = name.to_str().and_then(|name| name.strip_suffix(".json"));
                let version = version.filter(|version| version.len() == 20);
                let version = version.and_then(|version| version.parse().ok());
                newest = newest.max(version.filter(|version| *version < LAST_VERSION));
            }
            Ok(newest)
        };
        match list() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            listed => listed.map_err(|cause| reading(self.folder.clone(), cause)),
        }
    }

    fn read(&self, version: u64) -> Result<Vec<Action>, PublishError> {
        let path = self.entry(version);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(cause) => return Err(reading(path, cause)),
        };
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        let actions = lines.map(serde_json::from_str).collect::<Result<_, _>>();
        actions.map_err(|cause| PublishError::DeltaLog { path, cause })
    }

    fn understood(&self, found: Protocol) -> Result<(), PublishError> {
        let Protocol { min_reader_version: reader, min_writer_version: writer } = found;
        if reader <= PROTOCOL.min_reader_version && writer <= PROTOCOL.min_writer_version {
            return Ok(());
        }
        Err(PublishError::DeltaProtocol { path: self.folder.clone(), reader, writer })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_written_once() {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::in_folder(folder.path());
        let protocol = [Action { protocol: Some(PROTOCOL), ..Action::default() }];
        assert_eq!(log.version().unwrap(), None);
        assert!(log.append(0, &protocol).unwrap());
        let written = fs::read_to_string(log.entry(0)).unwrap();
        assert_eq!(written, "{\"protocol\":{\"minReaderVersion\":1,\"minWriterVersion\":2}}\n");
        assert!(!log.append(0, &[]).unwrap(), "another writer came first");
        assert_eq!(fs::read_to_string(log.entry(0)).unwrap(), written);
        assert!(log.append(1, &[]).unwrap());
        assert_eq!(log.version().unwrap(), Some(1));
        assert_eq!(fs::read_dir(&log.folder).unwrap().count(), 2);
    }
}
