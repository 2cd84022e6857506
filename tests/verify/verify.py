"""Judge of Kohort's tables: recomputes them in DuckDB and compares every cell.

Usage: python verify.py --kohort BINARY [--case NAME]... [--online-retail FILE] [--recompute-only]

A case is a pipeline: the samples, CDNOW and Online Retail where their data are there, and the
small cases of edge.py. Each runs `kohort run`, reads the published tables and the counts of
run.json, recomputes them from the same input and prints one line for each. Fitted models are
held against their likelihoods. With `--recompute-only` the binary only tells which tables there are:
the recomputation itself is checked against published results and facts worked out by hand.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

import compare
import declared
import edge
import identities
import known
import models
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
    fits: known.Fits = field(default_factory=dict)
    # Whether a fit of another package tells what clv_holdout is to expect.
    has_other_fit: bool = False


NAMES = [
    *("sample", "subscriptions", "lifetime", "everything", "everything_cut", "no_history", "no_history_cut"),
    *("cdnow", "cdnow_sample", "online_retail", "online_retail_any"),
    *(case.name for case in edge.CASES),
]


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
    parser.add_argument("--kohort", type=Path, required=True, help="the binary to verify")
    parser.add_argument("--case", action="append", choices=NAMES, metavar="NAME", help="only this; may be repeated")
    parser.add_argument("--online-retail", metavar="FILE", help="the Online Retail data as Parquet")
    parser.add_argument("--recompute-only", action="store_true", help="check the recomputation alone")
    options = parser.parse_args()
    options.kohort = options.kohort.resolve()
    declared.ask(options.kohort)
    return options


def cases(options: argparse.Namespace, folder: Path) -> Iterator[Case]:
    """The cases asked for whose data are there; prints why one is not."""
    for name in options.case or NAMES:
        made = MAKERS.get(name, lambda _, folder, name=name: edge_case(name, folder))(options, folder)
        if isinstance(made, Case):
            yield made
        else:
            print(f"{name}: skipped, {made}")


def sample(options: argparse.Namespace, _: Path) -> Case:
    path = REPOSITORY / "pipelines/sample.toml"
    if not pipeline.input_paths(path):
        subprocess.run([options.kohort, "sample", REPOSITORY / "data/sample"], check=True)
    return Case("sample", path, (pipeline.everything(path),))


# What else is known of the people of the sample business, for its shop too.
SIDE_INPUTS = {
    "prospects": {"first_seen_at": "first_seen_at"},
    "contacts": {
        "contacted_at": "contacted_at",
        "campaign": "campaign",
        "strategy": "strategy",
        "variant": "variant",
        "holdout": ["holdout"],
    },
    "surveys": {"answered_at": "answered_at", "reason": "reason"},
}


def subscriptions(options: argparse.Namespace, _: Path) -> Case:
    return business("subscriptions", (), options)


def lifetime(options: argparse.Namespace, _: Path) -> Case:
    """The shop whose customers come back, with the contacts and answers of as many others."""
    same = "customer_id + 4999900000"
    overrides = []
    for name, mapped in SIDE_INPUTS.items():
        mapped = {"path": f"../data/subscriptions/{name}.parquet", "customer_id": same} | mapped
        overrides += [f"inputs.{name}.{key}={json.dumps(value)}" for key, value in mapped.items()]
    return business("lifetime", tuple(overrides), options)


def business(name: str, overrides: tuple[str, ...], options: argparse.Namespace) -> Case:
    path = REPOSITORY / f"pipelines/{name}.toml"
    if not pipeline.input_paths(path):
        subprocess.run([options.kohort, "sample", REPOSITORY / "data/subscriptions", "--subscriptions"], check=True)
    return Case(name, path, (*overrides, pipeline.everything(path, SIDE_INPUTS if overrides else None)))


def everything(options: argparse.Namespace, folder: Path, *settings: str) -> Case:
    """The made-up shop with every input."""
    data = folder / "everything"
    if not data.exists():
        subprocess.run([options.kohort, "sample", data, "--everything", "--customers", "1500"], check=True)
    path = REPOSITORY / "pipelines/everything.toml"
    inputs = tomllib.loads(path.read_text())["inputs"]
    moved = [f"inputs.{name}.path={json.dumps(str(data / Path(i['path']).name))}" for name, i in inputs.items()]
    overrides = (*moved, pipeline.everything(path), *settings)
    return Case("everything_cut" if settings else "everything", path, overrides)


def everything_cut(options: argparse.Namespace, folder: Path) -> Case:
    """On a day on which much is undecided, and after which there is more."""
    return everything(
        options,
        folder,
        "calendar.as_of=2024-09-18",
        'calendar.grains=["week", "month", "year"]',
        "customers.lapse_after_days=60",
        "funnel.window_hours=20",
        "carts.window_hours=30",
        "cross_sell.max_items=9",
        "cross_sell.min_support=0.02",
        "alerts.late_share.below=0.5",
        "alerts.nps.grain=year",
    )


def no_history(options: argparse.Namespace, folder: Path, *settings: str) -> Case:
    """What the inputs of the made-up shop tell that need no orders."""
    everything(options, folder)
    toml = tomllib.loads((REPOSITORY / "pipelines/everything.toml").read_text())
    sections = {"outputs": {"path": "out"}, "money": {"currency": "GBP"}, "calendar": toml["calendar"]}
    sections |= {name: toml[name] for name in ("funnel", "carts", "lost_sales", "receivables") if name in toml}
    alone = ("surveys", "touchpoints", "identities", "opportunities", "order_lines", "returns", "invoices")
    for name in alone:
        path = str(folder / "everything" / Path(toml["inputs"][name]["path"]).name)
        sections[f"inputs.{name}"] = toml["inputs"][name] | {"path": path}
    lines = []
    for name, keys in sections.items():
        plain = {key: value for key, value in keys.items() if not isinstance(value, dict)}
        lines += [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in plain.items())]
    path = folder / "no_history.toml"
    path.write_text("\n".join(lines) + "\n")
    return Case("no_history_cut" if settings else "no_history", path, settings)


def no_history_cut(options: argparse.Namespace, folder: Path) -> Case:
    """On a day after which there are payments and decisions."""
    return no_history(options, folder, "calendar.as_of=2024-03-10", "money.scale=0")


def cdnow(*_: object) -> Case | str:
    path = REPOSITORY / "pipelines/cdnow.toml"
    if not pipeline.input_paths(path):
        return "data/cdnow is missing: run `make data-cdnow`"
    return Case("cdnow", path, (pipeline.everything(path),), known=known.cdnow())


def cdnow_sample(*_: object) -> Case | str:
    """A tenth of the customers, whose first 39 weeks the papers on lifetime value are about."""
    path = REPOSITORY / "pipelines/cdnow.toml"
    if not pipeline.input_paths(path):
        return "data/cdnow is missing: run `make data-cdnow`"
    overrides = (
        'inputs.orders.path="../data/cdnow/cdnow_sample.parquet"',
        "calendar.as_of=1997-10-01",
        pipeline.everything(path),
    )
    return Case("cdnow_sample", path, overrides, known.cdnow_sample(), fits=known.CDNOW_FITS, has_other_fit=True)


def online_retail(options: argparse.Namespace, _: Path) -> Case | str:
    return retail("online_retail", "active_sales", (), options)


def online_retail_any(options: argparse.Namespace, _: Path) -> Case | str:
    everyone = ("customers.activity=any", 'inputs.orders.where="CustomerID IS NOT NULL"')
    return retail("online_retail_any", "active_any", everyone, options)


def retail(name: str, column: str, overrides: tuple[str, ...], options: argparse.Namespace) -> Case | str:
    data = known.online_retail_file(options.online_retail)
    if not data:
        return "data/online_retail is missing: name the file with --online-retail"
    path = f'inputs.orders.path="{data.resolve()}"'
    file = REPOSITORY / "pipelines/online_retail.toml"
    overrides = (path, *overrides, pipeline.everything(file))
    return Case(name, file, overrides, known.online_retail(column))


def edge_case(name: str, folder: Path) -> Case:
    case = next(case for case in edge.CASES if case.name == name)
    path = case.write(folder / "edge" / name)
    overrides = () if case.default_tables else (pipeline.everything(path),)
    return Case(name, path, overrides, facts=case.facts, fits=case.fits)


MAKERS = {
    "sample": sample,
    "subscriptions": subscriptions,
    "lifetime": lifetime,
    "everything": everything,
    "everything_cut": everything_cut,
    "no_history": no_history,
    "no_history_cut": no_history_cut,
    "cdnow": cdnow,
    "cdnow_sample": cdnow_sample,
    "online_retail": online_retail,
    "online_retail_any": online_retail_any,
}


def verify(case: Case, options: argparse.Namespace, folder: Path) -> bool:
    """Whether everything about the case is as it should be; prints what is not."""
    settings = pipeline.read(case.pipeline, case.overrides)
    db = recompute(settings)
    faults = identities.faults(db, settings)
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
        good &= table_agrees(db, case.name, table, output / "current" / f"{table}.parquet", settings)
    good &= models_agree(db, case, settings, output / "current")
    good &= record_agrees(db, case.name, settings, output / "current" / "run.json")
    shutil.rmtree(output)
    return good


def table_agrees(
    db: duckdb.DuckDBPyConnection, case: str, table: str, file: Path, settings: pipeline.Pipeline
) -> bool:
    if not file.exists():
        print(f"{case} {table} is not published")
        return False
    segments = tuple(settings.first_segments)
    id_type = db.sql("SELECT customer_id FROM person LIMIT 0").to_arrow_table().schema.field(0).type
    outcome = compare.compare(db, table, file, settings.scale, segments)
    faults = published.faults(table, file, settings, id_type)
    good = not outcome.wrong and not faults
    print(f"{case} {table} {outcome.rows} rows {outcome.cells} cells {word(good)}")
    for line in faults:
        print(f"    {line}")
    if outcome.wrong:
        print(f"    {outcome.wrong} differences, the first of them:")
    for line in outcome.shown:
        print(f"    {line}")
    return good


def models_agree(db: duckdb.DuckDBPyConnection, case: Case, settings: pipeline.Pipeline, folder: Path) -> bool:
    faults = models.faults(db, settings, folder) + known.fit_faults(case.fits, folder)
    if case.has_other_fit:
        faults += models.holdout_faults(db, settings, folder)
    print(f"{case.name} models {word(not faults)}")
    for line in faults:
        print(f"    {line}")
    return not faults


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
    if table in declared.tables() and "segment" in declared.key(table) and "segment" not in condition:
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
