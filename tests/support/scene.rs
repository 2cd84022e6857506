//! An output in a folder of its own, a command that changes it, and what readers find there.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::published::files;
use crate::support::shell::{Done, Folder};
use crate::support::watch::{Fault, Note, watched};

/// The folder with all that commands write.
pub const BOX: &str = "box";

/// Few tables, one of which no layout leaves whole.
const PIPELINE: &str = r#"
[inputs.orders]
path = "shop"
customer_id = "customer_id"
order_id = "order_id"
ordered_at = "ordered_at"
amount = "amount"
status = "status"
completed = ["completed", "refunded"]
lost = ["payment_failed", "cancelled", "out_of_stock", "abandoned"]
open = ["pending"]
ignored = ["test"]

[outputs]
path = "box/OUTPUT"
tables = ["cohort_curve", "lost_sales"]
keep_runs = 2
"#;

/// What makes a run of the pipeline. One thread, so that it makes the same calls each time.
pub const RUN: &str = "run pipeline.toml --quiet --threads 1";

/// The files of a run's tables by their path in its folder.
pub type Tables = BTreeMap<PathBuf, Vec<u8>>;

/// What there is before a command, the command, and what is to become of it.
pub struct Scene {
    pub folder: Folder,
    /// The output, in the folder.
    pub output: String,
    /// What is looked at.
    pub command: String,
    /// What is current before it, and after it.
    pub old: Option<View>,
    pub new: View,
    /// What is current after one more run.
    pub next: Tables,
}

/// What readers find.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    pub tables: Tables,
    /// What `kohort show` prints of the first table.
    pub shown: String,
}

/// The kinds of scenes.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// The first run, on an output three new folders deep.
    First,
    /// The run of a night, of whose state the folder is elsewhere; it removes an old run.
    Night,
    /// The same in the other layouts.
    Hive,
    Delta,
    /// `kohort gc`.
    Gc,
    /// `kohort publish`.
    Publish,
}

impl Kind {
    fn output(self) -> &'static str {
        if matches!(self, Self::First) { "a/b/out" } else { "out" }
    }

    /// What stands below the pipeline.
    fn settings(self) -> &'static str {
        match self {
            Self::First | Self::Gc | Self::Publish => "",
            Self::Night => "[state]\npath = \"box/kept\"\n",
            Self::Hive => "format = \"hive\"\n",
            Self::Delta => "format = \"delta\"\n",
        }
    }

    /// How many runs there are before, on the orders of how many months.
    fn before(self) -> &'static [usize] {
        match self {
            Self::First => &[],
            Self::Night | Self::Delta => &[22, 23],
            Self::Hive => &[23],
            Self::Publish => &[23, 24],
            Self::Gc => &[22, 23, 24],
        }
    }

    fn command(self) -> String {
        match self {
            Self::First | Self::Night | Self::Hive | Self::Delta => RUN.to_owned(),
            Self::Gc => "gc box/out --keep 1".to_owned(),
            Self::Publish => "publish box/out~1".to_owned(),
        }
    }
}

impl Scene {
    pub fn new(kind: Kind) -> Self {
        let folder = Folder::new();
        let output = format!("{BOX}/{}", kind.output());
        let pipeline = PIPELINE.replace("OUTPUT", kind.output()) + kind.settings();
        folder.write("pipeline.toml", &pipeline);
        folder.kohort_succeeds("sample all --customers 60 --quiet");
        fs::create_dir(folder.path("shop")).unwrap();
        fs::create_dir(folder.path(BOX)).unwrap();
        let run_on = |months: usize| {
            for month in folder.names("all/orders").iter().take(months) {
                let to = folder.path("shop").join(month);
                if !to.exists() {
                    fs::copy(folder.path("all/orders").join(month), to).unwrap();
                }
            }
            let keeps_all = " --set outputs.keep_runs=9";
            folder.kohort_succeeds(&format!("{RUN}{keeps_all}"));
        };
        let mut scene = Self {
            output,
            command: kind.command(),
            old: None,
            new: View { tables: Tables::new(), shown: String::new() },
            next: Tables::new(),
            folder: Folder::new(),
        };
        for months in kind.before() {
            run_on(*months);
        }
        // All orders are there from now on; the output is as it was.
        copy(&folder.path(BOX), &folder.path("before"));
        run_on(usize::MAX);
        scene.folder = folder;
        scene.restore();
        scene.old = scene.look();
        let (done, notes) = scene.watch(None);
        assert_eq!(done.code, Some(0), "{}", done.stderr);
        assert!(notes.len() > 5, "calls are not seen");
        scene.new = scene.look().expect("a current run");
        scene.watch_of(RUN);
        scene.next = scene.look().expect("a current run").tables;
        scene.restore();
        scene
    }

