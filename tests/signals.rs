//! Runs that are told to end: they do so soon, and leave nothing but their log.

use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::faults::PIPELINE;
use crate::kills::{Nights, Outcome};
use crate::support::published::{assert_tidy, names_beside_state, published};
use crate::support::shell::{Done, Folder, Running, tell};

/// How long a run may take to end.
const SOON: Duration = Duration::from_secs(2);

/// Runs that are stopped at random moments.
const STOPS: u32 = 15;

/// Sends signals to a run and waits for its end.
#[track_caller]
fn stopped(run: Running, signals: &[&str]) -> Done {
    for signal in signals {
        run.signal(signal);
    }
    let begun = Instant::now();
    let done = run.end();
    assert!(begun.elapsed() < SOON, "it took {:?} to end\n{}", begun.elapsed(), done.stderr);
    done
}

#[test]
fn a_run_stopped_at_any_moment_leaves_nothing() {
    let mut nights = Nights::new(2);
    let (mut too_early, mut too_late) = (0, 0);
    for _ in 0..STOPS {
        let (signal, code) = [("TERM", 143), ("INT", 130)][usize::from(nights.below(4) == 0)];
        match nights.disturb(|run| stopped(run, &[signal])) {
            // It had not even begun to listen.
            Outcome::Disturbed(done) if done.signal.is_some() => {
                assert_eq!(done.stderr, "");
                too_early += 1;
            }
            Outcome::Disturbed(done) => {
                assert_eq!((done.code, done.signal), (Some(code), None), "{}", done.stderr);
                let last = done.stderr.lines().last().unwrap();
                let published = format!("error: stopped by SIG{signal}; the tables are published");
                let expected = format!("error: stopped by SIG{signal}; nothing was published");
                assert!(last == expected || last == published, "{last}");
                let left = names_beside_state(&nights.folder);
                assert!(!left.contains(&".staging".to_owned()), "{left:?}");
            }
            Outcome::TooLate => too_late += 1,
        }
        nights.recover();
    }
    let stopped = STOPS - too_early - too_late;
    tell(&format!("stopped {stopped} runs; {too_early} had not begun, {too_late} were done"));
    // How many depends on the machine; that some were does not.
    assert!(stopped > 0, "none of {STOPS} runs was stopped while at work");
}

/// A shop large enough that a run on it is not over before it hears of a signal.
fn shop() -> Folder {
    let folder = Folder::new();
    folder.kohort_succeeds("sample shop --customers 20000 --quiet");
    folder.write("pipeline.toml", PIPELINE);
    folder
}

/// A run that has begun a stage.
#[track_caller]
fn started(folder: &Folder, stage: &str) -> Running {
    let mut run = folder.start("run pipeline.toml");
    assert!(run.wait_for(&format!("started stage=\"{stage}\"")), "there is no stage {stage}");
    run
}

#[test]
fn a_first_run_that_is_stopped_leaves_its_lock_file() {
    let folder = shop();
    // timeout(1) tells the process and its group, which is twice the same.
    for (stage, signals, code) in
        [("read", &["TERM"][..], 143), ("fold", &["INT"], 130), ("fold", &["TERM", "TERM"], 143)]
    {
        let done = stopped(started(&folder, stage), signals);
        assert_eq!((done.code, done.signal), (Some(code), None), "{stage}: {}", done.stderr);
        let expected = format!("error: stopped by SIG{}; nothing was published", signals[0]);
        assert_eq!(done.stderr.lines().last(), Some(&*expected), "{stage}");
        assert_eq!(names_beside_state(&folder), [".lock"], "{stage}");
        assert!(!folder.path("out/.attempt.json").exists(), "{stage}");
    }
    folder.kohort_succeeds("run pipeline.toml --quiet");
    published(&folder);
    assert_tidy(&folder);
}

#[test]
fn a_run_stopped_while_it_is_published_says_whether_it_is() {
    let folder = shop();
    for (night, millis) in [0, 1, 2, 4, 8, 16, 32].into_iter().enumerate() {
        let before = folder.current();
        let mut run = folder.start(&format!("run pipeline.toml --as-of 2024-01-{:02}", night + 1));
        assert!(run.wait_for("finished stage=\"write\""));
        sleep(Duration::from_millis(millis));
        let done = stopped(run, &["TERM"]);
        if done.code == Some(0) {
            continue;
        }
        let is_published = folder.current() != before;
        let what = if is_published { "the tables are published" } else { "nothing was published" };
        let expected = format!("error: stopped by SIGTERM; {what}");
        assert_eq!((done.code, done.stderr.lines().last()), (Some(143), Some(&*expected)));
        if is_published {
            published(&folder);
            assert_tidy(&folder);
        }
    }
}

#[test]
fn other_commands_end_at_once() {
    let folder = Folder::new();
    let run = folder.start("sample large --customers 10000000");
    assert_eq!(stopped(run, &["TERM"]).signal, Some(15));
}
