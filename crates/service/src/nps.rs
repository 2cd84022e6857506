//! `nps`: who would recommend.

use std::sync::Arc;

use kohort_inputs::{Answer, Score};
use kohort_model::calc::{self, Check, Formula, Given, Outcome, Presence};
use kohort_model::{
    Block, Column, Context, Grid, GridMeasure, Gridded, Headline, Identities, Input, MeasureSpec,
    Omission, Places, Requires, Series, Source, Sum, Table, TableSchema, TableSpec, Unit, keys,
    rate, row, tally,
};

/// The declaration.
pub static NPS: MeasureSpec = MeasureSpec {
    tables: &[TableSpec {
        needs_history: false,
        requires: Requires(&[Source::Column(Input::Surveys, "score")]),
        identities: Identities::by_grain(&[
            "responses = promoters + passives + detractors",
            "nps is set exactly where responses > 0",
            "nps_standard_error is set exactly where responses > 0",
        ]),
        headlines: &[Headline {
            unit: "points",
            ..Headline::ratio(
                "nps",
                Sum { plus: &["promoters"], minus: &["detractors"] },
                &["responses"],
            )
        }],
        omissions: &[Omission {
            name: "answers_without_score",
            meaning: "answers whose score is NULL",
            count: |block, person, _, _| {
                block.items::<Answer>(person).len() - block.items::<Score>(person).len()
            },
        }],
        ..TableSpec::of(&SCHEMA)
    }],
    reads: &[Input::Surveys],
    formulas: FORMULAS,
    start: |context, _| GridMeasure::start(context, Scores),
    ..MeasureSpec::PLAIN
};

static SCHEMA: TableSchema = TableSchema {
    name: "nps",
    description: "Who would recommend: the net promoter score of the answers of each period",
    columns: &[
        keys::GRAIN,
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        keys::PERIOD,
        Column::count(
            "responses",
            Unit::Answers,
            "promoters + passives + detractors: each person counts once, with the last score it \
             gave in the period",
        ),
        Column::count("promoters", Unit::Answers, "scores of 9 and 10"),
        Column::count("passives", Unit::Answers, "scores of 7 and 8"),
        Column::count("detractors", Unit::Answers, "scores of 0 to 6"),
        Column::float(
            "nps",
            Unit::Points,
            "net promoter score: 100 x (promoters - detractors) / responses, from -100 to 100; \
             NULL without responses",
        )
        .or_null(),
        Column::float(
            "nps_standard_error",
            Unit::Points,
            "100 x sqrt((p + d - (p - d)^2) / responses), p and d the shares of promoters and \
             detractors; NULL without responses",
        )
        .or_null(),
        keys::IS_COMPLETE,
    ],
    key: &["grain", "segment", "segment_value", "period"],
    revisable: &[],
};

/// What can be computed from numbers that are typed in. The median: Reichheld 2003, "The one number you
/// need to grow", of some 130,000 answers.
const FORMULAS: &[Formula] = &[Formula {
    name: "nps",
    about: "Net promoter score: how many would recommend you, less those who would not",
    inputs: &[
        calc::Input::count("promoters", "Answers of 9 and 10").with(COUNTS),
        calc::Input::count("passives", "Answers of 7 and 8").with(COUNTS),
        calc::Input::count("detractors", "Answers of 0 to 6").with(COUNTS),
        calc::Input::share("promoters-share", "Share of the answers that are 9 or 10")
            .with(SHARES),
        calc::Input::share("detractors-share", "Share of the answers that are 0 to 6")
            .with(SHARES),
        calc::Input::count("answers", "Answers in all: adds the standard error of a score of shares")
            .with(Presence::Beside("promoters-share")),
    ],
    checks: &[
        Check::WithinOne {
            parts: &["promoters-share", "detractors-share"],
            why: "both are parts of all answers; give them as shares of these, passives included",
        },
        Check::AboveZero {
            input: "answers",
            why: "shares are of some answers; give how many, or leave it out",
        },
    ],
    results: &[
        Outcome::number(
            "nps",
            "100 × ({promoters} - {detractors}) / ({promoters} + {passives} + {detractors})",
            |g| {
                let [promoters, passives, detractors] = typed(g);
                net_promoter_score(promoters, passives, detractors)
            },
        )
        .means(SCORE)
        .usual(MEDIAN)
        .needs("promoters"),
        Outcome::number(
            "nps_standard_error",
            "100 × √((p + d - (p - d)²) / n), p = {promoters} / n, d = {detractors} / n, \
                 n = {promoters} + {passives} + {detractors}",
            |g| {
                let [promoters, passives, detractors] = typed(g);
                nps_standard_error(promoters, passives, detractors)
            },
        )
        .means(ERROR)
        .needs("promoters"),
        Outcome::number("nps", "100 × ({promoters-share} - {detractors-share})", |g| {
            let [promoters, passives, detractors] = shares(g);
            net_promoter_score(promoters, passives, detractors)
        })
        .means(SCORE)
        .usual(MEDIAN)
        .needs("promoters-share"),
        Outcome::number(
            "nps_standard_error",
            "100 × √((p + d - (p - d)²) / {answers}), p = {promoters-share}, d = {detractors-share}",
            |g| {
                let [promoters, passives, detractors] = shares(g);
                // That of as many answers as a share has units.
                let error = nps_standard_error(promoters, passives, detractors)?;
                let unit = g.scale().unit();
                Some(error * rate(unit * unit, g.one("answers"))?.sqrt())
            },
        )
        .means(ERROR)
        .needs("answers"),
    ],
    example: "--promoters 50 --passives 30 --detractors 20",
}];

