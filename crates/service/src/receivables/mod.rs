//! `receivables`: who owes what, and for how long.

mod open;

use std::ops::Range;
use std::sync::Arc;

use kohort_inputs::{INVOICE_TERMS, Invoice, Payment};
use kohort_model::calc::{self, Check, Formula, Outcome, Presence};
use kohort_model::view::View;
use kohort_model::{
    Block, Cell, Column, Context, Day, Grid, GridMeasure, Gridded, Headline, Identities, Input,
    MeasureSpec, Periods, Places, Requires, Series, Source, Sum, Table, TableSchema, TableSpec,
    Unit, keys, rate, row, tally,
};

use open::{AGES, CREDITS, IN_CREDIT, INVOICES, KINDS, OVERPAID, Open};

/// The declaration.
pub static RECEIVABLES: MeasureSpec = MeasureSpec {
    tables: &[TableSpec {
        needs_history: false,
        requires: Requires(&[Source::Input(Input::Invoices)]),
        view: View {
            columns: &[
                "receivables",
                "dso",
                "late_share",
                "overdue_1_30",
                "overdue_31_60",
                "overdue_61_90",
                "overdue_over_90",
            ],
            ..View::PLAIN
        },
        identities: Identities {
            not_additive: &["days"],
            ..Identities::by_grain(&[
                "receivables = current + overdue_1_30 + overdue_31_60 + overdue_61_90 + overdue_over_90",
                "paid_late <= paid",
                "open_credits >= 0",
                "overpaid >= 0",
                "days > 0",
                "next.opening_receivables = receivables",
            ])
        },
        headlines: &[
            Headline { unit: "days", ..Headline::ratio("dso", Sum::NOTHING, &[]) },
            Headline::ratio("late_share", Sum::of(&["paid_late"]), &["paid"]),
        ],
        ..TableSpec::of(&SCHEMA)
    }],
    reads: &[Input::Invoices, Input::Payments],
    settings: &[&INVOICE_TERMS],
    formulas: FORMULAS,
    start: |context, _| GridMeasure::start(context, Receivables::default()),
    ..MeasureSpec::PLAIN
};

static SCHEMA: TableSchema = TableSchema {
    name: "receivables",
    description: "Who owes what, and for how long, at the close of each period",
    columns: &[
        keys::GRAIN,
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        keys::PERIOD,
        Column::int("days", Unit::Days, "days of the period before as_of"),
        Column::money(
            "opening_receivables",
            "amount of open invoices at the end of the day before the period, of each what is not paid yet, \
             credit notes not taken off",
        ),
        Column::money(
            "receivables",
            "amount of open invoices at the close, the end of the period's last known day, of each what is \
             not paid yet, credit notes not taken off",
        ),
        Column::count("open_invoices", Unit::Invoices, "invoices open at the close"),
        Column::money(
            "credit_sales",
            "amount of the invoices dated in the period, credit notes not taken off",
        ),
        Column::count("invoices", Unit::Invoices, "invoices dated in the period"),
        Column::float(
            "dso",
            Unit::Days,
            "days sales outstanding: receivables / credit_sales x days; NULL without credit sales",
        )
        .or_null(),
        Column::float(
            "dso_average",
            Unit::Days,
            "(opening_receivables + receivables) / 2 / credit_sales x days; NULL without credit \
             sales",
        )
        .or_null(),
        Column::float(
            "dso_countback",
            Unit::Days,
            "days of credit sales, the newest first, that add up to the receivables: whole \
             periods, and the share needed of the last; 0 where nobody owes anything, NULL where \
             the known periods do not add up to them",
        )
        .or_null(),
        Column::float(
            "best_possible_dso",
            Unit::Days,
            "current / credit_sales x days; NULL without credit sales",
        )
        .or_null(),
        Column::count("paid", Unit::Invoices, "invoices paid in full in the period"),
        Column::float(
            "mean_days_to_pay",
            Unit::Days,
            "mean of days from invoiced_at to the day on which all was paid, of the paid; NULL without any",
        )
        .or_null(),
        Column::count("paid_late", Unit::Invoices, "of the paid, those paid after the due date"),
        Column::rate("late_share", "paid_late / paid"),
        Column::float(
            "mean_days_late",
            Unit::Days,
            "mean of days from due_at to the day on which all was paid, of the paid late; NULL without any",
        )
        .or_null(),
        Column::money(
            "current",
            "of receivables, what is not overdue at the close: due on or after the last known day",
        ),
        Column::money(
            "overdue_1_30",
            "of receivables, what is overdue by 1 to 30 days at the close",
        ),
        Column::money(
            "overdue_31_60",
            "of receivables, what is overdue by 31 to 60 days at the close",
        ),
        Column::money(
            "overdue_61_90",
            "of receivables, what is overdue by 61 to 90 days at the close",
        ),
        Column::money(
            "overdue_over_90",
            "of receivables, what is overdue by more than 90 days at the close",
        ),
        Column::money(
            "open_credits",
            "credit notes that are not paid out at the close, as a positive amount",
        ),
        Column::count(
            "customers_in_credit",
            Unit::Customers,
            "customers whose open credit notes exceed their open invoices at the close",
        ),
        Column::money(
            "overpaid",
            "what was paid up to the close beyond the amounts of invoices and, to customers, of credit \
             notes; 0 without the input payments",
        ),
        keys::IS_COMPLETE,
    ],
    key: &["grain", "segment", "segment_value", "period"],
    revisable: &[],
};

