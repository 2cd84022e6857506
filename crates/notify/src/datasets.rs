//! Datasets of a run: where its inputs are, what was read of them, and which columns they have.

use std::collections::BTreeMap;

use kohort_model::{Column, ColumnType, TableSchema};
use kohort_publish::FileRecord;

use crate::lineage::{Dataset, DatasetField};

/// The files and folders that patterns match, each once.
pub(crate) fn datasets(patterns: &[String]) -> Vec<Dataset> {
    let mut datasets: Vec<Dataset> = Vec::with_capacity(patterns.len());
    for pattern in patterns {
        let dataset = Dataset::at(&place(pattern));
        if !datasets.contains(&dataset) {
            datasets.push(dataset);
        }
    }
    datasets
}

/// A pattern up to its first placeholder. What is escaped in it is none.
fn place(pattern: &str) -> String {
    const ESCAPED: [(&str, &str); 4] = [("[[]", "["), ("[]]", "]"), ("[*]", "*"), ("[?]", "?")];
    if pattern.starts_with("http://") || pattern.starts_with("https://") {
        return pattern.to_owned();
    }
    let has_placeholder = |part: &str| {
        let plain = ESCAPED.iter().fold(part.to_owned(), |part, (from, _)| part.replace(from, ""));
        plain.contains(['*', '?', '['])
    };
    let parts: Vec<&str> = pattern.split('/').take_while(|part| !has_placeholder(part)).collect();
    ESCAPED.iter().fold(parts.join("/"), |place, (from, to)| place.replace(from, to))
}

/// Counts each file of an input or a lookup that was read where it lies. What was known without reading it counts
/// nowhere: `OpenLineage` asks for what a run has read.
pub(crate) fn count(places: &mut [Dataset], files: &[FileRecord]) {
    for file in files {
        let at = Dataset::at(&file.path);
        let holds = |place: &Dataset| {
            let rest =
                at.name.strip_prefix(&place.name).filter(|_| at.namespace == place.namespace);
            rest.is_some_and(|rest| {
                rest.is_empty() || rest.starts_with('/') || place.name.is_empty()
            })
        };
        // A file that a link leads to may lie elsewhere.
        let found = (0..places.len()).filter(|p| holds(&places[*p]));
        let found = found.max_by_key(|p| places[*p].name.len()).unwrap_or(0);
        if let Some(place) = places.get_mut(found) {
            let counted = place.statistics.get_or_insert_default();
            if file.rows_read > 0 {
                counted.rows += file.rows_read;
                counted.bytes += file.bytes;
                counted.files += 1;
            }
        }
    }
}

/// A value of an input that the pipeline file maps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappedColumn {
    /// Its key in the pipeline file.
    pub key: String,
    /// What it is mapped to.
    pub expression: String,
    /// The type of that.
    pub ty: String,
}

/// The columns of an input that are mapped as they are.
pub(crate) fn fields_of_input(mapped: &[MappedColumn]) -> Vec<DatasetField> {
    let mut fields: BTreeMap<&str, (&str, Vec<&str>)> = BTreeMap::new();
    for MappedColumn { key, expression, ty } in mapped {
        let column = expression.trim().trim_matches('"');
        let is_name = column.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && column.chars().all(|c| c.is_alphanumeric() || c == '_');
        if is_name {
            fields.entry(column).or_insert((ty, Vec::new())).1.push(key);
        }
    }
    let field = |(name, (ty, keys)): (&str, (&str, Vec<&str>))| DatasetField {
        name: name.to_owned(),
        ty: ty.to_owned(),
        description: keys.join(", "),
    };
    fields.into_iter().map(field).collect()
}

/// The columns of a table that do not depend on the pipeline.
pub(crate) fn fields_of_table(schema: &TableSchema) -> Vec<DatasetField> {
    let field = |column: &Column| DatasetField {
        name: column.name.to_owned(),
        ty: match column.ty {
            ColumnType::Text => "VARCHAR",
            ColumnType::Date => "DATE",
            ColumnType::Int32 => "INTEGER",
            ColumnType::Int64 => "BIGINT",
            ColumnType::Float64 => "DOUBLE",
            ColumnType::Money => "DECIMAL(38)",
            ColumnType::Boolean => "BOOLEAN",
            ColumnType::Id => "ID",
        }
        .to_owned(),
        description: column.description.to_owned(),
    };
    schema.columns.iter().map(field).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_patterns() {
        for (pattern, expected) in [
            ("/data/orders.parquet", "/data/orders.parquet"),
            ("/data/orders", "/data/orders"),
            ("/data/orders/*.parquet", "/data/orders"),
            ("/data/orders/*/2024-?.parquet", "/data/orders"),
            ("/a [[]b[]] [*]/orders/[0-9].parquet", "/a [b] */orders"),
            ("s3://bucket/orders/*.parquet", "s3://bucket/orders"),
            ("s3://bucket/*.parquet", "s3://bucket"),
            ("https://host/a.parquet?x=[1]", "https://host/a.parquet?x=[1]"),
        ] {
            assert_eq!(place(pattern), expected, "{pattern}");
        }
    }

    #[test]
    fn files_count_where_they_lie() {
        let file = |path: &str, rows| FileRecord {
            path: path.to_owned(),
            rows,
            rows_read: rows,
            bytes: 10 * rows,
            ..FileRecord::default()
        };
        let files = [
            file("/data/new/a.parquet", 1),
            file("/data/new/b.parquet", 20),
            file("/data/new/late/a.parquet", 300),
            file("/data/newer.parquet", 4000),
            file("/elsewhere/a.parquet", 50_000),
            FileRecord { rows_read: 0, ..file("/data/new/known.parquet", 600_000) },
        ];
        let patterns = ["/data/old/*", "/data/new", "/data/new/late/*", "/data/newer.parquet"];
        let mut places = datasets(&patterns.map(str::to_owned));
        count(&mut places, &files);
        let rows: Vec<_> = places
            .iter()
            .map(|place| place.statistics.map(|counted| (counted.rows, counted.files)))
            .collect();
        assert_eq!(rows, [Some((50_000, 1)), Some((21, 2)), Some((300, 1)), Some((4000, 1))]);
    }

    #[test]
    fn columns_are_those_that_stand_as_they_are() {
        let mapped = |key: &str, expression: &str| MappedColumn {
            key: key.to_owned(),
            expression: expression.to_owned(),
            ty: "i64".to_owned(),
        };
        let fields = fields_of_input(&[
            mapped("customer_id", "customer"),
            mapped("ordered_at", "\"day\""),
            mapped("amount", "price * units"),
            mapped("status", "'paid'"),
            mapped("order_id", "customer"),
        ]);
        let found: Vec<_> = fields.iter().map(|f| (&*f.name, &*f.ty, &*f.description)).collect();
        assert_eq!(
            found,
            [("customer", "i64", "customer_id, order_id"), ("day", "i64", "ordered_at")]
        );
    }
}
