//! What to read: the inputs of a pipeline, resolved.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono_tz::Tz;
use kohort_model::{Day, Input, Scale};

use crate::checks::ColumnCheck;
use crate::mapping::{PRODUCT, Role, STAGE, WHAT};

/// An input: where it lies and how its columns become events. Every mapped value is an SQL
/// expression over the columns of a row.
#[derive(Clone, Debug)]
pub struct Source {
    /// Absolute globs, folders (read recursively) and files. Folders named `key=value` become
    /// columns, unless the file has a column of that name.
    pub paths: Vec<String>,
    /// Whose event it is: integers, text or binary. Of touchpoints and identities the `visitor_id`, of
    /// opportunities the `buyer`.
    pub customer_id: String,
    /// When, a date or a timestamp: `ordered_at`, `started_at`, `first_seen_at`, `contacted_at`,
    /// `answered_at`, `occurred_at`, `created_at`, `returned_at` or `invoiced_at`. `None` of identities, which have none.
    pub time: Option<String>,
    /// Only rows for which it is true are read.
    pub filter: Option<String>,
    /// Count rows that are equal in every column once. All distinct rows are then held in
    /// memory while they are read.
    pub deduplicate: bool,
    /// The most distinct values that a segment or another text that becomes a code may have, but for
    /// products, of which there are as many as there are.
    pub max_segment_values: u32,
    /// Business-local time.
    pub timezone: Tz,
    /// In which zone timestamps without one are; where nothing is said those of INT96 columns are in
    /// UTC and all others in business-local time.
    pub naive_times: Option<Tz>,
    /// The first day that a row can be of; one before it is rejected.
    pub earliest: Option<Day>,
    /// What a row is, and the values that only such rows have.
    pub content: Content,
    /// What must hold beside.
    pub checks: Vec<ColumnCheck>,
}

/// What the rows of an input are.
#[derive(Clone, Debug)]
pub enum Content {
    /// Orders, or lines of orders.
    Orders(OrdersSource),
    /// Subscriptions and contracts.
    Subscriptions(SubscriptionsSource),
    /// People from the day on which they were first seen.
    Prospects,
    /// Campaign messages.
    Contacts(ContactsSource),
    /// Answers of people who were asked.
    Surveys(SurveysSource),
    /// What visitors did.
    Touchpoints(TouchpointsSource),
    /// Which visitors are customers.
    Identities(IdentitiesSource),
    /// Sales that somebody worked on.
    Opportunities(OpportunitiesSource),
    /// Lines of orders.
    OrderLines(OrderLinesSource),
    /// Goods that came back.
    Returns(ReturnsSource),
    /// What customers owe.
    Invoices(InvoicesSource),
    /// What customers did that may tell whether they stay.
    Engagement(EngagementSource),
}

/// How columns become orders.
#[derive(Clone, Debug)]
pub struct OrdersSource {
    /// The order's id: integers, text or binary.
    pub order_id: Option<String>,
    /// Its value.
    pub money: MoneySource,
    /// When the row was last changed: a date or a timestamp. NULL is before every other.
    pub updated_at: Option<String>,
    /// What became of the order; without it every row is completed.
    pub status: Option<StatusSource>,
    /// Why an order was lost.
    pub lost_reason: Option<ReasonSource>,
    /// The segments, in the order of [`kohort_model::EventBatch::segments`].
    pub segments: Vec<SegmentSource>,
}

/// How columns become subscriptions.
#[derive(Clone, Debug)]
pub struct SubscriptionsSource {
    /// The subscription's id: integers, text or binary.
    pub subscription_id: String,
    /// Its price for an interval, not below zero.
    pub money: MoneySource,
    /// The texts `month`, `quarter` and `year`: what the price is paid for. Another text, and NULL,
    /// is a rejected row. Without it every price is that of a month.
    pub interval: Option<String>,
    /// True for a trial, which is free: neither its price nor its interval is looked at.
    pub trial: Option<String>,
    /// Exclusive end, a date or a timestamp; NULL is open, as every subscription is without it.
    pub ended_at: Option<String>,
    /// When it was cancelled: a date or a timestamp, or NULL.
    pub cancelled_at: Option<String>,
    /// Whether it ended against the customer's will; NULL is not known.
    pub involuntary: Option<String>,
    /// Why it was cancelled.
    pub cancel_reason: Option<ReasonSource>,
    /// The segments, as for orders.
    pub segments: Vec<SegmentSource>,
}

/// How columns become contacts. What is not mapped is `(none)` in every row.
#[derive(Clone, Debug)]
pub struct ContactsSource {
    /// The campaign's name; NULL and the empty text are `(none)`.
    pub campaign: Option<String>,
    /// The kind of campaign, likewise.
    pub strategy: Option<String>,
    /// Who was only noted down, to compare with; without it nobody.
    pub variant: Option<VariantSource>,
}

/// How columns become answers. At least one of the two is mapped.
#[derive(Clone, Debug)]
pub struct SurveysSource {
    /// Why the person left, or is about to.
    pub reason: Option<ReasonSource>,
    /// A whole number from 0 to 10; NULL is no score.
    pub score: Option<String>,
}

