//! Maximum likelihood over coordinates that may end in a limit.
//!
//! A trust region around each Newton step leads up from any start; plain Newton steps finish. Where
//! the likelihood rises towards infinity instead, its limits are climbed as models of their own, by
//! holding the coordinates that leave, and the highest of them is kept unless something above it is
//! found beside it.

use super::climb::{End, Held, Patience, climb};
use super::jet::Jet;

/// A log-likelihood in `N` coordinates.
pub trait LogLikelihood<const N: usize> {
    /// The log-likelihood with its derivatives by the coordinates. Where a coordinate is held in a
    /// limit, its derivatives are not looked at.
    fn at(&self, at: &[f64; N]) -> Jet<N>;
}

/// A limit of some coordinates.
#[derive(Clone, Copy, Debug)]
pub struct Limit<const N: usize> {
    /// The coordinates that are held, and their values; minus infinity where the likelihood knows
    /// it as such.
    pub held: [Option<f64>; N],
    /// Values of these coordinates at some distance from the limit. Where one of them is more
    /// likely, the limit is left; where all are as likely, the data do not tell.
    pub beside: &'static [[Option<f64>; N]],
}

/// The limits of coordinates that go there together, of which one may be taken.
pub type Group<const N: usize> = &'static [Limit<N>];

/// Where the search ended.
#[derive(Clone, Debug)]
pub struct Maximum<const N: usize> {
    /// The coordinates.
    pub at: [f64; N],
    /// Which limit of each group is taken, if any.
    pub limits: Vec<Option<usize>>,
    /// Of each limit that is taken, which of the points beside it is the most likely.
    nearest: Vec<Option<usize>>,
    /// The inverse of the observed information, zero in coordinates that are held; `None` where
    /// that is not positive definite.
    pub covariance: Option<[[f64; N]; N]>,
    /// The log-likelihood there.
    pub log_likelihood: f64,
    /// Steps taken, over all starts and limits tried.
    pub iterations: u64,
    /// What it is.
    pub found: Found,
}

/// What the search has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A maximum, or the limit of a likelihood that has none.
    Maximum,
    /// A point among many that are as likely.
    Flat,
    /// A point on the way to infinity, along which the likelihood keeps rising.
    Endless,
    /// A point where rounding, or the number of steps, ended the search.
    Lost,
}

/// The highest point reached: a maximum inside, or in limits, of each group one at most. `None` if
/// the likelihood is not finite at any start.
pub fn maximise<L: LogLikelihood<N>, const N: usize>(
    likelihood: &L,
    starts: &Starts<'_, N>,
    groups: &[Group<N>],
) -> Option<Maximum<N>> {
    Search { likelihood, groups, iterations: 0 }.climb_from(starts)
}

/// The same, begun where the likelihood of a sample of the data, if there is one, is highest.
///
/// The sample weighs as much as the data do, so that the two likelihoods have much the same shape.
pub fn maximise_by_sample<L: LogLikelihood<N>, const N: usize>(
    likelihood: &L,
    sample: Option<&L>,
    starts: &Starts<'_, N>,
    groups: &[Group<N>],
) -> Option<Maximum<N>> {
    let mut search = Search { likelihood, groups, iterations: 0 };
    if let Some(near) = sample.and_then(|sample| maximise(sample, starts, groups)) {
        search.iterations += near.iterations;
        if near.found == Found::Maximum
            && let Some(reached) = search.climb(&near.at, near.limits, Patience::Little)
            && reached.end.is_maximum
        {
            return Some(search.settle_by(reached, near.nearest));
        }
    }
    search.climb_from(starts)
}

/// Where a search starts, the best guess first.
pub struct Starts<'a, const N: usize> {
    pub at: &'a [[f64; N]],
    /// How many of them have to lead to a maximum: more than one where there may be several maxima,
    /// of which the highest counts.
    pub tried: usize,
}

/// By how much a likelihood has to exceed another to be higher: more than sums of values of this
/// size lose.
fn negligible(log_likelihood: f64) -> f64 {
    1e-12 * log_likelihood.abs() + 1e-9
}

/// The search at work.
struct Search<'a, L, const N: usize> {
    likelihood: &'a L,
    groups: &'a [Group<N>],
    iterations: u64,
}

