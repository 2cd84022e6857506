//! What stands beside orders and subscriptions: few visitors, carts, orders and ids, so that they
//! meet again; windows that just hold an event, or just do not.

use kohort_model::{Day, Kind};
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::{Frame, IdStyle, reasons};
use crate::history::{
    Answer, Engagement, History, Id, Identity, Invoice, Opportunity, OrderLine, Payment, Return,
    Row, Touchpoint, UNDATED_DAY,
};
use crate::settings::Settings;

const MICROS_PER_HOUR: i64 = 3_600_000_000;

type Text = Option<&'static str>;

/// Which inputs, ids and columns a history has.
#[expect(clippy::struct_excessive_bools, reason = "each is there or not")]
#[derive(Clone, Debug)]
pub(super) struct Shape {
    touchpoints: bool,
    identities: bool,
    opportunities: bool,
    order_lines: bool,
    returns: bool,
    invoices: bool,
    payments: bool,
    engagement: bool,
    scores: bool,
    carts: bool,
    opportunity_ids: bool,
    invoice_ids: bool,
    stages: bool,
    competitors: bool,
    products: bool,
    categories: bool,
    returned_products: bool,
    return_reasons: bool,
    updates: bool,
    visitor_ids: IdStyle,
    other_ids: IdStyle,
}

pub(super) fn shapes() -> BoxedStrategy<Shape> {
    let there = prop::bool::weighted;
    let style = || select(vec![IdStyle::Integers, IdStyle::Texts]);
    (
        [there(0.7), there(0.5), there(0.6), there(0.6), there(0.5), there(0.6), there(0.5)],
        [there(0.6), there(0.8), there(0.7), there(0.7), there(0.4)],
        [there(0.7), there(0.7), there(0.7), there(0.7), there(0.7), there(0.7), there(0.3)],
        [style(), style()],
    )
        .prop_map(|(inputs, ids, columns, [visitor_ids, other_ids])| {
            let [
                touchpoints,
                identities,
                opportunities,
                order_lines,
                returns,
                invoices,
                engagement,
            ] = inputs;
            let [scores, carts, opportunity_ids, invoice_ids, payments] = ids;
            let [
                stages,
                competitors,
                products,
                categories,
                returned_products,
                return_reasons,
                updates,
            ] = columns;
            Shape {
                touchpoints,
                identities: identities && touchpoints,
                opportunities,
                order_lines,
                returns: returns && order_lines,
                invoices,
                // Of invoices that can be told apart.
                payments: payments && invoices && invoice_ids,
                engagement,
                scores,
                carts,
                opportunity_ids,
                invoice_ids,
                stages,
                competitors,
                products,
                categories: categories || !products,
                returned_products,
                return_reasons,
                updates,
                visitor_ids,
                other_ids,
            }
        })
        .boxed()
}

/// A place near a day of some person.
#[derive(Clone, Debug)]
struct Near {
    person: Index,
    /// `None`: the end of what is known, where the settings have it.
    anchor: Option<Index>,
    days: i64,
}

fn near() -> BoxedStrategy<Near> {
    near_anchors(0.7)
}

/// Near a day of a person by this probability, else near the end of what is known.
fn near_anchors(probability: f64) -> BoxedStrategy<Near> {
    let days = prop_oneof![6 => -2..=2_i64, 3 => -10..=10_i64, 1 => -70..=70_i64];
    (any::<Index>(), weighted(probability, any::<Index>()), days)
        .prop_map(|(person, anchor, days)| Near { person, anchor, days })
        .boxed()
}

/// What a visitor did within some time.
#[derive(Clone, Debug)]
struct Visit {
    near: Near,
    visitor: usize,
    hour: i64,
    touches: Vec<Touch>,
}

#[derive(Clone, Debug)]
struct Touch {
    wait: Wait,
    step: &'static str,
    cart: Option<usize>,
    value: Option<i64>,
    customer: Option<Index>,
}

