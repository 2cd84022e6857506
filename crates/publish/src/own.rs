//! Ownership of files in an output: which are of a run, and which of a run that did not come to its record.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use parquet::file::metadata::KeyValue;
use parquet::file::reader::{FileReader, SerializedFileReader};
use serde::Deserialize;

use crate::names::{PART, RECORD, is_link_target};
use crate::{KOHORT_VERSION, RunId};
pub(crate) use kohort_disk::own::{Own, begins_as, create, create_folder, is_file};

/// How a record of a run begins.
const RECORD_BEGIN: &[u8] = b"{\n  \"record_version\"";
/// How a Parquet file begins and ends.
const PARQUET: &[u8] = b"PAR1";
/// What the metadata of each table and of rejected rows have.
const VERSION: &str = "kohort.version";
/// The folder of rejected rows in that of a run.
const REJECTED: &str = "rejected/";

/// All that killed runs left, or one at work has staged, in `OUTPUT/.staging`; nothing where
/// that is missing. Of links only the one that is to become `current` is ours.
pub(crate) fn of_staging(folder: &Path) -> io::Result<Own> {
    Own::below(folder, &|name, path| match name.split_once('/') {
        Some((run, name)) => run.parse::<RunId>().is_ok() && is_of_run(name, path, None),
        None => name == "current" && fs::read_link(path).is_ok_and(|to| is_link_target(&to)),
    })
}

/// The files of a run, of which `names` are known.
pub(crate) fn of_run(folder: &Path, names: &Names) -> io::Result<Own> {
    let own = Own::below(folder, &|name, path| is_of_run(name, path, Some(names)))?;
    // Without it what is left is no run any more.
    Ok(own.first(&folder.join(RECORD)))
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
        [table, value, PART] => {
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

/// Makes the file of a table.
pub(crate) fn create_table(path: &Path) -> io::Result<File> {
    create(path, PARQUET)
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
}
