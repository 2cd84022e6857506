//! Levels that no history has.

use kohort_model::{Day, Grain};

use super::{Known, frame, show_known};
use crate::risk::Levels;

#[test]
fn levels_stop_at_the_largest_number() {
    let context = frame(0, 400, Grain::Month, &[("clicks", Some(0))]);
    let signals = vec![(0, 0, i64::MAX), (1, 0, i64::MAX), (2, 0, i64::MAX), (5, 0, 3)];
    show_known(&context, &[Known { signals, ..Known::default() }], |block| {
        let mut levels = Levels::new(30);
        levels.read(block, 0, &context);
        let mut walk = levels.of(0);
        let expected = [(1, (1 << 63) - 1), (2, u64::MAX - 1), (3, u64::MAX), (33, 3), (36, 0)];
        for (day, level) in expected {
            assert_eq!(walk.on(Day(day)), level, "{day}");
        }
    });
}
