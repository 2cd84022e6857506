//! The schemas of tables, for reading.

use std::fmt::Write as _;

use comfy_table::{ContentArrangement, Table, presets};
use kohort_model::{ColumnType, TableSchema};

/// The tables, one a line: name, question, key. Texts are wrapped to `width` places; without it a row is a
/// line.
#[must_use]
pub fn list(schemas: &[&TableSchema], width: Option<u16>) -> String {
    let mut table = layout(width);
    table.set_header(["table", "question", "key"]);
    for schema in schemas {
        table.add_row([schema.name, schema.description, &schema.key.join(", ")]);
    }
    lines(&table)
}

/// The columns of a table, one a line: name, type, unit, meaning. Texts are wrapped to `width` places;
/// without it a row is a line.
#[must_use]
pub fn describe(schema: &TableSchema, width: Option<u16>) -> String {
    let mut text = format!("{}: {}\n", schema.name, schema.description);
    let _ = writeln!(text, "key: {}", schema.key.join(", "));
    if !schema.revisable.is_empty() {
        let _ = writeln!(
            text,
            "revised by later orders, also in complete periods: {}",
            schema.revisable.join(", ")
        );
    }
    text.push('\n');
    let mut table = layout(width);
    table.set_header(["column", "type", "unit", "meaning"]);
    for column in schema.columns {
        let null = if column.nullable { " or NULL" } else { "" };
        let ty = format!("{}{null}", type_name(column.ty));
        table.add_row([column.name, &ty, column.unit.name(), column.description]);
    }
    text.push_str(&lines(&table));
    text
}

/// The columns of a table as a Markdown table: name, type, unit, meaning.
#[must_use]
pub fn markdown(schema: &TableSchema) -> String {
    let mut text = "| column | type | unit | meaning |\n|---|---|---|---|\n".to_owned();
    for column in schema.columns {
        let null = if column.nullable { " or NULL" } else { "" };
        let (ty, unit) = (type_name(column.ty), column.unit.name());
        let meaning = column.description.replace('|', "\\|");
        let _ = writeln!(text, "| `{}` | {ty}{null} | {unit} | {meaning} |", column.name);
    }
    text
}

pub(crate) fn type_name(ty: ColumnType) -> &'static str {
    match ty {
        ColumnType::Text => "text",
        ColumnType::Date => "date",
        ColumnType::Int32 => "Int32",
        ColumnType::Int64 => "Int64",
        ColumnType::Float64 => "Float64",
        ColumnType::Money => "Decimal(38, scale)",
        ColumnType::Boolean => "Boolean",
        ColumnType::Id => "as in the input",
    }
}

/// Texts are wrapped to the width of the terminal; elsewhere a row is a line.
fn layout(width: Option<u16>) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    if let Some(width) = width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    table
}

fn lines(table: &Table) -> String {
    let mut text = String::new();
    for line in table.lines() {
        // The layout indents by one and fills up with spaces.
        text.push_str(line.strip_prefix(' ').unwrap_or(&line).trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use kohort_model::{Column, Unit, keys};

    use super::*;

    static EXAMPLE: TableSchema = TableSchema {
        name: "example",
        description: "What an example looks like",
        columns: &[
            keys::PERIOD,
            Column::count("buyers", Unit::Customers, "customers who bought"),
            Column::money("revenue", "what they paid"),
            Column::rate("share", "buyers / customers"),
        ],
        key: &["period"],
        revisable: &["share"],
    };

    #[test]
    fn a_table() {
        insta::assert_snapshot!(describe(&EXAMPLE, None), @r#"
        example: What an example looks like
        key: period
        revised by later orders, also in complete periods: share

        column   type                unit       meaning
        period   date                day        first day of the period
        buyers   Int64               customers  customers who bought
        revenue  Decimal(38, scale)  currency   what they paid
        share    Float64 or NULL     ratio      buyers / customers
        "#);
    }

    #[test]
    fn all_tables() {
        insta::assert_snapshot!(list(&[&EXAMPLE], Some(40)), @r#"
        table    question               key
        example  What an example looks  period
                 like
        "#);
    }
}
