//! The tables that can be asked for, and the measures behind them.

use std::sync::Arc;

use kohort_churn::CustomerRetention;
use kohort_cohorts::Cohorts;
use kohort_lost_sales::LostSales;
use kohort_model::{Context, Measure, TableSchema};
use kohort_revenue::RevenueChurn;

/// A measure and the tables that come from it.
pub(crate) struct Offer {
    pub schemas: &'static [&'static TableSchema],
    pub measure: fn(Arc<Context>) -> Box<dyn Measure>,
    /// Whether attempts are told apart by instant, reason and id.
    pub needs_attempts: bool,
}

pub(crate) static OFFERS: [Offer; 4] = [
    Offer {
        schemas: &[&kohort_cohorts::RETENTION, &kohort_cohorts::CURVE],
        measure: |context| Box::new(Cohorts::new(context)),
        needs_attempts: false,
    },
    Offer {
        schemas: &[&kohort_churn::RETENTION],
        measure: |context| Box::new(CustomerRetention::new(context)),
        needs_attempts: false,
    },
    Offer {
        schemas: &[&kohort_revenue::CHURN],
        measure: |context| Box::new(RevenueChurn::new(context)),
        needs_attempts: false,
    },
    Offer {
        schemas: &[&kohort_lost_sales::SCHEMA],
        measure: |context| Box::new(LostSales::new(context)),
        needs_attempts: true,
    },
];

/// The schema of every table, in the order in which they are listed.
#[must_use]
pub fn schemas() -> Vec<&'static TableSchema> {
    OFFERS.iter().flat_map(|offer| offer.schemas).copied().collect()
}

/// The offers behind the tables `wanted`.
pub(crate) fn offers(wanted: &[&str]) -> Vec<&'static Offer> {
    let is_wanted = |offer: &&Offer| offer.schemas.iter().any(|s| wanted.contains(&s.name));
    OFFERS.iter().filter(is_wanted).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pipeline_file_knows_every_table() {
        let names: Vec<_> = schemas().iter().map(|schema| schema.name).collect();
        assert_eq!(names, crate::TABLE_NAMES);
    }

    #[test]
    fn schemas_hold_together() {
        for schema in schemas() {
            let names: Vec<_> = schema.columns.iter().map(|column| column.name).collect();
            for name in schema.key.iter().chain(schema.revisable) {
                assert!(names.contains(name), "{}.{name}", schema.name);
            }
            for column in schema.columns {
                assert!(!column.description.is_empty(), "{}.{}", schema.name, column.name);
            }
        }
    }
}
