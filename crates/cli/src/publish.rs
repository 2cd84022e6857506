//! `kohort publish`.

use kohort_publish::{PublishedRun, delta};

use crate::args::PublishArgs;
use crate::error::CliError;
use crate::messages::Messages;
use crate::path::folder;

pub fn publish(args: &PublishArgs, messages: &Messages) -> Result<(), CliError> {
    let run = PublishedRun::open(folder(&args.run, messages)?)?;
    let (output, id) = run.place()?;
    let before = output.make_current(&id)?;
    if delta::is_there(output) {
        // How many versions stay is for the next run to say.
        delta::sync(output, &run, usize::MAX)?;
    }
    messages.say(match before {
        Some(before) if before == id => format!("{id} is current already"),
        Some(before) => format!("{id} is current now; before it was {before}"),
        None => format!("{id} is current now"),
    });
    Ok(())
}
