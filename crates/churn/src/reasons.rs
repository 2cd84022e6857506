//! `churn_reasons`: why they left.

use std::collections::BTreeMap;
use std::sync::Arc;

use kohort_inputs::Answer;
use kohort_model::calc::{self, Check, Formula, Outcome, Presence};
use kohort_model::view::{FEW_PERIODS, MOST_ROWS, Panel, Shape, Summed, Sums, View};
use kohort_model::{
    Basis, Block, Carries, Cause, Column, Context, Day, Grid, GridMeasure, Gridded, Identities,
    Input, MeasureSpec, Omission, Places, Requires, Series, Setting, SettingKind, Settings,
    SettingsSection, Source, SumsOf, Table, TableSchema, TableSpec, Tally, Unit, Written, keys,
    rate, row, tally,
};

use crate::by_key::ByKey;
use crate::lapse::{lapses, value_between};

/// The declaration.
pub static CHURN_REASONS: MeasureSpec = MeasureSpec {
    tables: &[TableSpec {
        requires: Requires(&[Source::Input(Input::Subscriptions), ANSWERS]),
        written: Written::Where(Requires(&[
            CANCEL_REASONS,
            Source::Column(Input::Subscriptions, "involuntary"),
            ANSWERS,
        ])),
        view: View {
            shape: Shape::Panels,
            panels: &[
                churned("reasons", "reason"),
                churned("causes", "cause"),
                churned("sources", "source"),
            ],
            rows: FEW_PERIODS,
            ..View::PLAIN
        },
        identities: Identities {
            not_additive: &["churned_total", "revenue_lost_total"],
            sums: &[SumsOf::period(
                "",
                "",
                "",
                &[("churned_total", "churned"), ("revenue_lost_total", "revenue_lost")],
            )],
            ..Identities::by_grain(&[
                "churned > 0",
                "with_notice <= churned",
                "mean_notice_days is set exactly where with_notice > 0",
                "source is none exactly where reason is unknown",
            ])
        },
        omissions: &[Omission {
            name: "answers_near_no_churn_event",
            meaning: "answers with a reason that lie in the window of no churn event of the person",
            count: answers_near_no_churn_event,
        }],
        ..TableSpec::of(&SCHEMA)
    }],
    reads: &[Input::Surveys],
    carries: Carries { endings: true, ..Carries::NOTHING },
    settings: &[&SECTION],
    formulas: FORMULAS,
    start: |context, settings| {
        let survey_window_days = settings.whole(&SECTION, "survey_window_days");
        GridMeasure::start(context, ChurnReasons { survey_window_days, events: Vec::new() })
    },
    ..MeasureSpec::PLAIN
};

const ANSWERS: Source = Source::Column(Input::Surveys, "reason");
const CANCEL_REASONS: Source = Source::Column(Input::Subscriptions, "cancel_reason");

static SECTION: SettingsSection = SettingsSection {
    name: "churn_reasons",
    meaning: "Why customers left.",
    requires: Requires::HISTORY,
    keys: &[
        Setting::new(
            "survey_window_days",
            SettingKind::days_from_0(90),
            "An answer counts from so many days before the last order (with subscriptions the churn event) to so many days after the churn event.",
            "survey_window_days = 30",
        )
        .only_with(Requires(&[ANSWERS])),
        Setting::new(
            "reasons",
            SettingKind::Renamed,
            "Reasons of leaving as the inputs have them, each with the reason to report.",
            "reasons = { \"too expensive\" = \"price\", \"costs too much\" = \"price\" }",
        )
        .only_with(Requires(&[ANSWERS, CANCEL_REASONS])),
    ],
};

/// Whom and what it cost.
const fn churned(title: &'static str, by: &'static str) -> Panel {
    Panel::Sums(Sums {
        title,
        name: by,
        of: &[],
        by,
        columns: &[
            Summed::Sum("churned"),
            Summed::Share("churned_share", "churned"),
            Summed::Sum("revenue_lost"),
            Summed::Share("revenue_lost_share", "revenue_lost"),
        ],
        order: Some("revenue_lost"),
        most: MOST_ROWS,
    })
}

