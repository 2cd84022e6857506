//! What holds between tables.

use std::collections::BTreeMap;

use kohort_model::{Basis, Cell};

use super::{hold, same_group};
use crate::compare::{NaiveRow, cell, count, money, pick};
use crate::render::render_cell;

/// Everything that holds between the tables of one run, as far as they are there.
///
/// # Errors
/// The first row in which something does not hold.
pub fn of_tables(tables: &BTreeMap<&str, Vec<NaiveRow>>, basis: Basis) -> Result<(), String> {
    let table = |name| tables.get(name);
    if let (Some(retention), Some(win_back)) = (table("customer_retention"), table("win_back")) {
        lapsed_follow(retention, win_back)?;
    }
    if let (Some(retention), Some(reasons)) = (table("customer_retention"), table("churn_reasons"))
    {
        reasons_are_churned(retention, reasons)?;
    }
    if let (Some(revenue), Some(movements)) = (table("revenue_churn"), table("revenue_movements")) {
        movements_are_those_of_customers(revenue, movements)?;
    }
    if let (Some(gaps), Some(histogram)) = (table("purchase_gaps"), table("purchase_gap_histogram"))
    {
        buckets_add_up(gaps, histogram)?;
    }
    if let (Some(retention), Some(loyalty)) = (table("customer_retention"), table("loyalty")) {
        for (row, other) in retention.iter().zip(loyalty) {
            let same = count(row, "buyers") == count(other, "buyers");
            hold(other, same, "buyers are those of customer_retention")?;
        }
    }
    if let (Some(carts), Some(lost_sales)) = (table("carts"), table("lost_sales")) {
        carts_are_attempts(carts, lost_sales)?;
    }
    if let (Some(retention), Some(revenue), Basis::Subscriptions) =
        (table("customer_retention"), table("revenue_churn"), basis)
    {
        for (row, other) in retention.iter().zip(revenue) {
            let same = count(row, "closing") == count(other, "closing_customers");
            hold(other, same, "who is active pays")?;
        }
    }
    Ok(())
}

/// The values of some columns as text, to look a row up by.
fn texts(row: &NaiveRow, names: &[&str]) -> Vec<String> {
    names.iter().map(|name| render_cell(cell(row, name))).collect()
}

const PERIOD: [&str; 4] = ["grain", "segment", "segment_value", "period"];

fn lapsed_follow(retention: &[NaiveRow], win_back: &[NaiveRow]) -> Result<(), String> {
    let totals = pick(win_back, &[("breakdown", "total")]);
    let first = retention.first().or(totals.first());
    if retention.len() != totals.len() {
        return first.map_or(Ok(()), |row| hold(row, false, "a total for each period"));
    }
    for (row, total) in retention.iter().zip(&totals) {
        hold(total, texts(row, &PERIOD) == texts(total, &PERIOD), "periods of both tables")?;
        let is_part = count(total, "won_back") <= count(row, "returned");
        hold(total, is_part, "won_back <= returned")?;
    }
    for (row, pair) in retention.iter().zip(totals.windows(2)) {
        if same_group(&pair[0], &pair[1]) {
            let lapsed = count(&pair[0], "lapsed_opening") + count(row, "churned");
            let follows = count(&pair[1], "lapsed_opening") == lapsed - count(row, "returned");
            hold(&pair[1], follows, "lapsed_opening = lapsed_opening + churned - returned")?;
        }
    }
    Ok(())
}

fn reasons_are_churned(retention: &[NaiveRow], reasons: &[NaiveRow]) -> Result<(), String> {
    let mut churned = BTreeMap::<_, i64>::new();
    for row in reasons {
        *churned.entry(texts(row, &PERIOD)).or_default() += count(row, "churned");
    }
    for row in retention {
        let of_reasons = churned.remove(&texts(row, &PERIOD)).unwrap_or_default();
        hold(row, count(row, "churned") == of_reasons, "churned = its reasons")?;
    }
    churned.is_empty().then_some(()).ok_or_else(|| format!("reasons without a period: {churned:?}"))
}

/// Customers and the money that a movement is about, as in `revenue_churn`.
fn movements_are_those_of_customers(
    revenue: &[NaiveRow],
    movements: &[NaiveRow],
) -> Result<(), String> {
    let mut moved = BTreeMap::<_, (i64, i128)>::new();
    for row in movements {
        let column = match cell(row, "movement") {
            Cell::Text(text) if **text == *"new" || **text == *"reactivated" => "closing_revenue",
            Cell::Text(text) if **text == *"churned" => "opening_revenue",
            _ => "change",
        };
        let key = texts(row, &["grain", "period", "movement"]);
        let (customers, sum) = moved.entry(key).or_default();
        *customers += 1;
        *sum += money(row, column).abs();
    }
    for row in pick(revenue, &[("segment", "all")]) {
        for movement in ["new", "reactivated", "expansion", "contraction", "churned", "unchanged"] {
            let mut key = texts(&row, &["grain", "period"]);
            key.push(movement.to_owned());
            let (customers, sum) = moved.remove(&key).unwrap_or_default();
            let expected = count(&row, &format!("{movement}_customers"));
            hold(&row, customers == expected, &format!("customers of {movement}"))?;
            let expected = match movement {
                "unchanged" => 0,
                _ => money(&row, &format!("{movement}_revenue")),
            };
            hold(&row, sum == expected, &format!("revenue of {movement}"))?;
        }
    }
    moved.is_empty().then_some(()).ok_or_else(|| format!("movements without a period: {moved:?}"))
}

fn buckets_add_up(gaps: &[NaiveRow], histogram: &[NaiveRow]) -> Result<(), String> {
    let key = ["grain", "segment", "segment_value", "period", "gap_number"];
    let mut sums = BTreeMap::<_, [i64; 2]>::new();
    for row in histogram {
        let [gaps, open] = sums.entry(texts(row, &key)).or_default();
        *gaps += count(row, "gaps");
        *open += count(row, "open");
    }
    for row in gaps {
        let sum = sums.remove(&texts(row, &key)).unwrap_or_default();
        let same = sum == ["gaps", "open"].map(|name| count(row, name));
        hold(row, same, "buckets add up to gaps and open")?;
    }
    sums.is_empty().then_some(()).ok_or_else(|| format!("buckets without gaps: {sums:?}"))
}

/// The carts of both buyers together are those of `carts`.
fn carts_are_attempts(carts: &[NaiveRow], lost_sales: &[NaiveRow]) -> Result<(), String> {
    const COUNTS: [[&str; 2]; 6] = [
        ["created", "attempts"],
        ["purchased", "won"],
        ["open", "open"],
        ["abandoned", "lost"],
        ["recovered", "recovered"],
        ["recovery_open", "recovery_open"],
    ];
    let mut sums = BTreeMap::<_, [i64; 6]>::new();
    for row in pick(lost_sales, &[("source", "carts"), ("breakdown", "total")]) {
        let sum = sums.entry(texts(&row, &PERIOD)).or_default();
        for (sum, [_, name]) in sum.iter_mut().zip(COUNTS) {
            *sum += count(&row, name);
        }
    }
    for row in carts {
        let sum = sums.remove(&texts(row, &PERIOD)).unwrap_or_default();
        hold(row, sum == COUNTS.map(|[name, _]| count(row, name)), "carts are attempts")?;
    }
    sums.is_empty().then_some(()).ok_or_else(|| format!("attempts without a period: {sums:?}"))
}
