//! Who visitors are.

use std::collections::BTreeSet;

use kohort_model::Day;

use crate::history::{History, Id, Touchpoint};

/// Who did something: a customer, a visitor whose customer nobody knows, or of answers nobody knows who, each one
/// by its number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    Customer(Id),
    Visitor(Id),
    Nobody(usize),
}

/// What visitors did before `as_of`, with whose event it is.
pub(super) fn known_touches(history: &History, as_of: Day) -> Vec<(Who, Touchpoint)> {
    let touches = history.touchpoints.iter().flatten();
    let known: Vec<_> = touches.filter(|touch| touch.day < as_of).collect();
    let whose = |touch: &Touchpoint| {
        let own = touch.customer.clone();
        let customer = own.or_else(|| customer_of(&touch.visitor, history, &known));
        customer.map_or_else(|| Who::Visitor(touch.visitor.clone()), Who::Customer)
    };
    known.iter().map(|touch| (whose(touch), (*touch).clone())).collect()
}

/// The smallest that an identity names, else that of the earliest event that has one.
fn customer_of(visitor: &Id, history: &History, known: &[&Touchpoint]) -> Option<Id> {
    let named: BTreeSet<_> = (history.identities.iter().flatten())
        .filter(|identity| identity.visitor == *visitor)
        .map(|identity| &identity.customer)
        .collect();
    let by_event = || {
        let of_visitor = known.iter().filter(|touch| touch.visitor == *visitor);
        let told = of_visitor.filter_map(|touch| Some((touch.instant, touch.customer.as_ref()?)));
        told.min().map(|(_, customer)| customer)
    };
    named.first().copied().or_else(by_event).cloned()
}
