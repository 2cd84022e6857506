//! The tables that can be asked for, and the measures behind them.

use std::sync::Arc;

use kohort_churn::{ChurnReasons, CustomerRetention, WinBack};
use kohort_cohorts::Cohorts;
use kohort_lifetime::{ClvModels, Customers, Loyalty, PurchaseGaps};
use kohort_lost_sales::LostSales;
use kohort_model::{Context, Input, Measure, TableSchema};
use kohort_revenue::{RevenueChurn, RevenueMovements};

/// A measure and the tables that come from it.
pub(crate) struct Offer {
    pub schemas: &'static [&'static TableSchema],
    pub measure: fn(Arc<Context>) -> Box<dyn Measure>,
    pub needs: Need,
}

/// What a measure asks for beside customer, day and value of orders.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Need {
    /// Attempts told apart by instant, reason and id.
    pub attempts: bool,
    /// Why subscriptions ended.
    pub endings: bool,
    /// A second look at every timeline.
    pub ledger: bool,
    /// Inputs beside orders or subscriptions.
    pub inputs: &'static [Input],
}

const NOTHING: Need = Need { attempts: false, endings: false, ledger: false, inputs: &[] };

pub(crate) static OFFERS: [Offer; 11] = [
    Offer {
        schemas: &[&kohort_cohorts::RETENTION, &kohort_cohorts::CURVE],
        measure: |context| Box::new(Cohorts::new(context)),
        needs: NOTHING,
    },
    Offer {
        schemas: &[&kohort_churn::RETENTION],
        measure: |context| Box::new(CustomerRetention::new(context)),
        needs: NOTHING,
    },
    Offer {
        schemas: &[&kohort_revenue::CHURN],
        measure: |context| Box::new(RevenueChurn::new(context)),
        needs: NOTHING,
    },
    Offer {
        schemas: &[&kohort_revenue::MOVEMENTS],
        measure: |context| Box::new(RevenueMovements::new(context)),
        needs: Need { ledger: true, ..NOTHING },
    },
    Offer {
        schemas: &[&kohort_churn::WIN_BACK],
        measure: |context| Box::new(WinBack::new(context)),
        needs: Need { inputs: &[Input::Prospects, Input::Contacts], ..NOTHING },
    },
    Offer {
        schemas: &[&kohort_churn::REASONS],
        measure: |context| Box::new(ChurnReasons::new(context)),
        needs: Need { endings: true, inputs: &[Input::Surveys], ..NOTHING },
    },
    Offer {
        schemas: &[&kohort_lost_sales::SCHEMA],
        measure: |context| Box::new(LostSales::new(context)),
        needs: Need { attempts: true, ..NOTHING },
    },
    Offer {
        schemas: &[&kohort_lifetime::GAPS, &kohort_lifetime::HISTOGRAM],
        measure: |context| Box::new(PurchaseGaps::new(context)),
        needs: NOTHING,
    },
    Offer {
        schemas: &[&kohort_lifetime::LOYALTY],
        measure: |context| Box::new(Loyalty::new(context)),
        needs: NOTHING,
    },
    Offer {
        schemas: &[&kohort_lifetime::CUSTOMERS],
        measure: |context| Box::new(Customers::new(context)),
        needs: Need { ledger: true, ..NOTHING },
    },
    Offer {
        schemas: &[&kohort_lifetime::MODELS, &kohort_lifetime::HOLDOUT],
        measure: |context| Box::new(ClvModels::new(context)),
        needs: NOTHING,
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
