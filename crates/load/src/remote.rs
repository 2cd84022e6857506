//! Files in object stores: finding them, and fetching the bytes that are needed.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use kohort_store::{Object, Store, StoreError, is_url};

use crate::error::LoadError;
use crate::formats::START;

/// The end of an object that is fetched at first; most footers are shorter.
pub(crate) const TAIL: u64 = 64 << 10;
/// Bytes between two ranges that are rather fetched than asked around.
const GAP: u64 = 512 << 10;
/// The most that one request asks for. Longer ranges are fetched in pieces at the same time.
const REQUEST: u64 = 8 << 20;

/// An object of an input.
#[derive(Clone, Debug)]
pub(crate) struct Remote {
    pub store: Store,
    pub object: Object,
}

/// Ranges of a file, and where they start in what was read of it.
pub(crate) type Runs = Vec<(Range<u64>, u64)>;

impl Remote {
    /// Again what a URL stands for; `None` where it is gone.
    pub fn look(url: &str) -> Result<Option<Self>, StoreError> {
        let (store, key) = Store::open(url)?;
        Ok(store.head(&key)?.map(|object| Self { store, object }))
    }

    /// What tells this content of the object from others; the same however the object was found.
    pub fn mark(&self) -> String {
        let Object { etag, size, modified, .. } = &self.object;
        match etag {
            Some(etag) => format!("etag {etag} size {size}"),
            // Listings know fractions of a second, headers do not.
            None => format!("size {size} modified {}", modified.timestamp()),
        }
    }

    /// The first bytes of the object, which say what it is.
    pub fn start(&self) -> Result<Vec<u8>, StoreError> {
        let range = 0..self.object.size.min(START);
        Ok(self.store.get_ranges(&self.object, &[range])?.concat())
    }

    /// The end of the object: its footer with the trailer, and perhaps more.
    pub fn tail(&self) -> Result<Vec<u8>, StoreError> {
        let size = self.object.size;
        let end = |length: u64| {
            let range = size.saturating_sub(length)..size;
            self.store.get_ranges(&self.object, std::slice::from_ref(&range))
        };
        let tail = end(TAIL)?.concat();
        let length = match tail.last_chunk() {
            Some([a, b, c, d, b'P', b'A', b'R', b'1']) => u32::from_le_bytes([*a, *b, *c, *d]),
            _ => 0,
        };
        let footer = u64::from(length) + 8;
        if footer <= tail.len() as u64 { Ok(tail) } else { Ok(end(footer)?.concat()) }
    }

    /// Fetches ranges, and what lies between near ones, one behind the other; beside the bytes the
    /// ranges of the object that they are, in order, and where in the bytes these start.
    pub fn fetch(&self, ranges: Vec<Range<u64>>) -> Result<(Vec<u8>, Runs), StoreError> {
        let mut runs = Vec::new();
        let mut length = 0;
        for range in joined(ranges) {
            let start = length;
            length += range.end - range.start;
            runs.push((range, start));
        }
        let requests: Vec<_> = (runs.iter())
            .flat_map(|(run, _)| {
                let starts = (run.start..run.end).step_by(usize::try_from(REQUEST).unwrap_or(1));
                starts.map(|start| start..run.end.min(start + REQUEST))
            })
            .collect();
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
        for part in self.store.get_ranges(&self.object, &requests)? {
            bytes.extend_from_slice(&part);
        }
        Ok((bytes, runs))
    }
}

/// Ranges in order, those that are near each other as one.
fn joined(mut ranges: Vec<Range<u64>>) -> Vec<Range<u64>> {
    ranges.retain(|range| !range.is_empty());
    ranges.sort_unstable_by_key(|range| range.start);
    let mut joined: Vec<Range<u64>> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.start <= last.end.saturating_add(GAP) => {
                last.end = last.end.max(range.end);
            }
            _ => joined.push(range),
        }
    }
    joined
}