/// How columns become touchpoints.
#[derive(Clone, Debug)]
pub struct TouchpointsSource {
    /// What the visitor did; a text.
    pub step: String,
    /// The steps that somebody asks for, whose rows are counted.
    pub steps: Vec<String>,
    /// Which cart it was about: integers, text or binary; NULL is none.
    pub cart_id: Option<String>,
    /// What the cart, or the sale, was worth; NULL is not known.
    pub money: Option<MoneySource>,
    /// Who the visitor is, where the event tells: an id as the customers' of the other inputs, or NULL.
    pub customer_id: Option<String>,
}

/// How columns become identities.
#[derive(Clone, Debug)]
pub struct IdentitiesSource {
    /// Who the visitor is: an id as the customers' of the other inputs.
    pub customer_id: String,
}

/// How columns become opportunities.
#[derive(Clone, Debug)]
pub struct OpportunitiesSource {
    /// Tells opportunities apart: integers, text or binary.
    pub opportunity_id: Option<String>,
    /// When it was decided, or NULL: a date or a timestamp.
    pub closed_at: Option<String>,
    /// What became of it; the lists are those of won (`completed`), lost, open and ignored. NULL is
    /// open where `closed_at` is NULL or not mapped.
    pub outcome: StatusSource,
    /// How far it got; NULL and the empty text are `(none)`.
    pub stage: Option<String>,
    /// The stages that somebody asks for, whose rows are counted.
    pub stages: Vec<String>,
    /// What it was worth, not below zero.
    pub money: MoneySource,
    /// Why it was lost.
    pub reason: Option<ReasonSource>,
    /// Who got it instead; NULL and the empty text are `(none)`.
    pub competitor: Option<String>,
}

/// How columns become lines of orders.
#[derive(Clone, Debug)]
pub struct OrderLinesSource {
    /// The order: integers, text or binary.
    pub order_id: String,
    /// What was bought; NULL and the empty text are `(none)`.
    pub product: Option<String>,
    /// What kind of product that is, likewise.
    pub category: Option<String>,
    /// How many, not below zero, a whole number (others are rounded half away from zero); NULL is 1.
    pub units: Option<String>,
    /// Value of the line, not below zero.
    pub money: MoneySource,
}

/// How columns become returns.
#[derive(Clone, Debug)]
pub struct ReturnsSource {
    /// The order: integers, text or binary, as those of the lines.
    pub order_id: String,
    /// What came back; NULL and the empty text are `(none)`.
    pub product: Option<String>,
    /// How many, as of lines.
    pub units: Option<String>,
    /// What was given back, not below zero.
    pub money: MoneySource,
    /// Why.
    pub reason: Option<ReasonSource>,
}

/// How columns become invoices.
#[derive(Clone, Debug)]
pub struct InvoicesSource {
    /// Tells invoices apart: integers, text or binary.
    pub invoice_id: Option<String>,
    /// The last day on which it is paid in time, or NULL: a date or a timestamp.
    pub due_at: Option<String>,
    /// When it was paid, or NULL: a date or a timestamp.
    pub paid_at: String,
    /// What is owed; below zero of a credit note.
    pub money: MoneySource,
}

/// How columns become engagement.
#[derive(Clone, Debug)]
pub struct EngagementSource {
    /// What it was; NULL and the empty text are `(none)`.
    pub kind: String,
    /// How much of it, not below zero, with two decimals; NULL is 1, as it is where nothing is mapped.
    pub value: Option<String>,
}

/// Amounts.
#[derive(Clone, Debug)]
pub struct MoneySource {
    /// Value in whole units: decimals, integers or floats.
    pub amount: String,
    /// Minor units.
    pub scale: Scale,
    /// In what the amounts are.
    pub currency: CurrencySource,
}

/// In what the amounts are.
#[derive(Clone, Debug)]
pub enum CurrencySource {
    /// All in one currency, whose code may be given.
    Fixed(Option<String>),
    /// Each row in its own, converted by the rate of its day.
    Column {
        /// SQL expression.
        expr: String,
        /// Parquet or CSV with the columns date, currency and rate: one unit of the currency
        /// is `rate` units of the report's. A rate holds from its date until the next one.
        rates: PathBuf,
    },
}

/// How a status text becomes a [`kohort_model::Kind`]. A text in none of the lists, and NULL,
/// is a rejected row.
#[derive(Clone, Debug)]
pub struct StatusSource {
    /// SQL expression.
    pub expr: String,
    /// Texts of completed orders.
    pub completed: Vec<String>,
    /// Texts of lost orders.
    pub lost: Vec<String>,
    /// Texts of orders that are not decided.
    pub open: Vec<String>,
    /// Texts of rows of no interest.
    pub ignored: Vec<String>,
}

impl StatusSource {
    /// The texts of all lists.
    fn texts(&self) -> Vec<&String> {
        [&self.completed, &self.lost, &self.open, &self.ignored].into_iter().flatten().collect()
    }
}

/// A reason in words. NULL and the empty text are `unknown`.
#[derive(Clone, Debug)]
pub struct ReasonSource {
    /// SQL expression.
    pub expr: String,
    /// Texts by the reason that they stand for; others are kept as they are.
    pub names: BTreeMap<String, String>,
}

