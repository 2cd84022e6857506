"""Recomputes Kohort's tables in DuckDB from the pipeline's input files.

The definitions are those of METRICS.md and nothing else. Money stays in whole minor
units (HUGEINT) throughout.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipeline import GRAINS, WEEKDAYS, Pipeline

SQL = Path(__file__).parent / "sql"
RATE_UNIT = 10**12  # rates with more than twelve decimal places are not recomputed exactly
PERIODS_PER_YEAR = {"day": 365, "week": 52, "month": 12, "quarter": 4, "year": 1}


def recompute(pipeline: Pipeline) -> duckdb.DuckDBPyConnection:
    """A connection that holds each table of METRICS.md under its name, and `counted` for run.json."""
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
    _settings(db, pipeline)
    _lines(db, pipeline)
    _events(db, pipeline)
    _script(db, "rates")
    _lapse_window(db, pipeline)
    _script(db, "calendar", "people", "counts")
    _script(db, "cohort_retention", "cohort_curve", "customer_retention", "revenue_churn", "lost_sales")
    return db


def _script(db: duckdb.DuckDBPyConnection, *names: str) -> None:
    for name in names:
        db.execute((SQL / f"{name}.sql").read_text())


def _settings(db: duckdb.DuckDBPyConnection, p: Pipeline) -> None:
    _set(db, "history_start", f"DATE '{p.history_start}'" if p.history_start else "CAST(NULL AS DATE)")
    _set(db, "week_offset", f"{WEEKDAYS.index(p.week_start)}")
    _set(db, "fiscal_offset", f"{p.fiscal_year_start - 1}")
    _set(db, "minor_units", f"{10**p.scale}")
    _set(db, "recovery_window", f"{p.recovery_window_days}")
    _set(db, "is_lines", f"{p.orders.get('rows') == 'lines'}")
    _set(db, "is_latest", f"{'updated_at' in p.orders}")
    _set(db, "max_k", "CAST(NULL AS INTEGER)" if p.max_k is None else f"{p.max_k}")
    rows = [(g, GRAINS.index(g), PERIODS_PER_YEAR[g], p.window_periods(g)) for g in p.grains]
    db.execute("CREATE TABLE grain (grain VARCHAR, rank INTEGER, per_year INTEGER, window_periods INTEGER)")
    db.executemany("INSERT INTO grain VALUES (?, ?, ?, ?)", rows)


def _set(db: duckdb.DuckDBPyConnection, name: str, sql: str) -> None:
    db.execute(f"SET VARIABLE {name} = ({sql})")


def _lines(db: duckdb.DuckDBPyConnection, p: Pipeline) -> None:
    """`line`: each row of the input that `where` lets through, with its kind, value and fault."""
    orders = p.orders
    files = ", ".join(_text(str(file)) for file in p.files)
    distinct = "DISTINCT" if orders.get("deduplicate") else ""
    db.execute(f"""
        CREATE VIEW found AS
        FROM read_parquet([{files}], union_by_name = true, hive_partitioning = {str(p.hive).lower()})
    """)
    where = orders.get("where", "true")
    db.execute(f"CREATE VIEW passing AS FROM found WHERE {where}")
    db.execute(f"CREATE VIEW source AS SELECT {distinct} * FROM passing")
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
    columns = ", ".join(f"({sql}) AS {name}" for name, sql in mapped.items())
    db.execute(f"CREATE VIEW mapped AS SELECT {columns} FROM source")
    types = {row[0]: row[1] for row in db.execute("DESCRIBE mapped").fetchall()}

    instant, local, now = _times(types["m_ordered_at"], p.timezone)
    segments = "".join(
        f", coalesce(CAST(m_segment_{i} AS VARCHAR), '(none)') AS segment_{i}" for i in range(len(p.segments))
    )
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
                {instant} AS instant, CAST({local} AS DATE) AS day, {local} > {now} AS is_future,
                {_minor_units(types["m_amount"], p.scale)} AS value, CAST(m_currency AS VARCHAR) AS currency,
                {_kind(p)} AS kind, m_updated_at AS updated_at, {_reason(p)} AS reason {segments}
            FROM mapped
        )
    """)
    if p.rates:
        _convert(db, p.rates)


