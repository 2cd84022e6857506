//! The tables of models on published and on small histories.

use std::sync::Arc;

use kohort_model::{
    Basis, Context, Day, Grain, NEVER, SettingValue, Settings, Spell, Table, Values,
};

use super::CLV_MODELS;
use crate::settings::LIFETIME;
use crate::tests::{Person, assert_text, cdnow, context, finish, orders, set};

/// Both tables.
fn tables(context: Context, people: &[Person]) -> [Table; 2] {
    tables_with(&Settings::default(), context, people)
}

fn tables_with(settings: &Settings, context: Context, people: &[Person]) -> [Table; 2] {
    let context = Arc::new(context);
    let measure = (CLV_MODELS.start)(Arc::clone(&context), settings);
    let tables = finish(measure, &context, people).tables;
    tables.try_into().unwrap()
}

fn floats<'a>(table: &'a Table, column: &str) -> &'a [Option<f64>] {
    let at = table.schema().columns.iter().position(|c| c.name == column).unwrap();
    let Values::Float64(values) = &table.columns()[at] else { panic!("{column} is no float") };
    values
}

#[test]
fn parameters_of_a_published_history() {
    let [models, _] = tables(context(0, 273, Grain::Year), &cdnow());
    let estimates: Vec<f64> = floats(&models, "estimate").iter().flatten().copied().collect();
    let published = [
        0.793, 4.414, 2.426, 0.243, // BG/NBD: a, alpha, b, r
        15.44, 6.25, 3.74, // Gamma-Gamma: gamma, p, q
        0.891, 6.183, 1.614, 0.525, // MBG/NBD: a, alpha, b, r
        10.578, 11.669, 0.553, 0.606, // Pareto/NBD: alpha, beta, r, s
    ];
    // Of everybody, and of the one value that all have.
    assert_eq!(estimates.len(), 2 * published.len());
    for (found, expected) in estimates.iter().zip(published.iter().cycle()) {
        assert!((found / expected - 1.0).abs() < 2e-3, "{found} instead of {expected}");
    }
    let of = |(model, parameters, customers): (&str, &str, u32)| {
        let row = |name| format!("{model} {name} {customers} 7 true\n");
        parameters.split(' ').map(row).collect::<String>()
    };
    let rows = [
        ("bg_nbd", "a alpha b r", 2357),
        ("gamma_gamma", "gamma p q", 946),
        ("mbg_nbd", "a alpha b r", 2357),
        ("pareto_nbd", "alpha beta r s", 2357),
    ];
    let header = "model parameter customers unit_days is_converged\n".to_owned();
    assert_text(&models, &(header + &rows.map(of).concat().repeat(2)));
}

#[test]
fn a_holdout_adds_up() {
    let settings = set(
        &LIFETIME,
        &[("unit_days", SettingValue::Whole(50)), ("calibration_end", SettingValue::Day(Day(130)))],
    );
    let [_, holdout] = tables_with(&settings, context(0, 273, Grain::Year), &cdnow());
    // Two slots of three models of six steps.
    let (expected, cumulative) =
        (floats(&holdout, "expected_orders"), floats(&holdout, "expected_cumulative"));
    assert_eq!(expected.len(), 36);
    for (each, until) in expected.chunks(6).zip(cumulative.chunks(6)) {
        let mut sum = 0.0;
        for (each, until) in each.iter().zip(until) {
            sum += each.unwrap();
            assert!(each.unwrap() > 0.0 && (until.unwrap() - sum).abs() < 1e-9);
        }
    }
}

#[test]
fn steps_by_hand() {
    // Weeks from day 3; the middle of their three is the end of the first.
    let people = [
        orders(&[3, 3, 9, 10, 16]),
        orders(&[9, 24]),
        // First seen after the calibration.
        orders(&[10, 11]),
    ];
    let mut context = context(3, 26, Grain::Month);
    context.first_segments.clear();
    let [_, holdout] = tables(context.clone(), &people);
    // Known at the end of the first week are two customers: one who ordered again after 6 days, on the
    // last of 6, and one of that day. So one order in 6 days: a rate of 7/6 a week for all, as one
    // cannot tell differences. Whether the first has left with that order changes nothing: BG/NBD has
    // no maximum. By MBG/NBD it would have had to stay once before, and in Pareto/NBD the last day is
    // no time to leave: nobody leaves. The first is 6, 13, 20 and 27 days old at the ends of the
    // steps, the second 0, 7, 14 and 21, and 6, 20, 34 and 48 days are 1, 3 1/3, 5 2/3 and 8 orders.
    let rows = |segment: &str| {
        let of = |model: &str| {
            let expected = match model {
                "bg_nbd" => ["- -"; 4],
                _ => ["1 1", "2.3333 3.3333", "2.3333 5.6667", "2.3333 8"],
            };
            let [first, second, third, fourth] = expected;
            let rows = [
                format!("1 3  false 2 1 1 {first} true"),
                format!("2 10 true  2 2 3 {second} true"),
                format!("3 17 true  2 0 3 {third} true"),
                format!("4 24 true  2 1 4 {fourth} false"),
            ];
            rows.map(|row| format!("{segment} {model} {row}\n")).concat()
        };
        ["bg_nbd", "mbg_nbd", "pareto_nbd"].map(of).concat()
    };
    let expected = format!(
        "segment model step step_start is_holdout customers actual_orders actual_cumulative \
         expected_orders expected_cumulative is_complete\n{}{}",
        rows("all"),
        rows("kind"),
    );
    assert_text(&holdout, &expected);
}

