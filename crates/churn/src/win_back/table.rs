//! The table's declaration and rows.

use std::sync::Arc;

use kohort_model::calc::{Check, Formula, Given, Input, Outcome};
use kohort_model::view::{
    FEW_PERIODS, MOST_ROWS, Panel, Ratio, Shape, Summed, Sums, TOTAL, View, Where,
};
use kohort_model::{
    BY_PERIOD, Column, Compare, Context, Grid, Headline, Identities, Omission, Places, RowsWhere,
    Series, Sum, SumsOf, Table, TableSchema, TableSpec, Unit, keys, rate, row,
};

use super::contacts::{Breakdown, Responses, before_first_activity, while_active};
use super::{Tallied, Windows};
use crate::by_key::ByKey;
use crate::newcombe::Share;

pub(super) const TABLE: TableSpec = TableSpec {
    view: View {
        columns: &[
            "lapsed_opening",
            "won_back",
            "win_back_rate",
            "won_back_revenue",
            "median_days_lapsed",
        ],
        optional: &["reactivated", "reactivation_rate", "contacted", "uplift"],
        implied: &["breakdown", "breakdown_value"],
        shape: Shape::Totals(&[TOTAL]),
        panels: &[
            contacts("campaigns", "campaign", &[Where("breakdown", Some("campaign"))]),
            contacts("strategies", "strategy", &[Where("breakdown", Some("strategy"))]),
        ],
        rows: FEW_PERIODS,
        ..View::PLAIN
    },
    identities: IDENTITIES,
    headlines: &[
        Headline {
            rows: &[RowsWhere::Is("breakdown", "total")],
            ..Headline::ratio("reactivation_rate", Sum::of(&["reactivated"]), &["inactive_opening"])
        },
        Headline {
            rows: &[RowsWhere::Is("breakdown", "total")],
            ..Headline::ratio("win_back_rate", Sum::of(&["won_back"]), &["lapsed_opening"])
        },
    ],
    omissions: &[
        Omission {
            name: "contacts_before_first_activity",
            meaning: "contacts before the person's first activity, or of somebody without any: in `contacts` \
                      alone, and before the first row in no column",
            count: before_first_activity,
        },
        Omission {
            name: "contacts_while_active",
            meaning: "contacts of customers who had not left then: in `contacts` alone",
            count: while_active,
        },
    ],
    ..TableSpec::of(&SCHEMA)
};

/// What contacts did.
const fn contacts(title: &'static str, name: &'static str, of: &'static [Where]) -> Panel {
    const CONVERTED: Ratio = Ratio("converted", "contacted");
    const HOLDOUT: Ratio = Ratio("holdout_converted", "holdout");
    Panel::Sums(Sums {
        title,
        name,
        of,
        by: "breakdown_value",
        columns: &[
            Summed::Sum("contacted"),
            Summed::Rate("conversion_rate", CONVERTED),
            Summed::Sum("holdout"),
            Summed::Rate("holdout_conversion_rate", HOLDOUT),
            Summed::Difference("uplift", CONVERTED, HOLDOUT),
            // An interval cannot be summed.
            Summed::Single("uplift_low"),
            Summed::Single("uplift_high"),
        ],
        order: Some("contacted"),
        most: MOST_ROWS,
    })
}

const CONTACTS: &[(&str, &str)] = &[
    ("contacts", "contacts"),
    ("converted", "converted"),
    ("holdout_converted", "holdout_converted"),
];

const IDENTITIES: Identities = Identities {
    // Prospects, and contacts of people without an order, have no value of a segment.
    not_additive: &["inactive_opening", "reactivated", "contacts"],
    sums: &[
        SumsOf::breakdown("breakdown is campaign", BY_PERIOD, CONTACTS),
        SumsOf::breakdown("breakdown is strategy", BY_PERIOD, CONTACTS),
        SumsOf::period(
            "breakdown is total",
            "customer_retention",
            "",
            &[("next.lapsed_opening - lapsed_opening", "churned - returned")],
        ),
        SumsOf {
            compare: Compare::AtMost,
            is_complete: false,
            ..SumsOf::period(
                "breakdown is total",
                "customer_retention",
                "",
                &[("won_back", "returned")],
            )
        },
    ],
    ..Identities::by_grain(&[
        "won_back <= lapsed_opening",
        "reactivated <= inactive_opening where inactive_opening is set",
        "lapsed_opening <= inactive_opening where inactive_opening is set",
        "won_back <= reactivated where inactive_opening is set",
        "converted <= contacted",
        "holdout_converted <= holdout",
        "contacted + holdout <= contacts",
        "converted + holdout_converted + attribution_open <= contacted + holdout",
        "uplift is set exactly where contacted > 0 and holdout > 0",
        "uplift_low <= uplift",
        "uplift <= uplift_high",
        "contacts > 0 where breakdown is not total",
        "lapsed_opening is set exactly where breakdown is total",
    ])
};

