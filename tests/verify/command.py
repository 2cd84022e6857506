"""Runs of the command over small inputs, and what they publish."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import duckdb

# A run has to end by itself within so many seconds.
TIMEOUT = 60


@dataclass
class Run:
    """How a run ended, what it said, and the folder of what it published."""

    code: int
    text: str
    output: Path

    @property
    def current(self) -> Path:
        return (self.output / "current").resolve()

    def database(self) -> duckdb.DuckDBPyConnection:
        """The published tables, and `rejected` rows of the orders where there are some."""
        db = duckdb.connect()
        db.execute("SET threads = 1")
        for file in self.current.glob("*.parquet"):
            db.execute(f"CREATE VIEW {file.stem} AS FROM '{file}'")
        for file in self.current.glob("rejected/*.parquet"):
            db.execute(f"CREATE VIEW rejected_{file.stem} AS FROM '{file}'")
        return db

    def query(self, sql: str) -> list[tuple]:
        return self.database().execute(sql).fetchall()

    def record(self) -> dict:
        return json.loads((self.current / "run.json").read_text())


def run(kohort: Path, folder: Path, pipeline: str, *arguments: str) -> Run:
    """Runs a pipeline, which is text, in a folder."""
    file = folder / "pipeline.toml"
    file.write_text(pipeline)
    try:
        done = subprocess.run(
            [str(kohort), "run", "pipeline.toml", "--quiet", *arguments],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT,
            env=os.environ | {"NO_COLOR": "1"},
        )
    except subprocess.TimeoutExpired as late:
        return Run(-1, f"it did not end within {TIMEOUT} seconds: {late.stdout}", folder / "out")
    return Run(done.returncode, done.stdout, folder / "out")


def in_parallel(function: Callable, items: Iterable, workers: int = 2) -> list:
    """The function's value for each item, in their order."""
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(function, items))


def quoted(text: str) -> str:
    """A text of TOML, which JSON's are too."""
    return json.dumps(text, ensure_ascii=False)


def orders(
    path: str = "orders.parquet",
    *,
    customer_id: str = "customer",
    ordered_at: str = "at",
    amount: str = "amount",
    tables: str = "customers",
    calendar: str = "",
    more: str = "",
    sections: str = "",
) -> str:
    """A pipeline of orders: `more` stands in the section of the orders, `sections` behind it."""
    mapped = {"path": path, "customer_id": customer_id, "ordered_at": ordered_at, "amount": amount}
    return "\n".join(
        [
            'name = "small"',
            f'[calendar]\ngrains = ["month"]\n{calendar}',
            '[customers]\nactivity = "any"\nlapse_after_days = 90',
            '[inputs.orders]\nrows = "orders"',
            *(f"{key} = {quoted(value)}" for key, value in mapped.items()),
            more,
            f'[outputs]\npath = "out"\ntables = ["{tables}"]',
            sections,
        ]
    )
