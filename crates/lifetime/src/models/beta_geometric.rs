//! BG/NBD and MBG/NBD, which differ in one chance to leave.
//!
//! With n chances to leave so far (x, or x + 1 where the first order is one too), the two parts of
//! the likelihood are, B being the beta function and t the time,
//!
//! ```text
//! alive: Γ(r+x)/Γ(r) · B(a, b+n)/B(a, b)       · alpha^r / (alpha + T)^(r+x)
//! left:  Γ(r+x)/Γ(r) · B(a+1, b+n-1)/B(a, b)   · alpha^r / (alpha + t_x)^(r+x)   if n > 0
//! ```

use super::coordinates::{Coordinates, OF_TWO_PAIRS, Pair, Place, TWO_PAIRS, of_parameters};
use super::jet::Jet;
use super::maximise::{LogLikelihood, Maximum, Starts, maximise_by_sample};
use super::orders::{elapsed, ln_of_orders, ln_orders};
use super::pairs::{Observed, Pairs};
use super::purchases;
use super::special::ln_rising;
use super::{Fit, History, TransactionModel};

/// The logarithms of r / alpha, of r, of a / b and of a.
const COORDINATES: Coordinates<4> = Coordinates {
    names: ["r", "alpha", "a", "b"],
    map: TWO_PAIRS,
    groups: &[
        &[Pair::<4, 0>::ALL_EQUAL],
        &[Pair::<4, 2>::ALL_EQUAL, Pair::<4, 2>::NOBODY, Pair::<4, 2>::SOME_AT_ONCE],
    ],
    places: &[&[Place::AllEqual], &[Place::AllEqual, Place::NobodyLeaves, Place::SomeAtOnce]],
};

#[derive(Clone, Copy, Debug, PartialEq)]
struct Model {
    r: f64,
    alpha: f64,
    a: f64,
    b: f64,
    /// Chances to leave before the first repeat order: 0 or 1.
    extra: u32,
}

impl Model {
    fn probability_alive(&self, x: u32, t_x: f64, age: f64) -> f64 {
        let chances = x.saturating_add(self.extra);
        if chances == 0 {
            return 1.0;
        }
        let ln_odds_left = libm::log(self.a / (self.b + f64::from(chances - 1)))
            + (self.r + f64::from(x)) * libm::log1p((age - t_x) / (self.alpha + t_x));
        1.0 / (1.0 + libm::exp(ln_odds_left))
    }

    fn orders_if_alive(&self, x: u32, age: f64, horizon: f64) -> f64 {
        let stayed = self.b + f64::from(x) + f64::from(self.extra);
        purchases::expected(self.r + f64::from(x), horizon / (self.alpha + age), self.a, stayed)
    }

    fn expected_orders_of_new(&self, horizon: f64) -> f64 {
        let stays = if self.extra == 0 { 1.0 } else { self.b / (self.a + self.b) };
        stays * self.orders_if_alive(0, 0.0, horizon)
    }

    fn log_likelihood(&self, histories: &[History], unit_days: u32) -> f64 {
        let at = of_parameters(&OF_TWO_PAIRS, [self.r, self.alpha, self.a, self.b]);
        let (unit, extra) = (f64::from(unit_days.max(1)), self.extra);
        let of = |pairs: &Pairs| Data { pairs, unit, extra }.at(&at).value;
        Pairs::new(histories).map_or(0.0, |pairs| of(&pairs))
    }
}

struct Data<'a> {
    pairs: &'a Pairs,
    unit: f64,
    extra: u32,
}

impl LogLikelihood<4> for Data<'_> {
    fn at(&self, at: &[f64; 4]) -> Jet<4> {
        let logs = COORDINATES.logs(at);
        // Nobody leaves if the mean chance to do so is zero.
        let likelihood = if at[2] == f64::NEG_INFINITY {
            ln_of_orders(self.pairs, self.unit, &[logs[0], logs[1], 0.0, 0.0])
        } else {
            self.of_both(&logs)
        };
        likelihood.mapped(&COORDINATES.map)
    }
}

impl Data<'_> {
    /// By the logarithms of the parameters.
    fn of_both(&self, logs: &[f64; 4]) -> Jet<4> {
        let [r, alpha, a, b] = Jet::parameters(logs);
        let (ln_alpha, ln_a) = (Jet::variable(1, logs[1]), Jet::variable(2, logs[2]));
        let stays = a + b;
        let stayed = |chances| b.chain(ln_rising(b.value, chances));
        self.pairs.log_likelihood(|of_x, parts| {
            let x = of_x.x;
            let chances = x.saturating_add(self.extra);
            let orders = ln_orders(&r, &ln_alpha, x) - stays.chain(ln_rising(stays.value, chances));
            let alive = orders + stayed(chances);
            let after = |ln: &Jet<4>, days: u32| {
                elapsed(ln, x, f64::from(days) / self.unit, r.value, alpha.value)
            };
            parts.first.extend(of_x.ages.iter().map(|days| after(&alive, *days)));
            if chances == 0 {
                parts.has_no_second(of_x);
            } else {
                let left = orders + ln_a + stayed(chances - 1);
                parts.second.extend(of_x.recencies.iter().map(|days| after(&left, *days)));
            }
        })
    }
}

