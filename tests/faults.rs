//! Runs that are killed, disturbed or out of space: readers see the old tables, whole, until the new
//! ones are there, whole.

use std::fs::File;
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use crate::support::mask::masked;
use crate::support::published::{assert_tidy, published};
use crate::support::shell::{Done, Folder, skip};

/// How often a test may be too late: whoever sends a signal does not know how far the run got
/// meanwhile.
const TRIES: usize = 10;

pub const PIPELINE: &str = r#"
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

/// Nothing that was read before is of use, so that every run has as much to do.
const RUN: &str = "run pipeline.toml --full-refresh";

/// A shop, its pipeline, and the tables of a first run.
fn shop() -> Folder {
    let folder = Folder::new();
    folder.kohort_succeeds("sample shop --customers 3000");
    folder.write("pipeline.toml", PIPELINE);
    folder.kohort_succeeds(RUN);
    folder
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
        folder.kohort_succeeds(RUN);
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
        folder.kohort_succeeds(RUN);
        assert_eq!(folder.digests(), digests);
        assert_tidy(&folder);
    }
}

/// A run that is killed so many milliseconds after a line of its log.
fn killed(folder: &Folder, line: &str, millis: u64) -> Done {
    let mut run = folder.start(RUN);
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
    folder.kohort_succeeds(RUN);
    published(&folder);
    assert_tidy(&folder);
}

