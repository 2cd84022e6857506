//! A seeded shop that feeds every input.

mod catalog;
mod dice;
mod life;
mod market;
mod orders;
mod planted;
mod rows;
mod sales;
mod spell;
mod terms;
mod visits;
mod voice;

use std::fs;
use std::path::{Path, PathBuf};

use crate::calendar::Calendar;
use crate::sight::Sight;
use crate::table::{Finished, Row, Table};
use crate::{MAX_CUSTOMERS, SampleError, SampleOptions};
use market::{Market, Numbers};
pub use planted::{
    PLANTED_EVERYTHING, PlantedEverything, PlantedFunnel, PlantedLatePayment, PlantedLeaving,
    PlantedPair, PlantedReturns, PlantedScores, PlantedSignal, PlantedUpgrades,
};
use rows::{
    Answer, Contact, Identity, Invoice, Line, Opportunity, Order, Return, Signal, Told, Touch,
};
use terms::ANONYMOUS_PER_CUSTOMER;

/// What [`generate_everything`] wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EverythingReport {
    /// The files, in the order of the fields below, from `orders` on.
    pub files: Vec<PathBuf>,
    /// Rows in all files.
    pub rows: u64,
    /// Size of all files in bytes.
    pub bytes: u64,
    /// People with at least one completed order.
    pub customers: u64,
    /// People whom the shop knows and who have never bought.
    pub prospects: u64,
    /// Visitors of whom nothing else is known.
    pub strangers: u64,
    /// Dirty rows of `orders.parquet`: without a customer, without a time, of an unknown status.
    pub dirty: u64,
    /// Rows of `orders.parquet`, whatever became of them.
    pub orders: u64,
    /// Rows of `order_lines.parquet`.
    pub lines: u64,
    /// Rows of `returns.parquet`.
    pub returns: u64,
    /// Rows of `touchpoints.parquet`.
    pub touchpoints: u64,
    /// Rows of `identities.parquet`.
    pub identities: u64,
    /// Rows of `opportunities.parquet`.
    pub opportunities: u64,
    /// Rows of `invoices.parquet`.
    pub invoices: u64,
    /// Rows of `surveys.parquet`.
    pub surveys: u64,
    /// Rows of `engagement.parquet`.
    pub engagement: u64,
    /// Rows of `contacts.parquet`. `prospects.parquet` is the last file, with a row per person.
    pub contacts: u64,
}

impl EverythingReport {
    /// Puts a file in place and returns its rows.
    fn finish<R: Row>(&mut self, table: Table<R>) -> Result<u64, SampleError> {
        let Finished { path, rows, bytes } = table.finish()?;
        self.files.push(path);
        self.rows += rows;
        self.bytes += bytes;
        Ok(rows)
    }
}

