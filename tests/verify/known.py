"""Results that others have published for the same data."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

import data
import models

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


# Fits as printed: to the CDNOW sample of 39 weeks by Fader, Hardie and Lee (2005), Batislam et al.
# (2007) and Fader and Hardie (2013).
CDNOW_FITS = {
    ("bg_nbd", "all"): ({"r": "0.243", "alpha": "4.414", "a": "0.793", "b": "2.426"}, "-9582.4"),
    ("pareto_nbd", "all"): ({"r": "0.553", "alpha": "10.578", "s": "0.606", "beta": "11.669"}, "-9595.0"),
    ("mbg_nbd", "all"): ({"r": "0.525", "alpha": "6.183", "a": "0.891", "b": "1.614"}, None),
    ("gamma_gamma", "all"): ({"p": "6.25", "q": "3.74", "gamma": "15.44"}, None),
}

# Of 1,000 customers those who were left after each year, and the fits, by Fader and Hardie (2007).
SBG_SURVIVORS = {
    "High end": [869, 743, 653, 593, 551, 517, 491],
    "Regular": [631, 468, 382, 326, 289, 262, 241],
}
SBG_FITS = {
    ("sbg", "High end"): ({"alpha": "0.668", "beta": "3.806"}, None),
    ("sbg", "Regular"): ({"alpha": "0.704", "beta": "1.182"}, None),
}

# By model, and segment value or `all`: parameters and log-likelihood as printed.
Fits = dict[tuple[str, str], tuple[dict[str, str], str | None]]


def fit_faults(expected: Fits, folder: Path) -> list[str]:
    """Parameters in the table that do not round to the printed ones."""
    if not expected:
        return []
    found = {(fit.model, fit.segment_value or fit.segment): fit for fit in models.fits(folder / "clv_models.parquet")}
    pairs = []
    for key, (parameters, log_likelihood) in expected.items():
        fit = found[key]
        pairs += [(f"{key} {name}", fit.estimates[name], text) for name, text in parameters.items()]
        if log_likelihood:
            pairs.append((f"{key} log-likelihood", fit.log_likelihood, log_likelihood))
    return [
        f"{name} is {seen}, printed is {text}"
        for name, seen, text in pairs
        if seen is None or f"{seen:.{len(text.split('.')[1])}f}" != text
    ]


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


def cdnow_sample() -> list[Known]:
    """Frequency, recency, age and mean value of the 2,357 customers, in the files that are used to teach the models."""
    folder = data.datasets()
    sql = f"""
        SELECT count(*), count(*) FILTER (
            c.frequency = s.frequency AND round(c.recency_days / 7, 2) = s.recency AND round(c.age_days / 7, 2) = s.T
            AND c.frequency = v.x AND round(c.recency_days / 7, 2) = v.t_x AND round(c.age_days / 7, 2) = v.T
            AND abs(coalesce(c.monetary, 0) - v.zbar) <= 0.0050001)
        FROM customers c
        JOIN read_csv('{folder / "cdnow_customers_summary.csv"}') s ON s.ID = CAST(c.customer_id AS BIGINT)
        JOIN read_csv('{folder / "cdnow_customers_summary_with_transactions.csv"}') v ON v.ID = s.ID
    """
    return [Known("CDNOW customers", sql, [(2357, 2357)])]


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
