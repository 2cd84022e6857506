//! The SQL that expressions are written in.

use std::any::TypeId;

use sqlparser::dialect::{Dialect, DuckDbDialect};

/// DuckDB's, but for arguments with names: no function of a row has any, and `IF(a = 1, 2, 3)` compares.
#[derive(Debug)]
pub(crate) struct RowDialect;

macro_rules! as_duckdb {
    ($($method:ident),+ $(,)?) => {
        $(fn $method(&self) -> bool {
            DuckDbDialect.$method()
        })+
    };
}

impl Dialect for RowDialect {
    fn dialect(&self) -> TypeId {
        TypeId::of::<DuckDbDialect>()
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        DuckDbDialect.is_identifier_start(ch)
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        DuckDbDialect.is_identifier_part(ch)
    }

    as_duckdb!(
        supports_trailing_commas,
        supports_filter_during_aggregation,
        supports_bitwise_shift_operators,
        supports_named_fn_args_with_assignment_operator,
        supports_dictionary_syntax,
        support_map_literal_syntax,
        supports_lambda_functions,
        allow_extract_single_quotes,
        supports_array_typedef_with_brackets,
        supports_notnull_operator,
        supports_comma_separated_trim,
    );
}
