//! Ids that several inputs share.

use kohort_model::{IdType, Input};

use crate::columns::ids::is_bytes;
use crate::contract::Opened;
use crate::error::{IdsIn, LoadError, TypeIn};
use crate::mapping::Role;

/// The form of mapped ids.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IdForm {
    pub role: Role,
    pub of: IdType,
    /// Another input whose ids make these unsigned.
    pub unsigned_by: Option<Input>,
}

impl IdForm {
    /// Roles that are ids.
    pub const ROLES: [Role; 3] = [Role::Customer, Role::Other, Role::Order];
}

/// Whose ids they are: within one of these groups one id is the same key everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    Customers,
    Visitors,
    /// Of the lines of orders and of returns.
    Orders,
}

impl Group {
    const ALL: [Self; 3] = [Self::Customers, Self::Visitors, Self::Orders];

    /// `None` for ids that an input has for itself.
    fn of(input: Input, role: Role) -> Option<Self> {
        match (role, input) {
            (Role::Customer, input) if input.is_of_visitors() => Some(Self::Visitors),
            (Role::Customer | Role::Other, _) => Some(Self::Customers),
            (Role::Order, Input::OrderLines | Input::Returns) => Some(Self::Orders),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Customers => "customer",
            Self::Visitors => "visitor",
            Self::Orders => "order",
        }
    }
}

/// Gives ids that inputs share one form in all of them.
pub(crate) fn share(inputs: &mut [Opened]) -> Result<(), LoadError> {
    for group in Group::ALL {
        let forms = || {
            let forms =
                inputs.iter().flat_map(|input| input.ids.iter().map(move |ids| (input, ids)));
            forms.filter(|(input, ids)| Group::of(input.input(), ids.role) == Some(group))
        };
        let first = |bytes: bool| {
            let (input, ids) = forms().find(|(_, ids)| is_bytes(ids.of) == bytes)?;
            input.ids_in(ids.role)
        };
        if let (Some(integers), Some(bytes)) = (first(false), first(true)) {
            let IdsIn { input, expression, .. } = &integers;
            let advice = format!("CAST({expression} AS VARCHAR) in [inputs.{}]", input.name());
            let inputs = Box::new([integers, bytes]);
            return Err(LoadError::MixedIds { what: group.name(), inputs, advice });
        }
        let is_wide = |ids: &IdForm| matches!(ids.of, IdType::Unsigned | IdType::Binary);
        let widest = forms().find(|(_, ids)| is_wide(ids)).map(|(by, ids)| (by.input(), ids.of));
        let Some((by, wide)) = widest else { continue };
        for input in inputs.iter_mut() {
            let name = input.input();
            for ids in &mut input.ids {
                if Group::of(name, ids.role) == Some(group) && ids.of != wide {
                    ids.of = wide;
                    ids.unsigned_by = (wide == IdType::Unsigned).then_some(by);
                }
            }
        }
    }
    Ok(())
}

impl Opened {
    /// The form of a role's ids; `None` where they are not mapped.
    pub(crate) fn id_type(&self, role: Role) -> Option<IdType> {
        self.ids.iter().find(|ids| ids.role == role).map(|ids| ids.of)
    }

    /// The ids as the first file has them.
    fn ids_in(&self, role: Role) -> Option<IdsIn> {
        let index = self.mappings.iter().position(|mapping| mapping.role == role)?;
        let (mapping, detail) = (&self.mappings[index], self.details.first()?);
        Some(IdsIn {
            input: self.input(),
            key: mapping.key.clone(),
            expression: mapping.text.clone(),
            found: TypeIn {
                found: detail.mapped[index].dtype().to_string(),
                path: self.files[0].path.clone(),
            },
        })
    }

    /// Where else ids are so large that none here may be negative.
    pub(crate) fn unsigned_in(&self, role: Role) -> String {
        let ids = self.ids.iter().find(|ids| ids.role == role);
        match ids.and_then(|ids| ids.unsigned_by) {
            Some(input) => format!("[inputs.{}]", input.name()),
            None => "another file of this input".to_owned(),
        }
    }
}
