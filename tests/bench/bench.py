"""Benchmark of kohort against DuckDB, Polars, ClickHouse and DataFusion on the orders of TPC-H.

Peers come in two forms: tuned, the fastest that was found, and plain, as one writes it at first. Each
engine computes the same cells of cohort_retention, customer_retention, revenue_churn and
lost_sales (`cells.py`) from one Parquet file, in a process of its own, with two threads, and
its cells must equal kohort's before anything is measured. Kohort's own run computes and
publishes the whole of its five tables.
"""

import argparse
import importlib.metadata
import os
import platform
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

import cells
import data
import measure

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
PIPELINE = REPOSITORY / "pipelines" / "tpch.toml"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target")) / "release"
THREADS = 2


@dataclass(frozen=True)
class Peer:
    """An engine to compare with."""

    package: str
    """The package that it comes from."""
    command: tuple[str, ...]
    """Its script under `engines`; the orders and the file for its cells follow, then what else is named."""
    is_plain: bool = False
    """Whether it is written as one writes it at first, rather than in the fastest form that was found."""


PEERS = {
    "polars": Peer("polars", ("polars_peer.py",)),
    "clickhouse": Peer("chdb", ("clickhouse_peer.py",)),
    "duckdb": Peer("duckdb", ("duckdb_peer.py",)),
    "datafusion": Peer("datafusion", ("datafusion_peer.py",)),
    "duckdb-plain": Peer("duckdb", ("duckdb_peer.py", "duckdb_plain.sql"), is_plain=True),
    "polars-plain": Peer("polars", ("polars_plain_peer.py",), is_plain=True),
}
DECODE = "decode"
MEBIBYTE = 1024 * 1024


class Bench:
    """One file of orders, and the engines that can run on it."""

    def __init__(self, orders: Path, kohort: Path, scratch: Path) -> None:
        self.orders, self.kohort, self.scratch = orders, kohort, scratch
        self.runs = 0

    def run_kohort(self, *more: str) -> tuple[measure.Cost, Path]:
        """One run of kohort into a folder of its own."""
        self.runs += 1
        output = self.scratch / f"kohort-{self.runs}"
        cost = measure.run([
            str(self.kohort), "run", str(PIPELINE),
            "--set", f"inputs.orders.path={self.orders}",
            "--output", str(output), "--threads", str(THREADS), *more,
        ])
        return cost, output

    def run(self, engine: str) -> tuple[measure.Cost, Path]:
        """One run of an engine: its cost, and the file of its cells (kohort: its tables)."""
        if engine == "kohort":
            return self.run_kohort()
        found = self.scratch / f"{engine}.json"
        script, *more = PEERS[engine].command
        return measure.run([sys.executable, str(HERE / "engines" / script), str(self.orders),
                            str(found), *more]), found

    def cells(self, engine: str) -> dict:
        """An engine's cells."""
        _, found = self.run(engine)
        return cells.read(self.published(found) if engine == "kohort" else found)

    def published(self, output: Path) -> Path:
        """The cells of a run of kohort, read back from what it published."""
        found = output.with_suffix(".json")
        script = HERE / "engines" / "kohort_cells.py"
        measure.run([sys.executable, str(script), str(output), str(found)])
        return found

    def decode(self, binary: Path) -> measure.Cost:
        """Decoding the needed columns, and nothing else, with the reader that kohort uses."""
        return measure.run([str(binary), str(self.orders), *data.COLUMNS],
                           {"POLARS_MAX_THREADS": str(THREADS)})


def tables_of(pipeline: Path) -> tuple[str, ...]:
    """The tables that a pipeline file asks for."""
    return tuple(tomllib.loads(pipeline.read_text())["outputs"]["tables"])


def check(first: str, expected: dict, second: str, found: dict) -> None:
    """Ends the run unless two engines agree on every cell."""
    compared, lines = cells.differences(expected, found)
    if lines:
        shown = "\n".join(lines[:20])
        raise SystemExit(f"{first} and {second} differ in {len(lines)} places:\n{shown}")
    print(f"{second}: {compared:,} cells equal to those of {first}", flush=True)


def compare(bench: Bench, engines: list[str], decode: Path | None, runs: int,
            skip_check: bool) -> None:
    """Checks the engines against the first of them, measures them and prints a table."""
    if not skip_check:
        expected = bench.cells(engines[0])
        for engine in engines[1:]:
            check(engines[0], expected, engine, bench.cells(engine))

    costs = {engine: [] for engine in engines}
    if decode:
        costs[DECODE] = []
    for _ in range(runs):
        for engine, measured in costs.items():
            measure.warm()
            measured.append(bench.decode(decode) if engine == DECODE else bench.run(engine)[0])
    medians = {engine: measure.median(measured) for engine, measured in costs.items()}
    print()
    print_table(medians)
    bare = medians.pop(DECODE, None)
    if engines[0] == "kohort":
        print_ratios(medians, bare)


