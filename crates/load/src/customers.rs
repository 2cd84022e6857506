//! Customers that several inputs share.

use kohort_model::IdType;

use crate::columns::ids::is_bytes;
use crate::contract::Opened;
use crate::error::{CustomersIn, LoadError, TypeIn};
use crate::mapping::Role;

/// Gives customers one form in all inputs, so that one id is the same key everywhere.
pub(crate) fn share(inputs: &mut [Opened]) -> Result<(), LoadError> {
    let first = |bytes: bool| {
        let mut like = inputs.iter().filter(|input| is_bytes(input.customer_ids) == bytes);
        like.find_map(Opened::customers_in)
    };
    if let (Some(integers), Some(bytes)) = (first(false), first(true)) {
        let CustomersIn { input, expression, .. } = &integers;
        let advice = format!("CAST({expression} AS VARCHAR) in [inputs.{}]", input.name());
        return Err(LoadError::MixedCustomers { inputs: Box::new([integers, bytes]), advice });
    }
    let widest =
        inputs.iter().find(|input| matches!(input.customer_ids, IdType::Unsigned | IdType::Binary));
    let Some((wide, by)) = widest.map(|input| (input.customer_ids, input.input())) else {
        return Ok(());
    };
    for input in inputs.iter_mut().filter(|input| input.customer_ids != wide) {
        input.customer_ids = wide;
        input.unsigned_by = (wide == IdType::Unsigned).then_some(by);
    }
    Ok(())
}

impl Opened {
    /// The customers as the first file has them.
    fn customers_in(&self) -> Option<CustomersIn> {
        let index = self.mappings.iter().position(|mapping| mapping.role == Role::Customer)?;
        let (mapping, detail) = (&self.mappings[index], self.details.first()?);
        Some(CustomersIn {
            input: self.input(),
            expression: mapping.text.clone(),
            found: TypeIn {
                found: detail.types[index].to_string(),
                path: self.files[0].path.clone(),
            },
        })
    }

    /// Where else ids are so large that none here may be negative.
    pub(crate) fn unsigned_in(&self, role: Role) -> String {
        match self.unsigned_by.filter(|_| role == Role::Customer) {
            Some(input) => format!("[inputs.{}]", input.name()),
            None => "another file of this input".to_owned(),
        }
    }
}
