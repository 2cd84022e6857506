//! Coordinates in which fits are searched, and the limits that they know.
//!
//! Parameters come in pairs, the two of a distribution over customers. Their coordinates are the
//! logarithms of its mean and of its shape, as the data tell the mean far better than the shape:
//! where customers hardly differ the shape leads to infinity along a ridge.

use std::f64::consts::LN_2;

use super::maximise::{Group, Limit, Maximum};

/// Stands for infinity: the logarithm of a shape so large that what it leaves of the differences
/// between customers is lost in rounding.
pub const INFINITE: f64 = 48.0 * LN_2;

/// Where the maximum of the likelihood lies, for one parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// At a finite value.
    Inside,
    /// At infinity, as that of the other parameter of its distribution: customers do not differ.
    AllEqual,
    /// Where the mean of its distribution is zero: nobody leaves.
    NobodyLeaves,
    /// Where the chance to leave is 0 or 1: a share of customers leaves at the first chance.
    SomeAtOnce,
    /// At infinity, as the values of a customer's order days do not differ.
    AllDaysEqual,
}

impl Place {
    /// The name in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Inside => "inside",
            Self::AllEqual => "all_equal",
            Self::NobodyLeaves => "nobody_leaves",
            Self::SomeAtOnce => "some_at_once",
            Self::AllDaysEqual => "all_days_equal",
        }
    }
}

/// The coordinates of a model, with its parameters in the order of its paper.
pub struct Coordinates<const N: usize> {
    /// Names of the parameters.
    pub names: [&'static str; N],
    /// The logarithm of parameter i is the sum of `map[i][j]` times coordinate j.
    pub map: [[f64; N]; N],
    /// The limits.
    pub groups: &'static [Group<N>],
    /// What each of them means for the parameters that it holds.
    pub places: &'static [&'static [Place]],
}

impl<const N: usize> Coordinates<N> {
    /// The logarithms of the parameters.
    pub fn logs(&self, at: &[f64; N]) -> [f64; N] {
        self.map.map(|row| dot(&row, at))
    }

    /// Whether a limit holds a parameter, and what that means.
    pub fn place(&self, parameter: usize, maximum: &Maximum<N>) -> Place {
        let row = &self.map[parameter];
        let holds = |limit: &Limit<N>| (0..N).any(|i| row[i] != 0.0 && limit.held[i].is_some());
        let limits = maximum.limits.iter().enumerate();
        let mut holding = limits.filter_map(|(group, limit)| {
            let limit = (*limit)?;
            holds(&self.groups[group][limit]).then(|| self.places[group][limit])
        });
        holding.next().unwrap_or(Place::Inside)
    }

    /// The standard error of a parameter's logarithm.
    pub fn log_error(&self, parameter: usize, maximum: &Maximum<N>) -> Option<f64> {
        let row = &self.map[parameter];
        let covariance = maximum.covariance?;
        let variance = dot(row, &covariance.map(|with| dot(row, &with)));
        Some(variance.sqrt()).filter(|error| error.is_finite())
    }
}

/// The coordinates of parameters, of whose logarithms they are these sums.
pub fn of_parameters<const N: usize>(sums: &[[f64; N]; N], parameters: [f64; N]) -> [f64; N] {
    let logs = parameters.map(libm::log);
    sums.map(|row| dot(&row, &logs))
}

fn dot<const N: usize>(row: &[f64; N], by: &[f64; N]) -> f64 {
    // Zero times an infinite coordinate is none of it.
    let terms = row.iter().zip(by).filter(|(factor, _)| **factor != 0.0);
    terms.map(|(factor, x)| factor * x).sum()
}

/// Two pairs of parameters, a shape and what divides it, such as r and alpha, s and beta.
pub const TWO_PAIRS: [[f64; 4]; 4] =
    [[0.0, 1.0, 0.0, 0.0], [-1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0], [0.0, 0.0, -1.0, 1.0]];
/// The coordinates of two pairs as sums of the logarithms of the parameters.
pub const OF_TWO_PAIRS: [[f64; 4]; 4] =
    [[1.0, -1.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, -1.0], [0.0, 0.0, 1.0, 0.0]];

/// The limits of a pair whose coordinates are the mean at `MEAN` and the shape after it.
pub struct Pair<const N: usize, const MEAN: usize>;

impl<const N: usize, const MEAN: usize> Pair<N, MEAN> {
    /// Customers do not differ: they have the mean.
    pub const ALL_EQUAL: Limit<N> = Limit {
        held: Self::shape(INFINITE),
        beside: &[
            Self::shape(0.0),
            Self::shape(3.0),
            Self::shape(6.0),
            Self::shape(9.0),
            Self::shape(12.0),
        ],
    };
    /// Customers differ as much as they can: of a chance, a share has one and all others none.
    pub const SOME_AT_ONCE: Limit<N> = Limit {
        held: Self::shape(-INFINITE),
        beside: &[
            Self::shape(0.0),
            Self::shape(-3.0),
            Self::shape(-6.0),
            Self::shape(-9.0),
            Self::shape(-12.0),
        ],
    };
    /// The mean is zero, so that there is nothing to differ in.
    pub const NOBODY: Limit<N> = Limit {
        held: Self::both(f64::NEG_INFINITY, 0.0),
        beside: &[
            Self::both(-1.0, -1.5),
            Self::both(-4.0, -1.5),
            Self::both(-7.0, -1.5),
            Self::both(-10.0, -1.5),
            Self::both(-1.0, 2.0),
            Self::both(-4.0, 2.0),
            Self::both(-7.0, 2.0),
            Self::both(-10.0, 2.0),
        ],
    };

    const fn shape(value: f64) -> [Option<f64>; N] {
        let mut held = [None; N];
        held[MEAN + 1] = Some(value);
        held
    }

    const fn both(mean: f64, shape: f64) -> [Option<f64>; N] {
        let mut held = Self::shape(shape);
        held[MEAN] = Some(mean);
        held
    }
}
