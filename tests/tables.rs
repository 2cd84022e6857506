//! Cases of tables: a pipeline, its input and what must come out, all as text in `cases/<name>/`.
//!
//! | file | what it is |
//! |---|---|
//! | `pipeline.toml` | the pipeline, which writes to `out` |
//! | `<name>.txt` | becomes `<name>.parquet` beside the pipeline; `<name>.csv` stays as it is |
//! | `expected/<table>.txt` | the columns to look at, and their values in the published table; a comment `# only grain=month buyer=customer` picks rows |
//! | `expected/rejected/orders.txt` | the same of the details of rejected rows |
//! | `expected/run.txt` | fields of `run.json`: of the run, else of its first input, or as `input.field` or `table.field` |
//!
//! The expected values were found by hand, from `docs/tables`; the comment above each input says
//! what it is about.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::expected::{assert_file, cases, is_blessing};
use crate::support::parquet::{read_text, write_text};
use crate::support::shell::Folder;
use crate::support::text::{Cell, TextTable};

each_case! {
    activity_any
    alerts
    all_grains
    alone_answers
    alone_carts
    alone_invoices
    alone_opportunities
    alone_touchpoints
    carts
    checks_declared
    churn_indicators
    clock_change_london
    clock_change_new_york
    cohort_order_values
    cohorts_basic
    cohorts_cut_by_as_of
    cross_sell
    currencies
    customers
    dirty_rows
    duplicates
    expressions
    first_order_ties_integers
    first_order_ties_texts
    funnel
    funnel_identities
    history_start
    lapse_auto
    later_days
    leap_day
    lines
    lost_sales_answers
    lost_sales_cut
    lost_sales_opportunities
    lost_sales_prospects_only
    lost_sales_reasons
    lost_sales_recovery
    lookups
    loyalty
    naive_times
    nps
    nps_anonymous
    product_returns
    purchase_gaps
    receivables
    receivables_payments
    receivables_without_ids
    refunds
    retention_cut_by_as_of
    retention_gap_of_w
    retention_leaves_and_returns
    retention_lifecycle
    revenue_12_months
    revenue_50_0_50
    revenue_fiscal_half_years
    revenue_movements
    revenue_of_a_shop
    revenue_of_subscriptions
    rounding
    segments
    segments_history_start
    several_files
    subscribers
    subscriptions_50_0_50
    subscriptions_before_the_window
    subscriptions_cancelled_copies
    subscriptions_change_of_plan
    subscriptions_default_as_of
    subscriptions_dirty_rows
    subscriptions_discounts
    subscriptions_duplicates
    subscriptions_end_and_start_on_one_day
    subscriptions_gaps
    subscriptions_inclusive_ends
    subscriptions_intervals
    subscriptions_last_days_as_ends
    subscriptions_one_of_two_ends
    subscriptions_open_end
    subscriptions_reasons
    subscriptions_segments
    subscriptions_updated_at
    subscriptions_upgrade_and_second
    subscriptions_usual_intervals
    subscriptions_within_a_month
    subscriptions_without_ends
    updated_at
    weeks_across_years
    weeks_from_sunday_years_from_april
    whole_units
    win_back_contacts
    zero_rows
}

