//! Files to read, and batches as lines of text.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use kohort_inputs::spec;
use kohort_load::{
    CurrencySource, Id, LoadError, LoadReport, Needs, Opened, RejectedDetail, SegmentSource, Sink,
    Source, SourceColumn, open,
};
use kohort_model::{
    Cause, Cells, Day, EventBatch, IdSpace, Input, Keys, NEVER, NO_SCORE, NO_VALUE, NumberUnit,
    Scale, UNDATED, ValueKind,
};
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
        let mut source = self.source_of(paths, Input::Orders);
        source.map("amount", "amount");
        source
    }

    /// The source of an input's rows with `id` and, if they have a time, `at` of the files at `paths`.
    pub fn source_of(&self, paths: &[&str], input: Input) -> Source {
        let spec = spec(input);
        let mut source = Source {
            spec,
            paths: paths.iter().map(|path| self.text(path)).collect(),
            columns: Vec::new(),
            segments: Vec::new(),
            switches: Vec::new(),
            filter: None,
            deduplicate: false,
            max_segment_values: 1000,
            scale: Scale::new(2).unwrap(),
            currency: CurrencySource::Fixed(None),
            timezone: chrono_tz::UTC,
            naive_times: None,
            earliest: None,
            checks: Vec::new(),
        };
        source.map(spec.columns[spec.owner()].name, "id");
        if let Some(time) = spec.time() {
            source.map(spec.columns[time].name, "at");
        }
        source
    }

    /// The source of the subscriptions with `id`, `sub`, `at` and `amount`, all by the month.
    pub fn subscriptions(&self, paths: &[&str]) -> Source {
        let mut source = self.source_of(paths, Input::Subscriptions);
        source.map("subscription_id", "sub");
        source.map("amount", "amount");
        source
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

/// Maps columns of a source.
pub trait Maps {
    /// Maps a column, instead of what it was mapped to before.
    fn map(&mut self, column: &str, expr: &str) -> &mut SourceColumn;

    /// Maps a column of which nothing else is said.
    fn set(&mut self, column: &str, expr: &str) {
        self.map(column, expr);
    }

    /// Maps a column of statuses.
    fn map_status(&mut self, column: &str, expr: &str);

    /// Maps a column no more.
    fn unmap(&mut self, column: &str);
}

impl Maps for Source {
    fn map(&mut self, column: &str, expr: &str) -> &mut SourceColumn {
        self.unmap(column);
        let place = self.spec.place(column).expect(column);
        self.columns.push(SourceColumn::new(&self.spec.columns[place], expr));
        self.columns.last_mut().unwrap()
    }

    fn map_status(&mut self, column: &str, expr: &str) {
        let lists =
            [&["done", "delivered to the customer"][..], &["cancelled"], &["open"], &["test"]];
        let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        self.map(column, expr).lists = lists.map(texts).to_vec();
    }

    fn unmap(&mut self, column: &str) {
        self.columns.retain(|mapped| mapped.column.name != column);
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

pub fn segment(name: &str, expr: &str) -> SegmentSource {
    SegmentSource { name: name.to_owned(), expr: expr.to_owned() }
}

/// A value of an accepted row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    Id(Id),
    NoId,
    Day(i32),
    Number(i64),
    Code(u32),
    Small(u8),
}

/// One accepted row: what its columns have, by their places.
#[derive(Clone, Debug)]
struct Row {
    values: Vec<Option<Value>>,
    instant: Option<i64>,
    segments: Vec<u32>,
}

#[derive(Default)]
struct Rows(Vec<Row>);

fn id(keys: Keys<'_>, row: usize) -> Value {
    Value::Id(match keys {
        Keys::Integers(ids) => Id::Integer(ids[row]),
        Keys::Bytes(ids) => Id::Bytes(ids[row].into()),
    })
}

fn value(cells: Cells<'_>, row: usize) -> Value {
    match cells {
        Cells::OptionalIds(_, known) if known[row] == 0 => Value::NoId,
        Cells::Ids(ids) | Cells::OptionalIds(ids, _) => id(ids, row),
        Cells::Days(days) => Value::Day(days[row]),
        Cells::Numbers(numbers) => Value::Number(numbers[row]),
        Cells::Codes(codes) => Value::Code(codes[row]),
        Cells::Small(values) => Value::Small(values[row]),
    }
}

impl Sink for Rows {
    type Error = Infallible;

    fn push(&mut self, _part: usize, batch: &EventBatch<'_>) -> Result<(), Infallible> {
        let rows = batch.rows;
        assert!(batch.columns.iter().flatten().all(|cells| cells.len() == rows));
        assert!(batch.segments.iter().all(|codes| codes.len() == rows));
        assert!([0, rows].contains(&batch.instants.len()));
        self.0.extend((0..rows).map(|row| Row {
            values: batch.columns.iter().map(|cells| cells.map(|c| value(c, row))).collect(),
            instant: batch.instants.get(row).copied(),
            segments: batch.segments.iter().map(|codes| codes[row]).collect(),
        }));
        Ok(())
    }
}

/// The part of a line that tells a column's value, if one does: the parts are in order of the number.
fn part(
    (input, report): (&Opened, &LoadReport),
    place: usize,
    value: &Value,
) -> Option<(u8, String)> {
    let column = &spec(input.input()).columns[place];
    let name = column.name;
    Some(match (column.kind, value) {
        (ValueKind::Id(ids), Value::Id(id)) => {
            let shown = input.id_text(place, id);
            match ids.of {
                IdSpace::Customer => (4, format!("other={shown}")),
                _ => (3, format!("order={shown}")),
            }
        }
        (ValueKind::Number(number), Value::Number(value)) => match number.unit {
            NumberUnit::Units => (12, format!("units={value}")),
            _ if *value == NO_VALUE => (2, "?".to_owned()),
            _ => (2, value.to_string()),
        },
        (ValueKind::Score, Value::Small(score)) if *score != NO_SCORE => {
            (5, format!("score={score}"))
        }
        (ValueKind::Status(_) | ValueKind::Listed(_), Value::Small(kind)) if *kind > 0 => {
            (5, format!("kind={kind}"))
        }
        (ValueKind::Day(_) | ValueKind::End, Value::Day(of)) => {
            (7, format!("{}={}", name.trim_end_matches("_at"), day(*of)))
        }
        (ValueKind::Involuntary, Value::Small(cause)) => {
            (9, format!("cause={:?}", Cause::ALL[usize::from(*cause)]))
        }
        (ValueKind::Update, Value::Number(micros)) => (10, format!("updated={micros}")),
        (ValueKind::Text(text), Value::Code(code)) => {
            let shown = &report.texts_of(place)[*code as usize];
            match text.renamed_by {
                Some(_) => (11, format!("reason={shown}")),
                None => (13, shown.clone()),
            }
        }
        _ => return None,
    })
}

fn day(day: i32) -> String {
    match day {
        NEVER => "never".to_owned(),
        UNDATED => "undated".to_owned(),
        day => Day(day).to_string(),
    }
}

/// Reads everything with two threads: the report, and the rows as sorted lines
/// `customer day value`, then what there is of `order=`, `other=`, `kind=` or `score=`, `at=`, days by the
/// names of their columns, `cause=`, `updated=`, `reason=`, `units=`, other texts and segment values. A
/// value that is not known is `?`.
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
    let spec = spec(orders.input());
    let (owner, time) = (spec.owner(), spec.time());
    let amount = spec.find(|kind| matches!(kind, ValueKind::Number(_)));
    let of = |row: &Row, place: Option<usize>| place.and_then(|place| row.values[place].clone());
    let mut rows = rows;
    rows.sort_by_key(|row| (of(row, time), of(row, Some(owner)), of(row, amount), row.instant));
    let line = |row: &Row| {
        let mut parts = Vec::new();
        for (place, value) in row.values.iter().enumerate() {
            match value {
                Some(Value::Id(id)) if place == owner => parts.push((0, orders.owner_text(id))),
                Some(Value::Day(day)) if Some(place) == time => {
                    parts.push((1, self::day(*day)));
                }
                Some(value) => parts.extend(part((orders, &report), place, value)),
                None => {}
            }
        }
        parts.extend(row.instant.map(|micros| {
            let at = chrono::DateTime::from_timestamp_micros(micros).unwrap();
            (6, format!("at={}", at.format("%Y-%m-%dT%H:%M:%S%.f")))
        }));
        let segments = report.segment_values.iter().zip(&row.segments);
        parts.extend(segments.map(|(values, code)| (14, values[*code as usize].clone())));
        parts.sort_by_key(|(order, _)| *order);
        parts.into_iter().map(|(_, part)| part).collect::<Vec<_>>().join(" ")
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