/// What can be computed from numbers that are typed in.
const FORMULAS: &[Formula] = &[Formula {
    name: "churn-reason",
    about: "Which share of those who left did so for a reason, and what that cost",
    inputs: &[
        calc::Input::count("churned", "Customers who left for the reason"),
        calc::Input::count("churned-total", "Customers who left, for whatever reason"),
        calc::Input::amount("revenue-lost", "Revenue of those who left for the reason")
            .with(Presence::With("revenue-lost-total")),
        calc::Input::amount("revenue-lost-total", "Revenue of all who left")
            .with(Presence::With("revenue-lost")),
        calc::Input::count("with-notice", "Of those with the reason, who gave notice before")
            .with(Presence::With("notice-days")),
        calc::Input::count("notice-days", "Days from notice to end, added up over them")
            .with(Presence::With("with-notice")),
    ],
    checks: &[
        Check::AtMost {
            parts: &["churned"],
            whole: "churned-total",
            why: "who left for the reason is among all who left; count both in one period",
        },
        Check::AtMost {
            parts: &["revenue-lost"],
            whole: "revenue-lost-total",
            why: "what the reason cost is part of all that was lost; take both of one period",
        },
        Check::AtMost {
            parts: &["with-notice"],
            whole: "churned",
            why: "who gave notice is among those who left for the reason; leave out the others",
        },
    ],
    results: &[
        Outcome::share("churned_share", "{churned} / {churned-total}", |g| {
            rate(g.one("churned"), g.one("churned-total"))
        })
        .means("{} of those who left did so for the reason."),
        Outcome::share("revenue_lost_share", "{revenue-lost} / {revenue-lost-total}", |g| {
            rate(g.one("revenue-lost"), g.one("revenue-lost-total"))
        })
        .means("{} of the revenue that was lost was lost for the reason.")
        .needs("revenue-lost"),
        Outcome::days("mean_notice_days", "{notice-days} / {with-notice}", |g| {
            rate(g.one("notice-days"), g.one("with-notice"))
        })
        .means("They said so {} before they left, on average.")
        .needs("with-notice"),
    ],
    example: "--churned 45 --churned-total 180 --revenue-lost 900 --revenue-lost-total 4500 \
              --with-notice 20 --notice-days 500",
}];

static SCHEMA: TableSchema = TableSchema {
    name: "churn_reasons",
    description: "Why customers left, and what that cost",
    columns: &[
        keys::GRAIN,
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        Column::date("period", "first day of the period of the churn event"),
        Column::text(
            "source",
            "cancellation (the subscription names the reason), survey (an answer does), or none \
             where nobody said",
        ),
        Column::text("reason", "the reason; unknown where nobody said"),
        Column::text("cause", "voluntary, involuntary (a payment failed) or unknown"),
        Column::count(
            "churned",
            Unit::Events,
            "churn events, as customer_retention.churned counts them",
        ),
        Column::count(
            "churned_total",
            Unit::Events,
            "churn events of the period and segment value, whatever the reason",
        ),
        Column::rate("churned_share", "churned / churned_total"),
        Column::money(
            "revenue_lost",
            "with subscriptions monthly recurring revenue on the last active day; with orders \
             value of orders and refunds in the lapse window up to and with the last order, at \
             least 0 for each churn event",
        ),
        Column::money(
            "revenue_lost_total",
            "revenue_lost of the period and segment value, whatever the reason",
        ),
        Column::rate("revenue_lost_share", "revenue_lost / revenue_lost_total"),
        Column::count(
            "with_notice",
            Unit::Events,
            "of churned, those whose subscription has a day of cancellation, be it after the \
             churn event",
        ),
        Column::float(
            "mean_notice_days",
            Unit::Days,
            "mean of days from cancelled_at to the churn event over with_notice, below zero where \
             it was cancelled afterwards; NULL without any",
        )
        .or_null(),
        keys::IS_COMPLETE,
    ],
    key: &["grain", "segment", "segment_value", "period", "source", "reason", "cause"],
    revisable: &[
        "churned",
        "churned_share",
        "revenue_lost",
        "revenue_lost_share",
        "with_notice",
        "mean_notice_days",
    ],
};

