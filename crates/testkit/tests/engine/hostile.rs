//! Blocks of kept rows that are not what was kept, although their digest would say so.

use std::cell::RefCell;
use std::collections::BTreeMap;

use kohort_model::Input;
use kohort_testkit::hostile::attack;
use kohort_testkit::reference::in_order_of_names;
use kohort_testkit::strategies::Case;
use kohort_testkit::{Columns, History, Settings};
use kohort_timeline::Gatherer;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::any_case;
use crate::drive::{fold_all, inputs, keep, restore};
use crate::layout::layout;

/// Histories whose blocks are changed.
const CASES: usize = 64;
/// Tables over more days take as long as their days are many, whoever asks for them.
const MOST_DAYS: i32 = 20 * 365;

/// A history, and the blocks of each of its inputs.
struct Kept {
    history: History,
    settings: Settings,
    inputs: Vec<(Input, Columns)>,
    blocks: Vec<Vec<Vec<u8>>>,
}

impl Kept {
    fn new(case: Case) -> Self {
        let (history, settings) = in_order_of_names(case.history, &case.settings);
        let inputs = inputs(&history, &settings);
        let blocks = |(input, columns): &(Input, Columns)| {
            keep(&history, &settings, (*input, columns), 1000).expect("rows are kept")
        };
        let blocks = inputs.iter().map(blocks).collect();
        Self { history, settings, inputs, blocks }
    }

    fn gatherer(&self) -> Gatherer {
        Gatherer::new(layout(&self.history, &self.settings), usize::MAX, None)
    }

    /// Folds the blocks, of which that at `place` of the input at `input` is another.
    fn fold(&self, (input, place): (usize, usize), block: Vec<u8>, pool: &ThreadPool) {
        let (mut inputs, mut blocks) = (self.inputs.clone(), self.blocks.clone());
        blocks[input][place] = block;
        let gatherer = self.gatherer();
        for ((input, columns), blocks) in inputs.iter_mut().zip(&blocks) {
            let all = restore(&gatherer, (*input, columns), blocks).expect("memory");
            assert!(all, "the blocks were looked at before");
        }
        // That lines add up to too much is an error like any other.
        let all = gatherer.finish();
        let _ = fold_all(&self.history, &self.settings, &inputs, (&all, pool), MOST_DAYS);
    }
}

#[test]
fn hostile_blocks_are_refused_or_folded() {
    let mut runner = TestRunner::deterministic();
    let mut case = || any_case().new_tree(&mut runner).expect("a case").current();
    let kept: Vec<Kept> = (0..CASES).map(|_| Kept::new(case())).collect();
    // Every block by input: what is spliced is of one kind.
    let mut all: BTreeMap<Input, Vec<(usize, usize, usize)>> = BTreeMap::new();
    for (number, own) in kept.iter().enumerate() {
        for (place, ((input, _), blocks)) in own.inputs.iter().zip(&own.blocks).enumerate() {
            let of_input = all.entry(*input).or_default();
            of_input.extend((0..blocks.len()).map(|block| (number, place, block)));
        }
    }
    let all: Vec<Vec<_>> = all.into_values().filter(|blocks| !blocks.is_empty()).collect();
    let pool = ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    let gatherers: Vec<_> = kept.iter().map(Kept::gatherer).collect();
    let accepted = RefCell::new(0_u64);
    attack(6000, |mutator| {
        let of_input = mutator.pick(&all);
        let (own, input, place) = *mutator.pick(of_input);
        let (other, other_input, other_place) = *mutator.pick(of_input);
        let mut block = kept[own].blocks[input][place].clone();
        mutator.bytes(&mut block, &kept[other].blocks[other_input][other_place]);
        if gatherers[own].block(kept[own].inputs[input].0, &block).is_some() {
            *accepted.borrow_mut() += 1;
            kept[own].fold((input, place), block, &pool);
        }
    });
    assert!(accepted.into_inner() > 0, "what is never accepted is never tried");
}
