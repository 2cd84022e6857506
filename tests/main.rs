//! Drives the command `kohort` as a user would, and looks at what it says and what it leaves.
//!
//! What is expected stands in text files below `cases/`. `KOHORT_BLESS=1` writes what was found
//! over what was expected; read the difference before you keep it.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

/// A test for each case of the calling module, which has a function `check` for one by its name.
macro_rules! each_case {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            check(stringify!($name));
        })*

        const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

mod calc;
mod commands;
mod determinism;
mod documents;
mod environment;
mod everything;
mod failing_calls;
mod faults;
mod hostile;
mod incremental;
mod kills;
mod lookups;
mod memory;
mod metamorphic;
mod power_cuts;
mod recovery;
mod signals;
mod support;
mod tables;
mod terminal;
mod waiting;
