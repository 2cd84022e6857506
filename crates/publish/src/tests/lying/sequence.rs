//! One sequence: what each process does, what the store answers, and what must hold after each step.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use chrono::TimeDelta;
use kohort_disk::{Publishing, Unfinished};
use kohort_store::Store;
use kohort_store::testing::{Answer, Fate, Memory, Verb};
use serde_json::Value;

use crate::remote::Remote;
use crate::tests::record;
use crate::{Output, PublishError, RunId, TableRecord};

const PROCESSES: usize = 3;

/// Who play sequences at the same time.
pub const PLAYERS: usize = 2;

/// The answer to whoever is dead.
const GONE: Fate = Fate::Refused(Answer::Busy);

/// What a sequence came to.
#[derive(Default)]
pub struct Played {
    pub requests: usize,
    steps: Vec<String>,
}

impl fmt::Display for Played {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.steps.iter().try_for_each(|step| writeln!(f, "{step}"))
    }
}

/// Numbers from a seed (splitmix64).
#[derive(Clone)]
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % limit as u64).unwrap()
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

#[derive(Clone, Copy, Debug)]
enum Task {
    Publish {
        keep: usize,
    },
    Clear {
        keep: usize,
    },
    /// One of the runs so far.
    MakeCurrent {
        place: u32,
    },
    List,
}

/// What a process tells who plays.
enum Told {
    /// It waits for the answer to a request.
    Asks(usize, Verb, String),
    /// What became of a run.
    Published(usize, RunId, Result<(), PublishError>),
    MadeCurrent(usize, RunId, Result<(), PublishError>),
    Ended,
}

/// What the processes share.
struct World {
    memory: Memory,
    honest: Store,
    /// Runs that began.
    begun: AtomicU32,
    /// Runs that somebody wants to be current, whatever became of them.
    wanted: Mutex<BTreeSet<RunId>>,
}

fn run_id(number: u32) -> RunId {
    format!("20261122T014400Z-{number:04x}").parse().unwrap()
}

/// The content of a file of a run.
fn content(id: &RunId, table: &str) -> String {
    format!("{table} of {id}")
}

const TABLES: [&str; 2] = ["cohorts", "revenue"];

pub fn play(player: usize, seed: u64, is_told: bool) -> Played {
    let mut random = Random(seed);
    let memory = Memory::default();
    let world = World {
        honest: memory.honest(),
        memory,
        begun: AtomicU32::new(0),
        wanted: Mutex::default(),
    };
    let processes = 1 + random.below(PROCESSES);
    let (tell, told) = channel();
    let mut answers = Vec::new();
    // Whether somebody makes runs current that others publish.
    let at_will = random.below(2) == 0;
    let mut judge = Judge {
        world: &world,
        seed,
        is_told,
        played: Played::default(),
        led: BTreeSet::new(),
        current: None,
        failed: BTreeSet::new(),
    };
    thread::scope(|scope| {
        for process in 0..processes {
            let (answer, answered) = channel();
            answers.push(answer);
            let tasks = tasks(&mut random, at_will);
            let (tell, world) = (tell.clone(), &world);
            let holds = holds(player, process);
            scope.spawn(move || work(process, holds, &tasks, world, &tell, answered));
        }
        // Whoever waits for an answer is let go where this fails.
        let answers = answers;
        conduct(processes, &told, &answers, &mut random, &mut judge);
    });
    judge.end();
    judge.played
}

fn tasks(random: &mut Random, at_will: bool) -> Vec<Task> {
    let one = |random: &mut Random| match random.below(10) {
        0..5 => Task::Publish { keep: 1 + random.below(3) },
        5..7 => Task::Clear { keep: 1 + random.below(3) },
        7..9 if at_will => Task::MakeCurrent { place: random.of(&[0, 1, 2, 3, 4, 5, 6, 7]) },
        _ => Task::List,
    };
    (0..=random.below(4)).map(|_| one(random)).collect()
}

