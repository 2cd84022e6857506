//! Heatmaps: cohorts against the periods since, a triangle of numbers on shades of a colour.

use std::fmt::Write;

use super::NULL;
use super::frame::Frame;
use crate::grid::length;

/// A row per cohort, a column per `k`.
#[derive(Clone, Debug, PartialEq)]
pub struct Heatmap {
    pub rows: Vec<Cohort>,
}

/// A row.
#[derive(Clone, Debug, PartialEq)]
pub struct Cohort {
    /// First day of the cohort's period.
    pub label: String,
    /// Number of customers.
    pub size: String,
    /// Whether it may hold customers who were there before the extract starts.
    pub is_truncated: bool,
    /// The value at each `k` from 0; `None` where there is no row.
    pub cells: Vec<Option<Cell>>,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    pub text: String,
    /// As a number, for the shade; `None` for NULL.
    pub number: Option<f64>,
    pub is_complete: bool,
}

/// 256-colour codes from pale to deep.
const SHADES: [u8; 10] = [230, 193, 157, 121, 79, 73, 67, 61, 25, 18];
/// The first shade on which white text reads better than black.
const DEEP: usize = 6;
const BLACK: u8 = 16;
const WHITE: u8 = 231;

impl Heatmap {
    /// The values of `column` in rows sorted by cohort and k.
    pub fn new(frame: &Frame, column: &str) -> Self {
        let mut rows: Vec<Cohort> = Vec::new();
        let mut day = None;
        for row in 0..frame.len() {
            if rows.is_empty() || frame.day("cohort", row) != day {
                day = frame.day("cohort", row);
                rows.push(Cohort {
                    label: frame.text("cohort", row),
                    size: frame.text("cohort_size", row),
                    is_truncated: frame.flag("is_truncated", row, false),
                    cells: Vec::new(),
                });
            }
            let Some(cohort) = rows.last_mut() else { continue };
            let k = frame.integer("k", row).and_then(|k| usize::try_from(k).ok()).unwrap_or(0);
            cohort.cells.resize(cohort.cells.len().max(k + 1), None);
            let text = frame.text(column, row);
            // Every cohort starts with it; the decimal would make all columns wider.
            let text = if text == "100.0" { "100".to_owned() } else { text };
            cohort.cells[k] = Some(Cell {
                text,
                number: frame.number(column, row),
                is_complete: frame.flag("is_complete", row, true),
            });
        }
        Self { rows }
    }

    /// How many k there are.
    pub fn width(&self) -> usize {
        self.rows.iter().map(|cohort| cohort.cells.len()).max().unwrap_or(0)
    }

    /// The picture in `width` places, and how many k it shows.
    pub fn draw(&self, width: usize, in_colour: bool) -> (String, usize) {
        let label = self.widest(|cohort| length(&cohort.name())).max("cohort".len());
        let size = self.widest(|cohort| length(&cohort.size)).max("customers".len());
        // A cell has a space in front and room for a star behind.
        let cell = self.widest(|cohort| {
            cohort.cells.iter().flatten().map(|cell| length(&cell.text)).max().unwrap_or(0)
        });
        let cell = cell.max(self.width().saturating_sub(1).to_string().len()) + 2;
        let left = label + 1 + size + 1;
        let shown = (width.saturating_sub(left) / cell).clamp(1, self.width().max(1));

        let mut text = format!("{:label$} {:>size$} ", "cohort", "customers");
        for k in 0..shown.min(self.width()) {
            let _ = write!(text, "{k:>width$} ", width = cell - 1);
        }
        finish(&mut text);
        let most = self.most();
        for cohort in &self.rows {
            let _ = write!(text, "{:label$} {:>size$} ", cohort.name(), cohort.size);
            for value in cohort.cells.iter().take(shown) {
                let Some(value) = value else {
                    text.push_str(&" ".repeat(cell));
                    continue;
                };
                let star = if value.is_complete { ' ' } else { '*' };
                let plain = format!("{:>width$}{star}", value.text, width = cell - 1);
                match value.number.filter(|_| in_colour) {
                    Some(number) => text.push_str(&shaded(&plain, number, most)),
                    None => text.push_str(&plain),
                }
            }
            finish(&mut text);
        }
        text.push_str(&self.legend());
        (text, shown.min(self.width()))
    }

