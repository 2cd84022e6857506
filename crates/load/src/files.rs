//! From paths to files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{fs, thread};

use crate::error::LoadError;
use crate::footer::Footer;
use crate::quiet::QUERY_THREAD;
use crate::read::start;
use crate::remote::{Remote, as_url};

/// One file of an input, as it was when it was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Where it lies; the text of its URL where that is in an object store or on a web server.
    pub path: PathBuf,
    /// Bytes.
    pub size: u64,
    /// Last modification; 1970-01-01 where a web server does not say.
    pub modified: SystemTime,
    /// Rows by its footer, before any filter.
    pub rows: u64,
    /// What tells this content from others: equal texts, equal contents. Of a local file its size,
    /// its modification time in nanoseconds and a hash of its footer; of an object its etag, or else
    /// size and modification time, and that hash.
    pub identity: String,
}

impl SourceFile {
    /// Whether it is no longer what it was. Of a local file size or modification time are other
    /// ones, as of an object without an etag; where there is one, every read makes sure of it, and
    /// nobody is asked again.
    pub(crate) fn changed(&self) -> Result<bool, LoadError> {
        let Some(url) = as_url(&self.path) else {
            let (size, modified) = stat(&self.path)?;
            return Ok((size, modified) != (self.size, self.modified));
        };
        if self.identity.starts_with("etag ") {
            return Ok(false);
        }
        let found = Remote::look(url)?;
        Ok(!found.is_some_and(|found| self.identity.starts_with(&found.mark())))
    }
}

/// Size and modification time.
fn stat(path: &Path) -> Result<(u64, SystemTime), LoadError> {
    fs::metadata(path)
        .and_then(|meta| Ok((meta.len(), meta.modified()?)))
        .map_err(|source| LoadError::Io { path: path.to_owned(), source })
}

/// Nanoseconds since 1970.
fn nanos(time: SystemTime) -> i128 {
    let nanos = |span: Duration| i128::try_from(span.as_nanos()).unwrap_or(i128::MAX);
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => nanos(after),
        Err(before) => -nanos(before.duration()),
    }
}

/// Objects whose footers are fetched at the same time.
const FOOTERS_AT_ONCE: usize = 16;

/// Reads the footers of files, and of all objects some at the same time.
pub(crate) fn open(found: &[Found]) -> Result<(Vec<SourceFile>, Vec<Footer>), LoadError> {
    let mut files = Vec::with_capacity(found.len());
    let mut footers = Vec::with_capacity(found.len());
    for some in found.chunks(FOOTERS_AT_ONCE) {
        thread::scope(|scope| {
            let threads = some.iter().map(|found| {
                let is_remote = found.remote.is_some();
                is_remote.then(|| start(scope, QUERY_THREAD, || found.open()))
            });
            for (found, thread) in some.iter().zip(threads.collect::<Vec<_>>()) {
                let opened = match thread {
                    Some(thread) => {
                        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
                    }
                    None => found.open(),
                };
                let (file, footer) = opened?;
                files.push(file);
                footers.push(footer);
            }
            Ok::<_, LoadError>(())
        })?;
    }
    Ok((files, footers))
}

/// Something that a path stands for.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub path: PathBuf,
    pub(crate) remote: Option<Remote>,
}

impl Found {
    fn open(&self) -> Result<(SourceFile, Footer), LoadError> {
        let path = self.path.clone();
        let (size, modified, mark, footer) = if let Some(remote) = &self.remote {
            let footer = Footer::fetch(remote, &path)?;
            let object = &remote.object;
            (object.size, object.modified.into(), remote.mark(), footer)
        } else {
            let footer = Footer::read(&path)?;
            let (size, modified) = stat(&path)?;
            let mark = format!("size {size} modified {} ns", nanos(modified));
            (size, modified, mark, footer)
        };
        let identity = format!("{mark} footer {}", footer.hash());
        Ok((SourceFile { path, size, modified, rows: footer.rows(), identity }, footer))
    }
}

/// The value of a folder `key=value`, of the type that all values of its key share.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Partition {
    Null,
    Integer(i64),
    /// Days since 1970-01-01.
    Date(i32),
    Text(String),
}

