//! A seeded, lifelike subscription business.

mod business;
mod repeat;
mod rows;
mod terms;

use std::fs;
use std::path::{Path, PathBuf};

use crate::calendar::Calendar;
use crate::sight::Sight;
use crate::table::{Finished, Row, Table};
use crate::{MAX_CUSTOMERS, SampleError, SampleOptions};
use business::Business;
use repeat::RepeatShop;
use rows::{Answer, Contact, Order, Span};

/// What [`generate_subscriptions`] wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SubscriptionReport {
    /// The files, in the order of the fields below.
    pub files: Vec<PathBuf>,
    /// Rows in all files.
    pub rows: u64,
    /// Size of all files in bytes.
    pub bytes: u64,
    /// People who have paid for a subscription. The shop of `orders.parquet` has as many
    /// customers, who are others.
    pub customers: u64,
    /// People who were seen and have never paid.
    pub prospects: u64,
    /// Rows of `subscriptions.parquet`: spans of subscriptions between two changes.
    pub spans: u64,
    /// Rows of `contacts.parquet`, those held out among them.
    pub contacts: u64,
    /// Rows of `surveys.parquet`.
    pub surveys: u64,
    /// Rows of `orders.parquet`.
    pub orders: u64,
}

impl SubscriptionReport {
    /// Puts a file in place and returns its rows.
    fn finish<R: Row>(&mut self, table: Table<R>) -> Result<u64, SampleError> {
        let Finished { path, rows, bytes } = table.finish()?;
        self.files.push(path);
        self.rows += rows;
        self.bytes += bytes;
        Ok(rows)
    }
}

/// Makes a subscription business and writes what is known about it to five Parquet files in `dir`.
///
/// The same [`SampleOptions`] give the same bytes from the same build. Rows stand in the order of
/// customers, and of time for each; memory does not grow with their number. Each file appears
/// whole or not at all: it is written under a hidden name and renamed. What is true of the
/// people behind the files stands in [`PLANTED`](crate::PLANTED). Money is in one currency.
///
/// `subscriptions.parquet`: one row per span of a subscription between two changes, trials included.
///
/// | column | type | meaning |
/// |---|---|---|
/// | `subscription_id` | text | stays the same when plan or interval change, and across pauses |
/// | `customer_id` | Int64 | who |
/// | `started_at` | date | first day |
/// | `ended_at` | date or NULL | day after the last; NULL while nobody has ended it; after the history when it is already cancelled |
/// | `amount` | `Decimal(12, 2)` | price per interval, also of a trial, though nobody pays it |
/// | `interval` | text | `month`, `quarter`, `year` |
/// | `plan` | text | `basic`, `plus`, `pro` |
/// | `country` | text or NULL | of the customer; some are missing |
/// | `cancelled_at` | date or NULL | when it was cancelled, 0 to 20 days before `ended_at`; NULL if it was not, as before a change or a short pause |
/// | `cancel_reason` | text or NULL | why, where the business knows |
/// | `involuntary` | Boolean | it ended because a payment failed |
/// | `trial` | Boolean | the free fortnight before the first payment, or without any |
///
/// A customer's first paying spell starts with the first row that is no trial and ends where no
/// subscription of theirs goes on within 14 days. It lasts a whole number of months, as
/// [`PlantedChurn`](crate::PlantedChurn) says, whatever intervals, changes of plan, pauses (3 to
/// 12 days) and second subscriptions it holds. Afterwards the customer is away for 31 days at least.
///
/// `prospects.parquet`: `customer_id` (Int64), `first_seen_at` (date); everybody, also those
/// who never pay.
///
/// `contacts.parquet`: win-back campaigns to customers whose spell ended 31 to 365 days before:
/// `customer_id` (Int64), `contacted_at` (date), `campaign` (text), `strategy` (text), `variant`
/// (text): `treatment`, or `holdout` for those who were drawn and then left alone, to compare with.
///
/// `surveys.parquet`: answers of some who left without a reason: `customer_id` (Int64),
/// `answered_at` (date), `reason` (text).
///
/// `orders.parquet`: the purchases of a shop without subscriptions, whose customers are others, at
/// most one a day for each:
/// `customer_id` (Int64), `order_id` (text), `ordered_at` (date), `amount` (`Decimal(12, 2)`).
///
/// # Errors
///
/// [`SampleError::Period`] and [`SampleError::TooManyCustomers`] when no such business can be
/// made, [`SampleError::NotOfSample`] when a file would be replaced that is of
/// something else, [`SampleError::Folder`] and [`SampleError::File`] when writing fails.
///
/// # Example
///
/// ```no_run
/// use kohort_sample::{SampleOptions, generate_subscriptions};
///
/// let options = SampleOptions { customers: 1_000, ..SampleOptions::for_subscriptions() };
/// let report = generate_subscriptions("data/subscriptions".as_ref(), &options)?;
/// assert_eq!(report.customers, 1_000);
/// # Ok::<(), kohort_sample::SampleError>(())
/// ```
pub fn generate_subscriptions(
    dir: &Path,
    options: &SampleOptions,
) -> Result<SubscriptionReport, SampleError> {
    if options.customers > MAX_CUSTOMERS {
        return Err(SampleError::TooManyCustomers { customers: options.customers });
    }
    let calendar = Calendar::new(options.end, options.months)?;
    fs::create_dir_all(dir).map_err(|cause| SampleError::Folder { path: dir.to_owned(), cause })?;
    Table::<Order>::check(dir)?;
    let mut report = SubscriptionReport::default();
    subscribers(dir, options, &calendar, &mut report)?;
    shoppers(dir, options, &calendar, &mut report)?;
    Ok(report)
}

fn subscribers(
    dir: &Path,
    options: &SampleOptions,
    calendar: &Calendar,
    report: &mut SubscriptionReport,
) -> Result<(), SampleError> {
    let business = Business::new(calendar, options.seed);
    let mut spans = Table::<Span>::create(dir)?;
    let mut sights = Table::<Sight>::create(dir)?;
    let mut contacts = Table::<Contact>::create(dir)?;
    let mut answers = Table::<Answer>::create(dir)?;
    for index in 0.. {
        if report.customers == u64::from(options.customers) {
            break;
        }
        let person = business.person(index);
        report.customers += u64::from(person.is_customer);
        report.prospects += u64::from(!person.is_customer);
        sights.push(person.sight)?;
        person.spans.into_iter().try_for_each(|span| spans.push(span))?;
        person.contacts.into_iter().try_for_each(|contact| contacts.push(contact))?;
        person.answers.into_iter().try_for_each(|answer| answers.push(answer))?;
    }
    report.spans = report.finish(spans)?;
    report.finish(sights)?;
    report.contacts = report.finish(contacts)?;
    report.surveys = report.finish(answers)?;
    Ok(())
}

fn shoppers(
    dir: &Path,
    options: &SampleOptions,
    calendar: &Calendar,
    report: &mut SubscriptionReport,
) -> Result<(), SampleError> {
    let shop = RepeatShop::new(calendar, options.seed);
    let mut orders = Table::<Order>::create(dir)?;
    let mut number = 0;
    for person in 0..options.customers {
        shop.purchases(person, |at, cents| {
            number += 1;
            orders.push(Order { person, number, at, cents })
        })?;
    }
    report.orders = report.finish(orders)?;
    Ok(())
}
