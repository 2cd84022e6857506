"""Random expressions, well typed, of nested operators: the same for a seed, wherever it runs.

A half of them is made of exact numbers and logic alone, so that the judge of exact.py knows every value; the other half mixes
all types, and divides only doubles, as engines divide exact numbers each in its own way.

A grammar is a table: for each kind of value the forms that it may have. In a form `{date}` is any expression of that kind,
`{date.}` a column or a literal, and any other name in braces one of WORDS.
"""

from __future__ import annotations

import random
import re

from extremes import DECIMALS, INTEGERS, columns_in
from templates import Template

ANY_KIND = (
    "CASE WHEN {bool} THEN {KIND} ELSE {KIND} END",
    "CASE WHEN {bool} THEN {KIND} WHEN {bool} THEN {KIND} END",
    "COALESCE({KIND}, {KIND})",
    "NULLIF({KIND}, {KIND})",
)
LOGIC = (
    "({bool} AND {bool})",
    "({bool} OR {bool})",
    "NOT ({bool})",
    "({bool}) IS {not}{state}",
    "({bool} OR NOT {bool} AND {bool})",
)
RELATIONS = (
    "({KIND} {compare} {KIND})",
    "({KIND} {compare} {KIND.})",
    "({KIND} {not}BETWEEN {KIND} AND {KIND})",
    "({KIND} {not}IN ({KIND}, {KIND.}, {KIND.}))",
    "({KIND} IS {not}DISTINCT FROM {KIND})",
    "({KIND} IS {not}NULL)",
)


def of(kind: str, forms: tuple[str, ...]) -> list[str]:
    return [form.replace("KIND", kind) for form in forms]


