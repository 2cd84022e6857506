//! One run at a time per output.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::Path;
use std::{env, fs, process};

use chrono::{SecondsFormat, Utc};

use crate::{PublishError, RunId};

/// The exclusive lock on an output, until it is dropped. The system takes it off a process that
/// dies; the file stays, as removing it could lock two runs on two files of one name.
#[derive(Debug)]
pub(crate) struct Lock(File);

impl Lock {
    /// Locks the output `root`, which exists, and signs the lock file.
    pub fn take(root: &Path, id: &RunId) -> Result<Self, PublishError> {
        let path = root.join(".lock");
        let opened =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = opened.map_err(|cause| PublishError::Write { path: path.clone(), cause })?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(PublishError::Locked { root: root.into(), holder: holder(&mut file) });
            }
            Err(TryLockError::Error(cause)) => return Err(PublishError::Lock { path, cause }),
        }
        sign(&mut file, id).map_err(|cause| PublishError::Write { path, cause })?;
        Ok(Self(file))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A name that stays in the file misleads nobody: it is read only while locked.
        let _ = self.0.set_len(0);
    }
}

fn sign(file: &mut File, id: &RunId) -> io::Result<()> {
    let start = Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true);
    let text = format!("run {id} (process {} on {}, started {start})\n", process::id(), host());
    file.set_len(0)?;
    file.write_all(text.as_bytes())
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    match file.read_to_string(&mut text) {
        Ok(_) if !text.trim().is_empty() => text.trim().to_owned(),
        _ => "another run".to_owned(),
    }
}

fn host() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = name.or_else(|| env::var("HOSTNAME").ok()).or_else(|| env::var("COMPUTERNAME").ok());
    name.map_or_else(|| "an unknown host".to_owned(), |name| name.trim().to_owned())
}
