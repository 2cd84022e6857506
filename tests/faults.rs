//! Runs that are killed, disturbed or out of space: readers see the old tables, whole, until the new
//! ones are there, whole.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use crate::support::mask::masked;
use crate::support::parquet::read;
use crate::support::shell::{Done, Folder, skip};

/// How often a test may be too late: whoever sends a signal does not know how far the run got
/// meanwhile.
const TRIES: usize = 10;

const PIPELINE: &str = r#"
[calendar]
grains = ["month", "week"]

[inputs.orders]
path = "shop/orders"
customer_id = "customer_id"
order_id = "order_id"
ordered_at = "ordered_at"
amount = "amount"
status = "status"
completed = ["completed", "refunded"]
lost = ["payment_failed", "cancelled", "out_of_stock", "abandoned"]
open = ["pending"]
ignored = ["test"]

[segments]
country = "country"
channel = "channel"

[outputs]
path = "out"
"#;

/// A shop, its pipeline, and the tables of a first run.
fn shop() -> Folder {
    let folder = Folder::new();
    folder.kohort_succeeds("sample shop --customers 3000");
    folder.write("pipeline.toml", PIPELINE);
    folder.kohort_succeeds("run pipeline.toml --quiet");
    folder
}

/// A run as readers find it: its folder, and the bytes of each of its files.
#[derive(Clone, PartialEq, Eq)]
struct Published {
    folder: PathBuf,
    files: BTreeMap<PathBuf, Vec<u8>>,
}

/// The current run, which must be whole.
#[track_caller]
fn published(folder: &Folder) -> Published {
    let current = folder.current().expect("a current run");
    for (name, rows, _) in folder.digests() {
        let table = read(&current.join(format!("{name}.parquet")));
        assert_eq!(table.num_rows() as u64, rows, "{name}");
    }
    let files = files(&current).map(|path| (path.clone(), fs::read(path).unwrap())).collect();
    Published { folder: current, files }
}

/// The files in and below a folder.
fn files(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let mut paths: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let mut at = 0;
    while at < paths.len() {
        if paths[at].is_dir() {
            paths.extend(fs::read_dir(&paths[at]).unwrap().map(|entry| entry.unwrap().path()));
        }
        at += 1;
    }
    paths.into_iter().filter(|path| path.is_file())
}

/// Asserts that the output holds whole runs and nothing else.
#[track_caller]
fn assert_tidy(folder: &Folder) {
    assert_eq!(folder.names("out"), [".lock", "current", "runs"]);
    for run in folder.names("out/runs") {
        assert!(folder.path(&format!("out/runs/{run}/run.json")).exists(), "{run} is half a run");
    }
}

#[test]
fn a_run_killed_at_any_moment_leaves_the_old_tables() {
    let moments = [
        ("started stage=\"open\"", 0),
        ("started stage=\"read\"", 0),
        ("started stage=\"read\"", 10),
        ("started stage=\"survey\"", 0),
        ("started stage=\"fold\"", 0),
        ("started stage=\"fold\"", 20),
        ("started stage=\"rejected\"", 0),
        ("started stage=\"write\"", 0),
        ("started stage=\"write\"", 20),
        ("started stage=\"write\"", 60),
    ];
    let folder = shop();
    let digests = folder.digests();
    for (moment, millis) in moments {
        let is_caught = (0..TRIES).any(|_| {
            let before = published(&folder);
            let done = killed(&folder, moment, millis);
            let after = published(&folder);
            // Or else it was done before the signal came.
            let is_caught = after.folder == before.folder;
            assert!(!is_caught || (after == before && done.signal == Some(9)), "{moment} {millis}");
            is_caught
        });
        assert!(is_caught, "no run was caught {millis} ms after {moment}");
        folder.kohort_succeeds("run pipeline.toml --quiet");
        assert_eq!(folder.digests(), digests, "the run after one that was killed at {moment}");
        assert_tidy(&folder);
    }
}

#[test]
fn a_run_killed_while_it_is_published_is_published_or_not() {
    let folder = shop();
    let digests = folder.digests();
    for millis in [0, 1, 2, 5, 10, 20] {
        let before = published(&folder);
        killed(&folder, "finished stage=\"write\"", millis);
        let after = published(&folder);
        assert!(after.folder != before.folder || after == before);
        assert_eq!(folder.digests(), digests);
        folder.kohort_succeeds("run pipeline.toml --quiet");
        assert_eq!(folder.digests(), digests);
        assert_tidy(&folder);
    }
}

/// A run that is killed so many milliseconds after a line of its log.
fn killed(folder: &Folder, line: &str, millis: u64) -> Done {
    let mut run = folder.start("run pipeline.toml");
    assert!(run.wait_for(line), "no line has {line}");
    sleep(Duration::from_millis(millis));
    run.kill()
}

#[test]
fn a_first_run_that_is_killed_publishes_nothing() {
    let folder = Folder::new();
    folder.kohort_succeeds("sample shop --customers 3000");
    folder.write("pipeline.toml", PIPELINE);
    killed(&folder, "started stage=\"fold\"", 0);
    assert_eq!(folder.kohort("show out cohort_curve").code, Some(1));
    assert_eq!(folder.current(), None);
    folder.kohort_succeeds("run pipeline.toml --quiet");
    published(&folder);
    assert_tidy(&folder);
}

