//! The subscription business as a simulation: each person's history from a random stream of
//! their own.

use chrono::{Datelike, Days, Months, NaiveDate};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::weighted::WeightedIndex;
use rand_distr::{Beta, Distribution, Exp1};

use super::rows::{Answer, Contact, Span};
use super::terms::{
    BREAK_DAYS, BREAK_REASON, BREAK_SHARE, CAMPAIGN_DAY, CANCEL_REASONS, CHANGE_SHARE, CHOSEN_DAYS,
    CHOSEN_SHARE, DECISION_DAYS, FAILURE_REASONS, INTERVALS, INVOLUNTARY_SHARE, NOTICE_DAYS,
    PAUSE_DAYS, PAUSE_SHARE, PLANS, PROSPECT_SHARE, QUIET_DAYS, RETURN_DAYS, SECOND_DAYS,
    SECOND_ENDS_SHARE, SECOND_SHARE, STRATEGIES, SURVEY_DAYS, SURVEY_REASONS, SURVEY_SHARE,
    TO_YEAR_SHARE, TRIAL_DAYS, TRIAL_SHARE, UPGRADE_SHARE, YEAR,
};
use crate::calendar::Calendar;
use crate::draw::{choices, day_of_joining, joins, pick, whole};
use crate::habits::{COUNTRIES, Choice};
use crate::planted::PLANTED;
use crate::sight::Sight;

/// A business whose people can be asked for their histories.
pub(crate) struct Business<'a> {
    calendar: &'a Calendar,
    /// The day after the last day that is told.
    end: NaiveDate,
    campaigns: Vec<NaiveDate>,
    random: ChaCha8Rng,
    joins: WeightedIndex<f64>,
    countries: WeightedIndex<f64>,
    plans: WeightedIndex<f64>,
    intervals: WeightedIndex<f64>,
    strategies: WeightedIndex<f64>,
    cancel_reasons: WeightedIndex<f64>,
    failure_reasons: WeightedIndex<f64>,
    survey_reasons: WeightedIndex<f64>,
    leaving: Beta<f64>,
}

/// All that the files say about a person.
pub(crate) struct Person {
    pub is_customer: bool,
    pub sight: Sight,
    /// In order of their starts.
    pub spans: Vec<Span>,
    pub contacts: Vec<Contact>,
    pub answers: Vec<Answer>,
}

impl<'a> Business<'a> {
    pub fn new(calendar: &'a Calendar, seed: u64) -> Self {
        let (first, end) = (calendar.first_day(), calendar.end());
        let is_campaign =
            |day: &NaiveDate| day.day() == CAMPAIGN_DAY && day.month0().is_multiple_of(3);
        Self {
            calendar,
            end,
            campaigns: first.iter_days().take_while(|day| *day < end).filter(is_campaign).collect(),
            random: ChaCha8Rng::seed_from_u64(seed),
            joins: joins(calendar),
            countries: choices(&COUNTRIES),
            plans: choices(&PLANS),
            intervals: choices(&INTERVALS),
            strategies: choices(&STRATEGIES),
            cancel_reasons: choices(&CANCEL_REASONS),
            failure_reasons: choices(&FAILURE_REASONS),
            survey_reasons: choices(&SURVEY_REASONS),
            leaving: Beta::new(PLANTED.churn.alpha, PLANTED.churn.beta)
                .expect("alpha and beta are above zero"),
        }
    }

    /// A person's history, which depends on the seed, the calendar and the person alone.
    pub fn person(&self, index: u32) -> Person {
        let mut random = self.random.clone();
        random.set_stream(u64::from(index));
        let is_customer = !random.random_bool(PROSPECT_SHARE);
        let day = day_of_joining(self.calendar, &self.joins, &mut random);
        let country = pick(&self.countries, &mut random);
        let mut life = Life {
            business: self,
            random,
            index,
            country,
            subscriptions: 0,
            spans: Vec::new(),
            contacts: Vec::new(),
            answers: Vec::new(),
        };
        let seen = if is_customer { life.subscribe(day) } else { life.only_look(day) };
        life.spans.sort_by_key(|span| (span.started, span.subscription));
        Person {
            is_customer,
            sight: Sight { person: index, at: seen },
            spans: life.spans,
            contacts: life.contacts,
            answers: life.answers,
        }
    }
}

/// What somebody subscribes to.
#[derive(Clone, Copy)]
struct Contract {
    subscription: u32,
    plan: u8,
    interval: u8,
}

/// The end of a spell: the time in which somebody is a customer without a gap.
#[derive(Clone, Copy)]
struct Leaving {
    /// The first day without a subscription.
    ended: NaiveDate,
    cancelled: NaiveDate,
    reason: Option<&'static str>,
    is_involuntary: bool,
    is_break: bool,
}

