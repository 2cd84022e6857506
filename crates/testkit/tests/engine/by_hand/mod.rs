//! Histories small enough to be counted by hand: what the reference says of them is looked at, and
//! that the engine says the same.

mod customers;
mod gaps;
mod indicators;
mod lost_reasons;
mod no_history;
mod omissions;
mod opportunities;
mod orders;
mod reasons;
mod receivables;
mod revenue_events;
mod service;
mod subscription_rows;
mod subscriptions;
mod visitors;
mod win_back;
mod years;

use std::collections::BTreeMap;

use kohort_model::{Basis, Day, Grain, SegmentAt};
use kohort_testkit::reference::FurtherLeftOut;
use kohort_testkit::strategies::Case;
use kohort_testkit::{
    History, LapseDays, NaiveRow, Reference, Settings, assert_text, parse_history, parse_rows, pick,
};

use crate::differs;

fn day(text: &str) -> Day {
    text.parse::<chrono::NaiveDate>().expect(text).into()
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

/// The tables of a history, the engine's like the reference's.
#[track_caller]
fn reference(history: impl Into<History>, settings: &Settings) -> Reference {
    let case = Case { history: history.into(), settings: settings.clone() };
    let expected = kohort_testkit::reference(case.history.clone(), settings);
    if let Some(differs) = differs(&case, &expected) {
        panic!("{differs}");
    }
    expected
}

#[track_caller]
fn check(history: &str, settings: &Settings, table: &str, expected: &str) {
    assert_text(&reference(parse_history(history), settings).tables[table], expected);
}
