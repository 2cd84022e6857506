//! What holds in every table, whatever the history: sums that balance, and periods that open as the
//! one before closed.
//!
//! Tables with a row for each customer are left out: they are written part by part, and are nowhere
//! as a whole.

mod groups;
mod rule;
#[cfg(test)]
mod tests;

use kohort_model::{
    Additive, BY_GRAIN, Basis, Identities, SumsOf, Table, TableSchema, TableSpec, Values,
};

use groups::{Side, number, same_group, shown};
use rule::{Condition, Rule, Sum, holds, integer, sign, texts};

/// A rule of a table, and whether it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The table.
    pub table: &'static str,
    /// The rule, such as `closing = opening + new - churned`. No table has one twice.
    pub rule: String,
    /// Rows, or pairs of rows, that it is about.
    pub rows: u64,
    /// Those of them in which it does not hold.
    pub broken: u64,
    /// Of those the first: its key, and the numbers where it compares some.
    pub example: Option<String>,
}

/// Every rule about some tables of one run, table by table. `specs` declare what holds in them;
/// `segments` are the names of those of `at = "first"`, whose values add up to the overall rows. Takes
/// a time in proportion to the rows.
///
/// # Panics
/// Where a rule names a column that its table does not have: both are declared in this workspace, so
/// that its tests would not pass.
#[must_use]
pub fn identities<'a>(
    tables: &[Table],
    specs: impl IntoIterator<Item = &'a TableSpec>,
    basis: Basis,
    segments: &[&str],
) -> Vec<Identity> {
    let find = |name: &str| tables.iter().find(|table| table.schema().name == name);
    let mut all = Vec::new();
    for table in tables.iter().filter(|table| !table.schema().key.is_empty()) {
        all.push(unique_keys(table));
        all.extend(finite_floats(table));
    }
    for spec in specs {
        let Some(table) = find(spec.schema.name) else { continue };
        let of = &spec.identities;
        all.extend(of.rules.iter().map(|text| within(table, of.group, text)));
        for of_basis in of.of_basis.iter().filter(|of| of.basis == basis) {
            all.extend(of_basis.rules.iter().map(|text| within(table, BY_GRAIN, text)));
        }
        for segment in segments {
            all.extend(segments_add_up(table, of, segment));
        }
        for sums in of.sums.iter().filter(|sums| sums.basis.is_none_or(|only| only == basis)) {
            let parts = if sums.table.is_empty() { Some(table) } else { find(sums.table) };
            if let Some(parts) = parts {
                add_up(table, parts, sums, &mut all);
            }
        }
    }
    all
}

impl Identity {
    fn new(table: &Table, rule: String) -> Self {
        Self { table: table.schema().name, rule, rows: 0, broken: 0, example: None }
    }

    fn note(&mut self, holds: bool, example: impl FnOnce() -> String) {
        self.rows += 1;
        if !holds {
            self.broken += 1;
            self.example.get_or_insert_with(example);
        }
    }
}

fn unique_keys(table: &Table) -> Identity {
    let TableSchema { key, .. } = *table.schema();
    let rows: Vec<usize> = (0..table.rows()).collect();
    let ([groups], count) = number([Side { table, rows: &rows, by: key }]);
    let mut seen = vec![false; count];
    let mut identity = Identity::new(table, format!("one row for each {}", key.join(", ")));
    for (row, group) in groups.into_iter().enumerate() {
        let is_new = !std::mem::replace(&mut seen[group], true);
        identity.note(is_new, || shown(table, key, row));
    }
    identity
}

fn finite_floats(table: &Table) -> Option<Identity> {
    let mut identity = Identity::new(table, "floats are finite".to_owned());
    let columns = table.schema().columns.iter().zip(table.columns());
    let floats: Vec<_> = columns
        .filter_map(|(column, values)| match values {
            Values::Float64(values) => Some((column.name, values)),
            _ => None,
        })
        .collect();
    if floats.is_empty() {
        return None;
    }
    for row in 0..table.rows() {
        let wrong = floats.iter().find(|(_, values)| values[row].is_some_and(|x| !x.is_finite()));
        identity.note(wrong.is_none(), || {
            let name = wrong.map_or("", |(name, _)| *name);
            format!("{} ({name})", shown(table, table.schema().key, row))
        });
    }
    Some(identity)
}

fn within(table: &Table, group: &[&str], text: &str) -> Identity {
    let rule = Rule::parse(text, table);
    let mut identity = Identity::new(table, text.to_owned());
    let group = if rule.head.uses_next() { group } else { &[] };
    rule.apply(table.rows(), same_group(table, group), |row, next, holds| {
        identity.note(holds, || {
            let key = shown(table, table.schema().key, row);
            rule.head.shown(row, next).map_or_else(|| key.clone(), |n| format!("{key} ({n})"))
        });
    });
    identity
}

/// The rows for which all of some conditions hold.
fn rows_where(table: &Table, conditions: &str) -> Vec<usize> {
    let conditions = Condition::all(conditions, table);
    (0..table.rows()).filter(|row| conditions.iter().all(|c| c.holds(*row, *row))).collect()
}

