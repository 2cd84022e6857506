//! `lost_sales` of opportunities and carts.

use super::*;

fn sales(history: &str, settings: &Settings, wanted: &[(&str, &str)]) -> Vec<NaiveRow> {
    pick(&reference(parse_history(history), settings).tables["lost_sales"], wanted)
}

#[test]
fn opportunities_reach_the_stages_before_their_own() {
    let settings = Settings { stages: vec!["offer", "demo"], ..months("2024-02-01", 30) };
    let rows = sales(
        "opportunities:
         buyer created    outcome stage reason value
         1     2024-01-05 won     offer -      10
         2     2024-01-05 lost    demo  price  20
         3     2024-01-05 lost    offer -      40
         4     2024-01-05 open    trial -      80
         5     2024-01-05 lost    trial price  160",
        &settings,
        &[("buyer", "prospect")],
    );
    assert_text(
        &rows,
        "source        breakdown breakdown_value attempts won open lost stopped lost_value stopped_value
         opportunities total     -               5        1   1    3    -       220        -
         opportunities reason    price           2        -   -    2    -       180        -
         opportunities reason    unknown         1        -   -    1    -       40         -
         opportunities stage     offer           3        1   0    2    1       60         40
         opportunities stage     demo            2        1   0    1    1       20         20
         opportunities stage     trial           2        0   1    1    1       160        160",
    );
}

#[test]
fn the_latest_row_of_an_opportunity_stands() {
    let cases = [
        // Closed later; closed at all; of equals the larger value, then won.
        ("1 2024-01-02 2024-01-05 lost 5\n1 2024-01-02 2024-01-06 won 4", "1 0 0 4"),
        ("1 2024-01-02 - open 5\n1 2024-01-02 2024-01-06 lost 4", "0 0 1 4"),
        ("1 2024-01-02 2024-01-05 won 4\n1 2024-01-02 2024-01-05 lost 5", "0 0 1 5"),
        ("1 2024-01-02 2024-01-05 lost 4\n1 2024-01-02 2024-01-05 won 4", "1 0 0 4"),
        // Closed when nothing is known any more: not yet.
        ("1 2024-01-02 2024-02-01 won 4", "0 1 0 4"),
    ];
    for (rows, expected) in cases {
        let history = format!(
            "opportunities:\nbuyer created closed outcome value id\n{}",
            rows.replace('\n', " 7\n") + " 7"
        );
        let wanted = [("buyer", "prospect"), ("breakdown", "total")];
        let rows = sales(&history, &months("2024-02-01", 30), &wanted);
        assert_text(&rows, &format!("won open lost attempted_value\n{expected}"));
    }
}

#[test]
fn a_purchase_recovers_the_last_opportunity_before_it() {
    let cases = [
        // Lost on the 10th.
        ("1 2024-01-05 2024-01-10 lost", "2024-01-10", "1 0"),
        ("1 2024-01-05 2024-01-10 lost", "2024-01-11", "1 1"),
        ("1 2024-01-05 2024-01-10 lost", "2024-02-09", "1 1"),
        ("1 2024-01-05 2024-01-10 lost", "2024-02-10", "1 0"),
        ("1 2024-01-05 - lost", "2024-01-06", "1 1"),
        ("1 2024-01-05 2024-01-10 lost\n1 2024-01-06 2024-01-10 lost", "2024-01-11", "2 1"),
        ("1 2024-01-05 2024-01-10 lost\n1 2024-01-06 2024-01-11 lost", "2024-01-11", "2 1"),
    ];
    for (rows, day, expected) in cases {
        let history = format!(
            "orders:\ncustomer day value\n1 {day} 5\n\
             opportunities:\nbuyer created closed outcome\n{rows}"
        );
        let wanted = [
            ("source", "opportunities"),
            ("buyer", "prospect"),
            ("breakdown", "total"),
            ("period", "2024-01-01"),
        ];
        let rows = sales(&history, &months("2024-06-01", 30), &wanted);
        assert_text(&rows, &format!("lost recovered\n{expected}"));
    }
}

#[test]
fn carts_stop_at_a_step() {
    let history = "touchpoints:
         visitor day              step     cart value
         a       2024-01-05T10:00 cart     x    70
         a       2024-01-05T12:00 visit    x    70
         b       2024-01-05       visit    y    10
         b       2024-01-05T01:00 purchase y    10";
    let rows = sales(history, &months("2024-02-01", 30), &[("buyer", "prospect")]);
    assert_text(
        &rows,
        "source breakdown breakdown_value attempts won lost stopped
         carts  total     -               2        1   1    -
         carts  reason    unknown         1        -   1    -
         carts  stage     visit           1        1   0    0
         carts  stage     cart            2        1   1    1
         carts  stage     purchase        1        1   0    0",
    );
}
