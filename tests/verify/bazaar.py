"""Made-up side inputs of the small cases: what visitors do, what is sold, returned and owed, who answers what."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa

from firm import REASONS
from shop import Row

STEPS = ["see", "Look", "basket", "buy"]
KINDS = [*["calls", "Calls", "late_payments"] * 8, *["logins"] * 16, *[None, "", "rare"]]
STAGES = ["lead", "offer", "Ende"]
PRODUCTS = ["p1", "p2", "P3", "ä", None, ""]
BAD_LINES = [{"customer": None}, {"number": None}, {"units": -1}, {"value": -5}]
CATEGORIES = ["tea", "Tea", "cups", None]


@dataclass
class Bazaar:
    """Draws the rows; the same seed draws the same."""

    seed: int
    customers: int
    start: date
    days: int
    at: pa.DataType = pa.timestamp("us")
    ids: pa.DataType = pa.int64()

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)

    def tables(self, rows: list[Row] = ()) -> dict[str, pa.Table]:
        """Each input as a file of its name; lines and returns are those of the orders in `rows`."""
        lines, invoices = self.lines(rows), self.invoices()
        found = {
            "touchpoints": self.touchpoints(),
            "identities": self.identities(),
            "opportunities": self.opportunities(),
            "order_lines": lines,
            "returns": self.returns(lines),
            "invoices": invoices,
            "payments": self.payments(invoices),
            "surveys": self.surveys(),
            "engagement": self.engagement(),
        }
        return {f"side/{name}.parquet": self.table(name, rows) for name, rows in found.items()}

    def table(self, name: str, rows: list[dict]) -> pa.Table:
        types = {
            **dict.fromkeys(["customer", "number"], self.ids),
            **dict.fromkeys(["happened", "closed", "due", "paid"], self.at),
            "value": pa.float64() if name == "engagement" else pa.decimal128(12, 2),
            "units": pa.int32(),
            "score": pa.float64(),
        }
        columns = {}
        for key in COLUMNS[name]:
            kind = types.get(key, pa.string())
            values = [row[key] for row in rows]
            if key in ("happened", "closed", "due", "paid"):
                values = [value and self.time(value) for value in values]
            elif key in ("customer", "number"):
                values = pa.array(values, pa.int64()).cast(self.ids)
            elif pa.types.is_decimal(kind):
                values = [None if value is None else Decimal(value).scaleb(-2) for value in values]
            columns[key] = pa.array(values, kind) if isinstance(values, list) else values
        return pa.table(columns)

    def time(self, at: datetime) -> date | datetime:
        if pa.types.is_date(self.at):
            return at.date()
        return at.replace(tzinfo=UTC) if self.at.tz else at

    def instant(self) -> datetime:
        """Mostly on one of few instants, so that things happen at once."""
        day = self.start + timedelta(days=self.rng.randrange(-20, self.days + 20))
        hours = self.rng.choice([0, 0, 5, 12, 12, 23])
        seconds = self.rng.choice([0, 0, 0, 1, self.rng.randrange(3600)])
        micros = self.rng.choice([0, 0, 0, 1, 500_000, 999_999])
        return datetime.combine(day, datetime.min.time()) + timedelta(hours=hours, seconds=seconds, microseconds=micros)

    def customer(self) -> int:
        """Mostly somebody who orders."""
        return self.rng.randrange(1, self.customers + 15)

    def cents(self) -> int:
        return self.rng.choice([0, 1, 50, 1999, 1999, self.rng.randrange(20_000)])

    def touchpoints(self) -> list[dict]:
        rng = self.rng
        rows = []
        for visitor in range(self.customers * 2):
            names = [None, None, None, None, self.customer()] + ([self.customer()] if rng.random() < 0.1 else [])
            at = self.instant()
            for _ in range(rng.choice([1, 3, 6, 12, 25])):
                forwards = rng.choice([*STEPS, *STEPS, "elsewhere", None])
                row = {
                    "visitor": f"v{visitor}",
                    "happened": at,
                    "step": forwards,
                    "cart": rng.choice([None, "", "c1", "c2", f"c{visitor}", f"c{visitor}", f"c{visitor}"]),
                    "value": rng.choice([None, self.cents()]),
                    "customer": rng.choice(names),
                }
                rows.append(row)
                if rng.random() < 0.1:  # the same once more, but for its value
                    rows.append(row | {"value": rng.choice([None, self.cents()])})
                # At once, soon, at the end of a window, or much later.
                at += rng.choice([
                    timedelta(0),
                    timedelta(seconds=rng.randrange(1, 5000), microseconds=rng.choice([0, 1])),
                    timedelta(hours=rng.choice([24, 30, 168])),
                    timedelta(hours=rng.choice([24, 30, 168]), microseconds=1),
                    timedelta(days=rng.randrange(1, 40)),
                ])
        rng.shuffle(rows)
        return rows

    def identities(self) -> list[dict]:
        return [
            {"visitor": f"v{self.rng.randrange(self.customers * 2 + 5)}", "customer": self.customer()}
            for _ in range(self.customers)
        ] + [{"visitor": None, "customer": 1}, {"visitor": "v1", "customer": None}]

    def opportunities(self) -> list[dict]:
        rng = self.rng
        rows = []
        for _ in range(self.customers * 2):
            at = self.instant()
            row = {
                "number": rng.choice([None, *range(1, self.customers * 2)]),
                "customer": self.customer(),
                "happened": at,
                "closed": rng.choice([None, at, at + timedelta(days=rng.randrange(60)), self.instant()]),
                "outcome": rng.choice(["yes", "no", "no", "no", "pending", "junk", None]),
                "value": self.cents(),
                "stage": rng.choice([*STAGES, "odd", None, ""]),
                "reason": rng.choice(list(REASONS)),
                "competitor": rng.choice([None, "A&B", "Ö", ""]),
            }
            rows.append(row)
            if rng.random() < 0.3:  # seen again, decided, moved or only told differently
                change = rng.choice([
                    {"closed": self.instant()},
                    {"closed": None, "outcome": "pending"},
                    {"happened": at + timedelta(hours=30)},
                    {"value": self.cents()},
                    {"outcome": rng.choice(["yes", "no", "pending"])},
                    {"stage": rng.choice(STAGES)},
                ])
                rows.append(row | change)
            if rng.random() < 0.2:  # another one lost on the same day
                rows.append(row | {"number": (row["number"] or 0) + self.customers * 3, "outcome": "no"})
        rows += [row | {"number": 9000 + i, "value": v} for i, (row, v) in enumerate(zip(rows[:2], [None, -1]))]
        rng.shuffle(rows)
        return rows

    def lines(self, rows: list[Row]) -> list[dict]:
        rng = self.rng
        found = []
        for row in rows:
            if row.status not in ("paid", "shipped"):
                continue
            for _ in range(rng.choice([0, 1, 1, 2, 3])):
                found.append({
                    "customer": row.customer,
                    "number": row.number // 2,
                    "happened": row.at + rng.choice([timedelta(0), timedelta(0), timedelta(days=2)]),
                    "value": self.cents(),
                    "product": rng.choice(PRODUCTS),
                    "category": rng.choice(CATEGORIES),
                    "units": rng.choice([None, 0, 1, 1, 2, 5]),
                })
        plain = {"customer": 1, "number": 1, "happened": self.instant(), "value": 5, "units": 1}
        plain |= {"product": "p1", "category": "tea"}
        return found + [plain | change for change in BAD_LINES]

    def returns(self, lines: list[dict]) -> list[dict]:
        rng = self.rng
        return [
            {
                "customer": line["customer"],
                "number": line["number"] + rng.choice([0, 0, 0, 0, 100_000]),
                "happened": line["happened"] + timedelta(days=rng.choice([-3, 0, 5, 29, 30, 31, 90])),
                "value": self.cents(),
                "product": rng.choice([line["product"], line["product"], *PRODUCTS]),
                "units": rng.choice([None, 0, 1, 2]),
                "reason": rng.choice(list(REASONS)),
            }
            for line in lines[: -len(BAD_LINES)]
            if rng.random() < 0.3
        ]

    def invoices(self) -> list[dict]:
        rng = self.rng
        rows = []
        for number in [*range(self.customers * 6), *[None] * 20]:
            at = self.instant()
            row = {
                "number": number,
                "customer": self.customer(),
                "happened": at,
                "due": rng.choice([None, at, at + timedelta(days=14), at - timedelta(days=3)]),
                "paid": rng.choice([None, at, at + timedelta(days=rng.randrange(120)), at - timedelta(days=2)]),
                "value": rng.choice([0, 1, 1000, rng.randrange(50_000), -rng.randrange(30_000)]),
            }
            rows.append(row)
            if rng.random() < 0.2:
                change = rng.choice([
                    {"paid": at + timedelta(days=9)},
                    {"paid": None},
                    {"value": 777},
                    {"due": at + timedelta(days=1)},
                    {"happened": at + timedelta(days=1)},
                ])
                rows.append(row | change)
        rng.shuffle(rows)
        return rows

    def payments(self, invoices: list[dict]) -> list[dict]:
        rng = self.rng
        rows = []
        for invoice in rng.choices(invoices, k=len(invoices)):
            share = rng.choice([0, 1, 1, 0.5, 0.5, 2, -0.5])
            row = {
                "number": invoice["number"],
                "customer": invoice["customer"],
                "happened": invoice["happened"] + timedelta(days=rng.choice([-3, 0, 1, 14, rng.randrange(90)])),
                "value": int(invoice["value"] * share),
            }
            odd = [{"customer": self.customer()}, {"number": 10**6}, {"value": None}]
            rows.append(row | rng.choice([*[{}] * 30, *odd]))
        return rows

    def surveys(self) -> list[dict]:
        rng = self.rng
        rows = []
        for _ in range(self.customers * 4):
            row = {
                "customer": rng.choice([*[self.customer()] * 9, None]),
                "happened": self.instant(),
                "reason": rng.choice(list(REASONS)),
                "lost_reason": rng.choice(list(REASONS)),
                "score": rng.choice([None, 0.0, 6.0, 7.0, 8.0, 9.0, 10.0, 10.0]),
            }
            rows.append(row)
            if rng.random() < 0.2:
                rows.append(row | {"score": rng.choice([None, 3.0, 9.0])})
        return rows + [rows[0] | {"score": score} for score in (-1.0, 11.0, 5.5)]

    def engagement(self) -> list[dict]:
        rng = self.rng
        return [
            {
                "customer": self.customer(),
                "happened": self.instant(),
                "kind": rng.choice(KINDS),
                "value": rng.choice([None, 0.0, 0.004, 0.005, 0.07, 0.08, 0.1, 1.0, 1.99, 2.0, 2.5, 3.14, 1000.0]),
            }
            for _ in range(self.customers * 25)
        ]


COLUMNS = {
    "touchpoints": ["visitor", "happened", "step", "cart", "value", "customer"],
    "identities": ["visitor", "customer"],
    "opportunities": ["number", "customer", "happened", "closed", "outcome", "value", "stage", "reason", "competitor"],
    "order_lines": ["customer", "number", "happened", "value", "product", "category", "units"],
    "returns": ["customer", "number", "happened", "value", "product", "units", "reason"],
    "invoices": ["number", "customer", "happened", "due", "paid", "value"],
    "payments": ["number", "customer", "happened", "value"],
    "surveys": ["customer", "happened", "reason", "lost_reason", "score"],
    "engagement": ["customer", "happened", "kind", "value"],
}

INPUTS = """
[inputs.touchpoints]
path = "input/side/touchpoints.parquet"
visitor_id = "visitor"
occurred_at = "happened"
step = "step"
cart_id = "cart"
value = "value"
customer_id = "customer"

