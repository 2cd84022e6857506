//! Pipeline files of slips of the hand, and worse.

use kohort_testkit::hostile::attack;

use super::{SMALL, SUBSCRIBERS, read};
use crate::Override;

#[global_allocator]
static ALLOCATOR: kohort_testkit::hostile::Watched = kohort_testkit::hostile::Watched;

const FILES: [&str; 8] = [
    SMALL,
    SUBSCRIBERS,
    include_str!("../../../../../pipelines/cdnow.toml"),
    include_str!("../../../../../pipelines/everything.toml"),
    include_str!("../../../../../pipelines/lifetime.toml"),
    include_str!("../../../../../pipelines/sample.toml"),
    include_str!("../../../../../pipelines/subscriptions.toml"),
    include_str!("../../../../../pipelines/tpch.toml"),
];

const TOKENS: [&str; 40] = [
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "=",
    ".",
    ",",
    "\"",
    "'",
    "\"\"\"",
    "'''",
    "\\",
    "\\u{110000}",
    "#",
    "\n",
    "\r",
    "\0",
    "é",
    "日本",
    "${DATA}",
    "${",
    "${MISSING}",
    "$",
    "-1",
    "0",
    "9223372036854775807",
    "9223372036854775808",
    "1e400",
    "nan",
    "inf",
    "0x7f",
    "true",
    "2024-02-30",
    "0000-01-01",
    "9999-12-31",
    "1979-05-27T07:32:00Z",
    "auto",
    "[inputs.orders]",
];

#[test]
fn hostile_files_are_refused_or_followed() {
    attack(4000, |mutator| {
        let (own, other) = (*mutator.pick(&FILES), *mutator.pick(&FILES));
        let text = mutator.text(own, &TOKENS, other);
        let setting =
            *mutator.pick(&["as_of=2024-01-01", "calendar.max_k=3", "checks={ a = [1] }"]);
        let setting = mutator.text(setting, &TOKENS, other.lines().next().unwrap_or_default());
        // Every second file has a setting of the command line over it.
        let overrides = match (mutator.below(2), Override::parse(&setting)) {
            (0, Ok(setting)) => vec![setting],
            (_, parsed) => {
                let _ = parsed.map_err(|error| error.to_string());
                Vec::new()
            }
        };
        match read(&text, &overrides) {
            Ok(pipeline) => drop((pipeline.digest(), pipeline.offered_tables())),
            Err(error) => drop(error.to_string()),
        }
    });
}
