//! What must hold, as settings.

use kohort_checks::Severity;
use kohort_load::ValueType;
use kohort_model::Basis;

use super::Settings;
use crate::config::Checks;

impl Settings {
    pub(super) fn checks(&mut self, checks: &Checks, basis: Option<Basis>) {
        self.add("checks.max_rejected", checks.max_rejected);
        // What is not asked for has no entry, as it had none before it could be.
        let harder = Some(checks.unknown_values).filter(|severity| *severity == Severity::Error);
        self.option("checks.unknown_values", harder.map(Severity::name));
        self.option("checks.allow_empty", checks.allow_empty.then_some(true));
        self.option("checks.earliest", checks.earliest);
        if basis == Some(Basis::Orders) {
            self.add("checks.unique_order_ids", checks.unique_order_ids.is_some());
            let softer = checks.unique_order_ids.filter(|severity| *severity == Severity::Warn);
            self.option("checks.unique_order_ids.severity", softer.map(Severity::name));
        }
        self.option("checks.identities.severity", checks.identities.map(Severity::name));
        for rule in &checks.columns {
            let key =
                |key: &str| format!("checks.columns.{}.{}.{key}", rule.input.name(), rule.name);
            self.add(&key("column"), &rule.column);
            self.option(&key("type"), rule.ty.map(ValueType::name));
            self.option(&key("max_null_share"), rule.max_null_share);
            if let Some((texts, max_other_share)) = &rule.accepted {
                self.texts(&key("accepted"), texts);
                self.add(&key("max_other_share"), max_other_share);
            }
            self.add(&key("severity"), rule.severity.name());
        }
        for rule in &checks.rows {
            let key = |key: &str| format!("checks.rows.{}.{key}", rule.input.name());
            self.option(&key("max_drop"), rule.max_drop);
            self.option(&key("max_growth"), rule.max_growth);
            self.add(&key("severity"), rule.severity.name());
        }
        for rule in &checks.freshness {
            let key = |key: &str| format!("checks.freshness.{}.{key}", rule.input.name());
            self.add(&key("max_age_days"), rule.max_age_days);
            self.add(&key("severity"), rule.severity.name());
        }
    }
}