/// Adds the objects that a URL stands for, by URL: the object of that key, all Parquet files in and
/// under a folder, or what matches a pattern; whether there was any.
pub(crate) fn add(
    url: &str,
    found: &mut BTreeMap<PathBuf, Option<Remote>>,
) -> Result<bool, LoadError> {
    let (store, key) = Store::open(url)?;
    let is_pattern = key.contains(['*', '?', '[']);
    let is_folder = key.is_empty() || key.ends_with('/');
    let mut objects = Vec::new();
    if !is_folder && let Some(object) = store.head(&key)? {
        objects.push(object);
    } else if is_pattern {
        let folder = key.find(['*', '?', '[']).and_then(|end| key[..end].rfind('/'));
        let pattern = glob::Pattern::new(key.trim_end_matches('/'));
        let pattern =
            pattern.map_err(|source| LoadError::Pattern { pattern: url.to_owned(), source })?;
        objects = store.list(folder.map_or("", |end| &key[..end]))?;
        objects.retain(|object| is_match(&pattern, &object.key));
    } else if is_folder || !url.starts_with("http") {
        objects = store.list(&key)?;
        let folder = key.trim_end_matches('/').len();
        objects.retain(|object| is_visible(&object.key[folder..]));
    }
    let any = !objects.is_empty();
    for object in objects {
        let remote = Remote { store: store.clone(), object };
        found.insert(PathBuf::from(&remote.object.url), Some(remote));
    }
    Ok(any)
}

/// Whether a pattern means an object or a folder that it lies in, as patterns of local files do.
fn is_match(pattern: &glob::Pattern, key: &str) -> bool {
    let options = glob::MatchOptions {
        require_literal_separator: true,
        require_literal_leading_dot: true,
        ..glob::MatchOptions::new()
    };
    let folders = key.match_indices('/').map(|(end, _)| (&key[..end], &key[end..]));
    pattern.matches_with(key, options)
        || folders
            .filter(|(_, rest)| is_visible(rest))
            .any(|(folder, _)| pattern.matches_with(folder, options))
}

/// Whether the key of an object in a folder is that of a Parquet file, and no part of it is hidden:
/// writers keep what is not finished under such names.
fn is_visible(key: &str) -> bool {
    is_named_parquet(Path::new(key)) && key.split('/').all(|name| !name.starts_with(['.', '_']))
}

/// Whether the ending of a name is one of those that Parquet files have.
pub(crate) fn is_named_parquet(path: &Path) -> bool {
    let endings = ["parquet", "parq", "pq"];
    path.extension().is_some_and(|e| endings.iter().any(|ending| e.eq_ignore_ascii_case(ending)))
}

/// The URL that a path is, if it is one.
pub(crate) fn as_url(path: &Path) -> Option<&str> {
    path.to_str().filter(|text| is_url(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(content: &[u8]) -> Remote {
        let store = Store::in_memory();
        store.put("x.parquet", content.to_vec().into()).unwrap();
        let object = store.head("x.parquet").unwrap().unwrap();
        Remote { store, object }
    }

    #[test]
    fn near_ranges_are_one() {
        type Pairs = &'static [(u64, u64)];
        let cases: [(Pairs, Pairs); 4] = [
            (&[], &[]),
            (&[(5, 5)], &[]),
            (&[(20, 30), (0, 10), (25, 27)], &[(0, 30)]),
            (
                &[(GAP + 1, GAP + 9), (0, 1), (9 * GAP, 9 * GAP + 1)],
                &[(0, GAP + 9), (9 * GAP, 9 * GAP + 1)],
            ),
        ];
        let ranges = |pairs: Pairs| pairs.iter().map(|(start, end)| *start..*end).collect();
        for (given, expected) in cases {
            let expected: Vec<Range<u64>> = ranges(expected);
            assert_eq!(joined(ranges(given)), expected, "{given:?}");
        }
    }

    #[test]
    fn the_tail_has_the_whole_footer() {
        for length in [0, 100, TAIL, 3 * TAIL] {
            let mut content = vec![7; usize::try_from(length + 10).unwrap()];
            content.extend(u32::try_from(length).unwrap().to_le_bytes());
            content.extend(b"PAR1");
            let tail = remote(&content).tail().unwrap();
            assert!(tail.len() as u64 >= length + 8 && content.ends_with(&tail), "{length}");
        }
        for content in [&b""[..], b"PAR1", b"no Parquet file"] {
            assert_eq!(remote(content).tail().unwrap(), content);
        }
    }

    #[test]
    fn patterns_mean_objects_and_folders() {
        let cases = [
            ("a/*.parquet", "a/1.parquet", true),
            ("a/*.parquet", "a/b/1.parquet", false),
            ("a/**/*.parquet", "a/b/1.parquet", true),
            ("a/*", "a/b/c/1.parquet", true),
            ("a/*", "a/b/_c/1.parquet", false),
            ("a/*", "a/b/notes.txt", false),
            ("a/year=202?", "a/year=2024/1.parquet", true),
            ("a/*", "a/.hidden.parquet", false),
            ("a/[12].parquet", "a/3.parquet", false),
        ];
        for (pattern, key, expected) in cases {
            let found = is_match(&glob::Pattern::new(pattern).unwrap(), key);
            assert_eq!(found, expected, "{pattern} {key}");
        }
    }
}