EXACT = {
    "number": [
        *("({number} {sum} {number})", "({number} {sum} {number.})", "({number} * {number.})", "(- {number})"),
        *("({number} / {divisor})", "({number} / {number})", "({number} / NULLIF({number}, 0))"),
        *("({number} {remainder} {modulus})", "({number} {remainder} NULLIF({number}, 0))"),
        *("{unary}({number})", "ROUND({number}, {places})", "CAST({number} AS {exact})"),
        *("GREATEST({number}, {number}, {number.})", "LEAST({number}, {number}, {number.})"),
        *of("number", ANY_KIND),
    ],
    "bool": [*LOGIC, *of("number", RELATIONS), *of("number", RELATIONS)],
}
MIXED = {
    "number": [
        *("({number} {sum} {number.})", "({number} * {number.})", "ROUND({number}, {places})", "LENGTH({text})"),
        *("STRPOS({text}, 'a')", "EXTRACT({part} FROM {date})", "EXTRACT({part} FROM {timestamp})"),
        *("EXTRACT({part} FROM {instant})", "({date} - {date.})", "CAST(num AS DECIMAL(18,3))"),
        *("CAST({text} AS DECIMAL(18,3))", "CAST({bool} AS INTEGER)"),
        *of("number", ANY_KIND),
    ],
    "double": [
        *("({double} {sum} {double})", "({double} * {number})", "({double} / NULLIF({double}, 0))", "ABS({double})"),
        *(
            "FLOOR({double})",
            "CAST({number} AS DOUBLE PRECISION)",
            "GREATEST({double}, {double})",
            "LEAST({double}, {double})",
        ),
        *of("double", ANY_KIND),
    ],
    "text": [
        *("{letters}({text})", "SUBSTR({text}, {place}, {length})", "LEFT({text}, {place})", "RIGHT({text}, {place})"),
        *(
            "SPLIT_PART({text}, '-', {place})",
            "REPLACE({text}, 'a', {text.})",
            "CONCAT({text}, {text})",
            "({text} || {text})",
        ),
        *("CAST({number.} AS VARCHAR)", "CAST({date.} AS VARCHAR)", "CAST({bool} AS VARCHAR)"),
        *of("text", ANY_KIND),
    ],
    "bool": [
        *LOGIC,
        *(
            form
            for kind in ("number", "double", "text", "date", "timestamp", "instant")
            for form in of(kind, RELATIONS)
        ),
        *("({text} {not}LIKE {pattern})", "({text} {not}ILIKE {pattern})", "STARTS_WITH({text}, {text.})"),
        *("({date} {compare} {timestamp})", "({instant} {compare} {date})", "({instant} {compare} {timestamp})"),
        *(
            "({date} {compare} '2024-01-31')",
            "({timestamp} {compare} '2024-01-31')",
            "({instant} {compare} '2024-01-31')",
        ),
    ],
    "date": [
        *("CAST({timestamp} AS DATE)", "CAST({instant} AS DATE)", "({date} + {days})", "({date} - {days})"),
        *("CAST({date} + INTERVAL {span} AS DATE)", "CAST({date} - INTERVAL {span} AS DATE)"),
        *("CAST(DATE_TRUNC({unit}, {date}) AS DATE)", "GREATEST({date}, {date})", "LEAST({date}, {date})"),
        *of("date", ANY_KIND),
    ],
    "timestamp": [
        *("CAST({date} AS TIMESTAMP)", "CAST({instant} AS TIMESTAMP)", "({timestamp} + INTERVAL {span})"),
        *("({timestamp} - INTERVAL {span})", "({instant} AT TIME ZONE {zone})", "DATE_TRUNC({unit}, {timestamp})"),
        *of("timestamp", ANY_KIND),
    ],
    "instant": [
        *("({timestamp} AT TIME ZONE {zone})", "CAST({timestamp} AS TIMESTAMPTZ)", "CAST({date} AS TIMESTAMPTZ)"),
        *("({instant} + INTERVAL {time})", "({instant} - INTERVAL {time})"),
        *of("instant", ANY_KIND),
    ],
}
# Columns stand thrice, so that they are drawn more often than literals.
NUMBERS = [
    *(*INTEGERS, *DECIMALS) * 3,
    "0",
    "1",
    "2",
    "3",
    "7",
    "10",
    "100",
    "-1",
    "0.5",
    "1.19",
    "2.5",
    "-0.005",
    "1e2",
    "12.345",
]
LEAVES = {
    "number": NUMBERS,
    "double": ["f64", "f64", "f32", "f32", "CAST(0.5 AS DOUBLE PRECISION)", "CAST(3 AS DOUBLE PRECISION)"],
    "text": [*("word", "num") * 6, "'paid'", "'a'", "''", "'-'", "'x1'", "'007'", "' '"],
    "bool": ["flag", "flag", "TRUE", "(i32 > 1)", "(p12 < 0.5)", "(u8 = 7)", "FALSE"],
    "date": [*("dt",) * 6, "DATE '2024-01-31'", "DATE '2024-02-29'", "DATE '1970-01-01'"],
    "timestamp": [*("ts",) * 5, "TIMESTAMP '2024-03-10 02:30:00'", "TIMESTAMP '1969-12-31 23:59:59.5'"],
    "instant": [*("tz",) * 5, "TIMESTAMPTZ '2024-01-31 23:30:00+00'", "TIMESTAMPTZ '2024-11-03 01:30:00-04:00'"],
}
WORDS = {
    **{
        "compare": ("=", "<>", "<", "<=", ">", ">="),
        "not": ("", "NOT "),
        "state": ("TRUE", "FALSE", "UNKNOWN", "NULL"),
    },
    **{"sum": ("+", "-"), "remainder": ("%", "//"), "divisor": ("3", "100", "1.19", "8"), "modulus": ("7", "0.3")},
    **{"unary": ("ABS", "FLOOR", "CEIL", "SIGN"), "places": ("0", "1", "2", "-1")},
    "exact": ("INTEGER", "BIGINT", "SMALLINT", "DECIMAL(12,2)", "DECIMAL(38,4)", "DECIMAL(6,1)"),
    "part": ("year", "month", "day", "dow", "doy", "week", "quarter"),
    "letters": ("LOWER", "UPPER", "TRIM", "LTRIM", "RTRIM"),
    **{"place": ("1", "2", "3"), "length": ("0", "1", "4"), "days": ("1", "30", "CAST(u8 AS INTEGER)")},
    "pattern": ("'pa%'", "'%a%'", "'_a_%'", "'%'", "''", "'%-%'", "'P%'"),
    "span": ("'1 day'", "'1 month'", "'-3 months'", "'2 hours'", "'1 year'", "'13 months'", "'45 minutes'"),
    "time": ("'2 hours'", "'45 minutes'", "'1 day'", "'-36 hours'"),
    "unit": ("'month'", "'week'", "'quarter'", "'year'", "'day'"),
    "zone": ("'UTC'", "'America/New_York'", "'Europe/London'", "'Asia/Kathmandu'"),
}


def compositions(count: int, seed: int) -> list[Template]:
    rng = random.Random(seed)
    made: dict[str, Template] = {}
    while len(made) < count:
        grammar, operator = (EXACT, "exact numbers") if len(made) % 2 else (MIXED, "all types")
        kind = rng.choice(list(grammar))
        sql = _filled(rng, grammar, rng.choice(grammar[kind]), rng.choice([1, 2, 2, 3]))
        if columns_in(sql):
            made.setdefault(sql, Template(operator, kind, sql))
    return list(made.values())


def _filled(rng: random.Random, grammar: dict[str, list[str]], form: str, depth: int) -> str:
    """A form with its braces filled, what is in them nested so deep at most."""

    def part(match: re.Match) -> str:
        name = match[1]
        if name in WORDS:
            return rng.choice(WORDS[name])
        kind = name.rstrip(".")
        if name.endswith(".") or depth == 0 or rng.random() < 0.2:
            return rng.choice(LEAVES[kind])
        return _filled(rng, grammar, rng.choice(grammar[kind]), depth - 1)

    return re.sub(r"\{([a-z]+\.?)\}", part, form)
