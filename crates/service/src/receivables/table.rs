//! The table's columns and rows.

use std::sync::Arc;

use kohort_model::formulas::{days_sales_outstanding, dso_average, dso_countback};
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
