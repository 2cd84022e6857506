//! The time in which somebody is a customer.

use super::dice::Dice;
use super::market::{Market, midnight};
use super::planted::PLANTED_EVERYTHING;
use super::rows::Contact;
use super::terms::{
    BLOCK_DAYS, CHOSEN_DAYS, CHOSEN_SHARE, GAP_LIMITS, GAP_SHAPE, QUIET_DAYS, RETURN_DAYS,
};
use crate::calendar::{DAY_SECONDS, day};

const BLOCK: i64 = BLOCK_DAYS * DAY_SECONDS;

/// From a first order, or the first after a return, until the customer leaves.
pub(crate) struct Spell {
    pub start: i64,
    /// When the customer left, if that is before the history stops.
    pub left: Option<i64>,
    /// When what the customer does after leaving stops too, or the history.
    pub silent: i64,
    /// In order; the first is at the start.
    pub orders: Vec<i64>,
    /// By block of time from the start.
    is_unhappy: Vec<bool>,
}

impl Spell {
    pub fn live(market: &Market, start: i64, gap_days: f64, dice: &mut Dice) -> Self {
        let leaving = PLANTED_EVERYTHING.leaving;
        let mut is_unhappy = vec![false];
        let mut boundary = start + BLOCK;
        let mut mood = false;
        let mut left = None;
        while boundary < market.end {
            if dice.chance(if mood { leaving.unhappy } else { leaving.content }) {
                left = Some(boundary);
                break;
            }
            let turns = if mood { leaving.turns_content } else { leaving.turns_unhappy };
            mood ^= dice.chance(turns);
            is_unhappy.push(mood);
            boundary += BLOCK;
        }
        let mut orders = Vec::new();
        let mut next = start;
        while next < left.unwrap_or(market.end) {
            orders.push(next);
            next = market.moment(next + dice.gap(gap_days, GAP_SHAPE, GAP_LIMITS), dice);
        }
        let aftermath = i64::from(leaving.aftermath_days) * DAY_SECONDS;
        let silent = left.map_or(market.end, |left| (left + aftermath).min(market.end));
        Self { start, left, silent, orders, is_unhappy }
    }

    /// Before its first order a customer is content, and after leaving unhappy.
    pub fn is_unhappy(&self, at: i64) -> bool {
        if self.left.is_some_and(|left| at >= left) {
            return true;
        }
        let block = usize::try_from((at - self.start).div_euclid(BLOCK)).ok();
        block.and_then(|block| self.is_unhappy.get(block)).copied().unwrap_or(false)
    }

    pub fn last_order(&self) -> i64 {
        self.orders.last().copied().unwrap_or(self.start)
    }

    /// The parts of the blocks in which the customer has not left, with the moments at which
    /// they begin and end.
    pub fn blocks(&self, end: i64) -> impl Iterator<Item = (i64, i64)> + use<> {
        let (start, until) = (self.start, self.left.unwrap_or(end));
        (0..)
            .map(move |block| start + block * BLOCK)
            .take_while(move |from| *from < until)
            .map(move |from| (from, (from + BLOCK).min(until)))
    }
}

/// On which day somebody who has left returns, which may be after the history stops.
///
/// The day of a return of one's own is memoryless. Once a campaign has chosen a customer,
/// the experiment alone decides about the days of its window.
pub(crate) fn comeback(
    market: &Market,
    person: u32,
    last_order: i64,
    dice: &mut Dice,
    contacts: &mut Vec<Contact>,
) -> i64 {
    let win_back = PLANTED_EVERYTHING.win_back;
    let last_order = last_order - last_order.rem_euclid(DAY_SECONDS);
    let mut from = last_order + QUIET_DAYS * DAY_SECONDS;
    let latest = last_order + CHOSEN_DAYS * DAY_SECONDS;
    for &campaign in &market.campaigns {
        let at = midnight(campaign);
        if at < from {
            continue;
        }
        let own = from + dice.wait(RETURN_DAYS);
        if own < at || at > latest {
            return own;
        }
        if !dice.chance(CHOSEN_SHARE) {
            from = at + DAY_SECONDS;
            continue;
        }
        let is_control = dice.chance(win_back.holdout_share);
        let strategy = dice.pick(&market.strategies);
        contacts.push(Contact { person, at: day(at), strategy, is_control });
        let uplift = if is_control { 0.0 } else { win_back.uplift };
        let window = i64::from(win_back.window_days);
        if dice.chance(win_back.holdout_return + uplift) {
            // Short of the last days, so that their border may lie on either side.
            return at + dice.days((1, window - 2));
        }
        from = at + (window + 1) * DAY_SECONDS;
    }
    from + dice.wait(RETURN_DAYS)
}