/// Makes a shop and writes all that is known about it to eleven Parquet files in `dir`, one for
/// each input that Kohort reads beside orders.
///
/// The same [`SampleOptions`] give the same bytes from the same build. Rows stand in the order of
/// people, and of time for each; memory does not grow with their number. Each file appears whole or
/// not at all: it is written under a hidden name and renamed. What is true of the people behind the
/// files stands in [`PLANTED_EVERYTHING`]. Money is `Decimal(18, 2)` in one currency; times are
/// local timestamps in µs without a zone; everything lies within the history.
///
/// `orders.parquet`: one row per order, refund, lost or open order, each with an id of its own.
///
/// | column | type | meaning |
/// |---|---|---|
/// | `customer_id` | Int64 or NULL | who; NULL on some dirty rows |
/// | `order_id` | Int64 | never twice |
/// | `ordered_at` | timestamp or NULL | NULL on some dirty rows |
/// | `amount` | money | below zero for a refund |
/// | `status` | text | `completed`, `refunded`, `payment_failed`, `cancelled`, `pending`; `???` on some dirty rows |
/// | `lost_reason` | text or NULL | why a lost order was lost, where the shop knows |
/// | `country` | text or NULL | of the customer; some are missing |
/// | `channel` | text | what brought the customer to the shop |
///
/// `order_lines.parquet`: what the completed orders hold, a product of each category at most:
/// `customer_id`, `order_id`, `ordered_at` as in `orders.parquet`, `product` (text, such as
/// `coffee-03`; the higher the number the dearer), `category` (text), `units` (Int64), `value`
/// (money, of all units; the lines of an order add up to its amount).
///
/// `returns.parquet`: what came back of these, with a refund of the same value in `orders.parquet`
/// at the same time: `customer_id`, `order_id` (of the order it came from), `returned_at`
/// (timestamp, 2 to 28 days after), `product`, `units`, `value` (money, above zero), `reason` (text
/// or NULL).
///
/// `touchpoints.parquet`: `visitor_id` (text), `occurred_at` (timestamp), `step` (text: `visit`,
/// `product`, `cart`, `checkout`, `purchase`, and `search`, which leads nowhere), `cart_id` (text
/// or NULL; from the step `cart` on), `value` (money or NULL; of the cart, where it is told),
/// `customer_id` (Int64 or NULL; while logged in). Every completed or pending order is a `purchase`
/// at its time with its amount as the value, every failed payment a `checkout`. Visitors who stay
/// unknown stand last.
///
/// `identities.parquet`: which visitors the shop knows: `visitor_id`, `customer_id` (also of
/// prospects).
///
/// `opportunities.parquet`: `opportunity_id` (Int64), `buyer` (Int64, as `customer_id`),
/// `created_at` (date), `closed_at` (date or NULL while it is open), `outcome` (text: `won`,
/// `lost`, `open`), `stage` (text: `lead`, `qualified`, `proposal`, `negotiation`; how far it got),
/// `value` (money), `reason` (text or NULL; of some lost ones), `competitor` (text or NULL; of some
/// lost ones).
///
/// `invoices.parquet`: of customers who pay by invoice, one for each order and, below zero, a
/// credit note for each return: `invoice_id` (Int64), `customer_id`, `invoiced_at`, `due_at`
/// (dates, 30 days apart), `paid_at` (date or NULL), `amount` (money).
///
/// `surveys.parquet`: `customer_id`, `answered_at` (date), `score` (Int32, 0 to 10, or NULL),
/// `reason` (text or NULL; only of those who left).
///
/// `engagement.parquet`: `customer_id`, `occurred_at` (timestamp), `kind` (text, see
/// [`PlantedSignal`]), `value` (Float64: how many sessions or minutes in a week; NULL for the
/// others, whose rows are one event each).
///
/// `contacts.parquet`: win-back campaigns to customers whose last order lies 92 to 365 days back:
/// `customer_id`, `contacted_at` (date), `campaign`, `strategy`, `variant` (texts): `sent`, or
/// `control` for those who were drawn and left alone.
///
/// `prospects.parquet`: `customer_id`, `first_seen_at` (date); everybody, also those who never buy.
///
/// # Errors
///
/// [`SampleError::Period`] and [`SampleError::TooManyCustomers`] when no such shop can be made,
/// [`SampleError::NotOfSample`] when a file would be replaced that is of
/// something else, [`SampleError::Folder`] and [`SampleError::File`] when writing fails.
///
/// # Example
///
/// ```no_run
/// use kohort_sample::{SampleOptions, generate_everything};
///
/// let options = SampleOptions { customers: 1_000, ..SampleOptions::for_everything() };
/// let report = generate_everything("data/everything".as_ref(), &options)?;
/// assert_eq!(report.customers, 1_000);
/// # Ok::<(), kohort_sample::SampleError>(())
/// ```
pub fn generate_everything(
    dir: &Path,
    options: &SampleOptions,
) -> Result<EverythingReport, SampleError> {
    if options.customers > MAX_CUSTOMERS {
        return Err(SampleError::TooManyCustomers { customers: options.customers });
    }
    let calendar = Calendar::new(options.end, options.months)?;
    fs::create_dir_all(dir).map_err(|cause| SampleError::Folder { path: dir.to_owned(), cause })?;
    let market = Market::new(&calendar, options.seed);
    let mut numbers = Numbers::new();
    let mut report = EverythingReport::default();
    let mut tables = Tables::create(dir)?;
    for index in 0.. {
        if report.customers == u64::from(options.customers) {
            break;
        }
        let told = market.person(index, &mut numbers);
        report.customers += u64::from(told.is_customer);
        report.prospects += u64::from(!told.is_customer);
        report.dirty += told.orders.iter().filter(|order| order.damage.is_some()).count() as u64;
        tables.push(told)?;
    }
    report.strangers = ANONYMOUS_PER_CUSTOMER * u64::from(options.customers);
    for number in 0..report.strangers {
        let touches = market.stranger(number, &mut numbers);
        touches.into_iter().try_for_each(|touch| tables.touches.push(touch))?;
    }
    tables.finish(&mut report)?;
    Ok(report)
}

/// All files while they are being written.
struct Tables {
    orders: Table<Order>,
    lines: Table<Line>,
    returns: Table<Return>,
    touches: Table<Touch>,
    identities: Table<Identity>,
    opportunities: Table<Opportunity>,
    invoices: Table<Invoice>,
    answers: Table<Answer>,
    signals: Table<Signal>,
    contacts: Table<Contact>,
    sights: Table<Sight>,
}

impl Tables {
    fn create(dir: &Path) -> Result<Self, SampleError> {
        Ok(Self {
            orders: Table::create(dir)?,
            lines: Table::create(dir)?,
            returns: Table::create(dir)?,
            touches: Table::create(dir)?,
            identities: Table::create(dir)?,
            opportunities: Table::create(dir)?,
            invoices: Table::create(dir)?,
            answers: Table::create(dir)?,
            signals: Table::create(dir)?,
            contacts: Table::create(dir)?,
            sights: Table::create(dir)?,
        })
    }

    fn push(&mut self, told: Told) -> Result<(), SampleError> {
        told.orders.into_iter().try_for_each(|row| self.orders.push(row))?;
        told.lines.into_iter().try_for_each(|row| self.lines.push(row))?;
        told.returns.into_iter().try_for_each(|row| self.returns.push(row))?;
        told.touches.into_iter().try_for_each(|row| self.touches.push(row))?;
        told.identities.into_iter().try_for_each(|row| self.identities.push(row))?;
        told.opportunities.into_iter().try_for_each(|row| self.opportunities.push(row))?;
        told.invoices.into_iter().try_for_each(|row| self.invoices.push(row))?;
        told.answers.into_iter().try_for_each(|row| self.answers.push(row))?;
        told.signals.into_iter().try_for_each(|row| self.signals.push(row))?;
        told.contacts.into_iter().try_for_each(|row| self.contacts.push(row))?;
        told.sights.into_iter().try_for_each(|row| self.sights.push(row))
    }

    fn finish(self, report: &mut EverythingReport) -> Result<(), SampleError> {
        report.orders = report.finish(self.orders)?;
        report.lines = report.finish(self.lines)?;
        report.returns = report.finish(self.returns)?;
        report.touchpoints = report.finish(self.touches)?;
        report.identities = report.finish(self.identities)?;
        report.opportunities = report.finish(self.opportunities)?;
        report.invoices = report.finish(self.invoices)?;
        report.surveys = report.finish(self.answers)?;
        report.engagement = report.finish(self.signals)?;
        report.contacts = report.finish(self.contacts)?;
        report.finish(self.sights)?;
        Ok(())
    }
}
