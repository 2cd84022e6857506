//! `product_returns`: what came back.

mod by_code;
mod facts;
mod table;

use kohort_inputs::{Line, Return};
use kohort_model::view::{MOST_ROWS, Panel, Ratio, Shape, Summed, Sums, TOTAL, View, Where};
use kohort_model::{
    Additive, BY_PERIOD, Block, Context, Grid, GridMeasure, Gridded, Headline, Identities, Input,
    MeasureSpec, Places, Requires, RowsWhere, Series, Setting, SettingKind, SettingsSection,
    Source, Sum, SumsOf, Table, TableSchema, TableSpec, Tally,
};

use by_code::ByCode;
use facts::{Facts, Part, Side};
use table::SCHEMA;

/// The declaration.
pub static PRODUCT_RETURNS: MeasureSpec = MeasureSpec {
    tables: &[TableSpec {
        needs_history: false,
        requires: RETURNS,
        view: VIEW,
        identities: IDENTITIES,
        headlines: &[Headline {
            rows: &[
                RowsWhere::Is("attribution", "order_date"),
                RowsWhere::Is("breakdown", "total"),
            ],
            complete: "is_mature",
            ..Headline::ratio("unit_return_rate", Sum::of(&["returned_units"]), &["sold_units"])
        }],
        ..TableSpec::of(&SCHEMA)
    }],
    reads: &[Input::OrderLines, Input::Returns],
    settings: &[&SECTION],
    formulas: table::FORMULAS,
    start: |context, settings| {
        let facts = Facts::new(&context.goods);
        let window_days = settings.whole(&SECTION, "window_days");
        GridMeasure::start(context, ProductReturns { facts, window_days })
    },
    ..MeasureSpec::PLAIN
};

const RETURNS: Requires = Requires(&[Source::Input(Input::Returns)]);

/// When returns are all there, and what their reasons are called.
static SECTION: SettingsSection = SettingsSection {
    name: "product_returns",
    meaning: "Goods that came back.",
    requires: RETURNS,
    keys: &[
        Setting::new(
            "window_days",
            SettingKind::days_from_0(30),
            "Days after the end of a period from which its returns are all there (`is_mature`).",
            "window_days = 14",
        ),
        Setting::new(
            "reasons",
            SettingKind::Renamed,
            "Reasons of returns as the input has them, each with the reason to report.",
            "reasons = { \"too small\" = \"size\", \"too large\" = \"size\" }",
        )
        .only_with(Requires(&[Source::Column(Input::Returns, "reason")])),
    ],
};

/// Returns by the day of their order.
const BY_ORDER: Where = Where("attribution", Some("order_date"));

const VIEW: View = View {
    columns: &[
        "sold_units",
        "returned_units",
        "unit_return_rate",
        "sold_value",
        "returned_value",
        "value_return_rate",
    ],
    implied: &["breakdown", "breakdown_value"],
    shape: Shape::Totals(&[BY_ORDER, TOTAL]),
    panels: &[
        returned("categories", "category", &[BY_ORDER, Where("breakdown", Some("category"))]),
        returned("products", "product", &[BY_ORDER, Where("breakdown", Some("product"))]),
        Panel::Sums(Sums {
            title: "reasons",
            name: "reason",
            of: &[BY_ORDER, Where("breakdown", Some("reason"))],
            by: "breakdown_value",
            columns: &[
                Summed::Sum("returned_orders"),
                Summed::Sum("returned_units"),
                Summed::Sum("returned_value"),
                Summed::Share("returned_value_share", "returned_value"),
            ],
            order: Some("returned_value"),
            most: MOST_ROWS,
        }),
    ],
    rows: 6,
    ..View::PLAIN
};

/// What came back of what was sold.
const fn returned(title: &'static str, name: &'static str, of: &'static [Where]) -> Panel {
    Panel::Sums(Sums {
        title,
        name,
        of,
        by: "breakdown_value",
        columns: &[
            Summed::Sum("sold_units"),
            Summed::Sum("returned_units"),
            Summed::Rate("unit_return_rate", Ratio("returned_units", "sold_units")),
            Summed::Sum("sold_value"),
            Summed::Sum("returned_value"),
            Summed::Rate("value_return_rate", Ratio("returned_value", "sold_value")),
        ],
        order: Some("returned_value"),
        most: MOST_ROWS,
    })
}

