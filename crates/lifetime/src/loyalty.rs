//! `loyalty`: who buys again and again.

use std::ops::Range;
use std::sync::Arc;

use kohort_model::calc::{Check, Formula, Input, Outcome};
use kohort_model::{
    Block, Column, Context, Day, Grid, GridMeasure, Gridded, Headline, Identities, MeasureSpec,
    Periods, Places, Requires, Series, Setting, SettingKind, SettingsSection, Sum, SumsOf, Table,
    TableSchema, TableSpec, Unit, View, average, keys, rate, row, tally,
};

/// The declaration.
pub static LOYALTY: MeasureSpec = MeasureSpec {
    tables: &[TableSpec {
        requires: Requires::ORDERS,
        view: View {
            columns: &[
                "buyers",
                "repeat_purchase_ratio",
                "window_repeat_purchase_ratio",
                "loyal_customer_rate",
                "orders_per_customer",
                "average_order_value",
                "returning_revenue_share",
            ],
            ..View::PLAIN
        },
        identities: Identities {
            sums: &[SumsOf::period("", "customer_retention", "", &[("buyers", "buyers")])],
            ..Identities::by_grain(&[
                "repeat_buyers <= buyers",
                "buyers <= orders",
                "window_repeat_buyers <= window_buyers",
                "loyal <= window_buyers",
                "order_revenue = 0 where orders = 0",
            ])
        },
        headlines: &[
            Headline::ratio("loyal_customer_rate", Sum::of(&["loyal"]), &["window_buyers"]),
            Headline::ratio("repeat_purchase_ratio", Sum::of(&["repeat_buyers"]), &["buyers"]),
        ],
        ..TableSpec::of(&SCHEMA)
    }],
    settings: &[&SECTION],
    formulas: FORMULAS,
    start: |context, settings| {
        let loyalty = Loyalty {
            window_days: settings.whole(&SECTION, "window_days"),
            orders: settings.whole(&SECTION, "orders"),
            in_window: Vec::new(),
        };
        GridMeasure::start(context, loyalty)
    },
    ..MeasureSpec::PLAIN
};

static SECTION: SettingsSection = SettingsSection {
    name: "loyalty",
    meaning: "Who counts as a loyal customer.",
    requires: Requires::ORDERS,
    keys: &[
        Setting::new(
            "window_days",
            SettingKind::days(365),
            "Days of the trailing window, which ends with each period.",
            "window_days = 180",
        ),
        Setting::new(
            "orders",
            SettingKind::whole(3, 1..=100_000, "orders"),
            "The orders in the window that make a customer loyal.",
            "orders = 5",
        ),
    ],
};

static SCHEMA: TableSchema = TableSchema {
    name: "loyalty",
    description: "Who buys again and again: in the period, and in the days up to its end",
    columns: &[
        keys::GRAIN,
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        keys::PERIOD,
        Column::count("buyers", Unit::Customers, "customers with activity in the period"),
        Column::count(
            "repeat_buyers",
            Unit::Customers,
            "buyers with two or more activity events up to the period's end, whenever the first \
             one was",
        ),
        Column::rate("repeat_purchase_ratio", "repeat_buyers / buyers"),
        Column::count(
            "window_buyers",
            Unit::Customers,
            "customers with activity in the trailing window: the window_days days up to and with \
             the period's last known day",
        ),
        Column::count(
            "window_repeat_buyers",
            Unit::Customers,
            "customers with two or more activity events in the trailing window",
        ),
        Column::rate("window_repeat_purchase_ratio", "window_repeat_buyers / window_buyers"),
        Column::count(
            "loyal",
            Unit::Customers,
            "customers with at least [loyalty] orders (default 3) activity events in the trailing \
             window",
        ),
        Column::rate("loyal_customer_rate", "loyal / window_buyers"),
        Column::count("orders", Unit::Orders, "activity events in the period"),
        Column::float("orders_per_customer", Unit::Orders, "orders / buyers; NULL without buyers")
            .or_null(),
        Column::money(
            "order_revenue",
            "value of the activity in the period; refunds are not taken off, unless activity = \
             \"any\" makes them activity",
        ),
        Column::average("average_order_value", "order_revenue / orders; NULL without orders"),
        Column::money(
            "returning_revenue",
            "order_revenue of customers whose first order lies before the period",
        ),
        Column::rate("returning_revenue_share", "returning_revenue / order_revenue"),
        Column::flag(
            "is_complete",
            "whether the period is complete and, with history_start, the trailing window starts \
             at or after it",
        ),
    ],
    key: &["grain", "segment", "segment_value", "period"],
    revisable: &[],
};

