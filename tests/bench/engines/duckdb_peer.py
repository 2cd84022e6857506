"""The cells by DuckDB: `python duckdb_peer.py ORDERS.parquet CELLS.json [SCRIPT.sql]`."""

import sys
from pathlib import Path

import duckdb

sys.path.append(str(Path(__file__).parent.parent))
import cells  # noqa: E402


def main(orders: str, output: str, script: str = "duckdb.sql") -> None:
    connection = duckdb.connect()
    connection.execute("SET threads = 2")
    connection.execute("SET preserve_insertion_order = false")
    connection.execute("CREATE MACRO month_of(d) AS (year(d) * 12 + month(d) - 1)::INTEGER")
    connection.execute("SET VARIABLE orders = ?", [orders])
    text = Path(__file__).with_name(script).read_text(encoding="utf-8")
    connection.execute(text.replace("$orders", "getvariable('orders')"))
    sums = {}
    for name in cells.SUMS:
        result = connection.execute(f"FROM {name}")
        columns = [column[0] for column in result.description]
        sums[name] = [dict(zip(columns, row, strict=True)) for row in result.fetchall()]
    cells.write(output, cells.finish(**sums))


if __name__ == "__main__":
    main(*sys.argv[1:])
