//! Calls of the operating system that fail, one after the other: a command that meets with one says
//! so, what readers see is whole, and the next run makes up for it.
//!
//! `KOHORT_FAULTS=all` tries every call in every way, a number as many of each scene.

use crate::support::random::Random;
use crate::support::scene::{Kind, Scene, amount, assert_civil};
use crate::support::shell::{Done, tell};
use crate::support::watch::{CLASSES, Errno, Fault, How, Note, can_watch};

/// Faults of each scene that a test usually has time for.
const USUAL: usize = 12;

/// The ways in which a call of a class may fail.
fn ways(class: &str) -> &'static [How] {
    use Errno::{Interrupted, Io, NoSpace, ReadOnly};
    use How::{Dead, Full, Once, Short};
    match class {
        "open" => &[Once(Interrupted), Once(Io), Full, Dead(ReadOnly)],
        "write" => &[Once(Interrupted), Short, Once(Io), Full, Dead(Io)],
        "truncate" => &[Once(Interrupted), Once(Io), Dead(ReadOnly)],
        "sync" => &[Once(Interrupted), Once(Io), Once(NoSpace), Dead(Io)],
        "mkdir" | "link" | "rename" => &[Once(Io), Once(NoSpace), Full, Dead(ReadOnly)],
        "remove" => &[Once(Io), Dead(ReadOnly)],
        _ => unreachable!("{class} is none"),
    }
}

/// Whether a command may do what it was told to although this call failed.
fn may_go_on(fault: Fault, notes: &[Note], failed: usize, done: &Done) -> bool {
    // What `kohort retry` goes by is written for better times, and flushed right after.
    let is_attempt = |note: &Note| note.path.to_string_lossy().contains("/.attempt.json");
    // Where a file cannot have another name it is copied.
    let is_copied = notes[failed].class == "link"
        && notes[failed].path.extension().is_some_and(|end| end == "parquet");
    let is_told = ["an old run cannot be removed: ", "what is read is not kept for the next run: "]
        .iter()
        .any(|warning| done.stderr.contains(&format!(" WARN {warning}")));
    match fault.how {
        How::Once(Errno::Interrupted) | How::Short => true,
        // What cannot be removed, or not be signed off, is in nobody's way.
        _ if matches!(notes[failed].class.as_str(), "remove" | "truncate") => true,
        _ => {
            is_copied || is_told || notes[failed.saturating_sub(1)..=failed].iter().any(is_attempt)
        }
    }
}

fn check(kind: Kind) {
    if !can_watch() {
        return;
    }
    let scene = Scene::new(kind);
    let (_, notes) = scene.watch(None);
    let mut faults: Vec<_> = CLASSES
        .into_iter()
        .flat_map(|class| {
            let calls = notes.iter().filter(|note| note.class == class).count();
            let of_call = move |number| ways(class).iter().map(move |how| (number, *how));
            (1..=calls).flat_map(of_call).map(move |(number, how)| Fault { class, number, how })
        })
        .collect();
    let (all, amount) = (faults.len(), amount("KOHORT_FAULTS", USUAL));
    let mut random = Random::new(1);
    while faults.len() > amount {
        faults.swap_remove(usize::try_from(random.below(faults.len() as u64)).unwrap());
    }
    let mut ended = 0;
    for fault in &faults {
        ended += usize::from(is_ended_by(&scene, *fault));
    }
    let tried = faults.len();
    tell(&format!("{kind:?}: {tried} of {all} faults in {} calls, {ended} ended it", notes.len()));
}

/// Tries one; whether the command failed.
fn is_ended_by(scene: &Scene, fault: Fault) -> bool {
    scene.restore();
    let (done, notes) = scene.watch(Some(fault));
    let case = format!("{fault:?}: {}", done.stderr);
    let place = notes.iter().position(|note| note.has_failed);
    let place = place.unwrap_or_else(|| panic!("nothing failed: {case}"));
    let case = format!("{} {case}", notes[place].path.display());
    assert_civil(&done);
    let found = scene.look();
    let is_new = found.as_ref() == Some(&scene.new);
    if done.code == Some(0) {
        assert!(may_go_on(fault, &notes, place, &done), "it went on: {case}");
        assert!(is_new, "it is not published: {case}");
    } else {
        let is_lasting = matches!(fault.how, How::Full | How::Dead(_));
        let is_after = done.stderr.contains("error: the run is published, ");
        assert!(!matches!(fault.how, How::Short | How::Once(Errno::Interrupted)), "{case}");
        assert!(
            found == scene.old || (is_new && (is_lasting || is_after)),
            "neither the old nor the new tables: {case}"
        );
    }
    scene.go_on();
    done.code != Some(0)
}

#[test]
fn of_a_first_run() {
    check(Kind::First);
}

#[test]
fn of_a_run_at_night() {
    check(Kind::Night);
}

#[test]
fn of_a_run_with_partitions() {
    check(Kind::Hive);
}

#[test]
fn of_a_run_with_delta_tables() {
    check(Kind::Delta);
}

#[test]
fn of_a_clearing() {
    check(Kind::Gc);
}

#[test]
fn of_going_back() {
    check(Kind::Publish);
}
