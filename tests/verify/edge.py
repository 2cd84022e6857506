"""Small cases for the corners of the definitions in docs.

Each case is a folder with a pipeline file and its input. Those below share one random shop,
or one random business with subscriptions, whose rows differ in kind and type from case to case;
both are seeded, so that a difference can be looked at again. Those of by_hand.py and
by_hand_leaving.py have facts worked out by hand.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa

import bazaar
import by_hand
import by_hand_leaving
import firm
from bazaar import Bazaar
from firm import CONTRACTS, SIDE_INPUTS, Span, around, contracts, hearsay, subscriptions
from known import SBG_FITS, SBG_SURVIVORS
from shop import ALL_GRAINS, SEGMENTS, STATUSES, Edge, Row, one, orders, shop, table, without_order_id


def lines() -> dict[str, pa.Table]:
    """Orders of one to four lines; some lines of an order stand in another file."""
    rng = random.Random(11)
    parts: list[list[Row]] = [[], [], []]
    for row in shop(2, customers=300):
        for i in range(rng.choice([1, 1, 2, 4])):
            later = timedelta(seconds=rng.choice([0, 0, 1, 30, 86_400]) if i else 0)
            country = rng.choice([row.country, "zz"])
            status = "cart" if rng.random() < 0.01 else row.status
            line = replace(row, number=row.number // 2, at=row.at + later, status=status, country=country)
            rng.choice(parts).append(line)
    return {f"part-{i}.parquet": table(part, amount=pa.float64()) for i, part in enumerate(parts)}


def updated() -> dict[str, pa.Table]:
    """Rows that later rows of the same order replace."""
    rng = random.Random(12)
    rows, stamps = [], []
    for row in shop(3):
        for i in range(rng.choice([1, 1, 2, 3])):
            status = rng.choice(["paid", "cancelled", "cart"]) if i else row.status
            at = row.at + timedelta(days=rng.choice([0, 0, i, 5 * i]))
            rows.append(replace(row, at=at, cents=row.cents + i, status=status))
            stamps.append(rng.choice([None, row.at, row.at + timedelta(hours=i), row.at + timedelta(hours=24)]))
    return {"orders.parquet": table(rows).append_column("changed", pa.array(stamps, pa.timestamp("us")))}


def repeated() -> dict[str, pa.Table]:
    """Exact duplicates, in one file and across files, and amounts finer than a cent."""
    rows = shop(8, customers=80)
    fine = [Decimal(r.cents).scaleb(-2) + Decimal("0.0050") * (r.number % 3 - 1) for r in rows]
    whole = table(rows, country=pa.dictionary(pa.int32(), pa.string()))
    whole = whole.set_column(3, "amount", pa.array(fine, pa.decimal128(14, 4)))
    return {"a.parquet": pa.concat_tables([whole, whole.slice(10, 50)]), "b.parquet": whole.slice(0, 40)}


def ragged() -> dict[str, pa.Table]:
    """Files whose columns differ in order and number, one of them without a row."""
    whole = table(shop(9))
    third = whole.num_rows // 3
    return {
        "2023/a.parquet": whole.slice(0, third),
        "2023/b.parquet": whole.slice(third, third).select(list(reversed(whole.column_names))),
        "2024/c.parquet": whole.slice(2 * third).drop_columns(["channel"]),
        "2024/d.parquet": whole.slice(0, 0),
    }


def looked_up() -> dict[str, pa.Table]:
    """Orders of people whose home, discount and kind stand in files of their own; some of them stand in none."""
    rng = random.Random(31)
    people = [n for n in range(1, 151) if rng.random() < 0.9]
    rng.shuffle(people)
    factors = [rng.choice([Decimal("1.0"), Decimal("0.9"), Decimal("0.5"), None]) for _ in people]
    lists = {
        "person": pa.array(people, pa.int32()),
        "home": pa.array([rng.choice(["DE", "FR", "at", "Ö", "xx", None]) for _ in people]),
        "factor": pa.array(factors, pa.decimal128(3, 1)),
        "is_test": pa.array([rng.choice([True, False, False, False, None]) for _ in people]),
        "until": pa.array([None] * len(people), pa.date32()),
    }
    whole = pa.table(lists)
    # What was so before stands there, too.
    before = whole.slice(0, 40).set_column(4, "until", pa.array([date(2023, 1, 1)] * 40, pa.date32()))
    before = before.set_column(2, "factor", pa.array([Decimal("0.1")] * 40, pa.decimal128(3, 1)))
    regions = {"code": ["de", "fr", "at", "ö"], "region": ["north", "west", "", None]}
    return {
        "orders.parquet": table(shop(31)),
        "people/a.parquet": pa.concat_tables([before, whole.slice(0, 60)]),
        "people/b.parquet": whole.slice(60).select(list(reversed(whole.column_names))),
        "regions/a.parquet": pa.table(regions),
    }


LOOKUPS = """
[lookups.people]
path = "input/people/*.parquet"
key = "person"
where = "until IS NULL"

