//! Published fits, reference values in many digits, properties, fits to simulated data, limits, and
//! data that determine nothing.

mod degenerate;
mod limits;
mod properties;
mod published;
mod random;
mod reference;
mod samples;
mod simulated;

use super::gamma_gamma::Spend;
use super::{Births, History};

/// The lines of a test table below its comments and header, as fields.
fn lines(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines().filter(|line| !line.starts_with('#')).skip(1).map(|line| line.split(',').collect())
}

fn number(field: &str) -> f64 {
    field.parse().unwrap()
}

/// The 2,357 customers of the CDNOW sample, first 39 weeks.
fn cdnow() -> Vec<History> {
    lines(include_str!("../testdata/cdnow_histories.csv"))
        .map(|fields| History {
            x: fields[0].parse().unwrap(),
            t_x_days: fields[1].parse().unwrap(),
            age_days: fields[2].parse().unwrap(),
            customers: fields[3].parse().unwrap(),
        })
        .collect()
}

/// What the 946 of them with a repeat order spent on such, in cents.
fn cdnow_spend() -> Vec<Spend> {
    lines(include_str!("../testdata/cdnow_spend.csv"))
        .map(|fields| Spend {
            x: fields[0].parse().unwrap(),
            total: fields[1].parse().unwrap(),
            customers: fields[2].parse().unwrap(),
        })
        .collect()
}

/// The days of their first orders, counted from the first of them.
fn cdnow_births() -> Vec<Births> {
    let rows = cdnow();
    let oldest = rows.iter().map(|row| row.age_days).max().unwrap();
    rows.iter().map(|row| Births { day: oldest - row.age_days, customers: row.customers }).collect()
}

#[track_caller]
fn assert_close(got: f64, want: f64, relative: f64, what: &str) {
    let error = (got - want).abs();
    // Below the smallest normal float there are no digits to compare.
    assert!(
        error <= relative * want.abs() || error < f64::MIN_POSITIVE,
        "{what}: {got:e} instead of {want:e}"
    );
}
