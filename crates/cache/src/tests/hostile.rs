//! State that is not what was kept, although its digest would say so.

use kohort_disk::RunId;
use kohort_testkit::hostile::{attack, change};
use serde_json::Value;

use crate::manifest::{self, Manifest};
use crate::{BlockRef, FileCounts, Share, State, Unusable};

const FORM: &str = "00000000000000f0";

fn id(n: u32) -> RunId {
    format!("20261122T0144{n:02}Z-0000").parse().unwrap()
}

fn share(n: u32, block: BlockRef) -> Share {
    let counts = FileCounts {
        path: format!("orders/{n}.parquet"),
        rows: 12,
        filtered: 1,
        duplicates: 2,
        rejected: [("in_future".to_owned(), 3)].into(),
        rounded: 4,
        future: Some(20_001),
        checks: vec![0, 5],
        texts: Vec::new(),
        unknown_keys: [("products".to_owned(), (6, vec!["A-1".to_owned()]))].into(),
    };
    Share {
        key: format!("{n:02}"),
        input: "orders".to_owned(),
        identity: "00ff".to_owned(),
        read_at: 1_700_000_000_000_000,
        files: vec![counts],
        days: vec![(19_999, 1), (20_000, 5)],
        blocks: vec![block],
    }
}

/// What became of a manifest whose shares are others and whose digest fits.
fn parsed(shares: Value) -> Option<Result<Manifest, Unusable>> {
    let shares: Vec<Share> = serde_json::from_value(shares).ok()?;
    let json = serde_json::to_vec(&Manifest::new(shares)).unwrap();
    Some(Manifest::parse(&json, &Unusable::Damaged))
}

#[test]
fn what_no_run_keeps_is_damaged() {
    let good = serde_json::to_value([
        share(1, block("20261122T014401Z-0000.blocks")),
        share(2, block("20261122T014401Z-0000.blocks")),
    ]);
    let good = good.unwrap();
    assert!(parsed(good.clone()).unwrap().is_ok());
    // Where a value stands, and what it becomes.
    let wrong: [(&str, Value); 9] = [
        ("/0/blocks/0/file", "../a.blocks".into()),
        ("/0/blocks/0/file", "a\\b.blocks".into()),
        ("/0/blocks/0/file", "state.json".into()),
        ("/0/blocks/0/bytes", u64::MAX.into()),
        ("/0/days/0/0", i32::MIN.into()),
        ("/0/days/0/1", u64::MAX.into()),
        ("/0/files/0/future", 2_932_897.into()),
        ("/0/files/0/rows", u64::MAX.into()),
        ("/0/files/0/rejected/in_future", u64::MAX.into()),
    ];
    for (place, value) in wrong {
        let mut shares = good.clone();
        let shown = format!("{place} = {value}");
        *shares.pointer_mut(place).unwrap() = value;
        let found = parsed(shares).unwrap().unwrap_err();
        assert_eq!(found, Unusable::Damaged("it names what no run keeps".to_owned()), "{shown}");
    }
}

fn block(file: &str) -> BlockRef {
    BlockRef { file: file.to_owned(), offset: 0, bytes: 10, digest: "00".to_owned() }
}

#[test]
fn hostile_manifests_are_refused_or_used() {
    let root = tempfile::tempdir().unwrap();
    let (mut state, _) = State::open(root.path(), FORM, &id(1), None).unwrap();
    let segment = state.segment().unwrap();
    let shares = (1..4).map(|n| share(n, segment.append(b"rows of a file").unwrap()));
    let shares: Vec<Share> = shares.collect();
    state.save(shares.clone(), segment).unwrap();
    drop(state);
    let good = serde_json::to_value(&shares).unwrap();
    let path = root.path().join(FORM).join(manifest::NAME);
    let mut execution = 0_u32;
    attack(10_000, |mutator| {
        let mut changed = good.clone();
        for _ in 0..=mutator.below(3) {
            change(mutator, &mut changed, &good);
        }
        let Some(Ok(manifest)) = parsed(changed) else { return };
        execution += 1;
        // A lock and a flush for each would take all the time.
        if !execution.is_multiple_of(256) {
            return;
        }
        std::fs::write(&path, serde_json::to_vec(&manifest).unwrap()).unwrap();
        let (mut state, _) = State::open(root.path(), FORM, &id(2), None).unwrap();
        let shares: Vec<Share> = state.shares().cloned().collect();
        for block in shares.iter().flat_map(|share| &share.blocks) {
            let _ = state.read(block);
        }
        let segment = state.segment().unwrap();
        state.save(shares, segment).unwrap();
    });
}
