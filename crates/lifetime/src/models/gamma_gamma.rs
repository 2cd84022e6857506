//! Gamma-Gamma: what an order of a customer is worth (Fader, Hardie and Lee 2005).
//!
//! The log-likelihood of a mean of m over x orders (Fader and Hardie 2013, "The gamma-gamma model
//! of monetary value", equation 1a), per customer:
//!
//! ```text
//! lnΓ(px+q) - lnΓ(px) - lnΓ(q) + q ln γ + (px-1) ln m + px ln x - (px+q) ln(xm + γ)
//! ```

use super::Fit;
use super::jet::Jet;
use super::maximise::{LogLikelihood, maximise_by_sample};
use super::pairs::Compensated;
use super::sample::EveryNth;
use super::special::ln_gamma;

const NAMES: [&str; 3] = ["p", "q", "gamma"];

/// Customers with the same number of repeat orders and the same sum over them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Spend {
    /// Days with an order after the first such day; rows of zero count for nothing.
    pub x: u32,
    /// The sum over those days, in 10^-scale of the currency; only positive sums count.
    pub total: i128,
    /// Customers with this spend.
    pub customers: u64,
}

/// A Gamma-Gamma model with its parameters, all positive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GammaGamma {
    p: f64,
    q: f64,
    gamma: f64,
}

impl GammaGamma {
    /// The model with shape `p` of an order's value, shape `q` and scale `gamma` (currency) of its
    /// rate.
    #[must_use]
    pub fn new(p: f64, q: f64, gamma: f64) -> Self {
        Self { p, q, gamma }
    }

    /// The expected value of an order of a customer with `x` orders seen and a mean of `mean`,
    /// in the currency; with `x` = 0 that of a new customer. `None` where the model has no
    /// finite mean: p x + q must exceed 1.
    #[must_use]
    pub fn expected_value(&self, x: u32, mean: f64) -> Option<f64> {
        let seen = f64::from(x);
        let sum = if x == 0 { 0.0 } else { seen * mean };
        let weight = self.p * seen + self.q - 1.0;
        (weight > 0.0).then(|| self.p * (self.gamma + sum) / weight)
    }

    /// The log-likelihood of these rows, whose sums have `scale` decimals; zero without customers.
    #[must_use]
    pub fn log_likelihood(&self, rows: &[Spend], scale: u32) -> f64 {
        Data::new(rows, scale).at(&[self.p, self.q, self.gamma].map(libm::log)).value
    }
}

/// All customers with the same x.
struct Group {
    x: f64,
    /// Sums in the currency, each with its customers.
    totals: Vec<(f64, u64)>,
    customers: f64,
    ln_totals: f64,
    ln_means: f64,
}

impl Group {
    fn new(x: f64, totals: Vec<(f64, u64)>) -> Self {
        let mut ln_totals = Compensated::default();
        for (total, customers) in &totals {
            ln_totals.add(*customers as f64 * libm::log(*total));
        }
        let customers = totals.iter().map(|(_, customers)| *customers).sum::<u64>() as f64;
        let ln_totals = ln_totals.sum();
        Self { x, totals, customers, ln_totals, ln_means: ln_totals - customers * libm::log(x) }
    }
}

struct Data {
    groups: Vec<Group>,
    customers: u64,
}

impl Data {
    fn new(rows: &[Spend], scale: u32) -> Self {
        let counts = |row: &Spend| row.x > 0 && row.total > 0 && row.customers > 0;
        let mut sorted: Vec<_> = rows.iter().copied().filter(counts).collect();
        sorted.sort_unstable();
        let unit = libm::pow(10.0, f64::from(scale));
        let total = |equal: &[Spend]| {
            let customers = equal.iter().map(|row| row.customers).sum();
            (equal[0].total as f64 / unit, customers)
        };
        let group = |rows: &[Spend]| {
            let totals = rows.chunk_by(|a, b| a.total == b.total).map(total);
            Group::new(f64::from(rows[0].x), totals.collect())
        };
        let groups = sorted.chunk_by(|a, b| a.x == b.x).map(group).collect();
        Self { groups, customers: sorted.iter().map(|row| row.customers).sum() }
    }

    /// Every n-th customer in the order of x and sum, who stands for n. `None` where that would
    /// save little.
    fn sample(&self) -> Option<Self> {
        let rows = self.groups.iter().map(|group| group.totals.len()).sum();
        let mut every_nth = EveryNth::new(self.customers, rows)?;
        let mut group = |group: &Group| {
            let weigh = |(total, customers): &(f64, u64)| (*total, every_nth.weight(*customers));
            let totals = group.totals.iter().map(weigh).filter(|(_, customers)| *customers > 0);
            Group::new(group.x, totals.collect())
        };
        let groups = self.groups.iter().map(&mut group).collect();
        Some(Self { groups, customers: self.customers })
    }
}

impl LogLikelihood<3> for Data {
    fn at(&self, logs: &[f64; 3]) -> Jet<3> {
        let [p, q, gamma] = Jet::parameters(logs);
        let ln_gamma_parameter = Jet::variable(2, logs[2]);
        let mut sum = Jet::constant(0.0);
        for group in &self.groups {
            let px = p * group.x;
            let all = px + q;
            let mut ln_shifted = Compensated::default();
            let (mut first, mut second) = (0.0, 0.0);
            for (total, customers) in &group.totals {
                let customers = *customers as f64;
                let shifted = total + gamma.value;
                let share = gamma.value / shifted;
                ln_shifted.add(customers * libm::log(shifted));
                first += customers * share;
                second += customers * share * (1.0 - share);
            }
            let shifted = Jet::of_variable(2, [ln_shifted.sum(), first, second]);
            let shape = all.chain(ln_gamma(all.value))
                - px.chain(ln_gamma(px.value))
                - q.chain(ln_gamma(q.value));
            sum = sum + shape * group.customers
                - px * (shifted + -group.ln_totals)
                - q * (shifted - ln_gamma_parameter * group.customers)
                + -group.ln_means;
        }
        sum
    }
}

/// Fits the model by maximum likelihood. `None` without a customer who spent anything on repeat
/// orders.
///
/// `scale` is the number of decimals of the sums. The parameter `gamma` and the likelihood are in
/// the currency.
#[must_use]
pub fn fit(rows: &[Spend], scale: u32) -> Option<Fit<GammaGamma>> {
    let data = Data::new(rows, scale);
    if data.customers == 0 {
        return None;
    }
    let ln_means: f64 = data.groups.iter().map(|group| group.ln_means).sum();
    let typical = libm::exp(ln_means / data.customers as f64);
    let starts = [(3.0, 3.0), (1.0, 1.5), (10.0, 10.0), (0.3, 5.0)]
        .map(|(p, q): (f64, f64)| [p, q, typical * q / p].map(libm::log));
    let maximum = maximise_by_sample(&data, data.sample().as_ref(), &starts)?;
    let model = |[p, q, gamma]: [f64; 3]| GammaGamma { p, q, gamma };
    Some(Fit::new(NAMES, data.customers, &maximum, model))
}
