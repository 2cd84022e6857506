//! Histories small enough to be counted by hand.

mod customers;
mod gaps;
mod indicators;
mod opportunities;
mod orders;
mod reasons;
mod service;
mod subscriptions;
mod visitors;
mod win_back;

use kohort_model::{Day, Grain, SegmentAt};

use super::*;
use crate::compare::pick;
use crate::history::{parse_history, parse_rows};
use crate::render::assert_text;

fn day(text: &str) -> Day {
    text.parse::<chrono::NaiveDate>().unwrap().into()
}

/// Months up to `as_of` with a lapse window of `w` days.
fn months(as_of: &str, w: u32) -> Settings {
    Settings { as_of: Some(day(as_of)), lapse_days: LapseDays::Fixed(w), ..Settings::default() }
}

/// Months of subscriptions up to `as_of` that bridge gaps of `gap` days.
fn subscribed(as_of: &str, gap: u32) -> Settings {
    Settings {
        as_of: Some(day(as_of)),
        basis: Basis::Subscriptions,
        reactivation_gap_days: gap,
        ..Settings::default()
    }
}

#[track_caller]
fn check(history: &str, settings: &Settings, table: &str, expected: &str) {
    assert_text(&reference(parse_history(history), settings).tables[table], expected);
}
