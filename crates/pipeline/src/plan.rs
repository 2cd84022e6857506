//! What follows from a pipeline file: what to read, what to carry, what to compute.

use kohort_load::{CurrencySource, Needs, Orders, OrdersSource, SegmentSource, StatusSource};
use kohort_timeline::{KeyType, Layout, Resolve};

use crate::tables::{Offer, offers};
use crate::{Activity, Currency, Pipeline, Rows, RunError};

/// An opened input and what to make of it.
pub(crate) struct Plan {
    pub orders: Orders,
    pub needs: Needs,
    pub layout: Layout,
    pub offers: Vec<&'static Offer>,
}

impl Plan {
    pub fn new(pipeline: &Pipeline) -> Result<Self, RunError> {
        let orders = kohort_load::open(source(pipeline))?;
        let offers = offers(&pipeline.tables);
        let input = &pipeline.orders;
        let resolve = match (input.rows, &input.updated_at, pipeline.unique_order_ids) {
            (Rows::Lines, ..) => Resolve::Lines,
            (Rows::Orders, Some(_), _) => Resolve::Latest,
            (Rows::Orders, None, true) => Resolve::Unique,
            (Rows::Orders, None, false) => Resolve::Rows,
        };
        let needs_attempts = offers.iter().any(|offer| offer.needs_attempts);
        let has_segments = !pipeline.segments.is_empty();
        let has_lost = input.status.as_ref().is_some_and(|status| !status.lost.is_empty());
        let is_resolved = resolve != Resolve::Rows;
        let needs = Needs {
            order_ids: is_resolved || has_segments || (needs_attempts && has_lost),
            instants: needs_attempts || has_segments || is_resolved,
            reasons: needs_attempts && has_lost,
        };
        let key_type = |integers| if integers { KeyType::Integers } else { KeyType::Bytes };
        let has_order_ids = needs.order_ids && input.order_id.is_some();
        let layout = Layout {
            customers: key_type(orders.has_integer_customers()),
            orders: has_order_ids.then(|| key_type(orders.has_integer_orders())),
            resolve,
            instants: needs.instants && orders.has_instants(),
            reasons: needs.reasons && input.lost_reason.is_some(),
            segments: pipeline.segments.len(),
            any_activity: pipeline.activity == Activity::Any,
            history_start: pipeline.history_start,
            as_of: pipeline.as_of,
        };
        Ok(Self { orders, needs, layout, offers })
    }
}

fn source(pipeline: &Pipeline) -> OrdersSource {
    let input = &pipeline.orders;
    OrdersSource {
        paths: input.paths.iter().map(|path| path.to_string_lossy().into_owned()).collect(),
        customer_id: input.customer_id.clone(),
        order_id: input.order_id.clone(),
        ordered_at: input.ordered_at.clone(),
        amount: input.amount.clone(),
        updated_at: input.updated_at.clone(),
        status: input.status.as_ref().map(|status| StatusSource {
            expr: status.column.clone(),
            completed: status.completed.clone(),
            lost: status.lost.clone(),
            open: status.open.clone(),
            ignored: status.ignored.clone(),
        }),
        lost_reason: input.lost_reason.clone(),
        reasons: pipeline.reasons.iter().cloned().collect(),
        filter: input.filter.clone(),
        scale: input.scale,
        currency: match &input.currency {
            Currency::Unnamed => CurrencySource::Fixed(None),
            Currency::Code(code) => CurrencySource::Fixed(Some(code.clone())),
            Currency::Converted { column, rates } => {
                CurrencySource::Column { expr: column.clone(), rates: rates.clone() }
            }
        },
        deduplicate: input.deduplicate,
        segments: (pipeline.segments.iter())
            .map(|s| SegmentSource { name: s.name.clone(), expr: s.column.clone() })
            .collect(),
        max_segment_values: pipeline.max_segment_values,
        timezone: pipeline.timezone,
    }
}

/// What a pipeline's input looks like, from schemas and footers alone.
#[derive(Debug)]
pub struct CheckReport {
    /// Number of files.
    pub files: usize,
    /// Rows in them.
    pub rows: u64,
    /// Their size.
    pub bytes: u64,
    /// Key, expression and type of every mapped value.
    pub columns: Vec<(String, String, String)>,
    /// The tables that a run would write.
    pub tables: Vec<&'static str>,
}

/// Checks that the input has what the pipeline file maps. No data is read.
///
/// # Errors
/// [`RunError::Load`] for the first thing that does not fit.
pub fn check(pipeline: &Pipeline) -> Result<CheckReport, RunError> {
    let plan = Plan::new(pipeline)?;
    let files = plan.orders.files();
    Ok(CheckReport {
        files: files.len(),
        rows: files.iter().map(|file| file.rows).sum(),
        bytes: files.iter().map(|file| file.size).sum(),
        columns: plan.orders.columns(),
        tables: pipeline.tables.clone(),
    })
}