static SCHEMA: TableSchema = TableSchema {
    name: "win_back",
    description: "Who came back: of those who had left, and of everybody who was silent",
    columns: &[
        keys::GRAIN,
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        keys::PERIOD,
        Column::text("breakdown", "total, or campaign or strategy for the contacts of one"),
        Column::text("breakdown_value", "the campaign or strategy; NULL on total rows").or_null(),
        Column::count(
            "lapsed_opening",
            Unit::Customers,
            "customers in a lapse spell at the end of the day before the period; NULL except on \
             total rows",
        )
        .or_null(),
        Column::count(
            "won_back",
            Unit::Customers,
            "of lapsed_opening, those whose next spell of activity starts in the period; NULL \
             except on total rows",
        )
        .or_null(),
        Column::rate("win_back_rate", "won_back / lapsed_opening; NULL except on total rows"),
        Column::money(
            "won_back_revenue",
            "value of the won_back's orders and refunds from the day of return to the period's \
             end; with subscriptions their monthly recurring revenue at its close; NULL except on \
             total rows",
        )
        .or_null(),
        Column::float(
            "median_days_lapsed",
            Unit::Days,
            "median of the won_back's days from churn event to return; NULL where nobody was won \
             back, and except on total rows",
        )
        .or_null(),
        Column::count(
            "spells_again",
            Unit::Events,
            "churn events in the period of customers who had left before; NULL except on total \
             rows",
        )
        .or_null(),
        Column::count(
            "inactive_opening",
            Unit::People,
            "lapsed_opening, and prospects first seen more than prospect_after_days days before \
             the period who had not bought before it; NULL without the input prospects, in \
             segments, and except on total rows",
        )
        .or_null(),
        Column::count(
            "reactivated",
            Unit::People,
            "won_back, and those of the prospects in inactive_opening whose first activity lies \
             in the period; NULL where inactive_opening is",
        )
        .or_null(),
        Column::rate(
            "reactivation_rate",
            "reactivated / inactive_opening; NULL where inactive_opening is",
        ),
        Column::count(
            "contacts",
            Unit::Contacts,
            "contacts in the period, to whomever, withheld ones included; NULL without the input \
             contacts, as all that follow up to uplift_high",
        )
        .or_null(),
        Column::count(
            "contacted",
            Unit::Events,
            "lapse spells with a contact (on breakdown rows: of that campaign or strategy) in the \
             period whose last such contact in it was sent",
        )
        .or_null(),
        Column::count(
            "converted",
            Unit::Events,
            "of contacted, those that ended at most attribution_window_days days after that \
             contact, which was the last contact of any kind up to the day of return",
        )
        .or_null(),
        Column::count(
            "holdout",
            Unit::Events,
            "lapse spells with a contact in the period whose last such contact in it was \
             withheld, to compare with",
        )
        .or_null(),
        Column::count(
            "holdout_converted",
            Unit::Events,
            "of holdout, those that ended as converted ones do",
        )
        .or_null(),
        Column::count(
            "attribution_open",
            Unit::Events,
            "of contacted and holdout, those neither ended nor past the window: contact day + \
             attribution_window_days lies at or after as_of, even if a later contact has taken \
             its place",
        )
        .or_null(),
        Column::rate("conversion_rate", "converted / contacted"),
        Column::rate("holdout_conversion_rate", "holdout_converted / holdout"),
        Column::float(
            "uplift",
            Unit::Ratio,
            "conversion_rate - holdout_conversion_rate; NULL where either is",
        )
        .or_null(),
        Column::float(
            "uplift_low",
            Unit::Ratio,
            "lower end of uplift's 95 % interval (Newcombe 1998, method 10); NULL where uplift is",
        )
        .or_null(),
        Column::float(
            "uplift_high",
            Unit::Ratio,
            "upper end of uplift's 95 % interval (Newcombe 1998, method 10); NULL where uplift is",
        )
        .or_null(),
        keys::IS_COMPLETE,
        Column::flag(
            "attribution_is_complete",
            "whether the period is complete and its end + attribution_window_days lies at or \
             before as_of; NULL without the input contacts",
        )
        .or_null(),
    ],
    key: &["grain", "segment", "segment_value", "period", "breakdown", "breakdown_value"],
    revisable: &[
        "converted",
        "holdout_converted",
        "attribution_open",
        "conversion_rate",
        "holdout_conversion_rate",
        "uplift",
        "uplift_low",
        "uplift_high",
        "attribution_is_complete",
    ],
};

