"""Columns of the tables, as they are declared, and how far the recomputed values may be from the published."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

import declared

# Floats of these units are shares and averages, which are compared by their relative difference, ...
RATES = ("ratio", "currency")

# ... unless they are differences of them, results of a model, or limits of an interval.
DIFFERENCES = {
    *("uplift", "uplift_low", "uplift_high", "odds_ratio", "odds_ratio_low", "odds_ratio_high", "auc", "lift"),
    *("expected_months", "residual_months", "overdue_ratio", "probability_alive", "risk_score", "expected_value", "clv"),
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

# Of models that are fitted: models.py judges them, not the comparison of cells.
ESTIMATES = {
    "customers": ["probability_alive", "expected_orders", "expected_value", "clv"],
    "subscribers": ["expected_months", "expected_value", "residual_months", "clv"],
    "clv_models": ["estimate", "standard_error", "mean", "log_likelihood", "is_converged", "maximum"],
    "clv_holdout": ["expected_orders", "expected_cumulative"],
}

# Deviations that are allowed of what is fitted.
TOLERANCES = {"risk_score": 1e-6}

@dataclass(frozen=True)
class Column:
    name: str
    kind: str
    unit: str
    is_nullable: bool
    meaning: str | None

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


def columns(table: str, segments: tuple[str, ...] = ()) -> list[Column]:
    """The columns of `table` in their order; `segments` are those of `at = "first"`."""
    found = [
        Column(name, _kind(name, c["type"], c["unit"]), c["unit"], c["is_nullable"], c["meaning"])
        for name, c in declared.columns(table).items()
    ]
    if table in declared.with_customers():
        found += [Column(f"segment_{name}", "text", "", True, None) for name in segments]
    return found


def compared(table: str, segments: tuple[str, ...] = ()) -> list[Column]:
    """The columns that the recomputation knows."""
    return [column for column in columns(table, segments) if column.name not in ESTIMATES.get(table, [])]
