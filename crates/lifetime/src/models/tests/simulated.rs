//! Fits to simulated customers against maxima that another optimiser has found.
//!
//! The histories were written to a file, and the likelihoods of `tests/verify/models.py` climbed by
//! scipy from several random starts (Nelder-Mead, then BFGS, then Nelder-Mead again).

use super::super::{History, OrderModel, Place};
use super::assert_close;
use super::random::Random;

use OrderModel::{BgNbd, MbgNbd, ParetoNbd};
use Place::{AllEqual, Inside, NobodyLeaves, SomeAtOnce};

/// How a rate, or a chance, is spread over customers.
#[derive(Clone, Copy)]
enum Spread {
    /// Gamma distributed with a shape and a rate; a chance beta distributed.
    Over(f64, f64),
    /// The same for all.
    Equal(f64),
}

/// When customers leave.
#[derive(Clone, Copy)]
enum Leaving {
    /// After a repeat order, and after the first if so.
    AfterOrder(bool, Spread),
    /// At any time, at a rate a week.
    AtAnyTime(Spread),
}

struct Simulated {
    customers: usize,
    seed: u64,
    /// Orders a week.
    orders: Spread,
    leaving: Leaving,
}

impl Spread {
    fn rate(self, random: &mut Random) -> f64 {
        match self {
            Self::Over(shape, rate) => random.gamma_of(shape) / rate,
            Self::Equal(rate) => rate,
        }
    }

    fn chance(self, random: &mut Random) -> f64 {
        match self {
            Self::Over(a, b) => random.beta(a, b),
            Self::Equal(chance) => chance,
        }
    }
}

impl Simulated {
    fn histories(&self) -> Vec<History> {
        let mut random = Random(self.seed);
        (0..self.customers).map(|_| self.history(&mut random)).collect()
    }

    /// A customer of up to a year; orders of one day are one.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole days")]
    fn history(&self, random: &mut Random) -> History {
        let age = 1.0 + libm::floor(364.0 * random.next());
        let rate = self.orders.rate(random) / 7.0;
        let (mut end, mut chance, mut leaves) = (age + 1.0, 0.0, false);
        match self.leaving {
            Leaving::AfterOrder(first, spread) => {
                chance = spread.chance(random);
                leaves = first && random.next() < chance;
            }
            Leaving::AtAnyTime(spread) => {
                let rate = spread.rate(random) / 7.0;
                end = end.min(-libm::log(random.next()) / rate);
            }
        }
        let (mut x, mut last, mut now) = (0, 0.0, 0.0);
        while !leaves {
            now += -libm::log(random.next()) / rate;
            if now >= end {
                break;
            }
            let day = libm::floor(now);
            if day > last {
                (x, last) = (x + 1, day);
            }
            leaves = random.next() < chance;
        }
        History { x, t_x_days: last as u32, age_days: age as u32, customers: 1 }
    }
}

fn simulated(name: &str) -> Simulated {
    use Leaving::{AfterOrder, AtAnyTime};
    use Spread::{Equal, Over};
    let (customers, seed, orders, leaving) = match name {
        // Few leave, so that a / b is known, and neither a nor b is.
        "ridge" => (4260, 1, Over(0.898, 10.63), AfterOrder(false, Over(0.29, 261.0))),
        "nobody leaves" => (2000, 3, Over(0.9, 10.0), AfterOrder(false, Equal(0.0))),
        "one chance" => (2000, 4, Over(0.9, 5.0), AfterOrder(false, Equal(0.2))),
        "one rate" => (2000, 5, Equal(0.3), AtAnyTime(Over(0.6, 11.0))),
        "one rate of leaving" => (2000, 6, Over(0.9, 5.0), AtAnyTime(Equal(0.03))),
        "after any order" => (2000, 7, Over(0.5, 6.0), AfterOrder(true, Over(0.9, 1.6))),
        "some at once" => (2000, 8, Over(0.9, 5.0), AfterOrder(true, Over(0.02, 0.03))),
        _ => unreachable!("no such customers"),
    };
    Simulated { customers, seed, orders, leaving }
}

