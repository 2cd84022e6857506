"""Evaluation of expressions over a table, row by row: Kohort's evaluator, DuckDB and PostgreSQL.

A value is NULL (None), FAILED, or a pair of its kind and itself:
    n Fraction, an exact number       f float               b bool
    q Fraction, a quotient of exact numbers rounded to PLACES
    s text                            x bytes, as hex       d day, as text
    t wall time, as text              z instant of UTC, as text
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import duckdb
import pyarrow as pa

import extremes

# Decimal places to which the evaluator tells quotients, which it keeps whole.
PLACES = 18


class _Failed:
    """Of which there is one, in every process."""

    def __reduce__(self) -> str:
        return "FAILED"

    def __repr__(self) -> str:
        return "FAILED"


FAILED = _Failed()
Value = tuple | None | _Failed


@dataclass
class Answer:
    """A value for each row, or why the expression as a whole is refused."""

    type: str
    rows: list[Value]
    refused: str | None = None


def refusal(reason: object) -> Answer:
    return Answer("", [], " ".join(str(reason).split())[:300])


class Ours:
    """Kohort's evaluator: one process for all expressions, a line of JSON for each."""

    def __init__(self, program: Path, table: Path, zone: str):
        self.command = [str(program), str(table), zone]

    def answers(self, expressions: list[str]) -> list[Answer]:
        asked = "".join(json.dumps({"expr": sql, "rows": None}) + "\n" for sql in expressions)
        done = subprocess.run(self.command, input=asked, capture_output=True, text=True)
        lines = done.stdout.splitlines()
        if done.returncode or len(lines) != len(expressions):
            at = expressions[len(lines)] if len(lines) < len(expressions) else "the end"
            raise SystemExit(
                f"the evaluator ended with {done.returncode} after {len(lines)} of {len(expressions)} expressions,"
                f" at {at}:\n{done.stderr[-3000:]}"
            )
        return [_of_ours(json.loads(line)) for line in lines]


def _of_ours(line: dict) -> Answer:
    if "refused" in line:
        return refusal(line["refused"])
    return Answer(line["type"], [_our_value(value) for value in line["rows"]])


def _our_value(value: list | dict | None) -> Value:
    if value is None:
        return None
    if isinstance(value, dict):
        return FAILED
    kind, text = value
    match kind:
        case "n" | "q":
            return kind, Fraction(text)
        case "f":
            return "f", float(text)
        case "t" | "z":
            return kind, _moment(text)
        case "d":
            return kind, _era(text)
    return kind, text


class DuckDB:
    """The pinned engine of requirements.txt, in which FLOAT is held as DOUBLE, as Kohort does."""

    name = "DuckDB"

    def __init__(self, table: pa.Table, zone: str):
        self.db = duckdb.connect()
        self.db.execute(f"SET threads = 1; SET TimeZone = '{zone}'")
        self.db.register("given", table)
        self.db.execute("CREATE TABLE t AS SELECT * REPLACE (CAST(f32 AS DOUBLE) AS f32) FROM given ORDER BY id")

    def answer(self, sql: str) -> Answer:
        """Where the engine's types are too narrow for a row, that of numbers as wide as it has them."""
        found = self.as_written(sql)
        if FAILED in found.rows and (wide := widened(sql)) != sql:
            others = self.as_written(wide)
            if not others.refused:
                found.rows = [other if row is FAILED else row for row, other in zip(found.rows, others.rows)]
        return found

    def as_written(self, sql: str) -> Answer:
        # TRY makes NULL of what errs in one row.
        query = f"SELECT typeof({sql}), CAST(TRY({{}}) AS VARCHAR), TRY(({sql}) IS NULL) FROM t ORDER BY id"
        for value in (sql, f"({sql}) AT TIME ZONE 'UTC'"):
            try:
                rows = self.db.execute(query.format(value)).fetchall()
            except duckdb.Error as error:
                return refusal(error)
            if rows[0][0] != "TIMESTAMP WITH TIME ZONE":
                break
        kind = rows[0][0]
        return Answer(kind, [_of_text(kind, text, is_null is True) for _, text, is_null in rows])


def widened(sql: str) -> str:
    """With columns of integers and decimals in their widest types."""
    wide = {name: "HUGEINT" for name in extremes.INTEGERS}
    wide |= {name: f"DECIMAL(38,{scale})" for name, (_, scale) in extremes.DECIMALS.items()}
    # Every other part is a text in quotes.
    parts = re.split(r"('(?:[^']|'')*')", sql)
    names = re.compile(rf"\b({'|'.join(wide)})\b")
    parts[::2] = [names.sub(lambda match: f"CAST({match[1]} AS {wide[match[1]]})", part) for part in parts[::2]]
    return "".join(parts)


# Evaluates an expression for all rows, or row by row if one of them errs.
ROWS_OF = """
CREATE FUNCTION pg_temp.rows_of(expression text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE kind text; read text; found jsonb; one text; rows jsonb := '[]';
BEGIN
    EXECUTE format('SELECT pg_typeof((SELECT %s FROM t WHERE false))', expression) INTO kind;
    read := CASE kind WHEN 'timestamp with time zone' THEN format('((%s) AT TIME ZONE ''UTC'')', expression)
        ELSE format('(%s)', expression) END;
    BEGIN
        EXECUTE format('SELECT jsonb_agg(%s::text ORDER BY id) FROM t', read) INTO found;
        RETURN jsonb_build_object('type', kind, 'rows', found);
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
    FOR i IN 0..(SELECT max(id) FROM t) LOOP
        BEGIN
            EXECUTE format('SELECT %s::text FROM t WHERE id = $1', read) INTO one USING i;
            rows := rows || jsonb_build_array(one);
        EXCEPTION WHEN OTHERS THEN
            rows := rows || jsonb_build_array(jsonb_build_object('f', SQLERRM));
        END;
    END LOOP;
    RETURN jsonb_build_object('type', kind, 'rows', rows);
EXCEPTION WHEN OTHERS THEN
    RETURN jsonb_build_object('refused', SQLERRM);
END $$;
"""


