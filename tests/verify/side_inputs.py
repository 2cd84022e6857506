"""Inputs beside orders and subscriptions; empty tables where they are missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import duckdb

from inputs import (
    local_day_or_none,
    local_time,
    minor_units,
    now,
    open_input,
    reason,
    segment_value,
    set_variable,
    text,
)
from pipeline import Pipeline

# The types of what is not mapped; an id is of the type of the customers' ids.
TYPES = {"id": None, "time": "TIMESTAMP", "text": "VARCHAR", "amount": "DECIMAL(18, 2)", "number": "BIGINT"}

# Ids of what somebody did: none may be missing where they are mapped.
IDS = ["order_id", "opportunity_id", "invoice_id"]

# Of rows with one id those that were changed last come first.
NEWEST = "updated DESC NULLS LAST"

# The column of another day on which something happened to a row.
EVENT_DAYS = {"invoices": "paid_at", "opportunities": "closed_at"}

# SQL for a value, from the types of what is mapped.
Value = Callable[[dict[str, str]], str]


@dataclass(frozen=True)
class Spec:
    """What an input is mapped from, and what becomes of it. The first id is who acted."""

    mapped: dict[str, str]
    time: str | None
    values: dict[str, Value] = field(default_factory=dict)
    # Condition and name, in the order of docs/concepts.md; the person and the time are first and last anyway.
    faults: list[tuple[str, str]] = field(default_factory=list)
    # Of rows with one id the first in this order stands, as a partition and an order; of times the days count.
    standing: tuple[str, str] | None = None
    left_out: list[tuple[str, str]] = field(default_factory=list)
    # Which rows need no day, and stand in no table without one.
    undated: str = "false"


def read(db: duckdb.DuckDBPyConnection, p: Pipeline) -> None:
    """`<name>`: the rows of each input that count; `<name>_line`: all of them. The variable `first_row`."""
    specs = _specs(p)
    types = {name: _open(db, p, name, spec) for name, spec in specs.items()}
    if p.basis == "none" and not p.as_of:
        _find_as_of(db, p, specs, types)
    for name, spec in specs.items():
        _read_one(db, p, name, spec, types[name])
        if name == "invoices" and _are_lines(p):
            _join_lines(db, p)
    days = " UNION ALL ".join(f"SELECT min(day) AS day FROM {name}" for name, spec in specs.items() if spec.time)
    set_variable(db, "first_row", f"SELECT least(getvariable('first_known'), min(day)) FROM ({days})")
    zoned = _zoned(db, "touchpoints", "m_occurred_at")
    local = f"timezone({text(p.timezone)}, timezone('UTC', instant))" if zoned else "instant"
    db.execute(f"CREATE MACRO touch_local(instant) AS {local}")


def _specs(p: Pipeline) -> dict[str, Spec]:
    def money(column: str, scale: int = p.scale) -> Value:
        return lambda types: minor_units(column, types[column], scale)

    def plain(sql: str) -> Value:
        return lambda types: sql

    def day(column: str) -> Value:
        return lambda types: local_day_or_none(column, types[column], p.timezone)

    def due(types: dict[str, str]) -> str:
        return f"coalesce({day('m_due_at')(types)}, {day('m_invoiced_at')(types)} + {p.terms_days})"

    unreadable, negative = ("value IS NULL", "unreadable_amount"), ("value < 0", "negative_amount")
    not_finite = ("m_value IS NOT NULL AND value IS NULL", "unreadable_amount")
    units, few = plain("coalesce(CAST(m_units AS BIGINT), 1)"), ("value < 0 OR units < 0", "negative_amount")
    withheld = ", ".join(map(text, p.mapped("contacts").get("holdout", [])))
    score = "m_score IS NULL OR (m_score BETWEEN 0 AND 10 AND m_score = floor(m_score))"
    return {
        "prospects": Spec({"customer_id": "id", "first_seen_at": "time"}, "first_seen_at"),
        "contacts": Spec(
            {"customer_id": "id", "contacted_at": "time", "campaign": "text", "strategy": "text", "variant": "text"},
            "contacted_at",
            {
                "campaign": plain(segment_value("m_campaign")),
                "strategy": plain(segment_value("m_strategy")),
                "is_withheld": plain(f"coalesce(CAST(m_variant AS VARCHAR) IN ({withheld or 'NULL'}), false)"),
            },
        ),
        "surveys": Spec(
            {"customer_id": "id", "answered_at": "time", "reason": "text", "lost_reason": "text", "score": "number"},
            "answered_at",
            {
                "reason": plain(reason("m_reason", p.churn_reasons)),
                "lost_reason": plain(reason("m_lost_reason", p.lost_reasons)),
                "score": plain("TRY_CAST(m_score AS INTEGER)"),
            },
            [(f"NOT ({score})", "score_out_of_range")],
            left_out=[("customer_id IS NULL AND score IS NULL", "anonymous")],
        ),
        "touchpoints": Spec(
            {
                "visitor_id": "id",
                "occurred_at": "time",
                "step": "text",
                "cart_id": "text",
                "value": "amount",
                "customer_id": "id",
            },
            "occurred_at",
            {
                "step": plain("CAST(m_step AS VARCHAR)"),
                "cart_id": plain("m_cart_id"),
                "value": money("m_value"),
                "customer_id": plain("m_customer_id"),
            },
            [not_finite, negative],
            left_out=[(f"step IS NULL OR step NOT IN ({', '.join(map(text, p.steps)) or 'NULL'})", "other_step")],
        ),
        "identities": Spec(
            {"visitor_id": "id", "customer_id": "id"},
            None,
            {"customer_id": plain("m_customer_id")},
            [("customer_id IS NULL", "null_customer_id")],
        ),
        "opportunities": _opportunities(p, money("m_value"), [unreadable, negative], day("m_closed_at")),
        "order_lines": Spec(
            {
                "customer_id": "id",
                "order_id": "id",
                "ordered_at": "time",
                "value": "amount",
                "product": "text",
                "category": "text",
                "units": "number",
            },
            "ordered_at",
            {
                "order_id": plain("m_order_id"),
                "value": money("m_value"),
                "product": plain(segment_value("m_product")),
                "category": plain(segment_value("m_category")),
                "units": units,
            },
            [unreadable, few],
        ),
        "returns": Spec(
            {
                "customer_id": "id",
                "order_id": "id",
                "returned_at": "time",
                "value": "amount",
                "product": "text",
                "units": "number",
                "reason": "text",
            },
            "returned_at",
            {
                "order_id": plain("m_order_id"),
                "value": money("m_value"),
                "product": plain(segment_value("m_product")),
                "units": units,
                "reason": plain(reason("m_reason", p.return_reasons)),
            },
            [unreadable, few],
        ),
        "invoices": Spec(
            {
                "customer_id": "id",
                "invoice_id": "id",
                "invoiced_at": "time",
                "due_at": "time",
                "paid_at": "time",
                "amount": "amount",
                "updated_at": "time",
            },
            "invoiced_at",
            {
                "invoice_id": plain("m_invoice_id"),
                "value": money("m_amount"),
                "due": due,
                "paid": day("m_paid_at"),
                "due_as_found": day("m_due_at"),
                "updated": plain("m_updated_at"),
            },
            [unreadable],
            (
                "customer_id, invoice_id",
                f"{NEWEST}, paid DESC NULLS LAST, day DESC, value DESC, due_as_found DESC NULLS LAST",
            )
            if p.maps("invoices", "invoice_id") and not _are_lines(p)
            else None,
        ),
        "payments": Spec(
            {"customer_id": "id", "invoice_id": "id", "paid_at": "time", "amount": "amount"},
            "paid_at",
            {"invoice_id": plain("m_invoice_id"), "value": money("m_amount")},
            [unreadable],
            left_out=[
                (
                    "NOT EXISTS (FROM invoices i WHERE i.customer_id = placed.customer_id"
                    " AND i.invoice_id = placed.invoice_id)",
                    "without_invoice",
                )
            ],
        ),
        "engagement": Spec(
            {"customer_id": "id", "occurred_at": "time", "kind": "text", "value": "amount"},
            "occurred_at",
            {
                "kind": plain(segment_value("m_kind")),
                # NULL is one, whatever else is no number is a fault.
                "value": lambda types: f"CASE WHEN m_value IS NULL THEN 100 ELSE {money('m_value', 2)(types)} END",
            },
            [unreadable, negative],
        ),
    }


def _are_lines(p: Pipeline) -> bool:
    """Whether invoices come in lines."""
    return p.mapped("invoices").get("rows") == "lines"


def _join_lines(db: duckdb.DuckDBPyConnection, p: Pipeline) -> None:
    """Makes one row an invoice of its lines."""
    db.execute(f"""
        CREATE OR REPLACE TABLE invoices AS
        SELECT customer_id, invoice_id, min(day) AS day, CAST(sum(value) AS BIGINT) AS value,
            coalesce(max(due_as_found), min(day) + {p.terms_days}) AS due,
            CASE WHEN count(paid) = count(*) THEN max(paid) END AS paid
        FROM invoices GROUP BY customer_id, invoice_id
    """)


def _opportunities(p: Pipeline, value: Value, faults: list[tuple[str, str]], closed: Value) -> Spec:
    mapped = p.mapped("opportunities")
    outcome = "CAST(m_outcome AS VARCHAR)"
    kinds = "".join(
        f"WHEN {outcome} IN ({', '.join(map(text, mapped[kind]))}) THEN '{kind}' "
        for kind in ("won", "lost", "open", "ignored")
        if mapped.get(kind)
    )
    known = f"CASE {kinds} WHEN m_outcome IS NULL AND m_closed_at IS NULL THEN 'open' END"
    rank = "list_position(['won', 'lost', 'open', 'ignored'], outcome)"
    stage = f"list_position(CAST([{', '.join(map(text, p.stages))}] AS VARCHAR[]), stage) NULLS LAST, stage"
    return Spec(
        {
            "buyer": "id",
            "created_at": "time",
            "outcome": "text",
            "value": "amount",
            "opportunity_id": "id",
            "closed_at": "time",
            "stage": "text",
            "reason": "text",
            "competitor": "text",
            "updated_at": "time",
        },
        "created_at",
        {
            "opportunity_id": lambda types: "m_opportunity_id",
            "value": value,
            "outcome": lambda types: known,
            "closed": closed,
            "stage": lambda types: segment_value("m_stage"),
            "reason": lambda types: reason("m_reason", p.lost_reasons),
            "competitor": lambda types: segment_value("m_competitor"),
            "updated": lambda types: "m_updated_at",
        },
        [*faults, ("outcome IS NULL", "unknown_status")],
        (
            "customer_id, opportunity_id",
            f"{NEWEST}, closed DESC NULLS LAST, day DESC NULLS LAST, value DESC, {rank}, {stage}, reason, competitor",
        )
        if p.maps("opportunities", "opportunity_id")
        else None,
        [("outcome = 'ignored'", "ignored")],
        undated="outcome = 'open'",
    )


def happened(name: str) -> str:
    """SQL for the day of `EVENT_DAYS` of an input's row: of opportunities that of a decision."""
    return "paid" if name == "invoices" else "CASE WHEN outcome IN ('won', 'lost') THEN closed END"


