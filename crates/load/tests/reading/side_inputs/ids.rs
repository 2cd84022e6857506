//! Ids that inputs share.

use std::collections::BTreeMap;

use kohort_inputs::spec;
use kohort_load::{LoadError, Lookups, open_all};
use kohort_model::{IdSpace, IdType, Input, ValueKind};
use polars::prelude::{Column, DataType};

use super::{source, table_of};
use crate::support::{Folder, cast, ints, read, text};

/// Inputs, and the columns that are others than in their tables.
type Inputs<'a> = &'a [(Input, &'a [Column])];

/// The forms of the ids of inputs.
fn opened(folder: &Folder, inputs: Inputs<'_>) -> Result<Vec<String>, LoadError> {
    let mut sources = Vec::new();
    for (input, changes) in inputs {
        let mut columns = table_of(*input);
        for change in *changes {
            let place = columns.iter().position(|column| column.name() == change.name()).unwrap();
            columns[place] = change.slice(0, columns[place].len());
        }
        let path = format!("{}.parquet", input.name());
        folder.write(&path, columns);
        sources.push(source(folder, &path, *input, true));
    }
    let kind = |integers, name: &str| if integers { format!(" {name}") } else { String::new() };
    let inputs = open_all(sources, &Lookups::default())?;
    inputs
        .iter()
        .map(|input| {
            let (report, _) = read(input)?;
            assert_eq!(report.rejected, BTreeMap::new());
            let spec = spec(input.input());
            let has = |is: fn(IdSpace, bool) -> bool| {
                (0..spec.columns.len()).any(|place| {
                    let of = match spec.columns[place].kind {
                        ValueKind::Id(ids) => ids.of,
                        _ => return false,
                    };
                    let integers = [Some(IdType::Signed), Some(IdType::Unsigned)];
                    is(of, place == spec.owner()) && integers.contains(&input.ids_of(place))
                })
            };
            let integers = [
                kind(has(|of, is_owner| is_owner && of != IdSpace::Order), "customers"),
                kind(has(|of, is_owner| !is_owner && of == IdSpace::Customer), "others"),
                kind(has(|of, is_owner| !is_owner && of != IdSpace::Customer), "orders"),
            ];
            Ok(format!("{:?}{}", input.owner_ids(), integers.concat()))
        })
        .collect()
}

#[test]
fn ids_that_inputs_share() {
    let signed = |name: &str| ints(name, &[1, 2, 3, 4, 5]);
    let unsigned = |name: &str| cast(&signed(name), &DataType::UInt64);
    let words = |name: &str| text(name, &[Some("x"); 5]);
    let binary = |name: &str| cast(&words(name), &DataType::Binary);
    let cases: [(Inputs<'_>, &[&str]); 4] = [
        (
            &[(Input::Touchpoints, &[]), (Input::Identities, &[]), (Input::Engagement, &[])],
            &["Text others orders", "Text others", "Signed customers"],
        ),
        (
            &[
                (Input::Touchpoints, &[binary("id"), unsigned("who")]),
                (Input::Identities, &[ints("who", &[1, 2])]),
                (Input::Invoices, &[]),
            ],
            &["Binary others orders", "Binary others", "Unsigned customers orders"],
        ),
        (
            &[
                (Input::OrderLines, &[words("id"), binary("order")]),
                (Input::Returns, &[words("id"), words("order")]),
                (Input::Invoices, &[binary("id")]),
            ],
            &["Binary", "Binary", "Binary orders"],
        ),
        (
            &[(Input::OrderLines, &[]), (Input::Returns, &[unsigned("order")])],
            &["Signed customers orders", "Signed customers orders"],
        ),
    ];
    for (inputs, expected) in cases {
        assert_eq!(opened(&Folder::new(), inputs).unwrap(), expected);
    }
}

#[test]
fn ids_that_inputs_can_not_share() {
    let words = |name: &str| text(name, &[Some("x"); 5]);
    let minus = |name: &str| ints(name, &[-1; 5]);
    let unsigned = |name: &str| cast(&ints(name, &[1; 5]), &DataType::UInt64);
    let cases: [(Inputs<'_>, &str); 7] = [
        (
            &[(Input::Invoices, &[]), (Input::Payments, &[words("bill")])],
            "inputs.invoices.invoice_id = \"bill\" is of type i64 in DIR/invoices.parquet but \
             inputs.payments.invoice_id = \"bill\" is of type str in DIR/payments.parquet, so that no \
             invoice could be found in both; make them one with CAST(bill AS VARCHAR) in \
             [inputs.invoices]",
        ),
        (
            &[(Input::OrderLines, &[]), (Input::Returns, &[words("order")])],
            "inputs.order_lines.order_id = \"order\" is of type i64 in DIR/order_lines.parquet but \
             inputs.returns.order_id = \"order\" is of type str in DIR/returns.parquet, so that no \
             order could be found in both; make them one with CAST(order AS VARCHAR) in \
             [inputs.order_lines]",
        ),
        (
            &[(Input::Touchpoints, &[]), (Input::Identities, &[minus("id")])],
            "inputs.identities.visitor_id = \"id\" is of type i64 in DIR/identities.parquet but \
             inputs.touchpoints.visitor_id = \"id\" is of type str in DIR/touchpoints.parquet, so \
             that no visitor could be found in both; make them one with CAST(id AS VARCHAR) in \
             [inputs.identities]",
        ),
        (
            &[(Input::Touchpoints, &[]), (Input::Opportunities, &[words("id")])],
            "inputs.touchpoints.customer_id = \"who\" is of type i64 in DIR/touchpoints.parquet but \
             inputs.opportunities.buyer = \"id\" is of type str in DIR/opportunities.parquet, so that \
             no customer could be found in both; make them one with CAST(who AS VARCHAR) in \
             [inputs.touchpoints]",
        ),
        (
            &[(Input::Identities, &[]), (Input::Engagement, &[unsigned("id")])],
            "inputs.identities.customer_id is -6 in DIR/identities.parquet, but of type UInt64 in \
             [inputs.engagement]; negative and such large ids can't be compared: use CAST(who AS \
             VARCHAR)",
        ),
        (
            &[(Input::OrderLines, &[unsigned("order")]), (Input::Returns, &[minus("order")])],
            "inputs.returns.order_id is -1 in DIR/returns.parquet, but of type UInt64 in \
             [inputs.order_lines]; negative and such large ids can't be compared: use CAST(order AS \
             VARCHAR)",
        ),
        (
            &[(Input::Touchpoints, &[unsigned("id")]), (Input::Identities, &[minus("id")])],
            "inputs.identities.visitor_id is -1 in DIR/identities.parquet, but of type UInt64 in \
             [inputs.touchpoints]; negative and such large ids can't be compared: use CAST(id AS \
             VARCHAR)",
        ),
    ];
    for (inputs, expected) in cases {
        let folder = Folder::new();
        let error = opened(&folder, inputs).unwrap_err();
        assert_eq!(folder.message(&error), expected);
        assert_eq!(error.is_mapping(), matches!(error, LoadError::MixedIds { .. }));
    }
}
