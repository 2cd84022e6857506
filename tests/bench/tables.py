"""Measures what each of kohort's tables costs on the orders of TPC-H.

The yardstick is a run with the tables of `pipelines/tpch.toml`. Beside it run all tables that
orders offer, the same without the two that list every customer, and the yardstick's tables with
one more each.
"""

import argparse
import os
import platform
import tempfile
from pathlib import Path

import bench
import data
import measure

FIRST = ("cohort_retention", "cohort_curve", "customer_retention", "revenue_churn", "lost_sales")
FURTHER = ("win_back", "purchase_gaps", "purchase_gap_histogram", "loyalty", "clv_models",
           "clv_holdout")
LEDGERS = ("customers", "revenue_movements")
"""The tables with rows for every customer."""


def selections(one_by_one: bool) -> dict[str, tuple[str, ...]]:
    """The runs to compare: a name and its tables."""
    runs = {
        "first tables": FIRST,
        "all but the ledgers": FIRST + FURTHER,
        "all tables": FIRST + FURTHER + LEDGERS,
    }
    if one_by_one:
        runs |= {f"first and {table}": (*FIRST, table) for table in FURTHER + LEDGERS}
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
        costs = compare(on, selections(not chosen.together), chosen.runs)
    bench.print_table(costs, "tables")
    first = costs["first tables"].cpu
    without, ratio = (costs[name].cpu / first for name in ("all but the ledgers", "all tables"))
    print(f"\nAll tables but those with rows for each customer cost {without:.2f}× the CPU seconds of the first "
          f"ones, all {ratio:.2f}×.")


if __name__ == "__main__":
    main()
