//! A run that goes on from what earlier ones kept finds what one finds that reads everything, whatever
//! became of the files in between.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Int32Array, RecordBatch, UInt32Array};
use arrow::compute::take_record_batch;
use serde_json::{Value, json};

use crate::determinism::{COMMON, sample, with_text_ids};
use crate::everything::{INPUTS, shop};
use crate::support::parquet::{batch, read, write};
use crate::support::random::Random;
use crate::support::shell::Folder;

/// Changes that each history goes through; `KOHORT_STEPS` asks for another number.
const STEPS: u64 = 8;

/// The files of an input, each with the piece of its rows that it holds at the moment.
struct Files {
    input: &'static str,
    pieces: Vec<RecordBatch>,
    there: BTreeMap<u64, usize>,
}

impl Files {
    /// Cuts the rows into pieces of rows that lie near each other, all but the last of which are there.
    fn new(input: &'static str, rows: &RecordBatch, count: u32) -> Self {
        let all = u32::try_from(rows.num_rows()).unwrap();
        let size = all.div_ceil(count).max(1);
        let pieces = (0..count).map(|piece| {
            let range = (piece * size).min(all)..((piece + 1) * size).min(all);
            take_record_batch(rows, &UInt32Array::from_iter_values(range)).unwrap()
        });
        let there = (0..count.saturating_sub(1)).map(|piece| (piece.into(), piece as usize));
        Self { input, pieces: pieces.collect(), there: there.collect() }
    }

    fn path(&self, file: u64) -> String {
        format!("in/{}/{file:02}.parquet", self.input)
    }

    fn put(&self, folder: &Folder, file: u64) {
        write(&folder.path(&self.path(file)), &self.pieces[self.there[&file]]);
    }

    /// Changes some file, and says how.
    fn change(&mut self, folder: &Folder, random: &mut Random) -> String {
        let count = self.pieces.len() as u64;
        let file = random.below(count);
        let other = random.below(count);
        let what = match (self.there.contains_key(&file), random.below(4)) {
            (false, _) => {
                self.there.insert(file, below(random, self.pieces.len()));
                self.put(folder, file);
                "appears"
            }
            // One file at least is left.
            (true, 0) if self.there.len() > 1 => {
                self.there.remove(&file);
                fs::remove_file(folder.path(&self.path(file))).unwrap();
                "vanishes"
            }
            (true, 1) => {
                self.put(folder, file);
                "is written again"
            }
            (true, 2) if self.there.contains_key(&other) => {
                let (own, its) = (self.there[&file], self.there[&other]);
                self.there.insert(file, its);
                self.there.insert(other, own);
                self.put(folder, file);
                self.put(folder, other);
                "takes the rows of another, which gets its own"
            }
            (true, _) => {
                self.there.insert(file, below(random, self.pieces.len()));
                self.put(folder, file);
                "has other rows"
            }
        };
        format!("{} {what}", self.path(file))
    }
}

/// A place among so many.
fn below(random: &mut Random, count: usize) -> usize {
    usize::try_from(random.below(count as u64)).unwrap()
}

/// Lets files come and go, and compares after every step; whether anything was taken from what was kept.
fn walk(folder: &Folder, run: &str, mut inputs: Vec<Files>, seed: u64) -> bool {
    let mut random = Random::new(seed);
    for files in &inputs {
        files.there.keys().for_each(|file| files.put(folder, *file));
    }
    let steps = std::env::var("KOHORT_STEPS").ok().and_then(|steps| steps.parse().ok());
    let mut told = String::new();
    let mut was_reused = false;
    for step in 0..=steps.unwrap_or(STEPS) {
        if step > 0 {
            let place = below(&mut random, inputs.len());
            told = inputs[place].change(folder, &mut random);
        }
        let threads = 1 + random.below(3);
        folder.kohort_succeeds(&format!("run {run} --quiet --output out --threads {threads}"));
        folder.kohort_succeeds(&format!(
            "run {run} --quiet --output whole --set state.keep=false --threads {threads}"
        ));
        let (found, expected) = (outcome(folder, "out"), outcome(folder, "whole"));
        assert_eq!(found, expected, "seed {seed}, step {step}: {told}");
        let record = folder.record_in("out");
        let mut of_inputs = record["inputs"].as_array().unwrap().iter();
        was_reused |= of_inputs.any(|input| input["files_reused"].as_u64() > Some(0));
    }
    was_reused
}

