"""`[inputs.orders]`: from rows to the events that count."""

from __future__ import annotations

import duckdb

from inputs import convert, local_time, minor_units, now, open_input, reason, segment_value, set_variable, text
from pipeline import Pipeline


def history(db: duckdb.DuckDBPyConnection, p: Pipeline) -> None:
    """`line`, `entry`, `event` and `event_segment`; the variables `as_of` and `lapse`."""
    if p.basis == "orders":
        _lines(db, p)
    else:
        _no_lines(db)
    _events(db, p)
    _lapse_window(db, p)
    set_variable(db, "first_known", "SELECT min(day) FROM event")
    # A gap that is open at as_of leaves nothing undecided.
    set_variable(db, "undecided", "0")


def _lines(db: duckdb.DuckDBPyConnection, p: Pipeline) -> None:
    """`line`: each row of the input that `where` lets through, with its kind, value and fault."""
    orders = p.orders
    mapped = {
        "m_customer_id": orders["customer_id"],
        "m_order_id": orders.get("order_id", "CAST(NULL AS VARCHAR)"),
        "m_ordered_at": orders["ordered_at"],
        "m_amount": orders["amount"],
        "m_updated_at": orders.get("updated_at", "CAST(NULL AS TIMESTAMP)"),
        "m_status": orders.get("status", "CAST(NULL AS VARCHAR)"),
        "m_reason": orders.get("lost_reason", "CAST(NULL AS VARCHAR)"),
        "m_currency": orders["currency"] if p.rates else "CAST(NULL AS VARCHAR)",
    } | {f"m_segment_{i}": segment.column for i, segment in enumerate(p.segments)}
    types = open_input(db, p.inputs["orders"], mapped)

    local = local_time("m_ordered_at", types["m_ordered_at"], p.timezone)
    zoned = types["m_ordered_at"].endswith("WITH TIME ZONE")
    instant = "timezone('UTC', m_ordered_at)" if zoned else local
    segments = "".join(f", {segment_value(f'm_segment_{i}')} AS segment_{i}" for i in range(len(p.segments)))
    needs_order_id = "order_id" in orders
    db.execute(f"""
        CREATE TABLE line AS SELECT *,
            CASE WHEN customer_id IS NULL THEN 'null_customer_id'
                WHEN {needs_order_id} AND order_id IS NULL THEN 'null_order_id'
                WHEN day IS NULL THEN 'null_time'
                WHEN value IS NULL THEN 'unreadable_amount'
                WHEN kind IS NULL THEN 'unknown_status'
                WHEN is_future THEN 'in_future'
            END AS fault
        FROM (
            SELECT m_customer_id AS customer_id, m_order_id AS order_id,
                {instant} AS instant, CAST({local} AS DATE) AS day, {local} > {now(p.timezone)} AS is_future,
                {minor_units("m_amount", types["m_amount"], p.scale)} AS value,
                CAST(m_currency AS VARCHAR) AS currency, {_kind(p)} AS kind, m_updated_at AS updated_at,
                {reason("m_reason", p.lost_reasons)} AS reason {segments}
            FROM orders_mapped
        )
    """)
    if p.rates:
        convert(db, "line", p.rates)


def _no_lines(db: duckdb.DuckDBPyConnection) -> None:
    """`line` without a row, where nobody orders."""
    db.execute("""
        CREATE TABLE line (
            customer_id VARCHAR, order_id VARCHAR, instant TIMESTAMP, day DATE, is_future BOOLEAN, value HUGEINT,
            currency VARCHAR, kind VARCHAR, updated_at TIMESTAMP, reason VARCHAR, fault VARCHAR
        )
    """)


def _kind(p: Pipeline) -> str:
    if "status" not in p.orders:
        return "'completed'"
    cases = " ".join(
        f"WHEN CAST(m_status AS VARCHAR) IN ({', '.join(map(text, texts))}) THEN '{kind}'"
        for kind, texts in p.statuses.items()
        if texts
    )
    return f"CASE {cases} END"


def _events(db: duckdb.DuckDBPyConnection, p: Pipeline) -> None:
    """`entry`: each order, refund, lost and open order. `event`: those that count, and their segments."""
    values = [f"segment_{i}" for i in range(len(p.segments))]
    db.execute("CREATE VIEW kept AS FROM line WHERE fault IS NULL")
    if p.orders.get("rows") == "lines":
        # Day, reason and segments are those of the earliest line; of several the smallest, what is missing last.
        missing = {"reason": "unknown"} | dict.fromkeys(values, "(none)")
        texts = "".join(f", first({c} ORDER BY instant, {c} = '{m}', {c}) AS {c}" for c, m in missing.items())
        whole = f"""
            SELECT customer_id, order_id, min(instant) AS instant, first(day ORDER BY instant) AS day,
                sum(value) AS value, min(kind) AS kind {texts}
            FROM kept GROUP BY customer_id, order_id HAVING count(DISTINCT kind) = 1
        """
    elif "updated_at" in p.orders:
        whole = """
            SELECT * FROM kept
            QUALIFY row_number() OVER (PARTITION BY customer_id, order_id
                ORDER BY updated_at DESC NULLS LAST, instant DESC, value DESC) = 1
        """
    else:
        whole = "FROM kept"
    activity = "kind = 'completed'" if p.activity == "any" else "kind = 'completed' AND value >= 0"

    newest = f"""
        SELECT coalesce(max(day) FILTER ({activity}), max(day)) + 1 FROM ({whole})
        WHERE coalesce(day >= getvariable('history_start'), true)
    """
    set_variable(db, "as_of", f"DATE '{p.as_of}'" if p.as_of else newest)
    db.execute(f"""
        CREATE TABLE entry AS SELECT
            row_number() OVER () AS event_id, customer_id, order_id, instant, day, value,
            CASE WHEN kind <> 'completed' THEN kind WHEN value < 0 THEN 'refund' ELSE 'order' END AS kind,
            {activity} AS is_activity,
            value >= 0 AS is_attempt,
            CASE WHEN kind = 'lost' THEN reason END AS reason {"".join(f", {c}" for c in values)},
            CASE WHEN kind = 'ignored' THEN 'ignored'
                WHEN kind IN ('lost', 'open') AND value < 0 THEN 'negative_attempt'
                WHEN day < getvariable('history_start') THEN 'before_history_start'
                WHEN day >= getvariable('as_of') THEN 'after_as_of'
            END AS left_out
        FROM ({whole})
    """)
    db.execute("CREATE TABLE event AS SELECT * EXCLUDE (left_out) FROM entry WHERE left_out IS NULL")
    db.execute("CREATE TABLE event_segment (event_id BIGINT, segment VARCHAR, taken VARCHAR, segment_value VARCHAR)")
    for i, segment in enumerate(p.segments):
        db.execute(
            f"INSERT INTO event_segment SELECT event_id, ?, ?, segment_{i} FROM event", [segment.name, segment.at]
        )


def _lapse_window(db: duckdb.DuckDBPyConnection, p: Pipeline) -> None:
    if p.lapse_after_days != "auto":
        set_variable(db, "lapse", f"{p.lapse_after_days}")
        return
    # Nearest rank: the smallest gap that at least nine tenths of the gaps do not exceed.
    set_variable(
        db,
        "lapse",
        """
        SELECT CAST(list_sort(list(gap))[(9 * count(*) + 9) // 10] AS INTEGER) FROM (
            SELECT day - lag(day) OVER (PARTITION BY customer_id ORDER BY day) AS gap
            FROM (SELECT DISTINCT customer_id, day FROM event WHERE is_activity)
        ) WHERE gap IS NOT NULL
        """,
    )
