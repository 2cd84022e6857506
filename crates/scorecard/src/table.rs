//! `scorecard`: every headline rate.

use std::sync::Arc;

use kohort_model::view::{Panel, Shape, View};
use kohort_model::{
    Cell, Column, Day, HeadlineValue, RowsWhere, Scale, Sum, Table, TableSchema, TableSpec, Unit,
    Values, average, keys, rate, row,
};

use crate::metric::Metric;
use crate::read::{column, counts, days, flags, floats, integer, texts};
use crate::threshold::{Beyond, Limit, Threshold};

/// The columns that `scorecard` and `alerts` have in common.
pub(crate) mod columns {
    use super::{Column, Unit};

    pub const METRIC: Column =
        Column::text("metric", "name of the headline rate, such as churn_rate");
    pub const VALUE: Column =
        Column::float("value", Unit::None, "the rate, as its own table has it").or_null();
    pub const NUMERATOR: Column = Column::money(
        "numerator",
        "what was divided, a count too; NULL where the value is not one division",
    )
    .or_null();
    pub const DENOMINATOR: Column = Column::money(
        "denominator",
        "what it was divided by, a count too; NULL where the value is not one division",
    )
    .or_null();
    pub const PREVIOUS_VALUE: Column =
        Column::float("previous_value", Unit::None, "value of the period before; NULL without one")
            .or_null();
    pub const CHANGE: Column =
        Column::float("change", Unit::None, "value - previous_value; NULL where either is")
            .or_null();
    pub const THRESHOLD: Column = Column::float(
        "threshold",
        Unit::None,
        "the limit of [alerts.METRIC] or a built-in one, or the end of the usual range of the \
         metric's own past that the value is held to; NULL without",
    )
    .or_null();
    pub const DIRECTION: Column = Column::text(
        "direction",
        "which side of the threshold is bad: above or below; NULL without a threshold",
    )
    .or_null();
    pub const KEY: &[&str] = &["metric", "grain", "segment", "segment_value", "period"];
}

/// The declaration.
pub static SCORECARD: TableSpec = TableSpec {
    needs_history: false,
    view: View {
        shape: Shape::Lists,
        panels: &[Panel::Newest {
            title: "the last complete period of each",
            by: "metric",
            first: &[
                "kept_rate",
                "churn_rate",
                "yearly_kept_rate",
                "yearly_buyer_rate",
                "mrr",
                "arr",
                "arpa",
            ],
            columns: &[
                "metric",
                "period",
                "value",
                "previous_value",
                "change",
                "threshold",
                "status",
            ],
        }],
        ..View::PLAIN
    },
    ..TableSpec::of(&SCHEMA)
};

static SCHEMA: TableSchema = TableSchema {
    name: "scorecard",
    description: "Every headline rate, period by period, beside its threshold",
    columns: &[
        columns::METRIC,
        keys::GRAIN,
        keys::SEGMENT,
        keys::SEGMENT_VALUE,
        keys::PERIOD,
        columns::VALUE,
        columns::NUMERATOR,
        columns::DENOMINATOR,
        Column::text("unit", "what the value counts in: ratio, days, points or currency"),
        columns::PREVIOUS_VALUE,
        columns::CHANGE,
        columns::THRESHOLD,
        columns::DIRECTION,
        Column::text(
            "status",
            "act where the period is complete and its value lies beyond a limit, unusual where it \
             lies beyond the usual range of its past, ok where it does not (a value equal to it is \
             ok); NULL without a threshold or a value, and for an incomplete period",
        )
        .or_null(),
        Column::flag(
            "is_complete",
            "whether the value is final, as its own table says (is_mature for unit_return_rate)",
        ),
    ],
    key: columns::KEY,
    revisable: &["value", "numerator", "previous_value", "change", "status"],
};

/// The table `scorecard` of those `metrics` whose tables are among `tables`, its rows sorted by key
/// where the metrics are sorted by name. Of several thresholds for one metric and grain the first holds.
///
/// Counts stand among money: each is as many whole units of `scale`, which is that of the tables.
///
/// # Panics
/// Where a table lacks a column that a metric names.
#[must_use]
pub fn scorecard(
    scale: Scale,
    metrics: &[Metric],
    tables: &[Table],
    thresholds: &[Threshold],
) -> Table {
    let mut scorecard = Table::new(&SCHEMA, scale);
    for metric in metrics {
        if let Some(source) = tables.iter().find(|table| table.schema().name == metric.table) {
            Source::new(*metric, source, scale).write(thresholds, &mut scorecard);
        }
    }
    scorecard
}

/// Where the values of a metric come from.
enum Origin<'a> {
    Column(&'a [Option<f64>]),
    Quotient,
    Times(i128, &'a Values, Scale),
}

/// A table, as a metric sees it.
struct Source<'a> {
    metric: Metric,
    /// Its rows in order: those of one period are neighbours.
    rows: Vec<usize>,
    grains: &'a [Option<Arc<str>>],
    segments: &'a [Option<Arc<str>>],
    segment_values: &'a [Option<Arc<str>>],
    periods: &'a [Option<Day>],
    complete: &'a [Option<bool>],
    values: Origin<'a>,
    numerator: Amounts<'a>,
    denominator: Amounts<'a>,
}