#[test]
fn a_file_that_changes_while_it_is_read_ends_the_run() {
    let folder = shop();
    let file = folder.path("shop/orders/2024-12.parquet");
    let found = (1..=TRIES as u64).find_map(|second| {
        let before = published(&folder);
        let mut run = folder.start("run pipeline.toml");
        assert!(run.wait_for("started stage=\"read\""));
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(second);
        File::options().write(true).open(&file).unwrap().set_modified(time).unwrap();
        let done = run.end();
        // Or else it had read the file before.
        (done.code != Some(0)).then_some((done, before))
    });
    let (done, before) = found.expect("a run that sees it");
    let expected = format!(
        "error: {} changed while it was read; run again once nothing writes to it",
        file.canonicalize().unwrap().display()
    );
    assert_eq!((done.code, done.stderr.lines().last()), (Some(1), Some(&*expected)));
    assert!(published(&folder) == before);
    assert_tidy(&folder);
}

#[test]
fn a_second_run_on_one_output_names_the_first() {
    let folder = shop();
    let found = (0..TRIES).find_map(|_| {
        let mut first = folder.start("run pipeline.toml");
        assert!(first.wait_for("started stage=\"read\""));
        first.stop();
        let second = folder.kohort("run pipeline.toml --quiet");
        let id = first.id();
        first.go_on();
        assert_eq!(first.end().code, Some(0), "the first run is not disturbed");
        // Or else the first was done before it was stopped.
        (second.code != Some(0)).then_some((second, id))
    });
    let (second, id) = found.expect("two runs at once");
    assert_eq!((second.code, &*second.stdout), (Some(1), ""));
    let place = format!("error: {} is in use by run 20", folder.path("out").display());
    let holder = format!("(process {id} on ");
    let advice = "; wait until it ends, stop it, or choose another --output\n";
    let text = &second.stderr;
    assert!(text.starts_with(&place) && text.contains(&holder) && text.ends_with(advice), "{text}");
    folder.kohort_succeeds("run pipeline.toml --quiet");
    assert_tidy(&folder);
}

#[test]
fn the_last_seven_runs_stay() {
    let folder = shop();
    let digests = folder.digests();
    let mut runs = folder.names("out/runs");
    for _ in 0..8 {
        folder.kohort_succeeds("run pipeline.toml --quiet --select cohort_curve,revenue_churn");
        runs.extend(
            folder.current().map(|run| run.file_name().unwrap().to_str().unwrap().to_owned()),
        );
        let same = |(name, ..): &&(String, u64, String)| {
            ["cohort_curve", "revenue_churn"].contains(&name.as_str())
        };
        assert_eq!(folder.digests(), digests.iter().filter(same).cloned().collect::<Vec<_>>());
    }
    assert_eq!(folder.names("out/runs"), runs[2..]);
    assert_tidy(&folder);
}

#[test]
fn files_that_may_not_grow_end_the_run() {
    let folder = shop();
    let before = published(&folder);
    // Files of up to 16 blocks of 512 or 1024 bytes; without the trap the signal would end the run.
    let done = folder.shell("trap '' XFSZ; ulimit -f 16; exec kohort run pipeline.toml --quiet");
    let error = "File too large (os error 27); free some space or choose another --output\n";
    assert_eq!(done.code, Some(1));
    assert!(done.stderr.starts_with("error: cannot write ") && done.stderr.ends_with(error));
    assert!(published(&folder) == before);
    assert_tidy(&folder);
}

#[test]
fn a_full_disk_ends_the_run() {
    let folder = shop();
    // A disk of its own for `out`, which the shell below takes with it.
    let disk = |commands: &str| {
        let commands = format!("mount -t tmpfs -o size=400k none full && {commands}");
        folder.shell(&format!("mkdir -p full; unshare --mount --map-root-user sh -c '{commands}'"))
    };
    let probe = disk("true");
    if probe.code != Some(0) {
        return skip(&format!("no disk can be mounted here: {}", probe.stderr));
    }
    let small = "kohort run pipeline.toml -q --output full --select customer_retention";
    let look = "readlink full/current; ls -A full full/runs";
    for (big, error) in [
        ("kohort run pipeline.toml -q --output full", "cannot write DIR/full/.staging/RUN/"),
        (
            "kohort run pipeline.toml -q --output full --memory-limit 1MiB",
            "spilling gathered orders to disk failed: No space left on device",
        ),
    ] {
        let done = disk(&format!("{small}; {look}; {big}; echo exit $?; {look}"));
        let (before, after) = done.stdout.split_once("exit 1\n").expect("exit code 1");
        assert_eq!(before, after);
        let text = masked(&done.stderr, &folder);
        assert!(text.starts_with(&format!("error: {error}")), "{text}");
        assert!(text.contains("No space left on device (os error 28)"), "{text}");
    }
}