/// Time since the touch before, or since the first one.
#[derive(Clone, Debug)]
enum Wait {
    Hours(i64),
    /// The window of the funnel, and so many microseconds more.
    Window(i64),
    /// The window of carts, and so many microseconds more.
    CartWindow(i64),
}

fn visits() -> BoxedStrategy<Vec<Visit>> {
    let wait = prop_oneof![
        3 => Just(Wait::Hours(0)),
        4 => (0..=30_i64).prop_map(Wait::Hours),
        1 => (-1..=1_i64).prop_map(Wait::Window),
        3 => (-1..=1_i64).prop_map(Wait::CartWindow),
        1 => (24..=24 * 40_i64).prop_map(Wait::Hours),
    ];
    let step =
        select(vec!["visit", "visit", "cart", "cart", "cart", "purchase", "purchase", "look"]);
    let touch = (
        wait,
        step,
        weighted(0.7, 0..=2_usize),
        weighted(0.8, select(vec![0_i64, 50, 100, 300])),
        weighted(0.15, any::<Index>()),
    )
        .prop_map(|(wait, step, cart, value, customer)| Touch {
            wait,
            step,
            cart,
            value,
            customer,
        });
    // Often at the end, where paths are still open.
    let visit = (near_anchors(0.5), 0..=4_usize, 0..=23_i64, vec(touch, 1..=5))
        .prop_map(|(near, visitor, hour, touches)| Visit { near, visitor, hour, touches });
    vec(visit, 0..=10).boxed()
}

fn kinds() -> BoxedStrategy<Kind> {
    prop_oneof![
        3 => Just(Kind::Completed),
        4 => Just(Kind::Lost),
        2 => Just(Kind::Open),
        1 => Just(Kind::Ignored),
    ]
    .boxed()
}

#[derive(Clone, Debug)]
struct Sale {
    near: Near,
    id: usize,
    /// Whether it is known when it came up; of those that are not open it always is.
    is_dated: bool,
    closed: Option<i64>,
    outcome: Kind,
    texts: [Text; 3],
    value: i64,
}

fn sales() -> BoxedStrategy<Vec<Sale>> {
    let stage = select(vec![None, Some("demo"), Some("offer"), Some("Z"), Some("b")]);
    let competitor = select(vec![None, Some("acme"), Some("Zed")]);
    let closed = prop_oneof![2 => -1..=0_i64, 3 => 1..=3_i64, 1 => 4..=40_i64];
    let sale = (
        near(),
        (0..=5_usize, prop::bool::weighted(0.7)),
        weighted(0.7, closed),
        kinds(),
        (stage, reasons(), competitor),
        select(vec![0_i64, 100, 100, 250]),
    )
        .prop_map(|(near, (id, is_dated), closed, outcome, texts, value)| {
            let (stage, reason, competitor) = texts;
            let texts = [stage, reason, competitor];
            Sale { near, id, is_dated, closed, outcome, texts, value }
        });
    vec(sale, 0..=10).boxed()
}

#[derive(Clone, Debug)]
struct Goods {
    near: Near,
    order: usize,
    hour: i64,
    product: Text,
    /// Category of a line, reason of a return.
    text: Text,
    units: i64,
    value: i64,
}

fn goods(texts: Vec<Text>, most: usize) -> impl Strategy<Value = Vec<Goods>> {
    let product = select(vec![None, Some("tea"), Some("mug"), Some("Pot"), Some("tea")]);
    let goods = (
        near(),
        0..=4_usize,
        select(vec![0_i64, 0, 9, 23]),
        product,
        select(texts),
        prop_oneof![1 => Just(0_i64), 6 => 1..=3_i64],
        select(vec![0_i64, 100, 200, 250, 300]),
    )
        .prop_map(|(near, order, hour, product, text, units, value)| Goods {
            near,
            order,
            hour,
            product,
            text,
            units,
            value,
        });
    vec(goods, 0..=most)
}

#[derive(Clone, Debug)]
struct Bill {
    near: Near,
    id: usize,
    due: Option<i64>,
    paid: Option<i64>,
    amount: i64,
}

