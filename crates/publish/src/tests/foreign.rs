//! What others put into folders of ours, or have in their place, stays there, byte for byte.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use kohort_cache::{CacheError, Segment, Share, State};
use kohort_disk::DiskError;

use super::{begin, example, id, meta, record, tree};
use crate::layout::delta::sync_at;
use crate::{Attempt, Layout, Output, PublishError, PublishedRun, RejectedRow};

/// A name and what is done in a folder.
type Operation<'a, E = PublishError> = (&'a str, &'a dyn Fn(&Path) -> Result<(), E>);

/// Copies a folder of ours.
fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for name in tree(from) {
        let (from, to) = (from.join(&name), to.join(&name));
        match fs::read_link(&from) {
            Ok(target) => std::os::unix::fs::symlink(target, to).unwrap(),
            Err(_) if from.is_dir() => fs::create_dir(to).unwrap(),
            Err(_) => drop(fs::copy(from, to).unwrap()),
        }
    }
}

/// What is said of a thing of somebody else's.
const NOTES: &str = "{\"version\": 1, \"notes\": \"not ours\"}\n";

/// Names and bytes of all files below a folder, and where links lead.
fn content(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let read = |name: String| {
        let path = root.join(&name);
        let bytes = match fs::read_link(&path) {
            Ok(target) => target.to_str().unwrap().as_bytes().to_vec(),
            Err(_) if path.is_dir() => Vec::new(),
            Err(_) => fs::read(&path).unwrap(),
        };
        (name, bytes)
    };
    tree(root).into_iter().map(read).collect()
}

/// How somebody else has a name.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// A text.
    Text,
    /// A whole Parquet file.
    Parquet,
    /// A link to the same name elsewhere.
    Link,
}

/// A folder of somebody else's, and another which is as ours.
struct Place {
    _folder: tempfile::TempDir,
    root: PathBuf,
    elsewhere: PathBuf,
}

impl Place {
    fn new(ours: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [root, elsewhere] = ["root", "elsewhere"].map(|name| folder.path().join(name));
        copy(ours, &root);
        copy(ours, &elsewhere);
        Self { _folder: folder, root, elsewhere }
    }

    /// Puts something there, in place of what has the name.
    fn put(&self, name: &str, kind: Kind) {
        let path = self.root.join(name);
        if path.is_dir() && !path.is_symlink() {
            fs::remove_dir_all(&path).unwrap();
        } else if path.symlink_metadata().is_ok() {
            fs::remove_file(&path).unwrap();
        }
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        match kind {
            Kind::Text => fs::write(&path, NOTES).unwrap(),
            Kind::Parquet => fs::write(&path, parquet()).unwrap(),
            Kind::Link => std::os::unix::fs::symlink(self.elsewhere.join(name), &path).unwrap(),
        }
    }

    /// What must stay of what was put there.
    fn of_others(&self, name: &str) -> (Option<Vec<u8>>, BTreeMap<String, Vec<u8>>) {
        let path = self.root.join(name);
        let own = match fs::read_link(&path) {
            Ok(target) => Some(target.to_str().unwrap().as_bytes().to_vec()),
            Err(_) => fs::read(&path).ok(),
        };
        (own, content(&self.elsewhere))
    }
}

