"""The shop of the small cases: its rows, random or written by hand, and a pipeline over them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

ALL_GRAINS = '["day", "week", "month", "quarter", "year"]'

# Table, condition, column, value. Money is in minor units.
Fact = tuple[str, str, str, object]


@dataclass(frozen=True)
class Edge:
    name: str
    tables: Callable[[], dict[str, pa.Table]]
    pipeline: str
    facts: list[Fact] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    # Otherwise every table that the pipeline can have.
    default_tables: bool = False
    # Parameters of models as printed, see known.py.
    fits: dict = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        """Writes the inputs, the texts and the pipeline file below `folder`; returns the latter."""
        for name, table in self.tables().items():
            path = folder / "input" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(table, path)
        for name, text in self.texts.items():
            (folder / name).write_text(text)
        file = folder / f"{self.name}.toml"
        file.write_text(f'name = "{self.name}"\n{self.pipeline}')
        return file


def orders(settings: str = "", *, calendar: str = "", lapse: str = "45", more: str = "") -> str:
    """A pipeline over the shop's columns; `settings` go to the input's table."""
    return f"""
[calendar]
grains = {ALL_GRAINS}
{calendar}

[customers]
lapse_after_days = {lapse}
{more}

[inputs.orders]
path = "input/*.parquet"
customer_id = "customer"
order_id = "number"
ordered_at = "sold_at"
amount = "amount"
{settings}

[outputs]
path = "output"

[checks]
max_rejected = 1.0
"""


def without_order_id(pipeline: str) -> str:
    return pipeline.replace('order_id = "number"\n', "")


STATUSES = """
status = "status"
completed = ["paid", "shipped"]
lost = ["cancelled"]
open = ["cart"]
ignored = ["test"]
lost_reason = "reason"
"""

SEGMENTS = """
[segments]
country = { column = "country", at = "first" }
channel = { column = "channel", at = "first" }
"""


@dataclass(frozen=True)
class Row:
    customer: int
    number: int
    at: datetime
    cents: int
    status: str = "paid"
    reason: str | None = None
    country: str | None = None
    channel: str | None = None
    currency: str | None = None


def shop(seed: int, customers: int = 150, start: date = date(2022, 11, 3), days: int = 610) -> list[Row]:
    """Rows of people who buy, return things, try and fail, some of them within one second."""
    rng = random.Random(seed)
    rows: list[Row] = []
    for customer in range(1, customers + 1):
        country = rng.choice(["DE", "FR", "at", "Ö", None])
        at = datetime.combine(start, datetime.min.time()) + timedelta(seconds=rng.randrange(days * 86_400))
        gap = rng.choice([0.5, 5, 20, 45, 90, 200])
        for _ in range(rng.choice([1, 1, 2, 3, 8, 20])):
            status = rng.choices(["paid", "shipped", "cancelled", "cart", "test"], [6, 3, 3, 1, 1])[0]
            cents = rng.choice([0, 1, rng.randrange(100, 20_000), rng.randrange(100, 20_000), 1999])
            if rng.random() < 0.15:
                cents = -cents
            reason = rng.choice([None, "", "too expensive", "out of stock", "Ärger", "late"])
            channel = rng.choice(["web", "shop", "web", None])
            rows.append(Row(customer, len(rows) + 1, at, cents, status, reason, country, channel))
            step = rng.choice([0, rng.expovariate(1 / (gap * 86_400)), 45 * 86_400, 86_400])
            at = (at + timedelta(seconds=step)).replace(microsecond=0)
            if at >= datetime.combine(start + timedelta(days=days), datetime.min.time()):
                break
    rng.shuffle(rows)
    return rows


def table(rows: list[Row], **types: pa.DataType) -> pa.Table:
    """The rows as columns; `types` change those of single columns, `amount` among them."""
    at = types.get("at", pa.timestamp("us"))
    zone = UTC if pa.types.is_timestamp(at) and at.tz else None
    amount = types.get("amount", pa.decimal128(12, 2))
    values = [Decimal(r.cents).scaleb(-2) for r in rows]
    if pa.types.is_floating(amount):
        values = [float(value) for value in values]
    columns = {
        "customer": pa.array([r.customer for r in rows], pa.int64()).cast(types.get("customer", pa.int64())),
        "number": pa.array([r.number for r in rows], pa.int64()).cast(types.get("number", pa.int64())),
        "sold_at": pa.array([r.at.date() if at == pa.date32() else r.at.replace(tzinfo=zone) for r in rows], at),
        "amount": pa.array(values, amount),
    }
    for name in ("status", "reason", "country", "channel", "currency"):
        columns[name] = pa.array([getattr(r, name) for r in rows], pa.string()).cast(types.get(name, pa.string()))
    return pa.table(columns)


def one(*rows: Row, **types: pa.DataType) -> dict[str, pa.Table]:
    return {"orders.parquet": table(list(rows), **types)}


def day(text: str, time: str = "12:00:00") -> datetime:
    return datetime.fromisoformat(f"{text} {time}")
