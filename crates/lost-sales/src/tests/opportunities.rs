use kohort_inputs::{Opportunity, Outcome};
use kohort_model::{Context, Day};

use super::people::{Person, context, lines, table};
use crate::LOST_SALES;

/// Codes of the tests' frame.
const OFFER: u32 = 1;
const DEAL: u32 = 2;
const NO_STAGE: u32 = 3;
const FAIR: u32 = 4;
const PRICE: u32 = 0;
const UNKNOWN: u32 = 1;
const NOBODY: u32 = 0;
const ACME: u32 = 1;

fn lost(created: i32, decided: i32, value: i64) -> Opportunity {
    Opportunity {
        created: Day(created),
        decided: Day(decided),
        outcome: Outcome::Lost,
        value,
        stage: OFFER,
        reason: UNKNOWN,
        competitor: NOBODY,
    }
}

fn won(created: i32, decided: i32, value: i64) -> Opportunity {
    Opportunity { outcome: Outcome::Won, ..lost(created, decided, value) }
}

fn open(created: i32, value: i64) -> Opportunity {
    Opportunity { outcome: Outcome::Open, ..lost(created, created, value) }
}

fn offered(opportunities: Vec<Opportunity>) -> Person {
    Person { opportunities, ..Person::default() }
}

/// The rows of everybody's opportunities.
fn rows(context: Context, people: &[Person], columns: &str) -> Vec<String> {
    let table = table(&LOST_SALES, context, people);
    lines(&table, ("source segment", "opportunities all"), columns)
}

/// Those of prospects in week 0 which begin with `breakdown`.
fn of_week(context: Context, people: &[Person], breakdown: &str, columns: &str) -> Vec<String> {
    let columns = format!("period buyer breakdown {columns}");
    let start = format!("0 prospect {breakdown} ");
    let rows = rows(context, people, &columns);
    rows.iter().filter_map(|row| row.strip_prefix(&start)).map(str::to_owned).collect()
}

#[test]
fn purchases_that_recover_opportunities() {
    // Lost on day 3, to be recovered up to day 8.
    let cases: [(&str, Vec<Opportunity>, &[i32], &str); 10] = [
        ("on the day of the loss", vec![lost(0, 3, 10)], &[3], "0 0 0"),
        ("on the day after", vec![lost(0, 3, 10)], &[4], "1 0 10"),
        ("on the last day", vec![lost(0, 3, 10)], &[8], "1 0 10"),
        ("too late", vec![lost(0, 3, 10)], &[9], "0 0 0"),
        ("another one was won", vec![lost(0, 3, 10), won(4, 4, 20)], &[], "0 0 0"),
        // In the order in which they were lost, not created.
        ("only the latest", vec![lost(0, 5, 10), lost(1, 3, 20)], &[6], "1 0 10"),
        ("on the day of the next loss", vec![lost(0, 5, 10), lost(1, 3, 20)], &[5], "1 0 20"),
        ("of one day the last", vec![lost(0, 3, 10), lost(1, 3, 20)], &[4, 5], "1 0 20"),
        ("open ones are no losses", vec![lost(0, 3, 10), open(4, 20)], &[5], "1 0 10"),
        ("lost late", vec![lost(0, 25, 10), lost(0, 24, 20)], &[], "0 1 0"),
    ];
    for (name, opportunities, days, expected) in cases {
        let columns = "recovered recovery_open recovered_value";
        let people = [offered(opportunities).buying(days)];
        assert_eq!(of_week(context(), &people, "total", columns), [expected], "{name}");
    }
}

