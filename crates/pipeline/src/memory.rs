//! Memory of the process: what it holds, what it may take, and the error of tables that do not fit.

use std::fmt;
use std::fs;

use kohort_model::{Day, Grain, MemoryGuard};

const MIB: u64 = 1 << 20;

/// What decoding and folding take beside the gathered orders: the row groups in flight and the
/// partitions of each thread.
const BESIDE: u64 = 384 * MIB;

/// What a run may take for anything, beside what each thread does: the command, buffers of the
/// writers, sorted rows.
const FLOOR: u64 = 256 * MIB;
/// What a thread may take for anything: row groups that are decoded, a partition, rows to sort.
const FLOOR_OF_THREAD: u64 = 128 * MIB;

/// What counters and tables may take in any case, so that they do not fail for what reading has
/// left behind.
const ROOM: u64 = 64 * MIB;

/// Bytes of gathered orders to hold before they go to disk, under a limit for the process.
pub(crate) fn gather_budget(limit: Option<u64>) -> usize {
    let Some(limit) = limit else { return usize::MAX };
    let budget = limit.saturating_sub(BESIDE).max(limit / 8);
    usize::try_from(budget).unwrap_or(usize::MAX)
}

/// Bytes that lookups may take, which are held whole: half of the limit, and without one of what the machine
/// has left; `None` where the system says nothing.
pub(crate) fn lookup_budget(limit: Option<u64>) -> Option<u64> {
    Some(limit.map(|limit| limit.max(FLOOR)).or_else(available_bytes)? / 2)
}

/// What counters and tables may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ceiling {
    /// Bytes that the process may hold while it counts; `None` where the system says nothing.
    pub bytes: Option<u64>,
    /// Bytes that it held when it began to.
    pub held: u64,
}

impl Ceiling {
    /// The ceiling from here on: the limit, or without one what the machine has left.
    pub fn now(limit: Option<u64>, threads: usize) -> Self {
        let held = held_bytes().unwrap_or(0);
        let bytes = match limit {
            Some(limit) => Some(limit.max(floor(threads)).max(held + ROOM)),
            // The last tenth is for what is written meanwhile, and for others.
            None => available_bytes().map(|available| held + available / 10 * 9),
        };
        Self { bytes, held }
    }

    /// Bytes that may still be taken.
    pub fn left(self) -> Option<u64> {
        Some(self.bytes?.saturating_sub(self.held))
    }

    pub fn guard(self) -> MemoryGuard {
        match self.bytes {
            Some(bytes) => MemoryGuard::new(move || held_bytes().is_some_and(|held| held > bytes)),
            None => MemoryGuard::default(),
        }
    }
}

/// Most memory that the process held, in bytes, where the system says.
pub(crate) fn peak_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    kib(&status, "VmHWM:")
}

/// Memory that the process holds, in bytes, where the system says.
fn held_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    kib(&status, "VmRSS:")
}

/// Memory that the process could take without others giving up theirs, where the system says: what
/// is free or easily freed, within the limit of its control group.
fn available_bytes() -> Option<u64> {
    let free = kib(&fs::read_to_string("/proc/meminfo").ok()?, "MemAvailable:")?;
    let number = |path: &str| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let of_group = number("/sys/fs/cgroup/memory.max")
        .zip(number("/sys/fs/cgroup/memory.current"))
        .map(|(most, held)| most.saturating_sub(held));
    Some(of_group.map_or(free, |left| left.min(free)))
}

