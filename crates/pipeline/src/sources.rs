//! The inputs of a pipeline as the reader knows them.

use std::collections::BTreeMap;

use kohort_load::{
    ContactsSource, Content, CurrencySource, EngagementSource, IdentitiesSource, InvoicesSource,
    MoneySource, OpportunitiesSource, OrderLinesSource, OrdersSource, ReasonSource, ReturnsSource,
    SegmentSource, Source, StatusSource, SubscriptionsSource, SurveysSource, TouchpointsSource,
    VariantSource,
};
use kohort_model::{Input, ValueKind};

use crate::checks::column_checks;
use crate::{Currency, MappedColumn, MappedInput, Pipeline};

/// Every input of a pipeline, orders or subscriptions first, the others in the order of
/// [`kohort_model::Input::ALL`].
pub(crate) fn sources(pipeline: &Pipeline) -> Vec<Source> {
    pipeline.inputs.iter().map(|input| source(pipeline, input)).collect()
}

fn source(pipeline: &Pipeline, input: &MappedInput) -> Source {
    let spec = input.spec;
    let text = |place: Option<usize>| {
        let name = place.map(|place| spec.columns[place].name);
        name.and_then(|name| input.column(name)).map(|mapped| mapped.expression.clone())
    };
    let paths = input.paths.iter().map(|path| path.to_string_lossy().into_owned());
    Source {
        paths: paths.collect(),
        customer_id: text(Some(spec.owner())).unwrap_or_default(),
        time: text(spec.time()),
        filter: input.filter.clone(),
        deduplicate: input.deduplicate,
        max_segment_values: pipeline.max_segment_values,
        timezone: pipeline.timezone,
        naive_times: pipeline.naive_times(spec.input),
        earliest: pipeline.checks.earliest,
        content: content(pipeline, input),
        checks: column_checks(pipeline, spec.input),
    }
}

fn content(pipeline: &Pipeline, input: &MappedInput) -> Content {
    let optional = |name: &str| input.column(name).map(|mapped| mapped.expression.clone());
    let needed = |name: &str| optional(name).unwrap_or_default();
    let money = |name: &str| money(pipeline, input, needed(name));
    let reason = |name: &str| input.column(name).map(|mapped| reason(pipeline, mapped));
    let status = |name: &str| input.column(name).map(status);
    match input.spec.input {
        Input::Orders => Content::Orders(OrdersSource {
            order_id: optional("order_id"),
            money: money("amount"),
            updated_at: optional("updated_at"),
            status: status("status"),
            lost_reason: reason("lost_reason"),
            segments: segments(pipeline),
        }),
        Input::Subscriptions => Content::Subscriptions(SubscriptionsSource {
            subscription_id: needed("subscription_id"),
            money: money("amount"),
            interval: optional("interval"),
            trial: optional("trial"),
            ended_at: optional("ended_at"),
            cancelled_at: optional("cancelled_at"),
            involuntary: optional("involuntary"),
            cancel_reason: reason("cancel_reason"),
            segments: segments(pipeline),
        }),
        Input::Prospects => Content::Prospects,
        Input::Contacts => Content::Contacts(ContactsSource {
            campaign: optional("campaign"),
            strategy: optional("strategy"),
            variant: input.column("variant").map(|mapped| VariantSource {
                expr: mapped.expression.clone(),
                holdout: mapped.lists[0].texts.clone(),
            }),
        }),
        Input::Surveys => {
            Content::Surveys(SurveysSource { reason: reason("reason"), score: optional("score") })
        }
        Input::Touchpoints => Content::Touchpoints(TouchpointsSource {
            step: needed("step"),
            steps: pipeline.listed("funnel.steps").to_vec(),
            cart_id: optional("cart_id"),
            money: optional("value").map(|_| money("value")),
            customer_id: optional("customer_id"),
        }),
        Input::Identities => {
            Content::Identities(IdentitiesSource { customer_id: needed("customer_id") })
        }
        Input::Opportunities => Content::Opportunities(OpportunitiesSource {
            opportunity_id: optional("opportunity_id"),
            closed_at: optional("closed_at"),
            outcome: status("outcome").expect("it has to be mapped"),
            stage: optional("stage"),
            stages: pipeline.listed("lost_sales.stages").to_vec(),
            money: money("value"),
            reason: reason("reason"),
            competitor: optional("competitor"),
        }),
        Input::OrderLines => Content::OrderLines(OrderLinesSource {
            order_id: needed("order_id"),
            product: optional("product"),
            category: optional("category"),
            units: optional("units"),
            money: money("value"),
        }),
        Input::Returns => Content::Returns(ReturnsSource {
            order_id: needed("order_id"),
            product: optional("product"),
            units: optional("units"),
            money: money("value"),
            reason: reason("reason"),
        }),
        Input::Invoices => Content::Invoices(InvoicesSource {
            invoice_id: optional("invoice_id"),
            due_at: optional("due_at"),
            paid_at: needed("paid_at"),
            money: money("amount"),
        }),
        Input::Engagement => {
            Content::Engagement(EngagementSource { kind: needed("kind"), value: optional("value") })
        }
    }
}

/// Amounts of an input beside the history are in the currency of the tables.
fn money(pipeline: &Pipeline, input: &MappedInput, amount: String) -> MoneySource {
    let currency = match pipeline.basis.currency() {
        _ if !input.spec.is_history => CurrencySource::Fixed(None),
        Currency::Unnamed => CurrencySource::Fixed(None),
        Currency::Code(code) => CurrencySource::Fixed(Some(code.clone())),
        Currency::Converted { column, rates } => {
            CurrencySource::Column { expr: column.clone(), rates: rates.clone() }
        }
    };
    MoneySource { amount, scale: pipeline.basis.scale(), currency }
}

fn status(mapped: &MappedColumn) -> StatusSource {
    let texts = |list: usize| mapped.lists[list].texts.clone();
    StatusSource {
        expr: mapped.expression.clone(),
        completed: texts(0),
        lost: texts(1),
        open: texts(2),
        ignored: texts(3),
    }
}

fn reason(pipeline: &Pipeline, mapped: &MappedColumn) -> ReasonSource {
    let key = match mapped.column.kind {
        ValueKind::Text(text) => text.renamed_by,
        _ => None,
    };
    let names: BTreeMap<_, _> =
        key.map(|key| pipeline.renamed(key)).unwrap_or_default().iter().cloned().collect();
    ReasonSource { expr: mapped.expression.clone(), names }
}

fn segments(pipeline: &Pipeline) -> Vec<SegmentSource> {
    let segments = pipeline.segments.iter();
    segments.map(|s| SegmentSource { name: s.name.clone(), expr: s.column.clone() }).collect()
}
