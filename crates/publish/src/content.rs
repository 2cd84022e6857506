//! Content of a published table's files, compared with the run's record.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Fault, reading};
use crate::{PublishError, digest};

/// The files of a table, and what they should hold.
#[derive(Debug)]
pub(crate) struct Content {
    /// Where each is named, where it is on this machine, and its BLAKE3.
    files: Vec<(PathBuf, PathBuf, String)>,
    is_verified: AtomicBool,
}

impl Content {
    /// Of the table of the run in `folder` with `files`, by their path from there; the record names
    /// those in `recorded`, which have to be the same.
    pub fn new(
        folder: &Path,
        mut files: BTreeMap<String, PathBuf>,
        recorded: &BTreeMap<String, String>,
    ) -> Result<Self, PublishError> {
        let changed = |name: &str, fault| PublishError::Changed { path: folder.join(name), fault };
        let mut all = Vec::with_capacity(recorded.len());
        for (name, digest) in recorded {
            let file = files.remove(name).ok_or_else(|| changed(name, Fault::Missing))?;
            all.push((folder.join(name), file, digest.clone()));
        }
        match files.keys().next() {
            Some(name) => Err(changed(name, Fault::Surplus)),
            None => Ok(Self { files: all, is_verified: AtomicBool::new(false) }),
        }
    }

    /// Reads the files through and compares their digests, unless that was done.
    pub fn verify(&self) -> Result<(), PublishError> {
        if self.is_verified.load(Ordering::Relaxed) {
            return Ok(());
        }
        for (path, file, expected) in &self.files {
            match digest::of_file(file) {
                Ok(found) if found == *expected => {}
                Ok(_) => {
                    return Err(PublishError::Changed {
                        path: path.clone(),
                        fault: Fault::Content,
                    });
                }
                Err(cause) => return Err(reading(path.clone(), cause)),
            }
        }
        self.is_verified.store(true, Ordering::Relaxed);
        Ok(())
    }
}
