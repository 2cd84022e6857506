//! A person's luck: draws from a random stream of their own.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::weighted::WeightedIndex;
use rand_distr::{Exp1, Gamma, Poisson, StandardNormal};

use crate::calendar::DAY_SECONDS;
use crate::draw;
use crate::habits::Choice;

pub(crate) struct Dice {
    pub random: ChaCha8Rng,
}

impl Dice {
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(stream);
        Self { random }
    }

    pub fn chance(&mut self, share: f64) -> bool {
        self.random.random_bool(share)
    }

    /// From 0 up to 1.
    pub fn share(&mut self) -> f64 {
        self.random.random()
    }

    /// From the first of the two up to the second.
    pub fn between(&mut self, (least, most): (i64, i64)) -> i64 {
        self.random.random_range(least..=most)
    }

    /// Whole days in seconds, from the first of the two up to the second.
    pub fn days(&mut self, limits: (i64, i64)) -> i64 {
        self.between(limits) * DAY_SECONDS
    }

    /// Days in seconds, with this mean: as long as until the next of some unforeseen events.
    pub fn wait(&mut self, mean: f64) -> i64 {
        seconds(self.random.sample::<f64, _>(Exp1) * mean)
    }

    /// Days in seconds, with this mean and shape, within the limits.
    pub fn gap(&mut self, mean: f64, shape: f64, (least, most): (f64, f64)) -> i64 {
        let gaps = Gamma::new(shape, mean / shape).expect("shape and scale are above zero");
        seconds(self.random.sample(gaps).clamp(least, most))
    }

    /// How often something happens that happens so often on average.
    pub fn count(&mut self, mean: f64) -> u32 {
        let counts = Poisson::new(mean).expect("a mean above zero");
        small(self.random.sample(counts))
    }

    /// A factor whose mean is 1 and whose logarithm has this standard deviation.
    pub fn spread(&mut self, deviation: f64) -> f64 {
        let normal: f64 = self.random.sample(StandardNormal);
        (normal * deviation - deviation * deviation / 2.0).exp()
    }

    /// An index of the weights.
    pub fn pick(&mut self, from: &WeightedIndex<f64>) -> u8 {
        draw::pick(from, &mut self.random)
    }

    /// The name of a choice, and its index.
    pub fn choose(&mut self, from: &Choices) -> (u8, Option<&'static str>) {
        let index = self.pick(&from.weights);
        (index, from.names[usize::from(index)])
    }
}

/// A table of choices to pick from.
pub(crate) struct Choices {
    weights: WeightedIndex<f64>,
    names: Vec<Option<&'static str>>,
}

impl Choices {
    pub fn new(choices: &[Choice]) -> Self {
        Self {
            weights: draw::choices(choices),
            names: choices.iter().map(|choice| choice.name).collect(),
        }
    }
}

/// A century at most, which is later than any sample's end.
#[expect(clippy::cast_possible_truncation, reason = "clamped to 37 bits")]
fn seconds(days: f64) -> i64 {
    (days.min(36_500.0) * 86_400.0) as i64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts around means below a hundred"
)]
fn small(count: f64) -> u32 {
    count as u32
}
