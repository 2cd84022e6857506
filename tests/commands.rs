//! Commands as a user types them, and all that they say: `cases/commands/<name>.txt`.
//!
//! A line that starts with `$` is a line of shell, which goes on where the next one starts with `>`.
//! Below it stand its stdout as it is, its stderr with `!` in front of each line, and in brackets its
//! exit code where that is not 0. Each file starts in a fresh folder that holds what
//! `cases/commands/shop/` does, its tables as Parquet. What differs from run to run is masked.

use std::fmt::Write as _;
use std::fs;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StructArray};
use arrow::datatypes::{DataType, Field};

use crate::support::expected::{assert_file, cases};
use crate::support::mask::masked;
use crate::support::parquet::{batch, write};
use crate::support::shell::{Done, Folder};
use crate::tables::set_up;

each_case! {
    alerts
    calc
    checks
    data_checks
    diff
    empty
    gc
    help
    input_columns
    input_files
    no_history
    output
    pipeline_file
    publish
    retry
    run
    runs
    sample
    schema
    settings
    show
    subscriptions
    usage
    values
}

#[test]
fn every_transcript_has_a_test() {
    let files = fs::read_dir(cases().join("commands")).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = files
        .filter(|path| path.is_file())
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    found.sort();
    assert_eq!(found, NAMES);
}

fn check(name: &str) {
    let file = cases().join("commands").join(name).with_extension("txt");
    let folder = set_up(&cases().join("commands/shop"));
    write_nested(&folder);
    let mut found = String::new();
    for line in fs::read_to_string(&file).unwrap().lines() {
        if line.starts_with('#') {
            found.push_str(line);
            found.push('\n');
        } else if let Some(command) = line.strip_prefix("$ ") {
            let done = folder.shell(command);
            let _ = writeln!(found, "$ {command}\n{}", transcript(&done, &folder));
        }
    }
    found.truncate(found.trim_end().len());
    found.push('\n');
    assert_file(&file, &found);
}

/// `nested.parquet`, whose column `address` no text table can hold.
fn write_nested(folder: &Folder) {
    let number = Arc::new(Field::new("number", DataType::Int64, true));
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let customers = Arc::clone(&numbers);
    let address: ArrayRef = Arc::new(StructArray::from(vec![(number, numbers)]));
    let rows = batch([("customer", customers), ("address", address)]);
    write(&folder.path("nested.parquet"), &rows);
}

fn transcript(done: &Done, folder: &Folder) -> String {
    let mut text = String::new();
    for line in masked(&done.stdout, folder).lines() {
        let _ = writeln!(text, "{}", line.trim_end());
    }
    for line in masked(&done.stderr, folder).lines() {
        let _ = writeln!(text, "{}", format!("! {line}").trim_end());
    }
    match (done.code, done.signal) {
        (Some(0), _) => {}
        (Some(code), _) => {
            let _ = writeln!(text, "[{code}]");
        }
        (None, signal) => {
            let _ = writeln!(text, "[signal {signal:?}]");
        }
    }
    text
}
