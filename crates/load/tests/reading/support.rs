//! Files to read, and batches as lines of text.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use kohort_load::{
    Content, CurrencySource, Id, LoadError, LoadReport, MoneySource, Needs, Opened, OrdersSource,
    RejectedDetail, SegmentSource, Sink, Source, StatusSource, SubscriptionsSource, open,
};
use kohort_model::{Cause, Day, EventBatch, Input, Keys, NEVER, NO_SCORE, NO_VALUE, Scale, known};
use polars::prelude::{
    Column, DataFrame, DataType, Int32Chunked, Int64Chunked, Int128Chunked, IntoSeries,
    NewChunkedArray, ParquetWriter, TimeUnit, TimeZone,
};

/// 2026-01-01 00:00:00 UTC in microseconds, the moment of every run here.
pub const NOW: i64 = 1_767_225_600_000_000;

pub const ALL: Needs = Needs { order_ids: true, instants: true, reasons: true };

/// A folder of files that vanishes at the end.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// Writes a file, in row groups of three rows.
    pub fn write(&self, name: &str, columns: Vec<Column>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut frame = DataFrame::new_infer_height(columns).unwrap();
        let file = File::create(&path).unwrap();
        ParquetWriter::new(file).with_row_group_size(Some(3)).finish(&mut frame).unwrap();
        path
    }

    /// The source of the orders with `id`, `at` and `amount` of the files at `paths`.
    pub fn source(&self, paths: &[&str]) -> Source {
        let orders = OrdersSource {
            order_id: None,
            money: money("amount"),
            updated_at: None,
            status: None,
            lost_reason: None,
            segments: Vec::new(),
        };
        self.source_of(paths, Content::Orders(orders))
    }

    /// The source of the rows with `id` and `at` of the files at `paths`.
    pub fn source_of(&self, paths: &[&str], content: Content) -> Source {
        Source {
            paths: paths.iter().map(|path| self.text(path)).collect(),
            customer_id: "id".to_owned(),
            time: Some("at".to_owned()),
            filter: None,
            deduplicate: false,
            max_segment_values: 1000,
            timezone: chrono_tz::UTC,
            naive_times: None,
            earliest: None,
            content,
            checks: Vec::new(),
        }
    }

    /// The source of the subscriptions with `id`, `sub`, `at` and `amount`, all by the month.
    pub fn subscriptions(&self, paths: &[&str]) -> Source {
        let subscriptions = SubscriptionsSource {
            subscription_id: "sub".to_owned(),
            money: money("amount"),
            interval: None,
            trial: None,
            ended_at: None,
            cancelled_at: None,
            involuntary: None,
            cancel_reason: None,
            segments: Vec::new(),
        };
        self.source_of(paths, Content::Subscriptions(subscriptions))
    }

    /// A message without the folder's own path.
    pub fn message(&self, error: &LoadError) -> String {
        error.to_string().replace(self.0.path().to_str().unwrap(), "DIR")
    }

    /// The message with which opening or reading fails.
    pub fn error(&self, source: Source) -> String {
        let failed = open(source).and_then(|orders| read(&orders).map(|_| ()));
        self.message(&failed.expect_err("it must fail"))
    }

    /// Rejected rows as `file row column reason value`.
    pub fn rejected(&self, details: &[RejectedDetail]) -> Vec<String> {
        let line = |detail: &RejectedDetail| {
            let file = detail.file.strip_prefix(self.0.path()).unwrap().display().to_string();
            let value = detail.value.as_deref().unwrap_or("NULL");
            format!("{file} {} {} {} {value}", detail.row, detail.column, detail.reason)
        };
        details.iter().map(line).collect()
    }
}

/// Amounts with two decimal places.
pub fn money(amount: &str) -> MoneySource {
    MoneySource {
        amount: amount.to_owned(),
        scale: Scale::new(2).unwrap(),
        currency: CurrencySource::Fixed(None),
    }
}

/// What a source has beside the values that every input has.
pub trait Parts {
    fn orders(&mut self) -> &mut OrdersSource;
    fn spans(&mut self) -> &mut SubscriptionsSource;
}

impl Parts for Source {
    fn orders(&mut self) -> &mut OrdersSource {
        match &mut self.content {
            Content::Orders(orders) => orders,
            other => panic!("{other:?} are no orders"),
        }
    }

    fn spans(&mut self) -> &mut SubscriptionsSource {
        match &mut self.content {
            Content::Subscriptions(subscriptions) => subscriptions,
            other => panic!("{other:?} are no subscriptions"),
        }
    }
}

pub fn text(name: &str, values: &[Option<&str>]) -> Column {
    Column::new(name.into(), values)
}

pub fn ints(name: &str, values: &[i64]) -> Column {
    Column::new(name.into(), values)
}

