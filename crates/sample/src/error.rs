use std::io;
use std::path::PathBuf;

use chrono::NaiveDate;
use parquet::errors::ParquetError;

use crate::MAX_CUSTOMERS;

/// Why a sample was not written, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// The history is empty or leaves the years that a sample can cover.
    #[error(
        "no sample of {months} months can end on {end}: ask for at least 1 month, \
         a start on or after 1970-01-01 and an end on or before 2099-01-01"
    )]
    Period {
        /// The exclusive last day asked for.
        end: NaiveDate,
        /// The number of months asked for.
        months: u32,
    },
    /// More than [`MAX_CUSTOMERS`].
    #[error("no sample of {customers} customers: ask for at most {MAX_CUSTOMERS}")]
    TooManyCustomers {
        /// The number of customers asked for.
        customers: u32,
    },
    /// The folder for the files cannot be made or listed.
    #[error(
        "cannot use the folder {}: {cause}; choose a folder that can be written to",
        path.display()
    )]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the operating system said.
        cause: io::Error,
    },
    /// The folder holds a Parquet file that this sample does not replace.
    #[error(
        "{} is not part of this sample and would be read along with it; \
         remove it or choose another folder",
        path.display()
    )]
    OtherFile {
        /// The first such file.
        path: PathBuf,
    },
    /// A file that the sample would replace is none of a sample.
    #[error(
        "{} is not of an earlier sample of this kind, so it is not replaced; move it away or choose another folder",
        path.display()
    )]
    NotOfSample {
        /// The first such file.
        path: PathBuf,
    },
    /// A file cannot be written. The months before it are in place, this one is as it was.
    #[error(
        "cannot write {}: {cause}; free some space or choose another folder, then try again",
        path.display()
    )]
    File {
        /// The file.
        path: PathBuf,
        /// What the writer said.
        cause: ParquetError,
    },
}