class Postgres:
    """A server that `psql` finds by the usual variables (PGHOST, PGUSER, PGDATABASE)."""

    name = "PostgreSQL"

    def __init__(self, table: pa.Table, zone: str):
        names = table.column_names
        types = ", ".join(f"{name} {extremes.POSTGRES.get(name, 'bigint')}" for name in names)
        rows = "".join(f"({', '.join(map(_literal, row.values()))}),\n" for row in table.to_pylist())
        self.setup = (
            f"SET client_min_messages = error; SET TimeZone = '{zone}'; SET extra_float_digits = 3; SET jit = off;\n"
            f"CREATE TEMP TABLE t ({types});\nINSERT INTO t VALUES\n{rows.rstrip(',' + chr(10))};\n{ROWS_OF}"
        )

    @staticmethod
    def missing() -> str | None:
        """Why there is none."""
        try:
            done = _psql("SELECT 1")
        except FileNotFoundError:
            return "psql is not installed"
        except subprocess.TimeoutExpired:
            return "no server answers"
        return (done.stderr.strip().splitlines() or ["no server answers"])[0] if done.returncode else None

    def answers(self, expressions: list[str]) -> list[Answer]:
        asked = "".join(f"SELECT pg_temp.rows_of({_literal(sql)});\n" for sql in expressions)
        done = _psql(self.setup + asked)
        lines = done.stdout.splitlines()
        if done.returncode or len(lines) != len(expressions):
            raise SystemExit(f"psql answered {len(lines)} of {len(expressions)}:\n{done.stderr[-3000:]}")
        answers = []
        for line in map(json.loads, lines):
            kind = line.get("type")
            rows = [
                FAILED if isinstance(text, dict) else _of_text(kind, text, text is None)
                for text in line.get("rows", [])
            ]
            answers.append(refusal(line["refused"]) if "refused" in line else Answer(kind, rows))
        return answers


def _psql(script: str) -> subprocess.CompletedProcess:
    command = ["psql", "--no-psqlrc", "-qAtX", "-v", "ON_ERROR_STOP=1", "-f", "-"]
    environment = {"PGDATABASE": "postgres", "PGCONNECT_TIMEOUT": "3", "PGCLIENTENCODING": "UTF8"} | os.environ
    return subprocess.run(command, input=script, capture_output=True, text=True, env=environment, timeout=1800)


def _literal(value: object) -> str:
    match value:
        case None:
            return "NULL"
        case str():
            return "'" + value.replace("'", "''") + "'"
        case bool():
            return str(value).upper()
        case int() | float():
            return f"'{value!r}'"
    return f"'{value}'"


EXACT = re.compile(r"(?i)^(u?(tiny|small|big|huge)int|u?integer|numeric|decimal|bignum)")
DOUBLE = {"DOUBLE", "FLOAT", "double precision", "real"}
KINDS = {
    **{"BOOLEAN": "b", "boolean": "b", "DATE": "d", "date": "d", "VARCHAR": "s", "text": "s"},
    **{"character varying": "s", '"NULL"': "s", "TIMESTAMP": "t", "timestamp without time zone": "t"},
    **{"TIMESTAMP WITH TIME ZONE": "z", "timestamp with time zone": "z", "TIMESTAMP_S": "t", "TIMESTAMP_NS": "t"},
}


def _of_text(kind: str, text: str | None, is_null: bool) -> Value:
    """A value that an engine gives as text."""
    if text is None:
        return None if is_null else FAILED
    if kind in DOUBLE:
        return "f", float(text)
    if EXACT.match(kind):
        # PostgreSQL's NUMERIC has a NaN.
        return ("f", float(text)) if text[-1] in "Nny" else ("n", Fraction(text))
    match KINDS.get(kind, "o"):
        case "b":
            return "b", text.startswith("t")
        case "t":
            return "t", _moment(text)
        case "z":
            return "z", _moment(text)
        case "d":
            return "d", _era(text)
        case letter:
            return letter, text
    return "o", text


def _moment(text: str) -> str:
    """One spelling of a time: six places of the second."""
    whole, _, fraction = _era(text).replace("T", " ").partition(".")
    digits = re.match(r"\d*", fraction)[0]
    return f"{whole}.{digits[:6]:0<6}"


def _era(text: str) -> str:
    """One spelling of the year: the year before the first is 0000."""
    year, rest = re.match(r"\+?(-?\d+)(.*)", text).groups()
    if "BC" not in text:
        return year + rest
    return f"{1 - int(year):05d}".removeprefix("0") + re.sub(r" \(?BC\)?", "", rest)


def text_of(value: Value) -> str:
    """As messages have it."""
    if value is None or value is FAILED:
        return "NULL" if value is None else "FAILED"
    kind, inner = value
    if kind in "nq":
        return decimal_text(inner)
    return {"f": f"{inner!r} (double)", "s": repr(inner), "z": f"{inner} UTC"}.get(kind, str(inner))


def decimal_text(number: Fraction) -> str:
    """Digits where they end, otherwise a fraction."""
    rest = number.denominator
    twos = fives = 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    scale = max(twos, fives)
    if rest != 1 or scale > 60:
        return str(number)
    digits = str(abs(number.numerator) * 10**scale // number.denominator).rjust(scale + 1, "0")
    whole, part = digits[: len(digits) - scale], digits[len(digits) - scale :]
    return ("-" if number < 0 else "") + whole + ("." + part if part else "")
