//! What campaign messages brought about.

use kohort_inputs::Contact;
use kohort_model::{Block, Context, Periods, Places, Settings, Spell, tally};

use crate::by_key::ByKey;
use crate::lapse::{Lapse, lapses};

/// The rows that a contact counts in, in the order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Breakdown {
    /// All contacts.
    Total,
    /// Those of a campaign, by its code.
    Campaign(u32),
    /// Those of a strategy, by its code.
    Strategy(u32),
}

impl Breakdown {
    fn of(contact: &Contact) -> [Self; 3] {
        [Self::Total, Self::Campaign(contact.campaign), Self::Strategy(contact.strategy)]
    }
}

/// What is counted of contacts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Responses {
    pub contacts: u64,
    pub contacted: u64,
    pub converted: u64,
    pub holdout: u64,
    pub holdout_converted: u64,
    pub attribution_open: u64,
}

tally!(Responses { contacts, contacted, converted, holdout, holdout_converted, attribution_open });

impl Responses {
    /// Counts a lapse spell whose last contact of the period is `contact`.
    fn count(&mut self, contact: &Contact, converted: bool, open: bool) {
        let (spells, ended) = if contact.is_holdout {
            (&mut self.holdout, &mut self.holdout_converted)
        } else {
            (&mut self.contacted, &mut self.converted)
        };
        *spells += 1;
        *ended += u64::from(converted);
        self.attribution_open += u64::from(open);
    }
}

/// Counts contacts, each with the lapse spell in which it came.
pub(super) struct ContactCounter {
    /// Days within which a return belongs to the last contact before it.
    attribution_days: i64,
    /// Rows of which the last contact of a lapse spell and period was seen.
    seen: Vec<Breakdown>,
}

impl ContactCounter {
    pub fn new(attribution_days: u32) -> Self {
        Self { attribution_days: attribution_days.into(), seen: Vec::new() }
    }

    /// Counts the contacts of a person, in order of time, by period.
    pub fn count(
        &mut self,
        contacts: &[Contact],
        spells: &[Spell],
        context: &Context,
        periods: &Periods,
        cells: &mut Places<ByKey<Breakdown, Responses>>,
    ) {
        for contact in contacts {
            for row in Breakdown::of(contact) {
                cells[periods.of(contact.day)].at(row).contacts += 1;
            }
        }
        for lapse in lapses(spells, context.as_of) {
            let own = within(contacts, lapse);
            let Some(last) = own.last() else { continue };
            for run in own.chunk_by(|a, b| periods.of(a.day) == periods.of(b.day)) {
                let cell = &mut cells[periods.of(run[0].day)];
                self.seen.clear();
                for contact in run.iter().rev() {
                    let deadline = contact.day.plus(self.attribution_days);
                    // The last contact wins; one that equals it in everything is as good.
                    let converted = contact == last && lapse.back.is_some_and(|b| b <= deadline);
                    let open = lapse.back.is_none() && deadline >= context.as_of;
                    for row in Breakdown::of(contact) {
                        if !self.seen.contains(&row) {
                            self.seen.push(row);
                            cell.at(row).count(contact, converted, open);
                        }
                    }
                }
            }
        }
    }
}

/// The contacts in a lapse spell: from the day of the churn event to that of the return.
fn within(contacts: &[Contact], lapse: Lapse) -> &[Contact] {
    let first = contacts.partition_point(|contact| contact.day < lapse.from);
    let last = lapse
        .back
        .map_or(contacts.len(), |back| contacts.partition_point(|contact| contact.day <= back));
    &contacts[first..last]
}

/// Contacts of a person who was no customer yet.
pub(super) fn before_first_activity(
    block: &Block<'_>,
    person: usize,
    _: &Context,
    _: &Settings,
) -> usize {
    let contacts = block.items::<Contact>(person);
    let first = block.spells.of(person).first();
    first.map_or(contacts.len(), |first| contacts.partition_point(|c| c.day < first.start))
}

/// Contacts of a customer that lie in no lapse spell.
pub(super) fn while_active(
    block: &Block<'_>,
    person: usize,
    context: &Context,
    settings: &Settings,
) -> usize {
    let (contacts, spells) = (block.items::<Contact>(person), block.spells.of(person));
    let lapsed: usize =
        lapses(spells, context.as_of).map(|lapse| within(contacts, lapse).len()).sum();
    contacts.len() - before_first_activity(block, person, context, settings) - lapsed
}
