//! Shifted beta-geometric: how long contracts last (Fader and Hardie 2007).

use super::Fit;
use super::coordinates::{Coordinates, Pair, Place, of_parameters};
use super::jet::Jet;
use super::maximise::{LogLikelihood, Starts, maximise};
use super::special::ln_rising;

/// The logarithms of alpha / beta and of alpha.
const COORDINATES: Coordinates<2> = Coordinates {
    names: ["alpha", "beta"],
    map: [[0.0, 1.0], [-1.0, 1.0]],
    groups: &[&[Pair::<2, 0>::ALL_EQUAL, Pair::<2, 0>::NOBODY, Pair::<2, 0>::SOME_AT_ONCE]],
    places: &[&[Place::AllEqual, Place::NobodyLeaves, Place::SomeAtOnce]],
};
/// The coordinates as sums of the logarithms of the parameters.
const OF_PARAMETERS: [[f64; 2]; 2] = [[1.0, -1.0], [1.0, 0.0]];

/// Customers whose contracts lasted equally long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tenure {
    /// If churned, the period, counted from 1, that the customer did not survive; otherwise the
    /// periods survived so far.
    pub periods: u32,
    /// Whether the customer has left.
    pub churned: bool,
    /// Customers with this tenure.
    pub customers: u64,
}

/// The rows of one cohort, whose customers still active after 0, 1, 2, ... periods are given.
/// Counts may not rise; a rise counts as no churn. Rows of several cohorts may be pooled.
#[must_use]
pub fn tenures(active: &[u64]) -> Vec<Tenure> {
    let churned = (1..).zip(active.windows(2)).map(|(periods, pair)| Tenure {
        periods,
        churned: true,
        customers: pair[0].saturating_sub(pair[1]),
    });
    let last = (0..).zip(active).last().map(|(periods, active)| Tenure {
        periods,
        churned: false,
        customers: *active,
    });
    churned.chain(last).collect()
}

/// An sBG model with its parameters, both positive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sbg {
    alpha: f64,
    beta: f64,
}

impl Sbg {
    /// The model with `alpha` and `beta` of the chance to leave in a period.
    #[must_use]
    pub fn new(alpha: f64, beta: f64) -> Self {
        Self { alpha, beta }
    }

    /// The share of customers, 0 to 1, that is left after so many periods.
    #[must_use]
    pub fn survival(&self, periods: u32) -> f64 {
        let ln = |x| ln_rising(x, periods)[0];
        libm::exp(ln(self.beta) - ln(self.alpha + self.beta)).min(1.0)
    }

    /// The share of the customers left after `periods - 1` periods that survives the next one,
    /// for `periods` from 1 on.
    #[must_use]
    pub fn retention(&self, periods: u32) -> f64 {
        let before = self.beta + f64::from(periods.max(1) - 1);
        before / (self.alpha + before)
    }

    /// The same customers once they have stayed for so many periods.
    #[must_use]
    pub fn after(&self, periods: u32) -> Self {
        Self { alpha: self.alpha, beta: self.beta + f64::from(periods) }
    }

    /// Of the `ahead` periods after `stayed` the expected number that a customer survives who has
    /// survived those.
    #[must_use]
    pub fn periods_ahead(&self, stayed: u32, ahead: u32) -> f64 {
        let (mut sum, mut share) = (0.0, 1.0);
        for period in 1..=ahead {
            share *= self.retention(stayed + period);
            sum += share;
        }
        sum
    }

    /// The expected number of periods paid for by a new customer, each paid at its start and
    /// discounted to the first payment: `Σ survival(t) / (1 + discount)^t` over t >= 0.
    ///
    /// Summed up until the rest is below 1e-12 of the sum. `None` unless the discount per period
    /// is at least 1e-6: without one, the sum has no bound for alpha <= 1.
    #[must_use]
    pub fn discounted_lifetime(&self, discount: f64) -> Option<f64> {
        if discount.is_nan() || discount < 1e-6 {
            return None;
        }
        let (mut sum, mut term, mut period) = (0.0, 1.0, 0.0);
        while term > 1e-12 * discount * sum {
            sum += term;
            let before = self.beta + period;
            term *= before / (self.alpha + before) / (1.0 + discount);
            period += 1.0;
        }
        Some(sum)
    }