/// The reason of those who gave none.
const UNKNOWN: &str = "unknown";

/// Who told the reason, with its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Told {
    Cancellation(u32),
    Nobody,
    Survey(u32),
}

/// What is counted of churn events.
#[derive(Clone, Copy, Debug, Default)]
struct Lost {
    churned: u64,
    revenue: i128,
    with_notice: u64,
    notice_days: i64,
}

tally!(Lost { churned, revenue, with_notice, notice_days });

type Reason = (Told, Cause);

/// Churn events by who told why.
#[derive(Clone)]
struct ChurnReasons {
    survey_window_days: u32,
    /// Those of the customer at hand.
    events: Vec<(Day, Reason, Lost)>,
}

impl Gridded for ChurnReasons {
    type Tally = ByKey<Reason, Lost>;

    const TABLES: &'static [&'static TableSchema] = &[&SCHEMA];

    fn fold(&mut self, context: &Context, block: &Block<'_>, cells: &mut Grid<Self::Tally>) {
        let Self { events, survey_window_days } = self;
        let window = i64::from(*survey_window_days);
        for customer in 0..block.len() {
            events.clear();
            let churned = lapses(block.spells.of(customer), context.as_of).map(|lapse| lapse.from);
            events.extend(churned.map(|day| event(block, customer, day, context, window)));
            if events.is_empty() {
                continue;
            }
            for group in block.groups {
                let slot = group.slot(customer);
                for (g, periods) in context.periods.iter().enumerate() {
                    let cells = cells.at_least(slot, g, periods.len());
                    for (day, reason, lost) in events.iter() {
                        cells[periods.of(*day)].at(*reason).add(lost);
                    }
                }
            }
        }
    }

    fn write(
        &self,
        context: &Context,
        series: Series<'_>,
        cells: &Places<Self::Tally>,
        tables: &mut [Table],
    ) {
        for (p, cell) in cells.iter().enumerate() {
            write_period(&mut tables[0], context, series, p, cell);
        }
    }
}

/// The churn event of a customer on `day`; an answer tells its reason within `window` days.
fn event(
    block: &Block<'_>,
    customer: usize,
    day: Day,
    context: &Context,
    window: i64,
) -> (Day, Reason, Lost) {
    let (since, revenue, ended) = match context.basis {
        Basis::Orders => {
            let lapse = -i64::from(context.lapse_days);
            let last_order = day.plus(lapse);
            let (from, until) = (last_order.plus(lapse + 1), last_order.plus(1));
            let value = |track| value_between(track, customer, from, until);
            let revenue = value(&block.activity) + value(&block.refunds);
            (last_order, revenue.max(0), None)
        }
        Basis::Subscriptions => {
            let revenue = block.rates.on(customer, day.plus(-1));
            (day, revenue, ended_on(block, customer, day, context))
        }
    };
    let cause = ended.map_or(Cause::Unknown, |end| block.cancellations.causes[end]);
    let reason = ended.map(|end| block.cancellations.reasons[end]);
    let told = match reason.filter(|code| text(&context.cancel_reasons, *code) != UNKNOWN) {
        Some(code) => Told::Cancellation(code),
        None => answer(block.items::<Answer>(customer), (since, day), window, context)
            .map_or(Told::Nobody, Told::Survey),
    };
    let notice = ended.and_then(|end| block.cancellations.cancelled[end]);
    let lost = Lost {
        churned: 1,
        revenue,
        with_notice: u64::from(notice.is_some()),
        notice_days: notice.map_or(0, |cancelled| i64::from(day.0) - i64::from(cancelled.0)),
    };
    (day, (told, cause), lost)
}

/// The text of a code; an input without reasons has none.
fn text(reasons: &[Arc<str>], code: u32) -> &str {
    reasons.get(code as usize).map_or(UNKNOWN, |text| text)
}

