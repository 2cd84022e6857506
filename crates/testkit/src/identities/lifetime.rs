//! Who comes back, how often, and why others left.

use kohort_model::Cell;

use super::{hold, same_group};
use crate::compare::{NaiveRow, cell, count, money};

/// Whether two rows are of one grain, segment value and period.
fn same_period(a: &NaiveRow, b: &NaiveRow) -> bool {
    same_group(a, b) && cell(a, "period") == cell(b, "period")
}

fn is_null(row: &NaiveRow, name: &str) -> bool {
    *cell(row, name) == Cell::Null
}

fn sum_of<'a>(rows: impl IntoIterator<Item = &'a NaiveRow>, name: &str) -> i64 {
    rows.into_iter().map(|row| count(row, name)).sum()
}

/// `revenue_movements`: the change is that of the movement.
///
/// # Errors
/// The first row in which it is not.
pub fn revenue_movements(rows: &[NaiveRow]) -> Result<(), String> {
    for row in rows {
        let m = |name| money(row, name);
        let (before, now) = (m("opening_revenue"), m("closing_revenue"));
        hold(row, m("change") == now - before, "change = closing - opening")?;
        let is = |movement: &'static str| *cell(row, "movement") == movement.into();
        let fits = (before == 0 && now > 0 && (is("new") || is("reactivated")))
            || (before > 0 && now > before && is("expansion"))
            || (0 < now && now < before && is("contraction"))
            || (before > 0 && now == 0 && is("churned"))
            || (before > 0 && now == before && is("unchanged"));
        hold(row, fits, "the movement of its change")?;
    }
    Ok(())
}

/// `win_back`: who is won back had left, who converts was asked, the interval holds the uplift, and
/// what does not apply is NULL.
///
/// # Errors
/// The first row in which one does not hold.
pub fn win_back(rows: &[NaiveRow]) -> Result<(), String> {
    for of_period in rows.chunk_by(same_period) {
        let total = &of_period[0];
        hold(total, *cell(total, "breakdown") == "total".into(), "a total before the others")?;
        for row in of_period {
            let n = |name| count(row, name);
            hold(row, n("won_back") <= n("lapsed_opening"), "won_back <= lapsed_opening")?;
            hold(row, n("reactivated") <= n("inactive_opening"), "reactivated <= inactive")?;
            if !is_null(row, "inactive_opening") {
                let is_broader = n("lapsed_opening") <= n("inactive_opening")
                    && n("won_back") <= n("reactivated");
                hold(row, is_broader, "reactivation is broader than winning back")?;
            }
            hold(row, n("converted") <= n("contacted"), "converted <= contacted")?;
            hold(row, n("holdout_converted") <= n("holdout"), "holdout_converted <= holdout")?;
            let spells = n("contacted") + n("holdout");
            hold(row, spells <= n("contacts"), "spells with a contact <= contacts")?;
            let decided = n("converted") + n("holdout_converted") + n("attribution_open");
            hold(row, decided <= spells, "converted + open <= spells with a contact")?;
            let both = n("contacted") > 0 && n("holdout") > 0;
            hold(row, both != is_null(row, "uplift"), "an uplift of two rates")?;
            if let [Cell::Float(low), Cell::Float(uplift), Cell::Float(high)] =
                ["uplift_low", "uplift", "uplift_high"].map(|name| cell(row, name))
            {
                let holds = -1.0 - 1e-9 <= *low && low <= uplift && uplift <= high;
                hold(row, holds && *high <= 1.0 + 1e-9, "the interval holds the uplift")?;
            }
        }
        for of_breakdown in
            of_period[1..].chunk_by(|a, b| cell(a, "breakdown") == cell(b, "breakdown"))
        {
            let all = sum_of(of_breakdown, "contacts") == count(total, "contacts");
            hold(total, all, "contacts of each breakdown add up")?;
            for name in ["converted", "holdout_converted"] {
                let all = sum_of(of_breakdown, name) == count(total, name);
                hold(total, all, "who converts does so in one part of a breakdown")?;
            }
            for row in of_breakdown {
                hold(row, count(row, "contacts") > 0, "a row where contacts > 0")?;
                hold(row, is_null(row, "lapsed_opening"), "NULL where it does not apply")?;
            }
        }
    }
    Ok(())
}

/// `churn_reasons`: the reasons of a period add up to its churn events and to what they took away.
///
/// # Errors
/// The first row in which one does not hold.
pub fn churn_reasons(rows: &[NaiveRow]) -> Result<(), String> {
    for of_period in rows.chunk_by(same_period) {
        let revenue: i128 = of_period.iter().map(|row| money(row, "revenue_lost")).sum();
        for row in of_period {
            let n = |name| count(row, name);
            hold(row, n("churned") > 0, "a row where somebody left")?;
            let total = sum_of(of_period, "churned");
            hold(row, n("churned_total") == total, "reasons add up to churned_total")?;
            let adds_up = money(row, "revenue_lost_total") == revenue;
            hold(row, adds_up, "reasons add up to revenue_lost_total")?;
            hold(row, n("with_notice") <= n("churned"), "with_notice <= churned")?;
            let has_mean = !is_null(row, "mean_notice_days");
            hold(row, has_mean == (n("with_notice") > 0), "a mean of some days")?;
            let nobody_said = *cell(row, "source") == "none".into();
            let is_unknown = *cell(row, "reason") == "unknown".into();
            hold(row, nobody_said == is_unknown, "unknown where nobody said")?;
        }
    }
    Ok(())
}