fn fit(observed: &Observed, unit_days: u32, extra: u32) -> Option<Fit<Model>> {
    let unit = f64::from(unit_days.max(1));
    let data = |pairs| Data { pairs, unit, extra };
    let rate = observed.all.daily_rate() * unit;
    let starts = [(0.5, 1.0, 2.0), (2.0, 1.0, 0.4), (0.4, 0.2, 6.0), (3.0, 0.3, 2.0)]
        .map(|(r, a, b)| of_parameters(&OF_TWO_PAIRS, [r, 0.5 * r / rate, a, b]));
    let sample = observed.sample.as_ref().map(data);
    let all = data(&observed.all);
    // MBG/NBD may have two maxima.
    let starts = Starts { at: &starts, tried: 3 };
    let maximum = maximise_by_sample(&all, sample.as_ref(), &starts, COORDINATES.groups)?;
    let fit = Fit::new(
        &COORDINATES,
        observed.all.customers(),
        &maximum,
        means(&maximum),
        model(&maximum, extra),
    );
    Some(fit.without_repeats(observed.all.has_repeats()))
}

fn means(maximum: &Maximum<4>) -> [Option<f64>; 4] {
    let rate = Some(libm::exp(maximum.at[0]));
    let leaving = Some(1.0 / (1.0 + libm::exp(-maximum.at[2])));
    [rate, rate, leaving, leaving]
}

fn model(maximum: &Maximum<4>, extra: u32) -> Model {
    let [r, alpha, a, b] = COORDINATES.logs(&maximum.at).map(libm::exp);
    if maximum.at[2] == f64::NEG_INFINITY {
        return Model { r, alpha, a: 0.0, b: 1.0, extra };
    }
    Model { r, alpha, a, b, extra }
}

macro_rules! variant {
    ($module:ident, $name:ident, $title:literal, $extra:literal, $doc:literal) => {
        #[doc = $doc]
        pub mod $module {
            use super::{Fit, History, Model, Observed, TransactionModel};

            #[doc = concat!("A ", $title, " model with its parameters, all positive.")]
            #[derive(Clone, Copy, Debug, PartialEq)]
            pub struct $name(Model);

            impl $name {
                #[doc = concat!(
                    "The model with shape `r` and rate `alpha` (units of time) of the orders' rate, ",
                    "`a` and `b` of the chance to leave after an order."
                )]
                #[must_use]
                pub fn new(r: f64, alpha: f64, a: f64, b: f64) -> Self {
                    Self(Model { r, alpha, a, b, extra: $extra })
                }
            }

            impl TransactionModel for $name {
                fn probability_alive(&self, x: u32, t_x: f64, age: f64) -> f64 {
                    self.0.probability_alive(x, t_x, age)
                }

                fn orders_if_alive(&self, x: u32, age: f64, horizon: f64) -> f64 {
                    self.0.orders_if_alive(x, age, horizon)
                }

                fn expected_orders_of_new(&self, horizon: f64) -> f64 {
                    self.0.expected_orders_of_new(horizon)
                }

                fn log_likelihood(&self, histories: &[History], unit_days: u32) -> f64 {
                    self.0.log_likelihood(histories, unit_days)
                }
            }

            /// Fits the model by maximum likelihood, in the unit of `unit_days` days (at least
            /// one). `None` without customers.
            #[must_use]
            pub fn fit(histories: &[History], unit_days: u32) -> Option<Fit<$name>> {
                fit_observed(&Observed::new(histories)?, unit_days)
            }

            pub(in super::super) fn fit_observed(
                observed: &Observed,
                unit_days: u32,
            ) -> Option<Fit<$name>> {
                Some(super::fit(observed, unit_days, $extra)?.map($name))
            }
        }
    };
}

variant!(
    bg_nbd,
    BgNbd,
    "BG/NBD",
    0,
    "BG/NBD: the customer may leave after each repeat order (Fader, Hardie and Lee 2005)."
);
variant!(
    mbg_nbd,
    MbgNbd,
    "MBG/NBD",
    1,
    "MBG/NBD: the customer may leave after each order, the first included (Batislam, Denizel and Filiztekin 2007)."
);
