//! Several who publish at a store that lies, in every order that a seed gives.
//!
//! Whatever the store answers and whoever comes in between, the pointer leads to a whole run; what
//! was told to be published was current; what was told not to be, without a doubt, never is.

mod sequence;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use std::{env, thread};

use chrono::TimeDelta;
use kohort_disk::Unfinished;
use kohort_store::StoreError;
use kohort_store::testing::{Answer, Fate, Memory, Verb};

use self::sequence::PLAYERS;
use super::{example, id, meta, record};
use crate::remote::Remote;
use crate::{Output, PublishError, Published};

/// How many sequences are tried, unless `KOHORT_SEQUENCES` says otherwise; `KOHORT_SEED` names one
/// alone.
const SEQUENCES: usize = 400;

#[test]
#[expect(clippy::print_stdout, reason = "how many were tried is worth to be seen")]
fn whatever_a_store_answers_readers_see_a_whole_run() {
    let number = |name| env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    if let Some(seed) = number("KOHORT_SEED") {
        println!("{}", sequence::play(0, seed, true));
        return;
    }
    let count = number("KOHORT_SEQUENCES").unwrap_or(SEQUENCES as u64);
    let begun = Instant::now();
    let (next, requests) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let play = |player| {
        loop {
            let seed = next.fetch_add(1, Ordering::SeqCst) as u64;
            if seed >= count {
                return;
            }
            requests.fetch_add(sequence::play(player, seed, false).requests, Ordering::SeqCst);
        }
    };
    let play = &play;
    thread::scope(|scope| {
        (0..PLAYERS).for_each(|player| drop(scope.spawn(move || play(player))));
    });
    let (requests, seconds) = (requests.into_inner(), begun.elapsed().as_secs_f64());
    println!("{count} sequences of {requests} requests in {seconds:.1} s");
    assert!(requests as u64 > count * 20);
}

/// The first answers to requests that match, then the truth.
fn answers(verb: Verb, part: &'static str, fates: Vec<Fate>) -> impl Fn(Verb, &str) -> Fate {
    let next = AtomicUsize::new(0);
    move |asked: Verb, key: &str| {
        if asked != verb || !key.contains(part) {
            return Fate::Done;
        }
        fates.get(next.fetch_add(1, Ordering::SeqCst)).copied().unwrap_or(Fate::Done)
    }
}

fn output(memory: &Memory, script: impl Fn(Verb, &str) -> Fate + Send + Sync + 'static) -> Output {
    Output::in_store(memory.lying(script), "out")
}

fn publish(output: &Output, second: u32) -> Result<Published, PublishError> {
    let staging = output.begin(&id(second), None)?;
    let mut record = record(&id(second));
    record.tables.push(staging.write_table(&example(), &meta())?);
    staging.commit(&record, 7)
}

/// A memory with a run, and the same as those see it who tell the truth.
fn published() -> (Memory, Output) {
    let memory = Memory::default();
    let honest = Output::in_store(memory.honest(), "out");
    publish(&honest, 1).unwrap();
    (memory, honest)
}

#[test]
fn the_pointer_is_read_where_its_answer_is_in_doubt() {
    use Answer::{Busy, Conflict, Denied, Precondition};
    let (lost, refused) = (Fate::Lost, Fate::Refused);
    // (answers to writes of the pointer, whether the run is published)
    let cases = [
        (vec![lost(Busy)], true),
        (vec![lost(Precondition)], true),
        (vec![lost(Conflict)], true),
        (vec![refused(Conflict)], true),
        (vec![refused(Precondition); 3], true),
        (vec![refused(Conflict); 5], true),
        (vec![refused(Conflict); 6], false),
        (vec![refused(Busy)], true),
        (vec![refused(Busy); 2], false),
        (vec![refused(Denied)], false),
        (vec![refused(Busy), lost(Precondition)], true),
    ];
    for (fates, expected) in cases {
        let (memory, honest) = published();
        let case = format!("{fates:?}");
        let faulty = output(&memory, answers(Verb::PutIf, "current.json", fates));
        let result = publish(&faulty, 2);
        assert_eq!(result.is_ok(), expected, "{case}: {result:?}");
        let current = honest.current_id().unwrap();
        assert_eq!(current, Some(id(if expected { 2 } else { 1 })), "{case}");
        let listed = honest.history().unwrap();
        assert_eq!(listed.len(), 2, "{case}: the run stays");
        assert_eq!((listed[0].is_current, listed[0].is_published), (expected, expected), "{case}");
        if let Err(error) = result {
            let text = error.to_string();
            assert!(
                text.starts_with(
                    "it is not known whether run 20261122T014402Z-0000 became current at \
                                  memory:///out: "
                ) && text.ends_with(
                    "`kohort publish memory:///out/20261122T014402Z-0000` makes \
                                       this one so"
                ),
                "{text}"
            );
            honest.make_current(&id(2)).unwrap();
            assert_eq!(honest.current_id().unwrap(), Some(id(2)));
        }
    }
}

#[test]
fn a_pointer_that_cannot_be_read_may_lead_to_the_run() {
    // The write is done and its answer lost, the next is refused, the pointer cannot be read.
    let (memory, honest) = published();
    let written = AtomicUsize::new(0);
    let faulty = output(&memory, move |verb, key| match verb {
        Verb::PutIf if key == "out/current.json" => {
            written.fetch_add(1, Ordering::SeqCst);
            Fate::Lost(Answer::Precondition)
        }
        Verb::Get if written.load(Ordering::SeqCst) > 0 => Fate::Refused(Answer::Denied),
        _ => Fate::Done,
    });
    let error = publish(&faulty, 2).unwrap_err();
    assert!(matches!(error, PublishError::Unsettled { .. }), "{error}");
    assert!(error.to_string().contains("403 Forbidden"), "{error}");
    assert_eq!(honest.current_id().unwrap(), Some(id(2)));
    let run = honest.run(&id(2)).unwrap();
    assert_eq!(run.record().unwrap().run_id, id(2));
    assert_eq!(run.table("example").unwrap().rows(), 4);
}

