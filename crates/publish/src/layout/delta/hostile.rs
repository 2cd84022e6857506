//! Logs that others wrote.

use std::fs;

use kohort_testkit::hostile::attack;
use serde_json::Map;

use super::log::{Action, Add, CommitInfo, Log, PROTOCOL};
use crate::tests::hostile::changed;

#[test]
fn hostile_logs_are_refused_or_followed() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::in_folder(folder.path());
    let run = "20261122T014401Z-0000".parse().unwrap();
    let add = Add {
        path: "part-0.parquet".to_owned(),
        partition_values: Map::new(),
        size: 700,
        modification_time: 1_700_000_000_000,
        data_change: true,
        stats: Some("{\"numRecords\":4}".to_owned()),
    };
    let actions = [
        Action {
            commit_info: Some(CommitInfo::overwrite(&run, "00".to_owned(), 1, 4, 700)),
            ..Action::default()
        },
        Action { protocol: Some(PROTOCOL), ..Action::default() },
        Action { meta_data: Some(Map::new()), ..Action::default() },
        Action { remove: Some(add.removed(1)), ..Action::default() },
        Action { add: Some(add), ..Action::default() },
    ];
    log.append(0, &actions).unwrap();
    log.append(1, &actions).unwrap();
    let text = fs::read_to_string(log.entry(0)).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    attack(2000, |mutator| {
        for version in 0..2 {
            let mut all = Vec::new();
            for line in &lines {
                let other = mutator.pick(&lines).as_bytes();
                if mutator.below(2) == 0 {
                    all.extend(changed(mutator, line.as_bytes(), other));
                } else {
                    all.extend_from_slice(line.as_bytes());
                }
                all.push(b'\n');
            }
            fs::write(log.entry(version), all).unwrap();
        }
        let newest = log.newest();
        let removed: Result<Vec<_>, _> =
            newest.map(|newest| newest.files.iter().map(|add| add.removed(2)).collect());
        let _ = (removed, log.meta_data(), log.recent(1, 7));
    });
    // What no version can follow is none.
    fs::write(log.entry(u64::MAX), "").unwrap();
    fs::write(log.entry(1), text).unwrap();
    assert_eq!(log.newest().unwrap().version, Some(1));
}
