//! The truth behind a sample of subscriptions.

/// What [`generate_subscriptions`](crate::generate_subscriptions) plants in its files, so that
/// an estimate can be held against the truth. The same for every seed and size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Planted {
    /// How long the first paying spell of a customer lasts, in `subscriptions.parquet`.
    pub churn: PlantedChurn,
    /// When customers buy again, in `orders.parquet`.
    pub purchases: PlantedPurchases,
    /// What they then spend, in `orders.parquet`.
    pub spend: PlantedSpend,
    /// What win-back campaigns achieve, in `contacts.parquet`.
    pub win_back: PlantedWinBack,
}

/// The shifted beta-geometric model (Fader and Hardie 2007, "How to Project Customer Retention").
///
/// A customer leaves at the end of each month of their own with a chance θ that never changes,
/// and θ ~ Beta(α, β). The share that survives month t is
/// S(t) = S(t − 1) (β + t − 1) / (α + β + t − 1), S(0) = 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlantedChurn {
    /// α of θ.
    pub alpha: f64,
    /// β of θ.
    pub beta: f64,
}

/// The BG/NBD model (Fader, Hardie and Lee 2005, "Counting Your Customers the Easy Way").
///
/// A living customer buys at a rate λ per week, λ ~ Gamma(shape r, rate α), and leaves after
/// each repeat purchase with a chance p ~ Beta(a, b).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlantedPurchases {
    /// Shape of the purchase rates.
    pub r: f64,
    /// Rate of the purchase rates, in weeks.
    pub alpha: f64,
    /// First parameter of the dropout chances.
    pub a: f64,
    /// Second parameter of the dropout chances.
    pub b: f64,
}

/// The Gamma-Gamma model (Fader and Hardie 2013, "The Gamma-Gamma Model of Monetary Value").
///
/// An order of a customer is worth z ~ Gamma(shape p, rate ν) whole currency units,
/// ν ~ Gamma(shape q, rate γ), whatever their purchase rate. The mean order is p γ / (q − 1).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlantedSpend {
    /// Shape of the orders of a customer.
    pub p: f64,
    /// Shape of the customers' rates ν.
    pub q: f64,
    /// Rate of the customers' rates ν, in whole currency units.
    pub gamma: f64,
}

/// A win-back campaign as an experiment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlantedWinBack {
    /// Share of the chosen customers who are held out, at random.
    pub holdout_share: f64,
    /// Chance that a customer who is held out returns within [`window_days`](Self::window_days).
    pub holdout_return: f64,
    /// By how much that chance is higher for a customer who is contacted, by any strategy.
    pub uplift: f64,
    /// Days after the contact in which these chances hold. No customer is chosen twice within them.
    pub window_days: u32,
}

/// The parameters of every sample of subscriptions.
pub const PLANTED: Planted = Planted {
    churn: PlantedChurn { alpha: 0.8, beta: 7.2 },
    purchases: PlantedPurchases { r: 0.8, alpha: 14.0, a: 0.9, b: 4.0 },
    spend: PlantedSpend { p: 6.0, q: 4.0, gamma: 20.0 },
    win_back: PlantedWinBack {
        holdout_share: 0.2,
        holdout_return: 0.08,
        uplift: 0.07,
        window_days: 60,
    },
};
