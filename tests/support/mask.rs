//! Output without what differs from run to run.

use crate::support::shell::Folder;

/// The text with what differs from run to run replaced by a word.
pub fn masked(text: &str, folder: &Folder) -> String {
    let path = folder.path("");
    let canonical = path.canonicalize().unwrap();
    let mut text = text.to_owned();
    for path in [canonical.to_str().unwrap(), path.to_str().unwrap().trim_end_matches('/')] {
        text = text.replace(path, "DIR");
    }
    let text = masked_runs(&text);
    let mut lines = String::new();
    for line in text.lines() {
        let line = match line.split_once(' ') {
            // 2024-01-01T00:00:00.000000Z in front of a line of the log.
            Some((time, rest)) if time.len() == 27 && time.ends_with('Z') => format!("TIME {rest}"),
            _ => line.to_owned(),
        };
        lines.push_str(&masked_numbers(&line));
        lines.push('\n');
    }
    lines
}

/// Names of runs, such as `20261122T014451Z-3f9a`.
fn masked_runs(text: &str) -> String {
    let mut masked = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("Z-") {
        let is_run = at >= 15
            && rest.is_char_boundary(at - 15)
            && rest[at - 15..at].bytes().enumerate().all(|(i, b)| match i {
                8 => b == b'T',
                _ => b.is_ascii_digit(),
            });
        let (before, after) = if is_run { (at - 15, at + 6) } else { (at + 2, at + 2) };
        masked.push_str(&rest[..before]);
        masked.push_str(if is_run { "RUN" } else { "" });
        rest = &rest[after..];
    }
    masked + rest
}

/// Times, sizes and process ids in messages.
fn masked_numbers(line: &str) -> String {
    const FIELDS: [&str; 13] = [
        "\"timestamp\":\"",
        "\"seconds\":",
        "\"bytes\":",
        "\"peak_memory_bytes\":",
        "\"spilled_bytes\":",
        " seconds=",
        " bytes=",
        "peak_memory_bytes=",
        "spilled_bytes=",
        "(process ",
        ", started ",
        " total=",
        "\"total\":",
    ];
    let mut line = line.to_owned();
    for field in FIELDS {
        // How many partitions there are is nobody's business, how many rows and tables is.
        if field.contains("total") && !line.contains("partitions") {
            continue;
        }
        let Some(start) = line.find(field).map(|at| at + field.len()) else { continue };
        let is_value = |c: char| c.is_ascii_alphanumeric() || "-+.:".contains(c);
        let end = line[start..].find(|c| !is_value(c)).map_or(line.len(), |at| start + at);
        line.replace_range(start..end, "N");
    }
    line
}