/// A Parquet file of another program.
fn parquet() -> Vec<u8> {
    use arrow::array::{ArrayRef, Int32Array, RecordBatch};
    let column: ArrayRef = std::sync::Arc::new(Int32Array::from(vec![1]));
    let batch = RecordBatch::try_from_iter([("a", column)]).unwrap();
    let mut bytes = Vec::new();
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

/// Looks, for each thing and each operation, whether the thing stays. An operation may be refused, in
/// a sentence.
fn stays<E: Display>(
    make: &dyn Fn(&Path),
    things: &[(&str, Kind)],
    operations: &[Operation<'_, E>],
) {
    let ours = tempfile::tempdir().unwrap();
    make(ours.path());
    for (name, kind) in things {
        for (operation, operate) in operations {
            let place = Place::new(ours.path());
            place.put(name, *kind);
            let before = place.of_others(name);
            assert!(before.0.is_some(), "{name} {kind:?}");
            for _ in 0..2 {
                if let Err(error) = operate(&place.root) {
                    let text = error.to_string();
                    assert!(text.contains("; "), "{operation}, {name} {kind:?}: {text}");
                }
            }
            assert!(place.of_others(name) == before, "{operation}: {name} {kind:?}");
        }
    }
}

fn publish(root: &Path, second: u32, layout: Layout, keep: usize) -> Result<(), PublishError> {
    let staging = Output::at(root).begin(&id(second), None)?.in_layout(layout);
    let mut record = record(&id(second));
    record.tables.push(staging.write_table(&example(), &meta())?);
    let row = RejectedRow {
        file: "a".into(),
        row: None,
        column: "c".into(),
        reason: "r".into(),
        value: None,
    };
    staging.write_rejected("orders", &[row])?;
    let published = staging.commit(&record, keep)?;
    published.prune_error.map_or(Ok(()), Err)
}

fn hive() -> Layout {
    Layout::Hive { partition_by: "grain".to_owned() }
}

fn sync(root: &Path, keep: usize) -> Result<(), PublishError> {
    let now = "2026-11-22T02:00:00Z".parse().unwrap();
    sync_at(&Output::at(root), &PublishedRun::open(root)?, keep, now)
}

fn attempt(second: u32) -> Attempt {
    Attempt {
        run_id: id(second),
        pipeline: "/shop/pipeline.toml".into(),
        folder: "/shop".into(),
        arguments: vec!["run".to_owned()],
        started_at: "2026-11-22T01:44:51Z".parse().unwrap(),
        error: None,
    }
}

/// The second of the next run of an output.
fn next(root: &Path) -> u32 {
    let runs = Output::at(root).runs().unwrap_or_default();
    let newest = runs.iter().filter_map(|run| run.as_str()[13..15].parse::<u32>().ok()).max();
    newest.map_or(10, |second| second + 1)
}

#[test]
fn in_an_output() {
    use Kind::{Link, Parquet, Text};
    let make = |root: &Path| {
        (1..=3).for_each(|second| publish(root, second, hive(), 7).unwrap());
        let half = root.join(".staging/20240101T000000Z-0000/example/grain=month");
        fs::create_dir_all(&half).unwrap();
        fs::write(half.join("part-0.parquet"), "PAR1").unwrap();
    };
    let things = [
        ("notes.txt", Text),
        (".staging", Link),
        (".staging", Text),
        (".staging/notes.txt", Text),
        (".staging/current", Text),
        (".staging/20240101T000000Z-0000", Link),
        (".staging/20240101T000000Z-0000", Text),
        (".staging/20240101T000000Z-0000/notes.txt", Text),
        (".staging/20240101T000000Z-0000/run.json", Text),
        (".staging/20240101T000000Z-0000/notes.parquet", Text),
        (".staging/20240101T000000Z-0000/notes.parquet", Parquet),
        (".staging/20240101T000000Z-0000/example", Link),
        (".staging/20240101T000000Z-0000/example/grain=month/part-0.parquet", Link),
        (".staging/20240101T000000Z-0000/example/grain=month/notes.txt", Text),
        (".staging/20240101T000000Z-0000/lib/state.json", Text),
        (".staging/lib/state.json", Text),
        ("runs", Link),
        ("runs/notes.txt", Text),
        ("runs/lib/run.json", Text),
        ("runs/20240101T000000Z-0000", Link),
        ("runs/20240101T000000Z-0000", Text),
        ("runs/20240101T000000Z-0000/notes.txt", Text),
        ("runs/20240101T000000Z-0000/run.json", Text),
        ("runs/20240101T000000Z-0000/example.parquet", Parquet),
        ("runs/20261122T014401Z-0000", Link),
        ("runs/20261122T014401Z-0000/run.json", Link),
        ("runs/20261122T014401Z-0000/run.json", Text),
        ("runs/20261122T014401Z-0000/notes.txt", Text),
        ("runs/20261122T014401Z-0000/notes.parquet", Parquet),
        ("runs/20261122T014401Z-0000/rejected", Link),
        ("runs/20261122T014401Z-0000/rejected/notes.parquet", Text),
        ("runs/20261122T014401Z-0000/example", Link),
        ("runs/20261122T014401Z-0000/example/notes.txt", Text),
        ("runs/20261122T014401Z-0000/example/grain=month", Link),
        ("runs/20261122T014401Z-0000/example/grain=month/notes.txt", Text),
        ("runs/20261122T014401Z-0000/example/grain=month/part-1.parquet", Parquet),
        ("runs/20261122T014401Z-0000/lib/state.json", Text),
        ("current", Link),
        ("current", Text),
        (".attempt.json", Link),
        (".attempt.json", Text),
        (".attempt.json.new", Link),
        (".attempt.json.new", Text),
    ];
    let operations: [Operation<'_>; 6] = [
        ("a run that fails", &|root| {
            let staging = Output::at(root).begin(&id(next(root)), None)?.in_layout(hive());
            staging.write_table(&example(), &meta()).map(drop)
        }),
        ("a run", &|root| publish(root, next(root), hive(), 1)),
        ("gc", &|root| Output::at(root).clear(1, false).map(drop)),
        ("publish", &|root| Output::at(root).make_current(&id(2)).map(drop)),
        ("a note", &|root| attempt(1).write(&Output::at(root))),
        ("a note of a run that succeeds", &|root| {
            attempt(1).write(&Output::at(root))?;
            Attempt::fail(&Output::at(root), &id(1), "no")?;
            Attempt::forget(&Output::at(root), &id(1));
            Attempt::clear(&Output::at(root), &id(1))
        }),
    ];
    stays(&make, &things, &operations);
}

#[test]
fn ours_goes_from_around_it() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    (1..=3).for_each(|second| publish(root, second, hive(), 7).unwrap());
    let old = "runs/20261122T014401Z-0000";
    let half = ".staging/20240101T000000Z-0000";
    fs::create_dir_all(root.join(half)).unwrap();
    for (name, content) in [
        (format!("{old}/notes.txt"), NOTES),
        (format!("{half}/notes.txt"), NOTES),
        (format!("{half}/example.parquet"), "PAR1"),
        (format!("{half}/run.json"), "{\n  \"record_ve"),
    ] {
        fs::write(root.join(name), content).unwrap();
    }
    publish(root, 4, hive(), 2).unwrap();
    let mut expected = vec![
        ".lock".to_owned(),
        ".staging/".to_owned(),
        format!("{half}/"),
        format!("{half}/notes.txt"),
        "current".to_owned(),
        "runs/".to_owned(),
        format!("{old}/"),
        format!("{old}/notes.txt"),
    ];
    for run in [3, 4] {
        let files = [
            "",
            "example/",
            "example/grain=month/",
            "example/grain=month/part-0.parquet",
            "rejected/",
            "rejected/orders.parquet",
            "run.json",
        ];
        expected.extend(files.map(|file| format!("runs/{}/{file}", id(run))));
    }
    assert_eq!(tree(root), expected);
    assert_eq!(Output::at(root).runs().unwrap(), [id(3), id(4)]);
    // What killed runs left is counted without it.
    fs::write(root.join(half).join("example.parquet"), "PAR1").unwrap();
    assert_eq!(Output::at(root).clear(2, false).unwrap().left_behind_bytes, 4);
    assert_eq!(tree(root), expected);
}

#[test]
fn beside_delta_tables() {
    use Kind::{Link, Parquet, Text};
    let make = |root: &Path| {
        for second in 1..=3 {
            publish(root, second, Layout::Delta, 7).unwrap();
            sync(root, 7).unwrap();
        }
    };
    let things = [
        ("delta", Link),
        ("delta", Text),
        ("delta/notes.txt", Text),
        ("delta/example", Link),
        ("delta/example", Text),
        ("delta/example/notes.txt", Text),
        ("delta/example/.part.tmp", Text),
        ("delta/example/.part.tmp", Link),
        ("delta/example/part-20240101T000000Z-0000.parquet", Text),
        ("delta/example/part-20240101T000000Z-0000.parquet", Parquet),
        ("delta/example/part-20240101T000000Z-0000.parquet", Link),
        ("delta/example/_delta_log", Link),
        ("delta/example/_delta_log/notes.txt", Text),
        ("delta/example/_delta_log/.entry.tmp", Text),
        ("delta/example/_delta_log/.entry.tmp", Link),
        ("delta/lib/_delta_log/notes.json", Text),
    ];
    let operations: [Operation<'_>; 2] = [
        ("a run", &|root| {
            publish(root, next(root), Layout::Delta, 1)?;
            sync(root, 1)
        }),
        ("publish", &|root| {
            Output::at(root).make_current(&id(2))?;
            sync(root, usize::MAX)
        }),
    ];
    stays(&make, &things, &operations);
}

#[test]
fn a_delta_table_of_another_program() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    publish(root, 1, Layout::Delta, 7).unwrap();
    let log = root.join("delta/example/_delta_log");
    fs::create_dir_all(&log).unwrap();
    let entry = log.join("00000000000000000000.json");
    let lines = "{\"commitInfo\":{\"engineInfo\":\"other\"}}\n\
                 {\"add\":{\"path\":\"a.parquet\",\"size\":1,\"modificationTime\":1,\"dataChange\":true}}\n";
    fs::write(&entry, lines).unwrap();
    let error = sync(root, 7).unwrap_err();
    let expected = format!(
        "the Delta table with the log {} was made by another program; move the table's folder away \
         or choose another --output",
        log.display()
    );
    assert_eq!(error.to_string(), expected);
    assert_eq!(
        tree(&root.join("delta")),
        [
            ".lock",
            "example/",
            "example/_delta_log/",
            "example/_delta_log/00000000000000000000.json",
        ]
    );
    assert_eq!(fs::read_to_string(entry).unwrap(), lines);
}

