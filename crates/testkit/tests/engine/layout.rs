//! How a history is held.

use kohort_inputs::INPUTS;
use kohort_model::{Basis, Day, IdSpace, Input, ValueKind};
use kohort_testkit::{Activity, History, Id, Row, RowsMode, Settings};
use kohort_timeline::{Carried, KeyType, Layout, Resolve};

/// Whether customers have texts as ids.
pub fn has_texts(history: &History) -> bool {
    let rows = history.rows.iter().map(|row| &row.customer);
    let mut ids = rows.chain(history.spans.iter().map(|span| &span.customer));
    ids.next().is_some_and(|id| matches!(id, Id::Text(_)))
}

fn type_of(id: &Id) -> KeyType {
    match id {
        Id::Integer(_) => KeyType::Integers,
        Id::Text(_) => KeyType::Bytes,
    }
}

/// The type of the ids of a kind, which all inputs share.
fn customers(history: &History) -> KeyType {
    macro_rules! ids {
        ($($rows:ident.$id:ident),+) => {
            [$(history.$rows.iter().flatten().map(|row| &row.$id).next()),+]
        };
    }
    let of_basis =
        [history.rows.first().map(|r| &r.customer), history.spans.first().map(|s| &s.customer)];
    let further = ids![
        prospects.customer,
        contacts.customer,
        identities.customer,
        opportunities.buyer,
        order_lines.customer,
        returns.customer,
        invoices.customer,
        payments.customer,
        engagement.customer
    ];
    let by_visitors = history.touchpoints.iter().flatten().find_map(|t| t.customer.as_ref());
    let by_answers = history.surveys.iter().flatten().find_map(|a| a.customer.as_ref());
    let mut ids = of_basis.into_iter().chain(further).chain([by_visitors, by_answers]).flatten();
    ids.next().map_or(KeyType::Integers, type_of)
}

/// The type of the ids of a column that are not customers'; `None` where no row has one.
fn ids(history: &History, input: Input, of: IdSpace) -> Option<KeyType> {
    let touches = || history.touchpoints.iter().flatten();
    let lines = history.order_lines.iter().flatten().map(|line| &line.order);
    let goods = lines.chain(history.returns.iter().flatten().map(|goods| &goods.order));
    let identities = history.identities.iter().flatten().map(|identity| &identity.visitor);
    let id = match (of, input) {
        (IdSpace::Visitor, _) => touches().map(|touch| &touch.visitor).chain(identities).next(),
        (IdSpace::Order, _) => goods.into_iter().next(),
        (_, Input::Touchpoints) => touches().find_map(|touch| touch.cart.as_ref()),
        (_, Input::Opportunities) => {
            history.opportunities.iter().flatten().find_map(|sale| sale.id.as_ref())
        }
        _ => {
            let invoices = history.invoices.iter().flatten();
            let payments = history.payments.iter().flatten().map(|payment| &payment.invoice);
            invoices.filter_map(|invoice| invoice.id.as_ref()).chain(payments).next()
        }
    };
    id.map(type_of)
}

/// Every column of the inputs that are there, but for ids that no row has.
fn carried(history: &History, settings: &Settings) -> [Carried; Input::ALL.len()] {
    let mut carried = [Carried::default(); Input::ALL.len()];
    let inputs = history.inputs();
    for spec in INPUTS.into_iter().filter(|spec| inputs.contains(&spec.input)) {
        let own = &mut carried[spec.input as usize];
        for (place, column) in spec.columns.iter().enumerate() {
            let held = match column.kind {
                ValueKind::Id(of) if of.of == IdSpace::Customer => Some(customers(history)),
                ValueKind::Id(of) => {
                    let held = ids(history, spec.input, of.of);
                    if held.is_none() && matches!(of.of, IdSpace::Own | IdSpace::Invoice) {
                        continue;
                    }
                    held
                }
                _ => None,
            };
            *own = own.with(place, held);
        }
        if settings.invoice_lines && spec.input == Input::Invoices {
            *own = own.as_lines();
        }
    }
    carried
}

pub fn layout(history: &History, settings: &Settings) -> Layout {
    let History { rows, spans, .. } = history;
    let orders = match settings.basis {
        Basis::Orders => rows.first().and_then(|row| row.order.as_ref()),
        Basis::Subscriptions => spans.first().map(|span| &span.subscription),
    };
    let is_midnight = |r: &Row| Row::new(r.customer.clone(), r.day, 0).instant == r.instant;
    let is_contractual = settings.basis == Basis::Subscriptions;
    Layout {
        customers: customers(history),
        text_customers: has_texts(history),
        orders: orders.map(type_of).or(is_contractual.then_some(KeyType::Integers)),
        resolve: match (settings.basis, settings.rows) {
            (Basis::Subscriptions, _) => Resolve::Spans,
            (_, RowsMode::Rows) => Resolve::Rows,
            (_, RowsMode::Lines) => Resolve::Lines,
            (_, RowsMode::Latest) => Resolve::Latest,
        },
        instants: !is_contractual && !rows.iter().all(is_midnight),
        reasons: true,
        updates: is_contractual && spans.iter().any(|span| span.updated != 0),
        inclusive_ends: false,
        causes: is_contractual,
        cancelled: is_contractual,
        segments: settings.segments.len(),
        any_activity: settings.activity == Activity::Any && !is_contractual,
        history_start: settings.history_start,
        as_of: settings.as_of,
        today: settings.run_day.unwrap_or(Day(i32::MAX)),
        items: carried(history, settings),
    }
}
