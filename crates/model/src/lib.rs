//! The words of the house, without I/O and without a frame library: days and periods,
//! money and rates, order batches on their way in, blocks of timelines, the [`Measure`]
//! that folds them, and the tables that come out.
//!
//! `METRICS.md` at the top of the repository defines what the numbers mean.

mod block;
mod calendar;
mod context;
mod grid;
mod measure;
mod money;
mod orders;
mod table;

pub use block::{Attempts, Block, Group, Track, Visits};
pub use calendar::{Calendar, Day, Grain, Periods, UnknownGrain, Weekday};
pub use context::{Context, SegmentAt, Slot};
pub use grid::{Grid, Tally};
pub use measure::{Measure, merge_as};
pub use money::{Scale, average, div_round_half_away, rate, rescale};
pub use orders::{Keys, Kind, OrderBatch, Spill};
pub use table::{Cell, Column, ColumnType, Table, TableSchema, Unit, Values, keys};
