//! The list of all measures, from which everything else about tables is derived.

use kohort_model::calc::Formula;
use kohort_model::{Input, MeasureSpec, SettingsSection, TableSpec};

/// Every measure, in the order in which their tables are computed and listed.
pub static MEASURES: &[&MeasureSpec] = &[
    &kohort_cohorts::COHORTS,
    &kohort_cohorts::COHORT_ORDER_VALUES,
    &kohort_churn::CUSTOMER_RETENTION,
    &kohort_revenue::REVENUE_CHURN,
    &kohort_revenue::REVENUE_MOVEMENTS,
    &kohort_revenue::REVENUE_EVENTS,
    &kohort_churn::WIN_BACK,
    &kohort_churn::CHURN_REASONS,
    &kohort_lost_sales::LOST_SALES,
    &kohort_lost_sales::FUNNEL,
    &kohort_lost_sales::CARTS,
    &kohort_lifetime::PURCHASE_GAPS,
    &kohort_lifetime::LOYALTY,
    &kohort_service::PRODUCT_RETURNS,
    &kohort_service::RECEIVABLES,
    &kohort_service::NPS,
    &kohort_lifetime::CHURN_INDICATORS,
    &kohort_lifetime::CUSTOMERS,
    &kohort_lifetime::SUBSCRIBERS,
    &kohort_lifetime::CLV_MODELS,
    &kohort_service::CROSS_SELL,
];

/// The tables of all measures, in order.
pub fn tables() -> impl Iterator<Item = &'static TableSpec> {
    MEASURES.iter().flat_map(|measure| measure.tables)
}

/// The inputs that the measure of a table uses where they are there, beside orders or subscriptions.
#[must_use]
pub fn reads(table: &str) -> &'static [Input] {
    let makes = |measure: &&&MeasureSpec| measure.tables.iter().any(|t| t.schema.name == table);
    MEASURES.iter().find(makes).map_or(&[], |measure| measure.reads)
}

/// The formulas of all measures, in order.
pub fn formulas() -> impl Iterator<Item = &'static Formula> {
    MEASURES.iter().flat_map(|measure| measure.formulas)
}

/// Whether the headline rate of a name is a part of a whole, which is shown in percent; what has no
/// such name is taken for one.
#[must_use]
pub fn is_share(metric: &str) -> bool {
    let is_other = |table: &TableSpec| {
        let is_multiple = table.view.percent.multiples.contains(&metric);
        let mut headlines = table.headlines.iter().filter(|headline| headline.name == metric);
        headlines.any(|headline| is_multiple || headline.unit != "ratio")
    };
    !tables().any(is_other)
}

/// Why the headline rate of a name may exceed 1, where it may.
#[must_use]
pub fn exceeds(metric: &str) -> Option<&'static str> {
    let mut marked = tables().flat_map(|table| table.view.percent.exceeds);
    marked.find(|exceeds| exceeds.column == metric).map(|exceeds| exceeds.why)
}

/// The sections of the pipeline file that set measures, each once, in the order in which measures
/// name them.
#[must_use]
pub fn settings() -> Vec<&'static SettingsSection> {
    let mut sections: Vec<&'static SettingsSection> = Vec::new();
    for section in MEASURES.iter().flat_map(|measure| measure.settings) {
        if sections.iter().all(|known| known.name != section.name) {
            sections.push(section);
        }
    }
    sections
}

