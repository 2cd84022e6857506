"""Judge of Kohort's SQL expressions: DuckDB, PostgreSQL and exact fractions, row by row.

Usage: python expressions.py --eval PROGRAM [--compositions N] [--seed N] [--zone ZONE]

PROGRAM is the example `eval` of crates/expr. Templates of every operator over every type, and random compositions of them, are
evaluated over a table of extremes (extremes.py). A value has to be that of exact.py where fractions tell it; otherwise that
of DuckDB, and of PostgreSQL where a server answers, unless a rule of agreed.py tells why it is not.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

import agreed
import engines
import exact
import extremes
from compositions import compositions
from engines import FAILED, Answer, Value
from templates import NONE, Template, templates

# Of each kind of difference so many expressions are shown.
SHOWN = 1


@dataclass
class Example:
    template: Template
    row: int | None
    ours: str
    wanted: str


@dataclass
class Outcome:
    compared: Counter[str] = field(default_factory=Counter)
    agreed: Counter[str] = field(default_factory=Counter)
    without_judge: int = 0
    # By operator, types and nature of the difference.
    wrong: dict[tuple[str, str, str], list[Example]] = field(default_factory=lambda: defaultdict(list))


def main() -> int:
    options = arguments()
    table = extremes.table()
    tried = templates() + compositions(options.compositions, options.seed)
    with tempfile.TemporaryDirectory(prefix="kohort-expressions-") as folder:
        path = Path(folder) / "table.parquet"
        pq.write_table(table, path)
        ours = engines.Ours(options.eval, path, options.zone).answers([template.sql for template in tried])
    judges = {"DuckDB": of_duckdb(table, tried, options.zone)}
    if missing := engines.Postgres.missing():
        print(f"PostgreSQL: skipped, {missing}")
    else:
        judges["PostgreSQL"] = of_postgres(table, tried, options.zone)
    outcome = Outcome()
    rows = table.to_pylist()
    for place, template in enumerate(tried):
        judge(outcome, template, ours[place], {name: answers[place] for name, answers in judges.items()}, rows)
    return report(outcome, len(tried), rows)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--eval", type=Path, required=True, metavar="PROGRAM", help="the evaluator to verify")
    parser.add_argument("--compositions", type=int, default=10_000, metavar="N", help="how many random ones")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--zone", default="America/New_York", help="the timezone of the business")
    options = parser.parse_args()
    options.eval = options.eval.resolve()
    return options


_duckdb: engines.DuckDB | None = None


def _connect(table: pa.Table, zone: str) -> None:
    global _duckdb
    _duckdb = engines.DuckDB(table, zone)


def _asked(sql: str | None) -> Answer:
    return _duckdb.answer(sql) if sql else engines.refusal("not asked")


def of_duckdb(table: pa.Table, tried: list[Template], zone: str) -> list[Answer]:
    asked = [spelled(template.sql, template.duckdb) for template in tried]
    with ProcessPoolExecutor(2, initializer=_connect, initargs=(table, zone)) as pool:
        return list(pool.map(_asked, asked, chunksize=200))


def of_postgres(table: pa.Table, tried: list[Template], zone: str) -> list[Answer]:
    asked = [spelled(in_postgres(template.sql), template.postgres) for template in tried]
    answers = iter(engines.Postgres(table, zone).answers([sql for sql in asked if sql]))
    return [next(answers) if sql else engines.refusal("not asked") for sql in asked]


def spelled(sql: str | None, otherwise: str | None) -> str | None:
    return None if otherwise == NONE else otherwise or sql


def in_postgres(sql: str) -> str | None:
    """The same for PostgreSQL, if it has all of it."""
    if re.search(r"//|TRY_|HUGEINT|UBIGINT", sql):
        return None
    return re.sub(r"\bDOUBLE\b(?! PRECISION)", "DOUBLE PRECISION", sql)


def judge(outcome: Outcome, template: Template, ours: Answer, theirs: dict[str, Answer], rows: list[dict]) -> None:
    """Compares every row with what is known of it."""
    theirs = {name: answer for name, answer in theirs.items() if not answer.refused}
    known = exact_values(template.sql, rows)
    if ours.refused:
        if not theirs and known is None:
            outcome.without_judge += 1
        elif reason := agreed.refused_on_purpose(template.sql):
            outcome.agreed[reason] += 1
        else:
            example = Example(template, None, f"refused: {ours.refused}", "a value")
            outcome.wrong[template.operator, template.types, "refused"].append(example)
        return
    if not theirs and known is None:
        outcome.without_judge += 1
        return
    seen: set[str] = set()
    for row, value in enumerate(ours.rows):
        if known is not None:
            judged = [("fractions", fault_of(value, *known[row]))]
        else:
            judged = [
                (
                    name,
                    against(outcome, agreed.Difference(name, template.sql, rows[row], value, by_engine(theirs, row))),
                )
                for name in theirs
            ]
        for name, wanted in judged:
            outcome.compared[name] += 1
            nature = wanted and nature_of(value, wanted[0])
            if wanted and (name, nature) not in seen:
                seen.add((name, nature))
                example = Example(template, row, engines.text_of(value), f"{name} {engines.text_of(wanted[0])}")
                outcome.wrong[template.operator, template.types, nature].append(example)


def exact_values(sql: str, rows: list[dict]) -> list[tuple[Value, bool]] | None:
    """What fractions make of every row, if they can tell."""
    try:
        expression = exact.Expression(sql, {name: scale for name, (_, scale) in extremes.DECIMALS.items()})
        return [expression.value(row) for row in rows]
    except exact.Unsupported:
        return None


def fault_of(ours: Value, wanted: Value, is_strained: bool) -> tuple[Value] | None:
    """What would have been right, if `ours` is not."""
    if ours == wanted or is_strained and ours is FAILED:
        return None
    if isinstance(wanted, tuple) and wanted[0] == "n":
        places = wanted[1] * 10**engines.PLACES
        if (
            ours == ("q", Fraction(exact.half_away(places), 10**engines.PLACES))
            or ours is FAILED
            and abs(places) >= exact.LIMIT
        ):
            return None
    return (wanted,)


def by_engine(answers: dict[str, Answer], row: int) -> dict[str, Value]:
    return {name: answer.rows[row] for name, answer in answers.items()}


def against(outcome: Outcome, difference: agreed.Difference) -> tuple[Value] | None:
    """The engine's value, if it differs and no rule says why."""
    if same(difference.ours, difference.theirs):
        return None
    if reason := agreed.explained(difference):
        outcome.agreed[reason] += 1
        return None
    return (difference.theirs,)


