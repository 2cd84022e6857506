//! Conversations: what is asked, what is answered, and which numbers come of it.

use std::ffi::OsString;
use std::io::Cursor;

use clap::{Args, Command, FromArgMatches};
use kohort_model::shown_text;

use super::*;

/// Where the answers come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Terminal,
    File,
}
use By::{File, Terminal};

/// The numbers by name, `ended`, or the error; and all that was asked.
fn talk(words: &str, answers: &str, by: By) -> (Result<String, String>, String) {
    let words = ["calc"].into_iter().chain(words.split_whitespace()).chain(["--ask"]);
    let matches = CalcArgs::augment_args(Command::new("calc"))
        .try_get_matches_from(words.map(OsString::from))
        .unwrap_or_else(|error| panic!("{error}"));
    let args = CalcArgs::from_arg_matches(&matches).unwrap();
    let mut said = String::new();
    let say = |text: &str| said.push_str(&shown_text(text));
    let mut ask = Ask::new(Cursor::new(answers), say, by == Terminal, args.locale);
    let given = ask.given(&args).map_err(|error| error.to_string());
    let given = given.map(|given| given.map_or_else(|| "ended".to_owned(), |given| shown(&given)));
    (given, said)
}

fn shown(given: &Given) -> String {
    let inputs = given.formula.inputs.iter().zip(&given.numbers).filter(|(_, n)| !n.is_empty());
    let shown = inputs.map(|(input, numbers)| {
        let numbers: Vec<_> = numbers.iter().map(Number::to_string).collect();
        format!("{} {}", input.name, numbers.join("+"))
    });
    format!("{}: {}", given.formula.name, shown.collect::<Vec<_>>().join(", "))
}

const CHURN: &str = "churn: start 1000, lost 70, periods-per-year 12";

#[test]
fn answers_make_numbers() {
    for (words, answers, by, expected) in [
        // Formulas by number and by name.
        ("", "4\n1000\n70\n12\n", Terminal, CHURN),
        ("", "churn\n1000\n70\n12\n", Terminal, CHURN),
        ("", "  Churn \r\n1 000\r\n70\r\n12\r\n", File, CHURN),
        ("churn", "1000\n70\n12\n", File, CHURN),
        // What the command line has is not asked for.
        ("churn --lost 70", "1000\n12\n", Terminal, CHURN),
        // What may be left out: by an empty line, or by a file's end.
        ("churn", "1000\n70\n\n", Terminal, "churn: start 1000, lost 70"),
        ("churn", "1000\n70\n", File, "churn: start 1000, lost 70"),
        ("churn", "1000\n70", File, "churn: start 1000, lost 70"),
        (
            "revenue-churn",
            "100\n5\n\n10\n",
            File,
            "revenue-churn: start 100, churned 5, contraction 0, expansion 10, new 0, reactivated 0",
        ),
        // What cannot be is asked again at a terminal: no number, no whole one, more than its whole.
        ("churn", "many\n\n10,5\n1000\n1200\n70\n12\n", Terminal, CHURN),
        ("churn --start 1000 --lost many", "70\n12\n", Terminal, CHURN),
        ("", "0\n99\nnope\n4\n1000\n70\n12\n", Terminal, CHURN),
        // What can be two things is asked about.
        ("order-value", "1.000\na\n4\n", Terminal, "order-value: revenue 1000, orders 4"),
        ("order-value", "1.000\nB\n4\n", Terminal, "order-value: revenue 1, orders 4"),
        ("order-value", "1.000\n1.234,5\n4\n", Terminal, "order-value: revenue 1234.5, orders 4"),
        ("order-value", "1.000\n2.000\na\n4\n", Terminal, "order-value: revenue 2000, orders 4"),
        ("order-value --locale de", "1.000\n4\n", Terminal, "order-value: revenue 1000, orders 4"),
        ("order-value", "67 500,50 kr\n1.350\n", File, "order-value: revenue 67500.5, orders 1350"),
        // Lists end with an empty line.
        (
            "dso-countback",
            "212\n100; 80\n70\n\n30\n30\n30\n\n",
            Terminal,
            "dso-countback: receivables 212, sales 100+80+70, days 30+30+30",
        ),
        (
            "dso-countback",
            "212\n100,5; 80\n\n30; 30\n",
            File,
            "dso-countback: receivables 212, sales 100.5+80, days 30+30",
        ),
        // A list of another length is asked again.
        (
            "dso-countback",
            "212\n100; 80\n\n30\n\n30; 31\n\n",
            Terminal,
            "dso-countback: receivables 212, sales 100+80, days 30+31",
        ),
        // Forms of numbers, and what goes with them.
        ("nps", "counts\n50\n30\n20\n", File, "nps: promoters 50, passives 30, detractors 20"),
        (
            "nps",
            "neither\nShares\n60,5 %\n12%\n\n",
            Terminal,
            "nps: promoters-share 0.605, detractors-share 0.12",
        ),
        (
            "nps --promoters-share 60.5%",
            "50%\n12%\n200\n",
            Terminal,
            "nps: promoters-share 0.605, detractors-share 0.12, answers 200",
        ),
        // Two that go together: neither, or both.
        ("funnel", "10\n5\n\n", Terminal, "funnel: converted 10, dropped 5"),
        (
            "funnel",
            "10\n5\n15\n\n20\n",
            Terminal,
            "funnel: converted 10, dropped 5, entered 15, visitors 20",
        ),
        // Ctrl-D.
        ("", "", Terminal, "ended"),
        ("churn", "1000\n", Terminal, "ended"),
        ("order-value", "1.000\n", Terminal, "ended"),
    ] {
        let (found, said) = talk(words, answers, by);
        assert_eq!(found.as_deref(), Ok(expected), "{words} {answers:?} {by:?}\n{said}");
    }
}

