//! The effective settings as a list of texts, and their digest.

use std::fmt::{Debug, Display};
use std::path::Path;

use kohort_model::{Basis, Scale, SegmentAt};

use super::measures::model_name;
use super::{
    Activity, BasisInput, Currency, Lapse, OrdersInput, Pipeline, Rows, SubscriptionsInput,
};

impl Pipeline {
    /// Every setting that bears on the result, as (dotted key, value), in a fixed order. What is
    /// not set has no entry, and neither has what the history has no use for.
    #[must_use]
    pub fn settings(&self) -> Vec<(String, String)> {
        let mut list = Settings::default();
        list.add("name", &self.name);
        self.list_calendar(&mut list);
        self.list_customers(&mut list);
        match &self.basis {
            BasisInput::Orders(orders) => list.orders(orders),
            BasisInput::Subscriptions(subscriptions) => list.subscriptions(subscriptions),
        }
        self.list_further_inputs(&mut list);
        list.add("segments.max_segment_values", self.max_segment_values);
        for segment in &self.segments {
            let at = match segment.at {
                SegmentAt::First => "first",
                SegmentAt::Order => "order",
            };
            list.add(&format!("segments.{}.column", segment.name), &segment.column);
            list.add(&format!("segments.{}.at", segment.name), at);
        }
        self.list_measures(&mut list);
        list.path("outputs.path", &self.output);
        list.texts("outputs.tables", &self.tables);
        list.add("checks.max_rejected", self.max_rejected);
        if self.basis.basis() == Basis::Orders {
            list.add("checks.unique_order_ids", self.unique_order_ids);
        }
        list.0
    }

    /// BLAKE3 of the effective settings, overrides included, in hexadecimal. Comments, layout and
    /// defaults that are spelled out do not change it.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for (key, value) in self.settings() {
            for part in [key, value] {
                hasher.update(&(part.len() as u64).to_le_bytes());
                hasher.update(part.as_bytes());
            }
        }
        hasher.finalize().to_hex().to_string()
    }

    fn list_calendar(&self, list: &mut Settings) {
        list.add("calendar.timezone", self.timezone.name());
        list.add("calendar.week_start", self.calendar.week_start.name());
        list.add("calendar.fiscal_year_start", self.calendar.fiscal_year_start);
        let grains: Vec<_> = self.grains.iter().map(|settings| settings.grain.name()).collect();
        list.texts("calendar.grains", &grains);
        list.option("calendar.as_of", self.as_of);
        list.option("calendar.history_start", self.history_start);
        for settings in &self.grains {
            let grain = settings.grain.name();
            list.option(&format!("calendar.max_k.{grain}"), settings.max_k);
            list.add(&format!("revenue.window.{grain}"), settings.revenue_window);
        }
    }

    fn list_customers(&self, list: &mut Settings) {
        let basis = self.basis.basis();
        let lapse_after = match basis {
            Basis::Orders => "customers.lapse_after_days",
            Basis::Subscriptions => "customers.reactivation_gap_days",
        };
        match self.lapse_after {
            Lapse::Days(days) => list.add(lapse_after, days),
            Lapse::Auto => list.add(lapse_after, "auto"),
        }
        if basis == Basis::Orders {
            list.add(
                "customers.activity",
                match self.activity {
                    Activity::Sales => "sales",
                    Activity::Any => "any",
                },
            );
            list.add("customers.at_risk_ratio", self.lifetime.at_risk_ratio);
        }
    }

    fn list_further_inputs(&self, list: &mut Settings) {
        if let Some(prospects) = &self.prospects {
            list.texts("inputs.prospects.path", &prospects.paths);
            list.add("inputs.prospects.customer_id", &prospects.customer_id);
            list.add("inputs.prospects.first_seen_at", &prospects.first_seen_at);
            list.option("inputs.prospects.where", prospects.filter.as_ref());
        }
        if let Some(contacts) = &self.contacts {
            list.texts("inputs.contacts.path", &contacts.paths);
            list.add("inputs.contacts.customer_id", &contacts.customer_id);
            list.add("inputs.contacts.contacted_at", &contacts.contacted_at);
            list.option("inputs.contacts.campaign", contacts.campaign.as_ref());
            list.option("inputs.contacts.strategy", contacts.strategy.as_ref());
            if let Some(variant) = &contacts.variant {
                list.add("inputs.contacts.variant", &variant.column);
                list.texts("inputs.contacts.holdout", &variant.holdout);
            }
            list.option("inputs.contacts.where", contacts.filter.as_ref());
        }
        if let Some(surveys) = &self.surveys {
            list.texts("inputs.surveys.path", &surveys.paths);
            list.add("inputs.surveys.customer_id", &surveys.customer_id);
            list.add("inputs.surveys.answered_at", &surveys.answered_at);
            list.add("inputs.surveys.reason", &surveys.reason);
            list.option("inputs.surveys.where", surveys.filter.as_ref());
        }
    }

    fn list_measures(&self, list: &mut Settings) {
        let is_orders = self.basis.basis() == Basis::Orders;
        if is_orders {
            list.add("lost_sales.recovery_window_days", self.recovery_window_days);
            list.reasons("lost_sales.reasons", &self.reasons);
        }
        list.option("win_back.prospect_after_days", self.prospect_after_days);
        list.add("win_back.attribution_window_days", self.attribution_window_days);
        list.add("churn_reasons.survey_window_days", self.survey_window_days);
        list.reasons("churn_reasons.reasons", &self.churn_reasons);
        if is_orders {
            list.add("purchase_gaps.max_gap_number", self.gaps.max_number);
            list.add("purchase_gaps.bucket_days", self.gaps.bucket_days);
            list.add("loyalty.window_days", self.loyalty.window_days);
            list.add("loyalty.orders", self.loyalty.orders);
            list.add("lifetime.model", model_name(self.lifetime.model));
            list.add("lifetime.unit_days", self.lifetime.unit_days);
            list.add("lifetime.horizon_units", self.lifetime.horizon_units);
            list.add("lifetime.annual_discount_rate", self.lifetime.annual_discount_rate);
            list.option("lifetime.calibration_end", self.lifetime.calibration_end);
        }
    }
}

