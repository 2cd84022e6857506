//! Models of customer lifetime, fitted by maximum likelihood.
//!
//! Who buys without a contract never says goodbye. The models of this module say how likely a
//! customer is still one, and how many orders are to come:
//!
//! * [`bg_nbd`] (Fader, Hardie and Lee 2005, "Counting your customers the easy way"): orders come
//!   at random at the customer's own rate, gamma(r, alpha) over customers; after each repeat order
//!   the customer leaves with an own chance, beta(a, b) over customers;
//! * [`mbg_nbd`] (Batislam, Denizel and Filiztekin 2007): the same, and the customer may leave
//!   after the first order too;
//! * [`pareto_nbd`] (Schmittlein, Morrison and Colombo 1987): the customer leaves at any time, at
//!   an own rate, gamma(s, beta) over customers;
//! * [`gamma_gamma`] (Fader, Hardie and Lee 2005, "RFM and CLV"): the mean value of an order,
//!   given how many were seen;
//! * [`sbg`] (Fader and Hardie 2007, "How to project customer retention"): contracts, which end
//!   period by period with an own chance, beta(alpha, beta) over customers.
//!
//! Where the likelihood has no maximum but rises to a limit in which the model still says something
//! ([`Place`]), the fit is that limit. Each is fitted on counts of equal customers. The result depends neither on the order of the
//! rows nor on how customers are spread over equal rows, to the last bit. Times are whole days in
//! the rows; in the models they are days / `unit_days` (7 for weeks), and every rate and scale
//! parameter is in that unit.

#![allow(
    clippy::cast_precision_loss,
    clippy::many_single_char_names,
    clippy::similar_names,
    reason = "counts of customers and days fit a float; the letters are the papers'"
)]

mod beta_geometric;
mod climb;
mod coordinates;
pub mod gamma_gamma;
mod jet;
mod maximise;
mod orders;
mod pairs;
pub mod pareto_nbd;
mod purchases;
mod sample;
pub mod sbg;
mod special;
mod tail;
mod value;

#[cfg(test)]
mod tests;

pub use beta_geometric::{bg_nbd, mbg_nbd};
pub use coordinates::Place;
pub use value::{Births, discounted_orders_if_alive, expected_curve};

use coordinates::Coordinates;
use maximise::{Found, Maximum};
use pairs::Observed;

/// Customers with the same order history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct History {
    /// Days with an order after the first such day.
    pub x: u32,
    /// Days from the first to the last order; zero if `x` is.
    pub t_x_days: u32,
    /// Days from the first order to the last known day (T), at least `t_x_days`.
    pub age_days: u32,
    /// Customers with this history; rows of zero count for nothing.
    pub customers: u64,
}

/// One parameter of a fit, positive in all of these models.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameter {
    /// Its name in the paper, such as `alpha`.
    pub name: &'static str,
    /// Where the maximum lies.
    pub place: Place,
    /// The maximum likelihood estimate; `None` where that is a limit.
    pub value: Option<f64>,
    /// Its standard error from the observed information, by the delta method from the parameter's
    /// logarithm; `None` in a limit, and if the information is not positive definite.
    pub standard_error: Option<f64>,
    /// The mean over customers of what it shapes: r / alpha, s / beta, a / (a + b); of the
    /// Gamma-Gamma model the mean value of an order. `None` where there is none.
    pub mean: Option<f64>,
}

/// Why a fit has no maximum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// There is nothing to fit to.
    NoData,
    /// Nobody ordered on a second day.
    NoRepeats,
    /// Other parameters are as likely.
    Flat,
    /// The likelihood rises without end, towards no limit that says anything.
    Endless,
    /// Rounding, or the number of steps, ended the search.
    Lost,
}

impl Missing {
    /// The name in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NoData => "no_data",
            Self::NoRepeats => "no_repeats",
            Self::Flat => "flat",
            Self::Endless => "endless",
            Self::Lost => "lost",
        }
    }

    /// The reason in words.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::NoData => "no customer has what it is fitted to",
            Self::NoRepeats => "nobody ordered on a second day",
            Self::Flat => "other parameters are as likely",
            Self::Endless => "the likelihood rises without end",
            Self::Lost => "the search for its maximum was lost in rounding",
        }
    }
}

/// A fitted model and how far to trust it.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit<M> {
    /// The model at the estimates.
    pub model: M,
    /// The estimates in the paper's order.
    pub parameters: Vec<Parameter>,
    /// The log-likelihood at the estimates, natural logarithm.
    pub log_likelihood: f64,
    /// Customers fitted on.
    pub customers: u64,
    /// Steps of the optimisation.
    pub iterations: u64,
    /// Why the estimates are neither a maximum nor a limit that the likelihood rises to: then they
    /// are where the search ended.
    pub missing: Option<Missing>,
}

