//! The inputs of a pipeline as the reader knows them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use kohort_load::{
    ContactsSource, Content, CurrencySource, MoneySource, OrdersSource, ReasonSource,
    SegmentSource, Source, StatusSource, SubscriptionsSource, SurveysSource, VariantSource,
};
use kohort_model::Scale;

use crate::{BasisInput, Currency, OrdersInput, Pipeline, SubscriptionsInput};

/// Every input of a pipeline, orders or subscriptions first.
pub(crate) fn sources(pipeline: &Pipeline) -> Vec<Source> {
    let mut sources = vec![match &pipeline.basis {
        BasisInput::Orders(input) => orders(pipeline, input),
        BasisInput::Subscriptions(input) => subscriptions(pipeline, input),
    }];
    sources.extend(pipeline.prospects.as_ref().map(|input| Source {
        filter: input.filter.clone(),
        ..plain(
            pipeline,
            &input.paths,
            (&input.customer_id, &input.first_seen_at),
            Content::Prospects,
        )
    }));
    sources.extend(pipeline.contacts.as_ref().map(|input| {
        let content = Content::Contacts(ContactsSource {
            campaign: input.campaign.clone(),
            strategy: input.strategy.clone(),
            variant: input.variant.as_ref().map(|variant| VariantSource {
                expr: variant.column.clone(),
                holdout: variant.holdout.clone(),
            }),
        });
        let values = (&*input.customer_id, &*input.contacted_at);
        let filter = input.filter.clone();
        Source { filter, ..plain(pipeline, &input.paths, values, content) }
    }));
    sources.extend(pipeline.surveys.as_ref().map(|input| {
        let content = Content::Surveys(SurveysSource {
            reason: reason(&input.reason, &pipeline.churn_reasons),
        });
        let values = (&*input.customer_id, &*input.answered_at);
        let filter = input.filter.clone();
        Source { filter, ..plain(pipeline, &input.paths, values, content) }
    }));
    sources
}

fn plain(
    pipeline: &Pipeline,
    paths: &[PathBuf],
    (customer_id, time): (&str, &str),
    content: Content,
) -> Source {
    Source {
        paths: paths.iter().map(|path| path.to_string_lossy().into_owned()).collect(),
        customer_id: customer_id.to_owned(),
        time: time.to_owned(),
        filter: None,
        deduplicate: false,
        max_segment_values: pipeline.max_segment_values,
        timezone: pipeline.timezone,
        content,
    }
}

fn orders(pipeline: &Pipeline, input: &OrdersInput) -> Source {
    let content = Content::Orders(OrdersSource {
        order_id: input.order_id.clone(),
        money: money(&input.amount, input.scale, &input.currency),
        updated_at: input.updated_at.clone(),
        status: input.status.as_ref().map(|status| StatusSource {
            expr: status.column.clone(),
            completed: status.completed.clone(),
            lost: status.lost.clone(),
            open: status.open.clone(),
            ignored: status.ignored.clone(),
        }),
        lost_reason: input.lost_reason.as_ref().map(|expr| reason(expr, &pipeline.reasons)),
        segments: segments(pipeline),
    });
    Source {
        filter: input.filter.clone(),
        deduplicate: input.deduplicate,
        ..plain(pipeline, &input.paths, (&input.customer_id, &input.ordered_at), content)
    }
}

fn subscriptions(pipeline: &Pipeline, input: &SubscriptionsInput) -> Source {
    let names = &pipeline.churn_reasons;
    let content = Content::Subscriptions(SubscriptionsSource {
        subscription_id: input.subscription_id.clone(),
        money: money(&input.amount, input.scale, &input.currency),
        interval: Some(input.interval.clone()),
        trial: input.trial.clone(),
        ended_at: Some(input.ended_at.clone()),
        cancelled_at: input.cancelled_at.clone(),
        involuntary: input.involuntary.clone(),
        cancel_reason: input.cancel_reason.as_ref().map(|expr| reason(expr, names)),
        segments: segments(pipeline),
    });
    Source {
        filter: input.filter.clone(),
        deduplicate: input.deduplicate,
        ..plain(pipeline, &input.paths, (&input.customer_id, &input.started_at), content)
    }
}

fn money(amount: &str, scale: Scale, currency: &Currency) -> MoneySource {
    let currency = match currency {
        Currency::Unnamed => CurrencySource::Fixed(None),
        Currency::Code(code) => CurrencySource::Fixed(Some(code.clone())),
        Currency::Converted { column, rates } => {
            CurrencySource::Column { expr: column.clone(), rates: rates.clone() }
        }
    };
    MoneySource { amount: amount.to_owned(), scale, currency }
}

fn reason(expr: &str, names: &[(String, String)]) -> ReasonSource {
    ReasonSource { expr: expr.to_owned(), names: names.iter().cloned().collect::<BTreeMap<_, _>>() }
}

fn segments(pipeline: &Pipeline) -> Vec<SegmentSource> {
    let segments = pipeline.segments.iter();
    segments.map(|s| SegmentSource { name: s.name.clone(), expr: s.column.clone() }).collect()
}