#[derive(Default)]
struct Settings(Vec<(String, String)>);

impl Settings {
    fn orders(&mut self, orders: &OrdersInput) {
        self.texts("inputs.orders.path", &orders.paths);
        self.add("inputs.orders.customer_id", &orders.customer_id);
        self.option("inputs.orders.order_id", orders.order_id.as_ref());
        self.add("inputs.orders.ordered_at", &orders.ordered_at);
        self.add("inputs.orders.amount", &orders.amount);
        self.add(
            "inputs.orders.rows",
            match orders.rows {
                Rows::Orders => "orders",
                Rows::Lines => "lines",
            },
        );
        self.option("inputs.orders.updated_at", orders.updated_at.as_ref());
        if let Some(status) = &orders.status {
            self.add("inputs.orders.status", &status.column);
            self.texts("inputs.orders.completed", &status.completed);
            self.texts("inputs.orders.lost", &status.lost);
            self.texts("inputs.orders.open", &status.open);
            self.texts("inputs.orders.ignored", &status.ignored);
        }
        self.option("inputs.orders.lost_reason", orders.lost_reason.as_ref());
        self.option("inputs.orders.where", orders.filter.as_ref());
        self.money("inputs.orders", orders.scale, &orders.currency);
        self.add("inputs.orders.deduplicate", orders.deduplicate);
    }

    fn subscriptions(&mut self, input: &SubscriptionsInput) {
        self.texts("inputs.subscriptions.path", &input.paths);
        self.add("inputs.subscriptions.subscription_id", &input.subscription_id);
        self.add("inputs.subscriptions.customer_id", &input.customer_id);
        self.add("inputs.subscriptions.started_at", &input.started_at);
        self.add("inputs.subscriptions.ended_at", &input.ended_at);
        self.add("inputs.subscriptions.amount", &input.amount);
        self.add("inputs.subscriptions.interval", &input.interval);
        self.option("inputs.subscriptions.cancelled_at", input.cancelled_at.as_ref());
        self.option("inputs.subscriptions.cancel_reason", input.cancel_reason.as_ref());
        self.option("inputs.subscriptions.involuntary", input.involuntary.as_ref());
        self.option("inputs.subscriptions.trial", input.trial.as_ref());
        self.option("inputs.subscriptions.where", input.filter.as_ref());
        self.money("inputs.subscriptions", input.scale, &input.currency);
        self.add("inputs.subscriptions.deduplicate", input.deduplicate);
    }

    fn money(&mut self, input: &str, scale: Scale, currency: &Currency) {
        self.add(&format!("{input}.scale"), scale.places());
        match currency {
            Currency::Unnamed => {}
            Currency::Code(code) => self.add(&format!("{input}.currency"), code),
            Currency::Converted { column, rates } => {
                self.add(&format!("{input}.currency"), column);
                self.path(&format!("{input}.rates"), rates);
            }
        }
    }

    fn reasons(&mut self, key: &str, reasons: &[(String, String)]) {
        for (found, reason) in reasons {
            self.add(&format!("{key}.{found:?}"), reason);
        }
    }

    fn add(&mut self, key: &str, value: impl Display) {
        self.0.push((key.to_owned(), value.to_string()));
    }

    fn option(&mut self, key: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.add(key, value);
        }
    }

    fn path(&mut self, key: &str, path: &Path) {
        self.add(key, path.display());
    }

    fn texts(&mut self, key: &str, texts: &[impl Debug]) {
        self.add(key, format!("{texts:?}"));
    }
}
