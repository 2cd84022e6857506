//! `[outputs] tables`: which tables there are, which a pipeline offers, and which are asked for.

use glob::Pattern;
use kohort_model::{Basis, Input};

use super::Pipeline;
use super::error::{ConfigError, Lack, Place};
use super::section::{Item, Section};

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
    /// Whatever there is; it tells something where checks are declared.
    Checks,
}

const TABLES: [TableName; 25] = [
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
    TableName { name: "checks", needs: Needs::Checks, on_request: false },
];

impl TableName {
    /// What the pipeline would have to have to offer the table.
    fn lack(&self, pipeline: &Pipeline) -> Option<Lack> {
        let has_orders = pipeline.basis.basis() == Basis::Orders;
        let has_signals = || {
            let inputs = [Input::Returns, Input::Invoices, Input::Engagement];
            inputs.iter().any(|input| pipeline.has(*input)) || pipeline.has_scores()
        };
        let (is_there, lack) = match self.needs {
            Needs::History | Needs::Checks => return None,
            Needs::Orders => (has_orders, Lack::Orders),
            Needs::Reasons => (!has_orders || pipeline.has_answers(), Lack::Answers),
            Needs::Sales => {
                let is_there =
                    has_orders || pipeline.has_carts() || pipeline.has(Input::Opportunities);
                (is_there, Lack::Sales)
            }
            Needs::Touchpoints => (pipeline.has(Input::Touchpoints), Lack::Touchpoints),
            Needs::Carts => (pipeline.has_carts(), Lack::Carts),
            Needs::Returns => (pipeline.has(Input::Returns), Lack::Returns),
            Needs::Invoices => (pipeline.has(Input::Invoices), Lack::Invoices),
            Needs::Scores => (pipeline.has_scores(), Lack::Scores),
            Needs::Signals => (has_signals(), Lack::Signals),
            Needs::OrderLines => (pipeline.has(Input::OrderLines), Lack::OrderLines),
        };
        (!is_there).then_some(lack)
    }

    /// Whether a pipeline that offers the table computes it without being told to.
    fn is_default(&self, pipeline: &Pipeline) -> bool {
        let tells = match self.needs {
            Needs::Reasons => {
                let told = ["cancel_reason", "involuntary"];
                let has_endings = told.iter().any(|c| pipeline.maps(Input::Subscriptions, c));
                has_endings || pipeline.has_answers()
            }
            Needs::Checks => pipeline.checks.are_declared(),
            _ => true,
        };
        tells && !self.on_request
    }
}

/// What the pipeline would have to have to offer the table of this name.
pub(super) fn lack_of_table(name: &str, pipeline: &Pipeline) -> Option<Lack> {
    TABLES.iter().find(|table| table.name == name)?.lack(pipeline)
}

/// What it would have to have to tell of the sales behind a metric of `lost_sales`.
pub(super) fn lack_of_sales(metric: &str, pipeline: &Pipeline) -> Option<Lack> {
    let (is_there, lack) = match metric {
        "orders_conversion_rate" => (pipeline.basis.basis() == Basis::Orders, Lack::Orders),
        "carts_conversion_rate" => (pipeline.has_carts(), Lack::Carts),
        "opportunities_conversion_rate" => {
            (pipeline.has(Input::Opportunities), Lack::Opportunities)
        }
        _ => return None,
    };
    (!is_there).then_some(lack)
}

fn offered(pipeline: &Pipeline) -> impl Iterator<Item = &'static TableName> {
    TABLES.iter().filter(|table| table.lack(pipeline).is_none())
}

/// The tables that the pipeline's inputs offer, those on request included.
pub(super) fn offered_names(pipeline: &Pipeline) -> Vec<&'static str> {
    offered(pipeline).map(|table| table.name).collect()
}

/// What a table is made of, where it is made of other tables.
pub(super) fn made_of(table: &str) -> &'static [&'static str] {
    match table {
        "scorecard" => &kohort_scorecard::SOURCES,
        "alerts" => &["scorecard"],
        _ => &[],
    }
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
    let mut wanted = Vec::new();
    for (text, at) in item.texts("a list of tables such as [\"cohort_retention\"]")? {
        wanted.extend(selected(&item, &text, &at, pipeline)?);
    }
    Ok(TABLE_NAMES.into_iter().filter(|name| wanted.contains(name)).collect())
}

/// The tables that a text of the list, which stands at `at`, asks for: the one of this name or all
/// offered ones that match a pattern and, where it begins with `+`, those that they are made of.
fn selected(
    item: &Item<'_>,
    text: &str,
    at: &Place,
    pipeline: &Pipeline,
) -> Result<Vec<&'static str>, ConfigError> {
    let offered = offered_names(pipeline);
    let name = text.strip_prefix('+').unwrap_or(text);
    let mut found = if name.contains(['*', '?', '[']) {
        matching(item, name, at, &offered)?
    } else {
        let table = item.choose(name, at.clone(), &TABLES.each_ref().map(|t| (t.name, t)))?;
        if let Some(lack) = table.lack(pipeline) {
            let (key, offered) = (item.key.clone(), offered.into());
            let (at, table) = (at.clone(), name.to_owned());
            return Err(ConfigError::NotOffered { at, key, table, lack, offered });
        }
        vec![table.name]
    };
    if text.starts_with('+') {
        let mut next = 0;
        while let Some(table) = found.get(next) {
            found.extend(made_of(table).iter().filter(|source| offered.contains(source)));
            next += 1;
        }
    }
    Ok(found)
}

/// The offered tables that match a pattern, one at least.
fn matching(
    item: &Item<'_>,
    pattern: &str,
    at: &Place,
    offered: &[&'static str],
) -> Result<Vec<&'static str>, ConfigError> {
    let parsed = Pattern::new(pattern).map_err(|error| ConfigError::TablePattern {
        at: at.clone(),
        key: item.key.clone(),
        pattern: pattern.to_owned(),
        reason: error.msg,
    })?;
    let found: Vec<_> = offered.iter().copied().filter(|name| parsed.matches(name)).collect();
    if found.is_empty() {
        return Err(ConfigError::NoTable {
            at: at.clone(),
            key: item.key.clone(),
            pattern: pattern.to_owned(),
            offered: offered.into(),
        });
    }
    Ok(found)
}
