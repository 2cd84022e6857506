//! Where visitors stop, what comes back, who owes what, and what goes with what.

use std::collections::BTreeMap;

use kohort_model::Cell;

use super::{hold, same_group};
use crate::compare::{NaiveRow, cell, count, money};
use crate::render::render_cell;

fn is_null(row: &NaiveRow, name: &str) -> bool {
    *cell(row, name) == Cell::Null
}

fn same_period(a: &NaiveRow, b: &NaiveRow) -> bool {
    same_group(a, b) && cell(a, "period") == cell(b, "period")
}

/// `funnel`: who enters a step gets on, drops or is under way, and the last step leads nowhere.
///
/// # Errors
/// The first row in which one does not hold.
pub fn funnel(rows: &[NaiveRow]) -> Result<(), String> {
    for steps in rows.chunk_by(same_period) {
        for (row, number) in steps.iter().zip(1..) {
            let n = |name| count(row, name);
            hold(row, n("step_number") == number, "steps without holes")?;
            hold(row, n("visitors") == count(&steps[0], "entered"), "visitors enter step 1")?;
            let is_last = steps.len() == usize::try_from(number).unwrap_or_default();
            for name in ["converted", "dropped", "open", "lost_value", "dropped_without_value"] {
                hold(row, is_null(row, name) == is_last, "NULL of the last step")?;
            }
            if !is_last {
                let all = n("converted") + n("dropped") + n("open");
                hold(row, n("entered") == all, "entered = converted + dropped + open")?;
                hold(row, n("dropped_without_value") <= n("dropped"), "of the dropped")?;
            }
        }
        for pair in steps.windows(2) {
            let follows = count(&pair[0], "converted") == count(&pair[1], "entered");
            hold(&pair[1], follows, "entered = converted of the step before")?;
        }
    }
    Ok(())
}

/// `carts`: each has one fate.
///
/// # Errors
/// The first row in which one does not hold.
pub fn carts(rows: &[NaiveRow]) -> Result<(), String> {
    for row in rows {
        let (n, m) = (|name| count(row, name), |name| money(row, name));
        let fates = n("purchased") + n("open") + n("abandoned");
        hold(row, n("created") == fates, "created = purchased + open + abandoned")?;
        let lost = n("recovered") + n("recovery_open");
        hold(row, lost <= n("abandoned"), "recovered + open <= abandoned")?;
        hold(row, m("recovered_value") <= m("abandoned_value"), "recovered value of abandoned")?;
        let decided = m("purchased_value") + m("abandoned_value");
        hold(row, decided <= m("created_value"), "value of fates <= value")?;
        hold(row, n("without_value") <= n("created"), "without_value <= created")?;
    }
    Ok(())
}

/// `product_returns`: what is sold and returned in all is that of the products and categories, and
/// what is sold does not depend on the attribution.
///
/// # Errors
/// The first row in which one does not hold.
pub fn product_returns(rows: &[NaiveRow]) -> Result<(), String> {
    let mut sold = BTreeMap::new();
    let same_attribution = |a: &NaiveRow, b: &NaiveRow| {
        same_period(a, b) && cell(a, "attribution") == cell(b, "attribution")
    };
    for part in rows.chunk_by(same_attribution) {
        let total = &part[0];
        hold(total, *cell(total, "breakdown") == "total".into(), "a total before the others")?;
        let key: Vec<_> = ["grain", "segment", "segment_value", "period"]
            .map(|name| render_cell(cell(total, name)))
            .into();
        let of_total = ["sold_units", "sold_orders"].map(|name| count(total, name));
        let other = *sold.entry(key).or_insert(of_total);
        hold(total, other == of_total, "sold whatever the attribution")?;
        for row in part {
            let by_order = *cell(row, "attribution") == "order_date".into();
            let is_total = *cell(row, "breakdown") == "total".into();
            let has_unmatched = !is_null(row, "unmatched");
            hold(row, has_unmatched == (is_total && !by_order), "unmatched of return_date")?;
        }
        let same_breakdown =
            |a: &NaiveRow, b: &NaiveRow| cell(a, "breakdown") == cell(b, "breakdown");
        for of_breakdown in part[1..].chunk_by(same_breakdown) {
            let is_reason = *cell(&of_breakdown[0], "breakdown") == "reason".into();
            for name in ["sold_units", "returned_units"] {
                let sum: i64 = of_breakdown.iter().map(|row| count(row, name)).sum();
                let is_there = !(is_reason && name == "sold_units");
                hold(total, !is_there || sum == count(total, name), "units add up")?;
            }
            for name in ["sold_value", "returned_value"] {
                let sum: i128 = of_breakdown.iter().map(|row| money(row, name)).sum();
                let is_there = !(is_reason && name == "sold_value");
                hold(total, !is_there || sum == money(total, name), "values add up")?;
            }
        }
    }
    Ok(())
}