/// All that must not depend on what was kept.
fn outcome(folder: &Folder, output: &str) -> Value {
    let record = folder.record_in(output);
    let of_input = |input: &Value| {
        let of_file = |file: &Value| json!([file["path"], file["rows"], file["rejected"]]);
        let files: Vec<_> = input["files"].as_array().unwrap().iter().map(of_file).collect();
        let counts = ["rows_filtered", "rounded_amounts", "rejected", "left_out"];
        json!([input["input"], files, counts.map(|count| &input[count])])
    };
    let inputs = record["inputs"].as_array().unwrap().iter();
    json!({
        "tables": folder.digests_in(output),
        "as_of": record["as_of"],
        "lapse_after_days": record["lapse_after_days"],
        "events": record["events"],
        "warnings": record["warnings"],
        "inputs": inputs.map(of_input).collect::<Vec<_>>(),
    })
}

/// A history of orders, of settings of its own and of its orders.
fn walk_orders(pipeline: &str, orders: &str, rows: &RecordBatch, seed: u64) -> bool {
    let folder = Folder::new();
    let common = COMMON
        .replace("[outputs]", &format!("{orders}\n\n[outputs]"))
        .replace("set by each run", "in/orders");
    folder.write("pipeline.toml", &format!("{pipeline}\n{common}"));
    walk(&folder, "pipeline.toml", vec![Files::new("orders", rows, 9)], seed)
}

#[test]
fn orders_that_come_and_go() {
    let pipeline = r#"
        calendar = { timezone = "Europe/London", grains = ["month", "week"] }
        segments = { country = "country", device = { column = "device", at = "order" } }
        lost_sales.reasons = { "too expensive" = "price" }
    "#;
    assert!(walk_orders(pipeline, "", &sample(), 1));
}

#[test]
fn orders_of_texts_with_a_filter() {
    let pipeline = r#"
        calendar = { grains = ["quarter"] }
        customers = { activity = "any" }
        segments = { channel = "channel" }
    "#;
    let rows = with_text_ids(&sample());
    assert!(walk_orders(pipeline, "where = \"amount > 20\"", &rows, 2));
}

#[test]
fn rows_that_repeat_across_files() {
    let pipeline = "calendar = { grains = [\"month\"] }";
    // Which row repeats another depends on all files, so that all are read if one changes.
    assert!(!walk_orders(pipeline, "deduplicate = true", &sample(), 3));
}

#[test]
fn a_shop_with_every_input() {
    let folder = shop(150);
    let mut run = "pipelines/everything.toml".to_owned();
    let mut inputs = Vec::new();
    for input in INPUTS {
        let rows = read(&folder.path(&format!("data/everything/{input}.parquet")));
        inputs.push(Files::new(input, &rows, 5));
        let at = folder.path(&format!("in/{input}")).display().to_string();
        let _ = write!(run, " --set inputs.{input}.path={at}");
    }
    assert!(walk(&folder, &run, inputs, 4));
}

/// A folder with a shop of some hundred customers that was run once.
fn after_a_run() -> Folder {
    let folder = Folder::new();
    folder.kohort_succeeds("sample data/sample --customers 400 --quiet");
    fs::create_dir(folder.path("pipelines")).unwrap();
    let pipeline = concat!(env!("CARGO_MANIFEST_DIR"), "/../../pipelines/sample.toml");
    fs::copy(pipeline, folder.path("pipelines/sample.toml")).unwrap();
    folder.kohort_succeeds(RUN);
    folder
}