def print_table(medians: dict[str, measure.Cost], heading: str = "engine") -> None:
    """One row per engine, with its multiple of the first."""
    base = next(iter(medians.values()))
    print(f"| {heading} | CPU s | | wall s | | peak MiB | |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for engine, cost in medians.items():
        name = f"{engine}{version(engine)}"
        print(f"| {name} | {cost.cpu:.2f} | {cost.cpu / base.cpu:.2f}× "
              f"| {cost.wall:.2f} | {cost.wall / base.wall:.2f}× "
              f"| {cost.peak / MEBIBYTE:,.0f} | {cost.peak / base.peak:.2f}× |")


def print_ratios(medians: dict[str, measure.Cost], bare: measure.Cost | None) -> None:
    """Kohort against the best peer in each figure, and against the bare decode."""
    kohort = medians["kohort"]
    print()
    for form, is_plain in (("tuned", False), ("plain", True)):
        peers = [cost for engine, cost in medians.items()
                 if engine != "kohort" and PEERS[engine].is_plain == is_plain]
        if not peers:
            continue
        cpu = min(cost.cpu for cost in peers) / kohort.cpu
        wall = min(cost.wall for cost in peers) / kohort.wall
        peak = kohort.peak / min(cost.peak for cost in peers)
        print(f"Against the best {form} peer: {cpu:.1f}× fewer CPU seconds, {wall:.1f}× less wall "
              f"time, {peak:.2f} of the peak memory.")
    if bare:
        print(f"Against decoding the needed columns alone: {kohort.cpu / bare.cpu:.1f}× "
              "the CPU seconds.")


def version(engine: str) -> str:
    """The package of a peer and its version, in brackets."""
    peer = PEERS.get(engine)
    return f" ({peer.package} {importlib.metadata.version(peer.package)})" if peer else ""


def compare_ids(integers: Bench, strings: Bench, runs: int) -> None:
    """What customers named by strings cost against customers named by integers."""
    check("integers", integers.cells("kohort"), "strings", strings.cells("kohort"))
    costs = {"integer ids": [], "string ids": []}
    for _ in range(runs):
        measure.warm()
        costs["integer ids"].append(integers.run("kohort")[0])
        measure.warm()
        costs["string ids"].append(strings.run("kohort")[0])
    print()
    print_table({ids: measure.median(measured) for ids, measured in costs.items()})


def limit_memory(bench: Bench, limit: str) -> None:
    """One run over many orders inside a memory limit."""
    cost, _ = bench.run_kohort("--memory-limit", limit)
    print(f"{data.MANY:,} orders with --memory-limit {limit}: peak "
          f"{cost.peak / MEBIBYTE:,.0f} MiB, {cost.cpu:.1f} CPU s, {cost.wall:.1f} s wall")


def make(*arguments: str) -> None:
    """Makes orders in a process of its own: see `measure.run` for why."""
    measure.run([sys.executable, str(HERE / "data.py"), *arguments])


def arguments() -> argparse.Namespace:
    """The command line."""
    names = ["kohort", *PEERS]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sf", default="1", help="TPC-H scale factor, 1.5 million orders each")
    parser.add_argument("--engines", default=",".join(names),
                        help="engines to compare; the first is the yardstick (%(default)s)")
    parser.add_argument("--runs", type=int, default=3, help="interleaved runs (%(default)s)")
    parser.add_argument("--kohort", type=Path, default=TARGET / "kohort")
    parser.add_argument("--decode", type=Path, default=TARGET / "examples" / "decode",
                        help="binary that decodes columns and does nothing with them")
    parser.add_argument("--skip-check", action="store_true", help="measure only")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--ids", choices=["strings"],
                      help="kohort alone: string ids of customers against integers")
    mode.add_argument("--memory-limit", nargs="?", const="1GiB", metavar="SIZE",
                      help=f"kohort alone: {data.MANY:,} orders inside SIZE (%(const)s)")
    found = parser.parse_args()
    found.engines = found.engines.split(",")
    unknown = sorted(set(found.engines) - set(names))
    if unknown:
        parser.error(f"no engine {', '.join(unknown)}: there are {', '.join(names)}")
    alone = found.ids or found.memory_limit
    if (alone or "kohort" in found.engines) and not found.kohort.exists():
        parser.error(f"{found.kohort} is not there: cargo build --release, or --kohort BINARY")
    return found


def main() -> None:
    chosen = arguments()
    runs = 1 if chosen.memory_limit else chosen.runs
    print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors, "
          f"{THREADS} threads each, median of {runs}", flush=True)
    with tempfile.TemporaryDirectory(prefix="kohort-bench-") as scratch:
        scratch = Path(scratch)
        if chosen.memory_limit:
            make("many")
            limit_memory(Bench(data.many(), chosen.kohort, scratch), chosen.memory_limit)
        elif chosen.ids:
            make("ids", chosen.sf)
            (scratch / "strings").mkdir()
            integers, strings = data.ids(chosen.sf)
            compare_ids(Bench(integers, chosen.kohort, scratch),
                        Bench(strings, chosen.kohort, scratch / "strings"), chosen.runs)
        else:
            make("tpch", chosen.sf)
            decode = chosen.decode if chosen.decode.exists() else None
            if decode is None:
                print(f"{chosen.decode} is not there: no comparison with the bare decode "
                      "(cargo build --release -p kohort-load --example decode)")
            compare(Bench(data.tpch(chosen.sf), chosen.kohort, scratch), chosen.engines, decode,
                    chosen.runs, chosen.skip_check)


if __name__ == "__main__":
    main()
