//! Texts of others: whatever route they take to a terminal, it shows them and does not obey them.
//! Files that others may lay in a folder are neither followed nor waited for.

use std::fs;
use std::os::unix::fs::symlink;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, StringArray};
use serde_json::{Value, json};

use crate::support::expected::cases;
use crate::support::parquet::{batch, write};
use crate::support::shell::{Done, Folder, skip};
use crate::tables::set_up;

/// Clears the screen in two ways, turns the line around, forges a message.
const HOSTILE: &str = "x\u{1b}[2J\u{9b}2J\u{202e}\nerror: forged\r\u{7f}\u{2066}";
/// How it is shown.
const SHOWN: &str = "x\\u{1b}[2J\\u{9b}2J\\u{202e}\\nerror: forged\\r\\u{7f}\\u{2066}";

fn shop() -> Folder {
    set_up(&cases().join("commands/shop"))
}

/// A text of TOML or of JSON.
fn quoted(text: &str) -> String {
    Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

/// That a terminal shows what it is given: there is nothing in it that it would obey.
#[track_caller]
fn assert_shown(route: &str, Done { stdout, stderr, .. }: &Done) {
    for text in [stdout, stderr] {
        let obeyed = |c: char| {
            c != '\n' && c.is_control()
                || ('\u{202a}'..='\u{202e}').contains(&c)
                || ('\u{2066}'..='\u{2069}').contains(&c)
                || "\u{200e}\u{200f}\u{61c}".contains(c)
        };
        assert!(!text.contains(obeyed), "{route}: {text:?}");
        assert!(!text.lines().any(|line| line.starts_with("error: forged")), "{route}: {text}");
    }
}

/// Orders of customers in the land of this name, and with this status.
fn write_orders(folder: &Folder, name: &str, land: &str, status: &str) {
    let texts = |text: &str| Arc::new(StringArray::from(vec![text; 3])) as ArrayRef;
    let days = ["2024-01-05T10:00:00", "2024-02-05T10:00:00", "2024-03-05T10:00:00"];
    let columns = [
        ("customer", Arc::new(Int64Array::from(vec![1, 1, 2])) as ArrayRef),
        ("number", Arc::new(StringArray::from(vec!["a", "b", "c"])) as ArrayRef),
        ("at", Arc::new(StringArray::from(days.to_vec())) as ArrayRef),
        ("amount", Arc::new(Float64Array::from(vec![1.0, 2.0, 3.0])) as ArrayRef),
        ("status", texts(status)),
        ("why", texts(land)),
        ("country", texts(land)),
    ];
    write(&folder.path(name), &batch(columns));
}

const TRIED: &str = "--set 'inputs.orders.ordered_at=CAST(at AS TIMESTAMP)'";

/// A route: what lies in the folder, what is typed, and whether the hostile text must be seen there.
type Route = (&'static str, fn(&Folder), &'static str, bool);

/// The command line has the hostile text as `$X`, and as a text of TOML as `$T`.
const ROUTES: &[Route] = &[
    (
        "a path that stands for nothing",
        |_| {},
        r#"kohort run pipeline.toml -q --set "inputs.orders.path=$T""#,
        true,
    ),
    (
        "a file that is not Parquet",
        |folder| {
            fs::create_dir(folder.path("in")).unwrap();
            fs::write(folder.path(&format!("in/{HOSTILE}.parquet")), "no").unwrap();
        },
        "kohort check pipeline.toml --set inputs.orders.path=in",
        true,
    ),
    (
        "a file that is planned to be read",
        |folder| {
            fs::create_dir(folder.path("in")).unwrap();
            fs::copy(folder.path("orders.parquet"), folder.path(&format!("in/{HOSTILE}.parquet")))
                .unwrap();
        },
        "kohort run pipeline.toml --dry-run --set inputs.orders.path=in",
        true,
    ),
    (
        "a file that is read, in detail",
        |folder| {
            fs::create_dir(folder.path("in")).unwrap();
            fs::copy(folder.path("orders.parquet"), folder.path(&format!("in/{HOSTILE}.parquet")))
                .unwrap();
        },
        "kohort run pipeline.toml --verbose --set inputs.orders.path=in",
        true,
    ),
    (
        "a file that is passed over",
        |folder| {
            fs::create_dir(folder.path("in")).unwrap();
            fs::copy(folder.path("orders.parquet"), folder.path("in/a.parquet")).unwrap();
            fs::write(folder.path(&format!("in/{HOSTILE}.txt")), "no").unwrap();
        },
        "kohort check pipeline.toml --set inputs.orders.path=in; kohort run pipeline.toml --set inputs.orders.path=in",
        true,
    ),
    (
        "columns that an error lists",
        |folder| {
            let ids: ArrayRef = Arc::new(Int64Array::from(vec![1]));
            write(&folder.path("orders.parquet"), &batch([(HOSTILE, ids)]));
        },
        "kohort run pipeline.toml",
        true,
    ),
    ("an expression", |_| {}, r#"kohort check pipeline.toml --set "inputs.orders.where=$T""#, true),
    ("the name of the pipeline", |_| {}, r#"kohort run pipeline.toml --set "name=$T""#, true),
    (
        "the name of the pipeline, for machines",
        |_| {},
        r#"kohort run pipeline.toml --log-format json --set "name=$T""#,
        false,
    ),
    (
        "a value of another kind",
        |_| {},
        r#"kohort run pipeline.toml --set "calendar.timezone=$T""#,
        true,
    ),
    ("a key", |_| {}, r#"kohort run pipeline.toml --set "$T=1""#, true),
    ("a flag", |_| {}, r#"kohort run "--$X""#, true),
    ("a pipeline file", |_| {}, r#"kohort run "$X""#, true),
    (
        "an output",
        |_| {},
        r#"kohort run pipeline.toml --output "$X"; kohort run pipeline.toml --output "$X""#,
        true,
    ),
    (
        "an output that is asked for",
        |_| {},
        r#"kohort runs "$X"; kohort show "$X"; kohort gc "$X" --keep 1; kohort publish "$X"; kohort retry "$X"; kohort diff "$X" "$X""#,
        true,
    ),
    ("a table", |_| {}, r#"kohort run pipeline.toml -q; kohort show out "$X""#, true),
    (
        "a column",
        |_| {},
        r#"kohort run pipeline.toml -q; kohort show out loyalty --column "$X""#,
        true,
    ),
    (
        "a segment",
        |_| {},
        r#"kohort run pipeline.toml -q; kohort show out loyalty --segment "$X""#,
        true,
    ),
    (
        "a file of metrics",
        |folder| fs::create_dir(folder.path(HOSTILE)).unwrap(),
        r#"kohort run pipeline.toml -q --set "records.prometheus=$T""#,
        true,
    ),
    (
        "whoever holds the lock",
        |folder| {
            fs::create_dir(folder.path("out")).unwrap();
            folder.write("out/.lock", HOSTILE);
        },
        "flock out/.lock kohort run pipeline.toml",
        false,
    ),
    (
        "values of a segment",
        |folder| write_orders(folder, "orders.parquet", HOSTILE, "sold"),
        "kohort run pipeline.toml -q TRIED && kohort show out revenue_churn --segment country && \
         kohort show out loyalty --segment country && kohort show out lost_sales --segment country; \
         kohort show out loyalty --segment country=none; kohort show out cohort_retention --segment country",
        true,
    ),
    (
        "rejected rows",
        |folder| write_orders(folder, "orders.parquet", "DE", HOSTILE),
        "kohort run pipeline.toml TRIED",
        true,
    ),
    (
        "rejected rows that are shown",
        |folder| write_orders(folder, "orders.parquet", "DE", HOSTILE),
        "kohort run pipeline.toml -q --set checks.max_rejected=1 TRIED; \
         COLUMNS=300 kohort show out/current/rejected/orders.parquet",
        true,
    ),
    (
        "what differs",
        |folder| write_orders(folder, "orders.parquet", HOSTILE, "sold"),
        "kohort run pipeline.toml -q TRIED; kohort run pipeline.toml -q --as-of 2024-03-01 TRIED; \
         kohort diff out~1 out --all",
        true,
    ),
    (
        "a note of a run",
        |folder| {
            folder.kohort_succeeds("run pipeline.toml -q");
            folder.write("out/.attempt.json", &note(folder, &["run", "pipeline.toml"], HOSTILE));
        },
        "kohort runs out; kohort retry out",
        false,
    ),
    (
        "a note of another command",
        |folder| {
            folder.kohort_succeeds("run pipeline.toml -q");
            folder.write("out/.attempt.json", &note(folder, &[HOSTILE], "no"));
        },
        "kohort retry out",
        false,
    ),
    (
        "a record of a run",
        |folder| {
            folder.kohort_succeeds("run pipeline.toml -q");
            folder.kohort_succeeds("run pipeline.toml -q --as-of 2024-03-01");
            let mut record = folder.record();
            record["pipeline"] = HOSTILE.into();
            record["kohort_version"] = HOSTILE.into();
            record["warnings"] = json!([HOSTILE]);
            record["inputs"][0]["input"] = HOSTILE.into();
            record["inputs"][0]["files"][0]["path"] = HOSTILE.into();
            record["tables"][0]["name"] = HOSTILE.into();
            folder.write("out/current/run.json", &record.to_string());
        },
        "kohort runs out; kohort diff out~1 out --all; kohort show out; kohort run pipeline.toml -q",
        true,
    ),
    (
        "a record that is none",
        |folder| {
            folder.kohort_succeeds("run pipeline.toml -q");
            folder.write("out/current/run.json", &json!({ "record_version": HOSTILE }).to_string());
        },
        "kohort runs out; kohort diff out out",
        false,
    ),
    (
        "a state of another version",
        |folder| {
            let state = "--set state.path=state";
            folder.kohort_succeeds(&format!("run pipeline.toml -q {state}"));
            let form =
                folder.names("state").into_iter().find(|name| !name.starts_with('.')).unwrap();
            let state = json!({ "state_version": 1, "kohort_version": HOSTILE });
            folder.write(&format!("state/{form}/state.json"), &state.to_string());
        },
        "kohort run pipeline.toml --set state.path=state --full-refresh",
        true,
    ),
];

fn note(folder: &Folder, arguments: &[&str], error: &str) -> String {
    let path = folder.path("").canonicalize().unwrap();
    json!({
        "run_id": "20260102T030405Z-0abc",
        "pipeline": path.join("pipeline.toml"),
        "folder": path,
        "arguments": arguments,
        "started_at": "2026-01-02T03:04:05Z",
        "error": error,
    })
    .to_string()
}

#[test]
fn terminals_show_what_they_are_given() {
    for (route, prepare, command, is_seen) in ROUTES {
        let folder = shop();
        prepare(&folder);
        folder.write("x", HOSTILE);
        folder.write("t", &quoted(HOSTILE));
        let command = command.replace("TRIED", TRIED);
        let done = folder.shell(&format!("X=$(cat x); T=$(cat t); {command}"));
        assert_shown(route, &done);
        let told = done.stdout.clone() + &done.stderr;
        // Of a long text a picture shows what it has room for.
        let start = &SHOWN[..20];
        let is_there = told.contains(start) || told.contains(&start.replace('\\', "\\\\"));
        assert!(!is_seen || is_there, "{route}: {told}");
    }
}

#[test]
fn a_terminal_that_may_be_decorated_is_safe_too() {
    let folder = shop();
    if folder.shell("script -qec 'exit 7' /dev/null").code != Some(7) {
        return skip("script makes no terminal here");
    }
    write_orders(&folder, "orders.parquet", HOSTILE, "sold");
    folder.write("t", &quoted(HOSTILE));
    folder.write(
        "command",
        &format!(
            "T=$(cat t); kohort run pipeline.toml --verbose --set \"name=$T\" {TRIED}; \
             kohort show out cohort_retention; kohort show out loyalty --segment country; \
             kohort show out cohort_retention --segment country"
        ),
    );
    let done = folder.shell("script -qec 'stty cols 200; sh command' /dev/null");
    let text = done.stdout;
    for part in ["\u{1b}[2J", "\u{9b}", "\u{202e}", "\u{2066}", "\u{7f}", "\nerror: forged"] {
        assert!(!text.contains(part), "{part:?} in {text:?}");
    }
    assert!(text.contains("\u{1b}[48;5;"), "our own colours are there: {text:?}");
    assert!(text.contains(&SHOWN[..20]), "{text:?}");
}

#[test]
fn data_keep_their_bytes() {
    let folder = shop();
    write_orders(&folder, "orders.parquet", HOSTILE, "sold");
    let done = folder.shell(&format!("kohort run pipeline.toml -q {TRIED}"));
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let csv = folder.kohort_succeeds("show out loyalty --segment country --format csv").stdout;
    assert!(csv.contains(HOSTILE), "{csv:?}");
    let rows = folder.kohort_succeeds("show out loyalty --segment country --format json").stdout;
    let rows: Value = serde_json::from_str(&rows).unwrap();
    assert_eq!(rows[0]["segment_value"], HOSTILE);
}

#[test]
fn spreadsheets_compute_nothing_of_what_is_guarded() {
    let folder = shop();
    write_orders(&folder, "orders.parquet", "=1+1", "sold");
    let done = folder.shell(&format!("kohort run pipeline.toml -q {TRIED}"));
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let show = "show out lost_sales --segment country --format csv";
    let plain = folder.kohort_succeeds(show).stdout;
    let guarded = folder.kohort_succeeds(&format!("{show} --guard")).stdout;
    assert!(plain.contains(",=1+1,"), "{plain}");
    assert_eq!(guarded, plain.replace(",=1+1,", ",'=1+1,"));
    for format in ["table", "json"] {
        let done = folder.kohort(&format!("show out lost_sales --format {format} --guard"));
        assert_eq!(done.code, Some(2));
        assert!(done.stderr.starts_with("error: --guard goes with --format csv; "));
    }
}

#[test]
fn notes_are_taken_at_their_word_only_where_they_are_of_this_output() {
    let folder = shop();
    folder.kohort_succeeds("run pipeline.toml -q");
    let text = fs::read_to_string(folder.path("pipeline.toml")).unwrap();
    folder.write("other.toml", &text.replace("\"out\"", "\"elsewhere\""));
    folder.write("same.toml", &text);
    let path = folder.path("").canonicalize().unwrap();
    let at = |name: &str| path.join(name).display().to_string();
    let tried: [(&[&str], &str, &str); 8] = [
        (
            &["gc", "out", "--keep", "1"],
            "pipeline.toml",
            "its command is another than `kohort run`",
        ),
        (&["retry", "out"], "pipeline.toml", "its command is another than `kohort run`"),
        (
            &["run", "pipeline.toml", "--exec", "x"],
            "pipeline.toml",
            "unexpected argument '--exec' found",
        ),
        (
            &["run", "pipeline.toml", "--output", "there"],
            "pipeline.toml",
            "publishes elsewhere, at ",
        ),
        (
            &["run", "pipeline.toml", "--set", "outputs.path=there"],
            "pipeline.toml",
            "publishes elsewhere, at ",
        ),
        (&["run", "other.toml"], "other.toml", "publishes elsewhere, at "),
        (&["run", "other.toml"], "pipeline.toml", ", and its command of "),
        (&["--help"], "pipeline.toml", "is none of this kohort"),
    ];
    for (arguments, file, reason) in tried {
        let text = note(&folder, arguments, "no").replace(&at("pipeline.toml"), &at(file));
        folder.write("out/.attempt.json", &text);
        let done = folder.kohort("retry out");
        assert_eq!(done.code, Some(1), "{arguments:?}: {}", done.stderr);
        assert!(done.stderr.contains(reason), "{arguments:?}: {}", done.stderr);
        assert!(done.stderr.starts_with("error: the run in out/.attempt.json is not"));
        assert_eq!(folder.names("there"), [""; 0]);
        assert_eq!(folder.names("elsewhere"), [""; 0]);
    }
    let text = note(&folder, &["run", "same.toml", "-q"], "no");
    folder.write("out/.attempt.json", &text.replace(&at("pipeline.toml"), &at("same.toml")));
    let done = folder.kohort("retry pipeline.toml");
    assert!(done.stderr.contains("it is of another pipeline file, "), "{}", done.stderr);
    let done = folder.kohort_succeeds("retry out");
    let said = format!(
        " of {}, which failed: no\nin {}: kohort run same.toml -q\n",
        at("same.toml"),
        path.display()
    );
    assert!(done.stderr.ends_with(&said), "{}", done.stderr);
}

/// Names at which a run makes a file, in folders that may be shared.
const MADE: [&str; 6] = [
    "out/.lock",
    "out/.attempt.json.new",
    "out/delta/loyalty/_delta_log/.entry.tmp",
    "out/delta/loyalty/.part.tmp",
    "state/.lock",
    "shop.prom.new",
];

fn run_with_everything(folder: &Folder) -> Done {
    folder.kohort(
        "run pipeline.toml -q --full-refresh --set outputs.format=delta --set state.path=state \
         --set records.prometheus=shop.prom --select loyalty",
    )
}

#[test]
fn links_are_not_followed() {
    let folder = shop();
    let done = run_with_everything(&folder);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let form = folder.names("state").into_iter().find(|name| !name.starts_with('.')).unwrap();
    let manifest = format!("state/{form}/state.json.new");
    for name in MADE.into_iter().chain([&*manifest]) {
        folder.write("victim", "precious");
        let path = folder.path(name);
        let _ = fs::remove_file(&path);
        symlink(folder.path("victim"), &path).unwrap();
        let done = run_with_everything(&folder);
        assert_eq!(fs::read_to_string(folder.path("victim")).unwrap(), "precious", "{name}");
        if path.file_name().is_some_and(|name| name == ".lock") {
            let told =
                format!("{}: it is a symbolic link, and must be a file; move", path.display());
            assert!(done.code == Some(1) && done.stderr.contains(&told), "{name}: {}", done.stderr);
            fs::remove_file(&path).unwrap();
        } else if done.code != Some(0) {
            // What has the name and was not written by kohort stays.
            let told = done.stderr.contains("move what is in the way");
            assert!(done.code == Some(1) && told && path.is_symlink(), "{name}: {}", done.stderr);
            fs::remove_file(&path).unwrap();
        }
    }
}

#[test]
fn nobody_waits_for_a_pipe() {
    let folder = shop();
    assert_eq!(run_with_everything(&folder).code, Some(0));
    let cases = [
        ("out/.lock", 1, "it is a pipe or a device, and must be a file"),
        ("state/.lock", 1, "it is a pipe or a device, and must be a file"),
        ("out/.attempt.json.new", 0, ""),
        ("shop.prom.new", 0, ""),
        ("shop.prom", 0, ""),
        ("lineage", 0, "cannot write "),
    ];
    for (name, code, said) in cases {
        let path = folder.path(name);
        let _ = fs::remove_file(&path);
        assert_eq!(folder.shell(&format!("mkfifo {name}")).code, Some(0));
        let done = folder.shell(
            "timeout 60 kohort run pipeline.toml -q --full-refresh --set state.path=state \
             --set records.prometheus=shop.prom --set records.lineage=lineage --select loyalty",
        );
        assert_eq!(done.code, Some(code), "{name}: {}", done.stderr);
        assert!(done.stderr.contains(said), "{name}: {}", done.stderr);
        let _ = fs::remove_file(&path);
    }
    let _ = fs::remove_file(folder.path("out/.attempt.json"));
    folder.shell("mkfifo out/.attempt.json");
    let done = folder.shell("timeout 60 kohort retry out");
    assert_eq!(done.code, Some(1), "{}", done.stderr);
    assert!(done.stderr.contains("it is a pipe or a device"), "{}", done.stderr);
}
