//! Ownership of files: what kohort wrote, known by what is in it. Nothing else is removed, replaced or
//! followed.

use std::fs::{self, DirEntry, File, FileType};
use std::io::{self, Read};
#[cfg(unix)]
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use crate::{DiskError, at, create_folder_for_good};

/// Of a folder, what kohort wrote in it. Links are never followed.
#[derive(Debug, Default)]
pub struct Own {
    files: Vec<PathBuf>,
    /// Those in which nothing else is, innermost first, the folder itself among them.
    folders: Vec<PathBuf>,
    /// Size of the files.
    pub bytes: u64,
    /// Whether there is something of somebody else's, which stays, and the folders around it.
    pub is_shared: bool,
}

impl Own {
    /// The files below `folder` for which `is_own` holds, which gets the name from there and the path; none
    /// where the folder is missing.
    ///
    /// # Errors
    /// The folder is a link, or cannot be listed.
    pub fn below(folder: &Path, is_own: &dyn Fn(&str, &Path) -> bool) -> io::Result<Self> {
        let mut own = Self::default();
        if folder.is_symlink() {
            return Err(is_link());
        }
        match fs::read_dir(folder) {
            Ok(entries) => own.walk((folder, ""), entries, is_own),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        Ok(own)
    }

    fn walk(
        &mut self,
        (folder, prefix): (&Path, &str),
        entries: fs::ReadDir,
        is_own: &dyn Fn(&str, &Path) -> bool,
    ) {
        let before = std::mem::take(&mut self.is_shared);
        for entry in entries {
            let known = entry.ok().and_then(|entry| self.look(&entry, prefix, is_own));
            self.is_shared |= known.is_none();
        }
        if !self.is_shared {
            self.folders.push(folder.to_owned());
        }
        self.is_shared |= before;
    }

    /// `None` where it is of somebody else, or not known.
    fn look(
        &mut self,
        entry: &DirEntry,
        prefix: &str,
        is_own: &dyn Fn(&str, &Path) -> bool,
    ) -> Option<()> {
        let (path, own_name) = (entry.path(), entry.file_name());
        let name = format!("{prefix}{}", own_name.to_str()?);
        if entry.file_type().ok()?.is_dir() {
            let entries = fs::read_dir(&path).ok()?;
            self.walk((&path, &format!("{name}/")), entries, is_own);
        } else if is_own(&name, &path) {
            self.bytes += entry.metadata().ok()?.len();
            self.files.push(path);
        } else {
            return None;
        }
        Some(())
    }

    /// Has a file removed before all others.
    #[must_use]
    pub fn first(mut self, path: &Path) -> Self {
        self.files.sort_by_key(|file| *file != path);
        self
    }

    /// Has a file removed after all others.
    #[must_use]
    pub fn last(mut self, path: &Path) -> Self {
        self.files.sort_by_key(|file| *file == path);
        self
    }

    /// Removes it, with the folders that are empty then.
    ///
    /// # Errors
    /// What the operating system says; what is gone already is no error.
    pub fn remove(self) -> io::Result<()> {
        self.files.iter().try_for_each(|file| gone(fs::remove_file(file)))?;
        self.folders.iter().try_for_each(|folder| gone(fs::remove_dir(folder)))
    }
}

fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Whether there is a file, and no link to one.
#[must_use]
pub fn is_file(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|found| found.is_file())
}

/// Whether a file begins with these bytes, or with as many of them as it has; a power cut may have
/// left zeros.
#[must_use]
pub fn begins_as(path: &Path, begin: &[u8]) -> bool {
    let mut found = Vec::with_capacity(begin.len());
    let read = |found: &mut Vec<u8>| File::open(path)?.take(begin.len() as u64).read_to_end(found);
    let is_read = is_file(path) && read(&mut found).is_ok();
    is_read && (begin.starts_with(&found) || found.iter().all(|byte| *byte == 0))
}

/// Makes a file. What a killed process left of one, which begins with the same bytes, gives way;
/// what else has the name stays, and is an error.
///
/// # Errors
/// What the operating system says.
pub fn create(path: &Path, begin: &[u8]) -> io::Result<File> {
    match File::create_new(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let found = path.symlink_metadata()?.file_type();
            if begins_as(path, begin) {
                fs::remove_file(path)?;
                return File::create_new(path);
            }
            // A device has nothing to lose. Whoever opens a pipe waits for its reader.
            if is_device(found) { File::options().write(true).open(path) } else { Err(error) }
        }
        created => created,
    }
}

#[cfg(unix)]
fn is_device(found: FileType) -> bool {
    found.is_char_device() || found.is_block_device()
}

#[cfg(not(unix))]
fn is_device(_: FileType) -> bool {
    false
}

/// Renames a file of ours over one that was there before, which begins with the same bytes. What else
/// has the name stays, and is an error.
///
/// # Errors
/// What the operating system says.
pub fn replace(new: &Path, path: &Path, begin: &[u8]) -> io::Result<()> {
    if path.symlink_metadata().is_ok() && !begins_as(path, begin) {
        return Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "what has this name was not written by kohort",
        ));
    }
    fs::rename(new, path)
}

/// Makes a folder in one of ours, where it is missing, and flushes its name. A link to one is refused.
///
/// # Errors
/// [`DiskError::Write`].
pub fn create_folder(path: &Path) -> Result<(), DiskError> {
    match path.symlink_metadata() {
        Ok(found) if found.is_symlink() => at(path, Err(is_link())),
        _ => create_folder_for_good(path),
    }
}

fn is_link() -> io::Error {
    io::Error::new(io::ErrorKind::NotADirectory, "it is a link, and links in here are not followed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_by_how_they_begin() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let cases: [(&[u8], bool); 8] = [
            (b"", true),
            (b"{", true),
            (b"{\"version\"", true),
            (b"{\"version\": 1}", true),
            (b"\0\0\0\0\0\0\0\0\0\0\0\0", true),
            (b"[", false),
            (b"{\"versiom\": 1}", false),
            (b"\0\0\0{\"version\": 1}", false),
        ];
        for (content, expected) in cases {
            fs::write(&path, content).unwrap();
            assert_eq!(begins_as(&path, b"{\"version\""), expected, "{content:?}");
            let created = create(&path, b"{\"version\"");
            assert_eq!(created.is_ok(), expected, "{content:?}");
            let left = if expected { &b""[..] } else { content };
            assert_eq!(fs::read(&path).unwrap(), left, "{content:?}");
        }
        assert!(!begins_as(folder.path(), b"{"), "a folder");
        assert!(!begins_as(&folder.path().join("missing"), b"{"));
    }
}
