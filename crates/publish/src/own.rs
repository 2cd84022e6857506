//! What kohort wrote itself, told by what stands in it. Nothing else is removed, replaced or followed.

use std::collections::BTreeSet;
use std::fs::{self, DirEntry, File, FileType};
use std::io::{self, Read};
#[cfg(unix)]
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use parquet::file::metadata::KeyValue;
use parquet::file::reader::{FileReader, SerializedFileReader};
use serde::Deserialize;

use crate::disk::{self, at};
use crate::output::{RECORD, is_link_target};
use crate::{KOHORT_VERSION, PublishError, RunId, state};

/// How a record of a run begins.
const RECORD_BEGIN: &[u8] = b"{\n  \"record_version\"";
/// How a Parquet file begins and ends.
const PARQUET: &[u8] = b"PAR1";
/// What the metadata of each table and of rejected rows have.
const VERSION: &str = "kohort.version";
/// The folder of rejected rows in that of a run.
const REJECTED: &str = "rejected/";

/// Of a folder, what kohort wrote in it. Links are never followed, and are nobody's but for the
/// one that is to become `current`.
#[derive(Debug, Default)]
pub(crate) struct Own {
    files: Vec<PathBuf>,
    /// Those in which nothing else is, innermost first, the folder itself among them.
    folders: Vec<PathBuf>,
    /// Size of the files.
    pub bytes: u64,
    /// Whether there is something of somebody else's, which stays, and the folders around it.
    pub is_shared: bool,
}

impl Own {
    /// All that killed runs left, or one at work has staged, in `OUTPUT/.staging`; nothing where
    /// that is missing.
    pub fn of_staging(folder: &Path) -> io::Result<Self> {
        Self::of(folder, &|name, path| match name.split_once('/') {
            Some((run, name)) => run.parse::<RunId>().is_ok() && is_of_run(name, path, None),
            None => name == "current" && fs::read_link(path).is_ok_and(|to| is_link_target(&to)),
        })
    }

    /// The files of a run, of which `names` are known.
    pub fn of_run(folder: &Path, names: &Names) -> io::Result<Self> {
        let mut own = Self::of(folder, &|name, path| is_of_run(name, path, Some(names)))?;
        // Without it what is left is no run any more.
        own.files.sort_by_key(|file| *file != folder.join(RECORD));
        Ok(own)
    }

    /// What is kept of one form of the inputs.
    pub fn of_form(folder: &Path) -> io::Result<Self> {
        let mut own = Self::of(folder, &state::is_own)?;
        // As long as it is there the rest is known to be ours.
        own.files.sort_by_key(|file| *file == folder.join(state::MANIFEST));
        Ok(own)
    }

