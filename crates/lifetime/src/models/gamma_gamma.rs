//! Gamma-Gamma: what an order of a customer is worth (Fader, Hardie and Lee 2005).
//!
//! The log-likelihood of a mean of m over x orders (Fader and Hardie 2013, "The gamma-gamma model
//! of monetary value", equation 1a), per customer:
//!
//! ```text
//! lnΓ(px+q) - lnΓ(px) - lnΓ(q) + q ln γ + (px-1) ln m + px ln x - (px+q) ln(xm + γ)
//! ```

use super::Fit;
use super::coordinates::{Coordinates, INFINITE, Place, of_parameters};
use super::jet::Jet;
use super::maximise::{Limit, LogLikelihood, Starts, maximise_by_sample};
use super::pairs::Compensated;
use super::sample::EveryNth;
use super::special::{ln_gamma, ln_gamma_ratio};

/// The logarithms of p gamma / q, relative to the typical value of an order, of p and of q.
const COORDINATES: Coordinates<3> = Coordinates {
    names: ["p", "q", "gamma"],
    map: [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, -1.0, 1.0]],
    groups: &[&[
        Limit {
            held: only(2, INFINITE),
            beside: &[only(2, 0.0), only(2, 3.0), only(2, 6.0), only(2, 9.0)],
        },
        Limit {
            held: only(1, INFINITE),
            beside: &[only(1, 0.0), only(1, 3.0), only(1, 6.0), only(1, 9.0)],
        },
    ]],
    places: &[&[Place::AllEqual, Place::AllDaysEqual]],
};
/// The coordinates as sums of the logarithms of the parameters.
const OF_PARAMETERS: [[f64; 3]; 3] = [[1.0, -1.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]];

const fn only(place: usize, value: f64) -> [Option<f64>; 3] {
    let mut held = [None; 3];
    held[place] = Some(value);
    held
}

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
        let data = Data::new(rows, scale);
        let gamma = self.gamma / data.typical;
        data.at(&of_parameters(&OF_PARAMETERS, [self.p, self.q, gamma])).value
    }
}

/// All customers with the same x.
struct Group {
    x: f64,
    totals: Vec<Total>,
    customers: f64,
    ln_totals: f64,
    ln_means: f64,
}

/// Customers with the same sum.
#[derive(Clone, Copy)]
struct Total {
    /// The sum, relative to the typical value of an order.
    sum: f64,
    customers: u64,
    /// The logarithms of the sums up to this one, each times its customers.
    ln_up_to: f64,
}

impl Group {
    /// Of rising sums.
    fn new(x: f64, totals: impl Iterator<Item = (f64, u64)>) -> Self {
        let mut ln_totals = Compensated::default();
        let total = |(total, customers): (f64, u64)| {
            ln_totals.add(customers as f64 * libm::log(total));
            Total { sum: total, customers, ln_up_to: ln_totals.sum() }
        };
        let totals: Vec<_> = totals.map(total).collect();
        let customers = totals.iter().map(|total| total.customers).sum::<u64>() as f64;
        let ln_totals = ln_totals.sum();
        Self { x, totals, customers, ln_totals, ln_means: ln_totals - customers * libm::log(x) }
    }

    /// The logarithms of all sums plus gamma, less those of the sums, and less those of gamma,
    /// each with its derivatives by ln gamma. Nothing cancels, however large or small gamma is.
    fn ln_shifted(&self, gamma: f64, ln_gamma: f64) -> [Jet<3>; 2] {
        let greater = self.totals.partition_point(|total| total.sum <= gamma);
        let mut grown = Compensated::default();
        let (mut of_gamma, mut of_totals, mut both) = (0.0, 0.0, 0.0);
        for Total { sum: total, customers, .. } in &self.totals {
            let customers = *customers as f64;
            let (less, more) = if *total <= gamma { (total, &gamma) } else { (&gamma, total) };
            grown.add(customers * libm::log1p(less / more));
            let (share, rest) = (gamma / (total + gamma), total / (total + gamma));
            of_gamma += customers * share;
            of_totals += customers * rest;
            both += customers * share * rest;
        }
        let low = &self.totals[..greater];
        let below = low.iter().map(|total| total.customers).sum::<u64>() as f64;
        let ln_below = low.last().map_or(0.0, |total| total.ln_up_to);
        let (above, ln_above) = (self.customers - below, self.ln_totals - ln_below);
        let grown = grown.sum();
        [
            Jet::of_variable(2, [grown + below * ln_gamma - ln_below, of_gamma, both]),
            Jet::of_variable(2, [grown + ln_above - above * ln_gamma, -of_totals, both]),
        ]
    }
}

