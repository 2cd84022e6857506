//! The cache from its outside: what is kept comes back, and no more than that stays.

mod hostile;

use std::fs;
use std::path::Path;

use kohort_disk::{DiskError, RunId};

use crate::{BlockRef, CacheError, Share, State, Unusable};

#[global_allocator]
static ALLOCATOR: kohort_testkit::hostile::Watched = kohort_testkit::hostile::Watched;

/// What a folder of a form is called.
const FORM: &str = "00000000000000f0";

fn id(n: u32) -> RunId {
    format!("20261122T0144{n:02}Z-0000").parse().unwrap()
}

fn open(root: &Path, form: &str, n: u32) -> State {
    let (state, unusable) = State::open(root, form, &id(n), None).unwrap();
    assert_eq!(unusable, None);
    state
}

/// A run that keeps one more share, of some bytes.
fn keep(root: &Path, n: u32, bytes: usize) {
    let mut state = open(root, FORM, n);
    let segment = state.segment().unwrap();
    let block = segment.append(&content(n, bytes)).unwrap();
    let share = Share { key: format!("{n:02}"), blocks: vec![block], ..Share::default() };
    let shares = state.shares().cloned().chain([share]).collect();
    state.save(shares, segment).unwrap();
}

fn content(n: u32, bytes: usize) -> Vec<u8> {
    vec![u8::try_from(n).unwrap(); bytes]
}

/// The names of files in the folder of a form.
fn names(root: &Path, ending: &str) -> Vec<String> {
    let entries = fs::read_dir(root.join(FORM)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name.ends_with(ending)).collect();
    names.sort();
    names
}

#[test]
fn what_is_kept_comes_back() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    keep(root, 1, 10_000);
    keep(root, 2, 30);
    let state = open(root, FORM, 3);
    let found: Vec<_> = state.shares().map(|s| (s.key.clone(), state.read(&s.blocks[0]))).collect();
    let expected =
        [(1, 10_000), (2, 30)].map(|(n, bytes)| (format!("{n:02}"), Some(content(n, bytes))));
    assert_eq!(found, expected);
    assert_eq!(state.bytes(), 10_030);
    assert!(state.share("03").is_none());
    assert_eq!(State::look(root, FORM).len(), 2);
    assert_eq!(State::look(root, "0123456789abcdef"), []);
}

#[test]
fn small_files_are_put_together() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    keep(root, 1, 10_000);
    for n in 2..40 {
        keep(root, n, 30);
        assert!(names(root, ".blocks").len() <= 8, "{:?}", names(root, ".blocks"));
    }
    let state = open(root, FORM, 40);
    for share in state.shares() {
        let n: u32 = share.key.parse().unwrap();
        let bytes = if n == 1 { 10_000 } else { 30 };
        assert_eq!(state.read(&share.blocks[0]), Some(content(n, bytes)), "{n}");
    }
    // The large one was never written again.
    assert_eq!(state.share("01").unwrap().blocks[0].file, format!("{}.blocks", id(1)));
}

#[test]
fn what_nobody_needs_goes() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    keep(root, 1, 100);
    keep(root, 2, 1000);
    let mut state = open(root, FORM, 3);
    let kept = vec![state.share("01").unwrap().clone()];
    let segment = state.segment().unwrap();
    state.save(kept, segment).unwrap();
    assert_eq!(state.bytes(), 100);
    drop(state);
    // What a killed run has left, and no manifest names.
    fs::write(root.join(FORM).join("20261122T014404Z-0000.blocks"), "x").unwrap();
    let state = open(root, FORM, 5);
    assert_eq!((names(root, ".blocks").len(), state.bytes()), (1, 100));
    // Of other forms those that were used last stay.
    drop(state);
    for form in ["a", "b", "c", "d"] {
        let mut state = open(root, &form.repeat(16), 6);
        let segment = state.segment().unwrap();
        state.save(vec![Share::default()], segment).unwrap();
    }
    let forms = fs::read_dir(root).unwrap().filter(|e| e.as_ref().unwrap().path().is_dir());
    assert_eq!(forms.count(), 3);
    assert_eq!(State::look(root, FORM), []);
}

#[test]
fn what_is_not_what_was_kept_is_told() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    keep(root, 1, 100);
    let state = open(root, FORM, 2);
    let block = state.share("01").unwrap().blocks[0].clone();
    let wrong = [
        BlockRef { digest: "00".to_owned(), ..block.clone() },
        BlockRef { offset: 1, ..block.clone() },
        BlockRef { bytes: 101, ..block.clone() },
        BlockRef { bytes: u64::MAX, ..block.clone() },
        BlockRef { file: "another.blocks".to_owned(), ..block },
    ];
    for block in wrong {
        assert_eq!(state.read(&block), None, "{block:?}");
    }
    drop(state);
    let manifest = root.join(FORM).join("state.json");
    let json = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, json.replace("\"01\"", "\"02\"")).unwrap();
    let (state, unusable) = State::open(root, FORM, &id(3), None).unwrap();
    assert!(matches!(unusable, Some(Unusable::Damaged(_))), "{unusable:?}");
    assert_eq!(state.shares().count(), 0);
    // Nor what another version kept, whatever it called the form.
    drop(state);
    fs::write(&manifest, json.replace("\"state_version\":", "\"state_version\":1")).unwrap();
    for form in [FORM, "00000000000000f1"] {
        let (_, unusable) = State::open(root, form, &id(3), None).unwrap();
        assert!(matches!(unusable, Some(Unusable::Version(_))), "{form}: {unusable:?}");
    }
    let (_held, _) = State::open(root, FORM, &id(3), None).unwrap();
    // Another run cannot use it meanwhile.
    let error = State::open(root, FORM, &id(4), None).unwrap_err();
    assert!(matches!(error, CacheError::Disk(DiskError::Locked { .. })), "{error}");
}