/// A process: its tasks one after the other, each request answered when it is its turn.
fn work(
    process: usize,
    holds: fn() -> Publishing<'static>,
    tasks: &[Task],
    world: &World,
    tell: &Sender<Told>,
    answered: Receiver<Fate>,
) {
    let ask = Mutex::new((tell.clone(), answered));
    let ask = move |verb: Verb, key: &str| {
        let ask = ask.lock().unwrap();
        let asked = ask.0.send(Told::Asks(process, verb, key.to_owned()));
        asked.ok().and_then(|()| ask.1.recv().ok()).unwrap_or(GONE)
    };
    // Nobody begins before it is his turn.
    ask(Verb::List, "");
    let remote = Remote::new(world.memory.lying(ask), "out").of_process(holds);
    let output = Output::from_remote(remote);
    for task in tasks {
        match *task {
            Task::Publish { keep } => {
                let id = run_id(world.begun.fetch_add(1, Ordering::SeqCst));
                let result = publish(&output, &id, keep);
                let _ = tell.send(Told::Published(process, id, result));
            }
            Task::MakeCurrent { place } => {
                let begun = world.begun.load(Ordering::SeqCst).max(1);
                let id = run_id(place % begun);
                world.wanted.lock().unwrap().insert(id.clone());
                let result = output.make_current(&id).map(|_| ());
                let _ = tell.send(Told::MadeCurrent(process, id, result));
            }
            // What comes of these is seen in the store.
            Task::Clear { keep } => drop(output.clear(keep, false)),
            Task::List => drop(output.history()),
        }
    }
    let _ = tell.send(Told::Ended);
}

fn publish(output: &Output, id: &RunId, keep: usize) -> Result<(), PublishError> {
    let staging = output.begin(id, None)?;
    let mut record = record(id);
    for table in TABLES {
        let content = content(id, table);
        fs::write(staging.folder().join(format!("{table}.parquet")), &content).unwrap();
        record.tables.push(TableRecord {
            name: table.to_owned(),
            rows: 1,
            bytes: content.len() as u64,
            digest: String::new(),
            files: BTreeMap::new(),
            left_out: BTreeMap::new(),
        });
    }
    staging.commit(&record, keep).map(|_| ())
}

/// What keeps a process from ending while it publishes: each has its own, and so has each player.
fn holds(player: usize, process: usize) -> fn() -> Publishing<'static> {
    static HELD: [Unfinished; PLAYERS * PROCESSES] =
        [const { Unfinished::new() }; PLAYERS * PROCESSES];
    let all: [fn() -> Publishing<'static>; PLAYERS * PROCESSES] = [
        || HELD[0].publishing(),
        || HELD[1].publishing(),
        || HELD[2].publishing(),
        || HELD[3].publishing(),
        || HELD[4].publishing(),
        || HELD[5].publishing(),
    ];
    all[player * PROCESSES + process]
}

/// Lets one process after the other go on, and says what becomes of its request.
fn conduct(
    processes: usize,
    told: &Receiver<Told>,
    answers: &[Sender<Fate>],
    random: &mut Random,
    judge: &mut Judge<'_>,
) {
    let trouble = random.of(&[0, 3, 10, 30]);
    let (mut asking, mut dead) = (BTreeMap::new(), BTreeSet::new());
    let mut running = processes;
    loop {
        while running > 0 {
            match told.recv().unwrap() {
                Told::Asks(process, verb, key) => {
                    asking.insert(process, (verb, key));
                    running -= 1;
                }
                Told::Published(process, id, result) => judge.published(process, &id, &result),
                Told::MadeCurrent(process, id, result) => judge.made_current(process, &id, &result),
                Told::Ended => running -= 1,
            }
        }
        judge.look();
        if random.below(4) == 0 {
            judge.world.memory.land();
            judge.look();
        }
        let waiting: Vec<_> = asking.keys().copied().collect();
        if waiting.is_empty() {
            return;
        }
        let process = random.of(&waiting);
        let (verb, key) = asking.remove(&process).unwrap();
        if trouble > 0 && random.below(300) == 0 {
            dead.insert(process);
        }
        let fate = fate(random, verb, if dead.contains(&process) { 100 } else { trouble });
        let fate = if dead.contains(&process) { GONE } else { fate };
        judge.step(|| format!("{process} {verb:?} {key}: {fate:?}"));
        judge.played.requests += 1;
        answers[process].send(fate).unwrap();
        running = 1;
    }
}

/// The truth, or in so many of a hundred cases something else.
fn fate(random: &mut Random, verb: Verb, trouble: usize) -> Fate {
    if random.below(100) >= trouble {
        return Fate::Done;
    }
    let answer = random.of(&[Answer::Busy, Answer::Denied]);
    let in_doubt = |random: &mut Random, answer| {
        random.of(&[Fate::Refused(answer), Fate::Lost(answer), Fate::Late(answer)])
    };
    match verb {
        Verb::Get => {
            let (told, silent) = (Fate::Cut { noticed: true }, Fate::Cut { noticed: false });
            random.of(&[Fate::Refused(answer), told, silent])
        }
        Verb::List => {
            random.of(&[Fate::Refused(answer), Fate::Stale, Fate::Older(TimeDelta::hours(25))])
        }
        Verb::Put | Verb::Delete => in_doubt(random, answer),
        Verb::PutIf => {
            let answer = random.of(&[answer, Answer::Conflict, Answer::Precondition]);
            in_doubt(random, answer)
        }
    }
}

