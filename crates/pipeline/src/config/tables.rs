//! `[outputs] tables`: which tables there are, and which a pipeline offers.

use kohort_model::Basis;

use super::error::{ConfigError, Lack};
use super::section::Section;
use super::{BasisInput, Pipeline};

/// The result tables, in the order in which they are computed and listed.
pub const TABLE_NAMES: [&str; TABLES.len()] = {
    let mut names = [""; TABLES.len()];
    let mut i = 0;
    while i < names.len() {
        names[i] = TABLES[i].name;
        i += 1;
    }
    names
};

/// A table as the pipeline file knows it.
struct TableName {
    name: &'static str,
    needs: Needs,
    /// Whether it has to be named; with a row for each customer it may be large.
    on_request: bool,
}

/// What a table is made of.
#[derive(Clone, Copy)]
enum Needs {
    /// Orders or subscriptions.
    History,
    /// Orders.
    Orders,
    /// What tells why customers left: subscriptions or answers.
    Reasons,
    /// What tells of sales that were nearly made: orders, carts or opportunities.
    Sales,
    /// Touchpoints.
    Touchpoints,
    /// Touchpoints that name carts.
    Carts,
    /// Lines of orders, and what came back of them.
    Returns,
    /// Invoices.
    Invoices,
    /// Surveys with scores.
    Scores,
    /// What may tell who leaves.
    Signals,
    /// Lines of orders.
    OrderLines,
}

const TABLES: [TableName; 24] = [
    TableName { name: "cohort_retention", needs: Needs::History, on_request: false },
    TableName { name: "cohort_curve", needs: Needs::History, on_request: false },
    TableName { name: "customer_retention", needs: Needs::History, on_request: false },
    TableName { name: "revenue_churn", needs: Needs::History, on_request: false },
    TableName { name: "revenue_movements", needs: Needs::History, on_request: true },
    TableName { name: "win_back", needs: Needs::History, on_request: false },
    TableName { name: "churn_reasons", needs: Needs::Reasons, on_request: false },
    TableName { name: "lost_sales", needs: Needs::Sales, on_request: false },
    TableName { name: "funnel", needs: Needs::Touchpoints, on_request: false },
    TableName { name: "carts", needs: Needs::Carts, on_request: false },
    TableName { name: "purchase_gaps", needs: Needs::Orders, on_request: false },
    TableName { name: "purchase_gap_histogram", needs: Needs::Orders, on_request: false },
    TableName { name: "loyalty", needs: Needs::Orders, on_request: false },
    TableName { name: "product_returns", needs: Needs::Returns, on_request: false },
    TableName { name: "receivables", needs: Needs::Invoices, on_request: false },
    TableName { name: "nps", needs: Needs::Scores, on_request: false },
    TableName { name: "churn_indicators", needs: Needs::Signals, on_request: false },
    TableName { name: "customers", needs: Needs::Orders, on_request: true },
    TableName { name: "clv_models", needs: Needs::History, on_request: false },
    TableName { name: "clv_holdout", needs: Needs::Orders, on_request: false },
    TableName { name: "cross_sell", needs: Needs::OrderLines, on_request: false },
    TableName { name: "cross_sell_customers", needs: Needs::OrderLines, on_request: false },
    TableName { name: "scorecard", needs: Needs::History, on_request: false },
    TableName { name: "alerts", needs: Needs::History, on_request: false },
];

impl TableName {
    /// What the pipeline would have to have to offer the table.
    fn lack(&self, pipeline: &Pipeline) -> Option<Lack> {
        let has_orders = pipeline.basis.basis() == Basis::Orders;
        let has_signals = || {
            let has_goods = pipeline.returns.is_some() || pipeline.invoices.is_some();
            has_goods || pipeline.engagement.is_some() || pipeline.has_scores()
        };
        let (is_there, lack) = match self.needs {
            Needs::History => return None,
            Needs::Orders => (has_orders, Lack::Orders),
            Needs::Reasons => (!has_orders || pipeline.has_answers(), Lack::Answers),
            Needs::Sales => {
                let is_there =
                    has_orders || pipeline.has_carts() || pipeline.opportunities.is_some();
                (is_there, Lack::Sales)
            }
            Needs::Touchpoints => (pipeline.touchpoints.is_some(), Lack::Touchpoints),
            Needs::Carts => (pipeline.has_carts(), Lack::Carts),
            Needs::Returns => (pipeline.returns.is_some(), Lack::Returns),
            Needs::Invoices => (pipeline.invoices.is_some(), Lack::Invoices),
            Needs::Scores => (pipeline.has_scores(), Lack::Scores),
            Needs::Signals => (has_signals(), Lack::Signals),
            Needs::OrderLines => (pipeline.order_lines.is_some(), Lack::OrderLines),
        };
        (!is_there).then_some(lack)
    }

    /// Whether a pipeline that offers the table computes it without being told to.
    fn is_default(&self, pipeline: &Pipeline) -> bool {
        let tells = match (self.needs, &pipeline.basis) {
            (Needs::Reasons, BasisInput::Subscriptions(input)) => {
                let has_endings = input.cancel_reason.is_some() || input.involuntary.is_some();
                has_endings || pipeline.has_answers()
            }
            _ => true,
        };
        tells && !self.on_request
    }
}

fn offered(pipeline: &Pipeline) -> impl Iterator<Item = &'static TableName> {
    TABLES.iter().filter(|table| table.lack(pipeline).is_none())
}

/// The tables that the pipeline's inputs offer, those on request included.
pub(super) fn offered_names(pipeline: &Pipeline) -> Vec<&'static str> {
    offered(pipeline).map(|table| table.name).collect()
}

/// The tables asked for; by default all that tell something, but those on request.
pub(super) fn read(
    outputs: &Section<'_>,
    pipeline: &Pipeline,
) -> Result<Vec<&'static str>, ConfigError> {
    let Some(item) = outputs.get("tables") else {
        let computed = offered(pipeline).filter(|table| table.is_default(pipeline));
        return Ok(computed.map(|table| table.name).collect());
    };
    let allowed = "a list of tables such as [\"cohort_retention\"]";
    let names = item.choices(&TABLE_NAMES.map(|name| (name, name)), allowed)?;
    for (text, at) in item.texts(allowed)? {
        let table = TABLES.iter().find(|table| table.name == text);
        if let Some(lack) = table.and_then(|table| table.lack(pipeline)) {
            let offered = offered_names(pipeline).into();
            return Err(ConfigError::NotOffered { at, key: item.key, table: text, lack, offered });
        }
    }
    Ok(names)
}