    /// Puts everything back as it was before the command.
    pub fn restore(&self) {
        let of = self.folder.path(BOX);
        fs::remove_dir_all(&of).unwrap();
        copy(&self.folder.path("before"), &of);
    }

    /// Does what is looked at.
    pub fn watch(&self, fault: Option<Fault>) -> (Done, Vec<Note>) {
        watched(&self.folder, BOX, &self.command, fault)
    }

    /// Does something else, without waiting for the disk.
    pub fn watch_of(&self, command: &str) -> Done {
        watched(&self.folder, BOX, command, None).0
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path(&self.output).join(name)
    }

    /// What is current, which must be whole, and what the commands that read say.
    #[track_caller]
    pub fn look(&self) -> Option<View> {
        self.runs();
        let delta = self.path("delta");
        if delta.exists() {
            check_delta(&delta);
        }
        let current = fs::read_link(self.path("current")).ok();
        let tables = current.map(|target| tables(&self.path("").join(target)));
        let show = format!("show {} cohort_curve --format csv --quiet", self.output);
        let shown = self.folder.kohort(&show);
        let listed = self.folder.kohort(&format!("runs {}", self.output));
        for done in [&shown, &listed] {
            assert_civil(done);
        }
        let Some(tables) = tables else {
            assert_eq!(shown.code, Some(1), "{}", shown.stdout);
            return None;
        };
        assert_eq!((shown.code, &*shown.stderr), (Some(0), ""));
        assert_eq!(listed.code, Some(0), "{}", listed.stderr);
        assert!(listed.stdout.contains("  current  "), "{}", listed.stdout);
        Some(View { tables, shown: shown.stdout })
    }

    /// Every run that is kept, which must be whole.
    #[track_caller]
    pub fn runs(&self) -> BTreeMap<String, Tables> {
        let runs = self.folder.names(&format!("{}/runs", self.output)).into_iter();
        runs.map(|run| (run.clone(), tables(&self.path("runs").join(run)))).collect()
    }

    /// Asserts that the Delta tables, where there are some, have the rows of what is current.
    #[track_caller]
    pub fn assert_followed(&self) {
        let delta = self.path("delta");
        if delta.exists() {
            let current = fs::read_link(self.path("current")).unwrap();
            let file = format!("part-{}.parquet", current.file_name().unwrap().to_str().unwrap());
            assert_eq!(check_delta(&delta), [file.clone(), file], "one for each table");
        }
    }

    /// Makes one more run, which must succeed and leave nothing but what belongs there.
    #[track_caller]
    pub fn go_on(&self) {
        let done = self.watch_of(RUN);
        assert_eq!(done.code, Some(0), "the next run: {}", done.stderr);
        assert!(tables(&self.path("current")) == self.next, "other tables");
        self.assert_followed();
        self.assert_tidy();
        // A run that has nothing to do does not look into every corner.
        if !self.strays().is_empty() {
            let done = self.watch_of(&format!("{RUN} --full-refresh"));
            assert_eq!(done.code, Some(0), "the run after the next: {}", done.stderr);
            assert_eq!(self.strays(), [] as [PathBuf; 0], "they are of no use");
            assert!(tables(&self.path("current")) == self.next, "other tables");
        }
    }

    #[track_caller]
    fn assert_tidy(&self) {
        let mut names = self.folder.names(&self.output);
        names.retain(|name| ![".state", "delta"].contains(&name.as_str()));
        assert_eq!(names, [".lock", "current", "runs"]);
    }

