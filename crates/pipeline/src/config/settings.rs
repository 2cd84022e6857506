//! The effective settings as a list of texts, and their digest.

use std::fmt::{Debug, Display};
use std::path::Path;

use kohort_model::SegmentAt;

use super::{Activity, Currency, Lapse, Pipeline, Rows};

impl Pipeline {
    /// Every setting that bears on the result, as (dotted key, value), in a fixed order. What is
    /// not set has no entry.
    #[must_use]
    pub fn settings(&self) -> Vec<(String, String)> {
        let mut list = Settings::default();
        list.add("name", &self.name);
        self.list_calendar(&mut list);
        self.list_orders(&mut list);
        list.add("segments.max_segment_values", self.max_segment_values);
        for segment in &self.segments {
            let at = match segment.at {
                SegmentAt::First => "first",
                SegmentAt::Order => "order",
            };
            list.add(&format!("segments.{}.column", segment.name), &segment.column);
            list.add(&format!("segments.{}.at", segment.name), at);
        }
        list.add("lost_sales.recovery_window_days", self.recovery_window_days);
        for (found, reason) in &self.reasons {
            list.add(&format!("lost_sales.reasons.{found:?}"), reason);
        }
        list.path("outputs.path", &self.output);
        list.texts("outputs.tables", &self.tables);
        list.add("checks.max_rejected", self.max_rejected);
        list.add("checks.unique_order_ids", self.unique_order_ids);
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
        match self.lapse_after {
            Lapse::Days(days) => list.add("customers.lapse_after_days", days),
            Lapse::Auto => list.add("customers.lapse_after_days", "auto"),
        }
        list.add(
            "customers.activity",
            match self.activity {
                Activity::Sales => "sales",
                Activity::Any => "any",
            },
        );
    }

    fn list_orders(&self, list: &mut Settings) {
        let orders = &self.orders;
        list.texts("inputs.orders.path", &orders.paths);
        list.add("inputs.orders.customer_id", &orders.customer_id);
        list.option("inputs.orders.order_id", orders.order_id.as_ref());
        list.add("inputs.orders.ordered_at", &orders.ordered_at);
        list.add("inputs.orders.amount", &orders.amount);
        list.add(
            "inputs.orders.rows",
            match orders.rows {
                Rows::Orders => "orders",
                Rows::Lines => "lines",
            },
        );
        list.option("inputs.orders.updated_at", orders.updated_at.as_ref());
        if let Some(status) = &orders.status {
            list.add("inputs.orders.status", &status.column);
            list.texts("inputs.orders.completed", &status.completed);
            list.texts("inputs.orders.lost", &status.lost);
            list.texts("inputs.orders.open", &status.open);
            list.texts("inputs.orders.ignored", &status.ignored);
        }
        list.option("inputs.orders.lost_reason", orders.lost_reason.as_ref());
        list.option("inputs.orders.where", orders.filter.as_ref());
        list.add("inputs.orders.scale", orders.scale.places());
        match &orders.currency {
            Currency::Unnamed => {}
            Currency::Code(code) => list.add("inputs.orders.currency", code),
            Currency::Converted { column, rates } => {
                list.add("inputs.orders.currency", column);
                list.path("inputs.orders.rates", rates);
            }
        }
        list.add("inputs.orders.deduplicate", orders.deduplicate);
    }
}

#[derive(Default)]
struct Settings(Vec<(String, String)>);

impl Settings {
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
