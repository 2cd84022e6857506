use std::path::Path;

use arrow::array::RecordBatch;
use chrono::{TimeDelta, Utc};
use kohort_store::Store;

use super::{example, id, meta, record, tree};
use crate::find::find;
use crate::remote::Remote;
use crate::{Output, PublishError, PublishedRun};

fn publish(output: &Output, second: u32, keep: usize) {
    let staging = output.begin(&id(second), None).unwrap();
    let mut record = record(&id(second));
    record.tables.push(staging.write_table(&example(), &meta()).unwrap());
    staging.write_rejected("orders", &[]).unwrap();
    let folder = staging.folder().to_owned();
    let published = staging.commit(&record, keep).unwrap();
    assert!(published.prune_error.is_none());
    assert_eq!(published.folder, output.run_folder(&id(second)));
    assert!(!folder.parent().unwrap().exists(), "what was staged is gone");
}

fn keys(store: &Store) -> Vec<String> {
    store.list("").unwrap().into_iter().map(|object| object.key).collect()
}

fn files(second: u32) -> [String; 3] {
    let file = |name| format!("a/out/runs/{}/{name}", id(second));
    ["example.parquet", "rejected/orders.parquet", "run.json"].map(file)
}

#[test]
fn a_commit_ends_with_the_pointer() {
    let store = Store::in_memory();
    let output = Output::in_store(store.clone(), "a/out/");
    assert_eq!(output.root().to_str(), Some("memory:///a/out"));
    assert_eq!((output.current().unwrap(), output.runs().unwrap()), (None, vec![]));
    publish(&output, 1, 7);
    let mut expected = vec!["a/out/current.json".to_owned()];
    expected.extend(files(1));
    assert_eq!(keys(&store), expected);
    let pointer = store.get("a/out/current.json").unwrap().unwrap().0;
    let expected = "{\n  \"record_version\": 1,\n  \"run_id\": \"20261122T014401Z-0000\",\n  \
                    \"write\": 1,\n  \"earlier\": [],\n  \"removed\": []\n}\n";
    assert_eq!(String::from_utf8(pointer.into()).unwrap(), expected);
    publish(&output, 2, 7);
    assert_eq!(output.current_id().unwrap(), Some(id(2)));
    assert_eq!(output.runs().unwrap(), [id(1), id(2)]);
}

#[test]
fn tables_are_read_back() {
    let output = Output::in_store(Store::in_memory(), "");
    publish(&output, 1, 7);
    let run = output.run(&id(1)).unwrap();
    publish(&output, 2, 7);
    assert_eq!(run.folder().to_str(), Some("memory:///runs/20261122T014401Z-0000"));
    assert_eq!(run.tables().unwrap(), ["example"]);
    assert_eq!(run.record().unwrap().run_id, id(1));
    let table = run.table("example").unwrap();
    let file = table.path().to_owned();
    drop(run);
    assert_eq!(table.rows(), 4);
    for _ in 0..2 {
        let batches: Vec<_> = table.batches().unwrap().map(Result::unwrap).collect();
        assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 4);
    }
    drop(table);
    assert!(!file.exists(), "what was fetched is gone");
    let error = output.run(&id(1)).unwrap().table("exmaple").unwrap_err();
    let expected = "no table exmaple in memory:///runs/20261122T014401Z-0000; the tables there: \
                    example";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn runs_go_by_many_names() {
    let store = Store::in_memory();
    let at = |place: &Path| {
        let key = place.to_str().unwrap().strip_prefix("memory:///").unwrap();
        Output::in_store(store.clone(), key)
    };
    let output = Output::in_store(store.clone(), "a/out");
    (1..=3).for_each(|second| publish(&output, second, 7));
    // (what follows the output, the run that is meant)
    let cases = [
        ("", Ok(3)),
        ("/", Ok(3)),
        ("~2", Ok(1)),
        ("/runs/20261122T014402Z-0000", Ok(2)),
        ("/20261122T014402Z-0000", Ok(2)),
        ("~3", Err("there is no run ~3 in memory:///a/out; the runs there, newest first: ")),
        ("/20261122T014409Z-0000", Err("there is no run 20261122T014409Z-0000 in memory:///a/")),
        ("/yesterday", Err("there is no run yesterday in memory:///a/out; ")),
        ("/a/b", Err("no published tables at memory:///a/out/a/b; ")),
    ];
    for (name, expected) in cases {
        let found = find(Path::new(&format!("memory:///a/out{name}")), &at);
        match (found.and_then(PublishedRun::found), expected) {
            (Ok(run), Ok(second)) => {
                let (of, found) = run.place().unwrap();
                assert_eq!((of.root().to_str(), found), (Some("memory:///a/out"), id(second)));
                assert_eq!(run.record().unwrap().run_id, id(second), "{name}");
            }
            (Err(error), Err(expected)) => {
                assert!(error.to_string().starts_with(expected), "{name}: {error}");
            }
            (found, expected) => panic!("{name}: {found:?} is not {expected:?}"),
        }
    }
}