/// Dates like `2024-02-29`; an empty text is NULL.
pub fn dates(name: &str, values: &[&str]) -> Column {
    let day = |text: &&str| {
        let date = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        Some(Day::from(date).0)
    };
    days(name, &values.iter().map(day).collect::<Vec<_>>())
}

pub fn days(name: &str, values: &[Option<i32>]) -> Column {
    let days = Int32Chunked::from_slice_options(name.into(), values);
    days.into_date().into_series().into()
}

/// Times like `2024-02-29 23:59:59`, in the unit, and UTC if there is a zone; an empty text is NULL.
pub fn times(name: &str, unit: TimeUnit, zone: Option<&str>, values: &[&str]) -> Column {
    let stamp = |text: &&str| {
        let time = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").ok()?;
        let time = time.and_utc();
        Some(match unit {
            TimeUnit::Milliseconds => time.timestamp_millis(),
            TimeUnit::Microseconds => time.timestamp_micros(),
            TimeUnit::Nanoseconds => time.timestamp_nanos_opt().unwrap(),
        })
    };
    let values: Vec<_> = values.iter().map(stamp).collect();
    let zone = zone.map(|zone| TimeZone::opt_try_new(Some(zone)).unwrap().unwrap());
    let stamps = Int64Chunked::from_slice_options(name.into(), &values);
    stamps.into_datetime(unit, zone).into_series().into()
}

/// Decimals by their digits.
pub fn decimals(name: &str, precision: usize, scale: usize, values: &[Option<i128>]) -> Column {
    let digits = Int128Chunked::from_slice_options(name.into(), values);
    digits.into_decimal_unchecked(precision, scale).into_series().into()
}

/// Times and amounts for `rows` rows: consecutive days from 2024-01-01, amounts 1, 2, 3 and so on.
pub fn plain(rows: usize) -> [Column; 2] {
    let first = Day::from(chrono::NaiveDate::from_ymd_opt(2024, 1, 1).unwrap()).0;
    let days_of: Vec<_> = (0..).take(rows).map(|row| Some(first + row)).collect();
    [days("at", &days_of), ints("amount", &(1..).take(rows).collect::<Vec<_>>())]
}

pub fn with_plain(mut columns: Vec<Column>) -> Vec<Column> {
    let rows = columns[0].len();
    columns.extend(plain(rows));
    columns
}

pub fn cast(column: &Column, dtype: &DataType) -> Column {
    column.cast(dtype).unwrap()
}

pub fn status(expr: &str) -> StatusSource {
    let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
    StatusSource {
        expr: expr.to_owned(),
        completed: texts(&["done", "delivered to the customer"]),
        lost: texts(&["cancelled"]),
        open: texts(&["open"]),
        ignored: texts(&["test"]),
    }
}

pub fn segment(name: &str, expr: &str) -> SegmentSource {
    SegmentSource { name: name.to_owned(), expr: expr.to_owned() }
}

/// One accepted row.
#[derive(Clone, Debug)]
struct Row {
    customer: Id,
    order: Option<Id>,
    other: Option<Id>,
    day: i32,
    value: Option<i64>,
    kind: u8,
    instant: Option<i64>,
    updated: Option<i64>,
    reason: Option<u32>,
    segments: Vec<u32>,
    end: Option<i32>,
    cancelled: Option<i32>,
    cause: Option<u8>,
    units: Option<i64>,
}

#[derive(Default)]
struct Rows(Vec<Row>);

fn id(keys: Keys<'_>, row: usize) -> Id {
    match keys {
        Keys::Integers(ids) => Id::Integer(ids[row]),
        Keys::Bytes(ids) => Id::Bytes(ids[row].into()),
    }
}

impl Sink for Rows {
    type Error = Infallible;

    fn push(&mut self, _part: usize, batch: &EventBatch<'_>) -> Result<(), Infallible> {
        let rows = batch.days.len();
        assert_eq!(batch.customers.len(), rows);
        for keys in [batch.orders, batch.others] {
            assert!(keys.is_none_or(|keys| keys.len() == rows));
        }
        assert!(batch.segments.iter().all(|codes| codes.len() == rows));
        for optional in [
            batch.values.len(),
            batch.kinds.len(),
            batch.instants.len(),
            batch.updated.len(),
            batch.reasons.len(),
            batch.ends.len(),
            batch.cancelled.len(),
            batch.causes.len(),
            batch.units.len(),
        ] {
            assert!(optional == 0 || optional == rows);
        }
        self.0.extend((0..rows).map(|row| Row {
            customer: id(batch.customers, row),
            order: batch.orders.map(|orders| id(orders, row)),
            other: batch.others.map(|others| id(others, row)),
            day: batch.days[row],
            value: batch.values.get(row).copied(),
            kind: batch.kinds.get(row).copied().unwrap_or_default(),
            instant: batch.instants.get(row).copied(),
            updated: batch.updated.get(row).copied(),
            reason: batch.reasons.get(row).copied(),
            segments: batch.segments.iter().map(|codes| codes[row]).collect(),
            end: batch.ends.get(row).copied(),
            cancelled: batch.cancelled.get(row).copied(),
            cause: batch.causes.get(row).copied(),
            units: batch.units.get(row).copied(),
        }));
        Ok(())
    }
}

