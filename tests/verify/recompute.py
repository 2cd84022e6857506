"""Recomputation of Kohort's tables in DuckDB from the pipeline's input files.

The definitions are those of docs/concepts.md and docs/tables and nothing else. Money stays in whole minor
units (HUGEINT) throughout.
"""

from __future__ import annotations

import duckdb

import declared
import orders
import risk
import scripts
import side_inputs
import subscriptions
from inputs import set_variable, text
from lookups import open_lookups
from pipeline import GRAINS, PERIODS_PER_YEAR, WEEKDAYS, Pipeline


def recompute(pipeline: Pipeline) -> duckdb.DuckDBPyConnection:
    """A connection that holds each table of docs/tables under its name, and `counted` for run.json."""
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
    _settings(db, pipeline)
    scripts.run(db, scripts.of_macros())
    open_lookups(db, pipeline.lookups)
    # After them people, spells and revenue look alike, whatever makes a customer.
    (subscriptions if pipeline.basis == "subscriptions" else orders).history(db, pipeline)
    side_inputs.read(db, pipeline)
    _win_back_settings(db, pipeline)
    for script in scripts.of_tables(pipeline.basis):
        scripts.run(db, script)
        if script.stem == "risk":
            risk.score(db, pipeline.basis)
    _add_segments(db, pipeline)
    _counts(db, pipeline)
    return db


def _settings(db: duckdb.DuckDBPyConnection, p: Pipeline) -> None:
    def day(value: object) -> str:
        return f"DATE '{value}'" if value else "CAST(NULL AS DATE)"

    settings = {
        "history_start": day(p.history_start),
        "week_offset": f"{WEEKDAYS.index(p.week_start)}",
        "fiscal_offset": f"{p.fiscal_year_start - 1}",
        "minor_units": f"{10**p.scale}",
        "max_k": "CAST(NULL AS INTEGER)" if p.max_k is None else f"{p.max_k}",
        "recovery_window": f"{p.recovery_window_days}",
        "survey_window": f"{p.survey_window_days}",
        "attribution_window": f"{p.attribution_window_days}",
        "has_prospects": f"{'prospects' in p.inputs}",
        "has_contacts": f"{'contacts' in p.inputs}",
        "max_gap_number": f"{p.max_gap_number}",
        "bucket_days": f"{p.bucket_days}",
        "loyal_window": f"{p.loyal_window_days}",
        "loyal_orders": f"{p.loyal_orders}",
        "at_risk_ratio": f"CAST({p.at_risk_ratio} AS DOUBLE)",
        "at_risk_score": f"CAST({p.at_risk_score} AS DOUBLE)",
        "has_own_window": f"{p.has_own_window}",
        "has_orders": f"{p.basis == 'orders'}",
        "has_subscriptions": f"{p.basis == 'subscriptions'}",
        "has_status": f"{p.basis == 'orders' and p.maps('orders', 'status')}",
        "has_returns": f"{'returns' in p.inputs}",
        "lost_survey_window": f"{p.lost_survey_window_days}",
        "has_payments": f"{'payments' in p.inputs}",
        "has_invoices": f"{'invoices' in p.inputs}",
        "has_scores": f"{p.maps('surveys', 'score')}",
        "has_stage": f"{p.maps('opportunities', 'stage')}",
        "has_competitor": f"{p.maps('opportunities', 'competitor')}",
        "has_category": f"{p.maps('order_lines', 'category')}",
        "has_line_product": f"{p.maps('order_lines', 'product')}",
        "has_product": f"{p.maps('order_lines', 'product') and p.maps('returns', 'product')}",
        "has_return_reason": f"{p.maps('returns', 'reason')}",
        "stages": f"CAST([{', '.join(map(text, p.stages))}] AS VARCHAR[])",
        "last_step": f"{len(p.steps)}",
        "funnel_hours": f"{p.funnel_hours}",
        "cart_hours": f"{p.cart_hours}",
        "mature_after": f"{p.mature_after_days}",
        "indicator_days": f"{p.indicator_days}",
        "min_support": f"CAST({p.min_support} AS DOUBLE)",
        "max_items": f"{p.max_items}",
        "first_segment": f"'{p.first_segments[0]}'" if p.first_segments else "CAST(NULL AS VARCHAR)",
        "unit_days": f"{p.unit_days}",
        "calibration_end": day(p.calibration_end),
    }
    for name, sql in settings.items():
        set_variable(db, name, sql)
    rows = [(g, GRAINS.index(g), PERIODS_PER_YEAR[g], p.window_periods(g)) for g in p.grains]
    db.execute("CREATE TABLE grain (grain VARCHAR, rank INTEGER, per_year INTEGER, window_periods INTEGER)")
    db.executemany("INSERT INTO grain VALUES (?, ?, ?, ?)", rows)
    churn = {"unusual": "above"} if p.basis == "orders" else {"above": 0.07}
    alerts = {"churn_rate": churn | {"grain": "month"}} | p.alerts
    limits = [(m, a.get("grain"), a[side], side) for m, a in alerts.items() for side in ("above", "below") if side in a]
    limits += [(m, a.get("grain"), None, a["unusual"]) for m, a in alerts.items() if "unusual" in a]
    _fill(db, "held_to (metric VARCHAR, grain VARCHAR, threshold DOUBLE, side VARCHAR)", limits)
    _fill(db, "funnel_step (number INTEGER, step VARCHAR)", list(enumerate(p.steps, start=1)))
    _fill(db, "segment_kind (segment VARCHAR, taken VARCHAR)", [(s.name, s.at) for s in p.segments])