/// How a variant's text tells the holdout from those who were contacted.
#[derive(Clone, Debug)]
pub struct VariantSource {
    /// SQL expression.
    pub expr: String,
    /// Texts of the holdout; every other, and NULL, was contacted.
    pub holdout: Vec<String>,
}

/// A breakdown.
#[derive(Clone, Debug)]
pub struct SegmentSource {
    /// Name in the tables.
    pub name: String,
    /// SQL expression; its text is the value, and NULL or the empty text is `(none)`.
    pub expr: String,
}

/// What the selected measures need beside customer, day and value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// Order ids, where `order_id` is mapped. Those of other inputs than orders are always read.
    pub order_ids: bool,
    /// Instants, where the time is a timestamp.
    pub instants: bool,
    /// Reasons, where they are mapped.
    pub reasons: bool,
}

impl Source {
    /// Which input it is.
    #[must_use]
    pub fn input(&self) -> Input {
        match &self.content {
            Content::Orders(_) => Input::Orders,
            Content::Subscriptions(_) => Input::Subscriptions,
            Content::Prospects => Input::Prospects,
            Content::Contacts(_) => Input::Contacts,
            Content::Surveys(_) => Input::Surveys,
            Content::Touchpoints(_) => Input::Touchpoints,
            Content::Identities(_) => Input::Identities,
            Content::Opportunities(_) => Input::Opportunities,
            Content::OrderLines(_) => Input::OrderLines,
            Content::Returns(_) => Input::Returns,
            Content::Invoices(_) => Input::Invoices,
            Content::Engagement(_) => Input::Engagement,
        }
    }

    pub(crate) fn money(&self) -> Option<&MoneySource> {
        match &self.content {
            Content::Orders(orders) => Some(&orders.money),
            Content::Subscriptions(subscriptions) => Some(&subscriptions.money),
            Content::Touchpoints(touchpoints) => touchpoints.money.as_ref(),
            Content::Opportunities(opportunities) => Some(&opportunities.money),
            Content::OrderLines(lines) => Some(&lines.money),
            Content::Returns(returns) => Some(&returns.money),
            Content::Invoices(invoices) => Some(&invoices.money),
            _ => None,
        }
    }

    /// What becomes the values, and how many decimal places they have.
    pub(crate) fn amount(&self) -> Option<(&String, Scale)> {
        match &self.content {
            Content::Engagement(engagement) => engagement.value.as_ref().zip(Scale::new(2)),
            _ => self.money().map(|money| (&money.amount, money.scale)),
        }
    }

    pub(crate) fn reason(&self) -> Option<&ReasonSource> {
        match &self.content {
            Content::Orders(orders) => orders.lost_reason.as_ref(),
            Content::Subscriptions(subscriptions) => subscriptions.cancel_reason.as_ref(),
            Content::Surveys(surveys) => surveys.reason.as_ref(),
            Content::Opportunities(opportunities) => opportunities.reason.as_ref(),
            Content::Returns(returns) => returns.reason.as_ref(),
            _ => None,
        }
    }

    pub(crate) fn segments(&self) -> &[SegmentSource] {
        match &self.content {
            Content::Orders(orders) => &orders.segments,
            Content::Subscriptions(subscriptions) => &subscriptions.segments,
            _ => &[],
        }
    }

    /// The values of which the pipeline names some texts, and these; in a fixed order.
    pub(crate) fn named_texts(&self) -> Vec<(Role, Vec<&String>)> {
        let mut named: Vec<(Role, Vec<&String>)> = Vec::new();
        match &self.content {
            Content::Orders(orders) => {
                named.extend(orders.status.as_ref().map(|status| (Role::Status, status.texts())));
            }
            Content::Opportunities(input) => {
                named.push((Role::Status, input.outcome.texts()));
                named.push((Role::Segment(STAGE), input.stages.iter().collect()));
            }
            Content::Contacts(ContactsSource { variant: Some(variant), .. }) => {
                named.push((Role::Variant, variant.holdout.iter().collect()));
            }
            Content::Touchpoints(touchpoints) => {
                named.push((Role::Segment(WHAT), touchpoints.steps.iter().collect()));
            }
            _ => {}
        }
        named.extend(self.reason().map(|reason| (Role::Reason, reason.names.keys().collect())));
        named.retain(|(_, texts)| !texts.is_empty());
        named
    }

    /// How many texts a row has as codes.
    pub(crate) fn codes(&self) -> usize {
        match &self.content {
            Content::Contacts(_) | Content::Opportunities(_) | Content::OrderLines(_) => 2,
            Content::Touchpoints(_) | Content::Returns(_) | Content::Engagement(_) => 1,
            _ => self.segments().len(),
        }
    }

    /// How many texts the codes at a place may stand for.
    pub(crate) fn limit(&self, index: usize) -> u32 {
        match &self.content {
            Content::OrderLines(_) | Content::Returns(_) if index == PRODUCT => u32::MAX,
            _ => self.max_segment_values,
        }
    }
}
