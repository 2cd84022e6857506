//! The few steps on disk that must be durable or atomic.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;
use tempfile::TempDir;

use crate::PublishError;

/// Attaches the path to what the operating system says.
pub(crate) fn at<T>(path: &Path, result: io::Result<T>) -> Result<T, PublishError> {
    result.map_err(|cause| PublishError::Write { path: path.to_owned(), cause })
}

/// Makes a folder and those above it where they are missing.
pub(crate) fn create_folder(path: &Path) -> Result<(), PublishError> {
    at(path, fs::create_dir_all(path))
}

/// Writes a file and flushes it to disk.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), PublishError> {
    let write = || {
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    at(path, write())
}

/// Removes a folder with all that is in it, where there is one.
pub(crate) fn remove_folder(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

/// Flushes the names in a folder to disk: without it a power cut can lose a rename.
pub(crate) fn sync_folder(path: &Path) -> Result<(), PublishError> {
    if cfg!(unix) { at(path, File::open(path).and_then(|f| f.sync_all())) } else { Ok(()) }
}

/// Makes `link` a symbolic link to the folder `target`.
pub(crate) fn link_folder(target: &Path, link: &Path) -> io::Result<()> {
    #[cfg(unix)]
    return std::os::unix::fs::symlink(target, link);
    #[cfg(windows)]
    return std::os::windows::fs::symlink_dir(target, link);
}

/// A folder in the system's folder for temporary files, for this user only.
pub(crate) fn temporary_folder() -> io::Result<TempDir> {
    tempfile::Builder::new().prefix("kohort-").tempdir()
}

/// The files in and below a folder, sorted, as paths from there with slashes.
pub(crate) fn files(folder: &Path) -> Result<Vec<String>, PublishError> {
    fn walk(folder: &Path, prefix: &str, into: &mut Vec<String>) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            // Names are ours, so that they are text.
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                walk(&entry.path(), &format!("{name}/"), into)?;
            } else {
                into.push(name);
            }
        }
        Ok(())
    }
    let mut files = Vec::new();
    let walked = walk(folder, "", &mut files);
    walked.map_err(|cause| PublishError::Read { path: folder.to_owned(), cause })?;
    files.sort_unstable();
    Ok(files)
}

/// A value as readable JSON that ends with a line.
pub(crate) fn json(value: &impl Serialize) -> Vec<u8> {
    let mut json = serde_json::to_vec_pretty(value).expect("it has text keys only");
    json.push(b'\n');
    json
}