/// The bytes of a line such as `VmRSS:     1234 kB`.
fn kib(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

/// Bytes as a person reads them: `256 MiB`, `5.2 GiB`.
#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
pub(crate) fn readable(bytes: u64) -> String {
    if bytes < 10 * 1024 * MIB / 10 {
        return format!("{} MiB", bytes.div_ceil(MIB));
    }
    format!("{:.1} GiB", bytes as f64 / (1024 * MIB) as f64)
}

/// The lowest limit that is held, for a run of so many threads.
fn floor(threads: usize) -> u64 {
    FLOOR + FLOOR_OF_THREAD * threads as u64
}

/// That a run held more than its limit, where it did.
pub(crate) fn passed(limit: Option<u64>, peak: Option<u64>, threads: usize) -> Option<String> {
    let (limit, peak) = limit.zip(peak)?;
    if peak <= limit {
        return None;
    }
    let floor = floor(threads);
    let why = if limit < floor {
        format!("with {threads} threads none below {} is held", readable(floor))
    } else {
        "what is read, sorted and counted at one moment took more".to_owned()
    };
    Some(format!(
        "at its peak the run held {} of memory, more than the --memory-limit of {}: {why}; fewer \
         --threads take less",
        readable(peak),
        readable(limit)
    ))
}

/// Tables that memory does not hold.
#[derive(Debug)]
pub struct TooLarge {
    /// Their names.
    pub(crate) tables: Vec<&'static str>,
    /// Bytes that they need at least, where that is known.
    pub(crate) needed: Option<u64>,
    pub(crate) ceiling: Ceiling,
    /// The first day of the tables.
    pub(crate) first_day: Day,
    /// The finest grain.
    pub(crate) grain: Grain,
    /// How many of its periods there are.
    pub(crate) periods: usize,
    /// Everybody and every segment value.
    pub(crate) slots: usize,
    /// The segment with the most values, and how many.
    pub(crate) segment: Option<(String, usize)>,
}

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tables, needed, ceiling, first_day, grain, periods, slots, segment } = self;
        let (tables, name) = (tables.join(", "), grain.name());
        write!(f, "{tables} do not fit into memory; nothing was published. ")?;
        match (needed, ceiling.left()) {
            (Some(needed), Some(left)) => {
                write!(
                    f,
                    "Rows take {} or more, and {} are left",
                    readable(*needed),
                    readable(left)
                )?;
            }
            _ => write!(f, "Counters and rows have outgrown it")?,
        }
        if let Some(bytes) = ceiling.bytes {
            write!(f, " of the {} that the run may take", readable(bytes))?;
        }
        write!(f, ". There are {periods} {name}s from {first_day} on")?;
        if let Some((segment, values)) = segment {
            write!(f, ", and {} values of segments, {values} of them of {segment}", slots - 1)?;
        }
        write!(
            f,
            ". Raise --memory-limit; if {first_day} is a mistake, reject such rows with [checks] \
             earliest; or leave out tables, the grain {name}"
        )?;
        match segment {
            Some((segment, _)) => write!(f, " or the segment {segment}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets() {
        let cases = [(None, usize::MAX), (Some(1024 * MIB), 640 << 20), (Some(64 * MIB), 8 << 20)];
        for (limit, expected) in cases {
            assert_eq!(gather_budget(limit), expected, "{limit:?}");
        }
    }

    #[test]
    fn sizes_for_people() {
        for (bytes, expected) in [
            (0, "0 MiB"),
            (1, "1 MiB"),
            (256 * MIB, "256 MiB"),
            (1023 * MIB, "1023 MiB"),
            (1024 * MIB, "1.0 GiB"),
            (5325 * MIB, "5.2 GiB"),
        ] {
            assert_eq!(readable(bytes), expected, "{bytes}");
        }
    }

    #[test]
    fn lines_of_the_system() {
        for (text, expected) in [
            ("VmPeak:\t 9 kB\nVmRSS:\t    1234 kB\n", Some(1234 * 1024)),
            ("VmRSS: 12 MB", None),
            ("VmRSS: kB", None),
            ("", None),
        ] {
            assert_eq!(kib(text, "VmRSS:"), expected, "{text}");
        }
    }

    #[test]
    fn a_limit_that_was_passed_is_told() {
        for (limit, peak, expected) in [
            (None, Some(MIB), None),
            (Some(512), None, None),
            (Some(512 * MIB), Some(512 * MIB), None),
            (Some(64 * MIB), Some(200 * MIB), Some("with 2 threads none below 512 MiB is held")),
            (Some(512 * MIB), Some(600 * MIB), Some("at one moment took more; fewer --threads")),
        ] {
            let text = passed(limit, peak, 2);
            assert_eq!(text.is_some(), expected.is_some(), "{limit:?} {peak:?}");
            let text = text.unwrap_or_default();
            assert!(text.contains(expected.unwrap_or_default()), "{text}");
        }
    }
}
