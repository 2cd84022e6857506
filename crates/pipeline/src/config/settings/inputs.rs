//! What is listed of the inputs.

use super::Settings;
use crate::{BasisInput, Currency, OrdersInput, Pipeline, Rows, StatusLists, SubscriptionsInput};

impl Settings {
    pub fn basis(&mut self, basis: &BasisInput) {
        match basis {
            BasisInput::Orders(orders) => self.orders(orders),
            BasisInput::Subscriptions(subscriptions) => self.subscriptions(subscriptions),
        }
    }

    fn orders(&mut self, orders: &OrdersInput) {
        self.texts("inputs.orders.path", &orders.paths);
        self.add("inputs.orders.customer_id", &orders.customer_id);
        self.option("inputs.orders.order_id", orders.order_id.as_ref());
        self.add("inputs.orders.ordered_at", &orders.ordered_at);
        self.add("inputs.orders.amount", &orders.amount);
        self.add(
            "inputs.orders.rows",
            match orders.rows {
                Rows::Orders => "orders",
                Rows::Lines => "lines",
            },
        );
        self.option("inputs.orders.updated_at", orders.updated_at.as_ref());
        if let Some(status) = &orders.status {
            self.add("inputs.orders.status", &status.column);
            self.lists("inputs.orders", "completed", status);
        }
        self.option("inputs.orders.lost_reason", orders.lost_reason.as_ref());
        self.option("inputs.orders.where", orders.filter.as_ref());
        self.money("inputs.orders", orders.scale.places(), &orders.currency);
        self.add("inputs.orders.deduplicate", orders.deduplicate);
    }

    fn subscriptions(&mut self, input: &SubscriptionsInput) {
        self.texts("inputs.subscriptions.path", &input.paths);
        self.add("inputs.subscriptions.subscription_id", &input.subscription_id);
        self.add("inputs.subscriptions.customer_id", &input.customer_id);
        self.add("inputs.subscriptions.started_at", &input.started_at);
        self.add("inputs.subscriptions.ended_at", &input.ended_at);
        self.add("inputs.subscriptions.amount", &input.amount);
        self.add("inputs.subscriptions.interval", &input.interval);
        self.option("inputs.subscriptions.cancelled_at", input.cancelled_at.as_ref());
        self.option("inputs.subscriptions.cancel_reason", input.cancel_reason.as_ref());
        self.option("inputs.subscriptions.involuntary", input.involuntary.as_ref());
        self.option("inputs.subscriptions.trial", input.trial.as_ref());
        self.option("inputs.subscriptions.where", input.filter.as_ref());
        self.money("inputs.subscriptions", input.scale.places(), &input.currency);
        self.add("inputs.subscriptions.deduplicate", input.deduplicate);
    }

    fn money(&mut self, input: &str, places: u8, currency: &Currency) {
        self.add(&format!("{input}.scale"), places);
        match currency {
            Currency::Unnamed => {}
            Currency::Code(code) => self.add(&format!("{input}.currency"), code),
            Currency::Converted { column, rates } => {
                self.add(&format!("{input}.currency"), column);
                self.path(&format!("{input}.rates"), rates);
            }
        }
    }

    /// `completed` is how the input calls the first list.
    fn lists(&mut self, input: &str, completed: &str, status: &StatusLists) {
        self.texts(&format!("{input}.{completed}"), &status.completed);
        self.texts(&format!("{input}.lost"), &status.lost);
        self.texts(&format!("{input}.open"), &status.open);
        self.texts(&format!("{input}.ignored"), &status.ignored);
    }

    pub fn people(&mut self, pipeline: &Pipeline) {
        if let Some(prospects) = &pipeline.prospects {
            self.texts("inputs.prospects.path", &prospects.paths);
            self.add("inputs.prospects.customer_id", &prospects.customer_id);
            self.add("inputs.prospects.first_seen_at", &prospects.first_seen_at);
            self.option("inputs.prospects.where", prospects.filter.as_ref());
        }
        if let Some(contacts) = &pipeline.contacts {
            self.texts("inputs.contacts.path", &contacts.paths);
            self.add("inputs.contacts.customer_id", &contacts.customer_id);
            self.add("inputs.contacts.contacted_at", &contacts.contacted_at);
            self.option("inputs.contacts.campaign", contacts.campaign.as_ref());
            self.option("inputs.contacts.strategy", contacts.strategy.as_ref());
            if let Some(variant) = &contacts.variant {
                self.add("inputs.contacts.variant", &variant.column);
                self.texts("inputs.contacts.holdout", &variant.holdout);
            }
            self.option("inputs.contacts.where", contacts.filter.as_ref());
        }
        if let Some(surveys) = &pipeline.surveys {
            self.texts("inputs.surveys.path", &surveys.paths);
            self.add("inputs.surveys.customer_id", &surveys.customer_id);
            self.add("inputs.surveys.answered_at", &surveys.answered_at);
            self.option("inputs.surveys.reason", surveys.reason.as_ref());
            self.option("inputs.surveys.score", surveys.score.as_ref());
            self.option("inputs.surveys.where", surveys.filter.as_ref());
        }
        if let Some(engagement) = &pipeline.engagement {
            self.texts("inputs.engagement.path", &engagement.paths);
            self.add("inputs.engagement.customer_id", &engagement.customer_id);
            self.add("inputs.engagement.occurred_at", &engagement.occurred_at);
            self.add("inputs.engagement.kind", &engagement.kind);
            self.option("inputs.engagement.value", engagement.value.as_ref());
            self.option("inputs.engagement.where", engagement.filter.as_ref());
        }
    }

