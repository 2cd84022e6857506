//! `carts`: what became of them.

mod find;
mod table;

use kohort_inputs::Touch;
use kohort_model::{
    Block, Context, Grid, GridMeasure, Gridded, Headline, HeadlineValue, Identities, Input,
    MeasureSpec, Omission, Places, Requires, Series, Sum, SumsOf, Table, TableSchema, TableSpec,
    View, tally,
};

pub(crate) use self::find::{Finder, Found};
use self::table::SCHEMA;
use crate::settings;
use crate::tally::Decided;

/// The declaration.
pub static CARTS: MeasureSpec = MeasureSpec {
    tables: &[TableSpec {
        needs_history: false,
        requires: Requires(&[settings::CARTS_MAPPED]),
        view: View {
            columns: &[
                "created",
                "purchased",
                "open",
                "abandoned",
                "abandonment_rate",
                "recovery_rate",
                "abandoned_value",
                "recovered_value",
            ],
            ..View::PLAIN
        },
        identities: IDENTITIES,
        headlines: &[
            Headline {
                value: HeadlineValue::Column("abandonment_rate"),
                ..Headline::ratio(
                    "cart_abandonment_rate",
                    Sum::of(&["abandoned"]),
                    &["purchased", "abandoned"],
                )
            },
            Headline {
                value: HeadlineValue::Column("recovery_rate"),
                ..Headline::ratio("cart_recovery_rate", Sum::of(&["recovered"]), &["abandoned"])
            },
        ],
        omissions: &[Omission {
            name: "events_without_cart",
            meaning: "events of a listed step whose `cart_id` is NULL; those of the last step may recover a cart",
            count: |block, person, _, _| {
                let touches = block.items::<Touch>(person).iter();
                touches.filter(|touch| touch.cart.is_none()).count()
            },
        }],
        ..TableSpec::of(&SCHEMA)
    }],
    reads: &[Input::Touchpoints, Input::Identities],
    settings: &[&settings::CARTS, &settings::LOST_SALES],
    formulas: table::FORMULAS,
    start: |context, settings| GridMeasure::start(context, Carts { finder: Finder::new(settings) }),
    ..MeasureSpec::PLAIN
};

const IDENTITIES: Identities = Identities {
    sums: &[SumsOf::period(
        "",
        "lost_sales",
        "source is carts and breakdown is total",
        &[
            ("created", "attempts"),
            ("purchased", "won"),
            ("open", "open"),
            ("abandoned", "lost"),
            ("recovered", "recovered"),
            ("recovery_open", "recovery_open"),
        ],
    )],
    ..Identities::by_grain(&[
        "created = purchased + open + abandoned",
        "recovered + recovery_open <= abandoned",
        "recovered_value <= abandoned_value",
        "purchased_value + abandoned_value <= created_value",
        "without_value <= created",
    ])
};

/// Carts by the period in which they were created.
#[derive(Clone)]
struct Carts {
    finder: Finder,
}

/// Carts created in a period.
#[derive(Clone, Copy, Debug, Default)]
struct Created {
    all: Decided,
    without_value: u64,
}

tally!(Created { all, without_value });

impl Created {
    fn count(&mut self, Found { cart, lost }: &Found) {
        self.all.count(cart.outcome, cart.value.unwrap_or(0), lost);
        self.without_value += u64::from(cart.value.is_none());
    }
}

impl Gridded for Carts {
    type Tally = Created;

    const TABLES: &'static [&'static TableSchema] = &[&SCHEMA];

    fn fold(&mut self, context: &Context, block: &Block<'_>, cells: &mut Grid<Created>) {
        let Self { finder } = self;
        for person in 0..block.len() {
            if block.items::<Touch>(person).is_empty() {
                continue;
            }
            let found = finder.find(block, person, context);
            if found.is_empty() {
                continue;
            }
            for group in block.groups {
                let slot = group.slot(person);
                for (g, periods) in context.periods.iter().enumerate() {
                    let cells = cells.at_least(slot, g, periods.len());
                    for found in found {
                        cells[periods.of(found.cart.created)].count(found);
                    }
                }
            }
        }
    }

    fn write(
        &self,
        context: &Context,
        series: Series<'_>,
        cells: &Places<Created>,
        tables: &mut [Table],
    ) {
        table::write(&mut tables[0], context, series, cells, self.finder.window());
    }
}
