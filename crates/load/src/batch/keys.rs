//! The ids of a batch.

use kohort_model::Input;

use super::Columns;
use crate::columns::ids::{IdBuffer, Ids};
use crate::columns::{Flaws, Reason};
use crate::error::LoadError;
use crate::mapping::Role;

/// Room for the ids of one batch, used again and again.
#[derive(Default)]
pub(super) struct KeyBuffers {
    customers: IdBuffer,
    orders: IdBuffer,
    others: IdBuffer,
}

/// The ids of one batch; `None` where nothing maps or needs them.
pub(super) struct RowKeys<'a> {
    pub customers: Ids<'a>,
    pub orders: Option<Ids<'a>>,
    pub others: Option<Ids<'a>>,
}

impl KeyBuffers {
    /// Rows that lack an id which they need get a flaw.
    pub fn read<'a>(
        &mut self,
        columns: &Columns<'a>,
        flaws: &mut Flaws,
        file: usize,
    ) -> Result<RowKeys<'a>, LoadError> {
        let input = columns.input;
        let mut read = |role, buffer: &mut IdBuffer| {
            let Some((column, of)) = columns.get(role).zip(input.id_type(role)) else {
                return Ok(None);
            };
            if let Some(missing) = missing(input.input(), role) {
                flaws.mark_nulls(column, missing);
            }
            let ids = buffer.read(column, of);
            ids.map(Some).map_err(|wrong| input.negative_id(role, &wrong, file))
        };
        let customers = read(Role::Customer, &mut self.customers)?;
        Ok(RowKeys {
            customers: customers.expect("customers are always mapped and selected"),
            orders: read(Role::Order, &mut self.orders)?,
            others: read(Role::Other, &mut self.others)?,
        })
    }

    /// Only the ids of rows without a flaw.
    pub fn keep<'a>(&mut self, keys: RowKeys<'a>, flaws: &Flaws) -> RowKeys<'a> {
        RowKeys {
            customers: self.customers.keep(keys.customers, flaws),
            orders: keys.orders.map(|ids| self.orders.keep(ids, flaws)),
            others: keys.others.map(|ids| self.others.keep(ids, flaws)),
        }
    }

    /// Takes the room back.
    pub fn recycle(&mut self, keys: RowKeys<'_>) {
        self.customers.recycle(keys.customers);
        keys.orders.into_iter().for_each(|ids| self.orders.recycle(ids));
        keys.others.into_iter().for_each(|ids| self.others.recycle(ids));
    }
}

/// The flaw of a row without an id; `None` where a row need not have it.
fn missing(input: Input, role: Role) -> Option<Reason> {
    match (role, input) {
        (Role::Customer, input) if input.is_of_visitors() => Some(Reason::NullVisitorId),
        (Role::Customer, _) => Some(Reason::NullCustomerId),
        (Role::Other, Input::Identities) => Some(Reason::NullOther),
        (_, Input::Touchpoints) => None,
        (_, Input::Subscriptions) => Some(Reason::NullSubscriptionId),
        _ => Some(Reason::NullOrderId),
    }
}
