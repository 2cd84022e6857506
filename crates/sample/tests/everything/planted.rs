//! What is planted is found again.

use std::collections::{BTreeMap, BTreeSet};

use kohort_sample::PLANTED_EVERYTHING;

use crate::rows::{DAY, DEFAULT, END, FIRST, Line, float};

/// A share of `n`, within four standard errors.
fn assert_share(what: &str, part: usize, n: usize, expected: f64) {
    let (share, n) = (float(part) / float(n), float(n));
    let error = (expected * (1.0 - expected) / n).sqrt();
    assert!(
        (share - expected).abs() < 4.0 * error,
        "{what}: {share:.4} of {n}, planted {expected:.4} ± {error:.4}"
    );
}

fn assert_near(what: &str, value: f64, expected: f64, tolerance: f64) {
    assert!(
        (value - expected).abs() < tolerance,
        "{what}: {value:.4}, planted {expected:.4} ± {tolerance:.4}"
    );
}

#[test]
fn customers_leave_as_planted() {
    let leaving = PLANTED_EVERYTHING.leaving;
    // Share of the customers that are content and unhappy after so many blocks.
    let (mut content, mut unhappy) = (1.0, 0.0);
    let mut survival = vec![1.0];
    for _ in 0..12 {
        let (stays, bears) = (content * (1.0 - leaving.content), unhappy * (1.0 - leaving.unhappy));
        content = stays * (1.0 - leaving.turns_unhappy) + bears * leaving.turns_content;
        unhappy = stays * leaving.turns_unhappy + bears * (1.0 - leaving.turns_content);
        survival.push(content + unhappy);
    }
    let spells = DEFAULT.first_spells();
    let old: Vec<_> = spells.values().filter(|(first, _)| first + 470 * DAY < END).collect();
    // The last order lies half a gap before the leaving, more or less.
    let stayed = old.iter().filter(|(first, last)| last - first >= 345 * DAY).count();
    let planted = f64::midpoint(survival[11], survival[12]);
    assert_near("a year later", float(stayed) / float(old.len()), planted, 0.03);
}

#[test]
fn each_month_some_percent_leave() {
    const WINDOW: i64 = 90 * DAY;
    let days = |at: &i64| at - at.rem_euclid(DAY);
    let purchases = DEFAULT.purchases();
    for months in 0..12 {
        let (from, until) = (END - (months + 1) * 30 * DAY, END - months * 30 * DAY);
        let (mut opening, mut churned) = (0, 0);
        for orders in purchases.values() {
            let last = orders.iter().map(days).rfind(|day| *day < from).unwrap_or(0);
            let next = orders.iter().map(days).find(|day| *day >= from).unwrap_or(END);
            let is_active = last >= from - WINDOW;
            opening += usize::from(is_active);
            churned += usize::from(is_active && last + WINDOW < until.min(next));
        }
        let rate = float(churned) / float(opening);
        assert!((0.03..0.08).contains(&rate), "{months} months ago: {churned} of {opening}");
    }
}

/// Signals in the first 28 days, in which everybody is content, and late in the aftermath, in which
/// everybody behaves as if unhappy.
#[test]
fn signals_tell_who_leaves_or_do_not() {
    // From 82 days after the last order on, no week began before the customer left.
    const AFTERMATH: (i64, i64) = (82 * DAY, 90 * DAY);
    let engagement = DEFAULT.file("engagement");
    let (customers, times) = (engagement.ids("customer_id"), engagement.times("occurred_at"));
    let (kinds, values) = (engagement.texts("kind"), engagement.values());
    let spells = DEFAULT.first_spells();
    let is_fresh = |first: i64| first + 28 * DAY <= END;
    let has_left = |last: i64| last + AFTERMATH.1 < END;
    let fresh = spells.values().filter(|(first, _)| is_fresh(*first)).count();
    let gone = spells.values().filter(|(_, last)| has_left(*last)).count();
    // By kind: the levels of both.
    let mut levels: BTreeMap<&str, [f64; 2]> = BTreeMap::new();
    for row in 0..engagement.len() {
        let (first, last) = spells[&customers[row]];
        let at = times[row];
        let value = values[row].unwrap_or(1.0);
        let levels = levels.entry(kinds[row]).or_default();
        if is_fresh(first) && (first..first + 28 * DAY).contains(&at) {
            levels[0] += value;
        }
        if has_left(last) && (last + AFTERMATH.0..last + AFTERMATH.1).contains(&at) {
            levels[1] += value;
        }
    }
    assert_eq!(levels.len(), PLANTED_EVERYTHING.signals.len());
    for signal in PLANTED_EVERYTHING.signals {
        let [content, unhappy] = levels[signal.kind];
        let content = content / float(fresh) / 4.0 / signal.weekly;
        let unhappy = unhappy / float(gone) / (8.0 / 7.0) / signal.weekly;
        assert_near(&format!("{}, content", signal.kind), content, 1.0, 0.08);
        let factor = signal.unhappy_factor;
        assert_near(&format!("{}, unhappy", signal.kind), unhappy, factor, 0.12 * factor);
    }
}

