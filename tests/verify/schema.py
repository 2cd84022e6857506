"""What METRICS.md says of the tables: their columns, in order, with types and keys.

Read from the page itself, so that a table that departs from it cannot pass.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyarrow as pa

METRICS = Path(__file__).resolve().parents[2] / "METRICS.md"

# Columns that the page writes without a type, for their type stands in its text.
COMMON = {
    "grain": "text",
    "segment": "text",
    "segment_value": "text",
    "period": "date",
    "buyer": "text",
    "breakdown": "text",
    "breakdown_value": "text",
    "source": "text",
}

ARROW = {
    "text": pa.string(),
    "date": pa.date32(),
    "Int32": pa.int32(),
    "Int64": pa.int64(),
    "Boolean": pa.bool_(),
    "rate": pa.float64(),
    "average": pa.float64(),
}

KEYS = {
    "cohort_retention": ["grain", "segment", "segment_value", "cohort", "k"],
    "cohort_curve": ["grain", "segment", "segment_value", "k"],
    "customer_retention": ["grain", "segment", "segment_value", "period"],
    "revenue_churn": ["grain", "segment", "segment_value", "period"],
    "lost_sales": [
        "source",
        "grain",
        "segment",
        "segment_value",
        "period",
        "buyer",
        "breakdown",
        "breakdown_value",
    ],
}


@dataclass(frozen=True)
class Column:
    name: str
    kind: str

    def arrow(self, scale: int) -> pa.DataType:
        return pa.decimal128(38, scale) if self.kind == "money" else ARROW[self.kind]

    @property
    def is_float(self) -> bool:
        return self.kind in ("rate", "average")


@cache
def columns(table: str) -> list[Column]:
    """The columns of `table` in the order of METRICS.md."""
    section = METRICS.read_text().split(f"### `{table}`", 1)[1].split("\n### ", 1)[0]
    # The key that tables have in common leads all of them but lost_sales, which lists its own.
    common = [] if table == "lost_sales" else ["grain", "segment", "segment_value"]
    found = {name: Column(name, COMMON[name]) for name in common}
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|") or cells[0] in ("column", "---"):
            continue
        for name in re.split(r",\s*", cells[0]):
            found[name] = Column(name, cells[1] or COMMON[name])
    return list(found.values())