/// Of the subscriptions that end on `day`, the place of the one that says why: the first by reason
/// (unknown last), cause and day of cancellation (none last).
fn ended_on(block: &Block<'_>, customer: usize, day: Day, context: &Context) -> Option<usize> {
    let ends = &block.cancellations;
    ends.on(customer, day).min_by_key(|end| {
        let reason = text(&context.cancel_reasons, ends.reasons[*end]);
        let cancelled = ends.cancelled[*end];
        (reason == UNKNOWN, reason, ends.causes[*end], cancelled.is_none(), cancelled)
    })
}

/// The reason in the latest answer that gives one, of one day the first: from `window` days before
/// the first of two days to as many after the second.
fn answer(
    answers: &[Answer],
    (from, until): (Day, Day),
    window: i64,
    context: &Context,
) -> Option<u32> {
    let (from, until) = (from.plus(-window), until.plus(window));
    let first = answers.partition_point(|answer| answer.day < from);
    let last = answers.partition_point(|answer| answer.day <= until);
    let mut told = (answers[first..last].iter().rev())
        .filter(|answer| text(&context.survey_reasons, answer.reason) != UNKNOWN);
    let latest = told.next()?;
    // Answers of one day come in order of their texts.
    Some(told.take_while(|answer| answer.day == latest.day).last().unwrap_or(latest).reason)
}

/// Answers that tell why somebody left who did not leave then.
fn answers_near_no_churn_event(
    block: &Block<'_>,
    person: usize,
    context: &Context,
    settings: &Settings,
) -> usize {
    let window = i64::from(settings.whole(&SECTION, "survey_window_days"));
    // With orders the window begins before the last one.
    let lapse = match context.basis {
        Basis::Orders => i64::from(context.lapse_days),
        Basis::Subscriptions => 0,
    };
    let is_near = |answer: &Answer| {
        lapses(block.spells.of(person), context.as_of).any(|event| {
            event.from.plus(-lapse - window) <= answer.day && answer.day <= event.from.plus(window)
        })
    };
    let told = block.items::<Answer>(person).iter();
    told.filter(|answer| text(&context.survey_reasons, answer.reason) != UNKNOWN)
        .filter(|answer| !is_near(answer))
        .count()
}

fn write_period(
    table: &mut Table,
    context: &Context,
    Series { periods, slot, .. }: Series<'_>,
    p: usize,
    cell: &ByKey<Reason, Lost>,
) {
    let mut total = Lost::default();
    let mut rows = BTreeMap::<_, Lost>::new();
    for ((told, cause), lost) in cell.iter() {
        total.add(lost);
        rows.entry((texts(*told, context), cause_name(*cause))).or_default().add(lost);
    }
    for (((source, reason), cause), lost) in rows {
        table.push(row!(SCHEMA {
            grain: periods.grain.name(),
            segment: Arc::clone(&slot.segment),
            segment_value: slot.value.clone(),
            period: periods.start(p),
            source: source,
            reason: Arc::<str>::from(reason),
            cause: cause,
            churned: lost.churned,
            churned_total: total.churned,
            churned_share: rate(lost.churned.into(), total.churned.into()),
            revenue_lost: lost.revenue,
            revenue_lost_total: total.revenue,
            revenue_lost_share: rate(lost.revenue, total.revenue),
            with_notice: lost.with_notice,
            mean_notice_days: rate(lost.notice_days.into(), lost.with_notice.into()),
            is_complete: context.is_complete(periods, p),
        }));
    }
}

/// Source and reason.
fn texts(told: Told, context: &Context) -> (&'static str, &str) {
    match told {
        Told::Cancellation(code) => ("cancellation", text(&context.cancel_reasons, code)),
        Told::Nobody => ("none", UNKNOWN),
        Told::Survey(code) => ("survey", text(&context.survey_reasons, code)),
    }
}

fn cause_name(cause: Cause) -> &'static str {
    match cause {
        Cause::Voluntary => "voluntary",
        Cause::Involuntary => "involuntary",
        Cause::Unknown => UNKNOWN,
    }
}