fn add_up(table: &Table, of: &Table, parts: &SumsOf, found: &mut Vec<Identity>) {
    let part_by = if parts.part_by.is_empty() { parts.by } else { parts.part_by };
    let (totals, rows) = (rows_where(table, parts.at), rows_where(of, parts.over));
    let side = Side { table, rows: &totals, by: parts.by };
    let ([group_of_total, group_of_part], count) =
        number([side, Side { table: of, rows: &rows, by: part_by }]);
    let present = |groups: &[usize]| {
        let mut present = vec![false; count];
        for group in groups {
            present[*group] = true;
        }
        present
    };
    let (has_total, has_part) = (present(&group_of_total), present(&group_of_part));
    for (total, part) in parts.columns {
        let mut sums = vec![0_i128; count];
        let sum = Sum::parse(part, of);
        for (row, group) in rows.iter().zip(&group_of_part) {
            sums[*group] = sums[*group].wrapping_add(sum.integer(*row, *row));
        }
        let mut identity = Identity::new(table, sums_rule(parts, total, part));
        let value = Sum::parse(total, table);
        let group = if value.uses_next { BY_GRAIN } else { &[] };
        let same = same_group(table, group);
        for (place, (row, group)) in totals.iter().zip(&group_of_total).enumerate() {
            let next = match totals.get(place + 1) {
                _ if !value.uses_next => *row,
                Some(next) if same(*row, *next) => *next,
                _ => continue,
            };
            if has_part[*group] || parts.is_complete {
                let (value, sum) = (value.integer(*row, next), sums[*group]);
                identity.note(holds(parts.compare, value.cmp(&sum)), || {
                    format!("{} ({value} and {sum})", shown(table, table.schema().key, *row))
                });
            }
        }
        if parts.is_complete {
            // Parts of no total.
            let lone = rows.iter().zip(&group_of_part).filter(|(_, group)| !has_total[**group]);
            for (row, _) in lone.filter(|(_, group)| sums[**group] != 0) {
                identity.note(false, || {
                    format!("no total for {} {}", of.schema().name, shown(of, part_by, *row))
                });
            }
        }
        found.push(identity);
    }
}

/// A total and what adds up to it in words: `lost = sum(orders: lost where source is carts)`.
fn sums_rule(parts: &SumsOf, total: &str, part: &str) -> String {
    let with = |text: String, conditions: &str| match conditions {
        "" => text,
        conditions => format!("{text} where {conditions}"),
    };
    let of = if parts.table.is_empty() { String::new() } else { format!("{}: ", parts.table) };
    let sum = with(format!("{of}{part}"), parts.over);
    with(format!("{total} {} sum({sum})", sign(parts.compare)), parts.at)
}

/// The counts and the money of the values of a segment add up to the overall rows, in the rows in
/// which they do.
fn segments_add_up(table: &Table, of: &Identities, segment: &str) -> Option<Identity> {
    let over = match of.additive {
        Additive::No => return None,
        Additive::Everywhere => "",
        Additive::Where(conditions) => conditions,
    };
    let schema = table.schema();
    let mut totals = rows_where(table, over);
    let mut rows = totals.clone();
    let segments = texts(table, "segment");
    totals.retain(|row| segments[*row].as_deref() == Some("all"));
    rows.retain(|row| segments[*row].as_deref() == Some(segment));
    let rest: Vec<_> =
        schema.key.iter().copied().filter(|name| !name.starts_with("segment")).collect();
    let side = |rows| Side { table, rows, by: &rest };
    let ([group_of_total, group_of_part], count) = number([side(&totals), side(&rows)]);
    let mut total_of = vec![None; count];
    for (row, group) in totals.iter().zip(&group_of_total) {
        total_of[*group] = Some(*row);
    }
    let mut broken: Vec<Option<&str>> = vec![None; count];
    for (column, values) in schema.columns.iter().zip(table.columns()) {
        let is_number = matches!(values, Values::Int32(_) | Values::Int64(_) | Values::Money(_));
        if !is_number || schema.key.contains(&column.name) || of.not_additive.contains(&column.name)
        {
            continue;
        }
        let mut sums = vec![0_i128; count];
        for (row, group) in rows.iter().zip(&group_of_part) {
            sums[*group] = sums[*group].wrapping_add(integer(values, *row).unwrap_or_default());
        }
        for (group, sum) in sums.iter().enumerate() {
            let total = total_of[group].and_then(|row| integer(values, row));
            if total.is_some_and(|total| total != *sum) {
                broken[group].get_or_insert(column.name);
            }
        }
    }
    let mut identity =
        Identity::new(table, format!("the values of segment {segment} add up to all"));
    for (row, group) in totals.iter().zip(&group_of_total) {
        identity.note(broken[*group].is_none(), || {
            let column = broken[*group].unwrap_or_default();
            format!("{} ({column})", shown(table, schema.key, *row))
        });
    }
    for (row, _) in rows.iter().zip(&group_of_part).filter(|(_, group)| total_of[**group].is_none())
    {
        identity.note(false, || format!("no row of all for {}", shown(table, &rest, *row)));
    }
    Some(identity)
}
