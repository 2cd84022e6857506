//! The shop with every input: the same tables however it is cut, and what was planted found again.

use std::fmt::Write as _;

use kohort_sample::PLANTED_EVERYTHING;
use serde_json::{Value, json};

use crate::determinism::write_files;
use crate::support::parquet::{read, read_text};
use crate::support::shell::Folder;

pub const INPUTS: [&str; 11] = [
    "orders",
    "prospects",
    "contacts",
    "surveys",
    "touchpoints",
    "identities",
    "opportunities",
    "order_lines",
    "returns",
    "invoices",
    "engagement",
];

/// A shop of so many customers beside the pipeline file for it.
pub fn shop(customers: u32) -> Folder {
    let folder = Folder::new();
    folder.kohort_succeeds(&format!(
        "sample data/everything --everything --customers {customers} --quiet"
    ));
    std::fs::create_dir(folder.path("pipelines")).unwrap();
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../pipelines/everything.toml");
    std::fs::copy(root, folder.path("pipelines/everything.toml")).unwrap();
    folder
}

#[test]
fn tables_do_not_depend_on_how_the_inputs_are_cut() {
    let folder = shop(400);
    // Windows are open, and rows are too late, in the middle of a month.
    let run = "run pipelines/everything.toml --quiet --output out --as-of 2024-11-20";
    let mut first: Option<Value> = None;
    for (files, cut) in [
        (1, "--threads 1"),
        (1, "--threads 8 --memory-limit 1MiB"),
        (7, "--threads 2"),
        (50, "--threads 3 --memory-limit 1MiB"),
    ] {
        let mut paths = String::new();
        for input in INPUTS {
            let rows = read(&folder.path(&format!("data/everything/{input}.parquet")));
            let at = format!("cut_{files}/{input}");
            write_files(&folder, &at, files, &rows);
            let at = folder.path(&at).display().to_string();
            let _ = write!(paths, " --set inputs.{input}.path={at}");
        }
        folder.kohort_succeeds(&format!("{run} {cut} {paths}"));
        let found = outcome(&folder);
        assert_eq!(&found, first.get_or_insert_with(|| found.clone()), "{files} files {cut}");
    }
    let outcome = first.unwrap();
    for event in
        ["touchpoints", "opportunities", "order_lines", "returns", "invoices", "engagement"]
    {
        assert!(outcome["events"][event].as_u64() > Some(100), "{event} of {outcome}");
    }
    assert!(outcome["risk_model"]["auc"].as_f64() > Some(0.5), "{outcome}");
    // A table is the same whatever stands beside it.
    for table in folder.digests() {
        folder.kohort_succeeds(&format!("{run} --select {}", table.0));
        assert_eq!(folder.digests(), [table]);
    }
}

/// All of a run that must not depend on how it was done.
fn outcome(folder: &Folder) -> Value {
    let record = folder.record();
    let inputs = record["inputs"].as_array().unwrap().iter();
    let of_input = |input: &Value| {
        let files = input["files"].as_array().unwrap().iter();
        let rows: u64 = files.map(|file| file["rows"].as_u64().unwrap()).sum();
        json!([input["input"], rows, input["rejected"], input["left_out"]])
    };
    json!({
        "tables": folder.digests(),
        "events": record["events"],
        "inputs": inputs.map(of_input).collect::<Vec<_>>(),
        "risk_model": record["risk_model"],
    })
}

#[test]
fn signals_that_drive_churn_are_told_from_those_that_do_not() {
    let folder = shop(8000);
    let tables = "churn_indicators,customers";
    folder.kohort_succeeds(&format!(
        "run pipelines/everything.toml --quiet --output out --select {tables}"
    ));
    let table = read_text(&folder.path("out/current/churn_indicators.parquet"));
    let place = |column: &str| table.names.iter().position(|name| name == column).unwrap();
    let [segment, grain, signal] = ["segment", "grain", "signal"].map(place);
    let number = |name: &str, column: &str| -> f64 {
        let is_wanted = |row: &&Vec<Option<String>>| {
            [(segment, "all"), (grain, "month"), (signal, name)]
                .iter()
                .all(|(at, value)| row[*at].as_deref() == Some(value))
        };
        let row = table.rows.iter().find(is_wanted).unwrap();
        row[place(column)].as_deref().unwrap().parse().unwrap()
    };
    for planted in PLANTED_EVERYTHING.signals {
        let (name, factor) = (planted.kind, planted.unhappy_factor);
        let auc = number(name, "auc");
        let (low, high) = (number(name, "odds_ratio_low"), number(name, "odds_ratio_high"));
        if factor < 1.0 {
            assert!(auc < 0.4 && high < 1.0, "{name}: {auc}, {low} to {high}");
        } else if factor > 1.0 {
            assert!(auc > 0.6 && low > 1.0, "{name}: {auc}, {low} to {high}");
        } else {
            assert!((auc - 0.5).abs() < 0.02, "{name}: {auc}, {low} to {high}");
        }
    }
    // The model tells who leaves in months that it has not seen, and how many will.
    let model = &folder.record()["risk_model"];
    assert!(model["auc"].as_f64() > Some(0.65), "{model}");
    let classes = model["calibration"].as_array().unwrap().iter();
    let (mut expected, mut churned) = (0.0, 0.0);
    for class in classes {
        expected += class["expected"].as_f64().unwrap();
        churned += class["churned"].as_f64().unwrap();
    }
    assert!((expected / churned - 1.0).abs() < 0.15, "{expected} of {churned}");
}
