use super::*;

#[test]
fn letters() {
    let cases = [
        ("abc", "abc", "ABC"),
        ("ABC", "abc", "ABC"),
        ("", "", ""),
        ("Straße", "straße", "STRAßE"),
        ("ẞ", "ß", "ẞ"),
        ("İı", "iı", "İI"),
        ("ΑΣ", "ασ", "ΑΣ"),
        ("ας", "ας", "ΑΣ"),
        ("ÄÖü", "äöü", "ÄÖÜ"),
        ("ÿ", "ÿ", "Ÿ"),
        ("ǆ", "ǆ", "Ǆ"),
        ("ŉ", "ŉ", "ŉ"),
        ("ﬁ", "ﬁ", "ﬁ"),
        ("ᾀᾳ", "ᾀᾳ", "ᾈᾼ"),
        ("日本1", "日本1", "日本1"),
    ];
    for (text, small, capital) in cases {
        assert_eq!(lower(text), small, "{text}");
        assert_eq!(upper(text), capital, "{text}");
    }
    assert!(matches!(lower("abc"), Cow::Borrowed(_)));
    assert!(matches!(upper("ABC"), Cow::Borrowed(_)));
}

#[test]
fn trimmed() {
    let cases = [
        ("  a  ", None, "a"),
        ("\t a \n", None, "\t a \n"),
        ("xyxaxy", Some("xy"), "a"),
        ("éaé", Some("é"), "a"),
        ("abc", Some(""), "abc"),
        (" abc ", Some("ac"), " abc "),
        ("xxx", Some("x"), ""),
        ("", None, ""),
    ];
    for (text, set, expected) in cases {
        assert_eq!(trim(text, set), expected, "{text:?} without {set:?}");
    }
    assert_eq!(ltrim("xyaxy", Some("xy")), "axy");
    assert_eq!(rtrim("xyaxy", Some("xy")), "xya");
    assert_eq!((ltrim("  a  ", None), rtrim("  a  ", None)), ("a  ", "  a"));
}

#[test]
fn parts() {
    let cases = [
        ("abcdef", 3, None, Ok("cdef")),
        ("abcdef", 7, None, Ok("")),
        ("abcdef", 0, None, Ok("abcdef")),
        ("abcdef", -2, None, Ok("abcdef")),
        ("abcdef", 0, Some(2), Ok("a")),
        ("abcdef", -2, Some(2), Ok("")),
        ("abcdef", -2, Some(5), Ok("ab")),
        ("abcdef", 2, Some(0), Ok("")),
        ("abcdef", 2, Some(i64::MAX), Ok("bcdef")),
        ("abcdef", i64::MAX, Some(i64::MAX), Ok("")),
        ("abcdef", i64::MIN, Some(i64::MAX), Ok("")),
        ("abcdef", i64::MIN, None, Ok("abcdef")),
        ("abcdef", 2, Some(-1), Err(TextError::NegativeLength)),
        ("aé日🙂x", 3, Some(2), Ok("日🙂")),
        ("aé日🙂x", 0, Some(3), Ok("aé")),
        ("aé日🙂x", 5, Some(9), Ok("x")),
        ("aé日🙂x", 6, Some(9), Ok("")),
        ("", 1, Some(1), Ok("")),
    ];
    for (text, start, len, expected) in cases {
        assert_eq!(substr(text, start, len), expected, "{text} from {start}, {len:?}");
    }
    let cases = [
        ("abcdef", 2, "ab", "ef"),
        ("abcdef", -2, "abcd", "cdef"),
        ("abcdef", 0, "", ""),
        ("abcdef", 9, "abcdef", "abcdef"),
        ("abcdef", -9, "", ""),
        ("abcdef", -6, "", ""),
        ("aé日🙂", 2, "aé", "日🙂"),
        ("aé日🙂", -1, "aé日", "é日🙂"),
        ("aé日🙂", -4, "", ""),
        ("aé日🙂", 4, "aé日🙂", "aé日🙂"),
        ("aé日🙂", 5, "aé日🙂", "aé日🙂"),
        ("aé日🙂", i64::MIN, "", ""),
        ("", 1, "", ""),
    ];
    for (text, n, first, last) in cases {
        assert_eq!((left(text, n), right(text, n)), (first, last), "{text}, {n}");
    }
}