impl<'a> Source<'a> {
    fn new(metric: Metric, table: &'a Table, scale: Scale) -> Self {
        let headline = metric.headline;
        Self {
            metric,
            rows: rows_of(headline.rows, table),
            grains: texts(table, keys::GRAIN.name),
            segments: texts(table, keys::SEGMENT.name),
            segment_values: texts(table, keys::SEGMENT_VALUE.name),
            periods: days(table, keys::PERIOD.name),
            complete: flags(table, headline.complete),
            values: match headline.value {
                HeadlineValue::Column(name) => Origin::Column(floats(table, name)),
                HeadlineValue::Quotient => Origin::Quotient,
                HeadlineValue::Times(times, name) => {
                    Origin::Times(times.into(), column(table, name), scale)
                }
            },
            numerator: Amounts::new(&headline.numerator, table, scale),
            denominator: Amounts::new(&headline.denominator, table, scale),
        }
    }

    /// Whether two rows differ in nothing but the period.
    fn is_same_line(&self, a: usize, b: usize) -> bool {
        let line = |row: usize| (&self.grains[row], &self.segments[row], &self.segment_values[row]);
        line(a) == line(b)
    }

    fn write(&self, thresholds: &[Threshold], scorecard: &mut Table) {
        let is_one = |a: &usize, b: &usize| {
            self.periods[*a] == self.periods[*b] && self.is_same_line(*a, *b)
        };
        let mut before: Option<(usize, Option<f64>)> = None;
        // Values of the complete periods so far.
        let mut past: Vec<f64> = Vec::new();
        for rows in self.rows.chunk_by(is_one) {
            let row = rows[0];
            let (numerator, denominator) = (self.numerator.of(rows), self.denominator.of(rows));
            let value = match &self.values {
                Origin::Column(values) => values[row],
                Origin::Quotient => numerator.zip(denominator).and_then(|(of, by)| rate(of, by)),
                Origin::Times(times, money, scale) => {
                    integer(money, row).and_then(|sum| average(times * sum, 1, *scale))
                }
            };
            let previous = before.filter(|(other, _)| self.is_same_line(*other, row));
            if previous.is_none() {
                past.clear();
            }
            let previous = previous.and_then(|(_, value)| value);
            before = Some((row, value));
            let limit = self.beyond(row, thresholds).and_then(|beyond| beyond.limit(value, &past));
            let is_complete = self.complete[row];
            let held = limit.zip(value).filter(|_| is_complete == Some(true));
            past.extend(value.filter(|_| is_complete == Some(true)));
            scorecard.push(row!(SCHEMA {
                metric: self.metric.headline.name,
                grain: self.grains[row].clone(),
                segment: self.segments[row].clone(),
                segment_value: self.segment_values[row].clone(),
                period: self.periods[row],
                value: value,
                numerator: self.numerator.money(numerator),
                denominator: self.denominator.money(denominator),
                unit: self.metric.headline.unit,
                previous_value: previous,
                change: value.zip(previous).map(|(value, previous)| value - previous),
                threshold: limit.map(|limit| limit.threshold),
                direction: limit.map(Limit::direction),
                status: held.map(|(limit, value)| limit.status(value)),
                is_complete: is_complete,
            }));
        }
    }

    /// The threshold that a row is held to.
    fn beyond(&self, row: usize, thresholds: &[Threshold]) -> Option<Beyond> {
        let grain = self.grains[row].as_deref();
        let is_for = |threshold: &&Threshold| {
            threshold.metric == self.metric.headline.name
                && threshold.grain.is_none_or(|of| Some(of.name()) == grain)
        };
        thresholds.iter().find(is_for).map(|threshold| threshold.beyond)
    }
}

/// The rows of a table that a metric is about.
fn rows_of(wanted: &[RowsWhere], table: &Table) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..table.rows()).collect();
    for wanted in wanted {
        match wanted {
            RowsWhere::Is(name, text) => {
                let texts = texts(table, name);
                rows.retain(|row| texts[*row].as_deref() == Some(text));
            }
            RowsWhere::IsNull(name) => {
                let counts = counts(table, name);
                rows.retain(|row| counts[*row].is_none());
            }
        }
    }
    rows
}

/// Columns that are added up.
struct Amounts<'a> {
    /// Each with its sign.
    columns: Vec<(i128, &'a Values)>,
    /// Minor units in one of what the columns count.
    unit: i128,
}

impl<'a> Amounts<'a> {
    fn new(sum: &Sum, table: &'a Table, scale: Scale) -> Self {
        let signed = |sign: i128| move |name: &&str| (sign, column(table, name));
        let plus = sum.plus.iter().map(signed(1));
        let columns: Vec<_> = plus.chain(sum.minus.iter().map(signed(-1))).collect();
        let is_money = |(_, values): &(i128, &Values)| matches!(values, Values::Money(_));
        let unit = if columns.iter().any(is_money) { 1 } else { scale.unit() };
        Self { columns, unit }
    }

    /// The sum over some rows; `None` where a part of it is NULL, or there is nothing to add.
    fn of(&self, rows: &[usize]) -> Option<i128> {
        let cells = rows.iter().flat_map(|row| self.columns.iter().map(|column| (*row, *column)));
        let sum = |total: i128, (row, (sign, values)): (usize, (i128, &Values))| {
            Some(total + sign * integer(values, row)?)
        };
        if self.columns.is_empty() { None } else { cells.into_iter().try_fold(0, sum) }
    }

    /// A sum as money.
    fn money(&self, sum: Option<i128>) -> Cell {
        sum.map(|sum| sum * self.unit).into()
    }
}
