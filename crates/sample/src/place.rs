//! Where a file of a sample goes: to a new name, or in place of one of an earlier sample.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use arrow::datatypes::Schema;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};

use crate::SampleError;

/// How a Parquet file begins.
const PARQUET: &[u8] = b"PAR1";

/// The hidden name of a file until it is whole.
pub(crate) fn unfinished(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.unfinished"))
}

/// Makes a file under its hidden name. What a killed process left there gives way; what is no
/// beginning of a Parquet file stays, and is an error.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    match File::create_new(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && is_left(path) => {
            fs::remove_file(path)?;
            File::create_new(path)
        }
        created => created,
    }
}

fn is_left(path: &Path) -> bool {
    let mut begin = Vec::new();
    let read =
        |begin: &mut Vec<u8>| File::open(path)?.take(PARQUET.len() as u64).read_to_end(begin);
    path.symlink_metadata().is_ok_and(|found| found.is_file())
        && read(&mut begin).is_ok()
        && PARQUET.starts_with(&begin)
}

/// Looks whether what has the name of a file of the sample is of an earlier one, which has the same
/// columns. A folder is left for whoever writes the file to find.
///
/// # Errors
/// [`SampleError::NotOfSample`].
pub(crate) fn may_replace(path: &Path, schema: &Schema) -> Result<(), SampleError> {
    let Ok(found) = path.symlink_metadata() else { return Ok(()) };
    if found.is_dir() || (found.is_file() && has_columns(path, schema)) {
        return Ok(());
    }
    Err(SampleError::NotOfSample { path: path.to_owned() })
}

fn has_columns(path: &Path, schema: &Schema) -> bool {
    let Ok(file) = File::open(path) else { return false };
    let found = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new());
    found.is_ok_and(|found| found.schema().fields() == schema.fields())
}
