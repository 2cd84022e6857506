//! Verbose messages: what a run is about to read, for whoever looks for a fault.

use kohort_load::{Opened, OpenedLookup};

use crate::{PlannedFile, PlannedInput};

/// A line for what was read of a lookup, and one for each file.
pub(crate) fn of_lookup(lookup: &OpenedLookup) -> Vec<String> {
    let name = lookup.name();
    let report = lookup.report().map(|report| {
        let columns = lookup.used().join(", ");
        format!("lookups.{name}: {} rows of {columns}, {} bytes", report.rows, report.bytes)
    });
    let files = lookup.files().iter();
    let files = files.map(|file| format!("lookups.{name}: {}", file.path.display()));
    report.into_iter().chain(files).collect()
}

/// A line for what is read of an input and as what, and one for each file.
pub(crate) fn of_input(opened: &Opened, planned: &PlannedInput) -> Vec<String> {
    let PlannedInput { input, decode, reuse, ruled_out, vanished, decode_files } = planned;
    let mapped = opened.columns().into_iter();
    let mapped = mapped.map(|(key, text, ty)| format!("{input}: {key} = {text} ({ty})"));
    let counts = format!(
        "{input}: {} files to decode, {} known from earlier, {} ruled out by their folders, \
         {vanished} gone",
        decode.files, reuse.files, ruled_out.files,
    );
    let files = decode_files.iter().map(|PlannedFile { path, bytes, reason }| {
        format!("{input}: decode {path}, {bytes} bytes ({reason})")
    });
    mapped.chain([counts]).chain(files).collect()
}
