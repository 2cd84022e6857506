//! `kohort schema`.

use std::fmt::Write as _;

use kohort_model::TableSpec;
use kohort_pipeline::reference::{SectionReference, sections};
use kohort_pipeline::{reads, schemas, table, tables};
use kohort_report::schema::{describe, list, markdown};
use kohort_report::{ReportError, declaration};
use serde_json::{Value, json};

use crate::args::{SchemaArgs, SchemaFormat};
use crate::error::CliError;
use crate::stdout::Stdout;

/// The record of a run, which is described beside the tables.
const RUN_RECORD: &str = "run.json";
/// The pipeline file, which is described beside the tables.
const PIPELINE_FILE: &str = "pipeline.toml";

pub fn schema(args: &SchemaArgs, stdout: &mut Stdout) -> Result<(), CliError> {
    let text = match (args.table.as_deref(), args.format) {
        (None, SchemaFormat::Json) => {
            let all: Vec<_> = tables().map(declared).collect();
            format!("{:#}\n", json!({ "tables": all }))
        }
        (None, SchemaFormat::Markdown) => all_tables(),
        (None, SchemaFormat::Text) => list(&schemas(), Stdout::width()),
        (Some(RUN_RECORD), _) => kohort_publish::RUN_SCHEMA.to_owned(),
        (Some(PIPELINE_FILE), format) => pipeline_file(format),
        (Some(name), format) => {
            let table = table(name).ok_or_else(|| {
                let tables = schemas().into_iter().map(|schema| schema.name);
                let known = tables.chain([RUN_RECORD, PIPELINE_FILE]).map(str::to_owned).collect();
                ReportError::Unknown { what: "table", name: name.to_owned(), known }
            })?;
            match format {
                SchemaFormat::Text => describe(table.schema, Stdout::width()),
                SchemaFormat::Markdown => markdown(table.schema),
                SchemaFormat::Json => format!("{:#}\n", declared(table)),
            }
        }
    };
    Ok(stdout.print(&text)?)
}

fn declared(table: &TableSpec) -> Value {
    declaration::json(table, reads(table.schema.name))
}

fn all_tables() -> String {
    let mut text = String::new();
    for schema in schemas() {
        let _ = writeln!(text, "## {}\n\n{}\n", schema.name, schema.description);
        let _ = writeln!(text, "{}", markdown(schema));
    }
    text
}

/// The sections and keys of the pipeline file.
fn pipeline_file(format: SchemaFormat) -> String {
    let sections = sections();
    if format == SchemaFormat::Json {
        let section = |section: &SectionReference| {
            let keys = section.keys.iter().map(|key| {
                json!({
                    "name": key.name,
                    "type": key.ty,
                    "default": key.default,
                    "meaning": key.meaning,
                    "example": key.example,
                })
            });
            json!({ "name": section.name, "keys": keys.collect::<Vec<_>>() })
        };
        let all: Vec<_> = sections.iter().map(section).collect();
        return format!("{:#}\n", json!({ "sections": all }));
    }
    let mut text = String::new();
    for section in sections {
        let name = if section.name.is_empty() { "top level" } else { &section.name };
        let _ = match format {
            SchemaFormat::Markdown => write!(text, "## {name}\n\n{}\n", section.markdown()),
            _ => write!(text, "[{name}]\n{}\n", section.text()),
        };
    }
    text
}
