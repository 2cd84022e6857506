//! The one trait that a metric implements.

use std::any::Any;

use crate::{Block, Context, Day, Omitted, Table, TableSchema};

/// A fold over timelines, together with what it has counted so far.
///
/// The state is made of integers, and [`Measure::merge`] is associative and commutative:
/// however customers are spread over threads and machines, the tables are the same.
pub trait Measure: Any + Send {
    /// The same measure with nothing counted.
    fn fresh(&self) -> Box<dyn Measure>;

    /// Counts the customers of a block.
    fn fold(&mut self, block: &Block<'_>);

    /// Bytes that its tables take, roughly, by what is known before the first block: those with a
    /// row for each period. Tables that are small by nature, or of which nothing is known, take 0.
    fn expected_bytes(&self, _extent: &Extent<'_>) -> u64 {
        0
    }

    /// Adds what `other`, a measure of the same type and context, has counted.
    fn merge(&mut self, other: Box<dyn Measure>);

    /// The tables, and what else is to be listed now that everybody has been counted.
    fn finish(self: Box<Self>) -> Finished;
}

/// How many rows a table has that has one for each period.
#[derive(Clone, Copy, Debug)]
pub struct Extent<'a> {
    /// The frame of the tables.
    pub context: &'a Context,
    /// By slot: its first day; `None` where it has no row.
    pub first_days: &'a [Option<Day>],
}

impl Extent<'_> {
    /// Bytes of a table with a row for each period of every slot from its first day on.
    #[must_use]
    pub fn each_period(&self, schema: &TableSchema) -> u64 {
        let periods = self.context.periods.iter().map(|periods| {
            let of_slot =
                |first: &Day| (periods.len() - periods.of(*first).min(periods.len())) as u64;
            self.first_days.iter().flatten().map(of_slot).sum::<u64>()
        });
        periods.sum::<u64>().saturating_mul(schema.row_bytes())
    }
}

/// What comes of a measure.
#[derive(Default)]
pub struct Finished {
    /// Tables, their rows sorted by key.
    pub tables: Vec<Table>,
    /// What takes a second look at every timeline.
    pub customer_tables: Vec<Box<dyn CustomerTable>>,
    /// What has to fold every timeline once more, now that it knows what to look for.
    pub second_pass: Vec<Box<dyn Measure>>,
    /// The model of leaving, for the record of the run.
    pub risk: Option<RiskFit>,
    /// What the tables do not count.
    pub omitted: Vec<Omitted>,
    /// What the readers of tables should know of them.
    pub warnings: Vec<TableWarning>,
}

/// What the reader of a table should know of it, said where the table is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableWarning {
    /// The name of the table.
    pub table: &'static str,
    /// The warning, without that name.
    pub text: String,
}

/// How well a model of leaving, fitted on earlier months, told who left in later ones.
#[derive(Clone, Debug, PartialEq)]
pub struct RiskFit {
    /// The first day of the first month that it was judged on.
    pub held_out_from: Day,
    /// Customer-months that it was fitted on.
    pub fitted: u64,
    /// Of them, those in which the customer left.
    pub fitted_churned: u64,
    /// Customer-months that it was judged on.
    pub held_out: u64,
    /// Of them, those in which the customer left.
    pub held_out_churned: u64,
    /// Probability that of two customers of the later months the one that left had the higher score;
    /// `None` where none left or none stayed.
    pub auc: Option<f64>,
    /// By classes of the probability, from 0 to 1, each a tenth wide: customer-months, how many of
    /// them were expected to leave, and how many did.
    pub calibration: Vec<(u64, f64, u64)>,
    /// Name and value of each coefficient of the model that scores use, fitted on all months.
    pub coefficients: Vec<(String, f64)>,
}

impl From<Vec<Table>> for Finished {
    fn from(tables: Vec<Table>) -> Self {
        Self { tables, ..Self::default() }
    }
}

/// A table with rows for each customer, listed in a second pass over the timelines: it may use
/// what the first has found about everybody.
pub trait CustomerTable: Send + Sync {
    /// The table without rows: its schema and the form of its ids.
    fn table(&self) -> Table;

    /// Adds the rows of a block's customers, in any order. Each customer is seen once; the block's
    /// groups are everybody and the segments of `at = "first"`.
    fn list(&self, block: &Block<'_>, into: &mut Table);
}

/// `other` as the concrete measure that it is merged into.
///
/// # Panics
/// Where it is another type: measures are merged position by position with their own
/// [`Measure::fresh`] copies, so that would be a mistake of this workspace.
#[must_use]
pub fn merge_as<M: Measure>(other: Box<dyn Measure>) -> Box<M> {
    let any: Box<dyn Any> = other;
    any.downcast().expect("a measure is merged with a fresh copy of itself")
}
