"""The subscription business of the small cases, and what else is known of people: contacts, prospects, surveys."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa

from shop import ALL_GRAINS, Row

CONTRACTS = "contracts.parquet"


@dataclass(frozen=True)
class Span:
    customer: int
    subscription: int
    started: str | date
    ended: str | date | None
    cents: int
    interval: str = "month"
    plan: str | None = None
    country: str | None = None
    cancelled: str | date | None = None
    reason: str | None = None
    involuntary: bool | None = None
    trial: bool | None = False
    updated: str | date | None = None


def contracts(spans: list[Span], at: pa.DataType = pa.date32(), ids: pa.DataType = pa.int64()) -> pa.Table:
    def days(name: str) -> pa.Array:
        found = [getattr(s, name) for s in spans]
        dates = [date.fromisoformat(d) if isinstance(d, str) else d for d in found]
        if pa.types.is_timestamp(at):
            dates = [d and datetime.combine(d, datetime.min.time()) + timedelta(hours=13) for d in dates]
        return pa.array(dates, at)

    return pa.table(
        {
            "customer": pa.array([s.customer for s in spans], pa.int64()).cast(ids),
            "subscription": pa.array([s.subscription for s in spans], pa.int64()).cast(ids),
            "started": days("started"),
            "ended": days("ended"),
            "amount": pa.array([Decimal(s.cents).scaleb(-2) for s in spans], pa.decimal128(12, 2)),
            "interval": pa.array([s.interval for s in spans], pa.string()),
            "plan": pa.array([s.plan for s in spans], pa.string()),
            "country": pa.array([s.country for s in spans], pa.string()),
            "cancelled": days("cancelled"),
            "reason": pa.array([s.reason for s in spans], pa.string()),
            "involuntary": pa.array([s.involuntary for s in spans], pa.bool_()),
            "trial": pa.array([s.trial for s in spans], pa.bool_()),
            "updated": days("updated"),
        }
    )


def side_tables(
    contacts: list[tuple] = (), prospects: list[tuple] = (), surveys: list[tuple] = (), ids: pa.DataType = pa.int64()
) -> dict[str, pa.Table]:
    """Rows of (customer, day, ...): with campaign, strategy and variant; with nothing; with a reason."""

    def rows(found: list[tuple], *names: str) -> pa.Table:
        days = [date.fromisoformat(d) if isinstance(d, str) else d for _, d, *_ in found]
        texts = {name: pa.array([row[i + 2] for row in found], pa.string()) for i, name in enumerate(names)}
        customers = pa.array([row[0] for row in found], pa.int64()).cast(ids)
        return pa.table({"customer": customers, "happened": pa.array(days, pa.date32())} | texts)

    return {
        "side/contacts.parquet": rows(contacts, "campaign", "strategy", "variant"),
        "side/prospects.parquet": rows(prospects),
        "side/surveys.parquet": rows(surveys, "reason"),
    }


SIDE_INPUTS = """
[inputs.prospects]
path = "input/side/prospects.parquet"
customer_id = "customer"
first_seen_at = "happened"

[inputs.contacts]
path = "input/side/contacts.parquet"
customer_id = "customer"
contacted_at = "happened"
campaign = "campaign"
strategy = "strategy"
variant = "variant"
holdout = ["control", "none"]

[inputs.surveys]
path = "input/side/surveys.parquet"
customer_id = "customer"
answered_at = "happened"
reason = "reason"
"""


def subscriptions(
    settings: str = "", *, calendar: str = "", gap: int | None = None, grains: str = ALL_GRAINS, more: str = ""
) -> str:
    """A pipeline over the columns of contracts; `settings` go to the input's table."""
    customers = "" if gap is None else f"[customers]\nreactivation_gap_days = {gap}"
    return f"""
[calendar]
grains = {grains}
{calendar}

{customers}

[inputs.subscriptions]
path = "input/{CONTRACTS}"
subscription_id = "subscription"
customer_id = "customer"
started_at = "started"
ended_at = "ended"
amount = "amount"
interval = "interval"
cancelled_at = "cancelled"
cancel_reason = "reason"
involuntary = "involuntary"
trial = "trial"
{settings}
{more}
[outputs]
path = "output"

[checks]
max_rejected = 1.0
"""


SEGMENTS = """
[segments]
country = { column = "country", at = "first" }
plan = { column = "plan", at = "order" }
"""

REASONS = {None: 3, "": 1, "too dear": 2, "moved": 1, "Zeit": 1, "gone": 1}
START = date(2023, 1, 20)
DAYS = 500


def firm(seed: int, customers: int = 120, gap: int = 7) -> list[Span]:
    """Contracts of people who try, change plans, pause, leave and return, some of it badly written."""
    rng = random.Random(seed)
    spans: list[Span] = []
    lengths = [0, 1, 3, gap, gap + 1, 14, 30, 31, 90, 200]
    for customer in range(1, customers + 1):
        country = rng.choice(["DE", "fr", "Ö", None])
        for subscription in range(rng.choice([1, 1, 1, 2, 3])):
            at = START + timedelta(days=rng.randrange(DAYS))
            for _ in range(rng.choice([1, 1, 2, 3, 5, 8])):
                end = at + timedelta(days=rng.choice(lengths))
                ended = rng.choices([end, None], [6, 1])[0]
                span = Span(
                    customer,
                    subscription,
                    at,
                    ended,
                    rng.choice([0, 1, 5, 999, 1000, 1000, 2500, 11_99, 12_000]),
                    rng.choice(["month", "month", "quarter", "year"]),
                    rng.choice(["basic", "pro", "pro", None]),
                    country if rng.random() < 0.8 else rng.choice(["AT", "Ö"]),
                    rng.choice([None, end, end - timedelta(days=rng.randrange(40)), end + timedelta(days=3)]),
                    rng.choices(list(REASONS), list(REASONS.values()))[0],
                    rng.choice([None, False, False, True]),
                    rng.choices([False, True, None], [8, 1, 1])[0],
                )
                spans.append(span)
                if rng.random() < 0.08:
                    spans.append(replace(span, cents=span.cents + rng.choice([0, 0, 100])))
                # The next span follows at once, after a gap that is bridged or not, or too early.
                at = end + timedelta(days=rng.choice([0, 0, 0, 1, gap, gap + 1, 40, 120, -10, -1]))
        if rng.random() < 0.05:
            spans.append(Span(customer, 9, at, at - timedelta(days=1), 500))
    rng.shuffle(spans)
    return spans


