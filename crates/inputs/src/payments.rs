//! What was paid of invoices, where that is not said by the invoices themselves.

use kohort_model::{
    Day, Input, InputColumn, InputSpec, Item, ItemKind, ItemRows, NoItem, Precision, Row, Settles,
    ValueKind, place,
};

use crate::Invoice;
use crate::invoices::set_paid;

/// See the module.
pub static PAYMENTS: InputSpec = InputSpec {
    beside: Some((
        Input::Invoices,
        "tells what was paid of invoices, but no input has them; add [inputs.invoices] or remove it",
    )),
    settles: Some(Settles { by: "invoice_id", unmatched: "without_invoice", settle }),
    items: &[ItemKind::of::<Payment>()],
    ..InputSpec::new(
        Input::Payments,
        "Rows of customers: what they paid of invoices, in one payment or several",
        "the payments",
        &COLUMNS,
    )
};

static COLUMNS: [InputColumn; 4] = [
    InputColumn::new("customer_id", ValueKind::CUSTOMER, "whose invoice it is, as in the invoices"),
    InputColumn::new("invoice_id", ValueKind::INVOICE, "which invoice is paid, as in the invoices"),
    InputColumn::new("paid_at", ValueKind::Time(Precision::Day), "when it was paid"),
    InputColumn::new(
        "amount",
        ValueKind::MONEY,
        "what was paid; below zero what was taken back, or paid out for a credit note",
    ),
];

/// The place of a column.
const fn at(name: &str) -> usize {
    place(&COLUMNS, name)
}

/// What was paid of an invoice of the same customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payment {
    /// The invoice, as [`Invoice::id`].
    pub invoice: u32,
    /// The day of the payment.
    pub day: Day,
    /// Minor units; below zero where money went back.
    pub amount: i64,
}

impl Payment {
    /// Those of an invoice, in order of their days.
    #[must_use]
    pub fn of<'a>(payments: &'a [Self], invoice: &Invoice) -> &'a [Self] {
        let Some(id) = invoice.id else { return &[] };
        let first = payments.partition_point(|payment| payment.invoice < id);
        let own = payments[first..].partition_point(|payment| payment.invoice == id);
        &payments[first..first + own]
    }
}

impl Item for Payment {
    const INPUT: Input = Input::Payments;
    type Order = (u32, Day, i64);

    fn read(row: Row<'_>) -> Result<Self, NoItem> {
        let invoice = row.id(const { at("invoice_id") }).and_then(|id| u32::try_from(id).ok());
        Ok(Self {
            invoice: invoice.ok_or(NoItem::Lacking)?,
            day: row.day(),
            amount: row.number(const { at("amount") }),
        })
    }

    /// In order of invoice, day and amount.
    fn order(&self, _row: Row<'_>) -> Self::Order {
        (self.invoice, self.day, self.amount)
    }
}

/// An invoice is paid on the first day at whose end its payments reach its amount.
fn settle(invoices: &mut ItemRows, invoice: usize, payments: &ItemRows, own: &[u32]) {
    let mut paid: Vec<(Day, i64)> = own
        .iter()
        .map(|place| Row::new(payments, *place as usize))
        .map(|row| (row.day(), row.number(const { at("amount") })))
        .collect();
    paid.sort_unstable();
    let Ok(owed) = Invoice::read(Row::new(invoices, invoice)) else { return };
    let day =
        owed.paid_by(paid.chunk_by(|a, b| a.0 == b.0).map(|of_day| {
            (of_day[0].0, of_day.iter().map(|(_, amount)| i128::from(*amount)).sum())
        }));
    set_paid(invoices, invoice, day);
}

impl Invoice {
    /// The day on which payments, each day's sum in order of the days, reach the amount; what is paid before
    /// the invoice is written counts on its day.
    fn paid_by(&self, by_day: impl Iterator<Item = (Day, i128)>) -> Option<Day> {
        let mut open = i128::from(self.amount);
        let is_paid = |open: i128| if self.amount < 0 { open >= 0 } else { open <= 0 };
        let mut by_day = by_day.peekable();
        while let Some((_, sum)) = by_day.next_if(|(day, _)| *day <= self.issued) {
            open -= sum;
        }
        if is_paid(open) {
            return Some(self.issued);
        }
        by_day.find_map(|(day, sum)| {
            open -= sum;
            is_paid(open).then_some(day)
        })
    }
}
