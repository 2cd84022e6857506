//! Which columns the rows of a table are drawn with.

use super::frame::Frame;
use super::layout::Layout;
use super::source::{Selection, Source};

/// The columns of a text table.
pub struct Columns {
    pub shown: Vec<String>,
    pub hidden: Vec<String>,
}

impl Columns {
    /// The key columns first, as far as the title does not tell them.
    pub fn new(
        source: &Source,
        selection: &Selection,
        layout: &Layout,
        frame: &Frame,
        asked: &[String],
    ) -> Self {
        let apart = layout.apart(frame);
        let no_room = apart.map_or(&[][..], |apart| apart.instead_of);
        let is_told = |column: &str| match column {
            "segment_value" => !selection.has_values(),
            // By the title and by stars.
            "grain" | "segment" | "is_complete" => true,
            _ if layout.apart.is_some_and(|apart| apart.column == column) => apart.is_none(),
            _ => layout.told.contains(&column),
        };
        let keys: Vec<_> = source.note("key").unwrap_or_default().split(',').collect();
        let all: Vec<_> = source.columns().into_iter().filter(|column| !is_told(column)).collect();
        let is_key = |column: &String| keys.contains(&column.as_str());
        let others = match asked {
            [] => {
                let mut headlines = headlines(layout, frame, &all);
                headlines.retain(|column| !no_room.contains(&column.as_str()));
                headlines
            }
            asked => asked.to_vec(),
        };
        let mut shown: Vec<_> = all.iter().filter(|column| is_key(column)).cloned().collect();
        shown.extend(others.into_iter().filter(|column| !is_key(column)));
        let hidden = all.into_iter().filter(|column| !shown.contains(column)).collect();
        Self { shown, hidden }
    }
}

/// Those of a table's columns that matter most; of an unknown table all.
fn headlines(layout: &Layout, frame: &Frame, all: &[String]) -> Vec<String> {
    if layout.columns.is_empty() {
        return all.to_vec();
    }
    let optional = layout.optional.iter().filter(|column| frame.has_value(column));
    let headlines = layout.columns.iter().chain(optional).map(|column| (*column).to_owned());
    // The customer's values of the pipeline's segments.
    let segments = all.iter().filter(|column| column.starts_with("segment_")).cloned();
    headlines.filter(|column| all.contains(column)).chain(segments).collect()
}