/// What can be computed from numbers that are typed in. The rule of thumb: "Days Sales Outstanding",
/// collectthemoney.com/links/whentoplace/dso.htm.
const FORMULAS: &[Formula] = &[
    Formula {
        name: "dso",
        about: "Days sales outstanding: how long customers take to pay",
        inputs: &[
            calc::Input::amount("receivables", "What customers owe at the end of the period"),
            calc::Input::amount("credit-sales", "Invoiced in the period"),
            calc::Input::days("days", "Days of the period"),
            calc::Input::amount(
                "opening-receivables",
                "What they owed at its start: adds dso_average",
            )
            .with(Presence::Optional),
            calc::Input::amount(
                "current",
                "Of the receivables, what is not overdue: adds the best dso",
            )
            .with(Presence::Optional),
        ],
        checks: &[Check::AtMost {
            parts: &["current"],
            whole: "receivables",
            why: "what is not overdue is part of what is owed; give both for the same day",
        }],
        results: &[
            Outcome::days("dso", "{receivables} / {credit-sales} × {days}", |g| {
                days_sales_outstanding(g.one("receivables"), g.one("credit-sales"), g.whole("days"))
            })
            .means("What customers owe is what is invoiced in {}.")
            .usual(
                "A rule of thumb is the payment terms and a third to a half more: 40 to 45 days at \
                 terms of 30 (collectthemoney.com).",
            ),
            Outcome::days(
                "dso_average",
                "({opening-receivables} + {receivables}) / 2 / {credit-sales} × {days}",
                |g| {
                    dso_average(
                        g.one("opening-receivables"),
                        g.one("receivables"),
                        g.one("credit-sales"),
                        g.whole("days"),
                    )
                },
            )
            .means("By the mean of what they owed at the start and at the end it is {}.")
            .needs("opening-receivables"),
            Outcome::days("best_possible_dso", "{current} / {credit-sales} × {days}", |g| {
                days_sales_outstanding(g.one("current"), g.one("credit-sales"), g.whole("days"))
            })
            .means("If nothing were overdue it would be {}.")
            .needs("current"),
        ],
        example: "--receivables 212000 --credit-sales 100000 --days 30",
    },
    Formula {
        name: "dso-countback",
        about: "Days sales outstanding, counted back through the sales that are not paid yet",
        inputs: &[
            calc::Input::amount(
                "receivables",
                "What customers owe at the end of the newest period",
            ),
            calc::Input::amount("sales", "Invoiced in each period, the newest first")
                .with(Presence::List),
            calc::Input::days("days", "Days of each of these periods").with(Presence::List),
        ],
        checks: &[Check::Pairs {
            first: "sales",
            second: "days",
            each: "period, the newest first",
        }],
        results: &[Outcome::days(
            "dso_countback",
            "how many of {days} it takes until {sales} add up to {receivables}",
            |g| {
                let periods = g.all("sales").zip(g.wholes("days"));
                dso_countback(g.one("receivables"), periods)
            },
        )
        .means("What customers owe was invoiced in the last {}.")
        .undefined(", which they do not; give older periods too")],
        example: "--receivables 212000 --sales '100000; 80000; 70000' --days '30; 30; 30'",
    },
    Formula {
        name: "days-to-pay",
        about: "How long customers take to pay, and which share pays late",
        inputs: &[
            calc::Input::count("paid", "Invoices paid in the period"),
            calc::Input::count("days", "Days from invoice to payment, added up over them"),
            calc::Input::count("paid-late", "Those of them paid after the due date")
                .with(Presence::Optional),
            calc::Input::count("days-late", "Days from due date to payment, added up over those")
                .with(Presence::Beside("paid-late")),
        ],
        checks: &[
            Check::AtMost {
                parts: &["paid-late"],
                whole: "paid",
                why: "what was paid late is part of what was paid; count both in one period",
            },
            Check::AtMost {
                parts: &["paid-late"],
                whole: "days-late",
                why: "each late payment is late by a day at least; add up days, not invoices",
            },
            Check::ZeroWith {
                input: "days-late",
                other: "paid-late",
                why: "only what was paid late is late by days",
            },
        ],
        results: &[
            Outcome::days("mean_days_to_pay", "{days} / {paid}", |g| {
                rate(g.one("days"), g.one("paid"))
            })
            .means("An invoice is paid after {} on average."),
            Outcome::share("late_share", "{paid-late} / {paid}", |g| {
                rate(g.one("paid-late"), g.one("paid"))
            })
            .means("{} of the paid invoices were paid late.")
            .needs("paid-late"),
            Outcome::days("mean_days_late", "{days-late} / {paid-late}", |g| {
                rate(g.one("days-late"), g.one("paid-late"))
            })
            .means("What was paid late came {} after the due date on average.")
            .needs("days-late"),
        ],
        example: "--paid 40 --days 1300 --paid-late 12 --days-late 90",
    },
];

