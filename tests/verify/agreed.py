"""What Kohort's expressions do otherwise than an engine, on purpose, or where engines differ among themselves.

Each rule is a reason in words, and tells how to know the rows that it explains. What no rule explains is an error.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from engines import FAILED, Value

BOTH = ("DuckDB", "PostgreSQL")


@dataclass(frozen=True)
class Difference:
    """A row in which our value is not an engine's."""

    engine: str
    sql: str
    row: dict[str, object]
    ours: Value
    # What each engine has.
    by_engine: dict[str, Value]

    @property
    def theirs(self) -> Value:
        return self.by_engine[self.engine]

    @property
    def we_fail(self) -> bool:
        """TRY_CAST and its like make NULL of a failure."""
        return self.ours is FAILED or self.ours is None and self.has("TRY_")

    @property
    def they_fail(self) -> bool:
        return self.theirs is FAILED or self.theirs is None and self.has("TRY_")

    @property
    def duckdb_fails(self) -> bool:
        return self.by_engine.get("DuckDB") is FAILED

    def has(self, pattern: str) -> bool:
        return re.search(pattern, self.sql) is not None

    def named(self, *columns: str) -> list:
        """Values of columns that the expression names and that are not NULL."""
        return [self.row[name] for name in columns if self.row[name] is not None and self.has(rf"\b{name}\b")]

    def reads(self, pattern: str) -> bool:
        """Whether it casts texts, and the row has one that matches."""
        casts = self.has(r"CAST\((num|stamp|word|\w+\()|AS DECIMAL\(18,3\)|STRPTIME")
        return casts and any(re.search(pattern, text) for text in self.named("num", "stamp", "word"))


@dataclass(frozen=True)
class Rule:
    reason: str
    explains: Callable[[Difference], bool]
    engines: tuple[str, ...] = BOTH


def is_kind(value: Value, *kinds: str) -> bool:
    return isinstance(value, tuple) and value[0] in kinds


def is_beyond(value: Value) -> bool:
    """Whether it is a time outside the years 1 to 9999."""
    return is_kind(value, "d", "t", "z") and not ("0001" <= value[1].split("-")[0] <= "9999" and value[1][4] == "-")


def at_the_edge(d: Difference) -> bool:
    """Whether a time of the row is so near the years 1 or 9999 that it can be moved beyond them."""
    return any(time.year in (1, 2, 9998, 9999) for time in d.named("dt", "ts", "tz"))


def near(a: float, b: float, tolerance: float) -> bool:
    return math.isclose(a, b, rel_tol=tolerance, abs_tol=0.0)


def floats(d: Difference) -> tuple[float, float] | None:
    """Both values as doubles, if both are numbers that one can hold."""
    if not (is_kind(d.ours, "n", "q", "f") and is_kind(d.theirs, "n", "f")):
        return None
    try:
        return float(d.ours[1]), float(d.theirs[1])
    except OverflowError:
        return None


def is_rounded_quotient(d: Difference) -> bool:
    return d.has("/") and floats(d) is not None and near(*floats(d), 1e-12)


def overflows(d: Difference) -> bool:
    """Whether doubles of the row are so large that their products are not."""
    return d.has(r"[-+*/]|CAST") and any(abs(x) > 1e30 for x in d.named("f64", "f32"))


def is_wide(d: Difference) -> bool:
    """Whether a decimal of the row leaves no room for the places of another."""
    return any(abs(x) >= 10**27 for x in d.named("p38", "q38"))


def in_an_hour_that_comes_twice(d: Difference) -> bool:
    days = [time.strftime("%Y-%m-%d") for time in d.named("tz", "ts", "dt")] + re.findall(r"'(\d{4}-\d\d-\d\d)", d.sql)
    return any(abs(date.fromisoformat(day.rjust(10, "0")) - fold).days <= 2 for day in days for fold in FOLDS)


def is_cast_double(d: Difference) -> bool:
    """Whether ours is a column of doubles as a decimal, rounded once, half away from zero."""
    cast = re.fullmatch(r"CAST\((f\d\d) AS \w+\(\d+,(\d+)\)\)", d.sql)
    if not cast or not is_kind(d.ours, "n"):
        return False
    unit = 10 ** int(cast[2])
    twice = abs(Fraction(d.row[cast[1]])) * unit * 2
    return abs(d.ours[1]) * unit == (twice.__floor__() + 1) // 2


