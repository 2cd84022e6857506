//! One climb to a maximum of a likelihood, some of whose coordinates may be held.

use std::cell::Cell;

use argmin::core::{
    CostFunction, Error, Executor, Gradient, Hessian, IterState, KV, Problem, Solver, State,
    TerminationReason, TerminationStatus,
};
use argmin::solver::trustregion::{Steihaug, TrustRegion};

use super::jet::Jet;
use super::maximise::LogLikelihood;

/// Coordinates beyond ±18 are on their way to infinity.
const FURTHEST: f64 = 18.0;
/// Squared length of the next Newton step in standard errors, twice what it has to gain, from
/// which on a climb that leads to infinity shows: its steps are long nevertheless, as slope and
/// curvature fade together ...
const FADING: f64 = 1e-3;
/// ... at which plain Newton steps finish ...
const NEAR: f64 = 1e-5;
/// ... at which a maximum counts as found: it is within 1e-4 standard errors ...
const FOUND: f64 = 1e-8;
/// ... and at which another step is not worth its while.
const POLISHED: f64 = 1e-12;
/// A Newton step in a coordinate that is not short: towards infinity it is about one.
const LONG: f64 = 0.3;
/// The same at a maximum: no coordinate is further from it ...
const SHORT: f64 = 1e-4;
/// ... and another step is not worth its while.
const SHORTEST: f64 = 1e-6;
/// The longest step.
const LONGEST: f64 = 4.0;
const MOST_ITERATIONS: u64 = 200;
/// Rejected steps in a row after which rounding alone decides.
const MOST_REJECTED: u32 = 12;

/// Whether a climb goes on that seems to lead to infinity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// It is given up at once.
    Little,
    /// It goes on, as the maximum may be far.
    Much,
}

/// Where a climb ended.
#[derive(Clone, Copy, Debug)]
pub struct End<const N: usize> {
    /// The coordinates.
    pub at: [f64; N],
    /// The log-likelihood there.
    pub value: f64,
    /// The inverse of the observed information, zero in coordinates that are held; `None` where
    /// that is not positive definite.
    pub covariance: Option<[[f64; N]; N]>,
    /// Steps taken.
    pub iterations: u64,
    /// Whether this is a maximum in the coordinates that are not held.
    pub is_maximum: bool,
    /// Which coordinates are on their way to infinity.
    pub leaving: [bool; N],
}

/// A likelihood some of whose coordinates are held.
pub struct Held<'a, L, const N: usize> {
    likelihood: &'a L,
    values: [Option<f64>; N],
    last: Cell<Option<([f64; N], Jet<N>)>>,
}

impl<'a, L: LogLikelihood<N>, const N: usize> Held<'a, L, N> {
    /// Holds the coordinates that have a value.
    pub fn new(likelihood: &'a L, values: [Option<f64>; N]) -> Self {
        Self { likelihood, values, last: Cell::new(None) }
    }

    /// The log-likelihood, whatever a held coordinate is; its derivatives are such that a Newton
    /// step keeps those.
    pub fn at(&self, at: &[f64; N]) -> Jet<N> {
        if let Some((last, jet)) = self.last.get()
            && last.map(f64::to_bits) == at.map(f64::to_bits)
        {
            return jet;
        }
        let mut jet = self.likelihood.at(&self.in_place(at));
        for i in (0..N).filter(|i| self.values[*i].is_some()) {
            jet.gradient[i] = 0.0;
            for j in 0..N {
                jet.hessian[i][j] = 0.0;
                jet.hessian[j][i] = 0.0;
            }
            jet.hessian[i][i] = -1.0;
        }
        self.last.set(Some((*at, jet)));
        jet
    }

    fn in_place(&self, at: &[f64; N]) -> [f64; N] {
        std::array::from_fn(|i| self.values[i].unwrap_or(at[i]))
    }
}

