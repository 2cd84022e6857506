"""What a case of door.py is, and what its tables of cases are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa

from command import orders, quoted

REVENUES = "SELECT customer_id, revenue FROM customers ORDER BY 1"
CUSTOMERS = "SELECT customer_id FROM customers ORDER BY 1"
FIRST_ORDERS = "SELECT customer_id, first_order FROM customers ORDER BY 1"
# Any share of rows may be rejected.
TOLERANT = "[checks]\nmax_rejected = 1.0"

# A file of an input: a table, or what makes the file at a path.
File = pa.Table | Callable[[Path], None]


@dataclass(frozen=True)
class Case:
    name: str
    files: dict[str, File]
    pipeline: str
    # What the query must give, as texts; None where only the end of the run counts.
    rows: list[tuple] | None = None
    query: str = REVENUES
    # Exit codes that are right, and what the output must match.
    code: tuple[int, ...] = (0,)
    says: str = ""
    says_not: str = "panicked"
    # Rejected rows by reason.
    rejected: dict[str, int] | None = None
    # Whether a refusal, with exit code 2, is as right as the rows.
    may_refuse: bool = False


def days(count: int) -> pa.Array:
    return pa.array([date(2024, 1, 5)] * count)


def table(**columns: pa.Array | list) -> pa.Table:
    """Customers 1, 2, 3 ... with an order each of 1.00 on a day in January, unless columns say otherwise."""
    count = len(next(iter(columns.values())))
    given = {
        "customer": pa.array(range(1, count + 1), pa.int64()),
        "at": days(count),
        "amount": pa.array([1.0] * count),
    }
    return pa.table(given | columns)


def amounts(name: str, values: pa.Array | list, amount: str, *wanted: str | None, **more: object) -> Case:
    """The amount is calculated from the column `v`; None stands for a row that is rejected."""
    rows = [(customer, revenue) for customer, revenue in enumerate(wanted, start=1) if revenue is not None]
    bad = wanted.count(None)
    more.setdefault("rejected", {"unreadable_amount": bad} if bad else {})
    files = {"orders.parquet": table(v=values)}
    return Case(name, files, orders(amount=amount, sections=TOLERANT), rows, **more)


def segments(name: str, columns: dict[str, pa.Array | list], segment: str, *wanted: str | None, **more: object) -> Case:
    """The value of a segment, of which NULL is (none)."""
    query = "SELECT customer_id, segment_s FROM customers ORDER BY 1"
    rows = list(enumerate(wanted, start=1))
    pipeline = orders(sections=f"{TOLERANT}\n[segments]\ns = {quoted(segment)}")
    return Case(name, {"orders.parquet": table(**columns)}, pipeline, rows, query, **more)
