//! The measure and its table.

use std::sync::Arc;

use kohort_model::calc::{Check, Formula, Input, Kind, Outcome, Presence};
use kohort_model::view::{Exceeds, Percent};
use kohort_model::{
    Basis, Block, Column, Context, Grid, GridMeasure, Gridded, Headline, Identities, MeasureSpec,
    Periods, Places, Requires, Series, Spell, Sum, SumsOf, Table, TableSchema, TableSpec, Tally,
    Unit, View, keys, rate, row, tally,
};

use crate::years::{YEARLY, Yearly, Years, share_of_year};

/// The declaration.
pub static CUSTOMER_RETENTION: MeasureSpec = MeasureSpec {
    tables: &[TableSpec {
        view: View {
            columns: &[
                "opening",
                "new",
                "returned",
                "churned",
                "closing",
                "kept_rate",
                "churn_rate",
                "yearly_kept_rate",
                "buyers",
            ],
            percent: Percent {
                exceeds: &[Exceeds {
                    column: "retention_rate",
                    why: "more customers returned than were lost; kept_rate is without them",
                }],
                ..Percent::ALL
            },
            ..View::PLAIN
        },
        identities: IDENTITIES,
        headlines: &[
            Headline {
                denominator: Sum::NOTHING,
                requires: Requires::SUBSCRIPTIONS,
                ..share("annualised_churn_rate", Sum::NOTHING)
            },
            share("churn_rate", Sum::of(&["lost"])),
            share("kept_rate", Sum::of(&["kept"])),
            share(
                "retention_rate",
                Sum { plus: &["closing"], minus: &["new_at_close", "entered_existing_at_close"] },
            ),
            Headline::ratio("yearly_kept_rate", Sum::of(&["yearly_kept"]), &["yearly_opening"]),
            Headline {
                requires: Requires::ORDERS,
                ..Headline::ratio(
                    "yearly_buyer_rate",
                    Sum::of(&["yearly_buyers"]),
                    &["yearly_opening"],
                )
            },
        ],
        ..TableSpec::of(&SCHEMA)
    }],
    formulas: FORMULAS,
    start: |context, _| {
        let retention = CustomerRetention::new(&context);
        GridMeasure::start(context, retention)
    },
    ..MeasureSpec::PLAIN
};

/// A rate of the customers at the opening.
const fn share(name: &'static str, numerator: Sum) -> Headline {
    Headline::ratio(name, numerator, &["opening"])
}

const IDENTITIES: Identities = Identities {
    sums: &[
        // Whoever is active pays.
        SumsOf {
            basis: Some(Basis::Subscriptions),
            ..SumsOf::period("", "revenue_churn", "", &[("closing", "closing_customers")])
        },
        SumsOf::period("", "churn_reasons", "", &[("churned", "churned")]),
    ],
    ..Identities::by_grain(&[
        "closing = opening + new + entered_existing + returned - churned",
        "buyers = lifecycle_new + entered_existing + lifecycle_returning + lifecycle_resurrected",
        "lost = opening - kept",
        "kept <= closing",
        "kept <= opening",
        "lifecycle_new = new",
        "new_at_close <= new",
        "yearly_kept <= yearly_opening",
        "yearly_kept <= closing",
        "yearly_buyers <= yearly_opening",
        "next.opening = closing",
        "next.lifecycle_returning + next.lifecycle_dormant = buyers",
    ])
};

