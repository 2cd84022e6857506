"""Filters of rows: cases of door.py."""

from __future__ import annotations

from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path

import polars as pl
import pyarrow as pa

from command import orders, quoted
from door_case import CUSTOMERS, TOLERANT, Case, table

NAN = float("nan")
DAYS = ["2023-12-31", "2024-01-01", "2024-01-31", None, "2024-02-29"]
TIMES = ["2023-12-31T23:59:59", "2024-01-01T00:00:00", "2024-01-31T23:30:00", None, "2024-02-29T12:00:00"]
MOMENTS = [text and datetime.fromisoformat(text) for text in TIMES]
FIVE = table(
    **{f"i{bits}": pa.array([-7, 0, 1, None, 100], getattr(pa, f"int{bits}")()) for bits in (8, 16, 32, 64)},
    **{f"u{bits}": pa.array([7, 0, 1, None, 100], getattr(pa, f"uint{bits}")()) for bits in (8, 16, 32, 64)},
    d=pa.array([text and Decimal(text) for text in ("-12.50", "0.00", "0.01", None, "99.99")], pa.decimal128(8, 2)),
    f=pa.array([-1.5, 0.0, 2.5, None, NAN], pa.float64()),
    word=pa.array(["paid", "shipped", "test", None, ""]),
    flag=pa.array([True, False, None, True, False]),
    day=pa.array([text and date.fromisoformat(text) for text in DAYS]),
    ts=pa.array(MOMENTS, pa.timestamp("us")),
    ms=pa.array(MOMENTS, pa.timestamp("ms")),
    ns=pa.array(MOMENTS, pa.timestamp("ns")),
    tz=pa.array([moment and moment.replace(tzinfo=timezone.utc) for moment in MOMENTS], pa.timestamp("us", "UTC")),
    text=pa.array(["7", "x", "2.5", None, ""]),
)

# The customers whose rows a filter lets through.
BY_FILTER: dict[str, list[int]] = {
    "word IN ('paid', 'shipped')": [1, 2],
    "word IN ('paid', NULL)": [1],
    "word NOT IN ('paid', 'shipped')": [3, 5],
    "word NOT IN ('paid', NULL)": [],
    "word = ''": [5],
    "word <> 'paid'": [2, 3, 5],
    "word LIKE '%i%'": [1, 2],
    "word NOT LIKE 'p%'": [2, 3, 5],
    "word ILIKE 'PAID'": [1],
    "word ~ '^[a-z]+$'": [1, 2, 3],
    "word > 'paid'": [2, 3],
    "word IS NULL": [4],
    "word IS NOT NULL AND word <> ''": [1, 2, 3],
    "word IS DISTINCT FROM 'paid'": [2, 3, 4, 5],
    "LENGTH(word) BETWEEN 1 AND 4": [1, 3],
    "flag": [1, 4],
    "NOT flag": [2, 5],
    "flag IS TRUE": [1, 4],
    "flag IS NOT TRUE": [2, 3, 5],
    "flag IS FALSE": [2, 5],
    "flag IS NOT FALSE": [1, 3, 4],
    "flag IS UNKNOWN": [3],
    "flag IS NOT UNKNOWN": [1, 2, 4, 5],
    "NOT (flag IS TRUE)": [2, 3, 5],
    "(i32 > 0) IS NOT TRUE": [1, 2, 4],
    "flag OR i32 = 1": [1, 3, 4],
    "flag AND NULL": [],
    "NOT (flag AND i32 > 0)": [1, 2, 5],
    "d > 0": [3, 5],
    "d IN (0.01, 99.99)": [3, 5],
    "d IN (0, -12.5)": [1, 2],
    "d = 0.010": [3],
    "d = 0.015": [],
    "d > 0.005": [3, 5],
    "d BETWEEN -12.5 AND 0": [1, 2],
    "d NOT BETWEEN 0 AND 1": [1, 5],
    "f > 2": [3, 5],
    "f < 100": [1, 2, 3],
    "f = 2.5": [3],
    "i32 = d": [2],
    "i8 < u64": [1],
    "i64 = u64": [2, 3, 5],
    "i32 % 2 = 0": [2, 5],
    "i32 + u8 > 100": [5],
    "i32 BETWEEN 0 AND 1.5": [2, 3],
    "i32 > -7.5 AND i32 < 0.5": [1, 2],
    "i32 = 2.5": [],
    "i8 < 300": [1, 2, 3, 5],
    "i8 = 300": [],
    "u8 > -1": [1, 2, 3, 5],
    "i64 < 9223372036854775808": [1, 2, 3, 5],
    "day = '2024-01-31'": [3],
    "day >= DATE '2024-01-01' AND day < DATE '2024-02-01'": [2, 3],
    "day IN ('2024-01-01', '2024-02-29')": [2, 5],
    "day NOT IN (DATE '2024-01-01', DATE '2024-01-31')": [1, 5],
    "day BETWEEN '2024-01-01' AND '2024-01-31'": [2, 3],
    "EXTRACT(year FROM day) = 2024": [2, 3, 5],
    "YEAR(day) = 2024 AND MONTH(day) = 1": [2, 3],
    "DATE_TRUNC('month', day) = DATE '2024-01-01'": [2, 3],
    "day + 1 = '2024-01-01'": [1],
    "day - DATE '2023-12-31' = 31": [3],
    "day + INTERVAL '1 month' = DATE '2024-02-29'": [3],
    "ts >= '2024-01-01' AND ts < '2024-02-01'": [2, 3],
    "ms >= '2024-01-01' AND ms < '2024-02-01'": [2, 3],
    "ns >= '2024-01-01' AND ns < '2024-02-01'": [2, 3],
    "ts = '2024-01-31 23:30:00'": [3],
    "ts < DATE '2024-01-01'": [1],
    "CAST(ts AS DATE) = day": [1, 2, 3, 5],
    # In New York the first two are still in December, and the third on 31 January.
    "tz >= '2024-01-01'": [3, 5],
    "tz < DATE '2024-01-01'": [1, 2],
    "tz >= TIMESTAMPTZ '2024-01-01 00:00:00Z'": [2, 3, 5],
    "CAST(tz AS DATE) = '2023-12-31'": [1, 2],
    "EXTRACT(hour FROM tz AT TIME ZONE 'UTC') = 23": [1, 3],
    "TRY_CAST(text AS INTEGER) = 7": [1],
    "TRY_CAST(text AS DECIMAL(10,2)) > 1": [1, 3],
    "CASE WHEN text ~ '^[0-9.]+$' THEN CAST(text AS DECIMAL(10,2)) > 2.5 ELSE flag END": [1, 4],
    "TRUE": [1, 2, 3, 4, 5],
    " OR ".join(f"i32 = {n}" for n in range(500)): [2, 3, 5],
    " AND ".join(f"i32 <> {n}" for n in range(1, 501)): [1, 2],
    f"word IN ({', '.join(repr(str(n)) for n in range(2000))}, 'paid')": [1],
}
INTEGERS = [f"{sign}{bits}" for bits in (8, 16, 32, 64) for sign in "iu"]
for name in INTEGERS:
    low = -7 if name[0] == "i" else 7
    BY_FILTER |= {
        f"{name} IN (1, 100)": [3, 5],
        f"{name} IN ({low}, 1000000)": [1],
        f"{name} NOT IN (0, 1)": [1, 5],
        f"{name} > 0.5": [3, 5] if low < 0 else [1, 3, 5],
        f"{name} / 2 = 0.5": [3],
    }


