//! The numbers of the shop that are not [planted](super::planted) to be found again.

use crate::habits::Choice;

const fn choice(name: &'static str, weight: f64) -> Choice {
    Choice { name: Some(name), weight }
}

/// A kind of goods.
pub(crate) struct Category {
    pub name: &'static str,
    /// Of its products in minor units, from the cheapest. They are numbered from 1.
    pub prices: &'static [i64],
    /// Most units of a product in an order.
    pub most_units: i64,
    /// How many customers buy little else.
    pub home: f64,
    /// How often others take something of it along.
    pub aside: f64,
}

const fn category(
    name: &'static str,
    prices: &'static [i64],
    most_units: i64,
    home: f64,
    aside: f64,
) -> Category {
    Category { name, prices, most_units, home, aside }
}

pub(crate) const CATEGORIES: [Category; 8] = [
    category("coffee", &[690, 790, 890, 1_090, 1_290, 1_590, 1_890, 2_490], 3, 50.0, 10.0),
    category("tea", &[490, 590, 690, 890, 1_190, 1_690], 3, 30.0, 10.0),
    category("sweets", &[250, 320, 390, 450, 490, 590, 690, 890, 1_290], 3, 12.0, 30.0),
    category("cups", &[590, 790, 990, 1_290, 1_590, 1_990, 2_990], 2, 8.0, 15.0),
    category("filters", &[290, 350, 420, 590, 790], 3, 0.0, 10.0),
    category("grinders", &[2_900, 3_900, 5_900, 8_900, 14_900], 1, 0.0, 8.0),
    category("machines", &[3_900, 7_900, 12_900, 19_900, 34_900, 64_900], 1, 0.0, 7.0),
    category("care", &[390, 590, 790, 990, 1_490], 2, 0.0, 10.0),
];
/// How often somebody's first product of a category is its cheapest, the next, ...
pub(crate) const FIRST_PRODUCTS: [f64; 4] = [40.0, 30.0, 20.0, 10.0];
/// Chance that an order is for something else than a customer's own category.
pub(crate) const FOREIGN_SHARE: f64 = 0.2;
/// Chance that something is taken along that does not go with the rest.
pub(crate) const ASIDE_SHARE: f64 = 0.25;

/// Share of all people who never buy.
pub(crate) const PROSPECT_SHARE: f64 = 0.2;
/// Visitors of whom nothing else is known, per customer.
pub(crate) const ANONYMOUS_PER_CUSTOMER: u64 = 4;
/// Least and mean further days from the first sight of somebody to their first order.
pub(crate) const DECISION_DAYS: (i64, f64) = (35, 12.0);
/// Mean days between two orders: least and most over the customers.
pub(crate) const GAP_DAYS: (f64, f64) = (14.0, 36.0);
/// Shape of the gamma distribution of the days between the orders of one customer.
pub(crate) const GAP_SHAPE: f64 = 3.0;
/// Least and most days between two orders of a customer who has not left, before the second one is
/// moved within its day.
pub(crate) const GAP_LIMITS: (f64, f64) = (1.0, 74.0);
/// Days of a block of a customer's own time.
pub(crate) const BLOCK_DAYS: i64 = 30;

/// Days after the last order in which nobody returns, or is asked to.
pub(crate) const QUIET_DAYS: i64 = 92;
/// Mean time until a customer outside the window of any campaign returns, in days.
pub(crate) const RETURN_DAYS: f64 = 900.0;
/// Share of the lapsed customers whom a campaign chooses.
pub(crate) const CHOSEN_SHARE: f64 = 0.8;
/// Days after the last order beyond which no campaign chooses a customer.
pub(crate) const CHOSEN_DAYS: i64 = 365;
/// Day of January, April, July and October on which campaigns are sent.
pub(crate) const CAMPAIGN_DAY: u32 = 15;
pub(crate) const STRATEGIES: [Choice; 3] =
    [choice("discount", 45.0), choice("news", 35.0), choice("call", 20.0)];

/// Statuses and reasons of lost orders.
pub(crate) const CAUSES: [(&str, Choice); 7] = [
    ("payment_failed", choice("card declined", 34.0)),
    ("payment_failed", choice("session timed out", 10.0)),
    ("payment_failed", Choice { name: None, weight: 8.0 }),
    ("cancelled", choice("found cheaper elsewhere", 16.0)),
    ("cancelled", choice("delivery too slow", 14.0)),
    ("cancelled", choice("too expensive", 10.0)),
    ("cancelled", Choice { name: None, weight: 8.0 }),
];
/// Index in [`CAUSES`] below which a payment failed.
pub(crate) const FAILED_PAYMENTS: u8 = 3;
/// Chance of a lost order on the way to an order that is not the first.
pub(crate) const LOSS_SHARE: f64 = 0.08;
/// Least and most days by which the lost order comes before.
pub(crate) const LOSS_DAYS: (i64, i64) = (0, 12);
/// Share of those who leave whose last attempt to buy is lost.
pub(crate) const LAST_LOSS_SHARE: f64 = 0.25;
/// Share of the prospects who try to buy.
pub(crate) const PROSPECT_TRIES_SHARE: f64 = 0.4;
/// Days before the end in which an order may still be pending, and how often it is.
pub(crate) const PENDING: (i64, f64) = (3, 0.5);
/// People in whose history a dirty row stands.
pub(crate) const DIRTY_SHARE: f64 = 0.02;

