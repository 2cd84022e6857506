"""`[inputs.prospects]`, `[inputs.contacts]` and `[inputs.surveys]`; empty tables where they are missing."""

from __future__ import annotations

import duckdb

from inputs import local_time, now, open_input, reason, segment_value, text
from pipeline import Pipeline

# The column that holds the time, and those beside customer and time.
INPUTS = {"prospects": "first_seen_at", "contacts": "contacted_at", "surveys": "answered_at"}


def further(db: duckdb.DuckDBPyConnection, p: Pipeline) -> None:
    """`prospects`, `contacts` and `surveys`: the rows that count; `<name>_line`: all of them."""
    rows = {
        "prospects": {},
        "contacts": _contacts(p),
        "surveys": {"reason": reason("m_reason", p.churn_reasons)},
    }
    for name, values in rows.items():
        _read(db, p, name, values)


def _contacts(p: Pipeline) -> dict[str, str]:
    mapped = p.inputs["contacts"].mapped if "contacts" in p.inputs else {}
    withheld = ", ".join(map(text, mapped.get("holdout", []))) or "NULL"
    return {
        "campaign": segment_value("m_campaign"),
        "strategy": segment_value("m_strategy"),
        "is_withheld": f"coalesce(CAST(m_variant AS VARCHAR) IN ({withheld}), false)",
    }


def _read(db: duckdb.DuckDBPyConnection, p: Pipeline, name: str, values: dict[str, str]) -> None:
    time = INPUTS[name]
    columns = "".join(f", {sql} AS {column}" for column, sql in values.items())
    if name not in p.inputs:
        plain = "".join(f", CAST(NULL AS VARCHAR) AS m_{c}" for c in ("campaign", "strategy", "variant", "reason"))
        db.execute(f"""
            CREATE TABLE {name} AS
            SELECT * EXCLUDE (m_campaign, m_strategy, m_variant, m_reason) {columns}
            FROM (SELECT customer_id, CAST(NULL AS DATE) AS day {plain} FROM line) WHERE false
        """)
        return
    mapped = p.inputs[name].mapped
    texts = {"contacts": ["campaign", "strategy", "variant"], "surveys": ["reason"]}.get(name, [])
    types = open_input(
        db,
        p.inputs[name],
        {"m_customer_id": mapped["customer_id"], "m_time": mapped[time]}
        | {f"m_{c}": mapped.get(c, "CAST(NULL AS VARCHAR)") for c in texts},
    )
    local = local_time("m_time", types["m_time"], p.timezone)
    db.execute(f"""
        CREATE TABLE {name}_line AS SELECT *,
            CASE WHEN customer_id IS NULL THEN 'null_customer_id' WHEN day IS NULL THEN 'null_time'
                WHEN is_future THEN 'in_future' END AS fault,
            CASE WHEN day >= getvariable('as_of') THEN 'after_as_of' END AS left_out
        FROM (
            SELECT m_customer_id AS customer_id, CAST({local} AS DATE) AS day, {local} > {now(p.timezone)} AS is_future
                {columns}
            FROM {name}_mapped
        );
        CREATE TABLE {name} AS
        SELECT * EXCLUDE (is_future, fault, left_out) FROM {name}_line WHERE fault IS NULL AND left_out IS NULL
    """)
