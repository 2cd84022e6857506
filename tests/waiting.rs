//! Two runs on one output: one waits for the other, however that ends.

use std::fs;

use crate::support::published::{assert_tidy, published};
use crate::support::shell::{Folder, Running};

const PIPELINE: &str = r#"
[inputs.orders]
path = "shop/orders"
customer_id = "customer_id"
ordered_at = "ordered_at"
amount = "amount"

[outputs]
path = "out"
tables = ["cohort_curve"]
"#;

fn shop() -> Folder {
    let folder = Folder::new();
    folder.kohort_succeeds("sample shop --customers 3000 --quiet");
    folder.write("pipeline.toml", PIPELINE);
    folder.kohort_succeeds("run pipeline.toml --quiet");
    folder
}

/// A run that holds the output and was stopped, and one that waits for it.
fn one_waits(folder: &Folder) -> (Running, Running) {
    for days in 1.. {
        let run = |days: i32| format!("run pipeline.toml --set customers.lapse_after_days={days}");
        let mut first = folder.start(&run(days));
        assert!(first.wait_for("started stage=\"read\""));
        first.stop();
        let mut second = folder.start(&format!("{} --wait --log-format text", run(1000 + days)));
        let waits = second.wait_for("; waiting until it ends");
        if waits {
            return (first, second);
        }
        // The first was done before it was stopped.
        first.go_on();
        assert_eq!((first.end().code, second.end().code), (Some(0), Some(0)));
    }
    unreachable!("there are days enough")
}

#[test]
fn a_run_waits_until_the_other_is_done() {
    let folder = shop();
    let (first, second) = one_waits(&folder);
    let id = first.id();
    first.go_on();
    assert_eq!(first.end().code, Some(0));
    let (before, done) = (folder.names("out/runs"), second.end());
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let told = done.stderr.lines().find(|line| line.contains("waiting until")).unwrap();
    let place = format!(" {} is in use by run 20", folder.path("out").display());
    assert!(told.contains(&place) && told.contains(&format!("(process {id} on ")), "{told}");
    assert!(folder.names("out/runs").len() > before.len(), "both are published");
    published(&folder);
    assert_tidy(&folder);
}

#[test]
fn a_run_waits_for_the_state_that_it_shares() {
    let folder = shop();
    let run = "kohort run pipeline.toml -q --set state.path=state --output";
    // A lock of the system, as a run has it.
    let line = format!(
        "mkdir state; touch state/.lock; flock state/.lock sleep 3 & sleep 1; \
         {run} one; echo $?; {run} two --wait; echo $?; wait"
    );
    let done = folder.shell(&line);
    assert_eq!(done.stdout, "1\n0\n", "{}", done.stderr);
    let state = folder.path("state").canonicalize().unwrap();
    let in_use = format!("{} is in use by another run; wait", state.display());
    assert_eq!(done.stderr.matches(&in_use).count(), 2, "{}", done.stderr);
    assert!(done.stderr.contains("; waiting until it ends"), "{}", done.stderr);
    assert_eq!(folder.names("two/runs").len(), 1);
}

#[test]
fn the_lock_of_a_killed_run_is_taken_over() {
    let folder = shop();
    let (first, second) = one_waits(&folder);
    let id = first.id();
    let before = published(&folder);
    first.kill();
    assert_eq!(second.end().code, Some(0));
    let after = published(&folder);
    assert!(after.folder != before.folder);
    assert_tidy(&folder);

    // Also where nobody waited: the file of the lock still has the name of who is dead.
    let mut run = folder.start("run pipeline.toml --as-of 2024-01-01");
    assert!(run.wait_for("started stage=\"read\""));
    run.kill();
    let lock = || fs::read_to_string(folder.path("out/.lock")).unwrap();
    assert!(lock().starts_with("run 20") && !lock().contains(&format!("(process {id} ")));
    folder.kohort_succeeds("run pipeline.toml --quiet --as-of 2024-02-01");
    assert_eq!(lock(), "");
    assert_tidy(&folder);
}

#[test]
fn a_run_that_was_killed_is_run_again() {
    let folder = shop();
    let mut run = folder.start("run pipeline.toml --as-of 2024-01-01 --log-format json");
    assert!(run.wait_for("\"stage\":\"read\""));
    assert_eq!(run.kill().signal, Some(9));
    let listed = folder.kohort("runs out");
    assert!(listed.stdout.contains("  unfinished  "), "{}", listed.stdout);
    assert!(listed.stderr.contains(" did not end; it is at work, or was killed\n"));
    let done = folder.kohort_succeeds("retry out");
    let said = done.stderr.lines().next().unwrap();
    assert!(said.starts_with("retrying run 20") && said.ends_with(", which did not end"), "{said}");
    assert_eq!(folder.record()["as_of"], "2024-01-01");
    let done = folder.kohort_succeeds("retry out");
    assert!(done.stderr.starts_with("nothing to retry: "), "{}", done.stderr);
    assert_eq!(folder.names("out/runs").len(), 2);
}
