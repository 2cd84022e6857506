//! Rows that a table does not count.

use kohort_model::Basis;

use super::people::Role;
use super::{Frame, Omissions, churn_reasons, funnel, periods, win_back};

/// By table and name; without those of which there are none.
pub(super) fn omissions(frame: &Frame<'_>) -> Omissions {
    let everybody = &frame.groups[0];
    let touches = everybody.people.iter().flat_map(|p| &p.further.touches);
    let engagement = everybody.people.iter().filter(|p| !p.is_customer());
    // What nobody answered and has no score counts nowhere.
    let surveys = frame
        .history
        .surveys
        .iter()
        .flatten()
        .filter(|a| a.day < frame.as_of && (a.customer.is_some() || a.score.is_some()));
    let of_nobody = surveys.clone().filter(|a| {
        let reason = a.reason.as_ref();
        a.customer.is_none() && reason.is_some_and(|r| !r.is_empty() && r != "unknown")
    });
    let idle_answers = churn_reasons::idle_answers(frame) + of_nobody.count();
    let [early, active] = win_back::idle_messages(frame);
    let all = [
        ("cohort_retention", "refunds_before_cohort", refunds_before_cohort(frame)),
        ("win_back", "contacts_before_first_activity", early),
        ("win_back", "contacts_while_active", active),
        ("churn_reasons", "answers_near_no_churn_event", idle_answers),
        ("nps", "answers_without_score", surveys.filter(|a| a.score.is_none()).count()),
        ("carts", "events_without_cart", touches.filter(|t| t.cart.is_none()).count()),
        ("funnel", "events_without_first_step", funnel::events_on_no_path(frame)),
        (
            "churn_indicators",
            "engagement_of_no_customer",
            engagement.map(|p| p.further.engagement.len()).sum(),
        ),
    ];
    let some = all.into_iter().filter(|(_, _, n)| *n > 0);
    some.map(|(table, name, n)| ((table, name), n as u64)).collect()
}

fn refunds_before_cohort(frame: &Frame<'_>) -> usize {
    let settings = frame.settings;
    let Some(grain) = settings.grains.iter().min().filter(|_| settings.basis == Basis::Orders)
    else {
        return 0;
    };
    let early = frame.groups[0].customers().map(|customer| {
        let cohort = periods::period_of(settings.calendar, *grain, customer.first_day());
        let refunds = customer.events.iter().filter(|e| e.role == Role::Refund);
        refunds.filter(|refund| refund.day < cohort.start).count()
    });
    early.sum()
}
