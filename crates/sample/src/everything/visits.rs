//! Visits to the shop's pages, with a purchase and without.

use super::dice::Dice;
use super::market::{Market, Numbers, take};
use super::planted::PLANTED_EVERYTHING;
use super::rows::{Step, Touch, Visitor};
use super::terms::{LOGIN, NO_VALUE_SHARE, REOPEN_DAYS, REOPEN_SHARE, SEARCH_SHARE};

/// Seconds from one step to the next.
const STEP_SECONDS: (i64, i64) = (20, 420);

/// Tells visits by whomever.
pub(crate) struct Browser<'a> {
    pub market: &'a Market<'a>,
    pub dice: &'a mut Dice,
    pub numbers: &'a mut Numbers,
    pub touches: &'a mut Vec<Touch>,
}

/// What somebody has put together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cart {
    number: i64,
    cents: i64,
}

/// One visit, up to the step that it ends with.
pub(crate) struct Visit {
    pub visitor: Visitor,
    /// When the last step is taken.
    pub ends: i64,
    pub furthest: Step,
    /// Whether a cart from before is taken up, without a look at any product.
    pub is_return: bool,
    pub cart: Option<Cart>,
    /// Who may log in.
    pub person: Option<u32>,
}

impl Browser<'_> {
    pub fn cart(&mut self, cents: i64) -> Cart {
        Cart { number: take(&mut self.numbers.cart), cents }
    }

    /// A visit without a purchase, which may leave a cart behind that is looked at again. Returns
    /// when the last visit ends.
    pub fn browse(&mut self, visitor: Visitor, ends: i64, person: Option<u32>) -> i64 {
        let furthest = self.furthest();
        let is_cart = matches!(furthest, Step::Cart | Step::Checkout);
        let cart = is_cart.then(|| {
            let cents = self.market.catalog.glance(self.dice);
            self.cart(cents)
        });
        self.tell(&Visit { visitor, ends, furthest, is_return: false, cart, person });
        cart.map_or(ends, |cart| self.reopen(visitor, ends, cart, person, self.market.end))
    }

    /// Somebody takes up an abandoned cart and leaves it again, any number of times before `until`.
    /// Returns when that is the last time.
    pub fn reopen(
        &mut self,
        visitor: Visitor,
        mut left: i64,
        cart: Cart,
        person: Option<u32>,
        until: i64,
    ) -> i64 {
        while self.dice.chance(REOPEN_SHARE) {
            let ends = self.market.later(left, REOPEN_DAYS, self.dice);
            if ends >= until {
                break;
            }
            let pays = self.dice.chance(PLANTED_EVERYTHING.funnel.checkout);
            let furthest = if pays { Step::Checkout } else { Step::Cart };
            let cart = Some(cart);
            self.tell(&Visit { visitor, ends, furthest, is_return: true, cart, person });
            left = ends;
        }
        left
    }

    fn furthest(&mut self) -> Step {
        let funnel = PLANTED_EVERYTHING.funnel;
        let mut furthest = Step::Visit;
        for (step, share) in [
            (Step::Product, funnel.product),
            (Step::Cart, funnel.cart),
            (Step::Checkout, funnel.checkout),
        ] {
            if !self.dice.chance(share) {
                break;
            }
            furthest = step;
        }
        furthest
    }

    /// Writes down the steps of a visit, of which none lies before the history.
    pub fn tell(&mut self, visit: &Visit) {
        let (from_start, to_pay) = LOGIN;
        let is_logged_in = self.dice.chance(from_start);
        let logs_in = is_logged_in || self.dice.chance(to_pay);
        let mut at = visit.ends;
        let told = self.touches.len();
        for &step in self.steps(visit).iter().rev() {
            let cart = visit.cart.filter(|_| step >= Step::Cart);
            let has_value = !self.dice.chance(NO_VALUE_SHARE);
            let is_known = is_logged_in || (logs_in && step >= Step::Checkout);
            self.touches.push(Touch {
                visitor: visit.visitor,
                at: at.max(self.market.first),
                step,
                cart: cart.map(|cart| cart.number),
                cents: cart.map(|cart| cart.cents).filter(|_| has_value),
                person: visit.person.filter(|_| is_known),
            });
            at -= self.dice.between(STEP_SECONDS);
        }
        self.touches[told..].reverse();
    }

    fn steps(&mut self, visit: &Visit) -> Vec<Step> {
        let searches = self.dice.chance(SEARCH_SHARE);
        [Step::Visit, Step::Search, Step::Product, Step::Cart, Step::Checkout, Step::Purchase]
            .into_iter()
            .filter(|step| match step {
                Step::Search => searches,
                Step::Product => !visit.is_return && visit.furthest >= Step::Product,
                step => *step <= visit.furthest,
            })
            .collect()
    }
}