/// Climbs from a start. `None` where the likelihood is not finite there.
pub fn climb<L: LogLikelihood<N>, const N: usize>(
    held: &Held<'_, L, N>,
    start: &[f64; N],
    patience: Patience,
) -> Option<End<N>> {
    // A coordinate that is held may be infinite, which steps are not.
    let start: [f64; N] = std::array::from_fn(|i| held.values[i].map_or(start[i], |_| 0.0));
    if !held.at(&start).is_finite() {
        return None;
    }
    let steps = Steihaug::new().with_max_iters(8 * N as u64);
    let inner = TrustRegion::new(steps).with_max_radius(LONGEST).ok()?;
    let solver = UntilFlat { inner, patience, cost: f64::NAN, rejected: 0 };
    let state = Executor::new(held, solver)
        .configure(|state| state.param(start.to_vec()).max_iters(MOST_ITERATIONS))
        .run()
        .ok()?
        .state;
    let mut at = array(state.get_param()?);
    let mut here = held.at(&at);
    let mut iterations = state.get_iter();
    // Near the maximum the likelihood changes by less than its rounding, its slope does not.
    while let Some(step) = newton_step(&here)
        && step.is_worthwhile(patience)
        && !is_far(&at)
    {
        let next = std::array::from_fn(|i| at[i] + step.by[i]);
        let there = held.at(&next);
        let shorter = newton_step(&there).is_some_and(|after| after.length < 0.5 * step.length);
        if !there.is_finite() || !shorter {
            break;
        }
        (at, here, iterations) = (next, there, iterations + 1);
    }
    let step = newton_step(&here);
    let leaving = std::array::from_fn(|i| {
        at[i].abs() > FURTHEST || step.as_ref().is_some_and(|step| step.by[i].abs() > LONG)
    });
    let is_flat = step.is_some_and(|step| step.length <= FOUND && step.longest() <= SHORT);
    Some(End {
        at: held.in_place(&at),
        value: here.value,
        covariance: covariance(&here, &held.values),
        iterations,
        is_maximum: is_flat && !is_far(&at),
        leaving,
    })
}

fn is_far(at: &[f64]) -> bool {
    at.iter().any(|x| x.abs() > FURTHEST)
}

impl<L: LogLikelihood<N>, const N: usize> CostFunction for &Held<'_, L, N> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, at: &Vec<f64>) -> Result<f64, Error> {
        let jet = self.at(&array(at));
        Ok(if jet.is_finite() { -jet.value } else { f64::INFINITY })
    }
}

impl<L: LogLikelihood<N>, const N: usize> Gradient for &Held<'_, L, N> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, at: &Vec<f64>) -> Result<Vec<f64>, Error> {
        Ok(self.at(&array(at)).gradient.iter().map(|x| -x).collect())
    }
}

impl<L: LogLikelihood<N>, const N: usize> Hessian for &Held<'_, L, N> {
    type Param = Vec<f64>;
    type Hessian = Vec<Vec<f64>>;

    fn hessian(&self, at: &Vec<f64>) -> Result<Vec<Vec<f64>>, Error> {
        Ok(self.at(&array(at)).hessian.iter().map(|row| row.iter().map(|x| -x).collect()).collect())
    }
}

type Climb = IterState<Vec<f64>, Vec<f64>, (), Vec<Vec<f64>>, (), f64>;

/// The trust region method, which knows no end of its own but a number of steps.
struct UntilFlat {
    inner: TrustRegion<Steihaug<Vec<f64>, f64>, f64>,
    patience: Patience,
    cost: f64,
    rejected: u32,
}

