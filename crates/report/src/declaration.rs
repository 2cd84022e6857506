//! Declarations of tables as JSON, for programs that read, check or document what is published.

use kohort_model::{
    Additive, Basis, Compare, Headline, HeadlineValue, Identities, Input, Requires, RowsWhere,
    Source, Sum, SumsOf, TableSpec, Written,
};
use serde_json::{Value, json};

use crate::schema::type_name;

/// One table: columns, key, what a pipeline needs for it, the inputs that it reads where they are there,
/// what balances in it, and its headline rates.
#[must_use]
pub fn json(table: &TableSpec, reads: &[Input]) -> Value {
    let schema = table.schema;
    let columns = schema.columns.iter().map(|column| {
        json!({
            "name": column.name,
            "type": type_name(column.ty),
            "is_nullable": column.nullable,
            "unit": column.unit.name(),
            "meaning": column.description,
        })
    });
    json!({
        "name": schema.name,
        "question": schema.description,
        "columns": columns.collect::<Vec<_>>(),
        "key": schema.key,
        "revisable": schema.revisable,
        "needs_history": table.needs_history,
        "requires": requires(table.requires),
        "reads": reads.iter().map(|input| input.name()).collect::<Vec<_>>(),
        "written": match table.written {
            Written::ByDefault => json!("by default"),
            Written::Where(of) => json!({ "where": requires(of) }),
            Written::WithChecks => json!("with checks"),
            Written::OnRequest => json!("on request"),
        },
        "identities": identities(&table.identities),
        "headlines": table.headlines.iter().map(headline).collect::<Vec<_>>(),
    })
}

/// Inputs, one of which has to be there; with a column, one that maps it.
fn requires(requires: Requires) -> Value {
    let source = |source: &Source| match source {
        Source::Input(input) => json!({ "input": input.name() }),
        Source::Column(input, column) => json!({ "input": input.name(), "column": column }),
    };
    requires.0.iter().map(source).collect()
}

fn basis(basis: Basis) -> &'static str {
    match basis {
        Basis::Orders => "orders",
        Basis::Subscriptions => "subscriptions",
    }
}

fn identities(of: &Identities) -> Value {
    json!({
        "group": of.group,
        "rules": of.rules,
        "rules_of": of.of_basis.map(|of| json!({ "history": basis(of.basis), "rules": of.rules })),
        "segments_add_up_where": match of.additive {
            Additive::No => None,
            Additive::Everywhere => Some(""),
            Additive::Where(condition) => Some(condition),
        },
        "not_additive": of.not_additive,
        "sums": of.sums.iter().map(sums).collect::<Vec<_>>(),
    })
}

fn sums(of: &SumsOf) -> Value {
    let compare = match of.compare {
        Compare::Equal => "=",
        Compare::Different => "!=",
        Compare::AtMost => "<=",
        Compare::Below => "<",
        Compare::AtLeast => ">=",
        Compare::Above => ">",
    };
    json!({
        "where": of.at,
        "compare": compare,
        "parts": {
            "table": of.table,
            "where": of.over,
            "by": if of.part_by.is_empty() { of.by } else { of.part_by },
        },
        "by": of.by,
        "is_complete": of.is_complete,
        "columns": of.columns,
        "history": of.basis.map(basis),
    })
}

fn headline(of: &Headline) -> Value {
    let rows = of.rows.iter().map(|rows| match rows {
        RowsWhere::Is(column, text) => json!({ "column": column, "is": text }),
        RowsWhere::IsNull(column) => json!({ "column": column, "is": null }),
    });
    let sum = |sum: Sum| json!({ "plus": sum.plus, "minus": sum.minus });
    json!({
        "name": of.name,
        "rows": rows.collect::<Vec<_>>(),
        "value": match of.value {
            HeadlineValue::Column(column) => Some(column),
            HeadlineValue::Quotient | HeadlineValue::Times(..) => None,
        },
        "times": match of.value {
            HeadlineValue::Times(times, column) => Some(json!({ "column": column, "by": times })),
            HeadlineValue::Column(_) | HeadlineValue::Quotient => None,
        },
        "numerator": sum(of.numerator),
        "denominator": sum(of.denominator),
        "unit": of.unit,
        "complete": of.complete,
        "requires": requires(of.requires),
    })
}
