//! The runtime on which requests are waited for.

use std::future::Future;
use std::sync::OnceLock;

use tokio::runtime::{Builder, Runtime};

/// Threads that tend to connections. What is computed from bytes is computed by whoever waits.
const THREADS: usize = 2;

/// Waits for a future on this thread, which must not be one of an async runtime's own.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(THREADS).thread_name("kohort-store").enable_all();
        // As thread::spawn: without threads there is nothing to go on with.
        builder.build().expect("the system gives threads")
    });
    runtime.block_on(future)
}