[lookups.regions]
path = "input/regions/*.parquet"
key = "code"

[segments]
region = { column = "LOOKUP(regions.region, LOWER(LOOKUP(people.home, customer)))", at = "first" }
"""


def dirty() -> dict[str, pa.Table]:
    """Rows that must be rejected beside rows that must not."""
    whole = table(shop(10), amount=pa.float64(), customer=pa.string())
    bad = [
        {"customer": None},
        {"sold_at": None},
        {"amount": None},
        {"amount": float("nan")},
        {"amount": float("inf")},
        {"status": "strange"},
        {"status": None},
        {"sold_at": datetime(2099, 1, 1)},
    ]
    template = whole.slice(0, 1).to_pylist()[0]
    rows = [template | {"number": 100_000 + i, "status": "paid"} | change for i, change in enumerate(bad)]
    return {"orders.parquet": pa.concat_tables([whole, pa.Table.from_pylist(rows, whole.schema)])}


def business(seed: int, gap: int, **types: pa.DataType) -> dict[str, pa.Table]:
    """Contracts with contacts, prospects and answers."""
    told = hearsay(seed, 120, firm.START, firm.DAYS + 60, types.get("ids", pa.int64()))
    return {CONTRACTS: contracts(firm.firm(seed, gap=gap), **types)} | told


def shop_around(seed: int, lapse: int, **types: pa.DataType) -> dict[str, pa.Table]:
    """A shop with contacts and answers on the days that matter."""
    rows = shop(seed)
    return one(*rows, **types) | around(rows, seed, lapse)


def survivors() -> dict[str, pa.Table]:
    """Contracts that end as the retention tables of sBG's authors have it, with months for their years."""
    spans = []
    for group, left in SBG_SURVIVORS.items():
        for month, (before, after) in enumerate(zip([1000, *left], [*left, 0]), start=1):
            ended = date(2024, 1 + month, 1) if after else None
            spans += [(group, ended)] * (before - after)
    rows = [Span(i, 1, "2024-01-01", ended, 10_00, country=group) for i, (group, ended) in enumerate(spans)]
    return {CONTRACTS: contracts(rows)}


