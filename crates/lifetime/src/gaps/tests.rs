//! Tables of gaps by hand.

use std::sync::Arc;

use kohort_model::{Grain, SettingValue, Settings};

use super::{PURCHASE_GAPS, SECTION};
use crate::tests::{assert_text, context, finish, orders, set};

#[test]
fn gaps_by_month_and_number() {
    // January, February and March 1970; two orders of day 10 are one purchase.
    let people = [orders(&[0, 10, 10, 40]), orders(&[0, 20]), orders(&[0])];
    let settings = set(
        &SECTION,
        &[("max_gap_number", SettingValue::Whole(2)), ("bucket_days", SettingValue::Whole(10))],
    );
    let context = Arc::new(context(0, 90, Grain::Month));
    let measure = (PURCHASE_GAPS.start)(Arc::clone(&context), &settings);
    let tables = finish(measure, &context, &people).tables;
    assert_text(
        &tables[0],
        "segment segment_value period gap_number gaps open mean_days p25_days median_days p75_days p90_days km_median_days is_complete
         all     -             0      -          3    2    20        15       20          25       28       30             true
         all     -             0      1          2    1    15        12.5     15          17.5     19       20             true
         all     -             0      2          1    1    30        30       30          30       30       30             true
         all     -             31     -          0    1    -         -        -           -        -        -              true
         all     -             59     -          0    0    -         -        -           -        -        -              true
         kind    a             0      -          3    2    20        15       20          25       28       30             true
         kind    a             0      1          2    1    15        12.5     15          17.5     19       20             true
         kind    a             0      2          1    1    30        30       30          30       30       30             true
         kind    a             31     -          0    1    -         -        -           -        -        -              true
         kind    a             59     -          0    0    -         -        -           -        -        -              true",
    );
    assert_text(
        &tables[1],
        "segment period gap_number days_from days_to gaps open
         all     0      -          10        19      1    0
         all     0      -          20        29      1    0
         all     0      -          30        39      1    0
         all     0      -          60        69      0    1
         all     0      -          80        89      0    1
         all     0      1          10        19      1    0
         all     0      1          20        29      1    0
         all     0      1          80        89      0    1
         all     0      2          30        39      1    0
         all     0      2          60        69      0    1
         all     31     -          40        49      0    1
         kind    0      -          10        19      1    0
         kind    0      -          20        29      1    0
         kind    0      -          30        39      1    0
         kind    0      -          60        69      0    1
         kind    0      -          80        89      0    1
         kind    0      1          10        19      1    0
         kind    0      1          20        29      1    0
         kind    0      1          80        89      0    1
         kind    0      2          30        39      1    0
         kind    0      2          60        69      0    1
         kind    31     -          40        49      0    1",
    );
}

#[test]
fn rows_start_with_the_first_activity_and_end_at_as_of() {
    // The week of Monday day 4, and the next, of which two days are known.
    let context = Arc::new(context(4, 13, Grain::Week));
    let mut late = orders(&[12]);
    late.slot = 2;
    let people = [orders(&[4, 10]), late];
    let tables = finish(
        (PURCHASE_GAPS.start)(Arc::clone(&context), &Settings::default()),
        &context,
        &people,
    )
    .tables;
    assert_text(
        &tables[0],
        "segment_value period gap_number gaps open km_median_days is_complete
         -             4      -          1    1    6              true
         -             4      1          1    0    6              true
         -             4      2          0    1    -              true
         -             11     -          0    1    -              false
         -             11     1          0    1    -              false
         a             4      -          1    1    6              true
         a             4      1          1    0    6              true
         a             4      2          0    1    -              true
         a             11     -          0    0    -              false
         b             11     -          0    1    -              false
         b             11     1          0    1    -              false",
    );
}