/// What can be computed from numbers that are typed in.
pub(super) const FORMULAS: &[Formula] = &[
    Formula {
        name: "win-back",
        about: "Which share of the former customers bought again",
        inputs: &[
            Input::count("lapsed", "Former customers at the start of the period"),
            Input::count("won-back", "Those of them who bought in it"),
        ],
        checks: &[Check::AtMost {
            parts: &["won-back"],
            whole: "lapsed",
            why: "only those count who had left by the start; leave out who left later",
        }],
        results: &[Outcome::share("win_back_rate", "{won-back} / {lapsed}", |g| {
            rate(g.one("won-back"), g.one("lapsed"))
        })
        .means("{} of the former customers bought again.")],
        example: "--lapsed 400 --won-back 30",
    },
    Formula {
        name: "reactivation",
        about: "Which share of everybody who was silent bought",
        inputs: &[
            Input::count("inactive", "At the start: former customers, and prospects of long ago"),
            Input::count("reactivated", "Those of them who bought in the period"),
        ],
        checks: &[Check::AtMost {
            parts: &["reactivated"],
            whole: "inactive",
            why: "only those count who were inactive at the start; leave out the others",
        }],
        results: &[Outcome::share("reactivation_rate", "{reactivated} / {inactive}", |g| {
            rate(g.one("reactivated"), g.one("inactive"))
        })
        .means("{} of those who were silent bought.")],
        example: "--inactive 600 --reactivated 45",
    },
    Formula {
        name: "uplift",
        about: "How many came back because they were asked, beyond those who do so anyway",
        inputs: &[
            Input::count("contacted", "Former customers who were asked"),
            Input::count("converted", "Those of them who came back"),
            Input::count("holdout", "Former customers who were not asked, to compare with"),
            Input::count("holdout-converted", "Those of them who came back"),
        ],
        checks: &[
            Check::AtMost {
                parts: &["converted"],
                whole: "contacted",
                why: "who came back counts among those who were asked; leave out the others",
            },
            Check::AtMost {
                parts: &["holdout-converted"],
                whole: "holdout",
                why: "who came back counts among those who were not asked; leave out the others",
            },
        ],
        results: &[
            Outcome::share("conversion_rate", "{converted} / {contacted}", |g| asked(g).rate())
                .means("{} of those who were asked came back."),
            Outcome::share("holdout_conversion_rate", "{holdout-converted} / {holdout}", |g| {
                not_asked(g).rate()
            })
            .means("{} of those who were not asked came back all the same."),
            Outcome::share(
                "uplift",
                "{converted} / {contacted} - {holdout-converted} / {holdout}",
                |g| Some(asked(g).minus(not_asked(g))?.value),
            )
            .means("{} of those who were asked came back because of it."),
            Outcome::share("uplift_low", NEWCOMBE, |g| Some(asked(g).minus(not_asked(g))?.low))
                .means(
                    "With 95 % confidence it is at least {}; below zero asking may have done \
                     nothing.",
                ),
            Outcome::share("uplift_high", NEWCOMBE, |g| Some(asked(g).minus(not_asked(g))?.high))
                .means("With 95 % confidence it is at most {}."),
        ],
        example: "--contacted 2815 --converted 434 --holdout 756 --holdout-converted 55",
    },
];

const NEWCOMBE: &str = "95 % interval of {converted} / {contacted} - {holdout-converted} / \
                        {holdout} (Newcombe 1998, method 10)";

fn asked(given: &Given) -> Share {
    Share { n: given.count("converted"), of: given.count("contacted") }
}

fn not_asked(given: &Given) -> Share {
    Share { n: given.count("holdout-converted"), of: given.count("holdout") }
}

/// The table from its counts.
pub(super) fn write(
    context: &Context,
    windows: Windows,
    cells: &Grid<Tallied>,
    contacted: &Grid<ByKey<Breakdown, Responses>>,
) -> Table {
    let mut table = context.table(&SCHEMA);
    for series in context.series() {
        let rows = Rows { context, series, windows };
        let Series { s, g, .. } = series;
        rows.write(&mut table, cells.get(s, g), contacted.get(s, g));
    }
    table
}

/// What the rows of a series share.
struct Rows<'a> {
    context: &'a Context,
    series: Series<'a>,
    windows: Windows,
}

/// Who had left when a period began; only total rows have it.
struct Left<'a> {
    cell: &'a Tallied,
    /// Customers.
    lapsed: i64,
    /// Inactive prospects.
    prospects: i64,
}

