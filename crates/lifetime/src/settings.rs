//! Settings that several tables share: models of lifetime value, signals, and customers at risk.

use kohort_model::{
    Context, Day, Input, Requires, Setting, SettingKind, Settings, SettingsSection, Source, Within,
};

use crate::models::OrderModel;
use crate::risk::Rhythm;

/// What may tell who leaves.
pub(crate) const SIGNALS: &[Source] = &[
    Source::Input(Input::Engagement),
    Source::Input(Input::Invoices),
    Source::Input(Input::Returns),
    Source::Column(Input::Surveys, "score"),
];

/// The models of lifetime value.
pub(crate) static LIFETIME: SettingsSection = SettingsSection {
    name: "lifetime",
    meaning: "The models of lifetime value.",
    requires: Requires::HISTORY,
    keys: &[
        Setting::new(
            "model",
            SettingKind::Choice(&["bg_nbd", "mbg_nbd", "pareto_nbd"]),
            "Orders only: the model behind the columns `probability_alive` to `clv` of `customers`.",
            "model = \"pareto_nbd\"",
        )
        .only_with(Requires::ORDERS),
        Setting::new(
            "unit_days",
            SettingKind::days(7),
            "Orders only: days of the unit of time of the models.",
            "unit_days = 1",
        )
        .only_with(Requires::ORDERS),
        Setting::new(
            "horizon_units",
            SettingKind::whole(52, 1..=10_000, "units"),
            "Orders only: units of time to come that `expected_orders`, `expected_value` and `clv` look at.",
            "horizon_units = 104",
        )
        .only_with(Requires::ORDERS),
        Setting::new(
            "horizon_months",
            SettingKind::whole(12, 1..=1_200, "months"),
            "Subscriptions only: months to come that `expected_months` and `expected_value` of `subscribers` look at.",
            "horizon_months = 36",
        )
        .only_with(Requires::SUBSCRIPTIONS),
        Setting::new(
            "annual_discount_rate",
            SettingKind::Number {
                default: 0.1,
                within: Within::HalfOpen(0.0, 10.0),
                allowed: "a share from 0 to below 10, such as 0.1",
            },
            "The rate a year at which `clv` is discounted, and with subscriptions `residual_months`, which has no bound without a discount: below 0.000012 it is NULL, and `clv` with it.",
            "annual_discount_rate = 0.08",
        ),
        Setting::new(
            "calibration_end",
            SettingKind::KnownDay,
            "Orders only: the day up to which `clv_holdout` fits its models; from it on it judges them; by default the middle of the history, in whole units.",
            "calibration_end = 2024-07-01",
        )
        .only_with(Requires::ORDERS),
    ],
};

/// When an active customer is at risk.
pub(crate) static AT_RISK: SettingsSection = SettingsSection {
    name: "customers",
    meaning: "When customers have left, and when they are at risk.",
    requires: Requires::HISTORY,
    keys: &[
        Setting::new(
            "at_risk_ratio",
            SettingKind::Number {
                default: 2.0,
                within: Within::Above(0.0, f64::INFINITY),
                allowed: "a number above 0, such as 2",
            },
            "Orders only: the `overdue_ratio` from which `customers.status` is `at_risk`, where there is no `risk_score`.",
            "at_risk_ratio = 1.5",
        )
        .only_with(Requires::ORDERS),
        Setting::new(
            "at_risk_score",
            SettingKind::Number {
                default: 0.5,
                within: Within::Above(0.0, 1.0),
                allowed: "a probability above 0 up to 1, such as 0.5",
            },
            "The `risk_score` from which the status of a customer is `at_risk`.",
            "at_risk_score = 0.3",
        ),
        Setting::new(
            "risk_window",
            SettingKind::Choice(&["lapse", "own"]),
            "Orders only: the days without an order that `risk_score` foresees: the lapse window, or `at_risk_ratio` times the customer's own median gap, at most the lapse window.",
            "risk_window = \"own\"",
        )
        .only_with(Requires::ORDERS),
    ],
};

/// The windows of signals.
pub(crate) static INDICATORS: SettingsSection = SettingsSection {
    name: "churn_indicators",
    meaning: "Signals of customers who leave, and the model of leaving.",
    requires: Requires::HISTORY,
    keys: &[Setting::new(
        "window_days",
        SettingKind::days(30),
        "Days before a period over which a signal is added up.",
        "window_days = 60",
    )
    .only_with(Requires(SIGNALS))],
};

/// How models of lifetime value are fitted and used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lifetime {
    /// The model behind the columns of `customers`.
    pub model: OrderModel,
    /// Days of the models' unit of time, at least 1.
    pub unit_days: u32,
    /// Units that are looked ahead, at least 1.
    pub horizon_units: u32,
    /// Months that are looked ahead of subscribers, at least 1.
    pub horizon_months: u32,
    /// Discount a year: 0.1 is a tenth.
    pub annual_discount_rate: f64,
    /// Exclusive end of what the models of `clv_holdout` see; `None` for the middle of the history.
    pub calibration_end: Option<Day>,
}

impl Lifetime {
    pub fn of(settings: &Settings) -> Self {
        let name = settings.choice(&LIFETIME, "model");
        let model = OrderModel::ALL.into_iter().find(|model| model.name() == name);
        Self {
            model: model.unwrap_or(OrderModel::BgNbd),
            unit_days: settings.whole(&LIFETIME, "unit_days"),
            horizon_units: settings.whole(&LIFETIME, "horizon_units"),
            horizon_months: settings.whole(&LIFETIME, "horizon_months"),
            annual_discount_rate: settings.number(&LIFETIME, "annual_discount_rate"),
            calibration_end: settings.day(&LIFETIME, "calibration_end"),
        }
    }
}

/// From where on an active customer is at risk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AtRisk {
    /// Days since the last order over the median gap, above 0.
    pub ratio: f64,
    /// Probability of leaving, above 0 to 1.
    pub score: f64,
    /// Whether how long a customer may be silent is told by its own gaps.
    has_own_window: bool,
}

impl AtRisk {
    pub fn of(settings: &Settings) -> Self {
        Self {
            ratio: settings.number(&AT_RISK, "at_risk_ratio"),
            score: settings.number(&AT_RISK, "at_risk_score"),
            has_own_window: settings.choice(&AT_RISK, "risk_window") == "own",
        }
    }

    /// The days without an order, from 1 to the lapse window, after which a customer with these
    /// gaps has left.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a number above 0 that is below the lapse window, or becomes that"
    )]
    pub fn silent_days(&self, rhythm: &Rhythm, context: &Context) -> u32 {
        let lapse = context.lapse_days;
        let own = rhythm.usual_twice().filter(|_| self.has_own_window);
        let Some(usual_twice) = own else { return lapse };
        ((self.ratio * f64::from(usual_twice) / 2.0).ceil() as u32).clamp(1, lapse.max(1))
    }
}

/// Days before a period over which a signal is added up.
pub(crate) fn window_days(settings: &Settings) -> u32 {
    settings.whole(&INDICATORS, "window_days")
}
