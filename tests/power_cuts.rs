//! Power cuts: every moment of a command, and whatever a disk may have lost by then of what was not
//! flushed. Readers find whole runs, once the command has ended well the new one, and the next run
//! makes up for the rest.
//!
//! `KOHORT_POWER_CUTS=all` tries all of them, a number as many of each scene.

use std::collections::BTreeMap;

use crate::support::power::{Contents, Cut, Disk, contents, lay_out};
use crate::support::random::Random;
use crate::support::scene::{BOX, Kind, Scene, Tables, amount};
use crate::support::shell::tell;
use crate::support::watch::{CLASSES, Errno, Fault, How, can_watch};

/// Cuts of each scene that a test usually has time for.
const USUAL: usize = 18;

/// Cuts after each call that failed.
const AFTER_A_FAULT: usize = 9;

/// A scene and what lies in its folder before the command.
struct Stage {
    scene: Scene,
    before: Contents,
    runs: BTreeMap<String, Tables>,
    random: Random,
}

/// What a command did, and which cuts of it are tried.
struct Recorded {
    disk: Disk,
    has_succeeded: bool,
    /// How many cuts there are.
    all: usize,
    cuts: Vec<Cut>,
}

impl Stage {
    fn new(kind: Kind) -> Self {
        let scene = Scene::new(kind);
        let (before, runs) = (contents(&scene.folder.path(BOX)), scene.runs());
        Self { scene, before, runs, random: Random::new(1) }
    }

    /// Has the command do what it does.
    fn record(&mut self, fault: Option<Fault>, amount: usize) -> Recorded {
        self.scene.restore();
        let (done, notes) = self.scene.watch(fault);
        assert!(fault.is_some() || done.code == Some(0), "{}", done.stderr);
        self.runs.extend(self.scene.runs());
        let disk = Disk::new(&self.before, &notes);
        let of = contents(&self.scene.folder.path(BOX));
        assert!(disk.contents(&disk.end()) == of, "calls are not seen");
        let mut cuts = disk.cuts(&mut self.random);
        let all = cuts.len();
        while cuts.len() > amount {
            let place = self.random.below(cuts.len() as u64);
            cuts.swap_remove(usize::try_from(place).unwrap());
        }
        cuts.extend([disk.worst(), disk.end()]);
        Recorded { disk, has_succeeded: done.code == Some(0), all, cuts }
    }

    /// Whether readers find the new tables after a cut, and not the old ones.
    fn is_new_after(&self, recorded: &Recorded, cut: &Cut) -> bool {
        let Self { scene, runs, .. } = self;
        let disk = &recorded.disk;
        lay_out(&disk.contents(cut), &scene.folder.path(BOX));
        let found = scene.look();
        let is_new = found.as_ref() == Some(&scene.new);
        let is_over = recorded.has_succeeded && cut.after == disk.calls();
        assert!(is_new || (found == scene.old && !is_over), "other tables after {cut:?}");
        for (run, tables) in scene.runs() {
            // One that is unknown was taken back later.
            let expected = runs.get(&run).unwrap_or(&scene.new.tables);
            assert!(tables == *expected, "{run} after {cut:?}");
        }
        if is_over {
            scene.assert_followed();
        }
        scene.go_on();
        is_new
    }
}

fn check(kind: Kind) {
    if !can_watch() {
        return;
    }
    let mut stage = Stage::new(kind);
    let recorded = stage.record(None, amount("KOHORT_POWER_CUTS", USUAL));
    let cuts = &recorded.cuts;
    let new = cuts.iter().filter(|cut| stage.is_new_after(&recorded, cut)).count();
    let (tried, all, calls) = (cuts.len(), recorded.all, recorded.disk.calls());
    tell(&format!("{kind:?}: {tried} of {all} states in {calls} calls, {new} with the new tables"));
}

/// Cuts while a command takes back what it did, as one of its calls failed.
fn check_after_faults(kind: Kind) {
    if !can_watch() {
        return;
    }
    let mut stage = Stage::new(kind);
    let (_, notes) = stage.scene.watch(None);
    let mut faults = Vec::new();
    for class in CLASSES {
        let calls = notes.iter().filter(|note| note.class == class).count();
        let how = How::Once(Errno::Io);
        faults.extend((1..=calls).map(|number| Fault { class, number, how }));
    }
    let (all, amount) = (faults.len(), amount("KOHORT_POWER_CUTS", USUAL) / AFTER_A_FAULT);
    while faults.len() > amount.max(1) {
        let place = stage.random.below(faults.len() as u64);
        faults.swap_remove(usize::try_from(place).unwrap());
    }
    let mut tried = 0;
    for fault in &faults {
        let recorded = stage.record(Some(*fault), AFTER_A_FAULT);
        for cut in &recorded.cuts {
            stage.is_new_after(&recorded, cut);
        }
        tried += recorded.cuts.len();
    }
    tell(&format!("{kind:?}: {tried} states after {} of {all} faults", faults.len()));
}

#[test]
fn in_a_first_run() {
    check(Kind::First);
}

#[test]
fn in_a_run_at_night() {
    check(Kind::Night);
}

#[test]
fn in_a_run_with_partitions() {
    check(Kind::Hive);
}

#[test]
fn in_a_run_with_delta_tables() {
    check(Kind::Delta);
}

#[test]
fn in_a_clearing() {
    check(Kind::Gc);
}

#[test]
fn in_going_back() {
    check(Kind::Publish);
}

#[test]
fn in_runs_of_which_a_call_fails() {
    check_after_faults(Kind::First);
    check_after_faults(Kind::Night);
}
