//! `receivables`: who owes what, and for how long.

mod open;
mod table;

use std::ops::Range;

use kohort_inputs::Invoice;
use kohort_model::view::View;
use kohort_model::{
    Block, Context, Day, Grid, GridMeasure, Gridded, Headline, Identities, Input, MeasureSpec,
    Periods, Places, Requires, Series, Setting, SettingKind, SettingsSection, Source, Sum, Table,
    TableSchema, TableSpec, Tally,
};

use open::{KINDS, Open};
use table::SCHEMA;

/// The declaration.
pub static RECEIVABLES: MeasureSpec = MeasureSpec {
    tables: &[TableSpec {
        requires: INVOICES,
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
    reads: &[Input::Invoices],
    settings: &[&SECTION],
    formulas: table::FORMULAS,
    start: |context, _| GridMeasure::start(context, Receivables::default()),
    ..MeasureSpec::PLAIN
};

const INVOICES: Requires = Requires(&[Source::Input(Input::Invoices)]);

/// When an invoice is due that does not say.
static SECTION: SettingsSection = SettingsSection {
    name: "receivables",
    meaning: "Invoices without a due date.",
    requires: INVOICES,
    keys: &[Setting::new(
        "terms_days",
        SettingKind::days_from_0(30),
        "Days after which an invoice is due that does not say so itself.",
        "terms_days = 14",
    )],
};

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

impl Tally for Tallied {
    fn add(&mut self, other: &Self) {
        self.credit_sales += other.credit_sales;
        self.open_change.iter_mut().zip(other.open_change).for_each(|(own, more)| *own += more);
        self.invoices += other.invoices;
        self.credit_notes += other.credit_notes;
        self.paid += other.paid;
        self.days_to_pay += other.days_to_pay;
        self.paid_late += other.paid_late;
        self.days_late += other.days_late;
    }
}

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
            let stretches = self.open.of(invoices, context.terms_days);
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
        table::write(&mut tables[0], context, series, cells);
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