/// A person's history while it unfolds.
struct Life<'a> {
    business: &'a Business<'a>,
    random: ChaCha8Rng,
    index: u32,
    country: u8,
    /// How many the person has had so far.
    subscriptions: u32,
    spans: Vec<Span>,
    contacts: Vec<Contact>,
    answers: Vec<Answer>,
}

impl Life<'_> {
    /// Returns when somebody who never pays is seen first.
    fn only_look(&mut self, seen: NaiveDate) -> NaiveDate {
        if self.chance(TRIAL_SHARE) {
            let started = seen + self.exponential(DECISION_DAYS);
            if started < self.business.end {
                let contract = self.sign();
                self.try_out(contract, started);
            }
        }
        seen
    }

    /// Spell after spell from the first payment on. Returns when the customer was seen first.
    fn subscribe(&mut self, paid: NaiveDate) -> NaiveDate {
        let first_day = self.business.calendar.first_day();
        let mut contract = self.sign();
        let mut acquired = paid;
        if self.chance(TRIAL_SHARE) && paid >= first_day + Days::new(TRIAL_DAYS) {
            acquired = paid - Days::new(TRIAL_DAYS);
            self.try_out(contract, acquired);
        }
        let seen = (acquired - self.exponential(DECISION_DAYS)).max(first_day);

        let leaves = self.business.leaving.sample(&mut self.random);
        let mut started = paid;
        while let Some(leaving) = self.spell(contract, started, leaves) {
            self.survey(&leaving);
            let back = if leaving.is_break {
                leaving.ended + self.days(BREAK_DAYS)
            } else {
                contract = self.sign();
                self.comeback(leaving.ended)
            };
            if back >= self.business.end {
                break;
            }
            started = back;
        }
        seen
    }

    fn sign(&mut self) -> Contract {
        self.subscriptions += 1;
        Contract {
            subscription: self.subscriptions,
            plan: pick(&self.business.plans, &mut self.random),
            interval: pick(&self.business.intervals, &mut self.random),
        }
    }

    fn try_out(&mut self, contract: Contract, started: NaiveDate) {
        let ended = Some(started + Days::new(TRIAL_DAYS));
        let span = self.span(contract, started);
        self.spans.push(Span { ended, is_trial: true, ..span });
    }

    /// Writes down a spell and returns its end, if that is known before the history stops.
    ///
    /// Whatever the intervals of payment, a spell ends after a whole number of months: at each
    /// such moment the customer leaves with the same chance, whatever happened in between.
    fn spell(&mut self, contract: Contract, start: NaiveDate, leaves: f64) -> Option<Leaving> {
        let end = self.business.end;
        let mut months = 1;
        let leaving = loop {
            let boundary = start + Months::new(months);
            if self.chance(leaves) {
                let leaving = self.leave(boundary);
                break (leaving.cancelled < end).then_some(leaving);
            }
            if boundary >= end {
                break None;
            }
            months += 1;
        };
        // Nothing changes in the month in which somebody cancels.
        let span = self.changes(contract, start, months - 1);
        self.spans.push(closed(span, leaving.as_ref()));
        if self.chance(SECOND_SHARE) {
            self.second(start, leaving.as_ref());
        }
        leaving.filter(|leaving| leaving.ended < end)
    }

    fn leave(&mut self, ended: NaiveDate) -> Leaving {
        let which = self.random.random::<f64>();
        let is_involuntary = which < INVOLUNTARY_SHARE;
        let is_break = !is_involuntary && which < INVOLUNTARY_SHARE + BREAK_SHARE;
        let business = self.business;
        if is_involuntary {
            let reason = self.reason(&FAILURE_REASONS, &business.failure_reasons);
            return Leaving { ended, cancelled: ended, reason, is_involuntary, is_break };
        }
        let cancelled = ended - self.days((0, NOTICE_DAYS));
        let reason = if is_break {
            Some(BREAK_REASON)
        } else {
            self.reason(&CANCEL_REASONS, &business.cancel_reasons)
        };
        Leaving { ended, cancelled, reason, is_involuntary, is_break }
    }

    /// Writes down what changes in the first `months` months of a spell: at most one thing in
    /// each, never at its borders. Returns what then runs on.
    fn changes(&mut self, mut contract: Contract, start: NaiveDate, months: u32) -> Span {
        let end = self.business.end;
        let mut span = self.span(contract, start);
        for month in 0..months {
            let first = start + Months::new(month);
            let which = self.random.random::<f64>();
            let (stopped, resumed) = if which < CHANGE_SHARE {
                let day = first + self.days((1, 27));
                contract = self.change(contract);
                (day, day)
            } else if which < CHANGE_SHARE + PAUSE_SHARE {
                let day = first + self.days((1, 10));
                (day, day + self.days(PAUSE_DAYS))
            } else {
                continue;
            };
            if resumed < end {
                self.spans.push(Span { ended: Some(stopped), ..span });
                span = self.span(contract, resumed);
            }
        }
        span
    }

    fn change(&mut self, contract: Contract) -> Contract {
        if contract.interval != YEAR && self.chance(TO_YEAR_SHARE) {
            return Contract { interval: YEAR, ..contract };
        }
        let largest = usize::from(contract.plan) + 1 == PLANS.len();
        let is_upgrade = contract.plan == 0 || (!largest && self.chance(UPGRADE_SHARE));
        let plan = if is_upgrade { contract.plan + 1 } else { contract.plan - 1 };
        Contract { plan, ..contract }
    }

    /// A second subscription within a spell. It may end before the first, which is a contraction.
    fn second(&mut self, start: NaiveDate, leaving: Option<&Leaving>) {
        let end = self.business.end;
        let stop = leaving.map_or(end, |leaving| leaving.cancelled.min(end));
        let length = (stop - start).num_days().unsigned_abs();
        let started = start + self.days((0, length - 1));
        let contract = self.sign();
        let span = self.span(contract, started);
        let ended = started + self.days(SECOND_DAYS);
        if self.chance(SECOND_ENDS_SHARE) && ended < stop {
            let reason = self.reason(&CANCEL_REASONS, &self.business.cancel_reasons);
            self.spans.push(Span { ended: Some(ended), cancelled: Some(ended), reason, ..span });
        } else {
            self.spans.push(closed(span, leaving));
        }
    }

    fn survey(&mut self, leaving: &Leaving) {
        if leaving.reason.is_none() && self.chance(SURVEY_SHARE) {
            let at = leaving.ended + self.days((1, SURVEY_DAYS));
            let reason = self.reason(&SURVEY_REASONS, &self.business.survey_reasons);
            if at < self.business.end {
                self.answers.push(Answer { person: self.index, at, reason });
            }
        }
    }

    /// When somebody who has left returns, which may be after the history stops.
    ///
    /// The day of a return of one's own is memoryless. Once a campaign has chosen a customer,
    /// the experiment alone decides about the days of its window.
    fn comeback(&mut self, ended: NaiveDate) -> NaiveDate {
        let win_back = PLANTED.win_back;
        let mut from = ended + Days::new(QUIET_DAYS);
        loop {
            let own = from + self.exponential(RETURN_DAYS);
            let next = self.business.campaigns.iter().find(|day| **day >= from);
            let Some(&at) = next.filter(|day| (**day - ended).num_days() <= CHOSEN_DAYS) else {
                return own;
            };
            if own < at {
                return own;
            }
            if !self.chance(CHOSEN_SHARE) {
                from = at + Days::new(1);
                continue;
            }
            let is_holdout = self.chance(win_back.holdout_share);
            let strategy = pick(&self.business.strategies, &mut self.random);
            self.contacts.push(Contact { person: self.index, at, strategy, is_holdout });
            let uplift = if is_holdout { 0.0 } else { win_back.uplift };
            let window = u64::from(win_back.window_days);
            if self.chance(win_back.holdout_return + uplift) {
                // Short of the last days, so that their border may lie on either side.
                return at + self.days((1, window - 2));
            }
            from = at + Days::new(window + 1);
        }
    }

    fn span(&self, contract: Contract, started: NaiveDate) -> Span {
        Span {
            person: self.index,
            subscription: contract.subscription,
            started,
            ended: None,
            plan: contract.plan,
            interval: contract.interval,
            country: self.country,
            cancelled: None,
            reason: None,
            is_involuntary: false,
            is_trial: false,
        }
    }

    fn reason(&mut self, from: &[Choice], weights: &WeightedIndex<f64>) -> Option<&'static str> {
        from[usize::from(pick(weights, &mut self.random))].name
    }

    /// From the first of the two up to the second.
    fn days(&mut self, (least, most): (u64, u64)) -> Days {
        Days::new(self.random.random_range(least..=most))
    }

    fn exponential(&mut self, mean: f64) -> Days {
        let days = self.random.sample::<f64, _>(Exp1) * mean;
        // A century at most, which is later than any sample's end.
        Days::new(whole(days.min(36_500.0)).unsigned_abs())
    }

    fn chance(&mut self, share: f64) -> bool {
        self.random.random_bool(share)
    }
}

/// The last span of a spell.
fn closed(span: Span, leaving: Option<&Leaving>) -> Span {
    match leaving {
        None => span,
        Some(leaving) => Span {
            ended: Some(leaving.ended),
            cancelled: Some(leaving.cancelled),
            reason: leaving.reason,
            is_involuntary: leaving.is_involuntary,
            ..span
        },
    }
}
