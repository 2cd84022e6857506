//! What stands beside the basis: who was seen, asked to come back, and said why.

use std::collections::BTreeMap;

use kohort_model::{Day, Input};

use super::FurtherLeftOut;
use super::orders::or_none;
use super::side_inputs::leave_out;
use crate::history::{Answer, Contact, History, Id};

/// The known rows of the further inputs, `None` where there is no such input.
#[derive(Clone, Debug)]
pub(super) struct Notes {
    /// The day on which each person was first seen.
    pub first_seen: Option<BTreeMap<Id, Day>>,
    /// Messages, in the order that tells which is the last.
    pub messages: Option<Vec<Message>>,
    /// Answers with a reason.
    pub answers: Option<Vec<(Id, Day, String)>>,
}

/// A campaign message. The later of two is the larger.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Message {
    pub day: Day,
    /// Withheld ones come after sent ones.
    pub is_withheld: bool,
    pub campaign: String,
    pub strategy: String,
    pub customer: Id,
}

impl Notes {
    /// What is known before `as_of`, and how much of each input is not.
    pub fn known(history: &History, as_of: Day) -> (Self, FurtherLeftOut) {
        let mut left_out = FurtherLeftOut::new();
        let mut is_known = |input: Input, day: Day| {
            leave_out(&mut left_out, input, "after_as_of", usize::from(day >= as_of));
            day < as_of
        };
        let first_seen = history.prospects.as_ref().map(|prospects| {
            let mut first_seen = BTreeMap::new();
            for seen in prospects {
                if is_known(Input::Prospects, seen.day) {
                    let first = first_seen.entry(seen.customer.clone()).or_insert(seen.day);
                    *first = seen.day.min(*first);
                }
            }
            first_seen
        });
        let messages = history.contacts.as_ref().map(|contacts| {
            let known = contacts.iter().filter(|c| is_known(Input::Contacts, c.day));
            known.map(message).collect()
        });
        let answers = history.surveys.as_ref().map(|surveys| {
            let known = surveys.iter().filter(|a| is_known(Input::Surveys, a.day));
            known.filter_map(answer).collect()
        });
        (Self { first_seen, messages, answers }, left_out)
    }

    /// The messages to one person.
    pub fn messages_to(&self, id: &Id) -> impl Iterator<Item = &Message> {
        self.messages.iter().flatten().filter(move |m| m.customer == *id)
    }
}

fn message(contact: &Contact) -> Message {
    Message {
        day: contact.day,
        is_withheld: contact.is_holdout,
        campaign: or_none(contact.campaign.as_ref()),
        strategy: or_none(contact.strategy.as_ref()),
        customer: contact.customer.clone(),
    }
}

fn answer(answer: &Answer) -> Option<(Id, Day, String)> {
    let reason = answer.reason.as_ref().filter(|text| !text.is_empty() && *text != "unknown")?;
    Some((answer.customer.clone()?, answer.day, reason.clone()))
}
