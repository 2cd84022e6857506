//! The kernel: brings each customer's events together in order of time and shows them, block
//! by block, to every measure.
//!
//! ```text
//! EventBatch ─Lane::push─▶ 256 partitions of packed chunks ─▶ per partition: group by customer,
//! (slices)                 (spilled past the budget)           sort by time, fold blocks
//! ```
//!
//! A partition holds whole customers, so partitions are independent: threads take one after the
//! other, and memory is bounded by what was gathered (or the budget) and the partitions in flight.

mod census;
mod chunk;
mod counted_rows;
mod counting;
mod fold;
mod frame;
mod gather;
mod identify;
mod ids;
mod keep;
mod lane;
mod layout;
mod pass;
mod prepare;
mod resolve;
mod rows;
mod shared;
mod side_events;
mod slots;
mod spans;
mod split;
mod stages;
mod store;
mod survey;
mod threads;
mod track;
mod values;
mod visits;

pub use census::{Census, LeftOut, NotTaken};
pub use counted_rows::Ends;
pub use fold::{FoldOptions, Folded};
pub use gather::{Gathered, Gatherer};
pub use keep::{BLOCK_VERSION, Block, Codes, Keep, Keeper, KeptTexts, NewCodes, TextOf};
pub use lane::Lane;
pub use layout::{Carried, KeyType, Layout, Resolve};
pub use pass::Inputs;
pub use slots::{SegmentValues, SlotMap, TextPlaces};
pub use survey::Survey;

use kohort_model::Id;

/// What can go wrong between the rows and the tables.
#[derive(Debug, thiserror::Error)]
pub enum TimelineError {
    /// The disk did not take or give back spilled data.
    #[error(
        "spilling gathered orders to disk failed: {0}; free space there or raise --memory-limit"
    )]
    Spill(#[from] std::io::Error),
    /// The disk did not take what is kept for the next run.
    #[error(
        "keeping what was read for the next run failed: {0}; free space there, or set [state] keep = false"
    )]
    Keep(std::io::Error),
    /// Counters outgrew what [`kohort_model::MemoryGuard`] allows.
    #[error("the counters of the tables have passed the limit of memory")]
    OverMemory,
    /// The lines of one order add up to more than 64 bits hold.
    #[error(
        "the lines of order {order} of customer {customer} add up to {sum} minor units, which \
         64 bits do not hold; check the amount expression or lower scale"
    )]
    AmountOverflow {
        /// The customer's id.
        customer: Id,
        /// The order's id.
        order: Id,
        /// The sum in minor units.
        sum: i128,
    },
    /// The lines of one thing that a customer has beside orders add up to more than 64 bits hold.
    #[error(
        "{input}: the lines of one {one} of customer {customer} add up to {sum} minor units, which 64 bits do \
         not hold; check the amount expression or lower scale"
    )]
    LineOverflow {
        /// The input's name.
        input: &'static str,
        /// What the lines make.
        one: &'static str,
        /// The customer's id.
        customer: Id,
        /// The sum in minor units.
        sum: i128,
    },
    /// `unique_order_ids` is on and ids repeat.
    #[error(
        "{repeated} rows repeat an order id of their customer, order {order} of customer \
         {customer} for one; give updated_at so that the latest row stands, set rows = \"lines\" if \
         a row is a line, or set unique_order_ids = false"
    )]
    RepeatedOrder {
        /// A customer with a repeated id.
        customer: Id,
        /// The repeated id.
        order: Id,
        /// Rows beyond the first of each order.
        repeated: u64,
    },
    /// Integer ids came where byte ids were announced, or the other way round.
    #[error(
        "ids of one input must all be integers or all be texts; cast them in the pipeline file"
    )]
    MixedKeys,
}

impl TimelineError {
    /// Whether the data broke a check, rather than the run failed.
    #[must_use]
    pub fn is_check(&self) -> bool {
        matches!(self, Self::RepeatedOrder { .. })
    }
}
