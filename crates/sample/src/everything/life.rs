//! A person's history while it unfolds. What it leaves in each kind of file stands in modules of
//! its own.

use super::catalog::Taste;
use super::dice::Dice;
use super::market::{Market, Numbers};
use super::planted::PLANTED_EVERYTHING;
use super::rows::{Identity, Step, Told, Visitor};
use super::spell::{Spell, comeback};
use super::terms::{
    ACCOUNT_SHARE, BROWSES, DECISION_DAYS, DIRTY_SHARE, GAP_DAYS, KNOWN_SHARES, LAST_LOSS_SHARE,
    LATE_CART_DAYS, LOSS_DAYS, LOSS_SHARE, PENDING, PROSPECT_TRIES_SHARE, SECOND_DEVICE,
};
use super::visits::{Browser, Visit};
use crate::calendar::{DAY_SECONDS, day};
use crate::sight::Sight;

pub(crate) struct Life<'a> {
    pub market: &'a Market<'a>,
    pub dice: Dice,
    pub index: u32,
    /// When the person is seen first.
    pub seen: i64,
    pub country: u8,
    pub channel: u8,
    pub taste: Taste,
    /// Whether the person pays by invoice.
    pub has_account: bool,
    pub numbers: &'a mut Numbers,
    pub told: Told,
    has_second_device: bool,
}

impl<'a> Life<'a> {
    pub fn new(
        market: &'a Market<'a>,
        mut dice: Dice,
        index: u32,
        joined: i64,
        numbers: &'a mut Numbers,
    ) -> Self {
        let (least, mean) = DECISION_DAYS;
        let seen = (joined - least * DAY_SECONDS - dice.wait(mean)).max(market.first);
        Self {
            index,
            seen,
            country: dice.pick(&market.countries),
            channel: dice.pick(&market.channels),
            taste: market.catalog.taste(&mut dice),
            has_account: dice.chance(ACCOUNT_SHARE),
            has_second_device: dice.chance(SECOND_DEVICE.0),
            told: Told { sights: vec![Sight { person: index, at: day(seen) }], ..Told::default() },
            market,
            dice,
            numbers,
        }
    }

    pub fn told(mut self, is_customer: bool) -> Told {
        self.told.is_customer = is_customer;
        self.told.sort();
        self.told
    }

    /// Somebody who never buys.
    pub fn only_look(&mut self, joined: i64) {
        let [_, _, known] = KNOWN_SHARES;
        self.identify(0, known);
        let until = (joined + 30 * DAY_SECONDS).min(self.market.end);
        self.browses(self.seen, until, 3.0);
        if self.dice.chance(PROSPECT_TRIES_SHARE) {
            let at = self.market.moment(joined, &mut self.dice);
            self.lose(at);
        }
        self.prospect_sales(joined);
        self.dirt();
    }

    /// Spell after spell from the first order on.
    pub fn shop(&mut self, joined: i64) {
        let [first, second, _] = KNOWN_SHARES;
        self.identify(0, first);
        if self.has_second_device {
            self.identify(1, second);
        }
        let (least, most) = GAP_DAYS;
        let gap_days = least + (most - least) * self.dice.share();
        let mut spells = Vec::new();
        let mut start = self.market.moment(joined, &mut self.dice);
        while start < self.market.end {
            let mut spell = Spell::live(self.market, start, gap_days, &mut self.dice);
            let mut back = self.market.end;
            if spell.left.is_some() {
                let from = spell.last_order();
                let contacts = &mut self.told.contacts;
                back = comeback(self.market, self.index, from, &mut self.dice, contacts);
                back = self.market.moment(back, &mut self.dice);
            }
            spell.silent = spell.silent.min(back);
            spells.push(spell);
            start = back;
        }
        self.first_sales(spells[0].start);
        self.newsletter();
        let mut from = self.seen;
        for (index, spell) in spells.iter().enumerate() {
            self.purchases(spell, index == 0);
            self.signals(spell, from);
            self.answers(spell);
            self.sales(spell);
            let until = spell.left.unwrap_or(self.market.end);
            self.browses(from, until, BROWSES);
            from = spells.get(index + 1).map_or(from, |next| next.start);
        }
        self.dirt();
    }

