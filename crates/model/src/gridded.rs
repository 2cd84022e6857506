//! Measures whose state is a grid: what they share beside what they count.

use std::sync::Arc;

use crate::{
    Block, Context, Extent, Finished, Grid, Measure, Periods, Places, Slot, Table, TableSchema,
    Tally, merge_as,
};

/// The periods of one grain, for everybody or for one value of a segment: as many rows of a table.
#[derive(Clone, Copy, Debug)]
pub struct Series<'a> {
    /// Index of the grain.
    pub g: usize,
    /// Its periods.
    pub periods: &'a Periods,
    /// Index of the slot.
    pub s: usize,
    /// The segment and its value.
    pub slot: &'a Slot,
}

impl Context {
    /// Every grain and slot, in the order in which tables have them.
    pub fn series(&self) -> impl Iterator<Item = Series<'_>> {
        self.periods.iter().enumerate().flat_map(|(g, periods)| {
            let slots = self.slots.iter().enumerate();
            slots.map(move |(s, slot)| Series { g, periods, s, slot })
        })
    }
}

/// What a measure counts by slot, grain and period, and the rows that it writes of that.
///
/// It is cloned before anything is counted, once a thread.
pub trait Gridded: Clone + Send + 'static {
    /// The counters of a period.
    type Tally: Tally;

    /// The tables that it writes.
    const TABLES: &'static [&'static TableSchema];

    /// Whether every series has a row for each of its periods, so that the tables grow with the calendar
    /// rather than with what is counted.
    const HAS_EACH_PERIOD: bool = false;

    /// Counts the customers of a block.
    fn fold(&mut self, context: &Context, block: &Block<'_>, cells: &mut Grid<Self::Tally>);

    /// Adds the rows of a series to each of the tables.
    fn write(
        &self,
        context: &Context,
        series: Series<'_>,
        cells: &Places<Self::Tally>,
        tables: &mut [Table],
    );
}

/// The measure of what is [`Gridded`].
pub struct GridMeasure<M: Gridded> {
    context: Arc<Context>,
    cells: Grid<M::Tally>,
    gridded: M,
}

impl<M: Gridded> GridMeasure<M> {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(context: Arc<Context>, gridded: M) -> Self {
        let cells = Grid::new(&context);
        Self { context, cells, gridded }
    }

    /// The same, as a declaration starts it.
    #[must_use]
    pub fn start(context: Arc<Context>, gridded: M) -> Box<dyn Measure> {
        Box::new(Self::new(context, gridded))
    }
}

impl<M: Gridded> Measure for GridMeasure<M> {
    fn fresh(&self) -> Box<dyn Measure> {
        Self::start(Arc::clone(&self.context), self.gridded.clone())
    }

    fn fold(&mut self, block: &Block<'_>) {
        self.gridded.fold(&self.context, block, &mut self.cells);
    }

    fn expected_bytes(&self, extent: &Extent<'_>) -> u64 {
        if M::HAS_EACH_PERIOD { extent.each_period(M::TABLES[0]) } else { 0 }
    }

    fn merge(&mut self, other: Box<dyn Measure>) {
        self.cells.merge(merge_as::<Self>(other).cells);
    }

    fn finish(self: Box<Self>) -> Finished {
        let Self { context, cells, gridded } = *self;
        let mut tables: Vec<Table> = M::TABLES.iter().map(|schema| context.table(schema)).collect();
        for series in context.series() {
            gridded.write(&context, series, cells.get(series.s, series.g), &mut tables);
        }
        tables.into()
    }
}
