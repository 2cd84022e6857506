"""Small cases whose results a person with a calendar finds."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from shop import SEGMENTS, STATUSES, Edge, Fact, Row, day, one, orders, table, without_order_id


def cells(table: str, grain: str, key: str, columns: str, *rows: tuple) -> list[Fact]:
    """Facts for everybody at one grain: each row is the value of `key` and the columns'."""
    return [
        (table, f"grain = '{grain}' AND segment = 'all' AND {key} = '{row[0]}'", column, value)
        for row in rows
        for column, value in zip(columns.split(), row[1:], strict=True)
    ]


def counts(part: str, of: str | None = "orders", **numbers: int) -> list[Fact]:
    """Facts for what run.json counts; `of` is the input, if it is about one."""
    where = f"part = '{part}' AND input = '{of}'" if of else f"part = '{part}' AND input IS NULL"
    return [("counted", f"{where} AND name = '{name}'", "n", n) for name, n in numbers.items()]


def months() -> dict[str, pa.Table]:
    a, b, c, d, p, q = range(1, 7)
    return one(
        Row(a, 1, day("2024-01-10"), 100_00),
        Row(a, 2, day("2024-02-09"), 50_00),  # a gap of exactly 30 days, in a leap year
        Row(a, 3, day("2024-04-10"), 20_00),
        Row(b, 4, day("2024-01-31"), 10_00),
        Row(b, 5, day("2024-02-02"), -10_00),
        Row(c, 6, day("2024-03-20"), 5_00),
        Row(c, 7, day("2024-03-20", "13:00:00"), 5_00),
        Row(d, 8, day("2024-03-01"), 70_00, "cancelled"),
        Row(d, 9, day("2024-03-25"), 80_00),
        Row(p, 10, day("2024-02-10"), 40_00, "cancelled", "too expensive"),
        Row(q, 11, day("2024-04-12"), 9_00, "cart"),
        Row(q, 12, day("2024-04-20"), 9_00),  # after as_of
    )


MONTHS = [
    *cells(
        "customer_retention",
        "month",
        "period",
        "opening new returned churned closing new_at_close kept lost"
        " retention_rate churn_rate annualised_churn_rate",
        ("2024-01-01", 0, 2, 0, 0, 2, 2, 0, 0, None, None, None),
        ("2024-02-01", 2, 0, 0, 0, 2, 0, 2, 0, 1.0, 0.0, None),
        ("2024-03-01", 2, 2, 0, 2, 2, 2, 0, 2, 0.0, 1.0, None),
        ("2024-04-01", 2, 0, 1, 0, 3, 0, 2, 0, 1.5, 0.0, None),
    ),
    *cells(
        "customer_retention",
        "month",
        "period",
        "buyers lifecycle_new lifecycle_returning lifecycle_resurrected lifecycle_dormant is_complete",
        ("2024-01-01", 2, 2, 0, 0, 0, True),
        ("2024-02-01", 1, 0, 1, 0, 1, True),
        ("2024-03-01", 2, 2, 0, 0, 1, True),
        ("2024-04-01", 1, 0, 0, 1, 2, False),
    ),
    *cells(
        "revenue_churn",
        "month",
        "period",
        "opening_revenue new_revenue reactivated_revenue contraction_revenue churned_revenue closing_revenue"
        " opening_credits closing_credits lost_revenue is_complete",
        ("2024-01-01", 0, 110_00, 0, 0, 0, 110_00, 0, 0, 0, False),
        ("2024-02-01", 110_00, 0, 0, 50_00, 10_00, 50_00, 0, 10_00, 60, True),
        ("2024-03-01", 50_00, 90_00, 0, 0, 50_00, 90_00, 10_00, 0, 50, True),
        ("2024-04-01", 90_00, 0, 20_00, 0, 90_00, 20_00, 0, 0, 90, False),
    ),
    *cells(
        "cohort_retention",
        "month",
        "cohort = '2024-01-01' AND k",
        "cohort_size active on_or_after repurchased_by"
        " orders revenue cumulative_revenue revenue_per_active is_complete",
        (0, 2, 2, 2, 0, 2, 110_00, 110_00, 55.0, True),
        (1, 2, 1, 1, 1, 1, 40_00, 150_00, 40.0, True),
        (2, 2, 0, 1, 1, 0, 0, 150_00, None, True),
        (3, 2, 1, 1, 1, 1, 20_00, 170_00, 20.0, False),
    ),
    *cells(
        "cohort_retention",
        "month",
        "cohort = '2024-03-01' AND k",
        "cohort_size active repurchased_by orders revenue",
        (0, 2, 2, 0, 3, 90_00),
        (1, 2, 0, 0, 0, 0),
    ),
    *cells(
        "cohort_curve",
        "month",
        "k",
        "cohorts customers active mean_retention_rate revenue base_revenue",
        (0, 2, 4, 4, 1.0, 200_00, 200_00),
        (1, 1, 2, 1, 0.5, 40_00, 110_00),
        (2, 1, 2, 0, 0.0, 0, 110_00),
    ),
    *cells(
        "lost_sales",
        "month",
        "buyer = 'prospect' AND breakdown = 'total' AND period",
        "attempts won open lost recovered recovery_open lost_value net_lost_value expected_lost_value",
        ("2024-02-01", 1, 0, 0, 1, 0, 0, 40_00, 40_00, 26_67),
        ("2024-03-01", 3, 2, 0, 1, 1, 0, 70_00, 0, 0),
        ("2024-04-01", 1, 0, 1, 0, 0, 0, 0, 0, 0),
    ),
    *cells(
        "lost_sales",
        "month",
        "breakdown = 'reason' AND breakdown_value",
        "period buyer attempts won lost recovered attempted_value won_value conversion_rate",
        ("price", date(2024, 2, 1), "prospect", 1, None, 1, 0, 40_00, None, None),
        ("unknown", date(2024, 3, 1), "prospect", 1, None, 1, 1, 70_00, None, None),
    ),
]


