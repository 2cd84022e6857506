//! Panics of the readers as errors.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Mutex, Once, PoisonError};
use std::thread;

use polars::prelude::PolarsResult;

/// Name of the threads that wait for the engine.
pub(crate) const QUERY_THREAD: &str = "kohort-query";
/// How the names of the engine's own threads start.
const ENGINE_THREADS: [&str; 3] = ["async-executor", "polars", "tokio"];

/// What the latest panic of the engine said.
static LAST: Mutex<Option<String>> = Mutex::new(None);

thread_local! {
    /// Whether this thread runs a reader.
    static IS_READING: Cell<bool> = const { Cell::new(false) };
}

/// Runs a reader; an error or a panic comes back as one line of text.
pub(crate) fn quietly<T>(read: impl FnOnce() -> PolarsResult<T>) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(install_hook);
    let before = IS_READING.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(read));
    IS_READING.set(before);
    match result {
        Ok(result) => result.map_err(|error| one_line(&error.to_string())),
        Err(payload) => {
            let text = payload
                .downcast_ref::<&str>()
                .map(|text| (*text).to_owned())
                .or_else(|| payload.downcast_ref::<String>().cloned())
                .or_else(|| LAST.lock().unwrap_or_else(PoisonError::into_inner).take());
            Err(one_line(&text.unwrap_or_else(|| "the engine gave up".to_owned())))
        }
    }
}

/// The engine's panics are errors of a run like any other, so they are not printed as crashes.
fn install_hook() {
    // What it warns of, such as casts that it will drop, is for those who write such code; it would
    // stand between the messages of a run.
    polars::error::set_warning_function(|_, _| ());
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let current = thread::current();
        let name = current.name().unwrap_or_default();
        let is_engine = || ENGINE_THREADS.iter().any(|start| name.starts_with(start));
        if IS_READING.get() || name == QUERY_THREAD || is_engine() {
            let text = info.payload_as_str().unwrap_or("unknown panic").to_owned();
            *LAST.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
        } else {
            previous(info);
        }
    }));
}

/// Plans and hints follow in later lines.
fn one_line(text: &str) -> String {
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default().to_owned()
}
