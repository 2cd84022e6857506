//! Who stays, what is lost, and what was nearly sold.

use kohort_model::{Basis, Cell};

use super::{hold, same_group};
use crate::compare::{NaiveRow, cell, count, money};

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
pub fn cohort_retention(rows: &[NaiveRow], basis: Basis) -> Result<(), String> {
    for row in rows {
        let n = |name| count(row, name);
        let is_full = n("active") == n("cohort_size") && n("on_or_after") == n("cohort_size");
        hold(row, n("k") != 0 || is_full, "all active at k = 0")?;
        let is_first = money(row, "cumulative_revenue") == money(row, "revenue");
        hold(row, n("k") != 0 || is_first, "cumulative_revenue = revenue at k = 0")?;
        hold(row, n("active") <= n("on_or_after"), "active <= on_or_after")?;
        // A subscription goes on without another one.
        let orders_due = basis == Basis::Orders || n("k") == 0;
        hold(row, !orders_due || n("active") <= n("orders"), "active <= orders")?;
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

/// `lost_sales`: attempts are won, lost or open; what is recovered was lost; each lost attempt has one
/// reason and competitor, and stops at one stage.
///
/// # Errors
/// The first row in which one does not hold.
pub fn lost_sales(rows: &[NaiveRow]) -> Result<(), String> {
    let of_total = |a: &NaiveRow, b: &NaiveRow| {
        let names = ["source", "period", "buyer"];
        same_group(a, b) && names.iter().all(|name| cell(a, name) == cell(b, name))
    };
    let is = |row: &NaiveRow, breakdown: &'static str| *cell(row, "breakdown") == breakdown.into();
    for part in rows.chunk_by(of_total) {
        let total = &part[0];
        hold(total, is(total, "total"), "a total before its parts")?;
        for row in part {
            let (n, m) = (|name| count(row, name), |name| money(row, name));
            hold(row, n("attempts") == n("won") + n("lost") + n("open"), "attempts = outcomes")?;
            hold(row, n("recovered") + n("recovery_open") <= n("lost"), "recovered <= lost")?;
            hold(row, n("stopped") <= n("lost"), "stopped <= lost")?;
            let net = m("lost_value") - m("recovered_value");
            hold(row, m("net_lost_value") == net, "net = lost - recovered")?;
            hold(row, m("won_value") + m("lost_value") <= m("attempted_value"), "values <= all")?;
        }
        for parts in part[1..].chunk_by(|a, b| cell(a, "breakdown") == cell(b, "breakdown")) {
            let is_stage = is(&parts[0], "stage");
            let counts =
                if is_stage { &["stopped"][..] } else { &["lost", "recovered", "recovery_open"] };
            for name in counts {
                let sum: i64 = parts.iter().map(|r| count(r, name)).sum();
                let of_total = if is_stage { "lost" } else { name };
                hold(total, sum == count(total, of_total), "parts add up")?;
            }
            let values = if is_stage {
                &["stopped_value"][..]
            } else {
                &["lost_value", "recovered_value", "net_lost_value"]
            };
            for name in values {
                let sum: i128 = parts.iter().map(|r| money(r, name)).sum();
                let of_total = if is_stage { "lost_value" } else { name };
                hold(total, sum == money(total, of_total), "values of parts add up")?;
            }
        }
    }
    Ok(())
}
