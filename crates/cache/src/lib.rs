//! The cache between runs: what they keep of what they read, so that the next one reads only what is new.
//!
//! ```text
//! STATE/.lock                          held by the run that uses it
//! STATE/<form>/state.json              what there is, and where: a manifest
//! STATE/<form>/<run id>.blocks         blocks of bytes, one after the other
//! ```
//!
//! What a run keeps depends on what it reads and carries, its *form*: each form has a folder of its
//! own, so that runs of several forms do not take turns in reading everything again. A manifest is
//! written last and replaced in one step; files of blocks that no manifest names are removed by the next
//! run. What has another name, or lies in a folder without a manifest of ours, stays. Every block is
//! checked by its BLAKE3 before it is used.

mod compact;
mod error;
mod manifest;
mod segment;
mod state;

#[cfg(test)]
mod tests;

pub use error::CacheError;
pub use manifest::{BlockRef, FileCounts, Share};
pub use segment::Segment;
pub use state::{State, Unusable};

/// The version of the state that this kohort writes and reads.
pub const STATE_VERSION: u32 = 4;
