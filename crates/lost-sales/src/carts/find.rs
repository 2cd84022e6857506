//! The carts of a person.

use kohort_inputs::{Outcome, Touch};
use kohort_model::{Block, Context, Day, Funnel, Settings};

use crate::recovery::Recovery;
use crate::settings::{CARTS, Hours, LOST_SALES};
use crate::tally::Lost;

/// A cart, however often it was left and taken up again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cart {
    /// The instant of its first event, in microseconds.
    at: i64,
    /// The day of its first event.
    pub created: Day,
    /// Won is purchased, lost is abandoned.
    pub outcome: Outcome,
    /// Minor units; `None` where no event up to the purchase or the end of the window tells.
    pub value: Option<i64>,
    /// The step of its first event.
    pub first_step: u32,
    /// The furthest step of its events up to the end of its window.
    pub furthest: u32,
}

/// What a cart's outcome depends on.
#[derive(Clone, Copy)]
struct Frame<'a> {
    funnel: &'a Funnel,
    window: Hours,
}

impl Cart {
    /// A cart from its events in order of instant, step and value, of which there is at least one.
    fn new(touches: &[Touch], Frame { funnel, window }: Frame<'_>) -> Self {
        let (first, last_step) = (touches[0], last_step(funnel));
        let end = first.at.saturating_add(window.micros());
        let in_window = &touches[..touches.partition_point(|touch| touch.at <= end)];
        let purchase = in_window.iter().find(|touch| touch.step == last_step);
        let outcome = match purchase {
            Some(_) => Outcome::Won,
            None if end >= funnel.as_of_micros => Outcome::Open,
            None => Outcome::Lost,
        };
        let until = purchase.map_or(end, |touch| touch.at);
        let mut counting = in_window.iter().rev().filter(|touch| touch.at <= until);
        Self {
            at: first.at,
            created: first.day,
            outcome,
            value: counting.find_map(|touch| touch.value),
            first_step: first.step,
            furthest: in_window.iter().map(|touch| touch.step).max().unwrap_or(first.step),
        }
    }

    /// The last instant at which a purchase belongs to it.
    fn end(&self, window: Hours) -> i64 {
        self.at.saturating_add(window.micros())
    }

    /// The day on which it is lost if it is.
    pub fn lost_on(&self, window: Hours) -> Day {
        self.created.plus(window.days())
    }
}

/// The step that is a purchase.
fn last_step(funnel: &Funnel) -> u32 {
    u32::try_from(funnel.steps.len().saturating_sub(1)).unwrap_or(u32::MAX)
}

/// A cart, and what is counted of it if it was abandoned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub cart: Cart,
    pub lost: Lost,
}

/// Finds carts; holds room to work in.
#[derive(Clone, Debug)]
pub(crate) struct Finder {
    window: Hours,
    /// Days after a cart is lost within which a purchase recovers it.
    recovery_days: u32,
    touches: Vec<Touch>,
    /// Instant and day of each event of the last step, rising.
    purchases: Vec<(i64, Day)>,
    found: Vec<Found>,
}

impl Finder {
    pub fn new(settings: &Settings) -> Self {
        Self {
            window: Hours(settings.whole(&CARTS, "window_hours")),
            recovery_days: settings.whole(&LOST_SALES, "recovery_window_days"),
            touches: Vec::new(),
            purchases: Vec::new(),
            found: Vec::new(),
        }
    }

    /// How long a cart may take.
    pub fn window(&self) -> Hours {
        self.window
    }

    /// The carts of a person, over all its visitors, in order of creation and then of cart id.
    pub fn find(&mut self, block: &Block<'_>, person: usize, context: &Context) -> &[Found] {
        let Self { window, recovery_days, touches, purchases, found } = self;
        let funnel = &context.funnel;
        let frame = Frame { funnel, window: *window };
        touches.clear();
        touches.extend(block.items::<Touch>(person).iter().filter(|touch| touch.cart.is_some()));
        touches.sort_unstable_by_key(|touch| (touch.cart, touch.at, touch.step, touch.value));
        let carts = touches.chunk_by(|a, b| a.cart == b.cart);
        found.clear();
        found.extend(
            carts.map(|cart| Found { cart: Cart::new(cart, frame), lost: Lost::default() }),
        );
        // Stable, so that carts of one instant stay in the order of their ids.
        found.sort_by_key(|found| found.cart.at);
        if found.iter().any(|found| found.cart.outcome == Outcome::Lost) {
            let bought = block.items::<Touch>(person).iter();
            let bought = bought.filter(|touch| touch.step == last_step(funnel));
            purchases.clear();
            purchases.extend(bought.map(|touch| (touch.at, touch.day)));
            purchases.sort_unstable();
            let recovery = Recovery::new(block, person, context.as_of, *recovery_days);
            recover(found, purchases, *window, &recovery);
        }
        found
    }
}

/// Tells which abandoned carts were made good, from the last to the first.
fn recover(found: &mut [Found], purchases: &[(i64, Day)], window: Hours, recovery: &Recovery<'_>) {
    let mut next: Option<Cart> = None;
    for Found { cart, lost } in found.iter_mut().rev() {
        if cart.outcome != Outcome::Lost {
            continue;
        }
        let lost_on = cart.lost_on(window);
        let later = purchases.partition_point(|(at, _)| *at <= cart.end(window));
        let by_event = purchases.get(later).is_some_and(|(at, day)| {
            let is_before_next = next.is_none_or(|next| *at <= next.end(window));
            is_before_next && *day <= recovery.deadline(lost_on)
        });
        let by_activity = recovery.by_activity(lost_on, next.map(|next| next.lost_on(window)));
        *lost = recovery.fate(lost_on, cart.value.unwrap_or(0), by_event || by_activity);
        next = Some(*cart);
    }
}
