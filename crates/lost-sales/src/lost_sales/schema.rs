//! The table's columns, what balances in them, and how they are drawn.

use kohort_model::calc::{self, Check, Formula, Outcome, Presence};
use kohort_model::formulas::conversion_rate;
use kohort_model::view::{
    Apart, FEW_PERIODS, Panel, Ratio, Shape, Summed, Sums, TOTAL, View, Where,
};
use kohort_model::{
    Column, Headline, HeadlineValue, Identities, Input, Requires, RowsWhere, Source, Sum, SumsOf,
    TableSchema, TableSpec, Unit, keys, rate,
};

use super::table::expected;
use crate::settings::CARTS_MAPPED;

const ORDERS: Source = Source::Input(Input::Orders);
const OPPORTUNITIES: Source = Source::Input(Input::Opportunities);

pub(super) const TABLE: TableSpec = TableSpec {
    needs_history: false,
    requires: Requires(&[ORDERS, OPPORTUNITIES, CARTS_MAPPED]),
    view: VIEW,
    identities: IDENTITIES,
    headlines: &[
        conversion(
            "carts_conversion_rate",
            &[RowsWhere::Is("source", "carts"), ALL_ATTEMPTS],
            Requires(&[CARTS_MAPPED]),
        ),
        conversion(
            "opportunities_conversion_rate",
            &[RowsWhere::Is("source", "opportunities"), ALL_ATTEMPTS],
            Requires(&[OPPORTUNITIES]),
        ),
        conversion(
            "orders_conversion_rate",
            &[RowsWhere::Is("source", "orders"), ALL_ATTEMPTS],
            // Without it every order is completed, and all of them are no news.
            Requires(&[Source::Column(Input::Orders, "status")]),
        ),
    ],
    ..TableSpec::of(&SCHEMA)
};

const ALL_ATTEMPTS: RowsWhere = RowsWhere::Is("breakdown", "total");

/// The conversion rate of a source, whose rows tell customers from prospects.
const fn conversion(
    name: &'static str,
    rows: &'static [RowsWhere],
    requires: Requires,
) -> Headline {
    Headline {
        rows,
        value: HeadlineValue::Quotient,
        requires,
        ..Headline::ratio(name, Sum::of(&["won"]), &["won", "lost"])
    }
}

const VIEW: View = View {
    columns: &[
        "won",
        "open",
        "lost",
        "recovered",
        "conversion_rate",
        "lost_value",
        "net_lost_value",
    ],
    implied: &["breakdown", "breakdown_value"],
    apart: Some(Apart { column: "source", usual: "orders", instead_of: &["recovered"] }),
    shape: Shape::Totals(&[TOTAL]),
    panels: &[
        lost("reasons", "reason", &[Where("breakdown", Some("reason"))]),
        Panel::Sums(Sums {
            title: "stages",
            name: "stage",
            of: &[Where("breakdown", Some("stage"))],
            by: "breakdown_value",
            columns: &[
                Summed::Sum("attempts"),
                Summed::Sum("lost"),
                Summed::Sum("stopped"),
                Summed::Rate("stopped_share", Ratio("stopped", "attempts")),
                Summed::Sum("stopped_value"),
            ],
            // The order of the stages.
            order: None,
            most: usize::MAX,
        }),
        lost("competitors", "competitor", &[Where("breakdown", Some("competitor"))]),
    ],
    rows: FEW_PERIODS,
    ..View::PLAIN
};

/// What was nearly sold.
const fn lost(title: &'static str, name: &'static str, of: &'static [Where]) -> Panel {
    Panel::Sums(Sums {
        title,
        name,
        of,
        by: "breakdown_value",
        columns: &[
            Summed::Sum("lost"),
            Summed::Sum("recovered"),
            Summed::Sum("lost_value"),
            Summed::Sum("recovered_value"),
            Summed::Sum("net_lost_value"),
        ],
        order: Some("net_lost_value"),
        most: usize::MAX,
    })
}

const ATTEMPT: &[&str] = &["source", "grain", "segment", "segment_value", "period", "buyer"];
const LOST: &[(&str, &str)] = &[
    ("lost", "lost"),
    ("recovered", "recovered"),
    ("recovery_open", "recovery_open"),
    ("lost_value", "lost_value"),
    ("recovered_value", "recovered_value"),
    ("net_lost_value", "net_lost_value"),
];

const IDENTITIES: Identities = Identities {
    not_additive: &["expected_lost_value"],
    sums: &[
        SumsOf::breakdown("breakdown is competitor", ATTEMPT, LOST),
        SumsOf::breakdown("breakdown is reason", ATTEMPT, LOST),
        SumsOf::breakdown(
            "breakdown is stage",
            ATTEMPT,
            &[("lost", "stopped"), ("lost_value", "stopped_value")],
        ),
    ],
    ..Identities::by_grain(&[
        "attempts = won + lost + open",
        "recovered + recovery_open <= lost",
        "stopped <= lost",
        "net_lost_value = lost_value - recovered_value",
        "won_value + lost_value <= attempted_value",
    ])
};

