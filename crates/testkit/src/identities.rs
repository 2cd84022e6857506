//! What holds in every table, whatever the history. Each check names the first row that breaks it.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use kohort_model::{Cell, Grain};

use crate::compare::{NaiveRow, cell, count, money};
use crate::render::render_cell;

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
        let order = key
            .iter()
            .map(|name| compare_keys(name, cell(&pair[0], name), cell(&pair[1], name)))
            .find(|order| order.is_ne());
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

/// `customer_retention`: the closing and the buyers' identity, and that a period opens as the one
/// before closed.
///
/// # Errors
/// The first row in which one does not hold.
pub fn customer_retention(rows: &[NaiveRow]) -> Result<(), String> {
    for row in rows {
        let n = |name| count(row, name);
        let closing =
            n("opening") + n("new") + n("entered_existing") + n("returned") - n("churned");
        hold(row, n("closing") == closing, "closing = opening + movements")?;
        let known = n("lifecycle_new") + n("lifecycle_returning") + n("lifecycle_resurrected");
        hold(row, n("buyers") == known + n("entered_existing"), "buyers = lifecycle")?;
        hold(row, n("lost") == n("opening") - n("kept"), "lost = opening - kept")?;
        hold(row, n("kept") <= n("closing").min(n("opening")), "kept <= closing, opening")?;
        hold(row, n("lifecycle_new") == n("new"), "lifecycle_new = new")?;
        hold(row, n("new_at_close") <= n("new"), "new_at_close <= new")?;
    }
    for pair in rows.windows(2).filter(|pair| same_group(&pair[0], &pair[1])) {
        let follows = count(&pair[1], "opening") == count(&pair[0], "closing");
        hold(&pair[1], follows, "opening = closing of the period before")?;
        let before = count(&pair[1], "lifecycle_returning") + count(&pair[1], "lifecycle_dormant");
        hold(&pair[1], count(&pair[0], "buyers") == before, "returning + dormant = buyers before")?;
    }
    Ok(())
}

/// `revenue_churn`: the identities of money and of customers, and with windows of one period that
/// a row opens as the one before closed.
///
/// # Errors
/// The first row in which one does not hold.
pub fn revenue_churn(rows: &[NaiveRow]) -> Result<(), String> {
    for row in rows {
        let (m, n) = (|name| money(row, name), |name| count(row, name));
        let closing = m("opening_revenue")
            + m("new_revenue")
            + m("reactivated_revenue")
            + m("expansion_revenue")
            - m("contraction_revenue")
            - m("churned_revenue");
        hold(row, m("closing_revenue") == closing, "closing = opening + movements")?;
        let stayed =
            n("expansion_customers") + n("contraction_customers") + n("unchanged_customers");
        let opening = stayed + n("churned_customers");
        hold(row, n("opening_customers") == opening, "opening customers = their movements")?;
        let closing = stayed + n("new_customers") + n("reactivated_customers");
        hold(row, n("closing_customers") == closing, "closing customers = their movements")?;
    }
    for pair in rows.windows(2).filter(|pair| same_group(&pair[0], &pair[1])) {
        if count(&pair[0], "window_periods") == 1 {
            for what in ["revenue", "credits"] {
                let opening = money(&pair[1], &format!("opening_{what}"));
                let closing = money(&pair[0], &format!("closing_{what}"));
                hold(&pair[1], opening == closing, "opening = closing of the period before")?;
            }
        }
    }
    Ok(())
}

/// `revenue_churn` of one grain and segment value with windows of one period: what was sold, less
/// credits, is `revenue`, in minor units.
///
/// # Errors
/// Both sums, where they differ.
pub fn revenue_total(rows: &[NaiveRow], revenue: i128) -> Result<(), String> {
    let sum: i128 =
        rows.iter().map(|r| money(r, "closing_revenue") - money(r, "closing_credits")).sum();
    let differs = || format!("closing revenue less credits is {sum}, expected {revenue}");
    (sum == revenue).then_some(()).ok_or_else(differs)
}

/// `cohort_retention`: everybody is active at k = 0, who may still come falls with k, who came
/// again rises, and revenue accumulates.
///
/// # Errors
/// The first row in which one does not hold.
pub fn cohort_retention(rows: &[NaiveRow]) -> Result<(), String> {
    for row in rows {
        let n = |name| count(row, name);
        let is_full = n("active") == n("cohort_size") && n("on_or_after") == n("cohort_size");
        hold(row, n("k") != 0 || is_full, "all active at k = 0")?;
        let is_first = money(row, "cumulative_revenue") == money(row, "revenue");
        hold(row, n("k") != 0 || is_first, "cumulative_revenue = revenue at k = 0")?;
        hold(row, n("active") <= n("on_or_after"), "active <= on_or_after")?;
        hold(row, n("active") <= n("orders"), "active <= orders")?;
        hold(row, n("repurchased_by") <= n("cohort_size"), "repurchased_by <= cohort_size")?;
    }
    let is_same = |a, b| same_group(a, b) && cell(a, "cohort") == cell(b, "cohort");
    for pair in rows.windows(2).filter(|pair| is_same(&pair[0], &pair[1])) {
        let ([a, b], n) = ([&pair[0], &pair[1]], count);
        hold(b, n(a, "k") + 1 == n(b, "k"), "k without holes")?;
        hold(b, n(a, "cohort_size") == n(b, "cohort_size"), "one size of a cohort")?;
        hold(b, n(a, "on_or_after") >= n(b, "on_or_after"), "on_or_after falls")?;
        hold(b, n(a, "repurchased_by") <= n(b, "repurchased_by"), "repurchased_by rises")?;
        let sum = money(a, "cumulative_revenue") + money(b, "revenue");
        hold(b, sum == money(b, "cumulative_revenue"), "cumulative_revenue adds up")?;
    }
    Ok(())
}