#[test]
fn the_unhappy_pay_late_and_score_low() {
    let spells = DEFAULT.first_spells();
    let planted = PLANTED_EVERYTHING.late_payment;
    let invoices = DEFAULT.file("invoices");
    let (customers, dates) = (invoices.ids("customer_id"), invoices.days("invoiced_at"));
    let (due, paid) = (invoices.days("due_at"), invoices.some_days("paid_at"));
    let amounts = invoices.cents("amount");
    // Of all, and of the last orders of those who left: invoices and late ones.
    let (mut all, mut last_ones, mut old) = ([0; 2], [0; 2], [0; 2]);
    let mut credits = 0;
    for row in 0..invoices.len() {
        assert_eq!(due[row] - dates[row], 30 * DAY);
        if amounts[row].is_some_and(|cents| cents < 0) {
            credits += 1;
            continue;
        }
        if due[row] < END - 300 * DAY {
            old[0] += 1;
            old[1] += usize::from(paid[row].is_none());
        }
        let Some(paid) = paid[row].filter(|_| due[row] < END - 100 * DAY) else {
            continue;
        };
        let is_late = usize::from(paid > due[row]);
        all[0] += 1;
        all[1] += is_late;
        let (_, last) = spells[&customers[row]];
        if last + 90 * DAY < END && last.div_euclid(DAY) * DAY == dates[row] {
            last_ones[0] += 1;
            last_ones[1] += is_late;
        }
    }
    assert!(credits > 100, "{credits} credit notes");
    assert_share("never paid", old[1], old[0], planted.never);
    let late = [all, last_ones].map(|[n, late]| float(late) / float(n));
    assert!(planted.content < late[0] && late[0] < planted.unhappy, "{late:?}");
    assert!(late[1] > 1.8 * late[0] && late[1] < planted.unhappy, "{late:?}");

    let surveys = DEFAULT.file("surveys");
    let (customers, dates) = (surveys.ids("customer_id"), surveys.days("answered_at"));
    let (scores, reasons) = (surveys.scores(), surveys.some_texts("reason"));
    let mut classes = [[0; 3]; 2];
    for row in 0..surveys.len() {
        let (first, _) = spells[&customers[row]];
        let Some(score) = scores[row] else {
            continue;
        };
        assert!((0..=10).contains(&score));
        let mood = match reasons[row] {
            Some(_) => 1,
            None if dates[row] < first + 28 * DAY => 0,
            None => continue,
        };
        classes[mood][usize::from(score < 9) + usize::from(score < 7)] += 1;
    }
    let scores = PLANTED_EVERYTHING.scores;
    for (mood, (found, planted)) in classes.iter().zip([scores.content, scores.unhappy]).enumerate()
    {
        let n = found.iter().sum();
        for (class, (part, share)) in found.iter().zip(planted).enumerate() {
            assert_share(&format!("mood {mood}, class {class}"), *part, n, share);
        }
    }
}

