//! `kohort schema`.

use kohort_report::ReportError;
use kohort_report::schema::{describe, list};

use crate::args::SchemaArgs;
use crate::error::CliError;
use crate::stdout::Stdout;

/// What is described beside the tables.
const RUN_RECORD: &str = "run.json";

pub fn schema(args: &SchemaArgs, stdout: &mut Stdout) -> Result<(), CliError> {
    let schemas = kohort_pipeline::schemas();
    let text = match &args.table {
        None => list(&schemas, Stdout::width()),
        Some(name) if name == RUN_RECORD => kohort_publish::RUN_SCHEMA.to_owned(),
        Some(name) => {
            let schema = schemas.iter().find(|schema| schema.name == name).ok_or_else(|| {
                let tables = schemas.iter().map(|schema| schema.name);
                let known = tables.chain([RUN_RECORD]).map(str::to_owned).collect();
                ReportError::Unknown { what: "table", name: name.clone(), known }
            })?;
            describe(schema, Stdout::width())
        }
    };
    Ok(stdout.print(&text)?)
}
