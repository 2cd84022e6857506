//! Formulas with numbers typed in, and what comes of them: `cases/calc.toml`.
//!
//! A case has the arguments of `kohort calc` and either all `results`, a number or `"undefined"` by
//! name, or a part of the `error` on stderr. The expected values were found by hand.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::support::expected::cases;
use crate::support::shell::{Done, Folder};

#[test]
fn worked_examples() {
    let folder = Folder::new();
    let text = fs::read_to_string(cases().join("calc.toml")).unwrap();
    let file: toml::Table = text.parse().unwrap();
    let mut cases_of = BTreeMap::new();
    for case in file["case"].as_array().unwrap() {
        let args = case["args"].as_str().unwrap();
        let done = folder.shell(&format!("kohort calc {args} --json"));
        match case.get("results") {
            Some(results) => check_results(results.as_table().unwrap(), &done, args),
            None => check_error(case["error"].as_str().unwrap(), &done, args),
        }
        let name = args.split_whitespace().next().unwrap();
        *cases_of.entry(name.to_owned()).or_insert(0) += 1;
    }
    let listed = formulas(&folder.kohort_succeeds("calc --help").stdout);
    let covered: Vec<_> = cases_of.iter().filter(|(_, n)| **n >= 3).map(|(name, _)| name).collect();
    assert_eq!(covered, listed.iter().collect::<Vec<_>>(), "three cases for each formula");
}

#[track_caller]
fn check_results(expected: &toml::Table, done: &Done, args: &str) {
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{args}");
    let found: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(found["formula"].as_str(), args.split_whitespace().next(), "{args}");
    let found = found["results"].as_object().unwrap();
    assert!(found.keys().eq(expected.keys()), "{args}: {found:?}");
    for (name, expected) in expected {
        match (expected.as_float(), found[name].as_f64()) {
            (None, None) => assert_eq!(expected.as_str(), Some("undefined"), "{args}: {name}"),
            (Some(expected), Some(found)) => {
                let error = (found - expected).abs();
                assert!(error <= 1e-12 * expected.abs(), "{args}: {name} is {found}");
            }
            (_, found) => panic!("{args}: {name} is {found:?}, not {expected}"),
        }
    }
}

#[track_caller]
fn check_error(expected: &str, done: &Done, args: &str) {
    assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{args}");
    assert!(done.stderr.contains(expected), "{args}\n{}", done.stderr);
}

/// The names that the help lists, sorted.
fn formulas(help: &str) -> Vec<String> {
    let list = help.lines().skip_while(|line| *line != "Formulas:").skip(1);
    let list = list.take_while(|line| !line.is_empty());
    let mut names: Vec<_> =
        list.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect();
    names.sort();
    names
}
