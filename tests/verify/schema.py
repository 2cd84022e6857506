"""What docs/tables says of the tables: their columns, in order, with types and keys.

Read from the pages themselves, so that a table that departs from its page cannot pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyarrow as pa

PAGES = Path(__file__).resolve().parents[2] / "docs" / "tables"

# Floats of these units are shares and averages, which are compared by their relative difference, ...
RATES = ("ratio", "currency")

# ... unless they are differences of them, results of a model, or limits of an interval.
DIFFERENCES = {
    *("uplift", "uplift_low", "uplift_high", "odds_ratio", "odds_ratio_low", "odds_ratio_high", "auc", "lift"),
    *("overdue_ratio", "probability_alive", "risk_score", "expected_value", "clv"),
}

ARROW = {
    "text": pa.string(),
    "date": pa.date32(),
    "Int32": pa.int32(),
    "Int64": pa.int64(),
    "Boolean": pa.bool_(),
    "rate": pa.float64(),
    "Float64": pa.float64(),
}

SEGMENT = ["grain", "segment", "segment_value"]

KEYS = {
    "cohort_retention": [*SEGMENT, "cohort", "k"],
    "cohort_curve": [*SEGMENT, "k"],
    "customer_retention": [*SEGMENT, "period"],
    "revenue_churn": [*SEGMENT, "period"],
    "revenue_movements": ["grain", "period", "customer_id"],
    "win_back": [*SEGMENT, "period", "breakdown", "breakdown_value"],
    "churn_reasons": [*SEGMENT, "period", "source", "reason", "cause"],
    "lost_sales": ["source", *SEGMENT, "period", "buyer", "breakdown", "breakdown_value"],
    "funnel": [*SEGMENT, "period", "step_number"],
    "carts": [*SEGMENT, "period"],
    "purchase_gaps": [*SEGMENT, "period", "gap_number"],
    "purchase_gap_histogram": [*SEGMENT, "period", "gap_number", "days_from"],
    "loyalty": [*SEGMENT, "period"],
    "product_returns": [*SEGMENT, "period", "attribution", "breakdown", "breakdown_value"],
    "receivables": [*SEGMENT, "period"],
    "nps": [*SEGMENT, "period"],
    "churn_indicators": [*SEGMENT, "signal"],
    "customers": ["customer_id"],
    "clv_models": ["segment", "segment_value", "model", "parameter"],
    "clv_holdout": ["segment", "segment_value", "model", "step"],
    "cross_sell": ["segment", "segment_value", "level", "relation", "item", "other_item"],
    "cross_sell_customers": ["segment", "segment_value", "level", "item"],
    "scorecard": ["metric", *SEGMENT, "period"],
    "alerts": ["metric", *SEGMENT, "period"],
}

# Of models that are fitted: models.py judges them, not the comparison of cells.
ESTIMATES = {
    "customers": ["probability_alive", "expected_orders", "expected_value", "clv"],
    "clv_models": ["estimate", "standard_error", "log_likelihood", "is_converged"],
    "clv_holdout": ["expected_orders", "expected_cumulative"],
}

# Deviations that are allowed of what is fitted.
TOLERANCES = {"risk_score": 1e-6}

# Tables with a row for each customer: a column follows for each segment of `at = "first"`.
BY_CUSTOMER = ["revenue_movements", "customers"]


@dataclass(frozen=True)
class Column:
    name: str
    kind: str

    def arrow(self, scale: int, id_type: pa.DataType) -> pa.DataType:
        if self.kind == "id":
            return _widened(id_type)
        return pa.decimal128(38, scale) if self.kind == "money" else ARROW[self.kind]

    @property
    def is_float(self) -> bool:
        return self.kind in ("rate", "Float64")


def _widened(id_type: pa.DataType) -> pa.DataType:
    """Integer ids are published in 64 bits."""
    if pa.types.is_unsigned_integer(id_type):
        return pa.uint64() if id_type == pa.uint64() else pa.int64()
    return pa.int64() if pa.types.is_integer(id_type) else id_type


def _kind(name: str, kind: str, unit: str) -> str:
    if kind == "Float64" and unit in RATES and name not in DIFFERENCES:
        return "rate"
    return {"Decimal(38, scale)": "money", "as in the input": "id"}.get(kind, kind)


@cache
def columns(table: str, segments: tuple[str, ...] = ()) -> list[Column]:
    """The columns of `table` in the order of its page; `segments` are those of `at = "first"`."""
    page = (PAGES / f"{table}.md").read_text()
    generated = page.split("<!-- generated: columns -->\n", 1)[1].split("<!-- end -->", 1)[0]
    found = {}
    # Two lines are the header.
    for line in generated.splitlines()[2:]:
        name, kind, unit = (cell.strip() for cell in line.strip("|").split("|")[:3])
        name = name.strip("`")
        found[name] = Column(name, _kind(name, kind.removesuffix(" or NULL"), unit))
    if table in BY_CUSTOMER:
        found |= {f"segment_{name}": Column(f"segment_{name}", "text") for name in segments}
    return list(found.values())


def compared(table: str, segments: tuple[str, ...] = ()) -> list[Column]:
    """The columns that the recomputation knows."""
    return [column for column in columns(table, segments) if column.name not in ESTIMATES.get(table, [])]