def _find_as_of(
    db: duckdb.DuckDBPyConnection, p: Pipeline, specs: dict[str, Spec], types: dict[str, dict[str, str]]
) -> None:
    """The variable `as_of` where there is no history: the day after the newest one of all rows that are read."""
    set_variable(db, "as_of", "DATE '9999-12-31'")
    days = []
    for name, spec in specs.items():
        _read_one(db, p, name, spec, types[name])
        of_rows = f"FROM {name}_line WHERE fault IS NULL"
        if spec.time and name in p.inputs and p.needs(name):
            days.append(f"SELECT max(day) AS day {of_rows}")
            if name in EVENT_DAYS:
                today = f"CAST({now(p.timezone)} AS DATE)"
                days.append(f"SELECT max(day) FROM (SELECT {happened(name)} AS day {of_rows}) WHERE day <= {today}")
    set_variable(db, "as_of", f"SELECT max(day) + 1 FROM ({' UNION ALL '.join(days)})")
    for name in specs:
        db.execute(f"DROP TABLE {name}; DROP TABLE {name}_line")


def _read_one(db: duckdb.DuckDBPyConnection, p: Pipeline, name: str, spec: Spec, types: dict[str, str]) -> None:
    who, *_ = spec.mapped
    values = "".join(f", {sql(types)} AS {column}" for column, sql in spec.values.items())
    times = "CAST(NULL AS TIMESTAMP) AS instant, CAST(NULL AS DATE) AS day, false AS is_future"
    faults = [(f"{_whose(who)} IS NULL", "null_visitor_id" if who == "visitor_id" else "null_customer_id")]
    if name == "surveys":
        # Nobody need say who answers.
        faults = []
    faults += [(f"{column} IS NULL", "null_order_id") for column in IDS if p.maps(name, column)]
    left_out = [("place > 1", "superseded"), *spec.left_out]
    if spec.time:
        column = f"m_{spec.time}"
        local = local_time(column, types[column], p.timezone)
        instant = f"timezone('UTC', {column})" if types[column].endswith("WITH TIME ZONE") else local
        times = f"{instant} AS instant, CAST({local} AS DATE) AS day, {local} > {now(p.timezone)} AS is_future"
        faults.append((f"day IS NULL AND NOT coalesce({spec.undated}, false)", "null_time"))
        left_out = [("day >= getvariable('as_of')", "after_as_of"), *left_out, ("day IS NULL", "undated")]
    faults += [*spec.faults, ("is_future", "in_future")]
    db.execute(f"""
        CREATE TABLE {name}_line AS
        WITH judged AS (
            SELECT *, {_first_that(faults)} AS fault
            FROM (SELECT m_{who} AS {_whose(who)}, {times} {values}, {_raw(spec)} FROM {name}_mapped)
        ),
        placed AS (
            SELECT *, {_place(spec)} AS place FROM judged
        )
        SELECT * EXCLUDE (place), {_first_that(left_out)} AS left_out FROM placed;
        CREATE TABLE {name} AS
        SELECT * EXCLUDE (is_future, fault, left_out, {_raw(spec)}) FROM {name}_line
        WHERE fault IS NULL AND coalesce(left_out = 'other_step', true)
    """)


