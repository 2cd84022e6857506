"""Times as they are stored and as they are mapped: cases of door.py."""

from __future__ import annotations

from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from command import orders
from door_case import FIRST_ORDERS, TOLERANT, Case, File, table

NEW_YORK = "America/New_York"
BAD = {"unreadable_time": 1}


def times(
    name: str,
    values: pa.Array | list,
    ordered_at: str,
    *wanted: str | None,
    zone: str = "UTC",
    rejected: dict[str, int] | None = None,
    file: File | None = None,
    **more: object,
) -> Case:
    """The first order of each customer; None stands for a row that is rejected."""
    given = table(v=values).drop_columns(["at"]) if file is None else file
    pipeline = orders(ordered_at=ordered_at, calendar=f'timezone = "{zone}"', sections=TOLERANT)
    rows = [(customer, day) for customer, day in enumerate(wanted, start=1) if day is not None]
    bad = wanted.count(None)
    rejected = rejected or ({"unreadable_time": bad} if bad else {})
    return Case(name, {"orders.parquet": given}, pipeline, rows, FIRST_ORDERS, rejected=rejected, **more)


def at(*texts: str | None, unit: str = "us", zone: str | None = None) -> pa.Array:
    moments = [text and datetime.fromisoformat(text) for text in texts]
    return pa.array([m and (m.replace(tzinfo=timezone.utc) if zone else m) for m in moments], pa.timestamp(unit, zone))


# 2024-01-31 23:30 and 2024-03-01 00:00 of UTC.
SECONDS = (1_706_743_800, 1_709_251_200)
IN_UTC = ("2024-01-31", "2024-03-01")
IN_NEW_YORK = ("2024-01-31", "2024-02-29")


def epochs() -> list[Case]:
    """Counts since 1970 of every unit, of every width that holds them."""
    cases = []
    for per_second, unit, call in (
        (1, "seconds", "TO_TIMESTAMP(v)"),
        (1000, "milliseconds", "EPOCH_MS(v)"),
        (10**6, "microseconds", "MAKE_TIMESTAMP(v)"),
        (10**9, "nanoseconds", "MAKE_TIMESTAMP(v // 1000)"),
    ):
        counts = [second * per_second for second in SECONDS]
        for kind in (pa.int32(), pa.uint32(), pa.int64(), pa.uint64()):
            if kind.bit_width == 64 or per_second == 1:
                cases.append(times(f"{unit} in {kind}", pa.array(counts, kind), call, *IN_UTC))
    seconds, wide = pa.array(SECONDS, pa.int32()), pa.array([s * 1000 for s in SECONDS], pa.int64())
    decimals = pa.array([Decimal(s) for s in SECONDS], pa.decimal128(18, 0))
    return cases + [
        times("seconds in New York", seconds, "TO_TIMESTAMP(v)", *IN_NEW_YORK, zone=NEW_YORK),
        times("seconds of a quotient", wide, "TO_TIMESTAMP(v // 1000)", *IN_UTC),
        times("seconds as decimals", decimals, "TO_TIMESTAMP(CAST(v AS BIGINT))", *IN_UTC),
        times("seconds as texts", [str(s) for s in SECONDS], "TO_TIMESTAMP(CAST(v AS BIGINT))", *IN_UTC),
        times("seconds before 1970", pa.array([-1], pa.int64()), "TO_TIMESTAMP(v)", "1969-12-31"),
        times("seconds beyond all years", pa.array([0, 10**15], pa.int64()), "TO_TIMESTAMP(v)", "1970-01-01", None),
        times(
            "days since 1970", pa.array([0, 19_753], pa.int32()), "DATE '1970-01-01' + v", "1970-01-01", "2024-01-31"
        ),
    ]


