//! What a person at a terminal sees, of which `script` (util-linux) makes one.

use crate::support::expected::cases;
use crate::support::mask::masked;
use crate::support::shell::{Folder, skip};
use crate::tables::set_up;

/// Begins a movement of the cursor, or a colour.
const ESCAPE: char = '\u{1b}';

/// The shop of the transcripts, if there are terminals here.
fn shop() -> Option<Folder> {
    let folder = set_up(&cases().join("commands/shop"));
    let probe = folder.shell("script -qec 'exit 7' /dev/null");
    if probe.code == Some(7) {
        return Some(folder);
    }
    skip(&format!("script makes no terminal here: {}", probe.stderr));
    None
}

/// All that a command shows on a terminal.
#[track_caller]
fn shown(folder: &Folder, command: &str) -> String {
    let done = folder.shell(&format!("script -qec 'stty cols 80; {command}' /dev/null"));
    assert_eq!(done.code, Some(0), "{}", done.stdout);
    done.stdout.replace('\r', "")
}

#[test]
fn a_run_draws_bars_and_sums_up() {
    let Some(folder) = shop() else { return };
    let text = shown(&folder, "kohort run pipeline.toml");
    assert!(text.contains(ESCAPE));
    for stage in ["open", "read", "survey", "fold", "write"] {
        assert!(text.contains(&format!("{ESCAPE}[2K{stage} ")), "no bar for {stage}: {text:?}");
    }
    let summary = text.rsplit_once(&format!("{ESCAPE}[2K")).unwrap().1;
    let lines: Vec<_> = masked(summary, &folder).lines().map(without_sizes).collect();
    let expected = [
        "read orders: 10 rows from 1 file, N kB",
        "found 3 customers, 1 prospect; 6 orders, 1 refunds, 3 lost, 0 open",
        "as of 2024-04-01 (calendar.as_of), lapse window 90 days",
        "wrote cohort_retention 13 rows N kB",
        "cohort_curve 9 rows N kB",
        "customer_retention 9 rows N kB",
        "revenue_churn 9 rows N kB",
        "win_back 9 rows N kB",
        "lost_sales 26 rows N kB",
        "purchase_gaps 20 rows N kB",
        "purchase_gap_histogram 23 rows N kB",
        "loyalty 9 rows N kB",
        "clv_models 45 rows N kB",
        "clv_holdout 117 rows N kB",
        "scorecard 145 rows N kB",
        "alerts 0 rows N kB",
        "checks 5 checks passed, 0 warned, 0 failed",
        "to DIR/out/runs/RUN",
        "took N s: open N s, read N s, survey N s, fold N s, write N s; at most N MB of memory",
    ];
    assert_eq!(lines, expected);
}

/// The words of a line, with N for each size and time.
fn without_sizes(line: &str) -> String {
    let words: Vec<_> = line.split_whitespace().collect();
    let is_unit = |word: &&str| ["kB", "MB", "s"].contains(&word.trim_end_matches([',', ':', ';']));
    let shown = |at: usize| if words.get(at + 1).is_some_and(is_unit) { "N" } else { words[at] };
    (0..words.len()).map(shown).collect::<Vec<_>>().join(" ")
}

#[test]
fn no_color_turns_bars_into_lines() {
    let Some(folder) = shop() else { return };
    for command in
        ["NO_COLOR=1 kohort run pipeline.toml", "kohort run pipeline.toml --log-format text"]
    {
        let text = shown(&folder, command);
        assert!(!text.contains(ESCAPE), "{text:?}");
        assert!(text.contains(" INFO stage started stage=\"open\""), "{text}");
    }
    assert_eq!(shown(&folder, "kohort run pipeline.toml --quiet"), "");
}

#[test]
fn only_a_terminal_gets_colours() {
    let Some(folder) = shop() else { return };
    folder.kohort_succeeds("run pipeline.toml --quiet");
    let show = "kohort show out cohort_retention";
    let coloured = shown(&folder, show);
    assert!(coloured.contains(&format!("{ESCAPE}[48;5;")), "{coloured:?}");
    let plain = shown(&folder, &format!("NO_COLOR=1 {show}"));
    assert!(!plain.contains(ESCAPE), "{plain:?}");
    assert!(!folder.shell(show).stdout.contains(ESCAPE));
}

/// What a command shows on a terminal on which all these lines were typed before it began, and Ctrl-D.
#[track_caller]
fn answered(folder: &Folder, command: &str, lines: &str) -> String {
    folder.write("answers", lines);
    let line =
        format!("script -qec 'stty -echo cols 80; echo BEGINS; {command}' /dev/null <answers");
    let done = folder.shell(&line);
    assert_eq!(done.code, Some(0), "{}", done.stdout);
    // What is typed before the terminal is told not to show it stands in front.
    let text = done.stdout.replace('\r', "");
    text.split_once("BEGINS\n").expect("the command began").1.to_owned()
}

#[test]
fn the_calculator_asks() {
    let Some(folder) = shop() else { return };
    let text = answered(&folder, "kohort calc", "churn\nmany\n1 000\n1200\n70\n12\n");
    let (list, rest) = text.split_once("Number or name of a formula (Ctrl-D ends): ").unwrap();
    assert!(
        list.contains("   4  churn                Which share of the customers left\n"),
        "{list}"
    );
    let expected = "\
churn: Which share of the customers left
Customers at the start of the period (start: a whole number):   \
not a number; write it like 1200, 1 200, 1_200, 1200.50 or 49,90
Customers at the start of the period (start: a whole number): \
Those of them who are gone at the end (lost: a whole number):   \
--lost 1200 cannot be more than --start 1000: only those count who were there at the start; leave \
out who joined later
Those of them who are gone at the end (lost: a whole number): \
Periods in a year, such as 12 for months: adds the rate of a year (periods-per-year: a whole number \
from 1 to 366; Enter leaves it out): 
churn_rate              7.00 %  = 70 / 1,000
kept_rate              93.00 %  = (1,000 - 70) / 1,000
annualised_churn_rate  58.14 %  = 1 - (1 - 70 / 1,000) ^ 12

churn_rate: 7.00 % of the customers of the start are gone at the end. Usual: ";
    assert!(rest.starts_with(expected), "{rest}");

    // What is missing of the command line is asked for, and what can be two things.
    let text = answered(&folder, "kohort calc order-value --orders 4 --json", "1.000\nb\n");
    let expected = "\
order-value: What an order is worth on average
Value of the orders; refunds not taken off (revenue: an amount):   1.000 can be
  a  1000, if the point groups thousands
  b  1, if the point begins the decimals
Which one: a or b? Or another number: 
{\"formula\": \"order-value\", \"inputs\": {\"revenue\": 1, \"orders\": 4}, \
\"results\": {\"average_order_value\": 0.25}}
";
    assert_eq!(text, expected);
}

#[test]
fn control_d_ends_the_calculator() {
    let Some(folder) = shop() else { return };
    for (command, lines, question) in [
        ("kohort calc", "", "Number or name of a formula (Ctrl-D ends): \n"),
        ("kohort calc order-value", "10\n", "How many orders (orders: a whole number): \n"),
        ("kohort calc nps", "", "Your numbers are counts or shares? \n"),
    ] {
        let text = answered(&folder, command, lines);
        assert!(text.ends_with(question), "{text}");
    }
    // Who gives all numbers is asked nothing.
    let whole = answered(&folder, "kohort calc order-value --revenue 10 --orders 4", "");
    assert!(whole.starts_with("average_order_value  2.50  = 10 / 4\n"), "{whole}");
}
