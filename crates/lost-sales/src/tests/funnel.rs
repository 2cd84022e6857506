use kohort_inputs::Touch;
use kohort_model::SettingValue;

use super::people::{
    BASKET, HOUR, PAY, VIEW, context, does, lines, settings, table, table_with, touch,
};
use crate::FUNNEL;

/// Hours that belong to another visitor stand behind this one.
const OTHER: i64 = 10_000;

/// Events by hour and step.
fn events(of: &[(i64, u32)]) -> Vec<Touch> {
    let touches = of.iter().map(|(hour, step)| Touch {
        visitor: if *hour >= OTHER { 2 } else { 1 },
        ..touch(hour % OTHER, *step)
    });
    touches.collect()
}

fn of_all(touches: Vec<Touch>, columns: &str) -> Vec<String> {
    let table = table(&FUNNEL, context(), &[does(touches)]);
    lines(&table, ("segment", "all"), columns)
}

/// The rows of week 0 as one text.
fn first_week(touches: Vec<Touch>) -> String {
    let rows = of_all(touches, "period step_number entered converted dropped open");
    let rows = rows.iter().filter_map(|row| row.strip_prefix("0 "));
    rows.collect::<Vec<_>>().join(" | ")
}

#[test]
fn steps_that_a_path_reaches() {
    type Events<'a> = &'a [(i64, u32)];
    let (v, b, p) = (VIEW, BASKET, PAY);
    let all = "1 1 1 0 0 | 2 1 1 0 0 | 3 1 - - -";
    let to_basket = "1 1 1 0 0 | 2 1 0 1 0 | 3 0 - - -";
    let to_view = "1 1 0 1 0 | 2 0 0 0 0 | 3 0 - - -";
    let cases: [(&str, Events, &str); 18] = [
        ("in order", &[(1, v), (2, b), (3, p)], all),
        ("in any order of the rows", &[(3, p), (1, v), (2, b)], all),
        ("the window's end counts", &[(1, v), (2, b), (49, p)], all),
        ("after it", &[(1, v), (2, b), (50, p)], to_basket),
        ("the window starts with the path", &[(1, v), (48, b), (50, p)], to_basket),
        ("all at one instant", &[(1, p), (1, b), (1, v)], all),
        ("two at one instant", &[(1, v), (2, p), (2, b)], all),
        ("back in time", &[(1, v), (2, p), (3, b)], to_basket),
        ("nothing but the first", &[(1, v)], to_view),
        ("a repeated step", &[(1, v), (2, b), (3, b), (4, p), (5, p)], all),
        ("a skipped step", &[(1, v), (2, p)], to_view),
        ("no first step", &[(1, b), (2, p)], ""),
        ("the second path gets further", &[(1, v), (100, v), (101, b)], to_basket),
        ("the first one does", &[(1, v), (2, b), (100, v)], to_basket),
        ("a repeated first step keeps the way open", &[(1, v), (30, v), (60, b), (70, p)], all),
        ("two visitors", &[(1, v), (OTHER + 2, b)], to_view),
        (
            "two devices of one person",
            &[(1, v), (2, b), (OTHER + 1, v), (OTHER + 3, b), (OTHER + 4, p)],
            "1 2 2 0 0 | 2 2 1 1 0 | 3 1 - - -",
        ),
        // Hour 168 opens week 1.
        ("a path belongs to the week of its start", &[(167, v), (169, b), (170, p)], all),
    ];
    for (name, of, expected) in cases {
        assert_eq!(first_week(events(of)), expected, "{name}");
    }
}

#[test]
fn a_visitor_counts_once_a_period() {
    let of = events(&[(1, VIEW), (2, BASKET), (200, VIEW), (400, VIEW), (401, BASKET)]);
    assert_eq!(
        of_all(of, "period step entered converted dropped open visitors overall_conversion_rate"),
        [
            "0 view 1 1 0 0 1 1",
            "0 basket 1 0 1 0 1 1",
            "0 pay 0 - - - 1 0",
            "1 view 1 0 1 0 1 1",
            "1 basket 0 0 0 0 1 0",
            "1 pay 0 - - - 1 0",
            "2 view 1 1 0 0 1 1",
            "2 basket 1 0 1 0 1 1",
            "2 pay 0 - - - 1 0",
            // Without holes to the last period, in which nobody came.
            "3 view 0 0 0 0 0 -",
            "3 basket 0 0 0 0 0 -",
            "3 pay 0 - - - 0 -",
            "4 view 0 0 0 0 0 -",
            "4 basket 0 0 0 0 0 -",
            "4 pay 0 - - - 0 -",
        ]
    );
}

