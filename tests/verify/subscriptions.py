"""`[inputs.subscriptions]`: from rows to the spans that stand."""

from __future__ import annotations

import re

import duckdb

from inputs import (
    convert,
    local_day,
    local_day_or_none,
    minor_units,
    now,
    open_input,
    reason,
    segment_value,
    set_variable,
)
from pipeline import Pipeline

# Rounded once, half away from zero.
MONTHLY = "sign(value) * ((2 * abs(value) * factor + divisor) // (2 * divisor))"

# Of what a price is paid for: months, or days of which a year has 365.
MONTHS = {"month": 1, "mon": 1, "m": 1, "quarter": 3, "year": 12, "y": 12}
DAYS = {"day": 1, "d": 1, "week": 7, "w": 7, "fortnight": 14}
WORDS = {
    "daily": "1 day",
    "weekly": "1 week",
    "fortnightly": "2 weeks",
    "monthly": "1 month",
    "quarterly": "1 quarter",
    "half-yearly": "6 months",
    "semiannual": "6 months",
    "semiannually": "6 months",
    "yearly": "1 year",
    "annual": "1 year",
    "annually": "1 year",
}
COUNTED = re.compile(r"(\d+)[ _-]*(day|week|fortnight|mon|month|quarter|year)s?")
DURATION = re.compile(r"p(\d+)([dwmy])")
ALONE = re.compile(r"()(day|week|fortnight|mon|month|quarter|year)")


def interval(text: str) -> tuple[int, int] | None:
    """What a price is multiplied with and divided by to be that of a month."""
    text = text.strip().lower()
    text = WORDS.get(text, text)
    found = COUNTED.fullmatch(text) or DURATION.fullmatch(text) or ALONE.fullmatch(text)
    count = int(found[1] or 1) if found else 0
    if not 0 < count < 65536:
        return None
    return (1, MONTHS[found[2]] * count) if found[2] in MONTHS else (365, 12 * DAYS[found[2]] * count)


def _intervals(db: duckdb.DuckDBPyConnection) -> None:
    """`interval_of`: the texts that are intervals, with what they are."""
    db.execute("CREATE TABLE interval_of (every VARCHAR, factor HUGEINT, divisor HUGEINT)")
    texts = db.execute("SELECT DISTINCT CAST(m_interval AS VARCHAR) FROM subscriptions_mapped").fetchall()
    read = [(text, *interval(text)) for (text,) in texts if text is not None and interval(text)]
    if read:
        db.executemany("INSERT INTO interval_of VALUES (?, ?, ?)", read)


def history(db: duckdb.DuckDBPyConnection, p: Pipeline) -> None:
    """`span` with its faults and what is left out, `stand`; the variables `as_of` and `lapse`."""
    mapped = p.orders
    null_day, null_text, null_flag = (f"CAST(NULL AS {kind})" for kind in ("DATE", "VARCHAR", "BOOLEAN"))
    columns = {
        "m_customer_id": mapped["customer_id"],
        "m_subscription_id": mapped["subscription_id"],
        "m_started_at": mapped["started_at"],
        "m_ended_at": mapped.get("ended_at", null_day),
        "m_amount": mapped["amount"],
        "m_interval": mapped["interval"],
        "m_updated_at": mapped.get("updated_at", null_day),
        "m_cancelled_at": mapped.get("cancelled_at", null_day),
        "m_reason": mapped.get("cancel_reason", null_text),
        "m_involuntary": mapped.get("involuntary", null_flag),
        "m_trial": mapped.get("trial", "false"),
        "m_currency": mapped["currency"] if p.rates else null_text,
    } | {f"m_segment_{i}": segment.column for i, segment in enumerate(p.segments)}
    types = open_input(db, p.inputs["subscriptions"], columns)

    _intervals(db)
    started = local_day("m_started_at", types["m_started_at"], p.timezone)
    ended, cancelled = (local_day_or_none(f"m_{c}", types[f"m_{c}"], p.timezone) for c in ("ended_at", "cancelled_at"))
    is_last = int(mapped.get("ended_at_inclusive", False))
    ended += f" + {is_last}"
    may_be_negative = str(bool(mapped.get("discounts"))).lower()
    values = [f"segment_{i}" for i in range(len(p.segments))]
    segments = "".join(f", {segment_value(f'm_{c}')} AS {c}" for c in values)
    db.execute(f"""
        CREATE TABLE line AS SELECT *,
            CASE WHEN customer_id IS NULL THEN 'null_customer_id'
                WHEN subscription_id IS NULL THEN 'null_subscription_id'
                WHEN day IS NULL THEN 'null_time'
                WHEN value IS NULL THEN 'unreadable_amount'
                WHEN value < 0 AND NOT {may_be_negative} THEN 'negative_amount'
                WHEN value <> 0 AND divisor IS NULL THEN 'unknown_interval'
                WHEN ended < day THEN 'end_before_start'
            END AS fault
        FROM (
            SELECT m_customer_id AS customer_id, m_subscription_id AS subscription_id,
                {started} AS day, {ended} AS ended, {cancelled} AS cancelled,
                -- A trial costs nothing, whatever its amount and interval say.
                CASE WHEN m_trial THEN 0 ELSE {minor_units("m_amount", types["m_amount"], p.scale)} END AS value,
                factor, divisor,
                {reason("m_reason", p.churn_reasons)} AS reason,
                m_updated_at AS updated,
                CASE WHEN m_involuntary THEN 'involuntary' WHEN NOT m_involuntary THEN 'voluntary' ELSE 'unknown' END
                    AS cause,
                CAST(m_currency AS VARCHAR) AS currency {segments}
            FROM subscriptions_mapped LEFT JOIN interval_of ON every = CAST(m_interval AS VARCHAR)
        )
    """)
    if p.rates:
        convert(db, "line", p.rates)
    db.execute("CREATE VIEW kept AS FROM line WHERE fault IS NULL")
    newest = f"""
        SELECT max(d) + 1 FROM (SELECT unnest([day, ended - {is_last}, cancelled]) AS d FROM kept)
        WHERE d <= CAST({now(p.timezone)} AS DATE)
    """
    set_variable(db, "as_of", f"DATE '{p.as_of}'" if p.as_of else newest)
    set_variable(db, "lapse", f"{p.lapse_after_days}")
    set_variable(db, "undecided", f"{p.lapse_after_days}")
    _standing(db, values)
    set_variable(db, "first_known", "SELECT min(day) FROM stand WHERE mrr > 0")
    db.execute("CREATE TABLE stand_segment (stand_id BIGINT, segment VARCHAR, taken VARCHAR, segment_value VARCHAR)")
    for i, segment in enumerate(p.segments):
        db.execute(
            f"INSERT INTO stand_segment SELECT stand_id, ?, ?, segment_{i} FROM stand", [segment.name, segment.at]
        )