def clock_change() -> dict[str, pa.Table]:
    # Berlin: summer time from 2024-03-31 01:00 UTC to 2024-10-27 01:00 UTC.
    rows = [
        Row(1, 1, day("2024-03-30", "22:59:59"), 1_00),
        Row(1, 2, day("2024-03-30", "23:00:00"), 1_00),
        Row(2, 3, day("2024-03-31", "21:59:59"), 1_00),
        Row(2, 4, day("2024-03-31", "22:00:00"), 1_00),
        Row(3, 5, day("2024-10-26", "21:59:59"), 1_00),
        Row(3, 6, day("2024-10-26", "22:00:00"), 1_00),
        Row(4, 7, day("2024-10-27", "22:59:59"), 1_00),
        Row(4, 8, day("2024-10-27", "23:00:00"), 1_00),
    ]
    # In the hour that comes twice, 02:30 of summer is before 02:10 of winter.
    rows += [
        Row(5, 9, day("2024-10-27", "00:30:00"), 1_00, country="summer"),
        Row(5, 10, day("2024-10-27", "01:10:00"), 1_00, country="winter"),
    ]
    return one(*rows, at=pa.timestamp("ms", tz="UTC"))


def boundaries() -> dict[str, pa.Table]:
    days = ["2022-03-31", "2022-04-01", "2024-02-29", "2024-03-02", "2024-03-03", "2024-03-31", "2024-04-01"]
    return one(*(Row(1, i, day(text), 10_00) for i, text in enumerate(days)), at=pa.date32())


BOUNDARIES = [
    ("customer_retention", "grain = 'year' AND buyers = 1", "period", date(2021, 4, 1)),
    ("customer_retention", "grain = 'quarter' AND buyers = 1", "period", date(2022, 1, 1)),
    ("cohort_retention", "grain = 'year' AND k = 2", "orders", 4),  # 2023-04-01 to 2024-03-31
    ("cohort_retention", "grain = 'week' AND period = '2024-02-25'", "orders", 2),
    ("cohort_retention", "grain = 'week' AND period = '2024-03-03'", "orders", 1),
    ("cohort_retention", "grain = 'week' AND period = '2024-03-31'", "orders", 2),
    ("cohort_retention", "grain = 'month' AND period = '2024-02-01'", "orders", 1),
]


