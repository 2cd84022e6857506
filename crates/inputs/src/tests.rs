//! What must hold of every declaration.

use std::collections::BTreeSet;

use kohort_model::{DayOf, Input, Presence, ValueKind};

use super::{INPUTS, spec};

#[test]
fn declarations_stand_in_the_order_of_the_names() {
    for (input, spec) in Input::ALL.into_iter().zip(INPUTS) {
        assert_eq!(spec.input, input);
    }
}

#[test]
fn columns_are_told_apart_and_explained() {
    for input in INPUTS {
        let name = input.input.name();
        let names: BTreeSet<_> = input.columns.iter().map(|column| column.name).collect();
        assert_eq!(names.len(), input.columns.len(), "{name}");
        let times = |kind: &ValueKind| matches!(kind, ValueKind::Time(_));
        assert!(input.columns.iter().filter(|column| times(&column.kind)).count() <= 1, "{name}");
        let others = |kind: &ValueKind| matches!(kind, ValueKind::Day(of) if *of != DayOf::Plan);
        assert!(input.columns.iter().filter(|column| others(&column.kind)).count() <= 1, "{name}");
        let has_status = input.find(|kind| matches!(kind, ValueKind::Status(_))).is_some();
        let is_decided = input.event_day().is_some_and(|(_, of)| of == DayOf::Decision);
        assert!(has_status || !is_decided && !input.may_be_undated, "{name}");
        for column in input.columns {
            assert!(!column.meaning.is_empty(), "{name}.{}", column.name);
            let others = match column.presence {
                Presence::Unless(others) => others,
                _ => &[],
            };
            for other in others.iter().chain(&column.beside) {
                assert!(names.contains(other), "{name}.{}: {other}", column.name);
            }
        }
    }
}

#[test]
fn columns_that_declarations_name_are_there() {
    for input in INPUTS {
        let kind = |name: &str| input.place(name).map(|place| input.columns[place].kind);
        if let Some(latest) = &input.latest {
            assert!(matches!(kind(latest.by), Some(ValueKind::Id(_))), "{}", latest.by);
        }
        for by in input.lines.iter().map(|l| l.by).chain(input.settles.iter().map(|s| s.by)) {
            assert!(matches!(kind(by), Some(ValueKind::Id(_))), "{by}");
        }
        if let Some(settles) = &input.settles {
            let (other, _) =
                input.beside.expect("it changes rows of an input that it stands beside");
            let of = |place: usize, input: Input| spec(input).columns[place].kind;
            let own = input.place(settles.by).map(|place| of(place, input.input));
            let others = spec(other).place(settles.by).map(|place| of(place, other));
            assert_eq!(own, others, "{}", settles.by);
        }
        if let Some(name) = input.first_days_of {
            assert!(matches!(kind(name), Some(ValueKind::Text(_))), "{name}");
        }
        assert!(input.is_history == input.items.is_empty() || input.is_of_visitors());
        for switch in input.switches {
            assert!(kind(switch.column).is_some(), "{}: {}", switch.name, switch.column);
            assert!(kind(switch.name).is_none(), "{}", switch.name);
        }
        if let Some((other, _)) = input.beside {
            assert!(other < input.input, "what it stands beside is read before it");
        }
    }
}

#[test]
fn whose_rows_they_are() {
    for (input, column, of_visitors) in [
        (Input::Orders, "customer_id", false),
        (Input::Opportunities, "buyer", false),
        (Input::Touchpoints, "visitor_id", true),
        (Input::Identities, "visitor_id", true),
    ] {
        let spec = spec(input);
        assert_eq!(spec.columns[spec.owner()].name, column);
        assert_eq!(spec.is_of_visitors(), of_visitors);
    }
}