#[test]
fn every_case_has_a_test() {
    let folders = fs::read_dir(cases()).unwrap().map(|entry| entry.unwrap().path());
    let cases: BTreeSet<_> = folders
        .filter(|folder| folder.join("pipeline.toml").exists())
        .map(|folder| folder.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    let tests: BTreeSet<_> = NAMES.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(cases, tests);
}

fn check(name: &str) {
    let case = cases().join(name);
    let folder = set_up(&case);
    let done = folder.kohort_succeeds("run pipeline.toml");
    assert_eq!(done.stdout, "", "stdout is for data");
    for file in files(&case.join("expected"), "txt") {
        let table = file.file_stem().unwrap().to_str().unwrap();
        if table == "run" {
            check_table(&file, |_| run_fields(&file, &folder.record()));
        } else {
            check_table(&file, |path| read_text(&folder.path("out/current").join(path)));
        }
    }
    for file in files(&case.join("expected/rejected"), "txt") {
        check_table(&file, |path| {
            let mut table = read_text(&folder.path("out/current/rejected").join(path));
            let input = format!("{}/", folder.path("").canonicalize().unwrap().display());
            for cell in table.rows.iter_mut().flatten().flatten() {
                *cell = cell.replace(&input, "");
            }
            table
        });
    }
}

/// A folder with the files of a case.
pub fn set_up(case: &Path) -> Folder {
    let folder = Folder::new();
    for extension in ["toml", "csv"] {
        for file in files(case, extension) {
            folder.copy(&file);
        }
    }
    for file in files(case, "txt") {
        let name = Path::new(file.file_name().unwrap()).with_extension("parquet");
        let table = TextTable::parse(&fs::read_to_string(file).unwrap());
        write_text(&folder.path(name.to_str().unwrap()), &table);
    }
    folder
}

/// Compares the columns and rows that a file expects with those of a table.
fn check_table(file: &Path, read: impl FnOnce(&Path) -> TextTable) {
    let text = fs::read_to_string(file).unwrap();
    let mut expected = TextTable::parse(&text);
    let path = Path::new(file.file_name().unwrap()).with_extension("parquet");
    let actual = read(&path);
    let column = |name: &str| {
        let at = actual.names.iter().position(|found| found == name);
        at.unwrap_or_else(|| panic!("no column {name}, there are {:?}", actual.names))
    };
    let wanted: Vec<_> = expected
        .comments
        .iter()
        .filter_map(|comment| comment.strip_prefix("# only "))
        .flat_map(str::split_whitespace)
        .map(|pair| pair.split_once('=').expect("# only column=value"))
        .map(|(name, value)| (column(name), Some(value.to_owned())))
        .collect();
    let chosen: Vec<_> = expected.names.iter().map(|name| column(name)).collect();
    let is_wanted = |row: &&Vec<Cell>| wanted.iter().all(|(at, value)| row[*at] == *value);
    let choose = |row: &Vec<Cell>| chosen.iter().map(|at| row[*at].clone()).collect();
    let rows = actual.rows.iter().filter(is_wanted).map(choose).collect();
    // How many blanks part two cells is of no importance, unless the file is written anew.
    let written = expected.render();
    expected.rows = rows;
    let found = expected.render();
    if is_blessing() || found != written {
        assert_file(file, &found);
    }
}

/// The fields of a run record that a file asks for.
fn run_fields(file: &Path, record: &Value) -> TextTable {
    let asked = TextTable::parse(&fs::read_to_string(file).unwrap());
    let inputs = record["inputs"].as_array().expect("a list of inputs");
    let value = |field: &str| {
        let value = match field.split_once('.') {
            Some((name, field)) => {
                let of_table =
                    || record["tables"].as_array()?.iter().find(|table| table["name"] == name);
                let found = inputs.iter().find(|input| input["input"] == name).or_else(of_table);
                found.and_then(|found| found.get(field))
            }
            None => record.get(field).or_else(|| inputs[0].get(field)),
        };
        shown(value.unwrap_or_else(|| panic!("run.json has no {field}")))
    };
    let row = |row: &Vec<Cell>| {
        let field = row[0].clone().unwrap();
        vec![Some(field.clone()), Some(value(&field))]
    };
    let rows = asked.rows.iter().map(row).collect();
    TextTable { rows, ..asked }
}

/// A value of a run record; of counts those above zero.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(counts) => {
            let counts = counts.iter().filter(|(_, count)| count.as_u64() != Some(0));
            let counts: Vec<_> = counts.map(|(name, count)| format!("{name}={count}")).collect();
            if counts.is_empty() { "none".to_owned() } else { counts.join(" ") }
        }
        other => other.to_string(),
    }
}

/// The files in a folder with an extension, sorted; none where there is no such folder.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut files: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    files
}