def cut_lines() -> dict[str, pa.Table]:
    a, b, c, d, e, f, g = range(1, 8)
    return one(
        Row(a, 1, day("2024-03-09", "23:00:00"), 10_00, country="FR"),
        Row(a, 1, day("2024-03-10"), 5_00, country="DE"),  # a line after as_of of an order before it
        Row(a, 2, day("2024-03-10"), 7_00),  # after as_of
        Row(a, 3, day("2024-02-28"), -2_00),  # before the first order
        Row(b, 4, day("2024-01-09"), 4_00),  # before history_start, and so is the order's other line
        Row(b, 4, day("2024-01-11"), 6_00),
        Row(b, 5, day("2024-02-20"), 5_00, country="DE"),
        Row(b, 5, day("2024-02-20"), 3_00),
        Row(b, 5, day("2024-02-20"), 2_00, "strange"),  # rejected before the order is looked at
        Row(c, 6, day("2024-03-01"), 1_00),
        Row(c, 6, day("2024-03-01"), 1_00, "cancelled"),
        Row(d, 7, day("2024-03-01"), -3_00),
        Row(d, 7, day("2024-03-01"), 2_00),
        Row(e, 8, day("2024-03-05"), 1_00, "test"),
        Row(e, 8, day("2024-03-05"), 1_00, "test"),
        Row(f, 9, day("2024-03-05"), -1_00, "cancelled"),
        Row(g, 10, day("2024-03-05"), 4_00, "cancelled"),
    )


CUT_LINES = [
    *cells(
        "customer_retention",
        "month",
        "period",
        "new entered_existing buyers",
        ("2024-02-01", 1, 0, 1),
        ("2024-03-01", 1, 0, 1),
    ),
    *cells(
        "cohort_retention",
        "month",
        "k = 0 AND cohort",
        "cohort_size orders revenue",
        ("2024-02-01", 1, 1, 8_00),
        ("2024-03-01", 1, 1, 15_00),
    ),
    ("cohort_retention", "grain = 'month' AND segment_value = 'FR' AND k = 0", "revenue", 15_00),
    ("cohort_retention", "grain = 'month' AND segment_value = '(none)' AND k = 0", "revenue", 8_00),
    *counts("rejected", unknown_status=1, mixed_status=2),
    *counts(
        "left_out",
        ignored=1,
        after_as_of=1,
        before_history_start=1,
        negative_attempt=1,
        refund_without_order=1,
    ),
    ("omitted", "name = 'refunds_before_cohort'", "n", 1),
    *counts("rows", rows=17),
    *counts("events", None, orders=2, lost=1, customers=2, prospects=1),
]


def cut_updates() -> dict[str, pa.Table]:
    a, b, c, d, e = range(1, 6)
    rows = [
        (Row(a, 1, day("2024-03-09"), 10_00), "2024-03-09"),
        (Row(a, 1, day("2024-03-11"), 12_00), "2024-03-12"),  # moved to a day after as_of
        (Row(a, 2, day("2024-02-20"), 5_00), "2024-02-20"),
        (Row(b, 1, day("2024-01-05"), 9_00), None),
        (Row(b, 1, day("2024-01-12"), 8_00), "2024-01-20"),  # moved to a day after history_start
        (Row(c, 1, day("2024-02-05"), 20_00), None),
        (Row(c, 1, day("2024-02-05"), 20_00, "cancelled"), "2024-02-05"),
        (Row(d, 1, day("2024-02-01"), 30_00), "2024-02-03"),
        (Row(d, 1, day("2024-02-02"), 10_00), "2024-02-03"),  # the later one stands
        (Row(d, 2, day("2024-02-10"), 4_00), "2024-02-10"),  # the larger one stands
        (Row(d, 2, day("2024-02-10"), 3_00), "2024-02-10"),
        (Row(e, 1, day("2024-02-15"), 1_00), "2024-02-15"),
        (Row(e, 1, day("2024-02-15"), 1_00, "test"), "2024-02-16"),
    ]
    changed = pa.array([stamp and day(stamp) for _, stamp in rows], pa.timestamp("us"))
    return {"orders.parquet": table([row for row, _ in rows]).append_column("changed", changed)}


