//! What customers let the shop know of their mood: engagement and answers.

use super::dice::Dice;
use super::life::Life;
use super::planted::PLANTED_EVERYTHING;
use super::rows::{Answer, Signal};
use super::spell::Spell;
use super::terms::{
    ANSWER_SHARE, EXIT_ANSWER_SHARE, EXIT_DAYS, EXIT_SCORE_SHARE, SIGNAL_LOG_SPREAD,
};
use crate::calendar::{DAY_SECONDS, day};

const WEEK: i64 = 7 * DAY_SECONDS;

/// Indices into the signals of [`PLANTED_EVERYTHING`].
const SESSIONS: usize = 0;
const MINUTES: usize = 1;
const SUPPORT: usize = 2;
const NEWSLETTER: usize = 3;

/// First and last score of promoters, passives and detractors.
const SCORES: [(i64, i64); 3] = [(9, 10), (7, 8), (0, 6)];

impl Life<'_> {
    /// The signals of a spell, or of the time before the first too. A week is told with the
    /// mood of its beginning.
    pub fn signals(&mut self, spell: &Spell, from: i64) {
        let [sessions, minutes, support, _] = PLANTED_EVERYTHING.signals;
        let often = sessions.weekly * self.dice.spread(SIGNAL_LOG_SPREAD);
        let long = minutes.weekly / sessions.weekly * self.dice.spread(SIGNAL_LOG_SPREAD);
        let angry = support.weekly * self.dice.spread(SIGNAL_LOG_SPREAD);
        let mut week = from;
        while week < spell.silent {
            let until = (week + WEEK).min(spell.silent);
            let is_unhappy = spell.is_unhappy(week);
            let factor = |kind: usize| {
                if is_unhappy { PLANTED_EVERYTHING.signals[kind].unhappy_factor } else { 1.0 }
            };
            let visits = self.dice.count(often * factor(SESSIONS) * share(until - week));
            if visits > 0 {
                let at = self.dice.between((week, until - 1));
                let visits = f64::from(visits);
                self.signal(at, SESSIONS, Some(visits));
                let minutes = visits * long * self.dice.spread(SIGNAL_LOG_SPREAD);
                self.signal(at, MINUTES, Some((minutes * 10.0).round() / 10.0));
            }
            for _ in 0..self.dice.count(angry * factor(SUPPORT) * share(until - week)) {
                let at = self.dice.between((week, until - 1));
                self.signal(at, SUPPORT, None);
            }
            week = until;
        }
    }

    /// Opened from the first sight to the end, whatever else happens. Everybody is equally likely
    /// to, so that the months of a customer are independent observations.
    pub fn newsletter(&mut self) {
        let mean_days = 7.0 / PLANTED_EVERYTHING.signals[NEWSLETTER].weekly;
        let mut at = self.seen + self.dice.wait(mean_days);
        while at < self.market.end {
            self.signal(at, NEWSLETTER, None);
            at += self.dice.wait(mean_days);
        }
    }

    fn signal(&mut self, at: i64, kind: usize, value: Option<f64>) {
        self.told.signals.push(Signal { person: self.index, at, kind, value });
    }

    /// Scores now and then, and reasons of those who have left.
    pub fn answers(&mut self, spell: &Spell) {
        for (from, until) in spell.blocks(self.market.end) {
            if self.dice.chance(ANSWER_SHARE) {
                let at = self.dice.between((from, until - 1));
                let score = Some(score(spell.is_unhappy(at), &mut self.dice));
                self.told.answers.push(Answer {
                    person: self.index,
                    at: day(at),
                    score,
                    reason: None,
                });
            }
        }
        let Some(left) = spell.left.filter(|_| self.dice.chance(EXIT_ANSWER_SHARE)) else {
            return;
        };
        let at = left + self.dice.days(EXIT_DAYS);
        if at < spell.silent {
            let has_score = self.dice.chance(EXIT_SCORE_SHARE);
            let score = has_score.then(|| score(true, &mut self.dice));
            let (_, reason) = self.dice.choose(&self.market.leaving_reasons);
            self.told.answers.push(Answer { person: self.index, at: day(at), score, reason });
        }
    }
}

fn score(is_unhappy: bool, dice: &mut Dice) -> i32 {
    let planted = PLANTED_EVERYTHING.scores;
    let [promoters, passives, _] = if is_unhappy { planted.unhappy } else { planted.content };
    let which = dice.share();
    let class = if which < promoters {
        0
    } else if which < promoters + passives {
        1
    } else {
        2
    };
    i32::try_from(dice.between(SCORES[class])).expect("scores end at 10")
}

/// Of a week.
#[expect(clippy::cast_precision_loss, reason = "a week at most")]
fn share(seconds: i64) -> f64 {
    seconds as f64 / WEEK as f64
}
