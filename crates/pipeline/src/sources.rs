//! The inputs of a pipeline as the reader knows them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use kohort_load::{
    ContactsSource, Content, CurrencySource, EngagementSource, IdentitiesSource, InvoicesSource,
    MoneySource, OpportunitiesSource, OrderLinesSource, OrdersSource, ReasonSource, ReturnsSource,
    SegmentSource, Source, StatusSource, SubscriptionsSource, SurveysSource, TouchpointsSource,
    VariantSource,
};
use kohort_model::Scale;

use crate::checks::column_checks;
use crate::{
    BasisInput, ContactsInput, Currency, EngagementInput, IdentitiesInput, InvoicesInput,
    OpportunitiesInput, OrderLinesInput, OrdersInput, Pipeline, ProspectsInput, ReturnsInput,
    StatusLists, SubscriptionsInput, SurveysInput, TouchpointsInput,
};

/// Every input of a pipeline, orders or subscriptions first, the others in the order of
/// [`kohort_model::Input::ALL`].
pub(crate) fn sources(pipeline: &Pipeline) -> Vec<Source> {
    let history = match &pipeline.basis {
        BasisInput::Orders(input) => orders(pipeline, input),
        BasisInput::Subscriptions(input) => subscriptions(pipeline, input),
    };
    let further = [
        pipeline.prospects.as_ref().map(|input| prospects(pipeline, input)),
        pipeline.contacts.as_ref().map(|input| contacts(pipeline, input)),
        pipeline.surveys.as_ref().map(|input| surveys(pipeline, input)),
        pipeline.touchpoints.as_ref().map(|input| touchpoints(pipeline, input)),
        pipeline.identities.as_ref().map(|input| identities(pipeline, input)),
        pipeline.opportunities.as_ref().map(|input| opportunities(pipeline, input)),
        pipeline.order_lines.as_ref().map(|input| order_lines(pipeline, input)),
        pipeline.returns.as_ref().map(|input| returns(pipeline, input)),
        pipeline.invoices.as_ref().map(|input| invoices(pipeline, input)),
        pipeline.engagement.as_ref().map(|input| engagement(pipeline, input)),
    ];
    let all = std::iter::once(history).chain(further.into_iter().flatten());
    let checked = |source: Source| {
        let input = source.input();
        let (checks, naive_times) = (column_checks(pipeline, input), pipeline.naive_times(input));
        Source { checks, naive_times, earliest: pipeline.checks.earliest, ..source }
    };
    all.map(checked).collect()
}

/// What sources have in common: where an input lies, which rows of it count, and whose events at
/// which time they are.
struct Common<'a> {
    paths: &'a [PathBuf],
    filter: &'a Option<String>,
    customer_id: &'a str,
    time: Option<&'a str>,
}

impl Common<'_> {
    fn source(self, pipeline: &Pipeline, content: Content) -> Source {
        let paths = self.paths.iter().map(|path| path.to_string_lossy().into_owned());
        Source {
            paths: paths.collect(),
            customer_id: self.customer_id.to_owned(),
            time: self.time.map(str::to_owned),
            filter: self.filter.clone(),
            deduplicate: false,
            max_segment_values: pipeline.max_segment_values,
            timezone: pipeline.timezone,
            naive_times: None,
            earliest: None,
            content,
            checks: Vec::new(),
        }
    }
}

fn orders(pipeline: &Pipeline, input: &OrdersInput) -> Source {
    let content = Content::Orders(OrdersSource {
        order_id: input.order_id.clone(),
        money: money(&input.amount, input.scale, &input.currency),
        updated_at: input.updated_at.clone(),
        status: input.status.as_ref().map(status),
        lost_reason: reason(input.lost_reason.as_ref(), &pipeline.reasons),
        segments: segments(pipeline),
    });
    let common = Common {
        paths: &input.paths,
        filter: &input.filter,
        customer_id: &input.customer_id,
        time: Some(&input.ordered_at),
    };
    Source { deduplicate: input.deduplicate, ..common.source(pipeline, content) }
}

fn subscriptions(pipeline: &Pipeline, input: &SubscriptionsInput) -> Source {
    let content = Content::Subscriptions(SubscriptionsSource {
        subscription_id: input.subscription_id.clone(),
        money: money(&input.amount, input.scale, &input.currency),
        interval: Some(input.interval.clone()),
        trial: input.trial.clone(),
        ended_at: Some(input.ended_at.clone()),
        cancelled_at: input.cancelled_at.clone(),
        involuntary: input.involuntary.clone(),
        cancel_reason: reason(input.cancel_reason.as_ref(), &pipeline.churn_reasons),
        segments: segments(pipeline),
    });
    let common = Common {
        paths: &input.paths,
        filter: &input.filter,
        customer_id: &input.customer_id,
        time: Some(&input.started_at),
    };
    Source { deduplicate: input.deduplicate, ..common.source(pipeline, content) }
}

fn prospects(pipeline: &Pipeline, input: &ProspectsInput) -> Source {
    let content = Content::Prospects;
    let common = Common {
        paths: &input.paths,
        filter: &input.filter,
        customer_id: &input.customer_id,
        time: Some(&input.first_seen_at),
    };
    common.source(pipeline, content)
}

fn contacts(pipeline: &Pipeline, input: &ContactsInput) -> Source {
    let content = Content::Contacts(ContactsSource {
        campaign: input.campaign.clone(),
        strategy: input.strategy.clone(),
        variant: input.variant.as_ref().map(|variant| VariantSource {
            expr: variant.column.clone(),
            holdout: variant.holdout.clone(),
        }),
    });
    let common = Common {
        paths: &input.paths,
        filter: &input.filter,
        customer_id: &input.customer_id,
        time: Some(&input.contacted_at),
    };
    common.source(pipeline, content)
}

