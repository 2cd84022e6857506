//! What a pipeline file has from the environment: its name stands wherever a text leaves, never its value.

use std::fs;

use crate::support::expected::cases;
use crate::support::shell::Folder;
use crate::tables::set_up;

/// What is in the environment, such as the folder of a customer.
const SECRET: &str = "acme-4711";

fn shop() -> Folder {
    let folder = set_up(&cases().join("commands/shop"));
    fs::create_dir(folder.path(SECRET)).unwrap();
    fs::rename(folder.path("orders.parquet"), folder.path(&format!("{SECRET}/orders.parquet")))
        .unwrap();
    let text = fs::read_to_string(folder.path("pipeline.toml")).unwrap();
    let text = text
        .replace("\"shop\"", "\"shop of ${WHO}\"")
        .replace("\"orders.parquet\"", "\"${WHO}/*.parquet\"")
        .replace("\"out\"", "\"${WHO}/out\"")
        .replace("[outputs]", "[records]\nlineage = \"lineage\"\nlineage_namespace = \"of ${WHO}\"\nprometheus = \"metrics.prom\"\n\n[outputs]");
    folder.write("pipeline.toml", &text);
    folder
}

#[test]
fn values_stand_nowhere() {
    let folder = shop();
    let out = format!("{SECRET}/out");
    // A command, and a text that has the name in it.
    let commands = [
        ("run pipeline.toml --dry-run", "/${WHO}/orders.parquet"),
        ("run pipeline.toml --dry-run --log-format json", "/${WHO}/orders.parquet"),
        ("run pipeline.toml --verbose", "/${WHO}/out/runs/"),
        (
            "run pipeline.toml --log-format json --as-of 2024-03-01",
            "\"pipeline\":\"shop of ${WHO}\"",
        ),
        ("run pipeline.toml", "/${WHO}/out/runs/"),
        ("run pipeline.toml --set inputs.orders.path=${WHO}/none", "/${WHO}/none"),
        ("run pipeline.toml --set inputs.orders.amount=${WHO}", "${WHO}"),
        ("run pipeline.toml --set calendar.timezone=${WHO}", "calendar.timezone is \"${WHO}\""),
        ("run pipeline.toml --set outputs.tables=${WHO}", "outputs.tables is \"${WHO}\""),
        (
            "run pipeline.toml --set checks.max_rejected=0 --set inputs.orders.lost=lots",
            "/${WHO}/orders.parquet row 6: status = lost",
        ),
        ("runs pipeline.toml", "failed: 3 of 10 rows"),
        (
            "check pipeline.toml --set inputs.orders.amount=amounts",
            "/${WHO}/orders.parquet does not have",
        ),
        ("show pipeline.toml none", "/${WHO}/out/runs/"),
        ("diff pipeline.toml~1 pipeline.toml --all", ""),
        ("gc pipeline.toml --keep 2", ""),
        ("retry pipeline.toml --quiet", ""),
    ];
    for (command, told) in commands {
        let line = format!(" '{}'", command.split(' ').collect::<Vec<_>>().join("' '"));
        let done = folder.shell(&format!("WHO={SECRET} kohort{line}"));
        for text in [&done.stdout, &done.stderr] {
            assert!(!text.contains(SECRET), "{command}: {text}");
        }
        let found = done.stdout.contains(told) || done.stderr.contains(told);
        assert!(found, "{command}: {}{}", done.stdout, done.stderr);
    }
    let record = folder.record_in(&out);
    assert_eq!(record["pipeline"], "shop of ${WHO}");
    let path = record["inputs"][0]["files"][0]["path"].as_str().unwrap();
    assert!(path.ends_with("/${WHO}/orders.parquet"), "{path}");
    for file in ["lineage", "metrics.prom", &format!("{out}/current/run.json")] {
        let text = fs::read_to_string(folder.path(file)).unwrap();
        assert!(!text.contains(SECRET) && text.contains("shop of ${WHO}"), "{file}: {text}");
    }
    let lineage = fs::read_to_string(folder.path("lineage")).unwrap();
    assert!(lineage.contains("\"namespace\":\"of ${WHO}\""), "{lineage}");
}

#[test]
fn another_value_is_another_pipeline() {
    let folder = shop();
    fs::create_dir(folder.path("umbrella-1")).unwrap();
    let from = folder.path(&format!("{SECRET}/orders.parquet"));
    fs::copy(from, folder.path("umbrella-1/orders.parquet")).unwrap();
    let run = |who: &str| {
        let done = folder.shell(&format!("WHO={who} kohort run pipeline.toml -q --output out"));
        assert_eq!(done.code, Some(0), "{}", done.stderr);
        folder.record()
    };
    let (one, other, again) = (run(SECRET), run("umbrella-1"), run("umbrella-1"));
    assert_eq!(one["pipeline"], other["pipeline"]);
    assert_ne!(one["pipeline_digest"], other["pipeline_digest"]);
    assert_eq!(other["run_id"], again["run_id"], "nothing has changed");
}

#[test]
fn what_is_kept_of_files_is_found_again() {
    let folder = shop();
    let run = |more: &str| {
        let line = format!(
            "WHO={SECRET} kohort run pipeline.toml -q --output out --set state.path=state {more}"
        );
        let done = folder.shell(&line);
        assert_eq!(done.code, Some(0), "{}", done.stderr);
        folder.record()
    };
    assert_eq!(run("")["inputs"][0]["files_reused"], 0);
    assert_eq!(run("--as-of 2024-03-01")["inputs"][0]["files_reused"], 1);
}