# Days of the table on which clocks are set back.
FOLDS = (date(2024, 11, 3), date(2024, 10, 27), date(1883, 11, 18))
ARITHMETIC = r"[-+*%/]|\b(ABS|ROUND|CEIL|FLOOR|CAST)\b"
CHOICES = "CASE|COALESCE|NULLIF|LEAST|GREATEST"
GUARDS = r"AND|OR|CASE|COALESCE|IN \(|BETWEEN"
TO_A_TIME = r"CAST\(stamp AS (DATE|TIMESTAMP)|STRPTIME"
# Texts that are no plain numbers, or no DECIMAL(18,3).
UNREADABLE = r"^(?!\s*[-+]?(\d{1,15}\.?\d*|\.\d+)(e\d\d?)?\s*$)"

RULES = [
    # Numbers.
    Rule(
        "x / 0, x // 0 and x % 0 are failed: DuckDB makes inf, nan or NULL of some of them",
        lambda d: d.we_fail and d.has("[/%]") and (d.theirs is None or is_kind(d.theirs, "f")),
        ("DuckDB",),
    ),
    Rule(
        "exact numbers are as wide as they come: the engine's types overflow",
        lambda d: d.they_fail and not d.we_fail and (d.has(ARITHMETIC) or is_wide(d)) and not d.reads(UNREADABLE),
    ),
    Rule(
        "exact numbers have 38 digits at most: PostgreSQL's have more",
        lambda d: d.we_fail and d.duckdb_fails and d.has(ARITHMETIC) and not d.reads(UNREADABLE),
        ("PostgreSQL",),
    ),
    Rule("a quotient of exact numbers is exact: the engine rounds it to digits or to a double", is_rounded_quotient),
    Rule(
        "a choice among decimals has the places of all of them: DuckDB rounds where they are too many",
        lambda d: not d.we_fail and d.has(CHOICES) and d.has("p38") and d.has(r"q38|p9|\.\d\d\d|\(18,3\)"),
        ("DuckDB",),
    ),
    Rule(
        "a choice among decimals has the places of all of them: too many digits are failed, where engines take fewer places",
        lambda d: d.we_fail and d.has(CHOICES) and is_wide(d),
    ),
    Rule(
        "a double beyond the largest is failed: DuckDB has inf",
        lambda d: d.we_fail and (overflows(d) or d.reads("e400")),
        ("DuckDB",),
    ),
    Rule(
        "halves of doubles are rounded away from zero: PostgreSQL rounds them to even",
        lambda d: d.has(r"ROUND\(f\d\d\)") and floats(d) is not None and abs(floats(d)[0] - floats(d)[1]) == 1,
        ("PostgreSQL",),
    ),
    Rule("a double is cast by its own value, which 1.005 and 2^53 + 2 are not exactly in engines", is_cast_double),
    Rule(
        "a double is rounded by its own value: PostgreSQL rounds its shortest digits, as a decimal",
        lambda d: d.has(r"ROUND\(f\d\d, ") and floats(d) is not None and abs(floats(d)[0] - floats(d)[1]) < 0.11,
        ("PostgreSQL",),
    ),
    Rule("// of doubles truncates: DuckDB only divides", lambda d: d.has("//") and is_kind(d.ours, "f"), ("DuckDB",)),
    Rule(
        "1e2 is exact: in DuckDB it is a double, and 100.0 as a text",
        lambda d: d.has(r"\de\d") and is_kind(d.theirs, "s"),
        ("DuckDB",),
    ),
    # Texts.
    Rule(
        "a text with a fraction is no integer: DuckDB rounds it",
        lambda d: d.we_fail and d.has(r"CAST\(num AS \w*INT") and is_kind(d.theirs, "n"),
        ("DuckDB",),
    ),
    Rule("1e3 is an integer: PostgreSQL refuses it", lambda d: d.they_fail and d.reads(r"\de\d"), ("PostgreSQL",)),
    Rule("1_000 is no number: DuckDB reads it", lambda d: d.we_fail and d.reads("_"), ("DuckDB",)),
    Rule("0x1A is no number: PostgreSQL reads it", lambda d: d.we_fail and d.reads("0x"), ("PostgreSQL",)),
    Rule("a decimal is never NaN: PostgreSQL's is", lambda d: d.we_fail and d.reads("NaN"), ("PostgreSQL",)),
    Rule(
        "what decides a condition or a choice decides it alone: the engine evaluates the rest too, and errs",
        lambda d: d.they_fail and d.has(GUARDS) and d.reads(UNREADABLE),
    ),
    Rule(
        "a part that fails fails what it is compared or calculated with: DuckDB leaves out what NULL decides",
        lambda d: d.we_fail and d.reads(UNREADABLE) and d.has(GUARDS + "|NULLIF") and d.has(r"AS DECIMAL\(18,3\)"),
        ("DuckDB",),
    ),
    Rule(
        "SUBSTR from before the first character counts from there, as in PostgreSQL: DuckDB counts from the end",
        lambda d: d.has(r"SUBSTR\(\w+, -"),
        ("DuckDB",),
    ),
    Rule("UPPER leaves ß as it is, as PostgreSQL does", lambda d: d.has("UPPER.*ß"), ("DuckDB",)),
    # Times.
    Rule(
        "a text with an offset is no TIMESTAMP and no DATE: engines drop the offset",
        lambda d: d.we_fail and d.has(TO_A_TIME) and d.reads(r"\d[T ].*([+-]\d\d(:?\d\d)?|Z|UTC)\s*$"),
    ),
    Rule(
        "20240131 and 'yesterday' are no days: PostgreSQL reads them",
        lambda d: d.we_fail and d.reads(r"^(\d{8}|yesterday)$"),
        ("PostgreSQL",),
    ),
    Rule(
        "blanks around a time do not count, as in PostgreSQL: DuckDB refuses them",
        lambda d: d.they_fail and d.reads(r"^\s.*\d|\d\s$"),
        ("DuckDB",),
    ),
    Rule(
        "times end with the years 1 and 9999: engines go on",
        lambda d: d.we_fail and (is_beyond(d.theirs) or at_the_edge(d)) or d.has("EXTRACT") and at_the_edge(d),
    ),
    Rule(
        "the seconds of a minute are whole: PostgreSQL has them with their fraction",
        lambda d: d.has("second") and floats(d) is not None and int(floats(d)[1]) == floats(d)[0],
        ("PostgreSQL",),
    ),
    Rule(
        "DATE_TRUNC of a day is a day: PostgreSQL makes an instant of it",
        lambda d: d.has(r"DATE_TRUNC\('\w+', dt\)") and is_kind(d.ours, "d") and is_kind(d.theirs, "z"),
        ("PostgreSQL",),
    ),
    Rule(
        "an hour that comes twice is cut down to its own start, as in PostgreSQL: DuckDB takes the later one",
        lambda d: d.has(r"DATE_TRUNC\('(hour|minute)', tz"),
        ("DuckDB",),
    ),
    Rule(
        "a moment that is moved into an hour that comes twice is the later one, as in PostgreSQL: DuckDB takes the first",
        lambda d: d.has("INTERVAL") and d.has("tz|TIMESTAMPTZ|ZONE") and in_an_hour_that_comes_twice(d),
        ("DuckDB",),
    ),
    Rule(
        "counts since 1970 are instants: DuckDB has wall times of UTC",
        lambda d: d.has("EPOCH_MS|MAKE_TIMESTAMP") and is_kind(d.ours, "z") and d.ours[1] == d.theirs[1],
        ("DuckDB",),
    ),
    Rule(
        "summer time ends with the tables of the year 2100: engines go on",
        lambda d: d.has(r"\btz\b|TIMESTAMPTZ|ZONE") and any(time.year > 2100 for time in d.named("tz", "ts", "dt")),
    ),
]

# Texts that are refused as a whole though an engine takes them: a pattern of them, and why.
REFUSED = [
    (r"LIKE '[^']*\\[^']*'(?! ESCAPE)", "what \\ means in LIKE without ESCAPE differs from engine to engine"),
    (r"CAST\('(x1|a|paid||-| )' AS DECIMAL", "a cast of a constant that fails is refused at once"),
]


def explained(difference: Difference) -> str | None:
    """The reason of the first rule that explains a difference."""
    for rule in RULES:
        if difference.engine in rule.engines and rule.explains(difference):
            return rule.reason
    return None


def refused_on_purpose(sql: str) -> str | None:
    return next((reason for pattern, reason in REFUSED if re.search(pattern, sql)), None)
