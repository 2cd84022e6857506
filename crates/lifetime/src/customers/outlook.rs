//! What the models expect of a customer.

use std::sync::OnceLock;

use kohort_model::{Context, TableWarning, average};

use crate::clv::{Histories, OrderDays, fit_value};
use crate::models::gamma_gamma::GammaGamma;
use crate::models::{Fit, Missing, OrderFit, OrderModel, discounted_orders_if_alive};
use crate::settings::Lifetime;

use super::schema::SCHEMA;

/// Days of a year, in which the discount is given.
const YEAR_DAYS: f64 = 365.0;

/// The fitted models, where they have a maximum.
pub(crate) struct Outlook {
    lifetime: Lifetime,
    orders: Option<OrderFit>,
    value: Option<Fit<GammaGamma>>,
    /// What the reader of the table should know of the fits.
    pub warnings: Vec<TableWarning>,
    /// By repeat order days, the ages of those who have them, rising, with what is expected of
    /// all who have both in common, if alive: computed once, by whoever comes first.
    ahead: Vec<Vec<(u32, OnceLock<Ahead>)>>,
}

/// Expected repeat order days over the horizon of a customer who is alive.
#[derive(Clone, Copy, Debug)]
struct Ahead {
    orders: f64,
    discounted: f64,
}

/// What is expected of one customer; `None` where the models have no answer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Expected {
    /// That the customer still orders at `as_of`.
    pub alive: Option<f64>,
    /// Repeat order days over the horizon.
    pub orders: Option<f64>,
    /// Their value in whole currency units.
    pub value: Option<f64>,
    /// The same, discounted.
    pub discounted_value: Option<f64>,
}

impl Outlook {
    /// Fits the models to all customers.
    pub fn new(histories: Histories, context: &Context, lifetime: Lifetime) -> Self {
        let (histories, spends) = histories.into_rows();
        let mut seen: Vec<_> = histories.iter().map(|row| (row.x, row.age_days)).collect();
        seen.sort_unstable();
        seen.dedup();
        let mut ahead = Vec::new();
        for (repeats, age) in seen {
            ahead.resize_with(ahead.len().max(repeats as usize + 1), Vec::new);
            ahead[repeats as usize].push((age, OnceLock::new()));
        }
        let orders = lifetime.model.fit(&histories, lifetime.unit_days);
        let value = fit_value(&spends, context);
        let warnings = if histories.is_empty() {
            Vec::new()
        } else {
            warnings(lifetime.model, orders.as_ref(), value.as_ref())
        };
        Self {
            lifetime,
            orders: orders.filter(Fit::is_converged),
            value: value.filter(Fit::is_converged),
            warnings,
            ahead,
        }
    }

    /// What is expected of a customer.
    pub fn of(&self, days: &OrderDays, context: &Context) -> Expected {
        let Some(fit) = &self.orders else { return Expected::default() };
        let unit = f64::from(self.lifetime.unit_days);
        let (recency, age) = (f64::from(days.recency) / unit, f64::from(days.age) / unit);
        let alive = fit.model.probability_alive(days.repeats, recency, age);
        let ahead = self.ahead(fit, days);
        let value = self.value.as_ref().and_then(|fit| {
            let mean = average(days.repeat_value, days.repeats.into(), context.scale);
            match mean.filter(|mean| *mean > 0.0) {
                Some(mean) => fit.model.expected_value(days.repeats, mean),
                None => fit.model.expected_value(0, 0.0),
            }
        });
        let finite = |value: f64| value.is_finite().then_some(value);
        let times_value = |orders: f64| value.and_then(|value| finite(alive * orders * value));
        Expected {
            alive: finite(alive),
            orders: finite(alive * ahead.orders),
            value: times_value(ahead.orders),
            discounted_value: times_value(ahead.discounted),
        }
    }

    fn ahead(&self, fit: &OrderFit, days: &OrderDays) -> Ahead {
        let lifetime = &self.lifetime;
        let unit = f64::from(lifetime.unit_days);
        let compute = || {
            let (model, age) = (&*fit.model, f64::from(days.age) / unit);
            let discount = (1.0 + lifetime.annual_discount_rate).powf(unit / YEAR_DAYS) - 1.0;
            let units = lifetime.horizon_units;
            Ahead {
                orders: model.orders_if_alive(days.repeats, age, f64::from(units)),
                discounted: discounted_orders_if_alive(model, days.repeats, age, units, discount),
            }
        };
        let ages = self.ahead.get(days.repeats as usize).map_or(&[][..], Vec::as_slice);
        let place = ages.binary_search_by_key(&days.age, |(age, _)| *age);
        place.map_or_else(|_| compute(), |place| *ages[place].1.get_or_init(compute))
    }
}

/// Which columns the fits leave NULL, and why.
fn warnings(
    model: OrderModel,
    orders: Option<&OrderFit>,
    value: Option<&Fit<GammaGamma>>,
) -> Vec<TableWarning> {
    let has_none = |columns: &str, model: &str, missing: Missing| {
        format!("{columns} are NULL, as {model} has no maximum: {}", missing.reason())
    };
    let mut texts = Vec::new();
    if let Some(missing) = Fit::missing_of(orders) {
        let columns = "probability_alive, expected_orders, expected_value and clv";
        texts.push(has_none(columns, model.name(), missing));
    } else if let Some(missing) = Fit::missing_of(value) {
        texts.push(has_none("expected_value and clv", "gamma_gamma", missing));
    } else if value.is_some_and(|fit| fit.model.expected_value(0, 0.0).is_none()) {
        let text = "expected_value and clv of customers without a repeat order day of positive value \
                    are NULL, as the mean of gamma_gamma over all customers has no bound";
        texts.push(text.to_owned());
    }
    texts.into_iter().map(|text| TableWarning { table: SCHEMA.name, text }).collect()
}