const RETURNED: &[(&str, &str)] =
    &[("returned_units", "returned_units"), ("returned_value", "returned_value")];
const MOVED: &[(&str, &str)] = &[
    ("sold_units", "sold_units"),
    ("sold_value", "sold_value"),
    ("returned_units", "returned_units"),
    ("returned_value", "returned_value"),
];
const BY_ATTRIBUTION: &[&str] = &["grain", "segment", "segment_value", "period", "attribution"];

const IDENTITIES: Identities = Identities {
    additive: Additive::Where("breakdown is not reason"),
    sums: &[
        SumsOf::breakdown("breakdown is category", BY_ATTRIBUTION, MOVED),
        SumsOf::breakdown("breakdown is product", BY_ATTRIBUTION, MOVED),
        SumsOf::breakdown("breakdown is reason", BY_ATTRIBUTION, RETURNED),
        SumsOf {
            at: "breakdown is total and attribution is return_date",
            ..SumsOf::breakdown(
                "breakdown is total and attribution is order_date",
                BY_PERIOD,
                &[("sold_units", "sold_units"), ("sold_orders", "sold_orders")],
            )
        },
    ],
    ..Identities::by_grain(&[
        "unmatched is set exactly where breakdown is total and attribution is return_date",
    ])
};

/// Goods that were sold, or came back.
#[derive(Clone, Copy, Debug, Default)]
struct Moved {
    /// Minor units.
    value: i128,
    units: u64,
    orders: u64,
}

impl Moved {
    /// What one order moved, from units and value of its lines.
    fn one_order(lines: impl Iterator<Item = (u64, i64)>) -> Self {
        let nothing = Self { value: 0, units: 0, orders: 1 };
        lines.fold(nothing, |sum, (units, value)| Self {
            value: sum.value + i128::from(value),
            units: sum.units.saturating_add(units),
            ..sum
        })
    }
}

impl Tally for Moved {
    fn add(&mut self, other: &Self) {
        self.value += other.value;
        // Rows carry up to 2^63 units each.
        self.units = self.units.saturating_add(other.units);
        self.orders += other.orders;
    }
}

/// By side.
type Sides = [Moved; Side::ALL.len()];

/// What is counted of a period.
#[derive(Clone, Debug, Default)]
struct Tallied {
    total: Sides,
    /// Of each part by code.
    parts: [ByCode; Part::ALL.len()],
    unmatched: u64,
}

impl Tallied {
    /// What moved of a part, or of everything.
    fn of(&mut self, part: Option<(Part, u32)>) -> &mut Sides {
        match part {
            None => &mut self.total,
            Some((part, code)) => self.parts[part as usize].at(code),
        }
    }
}

impl Tally for Tallied {
    fn add(&mut self, other: &Self) {
        self.total.add(&other.total);
        self.parts.add(&other.parts);
        self.unmatched += other.unmatched;
    }
}

/// What was sold and came back.
#[derive(Clone)]
struct ProductReturns {
    /// The person at hand.
    facts: Facts,
    window_days: u32,
}

impl Gridded for ProductReturns {
    type Tally = Tallied;

    const TABLES: &'static [&'static TableSchema] = &[&SCHEMA];

    fn fold(&mut self, context: &Context, block: &Block<'_>, cells: &mut Grid<Tallied>) {
        let Self { facts, .. } = self;
        for person in 0..block.len() {
            facts.read(block.items::<Line>(person), block.items::<Return>(person));
            for (g, periods) in context.periods.iter().enumerate() {
                for order in facts.sold() {
                    let p = periods.of(order[0].day);
                    for group in block.groups {
                        let cell = &mut cells.at_least(group.slot(person), g, p + 1)[p];
                        for sold in order {
                            cell.of(sold.part)[Side::Sold as usize].add(&sold.moved);
                        }
                    }
                }
                for (fact, moved) in facts.returned(periods) {
                    let p = periods.of(fact.day);
                    for group in block.groups {
                        let cell = &mut cells.at_least(group.slot(person), g, p + 1)[p];
                        cell.of(fact.part)[fact.side as usize].add(&moved);
                    }
                }
                for day in &facts.unmatched {
                    let p = periods.of(*day);
                    for group in block.groups {
                        cells.at_least(group.slot(person), g, p + 1)[p].unmatched += 1;
                    }
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
        table::write(&mut tables[0], context, series, cells, self.window_days);
    }
}