#[test]
fn of_two_runs_at_once_one_is_published() {
    let store = Store::in_memory();
    let output = Output::in_store(store.clone(), "a/out");
    // With nothing there, and with a run to replace.
    for second in [1, 3] {
        let slow = output.begin(&id(second + 1), None).unwrap();
        slow.write_table(&example(), &meta()).unwrap();
        publish(&output, second, 7);
        let before = keys(&store);
        let error = slow.commit(&record(&id(second + 1)), 7).unwrap_err();
        let expected = format!(
            "another run was published at memory:///a/out in the meantime, {}, so this one is not; \
             look at that one, then run again if it is still needed",
            id(second)
        );
        assert_eq!(error.to_string(), expected);
        assert_eq!(keys(&store), before, "nothing of it is left");
        assert_eq!(output.current_id().unwrap(), Some(id(second)));
    }
    let error = output.begin(&id(3), None).unwrap_err();
    assert!(matches!(error, PublishError::RunExists { .. }), "{error}");
}

#[test]
fn old_runs_go() {
    let store = Store::in_memory();
    let output = Output::in_store(store.clone(), "a/out");
    (1..=4).for_each(|second| publish(&output, second, 2));
    assert_eq!(output.runs().unwrap(), [id(3), id(4)]);
    (5..=7).for_each(|second| publish(&output, second, 9));
    assert_eq!(output.make_current(&id(4)).unwrap(), Some(id(7)));
    assert_eq!(output.make_current(&id(4)).unwrap(), Some(id(4)));
    let before = keys(&store);
    let look = output.clear(2, true).unwrap();
    assert_eq!(keys(&store), before);
    let cleared = output.clear(2, false).unwrap();
    assert_eq!(look, cleared);
    let removed: Vec<_> = cleared.runs.iter().map(|run| run.id.clone()).collect();
    assert_eq!((removed, cleared.kept), (vec![id(3), id(5)], 3));
    assert_eq!(output.runs().unwrap(), [id(4), id(6), id(7)]);
    let history = output.history().unwrap();
    assert_eq!(history.iter().map(|run| run.is_current).collect::<Vec<_>>(), [false, false, true]);
    assert!(history.iter().all(|run| run.bytes > 1000));
    let mut expected = vec!["a/out/current.json".to_owned()];
    expected.extend([4, 6, 7].into_iter().flat_map(files));
    assert_eq!(keys(&store), expected);
}

#[test]
fn half_a_run_is_none() {
    let store = Store::in_memory();
    let output = Output::in_store(store.clone(), "a/out");
    publish(&output, 2, 7);
    let [half, ..] = files(1);
    store.put(&half, "half".into()).unwrap();
    store.put("a/out/runs/notes/run.json", "of somebody else".into()).unwrap();
    assert_eq!(output.runs().unwrap(), [id(2)]);
    assert!(output.run(&id(1)).is_err());
    assert!(output.make_current(&id(1)).is_err());
    // It may be a run at work: it is not older than a day.
    assert_eq!(output.clear(1, false).unwrap().left_behind_bytes, 0);
    let remote = Remote::new(store.clone(), "a/out");
    let later = Utc::now() + TimeDelta::hours(25);
    for (now, expected) in [(Utc::now(), 0), (later, 1)] {
        assert_eq!(remote.left_behind(now).unwrap().len(), expected);
    }
    remote.prune(&id(2), 7, Utc::now()).unwrap();
    assert!(keys(&store).contains(&half));
    // Nobody knows of which output it is where nothing is published.
    let pointer = store.get("a/out/current.json").unwrap().unwrap().0;
    store.delete(&["a/out/current.json".to_owned()]).unwrap();
    assert!(remote.left_behind(later).unwrap().is_empty());
    store.put("a/out/current.json", pointer).unwrap();
    remote.prune(&id(2), 7, later).unwrap();
    assert!(!keys(&store).contains(&half));
    assert!(keys(&store).contains(&"a/out/runs/notes/run.json".to_owned()));
}

#[test]
fn pointers_are_checked() {
    let store = Store::in_memory();
    let output = Output::in_store(store.clone(), "");
    for (content, expected) in [
        ("{", "cannot read memory:///current.json as a pointer to a run: "),
        ("{\"record_version\": 2, \"run_id\": \"20261122T014401Z-0000\"}", "has record version 2"),
        ("{\"record_version\": 1, \"run_id\": \"../x\"}", "as a pointer to a run: "),
    ] {
        store.put("current.json", content.into()).unwrap();
        let text = output.begin(&id(1), None).unwrap_err().to_string();
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn a_drop_leaves_nothing() {
    let store = Store::in_memory();
    let output = Output::in_store(store.clone(), "out");
    let staging = output.begin(&id(1), None).unwrap();
    staging.write_table(&example(), &meta()).unwrap();
    let folder = staging.folder().parent().unwrap().to_owned();
    assert_eq!(tree(&folder).len(), 2);
    drop(staging);
    assert!(!folder.exists());
    assert_eq!(keys(&store), [""; 0]);
}

#[test]
fn urls_with_secrets_are_refused() {
    let text = PublishedRun::open("s3://user:hush@bucket/out").unwrap_err().to_string();
    assert!(text.contains("AWS_SECRET_ACCESS_KEY") && !text.contains("hush"), "{text}");
}
