//! `[inputs]`: the history that a pipeline follows and the inputs beside it, and what inputs have in
//! common.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono_tz::Tz;
use kohort_model::{Basis, Input, Scale};

use super::conflict::Conflict;
use super::error::ConfigError;
use super::section::{Item, Section};
use super::{
    ContactsInput, EngagementInput, IdentitiesInput, InvoicesInput, OpportunitiesInput,
    OrderLinesInput, OrdersInput, ProspectsInput, ReturnsInput, SubscriptionsInput, SurveysInput,
    TouchpointsInput, calendar, further, goods, opportunities, orders, subscriptions, visitors,
};

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

/// Every input.
pub(super) struct Inputs {
    pub basis: BasisInput,
    pub prospects: Option<ProspectsInput>,
    pub contacts: Option<ContactsInput>,
    pub surveys: Option<SurveysInput>,
    pub touchpoints: Option<TouchpointsInput>,
    pub identities: Option<IdentitiesInput>,
    pub opportunities: Option<OpportunitiesInput>,
    pub order_lines: Option<OrderLinesInput>,
    pub returns: Option<ReturnsInput>,
    pub invoices: Option<InvoicesInput>,
    pub engagement: Option<EngagementInput>,
    /// The zone of times without one, of inputs that name one.
    pub timezones: BTreeMap<Input, Tz>,
}

impl Inputs {
    /// Reads those that are there. `unique_order_ids` is that check, where it is on.
    pub fn read(
        root: &Section<'_>,
        unique_order_ids: Option<&Item<'_>>,
    ) -> Result<Self, ConfigError> {
        let inputs = root.table("inputs")?;
        let basis = read_basis(&inputs, unique_order_ids)?;
        let touchpoints = visitors::read_touchpoints(&inputs)?;
        let order_lines = goods::read_order_lines(&inputs)?;
        Ok(Self {
            basis,
            prospects: further::read_prospects(&inputs)?,
            contacts: further::read_contacts(&inputs)?,
            surveys: further::read_surveys(&inputs)?,
            identities: visitors::read_identities(&inputs, touchpoints.is_some())?,
            touchpoints,
            opportunities: opportunities::read(&inputs)?,
            returns: goods::read_returns(&inputs, order_lines.is_some())?,
            order_lines,
            invoices: goods::read_invoices(&inputs)?,
            engagement: further::read_engagement(&inputs)?,
            timezones: read_timezones(&inputs)?,
        })
    }

    /// Whether it is there.
    pub fn has(&self, input: Input) -> bool {
        match input {
            Input::Orders => self.basis.basis() == Basis::Orders,
            Input::Subscriptions => self.basis.basis() == Basis::Subscriptions,
            Input::Prospects => self.prospects.is_some(),
            Input::Contacts => self.contacts.is_some(),
            Input::Surveys => self.surveys.is_some(),
            Input::Touchpoints => self.touchpoints.is_some(),
            Input::Identities => self.identities.is_some(),
            Input::Opportunities => self.opportunities.is_some(),
            Input::OrderLines => self.order_lines.is_some(),
            Input::Returns => self.returns.is_some(),
            Input::Invoices => self.invoices.is_some(),
            Input::Engagement => self.engagement.is_some(),
        }
    }

    /// Whether one beside orders tells of sales that were nearly made.
    pub fn tell_of_sales(&self) -> bool {
        let has_carts = self.touchpoints.as_ref().is_some_and(TouchpointsInput::has_carts);
        has_carts || self.opportunities.is_some()
    }
}

/// Reads the one of the two tables that is there.
fn read_basis(
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

/// The zones that inputs name for their times without one. Every input has been read.
fn read_timezones(inputs: &Section<'_>) -> Result<BTreeMap<Input, Tz>, ConfigError> {
    let mut timezones = BTreeMap::new();
    for input in Input::ALL {
        let Some(table) = inputs.optional_table(input.name())? else { continue };
        if input == Input::Identities {
            table.unused("timezone", Conflict::TimezoneWithoutTimes)?;
        }
        if let Some(zone) = calendar::zone(&table, "timezone")? {
            timezones.insert(input, zone);
        }
    }
    Ok(timezones)
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
            let rates = rates.local_path(
                "a path to a Parquet or CSV file of date, currency and rate on this machine, \
                 not a URL",
            )?;
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
