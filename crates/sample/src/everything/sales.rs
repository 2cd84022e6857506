//! The larger deals that somebody works on.

use super::life::Life;
use super::market::take;
use super::planted::PLANTED_EVERYTHING;
use super::rows::{Opportunity, Ruling};
use super::spell::Spell;
use super::terms::{
    CHOSE_COMPETITOR, COMPETITOR_SHARE, FIRST_SALES_DAYS, FIRST_SALES_SHARE, PROSPECT_SALES_SHARE,
    SALES_CENTS, SALES_DAYS, SALES_SHARE, STAGES,
};
use crate::calendar::{DAY_SECONDS, day};
use crate::draw::whole;

impl Life<'_> {
    /// Some customers' first order was worked on before.
    pub fn first_sales(&mut self, first_order: i64) {
        let created = first_order - self.dice.days(FIRST_SALES_DAYS);
        if created >= self.seen && self.dice.chance(FIRST_SALES_SHARE) {
            self.opportunity(created, first_order, 1.0);
        }
    }

    /// Deals with somebody who is a customer.
    pub fn sales(&mut self, spell: &Spell) {
        for (from, until) in spell.blocks(self.market.end) {
            if self.dice.chance(SALES_SHARE) {
                let created = self.dice.between((from, until - 1));
                let decided = self.decided(created);
                self.opportunity(created, decided, PLANTED_EVERYTHING.opportunities_won);
            }
        }
    }

    /// A prospect may be worked on, and never buys.
    pub fn prospect_sales(&mut self, created: i64) {
        if self.dice.chance(PROSPECT_SALES_SHARE) {
            let decided = self.decided(created);
            self.opportunity(created, decided, 0.0);
        }
    }

    fn decided(&mut self, created: i64) -> i64 {
        let (least, mean) = SALES_DAYS;
        created + least * DAY_SECONDS + self.dice.wait(mean)
    }

    fn opportunity(&mut self, created: i64, decided: i64, won: f64) {
        let (mean, spread) = SALES_CENTS;
        let mut opportunity = Opportunity {
            number: take(&mut self.numbers.opportunity),
            person: self.index,
            created: day(created),
            closed: None,
            ruling: Ruling::Open,
            stage: self.dice.pick(&self.market.stages),
            cents: whole((mean * self.dice.spread(spread)).round()),
            reason: None,
            competitor: None,
        };
        if decided < self.market.end {
            opportunity.closed = Some(day(decided));
            if self.dice.chance(won) {
                opportunity.ruling = Ruling::Won;
                opportunity.stage = u8::try_from(STAGES.len() - 1).expect("there are few stages");
            } else {
                opportunity.ruling = Ruling::Lost;
                let (index, reason) = self.dice.choose(&self.market.sales_reasons);
                opportunity.reason = reason;
                if index == CHOSE_COMPETITOR || self.dice.chance(COMPETITOR_SHARE) {
                    (_, opportunity.competitor) = self.dice.choose(&self.market.competitors);
                }
            }
        }
        self.told.opportunities.push(opportunity);
    }
}
