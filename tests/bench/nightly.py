"""Benchmark of a night: one day of new orders on two years of them, a file a day.

    python nightly.py [--sf 10] [--runs 3] [--kohort BINARY]

Kohort goes on from what it kept, reads everything again, and reads everything without keeping
anything; DuckDB computes the same cells from all files. The tables of a night must be those of a full
refresh, and its cells DuckDB's, before anything is measured. Also told is how large what is kept is beside
the columns that it stands for, as they are compressed in the files.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

import bench
import data
import measure

NIGHT, FULL, BARE, PEER = "a night", "full refresh", "full refresh, nothing kept", "duckdb"


class Nights:
    """Two years of files, the last of which comes and goes."""

    def __init__(self, source: Path, kohort: Path, scratch: Path) -> None:
        self.kohort, self.scratch = kohort, scratch
        self.folder = scratch / "orders"
        self.folder.mkdir()
        self.files = sorted(source.glob("*/*.parquet"))
        for file in self.files:
            self.put(file)

    def put(self, file: Path) -> None:
        """A file of the source, under the name of its day and with its own time of change."""
        os.link(file, self.folder / f"{file.parent.name}.parquet")

    def run(self, output: str, *more: str) -> measure.Cost:
        """One run of kohort."""
        return measure.run([
            str(self.kohort), "run", str(bench.PIPELINE), "--quiet",
            "--set", f"inputs.orders.path={self.folder}",
            "--output", str(self.scratch / output), "--threads", str(bench.THREADS), *more,
        ])

    def night(self) -> measure.Cost:
        """The run of the last day's file on what was kept of all others."""
        last = self.folder / f"{self.files[-1].parent.name}.parquet"
        last.unlink(missing_ok=True)
        self.run("kept")
        self.put(self.files[-1])
        return self.run("kept")

    def record(self, output: str) -> dict:
        """What the current run says of itself."""
        return json.loads((self.scratch / output / "current" / "run.json").read_text())

    def peer(self) -> measure.Cost:
        """DuckDB over all files."""
        script = bench.HERE / "engines" / "duckdb_peer.py"
        found = self.scratch / "duckdb.json"
        return measure.run([sys.executable, str(script), str(self.folder / "*.parquet"), str(found)])

    def check(self) -> None:
        """Ends the run unless a night finds what the others do."""
        self.night()
        self.run("full", "--full-refresh")
        night, full = self.record("kept"), self.record("full")
        reused = night["inputs"][0]["files_reused"]
        if reused != len(self.files) - 1 or night["tables"] != full["tables"]:
            raise SystemExit(f"a night is no full refresh: {reused} files reused")
        print(f"{reused} of {len(self.files)} files reused, tables equal to those of a full refresh")
        self.peer()
        found = self.scratch / "kept.json"
        script = bench.HERE / "engines" / "kohort_cells.py"
        measure.run([sys.executable, str(script), str(self.scratch / "kept"), str(found)])
        expected = bench.cells.read(self.scratch / "duckdb.json")
        bench.check("duckdb", expected, "a night", bench.cells.read(found))

    def sizes(self) -> None:
        """What is kept beside what it stands for."""
        kept = sum(file.stat().st_size for file in (self.scratch / "kept" / ".state").rglob("*")
                   if file.is_file())
        files = len(list((self.scratch / "kept" / ".state").rglob("*.blocks")))
        script = ("import sys, pyarrow.parquet as pq\n"
                  "columns, total = sys.argv[1].split(','), 0\n"
                  "for path in sys.argv[2:]:\n"
                  "    meta = pq.read_metadata(path)\n"
                  "    for g in range(meta.num_row_groups):\n"
                  "        group = meta.row_group(g)\n"
                  "        for c in range(meta.num_columns):\n"
                  "            column = group.column(c)\n"
                  "            if column.path_in_schema in columns:\n"
                  "                total += column.total_compressed_size\n"
                  "print(total)")
        cost = measure.run([sys.executable, "-c", script, ",".join(data.COLUMNS),
                            *map(str, self.files)])
        columns = int(cost.written)
        print(f"kept: {kept / 1e6:.1f} MB in {files} files of blocks, {kept / columns:.2f} of the "
              f"{columns / 1e6:.1f} MB that the columns take")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sf", default="10", help="TPC-H scale factor, 1.5 million orders each")
    parser.add_argument("--runs", type=int, default=3, help="interleaved runs (%(default)s)")
    parser.add_argument("--kohort", type=Path, default=bench.TARGET / "kohort")
    chosen = parser.parse_args()
    bench.make("daily", chosen.sf)
    # Hard links need the disk of the files.
    with tempfile.TemporaryDirectory(prefix="nights-", dir=data.FOLDER) as scratch:
        nights = Nights(data.FOLDER / f"sf{chosen.sf}" / "daily", chosen.kohort.absolute(),
                        Path(scratch))
        nights.check()
        costs = {NIGHT: [], FULL: [], BARE: [], PEER: []}
        for _ in range(chosen.runs):
            costs[NIGHT].append(nights.night())
            costs[FULL].append(nights.run("full", "--full-refresh"))
            costs[BARE].append(nights.run("bare", "--full-refresh", "--set", "state.keep=false"))
            costs[PEER].append(nights.peer())
        print()
        bench.print_table({name: measure.median(measured) for name, measured in costs.items()},
                          "run")
        nights.sizes()


if __name__ == "__main__":
    main()
