//! The tables that can be asked for, and the measures behind them.

use std::sync::Arc;

use kohort_churn::{ChurnReasons, CustomerRetention, WinBack};
use kohort_cohorts::Cohorts;
use kohort_lifetime::{ChurnIndicators, ClvModels, Customers, Loyalty, PurchaseGaps};
use kohort_lost_sales::{Carts, Funnel, LostSales};
use kohort_model::{Context, Input, Measure, TableSchema};
use kohort_revenue::{RevenueChurn, RevenueMovements};
use kohort_service::{CrossSell, Nps, ProductReturns, Receivables};

/// A measure and the tables that come from it.
pub(crate) struct Offer {
    pub schemas: &'static [&'static TableSchema],
    pub measure: fn(Arc<Context>) -> Box<dyn Measure>,
    pub needs: Need,
}

/// What a measure asks for beside customer, day and value of orders.
#[expect(clippy::struct_excessive_bools, reason = "each is asked for or not")]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Need {
    /// Attempts told apart by instant, reason and id.
    pub attempts: bool,
    /// Why subscriptions ended.
    pub endings: bool,
    /// A second look at every timeline.
    pub ledger: bool,
    /// A second fold.
    pub again: bool,
    /// Inputs beside orders or subscriptions.
    pub inputs: &'static [Input],
}

const NOTHING: Need =
    Need { attempts: false, endings: false, ledger: false, again: false, inputs: &[] };

/// What visitors did, and who they are.
const VISITORS: &[Input] = &[Input::Touchpoints, Input::Identities];

/// What tells who will leave.
const SIGNALS: &[Input] = &[Input::Engagement, Input::Invoices, Input::Returns, Input::Surveys];

pub(crate) static OFFERS: [Offer; 18] = [
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
        needs: Need {
            attempts: true,
            inputs: &[Input::Touchpoints, Input::Identities, Input::Opportunities],
            ..NOTHING
        },
    },
    Offer {
        schemas: &[&kohort_lost_sales::FUNNEL],
        measure: |context| Box::new(Funnel::new(context)),
        needs: Need { inputs: VISITORS, ..NOTHING },
    },
    Offer {
        schemas: &[&kohort_lost_sales::CARTS],
        measure: |context| Box::new(Carts::new(context)),
        needs: Need { inputs: VISITORS, ..NOTHING },
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
        schemas: &[&kohort_service::PRODUCT_RETURNS],
        measure: |context| Box::new(ProductReturns::new(context)),
        needs: Need { inputs: &[Input::OrderLines, Input::Returns], ..NOTHING },
    },
    Offer {
        schemas: &[&kohort_service::RECEIVABLES],
        measure: |context| Box::new(Receivables::new(context)),
        needs: Need { inputs: &[Input::Invoices], ..NOTHING },
    },
    Offer {
        schemas: &[&kohort_service::NPS],
        measure: |context| Box::new(Nps::new(context)),
        needs: Need { inputs: &[Input::Surveys], ..NOTHING },
    },
    Offer {
        schemas: &[&kohort_lifetime::INDICATORS],
        measure: |context| Box::new(ChurnIndicators::new(context)),
        needs: Need { inputs: SIGNALS, ..NOTHING },
    },
    Offer {
        schemas: &[&kohort_lifetime::CUSTOMERS],
        measure: |context| Box::new(Customers::new(context)),
        needs: Need { ledger: true, inputs: SIGNALS, ..NOTHING },
    },
    Offer {
        schemas: &[&kohort_lifetime::MODELS, &kohort_lifetime::HOLDOUT],
        measure: |context| Box::new(ClvModels::new(context)),
        needs: NOTHING,
    },
    Offer {
        schemas: &[&kohort_service::CROSS_SELL, &kohort_service::CROSS_SELL_CUSTOMERS],
        measure: |context| Box::new(CrossSell::new(context)),
        needs: Need { inputs: &[Input::OrderLines], again: true, ..NOTHING },
    },
];

/// Tables that are made of other tables.
pub(crate) static DERIVED: [&TableSchema; 2] =
    [&kohort_scorecard::SCORECARD, &kohort_scorecard::ALERTS];

/// The schema of every table, in the order in which they are listed.
#[must_use]
pub fn schemas() -> Vec<&'static TableSchema> {
    let derived = DERIVED.into_iter().chain([&kohort_checks::CHECKS]);
    OFFERS.iter().flat_map(|offer| offer.schemas).copied().chain(derived).collect()
}

/// The offers behind the tables `wanted` of those that are `offered`.
pub(crate) fn offers(wanted: &[&str], offered: &[&str], alerts: bool) -> Vec<&'static Offer> {
    let derived = alerts || DERIVED.iter().any(|schema| wanted.contains(&schema.name));
    let is_source = |name: &str| derived && kohort_scorecard::SOURCES.contains(&name);
    let is_wanted = |schema: &&&TableSchema| {
        wanted.contains(&schema.name) || (is_source(schema.name) && offered.contains(&schema.name))
    };
    OFFERS.iter().filter(|offer| offer.schemas.iter().any(|s| is_wanted(&s))).collect()
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
