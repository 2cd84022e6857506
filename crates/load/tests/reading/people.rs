//! Prospects, contacts and surveys, and customers that inputs share.

use kohort_load::{Id, LoadError, Lookups, Source, open, open_all};
use kohort_model::{IdType, Input};
use polars::prelude::{Column, DataType, TimeUnit};

use crate::support::{Folder, Maps as _, cast, dates, ints, lines, read, text, times, with_plain};

/// Rows of customers 1, 2, 3 and so on, the last but one of NULL, the last in the future.
fn write(folder: &Folder, name: &str, more: Vec<Column>) {
    let mut columns = vec![
        Column::new("id".into(), [Some(1), Some(2), Some(3), None, Some(5)]),
        dates("at", &["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04", "2099-01-01"]),
    ];
    columns.extend(more);
    folder.write(name, columns);
}

/// The accepted rows, and the rejected ones.
fn both(folder: &Folder, source: Source) -> (Vec<String>, Vec<String>) {
    let input = open(source).unwrap();
    let (report, lines) = read(&input).unwrap();
    let details = input.rejected(&report, &[], 10).unwrap();
    (lines, folder.rejected(&details))
}

#[test]
fn prospects_are_a_person_and_a_day() {
    let folder = Folder::new();
    write(&folder, "a.parquet", Vec::new());
    let source = folder.source_of(&["a.parquet"], Input::Prospects);
    let (lines, rejected) = both(&folder, source.clone());
    assert_eq!(lines, ["1 2024-01-01", "2 2024-01-02", "3 2024-01-03"]);
    let expected = [
        "a.parquet 3 customer_id null_customer_id NULL",
        "a.parquet 4 first_seen_at in_future 2099-01-01",
    ];
    assert_eq!(rejected, expected);
    let input = open(source).unwrap();
    assert_eq!(input.input(), Input::Prospects);
    let keys: Vec<_> = input.columns().into_iter().map(|(key, ..)| key).collect();
    assert_eq!(keys, ["customer_id", "first_seen_at"]);
}

fn contacts(folder: &Folder, [campaign, strategy, variant]: [Option<&str>; 3]) -> Source {
    let holdout = ["control", "a text of more than twelve bytes"].map(str::to_owned);
    let mut source = folder.source_of(&["a.parquet"], Input::Contacts);
    for (column, expr) in [("campaign", campaign), ("strategy", strategy)] {
        expr.map(|expr| source.map(column, expr));
    }
    if let Some(expr) = variant {
        source.map("variant", expr).lists = vec![holdout.to_vec()];
    }
    source
}

#[test]
fn contacts_have_campaigns_strategies_and_a_holdout() {
    let folder = Folder::new();
    let more = vec![
        text("campaign", &[Some("spring"), Some(""), None, Some("x"), Some("y")]),
        text("strategy", &[Some("mail"), Some("call"), Some("mail"), None, None]),
        text(
            "variant",
            &[Some("control"), Some("Control"), None, Some("control"), Some("treated")],
        ),
    ];
    write(&folder, "a.parquet", more);
    let cases = [
        ([None, None, None], ["1 2024-01-01", "2 2024-01-02", "3 2024-01-03"]),
        (
            [Some("campaign"), None, None],
            ["1 2024-01-01 spring", "2 2024-01-02 (none)", "3 2024-01-03 (none)"],
        ),
        (
            [None, Some("strategy"), Some("variant")],
            ["1 2024-01-01 kind=1 mail", "2 2024-01-02 call", "3 2024-01-03 mail"],
        ),
        (
            [
                Some("campaign"),
                Some("strategy"),
                Some("CONCAT('a text of more than ', IF(id < 3, 'twelve bytes', 'that'))"),
            ],
            [
                "1 2024-01-01 kind=1 spring mail",
                "2 2024-01-02 kind=1 (none) call",
                "3 2024-01-03 (none) mail",
            ],
        ),
    ];
    for (mapped, expected) in cases {
        let source = contacts(&folder, mapped);
        let (lines, rejected) = both(&folder, source);
        assert_eq!(lines, expected);
        let expected = [
            "a.parquet 3 customer_id null_customer_id NULL",
            "a.parquet 4 contacted_at in_future 2099-01-01",
        ];
        assert_eq!(rejected, expected);
    }
}

#[test]
fn surveys_have_reasons() {
    let folder = Folder::new();
    let why = text("why", &[Some("dear"), None, Some("moved"), Some(""), None]);
    write(&folder, "a.parquet", vec![why]);
    let names = [("dear".to_owned(), "price".to_owned())].into();
    let mut source = folder.source_of(&["a.parquet"], Input::Surveys);
    source.map("reason", "why").names = names;
    let (lines, rejected) = both(&folder, source);
    let expected =
        ["1 2024-01-01 reason=price", "2 2024-01-02 reason=unknown", "3 2024-01-03 reason=moved"];
    // The fourth is of nobody.
    assert_eq!(
        lines.iter().filter(|line| !line.starts_with("2024")).collect::<Vec<_>>(),
        expected.iter().collect::<Vec<_>>()
    );
    assert_eq!(
        (lines.len(), &*rejected),
        (4, &["a.parquet 4 answered_at in_future 2099-01-01".to_owned()][..])
    );
}

