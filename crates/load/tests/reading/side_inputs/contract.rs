//! What does not fit the files.

use kohort_load::{LoadError, Source, open};
use kohort_model::Input;

use super::{TABLES, source, table, table_of};
use crate::support::{Folder, Maps as _, lines, read};

#[test]
fn columns_that_one_file_lacks() {
    let optional = ["why", "stage", "rival", "product", "category", "due"];
    for (input, words) in TABLES {
        let names: Vec<_> = table(words).iter().map(|column| column.name().clone()).collect();
        for name in names {
            let folder = Folder::new();
            folder.write("a.parquet", table(words));
            let mut columns = table(words);
            columns.retain(|column| *column.name() != name);
            folder.write("b.parquet", columns);
            match open(source(&folder, "*.parquet", input, true)) {
                Ok(input) => {
                    assert!(optional.contains(&name.as_str()), "{name}");
                    read(&input).unwrap();
                }
                Err(LoadError::UnknownColumn { column, path, .. }) => {
                    assert!(!optional.contains(&name.as_str()), "{name}");
                    assert_eq!((column, path), (name.to_string(), folder.path("b.parquet")));
                }
                Err(other) => panic!("{other}"),
            }
        }
    }
}

#[test]
fn mapped_values_that_do_not_fit() {
    type Change = fn(&mut Source);
    let cases: [(Input, Change, &str); 10] = [
        (
            Input::Surveys,
            |s| score(s, "why"),
            "inputs.surveys.score = \"why\" is of type str in DIR/a.parquet; a score is a decimal, an \
             integer or a float: use CAST(why AS INTEGER)",
        ),
        (
            Input::Surveys,
            |s| score(s, "at"),
            "inputs.surveys.score = \"at\" is of type date in DIR/a.parquet; a score is a decimal, an \
             integer or a float",
        ),
        (
            Input::OrderLines,
            |s| s.set("units", "product"),
            "inputs.order_lines.units = \"product\" is of type str in DIR/a.parquet; a number of units \
             is a decimal, an integer or a float: use CAST(product AS BIGINT)",
        ),
        (
            Input::Engagement,
            |s| s.set("value", "kind"),
            "inputs.engagement.value = \"kind\" is of type str in DIR/a.parquet; an amount is a \
             decimal, an integer or a float: use CAST(kind AS DECIMAL(38, 2))",
        ),
        (
            Input::Opportunities,
            |s| s.set("closed_at", "id"),
            "inputs.opportunities.closed_at = \"id\" is of type i64 in DIR/a.parquet; a time is a date \
             or a timestamp: use TO_TIMESTAMP(id) of seconds since 1970, EPOCH_MS(id) of milliseconds",
        ),
        (
            Input::Opportunities,
            |s| s.set("buyer", "value"),
            "inputs.opportunities.buyer = \"value\" is of type decimal[15,2] in DIR/a.parquet; an id \
             is an integer, text or binary: use CAST(value AS BIGINT) or CAST(value AS VARCHAR)",
        ),
        (
            Input::Touchpoints,
            |s| s.set("customer_id", "at"),
            "inputs.touchpoints.customer_id = \"at\" is of type date in DIR/a.parquet; an id is an \
             integer, text or binary: use CAST(at AS BIGINT) or CAST(at AS VARCHAR)",
        ),
        (
            Input::Touchpoints,
            |s| s.set("customer_id", "'x'"),
            "inputs.touchpoints.customer_id = \"'x'\" names no column, so every row would have the \
             same value",
        ),
        (
            Input::Touchpoints,
            |s| s.max_segment_values = 3,
            "inputs.touchpoints.step has more than max_segment_values = 3 values; group them in its \
             expression, or raise max_segment_values",
        ),
        (
            Input::Identities,
            |s| s.set("visitor_id", "1.5"),
            "inputs.identities.visitor_id = \"1.5\" names no column, so every row would have the same \
             value",
        ),
    ];
    for (input, change, expected) in cases {
        let folder = Folder::new();
        folder.write("a.parquet", table_of(input));
        let mut source = source(&folder, "a.parquet", input, true);
        change(&mut source);
        assert_eq!(folder.error(source), expected);
    }
}

fn score(source: &mut Source, expr: &str) {
    source.unmap("reason");
    source.map("score", expr);
}

#[test]
fn products_are_as_many_as_they_are() {
    let folder = Folder::new();
    folder.write("a.parquet", table_of(Input::OrderLines));
    let mut source = source(&folder, "a.parquet", Input::OrderLines, true);
    source.max_segment_values = 2;
    assert_eq!(lines(source.clone()).len(), 3);
    source.max_segment_values = 1;
    let message = folder.error(source);
    assert!(message.starts_with("inputs.order_lines.category has more than "), "{message}");
}
