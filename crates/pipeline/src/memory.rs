//! How much memory the process held, and how much of a limit the gathered orders may take.

use std::fs;

const MIB: u64 = 1 << 20;

/// What decoding and folding take beside the gathered orders: the row groups in flight and the
/// partitions of each thread.
const BESIDE: u64 = 384 * MIB;

/// Bytes of gathered orders to hold before they go to disk, under a limit for the process.
pub(crate) fn gather_budget(limit: Option<u64>) -> usize {
    let Some(limit) = limit else { return usize::MAX };
    let budget = limit.saturating_sub(BESIDE).max(limit / 8);
    usize::try_from(budget).unwrap_or(usize::MAX)
}

/// Most memory that the process held, in bytes, where the system tells.
pub(crate) fn peak_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
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
}