const RUN: &str = "run pipelines/sample.toml --output out";

fn reused(folder: &Folder) -> u64 {
    folder.record()["inputs"][0]["files_reused"].as_u64().unwrap()
}

/// The files of blocks below the state, and the manifests.
fn state_files(folder: &Folder, ending: &str) -> Vec<String> {
    let mut found = Vec::new();
    for form in folder.names("out/.state") {
        let at = format!("out/.state/{form}");
        let names = folder.names(&at).into_iter().filter(|name| name.ends_with(ending));
        found.extend(names.map(|name| format!("{at}/{name}")));
    }
    found
}

#[test]
fn where_nothing_has_changed_nothing_is_touched() {
    let folder = after_a_run();
    let before = (folder.current(), folder.names("out/runs"));
    let done = folder.kohort_succeeds(RUN);
    assert!(done.stderr.contains("nothing has changed"), "{}", done.stderr);
    assert_eq!((folder.current(), folder.names("out/runs")), before);
    // What decides about the tables does, and so does who asks for all of it.
    for more in ["--set customers.lapse_after_days=60", "--full-refresh"] {
        let before = folder.current();
        folder.kohort_succeeds(&format!("{RUN} {more}"));
        assert_ne!(folder.current(), before, "{more}");
    }
    assert_eq!(reused(&folder), 0, "a full refresh reads every file");
}

/// What is done to a file of the state.
type Harm = Box<dyn Fn(&mut Vec<u8>)>;

#[test]
fn a_state_that_is_of_no_use_is_made_anew() {
    let text = |bytes: &mut Vec<u8>, from: &str, to: &str| {
        let json = String::from_utf8(bytes.clone()).unwrap();
        assert!(json.contains(from), "{json}");
        *bytes = json.replacen(from, to, 1).into_bytes();
    };
    let cases: [(&str, Harm, &str); 6] = [
        (".blocks", Box::new(|bytes| bytes[1000] ^= 1), "is damaged"),
        (".blocks", Box::new(|bytes| bytes.truncate(bytes.len() / 2)), "is damaged"),
        ("state.json", Box::new(|bytes| bytes.truncate(bytes.len() / 2)), "is damaged"),
        ("state.json", Box::new(Vec::clear), "is damaged"),
        (
            "state.json",
            Box::new(move |bytes| text(bytes, "\"orders\"", "\"Orders\"")),
            "is damaged",
        ),
        (
            "state.json",
            Box::new(move |bytes| {
                text(bytes, "\"kohort_version\":\"", "\"kohort_version\":\"0.0.");
            }),
            "is of another version of kohort (0.0.",
        ),
    ];
    for (ending, harm, expected) in cases {
        let folder = after_a_run();
        let digests = folder.digests();
        let files = state_files(&folder, ending);
        let path = folder.path(&files[0]);
        let mut bytes = fs::read(&path).unwrap();
        harm(&mut bytes);
        fs::write(&path, bytes).unwrap();
        // The output is another one, so that there is something to do.
        fs::remove_file(folder.path("out/current")).unwrap();
        let done = folder.kohort_succeeds(RUN);
        assert!(done.stderr.contains(expected), "{ending}: {}", done.stderr);
        assert_eq!((folder.digests(), reused(&folder)), (digests, 0));
        fs::remove_file(folder.path("out/current")).unwrap();
        let done = folder.kohort_succeeds(RUN);
        assert!(!done.stderr.contains("WARN"), "{}", done.stderr);
        assert!(reused(&folder) > 0);
    }
}