struct Data {
    groups: Vec<Group>,
    customers: u64,
    /// The mean value of an order of a typical customer, in the currency.
    typical: f64,
}

impl Data {
    fn new(rows: &[Spend], scale: u32) -> Self {
        let counts = |row: &Spend| row.x > 0 && row.total > 0 && row.customers > 0;
        let mut sorted: Vec<_> = rows.iter().copied().filter(counts).collect();
        sorted.sort_unstable();
        let unit = libm::pow(10.0, f64::from(scale));
        let value = |row: &Spend| row.total as f64 / unit;
        let customers: u64 = sorted.iter().map(|row| row.customers).sum();
        let mut ln_means = Compensated::default();
        for equal in sorted.chunk_by(|a, b| (a.x, a.total) == (b.x, b.total)) {
            let customers: u64 = equal.iter().map(|row| row.customers).sum();
            ln_means.add(customers as f64 * libm::log(value(&equal[0]) / f64::from(equal[0].x)));
        }
        let typical = libm::exp(ln_means.sum() / (customers as f64).max(1.0));
        let total = |equal: &[Spend]| {
            let customers = equal.iter().map(|row| row.customers).sum();
            (value(&equal[0]) / typical, customers)
        };
        let group = |rows: &[Spend]| {
            let totals = rows.chunk_by(|a, b| a.total == b.total).map(total);
            Group::new(f64::from(rows[0].x), totals)
        };
        let groups = sorted.chunk_by(|a, b| a.x == b.x).map(group).collect();
        Self { groups, customers, typical }
    }

    /// Every n-th customer in the order of x and sum, who stands for n. `None` where that would
    /// save little.
    fn sample(&self) -> Option<Self> {
        let rows = self.groups.iter().map(|group| group.totals.len()).sum();
        let mut every_nth = EveryNth::new(self.customers, rows)?;
        let mut group = |group: &Group| {
            let weigh = |row: &Total| (row.sum, every_nth.weight(row.customers));
            let totals = group.totals.iter().map(weigh).filter(|(_, customers)| *customers > 0);
            Group::new(group.x, totals)
        };
        let groups = self.groups.iter().map(&mut group).collect();
        Some(Self { groups, ..*self })
    }
}

impl LogLikelihood<3> for Data {
    fn at(&self, at: &[f64; 3]) -> Jet<3> {
        let logs = COORDINATES.logs(at);
        let [p, q, gamma] = Jet::parameters(&logs);
        // The density of a mean, not of its share of the typical one.
        let mut sum = Jet::constant(-libm::log(self.typical) * self.customers as f64);
        for group in &self.groups {
            let px = p * group.x;
            let all = px + q;
            let [of_totals, of_gamma] = group.ln_shifted(gamma.value, logs[2]);
            let mut shape = all.chain(ln_gamma(all.value))
                - px.chain(ln_gamma(px.value))
                - q.chain(ln_gamma(q.value));
            // Its value cancels where one of them is large.
            let (less, more) = (px.value.min(q.value), px.value.max(q.value));
            shape.value = ln_gamma_ratio(more, less)[0] - ln_gamma(less)[0];
            sum = sum + shape * group.customers - px * of_totals - q * of_gamma + -group.ln_means;
        }
        sum.mapped(&COORDINATES.map)
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
    let starts = [(3.0, 3.0), (1.0, 1.5), (10.0, 10.0), (0.3, 5.0)]
        .map(|(p, q): (f64, f64)| [0.0, p, q])
        .map(|[mean, p, q]| [mean, libm::log(p), libm::log(q)]);
    let starts = Starts { at: &starts, tried: 3 };
    let maximum = maximise_by_sample(&data, data.sample().as_ref(), &starts, COORDINATES.groups)?;
    let [p, q, gamma] = COORDINATES.logs(&maximum.at).map(libm::exp);
    let model = GammaGamma { p, q, gamma: gamma * data.typical };
    let mean = model.expected_value(0, 0.0).filter(|mean| mean.is_finite());
    let mut fit = Fit::new(&COORDINATES, data.customers, &maximum, [mean; 3], model);
    // That of gamma is in the currency.
    let in_currency = |x: Option<f64>| x.map(|x| x * data.typical);
    let gamma = &mut fit.parameters[2];
    gamma.value = in_currency(gamma.value);
    gamma.standard_error = in_currency(gamma.standard_error);
    Some(fit)
}
