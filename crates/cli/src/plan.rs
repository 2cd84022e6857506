//! `kohort run --dry-run`: what a run would do.

use std::fmt::Write as _;
use std::io::Write;

use kohort_model::{shown, shown_json};
use kohort_pipeline::{Planned, PlannedFile, PlannedInput, PlannedLookup, RunPlan};
use serde_json::{Value, json};

use crate::args::LogFormat;
use crate::error::CliError;
use crate::messages::Reader;
use crate::stdout::Stdout;
use kohort_report::grid::{Align, Grid};
use kohort_report::number::{count, plural, size};

/// Files to decode that a person is shown.
const SHOWN: usize = 20;

/// Writes the plan to stdout: a line of JSON for programs, else a text.
pub fn print(plan: &RunPlan, reader: Reader, stdout: &mut Stdout) -> Result<(), CliError> {
    let text = match reader {
        Reader::Log(LogFormat::Json) => {
            let object = object(plan).to_string();
            return Ok(writeln!(stdout, "{}", shown_json(&object))?);
        }
        Reader::Terminal | Reader::Log(LogFormat::Text) => text(plan),
    };
    Ok(stdout.print(&text)?)
}

/// The plan for a person.
fn text(plan: &RunPlan) -> String {
    let mut text = inputs(&plan.inputs).to_string();
    text.push('\n');
    for input in plan.inputs.iter().filter(|input| input.ruled_out.files > 0) {
        let Planned { files, rows, .. } = input.ruled_out;
        let (files, rows) = (plural(files, "file"), plural(rows, "row"));
        let _ = writeln!(text, "{}: {files} with {rows} ruled out by their folders", input.input);
    }
    for PlannedLookup { lookup, files, rows, bytes } in &plan.lookups {
        let (files, rows) = (plural(*files, "file"), plural(*rows, "row"));
        let _ = writeln!(text, "lookup   {lookup}: {rows} in {files}, {} in memory", size(*bytes));
    }
    let files = plan.inputs.iter().flat_map(|input| &input.decode_files);
    let width = files.clone().take(SHOWN).map(|file| file.reason.len()).max().unwrap_or(0);
    for (at, PlannedFile { path, bytes, reason }) in files.clone().take(SHOWN).enumerate() {
        let label = if at == 0 { "decode" } else { "" };
        let (bytes, path) = (size(*bytes), shown(path));
        let _ = writeln!(text, "{label:6} {bytes:>10}  {reason:width$}  {path}");
    }
    if let Some(more) = files.count().checked_sub(SHOWN).filter(|more| *more > 0) {
        let more = plural(more as u64, "more file");
        let _ = writeln!(text, "         and {more}; --log-format json lists all");
    }
    let limit = match plan.memory_limit {
        Some(limit) => format!(", limit {}", size(limit)),
        None => String::new(),
    };
    let threads = plural(plan.threads as u64, "thread");
    let _ = writeln!(text, "tables   {}", plan.tables.join(", "));
    let _ = writeln!(text, "memory   about {}{limit}; {threads}", size(plan.expected_memory));
    if let Some((first, as_of)) = plan.days {
        let tables = size(plan.period_tables);
        let _ = writeln!(
            text,
            "days     {first} to before {as_of}; rows for each period take {tables}, and up to as much \
             again for each segment value"
        );
    }
    if plan.unchanged {
        text.push_str("nothing has changed since the current run: a run would publish nothing\n");
    }
    text
}

/// A row for each input.
fn inputs(inputs: &[PlannedInput]) -> Grid {
    let mut grid = Grid::new([
        ("input", Align::Left),
        ("decode_files", Align::Right),
        ("decode_rows", Align::Right),
        ("decode_size", Align::Right),
        ("reuse_files", Align::Right),
        ("reuse_rows", Align::Right),
        ("reuse_size", Align::Right),
        ("vanished_files", Align::Right),
    ]);
    for input in inputs {
        let planned = |of: &Planned| [count(of.files), count(of.rows), size(of.bytes)];
        let cells = [planned(&input.decode), planned(&input.reuse)].into_iter().flatten();
        let name = input.input.to_owned();
        grid.row(std::iter::once(name).chain(cells).chain([count(input.vanished)]));
    }
    grid
}

