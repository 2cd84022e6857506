"""Maker of data/cdnow/*.parquet from the text files of PyPI's package lifetimes.

The CDNOW purchase history was published with Fader and Hardie's papers on customer base
analysis. `cdnow_master` holds 69,659 purchases of 23,570 customers, `cdnow_sample` the
customers of its 1/10 sample.

Usage: python data.py [DIRECTORY]
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

TARGET = Path(__file__).resolve().parents[2] / "data" / "cdnow"

# File, the number of its heading lines, its columns, rows and customers.
FILES = {
    "cdnow_master": ("CDNOW_master.txt", 1, ["customer_id", "date", "cds", "dollars"], 69_659, 23_570),
    "cdnow_sample": ("CDNOW_sample.txt", 0, ["master_id", "customer_id", "date", "cds", "dollars"], 6_919, 2_357),
}


def main() -> None:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    target.mkdir(parents=True, exist_ok=True)
    for name, (file, heading, columns, rows, customers) in FILES.items():
        table = read(datasets() / file, heading, columns)
        seen = (table.num_rows, pc.count_distinct(table["customer_id"]).as_py())
        if seen != (rows, customers):
            sys.exit(f"{file}: {seen[0]} rows of {seen[1]} customers, expected {rows} of {customers}")
        path = target / f"{name}.parquet"
        pq.write_table(table, path, compression="zstd")
        print(f"{path}: {rows} purchases of {customers} customers")


def datasets() -> Path:
    # Found, not imported: the files are wanted, not the package's code.
    spec = importlib.util.find_spec("lifetimes")
    if spec is None or spec.origin is None:
        sys.exit("the package lifetimes is missing: pip install -r tests/verify/requirements.txt")
    return Path(spec.origin).parent / "datasets"


def read(path: Path, heading: int, names: list[str]) -> pa.Table:
    """The columns customer_id, date, cds and dollars of a file in columns of blanks."""
    rows = [line.split() for line in path.read_text().splitlines()[heading:] if line.strip()]
    table = pa.table([pa.array(column, pa.string()) for column in zip(*rows)], names)
    return pa.table(
        {
            "customer_id": table["customer_id"],
            "date": pc.strptime(table["date"], format="%Y%m%d", unit="s").cast(pa.date32()),
            "cds": table["cds"].cast(pa.int64()),
            "dollars": table["dollars"].cast(pa.decimal128(12, 2)),
        }
    )


if __name__ == "__main__":
    main()
