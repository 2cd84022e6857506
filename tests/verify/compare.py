"""Comparison of a published table with the recomputed one, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import duckdb

import declared
import schema

TOLERANCE = 1e-12
SHOWN = 10


@dataclass
class Outcome:
    """Rows and cells compared, and the first differences in words."""

    rows: int = 0
    cells: int = 0
    wrong: int = 0
    shown: list[str] = field(default_factory=list)

    def add(self, count: int, lines: list[str]) -> None:
        self.wrong += count
        self.shown = (self.shown + lines)[:SHOWN]


def compare(
    db: duckdb.DuckDBPyConnection, table: str, published: Path, scale: int, segments: tuple[str, ...]
) -> Outcome:
    """Compares `published` with the table of the same name in `db`.

    Integers, dates, booleans, texts and decimals must be equal, floats agree within 1e-12: a
    relative one, but for what may be a difference of rates; NULL matches only NULL.
    """
    columns = schema.compared(table, segments)
    keys = declared.key(table)
    values = [c for c in columns if c.name not in keys]
    outcome = Outcome()

    found = [row[0] for row in db.execute(f"DESCRIBE FROM read_parquet('{published}')").fetchall()]
    missing = [c.name for c in columns if c.name not in found]
    if missing:
        outcome.add(len(missing), [f"column {name} is missing" for name in missing])
        return outcome

    # Money leaves Kohort as a decimal and is compared in minor units.
    money = ", ".join(
        f"CAST({quoted(c.name)} * {10**scale} AS HUGEINT) AS {quoted(c.name)}" for c in values if c.kind == "money"
    )
    replaced = f"REPLACE ({money})" if money else ""
    db.execute(f"CREATE OR REPLACE TEMP TABLE published AS SELECT * {replaced} FROM read_parquet('{published}')")

    repeated = db.execute(
        f"SELECT {quoted_list(keys)}, count(*) FROM published GROUP BY ALL HAVING count(*) > 1 ORDER BY ALL"
    ).fetchall()
    outcome.add(len(repeated), [f"{_key(keys, row)}: {row[-1]} rows with this key" for row in repeated[:SHOWN]])

    on = " AND ".join(f"p.{quoted(k)} IS NOT DISTINCT FROM r.{quoted(k)}" for k in keys)
    pairs = ", ".join(
        [f"coalesce(p.{quoted(k)}, r.{quoted(k)}) AS {quoted(k)}" for k in keys]
        + [f"p.{quoted(c.name)} AS {quoted('p_' + c.name)}, r.{quoted(c.name)} AS {quoted('r_' + c.name)}" for c in values]
    )
    db.execute(f"""
        CREATE OR REPLACE TEMP TABLE pair AS
        SELECT {pairs}, p.{quoted(keys[0])} IS NOT NULL AS is_published, r.{quoted(keys[0])} IS NOT NULL AS is_expected
        FROM published p FULL JOIN {table} r ON {on}
    """)
    outcome.rows = db.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
    outcome.cells = outcome.rows * len(columns)

    for test, text in [
        ("is_expected AND NOT is_published", "row is missing"),
        ("is_published AND NOT is_expected", "row is not expected"),
    ]:
        _differences(db, outcome, keys, f"WHERE {test}", lambda row, text=text: f"{_key(keys, row)}: {text}")
    for column in values:
        ours, theirs = quoted("r_" + column.name), quoted("p_" + column.name)
        same = f"{theirs} IS NOT DISTINCT FROM {ours}"
        if column.is_float:
            floor = 1 if column.kind == "Float64" else 0
            tolerance = schema.TOLERANCES.get(column.name, TOLERANCE)
            near = f"abs({theirs} - {ours}) <= {tolerance} * greatest(abs({theirs}), abs({ours}), {floor})"
            same = f"({same} OR coalesce({near}, false))"
        _differences(
            db,
            outcome,
            keys,
            f"WHERE is_published AND is_expected AND NOT {same}",
            lambda row, name=column.name: f"{_key(keys, row)}: {name} is {row[-2]}, expected {row[-1]}",
            f", {theirs}, {ours}",
        )
    return outcome


def _differences(db, outcome: Outcome, keys: list[str], where: str, say, columns: str = "") -> None:
    count = db.execute(f"SELECT count(*) FROM pair {where}").fetchall()[0][0]
    if count:
        rows = db.execute(f"SELECT {quoted_list(keys)} {columns} FROM pair {where} ORDER BY ALL LIMIT {SHOWN}").fetchall()
        outcome.add(count, [say(row) for row in rows])


def _key(keys: list[str], row: tuple) -> str:
    return " ".join(f"{key}={value}" for key, value in zip(keys, row))


def quoted_list(names: list[str]) -> str:
    return ", ".join(map(quoted, names))


def quoted(name: str) -> str:
    return f'"{name}"'
