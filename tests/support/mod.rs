//! What the tests share.

pub mod expected;
pub mod mask;
pub mod parquet;
pub mod published;
pub mod random;
pub mod shell;
pub mod text;
