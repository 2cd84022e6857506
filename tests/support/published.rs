//! An output as readers find it, whole.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::parquet::read;
use crate::support::shell::Folder;

/// A run as readers find it: its folder, and the bytes of each of its files.
#[derive(Clone, PartialEq, Eq)]
pub struct Published {
    pub folder: PathBuf,
    files: BTreeMap<PathBuf, Vec<u8>>,
}

/// The current run, which must be whole.
#[track_caller]
pub fn published(folder: &Folder) -> Published {
    let current = folder.current().expect("a current run");
    for (name, rows, _) in folder.digests() {
        let table = read(&current.join(format!("{name}.parquet")));
        assert_eq!(table.num_rows() as u64, rows, "{name}");
    }
    let files = files(&current).map(|path| (path.clone(), fs::read(path).unwrap())).collect();
    Published { folder: current, files }
}

/// The files in and below a folder.
pub fn files(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let mut paths: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let mut at = 0;
    while at < paths.len() {
        if paths[at].is_dir() {
            paths.extend(fs::read_dir(&paths[at]).unwrap().map(|entry| entry.unwrap().path()));
        }
        at += 1;
    }
    paths.into_iter().filter(|path| path.is_file())
}

/// Asserts that the output holds whole runs, what is kept for the next one, and nothing else but
/// the note of a run that failed.
#[track_caller]
pub fn assert_tidy(folder: &Folder) {
    assert_eq!(names_beside_state(folder), [".lock", "current", "runs"]);
    for run in folder.names("out/runs") {
        assert!(folder.path(&format!("out/runs/{run}/run.json")).exists(), "{run} is half a run");
    }
}

/// What the output holds beside what is kept for the next run, of which nothing is half there, and
/// the note of a run that failed.
#[track_caller]
pub fn names_beside_state(folder: &Folder) -> Vec<String> {
    for form in folder.names("out/.state").iter().filter(|name| *name != ".lock") {
        let form = format!("out/.state/{form}");
        let manifest = folder.path(&form).join("state.json");
        let manifest = fs::read_to_string(manifest).unwrap_or_default();
        for name in folder.names(&form).iter().filter(|name| *name != "state.json") {
            assert!(manifest.contains(&format!("\"{name}\"")), "{form}/{name} is of no use");
        }
    }
    let mut names = folder.names("out");
    names.retain(|name| ![".state", ".attempt.json"].contains(&name.as_str()));
    names
}