fn bills() -> BoxedStrategy<Vec<Bill>> {
    let amount = prop_oneof![5 => select(vec![0_i64, 100, 250, 999]), 1 => Just(-100_i64)];
    let due = prop_oneof![Just(0_i64), Just(14), -3..=40_i64];
    let paid = prop_oneof![Just(0_i64), Just(14), Just(15), -2..=130_i64];
    let bill = (near(), 0..=6_usize, weighted(0.7, due), weighted(0.6, paid), amount)
        .prop_map(|(near, id, due, paid, amount)| Bill { near, id, due, paid, amount });
    vec(bill, 0..=12).boxed()
}

/// A payment of one of the bills, or with an id of none.
#[derive(Clone, Debug)]
struct Share {
    bill: Index,
    id: Option<usize>,
    later: i64,
    amount: i64,
}

fn shares() -> BoxedStrategy<Vec<Share>> {
    let later = prop_oneof![3 => -2..=2_i64, 2 => 0..=40_i64, 1 => 0..=130_i64];
    let amount = select(vec![50_i64, 100, 100, 150, 250, 999, 0, -50, -100]);
    let share = (any::<Index>(), weighted(0.1, 0..=8_usize), later, amount)
        .prop_map(|(bill, id, later, amount)| Share { bill, id, later, amount });
    vec(share, 0..=14).boxed()
}

#[derive(Clone, Debug)]
struct Signal {
    near: Near,
    kind: &'static str,
    value: i64,
}

fn signals() -> BoxedStrategy<Vec<Signal>> {
    let kind = select(vec!["calls", "late_payments", "visits"]);
    let value = prop_oneof![select(vec![0_i64, 1, 7, 8, 9, 100, 100, 200]), 0..=1000_i64];
    let signal = (near(), kind, value).prop_map(|(near, kind, value)| Signal { near, kind, value });
    vec(signal, 0..=16).boxed()
}

#[derive(Clone, Debug)]
struct Score {
    near: Near,
    hour: i64,
    points: Option<u8>,
    reason: Text,
    lost_reason: Text,
    is_anonymous: bool,
}

fn scores() -> BoxedStrategy<Vec<Score>> {
    let texts = (reasons(), reasons());
    let whose = (near(), prop::bool::weighted(0.2));
    let score = (whose, select(vec![0_i64, 0, 9, 23]), weighted(0.9, 0..=10_u8), texts).prop_map(
        |((near, is_anonymous), hour, points, (reason, lost_reason))| Score {
            near,
            hour,
            points,
            reason,
            lost_reason,
            is_anonymous,
        },
    );
    vec(score, 0..=12).boxed()
}

/// Rows of every further input, near the days of people who are not there yet.
#[derive(Clone, Debug)]
pub(super) struct Steps {
    visits: Vec<Visit>,
    identities: Vec<(usize, Index)>,
    sales: Vec<Sale>,
    lines: Vec<Goods>,
    returns: Vec<Goods>,
    bills: Vec<Bill>,
    shares: Vec<Share>,
    signals: Vec<Signal>,
    scores: Vec<Score>,
}

pub(super) fn steps() -> BoxedStrategy<Steps> {
    let categories = vec![None, Some("drink"), Some("Ware")];
    let why = vec![None, Some(""), Some("broken"), Some("unknown"), Some("Size")];
    let identities = vec((0..=4_usize, any::<Index>()), 0..=3);
    (
        (visits(), identities, sales()),
        (goods(categories, 16), goods(why, 8), bills(), shares()),
        (signals(), scores()),
    )
        .prop_map(|(of_sales, of_goods, of_signals)| {
            let (visits, identities, sales) = of_sales;
            let (lines, returns, bills, shares) = of_goods;
            let (signals, scores) = of_signals;
            Steps { visits, identities, sales, lines, returns, bills, shares, signals, scores }
        })
        .boxed()
}