    /// The log-likelihood of these rows, zero without customers.
    #[must_use]
    pub fn log_likelihood(&self, rows: &[Tenure]) -> f64 {
        Data::new(rows).at(&of_parameters(&OF_PARAMETERS, [self.alpha, self.beta])).value
    }
}

/// Distinct tenures.
struct Data(Vec<Tenure>);

impl Data {
    fn new(rows: &[Tenure]) -> Self {
        let counts = |row: &Tenure| row.customers > 0 && (row.periods > 0 || !row.churned);
        let mut sorted: Vec<_> = rows.iter().copied().filter(counts).collect();
        sorted.sort_unstable();
        let equal = sorted.chunk_by(|a, b| (a.periods, a.churned) == (b.periods, b.churned));
        let merged = equal.map(|rows| Tenure {
            customers: rows.iter().map(|row| row.customers).sum(),
            ..rows[0]
        });
        Self(merged.collect())
    }
}

impl LogLikelihood<2> for Data {
    fn at(&self, at: &[f64; 2]) -> Jet<2> {
        // Nobody leaves if the mean chance to do so is zero.
        if at[0] == f64::NEG_INFINITY {
            let stayed = self.0.iter().all(|row| !row.churned);
            return Jet::constant(if stayed { 0.0 } else { f64::NEG_INFINITY });
        }
        self.of_both(&COORDINATES.logs(at)).mapped(&COORDINATES.map)
    }
}

impl Data {
    /// By the logarithms of the parameters.
    fn of_both(&self, logs: &[f64; 2]) -> Jet<2> {
        let [alpha, beta] = Jet::parameters(logs);
        let both = alpha + beta;
        let mut sum = Jet::constant(0.0);
        for row in &self.0 {
            let survived = row.periods.saturating_sub(u32::from(row.churned));
            let mut ln = beta.chain(ln_rising(beta.value, survived))
                - both.chain(ln_rising(both.value, row.periods));
            if row.churned {
                ln = ln + Jet::variable(0, logs[0]);
            }
            sum = sum + ln * row.customers as f64;
        }
        sum
    }
}

/// The logarithm of the alpha that stands for one without bound, or for 0: the chance to leave in a
/// period is then that of the limit to 12 digits.
const EXTREME: f64 = 35.0;

/// The model at some coordinates, also where they are infinite.
fn model([odds, alpha]: [f64; 2]) -> Sbg {
    if odds == f64::NEG_INFINITY {
        return Sbg { alpha: 0.0, beta: 1.0 };
    }
    let alpha = alpha.clamp(-EXTREME, EXTREME);
    Sbg { alpha: libm::exp(alpha), beta: libm::exp(alpha - odds) }
}

/// Fits the model by maximum likelihood. `None` without customers; customers who churned in
/// period zero, which is none, count for nothing.
#[must_use]
pub fn fit(rows: &[Tenure]) -> Option<Fit<Sbg>> {
    let data = Data::new(rows);
    let customers = data.0.iter().map(|row| row.customers).sum();
    if customers == 0 {
        return None;
    }
    let starts = [[1.0, 1.0], [1.0, 10.0], [10.0, 10.0], [0.1, 0.5]];
    let starts = starts.map(|start| of_parameters(&OF_PARAMETERS, start));
    let starts = Starts { at: &starts, tried: 3 };
    let maximum = maximise(&data, &starts, COORDINATES.groups)?;
    let mean = Some(1.0 / (1.0 + libm::exp(-maximum.at[0])));
    let model = model(maximum.at);
    Some(Fit::new(&COORDINATES, customers, &maximum, [mean; 2], model))
}
