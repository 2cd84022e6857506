//! Stdout, where data goes.

use std::io::{self, BufWriter, IsTerminal, Write};

/// Buffered stdout that remembers whether its reader has gone away, which is no failure:
/// `kohort show … | head` has what it wanted.
pub struct Stdout {
    inner: BufWriter<io::Stdout>,
    is_closed: bool,
}

impl Stdout {
    pub fn new() -> Self {
        Self { inner: BufWriter::with_capacity(1 << 16, io::stdout()), is_closed: false }
    }

    /// Whether a write failed because nobody reads.
    pub fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Whether it is a terminal.
    pub fn is_terminal() -> bool {
        io::stdout().is_terminal()
    }

    /// Places in a line, if it is a terminal.
    pub fn width() -> Option<u16> {
        comfy_table::Table::new().width()
    }

    fn noticed<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &result {
            self.is_closed |= error.kind() == io::ErrorKind::BrokenPipe;
        }
        result
    }
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = self.inner.write(bytes);
        self.noticed(result)
    }

    fn flush(&mut self) -> io::Result<()> {
        let result = self.inner.flush();
        self.noticed(result)
    }
}