    fn of(folder: &Path, is_own: &dyn Fn(&str, &Path) -> bool) -> io::Result<Self> {
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

    /// `None` where it is of somebody else, or cannot be told.
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

    /// Removes it, with the folders that are empty then.
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

/// What a record says of the files beside it.
#[derive(Debug)]
pub(crate) struct Names {
    tables: BTreeSet<String>,
    inputs: BTreeSet<String>,
}

/// The names in the record of run `id`, which lies in `folder`, whatever version of kohort wrote it;
/// `None` where there is no such record, so that the folder is of somebody else.
pub(crate) fn record(folder: &Path, id: &RunId) -> Option<Names> {
    #[derive(Deserialize)]
    struct Header {
        #[serde(rename = "record_version")]
        _version: u32,
        run_id: RunId,
        #[serde(rename = "kohort_version")]
        _kohort: String,
        #[serde(default)]
        tables: Vec<Table>,
        #[serde(default)]
        inputs: Vec<Input>,
    }
    #[derive(Deserialize)]
    struct Table {
        name: String,
    }
    #[derive(Deserialize)]
    struct Input {
        input: String,
    }

    let path = folder.join(RECORD);
    if folder.is_symlink() || !is_file(&path) {
        return None;
    }
    let header: Header = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    (header.run_id == *id).then(|| Names {
        tables: header.tables.into_iter().map(|table| table.name).collect(),
        inputs: header.inputs.into_iter().map(|input| input.input).collect(),
    })
}

/// Whether a file, named from the folder of a run, is of that run. Of one that did not come to its
/// record, names of our shape and what the files hold must do.
fn is_of_run(name: &str, path: &Path, names: Option<&Names>) -> bool {
    if !is_file(path) {
        return false;
    }
    if name == RECORD {
        return names.is_some() || begins_as(path, RECORD_BEGIN);
    }
    if is_spill(name) {
        return fs::metadata(path).is_ok_and(|file| file.len() == 0);
    }
    let (title, is_input) = match name.strip_prefix(REJECTED) {
        Some(input) => (input.strip_suffix(".parquet"), true),
        None => (table_of(name), false),
    };
    title.is_some_and(|title| match names {
        Some(Names { inputs, .. }) if is_input => inputs.contains(title),
        Some(Names { tables, .. }) => tables.contains(title),
        None => is_plain(title) && is_table_or_half_of_one(path),
    })
}

/// The table that a file is of, or is a part of.
fn table_of(name: &str) -> Option<&str> {
    match name.split('/').collect::<Vec<_>>()[..] {
        [file] => file.strip_suffix(".parquet"),
        [table, value, crate::layout::hive::FILE] => {
            value.split_once('=').filter(|(column, _)| is_plain(column)).map(|_| table)
        }
        _ => None,
    }
}

fn is_plain(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    !name.is_empty() && name.bytes().all(is_plain)
}

/// A file that loses its name as soon as it has one, where the disk has no files without.
fn is_spill(name: &str) -> bool {
    let random = name.strip_prefix(".tmp");
    random.is_some_and(|name| name.len() == 6 && name.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// Whether a file is a table that kohort wrote, or was on its way to one.
fn is_table_or_half_of_one(path: &Path) -> bool {
    begins_as(path, PARQUET) && names_kohort(path) != Some(false)
}

/// What makes a file known as ours.
pub(crate) fn note() -> KeyValue {
    KeyValue::new(VERSION.to_owned(), KOHORT_VERSION.to_owned())
}

/// Whether a file is a whole table that kohort wrote.
pub(crate) fn is_table(path: &Path) -> bool {
    is_file(path) && names_kohort(path) == Some(true)
}

/// Whether the metadata of a Parquet file name a version of kohort; `None` where it is no whole
/// Parquet file.
fn names_kohort(path: &Path) -> Option<bool> {
    let reader = SerializedFileReader::new(File::open(path).ok()?).ok()?;
    let pairs = reader.metadata().file_metadata().key_value_metadata();
    Some(pairs.into_iter().flatten().any(|pair| pair.key == VERSION))
}

/// Whether there is a file, and no link to one.
pub(crate) fn is_file(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|found| found.is_file())
}

/// Whether a file begins with these bytes, or with as many of them as it has; a power cut may have
/// left zeros.
pub(crate) fn begins_as(path: &Path, begin: &[u8]) -> bool {
    let mut found = Vec::with_capacity(begin.len());
    let read = |found: &mut Vec<u8>| File::open(path)?.take(begin.len() as u64).read_to_end(found);
    let is_read = is_file(path) && read(&mut found).is_ok();
    is_read && (begin.starts_with(&found) || found.iter().all(|byte| *byte == 0))
}

/// Makes a file. What a killed process left of one, which begins with the same bytes, gives way;
/// what else has the name stays, and is an error.
pub(crate) fn create(path: &Path, begin: &[u8]) -> io::Result<File> {
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

/// Makes the file of a table.
pub(crate) fn create_table(path: &Path) -> io::Result<File> {
    create(path, PARQUET)
}

/// Renames a file of ours over one that was there before, which begins with the same bytes. What else
/// has the name stays, and is an error.
pub(crate) fn replace(new: &Path, path: &Path, begin: &[u8]) -> io::Result<()> {
    if path.symlink_metadata().is_ok() && !begins_as(path, begin) {
        return Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "what has this name was not written by kohort",
        ));
    }
    fs::rename(new, path)
}

/// Makes a folder in one of ours, where it is missing, and flushes its name. A link to one is refused.
pub(crate) fn create_folder(path: &Path) -> Result<(), PublishError> {
    match path.symlink_metadata() {
        Ok(found) if found.is_symlink() => at(path, Err(is_link())),
        _ => disk::create_folder_for_good(path),
    }
}

fn is_link() -> io::Error {
    io::Error::new(io::ErrorKind::NotADirectory, "it is a link, and links in here are not followed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_a_run() {
        let cases = [
            ("cohort_curve.parquet", Some("cohort_curve")),
            ("notes.txt", None),
            (".parquet", Some("")),
            ("cohort_curve/grain=month/part-0.parquet", Some("cohort_curve")),
            ("cohort_curve/grain=/part-0.parquet", Some("cohort_curve")),
            ("cohort_curve/grain=month/notes.txt", None),
            ("cohort_curve/grain=month/part-1.parquet", None),
            ("cohort_curve/notes/part-0.parquet", None),
            ("cohort_curve/part-0.parquet", None),
            ("a/b/c=d/part-0.parquet", None),
        ];
        for (name, expected) in cases {
            assert_eq!(table_of(name), expected, "{name}");
        }
        let plain = ["cohort_curve", "l2"];
        assert!(
            plain.into_iter().all(is_plain)
                && !["", "Notes", "a.b", "a b"].into_iter().any(is_plain)
        );
        assert!(is_spill(".tmpa8Bc9Z") && !is_spill(".tmp") && !is_spill(".tmp-notes"));
    }

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
