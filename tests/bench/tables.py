"""Costs of each of kohort's tables on the orders of TPC-H.

The yardstick is a run with the tables of `pipelines/tpch.toml`. Beside it run all tables that
orders offer, the same without those that are only written on request, and the yardstick's tables
with one more each.
"""

import argparse
import json
import os
import platform
import tempfile
from pathlib import Path

import bench
import data
import measure

ALL, UNASKED = "all tables", "all but those on request"


def offered(kohort: Path) -> dict[str, bool]:
    """The tables that a pipeline of orders can have, and whether it writes them unasked."""
    declared = json.loads(measure.run([str(kohort), "schema", "--format", "json"]).written)["tables"]
    orders = {"input": "orders"}
    return {
        table["name"]: table["written"] == "by default" for table in declared
        if table["written"] != "with checks" and (not table["requires"] or orders in table["requires"])
    }


def selections(kohort: Path, one_by_one: bool) -> dict[str, tuple[str, ...]]:
    """The runs to compare: a name and its tables."""
    first, tables = bench.tables_of(bench.PIPELINE), offered(kohort)
    runs = {
        "first tables": first,
        UNASKED: tuple(table for table, is_unasked in tables.items() if is_unasked),
        ALL: tuple(tables),
    }
    if one_by_one:
        runs |= {f"first and {table}": (*first, table) for table in tables if table not in first}
    return runs


def compare(on: bench.Bench, selected: dict[str, tuple[str, ...]], runs: int) -> dict:
    """The median cost of each selection, of interleaved runs."""
    costs = {name: [] for name in selected}
    for _ in range(runs):
        for name, tables in selected.items():
            costs[name].append(on.run_kohort("--select", ",".join(tables))[0])
    return {name: measure.median(measured) for name, measured in costs.items()}


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sf", default="1", help="TPC-H scale factor, 1.5 million orders each")
    parser.add_argument("--runs", type=int, default=5, help="interleaved runs (%(default)s)")
    parser.add_argument("--kohort", type=Path, default=bench.TARGET / "kohort")
    parser.add_argument("--together", action="store_true", help="leave out the runs with one more")
    found = parser.parse_args()
    if not found.kohort.exists():
        parser.error(f"{found.kohort} is not there: cargo build --release, or --kohort BINARY")
    return found


def main() -> None:
    chosen = arguments()
    print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors, "
          f"{bench.THREADS} threads each, median of {chosen.runs}\n", flush=True)
    bench.make("tpch", chosen.sf)
    with tempfile.TemporaryDirectory(prefix="kohort-bench-") as scratch:
        on = bench.Bench(data.tpch(chosen.sf), chosen.kohort, Path(scratch))
        costs = compare(on, selections(chosen.kohort, not chosen.together), chosen.runs)
    bench.print_table(costs, "tables")
    first = costs["first tables"].cpu
    unasked, ratio = (costs[name].cpu / first for name in (UNASKED, ALL))
    print(f"\nAll tables but those on request cost {unasked:.2f}× the CPU seconds of the first ones, "
          f"all {ratio:.2f}×.")


if __name__ == "__main__":
    main()
