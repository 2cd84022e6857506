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
        "as of 2024-04-01, lapse window 90 days",
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
        "scorecard 154 rows N kB",
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
