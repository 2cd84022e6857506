//! Reasons for which there is no model of leaving.

use kohort_model::{Basis, Context};

use super::fit::FEWEST;
use super::leaving::{Cut, Frame};

/// Why nothing could be fitted to so many observations that stayed and that left, and what cut them.
pub(super) fn missing(
    context: &Context,
    frame: &Frame,
    [stayed, left]: [u64; 2],
    window_days: u32,
) -> String {
    let found = format!(
        "risk_score is NULL, as the model of leaving needs {FEWEST} observations that left and \
         {FEWEST} that stayed"
    );
    if stayed.min(left) >= FEWEST {
        return "risk_score is NULL, as rounding ended the search for the model of leaving"
            .to_owned();
    }
    let first = frame.first();
    let found = match first {
        Some(first) => {
            format!("{found}, and finds {left} and {stayed} in the months from {first} on")
        }
        None => format!("{found}, and no month counts"),
    };
    match frame.cut() {
        Some(cut) => format!("{found}{}", cut_by(context, cut, window_days)),
        None if first.is_none() => format!("{found}: {}", no_month(context)),
        None => found,
    }
}

/// Which months count, where none does.
fn no_month(context: &Context) -> String {
    let months = "those that count are complete ones from the second month of activity on";
    match context.basis {
        Basis::Orders => {
            format!("{months} whose first {} days are over before as_of", context.lapse_days)
        }
        Basis::Subscriptions => months.to_owned(),
    }
}

/// From when a signal is known, and what to do where that leaves no month.
fn cut_by(context: &Context, cut: Cut, window_days: u32) -> String {
    let Cut { signal, from, leaves_none } = cut;
    let engagement = &context.engagement;
    let place = u32::try_from(signal).ok();
    let input = match place {
        _ if place == engagement.late_payments => "invoices",
        _ if place == engagement.product_returns => "returns",
        _ if place == engagement.low_scores => "surveys",
        _ => "engagement",
    };
    let name = engagement.signals.get(signal).map_or("", |name| name);
    let text = format!(
        ": a month counts if the {window_days} days before it (window_days) lie on or after {from}, the \
         first day of [inputs.{input}], from which the signal {name:?} is known"
    );
    if leaves_none {
        format!("{text}; leave [inputs.{input}] out until it reaches further back")
    } else {
        text
    }
}