/// receivables / credit sales × days of the period, in days; of the receivables that are not overdue
/// it is the best possible one.
fn days_sales_outstanding(receivables: i128, credit_sales: i128, days: u32) -> Option<f64> {
    rate(receivables * i128::from(days), credit_sales)
}

/// (opening + closing) / 2 / credit sales × days: with the mean receivables of the period, in
/// days.
fn dso_average(opening: i128, closing: i128, credit_sales: i128, days: u32) -> Option<f64> {
    rate((opening + closing) * i128::from(days), 2 * credit_sales)
}

/// How many days of credit sales, the newest first, add up to the receivables. A period that is
/// used up counts with all its days, the last one with the part of them that its sales are
/// needed for. 0 where nothing is owed; `None` where the periods do not add up to the receivables
/// or these are below zero.
///
/// Receivables of 212 after months of 30 days with 100, 80 and 70: 30 + 30 + 32 / 70 × 30 = 73.7.
fn dso_countback(
    receivables: i128,
    newest_first: impl IntoIterator<Item = (i128, u32)>,
) -> Option<f64> {
    if receivables == 0 {
        return Some(0.0);
    }
    let (mut remaining, mut whole_days) = (receivables, 0_i128);
    for (sales, days) in newest_first {
        let days = i128::from(days);
        if remaining <= sales {
            // One division, so that the result is the nearest float.
            return rate(whole_days * sales + remaining * days, sales).filter(|_| receivables > 0);
        }
        remaining -= sales;
        whole_days += days;
    }
    None
}

/// What is counted of a period.
#[derive(Clone, Copy, Debug, Default)]
struct Tallied {
    credit_sales: i128,
    /// By kind of what is open: how much more at the close than at that of the period before.
    open_change: [i128; KINDS],
    invoices: u64,
    credit_notes: u64,
    paid: u64,
    days_to_pay: u64,
    paid_late: u64,
    days_late: u64,
}

tally!(Tallied {
    credit_sales,
    open_change,
    invoices,
    credit_notes,
    paid,
    days_to_pay,
    paid_late,
    days_late
});

/// What is owed, by period, and one place more for what ends after the last.
#[derive(Clone, Default)]
struct Receivables {
    /// What the customer at hand has open.
    open: Open,
}

impl Gridded for Receivables {
    type Tally = Tallied;