/// The section of a name, if measures have one.
#[must_use]
pub fn section(name: &str) -> Option<&'static SettingsSection> {
    settings().into_iter().find(|section| section.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use kohort_model::view::Panel;
    use kohort_model::{ColumnType, RowsWhere, TableSchema};

    use super::*;

    fn columns(schema: &TableSchema) -> BTreeSet<&'static str> {
        schema.columns.iter().map(|column| column.name).collect()
    }

    #[test]
    fn declarations_name_columns_that_are_there() {
        for table in tables() {
            let (schema, columns) = (table.schema, columns(table.schema));
            let headlines = table.headlines.iter().flat_map(|headline| {
                let sums = [headline.numerator, headline.denominator];
                let summed = sums.into_iter().flat_map(|sum| sum.plus.iter().chain(sum.minus));
                let rows = headline.rows.iter().map(|rows| match rows {
                    RowsWhere::Is(column, _) | RowsWhere::IsNull(column) => column,
                });
                summed.chain(rows).chain([&headline.complete])
            });
            let named = schema.key.iter().chain(schema.revisable);
            let named = named.chain(table.view.columns).chain(table.view.optional);
            let named = named.chain(table.view.implied).chain(table.identities.group);
            let panels = table.view.panels.iter().flat_map(|panel| match panel {
                Panel::Columns { columns, .. } => *columns,
                _ => &[],
            });
            let named = named.chain(panels);
            let named = named.chain(table.identities.not_additive).chain(headlines);
            for name in named {
                assert!(columns.contains(name), "{}.{name}", schema.name);
            }
            for column in schema.columns {
                assert!(!column.description.is_empty(), "{}.{}", schema.name, column.name);
            }
        }
    }

    #[test]
    fn names_are_told_apart() {
        let names: Vec<_> = tables().map(|table| table.schema.name).collect();
        let different: BTreeSet<_> = names.iter().collect();
        assert_eq!(names.len(), different.len(), "{names:?}");
        let names: Vec<_> = formulas().map(|formula| formula.name).collect();
        let different: BTreeSet<_> = names.iter().collect();
        assert_eq!(names.len(), different.len(), "{names:?}");
        for section in MEASURES.iter().flat_map(|measure| measure.settings) {
            let listed = self::section(section.name).expect("a listed section");
            assert!(std::ptr::eq(listed, *section), "two sections are called {}", section.name);
        }
    }

    /// Columns of floats that no formula has as a result, and why.
    const NOT_TYPED: &[(&str, &[&str])] = &[
        (
            "quantiles take every value",
            &[
                "median_order_value",
                "p10_order_value",
                "p90_order_value",
                "median_days_lapsed",
                "median_seconds",
                "p25_days",
                "median_days",
                "p75_days",
                "p90_days",
                "km_median_days",
                "median_gap_days",
                "threshold",
            ],
        ),
        (
            "models are fitted to every customer",
            &[
                "estimate",
                "mean",
                "standard_error",
                "log_likelihood",
                "expected_orders",
                "expected_cumulative",
                "expected_value",
                "expected_months",
                "residual_months",
                "clv",
                "probability_alive",
                "risk_score",
            ],
        ),
        ("levels are sums of values", &["mean_level_churned", "mean_level_stayed"]),
        ("repeat_purchase_ratio of other days", &["window_repeat_purchase_ratio"]),
        (
            "return_rate of one unit",
            &["unit_return_rate", "order_return_rate", "value_return_rate"],
        ),
        ("average_order_value of some orders", &["mean_order_value", "monetary"]),
        ("mean_days of one customer", &["mean_gap_days"]),
    ];

    #[test]
    fn every_figure_has_a_formula_or_a_reason() {
        let floats = |table: &'static TableSpec| {
            let columns = table.schema.columns.iter();
            columns.filter(|column| column.ty == ColumnType::Float64).map(|column| column.name)
        };
        let columns: BTreeSet<_> = tables().flat_map(floats).collect();
        let results: BTreeSet<_> =
            formulas().flat_map(|formula| formula.results).map(|result| result.name).collect();
        let reasons: BTreeSet<_> =
            NOT_TYPED.iter().flat_map(|(_, names)| *names).copied().collect();
        let missing: Vec<_> = columns.difference(&results).collect();
        assert_eq!(missing, reasons.iter().collect::<Vec<_>>());
    }

    #[test]
    fn every_measure_makes_its_tables() {
        let context = std::sync::Arc::new(kohort_model::Context::default());
        for spec in MEASURES {
            let mut found = Vec::new();
            let mut waiting =
                vec![(spec.start)(context.clone(), &kohort_model::Settings::default())];
            while let Some(measure) = waiting.pop() {
                let finished = measure.finish();
                let rows = finished.customer_tables.iter().map(|rows| rows.table().schema().name);
                found.extend(rows);
                found.extend(finished.tables.iter().map(|table| table.schema().name));
                waiting.extend(finished.second_pass);
            }
            found.sort_unstable();
            let mut declared: Vec<_> = spec.tables.iter().map(|table| table.schema.name).collect();
            declared.sort_unstable();
            assert_eq!(found, declared);
        }
    }
}
