//! Carts and opportunities as attempts.

use std::ops::Range;

use kohort_inputs::{Opportunity, Outcome};
use kohort_model::{Block, Context, Day, Grid, Sales, Tally};

use super::answers::Answers;
use crate::carts::Found;
use crate::recovery::Recovery;
use crate::settings::Hours;
use crate::tally::{Attempted, BUYERS, CUSTOMER, Lost, PROSPECT, Reason, of_code};

/// The reason of carts, whose events tell none.
const REASON_OF_CARTS: Reason = Reason::Own(0);

/// An attempt that is no order.
pub(super) struct Attempt {
    created: Day,
    outcome: Outcome,
    value: i64,
    /// What is counted of it if it was lost.
    lost: Lost,
    reason: Reason,
    competitor: Option<u32>,
    /// Stages of the list that it reached.
    passed: Range<u32>,
    /// The stage that it got to, in the list or not.
    stage: Option<u32>,
}

impl Attempt {
    pub fn of_cart(found: &Found, window: Hours, answers: Answers<'_>) -> Self {
        let Found { cart, lost } = found;
        let days = (cart.created, cart.lost_on(window));
        Self {
            created: cart.created,
            outcome: cart.outcome,
            value: cart.value.unwrap_or(0),
            lost: *lost,
            reason: answers.told(days).unwrap_or(REASON_OF_CARTS),
            competitor: None,
            passed: cart.first_step..cart.furthest + 1,
            stage: Some(cart.furthest),
        }
    }

    /// An opportunity, of which is not known yet whether it was made good.
    fn of_opportunity(opportunity: &Opportunity, sales: &Sales, answers: Answers<'_>) -> Self {
        // A list of stages is written by hand: short.
        let listed = 0..u32::try_from(sales.listed_stages).unwrap_or(u32::MAX);
        let stage = sales.has_stages.then_some(opportunity.stage);
        let passed = match (opportunity.outcome, stage) {
            (Outcome::Won, Some(_)) => listed,
            (_, Some(stage)) if listed.contains(&stage) => 0..stage + 1,
            _ => 0..0,
        };
        Self {
            created: opportunity.created,
            outcome: opportunity.outcome,
            value: opportunity.value,
            lost: Lost::default(),
            reason: answers.of_opportunity(opportunity.reason, opportunity.decided),
            competitor: sales.has_competitors.then_some(opportunity.competitor),
            passed,
            stage,
        }
    }

    fn count(&self, into: &mut Attempted) {
        into.total.count(self.outcome, self.value, &self.lost);
        let is_beside = |stage: &u32| !self.passed.contains(stage);
        for stage in self.passed.clone().chain(self.stage.filter(is_beside)) {
            of_code(&mut into.by_stage, stage).all.count(self.outcome, self.value, &self.lost);
        }
        if self.outcome != Outcome::Lost {
            return;
        }
        into.reason(self.reason).add(&self.lost);
        if let Some(competitor) = self.competitor {
            of_code(&mut into.by_competitor, competitor).add(&self.lost);
        }
        if let Some(stage) = self.stage {
            let reached = of_code(&mut into.by_stage, stage);
            reached.stopped += 1;
            reached.stopped_value += self.lost.value;
        }
    }
}

/// The opportunities of a person.
pub(super) fn of_opportunities(
    block: &Block<'_>,
    person: usize,
    context: &Context,
    (recovery, answers): (&Recovery<'_>, Answers<'_>),
    into: &mut Vec<Attempt>,
) {
    let own = block.items::<Opportunity>(person);
    into.clear();
    into.extend(own.iter().map(|o| Attempt::of_opportunity(o, &context.sales, answers)));
    let mut lost: Vec<usize> =
        (0..own.len()).filter(|place| own[*place].outcome == Outcome::Lost).collect();
    // Those of one day stay in the order in which the block has them.
    lost.sort_by_key(|place| own[*place].decided);
    for (i, place) in lost.iter().enumerate() {
        let Opportunity { decided, value, .. } = own[*place];
        let next_lost = lost.get(i + 1).map(|next| own[*next].decided);
        let is_recovered = recovery.by_activity(decided, next_lost);
        into[*place].lost = recovery.fate(decided, value, is_recovered);
    }
}

/// Counts attempts of a person.
pub(super) fn count(
    block: &Block<'_>,
    person: usize,
    context: &Context,
    attempts: &[Attempt],
    into: &mut Grid<Attempted>,
) {
    if attempts.is_empty() {
        return;
    }
    let first_activity = block.activity.of(person).0.first();
    for group in block.groups {
        let slot = group.slot(person);
        for (g, periods) in context.periods.iter().enumerate() {
            let cells = into.at_least(slot, g, periods.len() * BUYERS.len());
            for attempt in attempts {
                let is_customer = first_activity.is_some_and(|first| *first < attempt.created);
                let buyer = if is_customer { CUSTOMER } else { PROSPECT };
                attempt.count(&mut cells[periods.of(attempt.created) * BUYERS.len() + buyer]);
            }
        }
    }
}
