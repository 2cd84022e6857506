//! Files that say what is expected.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Lines shown before and after one that differs.
const AROUND: usize = 4;

/// Where the cases are.
pub fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases")
}

/// Whether what is found replaces what was expected.
pub fn is_blessing() -> bool {
    std::env::var_os("KOHORT_BLESS").is_some_and(|value| !value.is_empty())
}

/// Fails where a file does not read as `actual`, or writes it over the file if told to.
#[track_caller]
pub fn assert_file(path: &Path, actual: &str) {
    let expected = fs::read_to_string(path).unwrap_or_default();
    if is_blessing() {
        if expected != actual {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, actual).unwrap();
        }
    } else if expected != actual {
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let difference = difference(&expected, actual);
        panic!(
            "{} expects the lines with - and finds those with +:\n{difference}\n\
             KOHORT_BLESS=1 writes what was found over what was expected",
            path.display()
        );
    }
}

/// The lines that only one of two texts has, `-` the first and `+` the second, each with the lines around it.
fn difference(old: &str, new: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (old.lines().collect(), new.lines().collect());
    // Length of the longest common subsequence of what is left of both.
    let mut common = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    for (i, a) in old.iter().enumerate().rev() {
        for (j, b) in new.iter().enumerate().rev() {
            let longest = common[i + 1][j].max(common[i][j + 1]);
            common[i][j] = if a == b { common[i + 1][j + 1] + 1 } else { longest };
        }
    }
    let mut lines = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            lines.push((' ', old[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == new.len() || (i < old.len() && common[i + 1][j] >= common[i][j + 1]) {
            lines.push(('-', old[i]));
            i += 1;
        } else {
            lines.push(('+', new[j]));
            j += 1;
        }
    }
    let is_near = |at: usize| {
        let around = at.saturating_sub(AROUND)..(at + AROUND + 1).min(lines.len());
        lines[around].iter().any(|(mark, _)| *mark != ' ')
    };
    let mut text = String::new();
    for (at, (mark, line)) in lines.iter().enumerate() {
        if is_near(at) {
            let _ = writeln!(text, "{mark} {line}");
        } else if at == 0 || is_near(at - 1) {
            text.push_str("  ...\n");
        }
    }
    text
}

#[test]
fn differences_stand_beside_what_is_common() {
    let cases = [
        ("a\nb\nc\n", "a\nx\nc\nd\n", "  a\n- b\n+ x\n  c\n+ d\n"),
        ("1\n2\n3\n4\n5\n6\n", "1\n2\n3\n4\n5\n7\n", "  ...\n  2\n  3\n  4\n  5\n- 6\n+ 7\n"),
        ("a\n", "a\n", "  ...\n"),
    ];
    for (old, new, expected) in cases {
        assert_eq!(difference(old, new), expected);
    }
}