CUT_UPDATES = [
    *cells(
        "customer_retention",
        "month",
        "period",
        "new entered_existing closing",
        ("2024-01-01", 0, 1, 1),
        ("2024-02-01", 1, 1, 2),
        ("2024-03-01", 0, 0, 2),
    ),
    *cells(
        "cohort_retention", "month", "k = 0 AND cohort", "cohort_size orders revenue", ("2024-02-01", 2, 3, 19_00)
    ),
    *cells(
        "lost_sales",
        "month",
        "period = '2024-02-01' AND breakdown = 'total' AND buyer",
        "attempts won lost lost_value",
        ("prospect", 3, 2, 1, 20_00),
        ("customer", 1, 1, 0, 0),
    ),
    *counts("left_out", after_as_of=1, ignored=1),
    *counts("events", None, orders=4, lost=1, customers=3, prospects=1),
]


def ties() -> dict[str, pa.Table]:
    """What happens at one instant, without numbers that tell orders apart."""
    a, b, c, d, e, f = range(1, 7)
    return one(
        Row(a, 0, day("2024-01-05"), 50_00, "cancelled", "late"),  # at the instant of the first order
        Row(a, 0, day("2024-01-05"), 20_00),
        Row(a, 0, day("2024-01-05", "12:00:01"), 60_00, "cancelled"),
        Row(b, 0, day("2024-01-08"), 20_00, country="DE"),
        Row(b, 0, day("2024-01-08"), 10_00, country="FR"),  # the smaller value comes first
        Row(c, 0, day("2024-01-08"), 15_00, country="FR"),
        Row(c, 0, day("2024-01-08"), 15_00, country="AT"),  # the smaller text comes first
        Row(d, 0, day("2024-01-10"), 40_00, "cancelled", "early"),  # the latest before the purchase
        Row(d, 0, day("2024-01-10"), 30_00, "cancelled", "late"),
        Row(d, 0, day("2024-01-12"), 35_00),
        Row(e, 0, day("2024-01-11"), 70_00, "cancelled", "b"),  # likewise
        Row(e, 0, day("2024-01-11"), 70_00, "cancelled", "a"),
        Row(e, 0, day("2024-01-20"), 1_00),
        Row(f, 0, day("2024-01-15"), 9_00, "cancelled", country="BE"),
        Row(f, 0, day("2024-01-15"), 8_00, "cancelled", country="NL"),
        Row(f, 0, day("2024-01-15"), 1_00, "cart", country="LU"),
    )


TIES = [
    *cells(
        "lost_sales",
        "month",
        "period = '2024-01-01' AND breakdown = 'total' AND buyer",
        "attempts won open lost recovered recovery_open lost_value recovered_value",
        ("prospect", 15, 7, 1, 7, 2, 0, 277_00, 110_00),
        ("customer", 1, 0, 0, 1, 0, 0, 60_00, 0),
    ),
    *cells(
        "lost_sales",
        "month",
        "buyer = 'prospect' AND breakdown_value",
        "lost recovered",
        ("a", 1, 0),
        ("b", 1, 1),
        ("early", 1, 1),
        ("late", 2, 0),
    ),
    ("cohort_retention", "grain = 'month' AND segment_value = 'FR' AND k = 0", "revenue", 30_00),
    ("cohort_retention", "grain = 'month' AND segment_value = 'AT' AND k = 0", "revenue", 30_00),
    ("lost_sales", "grain = 'month' AND segment_value = 'NL' AND open > 0", "attempts", 3),
]