#[test]
fn a_state_of_wrong_content_and_right_digests_is_made_anew() {
    // What is done to a block, and to the manifest's share of it.
    type Harms = (fn(&mut [u8]), fn(&mut Value));
    let cases: [Harms; 4] = [
        (|block| block.fill(0), |_| ()),
        (|block| block.fill(0xff), |_| ()),
        (|block| block.rotate_left(1), |_| ()),
        (|_| (), |share| share["files"] = json!([])),
    ];
    for (number, (harm_block, harm_share)) in cases.into_iter().enumerate() {
        let folder = after_a_run();
        let digests = folder.digests();
        let manifest = folder.path(&state_files(&folder, "state.json")[0]);
        let mut state: Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
        let share = &mut state["shares"][0];
        harm_share(share);
        let block = &mut share["blocks"][0];
        let path = manifest.with_file_name(block["file"].as_str().unwrap());
        let mut bytes = fs::read(&path).unwrap();
        let place = |name: &str| usize::try_from(block[name].as_u64().unwrap()).unwrap();
        let own = &mut bytes[place("offset")..][..place("bytes")];
        harm_block(own);
        let digest = |bytes: &[u8]| Value::from(blake3::hash(bytes).to_string());
        block["digest"] = digest(own);
        state["digest"] = digest(&serde_json::to_vec(&state["shares"]).unwrap());
        fs::write(&path, bytes).unwrap();
        fs::write(&manifest, serde_json::to_vec(&state).unwrap()).unwrap();
        fs::remove_file(folder.path("out/current")).unwrap();
        let done = folder.kohort_succeeds(RUN);
        assert!(done.stderr.contains("is damaged"), "case {number}: {}", done.stderr);
        assert_eq!((folder.digests(), reused(&folder)), (digests, 0), "case {number}");
    }
}

#[test]
fn late_rows_are_told_by_period() {
    let folder = Folder::new();
    let rows = |days: &[&str]| {
        let lines: Vec<_> = (days.iter().enumerate())
            .map(|(i, day)| format!("{{\"c\":{i},\"t\":\"{day}\",\"a\":\"1.00\"}}"))
            .collect();
        lines.join("\n")
    };
    let put = |name: &str, days: &[&str]| {
        let schema = Arc::new(arrow::datatypes::Schema::new(vec![
            arrow::datatypes::Field::new("c", arrow::datatypes::DataType::Int64, true),
            arrow::datatypes::Field::new("t", arrow::datatypes::DataType::Date32, true),
            arrow::datatypes::Field::new("a", arrow::datatypes::DataType::Decimal128(10, 2), true),
        ]));
        let json = rows(days);
        let mut reader = arrow::json::ReaderBuilder::new(schema).build(json.as_bytes()).unwrap();
        write(&folder.path(&format!("in/{name}.parquet")), &reader.next().unwrap().unwrap());
    };
    folder.write(
        "pipeline.toml",
        r#"
        calendar.grains = ["month"]
        outputs.path = "out"
        [inputs.orders]
        path = "in"
        customer_id = "c"
        ordered_at = "t"
        amount = "a"
        "#,
    );
    put("a", &["2024-01-05", "2024-02-10", "2024-03-03"]);
    put("b", &["2024-01-07"]);
    folder.kohort_succeeds("run pipeline.toml");
    assert_eq!(folder.record()["late"], json!([]));
    // One file is late, one is corrected, and what is of the open month is not late.
    put("a", &["2024-01-05", "2024-03-03"]);
    put("c", &["2024-02-20", "2024-02-21", "2024-03-09"]);
    folder.kohort_succeeds("run pipeline.toml");
    let late = |period: &str, added: u64, removed: u64| {
        json!({
            "input": "orders", "grain": "month", "period": period,
            "rows_added": added, "rows_removed": removed,
        })
    };
    let expected = json!([late("2024-01-01", 1, 1), late("2024-02-01", 2, 1)]);
    assert_eq!(folder.record()["late"], expected);
    // A file that vanishes.
    fs::remove_file(folder.path("in/b.parquet")).unwrap();
    folder.kohort_succeeds("run pipeline.toml");
    assert_eq!(folder.record()["late"], json!([late("2024-01-01", 0, 1)]));
}

