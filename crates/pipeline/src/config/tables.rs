//! `[outputs] tables`: which tables there are, and which a pipeline offers.

use kohort_model::Basis;

use super::error::{ConfigError, Lack};
use super::section::Section;
use super::{BasisInput, SurveysInput};

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
enum Needs {
    /// Orders or subscriptions.
    History,
    /// Orders.
    Orders,
    /// What tells why customers left: subscriptions or answers.
    Reasons,
}

const TABLES: [TableName; 14] = [
    TableName { name: "cohort_retention", needs: Needs::History, on_request: false },
    TableName { name: "cohort_curve", needs: Needs::History, on_request: false },
    TableName { name: "customer_retention", needs: Needs::History, on_request: false },
    TableName { name: "revenue_churn", needs: Needs::History, on_request: false },
    TableName { name: "revenue_movements", needs: Needs::History, on_request: true },
    TableName { name: "win_back", needs: Needs::History, on_request: false },
    TableName { name: "churn_reasons", needs: Needs::Reasons, on_request: false },
    TableName { name: "lost_sales", needs: Needs::Orders, on_request: false },
    TableName { name: "purchase_gaps", needs: Needs::Orders, on_request: false },
    TableName { name: "purchase_gap_histogram", needs: Needs::Orders, on_request: false },
    TableName { name: "loyalty", needs: Needs::Orders, on_request: false },
    TableName { name: "customers", needs: Needs::Orders, on_request: true },
    TableName { name: "clv_models", needs: Needs::History, on_request: false },
    TableName { name: "clv_holdout", needs: Needs::Orders, on_request: false },
];

impl TableName {
    /// What the pipeline would have to have to offer the table.
    fn lack(&self, basis: &BasisInput, surveys: Option<&SurveysInput>) -> Option<Lack> {
        match (&self.needs, basis.basis()) {
            (Needs::Orders, Basis::Subscriptions) => Some(Lack::Orders),
            (Needs::Reasons, Basis::Orders) if surveys.is_none() => Some(Lack::Surveys),
            _ => None,
        }
    }

    /// Whether a pipeline that offers the table computes it without being told to.
    fn is_default(&self, basis: &BasisInput, surveys: Option<&SurveysInput>) -> bool {
        let tells = match (&self.needs, basis) {
            (Needs::Reasons, BasisInput::Subscriptions(input)) => {
                surveys.is_some() || input.cancel_reason.is_some() || input.involuntary.is_some()
            }
            _ => true,
        };
        tells && !self.on_request
    }
}

/// The tables asked for; by default all that tell something, but those on request.
pub(super) fn read(
    outputs: &Section<'_>,
    basis: &BasisInput,
    surveys: Option<&SurveysInput>,
) -> Result<Vec<&'static str>, ConfigError> {
    let offered = || TABLES.iter().filter(|table| table.lack(basis, surveys).is_none());
    let Some(item) = outputs.get("tables") else {
        let computed = offered().filter(|table| table.is_default(basis, surveys));
        return Ok(computed.map(|table| table.name).collect());
    };
    let allowed = "a list of tables such as [\"cohort_retention\"]";
    let names = item.choices(&TABLE_NAMES.map(|name| (name, name)), allowed)?;
    for (text, at) in item.texts(allowed)? {
        let table = TABLES.iter().find(|table| table.name == text);
        if let Some(lack) = table.and_then(|table| table.lack(basis, surveys)) {
            let offered = offered().map(|table| table.name).collect();
            return Err(ConfigError::NotOffered { at, key: item.key, table: text, lack, offered });
        }
    }
    Ok(names)
}
