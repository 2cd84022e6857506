//! The files that paths, folders and patterns stand for.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::error::LoadError;
use crate::files::Found;
use crate::formats::{MAGIC, no_file, other_format};
use crate::remote::{self, Remote, as_url, is_named_parquet};

/// What a user should know of how files were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// Files in and under a folder that are no Parquet files.
    PassedOver {
        /// The folder, as the input's path has it.
        folder: PathBuf,
        /// How many.
        files: usize,
        /// One of them.
        example: PathBuf,
    },
    /// A second way to a file or folder, which was read once.
    Same {
        /// The way that was not taken.
        path: PathBuf,
        /// That which was.
        read: PathBuf,
        /// Whether it is a folder.
        is_folder: bool,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PassedOver { folder, files, example } => {
                let (folder, example) = (folder.display(), example.display());
                let (are, were) = if *files == 1 {
                    ("file", "is no Parquet file and was")
                } else {
                    ("files", "are no Parquet files and were")
                };
                write!(to, "{files} {are} in {folder} {were} passed over, such as {example}")
            }
            Self::Same { path, read, is_folder } => {
                let what = if *is_folder { "folder" } else { "file" };
                let (path, read) = (path.display(), read.display());
                write!(to, "{path} is the same {what} as {read} and was read once")
            }
        }
    }
}

/// Endings of what is not finished, or of copies that were put aside: such a file is not read,
/// whatever it holds.
const ASIDE: [&str; 9] =
    ["tmp", "temp", "part", "partial", "inprogress", "crdownload", "bak", "old", "orig"];

/// Files by path, and objects by URL.
type Files = BTreeMap<PathBuf, Option<Remote>>;

/// The files that the paths under a key of the pipeline file stand for, each once, sorted, and the notes on
/// how they were found. Below a folder links are followed, and what starts with a point or an underscore is ignored: writers keep
/// what is not finished under such names. Files are known by their ending, `.parquet`, `.parq` or
/// `.pq`, or else by their first and last bytes.
///
/// # Errors
/// A path that stands for nothing, for what is no file, or for files of another format.
pub(crate) fn find(paths: &[String], key: &str) -> Result<(Vec<Found>, Vec<Note>), LoadError> {
    let mut finder = Finder::default();
    for pattern in paths {
        let literal = Path::new(pattern);
        let before = finder.files.len();
        let known = if as_url(literal).is_some() {
            remote::add(pattern, &mut finder.files)?
        } else if literal.exists() {
            finder.given(literal)?
        } else {
            finder.matches(pattern)?
        };
        if !known && finder.files.len() == before {
            let other = finder.passed.iter().find_map(|path| other_format(path));
            let none = || LoadError::NoMatch { pattern: pattern.clone(), key: key.to_owned() };
            return Err(other.unwrap_or_else(none));
        }
    }
    let found = finder.files.into_iter().map(|(path, remote)| Found { path, remote });
    Ok((found.collect(), finder.notes))
}

#[derive(Default)]
struct Finder {
    files: Files,
    /// Files and folders by what they really are, and the way to them that was taken.
    seen: HashMap<PathBuf, PathBuf>,
    notes: Vec<Note>,
    /// No Parquet files, in the folder that is being gone through.
    passed: Vec<PathBuf>,
}

impl Finder {
    fn matches(&mut self, pattern: &str) -> Result<bool, LoadError> {
        let options =
            glob::MatchOptions { require_literal_leading_dot: true, ..glob::MatchOptions::new() };
        let matches = glob::glob_with(pattern, options)
            .map_err(|source| LoadError::Pattern { pattern: pattern.to_owned(), source })?;
        let mut any = false;
        for path in matches {
            let path = path.map_err(|error| LoadError::Io {
                path: error.path().to_owned(),
                source: error.into(),
            })?;
            any |= self.given(&path)?;
        }
        Ok(any)
    }

    /// A path that was named or that a pattern matches; whether it stands for any file.
    fn given(&mut self, path: &Path) -> Result<bool, LoadError> {
        let meta = metadata(path)?;
        if meta.is_dir() {
            self.passed.clear();
            let any = self.folder(path)?;
            if let Some(example) = self.passed.first().filter(|_| any) {
                let (folder, example) = (path.to_owned(), example.clone());
                self.notes.push(Note::PassedOver { folder, files: self.passed.len(), example });
            }
            return Ok(any);
        }
        if let Some(found) = no_file(meta.file_type()) {
            return Err(LoadError::NoFile { path: path.to_owned(), found });
        }
        if let Some(error) = other_format(path)
            && !is_parquet(path, &meta)?
        {
            return Err(error);
        }
        self.add(path)?;
        Ok(true)
    }