OF_SUBSCRIPTIONS = [
    Edge(
        "survivors",
        survivors,
        subscriptions(calendar='as_of = "2024-08-02"', grains='["month"]')
        + '[segments]\ncountry = { column = "country", at = "first" }\n',
        fits=SBG_FITS,
    ),
    Edge("business", lambda: business(21, 7), subscriptions(gap=7) + SIDE_INPUTS + firm.SEGMENTS),
    Edge(
        "business_defaults",
        lambda: {CONTRACTS: contracts(firm.firm(22))},
        subscriptions('plan = "plan"'),
        default_tables=True,
    ),
    Edge(
        "business_history_start",
        lambda: business(23, 30),
        subscriptions(
            calendar='history_start = "2023-04-10"\nas_of = "2024-05-20"\nfiscal_year_start = 3',
            gap=30,
            grains='["month", "quarter", "year"]',
            more='[revenue]\nwindow = "3 months"',
        )
        + SIDE_INPUTS
        + "[win_back]\nattribution_window_days = 14\nprospect_after_days = 45\n"
        + '[churn_reasons]\nsurvey_window_days = 20\nreasons = { "too dear" = "price", "Zeit" = "price" }\n'
        + firm.SEGMENTS,
    ),
    Edge(
        "business_times",
        lambda: business(24, 1, at=pa.timestamp("us", tz="UTC"), ids=pa.string()),
        subscriptions(calendar='timezone = "Pacific/Auckland"\nas_of = "2024-03-01"\nmax_k = 9', gap=1)
        + SIDE_INPUTS
        + firm.SEGMENTS.replace('"first"', '"order"'),
    ),
    Edge(
        "business_weeks",
        lambda: business(25, 0),
        subscriptions(
            'deduplicate = true\nwhere = "amount <> 5"',
            calendar='week_start = "wednesday"',
            grains='["day", "week"]',
            more='[revenue]\nwindow = "2 weeks"',
        )
        + SIDE_INPUTS.replace('strategy = "strategy"\nvariant = "variant"\nholdout = ["control", "none"]\n', ""),
    ),
    Edge(
        "business_as_exported",
        lambda: {CONTRACTS: contracts(firm.exported(26))},
        subscriptions('ended_at_inclusive = true\ndiscounts = true\nupdated_at = "updated"', gap=3) + firm.SEGMENTS,
    ),
    Edge("business_dirty", lambda: {CONTRACTS: firm.bad_contracts()}, subscriptions(gap=3) + firm.SEGMENTS),
    Edge("business_empty", lambda: {CONTRACTS: contracts([])}, subscriptions() + firm.SEGMENTS),
    Edge(
        "contacts",
        lambda: one(*shop(1)) | hearsay(1, 150, date(2022, 10, 1), 700),
        orders('rows = "orders"' + STATUSES) + SIDE_INPUTS + SEGMENTS,
    ),
    Edge(
        "contacts_around",
        lambda: shop_around(31, 45),
        orders(
            'rows = "orders"' + STATUSES,
            calendar='as_of = "2024-02-20"',
            more='activity = "any"\nat_risk_ratio = 0.5',
        )
        + SIDE_INPUTS
        + "[win_back]\nattribution_window_days = 46\n"
        + '[churn_reasons]\nsurvey_window_days = 30\nreasons = { "moved" = "unknown" }\n'
        + "[purchase_gaps]\nmax_gap_number = 2\nbucket_days = 1\n[loyalty]\nwindow_days = 30\norders = 1\n"
        + '[lifetime]\nunit_days = 30\ncalibration_end = "2023-08-05"\n'
        + SEGMENTS.replace('"channel", at = "first"', '"channel", at = "order"'),
    ),
    Edge(
        "contacts_auto_lapse",
        lambda: shop_around(32, 60),
        orders('rows = "orders"' + STATUSES, calendar='history_start = "2023-01-10"', lapse='"auto"') + SIDE_INPUTS,
    ),
]

# Two segments, the values of one of which are customers of their own.
BOTH_SEGMENTS = SEGMENTS.replace('"channel", at = "first"', '"channel", at = "order"')


def stalls(seed: int, **types: pa.DataType) -> dict[str, pa.Table]:
    """A shop with every other input; `types` are those of times and ids."""
    rows = shop(seed)
    at, ids = types.get("at", pa.timestamp("us")), types.get("customer", pa.int64())
    return one(*rows, **types) | Bazaar(seed, 150, date(2022, 11, 3), 610, at, ids).tables(rows)


def dirty_stalls() -> dict[str, pa.Table]:
    """Rows of side inputs that must be rejected beside rows that must not."""
    found = stalls(47)
    for name, table in found.items():
        if not name.startswith("side/"):
            continue
        if name == "side/touchpoints.parquet":
            place = table.column_names.index("value")
            table = table.set_column(place, "value", table["value"].cast(pa.float64()))
        template = table.slice(5, 1).to_pylist()[0]
        is_float = "value" in template and pa.types.is_floating(table.schema.field("value").type)
        values = [None, float("nan"), float("inf"), -1.0] if is_float else [None, Decimal("-1.00")]
        bad = [
            *({key: None} for key in template),
            {"happened": datetime(2099, 1, 1)},
            *({"value": value} for value in values),
            # The first that applies is the reason.
            {key: None for key in template} | {"happened": datetime(2099, 1, 1)},
            {"happened": None, "value": None},
            {"closed": datetime(2099, 1, 1), "paid": datetime(2099, 1, 1), "due": datetime(1999, 1, 1)},
            {"outcome": "strange"},
            {"outcome": None, "closed": None},
        ]
        rows = [template | {key: value for key, value in change.items() if key in template} for change in bad]
        found[name] = pa.concat_tables([table, pa.Table.from_pylist(rows, table.schema)])
    return found


