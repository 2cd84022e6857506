//! `kohort check`.

use std::io::Write;

use kohort_model::{shown, shown_path};
use kohort_pipeline::{CheckedInput, CheckedValue, Pipeline};

use crate::args::CheckArgs;
use crate::error::CliError;
use crate::messages::Messages;
use crate::run::settings;
use crate::stdout::Stdout;
use kohort_report::grid::{Align, Grid};
use kohort_report::number::{count, plural, size};

pub fn check(args: &CheckArgs, messages: &Messages, stdout: &mut Stdout) -> Result<(), CliError> {
    let pipeline = Pipeline::read(&args.file, &settings(&args.overrides)?)?;
    messages.hide(&pipeline.substituted);
    let report = kohort_pipeline::check(&pipeline, args.data)?;
    let inputs = &report.inputs;
    let total = |of: fn(&CheckedInput) -> u64| inputs.iter().map(of).sum::<u64>();
    writeln!(
        stdout,
        "{} fits its {}: {} in {}, {}",
        shown_path(&args.file),
        if inputs.len() == 1 { "input" } else { "inputs" },
        plural(total(|input| input.rows), "row"),
        plural(total(|input| input.files as u64), "file"),
        size(total(|input| input.bytes))
    )?;
    for input in inputs {
        writeln!(stdout)?;
        if inputs.len() > 1 {
            let (rows, files) = (plural(input.rows, "row"), plural(input.files as u64, "file"));
            writeln!(stdout, "{}: {rows} in {files}, {}", input.input, size(input.bytes))?;
        }
        let mut grid = Grid::new([
            ("setting", Align::Left),
            ("expression", Align::Left),
            ("type", Align::Left),
        ]);
        for (setting, expression, ty) in &input.columns {
            grid.row([setting.clone(), expression.clone(), ty.clone()]);
        }
        stdout.print(&grid.to_string())?;
        for note in &input.notes {
            writeln!(stdout, "note: {}", shown(note))?;
        }
    }
    for lookup in &report.lookups {
        writeln!(stdout)?;
        let (rows, files) = (plural(lookup.rows, "row"), plural(lookup.files as u64, "file"));
        writeln!(stdout, "lookups.{}: {rows} in {files}, {}", lookup.lookup, size(lookup.bytes))?;
        let mut grid = Grid::new([("column", Align::Left), ("type", Align::Left)]);
        for (column, ty) in &lookup.columns {
            grid.row([column.clone(), ty.clone()]);
        }
        stdout.print(&grid.to_string())?;
        for note in &lookup.notes {
            writeln!(stdout, "note: {}", shown(note))?;
        }
    }
    for value in &report.values {
        writeln!(stdout)?;
        write_texts(value, stdout)?;
    }
    if args.data && report.values.is_empty() {
        writeln!(stdout)?;
        writeln!(stdout, "the file names no text that rows should have")?;
    }
    writeln!(stdout)?;
    for warning in &report.warnings {
        writeln!(stdout, "note: {}", shown(warning))?;
    }
    writeln!(stdout, "tables: {}", report.tables.join(", "))?;
    Ok(report.verdict()?)
}

/// How many rows have each text of a value.
fn write_texts(value: &CheckedValue, stdout: &mut Stdout) -> Result<(), CliError> {
    let CheckedValue { input, key, expr, rows, .. } = value;
    writeln!(stdout, "{input}: {key} = {}, {}", shown(expr), plural(*rows, "row"))?;
    let columns = [("named in", Align::Left), ("text", Align::Left), ("rows", Align::Right)];
    let mut grid = Grid::new(columns);
    for text in &value.texts {
        let named_in = text.list.clone().unwrap_or_else(|| "–".to_owned());
        grid.row([named_in, text.text.clone(), count(text.rows)]);
    }
    stdout.print(&grid.to_string())?;
    if value.is_cut {
        writeln!(stdout, "note: there may be more texts, which come later in order")?;
    }
    Ok(())
}
