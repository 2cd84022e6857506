//! `kohort gc`.

use kohort_publish::{Output, PublishError};

use crate::args::GcArgs;
use crate::error::CliError;
use crate::messages::Messages;
use crate::path::folder;
use kohort_report::number::size;

pub fn gc(args: &GcArgs, messages: &Messages) -> Result<(), CliError> {
    let output = Output::at(folder(&args.path, messages)?);
    let cleared = output.clear(args.keep as usize, args.dry_run)?;
    if cleared.runs.is_empty() && cleared.kept == 0 && cleared.left_behind_bytes == 0 {
        return Err(PublishError::NothingPublished { path: output.root().to_owned() }.into());
    }
    let removed = if args.dry_run { "would remove" } else { "removed" };
    for run in &cleared.runs {
        messages.say(format_args!("{removed} {}, {}", run.id, size(run.bytes)));
    }
    if cleared.left_behind_bytes > 0 {
        let bytes = size(cleared.left_behind_bytes);
        messages.say(format_args!("{removed} what killed runs left behind, {bytes}"));
    }
    let bytes = size(cleared.runs.iter().map(|run| run.bytes).sum());
    let kept =
        format!("{} run{}", cleared.kept, if cleared.kept == 1 { " stays" } else { "s stay" });
    messages.say(match cleared.runs.len() {
        0 => format!("no run to remove; {kept}"),
        1 => kept,
        runs => format!("{removed} {runs} runs, {bytes} in all; {kept}"),
    });
    Ok(())
}
