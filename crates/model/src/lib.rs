//! The words of the house, without I/O and without a frame library: days and periods,
//! money and rates, event batches on their way in, blocks of timelines, the [`Measure`]
//! that folds them, the tables that come out, and how texts of others are shown.
//!
//! `docs/concepts.md` and `docs/tables` define what the numbers mean.

mod block;
pub mod calc;
mod calendar;
mod context;
mod counted;
mod day_counts;
mod events;
pub mod formulas;
mod grid;
mod gridded;
mod headline;
mod identity;
mod input;
mod interval;
mod items;
mod measure;
mod memory;
mod money;
mod omission;
mod row;
mod schema;
mod setting;
mod shown;
mod spec;
mod table;
mod texts;
mod value_kind;
pub mod view;

pub use block::{Attempts, Block, Cancellations, Group, Ids, Rates, Spell, Spells, Track, Visits};
pub use calendar::{Calendar, Day, Grain, Periods, UnknownGrain, Weekday};
pub use context::{Basis, Context, Engagement, Funnel, Goods, Sales, SegmentAt, Slot, WinBack};
pub use counted::{Counted, percentile_money};
pub use day_counts::{DayCounts, mean_days, percentile_days};
pub use events::{Cause, Cells, EventBatch, Keys, Kind, NEVER, NO_SCORE, NO_VALUE, Spill, UNDATED};
pub use grid::{Grid, Places, Tally};
pub use gridded::{GridMeasure, Gridded, Series};
pub use headline::{Headline, HeadlineValue, RowsWhere, Sum};
pub use identity::{Additive, BY_GRAIN, BY_PERIOD, Compare, Identities, OfBasis, SumsOf};
pub use input::{
    DayOf, IdSpace, Input, InputColumn, InputIds, InputSpec, InputSwitch, Latest, Lines, Number,
    NumberUnit, Precision, Presence, Settles, Switch, ValueKind, place,
};
pub use interval::Interval;
pub use items::{
    AnyList, BlockItems, ByPerson, Item, ItemColumn, ItemKind, ItemLists, ItemRows, NOT_LISTED,
    NoItem, NoItems, Row,
};
pub use measure::{CustomerTable, Extent, Finished, Measure, RiskFit, TableWarning, merge_as};
pub use memory::MemoryGuard;
pub use money::{Scale, average, div_round_half_away, rate, rescale};
pub use omission::{Omission, OmissionCounter, Omitted};
pub use row::assert_columns;
pub use schema::{Column, ColumnType, Id, IdType, TableSchema, Unit, keys};
pub use setting::{
    Setting, SettingKind, SettingValue, Settings, SettingsSection, WholeDefault, Within,
};
pub use shown::{shown, shown_json, shown_path, shown_text};
pub use spec::{Carries, MeasureSpec, Passes, Requires, Source, TableSpec, Written};
pub use table::{Cell, Fill, Table, Values};
pub use texts::{StatusTexts, Text, TextList, TextOrder};
pub use view::View;