/// Where the rows come to lie.
struct Place<'a> {
    frame: &'a Frame,
    /// Days of what each person did. One more person did nothing of the basis.
    anchors: &'a [Vec<Day>],
    /// All of them; never empty.
    days: Vec<Day>,
    as_of: Option<Day>,
}

impl Place<'_> {
    fn customer(&self, person: Index) -> Id {
        self.frame.customer_ids.id(person.index(self.anchors.len() + 1))
    }

    fn of(&self, near: &Near) -> (Id, Day) {
        let person = near.person.index(self.anchors.len() + 1);
        let own = self.anchors.get(person).filter(|days| !days.is_empty());
        let days = own.unwrap_or(&self.days);
        let end = self.as_of.unwrap_or(days[0]);
        let anchor = near.anchor.map_or(end, |anchor| *anchor.get(days));
        (self.frame.customer_ids.id(person), anchor.plus(near.days))
    }
}

/// The further inputs of a history whose people have `anchors`; surveys are added to those that are
/// there.
pub(super) fn add(
    history: History,
    steps: &Steps,
    frame: &Frame,
    anchors: &[Vec<Day>],
    settings: &Settings,
) -> History {
    let shape = &frame.shape;
    let mut days: Vec<_> = anchors.iter().flatten().copied().collect();
    if days.is_empty() {
        days.push(super::LONELY_DAY);
    }
    let place = Place { frame, anchors, days, as_of: settings.as_of };
    let touchpoints = shape.touchpoints.then(|| touchpoints(&place, &steps.visits, settings));
    let identities = steps.identities.iter().map(|(visitor, person)| Identity {
        visitor: shape.visitor_ids.id(*visitor),
        customer: place.customer(*person),
    });
    let mut surveys = history.surveys;
    if shape.scores {
        surveys.get_or_insert_default().extend(answers(&place, &steps.scores));
    }
    History {
        surveys,
        touchpoints,
        identities: shape.identities.then(|| identities.collect()),
        opportunities: shape.opportunities.then(|| opportunities(&place, &steps.sales)),
        order_lines: shape.order_lines.then(|| order_lines(&place, &steps.lines)),
        returns: shape.returns.then(|| returns(&place, &steps.returns)),
        invoices: shape.invoices.then(|| invoices(&place, &steps.bills)),
        payments: shape.payments.then(|| payments(&place, &steps.shares, &steps.bills)),
        engagement: shape.engagement.then(|| engagement(&place, &steps.signals)),
        ..history
    }
}

fn midnight(day: Day) -> i64 {
    Row::new(Id::Integer(0), day, 0).instant
}

fn text(text: Text, is_mapped: bool) -> Option<String> {
    text.filter(|_| is_mapped).map(str::to_owned)
}

fn touchpoints(place: &Place<'_>, visits: &[Visit], settings: &Settings) -> Vec<Touchpoint> {
    let shape = &place.frame.shape;
    let window = |hours: u32| i64::from(hours) * MICROS_PER_HOUR;
    let mut all = Vec::new();
    for Visit { near, visitor, hour, touches } in visits {
        let start = midnight(place.of(near).1) + hour * MICROS_PER_HOUR;
        let mut instant = start;
        for touch in touches {
            let next = match touch.wait {
                Wait::Hours(hours) => instant + hours * MICROS_PER_HOUR,
                Wait::Window(more) => start + window(settings.window_hours) + more,
                Wait::CartWindow(more) => start + window(settings.cart_window_hours) + more,
            };
            instant = next.max(instant);
            let day = instant.div_euclid(24 * MICROS_PER_HOUR);
            all.push(Touchpoint {
                visitor: shape.visitor_ids.id(*visitor),
                instant,
                day: Day(i32::try_from(day).expect("a day of this century")),
                step: touch.step.to_owned(),
                cart: touch.cart.filter(|_| shape.carts).map(|cart| shape.other_ids.id(cart)),
                value: touch.value,
                customer: touch.customer.map(|person| place.customer(person)),
            });
        }
    }
    all
}

