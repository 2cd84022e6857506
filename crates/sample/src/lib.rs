//! A seeded, lifelike shop: order histories of any size to try a pipeline on.
//!
//! [`generate`] writes one Parquet file per month. The same [`SampleOptions`] give the
//! same bytes from the same build, whatever the machine's memory or clock.
//!
//! The files hold one row per order, with these columns:
//!
//! | column | type | meaning |
//! |---|---|---|
//! | `order_id` | text | `R00000001` and up, in order of time |
//! | `customer_id` | Int64 or NULL | who; NULL on some dirty rows |
//! | `ordered_at` | timestamp (µs, no zone) or NULL | local time; NULL or in 2099 on some dirty rows |
//! | `amount` | `Decimal(12, 2)` | value of the basket; negative for a refund |
//! | `status` | text | `completed`, `refunded`, `payment_failed`, `cancelled`, `out_of_stock`, `abandoned`, `pending`, `test`; `???` on some dirty rows |
//! | `lost_reason` | text or NULL | why a lost order was lost, where the shop knows |
//! | `country` | text or NULL | of the customer; some are missing |
//! | `channel` | text | what brought the customer to this order |
//! | `device` | text | where the order was placed |
//!
//! [`generate_subscriptions`] writes a subscription business instead, with the truth behind it in
//! [`PLANTED`]. [`generate_everything`] writes a smaller shop with every other input as well, and
//! [`PLANTED_EVERYTHING`] is the truth behind that.

mod calendar;
mod columns;
mod draw;
mod error;
mod everything;
mod habits;
mod place;
mod planted;
mod shop;
mod sight;
mod subscriptions;
mod table;
mod write;

use std::fs;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use calendar::Calendar;
pub use error::SampleError;
pub use everything::{
    EverythingReport, PLANTED_EVERYTHING, PlantedEverything, PlantedFunnel, PlantedLatePayment,
    PlantedLeaving, PlantedPair, PlantedReturns, PlantedScores, PlantedSignal, PlantedUpgrades,
    generate_everything,
};
pub use planted::{PLANTED, Planted, PlantedChurn, PlantedPurchases, PlantedSpend, PlantedWinBack};
use shop::{Event, Outcome, Shop};
pub use subscriptions::{SubscriptionReport, generate_subscriptions};
use write::OrderFile;

/// Most customers a sample can have.
pub const MAX_CUSTOMERS: u32 = 1_000_000_000;

/// Events held at once (24 bytes each). Bigger shops are simulated in several passes over
/// spans of months, which changes nothing in what is written.
const EVENTS_IN_MEMORY: u64 = 12_000_000;

/// What kind of shop or business to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleOptions {
    /// People who buy at least once, 0 to [`MAX_CUSTOMERS`]. A shop has about 8 % more who try and
    /// never buy, a subscription business and a shop with every input about a quarter more.
    pub customers: u32,
    /// Length of the history in months, at least 1. The shop opens this long before `end`.
    pub months: u32,
    /// Seed of every draw: another seed is another shop.
    pub seed: u64,
    /// The day after the last day of the history, at most 2099-01-01.
    pub end: NaiveDate,
}

impl Default for SampleOptions {
    fn default() -> Self {
        Self {
            customers: 20_000,
            months: 24,
            seed: 42,
            // A fixed day, not today, so that everybody sees the same numbers.
            end: NaiveDate::from_ymd_opt(2025, 1, 1).expect("the first of January is a date"),
        }
    }
}

impl SampleOptions {
    /// The defaults of a subscription business, which takes longer than a shop to tell about: 36
    /// months.
    #[must_use]
    pub fn for_subscriptions() -> Self {
        Self { months: 36, ..Self::default() }
    }

    /// The defaults of a shop with every input, of which much is told about each customer: 8,000.
    #[must_use]
    pub fn for_everything() -> Self {
        Self { customers: 8_000, ..Self::default() }
    }
}

/// What was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SampleReport {
    /// The files, by month.
    pub files: Vec<PathBuf>,
    /// Rows in all files: the sum of `orders`, `refunds`, `lost`, `open`, `test` and `dirty`.
    pub rows: u64,
    /// Size of all files in bytes.
    pub bytes: u64,
    /// People with at least one completed order.
    pub customers: u64,
    /// People who only ever tried.
    pub prospects: u64,
    /// Completed orders.
    pub orders: u64,
    /// Refunds.
    pub refunds: u64,
    /// Lost orders: failed payments, cancelled, out of stock or abandoned.
    pub lost: u64,
    /// Orders that are still pending at the end.
    pub open: u64,
    /// Orders by which the shop tried itself out, to be ignored.
    pub test: u64,
    /// Rows that no reader should accept: no customer, no time, a time in 2099, an unknown status.
    pub dirty: u64,
}

impl SampleReport {
    fn count(&mut self, event: &Event) {
        self.rows += 1;
        if event.damage.is_some() {
            self.dirty += 1;
            return;
        }
        match event.outcome {
            Outcome::Completed => self.orders += 1,
            Outcome::Refunded => self.refunds += 1,
            Outcome::Lost(_) => self.lost += 1,
            Outcome::Pending => self.open += 1,
            Outcome::Test => self.test += 1,
        }
    }
}

