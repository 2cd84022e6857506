//! Locks: one run at a time per folder.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

use chrono::{SecondsFormat, Utc};
use kohort_model::{shown, shown_path};

use crate::{DiskError, open_file};

/// How often a lock is tried while another holds it.
const TRY_EVERY: Duration = Duration::from_millis(200);
/// How often it is reported that a run waits.
const REPORT_EVERY: Duration = Duration::from_mins(1);

/// Most bytes of a signature.
const LONGEST: u64 = 300;

/// The exclusive lock on a folder, until it is dropped. The system takes it off a process that
/// dies; the file stays, as removing it could lock two runs on two files of one name.
#[derive(Debug)]
pub struct Lock(File);

impl Lock {
    /// Locks the folder `root`, which exists, and signs the lock file with `who` is at work. While
    /// another holds it: fails, or where `on_wait` is there waits, and reports so at once and each
    /// minute.
    ///
    /// # Errors
    /// [`DiskError::Locked`] while another holds it and nobody waits; [`DiskError::Write`] or
    /// [`DiskError::Lock`] where the system refuses.
    pub fn take(root: &Path, who: &str, on_wait: Option<&dyn Fn(&str)>) -> Result<Self, DiskError> {
        let path = root.join(".lock");
        let mut file =
            open_file(&path).map_err(|cause| DiskError::Write { path: path.clone(), cause })?;
        let mut reported: Option<Instant> = None;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(cause)) => return Err(DiskError::Lock { path, cause }),
            }
            let Some(on_wait) = on_wait else {
                return Err(DiskError::Locked { root: root.into(), holder: holder(&mut file) });
            };
            if reported.is_none_or(|at| at.elapsed() >= REPORT_EVERY) {
                reported = Some(Instant::now());
                let holder = holder(&mut file);
                on_wait(&format!(
                    "{} is in use by {holder}; waiting until it ends",
                    shown_path(root)
                ));
            }
            thread::sleep(TRY_EVERY);
        }
        sign(&mut file, who).map_err(|cause| DiskError::Write { path, cause })?;
        Ok(Self(file))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A name that stays in the file misleads nobody: it is read only while locked.
        let _ = self.0.set_len(0);
    }
}

fn sign(file: &mut File, who: &str) -> io::Result<()> {
    let start = Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true);
    let text = format!("{who} (process {} on {}, started {start})\n", process::id(), host());
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(text.as_bytes())
}

/// Who has signed, on one line; what else is in the file is nobody's signature.
fn holder(file: &mut File) -> String {
    let mut bytes = Vec::new();
    let read = file.rewind().and_then(|()| file.take(LONGEST).read_to_end(&mut bytes));
    let text = String::from_utf8_lossy(&bytes);
    match text.lines().next().map(str::trim).filter(|line| !line.is_empty()) {
        Some(line) if read.is_ok() => shown(line).into_owned(),
        _ => "another run".to_owned(),
    }
}

/// Whether a lock file is one of ours: signed, or empty as nobody holds it. A power cut may have left
/// the beginning of a signature, or zeros.
pub(crate) fn is_own(path: &Path) -> bool {
    let is_signed = |text: &str| ["run ", "kohort "].iter().any(|by| text.starts_with(by));
    fs::read(path).is_ok_and(|text| {
        text.iter().all(|byte| *byte == 0) || is_signed(&String::from_utf8_lossy(&text))
    })
}

fn host() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = name.or_else(|| env::var("HOSTNAME").ok()).or_else(|| env::var("COMPUTERNAME").ok());
    name.map_or_else(|| "an unknown host".to_owned(), |name| name.trim().to_owned())
}