#[test]
fn times_of_people_fall_on_local_days() {
    let folder = Folder::new();
    let at = times("at", TimeUnit::Microseconds, Some("UTC"), &["2024-06-30 23:30:00"]);
    folder.write("a.parquet", vec![ints("id", &[1]), at]);
    let mut source = folder.source_of(&["a.parquet"], Input::Prospects);
    source.timezone = chrono_tz::Europe::London;
    assert_eq!(lines(source), ["1 2024-07-01 at=2024-06-30T23:30:00"]);
}

#[test]
fn messages_name_the_input() {
    let folder = Folder::new();
    write(&folder, "a.parquet", vec![text("why", &[Some("a"), Some("b"), None, None, None])]);
    let few = |source| Source { max_segment_values: 1, ..source };
    let mut prospects = folder.source_of(&["a.parquet"], Input::Prospects);
    prospects.map("first_seen_at", "why");
    let mut surveys = folder.source_of(&["a.parquet"], Input::Surveys);
    surveys.map("reason", "why + 1");
    let cases = [
        (prospects, "inputs.prospects.first_seen_at = \"why\" is of type str in DIR/a.parquet; "),
        (
            contacts(&folder, [Some("nope"), None, None]),
            "inputs.contacts.campaign = \"nope\" names the column \"nope\", ",
        ),
        (
            few(contacts(&folder, [None, Some("why"), None])),
            "inputs.contacts.strategy has more than max_segment_values = 1 values; ",
        ),
        (surveys, "inputs.surveys.reason = \"why + 1\" can't be computed from the columns of "),
    ];
    for (source, expected) in cases {
        let message = folder.error(source);
        assert!(message.starts_with(expected), "{message}\n{expected}");
    }
    let bare = contacts(&folder, [None, None, None]);
    assert_eq!(lines(Source { filter: Some("id < 3".to_owned()), ..few(bare) }).len(), 2);
}

/// Orders with `orders` and prospects with `prospects` as their customers.
fn shared(folder: &Folder, orders: Column, prospects: Column) -> [Source; 2] {
    folder.write("orders.parquet", with_plain(vec![orders]));
    folder.write("prospects.parquet", with_plain(vec![prospects]));
    let prospects = folder.source_of(&["prospects.parquet"], Input::Prospects);
    [folder.source(&["orders.parquet"]), prospects]
}

#[test]
fn customers_of_all_inputs_have_one_form() {
    let unsigned = |ids: &[i64]| cast(&ints("id", ids), &DataType::UInt64);
    let small = |ids: &[i64]| cast(&ints("id", ids), &DataType::Int16);
    let name = |name| text("id", &[Some(name)]);
    let binary = |name| cast(&text("id", &[Some(name)]), &DataType::Binary);
    let text_of = |id: &str| Id::Bytes(id.as_bytes().into());
    let cases = [
        (ints("id", &[7]), small(&[7]), IdType::Signed, Id::Integer(7 ^ (1 << 63))),
        (ints("id", &[7]), unsigned(&[7]), IdType::Unsigned, Id::Integer(7)),
        (unsigned(&[7]), small(&[7]), IdType::Unsigned, Id::Integer(7)),
        (name("x"), name("x"), IdType::Text, text_of("x")),
        (name("x"), binary("x"), IdType::Binary, text_of("x")),
        (binary("x"), name("x"), IdType::Binary, text_of("x")),
    ];
    for (orders, prospects, expected, id) in cases {
        let folder = Folder::new();
        let inputs =
            open_all(shared(&folder, orders, prospects).into(), &Lookups::default()).unwrap();
        for input in &inputs {
            assert_eq!(input.owner_ids(), expected);
            let (_, lines) = read(input).unwrap();
            let shown = input.owner_text(&id);
            assert!(lines[0].starts_with(&format!("{shown} 2024-01-01")), "{lines:?} {shown}");
        }
    }
}

#[test]
fn customers_that_inputs_can_not_share() {
    let folder = Folder::new();
    let sources = shared(&folder, text("id", &[Some("x")]), ints("id", &[7]));
    let expected = "inputs.prospects.customer_id = \"id\" is of type i64 in DIR/prospects.parquet but \
                    inputs.orders.customer_id = \"id\" is of type str in DIR/orders.parquet, so that no \
                    customer could be found in both; make them one with CAST(id AS VARCHAR) in \
                    [inputs.prospects]";
    let error = open_all(sources.into(), &Lookups::default()).unwrap_err();
    assert_eq!(folder.message(&error), expected);
    assert!(error.is_mapping());

    let unsigned = cast(&ints("id", &[7]), &DataType::UInt64);
    let inputs =
        open_all(shared(&folder, unsigned, ints("id", &[-7])).into(), &Lookups::default()).unwrap();
    read(&inputs[0]).unwrap();
    let error = read(&inputs[1]).unwrap_err();
    assert!(matches!(error, LoadError::NegativeId { .. }));
    assert_eq!(
        folder.message(&error),
        "inputs.prospects.customer_id is -7 in DIR/prospects.parquet, but of type UInt64 in \
         [inputs.orders]; negative and such large ids can't be compared: use CAST(id AS VARCHAR)"
    );
}
