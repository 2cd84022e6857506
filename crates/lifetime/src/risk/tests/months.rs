//! The model of chance histories, each month looked at by itself.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use kohort_model::{Basis, Context, Day, Finished, SettingValue, Settings, Table, Values};

use super::chance::{chance, level, spells};
use super::{Known, finish_known, show_known};
use crate::CUSTOMERS;
use crate::risk::CHURN_INDICATORS;
use crate::risk::features::{Features, Shape};
use crate::risk::fit::{Cell, fit, totals};
use crate::settings::{AT_RISK, INDICATORS};
use crate::tests::set;

/// The place of the months among the grains.
const MONTH: usize = 2;

/// Twice the median of the gaps between order days before a day; `None` of fewer than two.
fn usual_twice(before: &[i32]) -> Option<i32> {
    let mut gaps: Vec<i32> = before.windows(2).map(|pair| pair[1] - pair[0]).collect();
    gaps.retain(|gap| *gap > 0);
    gaps.sort_unstable();
    let n = gaps.len();
    (n >= 2).then(|| gaps[(n - 1) / 2] + gaps[n / 2])
}

/// The order days of a customer before a day.
fn days_before(known: &Known, day: i32) -> Vec<i32> {
    known.person.orders.iter().map(|order| order.0).filter(|d| *d < day).collect()
}

/// Features of a customer on a day, in logarithms.
fn features(known: &Known, context: &Context, day: i32, signals: &[u32]) -> Features {
    let before = days_before(known, day);
    let (first, last) = (before[0], before[before.len() - 1]);
    let whole = |x: f64| x.floor() as u64;
    let silence = day - 1 - last;
    let recency = (silence * 10 / i32::try_from(context.lapse_days).unwrap()).min(9);
    let ratio =
        usual_twice(&before).map_or(0.0, |twice| 2.0 * f64::from(silence) / f64::from(twice));
    let overdue = [1.0, 2.0, 4.0].iter().filter(|limit| ratio > **limit).count() as u64;
    let orders = whole((before.len() as f64).log2()).min(7);
    let tenure = whole((1.0 + f64::from(day - 1 - first) / 30.0).log2()).min(7);
    let mut bits = u64::from(recency.unsigned_abs()) | orders << 4 | tenure << 7 | overdue << 10;
    for (k, signal) in signals.iter().enumerate() {
        let level = level(known, *signal, day) as f64 / 100.0;
        let class = match level {
            0.0 => 0,
            _ if level < 2.0 => 1,
            _ => (1 + whole(level.log2())).min(15),
        };
        bits |= class << (12 + 4 * k);
    }
    Features(bits)
}

/// Whether features have a class of the overdue.
fn is_overdue(features: Features) -> bool {
    [1, 2, 3].contains(&(features.0 >> 10 & 3))
}

/// A run over chance histories: the months that count, of them the first that is held out, and the
/// first of those before it whose outcome is not known by then.
struct Run {
    context: Arc<Context>,
    settings: Settings,
    has_own_window: bool,
    people: Vec<Known>,
    shape: Shape,
    months: std::ops::Range<usize>,
    held_out: usize,
    between: usize,
}

impl Run {
    fn new(window: &'static str) -> Self {
        let (mut context, people) = chance(11, 1225);
        context.lapse_days = 45;
        // From the first month whose window starts on day 45 or later to the last whose first 45
        // days are over; the newest eight of 36 are held out.
        let periods = &context.periods[MONTH];
        let first = (0..periods.len()).find(|p| periods.start(*p).0 - 30 >= 45).unwrap();
        assert_eq!((first, periods.start(38), periods.start(39)), (3, Day(1155), Day(1186)));
        assert_eq!(periods.start(31).0 - periods.start(30).0, 31);
        let shape = Shape::new(Basis::Orders, ["clicks", "late", "low"].map(Arc::from).to_vec());
        let given = [
            ("at_risk_score", SettingValue::Number(0.3)),
            ("risk_window", SettingValue::Choice(window)),
        ];
        Self {
            context: Arc::new(context),
            settings: set(&AT_RISK, &given),
            has_own_window: window == "own",
            people,
            shape,
            months: 3..39,
            held_out: 31,
            between: 30,
        }
    }

