//! The columns of the inputs that stand beside orders or subscriptions.

use std::iter::empty;

use kohort_model::{Input, NO_SCORE, NO_VALUE};

use super::Columns;
use crate::history::{
    Answer, Contact, Engagement, History, Identity, Invoice, Opportunity, OrderLine, Payment,
    Prospect, Return, Touchpoint,
};

/// The columns of each of these inputs that there is.
pub(super) fn all(history: &History) -> impl Iterator<Item = (Input, Columns)> {
    let all = [
        (Input::Prospects, history.prospects.as_deref().map(prospects)),
        (Input::Contacts, history.contacts.as_deref().map(contacts)),
        (Input::Surveys, history.surveys.as_deref().map(surveys)),
        (Input::Touchpoints, history.touchpoints.as_deref().map(touchpoints)),
        (Input::Identities, history.identities.as_deref().map(identities)),
        (Input::Opportunities, history.opportunities.as_deref().map(opportunities)),
        (Input::OrderLines, history.order_lines.as_deref().map(order_lines)),
        (Input::Returns, history.returns.as_deref().map(returns)),
        (Input::Invoices, history.invoices.as_deref().map(invoices)),
        (Input::Payments, history.payments.as_deref().map(payments)),
        (Input::Engagement, history.engagement.as_deref().map(engagement)),
    ];
    all.into_iter().filter_map(|(input, columns)| Some((input, columns?)))
}

/// Texts that no row lacks.
fn given(texts: impl Iterator<Item = String>) -> Vec<Option<String>> {
    texts.map(Some).collect()
}

fn prospects(prospects: &[Prospect]) -> Columns {
    Columns::new(Input::Prospects, prospects.len())
        .ids("customer_id", prospects.iter().map(|p| p.customer.clone()))
        .times(prospects.iter().map(|p| p.day.0), empty())
}

fn contacts(contacts: &[Contact]) -> Columns {
    Columns::new(Input::Contacts, contacts.len())
        .ids("customer_id", contacts.iter().map(|c| c.customer.clone()))
        .times(contacts.iter().map(|c| c.day.0), empty())
        .texts("campaign", contacts.iter().map(|c| &c.campaign))
        .texts("strategy", contacts.iter().map(|c| &c.strategy))
        .small("variant", contacts.iter().map(|c| c.is_holdout.into()))
}

fn surveys(answers: &[Answer]) -> Columns {
    Columns::new(Input::Surveys, answers.len())
        .optional_ids("customer_id", answers.iter().map(|a| a.customer.as_ref()))
        .times(answers.iter().map(|a| a.day.0), answers.iter().map(|a| a.instant))
        .texts("reason", answers.iter().map(|a| &a.reason))
        .texts("lost_reason", answers.iter().map(|a| &a.lost_reason))
        .small("score", answers.iter().map(|a| a.score.unwrap_or(NO_SCORE)))
}

fn touchpoints(touches: &[Touchpoint]) -> Columns {
    Columns::new(Input::Touchpoints, touches.len())
        .ids("visitor_id", touches.iter().map(|t| t.visitor.clone()))
        .times(touches.iter().map(|t| t.day.0), touches.iter().map(|t| t.instant))
        .texts("step", given(touches.iter().map(|t| t.step.clone())).iter())
        .optional_ids("cart_id", touches.iter().map(|t| t.cart.as_ref()))
        .numbers("value", touches.iter().map(|t| t.value.unwrap_or(NO_VALUE)))
        .optional_ids("customer_id", touches.iter().map(|t| t.customer.as_ref()))
}

fn identities(identities: &[Identity]) -> Columns {
    Columns::new(Input::Identities, identities.len())
        .ids("visitor_id", identities.iter().map(|i| i.visitor.clone()))
        .ids("customer_id", identities.iter().map(|i| i.customer.clone()))
}

fn opportunities(sales: &[Opportunity]) -> Columns {
    Columns::new(Input::Opportunities, sales.len())
        .optional_ids("opportunity_id", sales.iter().map(|o| o.id.as_ref()))
        .ids("buyer", sales.iter().map(|o| o.buyer.clone()))
        .times(sales.iter().map(|o| o.created.0), empty())
        .days("closed_at", sales.iter().map(|o| o.closed))
        .small("outcome", sales.iter().map(|o| o.outcome as u8))
        .texts("stage", sales.iter().map(|o| &o.stage))
        .numbers("value", sales.iter().map(|o| o.value))
        .numbers("updated_at", sales.iter().map(|o| o.updated))
        .texts("reason", sales.iter().map(|o| &o.reason))
        .texts("competitor", sales.iter().map(|o| &o.competitor))
}

fn order_lines(lines: &[OrderLine]) -> Columns {
    Columns::new(Input::OrderLines, lines.len())
        .ids("customer_id", lines.iter().map(|l| l.customer.clone()))
        .ids("order_id", lines.iter().map(|l| l.order.clone()))
        .times(lines.iter().map(|l| l.day.0), lines.iter().map(|l| l.instant))
        .texts("product", lines.iter().map(|l| &l.product))
        .texts("category", lines.iter().map(|l| &l.category))
        .numbers("units", lines.iter().map(|l| l.units))
        .numbers("value", lines.iter().map(|l| l.value))
}

fn returns(returns: &[Return]) -> Columns {
    Columns::new(Input::Returns, returns.len())
        .ids("customer_id", returns.iter().map(|r| r.customer.clone()))
        .ids("order_id", returns.iter().map(|r| r.order.clone()))
        .times(returns.iter().map(|r| r.day.0), empty())
        .texts("product", returns.iter().map(|r| &r.product))
        .numbers("units", returns.iter().map(|r| r.units))
        .numbers("value", returns.iter().map(|r| r.value))
        .texts("reason", returns.iter().map(|r| &r.reason))
}

fn invoices(invoices: &[Invoice]) -> Columns {
    Columns::new(Input::Invoices, invoices.len())
        .ids("customer_id", invoices.iter().map(|i| i.customer.clone()))
        .optional_ids("invoice_id", invoices.iter().map(|i| i.id.as_ref()))
        .times(invoices.iter().map(|i| i.issued.0), empty())
        .days("due_at", invoices.iter().map(|i| i.due))
        .days("paid_at", invoices.iter().map(|i| i.paid))
        .numbers("amount", invoices.iter().map(|i| i.amount))
        .numbers("updated_at", invoices.iter().map(|i| i.updated))
}

fn payments(payments: &[Payment]) -> Columns {
    Columns::new(Input::Payments, payments.len())
        .ids("customer_id", payments.iter().map(|p| p.customer.clone()))
        .ids("invoice_id", payments.iter().map(|p| p.invoice.clone()))
        .times(payments.iter().map(|p| p.day.0), empty())
        .numbers("amount", payments.iter().map(|p| p.amount))
}

fn engagement(events: &[Engagement]) -> Columns {
    Columns::new(Input::Engagement, events.len())
        .ids("customer_id", events.iter().map(|e| e.customer.clone()))
        .times(events.iter().map(|e| e.day.0), empty())
        .texts("kind", given(events.iter().map(|e| e.kind.clone())).iter())
        .numbers("value", events.iter().map(|e| e.value))
}
