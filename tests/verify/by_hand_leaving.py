"""Small cases of customers who leave and come back, whose results a person with a calendar finds."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from by_hand import cells, counts
from firm import CONTRACTS, SIDE_INPUTS, Span, contracts, side_tables, subscriptions
from shop import Edge, Row, day, one, orders


def recurring() -> dict[str, pa.Table]:
    a, b, c, d, e, f, g, h, i, j, k, m, n, o, p, q, r = range(1, 18)
    spans = [
        # 50, 0 and 50 again.
        Span(a, 1, "2024-01-01", "2024-02-15", 50_00, cancelled="2024-02-01", reason="too dear", involuntary=False),
        Span(a, 1, "2024-03-20", None, 50_00),
        Span(b, 1, "2024-01-10", None, 120_00, "year"),
        # One of two subscriptions ends.
        Span(c, 1, "2024-01-05", None, 20_00),
        Span(c, 2, "2024-01-05", "2024-04-01", 90_00, "quarter"),
        # The next one starts on the day on which the first ends.
        Span(d, 1, "2024-01-01", "2024-03-01", 40_00),
        Span(d, 2, "2024-03-01", None, 40_00),
        # A gap of ten days is bridged, one of eleven is not.
        Span(e, 1, "2024-01-01", "2024-03-25", 15_00),
        Span(e, 1, "2024-04-04", None, 15_00),
        Span(f, 1, "2024-01-01", "2024-03-25", 15_00, involuntary=True),
        Span(f, 2, "2024-04-05", None, 15_00),
        # Comes and leaves within a month.
        Span(g, 1, "2024-05-03", "2024-05-20", 99_00),
        # A change of plan without and with an end of the old row.
        Span(h, 1, "2024-02-01", None, 10_00, plan="basic"),
        Span(h, 1, "2024-05-15", None, 25_00, plan="pro"),
        Span(i, 1, "2024-02-01", "2024-05-15", 10_00, plan="basic"),
        Span(i, 1, "2024-05-15", None, 25_00, plan="pro"),
        # Upgrade and a second subscription in one month.
        Span(j, 1, "2024-03-10", None, 10_00, plan="basic"),
        Span(j, 1, "2024-06-05", None, 20_00, plan="pro"),
        Span(j, 2, "2024-06-10", None, 7_00, plan="extra"),
        Span(k, 1, "2024-03-10", "2024-03-09", 70_00),  # rejected
        Span(m, 1, "2024-04-02", None, 12_00),  # there twice
        Span(m, 1, "2024-04-02", None, 12_00),
        Span(n, 1, "2024-04-01", "2024-05-01", 30_00, trial=True),  # never pays
        Span(o, 1, "2024-04-10", "2024-04-24", 30_00, trial=True),
        Span(o, 1, "2024-04-24", None, 30_00),
        Span(p, 1, "2024-06-01", "2024-12-01", 8_00),  # its end has not happened yet
        Span(q, 1, "2024-07-01", None, 8_00),  # after as_of
        Span(r, 1, "2024-05-05", "2024-05-05", 8_00),  # empty
    ]
    return {CONTRACTS: contracts(spans)} | side_tables(
        contacts=[
            (a, "2024-02-14", "x", "s", "a"),  # the day before the churn event
            (a, "2024-02-15", "x", "s", "a"),  # the day of the churn event
            (a, "2024-03-20", "y", "s", "a"),  # the day of return
            (f, "2024-03-30", "x", "t", "control"),
            (g, "2024-06-20", "x", "s", "b"),
            (n, "2024-05-02", "x", "s", "b"),  # no customer
            (b, "2024-07-01", "x", "s", "b"),  # after as_of
        ],
        prospects=[(n, "2024-01-15"), (n, "2024-02-20"), (p, "2024-04-20"), (b, "2023-12-01")],
        surveys=[(f, "2024-04-01", "bad"), (a, "2024-02-15", "other"), (g, "2024-05-20", None)],
    )


RECURRING = [
    *cells(
        "customer_retention",
        "month",
        "period",
        "opening new returned churned closing new_at_close is_complete",
        ("2024-01-01", 0, 6, 0, 0, 6, 6, True),
        ("2024-02-01", 6, 2, 0, 1, 7, 2, True),
        ("2024-03-01", 7, 1, 1, 1, 8, 1, True),
        ("2024-04-01", 8, 2, 1, 0, 11, 2, True),
        ("2024-05-01", 11, 1, 0, 1, 11, 0, True),
        ("2024-06-01", 11, 1, 0, 0, 12, 1, False),
    ),
    *cells(
        "revenue_churn",
        "month",
        "period",
        "opening_revenue new_revenue reactivated_revenue expansion_revenue contraction_revenue churned_revenue"
        " closing_revenue",
        ("2024-01-01", 0, 180_00, 0, 0, 0, 0, 180_00),
        ("2024-02-01", 180_00, 20_00, 0, 0, 0, 50_00, 150_00),
        ("2024-03-01", 150_00, 10_00, 50_00, 0, 0, 15_00, 195_00),
        ("2024-04-01", 195_00, 42_00, 15_00, 0, 30_00, 0, 222_00),
        ("2024-05-01", 222_00, 0, 0, 30_00, 0, 0, 252_00),
        ("2024-06-01", 252_00, 8_00, 0, 17_00, 0, 0, 277_00),
    ),
    *cells(
        "cohort_retention",
        "month",
        "cohort = '2024-01-01' AND k",
        "cohort_size active on_or_after repurchased_by orders revenue",
        (0, 6, 6, 6, 0, 7, 180_00),
        (1, 6, 6, 6, 0, 0, 130_00),
        (2, 6, 6, 6, 1, 1, 165_00),
        (3, 6, 6, 6, 2, 1, 150_00),
    ),
    *cells(
        "churn_reasons",
        "month",
        "period",
        "source reason cause churned revenue_lost with_notice mean_notice_days",
        ("2024-02-01", "cancellation", "price", "voluntary", 1, 50_00, 1, 14.0),
        ("2024-03-01", "survey", "bad", "involuntary", 1, 15_00, 0, None),
        ("2024-05-01", "none", "unknown", "unknown", 1, 99_00, 0, None),
    ),
    *cells(
        "win_back",
        "month",
        "breakdown = 'total' AND period",
        "lapsed_opening won_back won_back_revenue median_days_lapsed inactive_opening reactivated"
        " contacts contacted converted holdout holdout_converted attribution_open",
        ("2024-02-01", 0, 0, 0, None, 0, 0, 2, 1, 0, 0, 0, 0),
        ("2024-03-01", 1, 1, 50_00, 34.0, 2, 1, 2, 1, 1, 1, 1, 0),
        ("2024-04-01", 1, 1, 15_00, 11.0, 2, 1, 0, 0, 0, 0, 0, 0),
        ("2024-05-01", 0, 0, 0, None, 1, 0, 1, 0, 0, 0, 0, 0),
        ("2024-06-01", 1, 0, 0, None, 3, 1, 1, 1, 0, 0, 0, 1),
    ),
    ("win_back", "grain = 'month' AND period = '2024-03-01' AND breakdown_value = 'x'", "holdout", 1),
    ("win_back", "grain = 'month' AND period = '2024-03-01' AND breakdown_value = 's'", "converted", 1),
    *counts("left_out", "subscriptions", after_as_of=1, empty_span=1, superseded=1, unpaid=2),
    *counts("left_out", "contacts", after_as_of=1),
    *counts("rejected", "subscriptions", end_before_start=1),
    *counts("events", None, customers=13, prospects=1, subscriptions=17, contacts=6, surveys=3),
]


def steps() -> dict[str, pa.Table]:
    """A window of three months, and a history that starts late."""
    a, b, c, d = range(1, 5)
    spans = [
        Span(a, 1, "2023-01-01", "2023-06-01", 10_00),  # ended long before the window
        Span(b, 1, "2023-12-01", None, 10_00),  # before history_start
        Span(b, 1, "2024-03-15", None, 4_00),
        Span(c, 1, "2024-01-03", None, 8_00),  # within the gap after history_start
        Span(d, 1, "2024-02-01", "2024-04-10", 6_00),
        Span(d, 2, "2024-07-20", None, 9_00),
    ]
    return {CONTRACTS: contracts(spans)}


STEPS = [
    *cells(
        "customer_retention",
        "month",
        "period",
        "opening new entered_existing churned returned closing is_complete",
        ("2023-01-01", 0, 0, 1, 0, 0, 1, False),
        ("2023-06-01", 1, 0, 0, 1, 0, 0, False),
        ("2023-12-01", 0, 0, 1, 0, 0, 1, False),
        ("2024-01-01", 1, 0, 1, 0, 0, 2, False),
        ("2024-02-01", 2, 1, 0, 0, 0, 3, True),
        ("2024-04-01", 3, 0, 0, 1, 0, 2, True),
        ("2024-07-01", 2, 0, 0, 0, 1, 3, True),
        ("2024-08-01", 3, 0, 0, 0, 0, 3, False),
    ),
    *cells(
        "revenue_churn",
        "month",
        "period",
        "window_periods opening_revenue new_revenue reactivated_revenue contraction_revenue churned_revenue"
        " closing_revenue is_complete",
        ("2024-02-01", 3, 0, 24_00, 0, 0, 0, 24_00, False),
        ("2024-03-01", 3, 10_00, 14_00, 0, 6_00, 0, 18_00, False),
        ("2024-04-01", 3, 18_00, 0, 0, 6_00, 0, 12_00, True),
        ("2024-05-01", 3, 24_00, 0, 0, 6_00, 6_00, 12_00, True),
        ("2024-06-01", 3, 18_00, 0, 0, 0, 6_00, 12_00, True),
        ("2024-07-01", 3, 12_00, 0, 9_00, 0, 0, 21_00, True),
    ),
    *[
        ("revenue_movements", f"grain = 'month' AND period = '2024-05-01' AND customer_id = {customer}", column, value)
        for customer, movement, change in [(2, "contraction", -6_00), (3, "unchanged", 0), (4, "churned", -6_00)]
        for column, value in [("movement", movement), ("change", change)]
    ],
    ("cohort_retention", "grain = 'month' AND cohort = '2024-01-01'", "is_truncated", True),
    ("cohort_retention", "grain = 'month' AND cohort = '2024-02-01'", "is_truncated", False),
]


def pauses() -> dict[str, pa.Table]:
    """What as_of does not know yet: ends, and payments after a pause."""
    a, b, c, d = range(1, 5)
    spans = [
        Span(a, 1, "2024-01-01", None, 10_00),
        Span(a, 1, "2024-03-10", "2024-06-10", 0),  # pays again after as_of
        Span(b, 1, "2024-01-01", None, 20_00),
        Span(b, 1, "2024-04-15", "2024-04-22", 20_00, trial=True),  # and on the day as_of
        Span(c, 1, "2024-01-01", "2024-04-20", 5_00),
        Span(c, 1, "2024-04-22", None, 5_00),  # after a gap of two days, on the day as_of
        Span(d, 1, "2024-01-01", None, 30_00),
        Span(d, 1, "2024-03-10", "2024-06-10", 4_00),  # a cheaper plan until after as_of
        Span(d, 1, "2024-03-10", "2024-06-09", 9_00),  # ends before it, though both ends are yet to come
    ]
    return {CONTRACTS: contracts(spans)}


PAUSES = [
    *cells(
        "customer_retention",
        "month",
        "period",
        "opening new returned churned closing is_complete",
        ("2024-01-01", 0, 4, 0, 0, 4, True),
        ("2024-03-01", 4, 0, 0, 1, 3, True),
        ("2024-04-01", 3, 0, 0, 2, 1, False),
    ),
    *cells(
        "revenue_churn",
        "month",
        "period",
        "churned_revenue contraction_revenue closing_revenue",
        ("2024-03-01", 10_00, 26_00, 29_00),
        ("2024-04-01", 25_00, 0, 4_00),
    ),
    *counts("left_out", "subscriptions", after_as_of=1, superseded=1, unpaid=2),
]


def returns() -> dict[str, pa.Table]:
    a, b, c, d = range(1, 5)
    rows = [
        Row(a, 1, day("2024-01-05"), 10_00),
        Row(a, 2, day("2024-01-15"), 20_00),
        Row(a, 3, day("2024-01-20"), -4_00),
        Row(a, 4, day("2024-03-10"), 30_00),
        Row(a, 5, day("2024-04-20"), 5_00),
        Row(b, 6, day("2024-01-10"), 8_00),
        Row(c, 7, day("2024-04-01"), 3_00),
        Row(c, 8, day("2024-04-01"), 4_00),
        Row(d, 9, day("2024-04-01"), 4_00, "cancelled"),
    ]
    return one(*rows) | side_tables(
        contacts=[
            (a, "2024-02-14", "x", "s", "a"),
            (a, "2024-03-01", "x", "s", "control"),
            (a, "2024-03-01", "x", "s", "a"),  # withheld comes after sent
            (b, "2024-02-08", "x", "s", "a"),  # the day before the churn event
            (b, "2024-04-01", "x", "s", "a"),
            (a, "2024-04-09", "y", "t", "a"),
            (a, "2024-04-20", "x", "t", "a"),
            (a, "2024-04-21", "z", "t", "a"),
            (d, "2024-04-09", "y", "t", "a"),  # no order
        ],
        surveys=[
            (a, "2024-02-20", "late"),
            (a, "2024-02-20", "alpha"),
            (a, "2024-02-23", None),
            (a, "2024-02-26", "zzz"),
            (b, "2023-12-30", "edge"),  # eleven days before the last order
        ],
    )


RETURNS = [
    *cells(
        "win_back",
        "month",
        "breakdown = 'total' AND period",
        "lapsed_opening won_back won_back_revenue median_days_lapsed spells_again inactive_opening reactivated"
        " contacts contacted converted holdout holdout_converted attribution_open attribution_is_complete",
        ("2024-02-01", 0, 0, 0, None, 0, 0, 0, 2, 1, 0, 0, 0, 0, True),
        ("2024-03-01", 2, 1, 30_00, 25.0, 0, 2, 1, 2, 0, 0, 1, 1, 0, True),
        ("2024-04-01", 1, 0, 0, None, 1, 1, 0, 5, 2, 1, 0, 0, 0, False),
    ),
    ("win_back", "grain = 'month' AND period = '2024-04-01' AND breakdown_value = 'y'", "contacted", 1),
    ("win_back", "grain = 'month' AND period = '2024-04-01' AND breakdown_value = 'y'", "converted", 0),
    ("win_back", "grain = 'month' AND period = '2024-04-01' AND breakdown_value = 'x'", "converted", 1),
    ("win_back", "grain = 'month' AND period = '2024-04-01' AND breakdown_value = 'z'", "contacted", 0),
    *cells(
        "churn_reasons",
        "month",
        "reason",
        "period source cause churned churned_total revenue_lost revenue_lost_total with_notice",
        ("alpha", date(2024, 2, 1), "survey", "unknown", 1, 2, 30_00, 38_00, 0),
        ("edge", date(2024, 2, 1), "survey", "unknown", 1, 2, 8_00, 38_00, 0),
        ("unknown", date(2024, 4, 1), "none", "unknown", 1, 1, 30_00, 30_00, 0),
    ),
    *cells(
        "purchase_gaps",
        "month",
        "period = '2024-01-01' AND coalesce(gap_number, 0)",
        "gaps open mean_days p25_days median_days km_median_days",
        (0, 2, 1, 32.5, 21.25, 32.5, 55.0),
        (1, 1, 1, 10.0, 10.0, 10.0, 10.0),
        (2, 1, 0, 55.0, 55.0, 55.0, 55.0),
    ),
    ("purchase_gaps", "grain = 'month' AND period = '2024-02-01' AND gap_number IS NULL", "gaps", 0),
    ("purchase_gaps", "grain = 'month' AND period = '2024-04-01' AND gap_number IS NULL", "open", 2),
    ("purchase_gap_histogram", "grain = 'month' AND gap_number IS NULL AND days_from = 110", "open", 1),
    ("purchase_gap_histogram", "grain = 'month' AND gap_number = 3 AND days_from = 40", "days_to", 49),
    *cells(
        "loyalty",
        "month",
        "period",
        "buyers repeat_buyers window_buyers window_repeat_buyers loyal orders order_revenue returning_revenue",
        ("2024-01-01", 2, 1, 2, 1, 1, 3, 38_00, 0),
        ("2024-02-01", 0, 0, 2, 1, 1, 0, 0, 0),
        ("2024-03-01", 1, 1, 1, 0, 0, 1, 30_00, 30_00),
        ("2024-04-01", 2, 2, 2, 2, 2, 3, 12_00, 5_00),
    ),
    *[
        ("customers", f"customer_id = {customer}", column, value)
        for customer, *values in [
            (1, "won_back", 4, 4, 61_00, 1, 4_00, 16.25, 3, 106, 116, 55 / 3, 106 / 3, 41.0, 10, 10 / 41, 4, 4, 4, 2),
            (2, "lapsed", 1, 1, 8_00, 0, 0, 8.0, 0, 0, 111, None, None, None, 111, 111 / 41, 1, 1, 2, 1),
            (3, "new", 2, 1, 7_00, 0, 0, 3.5, 0, 0, 29, None, None, None, 29, 29 / 41, 2, 2, 1, 0),
        ]
        for column, value in zip(
            "status orders order_days revenue refunds refund_value average_order_value frequency recency_days"
            " age_days monetary mean_gap_days median_gap_days days_since_last overdue_ratio recency_quintile"
            " frequency_quintile monetary_quintile lapses".split(),
            values,
            strict=True,
        )
    ],
]

RETURNS_STATUSES = 'rows = "orders"\nstatus = "status"\ncompleted = ["paid"]\nlost = ["cancelled"]\n'

CASES = [
    Edge(
        "recurring",
        recurring,
        subscriptions(calendar='as_of = "2024-07-01"', gap=10)
        + SIDE_INPUTS
        + "[win_back]\nprospect_after_days = 30\n"
        + '[churn_reasons.reasons]\n"too dear" = "price"\n',
        RECURRING,
    ),
    Edge(
        "steps",
        steps,
        subscriptions(
            calendar='as_of = "2024-08-10"\nhistory_start = "2024-01-01"', gap=5, more='[revenue]\nwindow = "3 months"'
        ),
        STEPS,
    ),
    Edge("pauses", pauses, subscriptions(calendar='as_of = "2024-04-22"', gap=5), PAUSES),
    Edge(
        "returns",
        returns,
        orders(RETURNS_STATUSES, calendar='as_of = "2024-05-01"', lapse="30")
        + SIDE_INPUTS
        + "[win_back]\nattribution_window_days = 11\n[churn_reasons]\nsurvey_window_days = 11\n"
        + "[purchase_gaps]\nbucket_days = 10\n[loyalty]\nwindow_days = 60\norders = 2\n",
        RETURNS,
    ),
]