#[test]
fn nothing_can_be_fitted_to_nothing() {
    let [models, holdout] = tables(context(3, 5, Grain::Month), &[orders(&[3])]);
    // The history is shorter than two units: there is no first half.
    assert_eq!(holdout.rows(), 0);
    let of = |(model, parameters, why): (&str, &str, &str)| {
        let row = |name| format!("{model} {name} false {why}\n");
        parameters.split(' ').map(row).collect::<String>()
    };
    let rows = [
        ("bg_nbd", "a alpha b r", "no_repeats"),
        ("gamma_gamma", "gamma p q", "no_data"),
        ("mbg_nbd", "a alpha b r", "no_repeats"),
        ("pareto_nbd", "alpha beta r s", "no_repeats"),
    ];
    let header = "model parameter is_converged maximum\n".to_owned();
    assert_text(&models, &(header + &rows.map(of).concat().repeat(2)));
    let [models, holdout] = tables(context(3, 5, Grain::Month), &[]);
    assert_eq!((models.rows(), holdout.rows()), (0, 0));
}

#[test]
fn readers_are_warned_of_what_has_no_maximum() {
    let warnings = |people: &[Person]| -> Vec<(&str, String)> {
        let mut context = context(3, 26, Grain::Month);
        context.first_segments.clear();
        let context = Arc::new(context);
        let measure = (CLV_MODELS.start)(Arc::clone(&context), &Settings::default());
        let warnings = finish(measure, &context, people).warnings;
        warnings.into_iter().map(|warning| (warning.table, warning.text)).collect()
    };
    // The people of `steps_by_hand`, in the slots `all` and `kind a`.
    let people = [orders(&[3, 3, 9, 10, 16]), orders(&[9, 24]), orders(&[10, 11])];
    let of_holdout = "2 of 6 fits have no maximum, and their expected_orders are NULL (bg_nbd of all: \
                      other parameters are as likely; bg_nbd of kind a: other parameters are as \
                      likely)";
    let of_values = "2 of 8 fits have no maximum, and their numbers are where the search ended \
                     (gamma_gamma of all: the likelihood rises without end; gamma_gamma of kind a: \
                     the likelihood rises without end)";
    // All orders are worth the same, however many of whom.
    assert_eq!(
        warnings(&people),
        [("clv_models", of_values.to_owned()), ("clv_holdout", of_holdout.to_owned())]
    );
    assert_eq!(warnings(&cdnow()), []);
}

#[test]
fn subscriptions_have_one_model() {
    // Fader and Hardie 2007, table 1, high end: customers left after each year, here month.
    let left = [1000, 869, 743, 653, 593, 551, 517, 491];
    let start = Day(0);
    let mut ends: Vec<Day> = Vec::new();
    for (months, pair) in (1..).zip(left.windows(2)) {
        ends.extend(vec![start.plus_months(months); pair[0] - pair[1]]);
    }
    ends.extend(vec![Day(NEVER); left[7]]);
    let person = |end: Day| Person {
        orders: vec![(0, 100)],
        spells: vec![Spell { start, end }],
        slot: 2,
        ..Person::default()
    };
    let people: Vec<Person> = ends.into_iter().map(person).collect();
    let mut context = context(0, start.plus_months(7).0 + 1, Grain::Month);
    (context.basis, context.lapse_days) = (Basis::Subscriptions, 0);
    let [models, holdout] = tables(context, &people);
    assert_eq!(holdout.rows(), 0);
    assert_text(
        &models,
        "segment segment_value model parameter customers unit_days is_converged maximum
         all     -             sbg   alpha     1000      30        true         inside
         all     -             sbg   beta      1000      30        true         inside
         kind    b             sbg   alpha     1000      30        true         inside
         kind    b             sbg   beta      1000      30        true         inside",
    );
    for (found, expected) in floats(&models, "estimate").iter().zip([0.668, 3.806, 0.668, 3.806]) {
        assert!((found.unwrap() - expected).abs() < 1e-3, "{found:?} instead of {expected}");
    }
}
