"""Results that others have published for the same data."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]

# Customers of each monthly cohort and month. `active_any` counts every line that names a
# customer, credits included, and is the table many tutorials show; `active_sales` counts
# lines with a quantity and a price above zero. Computed from: Chen, D. (2015), Online
# Retail, UCI Machine Learning Repository, https://doi.org/10.24432/C5BW33, CC BY 4.0.
ONLINE_RETAIL = HERE / "online_retail_cohorts.csv"

# Buyers by month since the first purchase, CDNOW master data (Fader and Hardie).
CDNOW = {
    date(1997, 1, 1): [7846, 1157, 964, 810],
    date(1997, 2, 1): [8476, 1312, 980],
    date(1997, 3, 1): [7248, 1032, 752],
}


@dataclass(frozen=True)
class Known:
    """A published result: what it is, which cells it names, what they hold."""

    title: str
    sql: str
    expected: list[tuple]

    def faults(self, db: duckdb.DuckDBPyConnection) -> list[str]:
        found = db.execute(self.sql).fetchall()
        if len(found) != len(self.expected):
            return [f"{self.title}: {len(found)} cells, expected {len(self.expected)}"]
        return [
            f"{self.title}: {seen}, expected {expected}"
            for seen, expected in zip(found, self.expected)
            if seen != expected
        ]


MONTHLY = """
    SELECT cohort, k, active FROM cohort_retention
    WHERE grain = 'month' AND segment = 'all' ORDER BY cohort, k
"""


def cdnow() -> list[Known]:
    cells = [(cohort, k, active) for cohort, row in CDNOW.items() for k, active in enumerate(row)]
    wanted = ", ".join(f"(DATE '{cohort}', {k})" for cohort, k, _ in cells)
    sql = f"SELECT * FROM ({MONTHLY}) WHERE (cohort, k) IN ({wanted}) ORDER BY cohort, k"
    return [Known("CDNOW cohorts", sql, cells)]


def online_retail(column: str) -> list[Known]:
    with ONLINE_RETAIL.open() as file:
        cells = [(date.fromisoformat(r["cohort"]), int(r["k"]), int(r[column])) for r in csv.DictReader(file)]
    results = [Known(f"Online Retail cohorts, {column}", MONTHLY, cells)]
    if column == "active_sales":
        # Every customer enters once; every order stands in one cell.
        results.append(
            Known(
                "Online Retail customers and orders",
                """
                SELECT sum(cohort_size) FILTER (k = 0), sum(orders) FROM cohort_retention
                WHERE grain = 'month' AND segment = 'all'
                """,
                [(4338, 18532)],
            )
        )
        results.append(
            Known(
                "Online Retail sales in pence",
                """
                SELECT sum(won_value) FROM lost_sales
                WHERE grain = 'month' AND segment = 'all' AND breakdown = 'total'
                """,
                [(891140790,)],
            )
        )
    return results


def online_retail_file(option: str | None) -> Path | None:
    """The data file: named by the option, by KOHORT_ONLINE_RETAIL, or in the repository."""
    candidates: Iterable[str | Path | None] = (
        option,
        os.environ.get("KOHORT_ONLINE_RETAIL"),
        REPOSITORY / "data/online_retail/online_retail.parquet",
    )
    named = next((Path(candidate) for candidate in candidates if candidate), None)
    return named if named and named.exists() else None