def stored() -> list[Case]:
    """Columns of dates and timestamps of every unit and zone."""
    cases = []
    texts = ("2024-01-31T23:30:00", "2024-02-01T03:30:00", "1600-05-17T08:00:00")
    for unit in ("s", "ms", "us"):
        cases.append(times(f"times in {unit}", at(*texts, unit=unit), "v", "2024-01-31", "2024-02-01", "1600-05-17"))
        zoned = at(*texts[:2], unit=unit, zone="UTC")
        cases.append(times(f"instants in {unit}", zoned, "v", "2024-01-31", "2024-01-31", zone=NEW_YORK))
    nanos = at(*texts[:2], unit="ns")
    other = at(*texts[:2], zone="Europe/Berlin")
    naive = at(*texts[:2])
    day = pa.array([date(2024, 1, 31), None, date(1, 1, 1)])
    return cases + [
        times("times in ns", nanos, "v", "2024-01-31", "2024-02-01"),
        times("instants of another zone", other, "v", "2024-01-31", "2024-01-31", zone=NEW_YORK),
        times("naive times that are UTC", naive, "v AT TIME ZONE 'UTC'", "2024-01-31", "2024-01-31", zone=NEW_YORK),
        times(
            "naive times of another city",
            naive,
            "v AT TIME ZONE 'Europe/Paris'",
            "2024-01-31",
            "2024-01-31",
            zone=NEW_YORK,
        ),
        times(
            "instants as wall times",
            at(*texts[:2], zone="UTC"),
            "v AT TIME ZONE 'UTC'",
            "2024-01-31",
            "2024-02-01",
            zone=NEW_YORK,
        ),
        times(
            "instants as days", at(*texts[:2], zone="UTC"), "CAST(v AS DATE)", "2024-01-31", "2024-01-31", zone=NEW_YORK
        ),
        times("in summer", at("2024-07-01T03:30:00"), "v AT TIME ZONE 'UTC'", "2024-06-30", zone=NEW_YORK),
        times("days", day, "v", "2024-01-31", None, "0001-01-01", rejected={"null_time": 1}),
        times(
            "a day and a year 10000",
            pa.array([date(2024, 1, 31), date(9999, 12, 31)]),
            "v - 1",
            "2024-01-31"[:8] + "30",
            None,
            rejected={"in_future": 1},
        ),
        times("days of 64 bits", pa.array([date(2024, 1, 31)], pa.date64()), "v", "2024-01-31"),
        times(
            "the hour that is not",
            at("2024-03-10T02:30:00"),
            "v AT TIME ZONE 'America/New_York'",
            "2024-03-10",
            zone=NEW_YORK,
        ),
        times(
            "the hour that comes twice",
            at("2024-11-03T01:30:00"),
            "v AT TIME ZONE 'America/New_York'",
            "2024-11-03",
            zone=NEW_YORK,
        ),
    ]


def int96(*texts: str | None) -> File:
    def write(path: Path) -> None:
        rows = table(v=at(*texts)).drop_columns(["at"])
        pq.write_table(rows, path, use_deprecated_int96_timestamps=True, store_schema=False)

    return write


def int96s() -> list[Case]:
    near = ("2024-01-31T23:30:00", "2024-02-29T00:00:00", "1600-05-17T08:00:00", "0001-01-01T00:00:00")
    both = "SELECT customer_id, orders, revenue FROM customers"
    zoned = at("2024-02-01T03:30:00", zone="UTC")
    mixed = {"a.parquet": int96("2024-02-01T03:30:00"), "b.parquet": table(v=zoned, customer=[2]).drop_columns(["at"])}
    as_utc = orders("*.parquet", ordered_at="v AT TIME ZONE 'UTC'", calendar=f'timezone = "{NEW_YORK}"')
    as_given = orders("*.parquet", ordered_at="v", calendar=f'timezone = "{NEW_YORK}"')
    winter = [(1, "2024-01-31"), (2, "2024-01-31")]

    def updates(path: Path) -> None:
        rows = {"order": ["o", "o"], "customer": [1, 1], "amount": [10.0, 99.0]}
        updated = {"updated": at("2024-01-09T00:00:00", "0001-01-01T00:00:00")}
        pq.write_table(table(**rows, **updated), path, use_deprecated_int96_timestamps=True, store_schema=False)

    replaced = orders(more='order_id = "order"\nupdated_at = "updated"')
    return [
        times("INT96", None, "v", *(text[:10] for text in near), file=int96(*near)),
        times(
            "INT96 of 9999",
            None,
            "v",
            "2024-01-31",
            None,
            file=int96(near[0], "9999-12-31T00:00:00"),
            rejected={"in_future": 1},
        ),
        times("INT96 with NULL", None, "v", "2024-01-31", None, file=int96(near[0], None), rejected={"null_time": 1}),
        times(
            "INT96 that is UTC",
            None,
            "v AT TIME ZONE 'UTC'",
            "2024-01-31",
            file=int96("2024-02-01T03:30:00"),
            zone=NEW_YORK,
        ),
        Case(
            "INT96 beside INT64",
            mixed,
            as_given,
            winter,
            FIRST_ORDERS,
            may_refuse=True,
            says_not=r"CAST\(STRFTIME|panicked",
        ),
        Case("INT96 of an update long ago", {"orders.parquet": updates}, replaced, [(1, 1, "10.00")], both),
        Case("AT TIME ZONE of two kinds", mixed, as_utc, None, code=(0, 2), says_not="panicked"),
    ]


