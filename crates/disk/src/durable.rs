//! Durable and atomic steps: files and folders that survive a power cut, replaced whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
#[cfg(unix)]
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use tempfile::TempDir;

use crate::{DiskError, own};

/// Attaches the path to what the operating system says.
///
/// # Errors
/// [`DiskError::Write`] with the path.
pub fn at<T>(path: &Path, result: io::Result<T>) -> Result<T, DiskError> {
    result.map_err(|cause| DiskError::Write { path: path.to_owned(), cause })
}

/// Makes a folder and those above it where they are missing.
///
/// # Errors
/// [`DiskError::Write`].
pub fn create_folder(path: &Path) -> Result<(), DiskError> {
    at(path, fs::create_dir_all(path))
}

/// The same, and flushes the names of those that are new to disk: without it a power cut can lose
/// them with all that was flushed below.
///
/// # Errors
/// [`DiskError::Write`].
pub fn create_folder_for_good(path: &Path) -> Result<(), DiskError> {
    let is_new = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
    let new: Vec<&Path> = path.ancestors().take_while(is_new).collect();
    create_folder(path)?;
    for parent in new.iter().rev().filter_map(|folder| folder.parent()) {
        let is_here = parent.as_os_str().is_empty();
        match sync(if is_here { Path::new(".") } else { parent }) {
            // Where folders can be made and none be listed there is nothing to flush by.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
            flushed => at(parent, flushed)?,
        }
    }
    Ok(())
}

/// Opens a file to read and write it, and makes it where it is missing. As others may write to its
/// folder, a link is not followed, and nobody is waited for as a pipe would have it.
///
/// # Errors
/// What the operating system says; where something else has the name, what it is.
pub fn open_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    open(path, options.read(true).write(true).create(true).truncate(false))
}

/// What a file holds, opened as by [`open_file`]; one that is missing is an error.
///
/// # Errors
/// What the operating system says; where something else has the name, what it is.
pub fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path, OpenOptions::new().read(true))?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Adds bytes in one piece to a file that the user names, so that several runs can write to one, and makes
/// the file and its folder where they are missing. A link is followed, but no reader of a pipe is waited
/// for. Nothing is flushed.
///
/// # Errors
/// What the operating system says.
pub fn append_to(path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    options.custom_flags(libc::O_NONBLOCK);
    options.create(true).append(true).open(path)?.write_all(bytes)
}

/// Replaces a file that the user names, and makes its folder where it is missing: readers find the old file
/// or the new one, never half of either. Its bytes begin with `begin`; what has the name and begins
/// otherwise stays, and is an error. `new` is its name until it is whole. Nothing is flushed.
///
/// # Errors
/// What the operating system says; nothing of the new file is left.
pub fn swap_file(path: &Path, new: &Path, begin: &[u8], bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    let written = own::create(new, begin)?.write_all(bytes);
    written.and_then(|()| own::replace(new, path, begin)).inspect_err(|_| {
        let _ = fs::remove_file(new);
    })
}

fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    #[cfg(unix)]
    options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    let in_the_way = |what: &str| {
        io::Error::new(io::ErrorKind::AlreadyExists, format!("it is {what}, and must be a file"))
    };
    let is_link = || path.symlink_metadata().is_ok_and(|found| found.is_symlink());
    let opened = options.open(path);
    let file =
        opened.map_err(|cause| if is_link() { in_the_way("a symbolic link") } else { cause })?;
    let found = file.metadata()?;
    match (found.is_file(), found.is_dir()) {
        (true, _) => Ok(file),
        (false, true) => Err(in_the_way("a folder")),
        (false, false) => Err(in_the_way("a pipe or a device")),
    }
}

/// How many bytes decide whether a file that has the name already is of the same kind.
const BEGIN: usize = 12;

/// Writes a file and flushes it to disk. What a killed process left of one gives way; what else has the
/// name stays, and is an error.
///
/// # Errors
/// [`DiskError::Write`].
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
    let write = || {
        let mut file = own::create(path, &bytes[..bytes.len().min(BEGIN)])?;
        let written = file.write_all(bytes).and_then(|()| file.sync_all());
        // Half of it is of no use to anybody, and the disk may be full.
        written.inspect_err(|_| {
            let _ = fs::remove_file(path);
        })
    };
    at(path, write())
}

/// Replaces a file in one step, and flushes it to disk: `new` is its name until it is whole. Where that
/// fails nothing of it is left. What was not written by kohort stays, and is an error.
///
/// # Errors
/// [`DiskError::Write`].
pub fn replace_file(path: &Path, new: &Path, bytes: &[u8]) -> Result<(), DiskError> {
    write_file(new, bytes)?;
    let replaced = own::replace(new, path, &bytes[..bytes.len().min(BEGIN)]);
    at(path, replaced).inspect_err(|_| {
        let _ = fs::remove_file(new);
    })
}

/// Flushes the names in a folder to disk: without it a power cut can lose a rename.
///
/// # Errors
/// [`DiskError::Write`].
pub fn sync_folder(path: &Path) -> Result<(), DiskError> {
    at(path, sync(path))
}

/// The same, with what the operating system says.
///
/// # Errors
/// What the operating system says.
pub fn sync(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Makes `link` a symbolic link to the folder `target`.
///
/// # Errors
/// What the operating system says.
pub fn link_folder(target: &Path, link: &Path) -> io::Result<()> {
    #[cfg(unix)]
    return std::os::unix::fs::symlink(target, link);
    #[cfg(windows)]
    return std::os::windows::fs::symlink_dir(target, link);
}

/// A folder in the system's folder for temporary files, for this user only.
///
/// # Errors
/// What the operating system says.
pub fn temporary_folder() -> io::Result<TempDir> {
    tempfile::Builder::new().prefix("kohort-").tempdir()
}

/// The files in and below a folder, sorted, as paths from there with slashes.
///
/// # Errors
/// [`DiskError::Read`].
pub fn files(folder: &Path) -> Result<Vec<String>, DiskError> {
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
    walked.map_err(|cause| DiskError::Read { path: folder.to_owned(), cause })?;
    files.sort_unstable();
    Ok(files)
}