#[test]
fn a_file_has_to_be_right() {
    for (words, answers, expected) in [
        ("", "", "the answers end before a formula; give a line for each question"),
        ("", "nope\n", "there is no formula \"nope\"; give one of cohort, "),
        ("churn", "1000\n", "the answers end before --lost; give a line for each question"),
        ("churn", "1000\n\n70\n", "invalid value '' for '--lost <COUNT>': a number is missing"),
        ("churn", "many\n", "invalid value 'many' for '--start <COUNT>': not a number"),
        ("churn", "100\n120\n", "--lost 120 cannot be more than --start 100: only those count"),
        ("churn --start many", "", "invalid value 'many' for '--start <COUNT>': not a number"),
        ("order-value", "1.000\na\n", "invalid value '1.000' for '--revenue <AMOUNT>': it can be"),
        ("nps", "neither\n", "there is no form \"neither\"; give one of counts, shares"),
        ("nps", "shares\n60%\n50%\n", "--promoters-share 0.6 and --detractors-share 0.5 cannot be"),
        ("funnel", "10\n5\n15\n", "the answers end before --visitors"),
    ] {
        let (found, said) = talk(words, answers, File);
        let error = found.unwrap_err();
        assert!(error.starts_with(expected), "{words} {answers:?}: {error}\n{said}");
    }
}

#[test]
fn questions_say_what_is_wanted() {
    let (_, said) = talk("churn", "many\n1000\n1200\n70\n12\n", Terminal);
    assert_eq!(
        said,
        "churn: Which share of the customers left\n\
         Customers at the start of the period (start: a whole number):   \
         not a number; write it like 1200, 1 200, 1_200, 1200.50 or 49,90\n\
         Customers at the start of the period (start: a whole number): \
         Those of them who are gone at the end (lost: a whole number):   \
         --lost 1200 cannot be more than --start 1000: only those count who were there at the start; \
         leave out who joined later\n\
         Those of them who are gone at the end (lost: a whole number): \
         Periods in a year, such as 12 for months: adds the rate of a year (periods-per-year: a whole \
         number from 1 to 366; Enter leaves it out): \n"
    );
    let (_, said) = talk("order-value --orders 4", "1.000\na\n", Terminal);
    assert_eq!(
        said,
        "order-value: What an order is worth on average\n\
         Value of the orders; refunds not taken off (revenue: an amount):   1.000 can be\n  \
         a  1000, if the point groups thousands\n  \
         b  1, if the point begins the decimals\n\
         Which one: a or b? Or another number: \n"
    );
}