/// Makes a shop and writes its orders to `dir/orders/<YYYY-MM>.parquet`, one file per month.
///
/// A dirty row stands in the file of the month in which its order was placed. Each file appears
/// whole or not at all: it is written under a hidden name and renamed. Files of an earlier
/// sample over the same months are replaced; others are not.
///
/// Memory stays below about half a gigabyte up to some five million customers over two years.
///
/// # Errors
///
/// [`SampleError::Period`] and [`SampleError::TooManyCustomers`] when no such shop can be made,
/// [`SampleError::OtherFile`] when the folder holds Parquet files of other months (they would mix
/// two shops), [`SampleError::NotOfSample`] when a file of one of these months has other columns than a
/// sample, [`SampleError::Folder`] and [`SampleError::File`] when writing fails.
///
/// # Example
///
/// ```no_run
/// use kohort_sample::{SampleOptions, generate};
///
/// let options = SampleOptions { customers: 1_000, ..SampleOptions::default() };
/// let report = generate("data/sample".as_ref(), &options)?;
/// assert_eq!(report.customers, 1_000);
/// # Ok::<(), kohort_sample::SampleError>(())
/// ```
pub fn generate(dir: &Path, options: &SampleOptions) -> Result<SampleReport, SampleError> {
    generate_within(dir, options, EVENTS_IN_MEMORY)
}

fn generate_within(
    dir: &Path,
    options: &SampleOptions,
    events_in_memory: u64,
) -> Result<SampleReport, SampleError> {
    if options.customers > MAX_CUSTOMERS {
        return Err(SampleError::TooManyCustomers { customers: options.customers });
    }
    let calendar = Calendar::new(options.end, options.months)?;
    let folder = dir.join("orders");
    let files: Vec<PathBuf> = calendar
        .months()
        .iter()
        .map(|month| folder.join(format!("{}.parquet", month.name)))
        .collect();
    prepare_folder(&folder, &files)?;
    let mut file = OrderFile::new();
    files.iter().try_for_each(|path| file.check(path))?;

    let shop = Shop::new(calendar, options.seed);
    let mut report = SampleReport::default();
    let months_per_pass = months_per_pass(options, files.len(), events_in_memory);
    for first in (0..files.len()).step_by(months_per_pass) {
        let last = (first + months_per_pass).min(files.len());
        let mut months = vec![Vec::new(); last - first];
        let people = shop.events(options.customers, first..last, |month, event| {
            report.count(&event);
            months[month - first].push(event);
        });
        (report.customers, report.prospects) = people;
        for (events, path) in months.into_iter().zip(&files[first..last]) {
            report.bytes += file.write(path, events)?;
        }
    }
    report.files = files;
    Ok(report)
}

/// How many months to simulate at once, from a generous guess of five events per customer and year.
fn months_per_pass(options: &SampleOptions, months: usize, events_in_memory: u64) -> usize {
    let events_per_month = u64::from(options.customers) * 5 / 12 + 1;
    usize::try_from(events_in_memory / events_per_month).unwrap_or(usize::MAX).clamp(1, months)
}

/// Creates the folder and makes sure that only `files` will be the orders in it.
fn prepare_folder(folder: &Path, files: &[PathBuf]) -> Result<(), SampleError> {
    let failed = |cause| SampleError::Folder { path: folder.to_owned(), cause };
    fs::create_dir_all(folder).map_err(failed)?;
    let mut others = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let is_parquet = path.extension().is_some_and(|name| name == "parquet");
        if is_parquet && !files.contains(&path) {
            others.push(path);
        }
    }
    match others.into_iter().min() {
        Some(path) => Err(SampleError::OtherFile { path }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_passes_write_the_same_bytes_as_one() {
        let options = SampleOptions { customers: 300, months: 7, ..SampleOptions::default() };
        let make = |events_in_memory| {
            let dir = tempfile::tempdir().expect("a temporary folder");
            let report = generate_within(dir.path(), &options, events_in_memory).expect("a sample");
            let bytes: Vec<_> =
                report.files.iter().map(|file| fs::read(file).expect("a written file")).collect();
            let counts = SampleReport { files: Vec::new(), ..report };
            (bytes, counts)
        };
        let whole = make(EVENTS_IN_MEMORY);
        for events_in_memory in [0, 300, 600] {
            assert!(make(events_in_memory) == whole, "{events_in_memory} events");
        }
    }

    #[test]
    fn months_per_pass_fits_the_memory() {
        for (customers, events_in_memory, expected) in [
            (0, 12_000_000, 24),
            (20_000, 12_000_000, 24),
            (5_000_000, 12_000_000, 5),
            (MAX_CUSTOMERS, 12_000_000, 1),
            (1_000, 0, 1),
        ] {
            let options = SampleOptions { customers, ..SampleOptions::default() };
            assert_eq!(
                months_per_pass(&options, 24, events_in_memory),
                expected,
                "{customers} customers, {events_in_memory} events"
            );
        }
    }
}
