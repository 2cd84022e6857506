"""Lookups in SQL: a view of each, and `LOOKUP(products.price, sku)` as the query for the row that has the key."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import duckdb


@dataclass(frozen=True)
class Lookup:
    """A lookup: its name, the SQL of a key, which rows count, and its files."""

    name: str
    key: str
    where: str
    files: list[Path]


def open_lookups(db: duckdb.DuckDBPyConnection, lookups: list[Lookup]) -> None:
    """Views `lookup_<name>`, whose columns have names that no column of an input has."""
    for lookup in lookups:
        found = f"read_parquet({[str(file) for file in lookup.files]}, union_by_name = true)"
        names = [row[0] for row in db.execute(f"DESCRIBE FROM {found}").fetchall()]
        columns = ", ".join(f'"{name}" AS "{lookup.name}.{name}"' for name in names)
        db.execute(f"""
            CREATE VIEW lookup_{lookup.name} AS
            SELECT ({lookup.key}) AS "{lookup.name}.", {columns} FROM {found} WHERE {lookup.where}
        """)


def joined(sql: str) -> str:
    """The expression with a query in place of each LOOKUP."""
    call = re.search(r"\bLOOKUP\((\w+)\.(\w+),", sql)
    if not call:
        return sql
    end = _end(sql, call.end())
    lookup, column = call.groups()
    key = joined(sql[call.end() : end])
    query = f'(SELECT "{lookup}.{column}" FROM lookup_{lookup} WHERE "{lookup}." = ({key}))'
    return sql[: call.start()] + query + joined(sql[end + 1 :])


def _end(sql: str, start: int) -> int:
    """Where the parenthesis ends that is open at `start`."""
    depth = 1
    for place in range(start, len(sql)):
        depth += {"(": 1, ")": -1}.get(sql[place], 0)
        if depth == 0:
            return place
    raise ValueError(f"no end of LOOKUP in {sql}")
