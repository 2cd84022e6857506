//! Columns that the rows of a table are drawn with.

use super::frame::Frame;
use kohort_model::View;
use kohort_model::view::Panel;

use super::source::{Selection, Source};

/// The columns of a text table.
pub struct Columns {
    pub shown: Vec<String>,
    pub hidden: Vec<String>,
}

impl Columns {
    /// The key columns first, as far as the title does not name them.
    pub fn new(
        source: &Source,
        selection: &Selection,
        view: &View,
        frame: &Frame,
        asked: &[String],
    ) -> Self {
        let apart = super::picture::apart(view, frame);
        let no_room = apart.map_or(&[][..], |apart| apart.instead_of);
        let is_in_title = |column: &str| match column {
            "segment_value" => !selection.has_values(),
            // By the title and by stars.
            "grain" | "segment" | "is_complete" => true,
            _ if view.apart.is_some_and(|apart| apart.column == column) => apart.is_none(),
            _ => view.implied.contains(&column),
        };
        let keys: Vec<_> = source.note("key").unwrap_or_default().split(',').collect();
        let all: Vec<_> =
            source.columns().into_iter().filter(|column| !is_in_title(column)).collect();
        let is_key = |column: &String| keys.contains(&column.as_str());
        let others = match asked {
            [] => {
                let mut headlines = headlines(view, frame, &all);
                headlines.retain(|column| !no_room.contains(&column.as_str()));
                headlines
            }
            asked => asked.to_vec(),
        };
        let mut shown: Vec<_> = all.iter().filter(|column| is_key(column)).cloned().collect();
        shown.extend(others.into_iter().filter(|column| !is_key(column)));
        let below: Vec<&str> = (view.panels.iter())
            .flat_map(|panel| match panel {
                Panel::Columns { columns, .. } => *columns,
                _ => &[],
            })
            .copied()
            .collect();
        let is_hidden = |column: &String| !shown.contains(column) && !below.contains(&&**column);
        let hidden = all.into_iter().filter(is_hidden).collect();
        Self { shown, hidden }
    }
}

/// Those of a table's columns that matter most; of an unknown table all.
fn headlines(view: &View, frame: &Frame, all: &[String]) -> Vec<String> {
    if view.columns.is_empty() {
        return all.to_vec();
    }
    let optional = view.optional.iter().filter(|column| frame.has_value(column));
    let headlines = view.columns.iter().chain(optional).map(|column| (*column).to_owned());
    // The customer's values of the pipeline's segments.
    let segments = all.iter().filter(|column| column.starts_with("segment_")).cloned();
    headlines.filter(|column| all.contains(column)).chain(segments).collect()
}
