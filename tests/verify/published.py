"""Checks of what a notebook meets in a published file: types, flags, order, documentation."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

import declared
import schema
from inputs import text
from pipeline import GRAINS, Pipeline

POLARS = {
    "text": pl.String,
    "date": pl.Date,
    "Int32": pl.Int32,
    "Int64": pl.Int64,
    "Boolean": pl.Boolean,
    "rate": pl.Float64,
    "Float64": pl.Float64,
}

DUCKDB = {
    "text": "VARCHAR",
    "date": "DATE",
    "Int32": "INTEGER",
    "Int64": "BIGINT",
    "Boolean": "BOOLEAN",
    "rate": "DOUBLE",
    "Float64": "DOUBLE",
}


def faults(table: str, file: Path, p: Pipeline, id_type: pa.DataType) -> list[str]:
    """Everything that is wrong with the file of `table`, in words; `id_type` is that of customers."""
    scale, segments = p.scale, tuple(p.first_segments)
    columns = schema.columns(table, segments)
    names = [c.name for c in columns]
    arrow = pq.ParquetFile(file).read()
    if arrow.column_names != names:
        return [f"columns are {arrow.column_names}, expected {names}"]
    found = [
        *_arrow(arrow, columns, p, id_type),
        *_readers(arrow, file, columns, scale),
    ]
    if not _is_sorted(table, file, p):
        found.append("rows are not sorted by key")
    return found


def _arrow(arrow: pa.Table, columns: list[schema.Column], p: Pipeline, id_type: pa.DataType) -> list[str]:
    found = []
    for column, field in zip(columns, arrow.schema):
        expected = column.arrow(p.scale, id_type)
        if field.type != expected:
            found.append(f"{column.name} is {field.type}, expected {expected}")
        if field.nullable != column.is_nullable:
            found.append(f"{column.name} is flagged {'nullable' if field.nullable else 'non-null'}")
        nulls = arrow.column(column.name).null_count
        if nulls and not field.nullable:
            found.append(f"{column.name} is flagged non-null and has {nulls} nulls")
        metadata = field.metadata or {}
        unit, expected = metadata.get(b"unit", b"").decode(), p.currency if column.unit == "currency" else column.unit
        if unit != expected:
            found.append(f"the unit of {column.name} is {unit!r}, expected {expected!r}")
        description = metadata.get(b"description", b"").decode()
        if not description or column.meaning not in (None, description):
            found.append(f"the description of {column.name} is {description!r}, expected {column.meaning!r}")
    return found


def _readers(arrow: pa.Table, file: Path, columns: list[schema.Column], scale: int) -> list[str]:
    """pandas, polars and DuckDB must see the same shape and the same types."""
    shape = (arrow.num_rows, arrow.num_columns)
    pandas = pd.read_parquet(file, dtype_backend="pyarrow")
    polars = pl.read_parquet(file)
    duck = duckdb.sql(f"FROM read_parquet('{file}')")
    found = [
        f"{name} reads the shape {seen}, expected {shape}"
        for name, seen in [("pandas", pandas.shape), ("polars", polars.shape), ("DuckDB", duck.shape)]
        if seen != shape
    ]
    for column, dtype, duck_type in zip(columns, polars.dtypes, duck.types):
        if column.kind == "id":
            continue
        is_money = column.kind == "money"
        expected = pl.Decimal(38, scale) if is_money else POLARS[column.kind]
        if dtype != expected:
            found.append(f"polars reads {column.name} as {dtype}, expected {expected}")
        expected = f"DECIMAL(38,{scale})" if is_money else DUCKDB[column.kind]
        if str(duck_type) != expected:
            found.append(f"DuckDB reads {column.name} as {duck_type}, expected {expected}")
        expected = column.arrow(scale, None)
        if pandas[column.name].dtype.pyarrow_dtype != expected:
            found.append(f"pandas reads {column.name} as {pandas[column.name].dtype}, expected {expected}")
    return found


def _is_sorted(table: str, file: Path, p: Pipeline) -> bool:
    """Grains from day to year, `all` and `total` first, NULL first, stages in their order, texts by their bytes."""
    grains, steps, stages = (", ".join(map(text, names)) for names in (GRAINS, p.steps, p.stages))
    ranks = {
        "grain": f"list_position([{grains}], grain)",
        "segment": "segment <> 'all', segment",
        "breakdown": "breakdown <> 'total', breakdown",
    }
    if table == "lost_sales":
        place = f"list_position(CASE source WHEN 'carts' THEN [{steps}] ELSE [{stages}] END, breakdown_value)"
        ranks["breakdown_value"] = f"CASE WHEN breakdown = 'stage' THEN {place} END NULLS LAST, breakdown_value"
    order = ", ".join(f"{ranks.get(key, key)} NULLS FIRST" for key in declared.key(table))
    misplaced = duckdb.execute(f"""
        SELECT count(*) FROM (
            SELECT file_row_number, row_number() OVER (ORDER BY {order}) - 1 AS place
            FROM read_parquet('{file}', file_row_number = true)
        ) WHERE file_row_number <> place
    """)
    return misplaced.fetchall()[0][0] == 0