    /// Whether a customer does not order for as long as it may from a day on.
    fn leaves(&self, known: &Known, day: i32) -> bool {
        let lapse = i32::try_from(self.context.lapse_days).unwrap();
        let usual = usual_twice(&days_before(known, day)).filter(|_| self.has_own_window);
        // Twice the usual gap.
        let window = usual.map_or(lapse, |twice| twice.min(lapse));
        !known.person.orders.iter().any(|(d, _)| (day..day + window).contains(d))
    }

    /// Cells of some months, of customers who are not overdue or of all.
    fn cells(&self, months: std::ops::Range<usize>, of_overdue: bool) -> Vec<Cell> {
        let periods = &self.context.periods[MONTH];
        let mut found: BTreeMap<Features, [u64; 2]> = BTreeMap::new();
        for known in &self.people {
            let spells = spells(known, &self.context);
            for start in months.clone().map(|p| periods.start(p)) {
                if spells.iter().any(|s| s.start < start && s.end >= start) {
                    let left = self.leaves(known, start.0);
                    let features = features(known, &self.context, start.0, &[0, 1, 2]);
                    if of_overdue || !is_overdue(features) {
                        found.entry(features).or_default()[usize::from(left)] += 1;
                    }
                }
            }
        }
        let cells = found.into_iter();
        cells.map(|(features, [stayed, churned])| Cell { features, stayed, churned }).collect()
    }

    fn finish(&self) -> Finished {
        let measure = (CUSTOMERS.start)(Arc::clone(&self.context), &self.settings);
        finish_known(measure, &self.context, &self.people, 2)
    }

    fn all(&self) -> Vec<Cell> {
        self.cells(self.months.clone(), true)
    }

    fn earlier(&self) -> Vec<Cell> {
        self.cells(self.months.start..self.between, true)
    }

    fn later(&self) -> Vec<Cell> {
        self.cells(self.held_out..self.months.end, false)
    }

    /// The values of all columns.
    fn columns(&self, features: Features) -> Vec<f64> {
        let mut terms = Vec::new();
        self.shape.terms(features, &mut terms);
        let mut columns = vec![0.0; self.shape.width()];
        for (column, value) in terms {
            columns[column] = f64::from(value);
        }
        columns
    }

    fn probability(&self, coefficients: &[f64], features: Features) -> f64 {
        let columns = self.columns(features);
        let log_odds: f64 = coefficients.iter().zip(columns).map(|(c, x)| c * x).sum();
        1.0 / (1.0 + (-log_odds).exp())
    }
}

#[test]
fn months_as_counted_one_by_one() {
    for window in ["lapse", "own"] {
        count_months(&Run::new(window));
    }
}

fn count_months(run: &Run) {
    let risk = run.finish().risk.unwrap();
    let coefficients = fit(&run.shape, &run.all()).unwrap();
    let named: Vec<(String, f64)> = run.shape.names().into_iter().zip(coefficients).collect();
    assert_eq!(risk.coefficients, named);
    assert_eq!(risk.held_out_from, run.context.periods[MONTH].start(run.held_out));
    let [stayed, churned] = totals(&run.earlier());
    assert_eq!((risk.fitted, risk.fitted_churned), (stayed + churned, churned));
    let [stayed, churned] = totals(&run.later());
    assert_eq!((risk.held_out, risk.held_out_churned), (stayed + churned, churned));
    // The other measure has the same model.
    let measure = (CHURN_INDICATORS.start)(Arc::clone(&run.context), &run.settings);
    assert_eq!(finish_known(measure, &run.context, &run.people, 1).risk, Some(risk));
}