impl Rows<'_> {
    fn write(
        &self,
        table: &mut Table,
        cells: &Places<Tallied>,
        contacted: &Places<ByKey<Breakdown, Responses>>,
    ) {
        let Some(first) = cells.iter().position(|cell| cell.has_first) else { return };
        let (mut lapsed, mut prospects) = (0, 0);
        for (p, cell) in cells.iter().enumerate().take(self.series.periods.len()) {
            lapsed += cell.lapsed_change;
            prospects += cell.prospects_change;
            if p < first {
                continue;
            }
            let contacted = contacted.get(p);
            let total = contacted.and_then(|by_row| by_row.get(&Breakdown::Total)).copied();
            let left = Left { cell, lapsed, prospects };
            self.push(table, p, ("total", None), Some(&left), &total.unwrap_or_default());
            let mut rows: Vec<_> = contacted
                .into_iter()
                .flat_map(ByKey::iter)
                .filter_map(|(row, contacted)| Some((self.breakdown(*row)?, contacted)))
                .collect();
            rows.sort_by_key(|(breakdown, _)| *breakdown);
            for ((breakdown, value), contacted) in rows {
                self.push(table, p, (breakdown, Some(value)), None, contacted);
            }
        }
    }

    /// Name and value of a row that is no total one; `None` too where the input has no such text.
    fn breakdown(&self, row: Breakdown) -> Option<(&'static str, &Arc<str>)> {
        let win_back = &self.context.win_back;
        let (name, texts, code) = match row {
            Breakdown::Total => return None,
            Breakdown::Campaign(code) => ("campaign", &win_back.campaigns, code),
            Breakdown::Strategy(code) => ("strategy", &win_back.strategies, code),
        };
        texts.get(code as usize).map(|text| (name, text))
    }

    fn push(
        &self,
        table: &mut Table,
        p: usize,
        (breakdown, value): (&'static str, Option<&Arc<str>>),
        left: Option<&Left<'_>>,
        contacts: &Responses,
    ) {
        let Self { context, series: Series { periods, slot, .. }, windows } = *self;
        let cell = left.map(|left| left.cell);
        // A prospect has no segment value.
        let everybody = left.filter(|_| context.win_back.has_prospects && slot.value.is_none());
        let inactive = everybody.map(|left| left.lapsed + left.prospects);
        let reactivated =
            everybody.map(|left| left.cell.won_back + left.cell.prospects_reactivated);
        let contacts = context.win_back.has_contacts.then_some(contacts);
        let sent = contacts.map(|of| Share { n: of.converted, of: of.contacted });
        let holdout = contacts.map(|of| Share { n: of.holdout_converted, of: of.holdout });
        let uplift = sent.zip(holdout).and_then(|(sent, holdout)| sent.minus(holdout));
        let is_complete = context.is_complete(periods, p);
        let attributed = periods.end(p).plus(windows.attribution_days.into());
        table.push(row!(SCHEMA {
            grain: periods.grain.name(),
            segment: Arc::clone(&slot.segment),
            segment_value: slot.value.clone(),
            period: periods.start(p),
            breakdown: breakdown,
            breakdown_value: value.cloned(),
            lapsed_opening: left.map(|left| left.lapsed),
            won_back: cell.map(|cell| cell.won_back),
            win_back_rate: left
                .and_then(|left| rate(left.cell.won_back.into(), left.lapsed.into())),
            won_back_revenue: cell.map(|cell| cell.won_back_revenue),
            median_days_lapsed: cell.and_then(|cell| cell.days_lapsed.percentile(50)),
            spells_again: cell.map(|cell| cell.spells_again),
            inactive_opening: inactive,
            reactivated: reactivated,
            reactivation_rate: reactivated
                .zip(inactive)
                .and_then(|(n, of)| rate(n.into(), of.into())),
            contacts: contacts.map(|of| of.contacts),
            contacted: contacts.map(|of| of.contacted),
            converted: contacts.map(|of| of.converted),
            holdout: contacts.map(|of| of.holdout),
            holdout_converted: contacts.map(|of| of.holdout_converted),
            attribution_open: contacts.map(|of| of.attribution_open),
            conversion_rate: sent.and_then(Share::rate),
            holdout_conversion_rate: holdout.and_then(Share::rate),
            uplift: uplift.map(|uplift| uplift.value),
            uplift_low: uplift.map(|uplift| uplift.low),
            uplift_high: uplift.map(|uplift| uplift.high),
            is_complete: is_complete,
            attribution_is_complete: contacts.map(|_| is_complete && attributed <= context.as_of),
        }));
    }
}
