"""Amounts and texts that are calculated: cases of door.py."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa

from command import orders
from door_case import TOLERANT, Case, amounts, segments, table

EXACT_INTEGERS = {
    kind: getattr(pa, kind)() for kind in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
}


def decimals(*texts: str | None, digits: int = 12, scale: int = 3) -> pa.Array:
    return pa.array([text and Decimal(text) for text in texts], pa.decimal128(digits, scale))


def top(kind: pa.DataType) -> int:
    bits = kind.bit_width - (1 if pa.types.is_signed_integer(kind) else 0)
    return 2**bits - 1


def widths() -> list[Case]:
    """Products, sums and quotients of integers, whose types never overflow."""
    cases = []
    for name, kind in EXACT_INTEGERS.items():
        most = top(kind)
        # Amounts are cents in 64 bits, so that the largest factors are left to the smaller types.
        if top(kind) < 2**31:
            cases.append(
                amounts(f"{name} * {name}", pa.array([7, most], kind), "v * v / 100", "0.49", cents(most * most))
            )
        cases.append(
            amounts(f"{name} + 1", pa.array([1, most], kind), "(v + 1) / 100000", "0.00", cents_of(most + 1, 1000))
        )
        cases.append(amounts(f"{name} / 100", pa.array([1, 99, 100], kind), "v / 100", "0.01", "0.99", "1.00"))
        cases.append(amounts(f"1 - {name}", pa.array([0, 100], kind), "1 - v", "1.00", "-99.00"))
        if pa.types.is_signed_integer(kind):
            low = -most - 1
            cases.append(amounts(f"-{name}", pa.array([-7, low], kind), "-v / 100000", "0.00", cents_of(-low, 1000)))
            cases.append(amounts(f"{name} % 4", pa.array([-7, 7, -6], kind), "v % 4", "-3.00", "3.00", "-2.00"))
            cases.append(amounts(f"{name} // 2", pa.array([-7, 7], kind), "v // 2", "-3.00", "3.00"))
    return cases


def cents(hundredths: int) -> str:
    return f"{hundredths // 100}.{hundredths % 100:02}"


def cents_of(value: int, divisor: int) -> str:
    """A value over so many cents, halves rounded up."""
    return cents((2 * value + divisor) // (2 * divisor))


HALVES = decimals("0.125", "-0.125", "1.005", "2.675", "-0.005", "0.004")
HALF_CENTS = ("0.13", "-0.13", "1.01", "2.68", "-0.01", "0.00")
TEXTS = ["12.345", "0.005", "-0.125", "7.1", " 42 ", "+3", "1e2", "12,50", "", "n/a", None]
# 64-bit numbers that no double tells apart.
NEAR = [2**53, 2**53 + 1]


def roundings() -> list[Case]:
    return [
        amounts("a decimal of three places", HALVES, "v", *HALF_CENTS),
        amounts("ROUND to cents", HALVES, "ROUND(v, 2)", *HALF_CENTS),
        amounts("CAST to cents", HALVES, "CAST(v AS DECIMAL(12,2))", *HALF_CENTS),
        amounts("CAST by ::", HALVES, "v::DECIMAL(12,2)", *HALF_CENTS),
        amounts("ROUND twice", HALVES, "ROUND(ROUND(v, 2), 1)", "0.10", "-0.10", "1.00", "2.70", "0.00", "0.00"),
        amounts("ROUND to tens", decimals("15", "-25", "24.999"), "ROUND(v, -1)", "20.00", "-30.00", "20.00"),
        amounts("ROUND to units", decimals("0.5", "-0.5", "2.5"), "ROUND(v)", "1.00", "-1.00", "3.00"),
        amounts("CAST to INTEGER", decimals("0.5", "-1.5", "2.499"), "CAST(v AS INTEGER)", "1.00", "-2.00", "2.00"),
        amounts("FLOOR", decimals("1.9", "-1.1"), "FLOOR(v)", "1.00", "-2.00"),
        amounts("CEIL", decimals("1.1", "-1.9"), "CEIL(v)", "2.00", "-1.00"),
        amounts("TRUNC", decimals("1.9", "-1.9"), "TRUNC(v)", "1.00", "-1.00"),
        amounts("ABS", decimals("-1.005", "1.005"), "ABS(v)", "1.01", "1.01"),
        amounts("SIGN", decimals("-1.005", "0", "3"), "SIGN(v)", "-1.00", "0.00", "1.00"),
        amounts("half a cent by a product", decimals("0.01", "0.03", "-0.01"), "v * 0.5", "0.01", "0.02", "-0.01"),
        amounts("a discount", decimals("19.99", "0.10"), "v * (1 - 0.15)", "16.99", "0.09"),
        amounts("a third thrice", decimals("0.10", "19.99", "1"), "v / 3 * 3", "0.10", "19.99", "1.00"),
        amounts("a third of a cent", decimals("0.01", "0.02"), "v / 3", "0.00", "0.01"),
        amounts("net of 19 %", decimals("1.19", "100", "0.03"), "v / 1.19", "1.00", "84.03", "0.03"),
        amounts(
            "DECIMAL(38,0) / 100",
            decimals("1999", "-1050", "99", digits=38, scale=0),
            "v / 100",
            "19.99",
            "-10.50",
            "0.99",
        ),
        amounts("wide cents / 100", pa.array([1999, -1], pa.int64()), "v / 100.0", "19.99", "-0.01"),
        amounts("0.1 + 0.2", pa.array([1]), "CASE WHEN 0.1 + 0.2 = 0.3 THEN v ELSE 0 END", "1.00"),
        amounts("64 bits beside each other", pa.array(NEAR, pa.int64()), "v - 9007199254740992", "0.00", "1.00"),
        amounts("the remainder of a decimal", decimals("7.5", "-7.5"), "v % 2", "1.50", "-1.50"),
        amounts("a whole quotient", decimals("7.5", "-7.5"), "v // 2", "3.00", "-3.00"),
    ]


def texts() -> list[Case]:
    wanted = ("12.35", "0.01", "-0.13", "7.10", "42.00", "3.00", "100.00", None, None, None, None)
    as_null = tuple(text or "0.00" for text in wanted)
    return [
        amounts("texts to DECIMAL(38,2)", TEXTS, "CAST(v AS DECIMAL(38, 2))", *wanted),
        amounts("texts to DECIMAL(10,2)", TEXTS, "CAST(v AS DECIMAL(10, 2))", *wanted),
        amounts("texts tried", TEXTS, "COALESCE(TRY_CAST(v AS DECIMAL(38, 2)), 0)", *as_null),
        amounts(
            *(
                "texts guarded",
                ["12.50", "n/a", None],
                "CASE WHEN v = 'n/a' OR v IS NULL THEN 0 ELSE CAST(v AS DECIMAL(18,2)) END",
            ),
            *("12.50", "0.00", "0.00"),
        ),
        amounts(
            "texts guarded by a pattern",
            ["7", "x7", None],
            "CASE WHEN v ~ '^[0-9]+$' THEN CAST(v AS INTEGER) ELSE -1 END",
            "7.00",
            "-1.00",
            "-1.00",
        ),
        amounts(
            "a comma for the point", ["12,50", "1,5"], "CAST(REPLACE(v, ',', '.') AS DECIMAL(10,2))", "12.50", "1.50"
        ),
        amounts(
            "texts to INTEGER",
            ["7", " 8 ", "2.5", "x", "99999999999"],
            "CAST(v AS INTEGER)",
            "7.00",
            "8.00",
            None,
            None,
            None,
        ),
        amounts("texts to DOUBLE", ["2.5", "1e2", "x"], "CAST(v AS DOUBLE)", "2.50", "100.00", None),
        amounts("texts too large", ["99999999.99", "100000000"], "CAST(v AS DECIMAL(10,2))", "99999999.99", None),
        amounts("a number too large", pa.array([99, 100]), "CAST(v AS DECIMAL(4,2))", "99.00", None),
        amounts(
            "a number too large, tried",
            pa.array([99, 100]),
            "COALESCE(TRY_CAST(v AS DECIMAL(4,2)), -1)",
            "99.00",
            "-1.00",
        ),
        amounts("SMALLINT too small", pa.array([32767, 32768]), "CAST(v AS SMALLINT)", "32767.00", None),
    ]


def failures() -> list[Case]:
    """Rows that fail are rejected, and the run goes on, or ends with 3 where more fail than [checks] allows."""
    strict = "[checks]\nmax_rejected = 0.1"
    bad = {"orders.parquet": table(v=["1.00", "x"])}
    nineteen = {"orders.parquet": table(v=["1.00"] * 19 + ["x"])}
    total = "SELECT count(*), CAST(sum(revenue) AS DECIMAL(12,2)) FROM customers"
    told = 'SELECT reason, "row" FROM rejected_orders'
    cast = "CAST(v AS DECIMAL(10,2))"
    return [
        amounts("x / 0", pa.array([2, 0]), "10 / v", "5.00", None),
        amounts("x / 0 of decimals", decimals("2", "0"), "10 / v", "5.00", None),
        amounts("x // 0", pa.array([2, 0]), "10 // v", "5.00", None),
        amounts("x % 0", pa.array([3, 0]), "10 % v", "1.00", None),
        amounts("x / NULLIF", pa.array([2, 0]), "COALESCE(10 / NULLIF(v, 0), 0)", "5.00", "0.00"),
        amounts("x / 0 guarded", pa.array([2, 0]), "CASE WHEN v <> 0 THEN 10 / v ELSE 0 END", "5.00", "0.00"),
        amounts("NULL", pa.array([2, None]), "v", "2.00", None),
        amounts("NULL + 1", pa.array([2, None]), "v + 1", "3.00", None),
        amounts("NaN", pa.array([2.0, float("nan"), float("inf")]), "v", "2.00", None, None),
        amounts("COALESCE of a failed one", ["1", "x"], "COALESCE(CAST(v AS INTEGER), 0)", "1.00", None),
        Case(
            "more fail than allowed", bad, orders(amount=cast, sections=strict), code=(3,), says="unreadable_amount 1"
        ),
        Case("as many fail as allowed", nineteen, orders(amount=cast, sections=strict), [(19, "19.00")], total),
        Case(
            "a failed row is shown",
            nineteen,
            orders(amount=cast, sections=TOLERANT),
            [("unreadable_amount", "20")],
            told,
        ),
    ]


def choices() -> list[Case]:
    branches = " ".join(f"WHEN v = {n} THEN {n}.5" for n in range(3000))
    return [
        amounts("CASE of several types", pa.array([1, 2]), "CASE WHEN v = 1 THEN 1 ELSE 2.55 END", "1.00", "2.55"),
        amounts("CASE without ELSE", pa.array([1, 2]), "CASE WHEN v = 1 THEN 7 END", "7.00", None),
        amounts("CASE of a value", pa.array([1, 2]), "CASE v WHEN 1 THEN 10 WHEN 2 THEN 20 END", "10.00", "20.00"),
        amounts(
            "3,000 branches",
            pa.array([0, 1500, 2999, 5000]),
            f"CASE {branches} ELSE -1 END",
            "0.50",
            "1500.50",
            "2999.50",
            "-1.00",
        ),
        amounts("COALESCE", pa.array([1, None]), "COALESCE(v, 2.5)", "1.00", "2.50"),
        amounts("NULLIF", pa.array([0, 3]), "COALESCE(NULLIF(v, 0), 100)", "100.00", "3.00"),
        amounts("GREATEST", pa.array([1, None, 9]), "GREATEST(v, 2.5)", "2.50", "2.50", "9.00"),
        amounts("LEAST", pa.array([1, None, 9]), "LEAST(v, 2.5)", "1.00", "2.50", "2.50"),
        amounts("IF", pa.array([1, 9]), "IF(v > 5, v, 0)", "0.00", "9.00"),
    ]


WORDS = {"v": ["Paid ", "paid", "", None, "a-b", "007", "Ünï"]}


def of_texts() -> list[Case]:
    return [
        segments("LOWER and TRIM", WORDS, "LOWER(TRIM(v))", "paid", "paid", "(none)", "(none)", "a-b", "007", "ünï"),
        segments("UPPER", WORDS, "UPPER(v)", "PAID ", "PAID", "(none)", "(none)", "A-B", "007", "ÜNÏ"),
        segments("SUBSTR", WORDS, "SUBSTR(v, 1, 2)", "Pa", "pa", "(none)", "(none)", "a-", "00", "Ün"),
        segments("SPLIT_PART", WORDS, "SPLIT_PART(v, '-', 2)", *("(none)",) * 4, "b", "(none)", "(none)"),
        segments("||", WORDS, "v || '!'", "Paid !", "paid!", "!", "(none)", "a-b!", "007!", "Ünï!"),
        segments("CONCAT", WORDS, "CONCAT(v, '!')", "Paid !", "paid!", "!", "!", "a-b!", "007!", "Ünï!"),
        segments("LENGTH", WORDS, "CAST(LENGTH(v) AS VARCHAR)", "5", "4", "0", "(none)", "3", "3", "3"),
        segments("REPLACE", WORDS, "REPLACE(v, 'a', 'o')", "Poid ", "poid", "(none)", "(none)", "o-b", "007", "Ünï"),
        segments("NULLIF of a text", WORDS, "NULLIF(v, '')", "Paid ", "paid", "(none)", "(none)", "a-b", "007", "Ünï"),
        segments("LPAD", {"v": ["7", "42", None]}, "LPAD(v, 3, '0')", "007", "042", "(none)"),
        segments("LEFT and RIGHT", {"v": ["abcd"]}, "LEFT(v, 1) || RIGHT(v, 1)", "ad"),
        segments("a number as text", {"v": pa.array([7, -1])}, "CAST(v AS VARCHAR)", "7", "-1"),
        segments("a decimal as text", {"v": decimals("1.5", "-0.125")}, "CAST(v AS VARCHAR)", "1.500", "-0.125"),
        segments(
            "a day as text", {"v": pa.array(["2024-01-31"]).cast(pa.date32())}, "CAST(v AS VARCHAR)", "2024-01-31"
        ),
        segments("a condition as text", {"v": [True, False, None]}, "CAST(v AS VARCHAR)", "true", "false", "(none)"),
        segments("a number as a segment", {"v": pa.array([7, None])}, "v", "7", "(none)"),
        segments("a year as a segment", {"v": ["2024"]}, "EXTRACT(year FROM at)", "2024"),
        segments("REGEXP_REPLACE", {"v": ["a1b22"]}, "REGEXP_REPLACE(v, '[0-9]+', '#', 'g')", "a#b#"),
        segments(
            "an address",
            {"v": ["https://shop.example/x?y"]},
            "REGEXP_EXTRACT(v, '^https?://([^/]+)', 1)",
            "shop.example",
        ),
        segments("IN as a segment", WORDS, "CASE WHEN v IN ('paid', '007') THEN 'x' ELSE 'y' END", *"yxyyyxy"),
    ]


AMOUNTS = [*widths(), *roundings(), *texts(), *failures(), *choices(), *of_texts()]
