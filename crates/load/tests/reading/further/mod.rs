//! Touchpoints, identities, opportunities, lines of orders, returns, invoices and engagement, and
//! the scores of surveys.

use std::collections::BTreeMap;

use kohort_load::{
    Content, EngagementSource, IdentitiesSource, InvoicesSource, OpportunitiesSource,
    OrderLinesSource, ReasonSource, ReturnsSource, Source, SurveysSource, TouchpointsSource,
};
use kohort_model::Input;
use polars::prelude::Column;

use crate::support::{Folder, dates, decimals, money, status, text};

mod accepted;
mod contract;
mod ids;
mod rejected;

/// Columns of a table of words: a line of names, each with its type after a colon unless it is text,
/// and a line for each row. `-` is NULL and `''` the empty text.
fn table(words: &str) -> Vec<Column> {
    let mut lines = words.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let header = lines.find(|line| !line.is_empty()).unwrap();
    let rows: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
    assert!(rows.iter().all(|row| row.len() == header.len()), "{words}");
    let column = |(index, name): (usize, &&str)| {
        let cells = rows.iter().map(|row| (row[index] != "-").then_some(row[index]));
        let (name, ty) = name.split_once(':').unwrap_or((name, "text"));
        match ty {
            "int" => Column::new(
                name.into(),
                cells.map(|cell| cell.map(|n| n.parse().unwrap())).collect::<Vec<Option<i64>>>(),
            ),
            "float" => Column::new(
                name.into(),
                cells.map(|cell| cell.map(|x| x.parse().unwrap())).collect::<Vec<Option<f64>>>(),
            ),
            "date" => dates(name, &cells.map(Option::unwrap_or_default).collect::<Vec<_>>()),
            "money" => {
                let digits = |cell: &str| cell.replace('.', "").parse().unwrap();
                decimals(name, 15, 2, &cells.map(|cell| cell.map(digits)).collect::<Vec<_>>())
            }
            _ => {
                let bare = |cell| if cell == "''" { "" } else { cell };
                text(name, &cells.map(|cell| cell.map(bare)).collect::<Vec<_>>())
            }
        }
    };
    header.iter().enumerate().map(column).collect()
}

/// An input with all its columns, or with those that it must have.
fn content(input: Input, all: bool) -> Content {
    let some = |name: &str| all.then(|| name.to_owned());
    let names = BTreeMap::from([("dear".to_owned(), "price".to_owned())]);
    let reason = some("why").map(|expr| ReasonSource { expr, names });
    match input {
        Input::Surveys => Content::Surveys(SurveysSource { reason, score: Some("score".into()) }),
        Input::Touchpoints => Content::Touchpoints(TouchpointsSource {
            step: "step".to_owned(),
            steps: Vec::new(),
            cart_id: some("cart"),
            money: all.then(|| money("value")),
            customer_id: some("who"),
        }),
        Input::Identities => {
            Content::Identities(IdentitiesSource { customer_id: "who".to_owned() })
        }
        Input::Opportunities => Content::Opportunities(OpportunitiesSource {
            opportunity_id: some("deal"),
            closed_at: some("closed"),
            outcome: status("outcome"),
            stage: some("stage"),
            stages: Vec::new(),
            money: money("value"),
            reason,
            competitor: some("rival"),
        }),
        Input::OrderLines => Content::OrderLines(OrderLinesSource {
            order_id: "order".to_owned(),
            product: some("product"),
            category: some("category"),
            units: some("units"),
            money: money("value"),
        }),
        Input::Returns => Content::Returns(ReturnsSource {
            order_id: "order".to_owned(),
            product: some("product"),
            units: some("units"),
            money: money("value"),
            reason,
        }),
        Input::Invoices => Content::Invoices(InvoicesSource {
            invoice_id: some("bill"),
            due_at: some("due"),
            paid_at: "paid".to_owned(),
            money: money("value"),
        }),
        Input::Engagement => {
            Content::Engagement(EngagementSource { kind: "kind".to_owned(), value: some("value") })
        }
        other => panic!("{other:?} is no further input"),
    }
}

fn source(folder: &Folder, path: &str, input: Input, all: bool) -> Source {
    let mut source = folder.source_of(&[path], content(input, all));
    source.time = source.time.filter(|_| input != Input::Identities);
    source
}

/// A table of each input; nothing in it is wrong.
const TABLES: [(Input, &str); 8] = [
    (
        Input::Surveys,
        "id:int at:date    why  score:float
         1      2024-01-01 dear 10
         2      2024-01-02 -    -
         3      2024-01-03 slow 0",
    ),
    (
        Input::Touchpoints,
        "id at:date    step     cart:int value:money who:int
         v1 2024-01-01 view     -        -           -
         v1 2024-01-02 cart     7        10.50       -
         v2 2024-01-03 checkout 7        0.00        11
         v3 2024-01-04 -        -        -           -12",
    ),
    (
        Input::Identities,
        "id who:int
         v1 5
         v2 -6",
    ),
    (
        Input::Opportunities,
        "id:int deal at:date    closed:date outcome   stage value:money why  rival
         1      d1   2024-01-01 2024-02-01  done      offer 100.00      -    -
         2      d2   2024-01-02 2024-02-02  cancelled offer 50.00       dear Acme
         3      d3   2024-01-03 -           -         -     0.00        -    -
         4      d4   2024-01-04 2099-01-01  open      ''    1.00        late ''
         5      d5   2024-01-05 -           test      first 1.00        -    -",
    ),
    (
        Input::OrderLines,
        "id:int order:int at:date    product category units:float value:money
         1      10        2024-01-01 cup     -        -           3.00
         1      10        2024-01-01 tea     drinks   2.5         10.00
         2      20        2024-01-02 -       ''       0           0.00",
    ),
    (
        Input::Returns,
        "id:int order:int at:date    product units:int value:money why
         1      10        2024-01-01 cup     -         3.00        dear
         2      20        2024-01-02 ''      4         0.00        -",
    ),
    (
        Input::Invoices,
        "id:int bill:int at:date    due:date   paid:date  value:money
         1      10       2024-01-01 2024-01-31 2024-01-15 100.00
         2      20       2024-01-02 -          -          -5.00
         3      30       2024-01-03 2099-01-01 2099-02-01 7.00",
    ),
    (
        Input::Engagement,
        "id:int at:date    kind  value:float
         1      2024-01-01 login 0.005
         2      2024-01-02 -     -
         3      2024-01-03 ''    12",
    ),
];

fn table_of(input: Input) -> Vec<Column> {
    table(TABLES.iter().find(|(of, _)| *of == input).unwrap().1)
}