/// What can be computed from numbers that are typed in.
const FORMULAS: &[Formula] = &[
    Formula {
        name: "repeat-purchase",
        about: "Which share of the buyers had bought before",
        inputs: &[
            Input::count("buyers", "Customers who bought in the period"),
            Input::count("repeat-buyers", "Those of them with two or more orders by its end"),
        ],
        checks: &[Check::AtMost {
            parts: &["repeat-buyers"],
            whole: "buyers",
            why: "repeat buyers are among the buyers; count customers, not orders",
        }],
        results: &[Outcome::share("repeat_purchase_ratio", "{repeat-buyers} / {buyers}", |g| {
            rate(g.one("repeat-buyers"), g.one("buyers"))
        })
        .means("{} of the buyers had bought before.")],
        example: "--buyers 1000 --repeat-buyers 320",
    },
    Formula {
        name: "loyal",
        about: "Which share of the buyers is loyal",
        inputs: &[
            Input::count("buyers", "Customers who bought in the window"),
            Input::count("loyal", "Those of them with enough orders in it to count as loyal"),
        ],
        checks: &[Check::AtMost {
            parts: &["loyal"],
            whole: "buyers",
            why: "loyal customers are among the buyers; count both in one window",
        }],
        results: &[Outcome::share("loyal_customer_rate", "{loyal} / {buyers}", |g| {
            rate(g.one("loyal"), g.one("buyers"))
        })
        .means("{} of the buyers bought often enough to count as loyal.")],
        example: "--buyers 1000 --loyal 125",
    },
    Formula {
        name: "purchase-frequency",
        about: "How often a buyer orders in a period",
        inputs: &[
            Input::count("orders", "Orders of the period"),
            Input::count("buyers", "Customers who placed them"),
        ],
        checks: &[Check::AtMost {
            parts: &["buyers"],
            whole: "orders",
            why: "each buyer has an order at least; count customers, not orders",
        }],
        results: &[Outcome::number("orders_per_customer", "{orders} / {buyers}", |g| {
            rate(g.one("orders"), g.one("buyers"))
        })
        .means("A buyer ordered {} times on average.")],
        example: "--orders 1350 --buyers 1000",
    },
    Formula {
        name: "order-value",
        about: "What an order is worth on average",
        inputs: &[
            Input::amount("revenue", "Value of the orders; refunds not taken off"),
            Input::count("orders", "How many orders"),
        ],
        checks: &[],
        results: &[Outcome::number("average_order_value", "{revenue} / {orders}", |g| {
            average(g.one("revenue"), g.count("orders"), g.scale())
        })
        .means("An order is worth {} on average.")],
        example: "--revenue 67_500 --orders 1350",
    },
    Formula {
        name: "returning-revenue",
        about: "Which share of the revenue comes from customers of before",
        inputs: &[
            Input::amount("revenue", "Value of the orders of the period"),
            Input::amount("returning", "Of it, that of customers who had ordered before"),
        ],
        checks: &[Check::AtMost {
            parts: &["returning"],
            whole: "revenue",
            why: "customers of before are among all; take both of one period",
        }],
        results: &[Outcome::share("returning_revenue_share", "{returning} / {revenue}", |g| {
            rate(g.one("returning"), g.one("revenue"))
        })
        .means("{} of the revenue comes from customers who had ordered before.")],
        example: "--revenue 67_500 --returning 48_600",
    },
];

/// What is counted of a period.
#[derive(Clone, Copy, Debug, Default)]
struct Tallied {
    order_revenue: i128,
    returning_revenue: i128,
    orders: u64,
    buyers: u64,
    repeat_buyers: u64,
    /// How many more customers than a period before have one, two, and the loyal ones' number of
    /// orders in the trailing window.
    window_change: [i64; 3],
}

tally!(Tallied { order_revenue, returning_revenue, orders, buyers, repeat_buyers, window_change });

/// Buyers by period, and by what they bought in the window up to its end.
#[derive(Clone)]
struct Loyalty {
    window_days: u32,
    /// Orders in the window that make a customer loyal, at least 1.
    orders: u32,
    /// The customer at hand: by entry of `window_change`, periods at whose close it counts there.
    in_window: Vec<(usize, Range<usize>)>,
}

impl Gridded for Loyalty {
    type Tally = Tallied;