/// What the kind of a row says.
fn kind(input: Input, kind: u8) -> Option<String> {
    match input {
        Input::Surveys => (kind != NO_SCORE).then(|| format!("score={kind}")),
        Input::Touchpoints | Input::Identities => None,
        _ => (kind > 0).then(|| format!("kind={kind}")),
    }
}

/// Whether a row names a cart, if that is what its order is, and its customer.
fn names(input: Input, row: &Row) -> [bool; 2] {
    let bits = if input.is_of_visitors() { row.kind } else { known::CART };
    [bits & known::CART > 0, bits & known::CUSTOMER > 0]
}

fn other(id: &Id) -> String {
    match id {
        Id::Integer(mapped) => format!("other={}", (mapped ^ (1 << 63)).cast_signed()),
        Id::Bytes(bytes) => format!("other={}", String::from_utf8_lossy(bytes)),
    }
}

fn day(day: i32) -> String {
    if day == NEVER { "never".to_owned() } else { Day(day).to_string() }
}

/// Reads everything with two threads: the report, and the rows as sorted lines
/// `customer day value`, then what there is of `order=`, `other=`, `kind=` or `score=`, `at=`, `end=`,
/// `cancelled=`, `cause=`, `updated=`, `reason=`, `units=` and segment values. A value that is not
/// known is `?`.
pub fn read(orders: &Opened) -> Result<(LoadReport, Vec<String>), LoadError> {
    let done = AtomicU64::new(0);
    let progress = |rows| {
        done.fetch_add(rows, Ordering::Relaxed);
    };
    let (report, sinks) = orders.read(ALL, NOW, 2, &progress, &Rows::default)?;
    assert_eq!(done.into_inner(), report.rows(), "progress");
    let rows: Vec<_> = sinks.into_iter().flat_map(|sink| sink.0).collect();
    let total = report.filtered() + report.duplicates() + report.rejected_rows();
    assert_eq!(rows.len() as u64 + total, report.rows(), "{report:?}");
    let mut rows = rows;
    rows.sort_by_key(|row| (row.day, row.customer.clone(), row.value, row.instant));
    let line = |row: &Row| {
        let customer = orders.customer_text(&row.customer);
        let mut parts = vec![customer, Day(row.day).to_string()];
        parts.extend(row.value.map(|value| match value {
            NO_VALUE => "?".to_owned(),
            value => value.to_string(),
        }));
        let [has_order, has_other] = names(orders.input(), row);
        let order = row.order.as_ref().filter(|_| has_order);
        parts.extend(order.map(|id| format!("order={}", orders.order_text(id))));
        parts.extend(row.other.as_ref().filter(|_| has_other).map(other));
        parts.extend(kind(orders.input(), row.kind));
        parts.extend(row.instant.map(|micros| {
            let at = chrono::DateTime::from_timestamp_micros(micros).unwrap();
            format!("at={}", at.format("%Y-%m-%dT%H:%M:%S%.f"))
        }));
        parts.extend(row.end.map(|end| format!("end={}", day(end))));
        parts.extend(row.cancelled.map(|cancelled| format!("cancelled={}", day(cancelled))));
        parts.extend(row.cause.map(|cause| format!("cause={:?}", Cause::ALL[usize::from(cause)])));
        parts.extend(row.updated.map(|micros| format!("updated={micros}")));
        parts.extend(row.reason.map(|code| format!("reason={}", report.reasons[code as usize])));
        parts.extend(row.units.map(|units| format!("units={units}")));
        let segments = report.segment_values.iter().zip(&row.segments);
        parts.extend(segments.map(|(values, code)| values[*code as usize].clone()));
        parts.join(" ")
    };
    let lines = rows.iter().map(line).collect();
    Ok((report, lines))
}

/// As [`read`], of a source that opens and has no rejected row.
pub fn lines(source: Source) -> Vec<String> {
    let (report, lines) = read(&open(source).unwrap()).unwrap();
    assert_eq!(report.rejected, BTreeMap::new());
    lines
}

/// Takes every row, and keeps none.
pub struct Nothing;

impl Sink for Nothing {
    type Error = Infallible;

    fn push(&mut self, _part: usize, _: &EventBatch<'_>) -> Result<(), Infallible> {
        Ok(())
    }
}