#[test]
fn later_months_judge_the_model_of_earlier_ones() {
    let run = Run::new("lapse");
    let risk = run.finish().risk.unwrap();
    let (coefficients, later) = (fit(&run.shape, &run.earlier()).unwrap(), run.later());
    let probability = |cell: &Cell| run.probability(&coefficients, cell.features);
    let (mut higher, mut pairs) = (0.0, 0.0);
    for (a, b) in later.iter().flat_map(|a| later.iter().map(move |b| (a, b))) {
        let n = (a.churned * b.stayed) as f64;
        higher += match probability(a).total_cmp(&probability(b)) {
            Ordering::Less => 0.0,
            Ordering::Equal => n / 2.0,
            Ordering::Greater => n,
        };
        pairs += n;
    }
    let auc = risk.auc.unwrap();
    assert!((auc - higher / pairs).abs() < 1e-9, "{risk:?}");
    assert!(auc > 0.55, "who has ordered once for all is gone more often: {risk:?}");
    assert_eq!(risk.calibration.len(), 10);
    for (class, (n, expected, churned)) in risk.calibration.iter().enumerate() {
        let own = later.iter().filter(|cell| (probability(cell) * 10.0) as usize == class);
        assert_eq!(*n, own.clone().map(Cell::observations).sum::<u64>());
        assert_eq!(*churned, own.clone().map(|cell| cell.churned).sum::<u64>());
        let sum: f64 = own.map(|cell| probability(cell) * cell.observations() as f64).sum();
        assert!((sum - expected).abs() < 1e-9, "{sum} for {expected}");
    }
}

/// The texts of a column.
fn texts<'a>(table: &'a Table, name: &str) -> Vec<Option<&'a str>> {
    let Values::Text(texts) = values(table, name) else { panic!("{name}") };
    texts.iter().map(Option::as_deref).collect()
}

fn values<'a>(table: &'a Table, name: &str) -> &'a Values {
    let place = table.schema().columns.iter().position(|column| column.name == name).unwrap();
    &table.columns()[place]
}

#[test]
fn scores_and_what_drives_them() {
    let run = Run::new("lapse");
    let finished = run.finish();
    let (names, coefficients): (Vec<String>, Vec<f64>) =
        finished.risk.unwrap().coefficients.into_iter().unzip();
    let rows = &finished.customer_tables[0];
    let mut table = rows.table();
    show_known(&run.context, &run.people, |block| rows.list(block, &mut table));
    let Values::Float64(scores) = values(&table, "risk_score") else { panic!() };
    let (statuses, drivers) = (texts(&table, "status"), texts(&table, "risk_driver"));
    // The average customer's columns.
    let (mut mean, all) = (vec![0.0; names.len()], run.all());
    let n: u64 = all.iter().map(Cell::observations).sum();
    for cell in &all {
        let share = cell.observations() as f64 / n as f64;
        let columns = run.columns(cell.features).into_iter();
        mean.iter_mut().zip(columns).for_each(|(mean, x)| *mean += share * x);
    }
    let (mut seen, mut driven) = (BTreeMap::new(), BTreeMap::new());
    let customers = run.people.iter().filter(|known| !known.person.orders.is_empty());
    for (row, known) in customers.enumerate() {
        *seen.entry(statuses[row]).or_insert(0) += 1;
        if spells(known, &run.context).iter().all(|spell| spell.end < run.context.as_of) {
            assert_eq!((statuses[row], scores[row], drivers[row]), (Some("lapsed"), None, None));
            continue;
        }
        let features = features(known, &run.context, 1225, &[0, 1, 2]);
        let (score, found) = (run.probability(&coefficients, features), scores[row].unwrap());
        assert!((found - score).abs() < 1e-12, "{found} for {score}");
        assert_eq!(statuses[row] == Some("at_risk"), found >= 0.3, "{found}");
        // What each adds to the log odds, and by how much that is above the mean.
        let mut parts: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
        let columns = run.columns(features);
        for (column, name) in names.iter().enumerate().skip(1) {
            let Some((group, _)) = name.split_once('.') else { continue };
            let (part, above) = parts.entry(group).or_default();
            *part += coefficients[column] * columns[column];
            *above += coefficients[column] * (columns[column] - mean[column]);
        }
        let most = parts.into_iter().filter(|(_, (part, above))| *part > 0.0 && *above > 0.0);
        let most = most.max_by(|(_, (_, a)), (_, (_, b))| a.total_cmp(b)).map(|(driver, _)| driver);
        assert_eq!(drivers[row], most, "{features:?}");
        *driven.entry(most).or_insert(0) += 1;
    }
    // Every branch was taken.
    assert!(seen.len() >= 3 && driven.len() >= 4, "{seen:?} {driven:?}");
}