static SCHEMA: TableSchema = TableSchema {
    name: "customer_retention",
    description: "Who stayed, who left and who joined, period by period",
    columns: &[
        keys::GRAIN,
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        keys::PERIOD,
        Column::count(
            "opening",
            Unit::Customers,
            "customers active at the end of the day before the period",
        ),
        Column::count(
            "new",
            Unit::Customers,
            "customers whose first order lies in the period, without those of entered_existing",
        ),
        Column::count(
            "entered_existing",
            Unit::Customers,
            "customers first seen in the period, but before history_start + the lapse window: \
             nobody knows whether they are new; 0 without history_start",
        ),
        Column::count(
            "returned",
            Unit::Events,
            "activity days in the period that end a lapse spell; events, so one customer may \
             count more than once",
        ),
        Column::count(
            "churned",
            Unit::Events,
            "churn events in the period, those of customers who joined or returned in it \
             included, and one customer may count more than once; not the numerator of churn_rate, \
             which is lost",
        ),
        Column::count(
            "closing",
            Unit::Customers,
            "customers active at the end of the period's last known day: opening + new + \
             entered_existing + returned - churned",
        ),
        Column::count("new_at_close", Unit::Customers, "of new, those active at the close"),
        Column::count(
            "entered_existing_at_close",
            Unit::Customers,
            "of entered_existing, those active at the close",
        ),
        Column::count("kept", Unit::Customers, "customers active at the opening and at the close"),
        Column::count(
            "lost",
            Unit::Customers,
            "opening - kept: customers active at the opening and not at the close, each once; \
             churned counts events instead",
        ),
        Column::rate(
            "retention_rate",
            "(closing - new_at_close - entered_existing_at_close) / opening, the textbook formula; \
             counts who returned in the period, so it exceeds 1 (100 %) where more customers \
             returned than were lost, and does not complement churn_rate: kept_rate does",
        ),
        Column::rate("kept_rate", "kept / opening, which is 1 - churn_rate and never above 1"),
        Column::rate("churn_rate", "lost / opening; not churned / opening"),
        Column::rate(
            "annualised_churn_rate",
            "1 - (1 - churn_rate) ^ periods per year: day 365, week 52, month 12, quarter 4, year \
             1; NULL with orders, whose customers come and go: there see yearly_kept_rate",
        ),
        Column::count(
            "yearly_opening",
            Unit::Customers,
            "customers active at the end of the day before the year that ends with the period's \
             last known day; NULL where that year begins before history_start + the lapse window",
        )
        .or_null(),
        Column::count(
            "yearly_kept",
            Unit::Customers,
            "of yearly_opening, those active at the close; NULL where that is",
        )
        .or_null(),
        Column::count(
            "yearly_buyers",
            Unit::Customers,
            "of yearly_opening, those with activity in the year; NULL where that is, and with \
             subscriptions",
        )
        .or_null(),
        Column::rate(
            "yearly_kept_rate",
            "yearly_kept / yearly_opening: of the customers of a year ago, the share that is active",
        ),
        Column::rate(
            "yearly_buyer_rate",
            "yearly_buyers / yearly_opening: of the customers of a year ago, the share that bought \
             since",
        ),
        Column::count(
            "buyers",
            Unit::Customers,
            "customers with activity in the period (with subscriptions: with an active day in it)",
        ),
        Column::count(
            "lifecycle_new",
            Unit::Customers,
            "buyers whose first order lies in the period, entered_existing excepted",
        ),
        Column::count(
            "lifecycle_returning",
            Unit::Customers,
            "buyers who were also buyers in the period before",
        ),
        Column::count(
            "lifecycle_resurrected",
            Unit::Customers,
            "buyers who had ordered earlier, but not in the period before",
        ),
        Column::count(
            "lifecycle_dormant",
            Unit::Customers,
            "buyers of the period before who are none in this one",
        ),
        keys::IS_COMPLETE,
    ],
    key: &["grain", "segment", "segment_value", "period"],
    revisable: &[],
};

