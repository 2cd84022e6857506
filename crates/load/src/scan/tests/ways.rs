//! The ways to read a file.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex};

use polars::prelude::{DataFrame, Expr, PlSmallStr};

use super::super::{LARGE_BYTES, LARGE_ROWS, LIMITS, Scan, ScanError};
use crate::footer::Footer;

/// Who reads.
pub(super) struct Way {
    pub name: &'static str,
    limits: (u64, u64, bool),
    /// Whether on the thread of whoever asks, few rows at a time.
    is_direct: bool,
}

pub(super) const WAYS: [Way; 5] = [
    Way { name: "engine", limits: (LARGE_ROWS, LARGE_BYTES, true), is_direct: false },
    Way { name: "second", limits: (LARGE_ROWS, LARGE_BYTES, false), is_direct: false },
    Way { name: "page by page", limits: (0, 0, false), is_direct: false },
    Way { name: "direct", limits: (LARGE_ROWS, LARGE_BYTES, true), is_direct: true },
    Way { name: "direct, page by page", limits: (0, 0, false), is_direct: true },
];

thread_local! {
    static IS_DIRECT: Cell<bool> = const { Cell::new(false) };
}

impl Way {
    /// Has what `work` reads be read like this.
    pub fn of<R>(&self, work: impl FnOnce() -> R) -> R {
        LIMITS.set(self.limits);
        IS_DIRECT.set(self.is_direct);
        let result = work();
        LIMITS.set(WAYS[0].limits);
        IS_DIRECT.set(WAYS[0].is_direct);
        result
    }
}

/// Hands the frames of a scan over.
pub(super) fn hand(
    scan: &Scan<'_>,
    receive: impl Fn(DataFrame) -> bool + Send + Sync + 'static,
) -> Result<(), ScanError> {
    if IS_DIRECT.get() { scan.read(7, receive) } else { scan.stream(true, receive) }
}

/// What is asked of a file.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    pub columns: Vec<&'static str>,
    pub piece: Option<Range<u64>>,
    pub filter: Option<Expr>,
    pub place: Option<i64>,
}

pub(super) fn names(columns: &[&str]) -> BTreeSet<PlSmallStr> {
    columns.iter().map(|name| PlSmallStr::from(*name)).collect()
}

/// The frames of a scan as one.
pub(super) fn read(footer: &Footer, path: &Path, asked: &Asked) -> Result<DataFrame, ScanError> {
    let frames = Arc::new(Mutex::new(Vec::<DataFrame>::new()));
    let receiver = Arc::clone(&frames);
    let scan = Scan {
        footer,
        path,
        piece: asked.piece.clone(),
        needed: names(&asked.columns),
        filter: asked.filter.clone(),
        place: asked.place.map(|first| ("\u{1}place".into(), first)),
    };
    hand(&scan, move |frame| {
        receiver.lock().unwrap().push(frame);
        true
    })?;
    let frames = std::mem::take(&mut *frames.lock().unwrap());
    let height = frames.iter().map(DataFrame::height).sum();
    let mut whole: Option<DataFrame> = None;
    for frame in frames {
        match &mut whole {
            Some(whole) if frame.width() > 0 => {
                whole.vstack_mut(&frame).unwrap();
            }
            Some(_) => {}
            none => *none = Some(frame),
        }
    }
    let whole = whole.unwrap_or_default();
    Ok(if whole.width() == 0 { DataFrame::empty_with_height(height) } else { whole })
}

/// As [`read`], for each of the readers.
pub(super) fn all_ways(
    footer: &Footer,
    path: &Path,
    asked: &Asked,
    mut check: impl FnMut(&str, DataFrame),
) {
    for way in WAYS {
        let found = way.of(|| read(footer, path, asked));
        let name = way.name;
        check(name, found.unwrap_or_else(|error| panic!("{name} of {asked:?}: {error:?}")));
    }
}