#[test]
fn fields() {
    let cases = [
        ("a-b-c", "-", 2, Ok("b")),
        ("a-b-c", "-", 4, Ok("")),
        ("a-b-c", "-", -1, Ok("c")),
        ("a-b-c", "-", -3, Ok("a")),
        ("a-b-c", "-", -4, Ok("")),
        ("a-b-c", "-", 0, Err(TextError::NoField)),
        ("a-b-c", "", 1, Ok("a-b-c")),
        ("a-b-c", "", 2, Ok("")),
        ("a-b-c", "", -1, Ok("a-b-c")),
        ("", "-", 1, Ok("")),
        ("", "-", -1, Ok("")),
        ("aaa", "aa", 1, Ok("")),
        ("aaa", "aa", 2, Ok("a")),
        ("aaa", "aa", -1, Ok("a")),
        ("aaa", "aa", -2, Ok("")),
        ("abc", "abc", 1, Ok("")),
        ("aéb", "é", 2, Ok("b")),
        ("a-b", "-", i64::MAX, Ok("")),
        ("a-b", "-", i64::MIN, Ok("")),
    ];
    for (text, separator, n, expected) in cases {
        assert_eq!(split_part(text, separator, n), expected, "{text} by {separator}, {n}");
    }
}

#[test]
fn found_and_replaced() {
    let cases = [
        ("abc", "b", "x", "axc", 2),
        ("abc", "", "x", "abc", 1),
        ("", "", "x", "", 1),
        ("aaa", "aa", "x", "xa", 1),
        ("abc", "b", "", "ac", 2),
        ("aé日b", "b", "日", "aé日日", 4),
        ("abc", "z", "x", "abc", 0),
    ];
    for (text, part, with, replaced, place) in cases {
        assert_eq!(replace(text, part, with), replaced, "{text}, {part}");
        assert_eq!(strpos(text, part), place, "{text}, {part}");
        assert_eq!(contains(text, part), place > 0, "{text}, {part}");
    }
    assert_eq!((length("aé日🙂"), length("")), (4, 0));
    assert!(starts_with("abc", "") && starts_with("abc", "ab") && !starts_with("abc", "b"));
    assert!(ends_with("abc", "") && ends_with("abc", "bc") && !ends_with("abc", "b"));
}

#[test]
fn made() {
    let cases = [
        ("abc", 5, "xy", Ok(()), "xyabc", "abcxy"),
        ("abc", 6, "xy", Ok(()), "xyxabc", "abcxyx"),
        ("abc", 2, "xy", Ok(()), "ab", "ab"),
        ("abc", 5, "", Ok(()), "abc", "abc"),
        ("abc", 2, "", Ok(()), "ab", "ab"),
        ("abc", 0, "x", Ok(()), "", ""),
        ("abc", -1, "x", Ok(()), "", ""),
        ("abc", i64::MIN, "x", Ok(()), "", ""),
        ("日", 3, "本é", Ok(()), "本é日", "日本é"),
        ("", 2, "é", Ok(()), "éé", "éé"),
        ("abc", i64::MAX, "x", Err(TextError::TooLong), "", ""),
        ("abc", 70_000, "x", Err(TextError::TooLong), "", ""),
        ("abc", 40_000, "é", Err(TextError::TooLong), "", ""),
    ];
    for (text, n, fill, result, before, behind) in cases {
        let (mut left, mut right) = (String::new(), String::new());
        assert_eq!(lpad(text, n, fill, &mut left), result, "{text}, {n}, {fill}");
        assert_eq!(rpad(text, n, fill, &mut right), result, "{text}, {n}, {fill}");
        assert_eq!((&*left, &*right), (before, behind), "{text}, {n}, {fill}");
    }
    let cases = [
        ("ab", 3, Ok(()), "ababab"),
        ("ab", 0, Ok(()), ""),
        ("ab", -1, Ok(()), ""),
        ("", i64::MAX, Ok(()), ""),
        ("ab", i64::MAX, Err(TextError::TooLong), ""),
        ("ab", 32_769, Err(TextError::TooLong), ""),
    ];
    for (text, n, result, expected) in cases {
        let mut out = String::new();
        assert_eq!(repeat(text, n, &mut out), result, "{text}, {n}");
        assert_eq!(out, expected, "{text}, {n}");
    }
    let mut out = String::from(">");
    reverse("aé日", &mut out);
    assert_eq!(out, ">日éa");
}