/// What can be computed from numbers that are typed in.
const FORMULAS: &[Formula] = &[
    Formula {
        name: "retention",
        about: "Which share of the customers stayed",
        inputs: &[
            Input::count("start", "Customers at the start of the period"),
            Input::count("end", "Customers at the end of the period"),
            Input::count("new", "Customers at the end who joined in the period"),
        ],
        checks: &[Check::AtMost {
            parts: &["new"],
            whole: "end",
            why: "new customers count where they are still there at the end; leave out who left",
        }],
        results: &[Outcome::share("retention_rate", "({end} - {new}) / {start}", |g| {
            retention_rate(g.one("start"), g.one("end"), g.one("new"))
        })
        .means(
            "The customers at the end, newcomers left out, are {} of those at the start; who came \
             back in between counts.",
        )],
        example: "--start 1000 --end 1100 --new 200",
    },
    Formula {
        name: "churn",
        about: "Which share of the customers left",
        inputs: &[
            Input::count("start", "Customers at the start of the period"),
            Input::count("lost", "Those of them who are gone at the end"),
            Input::new(
                "periods-per-year",
                Kind::Whole(366),
                "Periods in a year, such as 12 for months: adds the rate of a year",
            )
            .with(Presence::Optional),
        ],
        checks: &[Check::AtMost {
            parts: &["lost"],
            whole: "start",
            why: "only those count who were there at the start; leave out who joined later",
        }],
        results: &[
            Outcome::share("churn_rate", "{lost} / {start}", |g| {
                churn_rate(g.one("start"), g.one("lost"))
            })
            .means("{} of the customers of the start are gone at the end.")
            .usual(ACCEPTABLE_CHURN),
            Outcome::share("kept_rate", "({start} - {lost}) / {start}", |g| {
                kept_rate(g.one("start"), g.one("lost"))
            })
            .means("{} of the customers of the start are still there at the end."),
            Outcome::share(
                "annualised_churn_rate",
                "1 - (1 - {lost} / {start}) ^ {periods-per-year}",
                |g| {
                    let churn = churn_rate(g.one("start"), g.one("lost"))?;
                    let periods = i32::try_from(g.whole("periods-per-year")).ok()?;
                    Some(annualised(churn, periods))
                },
            )
            .means("At this rate {} of the customers are gone after a year.")
            .needs("periods-per-year"),
        ],
        example: "--start 1000 --lost 70 --periods-per-year 12",
    },
    YEARLY,
];

// Murphy, "SaaS Churn Rate: What's Acceptable?", 2013 (sixteenventures.com/saas-churn-rate).
const ACCEPTABLE_CHURN: &str = "Of business software by subscription 5 to 7 % a year, about half a \
                                percent a month, pass for acceptable (Bessemer Venture Partners, \
                                by Murphy 2013).";

/// (closing - new) / opening: the customers at the end who were there at the start, if all who
/// joined in between are still there.
fn retention_rate(opening: i128, closing: i128, new: i128) -> Option<f64> {
    rate(closing - new, opening)
}

/// (opening - lost) / opening: customers there at the start and at the end.
fn kept_rate(opening: i128, lost: i128) -> Option<f64> {
    rate(opening - lost, opening)
}

/// lost / opening: customers of the start who are gone at the end.
fn churn_rate(opening: i128, lost: i128) -> Option<f64> {
    rate(lost, opening)
}

/// 1 - (1 - churn rate) ^ periods per year: the share lost in a year of such periods, each of
/// which loses its share of those whom the one before left.
fn annualised(churn_rate: f64, periods_per_year: i32) -> f64 {
    1.0 - (1.0 - churn_rate).powi(periods_per_year)
}

#[derive(Clone, Copy, Debug, Default)]
struct Tallied {
    /// Change of the number of openings against the period before.
    opening_change: i64,
    /// Active at the end of the last known day: the closing state of the last period.
    active_at_end: u64,
    new: u64,
    entered_existing: u64,
    returned: u64,
    churned: u64,
    new_at_close: u64,
    entered_existing_at_close: u64,
    lost: u64,
    returning: u64,
    resurrected: u64,
    dormant: u64,
    yearly: Yearly,
}

