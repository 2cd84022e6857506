"""SQL scripts of the recomputation, in an order in which each finds what others create.

Those in sql/orders and sql/subscriptions are for such histories alone. What one creates is what its
CREATE statements name; what it needs are the names behind FROM and JOIN, and the macros that it calls.
"""

from __future__ import annotations

import re
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb

FOLDER = Path(__file__).parent / "sql"
CREATED = re.compile(r"CREATE (?:TABLE|VIEW|MACRO) (\w+)")
NEEDED = re.compile(r"(?:\b(?:FROM|JOIN)\s+(\w+))|(?:\b(\w+)\()")
# Tables of a WITH clause hide others of their name.
LOCAL = re.compile(r"(?:\bWITH|,)\s+(\w+) AS \(")

# Not a part of the tables: macros that reading the inputs needs too, and what run.json counts.
MACROS, COUNTS = "macros", "counts"


def of_tables(basis: str) -> list[Path]:
    """The scripts that make the tables of a history of orders or of subscriptions, or of none."""
    files = sorted([*FOLDER.glob("*.sql"), *_folder(basis).glob("*.sql")])
    texts = {file: _without_comments(file) for file in files if file.stem not in (MACROS, COUNTS)}
    made_by = {name: file for file, text in texts.items() for name in CREATED.findall(text)}
    before = {file: {made_by[name] for name in _needed(text) if name in made_by} for file, text in texts.items()}
    return list(TopologicalSorter({file: needed - {file} for file, needed in before.items()}).static_order())


def of_macros() -> Path:
    return FOLDER / f"{MACROS}.sql"


def of_counts(basis: str) -> Path:
    return _folder(basis) / f"{COUNTS}.sql"


def _folder(basis: str) -> Path:
    """No history is one of no orders."""
    return FOLDER / ("orders" if basis == "none" else basis)


def run(db: duckdb.DuckDBPyConnection, script: Path) -> None:
    try:
        db.execute(script.read_text())
    except duckdb.Error as error:
        error.add_note(f"in {script.relative_to(FOLDER)}")
        raise


def _without_comments(file: Path) -> str:
    return re.sub(r"--.*", "", file.read_text())


def _needed(text: str) -> set[str]:
    local = set(LOCAL.findall(text))
    return {name for pair in NEEDED.findall(text) for name in pair if name and name not in local}
