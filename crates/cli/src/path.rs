//! Paths of the command line that lead to an output or a run.

use std::path::{Path, PathBuf};

use kohort_pipeline::Pipeline;

use crate::error::CliError;
use crate::messages::Messages;

/// The folder or URL that `path` leads to: a pipeline file leads to its output, `~N` behind it to
/// the Nth run before the current one.
pub fn folder(path: &Path, messages: &Messages) -> Result<PathBuf, CliError> {
    let is_pipeline = |path: &Path| path.extension().is_some_and(|extension| extension == "toml");
    let output = |path: &Path| -> Result<PathBuf, CliError> {
        let pipeline = Pipeline::read(path, &[])?;
        messages.hide(&pipeline.substituted);
        Ok(pipeline.output)
    };
    if is_pipeline(path) {
        return output(path);
    }
    let numbered = path.to_str().and_then(|path| path.rsplit_once('~'));
    if let Some((file, number)) = numbered.filter(|(file, _)| is_pipeline(Path::new(file))) {
        let mut output = output(Path::new(file))?.into_os_string();
        output.push("~");
        output.push(number);
        return Ok(output.into());
    }
    Ok(path.to_owned())
}
