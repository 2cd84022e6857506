//! What holds in every table, whatever the history. Each check names the first row that breaks it.

mod across;
mod further;
mod lifetime;
mod retention;

use std::cmp::Ordering;
use std::collections::BTreeMap;

use kohort_model::{Basis, Cell, Grain};

use crate::compare::{NaiveRow, cell, count, money};
use crate::render::render_cell;

pub use across::of_tables;
pub use further::{
    carts, churn_indicators, cross_sell, cross_sell_customers, funnel, nps, product_returns,
    receivables,
};
pub use lifetime::{
    churn_reasons, clv_holdout, customers, gap_numbers_add_up, loyalty, purchase_gap_histogram,
    purchase_gaps, revenue_movements, win_back,
};
pub use retention::{
    cohort_curve, cohort_retention, customer_retention, lost_sales, revenue_churn, revenue_total,
};

/// Fails with the row's key where `holds` is false.
fn hold(row: &NaiveRow, holds: bool, rule: &str) -> Result<(), String> {
    if holds {
        return Ok(());
    }
    let cells: Vec<_> = row.iter().map(|(c, v)| format!("{c}={}", render_cell(v))).collect();
    Err(format!("{rule} does not hold in {}", cells.join(" ")))
}

/// Whether two rows are of one grain and segment value.
fn same_group(a: &NaiveRow, b: &NaiveRow) -> bool {
    ["grain", "segment", "segment_value"].iter().all(|name| cell(a, name) == cell(b, name))
}

/// Rows stand in the order of their key, no key twice.
///
/// # Errors
/// The row that is not after the one before it.
pub fn sorted_by_key(rows: &[NaiveRow], key: &[&str]) -> Result<(), String> {
    for pair in rows.windows(2) {
        // Stages have an order of their own.
        let is_stage = |row: &NaiveRow| {
            key.contains(&"source") && *cell(row, "breakdown") == Cell::from("stage")
        };
        let compare =
            |name: &&str| match compare_keys(name, cell(&pair[0], name), cell(&pair[1], name)) {
                Ordering::Greater if **name == *"breakdown_value" && is_stage(&pair[0]) => {
                    Ordering::Less
                }
                order => order,
            };
        let order = key.iter().map(compare).find(|order| order.is_ne());
        hold(&pair[1], order == Some(Ordering::Less), "the order of keys")?;
    }
    Ok(())
}

fn compare_keys(column: &str, a: &Cell, b: &Cell) -> Ordering {
    let text = |cell: &Cell| match cell {
        Cell::Text(text) => text.to_string(),
        _ => String::new(),
    };
    let first = |text: &str| match column {
        "grain" => Grain::ALL.iter().position(|grain| grain.name() == text),
        "segment" => Some(usize::from(text != "all")),
        "breakdown" => Some(usize::from(text != "total")),
        _ => None,
    };
    match (a, b) {
        (Cell::Null, Cell::Null) => Ordering::Equal,
        (Cell::Null, _) => Ordering::Less,
        (_, Cell::Null) => Ordering::Greater,
        (Cell::Int(a), Cell::Int(b)) => a.cmp(b),
        (Cell::Date(a), Cell::Date(b)) => a.cmp(b),
        (Cell::Id(a), Cell::Id(b)) => a.cmp(b),
        _ => (first(&text(a)), text(a)).cmp(&(first(&text(b)), text(b))),
    }
}

/// No rate is NaN or infinite.
///
/// # Errors
/// The first row with such a rate.
pub fn floats_are_finite(rows: &[NaiveRow]) -> Result<(), String> {
    let is_finite = |cell: &Cell| !matches!(cell, Cell::Float(x) if !x.is_finite());
    rows.iter().try_for_each(|r| hold(r, r.iter().all(|(_, v)| is_finite(v)), "a finite rate"))
}

