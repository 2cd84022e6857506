"""`[inputs.subscriptions]`: from rows to the spans that stand."""

from __future__ import annotations

import duckdb

from inputs import convert, local_day, minor_units, now, open_input, reason, segment_value, set_variable
from pipeline import Pipeline

# Rounded once, half away from zero.
MONTHLY = "(2 * value + months) // (2 * months)"


def history(db: duckdb.DuckDBPyConnection, p: Pipeline) -> None:
    """`span` with its faults and what is left out, `stand`; the variables `as_of` and `lapse`."""
    mapped = p.orders
    null_day, null_text, null_flag = (f"CAST(NULL AS {kind})" for kind in ("DATE", "VARCHAR", "BOOLEAN"))
    columns = {
        "m_customer_id": mapped["customer_id"],
        "m_subscription_id": mapped["subscription_id"],
        "m_started_at": mapped["started_at"],
        "m_ended_at": mapped["ended_at"],
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

    days = {c: local_day(f"m_{c}", types[f"m_{c}"], p.timezone) for c in ("started_at", "ended_at", "cancelled_at")}
    values = [f"segment_{i}" for i in range(len(p.segments))]
    segments = "".join(f", {segment_value(f'm_{c}')} AS {c}" for c in values)
    db.execute(f"""
        CREATE TABLE line AS SELECT *,
            CASE WHEN customer_id IS NULL THEN 'null_customer_id'
                WHEN subscription_id IS NULL THEN 'null_subscription_id'
                WHEN day IS NULL THEN 'null_time'
                WHEN value IS NULL THEN 'unreadable_amount'
                WHEN value < 0 THEN 'negative_amount'
                WHEN months IS NULL THEN 'unknown_interval'
                WHEN ended < day THEN 'end_before_start'
            END AS fault
        FROM (
            SELECT m_customer_id AS customer_id, m_subscription_id AS subscription_id,
                {days["started_at"]} AS day, {days["ended_at"]} AS ended, {days["cancelled_at"]} AS cancelled,
                -- A trial costs nothing, whatever its amount and interval say.
                CASE WHEN m_trial THEN 0 ELSE {minor_units("m_amount", types["m_amount"], p.scale)} END AS value,
                CASE WHEN m_trial THEN 1 ELSE
                    CASE CAST(m_interval AS VARCHAR) WHEN 'month' THEN 1 WHEN 'quarter' THEN 3 WHEN 'year' THEN 12 END
                END AS months,
                {reason("m_reason", p.churn_reasons)} AS reason,
                m_updated_at AS updated,
                CASE WHEN m_involuntary THEN 'involuntary' WHEN NOT m_involuntary THEN 'voluntary' ELSE 'unknown' END
                    AS cause,
                CAST(m_currency AS VARCHAR) AS currency {segments}
            FROM subscriptions_mapped
        )
    """)
    if p.rates:
        convert(db, "line", p.rates)
    db.execute("CREATE VIEW kept AS FROM line WHERE fault IS NULL")
    newest = f"""
        SELECT max(d) + 1 FROM (SELECT unnest([day, ended, cancelled]) AS d FROM kept)
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
    texts = "".join(f", {c}" for c in values)
    db.execute(f"""
        CREATE TABLE span AS SELECT row_number() OVER () AS span_id,
            * REPLACE (CASE WHEN ended < getvariable('as_of') THEN ended END AS ended), ended AS end_as_given,
            {MONTHLY} AS mrr,
            CASE WHEN day >= getvariable('as_of') THEN 'after_as_of'
                WHEN rank() OVER (PARTITION BY customer_id, subscription_id, day ORDER BY updated DESC NULLS LAST) > 1
                    THEN 'superseded'
                WHEN ended = day THEN 'empty_span' END AS left_out
        FROM kept;

        CREATE TABLE stand AS
        WITH counting AS (
            -- Of spans that start on one day one counts, and one that has an end before one that is open.
            SELECT * FROM span WHERE left_out IS NULL
            QUALIFY row_number() OVER (
                PARTITION BY customer_id, subscription_id, day
                ORDER BY end_as_given IS NULL, end_as_given DESC, mrr DESC, reason = 'unknown', reason,
                    cause_rank(cause), cancelled NULLS LAST {texts}, span_id) = 1
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

        UPDATE span SET left_out = 'superseded'
        WHERE left_out IS NULL AND span_id NOT IN (SELECT span_id FROM stand);
        UPDATE span SET left_out = 'unpaid' WHERE left_out IS NULL AND mrr = 0
    """)
