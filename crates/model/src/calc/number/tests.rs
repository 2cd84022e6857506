//! What is typed, and which number it is.

use super::*;

/// A number as text, or what its error holds.
fn found(kind: Kind, text: &str, locale: &str) -> Result<String, String> {
    let number = kind.parse(text, Locale::named(locale));
    number.map(|number| number.to_string()).map_err(|error| error.to_string())
}

#[track_caller]
fn check(kind: Kind, text: &str, locale: &str, expected: Result<&str, &str>) {
    match (found(kind, text, locale), expected) {
        (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{text:?} {locale}"),
        (Err(error), Err(part)) => assert!(error.contains(part), "{text:?} {locale}: {error}"),
        (found, expected) => panic!("{text:?} {locale} is {found:?}, not {expected:?}"),
    }
}

const GROUPS: &str = "not groups of three digits";
const NONE: &str = "not a number";

#[test]
fn numbers_that_can_be() {
    for (kind, text, expected) in [
        (Kind::Count, "1000", "1000"),
        (Kind::Count, "1_000_000", "1000000"),
        (Kind::Count, "1000.00", "1000"),
        (Kind::Count, "-0", "0"),
        (Kind::Count, " 007 ", "7"),
        (Kind::Count, "999999999999999999", "999999999999999999"),
        (Kind::Amount, "0.10", "0.1"),
        (Kind::Amount, "12_345.67", "12345.67"),
        (Kind::Amount, "0.000000001", "0.000000001"),
        (Kind::Share, "1", "1"),
        (Kind::Share, "0.05", "0.05"),
        (Kind::Share, "5%", "0.05"),
        (Kind::Share, "2.5 %", "0.025"),
        (Kind::Share, "100%", "1"),
        (Kind::Whole(366), "366", "366"),
    ] {
        check(kind, text, "", Ok(expected));
    }
}

#[test]
fn numbers_that_cannot_be() {
    for (kind, text, expected) in [
        (Kind::Count, "", "missing"),
        (Kind::Count, "many", NONE),
        (Kind::Count, "NaN", NONE),
        (Kind::Amount, "inf", NONE),
        (Kind::Amount, "1e6", NONE),
        (Kind::Amount, ".5", NONE),
        (Kind::Amount, "5.", NONE),
        (Kind::Amount, ",5", NONE),
        (Kind::Amount, "5,", NONE),
        (Kind::Amount, "1__0", NONE),
        (Kind::Amount, "--5", NONE),
        (Kind::Amount, "+5", NONE),
        (Kind::Amount, "٣", NONE),
        (Kind::Amount, "5%", NONE),
        (Kind::Amount, "5-", NONE),
        (Kind::Amount, "-0.01", "below 0"),
        (Kind::Amount, "−5", "below 0"),
        (Kind::Count, "1.5", "whole number"),
        (Kind::Count, "1000000000000000000", "too long"),
        (Kind::Amount, "0.0000000001", "too long"),
        (Kind::Share, "0.00000001%", "too long"),
        (Kind::Share, "1.01", "at most 1"),
        (Kind::Share, "5", "0.05 or 5%"),
        (Kind::Whole(366), "0", "from 1 to 366"),
        (Kind::Whole(366), "367", "from 1 to 366"),
        (Kind::Whole(366), "1.5", "from 1 to 366"),
    ] {
        check(kind, text, "", Err(expected));
    }
}

#[test]
fn what_is_clear_without_a_locale() {
    for (text, expected) in [
        // One or two digits, or more than three, behind the only mark are decimals.
        ("49,90", Ok("49.9")),
        ("49.90", Ok("49.9")),
        ("1,5", Ok("1.5")),
        ("1200.5", Ok("1200.5")),
        ("1200,5000", Ok("1200.5")),
        ("3,14159", Ok("3.14159")),
        // Three are where no group can stand before the mark.
        ("1200.500", Ok("1200.5")),
        ("1234,567", Ok("1234.567")),
        ("0,125", Ok("0.125")),
        ("0.125", Ok("0.125")),
        ("1 000.500", Ok("1000.5")),
        // A mark that stands twice groups.
        ("1,000,000", Ok("1000000")),
        ("1.000.000", Ok("1000000")),
        ("12.345.678", Ok("12345678")),
        // Of two marks the last begins the decimals.
        ("1.000,50", Ok("1000.5")),
        ("1,000.50", Ok("1000.5")),
        ("1.000,500", Ok("1000.5")),
        ("1.234.567,8", Ok("1234567.8")),
        ("1,234,567.8", Ok("1234567.8")),
        // Spaces, apostrophes and underscores group.
        ("1 000", Ok("1000")),
        ("1\u{a0}000", Ok("1000")),
        ("1\u{2009}000", Ok("1000")),
        ("1\u{202f}000", Ok("1000")),
        ("12 345 678,90", Ok("12345678.9")),
        ("1'000.50", Ok("1000.5")),
        ("1’000’000", Ok("1000000")),
        ("1_200", Ok("1200")),
        ("1_200,50", Ok("1200.5")),
        // What is neither.
        ("1 00", Err(GROUPS)),
        ("1000 000", Err(GROUPS)),
        ("1.00.000", Err(GROUPS)),
        ("10.00,5", Err(GROUPS)),
        ("1'00", Err(GROUPS)),
        ("1 000'000", Err(NONE)),
        ("1,000.000,5", Err(NONE)),
        ("1.5,5.5", Err(NONE)),
        ("1, 5", Err(NONE)),
        ("1  000", Err(NONE)),
        ("1.000 000", Err(NONE)),
        // Who typed these knows.
        ("1.000", Err("it can be 1000 (the point groups thousands) or 1 (the point begins the")),
        (
            "1.000",
            Err("write 1000 or 1, or say with --locale, such as de or en, what a point means"),
        ),
        (
            "1,000",
            Err("write 1000 or 1, or say with --locale, such as en or sv, what a comma means"),
        ),
        ("1,234", Err("write 1234 or 1.2340, or say")),
        ("999.999", Err("it can be 999999 (")),
        ("-1.000", Err("below 0")),
    ] {
        check(Kind::Amount, text, "", expected);
    }
}

#[test]
fn what_counts_has_no_decimals() {
    let days = Kind::Whole(36_525);
    for (kind, text, locale, expected) in [
        (Kind::Count, "1.000", "", Ok("1000")),
        (Kind::Count, "1,000", "", Ok("1000")),
        (Kind::Count, "1.000", "de", Ok("1000")),
        (Kind::Count, "1.000", "en", Err("what counts has none; write 1000 or 1")),
        (Kind::Count, "1,000", "sv", Err("what counts has none; write 1000 or 1")),
        (Kind::Count, "1,50", "sv", Err("it counts")),
        (Kind::Count, "12,0", "sv", Ok("12")),
        (days, "1.000", "", Ok("1000")),
        (days, "30,5", "", Err("whole number from 1")),
        // A share is never a thousand.
        (Kind::Share, "60.500%", "", Ok("0.605")),
        (Kind::Share, "60,5 %", "", Ok("0.605")),
        (Kind::Share, "60,5\u{a0}%", "", Ok("0.605")),
        (Kind::Share, "0,605", "", Ok("0.605")),
        (Kind::Share, "1.000%", "de", Err("at most 1")),
    ] {
        check(kind, text, locale, expected);
    }
}

#[test]
fn a_locale_says_what_marks_mean() {
    for (text, locale, expected) in [
        ("1.000", "de", Ok("1000")),
        ("1.000", "en", Ok("1")),
        ("1,000", "en", Ok("1000")),
        ("1,000", "sv", Ok("1")),
        ("1.000", "de-CH", Ok("1")),
        ("1'000.50", "de-CH", Ok("1000.5")),
        ("1 000,50", "sv", Ok("1000.5")),
        ("1.000,50", "sv", Ok("1000.5")),
        ("1.000,50", "da", Ok("1000.5")),
        ("1\u{202f}000,50", "fr", Ok("1000.5")),
        ("1,000,000", "en", Ok("1000000")),
        ("1200", "sv", Ok("1200")),
        ("1200.50", "sv", Err("with --locale sv a comma begins the decimals and a point groups")),
        ("1200.50", "de", Err("write it like 1.200,50")),
        ("49,90", "en", Err("write it like 1,200.50")),
        ("1,000,000", "sv", Err("a comma begins the decimals")),
        ("1,000.50", "sv", Err("a comma begins the decimals")),
        ("1 00", "sv", Err("groups the digits before it by three")),
    ] {
        check(Kind::Amount, text, locale, expected);
    }
}

#[test]
fn money_with_its_name() {
    for (text, expected) in [
        ("49,90 kr", Ok("49.9")),
        ("49,90kr.", Ok("49.9")),
        ("kr. 49,90", Ok("49.9")),
        ("kr 1 000", Ok("1000")),
        ("KR 5", Ok("5")),
        ("1 000\u{a0}kr", Ok("1000")),
        ("€49.90", Ok("49.9")),
        ("49,90 €", Ok("49.9")),
        ("$1,200.50", Ok("1200.5")),
        ("SEK 1 000", Ok("1000")),
        ("1 000 SEK", Ok("1000")),
        ("100 eur", Ok("100")),
        ("CHF 1'000.50", Ok("1000.5")),
        ("49:-", Ok("49")),
        ("49,-", Ok("49")),
        ("1.000,-", Ok("1000")),
        ("1.000,– €", Ok("1000")),
        ("kr 49 kr", Err(NONE)),
        ("kr", Err(NONE)),
        ("49 kronor", Err(NONE)),
        ("1.000 kr", Err("it can be 1000")),
        ("kr -5", Err("below 0")),
    ] {
        check(Kind::Amount, text, "", expected);
    }
    check(Kind::Count, "100 kr", "", Err("it is no money; leave kr away"));
    check(Kind::Share, "5 €", "", Err("it is no money; leave € away"));
}

#[test]
fn lists() {
    let days = Kind::Whole(366);
    for (kind, text, locale, expected) in [
        (Kind::Amount, "100; 80; 70", "", Ok("100 80 70")),
        (Kind::Amount, "100,5; 80,25", "", Ok("100.5 80.25")),
        (Kind::Amount, "100,5, 80,25", "", Ok("100.5 80.25")),
        (Kind::Amount, "100000,80000,70000", "", Ok("100000 80000 70000")),
        (Kind::Amount, "200000,80000", "", Ok("200000 80000")),
        (Kind::Amount, "100,0,20", "", Ok("100 0 20")),
        (Kind::Amount, "1.5,2.5", "", Ok("1.5 2.5")),
        (Kind::Amount, "1 000,2 000", "", Ok("1000 2000")),
        (Kind::Amount, "100", "", Ok("100")),
        // These can be one number only.
        (Kind::Amount, "1.000,50", "", Ok("1000.5")),
        (Kind::Amount, "1,000,000", "", Ok("1000000")),
        // These can be several or one.
        (
            Kind::Amount,
            "100,80",
            "",
            Err("it can be 100; 80 (the comma stands between numbers) or 100.8 ("),
        ),
        (Kind::Amount, "100,80", "", Err("write 100; 80 or 100.8, or say with --locale")),
        (Kind::Amount, "100,200", "", Err("write 100; 200 or 100200 or 100.2, or")),
        (Kind::Amount, "100,200", "en", Err("write 100; 200 or 100200")),
        (Kind::Amount, "1,000", "", Err("write 1000 or 1, or say")),
        // A locale says whether a comma can stand between numbers.
        (Kind::Amount, "100,80", "sv", Ok("100.8")),
        (Kind::Amount, "100,80", "en", Ok("100 80")),
        (Kind::Amount, "100,5;80", "sv", Ok("100.5 80")),
        (Kind::Amount, "100,5, 80", "sv", Ok("100.5 80")),
        (Kind::Amount, "1,000.50;2,000", "en", Ok("1000.5 2000")),
        (Kind::Amount, "1,000.50,2,000", "en", Err("put ; between the numbers")),
        // Days have no decimals.
        (days, "31,28,31", "", Ok("31 28 31")),
        (days, "31,28", "", Ok("31 28")),
        (days, "31,28", "sv", Err("whole number from 1 to 366")),
        // What is no number.
        (Kind::Amount, "", "", Err("missing")),
        (Kind::Amount, "100,,80", "", Err("missing")),
        (Kind::Amount, "100;", "", Err("missing")),
        (Kind::Amount, "-100,80", "", Err("below 0")),
    ] {
        let found = kind.parse_list(text, Locale::named(locale));
        let found = found
            .map(|numbers| numbers.iter().map(Number::to_string).collect::<Vec<_>>().join(" "));
        match (found.map_err(|error| error.to_string()), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{text:?} {locale}"),
            (Err(error), Err(part)) => assert!(error.contains(part), "{text:?} {locale}: {error}"),
            (found, expected) => panic!("{text:?} {locale} is {found:?}, not {expected:?}"),
        }
    }
}

/// What an error tells to write is read as what it says.
#[test]
fn plain_texts_are_read_as_they_say() {
    for text in ["1.000", "1,000", "1,234", "999.999", "100.010"] {
        let Err(NumberError::Either(either)) = Kind::Amount.parse(text, None) else {
            panic!("{text} is one number")
        };
        for possible in either.possible {
            let found = Kind::Amount.parse_list(&possible.plain(), None);
            assert_eq!(found, Ok(possible.numbers), "{text}");
        }
    }
}

#[test]
fn common_places() {
    let number = Kind::Amount.parse("12.5", None).unwrap();
    assert_eq!((number.at(1), number.at(3)), (125, 12_500));
}