/// What the folder of a form is called.
fn form(letter: char) -> String {
    letter.to_string().repeat(16)
}

/// A run that keeps something.
fn keep(root: &Path, form: &str, second: u32) -> Result<(), CacheError> {
    let (mut state, _) = State::open(root, form, &id(second), None)?;
    let segment: Segment = state.segment()?;
    let block = segment.append(&[7; 100])?;
    let key = format!("{second:02}");
    state.save(vec![Share { key, blocks: vec![block], ..Share::default() }], segment)
}

#[test]
fn in_a_state() {
    use Kind::{Link, Text};
    let make = |root: &Path| {
        ['a', 'b', 'c'].into_iter().zip(1..).for_each(|(letter, second)| {
            keep(root, &form(letter), second).unwrap();
        });
    };
    let [a, c, other] = [form('a'), form('c'), "0123456789abcdef".to_owned()];
    let block = "20240101T000000Z-0000.blocks";
    let things = [
        ("notes.txt".to_owned(), Text),
        ("lib/state.json".to_owned(), Text),
        (format!("{other}/state.json"), Text),
        (format!("{other}/notes.txt"), Text),
        (other, Text),
        (a.clone(), Link),
        (format!("{a}/state.json"), Text),
        (format!("{a}/state.json"), Link),
        (format!("{a}/notes.txt"), Text),
        (format!("{a}/notes.blocks"), Text),
        (format!("{a}/lib/{block}"), Text),
        (format!("{a}/{block}"), Link),
        (c.clone(), Link),
        (format!("{c}/state.json"), Text),
        (format!("{c}/state.json"), Link),
        (format!("{c}/state.json.new"), Text),
        (format!("{c}/state.json.new"), Link),
        (format!("{c}/notes.blocks"), Text),
        (format!("{c}/{block}"), Link),
        (format!("{c}/20261122T014409Z-0000.blocks"), Link),
        (format!("{c}/lib/{block}"), Text),
    ];
    let operations: [Operation<'_, CacheError>; 3] = [
        ("a look", &|root| State::open(root, &form('c'), &id(9), None).map(drop)),
        ("a run", &|root| keep(root, &form('c'), 9)),
        ("runs of other forms", &|root| {
            "def0123"
                .chars()
                .zip(20..)
                .try_for_each(|(letter, second)| keep(root, &form(letter), second))
        }),
    ];
    let things: Vec<_> = things.iter().map(|(name, kind)| (name.as_str(), *kind)).collect();
    stays(&make, &things, &operations);
}