def _standing(db: duckdb.DuckDBPyConnection, values: list[str]) -> None:
    """`stand`: which span of each (customer, subscription) stands from `day` to the day before `until`."""
    texts = "".join(f", {c} = '(none)', {c}" for c in values)
    db.execute(f"""
        CREATE TABLE span AS SELECT row_number() OVER () AS span_id,
            * REPLACE (CASE WHEN ended < getvariable('as_of') THEN ended END AS ended), ended AS end_as_given,
            coalesce({MONTHLY}, 0) AS mrr, value < 0 AS is_discount,
            CASE WHEN day >= getvariable('as_of') THEN 'after_as_of'
                WHEN rank() OVER (PARTITION BY customer_id, subscription_id, day, value < 0
                    ORDER BY updated DESC NULLS LAST) > 1 THEN 'superseded'
                WHEN ended = day AND value >= 0 THEN 'empty_span' END AS left_out
        FROM kept;

        -- Of spans that start on one day one counts, and one that has an end before one that is open.
        CREATE TABLE begun AS
        SELECT * FROM span WHERE left_out IS NULL AND NOT is_discount
        QUALIFY row_number() OVER (
            PARTITION BY customer_id, subscription_id, day
            ORDER BY end_as_given IS NULL, end_as_given DESC, mrr DESC, reason = 'unknown', reason,
                cause_rank(cause), cancelled NULLS LAST {texts}, span_id) = 1;

        -- What each discount comes off: its own subscription, else the dearest that begins on its day.
        CREATE TABLE discount AS
        SELECT d.span_id, d.mrr, b.span_id AS off
        FROM span d LEFT JOIN begun b ON b.customer_id = d.customer_id AND b.day = d.day
        WHERE d.left_out IS NULL AND d.is_discount
        QUALIFY row_number() OVER (PARTITION BY d.span_id
            ORDER BY b.subscription_id = d.subscription_id DESC, b.mrr DESC, b.subscription_id) = 1;

        CREATE TABLE stand AS
        WITH counting AS (
            SELECT b.* REPLACE (greatest(b.mrr + coalesce(o.mrr, 0), 0) AS mrr)
            FROM begun b LEFT JOIN (SELECT off, sum(mrr) AS mrr FROM discount GROUP BY off) o ON o.off = b.span_id
        ),
        point AS (
            SELECT DISTINCT customer_id, subscription_id, unnest([day, ended]) AS day FROM counting
        ),
        piece AS (
            SELECT *, lead(day, 1, getvariable('as_of'))
                OVER (PARTITION BY customer_id, subscription_id ORDER BY day) AS until
            FROM point WHERE day IS NOT NULL
        ),
        standing AS (
            SELECT s.* EXCLUDE (day, left_out), p.day, p.until
            FROM piece p JOIN counting s USING (customer_id, subscription_id)
            WHERE s.day <= p.day AND (s.ended IS NULL OR s.ended > p.day)
            QUALIFY row_number() OVER (PARTITION BY customer_id, subscription_id, p.day ORDER BY s.day DESC) = 1
        )
        SELECT row_number() OVER () AS stand_id, * FROM standing;

        UPDATE span SET left_out = 'unmatched_discount'
        WHERE span_id IN (SELECT span_id FROM discount WHERE off IS NULL);
        UPDATE span SET left_out = 'superseded'
        WHERE left_out IS NULL AND NOT is_discount AND span_id NOT IN (SELECT span_id FROM stand);
        UPDATE span SET left_out = 'unpaid'
        WHERE left_out IS NULL AND span_id IN (SELECT span_id FROM stand WHERE mrr = 0)
    """)