fn opportunities(place: &Place<'_>, sales: &[Sale]) -> Vec<Opportunity> {
    let shape = &place.frame.shape;
    let sale = |sale: &Sale| {
        let (buyer, created) = place.of(&sale.near);
        let [stage, reason, competitor] = sale.texts;
        Opportunity {
            buyer,
            id: shape.opportunity_ids.then(|| shape.other_ids.id(sale.id)),
            created: if sale.is_dated || sale.outcome != Kind::Open {
                created
            } else {
                UNDATED_DAY
            },
            closed: sale.closed.map(|days| created.plus(days)),
            outcome: sale.outcome,
            stage: text(stage, shape.stages),
            reason: text(reason, true),
            competitor: text(competitor, shape.competitors),
            value: sale.value,
            updated: updated(&sale.near, shape),
        }
    };
    sales.iter().map(sale).collect()
}

fn order_lines(place: &Place<'_>, lines: &[Goods]) -> Vec<OrderLine> {
    let shape = &place.frame.shape;
    let line = |line: &Goods| {
        let (customer, day) = place.of(&line.near);
        OrderLine {
            customer,
            order: shape.other_ids.id(line.order),
            day,
            instant: midnight(day) + line.hour * MICROS_PER_HOUR,
            product: text(line.product, shape.products),
            category: text(line.text, shape.categories),
            units: line.units,
            value: line.value,
        }
    };
    lines.iter().map(line).collect()
}

fn returns(place: &Place<'_>, returns: &[Goods]) -> Vec<Return> {
    let shape = &place.frame.shape;
    let goods = |goods: &Goods| {
        let (customer, day) = place.of(&goods.near);
        Return {
            customer,
            order: shape.other_ids.id(goods.order),
            day,
            product: text(goods.product, shape.returned_products),
            reason: text(goods.text, shape.return_reasons),
            units: goods.units,
            value: goods.value,
        }
    };
    returns.iter().map(goods).collect()
}

/// One of few moments of change, where rows have them.
fn updated(near: &Near, shape: &Shape) -> i64 {
    if shape.updates { near.days.rem_euclid(3) } else { 0 }
}

fn invoices(place: &Place<'_>, bills: &[Bill]) -> Vec<Invoice> {
    let shape = &place.frame.shape;
    let bill = |bill: &Bill| {
        let (customer, issued) = place.of(&bill.near);
        Invoice {
            customer,
            id: shape.invoice_ids.then(|| shape.other_ids.id(bill.id)),
            issued,
            due: bill.due.map(|days| issued.plus(days)),
            paid: bill.paid.filter(|_| !shape.payments).map(|days| issued.plus(days)),
            amount: bill.amount,
            updated: updated(&bill.near, shape),
        }
    };
    bills.iter().map(bill).collect()
}

fn payments(place: &Place<'_>, shares: &[Share], bills: &[Bill]) -> Vec<Payment> {
    let share = |share: &Share| {
        let bill = share.bill.get(bills);
        let (customer, issued) = place.of(&bill.near);
        Payment {
            customer,
            invoice: place.frame.shape.other_ids.id(share.id.unwrap_or(bill.id)),
            day: issued.plus(share.later),
            amount: share.amount,
        }
    };
    shares.iter().filter(|_| !bills.is_empty()).map(share).collect()
}

fn engagement(place: &Place<'_>, signals: &[Signal]) -> Vec<Engagement> {
    let signal = |signal: &Signal| {
        let (customer, day) = place.of(&signal.near);
        Engagement { customer, day, kind: signal.kind.to_owned(), value: signal.value }
    };
    signals.iter().map(signal).collect()
}

fn answers(place: &Place<'_>, scores: &[Score]) -> Vec<Answer> {
    let answer = |score: &Score| {
        let (customer, day) = place.of(&score.near);
        let instant = midnight(day) + score.hour * MICROS_PER_HOUR;
        Answer {
            customer: (!score.is_anonymous).then_some(customer),
            day,
            instant,
            reason: text(score.reason, true),
            lost_reason: text(score.lost_reason, true),
            score: score.points,
        }
    };
    scores.iter().map(answer).collect()
}
