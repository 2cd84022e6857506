//! The fold behind both tables, and the rows of `clv_models`.

use std::sync::Arc;

use kohort_model::{
    Basis, Block, Context, Finished, Measure, MeasureSpec, Slot, Table, Tally, merge_as, row,
};

use super::holdout::{Holdout, Steps};
use super::missing::Fits;
use super::orders::{Histories, OrderDays, fit_value};
use super::tables::{HOLDOUT, MODELS, TABLES};
use super::tenure::Tenures;
use crate::models::{Fit, Missing, OrderModel, Place, sbg};
use crate::settings::{LIFETIME, Lifetime};

/// The declaration.
pub static CLV_MODELS: MeasureSpec = MeasureSpec {
    tables: TABLES,
    settings: &[&LIFETIME],
    start: |context, settings| Box::new(ClvModels::new(context, Lifetime::of(settings))),
    ..MeasureSpec::PLAIN
};

/// Days that stand for the months of sBG.
const MONTH_DAYS: u32 = 30;

/// What is counted of one slot.
#[derive(Clone, Debug, Default)]
struct Counts {
    /// With orders: everything that is known.
    histories: Histories,
    /// With orders: what was known at the end of the calibration, and what came.
    holdout: Holdout,
    /// With subscriptions: the first spells.
    tenures: Tenures,
}

/// The fold behind `clv_models` and `clv_holdout`; with subscriptions only the first of them has
/// rows.
struct ClvModels {
    context: Arc<Context>,
    lifetime: Lifetime,
    /// `None` where nobody ever ordered.
    steps: Option<Steps>,
    slots: Vec<Counts>,
}

impl ClvModels {
    /// Nothing counted yet.
    fn new(context: Arc<Context>, lifetime: Lifetime) -> Self {
        let slots = vec![Counts::default(); context.slots.len()];
        Self { steps: Steps::new(&context, lifetime), context, lifetime, slots }
    }
}

impl Measure for ClvModels {
    fn fresh(&self) -> Box<dyn Measure> {
        Box::new(Self::new(Arc::clone(&self.context), self.lifetime))
    }

    fn fold(&mut self, block: &Block<'_>) {
        let Self { context, steps, slots, .. } = self;
        let Some(steps) = steps else { return };
        for customer in 0..block.len() {
            let each_slot = || block.groups.iter().map(|group| group.slot(customer));
            match context.basis {
                Basis::Subscriptions => {
                    let Some(spell) = block.spells.of(customer).first() else { continue };
                    for slot in each_slot() {
                        slots[slot].tenures.push(*spell, context.as_of);
                    }
                }
                Basis::Orders => {
                    let events = block.activity.of(customer);
                    let Some(days) = OrderDays::until(context.as_of, events) else { continue };
                    let known = OrderDays::until(steps.calibration_end, events);
                    for slot in each_slot() {
                        let counts = &mut slots[slot];
                        counts.histories.push(&days);
                        if let Some(known) = &known {
                            counts.holdout.push(known, events.0, steps);
                        }
                    }
                }
            }
        }
    }

    fn merge(&mut self, other: Box<dyn Measure>) {
        for (own, other) in self.slots.iter_mut().zip(merge_as::<Self>(other).slots) {
            own.histories.merge(other.histories);
            own.holdout.merge(other.holdout);
            own.tenures.add(&other.tenures);
        }
    }

    fn finish(self: Box<Self>) -> Finished {
        let Self { context, lifetime, steps, slots } = *self;
        let mut models = context.table(&MODELS);
        let mut holdout = context.table(&HOLDOUT);
        let (mut of_all, mut of_calibration) = (Fits::default(), Fits::default());
        for (slot, counts) in context.slots.iter().zip(slots) {
            let mut writer = Writer { table: &mut models, fits: &mut of_all, slot };
            writer.write_orders(&context, counts.histories, lifetime.unit_days);
            writer.write_tenures(&counts.tenures);
            if let Some(steps) = &steps {
                counts.holdout.write(&mut holdout, &mut of_calibration, &context, slot, steps);
            }
        }
        let warnings = [
            of_all.warning(MODELS.name, "and their numbers are where the search ended"),
            of_calibration.warning(HOLDOUT.name, "and their expected_orders are NULL"),
        ];
        Finished {
            tables: vec![models, holdout],
            warnings: warnings.into_iter().flatten().collect(),
            ..Finished::default()
        }
    }
}

/// A writer of the rows of one slot.
struct Writer<'a> {
    table: &'a mut Table,
    fits: &'a mut Fits,
    slot: &'a Slot,
}

/// What the rows of one model share.
#[derive(Clone, Copy)]
struct Of {
    model: &'static str,
    /// Customers that stand in the rows where nothing was fitted.
    customers: u64,
    unit_days: u32,
}

impl Writer<'_> {
    fn write_orders(&mut self, context: &Context, histories: Histories, unit_days: u32) {
        let (histories, spends) = histories.into_rows();
        let customers: u64 = histories.iter().map(|row| row.customers).sum();
        if customers == 0 {
            return;
        }
        let [bg_nbd, mbg_nbd, pareto_nbd] = OrderModel::fit_all(&histories, unit_days);
        let of = |model| Of { model, customers, unit_days };
        self.write(of("bg_nbd"), &["a", "alpha", "b", "r"], bg_nbd.as_ref());
        self.write(
            Of { model: "gamma_gamma", customers: 0, unit_days },
            &["gamma", "p", "q"],
            fit_value(&spends, context).as_ref(),
        );
        self.write(of("mbg_nbd"), &["a", "alpha", "b", "r"], mbg_nbd.as_ref());
        self.write(of("pareto_nbd"), &["alpha", "beta", "r", "s"], pareto_nbd.as_ref());
    }

    fn write_tenures(&mut self, tenures: &Tenures) {
        let tenures = tenures.rows();
        let customers = tenures.iter().map(|row| row.customers).sum();
        if customers > 0 {
            let of = Of { model: "sbg", customers, unit_days: MONTH_DAYS };
            self.write(of, &["alpha", "beta"], sbg::fit(&tenures).as_ref());
        }
    }

    /// A row for each parameter, named in order.
    fn write<M>(&mut self, of: Of, names: &[&'static str], fit: Option<&Fit<M>>) {
        let finite = |value: Option<f64>| value.filter(|value| value.is_finite());
        let missing = Fit::missing_of(fit);
        self.fits.count(of.model, self.slot, missing);
        for name in names {
            let parameter = fit.and_then(|fit| fit.parameters.iter().find(|p| p.name == *name));
            let place = parameter.map_or(Place::Inside, |parameter| parameter.place);
            self.table.push(row!(MODELS {
                segment: Arc::clone(&self.slot.segment),
                segment_value: self.slot.value.clone(),
                model: of.model,
                parameter: *name,
                estimate: finite(parameter.and_then(|p| p.value)),
                standard_error: finite(parameter.and_then(|p| p.standard_error)),
                mean: finite(parameter.and_then(|p| p.mean)),
                log_likelihood: finite(fit.map(|fit| fit.log_likelihood)),
                customers: fit.map_or(of.customers, |fit| fit.customers),
                unit_days: of.unit_days,
                is_converged: missing.is_none(),
                maximum: missing.map_or(place.name(), Missing::name),
            }));
        }
    }
}
