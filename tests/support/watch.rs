//! The calls of a command that change what lies in a folder: what they were, and some that fail.

use std::env;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::sync::OnceLock;

use crate::support::shell::{Done, Folder, KOHORT, done, skip};

/// One call.
#[derive(Clone, Debug)]
pub struct Note {
    /// Its class, one of [`CLASSES`].
    pub class: String,
    /// What it changed; `None` where that is nothing.
    pub change: Option<Change>,
    /// Whether it was made to fail, or to write less than asked.
    pub has_failed: bool,
    /// Of what, in the folder that is watched.
    pub path: PathBuf,
}

/// What a call changed. Paths are in the folder that is watched.
#[derive(Clone, Debug)]
pub enum Change {
    /// A new file.
    Create,
    Folder,
    Write {
        offset: usize,
        bytes: Vec<u8>,
    },
    /// The length of a file.
    Length(usize),
    /// Nothing, but the file or folder is on disk now.
    Sync,
    Remove,
    Rename(PathBuf),
    /// Another name of a file.
    Link(PathBuf),
    /// A link to this text.
    Symlink(PathBuf),
}

/// The classes of calls.
pub const CLASSES: [&str; 8] =
    ["open", "write", "truncate", "sync", "mkdir", "rename", "link", "remove"];

/// A call that fails.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    pub class: &'static str,
    /// Which one of its class, from 1.
    pub number: usize,
    pub how: How,
}

/// In which way a call fails, with what the operating system says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Once(Errno),
    /// A write writes half.
    Short,
    /// From here on nothing can be written, but things can be removed.
    Full,
    /// From here on nothing can be changed.
    Dead(Errno),
}

/// An error of the operating system by its number, which is the same on every Linux.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errno {
    Interrupted = 4,
    Io = 5,
    NoSpace = 28,
    ReadOnly = 30,
}

impl fmt::Display for Fault {
    /// As `watch.c` reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (how, errno) = match self.how {
            How::Once(errno) => ("once", errno),
            How::Short => ("short", Errno::Io),
            How::Full => ("full", Errno::NoSpace),
            How::Dead(errno) => ("dead", errno),
        };
        write!(f, "{} {} {} {how}", self.class, self.number, errno as i32)
    }
}

/// Runs `kohort` and watches what it does to a folder. Nothing waits for the disk.
pub fn watched(
    folder: &Folder,
    of: &str,
    arguments: &str,
    fault: Option<Fault>,
) -> (Done, Vec<Note>) {
    let library = library().as_ref().unwrap();
    let of = folder.path("").canonicalize().unwrap().join(of);
    let log = folder.path("watch.log");
    let _ = fs::remove_file(&log);
    let mut command = folder.at_work(KOHORT);
    command.args(arguments.split_whitespace());
    watch(&mut command, library, &of, &log);
    if let Some(fault) = fault {
        command.env("WATCH_FAIL", fault.to_string());
    }
    let done = done(command.output().unwrap());
    (done, notes(&fs::read(&log).unwrap_or_default(), &of))
}

fn watch(command: &mut Command, library: &Path, folder: &Path, log: &Path) {
    command
        .env("LD_PRELOAD", library)
        .env("WATCH_FOLDER", folder)
        .env("WATCH_LOG", log)
        .env("WATCH_NO_SYNC", "1");
}

/// Whether calls can be watched here; tells why not.
pub fn can_watch() -> bool {
    match library() {
        Ok(_) => true,
        Err(reason) => {
            skip(reason);
            false
        }
    }
}

/// `watch.c`, compiled, or why there is none.
fn library() -> &'static Result<PathBuf, String> {
    static LIBRARY: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        if !cfg!(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))) {
            return Err("calls can be watched on Linux only, of x86-64 and aarch64".to_owned());
        }
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/support/watch.c");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let new = folder.join(format!("watch-{}.so", process::id()));
        let cc = env::var("CC").unwrap_or_else(|_| "cc".to_owned());
        let built = Command::new(&cc)
            .args(["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o"])
            .args([&new, Path::new(source)])
            .output();
        let built = built.map_err(|error| format!("there is no {cc}: {error}"))?;
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        // Other processes may be at the same.
        let library = folder.join("watch.so");
        fs::rename(&new, &library).unwrap();
        let probe = Folder::new();
        let mut command = probe.at_work(KOHORT);
        watch(command.arg("--version"), &library, &probe.path(""), &probe.path("log"));
        let probe = done(command.output().unwrap());
        if probe.code == Some(0) { Ok(library) } else { Err(probe.stderr) }
    })
}

/// What `watch.c` wrote.
fn notes(mut log: &[u8], folder: &Path) -> Vec<Note> {
    let mut notes = Vec::new();
    while let Some(end) = log.iter().position(|byte| *byte == b'\n') {
        let line = str::from_utf8(&log[..end]).unwrap();
        log = &log[end + 1..];
        let [class, change, path, second, offset, bytes] =
            line.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let below = |path: &str| Path::new(path).strip_prefix(folder).unwrap().to_owned();
        let (offset, bytes): (usize, usize) = (offset.parse().unwrap(), bytes.parse().unwrap());
        let changed = match change {
            "create" => Some(Change::Create),
            "mkdir" => Some(Change::Folder),
            "write" => {
                let (written, rest) = log.split_at(bytes);
                log = &rest[1..];
                Some(Change::Write { offset, bytes: written.to_vec() })
            }
            "truncate" => Some(Change::Length(bytes)),
            "sync" => Some(Change::Sync),
            "remove" => Some(Change::Remove),
            "rename" => Some(Change::Rename(below(second))),
            "link" => Some(Change::Link(below(second))),
            "symlink" => Some(Change::Symlink(second.into())),
            "-" | "failed" => None,
            other => panic!("{other}"),
        };
        let has_failed = change == "failed";
        notes.push(Note {
            class: class.to_owned(),
            change: changed,
            has_failed,
            path: below(path),
        });
    }
    notes
}
