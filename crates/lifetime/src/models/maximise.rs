//! Maximum likelihood over the logarithms of positive parameters.
//!
//! A trust region around each Newton step leads up from any start; plain Newton steps finish.

use std::cell::Cell;

use argmin::core::{
    CostFunction, Error, Executor, Gradient, Hessian, IterState, KV, Problem, Solver, State,
    TerminationReason, TerminationStatus,
};
use argmin::solver::trustregion::{Steihaug, TrustRegion};

use super::jet::Jet;

/// A log-likelihood of `N` positive parameters.
pub trait LogLikelihood<const N: usize> {
    /// The log-likelihood with its derivatives by the logarithms of the parameters.
    fn at(&self, logs: &[f64; N]) -> Jet<N>;
}

/// Where the climb ended.
#[derive(Clone, Debug)]
pub struct Maximum<const N: usize> {
    /// The logarithms of the parameters.
    pub logs: [f64; N],
    /// Standard errors of the logarithms, if the observed information is positive definite.
    pub log_errors: Option<[f64; N]>,
    /// The log-likelihood there.
    pub log_likelihood: f64,
    /// Steps taken, over all starts tried.
    pub iterations: u64,
    /// Whether this is an inner maximum that the data determine.
    pub converged: bool,
}

/// Parameters beyond e^±18 are on their way to zero or infinity.
const FURTHEST: f64 = 18.0;
/// A standard error of a parameter's logarithm from which on the data do not determine it: on the
/// way to infinity the likelihood's slope and curvature fade together, so that the slope alone
/// would pass for a maximum.
const UNDETERMINED: f64 = 5.0;
/// Squared length of the next Newton step in standard errors, twice what it has to gain, at which
/// a climb that leads to no determined maximum is given up ...
const HOPELESS: f64 = 1e-3;
/// ... and any other is finished by plain Newton steps ...
const NEAR: f64 = 1e-5;
/// ... and at which the maximum counts as found: the parameters are within 1e-4 standard errors.
const FOUND: f64 = 1e-8;
/// The same, at which another step is not worth its while.
const POLISHED: f64 = 1e-12;
/// The longest step in the logarithms of the parameters.
const LONGEST: f64 = 4.0;
const MOST_ITERATIONS: u64 = 200;
/// Rejected steps in a row after which rounding alone decides.
const MOST_REJECTED: u32 = 12;

/// The highest point reached: from the first start whose climb converges, otherwise the best of
/// all. `None` if the likelihood is not finite at any start.
pub fn maximise<const N: usize>(
    likelihood: &impl LogLikelihood<N>,
    starts: &[[f64; N]],
) -> Option<Maximum<N>> {
    highest(likelihood, starts, FURTHEST)
}

fn highest<const N: usize>(
    likelihood: &impl LogLikelihood<N>,
    starts: &[[f64; N]],
    furthest: f64,
) -> Option<Maximum<N>> {
    let mut best: Option<Maximum<N>> = None;
    let mut iterations = 0;
    for start in starts {
        let Some(found) = climb(likelihood, start, furthest) else { continue };
        iterations += found.iterations;
        let better = best
            .as_ref()
            .is_none_or(|best| found.converged || found.log_likelihood > best.log_likelihood);
        if better {
            best = Some(found);
        }
        if best.as_ref().is_some_and(|best| best.converged) {
            break;
        }
    }
    best.map(|best| Maximum { iterations, ..best })
}

/// The same, begun where the likelihood of a sample of the data, if there is one, is highest.
///
/// The sample weighs as much as the data do, so that the two likelihoods have much the same shape.
/// Where it leads towards infinity, it is left early enough for the data to tell their own way.
pub fn maximise_by_sample<L: LogLikelihood<N>, const N: usize>(
    likelihood: &L,
    sample: Option<&L>,
    starts: &[[f64; N]],
) -> Option<Maximum<N>> {
    let early = FURTHEST - 2.0 * LONGEST;
    if let Some(near) = sample.and_then(|sample| highest(sample, starts, early))
        && let Some(found) = climb(likelihood, &near.logs, FURTHEST)
        && (found.converged || !near.converged)
    {
        return Some(Maximum { iterations: near.iterations + found.iterations, ..found });
    }
    maximise(likelihood, starts)
}

fn climb<const N: usize>(
    likelihood: &impl LogLikelihood<N>,
    start: &[f64; N],
    furthest: f64,
) -> Option<Maximum<N>> {
    let slope = Slope { likelihood, last: Cell::new(None) };
    if !slope.at(start).is_finite() {
        return None;
    }
    let steps = Steihaug::new().with_max_iters(8 * N as u64);
    let inner = TrustRegion::new(steps).with_max_radius(LONGEST).ok()?;
    let solver = UntilFlat { inner, furthest, cost: f64::NAN, rejected: 0 };
    let state = Executor::new(&slope, solver)
        .configure(|state| state.param(start.to_vec()).max_iters(MOST_ITERATIONS))
        .run()
        .ok()?
        .state;
    let mut logs = array(state.get_param()?);
    let mut here = slope.at(&logs);
    let mut iterations = state.get_iter();
    // Near the maximum the likelihood changes by less than its rounding, its slope does not.
    while let Some(step) = newton_step(&here)
        && (POLISHED..=NEAR).contains(&step.length)
    {
        let next = std::array::from_fn(|i| logs[i] + step.by[i]);
        let there = slope.at(&next);
        let shorter = newton_step(&there).is_some_and(|after| after.length < 0.5 * step.length);
        if !there.is_finite() || !shorter {
            break;
        }
        (logs, here, iterations) = (next, there, iterations + 1);
    }
    let flat = newton_step(&here).is_some_and(|step| step.length <= FOUND);
    let log_errors = log_errors(&here);
    let inside = logs.iter().all(|log| log.abs() < furthest);
    let converged = flat && determined(log_errors) && inside;
    Some(Maximum { logs, log_errors, log_likelihood: here.value, iterations, converged })
}