def _convert(db: duckdb.DuckDBPyConnection, rates: Path) -> None:
    """Multiplies the values of `line` by the rates of their currencies and days."""
    # Texts, so that the digits of a CSV file stay what they are.
    rows = f"read_csv({_text(str(rates))}, all_varchar = true)" if rates.suffix == ".csv" else _text(str(rates))
    db.execute(f"""
        CREATE TABLE rate_of AS
        SELECT CAST(date AS DATE) AS day, currency, CAST(CAST(rate AS DECIMAL(38, 12)) * {RATE_UNIT} AS HUGEINT) AS rate
        FROM {rows}
    """)
    db.execute("CREATE TABLE unconverted AS FROM line; DROP TABLE line")
    db.execute(f"""
        CREATE TABLE line AS
        SELECT l.* REPLACE (sign(l.value) * ((2 * abs(l.value) * r.rate + {RATE_UNIT}) // {2 * RATE_UNIT}) AS value)
        FROM unconverted l ASOF LEFT JOIN rate_of r ON l.currency = r.currency AND l.day >= r.day
    """)
    missing = db.execute("""
        SELECT u.currency, min(u.day) FROM unconverted u
        WHERE u.fault IS NULL
            AND NOT EXISTS (FROM rate_of r WHERE r.currency = u.currency AND r.day <= u.day)
        GROUP BY ALL
    """).fetchall()
    if missing:
        raise ValueError(f"{rates} has no rate for {missing}")


def _times(kind: str, timezone: str) -> tuple[str, str, str]:
    """SQL for the instant, the business-local time and the local time of the run."""
    zone = _text(timezone)
    now = f"timezone({zone}, now())"
    if kind.endswith("WITH TIME ZONE"):
        return "timezone('UTC', m_ordered_at)", f"timezone({zone}, m_ordered_at)", now
    return "CAST(m_ordered_at AS TIMESTAMP)", "CAST(m_ordered_at AS TIMESTAMP)", now


def _minor_units(kind: str, scale: int) -> str:
    """SQL for the amount in minor units, rounded half away from zero; NULL if unreadable."""
    if kind in ("FLOAT", "DOUBLE"):
        cents = f"round(CAST(m_amount AS DOUBLE) * 1e{scale})"
        return f"CASE WHEN isfinite(m_amount) THEN CAST({cents} AS HUGEINT) END"
    if kind.startswith("DECIMAL"):
        return f"CAST(CAST(m_amount AS DECIMAL(38, {scale})) * {10**scale} AS HUGEINT)"
    return f"CAST(m_amount AS HUGEINT) * {10**scale}"


def _kind(p: Pipeline) -> str:
    if "status" not in p.orders:
        return "'completed'"
    cases = " ".join(
        f"WHEN CAST(m_status AS VARCHAR) IN ({', '.join(map(_text, texts))}) THEN '{kind}'"
        for kind, texts in p.statuses.items()
        if texts
    )
    return f"CASE {cases} END"


def _reason(p: Pipeline) -> str:
    found = "CAST(m_reason AS VARCHAR)"
    cases = "".join(f"WHEN {found} = {_text(text)} THEN {_text(name)} " for text, name in p.reasons.items())
    return f"CASE {cases} WHEN coalesce({found}, '') = '' THEN 'unknown' ELSE {found} END"


def _events(db: duckdb.DuckDBPyConnection, p: Pipeline) -> None:
    """`entry`: each order, refund, lost and open order. `event`: those that count, and their segments."""
    values = [f"segment_{i}" for i in range(len(p.segments))]
    db.execute("CREATE VIEW kept AS FROM line WHERE fault IS NULL")
    if p.orders.get("rows") == "lines":
        # Day, reason and segments are those of the earliest line.
        texts = "".join(f", first({c} ORDER BY instant, {c}) AS {c}" for c in ["reason", *values])
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

    newest = f"SELECT max(day) + 1 FROM ({whole}) WHERE {activity}"
    _set(db, "as_of", f"DATE '{p.as_of}'" if p.as_of else newest)
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
        _set(db, "lapse", f"{p.lapse_after_days}")
        return
    # Nearest rank: the smallest gap that at least nine tenths of the gaps do not exceed.
    _set(
        db,
        "lapse",
        """
        SELECT CAST(list_sort(list(gap))[(9 * count(*) + 9) // 10] AS INTEGER) FROM (
            SELECT day - lag(day) OVER (PARTITION BY customer_id ORDER BY day) AS gap
            FROM (SELECT DISTINCT customer_id, day FROM event WHERE is_activity)
        ) WHERE gap IS NOT NULL
        """,
    )


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