#[test]
fn a_run_that_never_became_current_is_no_published_one() {
    let (memory, honest) = published();
    let busy = vec![Fate::Refused(Answer::Busy); 2];
    publish(&output(&memory, answers(Verb::PutIf, "current.json", busy)), 2).unwrap_err();
    publish(&honest, 3).unwrap();
    let listed = honest.history().unwrap();
    let published: Vec<_> = listed.iter().map(|run| (run.is_current, run.is_published)).collect();
    assert_eq!(published, [(true, true), (false, false), (false, true)]);
    assert_eq!(honest.published().unwrap(), [id(1), id(3)]);
    assert_eq!(honest.runs().unwrap(), [id(1), id(2), id(3)]);
    // It does not count among those that are kept, and goes once nobody can be at work on it.
    assert_eq!(honest.clear(1, false).unwrap().kept, 1);
    assert_eq!(honest.runs().unwrap(), [id(2), id(3)]);
    let aged = output(&memory, |_, _| Fate::Older(TimeDelta::hours(25)));
    let cleared = aged.clear(1, false).unwrap();
    assert!(cleared.runs.is_empty() && cleared.left_behind_bytes > 1000);
    assert_eq!(honest.runs().unwrap(), [id(3)]);
    let error = honest.make_current(&id(2)).unwrap_err();
    assert!(matches!(error, PublishError::UnknownRun { .. }), "{error}");
}

#[test]
fn a_removed_run_does_not_become_current() {
    let (memory, honest) = published();
    // Its table is gone, and the removal broke off before its record.
    publish(&honest, 2).unwrap();
    let broken = answers(Verb::Delete, "run.json", vec![Fate::Refused(Answer::Busy)]);
    assert!(matches!(output(&memory, broken).clear(1, false), Err(PublishError::Prune { .. })));
    let error = honest.make_current(&id(1)).unwrap_err();
    assert!(matches!(error, PublishError::Cleared { .. }), "{error}");
    assert_eq!(honest.history().unwrap().len(), 1);
    assert!(honest.clear(1, false).unwrap().left_behind_bytes > 1000);
    assert_eq!(honest.runs().unwrap(), [id(2)]);
    // One whose table is gone otherwise.
    publish(&honest, 3).unwrap();
    let table = format!("out/runs/{}/example.parquet", id(2));
    memory.honest().delete(&[table]).unwrap();
    let error = honest.make_current(&id(2)).unwrap_err();
    assert!(matches!(error, PublishError::Incomplete { .. }), "{error}");
    assert_eq!(honest.current_id().unwrap(), Some(id(3)));
}

/// A process beside this one.
static BESIDE: Unfinished = Unfinished::new();

#[test]
fn a_store_without_conditions_is_told_before_the_work() {
    let is_told = |error: PublishError| {
        assert!(matches!(error, PublishError::Store(StoreError::Unconditional { .. })), "{error}");
        assert!(error.to_string().contains("use a store that has conditional writes"), "{error}");
    };
    for fate in [Fate::Refused(Answer::NotImplemented), Fate::Unchecked] {
        let memory = Memory::default();
        let lacking = output(&memory, move |verb, _| match verb {
            Verb::PutIf => fate,
            _ => Fate::Done,
        });
        is_told(lacking.begin(&id(1), None).unwrap_err());
        assert!(memory.honest().list("").unwrap().is_empty());
    }
    // One that lost them since.
    let (memory, honest) = published();
    let fate = vec![Fate::Refused(Answer::NotImplemented)];
    is_told(publish(&output(&memory, answers(Verb::PutIf, "current.json", fate)), 2).unwrap_err());
    // One that takes the write of another although it has taken this one.
    let (at, other) = (
        AtomicUsize::new(0),
        output(&memory, |verb, _| match verb {
            Verb::PutIf => Fate::Unchecked,
            _ => Fate::Done,
        }),
    );
    let late = std::sync::Mutex::new(Some(other.begin(&id(4), None).unwrap()));
    let between = memory.lying(move |verb, key| {
        // Its reads of the pointer are at the beginning and after the write.
        if verb == Verb::Get && key == "out/current.json" && at.fetch_add(1, Ordering::SeqCst) == 1
        {
            let late = late.lock().unwrap().take().unwrap();
            thread::spawn(move || late.commit(&record(&id(4)), 7).unwrap()).join().unwrap();
        }
        Fate::Done
    });
    // The other is a process of its own.
    let between = Remote::new(between, "out").of_process(|| BESIDE.publishing());
    is_told(publish(&Output::from_remote(between), 3).unwrap_err());
    assert_eq!(honest.current_id().unwrap(), Some(id(4)));
}

#[test]
fn what_is_cut_off_is_read_again() {
    let (memory, _) = published();
    for noticed in [true, false] {
        let cut = |times| {
            output(&memory, answers(Verb::Get, "current.json", vec![Fate::Cut { noticed }; times]))
        };
        assert_eq!(cut(3).current_id().unwrap(), Some(id(1)));
        assert!(cut(4).current_id().is_err());
    }
}