#[test]
fn baskets_hold_what_goes_together() {
    let baskets = DEFAULT.baskets();
    let mut by_customer: BTreeMap<i64, Vec<_>> = BTreeMap::new();
    for ((customer, _), lines) in &baskets {
        by_customer.entry(*customer).or_default().push(lines);
    }
    let next = PLANTED_EVERYTHING.next;
    let (mut again, mut went_on) = (0, 0);
    let mut pairs = PLANTED_EVERYTHING.pairs.map(|pair| (pair, 0, 0));
    let (mut could_rise, mut rose, mut could_fall, mut fell) = (0, 0, 0, 0);
    for orders in by_customer.values_mut() {
        orders.sort_by_key(|lines| lines[0].at);
        let mut products: BTreeMap<&str, &str> = BTreeMap::new();
        for (index, lines) in orders.iter().enumerate() {
            let held: BTreeSet<_> = lines.iter().map(|line| line.category).collect();
            assert_eq!(held.len(), lines.len(), "a product of each category");
            assert!(index > 0 || held.len() == 1, "one category first");
            if index == 1 && orders[0][0].category == next.item {
                again += 1;
                went_on += usize::from(held.contains(next.other));
            }
            for (pair, with, both) in &mut pairs {
                let is_with = usize::from(index > 0 && held.contains(pair.item));
                *with += is_with;
                *both += is_with * usize::from(held.contains(pair.other));
            }
            for Line { category, product, .. } in *lines {
                if let Some(last) = products.insert(category, product) {
                    let least = format!("{category}-01");
                    // No category has fewer products.
                    let is_dear = last > format!("{category}-04").as_str();
                    could_rise += usize::from(!is_dear);
                    rose += usize::from(!is_dear && *product > last);
                    could_fall += usize::from(last != least);
                    fell += usize::from(*product < last);
                }
            }
        }
    }
    assert_share("next category", went_on, again, next.share);
    for (pair, with, both) in pairs {
        assert_share(&format!("{} with {}", pair.item, pair.other), both, with, pair.share);
    }
    assert_share("upgrades", rose, could_rise, PLANTED_EVERYTHING.upgrades.up);
    assert_share("downgrades", fell, could_fall, PLANTED_EVERYTHING.upgrades.down);
}

#[test]
fn goods_come_back_as_planted() {
    let returns = DEFAULT.file("returns");
    let (ids, products) = (returns.ids("order_id"), returns.texts("product"));
    let returned: BTreeSet<_> = ids.iter().zip(&products).collect();
    let baskets = DEFAULT.baskets();
    let mut sold: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for ((_, order), lines) in &baskets {
        for Line { at, category, product, .. } in lines {
            // Later ones may still come back.
            if at + 30 * DAY < END {
                let (lines, returns) = sold.entry(category).or_default();
                *lines += 1;
                *returns += usize::from(returned.contains(&(order, product)));
            }
        }
    }
    assert_eq!(sold.len(), PLANTED_EVERYTHING.returns.len());
    for planted in PLANTED_EVERYTHING.returns {
        let (lines, returns) = sold[planted.category];
        assert_share(planted.category, returns, lines, planted.share);
    }
}

#[test]
fn visitors_stop_as_planted() {
    let touchpoints = DEFAULT.file("touchpoints");
    let visitors = touchpoints.texts("visitor_id");
    let (steps, times) = (touchpoints.texts("step"), touchpoints.times("occurred_at"));
    let mut order = Vec::new();
    // By visitor: the steps of the first visit.
    let mut visits: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut is_over: BTreeSet<&str> = BTreeSet::new();
    for (visitor, step) in visitors.iter().zip(&steps) {
        let steps = visits.entry(visitor).or_default();
        if steps.is_empty() {
            order.push(visitor);
        } else if *step == "visit" {
            is_over.insert(visitor);
        }
        if !is_over.contains(visitor) {
            steps.push(step);
        }
    }
    let strangers = usize::try_from(DEFAULT.report.strangers).expect("a count");
    assert_eq!(strangers, 4 * 8_000);
    let strangers = &order[order.len() - strangers..];
    let reached = |step| strangers.iter().filter(|who| visits[**who].contains(&step)).count();
    let [visited, looked, filled, paid] = ["visit", "product", "cart", "checkout"].map(reached);
    let funnel = PLANTED_EVERYTHING.funnel;
    assert_eq!(visited, strangers.len());
    assert_share("product", looked, visited, funnel.product);
    assert_share("cart", filled, looked, funnel.cart);
    assert_share("checkout", paid, filled, funnel.checkout);
    assert_eq!(reached("purchase"), 0);
    assert!(reached("search") > visited / 5, "some search");

    let carts = touchpoints.some_texts("cart_id");
    let mut begun: BTreeMap<&str, i64> = BTreeMap::new();
    let mut left_again: BTreeMap<&str, u32> = BTreeMap::new();
    let mut bought: BTreeMap<&str, i64> = BTreeMap::new();
    for (row, cart) in carts.iter().enumerate() {
        let Some(cart) = cart else { continue };
        let begun = begun.entry(cart).or_insert(times[row]);
        *begun = times[row].min(*begun);
        match steps[row] {
            "purchase" => assert_eq!(bought.insert(cart, times[row]), None, "bought once"),
            "cart" => *left_again.entry(cart).or_default() += 1,
            _ => {}
        }
    }
    let known: Vec<_> = bought.iter().filter(|(_, at)| **at > FIRST + 15 * DAY).collect();
    let late = known.iter().filter(|(cart, at)| **at - begun[**cart] > DAY).count();
    assert_share("late purchases", late, known.len(), PLANTED_EVERYTHING.late_purchases);
    let several = left_again.iter().filter(|(cart, n)| **n > 2 && !bought.contains_key(**cart));
    assert!(several.count() > 100, "some carts are abandoned several times");
}