    const TABLES: &'static [&'static TableSchema] = &[&SCHEMA];
    const HAS_EACH_PERIOD: bool = true;

    fn fold(&mut self, context: &Context, block: &Block<'_>, cells: &mut Grid<Tallied>) {
        let Self { window_days, orders, in_window } = self;
        let window = i64::from(*window_days);
        let numbers = [1, 2, *orders as usize];
        for (g, periods) in context.periods.iter().enumerate() {
            for customer in 0..block.len() {
                let (days, _) = block.activity.of(customer);
                if days.is_empty() {
                    continue;
                }
                in_window.clear();
                for (level, number) in numbers.into_iter().enumerate() {
                    each_stretch(days, number, window, |from, to| {
                        let range = closes_in(from, to, periods, context.as_of);
                        if !range.is_empty() {
                            in_window.push((level, range));
                        }
                    });
                }
                for group in block.groups {
                    let slot = group.slot(customer);
                    let visits = block.visits[g].of(customer);
                    count_visits(cells, slot, g, visits);
                    for (level, range) in &*in_window {
                        let cells = cells.at_least(slot, g, range.end + 1);
                        cells[range.start].window_change[*level] += 1;
                        cells[range.end].window_change[*level] -= 1;
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
        write_series(&mut tables[0], context, series, cells, self.window_days);
    }
}

/// Calls `each` with the stretches of days, rising, apart and each with its exclusive end, on which
/// at least `number` of the events on `days` lie among the `window` days up to and with that day.
fn each_stretch(days: &[Day], number: usize, window: i64, mut each: impl FnMut(Day, Day)) {
    let mut stretch: Option<(Day, Day)> = None;
    // From event i on, `number` of them are there on the day of the last, until the window leaves
    // the first behind.
    for (first, last) in days.iter().zip(days.iter().skip(number - 1)) {
        let gone = first.plus(window);
        match &mut stretch {
            _ if *last >= gone => {}
            Some((_, end)) if *last <= *end => *end = gone,
            _ => {
                if let Some((from, to)) = stretch.replace((*last, gone)) {
                    each(from, to);
                }
            }
        }
    }
    if let Some((from, to)) = stretch {
        each(from, to);
    }
}

/// The periods whose last known day lies in `[from, to)`; `from` is a known day.
fn closes_in(from: Day, to: Day, periods: &Periods, as_of: Day) -> Range<usize> {
    periods.of(from)..if to < as_of { periods.of(to) } else { periods.len() }
}

fn count_visits(
    cells: &mut Grid<Tallied>,
    slot: usize,
    grain: usize,
    visits: impl Iterator<Item = (usize, u64, i128)>,
) {
    let mut orders_before = 0;
    for (period, orders, value) in visits {
        let cell = &mut cells.at_least(slot, grain, period + 1)[period];
        cell.buyers += 1;
        cell.repeat_buyers += u64::from(orders_before + orders >= 2);
        cell.orders += orders;
        cell.order_revenue += value;
        cell.returning_revenue += if orders_before > 0 { value } else { 0 };
        orders_before += orders;
    }
}

fn write_series(
    table: &mut Table,
    context: &Context,
    Series { periods, slot, .. }: Series<'_>,
    cells: &Places<Tallied>,
    window_days: u32,
) {
    let Some(first) = cells.iter().position(|cell| cell.buyers > 0) else { return };
    let mut in_window = [0_i64; 3];
    for p in first..periods.len() {
        let cell = cells.get(p).copied().unwrap_or_default();
        in_window.iter_mut().zip(cell.window_change).for_each(|(now, change)| *now += change);
        let [window_buyers, window_repeat_buyers, loyal] = in_window;
        let window_start = periods.end(p).min(context.as_of).plus(-i64::from(window_days));
        let is_known = context.history_start.is_none_or(|start| window_start >= start);
        table.push(row!(SCHEMA {
            grain: periods.grain.name(),
            segment: Arc::clone(&slot.segment),
            segment_value: slot.value.clone(),
            period: periods.start(p),
            buyers: cell.buyers,
            repeat_buyers: cell.repeat_buyers,
            repeat_purchase_ratio: rate(cell.repeat_buyers.into(), cell.buyers.into()),
            window_buyers: window_buyers,
            window_repeat_buyers: window_repeat_buyers,
            window_repeat_purchase_ratio: rate(window_repeat_buyers.into(), window_buyers.into()),
            loyal: loyal,
            loyal_customer_rate: rate(loyal.into(), window_buyers.into()),
            orders: cell.orders,
            orders_per_customer: rate(cell.orders.into(), cell.buyers.into()),
            order_revenue: cell.order_revenue,
            average_order_value: average(cell.order_revenue, cell.orders, context.scale),
            returning_revenue: cell.returning_revenue,
            returning_revenue_share: rate(cell.returning_revenue, cell.order_revenue),
            is_complete: context.is_complete(periods, p) && is_known,
        }));
    }
}

#[cfg(test)]
mod tests {
    use kohort_model::{Grain, Measure, SettingValue};

    use super::*;
    use crate::tests::{Person, assert_text, context, finish, orders, set};

    #[test]
    fn stretches_of_days_with_enough_orders() {
        type Case<'a> = (&'a [i32], usize, &'a [(i32, i32)]);
        let cases: [Case<'_>; 9] = [
            (&[], 1, &[]),
            (&[5], 1, &[(5, 15)]),
            (&[5], 2, &[]),
            (&[5, 5], 2, &[(5, 15)]),
            // Exactly ten days ago is out.
            (&[5, 15], 2, &[]),
            (&[5, 14], 2, &[(14, 15)]),
            (&[5, 15, 26], 1, &[(5, 25), (26, 36)]),
            (&[0, 4, 8, 12], 3, &[(8, 10), (12, 14)]),
            (&[0, 3, 6, 9], 3, &[(6, 13)]),
        ];
        for (days, number, expected) in cases {
            let days: Vec<Day> = days.iter().map(|day| Day(*day)).collect();
            let mut found = Vec::new();
            each_stretch(&days, number, 10, |from, to| found.push((from.0, to.0)));
            assert_eq!(found, expected, "{number} of {days:?}");
        }
    }

    fn start(context: &Arc<Context>, window_days: u32, orders: u32) -> Box<dyn Measure> {
        let settings = set(
            &SECTION,
            &[
                ("window_days", SettingValue::Whole(window_days)),
                ("orders", SettingValue::Whole(orders)),
            ],
        );
        (LOYALTY.start)(Arc::clone(context), &settings)
    }

    #[test]
    fn windows_end_with_the_last_known_day() {
        // Weeks of the Mondays 4, 11, 18 and 25; of the last only day 25 is known.
        let context = context(4, 26, Grain::Week);
        let context = Arc::new(context);
        // At the closes 10, 17, 24 and 25 the window opens on day 1, 8, 15 and 16.
        let people = [orders(&[4, 8]), orders(&[7, 15, 16])];
        let tables = finish(start(&context, 10, 2), &context, &people).tables;
        assert_text(
            &tables[0],
            "segment period buyers repeat_buyers window_buyers window_repeat_buyers loyal orders is_complete
             all     4      2      1             2             1                    1     3      true
             all     11     1      1             2             1                    1     2      true
             all     18     0      0             1             1                    1     0      true
             all     25     0      0             1             0                    0     0      false
             kind    4      2      1             2             1                    1     3      true
             kind    11     1      1             2             1                    1     2      true
             kind    18     0      0             1             1                    1     0      true
             kind    25     0      0             1             0                    0     0      false",
        );
    }

    #[test]
    fn rates_and_money() {
        let mut context = context(0, 59, Grain::Month);
        context.history_start = Some(Day(0));
        context.lapse_days = 0;
        let context = Arc::new(context);
        let buyer = |orders: &[(i32, i64)], slot| Person {
            orders: orders.to_vec(),
            refunds: vec![(58, -50)],
            slot,
            ..Person::default()
        };
        let people = [buyer(&[(0, 100), (0, 200), (31, 300)], 1), buyer(&[(58, 500)], 2)];
        let tables = finish(start(&context, 31, 2), &context, &people).tables;
        assert_text(
            &tables[0],
            "segment_value period buyers repeat_buyers repeat_purchase_ratio window_repeat_purchase_ratio loyal_customer_rate orders_per_customer order_revenue average_order_value returning_revenue returning_revenue_share is_complete
             -             0      1      1             1                     1                            1                   2                   300           1.5                 0                 0                       true
             -             31     2      1             0.5                   0                            0                   1                   800           4                   300               0.375                   true
             a             0      1      1             1                     1                            1                   2                   300           1.5                 0                 0                       true
             a             31     1      1             1                     0                            0                   1                   300           3                   300               1                       true
             b             31     1      0             0                     0                            0                   1                   500           5                   0                 0                       true",
        );
    }

    #[test]
    fn a_window_beyond_history_start_is_not_complete() {
        let mut context = context(0, 90, Grain::Month);
        (context.history_start, context.lapse_days) = (Some(Day(0)), 0);
        let context = Arc::new(context);
        let people = [orders(&[0])];
        let tables = finish(start(&context, 59, 2), &context, &people).tables;
        assert_text(
            &tables[0],
            "segment period window_buyers is_complete
             all     0      1             false
             all     31     1             true
             all     59     0             true
             kind    0      1             false
             kind    31     1             true
             kind    59     0             true",
        );
    }
}
