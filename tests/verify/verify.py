"""Recomputes Kohort's tables in DuckDB and compares every cell.

Usage: python verify.py --kohort BINARY [--case NAME]... [--online-retail FILE]
       python verify.py --recompute-only

A case is a pipeline: the sample, CDNOW and Online Retail where their data are there, and the
small cases of edge.py. Each runs `kohort run`, reads the published tables and the counts of
run.json, recomputes them from the same input and prints one line for each. `--recompute-only`
needs no binary: it checks the recomputation itself against published results and facts
worked out by hand.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

import compare
import edge
import identities
import known
import pipeline
import published
import record
from recompute import recompute

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass
class Case:
    name: str
    pipeline: Path
    overrides: tuple[str, ...] = ()
    known: list[known.Known] = field(default_factory=list)
    facts: list[edge.Fact] = field(default_factory=list)


NAMES = ["sample", "cdnow", "online_retail", "online_retail_any", *(case.name for case in edge.CASES)]


def main() -> int:
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="kohort-verify-") as folder:
        found = list(cases(options, Path(folder)))
        failed = [case.name for case in found if not verify(case, options, Path(folder))]
    if failed:
        print(f"differs: {', '.join(failed)}")
        return 1
    print(f"all {len(found)} cases agree")
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kohort", type=Path, help="the binary to verify")
    parser.add_argument("--case", action="append", choices=NAMES, metavar="NAME", help="only this; may be repeated")
    parser.add_argument("--online-retail", metavar="FILE", help="the Online Retail data as Parquet")
    parser.add_argument("--recompute-only", action="store_true", help="check the recomputation alone")
    options = parser.parse_args()
    if not options.kohort and not options.recompute_only:
        parser.error("name the binary with --kohort, or use --recompute-only")
    if options.kohort:
        options.kohort = options.kohort.resolve()
    return options


def cases(options: argparse.Namespace, folder: Path) -> Iterator[Case]:
    """The cases asked for whose data are there; prints why one is not."""
    for name in options.case or NAMES:
        made = MAKERS.get(name, lambda options, name=name: edge_case(name, folder))(options)
        if isinstance(made, Case):
            yield made
        else:
            print(f"{name}: skipped, {made}")


def sample(options: argparse.Namespace) -> Case | str:
    path = REPOSITORY / "pipelines/sample.toml"
    if not pipeline.input_paths(path):
        if not options.kohort:
            return "data/sample is missing: run `kohort sample data/sample`"
        subprocess.run([options.kohort, "sample", REPOSITORY / "data/sample"], check=True)
    return Case("sample", path)


def cdnow(_: argparse.Namespace) -> Case | str:
    path = REPOSITORY / "pipelines/cdnow.toml"
    if not pipeline.input_paths(path):
        return "data/cdnow is missing: run `make data-cdnow`"
    return Case("cdnow", path, known=known.cdnow())


def online_retail(options: argparse.Namespace) -> Case | str:
    return retail("online_retail", "active_sales", (), options)


def online_retail_any(options: argparse.Namespace) -> Case | str:
    everyone = ("customers.activity=any", 'inputs.orders.where="CustomerID IS NOT NULL"')
    return retail("online_retail_any", "active_any", everyone, options)


def retail(name: str, column: str, overrides: tuple[str, ...], options: argparse.Namespace) -> Case | str:
    data = known.online_retail_file(options.online_retail)
    if not data:
        return "data/online_retail is missing: name the file with --online-retail"
    path = f'inputs.orders.path="{data.resolve()}"'
    return Case(name, REPOSITORY / "pipelines/online_retail.toml", (path, *overrides), known.online_retail(column))


def edge_case(name: str, folder: Path) -> Case:
    case = next(case for case in edge.CASES if case.name == name)
    return Case(name, case.write(folder / "edge" / name), facts=case.facts)


MAKERS = {
    "sample": sample,
    "cdnow": cdnow,
    "online_retail": online_retail,
    "online_retail_any": online_retail_any,
}


def verify(case: Case, options: argparse.Namespace, folder: Path) -> bool:
    """Whether everything about the case is as it should be; prints what is not."""
    settings = pipeline.read(case.pipeline, case.overrides)
    db = recompute(settings)
    faults = identities.faults(db)
    faults += [fault for result in case.known for fault in result.faults(db)]
    faults += [fault for fact in case.facts if (fault := differs(db, fact))]
    for fault in faults:
        print(f"{case.name} {fault}")
    good = not faults
    if options.recompute_only:
        rows = sum(db.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0] for table in settings.tables)
        print(f"{case.name} {rows} rows, {len(case.known)} known results, {len(case.facts)} facts: {word(good)}")
        return good

    output = folder / "output" / case.name
    if not run(options.kohort, case, output):
        return False
    for table in settings.tables:
        good &= table_agrees(db, case.name, table, output / "current" / f"{table}.parquet", settings.scale)
    good &= record_agrees(db, case.name, settings, output / "current" / "run.json")
    shutil.rmtree(output)
    return good


def table_agrees(db: duckdb.DuckDBPyConnection, case: str, table: str, file: Path, scale: int) -> bool:
    if not file.exists():
        print(f"{case} {table} is not published")
        return False
    outcome = compare.compare(db, table, file, scale)
    faults = published.faults(table, file, scale)
    good = not outcome.wrong and not faults
    print(f"{case} {table} {outcome.rows} rows {outcome.cells} cells {word(good)}")
    for line in faults:
        print(f"    {line}")
    if outcome.wrong:
        print(f"    {outcome.wrong} differences, the first of them:")
    for line in outcome.shown:
        print(f"    {line}")
    return good


def record_agrees(db: duckdb.DuckDBPyConnection, case: str, settings: pipeline.Pipeline, file: Path) -> bool:
    faults = record.faults(db, settings, file)
    print(f"{case} run.json {word(not faults)}")
    for line in faults:
        print(f"    {line}")
    return not faults


def run(kohort: Path, case: Case, output: Path) -> bool:
    command = [kohort, "run", case.pipeline, "--output", output]
    for override in case.overrides:
        command += ["--set", override]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        print(f"{case.name} kohort run ended with {done.returncode}:\n{done.stderr}")
    return done.returncode == 0


def differs(db: duckdb.DuckDBPyConnection, fact: edge.Fact) -> str | None:
    """What is wrong with the fact: it speaks of the first row that meets its condition."""
    table, condition, column, expected = fact
    if table != "counted" and "segment" not in condition:
        condition = f"segment = 'all' AND {condition}"
    rows = db.execute(f"SELECT {column} FROM {table} WHERE {condition} ORDER BY ALL LIMIT 1").fetchall()
    if not rows:
        return f"{table} has no row where {condition}"
    found = rows[0][0]
    return None if found == expected else f"{table}.{column} where {condition} is {found}, expected {expected}"


def word(good: bool) -> str:
    return "ok" if good else "DIFFERS"


if __name__ == "__main__":
    sys.exit(main())
