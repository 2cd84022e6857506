"""Costs of each table on a made-up shop that has every input.

The yardstick is a run with the tables of `pipelines/tpch.toml`, but for `lost_sales`, which other inputs
have too. Beside it runs the same with one more table each, and all tables of the pipeline. Every run
reads only the inputs that its tables need.
"""

import argparse
import os
import platform
import tempfile
from pathlib import Path

import bench
import measure

PIPELINE = Path(__file__).parents[2] / "pipelines" / "everything.toml"
FIRST = tuple(table for table in bench.tables_of(bench.PIPELINE) if table != "lost_sales")


def pipeline(folder: Path) -> Path:
    """The pipeline of the repository, on the shop in `folder`."""
    text = PIPELINE.read_text().replace("../data/everything", str(folder))
    path = folder / "everything.toml"
    path.write_text(text)
    return path


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", default="100000", help="of the shop (%(default)s)")
    parser.add_argument("--runs", type=int, default=3, help="interleaved runs (%(default)s)")
    parser.add_argument("--kohort", type=Path, default=bench.TARGET / "kohort")
    found = parser.parse_args()
    if not found.kohort.exists():
        parser.error(f"{found.kohort} is not there: cargo build --release, or --kohort BINARY")
    return found


def main() -> None:
    chosen = arguments()
    print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors, "
          f"{bench.THREADS} threads each, median of {chosen.runs}, {chosen.customers} customers\n", flush=True)
    with tempfile.TemporaryDirectory(prefix="kohort-bench-") as scratch:
        folder = Path(scratch)
        kohort = str(chosen.kohort)
        measure.run([kohort, "sample", scratch, "--everything", "--customers", chosen.customers])
        file = str(pipeline(folder))
        selected = {"orders' tables": FIRST}
        selected |= {f"and {table}": (*FIRST, table) for table in bench.tables_of(PIPELINE)
                     if table not in FIRST}
        selected["all tables"] = ()
        costs = {name: [] for name in selected}
        for _ in range(chosen.runs):
            for name, tables in selected.items():
                select = ["--select", ",".join(tables)] if tables else []
                costs[name].append(measure.run(
                    [kohort, "run", file, "--quiet", "--threads", str(bench.THREADS),
                     "--output", str(folder / "out"), *select]))
        bench.print_table({name: measure.median(runs) for name, runs in costs.items()}, "tables")


if __name__ == "__main__":
    main()