/// What the run warns of at the scores of some of the people, where the third signal is known from a day on.
fn warnings(run: &Run, people: &[Known], known_from: i32, days: [u32; 2]) -> Vec<String> {
    let [lapse_days, window_days] = days;
    let mut context = Context { lapse_days, ..(*run.context).clone() };
    context.engagement.known_from[2] = Some(Day(known_from));
    let mut settings = run.settings.clone();
    settings.set(&INDICATORS, "window_days", SettingValue::Whole(window_days));
    let measure = (CUSTOMERS.start)(Arc::new(context.clone()), &settings);
    let finished = finish_known(measure, &context, people, 2);
    let is_null = finished.risk.is_none();
    let texts = finished.warnings.into_iter().map(|warning| warning.text);
    let texts: Vec<String> = texts.filter(|text| text.starts_with("risk_score is NULL")).collect();
    assert!(texts.is_empty() || is_null);
    texts
}

/// People, the day from which the third signal is known, days of lapse and window, and the warning.
type Case<'a> = (&'a [Known], i32, [u32; 2], Option<String>);

#[test]
fn a_run_says_why_there_is_no_model() {
    const NEEDS: &str = "risk_score is NULL, as the model of leaving needs 30 observations that left and 30 \
                         that stayed, and ";
    let run = Run::new("lapse");
    let lapsed = run.people.iter().filter(|known| {
        spells(known, &run.context).iter().all(|spell| spell.end < run.context.as_of)
    });
    let lapsed: Vec<Known> = lapsed.cloned().collect();
    let cut = |window: u32, from: &str| {
        format!(
            ": a month counts if the {window} days before it (window_days) lie on or after {from}, the first \
             day of [inputs.surveys], from which the signal \"low\" is known"
        )
    };
    let none = "; leave [inputs.surveys] out until it reaches further back";
    let [stayed, left] = totals(&run.cells(38..39, true));
    let active = run.people.iter().filter(|known| {
        spells(known, &run.context).iter().any(|spell| spell.end >= run.context.as_of)
    });
    let few = Run { people: active.take(3).cloned().collect(), ..Run::new("lapse") };
    let [few_stayed, few_left] = totals(&few.all());
    assert!((1..30).contains(&few_stayed));
    let cases: [Case<'_>; 7] = [
        (&run.people, 45, [45, 30], None),
        // The last month whose first 45 days are over opens on day 1155, 30 days after 1125.
        (
            &run.people,
            1125,
            [45, 30],
            Some(format!(
                "{NEEDS}finds {left} and {stayed} in the months from 1973-03-01 on{}",
                cut(30, "1973-01-30")
            )),
        ),
        (
            &run.people,
            1126,
            [45, 30],
            Some(format!("{NEEDS}no month counts{}{none}", cut(30, "1973-01-31"))),
        ),
        (
            &run.people,
            1000,
            [45, 160],
            Some(format!("{NEEDS}no month counts{}{none}", cut(160, "1972-09-27"))),
        ),
        // Without the signal there were none either.
        (
            &run.people,
            45,
            [2000, 30],
            Some(format!(
                "{NEEDS}no month counts: those that count are complete ones from the second month of activity \
                 on whose first 2000 days are over before as_of"
            )),
        ),
        (
            &few.people,
            45,
            [45, 30],
            Some(format!(
                "{NEEDS}finds {few_left} and {few_stayed} in the months from 1970-04-01 on{}",
                cut(30, "1970-02-15")
            )),
        ),
        // Nobody would have a score.
        (&lapsed, 1126, [45, 30], None),
    ];
    for (people, from, days, expected) in cases {
        let expected: Vec<String> = expected.into_iter().collect();
        assert_eq!(warnings(&run, people, from, days), expected, "{from} {days:?}");
    }
}