/// `receivables`: what is owed is current or overdue, and a period opens as the one before closed.
///
/// # Errors
/// The first row in which one does not hold.
pub fn receivables(rows: &[NaiveRow]) -> Result<(), String> {
    for row in rows {
        let (n, m) = (|name| count(row, name), |name| money(row, name));
        let ages = ["overdue_1_30", "overdue_31_60", "overdue_61_90", "overdue_over_90"].map(m);
        let all = m("current") + ages.iter().sum::<i128>();
        hold(row, m("receivables") == all, "receivables = current + overdue")?;
        hold(row, n("paid_late") <= n("paid"), "paid_late <= paid")?;
        hold(row, m("open_credits") >= 0, "credits are positive")?;
        hold(row, n("days") > 0, "a row has known days")?;
    }
    for pair in rows.windows(2).filter(|pair| same_group(&pair[0], &pair[1])) {
        let follows = money(&pair[1], "opening_receivables") == money(&pair[0], "receivables");
        hold(&pair[1], follows, "opening_receivables = receivables of the period before")?;
    }
    Ok(())
}

/// `nps`: each answer is one of the three.
///
/// # Errors
/// The first row in which one does not hold.
pub fn nps(rows: &[NaiveRow]) -> Result<(), String> {
    for row in rows {
        let n = |name| count(row, name);
        let all = n("promoters") + n("passives") + n("detractors");
        hold(row, n("responses") == all, "responses = promoters + passives + detractors")?;
        for name in ["nps", "nps_standard_error"] {
            hold(row, is_null(row, name) == (n("responses") == 0), "a score of some")?;
        }
    }
    Ok(())
}

/// `churn_indicators`: everybody is exposed or not, and has churned or not.
///
/// # Errors
/// The first row in which one does not hold.
pub fn churn_indicators(rows: &[NaiveRow]) -> Result<(), String> {
    for row in rows {
        let n = |name| count(row, name);
        hold(row, n("observations") > 0, "a row with observations")?;
        let all = n("exposed") + n("unexposed");
        hold(row, n("observations") == all, "observations = exposed + unexposed")?;
        let churned = n("exposed_churned") + n("unexposed_churned");
        hold(row, n("churned") == churned, "churned = exposed + unexposed")?;
        hold(row, n("with_signal") <= n("observations"), "with_signal <= observations")?;
        let exposed = [n("exposed_churned"), n("exposed") - n("exposed_churned")];
        let others = [n("unexposed_churned"), n("unexposed") - n("unexposed_churned")];
        let any_zero = exposed.into_iter().chain(others).any(|n| n == 0);
        hold(row, is_null(row, "odds_ratio") == any_zero, "odds of four counts")?;
        if let Cell::Float(auc) = cell(row, "auc") {
            hold(row, (0.0..=1.0).contains(auc), "auc is a probability")?;
        }
    }
    Ok(())
}

/// `cross_sell`: a pair is no more often there than either item; those of a customer and of an order
/// stand in both directions.
///
/// # Errors
/// The first row in which one does not hold.
pub fn cross_sell(rows: &[NaiveRow]) -> Result<(), String> {
    let key = |row: &NaiveRow, items: [&str; 2]| {
        let names = ["segment", "segment_value", "level", "relation", items[0], items[1]];
        names.map(|name| render_cell(cell(row, name)))
    };
    let both: BTreeMap<_, _> = rows
        .iter()
        .map(|row| (key(row, ["item", "other_item"]), count(row, "with_both")))
        .collect();
    for row in rows {
        let n = |name| count(row, name);
        hold(row, cell(row, "item") != cell(row, "other_item"), "two different items")?;
        hold(row, n("with_both") >= 2, "with_both >= 2")?;
        let least = n("with_item").min(n("with_other"));
        hold(row, n("with_both") <= least, "with_both <= with_item, with_other")?;
        hold(row, n("with_item").max(n("with_other")) <= n("baskets"), "items of baskets")?;
        if *cell(row, "relation") != "next".into() {
            let other = both.get(&key(row, ["other_item", "item"]));
            hold(row, other == Some(&n("with_both")), "both directions")?;
        }
    }
    Ok(())
}

/// `cross_sell_customers`: the row of all items comes before them and adds up what they repeat.
///
/// # Errors
/// The first row in which one does not hold.
pub fn cross_sell_customers(rows: &[NaiveRow]) -> Result<(), String> {
    let same_level = |a: &NaiveRow, b: &NaiveRow| {
        ["segment", "segment_value", "level"].iter().all(|name| cell(a, name) == cell(b, name))
    };
    for level in rows.chunk_by(same_level) {
        let (all, items) = (&level[0], &level[1..]);
        hold(all, is_null(all, "item"), "all items before each")?;
        for row in level {
            let n = |name| count(row, name);
            hold(row, n("with_others") <= n("customers"), "with_others <= customers")?;
            hold(row, n("customers") <= count(all, "customers"), "customers of an item")?;
            let changes = n("upgrades") + n("downgrades");
            hold(row, changes <= n("repeat_purchases"), "changes of repeat purchases")?;
        }
        for name in ["repeat_purchases", "upgrades", "downgrades"] {
            let sum: i64 = items.iter().map(|row| count(row, name)).sum();
            hold(all, count(all, name) == sum, "sums over the items")?;
        }
    }
    Ok(())
}