    fn legend(&self) -> String {
        let cells = || self.rows.iter().flat_map(|cohort| cohort.cells.iter().flatten());
        let mut marks = Vec::new();
        if cells().any(|cell| !cell.is_complete) {
            marks.push("* not complete yet");
        }
        if self.rows.iter().any(|cohort| cohort.is_truncated) {
            marks.push("~ may hold customers from before the history starts");
        }
        if cells().any(|cell| cell.text == NULL) {
            marks.push("– not defined");
        }
        if marks.is_empty() { String::new() } else { format!("{}\n", marks.join("   ")) }
    }

    /// The largest value after k = 0, which would make all others pale.
    fn most(&self) -> f64 {
        let later = self.rows.iter().flat_map(|cohort| cohort.cells.iter().skip(1).flatten());
        later.filter_map(|cell| cell.number).fold(0.0, f64::max)
    }

    fn widest(&self, width: impl Fn(&Cohort) -> usize) -> usize {
        self.rows.iter().map(width).max().unwrap_or(0)
    }
}

impl Cohort {
    fn name(&self) -> String {
        format!("{}{}", self.label, if self.is_truncated { "~" } else { "" })
    }
}

/// Ends a line without spaces at its end.
fn finish(text: &mut String) {
    text.truncate(text.trim_end_matches(' ').len());
    text.push('\n');
}

fn shaded(text: &str, number: f64, most: f64) -> String {
    let step = shade(number, most);
    let ink = if step < DEEP { BLACK } else { WHITE };
    format!("\x1b[48;5;{};38;5;{ink}m{text}\x1b[0m", SHADES[step])
}

/// Which of the shades a number has, where `most` has the deepest.
#[expect(clippy::cast_precision_loss, reason = "0 to 9")]
fn shade(number: f64, most: f64) -> usize {
    let share = if most > 0.0 { number / most } else { 0.0 };
    let deepest = SHADES.len() - 1;
    // Half a step up is enough for the next shade.
    (1..=deepest).rev().find(|step| share >= (*step as f64 - 0.5) / deepest as f64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(number: f64, is_complete: bool) -> Cell {
        Cell { text: format!("{number:.1}"), number: Some(number), is_complete }
    }

    fn example() -> Heatmap {
        let null = Cell { text: NULL.to_owned(), number: None, is_complete: true };
        let cohort = |label: &str, is_truncated, cells: Vec<Cell>| Cohort {
            label: label.to_owned(),
            size: "1,234".to_owned(),
            is_truncated,
            cells: cells.into_iter().map(Some).collect(),
        };
        Heatmap {
            rows: vec![
                cohort("2024-01-01", true, vec![cell(100.0, true), cell(40.0, true), null]),
                cohort("2024-02-01", false, vec![cell(100.0, true), cell(8.0, false)]),
                cohort("2024-03-01", false, vec![cell(100.0, false)]),
            ],
        }
    }

    #[test]
    fn plain() {
        let (text, shown) = example().draw(80, false);
        assert_eq!(shown, 3);
        insta::assert_snapshot!(text, @r#"
        cohort      customers      0      1      2
        2024-01-01~     1,234  100.0   40.0      –
        2024-02-01      1,234  100.0    8.0*
        2024-03-01      1,234  100.0*
        * not complete yet   ~ may hold customers from before the history starts   – not defined
        "#);
    }

    #[test]
    fn coloured() {
        let (text, _) = example().draw(80, true);
        insta::assert_snapshot!(text.replace('\x1b', "^"), @r#"
        cohort      customers      0      1      2
        2024-01-01~     1,234 ^[48;5;18;38;5;231m 100.0 ^[0m^[48;5;18;38;5;231m  40.0 ^[0m     –
        2024-02-01      1,234 ^[48;5;18;38;5;231m 100.0 ^[0m^[48;5;157;38;5;16m   8.0*^[0m
        2024-03-01      1,234 ^[48;5;18;38;5;231m 100.0*^[0m
        * not complete yet   ~ may hold customers from before the history starts   – not defined
        "#);
    }

    #[test]
    fn what_does_not_fit_is_left_out() {
        for (width, expected) in [(43, 3), (42, 2), (36, 2), (35, 1), (1, 1)] {
            assert_eq!(example().draw(width, false).1, expected, "{width} places");
        }
        assert_eq!(Heatmap { rows: Vec::new() }.draw(80, true).1, 0);
    }

    #[test]
    fn shades() {
        for (number, most, expected) in
            [(0.0, 0.0, 0), (-3.0, 10.0, 0), (5.0, 10.0, 5), (10.0, 10.0, 9), (100.0, 10.0, 9)]
        {
            assert_eq!(shade(number, most), expected, "{number} of {most}");
        }
    }
}
