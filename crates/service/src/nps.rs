//! `nps`: who would recommend.

use std::sync::Arc;

use kohort_model::formulas::{net_promoter_score, nps_standard_error};
use kohort_model::{
    Block, Column, Context, Finished, Grid, Measure, Periods, Places, Slot, Table, TableSchema,
    Tally, Unit, keys, merge_as,
};

/// The table's columns.
pub static NPS: TableSchema = TableSchema {
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
            "promoters + passives + detractors: of each person the last score of the period",
        ),
        Column::count("promoters", Unit::Answers, "scores of 9 and 10"),
        Column::count("passives", Unit::Answers, "scores of 7 and 8"),
        Column::count("detractors", Unit::Answers, "scores of 0 to 6"),
        Column::float("nps", Unit::Points, "100 x (promoters - detractors) / responses").or_null(),
        Column::float(
            "nps_standard_error",
            Unit::Points,
            "100 x sqrt((p + d - (p - d)^2) / responses), p and d the shares of promoters and detractors",
        )
        .or_null(),
        keys::IS_COMPLETE,
    ],
    key: &["grain", "segment", "segment_value", "period"],
    revisable: &[],
};

/// The answers of a period.
#[derive(Clone, Copy, Debug, Default)]
struct Answers {
    promoters: u64,
    passives: u64,
    detractors: u64,
}

impl Tally for Answers {
    fn add(&mut self, other: &Self) {
        self.promoters += other.promoters;
        self.passives += other.passives;
        self.detractors += other.detractors;
    }
}

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

/// The fold behind the table.
pub struct Nps {
    context: Arc<Context>,
    cells: Grid<Answers>,
}

impl Nps {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(context: Arc<Context>) -> Self {
        let cells = Grid::new(&context);
        Self { context, cells }
    }
}

impl Measure for Nps {
    fn fresh(&self) -> Box<dyn Measure> {
        Box::new(Self::new(Arc::clone(&self.context)))
    }

    fn fold(&mut self, block: &Block<'_>) {
        let Self { context, cells } = self;
        for person in 0..block.len() {
            for (g, periods) in context.periods.iter().enumerate() {
                let period = |(day, _): &(_, u8)| periods.of(*day);
                let scores = block.scores.of(person);
                for given in scores.chunk_by(|a, b| period(a) == period(b)) {
                    // A block has the lowest score of one instant last.
                    let last = &given[given.len() - 1];
                    let p = period(last);
                    for group in block.groups {
                        cells.at_least(group.slot(person), g, p + 1)[p].count(last.1);
                    }
                }
            }
        }
    }

    fn merge(&mut self, other: Box<dyn Measure>) {
        self.cells.merge(merge_as::<Self>(other).cells);
    }

    fn finish(self: Box<Self>) -> Finished {
        let context = &*self.context;
        let mut table = context.table(&NPS);
        for (g, periods) in context.periods.iter().enumerate() {
            for (s, slot) in context.slots.iter().enumerate() {
                write_slot(&mut table, context, slot, periods, self.cells.get(s, g));
            }
        }
        vec![table].into()
    }
}

fn write_slot(
    table: &mut Table,
    context: &Context,
    slot: &Slot,
    periods: &Periods,
    cells: &Places<Answers>,
) {
    let Some(first) = cells.iter().position(|cell| cell.responses() > 0) else { return };
    for p in first..periods.len() {
        let cell = cells.get(p).copied().unwrap_or_default();
        let Answers { promoters, passives, detractors } = cell;
        let (some, between, others) = (promoters.into(), passives.into(), detractors.into());
        table.push([
            periods.grain.name().into(),
            Arc::clone(&slot.segment).into(),
            slot.value.clone().into(),
            periods.start(p).into(),
            cell.responses().into(),
            promoters.into(),
            passives.into(),
            detractors.into(),
            net_promoter_score(some, between, others).into(),
            nps_standard_error(some, between, others).into(),
            context.is_complete(periods, p).into(),
        ]);
    }
}

#[cfg(test)]
mod tests {
    use kohort_model::{Basis, Day, Grain};

    use super::*;
    use crate::tests::{Person, assert_overall, assert_text, context, table};

    fn answers(slot: u32, scores: &[(i32, u8)]) -> Person {
        let scores = scores.iter().map(|(day, score)| (Day(*day), *score)).collect();
        Person { slot, scores, ..Person::default() }
    }

    #[test]
    fn the_last_score_of_a_person_in_a_period_counts() {
        // January holds the days 0 to 30, February 31 to 58, March 59 to 89.
        let people = [
            answers(1, &[(3, 0), (30, 9), (31, 7)]),
            answers(1, &[(0, 10), (0, 6)]),
            answers(2, &[(40, 8), (70, 10)]),
            answers(2, &[(70, 9)]),
            answers(2, &[(70, 2)]),
            answers(1, &[]),
        ];
        let found = table(Nps::new, context(0, 80, Grain::Month), &people);
        assert_text(
            &found,
            "segment segment_value period responses promoters passives detractors nps     nps_standard_error is_complete
             all     -             0      2         1         0        1          0       70.7107            true
             all     -             31     2         0         2        0          0       0                  true
             all     -             59     3         2         0        1          33.3333 54.4331            false
             kind    a             0      2         1         0        1          0       70.7107            true
             kind    a             31     1         0         1        0          0       0                  true
             kind    a             59     0         0         0        0          -       -                  false
             kind    b             31     1         0         1        0          0       0                  true
             kind    b             59     3         2         0        1          33.3333 54.4331            false",
        );
    }

    #[test]
    fn classes_of_scores() {
        let people: Vec<_> = (0..=10).map(|score| answers(1, &[(5, score)])).collect();
        let found = table(Nps::new, context(0, 31, Grain::Month), &people);
        assert_overall(
            &found,
            "responses promoters passives detractors nps      nps_standard_error
             11        2         2        7          -45.4545 23.5791",
        );
    }

    #[test]
    fn periods_are_complete_as_in_other_tables() {
        let people = [answers(1, &[(5, 9), (60, 9)])];
        let mut context = context(0, 90, Grain::Month);
        (context.history_start, context.lapse_days) = (Some(Day(0)), 40);
        let found = table(Nps::new, context.clone(), &people);
        assert_overall(
            &found,
            "period responses is_complete
             0      1         false
             31     0         false
             59     1         true",
        );
        context.history_start = None;
        (context.basis, context.lapse_days) = (Basis::Subscriptions, 1);
        let found = table(Nps::new, context, &people);
        assert_overall(
            &found,
            "period responses is_complete
             0      1         true
             31     0         true
             59     1         false",
        );
    }
}