/// Where a climb within limits ended.
#[derive(Clone)]
struct Reached<const N: usize> {
    limits: Vec<Option<usize>>,
    end: End<N>,
}

impl<const N: usize> Reached<N> {
    fn exceeds(&self, other: &Self) -> bool {
        self.end.value > other.end.value + negligible(other.end.value)
    }
}

impl<L: LogLikelihood<N>, const N: usize> Search<'_, L, N> {
    fn climb_from(&mut self, starts: &Starts<'_, N>) -> Option<Maximum<N>> {
        let (mut highest, mut best) = (None::<Reached<N>>, None::<Reached<N>>);
        let mut led = 0;
        for start in starts.at {
            let inside = vec![None; self.groups.len()];
            let Some(reached) = self.climb(start, inside, Patience::Little) else { continue };
            if let Some(found) = self.maximum_ahead(&reached) {
                if highest.as_ref().is_none_or(|highest| found.exceeds(highest)) {
                    highest = Some(found);
                }
                led += 1;
                if led == starts.tried {
                    break;
                }
            } else if best.as_ref().is_none_or(|best| reached.exceeds(best)) {
                best = Some(reached);
            }
        }
        if let Some(highest) = highest {
            return Some(self.settle(highest));
        }
        best.map(|best| self.further(best, starts.at))
    }

    /// The maximum that a climb has reached, or the limit that it has ended on the way to.
    fn maximum_ahead(&mut self, reached: &Reached<N>) -> Option<Reached<N>> {
        if reached.end.is_maximum {
            return Some(reached.clone());
        }
        let limits = self.limits_ahead(reached);
        let limit = self.highest_limit(&limits, &[reached.end.at])?;
        (!reached.exceeds(&limit)).then_some(limit)
    }

    /// From a point without a maximum or a limit near it.
    fn further(&mut self, from: Reached<N>, starts: &[[f64; N]]) -> Maximum<N> {
        let all = combinations(self.groups);
        let starts: Vec<_> = std::iter::once(from.end.at).chain(starts.iter().copied()).collect();
        let limit = self.highest_limit(&all, &starts);
        let reached = if limit.as_ref().is_none_or(|limit| from.exceeds(limit)) {
            let further = self.climb(&from.end.at, from.limits.clone(), Patience::Much);
            further.unwrap_or(from)
        } else {
            from
        };
        match limit {
            Some(limit) if !(reached.end.is_maximum && reached.exceeds(&limit)) => {
                self.settle(limit)
            }
            _ => self.settle(reached),
        }
    }

    /// Limits of just the groups that a climb has ended on the way to, beside those that hold.
    fn limits_ahead(&self, reached: &Reached<N>) -> Vec<Vec<Option<usize>>> {
        let is_ahead = |group: &Group<N>| {
            let holds = |i: usize| group.iter().any(|limit| limit.held[i].is_some());
            (0..N).any(|i| holds(i) && reached.end.leaving[i])
        };
        let ahead: Vec<bool> = self.groups.iter().map(is_ahead).collect();
        let mut all = combinations(self.groups);
        all.retain(|limits| {
            let each = limits.iter().zip(&ahead).zip(&reached.limits);
            each.clone().all(
                |((limit, ahead), held)| {
                    if *ahead { limit.is_some() } else { limit == held }
                },
            )
        });
        all
    }

    /// The highest maximum in some limits; of equals the first.
    fn highest_limit(
        &mut self,
        limits: &[Vec<Option<usize>>],
        starts: &[[f64; N]],
    ) -> Option<Reached<N>> {
        let mut best: Option<Reached<N>> = None;
        for limits in limits {
            let reached = starts.iter().find_map(|start| {
                let reached = self.climb(start, limits.clone(), Patience::Little);
                reached.filter(|reached| reached.end.is_maximum)
            });
            let Some(reached) = reached else { continue };
            if best.as_ref().is_none_or(|best| reached.exceeds(best)) {
                best = Some(reached);
            }
        }
        best
    }

    /// Leaves limits beside which the likelihood is higher, and says what has been found then.
    fn settle(&mut self, best: Reached<N>) -> Maximum<N> {
        let nearest = vec![None; best.limits.len()];
        self.settle_by(best, nearest)
    }

    /// The same where it is known which point beside a limit is the most likely.
    fn settle_by(&mut self, mut best: Reached<N>, mut nearest: Vec<Option<usize>>) -> Maximum<N> {
        let mut found = match best.end {
            End { is_maximum: true, .. } => Found::Maximum,
            End { leaving, .. } if leaving.contains(&true) => Found::Endless,
            _ => Found::Lost,
        };
        let mut group = 0;
        while found == Found::Maximum && group < best.limits.len() {
            match self.beside(&best, group, &mut nearest[group]) {
                Beside::Lower => group += 1,
                Beside::Equal => found = Found::Flat,
                Beside::Higher(higher) => {
                    let ahead = self.maximum_ahead(&higher).filter(|ahead| ahead.exceeds(&best));
                    if ahead.is_none() {
                        found = Found::Endless;
                    }
                    best = ahead.unwrap_or(higher);
                    nearest.fill(None);
                    group = 0;
                }
            }
        }
        let Reached { limits, end } = best;
        Maximum {
            at: end.at,
            limits,
            nearest,
            covariance: end.covariance,
            log_likelihood: end.value,
            iterations: self.iterations,
            found,
        }
    }

    /// What the likelihood is beside the limit of a group: at the nearest point, which is found
    /// where it is not known.
    fn beside(
        &mut self,
        best: &Reached<N>,
        group: usize,
        nearest: &mut Option<usize>,
    ) -> Beside<N> {
        let Some(limit) = best.limits[group].map(|limit| &self.groups[group][limit]) else {
            return Beside::Lower;
        };
        let mut limits = best.limits.clone();
        limits[group] = None;
        let held = Held::new(self.likelihood, self.held(&limits));
        let here = best.end.value;
        let point = |place: usize| -> [f64; N] {
            std::array::from_fn(|i| limit.beside[place][i].unwrap_or(best.end.at[i]))
        };
        let places = nearest.map_or(0..limit.beside.len(), |place| place..place + 1);
        let values = places.map(|place| (held.at(&point(place)).value, place));
        let values: Vec<_> = values.filter(|(value, _)| value.is_finite()).collect();
        let is_equal = |(value, _): &(f64, usize)| (value - here).abs() <= negligible(here);
        if nearest.is_none() && values.iter().all(is_equal) {
            return Beside::Equal;
        }
        let highest = values.into_iter().max_by(|a, b| a.0.total_cmp(&b.0));
        *nearest = highest.map(|(_, place)| place);
        let Some((_, place)) = highest.filter(|(value, _)| *value > here + negligible(here)) else {
            return Beside::Lower;
        };
        match self.climb(&point(place), limits, Patience::Much) {
            Some(reached) if reached.exceeds(best) => Beside::Higher(reached),
            _ => Beside::Lower,
        }
    }

    fn climb(
        &mut self,
        start: &[f64; N],
        limits: Vec<Option<usize>>,
        patience: Patience,
    ) -> Option<Reached<N>> {
        let held = Held::new(self.likelihood, self.held(&limits));
        let end = climb(&held, start, patience)?;
        self.iterations += end.iterations;
        Some(Reached { limits, end })
    }

    /// The values of the coordinates that limits hold.
    fn held(&self, limits: &[Option<usize>]) -> [Option<f64>; N] {
        let mut held = [None; N];
        for (group, limit) in self.groups.iter().zip(limits) {
            let Some(limit) = limit else { continue };
            held = std::array::from_fn(|i| group[*limit].held[i].or(held[i]));
        }
        held
    }
}

/// How likely the points beside a limit are.
enum Beside<const N: usize> {
    Lower,
    Equal,
    /// Where a climb from the highest of them ended.
    Higher(Reached<N>),
}

/// Every choice of limits, at least one, those of more groups first.
fn combinations<const N: usize>(groups: &[Group<N>]) -> Vec<Vec<Option<usize>>> {
    let mut all = vec![Vec::new()];
    for group in groups {
        let choices = || std::iter::once(None).chain((0..group.len()).map(Some));
        let with = |limits: &Vec<_>| {
            let limits = limits.clone();
            choices().map(move |limit| [limits.clone(), vec![limit]].concat())
        };
        all = all.iter().flat_map(with).collect();
    }
    all.retain(|limits| limits.iter().any(Option::is_some));
    all.sort_by_key(|limits| limits.iter().filter(|limit| limit.is_none()).count());
    all
}
