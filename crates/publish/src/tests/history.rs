use std::fs;
use std::path::Path;

use super::{begin, id, publish, tree};
use crate::{DiskError, Output, PublishError, PublishedRun, RunId};

fn output(runs: u32) -> (tempfile::TempDir, Output) {
    let root = tempfile::tempdir().unwrap();
    (1..=runs).for_each(|second| publish(root.path(), second));
    let output = Output::at(root.path());
    (root, output)
}

fn ids(seconds: &[u32]) -> Vec<RunId> {
    seconds.iter().copied().map(id).collect()
}

#[test]
fn runs_are_listed_newest_first() {
    let (root, output) = output(3);
    let runs = output.history().unwrap();
    let listed: Vec<_> = runs.iter().map(|run| (run.id.clone(), run.is_current)).collect();
    assert_eq!(listed, [(id(3), true), (id(2), false), (id(1), false)]);
    let folder = output.run_folder(&id(2));
    let size = |name: &str| folder.join(name).metadata().unwrap().len();
    assert_eq!(runs[1].bytes, size("example.parquet") + size("run.json"));
    assert_eq!(Output::at(root.path().join("missing")).history().unwrap(), []);
}

#[test]
fn old_runs_are_cleared() {
    // (runs, current, keep, removed, kept)
    let cases: [(u32, u32, usize, &[u32], usize); 6] = [
        (4, 4, 2, &[1, 2], 2),
        (4, 4, 9, &[], 4),
        (4, 1, 2, &[2], 3),
        (4, 3, 1, &[1, 2], 2),
        (4, 2, 0, &[1, 3, 4], 1),
        (1, 1, 1, &[], 1),
    ];
    for (runs, current, keep, removed, kept) in cases {
        let (root, output) = output(runs);
        output.make_current(&id(current)).unwrap();
        let before = tree(root.path());
        let look = output.clear(keep, true).unwrap();
        assert_eq!(tree(root.path()), before);
        let cleared = output.clear(keep, false).unwrap();
        assert_eq!(cleared, look);
        let gone: Vec<_> = cleared.runs.iter().map(|run| run.id.clone()).collect();
        assert_eq!((gone, cleared.kept), (ids(removed), kept), "{runs} {current} {keep}");
        assert_eq!(output.runs().unwrap().len(), kept);
        assert_eq!(output.current_id().unwrap(), Some(id(current)));
        assert!(!root.path().join(".staging").exists());
    }
}

#[test]
fn what_killed_runs_left_is_cleared() {
    let (root, output) = output(1);
    let stale = root.path().join(".staging/20261122T014400Z-0000");
    fs::create_dir_all(&stale).unwrap();
    fs::write(stale.join("example.parquet"), "PAR1").unwrap();
    assert_eq!(output.clear(1, true).unwrap().left_behind_bytes, 0);
    assert_eq!(output.clear(1, false).unwrap().left_behind_bytes, 4);
    assert_eq!(output.clear(1, false).unwrap().left_behind_bytes, 0);
    // A folder of somebody else's stays as it is.
    let other = tempfile::tempdir().unwrap();
    assert_eq!(Output::at(other.path()).clear(1, false).unwrap().kept, 0);
    assert_eq!(tree(other.path()), [""; 0]);
}

#[test]
fn nothing_changes_while_a_run_is_at_work() {
    let (root, output) = output(2);
    let staging = begin(root.path(), 3);
    for error in [output.clear(1, false).unwrap_err(), output.make_current(&id(1)).unwrap_err()] {
        assert!(matches!(error, PublishError::Disk(DiskError::Locked { .. })), "{error}");
    }
    assert_eq!(output.clear(1, true).unwrap().runs.len(), 1);
    drop(staging);
    assert_eq!(output.runs().unwrap(), ids(&[1, 2]));
}

#[test]
fn an_older_run_becomes_current() {
    let (root, output) = output(3);
    let before = tree(root.path());
    assert_eq!(output.make_current(&id(1)).unwrap(), Some(id(3)));
    assert_eq!(output.current_id().unwrap(), Some(id(1)));
    assert_eq!(output.make_current(&id(1)).unwrap(), Some(id(1)));
    assert_eq!(tree(root.path()), before);
    let error = output.make_current(&id(9)).unwrap_err();
    let expected = format!(
        "there is no run {} in {}; the runs there, newest first: {}, {}, {}",
        id(9),
        root.path().display(),
        id(3),
        id(2),
        id(1)
    );
    assert_eq!(error.to_string(), expected);
    assert_eq!(output.current_id().unwrap(), Some(id(1)));
    // The one that was current goes like any other; the new one is current.
    publish(root.path(), 4);
    assert_eq!(output.current_id().unwrap(), Some(id(4)));
    assert_eq!(output.runs().unwrap(), ids(&[1, 2, 3, 4]));
    // A run that cannot be read is not for readers.
    fs::remove_file(output.run_folder(&id(2)).join("run.json")).unwrap();
    assert!(output.make_current(&id(2)).is_err());
    assert_eq!(output.current_id().unwrap(), Some(id(4)));
}

#[test]
fn runs_go_by_many_names() {
    let (root, output) = output(3);
    output.make_current(&id(2)).unwrap();
    let root = root.path();
    // (path below the output's parent, the run that is meant)
    let cases = [
        ("", Ok(2)),
        ("/", Ok(2)),
        ("~0", Ok(2)),
        ("~1", Ok(1)),
        ("~01", Ok(1)),
        ("/current", Ok(2)),
        ("/current/", Ok(2)),
        ("/runs/20261122T014403Z-0000", Ok(3)),
        ("/runs/20261122T014403Z-0000/", Ok(3)),
        ("/20261122T014403Z-0000", Ok(3)),
        ("~2", Err("there is no run ~2 in ROOT; the runs there, newest first: ")),
        ("~x", Err("no published tables at ROOT~x; ")),
        ("~", Err("no published tables at ROOT~; ")),
        ("/20261122T014409Z-0000", Err("there is no run 20261122T014409Z-0000 in ROOT; ")),
        ("/runs/yesterday", Err("there is no run yesterday in ROOT; ")),
        ("/yesterday", Err("there is no run yesterday in ROOT; ")),
        ("/runs", Err("no published tables at ROOT/runs; ")),
        ("/a/b", Err("no published tables at ROOT/a/b; ")),
    ];
    for (path, expected) in cases {
        let opened = PublishedRun::open(format!("{}{path}", root.display()));
        match (opened, expected) {
            (Ok(run), Ok(second)) => {
                let (output, found) = run.place().unwrap();
                assert_eq!(
                    (found, output.root().canonicalize().unwrap()),
                    (id(second), root.canonicalize().unwrap()),
                    "{path}"
                );
                assert_eq!(run.record().unwrap().run_id, id(second), "{path}");
            }
            (Err(error), Err(expected)) => {
                let text = error.to_string().replace(root.to_str().unwrap(), "ROOT");
                assert!(text.starts_with(expected), "{path}: {text}");
            }
            (found, expected) => panic!("{path}: {found:?} is not {expected:?}"),
        }
    }
}

#[test]
fn a_run_that_was_moved_is_of_no_output() {
    let (root, output) = output(1);
    let moved = root.path().join("moved");
    fs::rename(output.run_folder(&id(1)), &moved).unwrap();
    let run = PublishedRun::open(&moved).unwrap();
    assert_eq!(run.record().unwrap().run_id, id(1));
    let error = run.place().unwrap_err();
    assert!(matches!(error, PublishError::NoOutput { .. }), "{error}");
    assert!(PublishedRun::open(Path::new("")).is_err());
}