/// The negative log-likelihood as the solver asks for it: value, slope and curvature one by one.
struct Slope<'a, L, const N: usize> {
    likelihood: &'a L,
    last: Cell<Option<([f64; N], Jet<N>)>>,
}

impl<L: LogLikelihood<N>, const N: usize> Slope<'_, L, N> {
    fn at(&self, logs: &[f64]) -> Jet<N> {
        let logs = array(logs);
        if let Some((at, jet)) = self.last.get()
            && at.map(f64::to_bits) == logs.map(f64::to_bits)
        {
            return jet;
        }
        let jet = self.likelihood.at(&logs);
        self.last.set(Some((logs, jet)));
        jet
    }
}

impl<L: LogLikelihood<N>, const N: usize> CostFunction for &Slope<'_, L, N> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, logs: &Vec<f64>) -> Result<f64, Error> {
        let jet = self.at(logs);
        Ok(if jet.is_finite() { -jet.value } else { f64::INFINITY })
    }
}

impl<L: LogLikelihood<N>, const N: usize> Gradient for &Slope<'_, L, N> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, logs: &Vec<f64>) -> Result<Vec<f64>, Error> {
        Ok(self.at(logs).gradient.iter().map(|x| -x).collect())
    }
}

impl<L: LogLikelihood<N>, const N: usize> Hessian for &Slope<'_, L, N> {
    type Param = Vec<f64>;
    type Hessian = Vec<Vec<f64>>;

    fn hessian(&self, logs: &Vec<f64>) -> Result<Vec<Vec<f64>>, Error> {
        Ok(self.at(logs).hessian.iter().map(|row| row.iter().map(|x| -x).collect()).collect())
    }
}

type Climb = IterState<Vec<f64>, Vec<f64>, (), Vec<Vec<f64>>, (), f64>;

/// The trust region method, which knows no end of its own but a number of steps.
struct UntilFlat {
    inner: TrustRegion<Steihaug<Vec<f64>, f64>, f64>,
    furthest: f64,
    cost: f64,
    rejected: u32,
}

impl<L: LogLikelihood<N>, const N: usize> Solver<&Slope<'_, L, N>, Climb> for UntilFlat {
    fn name(&self) -> &'static str {
        "trust region until flat"
    }

    fn init(
        &mut self,
        problem: &mut Problem<&Slope<'_, L, N>>,
        state: Climb,
    ) -> Result<(Climb, Option<KV>), Error> {
        self.inner.init(problem, state)
    }

    fn next_iter(
        &mut self,
        problem: &mut Problem<&Slope<'_, L, N>>,
        state: Climb,
    ) -> Result<(Climb, Option<KV>), Error> {
        self.inner.next_iter(problem, state)
    }

    #[expect(clippy::float_cmp, reason = "a rejected step leaves the very same cost")]
    fn terminate(&mut self, state: &Climb) -> TerminationStatus {
        let (Some(logs), Some(gradient), Some(hessian)) =
            (state.get_param(), state.get_gradient(), state.get_hessian())
        else {
            return TerminationStatus::NotTerminated;
        };
        self.rejected = if state.get_cost() == self.cost { self.rejected + 1 } else { 0 };
        self.cost = state.get_cost();
        let mut here = Jet::<N>::constant(-self.cost);
        here.gradient = array::<N>(gradient).map(|x| -x);
        here.hessian = std::array::from_fn(|i| array::<N>(&hessian[i]).map(|x| -x));
        let length = newton_step(&here).map_or(f64::INFINITY, |step| step.length);
        let flat = length <= NEAR || length <= HOPELESS && !determined(log_errors(&here));
        let gone = logs.iter().any(|log| log.abs() > self.furthest);
        if flat || gone || self.rejected > MOST_REJECTED {
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

/// The standard errors of the logarithms: roots of the diagonal of the negative Hessian's inverse.
fn log_errors<const N: usize>(here: &Jet<N>) -> Option<[f64; N]> {
    let root = cholesky(&here.hessian)?;
    Some(std::array::from_fn(|i| {
        let unit = std::array::from_fn(|j| f64::from(u8::from(i == j)));
        solve(&root, unit)[i].sqrt()
    }))
}

fn determined<const N: usize>(log_errors: Option<[f64; N]>) -> bool {
    log_errors.is_some_and(|errors| errors.iter().all(|error| *error < UNDETERMINED))
}
