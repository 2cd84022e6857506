//! The inputs, each as it declares itself: one file an input, and the list of them all.
//!
//! A new input is a file like `invoices.rs`, its line in [`INPUTS`] and its name in
//! [`kohort_model::Input`]. The keys of its table in the pipeline file and the errors about them, how its
//! files are opened and read, why its rows are rejected, the row in which the kernel carries them, what
//! becomes of rows with one id and what measures see of it follow from that.

mod contacts;
mod engagement;
mod identities;
mod invoices;
mod opportunities;
mod order_lines;
mod orders;
mod payments;
mod prospects;
mod returns;
mod subscriptions;
mod surveys;
mod touchpoints;

pub use contacts::Contact;
pub use engagement::Signal;
pub use invoices::{INVOICE_TERMS, Invoice, terms_days};
use kohort_model::{Input, InputSpec};
pub use opportunities::{Opportunity, Outcome};
pub use order_lines::Line;
pub use payments::Payment;
pub use prospects::Prospect;
pub use returns::Return;
pub use surveys::{Answer, LostAnswer, Score};
pub use touchpoints::Touch;

/// Every input, in the order of [`Input::ALL`].
pub static INPUTS: [&InputSpec; Input::ALL.len()] = [
    &orders::ORDERS,
    &subscriptions::SUBSCRIPTIONS,
    &prospects::PROSPECTS,
    &contacts::CONTACTS,
    &surveys::SURVEYS,
    &touchpoints::TOUCHPOINTS,
    &identities::IDENTITIES,
    &opportunities::OPPORTUNITIES,
    &order_lines::ORDER_LINES,
    &returns::RETURNS,
    &invoices::INVOICES,
    &payments::PAYMENTS,
    &engagement::ENGAGEMENT,
];

/// How an input declares itself.
#[must_use]
pub fn spec(input: Input) -> &'static InputSpec {
    INPUTS[input as usize]
}

#[cfg(test)]
mod tests;