/// The plan for a program.
fn object(plan: &RunPlan) -> Value {
    let planned = |of: &Planned| json!({ "files": of.files, "rows": of.rows, "bytes": of.bytes });
    let file = |PlannedFile { path, bytes, reason }: &PlannedFile| json!({ "path": path, "bytes": bytes, "reason": reason });
    let input = |input: &PlannedInput| {
        json!({
            "input": input.input,
            "decode": planned(&input.decode),
            "reuse": planned(&input.reuse),
            "ruled_out": planned(&input.ruled_out),
            "vanished_files": input.vanished,
            "decode_files": input.decode_files.iter().map(file).collect::<Value>(),
        })
    };
    let lookup = |PlannedLookup { lookup, files, rows, bytes }: &PlannedLookup| json!({ "lookup": lookup, "files": files, "rows": rows, "memory_bytes": bytes });
    json!({
        "unchanged": plan.unchanged,
        "inputs": plan.inputs.iter().map(input).collect::<Value>(),
        "lookups": plan.lookups.iter().map(lookup).collect::<Value>(),
        "tables": plan.tables,
        "threads": plan.threads,
        "memory_limit_bytes": plan.memory_limit,
        "expected_memory_bytes": plan.expected_memory,
        "period_table_bytes": plan.period_tables,
        "first_day": plan.days.map(|(first, _)| first.to_string()),
        "as_of": plan.days.map(|(_, as_of)| as_of.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use kohort_model::Day;

    use super::*;

    fn planned(files: u64, rows: u64, bytes: u64) -> Planned {
        Planned { files, rows, bytes }
    }

    fn file(path: &str, bytes: u64, reason: &'static str) -> PlannedFile {
        PlannedFile { path: path.to_owned(), bytes, reason }
    }

    fn input(name: &'static str) -> PlannedInput {
        PlannedInput {
            input: name,
            decode: planned(0, 0, 0),
            reuse: planned(0, 0, 0),
            ruled_out: planned(0, 0, 0),
            vanished: 0,
            decode_files: Vec::new(),
        }
    }

    /// A night after a day of orders, one file of which was corrected and one removed.
    fn nightly() -> RunPlan {
        let orders = PlannedInput {
            decode: planned(2, 27_512, 1_850_000),
            reuse: planned(729, 9_961_223, 702_400_000),
            vanished: 1,
            decode_files: vec![
                file("/shop/orders/2024-11-30.parquet", 950_000, "changed"),
                file("/shop/orders/2024-12-01.parquet", 900_000, "new"),
            ],
            ..input("orders")
        };
        let contacts = PlannedInput {
            reuse: planned(1, 40, 2_100),
            ruled_out: planned(2, 5_000, 30_000),
            ..input("contacts")
        };
        RunPlan {
            inputs: vec![orders, contacts],
            lookups: vec![PlannedLookup {
                lookup: "products".to_owned(),
                files: 1,
                rows: 40_000,
                bytes: 2_400_000,
            }],
            tables: vec!["cohort_curve", "win_back"],
            threads: 2,
            memory_limit: Some(4_000_000_000),
            expected_memory: 612_000_000,
            period_tables: 36_000,
            days: Some((Day(18_993), Day(20_058))),
            unchanged: false,
        }
    }

    #[test]
    fn some_files_of_many() {
        insta::assert_snapshot!(text(&nightly()), @r#"
                                                                                               vanished_
        input     decode_files  decode_rows  decode_size  reuse_files  reuse_rows  reuse_size      files
        ────────  ────────────  ───────────  ───────────  ───────────  ──────────  ──────────  ─────────
        orders               2       27,512       1.9 MB          729   9,961,223    702.4 MB          1
        contacts             0            0          0 B            1          40      2.1 kB          0

        contacts: 2 files with 5,000 rows ruled out by their folders
        lookup   products: 40,000 rows in 1 file, 2.4 MB in memory
        decode   950.0 kB  changed  /shop/orders/2024-11-30.parquet
                 900.0 kB  new      /shop/orders/2024-12-01.parquet
        tables   cohort_curve, win_back
        memory   about 612.0 MB, limit 4.0 GB; 2 threads
        days     2022-01-01 to before 2024-12-01; rows for each period take 36.0 kB, and up to as much again for each segment value
        "#);
    }

    #[test]
    fn nothing_to_do() {
        let plan = RunPlan {
            inputs: vec![PlannedInput { reuse: planned(1, 10, 2_100), ..input("orders") }],
            memory_limit: None,
            days: None,
            unchanged: true,
            lookups: Vec::new(),
            ..nightly()
        };
        insta::assert_snapshot!(text(&plan), @r#"
                                                                                             vanished_
        input   decode_files  decode_rows  decode_size  reuse_files  reuse_rows  reuse_size      files
        ──────  ────────────  ───────────  ───────────  ───────────  ──────────  ──────────  ─────────
        orders             0            0          0 B            1          10      2.1 kB          0

        tables   cohort_curve, win_back
        memory   about 612.0 MB; 2 threads
        nothing has changed since the current run: a run would publish nothing
        "#);
    }

    #[test]
    fn more_files_than_anybody_reads() {
        let shown = |files: usize| {
            let decode_files =
                (0..files).map(|n| file(&format!("/shop/{n:02}.parquet"), 1_000, "new")).collect();
            let orders = PlannedInput { decode_files, ..input("orders") };
            let text = text(&RunPlan { inputs: vec![orders], ..nightly() });
            text.lines().map(str::trim).find(|line| line.starts_with("and ")).map(str::to_owned)
        };
        for (files, expected) in [
            (SHOWN, None),
            (SHOWN + 1, Some("and 1 more file; --log-format json lists all")),
            (SHOWN + 2, Some("and 2 more files; --log-format json lists all")),
        ] {
            assert_eq!(shown(files).as_deref(), expected, "{files} files");
        }
    }

    #[test]
    fn a_program_gets_everything() {
        insta::assert_snapshot!(format!("{:#}", object(&nightly())), @r#"
        {
          "unchanged": false,
          "inputs": [
            {
              "input": "orders",
              "decode": {
                "files": 2,
                "rows": 27512,
                "bytes": 1850000
              },
              "reuse": {
                "files": 729,
                "rows": 9961223,
                "bytes": 702400000
              },
              "ruled_out": {
                "files": 0,
                "rows": 0,
                "bytes": 0
              },
              "vanished_files": 1,
              "decode_files": [
                {
                  "path": "/shop/orders/2024-11-30.parquet",
                  "bytes": 950000,
                  "reason": "changed"
                },
                {
                  "path": "/shop/orders/2024-12-01.parquet",
                  "bytes": 900000,
                  "reason": "new"
                }
              ]
            },
            {
              "input": "contacts",
              "decode": {
                "files": 0,
                "rows": 0,
                "bytes": 0
              },
              "reuse": {
                "files": 1,
                "rows": 40,
                "bytes": 2100
              },
              "ruled_out": {
                "files": 2,
                "rows": 5000,
                "bytes": 30000
              },
              "vanished_files": 0,
              "decode_files": []
            }
          ],
          "lookups": [
            {
              "lookup": "products",
              "files": 1,
              "rows": 40000,
              "memory_bytes": 2400000
            }
          ],
          "tables": [
            "cohort_curve",
            "win_back"
          ],
          "threads": 2,
          "memory_limit_bytes": 4000000000,
          "expected_memory_bytes": 612000000,
          "period_table_bytes": 36000,
          "first_day": "2022-01-01",
          "as_of": "2024-12-01"
        }
        "#);
    }
}
