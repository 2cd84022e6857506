"""Filters that are pushed into the scan of Parquet files against filters that can't be, and against DuckDB.

Usage: python pushed.py --kohort BINARY [--filters N] [--seed N]

Random texts of `where`, made of comparisons of columns with literals, are run over files with several row groups whose
statistics allow to skip some: with NULLs, NaN, extremes, and texts whose statistics are cut short. The rows that are published
must be those that DuckDB finds, and those of the same filter behind a CASE, which no statistics can decide.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

import command
from extremes import INTEGERS

ROWS = 1200
GROUP = 150
ZONE = "America/New_York"
UTC = timezone.utc

# A prefix beyond what writers keep of a text in statistics.
LONG = "https://shop.example/" + "p" * 80 + "/"
OPERATORS = ("=", "<>", "<", "<=", ">", ">=")


def main() -> int:
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="kohort-pushed-") as name:
        folder = Path(name)
        files = written(folder, options.seed)
        filters = random_filters(options.filters, options.seed)
        tried = [(folder / f"run-{i}", files[i % len(files)], sql) for i, sql in enumerate(filters)]
        faults = command.in_parallel(lambda item: fault(options.kohort, *item), tried)
    wrong = [text for text in faults if text]
    for text in sorted(wrong, key=len)[:20]:
        print(f"    {text}")
    print(f"pushed: {len(filters)} filters compared, {len(wrong)} wrong")
    return 1 if wrong else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kohort", type=Path, required=True, help="the binary to verify")
    parser.add_argument("--filters", type=int, default=200, metavar="N", help="how many random ones")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.kohort = options.kohort.resolve()
    return options


# The files.


def table(seed: int) -> pa.Table:
    """Rows whose columns rise with the row, by and large, so that row groups differ."""
    rng = random.Random(seed)
    columns: dict[str, pa.Array] = {
        "id": pa.array(range(ROWS), pa.int64()),
        "at": pa.array([date(2024, 1, 1) + timedelta(days=i // 8) for i in range(ROWS)]),
        "amount": pa.array([Decimal(i).scaleb(-2) for i in range(ROWS)], pa.decimal128(10, 2)),
    }
    for name, (low, high) in INTEGERS.items():
        kind = getattr(pa, ("u" if name[0] == "u" else "") + f"int{name[1:]}")()
        columns[name] = pa.array(rising(rng, max(low, -100), min(high, 140), [low, high, 0, 7]), kind)
    for name, (digits, scale) in {"p9": (9, 3), "p38": (38, 2)}.items():
        top = 10**digits - 1
        values = rising(rng, -600_000, 600_000, [top, -top, 5, -5, 2500, 7000])
        columns[name] = pa.array(
            [None if n is None else Decimal(f"{n}E-{scale}") for n in values], pa.decimal128(digits, scale)
        )
    odd = [float("nan"), float("inf"), float("-inf"), -0.0, 0.0, 2.5, 1e300, 0.1]
    doubles = [None if n is None else n if isinstance(n, float) else n / 8 for n in rising(rng, -900, 900, odd)]
    columns["f64"] = pa.array(doubles, pa.float64())
    columns["f32"] = pa.array([None if x is None else max(min(x, 3e38), -3e38) for x in doubles], pa.float32())
    columns["word"] = pa.array(
        [None if n is None else f"{n:04d}"[: rng.choice([4, 4, 2])] for n in rising(rng, 0, 999, [0, 7])]
    )
    columns["url"] = pa.array([None if n is None else f"{LONG}{n:06d}" for n in rising(rng, 0, 999, [0, 999])])
    columns["flag"] = pa.array([rng.choice([i < 400, i < 400, None if i > 900 else True]) for i in range(ROWS)])
    days = [None if n is None else date(2024, 1, 1) + timedelta(days=n) for n in rising(rng, 0, 200, [0, 30])]
    columns["dt"] = pa.array([rng.choice([day] * 30 + [date(1, 1, 1), date(9999, 12, 31)]) for day in days])
    moments = [
        None if n is None else datetime(2024, 1, 1) + timedelta(hours=n) for n in rising(rng, 0, 4800, [719, 720, 744])
    ]
    for name, unit in (("ts", "us"), ("ts_ms", "ms"), ("ts_ns", "ns")):
        columns[name] = pa.array(moments, pa.timestamp(unit))
    columns["tz"] = pa.array([moment and moment.replace(tzinfo=UTC) for moment in moments], pa.timestamp("us", "UTC"))
    return pa.table(columns)


def rising(rng: random.Random, low: int, high: int, extremes: list) -> list:
    """Numbers near the line from `low` to `high`, some of them NULL, and an extreme here and there."""

    def value(row: int) -> object:
        if rng.random() < 0.08:
            return None
        # The middle of the file has no extremes, so that its statistics tell something.
        if rng.random() < 0.02 and not ROWS // 4 < row < ROWS * 3 // 4:
            return rng.choice(extremes)
        near = low + (high - low) * row // ROWS + rng.randint(-3, 3)
        return min(max(near, low), high)

    return [value(row) for row in range(ROWS)]


def written(folder: Path, seed: int) -> list[Path]:
    """The same rows as three writers have them, whose statistics differ."""
    rows = table(seed)
    files = [folder / f"{writer}.parquet" for writer in ("pyarrow", "polars", "duckdb")]
    pq.write_table(rows, files[0], row_group_size=GROUP, write_page_index=True, data_page_size=512)
    pl.from_arrow(rows).write_parquet(files[1], row_group_size=GROUP, statistics="full")
    db = duckdb.connect()
    db.register("rows", rows)
    db.execute(f"COPY rows TO '{files[2]}' (FORMAT parquet, ROW_GROUP_SIZE 2048)")
    return files


# The filters.

NUMBERS = ("0", "7", "2.5", "-1", "100", "-0.005", "0.005", "99.5", "1e2", "-129", "256", "65536", "3000000000")
NUMBERS += ("9223372036854775807", "9223372036854775808", "-9223372036854775809", "18446744073709551616", "1e300")
TIMES = (
    "'2024-01-31'",
    "DATE '2024-03-10'",
    "TIMESTAMP '2024-01-31 00:00:00'",
    "'2024-02-01 00:00:00'",
    "DATE '1970-01-01'",
)
INSTANTS = (*TIMES, "TIMESTAMPTZ '2024-02-01 04:59:59Z'", "TIMESTAMPTZ '2024-01-31 00:00:00-05:00'")
LITERALS = {
    **dict.fromkeys((*INTEGERS, "p9", "f64", "f32"), NUMBERS),
    # DuckDB has no room for a third place beside 36 digits.
    "p38": tuple(number for number in NUMBERS if not number.endswith("005") and number != "1e300"),
    "word": ("'0500'", "''", "'07'", "'5'", "'0999'", "'paid'"),
    "url": (f"'{LONG}000500'", f"'{LONG}'", "'https://'", f"'{LONG}000999'", "'i'"),
    **{"dt": (*TIMES[:2], "DATE '0001-01-01'", "DATE '9999-12-31'"), "tz": INSTANTS},
    **dict.fromkeys(("ts", "ts_ms", "ts_ns"), TIMES),
}


def random_filters(count: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    found: dict[str, None] = {}
    while len(found) < count:
        found.setdefault(random_filter(rng, rng.choice([0, 0, 1, 1, 2])))
    return list(found)


def random_filter(rng: random.Random, depth: int) -> str:
    if depth == 0:
        return leaf(rng)
    a, b = random_filter(rng, depth - 1), random_filter(rng, depth - 1)
    return rng.choice([f"({a} AND {b})", f"({a} OR {b})", f"NOT ({a})", f"({a} AND NOT {b})", f"NOT ({a} OR {b})"])


def leaf(rng: random.Random) -> str:
    if rng.random() < 0.08:
        return rng.choice(["flag", "NOT flag", "flag IS NOT TRUE", "flag IS FALSE", "flag IS UNKNOWN", "flag = FALSE"])
    column = rng.choice(list(LITERALS))
    a, b, c = (rng.choice(LITERALS[column]) for _ in range(3))
    no = rng.choice(["", "", "NOT "])
    return rng.choice(
        [
            *[f"{column} {rng.choice(OPERATORS)} {a}"] * 4,
            f"{a} {rng.choice(OPERATORS)} {column}",
            f"{column} {no}IN ({a}, {b}, {c})",
            f"{column} {no}IN ({a}, NULL)",
            f"{column} {no}BETWEEN {a} AND {b}",
            f"{column} IS {no}NULL",
            f"({column} IS {no}DISTINCT FROM {a})",
        ]
    )


# The comparison.


def fault(kohort: Path, folder: Path, file: Path, sql: str) -> str | None:
    """What is wrong with the rows that a filter leaves."""
    db = duckdb.connect()
    db.execute(f"SET threads = 1; SET TimeZone = '{ZONE}'")
    wanted = [row[0] for row in db.execute(f"SELECT id FROM '{file}' WHERE {sql} ORDER BY id").fetchall()]
    # No statistics can decide the second.
    for form, where in {"pushed": sql, "not pushed": f"CASE WHEN ({sql}) THEN TRUE ELSE FALSE END"}.items():
        found = published(kohort, folder / form, file, where)
        if isinstance(found, str):
            return f"{sql}, {form}, {file.stem}: {found}"
        if found != wanted:
            differing = sorted(set(found) ^ set(wanted))[:3]
            values = db.execute(f"SELECT * FROM '{file}' WHERE id = {differing[0]}").to_arrow_table().to_pylist()[0]
            named = {name: str(value)[-40:] for name, value in values.items() if name in sql.split()}
            counts = f"{len(found)} rows, expected {len(wanted)}"
            return f"{sql}, {form}, {file.stem}: {counts}; {'more' if differing[0] in found else 'fewer'}, as {named}"
    return None


def published(kohort: Path, folder: Path, file: Path, where: str) -> list[int] | str:
    """The ids of the rows that a run counts as orders, or what it says where it fails."""
    folder.mkdir(parents=True)
    pipeline = command.orders(
        str(file), customer_id="id", calendar=f'timezone = "{ZONE}"', more=f"where = {json.dumps(where)}"
    )
    done = command.run(kohort, folder, pipeline)
    if done.code:
        return f"it ended with {done.code}: {' '.join(done.text.split())}"
    return [row[0] for row in done.query("SELECT customer_id FROM customers ORDER BY customer_id")]


if __name__ == "__main__":
    sys.exit(main())
