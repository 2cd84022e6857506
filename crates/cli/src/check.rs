//! `kohort check`.

use std::io::Write;

use kohort_pipeline::Pipeline;

use crate::args::CheckArgs;
use crate::error::CliError;
use crate::number::{plural, size};
use crate::run::settings;
use crate::show::grid::{Align, Grid};
use crate::stdout::Stdout;

pub fn check(args: &CheckArgs, stdout: &mut Stdout) -> Result<(), CliError> {
    let pipeline = Pipeline::read(&args.file, &settings(&args.overrides)?)?;
    let report = kohort_pipeline::check(&pipeline)?;
    let files = plural(report.files as u64, "file");
    let rows = plural(report.rows, "row");
    writeln!(
        stdout,
        "{} fits its input: {rows} in {files}, {}",
        args.file.display(),
        size(report.bytes)
    )?;
    writeln!(stdout)?;
    let mut grid =
        Grid::new([("setting", Align::Left), ("expression", Align::Left), ("type", Align::Left)]);
    for (setting, expression, ty) in report.columns {
        grid.row([setting, expression, ty]);
    }
    stdout.write_all(grid.to_string().as_bytes())?;
    writeln!(stdout)?;
    writeln!(stdout, "tables: {}", report.tables.join(", "))?;
    Ok(())
}
