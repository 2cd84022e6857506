//! SIGTERM and SIGINT while a run is at work: it ends within two seconds, and nothing of it is left.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use kohort_disk::Abandoned;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::{flag, low_level};

use crate::messages::Messages;

const WATCHED: [(i32, &str); 2] = [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT")];

/// How often it is looked whether a signal came.
const EVERY: Duration = Duration::from_millis(10);
/// How long a run that is being published, or has been, may take to end by itself.
const PATIENCE: Duration = Duration::from_millis(1500);
/// Signals within this time are one: timeout(1) sends one to the process and one to its group.
const ONE: Duration = Duration::from_millis(200);

/// Listens for signals until the process ends.
pub struct Signals(Arc<State>);

#[derive(Default)]
struct State {
    /// The last signal that nobody has looked at; 0 is none.
    last: Arc<AtomicUsize>,
    /// Whether one came at all.
    came: Arc<AtomicBool>,
    /// Whether the run has ended by itself.
    is_over: AtomicBool,
}

impl Signals {
    /// From here on a signal ends the process, after it was cleared up.
    pub fn watch(messages: &Messages) -> io::Result<Self> {
        let state = Arc::new(State::default());
        for (signal, _) in WATCHED {
            let number = usize::try_from(signal).unwrap_or_default();
            flag::register_usize(signal, Arc::clone(&state.last), number)?;
            flag::register(signal, Arc::clone(&state.came))?;
        }
        let (watched, messages) = (Arc::clone(&state), messages.clone());
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            loop {
                if let Some(signal) = watched.next() {
                    watched.end(signal, &messages);
                }
                thread::sleep(EVERY);
            }
        })?;
        Ok(Self(state))
    }

    /// Returns unless a signal came. What a run says that was stopped midway, such as that a file
    /// is gone, is of no use: the process is about to end.
    pub fn settle(&self) {
        self.0.is_over.store(true, Ordering::SeqCst);
        while self.0.came.load(Ordering::SeqCst) {
            thread::park();
        }
    }
}

impl State {
    fn next(&self) -> Option<(i32, &'static str)> {
        let number = self.last.swap(0, Ordering::SeqCst);
        WATCHED.into_iter().find(|(signal, _)| usize::try_from(*signal).ok() == Some(number))
    }

    /// Takes back what the run has on disk, or lets it end where its tables are published.
    fn end(&self, (signal, name): (i32, &str), messages: &Messages) -> ! {
        let since = Instant::now();
        let outcome = loop {
            let outcome = kohort_disk::try_abandon();
            let is_over = self.is_over.load(Ordering::SeqCst);
            let is_settled = match outcome {
                Some(Abandoned::TakenBack) => true,
                Some(Abandoned::Published) => is_over,
                None => false,
            };
            let is_again = since.elapsed() >= ONE && self.next().is_some();
            if is_settled || is_again || since.elapsed() >= PATIENCE {
                break outcome;
            }
            thread::sleep(EVERY);
        };
        let what = match outcome {
            Some(Abandoned::TakenBack) => "nothing was published",
            Some(Abandoned::Published) => "the tables are published",
            None => "it was publishing, so look which run is current",
        };
        // What is half drawn stays on the terminal otherwise.
        let _ = messages.bars().clear();
        messages.error(&[format!("stopped by {name}; {what}")]);
        // Threads are at work still, so nothing that they use may be torn down.
        low_level::exit(128 + signal)
    }
}
