//! The likelihood of order histories, which all three models split into the same two parts.
//!
//! A history is likely because the customer is alive, which depends on (x, T), or because the
//! customer left, which depends on (x, `t_x`): `L = exp(first(x, T)) + exp(second(x, t_x))`. There
//! are far fewer such pairs than rows, so that a model computes its parts pair by pair, and what
//! is left per row is one addition of logarithms.

use super::History;
use super::jet::Jet;

/// A number of repeat orders and a number of days since the first order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair {
    pub x: u32,
    pub days: u32,
}

/// The two parts of a history's likelihood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Of the pair (x, T).
    First,
    /// Of the pair (x, `t_x`).
    Second,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    first: u32,
    second: u32,
    customers: f64,
}

/// Histories by their pairs, each distinct history once.
#[derive(Debug)]
pub struct Pairs {
    first: Vec<Pair>,
    second: Vec<Pair>,
    rows: Vec<Row>,
    customers: u64,
    orders: f64,
    age_days: f64,
}

impl Pairs {
    /// Sorts and merges the histories, so that neither their order nor how customers are spread
    /// over equal rows shows in any digit. `None` without customers.
    pub fn new(histories: &[History]) -> Option<Self> {
        let mut sorted: Vec<_> =
            histories.iter().copied().filter(|row| row.customers > 0).collect();
        sorted.sort_unstable();
        let mut pairs = Self {
            first: Vec::new(),
            second: Vec::new(),
            rows: Vec::with_capacity(sorted.len()),
            customers: sorted.iter().map(|row| row.customers).sum(),
            orders: 0.0,
            age_days: 0.0,
        };
        for of_x in sorted.chunk_by(|a, b| a.x == b.x) {
            pairs.add(of_x)?;
        }
        (pairs.customers > 0).then_some(pairs)
    }

    /// Adds all histories of one x, sorted. `None` if there are too many to number.
    fn add(&mut self, histories: &[History]) -> Option<()> {
        let x = histories.first()?.x;
        let mut ages: Vec<_> = histories.iter().map(|row| row.age_days).collect();
        ages.sort_unstable();
        ages.dedup();
        let start = u32::try_from(self.first.len()).ok()?;
        self.first.extend(ages.iter().map(|&days| Pair { x, days }));
        for of_t_x in histories.chunk_by(|a, b| a.t_x_days == b.t_x_days) {
            let second = u32::try_from(self.second.len()).ok()?;
            self.second.push(Pair { x, days: of_t_x[0].t_x_days });
            for equal in of_t_x.chunk_by(|a, b| a.age_days == b.age_days) {
                let age = equal[0].age_days;
                let place = ages.partition_point(|other| *other < age);
                let customers = equal.iter().map(|row| row.customers).sum::<u64>() as f64;
                self.orders += customers * f64::from(x);
                self.age_days += customers * f64::from(age);
                self.rows.push(Row {
                    first: start + u32::try_from(place).ok()?,
                    second,
                    customers,
                });
            }
        }
        Some(())
    }

    /// Customers in all histories.
    pub fn customers(&self) -> u64 {
        self.customers
    }

    /// Repeat orders per customer and day, as if nobody ever left; always positive.
    pub fn daily_rate(&self) -> f64 {
        self.orders.max(1.0) / self.age_days.max(1.0)
    }

    /// The mean age of customers, at least one day.
    pub fn mean_age_days(&self) -> f64 {
        (self.age_days / self.customers as f64).max(1.0)
    }

    /// The log-likelihood of all histories, given the logarithm of each part of one: minus
    /// infinity, with no derivatives, for a second part that does not exist. Pairs are asked for
    /// in the order of x, part by part.
    pub fn log_likelihood<const N: usize>(
        &self,
        mut ln: impl FnMut(Part, Pair) -> Jet<N>,
    ) -> Jet<N> {
        let first: Vec<_> = self.first.iter().map(|pair| ln(Part::First, *pair)).collect();
        let second: Vec<_> = self.second.iter().map(|pair| ln(Part::Second, *pair)).collect();
        let mut in_first = vec![0.0; first.len()];
        let mut in_second = vec![0.0; second.len()];
        let mut value = Compensated::default();
        let mut outer = [[0.0; N]; N];
        for row in &self.rows {
            let (i, j) = (row.first as usize, row.second as usize);
            let (a, b) = (&first[i], &second[j]);
            let (sum, left) = add_logarithms(a.value, b.value);
            value.add(row.customers * sum);
            let part = row.customers * left;
            in_second[j] += part;
            in_first[i] += row.customers - part;
            let spread = part * (1.0 - left);
            let gap: [f64; N] = std::array::from_fn(|k| b.gradient[k] - a.gradient[k]);
            for k in 0..N {
                for l in 0..=k {
                    outer[k][l] += spread * gap[k] * gap[l];
                }
            }
        }
        let mut total = Jet::constant(value.sum());
        for k in 0..N {
            for l in 0..N {
                total.hessian[k][l] = outer[k.max(l)][k.min(l)];
            }
        }
        for (jets, weights) in [(&first, &in_first), (&second, &in_second)] {
            for (jet, weight) in jets.iter().zip(weights) {
                total.add_derivatives(jet, *weight);
            }
        }
        total
    }
}

/// `ln(exp(a) + exp(b))` and the share of the second; `a` is finite.
fn add_logarithms(a: f64, b: f64) -> (f64, f64) {
    let gap = (b - a).abs();
    if gap > 40.0 {
        return (a.max(b), f64::from(u8::from(b > a)));
    }
    let small = libm::exp(-gap);
    let share = small / (1.0 + small);
    (a.max(b) + libm::log(1.0 + small), if b > a { 1.0 - share } else { share })
}

/// A sum whose rounding does not grow with its length (Neumaier).
#[derive(Default)]
pub struct Compensated {
    sum: f64,
    lost: f64,
}

impl Compensated {
    pub fn add(&mut self, value: f64) {
        let sum = self.sum + value;
        self.lost += if self.sum.abs() >= value.abs() {
            (self.sum - sum) + value
        } else {
            (value - sum) + self.sum
        };
        self.sum = sum;
    }

    pub fn sum(&self) -> f64 {
        self.sum + self.lost
    }
}
