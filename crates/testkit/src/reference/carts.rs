//! `carts`, and what became of each.

use std::collections::BTreeSet;

use kohort_model::Day;

use super::funnel::{Touch, days, is_over, micros, touches};
use super::people::Person;
use super::{Frame, row, segment_value, share};
use crate::compare::NaiveRow;
use crate::history::Id;

/// What became of a cart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Purchased,
    Open,
    Abandoned,
}

/// A cart of a person.
pub(super) struct Cart {
    id: Id,
    /// Its first event.
    created_at: i64,
    pub created: Day,
    /// The end of its window.
    end: i64,
    pub fate: Fate,
    pub value: Option<i64>,
    /// Places of the steps from that of the first event to the furthest.
    pub steps: std::ops::RangeInclusive<usize>,
    /// The day on which it was lost, if it was.
    pub lost: Day,
    pub is_recovered: bool,
    /// Abandoned, and a purchase may still recover it.
    pub is_recoverable: bool,
}

impl Cart {
    fn new(frame: &Frame<'_>, id: &Id, touches: &[Touch<'_>]) -> Self {
        let first = touches[0];
        let window = frame.settings.cart_window_hours;
        let end = first.touch.instant + micros(window);
        let in_window: Vec<_> = touches.iter().filter(|t| t.touch.instant <= end).collect();
        let last_step = frame.settings.steps.len() - 1;
        let purchase = in_window.iter().find(|t| t.step == last_step);
        let until = purchase.map_or(end, |t| t.touch.instant);
        let valued = in_window.iter().filter(|t| t.touch.instant <= until);
        let furthest = in_window.iter().map(|t| t.step).max().expect("the first is in the window");
        let created = first.touch.day;
        Self {
            id: id.clone(),
            created_at: first.touch.instant,
            created,
            end,
            fate: match purchase {
                Some(_) => Fate::Purchased,
                None if is_over(frame, end) => Fate::Abandoned,
                None => Fate::Open,
            },
            value: valued.rev().find_map(|t| t.touch.value),
            steps: first.step..=furthest,
            lost: created.plus(days(window)),
            is_recovered: false,
            is_recoverable: false,
        }
    }
}

/// The carts of a person, with those that a purchase recovered.
pub(super) fn carts_of(frame: &Frame<'_>, person: &Person) -> Vec<Cart> {
    let touches = touches(frame, person);
    let ids: BTreeSet<_> = touches.iter().filter_map(|t| t.touch.cart.as_ref()).collect();
    let of = |id: &Id| {
        let of_cart = touches.iter().filter(|t| t.touch.cart.as_ref() == Some(id));
        Cart::new(frame, id, &of_cart.copied().collect::<Vec<_>>())
    };
    let mut carts: Vec<_> = ids.into_iter().map(of).collect();
    carts.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));

    // Each purchase with the carts that were lost before it, of which it recovers the last.
    let window = frame.settings.recovery_window_days.into();
    let last_step = frame.settings.steps.len() - 1;
    let mut recover = |day: Day, is_before: &dyn Fn(&Cart) -> bool| {
        let lost = carts.iter_mut().filter(|cart| cart.fate == Fate::Abandoned);
        if let Some(cart) = lost.filter(|cart| is_before(cart)).last() {
            cart.is_recovered |= day <= cart.lost.plus(window);
        }
    };
    for day in person.activity_days() {
        recover(day, &|cart| cart.lost < day);
    }
    for Touch { touch, .. } in touches.iter().filter(|t| t.step == last_step) {
        recover(touch.day, &|cart| cart.end < touch.instant);
    }
    for cart in &mut carts {
        cart.is_recoverable = cart.fate == Fate::Abandoned
            && !cart.is_recovered
            && cart.lost.plus(window) >= frame.as_of;
    }
    carts
}

pub(super) fn carts(frame: &Frame<'_>) -> Vec<NaiveRow> {
    let mut rows = Vec::new();
    for (grain, group) in frame.grains_and_groups() {
        let carts: Vec<_> = group.people.iter().flat_map(|p| carts_of(frame, p)).collect();
        for period in frame.periods(grain, carts.iter().map(|cart| cart.created).min()) {
            let here: Vec<_> = carts.iter().filter(|cart| period.holds(cart.created)).collect();
            let count = |which: &dyn Fn(&Cart) -> bool| here.iter().filter(|c| which(c)).count();
            let value = |which: &dyn Fn(&Cart) -> bool| {
                let values = here.iter().filter(|c| which(c)).filter_map(|c| c.value);
                values.map(i128::from).sum::<i128>()
            };
            let is = |fate: Fate| move |cart: &Cart| cart.fate == fate;
            let (purchased, abandoned) = (count(&is(Fate::Purchased)), count(&is(Fate::Abandoned)));
            let recovered = count(&|c| c.is_recovered);
            let window_end = period.end.plus(days(frame.settings.cart_window_hours));
            rows.push(row! {
                grain: grain.name(),
                segment: group.segment,
                segment_value: segment_value(group),
                period: period.start,
                created: here.len(),
                purchased: purchased,
                open: count(&is(Fate::Open)),
                abandoned: abandoned,
                recovered: recovered,
                recovery_open: count(&|c| c.is_recoverable),
                abandonment_rate: share(abandoned, purchased + abandoned),
                recovery_rate: share(recovered, abandoned),
                created_value: value(&|_| true),
                purchased_value: value(&is(Fate::Purchased)),
                abandoned_value: value(&is(Fate::Abandoned)),
                recovered_value: value(&|c| c.is_recovered),
                without_value: count(&|c| c.value.is_none()),
                is_complete: frame.is_complete(period) && window_end <= frame.as_of,
            });
        }
    }
    rows
}
