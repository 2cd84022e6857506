//! The numbers of the shop: what is sold to whom, when, and why it is not.

/// A choice and how often it is made, in per cent.
pub(crate) struct Choice {
    pub name: Option<&'static str>,
    pub weight: f64,
}

const fn choice(name: &'static str, weight: f64) -> Choice {
    Choice { name: Some(name), weight }
}

pub(crate) const COUNTRIES: [Choice; 7] = [
    choice("GB", 62.0),
    choice("IE", 11.0),
    choice("DE", 9.0),
    choice("FR", 7.0),
    choice("NL", 5.0),
    choice("US", 4.0),
    Choice { name: None, weight: 2.0 },
];

pub(crate) const DEVICES: [Choice; 3] =
    [choice("mobile", 56.0), choice("desktop", 35.0), choice("tablet", 9.0)];

pub(crate) const CHANNELS: [Choice; 6] = [
    choice("search", 34.0),
    choice("direct", 20.0),
    choice("social", 18.0),
    choice("email", 14.0),
    choice("referral", 9.0),
    choice("affiliate", 5.0),
];

/// For each of [`CHANNELS`], how much sooner than others its people leave for good.
pub(crate) const CHANNEL_DROPOUT: [f64; 6] = [1.0, 0.85, 1.3, 0.8, 0.65, 1.4];

/// A way to lose an order.
pub(crate) struct Cause {
    pub status: &'static str,
    pub reason: Option<&'static str>,
    /// How often, in per cent of the lost orders.
    pub weight: f64,
    /// Share of the customers who then buy after all, besides their ordinary purchases.
    pub recovery: f64,
    /// Mean time until they do.
    pub recovery_days: f64,
}

const fn cause(
    status: &'static str,
    reason: Option<&'static str>,
    weight: f64,
    recovery: f64,
    recovery_days: f64,
) -> Cause {
    Cause { status, reason, weight, recovery, recovery_days }
}

pub(crate) const CAUSES: [Cause; 11] = [
    cause("payment_failed", Some("card declined"), 17.0, 0.55, 0.5),
    cause("payment_failed", Some("session timed out"), 5.0, 0.45, 0.2),
    cause("payment_failed", None, 4.0, 0.45, 0.5),
    cause("cancelled", Some("found cheaper elsewhere"), 9.0, 0.03, 12.0),
    cause("cancelled", Some("delivery too slow"), 9.0, 0.08, 9.0),
    cause("cancelled", Some("too expensive"), 5.0, 0.05, 14.0),
    cause("cancelled", None, 4.0, 0.06, 10.0),
    cause("out_of_stock", Some("out of stock"), 13.0, 0.22, 11.0),
    cause("abandoned", Some("too expensive"), 14.0, 0.06, 13.0),
    cause("abandoned", Some("delivery too slow"), 5.0, 0.08, 6.0),
    cause("abandoned", None, 15.0, 0.15, 3.0),
];

/// Share of the attempts that are lost.
pub(crate) const LOSS_SHARE: f64 = 0.13;
/// The same for the first attempt of somebody who then becomes a customer.
pub(crate) const FIRST_LOSS_SHARE: f64 = 0.06;
/// Chance that a lost order which is not recovered makes the customer leave for good.
pub(crate) const LOSS_DROPOUT: f64 = 0.3;
/// Share of the orders that are refunded, wholly or in part.
pub(crate) const REFUND_SHARE: f64 = 0.031;
/// Share of the refunds that give back all of the order.
pub(crate) const FULL_REFUND_SHARE: f64 = 0.7;
/// Mean time from an order to its refund, beyond the first two days.
pub(crate) const REFUND_DAYS: f64 = 8.0;
/// Days before the end in which an order may still be pending.
pub(crate) const PENDING_DAYS: i64 = 6;
/// Share of pending orders at the very end; it falls to nothing over [`PENDING_DAYS`].
pub(crate) const PENDING_SHARE: f64 = 0.7;
/// Test orders per event.
pub(crate) const TEST_SHARE: f64 = 0.001;
/// Dirty rows per event.
pub(crate) const DIRTY_SHARE: f64 = 0.002;
/// Share of all people who never buy: 8 for every 100 customers.
pub(crate) const PROSPECT_SHARE: f64 = 8.0 / 108.0;
/// Chance that a prospect gives up after an attempt.
pub(crate) const PROSPECT_DROPOUT: f64 = 0.65;
/// Chance that an order comes through the channel that brought the customer first.
pub(crate) const SAME_CHANNEL: f64 = 0.6;
/// Chance that an order is placed on the customer's own device.
pub(crate) const SAME_DEVICE: f64 = 0.8;

/// Growth of the number of people who join, per month.
pub(crate) const MONTHLY_GROWTH: f64 = 1.012;

/// Purchases of a customer follow each other at a rate of their own, drawn from a gamma
/// distribution, until after some purchase they leave for good, with a chance of their
/// own, drawn from a beta distribution: the BG/NBD model (Fader, Hardie and Lee 2005).
/// Those who buy seldom and those who leave soon make the cohort curves fall steeply first
/// and slowly later.
pub(crate) const RATE_SHAPE: f64 = 1.1;
/// Mean of the purchase rates, in orders per day in an ordinary month.
pub(crate) const RATE_PER_DAY: f64 = 1.0 / 35.0;
pub(crate) const DROPOUT_ALPHA: f64 = 0.75;
pub(crate) const DROPOUT_BETA: f64 = 2.8;

/// Logarithm of the median customer's basket in whole currency units: 38.
pub(crate) const BASKET_LOG_MEAN: f64 = 3.64;
/// How far customers differ in the logarithm of their baskets.
pub(crate) const BASKET_LOG_SPREAD: f64 = 0.55;
/// How far the baskets of one customer differ.
pub(crate) const BASKET_LOG_NOISE: f64 = 0.45;
/// How far customers differ in the yearly drift of their baskets.
pub(crate) const BASKET_LOG_DRIFT: f64 = 0.30;
/// Least and most that a basket costs, in minor units.
pub(crate) const BASKET_CENTS: (f64, f64) = (199.0, 999_999.0);

/// Orders by hour of the day, from midnight.
pub(crate) const HOURS: [f64; 24] = [
    1.0, 0.5, 0.3, 0.2, 0.2, 0.4, 1.0, 2.4, 4.0, 5.2, 6.0, 6.3, 7.0, 6.4, 5.6, 5.3, 5.5, 6.0, 6.6,
    7.6, 8.4, 7.8, 5.0, 2.6,
];
