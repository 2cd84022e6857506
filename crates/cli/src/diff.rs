//! `kohort diff`.

use std::path::Path;

use kohort_publish::PublishedRun;
use kohort_publish::diff::{Comparison, Scope};
use kohort_report::diff::{ComparedTable, Report, export, report, sentence};

use crate::args::DiffArgs;
use crate::error::CliError;
use crate::messages::Messages;
use crate::path::folder;
use crate::stdout::Stdout;

/// Rows of each list where the command line does not say.
const USUAL_ROWS: u32 = 20;

pub fn diff(args: &DiffArgs, messages: &Messages, stdout: &mut Stdout) -> Result<(), CliError> {
    if args.format.for_programs().is_some() && args.rows.is_some() {
        return Err(CliError::RowsOfTable);
    }
    let comparison = Comparison::new(open(&args.older, messages)?, open(&args.newer, messages)?)?;
    for doubt in comparison.doubts() {
        messages.warn(&doubt.to_string());
    }
    let tables = choose(args, &comparison, messages)?;
    let counts = match args.format.for_programs() {
        None => {
            let rows = args.rows.unwrap_or(USUAL_ROWS) as usize;
            let Report { text, counts } = report(&comparison, &tables, rows)?;
            stdout.print(&text)?;
            counts
        }
        Some(format) => export(&tables, format, stdout)?,
    };
    if args.exit_code && counts.rows() > 0 {
        return Err(CliError::Differences { counts });
    }
    if args.format.for_programs().is_some() {
        messages.say(sentence(counts));
    }
    Ok(())
}

/// The tables that are compared; stderr names the others.
fn choose(
    args: &DiffArgs,
    comparison: &Comparison,
    messages: &Messages,
) -> Result<Vec<ComparedTable>, CliError> {
    let (both, one) = comparison.tables()?;
    if args.table.is_none() && both.is_empty() {
        messages.warn("the runs have no table in common");
    } else if args.table.is_none() && !one.is_empty() {
        messages.say(format!("left out: {} (only one run has it)", one.join(", ")));
    }
    let mut chosen = Vec::new();
    let mut open = Vec::new();
    for name in args.table.clone().map_or(both, |table| vec![table]) {
        let pair = match comparison.table(&name)? {
            Ok(pair) => pair,
            Err(unlike) => {
                messages.warn(&format!("{name} is not compared: {unlike}"));
                continue;
            }
        };
        if pair.is_open() && !args.all && args.table.is_none() {
            open.push(name);
            continue;
        }
        if !pair.not_compared().is_empty() {
            messages.warn(&format!(
                "of {name} is not compared what only one run has, or with another type: {}",
                pair.not_compared().join(", ")
            ));
        }
        // Whoever names a table without periods wants to see what it has become.
        let scope = if args.all || pair.is_open() { Scope::All } else { Scope::Closed };
        chosen.push(ComparedTable { name, pair, scope });
    }
    if !open.is_empty() {
        messages.say(format!(
            "left out: {}; what has no periods changes with every day (--all, or name one)",
            open.join(", ")
        ));
    }
    Ok(chosen)
}

/// The run at a path as the command line has it.
fn open(path: &Path, messages: &Messages) -> Result<PublishedRun, CliError> {
    Ok(PublishedRun::open(&folder(path, messages)?)?)
}
