//! Ids that several inputs share.

use kohort_model::{IdSpace, IdType, Input, ValueKind};

use crate::columns::ids::is_bytes;
use crate::contract::Opened;
use crate::error::{IdsIn, LoadError, TypeIn};
use crate::mapping::Role;
use crate::source::Source;

/// The form of mapped ids.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IdForm {
    pub role: Role,
    pub of: IdType,
    /// Another input whose ids make these unsigned.
    pub unsigned_by: Option<Input>,
}

/// The spaces that several inputs share: within one of them one id is the same key everywhere.
const SHARED: [IdSpace; 4] =
    [IdSpace::Customer, IdSpace::Visitor, IdSpace::Order, IdSpace::Invoice];

/// The space of a role's ids.
fn space(source: &Source, role: Role) -> Option<IdSpace> {
    let Role::Column(place) = role else { return None };
    match source.spec.columns.get(place)?.kind {
        ValueKind::Id(ids) => Some(ids.of),
        _ => None,
    }
}

/// Gives ids that inputs share one form in all of them.
pub(crate) fn share(inputs: &mut [Opened]) -> Result<(), LoadError> {
    for shared in SHARED {
        let forms = || {
            let forms =
                inputs.iter().flat_map(|input| input.ids.iter().map(move |ids| (input, ids)));
            forms.filter(|(input, ids)| space(&input.source, ids.role) == Some(shared))
        };
        let first = |bytes: bool| {
            let (input, ids) = forms().find(|(_, ids)| is_bytes(ids.of) == bytes)?;
            input.ids_in(ids.role)
        };
        if let (Some(integers), Some(bytes)) = (first(false), first(true)) {
            let IdsIn { input, expression, .. } = &integers;
            let advice = format!("CAST({expression} AS VARCHAR) in [inputs.{}]", input.name());
            let inputs = Box::new([integers, bytes]);
            return Err(LoadError::MixedIds {
                what: shared.name().unwrap_or("row"),
                inputs,
                advice,
            });
        }
        let is_wide = |ids: &IdForm| matches!(ids.of, IdType::Unsigned | IdType::Binary);
        let widest = forms().find(|(_, ids)| is_wide(ids)).map(|(by, ids)| (by.input(), ids.of));
        let Some((by, wide)) = widest else { continue };
        for input in inputs.iter_mut() {
            let Opened { source, ids, .. } = input;
            for ids in ids {
                if space(source, ids.role) == Some(shared) && ids.of != wide {
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