def currencies() -> dict[str, pa.Table]:
    return one(
        Row(1, 1, day("2024-01-20"), 10_00, currency="USD"),  # 912.5
        Row(1, 2, day("2024-01-31"), 10_02, currency="USD"),  # 914.325
        Row(1, 3, day("2024-02-09"), -10_00, currency="USD"),  # -912.5
        Row(1, 4, day("2024-02-09", "22:59:59"), 10_02, currency="USD"),
        Row(1, 5, day("2024-02-09", "23:00:00"), 10_02, currency="USD"),  # the next day in Berlin: 951.9
        Row(2, 6, day("2024-02-01"), 30, currency="GBP"),  # 34.95
        Row(2, 7, day("2024-02-06"), 5_00, currency="EUR"),
        Row(3, 8, day("2024-02-07"), 1_00, currency="CHF"),  # 100.5, less as a float
        at=pa.timestamp("us", tz="UTC"),
    )


RATES = """date,currency,rate
2024-02-10,USD,0.95
2024-01-01,USD,0.9125
2024-01-01,EUR,1
2024-01-01,CHF,1.005
2024-02-01,GBP,1.165
2024-02-11,EUR,7
"""

CURRENCIES = [
    *cells(
        "cohort_retention",
        "month",
        "cohort = '2024-01-01' AND k",
        "orders revenue",
        (0, 2, 9_13 + 9_14),
        (1, 2, -9_13 + 9_14 + 9_52),
    ),
    *cells("cohort_retention", "month", "cohort = '2024-02-01' AND k", "orders revenue", (0, 3, 35 + 5_00 + 1_01)),
]


CASES = [
    Edge(
        "by_hand",
        months,
        orders('rows = "orders"' + STATUSES, calendar='as_of = "2024-04-15"', lapse="30")
        + '[lost_sales]\nrecovery_window_days = 30\nreasons = { "too expensive" = "price" }\n'
        + '[revenue]\nwindow = "1 month"\n',
        MONTHS,
    ),
    Edge(
        "boundaries",
        boundaries,
        orders('rows = "orders"', calendar='week_start = "sunday"\nfiscal_year_start = 4'),
        BOUNDARIES,
    ),
    Edge(
        "clock_change",
        clock_change,
        orders('rows = "orders"' + STATUSES, calendar='timezone = "Europe/Berlin"') + SEGMENTS,
        [
            ("cohort_retention", "grain = 'day' AND cohort = '2024-03-30' AND k = 1", "active", 1),
            ("cohort_retention", "grain = 'month' AND cohort = '2024-03-01' AND k = 1", "active", 1),
            ("cohort_retention", "grain = 'day' AND cohort = '2024-10-26' AND k = 1", "active", 1),
            ("cohort_retention", "grain = 'day' AND cohort = '2024-10-27' AND k = 1", "active", 1),
            ("cohort_retention", "grain = 'day' AND segment_value = 'summer' AND k = 0", "orders", 2),
        ],
    ),
    Edge(
        "cut_lines",
        cut_lines,
        orders(
            'rows = "lines"' + STATUSES,
            calendar='as_of = "2024-03-10"\nhistory_start = "2024-01-10"',
            lapse="30",
        )
        + SEGMENTS,
        CUT_LINES,
    ),
    Edge(
        "cut_updates",
        cut_updates,
        orders(
            'rows = "orders"\nupdated_at = "changed"' + STATUSES,
            calendar='as_of = "2024-03-10"\nhistory_start = "2024-01-10"',
            lapse="30",
        ),
        CUT_UPDATES,
    ),
    Edge(
        "ties",
        ties,
        without_order_id(orders('rows = "orders"' + STATUSES, calendar='as_of = "2024-03-01"', lapse="30"))
        + '[segments]\ncountry = { column = "country", at = "first" }\n',
        TIES,
    ),
    Edge(
        "currencies",
        currencies,
        orders(
            'rows = "orders"\ncurrency = "currency"\nrates = "rates.csv"',
            calendar='timezone = "Europe/Berlin"',
        ),
        CURRENCIES,
        {"rates.csv": RATES},
    ),
]