    fn purchases(&mut self, spell: &Spell, is_first_spell: bool) {
        let mut before = None;
        for &at in &spell.orders {
            let is_first = is_first_spell && before.is_none();
            if let Some(before) = before.filter(|_| self.dice.chance(LOSS_SHARE)) {
                let hour = self.dice.between((1, 3_600));
                let lost = at - self.dice.days(LOSS_DAYS) - hour;
                if lost > before {
                    self.lose(lost);
                }
            }
            before = Some(at);
            let cents =
                if !is_first && self.is_pending(at) { self.pend(at) } else { self.buy(at, spell) };
            self.visit_to_buy(at, cents);
        }
        if let Some(left) = spell.left.filter(|_| self.dice.chance(LAST_LOSS_SHARE)) {
            let at = self.dice.between((spell.last_order() + 1, left));
            self.lose(at);
        }
    }

    fn is_pending(&mut self, at: i64) -> bool {
        let (days, share) = PENDING;
        at >= self.market.end - days * DAY_SECONDS && self.dice.chance(share)
    }

    /// Makes a device of the person known, or doesn't.
    fn identify(&mut self, device: u64, share: f64) {
        if self.dice.chance(share) {
            let visitor = Visitor::of_person(self.index, device);
            self.told.identities.push(Identity { visitor, person: self.index });
        }
    }

    fn visitor(&mut self) -> Visitor {
        let is_second = self.has_second_device && self.dice.chance(SECOND_DEVICE.1);
        Visitor::of_person(self.index, u64::from(is_second))
    }

    fn browser(&mut self) -> Browser<'_> {
        let Self { market, dice, numbers, told, .. } = self;
        Browser { market, dice, numbers, touches: &mut told.touches }
    }

    /// Visits without a purchase, so many every 30 days.
    fn browses(&mut self, from: i64, until: i64, monthly: f64) {
        let person = Some(self.index);
        let mut at = from + self.dice.wait(30.0 / monthly);
        while at < until {
            let visitor = self.visitor();
            self.browser().browse(visitor, at, person);
            at += self.dice.wait(30.0 / monthly);
        }
    }

    /// The visit in which an order is placed, and those that its cart has waited since.
    fn visit_to_buy(&mut self, at: i64, cents: i64) {
        let (visitor, person) = (self.visitor(), Some(self.index));
        let begun = at - self.dice.days(LATE_CART_DAYS);
        let is_late = self.dice.chance(PLANTED_EVERYTHING.late_purchases) && begun >= self.seen;
        let mut browser = self.browser();
        let cart = browser.cart(cents);
        if is_late {
            let furthest = Step::Checkout;
            browser.tell(&Visit {
                visitor,
                ends: begun,
                furthest,
                is_return: false,
                cart: Some(cart),
                person,
            });
            browser.reopen(visitor, begun, cart, person, at - DAY_SECONDS);
        }
        browser.tell(&Visit {
            visitor,
            ends: at,
            furthest: Step::Purchase,
            is_return: is_late,
            cart: Some(cart),
            person,
        });
    }

    /// The visit in which a payment fails.
    pub fn visit_in_vain(&mut self, ends: i64, cents: i64) {
        let (visitor, person) = (self.visitor(), Some(self.index));
        let mut browser = self.browser();
        let cart = Some(browser.cart(cents));
        let furthest = Step::Checkout;
        browser.tell(&Visit { visitor, ends, furthest, is_return: false, cart, person });
    }

    fn dirt(&mut self) {
        if self.dice.chance(DIRTY_SHARE) {
            let at = self.dice.between((self.seen, self.market.end - 1));
            self.spoil(at);
        }
    }
}
