//! Touchpoints, identities, opportunities, lines of orders, returns, invoices, payments and engagement, and
//! the scores of surveys.

use kohort_load::Source;
use kohort_model::Input;
use polars::prelude::Column;

use crate::support::{Folder, Maps as _, dates, decimals, text};

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

/// Columns of an input with the expressions that they have here.
type Mapped = &'static [(&'static str, &'static str)];

/// The columns that an input must have beside id and time, and those that it may.
fn mapped(input: Input) -> [Mapped; 2] {
    match input {
        Input::Surveys => [&[("score", "score")], &[("reason", "why")]],
        Input::Touchpoints => [
            &[("step", "step")],
            &[("cart_id", "cart"), ("value", "value"), ("customer_id", "who")],
        ],
        Input::Identities => [&[("customer_id", "who")], &[]],
        Input::Opportunities => [
            &[("outcome", "outcome"), ("value", "value")],
            &[
                ("opportunity_id", "deal"),
                ("closed_at", "closed"),
                ("stage", "stage"),
                ("reason", "why"),
                ("competitor", "rival"),
            ],
        ],
        Input::OrderLines => [
            &[("order_id", "order"), ("value", "value")],
            &[("product", "product"), ("category", "category"), ("units", "units")],
        ],
        Input::Returns => [
            &[("order_id", "order"), ("value", "value")],
            &[("product", "product"), ("units", "units"), ("reason", "why")],
        ],
        Input::Invoices => [
            &[("paid_at", "paid"), ("amount", "value")],
            &[("invoice_id", "bill"), ("due_at", "due")],
        ],
        Input::Payments => [&[("invoice_id", "bill"), ("amount", "value")], &[]],
        Input::Engagement => [&[("kind", "kind")], &[("value", "value")]],
        other => panic!("{other:?} is no such input"),
    }
}

/// An input with all its columns, or with those that it must have.
fn source(folder: &Folder, path: &str, input: Input, all: bool) -> Source {
    let mut source = folder.source_of(&[path], input);
    let [needed, optional] = mapped(input);
    for (column, expr) in needed.iter().chain(optional.iter().filter(|_| all)) {
        match *column {
            "outcome" => source.map_status(column, expr),
            "reason" => {
                let names = [("dear".to_owned(), "price".to_owned())];
                source.map(column, expr).names = names.into();
            }
            column => {
                source.map(column, expr);
            }
        }
    }
    source
}

/// A table of each input; nothing in it is wrong.
const TABLES: [(Input, &str); 9] = [
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
        Input::Payments,
        "id:int bill:int at:date    value:money
         1      10       2024-01-01 100.00
         1      10       2024-01-02 -5.00",
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
