//! `kohort sample`.

use kohort_sample::{SampleOptions, generate};

use crate::args::SampleArgs;
use crate::error::CliError;
use crate::messages::Messages;
use crate::number::{count, plural, size};

pub fn sample(args: &SampleArgs, messages: &Messages) -> Result<(), CliError> {
    let default = SampleOptions::default();
    let options = SampleOptions {
        customers: args.customers.unwrap_or(default.customers),
        months: args.months.unwrap_or(default.months),
        seed: args.seed.unwrap_or(default.seed),
        ..default
    };
    let report = generate(&args.dir, &options)?;
    messages.say(format_args!(
        "wrote {} in {}, {}, to {}: {} and {}; {}, {} refunds, {} lost, {} open, {} tests, {} dirty",
        plural(report.rows, "row"),
        plural(report.files.len() as u64, "file"),
        size(report.bytes),
        args.dir.join("orders").display(),
        plural(report.customers, "customer"),
        plural(report.prospects, "prospect"),
        plural(report.orders, "order"),
        count(report.refunds),
        count(report.lost),
        count(report.open),
        count(report.test),
        count(report.dirty),
    ));
    Ok(())
}
