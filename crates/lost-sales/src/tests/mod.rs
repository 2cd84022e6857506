//! What no history of a few lines shows; the others are in `testkit/tests/engine/by_hand`.

use std::sync::Arc;

use kohort_inputs::Touch;
use kohort_model::{
    Block, BlockItems, Calendar, Context, Day, Funnel, Grain, Group, ItemLists, Periods, Settings,
    Slot, Track, Values,
};

use crate::FUNNEL;

#[test]
fn many_paths_of_one_visitor_take_one_look_each() {
    let slot = Slot { segment: "all".into(), value: None };
    let context = Arc::new(Context {
        as_of: Day(30),
        periods: vec![Periods::new(&Calendar::default(), Grain::Year, Day(0), Day(30))],
        slots: vec![slot],
        funnel: Funnel { steps: vec!["view".into(), "pay".into()], as_of_micros: i64::MAX },
        ..Context::default()
    });
    // Were each path to look through its whole window, this would take minutes.
    let touch = |at| Touch { visitor: 1, at, day: Day(0), step: 0, cart: None, value: None };
    let touches: Vec<_> = (0..300_000).map(touch).collect();
    let items = ItemLists::default().with(&[touches]);
    let mut measure = (FUNNEL.start)(Arc::clone(&context), &Settings::default());
    measure.fold(&Block {
        activity: Track { offsets: &[0, 0], ..Track::default() },
        items: BlockItems { all: Some(&items), first: 0 },
        groups: &[Group::All(0)],
        ..Block::default()
    });
    let table = &measure.finish().tables[0];
    let entered = table.schema().columns.iter().position(|column| column.name == "entered");
    assert_eq!(table.columns()[entered.unwrap()], Values::Int64(vec![Some(1), Some(0)]));
}