def _fill(db: duckdb.DuckDBPyConnection, table: str, rows: list[tuple]) -> None:
    db.execute(f"CREATE TABLE {table}")
    if rows:
        db.executemany(f"INSERT INTO {table.split()[0]} VALUES ({', '.join('?' * len(rows[0]))})", rows)


def _win_back_settings(db: duckdb.DuckDBPyConnection, p: Pipeline) -> None:
    days = p.prospect_after_days
    set_variable(db, "prospect_after", "getvariable('lapse')" if days is None else f"{days}")


def _add_segments(db: duckdb.DuckDBPyConnection, p: Pipeline) -> None:
    """The columns `segment_<name>` of the tables with a row for each customer."""
    for table in set(declared.with_customers()) & set(p.offered):
        columns = "".join(f', s{i}.segment_value AS "segment_{n}"' for i, n in enumerate(p.first_segments))
        joins = " ".join(
            f"LEFT JOIN person s{i} ON s{i}.segment = '{n}' AND s{i}.customer_id = t.customer_id"
            for i, n in enumerate(p.first_segments)
        )
        db.execute(f"CREATE TABLE {table} AS SELECT t.* {columns} FROM {table}_plain t {joins}")


def _counts(db: duckdb.DuckDBPyConnection, p: Pipeline) -> None:
    """`counted`: what run.json counts. A name without a row counts nothing."""
    db.execute("CREATE TABLE counted (input VARCHAR, part VARCHAR, name VARCHAR, n BIGINT)")
    for name in p.inputs:
        line = "line" if name == p.basis else f"{name}_line"
        db.execute(f"""
            INSERT INTO counted
            SELECT '{name}', 'rows', 'rows', count(*) FROM {name}_found
            UNION ALL SELECT '{name}', 'rows', 'rows_filtered', (SELECT count(*) FROM {name}_found) - count(*)
                FROM {name}_passing
            UNION ALL SELECT '{name}', 'left_out', 'duplicates', count(*) - (SELECT count(*) FROM {line})
                FROM {name}_passing
            UNION ALL SELECT '{name}', 'rejected', fault, count(*) FROM {line} WHERE fault IS NOT NULL GROUP BY ALL
        """)
        if name != p.basis:
            db.execute(f"""
                INSERT INTO counted
                SELECT '{name}', 'left_out', left_out, count(*) FROM {name}_line
                WHERE fault IS NULL AND left_out IS NOT NULL GROUP BY ALL
            """)
    set_variable(db, "is_lines", f"{p.orders.get('rows') == 'lines'}")
    set_variable(db, "is_latest", f"{'updated_at' in p.orders}")
    scripts.run(db, scripts.of_counts(p.basis))
    # What no table needs is not read. Whoever is only known from elsewhere is a prospect.
    read = [name for name in p.inputs if name != p.basis and p.needs(name)]
    for name in read:
        if name not in ("prospects", "identities"):
            rows = "touch WHERE number IS NOT NULL" if name == "touchpoints" else name
            db.execute(f"INSERT INTO counted SELECT NULL, 'events', '{name}', count(*) FROM {rows}")
    if "surveys" in read:
        nameless = "surveys WHERE customer_id IS NULL"
        db.execute(f"INSERT INTO counted SELECT NULL, 'events', 'anonymous_answers', count(*) FROM {nameless}")
    visits = ("touchpoints", "identities")
    seen = [f"SELECT who_of(customer_id) AS who FROM {name}" for name in read if name not in visits]
    if "touchpoints" in read:
        seen.append("SELECT who FROM touch WHERE number IS NOT NULL")
    if p.basis == "orders":
        seen.append("SELECT who_of(customer_id) AS who FROM event WHERE is_attempt")
    if "opportunities" in read:
        db.execute("""
            INSERT INTO counted SELECT NULL, 'events', 'open_opportunities',
                (SELECT count(*) FROM opportunity WHERE kind = 'open')
                + (SELECT count(*) FROM opportunities_line WHERE left_out = 'undated')
        """)
    for name, column in side_inputs.EVENT_DAYS.items():
        if name in read:
            db.execute(f"""
                INSERT INTO counted SELECT '{name}', 'days_after_as_of', '{column}', count(*) FROM {name}
                WHERE {side_inputs.happened(name)} >= getvariable('as_of')
            """)
    if seen:
        db.execute(f"""
            INSERT INTO counted SELECT NULL, 'events', 'prospects', count(DISTINCT who)
            FROM ({" UNION ALL ".join(seen)})
            ANTI JOIN (SELECT who_of(customer_id) AS who FROM person WHERE segment = 'all') USING (who)
        """)
