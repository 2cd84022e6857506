//! `kohort calc`: the formulas of the tables for numbers that are typed in.

pub mod args;
mod render;

use crate::error::CliError;
use crate::stdout::Stdout;
use args::CalcArgs;

pub fn calc(args: &CalcArgs, stdout: &mut Stdout) -> Result<(), CliError> {
    args.given.check()?;
    let text = if args.is_json { render::json(&args.given) } else { render::text(&args.given) };
    Ok(stdout.print(&text)?)
}
