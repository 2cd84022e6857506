//! What a person orders, and what follows from it: lines, returns, refunds and invoices.

use rand::seq::IndexedRandom;

use super::catalog::Item;
use super::life::Life;
use super::market::take;
use super::planted::PLANTED_EVERYTHING;
use super::rows::{Damage, Invoice, Line, Order, Outcome, Return};
use super::spell::Spell;
use super::terms::{
    CREDIT_DAYS, EARLY_DAYS, FAILED_PAYMENTS, FULL_RETURN_SHARE, LATE_DAYS, RETURN_AFTER_DAYS,
    TERMS_DAYS,
};
use crate::calendar::{DAY_SECONDS, day};

const DAMAGES: [Damage; 3] = [Damage::NoCustomer, Damage::NoTime, Damage::UnknownStatus];

impl Life<'_> {
    /// A completed order. Returns what it is worth.
    pub fn buy(&mut self, at: i64, spell: &Spell) -> i64 {
        let items = self.market.catalog.basket(&mut self.taste, &mut self.dice);
        let cents = items.iter().map(Item::cents).sum();
        let order = self.place(at, cents, Outcome::Completed);
        let lines = items.iter().map(|&item| Line { person: self.index, order, at, item });
        self.told.lines.extend(lines);
        if self.has_account {
            self.invoice(at, cents, spell);
        }
        for item in items {
            if self.dice.chance(PLANTED_EVERYTHING.returns[item.category].share) {
                self.send_back(order, at, item);
            }
        }
        cents
    }

    /// An order of which nothing more is known yet. Returns what it is worth.
    pub fn pend(&mut self, at: i64) -> i64 {
        let cents = self.market.catalog.glance(&mut self.dice);
        self.place(at, cents, Outcome::Pending);
        cents
    }

    /// An order that comes to nothing.
    pub fn lose(&mut self, at: i64) {
        let cents = self.market.catalog.glance(&mut self.dice);
        let cause = self.dice.pick(&self.market.causes);
        self.place(at, cents, Outcome::Lost(cause));
        if cause < FAILED_PAYMENTS {
            self.visit_in_vain(at, cents);
        }
    }

    /// A row that no reader should accept.
    pub fn spoil(&mut self, at: i64) {
        let cents = self.market.catalog.glance(&mut self.dice);
        self.place(at, cents, Outcome::Completed);
        let damage = DAMAGES.choose(&mut self.dice.random).copied();
        if let Some(order) = self.told.orders.last_mut() {
            order.damage = damage;
        }
    }

    /// Returns the order's number.
    fn place(&mut self, at: i64, cents: i64, outcome: Outcome) -> i64 {
        let number = take(&mut self.numbers.order);
        self.told.orders.push(Order {
            person: self.index,
            number,
            at,
            cents,
            outcome,
            damage: None,
            country: self.country,
            channel: self.channel,
        });
        number
    }

    /// Brings back an item, or some of its units, for a refund.
    fn send_back(&mut self, order: i64, bought: i64, item: Item) {
        let at = self.market.later(bought, RETURN_AFTER_DAYS, &mut self.dice);
        if at >= self.market.end {
            return;
        }
        let is_full = item.units == 1 || self.dice.chance(FULL_RETURN_SHARE);
        let units = if is_full { item.units } else { self.dice.between((1, item.units - 1)) };
        let item = Item { units, ..item };
        let (_, reason) = self.dice.choose(&self.market.return_reasons);
        self.told.returns.push(Return { person: self.index, order, at, item, reason });
        self.place(at, -item.cents(), Outcome::Refunded);
        if self.has_account {
            let paid = at + self.dice.days((0, CREDIT_DAYS));
            self.bill(at, -item.cents(), paid);
        }
    }

    fn invoice(&mut self, at: i64, cents: i64, spell: &Spell) {
        let planted = PLANTED_EVERYTHING.late_payment;
        let due = at + TERMS_DAYS * DAY_SECONDS;
        let late = if spell.is_unhappy(due) { planted.unhappy } else { planted.content };
        let paid = if self.dice.chance(planted.never) {
            self.market.end
        } else if self.dice.chance(late) {
            due + DAY_SECONDS + self.dice.wait(LATE_DAYS)
        } else {
            due - self.dice.days((0, EARLY_DAYS))
        };
        self.bill(at, cents, paid);
    }

    fn bill(&mut self, at: i64, cents: i64, paid: i64) {
        let number = take(&mut self.numbers.invoice);
        self.told.invoices.push(Invoice {
            number,
            person: self.index,
            invoiced: day(at),
            due: day(at + TERMS_DAYS * DAY_SECONDS),
            paid: (paid < self.market.end).then(|| day(paid)),
            cents,
        });
    }
}