#[test]
fn forms_of_other_kohorts_go() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let header = |version: &str| {
        format!("{{\"state_version\":{version},\"kohort_version\":\"9.9.9\",\"what\":\"is new\"}}")
    };
    for (letter, manifest, stays) in [
        ('1', header("1"), false),
        ('2', header("7"), false),
        ('3', header("\"x\""), true),
        ('4', NOTES.to_owned(), true),
    ] {
        let folder = root.join(form(letter));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("state.json"), manifest).unwrap();
        fs::write(folder.join("20240101T000000Z-0000-all-2.blocks"), "x").unwrap();
        for (letter, second) in "abcde".chars().zip(1..) {
            keep(root, &form(letter), second).unwrap();
        }
        assert_eq!(folder.exists(), stays, "{letter}");
    }
}

#[test]
fn folders_of_somebody_else_are_not_begun_in() {
    // What a folder holds, and what is found of it in the way of an output and of a state.
    type Case = (&'static [&'static str], &'static [&'static str], &'static [&'static str]);
    let cases: [Case; 14] = [
        (&[], &[], &[]),
        (&[".gitignore", ".DS_Store", ".git/config", "lost+found/"], &[], &[]),
        (&["notes.txt"], &["notes.txt"], &["notes.txt"]),
        (&["b/x", "a/state.json"], &["a", "b"], &["a", "b"]),
        (&["5", "4", "3", "2", "1"], &["1", "2", "3"], &["1", "2", "3"]),
        (&[".lock"], &[".lock"], &[".lock"]),
        (&["runs/notes/x"], &[], &["runs"]),
        (&["runs/20261122T014401Z-0000/run.json", "a"], &["a"], &["a", "runs"]),
        (&[".staging/x"], &[], &[]),
        (&["aaaaaaaaaaaaaaaa/state.json"], &["aaaaaaaaaaaaaaaa"], &["aaaaaaaaaaaaaaaa"]),
        (&["aaaaaaaaaaaaaaaa/"], &["aaaaaaaaaaaaaaaa"], &[]),
        (&["aaaaaaaaaaaaaaaa/20261122T014401Z-0000.blocks"], &["aaaaaaaaaaaaaaaa"], &[]),
        (&["aaaaaaaaaaaaaaaa/notes.blocks"], &["aaaaaaaaaaaaaaaa"], &["aaaaaaaaaaaaaaaa"]),
        (
            &["data/orders.parquet", "pipeline.toml"],
            &["data", "pipeline.toml"],
            &["data", "pipeline.toml"],
        ),
    ];
    for (holds, of_output, of_state) in cases {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for name in holds {
            let path = root.join(name);
            if name.ends_with('/') {
                fs::create_dir_all(&path).unwrap();
            } else {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(&path, NOTES).unwrap();
            }
        }
        let before = content(root);
        let by_output = |beside: &[PathBuf]| match Output::at(root).check(beside) {
            Ok(()) => Vec::new(),
            Err(PublishError::Disk(DiskError::Occupied { found, .. })) => found,
            Err(error) => panic!("{holds:?}: {error}"),
        };
        let by_state = |beside: &[PathBuf]| match State::check(root, beside) {
            Ok(()) => Vec::new(),
            Err(CacheError::Disk(DiskError::Occupied { found, .. })) => found,
            Err(error) => panic!("{holds:?}: {error}"),
        };
        assert_eq!(by_output(&[]), of_output, "{holds:?}");
        assert_eq!(by_state(&[]), of_state, "{holds:?}");
        let all: Vec<PathBuf> = holds.iter().map(|name| root.join(".").join(name)).collect();
        assert_eq!(by_output(&all), [""; 0], "{holds:?} beside");
        assert_eq!(by_state(&all), [""; 0], "{holds:?} beside");
        if !of_output.is_empty() {
            assert_eq!(Output::at(root).clear(1, false).unwrap(), crate::Cleared::default());
        }
        assert_eq!(content(root), before, "{holds:?}");
    }
}

#[test]
fn folders_of_ours_are_gone_on_in() {
    // Once something of ours is there, others may put there what they like.
    let folder = tempfile::tempdir().unwrap();
    let [output, failed, state] =
        ["output", "failed", "state"].map(|name| folder.path().join(name));
    publish(&output, 1, Layout::Files, 7).unwrap();
    drop(begin(&failed, 1));
    keep(&failed.join(".state"), &form('a'), 1).unwrap();
    keep(&state, &form('a'), 1).unwrap();
    for root in [&output, &failed, &state] {
        fs::write(root.join("notes.txt"), NOTES).unwrap();
    }
    Output::at(&output).check(&[]).unwrap();
    publish(&output, 2, Layout::Files, 7).unwrap();
    publish(&failed, 2, Layout::Files, 7).unwrap();
    State::check(&state, &[]).unwrap();
    keep(&state, &form('b'), 2).unwrap();
    let error = State::check(&output, &[]).unwrap_err().to_string();
    let expected = format!(
        "{0} is not kohort's to write to: it holds current, notes.txt and runs, and nothing that \
         kohort wrote; choose a new or an empty folder as [state] path, such as {0}/kohort",
        output.display()
    );
    assert_eq!(error, expected);
}
