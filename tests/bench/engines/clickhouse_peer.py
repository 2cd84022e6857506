"""The cells by ClickHouse: `python clickhouse_peer.py ORDERS.parquet CELLS.json`."""

import json
import sys
from pathlib import Path

from chdb.session import Session

sys.path.append(str(Path(__file__).parent.parent))
import cells  # noqa: E402


def main(orders: str, output: str) -> None:
    session = Session()
    session.query("SET max_threads = 2")
    script = Path(__file__).with_name("clickhouse.sql").read_text(encoding="utf-8")
    for statement in script.rstrip().removesuffix(";").split(";\n"):
        session.query(statement, params={"orders": orders})
    sums = {
        name: json.loads(session.query(
            f"SELECT * FROM {name} SETTINGS output_format_json_quote_64bit_integers = 0", "JSON"
        ).bytes())["data"]
        for name in cells.SUMS
    }
    cells.write(output, cells.finish(**sums))


if __name__ == "__main__":
    main(*sys.argv[1:])
