//! Coefficients by penalised maximum likelihood.

use super::features::{Features, Shape};

/// Observations that have to have churned, and to have stayed, for a model.
pub(super) const FEWEST: u64 = 30;
/// A step in the coefficients that is not worth another.
const FOUND: f64 = 1e-9;
const MOST_TRIALS: u32 = 100;
/// The share of the likelihood that rounding may take.
const ROUNDING: f64 = 1e-12;

/// Observations of equal features.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    pub features: Features,
    pub stayed: u64,
    pub churned: u64,
}

impl Cell {
    pub fn observations(&self) -> u64 {
        self.stayed + self.churned
    }
}

/// How many stayed and how many churned of all cells.
pub(crate) fn totals(cells: &[Cell]) -> [u64; 2] {
    cells.iter().fold([0, 0], |[s, c], cell| [s + cell.stayed, c + cell.churned])
}

/// The penalised log-likelihood at some coefficients, with its first and its negative second
/// derivatives, of which the lower triangle is filled.
struct Likelihood {
    value: f64,
    slope: Vec<f64>,
    information: Vec<Vec<f64>>,
}

/// One coefficient a column: those of the logistic regression that maximise its log-likelihood less
/// half the sum of their squares, the intercept's excepted (le Cessie and van Houwelingen 1992);
/// `None` where too few churned or stayed.
///
/// The maximum is the only one, since the penalised likelihood is concave; Newton steps lead there.
/// Sums are formed in the order of the cells.
pub(crate) fn fit(shape: &Shape, cells: &[Cell]) -> Option<Vec<f64>> {
    let [stayed, churned] = totals(cells);
    if stayed.min(churned) < FEWEST {
        return None;
    }
    let mut coefficients = vec![0.0; shape.width()];
    let start = likelihood(shape, cells, &coefficients);
    let mut value = start.value;
    let mut step = solve(start.information, start.slope)?;
    for _ in 0..MOST_TRIALS {
        let to: Vec<f64> = coefficients.iter().zip(&step).map(|(c, s)| c + s).collect();
        let there = likelihood(shape, cells, &to);
        if there.value >= value - ROUNDING * value.abs() {
            (coefficients, value) = (to, there.value);
            if step.iter().all(|s| s.abs() < FOUND) {
                break;
            }
            step = solve(there.information, there.slope)?;
        } else {
            // Too far.
            for change in &mut step {
                *change /= 2.0;
            }
        }
    }
    Some(coefficients)
}

/// The log odds of columns that are not 0.
pub(crate) fn log_odds(coefficients: &[f64], terms: &[(usize, u8)]) -> f64 {
    terms.iter().map(|(column, value)| coefficients[*column] * f64::from(*value)).sum()
}

/// The probability of some log odds, above 0 and at most 1.
pub(crate) fn probability(log_odds: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-log_odds))
}

#[expect(clippy::cast_precision_loss, reason = "counts of people are far below 2^53")]
fn likelihood(shape: &Shape, cells: &[Cell], coefficients: &[f64]) -> Likelihood {
    let width = shape.width();
    let mut all = Likelihood {
        value: 0.0,
        slope: vec![0.0; width],
        information: (1..=width).map(|columns| vec![0.0; columns]).collect(),
    };
    let mut terms = Vec::new();
    for cell in cells {
        shape.terms(cell.features, &mut terms);
        let (n, churned) = (cell.observations() as f64, cell.churned as f64);
        let log_odds = log_odds(coefficients, &terms);
        let p = probability(log_odds);
        // ln(1 + e^x), where e^x may be too large.
        let log_total = log_odds.max(0.0) + libm::log1p(libm::exp(-log_odds.abs()));
        all.value += churned * log_odds - n * log_total;
        let (residual, weight) = (churned - n * p, n * p * (1.0 - p));
        for (i, (column, value)) in terms.iter().enumerate() {
            all.slope[*column] += residual * f64::from(*value);
            let row = &mut all.information[*column];
            let weight = weight * f64::from(*value);
            for (other, value) in &terms[..=i] {
                row[*other] += weight * f64::from(*value);
            }
        }
    }
    for (column, coefficient) in coefficients.iter().enumerate().skip(1) {
        all.value -= coefficient * coefficient / 2.0;
        all.slope[column] -= coefficient;
        all.information[column][column] += 1.0;
    }
    all
}

/// The solution x of A x = b, from the lower triangle of A by Cholesky's decomposition; `None` where
/// A is not positive definite.
fn solve(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Option<Vec<f64>> {
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
    for i in 0..b.len() {
        let (above, rest) = a.split_at_mut(i);
        let row = &mut rest[0];
        for (j, other) in above.iter().enumerate() {
            row[j] = (row[j] - dot(&row[..j], &other[..j])) / other[j];
        }
        let square = row[i] - dot(&row[..i], &row[..i]);
        if square.is_nan() || square <= 0.0 {
            return None;
        }
        row[i] = square.sqrt();
        b[i] = (b[i] - dot(&row[..i], &b[..i])) / row[i];
    }
    for i in (0..b.len()).rev() {
        b[i] /= a[i][i];
        for j in 0..i {
            b[j] -= a[i][j] * b[i];
        }
    }
    Some(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equations_are_solved() {
        let a = vec![vec![4.0], vec![2.0, 5.0], vec![-2.0, 1.0, 6.0]];
        let found = solve(a, vec![4.0 + 4.0 - 6.0, 2.0 + 10.0 + 3.0, -2.0 + 2.0 + 18.0]).unwrap();
        for (found, expected) in found.iter().zip([1.0, 2.0, 3.0]) {
            assert!((found - expected).abs() < 1e-12, "{found}");
        }
        assert_eq!(solve(vec![vec![1.0], vec![2.0, 4.0]], vec![1.0, 1.0]), None);
        assert_eq!(solve(vec![vec![f64::NAN]], vec![1.0]), None);
    }
}
