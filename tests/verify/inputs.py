"""What the inputs have in common: their files, `where`, mapped values, times and money in SQL."""

from __future__ import annotations

from pathlib import Path

import duckdb

from lookups import joined
from pipeline import Input

RATE_UNIT = 10**12  # rates with more than twelve decimal places are not recomputed exactly


def open_input(db: duckdb.DuckDBPyConnection, source: Input, mapped: dict[str, str]) -> dict[str, str]:
    """Views `<name>_found`, `<name>_passing` (`where`), `<name>_mapped`; returns the mapped types."""
    name = source.name
    files = ", ".join(text(str(file)) for file in source.files)
    distinct = "DISTINCT" if source.mapped.get("deduplicate") else ""
    columns = ", ".join(f"({joined(sql)}) AS {column}" for column, sql in mapped.items())
    where = joined(source.mapped.get("where", "true"))
    db.execute(f"""
        CREATE VIEW {name}_found AS
        FROM read_parquet([{files}], union_by_name = true, hive_partitioning = {str(source.hive).lower()});
        CREATE VIEW {name}_passing AS FROM {name}_found WHERE {where};
        CREATE VIEW {name}_mapped AS SELECT {columns} FROM (SELECT {distinct} * FROM {name}_passing)
    """)
    types = _types(db, name)
    if source.naive_times:
        naive = [column for column, kind in types.items() if kind.startswith("TIMESTAMP") and "ZONE" not in kind]
        zoned = ", ".join(f"timezone({text(source.naive_times)}, {column}) AS {column}" for column in naive)
        if naive:
            db.execute(f"ALTER VIEW {name}_mapped RENAME TO {name}_naive")
            db.execute(f"CREATE VIEW {name}_mapped AS SELECT * REPLACE ({zoned}) FROM {name}_naive")
            types = _types(db, name)
    return types


def _types(db: duckdb.DuckDBPyConnection, name: str) -> dict[str, str]:
    return {row[0]: row[1] for row in db.execute(f"DESCRIBE {name}_mapped").fetchall()}


def local_time(column: str, kind: str, timezone: str) -> str:
    """SQL for the business-local time of a column of type `kind`."""
    if kind.endswith("WITH TIME ZONE"):
        return f"timezone({text(timezone)}, {column})"
    return f"CAST({column} AS TIMESTAMP)"


def local_day(column: str, kind: str, timezone: str) -> str:
    return f"CAST({local_time(column, kind, timezone)} AS DATE)"


def local_day_or_none(column: str, kind: str, timezone: str) -> str:
    """The same of a day that may be none, as which the year 9999 counts."""
    day = local_day(column, kind, timezone)
    return f"CASE WHEN date_part('year', {day}) = 9999 THEN NULL ELSE {day} END"


def now(timezone: str) -> str:
    """SQL for the local time of the run."""
    return f"timezone({text(timezone)}, now())"


def minor_units(column: str, kind: str, scale: int) -> str:
    """SQL for an amount in minor units, rounded half away from zero; NULL if unreadable."""
    if kind in ("FLOAT", "DOUBLE"):
        cents = f"round(CAST({column} AS DOUBLE) * 1e{scale})"
        return f"CASE WHEN isfinite({column}) THEN CAST({cents} AS HUGEINT) END"
    if kind.startswith("DECIMAL"):
        return f"CAST(CAST({column} AS DECIMAL(38, {scale})) * {10**scale} AS HUGEINT)"
    return f"CAST({column} AS HUGEINT) * {10**scale}"


def reason(column: str, names: dict[str, str]) -> str:
    """SQL for the reason to report for a text as found."""
    found = f"CAST({column} AS VARCHAR)"
    cases = "".join(f"WHEN {found} = {text(as_found)} THEN {text(name)} " for as_found, name in names.items())
    return f"CASE {cases} WHEN coalesce({found}, '') = '' THEN 'unknown' ELSE {found} END"


def segment_value(column: str) -> str:
    return f"coalesce(nullif(CAST({column} AS VARCHAR), ''), '(none)')"


def convert(db: duckdb.DuckDBPyConnection, table: str, rates: Path) -> None:
    """Multiplies the values of `table` by the rates of their currencies and days."""
    # Texts, so that the digits of a CSV file stay what they are.
    rows = f"read_csv({text(str(rates))}, all_varchar = true)" if rates.suffix == ".csv" else text(str(rates))
    db.execute(f"""
        CREATE TABLE rate_of AS
        SELECT CAST(date AS DATE) AS day, currency, CAST(CAST(rate AS DECIMAL(38, 12)) * {RATE_UNIT} AS HUGEINT) AS rate
        FROM {rows}
    """)
    db.execute(f"CREATE TABLE unconverted AS FROM {table}; DROP TABLE {table}")
    db.execute(f"""
        CREATE TABLE {table} AS
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


def set_variable(db: duckdb.DuckDBPyConnection, name: str, sql: str) -> None:
    db.execute(f"SET VARIABLE {name} = ({sql})")


def text(value: str) -> str:
    """A text as SQL has it."""
    return "'" + value.replace("'", "''") + "'"