impl<M> Fit<M> {
    fn new<const N: usize>(
        coordinates: &Coordinates<N>,
        customers: u64,
        maximum: &Maximum<N>,
        means: [Option<f64>; N],
        model: M,
    ) -> Self {
        let logs = coordinates.logs(&maximum.at);
        let parameter = |i: usize| {
            let place = coordinates.place(i, maximum);
            let value = (place == Place::Inside).then(|| libm::exp(logs[i]));
            let error = coordinates.log_error(i, maximum);
            let standard_error = value.zip(error).map(|(value, error)| value * error);
            Parameter { name: coordinates.names[i], place, value, standard_error, mean: means[i] }
        };
        Self {
            model,
            parameters: (0..N).map(parameter).collect(),
            log_likelihood: maximum.log_likelihood,
            customers,
            iterations: maximum.iterations,
            missing: match maximum.found {
                Found::Maximum => None,
                Found::Flat => Some(Missing::Flat),
                Found::Endless => Some(Missing::Endless),
                Found::Lost => Some(Missing::Lost),
            },
        }
    }

    /// Whether the estimates are the maximum, or the limit, of the likelihood.
    #[must_use]
    pub fn is_converged(&self) -> bool {
        self.missing.is_none()
    }

    /// Why a fit, or none, has no maximum.
    #[must_use]
    pub fn missing_of(fit: Option<&Self>) -> Option<Missing> {
        fit.map_or(Some(Missing::NoData), |fit| fit.missing)
    }

    /// The same fit, of customers of whom nobody has returned if so.
    fn without_repeats(mut self, has_repeats: bool) -> Self {
        if !has_repeats {
            self.missing = Some(Missing::NoRepeats);
        }
        self
    }

    /// The same fit with the model replaced, such as boxed.
    #[must_use]
    pub fn map<O>(self, model: impl FnOnce(M) -> O) -> Fit<O> {
        Fit {
            model: model(self.model),
            parameters: self.parameters,
            log_likelihood: self.log_likelihood,
            customers: self.customers,
            iterations: self.iterations,
            missing: self.missing,
        }
    }
}

/// What the three models of orders answer. Times are in the unit that the model was fitted in.
///
/// Answers for a history depend on `t_x` through [`Self::probability_alive`] only; the rest can
/// be kept per (x, age), of which there are few.
pub trait TransactionModel {
    /// The chance, 0 to 1, that a customer with `x` repeat orders, the last at `t_x`, has not left
    /// by the time `age` after the first.
    fn probability_alive(&self, x: u32, t_x: f64, age: f64) -> f64;

    /// The expected orders in (age, age + horizon] of a customer with `x` repeat orders who is
    /// alive at `age`.
    fn orders_if_alive(&self, x: u32, age: f64, horizon: f64) -> f64;

    /// The expected repeat orders of a new customer up to the time `horizon` after the first.
    fn expected_orders_of_new(&self, horizon: f64) -> f64;

    /// The log-likelihood of these histories, in the unit of `unit_days` days (at least one);
    /// zero without customers.
    fn log_likelihood(&self, histories: &[History], unit_days: u32) -> f64;

    /// The expected orders in (age, age + horizon] of a customer with this history.
    fn expected_orders(&self, x: u32, t_x: f64, age: f64, horizon: f64) -> f64 {
        self.probability_alive(x, t_x, age) * self.orders_if_alive(x, age, horizon)
    }
}

/// The models of orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderModel {
    /// [`bg_nbd`].
    BgNbd,
    /// [`mbg_nbd`].
    MbgNbd,
    /// [`pareto_nbd`].
    ParetoNbd,
}

impl OrderModel {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::BgNbd, Self::MbgNbd, Self::ParetoNbd];

    /// The name in tables: `bg_nbd`, `mbg_nbd`, `pareto_nbd`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::BgNbd => "bg_nbd",
            Self::MbgNbd => "mbg_nbd",
            Self::ParetoNbd => "pareto_nbd",
        }
    }

    /// Fits the model; see the `fit` of its module.
    #[must_use]
    pub fn fit(self, histories: &[History], unit_days: u32) -> Option<OrderFit> {
        self.fit_observed(&Observed::new(histories)?, unit_days)
    }

    /// Fits all of them, in the order of [`Self::ALL`], for less than one by one.
    #[must_use]
    pub fn fit_all(histories: &[History], unit_days: u32) -> [Option<OrderFit>; 3] {
        let observed = Observed::new(histories);
        Self::ALL.map(|model| model.fit_observed(observed.as_ref()?, unit_days))
    }

    fn fit_observed(self, observed: &Observed, unit_days: u32) -> Option<OrderFit> {
        fn boxed<M: TransactionModel + Send + Sync + 'static>(fit: Fit<M>) -> OrderFit {
            fit.map(|model| Box::new(model) as _)
        }
        match self {
            Self::BgNbd => bg_nbd::fit_observed(observed, unit_days).map(boxed),
            Self::MbgNbd => mbg_nbd::fit_observed(observed, unit_days).map(boxed),
            Self::ParetoNbd => pareto_nbd::fit_observed(observed, unit_days).map(boxed),
        }
    }
}

/// A fitted model of orders.
pub type OrderFit = Fit<Box<dyn TransactionModel + Send + Sync>>;