    pub fn nearly_sold(&mut self, pipeline: &Pipeline) {
        if let Some(touchpoints) = &pipeline.touchpoints {
            self.texts("inputs.touchpoints.path", &touchpoints.paths);
            self.add("inputs.touchpoints.visitor_id", &touchpoints.visitor_id);
            self.add("inputs.touchpoints.occurred_at", &touchpoints.occurred_at);
            self.add("inputs.touchpoints.step", &touchpoints.step);
            self.option("inputs.touchpoints.cart_id", touchpoints.cart_id.as_ref());
            self.option("inputs.touchpoints.value", touchpoints.value.as_ref());
            self.option("inputs.touchpoints.customer_id", touchpoints.customer_id.as_ref());
            self.option("inputs.touchpoints.where", touchpoints.filter.as_ref());
        }
        if let Some(identities) = &pipeline.identities {
            self.texts("inputs.identities.path", &identities.paths);
            self.add("inputs.identities.visitor_id", &identities.visitor_id);
            self.add("inputs.identities.customer_id", &identities.customer_id);
            self.option("inputs.identities.where", identities.filter.as_ref());
        }
        if let Some(input) = &pipeline.opportunities {
            self.texts("inputs.opportunities.path", &input.paths);
            self.option("inputs.opportunities.opportunity_id", input.opportunity_id.as_ref());
            self.add("inputs.opportunities.buyer", &input.buyer);
            self.add("inputs.opportunities.created_at", &input.created_at);
            self.option("inputs.opportunities.closed_at", input.closed_at.as_ref());
            self.add("inputs.opportunities.outcome", &input.outcome.column);
            self.lists("inputs.opportunities", "won", &input.outcome);
            self.option("inputs.opportunities.stage", input.stage.as_ref());
            self.add("inputs.opportunities.value", &input.value);
            self.option("inputs.opportunities.reason", input.reason.as_ref());
            self.option("inputs.opportunities.competitor", input.competitor.as_ref());
            self.option("inputs.opportunities.where", input.filter.as_ref());
        }
    }

    pub fn goods(&mut self, pipeline: &Pipeline) {
        if let Some(lines) = &pipeline.order_lines {
            self.texts("inputs.order_lines.path", &lines.paths);
            self.add("inputs.order_lines.customer_id", &lines.customer_id);
            self.add("inputs.order_lines.order_id", &lines.order_id);
            self.add("inputs.order_lines.ordered_at", &lines.ordered_at);
            self.option("inputs.order_lines.product", lines.product.as_ref());
            self.option("inputs.order_lines.category", lines.category.as_ref());
            self.option("inputs.order_lines.units", lines.units.as_ref());
            self.add("inputs.order_lines.value", &lines.value);
            self.option("inputs.order_lines.where", lines.filter.as_ref());
        }
        if let Some(returns) = &pipeline.returns {
            self.texts("inputs.returns.path", &returns.paths);
            self.add("inputs.returns.customer_id", &returns.customer_id);
            self.add("inputs.returns.order_id", &returns.order_id);
            self.add("inputs.returns.returned_at", &returns.returned_at);
            self.option("inputs.returns.product", returns.product.as_ref());
            self.option("inputs.returns.units", returns.units.as_ref());
            self.add("inputs.returns.value", &returns.value);
            self.option("inputs.returns.reason", returns.reason.as_ref());
            self.option("inputs.returns.where", returns.filter.as_ref());
        }
        if let Some(invoices) = &pipeline.invoices {
            self.texts("inputs.invoices.path", &invoices.paths);
            self.add("inputs.invoices.customer_id", &invoices.customer_id);
            self.option("inputs.invoices.invoice_id", invoices.invoice_id.as_ref());
            self.add("inputs.invoices.invoiced_at", &invoices.invoiced_at);
            self.option("inputs.invoices.due_at", invoices.due_at.as_ref());
            self.add("inputs.invoices.paid_at", &invoices.paid_at);
            self.add("inputs.invoices.amount", &invoices.amount);
            self.option("inputs.invoices.where", invoices.filter.as_ref());
        }
    }
}
