"""What is refused, and in which words: cases of door.py."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa

from command import orders, quoted
from door_case import Case, table

INPUT = table(
    **{"v": pa.array([1, 2], pa.int64()), "word": ["a", "b"], "flag": [True, False], "total": [1.5, 2.5]},
    **{"day": pa.array(["2024-01-31", "2024-02-01"]).cast(pa.date32()), "raw": pa.array([b"a", b"b"])},
    **{"ts": pa.array([0, 1], pa.timestamp("us")), "list": [[1], [2]], "struct": [{"a": 1}, {"a": 2}]},
)

# Texts of `where` and what the message must match: the construct and what works instead.
BAD_FILTERS = {
    "at > CURRENT_DATE": "CURRENT_DATE",
    "at > NOW()": "NOW",
    "at > CURRENT_TIMESTAMP": "CURRENT_TIMESTAMP",
    "v > RANDOM()": "(?i)random",
    "v = (SELECT 1)": "(?i)subquery|SELECT",
    "EXISTS (SELECT 1)": "(?i)exists|subquery|SELECT",
    "v IN (SELECT 1)": "(?i)subquery|SELECT",
    "SUM(v) > 1": "(?i)sum",
    "COUNT(*) > 1": "(?i)count",
    "ROW_NUMBER() OVER () = 1": "(?i)row_number|over|window",
    "word LIKE 'a\\_b'": "(?i)ESCAPE",
    "word SIMILAR TO 'a'": "(?i)SIMILAR",
    "v BETWEEN SYMMETRIC 2 AND 1": "(?i)SYMMETRIC|BETWEEN",
    "word > 5": r"CAST|text",
    "word = v": r"CAST|text",
    "day = 5": "(?i)date",
    "flag > 5": "(?i)bool|flag",
    "v": "(?i)bool|condition|true",
    "word": "(?i)bool|condition|true",
    "v + word > 1": "(?i)word|text|VARCHAR",
    "v + flag > 1": "(?i)flag|bool",
    "NOT v": "(?i)bool|NOT",
    "v AND flag": "(?i)bool|AND|v",
    "CAST(word AS NOTYPE) = 1": "NOTYPE",
    "CAST(v AS TIMESTAMP) > '2024-01-01'": "TO_TIMESTAMP|EPOCH_MS|MAKE_TIMESTAMP",
    "CAST(v AS DATE) > '2024-01-01'": "(?i)date",
    "CAST(ts AS INTEGER) > 1": "(?i)integer|cast",
    "NOSUCH(v) > 1": "NOSUCH",
    "LOWR(word) = 'a'": "(?i)LOWER",
    "nosuch = 1": "nosuch",
    "wrod = 'a'": "word",
    "ROUND() > 1": "(?i)ROUND",
    "ROUND(v, 2, 3) > 1": "(?i)ROUND",
    "ROUND(word) > 1": "(?i)ROUND|word|text",
    "LOWER(v) = 'a'": "(?i)LOWER|text",
    "v > 1 AND": "(?i)where",
    "v = 1 2": "(?i)where|2",
    "(v = 1": "(?i)where",
    "word = 'a": "(?i)where",
    "": "(?i)where",
    "v = 1; DROP TABLE t": "(?i)where|;",
    "day = '2024-02-30'": "2024-02-30",
    "day > 'yesterday'": "yesterday",
    "DATE '2024-13-01' < day": "2024-13-01",
    "ts AT TIME ZONE 'Mars/Base' > '2024-01-01'": "Mars/Base",
    "EXTRACT(fortnight FROM day) = 1": "(?i)fortnight",
    "DATE_TRUNC('fortnight', day) = day": "(?i)fortnight",
    "word ~ '('": r"(?i)pattern|regular|regex|\(",
    "STRPTIME(word, '%Q') > ts": "%Q",
    "list = 1": "(?i)list",
    "struct = 1": "(?i)struct",
    "struct.nosuch = 1": "nosuch",
    "v IN ()": "(?i)IN|where",
    "CASE WHEN v THEN TRUE END": "(?i)bool|condition|CASE|WHEN",
    "CASE WHEN v = 1 THEN TRUE ELSE 'x' END": "(?i)CASE|text|bool",
    "COALESCE(v, 'x') = 1": "(?i)COALESCE|number|'x'|x",
    "CAST(word AS DECIMAL(50,2)) > 1": "38|50",
    "CAST(word AS DECIMAL(5,9)) > 1": "(?i)scale|9",
    "v ^ 2 = 4": r"(?i)\^|power",
    "v & 1 = 1": "&",
    "v::MONEY > 1": "(?i)MONEY",
    "word COLLATE \"de\" = 'a'": "(?i)COLLATE",
    "word -> 'a' = 1": "->",
    "v = ?": r"\?|where",
    "v = $1": r"\$1|where",
    "*": r"(?i)\*|where",
}
BAD_AMOUNTS = {
    "word": "(?i)CAST|text|number",
    "flag": "(?i)bool|number|flag",
    "day": "(?i)date|number",
    "raw": "(?i)binary|number",
    "nosuch": "nosuch",
    "SUM(total)": "(?i)sum",
    "LAG(total) OVER (ORDER BY at)": "(?i)LAG|OVER|window",
    "(SELECT 1)": "(?i)subquery|SELECT",
}
BAD_TIMES = {
    "word": "(?i)CAST|text|STRPTIME",
    "v": "(?i)TO_TIMESTAMP|EPOCH_MS|seconds",
    "flag": "(?i)bool|time",
    "CURRENT_DATE": "CURRENT_DATE|column",
    "DATE '2024-01-31'": "(?i)column",
    "CAST(v AS TIMESTAMP)": "TO_TIMESTAMP|EPOCH_MS|MAKE_TIMESTAMP",
    "CAST(v * 1000000 AS TIMESTAMP)": "TO_TIMESTAMP|EPOCH_MS|MAKE_TIMESTAMP",
    "NOW()": "NOW|column",
}
BAD_IDS = {"NULL": "(?i)column", "'x'": "(?i)column", "total": "(?i)double|float|id|Float64", "list": "(?i)list"}
LONG = "v = 1 OR " * 150_000 + "v = 2"
DEEP = "(" * 20_000 + "v = 1" + ")" * 20_000


def mapped(key: str, expressions: dict[str, str]) -> list[Case]:
    cases = []
    for expression, says in expressions.items():
        pipeline = orders(**{key: expression})
        cases.append(Case(f"{key} {expression}", {"orders.parquet": INPUT}, pipeline, code=(2,), says=says))
    return cases


def filtered() -> list[Case]:
    cases = []
    for where, says in {**BAD_FILTERS, LONG: "(?i)long|MiB|bytes", DEEP: "(?i)deep|nest|where"}.items():
        pipeline = orders(more=f"where = {quoted(where)}")
        cases.append(Case(f"where {where[:60]}", {"orders.parquet": INPUT}, pipeline, code=(2,), says=says))
    return cases


def pipe(path: Path) -> None:
    os.mkfifo(path)


def text(path: Path) -> None:
    path.write_text("customer,at,amount\n1,2024-01-05,1.00\n")


def cut(path: Path) -> None:
    """A file whose end is missing."""
    path.write_bytes(b"PAR1" + b"\0" * 1000)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def files() -> list[Case]:
    here = {"orders.parquet": INPUT}
    return [
        Case("a pipe", {"orders.parquet": pipe}, orders(), code=(1, 2), says="(?i)pipe|FIFO|regular file"),
        Case(
            "a pipe in a folder",
            {"data/a.parquet": INPUT, "data/b.parquet": pipe},
            orders("data"),
            code=(0, 1, 2),
            says="b.parquet",
        ),
        Case(
            "a CSV file", {"orders.csv": text}, orders("orders.csv"), code=(1, 2), says="(?i)orders.csv.*(Parquet|CSV)"
        ),
        Case(
            "a CSV file named Parquet",
            {"orders.parquet": text},
            orders(),
            code=(1, 2),
            says="(?i)orders.parquet.*Parquet",
        ),
        Case("a file that is cut", {"orders.parquet": cut}, orders(), code=(1, 2), says="(?i)orders.parquet"),
        Case(
            "an empty file",
            {"orders.parquet": empty},
            orders(),
            code=(1, 2),
            says="(?i)orders.parquet.*(empty|Parquet|bytes)",
        ),
        Case("no such file", here, orders("nosuch.parquet"), code=(1, 2), says="nosuch.parquet"),
        Case("no such folder", here, orders("nosuch/*.parquet"), code=(1, 2), says="nosuch"),
        Case(
            "a folder of CSV files", {"data/a.csv": text}, orders("data"), code=(1, 2), says="(?i)no Parquet.*data|csv"
        ),
    ]


REFUSED = [
    *filtered(),
    *mapped("amount", BAD_AMOUNTS),
    *mapped("ordered_at", BAD_TIMES),
    *mapped("customer_id", BAD_IDS),
    *files(),
]
