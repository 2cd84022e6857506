use super::*;

fn check(case_insensitive: bool, cases: &[(&str, &str, Option<char>, bool)]) {
    for (text, pattern, escape, expected) in cases {
        let like = Like::compile(pattern, case_insensitive, *escape).unwrap();
        assert_eq!(like.matches(text), *expected, "{text:?} like {pattern:?}, {escape:?}");
    }
}

#[test]
fn like() {
    check(
        false,
        &[
            ("abc", "abc", None, true),
            ("abcd", "abc", None, false),
            ("ABC", "abc", None, false),
            ("abc", "a%", None, true),
            ("bac", "a%", None, false),
            ("abc", "%c", None, true),
            ("abc", "%b%", None, true),
            ("abc", "%z%", None, false),
            ("abc", "a%%c", None, true),
            ("abc", "%", None, true),
            ("abc", "%%", None, true),
            ("", "%", None, true),
            ("", "", None, true),
            ("a", "", None, false),
            ("", "_", None, false),
            ("", "_%", None, false),
            ("abc", "_b_", None, true),
            ("abc", "_b", None, false),
            ("abc", "___", None, true),
            ("abc", "____", None, false),
            ("abc", "%_", None, true),
            ("abc", "_%_%_", None, true),
            ("ab", "_%_%_", None, false),
            // Starts and ends must not share a character.
            ("aba", "ab%ba", None, false),
            ("abba", "ab%ba", None, true),
            ("aba", "a%a", None, true),
            ("a", "a%a", None, false),
            ("abcabd", "%ab_%d", None, true),
            ("xaybzc", "%a%b%c", None, true),
            ("xaybz", "%a%b%c%", None, false),
            ("mississippi", "%iss%ip%", None, true),
            ("mississippi", "m%iss_sss%p_", None, false),
            ("mississippi", "m%i_s%p_", None, true),
            ("aXbXb", "a%_b", None, true),
            ("a\nb", "a_b", None, true),
            ("a\nb", "a%b", None, true),
            ("日本", "_本", None, true),
            ("日本", "__", None, true),
            ("日本", "%_日%", None, false),
            ("é", "_", None, true),
            ("a%b", "a!%b", Some('!'), true),
            ("axb", "a!%b", Some('!'), false),
            ("a_b%", "a!_b%", Some('!'), true),
            ("axb%", "a!_b%", Some('!'), false),
            ("a!b", "a!!b", Some('!'), true),
            ("a!b", "a!b", Some('!'), false),
            ("ab", "a!b", Some('!'), true),
            (r"a\b", r"a\b", Some('!'), true),
            ("a_b", r"a\_b", Some('\\'), true),
            ("a%", "a%%", Some('%'), true),
            ("abc", "a__", Some('_'), false),
            ("a_", "a__", Some('_'), true),
        ],
    );
}

#[test]
fn without_regard_to_case() {
    check(
        true,
        &[
            ("ABC", "abc", None, true),
            ("abc", "A%", None, true),
            ("ÄBC", "äb_", None, true),
            ("STRASSE", "straße", None, false),
            ("İ", "i", None, true),
            // The sign of the unit kelvin.
            ("\u{212a}", "k", None, true),
            ("ΑΣ", "ασ", None, true),
            ("ΑΣ", "ας", None, false),
            ("aBc", "A!bC", Some('!'), true),
            ("a%c", "Ax%C", Some('x'), true),
            ("a%c", "AX%C", Some('x'), false),
        ],
    );
}

#[test]
fn patterns_that_are_none() {
    assert!(Like::compile(r"a\_b", false, None).is_err());
    assert_eq!(
        Like::compile("ab!", false, Some('!')).err().as_deref(),
        Some("'ab!' ends with its escape")
    );
}

#[test]
fn long_patterns_are_not_tried_in_every_way() {
    let text = "a".repeat(20_000);
    for pattern in ["%a".repeat(2_000) + "%b", "%a_".repeat(2_000) + "b"] {
        assert!(!Like::compile(&pattern, false, None).unwrap().matches(&text));
    }
}