impl<L: LogLikelihood<N>, const N: usize> Solver<&Held<'_, L, N>, Climb> for UntilFlat {
    fn name(&self) -> &'static str {
        "trust region until flat"
    }

    fn init(
        &mut self,
        problem: &mut Problem<&Held<'_, L, N>>,
        state: Climb,
    ) -> Result<(Climb, Option<KV>), Error> {
        self.inner.init(problem, state)
    }

    fn next_iter(
        &mut self,
        problem: &mut Problem<&Held<'_, L, N>>,
        state: Climb,
    ) -> Result<(Climb, Option<KV>), Error> {
        self.inner.next_iter(problem, state)
    }

    #[expect(clippy::float_cmp, reason = "a rejected step leaves the very same cost")]
    fn terminate(&mut self, state: &Climb) -> TerminationStatus {
        let (Some(at), Some(gradient), Some(hessian)) =
            (state.get_param(), state.get_gradient(), state.get_hessian())
        else {
            return TerminationStatus::NotTerminated;
        };
        self.rejected = if state.get_cost() == self.cost { self.rejected + 1 } else { 0 };
        self.cost = state.get_cost();
        let mut here = Jet::<N>::constant(-self.cost);
        here.gradient = array::<N>(gradient).map(|x| -x);
        here.hessian = std::array::from_fn(|i| array::<N>(&hessian[i]).map(|x| -x));
        let is_over = newton_step(&here).is_some_and(|step| {
            step.length <= NEAR || self.patience == Patience::Little && step.is_leaving()
        });
        if is_over || is_far(at) || self.rejected > MOST_REJECTED {
            return TerminationStatus::Terminated(TerminationReason::SolverConverged);
        }
        TerminationStatus::NotTerminated
    }
}

fn array<const N: usize>(values: &[f64]) -> [f64; N] {
    std::array::from_fn(|i| values[i])
}

/// A Newton step and its squared length in standard errors.
struct Step<const N: usize> {
    by: [f64; N],
    length: f64,
}

impl<const N: usize> Step<N> {
    /// Its greatest part.
    fn longest(&self) -> f64 {
        self.by.iter().fold(0.0, |longest, by| longest.max(by.abs()))
    }

    /// Whether it looks like one of many towards infinity.
    fn is_leaving(&self) -> bool {
        self.length <= FADING && self.longest() > LONG
    }

    /// Whether it is to be taken as it is.
    fn is_worthwhile(&self, patience: Patience) -> bool {
        let is_short = self.length <= POLISHED && self.longest() <= SHORTEST;
        self.length <= NEAR && !is_short && (patience == Patience::Much || !self.is_leaving())
    }
}

/// The step to the top of the parabola, `None` where the likelihood is not concave.
fn newton_step<const N: usize>(here: &Jet<N>) -> Option<Step<N>> {
    let factor = cholesky(&here.hessian)?;
    let by = solve(&factor, here.gradient);
    let length = by.iter().zip(here.gradient).map(|(by, slope)| by * slope).sum();
    Some(Step { by, length })
}

/// The lower triangular root of the negative Hessian, `None` if that is not safely positive
/// definite.
fn cholesky<const N: usize>(hessian: &[[f64; N]; N]) -> Option<[[f64; N]; N]> {
    let mut root = [[0.0; N]; N];
    for i in 0..N {
        for j in 0..=i {
            let rest = (0..j).fold(-hessian[i][j], |rest, k| rest - root[i][k] * root[j][k]);
            if i > j {
                root[i][j] = rest / root[j][j];
            } else if rest > 1e-13 * -hessian[i][i] && rest.is_finite() {
                root[i][i] = rest.sqrt();
            } else {
                return None;
            }
        }
    }
    Some(root)
}

fn solve<const N: usize>(root: &[[f64; N]; N], mut right: [f64; N]) -> [f64; N] {
    for i in 0..N {
        right[i] = (0..i).fold(right[i], |rest, k| rest - root[i][k] * right[k]) / root[i][i];
    }
    for i in (0..N).rev() {
        right[i] = (i + 1..N).fold(right[i], |rest, k| rest - root[k][i] * right[k]) / root[i][i];
    }
    right
}

/// The inverse of the negative Hessian, without what is held.
fn covariance<const N: usize>(here: &Jet<N>, held: &[Option<f64>; N]) -> Option<[[f64; N]; N]> {
    let root = cholesky(&here.hessian)?;
    let column = |i: usize| solve(&root, std::array::from_fn(|j| f64::from(u8::from(i == j))));
    let mut covariance: [[f64; N]; N] = std::array::from_fn(column);
    for i in (0..N).filter(|i| held[*i].is_some()) {
        covariance[i][i] = 0.0;
    }
    Some(covariance)
}
