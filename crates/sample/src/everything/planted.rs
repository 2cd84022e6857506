//! The truth behind a shop with every input.

use crate::planted::PlantedWinBack;

/// What [`generate_everything`](crate::generate_everything) plants in its files, so that a
/// table can be held against the truth. The same for every seed and size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlantedEverything {
    /// Why and when customers leave, in `orders.parquet`.
    pub leaving: PlantedLeaving,
    /// What `engagement.parquet` tells of it, by kind.
    pub signals: [PlantedSignal; 4],
    /// Who pays late, in `invoices.parquet`.
    pub late_payment: PlantedLatePayment,
    /// The scores in `surveys.parquet`.
    pub scores: PlantedScores,
    /// Categories that are bought in one order, in `order_lines.parquet`: of the orders with `item`
    /// that are not a customer's first, `share` hold `other`. No other two categories go together.
    pub pairs: [PlantedPair; 3],
    /// Of the customers whose first order holds `item` and who order again, `share` buy
    /// `other` next.
    pub next: PlantedPair,
    /// Dearer and cheaper products of a category, in `order_lines.parquet`.
    pub upgrades: PlantedUpgrades,
    /// Share of the order lines that come back, wholly or in part, by category, in
    /// `returns.parquet`.
    pub returns: [PlantedReturns; 8],
    /// Where visits without a purchase end, in `touchpoints.parquet`.
    pub funnel: PlantedFunnel,
    /// Share of the purchases whose cart is more than a day old.
    pub late_purchases: f64,
    /// Share of the opportunities of people who are customers already that are won, where they
    /// are decided.
    pub opportunities_won: f64,
    /// What win-back campaigns achieve, in `contacts.parquet`; those held out are `control`.
    pub win_back: PlantedWinBack,
}

/// A hidden mood makes customers leave, and shows.
///
/// Time runs in blocks of 30 days of a customer's own, from the first order (or the first after a
/// return) on. In the first block the customer is content. At the end of each block it leaves
/// for good with the chance of its mood; otherwise the mood may change. A customer orders at
/// least every 75 days until then, and never after. The orders do not depend on the mood.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlantedLeaving {
    /// Chance that a content customer leaves at the end of a block.
    pub content: f64,
    /// Chance that an unhappy customer does.
    pub unhappy: f64,
    /// Chance that a content customer who stays is unhappy in the next block.
    pub turns_unhappy: f64,
    /// Chance that an unhappy customer who stays is content in the next block.
    pub turns_content: f64,
    /// Days after leaving in which everybody behaves as if unhappy. Then they fall silent, except
    /// for the signals that have nothing to do with leaving.
    pub aftermath_days: u32,
}

/// A kind of engagement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlantedSignal {
    /// Its name in the column `kind`.
    pub kind: &'static str,
    /// Mean level in a week of content customers; `sessions` and `minutes` have a row a week,
    /// the others one per event.
    pub weekly: f64,
    /// By how much the mean differs when they are unhappy. 1 is a signal that has nothing to
    /// do with leaving: it goes on unchanged after it.
    pub unhappy_factor: f64,
}

/// Chances that an invoice is paid after its due date, by the mood on that date.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlantedLatePayment {
    /// Of a content customer.
    pub content: f64,
    /// Of an unhappy one.
    pub unhappy: f64,
    /// Share of the invoices that are never paid, whatever the mood.
    pub never: f64,
}

/// Shares of promoters (9 and 10), passives (7 and 8) and detractors (0 to 6), by mood.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlantedScores {
    /// Of content customers.
    pub content: [f64; 3],
    /// Of unhappy ones.
    pub unhappy: [f64; 3],
}

/// Two categories.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlantedPair {
    /// The one that comes first.
    pub item: &'static str,
    /// The one that comes with it or after it.
    pub other: &'static str,
    /// How often it does.
    pub share: f64,
}

/// What a customer who buys of a category again takes instead of the same product.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlantedUpgrades {
    /// Share that takes the next dearer product, unless the last one was the dearest.
    pub up: f64,
    /// Share that takes the next cheaper product, unless the last one was the cheapest.
    pub down: f64,
}

/// How often what was bought comes back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlantedReturns {
    /// The category.
    pub category: &'static str,
    /// Share of the lines.
    pub share: f64,
}

/// Chances to take the next step, of a first visit by somebody who never buys.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlantedFunnel {
    /// From `visit` to `product`.
    pub product: f64,
    /// From `product` to `cart`.
    pub cart: f64,
    /// From `cart` to `checkout`.
    pub checkout: f64,
}

/// The parameters of every shop with every input.
pub const PLANTED_EVERYTHING: PlantedEverything = PlantedEverything {
    leaving: PlantedLeaving {
        content: 0.03,
        unhappy: 0.3,
        turns_unhappy: 0.08,
        turns_content: 0.25,
        aftermath_days: 90,
    },
    signals: [
        PlantedSignal { kind: "sessions", weekly: 2.0, unhappy_factor: 0.35 },
        PlantedSignal { kind: "minutes", weekly: 12.0, unhappy_factor: 0.35 },
        PlantedSignal { kind: "support_contacts", weekly: 0.04, unhappy_factor: 4.0 },
        PlantedSignal { kind: "newsletter_opens", weekly: 0.4, unhappy_factor: 1.0 },
    ],
    late_payment: PlantedLatePayment { content: 0.12, unhappy: 0.5, never: 0.01 },
    scores: PlantedScores { content: [0.55, 0.3, 0.15], unhappy: [0.08, 0.22, 0.7] },
    pairs: [
        PlantedPair { item: "coffee", other: "filters", share: 0.35 },
        PlantedPair { item: "tea", other: "cups", share: 0.3 },
        PlantedPair { item: "machines", other: "care", share: 0.5 },
    ],
    next: PlantedPair { item: "coffee", other: "grinders", share: 0.5 },
    upgrades: PlantedUpgrades { up: 0.2, down: 0.05 },
    returns: [
        PlantedReturns { category: "coffee", share: 0.01 },
        PlantedReturns { category: "tea", share: 0.015 },
        PlantedReturns { category: "sweets", share: 0.01 },
        PlantedReturns { category: "cups", share: 0.06 },
        PlantedReturns { category: "filters", share: 0.02 },
        PlantedReturns { category: "grinders", share: 0.08 },
        PlantedReturns { category: "machines", share: 0.12 },
        PlantedReturns { category: "care", share: 0.03 },
    ],
    funnel: PlantedFunnel { product: 0.6, cart: 0.35, checkout: 0.4 },
    late_purchases: 0.12,
    opportunities_won: 0.4,
    win_back: PlantedWinBack {
        holdout_share: 0.25,
        holdout_return: 0.06,
        uplift: 0.08,
        window_days: 60,
    },
};