    /// The Parquet files in and under a folder; whether there is any.
    fn folder(&mut self, folder: &Path) -> Result<bool, LoadError> {
        if !self.is_new(folder, true)? {
            return Ok(true);
        }
        let io = |source| LoadError::Io { path: folder.to_owned(), source };
        let mut entries = Vec::new();
        for entry in fs::read_dir(folder).map_err(io)? {
            let entry = entry.map_err(io)?;
            let name = entry.file_name();
            if !name.to_string_lossy().starts_with(['.', '_']) {
                // Of two ways to one file the one without a link is taken.
                let kind = entry.file_type().map_err(io)?;
                entries.push((!kind.is_dir() && !kind.is_file(), name));
            }
        }
        entries.sort();
        let mut any = false;
        for (_, name) in entries {
            let path = folder.join(name);
            let meta = metadata(&path)?;
            if meta.is_dir() {
                any |= self.folder(&path)?;
            } else if meta.is_file() && is_parquet(&path, &meta)? {
                any = true;
                self.add(&path)?;
            } else {
                self.passed.push(path);
            }
        }
        Ok(any)
    }

    fn add(&mut self, path: &Path) -> Result<(), LoadError> {
        if self.is_new(path, false)? {
            self.files.insert(path.to_owned(), None);
        }
        Ok(())
    }

    /// Whether a file or folder was not come upon before, be it under another path.
    fn is_new(&mut self, path: &Path, is_folder: bool) -> Result<bool, LoadError> {
        let canonical = fs::canonicalize(path)
            .map_err(|source| LoadError::Io { path: path.to_owned(), source })?;
        let Some(taken) = self.seen.get(&canonical) else {
            self.seen.insert(canonical, path.to_owned());
            return Ok(true);
        };
        // Patterns may well overlap; that is nothing to tell.
        if taken != path {
            let (path, read) = (path.to_owned(), taken.clone());
            self.notes.push(Note::Same { path, read, is_folder });
        }
        Ok(false)
    }
}

fn metadata(path: &Path) -> Result<Metadata, LoadError> {
    fs::metadata(path).map_err(|source| LoadError::Io { path: path.to_owned(), source })
}

