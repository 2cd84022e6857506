use std::fs;
use std::path::Path;
use std::sync::{Barrier, mpsc};
use std::thread;

use kohort_model::Spill;

use super::{begin, example, id, meta, publish, record, tree};
use crate::{DiskError, Output, PublishError, RunRecord};

/// Makes a commit fail, given the output folder.
type Break = fn(&Path);

fn is_current(root: &Path, second: u32) -> bool {
    fs::read_link(root.join("current")).unwrap() == Path::new("runs").join(id(second).as_str())
}

#[test]
fn a_commit_swaps() {
    let root = tempfile::tempdir().unwrap();
    let output = Output::at(root.path().join("new/output"));
    assert_eq!(output.current().unwrap(), None);
    assert_eq!(output.runs().unwrap(), []);
    for second in [3, 4] {
        publish(output.root(), second);
        assert!(is_current(output.root(), second));
        assert_eq!(output.current().unwrap(), Some(output.run_folder(&id(second))));
    }
    assert_eq!(output.runs().unwrap(), [id(3), id(4)]);
    let expected = [
        ".lock",
        "current",
        "runs/",
        "runs/20261122T014403Z-0000/",
        "runs/20261122T014403Z-0000/example.parquet",
        "runs/20261122T014403Z-0000/run.json",
        "runs/20261122T014404Z-0000/",
        "runs/20261122T014404Z-0000/example.parquet",
        "runs/20261122T014404Z-0000/run.json",
    ];
    assert_eq!(tree(output.root()), expected);
}

