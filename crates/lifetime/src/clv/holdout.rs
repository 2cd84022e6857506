//! `clv_holdout`: models of the first part of the history, held against all of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use kohort_model::{Context, Day, Slot, Table, row};

use super::missing::Fits;
use super::orders::{Histories, OrderDays};
use super::tables::HOLDOUT;
use crate::models::{Births, Fit, OrderModel, expected_curve};
use crate::settings::Lifetime;

/// The units of time since the first activity of everybody.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Steps {
    first: Day,
    unit_days: u32,
    /// How many start before `as_of`.
    len: u32,
    /// Exclusive end of what the models see, at most `as_of`.
    pub calibration_end: Day,
}

impl Steps {
    /// `None` where there is no activity.
    pub fn new(context: &Context, lifetime: Lifetime) -> Option<Self> {
        let first = context.first_activity?;
        let unit_days = lifetime.unit_days;
        let known = u32::try_from(context.as_of.0 - first.0).unwrap_or(0);
        let middle = first.plus(i64::from(known / unit_days / 2 * unit_days));
        let calibration_end = lifetime.calibration_end.unwrap_or(middle).min(context.as_of);
        Some(Self { first, unit_days, len: known.div_ceil(unit_days), calibration_end })
    }

    /// Exclusive end of a step, counted from 0.
    fn end(&self, step: u32) -> Day {
        self.first.plus((i64::from(step) + 1) * i64::from(self.unit_days))
    }

    /// Days from the first activity of everybody to `day`, which is not earlier.
    fn since_first(&self, day: Day) -> u32 {
        self.first.0.abs_diff(day.0)
    }
}

/// What was known at the end of the calibration, and what came of these customers until `as_of`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Holdout {
    known: Histories,
    /// Their repeat order days by step.
    repeats: Vec<u64>,
}

impl Holdout {
    /// Counts a customer of whom `known` was known, and who was active on `days`.
    pub fn push(&mut self, known: &OrderDays, days: &[Day], steps: &Steps) {
        self.known.push_history(known);
        for pair in days.windows(2).filter(|pair| pair[0] != pair[1]) {
            let step = (steps.since_first(pair[1]) / steps.unit_days) as usize;
            if self.repeats.len() <= step {
                self.repeats.resize(step + 1, 0);
            }
            self.repeats[step] += 1;
        }
    }

    /// Adds what `other` has counted.
    pub fn merge(&mut self, other: Self) {
        self.known.merge(other.known);
        self.repeats.resize(self.repeats.len().max(other.repeats.len()), 0);
        self.repeats.iter_mut().zip(other.repeats).for_each(|(own, more)| *own += more);
    }

    /// A row for each model and step; none where nobody was known.
    pub fn write(
        self,
        table: &mut Table,
        counted: &mut Fits,
        context: &Context,
        slot: &Slot,
        steps: &Steps,
    ) {
        let (known, _) = self.known.into_rows();
        if known.is_empty() {
            return;
        }
        // Who was `age` days old on the last day of the calibration.
        let last = steps.since_first(steps.calibration_end) - 1;
        let mut by_day = BTreeMap::<u32, u64>::new();
        for row in &known {
            *by_day.entry(last - row.age_days).or_default() += row.customers;
        }
        let births: Vec<Births> =
            by_day.into_iter().map(|(day, customers)| Births { day, customers }).collect();
        let ends: Vec<u32> = (1..=steps.len).map(|step| step * steps.unit_days).collect();
        // Ages are counted to the last known day, and so is the time that is looked ahead.
        let last_days: Vec<u32> = ends.iter().map(|end| end - 1).collect();
        let fits = OrderModel::fit_all(&known, steps.unit_days);
        for (model, fit) in OrderModel::ALL.into_iter().zip(fits) {
            counted.count(model.name(), slot, Fit::missing_of(fit.as_ref()));
            let fit = fit.filter(Fit::is_converged);
            let curve =
                fit.map(|fit| expected_curve(&*fit.model, steps.unit_days, &births, &last_days));
            let (mut seen, mut customers, mut actual, mut expected) = (births.iter(), 0, 0, 0.0);
            let mut next = seen.next();
            for step in 0..steps.len {
                let at = step as usize;
                while let Some(births) = next.filter(|births| births.day < ends[at]) {
                    customers += births.customers;
                    next = seen.next();
                }
                let orders = self.repeats.get(at).copied().unwrap_or(0);
                actual += orders;
                let cumulative = curve.as_ref().map(|curve| curve[at]);
                let expected_orders = cumulative.map(|until| until - expected);
                expected = cumulative.unwrap_or(0.0);
                let end = steps.end(step);
                table.push(row!(HOLDOUT {
                    segment: Arc::clone(&slot.segment),
                    segment_value: slot.value.clone(),
                    model: model.name(),
                    step: step + 1,
                    step_start: end.plus(-i64::from(steps.unit_days)),
                    is_holdout: end > steps.calibration_end,
                    customers: customers,
                    actual_orders: orders,
                    actual_cumulative: actual,
                    expected_orders: expected_orders,
                    expected_cumulative: cumulative,
                    is_complete: end <= context.as_of,
                }));
            }
        }
    }
}