[inputs.identities]
path = "input/side/identities.parquet"
visitor_id = "visitor"
customer_id = "customer"

[inputs.opportunities]
path = "input/side/opportunities.parquet"
opportunity_id = "number"
buyer = "customer"
created_at = "happened"
closed_at = "closed"
outcome = "outcome"
won = ["yes"]
lost = ["no"]
open = ["pending"]
ignored = ["junk"]
stage = "stage"
value = "value"
reason = "reason"
competitor = "competitor"

[inputs.order_lines]
path = "input/side/order_lines.parquet"
customer_id = "customer"
order_id = "number"
ordered_at = "happened"
product = "product"
category = "category"
units = "units"
value = "value"

[inputs.returns]
path = "input/side/returns.parquet"
customer_id = "customer"
order_id = "number"
returned_at = "happened"
product = "product"
units = "units"
value = "value"
reason = "reason"

[inputs.invoices]
path = "input/side/invoices.parquet"
customer_id = "customer"
invoice_id = "number"
invoiced_at = "happened"
due_at = "due"
paid_at = "paid"
amount = "value"

[inputs.surveys]
path = "input/side/surveys.parquet"
customer_id = "customer"
answered_at = "happened"
reason = "reason"
lost_reason = "lost_reason"
score = "score"

[inputs.engagement]
path = "input/side/engagement.parquet"
customer_id = "customer"
occurred_at = "happened"
kind = "kind"
value = "value"

[funnel]
steps = ["see", "Look", "basket", "buy"]

[lost_sales]
stages = ["lead", "offer", "Ende"]
"""

PAYMENTS = """
[inputs.payments]
path = "input/side/payments.parquet"
customer_id = "customer"
invoice_id = "number"
paid_at = "happened"
amount = "value"
"""

# The same with invoices that do not say when they are paid, but payments that do.
WITH_PAYMENTS = PAYMENTS + INPUTS.replace('paid_at = "paid"\n', "")

# What makes invoices of lines.
LINES = ('invoiced_at = "happened"\n', 'invoiced_at = "happened"\nrows = "lines"\n')
