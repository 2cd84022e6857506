//! Drives the command `kohort` as a user would, and looks at what it says and what it leaves.
//!
//! What is expected stands in text files below `cases/`. `KOHORT_BLESS=1` writes what was found
//! over what was expected; read the difference before you keep it.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod commands;
mod determinism;
mod faults;
mod support;
mod tables;
mod terminal;
