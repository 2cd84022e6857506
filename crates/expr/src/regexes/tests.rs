use super::*;

fn pattern(text: &str, letters: &str) -> Pattern {
    let flags = Flags::parse(letters).unwrap();
    Pattern::compile(text, flags).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn found() {
    let cases = [
        ("abc", "b", "", true),
        ("abc", "^b", "", false),
        ("abc", "B", "", false),
        ("abc", "B", "i", true),
        ("abc", "B", "ic", false),
        ("É", "(?i)é", "", true),
        ("a\nb", "a.b", "", false),
        ("a\nb", "a.b", "s", true),
        ("a\nb", "^b", "", false),
        ("a\nb", "a$", "", false),
        ("a\n", "a$", "", false),
        ("foo bar", r"\bbar", "", true),
        ("é", r"^\w$", "", true),
        ("5", r"^\d$", "", true),
        ("5", r"[^\d]", "", false),
        ("a5", r"[a\d]{2}", "", true),
        ("٣", r"\d", "", false),
        ("٣", r"\D", "", true),
        (r"\d", r"\\d", "", true),
        ("", "", "", true),
    ];
    for (text, regex, letters, expected) in cases {
        assert_eq!(pattern(regex, letters).matches(text), expected, "{text:?} ~ {regex}");
    }
}

#[test]
fn extracted() {
    let cases = [
        ("abc", "z", 0, ""),
        ("abc", "b.", 0, "bc"),
        ("abc", "(b)", 1, "b"),
        ("abc", "a(b)?(z)?", 2, ""),
        ("abc", "b", 1, ""),
        ("A-1042-DE", r"(\d+)-(..)", 2, "DE"),
        ("abab", "(a)b", 0, "ab"),
    ];
    for (text, regex, group, expected) in cases {
        assert_eq!(pattern(regex, "").extract(text, group), expected, "{regex} in {text}");
    }
    assert_eq!((pattern("a(b)(?:c)(d)", "").groups(), pattern("a", "").groups()), (2, 0));
}

#[test]
fn replaced() {
    let cases = [
        ("abcabc", "b", "X", false, "aXcabc"),
        ("abcabc", "b", "X", true, "aXcaXc"),
        ("abcabc", "(b)(c)", r"\2\1", true, "acbacb"),
        ("abcabc", "b", "$0", false, "a$0cabc"),
        ("abcabc", "b", "${x}", false, "a${x}cabc"),
        ("abcabc", "b", r"[\&]", false, "a[b]cabc"),
        ("abcabc", "b", r"[\\]", false, r"a[\]cabc"),
        ("abc", "(z)?b", r"[\1]", false, "a[]c"),
        ("abc", "", "X", false, "Xabc"),
        ("abc", "", "X", true, "XaXbXcX"),
        ("abc", "b*", "X", true, "XaXcX"),
        ("aé日", "é", "", true, "a日"),
        ("abc", "z", "X", true, "abc"),
        ("", "a", "X", true, ""),
    ];
    for (text, regex, with, global, expected) in cases {
        let compiled = pattern(regex, "");
        let with = Replacement::compile(with, &compiled).unwrap();
        assert_eq!(compiled.replace(text, &with, global), expected, "{regex} in {text}");
    }
    let compiled = pattern("(b)", "");
    for with in [r"\2", r"\0", r"\x", r"a\"] {
        assert!(Replacement::compile(with, &compiled).is_err(), "{with}");
    }
}

#[test]
fn expressions_that_are_none() {
    let cases = [
        ("(", "'(' is no regular expression: unclosed group"),
        (r"(a)\1", r"'(a)\1' is no regular expression: backreferences are not supported"),
        (
            "(?=a)",
            "'(?=a)' is no regular expression: look-around, including look-ahead and \
             look-behind, is not supported",
        ),
        (r"\y", r"'\y' is no regular expression: unrecognized escape sequence"),
        (
            r"a\",
            r"'a\' is no regular expression: incomplete escape sequence, reached end of pattern prematurely",
        ),
        (
            "(?:a{1000}){1000}",
            "'(?:a{1000}){1000}' is no regular expression: it takes more than 1048576 bytes",
        ),
    ];
    for (regex, expected) in cases {
        let error = Pattern::compile(regex, Flags::default()).err();
        assert_eq!(error.as_deref(), Some(expected));
    }
    assert_eq!(
        Flags::parse("gx").err().as_deref(),
        Some("'x' is no option; there are i, c, s and g")
    );
    let flags = Flags::parse("gis").unwrap();
    assert_eq!((flags.global, flags.case_insensitive, flags.dot_all), (true, true, true));
}
