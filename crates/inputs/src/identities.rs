//! Which visitors are customers.

use kohort_model::{Input, InputColumn, InputSpec, ValueKind};

/// See the module.
pub static IDENTITIES: InputSpec = InputSpec {
    beside: Some((
        Input::Touchpoints,
        "tells which visitors are customers, but no input tells of visitors; add \
         [inputs.touchpoints] or remove it",
    )),
    ..InputSpec::new(
        Input::Identities,
        "Rows of visitors: which of them are customers",
        "which visitors are customers",
        &COLUMNS,
    )
};

static COLUMNS: [InputColumn; 2] = [
    InputColumn::new("visitor_id", ValueKind::VISITOR, "which visitor of `touchpoints`"),
    InputColumn::new(
        "customer_id",
        ValueKind::CUSTOMER,
        "which customer it is; of several of one visitor the smallest id counts",
    ),
];
