//! What stands below the rows of a table, or in their place.

use super::frame::Frame;
use super::layout::{Block, Sums, Where};
use super::picture::Picture;
use super::sums::sums;
use super::text;
use crate::error::CliError;
use crate::number::{count, plural};

impl Picture {
    /// Draws `blocks` of the rows shown, which have the columns `shown`. `over` says which periods
    /// are summed.
    pub fn blocks(
        &mut self,
        blocks: &[Block],
        frame: &Frame,
        shown: &[String],
        over: &str,
        width: usize,
    ) -> Result<(), CliError> {
        let mut single: Vec<&str> = Vec::new();
        let mut several: Vec<&str> = Vec::new();
        for block in blocks {
            match block {
                Block::Sums(block) => {
                    let unsummed = self.sums(frame, block, over, width)?;
                    if !unsummed.is_empty() {
                        single = unsummed;
                        several.push(block.title);
                    }
                }
                Block::Period { title, by, of, settled } => {
                    self.period(frame, shown, (title, by), (*of, settled), width)?;
                }
            }
        }
        if !several.is_empty() {
            let (columns, titles) = (single.join(", "), several.join(", "));
            let note = format!("{columns} where {titles} sum several rows (--format csv)");
            self.left_out.push(note);
        }
        Ok(())
    }

    /// Draws sums, and says which columns have none.
    fn sums(
        &mut self,
        frame: &Frame,
        block: &Sums,
        over: &str,
        width: usize,
    ) -> Result<Vec<&'static str>, CliError> {
        let rows = block.of.map_or_else(|| Ok(frame.clone()), |of| frame.only(of))?;
        let Some(mut summed) = sums(&rows, block) else { return Ok(Vec::new()) };
        let title = block.title;
        let dropped = summed.grid.fit(width);
        let legend = if summed.has_open { "* may still convert\n" } else { "" };
        self.section(&format!("{title}, {over}\n\n{}{legend}", summed.grid));
        if dropped > 0 {
            let what = plural(dropped as u64, "column");
            self.left_out.push(format!("{what} of {title} (a wider terminal, or --format csv)"));
        }
        if summed.hidden > 0 {
            let note = format!("{} more {title} (--format csv)", count(summed.hidden as u64));
            self.left_out.push(note);
        }
        Ok(summed.unsummed)
    }

    /// Draws the rows with a value in `by` of the last complete period that is settled.
    fn period(
        &mut self,
        frame: &Frame,
        shown: &[String],
        (title, by): (&str, &str),
        (of, settled): (Where, &str),
        width: usize,
    ) -> Result<(), CliError> {
        let is_settled = |row: &usize| {
            frame.is(of, *row)
                && frame.word(settled, *row).is_some()
                && frame.flag("is_complete", *row, true)
        };
        let last = (0..frame.len()).filter(is_settled).max_by_key(|row| frame.day("period", *row));
        let Some(last) = last else { return Ok(()) };
        let day = frame.day("period", last);
        let rows =
            frame.filter(|row| frame.day("period", row) == day && frame.word(by, row).is_some())?;
        // The title tells the period.
        let columns: Vec<_> = shown
            .iter()
            .map(|column| if column == "period" { by.to_owned() } else { column.clone() })
            .collect();
        let mut grid = text::grid(&rows, &columns);
        grid.fit(width);
        self.section(&format!("{title}: {}\n\n{grid}", frame.text("period", last)));
        Ok(())
    }
}