def by_filter() -> list[Case]:
    cases = []
    for where, customers in BY_FILTER.items():
        pipeline = orders(calendar='timezone = "America/New_York"', more=f"where = {quoted(where)}")
        rows = [(customer,) for customer in customers]
        cases.append(Case(f"where {where[:90]}", {"orders.parquet": FIVE}, pipeline, rows, CUSTOMERS))
    return cases


def truncated(path: Path) -> None:
    """Texts that differ only behind what statistics keep of them."""
    address = "https://shop.example/" + "p" * 80 + "/"
    rows = range(4000)
    columns = {"customer": [n % 50 for n in rows], "url": [f"{address}{n % 1000:06d}" for n in rows]}
    columns |= {"at": [date(2024, 1, 1 + n % 28) for n in rows], "amount": [1.0] * 4000}
    pl.DataFrame(columns).write_parquet(path, row_group_size=500)


def truncated_statistics() -> list[Case]:
    total = "SELECT CAST(sum(orders) AS BIGINT) FROM customers"
    address = "https://shop.example/" + "p" * 80 + "/000500"
    cases = []
    for where, count in {
        "CAST(SUBSTR(url, 103, 6) AS BIGINT) < 500": 2000,
        f"url < '{address}'": 2000,
        f"url = '{address}'": 4,
        f"url IN ('{address}', 'x')": 4,
        "RIGHT(url, 3) = '007'": 4,
    }.items():
        pipeline = orders(more=f"where = {quoted(where)}")
        name = f"truncated statistics, {re_named(where)}"
        cases.append(Case(name, {"orders.parquet": truncated}, pipeline, [(count,)], total))
    failed = orders(more='where = "CAST(text AS INTEGER) = 7"', sections=TOLERANT)
    rejected = {"unreadable_value": 3}
    cases.append(Case("where that fails", {"orders.parquet": FIVE}, failed, [(1,)], CUSTOMERS, rejected=rejected))
    strict = orders(more='where = "CAST(text AS INTEGER) = 7"')
    cases.append(
        Case("where that fails too often", {"orders.parquet": FIVE}, strict, code=(3,), says="unreadable_value 3")
    )
    decided = orders(more='where = "i32 < 0 AND CAST(text AS INTEGER) = 7"')
    cases.append(
        Case("where that is decided before", {"orders.parquet": FIVE}, decided, [(1,)], CUSTOMERS, rejected={})
    )
    return cases


def re_named(where: str) -> str:
    return where.replace("p" * 80, "...")


FILTERS = [*by_filter(), *truncated_statistics()]