const COUNTS: Presence = Presence::In("counts");
const SHARES: Presence = Presence::In("shares");
const SCORE: &str = "Among 100 answers there are {} more promoters than detractors; below zero there \
                     are fewer.";
const MEDIAN: &str =
    "More than 400 companies of 28 industries had a median of 16 (Reichheld 2003).";
const ERROR: &str = "By chance alone the score may well be off by twice {}.";

fn typed(given: &Given) -> [i128; 3] {
    ["promoters", "passives", "detractors"].map(|name| given.one(name))
}

/// Promoters, passives and detractors of as many answers as a share has units.
fn shares(given: &Given) -> [i128; 3] {
    let [promoters, detractors] =
        ["promoters-share", "detractors-share"].map(|name| given.one(name));
    [promoters, given.scale().unit() - promoters - detractors, detractors]
}

/// 100 × (promoters - detractors) / responses, -100 to 100. Reichheld 2003, "The one number you
/// need to grow".
fn net_promoter_score(promoters: i128, passives: i128, detractors: i128) -> Option<f64> {
    rate(100 * (promoters - detractors), promoters + passives + detractors)
}

/// 100 × √((p + d - (p - d)²) / n), p and d the shares of promoters and detractors among n
/// responses: the standard error of the score, in its points.
#[expect(clippy::cast_precision_loss, reason = "a root is a float anyway")]
fn nps_standard_error(promoters: i128, passives: i128, detractors: i128) -> Option<f64> {
    let n = promoters + passives + detractors;
    let difference = promoters - detractors;
    let spread = rate((promoters + detractors) * n - difference * difference, n)?;
    Some(100.0 * spread.sqrt() / n as f64)
}

/// The answers of a period.
#[derive(Clone, Copy, Debug, Default)]
struct Answers {
    promoters: u64,
    passives: u64,
    detractors: u64,
}

tally!(Answers { promoters, passives, detractors });

impl Answers {
    fn count(&mut self, score: u8) {
        *match score {
            9.. => &mut self.promoters,
            7 | 8 => &mut self.passives,
            0..=6 => &mut self.detractors,
        } += 1;
    }

    fn responses(&self) -> u64 {
        self.promoters + self.passives + self.detractors
    }
}

/// The last score of each person in each period.
#[derive(Clone, Copy)]
struct Scores;

impl Gridded for Scores {
    type Tally = Answers;

    const TABLES: &'static [&'static TableSchema] = &[&SCHEMA];

    fn fold(&mut self, context: &Context, block: &Block<'_>, cells: &mut Grid<Answers>) {
        for person in 0..block.len() {
            for (g, periods) in context.periods.iter().enumerate() {
                let period = |given: &Score| periods.of(given.day);
                let scores = block.items::<Score>(person);
                for given in scores.chunk_by(|a, b| period(a) == period(b)) {
                    // A block has the lowest score of one instant last.
                    let last = &given[given.len() - 1];
                    let p = period(last);
                    for group in block.groups {
                        cells.at_least(group.slot(person), g, p + 1)[p].count(last.score);
                    }
                }
            }
        }
    }

    fn write(
        &self,
        context: &Context,
        series: Series<'_>,
        cells: &Places<Answers>,
        tables: &mut [Table],
    ) {
        let Series { periods, slot, .. } = series;
        let Some(first) = cells.iter().position(|cell| cell.responses() > 0) else { return };
        for p in first..periods.len() {
            let cell = cells.get(p).copied().unwrap_or_default();
            let Answers { promoters, passives, detractors } = cell;
            let (some, between, others) = (promoters.into(), passives.into(), detractors.into());
            tables[0].push(row!(SCHEMA {
                grain: periods.grain.name(),
                segment: Arc::clone(&slot.segment),
                segment_value: slot.value.clone(),
                period: periods.start(p),
                responses: cell.responses(),
                promoters: promoters,
                passives: passives,
                detractors: detractors,
                nps: net_promoter_score(some, between, others),
                nps_standard_error: nps_standard_error(some, between, others),
                is_complete: context.is_complete(periods, p),
            }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_examples() {
        assert_eq!(net_promoter_score(50, 30, 20), Some(30.0));
        assert_eq!(net_promoter_score(0, 0, 8), Some(-100.0));
        for of in [0, -1] {
            assert_eq!(net_promoter_score(0, of, 0), None, "{of}");
            assert_eq!(nps_standard_error(0, of, 0), None, "{of}");
        }
    }

    #[test]
    fn errors_of_scores() {
        for ((p, passives, d), expected) in [
            ((50, 30, 20), 7.810_249_675_906_654),
            ((500, 300, 200), 2.469_817_807_045_694),
            ((10, 0, 0), 0.0),
            ((0, 10, 0), 0.0),
            ((1, 0, 1), 70.710_678_118_654_76),
        ] {
            let found = nps_standard_error(p, passives, d).unwrap();
            assert!((found - expected).abs() < 1e-12, "{p} {passives} {d}: {found}");
        }
    }
}
