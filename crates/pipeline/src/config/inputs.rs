//! `[inputs]`: the history that a pipeline follows, and what inputs have in common.

use std::path::PathBuf;

use kohort_model::{Basis, Scale};

use super::error::{ConfigError, Conflict};
use super::section::{Item, Section};
use super::{OrdersInput, SubscriptionsInput, orders, subscriptions};

/// The history that makes customers of people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BasisInput {
    /// `[inputs.orders]`.
    Orders(OrdersInput),
    /// `[inputs.subscriptions]`.
    Subscriptions(SubscriptionsInput),
}

impl BasisInput {
    /// Which of the two it is.
    #[must_use]
    pub fn basis(&self) -> Basis {
        match self {
            Self::Orders(_) => Basis::Orders,
            Self::Subscriptions(_) => Basis::Subscriptions,
        }
    }

    /// Decimal places of money.
    #[must_use]
    pub fn scale(&self) -> Scale {
        match self {
            Self::Orders(orders) => orders.scale,
            Self::Subscriptions(subscriptions) => subscriptions.scale,
        }
    }

    /// In which currency the amounts are.
    #[must_use]
    pub fn currency(&self) -> &Currency {
        match self {
            Self::Orders(orders) => &orders.currency,
            Self::Subscriptions(subscriptions) => &subscriptions.currency,
        }
    }
}

/// In which currency the amounts are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Currency {
    /// One that has no name.
    Unnamed,
    /// All in the currency of this ISO 4217 code.
    Code(String),
    /// Each row in its own, converted by the rate of its day.
    Converted {
        /// SQL expression of the row's currency.
        column: String,
        /// Parquet or CSV file with the columns date, currency and rate, absolute.
        rates: PathBuf,
    },
}

/// Reads the one of the two tables that is there. `unique_order_ids` is that check, where it is on.
pub(super) fn read_basis(
    inputs: &Section<'_>,
    unique_order_ids: Option<&Item<'_>>,
) -> Result<BasisInput, ConfigError> {
    let mut histories =
        inputs.items().filter(|(name, _)| ["orders", "subscriptions"].contains(name));
    let Some((name, _)) = histories.next() else {
        return Err(ConfigError::NoHistory { at: inputs.at() });
    };
    if let Some((_, second)) = histories.next() {
        return Err(second.conflict(Conflict::TwoHistories));
    }
    if name == "orders" {
        orders::read(&inputs.table("orders")?, unique_order_ids).map(BasisInput::Orders)
    } else {
        subscriptions::read(&inputs.table("subscriptions")?).map(BasisInput::Subscriptions)
    }
}

/// Where the input lies; `meaning` says what holds what.
pub(super) fn read_paths(
    table: &Section<'_>,
    meaning: &'static str,
) -> Result<Vec<PathBuf>, ConfigError> {
    let item = table.need("path", meaning)?;
    item.paths("a path, or a list of paths, to files, folders or globs")
}

pub(super) fn read_scale(table: &Section<'_>) -> Result<Scale, ConfigError> {
    let allowed = "a number of decimal places from 0 to 18";
    let places = table.integer_or("scale", 2, 0..=u32::from(Scale::MAX), allowed)?;
    Ok(u8::try_from(places).ok().and_then(Scale::new).expect("at most 18"))
}

pub(super) fn read_currency(table: &Section<'_>) -> Result<Currency, ConfigError> {
    let rates = table.get("rates");
    let Some(item) = table.get("currency") else {
        return match rates {
            Some(item) => Err(item.conflict(Conflict::RatesWithoutCurrency)),
            None => Ok(Currency::Unnamed),
        };
    };
    let text = item.text("a code such as \"GBP\", or with rates an SQL expression")?;
    match rates {
        Some(rates) => {
            let rates = rates.path("a path to a Parquet or CSV file of date, currency and rate")?;
            Ok(Currency::Converted { column: text, rates })
        }
        None if text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase()) => {
            Ok(Currency::Code(text))
        }
        None => Err(item.conflict(Conflict::CurrencyWithoutRates)),
    }
}

pub(super) fn read_deduplicate(table: &Section<'_>) -> Result<bool, ConfigError> {
    table.get("deduplicate").map_or(Ok(false), |item| item.boolean())
}