tally!(Tallied {
    opening_change,
    active_at_end,
    new,
    entered_existing,
    returned,
    churned,
    new_at_close,
    entered_existing_at_close,
    lost,
    returning,
    resurrected,
    dormant,
    yearly
});

/// Movements of customers, by period, and one place more for what ends after the last.
#[derive(Clone)]
struct CustomerRetention {
    /// By grain.
    years: Arc<[Years]>,
}

impl CustomerRetention {
    fn new(context: &Context) -> Self {
        let years = context.periods.iter().map(|periods| Years::new(periods, context.as_of));
        Self { years: years.collect() }
    }
}

impl Gridded for CustomerRetention {
    type Tally = Tallied;

    const TABLES: &'static [&'static TableSchema] = &[&SCHEMA];
    const HAS_EACH_PERIOD: bool = true;

    fn fold(&mut self, context: &Context, block: &Block<'_>, cells: &mut Grid<Tallied>) {
        for customer in 0..block.len() {
            let spells = block.spells.of(customer);
            if spells.is_empty() {
                continue;
            }
            for group in block.groups {
                let slot = group.slot(customer);
                for (g, periods) in context.periods.iter().enumerate() {
                    let cells = cells.at_least(slot, g, periods.len() + 1);
                    count_spells(spells, context, periods, cells);
                    let days = block.activity.of(customer).0;
                    self.years[g].count(context, periods, spells, days, |counter, years| {
                        *cells[years.start].yearly.counter(counter) += 1;
                        *cells[years.end].yearly.counter(counter) -= 1;
                    });
                    let visits = block.visits[g].of(customer);
                    count_lifecycle(visits.map(|(period, ..)| period), cells);
                }
            }
        }
    }

    fn write(
        &self,
        context: &Context,
        series: Series<'_>,
        cells: &Places<Tallied>,
        tables: &mut [Table],
    ) {
        write_series(&mut tables[0], context, &self.years[series.g], series, cells);
    }
}

/// Movements between active and lapsed.
fn count_spells(
    spells: &[Spell],
    context: &Context,
    periods: &Periods,
    cells: &mut Places<Tallied>,
) {
    let last = periods.len() - 1;
    for (i, spell) in spells.iter().enumerate() {
        let (from, to) = (periods.of(spell.start), periods.of(spell.end).min(last));
        // Active at the end of the day before each period that starts after the spell's first
        // day and by its end.
        cells[from + 1].opening_change += 1;
        cells[to + 1].opening_change -= 1;
        if i > 0 {
            cells[from].returned += 1;
        } else {
            let at_close = u64::from(is_active_at_close(spells, from, context, periods));
            let cell = &mut cells[from];
            if context.enters_existing(spell.start) {
                cell.entered_existing += 1;
                cell.entered_existing_at_close += at_close;
            } else {
                cell.new += 1;
                cell.new_at_close += at_close;
            }
        }
        if spell.end < context.as_of {
            cells[to].churned += 1;
            if from < to && !is_active_at_close(&spells[i + 1..], to, context, periods) {
                cells[to].lost += 1;
            }
        } else {
            cells[last].active_at_end += 1;
        }
    }
}

/// Whether the last of the leading spells that start in period `p` lasts to its close.
fn is_active_at_close(spells: &[Spell], p: usize, context: &Context, periods: &Periods) -> bool {
    let close = periods.end(p).min(context.as_of);
    let in_period = spells.iter().take_while(|spell| spell.start < close);
    in_period.last().is_some_and(|spell| spell.end >= close)
}

/// Buyers by what they did in the period before; `visits` are the periods with orders.
fn count_lifecycle(mut visits: impl Iterator<Item = usize>, cells: &mut Places<Tallied>) {
    let Some(mut before) = visits.next() else { return };
    for period in visits {
        if period == before + 1 {
            cells[period].returning += 1;
        } else {
            cells[period].resurrected += 1;
            cells[before + 1].dormant += 1;
        }
        before = period;
    }
    cells[before + 1].dormant += 1;
}

