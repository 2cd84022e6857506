//! The files of a sample, read back.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{
    Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use kohort_sample::{EverythingReport, SampleOptions, generate_everything};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tempfile::TempDir;

pub const DAY: i64 = 86_400;

/// A file's rows, by column. Times and days are seconds since 1970-01-01.
pub struct Rows(pub RecordBatch);

impl Rows {
    fn read(path: &Path) -> Self {
        let file = File::open(path).expect("a file of the report");
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).expect("a Parquet file");
        let schema = builder.schema().clone();
        let batches: Vec<_> =
            builder.build().expect("a reader").collect::<Result<_, _>>().expect("readable rows");
        Self(concat_batches(&schema, &batches).expect("rows of one schema"))
    }

    fn column(&self, name: &str) -> &dyn Array {
        self.0.column_by_name(name).expect(name)
    }

    pub fn len(&self) -> usize {
        self.0.num_rows()
    }

    pub fn some_ids(&self, name: &str) -> Vec<Option<i64>> {
        self.column(name).as_primitive::<Int64Type>().iter().collect()
    }

    pub fn ids(&self, name: &str) -> Vec<i64> {
        self.some_ids(name).into_iter().map(|id| id.expect("an id")).collect()
    }

    pub fn some_times(&self, name: &str) -> Vec<Option<i64>> {
        let times = self.column(name).as_primitive::<TimestampMicrosecondType>();
        times.iter().map(|at| at.map(|at| at / 1_000_000)).collect()
    }

    pub fn times(&self, name: &str) -> Vec<i64> {
        self.some_times(name).into_iter().map(|at| at.expect("a time")).collect()
    }

    pub fn some_days(&self, name: &str) -> Vec<Option<i64>> {
        let days = self.column(name).as_primitive::<Date32Type>();
        days.iter().map(|day| day.map(|day| i64::from(day) * DAY)).collect()
    }

    pub fn days(&self, name: &str) -> Vec<i64> {
        self.some_days(name).into_iter().map(|day| day.expect("a day")).collect()
    }

    pub fn cents(&self, name: &str) -> Vec<Option<i128>> {
        self.column(name).as_primitive::<Decimal128Type>().iter().collect()
    }

    pub fn scores(&self) -> Vec<Option<i32>> {
        self.column("score").as_primitive::<Int32Type>().iter().collect()
    }

    pub fn values(&self) -> Vec<Option<f64>> {
        self.column("value").as_primitive::<Float64Type>().iter().collect()
    }

    pub fn some_texts(&self, name: &str) -> Vec<Option<&str>> {
        self.column(name).as_string::<i32>().iter().collect()
    }

    pub fn texts(&self, name: &str) -> Vec<&str> {
        self.some_texts(name).into_iter().map(|text| text.expect("a text")).collect()
    }
}

/// A row of `order_lines.parquet`.
pub struct Line<'a> {
    pub at: i64,
    pub category: &'a str,
    pub product: &'a str,
    pub units: i64,
}

pub struct Sample {
    pub dir: TempDir,
    pub report: EverythingReport,
    pub files: BTreeMap<String, Rows>,
}

impl Sample {
    pub fn make(options: &SampleOptions) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let report = generate_everything(dir.path(), options).expect("a sample");
        let name = |path: &PathBuf| path.file_stem().expect("a name").to_string_lossy().into();
        let files = report.files.iter().map(|path| (name(path), Rows::read(path))).collect();
        Self { dir, report, files }
    }

    pub fn file(&self, name: &str) -> &Rows {
        &self.files[name]
    }

    /// The times of the completed orders, by customer.
    pub fn purchases(&self) -> BTreeMap<i64, Vec<i64>> {
        let orders = self.file("orders");
        let mut purchases: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
        let whole = orders.some_ids("customer_id").into_iter().zip(orders.some_times("ordered_at"));
        for ((customer, at), status) in whole.zip(orders.texts("status")) {
            if let (Some(customer), Some(at), "completed") = (customer, at, status) {
                purchases.entry(customer).or_default().push(at);
            }
        }
        purchases
    }

    /// For each customer the first order, and the last one before a gap of more than 90 days.
    pub fn first_spells(&self) -> BTreeMap<i64, (i64, i64)> {
        let spell = |orders: Vec<i64>| {
            let gap = orders.windows(2).position(|pair| pair[1] / DAY - pair[0] / DAY > 90);
            (orders[0], orders[gap.unwrap_or(orders.len() - 1)])
        };
        self.purchases().into_iter().map(|(customer, orders)| (customer, spell(orders))).collect()
    }

    /// The lines by customer and order.
    pub fn baskets(&self) -> BTreeMap<(i64, i64), Vec<Line<'_>>> {
        let lines = self.file("order_lines");
        let (ids, times) = (lines.ids("order_id"), lines.times("ordered_at"));
        let (categories, products) = (lines.texts("category"), lines.texts("product"));
        let units = lines.ids("units");
        let mut baskets: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (row, customer) in lines.ids("customer_id").into_iter().enumerate() {
            baskets.entry((customer, ids[row])).or_default().push(Line {
                at: times[row],
                category: categories[row],
                product: products[row],
                units: units[row],
            });
        }
        baskets
    }
}

/// A sample as it comes without options.
pub static DEFAULT: LazyLock<Sample> =
    LazyLock::new(|| Sample::make(&SampleOptions::for_everything()));

/// 2025-01-01, the end of [`DEFAULT`].
pub const END: i64 = 1_735_689_600;
/// 2023-01-01, its first day.
pub const FIRST: i64 = 1_672_531_200;

#[expect(clippy::cast_precision_loss, reason = "counts of a sample")]
pub fn float(count: usize) -> f64 {
    count as f64
}
