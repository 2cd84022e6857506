//! What the tests share.

pub mod expected;
pub mod mask;
pub mod parquet;
pub mod power;
pub mod published;
pub mod random;
pub mod scene;
pub mod shell;
pub mod text;
pub mod watch;