/// `purchase_gaps`: a row of all numbers comes first, and the others are parts of it; quantiles rise.
///
/// # Errors
/// The first row in which one does not hold.
pub fn purchase_gaps(rows: &[NaiveRow]) -> Result<(), String> {
    for of_period in rows.chunk_by(same_period) {
        let (total, numbered) = (&of_period[0], &of_period[1..]);
        hold(total, is_null(total, "gap_number"), "every number before each")?;
        for name in ["gaps", "open"] {
            hold(total, sum_of(numbered, name) <= count(total, name), "numbers are parts of all")?;
        }
        for row in of_period {
            let float = |name| match cell(row, name) {
                Cell::Float(x) => Some(*x),
                _ => None,
            };
            let quantiles = ["p25_days", "median_days", "p75_days", "p90_days"].map(float);
            let rises = quantiles.is_sorted();
            hold(row, rises, "quantiles rise")?;
            let has_gaps = count(row, "gaps") > 0;
            let has_all =
                quantiles.iter().chain([&float("mean_days")]).all(|q| q.is_some() == has_gaps);
            hold(row, has_all, "numbers where there are gaps")?;
            hold(row, has_gaps || is_null(row, "km_median_days"), "no median without gaps")?;
        }
    }
    Ok(())
}

/// `purchase_gaps` where no gap's number is beyond `max_gap_number`: the numbers add up.
///
/// # Errors
/// The first row in which they do not.
pub fn gap_numbers_add_up(rows: &[NaiveRow]) -> Result<(), String> {
    for of_period in rows.chunk_by(same_period) {
        for name in ["gaps", "open"] {
            let sum = sum_of(&of_period[1..], name);
            hold(&of_period[0], sum == count(&of_period[0], name), "numbers add up")?;
        }
    }
    Ok(())
}

/// `purchase_gap_histogram`: buckets stand side by side, and none is empty.
///
/// # Errors
/// The first row in which one does not hold.
pub fn purchase_gap_histogram(rows: &[NaiveRow]) -> Result<(), String> {
    for row in rows {
        let n = |name| count(row, name);
        hold(row, n("gaps") + n("open") > 0, "a bucket with gaps")?;
        let width = n("days_to") - n("days_from") + 1;
        hold(row, width > 0 && n("days_from") % width == 0, "buckets from 0 on")?;
    }
    Ok(())
}

/// `loyalty`: who comes twice comes once, in the period, the window and ever.
///
/// # Errors
/// The first row in which one does not hold.
pub fn loyalty(rows: &[NaiveRow]) -> Result<(), String> {
    for row in rows {
        let (m, n) = (|name| money(row, name), |name| count(row, name));
        hold(row, n("repeat_buyers") <= n("buyers"), "repeat_buyers <= buyers")?;
        hold(row, n("buyers") <= n("orders"), "buyers <= orders")?;
        let window = n("window_repeat_buyers") <= n("window_buyers");
        hold(row, window, "window_repeat_buyers <= window_buyers")?;
        hold(row, n("loyal") <= n("window_buyers"), "loyal <= window_buyers")?;
        let is_sold = m("order_revenue") == 0 || n("orders") > 0;
        hold(row, is_sold, "order_revenue of orders")?;
    }
    Ok(())
}

/// `customers`: days and orders agree, and each fifth of the quintiles is one.
///
/// # Errors
/// The first row in which one does not hold.
pub fn customers(rows: &[NaiveRow]) -> Result<(), String> {
    for row in rows {
        let n = |name| count(row, name);
        hold(row, n("order_days") >= 1 && n("order_days") <= n("orders"), "days <= orders")?;
        hold(row, n("frequency") == n("order_days") - 1, "frequency = order_days - 1")?;
        let age = n("recency_days") + n("days_since_last");
        hold(row, n("age_days") == age, "age = recency + days since the last")?;
        hold(row, (n("recency_days") == 0) == (n("frequency") == 0), "recency of repeats")?;
        for name in ["recency_quintile", "frequency_quintile", "monetary_quintile"] {
            hold(row, (1..=5).contains(&n(name)), "quintiles from 1 to 5")?;
        }
        for name in ["monetary", "mean_gap_days", "median_gap_days"] {
            hold(row, is_null(row, name) == (n("frequency") == 0), "means of repeats")?;
        }
        let is = |status: &'static str| *cell(row, "status") == status.into();
        hold(row, !is("lapsed") || n("lapses") > 0, "who has lapsed has a lapse")?;
        hold(row, !is("new") || n("order_days") == 1, "who is new came on one day")?;
        hold(row, !is("won_back") || n("lapses") > 0, "who was won back has a lapse")?;
    }
    Ok(())
}

/// `clv_holdout`: models look at the same customers, who only become more until the calibration
/// ends, and repeat orders add up.
///
/// # Errors
/// The first row in which one does not hold.
pub fn clv_holdout(rows: &[NaiveRow]) -> Result<(), String> {
    let is_same_model = |a: &NaiveRow, b: &NaiveRow| {
        ["segment", "segment_value", "model"].iter().all(|name| cell(a, name) == cell(b, name))
    };
    for steps in rows.chunk_by(is_same_model) {
        let mut cumulative = 0;
        let mut customers = 0;
        for (row, step) in steps.iter().zip(1..) {
            let n = |name| count(row, name);
            hold(row, n("step") == step, "steps without holes")?;
            cumulative += n("actual_orders");
            hold(row, n("actual_cumulative") == cumulative, "actual_cumulative adds up")?;
            hold(row, n("customers") >= customers, "customers rise")?;
            customers = n("customers");
        }
    }
    Ok(())
}
