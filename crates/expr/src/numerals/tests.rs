use super::*;

const M: NumeralError = NumeralError::Malformed;
const O: NumeralError = NumeralError::Overflow;

fn text(write: impl FnOnce(&mut String)) -> String {
    let mut out = String::new();
    write(&mut out);
    out
}

#[test]
fn decimals_at_scale_2() {
    let cases = [
        ("12.5", Ok(1_250)),
        ("1e3", Ok(100_000)),
        ("1E3", Ok(100_000)),
        ("1e+2", Ok(10_000)),
        ("1.5e1", Ok(1_500)),
        ("5.e1", Ok(5_000)),
        (".5e1", Ok(500)),
        ("+3", Ok(300)),
        ("-3", Ok(-300)),
        (" 42\t\n", Ok(4_200)),
        (".5", Ok(50)),
        ("+.5", Ok(50)),
        ("5.", Ok(500)),
        ("007", Ok(700)),
        ("-0", Ok(0)),
        // Half away from zero, once.
        ("0.005", Ok(1)),
        ("-0.005", Ok(-1)),
        ("0.00499999999999999999999999999999999999999999999", Ok(0)),
        ("0.0050000000000000000000000000000000000000000000001", Ok(1)),
        ("1.005e0", Ok(101)),
        ("0.995", Ok(100)),
        ("99.995", Ok(10_000)),
        ("5e-3", Ok(1)),
        ("4.999e-3", Ok(0)),
        ("1e-3", Ok(0)),
        ("50e-4", Ok(1)),
        ("0.05e-1", Ok(1)),
        ("1e-16385", Ok(0)),
        ("99999999999999999999999999999999999999e-40", Ok(1)),
        ("0e999999", Ok(0)),
        ("0.000e99999999999999999999999", Ok(0)),
        ("123456789012345678", Ok(12_345_678_901_234_567_800)),
        ("1234567890123456789012345678901234567.5", Err(O)),
        ("999999999999999999999999999999999999.99", Ok(10_i128.pow(38) - 1)),
        ("-999999999999999999999999999999999999.994", Ok(1 - 10_i128.pow(38))),
        ("999999999999999999999999999999999999.995", Err(O)),
        ("1e36", Err(O)),
        ("1e99999999999999999999", Err(O)),
        ("000000000000000000000000000000000000000000000000000001.5", Ok(150)),
        (".", Err(M)),
        ("", Err(M)),
        ("-", Err(M)),
        ("1_000", Err(M)),
        ("1,000", Err(M)),
        ("12,50", Err(M)),
        ("1e", Err(M)),
        ("1e+", Err(M)),
        ("1e2.5", Err(M)),
        (".e1", Err(M)),
        ("1e 2", Err(M)),
        ("- 3", Err(M)),
        ("--3", Err(M)),
        ("1.2.3", Err(M)),
        ("NaN", Err(M)),
        ("inf", Err(M)),
        ("0x10", Err(M)),
        ("12 EUR", Err(M)),
        ("\u{a0}42", Err(M)),
        ("٣", Err(M)),
    ];
    for (input, expected) in cases {
        assert_eq!(parse_exact(input, 2), expected, "{input}");
    }
}

#[test]
fn decimals_at_other_scales() {
    let cases = [
        ("0.5", 0, Ok(1)),
        ("0.49", 0, Ok(0)),
        ("2.5", 0, Ok(3)),
        ("-2.5", 0, Ok(-3)),
        ("12", 0, Ok(12)),
        ("0.123456", 6, Ok(123_456)),
        ("0.1", 38, Ok(10_i128.pow(37))),
        ("1", 38, Err(O)),
        ("0", u32::MAX, Ok(0)),
        ("1", u32::MAX, Err(O)),
        ("99999999999999999999999999999999999999", 0, Ok(10_i128.pow(38) - 1)),
        ("170141183460469231731687303715884105728", 0, Err(O)),
        ("340282366920938463463374607431768211456", 0, Err(O)),
    ];
    for (input, scale, expected) in cases {
        assert_eq!(parse_exact(input, scale), expected, "{input} at {scale}");
    }
    let long = "9".repeat(100_000);
    assert_eq!(parse_exact(&long, 2), Err(O));
    assert_eq!(parse_exact(&format!("0.{long}"), 2), Ok(100));
    assert_eq!(parse_exact(&format!("{long}e-100000"), 2), Ok(100));
    assert_eq!(parse_exact(&format!("0.{}1e100001", "0".repeat(100_000)), 2), Ok(100));
}

