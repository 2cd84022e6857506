//! When a rate is a reason to act.

use kohort_model::Grain;

/// Which side of a threshold is bad. A value that equals it is not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Beyond {
    /// Larger values, such as of a churn rate.
    Above(f64),
    /// Smaller values, such as of a retention rate.
    Below(f64),
}

impl Beyond {
    /// The threshold, in the unit of its metric.
    #[must_use]
    pub fn threshold(self) -> f64 {
        let (Self::Above(threshold) | Self::Below(threshold)) = self;
        threshold
    }

    /// `above` or `below`.
    #[must_use]
    pub fn direction(self) -> &'static str {
        match self {
            Self::Above(_) => "above",
            Self::Below(_) => "below",
        }
    }

    /// Whether `value` has crossed it.
    #[must_use]
    pub fn is_crossed(self, value: f64) -> bool {
        match self {
            Self::Above(threshold) => value > threshold,
            Self::Below(threshold) => value < threshold,
        }
    }
}

/// The threshold of a metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    /// The name of its headline rate.
    pub metric: String,
    /// The grain whose periods it is for; `None` for every one.
    pub grain: Option<Grain>,
    /// The threshold, and its bad side.
    pub beyond: Beyond,
}

/// Thresholds that hold unless a pipeline has others: monthly churn of more than 7 % is a reason
/// to act.
#[must_use]
pub fn built_in() -> Vec<Threshold> {
    let churn = "churn_rate".to_owned();
    vec![Threshold { metric: churn, grain: Some(Grain::Month), beyond: Beyond::Above(0.07) }]
}

/// The pipeline's thresholds, and the built-in ones of metrics that it says nothing about.
#[must_use]
pub fn over_built_in(mut pipeline: Vec<Threshold>) -> Vec<Threshold> {
    let is_open = |new: &Threshold| pipeline.iter().all(|given| given.metric != new.metric);
    let more: Vec<_> = built_in().into_iter().filter(is_open).collect();
    pipeline.extend(more);
    pipeline
}