#[test]
fn a_file_that_changes_while_it_is_read_ends_the_run() {
    let folder = shop();
    let file = folder.path("shop/orders/2024-12.parquet");
    let found = (1..=TRIES as u64).find_map(|second| {
        let before = published(&folder);
        let mut run = folder.start(RUN);
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
        let mut first = folder.start(RUN);
        assert!(first.wait_for("started stage=\"read\""));
        first.stop();
        let second = folder.kohort(&format!("{RUN} --quiet"));
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
    let advice = "; wait until it ends, as `kohort run --wait` does, stop it, or choose another \
                  --output\n";
    let text = &second.stderr;
    assert!(text.starts_with(&place) && text.contains(&holder) && text.ends_with(advice), "{text}");
    folder.kohort_succeeds(RUN);
    assert_tidy(&folder);
}

#[test]
fn the_last_seven_runs_stay() {
    let folder = shop();
    let digests = folder.digests();
    let mut runs = folder.names("out/runs");
    for _ in 0..8 {
        folder.kohort_succeeds(&format!("{RUN} --select cohort_curve,revenue_churn"));
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
    for keep in [true, false] {
        // Files of up to 16 blocks of 512 or 1024 bytes; without the trap the signal would end the
        // run.
        let run = format!("exec kohort {RUN} --quiet --set state.keep={keep}");
        let done = folder.shell(&format!("trap '' XFSZ; ulimit -f 16; {run}"));
        assert_eq!(done.code, Some(1), "{}", done.stderr);
        let lines: Vec<_> = done.stderr.lines().collect();
        let (error, warnings) = lines.split_last().expect("an error");
        assert!(error.starts_with("error: cannot write "), "{error}");
        assert!(error.ends_with("; free some space or choose another --output"), "{error}");
        // What is kept is no reason to end.
        let kept = "what is read is not kept for the next run: cannot write ";
        let is_of_state = |line: &&str| {
            line.contains(kept) && line.ends_with("free some space or choose another [state] path")
        };
        assert_eq!(warnings.len(), usize::from(keep), "{lines:?}");
        assert!(warnings.iter().all(is_of_state), "{lines:?}");
        assert!(
            lines.iter().all(|line| line.contains("File too large (os error 27)")),
            "{lines:?}"
        );
        assert!(published(&folder) == before);
        assert_tidy(&folder);
    }
}

/// Commands with a disk of their own for the folder `full`, which they take with them. The first
/// line that they print is `mounted`.
fn on_disk(folder: &Folder, options: &str, commands: &str) -> Done {
    let commands = format!("mount -t tmpfs -o {options} none full && echo mounted; {commands}");
    folder.shell(&format!("mkdir -p full; unshare --mount --map-root-user sh -c '{commands}'"))
}

/// Whether there are such disks here.
fn has_disks(folder: &Folder) -> bool {
    let probe = on_disk(folder, "size=400k", "true");
    let has_disks = probe.stdout == "mounted\n";
    if !has_disks {
        skip(&format!("no disk can be mounted here: {}", probe.stderr));
    }
    has_disks
}

/// What `full` has published: its runs, the current one, and its tables.
const LOOK: &str = "readlink full/current; ls -A full/runs; cat full/current/*.parquet | cksum";

#[test]
fn a_full_disk_ends_the_run() {
    let folder = shop();
    if !has_disks(&folder) {
        return;
    }
    let run = "kohort run pipeline.toml -q --output full";
    let small = format!("{run} --select customer_retention --set state.keep=false");
    for (size, big, error) in [
        (400, "--set state.keep=false", "cannot write DIR/full/.staging/RUN/"),
        (
            400,
            "--set state.keep=false --memory-limit 1MiB",
            "spilling gathered orders to disk failed: No space left on device",
        ),
    ] {
        let big = format!("{run} {big}");
        let space = "mount -o remount,size=64m full";
        let commands =
            format!("{small}; {LOOK}; {big}; echo exit $?; {LOOK}; {space}; {big}; echo exit $?");
        let done = on_disk(&folder, &format!("size={size}k"), &commands);
        let text = masked(&done.stderr, &folder);
        assert!(text.starts_with(&format!("error: {error}")), "{text}");
        assert!(text.contains("No space left on device (os error 28); free "), "{text}");
        let others = text.lines().skip(1).filter(|line| !line.contains("--memory-limit"));
        assert_eq!(others.count(), 0, "{text}");
        let (before, after) = done.stdout.split_once("exit 1\n").expect("exit code 1");
        let after = after.strip_suffix("exit 0\n").expect("a run once there is space");
        assert_eq!(before, format!("mounted\n{after}"));
    }
}

#[test]
fn a_state_without_a_disk_is_a_warning() {
    let folder = shop();
    if !has_disks(&folder) {
        return;
    }
    let digests = folder.digests();
    let run = "kohort run pipeline.toml -q --set state.path=full";
    // Other rows of the same files, so that there is something else to keep.
    let more = "--set inputs.orders.where=\"amount > 20\"";
    let look = "find full -type f ! -name .lock | sort; cat full/*/state.json | cksum";
    for (options, before, expected) in [
        // Full, of bytes and of files, at once and once something is kept.
        ("size=40k", "true", "No space left on device (os error 28); free some space"),
        ("size=1m,nr_inodes=1", "true", "No space left on device (os error 28); free some space"),
        ("size=1m,nr_inodes=2", "true", "No space left on device (os error 28); free some space"),
        ("size=1m,nr_inodes=3", "true", "No space left on device (os error 28); free some space"),
        ("size=1m,nr_inodes=4", "true", "No space left on device (os error 28); free some space"),
        (
            "size=64m",
            "RUN; mount -o remount,size=$(( $(du -sk full | cut -f1) + 8 ))k full",
            "No space left on device (os error 28); free some space",
        ),
        (
            "size=64m",
            "RUN; mount -o remount,nr_inodes=$(find full | wc -l) full",
            "No space left on device (os error 28); free some space",
        ),
        ("ro", "true", "Read-only file system (os error 30); allow writing there"),
        (
            "size=64m",
            "RUN; mount -o remount,ro full",
            "Read-only file system (os error 30); allow writing there",
        ),
    ] {
        let before = before.replace("RUN", &format!("{run} {more}"));
        let commands = format!(
            "{before}; {look}; {run} --full-refresh; echo exit $?; {look}; echo; \
             mount -o remount,rw,size=64m,nr_inodes=1000 full; {run} --full-refresh; echo exit $?"
        );
        let done = on_disk(&folder, options, &commands);
        let text = masked(&done.stderr, &folder);
        let is_other = |line: &str| line.starts_with("cat: ") || line.contains(" unknown_values ");
        let text: Vec<_> = text.lines().filter(|line| !is_other(line)).collect();
        let warning = "what is read is not kept for the next run: cannot write DIR/full/";
        assert_eq!(text.len(), 1, "{options}: {text:?}");
        assert!(text[0].contains(warning), "{options}: {text:?}");
        let expected = format!("{expected} or choose another [state] path");
        assert!(text[0].ends_with(&expected), "{options}: {text:?}");
        // Nothing of it is left, and what was kept before still is.
        let parts: Vec<_> = done.stdout.split("exit 0\n").collect();
        assert_eq!(parts.len(), 3, "{options}: {}", done.stdout);
        assert_eq!(parts[0], format!("mounted\n{}", &parts[1][..parts[1].len() - 1]), "{options}");
        assert_eq!(folder.digests(), digests);
        assert_tidy(&folder);
    }
}

#[test]
fn a_disk_that_is_full_at_any_file_ends_the_run() {
    let folder = shop();
    if !has_disks(&folder) {
        return;
    }
    let run = "kohort run pipeline.toml -q --output full --select";
    let expected = {
        let commands = format!("{run} cohort_curve,loyalty; cat full/current/*.parquet | cksum");
        on_disk(&folder, "size=64m", &commands).stdout
    };
    let mut ended = 0;
    loop {
        // Each file, folder and link takes an inode.
        let left = format!("nr_inodes=$(( $(find full | wc -l) + {ended} ))");
        let commands = format!(
            "{run} cohort_curve; {LOOK}; mount -o remount,{left} full; \
             {run} cohort_curve,loyalty; echo exit $?; {LOOK}; \
             mount -o remount,nr_inodes=1000 full; \
             {run} cohort_curve,loyalty; echo exit $?; cat full/current/*.parquet | cksum",
        );
        let done = on_disk(&folder, "size=64m,nr_inodes=1000", &commands);
        let Some((before, after)) = done.stdout.split_once("exit 1\n") else { break };
        let text = masked(&done.stderr, &folder);
        let cause = "No space left on device (os error 28); free some space or choose another";
        // What is kept is given up first, with a warning.
        let error = text.lines().last().unwrap_or_default();
        assert!(
            error.starts_with("error: cannot write DIR/full/") && error.contains(cause),
            "{text}"
        );
        let (after, found) = after.split_once("exit 0\n").expect("a run once there is space");
        assert_eq!(before, format!("mounted\n{after}"), "{ended} files left: {text}");
        assert_eq!(format!("mounted\n{found}"), expected);
        ended += 1;
    }
    // The folder of the run and the one around it, two tables, the record and the link.
    assert!(ended >= 6, "{ended}");
}
