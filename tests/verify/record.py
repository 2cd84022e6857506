"""Comparison of run.json with what the recomputation counts."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

import risk
from pipeline import Pipeline


def counts(db: duckdb.DuckDBPyConnection, part: str, of: str | None = None) -> dict[str, int]:
    """The numbers of one part of `counted` that are not zero, by name; `of` is the input."""
    rows = db.execute(
        "SELECT name, n FROM counted WHERE part = ? AND input IS NOT DISTINCT FROM ? AND n > 0 ORDER BY name",
        [part, of],
    )
    return dict(rows.fetchall())


def faults(db: duckdb.DuckDBPyConnection, p: Pipeline, file: Path) -> list[str]:
    """Everything in run.json that differs, in words. A name that it lacks counts as zero."""
    if not file.exists():
        return ["run.json is not published"]
    record = json.loads(file.read_text())
    read = {i["input"]: i for i in record["inputs"]}
    needed = [name for name in p.inputs if p.needs(name)]
    pairs = [("inputs", sorted(read), sorted(needed)), ("basis", record["basis"], p.basis)]
    for name in read.keys() & set(needed):
        pairs += _input(db, p, name, read[name])
    pairs += _by_name("events", record["events"], counts(db, "events"))

    for table in record["tables"]:
        rows = db.execute("SELECT name, n FROM omitted WHERE of_table = ? AND n > 0", [table["name"]]).fetchall()
        pairs += _by_name(f"{table['name']} left_out", table["left_out"], dict(rows))
    tables = {table["name"]: table["rows"] for table in record["tables"]}
    expected = {t: db.execute(f"SELECT count(*) FROM {t}").fetchall()[0][0] for t in p.tables}
    pairs += [("rows by table", tables, expected), ("grains", record["grains"], p.grains)]
    as_of, lapse = db.execute("SELECT getvariable('as_of'), getvariable('lapse')").fetchall()[0]
    if as_of:  # without an order there is none to find
        pairs.append(("as_of", record["as_of"], str(as_of)))
    pairs.append(("lapse_after_days", record["lapse_after_days"], lapse))
    pairs.append(("lapse_is_auto", record["lapse_is_auto"], p.lapse_after_days == "auto"))
    found = [f"{name} is {seen}, expected {wanted}" for name, seen, wanted in pairs if seen != wanted]
    return found + risk.faults(db, p, record.get("risk_model"))


def _input(db: duckdb.DuckDBPyConnection, p: Pipeline, name: str, read: dict) -> list[tuple]:
    """Name, what run.json says and what it should, of one input."""
    rows = counts(db, "rows", name)
    in_files = sum(file["rows"] for file in read["files"])
    pairs = [(f"{name} rows", in_files, rows.get("rows", 0))]
    pairs.append((f"{name} rows_filtered", read["rows_filtered"], rows.get("rows_filtered", 0)))
    pairs.append((f"{name} rows_read", read["rows_read"], sum(file["rows_read"] for file in read["files"])))
    for part in ("rejected", "left_out", "days_after_as_of"):
        pairs += _by_name(f"{name} {part}", read[part], counts(db, part, name))
    found = {_resolved(f["path"]): f["rows"] for f in read["files"]}
    expected = {_resolved(path): pq.read_metadata(path).num_rows for path in p.inputs[name].files}
    return [*pairs, (f"{name} rows by file", found, expected)]


def _by_name(part: str, found: dict[str, int], expected: dict[str, int]) -> list[tuple[str, int, int]]:
    names = sorted(found.keys() | expected.keys())
    return [(f"{part}.{name}", found.get(name, 0), expected.get(name, 0)) for name in names]


def _resolved(path: str | Path) -> str:
    return str(Path(path).resolve())