#[test]
fn campaigns_win_back_as_planted() {
    let win_back = PLANTED_EVERYTHING.win_back;
    let window = i64::from(win_back.window_days) * DAY;
    let purchases = DEFAULT.purchases();
    let contacts = DEFAULT.file("contacts");
    let (customers, times) = (contacts.ids("customer_id"), contacts.days("contacted_at"));
    let mut told: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (row, variant) in contacts.texts("variant").into_iter().enumerate() {
        let (at, orders) = (times[row], &purchases[&customers[row]]);
        let last = orders.iter().rfind(|order| **order < at).expect("a customer before");
        assert!((92..=366).contains(&((at - last).div_euclid(DAY) + 1)), "row {row}");
        if at + window < END {
            let (contacted, returned) = told.entry(variant).or_default();
            *contacted += 1;
            let back = |order: &i64| (at..at + window).contains(order);
            *returned += usize::from(orders.iter().any(back));
        }
    }
    assert_eq!(told.keys().copied().collect::<Vec<_>>(), ["control", "sent"]);
    let ((control, control_back), (sent, sent_back)) = (told["control"], told["sent"]);
    assert_share("held out", control, control + sent, win_back.holdout_share);
    assert_share("control", control_back, control, win_back.holdout_return);
    assert_share("sent", sent_back, sent, win_back.holdout_return + win_back.uplift);
}

#[test]
fn opportunities_are_won_lost_and_open() {
    let spells = DEFAULT.first_spells();
    let opportunities = DEFAULT.file("opportunities");
    let (buyers, created) = (opportunities.ids("buyer"), opportunities.days("created_at"));
    let closed = opportunities.some_days("closed_at");
    let (reasons, competitors) =
        (opportunities.some_texts("reason"), opportunities.some_texts("competitor"));
    let (mut decided, mut won) = (0, 0);
    let mut outcomes: BTreeMap<&str, usize> = BTreeMap::new();
    for (row, outcome) in opportunities.texts("outcome").into_iter().enumerate() {
        *outcomes.entry(outcome).or_default() += 1;
        assert_eq!(closed[row].is_none(), outcome == "open", "row {row}");
        assert!(closed[row].is_none_or(|closed| closed >= created[row]), "row {row}");
        let is_told = reasons[row].is_some() || competitors[row].is_some();
        assert!(!is_told || outcome == "lost", "row {row}");
        let named = competitors[row].is_some();
        assert!(named || reasons[row] != Some("chose competitor"), "row {row}");
        match spells.get(&buyers[row]) {
            None => assert_ne!(outcome, "won", "a prospect never buys"),
            Some((first, _)) if created[row] > first - DAY => {
                decided += usize::from(outcome != "open");
                won += usize::from(outcome == "won");
            }
            Some(_) => assert_eq!(outcome, "won", "a first order that was worked on"),
        }
    }
    assert_share("won", won, decided, PLANTED_EVERYTHING.opportunities_won);
    for outcome in ["won", "lost", "open"] {
        assert!(outcomes[outcome] > 50, "{outcomes:?}");
    }
}