def same(ours: Value, theirs: Value) -> bool:
    """Whether two values are one, of a day and its midnight too."""
    if ours is None or theirs is None or FAILED in (ours, theirs):
        return ours is theirs
    (kind, value), (other_kind, other) = ours, theirs
    if {kind, other_kind} == {"d", "t"}:
        return value.removesuffix(" 00:00:00.000000") == other.removesuffix(" 00:00:00.000000")
    if "f" in (kind, other_kind) and {kind, other_kind} <= set("nqf"):
        a, b = float(value), float(other)
        return a == b or a != a and b != b or agreed.near(a, b, 1e-13)
    return ours == theirs or {kind, other_kind} == {"n", "q"} and value == other


def nature_of(ours: Value, wanted: Value) -> str:
    if FAILED in (ours, wanted):
        return "failed" if ours is FAILED else "not failed"
    if ours is None or wanted is None:
        return "NULL" if ours is None else "not NULL"
    return "type" if ours[0] != wanted[0] and {ours[0], wanted[0]} != {"n", "f"} else "value"


def report(outcome: Outcome, tried: int, rows: list[dict]) -> int:
    for reason, count in outcome.agreed.most_common():
        print(f"agreed, {count} times: {reason}")
    for line in faults(outcome, rows):
        print(line)
    wrong = {example.template.sql for examples in outcome.wrong.values() for example in examples}
    by_judge = ", ".join(f"{count} by {name}" for name, count in outcome.compared.items())
    print(f"{tried} expressions, {outcome.without_judge} without a judge; values judged: {by_judge}")
    compared = sum(outcome.compared.values())
    print(f"expressions: {compared} compared, {sum(outcome.agreed.values())} agreed differences, {len(wrong)} wrong")
    return 1 if wrong else 0


def faults(outcome: Outcome, rows: list[dict]) -> Iterator[str]:
    """Each kind of fault, the most frequent first, with its smallest example."""
    kinds = sorted(outcome.wrong.items(), key=lambda kind: -len(kind[1]))
    for (operator, types, nature), examples in kinds:
        yield f"{operator} ({types}), {nature}: {len(examples)} expressions"
        for example in sorted(examples, key=lambda example: len(example.template.sql))[:SHOWN]:
            yield f"    {example.template.sql}{with_values(example, rows)}: {example.ours}, expected {example.wanted}"


def with_values(example: Example, rows: list[dict]) -> str:
    if example.row is None:
        return ""
    row = rows[example.row]
    values = ", ".join(f"{name} = {row[name]!r}" for name in extremes.columns_in(example.template.sql))
    return f" where {values}" if values else ""


if __name__ == "__main__":
    sys.exit(main())