# As exporters write times; without an offset they are wall times of the business.
WALL = ["2024-01-31", "2024-01-31 23:30:00", "2024-01-31T23:30:00", "2024-01-31 23:30", "2024-01-31T23:30:00.123456"]
OFFSETS = [
    "2024-01-31T23:30:00-05:00",
    "2024-02-01T00:30:00+02:00",
    "2024-01-31T23:30:00Z",
    "2024-02-01T04:59:59.999+00:00",
]
UNREADABLE = ["2024-02-30", "31/01/2024", "", "yesterday"]


def texts() -> list[Case]:
    wall, five, four = "2024-01-31", ("2024-01-31",) * 5, ("2024-01-31",) * 4
    four_bad = (None,) * 4
    days = ["31/01/2024", "2024-01-31", None]
    return [
        times("texts to TIMESTAMP", WALL, "CAST(v AS TIMESTAMP)", *five),
        times("texts to DATE", WALL[:1], "CAST(v AS DATE)", wall),
        times("texts to TIMESTAMPTZ", WALL, "CAST(v AS TIMESTAMPTZ)", *five, zone=NEW_YORK),
        times("unreadable texts to TIMESTAMP", UNREADABLE, "CAST(v AS TIMESTAMP)", *four_bad, code=(0, 1, 3)),
        times("unreadable texts to DATE", [*UNREADABLE[:2], wall], "CAST(v AS DATE)", None, None, wall),
        times("offsets to TIMESTAMPTZ", OFFSETS, "CAST(v AS TIMESTAMPTZ)", *four, zone=NEW_YORK),
        times("offsets to TIMESTAMP", [*OFFSETS, wall], "CAST(v AS TIMESTAMP)", *four_bad, wall, zone=NEW_YORK),
        times("offsets to DATE", [*OFFSETS, wall], "CAST(v AS DATE)", *four_bad, wall, zone=NEW_YORK),
        times("offsets by ::", OFFSETS, "v::TIMESTAMPTZ", *four, zone=NEW_YORK),
        times("STRPTIME", days, "STRPTIME(v, '%d/%m/%Y')", wall, None, None, rejected=BAD | {"null_time": 1}),
        times(
            "TRY_STRPTIME",
            days,
            "COALESCE(TRY_STRPTIME(v, '%d/%m/%Y'), TRY_STRPTIME(v, '%Y-%m-%d'))",
            wall,
            wall,
            None,
            rejected={"null_time": 1},
        ),
        times("STRPTIME with a time", ["20240131 233000"], "STRPTIME(v, '%Y%m%d %H%M%S')", wall),
        times("TRY_CAST", ["2024-01-31", "x"], "TRY_CAST(v AS DATE)", wall, None, rejected={"null_time": 1}),
        times(
            "a default for what fails",
            ["2024-01-31", "x"],
            "COALESCE(TRY_CAST(v AS DATE), DATE '2023-01-01')",
            wall,
            "2023-01-01",
        ),
        times("a day of three columns", ["2024"], "CAST(CONCAT(v, '-01-', '31') AS DATE)", wall),
        times("digits", pa.array([20240131], pa.int32()), "STRPTIME(CAST(v AS VARCHAR), '%Y%m%d')", wall),
    ]


def moved() -> list[Case]:
    leap = pa.array([date(2024, 1, 31), date(2023, 1, 31)])
    noon = at("2024-01-31T23:30:00")
    edge = pa.array([date(1, 1, 1), date(2024, 1, 1)])
    return [
        times("a month on", leap, "v + INTERVAL '1 month'", "2024-02-29", "2023-02-28"),
        times("a month on, by number", leap, "v + INTERVAL 1 MONTH", "2024-02-29", "2023-02-28"),
        times("a day back", leap, "v - INTERVAL '1 day'", "2024-01-30", "2023-01-30"),
        times("30 days on", leap, "v + 30", "2024-03-01", "2023-03-02"),
        times("an hour on", noon, "v + INTERVAL '1 hour'", "2024-02-01"),
        times("a month truncated", noon, "DATE_TRUNC('month', v)", "2024-01-01"),
        times("a week truncated", leap, "DATE_TRUNC('week', v)", "2024-01-29", "2023-01-30"),
        times("before the year 1", edge, "v - 1", None, "2023-12-31"),
        times("the later of two", noon, "GREATEST(v, TIMESTAMP '2024-02-02 00:00:00')", "2024-02-02"),
        times(
            "CASE of days",
            leap,
            "CASE WHEN v < '2024-01-01' THEN DATE '2024-01-01' ELSE v END",
            "2024-01-31",
            "2024-01-01",
        ),
    ]


