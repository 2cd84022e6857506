//! The effective settings as a list of texts, and their digest.

mod checks;
mod inputs;

use std::fmt::{Debug, Display};
use std::path::Path;

use chrono_tz::Tz;
use kohort_model::{Basis, Grain, Input, SegmentAt};
use kohort_publish::Layout;

use super::measures::model_name;
use super::{Activity, Lapse, Pipeline};

impl Pipeline {
    /// Every setting that bears on the result, as (dotted key, value), in a fixed order. What is
    /// not set has no entry, and neither has what the history has no use for.
    #[must_use]
    pub fn settings(&self) -> Vec<(String, String)> {
        let mut list = Settings::default();
        list.add("name", &self.name);
        self.list_calendar(&mut list);
        self.list_customers(&mut list);
        for input in &self.inputs {
            let is_history = input.spec.input == self.basis.input();
            list.input(input, is_history.then_some(&self.basis));
        }
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
        // Files have no entry, as they had none before there was anything else.
        if self.layout != Layout::Files {
            list.add("outputs.format", self.layout.name());
        }
        if let Layout::Hive { partition_by } = &self.layout {
            list.add("outputs.partition_by", partition_by);
        }
        list.checks(&self.checks, self.basis.basis());
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
        list.option("calendar.naive_times", self.naive_times.map(Tz::name));
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
            list.add("customers.at_risk_score", self.at_risk_score);
        }
    }

    fn list_measures(&self, list: &mut Settings) {
        let is_orders = self.basis.basis() == Basis::Orders;
        if is_orders || self.has_carts() || self.has(Input::Opportunities) {
            list.add("lost_sales.recovery_window_days", self.recovery_window_days);
            if !self.stages.is_empty() {
                list.texts("lost_sales.stages", &self.stages);
            }
            list.reasons("lost_sales.reasons", &self.reasons);
        }
        if self.has(Input::Touchpoints) {
            list.texts("funnel.steps", &self.funnel.steps);
            list.add("funnel.window_hours", self.funnel.window_hours);
        }
        if self.has_carts() {
            list.add("carts.window_hours", self.funnel.cart_window_hours);
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
        }
        if self.has(Input::Returns) {
            list.add("product_returns.window_days", self.return_window_days);
            list.reasons("product_returns.reasons", &self.return_reasons);
        }
        if self.has(Input::Invoices) {
            list.add("receivables.terms_days", self.terms_days);
        }
        list.add("churn_indicators.window_days", self.indicator_window_days);
        if is_orders {
            list.add("lifetime.model", model_name(self.lifetime.model));
            list.add("lifetime.unit_days", self.lifetime.unit_days);
            list.add("lifetime.horizon_units", self.lifetime.horizon_units);
            list.add("lifetime.annual_discount_rate", self.lifetime.annual_discount_rate);
            list.option("lifetime.calibration_end", self.lifetime.calibration_end);
        }
        if self.has(Input::OrderLines) {
            list.add("cross_sell.min_support", self.min_support);
            list.add("cross_sell.max_items", self.max_items);
        }
        for threshold in &self.alerts {
            let (metric, beyond) = (&threshold.metric, threshold.beyond);
            list.add(&format!("alerts.{metric}.{}", beyond.direction()), beyond.threshold());
            let grain = threshold.grain.map(Grain::name);
            list.option(&format!("alerts.{metric}.grain"), grain);
        }
    }
}

#[derive(Default)]
struct Settings(Vec<(String, String)>);

impl Settings {
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
