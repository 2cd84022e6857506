use std::fs;

use kohort_store::Store;

use super::{begin, id, publish, tree};
use crate::{Attempt, Output, PublishError};

fn attempt(second: u32) -> Attempt {
    Attempt {
        run_id: id(second),
        pipeline: "/shop/pipeline.toml".into(),
        folder: "/shop".into(),
        arguments: ["run", "pipeline.toml", "--as-of", "2026-01-01"].map(str::to_owned).into(),
        started_at: "2026-11-22T01:44:51Z".parse().unwrap(),
        error: None,
    }
}

#[test]
fn attempts_are_noted_until_they_succeed() {
    let root = tempfile::tempdir().unwrap();
    for output in [Output::at(root.path()), Output::in_store(Store::in_memory(), "out")] {
        assert_eq!(Attempt::read(&output).unwrap(), None);
        attempt(1).write(&output).unwrap();
        assert_eq!(Attempt::read(&output).unwrap(), Some(attempt(1)));
        // A failure of another run is not this one's, nor is its success.
        Attempt::fail(&output, &id(2), "no").unwrap();
        Attempt::clear(&output, &id(2)).unwrap();
        assert_eq!(Attempt::read(&output).unwrap(), Some(attempt(1)));

        Attempt::fail(&output, &id(1), "cannot read https://user:hush@host/x").unwrap();
        let error = Attempt::read(&output).unwrap().unwrap().error.unwrap();
        assert!(error.starts_with("cannot read https://") && !error.contains("hush"), "{error}");
        attempt(3).write(&output).unwrap();
        assert_eq!(Attempt::read(&output).unwrap(), Some(attempt(3)));
        Attempt::clear(&output, &id(3)).unwrap();
        assert_eq!(Attempt::read(&output).unwrap(), None);
        // What was taken back stays so.
        Attempt::fail(&output, &id(3), "no").unwrap();
        assert_eq!(Attempt::read(&output).unwrap(), None);
    }
    assert_eq!(tree(root.path()), [""; 0]);
    assert_eq!(Attempt::read(&Output::at(root.path().join("missing"))).unwrap(), None);
}

#[test]
fn a_note_stays_beside_runs() {
    let root = tempfile::tempdir().unwrap();
    let output = Output::at(root.path());
    let staging = begin(root.path(), 1);
    attempt(1).write(&output).unwrap();
    drop(staging);
    assert_eq!(tree(root.path()), [".attempt.json", ".lock"]);
    publish(root.path(), 2);
    assert_eq!(Attempt::read(&output).unwrap(), Some(attempt(1)));
}

#[test]
fn damaged_notes_are_told() {
    let root = tempfile::tempdir().unwrap();
    let output = Output::at(root.path());
    fs::write(root.path().join(".attempt.json"), "{").unwrap();
    let error = Attempt::read(&output).unwrap_err();
    assert!(matches!(error, PublishError::Record { .. }), "{error}");
    attempt(1).write(&output).unwrap();
    assert_eq!(Attempt::read(&output).unwrap(), Some(attempt(1)));
}