/// First and last day on which something comes back.
pub(crate) const RETURN_AFTER_DAYS: (i64, i64) = (2, 28);
/// Share of the returned lines of several units that come back wholly.
pub(crate) const FULL_RETURN_SHARE: f64 = 0.6;
pub(crate) const RETURN_REASONS: [Choice; 5] = [
    choice("not as expected", 32.0),
    choice("damaged", 24.0),
    choice("changed my mind", 18.0),
    choice("wrong item", 10.0),
    Choice { name: None, weight: 16.0 },
];

/// Share of the customers who pay by invoice.
pub(crate) const ACCOUNT_SHARE: f64 = 0.4;
/// Days in which an invoice is due.
pub(crate) const TERMS_DAYS: i64 = 30;
/// Most days by which an invoice is paid early.
pub(crate) const EARLY_DAYS: i64 = 25;
/// Mean days by which late payers are late, beyond the first.
pub(crate) const LATE_DAYS: f64 = 20.0;
/// Most days until a credit note is paid out.
pub(crate) const CREDIT_DAYS: i64 = 20;

/// Chance of an answer in a block of a customer's time.
pub(crate) const ANSWER_SHARE: f64 = 0.08;
/// Share of those who leave who answer why, and of the answers those with a score.
pub(crate) const EXIT_ANSWER_SHARE: f64 = 0.35;
pub(crate) const EXIT_SCORE_SHARE: f64 = 0.6;
/// First and last day after leaving on which they do.
pub(crate) const EXIT_DAYS: (i64, i64) = (3, 60);
pub(crate) const LEAVING_REASONS: [Choice; 7] = [
    choice("Too expensive", 34.0),
    choice("Found something better", 19.0),
    choice("Slow delivery", 14.0),
    choice("Customer service", 12.0),
    choice("No longer needed", 9.0),
    choice("Other", 5.0),
    Choice { name: None, weight: 7.0 },
];
/// How far customers differ in the logarithm of the level of a signal that tells their mood.
pub(crate) const SIGNAL_LOG_SPREAD: f64 = 0.35;

/// Visits without a purchase in a block of a customer's time.
pub(crate) const BROWSES: f64 = 0.6;
/// Share of the visitors whom the shop can tell who they are: those of a person's first device, of
/// a second, and of prospects.
pub(crate) const KNOWN_SHARES: [f64; 3] = [0.8, 0.5, 0.6];
/// Share of the people with a second device, and of their visits those from it.
pub(crate) const SECOND_DEVICE: (f64, f64) = (0.3, 0.25);
/// Share of the visits in which somebody is logged in from the beginning, and of the others
/// those in which they log in to pay.
pub(crate) const LOGIN: (f64, f64) = (0.2, 0.85);
/// Chance that an abandoned cart is taken up, and abandoned, again.
pub(crate) const REOPEN_SHARE: f64 = 0.3;
/// First and last day on which it is.
pub(crate) const REOPEN_DAYS: (i64, i64) = (1, 6);
/// First and last day by which a cart is older than its late purchase.
pub(crate) const LATE_CART_DAYS: (i64, i64) = (2, 14);
/// Chance that a visitor searches.
pub(crate) const SEARCH_SHARE: f64 = 0.3;
/// Share of the events of a cart that do not say what it is worth.
pub(crate) const NO_VALUE_SHARE: f64 = 0.05;
/// Chance of one more visit by somebody who never buys, and most days until it.
pub(crate) const ANOTHER_VISIT: (f64, i64) = (0.35, 20);

/// Share of the prospects somebody works on.
pub(crate) const PROSPECT_SALES_SHARE: f64 = 0.5;
/// Share of the customers whose first order was such an opportunity before.
pub(crate) const FIRST_SALES_SHARE: f64 = 0.1;
/// First and last day by which it is older than that order.
pub(crate) const FIRST_SALES_DAYS: (i64, i64) = (5, 34);
/// Chance of an opportunity in a block of a customer's time.
pub(crate) const SALES_SHARE: f64 = 0.02;
/// Least and mean further days until an opportunity is decided.
pub(crate) const SALES_DAYS: (i64, f64) = (5, 28.0);
/// In order, with how often a lost opportunity got no further.
pub(crate) const STAGES: [Choice; 4] = [
    choice("lead", 35.0),
    choice("qualified", 30.0),
    choice("proposal", 23.0),
    choice("negotiation", 12.0),
];
pub(crate) const SALES_REASONS: [Choice; 7] = [
    choice("too expensive", 30.0),
    choice("missing feature", 17.0),
    choice("chose competitor", 18.0),
    choice("no budget", 11.0),
    choice("delivery too slow", 6.0),
    choice("no answer", 6.0),
    Choice { name: None, weight: 12.0 },
];
/// Index in [`SALES_REASONS`] of the reason that always names a competitor.
pub(crate) const CHOSE_COMPETITOR: u8 = 2;
/// Share of the other lost opportunities that do.
pub(crate) const COMPETITOR_SHARE: f64 = 0.15;
pub(crate) const COMPETITORS: [Choice; 3] =
    [choice("Bean & Leaf", 50.0), choice("Harbour Roasters", 30.0), choice("Cuppa Direct", 20.0)];
/// Mean of an opportunity in minor units, and how far they differ in its logarithm.
pub(crate) const SALES_CENTS: (f64, f64) = (90_000.0, 0.7);