/// Customers, model, log-likelihood, and r, alpha, a or s, b or beta; the mean in place of two that are
/// a limit.
type Case = (&'static str, OrderModel, f64, [(Place, f64); 4]);

const CASES: [Case; 17] = [
    ("ridge", BgNbd, -30_349.345_024_6, limit(0.929_879_8, 11.157_50, SomeAtOnce, 0.016_865_99)),
    ("ridge", MbgNbd, -30_349.744_412_8, inside([1.063_887, 12.202_64, 0.005_489_79, 0.105_671_4])),
    ("nobody leaves", BgNbd, -14_389.546_455_7, limit(0.894_708_8, 10.427_34, NobodyLeaves, 0.0)),
    (
        "nobody leaves",
        MbgNbd,
        -14_389.511_591_9,
        limit(0.920_335_4, 10.609_69, SomeAtOnce, 0.010_795_97),
    ),
    ("one chance", BgNbd, -13_657.132_050_1, limit(0.883_637_7, 4.967_711, AllEqual, 0.196_576_0)),
    ("one rate", BgNbd, -23_364.276_415_5, inside([1.707_332, 6.210_056, 1.320_348, 13.433_50])),
    (
        "one rate",
        MbgNbd,
        -22_823.234_625_4,
        [
            (AllEqual, 0.312_205_9),
            (AllEqual, 0.312_205_9),
            (Inside, 0.859_588_1),
            (Inside, 5.420_051),
        ],
    ),
    (
        "one rate of leaving",
        BgNbd,
        -15_481.143_067_8,
        inside([0.493_088, 2.653_042, 1.178_198, 8.842_842]),
    ),
    (
        "one rate of leaving",
        MbgNbd,
        -15_438.212_437_6,
        inside([1.375_412, 5.408_295, 0.614_016_7, 1.834_132]),
    ),
    (
        "after any order",
        BgNbd,
        -6_222.940_152_8,
        inside([0.243_977_9, 4.851_114, 2.566_019, 9.070_524]),
    ),
    (
        "after any order",
        MbgNbd,
        -6_220.927_445_8,
        inside([0.412_920_9, 5.952_165, 2.028_213, 5.438_855]),
    ),
    (
        "some at once",
        BgNbd,
        -13_630.071_182_4,
        inside([0.285_671_3, 2.793_024, 0.350_530_3, 81.703_25]),
    ),
    (
        "some at once",
        MbgNbd,
        -13_585.045_226_6,
        inside([1.167_429, 6.060_368, 0.039_229_86, 0.048_441_06]),
    ),
    (
        "one rate",
        ParetoNbd,
        -22_813.968_772_5,
        inside([390.072, 1_366.082, 0.612_324_4, 10.865_15]),
    ),
    (
        "nobody leaves",
        ParetoNbd,
        -14_389.546_455_7,
        limit(0.894_708_8, 10.427_34, NobodyLeaves, 0.0),
    ),
    (
        "one rate of leaving",
        ParetoNbd,
        -15_420.350_448_9,
        inside([0.940_896_5, 5.313_309, 3.165_439, 93.673_67]),
    ),
    (
        "after any order",
        ParetoNbd,
        -6_228.884_194_9,
        inside([0.549_101_1, 11.667_01, 1.578_190, 44.433_65]),
    ),
];

const fn inside([r, alpha, a, b]: [f64; 4]) -> [(Place, f64); 4] {
    [(Inside, r), (Inside, alpha), (Inside, a), (Inside, b)]
}

const fn limit(r: f64, alpha: f64, place: Place, mean: f64) -> [(Place, f64); 4] {
    [(Inside, r), (Inside, alpha), (place, mean), (place, mean)]
}

#[test]
fn maxima_that_another_optimiser_has_found() {
    for (name, model, log_likelihood, expected) in CASES {
        let fit = model.fit(&simulated(name).histories(), 7).unwrap();
        let what = format!("{} of {name}", model.name());
        assert!(fit.is_converged(), "{what}: {:?}", fit.missing);
        assert!(
            (fit.log_likelihood - log_likelihood).abs() < 1e-5,
            "{what}: {}",
            fit.log_likelihood
        );
        for (parameter, (place, value)) in fit.parameters.iter().zip(expected) {
            assert_eq!(parameter.place, place, "{what}: {parameter:?}");
            let found = parameter.value.or(parameter.mean).unwrap();
            assert_close(found, value, 5e-5, &what);
        }
    }
}