/// Who looks at the store after each step.
struct Judge<'a> {
    world: &'a World,
    seed: u64,
    is_told: bool,
    played: Played,
    /// Runs that the pointer led to.
    led: BTreeSet<RunId>,
    current: Option<RunId>,
    /// Runs that were said not to be published.
    failed: BTreeSet<RunId>,
}

impl Judge<'_> {
    fn step(&mut self, step: impl FnOnce() -> String) {
        if self.is_told {
            self.played.steps.push(step());
        }
    }

    fn check(&self, holds: bool, what: impl FnOnce() -> String) {
        let (seed, played) = (self.seed, &self.played);
        assert!(holds, "{played}{}; KOHORT_SEED={seed} shows the steps", what());
    }

    /// The pointer leads to a whole run, and not to one that was said to have failed.
    fn look(&mut self) {
        let read = |key: String| self.world.honest.get(&key).unwrap().map(|(bytes, _)| bytes);
        let Some(pointer) = read("out/current.json".to_owned()) else {
            return self.check(self.led.is_empty(), || "the pointer is gone".to_owned());
        };
        let pointer: Value = serde_json::from_slice(&pointer).unwrap();
        let id: RunId = pointer["run_id"].as_str().unwrap().parse().unwrap();
        let record = read(format!("out/runs/{id}/run.json")).unwrap_or_default();
        let record = serde_json::from_slice(&record).unwrap_or(Value::Null);
        self.check(record["run_id"] == id.as_str(), || format!("the record of {id} is {record}"));
        for table in TABLES {
            let found = read(format!("out/runs/{id}/{table}.parquet"));
            self.check(found.is_some_and(|found| found == content(&id, table)), || {
                format!("{table} of the current run {id} is not what was written")
            });
        }
        let is_wanted = self.world.wanted.lock().unwrap().contains(&id);
        self.check(is_wanted || !self.failed.contains(&id), || {
            format!("{id} is current, and was said not to be published")
        });
        if self.led.insert(id.clone()) || self.current.as_ref() != Some(&id) {
            self.step(|| format!("  {id} is current"));
        }
        self.current = Some(id);
    }

    fn published(&mut self, process: usize, id: &RunId, result: &Result<(), PublishError>) {
        self.step(|| format!("{process} published {id}: {}", text(result)));
        let is_in_doubt = matches!(result, Err(PublishError::Unsettled { .. }));
        if result.is_err() && !is_in_doubt {
            self.failed.insert(id.clone());
        }
        self.look();
        self.check(result.is_err() || self.led.contains(id), || format!("{id} never was current"));
    }

    fn made_current(&mut self, process: usize, id: &RunId, result: &Result<(), PublishError>) {
        self.step(|| format!("{process} made {id} current: {}", text(result)));
        self.look();
        self.check(result.is_err() || self.led.contains(id), || format!("{id} never was current"));
    }

    /// Whatever happened: the next run is published, the runs are told apart, and all that is not
    /// published can be cleared.
    fn end(&mut self) {
        self.world.memory.land();
        self.look();
        let last = run_id(self.world.begun.load(Ordering::SeqCst));
        let honest = Output::in_store(self.world.honest.clone(), "out");
        let result = publish(&honest, &last, 9);
        self.published(PROCESSES, &last, &result);
        self.check(result.is_ok(), || format!("no run can be published: {}", text(&result)));
        for run in honest.history().unwrap() {
            let (id, is_published) = (&run.id, run.is_published);
            self.check(is_published == self.led.contains(id), || {
                format!("{id} is published: {is_published}")
            });
            self.check(run.is_current == (*id == last), || format!("{id} is not the last"));
        }
        let later = self.world.memory.lying(|_, _| Fate::Older(TimeDelta::hours(25)));
        Output::in_store(later, "out").clear(1, false).unwrap();
        let found: Vec<_> =
            self.world.honest.list("").unwrap().into_iter().map(|o| o.key).collect();
        let files = ["cohorts.parquet", "revenue.parquet", "run.json"];
        let mut expected = vec!["out/current.json".to_owned()];
        expected.extend(files.map(|file| format!("out/runs/{last}/{file}")));
        self.check(found == expected, || format!("there is {found:?}"));
        self.look();
    }
}

fn text(result: &Result<(), PublishError>) -> String {
    result.as_ref().map_or_else(ToString::to_string, |()| "ok".to_owned())
}