#[test]
fn windows_that_are_open() {
    // as_of is hour 720, so that a window that ends at hour 719 is over.
    for (start, expected) in [(670, "0 1 0"), (671, "0 1 0"), (672, "0 0 1"), (700, "0 0 1")] {
        let rows = of_all(events(&[(start, VIEW)]), "step converted dropped open");
        let rows: Vec<_> = rows.iter().filter_map(|row| row.strip_prefix("view ")).collect();
        assert_eq!(rows.first(), Some(&expected), "{start}");
    }
    // Week 3 ends with day 27; what started on it is over before as_of where a window has 2 days.
    for (hours, expected) in [(48, "3 true"), (49, "3 false")] {
        let mut settings = settings(&FUNNEL);
        settings.set(FUNNEL.settings[0], "window_hours", SettingValue::Whole(hours));
        let people = [does(events(&[(500, VIEW)]))];
        let table = table_with(&FUNNEL, &settings, context(), &people);
        let rows = lines(&table, ("segment step", "all view"), "period is_complete");
        assert_eq!(rows, ["2 true", expected, "4 false"], "{hours}");
    }
}

#[test]
fn values_of_those_who_drop() {
    let with = |value: Option<i64>, hour, step| Touch { value, ..touch(hour, step) };
    let cases = [
        ("of the newest", vec![with(Some(5), 1, VIEW), with(Some(7), 2, BASKET)], ["0 0", "7 0"]),
        ("of one before", vec![with(Some(5), 1, VIEW), with(None, 2, BASKET)], ["0 0", "5 0"]),
        ("zero is one", vec![with(Some(5), 1, VIEW), with(Some(0), 2, BASKET)], ["0 0", "0 0"]),
        ("none", vec![with(None, 1, VIEW), with(None, 2, BASKET)], ["0 0", "0 1"]),
        ("none of the first step", vec![with(None, 1, VIEW)], ["0 1", "0 0"]),
        (
            "beside the path",
            vec![with(Some(5), 1, VIEW), with(None, 2, BASKET), with(Some(9), 3, BASKET)],
            ["0 0", "5 0"],
        ),
        (
            "who got through lost nothing",
            vec![with(Some(5), 1, VIEW), with(None, 2, BASKET), with(Some(9), 3, PAY)],
            ["0 0", "0 0"],
        ),
        ("still open", vec![with(Some(5), 700, VIEW)], ["0 0", "0 0"]),
    ];
    for (name, touches, expected) in cases {
        let mut rows = of_all(touches, "lost_value dropped_without_value");
        rows.truncate(3);
        assert_eq!(rows, [expected[0], expected[1], "- -"], "{name}");
    }
}

#[test]
fn seconds_to_the_next_step() {
    let path = |visitor: u64, micros: i64| {
        let [first, mut second] = [touch(1, VIEW), touch(1, BASKET)];
        second.at += micros;
        [first, second].map(|touch| Touch { visitor, ..touch })
    };
    let cases: [(&[i64], &str); 5] = [
        (&[0], "0"),
        (&[1_999_999], "1"),
        (&[48 * HOUR], "172800"),
        (&[1_000_000, 4_000_000], "2.5"),
        (&[9_000_000, 1_000_000, 4_000_000], "4"),
    ];
    for (micros, expected) in cases {
        let touches = (0..).zip(micros).flat_map(|(visitor, micros)| path(visitor, *micros));
        let rows = of_all(touches.collect(), "median_seconds");
        assert_eq!(rows[..3], [expected, "-", "-"], "{micros:?}");
    }
}

#[test]
fn people_without_orders_have_no_value_of_a_segment() {
    let people = [does(events(&[(1, VIEW)])), does(events(&[(1, VIEW), (2, BASKET)])).buying(&[9])];
    let table = table(&FUNNEL, context(), &people);
    let rows = lines(
        &table,
        ("period step", "0 view"),
        "segment segment_value entered converted step_conversion_rate",
    );
    assert_eq!(rows, ["all - 2 1 0.5", "country (none) 1 0 0", "country AT 1 1 1"]);
}

#[test]
fn many_paths_of_one_visitor_take_one_look_each() {
    // Were each path to look through its whole window, this would take minutes.
    let touches = (0..300_000).map(|i| Touch { at: i, ..touch(0, VIEW) });
    assert_eq!(first_week(touches.collect()), "1 1 0 1 0 | 2 0 0 0 0 | 3 0 - - -");
}