#[test]
fn one_run_at_a_time() {
    let root = tempfile::tempdir().unwrap();
    let staging = begin(root.path(), 1);
    let error = Output::at(root.path()).begin(&id(2), None).unwrap_err();
    let text = error.to_string();
    let process = format!("(process {} on ", std::process::id());
    for part in [root.path().to_str().unwrap(), id(1).as_str(), &process, ", started 20"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(matches!(error, PublishError::Disk(DiskError::Locked { .. })));
    drop(staging);
    assert_eq!(fs::read_to_string(root.path().join(".lock")).unwrap(), "");
    begin(root.path(), 2);
}

#[test]
fn a_run_waits_until_another_ends() {
    let root = tempfile::tempdir().unwrap();
    let first = begin(root.path(), 1);
    let (told, hears) = mpsc::channel();
    let waiter = thread::spawn({
        let output = Output::at(root.path());
        move || {
            let tell = |text: &str| told.send(text.to_owned()).unwrap();
            let staging = output.begin(&id(2), Some(&tell)).unwrap();
            assert!(staging.folder().is_dir());
        }
    });
    let text = hears.recv().unwrap();
    for part in [root.path().to_str().unwrap(), id(1).as_str(), "; waiting until it ends"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!waiter.is_finished());
    first.commit(&record(&id(1)), 7).unwrap();
    waiter.join().unwrap();
    assert_eq!(hears.iter().count(), 0, "it is told once, then each minute");
    assert!(is_current(root.path(), 1));
}

#[test]
fn a_drop_leaves_nothing() {
    let root = tempfile::tempdir().unwrap();
    let staging = begin(root.path(), 1);
    staging.write_table(&example(), &meta()).unwrap();
    staging.write_rejected("orders", &[]).unwrap();
    let _spill = staging.spill().unwrap();
    drop(staging);
    assert_eq!(tree(root.path()), [".lock"]);
}

#[test]
fn what_killed_runs_left_is_removed() {
    let root = tempfile::tempdir().unwrap();
    publish(root.path(), 1);
    let before = tree(root.path());
    let stale = root.path().join(".staging").join(id(0).as_str());
    fs::create_dir_all(&stale).unwrap();
    fs::write(stale.join("example.parquet"), "PAR1half").unwrap();
    fs::write(root.path().join(".lock"), "run of long ago").unwrap();
    drop(begin(root.path(), 2));
    assert_eq!(tree(root.path()), before);
    assert!(is_current(root.path(), 1));
}

#[test]
fn the_last_runs_stay() {
    let root = tempfile::tempdir().unwrap();
    let output = Output::at(root.path());
    // A folder of somebody else's, and more seconds than runs are kept.
    fs::create_dir_all(root.path().join("runs/notes")).unwrap();
    (1..=9).for_each(|second| publish(root.path(), second));
    assert_eq!(output.runs().unwrap(), (3..=9).map(id).collect::<Vec<_>>());
    assert!(root.path().join("runs/notes").is_dir());

    // (seconds of the run, runs to keep, runs that stay)
    let cases = [
        (10, 3, vec![8, 9, 10]),
        // The clock was set back: what was just published stays.
        (0, 2, vec![0, 10]),
        (11, 1, vec![11]),
        (12, 0, vec![12]),
        (13, usize::MAX, vec![12, 13]),
    ];
    for (second, keep, stay) in cases {
        let published = begin(root.path(), second).commit(&record(&id(second)), keep).unwrap();
        assert!(published.prune_error.is_none());
        assert_eq!(output.runs().unwrap(), stay.into_iter().map(id).collect::<Vec<_>>());
        assert!(is_current(root.path(), second));
    }
}

#[test]
fn an_old_run_that_stays_is_told() {
    let root = tempfile::tempdir().unwrap();
    publish(root.path(), 1);
    let staging = begin(root.path(), 2);
    // A file where the old run is to be moved out of sight.
    fs::write(root.path().join(".staging").join(id(1).as_str()), "").unwrap();
    let published = staging.commit(&record(&id(2)), 1).unwrap();
    let error = published.prune_error.unwrap();
    assert!(error.to_string().contains(id(1).as_str()), "{error}");
    assert!(is_current(root.path(), 2));
}

#[test]
fn a_failed_commit_leaves_current_as_it_was() {
    let cases: [(&str, Break); 5] = [
        ("a run of this id", |root| {
            fs::create_dir_all(root.join("runs").join(id(2).as_str()).join("x")).unwrap();
        }),
        ("a file for the run's folder", |root| {
            fs::write(root.join("runs").join(id(2).as_str()), "").unwrap();
        }),
        ("a file for the folder of runs", |root| {
            fs::rename(root.join("runs"), root.join("aside")).unwrap();
            fs::write(root.join("runs"), "").unwrap();
        }),
        ("a folder for run.json", |root| {
            fs::create_dir(root.join(".staging").join(id(2).as_str()).join("run.json")).unwrap();
        }),
        ("a folder for the new link", |root| {
            fs::create_dir(root.join(".staging/current")).unwrap();
        }),
    ];
    for (case, break_it) in cases {
        let root = tempfile::tempdir().unwrap();
        publish(root.path(), 1);
        let staging = begin(root.path(), 2);
        staging.write_table(&example(), &meta()).unwrap();
        break_it(root.path());
        let broken = tree(root.path());
        let error = staging.commit(&record(&id(2)), 7).unwrap_err();
        assert!(matches!(error, PublishError::Disk(DiskError::Write { .. })), "{case}: {error}");
        assert!(is_current(root.path(), 1), "{case}");
        let new = tree(root.path()).into_iter().find(|path| !broken.contains(path));
        assert_eq!(new, None, "{case}");
        assert!(!root.path().join("current/../../.staging").join(id(2).as_str()).exists());
    }
}

#[test]
fn a_first_commit_that_fails_leaves_no_current() {
    let root = tempfile::tempdir().unwrap();
    let staging = begin(root.path(), 1);
    // Nothing can be renamed over a folder.
    fs::create_dir(root.path().join("current")).unwrap();
    let error = staging.commit(&record(&id(1)), 7).unwrap_err();
    assert!(matches!(error, PublishError::Disk(DiskError::Write { .. })), "{error}");
    assert_eq!(tree(root.path()), [".lock", "current/"]);
}

#[test]
fn outputs_that_cannot_work_are_refused_at_once() {
    let cases: [(&str, Break, &str); 5] = [
        (
            "current",
            |root| fs::create_dir(root.join("current")).unwrap(),
            "/current is not a link to a run; move it away or choose another --output",
        ),
        (
            "run",
            |root| fs::create_dir_all(root.join("runs").join(id(1).as_str())).unwrap(),
            "/runs/20261122T014401Z-0000 already; start the run again",
        ),
        (
            "runs",
            |root| fs::write(root.join("runs"), "").unwrap(),
            "/runs: File exists (os error 17); move what is in the way or choose another --output",
        ),
        (
            "staging",
            |root| fs::write(root.join(".staging"), "").unwrap(),
            "/.staging: Not a directory (os error 20); \
             move what is in the way or choose another --output",
        ),
        (
            "lock",
            |root| fs::create_dir(root.join(".lock")).unwrap(),
            "/.lock: Is a directory (os error 21); \
             move what is in the way or choose another --output",
        ),
    ];
    for (case, break_it, expected) in cases {
        let root = tempfile::tempdir().unwrap();
        break_it(root.path());
        let text = Output::at(root.path()).begin(&id(1), None).unwrap_err().to_string();
        assert!(text.ends_with(expected), "{case}: {text}");
        // The lock is free again.
        let again = Output::at(root.path()).begin(&id(1), None).unwrap_err();
        assert_eq!(again.to_string(), text, "{case}");
    }
}

#[test]
fn records_come_back() {
    let record = record(&id(5));
    let json = String::from_utf8(record.to_json()).unwrap();
    assert_eq!(serde_json::from_str::<RunRecord>(&json).unwrap(), record);
    let parts = [
        "\"record_version\": 1",
        "\"run_id\": \"20261122T014405Z-0000\"",
        "\"started_at\": \"2026-11-22T01:44:51.250Z\"",
        "\"as_of\": \"2024-10-04\"",
        "\"memory_limit_bytes\": null",
    ];
    for part in parts {
        assert!(json.contains(part), "{part} in {json}");
    }
    // What older records do not have.
    let mut older: serde_json::Value = serde_json::from_str(&json).unwrap();
    older.as_object_mut().unwrap().remove("basis").unwrap();
    for count in ["contacts", "surveys", "subscriptions"] {
        older["events"].as_object_mut().unwrap().remove(count).unwrap();
    }
    let expected = RunRecord { basis: "orders".to_owned(), ..record };
    assert_eq!(serde_json::from_value::<RunRecord>(older).unwrap(), expected);
    let bad = [("2024-10-04", "2024-10-34"), ("T01:44:51.25", "T01:44"), ("week", "fortnight")];
    for (good, bad) in bad {
        assert!(serde_json::from_str::<RunRecord>(&json.replace(good, bad)).is_err(), "{bad}");
    }
}

#[test]
fn threads_share_a_spill_file() {
    const THREADS: u8 = 8;
    let root = tempfile::tempdir().unwrap();
    let staging = begin(root.path(), 1);
    let spill = staging.spill().unwrap();
    assert_eq!(fs::read_dir(staging.folder()).unwrap().count(), 0);
    // It outlives the folder that it has no name in.
    drop(staging);
    let start = Barrier::new(THREADS.into());
    let work = |thread: u8| {
        start.wait();
        let pieces: Vec<_> = (1..200_usize).map(|n| vec![thread; n * 37]).collect();
        let offsets: Vec<_> = pieces.iter().map(|piece| spill.append(piece).unwrap()).collect();
        for (piece, offset) in pieces.iter().zip(offsets).rev() {
            let mut back = vec![0; piece.len()];
            spill.read(offset, &mut back).unwrap();
            assert!(back == *piece);
        }
    };
    thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || work(thread));
        }
    });
    let bytes = u64::from(THREADS) * (1..200).map(|n| n * 37).sum::<u64>();
    assert_eq!(spill.bytes(), bytes);
    assert_eq!(spill.append(b"").unwrap(), bytes);
    assert!(spill.read(bytes - 1, &mut [0; 2]).is_err(), "beyond the end");
}