#[test]
fn integers() {
    let cases = [
        ("12", Ok(12)),
        ("-12", Ok(-12)),
        (" 42 ", Ok(42)),
        ("+3", Ok(3)),
        ("007", Ok(7)),
        ("-0", Ok(0)),
        ("12.", Ok(12)),
        ("12.0", Ok(12)),
        (".0", Ok(0)),
        ("12.00000000000000000000000000000000000000000000", Ok(12)),
        ("1e3", Ok(1_000)),
        ("10e-1", Ok(1)),
        ("1.5e1", Ok(15)),
        ("18446744073709551615", Ok(u64::MAX.into())),
        ("-170141183460469231731687303715884105728", Err(O)),
        ("1e38", Err(O)),
        ("1e-1", Err(M)),
        ("2.5", Err(M)),
        ("12.00000000000000000000000000000000000000000001", Err(M)),
        ("1_000", Err(M)),
        ("0x10", Err(M)),
        ("0b11", Err(M)),
        ("true", Err(M)),
        ("", Err(M)),
    ];
    for (input, expected) in cases {
        assert_eq!(parse_integer(input), expected, "{input}");
    }
}

#[test]
fn doubles() {
    let cases = [
        ("1.5", Ok("1.5")),
        (" 1.5 ", Ok("1.5")),
        ("1.", Ok("1.0")),
        (".5", Ok("0.5")),
        ("+.5", Ok("0.5")),
        ("1e300", Ok("1e+300")),
        ("4.9e-324", Ok("5e-324")),
        ("1e-400", Ok("0.0")),
        ("-0.0", Ok("-0.0")),
        ("NaN", Ok("nan")),
        ("-nan", Ok("nan")),
        ("Infinity", Ok("inf")),
        ("-inf", Ok("-inf")),
        ("+INF", Ok("inf")),
        ("1e400", Err(O)),
        ("-1e400", Err(O)),
        ("infinit", Err(M)),
        ("1_000", Err(M)),
        ("1,5", Err(M)),
        ("0x10", Err(M)),
        ("1f", Err(M)),
        ("1e", Err(M)),
        ("- 1", Err(M)),
        (".", Err(M)),
        ("", Err(M)),
    ];
    for (input, expected) in cases {
        let value = parse_double(input).map(|value| text(|out| double_text(value, out)));
        assert_eq!(value, expected.map(str::to_owned), "{input}");
    }
}

#[test]
fn truth_values() {
    let cases = [
        ("true", Ok(true)),
        ("TRUE", Ok(true)),
        ("t", Ok(true)),
        ("Yes", Ok(true)),
        ("y", Ok(true)),
        ("1", Ok(true)),
        (" true ", Ok(true)),
        ("false", Ok(false)),
        ("F", Ok(false)),
        ("no", Ok(false)),
        ("n", Ok(false)),
        ("0", Ok(false)),
        ("on", Err(M)),
        ("off", Err(M)),
        ("tru", Err(M)),
        ("2", Err(M)),
        ("01", Err(M)),
        ("1.0", Err(M)),
        ("wahr", Err(M)),
        ("", Err(M)),
    ];
    for (input, expected) in cases {
        assert_eq!(parse_bool(input), expected, "{input}");
    }
}

#[test]
fn exact_texts() {
    let cases = [
        (1_250, 2, "12.50"),
        (-5, 2, "-0.05"),
        (0, 2, "0.00"),
        (-100, 2, "-1.00"),
        (42, 0, "42"),
        (-42, 0, "-42"),
        (1, 38, "0.00000000000000000000000000000000000001"),
        (i64::MIN.into(), 19, "-0.9223372036854775808"),
        (i64::MIN.into(), 2, "-92233720368547758.08"),
        (i64::MIN.into(), 20, "-0.09223372036854775808"),
        (i128::MIN, 0, "-170141183460469231731687303715884105728"),
        (i128::MIN, 2, "-1701411834604692317316873037158841057.28"),
        (-1, 40, "-0.0000000000000000000000000000000000000001"),
    ];
    for (value, scale, expected) in cases {
        assert_eq!(text(|out| exact_text(value, scale, out)), expected, "{value} at {scale}");
    }
}

#[test]
fn double_texts() {
    let cases = [
        (100.0, "100.0"),
        (0.1, "0.1"),
        (1_234_567.891, "1234567.891"),
        (1_676_137_311_649_981.2, "1676137311649981.2"),
        (0.012, "0.012"),
        (1e5, "100000.0"),
        (1e15, "1000000000000000.0"),
        (1e16, "1e+16"),
        (123_456_789_012_345_680.0, "1.2345678901234568e+17"),
        (0.0001, "0.0001"),
        (0.000_01, "1e-05"),
        (-1.5e-7, "-1.5e-07"),
        (f64::MAX, "1.7976931348623157e+308"),
        (f64::MIN_POSITIVE, "2.2250738585072014e-308"),
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (f64::NEG_INFINITY, "-inf"),
        (f64::NAN, "nan"),
    ];
    for (value, expected) in cases {
        assert_eq!(text(|out| double_text(value, out)), expected);
    }
}
