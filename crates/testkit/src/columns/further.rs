//! The columns of the inputs that stand beside orders or subscriptions.

use kohort_model::{Input, NEVER, NO_SCORE, NO_VALUE, known};

use super::Columns;
use crate::history::{
    Answer, Contact, Engagement, History, Id, Identity, Invoice, Opportunity, OrderLine, Prospect,
    Return, Touchpoint,
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
        (Input::Engagement, history.engagement.as_deref().map(engagement)),
    ];
    all.into_iter().filter_map(|(input, columns)| Some((input, columns?)))
}

/// Ids of which some may be missing, those as any other one; `None` where all are.
fn optional_ids<'a>(ids: impl Iterator<Item = Option<&'a Id>> + Clone) -> Option<Vec<Id>> {
    let any = ids.clone().flatten().next()?;
    Some(ids.map(|id| id.unwrap_or(any).clone()).collect())
}

fn prospects(prospects: &[Prospect]) -> Columns {
    Columns {
        customers: prospects.iter().map(|p| p.customer.clone()).collect(),
        days: prospects.iter().map(|p| p.day.0).collect(),
        ..Columns::default()
    }
}

/// Campaign and strategy are the segments.
fn contacts(contacts: &[Contact]) -> Columns {
    let mut columns = Columns {
        customers: contacts.iter().map(|c| c.customer.clone()).collect(),
        days: contacts.iter().map(|c| c.day.0).collect(),
        kinds: contacts.iter().map(|c| c.is_holdout.into()).collect(),
        ..Columns::default()
    };
    columns.add_segment(contacts.iter().map(|c| &c.campaign));
    columns.add_segment(contacts.iter().map(|c| &c.strategy));
    columns
}

fn surveys(answers: &[Answer]) -> Columns {
    let mut columns = Columns {
        customers: answers.iter().map(|a| a.customer.clone()).collect(),
        days: answers.iter().map(|a| a.day.0).collect(),
        instants: answers.iter().map(|a| a.instant).collect(),
        kinds: answers.iter().map(|a| a.score.unwrap_or(NO_SCORE)).collect(),
        ..Columns::default()
    };
    columns.reasons = columns.reason_codes.reasons(answers.iter().map(|a| &a.reason));
    columns
}

fn touchpoints(touches: &[Touchpoint]) -> Columns {
    let bit = |is_known, bit| if is_known { bit } else { 0 };
    let bits = |t: &Touchpoint| {
        bit(t.cart.is_some(), known::CART) | bit(t.customer.is_some(), known::CUSTOMER)
    };
    let mut columns = Columns {
        customers: touches.iter().map(|t| t.visitor.clone()).collect(),
        days: touches.iter().map(|t| t.day.0).collect(),
        instants: touches.iter().map(|t| t.instant).collect(),
        kinds: touches.iter().map(bits).collect(),
        values: touches.iter().map(|t| t.value.unwrap_or(NO_VALUE)).collect(),
        ids: optional_ids(touches.iter().map(|t| t.cart.as_ref())),
        others: optional_ids(touches.iter().map(|t| t.customer.as_ref())),
        ..Columns::default()
    };
    columns.add_texts(touches.iter().map(|t| &t.step));
    columns
}

fn identities(identities: &[Identity]) -> Columns {
    Columns {
        customers: identities.iter().map(|i| i.visitor.clone()).collect(),
        days: vec![0; identities.len()],
        kinds: vec![known::CUSTOMER; identities.len()],
        others: Some(identities.iter().map(|i| i.customer.clone()).collect()),
        ..Columns::default()
    }
}

fn opportunities(sales: &[Opportunity]) -> Columns {
    let mut columns = Columns {
        customers: sales.iter().map(|o| o.buyer.clone()).collect(),
        days: sales.iter().map(|o| o.created.0).collect(),
        values: sales.iter().map(|o| o.value).collect(),
        kinds: sales.iter().map(|o| o.outcome as u8).collect(),
        ids: optional_ids(sales.iter().map(|o| o.id.as_ref())),
        ends: sales.iter().map(|o| o.closed.map_or(NEVER, |day| day.0)).collect(),
        ..Columns::default()
    };
    columns.reasons = columns.reason_codes.reasons(sales.iter().map(|o| &o.reason));
    columns.add_segment(sales.iter().map(|o| &o.stage));
    columns.add_segment(sales.iter().map(|o| &o.competitor));
    columns
}

fn order_lines(lines: &[OrderLine]) -> Columns {
    let mut columns = Columns {
        customers: lines.iter().map(|l| l.customer.clone()).collect(),
        ids: Some(lines.iter().map(|l| l.order.clone()).collect()),
        days: lines.iter().map(|l| l.day.0).collect(),
        instants: lines.iter().map(|l| l.instant).collect(),
        values: lines.iter().map(|l| l.value).collect(),
        units: lines.iter().map(|l| l.units).collect(),
        ..Columns::default()
    };
    columns.add_segment(lines.iter().map(|l| &l.product));
    columns.add_segment(lines.iter().map(|l| &l.category));
    columns
}

fn returns(returns: &[Return]) -> Columns {
    let mut columns = Columns {
        customers: returns.iter().map(|r| r.customer.clone()).collect(),
        ids: Some(returns.iter().map(|r| r.order.clone()).collect()),
        days: returns.iter().map(|r| r.day.0).collect(),
        values: returns.iter().map(|r| r.value).collect(),
        units: returns.iter().map(|r| r.units).collect(),
        ..Columns::default()
    };
    columns.reasons = columns.reason_codes.reasons(returns.iter().map(|r| &r.reason));
    columns.add_segment(returns.iter().map(|r| &r.product));
    columns
}

fn invoices(invoices: &[Invoice]) -> Columns {
    Columns {
        customers: invoices.iter().map(|i| i.customer.clone()).collect(),
        ids: optional_ids(invoices.iter().map(|i| i.id.as_ref())),
        days: invoices.iter().map(|i| i.issued.0).collect(),
        values: invoices.iter().map(|i| i.amount).collect(),
        ends: invoices.iter().map(|i| i.paid.map_or(NEVER, |day| day.0)).collect(),
        cancelled: invoices.iter().map(|i| i.due.map_or(NEVER, |day| day.0)).collect(),
        ..Columns::default()
    }
}

fn engagement(events: &[Engagement]) -> Columns {
    let mut columns = Columns {
        customers: events.iter().map(|e| e.customer.clone()).collect(),
        days: events.iter().map(|e| e.day.0).collect(),
        values: events.iter().map(|e| e.value).collect(),
        ..Columns::default()
    };
    columns.add_texts(events.iter().map(|e| &e.kind));
    columns
}