def _whose(who: str) -> str:
    return "visitor_id" if who == "visitor_id" else "customer_id"


def _raw(spec: Spec) -> str:
    """Mapped values that faults look at."""
    return ", ".join(f"m_{c}" for c in spec.mapped if c in ("value", "score")) or "m_" + next(iter(spec.mapped))


def _place(spec: Spec) -> str:
    if not spec.standing:
        return "1"
    ids, order = spec.standing
    known = "fault IS NULL, coalesce(day < getvariable('as_of'), true)"
    return f"row_number() OVER (PARTITION BY {known}, {ids} ORDER BY {order})"


def _first_that(cases: list[tuple[str, str]]) -> str:
    return f"CASE {' '.join(f'WHEN {condition} THEN {text(name)}' for condition, name in cases)} END"


def _open(db: duckdb.DuckDBPyConnection, p: Pipeline, name: str, spec: Spec) -> dict[str, str]:
    """The view `<name>_mapped`, without a row where the input is missing; returns its types."""
    id_type = db.sql("SELECT customer_id FROM line LIMIT 0").types[0]
    unmapped = {c: f"CAST(NULL AS {TYPES[kind] or id_type})" for c, kind in spec.mapped.items()}
    if name in p.inputs:
        columns = {f"m_{c}": p.mapped(name).get(c, sql) for c, sql in unmapped.items()}
        return open_input(db, p.inputs[name], columns)
    columns = ", ".join(f"{sql} AS m_{c}" for c, sql in unmapped.items())
    db.execute(f"CREATE VIEW {name}_mapped AS SELECT {columns} FROM line WHERE false")
    return {row[0]: row[1] for row in db.execute(f"DESCRIBE {name}_mapped").fetchall()}


def _zoned(db: duckdb.DuckDBPyConnection, name: str, column: str) -> bool:
    kinds = dict(row[:2] for row in db.execute(f"DESCRIBE {name}_mapped").fetchall())
    return kinds[column].endswith("WITH TIME ZONE")
