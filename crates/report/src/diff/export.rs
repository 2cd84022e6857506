//! CSV and JSON of differences: every difference, a row each, exact to the last digit.

use std::io::{self, Write};

use kohort_publish::diff::{Change, Counts, TablePair, Value, What};

use super::ComparedTable;
use crate::Format;
use crate::error::ReportError;

/// Key columns that come first. Those that only some tables have follow in the order of the tables.
const FIRST: [&str; 5] = ["grain", "segment", "segment_value", "period", "cohort"];
/// What follows the key.
const LAST: [&str; 6] = ["kind", "is_closed", "column", "old", "new", "change"];

/// Writes the differences of `tables`, and says how many there are. There is a column for each that is in the
/// key of any table.
///
/// # Errors
///
/// A file that cannot be read, or a writer that fails.
pub fn export(
    tables: &[ComparedTable],
    format: Format,
    to: &mut impl Write,
) -> Result<Counts, ReportError> {
    let keys = keys(tables);
    let is_json = format == Format::Json;
    if is_json {
        write!(to, "[")?;
    } else {
        let names = ["table"].into_iter().chain(keys.iter().copied()).chain(LAST);
        csv(names.map(str::to_owned), to)?;
    }
    let mut counts = Counts::default();
    let mut separator = "";
    for ComparedTable { name, pair, scope } in tables {
        let found = pair.compare(*scope, |change| -> Result<(), ReportError> {
            let fields = fields(name, pair, &keys, &change);
            if is_json {
                let names = ["table"].into_iter().chain(keys.iter().copied()).chain(LAST);
                let pairs =
                    names.zip(&fields).filter_map(|(name, field)| Some((name, field.as_ref()?)));
                let pairs = pairs.map(|(name, value)| format!("\"{name}\":{}", value.json()));
                write!(to, "{separator}{{{}}}", pairs.collect::<Vec<_>>().join(","))?;
                separator = ",\n";
            } else {
                let texts = fields
                    .iter()
                    .map(|field| field.as_ref().map_or(String::new(), Value::to_string));
                csv(texts, to)?;
            }
            Ok(())
        })?;
        counts += found.counts_in(*scope);
    }
    if is_json {
        writeln!(to, "]")?;
    }
    Ok(counts)
}

/// The key columns of all tables.
fn keys(tables: &[ComparedTable]) -> Vec<&str> {
    let all: Vec<&str> =
        tables.iter().flat_map(|table| table.pair.key()).map(String::as_str).collect();
    let mut keys: Vec<_> = FIRST.into_iter().filter(|key| all.contains(key)).collect();
    for key in all {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}

/// The fields of a row: `None` for a key column that the table does not have.
fn fields(table: &str, pair: &TablePair, keys: &[&str], change: &Change) -> Vec<Option<Value>> {
    let key = |name: &&str| {
        let place = pair.key().iter().position(|key| key == name)?;
        change.key.get(place).cloned()
    };
    let [column, old, new, difference] = match &change.what {
        What::Added | What::Removed => [Value::Null, Value::Null, Value::Null, Value::Null],
        What::Cell { column, old, new } => {
            let difference = old.change(new).unwrap_or(Value::Null);
            [Value::Text(column.to_string()), old.clone(), new.clone(), difference]
        }
    };
    let mut fields = vec![Some(Value::Text(table.to_owned()))];
    fields.extend(keys.iter().map(key));
    let kind = Value::Text(change.what.name().to_owned());
    let is_closed = Value::Boolean(change.is_closed);
    fields.extend([kind, is_closed, column, old, new, difference].map(Some));
    fields
}

/// A line, with quotes where a text has what would end it.
fn csv(fields: impl Iterator<Item = String>, to: &mut impl Write) -> io::Result<()> {
    for (place, field) in fields.enumerate() {
        let comma = if place == 0 { "" } else { "," };
        if field.contains([',', '"', '\n', '\r']) {
            write!(to, "{comma}\"{}\"", field.replace('"', "\"\""))?;
        } else {
            write!(to, "{comma}{field}")?;
        }
    }
    writeln!(to)
}