def stalls_of_subscribers(seed: int) -> dict[str, pa.Table]:
    rows = shop(seed, start=firm.START, days=firm.DAYS)
    return {CONTRACTS: contracts(firm.firm(seed))} | Bazaar(seed, 120, firm.START, firm.DAYS).tables(rows)


OF_EVERY_INPUT = [
    Edge(
        "bazaar",
        lambda: stalls(41),
        orders('rows = "orders"' + STATUSES, calendar='as_of = "2024-05-08"') + bazaar.INPUTS + BOTH_SEGMENTS,
    ),
    Edge(
        "bazaar_times",
        lambda: stalls(42, at=pa.timestamp("us", tz="UTC"), customer=pa.string(), number=pa.string()),
        orders(
            'rows = "orders"' + STATUSES,
            calendar='timezone = "America/New_York"\nas_of = "2024-04-17"\nfiscal_year_start = 2',
            lapse="60",
            more='activity = "any"\nat_risk_score = 0.2\nrisk_window = "own"\nat_risk_ratio = 1.7',
        )
        + bazaar.WITH_PAYMENTS.replace(*bazaar.LINES)
        + "recovery_window_days = 10\nsurvey_window_days = 5\n"
        + '[lost_sales.reasons]\n"too dear" = "price"\n"late" = "price"\n"moved" = "unknown"\n'
        + "[carts]\nwindow_hours = 30\n[receivables]\nterms_days = 0\n[churn_indicators]\nwindow_days = 45\n"
        + "[product_returns]\nwindow_days = 5\n[cross_sell]\nmin_support = 0.1\nmax_items = 3\n"
        + "[alerts]\nchurn_rate = { below = 0.2 }\nnps = { below = 50, grain = \"week\" }\ndso = { above = 30 }\n"
        + BOTH_SEGMENTS,
    ),
    Edge(
        "bazaar_days",
        lambda: stalls(43, at=pa.date32()),
        orders(
            'rows = "orders"' + STATUSES,
            calendar='as_of = "2024-05-08"\nhistory_start = "2023-02-15"',
        ).replace(ALL_GRAINS, '["week", "month"]')
        + bazaar.INPUTS.replace('opportunity_id = "number"\n', "")
        .replace('invoice_id = "number"\n', "")
        .replace('due_at = "due"\n', "")
        .replace('stage = "stage"\n', "")
        .replace('stages = ["lead", "offer", "Ende"]\n', "")
        .replace('competitor = "competitor"\n', "")
        .replace('category = "category"\n', ""),
    ),
    Edge(
        "bazaar_odd",
        lambda: stalls(45),
        orders(
            'rows = "orders"\nscale = 3' + STATUSES,
            calendar='as_of = "2024-05-01"\nweek_start = "sunday"',
            lapse='"auto"',
            more='activity = "any"',
        ).replace(ALL_GRAINS, '["week", "quarter"]')
        + bazaar.WITH_PAYMENTS.replace('stages = ["lead", "offer", "Ende"]\n', "")
        .replace('product = "product"\n', "")
        .replace('value = "value"\ncustomer_id = "customer"\n', "")
        .replace('kind = "kind"', "kind = \"concat(kind, extract(day from happened) % 6)\"")
        + "recovery_window_days = 0\n[carts]\nwindow_hours = 1\n"
        + BOTH_SEGMENTS,
    ),
    Edge(
        "bazaar_dirty",
        dirty_stalls,
        orders('rows = "orders"' + STATUSES, calendar='as_of = "2024-05-08"').replace(ALL_GRAINS, '["month"]')
        + bazaar.INPUTS,
    ),
    Edge(
        "bazaar_nobody",
        lambda: stalls(48) | {"orders.parquet": table([])},
        orders('rows = "orders"' + STATUSES, calendar='as_of = "2024-05-08"').replace(ALL_GRAINS, '["month"]')
        + bazaar.INPUTS
        + SEGMENTS,
    ),
    Edge(
        "bazaar_defaults",
        lambda: stalls(46),
        orders('rows = "orders"' + STATUSES, calendar='as_of = "2023-10-29"').replace(ALL_GRAINS, '["quarter"]')
        + bazaar.INPUTS.replace('cart_id = "cart"\n', "").replace('score = "score"\n', "")
        .replace('step = "step"', "step = \"coalesce(step, 'see')\"")
        .replace('due_at = "due"\n', 'due_at = "due"\nupdated_at = "due"\n')
        .replace('stage = "stage"\n', 'stage = "stage"\nupdated_at = "happened"\n'),
        default_tables=True,
    ),
    Edge(
        "bazaar_subscriptions",
        lambda: stalls_of_subscribers(44),
        subscriptions(calendar='as_of = "2024-05-08"', gap=7) + bazaar.WITH_PAYMENTS + firm.SEGMENTS,
    ),
]

