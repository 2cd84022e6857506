//! Currencies, and amounts that do not fit.

use std::fs;

use kohort_load::CurrencySource;
use polars::prelude::Column;

use crate::support::{Folder, dates, decimals, ints, lines, plain, text};

const RATES: &str = "date,currency,rate\n2024-01-01,GBP,1\n2024-01-01,EUR,0.86\n\
                     2024-01-03,EUR,0.8755\n2024-01-01,IDR,0.00005\n";

fn folder_of(currencies: &[Option<&str>], amount: Column, at: &[&str]) -> Folder {
    let folder = Folder::new();
    let id: Vec<_> = (1..).take(at.len()).collect();
    let columns = vec![ints("id", &id), dates("at", at), amount, text("currency", currencies)];
    folder.write("a.parquet", columns);
    fs::write(folder.path("rates.csv"), RATES).unwrap();
    folder
}

fn source(folder: &Folder, rates: &str) -> kohort_load::Source {
    let mut source = folder.source(&["a.parquet"]);
    source.currency =
        CurrencySource::Column { expr: "currency".to_owned(), rates: folder.path(rates) };
    source
}

#[test]
fn a_rate_holds_until_the_next_one() {
    let folder = folder_of(
        &[Some("EUR"), Some("EUR"), Some("EUR"), Some("GBP"), Some("IDR")],
        decimals(
            "amount",
            12,
            2,
            &[Some(1000), Some(1000), Some(1001), Some(-5), Some(12_345_600)],
        ),
        &["2024-01-01", "2024-01-02", "2024-02-29", "2024-01-02", "2024-01-02"],
    );
    let expected = [
        "1 2024-01-01 860",
        "2 2024-01-02 860",
        "4 2024-01-02 -5",
        "5 2024-01-02 617",
        "3 2024-02-29 876",
    ];
    assert_eq!(lines(source(&folder, "rates.csv")), expected);
    let rates = vec![
        dates("date", &["2024-01-01", "2024-01-01", "2024-01-03", "2024-01-01"]),
        text("currency", &[Some("GBP"), Some("EUR"), Some("EUR"), Some("IDR")]),
        Column::new("rate".into(), [1.0, 0.86, 0.8755, 0.000_05]),
    ];
    folder.write("rates.parquet", rates);
    assert_eq!(lines(source(&folder, "rates.parquet")), expected);
}

#[test]
fn floats_are_rounded_before_they_are_converted() {
    let amount = Column::new("amount".into(), [10.004, 20.0]);
    let folder = folder_of(&[Some("EUR"), Some("EUR")], amount, &["2024-01-01", "2024-01-01"]);
    assert_eq!(lines(source(&folder, "rates.csv")), ["1 2024-01-01 860", "2 2024-01-01 1720"]);
}

#[test]
fn orders_without_a_rate() {
    let needs = "DIR/rates.csv needs a row of that currency dated on or before that day, also for \
                 the currency of the report (rate 1); there are rates of EUR, GBP, IDR";
    let cases = [
        (Some("USD"), "2024-01-02", "USD on 2024-01-02"),
        (Some("EUR"), "2023-12-31", "EUR on 2023-12-31"),
        (None, "2024-01-02", "NULL on 2024-01-02"),
    ];
    for (currency, day, expected) in cases {
        let folder = folder_of(&[currency], ints("amount", &[1]), &[day]);
        let expected = format!("no rate for {expected} (an order in DIR/a.parquet); {needs}");
        assert_eq!(folder.error(source(&folder, "rates.csv")), expected);
    }
}

#[test]
fn rejected_rows_need_no_rate() {
    let folder = folder_of(&[None, Some("GBP")], ints("amount", &[1, 2]), &["", "2024-01-02"]);
    let orders = kohort_load::open(source(&folder, "rates.csv")).unwrap();
    let (report, found) = crate::support::read(&orders).unwrap();
    assert_eq!(found, ["2 2024-01-02 200"]);
    assert_eq!(report.rejected_rows(), 1);
}

#[test]
fn rates_that_can_not_be_used() {
    let cases = [
        ("date,rate\n", "there is no column currency"),
        (
            "date,currency,rate\n2024-1-1x,EUR,1\n",
            "row 1 has the date \"2024-1-1x\", not one like 2024-02-29",
        ),
        (
            "date,currency,rate\n2024-01-01,EUR,0\n",
            "row 1 has the rate \"0\", not a decimal above zero",
        ),
        ("date,currency,rate\n2024-01-01,,1\n", "row 1 has no currency"),
        (
            "date,currency,rate\n2024-01-01,EUR,1\n2024-01-01,EUR,2\n",
            "EUR has two rates on 2024-01-01",
        ),
    ];
    for (content, reason) in cases {
        let folder = folder_of(&[Some("EUR")], ints("amount", &[1]), &["2024-01-01"]);
        fs::write(folder.path("rates.csv"), content).unwrap();
        let expected = format!(
            "the rates in DIR/rates.csv can't be used: {reason}; it needs the columns date, \
             currency, rate"
        );
        assert_eq!(folder.error(source(&folder, "rates.csv")), expected);
    }
    let folder = folder_of(&[Some("EUR")], ints("amount", &[1]), &["2024-01-01"]);
    let message = folder.error(source(&folder, "none.csv"));
    assert_eq!(message, "can't read DIR/none.csv: No such file or directory (os error 2)");
}

#[test]
fn amounts_that_do_not_fit() {
    let check = "does not fit into 64 bits at scale = 2; check the column, or lower the scale";
    let cases = [
        (ints("amount", &[1, i64::MAX]), "9223372036854775807"),
        (
            decimals("amount", 38, 2, &[Some(1), Some(i128::MAX / 10)]),
            "170141183460469231731687303715884105.72",
        ),
        (decimals("amount", 38, 0, &[Some(1), Some(1 << 60)]), "1152921504606846976"),
        (Column::new("amount".into(), [1.0, -1e300]), "-1e300"),
        (Column::new("amount".into(), [1, u64::MAX]), "18446744073709551615"),
    ];
    for (amount, value) in cases {
        let folder = Folder::new();
        let [at, _] = plain(2);
        folder.write("a.parquet", vec![ints("id", &[1, 2]), at, amount]);
        let message = folder.error(folder.source(&["a.parquet"]));
        assert_eq!(message, format!("the amount {value} in DIR/a.parquet {check}"));
    }
}

#[test]
fn a_rejected_row_may_hold_any_amount() {
    let folder = Folder::new();
    let [at, _] = plain(2);
    let id = Column::new("id".into(), [Some(1), None]);
    folder.write("a.parquet", vec![id, at, ints("amount", &[1, i64::MAX])]);
    let orders = kohort_load::open(folder.source(&["a.parquet"])).unwrap();
    let (report, found) = crate::support::read(&orders).unwrap();
    assert_eq!(found, ["1 2024-01-01 100"]);
    assert_eq!(report.rejected_rows(), 1);
}
