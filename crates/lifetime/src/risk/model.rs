//! The fitted model: what it says of a customer, and how well it tells who leaves.

use std::sync::Arc;

use kohort_model::{Block, Context, Day, RiskFit};

use super::features::{Features, Shape};
use super::fit::{Cell, fit, log_odds, probability, totals};
use super::leaving::Frame;
use super::levels::Levels;
use super::odds::auc;
use super::rhythm::Rhythm;

/// Classes of the probability in which a model is judged.
const CLASSES: usize = 10;

/// The model of leaving, fitted.
pub(crate) struct RiskModel {
    context: Arc<Context>,
    frame: Frame,
    shape: Shape,
    coefficients: Vec<f64>,
    /// What each driver adds to the log odds on average.
    means: Vec<f64>,
}

/// What the model says of a customer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Risk {
    /// Probability of leaving: within a month, with orders of none for W days.
    pub score: f64,
    /// Place, among [`RiskModel::drivers`], of what raises it most.
    pub driver: Option<usize>,
}

impl RiskModel {
    /// A model of these coefficients, fitted to `cells`.
    #[expect(clippy::cast_precision_loss, reason = "sums of small numbers stay below 2^53")]
    pub fn new(
        context: Arc<Context>,
        frame: Frame,
        shape: Shape,
        coefficients: Vec<f64>,
        cells: &[Cell],
    ) -> Self {
        let mut sums = vec![0_u64; shape.width()];
        let mut terms = Vec::new();
        for cell in cells {
            shape.terms(cell.features, &mut terms);
            for (column, value) in &terms {
                sums[*column] += cell.observations() * u64::from(*value);
            }
        }
        let observations: u64 = cells.iter().map(Cell::observations).sum();
        let mut means = vec![0.0; shape.drivers().len()];
        for (column, (sum, coefficient)) in sums.into_iter().zip(&coefficients).enumerate() {
            if let Some(driver) = shape.driver(column) {
                means[driver] += coefficient * (sum as f64 / observations as f64);
            }
        }
        Self { context, frame, shape, coefficients, means }
    }

    /// What may raise a customer's probability, in texts of the caller's own.
    pub fn drivers(&self) -> Vec<Arc<str>> {
        self.shape.drivers()
    }

    /// What the model says at `as_of` of a customer who is active, and whose levels these are;
    /// `rhythm` is room for its gaps.
    pub fn at_the_end(
        &self,
        block: &Block<'_>,
        customer: usize,
        levels: &Levels,
        rhythm: &mut Rhythm,
    ) -> Risk {
        let (days, _) = block.activity.of(customer);
        let as_of = self.context.as_of;
        rhythm.clear();
        rhythm.extend(days);
        let signals = self.frame.signals_at(as_of, levels);
        self.of(Features::new(days, rhythm, as_of, signals, &self.context))
    }

    /// What the model says of some features. A driver is something that the customer has: what
    /// raises the odds by being there, and above the average customer's.
    pub fn of(&self, features: Features) -> Risk {
        let mut terms = Vec::new();
        self.shape.terms(features, &mut terms);
        let mut own = vec![0.0; self.means.len()];
        for (column, value) in &terms {
            if let Some(driver) = self.shape.driver(*column) {
                own[driver] += self.coefficients[*column] * f64::from(*value);
            }
        }
        let raising = own.iter().zip(&self.means).map(|(own, mean)| (*own > 0.0, own - mean));
        let raising =
            raising.enumerate().filter(|(_, (is_there, above))| *is_there && *above > 0.0);
        // Of equals the first.
        let most = raising.rev().max_by(|(_, (_, a)), (_, (_, b))| a.total_cmp(b));
        Risk {
            score: probability(log_odds(&self.coefficients, &terms)),
            driver: most.map(|(driver, _)| driver),
        }
    }
}

/// How well the model would do in the later months, had it been fitted to the earlier ones. Where
/// too few churned or stayed in those there is nothing to judge: no AUC, and no class.
pub(crate) fn risk_fit(
    model: &RiskModel,
    held_out_from: Day,
    earlier: &[Cell],
    later: &[Cell],
) -> RiskFit {
    let shape = &model.shape;
    let ([stayed, churned], [later_stayed, later_churned]) = (totals(earlier), totals(later));
    let (auc, calibration) = match fit(shape, earlier) {
        Some(coefficients) => judge(shape, &coefficients, later),
        None => (None, Vec::new()),
    };
    RiskFit {
        held_out_from,
        fitted: stayed + churned,
        fitted_churned: churned,
        held_out: later_stayed + later_churned,
        held_out_churned: later_churned,
        auc,
        calibration,
        coefficients: shape.names().into_iter().zip(model.coefficients.iter().copied()).collect(),
    }
}

/// AUC, and by class of the probability the observations, who was expected to churn and who did.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of people are far below 2^53, and a probability is from 0 to 1"
)]
fn judge(
    shape: &Shape,
    coefficients: &[f64],
    cells: &[Cell],
) -> (Option<f64>, Vec<(u64, f64, u64)>) {
    let mut classes = vec![(0, 0.0, 0); CLASSES];
    let mut terms = Vec::new();
    let scored = cells.iter().map(|cell| {
        shape.terms(cell.features, &mut terms);
        let score = probability(log_odds(coefficients, &terms));
        let class = (score * CLASSES as f64) as usize;
        let (observations, expected, churned) = &mut classes[class.min(CLASSES - 1)];
        *observations += cell.observations();
        *expected += cell.observations() as f64 * score;
        *churned += cell.churned;
        (score, cell)
    });
    let mut scored: Vec<(f64, &Cell)> = scored.collect();
    scored.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    let ties = scored.chunk_by(|(a, _), (b, _)| a.total_cmp(b).is_eq());
    let by_score = ties.map(|tied| {
        tied.iter().fold((0, 0), |(c, s), (_, cell)| (c + cell.churned, s + cell.stayed))
    });
    let auc = auc(by_score);
    (auc, classes)
}