def several_files() -> list[Case]:
    """One column that is of another unit or zone in another file."""
    cases = []
    kinds = {
        "ms and us": (pa.timestamp("ms"), pa.timestamp("us")),
        "us and ns": (pa.timestamp("us"), pa.timestamp("ns")),
        "DATE and us": (pa.date32(), pa.timestamp("us")),
        "zones": (pa.timestamp("us", "UTC"), pa.timestamp("ms", "Europe/Berlin")),
    }
    query = "SELECT customer_id, orders, first_order FROM customers"
    for name, (first, second) in kinds.items():
        zone = "UTC" if first.id == pa.timestamp("us").id and first.tz else None
        value = at("2024-01-05T00:00:00" if first == pa.date32() else "2024-01-05T12:00:00", zone=zone)
        files = {f"{n}.parquet": table(v=value.cast(kind), customer=[1]) for n, kind in enumerate((first, second))}
        for extra, count in (("", 2), ("deduplicate = true", 1)):
            pipeline = orders("*.parquet", ordered_at="v", more=extra)
            label = f"files of {name}{', deduplicated' if extra else ''}"
            # A date is another value than its midnight, where rows are compared as they stand.
            may_refuse = first == pa.date32()
            cases.append(Case(label, files, pipeline, [(1, count, "2024-01-05")], query, may_refuse=may_refuse))
    return cases


def ends() -> list[Case]:
    """Days on which subscriptions end, which may be NULL, far off, or of no type."""
    pipeline = "\n".join(
        [
            'name = "contracts"\n[calendar]\ngrains = ["month"]\nas_of = "2024-05-01"',
            '[inputs.subscriptions]\npath = "*.parquet"\nsubscription_id = "s"\ncustomer_id = "customer"',
            'started_at = "start"\nended_at = {ended}\namount = "price"\ninterval = "\'month\'"',
            '[outputs]\npath = "out"\ntables = ["customer_retention"]\n[checks]\nmax_rejected = 0.5',
        ]
    )
    query = "SELECT period, opening, churned, closing FROM customer_retention WHERE segment = 'all' ORDER BY 1"

    def contracts(end: pa.Array) -> pa.Table:
        names = ["a", "b", "c", "d"][: len(end)]
        starts = pa.array([date(2024, 1, 1)] * len(end))
        prices = pa.array([10.0] * len(end))
        return pa.table({"s": names, "customer": range(1, len(end) + 1), "start": starts, "end": end, "price": prices})

    open_end = [("2024-01-01", 0, 0, 2), ("2024-02-01", 2, 0, 2), ("2024-03-01", 2, 1, 1), ("2024-04-01", 1, 0, 1)]
    dates = contracts(pa.array([None, date(2024, 3, 1)]))
    far = contracts(pa.array([date(9999, 12, 31), date(2024, 3, 1)]))
    texts = contracts(pa.array(["", "2024-03-01"]))
    copies = pa.table(
        {
            **{"s": ["a", "a", "b"], "customer": [1, 1, 2], "start": pa.array([date(2024, 1, 1)] * 3)},
            **{"end": pa.array([None, date(2024, 3, 1), None]), "price": [10.0, 10.0, 5.0]},
        }
    )
    nothing = contracts(pa.nulls(2))
    still = [
        (period, opening, 0, 2)
        for period, opening, *_ in [("2024-01-01", 0), ("2024-02-01", 2), ("2024-03-01", 2), ("2024-04-01", 2)]
    ]
    made = {
        "an open end": (dates, '"end"', open_end),
        "an end far off": (far, '"end"', open_end),
        "an end as text": (texts, '"CAST(NULLIF(\\"end\\", \'\') AS DATE)"', open_end),
        "an end tried": (texts, '"TRY_CAST(\\"end\\" AS DATE)"', open_end),
        "an end of no type": (nothing, '"end"', still),
        "an end that is never": (dates, '"NULLIF(\\"end\\", \\"end\\")"', still),
        "two copies of one": (copies, '"end"', open_end),
    }
    return [
        Case(name, {"contracts.parquet": file}, pipeline.format(ended=ended), rows, query)
        for name, (file, ended, rows) in made.items()
    ]


TIMES = [*epochs(), *stored(), *int96s(), *texts(), *moved(), *several_files(), *ends()]
