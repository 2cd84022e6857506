//! Files that are no Parquet files: what they are, and how they become some.

use std::fs::FileType;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use crate::error::LoadError;

/// Bytes at the start of a file that tell formats apart.
pub(crate) const START: u64 = 64;

/// What both ends of a Parquet file are.
pub(crate) const MAGIC: &[u8] = b"PAR1";
/// What both ends are where the footer is encrypted.
const ENCRYPTED: &[u8] = b"PARE";

/// What something with a path is, where it is neither a file nor a folder. To open it could mean to
/// wait without end.
pub(crate) fn no_file(kind: FileType) -> Option<&'static str> {
    if kind.is_fifo() {
        Some("a pipe")
    } else if kind.is_socket() {
        Some("a socket")
    } else if kind.is_char_device() || kind.is_block_device() {
        Some("a device")
    } else if kind.is_dir() {
        Some("a folder")
    } else {
        None
    }
}

/// How a file of another format is written as Parquet.
enum Way {
    /// DuckDB reads it by its name.
    DuckDb,
    /// By these words of Python, with the two paths at `{from}` and `{to}`.
    Python(&'static str),
    Words(&'static str),
}

/// What a file is by its ending, and what to do about it.
fn format(path: &Path) -> Option<(&'static str, Way)> {
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    Some(match ending.as_str() {
        "csv" => ("a CSV file", Way::DuckDb),
        "tsv" => ("a file of tab-separated values", Way::DuckDb),
        "json" | "jsonl" | "ndjson" => ("a JSON file", Way::DuckDb),
        "xlsx" | "xlsm" | "xls" => {
            ("an Excel workbook", Way::Words("save the sheet as .csv, and convert that to Parquet"))
        }
        "avro" => {
            let way = "import polars as p; p.read_avro('{from}').write_parquet('{to}')";
            ("an Avro file", Way::Python(way))
        }
        "orc" => {
            let way = "import pyarrow.orc as o, pyarrow.parquet as p; \
                       p.write_table(o.read_table('{from}'), '{to}')";
            ("an ORC file", Way::Python(way))
        }
        _ => return None,
    })
}

/// The error for a file whose ending says that it is of another format.
pub(crate) fn other_format(path: &Path) -> Option<LoadError> {
    let (format, way) = format(path)?;
    let from = path.display();
    let to = path.with_extension("parquet");
    let to = to.display();
    let advice = match way {
        Way::DuckDb => {
            format!("convert it, for example with duckdb -c \"COPY (FROM '{from}') TO '{to}'\"")
        }
        Way::Python(words) => {
            let words = words.replace("{from}", &from.to_string()).replace("{to}", &to.to_string());
            format!("convert it, for example with python -c \"{words}\"")
        }
        Way::Words(words) => words.to_owned(),
    };
    Some(LoadError::OtherFormat { path: path.to_owned(), format, advice })
}

/// Why a file that does not end as a Parquet file can't be read, by its first and last bytes.
pub(crate) fn refused(start: &[u8], end: &[u8], path: &Path) -> LoadError {
    if end.ends_with(ENCRYPTED) {
        return LoadError::Encrypted { path: path.to_owned() };
    }
    let is_zero = |bytes: &[u8]| bytes.iter().all(|byte| *byte == 0);
    let reason = if end.is_empty() {
        "it is empty"
    } else if start.starts_with(MAGIC) {
        "it starts as one, but its end is missing"
    } else if is_zero(start) && is_zero(end) {
        "it holds nothing but zeros"
    } else if let Some(error) = other_format(path) {
        return error;
    } else if let Some((_, format)) = SIGNS.iter().find(|(sign, _)| start.starts_with(sign)) {
        let advice = "convert it to Parquet, or leave it out of the input's path".to_owned();
        return LoadError::OtherFormat { path: path.to_owned(), format, advice };
    } else {
        "it neither starts nor ends as one"
    };
    LoadError::NotParquet { path: path.to_owned(), reason: reason.to_owned() }
}

/// How files of other formats start.
const SIGNS: [(&[u8], &str); 8] = [
    (b"ORC", "an ORC file"),
    (b"Obj\x01", "an Avro file"),
    (b"ARROW1", "an Arrow file"),
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook"),
    (b"\x1f\x8b", "a file compressed with gzip"),
    (b"\x28\xb5\x2f\xfd", "a file compressed with Zstandard"),
    (b"BZh", "a file compressed with bzip2"),
    (b"SQLite format 3\0", "an SQLite database"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_what_the_bytes_say() {
        let cases: [(&str, &[u8], &[u8], &str); 9] = [
            ("a.parquet", b"", b"", "it is empty"),
            ("a.parquet", b"PAR1abc", b"xyz", "its end is missing"),
            ("a.parquet", &[0; 64], &[0; 99], "nothing but zeros"),
            ("a.parquet", b"PARE", b"abcPARE", "is encrypted"),
            ("a.parquet", b"id,amount", b"1,2\n", "neither starts nor ends as one"),
            ("a.parquet", b"ORCx", b"ORC", "is an ORC file"),
            ("a.csv", b"id,amount", b"1,2\n", "COPY (FROM 'a.csv') TO 'a.parquet'"),
            ("a.CSV.gz", b"\x1f\x8bxx", b"xx", "compressed with gzip"),
            ("b/a.orc", b"ORC", b"ORC", "o.read_table('b/a.orc'), 'b/a.parquet'"),
        ];
        for (path, start, end, expected) in cases {
            let found = refused(start, end, Path::new(path)).to_string();
            assert!(found.contains(expected), "{found}");
        }
    }
}