/// Whether a file is to be read as Parquet.
fn is_parquet(path: &Path, meta: &Metadata) -> Result<bool, LoadError> {
    if is_named_parquet(path) {
        return Ok(true);
    }
    let is_aside =
        path.extension().is_some_and(|e| ASIDE.iter().any(|a| e.eq_ignore_ascii_case(a)));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let size = meta.len();
    if is_aside || name.ends_with('~') || size < 12 {
        return Ok(false);
    }
    let ends = || -> io::Result<bool> {
        let (file, mut start, mut end) = (File::open(path)?, [0; 4], [0; 4]);
        file.read_exact_at(&mut start, 0)?;
        file.read_exact_at(&mut end, size - 4)?;
        Ok(start == MAGIC && end == MAGIC)
    };
    ends().map_err(|source| LoadError::Io { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use super::*;

    const PARQUET: &[u8] = b"PAR1, footer, PAR1";

    /// A folder with files, links (`a -> b`, relative) and folders (a name that ends in `/`).
    fn folder(entries: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for entry in entries {
            let (name, target) = entry.split_once(" -> ").unwrap_or((entry, ""));
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            if !target.is_empty() {
                symlink(target, &path).unwrap();
            } else if name.ends_with('/') {
                fs::create_dir_all(&path).unwrap();
            } else {
                let is_text = [".txt", ".csv", ".json"].iter().any(|ending| name.ends_with(ending));
                fs::write(&path, if is_text { b"some,text" } else { PARQUET }).unwrap();
            }
        }
        folder
    }

    /// The found files and the notes, without the folder.
    fn found(folder: &Path, paths: &[&str]) -> Result<(Vec<String>, Vec<String>), String> {
        let short = |text: &dyn fmt::Display| {
            text.to_string()
                .replace(&format!("{}/", folder.display()), "")
                .replace(&folder.display().to_string(), "FOLDER")
        };
        let paths: Vec<_> = paths
            .iter()
            .map(|path| folder.join(path).to_str().unwrap().trim_end_matches('/').to_owned())
            .collect();
        let (found, notes) = find(&paths, "inputs.orders.path").map_err(|error| short(&error))?;
        let found = found.iter().map(|found| short(&found.path.display())).collect();
        Ok((found, notes.iter().map(|note| short(note)).collect()))
    }

    #[test]
    fn folders_patterns_and_files_stand_for_parquet_files() {
        type Case<'a> = (&'a [&'a str], &'a [&'a str], &'a [&'a str], &'a [&'a str]);
        let cases: [Case; 9] = [
            // What there is, the paths, the files, the notes.
            (
                &["a.parquet", "b.parq", "c.PQ", "000000_0", "k=1/d"],
                &[""],
                &["000000_0", "a.parquet", "b.parq", "c.PQ", "k=1/d"],
                &[],
            ),
            (
                &["a.parquet", "_tmp/b.parquet", ".c.parquet", "_SUCCESS"],
                &[""],
                &["a.parquet"],
                &[],
            ),
            (
                &["a.parquet", "b.txt", "c/d.json"],
                &[""],
                &["a.parquet"],
                &["2 files in FOLDER are no Parquet files and were passed over, such as b.txt"],
            ),
            (
                &["a.parquet", "b.parquet.tmp", "c~"],
                &[""],
                &["a.parquet"],
                &[
                    "2 files in FOLDER are no Parquet files and were passed over, such as b.parquet.tmp",
                ],
            ),
            (
                &["in/a.parquet", "out/b/c.parquet", "in/b -> ../out/b"],
                &["in"],
                &["in/a.parquet", "in/b/c.parquet"],
                &[],
            ),
            (
                &["a/b.parquet", "a/up -> .."],
                &["a"],
                &["a/b.parquet"],
                &["a/up/a is the same folder as a and was read once"],
            ),
            (
                &["a.parquet", "b.parquet -> a.parquet"],
                &[""],
                &["a.parquet"],
                &["b.parquet is the same file as a.parquet and was read once"],
            ),
            (
                &["a/b.parquet", "a/c.parquet"],
                &["a/*.parquet", "a", "a/b.parquet"],
                &["a/b.parquet", "a/c.parquet"],
                &[],
            ),
            (
                &["x/1.parquet", "y -> x"],
                &["*/*.parquet"],
                &["x/1.parquet"],
                &["y/1.parquet is the same file as x/1.parquet and was read once"],
            ),
        ];
        for (there, paths, files, notes) in cases {
            let folder = folder(there);
            let (found, told) = found(folder.path(), paths).unwrap();
            assert_eq!(
                (&found[..], &told[..]),
                (
                    &files.iter().map(|f| (*f).to_owned()).collect::<Vec<_>>()[..],
                    &notes.iter().map(|f| (*f).to_owned()).collect::<Vec<_>>()[..]
                ),
                "{there:?}"
            );
        }
    }

    #[test]
    fn what_is_no_parquet_file_is_refused_with_what_to_do() {
        let cases: [(&[&str], &str, &str); 6] = [
            (
                &["a.csv"],
                "a.csv",
                "a.csv is a CSV file, not Parquet; convert it, for example with duckdb -c",
            ),
            (&["a.csv", "b.txt"], "", "a.csv is a CSV file"),
            (&["a/b.json"], "*", "b.json is a JSON file"),
            (&["a/b.txt"], "", "no Parquet file matches"),
            (&["a/"], "a", "no Parquet file matches"),
            (&["a -> nowhere"], "", "can't read a: No such file"),
        ];
        for (there, path, expected) in cases {
            let folder = folder(there);
            let error = found(folder.path(), &[path]).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn a_socket_is_passed_over_in_a_folder_and_refused_by_itself() {
        let folder = folder(&["a.parquet"]);
        let _socket = UnixListener::bind(folder.path().join("s.parquet")).unwrap();
        let (files, notes) = found(folder.path(), &[""]).unwrap();
        assert_eq!((files.len(), notes.len()), (1, 1), "{notes:?}");
        let error = found(folder.path(), &["s.parquet"]).unwrap_err();
        assert!(error.contains("s.parquet is a socket"), "{error}");
    }
}