fn write_series(
    table: &mut Table,
    context: &Context,
    years: &Years,
    Series { periods, slot, .. }: Series<'_>,
    cells: &Places<Tallied>,
) {
    let is_first = |cell: &Tallied| cell.new + cell.entered_existing > 0;
    let Some(first) = cells.iter().position(is_first) else { return };
    let mut opening = 0_i64;
    let mut yearly = Yearly::default();
    for p in first..periods.len() {
        let cell = &cells[p];
        opening += cell.opening_change;
        yearly.add(&cell.yearly);
        let is_known = context.settled_from().is_none_or(|settled| settled <= years.start(p));
        let of_year = |count: i64| is_known.then_some(count);
        let share = |count: Option<i64>| share_of_year(count?.into(), yearly.opening.into());
        let yearly_buyers =
            of_year(yearly.opening - yearly.quiet).filter(|_| context.basis == Basis::Orders);
        let closing = if p + 1 == periods.len() {
            i64::try_from(cell.active_at_end).unwrap_or(i64::MAX)
        } else {
            opening + cells[p + 1].opening_change
        };
        let lost = i64::try_from(cell.lost).unwrap_or(i64::MAX);
        let new = cell.new_at_close + cell.entered_existing_at_close;
        let churn = churn_rate(opening.into(), lost.into());
        let per_year = periods.grain.periods_per_year();
        table.push(row!(SCHEMA {
            grain: periods.grain.name(),
            segment: Arc::clone(&slot.segment),
            segment_value: slot.value.clone(),
            period: periods.start(p),
            opening: opening,
            new: cell.new,
            entered_existing: cell.entered_existing,
            returned: cell.returned,
            churned: cell.churned,
            closing: closing,
            new_at_close: cell.new_at_close,
            entered_existing_at_close: cell.entered_existing_at_close,
            kept: opening - lost,
            lost: lost,
            retention_rate: retention_rate(opening.into(), closing.into(), new.into()),
            kept_rate: kept_rate(opening.into(), lost.into()),
            churn_rate: churn,
            annualised_churn_rate: churn
                .filter(|_| context.basis == Basis::Subscriptions)
                .map(|rate| annualised(rate, per_year)),
            yearly_opening: of_year(yearly.opening),
            yearly_kept: of_year(yearly.kept),
            yearly_buyers: yearly_buyers,
            yearly_kept_rate: share(of_year(yearly.kept)),
            yearly_buyer_rate: share(yearly_buyers),
            buyers: cell.new + cell.entered_existing + cell.returning + cell.resurrected,
            lifecycle_new: cell.new,
            lifecycle_returning: cell.returning,
            lifecycle_resurrected: cell.resurrected,
            lifecycle_dormant: cell.dormant,
            is_complete: context.is_complete(periods, p),
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_examples() {
        let cases = [
            ("retention", retention_rate(1000, 1100, 200), 0.9),
            ("retention, returned customers flatter it", retention_rate(10, 14, 2), 1.2),
            ("kept", kept_rate(1000, 70), 0.93),
            ("churn", churn_rate(1000, 70), 0.07),
        ];
        for (name, found, expected) in cases {
            assert_eq!(found, Some(expected), "{name}");
        }
        for of in [0, -1] {
            let found = [retention_rate(of, 1, 0), kept_rate(of, 0), churn_rate(of, 1)];
            assert_eq!(found, [None; 3], "{of}");
        }
    }

    #[test]
    fn years_of_periods() {
        for (rate, periods, expected) in
            [(0.0, 12, 0.0), (0.02, 12, 0.2153), (0.07, 12, 0.5814), (0.5, 1, 0.5), (1.0, 365, 1.0)]
        {
            let found = annualised(rate, periods);
            assert!((found - expected).abs() < 5e-5, "{rate} {periods} {found}");
        }
    }
}