/// In any table: the counts and the money of the values of a segment with `at = "first"` add up to
/// the overall rows.
///
/// # Errors
/// The first overall row to which they do not, or the first row without an overall one.
pub fn segments_add_up(rows: &[NaiveRow], key: &[&str], segment: &str) -> Result<(), String> {
    // A value has no rows before its first order, though a customer may have refunds there: of
    // those the credits of everybody know, and of the value none.
    // Prospects and contacts of people without an order have no value, and a total of a breakdown
    // stands only where the value has the row.
    // Each value has a threshold of its own for a signal.
    const NOT_ADDITIVE: [&str; 17] = [
        "window_periods",
        "lost_revenue",
        "expected_lost_value",
        "cohorts",
        "opening_credits",
        "closing_credits",
        "inactive_opening",
        "reactivated",
        "contacts",
        "churned_total",
        "revenue_lost_total",
        "days_to",
        "days",
        "exposed",
        "exposed_churned",
        "unexposed",
        "unexposed_churned",
    ];
    let rest = |row: &NaiveRow| {
        let parts = key.iter().filter(|name| !name.starts_with("segment"));
        parts.map(|name| render_cell(cell(row, name))).collect::<Vec<_>>()
    };
    let of = |wanted: &str| {
        let wanted = Cell::Text(wanted.into());
        rows.iter().filter(move |row| *cell(row, "segment") == wanted)
    };
    let mut values = BTreeMap::<_, Vec<_>>::new();
    for row in of(segment) {
        values.entry(rest(row)).or_default().push(row);
    }
    for overall in of("all") {
        let values = values.remove(&rest(overall)).unwrap_or_default();
        for (name, total) in overall {
            let adds_up = match total {
                _ if key.contains(&&**name) || NOT_ADDITIVE.contains(&&**name) => true,
                Cell::Int(total) => values.iter().map(|r| count(r, name)).sum::<i64>() == *total,
                Cell::Money(total) => values.iter().map(|r| money(r, name)).sum::<i128>() == *total,
                _ => true,
            };
            hold(overall, adds_up, &format!("{name} is the sum of the values of {segment}"))?;
        }
    }
    let left = values.into_values().flatten().next();
    left.map_or(Ok(()), |row| hold(row, false, "an overall row for each value"))
}

/// Everything that holds in the table `name`.
///
/// # Errors
/// The first row in which something does not hold.
///
/// # Panics
/// Where no table has the name.
pub fn of_table(name: &str, rows: &[NaiveRow], basis: Basis) -> Result<(), String> {
    sorted_by_key(rows, key(name))?;
    floats_are_finite(rows)?;
    match name {
        "carts" => carts(rows),
        "churn_indicators" => churn_indicators(rows),
        "churn_reasons" => churn_reasons(rows),
        "clv_holdout" => clv_holdout(rows),
        "cohort_curve" => cohort_curve(rows),
        "cohort_retention" => cohort_retention(rows, basis),
        "cross_sell" => cross_sell(rows),
        "cross_sell_customers" => cross_sell_customers(rows),
        "customer_retention" => customer_retention(rows),
        "customers" => customers(rows),
        "funnel" => funnel(rows),
        "lost_sales" => lost_sales(rows),
        "loyalty" => loyalty(rows),
        "nps" => nps(rows),
        "product_returns" => product_returns(rows),
        "purchase_gap_histogram" => purchase_gap_histogram(rows),
        "purchase_gaps" => purchase_gaps(rows),
        "receivables" => receivables(rows),
        "revenue_churn" => revenue_churn(rows),
        "revenue_movements" => revenue_movements(rows),
        "win_back" => win_back(rows),
        _ => panic!("no table is named {name:?}"),
    }
}

/// The columns that identify a row of a table.
///
/// # Panics
/// Where no table has the name.
#[must_use]
pub fn key(table: &str) -> &'static [&'static str] {
    macro_rules! of_period {
        ($($more:literal),*) => { &["grain", "segment", "segment_value", "period", $($more),*] };
    }
    match table {
        "churn_reasons" => of_period!["source", "reason", "cause"],
        "clv_holdout" => &["segment", "segment_value", "model", "step"],
        "cohort_curve" => &["grain", "segment", "segment_value", "k"],
        "cohort_retention" => &["grain", "segment", "segment_value", "cohort", "k"],
        "carts" | "customer_retention" | "loyalty" | "nps" | "receivables" | "revenue_churn" => {
            of_period![]
        }
        "churn_indicators" => &["grain", "segment", "segment_value", "signal"],
        "cross_sell" => &["segment", "segment_value", "level", "relation", "item", "other_item"],
        "cross_sell_customers" => &["segment", "segment_value", "level", "item"],
        "funnel" => of_period!["step_number"],
        "product_returns" => of_period!["attribution", "breakdown", "breakdown_value"],
        "customers" => &["customer_id"],
        "lost_sales" => &[
            "source",
            "grain",
            "segment",
            "segment_value",
            "period",
            "buyer",
            "breakdown",
            "breakdown_value",
        ],
        "purchase_gap_histogram" => of_period!["gap_number", "days_from"],
        "purchase_gaps" => of_period!["gap_number"],
        "revenue_movements" => &["grain", "period", "customer_id"],
        "win_back" => of_period!["breakdown", "breakdown_value"],
        _ => panic!("no table is named {table:?}"),
    }
}
