//! The numbers of the subscription business: what it offers, and how people take it.

use crate::habits::Choice;

const fn choice(name: &'static str, weight: f64) -> Choice {
    Choice { name: Some(name), weight }
}

/// From the smallest to the largest.
pub(crate) const PLANS: [Choice; 3] =
    [choice("basic", 50.0), choice("plus", 35.0), choice("pro", 15.0)];

pub(crate) const INTERVALS: [Choice; 3] =
    [choice("month", 74.0), choice("quarter", 10.0), choice("year", 16.0)];
/// Index of the year in [`INTERVALS`].
pub(crate) const YEAR: u8 = 2;

/// Prices in minor units, for each of [`PLANS`] by each of [`INTERVALS`]. Longer is cheaper.
pub(crate) const PRICES: [[i32; 3]; 3] =
    [[990, 2_790, 9_900], [1_990, 5_490, 19_900], [4_990, 13_990, 49_900]];

/// Reasons that come with a cancellation, as people chose them from a list over the years.
pub(crate) const CANCEL_REASONS: [Choice; 9] = [
    choice("too_expensive", 20.0),
    choice("price_increase", 6.0),
    choice("missing_feature", 11.0),
    choice("low_quality", 5.0),
    choice("competitor", 9.0),
    choice("bad_support", 5.0),
    choice("not_using_it", 8.0),
    choice("other", 4.0),
    Choice { name: None, weight: 32.0 },
];
/// Reasons of payments that fail.
pub(crate) const FAILURE_REASONS: [Choice; 3] = [
    choice("card_expired", 50.0),
    choice("card_declined", 30.0),
    Choice { name: None, weight: 20.0 },
];
/// The reason of those who only take a break.
pub(crate) const BREAK_REASON: &str = "taking_a_break";
/// Answers to the exit survey.
pub(crate) const SURVEY_REASONS: [Choice; 6] = [
    choice("Too expensive", 38.0),
    choice("Missing features", 20.0),
    choice("Found something better", 17.0),
    choice("Customer service", 11.0),
    choice("No longer needed", 9.0),
    choice("Other", 5.0),
];

pub(crate) const STRATEGIES: [Choice; 3] =
    [choice("discount", 45.0), choice("news", 35.0), choice("call", 20.0)];

/// Share of all people who never pay.
pub(crate) const PROSPECT_SHARE: f64 = 0.2;
/// Share of the people who try before they pay, or before they don't.
pub(crate) const TRIAL_SHARE: f64 = 0.3;
pub(crate) const TRIAL_DAYS: u64 = 14;
/// Mean time from the first sight of somebody to their first subscription.
pub(crate) const DECISION_DAYS: f64 = 12.0;

/// Chance of a change of plan in a month.
pub(crate) const CHANGE_SHARE: f64 = 0.035;
/// Share of the changes that are to a larger plan, where there is one.
pub(crate) const UPGRADE_SHARE: f64 = 0.6;
/// Share of the changes that keep the plan and pay by the year from then on.
pub(crate) const TO_YEAR_SHARE: f64 = 0.2;
/// Chance of a short pause in a month.
pub(crate) const PAUSE_SHARE: f64 = 0.01;
/// First and last length of a short pause in days, within a reactivation gap of 14.
pub(crate) const PAUSE_DAYS: (u64, u64) = (3, 12);
/// Share of the spells in which a second subscription is taken out.
pub(crate) const SECOND_SHARE: f64 = 0.1;
/// Share of the second subscriptions that are meant to end before the first.
pub(crate) const SECOND_ENDS_SHARE: f64 = 0.6;
/// Shortest and longest such subscription in days.
pub(crate) const SECOND_DAYS: (u64, u64) = (30, 300);

/// Share of the spells that end because a payment fails.
pub(crate) const INVOLUNTARY_SHARE: f64 = 0.18;
/// Share of the spells that end in a break: a pause that is longer than a reactivation gap.
pub(crate) const BREAK_SHARE: f64 = 0.08;
/// Shortest and longest break in days.
pub(crate) const BREAK_DAYS: (u64, u64) = (32, 75);
/// Longest time from a cancellation to the end, in days.
pub(crate) const NOTICE_DAYS: u64 = 20;
/// Share of those who leave without a reason who then answer a survey.
pub(crate) const SURVEY_SHARE: f64 = 0.4;
/// Longest time until they do, in days.
pub(crate) const SURVEY_DAYS: u64 = 12;

/// Days after the end of a spell in which nobody returns or is asked to: a month at least, so that
/// at the end of some month the customer is seen to be gone.
pub(crate) const QUIET_DAYS: u64 = 31;
/// Mean time until a customer outside the window of any campaign returns, in days.
pub(crate) const RETURN_DAYS: f64 = 900.0;
/// Share of the lapsed customers whom a campaign chooses.
pub(crate) const CHOSEN_SHARE: f64 = 0.8;
/// Days after the end of a spell beyond which no campaign chooses a customer.
pub(crate) const CHOSEN_DAYS: i64 = 365;
/// Day of January, April, July and October on which campaigns are sent.
pub(crate) const CAMPAIGN_DAY: u32 = 15;
