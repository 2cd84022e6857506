//! Files and folders on disk: durable and atomic steps, locks, and which files kohort wrote.
//!
//! Everything that outlives a run is written through here: published tables, what is kept between runs,
//! files for other programs. Three promises are kept in one place:
//!
//! - What is reported as written survives a power cut; what replaces a file does so in one step.
//! - Only files that kohort wrote are replaced or removed, and no link is followed: [`own`].
//! - One process at a time changes a folder ([`Lock`]), and a process that is told to end takes back what
//!   its runs have not published yet ([`try_abandon`]).

mod durable;
mod error;
mod ground;
mod lock;
pub mod own;
mod run_id;
mod spill;
mod unfinished;

pub use durable::{
    append_to, at, create_folder, create_folder_for_good, files, link_folder, open_file, read_file,
    replace_file, swap_file, sync, sync_folder, temporary_folder, write_file,
};
pub use error::{DiskError, is_in_the_way, remedy};
pub use ground::{foreign, occupied};
pub use lock::Lock;
pub use run_id::{InvalidRunId, RunId};
pub use spill::SpillFile;
pub use unfinished::{
    Abandoned, Publishing, Registered, UNFINISHED, Unfinished, on_abandon, try_abandon,
};

/// The version of kohort, in every file that it writes.
pub const KOHORT_VERSION: &str = env!("CARGO_PKG_VERSION");