#[test]
fn stages_that_an_opportunity_reached() {
    let at = |stage, opportunity: Opportunity| Opportunity { stage, ..opportunity };
    let listed = context;
    let unlisted = || {
        let mut context = context();
        context.sales.listed_stages = 0;
        context
    };
    // attempts, won, open, lost, stopped
    let cases: [(&str, Context, Opportunity, &[&str]); 9] = [
        ("lost", listed(), lost(0, 1, 10), &["talk 1 0 0 1 0", "offer 1 0 0 1 1"]),
        ("open", listed(), open(0, 10), &["talk 1 0 1 0 0", "offer 1 0 1 0 0"]),
        (
            "won: all of the list",
            listed(),
            won(0, 1, 10),
            &["talk 1 1 0 0 0", "offer 1 1 0 0 0", "deal 1 1 0 0 0"],
        ),
        (
            "won at the last",
            listed(),
            at(DEAL, won(0, 1, 10)),
            &["talk 1 1 0 0 0", "offer 1 1 0 0 0", "deal 1 1 0 0 0"],
        ),
        (
            "won beside the list",
            listed(),
            at(FAIR, won(0, 1, 10)),
            &["talk 1 1 0 0 0", "offer 1 1 0 0 0", "deal 1 1 0 0 0", "fair 1 1 0 0 0"],
        ),
        ("lost beside the list", listed(), at(FAIR, lost(0, 1, 10)), &["fair 1 0 0 1 1"]),
        ("no stage", listed(), at(NO_STAGE, lost(0, 1, 10)), &["(none) 1 0 0 1 1"]),
        ("lost without a list", unlisted(), lost(0, 1, 10), &["offer 1 0 0 1 1"]),
        ("won without a list", unlisted(), won(0, 1, 10), &["offer 1 1 0 0 0"]),
    ];
    for (name, context, opportunity, expected) in cases {
        let columns = "breakdown_value attempts won open lost stopped";
        let found = of_week(context, &[offered(vec![opportunity])], "stage", columns);
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn rows_of_opportunities() {
    let person = offered(vec![
        Opportunity { competitor: ACME, reason: PRICE, ..lost(0, 3, 10) },
        Opportunity { competitor: ACME, ..lost(0, 3, 20) },
        lost(0, 3, 40),
        won(0, 3, 80),
        open(0, 160),
    ]);
    let columns = "breakdown breakdown_value attempts won open lost stopped recovered \
                   conversion_rate attempted_value won_value lost_value stopped_value \
                   recovered_value net_lost_value expected_lost_value";
    let people = [person.buying(&[4])];
    let found = rows(context(), &people, &format!("period buyer {columns}"));
    let of_week = found.iter().filter_map(|row| row.strip_prefix("0 prospect "));
    assert_eq!(
        of_week.collect::<Vec<_>>(),
        [
            "total - 5 1 1 3 - 1 0.25 310 80 70 - 40 30 8",
            "competitor (none) 1 - - 1 - 1 - 40 - 40 - 40 0 0",
            "competitor Acme 2 - - 2 - 0 - 30 - 30 - 0 30 8",
            "reason price 1 - - 1 - 0 - 10 - 10 - 0 10 3",
            "reason unknown 2 - - 2 - 1 - 60 - 60 - 40 20 5",
            "stage talk 5 1 1 3 0 1 0.25 310 80 70 0 40 30 8",
            "stage offer 5 1 1 3 3 1 0.25 310 80 70 70 40 30 8",
            "stage deal 1 1 0 0 0 0 1 80 80 0 0 0 0 0",
        ]
    );
    let mut plain = context();
    (plain.sales.has_stages, plain.sales.has_competitors) = (false, false);
    let found = rows(plain, &people, "breakdown breakdown_value lost");
    assert_eq!(found[..4], ["total - 0", "total - 3", "reason price 1", "reason unknown 2"]);
}

#[test]
fn expected_value_needs_complete_periods() {
    // Day 28 lies in week 4, which as_of cuts.
    let expected = |people: &[Person]| {
        let rows =
            rows(context(), people, "period buyer breakdown net_lost_value expected_lost_value");
        let rows = rows.iter().filter_map(|row| row.strip_prefix("4 prospect total "));
        rows.map(str::to_owned).collect::<Vec<_>>()
    };
    let cases = [
        (vec![lost(28, 28, 10)], "10 -"),
        (vec![open(20, 5), lost(28, 28, 10)], "10 -"),
        (vec![lost(20, 20, 5), lost(28, 28, 10)], "10 0"),
        (vec![won(20, 20, 5), lost(20, 20, 5), lost(28, 28, 11)], "11 6"),
        (vec![won(20, 20, 5), won(28, 28, 5), lost(28, 28, 11)], "11 11"),
    ];
    for (opportunities, row) in cases {
        assert_eq!(expected(&[offered(opportunities.clone())]), [row], "{opportunities:?}");
    }
}

#[test]
fn buyers_at_the_day_of_creation() {
    for (created, buyer) in [(3, "prospect"), (4, "prospect"), (5, "customer")] {
        let people = [offered(vec![lost(created, 9, 10)]).buying(&[4])];
        let found = rows(context(), &people, "attempts buyer");
        assert!(found.contains(&format!("1 {buyer}")), "{created}: {found:?}");
    }
}
