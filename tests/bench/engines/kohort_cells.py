"""The cells in a run of kohort: `python kohort_cells.py OUTPUT CELLS.json`."""

import sys
from pathlib import Path

import pyarrow.parquet as pq

sys.path.append(str(Path(__file__).parent.parent))
import cells  # noqa: E402


def value(column: str, found):
    """A value of a published table as it stands among the cells."""
    if column in ("period", "cohort"):
        return found.year * 12 + found.month - 1
    if column.endswith(("revenue", "value")):
        return int(found.scaleb(2))
    return found


def check_reasons(rows: list[dict]) -> None:
    """The rows by reason are the total rows taken apart; peers compute the totals alone."""
    parts = ("lost", "recovered", "lost_value", "recovered_value")
    left = {}
    for row in rows:
        sign = 1 if row["breakdown"] == "total" else -1
        sums = left.setdefault((row["period"], row["buyer"]), [0] * len(parts))
        sums[:] = [total + sign * row[part] for total, part in zip(sums, parts, strict=True)]
    if any(any(sums) for sums in left.values()):
        raise SystemExit("lost_sales: the rows by reason do not add up to the total rows")


def main(output: str, path: str) -> None:
    tables = {}
    for table, (keys, columns) in cells.TABLES.items():
        rows = pq.read_table(Path(output, "current", f"{table}.parquet")).to_pylist()
        if table == "lost_sales":
            if any(row["breakdown"] == "reason" for row in rows):
                check_reasons(rows)
            rows = [row for row in rows if row["breakdown"] == "total"]
        tables[table] = [[value(name, row[name]) for name in keys + columns] for row in rows]
    cells.write(path, tables)


if __name__ == "__main__":
    main(*sys.argv[1:])
