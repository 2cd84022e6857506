//! A folder to work in, and the command at work in it.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// The command under test.
pub const KOHORT: &str = env!("CARGO_BIN_EXE_kohort");

/// A folder that vanishes at the end.
pub struct Folder(TempDir);

/// What a command did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// `None` where a signal ended it.
    pub code: Option<i32>,
    pub signal: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Copies a file, or all files directly in a folder.
    pub fn copy(&self, from: &Path) {
        let files: Vec<_> = match fs::read_dir(from) {
            Ok(entries) => entries.map(|entry| entry.unwrap().path()).collect(),
            Err(_) => vec![from.to_owned()],
        };
        for file in files.iter().filter(|file| file.is_file()) {
            fs::copy(file, self.0.path().join(file.file_name().unwrap())).unwrap();
        }
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// Runs `kohort` with arguments without blanks in them.
    pub fn kohort(&self, arguments: &str) -> Done {
        done(self.at_work(KOHORT).args(arguments.split_whitespace()).output().unwrap())
    }

    /// As [`Folder::kohort`]; it must do what it was told to.
    #[track_caller]
    pub fn kohort_succeeds(&self, arguments: &str) -> Done {
        let done = self.kohort(arguments);
        assert_eq!(done.code, Some(0), "kohort {arguments}\n{}", done.stderr);
        done
    }

    /// Runs a line of shell in which `kohort` is the command under test.
    pub fn shell(&self, line: &str) -> Done {
        done(self.at_work("sh").args(["-c", line]).output().unwrap())
    }

    /// Starts `kohort`, whose log is then read line by line.
    pub fn start(&self, arguments: &str) -> Running {
        let mut command = self.at_work(KOHORT);
        let mut child = command
            .args(arguments.split_whitespace())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        Running { child, log, seen: String::new() }
    }

    /// A program that is to work in the folder.
    pub fn at_work(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let folder = Path::new(KOHORT).parent().unwrap().to_str().unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        command
            .current_dir(self.0.path())
            .env("PATH", format!("{folder}:{path}"))
            .env_remove("NO_COLOR")
            .env_remove("COLUMNS")
            .env_remove("RUST_BACKTRACE")
            .stdin(Stdio::null());
        command
    }

    /// The folder that `out/current` leads to.
    pub fn current(&self) -> Option<PathBuf> {
        fs::canonicalize(self.path("out/current")).ok()
    }

    /// What the current run says of itself.
    pub fn record(&self) -> Value {
        self.record_in("out")
    }

    /// As [`Folder::record`], of another output.
    pub fn record_in(&self, output: &str) -> Value {
        let path = self.path(output).join("current/run.json");
        serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
    }

    /// Name, rows and digest of each table of the current run.
    pub fn digests(&self) -> Vec<(String, u64, String)> {
        self.digests_in("out")
    }

    /// As [`Folder::digests`], of another output.
    pub fn digests_in(&self, output: &str) -> Vec<(String, u64, String)> {
        let record = self.record_in(output);
        let tables = record["tables"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        tables
            .map(|t| (text(&t["name"]), t["rows"].as_u64().unwrap(), text(&t["digest"])))
            .collect()
    }

    /// Names in a folder, sorted; none where there is no such folder.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).into_iter().flatten();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// What a command did that has ended.
pub fn done(output: Output) -> Done {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Done {
        code: output.status.code(),
        signal: output.status.signal(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// A run at work.
pub struct Running {
    child: Child,
    log: BufReader<ChildStderr>,
    seen: String,
}

impl Running {
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Reads the log up to a line that holds `text`; whether it came.
    pub fn wait_for(&mut self, text: &str) -> bool {
        loop {
            let from = self.seen.len();
            if self.log.read_line(&mut self.seen).unwrap() == 0 {
                return false;
            }
            if self.seen[from..].contains(text) {
                return true;
            }
        }
    }

    /// Ends it at once, as a power cut would.
    pub fn kill(mut self) -> Done {
        // It may have ended by itself.
        let _ = self.child.kill();
        self.end()
    }

    /// Stops it until it is told to go on.
    pub fn stop(&self) {
        self.signal("STOP");
    }

    pub fn go_on(&self) {
        self.signal("CONT");
    }

    /// Sends it a signal, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let line = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &line]).status().unwrap().success(), "{line}");
    }

    /// Waits for its end.
    pub fn end(mut self) -> Done {
        self.log.read_to_string(&mut self.seen).unwrap();
        let status = self.child.wait().unwrap();
        let (code, signal) = (status.code(), status.signal());
        Done { code, signal, stdout: String::new(), stderr: self.seen }
    }
}

/// Tells why a test that needs something of its surroundings was left out.
pub fn skip(reason: &str) {
    tell(&format!("skipped: {reason}"));
}

/// Tells what a test did.
#[expect(clippy::print_stderr, reason = "who runs the tests should know")]
pub fn tell(what: &str) {
    eprintln!("{what}");
}
