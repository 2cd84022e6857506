"""Judge of layouts: reads those of `[outputs] format` as warehouses do and compares them with plain files.

Usage: python layouts.py --kohort BINARY

The made-up shop with every input is published as plain files, divided by several columns, and as
Delta Lake tables. pyarrow, polars and DuckDB must find the same cells in the divided tables, and
deltalake in the Delta tables, version after version; processes that are killed between the run and
its Delta tables must be made up for by the next run.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from deltalake import DeltaTable

REPOSITORY = Path(__file__).resolve().parents[2]
PIPELINE = REPOSITORY / "pipelines/everything.toml"
# Of each kind one or two: with cohorts, periods, NULL in the key, a row for each customer, and without a grain.
TABLES = ("cohort_retention", "customer_retention", "win_back", "revenue_movements", "customers", "clv_models")
# Days that are known, so that there is something new in each version.
DAYS = ("2024-09-01", "2024-10-01", "2024-11-01")
KILLS = 10


class Shop:
    """The pipeline, with data of its own."""

    def __init__(self, kohort: Path, folder: Path):
        self.kohort, self.folder = kohort, folder
        data = folder / "data"
        subprocess.run([kohort, "sample", data, "--everything", "--customers", "400"], check=True)
        inputs = tomllib.loads(PIPELINE.read_text())["inputs"]
        self.settings = [f"inputs.{n}.path={json.dumps(str(data / Path(i['path']).name))}" for n, i in inputs.items()]
        self.settings.append(f"outputs.tables={json.dumps(TABLES)}")

    def command(self, output: Path, as_of: str, *settings: str) -> list[str]:
        command = [str(self.kohort), "run", str(PIPELINE), "--output", str(output)]
        for setting in (*self.settings, f"calendar.as_of={as_of}", *settings):
            command += ["--set", setting]
        return command

    def run(self, output: Path, as_of: str, *settings: str) -> None:
        done = subprocess.run(self.command(output, as_of, *settings), capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"kohort run ended with {done.returncode}:\n{done.stderr}")

    def plain(self, as_of: str) -> dict[str, pa.Table]:
        """The tables as plain files have them."""
        output = self.folder / f"plain-{as_of}"
        if not output.exists():
            self.run(output, as_of)
        return {table: pq.read_table(output / "current" / f"{table}.parquet") for table in TABLES}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kohort", type=Path, required=True, help="the binary to verify")
    kohort = parser.parse_args().kohort.resolve()
    failed = 0
    with tempfile.TemporaryDirectory(prefix="kohort-layouts-") as folder:
        shop = Shop(kohort, Path(folder))
        for check in (divided, versions, killed):
            faults = list(check(shop))
            print(f"{check.__name__}: {'DIFFERS' if faults else 'ok'}")
            for fault in faults:
                print(f"    {fault}")
            failed += bool(faults)
    print(f"{3 - failed} passed, {failed} failed")
    return 1 if failed else 0


def divided(shop: Shop) -> Iterator[str]:
    """Whether engines read divided tables as plain ones."""
    plain = shop.plain(DAYS[0])
    for column in ("grain", "segment", "period"):
        output = shop.folder / f"hive-{column}"
        shop.run(output, DAYS[0], "outputs.format=hive", f"outputs.partition_by={column}")
        found = 0
        for table, expected in plain.items():
            folder = output / "current" / table
            if not folder.is_dir():
                whole = pq.read_table(folder.with_suffix(".parquet"))
                if not whole.equals(expected):
                    yield f"{table} by {column}: the plain file differs"
                continue
            found += 1
            for engine, read in ENGINES.items():
                if fault := differs(read(folder, column, expected.schema), expected):
                    yield f"{table} by {column}, {engine}: {fault}"
        if not found:
            yield f"no table is divided by {column}"


def of_pyarrow(folder: Path, column: str, schema: pa.Schema) -> pa.Table:
    keys = ds.partitioning(pa.schema([(column, schema.field(column).type)]), flavor="hive")
    return ds.dataset(folder, partitioning=keys).to_table()


def of_polars(folder: Path, column: str, schema: pa.Schema) -> pa.Table:
    types = pl.from_arrow(schema.empty_table()).schema
    return pl.read_parquet(folder, hive_partitioning=True, hive_schema={column: types[column]}).to_arrow()


def of_duckdb(folder: Path, column: str, schema: pa.Schema) -> pa.Table:
    type_of_key = duckdb.from_arrow(schema.empty_table()).select(column).types[0]
    relation = duckdb.sql(f"""
        FROM read_parquet('{folder}/*/*.parquet',
            hive_partitioning = true, hive_types = {{'{column}': {type_of_key}}})
    """)
    return relation.to_arrow_table()


ENGINES = {"pyarrow": of_pyarrow, "polars": of_polars, "DuckDB": of_duckdb}


def differs(found: pa.Table, expected: pa.Table) -> str | None:
    """What is wrong with the rows of `found`, in any order of rows and columns."""
    if sorted(found.column_names) != sorted(expected.column_names):
        return f"columns are {found.column_names}"
    found = found.select(expected.column_names)
    db = duckdb.connect()
    db.register("found", found)
    db.register("expected", expected)
    for left, right in (("found", "expected"), ("expected", "found")):
        rows = db.execute(f"FROM {left} EXCEPT ALL FROM {right} LIMIT 3").fetchall()
        if rows:
            return f"only in what was {left}: {rows}"
    return None


def versions(shop: Shop) -> Iterator[str]:
    """Whether each run is one version of every Delta table, with its rows, and says which run it is."""
    output = shop.folder / "delta"
    seen = []
    for version, as_of in enumerate(DAYS):
        # The second time there is nothing new.
        for _ in range(2):
            shop.run(output, as_of, "outputs.format=delta")
        run = current(output)
        if run in seen:
            yield f"{as_of}: run {run} is still current"
        seen.append(run)
        yield from at_version(output, version, run, shop.plain(as_of))
    for version, as_of in enumerate(DAYS):
        for table, expected in shop.plain(as_of).items():
            found = DeltaTable(output / "delta" / table, version=version).to_pyarrow_table()
            if not is_equal(found, expected):
                yield f"{table} of version {version} differs"
    # An older run is current again, and is the newest version.
    done = subprocess.run([shop.kohort, "publish", f"{output}~1"], capture_output=True, text=True)
    if done.returncode:
        yield f"kohort publish ended with {done.returncode}: {done.stderr}"
    elif current(output) != seen[1]:
        yield f"run {current(output)} is current, expected {seen[1]}"
    yield from at_version(output, len(DAYS), seen[1], shop.plain(DAYS[1]))


def at_version(output: Path, version: int, run: str, plain: dict[str, pa.Table]) -> Iterator[str]:
    """What is wrong with Delta tables that are to be at a version of a run."""
    for table, expected in plain.items():
        delta = DeltaTable(output / "delta" / table)
        newest = delta.history(1)[0]
        if (delta.version(), newest.get("runId")) != (version, run):
            yield f"{table} is at version {delta.version()} of run {newest.get('runId')}, expected {version} of {run}"
            continue
        if not is_equal(delta.to_pyarrow_table(), expected):
            yield f"{table} of version {version} differs"
        if fault := differs(pl.read_delta(str(output / "delta" / table)).to_arrow(), expected):
            yield f"{table} of version {version}, polars: {fault}"
        comments = {field.name: field.metadata.get("comment") for field in delta.schema().fields}
        told = {field.name: (field.metadata or {}).get(b"description", b"").decode() for field in expected.schema}
        if comments != told:
            yield f"{table} has other comments on its columns: {comments}"


def is_equal(found: pa.Table, expected: pa.Table) -> bool:
    """Whether the cells are the same, in the same order."""
    names = found.column_names == expected.column_names
    return names and all(a.cast(b.type).equals(b) for a, b in zip(found.columns, expected.columns))


def current(output: Path) -> str:
    """The id of the current run."""
    return os.path.basename(os.readlink(output / "current"))


def killed(shop: Shop) -> Iterator[str]:
    """Whether a run makes up for one that was killed right after it became current."""
    output, rng = shop.folder / "killed", random.Random(5)
    shop.run(output, DAYS[0], "outputs.format=delta")
    behind = 0
    for kill in range(1, KILLS + 1):
        as_of, before = DAYS[kill % 3], current(output)
        process = subprocess.Popen(
            shop.command(output, as_of, "outputs.format=delta"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while process.poll() is None and current(output) == before:
            time.sleep(0.0002)
        time.sleep(rng.random() * 0.004)
        process.send_signal(signal.SIGKILL)
        process.wait()
        run, plain = current(output), shop.plain(as_of)
        tables = [DeltaTable(output / "delta" / table) for table in TABLES]
        runs = {table.history(1)[0]["runId"] for table in tables}
        behind += runs != {run}
        if not runs <= {before, run}:
            yield f"kill {kill}: tables of {sorted(runs)} after {before} and {run}"
        shop.run(output, as_of, "outputs.format=delta")
        yield from at_version(output, kill, current(output), plain)
        if current(output) != run:
            yield f"kill {kill}: the next run published again"
    if not behind:
        yield "no kill was early enough to leave a table behind"


if __name__ == "__main__":
    sys.exit(main())
