//! What people put into their baskets.

use rand_distr::weighted::WeightedIndex;

use super::dice::Dice;
use super::planted::{PLANTED_EVERYTHING, PlantedPair};
use super::terms::{ASIDE_SHARE, CATEGORIES, FIRST_PRODUCTS, FOREIGN_SHARE};
use crate::draw::weighted;

/// The goods, ready to be drawn from.
pub(crate) struct Catalog {
    homes: WeightedIndex<f64>,
    asides: WeightedIndex<f64>,
    first_products: WeightedIndex<f64>,
    pairs: [Pair; 3],
    next: Pair,
}

/// A [`PlantedPair`] as indices into [`CATEGORIES`].
struct Pair {
    item: usize,
    other: usize,
    share: f64,
}

impl Pair {
    fn new(pair: &PlantedPair) -> Self {
        let index = |name| {
            let found = CATEGORIES.iter().position(|category| category.name == name);
            found.expect("pairs are planted among the categories")
        };
        Self { item: index(pair.item), other: index(pair.other), share: pair.share }
    }

    fn joins(&self, one: usize, other: usize) -> bool {
        (self.item, self.other) == (one, other) || (self.other, self.item) == (one, other)
    }
}

/// A product and how much of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item {
    /// Index into [`CATEGORIES`].
    pub category: usize,
    /// Index into the prices of the category.
    pub product: usize,
    pub units: i64,
}

impl Item {
    fn draw(category: usize, product: usize, dice: &mut Dice) -> Self {
        let units = dice.between((1, CATEGORIES[category].most_units));
        Self { category, product, units }
    }

    pub fn cents(&self) -> i64 {
        self.units * CATEGORIES[self.category].prices[self.product]
    }
}

/// What somebody likes, and what they have had.
pub(crate) struct Taste {
    home: usize,
    /// The product that was bought last, by category.
    products: [Option<usize>; CATEGORIES.len()],
    baskets: u32,
}

impl Catalog {
    pub fn new() -> Self {
        Self {
            homes: weighted(CATEGORIES.iter().map(|category| category.home)),
            asides: weighted(CATEGORIES.iter().map(|category| category.aside)),
            first_products: weighted(FIRST_PRODUCTS),
            pairs: PLANTED_EVERYTHING.pairs.each_ref().map(Pair::new),
            next: Pair::new(&PLANTED_EVERYTHING.next),
        }
    }

    pub fn taste(&self, dice: &mut Dice) -> Taste {
        let home = usize::from(dice.pick(&self.homes));
        Taste { home, products: [None; CATEGORIES.len()], baskets: 0 }
    }

    /// The next basket of a customer: at most one product of each category.
    pub fn basket(&self, taste: &mut Taste, dice: &mut Dice) -> Vec<Item> {
        let categories = self.categories(taste.baskets, taste.home, dice);
        taste.baskets += 1;
        categories
            .into_iter()
            .map(|category| {
                let product = self.product(category, taste.products[category], dice);
                taste.products[category] = Some(product);
                Item::draw(category, product, dice)
            })
            .collect()
    }

    /// What a basket is worth that nobody buys.
    pub fn glance(&self, dice: &mut Dice) -> i64 {
        let category = usize::from(dice.pick(&self.asides));
        let product = self.product(category, None, dice);
        Item::draw(category, product, dice).cents()
    }

    /// The first basket holds one category, so that it is clear where somebody started. In the
    /// second nothing is taken along that would blur what comes next.
    fn categories(&self, baskets: u32, home: usize, dice: &mut Dice) -> Vec<usize> {
        if baskets == 0 {
            return vec![home];
        }
        if baskets == 1 && home == self.next.item && dice.chance(self.next.share) {
            return vec![self.next.other];
        }
        let is_foreign = baskets > 1 && dice.chance(FOREIGN_SHARE);
        let main = if is_foreign { usize::from(dice.pick(&self.asides)) } else { home };
        let mut held = vec![main];
        if baskets > 1 && dice.chance(ASIDE_SHARE) {
            let aside = usize::from(dice.pick(&self.asides));
            let goes_with = self.pairs.iter().any(|pair| pair.joins(main, aside));
            if aside != main && !goes_with {
                held.push(aside);
            }
        }
        for pair in &self.pairs {
            if held.contains(&pair.item) && !held.contains(&pair.other) && dice.chance(pair.share) {
                held.push(pair.other);
            }
        }
        held
    }

    fn product(&self, category: usize, last: Option<usize>, dice: &mut Dice) -> usize {
        let Some(last) = last else {
            return usize::from(dice.pick(&self.first_products));
        };
        let dearest = CATEGORIES[category].prices.len() - 1;
        let upgrades = PLANTED_EVERYTHING.upgrades;
        let which = dice.share();
        if which < upgrades.up {
            (last + 1).min(dearest)
        } else if which < upgrades.up + upgrades.down {
            last.saturating_sub(1)
        } else {
            last
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_planted_returns_are_those_of_the_categories() {
        let planted = PLANTED_EVERYTHING.returns.map(|returns| returns.category);
        assert_eq!(planted, CATEGORIES.map(|category| category.name));
        for category in CATEGORIES {
            assert!(category.prices.is_sorted(), "{}", category.name);
            assert!(category.prices.len() >= FIRST_PRODUCTS.len(), "{}", category.name);
        }
    }
}
