//! When a rate is a reason to act.

use kohort_model::{Basis, Grain};

use crate::usual::usual;

/// From where on a rate is bad. A value that equals the limit is not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Beyond {
    /// Larger values, such as of a churn rate.
    Above(f64),
    /// Smaller values, such as of a retention rate.
    Below(f64),
    /// Values outside the [usual range](crate::usual) of the rate's own past.
    Unusual(Side),
}

/// A side of the usual range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Values above it.
    Above,
    /// Values below it.
    Below,
    /// Both.
    Either,
}

impl Side {
    /// Every side with its name in a pipeline file.
    pub const ALL: [Self; 3] = [Self::Above, Self::Below, Self::Either];

    /// Its name in a pipeline file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Above => "above",
            Self::Below => "below",
            Self::Either => "either",
        }
    }
}

/// A limit, and its bad side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Limit {
    /// In the unit of the metric.
    pub threshold: f64,
    pub is_above: bool,
    /// The status of a value that has crossed it.
    pub crossed: &'static str,
}

impl Limit {
    pub fn direction(self) -> &'static str {
        if self.is_above { "above" } else { "below" }
    }

    /// `ok`, or what a value beyond it is.
    pub fn status(self, value: f64) -> &'static str {
        let is_crossed =
            if self.is_above { value > self.threshold } else { value < self.threshold };
        if is_crossed { self.crossed } else { "ok" }
    }
}

impl Beyond {
    /// What a value is held to, given the values of the complete periods before it, in order; `None`
    /// where they are too few to tell what is usual. Of a range with two bad sides it is the limit on
    /// the value's own side of the middle.
    pub(crate) fn limit(self, value: Option<f64>, past: &[f64]) -> Option<Limit> {
        let fixed = |threshold, is_above| Limit { threshold, is_above, crossed: "act" };
        let side = match self {
            Self::Above(threshold) => return Some(fixed(threshold, true)),
            Self::Below(threshold) => return Some(fixed(threshold, false)),
            Self::Unusual(side) => side,
        };
        let range = usual(past)?;
        let is_above = match side {
            Side::Above => true,
            Side::Below => false,
            Side::Either => value? >= range.middle,
        };
        // A value that is the end of the range but for rounding, such as one that never changes, is
        // within it.
        let reach = range.reach + ROUNDING * range.middle.abs();
        let threshold = range.middle + if is_above { reach } else { -reach };
        Some(Limit { threshold, is_above, crossed: "unusual" })
    }
}

/// What sums of rates may be off by.
const ROUNDING: f64 = 1e-9;

/// The threshold of a metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    /// The name of its headline rate.
    pub metric: String,
    /// The grain whose periods it is for; `None` for every one.
    pub grain: Option<Grain>,
    /// From where on it is bad.
    pub beyond: Beyond,
}

/// Thresholds that hold unless a pipeline has others. Of subscribers more than 7 % a month is a reason
/// to act. Whoever orders has no contract to end, and what is much depends on the shop and on its lapse
/// window: there monthly churn is held to its own past.
#[must_use]
pub fn built_in(basis: Basis) -> Vec<Threshold> {
    let beyond = match basis {
        Basis::Subscriptions => Beyond::Above(0.07),
        Basis::Orders => Beyond::Unusual(Side::Above),
    };
    vec![Threshold { metric: "churn_rate".to_owned(), grain: Some(Grain::Month), beyond }]
}

/// The pipeline's thresholds, and the built-in ones of metrics that it says nothing about.
#[must_use]
pub fn over_built_in(mut pipeline: Vec<Threshold>, basis: Basis) -> Vec<Threshold> {
    let is_open = |new: &Threshold| pipeline.iter().all(|given| given.metric != new.metric);
    let more: Vec<_> = built_in(basis).into_iter().filter(is_open).collect();
    pipeline.extend(more);
    pipeline
}
