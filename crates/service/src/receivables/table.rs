//! The table's columns and rows.

use std::sync::Arc;

use kohort_model::calc::{Check, Formula, Input, Outcome, Presence};
use kohort_model::{
    Cell, Column, Context, Places, Series, Table, TableSchema, Unit, keys, rate, row,
};

use super::Tallied;
use super::open::{AGES, CREDITS, IN_CREDIT, INVOICES, KINDS};

/// The table's columns.
pub(super) static SCHEMA: TableSchema = TableSchema {
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
            "amount of open invoices at the end of the day before the period, credit notes not \
             taken off",
        ),
        Column::money(
            "receivables",
            "amount of open invoices at the close, the end of the period's last known day, credit \
             notes not taken off",
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
        Column::count("paid", Unit::Invoices, "invoices paid in the period"),
        Column::float(
            "mean_days_to_pay",
            Unit::Days,
            "mean of days from invoiced_at to paid_at, of the paid; NULL without any",
        )
        .or_null(),
        Column::count("paid_late", Unit::Invoices, "of the paid, those paid after the due date"),
        Column::rate("late_share", "paid_late / paid"),
        Column::float(
            "mean_days_late",
            Unit::Days,
            "mean of days from due_at to paid_at, of the paid late; NULL without any",
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
        keys::IS_COMPLETE,
    ],
    key: &["grain", "segment", "segment_value", "period"],
    revisable: &[],
};

/// What can be computed from numbers that are typed in.
pub(super) const FORMULAS: &[Formula] = &[
    Formula {
        name: "dso",
        about: "Days sales outstanding: how long customers take to pay",
        inputs: &[
            Input::amount("receivables", "What customers owe at the end of the period"),
            Input::amount("credit-sales", "Invoiced in the period"),
            Input::days("days", "Days of the period"),
            Input::amount("opening-receivables", "What they owed at its start: adds dso_average")
                .with(Presence::Optional),
            Input::amount("current", "Of the receivables, what is not overdue: adds the best dso")
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
            }),
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
            .needs("opening-receivables"),
            Outcome::days("best_possible_dso", "{current} / {credit-sales} × {days}", |g| {
                days_sales_outstanding(g.one("current"), g.one("credit-sales"), g.whole("days"))
            })
            .needs("current"),
        ],
        example: "--receivables 212000 --credit-sales 100000 --days 30",
    },
    Formula {
        name: "dso-countback",
        about: "Days sales outstanding, counted back through the sales that are not paid yet",
        inputs: &[
            Input::amount("receivables", "What customers owe at the end of the newest period"),
            Input::amount("sales", "Invoiced in each period, the newest first")
                .with(Presence::List),
            Input::days("days", "Days of each of these periods").with(Presence::List),
        ],
        checks: &[Check::Pairs("sales", "days")],
        results: &[Outcome::days(
            "dso_countback",
            "how many of {days} it takes until {sales} add up to {receivables}",
            |g| {
                let periods = g.all("sales").zip(g.wholes("days"));
                dso_countback(g.one("receivables"), periods)
            },
        )
        .undefined(", which they do not; give older periods too")],
        example: "--receivables 212000 --sales 100000,80000,70000 --days 30,30,30",
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

/// Adds the rows of a series.
pub(super) fn write(
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
mod tests {
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
