//! `kohort sample`.

use std::path::Path;

use kohort_sample::{SampleOptions, generate, generate_everything, generate_subscriptions};

use crate::args::SampleArgs;
use crate::error::CliError;
use crate::messages::Messages;
use kohort_report::number::{count, plural, size};

pub fn sample(args: &SampleArgs, messages: &Messages) -> Result<(), CliError> {
    let default = if args.subscriptions {
        SampleOptions::for_subscriptions()
    } else if args.everything {
        SampleOptions::for_everything()
    } else {
        SampleOptions::default()
    };
    let options = SampleOptions {
        customers: args.customers.unwrap_or(default.customers),
        months: args.months.unwrap_or(default.months),
        seed: args.seed.unwrap_or(default.seed),
        ..default
    };
    if args.subscriptions {
        subscriptions(&args.dir, &options, messages)
    } else if args.everything {
        everything(&args.dir, &options, messages)
    } else {
        shop(&args.dir, &options, messages)
    }
}

fn shop(dir: &Path, options: &SampleOptions, messages: &Messages) -> Result<(), CliError> {
    let report = generate(dir, options)?;
    messages.say(format_args!(
        "wrote {} in {}, {}, to {}: {} and {}; {}, {} refunds, {} lost, {} open, {} tests, {} dirty",
        plural(report.rows, "row"),
        plural(report.files.len() as u64, "file"),
        size(report.bytes),
        dir.join("orders").display(),
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

fn subscriptions(dir: &Path, options: &SampleOptions, messages: &Messages) -> Result<(), CliError> {
    let report = generate_subscriptions(dir, options)?;
    messages.say(format_args!(
        "wrote {} in {}, {}, to {}: {} and {}; {} of subscriptions, {}, {}, {} of a shop",
        plural(report.rows, "row"),
        plural(report.files.len() as u64, "file"),
        size(report.bytes),
        dir.display(),
        plural(report.customers, "customer"),
        plural(report.prospects, "prospect"),
        plural(report.spans, "span"),
        plural(report.contacts, "contact"),
        plural(report.surveys, "survey"),
        plural(report.orders, "order"),
    ));
    Ok(())
}

fn everything(dir: &Path, options: &SampleOptions, messages: &Messages) -> Result<(), CliError> {
    let report = generate_everything(dir, options)?;
    messages.say(format_args!(
        "wrote {} in {}, {}, to {}: {}, {} and {}; {}, {} dirty, {}, {}, {}, \
         {} opportunities, {}, {}, {}, {}, {} identities",
        plural(report.rows, "row"),
        plural(report.files.len() as u64, "file"),
        size(report.bytes),
        dir.display(),
        plural(report.customers, "customer"),
        plural(report.prospects, "prospect"),
        plural(report.strangers, "stranger"),
        plural(report.orders, "order"),
        count(report.dirty),
        plural(report.lines, "line"),
        plural(report.returns, "return"),
        plural(report.touchpoints, "touchpoint"),
        count(report.opportunities),
        plural(report.invoices, "invoice"),
        plural(report.surveys, "survey"),
        plural(report.engagement, "signal"),
        plural(report.contacts, "contact"),
        count(report.identities),
    ));
    Ok(())
}
