"""The orders to measure on. Each file is made once and kept under `data/tpch` of the repository.

    python data.py tpch SF              as tpchgen-cli writes them
    python data.py ids SF               with the customer as an integer and as a string
    python data.py many                 100 million orders
    python data.py daily SF             dealt over two years, a file a day
"""

import argparse
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "data" / "tpch"
COLUMNS = ["o_custkey", "o_orderkey", "o_orderdate", "o_totalprice", "o_orderstatus"]
"""What the tables need of an order."""

MANY = 100_000_000
DAYS = 731
"""Days of two years, one of them a leap year."""
COPIES = 7
"""Orders of scale factor 10 that make MANY, as copies with customers of their own."""


def tpch(scale: str) -> Path:
    """The orders of a scale factor: 1.5 million times the factor."""
    path = FOLDER / f"sf{scale}" / "orders.parquet"
    if not path.exists():
        command = Path(sys.executable).with_name("tpchgen-cli")
        made = path.parent / "made"
        subprocess.run(
            [command if command.exists() else "tpchgen-cli", "parquet", "--scale-factor", scale,
             "--tables", "orders", "--output-dir", made, "--overwrite", "--quiet"],
            check=True,
        )
        (made / path.name).rename(path)
        made.rmdir()
    return path


def daily(scale: str) -> Path:
    """The orders of a scale factor dealt over two years, a file a day, in the order of their time."""
    folder = FOLDER / f"sf{scale}" / "daily"
    if not folder.exists():
        import duckdb

        made = folder.with_name("daily.made")
        day = f"(o_orderdate - DATE '1992-01-01') * {DAYS} // 2406"
        columns = ", ".join(name for name in COLUMNS if name != "o_orderdate")
        duckdb.sql(f"""
            COPY (
                SELECT {columns}, DATE '2024-01-01' + ({day})::INTEGER AS o_orderdate, o_orderdate AS day
                FROM '{tpch(scale)}'
            ) TO '{made}' (FORMAT parquet, PARTITION_BY (day), WRITE_PARTITION_COLUMNS false)
        """.replace("o_orderdate AS day", f"DATE '2024-01-01' + ({day})::INTEGER AS day"))
        made.rename(folder)
    return folder


def ids(scale: str) -> tuple[Path, Path]:
    """The same orders twice, written alike, with integers and with strings as customers."""
    source = tpch(scale)
    integers, strings = (source.with_name(f"orders_{kind}.parquet")
                         for kind in ("integers", "strings"))
    if not (integers.exists() and strings.exists()):
        import pyarrow as pa
        import pyarrow.compute as pc

        def name(batch):
            digits = pc.utf8_lpad(batch["o_custkey"].cast(pa.string()), 9, "0")
            names = pc.binary_join_element_wise("Customer#", digits, "")
            return replace(batch, 0, names)

        rewrite(source, integers, lambda batch: [batch])
        rewrite(source, strings, lambda batch: [name(batch)])
    return integers, strings


def many() -> Path:
    """MANY orders: those of scale factor 10, each for several customers."""
    path = FOLDER / "many" / "orders.parquet"
    if not path.exists():
        source = tpch("10")
        import pyarrow.compute as pc

        def copies(batch):
            for copy in range(COPIES):
                shifted = batch
                for index, key in enumerate(("o_custkey", "o_orderkey")):
                    moved = pc.add(pc.multiply(batch[key], COPIES), copy)
                    shifted = replace(shifted, index, moved)
                yield shifted

        rewrite(source, path, copies, MANY)
    return path


def replace(batch, index: int, values):
    """A batch with other values in a column, which stays free of nulls."""
    field = batch.schema.field(index).with_type(values.type).with_nullable(False)
    return batch.set_column(index, field, values)


def rewrite(source: Path, target: Path, change, rows: int | None = None) -> None:
    """Writes what `change` makes of each row group, up to a number of rows, never all at once."""
    import pyarrow.parquet as pq

    target.parent.mkdir(parents=True, exist_ok=True)
    made = target.with_suffix(".made")
    read = pq.ParquetFile(source)
    writer, left = None, rows
    for group in range(read.num_row_groups):
        groups = read.read_row_group(group, columns=COLUMNS).select(COLUMNS).combine_chunks()
        for batch in groups.to_batches():
            for changed in change(batch):
                changed = changed if left is None else changed.slice(0, left)
                if changed.num_rows == 0:
                    continue
                writer = writer or pq.ParquetWriter(
                    made, changed.schema, store_decimal_as_integer=True
                )
                writer.write_batch(changed)
                left = None if left is None else left - changed.num_rows
    writer.close()
    made.rename(target)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=("tpch", "ids", "many", "daily"))
    parser.add_argument("scale", nargs="?", default="1")
    arguments = parser.parse_args()
    if arguments.kind == "many":
        many()
    else:
        {"tpch": tpch, "ids": ids, "daily": daily}[arguments.kind](arguments.scale)


if __name__ == "__main__":
    main()
