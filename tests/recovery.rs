//! What is planted in the sample of subscriptions is found again.

use kohort_sample::PLANTED;

use crate::support::parquet::read_text;
use crate::support::shell::Folder;
use crate::support::text::TextTable;

/// Half of the interval that holds all of some ten estimates in 95 of 100 samples, in standard
/// errors.
const Z: f64 = 2.8;

fn sampled(pipeline: &str, tables: &str) -> Folder {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("pipelines")).unwrap();
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../pipelines/");
    std::fs::copy(format!("{root}{pipeline}"), folder.path("pipelines/it.toml")).unwrap();
    folder.kohort_succeeds("sample data/subscriptions --subscriptions --quiet");
    folder
        .kohort_succeeds(&format!("run pipelines/it.toml --quiet --output out --select {tables}"));
    folder
}

/// Estimate and standard error of each parameter that was fitted to everybody.
fn check_parameters(folder: &Folder, model: &str, planted: &[(&str, f64)]) {
    let models = read_text(&folder.path("out/current/clv_models.parquet"));
    for (name, truth) in planted {
        let row = rows(&models, &[("segment", "all"), ("model", model), ("parameter", name)]);
        let number = |column| value(&models, row[0], column);
        let (estimate, error) = (number("estimate"), number("standard_error"));
        assert!(
            (estimate - truth).abs() <= Z * error,
            "{model} {name} is {truth}, and was found to be {estimate} ± {error}"
        );
    }
}

#[test]
fn churn_and_the_uplift_of_campaigns() {
    let folder = sampled("subscriptions.toml", "clv_models,win_back");
    let churn = PLANTED.churn;
    check_parameters(&folder, "sbg", &[("alpha", churn.alpha), ("beta", churn.beta)]);

    let win_back = read_text(&folder.path("out/current/win_back.parquet"));
    let wanted =
        [("segment", "all"), ("breakdown", "campaign"), ("attribution_is_complete", "true")];
    let campaigns = rows(&win_back, &wanted);
    assert!(campaigns.len() >= 5, "{} campaigns", campaigns.len());
    let truth = PLANTED.win_back.uplift;
    let covers = |row: &&usize| {
        let bound = |column| value(&win_back, **row, column);
        bound("uplift_low") <= truth && truth <= bound("uplift_high")
    };
    // Nineteen of twenty in the long run; of eleven some may miss.
    let covered = campaigns.iter().filter(covers).count();
    assert!(3 * covered >= 2 * campaigns.len(), "{covered} of {} intervals", campaigns.len());

    let sum = |column| campaigns.iter().map(|row| value(&win_back, *row, column)).sum::<f64>();
    let (sent, withheld) = (sum("contacted"), sum("holdout"));
    let (treated, held) = (sum("converted") / sent, sum("holdout_converted") / withheld);
    let error = (treated * (1.0 - treated) / sent + held * (1.0 - held) / withheld).sqrt();
    let uplift = treated - held;
    assert!(
        (uplift - truth).abs() <= Z * error,
        "the uplift is {truth}, and was found to be {uplift} ± {error}"
    );
}

#[test]
fn purchases_and_spend() {
    let folder = sampled("lifetime.toml", "clv_models");
    let (purchases, spend) = (PLANTED.purchases, PLANTED.spend);
    let planted =
        [("r", purchases.r), ("alpha", purchases.alpha), ("a", purchases.a), ("b", purchases.b)];
    check_parameters(&folder, "bg_nbd", &planted);
    let planted = [("p", spend.p), ("q", spend.q), ("gamma", spend.gamma)];
    check_parameters(&folder, "gamma_gamma", &planted);
}

/// The rows with these values.
fn rows(table: &TextTable, wanted: &[(&str, &str)]) -> Vec<usize> {
    let matches = |row: &usize| {
        wanted
            .iter()
            .all(|(column, value)| table.rows[*row][place(table, column)].as_deref() == Some(value))
    };
    (0..table.rows.len()).filter(matches).collect()
}

fn value(table: &TextTable, row: usize, column: &str) -> f64 {
    let cell = table.rows[row][place(table, column)].as_ref();
    cell.unwrap_or_else(|| panic!("{column} is NULL")).parse().unwrap()
}

fn place(table: &TextTable, column: &str) -> usize {
    table.names.iter().position(|name| name == column).unwrap()
}
