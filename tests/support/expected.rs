//! Files that say what is expected.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

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

/// The lines of both texts: those that only the first has with `-`, those that only the second has
/// with `+`.
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
    let mut text = String::new();
    let (mut i, mut j) = (0, 0);
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            let _ = writeln!(text, "  {}", old[i]);
            (i, j) = (i + 1, j + 1);
        } else if j == new.len() || (i < old.len() && common[i + 1][j] >= common[i][j + 1]) {
            let _ = writeln!(text, "- {}", old[i]);
            i += 1;
        } else {
            let _ = writeln!(text, "+ {}", new[j]);
            j += 1;
        }
    }
    text
}

#[test]
fn differences_stand_beside_what_is_common() {
    assert_eq!(difference("a\nb\nc\n", "a\nx\nc\nd\n"), "  a\n- b\n+ x\n  c\n+ d\n");
}
