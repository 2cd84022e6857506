"""The table that expressions are tried on: 48 rows with NULLs and extremes of every type."""

from __future__ import annotations

import random
import re
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pyarrow as pa

ROWS = 48
# Bits and sign of the integers.
INTEGERS = {
    **{f"i{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)},
    **{f"u{bits}": (0, 2**bits - 1) for bits in (8, 16, 32, 64)},
}
# Digits and scale of the decimals.
DECIMALS = {"p4": (4, 2), "p9": (9, 3), "p12": (12, 2), "p18": (18, 0), "p38": (38, 2), "q38": (38, 10)}
DOUBLES = ("f32", "f64")
NUMBERS = (*INTEGERS, *DECIMALS, *DOUBLES)
TIMES = ("dt", "ts", "tz")
COLUMNS = (*NUMBERS, "word", "num", "stamp", "flag", *TIMES)

ARROW = {
    **{f"{kind[0]}{bits}": getattr(pa, f"{kind}{bits}")() for kind in ("int", "uint") for bits in (8, 16, 32, 64)},
    **{name: pa.decimal128(*precision) for name, precision in DECIMALS.items()},
    "f32": pa.float32(),
    "f64": pa.float64(),
    **{name: pa.string() for name in ("word", "num", "stamp")},
    "flag": pa.bool_(),
    "dt": pa.date32(),
    "ts": pa.timestamp("us"),
    "tz": pa.timestamp("us", "UTC"),
}
# The narrowest type of PostgreSQL that holds each; FLOAT is held as DOUBLE, as Kohort does.
POSTGRES = {
    **{"i8": "smallint", "i16": "smallint", "i32": "integer", "i64": "bigint"},
    **{"u8": "smallint", "u16": "integer", "u32": "bigint", "u64": "numeric(20)"},
    **{name: f"numeric({digits},{scale})" for name, (digits, scale) in DECIMALS.items()},
    **{"f32": "double precision", "f64": "double precision"},
    **{name: "text" for name in ("word", "num", "stamp")},
    **{"flag": "boolean", "dt": "date", "ts": "timestamp", "tz": "timestamptz"},
}

# The first values stand in the first rows, so that those of several columns meet; others follow at random.
FLOATS = [1.5, None, 0.0, 1e300, -1e300, 2.5, -2.5, 0.125, -0.5, 1.005, 0.1, 2.0**53 + 2, 1e18, 3.7, 100.0, -7.25, -0.0]
FLOATS_32 = [1.5, None, 0.0, 3e38, -3e38, 2.5, -2.5, 0.125, -0.5, 16777216.0, 3.75, 100.0]
WORDS = ["paid", None, "", "shipped", "a_b", "50%", " Ä x ", "a-b-c"]
WORDS += ["Paid", " pad ", "ä", "Ünïcode", "x", "refunded", "日本語", "a\\b", "A1-7", "007", "PAID", "a,b", "é"]
NUMERALS = ["12.345", None, "", "abc", "-7", "1e3", " 42 ", "0.005", "1", "-1", "2.5", "-2.5", "-0.125", "99999999999"]
NUMERALS += ["9223372036854775808", "1,5", "+3", "1.005", "12.30", "NaN", "0x1A", "1_000", "19.99", "007", ".5", "5."]
NUMERALS += ["0.0000000000000000001", "1e400", "true", "yes", "f", "--1", "1 2", "-0"]
STAMPS = [
    *("2024-01-31", None, "", "2024-01-31T23:30:00-05:00", "2024-01-31 23:30:00", "2024-01-31T23:30:00Z"),
    *("31/01/2024", "2024-02-30", "2024-1-5", "2024-01-31T23:30:00", "2024-01-31 23:30:00.123456"),
    *("2024-01-31 23:30:00+00", "2024-01-31 23:30:00 UTC", "0001-01-01", "9999-12-31", "2024-01-31 24:00:00"),
    *("20240131", "2024-02-29", "2024-01-31 23:30", "2024-03-10 02:30:00", "2024-11-03 01:30:00", " 2024-01-31 "),
    *("2024-01-31T23:30:00.5+02", "2024-01-31T23:30:00+0530", "9999-12-31 23:59:59.999999", "2023-02-29"),
    *("2024-01-31 23:60:00", "1600-05-17 01:02:03", "2024-13-01", "yesterday"),
]
DAYS = ["2024-01-31", None, "0001-01-01", "9999-12-31", "2024-02-29", "1970-01-01", "1969-12-31", "2023-12-31"]
DAYS += ["2024-03-31", "2024-07-04", "2000-02-29", "2024-03-10", "2024-11-03", "2021-01-03", "2020-12-31"]
MOMENTS = [
    *("2024-01-31T23:30:00", None, "0001-01-01T00:00:00", "9999-12-31T23:59:59.999999", "2024-03-10T02:30:00"),
    *("2024-11-03T01:30:00", "1969-12-31T23:59:59.500000", "2024-02-29T12:00:00.123456", "2024-06-15T03:00:00"),
    *("1600-05-17T01:02:03", "2300-01-01T00:00:00", "2024-03-10T07:30:00", "2024-11-03T05:30:00"),
    *("2024-11-03T06:30:00", "2024-03-31T01:30:00", "2024-10-27T01:30:00", "1883-11-18T12:00:00"),
]


def table(seed: int = 1) -> pa.Table:
    """Every column, and `id`, the number of the row."""
    rng = random.Random(seed)
    values: dict[str, list] = {name: _integers(rng, *limits) for name, limits in INTEGERS.items()}
    values |= {name: _decimals(rng, *precision) for name, precision in DECIMALS.items()}
    values |= {"f32": _filled(rng, FLOATS_32), "f64": _filled(rng, FLOATS)}
    values |= {"word": _filled(rng, WORDS), "num": _filled(rng, NUMERALS), "stamp": _filled(rng, STAMPS)}
    values["flag"] = _filled(rng, [True, None, False])
    values["dt"] = [day and date.fromisoformat(day) for day in _filled(rng, DAYS)]
    values["ts"] = [moment and datetime.fromisoformat(moment) for moment in _filled(rng, MOMENTS)]
    values["tz"] = [_instant(moment) for moment in _filled(rng, MOMENTS)]
    columns = {name: pa.array(values[name], ARROW[name]) for name in COLUMNS}
    return pa.table({"id": pa.array(range(ROWS), pa.int64())} | columns)


def columns_in(sql: str) -> list[str]:
    """The columns that an expression names, texts in quotes aside."""
    words = re.findall(r"\w+", re.sub(r"'[^']*'", "", sql))
    return [name for name in dict.fromkeys(words) if name in COLUMNS]


def _instant(moment: str | None) -> datetime | None:
    """A time of UTC that every zone has within the years 1 to 9999."""
    if not moment:
        return None
    found = datetime.fromisoformat(moment).replace(tzinfo=timezone.utc)
    day = timedelta(days=1)
    return found + day if found.year == 1 else found - day if found.year == 9999 else found


def _integers(rng: random.Random, low: int, high: int) -> list[int | None]:
    head = [5, None, 0, high, low, 7, max(low, -7), 1]
    small = [n for n in (1, 2, 3, 4, 7, 10, 100, -1, -4, -7, 0, 25) if low <= n <= high]
    near = lambda: rng.randint(max(low, -500), min(high, 500))  # noqa: E731
    draw = lambda: rng.choice([rng.choice(small), near(), near(), rng.randint(low, high), high - 1, None])  # noqa: E731
    return head + [draw() for _ in range(ROWS - len(head))]


def _decimals(rng: random.Random, digits: int, scale: int) -> list[Decimal | None]:
    """Unscaled integers first: half a cent and half a unit among them."""
    top, one = 10**digits - 1, 10**scale
    small = [n for n in (1999, 5, -5, one // 2, -one // 2, 3 * one // 2, one, -7 * one, 100 * one) if abs(n) <= top]
    head = [1999, None, 0, top, -top, -min(1250, top), one, 5]
    near = lambda: rng.randint(-min(top, 99_999), min(top, 99_999))  # noqa: E731
    draw = lambda: rng.choice([rng.choice(small), near(), near(), near(), rng.randint(-top, top), None])  # noqa: E731
    unscaled = head + [draw() for _ in range(ROWS - len(head))]
    return [None if n is None else Decimal(f"{n}E-{scale}") for n in unscaled]


def _filled(rng: random.Random, values: list) -> list:
    return (values + [rng.choice(values) for _ in range(ROWS)])[:ROWS]
