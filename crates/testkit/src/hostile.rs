//! Bytes and texts that nobody wrote: what readers of them are tried with.
//!
//! Each execution is drawn from its number, so that it can be had again. A reader is handed what
//! the code itself has written, changed in a place or a few.

#![expect(unsafe_code, reason = "an allocator can be had in no other way")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

mod json;

pub use json::change;

/// Sets the number of executions of each target, instead of the few that every test run has.
pub const EXECUTIONS: &str = "KOHORT_FUZZ";

/// No small input is worth more memory at once.
const MOST_BYTES: usize = 256 << 20;
/// What is not even tried.
const REFUSED_BYTES: usize = 2 << 30;

/// The largest allocation since it was last taken.
static LARGEST: AtomicUsize = AtomicUsize::new(0);

/// The system's allocator, which remembers how much was asked for at once. Where it is the global
/// one, [`attack`] fails over an allocation beyond 256 MiB, and the process ends over one beyond 2 GiB.
pub struct Watched;

impl Watched {
    fn allows(bytes: usize) -> bool {
        LARGEST.fetch_max(bytes, Ordering::Relaxed);
        bytes <= REFUSED_BYTES
    }
}

// SAFETY: all of it is the system's allocator, or no memory.
unsafe impl GlobalAlloc for Watched {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !Self::allows(layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's word.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the caller's word.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if !Self::allows(layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's word.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if !Self::allows(size) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's word.
        unsafe { System.realloc(at, layout, size) }
    }
}

/// Executes `each` as often as [`EXECUTIONS`] says, or else `usual` times, each time with other
/// mutations.
///
/// # Panics
/// Where `each` does, or allocates an enormous piece of memory; with the number of the execution.
pub fn attack(usual: u64, mut each: impl FnMut(&mut Mutator)) {
    let asked = env::var(EXECUTIONS).ok().and_then(|asked| asked.parse().ok());
    for execution in 0..asked.unwrap_or(usual) {
        LARGEST.store(0, Ordering::Relaxed);
        let outcome = catch_unwind(AssertUnwindSafe(|| each(&mut Mutator::new(execution))));
        let largest = LARGEST.load(Ordering::Relaxed);
        assert!(outcome.is_ok(), "execution {execution} panicked, as is told above");
        assert!(largest <= MOST_BYTES, "execution {execution} asked for {largest} bytes at once");
    }
}

/// A source of changes.
#[derive(Clone, Debug)]
pub struct Mutator {
    state: u64,
}

impl Mutator {
    /// The changes of a number.
    #[must_use]
    pub fn new(number: u64) -> Self {
        Self { state: number }
    }

    fn next(&mut self) -> u64 {
        // SplitMix64.
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `n`, 0 where that is 0.
    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n.max(1) as u64).unwrap_or(0)
    }

    /// One of several.
    ///
    /// # Panics
    /// Where there is none.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// A number that is likely to be an end of some range.
    pub fn number(&mut self) -> u64 {
        let power = 1_u64 << self.below(64);
        match self.below(6) {
            0 => self.next(),
            1 => power,
            2 => power - 1,
            3 => power.wrapping_neg(),
            4 => !(power - 1).wrapping_neg(),
            _ => self.next() % 32,
        }
    }

    /// Changes bytes in a place or a few; `other` is something of their kind.
    pub fn bytes(&mut self, bytes: &mut Vec<u8>, other: &[u8]) {
        for _ in 0..=self.below(3).min(self.below(4)) {
            let at = self.below(bytes.len());
            let to = bytes.len().min(at + 1 + self.below(16));
            match self.below(12) {
                0 => bytes.truncate(at),
                1 => drop(bytes.drain(at..to)),
                2 => {
                    let again = bytes[at.min(to)..to].to_vec();
                    bytes.splice(at..at, again);
                }
                3 => {
                    let from = self.below(other.len());
                    let taken = &other[from..other.len().min(from + 1 + self.below(64))];
                    let end = if self.below(2) == 0 { at } else { at + taken.len() };
                    let end = bytes.len().min(end);
                    bytes.splice(at..end, taken.iter().copied());
                }
                4..=6 => {
                    // An integer in one of the usual widths.
                    let number = self.number().to_le_bytes();
                    let width = *self.pick(&[1, 2, 4, 4, 8, 8]);
                    for (byte, new) in bytes[at.min(to)..].iter_mut().zip(&number[..width]) {
                        *byte = *new;
                    }
                }
                7 => {
                    // An integer in sevens of bits.
                    let mut number = self.number();
                    let mut sevens = Vec::new();
                    while number >= 0x80 {
                        sevens.push(u8::try_from(number & 0x7f).unwrap_or(0) | 0x80);
                        number >>= 7;
                    }
                    sevens.push(u8::try_from(number).unwrap_or(0));
                    let end = bytes.len().min(at + 1);
                    bytes.splice(at..end, sevens);
                }
                8 => {
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte = byte.wrapping_add(*self.pick(&[1, 255]));
                    }
                }
                _ => {
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte ^= 1 << self.below(8);
                    }
                }
            }
        }
    }

    /// Changes a text in a place or a few: as bytes, by a token of its language, or by a piece of
    /// `other`.
    pub fn text(&mut self, text: &str, tokens: &[&str], other: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        for _ in 0..=self.below(3) {
            let at = self.below(bytes.len() + 1);
            let end = bytes.len().min(at + self.below(8));
            match self.below(4) {
                0 => self.bytes(&mut bytes, other.as_bytes()),
                1 => drop(bytes.splice(at..end, self.pick(tokens).bytes())),
                2 => drop(bytes.splice(at..at, self.pick(tokens).bytes())),
                _ => {
                    // A whole line for another.
                    let lines: Vec<&str> = other.lines().collect();
                    let line = if lines.is_empty() { "" } else { self.pick(&lines) };
                    let start = bytes[..at].iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1);
                    let stop = bytes[at..].iter().position(|b| *b == b'\n');
                    let stop = stop.map_or(bytes.len(), |n| at + n);
                    bytes.splice(start..stop, line.bytes());
                }
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mutations_are_those_of_their_number() {
        let changed = |number| {
            let mut bytes = b"a block of some bytes".to_vec();
            Mutator::new(number).bytes(&mut bytes, b"of another");
            bytes
        };
        let all: Vec<_> = (0..1000).map(changed).collect();
        assert_eq!(all, (0..1000).map(changed).collect::<Vec<_>>());
        let different = all.iter().filter(|bytes| **bytes != b"a block of some bytes").count();
        assert!(different > 900, "{different}");
        let empty = |number| {
            let mut bytes = Vec::new();
            let mut mutator = Mutator::new(number);
            mutator.bytes(&mut bytes, b"");
            mutator.text("", &["x"], "");
        };
        (0..1000).for_each(empty);
    }
}
