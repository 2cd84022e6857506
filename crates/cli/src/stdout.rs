//! Stdout, where data goes.

use std::io::{self, BufWriter, IsTerminal, Write};

use kohort_model::shown_text;

/// Begins a colour.
const COLOUR: &str = "\u{1b}[";

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

    /// Writes a text for people, whose line breaks alone stay as they are: what else a terminal would
    /// obey is escaped.
    pub fn print(&mut self, text: &str) -> io::Result<()> {
        self.write_all(shown_text(text).as_bytes())
    }

    /// As [`Stdout::print`], with colours: of what a terminal obeys they alone go on.
    pub fn print_coloured(&mut self, text: &str) -> io::Result<()> {
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(COLOUR) {
            self.print(before)?;
            let end = after.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(after.len());
            let (numbers, after) = after.split_at(end);
            if let Some(after) = after.strip_prefix('m') {
                write!(self, "{COLOUR}{numbers}m")?;
                rest = after;
            } else {
                self.print(COLOUR)?;
                self.print(numbers)?;
                rest = after;
            }
        }
        self.print(rest)
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