/// The columns that the folders of each file stand for, by name.
pub(crate) fn partitions<'a>(
    paths: impl Iterator<Item = &'a Path>,
) -> Vec<BTreeMap<String, Partition>> {
    let texts: Vec<_> = paths.map(folder_values).collect();
    let mut shared: BTreeMap<&str, (bool, bool)> = BTreeMap::new();
    for (key, value) in texts.iter().flatten() {
        let (integers, dates) = shared.entry(key).or_insert((true, true));
        if let Some(value) = value {
            // A code with leading zeros is no number: 007 and 7 are different shops.
            *integers &= value.parse().is_ok_and(|number: i64| number.to_string() == *value);
            *dates &= date(value).is_some();
        }
    }
    let convert = |(key, value): (&String, &Option<String>)| {
        let value = match (value, shared[key.as_str()]) {
            (None, _) => Partition::Null,
            (Some(text), (true, _)) => Partition::Integer(text.parse().unwrap_or_default()),
            (Some(text), (_, true)) => Partition::Date(date(text).unwrap_or_default()),
            (Some(text), _) => Partition::Text(text.clone()),
        };
        (key.clone(), value)
    };
    texts.iter().map(|columns| columns.iter().map(convert).collect()).collect()
}

fn date(text: &str) -> Option<i32> {
    let date = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    (text.len() == 10).then(|| kohort_model::Day::from(date).0)
}

fn folder_values(path: &Path) -> BTreeMap<String, Option<String>> {
    let folders = path.parent().into_iter().flat_map(Path::components);
    let pairs = folders.filter_map(|folder| {
        let folder = folder.as_os_str().to_str()?;
        let (key, value) = folder.split_once('=')?;
        let value = (value != "__HIVE_DEFAULT_PARTITION__").then(|| percent_decoded(value));
        (!key.is_empty()).then(|| (percent_decoded(key), value))
    });
    pairs.collect()
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escape = (*first == b'%').then(|| tail.get(..2)).flatten();
        let code = escape
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = &tail[if code.is_some() { 2 } else { 0 }..];
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(paths: &[&str]) -> Vec<BTreeMap<String, Partition>> {
        partitions(paths.iter().map(Path::new))
    }

    #[test]
    fn folder_values_take_the_type_that_all_share() {
        let found = columns(&[
            "/a/year=2024/day=2024-02-29/shop=07/c=a%20b/x.parquet",
            "s3://a/year=__HIVE_DEFAULT_PARTITION__/day=2024-03-01/shop=x/c=%zz/x.parquet",
        ]);
        let text = |t: &str| Partition::Text(t.to_owned());
        let expected = [
            [
                ("c", text("a b")),
                ("day", Partition::Date(19_782)),
                ("shop", text("07")),
                ("year", Partition::Integer(2024)),
            ],
            [
                ("c", text("%zz")),
                ("day", Partition::Date(19_783)),
                ("shop", text("x")),
                ("year", Partition::Null),
            ],
        ];
        for (found, expected) in found.into_iter().zip(expected) {
            let found: Vec<_> = found.into_iter().collect();
            assert_eq!(found, expected.map(|(key, value)| (key.to_owned(), value)));
        }
    }

    #[test]
    fn folder_values_are_integers_where_all_print_as_they_stand() {
        let cases: [(&[&str], bool); 7] = [
            (&["7", "100", "-3", "0"], true),
            (&["7", "007"], false),
            (&["01001", "99999"], false),
            (&["+7"], false),
            (&["-0"], false),
            (&[" 7"], false),
            (&["9223372036854775808"], false),
        ];
        for (values, expected) in cases {
            let paths: Vec<_> = values.iter().map(|value| format!("/a/k={value}/x")).collect();
            let paths: Vec<_> = paths.iter().map(String::as_str).collect();
            for (found, value) in columns(&paths).iter().zip(values) {
                let expected = if expected {
                    Partition::Integer(value.parse().unwrap())
                } else {
                    Partition::Text((*value).to_owned())
                };
                assert_eq!(found["k"], expected, "{values:?}");
            }
        }
    }

    #[test]
    fn a_file_name_is_no_column() {
        assert!(columns(&["/a/b=1.parquet"])[0].is_empty());
        assert!(columns(&["/a/=1/x.parquet"])[0].is_empty());
    }
}