/// `cohort_curve`: at k = 0 it is the intakes themselves, and no more cohorts reach a later k.
///
/// # Errors
/// The first row in which one does not hold.
pub fn cohort_curve(rows: &[NaiveRow]) -> Result<(), String> {
    for row in rows {
        let n = |name| count(row, name);
        let is_intake = n("active") == n("customers")
            && money(row, "revenue") == money(row, "base_revenue")
            && *cell(row, "mean_retention_rate") == Cell::Float(1.0);
        hold(row, n("k") != 0 || is_intake, "k = 0 is the intakes")?;
        hold(row, 0 < n("cohorts") && n("cohorts") <= n("customers"), "cohorts <= customers")?;
        hold(row, n("active") <= n("customers"), "active <= customers")?;
    }
    for pair in rows.windows(2).filter(|pair| same_group(&pair[0], &pair[1])) {
        let falls = count(&pair[0], "cohorts") >= count(&pair[1], "cohorts");
        hold(&pair[1], falls, "cohorts fall with k")?;
    }
    Ok(())
}

/// `lost_sales`: attempts are won, lost or open; what is recovered was lost; the reasons of a
/// total add up to it.
///
/// # Errors
/// The first row in which one does not hold.
pub fn lost_sales(rows: &[NaiveRow]) -> Result<(), String> {
    let of_total = |a: &NaiveRow, b: &NaiveRow| {
        same_group(a, b) && ["period", "buyer"].iter().all(|name| cell(a, name) == cell(b, name))
    };
    for with_reasons in rows.chunk_by(of_total) {
        let total = &with_reasons[0];
        hold(total, *cell(total, "breakdown") == "total".into(), "a total before its reasons")?;
        for row in with_reasons {
            let (n, m) = (|name| count(row, name), |name| money(row, name));
            hold(row, n("attempts") == n("won") + n("lost") + n("open"), "attempts = outcomes")?;
            hold(row, n("recovered") + n("recovery_open") <= n("lost"), "recovered <= lost")?;
            let net = m("lost_value") - m("recovered_value");
            hold(row, m("net_lost_value") == net, "net = lost - recovered")?;
            hold(row, m("won_value") + m("lost_value") <= m("attempted_value"), "values <= all")?;
        }
        let reasons = &with_reasons[1..];
        for name in ["lost", "recovered", "recovery_open"] {
            let sum: i64 = reasons.iter().map(|r| count(r, name)).sum();
            hold(total, sum == count(total, name), "reasons add up")?;
        }
        for name in ["lost_value", "recovered_value", "net_lost_value"] {
            let sum: i128 = reasons.iter().map(|r| money(r, name)).sum();
            hold(total, sum == money(total, name), "values of reasons add up")?;
        }
    }
    Ok(())
}

/// In any table: the counts and the money of the values of a segment with `at = "first"` add up to
/// the overall rows.
///
/// # Errors
/// The first overall row to which they do not, or the first row without an overall one.
pub fn segments_add_up(rows: &[NaiveRow], key: &[&str], segment: &str) -> Result<(), String> {
    // A value has no rows before its first order, though a customer may have refunds there: of
    // those the credits of everybody know, and of the value none.
    const NOT_ADDITIVE: [&str; 6] = [
        "window_periods",
        "lost_revenue",
        "expected_lost_value",
        "cohorts",
        "opening_credits",
        "closing_credits",
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
                _ if key.contains(name) || NOT_ADDITIVE.contains(name) => true,
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
pub fn of_table(name: &str, rows: &[NaiveRow]) -> Result<(), String> {
    sorted_by_key(rows, key(name))?;
    floats_are_finite(rows)?;
    match name {
        "cohort_retention" => cohort_retention(rows),
        "cohort_curve" => cohort_curve(rows),
        "customer_retention" => customer_retention(rows),
        "revenue_churn" => revenue_churn(rows),
        "lost_sales" => lost_sales(rows),
        _ => panic!("no table is named {name:?}"),
    }
}

/// The columns that identify a row of a table.
///
/// # Panics
/// Where no table has the name.
#[must_use]
pub fn key(table: &str) -> &'static [&'static str] {
    match table {
        "cohort_retention" => &["grain", "segment", "segment_value", "cohort", "k"],
        "cohort_curve" => &["grain", "segment", "segment_value", "k"],
        "customer_retention" | "revenue_churn" => &["grain", "segment", "segment_value", "period"],
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
        _ => panic!("no table is named {table:?}"),
    }
}
