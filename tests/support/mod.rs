//! What the tests share.

pub mod expected;
pub mod parquet;
pub mod shell;
pub mod text;