SPELLINGS = {
    "month": ["month", "Monthly", "1 month", "P1M", "MONTH", "30 days", "4 weeks", "weekly"],
    "quarter": ["quarter", "3 months", "quarterly", "P3M", "13 weeks"],
    "year": ["year", "annual", "12 months", "365 days", "P1Y", "yearly", "52 weeks"],
}


def exported(seed: int) -> list[Span]:
    """Contracts as exports have them: with their last day, in states, with intervals in many spellings, discounted."""
    rng = random.Random(seed)
    spans: list[Span] = []
    for span in firm(seed):
        changed = span.started + timedelta(days=rng.randrange(3))
        last = span.ended and span.ended - timedelta(days=1)
        last = last or rng.choice([None, date(9999, 12, 31)])
        every = rng.choice(SPELLINGS[span.interval])
        if span.cents == 0:
            every = rng.choice([None, "once", every])
        span = replace(span, ended=last, interval=every, updated=rng.choice([None, changed, changed]))
        spans.append(span)
        if rng.random() < 0.2:
            end = rng.choice([None, span.started - timedelta(days=1), span.started + timedelta(days=9)])
            spans.append(replace(span, ended=end, updated=rng.choice([changed, changed + timedelta(days=1)])))
        while rng.random() < 0.15:
            off = rng.choice([1, 100, 500, 20_000])
            of = rng.choice([span.subscription, 7])
            at = span.started + timedelta(days=rng.choice([0, 0, 0, 1]))
            every = rng.choice(SPELLINGS["month"])
            spans.append(replace(span, subscription=of, started=at, ended=None, cents=-off, interval=every))
    rng.shuffle(spans)
    return spans


def bad_contracts() -> pa.Table:
    """Rows that must be rejected beside rows that must not."""
    whole = contracts(firm(33, 40))
    bad = [
        {"customer": None},
        {"subscription": None},
        {"started": None},
        {"amount": None},
        {"amount": Decimal("-1.00")},
        {"interval": "biweekly"},
        {"interval": None},
        {"started": date(2023, 5, 2), "ended": date(2023, 5, 1)},
        # Not these: nobody looks at what a trial costs.
        {"trial": True, "amount": None},
        {"trial": True, "amount": Decimal("-1.00"), "interval": "biweekly"},
    ]
    template = whole.slice(0, 1).to_pylist()[0] | {"ended": None, "interval": "month", "trial": False}
    rows = [template | {"subscription": 100 + i} | change for i, change in enumerate(bad)]
    return pa.concat_tables([whole, pa.Table.from_pylist(rows, whole.schema)])


def hearsay(seed: int, customers: int, start: date, days: int, ids: pa.DataType = pa.int64()) -> dict[str, pa.Table]:
    """Random contacts, prospects and surveys, of customers and of others."""
    rng = random.Random(seed)

    def day() -> date:
        return start + timedelta(days=rng.randrange(days))

    contacts: list[tuple] = []
    for _ in range(customers * 5):
        row = (
            rng.randrange(1, customers + 20),
            day(),
            rng.choice(["spring", "Sommer", "autumn", None]),
            rng.choice(["discount", "news", ""]),
            rng.choice(["a", "b", "b", None, "control", "none"]),
        )
        contacts.append(row)
        if rng.random() < 0.2:  # another one on the same day
            contacts.append((*row[:2], "spring", rng.choice(["discount", "news"]), rng.choice(["a", "control"])))
    reasons = list(REASONS)
    return side_tables(
        contacts,
        [(rng.randrange(1, customers + 60), day()) for _ in range(customers * 2)],
        [(rng.randrange(1, customers + 5), day(), rng.choice(reasons)) for _ in range(customers * 2)],
        ids,
    )


def around(rows: list[Row], seed: int, lapse: int) -> dict[str, pa.Table]:
    """Contacts and answers on and around the days on which customers lapse and return."""
    rng = random.Random(seed)
    contacts, surveys, prospects = [], [], []
    for row in rows:
        if rng.random() < 0.5:
            day = row.at.date() + timedelta(days=rng.choice([-1, 0, 1, lapse - 1, lapse, lapse + 1, lapse + 20]))
            campaign = rng.choice(["first", "second", None])
            contacts.append((row.customer, day, campaign, rng.choice(["x", "y"]), rng.choice(["sent", "control"])))
        if rng.random() < 0.3:
            day = row.at.date() + timedelta(days=rng.choice([-30, -31, 0, lapse + 30, lapse + 31, 3]))
            surveys.append((row.customer, day, rng.choice(list(REASONS))))
        if rng.random() < 0.2:
            seen = row.at.date() - timedelta(days=rng.randrange(90))
            prospects.append((row.customer + rng.choice([0, 0, 1000]), seen))
    return side_tables(contacts, prospects, surveys)
