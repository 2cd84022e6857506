"""What Kohort's expressions do otherwise than an engine, on purpose, or where engines differ among themselves.

Each rule is a reason in words, and tells how to know the rows that it explains. What no rule explains is an error.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from engines import FAILED, Value

OFFSET = re.compile(r"\d[T ].*([+-]\d\d(:?\d\d)?|Z|UTC)\s*$")
BOTH = ("DuckDB", "PostgreSQL")


@dataclass(frozen=True)
class Difference:
    """A row in which our value is not an engine's."""

    engine: str
    sql: str
    row: dict[str, object]
    ours: Value
    theirs: Value
    # The type of theirs, as the engine has it.
    type: str

    @property
    def we_fail(self) -> bool:
        return self.ours is FAILED

    @property
    def they_fail(self) -> bool:
        return self.theirs is FAILED

    def has(self, pattern: str) -> bool:
        return re.search(pattern, self.sql) is not None

    @property
    def texts(self) -> list[str]:
        """The row's texts that the expression reads."""
        return [self.row[name] for name in ("stamp", "num", "word") if self.row[name] and self.has(rf"\b{name}\b")]


@dataclass(frozen=True)
class Rule:
    reason: str
    explains: Callable[[Difference], bool]
    engines: tuple[str, ...] = BOTH


def is_kind(value: Value, *kinds: str) -> bool:
    return isinstance(value, tuple) and value[0] in kinds


def is_beyond(value: Value) -> bool:
    """Whether it is a time outside the years 1 to 9999."""
    return is_kind(value, "d", "t", "z") and not re.match(r"\d{4}-(?!.*BC)", value[1])


def at_the_edge(difference: Difference) -> bool:
    """Whether a time of the row is so near the years 1 or 9999 that it can be moved beyond them."""
    times = (difference.row[name] for name in ("dt", "ts", "tz") if difference.has(rf"\b{name}\b"))
    return any(time is not None and time.year in (1, 2, 9998, 9999) for time in times)


def near(a: float, b: float, tolerance: float) -> bool:
    return math.isclose(a, b, rel_tol=tolerance, abs_tol=0.0)


def as_floats(difference: Difference) -> tuple[float, float] | None:
    """Both values as doubles, if both are numbers that one can hold."""
    if not (is_kind(difference.ours, "n", "f") and is_kind(difference.theirs, "n", "f")):
        return None
    try:
        return float(difference.ours[1]), float(difference.theirs[1])
    except OverflowError:
        return None


def is_rounded_quotient(difference: Difference) -> bool:
    floats = as_floats(difference)
    return difference.has("/") and floats is not None and near(*floats, 1e-12)


ARITHMETIC = r"[-+*%]|//|\b(ABS|ROUND|CEIL|FLOOR|CAST|SUM)\b"
TO_A_TIME = r"CAST\(stamp AS (DATE|TIMESTAMP)\)|STRPTIME"

RULES = [
    Rule(
        "x / 0, x // 0 and x % 0 are failed: DuckDB makes inf, nan or NULL of some of them",
        lambda d: d.we_fail and d.has("[/%]") and (d.theirs is None or is_kind(d.theirs, "f")),
        ("DuckDB",),
    ),
    Rule(
        "exact numbers are as wide as they come: the engine's types overflow",
        lambda d: d.they_fail and not d.we_fail and d.has(ARITHMETIC) and not d.texts,
    ),
    Rule("a quotient of exact numbers is exact: the engine rounds it to digits or to a double", is_rounded_quotient),
    Rule(
        "a text with an offset is no TIMESTAMP and no DATE: engines drop the offset",
        lambda d: d.we_fail and d.has(TO_A_TIME) and any(OFFSET.search(text) for text in d.texts),
    ),
    Rule(
        "a text with a fraction is no integer: DuckDB rounds it",
        lambda d: d.we_fail and d.has(r"CAST\(num AS \w*INT") and is_kind(d.theirs, "n"),
        ("DuckDB",),
    ),
    Rule(
        "times end with the years 1 and 9999: engines go on",
        lambda d: d.we_fail and (is_beyond(d.theirs) or at_the_edge(d)),
    ),
    Rule(
        "the seconds of a minute are whole: PostgreSQL has them with their fraction",
        lambda d: d.has("second") and as_floats(d) is not None and int(as_floats(d)[1]) == as_floats(d)[0],
        ("PostgreSQL",),
    ),
    Rule("a double beyond the largest is infinite: PostgreSQL errs", lambda d: d.they_fail and is_kind(d.ours, "f"), ("PostgreSQL",)),
]

# Texts that are refused as a whole though an engine takes them: a pattern of them, and why.
REFUSED = [
    (r"LIKE '[^']*\\[^']*'(?! ESCAPE)", "what \\ means in LIKE without ESCAPE differs from engine to engine"),
    (r"^(?!.*CAST).*\bnum\b (=|<|>)", "a text is compared with texts only"),
]


def explained(difference: Difference) -> str | None:
    """The reason of the first rule that explains a difference."""
    for rule in RULES:
        if difference.engine in rule.engines and rule.explains(difference):
            return rule.reason
    return None


def refused_on_purpose(sql: str) -> str | None:
    return next((reason for pattern, reason in REFUSED if re.search(pattern, sql)), None)