    /// Files that nobody will ask for any more.
    fn strays(&self) -> Vec<PathBuf> {
        let of = self.folder.path(BOX);
        let ends = |file: &Path, end: &str| file.extension().is_some_and(|found| found == end);
        let is_json = |file: &PathBuf| ends(file, "json");
        let texts: String =
            files(&of).filter(is_json).map(|file| fs::read_to_string(file).unwrap()).collect();
        let is_stray = |file: &PathBuf| {
            let name = file.file_name().unwrap().to_str().unwrap();
            let is_named = name.starts_with("part-2") || ends(file, "blocks");
            let is_half = ends(file, "new") || ends(file, "tmp");
            is_half || (is_named && !texts.contains(name))
        };
        files(&of).filter(is_stray).collect()
    }
}

/// Asserts that a command ended by itself and said what was wrong.
#[track_caller]
pub fn assert_civil(done: &Done) {
    let text = &done.stderr;
    assert!(!text.contains("panicked") && !text.contains("RUST_BACKTRACE"), "{text}");
    assert!(done.code == Some(0) || text.lines().any(|line| line.starts_with("error: ")), "{text}");
    assert!(matches!(done.code, Some(0 | 1)), "{:?} {:?} {text}", done.code, done.signal);
}

/// The tables of a run, which are all there that its record tells of.
#[track_caller]
fn tables(run: &Path) -> Tables {
    let record = fs::read(run.join("run.json")).expect("a whole run");
    let record: Value = serde_json::from_slice(&record).expect("a whole record");
    let mut tables = Tables::new();
    for table in record["tables"].as_array().unwrap() {
        let name = table["name"].as_str().unwrap();
        let (file, parts) = (run.join(format!("{name}.parquet")), run.join(name));
        let of_table: Vec<_> = if parts.is_dir() { files(&parts).collect() } else { vec![file] };
        let mut bytes = 0;
        for file in of_table {
            let content = fs::read(&file).expect("a table");
            bytes += content.len() as u64;
            tables.insert(file.strip_prefix(run).unwrap().to_owned(), content);
        }
        assert_eq!(Some(bytes), table["bytes"].as_u64(), "{name} of {}", run.display());
    }
    tables
}

/// The newest file of every Delta table, which must be there, and the log must be whole.
#[track_caller]
fn check_delta(delta: &Path) -> Vec<String> {
    let mut newest = Vec::new();
    let logs = fs::read_dir(delta).unwrap().map(|entry| entry.unwrap().path());
    for table in logs.filter(|path| path.is_dir()) {
        let entries = fs::read_dir(table.join("_delta_log")).into_iter().flatten();
        let mut entries: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        entries.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
        entries.sort();
        for (version, entry) in entries.iter().enumerate() {
            assert_eq!(entry.file_stem().unwrap().to_str(), Some(&*format!("{version:020}")));
            let text = fs::read_to_string(entry).unwrap();
            let actions = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
            let added: Vec<_> = actions.filter_map(|action| action.get("add").cloned()).collect();
            assert_eq!(added.len(), 1, "{}", entry.display());
            let name = added[0]["path"].as_str().unwrap();
            let file = table.join(name);
            if version + 1 == entries.len() {
                newest.push(name.to_owned());
                let bytes = fs::metadata(&file).expect("the newest rows").len();
                assert_eq!(Some(bytes), added[0]["size"].as_u64(), "{}", file.display());
            }
        }
    }
    newest
}

/// Copies a folder with all that is in it.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (kind, path, to) =
            (entry.file_type().unwrap(), entry.path(), to.join(entry.file_name()));
        if kind.is_dir() {
            copy(&path, &to);
        } else if kind.is_symlink() {
            symlink(fs::read_link(&path).unwrap(), &to).unwrap();
        } else {
            fs::copy(&path, &to).unwrap();
        }
    }
}

/// How many cases to try: as the variable of the environment has it, a number or `all`, else as
/// many as a test usually has time for.
pub fn amount(variable: &str, usual: usize) -> usize {
    match std::env::var(variable).as_deref() {
        Ok("all") => usize::MAX,
        Ok(number) => number.parse().unwrap_or_else(|_| panic!("{variable} is no number")),
        Err(_) => usual,
    }
}