#[test]
fn rows_count_as_read_in_the_run_that_reads_them() {
    let folder = Folder::new();
    let put = |name: &str, rows: i32| {
        let days: ArrayRef = Arc::new(Date32Array::from_iter_values(20_000..20_000 + rows));
        let amounts: ArrayRef = Arc::new(Int32Array::from_iter_values(0..rows));
        let rows = batch([("c", Arc::clone(&amounts)), ("t", days), ("a", amounts)]);
        write(&folder.path(&format!("in/{name}.parquet")), &rows);
    };
    folder.write(
        "pipeline.toml",
        r#"
        outputs.path = "out"
        [inputs.orders]
        path = "in"
        customer_id = "c"
        ordered_at = "t"
        amount = "a"
        where = "year > 2022"
        "#,
    );
    put("year=2022/a", 2);
    put("year=2023/b", 30);
    // Rows that were read, in all and by file, files that were known, and rows that where kept out.
    let expect = |read: u64, by_file: &[u64], reused: u64, filtered: u64| {
        folder.kohort_succeeds("run pipeline.toml");
        let input = &folder.record()["inputs"][0];
        let files: Vec<_> = input["files"].as_array().unwrap().iter().collect();
        let found: Vec<_> = files.iter().map(|file| file["rows_read"].as_u64().unwrap()).collect();
        assert_eq!(found, by_file);
        let counts = ["rows_read", "files_reused", "rows_filtered"].map(|key| input[key].as_u64());
        assert_eq!(counts, [read, reused, filtered].map(Some));
    };
    expect(30, &[0, 30], 0, 2);
    put("year=2024/c", 400);
    let plan =
        folder.kohort_succeeds("run pipeline.toml --dry-run --log-format json --full-refresh");
    let plan: Value = serde_json::from_str(&plan.stdout).unwrap();
    let rows = ["decode", "ruled_out"].map(|what| plan["inputs"][0][what]["rows"].as_u64());
    assert_eq!(rows, [Some(430), Some(2)]);
    expect(400, &[0, 0, 400], 2, 2);
}

#[test]
fn payments_that_are_gone_end_a_run_of_invoices() {
    const PIPELINE: &str = r#"
[inputs.invoices]
path = "invoices.parquet"
customer_id = "customer"
invoice_id = "invoice"
invoiced_at = "day"
amount = "amount"

[inputs.payments]
path = "payments.parquet"
customer_id = "customer"
invoice_id = "invoice"
paid_at = "day"
amount = "amount"

[outputs]
path = "out"
"#;
    let folder = Folder::new();
    folder.write("pipeline.toml", PIPELINE);
    let rows = |file: &str, days: &[i32]| {
        let count = days.iter().map(|_| 7);
        let numbers: ArrayRef = Arc::new(Int32Array::from_iter_values(count));
        let columns: [(&str, ArrayRef); 4] = [
            ("customer", Arc::clone(&numbers)),
            ("invoice", Arc::clone(&numbers)),
            ("amount", numbers),
            ("day", Arc::new(Date32Array::from(days.to_vec()))),
        ];
        write(&folder.path(file), &batch(columns));
    };
    rows("invoices.parquet", &[19_723]);
    rows("payments.parquet", &[19_730]);
    folder.kohort_succeeds("run pipeline.toml --quiet");
    let before = folder.current();
    rows("payments.parquet", &[]);
    let done = folder.kohort("run pipeline.toml --quiet");
    assert_eq!(done.code, Some(3), "{}", done.stderr);
    let text = "empty_input of payments: its files have no rows; 1 were in the last run";
    assert!(done.stderr.contains(text), "{}", done.stderr);
    assert_eq!(folder.current(), before);
    folder.kohort_succeeds("run pipeline.toml --quiet --set checks.allow_empty=true");
}
