//! What was checked and what was found: the table `checks`, and the identities that hold in every
//! other table.
//!
//! `docs/tables/checks.md` defines the columns and says what each check looks at.

mod finding;
mod identities;
mod table;

pub use finding::{Counts, Finding, Kind, Severity, Status};
pub use identities::{Identity, identities};
pub use table::{CHECKS, checks};