    const TABLES: &'static [&'static TableSchema] = &[&SCHEMA];

    fn fold(&mut self, context: &Context, block: &Block<'_>, cells: &mut Grid<Tallied>) {
        for customer in 0..block.len() {
            let invoices = block.items::<Invoice>(customer);
            if invoices.is_empty() {
                continue;
            }
            let payments = block.items::<Payment>(customer);
            let stretches = self.open.of(invoices, payments, context.terms_days);
            for (g, periods) in context.periods.iter().enumerate() {
                for group in block.groups {
                    let cells = cells.at_least(group.slot(customer), g, periods.len() + 1);
                    for invoice in invoices {
                        count_dated(invoice, context.terms_days, periods, cells);
                    }
                    for stretch in stretches {
                        let at = closes_in(stretch.from, stretch.to, periods, context.as_of);
                        cells[at.start].open_change[stretch.kind] += stretch.amount;
                        cells[at.end].open_change[stretch.kind] -= stretch.amount;
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
        write(&mut tables[0], context, series, cells);
    }
}

/// Counts the invoice in the periods in which it was written and paid.
fn count_dated(invoice: &Invoice, terms_days: u32, periods: &Periods, cells: &mut Places<Tallied>) {
    let issued = &mut cells[periods.of(invoice.issued)];
    if invoice.amount < 0 {
        issued.credit_notes += 1;
        return;
    }
    issued.invoices += 1;
    issued.credit_sales += i128::from(invoice.amount);
    let Some(day) = invoice.paid else { return };
    let paid = &mut cells[periods.of(day)];
    paid.paid += 1;
    paid.days_to_pay += u64::from(day.0.abs_diff(invoice.issued.0));
    let due = invoice.due_after(terms_days);
    if day > due {
        paid.paid_late += 1;
        paid.days_late += u64::from(day.0.abs_diff(due.0));
    }
}

/// The periods whose last known day lies in `[from, to)`; none where no known day does.
fn closes_in(from: Day, to: Day, periods: &Periods, as_of: Day) -> Range<usize> {
    if from >= to.min(as_of) {
        return 0..0;
    }
    periods.of(from)..if to < as_of { periods.of(to) } else { periods.len() }
}

/// Adds the rows of a series.
fn write(
    table: &mut Table,
    context: &Context,
    Series { periods, slot, .. }: Series<'_>,
    cells: &Places<Tallied>,
) {
    let is_first = |cell: &Tallied| cell.invoices + cell.credit_notes > 0;
    let Some(first) = cells.iter().position(is_first) else { return };
    let mut open = [0_i128; KINDS];
    let mut opening = 0;
    let mut sales = Vec::new();
    for (p, cell) in cells.iter().enumerate().take(periods.len()).skip(first) {
        open.iter_mut().zip(cell.open_change).for_each(|(now, change)| *now += change);
        let closing = open[..AGES].iter().sum::<i128>();
        let days = periods.end(p).min(context.as_of).0.abs_diff(periods.start(p).0);
        sales.push((cell.credit_sales, days));
        let dso = |receivables| days_sales_outstanding(receivables, cell.credit_sales, days);
        table.push(row!(SCHEMA {
            grain: periods.grain.name(),
            segment: Arc::clone(&slot.segment),
            segment_value: slot.value.clone(),
            period: periods.start(p),
            days: days,
            opening_receivables: opening,
            receivables: closing,
            open_invoices: count(open[INVOICES]),
            credit_sales: cell.credit_sales,
            invoices: cell.invoices,
            dso: dso(closing),
            dso_average: dso_average(opening, closing, cell.credit_sales, days),
            dso_countback: dso_countback(closing, sales.iter().rev().copied()),
            best_possible_dso: dso(open[0]),
            paid: cell.paid,
            mean_days_to_pay: rate(cell.days_to_pay.into(), cell.paid.into()),
            paid_late: cell.paid_late,
            late_share: rate(cell.paid_late.into(), cell.paid.into()),
            mean_days_late: rate(cell.days_late.into(), cell.paid_late.into()),
            current: open[0],
            overdue_1_30: open[1],
            overdue_31_60: open[2],
            overdue_61_90: open[3],
            overdue_over_90: open[4],
            open_credits: open[CREDITS],
            customers_in_credit: count(open[IN_CREDIT]),
            overpaid: open[OVERPAID],
            is_complete: context.is_complete(periods, p),
        }));
        opening = closing;
    }
}

/// A number of invoices or customers, which stays far below 2^63.
fn count(number: i128) -> Cell {
    i64::try_from(number).unwrap_or(i64::MAX).into()
}

#[cfg(test)]
mod formulas {
    use super::*;

    #[test]
    fn worked_examples() {
        assert_eq!(days_sales_outstanding(212_000, 100_000, 30), Some(63.6));
        assert_eq!(dso_average(188_000, 212_000, 100_000, 30), Some(60.0));
        for of in [0, -1] {
            assert_eq!(days_sales_outstanding(1, of, 30), None, "{of}");
            assert_eq!(dso_average(1, 1, of, 30), None, "{of}");
            assert_eq!(dso_countback(1, [(of, 30)]), None, "{of}");
        }
    }

    #[test]
    fn counting_back() {
        let months = [(100, 30), (80, 30), (70, 30)];
        let cases = [
            ("the example", 212, &months[..], Some(5160.0 / 70.0)),
            ("nothing owed", 0, &months, Some(0.0)),
            ("nothing owed, no history", 0, &[], Some(0.0)),
            ("part of the newest", 25, &months, Some(7.5)),
            ("just the newest", 100, &months, Some(30.0)),
            ("all of it", 250, &months, Some(90.0)),
            ("more than all of it", 251, &months, None),
            ("no history", 1, &[], None),
            ("a credit balance", -5, &months, None),
            ("no sales in between", 110, &[(100, 31), (0, 28), (20, 31)], Some(74.5)),
            ("credits in between", 110, &[(100, 30), (-10, 30), (40, 30)], Some(75.0)),
        ];
        for (name, receivables, periods, expected) in cases {
            assert_eq!(dso_countback(receivables, periods.iter().copied()), expected, "{name}");
        }
    }
}