fn surveys(pipeline: &Pipeline, input: &SurveysInput) -> Source {
    let content = Content::Surveys(SurveysSource {
        reason: reason(input.reason.as_ref(), &pipeline.churn_reasons),
        score: input.score.clone(),
    });
    let common = Common {
        paths: &input.paths,
        filter: &input.filter,
        customer_id: &input.customer_id,
        time: Some(&input.answered_at),
    };
    common.source(pipeline, content)
}

fn touchpoints(pipeline: &Pipeline, input: &TouchpointsInput) -> Source {
    let content = Content::Touchpoints(TouchpointsSource {
        step: input.step.clone(),
        steps: pipeline.funnel.steps.clone(),
        cart_id: input.cart_id.clone(),
        money: input.value.as_ref().map(|value| value_of(pipeline, value)),
        customer_id: input.customer_id.clone(),
    });
    let common = Common {
        paths: &input.paths,
        filter: &input.filter,
        customer_id: &input.visitor_id,
        time: Some(&input.occurred_at),
    };
    common.source(pipeline, content)
}

fn identities(pipeline: &Pipeline, input: &IdentitiesInput) -> Source {
    let content = Content::Identities(IdentitiesSource { customer_id: input.customer_id.clone() });
    let common = Common {
        paths: &input.paths,
        filter: &input.filter,
        customer_id: &input.visitor_id,
        time: None,
    };
    common.source(pipeline, content)
}

fn opportunities(pipeline: &Pipeline, input: &OpportunitiesInput) -> Source {
    let content = Content::Opportunities(OpportunitiesSource {
        opportunity_id: input.opportunity_id.clone(),
        closed_at: input.closed_at.clone(),
        outcome: status(&input.outcome),
        stage: input.stage.clone(),
        stages: pipeline.stages.clone(),
        money: value_of(pipeline, &input.value),
        reason: reason(input.reason.as_ref(), &pipeline.reasons),
        competitor: input.competitor.clone(),
    });
    let common = Common {
        paths: &input.paths,
        filter: &input.filter,
        customer_id: &input.buyer,
        time: Some(&input.created_at),
    };
    common.source(pipeline, content)
}

fn order_lines(pipeline: &Pipeline, input: &OrderLinesInput) -> Source {
    let content = Content::OrderLines(OrderLinesSource {
        order_id: input.order_id.clone(),
        product: input.product.clone(),
        category: input.category.clone(),
        units: input.units.clone(),
        money: value_of(pipeline, &input.value),
    });
    let common = Common {
        paths: &input.paths,
        filter: &input.filter,
        customer_id: &input.customer_id,
        time: Some(&input.ordered_at),
    };
    common.source(pipeline, content)
}

fn returns(pipeline: &Pipeline, input: &ReturnsInput) -> Source {
    let content = Content::Returns(ReturnsSource {
        order_id: input.order_id.clone(),
        product: input.product.clone(),
        units: input.units.clone(),
        money: value_of(pipeline, &input.value),
        reason: reason(input.reason.as_ref(), &pipeline.return_reasons),
    });
    let common = Common {
        paths: &input.paths,
        filter: &input.filter,
        customer_id: &input.customer_id,
        time: Some(&input.returned_at),
    };
    common.source(pipeline, content)
}

fn invoices(pipeline: &Pipeline, input: &InvoicesInput) -> Source {
    let content = Content::Invoices(InvoicesSource {
        invoice_id: input.invoice_id.clone(),
        due_at: input.due_at.clone(),
        paid_at: input.paid_at.clone(),
        money: value_of(pipeline, &input.amount),
    });
    let common = Common {
        paths: &input.paths,
        filter: &input.filter,
        customer_id: &input.customer_id,
        time: Some(&input.invoiced_at),
    };
    common.source(pipeline, content)
}

fn engagement(pipeline: &Pipeline, input: &EngagementInput) -> Source {
    let content = Content::Engagement(EngagementSource {
        kind: input.kind.clone(),
        value: input.value.clone(),
    });
    let common = Common {
        paths: &input.paths,
        filter: &input.filter,
        customer_id: &input.customer_id,
        time: Some(&input.occurred_at),
    };
    common.source(pipeline, content)
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

/// Amounts of an input beside the history, which are in the currency of the tables.
fn value_of(pipeline: &Pipeline, amount: &str) -> MoneySource {
    let currency = CurrencySource::Fixed(None);
    MoneySource { amount: amount.to_owned(), scale: pipeline.basis.scale(), currency }
}

fn status(status: &StatusLists) -> StatusSource {
    StatusSource {
        expr: status.column.clone(),
        completed: status.completed.clone(),
        lost: status.lost.clone(),
        open: status.open.clone(),
        ignored: status.ignored.clone(),
    }
}

fn reason(expr: Option<&String>, names: &[(String, String)]) -> Option<ReasonSource> {
    let names: BTreeMap<_, _> = names.iter().cloned().collect();
    expr.map(|expr| ReasonSource { expr: expr.clone(), names })
}

fn segments(pipeline: &Pipeline) -> Vec<SegmentSource> {
    let segments = pipeline.segments.iter();
    segments.map(|s| SegmentSource { name: s.name.clone(), expr: s.column.clone() }).collect()
}
