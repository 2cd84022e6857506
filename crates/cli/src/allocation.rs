//! The allocator, and the sentence with which the command ends where memory runs out.

use std::alloc::{GlobalAlloc, Layout};
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use mimalloc::MiMalloc;
use signal_hook::consts::SIGABRT;
use signal_hook::low_level;

/// A run allocates and frees from many threads, which the system's allocator is slow at. This one
/// remembers which request the system did not grant last.
pub struct Allocator;

static REFUSED_BYTES: AtomicUsize = AtomicUsize::new(0);
static AS_JSON: AtomicBool = AtomicBool::new(false);

#[expect(unsafe_code, reason = "an allocator is; this one hands on what it is asked")]
// SAFETY: all is MiMalloc's.
unsafe impl GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those that MiMalloc asks for.
        noted(unsafe { MiMalloc.alloc(layout) }, layout.size())
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        noted(unsafe { MiMalloc.alloc_zeroed(layout) }, layout.size())
    }

    #[inline]
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { MiMalloc.dealloc(at, layout) }
    }

    #[inline]
    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above.
        noted(unsafe { MiMalloc.realloc(at, layout, size) }, size)
    }
}

#[inline]
fn noted(at: *mut u8, size: usize) -> *mut u8 {
    if at.is_null() {
        REFUSED_BYTES.store(size, Ordering::SeqCst);
    }
    at
}

/// From here on a process that aborts for want of memory says so, in JSON where messages are, and
/// ends with 1. Any other abort is what it was.
///
/// # Errors
/// Where the system refuses to call anybody.
pub fn end_with_a_sentence(as_json: bool) -> io::Result<()> {
    AS_JSON.store(as_json, Ordering::SeqCst);
    // The standard library has no stable hook for failed allocations: it writes a line and aborts.
    #[expect(unsafe_code, reason = "what a signal may do is for its handler to observe")]
    // SAFETY: an abort is raised by the thread that runs the handler, between calls of the
    // allocator; the handler allocates nothing, and stderr's lock can be taken again by its holder.
    unsafe {
        low_level::register(SIGABRT, || {
            let bytes = REFUSED_BYTES.load(Ordering::SeqCst);
            if bytes > 0 {
                let _ = write_message(&mut io::stderr(), bytes, AS_JSON.load(Ordering::SeqCst));
                low_level::exit(1);
            }
        })
    }?;
    Ok(())
}

fn write_message(to: &mut impl Write, bytes: usize, as_json: bool) -> io::Result<()> {
    let (before, after) =
        if as_json { (r#"{"level":"ERROR","message":""#, r#""}"#) } else { ("error: ", "") };
    let mebibytes = bytes.div_ceil(1 << 20);
    writeln!(
        to,
        "{before}memory ran out: the system did not give {mebibytes} MiB more. Nothing was published; set \
         a --memory-limit that the machine has, run with fewer --threads, or ask for fewer tables, \
         grains or segments{after}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_is_a_message() {
        for (bytes, as_json, start, end) in [
            (1, false, "error: memory ran out: the system did not give 1 MiB more", "segments\n"),
            (
                3 << 20,
                true,
                r#"{"level":"ERROR","message":"memory ran out: the system did not give 3 MiB"#,
                "segments\"}\n",
            ),
        ] {
            let mut text = Vec::new();
            write_message(&mut text, bytes, as_json).unwrap();
            let text = String::from_utf8(text).unwrap();
            assert!(text.starts_with(start) && text.ends_with(end), "{text}");
        }
    }
}