pub(super) static SCHEMA: TableSchema = TableSchema {
    name: "lost_sales",
    description: "What was nearly sold: who did not buy, where they stopped, why, what it was worth and what came back",
    columns: &[
        Column::text("source", "where the attempts come from: carts, opportunities or orders"),
        keys::GRAIN,
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        Column::date(
            "period",
            "first day of the period of the attempt: of an order its day, of a cart or \
             opportunity the day on which it was created",
        ),
        Column::text(
            "buyer",
            "customer where an activity event lies at an earlier instant (an earlier day where \
             times are dates, and for carts and opportunities), else prospect",
        ),
        Column::text(
            "breakdown",
            "total, or competitor or reason for the lost attempts of one, or stage for the attempts that reached one",
        ),
        Column::text("breakdown_value", "the competitor, reason or stage; NULL on total rows")
            .or_null(),
        Column::count(
            "attempts",
            Unit::Attempts,
            "won + lost + open; on stage rows those that reached the stage; on competitor and \
             reason rows lost",
        ),
        Column::count(
            "won",
            Unit::Attempts,
            "attempts that became a sale: completed orders, purchased carts, won opportunities; \
             NULL on competitor and reason rows",
        )
        .or_null(),
        Column::count(
            "open",
            Unit::Attempts,
            "attempts not decided yet; NULL on competitor and reason rows",
        )
        .or_null(),
        Column::count(
            "lost",
            Unit::Attempts,
            "lost attempts: orders of a lost status, abandoned carts, lost opportunities; on \
             stage rows of those that reached the stage",
        ),
        Column::count(
            "stopped",
            Unit::Attempts,
            "of lost, those that got no further than this stage; NULL except on stage rows",
        )
        .or_null(),
        Column::count(
            "recovered",
            Unit::Attempts,
            "of lost, those after which the same buyer bought at most recovery_window_days days \
             later, before its next loss of the same source",
        ),
        Column::count(
            "recovery_open",
            Unit::Attempts,
            "of lost, those not recovered whose lost day + recovery_window_days lies at or after \
             as_of",
        ),
        Column::rate("conversion_rate", "won / (won + lost); NULL on competitor and reason rows"),
        Column::money("attempted_value", "value of the attempts"),
        Column::money("won_value", "value of the won ones; NULL on competitor and reason rows")
            .or_null(),
        Column::money("lost_value", "value of the lost ones"),
        Column::money("stopped_value", "value of the stopped ones; NULL except on stage rows")
            .or_null(),
        Column::money("recovered_value", "value of the lost ones that were recovered"),
        Column::money("net_lost_value", "lost_value - recovered_value"),
        Column::money(
            "expected_lost_value",
            "estimate: net_lost_value x won / (won + lost), these two over the complete periods \
             of the same source, grain, segment value and buyer (on stage rows also stage); NULL \
             where they are zero",
        )
        .or_null(),
        keys::IS_COMPLETE,
    ],
    key: &[
        "source",
        "grain",
        "segment",
        "segment_value",
        "period",
        "buyer",
        "breakdown",
        "breakdown_value",
    ],
    // Carts and opportunities are decided later than the period in which they were created ends.
    revisable: &[
        "attempts",
        "won",
        "open",
        "lost",
        "stopped",
        "recovered",
        "recovery_open",
        "conversion_rate",
        "attempted_value",
        "won_value",
        "lost_value",
        "stopped_value",
        "recovered_value",
        "net_lost_value",
        "expected_lost_value",
    ],
};

/// What can be computed from numbers that are typed in.
pub(super) const FORMULAS: &[Formula] = &[
    Formula {
        name: "conversion",
        about: "Which share of the attempts to sell succeeded",
        inputs: &[
            calc::Input::count("won", "Attempts that ended with a sale"),
            calc::Input::count("lost", "Attempts that ended without; not those still open"),
        ],
        checks: &[],
        results: &[Outcome::share("conversion_rate", "{won} / ({won} + {lost})", |g| {
            conversion_rate(g.one("won"), g.one("lost"))
        })
        .means("{} of the attempts that were decided ended with a sale.")],
        example: "--won 30 --lost 90",
    },
    Formula {
        name: "expected-lost-value",
        about: "What lost sales would probably have brought",
        inputs: &[
            calc::Input::amount("lost-value", "Value of the attempts that were lost"),
            calc::Input::amount("recovered-value", "Of it, what was bought later after all")
                .with(Presence::OrZero),
            calc::Input::count("won", "Attempts of the same kind that ended with a sale"),
            calc::Input::count("lost", "Attempts of the same kind that ended without"),
        ],
        checks: &[Check::AtMost {
            parts: &["recovered-value"],
            whole: "lost-value",
            why: "what was bought later is part of what was lost; leave out other sales",
        }],
        results: &[
            Outcome::number("net_lost_value", "{lost-value} - {recovered-value}", |g| {
                rate(g.one("lost-value") - g.one("recovered-value"), g.scale().unit())
            })
            .means("{} was lost and not bought later."),
            Outcome::number(
                "expected_lost_value",
                "({lost-value} - {recovered-value}) × {won} / ({won} + {lost}), rounded to \
                 hundredths at least",
                |g| {
                    // Money has cents, whether or not somebody types them.
                    let places = g.places().max(2);
                    let [lost, recovered] = ["lost-value", "recovered-value"]
                        .map(|name| g.typed(name).first().map_or(0, |number| number.at(places)));
                    let expected = expected(lost - recovered, g.count("won"), g.count("lost"))?;
                    rate(expected, 10_i128.pow(places.into()))
                },
            )
            .means("Decided like the others, these attempts would have brought {}; an estimate."),
        ],
        example: "--lost-value 27_133.81 --recovered-value 10_386.97 --won 5116 --lost 726",
    },
];
