//! What is read back, changed behind the back of whoever wrote it: it is refused, or it is used.

use std::fs;
use std::path::Path;

use kohort_store::Store;
use kohort_testkit::hostile::{Mutator, attack, change};
use serde_json::Value;

use super::{begin, example, id, meta, publish, record};
use crate::diff::{Comparison, Scope};
use crate::{Attempt, Layout, Output, PublishError, PublishedRun, PublishedTable};

/// JSON whose values were changed, or that is no JSON any more.
pub(crate) fn changed(mutator: &mut Mutator, json: &[u8], other: &[u8]) -> Vec<u8> {
    let mut value: Value = serde_json::from_slice(json).unwrap();
    let other_value = serde_json::from_slice(other).unwrap();
    for _ in 0..=mutator.below(3) {
        change(mutator, &mut value, &other_value);
    }
    let mut json = serde_json::to_vec(&value).unwrap();
    if mutator.below(8) == 0 {
        mutator.bytes(&mut json, other);
    }
    json
}

#[test]
fn hostile_records_are_refused_or_compared() {
    let root = tempfile::tempdir().unwrap();
    (1..=2).for_each(|second| publish(root.path(), second));
    let open = |second| PublishedRun::open(root.path().join("runs").join(id(second).as_str()));
    let path = root.path().join("runs").join(id(1).as_str()).join("run.json");
    let full = super::records::full();
    let json = [fs::read(&path).unwrap(), full.to_json()];
    attack(1500, |mutator| {
        let (one, other) = (mutator.pick(&json).clone(), mutator.pick(&json).clone());
        fs::write(&path, changed(mutator, &one, &other)).unwrap();
        let (older, newer) = (open(1).unwrap(), open(2).unwrap());
        let _ = older
            .table("example")
            .and_then(|table| table.batches()?.collect::<Result<Vec<_>, _>>());
        let Ok(comparison) = Comparison::new(older, newer) else { return };
        let said: Vec<_> = comparison.doubts().iter().map(ToString::to_string).collect();
        let _ = (said, comparison.files(), comparison.older().to_json());
        if let Ok(Ok(pair)) = comparison.table("example") {
            let _ = pair.compare(Scope::All, |_| Ok::<(), PublishError>(()));
        }
    });
}

#[test]
fn hostile_attempts_and_pointers_are_refused_or_followed() {
    let attempt = Attempt {
        run_id: id(1),
        pipeline: "/shop/pipeline.toml".into(),
        folder: "/shop".into(),
        arguments: vec!["run".to_owned(), "pipeline.toml".to_owned()],
        started_at: "2026-11-22T01:44:51Z".parse().unwrap(),
        error: Some("no space".to_owned()),
    };
    let attempt = serde_json::to_vec(&attempt).unwrap();
    let store = Store::in_memory();
    let output = Output::in_store(store.clone(), "out");
    let staging = output.begin(&id(1), None).unwrap();
    staging.commit(&record(&id(1)), 7).unwrap();
    let pointer = store.get("out/current.json").unwrap().unwrap().0.to_vec();
    attack(4000, |mutator| {
        store.put("out/.attempt.json", changed(mutator, &attempt, &pointer).into()).unwrap();
        store.put("out/current.json", changed(mutator, &pointer, &attempt).into()).unwrap();
        let _ = Attempt::read(&output);
        let _ = Attempt::fail(&output, &id(1), "no");
        let _ = output.current_id();
        let _ = crate::find::find(Path::new("memory:///out"), &|_| output.clone());
    });
}

/// The values of a table, all of them.
fn read(path: &Path) -> Result<usize, PublishError> {
    let table = PublishedTable::open_file(path)?;
    let rows = table.batches()?.map(|batch| Ok(batch?.num_rows()));
    rows.sum()
}

#[test]
fn hostile_tables_are_refused_or_read() {
    let root = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for (second, layout) in
        [(1, Layout::Files), (2, Layout::Hive { partition_by: "period".to_owned() })]
    {
        let staging = begin(root.path(), second).in_layout(layout);
        staging.write_table(&example(), &meta()).unwrap();
        let folder = staging.commit(&record(&id(second)), 7).unwrap().folder;
        for file in kohort_disk::files(&folder).unwrap() {
            if file.ends_with(".parquet") {
                files.push((folder.join(&file), fs::read(folder.join(file)).unwrap()));
            }
        }
    }
    attack(2000, |mutator| {
        let (path, whole) = mutator.pick(&files).clone();
        let (_, other) = mutator.pick(&files).clone();
        // What stands at the end says where everything is.
        let footer = u32::from_le_bytes(whole[whole.len() - 8..][..4].try_into().unwrap());
        let begin = whole.len() - 8 - footer as usize;
        let mut changed = whole.clone();
        if mutator.below(4) == 0 {
            mutator.bytes(&mut changed, &other);
        } else {
            let mut metadata = whole[begin..whole.len() - 8].to_vec();
            mutator.bytes(&mut metadata, &other);
            changed.truncate(begin);
            changed.extend_from_slice(&metadata);
            changed.extend_from_slice(&u32::try_from(metadata.len()).unwrap().to_le_bytes());
            changed.extend_from_slice(b"PAR1");
        }
        fs::write(&path, &changed).unwrap();
        let table = if path.ends_with("part-0.parquet") { path.ancestors().nth(2) } else { None };
        let _ = read(table.unwrap_or(&path));
        fs::write(&path, &whole).unwrap();
    });
}