CASES = [
    *OF_SUBSCRIPTIONS,
    *OF_EVERY_INPUT,
    *by_hand.CASES,
    *by_hand_leaving.CASES,
    Edge("any", lambda: one(*shop(1)), orders('rows = "orders"' + STATUSES, more='activity = "any"') + SEGMENTS),
    Edge("sales", lambda: one(*shop(1)), orders('rows = "orders"' + STATUSES) + SEGMENTS),
    Edge("lines", lines, orders('rows = "lines"' + STATUSES, calendar='as_of = "2024-03-10"') + SEGMENTS),
    Edge(
        "lines_any",
        lines,
        orders('rows = "lines"' + STATUSES, calendar='history_start = "2023-02-15"', more='activity = "any"')
        + SEGMENTS,
    ),
    Edge(
        "updated_at",
        updated,
        orders(
            'rows = "orders"\nupdated_at = "changed"' + STATUSES,
            calendar='as_of = "2024-03-10"\nhistory_start = "2023-02-15"',
        )
        + SEGMENTS,
    ),
    Edge(
        "no_order_id",
        lambda: one(*shop(14)),
        without_order_id(orders('rows = "orders"' + STATUSES)) + SEGMENTS,
    ),
    Edge(
        "history_start",
        lambda: one(*shop(4)),
        orders(
            'rows = "orders"' + STATUSES,
            calendar='history_start = "2023-02-15"\nas_of = "2024-05-20"',
            lapse="60",
        )
        + SEGMENTS,
    ),
    Edge(
        "long_window",
        lambda: one(*shop(6, days=1400, start=date(2020, 1, 15))),
        orders('rows = "orders"' + STATUSES).replace(ALL_GRAINS, '["month", "quarter", "year"]')
        + SEGMENTS
        + '[revenue]\nwindow = "12 months"\n',
    ),
    Edge(
        "week_window",
        lambda: one(*shop(6)),
        orders('rows = "orders"' + STATUSES).replace(ALL_GRAINS, '["day", "week"]')
        + '[revenue]\nwindow = "4 weeks"\n',
    ),
    Edge(
        "fiscal_year",
        lambda: one(*shop(7), at=pa.timestamp("ns")),
        orders('rows = "orders"' + STATUSES, calendar='week_start = "sunday"\nfiscal_year_start = 4') + SEGMENTS,
    ),
    Edge(
        "zoned",
        lambda: one(
            *shop(5, start=date(2023, 2, 1)),
            at=pa.timestamp("us", tz="UTC"),
            customer=pa.large_string(),
            number=pa.string(),
        ),
        orders('rows = "orders"' + STATUSES, calendar='timezone = "America/New_York"') + SEGMENTS,
    ),
    Edge(
        "at_order",
        lambda: one(*shop(1)),
        orders('rows = "orders"' + STATUSES, calendar="max_k = 7")
        + '[segments]\nchannel = { column = "channel", at = "order" }\n',
    ),
    Edge(
        "auto_lapse",
        lambda: one(*shop(13), number=pa.string()),
        orders('rows = "orders"' + STATUSES, lapse='"auto"'),
    ),
    Edge(
        "deduplicate",
        repeated,
        orders('rows = "orders"\ndeduplicate = true' + STATUSES) + SEGMENTS,
    ),
    Edge(
        "ragged_files",
        ragged,
        orders('rows = "orders"' + STATUSES).replace("input/*.parquet", "input") + SEGMENTS,
    ),
    Edge(
        "looked_up",
        looked_up,
        orders(STATUSES + 'where = "LOOKUP(people.is_test, customer) IS NOT TRUE"').replace(
            'amount = "amount"', 'amount = "amount * LOOKUP(people.factor, customer)"'
        )
        + LOOKUPS,
    ),
    Edge("dirty", dirty, orders('rows = "orders"' + STATUSES) + SEGMENTS),
    Edge("empty", lambda: {"orders.parquet": table([])}, orders('rows = "orders"' + STATUSES) + SEGMENTS),
]
