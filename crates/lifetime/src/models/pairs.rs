//! The likelihood of order histories, which all three models split into the same two parts.
//!
//! A history is likely because the customer is alive, which depends on (x, T), or because the
//! customer left, which depends on (x, `t_x`): `L = exp(first(x, T)) + exp(second(x, t_x))`. There
//! are far fewer such pairs than rows, so that a model computes its parts pair by pair, and what
//! is left per row is one addition of logarithms.

use super::History;
use super::jet::Jet;
use super::sample::EveryNth;

/// A product that has room for another factor.
const MOST: f64 = 1e300;

#[derive(Clone, Copy, Debug)]
struct Row {
    /// Place of T and of `t_x` among the days of the group.
    first: u32,
    second: u32,
    customers: u64,
}

/// The histories with the same number of repeat orders.
#[derive(Debug)]
pub struct OfX {
    /// Repeat orders.
    pub x: u32,
    /// The days of T that occur, rising.
    pub ages: Vec<u32>,
    /// The days of `t_x` that occur, rising.
    pub recencies: Vec<u32>,
    rows: Vec<Row>,
}

/// The logarithms of the parts, for each of the days in [`OfX`].
#[derive(Debug, Default)]
pub struct Parts<const N: usize> {
    /// By T.
    pub first: Vec<Jet<N>>,
    /// By `t_x`; minus infinity, with no derivatives, where there is no such part.
    pub second: Vec<Jet<N>>,
}

impl<const N: usize> Parts<N> {
    /// Where nobody can have left.
    pub fn has_no_second(&mut self, of_x: &OfX) {
        self.second.resize(of_x.recencies.len(), Jet::constant(f64::NEG_INFINITY));
    }
}

/// Histories by their pairs, each distinct history once.
#[derive(Debug)]
pub struct Pairs {
    groups: Vec<OfX>,
    customers: u64,
    orders: f64,
    age_days: f64,
}

/// All histories, and a sample of them where that saves much.
#[derive(Debug)]
pub struct Observed {
    pub all: Pairs,
    pub sample: Option<Pairs>,
}

impl Observed {
    /// `None` without customers.
    pub fn new(histories: &[History]) -> Option<Self> {
        let all = Pairs::new(histories)?;
        let sample = all.sample();
        Some(Self { all, sample })
    }
}

impl Pairs {
    /// Sorts and merges the histories, so that neither their order nor how customers are spread
    /// over equal rows shows in any digit. `None` without customers.
    pub fn new(histories: &[History]) -> Option<Self> {
        let mut sorted: Vec<_> =
            histories.iter().copied().filter(|row| row.customers > 0).collect();
        sorted.sort_unstable();
        let groups =
            sorted.chunk_by(|a, b| a.x == b.x).map(OfX::new).collect::<Option<Vec<_>>>()?;
        let mut pairs = Self { groups, customers: 0, orders: 0.0, age_days: 0.0 };
        for of_x in &pairs.groups {
            for row in &of_x.rows {
                let customers = row.customers as f64;
                pairs.customers += row.customers;
                pairs.orders += customers * f64::from(of_x.x);
                pairs.age_days += customers * f64::from(of_x.ages[row.first as usize]);
            }
        }
        (pairs.customers > 0).then_some(pairs)
    }

    /// Every n-th customer in the order of histories, who stands for n. `None` where that would
    /// save little.
    fn sample(&self) -> Option<Self> {
        let rows = self.groups.iter().map(|of_x| of_x.rows.len()).sum();
        let mut every_nth = EveryNth::new(self.customers, rows)?;
        let mut sample = Vec::new();
        for of_x in &self.groups {
            sample.extend(of_x.rows.iter().map(|row| History {
                x: of_x.x,
                t_x_days: of_x.recencies[row.second as usize],
                age_days: of_x.ages[row.first as usize],
                customers: every_nth.weight(row.customers),
            }));
        }
        Self::new(&sample)
    }

    /// Customers in all histories.
    pub fn customers(&self) -> u64 {
        self.customers
    }

    /// Whether anybody has ordered again.
    pub fn has_repeats(&self) -> bool {
        self.orders > 0.0
    }

