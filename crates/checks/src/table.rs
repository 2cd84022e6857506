//! The table `checks`.

use std::sync::Arc;

use kohort_model::view::{Order, Shape, View};
use kohort_model::{Column, Input, Scale, Table, TableSchema, TableSpec, Unit, Written, row};

use crate::Finding;

/// The declaration.
pub static CHECKS: TableSpec = TableSpec {
    needs_history: false,
    written: Written::WithChecks,
    view: View {
        columns: &["status", "observed", "allowed", "failing"],
        shape: Shape::First(Order::Highest("failing")),
        ..View::PLAIN
    },
    ..TableSpec::of(&SCHEMA)
};

static SCHEMA: TableSchema = TableSchema {
    name: "checks",
    description: "What was checked of the inputs and of the tables, and what came of it",
    columns: &[
        Column::text("kind", "what the check looks at, such as null_share, type or identity"),
        Column::text("input", "the input; NULL of identities, which are about tables").or_null(),
        Column::text(
            "table_name",
            "the table of an identity; NULL where the check is about an input",
        )
        .or_null(),
        Column::text(
            "subject",
            "the column as the pipeline file names it, the expression of the order ids, the key \
             of a list there, or the rule; NULL where all rows count",
        )
        .or_null(),
        Column::text("severity", "what follows where it does not hold: warn or error"),
        Column::text(
            "status",
            "pass; warn or fail where it does not hold, by its severity (a published run has no \
             fail); skipped where no table of the run reads the input",
        ),
        Column::float(
            "observed",
            Unit::None,
            "what was found: a share (1.0 is all), days, rows or texts, by the kind of check; \
             NULL where there is no number",
        )
        .or_null(),
        Column::float(
            "allowed",
            Unit::None,
            "the most that may be found, in the same unit; NULL where there is no number",
        )
        .or_null(),
        Column::count(
            "rows",
            Unit::None,
            "rows that were looked at; NULL of a check that looks at no single rows",
        )
        .or_null(),
        Column::count(
            "failing",
            Unit::None,
            "of rows, those for which it does not hold; NULL where they are not counted",
        )
        .or_null(),
        Column::text("detail", "the same in words; NULL where there is nothing to say").or_null(),
    ],
    key: &["kind", "input", "table_name", "subject"],
    revisable: &[],
};

/// The table `checks` of some findings, its rows sorted by key.
#[must_use]
pub fn checks(findings: &[Finding]) -> Table {
    let key = |finding: &&Finding| {
        let input = finding.input.map(Input::name);
        (finding.kind.name(), input, finding.table, finding.subject.clone())
    };
    let mut sorted: Vec<_> = findings.iter().collect();
    sorted.sort_by_key(key);
    let text = |text: &Option<String>| text.as_deref().map(Arc::<str>::from);
    // No column holds money.
    let mut table = Table::new(&SCHEMA, Scale::default());
    for finding in sorted {
        table.push(row!(SCHEMA {
            kind: finding.kind.name(),
            input: finding.input.map(Input::name),
            table_name: finding.table,
            subject: text(&finding.subject),
            severity: finding.severity.name(),
            status: finding.status.name(),
            observed: finding.observed,
            allowed: finding.allowed,
            rows: finding.rows,
            failing: finding.failing,
            detail: text(&finding.detail),
        }));
    }
    table
}

#[cfg(test)]
mod tests {
    use kohort_model::Values;

    use super::*;
    use crate::{Counts, Kind, Severity, Status};

    fn finding(kind: Kind, subject: &str, status: Status) -> Finding {
        Finding {
            kind,
            input: Some(Input::Orders),
            table: None,
            subject: Some(subject.to_owned()),
            severity: Severity::Error,
            status,
            observed: Some(0.25),
            allowed: Some(0.0),
            rows: Some(4),
            failing: Some(1),
            detail: None,
        }
    }

    #[test]
    fn findings_are_rows_in_order() {
        let findings = [
            finding(Kind::OtherShare, "country", Status::Fail),
            finding(Kind::NullShare, "country", Status::Pass),
            finding(Kind::NullShare, "channel", Status::Skipped),
            Finding {
                input: None,
                table: Some("visits"),
                detail: Some("5 and 4".to_owned()),
                ..finding(Kind::Identity, "responses = promoters", Status::Warn)
            },
        ];
        let table = checks(&findings);
        let texts = |name: &str| match table.column(name) {
            Some(Values::Text(texts)) => {
                texts.iter().map(|t| t.as_deref().unwrap_or("-")).collect()
            }
            other => panic!("{other:?}"),
        };
        let found: [Vec<&str>; 3] = ["kind", "subject", "status"].map(texts);
        assert_eq!(found[0], ["identity", "null_share", "null_share", "other_share"]);
        assert_eq!(found[1], ["responses = promoters", "channel", "country", "country"]);
        assert_eq!(found[2], ["warn", "skipped", "pass", "fail"]);
        assert_eq!(Counts::of(&findings), Counts { passed: 1, warned: 1, failed: 1 });
        let lines: Vec<_> = findings.iter().map(Finding::to_string).collect();
        assert_eq!(lines[0], "other_share of orders.country");
        assert_eq!(lines[3], "identity of visits: responses = promoters: 5 and 4");
    }
}