    /// Repeat orders per customer and day, as if nobody ever left; always positive.
    pub fn daily_rate(&self) -> f64 {
        self.orders.max(1.0) / self.age_days.max(1.0)
    }

    /// The mean age of customers, at least one day.
    pub fn mean_age_days(&self) -> f64 {
        (self.age_days / self.customers as f64).max(1.0)
    }

    /// The log-likelihood of all histories, given what fills in the logarithm of each part.
    pub fn log_likelihood<const N: usize>(
        &self,
        mut fill: impl FnMut(&OfX, &mut Parts<N>),
    ) -> Jet<N> {
        let mut value = Compensated::default();
        let mut total = Jet::constant(0.0);
        let mut parts = Parts::default();
        for of_x in &self.groups {
            parts.first.clear();
            parts.second.clear();
            fill(of_x, &mut parts);
            of_x.add(&parts, &mut value, &mut total);
        }
        total.value = value.sum();
        total
    }
}

impl OfX {
    /// Of histories with the same x, sorted. `None` if there are too many to number.
    fn new(histories: &[History]) -> Option<Self> {
        let mut ages: Vec<_> = histories.iter().map(|row| row.age_days).collect();
        ages.sort_unstable();
        ages.dedup();
        let mut of_x =
            Self { x: histories.first()?.x, ages, recencies: Vec::new(), rows: Vec::new() };
        for of_t_x in histories.chunk_by(|a, b| a.t_x_days == b.t_x_days) {
            let second = u32::try_from(of_x.recencies.len()).ok()?;
            of_x.recencies.push(of_t_x[0].t_x_days);
            for equal in of_t_x.chunk_by(|a, b| a.age_days == b.age_days) {
                let place = of_x.ages.partition_point(|age| *age < equal[0].age_days);
                let customers = equal.iter().map(|row| row.customers).sum();
                of_x.rows.push(Row { first: u32::try_from(place).ok()?, second, customers });
            }
        }
        Some(of_x)
    }

    /// Adds the log-likelihood of these histories, its value apart from its derivatives.
    fn add<const N: usize>(&self, parts: &Parts<N>, value: &mut Compensated, total: &mut Jet<N>) {
        let mut in_first = vec![0.0; parts.first.len()];
        let mut in_second = vec![0.0; parts.second.len()];
        let mut outer = [[0.0; N]; N];
        // Of many factors up to 2 one logarithm is taken.
        let mut product = 1.0;
        for row in &self.rows {
            let (i, j) = (row.first as usize, row.second as usize);
            let (a, b) = (&parts.first[i], &parts.second[j]);
            let customers = row.customers as f64;
            let (greater, more, left) = add_exponentials(a.value, b.value);
            value.add(customers * greater);
            if row.customers == 1 {
                product *= more;
                if product > MOST {
                    value.add(libm::log(std::mem::replace(&mut product, 1.0)));
                }
            } else {
                value.add(customers * libm::log(more));
            }
            let part = customers * left;
            in_second[j] += part;
            in_first[i] += customers - part;
            let spread = part * (1.0 - left);
            let gap: [f64; N] = std::array::from_fn(|k| b.gradient[k] - a.gradient[k]);
            for k in 0..N {
                for l in 0..=k {
                    outer[k][l] += spread * gap[k] * gap[l];
                }
            }
        }
        value.add(libm::log(product));
        for k in 0..N {
            for l in 0..N {
                total.hessian[k][l] += outer[k.max(l)][k.min(l)];
            }
        }
        for (jets, weights) in [(&parts.first, &in_first), (&parts.second, &in_second)] {
            for (jet, weight) in jets.iter().zip(weights) {
                total.add_derivatives(jet, *weight);
            }
        }
    }
}

/// The greater of a and b, `exp(a) + exp(b)` relative to its exponential, and the share of the
/// second; `a` is finite.
fn add_exponentials(a: f64, b: f64) -> (f64, f64, f64) {
    let gap = (b - a).abs();
    let small = if gap > 40.0 { 0.0 } else { libm::exp(-gap) };
    let share = small / (1.0 + small);
    (a.max(b), 1.0 + small, if b > a { 1.0 - share } else { share })
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
